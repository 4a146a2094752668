#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

static json_t *parsed(const assay_results *results) {
  char *text = rendered(report_write_json, results);
  json_error_t error;
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  cr_assert(root, "line %d: %s", error.line, error.text);
  free(text);
  return root;
}

static void check_number(const json_t *object, const char *name, double expected) {
  const json_t *member = json_object_get(object, name);
  cr_assert(member, "no member %s", name);
  if (isnan(expected))
    cr_expect(json_is_null(member), "%s", name);
  else if (isinf(expected))
    cr_expect_str_eq(json_string_value(member), expected > 0 ? "inf" : "-inf", "%s", name);
  else
    cr_expect_eq(json_number_value(member), expected, "%s", name);
}

static void check_cell(const json_t *object, const assay_cell_result *cell) {
  check_number(object, "theory", cell->theory);
  check_number(object, "theory_error", cell->theory_error);
  check_number(object, "estimate", cell->estimate);
  check_number(object, "lo", cell->lo);
  check_number(object, "hi", cell->hi);
  check_number(object, "d", cell->d);
  check_number(object, "demonstrated", cell->demonstrated);
  check_number(object, "demonstrated_relative", cell->demonstrated_relative);
  check_number(object, "margin", cell->margin);
  check_number(object, "margin_bias", cell->margin_bias);
  check_number(object, "margin_sd", cell->margin_sd);
  check_number(object, "skew", cell->skew);
  check_number(object, "drift", cell->drift);
  cr_expect_eq(json_integer_value(json_object_get(object, "side")), cell->side);
  cr_expect_eq(json_integer_value(json_object_get(object, "used")), cell->used);
  cr_expect_eq(json_integer_value(json_object_get(object, "failed")), cell->failed);
  cr_expect_eq(json_integer_value(json_object_get(object, "look")), cell->look);
  cr_expect_str_eq(json_string_value(json_object_get(object, "id")), cell->id);
  cr_expect_str_eq(json_string_value(json_object_get(object, "verdict")), assay_verdict_name(cell->verdict));
  cr_expect_str_eq(json_string_value(json_object_get(object, "reason")), cell->reason);
  cr_expect_eq(json_array_size(json_object_get(object, "controls")), (size_t)cell->n_controls);
}

Test(reports_json, every_number_of_every_cell_reads_back) {
  const assay_results *results = synthetic_results();
  json_t *root = parsed(results);
  const json_t *claims = json_object_get(root, "claims");
  cr_assert_eq(json_array_size(claims), (size_t)results->n_claims);
  for (int i = 0; i < results->n_claims; i++) {
    const json_t *cells = json_object_get(json_array_get(claims, i), "cells");
    cr_assert_eq(json_array_size(cells), (size_t)results->claims[i].n_cells);
    for (int k = 0; k < results->claims[i].n_cells; k++)
      check_cell(json_array_get(cells, k), &results->claims[i].cells[k]);
  }
  json_decref(root);
}

Test(reports_json, figures_read_back) {
  json_t *root = parsed(synthetic_results());
  const assay_series *series = &synthetic_results()->claims[1].figures[0].series[2];
  const json_t *claim = json_array_get(json_object_get(root, "claims"), 1);
  const json_t *figure = json_array_get(json_object_get(claim, "figures"), 0);
  const json_t *object = json_array_get(json_object_get(figure, "series"), 2);
  const json_t *y = json_object_get(json_object_get(object, "theory"), "y");
  cr_assert_eq(json_array_size(y), (size_t)series->n_line);
  for (int i = 0; i < series->n_line; i++) {
    if (isnan(series->line_y[i]))
      cr_expect(json_is_null(json_array_get(y, i)));
    else
      cr_expect_eq(json_number_value(json_array_get(y, i)), series->line_y[i]);
  }
  json_decref(root);
}

Test(reports_json, kinds_are_split_and_the_seed_keeps_its_64_bits) {
  json_t *root = parsed(synthetic_results());
  const json_t *kinds = json_object_get(json_array_get(json_object_get(root, "claims"), 2), "kinds");
  cr_assert_eq(json_array_size(kinds), 2u);
  cr_expect_str_eq(json_string_value(json_array_get(kinds, 1)), "limit");
  cr_expect_str_eq(json_string_value(json_object_get(json_object_get(root, "run"), "seed")),
                   "18446744073709551615");
  json_decref(root);
}

/* Drops what depends on the moment and the machine, as the header promises that a reader can. */
static void strip(json_t *value) {
  size_t i;
  json_t *member;
  json_object_del(value, "timing");
  json_object_del(value, "host");
  const char *key;
  json_object_foreach(value, key, member) strip(member);
  json_array_foreach(value, i, member) strip(member);
}

Test(reports_json, times_stand_apart) {
  assay_results later = *synthetic_results();
  char started[] = "2031-01-01T00:00:00Z", machine[] = "another", command[] = "assay report";
  assay_claim_result claims[16];
  assay_cell_result cells[64];
  memcpy(claims, later.claims, (size_t)later.n_claims * sizeof *claims);
  memcpy(cells, claims[0].cells, (size_t)claims[0].n_cells * sizeof *cells);
  later.started = started;
  later.machine = machine;
  later.command = command;
  later.wall_seconds = later.worker_seconds = 1;
  later.claims = claims;
  claims[0].seconds = 77;
  claims[0].cells = cells;
  cells[0].seconds = 66;
  json_t *a = parsed(synthetic_results()), *b = parsed(&later);
  cr_expect_not(json_equal(a, b));
  strip(a);
  strip(b);
  cr_expect(json_equal(a, b));
  json_decref(a);
  json_decref(b);
}

static void validate(const assay_results *results) {
  char scratch[64];
  make_scratch(scratch);
  cr_assert_eq(report_write_all(results, scratch, "json", NULL), ASSAY_OK);
  cr_expect_eq(run("/usr/bin/python3 '" SOURCE_DIR "/tests/reports/validate-json' '" SOURCE_DIR
                   "/reports/report.schema.json' '%s/report.json'",
                   scratch),
               0);
  remove_scratch(scratch);
}

Test(reports_json, obeys_its_schema) {
  validate(synthetic_results());
  validate(synthetic_nothing());
}
