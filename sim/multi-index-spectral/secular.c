/* D split as [[a, q^T], [q, P]], a of the signals: the secular matrix a + q^T (lam - P)^-1 q; and a
 * matrix-valued preprocessing. */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/eigen.h"
#include "sim/multi-index-spectral/experiments.h"
#include "sim/multi-index-spectral/multi-index-spectral.h"

/* ---- the secular matrix ---- */

typedef struct {
  multi_index_data data;
  double *D, *L, *x, *v;   /* [d][d] upper by columns; [d-p][d-p]; [p][d-p] solutions; [d] */
  double expected[3], sum; /* E[mu f s s^T] and the weights' sum */
  double mu, lam;
} secular_run;

static void add_expected(const double *s, double y, double weight, void *context) {
  secular_run *run = context;
  double z = multi_index_T_of(&run->data.model, &run->data.T, y), f = weight * run->mu * z / (run->mu - z);
  int p = multi_index_signals(&run->data.model);
  run->expected[0] += f * s[0] * s[0];
  if (p > 1) run->expected[1] += f * s[0] * s[1], run->expected[2] += f * s[1] * s[1];
  run->sum += weight;
}

static assay_status open_secular(assay_call *call, void **state) {
  secular_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  long d = assay_integer(call, "d"), n = assay_integer(call, "n");
  assay_status status = multi_index_data_new(call, n, d, &run->data);
  if (status != ASSAY_OK) return status;
  int p = multi_index_signals(&run->data.model);
  if (p > 2)
    return assay_fail(call, ASSAY_DOMAIN, "the secular matrix is recorded for one or two signals, not for %d",
                      p);
  size_t D = (size_t)d;
  run->mu = assay_real(call, "mu"), run->lam = assay_real(call, "lam");
  run->D = assay_alloc(call, D * D * sizeof(double));
  run->L = assay_alloc(call, D * D * sizeof(double));
  run->x = assay_alloc(call, 3 * D * sizeof(double));
  if (!run->D || !run->L || !run->x) return ASSAY_NO_MEMORY;
  run->v = run->x + 2 * D;
  status = multi_index_expectation(&run->data.model, add_expected, run, assay_call_error(call));
  for (int e = 0; e < 3; e++) run->expected[e] /= run->sum;
  return status;
}

static double entry(const secular_run *run, long i, long j) {
  return run->D[(i < j ? j : i) * run->data.A.cols + (i < j ? i : j)];
}

/* L with L^T L = lam - P (upper, by columns), the solutions x_k = (lam-P)^-1 q_k, and Q = a + q^T x [p][p].
 */
static assay_status secular_at(assay_call *call, secular_run *run, double lam, double *Q) {
  int p = multi_index_signals(&run->data.model), d = (int)run->data.A.cols, r = d - p;
  for (int j = 0; j < r; j++)
    for (int i = 0; i <= j; i++) run->L[j * r + i] = (i == j ? lam : 0) - entry(run, i + p, j + p);
  if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', r, run->L, r) != 0)
    return assay_fail(call, ASSAY_NUMERIC, "lam = %.6g lies inside the spectrum of P", lam);
  for (int k = 0; k < p; k++)
    for (int i = 0; i < r; i++) run->x[k * r + i] = entry(run, k, i + p);
  if (LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'U', r, p, run->L, r, run->x, r) != 0)
    return assay_fail(call, ASSAY_NUMERIC, "no solution with lam - P");
  for (int k = 0; k < p; k++)
    for (int l = 0; l < p; l++) {
      Q[k * p + l] = entry(run, k, l);
      for (int i = 0; i < r; i++) Q[k * p + l] += entry(run, k, i + p) * run->x[l * r + i];
    }
  return ASSAY_OK;
}

/* tr (L^T L)^-1 = ||L^-1||_F^2; L is overwritten. */
static double inverse_trace(double *L, int r) {
  double sum = 0;
  if (LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'U', 'N', r, L, r) != 0) return NAN;
  for (int j = 0; j < r; j++) sum += pow(cblas_dnrm2(j + 1, L + j * r, 1), 2);
  return sum;
}

/* Q less the mean of mu f_i s_i s_i^T: 11, 12, 22. */
static void less_sample_mean(const secular_run *run, const double *Q, double *out) {
  const multi_index_data *data = &run->data;
  int p = multi_index_signals(&data->model);
  long n = data->A.rows, d = data->A.cols;
  out[0] = Q[0], out[1] = p > 1 ? Q[1] : 0, out[2] = p > 1 ? Q[3] : 0;
  for (long i = 0; i < n; i++) {
    const double *s = data->A.x + i * d, z = data->z[i], f = run->mu * z / (run->mu - z) / (double)n;
    out[0] -= f * s[0] * s[0];
    if (p > 1) out[1] -= f * s[0] * s[1], out[2] -= f * s[1] * s[1];
  }
}

