#include "compare/plan.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "compare/judge.h"

static bed b;
static void stop(void) {
  bed_free(&b);
}

/* ---- selecting ---- */

static void three(const assay_claim **out) {
  static assay_claim claims[3];
  const char *const ids[] = {"p/one", "p/two", "q/one"};
  for (int i = 0; i < 3; i++) {
    claims[i] = bed_claim(NULL, NULL, NULL);
    claims[i].id = ids[i];
    out[i] = &claims[i];
  }
}

static assay_status choose(const char *const *globs, int n, plan *p, assay_error *error) {
  static const assay_claim *claims[4];
  static assay_paper paper;
  static const assay_paper *papers[2];
  three(claims);
  paper = (assay_paper){.abi = ASSAY_ABI, .size = sizeof paper, .slug = "p", .claims = claims};
  papers[0] = &paper;
  *p = (plan){0};
  return plan_select(papers, globs, n, p, error);
}

Test(select, by_globs_each_claim_once_in_the_order_of_the_papers) {
  static const struct {
    const char *globs[3];
    int n, found;
  } cases[] = {{{NULL}, 0, 3},
               {{"p/*"}, 1, 2},
               {{"*/one"}, 1, 2},
               {{"*/one", "p/*", "*"}, 3, 3},
               {{"q/one", "p/one"}, 2, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    plan p;
    assay_error error = {0};
    cr_assert_eq(choose(cases[i].globs, cases[i].n, &p, &error), ASSAY_OK, "%s", error.text);
    cr_assert_eq(p.n_claims, cases[i].found);
    for (int c = 1; c < p.n_claims; c++)
      cr_assert(strcmp(p.claims[c - 1].claim->id, p.claims[c].claim->id) < 0);
    plan_free(&p);
  }
}

Test(select, a_glob_without_a_match_is_named) {
  plan p;
  assay_error error = {0};
  const char *const globs[] = {"p/*", "p/tvo"};
  cr_assert_eq(choose(globs, 2, &p, &error), ASSAY_USAGE);
  cr_assert(strstr(error.text, "'p/tvo'") && strstr(error.text, "did you mean 'p/two'"), "%s", error.text);
  plan_free(&p);
}

Test(select, a_paper_of_another_header_is_refused) {
  const assay_claim *claims[] = {NULL};
  const assay_paper other = {.abi = ASSAY_ABI + 1, .size = sizeof other, .slug = "other", .claims = claims},
                    shorter = {
                        .abi = ASSAY_ABI, .size = sizeof other - 8, .slug = "shorter", .claims = claims};
  for (int i = 0; i < 2; i++) {
    const assay_paper *papers[] = {i ? &shorter : &other, NULL};
    plan p = {0};
    assay_error error = {0};
    cr_assert_eq(plan_select(papers, NULL, 0, &p, &error), ASSAY_USAGE);
    cr_assert(strstr(error.text, papers[0]->slug), "%s", error.text);
    plan_free(&p);
  }
}

/* ---- runs ---- */

static const assay_target *x_target(void) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(0.4), .reason = "here"}, {0}};
  return targets;
}

Test(runs, two_claims_share_a_run_with_the_union_of_their_readouts, .fini = stop) {
  assay_claim first = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1 t=0.5,1")), x_target(), bed_far);
  assay_claim second =
      bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "Z: mean=1 t=0.25,1 lam=3,4")), x_target(), bed_far);
  assay_claim third =
      bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "Y: t=0.75,0.25 lam=3,4 mean=1")), x_target(), bed_far);
  const assay_claim *claims[] = {&first, &second, &third};
  bed_build(&b, claims, 3, ASSAY_QUICK, 1);
  cr_assert_eq(b.p.n_runs, 2, "the lists differ between the first and the others only");
  const plan_run *run = &b.p.runs[1];
  int n;
  const double *t = assay_list(run->sim, "t", &n);
  cr_assert_eq(n, 3);
  cr_assert(t[0] == .25 && t[1] == .75 && t[2] == 1);
  cr_assert_eq(run->readouts, 3);
  cr_assert_eq(run->width, 4, "x, above and two of e");
  /* Cells of the first claim at t = .5, 1; of the second at t = .25, 1; of the third at .75, .25. */
  const int column[] = {0, 2, 0, 8, 4, 0};
  cr_assert_eq(b.p.n_cells, 6);
  for (int i = 0; i < 6; i++) cr_assert_eq(b.p.cells[i].sample.group[0].column, column[i], "cell %d", i);
}

