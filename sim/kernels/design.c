#include "sim/kernels/design.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/vector.h"

#define MOST_BYTES 2147483648.            /* 2 GiB */
enum { CACHED = 4096, LEAST_ROWS = 8, MOST_ROWS = 64 }; /* numbers of a block for the first cache; its rows */

assay_status design_new(assay_call *call, long rows, long cols, design *X) {
  double bytes = 8. * (double)rows * (double)cols;
  *X = (design){rows, cols, NULL};
  if (!(bytes <= MOST_BYTES))
    return assay_fail(call, ASSAY_NO_MEMORY, "a design of %ld x %ld takes %.2f GiB; at most 2 are stored",
                      rows, cols, bytes / 1073741824.);
  X->x = assay_alloc(call, (size_t)(rows * cols) * sizeof(double));
  return X->x ? ASSAY_OK : ASSAY_NO_MEMORY;
}

void design_gaussian(design *X, const assay_stream *stream, random_purpose purpose) {
  random_source source = random_open(stream, purpose, 0);
  random_normals(&source, X->x, (size_t)(X->rows * X->cols));
}

void design_apply(const design *X, const double *theta, double *u) {
  vector_rows_dot(X->x, (size_t)X->rows, (size_t)X->cols, theta, u);
}

void design_apply_transposed(const design *X, const double *c, double *out) {
  memset(out, 0, (size_t)X->cols * sizeof *out);
  vector_rows_add(X->x, (size_t)X->rows, (size_t)X->cols, c, out);
}

void design_gradient(const design *X, const double *theta, design_factor *factor, const void *context,
                     double *out) {
  double u[MOST_ROWS];
  long step = CACHED / X->cols;
  step = step < LEAST_ROWS ? LEAST_ROWS : step > MOST_ROWS ? MOST_ROWS : step / LEAST_ROWS * LEAST_ROWS;
  memset(out, 0, (size_t)X->cols * sizeof *out);
  for (long first = 0; first < X->rows; first += step) {
    long rows = X->rows - first < step ? X->rows - first : step;
    const double *x = X->x + first * X->cols;
    vector_rows_dot(x, (size_t)rows, (size_t)X->cols, theta, u);
    for (long i = 0; i < rows; i++) u[i] = factor(first + i, u[i], context);
    vector_rows_add(x, (size_t)rows, (size_t)X->cols, u, out);
  }
}

/* The rows with z > 0 from the front, those with z < 0 from the back, each times sqrt|z|; counts in *front,
 * *back. */
static void pack_rows(const design *X, const double *z, double *packed, long *front, long *back) {
  long d = X->cols;
  *front = *back = 0;
  for (long i = 0; i < X->rows; i++) {
    if (z[i] == 0) continue;
    double *to = packed + (z[i] > 0 ? (*front)++ : X->rows - ++*back) * d;
    const double root = sqrt(fabs(z[i])), *from = X->x + i * d;
    for (long j = 0; j < d; j++) to[j] = root * from[j];
  }
}

assay_status design_weighted_covariance(const design *X, const double *z, double *out, assay_error *error) {
  int d = (int)X->cols;
  long front, back;
  double *packed = calloc((size_t)(X->rows * X->cols), sizeof *packed), scale = 1 / (double)X->rows;
  if (!packed)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a weighted design of %ld x %d", X->rows, d);
  pack_rows(X, z, packed, &front, &back);
  cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, d, (int)front, scale, packed, d, 0, out, d);
  if (back > 0)
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, d, (int)back, -scale, packed + (X->rows - back) * d,
                d, 1, out, d);
  free(packed);
  return ASSAY_OK;
}
