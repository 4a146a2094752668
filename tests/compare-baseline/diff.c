#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/compare-baseline/helpers.h"

/* The only row, which is of this kind and grade. */
static const diff_row *only(const diff *d, diff_kind kind, diff_grade grade) {
  cr_assert_eq(d->n_rows, 1, "%d rows", d->n_rows);
  cr_assert_eq(d->rows[0].kind, kind, "%s", diff_kind_name(d->rows[0].kind));
  cr_assert_eq(d->rows[0].grade, grade, "%s", diff_grade_name(d->rows[0].grade));
  return &d->rows[0];
}

Test(diff, nothing_moves_between_equal_baselines) {
  const diff *d = diff_replaced("seed 1", "seed 1");
  cr_expect(d->n_rows == 0 && !diff_moved(d, true) && d->speed == 1);
  cr_expect(d->count[DIFF_THEORY][DIFF_SAME] == 2 && d->count[DIFF_REPLICATES][DIFF_SAME] == 1);
}

Test(diff, a_theory_moves_when_it_leaves_its_error) {
  /* 1 + 2^-41: a quarter of the sum of the errors, 2 x 2^-40. */
  const diff *d = diff_replaced("theory 0x1p+0 1\n", "theory 0x1.00000000008p+0 1.0000000000004547\n");
  const diff_row *row = only(d, DIFF_THEORY, DIFF_ROUNDED);
  cr_expect_float_eq(row->units, 0.25, 1e-9);
  cr_expect(!diff_moved(d, false) && diff_moved(d, true));
  /* 1 + 2^-36: eight times the sum. */
  d = diff_replaced("theory 0x1p+0 1\n", "theory 0x1.000000001p+0 1.0000000000145519\n");
  row = only(d, DIFF_THEORY, DIFF_REAL);
  cr_expect_float_eq(row->units, 8, 1e-9);
  cr_expect_float_eq(row->relative, 0x1p-36, 1e-20);
  cr_expect(diff_moved(d, false));
}

Test(diff, a_theory_that_admits_more_error_hides_no_move) {
  const diff *d = diff_replaced("theory 0x1p+0 1\n  theory-error 0x1p-40 9.0949470177292824e-13",
                                "theory 0x1.000000001p+0 1.0000000000145519\n  theory-error 0x1p-10 0.0009765625");
  cr_expect_float_eq(only(d, DIFF_THEORY, DIFF_REAL)->units, 8, 1e-9);
}

Test(diff, a_theory_that_appears_or_goes_has_moved) {
  const diff *d = diff_replaced("  theory 0x1p+0 1\n", "");
  cr_expect(isnan(only(d, DIFF_THEORY, DIFF_REAL)->b));
}

Test(diff, replicates_are_held_to_the_scale_of_their_record) {
  /* The scale of column x is 2: a change of 1e-9 is 5e-10 of it, one of 1e-8 is 5e-9. */
  const diff *d = diff_replaced("x 0x1p+0 - 0x1p+1", "x 1.000000001 - 0x1p+1");
  const diff_row *row = only(d, DIFF_REPLICATES, DIFF_ROUNDED);
  cr_expect_float_eq(row->relative, 5e-10, 1e-15);
  cr_expect_str_eq(row->what, "t=1:x");
  d = diff_replaced("x 0x1p+0 - 0x1p+1", "x 1.00000001 - 0x1p+1");
  cr_expect_float_eq(only(d, DIFF_REPLICATES, DIFF_REAL)->relative, 5e-9, 1e-14);
  d = diff_replaced("y 0x1p-30 - -0x0p+0", "y 0x1p-30 - 0x0p+0"); /* the sign of a zero */
  only(d, DIFF_REPLICATES, DIFF_ROUNDED);
  d = diff_replaced("y 0x1p-30 - -0x0p+0", "y 0x1p-30 - 0x1p-30"); /* tiny beside x, not beside y */
  cr_expect_str_eq(only(d, DIFF_REPLICATES, DIFF_REAL)->what, "t=1:y");
}

Test(diff, a_replicate_that_fails_on_one_side_has_moved) {
  const diff *d = diff_replaced("states ok failed ok\n  value t=1:x 0x1p+0 - 0x1p+1\n  value t=1:y 0x1p-30 - -0x0p+0",
                                "states ok ok ok\n  value t=1:x 0x1p+0 1 0x1p+1\n  value t=1:y 0x1p-30 1 -0x0p+0");
  const diff_row *row = only(d, DIFF_REPLICATES, DIFF_REAL);
  cr_expect_str_eq(row->a_text, "failed");
  cr_expect_str_eq(row->b_text, "ok");
}