/* With lam the largest eigenvalue of D and v its eigenvector: how far (Q(lam) - lam) v^(1) is from 0 and
 * |v^(1)|^2 (1 + |(lam-P)^-1 q u|^2) from 1. */
static assay_status residual(assay_call *call, secular_run *run, const assay_stream *stream, double *out) {
  multi_index_data *data = &run->data;
  int p = multi_index_signals(&data->model), r = (int)data->A.cols - p;
  double value, Q[4], one = 0, across = 0, worst = 0;
  assay_status status =
      eigen_weighted(&data->A, data->z, EIGEN_LARGEST, 1, stream, &value, run->v, assay_call_error(call));
  if (status == ASSAY_OK) status = secular_at(call, run, value, Q);
  if (status != ASSAY_OK) return status;
  for (int k = 0; k < p; k++) one += run->v[k] * run->v[k];
  for (int k = 0; k < p; k++) {
    double sum = -value * run->v[k];
    for (int l = 0; l < p; l++) sum += Q[k * p + l] * run->v[l];
    worst = fmax(worst, fabs(sum) / sqrt(one));
  }
  for (int i = 0; i < r; i++) {
    double sum = 0;
    for (int k = 0; k < p; k++) sum += run->x[k * r + i] * run->v[k];
    across += sum * sum;
  }
  *out = fmax(worst, fabs(one * (1 + across / one) - 1));
  return ASSAY_OK;
}

static assay_status replicate_secular(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  secular_run *run = state;
  multi_index_data *data = &run->data;
  int p = multi_index_signals(&data->model);
  double Q[4];
  multi_index_draw(data, stream, 0);
  assay_status status = design_weighted_covariance(&data->A, data->z, run->D, assay_call_error(call));
  if (status == ASSAY_OK) status = secular_at(call, run, run->lam, Q);
  if (status != ASSAY_OK) return status;
  out[0] = Q[0], out[1] = p > 1 ? Q[1] : 0, out[2] = p > 1 ? Q[3] : 0;
  less_sample_mean(run, Q, out + 3);
  for (int e = 0; e < 3; e++) out[6 + e] = out[3 + e] + run->expected[e];
  out[9] = run->mu * inverse_trace(run->L, (int)data->A.cols - p) / (double)data->A.rows;
  out[10] = 0;
  return strcmp(assay_word(call, "identity"), "yes") ? ASSAY_OK : residual(call, run, stream, out + 10);
}

