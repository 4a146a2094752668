/* GSL brings a slow cblas of its own; the one that answers has to be the system's BLAS. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <gsl/gsl_cblas.h>
#include <stdint.h>
#include <string.h>

Test(blas, the_systems_blas_answers) {
  Dl_info info;
  cr_assert(dladdr((void *)(uintptr_t)cblas_dgemm, &info), "cblas_dgemm is in no shared library");
  cr_assert_null(strstr(info.dli_fname, "gslcblas"), "cblas_dgemm comes from %s", info.dli_fname);
  cr_assert(strstr(info.dli_fname, "blas"), "cblas_dgemm comes from %s", info.dli_fname);
}
