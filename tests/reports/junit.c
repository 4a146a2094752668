#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

static void validate(const assay_results *results) {
  char scratch[64];
  make_scratch(scratch);
  cr_assert_eq(report_write_all(results, scratch, "junit", NULL), ASSAY_OK);
  cr_expect_eq(run("xmllint --noout --schema '" SOURCE_DIR
                   "/tests/reports/junit.xsd' '%s/junit.xml' 2>/dev/null",
                   scratch),
               0);
  remove_scratch(scratch);
}

Test(reports_junit, obeys_the_format) {
  validate(synthetic_results());
  validate(synthetic_nothing());
}

Test(reports_junit, counts_and_kinds_of_problems) {
  char *text = rendered(report_write_junit, synthetic_results());
  cr_expect(strstr(text, "<testsuite name=\"dp-sgd\" package=\"assay\" id=\"0\" hostname=\"localhost\" "
                         "tests=\"7\" failures=\"1\" "
                         "errors=\"2\" skipped=\"0\" timestamp=\"2025-06-01T12:34:56\" time=\"98.000\">"));
  cr_expect_eq(occurrences(text, "<testsuite "), 2);
  cr_expect_eq(occurrences(text, "<testcase "), 9);
  cr_expect_eq(occurrences(text, "<failure type=\"fail\""), 1);
  cr_expect_eq(occurrences(text, "<error type="), 3);
  cr_expect_eq(occurrences(text, "<skipped message="), 1);
  free(text);
}

Test(reports_junit, odd_starting_times_do_not_break_it) {
  assay_results results = *synthetic_results();
  char odd[] = "yesterday";
  results.started = odd;
  validate(&results);
  results.started = NULL;
  validate(&results);
}
