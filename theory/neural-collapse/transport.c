/* What linear chains pay for turning a vector, shrinking a spread, making a matrix; and what they cannot
 * merge. */
#include <float.h>
#include <math.h>

#include "theory/neural-collapse/neural-collapse.h"
#include "theory/numerics/root.h"

typedef struct {
  double L, theta0, lb, target;
} transport;

static assay_status check(int L, double lb, assay_error *error) {
  if (!(L >= 1 && lb > 0 && isfinite(lb)))
    return assay_error_set(error, ASSAY_DOMAIN, "L = %d, lb = %g: L >= 1, lb > 0", L, lb);
  return ASSAY_OK;
}

static assay_status left_over(double rho, void *context, double *y, assay_error *error) {
  (void)error;
  const transport *t = context;
  *y = sin(rho) - t->lb / 2 * sin(2 * (t->theta0 - rho) / t->L);
  return ASSAY_OK;
}

static double turned_value(const transport *t, double rho) {
  return t->lb / 2 * t->L * pow(sin((t->theta0 - rho) / t->L), 2) - cos(rho);
}

assay_status neural_collapse_turn(int L, double theta0, double lb, int chord, assay_value *rho,
                                  assay_value *J, assay_error *error) {
  transport t = {L, theta0, lb, 0};
  double lo, hi, best = INFINITY, at = 0;
  assay_status status = check(L, lb, error);
  if (status == ASSAY_OK && !(theta0 > 0 && theta0 <= M_PI / 2))
    status = assay_error_set(error, ASSAY_DOMAIN, "theta0 = %g: 0 < theta0 <= pi/2", theta0);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i <= 400; i++)
    if (turned_value(&t, theta0 * i / 400) < best)
      best = turned_value(&t, theta0 * i / 400), at = theta0 * i / 400;
  lo = fmax(0, at - theta0 / 400);
  hi = fmin(theta0, at + theta0 / 400);
  *rho = (assay_value){at, 0};
  double below, above;
  left_over(lo, &t, &below, error);
  left_over(hi, &t, &above, error);
  if (below < 0 && above > 0) status = root_find(left_over, &t, lo, hi, 1e-15, rho, error);
  if (status != ASSAY_OK) return status;
  const double value = chord ? lb / 2 * 4 * L * pow(sin((theta0 - rho->value) / (2 * L)), 2) - cos(rho->value)
                             : turned_value(&t, rho->value);
  *J = (assay_value){value, 4 * DBL_EPSILON};
  return ASSAY_OK;
}

static assay_status grown(double q, void *context, double *y, assay_error *error) {
  (void)error;
  const transport *t = context;
  const double root = pow(q, 1 / t->L);
  *y = q - t->target + t->lb * root / q * (root - 1);
  return ASSAY_OK;
}

assay_status neural_collapse_product(int L, const double *targets, int count, double lb, assay_value *J,
                                     assay_error *error) {
  assay_status status = check(L, lb, error);
  *J = (assay_value){0, 0};
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    transport t = {L, 0, lb, targets[i]};
    assay_value q = {1, 0};
    if (!(targets[i] > 0 && isfinite(targets[i])))
      return assay_error_set(error, ASSAY_DOMAIN, "target %d = %g: eigenvalues are > 0", i + 1, targets[i]);
    if (targets[i] != 1)
      status = root_find(grown, &t, fmin(1, targets[i]), fmax(1, targets[i]), 1e-15, &q, error);
    const double step = pow(q.value, 1. / L) - 1, miss = q.value - targets[i];
    J->value += miss * miss / 2 + lb / 2 * L * step * step;
  }
  J->error = 8 * DBL_EPSILON * J->value;
  return status;
}

assay_status neural_collapse_contraction(int L, double tau, double m, double r, assay_value *A,
                                         assay_error *error) {
  if (!(L >= 1 && tau >= 0 && m > 0 && r > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "L = %d, tau = %g, m = %g, r = %g: L >= 1, tau >= 0, m, r > 0", L, tau, m, r);
  const double equal = tau / L, width = (tau - equal) / 400;
  double least = L * neural_collapse_block_cost(m, r, equal), at = equal;
  for (int i = 1; i <= 400 && L > 1; i++) {
    const double s = equal + width * i,
                 value = neural_collapse_block_cost(m, r, s) +
                         (L - 1) * neural_collapse_block_cost(m, r, (tau - s) / (L - 1));
    if (value < least) least = value, at = s;
  }
  double lo = fmax(equal, at - width), hi = fmin(tau, at + width);
  for (int round = 0; round < 60 && L > 1; round++) {
    const double a = lo + .381966 * (hi - lo), b = lo + .618034 * (hi - lo);
    const double fa =
        neural_collapse_block_cost(m, r, a) + (L - 1) * neural_collapse_block_cost(m, r, (tau - a) / (L - 1));
    const double fb =
        neural_collapse_block_cost(m, r, b) + (L - 1) * neural_collapse_block_cost(m, r, (tau - b) / (L - 1));
    least = fmin(least, fmin(fa, fb));
    if (fa < fb)
      hi = b;
    else
      lo = a;
  }
  *A = (assay_value){least, 1e-14 * least};
  return ASSAY_OK;
}

assay_status neural_collapse_least_angle(double theta0, const double *s, int count, assay_value *theta,
                                         assay_error *error) {
  double tangent = tan(theta0 / 2);
  if (!(theta0 > 0 && theta0 < M_PI))
    return assay_error_set(error, ASSAY_DOMAIN, "theta0 = %g: 0 < theta0 < pi", theta0);
  for (int i = 0; i < count; i++) {
    if (!(s[i] >= 0 && s[i] < 1))
      return assay_error_set(error, ASSAY_DOMAIN, "s%d = %g: norms of blocks in [0,1)", i + 1, s[i]);
    tangent *= (1 - s[i]) / (1 + s[i]);
  }
  *theta = (assay_value){2 * atan(tangent), 4 * DBL_EPSILON * (count + 1) * theta0};
  return ASSAY_OK;
}
