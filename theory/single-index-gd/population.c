/* Gradient descent on the squared loss with infinitely many samples: a recursion in the plane of theta* and
 * the start. */
#include <float.h>

#include "theory/numerics/panels.h"
#include "theory/numerics/truncated.h"
#include "theory/single-index-gd/quadrature.h"
#include "theory/single-index-gd/single-index-gd.h"

static void quad_step(double eta, single_index_mistake mistake, double *a, double *b) {
  double r2 = *a * *a + *b * *b, six = mistake == SINGLE_INDEX_FOUR_FOR_SIX ? 4 : 6;
  *a *= 1 + six * eta * (1 - r2);
  *b *= 1 + 2 * eta * (1 - 3 * r2);
}

/* hard: the gradient is E[(sigma(u) - y) sigma'(u) g] along theta* and the same with w across. In u = r U, g
 * = (a U + b Z)/r, w = (b U - a Z)/r only |U| < sqrt M/r counts, where it is even in U; given U, y is g^2 on
 * a range of Z and M outside. */
static assay_status hard_step(double M, double eta, int nodes, double *a, double *b, assay_error *error) {
  double r = hypot(*a, *b), ca = *a / r, sb = *b / r, end = fmin(sqrt(M) / r, 9), root = sqrt(M), along = 0,
         across = 0;
  double kink = fabs(ca) > 0 ? fmin(root / fabs(ca), end) : end, cuts[] = {0, kink, end};
  panels rule;
  assay_status status = panels_make(cuts, 3, 3, nodes, &rule, error);
  for (int i = 0; status == ASSAY_OK && i < rule.n; i++) {
    double U = rule.x[i], u = r * U, w = 2 * rule.w[i] * normal_density(U) * 2 * u, z[4], y, yZ;
    if (fabs(sb) > 1e-12) {
      double lo = (-root - ca * U) / sb, hi = (root - ca * U) / sb;
      truncated_moments(0, 1, fmin(lo, hi), fmax(lo, hi), 3, z);
      y = ca * ca * U * U * z[0] + 2 * ca * sb * U * z[1] + sb * sb * z[2] + M * (1 - z[0]);
      yZ = ca * ca * U * U * z[1] + 2 * ca * sb * U * z[2] + sb * sb * z[3] - M * z[1];
    } else {
      y = fmin(ca * ca * U * U, M), yZ = 0;
    }
    along += w * ((u * u - y) * ca * U - sb * yZ);
    across += w * ((u * u - y) * sb * U + ca * yZ);
  }
  panels_free(&rule);
  *a -= eta * along, *b -= eta * across;
  return status;
}

static assay_status run(single_index_link link, double eta, int steps, single_index_mistake mistake,
                        int nodes, double *a, double *b, assay_error *error) {
  assay_status status = ASSAY_OK;
  for (int t = 0; t < steps && status == ASSAY_OK; t++) {
    if (link.kind == SINGLE_INDEX_QUAD)
      quad_step(eta, mistake, a, b);
    else
      status = hard_step(link.M, eta, nodes, a, b, error);
    if (status == ASSAY_OK && !(hypot(*a, *b) < 1e6))
      status = assay_error_set(
          error, ASSAY_DOMAIN,
          "gradient descent on the squared loss diverges at step %d: eta = %g is too large", t + 1, eta);
  }
  return status;
}

assay_status single_index_population(single_index_link link, double a0, double b0, double eta, int steps,
                                     single_index_mistake mistake, assay_value *a, assay_value *b,
                                     assay_error *error) {
  if (link.kind == SINGLE_INDEX_SMOOTH ||
      (link.kind == SINGLE_INDEX_HARD && !(link.M > 0 && isfinite(link.M))))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "link; the population recursion is known for quad and hard with M > 0");
  if (!(hypot(a0, b0) > 0 && isfinite(hypot(a0, b0)) && eta > 0 && isfinite(eta) && steps >= 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a0 = %g, b0 = %g, eta = %g, t = %d; a start off 0, eta > 0, t >= 0", a0, b0, eta,
                           steps);
  double other[2] = {a0, b0}, fine[2] = {a0, b0};
  assay_status status = run(link, eta, steps, mistake, 32, &other[0], &other[1], error);
  if (status == ASSAY_OK) status = run(link, eta, steps, mistake, 64, &fine[0], &fine[1], error);
  if (status != ASSAY_OK) return status;
  *a = (assay_value){fine[0], fabs(fine[0] - other[0]) + 16 * DBL_EPSILON * (1 + steps) * fabs(fine[0])};
  *b = (assay_value){fine[1], fabs(fine[1] - other[1]) + 16 * DBL_EPSILON * (1 + steps) * fabs(fine[1])};
  return ASSAY_OK;
}
