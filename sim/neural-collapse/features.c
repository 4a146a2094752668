#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"

static const lbfgs_rule rule = {30, 6000, 1e-8};

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the features");
}

/* i / n of each sample; NULL: no memory. */
static int *labels_of(const neural_collapse_task *t) {
  int *labels = calloc((size_t)(t->K * t->n), sizeof *labels);
  for (int i = 0; labels && i < t->K * t->n; i++) labels[i] = i / t->n;
  return labels;
}

/* ---- free features: unknowns U, V, and the bias ---- */

typedef struct {
  const neural_collapse_features *p;
  double *H, *lengths, *logits;
  int *labels;
} feature_work;

static double feature_objective(const double *x, double *g, void *context) {
  const feature_work *w = context;
  const neural_collapse_task *t = &w->p->task;
  const int heads = t->K * t->d, N = t->K * t->n, all = N * t->d;
  const double *b = w->p->bias ? x + heads + all : NULL;
  bool defined = true;
  memset(g, 0, (size_t)(heads + all + (b ? t->K : 0)) * sizeof *g);
  memcpy(w->H, x + heads, (size_t)all * sizeof *x);
  if (!(w->p->lh > 0)) defined = layer_normalise(w->H, N, t->d, false, w->p->rho, w->lengths);
  if (!defined) return INFINITY;
  double J = neural_collapse_head_loss(t, N, w->labels, x, b, w->H, w->logits, g, b ? g + heads + all : NULL,
                                       g + heads);
  J += layer_decay(w->p->lw, x, (size_t)heads, g);
  if (w->p->lh > 0) return J + layer_decay(w->p->lh, x + heads, (size_t)all, g + heads);
  layer_normalise_reverse(w->H, N, t->d, false, w->p->rho, w->lengths, g + heads);
  return J;
}

assay_status neural_collapse_optimise_features(const neural_collapse_features *p, const assay_stream *stream,
                                               double *J, neural_collapse_metrics *metrics,
                                               assay_error *error) {
  const neural_collapse_task *t = &p->task;
  const size_t heads = (size_t)(t->K * t->d), N = (size_t)(t->K * t->n), all = N * (size_t)t->d,
               unknowns = heads + all + (p->bias ? (size_t)t->K : 0);
  double *x = calloc(unknowns + all + N * (1 + (size_t)t->K) + lbfgs_room(unknowns, &rule), sizeof *x);
  int *labels = labels_of(t);
  if (!x || !labels) {
    free(x);
    free(labels);
    return no_memory(error);
  }
  feature_work work = {p, x + unknowns, x + unknowns + all, x + unknowns + all + N, labels};
  lbfgs_report report;
  random_source init = random_open(stream, RANDOM_INIT, 0);
  random_normals(&init, x, heads + all);
  cblas_dscal((int)heads, .3, x, 1);
  assay_status status = lbfgs_minimise(feature_objective, &work, unknowns, &rule, x,
                                       x + unknowns + all + N * (1 + (size_t)t->K), &report, error);
  *J = report.value;
  memcpy(work.H, x + heads, all * sizeof *x);
  if (!(p->lh > 0)) layer_normalise(work.H, (int)N, t->d, false, 1, work.lengths);
  neural_collapse_measure(t, x, work.H, metrics);
  free(x);
  free(labels);
  return status;
}

assay_status neural_collapse_random_state(const neural_collapse_features *p, double R,
                                          const assay_stream *stream, double *J, double *slip,
                                          assay_error *error) {
  const neural_collapse_task *t = &p->task;
  const int d = t->d, room = d - t->K * (t->n - 1);
  const size_t heads = (size_t)(t->K * d), N = (size_t)(t->K * t->n), all = N * (size_t)d;
  double *x = calloc(2 * (heads + all) + N * (size_t)t->K, sizeof *x), *H = x + heads, *g = H + all, scale[3];
  int *labels = labels_of(t);
  if (!x || !labels) {
    free(x);
    free(labels);
    return no_memory(error);
  }
  neural_collapse_metrics metrics;
  random_source init = random_open(stream, RANDOM_INIT, 0), means = random_open(stream, RANDOM_INIT, 1);
  random_normals(&init, scale, 3);
  random_normals(&init, x, heads);
  cblas_dscal((int)heads, .3 * exp(2 * scale[0]), x, 1);
  for (int c = 0; c < t->K; c++) {
    double mean[256] = {0}, noise[256];
    random_normals(&means, noise, (size_t)room);
    if (t->squared)
      mean[c] = 1;
    else
      neural_collapse_simplex_row(t->K, c, mean);
    cblas_daxpy(room, .1 * exp(2 * scale[1]), noise, 1, mean, 1);
    cblas_dscal(room, 1 / cblas_dnrm2(room, mean, 1), mean, 1);
    cblas_daxpy(room, 3 * exp(scale[2]), mean, 1, x + c * d, 1);
    for (int i = 0; i < t->n; i++) {
      double *h = H + (size_t)(c * t->n + i) * (size_t)d;
      cblas_daxpy(room, R, mean, 1, h, 1);
      neural_collapse_simplex_row(t->n, i, h + room + c * (t->n - 1));
      cblas_dscal(t->n - 1, sqrt(1 - R * R), h + room + c * (t->n - 1), 1);
    }
  }
  *J = neural_collapse_head_loss(t, t->K * t->n, labels, x, NULL, H, g + heads + all, g, NULL, g + heads) +
       p->lw / 2 * cblas_ddot((int)heads, x, 1, x, 1);
  neural_collapse_measure(t, x, H, &metrics);
  *slip = fabs(metrics.R - R);
  free(x);
  free(labels);
  return ASSAY_OK;
}

/* The logits of one sample of class 0 whose head has rows of norm w. */
static double collapsed_loss_at(const neural_collapse_task *t, double lw, double R, double w) {
  double logits[256];
  const int label = 0;
  for (int c = 0; c < t->K; c++) logits[c] = c == 0 ? w * R : t->squared ? 0 : -w * R / (t->K - 1);
  const double loss = t->squared ? layer_one_hot_squares(logits, 1, t->K, &label)
                                 : layer_cross_entropy(logits, 1, t->K, &label, t->q);
  return loss + lw / 2 * t->K * w * w;
}

double neural_collapse_collapsed_loss(const neural_collapse_task *t, double lw, double R) {
  const double golden = .6180339887498949;
  double lo = 0,
         hi = sqrt(2 * log(t->K + 2.) / (lw * t->K)); /* there the penalty alone exceeds the loss at w = 0 */
  for (int round = 0; round < 60; round++) {
    const double left = hi - golden * (hi - lo), right = lo + golden * (hi - lo);
    if (collapsed_loss_at(t, lw, R, left) < collapsed_loss_at(t, lw, R, right))
      hi = right;
    else
      lo = left;
  }
  return collapsed_loss_at(t, lw, R, (lo + hi) / 2);
}
