#include "model/call.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A table with every type of parameter, and ways to be required, preset and optional. */
static const assay_param params[] = {
    {"gamma", NULL, "aspect ratio", ASSAY_REAL, 0, NULL, "(0,2]", NULL},
    {"c", NULL, "a threshold", ASSAY_REAL, 0, "opt|none", "(0,inf]", "opt"},
    {"shift", NULL, "any finite number", ASSAY_REAL, ASSAY_SIM, NULL, NULL, "0"},
    {"d", NULL, "size", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1e9]", ""},
    {"schedule", NULL, "a word", ASSAY_WORD, 0, "const|linear", NULL, "const"},
    {"t", NULL, "a read-out", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1)", "1e-3"},
    {"lam", NULL, "a list", ASSAY_REALS, 0, NULL, "[0,inf)", ""},
    {"counts", NULL, "a list of whole numbers", ASSAY_INTEGERS, 0, NULL, "[0,100]", ""},
    {0}};
enum { O_RISK, O_EIGEN };
static const assay_observable observables[] = {
    {"risk", NULL, "a number", NULL, ASSAY_PREDICTED, 0, 0},
    {"eigen", NULL, "one for each lam", "lam", ASSAY_PREDICTED, 0, 0},
    {0}};

static assay_call *call;
static assay_error error;

static void open_call(void) {
  error = (assay_error){0};
  call = assay_call_new(params, observables, &error);
  cr_assert(call, "%s", error.text);
}
static void close_call(void) {
  assay_call_free(call);
}

TestSuite(call, .init = open_call, .fini = close_call);

static assay_status set(const char *name, const char *text) {
  error = (assay_error){0};
  return assay_set_text(call, name, text, false, &error);
}

static bool says(const char *part) {
  return strstr(error.text, part) != NULL;
}

/* ---- what is there at the beginning ---- */

Test(call, presets_and_what_is_missing) {
  cr_assert(isnan(assay_real(call, "c")));
  cr_assert_str_eq(assay_word(call, "c"), "opt");
  cr_assert_str_eq(assay_word(call, "schedule"), "const");
  cr_assert(assay_given(call, "c"));
  cr_assert_not(assay_given(call, "gamma"));
  cr_assert_not(assay_given(call, "d"));
  cr_assert(isnan(assay_real(call, "d")));
  cr_assert_eq(assay_integer(call, "d"), 0);
  cr_assert_eq(assay_call_complete(call, &error), ASSAY_USAGE);
  cr_assert(says("gamma"));
  set("gamma", "1");
  cr_assert_eq(assay_call_complete(call, &error), ASSAY_OK);
  assay_unset(call, "gamma");
  cr_assert_eq(assay_call_complete(call, &error), ASSAY_USAGE);
}

Test(tables, all_that_is_missing_is_named_at_once) {
  static const assay_param two[] = {{"gamma", NULL, "ratio", ASSAY_REAL, 0, NULL, NULL, NULL},
                                    {"c", NULL, "threshold", ASSAY_REAL, 0, NULL, NULL, NULL},
                                    {0}};
  assay_error why = {0};
  assay_call *lacking = assay_call_new(two, observables, &why);
  cr_assert_eq(assay_call_complete(lacking, &why), ASSAY_USAGE);
  cr_assert_str_eq(why.text, "parameters gamma, c are missing");
  assay_set(lacking, "gamma", 1);
  cr_assert_eq(assay_call_complete(lacking, &why), ASSAY_USAGE);
  cr_assert_str_eq(why.text, "parameter c is missing (threshold)");
  assay_call_free(lacking);
}

Test(tables, a_preset_outside_the_domain_is_refused) {
  static const assay_param wrong[] = {{"p", NULL, "", ASSAY_REAL, 0, NULL, "[0,1]", "2"}, {0}};
  assay_error why = {0};
  cr_assert_null(assay_call_new(wrong, observables, &why));
  cr_assert(strstr(why.text, "[0,1]"), "%s", why.text);
}

Test(tables, empty_tables_are_calls_too) {
  static const assay_param no_params[] = {{0}};
  static const assay_observable nothing[] = {{0}};
  assay_call *empty = assay_call_new(no_params, nothing, NULL);
  cr_assert(empty);
  char *text = assay_call_text(empty, 0);
  cr_assert_str_eq(text, "");
  free(text);
  assay_call_free(empty);
}

/* ---- numbers ---- */

