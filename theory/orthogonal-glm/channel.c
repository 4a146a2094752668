/* Channels and priors at finite precision: posterior variances and informations. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <stdlib.h>

#include "theory/numerics/gsl.h"
#include "theory/numerics/panels.h"
#include "theory/orthogonal-glm/orthogonal-glm.h"

static double square(double x) {
  return x * x;
}
static double density(double x) {
  return exp(-.5 * x * x) / sqrt(2 * M_PI);
}

/* ---- the table over c ---- */

/* ln(1 + e^x) */
static double softplus(double x) {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* Trapezoidal rule over w; the nearest pole lies at a distance pi/(2c). */
static void fill_abs(double c, double *F, double *K) {
  const double reach = 9.5;
  int half = (int)ceil(reach / fmin(.1, .35 / fmax(c, 1)));
  double h = reach / half, sum_F = 0, sum_K = 0;
  for (int i = -half; i <= half; i++) {
    double w = h * i, b = c + w, e = exp(-2 * fabs(c * b)), sech2 = 4 * e / square(1 + e);
    sum_F += density(w) * b * b * sech2, sum_K += density(w) * softplus(-2 * c * b);
  }
  *F = h * sum_F, *K = h * sum_K;
}

/* E b^2 (1 - R^2(2bc)) over the Rice law 2b exp(-(b-c)^2) I0e(2bc) of b = |c + w|. */
static void fill_cabs(double c, const panels *rule, double *F) {
  double lo = fmax(0, c - 6.5), sum = 0;
  for (int i = 0; i < rule->n; i++) {
    double b = lo + (c + 6.5 - lo) * rule->x[i], I0 = gsl_sf_bessel_I0_scaled(2 * b * c),
           R = gsl_sf_bessel_I1_scaled(2 * b * c) / I0;
    sum += rule->w[i] * 2 * b * exp(-square(b - c)) * I0 * b * b * (1 - R * R);
  }
  *F = (c + 6.5 - lo) * sum;
}

static double entropy(double c) {
  double upper = .5 * erfc(c / M_SQRT2), lower = .5 * erfc(-c / M_SQRT2);
  return -(upper > 0 ? upper * log(upper) : 0) - lower * log(lower);
}

static void fill_sign(double c, double *F, double *K) {
  *F = gsl_sf_hazard(c) * gsl_sf_hazard(-c), *K = entropy(c);
}

static assay_status fill(glm_channel_table *t, assay_error *error) {
  panels rule = {0};
  if (t->of.kind == GLM_CABS) {
    assay_status status = panels_make((const double[]){0, 1}, 2, 6, 16, &rule, error);
    if (status != ASSAY_OK) return status;
  }
  for (int i = 0; i < t->n; i++) {
    t->K[i] = 0;
    if (t->of.kind == GLM_ABS)
      fill_abs(t->c[i], &t->F[i], &t->K[i]);
    else if (t->of.kind == GLM_CABS)
      fill_cabs(t->c[i], &rule, &t->F[i]);
    else
      fill_sign(t->c[i], &t->F[i], &t->K[i]);
  }
  panels_free(&rule);
  return ASSAY_OK;
}

/* F and K of abs and sign fall like exp(-c^2/2); F of cabs tends to 1/2, so c goes to where the law of c
 * ends. */
static assay_status table_rule(const glm_channel *c, panels *rule, assay_error *error) {
  double cuts[40] = {0,   1e-4, 4e-4, 1.6e-3, 6.4e-3, .025, .1, .25, .5, .75, 1,
                     1.5, 2,    2.5,  3,      3.5,    4,    5,  6,   7,  8,   9.5};
  int n = 22;
  for (double top = 6.5 / c->sigma; c->kind == GLM_CABS && cuts[n - 1] < top && n < 40; n++)
    cuts[n] = fmin(top, 1.6 * cuts[n - 1]);
  return panels_make(cuts, n, 1, 16, rule, error);
}

assay_status glm_channel_table_make(const glm_channel *channel, glm_channel_table *t, assay_error *error) {
  numerics_quiet_gsl();
  *t = (glm_channel_table){.of = *channel};
  if (!(channel->sigma > 0 && isfinite(channel->sigma)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma = %.6g; it is positive", channel->sigma);
  if (channel->kind == GLM_CABS && channel->sigma < 1e-3)
    return assay_error_set(error, ASSAY_DOMAIN, "sigma = %.6g; the complex channel needs at least .001",
                           channel->sigma);
  if (channel->kind == GLM_ABSOUT)
    return assay_error_set(error, ASSAY_DOMAIN, "noise outside the modulus is for the spectral claims only");
  if (channel->kind == GLM_LIN) return ASSAY_OK;
  panels rule;
  assay_status status = table_rule(channel, &rule, error);
  if (status != ASSAY_OK) return status;
  t->n = rule.n, t->c = malloc(4 * (size_t)rule.n * sizeof *t->c);
  if (t->c) {
    t->w = t->c + rule.n, t->F = t->w + rule.n, t->K = t->F + rule.n;
    for (int i = 0; i < rule.n; i++) t->c[i] = rule.x[i], t->w[i] = rule.w[i];
    status = fill(t, error);
    if (status != ASSAY_OK) glm_channel_table_free(t);
  } else
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a table of %d points", rule.n);
  panels_free(&rule);
  return status;
}

void glm_channel_table_free(glm_channel_table *t) {
  free(t->c);
  *t = (glm_channel_table){0};
}

/* E f(|c|) for c ~ N(0, P) (cabs: complex); small P by the first two terms of the law's expansion at 0,
 * `slope` = f'' E-wise. */
static double average(const glm_channel_table *t, const double *f, double at_0, double slope, double P) {
  if (P < 1e-7) return at_0 + slope * P;
  double sum = 0;
  for (int i = 0; i < t->n; i++) {
    double c = t->c[i], weight = t->of.kind == GLM_CABS ? 2 * c / P * exp(-c * c / P)
                                                        : 2 * exp(-.5 * c * c / P) / sqrt(2 * M_PI * P);
    sum += t->w[i] * weight * f[i];
  }
  return sum;
}

double glm_channel_extrinsic(const glm_channel_table *t, double tau) {
  double s2 = square(t->of.sigma), v = 1 / tau + s2, P = fmax(0, 1 - 1 / tau) / v, F;
  switch (t->of.kind) {
  case GLM_LIN:
    return 1 / s2;
  case GLM_SIGN:
    F = average(t, t->F, M_2_PI, M_2_PI * (M_2_PI - 1), P);
    return F / (s2 + (1 - F) / tau);
  default:
    F = average(t, t->F, 1, t->of.kind == GLM_ABS ? -2 : -1, P);
    return fmax(0, 1 - F) / (s2 + F / tau);
  }
}

double glm_channel_variance(const glm_channel_table *t, double tau) {
  return 1 / (tau + glm_channel_extrinsic(t, tau));
}

double glm_channel_information(const glm_channel_table *t, double tau) {
  double s2 = square(t->of.sigma), v = 1 / tau + s2, P = fmax(0, 1 - 1 / tau) / v;
  switch (t->of.kind) {
  case GLM_LIN:
    return .5 * log(tau * v / s2);
  case GLM_SIGN:
    return .5 * log(tau) + average(t, t->K, M_LN2, -1 / M_PI, P) - average(t, t->K, M_LN2, -1 / M_PI, 1 / s2);
  case GLM_ABS:
    return .5 * log(tau * v / s2) - average(t, t->K, M_LN2, -.5, P) + average(t, t->K, M_LN2, -.5, 1 / s2);
  default:
    return NAN;
  }
}

/* ---- priors ---- */

/* E f over Z by the trapezoidal rule, in steps that resolve tanh(g + sqrt(g) Z). */
static double rad_average(double g, double (*f)(double)) {
  double root = sqrt(g), h = fmin(.1, .3 / fmax(root, 1)), sum = 0;
  long lo = (long)floor((-12 - root) / h), hi = (long)ceil(12 / h);
  for (long i = lo; i <= hi; i++) sum += density(h * (double)i) * f(g + root * h * (double)i);
  return h * sum;
}

static double one_minus_tanh(double a) {
  return 2 / (1 + exp(2 * a));
}
static double minus_log_cosh_excess(double a) {
  return M_LN2 - log1p(exp(-2 * fabs(a))) + (a < 0 ? 2 * a : 0);
} /* a - ln cosh a */

/* The law of x = r sqrt(g): (1-eps) N(0,1) + eps N(0, 1 + g/eps). */
static assay_status bg_rule(const glm_prior *prior, double g, panels *rule) {
  double cuts[64], top = 9.5 * sqrt(1 + g / prior->eps);
  int n = 0;
  for (double x = 0; x < fmin(top, 14); x += .5) cuts[n++] = x;
  for (double x = 14; x < top && n < 62; x *= 1.5) cuts[n++] = x;
  cuts[n++] = top;
  return panels_make(cuts, n, 1, 16, rule, NULL);
}

static double bg_density(const glm_prior *prior, double g, double x) {
  double wide = sqrt(1 + g / prior->eps);
  return (1 - prior->eps) * density(x) + prior->eps * density(x / wide) / wide;
}

double glm_prior_mmse(const glm_prior *prior, double g) {
  if (!(g > 0)) return 1;
  if (prior->kind == GLM_RAD) return rad_average(g, one_minus_tanh);
  if (prior->kind != GLM_BG) return 1 / (1 + g);
  panels rule;
  double sum = 0;
  if (bg_rule(prior, g, &rule) != ASSAY_OK) return NAN;
  for (int i = 0; i < rule.n; i++)
    sum +=
        2 * rule.w[i] * bg_density(prior, g, rule.x[i]) * glm_prior_variance(prior, rule.x[i] / sqrt(g), g);
  panels_free(&rule);
  return sum;
}

double glm_prior_information(const glm_prior *prior, double g) {
  if (!(g > 0)) return 0;
  if (prior->kind == GLM_GAUSS) return .5 * log1p(g);
  if (prior->kind == GLM_RAD) return rad_average(g, minus_log_cosh_excess);
  if (prior->kind != GLM_BG) return NAN;
  panels rule;
  double sum = 0;
  if (bg_rule(prior, g, &rule) != ASSAY_OK) return NAN;
  for (int i = 0; i < rule.n; i++) {
    double f = bg_density(prior, g, rule.x[i]);
    sum -= f > 0 ? 2 * rule.w[i] * f * log(f) : 0;
  }
  panels_free(&rule);
  return sum - .5 * log(2 * M_PI * M_E);
}
