/* The shipped theories give the reference values of reference.tsv, through the path of `assay theory`. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/claims/papers.h"
#include "compare/evaluate.h"
#include "compare/point.h"
#include "model/data/data.h"
#include "tests/compare-claims/printed.h"

typedef struct {
  const char *claim, *arguments, *observable, *printed;
} reference;

static const assay_claim *claim_named(const char *id) {
  for (const assay_paper *const *paper = shipped_papers; *paper; paper++)
    for (const assay_claim *const *c = (*paper)->claims; *c; c++)
      if (!strcmp((*c)->id, id)) return *c;
  return NULL;
}

/* Splits "V2" into the observable with elements and the element's index; scalars have index 0. */
static int observable_of(const assay_claim *claim, const char *name, int *element) {
  *element = 0;
  int whole = evaluate_observable(claim, name);
  if (whole >= 0) return whole;
  char stem[64];
  size_t n = strcspn(name, "0123456789");
  snprintf(stem, sizeof stem, "%.*s", (int)n, name);
  *element = atoi(name + n) - 1;
  return evaluate_observable(claim, stem);
}

static void check(const reference *r, int line) {
  const assay_claim *claim = claim_named(r->claim);
  assay_error error = {0};
  cr_assert(claim, "line %d: no claim %s", line, r->claim);
  if (claim->data && data_check(claim->data, &error) != ASSAY_OK) return; /* not installed here */
  assay_call *call = assay_call_new(claim->params, claim->observables, &error);
  cr_assert(call && point_set_words(call, r->arguments, false, &error) == ASSAY_OK, "line %d: %s", line,
            error.text);
  cr_assert_eq(evaluate(claim->predict, call, &error), ASSAY_OK, "line %d: %s", line, error.text);
  char name[64];
  bool root = sscanf(r->observable, "sqrt(%63[^)])", name) == 1;
  bool over_log = !root && strstr(r->observable, "/log(1/gamma)");
  if (!root) snprintf(name, sizeof name, "%.*s", (int)strcspn(r->observable, "/"), r->observable);
  int element, o = observable_of(claim, name, &element);
  cr_assert(o >= 0, "line %d: %s has no observable %s", line, r->claim, name);
  assay_value v;
  const char *reason = "";
  cr_assert(assay_result(call, o, element, &v, &reason), "line %d: no %s: %s", line, name, reason);
  if (root) v.value = sqrt(v.value);
  if (over_log) v.value /= -log(assay_real(call, "gamma"));
  cr_expect(printed_agrees(v.value, v.error, r->printed), "line %d, %s %s: %s is %.14g, not %s", line,
            r->claim, r->arguments, r->observable, v.value, r->printed);
  assay_call_free(call);
}

Test(reference, every_value) {
  FILE *in = fopen("reference.tsv", "r");
  cr_assert(in, "reference.tsv is read from the folder of this test");
  char line[1024];
  int checked = 0;
  for (int n = 1; fgets(line, sizeof line, in); n++) {
    if (line[0] == '#') continue;
    char *rest = line, *field[4];
    for (int i = 0; i < 4; i++)
      cr_assert(field[i] = strsep(&rest, "\t\n"), "line %d has fewer than 4 columns", n);
    reference r = {field[0], field[1], field[2], field[3]};
    check(&r, n);
    checked++;
  }
  fclose(in);
  cr_assert_gt(checked, 250);
}
