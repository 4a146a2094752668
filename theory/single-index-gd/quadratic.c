/* Untruncated labels: the signal branch in closed form, and what the largest label makes of it at finite d.
 */
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_dawson.h>
#include <stddef.h>

#include "theory/numerics/gsl.h"
#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"
#include "theory/numerics/spiked.h"
#include "theory/single-index-gd/quadrature.h"
#include "theory/single-index-gd/single-index-gd.h"

/* ---- closed forms ---- */

/* m0, its derivative, and h. */
static void dawson_forms(double x, double *m0, double *slope, double *h) {
  double s = sqrt(x / 2), F = gsl_sf_dawson(s);
  *m0 = M_SQRT2 * F / sqrt(x);
  *slope = (1 - 2 * s * F) / (2 * x) - *m0 / (2 * x);
  *h = x * ((x - 1) * *m0 - 1);
}

/* h has its maximum, 0.44036569, here. */
#define H_PEAK 8.42296

static assay_status h_excess(double x, void *context, double *y, assay_error *error) {
  (void)error;
  double m0, slope, h;
  dawson_forms(x, &m0, &slope, &h);
  *y = h - 1 / *(double *)context;
  return ASSAY_OK;
}

assay_status single_index_dawson(double delta, single_index_spectrum *s, assay_error *error) {
  double y, m0, slope, h;
  h_excess(H_PEAK, &delta, &y, error);
  if (!(y > 0) || !isfinite(delta))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "delta = %g; the signal branch of untruncated labels exists for 2.2708 < delta < inf", delta);
  assay_status status = root_find(h_excess, &delta, H_PEAK, 4 * delta + 20, 1e-15, &s->x, error);
  if (status != ASSAY_OK) return status;
  double x = s->x.value;
  dawson_forms(x, &m0, &slope, &h);
  double psi1 = 1 / delta + 2 * x * m0 + x * x * slope - 1,
         phi1 = 3 * x * x * m0 - 2 * x - 1 + x * x * x * slope;
  double cancelled = 64 * DBL_EPSILON * x * x; /* h is what is left of terms of order x^2 */
  s->x.error += cancelled * x * delta;
  s->lambda_1 = (assay_value){x * (1 / delta + x * m0 - 1), cancelled + fabs(psi1) * s->x.error};
  s->q = (assay_value){psi1 / (psi1 - phi1), cancelled * (1 + delta)};
  s->lambda_2 = (assay_value){NAN, 0};
  s->out = true;
  return ASSAY_OK;
}

/* ---- the law below the largest label ---- */

/* |g| of the largest of n labels at quantile p of its law. */
static double largest_at(double p, double n) {
  return -gsl_cdf_ugaussian_Pinv(-expm1(log(p) / n) / 2);
}

static double quantile_of(double logit) {
  return 1 / (1 + exp(-logit));
}

typedef struct {
  double n, delta;
  panels unit; /* on [0,1], finer towards 1: the edge lies T_1 sqrt(delta/n) above the largest label */
  spiked_law law;
} leading;

static assay_status leading_open(leading *l, double d, double delta, assay_error *error) {
  static const double cuts[] = {0,           .25,         .5,          .75,         1 - 0x1p-3, 1 - 0x1p-4,
                                1 - 0x1p-5,  1 - 0x1p-6,  1 - 0x1p-7,  1 - 0x1p-8,  1 - 0x1p-9, 1 - 0x1p-10,
                                1 - 0x1p-11, 1 - 0x1p-12, 1 - 0x1p-13, 1 - 0x1p-14, 1};
  *l = (leading){.n = delta * d, .delta = delta};
  if (!(d >= 2 && delta > 0 && isfinite(d) && l->n >= 2 && isfinite(l->n)))
    return assay_error_set(error, ASSAY_DOMAIN, "d = %g, delta = %g; d and n = delta d are finite and >= 2",
                           d, delta);
  assay_status status = panels_make(cuts, sizeof cuts / sizeof *cuts, 1, 32, &l->unit, error);
  return status == ASSAY_OK ? spiked_law_new(l->unit.n + 1, 1, &l->law, error) : status;
}

static void leading_close(leading *l) {
  panels_free(&l->unit);
  spiked_law_free(&l->law);
}

