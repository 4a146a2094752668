#include "theory/numerics/effective_ridge.h"

#include <float.h>
#include <math.h>

#include "theory/numerics/root.h"

typedef struct {
  const double *s, *m;
  int count;
  double n, lambda;
} ridge;

double effective_freedom(const double *s, const double *m, int count, double tau, int power) {
  double sum = 0;
  for (int k = 0; k < count; k++) {
    double share = s[k] / (s[k] + tau);
    sum += m[k] * (power == 1 ? share : power == 2 ? share * share : pow(share, power));
  }
  return sum;
}

/* tau (1 - df1/n) - lambda over tau, as a function of log tau: increasing. */
static assay_status balance(double log_tau, void *context, double *y, assay_error *error) {
  (void)error;
  const ridge *r = context;
  double tau = exp(log_tau);
  *y = 1 - effective_freedom(r->s, r->m, r->count, tau, 1) / r->n - r->lambda / tau;
  return ASSAY_OK;
}

assay_status effective_ridge(const double *s, const double *m, int count, double n, double lambda,
                             assay_value *tau, assay_error *error) {
  ridge r = {s, m, count, n, lambda};
  double trace = 0, rank = 0, least = INFINITY;
  if (!(n > 0) || !isfinite(n))
    return assay_error_set(error, ASSAY_DOMAIN, "n = %g samples; there is at least one", n);
  if (!(lambda >= 0) || !isfinite(lambda))
    return assay_error_set(error, ASSAY_DOMAIN, "lambda = %g; a ridge is finite and >= 0", lambda);
  for (int k = 0; k < count; k++) trace += m[k] * s[k], rank += m[k], least = fmin(least, s[k]);
  if (lambda == 0 && n >= rank) {
    *tau = (assay_value){0, 0};
    return ASSAY_OK;
  }
  /* Without ridge, n < rank: rank s/(s + tau) >= n at some eigenvalue bounds tau from below. */
  double lo = lambda > 0 ? log(lambda) - 1e-9 : log(least * (rank - n) / n) - 1e-9,
         hi = log(lambda + trace / n) + 1e-9;
  assay_value log_tau;
  assay_status status = root_find(balance, &r, lo, hi, 4e-16, &log_tau, error);
  if (status != ASSAY_OK) return status;
  double slope = 1 - effective_freedom(s, m, count, exp(log_tau.value), 2) / n;
  tau->value = exp(log_tau.value);
  /* Rounding of the balance, of size eps, over its slope in log tau. */
  tau->error = tau->value * (fmin(log_tau.error, 1e-13) + 8 * DBL_EPSILON / fabs(slope));
  return ASSAY_OK;
}
