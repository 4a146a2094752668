#include "theory/numerics/effective_ridge.h"

#include <float.h>
#include <math.h>

#include "theory/numerics/root.h"

typedef struct {
  const double *s, *m;
  int count;
  double n, lambda, rank;
} ridge;

double effective_freedom(const double *s, const double *m, int count, double tau, int power) {
  double sum = 0;
  for (int k = 0; k < count; k++) {
    double share = s[k] / (s[k] + tau);
    sum += m[k] * (power == 1 ? share : power == 2 ? share * share : pow(share, power));
  }
  return sum;
}

/* n (1 - df1/n - lambda/tau) as a function of log tau, increasing. In 1 - s/(s + tau) = tau/(s + tau) nothing
 * cancels when n >= rank. */
static assay_status balance(double log_tau, void *context, double *y, assay_error *error) {
  (void)error;
  const ridge *r = context;
  double tau = exp(log_tau), sum = r->n - r->rank - r->n * r->lambda / tau;
  for (int k = 0; k < r->count; k++)
    if (r->s[k] > 0) sum += r->m[k] * (tau / (r->s[k] + tau));
  *y = sum;
  return ASSAY_OK;
}

static assay_status check(ridge *r, double *trace, double *least, assay_error *error) {
  *trace = 0, *least = INFINITY, r->rank = 0;
  if (!(r->n > 0) || !isfinite(r->n))
    return assay_error_set(error, ASSAY_DOMAIN, "n = %g samples; it is finite and > 0", r->n);
  if (!(r->lambda >= 0) || !isfinite(r->lambda))
    return assay_error_set(error, ASSAY_DOMAIN, "lambda = %g; a ridge is finite and >= 0", r->lambda);
  for (int k = 0; k < r->count; k++) {
    double s = r->s[k], m = r->m[k];
    if (!(s >= 0) || !isfinite(s))
      return assay_error_set(error, ASSAY_DOMAIN, "eigenvalue %g; it is finite and >= 0", s);
    if (!(m >= 0) || !isfinite(m))
      return assay_error_set(error, ASSAY_DOMAIN, "multiplicity %g; it is finite and >= 0", m);
    if (s == 0 || m == 0) continue;
    *trace += m * s, r->rank += m, *least = fmin(*least, s);
  }
  return ASSAY_OK;
}

/* Rounding of the balance, relative to its slope in log tau. */
static double rounding(const ridge *r, double tau) {
  double size = fabs(r->n - r->rank) + r->n * r->lambda / tau, slope = r->n * r->lambda / tau;
  for (int k = 0; k < r->count; k++)
    if (r->s[k] > 0) {
      double t = r->m[k] * (tau / (r->s[k] + tau));
      size += t, slope += t * (r->s[k] / (r->s[k] + tau));
    }
  return 8 * DBL_EPSILON * size / slope;
}

assay_status effective_ridge(const double *s, const double *m, int count, double n, double lambda,
                             assay_value *tau, assay_error *error) {
  ridge r = {s, m, count, n, lambda, 0};
  double trace, least;
  assay_status status = check(&r, &trace, &least, error);
  if (status != ASSAY_OK) return status;
  if (r.rank == 0 || (lambda == 0 && n >= r.rank)) {
    *tau = (assay_value){lambda, 0};
    return ASSAY_OK;
  }
  /* Without ridge, n < rank: rank s/(s + tau) >= n at some eigenvalue bounds tau from below. */
  double lo = lambda > 0 ? log(lambda) - 1e-9 : log(least) + log((r.rank - n) / n) - 1e-9,
         hi = log(lambda + trace / n) + 1e-9;
  assay_value log_tau;
  status = root_find(balance, &r, lo, hi, 4e-16, &log_tau, error);
  if (status != ASSAY_OK) return status;
  tau->value = exp(log_tau.value);
  /* The root is bracketed in log tau, which is rounded itself. */
  tau->error = tau->value * (fmin(log_tau.error, 1e-13) + 4 * DBL_EPSILON * fabs(log_tau.value) +
                             rounding(&r, tau->value));
  return ASSAY_OK;
}