static uint64_t stream_at(const char *at, const char *size, const assay_experiment *experiment, uint64_t seed,
                          char *key) {
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG(size, 128, 4, at)), x_target(), bed_far);
  assay_leg legs[] = {claim.legs[0], {0}};
  legs[0].experiment = experiment;
  claim.legs = legs;
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_QUICK, seed);
  cr_assert_eq(b.p.claims[0].broken, 0, "%s", b.p.claims[0].reason);
  uint64_t stream = b.p.runs[0].stream;
  strcpy(key, b.p.runs[0].key);
  bed_free(&b);
  return stream;
}

Test(runs, streams_ignore_paired_and_readout_values_and_nothing_else) {
  char key[65], other[65];
  uint64_t stream = stream_at("A: mean=1 lam=1,2", "d=100", &bed_draw, 1, key);
  cr_assert_eq(stream_at("A: mean=1 lam=1,2", "d=100", &bed_draw, 1, other), stream);
  cr_assert_str_eq(other, key);
  cr_assert_eq(stream_at("B: lam=1,2 mean=1", "d=100", &bed_draw, 1, other), stream,
               "labels and order do not count");
  cr_assert_str_eq(other, key);
  static const char *const same[] = {"A: mean=1 lam=1,2 arm=3", "A: mean=1 lam=1,2 t=0.5",
                                     "A: mean=1 lam=1,2 t=0.1,0.2 arm=1"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    cr_assert_eq(stream_at(same[i], "d=100", &bed_draw, 1, other), stream, "%s", same[i]);
    cr_assert_str_neq(other, key, "%s: what is stored differs all the same", same[i]);
  }
  static const char *const different[] = {"A: mean=2 lam=1,2",
                                          "A: mean=1.0000000000000002 lam=1,2",
                                          "A: mean=1 lam=1,2 sd=2",
                                          "A: mean=1 lam=1,2 kind=b",
                                          "A: mean=1 lam=1,3",
                                          "A: mean=1 lam=1",
                                          "A: mean=1"};
  for (size_t i = 0; i < sizeof different / sizeof *different; i++)
    cr_assert_neq(stream_at(different[i], "d=100", &bed_draw, 1, other), stream, "%s", different[i]);
  cr_assert_neq(stream_at("A: mean=1 lam=1,2", "d=101", &bed_draw, 1, other), stream, "the size counts");
  cr_assert_neq(stream_at("A: mean=1 lam=1,2", "d=100", &bed_other, 1, other), stream,
                "the experiment counts");
  cr_assert_neq(stream_at("A: mean=1 lam=1,2", "d=100", &bed_draw, 2, other), stream, "the seed counts");
  cr_assert_neq(stream_at("A: mean=1 lam=1,2", "d=100 sd=2", &bed_draw, 1, other), stream,
                "what stands behind the size counts");
}

Test(runs, streams_depend_neither_on_the_tier_nor_on_what_else_runs, .fini = stop) {
  assay_leg leg = BED_LEG("d=100", 128, 4, "A: mean=1");
  leg.sizes[ASSAY_DEEP] = "d=50,100";
  assay_claim claim = bed_claim(BED_LEGS(leg), x_target(), bed_far);
  assay_claim more = bed_claim(BED_LEGS(BED_LEG("d=100", 256, 2, "Q: mean=7")), x_target(), bed_far);
  const assay_claim *claims[] = {&more, &claim};
  bed_one(&b, &claim);
  uint64_t stream = bed_run(&b, "A", 100)->stream;
  bed_free(&b);
  bed_build(&b, claims, 2, ASSAY_DEEP, 1);
  assay_error error;
  cr_assert_eq(b.p.n_runs, 3);
  bool found = false;
  for (int i = 0; i < 3; i++) found |= b.p.runs[i].stream == stream;
  cr_assert(found);
  cr_assert_null(plan_find_run(&b.p, "bed/claim", "A", 60, &error));
  cr_assert(strstr(error.text, "A/50"), "%s", error.text);
}

