/* Balanced design, ideal Gram matrix: one equation for the logit difference; and the errors on test
 * sequences. */
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "theory/numerics/gsl.h"
#include "theory/numerics/root.h"
#include "theory/token-embeddings/token-embeddings.h"

/* ---- the trajectory ---- */

typedef struct {
  double T, a, scale, t; /* scale = h/(sigma^2 a) */
  token_embeddings_mistake mistake;
} course;

static double attention(double T, double u) {
  return 1 / (1 + (T - 1) * exp(-u));
}

static double slowness(double u, void *context) {
  const course *c = context;
  const double sigmoid =
      c->mistake == TOKEN_EMBEDDINGS_FROZEN_SIGMOID ? 2 : 1 + exp(c->a * attention(c->T, u));
  return c->scale * sigmoid * (2 + exp(u) / (c->T - 1) + (c->T - 1) * exp(-u));
}

static assay_status course_of(int k, int m0, int T, double a, double sigma, token_embeddings_mistake mistake,
                              course *c, assay_error *error) {
  if (!(k >= 1 && m0 >= 1 && T >= 2 && T - 1 <= m0 && a > 0 && a < 300 && sigma > 0))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "k = %d, m0 = %d, T = %d, a = %g, sigma = %g: k, m0 >= 1, 2 <= T <= m0 + 1, 0 < a < 300, sigma > 0",
        k, m0, T, a, sigma);
  const double h = mistake == TOKEN_EMBEDDINGS_FROZEN_LOGITS ? 2. * k : 2. * k * m0 / (2. * k + m0);
  *c = (course){T, a, h / (sigma * sigma * a), 0, mistake};
  return ASSAY_OK;
}

static assay_status time_to(const course *c, double u, double *t, double *t_error, assay_error *error) {
  gsl_function f = {slowness, (void *)(uintptr_t)c};
  numerics_quiet_gsl();
  gsl_integration_workspace *space = gsl_integration_workspace_alloc(200);
  if (!space) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an integral");
  const int failed =
      u > 0 ? gsl_integration_qag(&f, 0, u, 0, 1e-13, 200, GSL_INTEG_GAUSS31, space, t, t_error) : 0;
  gsl_integration_workspace_free(space);
  if (!(u > 0)) *t = *t_error = 0;
  return failed ? assay_error_set(error, ASSAY_NUMERIC, "the time to reach u = %g could not be integrated", u)
                : ASSAY_OK;
}

assay_status token_embeddings_trajectory_time(int k, int m0, int T, double a, double sigma, double u,
                                              assay_value *t, assay_error *error) {
  course c;
  assay_status status = course_of(k, m0, T, a, sigma, TOKEN_EMBEDDINGS_RIGHT, &c, error);
  if (status == ASSAY_OK && !(u >= 0 && u < 600))
    status = assay_error_set(error, ASSAY_DOMAIN, "u = %g: 0 <= u < 600", u);
  return status == ASSAY_OK ? time_to(&c, u, &t->value, &t->error, error) : status;
}

static assay_status too_late(double u, void *context, double *y, assay_error *error) {
  const course *c = context;
  double t, t_error;
  assay_status status = time_to(c, u, &t, &t_error, error);
  *y = status == ASSAY_OK ? log1p(t) - log1p(c->t) : NAN;
  return status;
}

assay_status token_embeddings_trajectory_at(int k, int m0, int T, double a, double sigma, double t,
                                            token_embeddings_mistake mistake, token_embeddings_trajectory *r,
                                            assay_error *error) {
  course c;
  assay_value u = {0, 0};
  double lo = 0, hi = 1, y = -1;
  assay_status status = course_of(k, m0, T, a, sigma, mistake, &c, error);
  if (status == ASSAY_OK && !(t >= 0 && t < 1e200))
    status = assay_error_set(error, ASSAY_DOMAIN, "t = %g: 0 <= t < 1e200", t);
  c.t = t;
  while (status == ASSAY_OK && t > 0 && (status = too_late(hi, &c, &y, error)) == ASSAY_OK && y < 0)
    lo = hi, hi *= 2;
  if (status == ASSAY_OK && t > 0) status = root_find(too_late, &c, lo, hi, 1e-14, &u, error);
  if (status != ASSAY_OK) return status;
  const double q = attention(T, u.value), left = (T - 1) * exp(-u.value) * q,
               du = u.error + 1e-13 * (1 + u.value);
  const double excess = log1p(expm1(a * left) / (1 + exp(a)));
  r->u = (assay_value){u.value, du};
  r->q = (assay_value){q, q * left * du + 2e-16};
  r->excess = (assay_value){excess, excess * (1 + a) * du};
  return ASSAY_OK;
}

assay_status token_embeddings_transverse(int k, int m0, int T, double a, double sigma, double u,
                                         assay_value *factor, assay_error *error) {
  course c;
  assay_status status = course_of(k, m0, T, a, sigma, TOKEN_EMBEDDINGS_RIGHT, &c, error);
  if (status != ASSAY_OK) return status;
  const double h = 2. * k * m0 / (2. * k + m0), power = h * (1 + 2 * k * a * a / (sigma * sigma)) / (2 * k);
  const double q = attention(T, u), q0 = 1. / T, phi = q * (1 - q) / (1 + exp(a * q)),
               phi0 = q0 * (1 - q0) / (1 + exp(a * q0));
  const double value = pow(phi / phi0, power);
  *factor = (assay_value){value, 1e-15 * value * (4 + power * 8)};
  return ASSAY_OK;
}

