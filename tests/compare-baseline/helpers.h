/* Baselines as text, for the tests. */
#ifndef ASSAY_TESTS_COMPARE_BASELINE_HELPERS_H
#define ASSAY_TESTS_COMPARE_BASELINE_HELPERS_H

#include "compare/diff.h"

/* A baseline of one claim with two cells (A, B) that rest on one run of three replicates. */
extern const char baseline_text[];

/* `text` with the first `from` replaced by `to`, read. The status is returned; the caller frees *out. */
assay_status read_replaced(const char *text, const char *from, const char *to, baseline *out, assay_error *error);
assay_status read_text(const char *text, size_t size, baseline *out, assay_error *error);
char *written_text(const baseline *b);

/* The differences from baseline_text to baseline_text with `from` replaced. The rows stay readable until the next call. */
const diff *diff_replaced(const char *from, const char *to);

#endif
