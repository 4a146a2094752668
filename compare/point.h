/* Points of the parameter space from the text in which claims and persons write them. */
#ifndef ASSAY_COMPARE_POINT_H
#define ASSAY_COMPARE_POINT_H

#include "compare/claim.h"

typedef struct {
  char *label;      /* "I1", or "I1:gamma=0.1" for a point of an expansion; owned */
  char *base;       /* "I1"; owned */
  assay_call *call; /* against the claim's table; read-outs may have several values; owned */
} point;

typedef struct {
  point *at;
  int n;
} point_list;

/* "LABEL: name=value ..." against the claim's table, appended to `list`. A scalar that is not a read-out and has several values
 * makes a point for each of them (the product over several such parameters). */
assay_status point_parse(const assay_claim *claim, const char *text, point_list *list, assay_error *error);
void point_list_free(point_list *list);

/* Sets "name=value name=value" on a call. `many` as in assay_set_text. Unknown names are an error. */
assay_status point_set_words(assay_call *call, const char *words, bool many, assay_error *error);

/* Does `name` match the comma-separated globs? NULL matches all. */
bool point_matches(const char *globs, const char *name);

#endif
