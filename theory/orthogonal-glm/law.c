/* Spectra: nodes, resolvents. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"
#include "theory/orthogonal-glm/orthogonal-glm.h"

enum { MP_NODES = 2000, GRADED_NODES = 20, AR_NODES = 128 };

static double square(double x) {
  return x * x;
}

static assay_status check(const glm_spectrum *s, assay_error *error) {
  if (!(s->delta > 0 && isfinite(s->delta)))
    return assay_error_set(error, ASSAY_DOMAIN, "delta = %.6g; n/d is positive", s->delta);
  if (s->kind == GLM_TWO && !(s->a > 0 && s->a < 2))
    return assay_error_set(error, ASSAY_DOMAIN, "a = %.6g; the atoms a and 2-a are positive", s->a);
  if (s->kind == GLM_PROD && !(s->kappa > 0 && isfinite(s->kappa)))
    return assay_error_set(error, ASSAY_DOMAIN, "kappa = %.6g; p/d is positive", s->kappa);
  return ASSAY_OK;
}

/* ---- nodes ---- */

static assay_status room(glm_law *law, int nonzero, int null, assay_error *error) {
  size_t n = (size_t)(nonzero + null), rows = (size_t)nonzero + 1;
  double *memory = malloc((2 * n + 2 * rows) * sizeof *memory);
  if (!memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a law of %zu points", n);
  law->all = (free_law){(int)n, memory, memory + n};
  law->rows = (free_law){nonzero, memory + 2 * n, memory + 2 * n + rows};
  return ASSAY_OK;
}

/* Fills `rows` from the nonzero points of `all`, which stand first; the second moment. */
static void finish(glm_law *law, int nonzero) {
  double *x = (double *)law->rows.x, *w = (double *)law->rows.w, sum = 0;
  law->second = free_moment(&law->all, 2);
  for (int i = 0; i < nonzero; i++) x[i] = law->all.x[i], w[i] = law->all.w[i] / law->of.delta, sum += w[i];
  if (sum < 1 - 1e-13) x[nonzero] = 0, w[nonzero] = 1 - sum, law->rows.n++;
}

/* l = f(u) of density p(u) on (0,1), graded towards both ends. */
static assay_status graded(glm_law *law, double scale, bool wedge, assay_error *error) {
  static const double cuts[] = {0,  1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2,  .1,
                                .3, .5,   .7,   .9,   .99,  .999, .9999, 1};
  panels rule;
  assay_status status = panels_make(cuts, sizeof cuts / sizeof *cuts, 1, GRADED_NODES, &rule, error);
  double delta = law->of.delta, share = fmin(1, delta);
  if (status == ASSAY_OK) status = room(law, rule.n, share < 1, error);
  for (int i = 0; i < rule.n && status == ASSAY_OK; i++) {
    ((double *)law->all.x)[i] = scale * square(rule.x[i]) * fmax(1, delta);
    ((double *)law->all.w)[i] = share * rule.w[i] * (wedge ? 2 * (1 - rule.x[i]) : 1);
  }
  if (status == ASSAY_OK && share < 1)
    ((double *)law->all.x)[rule.n] = 0, ((double *)law->all.w)[rule.n] = 1 - share;
  if (status == ASSAY_OK) finish(law, rule.n);
  panels_free(&rule);
  return status;
}

static assay_status atoms(glm_law *law, int n, const double *l, assay_error *error) {
  double delta = law->of.delta, share = fmin(1, delta);
  assay_status status = room(law, n, share < 1, error);
  if (status != ASSAY_OK) return status;
  double *x = (double *)law->all.x, *w = (double *)law->all.w;
  for (int i = 0; i < n; i++) x[i] = l[i] * fmax(1, delta), w[i] = share / n;
  if (share < 1) x[n] = 0, w[n] = 1 - share;
  finish(law, n);
  return ASSAY_OK;
}

/* theta_k = k pi/(N+1), lam_k = 1 + delta + 2 sqrt(delta) cos theta_k, weights 2 delta sin^2(theta_k)/((N+1)
 * lam_k): the trapezoidal rule. What its end at theta = pi has where delta is next to 1 goes to 0. */
static assay_status marchenko_pastur(glm_law *law, assay_error *error) {
  double delta = law->of.delta, rest = 1;
  assay_status status = room(law, MP_NODES, 1, error);
  if (status != ASSAY_OK) return status;
  double *x = (double *)law->all.x, *w = (double *)law->all.w;
  for (int k = 0; k < MP_NODES; k++) {
    double theta = M_PI * (k + 1) / (MP_NODES + 1);
    x[k] = square(1 - sqrt(delta)) +
           4 * sqrt(delta) * square(cos(theta / 2)); /* no cancellation at the lower edge */
    w[k] = 2 * delta * square(sin(theta)) / ((MP_NODES + 1) * x[k]);
    rest -= w[k];
  }
  x[MP_NODES] = 0, w[MP_NODES] = rest;
  law->all.n -= rest < 1e-13;
  finish(law, MP_NODES);
  law->second = delta * delta + delta;
  return ASSAY_OK;
}

assay_status glm_law_make(const glm_spectrum *s, glm_law *law, assay_error *error) {
  *law = (glm_law){.of = *s};
  assay_status status = check(s, error);
  if (status != ASSAY_OK) return status;
  switch (s->kind) {
  case GLM_HAAR:
    return atoms(law, 1, (const double[]){1}, error);
  case GLM_TWO:
    return atoms(law, 2, (const double[]){s->a, 2 - s->a}, error);
  case GLM_UNIF:
    return graded(law, 3, false, error);
  case GLM_BETA:
    return graded(law, 6, true, error);
  case GLM_MP:
    return marchenko_pastur(law, error);
  case GLM_PROD:
    law->second = square(s->delta) * (1 + 1 / s->delta + 1 / s->kappa);
    return ASSAY_OK;
  default:
    law->second = s->delta * (1 + 5 * s->delta / 3);
    return ASSAY_OK;
  }
}

assay_status glm_law_empirical(const double *lam, long d, long n, glm_law *law, assay_error *error) {
  double sum = 0, delta = (double)n / (double)d;
  int nonzero = 0;
  for (long i = 0; i < d; i++) sum += lam[i], nonzero += lam[i] > 0;
  *law = (glm_law){.of = {.kind = GLM_AR, .delta = delta}};
  if (!(sum > 0)) return assay_error_set(error, ASSAY_DOMAIN, "all %ld eigenvalues are 0", d);
  assay_status status = room(law, nonzero, (int)d - nonzero, error);
  if (status != ASSAY_OK) return status;
  double *x = (double *)law->all.x, *w = (double *)law->all.w;
  for (long i = 0, front = 0, back = nonzero; i < d; i++)
    x[lam[i] > 0 ? front++ : back++] = lam[i] > 0 ? lam[i] * delta * (double)d / sum : 0;
  for (long i = 0; i < d; i++) w[i] = 1 / (double)d;
  finish(law, nonzero);
  return ASSAY_OK;
}

void glm_law_free(glm_law *law) {
  free((double *)law->all.x);
  *law = (glm_law){0};
}

/* ---- resolvents ---- */

/* r t m^2 + (r + delta t - t) m = 1 */
static double resolvent_mp(double delta, double r, double t) {
  double b = r + (delta - 1) * t, root = sqrt(b * b + 4 * r * t);
  return b > 0 ? 2 / (b + root) : (root - b) / (2 * r * t);
}

typedef struct {
  double r, t, kappa, ratio; /* ratio = delta/kappa */
  double delta;
  const panels *angles;
} self_consistent;

/* e = 1 - m1: x e^2 - (1 + x(c+1)) e + x c = 0, the root below 1. */
static double product_part(double x, double c) {
  double b = 1 + x * (c + 1);
  return 2 * x * c / (b + sqrt(b * b - 4 * x * x * c));
}

/* r m + kappa e(t m) = 1 */
static assay_status product_excess(double m, void *context, double *y, assay_error *error) {
  (void)error;
  const self_consistent *s = context;
  *y = s->r * m + s->kappa * product_part(s->t * m, s->ratio) - 1;
  return ASSAY_OK;
}

static double ar_eigenvalue(double theta) {
  return .75 / (1.25 - cos(theta));
}

/* w = E_s s/(r + t delta s/(1+tw)) */
static assay_status ar_excess(double w, void *context, double *y, assay_error *error) {
  (void)error;
  const self_consistent *p = context;
  double sum = 0;
  for (int i = 0; i < p->angles->n; i++) {
    double s = ar_eigenvalue(p->angles->x[i]);
    sum += p->angles->w[i] / M_PI * s / (w * p->r + p->t * p->delta * s * w / (1 + p->t * w));
  }
  *y = sum - 1;
  return ASSAY_OK;
}

static assay_status resolvent_ar(double delta, double r, double t, double *m, double *f1,
                                 assay_error *error) {
  panels angles;
  assay_value w;
  assay_status status =
      panels_make((const double[]){0, M_PI_4, M_PI_2, M_PI}, 4, 1, AR_NODES, &angles, error);
  self_consistent p = {.r = r, .t = t, .delta = delta, .angles = &angles};
  if (status == ASSAY_OK) status = root_find(ar_excess, &p, 1e-12 / (r + t), 1.0000001 / r, 1e-15, &w, error);
  *m = 0;
  for (int i = 0; i < angles.n && status == ASSAY_OK; i++)
    *m += angles.w[i] / M_PI / (r + t * delta * ar_eigenvalue(angles.x[i]) / (1 + t * w.value));
  if (status == ASSAY_OK) *f1 = w.value / (1 + t * w.value);
  panels_free(&angles);
  return status;
}

static assay_status resolvent_prod(const glm_spectrum *of, double r, double t, double *m, double *f1,
                                   assay_error *error) {
  self_consistent p = {.r = r, .t = t, .kappa = of->kappa, .ratio = of->delta / of->kappa};
  assay_value root;
  assay_status status = root_find(product_excess, &p, 0, 1.0000001 / r, 1e-15, &root, error);
  if (status != ASSAY_OK) return status;
  *m = root.value;
  *f1 = t * *m > 0 ? of->kappa * product_part(t * *m, p.ratio) / (t * of->delta) : *m;
  return ASSAY_OK;
}

assay_status glm_law_resolvent(const glm_law *law, double r, double t, double *m, double *f1,
                               assay_error *error) {
  if (!(r > 0 && t >= 0) || !isfinite(r + t))
    return assay_error_set(error, ASSAY_DOMAIN, "the resolvent is asked for at r = %.6g, t = %.6g", r, t);
  if (law->all.n == 0 && law->of.kind == GLM_PROD) return resolvent_prod(&law->of, r, t, m, f1, error);
  if (law->all.n == 0) return resolvent_ar(law->of.delta, r, t, m, f1, error);
  if (law->of.kind == GLM_MP) {
    *m = resolvent_mp(law->of.delta, r, t);
    *f1 = *m / (1 + t * *m);
    return ASSAY_OK;
  }
  *m = *f1 = 0;
  for (int i = 0; i < law->all.n; i++) {
    double part = law->all.w[i] / (r + t * law->all.x[i]);
    *m += part, *f1 += part * law->all.x[i] / law->of.delta;
  }
  return ASSAY_OK;
}
