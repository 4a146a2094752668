/* Ridge and random-features regression at their effective ridge. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "theory/numerics/effective_ridge.h"
#include "theory/numerics/root.h"
#include "theory/spurious-features/spurious-features.h"

typedef const spurious_features_spectrum spectrum;

static double freedom(spectrum *p, double tau, int power) {
  return effective_freedom(p->s, p->m, p->count, tau, power);
}

/* sum a_k s_k^i/(s_k + tau)^j. */
static double resolvent(spectrum *p, const double *a, double tau, int i, int j) {
  double sum = 0;
  for (int k = 0; k < p->count; k++) {
    double term = a[k], K = 1 / (p->s[k] + tau);
    for (int q = 0; q < i; q++) term *= p->s[k];
    for (int q = 0; q < j; q++) term *= K;
    sum += term;
  }
  return sum;
}

/* tau of the core block alone. */
static assay_status core_ridge(spectrum *p, double n, double lambda, assay_value *tau, assay_error *error) {
  double *ones = malloc((size_t)p->dx * sizeof *ones);
  if (!ones) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d multiplicities", p->dx);
  for (int i = 0; i < p->dx; i++) ones[i] = 1;
  assay_status status = effective_ridge(p->core, ones, p->dx, n, lambda, tau, error);
  free(ones);
  return status;
}

static assay_status tau_of(spectrum *p, double n, double lambda, spurious_features_mistake mistake,
                           assay_value *tau, assay_error *error) {
  if (mistake == SPURIOUS_FEATURES_CORE_TRACE) return core_ridge(p, n, lambda, tau, error);
  if (mistake == SPURIOUS_FEATURES_HALF_TRACE)
    return effective_ridge(p->s, p->m, p->count, 2 * n, lambda, tau, error);
  assay_status status = effective_ridge(p->s, p->m, p->count, n, lambda, tau, error);
  if (mistake == SPURIOUS_FEATURES_TAU_LAMBDA) *tau = (assay_value){lambda, 0};
  return status;
}

/* Dn = 1 - df2/n and its derivative in tau. */
static double spread(spectrum *p, double n, double tau) {
  return 1 - freedom(p, tau, 2) / n;
}
static double spread_slope(spectrum *p, double n, double tau) {
  return 2 / n * resolvent(p, p->m, tau, 2, 3);
}

static double b_slope(spectrum *p, double tau) {
  return 2 * tau * resolvent(p, p->beta2, tau, 2, 3);
}

/* dL/dtau times Dn^2. */
static double loss_slope(spectrum *p, double n, double sigma2, double tau) {
  return b_slope(p, tau) * spread(p, n, tau) -
         (sigma2 + spurious_features_b(p, tau)) * spread_slope(p, n, tau);
}

static double loss(double sigma2, double b, double Dn, double df1, double n,
                   spurious_features_mistake mistake) {
  if (mistake == SPURIOUS_FEATURES_NO_DENOMINATOR) return sigma2 + b;
  if (mistake == SPURIOUS_FEATURES_NOISE_OUTSIDE) return sigma2 + b / Dn;
  if (mistake == SPURIOUS_FEATURES_DF1) return (sigma2 + b) / (1 - df1 / n);
  return (sigma2 + b) / Dn;
}

static double variance(spectrum *p, double tau, double sigma2, double b, double Dn,
                       spurious_features_mistake mistake) {
  double first = resolvent(p, p->u2, tau, 1, 2), second = tau * resolvent(p, p->ubeta, tau, 1, 2);
  if (mistake == SPURIOUS_FEATURES_NO_SECOND) second = 0;
  if (mistake == SPURIOUS_FEATURES_NOISE_ONLY) second = 0, b = 0;
  if (mistake == SPURIOUS_FEATURES_NO_DENOMINATOR) Dn = 1;
  return ((sigma2 + b) * first + second * second) / Dn;
}

