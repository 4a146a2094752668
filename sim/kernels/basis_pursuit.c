#include "sim/kernels/basis_pursuit.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Variables are x = (p, q) [2d] with slacks z > 0 of the dual w -+ X'nu; side 0 is p, side 1 is q. */
typedef struct {
  int n, d;
  const double *X, *y, *w;
  double *x, *z, *dx, *dz, *complement; /* [2d] */
  double *theta, *u;                    /* [d] */
  double *nu, *dnu, *primal;            /* [n] */
  double *scaled, *normal;              /* [n][d], [n][n] */
} interior;

/* X'v to u. */
static void transposed(const interior *p, const double *v, double *u) {
  cblas_dgemv(CblasRowMajor, CblasTrans, p->n, p->d, 1, p->X, p->d, v, 1, 0, u, 1);
}

/* y - X(p - q) to primal; its norm. */
static double primal_residual(interior *p) {
  for (int i = 0; i < p->d; i++) p->u[i] = p->x[i] - p->x[p->d + i];
  memcpy(p->primal, p->y, (size_t)p->n * sizeof *p->y);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->d, -1, p->X, p->d, p->u, 1, 1, p->primal, 1);
  return cblas_dnrm2(p->n, p->primal, 1);
}

/* X diag(x/z) X', factored. */
static int factor(interior *p) {
  double most = 0;
  for (int i = 0; i < p->d; i++) p->theta[i] = sqrt(p->x[i] / p->z[i] + p->x[p->d + i] / p->z[p->d + i]);
  for (int k = 0; k < p->n; k++)
    for (int i = 0; i < p->d; i++) p->scaled[(size_t)k * p->d + i] = p->X[(size_t)k * p->d + i] * p->theta[i];
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, p->n, p->d, 1, p->scaled, p->d, 0, p->normal, p->n);
  for (int k = 0; k < p->n; k++) most = fmax(most, p->normal[(size_t)k * p->n + k]);
  for (int k = 0; k < p->n; k++) p->normal[(size_t)k * p->n + k] += 1e-15 * most;
  return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', p->n, p->normal, p->n) == 0;
}

/* The step that solves the linearised conditions with x z = complement as the target's deficit:
 *     X (dp - dq) = primal, dz = -+X'dnu (the dual is kept feasible), z dx + x dz = complement. */
static void solve_step(interior *p) {
  for (int i = 0; i < p->d; i++) {
    int j = p->d + i;
    p->u[i] = p->complement[i] / p->z[i] - p->complement[j] / p->z[j];
  }
  memcpy(p->dnu, p->primal, (size_t)p->n * sizeof *p->dnu);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->d, -1, p->X, p->d, p->u, 1, 1, p->dnu, 1);
  LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', p->n, 1, p->normal, p->n, p->dnu, p->n);
  transposed(p, p->dnu, p->u);
  for (int i = 0; i < p->d; i++) {
    int j = p->d + i;
    p->dz[i] = -p->u[i], p->dz[j] = p->u[i];
    p->dx[i] = (p->complement[i] - p->x[i] * p->dz[i]) / p->z[i];
    p->dx[j] = (p->complement[j] - p->x[j] * p->dz[j]) / p->z[j];
  }
}

static double longest_step(const double *x, const double *dx, int count) {
  double a = 1;
  for (int i = 0; i < count; i++)
    if (dx[i] < 0) a = fmin(a, -x[i] / dx[i]);
  return a;
}

static void predictor_corrector(interior *p, double mu) {
  int m = 2 * p->d;
  for (int i = 0; i < m; i++) p->complement[i] = -p->x[i] * p->z[i];
  solve_step(p);
  double ap = longest_step(p->x, p->dx, m), ad = longest_step(p->z, p->dz, m), after = 0;
  for (int i = 0; i < m; i++) after += (p->x[i] + ap * p->dx[i]) * (p->z[i] + ad * p->dz[i]) / m;
  double sigma = pow(after / mu, 3);
  for (int i = 0; i < m; i++) p->complement[i] = sigma * mu - p->x[i] * p->z[i] - p->dx[i] * p->dz[i];
  solve_step(p);
  ap = fmin(1, 0.995 * longest_step(p->x, p->dx, m)), ad = fmin(1, 0.995 * longest_step(p->z, p->dz, m));
  cblas_daxpy(m, ap, p->dx, 1, p->x, 1);
  cblas_daxpy(m, ad, p->dz, 1, p->z, 1);
  cblas_daxpy(p->n, ad, p->dnu, 1, p->nu, 1);
}

static assay_status iterate(interior *p, double *b, assay_error *error) {
  int m = 2 * p->d;
  double size = cblas_dnrm2(p->n, p->y, 1), start = size / sqrt(p->n), gap = INFINITY, missing = INFINITY,
         value = 0;
  for (int i = 0; i < m; i++) p->x[i] = start, p->z[i] = p->w[i % p->d];
  for (int step = 0; step < 100; step++) {
    gap = cblas_ddot(m, p->x, 1, p->z, 1), missing = primal_residual(p), value = 0;
    for (int i = 0; i < m; i++) value += p->w[i % p->d] * p->x[i];
    if (gap <= 1e-9 * value && missing <= 1e-9 * size) {
      for (int i = 0; i < p->d; i++) b[i] = p->x[i] - p->x[p->d + i];
      return ASSAY_OK;
    }
    if (!factor(p)) break;
    predictor_corrector(p, gap / m);
  }
  return assay_error_set(error, ASSAY_NUMERIC,
                         "basis pursuit stopped at a gap of %.3g and ||Xb - y|| = %.3g ||y||", gap / value,
                         missing / size);
}

assay_status basis_pursuit(int n, int d, const double *X, const double *y, const double *w, double *b,
                           assay_error *error) {
  size_t N = (size_t)n, D = (size_t)d;
  double *memory = calloc(10 * D + 2 * D + 3 * N + N * D + N * N, sizeof *memory);
  if (!memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for basis pursuit of %d x %d", n, d);
  interior p = {.n = n, .d = d, .X = X, .y = y, .w = w, .x = memory};
  p.z = p.x + 2 * D, p.dx = p.z + 2 * D, p.dz = p.dx + 2 * D, p.complement = p.dz + 2 * D;
  p.theta = p.complement + 2 * D, p.u = p.theta + D, p.nu = p.u + D, p.dnu = p.nu + N, p.primal = p.dnu + N;
  p.scaled = p.primal + N, p.normal = p.scaled + N * D;
  assay_status status = iterate(&p, b, error);
  free(memory);
  return status;
}
