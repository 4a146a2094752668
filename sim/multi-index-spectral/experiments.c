/* Top of the spectrum of D = (1/n) sum_i T(y_i) a_i a_i^T. */
#include "sim/multi-index-spectral/experiments.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/eigen.h"
#include "sim/multi-index-spectral/multi-index-spectral.h"

/* ---- data ---- */

assay_status multi_index_data_new(assay_call *call, long n, long d, multi_index_data *data) {
  gsl_set_error_handler_off();
  assay_status status = multi_index_read(call, &data->model, &data->T);
  if (status == ASSAY_OK) status = multi_index_check(&data->model, assay_call_error(call));
  if (status == ASSAY_OK && data->T.kind == MULTI_INDEX_TABLE &&
      data->T.n_table != multi_index_cells(&data->model))
    return assay_fail(call, ASSAY_DOMAIN, "table has %d values; the model has %d classes", data->T.n_table,
                      multi_index_cells(&data->model));
  if (status == ASSAY_OK) status = design_new(call, n, d, &data->A);
  if (status != ASSAY_OK) return status;
  data->y = assay_alloc(call, 4 * (size_t)n * sizeof(double));
  if (!data->y) return ASSAY_NO_MEMORY;
  data->z = data->y + n, data->normal = data->z + n, data->uniform = data->normal + n;
  return ASSAY_OK;
}

void multi_index_draw(multi_index_data *data, const assay_stream *stream, unsigned block) {
  long d = data->A.cols, n = data->A.rows;
  random_source rows = random_open(stream, RANDOM_DESIGN, block),
                source = random_open(stream, RANDOM_LABEL, block);
  random_normals(&rows, data->A.x, (size_t)(n * d));
  if (data->model.kind == MULTI_INDEX_MIXED) {
    random_normals(&source, data->normal, (size_t)n);
    random_seek(&source, 0);
    random_uniforms(&source, data->uniform, (size_t)n);
  }
  for (long i = 0; i < n; i++) {
    data->y[i] = multi_index_label(&data->model, data->A.x + i * d, data->normal[i], data->uniform[i]);
    data->z[i] = multi_index_T_of(&data->model, &data->T, data->y[i]);
  }
}

/* ---- control variates ---- */

/* phi = f (mu - ratio ((u.s)^2 - 1)), f = z/(mu - z): given mu, ratio and u it has a known expectation, and
 * its sample mean explains most of the fluctuations of an eigenvalue when they are well chosen. norm:
 * ||s||^2/p for (u.s)^2, and the mean eigenvalue. mu = 0: none. */
typedef struct {
  double mu, ratio, u[2], expectation;
} variate;

typedef struct {
  const multi_index_model *model;
  const multi_index_preprocessing *T;
  variate *v;
  double sum, weight;
} variate_walk;

static double variate_at(const multi_index_model *m, const variate *v, const double *s, double z) {
  int p = multi_index_signals(m);
  double along = v->u[0] * s[0] + (p > 1 ? v->u[1] * s[1] : 0), square = along * along;
  if (m->kind == MULTI_INDEX_NORM) {
    square = 0;
    for (int j = 0; j < p; j++) square += s[j] * s[j] / p;
  }
  return z / (v->mu - z) * (v->mu - v->ratio * (square - 1));
}

static void add_variate(const double *s, double y, double weight, void *context) {
  variate_walk *w = context;
  w->sum += weight * variate_at(w->model, w->v, s, multi_index_T_of(w->model, w->T, y));
  w->weight += weight;
}

static assay_status read_variate(assay_call *call, const char *name, const multi_index_data *data,
                                 variate *v) {
  int n;
  const double *x = assay_list(call, name, &n);
  *v = (variate){0};
  if (n == 0) return ASSAY_OK;
  if (n != 4 || !(x[0] > 0))
    return assay_fail(call, ASSAY_DOMAIN, "%s has %d numbers; mu > 0, ratio, u_1 and u_2 are four", name, n);
  *v = (variate){x[0], x[1], {x[2], x[3]}, 0};
  variate_walk w = {&data->model, &data->T, v, 0, 0};
  assay_status status = multi_index_expectation(&data->model, add_variate, &w, assay_call_error(call));
  v->expectation = w.sum / w.weight;
  return status;
}