Test(call, numbers_are_read_as_people_write_them) {
  static const struct {
    const char *text;
    double value;
  } good[] = {{"0.5", .5}, {".5", .5}, {"5e-1", .5}, {"+0.5", .5}, {"0x1p-1", .5}, {"0X.8P0", .5}, {"1", 1}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    cr_assert_eq(set("gamma", good[i].text), ASSAY_OK, "%s: %s", good[i].text, error.text);
    cr_assert_eq(assay_real(call, "gamma"), good[i].value, "%s", good[i].text);
  }
}

Test(call, what_is_not_a_number_is_refused_and_changes_nothing) {
  static const char *const bad[] = {"",      " 1",     "1 ",  "one",     "1..2", "--1",     "1e",   "0x",
                                    "1/2",   "1;2",    "1\n", "infinit", "nan",  "NaN",     "-nan", "nan(7)",
                                    "1e400", "-1e400", "1,",  ",1",      ",",    "\xc2\xbd"};
  set("gamma", "1.25");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cr_assert_eq(set("gamma", bad[i]), ASSAY_USAGE, "'%s' was taken", bad[i]);
    cr_assert(says("gamma"), "'%s': %s", bad[i], error.text);
    cr_assert_eq(assay_real(call, "gamma"), 1.25, "'%s' changed the value", bad[i]);
  }
}

Test(call, messages_name_the_reason) {
  set("gamma", "1e400");
  cr_assert(says("too large"), "%s", error.text);
  set("gamma", "nan");
  cr_assert(says("NaN"), "%s", error.text);
  set("gamma", "3");
  cr_assert(says("(0,2]"), "%s", error.text);
  set("c", "optt");
  cr_assert(says("opt none"), "%s", error.text);
  set("schedule", "cubic");
  cr_assert(says("const linear"), "%s", error.text);
  set("d", "1.5");
  cr_assert(says("whole"), "%s", error.text);
  set("shift", "inf");
  cr_assert(says("finite"), "%s", error.text);
}

Test(call, a_very_long_number_is_refused_with_a_short_message) {
  char digits[5000];
  memset(digits, '1', sizeof digits);
  digits[sizeof digits - 1] = 0;
  cr_assert_eq(set("gamma", digits), ASSAY_USAGE);
  cr_assert(says("too many digits"), "%s", error.text);
  cr_assert_lt(strlen(error.text), 200);
  cr_assert_eq(set("schedule", digits), ASSAY_USAGE);
  cr_assert_lt(strlen(error.text), 200);
}

Test(call, numbers_too_small_are_their_nearest_double) {
  cr_assert_eq(set("shift", "1e-400"), ASSAY_OK);
  cr_assert_eq(assay_real(call, "shift"), 0);
  cr_assert_eq(set("shift", "1e-310"), ASSAY_OK);
  cr_assert(assay_real(call, "shift") > 0);
}

Test(call, infinity_only_where_the_domain_is_closed_there) {
  cr_assert_eq(set("c", "inf"), ASSAY_OK);
  cr_assert_eq(assay_real(call, "c"), INFINITY);
  cr_assert_null(assay_word(call, "c"));
  cr_assert_eq(set("c", "-inf"), ASSAY_USAGE);
  cr_assert_eq(set("lam", "inf"), ASSAY_USAGE, "[0,inf) is open at infinity");
  cr_assert_eq(set("gamma", "inf"), ASSAY_USAGE);
  cr_assert_eq(set("shift", "inf"), ASSAY_USAGE, "no domain means all finite numbers");
}

Test(call, open_and_closed_ends) {
  cr_assert_eq(set("gamma", "0"), ASSAY_USAGE);
  cr_assert_eq(set("gamma", "-0"), ASSAY_USAGE);
  cr_assert_eq(set("gamma", "4.9406564584124654e-324"), ASSAY_OK);
  cr_assert_eq(set("gamma", "2"), ASSAY_OK);
  cr_assert_eq(set("gamma", "2.0000000000000004"), ASSAY_USAGE);
  cr_assert_eq(set("t", "0"), ASSAY_OK);
  cr_assert_eq(set("t", "0.99999999999999989"), ASSAY_OK);
  cr_assert_eq(set("t", "1"), ASSAY_USAGE);
}

