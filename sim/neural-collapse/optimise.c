#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"

static const lbfgs_rule rule = {30, 6000, 1e-8};

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network");
}

/* h = scale v/|v| of each of N columns [N][d]; in place with the lengths [N] kept. */
static void normalise(double *H, int N, int d, double scale, double *lengths) {
  for (int i = 0; i < N; i++) {
    lengths[i] = cblas_dnrm2(d, H + (size_t)i * (size_t)d, 1);
    cblas_dscal(d, scale / lengths[i], H + (size_t)i * (size_t)d, 1);
  }
}

/* dJ/dv from dJ/dh, in place: (scale g - h (h.g)/scale)/|v|. */
static void normalise_back(const double *H, int N, int d, double scale, const double *lengths, double *G) {
  for (int i = 0; i < N; i++) {
    const double *h = H + (size_t)i * (size_t)d;
    double *g = G + (size_t)i * (size_t)d, along = cblas_ddot(d, h, 1, g, 1) / scale;
    for (int j = 0; j < d; j++) g[j] = (scale * g[j] - h[j] * along) / lengths[i];
  }
}

/* (decay/2)|x|^2, its gradient added. */
static double penalty(double decay, const double *x, double *g, int count) {
  cblas_daxpy(count, decay, x, 1, g, 1);
  return decay / 2 * cblas_ddot(count, x, 1, x, 1);
}

/* ---- free features: unknowns U, V, and the bias ---- */

typedef struct {
  const neural_collapse_features *p;
  double *H, *lengths;
} feature_work;

static double feature_objective(const double *x, double *g, void *context) {
  const feature_work *w = context;
  const neural_collapse_task *t = &w->p->task;
  const int heads = t->K * t->d, N = t->K * t->n, all = N * t->d;
  const double *b = w->p->bias ? x + heads + all : NULL;
  memset(g, 0, (size_t)(heads + all + (b ? t->K : 0)) * sizeof *g);
  memcpy(w->H, x + heads, (size_t)all * sizeof *x);
  if (!(w->p->lh > 0)) normalise(w->H, N, t->d, w->p->rho, w->lengths);
  double J = neural_collapse_head_loss(t, x, b, w->H, g, b ? g + heads + all : NULL, g + heads);
  J += penalty(w->p->lw, x, g, heads);
  if (w->p->lh > 0) return J + penalty(w->p->lh, x + heads, g + heads, all);
  normalise_back(w->H, N, t->d, w->p->rho, w->lengths, g + heads);
  return J;
}

assay_status neural_collapse_optimise_features(const neural_collapse_features *p, const assay_stream *stream, double *J,
                                        neural_collapse_metrics *metrics, assay_error *error) {
  const neural_collapse_task *t = &p->task;
  const size_t heads = (size_t)(t->K * t->d), N = (size_t)(t->K * t->n), all = N * (size_t)t->d,
               unknowns = heads + all + (p->bias ? (size_t)t->K : 0);
  double *x = calloc(unknowns + all + N + lbfgs_room(unknowns, &rule), sizeof *x);
  if (!x) return no_memory(error);
  feature_work work = {p, x + unknowns, x + unknowns + all};
  lbfgs_report report;
  random_source init = random_open(stream, RANDOM_INIT, 0);
  random_normals(&init, x, heads + all);
  cblas_dscal((int)heads, .3, x, 1);
  assay_status status =
      lbfgs_minimise(feature_objective, &work, unknowns, &rule, x, x + unknowns + all + N, &report, error);
  *J = report.value;
  memcpy(work.H, x + heads, all * sizeof *x);
  if (!(p->lh > 0)) normalise(work.H, (int)N, t->d, 1, work.lengths);
  neural_collapse_measure(t, x, work.H, metrics);
  free(x);
  return status;
}

static void simplex_row(int K, int c, double *out);

assay_status neural_collapse_random_state(const neural_collapse_features *p, double R, const assay_stream *stream,
                                   double *J, double *slip, assay_error *error) {
  const neural_collapse_task *t = &p->task;
  const int d = t->d, room = d - t->K * (t->n - 1);
  const size_t heads = (size_t)(t->K * d), N = (size_t)(t->K * t->n), all = N * (size_t)d;
  double *x = calloc(2 * (heads + all), sizeof *x), *H = x + heads, *g = H + all, scale[3];
  if (!x) return no_memory(error);
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
      simplex_row(t->K, c, mean);
    cblas_daxpy(room, .1 * exp(2 * scale[1]), noise, 1, mean, 1);
    cblas_dscal(room, 1 / cblas_dnrm2(room, mean, 1), mean, 1);
    cblas_daxpy(room, 3 * exp(scale[2]), mean, 1, x + c * d, 1);
    for (int i = 0; i < t->n; i++) {
      double *h = H + (size_t)(c * t->n + i) * (size_t)d;
      cblas_daxpy(room, R, mean, 1, h, 1);
      simplex_row(t->n, i, h + room + c * (t->n - 1));
      cblas_dscal(t->n - 1, sqrt(1 - R * R), h + room + c * (t->n - 1), 1);
    }
  }
  *J = neural_collapse_head_loss(t, x, NULL, H, g, NULL, g + heads) + p->lw / 2 * cblas_ddot((int)heads, x, 1, x, 1);
  neural_collapse_measure(t, x, H, &metrics);
  *slip = fabs(metrics.R - R);
  free(x);
  return ASSAY_OK;
}