/* The normal law conditioned on |g| < t, and the atom of mass 1/n at t. */
static void leading_fill(leading *l, double t) {
  double sum = 0;
  int n = l->unit.n;
  for (int i = 0; i < n; i++) {
    double g = t * l->unit.x[i];
    sum += l->law.weight[i] = l->unit.w[i] * exp(-g * g / 2);
    l->law.z[i] = l->law.c[i] = g * g;
  }
  for (int i = 0; i < n; i++) l->law.weight[i] *= (1 - 1 / l->n) / sum;
  l->law.weight[n] = 1 / l->n;
  l->law.z[n] = l->law.c[n] = l->law.tau = t * t;
}

/* lambda_1 and q given the quantile of the largest label; r(edge) - 1/delta in *escape. */
static assay_status leading_at(leading *l, double p, double *lambda, double *q, double *escape,
                               assay_error *error) {
  spiked_point edge;
  spiked_outlier o;
  double r;
  leading_fill(l, largest_at(p, l->n));
  assay_status status = spiked_edge(&l->law, l->delta, &edge, error);
  if (status == ASSAY_OK) status = spiked_r(&l->law, edge.x.value, &r, NULL, error);
  if (status != ASSAY_OK) return status;
  *escape = r - 1 / l->delta;
  if (!lambda) return ASSAY_OK;
  status = spiked_eigenvalue(&l->law, l->delta, &edge, 1, &o, error);
  *lambda = o.lambda.value, *q = o.rho2.value;
  return status;
}

static assay_status escape_at(double logit, void *context, double *y, assay_error *error) {
  return leading_at(context, quantile_of(logit), NULL, NULL, y, error);
}

/* ---- averages over the largest label ---- */

enum { LOGITS = 51, MOST_CUTS = 8 };

/* 0, the quantiles at which an outlier appears or disappears, 1. */
static assay_status find_cuts(leading *l, double *cut, int *n, assay_error *error) {
  double before = NAN, y = NAN;
  assay_status status = ASSAY_OK;
  cut[0] = 0, *n = 1;
  for (int i = 0; i < LOGITS && status == ASSAY_OK; i++) {
    double at = -25 + i;
    status = escape_at(at, l, &y, error);
    if (status == ASSAY_OK && i > 0 && (before > 0) != (y > 0) && *n < MOST_CUTS - 1) {
      assay_value logit;
      status = root_find(escape_at, l, at - 1, at, 1e-12, &logit, error);
      cut[(*n)++] = quantile_of(logit.value);
    }
    before = y;
  }
  cut[(*n)++] = 1;
  return status;
}

/* Means over p = a + (b-a) U^2 (3-2U) on every part. */
static assay_status average(leading *l, const double *cut, int n, int nodes, double *lambda, double *q,
                            assay_error *error) {
  static const double unit[] = {0, 1};
  panels rule;
  assay_status status = panels_make(unit, 2, 1, nodes, &rule, error);
  *lambda = *q = 0;
  for (int part = 1; part < n; part++)
    for (int i = 0; i < rule.n && status == ASSAY_OK; i++) {
      double U = rule.x[i], length = cut[part] - cut[part - 1],
             p = cut[part - 1] + length * U * U * (3 - 2 * U);
      double w = length * rule.w[i] * 6 * U * (1 - U), at_lambda, at_q, escape;
      status = leading_at(l, p, &at_lambda, &at_q, &escape, error);
      *lambda += w * at_lambda;
      *q += w * at_q;
    }
  panels_free(&rule);
  return status;
}

assay_status single_index_quadratic(double d, double delta, int nodes, assay_value *lambda_1, assay_value *q,
                                    assay_error *error) {
  leading l;
  double cut[MOST_CUTS], other_lambda = 0, other_q = 0;
  int n;
  assay_status status = leading_open(&l, d, delta, error);
  if (status == ASSAY_OK) status = find_cuts(&l, cut, &n, error);
  if (status == ASSAY_OK) status = average(&l, cut, n, nodes, &lambda_1->value, &q->value, error);
  if (status == ASSAY_OK) status = average(&l, cut, n, 2 * nodes, &other_lambda, &other_q, error);
  lambda_1->error = 1e-12 * fabs(lambda_1->value), q->error = 1e-13;
  if (status == ASSAY_OK) single_index_compare(lambda_1, other_lambda), single_index_compare(q, other_q);
  lambda_1->value = other_lambda, q->value = other_q;
  leading_close(&l);
  return status;
}

