/* The parabola in the step at every size, and what follows from it in closed form. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "theory/numerics/root.h"
#include "theory/ttt-icl/ttt-icl.h"

/* ---- sums that know their rounding ---- */

typedef struct {
  long double sum, size; /* of the terms, of their absolute values */
} terms;

static void add(terms *x, long double term) {
  x->sum += term;
  x->size += fabsl(term);
}

/* A few hundred roundings of the terms, and one of the result. */
static assay_value value_of(terms x) {
  return (assay_value){(double)x.sum,
                       (double)(512 * LDBL_EPSILON * x.size) + DBL_EPSILON * fabs((double)x.sum)};
}

static assay_value rounded(long double x) {
  return (assay_value){(double)x, 4 * DBL_EPSILON * fabs((double)x)};
}

static void finish(ttt_icl_parabola *p) {
  double C1 = p->C1.value, C2 = p->C2.value, s = C1 / C2;
  p->s_star = (assay_value){s, fabs(s) * (p->C1.error / fabs(C1) + p->C2.error / C2 + DBL_EPSILON)};
  double gain = C1 * s;
  p->L_star =
      (assay_value){p->L0.value - gain, p->L0.error + 2 * fabs(s) * p->C1.error + s * s * p->C2.error +
                                            2 * DBL_EPSILON * (fabs(gain) + fabs(p->L0.value))};
}

/* E q^j, j = 0..4, of q ~ chi-square with n degrees of freedom. */
static void moments(long double n, ttt_icl_mistake mistake, long double m[5]) {
  long double step = mistake == TTT_ICL_NO_CHI_SQUARE ? 0 : 2;
  m[0] = 1;
  for (int j = 1; j < 5; j++) m[j] = m[j - 1] * (n + step * (j - 1));
}

