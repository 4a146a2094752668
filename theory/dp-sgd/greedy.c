/* The greedy schedule: at every moment the step that lowers S, the risk if training stopped now, fastest. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "theory/dp-sgd/flow.h"
#include "theory/numerics/root.h"

#define SCAN_RTOL 1e-7
#define SCAN_POINTS 33

typedef struct {
  dp_sgd_problem problem; /* its own copy, with scheduled noise and a constant schedule eta0 */
  flow flow;
  double cap;  /* eta0 */
  double step; /* the last best step: where the search for the next begins */
  int capped;  /* the best step is eta0 still */
} greedy;

/* ---- the best step ---- */

/* S' at step eta, as it enters S alone. */
static double descent(const greedy *g, double S, double eta) {
  return flow_slope(&g->flow, S - g->flow.K * eta * eta, eta);
}

/* dS'/d eta at fixed S. */
static double descent_by_step(const greedy *g, double S, double eta) {
  double K = g->flow.K;
  flow_gradient by = flow_slope_gradient(&g->flow, S - K * eta * eta, eta);
  return by.eta - 2 * K * eta * by.R;
}

typedef struct {
  const greedy *greedy;
  double S;
} at_risk;

static assay_status descent_root(double eta, void *context, double *y, assay_error *error) {
  (void)error;
  const at_risk *a = context;
  *y = descent_by_step(a->greedy, a->S, eta);
  return ASSAY_OK;
}

/* R >= 0 bounds the step, and eta0 does. */
static double largest_step(const greedy *g, double S) {
  return g->flow.K > 0 ? fmin(g->cap, sqrt(fmax(S, 0) / g->flow.K)) : g->cap;
}

/* The best step next to the last one, g->step; S' is flat in it to first order, so its own error hardly
 * matters. */
static int best_step(greedy *g, double S) {
  double top = largest_step(g, S), lo = fmin(g->step, top) * .98, hi = fmin(g->step * 1.02, top);
  while (descent_by_step(g, S, lo) > 0) {
    hi = lo, lo *= .7;
    if (!(lo > DBL_MIN)) return 1;
  }
  while (hi < top && descent_by_step(g, S, hi) < 0) lo = hi, hi = fmin(hi * 1.4, top);
  if (hi >= top && descent_by_step(g, S, top) <= 0) {
    g->step = top;
    return 0;
  }
  at_risk a = {g, S};
  assay_value eta;
  if (root_find(descent_root, &a, lo, hi, 1e-13, &eta, NULL) != ASSAY_OK) return 1;
  g->step = eta.value;
  return 0;
}

/* Where to begin: the least S' over a grid of steps. */
static void first_step(greedy *g, double S) {
  double top = largest_step(g, S), least = INFINITY;
  for (int i = 0; i <= 60; i++) {
    double eta = top * pow(1e-6, i / 60.), value = descent(g, S, eta);
    if (value < least) least = value, g->step = eta;
  }
  g->capped = g->step >= g->cap && descent_by_step(g, S, g->cap) <= 0;
}

/* ---- the schedule ---- */

/* y = (S, dS/d eta0). At an inner minimum S' does not depend on eta0. */
static int slope(double t, const double *y, double *out, void *context) {
  (void)t;
  greedy *g = context;
  if (g->capped)
    g->step = g->cap;
  else if (best_step(g, y[0]))
    return 1;
  double eta = g->step, R = y[0] - g->flow.K * eta * eta;
  out[0] = flow_slope(&g->flow, R, eta);
  out[1] = flow_slope_gradient(&g->flow, R, eta).R * y[1] + (g->capped ? descent_by_step(g, y[0], eta) : 0);
  return 0;
}

/* The cap is released when a smaller step begins to be better. */
static int release(double t, const double *y, double *out, void *context) {
  (void)t;
  const greedy *g = context;
  out[0] = g->capped ? descent_by_step(g, y[0], g->cap) : 1;
  return 0;
}

static int released(int event, double t, double *y, void *context) {
  (void)event, (void)t, (void)y;
  greedy *g = context;
  g->capped = 0;
  return 0;
}

/* S(1) and its derivative by eta0; S [count] at t_i = (i/(count-1))^2 unless count is 0. */
static assay_status run(greedy *g, double eta0, double rtol, double *final, double *rows, const double *t,
                        int count, assay_error *error) {
  const double end = 1;
  g->problem.eta.eta0 = g->cap = eta0;
  double y[2] = {g->problem.R0 + g->flow.K * eta0 * eta0, 2 * g->flow.K * eta0};
  first_step(g, y[0]);
  ode_problem ode = {.n = 2,
                     .f = slope,
                     .n_events = 1,
                     .event = release,
                     .on_event = released,
                     .context = g,
                     .rtol = rtol,
                     .atol = rtol * 1e-5};
  assay_status status = ode_solve(&ode, 0, y, rows ? t : &end, rows ? count : 1, rows, NULL, NULL, error);
  final[0] = y[0], final[1] = y[1];
  return status;
}

