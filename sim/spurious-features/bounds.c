/* The bounds of C on random covariances. */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/spurious-features/experiments.h"

/* Sigma = G G'/(4d), G [2d][4d] of standard normals; theta uniform on the sphere; d core and d spurious coordinates. */
typedef struct {
  int d, D, readouts;
  const double *tau;
  bool exchanged;
  double *G, *Sigma, *white; /* [D][4d], [D][D] twice: white has Sxx = I */
  double *theta, *beta, *w;  /* [d], [D], [D] */
  double *A, *B, *M;         /* work [D][D], [D][D], [d][d] */
} bounds_run;

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

static assay_status open_bounds(assay_call *call, void **state) {
  bounds_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->d = (int)assay_integer(call, "d"), run->D = 2 * run->d, run->tau = assay_list(call, "tau", &run->readouts);
  run->exchanged = !strcmp(assay_word(call, "ends"), "exchanged");
  size_t d = (size_t)run->d, D = (size_t)run->D;
  run->G = numbers(call, D * 4 * d), run->Sigma = numbers(call, D * D), run->white = numbers(call, D * D);
  run->theta = numbers(call, d), run->beta = numbers(call, D), run->w = numbers(call, D);
  run->A = numbers(call, D * D), run->B = numbers(call, D * D), run->M = numbers(call, d * d);
  return run->G && run->Sigma && run->white && run->theta && run->beta && run->w && run->A && run->B && run->M ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* white = T Sigma T' with T = diag(L^{-1}, I), L L' = Sxx. False when Sxx has no Cholesky factor. */
static bool whiten(bounds_run *run) {
  int d = run->d, D = run->D;
  memcpy(run->white, run->Sigma, (size_t)D * (size_t)D * sizeof *run->white);
  memcpy(run->A, run->Sigma, (size_t)D * (size_t)D * sizeof *run->A);
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', d, run->A, D)) return false;
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, d, D, 1, run->A, D, run->white, D);
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, D, d, 1, run->A, D, run->white, D);
  return true;
}

/* C(tau) = u' (Sigma + tau)^{-1} Sigma beta by one solve; NaN when the matrix has no Cholesky factor. */
static double C_of(bounds_run *run, const double *Sigma, double tau) {
  int d = run->d, D = run->D;
  double C = 0;
  memcpy(run->A, Sigma, (size_t)D * (size_t)D * sizeof *run->A);
  for (int i = 0; i < D; i++) run->A[(size_t)i * (size_t)(D + 1)] += tau, run->w[i] = cblas_ddot(d, Sigma + (size_t)i * D, 1, run->theta, 1);
  memcpy(run->beta, run->w, (size_t)D * sizeof *run->beta);
  if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', D, 1, run->A, D, run->w, 1)) return NAN;
  for (int i = d; i < D; i++) C += run->beta[i] * run->w[i];
  return C;
}

/* Eigenvalues of the block of order d at `first` of Sigma, ascending in w; eigenvectors in the rows of B where wanted. */
static bool block_extremes(bounds_run *run, const double *Sigma, int first, double *lo, double *hi) {
  size_t d = (size_t)run->d, D = (size_t)run->D;
  for (size_t i = 0; i < d; i++) memcpy(run->B + i * d, Sigma + (first + i) * D + first, d * sizeof *run->B);
  if (LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'N', 'L', run->d, run->B, run->d, run->w)) return false;
  *lo = run->w[0], *hi = run->w[d - 1];
  return true;
}

/* M = Sxy Syy^{-1} Syx [d][d] = Sxx - S. */
static bool explained(bounds_run *run, const double *Sigma) {
  int d = run->d, D = run->D;
  memcpy(run->A, Sigma, (size_t)D * (size_t)D * sizeof *run->A);
  double *yy = run->A + (size_t)d * (size_t)(D + 1), *yx = run->A + (size_t)d * (size_t)D;
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', d, yy, D)) return false;
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, d, d, 1, yy, D, yx, D);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, d, 1, yx, D, yx, D, 0, run->M, d);
  return true;
}

