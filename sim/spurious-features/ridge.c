/* Ridge regression at many ridges, from one eigendecomposition or by conjugate gradients. */
#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/conjugate_gradients.h"
#include "sim/kernels/ridge_path.h"
#include "sim/spurious-features/experiments.h"
#include "sim/spurious-features/problem.h"

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

/* ---- from one eigendecomposition ---- */

enum { GRID = 35 }; /* of ridges among which the best is sought */

typedef struct {
  problem p;
  ridge_path *path;
  const double *lambda;
  int readouts, triples;
  bool same_x, curvature, argmin;
  double *ridges;               /* [most]: max(readouts, GRID where asked for) */
  double *hats, *slopes, *fits; /* [most][D] twice, [readouts][n] */
  double *miss, *image, *work, *tests;
} ridge_run;

enum {
  R_TAU,
  R_C,
  R_L,
  R_TRAIN,
  R_DC,
  R_DL,
  R_SIMPLE,
  R_HARD,
  R_DEFINITION,
  R_CURVATURE,
  R_ARGMIN,
  R_RECORDS
};
static const assay_observable ridge_records[] = {
    {"tau", NULL, "n/tr (ZZ'/n + lambda)^{-1}", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"train", NULL, "training loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"dC_dlambda", NULL, "derivative of C", NULL, ASSAY_MEASURED, 0, 0},
    {"dL_dlambda", NULL, "derivative of L", NULL, ASSAY_MEASURED, 0, 0},
    {"C_simple", NULL, "C of the first half of the spurious coordinates", NULL, ASSAY_MEASURED, 0, 0},
    {"C_hard", NULL, "C of the second half", NULL, ASSAY_MEASURED, 0, 0},
    {"definition", NULL, "covariance over test triples less C; 0 without triples", NULL, ASSAY_MEASURED, 0,
     0},
    {"curvature", NULL, "mean of dL/dlambda over unit label noise; 0 unless asked for", NULL, ASSAY_MEASURED,
     0, 0},
    {"argmin", NULL, "ridge of the least L of this replicate; 0 unless asked for", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {0}};

static assay_status open_ridge(assay_call *call, void **state) {
  ridge_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = problem_open(call, &run->p);
  if (status != ASSAY_OK) return status;
  const problem *p = &run->p;
  run->lambda = assay_list(call, "lambda", &run->readouts);
  run->triples = (int)assay_integer(call, "triples");
  run->same_x = !strcmp(assay_word(call, "test_x"), "same");
  run->curvature = !strcmp(assay_word(call, "curvature"), "yes");
  run->argmin = !strcmp(assay_word(call, "argmin"), "yes");
  int count = run->readouts, most = run->argmin && count < GRID ? GRID : count;
  size_t D = (size_t)p->D;
  run->ridges = numbers(call, (size_t)most);
  run->hats = numbers(call, (size_t)most * D), run->slopes = numbers(call, (size_t)most * D),
  run->fits = numbers(call, (size_t)count * (size_t)p->n);
  run->miss = numbers(call, D), run->image = numbers(call, D), run->work = numbers(call, 2 * D);
  run->tests = numbers(call, 2 * (size_t)run->triples * D + 1);
  if (!run->ridges || !run->hats || !run->slopes || !run->fits || !run->miss || !run->image || !run->work ||
      !run->tests)
    return ASSAY_NO_MEMORY;
  run->path = ridge_path_new(p->n, p->D, most, run->curvature, assay_call_error(call));
  return run->path ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_ridge(void *state) {
  ridge_run *run = state;
  if (!run) return;
  ridge_path_free(run->path);
  problem_close(&run->p);
}

/* Covariance of f([x~; y]) and g = x.theta over fresh triples; x~ is another draw's x, or x itself. */
static double by_definition(ridge_run *run, const double *hat, const assay_stream *stream) {
  const problem *p = &run->p;
  size_t T = (size_t)run->triples, D = (size_t)p->D;
  double *Z = run->tests, *other = Z + T * D, mf = 0, mg = 0, fg = 0;
  random_source first = random_open(stream, RANDOM_TEST, 0), second = random_open(stream, RANDOM_TEST, 1);
  problem_rows(p, &first, run->triples, Z);
  problem_rows(p, &second, run->triples, other);
  const double *x = run->same_x ? Z : other;
  for (size_t t = 0; t < T; t++) {
    double f =
        cblas_ddot(p->dx, x + t * D, 1, hat, 1) + cblas_ddot(p->dy, Z + t * D + p->dx, 1, hat + p->dx, 1);
    double g = cblas_ddot(p->dx, Z + t * D, 1, p->theta, 1);
    mf += f / (double)T, mg += g / (double)T, fg += f * g / (double)T;
  }
  return (fg - mf * mg) * (double)T / ((double)T - 1);
}

static void covariance_metric(const void *context, const double *v, double *out) {
  problem_covariance(context, v, out);
}

/* ---- the best ridge of a replicate ---- */

static double loss_slope(double log_lambda, void *context) {
  ridge_run *run = context;
  double lambda = exp(log_lambda);
  assay_error error;
  if (ridge_path_at(run->path, 1, &lambda, run->hats, run->slopes, &error) != ASSAY_OK) return NAN;
  problem_loss(&run->p, run->hats, run->miss, run->image);
  return cblas_ddot(run->p.D, run->slopes, 1, run->image, 1);
}

/* The least L on a grid of log lambda from -12 to 5, then the root of its derivative between the neighbours;
 * NaN at the grid's end. */
static double best_ridge(ridge_run *run, assay_error *error) {
  double step = .5, lo = -12, least = INFINITY;
  int at = 0;
  for (int i = 0; i < GRID; i++) run->ridges[i] = exp(lo + i * step);
  if (ridge_path_at(run->path, GRID, run->ridges, run->hats, NULL, error) != ASSAY_OK) return NAN;
  for (int i = 0; i < GRID; i++) {
    double L = problem_loss(&run->p, run->hats + (size_t)i * (size_t)run->p.D, run->miss, run->image);
    if (L < least) least = L, at = i;
  }
  if (at == 0 || at == GRID - 1) return NAN;
  gsl_function f = {loss_slope, run};
  gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
  double root = NAN;
  if (solver && gsl_root_fsolver_set(solver, &f, lo + (at - 1) * step, lo + (at + 1) * step) == GSL_SUCCESS)
    for (int i = 0; i < 100 && gsl_root_fsolver_iterate(solver) == GSL_SUCCESS; i++)
      if (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver), 1e-8,
                                 0) == GSL_SUCCESS) {
        root = exp(gsl_root_fsolver_root(solver));
        break;
      }
  if (solver) gsl_root_fsolver_free(solver);
  return root;
}

/* ---- what a replicate records ---- */

/* The solutions at all readouts, and fit = Z hat - g. */
static assay_status solve_all(ridge_run *run, assay_error *error) {
  const problem *p = &run->p;
  for (int i = 0; i < run->readouts; i++) {
    run->ridges[i] = run->lambda[i] == 0 ? 1e-8 : run->lambda[i];
    memcpy(run->fits + (size_t)i * (size_t)p->n, p->g, (size_t)p->n * sizeof *p->g);
  }
  assay_status status = ridge_path_at(run->path, run->readouts, run->ridges, run->hats, run->slopes, error);
  if (status == ASSAY_OK)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, run->readouts, p->n, p->D, 1, run->hats, p->D, p->Z,
                p->D, -1, run->fits, p->n);
  return status;
}

