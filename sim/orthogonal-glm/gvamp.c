#include "sim/orthogonal-glm/gvamp.h"

#include <cblas.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* ---- Bayes-GVAMP ---- */

assay_status gvamp_open(assay_call *call, const glm_instance *p, gvamp *g) {
  size_t w = (size_t)p->X.width, d = (size_t)p->X.d * w, n = (size_t)p->X.n * w;
  *g = (gvamp){0};
  g->r1 = assay_alloc(call, (6 * d + 3 * n) * sizeof(double));
  if (!g->r1) return ASSAY_NO_MEMORY;
  g->estimate = g->r1 + d, g->linear = g->estimate + d, g->r2 = g->linear + d, g->c2 = g->r2 + d,
  g->cp = g->c2 + d;
  g->p1 = g->cp + d, g->p2 = g->p1 + n, g->z2 = g->p2 + n;
  return ASSAY_OK;
}

static double clamp(double x, long *clamped) {
  if (x >= 1e-9 && x <= 1e12) return x;
  ++*clamped;
  return x > 1e12 ? 1e12 : 1e-9; /* NaN too */
}

/* out = (a x - b y)/c */
static void combine(double a, const double *x, double b, const double *y, double c, double *out, long n) {
  for (long i = 0; i < n; i++) out[i] = (a * x[i] - b * y[i]) / c;
}

/* x2 = (g2 + t2 A)^{-1} (g2 r2 + t2 X^T p2) = r2 + R[(g2 R^T r2 + t2 s L^T p2)/(g2 + t2 lam) - R^T r2], z2 =
 * X x2; *e2 and *v2 their variances. */
static void linear_step(glm_instance *p, gvamp *g, double g2, double t2, double *e2, double *v2) {
  glm_design *X = &p->X;
  int w = X->width;
  double inverse = 0, weighted = 0;
  glm_right_transposed(X, g->r2, g->c2);
  glm_left_transposed(X, g->p2, g->cp);
  for (long i = 0; i < X->rank; i++) {
    double part = 1 / (g2 + t2 * X->lam[i]);
    inverse += part, weighted += X->lam[i] * part;
    for (int k = 0; k < w; k++) {
      long at = i * w + k;
      g->cp[at] = (g2 * g->c2[at] + t2 * X->s[i] * g->cp[at]) * part;
      g->c2[at] = g->cp[at] - g->c2[at];
      g->cp[at] *= X->s[i];
    }
  }
  *e2 = (inverse + (double)(X->d - X->rank) / g2) / (double)X->d;
  *v2 = weighted / (double)X->n;
  glm_right(X, g->c2, g->linear);
  for (long i = 0; i < X->d * w; i++) g->linear[i] += g->r2[i];
  glm_left(X, g->cp, g->z2);
}

void gvamp_step(glm_instance *p, gvamp *g) {
  glm_design *X = &p->X;
  long d = X->d * X->width, n = X->n * X->width;
  double v1, e2, v2;
  if (g->stopped) return;
  glm_prior_posterior(&p->prior, X->d, g->r1, g->g1, g->estimate, &g->e1);
  glm_channel_posterior(&p->channel, X->n, g->p1, g->t1, p->y, g->z2, &v1);
  if (g->e1 <= 1e-9) {
    g->stopped = true;
    memcpy(g->linear, g->estimate, (size_t)d * sizeof(double));
    return;
  }
  double g2 = clamp(1 / g->e1 - g->g1, &g->clamped), t2 = clamp(1 / v1 - g->t1, &g->clamped);
  combine(1 / g->e1, g->estimate, g->g1, g->r1, g2, g->r2, d);
  combine(1 / v1, g->z2, g->t1, g->p1, t2, g->p2, n);
  if (p->prior.kind == GLM_GAUSS || p->prior.kind == GLM_CGAUSS)
    g2 = 1, memset(g->r2, 0, (size_t)d * sizeof(double)); /* exact */
  linear_step(p, g, g2, t2, &e2, &v2);
  g->g1 = clamp(1 / e2 - g2, &g->clamped), g->t1 = clamp(1 / v2 - t2, &g->clamped);
  combine(1 / e2, g->linear, g2, g->r2, g->g1, g->r1, d);
  combine(1 / v2, g->z2, t2, g->p2, g->t1, g->p1, n);
}

/* ---- GAMP ---- */

