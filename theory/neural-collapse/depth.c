/* The depth law of linear residual networks on symmetric data. */
#include <float.h>
#include <gsl/gsl_sf_lambert.h>
#include <math.h>
#include <stdbool.h>

#include "theory/neural-collapse/neural-collapse.h"

double neural_collapse_block_cost(double m, double r, double s) {
  const double q = exp(s), step = expm1(s);
  return m * r * step * step / (r + m * q * q);
}

typedef struct {
  const neural_collapse_chain *chain;
  neural_collapse_mistake mistake;
  double m, r;
  int L;
} law;

static double cost(const law *a, double s) {
  if (a->mistake == NEURAL_COLLAPSE_MEANS_ONLY) return a->m * expm1(s) * expm1(s);
  if (a->mistake == NEURAL_COLLAPSE_DEVIATIONS_ONLY) return a->r * expm1(-s) * expm1(-s);
  return neural_collapse_block_cost(a->m, a->r, s);
}

static double slope(const law *a, double s) {
  const double q = exp(s), below = a->r + a->m * q * q;
  if (a->mistake == NEURAL_COLLAPSE_MEANS_ONLY) return 2 * a->m * q * expm1(s);
  if (a->mistake == NEURAL_COLLAPSE_DEVIATIONS_ONLY) return -2 * a->r * expm1(-s) / q;
  return 2 * a->m * a->r * q * expm1(s) * (a->r + a->m * q) / (below * below);
}

/* Least decay at total contraction tau; *s1 the step of the block that may differ. */
static double least_decay(const law *a, double tau, double *s1) {
  const double equal = tau / a->L;
  *s1 = equal;
  if (a->mistake == NEURAL_COLLAPSE_NO_DEPTH) return a->m * a->r / (a->m + a->r) * tau * tau;
  double least = a->L * cost(a, equal);
  if (a->L == 1 || a->mistake == NEURAL_COLLAPSE_EQUAL_SPLIT) return least;
  for (int i = 1; i <= 200; i++) {
    const double s = equal + (tau - equal) * i / 200,
                 value = cost(a, s) + (a->L - 1) * cost(a, (tau - s) / (a->L - 1));
    if (value < least) least = value, *s1 = s;
  }
  return least;
}

static assay_status objective(const law *a, double tau, double *J, double *s1, assay_error *error) {
  const neural_collapse_chain *c = a->chain;
  assay_value F, w;
  const double R = 1 / sqrt(1 + pow(exp(-tau) * tan(c->phi), 2));
  assay_status status = neural_collapse_bound(c->loss, c->K, c->lw, R, &F, &w, error);
  *J = F.value + c->lb / 2 * least_decay(a, tau, s1);
  return status;
}

/* lw K w^2 sin^2 psi: minus the derivative of F in tau. */
static assay_status pull(const law *a, double tau, double *D, assay_error *error) {
  const neural_collapse_chain *c = a->chain;
  assay_value F, w;
  const double tan2 = pow(exp(-tau) * tan(c->phi), 2), R = 1 / sqrt(1 + tan2);
  assay_status status = neural_collapse_bound(c->loss, c->K, c->lw, R, &F, &w, error);
  *D = c->lw * c->K * w.value * w.value * tan2 / (1 + tan2);
  return status;
}

/* The residuals of the two equations at steps x = (s_1, s). */
static assay_status residual(const law *a, int alike, const double *x, double *out, assay_error *error) {
  const double tau = alike ? a->L * x[0] : x[0] + (a->L - 1) * x[1];
  double D;
  assay_status status = pull(a, tau, &D, error);
  const double target = 2 * D / a->chain->lb;
  if (a->mistake == NEURAL_COLLAPSE_NO_DEPTH)
    out[0] = 2 * a->m * a->r / (a->m + a->r) * tau - target;
  else
    out[0] = slope(a, x[0]) - target;
  out[1] = alike ? 0 : slope(a, x[1]) - target;
  return status;
}