assay_status spurious_features_at(spectrum *p, double n, double lambda, double sigma2,
                                  spurious_features_mistake mistake, spurious_features_ridge *out,
                                  assay_error *error) {
  if (!(sigma2 >= 0) || !isfinite(sigma2))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma2 = %g; a variance is >= 0", sigma2);
  assay_status status = tau_of(p, n, lambda, mistake, &out->tau, error);
  if (status != ASSAY_OK) return status;
  double t = out->tau.value, b = spurious_features_b(p, t), Dn = spread(p, n, t),
         relative = t > 0 ? out->tau.error / t : 0;
  if (!(Dn > 0) && mistake != SPURIOUS_FEATURES_TAU_LAMBDA)
    return assay_error_set(error, ASSAY_DOMAIN, "n = %g at lambda = %g: interpolation at n = D has no limit",
                           n, lambda);
  double rounding = (relative + 64 * DBL_EPSILON) * (1 + 1 / Dn);
  out->C = t > 0 || mistake != SPURIOUS_FEATURES_NO_TAU ? spurious_features_C(p, t, mistake)
                                                        : (assay_value){NAN, 0};
  out->C.error += fabs(spurious_features_C_slope(p, t)) * out->tau.error;
  double L = loss(sigma2, b, Dn, freedom(p, t, 1), n, mistake);
  out->L = (assay_value){L, L * rounding};
  double fit = t > 0 ? lambda / t : fmax(0, 1 - p->D / n);
  out->train = (assay_value){fit * fit * L, 3 * fit * fit * L * rounding};
  double dC = spurious_features_C_slope(p, t) / Dn, dL = loss_slope(p, n, sigma2, t) / (Dn * Dn * Dn);
  out->dC = (assay_value){dC, (fabs(dC) + 0.1 * fabs(out->C.value)) * rounding};
  out->dL = (assay_value){dL, (fabs(dL) + L * spread_slope(p, n, t) / (Dn * Dn)) * rounding};
  double v = variance(p, t, sigma2, b, Dn, mistake);
  out->n_var_C = (assay_value){v, v * rounding};
  return ASSAY_OK;
}

/* ---- the shape of C ---- */

static double mean_eigenvalue(spectrum *p) {
  double trace = 0;
  for (int k = 0; k < p->count; k++) trace += p->m[k] * p->s[k];
  return trace / p->D;
}

static assay_status slope_of_C(double log_tau, void *context, double *y, assay_error *error) {
  (void)error;
  *y = spurious_features_C_slope(context, exp(log_tau));
  return ASSAY_OK;
}

static assay_status peak_of(spectrum *p, assay_value *tau_C, assay_error *error) {
  double mean = mean_eigenvalue(p), lo, hi;
  spurious_features_spectrum copy = *p;
  root_grid grid = {log(1e-4 * mean), log(1e4 * mean), 161, ROOT_LINEAR};
  assay_value log_tau;
  if (root_bracket_scan(slope_of_C, &copy, &grid, &lo, &hi, NULL) != ASSAY_OK)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "C has no maximum at an effective ridge of 1e-4 to 1e4 mean eigenvalues");
  assay_status status = root_find(slope_of_C, &copy, lo, hi, 1e-15, &log_tau, error);
  tau_C->value = exp(log_tau.value), tau_C->error = tau_C->value * (log_tau.error + 1e-13);
  return status;
}

assay_status spurious_features_shape(spectrum *p, double n, spurious_features_peak *out, assay_error *error) {
  assay_value tau_0;
  assay_status status = peak_of(p, &out->tau_C, error);
  if (status == ASSAY_OK) status = effective_ridge(p->s, p->m, p->count, n, 0, &tau_0, error);
  if (status != ASSAY_OK) return status;
  double t = out->tau_C.value;
  out->lambda_C.value = fmax(0, t * (1 - freedom(p, t, 1) / n));
  out->lambda_C.error = out->tau_C.error + 8 * DBL_EPSILON * t;
  out->C_max = spurious_features_C(p, t, SPURIOUS_FEATURES_RIGHT);
  out->C_0 = spurious_features_C(p, tau_0.value, SPURIOUS_FEATURES_RIGHT);
  out->C_0.error += fabs(spurious_features_C_slope(p, tau_0.value)) * tau_0.error;
  return ASSAY_OK;
}

