/* Runs an experiment at a point that is typed, for the tests of the papers' experiments. */
#ifndef ASSAY_TESTS_SIM_EXPERIMENT_H
#define ASSAY_TESTS_SIM_EXPERIMENT_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/experiment.h"

enum { MOST_RECORDS = 40 };

/* Replicates first .. first + count - 1 at "name=value name=value" into out [count][width]; the last status.
 * Unknown names stop the test. */
static inline assay_status run_experiment(const assay_experiment *x, const char *point, uint64_t first,
                                          int count, int width, double *out, assay_error *error) {
  assay_call *call = assay_call_new(x->params, x->records, error);
  cr_assert_not_null(call, "%s", error->text);
  char text[512], *save = NULL;
  snprintf(text, sizeof text, "%s", point);
  for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    cr_assert_not_null(equals, "%s", word);
    *equals = 0;
    cr_assert_eq(assay_set_text(call, word, equals + 1, true, error), ASSAY_OK, "%s", error->text);
  }
  void *state = NULL;
  assay_status status = x->open(call, &state);
  for (int r = 0; r < count && status == ASSAY_OK; r++) {
    const assay_stream stream = {77, first + (uint64_t)r};
    status = x->replicate(call, state, &stream, out + r * width);
  }
  snprintf(error->text, sizeof error->text, "%s", assay_call_error(call)->text);
  if (x->close) x->close(state);
  assay_call_free(call);
  return status;
}

/* Its records are finite and come back bit for bit in a fresh call. */
static inline void expect_repeats(const assay_experiment *x, const char *point, int count, int width) {
  double first[4 * MOST_RECORDS], again[4 * MOST_RECORDS];
  assay_error error = {ASSAY_OK, ""};
  cr_assert(count <= 4 && width <= MOST_RECORDS);
  cr_assert_eq(run_experiment(x, point, 0, count, width, first, &error), ASSAY_OK, "%s: %s", x->id,
               error.text);
  cr_assert_eq(run_experiment(x, point, 0, count, width, again, &error), ASSAY_OK, "%s: %s", x->id,
               error.text);
  for (int k = 0; k < count * width; k++)
    cr_expect(isfinite(first[k]) && first[k] == again[k], "%s: record %d is %g, then %g", x->id, k, first[k],
              again[k]);
}

/* The point is refused with a domain error whose text has `part`. */
static inline void expect_refused(const assay_experiment *x, const char *point, const char *part) {
  double out[4 * MOST_RECORDS];
  assay_error error = {ASSAY_OK, ""};
  cr_expect_eq(run_experiment(x, point, 0, 1, 1, out, &error), ASSAY_DOMAIN, "%s at %s", x->id, point);
  cr_expect(strstr(error.text, part) != NULL, "%s: \"%s\" lacks \"%s\"", x->id, error.text, part);
}

#endif
