/* Proportional limits: isotropic, by blocks, and the thresholds that follow. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "theory/numerics/root.h"
#include "theory/ttt-icl/ttt-icl.h"

static assay_value rounded(double x, double size) {
  return (assay_value){x, 8 * DBL_EPSILON * (fabs(x) + size)};
}

static assay_status check(double alpha, double gamma, double sigma2, assay_error *error) {
  if (!(alpha > 0 && isfinite(alpha)))
    return assay_error_set(error, ASSAY_DOMAIN, "alpha = %g: n/d is > 0 and finite", alpha);
  if (!(gamma > 0)) return assay_error_set(error, ASSAY_DOMAIN, "gamma = %g: k/d is > 0", gamma);
  if (!(sigma2 >= 0 && isfinite(sigma2)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma2 = %g: a variance is >= 0 and finite", sigma2);
  return ASSAY_OK;
}

/* What one step removes of the risk L: gamma A^2/(gamma Q + T2 (L + sigma2)); gamma may be infinite. */
static double gain_of(double gamma, double A, double Q, double T2, double L, double sigma2) {
  return isinf(gamma) ? A * A / Q : gamma * A * A / (gamma * Q + T2 * (L + sigma2));
}

assay_status ttt_icl_isotropic_limits(double alpha, double gamma, double sigma2, ttt_icl_mistake mistake,
                                      ttt_icl_limits *result, assay_error *error) {
  if (mistake == TTT_ICL_ROLES_SWAPPED) {
    double other = alpha;
    alpha = gamma, gamma = other;
  }
  assay_status status = check(alpha, gamma, sigma2, error);
  if (status != ASSAY_OK) return status;
  double t = 1 + sigma2, v = t / (alpha + t), gain = gain_of(gamma, v * v, v, 1, v, sigma2);
  if (mistake == TTT_ICL_SQUARED_GAIN) gain /= v;
  if (mistake == TTT_ICL_REUSED_CONTEXT) gain = gain_of(gamma, v, v, 1, v, sigma2);
  result->L0 = rounded(v, 0);
  result->L_warm = rounded(v - gain, v);
  result->L_cold = rounded(1 - gain_of(gamma, 1, 1, 1, 1, sigma2), 1);
  result->s_scaled = rounded(isinf(gamma) ? 0 : v * v / ((gamma + 1) * v + sigma2), 0);
  return ASSAY_OK;
}

/* ---- blocks ---- */

static assay_status check_blocks(const ttt_icl_blocks *b, assay_error *error) {
  double shares = 0, trace = 0, mass = 0;
  if (b->m < 1) return assay_error_set(error, ASSAY_DOMAIN, "there is no block");
  for (int j = 0; j < b->m; j++) {
    if (!(b->p[j] > 0 && b->S[j] >= 0 && b->rho[j] >= 0 && (!b->lam || b->lam[j] > 0)))
      return assay_error_set(error, ASSAY_DOMAIN, "block %d: p and lam have to be > 0, S and rho >= 0",
                             j + 1);
    shares += b->p[j];
    trace += b->p[j] * b->S[j];
    mass += b->rho[j];
  }
  if (!(fabs(shares - 1) < 1e-9 && fabs(trace - 1) < 1e-9 && fabs(mass - 1) < 1e-9))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "sum p = %.10g, sum p S = %.10g, sum rho = %.10g: each has to be 1", shares, trace,
                           mass);
  return ASSAY_OK;
}

assay_status ttt_icl_block_limits(double alpha, double gamma, double sigma2, const ttt_icl_blocks *blocks,
                                  ttt_icl_mistake mistake, ttt_icl_aligned *result, assay_error *error) {
  assay_status status = check(alpha, gamma, sigma2, error);
  if (status == ASSAY_OK) status = check_blocks(blocks, error);
  if (status != ASSAY_OK) return status;
  double t = 1 + sigma2, A = 0, B = 0, A_lam = 0, Q = 0, T2 = 0;
  for (int j = 0; j < blocks->m; j++) {
    double lam = blocks->lam && mistake != TTT_ICL_LAM_IGNORED ? blocks->lam[j] : 1,
           below = alpha * blocks->S[j] + t;
    double left = t / below, nu = alpha * blocks->S[j] / below, missing = blocks->rho[j] * left * left;
    double noise = mistake == TTT_ICL_NO_B ? 0 : t / alpha * blocks->p[j] * nu * nu;
    A += missing;
    B += noise;
    A_lam += lam * missing;
    Q += lam * lam * (missing + noise);
    T2 += blocks->p[j] * lam * lam;
  }
  double gain = gain_of(gamma, A_lam, Q, T2, A + B, sigma2);
  if (mistake == TTT_ICL_ALL_REMOVED) gain = A * (isinf(gamma) ? 1 : gamma / (1 + gamma));
  result->A = rounded(A, 0);
  result->B = rounded(B, 0);
  result->L0 = rounded(A + B, 0);
  result->L_star = rounded(A + B - gain, A + B);
  return ASSAY_OK;
}

typedef struct {
  double A, L0, sigma2;
} two_starts;

