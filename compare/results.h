/* From a judged plan to what is reported. */
#ifndef ASSAY_COMPARE_RESULTS_H
#define ASSAY_COMPARE_RESULTS_H

#include "compare/plan.h"
#include "compare/store.h"

/* Moves the cells' results out of the plan, adds failures and verdicts of claims and, if wanted, figures, whose lines take many
 * evaluations of the theories. `store` may be NULL (no failures are listed). The caller fills in command, started and
 * wall_seconds. NULL when memory is short. */
assay_results *results_make(plan *p, store *store, bool figures, assay_error *error);

/* The verdict of a claim as it stands: its worst cell. Cells still open count as undecided. */
assay_verdict results_claim_verdict(const plan *p, int claim);

#endif
