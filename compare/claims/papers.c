#include "compare/claims/papers.h"

#include <stddef.h>

extern const assay_paper dp_sgd_paper, finetune_diagonal_paper, spurious_features_paper, data_reconstruction_paper;

const assay_paper *const shipped_papers[] = {&dp_sgd_paper, &finetune_diagonal_paper, &spurious_features_paper,
                                            &data_reconstruction_paper, NULL};
