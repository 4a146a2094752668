/* Networks to their optimum. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/orthogonal.h"
#include "sim/neural-collapse/neural-collapse.h"

static const lbfgs_rule rule = {30, 6000, 1e-8};

typedef struct {
  const neural_collapse_search *p;
  neural_collapse_pass pass;
  size_t unknowns, blocks;
  double *X, *Q; /* inputs [N][d], and the rotation [d][d] they were turned by, samples times Q */
  double *x, *g, *room;
} search_room;

/* ---- the inputs ---- */

static assay_status inputs(search_room *r, const assay_stream *stream, assay_error *error) {
  const neural_collapse_task *t = &r->p->net.task;
  const int d = t->d, N = t->K * t->n;
  for (int j = 0; j < d; j++) r->Q[j * d + j] = 1;
  if (r->p->net.act != ACTIVATION_LIN) return neural_collapse_samples(&r->p->set, r->X, error);
  double *flat = r->g; /* room of at least N d doubles, and 2 d more */
  random_source rotation = random_open(stream, RANDOM_MATRIX, 0);
  assay_status status = neural_collapse_samples(&r->p->set, flat, error);
  if (status == ASSAY_OK) status = orthogonal_fill(&rotation, d, r->Q, flat + N * d, error);
  if (status == ASSAY_OK)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, d, d, 1, flat, d, r->Q, d, 0, r->X, d);
  return status;
}

static assay_status open_search(const neural_collapse_search *p, const assay_stream *stream, search_room *r,
                                assay_error *error) {
  const size_t d = (size_t)p->net.task.d, all = (size_t)(p->net.task.K * p->net.task.n) * d;
  const size_t unknowns = neural_collapse_unknowns(&p->net);
  *r = (search_room){
      .p = p, .unknowns = unknowns, .blocks = (size_t)p->net.L * neural_collapse_block_size(&p->net)};
  const size_t spare = all + 2 * d > unknowns ? all + 2 * d : unknowns;
  r->X = calloc(all + d * d + unknowns + spare + lbfgs_room(unknowns, &rule), sizeof *r->X);
  if (!r->X)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network of %zu unknowns", unknowns);
  r->Q = r->X + all;
  r->x = r->Q + d * d;
  r->g = r->x + unknowns;
  r->room = r->g + spare;
  const assay_status status = neural_collapse_pass_open(&p->net, r->X, &r->pass, error);
  return status == ASSAY_OK ? inputs(r, stream, error) : status;
}

static void close_search(search_room *r) {
  neural_collapse_pass_close(&r->pass);
  free(r->X);
}

/* ---- where it starts ---- */

static void random_start(search_room *r, const assay_stream *stream, int restart) {
  static const double sizes[4] = {.05, .3, 1, 1};
  const neural_collapse_network *net = &r->p->net;
  random_source init = random_open(stream, RANDOM_INIT, (unsigned)restart);
  random_normals(&init, r->x, r->unknowns);
  cblas_dscal((int)r->blocks, sizes[restart % 4] / (net->L * sqrt(net->task.d)), r->x, 1);
  cblas_dscal(net->task.K * net->task.d, .3, r->x + r->blocks, 1);
}

/* M [d][d] += scale times the projector on the images of the axes from..to-1. */
static void add_projector(const search_room *r, int from, int to, double scale, double *M) {
  const int d = r->p->net.task.d;
  const double *q = r->Q + from * d;
  if (to > from)
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, to - from, scale, q, d, q, d, 1, M, d);
}

