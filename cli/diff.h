/* How differences are shown. */
#ifndef ASSAY_CLI_DIFF_H
#define ASSAY_CLI_DIFF_H

#include "compare/diff.h"

typedef struct {
  const char *a_name, *b_name; /* as on the command line */
  const baseline *a, *b;
  const diff *d;
  bool all;    /* every row, also of rounding and noise */
  bool strict; /* rounding counts as a move */
} diff_view;

/* What is compared, counts, and a table of rows, real ones first, to standard output. */
void diff_print_text(const diff_view *v);
/* One JSON object; docs/diff.md describes it. */
void diff_print_json(const diff_view *v);

#endif
