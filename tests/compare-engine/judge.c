#include "compare/judge.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bed.h"
#include "compare/results.h"

/* With bed_normal's sample the half width of interval(a_pass), in standard deviations, is .49 at n = 128, .31
 * at 256, .21 at 512 and .146 at 1024 (t and skewness corrections included): sd = 1 decides M = .4 at the
 * second look, M = .6 at the first. */

static bed b;
static assay_error error;
static void start(void) {
  error = (assay_error){0};
}
static void stop(void) {
  bed_free(&b);
}
TestSuite(judge, .init = start, .fini = stop);

static assay_claim with_margin(double m, const assay_control *controls) {
  static assay_target targets[2];
  static const char *const points[] = {"A: mean=1", NULL};
  static assay_leg legs[2];
  targets[0] = (assay_target){.name = "x", .margin = BED_MARGIN(m), .reason = "here"};
  legs[0] = (assay_leg)BED_LEG("d=100", 128, 4, "A: mean=1");
  legs[0].points = points; /* outlives this function */
  return bed_claim(legs, targets, controls);
}

static void plan_margin(double m, const assay_control *controls) {
  static assay_claim claim;
  claim = with_margin(m, controls);
  bed_one(&b, &claim);
}

static assay_cell_result *result(void) {
  return &b.p.cells[0].result;
}

/* ---- looks ---- */

Test(judge, a_look_waits_for_all_its_replicates) {
  plan_margin(0.4, bed_far);
  bed_judge(&b, 127, 1, 1);
  cr_assert_eq(b.p.cells[0].look, 0);
  bed_judge(&b, 128, 1, 1);
  cr_assert_eq(b.p.cells[0].look, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDECIDED);
  cr_assert(b.p.cells[0].open);
  bed_judge(&b, 255, 1, 1);
  cr_assert_eq(b.p.cells[0].look, 1);
  bed_judge(&b, 256, 1, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS);
  cr_assert_not(b.p.cells[0].open);
}

Test(judge, surplus_replicates_change_nothing) {
  plan_margin(0.4, bed_far);
  bed_judge(&b, 256, 1, 1);
  assay_cell_result exact = *result();
  assay_control_result control = exact.controls[0];
  bed other = b;
  plan_margin(0.4, bed_far);
  bed_fill(&b.p.runs[0], 0, 256, 1, 1);
  bed_fill(&b.p.runs[0], 256, 1024, 1e6, 1);
  judge_cell(&b.p, &b.p.cells[0], &error);
  const assay_cell_result *r = result();
  cr_assert_eq(r->verdict, ASSAY_VERDICT_PASS);
  cr_assert(r->look == exact.look && r->used == exact.used && r->used == 256);
  cr_assert(r->estimate == exact.estimate && r->lo == exact.lo && r->hi == exact.hi && r->skew == exact.skew);
  cr_assert(r->demonstrated == exact.demonstrated);
  cr_assert(r->controls[0].lo == control.lo && r->controls[0].distance == control.distance);
  bed_free(&other);
}

Test(judge, a_decision_stands_when_replicates_come_later) {
  plan_margin(0.6, bed_far);
  bed_judge(&b, 128, 1, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS);
  bed_judge(&b, 1024, 50, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS);
  cr_assert_eq(result()->used, 128);
  judge_need(&b.p, &b.p.cells[0]);
  cr_assert_eq(b.p.runs[0].need, 0, "a closed cell needs nothing");
}

Test(judge, need_and_lack_are_those_of_the_next_look) {
  long lacking, of;
  plan_margin(0.4, bed_far);
  judge_need(&b.p, &b.p.cells[0]);
  cr_assert_eq(b.p.runs[0].need, 128);
  judge_lacking(&b.p, &b.p.cells[0], &lacking, &of);
  cr_assert(lacking == 128 && of == 128);
  bed_judge(&b, 130, 1, 1);
  judge_need(&b.p, &b.p.cells[0]);
  cr_assert_eq(b.p.runs[0].need, 256);
  judge_lacking(&b.p, &b.p.cells[0], &lacking, &of);
  cr_assert(lacking == 126 && of == 256);
  bed_judge(&b, 256, 1, 1);
  judge_lacking(&b.p, &b.p.cells[0], &lacking, &of);
  cr_assert(lacking == 0 && of == 0);
}

