#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/orthogonal.h"
#include "sim/neural-collapse/neural-collapse.h"

/* Chains of L blocks I + W_l in three dimensions; unknowns W [L][3][3]. */
enum { D = 3 };

typedef struct {
  int L;
  double lb, start[D], target[D], T[D * D];
  double *forward; /* [L + 1][3][3], or [L + 1][3] and lengths */
} chain_work;

/* (lb/2) sum |W_l|^2 - t.h_L, h normalised after each block. */
static double turn_objective(const double *x, double *g, void *context) {
  const chain_work *w = context;
  double *h = w->forward, *lengths = h + (w->L + 1) * D, back[D], through[D], J = 0;
  memcpy(h, w->start, sizeof back);
  for (int l = 0; l < w->L; l++) {
    double *next = h + (l + 1) * D;
    memcpy(next, h + l * D, sizeof back);
    cblas_dgemv(CblasRowMajor, CblasNoTrans, D, D, 1, x + l * D * D, D, h + l * D, 1, 1, next, 1);
    lengths[l] = cblas_dnrm2(D, next, 1);
    cblas_dscal(D, 1 / lengths[l], next, 1);
  }
  J = -cblas_ddot(D, w->target, 1, h + w->L * D, 1);
  for (int i = 0; i < D; i++) back[i] = -w->target[i];
  for (int l = w->L - 1; l >= 0; l--) {
    const double *out = h + (l + 1) * D, *W = x + l * D * D, along = cblas_ddot(D, out, 1, back, 1);
    double *gW = g + l * D * D;
    for (int i = 0; i < D; i++) back[i] = (back[i] - out[i] * along) / lengths[l];
    for (int i = 0; i < D * D; i++) gW[i] = w->lb * W[i] + back[i / D] * h[l * D + i % D];
    J += w->lb / 2 * cblas_ddot(D * D, W, 1, W, 1);
    memcpy(through, back, sizeof back);
    cblas_dgemv(CblasRowMajor, CblasTrans, D, D, 1, W, D, through, 1, 1, back, 1);
  }
  return J;
}

/* (1/2)|(I+W_L)..(I+W_1) - T|^2 + (lb/2) sum |W_l|^2. */
static double product_objective(const double *x, double *g, void *context) {
  const chain_work *w = context;
  double *P = w->forward, back[D * D], through[D * D], J;
  for (int i = 0; i < D * D; i++) P[i] = i % (D + 1) == 0;
  for (int l = 0; l < w->L; l++) {
    memcpy(P + (l + 1) * D * D, P + l * D * D, sizeof back);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, D, D, D, 1, x + l * D * D, D, P + l * D * D, D, 1,
                P + (l + 1) * D * D, D);
  }
  for (int i = 0; i < D * D; i++) back[i] = P[w->L * D * D + i] - w->T[i];
  J = cblas_ddot(D * D, back, 1, back, 1) / 2;
  for (int l = w->L - 1; l >= 0; l--) {
    const double *W = x + l * D * D;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, D, D, D, 1, back, D, P + l * D * D, D, 0,
                g + l * D * D, D);
    cblas_daxpy(D * D, w->lb, W, 1, g + l * D * D, 1);
    J += w->lb / 2 * cblas_ddot(D * D, W, 1, W, 1);
    memcpy(through, back, sizeof back);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, D, D, D, 1, W, D, through, D, 1, back, D);
  }
  return J;
}

assay_status neural_collapse_transport_cost(int L, double lb, double theta0, const double *targets,
                                            const assay_stream *stream, double *J, double *rho,
                                            assay_error *error) {
  static const lbfgs_rule rule = {30, 6000, 1e-9};
  const size_t unknowns = (size_t)(L * D * D);
  double tau[2 * D], Q[D * D],
      *x = calloc(unknowns + (size_t)(L + 1) * D * D + (size_t)L + lbfgs_room(unknowns, &rule), sizeof *x);
  if (!x) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d blocks", L);
  chain_work work = {.L = L, .lb = lb, .forward = x + unknowns};
  lbfgs_report report;
  random_source init = random_open(stream, RANDOM_INIT, 0), basis = random_open(stream, RANDOM_MATRIX, 0);
  assay_status status = orthogonal_fill(&basis, D, Q, tau, error);
  for (int i = 0; i < D * D; i++) {
    work.start[i / D] = Q[i / D * D];
    work.target[i / D] = cos(theta0) * Q[i / D * D] + sin(theta0) * Q[i / D * D + 1];
    for (int j = 0; targets && j < D; j++) work.T[i] += targets[j] * Q[i / D * D + j] * Q[i % D * D + j];
  }
  random_normals(&init, x, unknowns);
  cblas_dscal((int)unknowns, .1 / L, x, 1);
  if (status == ASSAY_OK)
    status = lbfgs_minimise(targets ? product_objective : turn_objective, &work, unknowns, &rule, x,
                            x + unknowns + (size_t)(L + 1) * D * D + (size_t)L, &report, error);
  *J = report.value;
  *rho = targets ? 0 : acos(fmin(1, cblas_ddot(D, work.target, 1, work.forward + L * D, 1)));
  free(x);
  return status;
}