static assay_status check(double n, double k, double d, double sigma2, assay_error *error) {
  if (!(n > 0 && k > 0 && d >= 1 && isfinite(n) && isfinite(k) && isfinite(d)))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %g, k = %g, d = %g: n and k have to be > 0 and d >= 1, all finite", n, k, d);
  if (!(sigma2 >= 0 && isfinite(sigma2)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma2 = %g: a variance is >= 0 and finite", sigma2);
  return ASSAY_OK;
}

/* ---- the pretrained weight ---- */

double ttt_icl_pretrained_isotropic(double n, double d, double sigma2) {
  return 1 / (n + 1 + d * (1 + sigma2));
}

assay_status ttt_icl_pretrained(double n, double sigma2, int d, const double *s, ttt_icl_mistake mistake,
                                double *w, assay_value *L_pre, assay_error *error) {
  assay_status status = check(n, 1, d, sigma2, error);
  long double T = mistake == TTT_ICL_NO_NOISE ? 0 : sigma2,
              factor = mistake == TTT_ICL_N_FOR_N_PLUS_1 ? n : n + 1.0L;
  terms risk = {0, 0};
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < d; i++) {
    if (!(s[i] >= 0 && isfinite(s[i])))
      return assay_error_set(error, ASSAY_DOMAIN, "s%d = %g: a task variance is >= 0 and finite", i + 1,
                             s[i]);
    T += s[i];
  }
  if (!(T > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "all task variances are 0 and there is no noise: every weight is as good");
  for (int i = 0; i < d; i++) {
    long double below = factor * s[i] + T;
    w[i] = (double)(s[i] / below);
    add(&risk, s[i] * (s[i] + T) / below);
  }
  if (L_pre) *L_pre = value_of(risk);
  return ASSAY_OK;
}

/* ---- the parabola ---- */

/* The sums over the coordinates that the formulas are made of. */
typedef struct {
  long double bb, b_lam, b_w, b_w2, b_lam_w, b_lam2, b_lam2_w, b_w_lam_w, b_lam2_w2;
  long double tr_w2, tr_lam2, tr_lam2_w2, b_B, b_BW, b_G, tr_G, lam_G, tr_lam2_G, blb_WB, b_lam2_WB, blb_G,
      b_lam2_G;
} sums;

static sums first_sums(const ttt_icl_problem *p) {
  sums s = {0};
  for (int i = 0; i < p->d; i++) {
    long double lam = p->lam ? p->lam[i] : 1, w = p->w[i], b2 = (long double)p->b[i] * p->b[i],
                lam2 = lam * lam;
    s.bb += b2;
    s.b_lam += lam * b2;
    s.b_w += w * b2;
    s.b_w2 += w * w * b2;
    s.b_lam_w += lam * w * b2;
    s.b_lam2 += lam2 * b2;
    s.b_lam2_w += lam2 * w * b2;
    s.b_w_lam_w += lam * w * w * b2;
    s.b_lam2_w2 += lam2 * w * w * b2;
    s.tr_w2 += w * w;
    s.tr_lam2 += lam2;
    s.tr_lam2_w2 += lam2 * w * w;
  }
  return s;
}

/* The sums with B = near Lam^2 + far I and G = W B W. */
static void second_sums(const ttt_icl_problem *p, long double near, long double far, sums *s) {
  for (int i = 0; i < p->d; i++) {
    long double lam = p->lam ? p->lam[i] : 1, w = p->w[i], b2 = (long double)p->b[i] * p->b[i],
                lam2 = lam * lam;
    long double B = near * lam2 + far, G = w * B * w;
    s->b_B += B * b2;
    s->b_BW += B * w * b2;
    s->b_G += G * b2;
    s->tr_G += G;
    s->lam_G += lam2 * G * b2;
    s->tr_lam2_G += lam2 * G;
    s->blb_WB += lam * w * B * b2;
    s->b_lam2_WB += lam2 * w * B * b2;
    s->blb_G += lam * G * b2;
    s->b_lam2_G += lam2 * G * b2;
  }
}

/* C2 = E (h.A h)(r.B r + e), by the moments of q = |y|^2/t and Isserlis for h given q. */
static terms second_coefficient(const sums *s, const long double m[5], long double a0, long double b0,
                                long double t, long double e) {
  long double bAb = a0 * s->b_lam * s->b_lam + b0 * s->b_lam2,
              trAV = t * (a0 * s->b_lam2 + b0 * s->tr_lam2) - bAb;
  long double trGV = t * s->tr_G - s->b_G;
  long double bA_WB = a0 * s->b_lam * s->blb_WB + b0 * s->b_lam2_WB, bAV_WB = t * bA_WB - bAb * s->b_BW;
  long double bA_G = a0 * s->b_lam * s->blb_G + b0 * s->b_lam2_G, bAV_G = t * bA_G - bAb * s->b_G;
  long double trAVGV = t * t * (a0 * s->lam_G + b0 * s->tr_lam2_G) - 2 * t * bA_G + s->b_G * bAb;
  terms C2 = {0, 0};
  add(&C2, (m[2] * bAb + m[1] * trAV) * (s->b_B + e));
  add(&C2, (m[3] * bAb + m[2] * trAV) * (trGV - 2 * s->b_BW));
  add(&C2, (m[4] * bAb + m[3] * trAV) * s->b_G);
  add(&C2, -4 * m[2] * bAV_WB);
  add(&C2, 4 * m[3] * bAV_G);
  add(&C2, 2 * m[2] * trAVGV);
  return C2;
}

assay_status ttt_icl_exact(const ttt_icl_problem *p, ttt_icl_mistake mistake, ttt_icl_parabola *result,
                           assay_error *error) {
  assay_status status = check(p->n, p->k, p->d, p->sigma2, error);
  if (status != ASSAY_OK) return status;
  sums s = first_sums(p);
  if (!(s.b_lam > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "the task b is zero: there is nothing to learn");
  long double n = p->n, k = p->k, t = s.bb + p->sigma2, a0 = n * (n + 1), b0 = n * t, m[5];
  long double near = mistake == TTT_ICL_NO_WISHART || mistake == TTT_ICL_NO_ONE ? k * k : k * (k + 1);
  long double far = mistake == TTT_ICL_NO_WISHART ? 0 : k * s.tr_lam2;
  terms L0 = {0, 0}, C1 = {0, 0};
  second_sums(p, near, far, &s);
  moments(n, mistake, m);
  add(&L0, s.bb);
  add(&L0, -2 * n * s.b_w);
  add(&L0, a0 * s.b_w2);
  add(&L0, b0 * s.tr_w2);
  add(&C1, k * n * n * s.b_lam * s.b_lam);
  add(&C1, -2 * k * n * a0 * s.b_lam * s.b_lam_w);
  add(&C1, -2 * k * n * b0 * s.b_lam2_w);
  add(&C1, k * a0 * a0 * s.b_lam * s.b_w_lam_w);
  add(&C1, 2 * k * a0 * b0 * s.b_lam2_w2);
  add(&C1, k * b0 * b0 * s.tr_lam2_w2);
  result->L0 = value_of(L0);
  result->C1 = value_of(C1);
  result->C2 = value_of(second_coefficient(&s, m, a0, b0, t, k * p->sigma2 * s.tr_lam2));
  finish(result);
  return ASSAY_OK;
}

assay_status ttt_icl_isotropic(double n_, double k_, double d_, double sigma2_, double c_,
                               ttt_icl_mistake mistake, ttt_icl_parabola *result, assay_error *error) {
  assay_status status = check(n_, k_, d_, sigma2_, error);
  if (status != ASSAY_OK) return status;
  long double n = n_, k = k_, d = d_, sigma2 = sigma2_, c = c_, t = 1 + sigma2, Lu = n * (n + 1 + t),
              Lp = n * t, D = d - 1, m[5];
  long double kap = k * (k + d + 1), e = k * d * sigma2;
  if (mistake == TTT_ICL_NO_WISHART) kap = k * k;
  if (mistake == TTT_ICL_NO_ONE) kap = k * (k + d);
  moments(n, mistake, m);
  long double Eu2 = m[2] + m[1] * sigma2, Eu3 = m[3] + 3 * m[2] * sigma2,
              Eu4 = m[4] + 6 * m[3] * sigma2 + 3 * m[2] * sigma2 * sigma2;
  long double EP = m[1] * t * D, EPP = m[2] * t * t * D * (D + 2), EuP = m[2] * t * D,
              Eu2P = (m[3] + m[2] * sigma2) * t * D;
  terms L0 = {0, 0}, C1 = {0, 0}, C2 = {0, 0};
  add(&L0, 1);
  add(&L0, -2 * n * c);
  add(&L0, c * c * n * (n + 1 + d * t));
  add(&C1, k * n * n);
  add(&C1, -2 * k * c * n * Lu);
  add(&C1, k * c * c * (Lu * Lu + D * Lp * Lp));
  add(&C2, Lu * (kap * Eu2 + e * Eu2));
  add(&C2, -2 * Lu * kap * c * Eu3);
  add(&C2, Lu * kap * c * c * (Eu4 + Eu2P));
  add(&C2, Lp * (kap * EP + e * EP));
  add(&C2, -2 * Lp * kap * c * EuP);
  add(&C2, Lp * kap * c * c * (Eu2P + EPP));
  result->L0 = value_of(L0);
  result->C1 = value_of(C1);
  result->C2 = value_of(C2);
  finish(result);
  return ASSAY_OK;
}

assay_status ttt_icl_cold(double n, double k, double d, double sigma2, ttt_icl_mistake mistake,
                          assay_value *L, assay_error *error) {
  assay_status status = check(n, k, d, sigma2, error);
  if (status != ASSAY_OK) return status;
  long double N = n + 1.0L, t = 1 + (long double)sigma2,
              targets = k / (k + d + 1.0L + d * (long double)sigma2);
  long double context = (long double)n * n / (N * N + 2 * N * t + t * t * d);
  *L = rounded(1 - targets * (mistake == TTT_ICL_NO_CONTEXT ? 1 : context));
  L->error += 4 * DBL_EPSILON;
  return ASSAY_OK;
}

/* ---- the same context ---- */

assay_status ttt_icl_shared(double n, double k, double d, double sigma2, bool warm, assay_value *L,
                            assay_value *s0, assay_error *error) {
  assay_status status = check(n, k, d, sigma2, error);
  if (status != ASSAY_OK) return status;
  long double dt = d * (1 + (long double)sigma2), L0 = warm ? (1 + dt) / (n + 1 + dt) : 1;
  long double below = (k + d + 1.0L) * L0 + d * (long double)sigma2;
  *L = rounded(L0 - k * L0 * L0 / below);
  L->error += 4 * DBL_EPSILON * (double)L0;
  *s0 = rounded(L0 / below);
  return ASSAY_OK;
}

assay_status ttt_icl_multi_step(double n, double k, double d, ttt_icl_mistake mistake, assay_value *converged,
                                assay_value *one_step, assay_error *error) {
  assay_status status = check(n, k, d, 0, error);
  if (status != ASSAY_OK) return status;
  long double L0 = (d + 1.0L) / (n + d + 1.0L), all = k < d ? L0 * (d - (long double)k) / d : 0;
  *converged = rounded(all);
  *one_step = rounded(mistake == TTT_ICL_CONVERGED ? all : L0 * (d + 1.0L) / (k + d + 1.0L));
  return ASSAY_OK;
}

/* ---- the number of targets ---- */

/* L*(k) = L0 - k a/((k+1) X + Y), any real k. */
typedef struct {
  assay_value L0, a, X, Y;
} in_targets;

static assay_status in_targets_of(double n, double d, double sigma2, bool warm, in_targets *f,
                                  assay_error *error) {
  ttt_icl_parabola one, two;
  double c = warm ? ttt_icl_pretrained_isotropic(n, d, sigma2) : 0;
  assay_status status = ttt_icl_isotropic(n, 1, d, sigma2, c, TTT_ICL_RIGHT, &one, error);
  if (status == ASSAY_OK) status = ttt_icl_isotropic(n, 2, d, sigma2, c, TTT_ICL_RIGHT, &two, error);
  if (status != ASSAY_OK) return status;
  f->L0 = one.L0;
  f->a = (assay_value){one.C1.value * one.C1.value, 2 * one.C1.value * one.C1.error};
  f->X = (assay_value){two.C2.value / 2 - one.C2.value, two.C2.error / 2 + one.C2.error};
  f->Y = (assay_value){one.C2.value - 2 * f->X.value, one.C2.error + 2 * f->X.error};
  return ASSAY_OK;
}

static double at_targets(const in_targets *f, double k) {
  return f->L0.value - k * f->a.value / ((k + 1) * f->X.value + f->Y.value);
}

static double relative(assay_value v) {
  return v.error / fabs(v.value);
}

assay_status ttt_icl_targets(double n, double d, double sigma2, bool warm, double eps, assay_value *k,
                             assay_error *error) {
  in_targets f;
  assay_status status = in_targets_of(n, d, sigma2, warm, &f, error);
  if (status != ASSAY_OK) return status;
  double missing = f.L0.value - eps, below = f.a.value - missing * f.X.value;
  if (!(eps > 0 && missing > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "eps = %g: the risk is %.6g without any target", eps,
                           f.L0.value);
  if (!(below > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "eps = %g: one step never brings the risk below %.6g, however many targets", eps,
                           f.L0.value - f.a.value / f.X.value);
  double error_below = f.a.error + missing * f.X.error + f.X.value * f.L0.error;
  k->value = missing * (f.X.value + f.Y.value) / below;
  k->error = k->value * (f.L0.error / missing + (f.X.error + f.Y.error) / (f.X.value + f.Y.value) +
                         error_below / below + 8 * DBL_EPSILON);
  return ASSAY_OK;
}

/* D(k) = L_warm(k) - L_cold(k) in log k: positive where cold wins. */
static assay_status advantage(double log_k, void *context, double *y, assay_error *error) {
  (void)error;
  const in_targets *f = context;
  *y = at_targets(&f[0], exp(log_k)) - at_targets(&f[1], exp(log_k));
  return ASSAY_OK;
}

assay_status ttt_icl_crossing(double n, double d, double sigma2, assay_value *k, assay_error *error) {
  in_targets f[2];
  assay_value root;
  double low, high, lo = log(d) - 8, hi = log(d) + 12;
  assay_status status = in_targets_of(n, d, sigma2, true, &f[0], error);
  if (status == ASSAY_OK) status = in_targets_of(n, d, sigma2, false, &f[1], error);
  if (status != ASSAY_OK) return status;
  advantage(lo, f, &low, error);
  advantage(hi, f, &high, error);
  if (low >= 0 && high > 0) return assay_error_set(error, ASSAY_DOMAIN, "cold always wins");
  if (low <= 0 && high <= 0) return assay_error_set(error, ASSAY_DOMAIN, "warm always wins");
  status = root_find(advantage, f, lo, hi, 1e-15, &root, error);
  if (status != ASSAY_OK) return status;
  double value = exp(root.value), step = 1e-4, up, down;
  advantage(root.value + step, f, &up, error);
  advantage(root.value - step, f, &down, error);
  double noise = f[0].L0.error + relative(f[0].a) + relative(f[0].X) + relative(f[1].a) + relative(f[1].X) +
                 8 * DBL_EPSILON;
  *k = (assay_value){value, value * (root.error + noise * 2 * step / fabs(up - down))};
  return ASSAY_OK;
}

/* ---- the context length ---- */

double ttt_icl_half_context(double d) {
  return 2 + sqrt(7 + d);
}

double ttt_icl_half_context_slope(double d) {
  double sum = 0; /* abscissae -3, -1, 1, 3 in units of log 2 */
  for (int i = 0; i < 4; i++) sum += (2 * i - 3) * log(ttt_icl_half_context(d * pow(4, i)));
  return sum / (20 * log(2));
}

assay_status ttt_icl_context_for_risk(double d, double gamma, double eps, assay_value *n_ttt,
                                      assay_value *n_icl, assay_error *error) {
  double k = gamma * d, excess = k / (k + d + 1) - (1 - eps);
  if (!(eps > 0 && eps < 1))
    return assay_error_set(error, ASSAY_DOMAIN, "eps = %g: a risk to reach lies in (0,1)", eps);
  n_icl->value = (d + 1) * (1 / eps - 1);
  n_icl->error = 4 * DBL_EPSILON * n_icl->value;
  if (!(excess > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "eps = %g: with gamma = %g the risk stays above %.6g at every context length", eps,
                           gamma, (d + 1) / (k + d + 1));
  double half = 2 * (1 - eps) / excess; /* n^2 - 2 half n = (1-eps)(3+d)/excess */
  n_ttt->value = half + sqrt(half * half + (1 - eps) * (3 + d) / excess);
  n_ttt->error = 8 * DBL_EPSILON * n_ttt->value / excess;
  return ASSAY_OK;
}

static assay_status warm_risk(double n, double k, double d, assay_value *L, assay_error *error) {
  ttt_icl_parabola p;
  assay_status status =
      ttt_icl_isotropic(n, k, d, 0, ttt_icl_pretrained_isotropic(n, d, 0), TTT_ICL_RIGHT, &p, error);
  *L = p.L_star;
  return status;
}

assay_status ttt_icl_context_extrema(double d, double gamma, ttt_icl_extrema *result, assay_error *error) {
  double k = gamma * d;
  assay_value last = {1, 0}, now;
  bool risen = false;
  if (!(d <= 1e6))
    return assay_error_set(error, ASSAY_DOMAIN, "d = %g: the scan over context lengths goes to d = 1e6", d);
  for (double n = 1; n <= 2 * d + 2; n++) {
    assay_status status = warm_risk(n, k, d, &now, error);
    if (status != ASSAY_OK) return status;
    if (!risen && now.value > last.value) {
      risen = true;
      result->n_min = n - 1;
      result->L_min = last;
    }
    if (risen && now.value < last.value) {
      result->n_max = n - 1;
      result->L_max = last;
      return ASSAY_OK;
    }
    last = now;
  }
  return assay_error_set(error, ASSAY_DOMAIN,
                         "the risk falls with the context length at d = %g, gamma = %g: no interior extremum",
                         d, gamma);
}
