#include "theory/numerics/fixed_point.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct {
  double *x, *g, *step;    /* [k] */
  double length, ratio[3]; /* of the last step, in tolerances, and its ratios to the steps before */
  double size, smallest;   /* of the last step, absolute, and of the smallest */
} iteration;

/* One damped step. Its length is the largest coordinate in units of that coordinate's tolerance, its size the
 * largest. */
static assay_status advance(fixed_point_map *g, void *context, int k, const fixed_point_rule *rule,
                            iteration *it, assay_error *error) {
  assay_status status = g(it->x, it->g, context, error);
  if (status != ASSAY_OK) return status;
  double length = 0, size = 0;
  for (int i = 0; i < k; i++) {
    it->step[i] = rule->damping * (it->g[i] - it->x[i]);
    if (!isfinite(it->step[i]))
      return assay_error_set(error, ASSAY_NUMERIC,
                             "a fixed-point map left the finite numbers in coordinate %d", i + 1);
    it->x[i] += it->step[i];
    size = fmax(size, fabs(it->step[i]));
    length = fmax(length, fabs(it->step[i]) / (rule->atol + rule->rtol * fabs(it->x[i]) + DBL_MIN));
  }
  it->ratio[2] = it->ratio[1], it->ratio[1] = it->ratio[0];
  it->ratio[0] = length == 0 ? 0 : length / it->length;
  it->length = length;
  it->size = size;
  it->smallest = fmin(it->smallest, size);
  return ASSAY_OK;
}

static double contraction(const iteration *it) {
  return fmax(it->ratio[0], fmax(it->ratio[1], it->ratio[2]));
}

/* What remains, in units of the last step; the ratio is known only up to the rounding of the steps. */
static double remaining(const iteration *it) {
  double q = contraction(it);
  return q < 1 ? q / (1 - q) : INFINITY;
}

static assay_status run(fixed_point_map *g, void *context, int k, const fixed_point_rule *rule, iteration *it,
                        assay_error *error) {
  for (int i = 0; i < rule->iterations; i++) {
    assay_status status = advance(g, context, k, rule, it, error);
    if (status != ASSAY_OK) return status;
    if (it->length == 0 || (i >= 3 && it->length * remaining(it) <= 1)) return ASSAY_OK;
    if (it->size > 1e3 * it->smallest)
      return assay_error_set(error, ASSAY_NUMERIC,
                             "a fixed-point iteration diverges: step %d has size %.3g, after one of %.3g",
                             i + 1, it->size, it->smallest);
  }
  return assay_error_set(
      error, ASSAY_NUMERIC,
      "a fixed-point iteration is not done after %d steps: the last step is %.3g tolerances "
      "long and shrinks by %.6g",
      rule->iterations, it->length, it->ratio[0]);
}

assay_status fixed_point_solve(fixed_point_map *g, void *context, int k, const fixed_point_rule *rule,
                               assay_value *x, assay_error *error) {
  if (k < 1 || !(rule->damping > 0 && rule->damping <= 1) || !(rule->rtol >= 0 && rule->atol >= 0) ||
      rule->rtol + rule->atol == 0)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a fixed point needs k >= 1, damping in (0,1] and a tolerance > 0");
  double *memory = calloc(3 * (size_t)k, sizeof *memory);
  if (!memory)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a fixed point in %d coordinates", k);
  iteration it = {memory, memory + k, memory + 2 * k, INFINITY, {0, 0, 0}, 0, INFINITY};
  for (int i = 0; i < k; i++) it.x[i] = x[i].value;
  assay_status status = run(g, context, k, rule, &it, error);
  for (int i = 0; i < k && status == ASSAY_OK; i++) {
    double tolerance = rule->atol + rule->rtol * fabs(it.x[i]);
    double rounding = 4 * DBL_EPSILON * fabs(it.x[i]) * (1 + remaining(&it));
    x[i] =
        (assay_value){it.x[i], it.length == 0 ? rounding : it.length * remaining(&it) * tolerance + rounding};
  }
  free(memory);
  return status;
}
