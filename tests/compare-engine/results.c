#include "compare/results.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "compare/judge.h"

static bed b;
static assay_error error;
static void stop(void) {
  bed_free(&b);
}

Test(names, of_verdicts_and_tiers) {
  static const char *const names[] = {"exploratory",  "pass",  "skipped", "undecided",
                                      "underpowered", "error", "fail"};
  for (int v = 0; v <= ASSAY_VERDICT_FAIL; v++)
    cr_assert_str_eq(assay_verdict_name((assay_verdict)v), names[v]);
  cr_assert_str_eq(assay_verdict_name((assay_verdict)99), "unknown");
  cr_assert_str_eq(assay_tier_names[ASSAY_DEEP], "deep");
}

Test(status, is_zero_only_when_everything_passed_or_was_skipped) {
  static const struct {
    assay_verdict verdict;
    int status;
  } cases[] = {{ASSAY_VERDICT_PASS, 0},         {ASSAY_VERDICT_SKIPPED, 0}, {ASSAY_VERDICT_UNDECIDED, 3},
               {ASSAY_VERDICT_UNDERPOWERED, 3}, {ASSAY_VERDICT_ERROR, 3},   {ASSAY_VERDICT_FAIL, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
      assay_results r = {.n_claims = 2};
      r.count[cases[i].verdict]++;
      r.count[cases[k].verdict]++;
      int a = cases[i].status, c = cases[k].status, worst = a == 1 || c == 1 ? 1 : a == 3 || c == 3 ? 3 : 0;
      cr_assert_eq(assay_results_exit(&r), worst, "%zu and %zu", i, k);
    }
}

/* Four points whose means lie at given distances from the theory, judged with M = .6 at n = 128. */
static assay_results *judge_points(const double *offset) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6), .reason = "here"}, {0}};
  static const char *const points[] = {"A: mean=1", "B: mean=2", "C: mean=3", "D: mean=4", NULL};
  static assay_leg legs[2];
  static assay_claim claim;
  legs[0] = (assay_leg)BED_LEG("d=100", 128, 1, "A: mean=1", "B: mean=2", "C: mean=3", "D: mean=4");
  legs[0].points = points; /* outlives this function */
  claim = bed_claim(legs, targets, bed_far);
  bed_one(&b, &claim);
  for (int i = 0; i < 4; i++) {
    bed_fill(&b.p.runs[i], 0, 128, i + 1 + offset[i], 1);
    b.p.runs[i].seconds = i;
    judge_cell(&b.p, &b.p.cells[i], &error);
  }
  assay_results *results = results_make(&b.p, NULL, true, &error);
  cr_assert(results, "%s", error.text);
  return results;
}

Test(results, a_claim_is_its_worst_cell, .fini = stop) {
  const double offsets[] = {0, 0.5, 0, 3}; /* pass, undecided, pass, fail */
  assay_results *r = judge_points(offsets);
  cr_assert_eq(r->claims[0].verdict, ASSAY_VERDICT_FAIL);
  cr_assert(strstr(r->claims[0].reason, "D:d=100:x"), "%s", r->claims[0].reason);
  static const assay_verdict each[] = {ASSAY_VERDICT_PASS, ASSAY_VERDICT_UNDECIDED, ASSAY_VERDICT_PASS,
                                       ASSAY_VERDICT_FAIL};
  for (int i = 0; i < 4; i++) cr_assert_eq(r->claims[0].cells[i].verdict, each[i]);
  cr_assert_eq(r->count[ASSAY_VERDICT_FAIL], 1);
  cr_assert_eq(assay_results_exit(r), 1);
  assay_results_free(r);
}

Test(results, several_cells_of_one_kind_are_counted, .fini = stop) {
  const double offsets[] = {0.5, 0.5, 0, 0.5};
  assay_results *r = judge_points(offsets);
  cr_assert_eq(r->claims[0].verdict, ASSAY_VERDICT_UNDECIDED);
  cr_assert(strstr(r->claims[0].reason, "A:d=100:x") && strstr(r->claims[0].reason, "(and 2 more)"), "%s",
            r->claims[0].reason);
  assay_results_free(r);
}