static assay_status round_size(assay_call *claim, assay_call *sim, assay_call *realised) {
  if (assay_real(claim, "mean") > 5) return assay_fail(claim, ASSAY_NO_DATA, "install the data");
  assay_set(sim, "sd", 3);
  return assay_set(realised, "mean", assay_real(claim, "mean") + 0.25);
}

Test(runs, theory_is_evaluated_at_the_realised_point, .fini = stop) {
  assay_leg leg = BED_LEG("d=100", 128, 4, "A: mean=1");
  leg.arrange = round_size;
  assay_claim claim = bed_claim(BED_LEGS(leg), x_target(), bed_far);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.cells[0].result.theory, 1.25);
  cr_assert_eq(assay_real(b.p.runs[0].sim, "sd"), 3);
  cr_assert_eq(assay_real(b.p.runs[0].sim, "mean"), 1);
  cr_assert(strstr(b.p.cells[0].result.params, "mean=1.25"), "%s", b.p.cells[0].result.params);
}

Test(runs, a_missing_data_set_skips_the_claim, .fini = stop) {
  assay_leg leg = BED_LEG("d=100", 128, 4, "A: mean=6");
  leg.arrange = round_size;
  assay_claim claim = bed_claim(BED_LEGS(leg), x_target(), bed_far);
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_QUICK, 1);
  cr_assert_eq(b.p.claims[0].broken, ASSAY_VERDICT_SKIPPED);
  cr_assert(strstr(b.p.claims[0].reason, "install the data"), "%s", b.p.claims[0].reason);
}

Test(runs, replicates_count_when_all_before_them_are_there, .fini = stop) {
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), x_target(), bed_far);
  bed_one(&b, &claim);
  plan_run *run = &b.p.runs[0];
  assay_error error;
  cr_assert_eq(plan_reserve(run, 1000, &error), ASSAY_OK);
  plan_mark(run, 1, RUN_OK);
  plan_mark(run, 2, RUN_FAILED);
  cr_assert_eq(run->prefix, 0);
  plan_mark(run, 0, RUN_DISCARDED);
  cr_assert_eq(run->prefix, 3);
  double *values = run->values;
  cr_assert_eq(plan_reserve(run, 10, &error), ASSAY_OK);
  cr_assert_eq(run->values, values, "room does not shrink");
  cr_assert_eq(plan_look_size(&b.p.cells[0], &b.p.cells[0].sample.group[0], 4), 1024);
}

/* ---- cells ---- */

Test(cells, are_points_times_sizes_times_readouts_times_elements, .fini = stop) {
  static const assay_target targets[] = {
      {.name = "x", .points = "A", .margin = BED_MARGIN(.4), .reason = "here"},
      {.name = "e", .points = "B:*", .margin = BED_MARGIN(.4), .reason = "here"},
      {0}};
  assay_claim claim = bed_claim(
      BED_LEGS(BED_LEG("d=100,200", 128, 4, "A: mean=1 t=0.5,1", "B: mean=0,1 lam=2,3")), targets, bed_far);
  bed_one(&b, &claim);
  static const char *const ids[] = {"A:t=0.5:d=100:x",   "A:t=1:d=100:x",     "A:t=0.5:d=200:x",
                                    "A:t=1:d=200:x",     "B:mean=0:d=100:e1", "B:mean=0:d=100:e2",
                                    "B:mean=0:d=200:e1", "B:mean=0:d=200:e2", "B:mean=1:d=100:e1",
                                    "B:mean=1:d=100:e2", "B:mean=1:d=200:e1", "B:mean=1:d=200:e2"};
  cr_assert_eq(b.p.n_cells, 12);
  for (int i = 0; i < 12; i++) cr_assert_str_eq(b.p.cells[i].result.id, ids[i]);
  cr_assert_eq(b.p.cells[0].result.theory, .5);
  cr_assert_eq(b.p.cells[5].result.theory, 3);
  cr_assert_str_eq(b.p.cells[5].result.sizes, "100");
}