Test(diff, other_draws_are_tested_with_their_standard_errors) {
  /* Another run: se is 1/32 on both sides, so that sqrt 2/32 is the unit. */
  const char *from = "estimate 0x1.2p+0 1.125\n  se 0x1p-5 0.03125\n  lo 0x1p+0 1\n  hi 0x1.4p+0 1.25\n  used 1024";
  const diff *d = diff_replaced(from, "estimate 0x1.3p+0 1.1875\n  se 0x1p-5 0.03125\n  lo 0x1p+0 1\n  hi 0x1.4p+0 1.25\n  used 512");
  const diff_row *row = only(d, DIFF_ESTIMATE, DIFF_NOISE);
  cr_expect_eq(d->tests, 1);
  cr_expect_float_eq(row->units, M_SQRT2, 1e-12);
  cr_expect_float_eq(row->probability, 0.1579, 2e-4); /* two-sided, t with 511 degrees of freedom, of tables */
  d = diff_replaced(from, "estimate 0x1.8p+0 1.5\n  se 0x1p-5 0.03125\n  lo 0x1p+0 1\n  hi 0x1.4p+0 1.25\n  used 512");
  row = only(d, DIFF_ESTIMATE, DIFF_REAL);
  cr_expect_float_eq(row->units, 0.375 * 32 / M_SQRT2, 1e-9);
  cr_expect(row->probability < DIFF_ALPHA);
}

Test(diff, the_same_draws_leave_no_room_for_noise) {
  /* One record's scale is max(1.125, 32/32 = se sqrt n): a change of 2^-33 is 1e-10 of it, one of 2^-10 is not rounding. */
  const diff *d = diff_replaced("estimate 0x1.2p+0 1.125\n", "estimate 0x1.200000008p+0 1.1250000001164153\n");
  cr_expect_float_eq(only(d, DIFF_ESTIMATE, DIFF_ROUNDED)->relative, 0x1p-33 / 1.125, 1e-14);
  d = diff_replaced("estimate 0x1.2p+0 1.125\n", "estimate 0x1.204p+0 1.1259765625\n");
  const diff_row *row = only(d, DIFF_ESTIMATE, DIFF_REAL);
  cr_expect_float_eq(row->units, 32.0 / 1024, 1e-12); /* far below one standard error, and real all the same */
  cr_expect(isnan(row->probability));
}

Test(diff, verdicts_controls_margins_and_cells) {
  const diff *d = diff_replaced("cell pass A:x", "cell fail A:x");
  cr_expect_str_eq(only(d, DIFF_VERDICT, DIFF_REAL)->b_text, "fail");
  d = diff_replaced("control rejected", "control open");
  cr_expect_str_eq(only(d, DIFF_CONTROL, DIFF_REAL)->b_text, "not rejected");
  d = diff_replaced("margin 0x1p-2 0.25", "margin 0x1p-1 0.5");
  only(d, DIFF_MARGIN, DIFF_REAL);
  d = diff_replaced("cell exploratory B:y", "cell exploratory C:y");
  cr_expect(d->n_rows == 2 && d->count[DIFF_CELL][DIFF_REAL] == 2 && diff_moved(d, false));
  d = diff_replaced("claim pass p/one", "claim pass p/two");
  cr_expect(d->n_rows == 2 && d->count[DIFF_CELL][DIFF_REAL] == 2);
}

Test(diff, speed_is_shown_and_never_a_move) {
  const diff *d = diff_replaced("speed 0123456789abcdef 0.001", "speed 0123456789abcdef 0.004");
  const diff_row *row = only(d, DIFF_SPEED, DIFF_TIMING);
  cr_expect_float_eq(row->units, 4, 1e-12);
  cr_expect(!diff_moved(d, true) && fabs(d->speed - 4) < 1e-12);
  d = diff_replaced("stored 1024\n", "stored 10\n"); /* nothing but the number stored */
  cr_expect_eq(d->n_rows, 0);
}

Test(diff, a_side_that_is_not_judged_is_not_compared_for_verdicts) {
  const diff *d = diff_replaced("judged yes", "judged no");
  cr_expect(!d->judged && d->n_rows == 0 && d->count[DIFF_VERDICT][DIFF_SAME] == 0 && d->count[DIFF_THEORY][DIFF_SAME] == 2);
}

Test(diff, real_changes_come_first_and_the_greatest_of_them) {
  const diff *d =
      diff_replaced("theory 0x1p+0 1\n  theory-error 0x1p-40 9.0949470177292824e-13\n  margin 0x1p-2 0.25",
                    "theory 0x1.8p+0 1.5\n  theory-error 0x1p-40 9.0949470177292824e-13\n  margin "
                    "0x1.0000000004p-2 0.25000000000090949");
  cr_assert_eq(d->n_rows, 2);
  cr_expect(d->rows[0].kind == DIFF_THEORY && d->rows[0].grade == DIFF_REAL);
  cr_expect(d->rows[1].kind == DIFF_MARGIN && d->rows[1].grade == DIFF_ROUNDED);
}
