/* The spectral estimator: threshold, the outlier of the optimal preprocessing, and that of any. */
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <stdlib.h>

#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"
#include "theory/orthogonal-glm/orthogonal-glm.h"

static double square(double x) {
  return x * x;
}
static double density(double x) {
  return exp(-.5 * x * x) / sqrt(2 * M_PI);
}

/* ---- the law of y ---- */

/* Cuts where preprocessings have kinks (g = sqrt2, 2), graded towards g = 0 and the kink at 2. */
static const double abs_cuts[] = {0,    1e-3,  1e-2, .05,   .1,  .2,  .4, .7, 1,   M_SQRT2, 1.7, 1.9,
                                  1.99, 1.999, 2,    2.001, 2.1, 2.5, 3,  4,  5.5, 7.5,     10};
static const double cabs_cuts[] = {0,   1e-5, 1e-4, 1e-3, 1e-2, .1, .3, .6, 1,  1.5, 2,
                                   2.5, 3,    3.9,  4,    5,    7,  10, 14, 20, 30,  45};

static assay_status output_rule(const glm_channel *c, panels *rule, assay_error *error) {
  if (c->kind == GLM_ABS)
    return panels_make(abs_cuts, sizeof abs_cuts / sizeof *abs_cuts, 1, 16, rule, error);
  if (c->kind == GLM_CABS)
    return panels_make(cabs_cuts, sizeof cabs_cuts / sizeof *cabs_cuts, 1, 20, rule, error);
  double s = c->sigma, top = 10 * sqrt(1 + s * s), cuts[40];
  int n = 0;
  for (double y = -10 * s; y < fmin(10 * s, top); y += s) cuts[n++] = y;
  for (double y = 10 * s; y < .9 * top; y = fmin(2 * y, y + .7)) cuts[n++] = y;
  cuts[n++] = top;
  return panels_make(cuts, n, 1, 20, rule, error);
}

static double output_weight(const glm_channel *c, double x) {
  double s2 = square(c->sigma), root = sqrt(1 + s2);
  if (c->kind == GLM_ABS) return 2 * density(x);
  if (c->kind == GLM_CABS) return exp(-x);
  double a = x / (root * c->sigma);
  return 2 * exp(-.5 * square(x / root) + gsl_sf_log_erfc(-a / M_SQRT2)) / (2 * root * sqrt(2 * M_PI));
}

