#include "sim/ttt-icl/tabular.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/data.h"
#include "model/data/fashion.h"
#include "model/data/table.h"
#include "sim/kernels/adam.h"
#include "sim/kernels/layers.h"
#include "sim/kernels/random.h"
#include "sim/ttt-icl/experiments.h"

enum { C = TTT_ICL_CLASSES };
static const double smoothing = 1e-3;

/* ---- the classifier ---- */

/* Rows of U and G: see scores. */
static size_t longest(int context, int queries) {
  return (size_t)(context > queries ? context : queries);
}

size_t ttt_icl_classifier_doubles(int d, int context, int queries) {
  const size_t D = (size_t)d, Q = (size_t)queries, wide = (size_t)(context > C ? context : C);
  return 2 * longest((int)wide, queries) * D + Q * wide + wide * D + C * D + C * wide + 3 * D * D;
}

ttt_icl_classifier ttt_icl_classifier_open(int d, int context, int queries, double *doubles) {
  const size_t D = (size_t)d, Q = (size_t)queries, wide = (size_t)(context > C ? context : C);
  ttt_icl_classifier r = {.d = d, .context = context, .queries = queries, .U = doubles};
  r.G = r.U + longest((int)wide, queries) * D;
  r.S = r.G + longest((int)wide, queries) * D;
  r.turned = r.S + Q * wide;
  r.H = r.turned + wide * D;
  r.members = r.H + C * D;
  r.gradient = r.members + C * wide;
  r.moments = r.gradient + D * D;
  return r;
}

/* H [10][d]: of each class its sum less its share of the whole, over n. */
static void class_means(const ttt_icl_samples *context, double *H) {
  const int d = context->d, n = context->n;
  double share[C] = {0}, whole[256] = {0};
  memset(H, 0, C * (size_t)d * sizeof *H);
  for (int i = 0; i < n; i++) share[context->label[i]] += 1. / n;
  for (int i = 0; i < n; i++)
    cblas_daxpy(d, 1. / n, context->x + (size_t)i * (size_t)d, 1, H + (size_t)context->label[i] * (size_t)d,
                1);
  for (int c = 0; c < C; c++) cblas_daxpy(d, 1, H + c * d, 1, whole, 1);
  for (int c = 0; c < C; c++) cblas_daxpy(d, -share[c], whole, 1, H + c * d, 1);
}

/* What queries are compared with: the context's samples (soft) or the class means. */
typedef struct {
  const double *x; /* [n][d] */
  int n;
} key_rows;

static key_rows keys_of(ttt_icl_classifier *r, bool soft, const ttt_icl_samples *context) {
  if (soft) return (key_rows){context->x, context->n};
  class_means(context, r->H);
  return (key_rows){r->H, C};
}

/* Attention scores (soft) [N][n], or logits [N][10], X W keys', into S: by W keys' where there are fewer keys
 * than queries, else by X W; U holds either. */
static void scores(ttt_icl_classifier *r, const double *W, key_rows keys, const ttt_icl_samples *queries) {
  const int d = r->d, N = queries->n, n = keys.n;
  if (n < N) {
    layer_turn(keys.x, n, d, r->turned);
    layer_dense_turned(W, d, d, r->turned, n, 0, r->U);
    layer_dense_turned(queries->x, N, d, r->U, n, 0, r->S);
  } else {
    layer_dense_turned(queries->x, N, d, W, d, 0, r->U);
    layer_dense(r->U, N, d, keys.x, n, 0, r->S);
  }
}

