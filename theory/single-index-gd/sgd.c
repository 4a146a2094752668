/* One-pass SGD on the correlation loss: the overlap's ODE and the time it takes from a uniform start. */
#include <float.h>
#include <gsl/gsl_math.h>
#include <stddef.h>

#include "theory/numerics/ode.h"
#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"
#include "theory/numerics/truncated.h"
#include "theory/single-index-gd/quadrature.h"
#include "theory/single-index-gd/single-index-gd.h"

/* ---- drift ---- */

typedef struct {
  single_index_link link;
  double eta;
  single_index_mistake mistake;
  panels g;
} walk;

static assay_status walk_open(walk *w, single_index_link link, double eta, single_index_mistake mistake,
                              int nodes, assay_error *error) {
  *w = (walk){.link = link, .eta = eta, .mistake = mistake};
  if (!(eta > 0 && isfinite(eta)))
    return assay_error_set(error, ASSAY_DOMAIN, "eta = %g; it is finite and > 0", eta);
  if (link.kind != SINGLE_INDEX_QUAD && !(link.M > 0 && isfinite(link.M)))
    return assay_error_set(error, ASSAY_DOMAIN, "M = %g; it is finite and > 0", link.M);
  return single_index_rule(link, true, nodes, &w->g, error);
}

/* E[sigma'(u) (g - u m)] and E sigma'(u)^2 given g, u ~ N(m g, 1-m^2): sigma' = 2u, or 4u - 2u^3/M beyond
 * sqrt M. */
static void add_range(single_index_link link, double lo, double hi, bool bent, double mean, double sd,
                      double m, double g, double *first, double *second) {
  double e[TRUNCATED_MOST + 1];
  truncated_moments(mean, sd, lo, hi, bent ? 6 : 2, e);
  double a = bent ? 4 : 2, b = bent ? -2 / link.M : 0;
  *first += a * (g * e[1] - m * e[2]) + (bent ? b * (g * e[3] - m * e[4]) : 0);
  *second += a * a * e[2] + (bent ? 2 * a * b * e[4] + b * b * e[6] : 0);
}

/* A = E[v (g - u m)] and B = E v^2. */
static void walk_averages(const walk *w, double m, double *A, double *B) {
  double root = sqrt(w->link.M), reach = single_index_reach(w->link), sd = sqrt(1 - m * m);
  if (w->link.kind == SINGLE_INDEX_QUAD) {
    *A = 4 * m * (1 - m * m);
    *B = 12 + (w->mistake == SINGLE_INDEX_CONSTANT_V2 ? 0 : 48 * m * m);
    return;
  }
  *A = *B = 0;
  for (int i = 0; i < w->g.n; i++) {
    double g = w->g.x[i], y = single_index_sigma(w->link, g), first = 0, second = 0;
    if (w->g.w[i] < 1e-30) continue;
    add_range(w->link, -root, root, false, m * g, sd, m, g, &first, &second);
    if (w->link.kind == SINGLE_INDEX_SMOOTH) {
      add_range(w->link, root, reach, true, m * g, sd, m, g, &first, &second);
      add_range(w->link, -reach, -root, true, m * g, sd, m, g, &first, &second);
    }
    *A += w->g.w[i] * y * first;
    *B += w->g.w[i] * y * y * second;
  }
}

static double drift(const walk *w, double m) {
  double A, B;
  walk_averages(w, m, &A, &B);
  return w->eta * A - (w->mistake == SINGLE_INDEX_NO_DIFFUSION ? 0 : w->eta * w->eta / 2 * m * B);
}

static int drift_ode(double t, const double *y, double *out, void *context) {
  (void)t;
  if (!(fabs(y[0]) < 1)) return 1;
  out[0] = drift(context, y[0]);
  return 0;
}

/* ---- trajectory ---- */

/* s' = 2 s (kappa - rho s). */
static double logistic(double kappa, double rho, double s0, double tau) {
  double growth = kappa * tau == 0 ? 2 * tau : expm1(2 * kappa * tau) / kappa;
  return isinf(growth) ? kappa / rho : s0 * exp(2 * kappa * tau) / (1 + rho * s0 * growth);
}

static assay_status trajectory_with(single_index_link link, double eta, double s0, double tau,
                                    single_index_mistake mistake, int nodes, assay_value *m,
                                    assay_error *error) {
  walk w;
  double start = sqrt(s0);
  assay_status status = walk_open(&w, link, eta, mistake, nodes, error);
  ode_problem problem = {.n = 1, .f = drift_ode, .context = &w, .rtol = 1e-12, .atol = 1e-14};
  if (status == ASSAY_OK) status = ode_solve_values(&problem, 0, &start, &tau, 1, m, NULL, error);
  panels_free(&w.g);
  return status;
}