Test(judge, a_wrong_theory_is_a_failure_at_the_first_look_that_sees_it) {
  plan_margin(0.4, bed_far);
  bed_judge(&b, 1024, 4, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_FAIL);
  cr_assert_eq(result()->look, 1);
  cr_assert(strstr(result()->reason, "margin"), "%s", result()->reason);
}

Test(judge, on_the_margin_nothing_is_decided) {
  plan_margin(0.4, bed_far);
  bed_judge(&b, 1024, 1.4, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDECIDED);
  cr_assert_not(b.p.cells[0].open, "J = 4 looks");
  cr_assert_eq(b.p.cells[0].look, 4);
  cr_assert_eq(result()->used, 1024);
  cr_assert(strstr(result()->reason, "1024 replicates"), "%s", result()->reason);
}

Test(judge, values_that_do_not_vary_never_pass) {
  plan_margin(0.4, bed_far);
  bed_judge(&b, 1024, 1, 0);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDECIDED);
  cr_assert(strstr(result()->reason, "do not vary"), "%s", result()->reason);
}

/* ---- failures and discards ---- */

static void spoil(plan_run *run, long replicate, int state) {
  for (int k = 0; k < run->readouts * run->width; k++)
    run->values[replicate * run->readouts * run->width + k] = 1e9;
  run->state[replicate] = (unsigned char)state;
}

static void judge_with(int n_bad, int state) {
  bed_fill(&b.p.runs[0], 0, 128, 1, 1);
  for (int i = 0; i < n_bad; i++) spoil(&b.p.runs[0], 3 + 9 * i, state);
  judge_cell(&b.p, &b.p.cells[0], &error);
}

Test(judge, two_failures_are_left_out) {
  plan_margin(0.7, bed_far);
  judge_with(2, RUN_FAILED);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "%s", result()->reason);
  cr_assert(result()->used == 126 && result()->failed == 2);
  cr_assert(fabs(result()->estimate - 1) < 0.1, "their values are not looked at");
}

Test(judge, the_third_failure_is_an_error) {
  plan_margin(0.7, bed_far);
  judge_with(3, RUN_FAILED);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_ERROR);
  cr_assert_not(b.p.cells[0].open);
  cr_assert(strstr(result()->reason, "3 of 128"), "%s", result()->reason);
}

Test(judge, a_failure_beyond_the_look_does_not_count) {
  plan_margin(0.7, bed_far);
  bed_fill(&b.p.runs[0], 0, 256, 1, 1);
  for (long i = 0; i < 2; i++) spoil(&b.p.runs[0], i, RUN_FAILED);
  for (long i = 128; i < 140; i++) spoil(&b.p.runs[0], i, RUN_FAILED);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS);
  cr_assert_eq(result()->failed, 2);
}

static assay_verdict discard(int n_bad, double allowed) {
  assay_claim claim = with_margin(0.9, bed_far);
  assay_leg legs[] = {claim.legs[0], {0}};
  legs[0].discarded = allowed;
  claim.legs = legs;
  bed_one(&b, &claim);
  judge_with(n_bad, RUN_DISCARDED);
  assay_verdict verdict = result()->verdict;
  cr_assert_eq(result()->discarded, n_bad);
  bed_free(&b);
  return verdict;
}

Test(discards, up_to_the_declared_share) {
  cr_assert_eq(discard(1, 0), ASSAY_VERDICT_ERROR);
  cr_assert_eq(discard(12, 0.1), ASSAY_VERDICT_PASS, "12 of 128 are less than a tenth");
  cr_assert_eq(discard(13, 0.1), ASSAY_VERDICT_ERROR);
}