/* The derivative by W, X' S keys, from that by the scores, S; in the same order. */
static void gradient(ttt_icl_classifier *r, key_rows keys, const ttt_icl_samples *queries) {
  const size_t d = (size_t)r->d;
  const int N = queries->n, n = keys.n;
  if (n < N) {
    memset(r->G, 0, d * (size_t)n * sizeof *r->G);
    layer_dense_reverse(r->S, N, n, NULL, r->d, queries->x, r->G, 0, NULL);
    layer_dense_turned(r->G, r->d, n, keys.x, r->d, 0, r->gradient);
  } else {
    memset(r->gradient, 0, d * d * sizeof *r->gradient);
    layer_dense_turned(r->S, N, n, keys.x, r->d, 0, r->G);
    layer_dense_reverse(r->G, N, r->d, NULL, r->d, queries->x, r->gradient, 0, NULL);
  }
}

double ttt_icl_classifier_loss(ttt_icl_classifier *r, bool soft, const double *W,
                               const ttt_icl_samples *context, const ttt_icl_samples *queries) {
  const int N = queries->n, n = context->n;
  const key_rows keys = keys_of(r, soft, context);
  scores(r, W, keys, queries);
  memset(r->members, 0, C * (size_t)n * sizeof *r->members);
  for (int i = 0; i < n; i++) r->members[(size_t)context->label[i] * (size_t)n + (size_t)i] = 1;
  const double loss = soft ? layer_vote_cross_entropy(r->S, N, n, queries->label, r->members, C, smoothing)
                           : layer_cross_entropy(r->S, N, C, queries->label, 0);
  gradient(r, keys, queries);
  return loss;
}

int ttt_icl_classifier_right(ttt_icl_classifier *r, bool soft, const double *W,
                             const ttt_icl_samples *context, const ttt_icl_samples *queries) {
  const int N = queries->n, n = soft ? context->n : C;
  int right = 0;
  scores(r, W, keys_of(r, soft, context), queries);
  if (soft) layer_softmax(r->S, N, n);
  for (int q = 0; q < N; q++) {
    const double *row = r->S + (size_t)q * (size_t)n, *P = row;
    double sums[C] = {0};
    int best = 0;
    for (int i = 0; soft && i < n; i++) sums[context->label[i]] += row[i];
    if (soft) P = sums;
    for (int c = 1; c < C; c++)
      if (P[c] > P[best]) best = c;
    right += best == queries->label[q];
  }
  return right;
}

assay_status ttt_icl_direct_rows(ttt_icl_samples *s, const double *mean, assay_error *error) {
  double length;
  for (int i = 0; i < s->n; i++) {
    double *row = s->x + (size_t)i * (size_t)s->d;
    cblas_daxpy(s->d, -1, mean, 1, row, 1);
    if (!layer_normalise(row, 1, s->d, false, sqrt(s->d), &length))
      return assay_error_set(error, ASSAY_NUMERIC, "sample %d is the mean of its set: it has no direction",
                             i + 1);
  }
  return ASSAY_OK;
}

/* ---- training ---- */

enum { CONTEXT = 100, QUERIES = 256, TASK_QUERIES = 64, STEPS = 400, CONTEXTS = 10, MOST_TESTS = 1000 };
static const adam_rule rule = {.9, .999, 1e-8};

typedef struct {
  ttt_icl_samples all;   /* the data set, as it is read */
  ttt_icl_samples split; /* [k + tests] of a replicate, targets first */
  ttt_icl_samples context, queries;
  int k, tests, factor, readouts, steps;
  bool soft, shuffled;
  const double *n; /* [readouts] */
  double *W0, *W, *mean;
  size_t *order; /* [all.n] */
  ttt_icl_classifier room;
} tabular_run;

static ttt_icl_samples samples_of(assay_call *call, int n, int d) {
  return (ttt_icl_samples){n, d, assay_alloc(call, (size_t)n * (size_t)d * sizeof(double)),
                           assay_alloc(call, (size_t)n * sizeof(int))};
}

static void copy_sample(const ttt_icl_samples *from, size_t i, ttt_icl_samples *to, int j) {
  const size_t d = (size_t)from->d;
  memcpy(to->x + (size_t)j * d, from->x + i * d, d * sizeof *to->x);
  to->label[j] = from->label[i];
}

