#include "sim/kernels/least_squares.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/vector.h"

assay_status least_norm(int n, int d, const double *X, const double *y, const double *w, double *b,
                        assay_error *error) {
  size_t N = (size_t)n, D = (size_t)d;
  double *scaled = malloc((N * D + N * N + N) * sizeof *scaled);
  if (!scaled) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for least squares of %d x %d", n, d);
  double *gram = scaled + N * D, *dual = gram + N * N;
  for (size_t i = 0; w && i < D; i++) b[i] = sqrt(w[i]);
  memcpy(scaled, X, N * D * sizeof *X);
  for (size_t k = 0; w && k < N; k++) vector_multiply(b, scaled + k * D, D);
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

static assay_status by_cholesky(int n, int d, const double *X, const double *y, double penalty, double *b,
                                assay_error *error) {
  bool primal = d <= n;
  int small = primal ? d : n;
  size_t order = (size_t)small;
  double *gram = malloc((order * order + (size_t)n) * sizeof *gram);
  if (!gram) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for least squares of %d x %d", n, d);
  double *right = primal ? b : gram + order * order;
  /* Row-major X is column-major X' [d][n]. */
  cblas_dsyrk(CblasColMajor, CblasLower, primal ? CblasNoTrans : CblasTrans, small, primal ? n : d, 1, X, d,
              0, gram, small);
  for (size_t i = 0; i < order; i++) gram[i * order + i] += penalty;
  if (primal)
    cblas_dgemv(CblasRowMajor, CblasTrans, n, d, 1, X, d, y, 1, 0, b, 1);
  else
    memcpy(right, y, (size_t)n * sizeof *y);
  int code = LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', small, 1, gram, small, right, small);
  if (code == 0 && !primal) cblas_dgemv(CblasRowMajor, CblasTrans, n, d, 1, X, d, right, 1, 0, b, 1);
  free(gram);
  return code == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC,
                                     "a penalty of %g is lost in the rounding of a Gram matrix of order %d",
                                     penalty, small);
}

/* The diagonal of the triangle that dgels leaves tells the rank, roughly. */
static bool full_rank(const double *A, int small, int leading) {
  double most = 0, least = INFINITY;
  for (int i = 0; i < small; i++) {
    double size = fabs(A[(size_t)i * (size_t)leading + (size_t)i]);
    most = fmax(most, size), least = fmin(least, size);
  }
  return least > 1e-11 * most;
}

static assay_status by_factors(int n, int d, const double *X, const double *y, double *b,
                               assay_error *error) {
  size_t size = (size_t)n * (size_t)d, most = (size_t)(n > d ? n : d);
  int small = n < d ? n : d, rank;
  double *A = malloc((size + most + (size_t)small) * sizeof *A);
  if (!A) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for least squares of %d x %d", n, d);
  double *right = A + size, *singular = right + most;
  for (bool by_svd = false;; by_svd = true) {
    memcpy(A, X, size * sizeof *A), memcpy(right, y, (size_t)n * sizeof *y);
    /* Column-major A is X' [d][n]: its transpose is meant. The SVD has no transposed form. */
    int code = by_svd ? LAPACKE_dgelsd(LAPACK_ROW_MAJOR, n, d, 1, A, d, right, 1, singular, 1e-12, &rank)
                      : LAPACKE_dgels(LAPACK_COL_MAJOR, 'T', d, n, 1, A, d, right, (int)most);
    if (by_svd && code) {
      free(A);
      return assay_error_set(error, ASSAY_NUMERIC,
                             "the singular values of a matrix of %d x %d did not converge", n, d);
    }
    if (by_svd || (code == 0 && full_rank(A, small, d))) break;
  }
  memcpy(b, right, (size_t)d * sizeof *b);
  free(A);
  return ASSAY_OK;
}

assay_status ridge_regression(int n, int d, const double *X, const double *y, double penalty, double *b,
                              assay_error *error) {
  if (!(penalty >= 0) || !isfinite(penalty))
    return assay_error_set(error, ASSAY_DOMAIN, "a penalty of %g; it is finite and >= 0", penalty);
  return penalty > 0 ? by_cholesky(n, d, X, y, penalty, b, error) : by_factors(n, d, X, y, b, error);
}
