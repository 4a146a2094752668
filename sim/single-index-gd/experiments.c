#include "sim/single-index-gd/experiments.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/eigen.h"
#include "sim/single-index-gd/single-index-gd.h"

/* ---- parameters that experiments share ---- */

/* clang-format off */
#define LINK \
  {"link", NULL, "sigma: z^2, min(z^2, M), or cut smoothly between M and 2M", ASSAY_WORD, 0, \
   "quad|hard|smooth", NULL, "hard"}, \
  {"M", NULL, "where the link is cut; quad: ignored", ASSAY_REAL, 0, NULL, "(0,inf)", "8"}
#define SAMPLES {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,2147483647]", NULL}
#define DIMENSION {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,2147483647]", NULL}
#define STEP(preset) {"eta", NULL, "step size", ASSAY_REAL, 0, NULL, "(0,inf)", preset}
#define START_NORM {"p", NULL, "the start has norm d^-p", ASSAY_REAL, 0, NULL, "[0,60]", NULL}
/* clang-format on */

static single_index_link link_of(const assay_call *call) {
  const char *word = assay_word(call, "link");
  return (single_index_link){!strcmp(word, "quad")   ? SINGLE_INDEX_QUAD
                             : !strcmp(word, "hard") ? SINGLE_INDEX_HARD
                                                     : SINGLE_INDEX_SMOOTH,
                             assay_real(call, "M")};
}

static double square(double x) {
  return x * x;
}

static double overlap_of(const single_index_data *data) {
  return square(data->theta[0] / single_index_norm(data->theta, data->X.cols));
}

/* What an experiment on a stored design holds; all memory is the call's. */
typedef struct {
  single_index_data data;
  double *z, *vectors; /* [n] weights; [8][d] */
} batch;

static assay_status open_data(assay_call *call, void **state) {
  batch *b = *state = assay_alloc(call, sizeof *b);
  if (!b) return ASSAY_NO_MEMORY;
  long n = assay_integer(call, "n"), d = assay_integer(call, "d");
  assay_status status = single_index_data_new(call, link_of(call), n, d, &b->data);
  if (status != ASSAY_OK) return status;
  b->z = assay_alloc(call, (size_t)n * sizeof(double));
  b->vectors = assay_alloc(call, 8 * (size_t)d * sizeof(double));
  return b->z && b->vectors ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* ---- the spectral matrix ---- */

/* The squared norm of v's projection on the samples with the `count` largest labels, by Gram-Schmidt in basis
 * [count][d]. */
static double local_share(const single_index_data *data, const double *v, int count, double *basis) {
  long d = data->X.cols, taken[8];
  double share = 0;
  for (int k = 0; k < count && k < data->X.rows; k++) {
    long best = -1;
    for (long i = 0; i < data->X.rows; i++) {
      bool used = false;
      for (int t = 0; t < k; t++) used = used || taken[t] == i;
      if (!used && (best < 0 || data->y[i] > data->y[best])) best = i;
    }
    taken[k] = best;
    double *e = basis + k * d;
    memcpy(e, data->X.x + best * d, (size_t)d * sizeof *e);
    for (int t = 0; t < k; t++)
      cblas_daxpy((int)d, -cblas_ddot((int)d, basis + t * d, 1, e, 1), basis + t * d, 1, e, 1);
    cblas_dscal((int)d, 1 / single_index_norm(e, d), e, 1);
    share += square(cblas_ddot((int)d, e, 1, v, 1));
  }
  return share;
}

static assay_status replicate_spectrum(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  batch *b = state;
  single_index_data *data = &b->data;
  double values[2];
  single_index_draw(data, stream);
  memcpy(b->z, data->y, (size_t)data->X.rows * sizeof(double));
  if (!strcmp(assay_word(call, "variant"), "random-point")) {
    single_index_direction(stream, 0, data->X.cols, 1, data->theta);
    design_apply(&data->X, data->theta, b->z);
    for (long i = 0; i < data->X.rows; i++)
      b->z[i] = data->y[i] * single_index_cut(data->link, square(b->z[i]));
  }
  assay_status status =
      eigen_weighted(&data->X, b->z, EIGEN_LARGEST, 2, stream, values, b->vectors, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[0] = values[0], out[1] = values[1], out[2] = square(b->vectors[0]);
  out[3] = local_share(data, b->vectors, 5, b->vectors + 2 * data->X.cols);
  return ASSAY_OK;
}

static const assay_param spectrum_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    {"variant", NULL, "random-point: labels count where a random student is not cut off", ASSAY_WORD, 0,
     "none|random-point", NULL, "none"},
    {0}};
static const assay_observable spectrum_records[] = {
    {"lambda_1", NULL, "largest eigenvalue of D", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"lambda_2", NULL, "second eigenvalue", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"q", NULL, "squared overlap of the first eigenvector with theta*", NULL, ASSAY_MEASURED, 0, 1},
    {"loc5", NULL, "its share in the span of the samples with the five largest labels", NULL, ASSAY_MEASURED,
     0, 1},
    {0}};

const assay_experiment single_index_gd_spectrum = {.id = "single-index-gd/spectrum",
                                                   .doc =
                                                       "Top of the spectrum of D = (1/n) sum y_i x_i x_i^T.",
                                                   .params = spectrum_params,
                                                   .records = spectrum_records,
                                                   .block = 4,
                                                   .open = open_data,
                                                   .replicate = replicate_spectrum};

static assay_status replicate_bulk(assay_call *call, void *state, const assay_stream *stream, double *out) {
  batch *b = state;
  int n;
  const double *at = assay_list(call, "at", &n);
  long d = b->data.X.cols;
  single_index_draw(&b->data, stream);
  assay_status status = eigen_weighted_all(&b->data.X, b->data.y, b->vectors, assay_call_error(call));
  for (int i = 0; i < n && status == ASSAY_OK; i++)
    out[i] = eigen_histogram(b->vectors, d, at[i], assay_real(call, "bin"));
  return status;
}

static const assay_param bulk_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    {"at", NULL, "middle of a bin", ASSAY_REAL, ASSAY_READOUT, NULL, NULL, NULL},
    {"bin", NULL, "its width", ASSAY_REAL, 0, NULL, "(0,inf)", "0.25"},
    {0}};
