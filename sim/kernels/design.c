#include "sim/kernels/design.h"

#include <cblas.h>
#include <string.h>

#define MOST_BYTES 2147483648. /* 2 GiB */
enum { CACHED = 16384, MOST_ROWS = 256 }; /* numbers of a block of rows, and its rows */

assay_status design_new(assay_call *call, long rows, long cols, design *X) {
  double bytes = 8. * (double)rows * (double)cols;
  *X = (design){rows, cols, NULL};
  if (!(bytes <= MOST_BYTES))
    return assay_fail(call, ASSAY_NO_MEMORY, "a design of %ld x %ld takes %.2f GiB; at most 2 are stored", rows, cols, bytes / 1073741824.);
  X->x = assay_alloc(call, (size_t)(rows * cols) * sizeof(double));
  return X->x ? ASSAY_OK : ASSAY_NO_MEMORY;
}

void design_gaussian(design *X, const assay_stream *stream, random_purpose purpose) {
  random_source source = random_open(stream, purpose, 0);
  random_normals(&source, X->x, (size_t)(X->rows * X->cols));
}

static void apply(const double *x, long rows, long cols, const double *theta, double *u) {
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)cols, 1, x, (int)cols, theta, 1, 0, u, 1);
}

static void add_transposed(const double *x, long rows, long cols, const double *c, double *out) {
  cblas_dgemv(CblasRowMajor, CblasTrans, (int)rows, (int)cols, 1, x, (int)cols, c, 1, 1, out, 1);
}

void design_apply(const design *X, const double *theta, double *u) { apply(X->x, X->rows, X->cols, theta, u); }

void design_apply_transposed(const design *X, const double *c, double *out) {
  memset(out, 0, (size_t)X->cols * sizeof *out);
  add_transposed(X->x, X->rows, X->cols, c, out);
}

void design_gradient(const design *X, const double *theta, design_factor *factor, const void *context, double *out) {
  double u[MOST_ROWS];
  long step = CACHED / X->cols;
  step = step < 8 ? 8 : step > MOST_ROWS ? MOST_ROWS : step;
  memset(out, 0, (size_t)X->cols * sizeof *out);
  for (long first = 0; first < X->rows; first += step) {
    long rows = X->rows - first < step ? X->rows - first : step;
    const double *x = X->x + first * X->cols;
    apply(x, rows, X->cols, theta, u);
    for (long i = 0; i < rows; i++) u[i] = factor(first + i, u[i], context);
    add_transposed(x, rows, X->cols, u, out);
  }
}