/* ---- the best ridge ---- */

typedef struct {
  spectrum *p;
  double n, sigma2, tau_0;
} best_problem;

static assay_status best_slope(double log_step, void *context, double *y, assay_error *error) {
  (void)error;
  const best_problem *k = context;
  *y = loss_slope(k->p, k->n, k->sigma2, k->tau_0 + exp(log_step));
  return ASSAY_OK;
}

static assay_status best_loss(double log_step, void *context, double *y, assay_error *error) {
  (void)error;
  const best_problem *k = context;
  double t = k->tau_0 + exp(log_step);
  *y = (k->sigma2 + spurious_features_b(k->p, t)) / spread(k->p, k->n, t);
  return ASSAY_OK;
}

assay_status spurious_features_trade_off(spectrum *p, double n, double sigma2, spurious_features_best *out,
                                         assay_error *error) {
  assay_value tau_0, log_step;
  assay_status status = effective_ridge(p->s, p->m, p->count, n, 0, &tau_0, error);
  if (status != ASSAY_OK) return status;
  if (!(sigma2 > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma2 = %g; without noise there is no best ridge > 0",
                           sigma2);
  best_problem k = {p, n, sigma2, tau_0.value};
  root_grid grid = {log(1e-6), log(1e6), 241, ROOT_LINEAR};
  root_valley valley;
  status = root_valley_scan(best_loss, &k, &grid, &valley, error);
  if (status != ASSAY_OK) return status;
  if (valley.mid == valley.lo || valley.mid == valley.hi)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "sigma2 = %g, n = %g: the loss falls to the end of its range of ridges", sigma2,
                           n);
  status = root_find(best_slope, &k, valley.lo, valley.hi, 1e-15, &log_step, error);
  if (status != ASSAY_OK) return status;
  double step = exp(log_step.value), t = tau_0.value + step;
  out->lambda_m.value = t * (1 - freedom(p, t, 1) / n);
  out->lambda_m.error = step * (log_step.error + 1e-12) + 8 * DBL_EPSILON * t;
  return spurious_features_at(p, n, out->lambda_m.value, sigma2, SPURIOUS_FEATURES_RIGHT, &out->at, error);
}

assay_status spurious_features_noise_threshold(spectrum *p, double n, spurious_features_mistake mistake,
                                               assay_value *sigma2_c, assay_error *error) {
  spurious_features_peak peak;
  assay_status status = spurious_features_shape(p, n, &peak, error);
  if (status != ASSAY_OK) return status;
  if (!(peak.lambda_C.value > 0))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "n = %g: C falls from lambda = 0 on; no noise makes the best ridge smaller than that", n);
  double t = peak.tau_C.value, rising = b_slope(p, t) * spread(p, n, t) / spread_slope(p, n, t),
         b = spurious_features_b(p, t);
  sigma2_c->value = rising - (mistake == SPURIOUS_FEATURES_NO_B ? 0 : b);
  sigma2_c->error = (rising + b) * (100 * DBL_EPSILON + 4 * peak.tau_C.error / t);
  return ASSAY_OK;
}

/* ---- random features ---- */

typedef struct {
  spectrum *p;
  double n, width, mu1, mt2, ell;
} features;

static double total_freedom(const features *k, double tau) {
  return freedom(k->p, tau, 1) + k->mt2 * k->p->D / (k->mu1 * k->mu1 * tau);
}

/* log of (1 - T/p)(n - T) nu2 over ell; for ell = 0: min(n, p) - T. Increasing in tau. */
static assay_status feature_balance(double log_tau, void *context, double *y, assay_error *error) {
  (void)error;
  const features *k = context;
  double tau = exp(log_tau), T = total_freedom(k, tau), most = fmin(k->n, k->width);
  double given = tau * k->mu1 * k->mu1 / k->p->D * (1 - T / k->width) * (k->n - T);
  *y = k->ell == 0 ? most - T : T < most ? given - k->ell : -k->ell;
  return ASSAY_OK;
}

