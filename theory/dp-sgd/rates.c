/* The rates at which F vanishes with gamma at fixed kk = gamma/rho^2, and their constants. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "model/clipping.h"
#include "theory/dp-sgd/flow.h"
#include "theory/numerics/root.h"

/* What A, B and G are made of: mu, nu frozen at P = zeta^2/2, k = 2 c^2 kk, b = nu zeta^2/2. */
typedef struct {
  double mu, nu, k, b;
} frozen;

static assay_status freeze(double c, double zeta, double kk, frozen *f, assay_error *error) {
  if (!(c > 0) || !isfinite(c) || !(zeta > 0) || !isfinite(zeta) || !(kk >= 0) || !isfinite(kk))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "rates need finite c > 0, zeta > 0 and kk >= 0, not c = %g, zeta = %g, kk = %g", c,
                           zeta, kk);
  double P = zeta * zeta / 2;
  *f = (frozen){clipping_mu(c, P), clipping_nu(c, P), 2 * c * c * kk, 0};
  f->b = f->nu * P;
  return ASSAY_OK;
}

static assay_value rounded(double value) {
  return (assay_value){value, 32 * DBL_EPSILON * fabs(value)};
}

static double constant_A(const frozen *f) {
  return f->b / (f->mu * f->mu);
}
static double constant_B(const frozen *f) {
  return 27 * f->k / (4 * f->mu * f->mu);
}

/* The problem at gamma; rho is infinite at kk = 0. */
static dp_sgd_problem rate_problem(double gamma, double c, double zeta, double kk) {
  return (dp_sgd_problem){.gamma = gamma,
                          .c = c,
                          .rho = kk > 0 ? sqrt(gamma / kk) : INFINITY,
                          .zeta = zeta,
                          .R0 = .5,
                          .eta = {.kind = SCHEDULE_CONST, .eta0 = 1}};
}

static assay_value over(assay_value x, double by) {
  return (assay_value){x.value / by, x.error / by};
}

/* ---- constant step ---- */

assay_status dp_sgd_rate_constant(double gamma, double c, double zeta, double kk, dp_sgd_constant_rate *rate,
                                  assay_error *error) {
  frozen f;
  assay_status status = freeze(c, zeta, kk, &f, error);
  if (status != ASSAY_OK) return status;
  dp_sgd_problem problem = rate_problem(gamma, c, zeta, kk);
  problem.noise = DP_SGD_OUTPUT;
  assay_value eta, t0, F;
  status = dp_sgd_schedule_optimum(&problem, DP_SGD_FREE_STEP, DP_SGD_RIGHT, &eta, &t0, &F, error);
  if (status != ASSAY_OK) return status;
  double A = constant_A(&f), B = constant_B(&f), L = 2 * eta.value * f.mu;
  rate->F_over_gamma = over(F, gamma);
  rate->L = (assay_value){L, 2 * eta.error * f.mu + 4 * DBL_EPSILON * L};
  rate->expansion = rounded(A / 4 * (L + 1) + B / 27 * (L * L + 2 * L));
  rate->expansion.error += (A / 4 + B / 27 * (2 * L + 2)) * rate->L.error;
  return ASSAY_OK;
}

/* ---- decaying step ---- */

/* x + (2k/b) log(1 + b x/(4k)) - 1. */
static assay_status arrival(double x, void *context, double *y, assay_error *error) {
  (void)error;
  const frozen *f = context;
  *y = x + 2 * f->k / f->b * log1p(f->b * x / (4 * f->k)) - 1;
  return ASSAY_OK;
}

