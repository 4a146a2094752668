#include "sim/kernels/ridge_path.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ridge_path {
  int n, D, rank;    /* rank: the order of the Gram matrix, min(n, D) */
  bool primal;       /* of Z'Z/n; else of ZZ'/n */
  bool eigenvectors; /* T is diagonal */
  const double *Z;
  double *U, *w, *e; /* columns of Q [rank][rank] (column major); diagonal of T, its neighbours */
  double *t, *scaled, *pivot, *other, *dual, *work; /* Q'b [rank] and room: [rank] thrice, [n], [64 rank] */
};

ridge_path *ridge_path_new(int n, int D, bool eigenvectors, assay_error *error) {
  ridge_path *p = calloc(1, sizeof *p);
  size_t rank = (size_t)(n < D ? n : D);
  if (p) p->U = calloc(rank * rank + 70 * rank + (size_t)n, sizeof *p->U);
  if (!p || !p->U) {
    ridge_path_free(p);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for ridge regression of %d x %d", n, D);
    return NULL;
  }
  p->n = n, p->D = D, p->rank = (int)rank, p->primal = n >= D, p->eigenvectors = eigenvectors;
  p->w = p->U + rank * rank, p->e = p->w + rank, p->t = p->e + rank, p->scaled = p->t + rank;
  p->pivot = p->scaled + rank, p->other = p->pivot + rank, p->work = p->other + rank, p->dual = p->work + 64 * rank;
  return p;
}

void ridge_path_free(ridge_path *p) {
  if (p) free(p->U);
  free(p);
}

/* The Gram matrix in U becomes Q and T. */
static int decompose(ridge_path *p) {
  if (p->eigenvectors) return LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', p->rank, p->U, p->rank, p->w);
  int room = 64 * p->rank, code;
  double *tau = p->other;
  code = LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'L', p->rank, p->U, p->rank, p->w, p->e, tau, p->work, room);
  return code ? code : LAPACKE_dorgtr_work(LAPACK_COL_MAJOR, 'L', p->rank, p->U, p->rank, tau, p->work, room);
}

assay_status ridge_path_fit(ridge_path *p, const double *Z, const double *g, assay_error *error) {
  p->Z = Z;
  /* Row-major Z is column-major Z' [D][n]. */
  cblas_dsyrk(CblasColMajor, CblasLower, p->primal ? CblasNoTrans : CblasTrans, p->rank, p->primal ? p->n : p->D, 1. / p->n, Z, p->D, 0, p->U,
              p->rank);
  if (decompose(p))
    return assay_error_set(error, ASSAY_NUMERIC, "the eigenvalues of a Gram matrix of order %d did not converge", p->rank);
  if (p->primal) {
    cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1. / p->n, Z, p->D, g, 1, 0, p->scaled, 1);
    cblas_dgemv(CblasColMajor, CblasTrans, p->rank, p->rank, 1, p->U, p->rank, p->scaled, 1, 0, p->t, 1);
  } else {
    cblas_dgemv(CblasColMajor, CblasTrans, p->rank, p->rank, 1, p->U, p->rank, g, 1, 0, p->t, 1);
  }
  return ASSAY_OK;
}

/* x becomes (T + lambda)^{-1} x. */
static void solve(const ridge_path *p, double lambda, double *x) {
  if (p->eigenvectors) {
    for (int k = 0; k < p->rank; k++) x[k] /= p->w[k] + lambda;
    return;
  }
  double *d = p->pivot;
  d[0] = p->w[0] + lambda;
  for (int k = 1; k < p->rank; k++) {
    double ratio = p->e[k - 1] / d[k - 1];
    d[k] = p->w[k] + lambda - ratio * p->e[k - 1];
    x[k] -= ratio * x[k - 1];
  }
  x[p->rank - 1] /= d[p->rank - 1];
  for (int k = p->rank - 2; k >= 0; k--) x[k] = (x[k] - p->e[k] * x[k + 1]) / d[k];
}

/* U times the scaled coordinates, and Z' of it over n in the dual. */
static void back(ridge_path *p, double *out) {
  double *target = p->primal ? out : p->dual;
  cblas_dgemv(CblasColMajor, CblasNoTrans, p->rank, p->rank, 1, p->U, p->rank, p->scaled, 1, 0, target, 1);
  if (!p->primal)
    cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1. / p->n, p->Z, p->D, p->dual, 1, 0, out, 1);
}

void ridge_path_at(ridge_path *p, double lambda, double *hat, double *slope) {
  memcpy(p->scaled, p->t, (size_t)p->rank * sizeof *p->t);
  solve(p, lambda, p->scaled);
  back(p, hat);
  if (!slope) return;
  solve(p, lambda, p->scaled);
  for (int k = 0; k < p->rank; k++) p->scaled[k] = -p->scaled[k];
  back(p, slope);
}

/* With pivots d+ from above and d- from below, the inverse of a tridiagonal matrix has the diagonal 1/(d+ + d- - T_kk). */
static double tridiagonal_trace(const ridge_path *p, double lambda) {
  double *up = p->pivot, *down = p->other, sum = 0;
  int last = p->rank - 1;
  up[0] = p->w[0] + lambda, down[last] = p->w[last] + lambda;
  for (int k = 1; k <= last; k++) up[k] = p->w[k] + lambda - p->e[k - 1] * p->e[k - 1] / up[k - 1];
  for (int k = last - 1; k >= 0; k--) down[k] = p->w[k] + lambda - p->e[k] * p->e[k] / down[k + 1];
  for (int k = 0; k <= last; k++) sum += 1 / (up[k] + down[k] - p->w[k] - lambda);
  return sum;
}

double ridge_path_trace(const ridge_path *p, double lambda) {
  double sum = p->primal ? (p->n - p->D) / lambda : 0;
  if (!p->eigenvectors) return sum + tridiagonal_trace(p, lambda);
  for (int k = 0; k < p->rank; k++) sum += 1 / (p->w[k] + lambda);
  return sum;
}

/* The eigenvectors of Z'Z/n are those of the primal, or Z'U_k/sqrt(n w_k). */
double ridge_path_cubed(const ridge_path *p, ridge_metric *A, const void *context, double lambda, double *work) {
  double sum = 0, *image = work + p->D;
  for (int k = 0; k < p->rank; k++) {
    const double *v = p->U + (size_t)k * p->rank;
    double weight = p->w[k];
    if (!p->primal) {
      cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1, p->Z, p->D, v, 1, 0, work, 1);
      v = work, weight = 1. / p->n;
    }
    A(context, v, image);
    sum += weight * cblas_ddot(p->D, v, 1, image, 1) / pow(p->w[k] + lambda, 3);
  }
  return sum;
}