Test(discards, all_of_them_leave_nothing_to_pass) {
  assay_claim claim = with_margin(0.9, bed_far);
  assay_leg legs[] = {claim.legs[0], {0}};
  legs[0].discarded = 1;
  claim.legs = legs;
  bed_one(&b, &claim);
  bed_fill(&b.p.runs[0], 0, 1024, 1, 1);
  for (int i = 0; i < 1024; i++) spoil(&b.p.runs[0], i, RUN_DISCARDED);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDECIDED);
  stop();
}

Test(judge, arms_lose_a_replicate_together) {
  static const assay_target targets[] = {
      {.name = "x", .points = "A:arm=2", .against = "arm=0", .margin = BED_MARGIN(.7)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: arm=0,2")), targets, NULL);
  bed_one(&b, &claim);
  plan_run *less = &b.p.runs[0], *run = &b.p.runs[1];
  bed_fill(less, 0, 128, 0, 0);
  bed_fill(run, 0, 128, 0, 0);
  for (long r = 0; r < 128; r++) { /* only where replicates are paired does the difference stay near 2 */
    less->values[r * less->width] = 1000. * (double)r;
    run->values[r * run->width] = 1000. * (double)r + 2 + bed_normal(r);
  }
  spoil(run, 8, RUN_FAILED);
  spoil(less, 9, RUN_FAILED);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "%s", result()->reason);
  cr_assert(result()->used == 126 && result()->failed == 2);
  spoil(less, 20, RUN_FAILED);
  b.p.cells[0].open = true, b.p.cells[0].look = 0, b.p.cells[0].decided = false;
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_ERROR, "three over both arms");
}

Test(judge, groups_of_one_stream_lose_a_replicate_together) {
  static const assay_target targets[] = {
      {.name = "x", .estimand = ASSAY_SMOOTH, .along = "arm", .reduce = bed_slope, .margin = BED_MARGIN(.6)},
      {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 1, "A: arm=0,1")), targets, NULL);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_cells, 1);
  for (int k = 0; k < 2; k++) bed_fill(&b.p.runs[k], 0, 128, 0, 0);
  for (long r = 0; r < 128; r++) {
    b.p.runs[0].values[r * b.p.runs[0].width] = 1000. * (double)r;
    b.p.runs[1].values[r * b.p.runs[1].width] = 1000. * (double)r + 1 + bed_normal(r);
  }
  spoil(&b.p.runs[1], 8, RUN_FAILED);
  spoil(&b.p.runs[0], 9, RUN_FAILED);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "%s", result()->reason);
  cr_assert_eq(result()->used, 126);
  cr_assert_eq(result()->failed, 2);
}

/* ---- controls ---- */

static const assay_control moved[] = {{.name = "moved", .mistake = "m", .change = "mean=9"}, {0}};

static plan_run *wrong_run(void) {
  for (int i = 0; i < b.p.n_runs; i++)
    if (assay_real(b.p.runs[i].sim, "mean") == 9) return &b.p.runs[i];
  cr_assert_fail("no wrong run");
  return NULL;
}

Test(judge, sampling_goes_on_until_a_control_is_rejected_and_the_numbers_stay) {
  plan_margin(0.6, moved);
  bed_fill(bed_run(&b, "A", 100), 0, 128, 1, 1);
  bed_fill(wrong_run(), 0, 128, 1 + 1.2, 1.5); /* .49 x 1.5 from 1.2: not clear of .6 */
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert(b.p.cells[0].open && b.p.cells[0].decided);
  cr_assert_eq(result()->used, 128);
  double estimate = result()->estimate;
  judge_need(&b.p, &b.p.cells[0]);
  cr_assert_eq(wrong_run()->need, 256);
  bed_fill(bed_run(&b, "A", 100), 128, 256, 1e6, 1); /* its decision is made */
  bed_fill(wrong_run(), 128, 256, 1 + 1.2, 1.5);     /* .31 x 1.5: clear */
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "%s", result()->reason);
  cr_assert_not(b.p.cells[0].open);
  cr_assert(result()->used == 128 && result()->look == 1 && result()->estimate == estimate);
  cr_assert(result()->controls[0].rejected);
  cr_assert(fabs(result()->controls[0].wrong - 2.2) < 0.05);
  cr_assert(result()->controls[0].distance > 1);
}

