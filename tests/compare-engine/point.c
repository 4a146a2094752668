#include "compare/point.h"

#include <criterion/criterion.h>
#include <string.h>

#include "bed.h"

static point_list list;
static assay_error error;

static void start(void) {
  list = (point_list){0};
  error = (assay_error){0};
}
static void stop(void) {
  point_list_free(&list);
}
TestSuite(point, .init = start, .fini = stop);

static assay_status parse(const char *text) {
  assay_claim claim = bed_claim(NULL, NULL, NULL);
  return point_parse(&claim, text, &list, &error);
}

static void expect_labels(const char *const *labels, int n) {
  cr_assert_eq(list.n, n, "%d points", list.n);
  for (int i = 0; i < n; i++) cr_assert_str_eq(list.at[i].label, labels[i]);
}

Test(point, one_point_has_its_label_and_the_presets) {
  cr_assert_eq(parse("A: mean=2 kind=b"), ASSAY_OK, "%s", error.text);
  expect_labels((const char *const[]){"A"}, 1);
  cr_assert_str_eq(list.at[0].base, "A");
  cr_assert_eq(assay_real(list.at[0].call, "mean"), 2);
  cr_assert_eq(assay_real(list.at[0].call, "sd"), 1);
  cr_assert_str_eq(assay_word(list.at[0].call, "kind"), "b");
}

Test(point, numbers_make_points_and_readouts_do_not) {
  int n;
  cr_assert_eq(parse("A: mean=0.5,2 t=0.25,1 arm=0,1"), ASSAY_OK, "%s", error.text);
  expect_labels(
      (const char *const[]){"A:mean=0.5:arm=0", "A:mean=0.5:arm=1", "A:mean=2:arm=0", "A:mean=2:arm=1"}, 4);
  for (int i = 0; i < 4; i++) {
    assay_list(list.at[i].call, "t", &n);
    cr_assert_eq(n, 2, "both read-outs stay together");
    cr_assert_str_eq(list.at[i].base, "A");
  }
}

Test(point, words_make_points_and_lists_do_not) {
  int n;
  cr_assert_eq(parse("A: kind=a,c mean=1,2 lam=1,2,3"), ASSAY_OK, "%s", error.text);
  expect_labels(
      (const char *const[]){"A:kind=a:mean=1", "A:kind=a:mean=2", "A:kind=c:mean=1", "A:kind=c:mean=2"}, 4);
  cr_assert_str_eq(assay_word(list.at[3].call, "kind"), "c");
  assay_list(list.at[3].call, "lam", &n);
  cr_assert_eq(n, 3);
}

Test(point, mistakes_name_the_point) {
  static const char *const bad[][2] = {
      {"mean=1", "label"},       {": mean=1", "label"},           {"A: mena=1", "did you mean 'mean'"},
      {"A: mean", "name=value"}, {"A: =1", "name=value"},         {"A: mean=", "not a number"},
      {"A: kind=a,z", "'z'"},    {"A: sd=-1", "[0,inf)"},         {"A: kind=a,", "''"},
      {"A: t=0.5,2", "[0,1]"},   {"A: mean=1,,2", "not a number"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    error = (assay_error){0};
    cr_assert_eq(parse(bad[i][0]), ASSAY_USAGE, "'%s' was taken", bad[i][0]);
    cr_assert(strstr(error.text, bad[i][1]), "'%s': %s", bad[i][0], error.text);
    cr_assert(strstr(error.text, "bed/claim"), "%s", error.text);
    stop();
  }
}

Test(point, a_label_is_used_once) {
  cr_assert_eq(parse("A: mean=1"), ASSAY_OK);
  cr_assert_eq(parse("B: mean=1"), ASSAY_OK);
  cr_assert_eq(parse("A: mean=2"), ASSAY_USAGE);
  cr_assert(strstr(error.text, "twice"), "%s", error.text);
}

Test(point, a_label_has_a_length) {
  char text[200];
  memset(text, 'A', sizeof text);
  memcpy(text + 150, ": mean=1", 9);
  cr_assert_eq(parse(text), ASSAY_USAGE);
}

Test(globs, any_of_a_list) {
  cr_assert(point_matches(NULL, "A"));
  cr_assert(point_matches("A", "A"));
  cr_assert_not(point_matches("A", "AB"));
  cr_assert(point_matches("B,A", "A"));
  cr_assert(point_matches("B, A", "A"));
  cr_assert(point_matches("A*", "A:mean=1"));
  cr_assert(point_matches("?:mean=1", "A:mean=1"));
  cr_assert(point_matches("I[12]", "I2"));
  cr_assert_not(point_matches("", "A"), "an empty list names nothing");
  cr_assert_not(point_matches("B,C", "A"));
}
