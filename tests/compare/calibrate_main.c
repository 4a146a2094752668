/* Prints the calibration of the decision rules as a Markdown table. Exit status 1 when a promise is broken.
 */
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/result.h"
#include "tests/compare/calibration.h"

/* Plays one law and prints its row; what is broken goes to standard error. */
static bool calibrate(const calibration_law *law, long runs) {
  calibration_result result;
  assay_error error;
  char why[200];
  if (calibration_run(law, runs, ASSAY_LOOKS, &result, &error) != ASSAY_OK) {
    fprintf(stderr, "%s, %s: %s\n", law->name, law->estimand, error.text);
    return false;
  }
  calibration_print(stdout, &result);
  fflush(stdout);
  bool kept = calibration_keeps(&result, why, sizeof why);
  if (!kept) fprintf(stderr, "%s, %s: %s\n", law->name, law->estimand, why);
  return kept;
}

int main(int argc, char **argv) {
  char *end = "";
  long runs = argc > 1 ? strtol(argv[1], &end, 10) : 100000;
  if (argc > 3 || *end || runs < 1) {
    fputs("usage: calibrate [RUNS [LAW]]\nPlays every law (or those with LAW in their name) RUNS times "
          "(100000).\n",
          stderr);
    return 2;
  }
  gsl_set_error_handler_off();
  bool kept = true;
  calibration_print_head(stdout);
  for (const calibration_law *law = calibration_laws; law->name; law++)
    if (argc < 3 || strstr(law->name, argv[2])) kept &= calibrate(law, runs);
  return kept ? 0 : 1;
}
