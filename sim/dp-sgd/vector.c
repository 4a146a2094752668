/* The algorithm on vectors. Rows of covariates are generated a few at a time, about ROW_BUFFER numbers. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dp-sgd/path.h"
#include "sim/kernels/random.h"
#include "sim/kernels/vector.h"

enum { ROW_BUFFER = 2048, LABELS = 256 };

typedef struct {
  dp_sgd_path path;
  dp_sgd_covariates covariates;
  dp_sgd_start start;
  long rows;             /* rows in the buffer */
  double *x;             /* [rows][d] covariates of steps q rows + 1, q rows + 2, ... */
  double *delta, *other; /* [d] theta - theta*; noise, or the vector that an experiment compares it with */
  double *scale;         /* [d] lam^{1/2}; NULL: all 1 */
  double label[LABELS];  /* zeta z of steps q LABELS + 1, ... */
} vector_path;

/* ---- draws ---- */

static void draw_rows(vector_path *v, long first) {
  const dp_sgd_plan *plan = v->path.plan;
  const long rows = plan->n - first < v->rows ? plan->n - first : v->rows;
  random_source source = random_open(&v->path.stream, RANDOM_DESIGN, 0);
  random_seek(&source, (uint64_t)first * (uint64_t)plan->d);
  if (v->covariates == DP_SGD_GAUSSIAN)
    random_normals(&source, v->x, (size_t)(rows * plan->d));
  else
    random_signs(&source, v->x, (size_t)(rows * plan->d));
  for (long i = 0; v->scale && i < rows; i++) vector_multiply(v->scale, v->x + i * plan->d, (size_t)plan->d);
}

static void draw_labels(vector_path *v, long first) {
  const dp_sgd_plan *plan = v->path.plan;
  const long n = plan->n - first < LABELS ? plan->n - first : LABELS;
  random_source source = random_open(&v->path.stream, RANDOM_LABEL, 0);
  random_seek(&source, (uint64_t)first);
  random_normals(&source, v->label, (size_t)n);
  for (long i = 0; i < n; i++) v->label[i] *= plan->zeta;
}

/* Covariates and label noise of step k, counted from 0; steps are asked for in order from 0 on. */
static const double *sample(vector_path *v, long k, double *label) {
  if (k % v->rows == 0) draw_rows(v, k);
  if (k % LABELS == 0) draw_labels(v, k);
  *label = v->label[k % LABELS];
  return v->x + k % v->rows * v->path.plan->d;
}

/* ---- steps ---- */

/* The residual's clipping at covariates x: h; true in *clipped when |r| ||x|| > C. */
static double clipped_residual(const dp_sgd_plan *plan, const double *x, double label, const double *delta,
                               bool *clipped) {
  double dot, square;
  vector_dot_and_square(x, delta, (size_t)plan->d, &dot, &square);
  const double r = dot - label, most = plan->C / sqrt(square);
  *clipped = fabs(r) > most;
  return dp_sgd_clip(r, most);
}

/* The gradient step k on delta; true when it was clipped. */
static bool gradient_step(const dp_sgd_plan *plan, long k, const double *x, double label, double *delta) {
  bool clipped;
  const double h = clipped_residual(plan, x, label, delta, &clipped);
  vector_add_multiple(-plan->eta[k] * h, x, delta, (size_t)plan->d);
  return clipped;
}

static void add_noise(vector_path *v, long k) {
  const dp_sgd_plan *plan = v->path.plan;
  random_source source = random_open(&v->path.stream, RANDOM_PRIVACY, 0);
  random_seek(&source, (uint64_t)k * (uint64_t)plan->d);
  random_normals(&source, v->other, (size_t)plan->d);
  vector_add_multiple(plan->s[k], v->other, v->delta, (size_t)plan->d);
}

static void vector_advance(dp_sgd_path *path, long step) {
  vector_path *v = (vector_path *)path;
  const dp_sgd_plan *plan = path->plan;
  for (long k = path->step; k < step; k++) {
    double label;
    const double *x = sample(v, k, &label);
    path->clipped += gradient_step(plan, k, x, label, v->delta) && k >= plan->window;
    if (plan->s[k] > 0 && k < plan->n - 1) add_noise(v, k);
  }
}

static void vector_release(dp_sgd_path *path) {
  add_noise((vector_path *)path, path->plan->n - 1);
}

/* ---- start and read-out ---- */

static double norm_of(const double *x, long n) {
  double dot, square;
  vector_dot_and_square(x, x, (size_t)n, &dot, &square);
  return sqrt(square);
}

/* delta[n] of norm `norm`, pointing where the start says. */
static void start_block(dp_sgd_start start, random_source *source, double *delta, long n, double norm) {
  if (start == DP_SGD_LOCALISED) {
    memset(delta, 0, (size_t)n * sizeof *delta);
    delta[0] = norm;
    return;
  }
  if (start == DP_SGD_SPREAD)
    random_signs(source, delta, (size_t)n);
  else
    random_normals(source, delta, (size_t)n);
  const double factor = norm / norm_of(delta, n);
  for (long i = 0; i < n; i++) delta[i] *= factor;
}

