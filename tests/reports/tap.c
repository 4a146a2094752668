#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

Test(reports_tap, one_test_a_claim) {
  char *text = rendered(report_write_tap, synthetic_results());
  cr_expect_eq(strstr(text, "TAP version 13\n1..9\nok 1 - dp-sgd/final-risk\n"), text);
  cr_expect_eq(occurrences(text, "\nok "), 5);
  cr_expect_eq(occurrences(text, "\nnot ok "), 4);
  cr_expect_eq(occurrences(text, "\n  ---\n"), 4);
  cr_expect_eq(occurrences(text, "\n  ...\n"), 4);
  cr_expect(strstr(text, "\nok 9 - odd/data # SKIP the data set 'mnist' is not installed; install it with: "
                         "apt-get install \\#mnist\n"));
  free(text);
}

static int proved(const assay_results *results) {
  char scratch[64];
  make_scratch(scratch);
  cr_assert_eq(report_write_all(results, scratch, "tap", NULL), ASSAY_OK);
  int status = run("prove -Q -e cat '%s/report.tap' >'%s/out' 2>&1 || exit 1", scratch, scratch);
  char *said = read_all(scratch, "out");
  cr_expect_null(strstr(said, "Parse errors"), "%s", said);
  free(said);
  remove_scratch(scratch);
  return status;
}

Test(reports_tap, is_what_prove_reads) {
  assay_results passing = *synthetic_results();
  passing.n_claims = 4;
  cr_expect_eq(proved(&passing), 0);
  cr_expect_neq(proved(synthetic_results()), 0);
  proved(synthetic_nothing());
}