Test(call, integers_are_whole) {
  cr_assert_eq(set("d", "1e3"), ASSAY_OK);
  cr_assert_eq(assay_integer(call, "d"), 1000);
  cr_assert_eq(set("d", "0"), ASSAY_USAGE);
  cr_assert_eq(set("d", "-3"), ASSAY_USAGE);
  cr_assert_eq(set("d", "2.5"), ASSAY_USAGE);
  cr_assert_eq(set("d", "1e30"), ASSAY_USAGE);
  cr_assert_eq(assay_integer(call, "d"), 1000);
  cr_assert_eq(set("counts", "1,2.5,3"), ASSAY_USAGE);
  cr_assert_eq(set("counts", "1,2,3"), ASSAY_OK);
}

/* ---- lists and several values ---- */

Test(call, lists) {
  int n;
  cr_assert_eq(set("lam", "0.25,1.75,3"), ASSAY_OK);
  const double *v = assay_list(call, "lam", &n);
  cr_assert_eq(n, 3);
  cr_assert(v[0] == .25 && v[1] == 1.75 && v[2] == 3);
  cr_assert_eq(set("lam", "0.25,,3"), ASSAY_USAGE);
  cr_assert_eq(set("lam", "0.25,3,"), ASSAY_USAGE);
  cr_assert_eq(set("lam", "0.25,-3"), ASSAY_USAGE, "every element lies in the domain");
  assay_list(call, "lam", &n);
  cr_assert_eq(n, 3, "a refused list leaves the old one");
  assay_unset(call, "lam");
  assay_list(call, "lam", &n);
  cr_assert_eq(n, 0);
}

Test(call, a_scalar_takes_several_values_only_where_it_may) {
  int n;
  cr_assert_eq(set("t", "0.1,0.2"), ASSAY_USAGE);
  cr_assert(says("one value"), "%s", error.text);
  cr_assert_eq(assay_set_text(call, "t", "0.1,0.2", true, &error), ASSAY_OK);
  assay_list(call, "t", &n);
  cr_assert_eq(n, 2);
  cr_assert_eq(assay_real(call, "t"), 0.1, "the first of them");
  cr_assert_eq(assay_set_text(call, "t", "0.1,1", true, &error), ASSAY_USAGE);
}

/* ---- words ---- */

Test(call, words_and_numbers_replace_each_other) {
  cr_assert_eq(set("c", "0.3"), ASSAY_OK);
  cr_assert_null(assay_word(call, "c"));
  cr_assert_eq(assay_real(call, "c"), .3);
  cr_assert_eq(set("c", "none"), ASSAY_OK);
  cr_assert(isnan(assay_real(call, "c")));
  cr_assert_str_eq(assay_word(call, "c"), "none");
}

Test(call, a_word_is_one_of_the_table_as_a_whole) {
  static const char *const bad[] = {"", "con", "constant", "const|linear", "Const", "const,linear", "|"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    cr_assert_eq(set("schedule", bad[i]), ASSAY_USAGE, "'%s'", bad[i]);
  cr_assert_str_eq(assay_word(call, "schedule"), "const");
  cr_assert_eq(set("schedule", "linear"), ASSAY_OK);
}

Test(call, a_word_may_be_set_to_itself) {
  cr_assert_eq(assay_set_word(call, "schedule", assay_word(call, "schedule")), ASSAY_OK);
  cr_assert_str_eq(assay_word(call, "schedule"), "const");
}

Test(call, a_list_may_be_set_to_a_part_of_itself) {
  int n;
  set("lam", "1,2,3");
  const double *v = assay_list(call, "lam", &n);
  cr_assert_eq(assay_set_list(call, "lam", v + 1, 2), ASSAY_OK);
  v = assay_list(call, "lam", &n);
  cr_assert(n == 2 && v[0] == 2 && v[1] == 3);
}

Test(call, programs_are_checked_like_people) {
  cr_assert_eq(assay_set(call, "gamma", NAN), ASSAY_USAGE);
  cr_assert_eq(assay_set(call, "gamma", 3), ASSAY_USAGE);
  cr_assert_eq(assay_set(call, "d", 1.5), ASSAY_USAGE);
  cr_assert_eq(assay_set_word(call, "c", "best"), ASSAY_USAGE);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_USAGE, "the text goes into the call");
  const double lam[] = {1, NAN};
  cr_assert_eq(assay_set_list(call, "lam", lam, 2), ASSAY_USAGE);
}

/* ---- unknown names ---- */