assay_status single_index_sgd(single_index_link link, double eta, double s0, double tau,
                              single_index_mistake mistake, assay_value *m, assay_value *s,
                              assay_error *error) {
  if (!(s0 > 0 && s0 < 1 && tau >= 0 && isfinite(tau) && eta > 0 && isfinite(eta)))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "s0 = %g, tau = %g, eta = %g; 0 < s0 < 1, tau >= 0, eta > 0, finite", s0, tau,
                           eta);
  if (link.kind == SINGLE_INDEX_QUAD) {
    double square = mistake == SINGLE_INDEX_NO_DIFFUSION ? 0 : eta * eta;
    double kappa = 4 * eta - 6 * square,
           rho = 4 * eta + (mistake == SINGLE_INDEX_CONSTANT_V2 ? 0 : 24 * square);
    *s = (assay_value){logistic(kappa, rho, s0, tau), 0};
    s->error = 16 * DBL_EPSILON * (1 + fabs(kappa) * tau) * s->value;
    *m = (assay_value){sqrt(s->value), s->value > 0 ? s->error / (2 * sqrt(s->value)) : 0};
    return ASSAY_OK;
  }
  assay_value other;
  assay_status status = trajectory_with(link, eta, s0, tau, mistake, 32, &other, error);
  if (status == ASSAY_OK) status = trajectory_with(link, eta, s0, tau, mistake, 64, m, error);
  if (status != ASSAY_OK) return status;
  single_index_compare(m, other.value);
  *s = (assay_value){m->value * m->value, 2 * fabs(m->value) * m->error};
  return ASSAY_OK;
}

/* ---- growth from a small overlap ---- */

static void growth_with(single_index_link link, const panels *rule, single_index_growth *out) {
  double y1 = 0, yg2 = 0, y2 = 0, y2g2 = 0, slope1 = 0, slope2 = 0;
  for (int i = 0; i < rule->n; i++) {
    double g = rule->x[i], w = rule->w[i], y = single_index_sigma(link, g),
           slope = single_index_slope(link, g);
    y1 += w * y, yg2 += w * y * g * g, y2 += w * y * y, y2g2 += w * y * y * g * g;
    slope1 += w * g * slope, slope2 += w * slope * slope;
  }
  *out = (single_index_growth){{(yg2 - y1) * slope1, 0}, {y2 * slope2, 0}, {y2g2 * slope2, 0}};
}

assay_status single_index_growth_of(single_index_link link, single_index_growth *growth, assay_error *error) {
  single_index_growth both[2];
  const int nodes[] = {SINGLE_INDEX_COARSE, SINGLE_INDEX_FINE};
  assay_status status = ASSAY_OK;
  for (int i = 0; i < 2 && status == ASSAY_OK; i++) {
    walk w;
    status = walk_open(&w, link, 1, SINGLE_INDEX_RIGHT, nodes[i], error);
    if (status == ASSAY_OK) growth_with(link, &w.g, &both[i]);
    panels_free(&w.g);
  }
  if (status != ASSAY_OK) return status;
  *growth = both[1];
  assay_value *of[] = {&growth->C, &growth->c, &growth->V2};
  const double coarse[] = {both[0].C.value, both[0].c.value, both[0].V2.value};
  for (int i = 0; i < 3; i++) {
    of[i]->error = 32 * DBL_EPSILON * of[i]->value;
    single_index_compare(of[i], coarse[i]);
  }
  return ASSAY_OK;
}

/* ---- hitting times ---- */

/* int_0^{m_1} (1/F - 1/(kappa m)) dm; infinity when F is not positive on the way. */
static assay_status slowdown(const walk *w, double kappa, double m1, int nodes, double *sum,
                             assay_error *error) {
  const double cuts[] = {0, m1};
  panels rule;
  assay_status status = panels_make(cuts, 2, 1, nodes, &rule, error);
  *sum = 0;
  for (int i = 0; status == ASSAY_OK && i < rule.n; i++) {
    double m = rule.x[i], F = drift(w, m);
    *sum = F > 0 ? *sum + rule.w[i] * (kappa * m - F) / (kappa * m * F) : INFINITY;
  }
  if (status == ASSAY_OK && !(drift(w, m1) > 0)) *sum = INFINITY;
  panels_free(&rule);
  return status;
}

