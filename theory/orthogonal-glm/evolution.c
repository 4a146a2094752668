/* State evolution of Bayes-GVAMP and the potential whose stationary points its fixed points are. */
#include <float.h>
#include <math.h>
#include <stddef.h>

#include "theory/numerics/evolution.h"
#include "theory/orthogonal-glm/orthogonal-glm.h"

static const double least_mse = 1e-100;

/* ---- one iteration ---- */

/* 1/e2 - g2 = t2 delta f1/e2, from r m + t delta f1 = 1, and 1/v2 - t2. */
static assay_status iterate(const glm_evolution *e, double g1, double t1, glm_state *s, double *next,
                            assay_error *error) {
  *s = (glm_state){.g1 = g1, .t1 = t1, .mse1 = glm_prior_mmse(&e->prior, g1)};
  s->t2 = glm_channel_extrinsic(e->channel, t1), s->v1 = 1 / (t1 + s->t2);
  if (!(s->mse1 >= 0 && s->v1 > 0))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "at g1 = %.6g, t1 = %.6g the posterior variances are %.3g and %.3g", g1, t1,
                           s->mse1, s->v1);
  s->mse1 = fmax(s->mse1, least_mse), s->g2 = 1 / s->mse1 - g1;
  if (e->prior.kind == GLM_GAUSS || e->prior.kind == GLM_CGAUSS) s->g2 = 1;
  assay_status status = glm_law_resolvent(e->law, s->g2, s->t2, &s->mse2, &s->v2, error);
  if (status != ASSAY_OK) return status;
  next[0] = s->t2 * e->law->of.delta * s->v2 / s->mse2;
  next[1] = e->mistake == GLM_NOT_EXTRINSIC ? 1 / s->v2 : fmax(1, 1 / s->v2 - s->t2);
  return ASSAY_OK;
}

assay_status glm_evolve(const glm_evolution *e, double g1, double t1, int k, glm_state *states,
                        assay_error *error) {
  double next[2] = {g1, t1};
  if (!(g1 >= 0 && t1 >= 1))
    return assay_error_set(error, ASSAY_DOMAIN, "g1 = %.6g, t1 = %.6g; precisions are at least 0 and 1", g1,
                           t1);
  for (int i = 0; i <= k; i++) {
    assay_status status = iterate(e, next[0], next[1], &states[i], next, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

typedef struct {
  const glm_evolution *e;
  glm_state state;
} watched;

static assay_status map(const double *x, double *next, double *watch, void *context, assay_error *error) {
  watched *w = context;
  assay_status status = iterate(w->e, x[0], x[1], &w->state, next, error);
  *watch = w->state.mse1;
  return status;
}

assay_status glm_fixed_point(const glm_evolution *e, double g1, double t1, glm_state *state,
                             assay_error *error) {
  if (!(g1 >= 0 && t1 >= 1))
    return assay_error_set(error, ASSAY_DOMAIN, "g1 = %.6g, t1 = %.6g; precisions are at least 0 and 1", g1,
                           t1);
  watched w = {.e = e};
  double x[2] = {g1, t1};
  evolution_end end;
  const evolution_rule rule = {.damping = 1, .rtol = 1e-13, .floor = -1, .most = 5000};
  assay_status status = evolution_run(map, &w, 2, &rule, x, NULL, &end, error);
  *state = w.state;
  return status;
}

/* ---- all fixed points with a Gaussian prior ---- */

/* In t1 - 1, so that the uninformed end is resolved. */
static assay_status scalar_map(const double *x, double *next, double *watch, void *context,
                               assay_error *error) {
  const glm_evolution *e = context;
  glm_state s;
  double both[2];
  assay_status status = iterate(e, 0, 1 + x[0], &s, both, error);
  next[0] = both[1] - 1, *watch = x[0];
  return status;
}

assay_status glm_gauss_fixed_points(const glm_evolution *e, int *stable, glm_state *least, glm_state *most,
                                    assay_error *error) {
  const double uninformed = 1e-6;
  evolution_point points[16];
  int found;
  assay_status status =
      evolution_fixed_points(scalar_map, (void *)e, uninformed, 1e9, 400, points, 16, &found, error);
  *stable = 0;
  for (int i = 0; i < found && status == ASSAY_OK; i++) {
    glm_state s;
    double both[2];
    if (!points[i].stable) continue;
    double x = points[i].x > uninformed ? points[i].x : 0; /* below it the map shrinks to 0 */
    status = iterate(e, 0, 1 + x, &s, both, error);
    if (status == ASSAY_OK) status = iterate(e, both[0], 1 + x, &s, both, error); /* g1 as well */
    if ((*stable)++ == 0) *least = s;
    *most = s;
  }
  return status;
}

/* ---- the potential ---- */

assay_value glm_potential(const glm_evolution *e, const glm_state *s, double scale_t) {
  double logs = 0, sum = 0, size = 0;
  for (int i = 0; i < e->law->all.n; i++) logs += e->law->all.w[i] * log(s->g2 + s->t2 * e->law->all.x[i]);
  const double terms[] = {e->law->of.delta * glm_channel_information(e->channel, s->t1),
                          glm_prior_information(&e->prior, s->g1), .5 * logs, -.5 * log(s->g1 + s->g2),
                          -.5 * scale_t * log(s->t1 + s->t2)};
  for (int i = 0; i < 5; i++) sum += terms[i], size += fabs(terms[i]);
  return (assay_value){sum, 1e-12 * (1 + e->law->of.delta) + 8 * DBL_EPSILON * size};
}

/* Fourth-order central difference in the variable at `x` inside `s`; `least` is its domain's end. */
static double slope(const glm_evolution *e, glm_state *s, double *x, double least, double scale_t, double h) {
  double at = *x, step = fmin(h * at, .25 * (at - least)), f[4];
  static const double place[] = {-2, -1, 1, 2};
  for (int i = 0; i < 4; i++) {
    *x = at + place[i] * step;
    f[i] = glm_potential(e, s, scale_t).value;
  }
  *x = at;
  return step > 0 ? (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * step) : 0;
}

double glm_potential_gradient(const glm_evolution *e, const glm_state *state, double scale_t, double h) {
  glm_state s = *state;
  double largest = fabs(slope(e, &s, &s.g1, 0, scale_t, h));
  largest = fmax(largest, fabs(slope(e, &s, &s.t1, 1, scale_t, h)));
  largest = fmax(largest, fabs(slope(e, &s, &s.g2, 0, scale_t, h)));
  return fmax(largest, fabs(slope(e, &s, &s.t2, 0, scale_t, h)));
}
