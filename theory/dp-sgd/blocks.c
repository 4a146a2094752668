/* General covariates: blocks of equal eigenvalues, the scalar bounds, and a start that is not in general
 * position. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "theory/dp-sgd/flow.h"

#define UNIFORM_NODES 24
#define UNIFORM_CHECK 32 /* nodes of the second quadrature, for the error */

double dp_sgd_start_risk(const spectrum_blocks *s) {
  double sum = 0;
  for (int j = 0; j < s->m; j++) sum += s->lam[j] * s->w[j];
  return sum / 2;
}

/* ---- blocks ---- */

typedef struct {
  const flow *flow;
  const spectrum_blocks *spectrum;
} blocks;

/* How the gradient noise is shared out: lam_j p_j, or a mistake. */
static double share(const blocks *b, int j) {
  double lam = b->spectrum->lam[j], p = b->spectrum->p[j];
  if (b->flow->mistake == DP_SGD_LAM2_P) return lam * lam * p;
  return b->flow->mistake == DP_SGD_P_ONLY ? p : lam * p;
}

/* y [m]: V_j + 2 (release) p_j. */
static int slope(double u, const double *y, double *out, void *context) {
  const blocks *b = context;
  const flow *f = b->flow;
  const spectrum_blocks *s = b->spectrum;
  double rate, eta = schedule_eta(&f->problem->eta, flow_time(&f->problem->eta, u, &rate)), mu, nu;
  double release = flow_release(f, eta), injection = flow_injection(f, eta), R = 0;
  for (int j = 0; j < s->m; j++) R += s->lam[j] * (y[j] - 2 * release * s->p[j]) / 2;
  double P = flow_P(f, R);
  flow_factors(f, P, &mu, &nu);
  double noise = 2 * eta * eta * f->problem->gamma * nu * P * (f->mistake == DP_SGD_HALF_NOISE ? .5 : 1);
  for (int j = 0; j < s->m; j++) {
    double V = y[j] - 2 * release * s->p[j];
    out[j] = rate * (-2 * eta * mu * s->lam[j] * V + noise * share(b, j) + 2 * injection * s->p[j]);
  }
  return 0;
}

static double largest(const spectrum_blocks *s) {
  double most = 0;
  for (int j = 0; j < s->m; j++) most = fmax(most, s->lam[j]);
  return most;
}

static double smallest(const spectrum_blocks *s) {
  double least = INFINITY;
  for (int j = 0; j < s->m; j++) least = fmin(least, s->lam[j]);
  return least;
}

/* From rows [count][m] of the state to V, in place. */
static void subtract_release(const flow *f, const spectrum_blocks *s, const double *t, int count,
                             assay_value *rows) {
  for (int i = 0; i < count; i++) {
    double release = flow_release(f, schedule_eta(&f->problem->eta, t[i]));
    for (int j = 0; j < s->m; j++) {
      assay_value *V = &rows[i * s->m + j];
      V->value -= 2 * release * s->p[j];
      V->error += 4 * DBL_EPSILON * release * s->p[j];
    }
  }
}

static assay_value risk(const spectrum_blocks *s, const assay_value *V) {
  assay_value R = {0, 0};
  for (int j = 0; j < s->m; j++) {
    R.value += s->lam[j] * V[j].value / 2;
    R.error += s->lam[j] * V[j].error / 2;
  }
  return R;
}

/* Fills R, V and F from rows [count+1][m], the last of which is at t = 1. */
static void read_off(const flow *f, const spectrum_blocks *s, int count, const assay_value *rows,
                     assay_value *R, assay_value *V, assay_value *F) {
  for (int i = 0; i < count; i++) R[i] = risk(s, rows + i * s->m);
  for (int i = 0; i < count * s->m && V; i++) V[i] = rows[i];
  if (!F) return;
  double J = flow_jump(f); /* sum lam_j 2 J p_j / 2 = J */
  *F = risk(s, rows + count * s->m);
  F->value += J, F->error += 8 * DBL_EPSILON * J;
}

static assay_status blocks_flow(flow *f, const dp_sgd_problem *problem, const spectrum_blocks *spectrum,
                                dp_sgd_mistake mistake, assay_error *error) {
  assay_status status = spectrum_check(spectrum, error);
  return status == ASSAY_OK ? flow_make(f, problem, mistake, 0, error) : status;
}

