/* Finding claims and experiments in a table of papers. */
#ifndef ASSAY_COMPARE_REGISTRY_H
#define ASSAY_COMPARE_REGISTRY_H

#include "compare/claim.h"

/* The experiment with this id; NULL when no paper has it. */
const assay_experiment *registry_experiment(const assay_paper *const *papers, const char *id);

/* The claim with exactly this id; NULL with a suggestion in `error`. */
const assay_claim *registry_claim(const assay_paper *const *papers, const char *id, assay_error *error);

#endif