static void designed_start(search_room *r, const assay_stream *stream, int restart) {
  const neural_collapse_network *net = &r->p->net;
  const int d = net->task.d, m = neural_collapse_means(&r->p->set),
            end = m + neural_collapse_deviations(&r->p->set);
  const size_t block = neural_collapse_block_size(net), square = (size_t)(d * d);
  const bool pair = net->blocks == NEURAL_COLLAPSE_RN2;
  double axis[256] = {0}, *last = r->x + block - square;
  random_source init = random_open(stream, RANDOM_INIT, (unsigned)restart);
  random_normals(&init, r->x, r->blocks);
  cblas_dscal((int)r->blocks, .01 / (net->L * sqrt(d)), r->x, 1);
  if (r->p->start == NEURAL_COLLAPSE_CONTRACT) {
    if (pair) add_projector(r, m, end, .9, r->x);
    add_projector(r, m, end, pair ? -.9 : -.99, last);
  } else
    for (size_t at = 0; at < r->blocks; at += square) add_projector(r, 0, m, sqrt(1.1 / net->L), r->x + at);
  for (int c = 0; c < net->task.K; c++) {
    memset(axis, 0, (size_t)d * sizeof *axis);
    if (net->task.squared)
      axis[c] = 1;
    else
      neural_collapse_simplex_row(net->task.K, c, axis);
    cblas_dgemv(CblasRowMajor, CblasTrans, d, d, 2.8, r->Q, d, axis, 1, 0, r->x + r->blocks + (size_t)(c * d),
                1);
  }
}

/* ---- what it finds ---- */

static double variation(const search_room *r) {
  const int L = r->p->net.L;
  const size_t block = neural_collapse_block_size(&r->p->net);
  double mean = 0, square = 0;
  for (int l = 0; l < L; l++) {
    const double *W = r->x + (size_t)l * block, energy = cblas_ddot((int)block, W, 1, W, 1);
    mean += energy / L;
    square += energy * energy / L;
  }
  return L > 1 ? sqrt(fmax(0, square - mean * mean)) / mean : 0;
}

static double largest_attention(const search_room *r) {
  const size_t block = neural_collapse_block_size(&r->p->net);
  double most = 0;
  if (r->p->net.blocks != NEURAL_COLLAPSE_TX1) return 0;
  for (size_t at = 0; at < r->blocks; at += block)
    for (size_t i = 0; i < block / 2; i++) most = fmax(most, fabs(r->x[at + i]));
  return most;
}

static void describe(search_room *r, const lbfgs_report *report, neural_collapse_optimum *best) {
  best->J = neural_collapse_objective(r->x, r->g, &r->pass);
  best->decay = r->pass.decay;
  best->cv = variation(r);
  best->attention = largest_attention(r);
  best->gradient = report->gradient;
  neural_collapse_measure(&r->p->net.task, r->x + r->blocks, neural_collapse_features_of(&r->pass),
                          &best->metrics);
}

static assay_status check(const neural_collapse_search *p, assay_error *error) {
  const bool designed = p->start != NEURAL_COLLAPSE_RANDOM, pair = p->net.blocks == NEURAL_COLLAPSE_RN2;
  if (designed && p->set.data != NEURAL_COLLAPSE_SYM)
    return assay_error_set(error, ASSAY_DOMAIN, "designed starts are for data = sym");
  if (p->start == NEURAL_COLLAPSE_EXPAND && !pair)
    return assay_error_set(error, ASSAY_DOMAIN, "the start that expands is for blocks of two matrices");
  if (p->net.L < 1 || p->net.task.d > 256)
    return assay_error_set(error, ASSAY_DOMAIN, "L = %d, d = %d: L >= 1 and d <= 256", p->net.L,
                           p->net.task.d);
  return ASSAY_OK;
}

assay_status neural_collapse_optimise_network(const neural_collapse_search *p, const assay_stream *stream,
                                              neural_collapse_optimum *best, assay_error *error) {
  search_room r = {0};
  assay_status status = check(p, error), last = ASSAY_NUMERIC;
  if (status == ASSAY_OK) status = open_search(p, stream, &r, error);
  *best = (neural_collapse_optimum){.J = INFINITY};
  for (int restart = 0; restart < p->restarts && status == ASSAY_OK; restart++) {
    lbfgs_report report;
    if (p->start == NEURAL_COLLAPSE_RANDOM)
      random_start(&r, stream, restart);
    else
      designed_start(&r, stream, restart);
    if (lbfgs_minimise(neural_collapse_objective, &r.pass, r.unknowns, &rule, r.x, r.room, &report, error) !=
        ASSAY_OK)
      continue;
    last = ASSAY_OK;
    best->converged++;
    if (report.value < best->J) describe(&r, &report, best);
  }
  close_search(&r);
  return status == ASSAY_OK ? last : status;
}
