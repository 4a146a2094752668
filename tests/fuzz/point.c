/* Parameters as a person types them: what is accepted is written as a text that is read back as the same point. */
#include "compare/point.h"
#include "tests/fuzz/fuzz.h"

static const assay_param params[] = {
    {"d", NULL, NULL, ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1000000]", ""},
    {"gamma", NULL, NULL, ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    {"c", NULL, NULL, ASSAY_REAL, 0, "opt|none", "(0,inf]", "1"},
    {"t", NULL, NULL, ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", ".5"},
    {"lam", NULL, NULL, ASSAY_REALS, 0, NULL, "(-inf,inf)", ""},
    {"k", NULL, NULL, ASSAY_INTEGERS, 0, NULL, NULL, ""},
    {"noise", NULL, NULL, ASSAY_WORD, 0, "none|output|scheduled", NULL, "none"},
    {0}};
static const assay_observable observables[] = {{"x", NULL, NULL, "lam", ASSAY_PREDICTED, 0, 0}, {0}};

static void read_back(const assay_call *call) {
  assay_error error = {0};
  char *text = assay_call_text(call, 0);
  assay_call *again = assay_call_new(params, observables, &error);
  FUZZ_REQUIRE(text && again);
  FUZZ_REQUIRE(point_set_words(again, text, true, &error) == ASSAY_OK);
  char *second = assay_call_text(again, 0);
  FUZZ_REQUIRE(second && !strcmp(text, second));
  free(text);
  free(second);
  assay_call_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  assay_error error = {0};
  char *text = fuzz_text(data, size);
  for (int many = 0; many < 2; many++) {
    assay_call *call = assay_call_new(params, observables, &error);
    FUZZ_REQUIRE(call);
    if (point_set_words(call, text, many, &error) == ASSAY_OK) read_back(call);
    else FUZZ_REQUIRE(error.text[0]);
    for (const assay_param *p = params; p->name; p++)
      if (assay_set_text(call, p->name, text, many, &error) == ASSAY_OK) free(assay_param_text(call, p->name));
    assay_call_free(call);
  }
  free(text);
  return 0;
}
