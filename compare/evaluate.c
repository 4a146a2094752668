#include "compare/evaluate.h"

#include <string.h>

assay_status evaluate(assay_predict *predict, assay_call *call, assay_error *error) {
  assay_call_reset(call);
  assay_status status = assay_call_complete(call, error);
  if (status != ASSAY_OK) return status;
  status = predict(call);
  const assay_error *why = assay_call_error(call);
  if (status == ASSAY_OK) status = why->status;
  if (status == ASSAY_OK) return ASSAY_OK;
  return assay_error_set(error, status, "%s", why->text[0] ? why->text : "the theory failed without a reason");
}

int evaluate_observable(const assay_claim *claim, const char *name) {
  for (int i = 0; claim->observables[i].name; i++)
    if (!strcmp(claim->observables[i].name, name)) return i;
  return -1;
}