static const assay_param secular_params[] = {
    MULTI_INDEX_SIM_PARAMS,
    {"mu", NULL, "of f = z/(mu - z)", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", NULL},
    {"lam", NULL, "where the secular matrix is taken", ASSAY_REAL, ASSAY_SIM, NULL, NULL, NULL},
    {"identity", NULL, "yes: also the residual at the largest eigenvalue", ASSAY_WORD, ASSAY_SIM, "yes|no",
     NULL, "no"},
    {0}};
static const assay_observable secular_records[] = {
    {"Q_11", NULL, "a + q^T (lam-P)^-1 q", NULL, ASSAY_MEASURED, 0, 0},
    {"Q_12", NULL, "a + q^T (lam-P)^-1 q; 0 for one signal", NULL, ASSAY_MEASURED, 0, 0},
    {"Q_22", NULL, "a + q^T (lam-P)^-1 q; 0 for one signal", NULL, ASSAY_MEASURED, 0, 0},
    {"dQ_11", NULL, "Q less the sample mean of mu f s s^T", NULL, ASSAY_MEASURED, 0, 0},
    {"dQ_12", NULL, "Q less the sample mean of mu f s s^T", NULL, ASSAY_MEASURED, 0, 0},
    {"dQ_22", NULL, "Q less the sample mean of mu f s s^T", NULL, ASSAY_MEASURED, 0, 0},
    {"Q_cv_11", NULL, "dQ and the expectation of mu f s s^T: the mean of Q with less noise", NULL,
     ASSAY_MEASURED, 0, 0},
    {"Q_cv_12", NULL, "dQ and the expectation of mu f s s^T", NULL, ASSAY_MEASURED, 0, 0},
    {"Q_cv_22", NULL, "dQ and the expectation of mu f s s^T", NULL, ASSAY_MEASURED, 0, 0},
    {"tr", NULL, "mu tr(lam-P)^-1/n", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"residual", NULL, "of the secular equation at the largest eigenvalue; 0 unless identity=yes", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment multi_index_spectral_secular = {
    .id = "multi-index-spectral/secular",
    .doc = "The secular matrix of the signal block, at a given point and at the largest eigenvalue.",
    .params = secular_params,
    .records = secular_records,
    .block = 4,
    .open = open_secular,
    .replicate = replicate_secular};

/* ---- matrix-valued preprocessing ---- */

typedef struct {
  multi_index_data data;
  double table[MULTI_INDEX_CELLS][3]; /* T_k: 11, 12, 22 */
  double *block, *D, *v;              /* [d][d]; [2d][2d]; [2d] */
} matrix_run;

/* c G (1 + c G)^-1 of a symmetric 2 x 2 matrix: 1 - (1 + c G)^-1. */
static void matrix_weight(const double *G, double c, double *out) {
  double a = 1 + c * G[0], b = c * G[1], e = 1 + c * G[3], determinant = a * e - b * b;
  out[0] = 1 - e / determinant, out[1] = b / determinant, out[2] = 1 - a / determinant;
}

static assay_status open_matrix(assay_call *call, void **state) {
  matrix_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  long d = assay_integer(call, "d"), n = assay_integer(call, "n");
  assay_status status = multi_index_data_new(call, n, d, &run->data);
  if (status != ASSAY_OK) return status;
  if (run->data.model.kind < MULTI_INDEX_POLAR)
    return assay_fail(call, ASSAY_DOMAIN, "a matrix-valued T is made for cells: model=polar or model=wedge");
  for (int i = 0; i < multi_index_cells(&run->data.model); i++) {
    double G[4];
    multi_index_moment(&run->data.model, i, G);
    matrix_weight(G, assay_real(call, "scale"), run->table[i]);
  }
  size_t D = (size_t)d;
  run->block = assay_alloc(call, D * D * sizeof(double));
  run->D = assay_alloc(call, 4 * D * D * sizeof(double));
  run->v = assay_alloc(call, 2 * D * sizeof(double));
  return run->block && run->D && run->v ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* Block (a, b) of (1/n) sum a_i a_i^T (x) T_i from the entries e of T_i. */
static assay_status fill_block(matrix_run *run, int e, int a, int b, assay_error *error) {
  multi_index_data *data = &run->data;
  long d = data->A.cols;
  for (long i = 0; i < data->A.rows; i++) data->z[i] = run->table[(int)data->y[i]][e];
  assay_status status = design_weighted_covariance(&data->A, data->z, run->block, error);
  for (long j = 0; j < d; j++)
    for (long i = 0; i < d; i++)
      run->D[(b * d + j) * 2 * d + a * d + i] = run->block[(i < j ? j : i) * d + (i < j ? i : j)];
  return status;
}

static assay_status replicate_matrix(assay_call *call, void *state, const assay_stream *stream, double *out) {
  matrix_run *run = state;
  assay_error *error = assay_call_error(call);
  long d = run->data.A.cols;
  multi_index_draw(&run->data, stream, 0);
  assay_status status = fill_block(run, 0, 0, 0, error);
  if (status == ASSAY_OK) status = fill_block(run, 1, 0, 1, error);
  if (status == ASSAY_OK) status = fill_block(run, 2, 1, 1, error);
  if (status == ASSAY_OK) status = eigen_dense(run->D, 2 * d, EIGEN_LARGEST, 1, out, run->v, error);
  if (status != ASSAY_OK) return status;
  const double *v = run->v;
  out[1] = v[0] * v[0] + v[1] * v[1] + v[d] * v[d] + v[d + 1] * v[d + 1];
  return ASSAY_OK;
}

static const assay_param matrix_params[] = {MULTI_INDEX_SIM_PARAMS, {0}};
static const assay_observable matrix_records[] = {
    {"lam", NULL, "largest eigenvalue", NULL, ASSAY_MEASURED, 0, 0},
    {"rho2", NULL, "squared norm of the signal block of its eigenvector, a d x 2 matrix", NULL,
     ASSAY_MEASURED, 0, 1},
    {0}};

const assay_experiment multi_index_spectral_matrix = {
    .id = "multi-index-spectral/matrix",
    .doc = "Top of the spectrum with T_k = c G_k (1 + c G_k)^-1, c = scale.",
    .params = matrix_params,
    .records = matrix_records,
    .block = 4,
    .open = open_matrix,
    .replicate = replicate_matrix};