/* ---- a level of q ---- */

typedef struct {
  double d, level;
  int nodes;
} level_target;

static assay_status level_excess(double delta, void *context, double *y, assay_error *error) {
  const level_target *t = context;
  leading l;
  double cut[MOST_CUTS], lambda;
  int n;
  assay_status status = leading_open(&l, t->d, delta, error);
  if (status == ASSAY_OK) status = find_cuts(&l, cut, &n, error);
  if (status == ASSAY_OK) status = average(&l, cut, n, t->nodes, &lambda, y, error);
  leading_close(&l);
  *y -= t->level;
  return status;
}

assay_status single_index_quadratic_level(double d, double level, assay_value *delta, assay_error *error) {
  if (!(level > 0 && level < 1 && d >= 8 && isfinite(d)))
    return assay_error_set(error, ASSAY_DOMAIN, "level = %g, d = %g; 0 < level < 1 and d >= 8", level, d);
  level_target t = {d, level, d >= 1e8 ? 256 : 64}, finer = {d, level, 2 * t.nodes};
  double lo = fmax(.5, log(d) / 8), hi = log(d) + 2, y = -1, above, below, at, again;
  assay_status status = ASSAY_OK;
  for (int i = 0; i < 40 && y < 0 && status == ASSAY_OK; i++) status = level_excess(hi *= 1.3, &t, &y, error);
  if (status == ASSAY_OK) status = root_find(level_excess, &t, lo, hi, 1e-10, delta, error);
  double step = 1e-3 * delta->value;
  if (status == ASSAY_OK) status = level_excess(delta->value + step, &t, &above, error);
  if (status == ASSAY_OK) status = level_excess(delta->value - step, &t, &below, error);
  if (status == ASSAY_OK) status = level_excess(delta->value, &t, &at, error);
  if (status == ASSAY_OK) status = level_excess(delta->value, &finer, &again, error);
  if (status == ASSAY_OK) delta->error += 2 * (fabs(at - again) + 1e-10) / fabs((above - below) / (2 * step));
  return status;
}

/* ---- the spike of the largest label ---- */

static double noise_spike_at(double n, double delta, double T) {
  double m0, slope, h;
  dawson_forms(T, &m0, &slope, &h);
  double psi1 = 1 / delta + 2 * T * m0 + T * T * slope - 1, gap = 1 / delta - h;
  return T * psi1 / (n * gap * gap);
}

static double label_share_at(double n, double delta, double T) {
  return T * delta / n;
}

static assay_status over_largest(double d, double delta, int nodes,
                                 double (*f)(double n, double delta, double T), double *mean,
                                 assay_error *error) {
  static const double unit[] = {0, 1};
  panels rule;
  assay_status status = panels_make(unit, 2, 1, nodes, &rule, error);
  *mean = 0;
  for (int i = 0; i < rule.n && status == ASSAY_OK; i++) {
    double U = rule.x[i], t = largest_at(U * U * (3 - 2 * U), delta * d);
    *mean += rule.w[i] * 6 * U * (1 - U) * f(delta * d, delta, t * t);
  }
  panels_free(&rule);
  return status;
}

static assay_status over_largest_value(double d, double delta, double (*f)(double n, double delta, double T),
                                       assay_value *mean, assay_error *error) {
  double other;
  numerics_quiet_gsl();
  if (!(d >= 2 && delta > 0 && delta * d >= 2 && isfinite(d)))
    return assay_error_set(error, ASSAY_DOMAIN, "d = %g, delta = %g; d and n = delta d are finite and >= 2",
                           d, delta);
  assay_status status = over_largest(d, delta, 96, f, &other, error);
  if (status == ASSAY_OK) status = over_largest(d, delta, 256, f, &mean->value, error);
  mean->error = 1e-13 * mean->value + fabs(mean->value - other);
  return status;
}

assay_status single_index_noise_spike(double d, double delta, assay_value *q, assay_error *error) {
  double y = 0;
  if (!(delta > 0) || (h_excess(H_PEAK, &delta, &y, error), y > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "delta = %g; a spike of the largest label alone needs 0 < delta < 2.2708", delta);
  return over_largest_value(d, delta, noise_spike_at, q, error);
}

assay_status single_index_largest_label(double d, double delta, assay_value *share, assay_error *error) {
  return over_largest_value(d, delta, label_share_at, share, error);
}
