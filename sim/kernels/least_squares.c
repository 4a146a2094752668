#include "sim/kernels/least_squares.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

assay_status least_norm(int n, int d, const double *X, const double *y, const double *w, double *b,
                        assay_error *error) {
  size_t N = (size_t)n, D = (size_t)d;
  double *scaled = malloc((N * D + N * N + N) * sizeof *scaled);
  if (!scaled) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for least squares of %d x %d", n, d);
  double *gram = scaled + N * D, *dual = gram + N * N;
  for (size_t k = 0; k < N; k++)
    for (size_t i = 0; i < D; i++) scaled[k * D + i] = X[k * D + i] * (w ? sqrt(w[i]) : 1);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, n, d, 1, scaled, d, 0, gram, n);
  memcpy(dual, y, N * sizeof *y);
  int code = LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', n, 1, gram, n, dual, n);
  if (code == 0) {
    cblas_dgemv(CblasRowMajor, CblasTrans, n, d, 1, scaled, d, dual, 1, 0, b, 1);
    for (size_t i = 0; w && i < D; i++) b[i] *= sqrt(w[i]);
  }
  free(scaled);
  return code == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC, "a Gram matrix of %d rows is singular at row %d",
                                     n, code);
}