static void record_ridge(ridge_run *run, int readout, const assay_stream *stream, double *out) {
  const problem *p = &run->p;
  const double *hat = run->hats + (size_t)readout * (size_t)p->D,
               *slope = run->slopes + (size_t)readout * (size_t)p->D,
               *fit = run->fits + (size_t)readout * (size_t)p->n;
  double lambda = run->ridges[readout];
  int half = p->dy / 2;
  out[R_TAU] = p->n / ridge_path_trace(run->path, lambda);
  out[R_C] = cblas_ddot(p->D, p->u, 1, hat, 1);
  out[R_L] = problem_loss(p, hat, run->miss, run->image);
  out[R_TRAIN] = cblas_ddot(p->n, fit, 1, fit, 1) / p->n;
  out[R_DC] = cblas_ddot(p->D, p->u, 1, slope, 1);
  out[R_DL] = 2 * cblas_ddot(p->D, slope, 1, run->image, 1);
  out[R_SIMPLE] = cblas_ddot(half, p->u + p->dx, 1, hat + p->dx, 1);
  out[R_HARD] = out[R_C] - out[R_SIMPLE];
  out[R_DEFINITION] = run->triples ? by_definition(run, hat, stream) - out[R_C] : 0;
  out[R_CURVATURE] =
      run->curvature ? -2. / p->n * ridge_path_cubed(run->path, covariance_metric, p, lambda, run->work) : 0;
}

static assay_status replicate_ridge(assay_call *call, void *state, const assay_stream *stream, double *out) {
  ridge_run *run = state;
  assay_error *error = assay_call_error(call);
  problem_draw(&run->p, stream);
  assay_status status = ridge_path_fit(run->path, run->p.Z, run->p.g, error);
  if (status == ASSAY_OK) status = solve_all(run, error);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < run->readouts; i++) record_ridge(run, i, stream, out + i * R_RECORDS);
  double best = run->argmin ? best_ridge(run, error) : 0;
  for (int i = 0; i < run->readouts; i++) out[i * R_RECORDS + R_ARGMIN] = best;
  return isnan(best)
             ? assay_fail(call, ASSAY_NUMERIC, "the loss has no minimum at a ridge between e^-12 and e^5")
             : ASSAY_OK;
}

#define ENTRIES                                                                                              \
  {                                                                                                          \
    "entries", NULL, "law of the independent entries", ASSAY_WORD, ASSAY_SIM, "gaussian|rademacher", NULL,   \
        "gaussian"                                                                                           \
  }
