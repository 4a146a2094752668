#include "sim/ttt-icl/tabular.h"
#include "sim/ttt-icl/ttt-icl.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/ttt-icl/experiments.h"

/* ---- moments of a replicate's means ---- */

typedef struct {
  double sum, square;
  int n;
} tally;

static void add(tally *t, double x) {
  t->sum += x;
  t->square += x * x;
  t->n++;
}
static double mean(const tally *t) {
  return t->sum / t->n;
}
static double se(const tally *t) {
  return sqrt((t->square / t->n - mean(t) * mean(t)) / t->n);
}

static void same_mean(const char *what, const tally *a, const tally *b) {
  cr_expect(fabs(mean(a) - mean(b)) <= 5 * hypot(se(a), se(b)), "%s: %g +- %g and %g +- %g", what, mean(a),
            se(a), mean(b), se(b));
}

/* ---- three simulators of one law ---- */

enum { N = 30, K = 40, D = 20, REPLICATES = 4000 };

static ttt_icl_rung rung(double c) {
  return (ttt_icl_rung){N, K, D, .3, c, 0, 0, .01};
}

Test(ttt_icl, chain_sampler_and_matrices_have_the_same_law) {
  double lam[D], w[D], b[D] = {0}, room[4 * D];
  const double c = 1. / (N + 1 + 1.3 * D);
  for (int i = 0; i < D; i++) lam[i] = 1, w[i] = c;
  b[3] = 1;
  const ttt_icl_diagonal diagonal = {D, lam, w, b, N, K, .3, 0, room};
  ttt_icl_matrices matrices = {N, K, D, .3, c, .01, false, NULL};
  double *space = malloc(ttt_icl_direct_room(&matrices) * sizeof *space);
  cr_assert_not_null(space);
  matrices.room = space;
  tally t[3][4] = {{{0}}};
  const ttt_icl_rung one = rung(c);
  for (int i = 0; i < REPLICATES; i++) {
    const assay_stream stream = {91, (uint64_t)i};
    ttt_icl_chain_means chain;
    ttt_icl_means means;
    ttt_icl_direct_result direct;
    assay_error error;
    ttt_icl_chain(&one, 3, &stream, 0, &chain);
    ttt_icl_sampler(&diagonal, 2, &stream, &means);
    cr_assert_eq(ttt_icl_direct(&matrices, false, &stream, &direct, &error), ASSAY_OK);
    const double value[3][4] = {{chain.c1, chain.c2, chain.icl, chain.shared},
                                {means.c1, means.c2, means.icl, 0},
                                {direct.c1, direct.c2, direct.icl, direct.shared}};
    for (int m = 0; m < 3; m++)
      for (int v = 0; v < 4; v++) add(&t[m][v], value[m][v]);
  }
  free(space);
  static const char *const names[] = {"c1", "c2", "icl", "shared"};
  for (int v = 0; v < 4; v++) same_mean(names[v], &t[0][v], &t[2][v]);
  for (int v = 0; v < 3; v++) same_mean(names[v], &t[1][v], &t[2][v]);
  cr_expect_float_eq(ttt_icl_diagonal_start_risk(&diagonal), ttt_icl_start_risk(N, D, .3, c), 1e-13);
}

/* The explicit parabola against fresh contexts and queries that are really drawn. */
Test(ttt_icl, the_risk_over_a_fresh_context_is_the_one_of_fresh_contexts) {
  enum { n = 9, d = 3, k = 7, DRAWS = 400000 };
  const double sigma2 = .2, c = .05, s = 2e-4;
  ttt_icl_matrices m = {n, k, d, sigma2, c, 0, false, NULL};
  double *room = m.room = malloc(ttt_icl_direct_room(&m) * sizeof *room);
  cr_assert_not_null(room);
  ttt_icl_direct_result r;
  assay_error error;
  const assay_stream stream = {17, 5};
  cr_assert_eq(ttt_icl_direct(&m, false, &stream, &r, &error), ASSAY_OK);
  const double *b = room, *h = room + d, *g = room + 3 * d;
  random_source source = random_open(&stream, RANDOM_TEST, 0);
  tally t = {0};
  for (int draw = 0; draw < DRAWS; draw++) {
    double x[d], X[n * d], noise[n], fresh[d] = {0}, miss = 0, gx = 0, hf = 0;
    random_normals(&source, x, d);
    random_normals(&source, X, n * d);
    random_normals(&source, noise, n);
    for (int i = 0; i < n; i++) {
      double y = sqrt(sigma2) * noise[i];
      for (int j = 0; j < d; j++) y += X[i * d + j] * b[j];
      for (int j = 0; j < d; j++) fresh[j] += X[i * d + j] * y;
    }
    for (int j = 0; j < d; j++) {
      miss += x[j] * (b[j] - c * fresh[j]);
      gx += x[j] * g[j];
      hf += h[j] * fresh[j];
    }
    add(&t, pow(miss - s * gx * hf, 2));
  }
  const double explicit = r.L0 - 2 * s * r.c1 + s * s * r.c2;
  cr_expect(fabs(mean(&t) - explicit) < 5 * se(&t), "%g +- %g, not %g", mean(&t), se(&t), explicit);
  free(room);
}

