#include "compare/evaluate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bed.h"

static const assay_param required[] = {{"gamma", NULL, "ratio", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}, {0}};
static const assay_observable risk[] = {{"risk", NULL, "risk", NULL, ASSAY_PREDICTED, 0, 0}, {0}};

static assay_status two(assay_call *call) {
  assay_put(call, 0, 0, 2, 0.5);
  return ASSAY_OK;
}
static assay_status puts_nan(assay_call *call) {
  assay_put(call, 0, 0, NAN, 0);
  return ASSAY_OK;
}
static assay_status fails(assay_call *call) {
  return assay_fail(call, ASSAY_DOMAIN, "no gamma suits");
}
static assay_status fails_without_a_word(assay_call *call) {
  (void)call;
  return ASSAY_NUMERIC;
}
static assay_status fails_on_the_quiet(assay_call *call) {
  assay_put(call, 0, 0, 2, 0);
  assay_fail(call, ASSAY_NUMERIC, "not converged");
  return ASSAY_OK;
}

static assay_call *call;
static assay_error error;
static void start(void) {
  error = (assay_error){0};
  call = assay_call_new(required, risk, NULL);
  assay_set(call, "gamma", 1);
}
static void stop(void) {
  assay_call_free(call);
}
TestSuite(evaluate, .init = start, .fini = stop);

Test(evaluate, the_results_can_be_read) {
  assay_value value;
  cr_assert_eq(evaluate(two, call, &error), ASSAY_OK);
  cr_assert(assay_result(call, 0, 0, &value, NULL));
  cr_assert(value.value == 2 && value.error == .5);
}

Test(evaluate, results_of_the_last_time_are_forgotten) {
  assay_value value;
  cr_assert_eq(evaluate(two, call, &error), ASSAY_OK);
  cr_assert_neq(evaluate(fails, call, &error), ASSAY_OK);
  cr_assert_not(assay_result(call, 0, 0, &value, NULL));
  cr_assert_eq(evaluate(two, call, &error), ASSAY_OK, "nor does a failure stay: %s", error.text);
}

Test(evaluate, every_way_to_fail_has_its_status_and_a_reason) {
  static const struct {
    assay_predict *predict;
    assay_status status;
    const char *text;
  } bad[] = {{fails, ASSAY_DOMAIN, "no gamma suits"},
             {fails_without_a_word, ASSAY_NUMERIC, "without a reason"},
             {puts_nan, ASSAY_NUMERIC, "risk came out as nan"},
             {fails_on_the_quiet, ASSAY_NUMERIC, "not converged"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cr_assert_eq(evaluate(bad[i].predict, call, &error), bad[i].status);
    cr_assert(strstr(error.text, bad[i].text), "%s", error.text);
  }
}

Test(evaluate, what_is_required_is_asked_for_first) {
  assay_unset(call, "gamma");
  cr_assert_eq(evaluate(two, call, &error), ASSAY_USAGE);
  cr_assert(strstr(error.text, "gamma"), "%s", error.text);
}

Test(observable, by_its_name) {
  assay_claim claim = bed_claim(NULL, NULL, NULL);
  cr_assert_eq(evaluate_observable(&claim, "slope"), BED_SLOPE);
  cr_assert_eq(evaluate_observable(&claim, "slop"), -1);
}