Test(judge, a_control_that_is_never_rejected_takes_the_pass) {
  plan_margin(0.6, moved);
  bed_fill(bed_run(&b, "A", 100), 0, 1024, 1, 1);
  bed_fill(wrong_run(), 0, 1024, 1.5, 1);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDERPOWERED);
  cr_assert(strstr(result()->reason, "'moved'"), "%s", result()->reason);
  cr_assert_eq(result()->used, 128, "the cell's own numbers are those of its decision");
}

Test(judge, a_wrong_experiment_that_mostly_fails_is_not_rejected) {
  plan_margin(0.6, moved);
  bed_fill(bed_run(&b, "A", 100), 0, 1024, 1, 1);
  bed_fill(wrong_run(), 0, 1024, 9, 1);
  for (int i = 0; i < 3; i++) spoil(wrong_run(), i, RUN_FAILED);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDERPOWERED);
  cr_assert(strstr(result()->reason, "failed"), "%s", result()->reason);
}

Test(judge, no_control_can_save_a_failure) {
  plan_margin(0.6, moved);
  bed_fill(bed_run(&b, "A", 100), 0, 128, 9, 1);
  bed_fill(wrong_run(), 0, 128, 9, 1);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_FAIL);
  cr_assert_not(b.p.cells[0].open);
}

static assay_status predict_one_off(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "mean") + 1, 0);
  return ASSAY_OK;
}

/* Agreement implies rejection of what is two margins away: the control needs no look of its own. */
Test(judge, a_wrong_theory_two_margins_away_is_rejected_with_the_agreement) {
  for (int i = -7; i <= 7; i++) {
    static const assay_control one_off[] = {
        {.name = "two margins", .mistake = "m", .predict = predict_one_off}, {0}};
    plan_margin(0.5, one_off);
    bed_judge(&b, 1024, 1 + 0.05 * i, 1);
    if (result()->verdict == ASSAY_VERDICT_PASS) cr_assert(result()->controls[0].rejected, "at %d", i);
    cr_assert_neq(result()->verdict, ASSAY_VERDICT_UNDERPOWERED);
    if (i < 7) stop();
  }
}

/* ---- one side, and its opposite ---- */

