/* The links of the quadratic single-index model: what both the theory and the experiments are given.
 *
 * Samples x_i ~ N(0, I_d), ||theta*|| = 1, g_i = x_i.theta*, labels y_i = sigma(g_i) without noise, sigma(z)
 * = int_0^{z^2} cut: quad    cut = 1                          sigma = z^2 hard    cut = 1(s < M) sigma =
 * min(z^2, M) smooth  cut = clip((2M-s)/M, 0, 1)       sigma = z^2 up to M, M + 2(s-M) - (s^2-M^2)/(2M) up to
 * s = z^2 = 2M, then 3M/2. The same sigma is the student's: it predicts sigma(x.theta). */
#ifndef ASSAY_MODEL_SINGLE_INDEX_GD_H
#define ASSAY_MODEL_SINGLE_INDEX_GD_H

#include <math.h>

typedef enum { SINGLE_INDEX_QUAD, SINGLE_INDEX_HARD, SINGLE_INDEX_SMOOTH } single_index_kind;

typedef struct {
  single_index_kind kind;
  double M; /* > 0; quad: ignored */
} single_index_link;

static inline double single_index_cut(single_index_link link, double s) {
  if (link.kind == SINGLE_INDEX_QUAD) return 1;
  if (link.kind == SINGLE_INDEX_HARD) return s < link.M ? 1 : 0;
  return fmin(fmax((2 * link.M - s) / link.M, 0), 1);
}

static inline double single_index_sigma(single_index_link link, double z) {
  double s = z * z, M = link.M;
  if (link.kind == SINGLE_INDEX_QUAD) return s;
  if (link.kind == SINGLE_INDEX_HARD || s <= M) return fmin(s, M);
  return s < 2 * M ? M + 2 * (s - M) - (s * s - M * M) / (2 * M) : 1.5 * M;
}

/* sigma'(z) = 2 z cut(z^2). */
static inline double single_index_slope(single_index_link link, double z) {
  return 2 * z * single_index_cut(link, z * z);
}

/* sigma''(z) away from the kinks. */
static inline double single_index_curvature(single_index_link link, double z) {
  double s = z * z, bend = link.kind == SINGLE_INDEX_SMOOTH && s > link.M && s < 2 * link.M ? -1 / link.M : 0;
  return 2 * single_index_cut(link, s) + 4 * s * bend;
}

/* sup sigma: M, 3M/2 or inf. */
static inline double single_index_supremum(single_index_link link) {
  return link.kind == SINGLE_INDEX_QUAD ? INFINITY : link.kind == SINGLE_INDEX_HARD ? link.M : 1.5 * link.M;
}

/* sigma is constant from |z| = this on; inf for quad. */
static inline double single_index_reach(single_index_link link) {
  return link.kind == SINGLE_INDEX_QUAD ? INFINITY
                                        : sqrt(link.kind == SINGLE_INDEX_HARD ? link.M : 2 * link.M);
}

#endif