Test(call, unknown_names_get_a_suggestion) {
  cr_assert_eq(set("gama", "1"), ASSAY_USAGE);
  cr_assert(says("unknown parameter 'gama'") && says("gamma, c, shift") && says("did you mean 'gamma'?"),
            "%s", error.text);
  cr_assert_eq(set("zzzzzz", "1"), ASSAY_USAGE);
  cr_assert_not(says("did you mean"), "%s", error.text);
  cr_assert_eq(set("", "1"), ASSAY_USAGE);
}

Test(nearest, by_edits_without_regard_to_case) {
  const char *const names[] = {"limit", "identity", "bound"};
  cr_assert_str_eq(assay_nearest("Limit", names, 3), "limit");
  cr_assert_str_eq(assay_nearest("limt", names, 3), "limit");
  cr_assert_str_eq(assay_nearest("identiti", names, 3), "identity");
  cr_assert_null(assay_nearest("wholly-else", names, 3));
  cr_assert_null(assay_nearest("limit", names, 0));
  char long_name[300];
  memset(long_name, 'x', sizeof long_name);
  long_name[sizeof long_name - 1] = 0;
  cr_assert_null(assay_nearest(long_name, names, 3));
}

/* ---- copies ---- */

Test(call, copies_are_independent) {
  set("gamma", "1.5");
  set("lam", "1,2");
  assay_put(call, O_RISK, 0, 7, 0);
  assay_call *copy = assay_call_copy(call, &error);
  assay_value value;
  cr_assert_not(assay_result(copy, O_RISK, 0, &value, NULL), "results are not copied");
  assay_set(copy, "gamma", 0.5);
  assay_set_word(copy, "schedule", "linear");
  cr_assert_eq(assay_real(call, "gamma"), 1.5);
  cr_assert_str_eq(assay_word(call, "schedule"), "const");
  assay_unset(copy, "lam");
  cr_assert(assay_given(call, "lam"));
  assay_call_free(copy);
}

Test(call, parameters_go_over_by_name) {
  static const assay_param other[] = {{"c", NULL, "", ASSAY_REAL, 0, NULL, NULL, "9"}, /* knows no word */
                                      {"gamma", NULL, "", ASSAY_REAL, 0, NULL, "(0,1]", NULL},
                                      {"own", NULL, "", ASSAY_REAL, 0, NULL, NULL, "4"},
                                      {0}};
  assay_call *to = assay_call_new(other, observables, &error);
  set("gamma", "0.75");
  cr_assert_eq(assay_copy_params(to, call, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(assay_real(to, "gamma"), 0.75);
  cr_assert_eq(assay_real(to, "c"), 9, "a word that is not known there is left out");
  cr_assert_eq(assay_real(to, "own"), 4);
  set("gamma", "1.5");
  cr_assert_eq(assay_copy_params(to, call, &error), ASSAY_USAGE, "the other table's domain holds");
  cr_assert(says("gamma"), "%s", error.text);
  assay_call_free(to);
}

/* ---- texts ---- */

static uint64_t next_random(uint64_t *s) { /* xorshift; any bits will do */
  *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
  return *s;
}

Test(call, canonical_text_reads_back_to_the_same_bits) {
  uint64_t bits = 88172645463325252u;
  for (int i = 0; i < 2000; i++) {
    double x, lam[3];
    do {
      uint64_t b = next_random(&bits);
      memcpy(&x, &b, sizeof x);
    } while (!isfinite(x));
    for (int k = 0; k < 3; k++) lam[k] = fabs(x) * k / 3;
    assay_set(call, "shift", x);
    cr_assert_eq(assay_set_list(call, "lam", lam, 3), ASSAY_OK);
    char *shift = assay_param_text(call, "shift"), *list = assay_param_text(call, "lam"),
         *whole = assay_call_text(call, 0);
    assay_call *back = assay_call_new(params, observables, &error);
    cr_assert_eq(assay_set_text(back, "shift", shift, false, &error), ASSAY_OK, "%s", error.text);
    cr_assert_eq(assay_set_text(back, "lam", list, false, &error), ASSAY_OK, "%s", error.text);
    int n;
    cr_assert_eq(assay_real(back, "shift"), x);
    cr_assert_arr_eq(assay_list(back, "lam", &n), lam, sizeof lam);
    char *again = assay_call_text(back, 0);
    cr_assert_str_eq(again, whole);
    free(shift), free(list), free(whole), free(again);
    assay_call_free(back);
  }
}

Test(call, texts_of_points) {
  set("gamma", "0.1");
  set("c", "inf");
  set("d", "100");
  assay_set_text(call, "t", "0,0.5", true, &error);
  char *all = assay_call_text(call, 0), *few = assay_call_text(call, ASSAY_READOUT | ASSAY_SIM);
  cr_assert_str_eq(all, "gamma=0.10000000000000001 c=inf shift=0 d=100 schedule=const t=0,0.5");
  cr_assert_str_eq(few, "gamma=0.10000000000000001 c=inf d=100 schedule=const");
  free(all), free(few);
  char *gamma = assay_param_text(call, "gamma"), *lam = assay_param_text(call, "lam");
  cr_assert_str_eq(gamma, "0.1");
  cr_assert_str_eq(lam, "");
  free(gamma), free(lam);
}

/* ---- results ---- */

Test(call, values_are_put_or_absent_with_a_reason) {
  assay_value value;
  const char *reason = NULL;
  cr_assert_not(assay_result(call, O_RISK, 0, &value, &reason));
  cr_assert(isnan(value.value) && reason && *reason, "what is not put is absent and says so");
  assay_absent(call, O_RISK, "no root for gamma = %g", 2.0);
  cr_assert_not(assay_result(call, O_RISK, 0, &value, &reason));
  cr_assert_str_eq(reason, "no root for gamma = 2");
  cr_assert_eq(assay_call_error(call)->status, ASSAY_OK, "an absence is no error");
  assay_put(call, O_RISK, 0, 3, -1e-9);
  cr_assert(assay_result(call, O_RISK, 0, &value, &reason));
  cr_assert(value.value == 3 && value.error == 1e-9);
  assay_call_reset(call);
  cr_assert_not(assay_result(call, O_RISK, 0, &value, &reason));
}

Test(call, nan_is_never_put) {
  assay_value value;
  assay_put(call, O_RISK, 0, NAN, 0);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_NUMERIC);
  cr_assert_not(assay_result(call, O_RISK, 0, &value, NULL));
  assay_call_reset(call);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_OK);
  assay_put(call, O_RISK, 0, 1, NAN);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_NUMERIC);
  assay_call_reset(call);
  assay_put(call, O_RISK, 0, INFINITY, 0);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_OK, "an infinite value is one");
}