Test(results, carry_what_the_reports_need, .fini = stop) {
  const double offsets[] = {0.05, 0, 0, 0};
  assay_results *r = judge_points(offsets);
  const assay_claim_result *claim = &r->claims[0];
  const assay_cell_result *cell = &claim->cells[0];
  cr_assert_eq(claim->verdict, ASSAY_VERDICT_PASS);
  cr_assert_str_eq(claim->reason, "");
  cr_assert(r->n_claims == 1 && r->n_cells == 4 && r->default_seed && r->seed == 1);
  cr_assert_str_eq(claim->reproduce, "assay run 'bed/claim' --tier quick");
  cr_assert_eq(claim->seconds, 0 + 1 + 2 + 3);
  cr_assert_eq(r->worker_seconds, 6);
  cr_assert_float_eq(cell->d, 0.05, 1e-9);
  cr_assert_float_eq(cell->estimate - cell->theory, cell->d, 1e-15);
  cr_assert_float_eq(cell->demonstrated, fmax(cell->hi - 1, 1 - cell->lo), 1e-12,
                     "the farther end of the interval of d");
  cr_assert_float_eq(cell->demonstrated_relative, cell->demonstrated / cell->theory, 1e-12);
  cr_assert(cell->lo < cell->estimate && cell->estimate < cell->hi);
  cr_assert_str_eq(cell->unit, "m");
  cr_assert(cell->controls[0].rejected && cell->controls[0].separation > 2);
  cr_assert_float_eq(cell->controls[0].separation, 10 / .6, 1e-9);
  assay_results_free(r);
}

Test(results, a_seed_that_is_not_the_default_is_told, .fini = stop) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: mean=1")), targets, bed_far);
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_DEEP, 77);
  assay_results *r = results_make(&b.p, NULL, true, &error);
  cr_assert_not(r->default_seed);
  cr_assert_str_eq(r->claims[0].reproduce, "assay run 'bed/claim' --tier deep --seed 77");
  cr_assert_eq(r->claims[0].verdict, ASSAY_VERDICT_UNDECIDED, "nothing was looked at");
  cr_assert(strstr(r->claims[0].reason, "ended before a look"), "%s", r->claims[0].reason);
  assay_results_free(r);
}

Test(results, what_stops_a_claim_is_its_reason, .fini = stop) {
  static const assay_target targets[] = {{.name = "y"}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: mean=1")), targets, bed_far);
  const assay_claim *claims[] = {&claim};
  bed_build(&b, claims, 1, ASSAY_QUICK, 1);
  assay_results *r = results_make(&b.p, NULL, true, &error);
  cr_assert_eq(r->claims[0].verdict, ASSAY_VERDICT_ERROR);
  cr_assert(strstr(r->claims[0].reason, "not an observable"), "%s", r->claims[0].reason);
  cr_assert_eq(assay_results_exit(r), 3);
  assay_results_free(r);
}

Test(results, nothing_judged_says_so, .fini = stop) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6)}, {0}};
  assay_leg leg = BED_LEG("d=100", 128, 1, "A: mean=1");
  leg.sizes[ASSAY_QUICK] = NULL;
  assay_claim claim = bed_claim(BED_LEGS(leg), targets, bed_far);
  bed_one(&b, &claim);
  assay_results *r = results_make(&b.p, NULL, true, &error);
  cr_assert_eq(r->claims[0].verdict, ASSAY_VERDICT_SKIPPED);
  cr_assert(strstr(r->claims[0].reason, "nothing of it is judged"), "%s", r->claims[0].reason);
  assay_results_free(r);
}

/* ---- figures ---- */