static const assay_param ridge_params[] = {
    SPURIOUS_MODEL(ASSAY_PAIRED),
    SPURIOUS_SAMPLES,
    {"lambda", NULL, "ridge; 0: 1e-8", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", NULL},
    SPURIOUS_NOISE,
    ENTRIES,
    {"triples", NULL, "test triples of the definition; 0: none", ASSAY_INTEGER, ASSAY_SIM, NULL,
     "[0,1000000]", "0"},
    {"test_x", NULL, "the core feature that f sees in a triple", ASSAY_WORD, ASSAY_SIM, "independent|same",
     NULL, "independent"},
    {"curvature", NULL, "record the curvature", ASSAY_WORD, ASSAY_SIM, "no|yes", NULL, "no"},
    {"argmin", NULL, "record the best ridge", ASSAY_WORD, ASSAY_SIM, "no|yes", NULL, "no"},
    {0}};

const assay_experiment spurious_features_ridge_path = {
    .id = "spurious-features/ridge-path",
    .doc = "Ridge regression on core and spurious features, a whole path of ridges at once.",
    .params = ridge_params,
    .records = ridge_records,
    .block = 8,
    .open = open_ridge,
    .replicate = replicate_ridge,
    .close = close_ridge,
};

/* ---- by conjugate gradients ---- */

enum { PROBES = 8, MOST_STEPS = 2000 };
#define TOLERANCE 1e-9

typedef struct {
  problem p;
  const double *lambda;
  int readouts;
  double *right, *solution, *miss, *image, *fit; /* [1 + PROBES][D] twice, [D] twice, [n] */
} large_run;

enum { G_TAU, G_C, G_L, G_TRAIN, G_RECORDS };
static const assay_observable large_records[] = {
    {"tau", NULL, "n/tr (ZZ'/n + lambda)^{-1}, the trace by random signs", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"train", NULL, "training loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status open_large(assay_call *call, void **state) {
  large_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = problem_open(call, &run->p);
  if (status != ASSAY_OK) return status;
  size_t D = (size_t)run->p.D;
  run->lambda = assay_list(call, "lambda", &run->readouts);
  run->right = numbers(call, (1 + PROBES) * D), run->solution = numbers(call, (1 + PROBES) * D);
  run->miss = numbers(call, D), run->image = numbers(call, D), run->fit = numbers(call, (size_t)run->p.n);
  return run->right && run->solution && run->miss && run->image && run->fit ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_large(void *state) {
  if (state) problem_close(&((large_run *)state)->p);
}

static assay_status record_large(large_run *run, double lambda, double *out, assay_error *error) {
  const problem *p = &run->p;
  int steps;
  assay_status status = conjugate_gradients(p->n, p->D, p->Z, lambda, 1 + PROBES, run->right, TOLERANCE,
                                            MOST_STEPS, run->solution, &steps, error);
  if (status != ASSAY_OK) return status;
  double trace = (p->n - p->D) / lambda;
  for (int i = 1; i <= PROBES; i++)
    trace += cblas_ddot(p->D, run->right + (size_t)i * p->D, 1, run->solution + (size_t)i * p->D, 1) / PROBES;
  out[G_TAU] = p->n / trace;
  out[G_C] = cblas_ddot(p->D, p->u, 1, run->solution, 1);
  out[G_L] = problem_loss(p, run->solution, run->miss, run->image);
  memcpy(run->fit, p->g, (size_t)p->n * sizeof *run->fit);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->D, 1, p->Z, p->D, run->solution, 1, -1, run->fit, 1);
  out[G_TRAIN] = cblas_ddot(p->n, run->fit, 1, run->fit, 1) / p->n;
  return ASSAY_OK;
}

static assay_status replicate_large(assay_call *call, void *state, const assay_stream *stream, double *out) {
  large_run *run = state;
  const problem *p = &run->p;
  random_source probes = random_open(stream, RANDOM_MATRIX, 0);
  problem_draw(&run->p, stream);
  cblas_dgemv(CblasRowMajor, CblasTrans, p->n, p->D, 1. / p->n, p->Z, p->D, p->g, 1, 0, run->right, 1);
  random_signs(&probes, run->right + p->D, PROBES * (size_t)p->D);
  assay_status status = ASSAY_OK;
  for (int i = 0; i < run->readouts && status == ASSAY_OK; i++)
    status = record_large(run, run->lambda[i], out + i * G_RECORDS, assay_call_error(call));
  return status;
}

static const assay_param large_params[] = {
    SPURIOUS_MODEL(ASSAY_PAIRED),
    SPURIOUS_SAMPLES,
    {"lambda", NULL, "ridge", ASSAY_REAL, ASSAY_READOUT, NULL, "(0,inf)", NULL},
    SPURIOUS_NOISE,
    ENTRIES,
    {0}};

const assay_experiment spurious_features_ridge_large = {
    .id = "spurious-features/ridge-large",
    .doc =
        "Ridge regression on core and spurious features in thousands of dimensions, by conjugate gradients.",
    .params = large_params,
    .records = large_records,
    .block = 1,
    .open = open_large,
    .replicate = replicate_large,
    .close = close_large,
};
