/* Calling a theory, with everything that can go wrong checked. */
#ifndef ASSAY_COMPARE_EVALUATE_H
#define ASSAY_COMPARE_EVALUATE_H

#include "compare/claim.h"

/* Runs `predict` on the call: required parameters given, no NaN put. The call's results are then readable. */
assay_status evaluate(assay_predict *predict, assay_call *call, assay_error *error);

/* The place of the observable `name` in the claim's table; -1 when it has none. */
int evaluate_observable(const assay_claim *claim, const char *name);

#endif