/* A synthetic task: class means N(0, .3 I), samples N(mean, .7 I), classes uniform, rows of length sqrt(d).
 */
typedef struct {
  random_source means, points, labels;
} task_source;

static assay_status draw_task(task_source *from, int d, ttt_icl_samples *context, ttt_icl_samples *queries,
                              assay_error *error) {
  double means[C * 256], zero[256] = {0};
  ttt_icl_samples *both[2] = {context, queries};
  random_normals(&from->means, means, C * (size_t)d);
  for (int part = 0; part < 2; part++) {
    ttt_icl_samples *s = both[part];
    random_normals(&from->points, s->x, (size_t)s->n * (size_t)d);
    for (int i = 0; i < s->n; i++) {
      uint64_t y;
      random_integers(&from->labels, C, &y, 1);
      s->label[i] = (int)y;
      cblas_dscal(d, sqrt(.7), s->x + (size_t)i * (size_t)d, 1);
      cblas_daxpy(d, sqrt(.3), means + y * (uint64_t)d, 1, s->x + (size_t)i * (size_t)d, 1);
    }
    assay_status status = ttt_icl_direct_rows(s, zero, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

static void forget(tabular_run *run) {
  memset(run->room.moments, 0, 2 * (size_t)run->all.d * (size_t)run->all.d * sizeof(double));
}

static assay_status pretrain(tabular_run *run, const assay_stream *stream, assay_error *error) {
  const int d = run->all.d;
  task_source from = {random_open(stream, RANDOM_TEACHER, 0), random_open(stream, RANDOM_DESIGN, 0),
                      random_open(stream, RANDOM_LABEL, 0)};
  memset(run->W0, 0, (size_t)d * (size_t)d * sizeof(double));
  for (int i = 0; i < d; i++) run->W0[i * d + i] = .05;
  forget(run);
  run->context.n = CONTEXT;
  run->queries.n = TASK_QUERIES;
  for (int step = 1; step <= STEPS; step++) {
    assay_status status = draw_task(&from, d, &run->context, &run->queries, error);
    if (status != ASSAY_OK) return status;
    ttt_icl_classifier_loss(&run->room, run->soft, run->W0, &run->context, &run->queries);
    adam_step(&rule, .005, step, (size_t)d * (size_t)d, run->room.gradient, run->room.moments, run->W0);
  }
  return ASSAY_OK;
}

/* k targets and the tests in the order of a random permutation; all less the targets' mean, rescaled. */
static assay_status split(tabular_run *run, const assay_stream *stream, assay_error *error) {
  const int d = run->all.d;
  random_source source = random_open(stream, RANDOM_SPLIT, 0);
  random_permutation(&source, run->order, (size_t)run->all.n);
  run->split.n = run->k + run->tests;
  for (int i = 0; i < run->split.n; i++) copy_sample(&run->all, run->order[i], &run->split, i);
  memset(run->mean, 0, (size_t)d * sizeof *run->mean);
  for (int i = 0; i < run->k; i++)
    cblas_daxpy(d, 1. / run->k, run->split.x + (size_t)i * (size_t)d, 1, run->mean, 1);
  return ttt_icl_direct_rows(&run->split, run->mean, error);
}

/* From W0 into W: each step a permutation of the k targets, the first as context, the next as queries. Labels
 * that are shuffled are so once, for the training alone. */
static void train(tabular_run *run, const assay_stream *stream) {
  const size_t d2 = (size_t)run->all.d * (size_t)run->all.d, k = (size_t)run->k;
  random_source batches = random_open(stream, RANDOM_SPLIT, 1), labels = random_open(stream, RANDOM_LABEL, 1);
  size_t *other = run->order + k; /* the permutation of the labels, behind that of the samples */
  random_permutation(&labels, other, k);
  memcpy(run->W, run->W0, d2 * sizeof *run->W);
  forget(run);
  run->context.n = CONTEXT;
  run->queries.n = QUERIES;
  for (int step = 1; step <= run->steps; step++) {
    random_permutation(&batches, run->order, k);
    for (int i = 0; i < CONTEXT + QUERIES; i++) {
      ttt_icl_samples *to = i < CONTEXT ? &run->context : &run->queries;
      const int at = i < CONTEXT ? i : i - CONTEXT;
      copy_sample(&run->split, run->order[i], to, at);
      if (run->shuffled) to->label[at] = run->split.label[other[run->order[i]]];
    }
    ttt_icl_classifier_loss(&run->room, run->soft, run->W, &run->context, &run->queries);
    adam_step(&rule, .003, step, d2, run->room.gradient, run->room.moments, run->W);
  }
}

/* The accuracy on the tests with W, and with W0, from the same ten contexts of `n` targets. */
static void accuracies(tabular_run *run, const assay_stream *stream, int n, double *trained,
                       double *untrained) {
  random_source source = random_open(stream, RANDOM_TEST, (unsigned)n);
  const ttt_icl_samples tests = {run->tests, run->all.d, run->split.x + (size_t)run->k * (size_t)run->all.d,
                                 run->split.label + run->k};
  int right = 0, right0 = 0;
  run->context.n = n;
  for (int c = 0; c < CONTEXTS; c++) {
    random_permutation(&source, run->order, (size_t)run->k);
    for (int i = 0; i < n; i++) copy_sample(&run->split, run->order[i], &run->context, i);
    if (trained) right += ttt_icl_classifier_right(&run->room, run->soft, run->W, &run->context, &tests);
    right0 += ttt_icl_classifier_right(&run->room, run->soft, run->W0, &run->context, &tests);
  }
  if (trained) *trained = right / (double)(CONTEXTS * run->tests);
  *untrained = right0 / (double)(CONTEXTS * run->tests);
}

/* The accuracy without training at factor n, which another read-out may have measured already. */
static double longer(tabular_run *run, const assay_stream *stream, int n, const double *out) {
  double accuracy;
  for (int j = 0; j < run->readouts; j++)
    if ((int)run->n[j] == n) return out[3 * j];
  accuracies(run, stream, n, NULL, &accuracy);
  return accuracy;
}

static assay_status replicate_tabular(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  tabular_run *run = state;
  assay_status status = pretrain(run, stream, assay_call_error(call));
  if (status == ASSAY_OK) status = split(run, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  train(run, stream);
  for (int j = 0; j < run->readouts; j++)
    accuracies(run, stream, (int)run->n[j], &out[3 * j + 1], &out[3 * j]);
  for (int j = 0; j < run->readouts; j++) {
    const int n = run->factor * (int)run->n[j];
    out[3 * j + 2] = n <= run->k ? out[3 * j + 1] - longer(run, stream, n, out) : 0;
  }
  return ASSAY_OK;
}

/* ---- the data ---- */

static assay_status read_digits(assay_call *call, tabular_run *run) {
  data_table table;
  assay_status status = table_read("digits", &table, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  run->all = samples_of(call, table.n, table.d);
  if (run->all.x && run->all.label) {
    memcpy(run->all.x, table.x, (size_t)table.n * (size_t)table.d * sizeof(double));
    memcpy(run->all.label, table.label, (size_t)table.n * sizeof(int));
  } else {
    status = ASSAY_NO_MEMORY;
  }
  table_free(&table);
  return status;
}

/* The first 6000 training images, means over 4 x 4 cells: d = 49. */
static assay_status read_fashion(assay_call *call, tabular_run *run) {
  enum { most = 6000, side = 4 };
  idx_images images;
  idx_labels labels;
  assay_status status = fashion_read(false, most, &images, &labels, assay_call_error(call));
  const int d = 49;
  if (status == ASSAY_OK) run->all = samples_of(call, most, d);
  if (status == ASSAY_OK && !(run->all.x && run->all.label)) status = ASSAY_NO_MEMORY;
  for (int i = 0; status == ASSAY_OK && i < most; i++) {
    idx_pool(&images, i, side, run->all.x + (size_t)i * d);
    run->all.label[i] = labels.labels[i];
    if (run->all.label[i] >= C)
      status =
          assay_fail(call, ASSAY_NO_DATA, "fashion-mnist: label %d of image %d", run->all.label[i], i + 1);
  }
  idx_free_images(&images);
  idx_free_labels(&labels);
  return status;
}

static assay_status open_tabular(assay_call *call, void **state) {
  tabular_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  const bool digits = !strcmp(assay_word(call, "data"), "digits");
  assay_status status = digits ? read_digits(call, run) : read_fashion(call, run);
  if (status != ASSAY_OK) return status;
  run->soft = !strcmp(assay_word(call, "model"), "soft");
  run->factor = run->soft ? 2 : 4;
  run->shuffled = !strcmp(assay_word(call, "labels"), "shuffled");
  run->steps = (int)assay_integer(call, "steps");
  run->k = digits ? 1000 : 2000;
  run->tests = run->all.n - run->k < MOST_TESTS ? run->all.n - run->k : MOST_TESTS;
  run->n = assay_list(call, "n", &run->readouts);
  const int d = run->all.d, most = run->k;
  for (int j = 0; j < run->readouts; j++)
    if (run->n[j] > most)
      return assay_fail(call, ASSAY_DOMAIN, "n = %g: contexts are drawn from %d samples", run->n[j], most);
  const size_t square = (size_t)d * (size_t)d;
  run->split = samples_of(call, run->k + run->tests, d);
  run->context = samples_of(call, most, d);
  run->queries = samples_of(call, QUERIES, d);
  run->W0 = assay_alloc(call, square * sizeof(double));
  run->W = assay_alloc(call, square * sizeof(double));
  run->mean = assay_alloc(call, (size_t)d * sizeof(double));
  run->order = assay_alloc(call, (size_t)(run->all.n + run->k) * sizeof(size_t));
  double *room = assay_alloc(call, ttt_icl_classifier_doubles(d, most, MOST_TESTS) * sizeof *room);
  if (!run->split.x || !run->split.label || !run->context.x || !run->context.label || !run->queries.x ||
      !run->queries.label || !run->W0 || !run->W || !run->mean || !run->order || !room)
    return ASSAY_NO_MEMORY;
  run->room = ttt_icl_classifier_open(d, most, MOST_TESTS, room);
  return ASSAY_OK;
}

static const assay_param params[] = {
    {"data", NULL, "the data set", ASSAY_WORD, 0, "digits|fashion", NULL, NULL},
    {"model", NULL, "softmax or linear attention", ASSAY_WORD, 0, "soft|lin", NULL, NULL},
    {"labels", NULL, "at test-time training: the targets' own, or permuted", ASSAY_WORD, ASSAY_SIM,
     "right|shuffled", NULL, "right"},
    {"steps", NULL, "of test-time training", ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,100000]", "400"},
    {"n", NULL, "context length", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,4000]", NULL},
    {0}};
static const assay_observable records[] = {
    {"a_ICL", NULL, "test accuracy without training, ten contexts of n", NULL, ASSAY_MEASURED, 0, 1},
    {"a_TTT", NULL, "test accuracy after it, the same contexts", NULL, ASSAY_MEASURED, 0, 1},
    {"gain", NULL, "a_TTT(n) - a_ICL(m n), m = 2 (soft), 4 (lin); 0 where m n exceeds the targets", NULL,
     ASSAY_MEASURED, -1, 1},
    {0}};
const assay_experiment ttt_icl_tabular_run = {.id = "ttt-icl/tabular",
                                              .doc =
                                                  "An attention classifier pretrained on synthetic tasks and "
                                                  "trained at test time on images: a split a replicate.",
                                              .params = params,
                                              .records = records,
                                              .block = 1,
                                              .open = open_tabular,
                                              .replicate = replicate_tabular};