static const assay_observable bulk_records[] = {
    {"density", NULL, "share of D's eigenvalues in the bin over its width", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment single_index_gd_bulk = {
    .id = "single-index-gd/bulk",
    .doc = "Histogram of the eigenvalues of D = (1/n) sum y_i x_i x_i^T.",
    .params = bulk_params,
    .records = bulk_records,
    .block = 4,
    .open = open_data,
    .replicate = replicate_bulk};

/* ---- gradient flow is power iteration ---- */

enum { STILL = 100, MOST_STEPS = 200000 }; /* steps over which q may not move any more */

static int flow_slope(double t, const double *y, double *slope, void *context) {
  (void)t;
  single_index_data *data = context;
  int d = (int)data->X.cols;
  memcpy(data->theta, y, (size_t)d * sizeof *y);
  double mu = single_index_correlation_gradient(data);
  for (int j = 0; j < d; j++) slope[j] = data->gradient[j] - mu * y[j];
  return GSL_SUCCESS;
}

/* The flow from y to time 1, by an eighth-order Runge-Kutta method. */
static assay_status integrate_flow(single_index_data *data, double *y, assay_error *error) {
  gsl_odeiv2_system system = {flow_slope, NULL, (size_t)data->X.cols, data};
  gsl_odeiv2_driver *driver =
      gsl_odeiv2_driver_alloc_y_new(&system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-11, 1e-10);
  double t = 0;
  if (!driver)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an integration in %ld dimensions",
                           data->X.cols);
  int code = gsl_odeiv2_driver_apply(driver, &t, 1, y);
  gsl_odeiv2_driver_free(driver);
  return code == GSL_SUCCESS
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "the gradient flow stopped at t = %.6g: %s", t,
                               gsl_strerror(code));
}

/* exp(A*) theta_0, normalised, through all eigenpairs of A*: values [d], vectors [d][d]. */
static void exponential(const double *values, const double *vectors, long d, const double *start,
                        double *out) {
  memset(out, 0, (size_t)d * sizeof *out);
  for (long k = 0; k < d; k++)
    cblas_daxpy((int)d, exp(values[k] - values[0]) * cblas_ddot((int)d, vectors + k * d, 1, start, 1),
                vectors + k * d, 1, out, 1);
  cblas_dscal((int)d, 1 / single_index_norm(out, d), out, 1);
}