/* Newton with central differences, from the scan's minimiser; *change is the last correction. */
static assay_status polish(const law *a, int alike, double *x, double *change, assay_error *error) {
  *change = 1;
  for (int round = 0; round < 60 && *change > 2e-15 * (fabs(x[0]) + fabs(x[1])); round++) {
    double f[2], J[2][2], up[2], down[2], before = *change;
    assay_status status = residual(a, alike, x, f, error);
    if (status != ASSAY_OK) return status;
    for (int j = 0; j < (alike ? 1 : 2); j++) {
      double shifted[2] = {x[0], x[1]};
      const double h = 1e-5 * (1e-2 + fabs(x[j]));
      shifted[j] = x[j] + h;
      status = residual(a, alike, shifted, up, error);
      shifted[j] = x[j] - h;
      if (status == ASSAY_OK) status = residual(a, alike, shifted, down, error);
      if (status != ASSAY_OK) return status;
      for (int i = 0; i < 2; i++) J[i][j] = (up[i] - down[i]) / (2 * h);
    }
    double d0 = f[0] / J[0][0], d1 = 0;
    if (!alike) {
      const double det = J[0][0] * J[1][1] - J[0][1] * J[1][0];
      d0 = (f[0] * J[1][1] - f[1] * J[0][1]) / det;
      d1 = (J[0][0] * f[1] - J[1][0] * f[0]) / det;
    }
    x[0] -= d0;
    x[1] -= d1;
    *change = fabs(d0) + fabs(d1);
    if (!isfinite(*change))
      return assay_error_set(error, ASSAY_NUMERIC,
                             "the stationarity equations have no solution near the scan's minimum");
    if (round > 6 && *change >= before) break; /* rounding */
  }
  return ASSAY_OK;
}

static assay_status check(const neural_collapse_chain *c, assay_error *error) {
  if (!(c->n >= 2 && c->K >= 2 && c->lb > 0 && c->L >= 1 && c->phi > 0 && c->phi < M_PI / 2))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "K = %g, n = %g, phi = %g, lb = %g, L = %d: K, n >= 2, 0 < phi < pi/2, lb > 0, L >= 1", c->K, c->n,
        c->phi, c->lb, c->L);
  return ASSAY_OK;
}

/* The scan's minimiser: tau on [0,12] in steps of .05, then golden section. */
static assay_status scan(const law *a, double *tau, double *s1, assay_error *error) {
  double least = INFINITY, J, split, lo, hi;
  for (int i = 0; i <= 240; i++) {
    assay_status status = objective(a, .05 * i, &J, &split, error);
    if (status != ASSAY_OK) return status;
    if (J < least) least = J, *tau = .05 * i, *s1 = split;
  }
  lo = fmax(0, *tau - .05), hi = *tau + .05;
  for (int round = 0; round < 40; round++) {
    const double golden = .6180339887498949, left = hi - golden * (hi - lo), right = lo + golden * (hi - lo);
    double J_left, J_right, s_left, s_right;
    assay_status status = objective(a, left, &J_left, &s_left, error);
    if (status == ASSAY_OK) status = objective(a, right, &J_right, &s_right, error);
    if (status != ASSAY_OK) return status;
    if (J_left < J_right)
      hi = right, *s1 = s_left;
    else
      lo = left, *s1 = s_right;
  }
  *tau = (lo + hi) / 2;
  return ASSAY_OK;
}