/* ---- networks: unknowns W_1..W_L [d][d], U [K][d] ---- */

typedef struct {
  const neural_collapse_network *p;
  const double *X; /* [N][d] */
  double *H, *lengths,
      *G; /* H [L+1][N][d] the inputs of the blocks and the features, lengths [L][N], G [2][N][d] */
} network_work;

static double network_objective(const double *x, double *g, void *context) {
  const network_work *w = context;
  const neural_collapse_task *t = &w->p->task;
  const int d = t->d, N = t->K * t->n, L = w->p->L, block = d * d, all = N * d;
  const double *U = x + (size_t)L * (size_t)block;
  double *dU = g + (size_t)L * (size_t)block, *G = w->G, *through = w->G + all;
  memset(g, 0, (size_t)(L * block + t->K * d) * sizeof *g);
  memset(G, 0, (size_t)all * sizeof *G);
  memcpy(w->H, w->X, (size_t)all * sizeof *w->X);
  for (int l = 0; l < L; l++) {
    double *in = w->H + (size_t)l * (size_t)all, *out = in + all;
    memcpy(out, in, (size_t)all * sizeof *in);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, d, d, 1, in, d, x + (size_t)l * (size_t)block, d,
                1, out, d);
    normalise(out, N, d, 1, w->lengths + l * N);
  }
  double J = neural_collapse_head_loss(t, U, NULL, w->H + (size_t)L * (size_t)all, dU, NULL, G);
  J += penalty(w->p->lw, U, dU, t->K * d);
  for (int l = L - 1; l >= 0; l--) {
    const double *in = w->H + (size_t)l * (size_t)all, *W = x + (size_t)l * (size_t)block;
    double *dW = g + (size_t)l * (size_t)block;
    normalise_back(in + all, N, d, 1, w->lengths + l * N, G);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, N, 1, G, d, in, d, 0, dW, d);
    J += penalty(w->p->lb, W, dW, block);
    memcpy(through, G, (size_t)all * sizeof *G);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, d, d, 1, through, d, W, d, 1, G, d);
  }
  return J;
}

/* Row c of the K unit simplex vectors in R^{K-1}. */
static void simplex_row(int K, int c, double *out) {
  for (int j = 0; j < K - 1; j++) {
    const double entry = c <= j ? 1 : c == j + 1 ? -(j + 1.) : 0;
    out[j] = entry / sqrt((j + 1.) * (j + 2.)) * sqrt(K / (K - 1.));
  }
}

static int data_dimension(const neural_collapse_task *t) {
  return (t->squared ? t->K : t->K - 1) + t->K * (t->n - 1);
}

/* sym(K,n,phi), X [N][d], in a random orthonormal basis. */
static assay_status symmetric_data(const neural_collapse_network *p, const assay_stream *stream, double *X,
                                   assay_error *error) {
  const neural_collapse_task *t = &p->task;
  const int d = t->d, m = t->squared ? t->K : t->K - 1, N = t->K * t->n;
  double *Q = calloc((size_t)d * (size_t)d + (size_t)d + (size_t)N * (size_t)d, sizeof *Q), *tau = Q + d * d,
         *flat = tau + d;
  if (!Q) return no_memory(error);
  random_source rotation = random_open(stream, RANDOM_MATRIX, 0);
  random_normals(&rotation, Q, (size_t)(d * d));
  lapack_int info = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, d, d, Q, d, tau);
  if (!info) info = LAPACKE_dorgqr(LAPACK_ROW_MAJOR, d, d, d, Q, d, tau);
  for (int i = 0; i < N; i++) {
    const int c = i / t->n;
    double *x = flat + i * d;
    if (t->squared)
      x[c] = 1;
    else
      simplex_row(t->K, c, x);
    cblas_dscal(m, cos(p->phi), x, 1);
    simplex_row(t->n, i % t->n, x + m + c * (t->n - 1));
    cblas_dscal(t->n - 1, sin(p->phi), x + m + c * (t->n - 1), 1);
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, d, d, 1, flat, d, Q, d, 0, X, d);
  free(Q);
  return info ? assay_error_set(error, ASSAY_NUMERIC, "the rotation could not be made (QR: %d)", (int)info)
              : ASSAY_OK;
}