static double distance(const double *x, const double *y, long d) {
  double sum = 0;
  for (long j = 0; j < d; j++) sum += square(x[j] - y[j]);
  return sqrt(sum);
}

/* Gradient descent until q has moved by less than 1e-12 in STILL steps. */
static assay_status descend_to_rest(single_index_data *data, double eta, double *q, double *mu,
                                    assay_error *error) {
  double before = -1;
  for (long t = 0; t < MOST_STEPS; t++) {
    *mu = single_index_spherical_step(data, eta);
    if (t % STILL) continue;
    *q = square(data->theta[0]);
    if (fabs(*q - before) < 1e-12) return ASSAY_OK;
    before = *q;
  }
  return assay_error_set(error, ASSAY_NUMERIC, "gradient descent did not come to rest in %d steps",
                         MOST_STEPS);
}

typedef struct {
  batch b;
  double *matrix, *values, *all; /* [d][d], [d], [d][d] */
} power_run;

static assay_status open_power(assay_call *call, void **state) {
  void *inner;
  power_run *run = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  size_t d = (size_t)assay_integer(call, "d");
  gsl_set_error_handler_off();
  assay_status status = open_data(call, &inner);
  if (status != ASSAY_OK) return status;
  run->b = *(batch *)inner;
  run->matrix = assay_alloc(call, d * d * sizeof(double));
  run->values = assay_alloc(call, d * sizeof(double));
  run->all = assay_alloc(call, d * d * sizeof(double));
  *state = run;
  return run->matrix && run->values && run->all ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* 2 D, upper triangle by columns. */
static void fill_matrix(const single_index_data *data, double *matrix) {
  long d = data->X.cols;
  memset(matrix, 0, (size_t)(d * d) * sizeof *matrix);
  for (long i = 0; i < data->X.rows; i++)
    cblas_dsyr(CblasColMajor, CblasUpper, (int)d, 2 * data->y[i] / (double)data->X.rows, data->X.x + i * d, 1,
               matrix, (int)d);
}

static assay_status replicate_power(assay_call *call, void *state, const assay_stream *stream, double *out) {
  power_run *run = state;
  single_index_data *data = &run->b.data;
  assay_error *error = assay_call_error(call);
  long d = data->X.cols;
  double top[2], *v = run->b.vectors, *flow = v + 2 * d, *start = v + 3 * d, q = 0, mu = 0;
  single_index_draw(data, stream);
  assay_status status = eigen_weighted(&data->X, data->y, EIGEN_LARGEST, 2, stream, top, v, error);
  if (status == ASSAY_OK && (top[0] - top[1]) / top[0] < .02) return ASSAY_DISCARD;
  if (status != ASSAY_OK) return status;
  fill_matrix(data, run->matrix);
  status = eigen_dense(run->matrix, d, EIGEN_LARGEST, (int)d, run->values, run->all, error);
  if (status != ASSAY_OK) return status;
  single_index_direction(stream, 0, d, 1, start);
  memcpy(flow, start, (size_t)d * sizeof *flow);
  status = integrate_flow(data, flow, error);
  exponential(run->values, run->all, d, start, data->old);
  if (status == ASSAY_OK) out[0] = distance(flow, data->old, d);
  memcpy(data->theta, start, (size_t)d * sizeof *start);
  if (status == ASSAY_OK) status = descend_to_rest(data, assay_real(call, "eta"), &q, &mu, error);
  if (status == ASSAY_OK) out[1] = q - square(v[0]), out[2] = mu - 2 * top[0];
  return status;
}

static const assay_param power_params[] = {LINK, SAMPLES, DIMENSION, STEP("0.1"), {0}};
static const assay_observable power_records[] = {
    {"flow_error", NULL, "distance of the gradient flow at t = 1 from exp(A*) theta_0", NULL, ASSAY_MEASURED,
     0, 2},
    {"q_error", NULL, "q of gradient descent at rest less that of the top eigenvector", NULL, ASSAY_MEASURED,
     -1, 1},
    {"mu_error", NULL, "theta.G at rest less the largest eigenvalue of A*", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

const assay_experiment single_index_gd_power_iteration = {
    .id = "single-index-gd/power-iteration",
    .doc = "Gradient flow and descent on the sphere against the eigenpairs of A*.",
    .params = power_params,
    .records = power_records,
    .block = 1,
    .open = open_power,
    .replicate = replicate_power};

/* ---- spherical gradient descent ---- */

static assay_status replicate_spherical(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  single_index_data *data = &((batch *)state)->data;
  single_index_draw(data, stream);
  single_index_direction(stream, 0, data->X.cols, 1, data->theta);
  double eta = assay_real(call, "eta"), last_eta = assay_real(call, "last_eta");
  long steps = assay_integer(call, "steps"), last = assay_integer(call, "last_steps");
  for (long t = 0; t < steps; t++) single_index_spherical_step(data, eta);
  for (long t = 0; t < last; t++) single_index_spherical_step(data, last_eta);
  out[1] = single_index_correlation_gradient(data);
  out[0] = square(data->theta[0]);
  return out[0] < assay_real(call, "least_q") ? ASSAY_DISCARD : ASSAY_OK;
}

static const assay_param spherical_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    STEP("0.1"),
    {"steps", NULL, "steps of size eta", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,inf)", "400"},
    {"last_eta", NULL, "then a smaller step", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", "0.005"},
    {"last_steps", NULL, "and how many", ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,inf)", "0"},
    {"least_q", NULL, "a run that ends below it has found an uninformative point and is discarded",
     ASSAY_REAL, ASSAY_SIM, NULL, "[0,1]", "0.35"},
    {0}};
static const assay_observable spherical_records[] = {
    {"q", NULL, "squared overlap at the end", NULL, ASSAY_MEASURED, 0, 1},
    {"mu", NULL, "theta.G at the end", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

const assay_experiment single_index_gd_spherical = {
    .id = "single-index-gd/spherical",
    .doc = "Full-batch gradient descent on the correlation loss over the sphere.",
    .params = spherical_params,
    .records = spherical_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_spherical};

/* ---- one-pass SGD ---- */

/* m(0) = sqrt(s0), or N(0,1)/sqrt d. */
static double start_overlap(const assay_call *call, const assay_stream *stream, long d, unsigned which) {
  if (assay_given(call, "s0")) return sqrt(assay_real(call, "s0"));
  double g;
  random_source source = random_open(stream, RANDOM_INIT, which);
  random_normals(&source, &g, 1);
  return fmin(fmax(g / sqrt((double)d), -1), 1);
}

static assay_status open_chain(assay_call *call, void **state) {
  *state = assay_alloc(call, sizeof(single_index_chain));
  return *state ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_chain(assay_call *call, void *state, const assay_stream *stream, double *out) {
  int n;
  const double *tau = assay_list(call, "tau", &n);
  long d = assay_integer(call, "d");
  for (int i = 0; i < n; i++) { /* read-outs need not ascend: start anew when one does not */
    if (i == 0 || tau[i] < tau[i - 1])
      single_index_chain_start(state, link_of(call), d, assay_real(call, "eta"),
                               start_overlap(call, stream, d, 0), stream);
    single_index_chain_run(state, lround(tau[i] * (double)d), 2);
    double m = ((single_index_chain *)state)->m;
    out[2 * i] = m, out[2 * i + 1] = m * m;
  }
  return ASSAY_OK;
}

#define START                                                                                                \
  { "s0", NULL, "m(0)^2; not given: a uniform start, m(0) = N(0,1)/sqrt d", ASSAY_REAL, 0, NULL, "[0,1]", "" }
#define TAU                                                                                                  \
  { "tau", NULL, "time, samples over d", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", "1" }
static const assay_param chain_params[] = {LINK, DIMENSION, STEP(NULL), START, TAU, {0}};
static const assay_observable chain_records[] = {{"m", NULL, "overlap", NULL, ASSAY_MEASURED, -1, 1},
                                                 {"s", NULL, "its square", NULL, ASSAY_MEASURED, 0, 1},
                                                 {0}};

const assay_experiment single_index_gd_chain = {
    .id = "single-index-gd/chain",
    .doc = "The overlap of one-pass SGD, as the scalar chain that has its exact law.",
    .params = chain_params,
    .records = chain_records,
    .block = 64,
    .open = open_chain,
    .replicate = replicate_chain};

static assay_status open_vector(assay_call *call, void **state) {
  *state = assay_alloc(call, 2 * (size_t)assay_integer(call, "d") * sizeof(double));
  return *state ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_vector(assay_call *call, void *state, const assay_stream *stream, double *out) {
  int n;
  const double *tau = assay_list(call, "tau", &n);
  long d = assay_integer(call, "d");
  double *theta = state;
  for (int i = 0; i < n; i++) {
    double m =
        single_index_sgd_vector(link_of(call), d, assay_real(call, "eta"), start_overlap(call, stream, d, 0),
                                lround(tau[i] * (double)d), theta, theta + d, stream);
    out[2 * i] = m, out[2 * i + 1] = m * m;
  }
  return ASSAY_OK;
}

const assay_experiment single_index_gd_vector = {.id = "single-index-gd/vector",
                                                 .doc = "One-pass SGD on vectors.",
                                                 .params = chain_params,
                                                 .records = chain_records,
                                                 .block = 16,
                                                 .open = open_vector,
                                                 .replicate = replicate_vector};

enum { LONGEST = 2000 }; /* in units of d samples */

/* The time of run number `which` of a replicate; each has a start and samples of its own. */
static assay_status hit_once(assay_call *call, single_index_chain *chain, const assay_stream *stream,
                             unsigned which, double *tau) {
  long d = assay_integer(call, "d");
  single_index_chain_start(chain, link_of(call), d, assay_real(call, "eta"),
                           start_overlap(call, stream, d, which), stream);
  chain->source = 2 * which;
  if (!single_index_chain_run(chain, LONGEST * d, assay_real(call, "s1")))
    return assay_fail(call, ASSAY_NUMERIC, "m^2 did not reach %g in %d d samples", assay_real(call, "s1"),
                      LONGEST);
  *tau = (double)chain->step / (double)d;
  return ASSAY_OK;
}

static assay_status replicate_hitting(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  unsigned draws = (unsigned)assay_integer(call, "draws");
  double tau = 0, mean = 0, squares = 0;
  int n;
  const double *by = assay_list(call, "by", &n);
  memset(out, 0, 3 * (size_t)n * sizeof *out);
  for (unsigned i = 0; i < draws; i++) { /* Welford */
    assay_status status = hit_once(call, state, stream, i, &tau);
    if (status != ASSAY_OK) return status;
    double away = tau - mean;
    mean += away / (i + 1);
    squares += away * (tau - mean);
    for (int k = 0; k < n; k++) out[3 * k + 2] += (tau <= by[k]) / (double)draws;
  }
  for (int k = 0; k < n; k++) out[3 * k] = mean, out[3 * k + 1] = draws > 1 ? squares / (draws - 1) : 0;
  return ASSAY_OK;
}

static const assay_param hitting_params[] = {
    LINK,
    DIMENSION,
    STEP(NULL),
    START,
    {"s1", NULL, "level of m^2", ASSAY_REAL, 0, NULL, "(0,1)", NULL},
    {"draws", NULL, "independent runs in a replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2000]", "1"},
    {"by", NULL, "time by which a run has arrived or not", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", "0"},
    {0}};
static const assay_observable hitting_records[] = {
    {"tau_hit", NULL, "first time of m^2 >= s1, the mean over the draws", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"tau_variance", NULL, "its unbiased variance over the draws; 0 for one", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {"arrived", NULL, "share of the draws with tau_hit <= by", NULL, ASSAY_MEASURED, 0, 1},
    {0}};

const assay_experiment single_index_gd_hitting = {
    .id = "single-index-gd/hitting",
    .doc = "The time one-pass SGD takes to reach an overlap, by the scalar chain.",
    .params = hitting_params,
    .records = hitting_records,
    .block = 8,
    .open = open_chain,
    .replicate = replicate_hitting};

/* ---- the squared loss ---- */

static assay_status replicate_squared(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  single_index_data *data = &((batch *)state)->data;
  int n;
  const double *steps = assay_list(call, "t", &n);
  double eta = assay_real(call, "eta");
  long done = 0, d = data->X.cols;
  single_index_draw(data, stream);
  for (int i = 0; i < n; i++) {
    if (i == 0 || steps[i] < steps[i - 1]) {
      memset(data->theta, 0, (size_t)d * sizeof(double));
      data->theta[0] = assay_real(call, "a0"), data->theta[1] = assay_real(call, "b0"), done = 0;
    }
    for (; done < lround(steps[i]); done++) single_index_squared_step(data, eta);
    out[2 * i] = data->theta[0], out[2 * i + 1] = single_index_norm(data->theta + 1, d - 1);
  }
  return ASSAY_OK;
}

static const assay_param squared_params[] = {
    LINK,
    {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", NULL},
    {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,100000]", "20"},
    STEP(NULL),
    {"a0", NULL, "start along theta*", ASSAY_REAL, 0, NULL, NULL, NULL},
    {"b0", NULL, "start across", ASSAY_REAL, 0, NULL, NULL, NULL},
    {"t", NULL, "steps", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,inf)", "1"},
    {0}};
static const assay_observable squared_records[] = {
    {"a", NULL, "theta.theta*", NULL, ASSAY_MEASURED, 0, 0},
    {"b", NULL, "norm of the rest", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment single_index_gd_squared = {
    .id = "single-index-gd/squared",
    .doc = "Gradient descent on the squared loss from a given start.",
    .params = squared_params,
    .records = squared_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_squared};

static void start_small(single_index_data *data, const assay_call *call, const assay_stream *stream) {
  single_index_direction(stream, 0, data->X.cols, pow((double)data->X.cols, -assay_real(call, "p")),
                         data->theta);
}

static assay_status replicate_search(assay_call *call, void *state, const assay_stream *stream, double *out) {
  single_index_data *data = &((batch *)state)->data;
  double eta = assay_real(call, "eta"), eps = assay_real(call, "eps"), before = 0, norm;
  long most = assay_integer(call, "most_steps");
  double top[2] = {0};
  assay_status status = ASSAY_OK;
  single_index_draw(data, stream);
  if (!strcmp(assay_word(call, "spectrum"), "yes"))
    status = eigen_weighted(&data->X, data->y, EIGEN_LARGEST, 2, stream, top, NULL, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  start_small(data, call, stream);
  norm = single_index_norm(data->theta, data->X.cols);
  if (!(norm < eps))
    return assay_fail(call, ASSAY_DOMAIN,
                      "the start has norm %.3g, eps = %.3g; the search has to begin below eps", norm, eps);
  for (long t = 1; t <= most; t++) {
    before = norm;
    single_index_squared_step(data, eta);
    norm = single_index_norm(data->theta, data->X.cols);
    if (norm < eps) continue;
    out[0] = (double)(t - 1) + log(eps / before) / log(norm / before);
    out[1] = overlap_of(data);
    out[2] = out[0] * (log1p(2 * eta * top[0]) - log1p(2 * eta * top[1]));
    return ASSAY_OK;
  }
  return assay_fail(call, ASSAY_NUMERIC, "the norm did not reach %g in %ld steps", eps, most);
}

static const assay_param search_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    STEP(NULL),
    START_NORM,
    {"eps", NULL, "norm at which the search ends", ASSAY_REAL, 0, NULL, "(0,1)", "0.01"},
    {"most_steps", NULL, "steps after which it has failed", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,inf)",
     "20000"},
    {"spectrum", NULL, "yes: also the two largest eigenvalues of A*; no: gain is 0", ASSAY_WORD, ASSAY_SIM,
     "yes|no", NULL, "no"},
    {0}};
static const assay_observable search_records[] = {
    {"T", NULL, "steps until the norm is eps, interpolated in its logarithm", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {"q_at_eps", NULL, "squared overlap then", NULL, ASSAY_MEASURED, 0, 1},
    {"gain", NULL, "T log((1 + eta lambda_1)/(1 + eta lambda_2))", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment single_index_gd_search = {
    .id = "single-index-gd/search",
    .doc = "The search phase of gradient descent on the squared loss from a small start.",
    .params = search_params,
    .records = search_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_search};

/* ---- the whole way ---- */

static double error_of(const single_index_data *data, double sign) {
  double sum = square(data->theta[0] - sign);
  for (long j = 1; j < data->X.cols; j++) sum += square(data->theta[j]);
  return sqrt(sum);
}

static assay_status replicate_descent(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  single_index_data *data = &((batch *)state)->data;
  int n;
  const double *t = assay_list(call, "t", &n);
  long done = 0, d = data->X.cols;
  single_index_draw(data, stream);
  for (int i = 0; i < n; i++) {
    if (i == 0 || t[i] < t[i - 1]) start_small(data, call, stream), done = 0;
    for (; done < lround(t[i]); done++) single_index_squared_step(data, assay_real(call, "eta"));
    out[3 * i] = log10(single_index_norm(data->theta, d));
    out[3 * i + 1] = overlap_of(data);
    out[3 * i + 2] = log10(fmin(error_of(data, 1), error_of(data, -1)));
  }
  return ASSAY_OK;
}

static const assay_param descent_params[] = {
    LINK,       SAMPLES, DIMENSION, STEP(NULL),
    START_NORM, {"t", NULL, "steps", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,100000]", NULL}, {0}};
static const assay_observable descent_records[] = {
    {"log_norm", NULL, "log10 of the norm of theta", NULL, ASSAY_MEASURED, 0, 0},
    {"q", NULL, "squared overlap", NULL, ASSAY_MEASURED, 0, 1},
    {"log_error", NULL, "log10 of the distance to the nearer of theta* and -theta*", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

const assay_experiment single_index_gd_descent = {
    .id = "single-index-gd/descent",
    .doc = "Gradient descent on the squared loss from a small start, from the search to convergence.",
    .params = descent_params,
    .records = descent_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_descent};

/* ---- near the truth ---- */

/* The rate of log error over the last 30 % of 16/(eta lambda) steps, over log(1 - eta lambda). */
static double contraction(single_index_data *data, const assay_stream *stream, double eta, double lambda) {
  long steps = lround(16 / (eta * lambda)), late = lround(.7 * 16 / (eta * lambda));
  double at_late = 0;
  single_index_direction(stream, 0, data->X.cols, 1e-3, data->theta);
  data->theta[0] += 1;
  for (long t = 0; t < steps; t++) {
    if (t == late) at_late = log(error_of(data, 1));
    single_index_squared_step(data, eta);
  }
  return (log(error_of(data, 1)) - at_late) / (double)(steps - late) / log1p(-eta * lambda);
}

static assay_status replicate_local(assay_call *call, void *state, const assay_stream *stream, double *out) {
  batch *b = state;
  single_index_data *data = &b->data;
  single_index_draw(data, stream);
  for (long i = 0; i < data->X.rows; i++)
    b->z[i] = square(single_index_slope(data->link, data->X.x[i * data->X.cols]));
  assay_status status =
      eigen_weighted(&data->X, b->z, EIGEN_SMALLEST, 1, stream, out, NULL, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[1] = 1;
  if (!strcmp(assay_word(call, "contract"), "no")) return ASSAY_OK;
  if (!(out[0] > .01))
    return assay_fail(call, ASSAY_NUMERIC,
                      "the Hessian's least eigenvalue is %.3g; no rate can be seen below 0.01", out[0]);
  out[1] = contraction(data, stream, assay_real(call, "eta"), out[0]);
  return ASSAY_OK;
}

static const assay_param local_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    STEP("0.05"),
    {"contract", NULL, "yes: also run gradient descent near theta*; no: contraction_ratio is 1", ASSAY_WORD,
     ASSAY_SIM, "yes|no", NULL, "no"},
    {0}};
static const assay_observable local_records[] = {
    {"lambda_min", NULL, "least eigenvalue of the Hessian at theta*", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"contraction_ratio", NULL, "late rate of the log error over log(1 - eta lambda_min)", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment single_index_gd_local = {
    .id = "single-index-gd/local",
    .doc = "The Hessian at the truth and the rate of gradient descent beside it.",
    .params = local_params,
    .records = local_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_local};

/* ---- from a small start to the truth ---- */

static assay_status replicate_recovery(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  single_index_data *data = &((batch *)state)->data;
  double eta = assay_real(call, "eta");
  long steps = assay_integer(call, "steps");
  single_index_draw(data, stream);
  start_small(data, call, stream);
  out[0] = 0, out[1] = (double)steps;
  for (long t = 0; t <= steps; t++) {
    double error = error_of(data, data->theta[0] < 0 ? -1 : 1);
    if (error < .03) out[0] = 1;
    if (error < 1e-3) out[1] = (double)t;
    if (error < 1e-3) break;
    single_index_squared_step(data, eta);
  }
  return ASSAY_OK;
}

static const assay_param recovery_params[] = {
    LINK,       SAMPLES,    DIMENSION,
    STEP(NULL), START_NORM, {"steps", NULL, "steps made", ASSAY_INTEGER, 0, NULL, "[1,inf)", "2500"},
    {0}};
static const assay_observable recovery_records[] = {
    {"success_probability", NULL, "theta came within 0.03 of theta* or -theta*", NULL,
     ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"steps_to_1e-3", NULL, "steps to within 1e-3; all of them when it was not reached", NULL, ASSAY_MEASURED,
     0, INFINITY},
    {0}};

const assay_experiment single_index_gd_recovery = {
    .id = "single-index-gd/recovery",
    .doc = "Gradient descent on the squared loss from a small start.",
    .params = recovery_params,
    .records = recovery_records,
    .block = 1,
    .open = open_data,
    .replicate = replicate_recovery};

/* ---- the three methods on as many samples ---- */

static double descended(const assay_call *call, single_index_data *data, const assay_stream *stream) {
  single_index_direction(stream, 0, data->X.cols, 1, data->theta);
  for (long t = 0; t < assay_integer(call, "steps"); t++)
    single_index_spherical_step(data, assay_real(call, "eta"));
  for (long t = 0; t < assay_integer(call, "last_steps"); t++)
    single_index_spherical_step(data, assay_real(call, "last_eta"));
  return square(data->theta[0]);
}

static assay_status replicate_separation(assay_call *call, void *state, const assay_stream *stream,
                                         double *out) {
  batch *b = state;
  single_index_data *data = &b->data;
  long n = data->X.rows, d = data->X.cols;
  double values[1], g;
  single_index_draw(data, stream);
  out[0] = strcmp(assay_word(call, "descend"), "yes") ? 0 : descended(call, data, stream);
  for (long i = 0; i < n; i++) b->z[i] = square(data->X.x[i * d]);
  assay_status status =
      eigen_weighted(&data->X, b->z, EIGEN_LARGEST, 1, stream, values, b->vectors, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[1] = square(b->vectors[0]);
  single_index_chain chain;
  const assay_stream other = {~stream->key, stream->replicate}; /* samples of its own */
  random_source source = random_open(&other, RANDOM_INIT, 1);
  random_normals(&source, &g, 1);
  single_index_chain_start(&chain, data->link, d, assay_real(call, "eta_sgd"), g / sqrt((double)d), &other);
  single_index_chain_run(&chain, n, 2);
  out[2] = square(chain.m);
  out[3] = out[0] - out[1], out[4] = out[1] - out[2];
  return ASSAY_OK;
}

static const assay_param separation_params[] = {
    LINK,
    SAMPLES,
    DIMENSION,
    STEP("0.05"),
    {"steps", NULL, "steps of size eta of gradient descent", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,inf)",
     "400"},
    {"last_eta", NULL, "then a smaller step", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", "0.005"},
    {"last_steps", NULL, "and how many", ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,inf)", "150"},
    {"eta_sgd", NULL, "step of one-pass SGD", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", "0.15"},
    {"descend", NULL, "no: without gradient descent; q_gd is 0", ASSAY_WORD, ASSAY_SIM, "yes|no", NULL,
     "yes"},
    {0}};
static const assay_observable separation_records[] = {
    {"q_gd", NULL, "full-batch gradient descent with truncated labels and student", NULL, ASSAY_MEASURED, 0,
     1},
    {"q_quad", NULL, "where it ends with the quadratic link: the top eigenvector of D", NULL, ASSAY_MEASURED,
     0, 1},
    {"q_sgd", NULL, "one-pass SGD with the truncated link, on n samples of its own", NULL, ASSAY_MEASURED, 0,
     1},
    {"gap_gd", NULL, "q_gd - q_quad", NULL, ASSAY_MEASURED, -1, 1},
    {"gap_quad", NULL, "q_quad - q_sgd", NULL, ASSAY_MEASURED, -1, 1},
    {0}};

const assay_experiment single_index_gd_separation = {.id = "single-index-gd/separation",
                                                     .doc = "Three methods on the same number of samples.",
                                                     .params = separation_params,
                                                     .records = separation_records,
                                                     .block = 1,
                                                     .open = open_data,
                                                     .replicate = replicate_separation};
