#include "model/orthogonal-glm.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double square(double x) {
  return x * x;
}

int glm_word(const char *word, const char *words) {
  int place = 0;
  for (size_t n = strlen(word);; place++) {
    size_t m = strcspn(words, "|");
    if (m == n && !strncmp(word, words, n)) return place;
    if (!words[m]) return -1;
    words += m + 1;
  }
}

/* ---- spectra ---- */

/* Marchenko-Pastur by theta: lam = 1 + delta + 2 sqrt(delta) cos theta has density proportional to
 * sin^2(theta)/lam. */
static assay_status marchenko_pastur(double delta, long rank, double *lam, assay_error *error) {
  long steps = 20000 + 20 * rank;
  double *mass = malloc((size_t)(steps + 1) * sizeof *mass), root = 2 * sqrt(delta), last = 0;
  if (!mass)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld strata of a Marchenko-Pastur law",
                           rank);
  mass[0] = 0;
  for (long i = 1; i <= steps; i++) { /* from theta = pi down, so that lam ascends; midpoints */
    double theta = M_PI * (1 - ((double)i - .5) / (double)steps), value = 1 + delta + root * cos(theta);
    last += square(sin(theta)) / value;
    mass[i] = last;
  }
  for (long j = 0, i = 0; j < rank; j++) {
    double want = last * ((double)j + .5) / (double)rank;
    while (mass[i + 1] < want) i++;
    double place = (double)i + (want - mass[i]) / (mass[i + 1] - mass[i]);
    lam[j] = 1 + delta + root * cos(M_PI * (1 - place / (double)steps));
  }
  free(mass);
  return ASSAY_OK;
}

assay_status glm_spectrum_values(const glm_spectrum *s, long rank, double *lam, assay_error *error) {
  assay_status status = ASSAY_OK;
  if (s->kind >= GLM_PROD)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "products of Gaussian matrices and correlated rows have no table of strata");
  if (s->kind == GLM_MP) status = marchenko_pastur(s->delta, rank, lam, error);
  for (long i = 0; i < rank && s->kind != GLM_MP; i++) {
    double p = ((double)i + .5) / (double)rank;
    lam[i] = s->kind == GLM_HAAR   ? 1
             : s->kind == GLM_TWO  ? (p < .5 ? s->a : 2 - s->a)
             : s->kind == GLM_UNIF ? 3 * p * p
                                   : 6 * square(1 - sqrt(1 - p));
  }
  double sum = 0;
  for (long i = 0; i < rank; i++) sum += lam[i];
  for (long i = 0; i < rank && status == ASSAY_OK; i++) lam[i] *= (double)rank * fmax(1, s->delta) / sum;
  return status;
}

/* ---- channels ---- */

bool glm_channel_even(glm_channel_kind kind) {
  return kind >= GLM_ABS;
}
int glm_channel_width(glm_channel_kind kind) {
  return kind == GLM_CABS ? 2 : 1;
}

double glm_channel_draw(const glm_channel *c, const double *z, const double *w) {
  switch (c->kind) {
  case GLM_LIN:
    return z[0] + c->sigma * w[0];
  case GLM_SIGN:
    return z[0] + c->sigma * w[0] < 0 ? -1 : 1;
  case GLM_ABS:
    return fabs(z[0] + c->sigma * w[0]);
  case GLM_CABS:
    return hypot(z[0] + c->sigma * w[0], z[1] + c->sigma * w[1]);
  default:
    return fabs(z[0]) + c->sigma * w[0];
  }
}

double glm_channel_moment(const glm_channel *c, double y) {
  double s2 = square(c->sigma);
  if (c->kind != GLM_ABSOUT) return (s2 + y * y / (1 + s2)) / (1 + s2);
  double m = y / (1 + s2), q = s2 / (1 + s2), a = m / sqrt(q);
  if (a > -40) return q * (1 + a * a + a * gsl_sf_hazard(-a));
  /* 1 + a^2 + a h(-a) cancels in the tail: 2/x^2 - 10/x^4 + 74/x^6 - 706/x^8 + ... at x = -a */
  double x2 = 1 / (a * a);
  return q * x2 * (2 - x2 * (10 - x2 * (74 - 706 * x2)));
}

static void posterior_sign(const glm_channel *c, long n, const double *p, double tau, const double *y,
                           double *z, double *variance) {
  double root = sqrt(1 / tau + square(c->sigma)), gain = 1 / (tau * root), sum = 0;
  for (long i = 0; i < n; i++) {
    double at = y[i] * p[i] / root, h = gsl_sf_hazard(-at);
    z[i] = p[i] + y[i] * h * gain;
    sum += h * (h + at);
  }
  *variance = 1 / tau - gain * gain * sum / (double)n;
}

static void posterior_abs(const glm_channel *c, long n, const double *p, double tau, const double *y,
                          double *z, double *variance) {
  double s2 = square(c->sigma), v = 1 / tau + s2, s = 1 / (tau + 1 / s2), sum = 0;
  for (long i = 0; i < n; i++) {
    double th = tanh(y[i] * p[i] / v);
    z[i] = s * (tau * p[i] + y[i] * th / s2);
    sum += square(s * y[i] / s2) * (1 - th * th);
  }
  *variance = s + sum / (double)n;
}

