/* Fits on synthetic curves whose answers are known. */
#include "compare/fits.h"

#include <criterion/criterion.h>
#include <math.h>

#include "sim/kernels/random.h"

static assay_sample sample(const double *axis, const double *value, int n) {
  return (assay_sample){.groups = n, .value = value, .axis = axis};
}

#define near(what, call, truth)                                                                              \
  do {                                                                                                       \
    assay_status status = call;                                                                              \
    cr_expect_eq(status, ASSAY_OK, "%s: %d", what, status);                                                  \
    cr_expect(fabs(out - (truth)) <= 1e-12, "%s: %.12g", what, out);                                         \
  } while (0)

static const double sizes[] = {50, 100, 200, 400};

Test(fits, rates) {
  double power[4], with_log[4], log_only[4], tail[4], out = 0;
  for (int i = 0; i < 4; i++) {
    power[i] = 7 * pow(sizes[i], -.4), with_log[i] = 3 * pow(sizes[i], .5) * pow(log(sizes[i]), 1.5);
    log_only[i] = 2 + .75 * log(sizes[i]), tail[i] = 1.3 - 4 / sqrt(sizes[i]);
  }
  assay_sample s = sample(sizes, power, 4);
  near("exponent", fit_exponent(&s, &out), -.4);
  s = sample(sizes, log_only, 4);
  near("slope on log", fit_slope_on_log(&s, &out), .75);
  s = sample(sizes, with_log, 4);
  near("exponent beside a logarithm", fit_exponent_beside_log(&s, 1.5, &out), .5);
  fit_exponent(&s, &out);
  cr_expect(out > .7, "without the logarithm the exponent is far off: %g", out);
  s = sample(sizes, tail, 4);
  near("limit", fit_limit(&s, .5, &out), 1.3);
  power[2] = -1;
  s = sample(sizes, power, 4);
  cr_expect_eq(fit_exponent(&s, &out), ASSAY_NUMERIC);
  const double equal[] = {3, 3, 3, 3};
  s = sample(equal, tail, 4);
  cr_expect_eq(fit_limit(&s, 1, &out), ASSAY_NUMERIC);
}

Test(fits, levels) {
  const double x[] = {1, 2, 4, 8}, y[] = {.1, .2, .8, .9};
  double out = 0;
  near("level", fit_level(x, y, 4, .5, &out), 3);
  cr_expect_eq(fit_level(x, y, 4, .95, &out), ASSAY_NUMERIC);
}

/* Scaled order parameters y = h(d^(1/3) (x - x_c)), h linear: the curves of two sizes cross at x_c. */
Test(fits, crossing_of_two_sizes) {
  double axis[8], value[8], out = 0;
  for (int i = 0; i < 4; i++) {
    double x = .9 + .1 * i;
    axis[2 * i] = axis[2 * i + 1] = x;
    value[2 * i] = .8 + .3 * cbrt(100) * (x - 1.02), value[2 * i + 1] = .8 + .3 * cbrt(400) * (x - 1.02);
  }
  assay_sample s = sample(axis, value, 8);
  near("crossing", fit_crossing(&s, &out), 1.02);
  for (int i = 0; i < 8; i++) value[i] = 1;
  s = sample(axis, value, 8);
  cr_expect_eq(fit_crossing(&s, &out), ASSAY_NUMERIC);
}

Test(fits, logistic_location) {
  double axis[5], value[5], out = 0;
  for (int i = 0; i < 5; i++) axis[i] = 1.5 + .4 * i, value[i] = 1 / (1 + exp(-5 * (axis[i] - 2.35)));
  assay_sample s = sample(axis, value, 5);
  near("location", fit_logistic_location(&s, &out), 2.35);
  for (int i = 0; i < 5; i++) value[i] = 1 - value[i];
  s = sample(axis, value, 5);
  cr_expect_eq(fit_logistic_location(&s, &out), ASSAY_NUMERIC);
}

/* Counts of 400 coins at each point: the location's mean over 200 data sets is the truth within five standard
 * errors. */
Test(fits, logistic_location_from_counts) {
  enum { SETS = 200, COINS = 400, POINTS = 5 };
  double axis[POINTS], value[POINTS], uniform[COINS], sum = 0, squares = 0, out = 0;
  const assay_stream stream = {21, 0};
  random_source source = random_open(&stream, RANDOM_LABEL, 0);
  for (int set = 0; set < SETS; set++) {
    for (int i = 0; i < POINTS; i++) {
      axis[i] = 1.5 + .4 * i, value[i] = 0;
      random_uniforms(&source, uniform, COINS);
      for (int c = 0; c < COINS; c++)
        value[i] += (uniform[c] < 1 / (1 + exp(-4 * (axis[i] - 2.35)))) / (double)COINS;
    }
    assay_sample s = sample(axis, value, POINTS);
    cr_assert_eq(fit_logistic_location(&s, &out), ASSAY_OK);
    sum += out, squares += out * out;
  }
  double mean = sum / SETS, se = sqrt((squares / SETS - mean * mean) / SETS);
  cr_expect(fabs(mean - 2.35) < 5 * se && se < .003, "%g +- %g", mean, se);
}
