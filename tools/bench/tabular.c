/* Times one step of test-time training of the softmax attention classifier (100 context samples, 256 queries,
 * d = 64) and prints it beside its four matrix products alone and beside NumPy, both with one BLAS thread.
 *
 *     bench-tabular [REPETITIONS]
 *
 * The three are timed in turn in every repetition; what is printed are medians over the repetitions. NumPy is
 * /usr/bin/python3's, if it has it. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/kernels/adam.h"
#include "sim/kernels/random.h"
#include "sim/ttt-icl/tabular.h"

enum { D = 64, CONTEXT = 100, QUERIES = 256, STEPS = 200, MOST = 101 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void samples(const assay_stream *stream, unsigned index, ttt_icl_samples *s) {
  random_source x = random_open(stream, RANDOM_DESIGN, index), y = random_open(stream, RANDOM_LABEL, index);
  random_normals(&x, s->x, (size_t)s->n * D);
  for (int i = 0; i < s->n; i++) {
    uint64_t label;
    random_integers(&y, TTT_ICL_CLASSES, &label, 1);
    s->label[i] = (int)label;
  }
}

static double time_steps(ttt_icl_classifier *room, double *W, const ttt_icl_samples *context,
                         const ttt_icl_samples *queries) {
  static const adam_rule rule = {.9, .999, 1e-8};
  const double start = seconds();
  for (int step = 1; step <= STEPS; step++) {
    ttt_icl_classifier_loss(room, true, W, context, queries);
    adam_step(&rule, 1e-3, step, D * D, room->gradient, room->moments, W);
  }
  return (seconds() - start) / STEPS;
}

static double time_products(ttt_icl_classifier *room, const double *W, const double *x, const double *q) {
  const double start = seconds();
  for (int step = 0; step < STEPS; step++) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, QUERIES, D, D, 1, q, D, W, D, 0, room->U, D);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, QUERIES, CONTEXT, D, 1, room->U, D, x, D, 0, room->S,
                CONTEXT);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, QUERIES, D, CONTEXT, 1, room->S, CONTEXT, x, D, 0,
                room->G, D);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, D, D, QUERIES, 1, q, D, room->G, D, 0,
                room->gradient, D);
  }
  return (seconds() - start) / STEPS;
}

/* The same step as a NumPy user writes it. */
static double time_numpy(void) {
  double t = NAN;
  FILE *out =
      popen("OPENBLAS_NUM_THREADS=1 /usr/bin/python3 -c \""
            "import numpy as np, time\n"
            "r = np.random.default_rng(1); d, n, N, C, e = 64, 100, 256, 10, 1e-3\n"
            "X, Q = r.normal(size=(n, d)), r.normal(size=(N, d)); yx, yq = r.integers(0, C, n), "
            "r.integers(0, C, N)\n"
            "W, m, s = .05 * np.eye(d), np.zeros((d, d)), np.zeros((d, d))\n"
            "def step(t):\n"
            "  global W, m, s\n"
            "  S = Q @ W @ X.T; S = np.exp(S - S.max(1, keepdims=True)); a = S / S.sum(1, keepdims=True)\n"
            "  hit = yx[None, :] == yq[:, None]; P = (a * hit).sum(1, keepdims=True)\n"
            "  G = -(1 - e) * a * (hit - P) / ((1 - e) * P + e / C) / N\n"
            "  g = Q.T @ (G @ X)\n"
            "  m = .9 * m + .1 * g; s = .999 * s + .001 * g * g\n"
            "  W = W - 1e-3 * (m / (1 - .9 ** t)) / (np.sqrt(s / (1 - .999 ** t)) + 1e-8)\n"
            "for t in range(1, 21): step(t)\n"
            "b = time.process_time()\n"
            "for t in range(21, 221): step(t)\n"
            "print((time.process_time() - b) / 200)\" 2>/dev/null",
            "r");
  if (!out) return NAN;
  if (fscanf(out, "%lf", &t) != 1) t = NAN;
  pclose(out);
  return t;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *x, int n) {
  qsort(x, (size_t)n, sizeof *x, ascending);
  return x[n / 2];
}

int main(int count, char **argument) {
  static double cx[CONTEXT * D], qx[QUERIES * D], W[D * D], times[3][MOST];
  static int cl[CONTEXT], ql[QUERIES];
  ttt_icl_samples context = {CONTEXT, D, cx, cl}, queries = {QUERIES, D, qx, ql};
  const assay_stream stream = {1, 0};
  int repetitions = count > 1 ? atoi(argument[1]) : 11;
  if (repetitions < 1 || repetitions > MOST) {
    fprintf(stderr, "REPETITIONS lies in 1..%d\n", MOST);
    return 2;
  }
  double *doubles = calloc(ttt_icl_classifier_doubles(D, CONTEXT, QUERIES), sizeof *doubles);
  if (!doubles) return 2;
  ttt_icl_classifier room = ttt_icl_classifier_open(D, CONTEXT, QUERIES, doubles);
  samples(&stream, 0, &context);
  samples(&stream, 1, &queries);
  for (int r = 0; r < repetitions; r++) {
    for (int i = 0; i < D * D; i++) W[i] = i % (D + 1) ? 0 : .05;
    for (int i = 0; i < 2 * D * D; i++) room.moments[i] = 0;
    times[0][r] = time_steps(&room, W, &context, &queries);
    times[1][r] = time_products(&room, W, cx, qx);
    times[2][r] = time_numpy();
  }
  const double step = median(times[0], repetitions), products = median(times[1], repetitions),
               numpy = median(times[2], repetitions);
  printf("training step of softmax attention: %.0f us\n", 1e6 * step);
  printf("  its four DGEMM alone: %.0f us, %.0f %% of it\n", 1e6 * products, 100 * products / step);
  if (isnan(numpy))
    printf("  NumPy: /usr/bin/python3 does not have it\n");
  else
    printf("  NumPy: %.0f us, %.1f times as long\n", 1e6 * numpy, numpy / step);
  free(doubles);
  return 0;
}
