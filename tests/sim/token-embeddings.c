#include "sim/token-embeddings/token-embeddings.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/token-embeddings/experiments.h"

Test(token_embeddings, gradients_are_those_of_the_loss) {
  double embedding, vector, rank, sum;
  assay_error error;
  for (uint64_t i = 0; i < 20; i++) {
    const assay_stream stream = {7, i};
    cr_assert_eq(token_embeddings_check_gradient(0, &stream, &embedding, &vector, &rank, &sum, &error),
                 ASSAY_OK);
    cr_expect(embedding < 1e-8 && vector < 1e-7 && rank < 1e-12 && sum < 1e-13, "%g %g %g %g", embedding,
              vector, rank, sum);
    cr_assert_eq(token_embeddings_check_gradient(2, &stream, &embedding, &vector, &rank, &sum, &error),
                 ASSAY_OK);
    cr_expect(embedding > 1e-4 && sum > 1e-8, "%g %g", embedding, sum);
  }
}

/* Sequences have the right length, tokens and labels; the sum of B vanishes. */
Test(token_embeddings, drawn_sequences) {
  enum { n = 50, T = 4, k = 2, m0 = 5, m = 2 * k + m0 + 2 };
  const token_embeddings_model model = {n, T, k, m0, NULL, 1};
  double count[n * m], y[n], gam[m], pi[m], A[m], B[m], sum = 0, all = 0;
  uint64_t room[2 * n * T + n];
  uint16_t token[n * T], listed[n * T];
  const assay_stream stream = {3, 1};
  cr_assert_eq(token_embeddings_model_size(&model), m);
  token_embeddings_draw(&model, RANDOM_DESIGN, 0, &stream, count, y, token, room);
  for (int i = 0; i < n; i++) {
    double positive = count[i * m] + count[i * m + 1], negative = count[i * m + 2] + count[i * m + 3],
           total = 0;
    for (int s = 0; s < m; s++) total += count[i * m + s];
    cr_expect(total == T && positive == (y[i] > 0) && negative == (y[i] < 0));
    cr_expect(count[i * m + m - 2] == (y[i] > 0) && count[i * m + m - 1] == (y[i] < 0));
  }
  const token_embeddings_data data = {n, m, count, y};
  cr_assert_eq(token_embeddings_longest(&data), T);
  token_embeddings_list(&data, T, listed);
  for (int i = 0; i < n; i++) {
    double rest[m];
    memcpy(rest, count + i * m, sizeof rest);
    for (int t = 0; t < T; t++) rest[token[i * T + t]]--;
    for (int s = 0; s < m; s++) cr_expect_eq(rest[s], 0);
  }
  for (int s = 0; s < m; s++) gam[s] = sin(s), pi[s] = cos(2 * s);
  token_embeddings_gradients(&(token_embeddings_lists){n, m, T, listed, y}, gam, pi, A, B);
  for (int s = 0; s < m; s++) sum += B[s], all += fabs(B[s]);
  cr_expect(fabs(sum) < 1e-14 * all);
}

/* Bartlett: the mean is freedom I, and the determinant's first factor has the right mean. */
Test(token_embeddings, wishart_mean) {
  enum { m = 4, freedom = 9, DRAWS = 20000 };
  double mean[m * m] = {0}, W[m * m], room[m * m];
  for (uint64_t i = 0; i < DRAWS; i++) {
    const assay_stream stream = {19, i};
    token_embeddings_wishart(m, freedom, &stream, W, room);
    for (int s = 0; s < m * m; s++) mean[s] += W[s] / DRAWS;
  }
  for (int s = 0; s < m * m; s++)
    cr_expect_float_eq(mean[s], s % (m + 1) ? 0 : freedom, 5 * sqrt(2. * freedom / DRAWS));
}

