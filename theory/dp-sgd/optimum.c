/* Optimal steps, thresholds and schedules of the isotropic problem.
 *
 * The derivatives of F come from the sensitivity equations, integrated with the risk. A search in one
 * variable scans values of F, then finds the root of the derivative next to the least one. A search in two is
 * nested: at the inner optimum, the derivative of the outer problem is the partial one. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "model/clipping.h"
#include "theory/dp-sgd/flow.h"
#include "theory/numerics/root.h"

#define SCAN_RTOL 1e-7    /* of the integrations that only bracket */
#define SCAN_STIFF 100.   /* a rate above which BDF brackets faster than Adams */
#define NEAR 1.05         /* how far around a guess a root is looked for first */
#define LARGEST_CONST 1.8 /* eta gamma: keeps eta ||x||^2 <= 2 at finite d, a constant step */
#define LARGEST_FIRST 1.0 /* and the first step of a schedule */

/* What is varied. FIRST_STEP is eta(0) = alpha/t0 of a harmonic schedule at fixed alpha. */
typedef enum { STEP, FIRST_STEP, CLIP } axis;

/* Where an optimum is sought: extended downwards without end, and upwards to `most`, a constraint, which may
 * be the optimum. */
typedef struct {
  double lo, hi;
  int count;
  double most;
  int limit; /* hi == most is no constraint: beyond it there is only a limit, in which the parameter plays no
                part */
} range;

typedef struct {
  dp_sgd_problem problem;
  dp_sgd_mistake mistake;
  double rtol;
  double first_step; /* of a harmonic schedule whose t0 follows alpha; 0: t0 is fixed */
  axis along;        /* of the search in one variable */
  int at_edge; /* its last optimum lies at the end of the range, where the range could not be extended */
} search;

enum { BY_STEP, BY_T0, BY_CLIP, DIRECTIONS };

typedef struct {
  double F, by[DIRECTIONS]; /* F and its partial derivatives */
} gradient;

/* ---- F and its derivatives ---- */

/* d eta/d(eta0, t0, c) at t. */
static void step_derivatives(const schedule *s, double t, double *by) {
  double eta = schedule_eta(s, t);
  by[BY_STEP] = eta / s->eta0;
  by[BY_T0] = s->kind == SCHEDULE_HARMONIC ? -eta / (t + s->t0) : 0;
  by[BY_CLIP] = 0;
}

/* The derivatives of K eta^2 from those of eta. */
static void cost_derivatives(const flow *f, double eta, const double *eta_by, double *by) {
  for (int d = 0; d < DIRECTIONS; d++) by[d] = 2 * f->K * eta * eta_by[d];
  by[BY_CLIP] += 2 * f->K / f->problem->c * eta * eta;
}

/* y = Y. */
static int value_slope(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  double rate, eta = schedule_eta(&f->problem->eta, flow_time(&f->problem->eta, u, &rate));
  out[0] = rate * (flow_slope(f, y[0] - flow_release(f, eta), eta) + flow_injection(f, eta));
  return 0;
}

/* y = (Y, dY/d(eta0, t0, c)). */
static int gradient_slope(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  double rate, t = flow_time(&f->problem->eta, u, &rate), eta = schedule_eta(&f->problem->eta, t);
  double release = flow_release(f, eta), injection = flow_injection(f, eta), R = y[0] - release;
  double eta_by[DIRECTIONS], cost_by[DIRECTIONS];
  step_derivatives(&f->problem->eta, t, eta_by);
  cost_derivatives(f, eta, eta_by, cost_by);
  flow_gradient g = flow_slope_gradient(f, R, eta);
  out[0] = rate * (flow_slope(f, R, eta) + injection);
  for (int d = 0; d < DIRECTIONS; d++) {
    double R_by = y[1 + d] - (release > 0 ? cost_by[d] : 0);
    double direct = g.eta * eta_by[d] + (d == BY_CLIP ? g.c : 0) + (injection > 0 ? cost_by[d] : 0);
    out[1 + d] = rate * (g.R * R_by + direct);
  }
  return 0;
}

