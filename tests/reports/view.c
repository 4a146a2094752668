#include "reports/view.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

/* theory 1, estimate 1.3 in [1.2, 1.5], M = 2 */
static assay_cell_result cell(int side) {
  return (assay_cell_result){
      .theory = 1, .estimate = 1.3, .lo = 1.2, .hi = 1.5, .side = side, .margin = 2, .demonstrated = .5};
}

Test(reports_view, slack_follows_the_side) {
  double lo, hi;
  assay_cell_result above = cell(1), below = cell(-1);
  cr_assert(report_slack(&above, &lo, &hi));
  cr_expect_float_eq(lo, .2, 1e-12);
  cr_expect_float_eq(hi, .5, 1e-12);
  cr_assert(report_slack(&below, &lo, &hi));
  cr_expect_float_eq(lo, -.5, 1e-12);
  cr_expect_float_eq(hi, -.2, 1e-12);
}

Test(reports_view, slack_is_widened_by_the_theory_s_error) {
  double lo, hi;
  assay_cell_result c = cell(0);
  c.theory_error = .01;
  cr_assert(report_slack(&c, &lo, &hi));
  cr_expect_float_eq(lo, .19, 1e-12);
  cr_expect_float_eq(hi, .51, 1e-12);
  c.lo = NAN;
  cr_expect_not(report_slack(&c, &lo, &hi));
}

/* A cell agrees exactly when less than its whole margin is used. */
Test(reports_view, used_margin) {
  assay_cell_result c = cell(0);
  cr_expect_float_eq(report_used_margin(&c), .25, 1e-12);
  c = cell(-1);
  cr_expect_float_eq(report_used_margin(&c), .25, 1e-12);
  c = cell(1);
  cr_expect_eq(report_used_margin(&c), 0);
  c.margin = 0;
  cr_expect(isnan(report_used_margin(&c)));
  c = cell(0);
  c.theory = NAN;
  cr_expect(isnan(report_used_margin(&c)));
}

Test(reports_view, the_worst_cell_has_the_worst_verdict_then_the_least_room) {
  assay_cell_result cells[3] = {cell(0), cell(0), cell(0)};
  for (int i = 0; i < 3; i++) cells[i].verdict = ASSAY_VERDICT_PASS;
  assay_claim_result claim = {.cells = cells, .n_cells = 3};
  cells[1].demonstrated = 1.9;
  cr_expect_eq(report_worst_cell(&claim), &cells[1]);
  cells[2].verdict = ASSAY_VERDICT_UNDECIDED;
  cr_expect_eq(report_worst_cell(&claim), &cells[2]);
  cells[0].verdict = ASSAY_VERDICT_FAIL;
  cr_expect_eq(report_worst_cell(&claim), &cells[0]);
  cells[1].verdict = ASSAY_VERDICT_FAIL;
  cells[0].margin = NAN;
  cr_expect_eq(report_worst_cell(&claim), &cells[1], "a share that is known is told before one that is not");
  claim.n_cells = 0;
  cr_expect_null(report_worst_cell(&claim));
}

Test(reports_view, controls_are_gathered_over_the_cells) {
  const assay_claim_result *claim = &synthetic_results()->claims[0];
  int cursor = 0, rejected, all;
  report_control control;
  cr_assert(report_next_control(claim, &cursor, &control));
  cr_expect_str_eq(control.name, "half-sensitivity");
  cr_expect_eq(control.cells, 3);
  cr_expect_eq(control.rejected, 3);
  cr_expect_float_eq(control.separation, .75 / .02, 1e-9);
  cr_assert(report_next_control(claim, &cursor, &control));
  cr_expect(control.wrong_experiment);
  cr_expect(isnan(control.separation));
  cr_expect_eq(control.distance, 2.5);
  cr_expect_not(report_next_control(claim, &cursor, &control));
  report_count_controls(claim, &rejected, &all);
  cr_expect_eq(rejected, 6);
  cr_expect_eq(all, 6);
}

Test(reports_view, a_control_that_is_not_rejected_is_shown_where_it_fails) {
  assay_control_result controls[2] = {{.name = "c", .distance = 1.5, .rejected = true},
                                      {.name = "c", .distance = 1.7}};
  assay_cell_result cells[2] = {{.controls = &controls[0], .n_controls = 1},
                                {.controls = &controls[1], .n_controls = 1}};
  assay_claim_result claim = {.cells = cells, .n_cells = 2};
  int cursor = 0;
  report_control control;
  cr_assert(report_next_control(&claim, &cursor, &control));
  cr_expect_eq(control.rejected, 1);
  cr_expect_eq(control.worst, &cells[1]);
  cr_expect_eq(control.distance, 1.5);
}

Test(reports_view, the_place_of_a_cell_ends_before_its_target) {
  assay_cell_result c = {.id = "I1:t=0.5:R", .target = "R"};
  cr_expect_eq(report_place_length(&c), strlen("I1:t=0.5"));
  c.target = "F";
  cr_expect_eq(report_place_length(&c), strlen("I1:t=0.5:R"));
  c.id = NULL;
  cr_expect_eq(report_place_length(&c), 0u);
}

static char *sentence(void (*put)(const assay_results *, FILE *), const assay_results *results) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  put(results, out);
  fclose(out);
  return text;
}

static void check_headline(int passed, int failed, int skipped, const char *expected) {
  assay_results results = {.n_claims = passed + failed + skipped};
  results.count[ASSAY_VERDICT_PASS] = passed;
  results.count[ASSAY_VERDICT_FAIL] = failed;
  results.count[ASSAY_VERDICT_SKIPPED] = skipped;
  char *text = sentence(report_headline, &results);
  cr_expect_str_eq(text, expected);
  free(text);
}

Test(reports_view, headlines) {
  check_headline(0, 0, 0, "No claim was run");
  check_headline(1, 0, 0, "The claim passes");
  check_headline(14, 0, 0, "All 14 claims pass");
  check_headline(12, 2, 0, "2 of 14 claims fail");
  check_headline(13, 1, 0, "1 of 14 claims fails");
  check_headline(0, 1, 0, "1 of 1 claim fails");
  check_headline(3, 0, 1, "3 of 4 claims pass");
}

Test(reports_view, the_error_probabilities_are_stated) {
  char *text = sentence(report_error_probabilities, synthetic_results());
  cr_expect(strstr(text, "10⁻⁴") && strstr(text, "10⁻⁶") && strstr(text, "8.5×10⁻⁵"), "%s", text);
  free(text);
}
