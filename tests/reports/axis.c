#include "reports/axis.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static double uniform(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(*state >> 11) / 9007199254740992.0;
}

static void check_ticks(const report_axis *axis) {
  report_tick ticks[REPORT_MOST_TICKS];
  int n = report_axis_ticks(axis, ticks), labelled = 0;
  double last = -INFINITY, last_label = -INFINITY;
  for (int i = 0; i < n; i++) {
    double at = report_axis_at(axis, ticks[i].value);
    cr_assert(at >= -.01 && at <= 600.01, "a tick at pixel %g of [%g, %g]", at, axis->lo, axis->hi);
    cr_assert_gt(at, last);
    last = at;
    if (!ticks[i].labelled) continue;
    cr_assert_gt(at - last_label, 18, "labels overlap on [%g, %g]", axis->lo, axis->hi);
    cr_assert_leq(strlen(report_axis_label(axis, ticks[i].value).text), 24u);
    last_label = at;
    labelled++;
  }
  cr_assert(labelled >= 2 && labelled <= 14, "%d labels on [%g, %g]", labelled, axis->lo, axis->hi);
}

Test(reports_axis, any_range_has_a_few_ticks_in_order) {
  uint64_t state = 1;
  for (int i = 0; i < 20000; i++) {
    double centre = (uniform(&state) - .5) * pow(10, 300 * (2 * uniform(&state) - 1));
    double span = fabs(centre) * pow(10, -12 * uniform(&state));
    report_axis axis = report_axis_new(centre - span, centre + span, false, 0, 600);
    check_ticks(&axis);
  }
}

Test(reports_axis, any_logarithmic_range_has_a_few_ticks_in_order) {
  uint64_t state = 2;
  for (int i = 0; i < 20000; i++) {
    double lo = pow(10, -290 + 500 * uniform(&state)), hi = lo * pow(10, 80 * pow(uniform(&state), 6));
    report_axis axis = report_axis_new(lo, hi, true, 0, 600);
    check_ticks(&axis);
  }
}

Test(reports_axis, data_lie_inside) {
  report_axis axis = report_axis_new(2, 8, false, 100, 700);
  cr_expect_gt(report_axis_at(&axis, 2), 100);
  cr_expect_lt(report_axis_at(&axis, 8), 700);
  cr_expect_float_eq(report_axis_at(&axis, 5), 400, 1e-9);
  axis = report_axis_new(1e-3, 1e5, true, 100, 700);
  cr_expect_gt(report_axis_at(&axis, 1e-3), 100);
  cr_expect_float_eq(report_axis_at(&axis, 10), 400, 1e-9);
}

Test(reports_axis, degenerate_ranges_get_room) {
  const double values[] = {0, 3, -1e-9, 1e300, -1e-300};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    report_axis axis = report_axis_new(values[i], values[i], false, 0, 600);
    cr_expect_float_eq(report_axis_at(&axis, values[i]), 300, 1e-6);
    check_ticks(&axis);
  }
  report_axis axis = report_axis_new(.25, .25, true, 0, 600);
  cr_expect_float_eq(report_axis_at(&axis, .25), 300, 1e-6);
  check_ticks(&axis);
  axis = report_axis_new(INFINITY, -INFINITY, true, 0, 600);
  check_ticks(&axis);
}

Test(reports_axis, what_can_be_drawn) {
  cr_expect(report_drawable(0, false));
  cr_expect_not(report_drawable(0, true));
  cr_expect_not(report_drawable(-1, true));
  cr_expect_not(report_drawable(NAN, false));
  cr_expect_not(report_drawable(INFINITY, false));
  cr_expect_not(report_drawable(1.1e300, false));
}

/* The n-th labelled tick's label. */
static report_text label(report_axis axis, int n) {
  report_tick ticks[REPORT_MOST_TICKS];
  int count = report_axis_ticks(&axis, ticks);
  for (int i = 0; i < count; i++)
    if (ticks[i].labelled && n-- == 0) return report_axis_label(&axis, ticks[i].value);
  return (report_text){"none"};
}

Test(reports_axis, labels) {
  cr_expect_str_eq(label(report_axis_new(0, 1, false, 0, 600), 1).text, "0.2");
  cr_expect_str_eq(label(report_axis_new(-1, 1, false, 0, 600), 0).text, "−1.0");
  cr_expect_str_eq(label(report_axis_new(0, 1e7, false, 0, 600), 1).text, "0.2");
  cr_expect_eq(report_axis_new(0, 1e7, false, 0, 600).exponent, 7);
  cr_expect_str_eq(label(report_axis_new(1e-8, 1e-5, true, 0, 600), 0).text, "10⁻⁸");
  cr_expect_str_eq(label(report_axis_new(.01, 100, true, 0, 600), 1).text, "0.1");
  cr_expect_str_eq(label(report_axis_between(-3, 3, 0, 600), 0).text, "−3");
}
