/* Points and sizes of a leg, as a claim's table or `assay simulate` gives them. The first line is the sizes, the others are points. */
#include "compare/plan.h"
#include "tests/fuzz/fuzz.h"

enum { MOST_LINES = 4 };

static const assay_param params[] = {
    {"d", NULL, "size", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1000000]", ""},
    {"mean", NULL, "mean", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"},
    {"t", NULL, "factor", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "1"},
    {"lam", NULL, "list", ASSAY_REALS, 0, NULL, "(0,inf)", "1"},
    {"how", NULL, "word", ASSAY_WORD, 0, "left|right", NULL, "left"},
    {0}};
static const assay_observable observables[] = {{"x", NULL, NULL, NULL, 3, 0, 0}, {"y", NULL, NULL, "lam", 3, 0, 0}, {0}};

static assay_status open_none(assay_call *call, void **state) { return (void)state, assay_fail(call, ASSAY_DOMAIN, "never run"); }
static assay_status predict(assay_call *call) {
  int n;
  assay_list(call, "lam", &n);
  assay_put(call, 0, 0, assay_real(call, "mean"), 0);
  for (int i = 0; i < n; i++) assay_put(call, 1, i, 1, 0);
  return ASSAY_OK;
}

static const assay_experiment experiment = {"fuzz/none", NULL, params, observables, 1, open_none, NULL, NULL};
static const assay_target targets[] = {{.name = "x", .margin = {{.bias = 1}}}, {.name = "y", .margin = {{.bias = 1}}}, {0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *points[MOST_LINES + 1] = {0}, *sizes;
  char *text = fuzz_text(data, size), *rest = text;
  int n = 0;
  sizes = strsep(&rest, "\n");
  while (rest && n < MOST_LINES) points[n++] = strsep(&rest, "\n");
  assay_leg legs[] = {{.experiment = &experiment, .points = points, .sizes = {sizes}, .first = {32}, .looks = {1}}, {0}};
  assay_claim claim = {.id = "fuzz/plan", .kinds = "limit", .params = params, .observables = observables, .predict = predict,
      .legs = legs, .targets = targets};
  const assay_claim *claims[] = {&claim, NULL};
  assay_paper paper = {.abi = ASSAY_ABI, .size = sizeof paper, .slug = "fuzz", .claims = claims};
  const assay_paper *papers[] = {&paper, NULL};
  plan p = {0};
  assay_error error = {0};
  FUZZ_REQUIRE(plan_select(papers, NULL, 0, &p, &error) == ASSAY_OK);
  if (plan_build(&p, ASSAY_QUICK, 1, &error) == ASSAY_OK && p.claims[0].broken) FUZZ_REQUIRE(p.claims[0].reason[0]);
  for (int i = 0; i < p.n_runs; i++) FUZZ_REQUIRE(p.runs[i].readouts >= 1 && p.runs[i].width >= 2);
  plan_free(&p);
  free(text);
  return 0;
}