assay_status neural_collapse_depth_law(const neural_collapse_chain *chain, neural_collapse_mistake mistake, neural_collapse_depth *r,
                                assay_error *error) {
  const bool ce = chain->loss == NEURAL_COLLAPSE_CE;
  law a = {chain, mistake, ce ? chain->K - 1 : chain->K, chain->K * (chain->n - 1), chain->L};
  double tau = 0, s1 = 0, change = 0;
  assay_value F, w;
  assay_status status = check(chain, error);
  if (status == ASSAY_OK) status = neural_collapse_bound(chain->loss, chain->K, chain->lw, 1, &r->gstar, &w, error);
  if (status == ASSAY_OK) status = scan(&a, &tau, &s1, error);
  if (status != ASSAY_OK) return status;
  const int alike = a.L == 1 || mistake == NEURAL_COLLAPSE_EQUAL_SPLIT || mistake == NEURAL_COLLAPSE_NO_DEPTH ||
                    s1 <= tau / a.L * (1 + 1e-6);
  double x[2] = {alike ? tau / a.L : s1, alike ? 0 : (tau - s1) / (a.L - 1)};
  status = polish(&a, alike, x, &change, error);
  if (status != ASSAY_OK) return status;
  tau = alike ? a.L * x[0] : x[0] + (a.L - 1) * x[1];
  double decay = mistake == NEURAL_COLLAPSE_NO_DEPTH ? a.m * a.r / (a.m + a.r) * tau * tau
                 : alike                      ? a.L * cost(&a, x[0])
                                              : cost(&a, x[0]) + (a.L - 1) * cost(&a, x[1]);
  decay *= chain->lb / 2;
  const double tan2 = pow(exp(-tau) * tan(chain->phi), 2), factor = ce ? 1 : chain->K / (chain->K - 1),
               e = a.L * change + 1e-13 * tau;
  status = neural_collapse_bound(chain->loss, chain->K, chain->lw, 1 / sqrt(1 + tan2), &F, &w, error);
  if (status != ASSAY_OK) return status;
  r->tau = (assay_value){tau, e};
  r->tan2 = (assay_value){tan2, tan2 * 2 * e};
  r->NC1 = (assay_value){factor * tan2, factor * tan2 * 2 * e};
  r->decay = (assay_value){decay, 4 * decay * e / fmax(tau, 1e-12)};
  r->J = (assay_value){F.value + decay, F.error + 1e-15};
  r->w = (assay_value){w.value, w.error + w.value * e * tan2};
  return ASSAY_OK;
}

assay_status neural_collapse_asymptotics(const neural_collapse_chain *c, neural_collapse_rate *r, assay_error *error) {
  assay_value g, w;
  assay_status status = check(c, error);
  if (status == ASSAY_OK) status = neural_collapse_bound(c->loss, c->K, c->lw, 1, &g, &w, error);
  if (status != ASSAY_OK) return status;
  const double m = c->loss == NEURAL_COLLAPSE_CE ? c->K - 1 : c->K, deviations = c->K * (c->n - 1),
               kappa = m * deviations / (m + deviations);
  const double C = c->lb * kappa / (c->lw * c->K * w.value * w.value),
               W = gsl_sf_lambert_W0(2 * c->L * pow(tan(c->phi), 2) / C), tau = W / 2;
  r->tan2 = (assay_value){C / (2 * c->L) * W, 1e-14 * C * W};
  r->exponent_NC1 = (assay_value){-2 * tau / (1 + 2 * tau), 1e-14};
  r->exponent_J = (assay_value){-tau / (1 + tau), 1e-14};
  return ASSAY_OK;
}

assay_status neural_collapse_transport_exponent(int p, double theta, const double *L, int count, assay_value *result,
                                         assay_error *error) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  if (!(p >= 1 && theta > 0 && theta < M_PI / 2 && count >= 2))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "p = %d, theta = %g, %d depths: p >= 1, 0 < theta < pi/2, two depths or more", p,
                           theta, count);
  for (int i = 0; i < count; i++) {
    if (!(L[i] >= 1)) return assay_error_set(error, ASSAY_DOMAIN, "L = %g: a depth is at least 1", L[i]);
    mx += log(L[i]) / count;
    my += log(L[i] * pow(sin(theta / L[i]), 2. / p)) / count;
  }
  for (int i = 0; i < count; i++) {
    xy += (log(L[i]) - mx) * (log(L[i] * pow(sin(theta / L[i]), 2. / p)) - my);
    xx += (log(L[i]) - mx) * (log(L[i]) - mx);
  }
  if (!(xx > 0)) return assay_error_set(error, ASSAY_DOMAIN, "all depths are the same: there is no slope");
  *result = (assay_value){xy / xx, 1e-14};
  return ASSAY_OK;
}