assay_status dp_sgd_rate_decaying(double c, double zeta, double kk, dp_sgd_mistake mistake,
                                  dp_sgd_decaying_rate *rate, assay_error *error) {
  frozen f;
  assay_status status = freeze(c, zeta, kk, &f, error);
  if (status != ASSAY_OK) return status;
  assay_value x = {1, 0};
  if (f.k > 0) status = root_find(arrival, &f, .5, 1, 1e-15, &x, error);
  if (status != ASSAY_OK) return status;
  double A = constant_A(&f), B = constant_B(&f) * (mistake == DP_SGD_B_TWO ? 2 / 13.5 : 1);
  rate->A = rounded(A), rate->B = rounded(B);
  rate->G_low = rounded(A + B), rate->G_up = rounded(9 * A / 8 + B);
  double G = (3 * f.k / (x.value * x.value) + f.b / x.value) / (f.mu * f.mu);
  rate->G = rounded(G);
  rate->G.error += 2 * G * x.error / x.value;
  return ASSAY_OK;
}

assay_status dp_sgd_rate_greedy(double gamma, double c, double zeta, double kk, assay_value *F_over_gamma,
                                assay_error *error) {
  frozen f;
  assay_value eta0, F;
  assay_status status = freeze(c, zeta, kk, &f, error);
  if (status != ASSAY_OK) return status;
  dp_sgd_problem problem = rate_problem(gamma, c, zeta, kk);
  status = dp_sgd_greedy(&problem, 1, &eta0, &F, NULL, 0, error);
  if (status == ASSAY_OK) *F_over_gamma = over(F, gamma);
  return status;
}

assay_status dp_sgd_rate_harmonic(double c, double zeta, double kk, double alpha, assay_value *F_over_gamma,
                                  assay_error *error) {
  frozen f;
  assay_status status = freeze(c, zeta, kk, &f, error);
  if (status != ASSAY_OK) return status;
  double least = kk > 0 ? 1 : .5;
  if (!(alpha > least) || !isfinite(alpha))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "alpha = %g; the step alpha/(mu t) needs alpha > %g to forget its start", alpha,
                           least);
  double private_part = kk > 0 ? f.k * alpha * alpha * alpha / (alpha - 1) : 0;
  *F_over_gamma = rounded((f.b * alpha * alpha / (2 * alpha - 1) + private_part) / (f.mu * f.mu));
  return ASSAY_OK;
}

/* ---- the best clipping threshold ---- */

/* The derivative of log((nu + 27 kk a^2)/mu^2) by log a, times what keeps its sign. nu' = 2 a erfc(a/sqrt 2).
 */
static assay_status clip_slope(double a, void *context, double *y, assay_error *error) {
  (void)error;
  double kk = *(const double *)context, mu = clipping_mu(a, .5), nu = clipping_nu(a, .5);
  double mu_slope = 2 * exp(-a * a / 2) / sqrt(2 * M_PI), nu_slope = 2 * a * erfc(a * M_SQRT1_2);
  *y = (nu_slope + 54 * kk * a) * mu - 2 * (nu + 27 * kk * a * a) * mu_slope;
  return ASSAY_OK;
}

assay_status dp_sgd_rate_clip(double kk, assay_value *a, assay_value *objective, assay_error *error) {
  double lo, hi;
  if (!(kk > 0) || !isfinite(kk))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "kk = %g; the best threshold is finite for finite kk > 0 only", kk);
  const root_grid grid = {1e-4, 30, 64, ROOT_LOG};
  assay_status status = root_bracket_scan(clip_slope, &kk, &grid, &lo, &hi, error);
  if (status == ASSAY_OK) status = root_find(clip_slope, &kk, lo, hi, 1e-14, a, error);
  if (status != ASSAY_OK) return status;
  double best = a->value, mu = clipping_mu(best, .5), nu = clipping_nu(best, .5), h = 1e-4 * best, above,
         below;
  clip_slope(best + h, &kk, &above, error), clip_slope(best - h, &kk, &below, error);
  a->error += 32 * DBL_EPSILON * (nu + 54 * kk * best * best) /
              fabs((above - below) / (2 * h)); /* rounding of the slope */
  *objective = rounded((nu + 27 * kk * best * best) / (2 * mu * mu));
  return ASSAY_OK;
}
