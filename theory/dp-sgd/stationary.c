/* Constant step without private noise: closed forms without clipping, the stationary risk with it. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "theory/dp-sgd/flow.h"
#include "theory/numerics/root.h"

assay_status dp_sgd_unclipped(double gamma, double eta, double zeta, double R0, double t,
                              dp_sgd_mistake mistake, assay_value *R, assay_value *R_inf,
                              assay_error *error) {
  dp_sgd_problem problem = {
      .gamma = gamma, .c = INFINITY, .rho = INFINITY, .zeta = zeta, .R0 = R0, .eta = {.eta0 = eta}};
  flow f;
  assay_status status = flow_make(&f, &problem, DP_SGD_RIGHT, 0, error);
  if (status != ASSAY_OK) return status;
  if (!(t >= 0) || !isfinite(t))
    return assay_error_set(error, ASSAY_DOMAIN, "t = %g; the time is finite and >= 0", t);
  double rate = eta * (2 - eta * gamma), fed = eta * eta * gamma * zeta * zeta / 2;
  double exponent = mistake == DP_SGD_LINEAR_RATE ? 2 * eta : rate;
  /* R_inf (1 - exp(-exponent t)), also where R_inf does not exist. */
  double gained = exponent == rate ? (rate == 0 ? fed * t : fed * -expm1(-rate * t) / rate)
                                   : fed / rate * -expm1(-exponent * t);
  R->value = R0 * exp(-exponent * t) + gained;
  R->error = 16 * DBL_EPSILON * (1 + exponent * t) * fabs(R->value);
  *R_inf = (assay_value){rate > 0 ? fed / rate : NAN,
                         rate > 0 ? 16 * DBL_EPSILON * fed / rate * 2 / (2 - eta * gamma) : 0};
  return isfinite(R->value)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "unclipped SGD grows by exp(%g)", -rate * t);
}

/* The balance of drift and noise; R as a fraction of itself, so that the root is well scaled. */
static assay_status balance(double R, void *context, double *y, assay_error *error) {
  (void)error;
  const flow *f = context;
  *y = -flow_slope(f, R, f->problem->eta.eta0);
  return ASSAY_OK;
}

assay_status dp_sgd_stationary(double gamma, double c, double eta, double zeta, dp_sgd_mistake mistake,
                               assay_value *R, assay_error *error) {
  dp_sgd_problem problem = {.gamma = gamma, .c = c, .rho = INFINITY, .zeta = zeta, .eta = {.eta0 = eta}};
  flow f;
  double lo, hi;
  assay_status status = flow_make(&f, &problem, mistake, 0, error);
  if (status != ASSAY_OK) return status;
  if ((isinf(c) || mistake == DP_SGD_UNCLIPPED) && !(eta * gamma < 2))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "eta gamma = %g; without clipping a stationary risk needs eta gamma < 2",
                           eta * gamma);
  status = root_bracket_doubling(balance, &f, zeta * zeta / 2, &lo, &hi, error);
  if (status == ASSAY_OK) status = root_find(balance, &f, lo, hi, 1e-15, R, error);
  if (status != ASSAY_OK) return status;
  /* Rounding of the balance moves the root by its size over the slope. */
  double step = 1e-4 * R->value, above, below, mu, nu;
  flow_factors(&f, flow_P(&f, R->value), &mu, &nu);
  balance(R->value + step, &f, &above, error), balance(R->value - step, &f, &below, error);
  R->error += 16 * DBL_EPSILON * 2 * eta * mu * R->value / fabs((above - below) / (2 * step));
  return ASSAY_OK;
}

assay_status dp_sgd_after(double gamma, double c, double eta, double zeta, double R0, double T,
                          assay_value *R, assay_error *error) {
  if (!(T > 0) || !isfinite(T))
    return assay_error_set(error, ASSAY_DOMAIN, "T = %g; the horizon is finite and > 0", T);
  dp_sgd_problem problem = {
      .gamma = gamma / T, .c = c, .rho = INFINITY, .zeta = zeta, .R0 = R0, .eta = {.eta0 = eta * T}};
  const double last = 1;
  return dp_sgd_trajectory(&problem, DP_SGD_RIGHT, &last, 1, R, NULL, error);
}