Test(call, list_observables_have_the_length_of_their_list) {
  assay_value value;
  cr_assert_eq(assay_observable_length(call, O_RISK), 1);
  cr_assert_eq(assay_observable_length(call, O_EIGEN), 0);
  set("lam", "1,2,3");
  cr_assert_eq(assay_observable_length(call, O_EIGEN), 3);
  assay_put(call, O_EIGEN, 2, 5, 0);
  cr_assert(assay_result(call, O_EIGEN, 2, &value, NULL));
  cr_assert_not(assay_result(call, O_EIGEN, 0, &value, NULL));
  cr_assert_not(assay_result(call, O_EIGEN, 3, &value, NULL));
  cr_assert_not(assay_result(call, O_EIGEN, -1, &value, NULL));
}

Test(call, failing_records_status_and_text) {
  cr_assert_eq(assay_fail(call, ASSAY_DOMAIN, "gamma %g is outside", 3.0), ASSAY_DOMAIN);
  cr_assert_eq(assay_call_error(call)->status, ASSAY_DOMAIN);
  cr_assert_str_eq(assay_call_error(call)->text, "gamma 3 is outside");
}

Test(call, memory_is_aligned_zeroed_and_refused_when_absurd) {
  for (size_t n = 1; n < 1000; n += 77) {
    unsigned char *bytes = assay_alloc(call, n);
    cr_assert_eq((uintptr_t)bytes % 64, 0);
    for (size_t i = 0; i < n; i++) cr_assert_eq(bytes[i], 0);
    memset(bytes, 0xff, n);
  }
  cr_assert(assay_alloc(call, 0));
}

/* ---- mistakes of the program ---- */

Test(call, a_name_that_is_not_in_the_table_stops_the_program, .signal = SIGABRT) {
  assay_real(call, "gama");
}
Test(call, an_observable_out_of_the_table_stops_the_program, .signal = SIGABRT) {
  assay_put(call, 2, 0, 1, 0);
}
Test(call, an_element_out_of_its_list_stops_the_program, .signal = SIGABRT) {
  assay_put(call, O_RISK, 1, 1, 0);
}