static assay_verdict one_sided(int side, double mean, double margin, bool *rejected) {
  assay_target targets[] = {{.name = "x", .side = side, .margin = BED_MARGIN(margin)}, {0}};
  const assay_control opposite[] = {{.name = "opposite", .mistake = "m", .reversed = true}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=0")), targets, opposite);
  bed_one(&b, &claim);
  bed_judge(&b, 1024, mean, 1);
  assay_verdict verdict = result()->verdict;
  *rejected = result()->controls[0].rejected;
  cr_assert_float_eq(result()->d, side * mean, 1e-9, "d is signed so that >= 0 is right");
  bed_free(&b);
  return verdict;
}

Test(sides, a_bound_holds_fails_or_stays_open) {
  bool rejected;
  for (int side = -1; side <= 1; side += 2) {
    cr_assert_eq(one_sided(side, side * 1, 0, &rejected), ASSAY_VERDICT_PASS);
    cr_assert(rejected);
    cr_assert_eq(one_sided(side, -side * 1, 0, &rejected), ASSAY_VERDICT_FAIL);
    cr_assert_eq(one_sided(side, 0, 0, &rejected), ASSAY_VERDICT_UNDECIDED);
    cr_assert_not(rejected);
    cr_assert_eq(one_sided(side, 0, 0.3, &rejected), ASSAY_VERDICT_UNDERPOWERED,
                 "within the margin both orders hold");
    cr_assert_eq(one_sided(side, side * 1, -0.5, &rejected), ASSAY_VERDICT_PASS, "a gap that is there");
    cr_assert_eq(one_sided(side, side * 0.3, -0.5, &rejected), ASSAY_VERDICT_FAIL, "a gap that is not");
  }
}

/* ---- other estimands ---- */

Test(judge, an_extrapolation_finds_the_limit_that_no_size_shows) {
  static const assay_target targets[] = {
      {.name = "x", .estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .margin = BED_MARGIN(.4)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=10,40,160", 128, 4, "A: mean=1")), targets, bed_far);
  bed_one(&b, &claim);
  const double sizes[] = {10, 40, 160};
  for (int i = 0; i < 3; i++) {
    long n = 128 * lround(160 / sizes[i]);
    bed_fill(bed_run(&b, "A", sizes[i]), 0, n - (i == 0), 1 + 20 / sizes[i], 0.2);
  }
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(b.p.cells[0].look, 0, "one replicate of the smallest size is lacking");
  bed_fill(bed_run(&b, "A", 10), 128 * 16 - 1, 128 * 16, 1 + 20 / 10., 0.2);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "%s", result()->reason);
  cr_assert(fabs(result()->estimate - 1) < 0.02, "estimate %g", result()->estimate);
  cr_assert(fabs(result()->drift) < 0.02, "drift %g", result()->drift);
  cr_assert_eq(result()->used, 128);
}

Test(judge, a_proportion_of_what_is_not_zero_or_one_is_an_error) {
  static const assay_target targets[] = {
      {.name = "above", .estimand = ASSAY_PROPORTION, .margin = BED_MARGIN(.3)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=0")), targets, NULL);
  bed_one(&b, &claim);
  bed_judge(&b, 128, 0.5, 0.01);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_ERROR);
  cr_assert(strstr(result()->reason, "not 0 or 1"), "%s", result()->reason);
}

static assay_status fails_to_reduce(const assay_sample *s, double *out) {
  *out = s->value[0];
  return s->points && s->value[0] > 50 ? ASSAY_NUMERIC : ASSAY_OK;
}

Test(judge, a_reduction_that_fails_is_an_error) {
  static const assay_target targets[] = {
      {.name = "x", .estimand = ASSAY_SMOOTH, .reduce = fails_to_reduce, .margin = BED_MARGIN(.3)}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), targets, bed_far);
  bed_one(&b, &claim);
  bed_judge(&b, 128, 100, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_ERROR);
  cr_assert(strstr(result()->reason, "reduction"), "%s", result()->reason);
}

/* ---- evaluations without an experiment ---- */

static assay_status check_right(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "mean") + 1e-12, 0);
  return ASSAY_OK;
}
static assay_status check_off(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "mean") + 1e-6, 0);
  return ASSAY_OK;
}
static assay_status check_unsure(assay_call *call) {
  assay_put(call, BED_X, 0, assay_real(call, "mean"), 1e-6);
  return ASSAY_OK;
}

static assay_verdict check_identity(assay_predict *check, assay_predict *wrong) {
  static const assay_target targets[] = {{.name = "x", .estimand = ASSAY_EXACT, .margin = BED_MARGIN(1e-9)},
                                         {0}};
  const assay_control controls[] = {{.name = "wrong", .mistake = "m", .check = wrong}, {0}};
  const assay_leg legs[] = {{.check = check, .points = BED_POINTS("A: mean=1"), .sizes = {"d=100"}}, {0}};
  assay_claim claim = bed_claim(legs, targets, controls);
  bed_one(&b, &claim);
  cr_assert_eq(b.p.n_runs, 0);
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_not(b.p.cells[0].open);
  assay_verdict verdict = result()->verdict;
  bed_free(&b);
  return verdict;
}

Test(checks, are_decided_at_once) {
  cr_assert_eq(check_identity(check_right, check_off), ASSAY_VERDICT_PASS);
  cr_assert_eq(check_identity(check_off, check_off), ASSAY_VERDICT_FAIL);
  cr_assert_eq(check_identity(check_right, check_right), ASSAY_VERDICT_UNDERPOWERED,
               "a wrong evaluation that is right");
  cr_assert_eq(check_identity(check_unsure, check_off), ASSAY_VERDICT_FAIL,
               "its own numerical error exceeds the margin");
}

