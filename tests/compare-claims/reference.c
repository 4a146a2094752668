/* The shipped theories give the values of reference/PAPER.tsv, through the path of `assay theory`: claim,
 * arguments ("-" for none), observable, value, to half a unit of the last digit that is shown (one may be
 * "2.5e-7" or "inf"). An observable may stand in sqrt(...), over log(1/gamma), or name an element of a list,
 * from 1: V[2]. "absent" says that the quantity does not exist there, "domain" that the point lies outside the
 * theory; both must come with a reason. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/claims/papers.h"
#include "compare/evaluate.h"
#include "compare/point.h"
#include "tests/compare-claims/printed.h"

typedef struct {
  char claim[128], arguments[4096], observable[64], printed[64];
  char at[640]; /* where it stands, for messages */
} reference;

static const assay_claim *claim_named(const char *id) {
  for (const assay_paper *const *paper = shipped_papers; *paper; paper++)
    for (const assay_claim *const *c = (*paper)->claims; *c; c++)
      if (!strcmp((*c)->id, id)) return *c;
  return NULL;
}

/* The number that the observable's text stands for. False when the quantity is absent. */
static bool value_of(const reference *r, const assay_claim *claim, const assay_call *call, assay_value *v, const char **reason) {
  char name[64];
  int element = 1;
  bool root = sscanf(r->observable, "sqrt(%63[^)])", name) == 1;
  bool over_log = !root && strstr(r->observable, "/log(1/gamma)");
  if (!root) snprintf(name, sizeof name, "%.*s", (int)strcspn(r->observable, "/"), r->observable);
  char *bracket = strchr(name, '[');
  if (bracket) {
    cr_assert(sscanf(bracket, "[%d]", &element) == 1 && element >= 1, "%s: no element", r->at);
    *bracket = 0;
  }
  int o = evaluate_observable(claim, name);
  cr_assert(o >= 0, "%s: no such observable", r->at);
  if (!assay_result(call, o, element - 1, v, reason)) return false;
  if (root) *v = (assay_value){sqrt(v->value), v->error / (2 * sqrt(v->value))};
  if (over_log) v->value /= -log(assay_real(call, "gamma"));
  return true;
}

static void check(const reference *r) {
  const assay_claim *claim = claim_named(r->claim);
  assay_error error = {0};
  cr_assert(claim, "%s: no such claim", r->at);
  assay_call *call = assay_call_new(claim->params, claim->observables, &error);
  cr_assert(call, "%s: %s", r->at, error.text);
  assay_status status = point_set_words(call, r->arguments, false, &error);
  if (status == ASSAY_OK) status = evaluate(claim->predict, call, &error);
  if (!strcmp(r->printed, "domain")) {
    cr_expect(status != ASSAY_OK && strlen(error.text) > 10, "%s: is in the domain", r->at);
  } else if (status != ASSAY_OK) {
    cr_expect(false, "%s: %s", r->at, error.text);
  } else {
    assay_value v = {0};
    const char *reason = "";
    bool there = value_of(r, claim, call, &v, &reason);
    if (!strcmp(r->printed, "absent"))
      cr_expect(!there && reason && strlen(reason) > 10, "%s: is there, %.14g", r->at, v.value);
    else if (!there)
      cr_expect(false, "%s: absent: %s", r->at, reason);
    else
      cr_expect(printed_agrees(v.value, v.error, r->printed), "%s: %.14g +- %.1g", r->at, v.value, v.error);
  }
  assay_call_free(call);
}

static int check_file(const char *slug) {
  char path[256], line[4608];
  int checked = 0;
  snprintf(path, sizeof path, "reference/%s.tsv", slug);
  FILE *in = fopen(path, "r");
  cr_assert(in, "%s: every paper has its reference values", path);
  for (int n = 1; fgets(line, sizeof line, in); n++) {
    reference r = {0};
    if (line[0] == '#' || line[0] == '\n') continue;
    cr_assert_eq(sscanf(line, "%127[^\t]\t%4095[^\t]\t%63[^\t]\t%63[^\t\n]", r.claim, r.arguments, r.observable, r.printed), 4,
                 "%s:%d: not four columns", path, n);
    if (!strcmp(r.arguments, "-")) r.arguments[0] = 0;
    snprintf(r.at, sizeof r.at, "%.99s:%d: %.90s %.256s %.50s = %.50s", path, n, r.claim, r.arguments, r.observable, r.printed);
    check(&r);
    checked++;
  }
  fclose(in);
  return checked;
}

Test(reference, every_value) {
  for (const assay_paper *const *paper = shipped_papers; *paper; paper++) cr_expect_gt(check_file((*paper)->slug), 20);
}