static void posterior_cabs(const glm_channel *c, long n, const double *p, double tau, const double *y,
                           double *z, double *variance) {
  double s2 = square(c->sigma), v = 1 / tau + s2, s = 1 / (tau + 1 / s2), sum = 0;
  for (long i = 0; i < n; i++) {
    double size = hypot(p[2 * i], p[2 * i + 1]), x = 2 * y[i] * size / v,
           R = gsl_sf_bessel_I1_scaled(x) / gsl_sf_bessel_I0_scaled(x);
    double along = size > 0 ? y[i] * R / (size * s2) : 0;
    z[2 * i] = s * (tau + along) * p[2 * i], z[2 * i + 1] = s * (tau + along) * p[2 * i + 1];
    sum += square(s * y[i] / s2) * (1 - R * R);
  }
  *variance = s + sum / (double)n;
}

void glm_channel_posterior(const glm_channel *c, long n, const double *p, double tau, const double *y,
                           double *z, double *variance) {
  double s2 = square(c->sigma), s = 1 / (tau + 1 / s2);
  if (c->kind == GLM_SIGN)
    posterior_sign(c, n, p, tau, y, z, variance);
  else if (c->kind == GLM_CABS)
    posterior_cabs(c, n, p, tau, y, z, variance);
  else if (c->kind == GLM_ABS)
    posterior_abs(c, n, p, tau, y, z, variance);
  else {
    for (long i = 0; i < n; i++) z[i] = s * (tau * p[i] + y[i] / s2);
    *variance = s;
  }
}

/* ---- priors ---- */

int glm_prior_width(glm_prior_kind kind) {
  return kind == GLM_CGAUSS ? 2 : 1;
}

static double prior_quantile(const glm_prior *prior, double p) {
  switch (prior->kind) {
  case GLM_RAD:
    return p < .5 ? -1 : 1;
  case GLM_CGAUSS:
    return sqrt(-log1p(-p));
  case GLM_BG: {
    double tail = fmin(p, 1 - p) / prior->eps;
    return tail >= .5 ? 0 : copysign(gsl_cdf_ugaussian_Qinv(tail), p - .5) / sqrt(prior->eps);
  }
  default:
    return gsl_cdf_ugaussian_Pinv(p);
  }
}

assay_status glm_prior_values(const glm_prior *prior, long d, double *b, assay_error *error) {
  double sum = 0;
  for (long i = 0; i < d; i++) {
    b[i] = prior_quantile(prior, ((double)i + .5) / (double)d);
    sum += b[i] * b[i];
  }
  if (!(sum > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "all %ld entries of a signal with a share %.3g of nonzero ones are 0", d,
                           prior->eps);
  for (long i = 0; i < d; i++) b[i] *= sqrt((double)d / sum);
  return ASSAY_OK;
}

/* Weight and mean of the nonzero part, and its variance, given r. */
static double bg_part(double eps, double r, double g, double *mean, double *variance) {
  double ratio = g / eps, shrink = ratio / (1 + ratio);
  *mean = r * shrink, *variance = 1 / (eps * (1 + ratio));
  double odds = log(eps / (1 - eps)) - .5 * log1p(ratio) + .5 * g * r * r * shrink;
  return 1 / (1 + exp(-odds));
}

double glm_prior_variance(const glm_prior *prior, double r, double g) {
  if (g <= 0) return 1;
  if (prior->kind == GLM_RAD) return 1 / square(cosh(fmin(fabs(g * r), 350)));
  if (prior->kind != GLM_BG) return 1 / (1 + g);
  double mean, variance, pi = bg_part(prior->eps, r, g, &mean, &variance);
  return pi * variance + pi * (1 - pi) * mean * mean;
}

void glm_prior_posterior(const glm_prior *prior, long d, const double *r, double g, double *b,
                         double *variance) {
  long entries = d * glm_prior_width(prior->kind);
  double sum = 0;
  *variance = 1;
  if (g <= 0) {
    memset(b, 0, (size_t)entries * sizeof *b);
    return;
  }
  for (long i = 0; i < entries && prior->kind == GLM_RAD; i++) b[i] = tanh(g * r[i]), sum += 1 - b[i] * b[i];
  for (long i = 0; i < entries && prior->kind == GLM_BG; i++) {
    double mean, own, pi = bg_part(prior->eps, r[i], g, &mean, &own);
    b[i] = pi * mean, sum += pi * own + pi * (1 - pi) * mean * mean;
  }
  if (prior->kind == GLM_RAD || prior->kind == GLM_BG) {
    *variance = sum / (double)d;
    return;
  }
  for (long i = 0; i < entries; i++) b[i] = g / (1 + g) * r[i];
  *variance = 1 / (1 + g);
}

/* ---- preprocessings ---- */

double glm_preprocess(glm_T T, const glm_channel *c, double delta, double y) {
  double s2 = square(c->sigma), y2 = y * y / (1 + s2);
  if (T == GLM_T_TRIM) return y2 < 4 ? y2 : 0;
  if (T == GLM_T_SUBSET) return y2 > 2 ? 1 : 0;
  if (T == GLM_T_CLIP) return fmin(y2, 4);
  if (T == GLM_T_TANH) return tanh(y2);
  double best = 1 - 1 / glm_channel_moment(c, y), weak = (1 + s2) / M_SQRT2;
  return T == GLM_T_OPT ? best : weak * best / (sqrt(delta) - (sqrt(delta) - weak) * best);
}

double glm_preprocess_top(glm_T T) {
  return T == GLM_T_TRIM || T == GLM_T_CLIP ? 4 : 1;
}