/* ---- theories that are none ---- */

static assay_status predict_inf(assay_call *call) {
  assay_put(call, BED_X, 0, INFINITY, 0);
  return ASSAY_OK;
}
static assay_status predict_with_infinite_error(assay_call *call) {
  assay_put(call, BED_X, 0, 1, INFINITY);
  return ASSAY_OK;
}
static assay_status predict_nan(assay_call *call) {
  assay_put(call, BED_X, 0, NAN, 0);
  return ASSAY_OK;
}
static assay_status predict_absent(assay_call *call) {
  assay_absent(call, BED_X, "nothing");
  return ASSAY_OK;
}
static assay_status predict_failure(assay_call *call) {
  return assay_fail(call, ASSAY_DOMAIN, "outside");
}

Test(theories, that_are_not_numbers_never_pass) {
  assay_predict *const none[] = {predict_inf, predict_with_infinite_error, predict_nan, predict_absent,
                                 predict_failure};
  for (int side = -1; side <= 1; side++)
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
      assay_target targets[] = {{.name = "x", .side = side, .margin = BED_MARGIN(.6)}, {0}};
      assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), targets, NULL);
      claim.predict = none[i];
      bed_one(&b, &claim);
      bed_judge(&b, 1024, 1, 1);
      assay_verdict v = results_claim_verdict(&b.p, 0);
      cr_assert_eq(v, ASSAY_VERDICT_ERROR, "theory %zu, side %d: %s", i, side, assay_verdict_name(v));
      bed_free(&b);
    }
}

Test(judge, a_measurement_that_is_not_finite_never_passes) {
  plan_margin(0.6, bed_far);
  bed_fill(&b.p.runs[0], 0, 1024, 1, 1);
  b.p.runs[0].values[5 * b.p.runs[0].width] = NAN; /* as from a damaged store */
  judge_cell(&b.p, &b.p.cells[0], &error);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_UNDECIDED);
}

/* ---- claims ---- */

Test(judge, a_claim_without_judged_cells_does_not_pass) {
  static const assay_target targets[] = {{.name = "x", .exploratory = true}, {0}};
  assay_claim claim = bed_claim(BED_LEGS(BED_LEG("d=100", 128, 4, "A: mean=1")), targets, NULL);
  bed_one(&b, &claim);
  bed_judge(&b, 128, 1, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_EXPLORATORY);
  cr_assert(fabs(result()->estimate - 1) < 1e-9);
  cr_assert_eq(results_claim_verdict(&b.p, 0), ASSAY_VERDICT_SKIPPED);
}

Test(judge, a_claim_without_a_control_does_not_pass) {
  plan_margin(0.6, NULL);
  bed_judge(&b, 128, 1, 1);
  cr_assert_eq(result()->verdict, ASSAY_VERDICT_PASS, "the cell agrees");
  cr_assert_eq(results_claim_verdict(&b.p, 0), ASSAY_VERDICT_UNDERPOWERED);
}

Test(judge, a_claim_whose_cells_are_open_is_undecided) {
  plan_margin(0.6, bed_far);
  cr_assert_eq(results_claim_verdict(&b.p, 0), ASSAY_VERDICT_UNDECIDED);
}

/* ---- for simulate ---- */

Test(judge, an_estimate_without_a_verdict) {
  double value, se;
  long used;
  plan_margin(0.6, bed_far);
  bed_fill(&b.p.runs[0], 0, 400, 3, 2);
  cr_assert_eq(judge_estimate(&b.p, &b.p.cells[0], 400, &value, &se, &used, &error), ASSAY_OK);
  cr_assert_float_eq(value, 3, 1e-9);
  cr_assert(fabs(se - 2 / sqrt(400)) < 0.005);
  cr_assert_eq(used, 400);
  cr_assert_eq(b.p.cells[0].look, 0);
}