static assay_status hitting_with(single_index_link link, const single_index_growth *growth, double d,
                                 double eta, double s1, single_index_mistake mistake, int nodes, double *mean,
                                 double *kappa, assay_error *error) {
  walk w;
  double square = mistake == SINGLE_INDEX_NO_DIFFUSION ? 0 : eta * eta, m1 = sqrt(s1), sum = 0;
  *kappa = eta * growth->C.value - square * growth->c.value / 2;
  if (!(*kappa > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "eta = %g; a small overlap grows for 0 < eta < %.6g only",
                           eta, 2 * growth->C.value / growth->c.value);
  assay_status status = walk_open(&w, link, eta, mistake, nodes, error);
  if (status == ASSAY_OK) status = slowdown(&w, *kappa, m1, nodes, &sum, error);
  panels_free(&w.g);
  double V = mistake == SINGLE_INDEX_FIXED_START ? 1 : 1 + square * growth->V2.value / (2 * *kappa);
  *mean = (log(d) - log(V) + M_EULER + M_LN2) / (2 * *kappa) + log(m1) / *kappa + sum;
  return status;
}

static assay_status check_hitting(double d, double s1, assay_error *error) {
  return d >= 2 && isfinite(d) && s1 > 0 && s1 < 1
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_DOMAIN, "d = %g, s1 = %g; d >= 2 and 0 < s1 < 1", d, s1);
}

assay_status single_index_hitting(single_index_link link, double d, double eta, double s1,
                                  single_index_mistake mistake, assay_value *mean, assay_value *sd,
                                  assay_error *error) {
  single_index_growth growth;
  double other, kappa;
  assay_status status = check_hitting(d, s1, error);
  if (status == ASSAY_OK) status = single_index_growth_of(link, &growth, error);
  if (status == ASSAY_OK)
    status = hitting_with(link, &growth, d, eta, s1, mistake, 32, &other, &kappa, error);
  if (status == ASSAY_OK)
    status = hitting_with(link, &growth, d, eta, s1, mistake, 64, &mean->value, &kappa, error);
  if (status != ASSAY_OK) return status;
  if (isinf(mean->value))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "the overlap of one-pass SGD does not reach s1 = %g at eta = %g: its limit lies below", s1, eta);
  mean->error = fabs(mean->value - other) + 1e-12 * fabs(mean->value);
  *sd = (assay_value){M_PI / (2 * M_SQRT2 * kappa), 1e-13 / kappa};
  return ASSAY_OK;
}

typedef struct {
  single_index_link link;
  single_index_growth growth;
  double d, s1;
} best_problem;

static assay_status mean_at(double eta, void *context, double *y, assay_error *error) {
  const best_problem *b = context;
  double kappa;
  return hitting_with(b->link, &b->growth, b->d, eta, b->s1, SINGLE_INDEX_RIGHT, 64, y, &kappa, error);
}

assay_status single_index_hitting_best(single_index_link link, double d, double s1, assay_value *mean,
                                       assay_value *eta, assay_error *error) {
  best_problem b = {.link = link, .d = d, .s1 = s1};
  walk w;
  double A = 0, B = 1;
  root_valley valley;
  assay_status status = check_hitting(d, s1, error);
  if (status == ASSAY_OK) status = single_index_growth_of(link, &b.growth, error);
  if (status == ASSAY_OK) status = walk_open(&w, link, 1, SINGLE_INDEX_RIGHT, 64, error);
  if (status != ASSAY_OK) return status;
  walk_averages(&w, sqrt(s1), &A, &B);
  panels_free(&w.g);
  double end = fmin(2 * A / (sqrt(s1) * B), 2 * b.growth.C.value / b.growth.c.value);
  if (!(end > .006))
    return assay_error_set(error, ASSAY_DOMAIN, "one-pass SGD reaches s1 = %g at steps below %.4g only", s1,
                           end);
  root_grid grid = {.005, end * (1 - 1e-6), 24, ROOT_LINEAR};
  status = root_valley_scan(mean_at, &b, &grid, &valley, error);
  assay_value least, sd;
  if (status == ASSAY_OK) status = root_minimum(mean_at, &b, &valley, 1e-9, eta, &least, error);
  if (status == ASSAY_OK)
    status = single_index_hitting(link, d, eta->value, s1, SINGLE_INDEX_RIGHT, mean, &sd, error);
  return status;
}