static assay_status feature_tau(features *k, assay_value *tau, assay_error *error) {
  double start = mean_eigenvalue(k->p), lo = log(start), hi = lo, y;
  assay_value log_tau;
  for (int i = 0; i < 400 && (feature_balance(lo, k, &y, error), y > 0); i++) lo -= 1;
  for (int i = 0; i < 400 && (feature_balance(hi, k, &y, error), y < 0); i++) hi += 1;
  assay_status status = root_find(feature_balance, k, lo, hi, 1e-15, &log_tau, error);
  tau->value = exp(log_tau.value), tau->error = tau->value * (log_tau.error + 1e-13);
  return status;
}

/* The test loss of a finite or infinite width at tau. */
static double feature_loss(const features *k, double tau, double sigma2, spurious_features_mistake mistake) {
  spectrum *p = k->p;
  double p_n = k->width, D = p->D, mu = k->mu1 * k->mu1, nu2 = tau * mu / D, T = total_freedom(k, tau);
  double F2 = freedom(p, tau, 2), r = 1 - T / p_n, Ups, chi = 0;
  if (isinf(p_n)) {
    Ups = F2 / k->n;
  } else {
    Ups = p_n / k->n * ((1 - r) * (1 - r) + r * r * F2 / (p_n - F2));
    chi = (D / mu * resolvent(p, p->m, tau, 1, 2) + k->mt2 / (nu2 * nu2)) / (p_n - F2);
  }
  if (mistake == SPURIOUS_FEATURES_KERNEL_UPS) Ups = F2 / k->n;
  double bias = spurious_features_b(p, tau) + nu2 * nu2 * chi * (D / mu) * resolvent(p, p->beta2, tau, 2, 2);
  return sigma2 + bias / (1 - Ups) + sigma2 * Ups / (1 - Ups);
}

assay_status spurious_features_random_features(spectrum *p, double n, double width, double mu1, double mt2,
                                               double ell, double sigma2, spurious_features_mistake mistake,
                                               spurious_features_random *out, assay_error *error) {
  if (!(ell >= 0) || !(width > 0) || !(n > 0) || !(sigma2 >= 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "ell = %g, p = %g, n = %g, sigma2 = %g; ell, sigma2 >= 0 and n, p > 0", ell, width,
                           n, sigma2);
  if (mistake == SPURIOUS_FEATURES_NO_HIGHER) mt2 = 0;
  if (mistake == SPURIOUS_FEATURES_MU1_PLAIN) mu1 = sqrt(mu1);
  if (fabs(mean_eigenvalue(p) - 1) > 1e-9)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "the trace of Sigma over D is %.12g; random features are scaled for 1",
                           mean_eigenvalue(p));
  features k = {p, n, width, mu1, mt2, ell};
  double lambda = (ell + mt2) * p->D / (n * mu1 * mu1) * (mistake == SPURIOUS_FEATURES_HALF_NOISE ? .5 : 1);
  if (mistake == SPURIOUS_FEATURES_NO_DIMENSION) lambda /= p->D;
  out->lambda_rf = (assay_value){lambda, 8 * DBL_EPSILON * lambda};
  assay_status status;
  if (isinf(width))
    status = effective_ridge(p->s, p->m, p->count, n, lambda, &out->tau, error);
  else if (ell == 0 && mt2 == 0 && fmin(n, width) >= p->D)
    out->tau = (assay_value){0, 0}, status = ASSAY_OK;
  else
    status = feature_tau(&k, &out->tau, error);
  if (status != ASSAY_OK) return status;
  double t = out->tau.value;
  out->C = spurious_features_C(p, t, SPURIOUS_FEATURES_RIGHT);
  out->C.error += fabs(spurious_features_C_slope(p, t)) * out->tau.error;
  out->L.value = t > 0 ? feature_loss(&k, t, sigma2, mistake) : NAN;
  if (isinf(width)) out->L.value = (sigma2 + spurious_features_b(p, t)) / spread(p, n, t);
  out->L.error = fabs(out->L.value) * 1e-11;
  return ASSAY_OK;
}
