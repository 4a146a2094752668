#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "reports/fields.h"
#include "reports/report.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

/* Reads one field as RFC 4180 has it, unquoted into `field`; returns the character that ended it. */
static char read_field(const char **at, char *field, size_t room) {
  bool quoted = **at == '"';
  *at += quoted;
  size_t n = 0;
  for (;; ++*at) {
    if (quoted && (*at)[0] == '"' && (*at)[1] == '"')
      ++*at;
    else if (quoted ? **at == '"' : strchr(",\n", **at) != NULL)
      break;
    cr_assert(**at, "the file ends inside a field");
    cr_assert_lt(n + 1, room);
    field[n++] = **at;
  }
  field[n] = '\0';
  *at += quoted;
  char end = *(*at)++;
  cr_assert(end == ',' || end == '\n', "'%c' after a field", end);
  return end;
}

enum { MOST_FIELDS = 64, FIELD_ROOM = 512 };

static int read_row(const char **at, char fields[MOST_FIELDS][FIELD_ROOM]) {
  int n = 0;
  do cr_assert_lt(n, MOST_FIELDS);
  while (read_field(at, fields[n++], FIELD_ROOM) == ',');
  return n;
}

static int column(char header[MOST_FIELDS][FIELD_ROOM], int n, const char *name) {
  for (int i = 0; i < n; i++)
    if (!strcmp(header[i], name)) return i;
  cr_assert_fail("no column %s", name);
  return -1;
}

Test(reports_csv, every_row_has_every_field) {
  static char header[MOST_FIELDS][FIELD_ROOM], row[MOST_FIELDS][FIELD_ROOM];
  const assay_results *results = synthetic_results();
  char *text = rendered(report_write_csv, results);
  const char *at = text;
  int n = read_row(&at, header), estimate = column(header, n, "estimate"), id = column(header, n, "id");
  for (int i = 0; i < results->n_claims; i++)
    for (int k = 0; k < results->claims[i].n_cells; k++) {
      const assay_cell_result *cell = &results->claims[i].cells[k];
      cr_assert_eq(read_row(&at, row), n);
      cr_expect_str_eq(row[0], results->claims[i].paper->slug);
      cr_expect_str_eq(row[1], results->claims[i].claim->id);
      cr_expect_str_eq(row[id], cell->id);
      if (cell->estimate == cell->estimate)
        cr_expect_eq(strtod(row[estimate], NULL), cell->estimate);
      else
        cr_expect_str_eq(row[estimate], "");
    }
  cr_expect_eq(*at, '\0');
  free(text);
}

Test(reports_csv, controls_are_in_one_field_and_times_in_the_last) {
  static char header[MOST_FIELDS][FIELD_ROOM], row[MOST_FIELDS][FIELD_ROOM];
  assay_claim_result claim = synthetic_results()->claims[6];
  assay_results one = {.claims = &claim, .n_claims = 1};
  char *text = rendered(report_write_csv, &one);
  const char *at = text;
  int n = read_row(&at, header);
  read_row(&at, row);
  cr_expect_str_eq(header[n - 1], "seconds");
  cr_expect_str_eq(row[n - 1], "0.75");
  cr_expect_str_eq(header[n - 2], "controls");
  cr_expect(strstr(row[n - 2], "; !rademacher=0.82999999999999996"), "%s", row[n - 2]);
  free(text);
}

Test(reports_csv, no_claims_leave_the_header) {
  char *text = rendered(report_write_csv, synthetic_nothing());
  cr_expect_eq(occurrences(text, "\n"), 1);
  free(text);
}