Test(results, a_figure_has_the_theory_as_a_line_and_the_cells_on_it, .fini = stop) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6)}, {0}};
  static const assay_figure figures[] = {
      {.title = "f", .x = "mean", .y = "x", .points = "A", .sweep = "0:4:5"}, {0}};
  assay_claim claim =
      bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: mean=3,1 t=0.5", "B: mean=2")), targets, bed_far);
  claim.figures = figures;
  bed_one(&b, &claim);
  for (int i = 0; i < 3; i++) {
    bed_fill(&b.p.runs[i], 0, 128, i, 1);
    judge_cell(&b.p, &b.p.cells[i], &error);
  }
  assay_results *r = results_make(&b.p, NULL, true, &error);
  const assay_figure_result *f = r->claims[0].figures;
  cr_assert_eq(r->claims[0].n_figures, 1);
  cr_assert_eq(f->n_series, 1);
  const assay_series *s = &f->series[0];
  cr_assert_str_eq(s->label, "A");
  cr_assert_eq(s->n_line, 5);
  for (int i = 0; i < 5; i++) cr_assert(s->line_x[i] == i && s->line_y[i] == i * .5);
  cr_assert_eq(s->n_points, 2);
  cr_assert(s->point_x[0] == 1 && s->point_x[1] == 3, "in the order of x");
  cr_assert_float_eq(s->point_y[0], 1, 1e-9, "run 1 is the one at mean 1");
  cr_assert(s->point_lo[0] < s->point_y[0] && s->point_hi[0] > s->point_y[0]);
  assay_results_free(r);
}

Test(results, every_size_is_a_curve_where_the_figure_says_so, .fini = stop) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6)}, {0}};
  static const assay_figure figures[] = {
      {.title = "f", .x = "mean", .y = "x", .points = "*", .flags = ASSAY_BY_SIZE, .marks = "slope"}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100,200", 128, 1, "A: mean=1,3 t=0.5")), targets, bed_far);
  claim.figures = figures;
  bed_one(&b, &claim);
  for (int i = 0; i < b.p.n_cells; i++) {
    for (int g = 0; g < b.p.cells[i].sample.n; g++) bed_fill(&b.p.runs[b.p.cells[i].sample.group[g].run], 0, 128, i, 1);
    judge_cell(&b.p, &b.p.cells[i], &error);
  }
  assay_results *r = results_make(&b.p, NULL, true, &error);
  const assay_figure_result *f = r->claims[0].figures;
  cr_assert_eq(f->n_series, 2);
  cr_expect_str_eq(f->series[0].label, "A d=100");
  cr_expect_str_eq(f->series[1].label, "A d=200");
  for (int k = 0; k < 2; k++) {
    cr_expect_eq(f->series[k].n_points, 2, "its own points only");
    cr_assert_eq(f->series[k].n_marks, 1);
    cr_expect_eq(f->series[k].mark[0], 1, "the theory at the series' first point");
  }
  assay_results_free(r);
}

Test(results, a_cloud_has_replicates_an_arrow_and_wrong_arrows, .fini = stop) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.6)}, {0}};
  static const assay_figure figures[] = {
      {.title = "f", .x = "x", .y = "above", .points = "A", .flags = ASSAY_CLOUD}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: mean=3 t=1")), targets, bed_far);
  claim.figures = figures;
  bed_one(&b, &claim);
  bed_fill(&b.p.runs[0], 0, 128, 3, 1);
  b.p.runs[0].state[5] = RUN_FAILED;
  judge_cell(&b.p, &b.p.cells[0], &error);
  assay_results *r = results_make(&b.p, NULL, true, &error);
  const assay_figure_result *f = r->claims[0].figures;
  cr_assert_eq(f->n_series, 2, "the point and its control");
  const assay_series *s = &f->series[0];
  cr_expect_eq(s->n_points, 127, "a failed replicate is no dot");
  cr_expect(s->line_x[0] == 0 && s->line_y[0] == 0 && s->line_x[1] == 3 && s->line_y[1] == .5);
  for (int i = 3; i < s->n_line; i++) cr_expect_float_eq(hypot(s->line_x[i], s->line_y[i]), hypot(3, .5), 1e-12);
  cr_expect(f->series[1].n_points == 0 && f->series[1].line_x[1] == 13, "bed_predict_far");
  assay_results_free(r);
}
