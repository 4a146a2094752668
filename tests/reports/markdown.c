#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "reports/text.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

/* The pipes of a table's row that are not escaped. */
static int pipes(const char *line) {
  int n = 0;
  for (const char *c = line; *c; c++) n += *c == '|' && (c == line || c[-1] != '\\');
  return n;
}

Test(reports_markdown, the_columns_of_every_table_line_up) {
  char *text = rendered(report_write_markdown, synthetic_results()), *rest = text;
  int tables = 0, columns = 0, width = 0;
  for (char *line; (line = strsep(&rest, "\n"));) {
    if (*line != '|') {
      columns = 0;
      continue;
    }
    if (!columns) tables++, columns = pipes(line), width = report_width(line);
    cr_expect_eq(pipes(line), columns, "%s", line);
    cr_expect_eq(report_width(line), width, "%s", line);
  }
  /* The summary, eight tables of agreement, four of controls. */
  cr_expect_eq(tables, 13);
  free(text);
}

Test(reports_markdown, says_what_matters) {
  char *text = rendered(report_write_markdown, synthetic_results());
  cr_expect_eq(strstr(text, "# Assay: 1 of 9 claims fails\n"), text);
  cr_expect(strstr(text, "passes with probability at most 10⁻⁴"));
  cr_expect(strstr(text, "## ✗ **fail**: dp-sgd/fluctuations\n"));
  cr_expect(strstr(text, "## Failed replicates (2)"));
  cr_expect(strstr(text, "(not the default seed)"));
  free(text);
}

Test(reports_markdown, nothing_was_run) {
  char *text = rendered(report_write_markdown, synthetic_nothing());
  cr_expect(strstr(text, "# Assay: No claim was run\n"));
  cr_expect_null(strchr(text, '|'));
  free(text);
}