/* Its mean over the samples less the expectation, and its variance there. */
static double variate_excess(const variate *v, const multi_index_data *data, double *variance) {
  double sum = 0, squares = 0, n = (double)data->A.rows;
  *variance = 0;
  if (!(v->mu > 0)) return 0;
  for (long i = 0; i < data->A.rows; i++) {
    double away = variate_at(&data->model, v, data->A.x + i * data->A.cols, data->z[i]) - v->expectation;
    sum += away, squares += away * away;
  }
  *variance = (squares - sum * sum / n) / (n - 1);
  return sum / n;
}

/* ---- the spectrum ---- */

enum { RECORDS = 17, VARIATES = 2 };

typedef struct {
  multi_index_data data;
  variate cv[VARIATES];
  double *vectors; /* [count][d] */
  int count;       /* eigenpairs */
} spectral_run;

static assay_status open_run(assay_call *call, void **state) {
  spectral_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  long d = assay_integer(call, "d");
  assay_status status = multi_index_data_new(call, assay_integer(call, "n"), d, &run->data);
  if (status == ASSAY_OK) status = read_variate(call, "cv1", &run->data, &run->cv[0]);
  if (status == ASSAY_OK) status = read_variate(call, "cv2", &run->data, &run->cv[1]);
  if (status != ASSAY_OK) return status;
  run->count = multi_index_signals(&run->data.model) < 2 ? 2 : multi_index_signals(&run->data.model);
  run->vectors = assay_alloc(call, (size_t)(run->count * d) * sizeof(double));
  return run->vectors ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* omega_j [2] of signal j = 0, 1. */
static double along_signal(const multi_index_model *m, const double *v, int j) {
  if (m->kind == MULTI_INDEX_MIXED && j == 1) return m->c * v[0] + sqrt(1 - m->c * m->c) * v[1];
  return v[j];
}

/* The records of eigenpair k (from 0). */
static void record(const spectral_run *run, const double *values, int k, double left, double *out) {
  const multi_index_model *m = &run->data.model;
  long d = run->data.A.cols;
  int p = multi_index_signals(m);
  const double *v = run->vectors + k * d, *first = run->vectors, *second = run->vectors + d,
               *u = run->data.T.u;
  double one = 0, mean = 0, all = 0, inner = 0, excess = 0, variance = 0,
         q = u[0] * v[0] + (p > 1 ? u[1] * v[1] : 0);
  for (int i = 0; i < p; i++) {
    one += v[i] * v[i];
    mean += values[i] / p;
    inner += first[i] * second[i];
    for (int j = 0; j < p; j++) all += run->vectors[i * d + j] * run->vectors[i * d + j] / p;
  }
  out[0] = values[k], out[1] = one, out[2] = v[0] * v[0], out[3] = v[0] * v[1], out[4] = v[1] * v[1];
  out[5] = mean, out[6] = all, out[7] = (double)d * one;
  if (k < VARIATES) excess = variate_excess(&run->cv[k], &run->data, &variance);
  out[8] = (m->kind == MULTI_INDEX_NORM ? mean : values[k]) - excess;
  out[9] = q * q, out[10] = inner * inner, out[11] = pow(along_signal(m, v, 0), 2),
  out[12] = pow(along_signal(m, v, 1), 2);
  out[13] = left;
  out[14] = v[0] < 0 ? -v[0] : v[0], out[15] = v[0] < 0 ? -v[1] : v[1], out[16] = variance;
}

static assay_status replicate_run(assay_call *call, void *state, const assay_stream *stream, double *out) {
  spectral_run *run = state;
  multi_index_data *data = &run->data;
  double values[MULTI_INDEX_SIGNALS], left = 0;
  int n;
  const double *k = assay_list(call, "k", &n);
  assay_error *error = assay_call_error(call);
  multi_index_draw(data, stream, 0);
  assay_status status =
      eigen_weighted(&data->A, data->z, EIGEN_LARGEST, run->count, stream, values, run->vectors, error);
  if (status == ASSAY_OK && !strcmp(assay_word(call, "left"), "yes"))
    status = eigen_weighted(&data->A, data->z, EIGEN_SMALLEST, 1, stream, &left, NULL, error);
  for (int i = 0; i < n && status == ASSAY_OK; i++) {
    if (k[i] > run->count)
      return assay_fail(call, ASSAY_DOMAIN, "k = %g of %d eigenvalues", k[i], run->count);
    record(run, values, (int)k[i] - 1, left, out + RECORDS * i);
  }
  return status;
}

/* clang-format off */
#define VARIATE(name) \
  {name, NULL, "mu, ratio, u_1, u_2 of a control variate of that eigenvalue", ASSAY_REALS, \
   ASSAY_SIM | ASSAY_PAIRED, NULL, NULL, ""}
/* clang-format on */
static const assay_param params[] = {
    MULTI_INDEX_SIM_PARAMS,
    {"k", NULL, "eigenpair, from the right", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,8]", "1"},
    VARIATE("cv1"),
    VARIATE("cv2"),
    {"left", NULL, "yes: also the smallest eigenvalue", ASSAY_WORD, ASSAY_SIM, "yes|no", NULL, "no"},
    {0}};

static const assay_observable records[] = {
    {"lam", NULL, "k-th eigenvalue", NULL, ASSAY_MEASURED, 0, 0},
    {"rho2", NULL, "squared norm of the signal block of its eigenvector", NULL, ASSAY_MEASURED, 0, 1},
    {"pi_11", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, 0, 1},
    {"pi_12", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, -1, 1},
    {"pi_22", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, 0, 1},
    {"mean_lam", NULL, "mean of the first p eigenvalues", NULL, ASSAY_MEASURED, 0, 0},
    {"mean_rho2", NULL, "mean of their squared norms", NULL, ASSAY_MEASURED, 0, 1},
    {"drho2", NULL, "d rho2", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"lam_cv", NULL, "k-th eigenvalue (norm: mean_lam) less its control variate; the same mean", NULL,
     ASSAY_MEASURED, 0, 0},
    {"q2", NULL, "(u.v)^2 with the direction u of Td", NULL, ASSAY_MEASURED, 0, 1},
    {"cross", NULL, "(v_1.v_2)^2 in the signal block", NULL, ASSAY_MEASURED, 0, 1},
    {"overlap2_1", NULL, "squared overlap with the first signal", NULL, ASSAY_MEASURED, 0, 1},
    {"overlap2_2", NULL, "squared overlap with the second signal", NULL, ASSAY_MEASURED, 0, 1},
    {"lam_min", NULL, "smallest eigenvalue where left=yes, else 0", NULL, ASSAY_MEASURED, 0, 0},
    {"v_1", NULL, "first entry of the eigenvector, whose sign is chosen so that it is positive", NULL, ASSAY_MEASURED, 0, 1},
    {"v_2", NULL, "second entry", NULL, ASSAY_MEASURED, -1, 1},
    {"cv_variance", NULL, "variance of the control variate over the samples", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {0}};

const assay_experiment multi_index_spectral_spectrum = {
    .id = "multi-index-spectral/spectrum",
    .doc = "Top of the spectrum of the preprocessed covariance.",
    .params = params,
    .records = records,
    .block = 4,
    .open = open_run,
    .replicate = replicate_run};

/* ---- the bulk ---- */

typedef struct {
  multi_index_data data;
  double *values; /* [d] */
} bulk_run;

static assay_status open_bulk(assay_call *call, void **state) {
  bulk_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  long d = assay_integer(call, "d");
  run->values = assay_alloc(call, (size_t)d * sizeof(double));
  return run->values ? multi_index_data_new(call, assay_integer(call, "n"), d, &run->data) : ASSAY_NO_MEMORY;
}

static assay_status replicate_bulk(assay_call *call, void *state, const assay_stream *stream, double *out) {
  bulk_run *run = state;
  int n;
  const double *at = assay_list(call, "at", &n);
  multi_index_draw(&run->data, stream, 0);
  assay_status status = eigen_weighted_all(&run->data.A, run->data.z, run->values, assay_call_error(call));
  for (int i = 0; i < n && status == ASSAY_OK; i++)
    out[i] = eigen_histogram(run->values, run->data.A.cols, at[i], assay_real(call, "bin"));
  return status;
}

static const assay_param bulk_params[] = {
    MULTI_INDEX_SIM_PARAMS,
    {"at", NULL, "middle of a bin", ASSAY_REAL, ASSAY_READOUT, NULL, NULL, NULL},
    {"bin", NULL, "its width", ASSAY_REAL, 0, NULL, "(0,inf)", "0.1"},
    {0}};
static const assay_observable bulk_records[] = {
    {"density", NULL, "share of the eigenvalues in the bin over its width", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};

const assay_experiment multi_index_spectral_bulk = {
    .id = "multi-index-spectral/bulk",
    .doc = "Histogram of the eigenvalues of the preprocessed covariance.",
    .params = bulk_params,
    .records = bulk_records,
    .block = 4,
    .open = open_bulk,
    .replicate = replicate_bulk};

/* ---- the overlap at two sizes ---- */

typedef struct {
  multi_index_data small, large;
  double *vectors; /* [factor d] */
} pair_run;

static assay_status open_pair(assay_call *call, void **state) {
  pair_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  long d = assay_integer(call, "d"), n = assay_integer(call, "n"), factor = assay_integer(call, "factor");
  assay_status status = multi_index_data_new(call, n, d, &run->small);
  if (status == ASSAY_OK) status = multi_index_data_new(call, factor * n, factor * d, &run->large);
  if (status != ASSAY_OK) return status;
  run->vectors = assay_alloc(call, (size_t)(factor * d) * sizeof(double));
  return run->vectors ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status scaled_overlap(multi_index_data *data, const assay_stream *stream, unsigned block,
                                   double *v, double *out, assay_error *error) {
  double value;
  multi_index_draw(data, stream, block);
  assay_status status = eigen_weighted(&data->A, data->z, EIGEN_LARGEST, 1, stream, &value, v, error);
  double q = data->T.u[0] * v[0] + (multi_index_signals(&data->model) > 1 ? data->T.u[1] * v[1] : 0);
  *out = cbrt((double)data->A.cols) * q * q;
  return status;
}

static assay_status replicate_pair(assay_call *call, void *state, const assay_stream *stream, double *out) {
  pair_run *run = state;
  assay_status status = scaled_overlap(&run->small, stream, 0, run->vectors, out, assay_call_error(call));
  return status == ASSAY_OK
             ? scaled_overlap(&run->large, stream, 1, run->vectors, out + 1, assay_call_error(call))
             : status;
}

static const assay_param pair_params[] = {
    MULTI_INDEX_SIM_PARAMS,
    {"factor", NULL, "of the second size over the first", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,16]", "4"},
    {0}};
static const assay_observable pair_records[] = {
    {"critical_small", NULL, "d^(1/3) (u.v_1)^2 at d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"critical_large", NULL, "the same at factor times d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment multi_index_spectral_pair = {.id = "multi-index-spectral/pair",
                                                    .doc = "The scaled overlap at two sizes of one n/d.",
                                                    .params = pair_params,
                                                    .records = pair_records,
                                                    .block = 4,
                                                    .open = open_pair,
                                                    .replicate = replicate_pair};