/* Least squares leaves what the loop of gradient steps leaves. */
Test(ttt_icl, training_to_the_end_is_the_projection) {
  enum { n = 20, d = 12, k = 5 };
  ttt_icl_matrices m = {n, k, d, 0, .02, 0, false, NULL};
  double *room = m.room = calloc(ttt_icl_direct_room(&m), sizeof *room), target[k * d];
  cr_assert_not_null(room);
  ttt_icl_direct_result r, again;
  assay_error error;
  const assay_stream stream = {3, 8};
  cr_assert_eq(ttt_icl_direct(&m, false, &stream, &again, &error), ASSAY_OK);
  memcpy(target, room + 5 * d + (k > d ? k : d) + k * d, sizeof target);
  cr_assert_eq(ttt_icl_direct(&m, true, &stream, &r, &error), ASSAY_OK);
  double v[d] = {0}, residual[d], left = 0;
  const double *start = room + 2 * d;
  for (int step = 0; step < 100000; step++) {
    for (int j = 0; j < d; j++) residual[j] = start[j] - v[j];
    for (int i = 0; i < k; i++) {
      double dot = 0;
      for (int j = 0; j < d; j++) dot += target[i * d + j] * residual[j];
      for (int j = 0; j < d; j++) v[j] += .005 * target[i * d + j] * dot;
    }
  }
  for (int j = 0; j < d; j++) left += (start[j] - v[j]) * (start[j] - v[j]);
  cr_expect_float_eq(left, r.converged, 1e-10);
  cr_expect(r.converged > 0 && r.converged < r.icl);
  m.k = d;
  free(room);
  m.room = room = calloc(ttt_icl_direct_room(&m), sizeof *room);
  cr_assert_eq(ttt_icl_direct(&m, true, &stream, &r, &error), ASSAY_OK);
  cr_expect_eq(r.converged, 0);
  free(room);
}

Test(ttt_icl, the_step_is_the_gradient) {
  double gradient, rank, prediction;
  assay_error error;
  for (uint64_t i = 0; i < 8; i++) {
    const assay_stream stream = {5, i};
    cr_assert_eq(
        ttt_icl_check_step(9, 4, 1 + (long)i, 1, false, &stream, &gradient, &rank, &prediction, &error),
        ASSAY_OK);
    cr_expect(gradient < 1e-8 && rank < 1e-12 && prediction < 1e-11, "%g %g %g", gradient, rank, prediction);
    cr_assert_eq(
        ttt_icl_check_step(9, 4, 1 + (long)i, .5, false, &stream, &gradient, &rank, &prediction, &error),
        ASSAY_OK);
    cr_expect_float_eq(gradient, .5, 1e-6);
  }
}

/* ---- experiments ---- */

static const assay_experiment *const all[] = {&ttt_icl_chain_run,       &ttt_icl_ladder_run,
                                              &ttt_icl_sampler_run,     &ttt_icl_direct_run,
                                              &ttt_icl_pretraining_run, &ttt_icl_step_run};
static const char *const points[] = {
    "n=9 k=5 d=2 sigma2=.1 c=.02 step=1e-4 cold_step=1e-4 shared_step=.01 tau=.5,1 draws=7",
    "n=9,12 k=5,5 d=4 c=.02,.03 step=1e-4,1e-4 cold_step=0,0 draws=7",
    "n=9 k=5 lam=1,2,.5 w=.1,.2,0 b=1,0,.5 step=1e-4 tau=1 draws=7",
    "n=9 k=5 d=6 c=.02 step=1e-4 shared_step=.01 covariates=rademacher tau=0,1",
    "n=9 sigma2=.2 s=.5,.5 w=.03,.03 prompts=6",
    "n=9 k=5 d=4",
};
static const int numbers[] = {12, 21, 4, 12, 6, 3};