/* F, and with `by` its derivatives. */
static assay_status evaluate(const search *s, double rtol, int with_derivatives, gradient *result,
                             assay_error *error) {
  flow f;
  assay_status status = flow_make(&f, &s->problem, s->mistake, 0, error);
  if (status != ASSAY_OK) return status;
  const schedule *eta = &s->problem.eta;
  double first = schedule_eta(eta, 0), eta_by[DIRECTIONS], cost_by[DIRECTIONS],
         release = flow_release(&f, first);
  double y[1 + DIRECTIONS] = {s->problem.R0 + release};
  step_derivatives(eta, 0, eta_by);
  cost_derivatives(&f, first, eta_by, cost_by);
  for (int d = 0; d < DIRECTIONS; d++) y[1 + d] = release > 0 ? cost_by[d] : 0;
  ode_problem ode = {.n = with_derivatives ? 1 + DIRECTIONS : 1,
                     .f = with_derivatives ? gradient_slope : value_slope,
                     .context = &f,
                     .rtol = rtol,
                     .atol = rtol * 1e-5};
  if (rtol == SCAN_RTOL && flow_stiffness(&f, 1) > SCAN_STIFF) ode.method = ODE_BDF;
  const double end = 1;
  status = ode_solve(&ode, 0, y, &end, 1, NULL, NULL, NULL, error);
  if (status != ASSAY_OK) return status;
  double last = schedule_eta(eta, 1);
  result->F = y[0] - flow_release(&f, last) + flow_jump(&f);
  /* The terminal jump replaces the last release, or costs K max eta^2 = K eta(0)^2. */
  double last_cost_by[DIRECTIONS];
  step_derivatives(eta, 1, eta_by);
  cost_derivatives(&f, last, eta_by, last_cost_by);
  int at_last = s->problem.noise == DP_SGD_SCHEDULED || s->mistake == DP_SGD_CALIBRATED_TO_LAST;
  const double *jump_by = at_last ? last_cost_by : cost_by;
  for (int d = 0; d < DIRECTIONS; d++)
    result->by[d] = y[1 + d] - (flow_release(&f, last) > 0 ? last_cost_by[d] : 0) + jump_by[d];
  return ASSAY_OK;
}

/* ---- moving along an axis ---- */

static void move(search *s, axis along, double x) {
  schedule *eta = &s->problem.eta;
  switch (along) {
  case STEP:
    eta->eta0 = x;
    break;
  case FIRST_STEP:
    s->first_step = x;
    break;
  case CLIP:
    s->problem.c = x;
    break;
  }
  if (s->first_step > 0) eta->t0 = eta->eta0 / s->first_step;
}

/* dF/d log x along an axis. */
static double along_axis(const search *s, axis along, const gradient *g) {
  const schedule *eta = &s->problem.eta;
  switch (along) {
  case STEP:
    return eta->eta0 * g->by[BY_STEP] + (s->first_step > 0 ? eta->t0 * g->by[BY_T0] : 0);
  case FIRST_STEP:
    return -eta->t0 * g->by[BY_T0];
  case CLIP:
    return s->problem.c * g->by[BY_CLIP];
  }
  return NAN;
}

static assay_status value_at(double x, void *context, double *F, assay_error *error) {
  search *s = context;
  gradient g;
  move(s, s->along, x);
  assay_status status = evaluate(s, SCAN_RTOL, 0, &g, error);
  *F = g.F;
  return status;
}

static assay_status slope_at(double x, void *context, double *slope, assay_error *error) {
  search *s = context;
  gradient g;
  move(s, s->along, x);
  assay_status status = evaluate(s, s->rtol, 1, &g, error);
  *slope = along_axis(s, s->along, &g);
  return status;
}

/* ---- one variable ---- */

/* Scans, extending the range until the least value lies inside it or at a constraint. */
static assay_status find_valley(root_function *value, void *context, range r, root_valley *valley,
                                int *at_edge, assay_error *error) {
  *at_edge = 0;
  const double reach = r.hi / r.lo;
  for (int extensions = 0;; extensions++) {
    root_grid grid = {r.lo, r.hi, r.count, ROOT_LOG};
    assay_status status = root_valley_scan(value, context, &grid, valley, error);
    if (status != ASSAY_OK) return status;
    int low = valley->mid == r.lo, high = valley->mid == r.hi && (r.hi < r.most || r.limit);
    if (!low && !high) return ASSAY_OK;
    if (extensions == 2 || (high && r.limit)) {
      *at_edge = 1;
      return ASSAY_OK;
    }
    if (low)
      r.hi = valley->hi, r.lo /= reach;
    else
      r.lo = valley->lo, r.hi = fmin(r.hi * reach, r.most);
  }
}