static assay_status predict_unsure(assay_call *call) {
  assay_put(call, BED_X, 0, -2, 1e-3);
  return ASSAY_OK;
}
static assay_status spread_of_sd(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "sd"), 0);
  return ASSAY_OK;
}

static double margin_of(assay_margin m, assay_estimand estimand) {
  assay_target targets[] = {
      {.name = "x", .estimand = estimand, .spread = spread_of_sd, .margin = {m, m, m}, .reason = "here"},
      {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=50", 128, 4, "A: sd=3")), targets, NULL);
  claim.predict = predict_unsure;
  bed_one(&b, &claim);
  cr_assert_str_eq(b.p.cells[0].result.reason, "");
  double margin = b.p.cells[0].result.margin;
  bed_free(&b);
  return margin;
}

/* Theory -2 with error 1e-3, size 50, sd 3, n_max = 128 2^3. */
Test(cells, margins_are_the_sum_that_the_header_states) {
  cr_assert_float_eq(margin_of((assay_margin){.bias = .5}, ASSAY_MEAN), .5 + 4e-3, 1e-15);
  cr_assert_float_eq(margin_of((assay_margin){.relative = .5}, ASSAY_MEAN), 1 + 4e-3, 1e-15);
  cr_assert_float_eq(margin_of((assay_margin){.over_size = 10}, ASSAY_MEAN), 10. / 50 * 2 + 4e-3, 1e-15);
  cr_assert_float_eq(margin_of((assay_margin){.deviations = 10}, ASSAY_MEAN), 10 * 3 / sqrt(1024) + 4e-3,
                     1e-15);
  cr_assert_float_eq(margin_of((assay_margin){.deviations = 10}, ASSAY_EXACT), 30 + 4e-3, 1e-14);
  cr_assert_float_eq(margin_of((assay_margin){.1, .2, 3, 4}, ASSAY_MEAN),
                     .1 + (.2 + 3. / 50) * 2 + 4 * 3 / sqrt(1024) + 4e-3, 1e-15);
}

Test(cells, a_spread_may_depend_on_what_only_the_simulation_reads, .fini = stop) {
  static const assay_target targets[] = {
      {.name = "x", .spread = spread_of_sd, .margin = {{.deviations = 10}}, .reason = "10 sd/sqrt(n_max)"},
      {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: sd=1,4")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_float_eq(b.p.cells[1].result.margin, 4 * b.p.cells[0].result.margin, 1e-12);
}

/* ---- arms, fits, ladders ---- */

Test(cells, an_arm_is_subtracted_from_its_own_run_with_the_same_draws, .fini = stop) {
  static const assay_target targets[] = {
      {.name = "x", .points = "A:arm=2", .against = "arm=0", .margin = BED_MARGIN(.4), .reason = "here"},
      {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1 arm=0,2")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_runs, 2);
  cr_assert_eq(b.p.n_cells, 1);
  cr_assert_eq(b.p.runs[0].stream, b.p.runs[1].stream);
  const plan_cell *cell = &b.p.cells[0];
  cr_assert_eq(cell->result.theory, 2, "3 - 1");
  cr_assert_eq(cell->sample.group[0].run, 1);
  cr_assert_eq(cell->sample.group[0].minus_run, 0);
  cr_assert_str_eq(cell->result.id, "A:arm=2:d=100:x");
}

/* The arm of 0 comes last: 0.5 begins with its digit and is another. */
Test(cells, an_arm_is_named_by_its_whole_value, .fini = stop) {
  static const assay_target targets[] = {
      {.name = "x", .points = "A:arm=2", .against = "arm=0", .margin = BED_MARGIN(.4), .reason = "here"},
      {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1 arm=0.5,2,0")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_cells, 1);
  cr_assert_eq(b.p.cells[0].result.theory, 2, "3 - 1");
}

Test(cells, a_fit_sees_the_values_along_its_axis_in_one_cell, .fini = stop) {
  static const assay_target targets[] = {{.name = "slope",
                                          .records = "x",
                                          .estimand = ASSAY_SMOOTH,
                                          .along = "t",
                                          .reduce = bed_slope,
                                          .predict = bed_predict,
                                          .margin = BED_MARGIN(.4),
                                          .reason = "here"},
                                         {.name = "x",
                                          .title = "by points",
                                          .estimand = ASSAY_SMOOTH,
                                          .along = "mean",
                                          .reduce = bed_slope,
                                          .margin = BED_MARGIN(.4),
                                          .reason = "here"},
                                         {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1,3 t=0.5,1")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_cells, 4, "a slope over t for each mean, a slope over the mean for each t");
  const plan_cell *over_t = &b.p.cells[1], *over_mean = &b.p.cells[2];
  cr_assert_str_eq(over_t->result.id, "A:mean=3:d=100:slope");
  cr_assert_eq(over_t->result.theory, 3);
  cr_assert(over_t->sample.n == 2 && over_t->sample.axis[0] == .5 && over_t->sample.axis[1] == 1);
  cr_assert_str_eq(over_mean->result.id, "A:t=0.5:d=100:by points");
  cr_assert_eq(over_mean->result.theory, .5, "t (3 - 1)/(3 - 1)");
  cr_assert(over_mean->sample.n == 2 && over_mean->sample.axis[0] == 1 && over_mean->sample.axis[1] == 3);
}

Test(cells, an_extrapolation_takes_more_replicates_of_the_smaller_sizes, .fini = stop) {
  static const assay_target targets[] = {{.name = "x",
                                          .estimand = ASSAY_EXTRAPOLATED,
                                          .exponent = 1,
                                          .margin = BED_MARGIN(.4),
                                          .reason = "here"},
                                         {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=10,40,160", 128, 4, "A: mean=1")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_cells, 1);
  judge_need(&b.p, &b.p.cells[0]);
  cr_assert_eq(bed_run(&b, "A", 10)->need, 128 * 16);
  cr_assert_eq(bed_run(&b, "A", 40)->need, 128 * 4);
  cr_assert_eq(bed_run(&b, "A", 160)->need, 128);
  cr_assert_str_eq(b.p.cells[0].result.sizes, "10,40,160");
}

/* ---- controls ---- */

static int controls_at(const assay_control *controls, assay_tier tier, const char *id) {
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100,200", 128, 4, "A: mean=1 t=0.5,1", "B: mean=0,1")),
                                x_target(), controls);
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, tier, 1);
  cr_assert_eq(b.p.claims[0].broken, 0, "%s", b.p.claims[0].reason);
  int found = -1;
  for (int i = 0; i < b.p.n_cells; i++)
    if (!strcmp(b.p.cells[i].result.id, id)) found = b.p.cells[i].result.n_controls;
  bed_free(&b);
  cr_assert_geq(found, 0, "no cell %s", id);
  return found;
}

Test(controls, stand_where_their_points_sizes_targets_and_tiers_say) {
  static const struct {
    const char *points, *sizes;
    int here, other_readout, other_size, other_point;
  } cases[] = {{NULL, NULL, 1, 1, 1, 1},       {"A", NULL, 1, 1, 1, 0},
               {"A:t=0.5", NULL, 1, 0, 1, 0},  {"A:t=0.5:*", NULL, 1, 0, 1, 0},
               {"A", "100", 1, 1, 0, 0},       {NULL, "200", 0, 0, 1, 0},
               {"B:mean=1", NULL, 0, 0, 0, 1}, {"B", NULL, 0, 0, 0, 1},
               {"A,B", "100,200", 1, 1, 1, 1}, {"A:t=0.5:d=100:x", NULL, 1, 0, 0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const assay_control controls[] = {{.name = "far",
                                       .mistake = "m",
                                       .targets = "x",
                                       .points = cases[i].points,
                                       .sizes = cases[i].sizes,
                                       .predict = bed_predict_far},
                                      {0}};
    cr_assert_eq(controls_at(controls, ASSAY_QUICK, "A:t=0.5:d=100:x"), cases[i].here, "case %zu", i);
    cr_assert_eq(controls_at(controls, ASSAY_QUICK, "A:t=1:d=100:x"), cases[i].other_readout, "case %zu", i);
    cr_assert_eq(controls_at(controls, ASSAY_QUICK, "A:t=0.5:d=200:x"), cases[i].other_size, "case %zu", i);
    cr_assert_eq(controls_at(controls, ASSAY_QUICK, "B:mean=1:d=100:x"), cases[i].other_point, "case %zu", i);
  }
  const assay_control deep[] = {
      {.name = "far", .mistake = "m", .tiers = 1u << ASSAY_DEEP, .predict = bed_predict_far}, {0}};
  cr_assert_eq(controls_at(deep, ASSAY_QUICK, "A:t=1:d=100:x"), 0);
  cr_assert_eq(controls_at(deep, ASSAY_DEEP, "A:t=1:d=100:x"), 1);
}

Test(controls, a_wrong_experiment_has_runs_of_its_own_where_it_is_judged, .fini = stop) {
  static const assay_control controls[] = {
      {.name = "moved", .mistake = "m", .points = "A", .sizes = "100", .change = "mean=9"}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100,200", 128, 4, "A: mean=1 t=0.5,1", "B: mean=0")),
                                x_target(), controls);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_runs, 5, "A and B at two sizes, and one wrong");
  int wrong = -1;
  for (int i = 0; i < b.p.n_runs; i++)
    if (assay_real(b.p.runs[i].sim, "mean") == 9) wrong = i;
  cr_assert_geq(wrong, 0);
  cr_assert(strstr(b.p.runs[wrong].address, "control 'moved'"), "%s", b.p.runs[wrong].address);
  cr_assert_eq(b.p.cells[0].controls[0].sample.group[0].run, wrong);
  cr_assert_eq(b.p.cells[1].controls[0].sample.group[0].column, b.p.cells[1].sample.group[0].column);
}

static assay_status predict_near(assay_call *call) {
  bed_predict(call);
  assay_put(call, BED_X, 0, assay_real(call, "t") * assay_real(call, "mean") + 0.79, 0);
  return ASSAY_OK;
}

Test(controls, a_wrong_theory_within_two_margins_is_seen_before_any_draw, .fini = stop) {
  static const assay_control controls[] = {{.name = "near", .mistake = "m", .predict = predict_near},
                                           {.name = "far", .mistake = "m", .predict = bed_predict_far},
                                           {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), x_target(), controls);
  bed_one(&b, &claim);
  const plan_cell *cell = &b.p.cells[0];
  cr_assert(cell->controls[0].settled && !cell->result.controls[0].rejected);
  cr_assert_float_eq(cell->result.controls[0].separation, .79 / .4, 1e-12);
  cr_assert(strstr(cell->result.controls[0].reason, "margins"), "%s", cell->result.controls[0].reason);
  cr_assert_not(cell->controls[1].settled);
  bed_judge(&b, 1024, 1, 1);
  cr_assert_eq(cell->result.verdict, ASSAY_VERDICT_UNDERPOWERED);
  cr_assert(strstr(cell->result.reason, "near"), "%s", cell->result.reason);
}

/* ---- tables that contradict themselves ---- */

static assay_status reduce_to_nan(const assay_sample *s, double *out) {
  (void)s;
  *out = NAN;
  return ASSAY_OK;
}
static assay_status check_x(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "mean"), 0);
  return ASSAY_OK;
}
static assay_status predict_vague(assay_call *call) {
  assay_put(call, BED_X, 0, 1, 0.1);
  return ASSAY_OK;
}
static assay_status predict_nothing(assay_call *call) {
  assay_absent(call, BED_X, "there is no root");
  return ASSAY_OK;
}
static assay_status predict_nan(assay_call *call) {
  assay_put(call, BED_X, 0, NAN, 0);
  return ASSAY_OK;
}
static assay_status predict_outside(assay_call *call) {
  return assay_fail(call, ASSAY_DOMAIN, "outside the domain");
}

typedef struct {
  const char *says;
  const char *point, *size;
  assay_target target;
  assay_control control;
  assay_predict *predict, *check;
  long first;
  int looks;
} wrong_table;

/* Each differs from a good claim in one thing, and is an error that says what. */
static const wrong_table wrong_tables[] = {
    {"did you mean 'mean'", .point = "A: mena=1"},
    {"no label", .point = "mean=1"},
    {"sizes 'd=' cannot be read", .size = "d="},
    {"d = 0 is out of its domain", .size = "d=0"},
    {"unknown parameter 'draws'", .size = "d=100 draws=5"},
    {"not a number", .size = "d=100 sd=x"},
    {"0 looks", .looks = -1},
    {"17 looks", .looks = 17},
    {"0 replicates", .first = -1},
    {"not an observable", .target = {.name = "y"}},
    {"no record 'slope'", .target = {.name = "slope"}},
    {"no record 'z'", .target = {.name = "x", .records = "z"}},
    {"2 groups of values", .target = {.name = "x", .records = "x,above"}},
    {"2 groups of values", .target = {.name = "x", .along = "mean"}, .point = "A: mean=1,2"},
    {"1 groups of values", .target = {.name = "x", .estimand = ASSAY_EXTRAPOLATED, .exponent = 1}},
    {"exponent", .target = {.name = "x", .estimand = ASSAY_EXTRAPOLATED}, .size = "d=10,40,160"},
    {"does not subtract",
     .target = {.name = "x",
                .estimand = ASSAY_EXTRAPOLATED,
                .exponent = 1,
                .against = "arm=0",
                .points = "A:arm=1"},
     .size = "d=10,40,160", .point = "A: arm=0,1"},
    {"order of a quantile", .target = {.name = "x", .estimand = ASSAY_QUANTILE}},
    {"order of a quantile", .target = {.name = "x", .estimand = ASSAY_QUANTILE, .level = 1}},
    {"nothing that reduces", .target = {.name = "x", .estimand = ASSAY_SMOOTH}},
    {"only a combination", .target = {.name = "x", .reduce = bed_slope}},
    {"cannot be reduced",
     .target = {.name = "x", .estimand = ASSAY_SMOOTH, .along = "t", .reduce = reduce_to_nan},
     .point = "A: t=.5,1"},
    {"skew_floor", .target = {.name = "x", .skew_floor = 0.01}},
    {"no point 'arm=5'", .target = {.name = "x", .against = "arm=5"}},
    {"does not share its draws", .target = {.name = "x", .points = "A:mean=1", .against = "mean=0"},
     .point = "A: mean=0,1"},
    {"no point is called B", .target = {.name = "x", .points = "A,B"}},
    {"no point is called A:mean=7", .target = {.name = "x", .points = "A:mean=7"}, .point = "A: mean=1,2"},
    {"margin 0", .target = {.name = "x", .margin = BED_MARGIN(0)}},
    {"margin -1", .target = {.name = "x", .margin = BED_MARGIN(-1)}},
    {"none to go by", .target = {.name = "x", .margin = {{.deviations = 10}}}},
    {"not small against the margin", .predict = predict_vague},
    {"there is no root", .predict = predict_nothing},
    {"came out as nan", .predict = predict_nan},
    {"outside the domain", .predict = predict_outside},
    {"no point is called B", .control = {.points = "B"}},
    {"meets no cell", .control = {.targets = "y"}},
    {"meets no cell", .control = {.sizes = "200"}},
    {"meets no cell", .control = {.points = "A:t=0.25"}, .point = "A: t=.5,1"},
    {"neither a theory nor an experiment", .control = {.name = "empty"}},
    {"neither a theory nor an experiment", .control = {.reversed = true}},
    {"did you mean 'mean'", .control = {.change = "mena=1"}},
    {"does not record above", .target = {.name = "above"}, .control = {.experiment = &bed_other}},
    {"control 'c': the theory: outside", .control = {.predict = predict_outside}},
    {"control 'c': the theory has no x: there is no root", .control = {.predict = predict_nothing}},
    {"takes one value", .check = check_x, .target = {.name = "x", .against = "arm=0", .points = "A:arm=1"},
     .point = "A: arm=0,1"},
    {"takes one value", .check = check_x, .target = {.name = "x", .along = "mean"}, .point = "A: mean=1,2"},
    {"is checked without one", .check = check_x, .control = {.change = "mean=2"}},
    {"is checked without one", .check = check_x, .control = {.experiment = &bed_other}},
    {"there is no root", .check = predict_nothing},
};

static const char *first_problem(const plan *p) {
  if (p->claims[0].broken == ASSAY_VERDICT_ERROR) return p->claims[0].reason;
  for (int i = 0; i < p->n_cells; i++)
    if (p->cells[i].result.verdict == ASSAY_VERDICT_ERROR && !p->cells[i].open)
      return p->cells[i].result.reason;
  return "no error";
}

static void plan_wrong(const wrong_table *w) {
  const char *points[] = {w->point ? w->point : "A: mean=1", NULL}, *size = w->size ? w->size : "d=100";
  const assay_margin none = {0}, *m = w->target.margin;
  assay_target targets[] = {w->target, {0}};
  if (!targets[0].name) targets[0].name = "x";
  if (!memcmp(m, &none, sizeof none) && strncmp(w->says, "margin", 6)) targets[0].margin[0].bias = 0.4;
  assay_control controls[] = {w->control, {0}};
  bool other = w->control.change || w->control.experiment || w->control.reversed || w->control.name;
  if (!w->control.predict && !other) controls[0].predict = bed_predict_far;
  controls[0].name = "c";
  assay_leg legs[] = {{.experiment = w->check ? NULL : &bed_draw,
                       .check = w->check,
                       .points = points,
                       .sizes = {size, size, size},
                       .first = {w->first < 0 ? 0 : 128},
                       .looks = {w->looks < 0 ? 0
                                 : w->looks   ? w->looks
                                              : 4}},
                      {0}};
  assay_claim claim = bed_claim(legs, targets, controls);
  if (w->predict) claim.predict = w->predict;
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_QUICK, 1);
  cr_assert(strstr(first_problem(&b.p), w->says), "expected '%s', got '%s'", w->says, first_problem(&b.p));
  bed_free(&b);
}

Test(tables, that_contradict_themselves_are_errors_with_a_reason) {
  for (size_t i = 0; i < sizeof wrong_tables / sizeof *wrong_tables; i++) plan_wrong(&wrong_tables[i]);
}

Test(tables, the_claim_that_they_differ_from_is_good, .fini = stop) {
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), x_target(), bed_far);
  bed_one(&b, &claim);
  cr_assert_str_eq(first_problem(&b.p), "no error");
}

Test(tables, two_cells_of_one_name_are_refused, .fini = stop) {
  static const assay_target targets[] = {
      {.name = "x", .margin = BED_MARGIN(.4)}, {.name = "x", .margin = BED_MARGIN(.5)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), targets, bed_far);
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_QUICK, 1);
  cr_assert(strstr(first_problem(&b.p), "two cells are called A:d=100:x"), "%s", first_problem(&b.p));
}

Test(tables, one_wrong_claim_does_not_stop_another, .fini = stop) {
  assay_claim good = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), x_target(), bed_far);
  assay_claim bad = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mena=1")), x_target(), bed_far);
  const assay_claim *claims[] = {&bad, &good};
  bed_build(&b, claims, 2, ASSAY_QUICK, 1);
  cr_assert_eq(b.p.claims[0].broken, ASSAY_VERDICT_ERROR);
  cr_assert_eq(b.p.claims[1].broken, 0);
  cr_assert_eq(b.p.n_cells, 1);
}