/* ---- test sequences ---- */

typedef struct {
  double a, fixed, each, freedom; /* variance fixed + each * chi2 */
} sign_error;

static double wrong_sign(double chi2, void *context) {
  const sign_error *e = context;
  return gsl_ran_chisq_pdf(chi2, e->freedom) * .5 * erfc(e->a / sqrt(2 * (e->fixed + e->each * chi2)));
}

/* E Phi(-a/sqrt(fixed + each chi2_freedom)), over the square root of chi2 so that the density is smooth. */
static double over_root(double root, void *context) {
  return 2 * root * wrong_sign(root * root, context);
}

static assay_status error_rate(sign_error e, assay_value *rate, assay_error *error) {
  if (e.freedom == 0) {
    *rate = (assay_value){.5 * erfc(e.a / sqrt(2 * e.fixed)), 1e-15};
    return ASSAY_OK;
  }
  gsl_function f = {over_root, &e};
  numerics_quiet_gsl();
  gsl_integration_workspace *space = gsl_integration_workspace_alloc(400);
  if (!space) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an integral");
  const double middle = sqrt(e.freedom), hi = middle + 9;
  const int failed = gsl_integration_qag(&f, fmax(1e-9, middle - 9), hi, 0, 1e-12, 400, GSL_INTEG_GAUSS31,
                                         space, &rate->value, &rate->error);
  gsl_integration_workspace_free(space);
  rate->error += 1e-15;
  return failed ? assay_error_set(error, ASSAY_NUMERIC, "the error rate could not be integrated") : ASSAY_OK;
}

/* Entries of (I - (eta/4) M)^2 + (eta^2/4) P^2 with the large-n M, P: jj, js, ss, ss' (j important, s
 * irrelevant). */
static void step_noise(int T, int k, int m0, double eta, double *jj, double *js, double *ss, double *st) {
  const int m = 2 * k + m0;
  const double T2 = (double)T * T, V = (T - 1.) / m0 * (1 - 1. / m0) + pow((T - 1.) / m0, 2),
               W = (T - 1.) * (T - 2.) / ((double)m0 * m0);
  const double side = (T - 1) / (2. * k * m0 * T2);
  double sum[4] = {0};
  const int rows[3] = {0, 2 * k, 2 * k + (m0 > 1)};
  for (int r = 0; r < m; r++) {
    double M[3], P[3];
    for (int i = 0; i < 3; i++) {
      const int row = rows[i], important = row < 2 * k, other = r < 2 * k;
      double entry = important && other   ? (row == r) / (2 * k * T2)
                     : important || other ? side
                                          : (row == r ? V : W) / T2;
      M[i] = (row == r) - eta / 4 * entry;
      const double sign = (important ? row : r) < k ? 1 : -1;
      P[i] = eta / 2 *
             (important && other   ? sign * (row == r) * (T - 1) / (2 * k * T2)
              : important || other ? -sign * side
                                   : 0);
    }
    sum[0] += M[0] * M[0] + P[0] * P[0];
    sum[1] += M[0] * M[1] + P[0] * P[1];
    sum[2] += M[1] * M[1] + P[1] * P[1];
    sum[3] += M[1] * M[2] + P[1] * P[2];
  }
  *jj = sum[0], *js = sum[1], *ss = sum[2], *st = m0 > 1 ? sum[3] : 0;
}

assay_status token_embeddings_test_gain(double n, int T, int k, int m0, double d, double a,
                                        token_embeddings_gain *r, assay_error *error) {
  if (!(n >= 1 && T >= 2 && k >= 1 && m0 >= 1 && d >= 1 && a > 0 && isfinite(a)))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "n = %g, T = %d, k = %d, m0 = %d, d = %g, a = %g: T >= 2, the others at least 1, a > 0", n, T, k, m0,
        d, a);
  const double eta = 4. * k * T * a, c = eta * eta / 4, data = c / (n * (double)T * T), eps2 = 1 / d,
               share = (T - 1.) / m0, w = T - 1;
  const double V = share * (1 - 1. / m0) + share * share, W = (T - 1.) * (T - 2.) / ((double)m0 * m0);
  const double from_data = data * (1 / (2. * k) - 1 / (4. * k * k)),
               cross = c * w * w / ((double)k * m0 * n * T * T);
  double jj, js, ss, st;
  step_noise(T, k, m0, eta, &jj, &js, &ss, &st);
  const struct {
    double imp, x, cv, tau2;
    assay_value *out;
  } law[3] = {{from_data + eps2, cross, data * W, eps2 + data * V - data * W, &r->err0},
              {from_data + eps2 * jj, cross + 2 * w * eps2 * js, data * W + eps2 * st,
               eps2 * ss + data * V - data * W - eps2 * st, &r->err0_refined},
              {eps2, 0, 0, eps2, &r->err0_no_data}};
  r->margin = (assay_value){a / T, 1e-16 * a};
  for (int i = 0; i < 3; i++) {
    sign_error e = {a, law[i].imp + law[i].x + w * w * (law[i].cv + law[i].tau2 / m0), w * law[i].tau2 / m0,
                    m0 - 1.};
    assay_status status = error_rate(e, law[i].out, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}