assay_status gamp_open(assay_call *call, const glm_instance *p, gamp *g) {
  size_t w = (size_t)p->X.width, d = (size_t)p->X.d * w, n = (size_t)p->X.n * w;
  g->mean = assay_alloc(call, (4 * d + 3 * n) * sizeof(double));
  if (!g->mean) return ASSAY_NO_MEMORY;
  g->r = g->mean + d, g->c = g->r + d, g->fresh = g->c + d, g->s = g->fresh + d, g->z = g->s + n,
  g->p = g->z + n;
  return ASSAY_OK;
}

void gamp_run(glm_instance *p, gamp *g, int steps, double keep) {
  glm_design *X = &p->X;
  long d = X->d * X->width, n = X->n * X->width;
  double delta = (double)X->n / (double)X->d, zv;
  linear_operator rotated = glm_rotated(X);
  memset(g->mean, 0, (size_t)d * sizeof(double)), memset(g->s, 0, (size_t)n * sizeof(double));
  g->variance = 1;
  for (int step = 0; step < steps; step++) {
    double tp = g->variance, old = step ? keep : 0;
    glm_right_transposed(X, g->mean, g->c);
    rotated.apply(rotated.context, g->c, g->p);
    cblas_daxpy((int)n, -tp, g->s, 1, g->p, 1);
    glm_channel_posterior(&p->channel, X->n, g->p, 1 / tp, p->y, g->z, &zv);
    for (long i = 0; i < n; i++) g->s[i] = (1 - old) * (g->z[i] - g->p[i]) / tp + old * g->s[i];
    double tr = 1 / (delta * (1 - zv / tp) / tp);
    rotated.transposed(rotated.context, g->s, g->c);
    glm_right(X, g->c, g->r);
    for (long i = 0; i < d; i++) g->r[i] = g->mean[i] + tr * g->r[i];
    glm_prior_posterior(&p->prior, X->d, g->r, 1 / tr, g->fresh, &g->variance);
    for (long i = 0; i < d; i++) g->mean[i] = (1 - old) * g->fresh[i] + old * g->mean[i];
    if (!(g->variance > 1e-12) || !isfinite(tr)) return;
  }
}

/* ---- exact posterior sampling ---- */

/* s u with u ~ N(z, s2) given s u > 0, s = +-1, from a uniform. */
static double truncated(double z, double sigma, double uniform) {
  double least = -z / sigma, tail = gsl_cdf_ugaussian_Q(least);
  double w = tail > 0 ? gsl_cdf_ugaussian_Qinv(uniform * tail) : least - log(uniform) / least;
  return fmax(0, z + sigma * w);
}

double posterior_overlap(glm_instance *p, const assay_stream *stream, int burn, int sweeps, double *work) {
  glm_design *X = &p->X;
  long n = X->n, r = X->rank;
  double sigma = p->channel.sigma, s2 = sigma * sigma, sum = 0;
  double *z = work, *u = z + n, *uniform = u + n, *mean = uniform + n, *c = mean + r, *normal = c + r;
  random_source uniforms = random_open(stream, RANDOM_NOISE, 1),
                normals = random_open(stream, RANDOM_NOISE, 2);
  linear_operator rotated = glm_rotated(X);
  memcpy(z, p->z, (size_t)n * sizeof *z);
  for (int sweep = 0; sweep < burn + sweeps; sweep++) {
    random_uniforms(&uniforms, uniform, (size_t)n), random_normals(&normals, normal, (size_t)r);
    for (long i = 0; i < n; i++)
      u[i] = p->channel.kind == GLM_SIGN
                 ? p->y[i] * truncated(p->y[i] * z[i], sigma, uniform[i])
                 : (uniform[i] < 1 / (1 + exp(-2 * p->y[i] * z[i] / s2)) ? p->y[i] : -p->y[i]);
    rotated.transposed(rotated.context, u, mean);
    double overlap = 0;
    for (long i = 0; i < r; i++) {
      double variance = 1 / (1 + X->lam[i] / s2);
      mean[i] *= variance / s2;
      overlap += mean[i] * p->rotated[i];
      c[i] = mean[i] + sqrt(variance) * normal[i];
    }
    if (sweep >= burn) sum += overlap / (double)X->d;
    rotated.apply(rotated.context, c, z);
  }
  return sum / sweeps;
}
