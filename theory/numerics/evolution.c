#include "theory/numerics/evolution.h"

#include <math.h>
#include <string.h>

#include "theory/numerics/root.h"

assay_status evolution_run(evolution_map *g, void *context, int k, const evolution_rule *rule, double *x,
                           double *path, evolution_end *end, assay_error *error) {
  double next[EVOLUTION_MOST], watch, last = INFINITY;
  int quiet = 0;
  if (k < 1 || k > EVOLUTION_MOST || !(rule->damping > 0 && rule->damping <= 1) || rule->most < 1)
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "%d order parameters, damping %g, %d steps: there are 1 to %d, in (0,1], at least 1", k,
        rule->damping, rule->most, EVOLUTION_MOST);
  *end = (evolution_end){0};
  for (int step = 0; step < rule->most; step++) {
    if (path) memcpy(path + step * k, x, (size_t)k * sizeof *x);
    assay_status status = g(x, next, &watch, context, error);
    if (status != ASSAY_OK) return status;
    *end = (evolution_end){watch, step + 1, watch <= rule->floor};
    if (!isfinite(watch))
      return assay_error_set(error, ASSAY_NUMERIC, "a state evolution left the finite numbers in step %d",
                             step + 1);
    quiet = fabs(watch - last) <= rule->rtol * fabs(watch) ? quiet + 1 : 0;
    if (end->floored || quiet == 2) return ASSAY_OK;
    for (int i = 0; i < k; i++) {
      /* undamped: exact from any distance */
      x[i] = rule->damping == 1 ? next[i] : x[i] + rule->damping * (next[i] - x[i]);
      if (!isfinite(x[i]))
        return assay_error_set(error, ASSAY_NUMERIC, "a state evolution left the finite numbers in step %d",
                               step + 1);
    }
    last = watch;
  }
  return assay_error_set(error, ASSAY_NUMERIC,
                         "a state evolution still moves after %d steps: its watched value is %.6g",
                         rule->most, end->watch);
}

/* ---- scalar ones ---- */

typedef struct {
  evolution_map *g;
  void *context;
} scalar;

static assay_status excess(double log_x, void *context, double *y, assay_error *error) {
  const scalar *s = context;
  double x = exp(log_x), next, watch;
  assay_status status = s->g(&x, &next, &watch, s->context, error);
  *y = (next - x) / x;
  return status;
}

static assay_status slope_at(const scalar *s, double log_x, double *slope, assay_error *error) {
  const double h = 1e-5;
  double up = 0, down = 0;
  assay_status status = excess(log_x + h, (void *)s, &up, error);
  if (status == ASSAY_OK) status = excess(log_x - h, (void *)s, &down, error);
  *slope = 1 + (up - down) / (2 * h); /* d(g/x - 1)/d ln x = g' - g/x */
  return status;
}

static assay_status add(evolution_point *points, int room, int *found, evolution_point point,
                        assay_error *error) {
  if (*found >= room) return assay_error_set(error, ASSAY_NUMERIC, "more than %d fixed points", room);
  points[(*found)++] = point;
  return ASSAY_OK;
}

assay_status evolution_fixed_points(evolution_map *g, void *context, double lo, double hi, int count,
                                    evolution_point *points, int room, int *found, assay_error *error) {
  scalar s = {g, context};
  double last = 0, a = log(lo), b = log(hi);
  *found = 0;
  if (!(lo > 0 && hi > lo) || count < 2)
    return assay_error_set(error, ASSAY_DOMAIN, "fixed points between %.6g and %.6g at %d points", lo, hi,
                           count);
  for (int i = 0; i < count; i++) {
    double at = a + (b - a) * i / (count - 1), here;
    assay_status status = excess(at, &s, &here, error);
    if (status == ASSAY_OK && i == 0 && here <= 0)
      status = add(points, room, found, (evolution_point){lo, true, NAN}, error);
    if (status == ASSAY_OK && i > 0 && (last > 0) != (here > 0)) {
      assay_value root;
      double slope = NAN;
      status = root_find(excess, &s, a + (b - a) * (i - 1) / (count - 1), at, 1e-14, &root, error);
      if (status == ASSAY_OK) status = slope_at(&s, root.value, &slope, error);
      if (status == ASSAY_OK)
        status = add(points, room, found, (evolution_point){exp(root.value), fabs(slope) < 1, slope}, error);
    }
    if (status == ASSAY_OK && i == count - 1 && here > 0)
      status = add(points, room, found, (evolution_point){hi, true, NAN}, error);
    if (status != ASSAY_OK) return status;
    last = here;
  }
  return ASSAY_OK;
}
