/* Expectations over one sample from the definition of its label. */
#include <math.h>
#include <stdlib.h>

#include "sim/multi-index-spectral/multi-index-spectral.h"

typedef struct {
  const multi_index_model *m;
  multi_index_visit *visit;
  void *context;
} walk;

static double density(double x) {
  return exp(-x * x / 2) / sqrt(2 * M_PI);
}

static void at(const walk *w, const double *s, double normal, double uniform, double weight) {
  w->visit(s, multi_index_label(w->m, s, normal, uniform), weight, w->context);
}

/* Step 1/5000 on [-12, 12], for labels with kinks in one signal. */
static void on_the_line(const walk *w) {
  for (int i = -60000; i <= 60000; i++) {
    double s[] = {i / 5000.};
    at(w, s, 0, 0, density(s[0]) / 5000);
  }
}

/* s = (r, 0, ..), r with the chi law of p degrees of freedom: midpoints of 60000 intervals up to 12. */
static void on_the_radius(const walk *w) {
  double p = w->m->p, scale = pow(2, 1 - p / 2) / tgamma(p / 2);
  for (int i = 0; i < 60000; i++) {
    double s[MULTI_INDEX_SIGNALS] = {(i + .5) / 5000};
    at(w, s, 0, 0, scale * pow(s[0], p - 1) * exp(-s[0] * s[0] / 2) / 5000);
  }
}

/* Trapezoids in (s_1, s_2) and the noise: each component of the mixture with its share. */
static void on_the_mixture(const walk *w) {
  const double step = .2, share[] = {w->m->alpha, 1 - w->m->alpha};
  int most = 42, noise = w->m->sigma > 0 ? most : 0;
  for (int i = -most; i <= most; i++)
    for (int j = -most; j <= most; j++)
      for (int k = -noise; k <= noise; k++)
        for (int e = 0; e < 2; e++) {
          double s[] = {i * step, j * step}, x = k * step,
                 weight = density(s[0]) * density(s[1]) * step * step * (noise ? density(x) * step : 1);
          at(w, s, x, e ? 1 : 0, share[e] * weight);
        }
}

static void on_the_plane(const walk *w) {
  const double step = .05;
  for (int i = -180; i <= 180; i++)
    for (int j = -180; j <= 180; j++) {
      double s[] = {i * step, j * step};
      at(w, s, 0, 0, density(s[0]) * density(s[1]) * step * step);
    }
}

enum { HALF_AXIS = 104 };

/* |s_j| = exp(x - exp(-x)), x from -4 in steps of 1/16, in each of the four quadrants. */
static void on_the_quadrants(const walk *w) {
  double t[HALF_AXIS], weight[HALF_AXIS];
  for (int i = 0; i < HALF_AXIS; i++) {
    double x = -4 + i / 16.;
    t[i] = exp(x - exp(-x)), weight[i] = t[i] * (1 + exp(-x)) / 16 * density(t[i]);
  }
  for (int i = 0; i < HALF_AXIS; i++)
    for (int j = 0; j < HALF_AXIS; j++)
      for (int q = 0; q < 4; q++) {
        double s[] = {q & 1 ? -t[i] : t[i], q & 2 ? -t[j] : t[j]};
        at(w, s, 0, 0, weight[i] * weight[j]);
      }
}

static void on_the_signs(const walk *w) {
  int p = w->m->p;
  double s[MULTI_INDEX_SIGNALS];
  for (int q = 0; q < 1 << p; q++) {
    for (int j = 0; j < p; j++) s[j] = q >> j & 1 ? -1 : 1;
    at(w, s, 0, 0, 1. / (1 << p));
  }
}

enum { RADII = 2000, ANGLES = 100 };

/* Midpoints of radii between lo and hi and of angles in every cell, once for each period in the circle. */
static void on_a_ring(const walk *w, double lo, double hi, const double *edges, int n, double period) {
  for (int i = 0; i < RADII; i++)
    for (int c = 0; c + 1 < n; c++)
      for (int j = 0; j < ANGLES; j++)
        for (int turn = 0; turn < lround(2 * M_PI / period); turn++) {
          double dr = (hi - lo) / RADII, width = (edges[c + 1] - edges[c]) / ANGLES, r = lo + (i + .5) * dr,
                 angle = edges[c] + (j + .5) * width + turn * period;
          double s[] = {r * cos(angle), r * sin(angle)};
          at(w, s, 0, 0, r * exp(-r * r / 2) * dr * width / (2 * M_PI));
        }
}

assay_status multi_index_expectation(const multi_index_model *m, multi_index_visit *visit, void *context,
                                     assay_error *error) {
  const walk w = {m, visit, context};
  assay_status status = multi_index_check(m, error);
  if (status != ASSAY_OK) return status;
  switch (m->kind) {
  case MULTI_INDEX_PHASE:
    on_the_line(&w);
    break;
  case MULTI_INDEX_NORM:
    on_the_radius(&w);
    break;
  case MULTI_INDEX_MIXED:
    on_the_mixture(&w);
    break;
  case MULTI_INDEX_STAIR:
    on_the_plane(&w);
    break;
  case MULTI_INDEX_PRODUCT:
  case MULTI_INDEX_RELU_PRODUCT:
    on_the_quadrants(&w);
    break;
  case MULTI_INDEX_PARITY:
    m->p == 2 ? on_the_quadrants(&w) : on_the_signs(&w);
    break;
  case MULTI_INDEX_POLAR:
    on_a_ring(&w, 0, sqrt(m->q), m->in, m->n_in, M_PI);
    on_a_ring(&w, sqrt(m->q), sqrt(m->q) + 9, m->out, m->n_out, M_PI);
    break;
  case MULTI_INDEX_WEDGE:
    on_a_ring(&w, 0, 9, m->out, m->n_out, m->period > 4 ? 2 * M_PI : M_PI);
    break;
  }
  return ASSAY_OK;
}