/* On an orthogonal Gram matrix the program has a closed form: all constraints tight, N selected, M others. */
Test(token_embeddings, max_margin_in_closed_form) {
  enum { k = 2, m0 = 5, T = 3, n = 2 * k * m0, m = 2 * k + m0 };
  double count[n * m], y[n], gam[m], K[m * m] = {0}, zero[m] = {0}, weight[m], norm2, slack, tight, q[m],
                                           room[2 * m * m + 4 * m], walk_room[16 * m + m * m], odds[n];
  int selected[n], first[n + 1];
  struct token_embeddings_cell cell[n * m];
  assay_error error;
  cr_assert_eq(token_embeddings_balanced(k, m0, T, count, y, &error), ASSAY_OK);
  for (int s = 0; s < m; s++) {
    gam[s] = s < k ? 1 : s < 2 * k ? -1 : 0;
    q[s] = s >= 2 * k;
    K[s * m + s] = 1;
  }
  token_embeddings_walk walk = {.data = {n, m, count, y},
                                .gam = gam,
                                .K = K,
                                .z0 = zero,
                                .selected = selected,
                                .odds = odds,
                                .first = first,
                                .cell = cell,
                                .room = walk_room};
  cr_assert_eq(token_embeddings_select(&walk, &error), ASSAY_OK);
  for (int i = 0; i < n; i++) cr_expect_eq(selected[i], i / m0);
  cr_assert_eq(token_embeddings_hildreth(&walk, weight, &norm2, &slack, room, &error), ASSAY_OK);
  cr_assert_eq(token_embeddings_tight_norm2(K, q, m, &tight, room, &error), ASSAY_OK);
  cr_expect_float_eq(norm2, 4. * 5 / 9, 1e-11);
  cr_expect_float_eq(tight, 4. * 5 / 9, 1e-12);
  cr_expect(isinf(slack));
  /* and its flow finds it: t (L - L*) */
  double om[m] = {0}, step = 0, z[m];
  cr_assert_eq(token_embeddings_flow_advance(&walk, 0, 1e8, &step, om, &error), ASSAY_OK);
  token_embeddings_flow_read(&walk, om, z);
  cr_expect_float_eq(1e8 * walk.excess / norm2, 1, 1e-4);
  cr_expect_float_eq(walk.attention, 1, 1e-6);
}

Test(token_embeddings, tokens_selected_against_each_other_are_discarded) {
  double count[] = {1, 1, 1, 1}, room[40], odds[2];
  const double y[] = {1, -1}, gam[] = {1, -1};
  int selected[2], first[3];
  struct token_embeddings_cell cell[4];
  assay_error error;
  token_embeddings_walk walk = {.data = {2, 2, count, y},
                                .gam = gam,
                                .selected = selected,
                                .odds = odds,
                                .first = first,
                                .cell = cell,
                                .room = room};
  cr_expect_eq(token_embeddings_select(&walk, &error), ASSAY_DISCARD);
  count[2] = count[3] = 0;
  cr_expect_eq(token_embeddings_select(&walk, &error), ASSAY_DOMAIN, "an empty sequence");
}

/* ---- experiments ---- */

static const assay_experiment *const all[] = {
    &token_embeddings_gradient_run,  &token_embeddings_counts_run, &token_embeddings_antithetic_run,
    &token_embeddings_step_run,      &token_embeddings_order_run,  &token_embeddings_toy_flow_run,
    &token_embeddings_selection_run, &token_embeddings_test_run};
static const char *const points[] = {"softmax=right",
                                     "n=20 T=3 k=2 m0=5 draws=3",
                                     "rho=.2 eps=.1 a2=1,0,0,0,1 b2=1,1,1,1,1 draws=3",
                                     "k=2 m0=5 T=3 eta=24 d=50 token=0,4 draws=3",
                                     "n=300 T=4 m0=12 d=50",
                                     "t=0,10",
                                     "k=2 m0=5 T=3 eta=24 d=50 t=0,1e4 flow=margin",
                                     "n=400 T=3 k=1 m0=5 d=50 a=2 tests=30 phase=both"};
static const int numbers[] = {4, 5, 3, 6, 10, 16, 20, 4};

Test(token_embeddings, experiments_fill_every_record_and_repeat) {
  for (int e = 0; e < 8; e++) {
    double out[2][20];
    for (int again = 0; again < 2; again++) {
      assay_error error = {0};
      assay_call *call = assay_call_new(all[e]->params, all[e]->records, &error);
      cr_assert_not_null(call, "%s: %s", all[e]->id, error.text);
      char *text = strdup(points[e]), *rest = text;
      for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        *value++ = 0;
        cr_assert_eq(assay_set_text(call, word, value, true, &error), ASSAY_OK, "%s: %s", all[e]->id,
                     error.text);
      }
      free(text);
      cr_assert_eq(assay_call_complete(call, &error), ASSAY_OK, "%s: %s", all[e]->id, error.text);
      void *state = NULL;
      const assay_stream stream = {21, 4};
      for (int i = 0; i < numbers[e]; i++) out[again][i] = NAN;
      cr_assert_eq(all[e]->open(call, &state), ASSAY_OK, "%s: %s", all[e]->id, assay_call_error(call)->text);
      cr_assert_eq(all[e]->replicate(call, state, &stream, out[again]), ASSAY_OK, "%s: %s", all[e]->id,
                   assay_call_error(call)->text);
      assay_call_free(call);
    }
    cr_expect_arr_eq(out[0], out[1], (size_t)numbers[e] * sizeof(double), "%s", all[e]->id);
    for (int i = 0; i < numbers[e]; i++) cr_expect(isfinite(out[0][i]), "%s: %d", all[e]->id, i);
  }
}