/* Tightens a valley to the root of the slope; at a constraint that F still falls towards, it is the
 * constraint. */
static assay_status settle(root_function *slope, void *context, const root_valley *v, double rtol, double *x,
                           assay_error *error) {
  double at_end;
  if (v->mid == v->hi) {
    assay_status status = slope(v->hi, context, &at_end, error);
    *x = v->hi;
    if (status != ASSAY_OK || at_end <= 0) return status;
  }
  assay_value root;
  assay_status status = root_find(slope, context, v->lo, v->hi, rtol, &root, error);
  if (status == ASSAY_OK) *x = root.value;
  return status;
}

/* The optimum along one axis, left in the search. `near` > 0 is a guess that saves the scan. */
static assay_status optimise_one(search *s, axis along, range r, double near, double *x, assay_error *error) {
  s->along = along;
  s->at_edge = 0;
  root_valley v = {near / NEAR, near, fmin(near * NEAR, r.most), 0};
  double below = 0, above = 0;
  assay_status status = ASSAY_OK;
  if (near > 0 && !(r.limit && v.hi == r.most)) {
    status = slope_at(v.lo, s, &below, error);
    if (status == ASSAY_OK) status = slope_at(v.hi, s, &above, error);
    if (status != ASSAY_OK) return status;
    if (v.hi == r.most) v.mid = v.hi;
  }
  int found = below < 0 && (above > 0 || v.mid == v.hi);
  if (!found) status = find_valley(value_at, s, r, &v, &s->at_edge, error);
  *x = v.mid;
  if (status == ASSAY_OK && !s->at_edge) status = settle(slope_at, s, &v, s->rtol, x, error);
  move(s, along, *x);
  return status;
}

/* Steps up to 40 e-folds of the start, more than is useful; beyond, up to the cap, only if need be. */
static range step_range(const search *s) {
  const dp_sgd_problem *p = &s->problem;
  double cap = (p->eta.kind == SCHEDULE_CONST ? LARGEST_CONST : LARGEST_FIRST) / p->gamma;
  double mu = clipping_mu(p->c, p->R0 + p->zeta * p->zeta / 2);
  if (p->eta.kind == SCHEDULE_HARMONIC) cap *= p->eta.t0;
  double useful = 40 / mu * (p->eta.kind == SCHEDULE_HARMONIC ? fmax(1, p->eta.t0) : 1);
  double hi = fmin(cap, useful);
  return (range){hi * 1e-3, hi, 41, cap, 0};
}

/* ---- two variables ---- */

typedef struct {
  search *s;
  axis inner, outer;
  range (*inner_range)(const search *); /* at the outer point */
  double near;                          /* the last inner optimum, a guess for the next; 0: none */
} nested;

static assay_status outer_point(nested *n, double y, gradient *g, assay_error *error) {
  double x = 0;
  move(n->s, n->outer, y);
  range r = n->inner_range(n->s);
  assay_status status = optimise_one(n->s, n->inner, r, n->near, &x, error);
  if (status == ASSAY_OK) status = evaluate(n->s, n->s->rtol, 1, g, error);
  n->near = n->s->at_edge ? 0 : x;
  return status;
}

static assay_status outer_value(double y, void *context, double *F, assay_error *error) {
  nested *n = context;
  gradient g;
  n->near = 0; /* scans look everywhere */
  assay_status status = outer_point(n, y, &g, error);
  *F = g.F;
  return status;
}

static assay_status outer_slope(double y, void *context, double *slope, assay_error *error) {
  nested *n = context;
  gradient g;
  assay_status status = outer_point(n, y, &g, error);
  *slope = along_axis(n->s, n->outer, &g);
  return status;
}

/* ---- with errors ---- */

typedef struct {
  double x, y, F;
} optimum;

static assay_value with_error(double tight, double loose) {
  return (assay_value){tight, ode_error(tight, loose, 10 * FLOW_RTOL, 0)};
}

/* The search itself, once, at s->rtol, from a valley of the outer variable (of the only one if there is no
 * inner). */