static assay_call *call_at(const assay_experiment *experiment, const char *point) {
  assay_error error = {0};
  assay_call *call = assay_call_new(experiment->params, experiment->records, &error);
  cr_assert_not_null(call, "%s: %s", experiment->id, error.text);
  char *text = strdup(point), *rest = text;
  for (char *word; (word = strsep(&rest, " "));) {
    char *value = strchr(word, '=');
    *value++ = 0;
    cr_assert_eq(assay_set_text(call, word, value, true, &error), ASSAY_OK, "%s: %s", experiment->id,
                 error.text);
  }
  free(text);
  cr_assert_eq(assay_call_complete(call, &error), ASSAY_OK, "%s: %s", experiment->id, error.text);
  return call;
}

static void run(const assay_experiment *experiment, const char *point, uint64_t replicate, int count,
                double *out) {
  assay_call *call = call_at(experiment, point);
  void *state = NULL;
  const assay_stream stream = {12, replicate};
  for (int i = 0; i < count; i++) out[i] = NAN;
  cr_assert_eq(experiment->open(call, &state), ASSAY_OK, "%s: %s", experiment->id,
               assay_call_error(call)->text);
  cr_assert_eq(experiment->replicate(call, state, &stream, out), ASSAY_OK);
  if (experiment->close) experiment->close(state);
  assay_call_free(call);
}

Test(ttt_icl, experiments_fill_every_record_and_repeat) {
  for (int e = 0; e < 6; e++) {
    double first[21], again[21], other[21];
    run(all[e], points[e], 0, numbers[e], first);
    run(all[e], points[e], 0, numbers[e], again);
    run(all[e], points[e], 1, numbers[e], other);
    cr_expect_arr_eq(first, again, (size_t)numbers[e] * sizeof *first, "%s", all[e]->id);
    cr_expect_neq(first[1], other[1], "%s: replicates differ", all[e]->id);
    for (int i = 0; i < numbers[e]; i++) cr_expect(isfinite(first[i]), "%s: %d", all[e]->id, i);
  }
}

static void refused(const assay_experiment *experiment, const char *point, const char *reason) {
  assay_call *call = call_at(experiment, point);
  void *state = NULL;
  cr_expect_eq(experiment->open(call, &state), ASSAY_DOMAIN, "%s at %s", experiment->id, point);
  cr_expect(strstr(assay_call_error(call)->text, reason), "%s", assay_call_error(call)->text);
  assay_call_free(call);
}

Test(ttt_icl, experiments_refuse_lists_of_unequal_length) {
  refused(&ttt_icl_ladder_run, "n=9,12 k=5 d=4 c=.02,.03 step=0,0 cold_step=0,0", "k has 1 elements");
  refused(&ttt_icl_sampler_run, "n=9 k=5 lam=1,2 w=.1,.2 b=1 step=0", "b has 1 elements");
  refused(&ttt_icl_pretraining_run, "n=9 s=.5,.5 w=.1", "w has 1");
  refused(&ttt_icl_step_run, "n=9 k=5 d=501", "d <= 500");
}

/* ---- the classifier ---- */

enum { TAB_D = 6, TAB_CONTEXT = 15, TAB_QUERIES = 12 };

static void random_samples(const assay_stream *stream, unsigned index, int n, double *x, int *label) {
  random_source values = random_open(stream, RANDOM_DESIGN, index),
                labels = random_open(stream, RANDOM_LABEL, index);
  random_normals(&values, x, (size_t)n * TAB_D);
  for (int i = 0; i < n; i++) {
    uint64_t y;
    random_integers(&labels, 3, &y, 1);
    label[i] = (int)y;
  }
}

