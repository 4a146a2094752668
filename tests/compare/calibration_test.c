#include "tests/compare/calibration.h"

#include <criterion/criterion.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "compare/result.h"

static void quiet(void) {
  gsl_set_error_handler_off();
}
TestSuite(calibration, .init = quiet);

static calibration_result played(const calibration_law *law, long runs, int looks_spent) {
  calibration_result result;
  assay_error error = {0};
  cr_assert_eq(calibration_run(law, runs, looks_spent, &result, &error), ASSAY_OK, "%s: %s", law->name,
               error.text);
  return result;
}

static const calibration_law *law_named(const char *name, const char *estimand) {
  for (const calibration_law *law = calibration_laws; law->name; law++)
    if (!strcmp(law->name, name) && !strcmp(law->estimand, estimand)) return law;
  cr_assert_fail("no law %s, %s", name, estimand);
  return NULL;
}

/* So many runs that a law costs a fraction of a second; tools/calibrate plays 1e5. */
static long affordable(const calibration_law *law) {
  long values = 0, most = law->first << (law->looks - 1);
  for (int k = 0; k < law->groups; k++) values += most * (law->multiple[k] ? law->multiple[k] : 1);
  long runs = 5000000 / values;
  return runs > 2000 ? 2000 : runs;
}

Test(calibration, keeps_every_promise) {
  for (const calibration_law *law = calibration_laws; law->name; law++) {
    calibration_law small = *law;
    if (!law->draw) { /* the cost of sums grows with the square of n_max; rare events then lack power */
      small.looks -= 2;
      small.power = fabs(law->truth - .5) < .495;
    }
    calibration_result result = played(&small, affordable(law), ASSAY_LOOKS);
    char why[200] = "";
    cr_expect(calibration_keeps(&result, why, sizeof why), "%s, %s: %s", law->name, law->estimand, why);
  }
}

/* Without the division among looks four looks agree falsely more often than one may: 2 % for 1 %. */
Test(calibration, finds_fault_with_a_rule_that_spends_its_level_at_every_look) {
  calibration_result result = played(law_named("normal", "mean, G = .3"), 20000, 1);
  char why[200];
  cr_expect_not(calibration_keeps(&result, why, sizeof why));
  cr_expect(strstr(why, "agree"), "%s", why);
}

/* What is said to lie on the margin lies a fifth of it inside. */
Test(calibration, finds_fault_with_a_wrong_truth) {
  calibration_law law = *law_named("exponential", "mean");
  law.truth += 2 * law.sd / sqrt((double)(law.first << (law.looks - 1)));
  calibration_result result = played(&law, 2000, ASSAY_LOOKS);
  char why[200];
  cr_expect_not(calibration_keeps(&result, why, sizeof why));
}

/* The sums over the number of ones and the drawn runs are two ways to the same probabilities. */
Test(calibration, sums_what_it_would_draw) {
  calibration_law drawn = *law_named("two points, skewness .15", "mean, G = .3"), summed;
  drawn.problem = (stat_problem){.estimand = ASSAY_PROPORTION};
  drawn.first = 64;
  drawn.looks = 3;
  summed = drawn;
  summed.draw = NULL;
  calibration_result exact = played(&summed, 0, ASSAY_LOOKS), counted = played(&drawn, 1000, ASSAY_LOOKS);
  cr_assert(exact.runs == 0 && counted.runs == 1000);
  for (calibration_scenario s = 0; s < CALIBRATION_SCENARIOS; s++) {
    for (int agree = 0; agree < 2; agree++) {
      calibration_rate rate = calibration_of(&counted, s, agree), p = calibration_of(&exact, s, agree);
      cr_expect(rate.lo <= p.value && p.value <= rate.hi, "scenario %d: %g, drawn [%g, %g]", (int)s, p.value,
                rate.lo, rate.hi);
    }
    double used = counted.tally[s].used / 1000;
    cr_expect_float_eq(used, exact.tally[s].used, .03, "scenario %d uses %g, drawn %g", (int)s,
                       exact.tally[s].used, used);
  }
}

/* A law that does not vary decides nothing and uses every replicate. */
Test(calibration, counts_what_stays_undecided) {
  calibration_result result = played(law_named("constant", "mean"), 50, ASSAY_LOOKS);
  for (int s = 0; s < CALIBRATION_SCENARIOS; s++)
    cr_expect(result.tally[s].agree == 0 && result.tally[s].disagree == 0 && result.tally[s].used == 50);
}

/* A fixed sample at 1e-4 that passes in 99.9 % needs (3.719 + 3.291)^2/100 of n_max for a normal law; the
 * correction for a skewness that may be there widens 3.719 to the root of the cubic, 4.00 at h = 1/16. */
Test(calibration, knows_the_fixed_sample) {
  calibration_result result = played(law_named("normal", "mean"), 200, ASSAY_LOOKS);
  double x = 3.719 * (1 + 3.719 / (3 * sqrt(512 * result.fixed))); /* to first order in h */
  cr_expect_float_eq(result.fixed, pow((x + 3.291) / 10, 2), .02, "fixed sample %g", result.fixed);
}