static assay_status settle_search(search *s, nested *n, axis along, const root_valley *v, optimum *best,
                                  assay_error *error) {
  gradient g;
  assay_status status;
  double *settled = n ? &best->y : &best->x;
  if (n) {
    n->near = 0;
    status = settle(outer_slope, n, v, s->rtol, settled, error);
    if (status == ASSAY_OK) status = outer_point(n, *settled, &g, error);
    best->x = n->near;
  } else {
    s->along = along;
    status = settle(slope_at, s, v, s->rtol, settled, error);
    move(s, along, *settled);
    if (status == ASSAY_OK) status = evaluate(s, s->rtol, 1, &g, error);
  }
  if (status == ASSAY_OK) best->F = g.F;
  return status;
}

/* Scans, then settles at the tolerance of the theory and at the looser one. `edge` is what a failed scan
 * means. */
static assay_status optimise(search *s, nested *n, axis along, range r, const char *edge, assay_value *x,
                             assay_value *y, assay_value *F, assay_error *error) {
  root_valley v;
  int at_edge;
  optimum loose, tight;
  s->along = along;
  s->rtol = SCAN_RTOL;
  assay_status status = n ? find_valley(outer_value, n, r, &v, &at_edge, error)
                          : find_valley(value_at, s, r, &v, &at_edge, error);
  if (status == ASSAY_OK && at_edge)
    status =
        assay_error_set(error, ASSAY_DOMAIN, "F has no minimum inside [%.3g, %.3g]: %s", v.lo, v.hi, edge);
  s->rtol = FLOW_RTOL * ODE_LOOSER;
  if (status == ASSAY_OK) status = settle_search(s, n, along, &v, &loose, error);
  s->rtol = FLOW_RTOL;
  if (status == ASSAY_OK) status = settle_search(s, n, along, &v, &tight, error);
  if (status == ASSAY_OK && n && s->at_edge)
    status = assay_error_set(error, ASSAY_DOMAIN, "F has no inner minimum: %s", edge);
  if (status != ASSAY_OK) return status;
  *x = with_error(tight.x, loose.x);
  if (n) *y = with_error(tight.y, loose.y);
  *F = with_error(tight.F, loose.F);
  return ASSAY_OK;
}

static assay_status begin(search *s, const dp_sgd_problem *problem, dp_sgd_mistake mistake,
                          assay_error *error) {
  *s = (search){.problem = *problem, .mistake = mistake};
  flow f;
  assay_status status = flow_make(&f, problem, mistake, 0, error);
  if (status == ASSAY_OK && !flow_factors_right(mistake))
    status = assay_error_set(error, ASSAY_DOMAIN,
                             "optima are derived for the right clip factors and gradient noise only");
  if (status == ASSAY_OK && problem->eta.kind == SCHEDULE_TABLE)
    status = assay_error_set(error, ASSAY_DOMAIN, "a tabulated schedule has no parameter to optimise");
  return status;
}

/* ---- the clipping threshold ---- */

static const char no_clip[] = "the best clipping threshold is not finite there";
static const range clip_range = {.01, 30, 61, INFINITY, 0}, joint_clip_range = {.01, 30, 13, INFINITY, 0};

/* A problem with a placeholder in what is to be found: the search begins from values that pass every check.
 */
static dp_sgd_problem with_free_clip(const dp_sgd_problem *problem) {
  dp_sgd_problem p = *problem;
  p.c = 1, p.noise = DP_SGD_OUTPUT;
  return p;
}

static assay_status needs_private_noise(const dp_sgd_problem *p, dp_sgd_mistake mistake, assay_error *error) {
  if (isfinite(p->rho) && mistake != DP_SGD_K_ZERO) return ASSAY_OK;
  return assay_error_set(error, ASSAY_DOMAIN,
                         "without private noise no finite c is best: less clipping is never worse");
}

