#include "reports/number.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A generator of our own, so that every run sees the same numbers. */
static uint64_t next(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 11;
}

static double uniform(uint64_t *state, double lo, double hi) {
  return lo + (hi - lo) * (double)next(state) / 9007199254740992.0;
}

Test(reports_number, exact_texts_read_back) {
  uint64_t state = 1;
  for (int i = 0; i < 20000; i++) {
    double x = uniform(&state, -1, 1) * pow(10, uniform(&state, -300, 300));
    cr_assert_eq(strtod(report_exact(x).text, NULL), x);
  }
  cr_expect_str_eq(report_exact(INFINITY).text, "inf");
  cr_expect_str_eq(report_exact(-INFINITY).text, "-inf");
  cr_expect_str_eq(report_exact(NAN).text, "");
}

Test(reports_number, brief) {
  const struct {
    double x;
    const char *text;
  } cases[] = {{0, "0"},
               {1, "1"},
               {-0.5, "-0.5"},
               {.012345, "0.0123"},
               {1e-3, "0.001"},
               {1e-4, "1e-4"},
               {1e-12, "1e-12"},
               {-1.25e-12, "-1.25e-12"},
               {999.4, "999"},
               {999.6, "1000"},
               {40321, "40321"},
               {1e8, "1e8"},
               {1.5e300, "1.5e300"},
               {1e-300, "1e-300"},
               {10, "10"},
               {INFINITY, "inf"},
               {NAN, ""},
               {2e-5, "2e-5"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_str_eq(report_brief(cases[i].x).text, cases[i].text);
}

Test(reports_number, brief_is_within_half_a_digit) {
  uint64_t state = 2;
  for (int i = 0; i < 20000; i++) {
    double x = uniform(&state, .1, 1) * pow(10, uniform(&state, -290, 290));
    cr_assert_leq(fabs(strtod(report_brief(x).text, NULL) - x), .00501 * x);
  }
}

Test(reports_number, pretty) {
  cr_expect_str_eq(report_pretty(report_brief(-1.25e-12)).text, "−1.25×10⁻¹²");
  cr_expect_str_eq(report_pretty(report_brief(1e-4)).text, "10⁻⁴");
  cr_expect_str_eq(report_pretty(report_brief(-1e-4)).text, "−10⁻⁴");
  cr_expect_str_eq(report_pretty(report_brief(-.5)).text, "−0.5");
  cr_expect_str_eq(report_pretty(report_brief(-INFINITY)).text, "−∞");
  cr_expect_str_eq(report_pretty(report_brief(NAN)).text, "–");
  cr_expect_str_eq(report_pretty(report_exact(-DBL_MIN)).text, "−2.2250738585072014×10⁻³⁰⁸");
  cr_expect_str_eq(report_power_of_ten(-307).text, "10⁻³⁰⁷");
}

Test(reports_number, durations) {
  cr_expect_str_eq(report_duration(.04).text, "0.0 s");
  cr_expect_str_eq(report_duration(9.94).text, "9.9 s");
  cr_expect_str_eq(report_duration(119.4).text, "119 s");
  cr_expect_str_eq(report_duration(200).text, "3 min 20 s");
  cr_expect_str_eq(report_duration(7500).text, "2 h 5 min");
  cr_expect_str_eq(report_duration(NAN).text, "");
  cr_expect_str_eq(report_duration(-1).text, "0.0 s");
}

static assay_cell_result cell(double theory, double estimate, double lo, double hi) {
  return (assay_cell_result){.theory = theory, .estimate = estimate, .lo = lo, .hi = hi};
}

static void check_pair(assay_cell_result c, const char *theory, const char *estimate) {
  report_precision digits = report_cell_precision(&c);
  cr_expect_str_eq(report_number(c.theory, digits).text, theory);
  cr_expect_str_eq(report_number(c.estimate, digits).text, estimate);
}

Test(reports_number, digits_end_where_the_interval_does) {
  check_pair(cell(.1578130985, .15771, .1576, .1579), "0.15781", "0.15771");
  check_pair(cell(2.1578130985, 2.16, 2.1, 2.2), "2.16", "2.16");
  check_pair(cell(-.5, -.493, -.501, -.485), "-0.500", "-0.493");
  check_pair(cell(123456, 123500, 110000, 130000), "123456", "123500");
}

Test(reports_number, theory_and_estimate_share_their_power_of_ten) {
  check_pair(cell(1.5e-7, 1.52e-7, 1.51e-7, 1.53e-7), "1.500e-7", "1.520e-7");
  check_pair(cell(0, 2.5e-14, 2.4e-14, 2.6e-14), "0", "2.50e-14");
  check_pair(cell(9.5e-14, 1.05e-13, 1e-13, 1.12e-13), "0.95e-13", "1.05e-13");
  check_pair(cell(3e8, 3.1e8, 3e8, 3.2e8), "3.00e8", "3.10e8");
}

Test(reports_number, extremes) {
  check_pair(cell(0, 0, 0, 0), "0", "0");
  check_pair(cell(NAN, NAN, NAN, NAN), "", "");
  check_pair(cell(INFINITY, -INFINITY, NAN, NAN), "inf", "-inf");
  check_pair(cell(1, 1, 1 - 1e-17, 1 + 1e-16), "1.0000000000", "1.0000000000");
  check_pair(cell(DBL_MAX, DBL_MAX, DBL_MAX - 1e306, DBL_MAX), "1.798e308", "1.798e308");
  check_pair(cell(DBL_MIN, 2 * DBL_MIN, DBL_MIN, 3 * DBL_MIN), "2.2e-308", "4.5e-308");
}

/* What is printed is nearer to the number than the interval can tell. */
Test(reports_number, printed_numbers_are_exact_enough) {
  uint64_t state = 3;
  for (int i = 0; i < 20000; i++) {
    double scale = pow(10, uniform(&state, -20, 20)), width = scale * pow(10, uniform(&state, -12, 0));
    double x = uniform(&state, .1, 1) * scale;
    assay_cell_result c = cell(x + .3 * width, x, x - width / 2, x + width / 2);
    report_precision digits = report_cell_precision(&c);
    cr_assert_leq(fabs(strtod(report_number(x, digits).text, NULL) - x), .0501 * width);
    cr_assert_leq(fabs(strtod(report_number(c.theory, digits).text, NULL) - c.theory), .0501 * width);
  }
}