assay_status dp_sgd_blocks(const dp_sgd_problem *problem, const spectrum_blocks *spectrum,
                           dp_sgd_mistake mistake, const double *t, int count, assay_value *R, assay_value *V,
                           assay_value *F, assay_error *error) {
  dp_sgd_problem own = *problem;
  own.R0 = 0; /* not read, so not to be judged */
  flow f;
  assay_status status = blocks_flow(&f, &own, spectrum, mistake, error);
  if (status != ASSAY_OK) return status;
  size_t m = (size_t)spectrum->m, n = (size_t)count + 1;
  double *start = malloc(m * sizeof *start), *times = malloc(n * sizeof *times);
  assay_value *rows = malloc(n * m * sizeof *rows);
  if (!start || !times || !rows) {
    status =
        assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d blocks at %d times", spectrum->m, count);
  } else {
    double released = flow_release(&f, schedule_eta(&own.eta, 0));
    for (size_t j = 0; j < m; j++) start[j] = spectrum->w[j] + 2 * released * spectrum->p[j];
    for (int i = 0; i < count; i++) times[i] = t[i];
    times[count] = 1;
    blocks b = {&f, spectrum};
    ode_problem ode = {.n = spectrum->m, .f = slope, .context = &b};
    status = flow_solve(&f, &ode, flow_stiffness(&f, largest(spectrum)), start, times, count + 1, rows, NULL,
                        error);
    if (status == ASSAY_OK) subtract_release(&f, spectrum, times, count + 1, rows);
    if (status == ASSAY_OK) read_off(&f, spectrum, count, rows, R, V, F);
  }
  free(start), free(times), free(rows);
  return status;
}

/* ---- the uniform density ---- */

static assay_status uniform_with(int m, const dp_sgd_problem *problem, double lo, dp_sgd_mistake mistake,
                                 const double *t, int count, assay_value *R, assay_value *F,
                                 assay_error *error) {
  double lam[UNIFORM_CHECK], p[UNIFORM_CHECK], w[UNIFORM_CHECK];
  assay_status status = spectrum_uniform_blocks(lo, m, lam, p, w, error);
  spectrum_blocks spectrum = {m, lam, p, w};
  return status == ASSAY_OK ? dp_sgd_blocks(problem, &spectrum, mistake, t, count, R, NULL, F, error)
                            : status;
}

assay_status dp_sgd_uniform(const dp_sgd_problem *problem, double lo, dp_sgd_mistake mistake, const double *t,
                            int count, assay_value *R, assay_value *F, assay_error *error) {
  assay_value end, check_end, *check = malloc((size_t)count * sizeof *check);
  if (!check && count > 0) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d times", count);
  assay_status status = uniform_with(UNIFORM_NODES, problem, lo, mistake, t, count, R, &end, error);
  if (status == ASSAY_OK)
    status = uniform_with(UNIFORM_CHECK, problem, lo, mistake, t, count, check, &check_end, error);
  for (int i = 0; i < count && status == ASSAY_OK; i++) R[i].error += fabs(R[i].value - check[i].value);
  if (status == ASSAY_OK && F) *F = (assay_value){end.value, end.error + fabs(end.value - check_end.value)};
  free(check);
  return status;
}

/* ---- bounds ---- */

assay_status dp_sgd_sandwich(const dp_sgd_problem *problem, const spectrum_blocks *spectrum, int weak,
                             dp_sgd_mistake mistake, const double *t, int count, assay_value *R_low,
                             assay_value *R_up, assay_error *error) {
  dp_sgd_problem own = *problem;
  own.R0 = 0;
  flow low;
  assay_status status = blocks_flow(&low, &own, spectrum, mistake, error);
  if (status != ASSAY_OK) return status;
  own.R0 = dp_sgd_start_risk(spectrum);
  flow up = low;
  double least = smallest(spectrum), most = largest(spectrum), moment = spectrum_second_moment(spectrum);
  int exchanged = mistake == DP_SGD_BOUNDS_EXCHANGED;
  low.drift = exchanged ? least : most, up.drift = exchanged ? most : least;
  low.noise = weak ? 1 : moment, up.noise = weak ? most : moment;
  status = flow_follow(&low, t, count, R_low, NULL, error);
  return status == ASSAY_OK ? flow_follow(&up, t, count, R_up, NULL, error) : status;
}