/* eta at the table's nodes, from S there. */
static assay_status tabulate(greedy *g, double eta0, double *table, int count, assay_error *error) {
  double *t = malloc((size_t)count * 3 * sizeof *t), final[2];
  if (!t) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a table of %d steps", count);
  double *rows = t + count; /* [count][2] */
  for (int i = 0; i < count; i++) t[i] = (double)i / (count - 1) * i / (count - 1);
  t[count - 1] = 1;
  assay_status status = run(g, eta0, FLOW_RTOL, final, rows, t, count, error);
  if (status == ASSAY_OK) first_step(g, rows[0]);
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    if (best_step(g, rows[2 * i]))
      status =
          assay_error_set(error, ASSAY_NUMERIC, "no best step at t = %g, where S = %g", t[i], rows[2 * i]);
    table[i] = i > 0 ? fmin(g->step, table[i - 1]) : g->step;
  }
  free(t);
  return status;
}

/* ---- the best eta0 ---- */

typedef struct {
  greedy *greedy;
  double rtol;
} first_step_search;

static assay_status final_risk(double eta0, void *context, double *F, assay_error *error) {
  first_step_search *s = context;
  double final[2];
  assay_status status = run(s->greedy, eta0, s->rtol, final, NULL, NULL, 0, error);
  *F = final[0];
  return status;
}

static assay_status final_slope(double eta0, void *context, double *slope_out, assay_error *error) {
  first_step_search *s = context;
  double final[2];
  assay_status status = run(s->greedy, eta0, s->rtol, final, NULL, NULL, 0, error);
  *slope_out = final[1];
  return status;
}

static assay_status best_first_step(greedy *g, double rtol, const root_valley *v, double *eta0,
                                    assay_error *error) {
  first_step_search s = {g, rtol};
  double at_end;
  if (v->mid == v->hi) {
    assay_status status = final_slope(v->hi, &s, &at_end, error);
    *eta0 = v->hi;
    if (status != ASSAY_OK || at_end <= 0) return status;
  }
  assay_value root;
  assay_status status = root_find(final_slope, &s, v->lo, v->hi, 1e-13, &root, error);
  if (status == ASSAY_OK) *eta0 = root.value;
  return status;
}

/* eta0 at the two tolerances. */
static assay_status choose_first_step(greedy *g, double *tight, double *loose, assay_error *error) {
  double cap = 1 / g->problem.gamma;
  root_grid grid = {cap * 1e-3, cap, SCAN_POINTS, ROOT_LOG};
  first_step_search s = {g, SCAN_RTOL};
  root_valley v;
  assay_status status = ASSAY_OK;
  for (int extensions = 0; extensions < 4; extensions++) {
    status = root_valley_scan(final_risk, &s, &grid, &v, error);
    if (status != ASSAY_OK || v.mid > grid.lo) break;
    grid.hi = v.hi, grid.lo *= 1e-2;
  }
  if (status == ASSAY_OK && v.mid == v.lo)
    status = assay_error_set(error, ASSAY_DOMAIN, "every first step above %.3g makes the risk larger", v.lo);
  if (status == ASSAY_OK) status = best_first_step(g, FLOW_RTOL * ODE_LOOSER, &v, loose, error);
  if (status == ASSAY_OK) status = best_first_step(g, FLOW_RTOL, &v, tight, error);
  return status;
}

assay_status dp_sgd_greedy(const dp_sgd_problem *problem, int optimise, assay_value *eta0, assay_value *F,
                           double *table, int count, assay_error *error) {
  greedy g = {.problem = *problem};
  double tight = problem->eta.eta0, loose = tight;
  g.problem.noise = DP_SGD_SCHEDULED;
  g.problem.eta = (schedule){.kind = SCHEDULE_CONST, .eta0 = optimise ? 1 : tight};
  assay_status status = flow_make(&g.flow, &g.problem, DP_SGD_RIGHT, 0, error);
  if (status == ASSAY_OK && table && count < 2)
    status = assay_error_set(error, ASSAY_DOMAIN, "a table of steps needs at least 2 nodes, not %d", count);
  if (status == ASSAY_OK && optimise) status = choose_first_step(&g, &tight, &loose, error);
  double at_tight[2], at_loose[2];
  if (status == ASSAY_OK) status = run(&g, tight, FLOW_RTOL, at_tight, NULL, NULL, 0, error);
  if (status == ASSAY_OK) status = run(&g, loose, FLOW_RTOL * ODE_LOOSER, at_loose, NULL, NULL, 0, error);
  if (status != ASSAY_OK) return status;
  *eta0 = (assay_value){tight, optimise ? ode_error(tight, loose, 10 * FLOW_RTOL, 0) : 0};
  *F = (assay_value){at_tight[0], ode_error(at_tight[0], at_loose[0], FLOW_RTOL, FLOW_ATOL)};
  return table ? tabulate(&g, tight, table, count, error) : ASSAY_OK;
}
