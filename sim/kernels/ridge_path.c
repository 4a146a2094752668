#include "sim/kernels/ridge_path.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ridge_path {
  int n, D, rank, room; /* rank: the order of the Gram matrix, min(n, D); room: LAPACK's */
  bool primal;          /* of Z'Z/n; else of ZZ'/n */
  bool eigenvectors;    /* T is diagonal */
  const double *Z;
  double *U, *w, *e;     /* Q as reflectors, or its columns [rank][rank] (column major); T's diagonals */
  double *t, *tau;       /* Q'b; the reflectors' lengths: [rank] */
  double *pivot, *other; /* [rank] */
  double *sides, *work;  /* [2 most][rank] for each right-hand side; [room] */
};

ridge_path *ridge_path_new(int n, int D, int most, bool eigenvectors, assay_error *error) {
  ridge_path *p = calloc(1, sizeof *p);
  size_t rank = (size_t)(n < D ? n : D), sides = 2 * (size_t)most, room = 64 * (rank + sides + 65);
  if (p) p->U = calloc(rank * rank + (6 + sides) * rank + room, sizeof *p->U);
  if (!p || !p->U) {
    ridge_path_free(p);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for ridge regression of %d x %d", n, D);
    return NULL;
  }
  p->n = n, p->D = D, p->rank = (int)rank, p->primal = n >= D, p->eigenvectors = eigenvectors;
  p->room = (int)room;
  p->w = p->U + rank * rank, p->e = p->w + rank, p->t = p->e + rank, p->tau = p->t + rank;
  p->pivot = p->tau + rank, p->other = p->pivot + rank, p->sides = p->other + rank;
  p->work = p->sides + sides * rank;
  return p;
}

void ridge_path_free(ridge_path *p) {
  if (p) free(p->U);
  free(p);
}

/* The Gram matrix in U becomes Q and T. */
static int decompose(ridge_path *p) {
  if (p->eigenvectors) return LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', p->rank, p->U, p->rank, p->w);
  return LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'L', p->rank, p->U, p->rank, p->w, p->e, p->tau, p->work,
                             p->room);
}

/* The columns of x [count][rank] (column major) become Q x, or Q'x. */
static int rotate(ridge_path *p, bool transposed, int count, double *x) {
  if (!p->eigenvectors)
    return LAPACKE_dormtr_work(LAPACK_COL_MAJOR, 'L', 'L', transposed ? 'T' : 'N', p->rank, count, p->U,
                               p->rank, p->tau, x, p->rank, p->work, p->room);
  for (int k = 0; k < count; k++, x += p->rank) {
    memcpy(p->other, x, (size_t)p->rank * sizeof *x);
    cblas_dgemv(CblasColMajor, transposed ? CblasTrans : CblasNoTrans, p->rank, p->rank, 1, p->U, p->rank,
                p->other, 1, 0, x, 1);
  }
  return 0;
}

static assay_status failed(const ridge_path *p, assay_error *error) {
  return assay_error_set(error, ASSAY_NUMERIC, "a Gram matrix of order %d could not be decomposed", p->rank);
}

assay_status ridge_path_fit(ridge_path *p, const double *Z, const double *g, assay_error *error) {
  p->Z = Z;
  /* Row-major Z is column-major Z' [D][n]. */
  cblas_dsyrk(CblasColMajor, CblasLower, p->primal ? CblasNoTrans : CblasTrans, p->rank,
              p->primal ? p->n : p->D, 1. / p->n, Z, p->D, 0, p->U, p->rank);
  if (decompose(p)) return failed(p, error);
  if (p->primal)
    cblas_dgemv(CblasColMajor, CblasNoTrans, p->D, p->n, 1. / p->n, Z, p->D, g, 1, 0, p->t, 1);
  else
    memcpy(p->t, g, (size_t)p->n * sizeof *g);
  return rotate(p, true, 1, p->t) ? failed(p, error) : ASSAY_OK;
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

assay_status ridge_path_at(ridge_path *p, int count, const double *lambda, double *hat, double *slope,
                           assay_error *error) {
  size_t rank = (size_t)p->rank, bytes = rank * sizeof *p->t;
  double *x = p->sides, *derivative = x + (size_t)count * rank;
  for (int i = 0; i < count; i++) {
    double *at = x + (size_t)i * rank, *below = derivative + (size_t)i * rank;
    memcpy(at, p->t, bytes);
    solve(p, lambda[i], at);
    if (!slope) continue;
    for (size_t k = 0; k < rank; k++) below[k] = -at[k];
    solve(p, lambda[i], below);
  }
  if (rotate(p, false, slope ? 2 * count : count, x)) return failed(p, error);
  if (p->primal) {
    memcpy(hat, x, (size_t)count * bytes);
    if (slope) memcpy(slope, derivative, (size_t)count * bytes);
    return ASSAY_OK;
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, p->D, p->n, 1. / p->n, x, p->n, p->Z, p->D, 0,
              hat, p->D);
  if (slope)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, p->D, p->n, 1. / p->n, derivative, p->n,
                p->Z, p->D, 0, slope, p->D);
  return ASSAY_OK;
}

/* With pivots d+ from above and d- from below, the inverse of a tridiagonal matrix has the diagonal 1/(d+ +
 * d- - T_kk). */
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
double ridge_path_cubed(const ridge_path *p, ridge_metric *A, const void *context, double lambda,
                        double *work) {
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