/* ---- two samplers, one law ---- */

enum { LAW_DRAWS = 1500 };

static void draw_margins(const char *start_norm, uint64_t key, double *out) {
  assay_error error = {0};
  const assay_experiment *run = &token_embeddings_selection_run;
  assay_call *call = assay_call_new(run->params, run->records, &error);
  const char *const point[][2] = {{"k", "2"},
                                  {"m0", "5"},
                                  {"T", "3"},
                                  {"eta", "24"},
                                  {"d", "24"},
                                  {"t", "0"},
                                  {"start_norm", start_norm}};
  for (int i = 0; i < 7; i++)
    cr_assert_eq(assay_set_text(call, point[i][0], point[i][1], true, &error), ASSAY_OK, "%s", error.text);
  void *state = NULL;
  cr_assert_eq(run->open(call, &state), ASSAY_OK, "%s", assay_call_error(call)->text);
  for (uint64_t i = 0; i < LAW_DRAWS; i++) {
    double record[16];
    const assay_stream stream = {key, i};
    cr_assert_eq(run->replicate(call, state, &stream, record), ASSAY_OK, "%s", assay_call_error(call)->text);
    out[i] = record[0];
  }
  assay_call_free(call);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the Gram matrix from Bartlett's decomposition and that of embeddings drawn one by
 * one. */
Test(token_embeddings, reduced_and_full_embeddings_have_the_same_law) {
  double reduced[LAW_DRAWS], full[LAW_DRAWS], worst = 0;
  draw_margins("0", 31, reduced);
  draw_margins("1", 32, full);
  qsort(reduced, LAW_DRAWS, sizeof(double), ascending);
  qsort(full, LAW_DRAWS, sizeof(double), ascending);
  for (int i = 0, j = 0; i < LAW_DRAWS && j < LAW_DRAWS;) {
    *(reduced[i] < full[j] ? &i : &j) += 1;
    worst = fmax(worst, abs(i - j) / (double)LAW_DRAWS);
  }
  cr_expect(worst < 1.95 * sqrt(2. / LAW_DRAWS), "%g", worst); /* p = .001 */
}

/* A vocabulary of one token, and one class only: nothing to select, and one side to select. */
Test(token_embeddings, degenerate_vocabularies) {
  const double one[] = {3, 2}, y[] = {1, 1}, gam[] = {1, -1}, K1[] = {2}, K[] = {2, .5, .5, 1},
               count[] = {1, 1, 2, 1};
  double weight[2], norm2, slack, room[32], walk_room[40], odds[2];
  int selected[2], first[3];
  struct token_embeddings_cell cell[4];
  assay_error error;
  token_embeddings_walk walk = {.data = {2, 1, one, y},
                                .gam = gam,
                                .K = K1,
                                .selected = selected,
                                .odds = odds,
                                .first = first,
                                .cell = cell,
                                .room = walk_room};
  cr_assert_eq(token_embeddings_select(&walk, &error), ASSAY_OK);
  cr_assert_eq(token_embeddings_hildreth(&walk, weight, &norm2, &slack, room, &error), ASSAY_OK, "%s",
               error.text);
  cr_expect(norm2 == 0 && isinf(slack));
  walk.data = (token_embeddings_data){2, 2, count, y};
  walk.K = K;
  cr_assert_eq(token_embeddings_select(&walk, &error), ASSAY_OK);
  cr_assert_eq(token_embeddings_hildreth(&walk, weight, &norm2, &slack, room, &error), ASSAY_OK, "%s",
               error.text);
  cr_expect(selected[0] == 0 && selected[1] == 0);
  cr_expect_float_eq(norm2, 1 / (2 - 1 + 1.), 1e-12, "one constraint: 1/|E_0 - E_1|^2");
}