typedef struct {
  size_t unknowns;
  double *x, *g, *room;
  network_work work;
} network_room;

static assay_status open_network(const neural_collapse_network *p, const assay_stream *stream, network_room *r,
                                 assay_error *error) {
  const size_t d = (size_t)p->task.d, N = (size_t)(p->task.K * p->task.n), L = (size_t)p->L, all = N * d;
  r->unknowns = L * d * d + (size_t)p->task.K * d;
  r->x = calloc(2 * r->unknowns + all * (L + 4) + L * N + lbfgs_room(r->unknowns, &rule), sizeof *r->x);
  if (!r->x) return no_memory(error);
  r->g = r->x + r->unknowns;
  double *X = r->g + r->unknowns;
  r->work = (network_work){p, X, X + all, X + all * (L + 4), X + all * (L + 2)};
  r->room = X + all * (L + 4) + L * N;
  return symmetric_data(p, stream, X, error);
}

/* A random start: blocks N(0,1) g/(L sqrt d), g by the restart; head .3 N(0,1). */
static void start(const neural_collapse_network *p, const assay_stream *stream, int restart, network_room *r) {
  static const double sizes[4] = {.05, .3, 1, 1};
  const int blocks = p->L * p->task.d * p->task.d;
  random_source init = random_open(stream, RANDOM_INIT, (unsigned)restart);
  random_normals(&init, r->x, r->unknowns);
  cblas_dscal(blocks, sizes[restart % 4] / (p->L * sqrt(p->task.d)), r->x, 1);
  cblas_dscal(p->task.K * p->task.d, .3, r->x + blocks, 1);
}

assay_status neural_collapse_optimise_network(const neural_collapse_network *given, const assay_stream *stream,
                                       neural_collapse_optimum *best, assay_error *error) {
  neural_collapse_network p = *given;
  network_room r;
  p.task.d = data_dimension(&p.task);
  assay_status status = open_network(&p, stream, &r, error), last = ASSAY_NUMERIC;
  const int blocks = p.L * p.task.d * p.task.d;
  *best = (neural_collapse_optimum){.J = INFINITY, .least = INFINITY};
  for (int restart = 0; restart < p.restarts && status == ASSAY_OK; restart++) {
    lbfgs_report report;
    start(&p, stream, restart, &r);
    if (lbfgs_minimise(network_objective, &r.work, r.unknowns, &rule, r.x, r.room, &report, error) !=
        ASSAY_OK)
      continue;
    last = ASSAY_OK;
    best->least = fmin(best->least, report.value);
    if (!(report.value < best->J)) continue;
    best->J = network_objective(r.x, r.g, &r.work);
    best->decay = p.lb / 2 * cblas_ddot(blocks, r.x, 1, r.x, 1);
    neural_collapse_measure(&p.task, r.x + blocks, r.work.H + (size_t)p.L * (size_t)(p.task.K * p.task.n * p.task.d),
                     &best->metrics);
  }
  free(r.x);
  return status == ASSAY_OK ? last : status;
}

assay_status neural_collapse_check_gradient(const neural_collapse_network *given, const assay_stream *stream, double *worst,
                                     assay_error *error) {
  neural_collapse_network p = *given;
  network_room r;
  p.task.d = data_dimension(&p.task);
  assay_status status = open_network(&p, stream, &r, error);
  random_source directions = random_open(stream, RANDOM_PERTURBATION, 0);
  *worst = 0;
  for (int trial = 0; trial < 4 && status == ASSAY_OK; trial++) {
    double *v = r.room;
    start(&p, stream, trial, &r);
    random_normals(&directions, v, r.unknowns);
    network_objective(r.x, r.g, &r.work);
    const double slope = cblas_ddot((int)r.unknowns, r.g, 1, v, 1), width = 1e-6;
    cblas_daxpy((int)r.unknowns, width, v, 1, r.x, 1);
    const double up = network_objective(r.x, r.g, &r.work);
    cblas_daxpy((int)r.unknowns, -2 * width, v, 1, r.x, 1);
    const double quotient = (up - network_objective(r.x, r.g, &r.work)) / (2 * width);
    *worst = fmax(*worst, fabs(quotient - slope) / (fabs(slope) + 1e-3));
  }
  free(r.x);
  return status;
}