assay_status glm_output_make(const glm_channel *c, glm_output *o, assay_error *error) {
  *o = (glm_output){.of = *c};
  if (!glm_channel_even(c->kind))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "the channel tells z from -z; spectral estimators are for even channels (abs, cabs, absout)");
  if (!(c->sigma > 0 && isfinite(c->sigma)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma = %.6g; it is positive", c->sigma);
  panels rule;
  assay_status status = output_rule(c, &rule, error);
  if (status != ASSAY_OK) return status;
  o->n = rule.n, o->y = malloc(3 * (size_t)rule.n * sizeof *o->y);
  if (o->y) {
    o->w = o->y + rule.n, o->G = o->w + rule.n;
    double total = 0, root = sqrt(1 + square(c->sigma));
    for (int i = 0; i < rule.n; i++) {
      double x = rule.x[i];
      o->y[i] = c->kind == GLM_ABS ? root * x : c->kind == GLM_CABS ? root * sqrt(x) : x;
      o->w[i] = rule.w[i] * output_weight(c, x);
      o->G[i] = glm_channel_moment(c, o->y[i]);
      total += o->w[i];
    }
    for (int i = 0; i < rule.n; i++) {
      o->w[i] /= total;
      o->variance += o->w[i] * square(o->G[i] - 1);
    }
  } else
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a law of %d points", rule.n);
  panels_free(&rule);
  return status;
}

void glm_output_free(glm_output *o) {
  free(o->y);
  *o = (glm_output){0};
}

/* ---- threshold ---- */

double glm_growth(const glm_law *law, const glm_output *o) {
  return o->variance * (law->second / law->of.delta - 1);
}

assay_status glm_critical_ratio(const glm_spectrum *s, const glm_output *o, assay_value *delta,
                                assay_error *error) {
  double inverse = 1 / o->variance;
  if (s->kind == GLM_MP)
    *delta = (assay_value){inverse, 1e-12 * inverse};
  else if (s->kind == GLM_PROD)
    *delta = (assay_value){inverse / (1 + 1 / s->kappa), 1e-12 * inverse};
  else {
    glm_spectrum square_one = *s;
    glm_law law;
    square_one.delta = 1; /* there lam = l */
    assay_status status = glm_law_make(&square_one, &law, error);
    if (status != ASSAY_OK) return status;
    double value = (1 + inverse) / law.second;
    *delta = value >= 1 ? (assay_value){value, 1e-12 * value} : (assay_value){0, 0};
    glm_law_free(&law);
  }
  return ASSAY_OK;
}

/* ---- the optimal preprocessing ---- */

typedef struct {
  const glm_law *law;
  const glm_output *o;
} optimal;

static void output_averages(const glm_output *o, double u, double *eta, double *D) {
  double inverse = 0;
  *D = 0;
  for (int i = 0; i < o->n; i++) {
    double part = o->w[i] / (1 + u * o->G[i]);
    inverse += part * o->G[i], *D += part * square(o->G[i] - 1);
  }
  *eta = 1 / inverse;
}

static assay_status optimal_excess(double log_u, void *context, double *y, assay_error *error) {
  const optimal *p = context;
  double u = exp(log_u), eta, D, K = 0, m, f1;
  output_averages(p->o, u, &eta, &D);
  double gamma2 = u * eta * D / (1 + u);
  if (p->law->all.n > 0)
    for (int i = 0; i < p->law->rows.n; i++)
      K += p->law->rows.w[i] * square(p->law->rows.x[i]) / (1 + gamma2 * p->law->rows.x[i]);
  else {
    assay_status status = glm_law_resolvent(p->law, 1, gamma2, &m, &f1, error);
    if (status != ASSAY_OK) return status;
    K = (1 - f1) / gamma2;
  }
  *y = 1 + eta * D / (1 + u) * (1 - eta * K);
  return ASSAY_OK;
}

assay_status glm_optimal(const glm_law *law, const glm_output *o, glm_outlier *out, assay_error *error) {
  double L = glm_growth(law, o);
  *out = (glm_outlier){.gamma1 = 1, .eta = 1};
  if (!(L > 1)) return ASSAY_OK;
  optimal p = {law, o};
  double lo = 0, hi = 0;
  assay_value u;
  root_grid grid = {log(L - 1 < 1e-4 ? 1e-3 * (L - 1) : 1e-6), log(1e8), 400, ROOT_LINEAR};
  assay_status status = root_bracket_scan(optimal_excess, &p, &grid, &lo, &hi, error);
  if (status == ASSAY_OK) status = root_find(optimal_excess, &p, lo, hi, 1e-15, &u, error);
  if (status != ASSAY_OK) return status;
  double D, at = exp(u.value);
  output_averages(o, at, &out->eta, &D);
  out->out = true, out->gamma1 = 1 + at, out->gamma2 = at * out->eta * D / (1 + at);
  out->overlap2 = out->gamma2 * law->of.delta / out->eta;
  return ASSAY_OK;
}

/* ---- any preprocessing ---- */

typedef struct {
  const glm_law *law;
  const glm_output *o;
  const double *T;
  double sup;
  free_law of_T;
} general;

/* k1 k2 - 1 at ln(gamma1 - sup). */
static assay_status gain(double at, void *context, double *y, assay_error *error) {
  const general *p = context;
  free_product_point x;
  assay_status status = free_product_at(&p->of_T, &p->law->rows, p->sup, p->sup + exp(at), &x, error);
  if (status != ASSAY_OK) return status;
  double k1 = 0, k2 = 0;
  for (int i = 0; i < p->o->n; i++) k1 += p->o->w[i] * (p->o->G[i] - 1) / (x.gamma - p->T[i]);
  for (int i = 0; i < p->law->all.n; i++)
    k2 += p->law->all.w[i] * square(p->law->all.x[i]) / (x.rho + x.t * p->law->all.x[i]);
  *y = x.eta * k1 * (x.eta * k2 / p->law->of.delta - 1) - 1;
  return ASSAY_OK;
}

static double general_overlap(const general *p, const free_product_point *x) {
  double delta = p->law->of.delta, a2 = 0, f2 = 0, f2G = 0, b1 = delta - 1, b2 = 0, A1 = 0, A2 = 0, A3 = 0;
  for (int i = 0; i < p->o->n; i++) {
    double f = x->eta / (x->gamma - p->T[i]) - 1, w = p->o->w[i];
    a2 += w * f * p->o->G[i], f2 += w * f * f, f2G += w * f * f * p->o->G[i];
  }
  for (int i = 0; i < p->law->all.n; i++) {
    double lam = p->law->all.x[i], w = p->law->all.w[i], r = x->rho + x->t * lam, beta = x->eta * lam / r - 1;
    b1 += w * beta * beta, b2 += w * lam * beta * beta / delta;
    A1 += w * lam / r, A2 += w * square(lam / r), A3 += w * lam / (r * r);
  }
  b1 /= delta;
  double tau1 = (a2 * a2 * b2 + b1 * (f2G - a2 * a2) - 1) / (1 - b1 * f2), tau2 = f2G + tau1 * f2 - a2 * a2;
  return square(a2 * A1) / (a2 * a2 * A2 + tau2 * A3);
}

enum { GENERAL_SCAN = 600 };

/* The largest gamma1 right of the edge's at which gain is 0: the sign change nearest to 1e4. */
static assay_status outlier_bracket(general *p, double from, double *lo, double *hi, bool *found,
                                    assay_error *error) {
  double to = log(1e4), last = NAN, at = to;
  *found = false;
  for (int i = 0; i < GENERAL_SCAN; i++) {
    double x = to + (from - to) * i / (GENERAL_SCAN - 1), y;
    if (gain(x, p, &y, error) != ASSAY_OK) continue; /* no point outside the bulk belongs to this gamma1 */
    if (!isnan(last) && (last < 0) != (y < 0)) {
      *lo = x, *hi = at, *found = true;
      return ASSAY_OK;
    }
    last = y, at = x;
  }
  return ASSAY_OK;
}

assay_status glm_general(const glm_law *law, const glm_output *o, const double *T, double sup, glm_top *top,
                         assay_error *error) {
  *top = (glm_top){0};
  if (law->all.n == 0)
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "this spectrum is given by its resolvent only; general preprocessings need its law");
  general p = {law, o, T, sup, {o->n, T, o->w}};
  free_product_point edge;
  int tail;
  assay_status status = free_product_edge(&p.of_T, &law->rows, sup, &edge, &tail, error);
  if (status != ASSAY_OK) return status;
  top->edge = top->rho = edge.rho, top->tail = tail, top->gamma1 = edge.gamma;
  double lo = 0, hi = 0;
  assay_value at;
  status = outlier_bracket(&p, log(edge.gamma - sup), &lo, &hi, &top->out, error);
  if (status != ASSAY_OK || !top->out) return status;
  status = root_find(gain, &p, lo, hi, 1e-15, &at, error);
  if (status == ASSAY_OK)
    status = free_product_at(&p.of_T, &law->rows, sup, sup + exp(at.value), &edge, error);
  if (status != ASSAY_OK) return status;
  top->rho = edge.rho, top->gamma1 = edge.gamma, top->overlap2 = general_overlap(&p, &edge);
  return ASSAY_OK;
}

assay_status glm_preprocessed(const glm_law *law, const glm_output *o, glm_T T, double sigma_T, glm_top *top,
                              assay_error *error) {
  double *values = malloc((size_t)o->n * sizeof *values);
  glm_channel made_for = {o->of.kind, sigma_T};
  if (!values)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d values of a preprocessing", o->n);
  for (int i = 0; i < o->n; i++) values[i] = glm_preprocess(T, &made_for, law->of.delta, o->y[i]);
  assay_status status = glm_general(law, o, values, glm_preprocess_top(T), top, error);
  free(values);
  return status;
}
