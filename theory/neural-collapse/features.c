/* Unconstrained features: optima and the growth bound. */
#include <float.h>
#include <math.h>

#include "theory/neural-collapse/neural-collapse.h"
#include "theory/numerics/root.h"

typedef struct {
  double K, lw, R, q;
} head;

/* lw w (e^{wRK/(K-1)} + K - 1) - R, divided by the exponential so that it stays finite. */
static assay_status stationary(double w, void *context, double *y, assay_error *error) {
  (void)error;
  const head *h = context;
  const double decay = exp(-w * h->R * h->K / (h->K - 1));
  *y = h->lw * w * (1 + (h->K - 1) * decay) - h->R * decay;
  return ASSAY_OK;
}

static assay_status check(double K, double lw, assay_error *error) {
  if (!(K >= 2 && isfinite(K)))
    return assay_error_set(error, ASSAY_DOMAIN, "K = %g: at least two classes", K);
  if (!(lw > 0 && isfinite(lw)))
    return assay_error_set(error, ASSAY_DOMAIN, "lw = %g: the head's decay is > 0", lw);
  return ASSAY_OK;
}

static assay_value rounded(double x) {
  return (assay_value){x, 8 * DBL_EPSILON * fabs(x)};
}

assay_status neural_collapse_bound(neural_collapse_loss loss, double K, double lw, double R, assay_value *F,
                                   assay_value *w, assay_error *error) {
  assay_status status = check(K, lw, error);
  if (status == ASSAY_OK && !(R >= 0 && isfinite(R)))
    status = assay_error_set(error, ASSAY_DOMAIN, "R = %g: it is >= 0", R);
  if (status != ASSAY_OK) return status;
  if (loss == NEURAL_COLLAPSE_MSE) {
    *F = rounded(K * lw / (2 * (R * R + lw * K)));
    *w = rounded(R / (R * R + lw * K));
    return ASSAY_OK;
  }
  head h = {K, lw, R, 0};
  *w = (assay_value){0, 0};
  if (R > 0) status = root_find(stationary, &h, 0, R / (lw * K) * (1 + 1e-12), 1e-15, w, error);
  if (status != ASSAY_OK) return status;
  const double value = log1p((K - 1) * exp(-w->value * R * K / (K - 1))) + lw * K * w->value * w->value / 2;
  *F = (assay_value){value, 8 * DBL_EPSILON * value + lw * K * w->error * w->error}; /* w is a minimum */
  return ASSAY_OK;
}

static assay_status ambiguous(double w, void *context, double *y, assay_error *error) {
  (void)error;
  const head *h = context;
  const double e = exp(-w * h->K / (h->K - 1));
  *y = h->lw * w - e / (1 + (h->K - 1) * e) + h->q / (h->K - 1);
  return ASSAY_OK;
}

assay_status neural_collapse_ambiguous(double K, double lw, double q, assay_value *gstar, assay_value *w,
                                       assay_error *error) {
  assay_status status = check(K, lw, error);
  if (status == ASSAY_OK && !(q >= 0 && q <= 1))
    status = assay_error_set(error, ASSAY_DOMAIN, "q = %g: a probability", q);
  if (status != ASSAY_OK) return status;
  head h = {K, lw, 1, q};
  *w = (assay_value){0, 0};
  if (q < (K - 1) / K) status = root_find(ambiguous, &h, 0, 1 / (lw * K), 1e-15, w, error);
  if (status != ASSAY_OK) return status;
  const double t = w->value * K / (K - 1),
               value = log1p((K - 1) * exp(-t)) + q * t + lw * K * w->value * w->value / 2;
  *gstar = (assay_value){value, 16 * DBL_EPSILON * value + lw * K * w->error * w->error};
  return ASSAY_OK;
}

assay_status neural_collapse_mse_bias(double K, double lw, assay_value *gstar, assay_value *w,
                                      assay_error *error) {
  assay_status status = check(K, lw, error);
  if (status != ASSAY_OK) return status;
  const double t2 = K / (K - 1);
  *gstar = rounded((K - 1) * lw / (2 * (t2 + lw * K)));
  *w = rounded(sqrt((K - 1) / K * t2) / (t2 + lw * K));
  return ASSAY_OK;
}

assay_status neural_collapse_feature_decay(neural_collapse_loss loss, double K, double n, double lw,
                                           double lh, neural_collapse_decayed *r, assay_error *error) {
  assay_status status = check(K, lw, error);
  if (status == ASSAY_OK && !(lh > 0 && n >= 1 && isfinite(lh)))
    status = assay_error_set(error, ASSAY_DOMAIN, "n = %g, lh = %g: n >= 1 and lh > 0", n, lh);
  if (status != ASSAY_OK) return status;
  const double c = sqrt(n * lw * lh), zero = loss == NEURAL_COLLAPSE_CE ? log(K) : .5;
  double p = 0, J = zero;
  if (K * c < 1) {
    p = loss == NEURAL_COLLAPSE_CE ? (K - 1) / K * log1p((1 - K * c) / c) : 1 - K * c;
    J = loss == NEURAL_COLLAPSE_CE ? log1p((K - 1) * exp(-p * K / (K - 1))) + K * c * p
                                   : K * c - K * c * K * c / 2;
  }
  r->p = (assay_value){p, 8 * DBL_EPSILON * (p + 1)};
  r->J = rounded(J);
  const double u = sqrt(p * sqrt(n * lh / lw)), h = sqrt(p * sqrt(lw / (n * lh)));
  r->u_norm = (assay_value){u, p > 0 ? u * r->p.error / p : 0};
  r->h_norm = (assay_value){h, p > 0 ? h * r->p.error / p : 0};
  return ASSAY_OK;
}
