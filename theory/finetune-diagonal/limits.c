/* Lazy and rich limits: weighted least norm, weighted basis pursuit, and the rate between. */
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

#include "theory/finetune-diagonal/finetune-diagonal.h"
#include "theory/numerics/root.h"

/* ---- lazy ---- */

typedef struct {
  const double *p, *beta, *w;
  int count;
  double alpha, s2;
  finetune_diagonal_mistake mistake;
} lazy;

static double lazy_weight(const lazy *l, int i) {
  if (l->mistake == FINETUNE_DIAGONAL_UNWEIGHTED) return 1;
  return l->mistake == FINETUNE_DIAGONAL_INVERSE ? 1 / l->w[i] : l->w[i];
}

static assay_status lazy_count(double log_z, void *context, double *y, assay_error *error) {
  (void)error;
  const lazy *l = context;
  *y = -l->alpha;
  for (int i = 0; i < l->count; i++) {
    double w = lazy_weight(l, i);
    *y += l->p[i] * w / (w + exp(log_z));
  }
  return ASSAY_OK;
}

static assay_status lazy_check(const lazy *l, assay_error *error) {
  double sum = 0, on = 0;
  for (int i = 0; i < l->count; i++) {
    if (!(l->p[i] >= 0) || !(l->w[i] >= 0) || !isfinite(l->w[i]))
      return assay_error_set(error, ASSAY_DOMAIN, "class %d has p = %g and w = %g; both are finite and >= 0",
                             i + 1, l->p[i], l->w[i]);
    sum += l->p[i], on += lazy_weight(l, i) > 0 ? l->p[i] : 0;
  }
  if (fabs(sum - 1) > 1e-9)
    return assay_error_set(error, ASSAY_DOMAIN, "the fractions p sum to %.12g, not to 1", sum);
  if (!(l->alpha > 0 && l->alpha < on))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "alpha = %g; it lies between 0 and the fraction %g of coordinates with w > 0",
                           l->alpha, on);
  return l->s2 >= 0 ? ASSAY_OK
                    : assay_error_set(error, ASSAY_DOMAIN, "a noise variance is >= 0, not %g", l->s2);
}

assay_status finetune_diagonal_lazy(const double *p, const double *beta, const double *w, int count,
                                    double alpha, double s2, finetune_diagonal_mistake mistake,
                                    assay_value *E, assay_error *error) {
  lazy l = {p, beta, w, count, alpha, s2, mistake};
  assay_value log_z;
  assay_status status = lazy_check(&l, error);
  if (status == ASSAY_OK) status = root_find(lazy_count, &l, -80, 80, 1e-15, &log_z, error);
  if (status != ASSAY_OK) return status;
  double bias = 0, square = 0, z = exp(log_z.value);
  for (int i = 0; i < count; i++) {
    double a = lazy_weight(&l, i) / (lazy_weight(&l, i) + z);
    bias += p[i] * (1 - a) * (1 - a) * beta[i] * beta[i], square += p[i] * a * a;
  }
  E->value = (bias + s2 * square / alpha) / (1 - square / alpha);
  E->error = 4 * (log_z.error + 16 * DBL_EPSILON) * E->value / (1 - square / alpha);
  return ASSAY_OK;
}

/* ---- the threshold ---- */

static double density(double t) {
  return exp(-t * t / 2) / sqrt(2 * M_PI);
}

/* E (|g| - t)_+^2, and E (g - t)_+^2 when one-sided. */
static double soft_square(double t, bool two_sided) {
  return (two_sided ? 2 : 1) * ((1 + t * t) * gsl_cdf_ugaussian_Q(t) - t * density(t));
}

typedef struct {
  const double *pi, *s, *w;
  int count;
  finetune_diagonal_mistake mistake;
} pursuit;

static assay_status pursuit_value(double log_th, void *context, double *y, assay_error *error) {
  (void)error;
  const pursuit *l = context;
  *y = 0;
  for (int g = 0; g < l->count; g++) {
    double t = exp(log_th) * (l->mistake == FINETUNE_DIAGONAL_UNWEIGHTED ? 1 : l->w[g]);
    *y += l->pi[g] *
          (l->s[g] * (1 + t * t) + (1 - l->s[g]) * soft_square(t, l->mistake != FINETUNE_DIAGONAL_ONE_SIDED));
  }
  return ASSAY_OK;
}

static assay_status pursuit_check(const pursuit *l, assay_error *error) {
  double sum = 0, on = 0;
  for (int g = 0; g < l->count; g++) {
    if (!(l->pi[g] >= 0) || !(l->s[g] >= 0 && l->s[g] <= 1) || !(l->w[g] > 0) || !isfinite(l->w[g]))
      return assay_error_set(error, ASSAY_DOMAIN,
                             "group %d has pi = %g, s = %g, w = %g; pi >= 0, s in [0,1], w > 0", g + 1,
                             l->pi[g], l->s[g], l->w[g]);
    sum += l->pi[g], on += l->pi[g] * l->s[g];
  }
  if (fabs(sum - 1) > 1e-9)
    return assay_error_set(error, ASSAY_DOMAIN, "the shares pi sum to %.12g, not to 1", sum);
  if (!(on > 0 && on < 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a fraction %g of coordinates is active; a threshold needs one in (0,1)", on);
  return ASSAY_OK;
}

assay_status finetune_diagonal_threshold(const double *pi, const double *s, const double *w, int count,
                                         finetune_diagonal_mistake mistake, assay_value *alpha, double *th,
                                         assay_error *error) {
  pursuit l = {pi, s, w, count, mistake};
  double largest = 0;
  assay_status status = pursuit_check(&l, error);
  for (int g = 0; g < count; g++) largest = fmax(largest, mistake == FINETUNE_DIAGONAL_UNWEIGHTED ? 1 : w[g]);
  root_grid grid = {-8 - log(largest), 6, 141, ROOT_LINEAR};
  root_valley valley;
  assay_value place;
  if (status == ASSAY_OK) status = root_valley_scan(pursuit_value, &l, &grid, &valley, error);
  if (status != ASSAY_OK) return status;
  if (valley.mid == valley.lo || valley.mid == valley.hi)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "the threshold's minimum lies at the end th = %.3g of its range", exp(valley.mid));
  status = root_minimum(pursuit_value, &l, &valley, 1e-9, &place, alpha, error);
  *th = exp(place.value);
  alpha->error += 1e-14;
  return status;
}

/* ---- the rate ---- */

assay_status finetune_diagonal_rich_rate(double alpha, double s, finetune_diagonal_mistake mistake,
                                         assay_value *a, assay_error *error) {
  const double one = 1;
  double th_star;
  assay_value threshold;
  assay_status status =
      finetune_diagonal_threshold(&one, &s, &one, 1, FINETUNE_DIAGONAL_RIGHT, &threshold, &th_star, error);
  if (status != ASSAY_OK) return status;
  if (!(alpha > threshold.value && alpha < 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "alpha = %g; exact recovery needs the threshold alpha_DT(%g) = %.10g < alpha < 1",
                           alpha, s, threshold.value);
  if (mistake == FINETUNE_DIAGONAL_COMPLEMENT) alpha = 1 - alpha;
  double th = gsl_cdf_ugaussian_Qinv((alpha - s) / (2 * (1 - s)));
  double squared = (alpha - s - (1 - s) * soft_square(th, true)) / (s * th * th);
  a->value = 1 - 1 / sqrt(squared);
  /* 1/R from a difference of terms of size alpha. */
  a->error = 64 * DBL_EPSILON * (1 + alpha / (s * th * th * squared));
  return ASSAY_OK;
}