Test(ttt_icl, classifier_gradient_is_that_of_its_loss) {
  const assay_stream stream = {5, 1};
  double cx[TAB_CONTEXT * TAB_D], qx[TAB_QUERIES * TAB_D], W[TAB_D * TAB_D], gradient[TAB_D * TAB_D];
  int cl[TAB_CONTEXT], ql[TAB_QUERIES];
  random_samples(&stream, 0, TAB_CONTEXT, cx, cl);
  random_samples(&stream, 1, TAB_QUERIES, qx, ql);
  const ttt_icl_samples context = {TAB_CONTEXT, TAB_D, cx, cl}, queries = {TAB_QUERIES, TAB_D, qx, ql};
  random_source init = random_open(&stream, RANDOM_INIT, 0);
  double *room = malloc(ttt_icl_classifier_doubles(TAB_D, TAB_CONTEXT, TAB_QUERIES) * sizeof *room);
  ttt_icl_classifier r = ttt_icl_classifier_open(TAB_D, TAB_CONTEXT, TAB_QUERIES, room);
  for (int soft = 0; soft < 2; soft++) {
    random_seek(&init, 0);
    random_normals(&init, W, TAB_D * TAB_D);
    ttt_icl_classifier_loss(&r, soft, W, &context, &queries);
    memcpy(gradient, r.gradient, sizeof gradient);
    for (int j = 0; j < TAB_D * TAB_D; j++) {
      const double keep = W[j], h = 1e-5;
      W[j] = keep + h;
      const double up = ttt_icl_classifier_loss(&r, soft, W, &context, &queries);
      W[j] = keep - h;
      const double down = ttt_icl_classifier_loss(&r, soft, W, &context, &queries);
      W[j] = keep;
      cr_expect_float_eq((up - down) / (2 * h), gradient[j], 1e-8, "soft %d entry %d: %g %g", soft, j,
                         (up - down) / (2 * h), gradient[j]);
    }
  }
  free(room);
}

/* The loss by its definition for one query; and a context of one class, which says that class. */
Test(ttt_icl, classifier_by_definition) {
  double cx[] = {1, 0, 0, 1}, qx[] = {.5, -1}, W[] = {1, 2, -1, .5};
  int cl[] = {0, 3}, ql[] = {3};
  const ttt_icl_samples context = {2, 2, cx, cl}, query = {1, 2, qx, ql};
  double room[256];
  cr_assert(ttt_icl_classifier_doubles(2, 2, 1) <= 256);
  ttt_icl_classifier r = ttt_icl_classifier_open(2, 2, 1, room);
  const double s0 = .5 * 1 + -1 * -1, s1 = .5 * 2 + -1 * .5; /* x'W e_0, x'W e_1 */
  const double P = exp(s1) / (exp(s0) + exp(s1));
  cr_expect_float_eq(ttt_icl_classifier_loss(&r, true, W, &context, &query), -log(.999 * P + 1e-4), 1e-13);
  /* H_0 = (x_0 - mean)/2 = (x_0 - x_1)/4, H_3 = -H_0, others 0. */
  const double l = (s0 - s1) / 4;
  cr_expect_float_eq(ttt_icl_classifier_loss(&r, false, W, &context, &query), l + log(exp(l) + exp(-l) + 8),
                     1e-13);
  cr_expect_eq(ttt_icl_classifier_right(&r, true, W, &context, &query), s1 > s0);
  cl[0] = 3;
  cr_expect_float_eq(ttt_icl_classifier_loss(&r, true, W, &context, &query), -log(.999 + 1e-4), 1e-13);
  cr_expect_float_eq(ttt_icl_classifier_loss(&r, false, W, &context, &query), log(10), 1e-13, "H = 0");
}

/* A sample at the mean has no direction; a constant feature is centred away. */
Test(ttt_icl, rows_without_a_direction_are_refused) {
  double x[] = {1, 5, 2, 5}, mean[] = {1.5, 5};
  int label[] = {0, 1};
  ttt_icl_samples s = {2, 2, x, label};
  assay_error error;
  cr_assert_eq(ttt_icl_direct_rows(&s, mean, &error), ASSAY_OK);
  cr_expect_float_eq(x[0], -sqrt(2), 1e-15);
  cr_expect_float_eq(x[2], sqrt(2), 1e-15);
  cr_expect(x[1] == 0 && x[3] == 0);
  double same[] = {1, 2, 1, 2}, its_mean[] = {1, 2};
  s.x = same;
  cr_expect_eq(ttt_icl_direct_rows(&s, its_mean, &error), ASSAY_NUMERIC);
}