/* L_warm - L_cold at gamma = e^x. */
static assay_status advantage(double x, void *context, double *y, assay_error *error) {
  (void)error;
  const two_starts *s = context;
  double gamma = exp(x);
  *y = s->L0 - 1 - gain_of(gamma, s->A, s->L0, 1, s->L0, s->sigma2) + gain_of(gamma, 1, 1, 1, 1, s->sigma2);
  return ASSAY_OK;
}

assay_status ttt_icl_block_crossing(double alpha, double sigma2, const ttt_icl_blocks *blocks,
                                    assay_value *gamma, assay_error *error) {
  static const double one = 1;
  static const ttt_icl_blocks isotropic = {1, &one, &one, &one, NULL};
  ttt_icl_aligned a;
  assay_value root;
  assay_status status =
      ttt_icl_block_limits(alpha, 1, sigma2, blocks ? blocks : &isotropic, TTT_ICL_RIGHT, &a, error);
  if (status != ASSAY_OK) return status;
  two_starts s = {a.A.value, a.L0.value, sigma2};
  double low, high, step = 1e-4, up, down;
  advantage(-8, &s, &low, error);
  advantage(12, &s, &high, error);
  if (low >= 0 && high > 0)
    return assay_error_set(error, ASSAY_DOMAIN, "cold always wins: the pretrained risk A + B is %.6g", s.L0);
  if (low <= 0 && high <= 0) return assay_error_set(error, ASSAY_DOMAIN, "warm always wins");
  status = root_find(advantage, &s, -8, 12, 1e-15, &root, error);
  if (status != ASSAY_OK) return status;
  advantage(root.value + step, &s, &up, error);
  advantage(root.value - step, &s, &down, error);
  double value = exp(root.value);
  *gamma = (assay_value){value, value * (root.error + 8 * DBL_EPSILON * 2 * step / fabs(up - down))};
  return ASSAY_OK;
}

assay_status ttt_icl_block_sizes(const ttt_icl_blocks *blocks, double d, int *count, int *total,
                                 assay_error *error) {
  assay_status status = check_blocks(blocks, error);
  if (status != ASSAY_OK) return status;
  if (!(d >= blocks->m && d <= 1e7))
    return assay_error_set(error, ASSAY_DOMAIN, "d = %g: from the number of blocks, %d, to 1e7", d,
                           blocks->m);
  *total = 0;
  for (int j = 0; j < blocks->m; j++) {
    count[j] = (int)fmax(1, round(blocks->p[j] * d));
    *total += count[j];
  }
  return ASSAY_OK;
}

assay_status ttt_icl_block_problem(const ttt_icl_blocks *blocks, const int *count, double n, double sigma2,
                                   double *lam, double *w, double *b, assay_error *error) {
  int i = 0, d = 0;
  for (int j = 0; j < blocks->m; j++) d += count[j];
  for (int j = 0; j < blocks->m; j++)
    for (int c = 0; c < count[j]; c++, i++) {
      lam[i] = blocks->lam ? blocks->lam[j] : 1;
      w[i] = blocks->S[j] / d;
      b[i] = c ? 0 : sqrt(blocks->rho[j]);
    }
  return ttt_icl_pretrained(n, sigma2, d, w, TTT_ICL_RIGHT, w, NULL, error);
}

/* ---- thresholds of the isotropic limit ---- */

assay_status ttt_icl_peak(double gamma, assay_value *alpha, assay_value *L, assay_error *error) {
  if (!(gamma > .5))
    return assay_error_set(error, ASSAY_DOMAIN, "gamma = %g <= 1/2: the risk falls with the context length",
                           gamma);
  double u =
      isinf(gamma) ? 1 / sqrt(3) : sqrt((1 + gamma) / (3 * gamma)); /* 1 = 3 g u^2, so that L = u - u/3 */
  *alpha = rounded(1 / u - 1, 1);
  *L = rounded(2 * u / 3, 0);
  return ASSAY_OK;
}

double ttt_icl_floor(double alpha, double sigma2) {
  double v = (1 + sigma2) / (alpha + 1 + sigma2);
  return v * (1 - v * v);
}

assay_status ttt_icl_targets_limit(double alpha, double sigma2, bool warm, double eps, assay_value *gamma,
                                   assay_error *error) {
  assay_status status = check(alpha, 1, sigma2, error);
  if (status != ASSAY_OK) return status;
  double v = (1 + sigma2) / (alpha + 1 + sigma2), L0 = warm ? v : 1, A = warm ? v * v : 1,
         below = A * A - L0 * (L0 - eps);
  if (!(eps > 0 && eps < L0))
    return assay_error_set(error, ASSAY_DOMAIN, "eps = %g: the risk is %.6g without any target", eps, L0);
  if (!(below > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "eps = %g is below the floor %.6g of one step", eps,
                           warm ? ttt_icl_floor(alpha, sigma2) : 0);
  gamma->value = (L0 - eps) * (L0 + sigma2) / below;
  gamma->error = 8 * DBL_EPSILON * gamma->value * (1 + L0 / (L0 - eps) + A * A / below);
  return ASSAY_OK;
}