assay_status dp_sgd_clip_optimum(const dp_sgd_problem *problem, double ratio, dp_sgd_mistake mistake,
                                 assay_value *c_star, assay_value *F, assay_error *error) {
  search s;
  dp_sgd_problem p = with_free_clip(problem);
  assay_value best;
  if (p.eta.kind != SCHEDULE_CONST)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "the best clipping threshold is defined at a constant step size");
  if (!(ratio > 0) || !isfinite(ratio))
    return assay_error_set(error, ASSAY_DOMAIN, "c/c* = %g; it is finite and > 0", ratio);
  assay_status status = begin(&s, &p, mistake, error);
  if (status == ASSAY_OK) status = needs_private_noise(&p, mistake, error);
  if (status == ASSAY_OK) status = optimise(&s, NULL, CLIP, clip_range, no_clip, c_star, NULL, &best, error);
  if (status != ASSAY_OK) return status;
  p.c = ratio * c_star->value;
  dp_sgd_end end;
  status = dp_sgd_final(&p, mistake, &end, error);
  /* Away from the optimum the uncertainty of c* counts; dF/dc is at most of the order F/c + 2 J/c. */
  *F = end.F;
  if (ratio != 1) F->error += (end.F.value + 2 * end.J.value) * c_star->error / c_star->value;
  return status;
}

/* ---- schedules ---- */

/* alpha at a given first step: t0 = alpha/eta(0) from 1e-6 to 1e3, from where on the step is constant in
 * effect. */
static range alpha_range(const search *s) {
  return (range){s->first_step * 1e-6, s->first_step * 1e3, 41, s->first_step * 1e3, 1};
}

static assay_status optimise_harmonic(search *s, unsigned free, assay_value *alpha, assay_value *t0,
                                      assay_value *F, assay_error *error) {
  static const char constant[] = "the best harmonic schedule is a constant step";
  const double cap = LARGEST_FIRST / s->problem.gamma;
  const range first_steps = {cap * 1e-4, cap, 13, cap, 0};
  assay_value first;
  s->first_step = cap;
  if (free == DP_SGD_FREE_T0) {
    assay_status status = optimise(s, NULL, FIRST_STEP, first_steps, constant, &first, NULL, F, error);
    if (status != ASSAY_OK) return status;
    *alpha = (assay_value){s->problem.eta.eta0, 0};
  } else {
    nested n = {s, STEP, FIRST_STEP, alpha_range, 0};
    assay_status status = optimise(s, &n, FIRST_STEP, first_steps, constant, alpha, &first, F, error);
    if (status != ASSAY_OK) return status;
  }
  double value = alpha->value / first.value;
  *t0 = (assay_value){value, value * (alpha->error / alpha->value + first.error / first.value)};
  return ASSAY_OK;
}

assay_status dp_sgd_schedule_optimum(const dp_sgd_problem *problem, unsigned free, dp_sgd_mistake mistake,
                                     assay_value *eta0, assay_value *t0, assay_value *F, assay_error *error) {
  search s;
  dp_sgd_problem p = *problem;
  int harmonic = p.eta.kind == SCHEDULE_HARMONIC;
  if (free & DP_SGD_FREE_STEP) p.eta.eta0 = 1;
  if (free & DP_SGD_FREE_T0) p.eta.t0 = 1;
  assay_status status = begin(&s, &p, mistake, error);
  if (status != ASSAY_OK) return status;
  if (free == 0 || (!harmonic && free != DP_SGD_FREE_STEP))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "nothing to optimise: only eta0, or alpha and t0 of the harmonic schedule, can be free");
  *t0 = (assay_value){p.eta.t0, 0};
  if (free & DP_SGD_FREE_T0) return optimise_harmonic(&s, free, eta0, t0, F, error);
  return optimise(&s, NULL, STEP, step_range(&s), "the step runs off to its limit", eta0, NULL, F, error);
}

assay_status dp_sgd_joint_optimum(const dp_sgd_problem *problem, dp_sgd_mistake mistake,
                                  assay_value *eta_star, assay_value *c_star, assay_value *F,
                                  assay_error *error) {
  search s;
  dp_sgd_problem p = with_free_clip(problem);
  p.eta = (schedule){.kind = SCHEDULE_CONST, .eta0 = 1};
  assay_status status = begin(&s, &p, mistake, error);
  if (status == ASSAY_OK) status = needs_private_noise(&p, mistake, error);
  if (status != ASSAY_OK) return status;
  nested n = {&s, STEP, CLIP, step_range, 0};
  return optimise(&s, &n, CLIP, joint_clip_range, no_clip, eta_star, c_star, F, error);
}
