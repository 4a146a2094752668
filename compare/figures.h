/* The figures of a claim: the theory's curves and what was simulated. */
#ifndef ASSAY_COMPARE_FIGURES_H
#define ASSAY_COMPARE_FIGURES_H

#include "compare/plan.h"

/* Makes the figures of a claim whose cells still stand in the plan; empty ones are left out. */
void figures_draw(const plan *p, int claim, assay_claim_result *r);
void figures_free(assay_claim_result *r);

#endif