static void vector_start(dp_sgd_path *path) {
  vector_path *v = (vector_path *)path;
  random_source source = random_open(&path->stream, RANDOM_INIT, 0);
  double *block = v->delta;
  for (int j = 0; j < path->plan->m; block += path->plan->size[j++])
    start_block(v->start, &source, block, path->plan->size[j], sqrt(path->plan->start[j]));
}

static void vector_norms(const dp_sgd_path *path, double *V) {
  const double *block = ((const vector_path *)path)->delta;
  for (int j = 0; j < path->plan->m; block += path->plan->size[j++]) {
    const double norm = norm_of(block, path->plan->size[j]);
    V[j] = norm * norm;
  }
}

static double vector_risk(const dp_sgd_path *path) {
  const vector_path *v = (const vector_path *)path;
  double sum = 0;
  for (long i = 0; i < path->plan->d; i++) {
    const double scaled = v->scale ? v->scale[i] * v->delta[i] : v->delta[i];
    sum += scaled * scaled;
  }
  return 0.5 * sum;
}

/* ---- making one ---- */

static bool is_isotropic(const dp_sgd_plan *plan) {
  if (plan->eigen) return false;
  for (int j = 0; j < plan->m; j++)
    if (plan->lam[j] != 1) return false;
  return true;
}

static void fill_scale(const dp_sgd_plan *plan, double *scale) {
  long i = 0;
  for (int j = 0; j < plan->m; j++)
    for (const long end = i + plan->size[j]; i < end; i++)
      scale[i] = sqrt(plan->eigen ? plan->eigen[i] : plan->lam[j]);
}

static const dp_sgd_simulator vector_simulator = {vector_start, vector_advance, vector_release, vector_risk,
                                                  vector_norms};

dp_sgd_path *dp_sgd_vector_new(const dp_sgd_plan *plan, dp_sgd_covariates covariates, dp_sgd_start start,
                               assay_error *error) {
  const size_t d = (size_t)plan->d, rows = d < ROW_BUFFER ? ROW_BUFFER / d : 1;
  vector_path *v =
      dp_sgd_path_new(&vector_simulator, plan, sizeof *v + (rows + 3) * d * sizeof(double), error);
  if (!v) return NULL;
  v->covariates = covariates;
  v->start = start;
  v->rows = (long)rows;
  v->x = (double *)(v + 1);
  v->delta = v->x + rows * d;
  v->other = v->delta + d;
  if (!is_isotropic(plan)) {
    v->scale = v->other + d;
    fill_scale(plan, v->scale);
  }
  return &v->path;
}

/* ---- a changed sample, an infinitesimal change ---- */

assay_status dp_sgd_run_sensitivity(dp_sgd_path *vector, const assay_stream *stream, long k,
                                    double *sensitivity, assay_error *error) {
  assert(vector->simulator == &vector_simulator);
  vector_path *v = (vector_path *)vector;
  const dp_sgd_plan *plan = vector->plan;
  if (k < 1 || k > plan->n || !isfinite(plan->C) || !(plan->eta[k - 1] > 0))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "sensitivity to sample %ld of %ld with C = %g; the sample has to be one of them, its step > 0 "
        "and C finite",
        k, plan->n, plan->C);
  const size_t d = (size_t)plan->d;
  dp_sgd_path_start(vector, stream);
  for (long j = 0; j < plan->n; j++) {
    double label;
    const double *x = sample(v, j, &label);
    if (j == k - 1) { /* residuals +-inf: both are clipped to C/||x|| */
      const double step = plan->eta[j] * plan->C / norm_of(x, plan->d);
      memcpy(v->other, v->delta, d * sizeof(double));
      vector_add_multiple(-step, x, v->delta, d);
      vector_add_multiple(step, x, v->other, d);
      continue;
    }
    gradient_step(plan, j, x, label, v->delta);
    if (j >= k) gradient_step(plan, j, x, label, v->other);
  }
  vector->step = plan->n;
  vector_add_multiple(-1, v->delta, v->other, d);
  *sensitivity = norm_of(v->other, plan->d) / (2 * plan->C * plan->eta[k - 1]);
  return ASSAY_OK;
}

assay_status dp_sgd_run_tangent(dp_sgd_path *vector, const assay_stream *stream, long k, double *contraction,
                                assay_error *error) {
  assert(vector->simulator == &vector_simulator);
  vector_path *v = (vector_path *)vector;
  const dp_sgd_plan *plan = vector->plan;
  if (k < 0 || k > plan->n)
    return assay_error_set(error, ASSAY_DOMAIN, "a perturbation after step %ld of %ld", k, plan->n);
  double *tangent = v->other;
  dp_sgd_path_start(vector, stream);
  random_source source = random_open(stream, RANDOM_PERTURBATION, 0);
  start_block(DP_SGD_RANDOM, &source, tangent, plan->d, 1);
  for (long j = 0; j < plan->n; j++) {
    double label, dot, square;
    const double *x = sample(v, j, &label);
    const bool clipped = gradient_step(plan, j, x, label, v->delta);
    if (j < k || clipped) continue;
    vector_dot_and_square(x, tangent, (size_t)plan->d, &dot, &square);
    vector_add_multiple(-plan->eta[j] * dot, x, tangent, (size_t)plan->d);
  }
  vector->step = plan->n;
  *contraction = norm_of(tangent, plan->d);
  return ASSAY_OK;
}
