#include "compare/claims/papers.h"

#include <stddef.h>

extern const assay_paper dp_sgd_paper, multi_index_spectral_paper, single_index_gd_paper;

const assay_paper *const shipped_papers[] = {&dp_sgd_paper, &multi_index_spectral_paper, &single_index_gd_paper, NULL};
