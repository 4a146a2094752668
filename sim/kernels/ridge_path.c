#include "sim/kernels/ridge_path.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct ridge_path {
  int n, D, rank; /* rank: the order of the Gram matrix, min(n, D) */
  bool primal;    /* of Z'Z/n; else of ZZ'/n */
  const double *Z;
  double *U, *w, *t, *scaled,
      *dual; /* [rank][rank] eigenvectors in columns (column major), [rank], ..., [n] */
};

ridge_path *ridge_path_new(int n, int D, assay_error *error) {
  ridge_path *p = calloc(1, sizeof *p);
  size_t rank = (size_t)(n < D ? n : D);
  if (p) p->U = calloc(rank * rank + 3 * rank + (size_t)n, sizeof *p->U);
  if (!p || !p->U) {
    ridge_path_free(p);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for ridge regression of %d x %d", n, D);
    return NULL;
  }
  p->n = n, p->D = D, p->rank = (int)rank, p->primal = n >= D;
  p->w = p->U + rank * rank, p->t = p->w + rank, p->scaled = p->t + rank, p->dual = p->scaled + rank;
  return p;
}

void ridge_path_free(ridge_path *p) {
  if (p) free(p->U);
  free(p);
}

assay_status ridge_path_fit(ridge_path *p, const double *Z, const double *g, assay_error *error) {
  p->Z = Z;
  /* Row-major Z is column-major Z' [D][n]. */
  cblas_dsyrk(CblasColMajor, CblasLower, p->primal ? CblasNoTrans : CblasTrans, p->rank,
              p->primal ? p->n : p->D, 1. / p->n, Z, p->D, 0, p->U, p->rank);
  int code = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', p->rank, p->U, p->rank, p->w);
  if (code)
    return assay_error_set(error, ASSAY_NUMERIC,
                           "the eigenvalues of a Gram matrix of order %d did not converge", p->rank);
  if (p->primal) {
    cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1. / p->n, Z, p->D, g, 1, 0, p->scaled, 1);
    cblas_dgemv(CblasColMajor, CblasTrans, p->rank, p->rank, 1, p->U, p->rank, p->scaled, 1, 0, p->t, 1);
  } else {
    cblas_dgemv(CblasColMajor, CblasTrans, p->rank, p->rank, 1, p->U, p->rank, g, 1, 0, p->t, 1);
  }
  return ASSAY_OK;
}

/* U times the scaled coordinates, and Z' of it over n in the dual. */
static void back(ridge_path *p, double *out) {
  double *target = p->primal ? out : p->dual;
  cblas_dgemv(CblasColMajor, CblasNoTrans, p->rank, p->rank, 1, p->U, p->rank, p->scaled, 1, 0, target, 1);
  if (!p->primal)
    cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1. / p->n, p->Z, p->D, p->dual, 1, 0, out, 1);
}

void ridge_path_at(ridge_path *p, double lambda, double *hat, double *slope) {
  for (int k = 0; k < p->rank; k++) p->scaled[k] = p->t[k] / (p->w[k] + lambda);
  back(p, hat);
  if (!slope) return;
  for (int k = 0; k < p->rank; k++) p->scaled[k] = -p->t[k] / ((p->w[k] + lambda) * (p->w[k] + lambda));
  back(p, slope);
}

double ridge_path_trace(const ridge_path *p, double lambda) {
  double sum = p->primal ? (p->n - p->D) / lambda : 0;
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