/* tau l+/(tau + l+) |Sxx - S| |theta|^2/(lambda_min(S) + tau) less |C|. */
static bool general_slack(bounds_run *run, double tau, double *slack) {
  size_t d = (size_t)run->d, D = (size_t)run->D;
  double C = C_of(run, run->Sigma, tau), lo, hi, norm, least;
  if (isnan(C) || !block_extremes(run, run->Sigma, run->d, &lo, &hi) || !explained(run, run->Sigma)) return false;
  if (run->exchanged) hi = lo;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < d; j++) run->B[i * d + j] = run->Sigma[i * D + j] - run->M[i * d + j];
  if (LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'N', 'L', run->d, run->B, run->d, run->w)) return false;
  least = run->w[0];
  if (LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'N', 'L', run->d, run->M, run->d, run->w)) return false;
  norm = run->w[d - 1];
  *slack = tau * hi / (tau + hi) * norm / (least + tau) - fabs(C);
  return true;
}

/* E(l) = tau sum_k a_k^2 s m_k/(1 + tau - s m_k), s = l/(l + tau), in the eigenbasis of M_0: rows of M, eigenvalues w. */
static double unit_bound(const bounds_run *run, double tau, double l) {
  double s = l / (l + tau), sum = 0;
  for (int k = 0; k < run->d; k++) {
    double a = 0;
    for (int i = 0; i < run->d; i++) a += run->M[(size_t)i * run->d + k] * run->theta[i];
    sum += a * a * s * run->w[k] / (1 + tau - s * run->w[k]);
  }
  return tau * sum;
}

enum { B_GENERAL, B_MINUS, B_PLUS, B_RECORDS };
static const assay_observable bounds_records[] = {
    {"slack_b", NULL, "U_b less |C|", NULL, ASSAY_MEASURED, 0, 0},
    {"slack_minus", NULL, "C less E(l-), Sxx = I", NULL, ASSAY_MEASURED, 0, 0},
    {"slack_plus", NULL, "E(l+) less C, Sxx = I", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

static bool record_bounds(bounds_run *run, double tau, double *out) {
  double lo, hi, C;
  if (!general_slack(run, tau, &out[B_GENERAL])) return false;
  C = C_of(run, run->white, tau);
  if (isnan(C) || !block_extremes(run, run->white, run->d, &lo, &hi) || !explained(run, run->white)) return false;
  if (LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'V', 'L', run->d, run->M, run->d, run->w)) return false;
  out[B_MINUS] = C - unit_bound(run, tau, run->exchanged ? hi : lo);
  out[B_PLUS] = unit_bound(run, tau, run->exchanged ? lo : hi) - C;
  return true;
}

static assay_status replicate_bounds(assay_call *call, void *state, const assay_stream *stream, double *out) {
  bounds_run *run = state;
  random_source matrix = random_open(stream, RANDOM_MATRIX, 0), teacher = random_open(stream, RANDOM_TEACHER, 0);
  random_normals(&matrix, run->G, (size_t)run->D * 4 * (size_t)run->d);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, run->D, run->D, 4 * run->d, .25 / run->d, run->G, 4 * run->d, run->G, 4 * run->d, 0,
              run->Sigma, run->D);
  random_normals(&teacher, run->theta, (size_t)run->d);
  cblas_dscal(run->d, 1 / cblas_dnrm2(run->d, run->theta, 1), run->theta, 1);
  bool fine = whiten(run);
  for (int i = 0; i < run->readouts && fine; i++) fine = record_bounds(run, run->tau[i], out + i * B_RECORDS);
  return fine ? ASSAY_OK : assay_fail(call, ASSAY_NUMERIC, "a random covariance of %d rows is singular", run->D);
}

static const assay_param bounds_params[] = {
    {"d", NULL, "core and spurious coordinates", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1000]", NULL},
    {"tau", NULL, "effective ridge", ASSAY_REAL, ASSAY_READOUT, NULL, "(0,inf)", NULL},
    {"ends", NULL, "the extreme eigenvalues of Syy, in their places or exchanged", ASSAY_WORD, ASSAY_SIM,
     "right|exchanged", NULL, "right"},
    {0}};

const assay_experiment spurious_features_random_bounds = {
    .id = "spurious-features/random-bounds",
    .doc = "Slack of the bounds of C on Wishart covariances.",
    .params = bounds_params,
    .records = bounds_records,
    .block = 32,
    .open = open_bounds,
    .replicate = replicate_bounds,
};
