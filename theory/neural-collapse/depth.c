/* The depth law of linear residual networks on symmetric data. */
#include <float.h>
#include <gsl/gsl_sf_lambert.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>

#include "theory/neural-collapse/neural-collapse.h"
#include "theory/numerics/root.h"

double neural_collapse_block_cost(double m, double r, double s) {
  const double q = exp(s), step = expm1(s);
  return m * r * step * step / (r + m * q * q);
}

typedef struct {
  const neural_collapse_chain *chain;
  neural_collapse_mistake mistake;
  double m, r;
  int L;
  bool attention;
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

/* Least decay of the residual blocks at total contraction tau; *s1 the step of the block that may differ. */
static double least_residual_decay(const law *a, double tau, double *s1) {
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

static double attention_decay(const law *a, double tau) {
  const double step = expm1(tau / a->L);
  return a->attention ? a->L * a->m * step * step : 0;
}

/* The same with attention's share: *ta of tau. The cost is that of two convex functions but for the big step,
 * so a grid places it and golden section refines it. */
static double least_decay(const law *a, double tau, double *ta, double *s1) {
  double least = least_residual_decay(a, tau, s1), at = 0, split;
  *ta = 0;
  if (!a->attention) return least;
  for (int i = 1; i <= 40; i++) {
    const double value =
        attention_decay(a, tau * i / 40) + least_residual_decay(a, tau - tau * i / 40, &split);
    if (value < least) least = value, at = tau * i / 40;
  }
  double lo = fmax(0, at - tau / 40), hi = fmin(tau, at + tau / 40);
  for (int round = 0; round < 24; round++) {
    const double golden = .6180339887498949, left = hi - golden * (hi - lo), right = lo + golden * (hi - lo);
    if (attention_decay(a, left) + least_residual_decay(a, tau - left, &split) <
        attention_decay(a, right) + least_residual_decay(a, tau - right, &split))
      hi = right;
    else
      lo = left;
  }
  *ta = (lo + hi) / 2;
  return attention_decay(a, *ta) + least_residual_decay(a, tau - *ta, s1);
}

static assay_status objective(const law *a, double tau, double *J, double *ta, double *s1,
                              assay_error *error) {
  const neural_collapse_chain *c = a->chain;
  assay_value F, w;
  const double R = 1 / sqrt(1 + pow(exp(-tau) * tan(c->phi), 2));
  assay_status status = neural_collapse_bound(c->loss, c->K, c->lw, R, &F, &w, error);
  *J = F.value + c->lb / 2 * least_decay(a, tau, ta, s1);
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

/* The unknown steps: of the block that may differ, of the others, of attention. Those that the law lacks are
 * 0 and stay so. */
enum { FIRST, OTHER, TOKENS, STEPS };

static double contraction(const law *a, int alike, const double *x) {
  return (alike ? a->L * x[FIRST] : x[FIRST] + (a->L - 1) * x[OTHER]) + (a->attention ? a->L * x[TOKENS] : 0);
}

/* The residuals of the equations at steps x. */
static assay_status residual(const law *a, int alike, const double *x, double *out, assay_error *error) {
  const double tau = contraction(a, alike, x);
  double D;
  assay_status status = pull(a, tau, &D, error);
  const double target = 2 * D / a->chain->lb;
  if (a->mistake == NEURAL_COLLAPSE_NO_DEPTH)
    out[FIRST] = 2 * a->m * a->r / (a->m + a->r) * tau - target;
  else
    out[FIRST] = slope(a, x[FIRST]) - target;
  out[OTHER] = alike ? x[OTHER] : slope(a, x[OTHER]) - target;
  out[TOKENS] = a->attention ? 2 * a->m * exp(x[TOKENS]) * expm1(x[TOKENS]) - target : x[TOKENS];
  return status;
}

/* Solves J d = f by Cramer's rule. */
static void solve(double J[STEPS][STEPS], const double *f, double *d) {
  double minor[STEPS][STEPS];
  for (int i = 0; i < STEPS; i++)
    for (int j = 0; j < STEPS; j++) {
      const int a = (i + 1) % STEPS, b = (i + 2) % STEPS, c = (j + 1) % STEPS, e = (j + 2) % STEPS;
      minor[i][j] = J[a][c] * J[b][e] - J[a][e] * J[b][c];
    }
  const double det = J[0][0] * minor[0][0] + J[0][1] * minor[0][1] + J[0][2] * minor[0][2];
  for (int j = 0; j < STEPS; j++) d[j] = (minor[0][j] * f[0] + minor[1][j] * f[1] + minor[2][j] * f[2]) / det;
}

/* Newton with central differences, from the scan's minimiser; *change is the last correction. */
static assay_status polish(const law *a, int alike, double *x, double *change, assay_error *error) {
  *change = 1;
  for (int round = 0; round < 60 && *change > 2e-15 * (fabs(x[0]) + fabs(x[1]) + fabs(x[2])); round++) {
    double f[STEPS], J[STEPS][STEPS], up[STEPS], down[STEPS], d[STEPS], before = *change;
    assay_status status = residual(a, alike, x, f, error);
    if (status != ASSAY_OK) return status;
    for (int j = 0; j < STEPS; j++) {
      double shifted[STEPS] = {x[0], x[1], x[2]};
      const double h = 1e-5 * (1e-2 + fabs(x[j]));
      shifted[j] = x[j] + h;
      status = residual(a, alike, shifted, up, error);
      shifted[j] = x[j] - h;
      if (status == ASSAY_OK) status = residual(a, alike, shifted, down, error);
      if (status != ASSAY_OK) return status;
      for (int i = 0; i < STEPS; i++) J[i][j] = (up[i] - down[i]) / (2 * h);
    }
    solve(J, f, d);
    *change = 0;
    for (int j = 0; j < STEPS; j++) {
      x[j] -= d[j];
      *change += fabs(d[j]);
    }
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
        "K = %g, n = %g, phi = %g, lb = %g, L = %g: K, n >= 2, 0 < phi < pi/2, lb > 0, L >= 1", c->K, c->n,
        c->phi, c->lb, c->L);
  return ASSAY_OK;
}

/* The scan's minimiser: tau on [0,12] in steps of .05, then golden section. */
static assay_status scan(const law *a, double *tau, double *ta, double *s1, assay_error *error) {
  double least = INFINITY, J, share, split, lo, hi;
  for (int i = 0; i <= 240; i++) {
    assay_status status = objective(a, .05 * i, &J, &share, &split, error);
    if (status != ASSAY_OK) return status;
    if (J < least) least = J, *tau = .05 * i;
  }
  lo = fmax(0, *tau - .05), hi = *tau + .05;
  for (int round = 0; round < 40; round++) {
    const double golden = .6180339887498949, left = hi - golden * (hi - lo), right = lo + golden * (hi - lo);
    double J_left, J_right;
    assay_status status = objective(a, left, &J_left, &share, &split, error);
    if (status == ASSAY_OK) status = objective(a, right, &J_right, &share, &split, error);
    if (status != ASSAY_OK) return status;
    if (J_left < J_right)
      hi = right;
    else
      lo = left;
  }
  *tau = (lo + hi) / 2;
  return objective(a, *tau, &J, ta, s1, error);
}

/* The result at contraction tau, known to e, with blocks that cost `decay`. */
static assay_status describe(const neural_collapse_chain *chain, double tau, double e, double decay,
                             neural_collapse_depth *r, assay_error *error) {
  assay_value F, w;
  const double tan2 = pow(exp(-tau) * tan(chain->phi), 2),
               factor = chain->loss == NEURAL_COLLAPSE_CE ? 1 : chain->K / (chain->K - 1);
  const assay_status status =
      neural_collapse_bound(chain->loss, chain->K, chain->lw, 1 / sqrt(1 + tan2), &F, &w, error);
  if (status != ASSAY_OK) return status;
  r->tau = (assay_value){tau, e};
  r->tan2 = (assay_value){tan2, tan2 * 2 * e};
  r->NC1 = (assay_value){factor * tan2, factor * tan2 * 2 * e};
  r->decay = (assay_value){decay, 4 * decay * e / fmax(tau, 1e-12)};
  r->J = (assay_value){F.value + decay, F.error + 1e-15};
  r->w = (assay_value){w.value, w.error + w.value * e * tan2};
  return neural_collapse_bound(chain->loss, chain->K, chain->lw, 1, &r->gstar, &w, error);
}

static law law_of(const neural_collapse_chain *chain, neural_collapse_mistake mistake) {
  return (law){chain,
               mistake,
               chain->loss == NEURAL_COLLAPSE_CE ? chain->K - 1 : chain->K,
               chain->K * (chain->n - 1),
               chain->L < INT_MAX ? (int)chain->L : INT_MAX,
               chain->attention && mistake != NEURAL_COLLAPSE_NO_ATTENTION};
}

assay_status neural_collapse_depth_law(const neural_collapse_chain *chain, neural_collapse_mistake mistake,
                                       neural_collapse_depth *r, assay_error *error) {
  const law a = law_of(chain, mistake);
  double tau = 0, ta = 0, s1 = 0, change = 0;
  assay_status status = check(chain, error);
  if (status == ASSAY_OK && chain->L != a.L)
    status = assay_error_set(error, ASSAY_DOMAIN, "L = %g: the exact law needs a whole number of blocks",
                             chain->L);
  if (status == ASSAY_OK) status = scan(&a, &tau, &ta, &s1, error);
  if (status != ASSAY_OK) return status;
  const double rest = tau - ta;
  const int alike = a.L == 1 || mistake == NEURAL_COLLAPSE_EQUAL_SPLIT ||
                    mistake == NEURAL_COLLAPSE_NO_DEPTH || s1 <= rest / a.L * (1 + 1e-6);
  double x[STEPS] = {alike ? rest / a.L : s1, alike ? 0 : (rest - s1) / (a.L - 1), ta / a.L};
  status = polish(&a, alike, x, &change, error);
  if (status != ASSAY_OK) return status;
  tau = contraction(&a, alike, x);
  double decay = mistake == NEURAL_COLLAPSE_NO_DEPTH ? a.m * a.r / (a.m + a.r) * tau * tau
                 : alike                             ? a.L * cost(&a, x[FIRST])
                                                     : cost(&a, x[FIRST]) + (a.L - 1) * cost(&a, x[OTHER]);
  decay += attention_decay(&a, a.L * x[TOKENS]);
  return describe(chain, tau, a.L * change + 1e-13 * tau, chain->lb / 2 * decay, r, error);
}

/* ---- two matrices in each block ---- */

typedef struct {
  law a;
  neural_collapse_branch branch;
} pair_law;

/* The decay's derivative in tau minus the pull, over lb: a minimum of the objective is where it turns
 * positive. */
static assay_status balance(double tau, void *context, double *y, assay_error *error) {
  const pair_law *p = context;
  const neural_collapse_chain *c = p->a.chain;
  double D;
  const assay_status status = pull(&p->a, tau, &D, error);
  *y = (p->branch == NEURAL_COLLAPSE_CONTRACTS ? p->a.r * exp(-tau) : p->a.m * exp(tau / c->L)) - D / c->lb;
  return status;
}

assay_status neural_collapse_two_matrices(const neural_collapse_chain *chain, neural_collapse_branch branch,
                                          neural_collapse_depth *r, assay_error *error) {
  pair_law p = {law_of(chain, NEURAL_COLLAPSE_RIGHT), branch};
  p.a.attention = false;
  assay_value tau = {0, 0};
  double before, now, least = INFINITY, lo = 0;
  assay_status status = check(chain, error);
  if (status == ASSAY_OK) status = balance(0, &p, &before, error);
  for (int i = 1; i <= 480 && status == ASSAY_OK; i++, before = now) {
    status = balance(.025 * i, &p, &now, error);
    if (status != ASSAY_OK || !(before < 0 && now >= 0)) continue;
    assay_value root;
    status = root_find(balance, &p, .025 * (i - 1), .025 * i, 1e-15, &root, error);
    if (status != ASSAY_OK) break;
    const double decay = branch == NEURAL_COLLAPSE_CONTRACTS ? -expm1(-root.value) * p.a.r
                         : isinf(chain->L)                   ? p.a.m * root.value
                                           : p.a.m * chain->L * expm1(root.value / chain->L);
    status = describe(chain, root.value, root.error + 1e-13, chain->lb * decay, r, error);
    if (status == ASSAY_OK && r->J.value < least) least = r->J.value, tau = root, lo = decay;
  }
  if (status != ASSAY_OK) return status;
  if (!isfinite(least))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "%s: the objective has no interior minimum in tau in (0, 12]: the step is not worth its decay",
        branch == NEURAL_COLLAPSE_CONTRACTS ? "contract" : "expand");
  return describe(chain, tau.value, tau.error + 1e-13, chain->lb * lo, r, error);
}

assay_status neural_collapse_asymptotics(const neural_collapse_chain *c, neural_collapse_rate *r,
                                         assay_error *error) {
  assay_value g, w;
  assay_status status = check(c, error);
  if (status == ASSAY_OK) status = neural_collapse_bound(c->loss, c->K, c->lw, 1, &g, &w, error);
  if (status != ASSAY_OK) return status;
  const double m = c->loss == NEURAL_COLLAPSE_CE ? c->K - 1 : c->K, deviations = c->K * (c->n - 1),
               kappa = m * deviations / (m + (c->attention ? 2 : 1) * deviations);
  const double C = c->lb * kappa / (c->lw * c->K * w.value * w.value),
               W = gsl_sf_lambert_W0(2 * c->L * pow(tan(c->phi), 2) / C), tau = W / 2;
  r->tan2 = (assay_value){C / (2 * c->L) * W, 1e-14 * C * W};
  r->exponent_NC1 = (assay_value){-2 * tau / (1 + 2 * tau), 1e-14};
  r->exponent_J = (assay_value){-tau / (1 + tau), 1e-14};
  return ASSAY_OK;
}

assay_status neural_collapse_transport_exponent(int p, double theta, const double *L, int count,
                                                assay_value *result, assay_error *error) {
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
