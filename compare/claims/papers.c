#include "compare/claims/papers.h"

#include <stddef.h>

extern const assay_paper dp_sgd_paper, finetune_diagonal_paper, single_index_gd_paper, spurious_features_paper, token_embeddings_paper,
    ttt_icl_paper, data_reconstruction_paper, neural_collapse_paper, multi_index_spectral_paper, orthogonal_glm_paper;

const assay_paper *const shipped_papers[] = {&dp_sgd_paper,
                                             &finetune_diagonal_paper,
                                             &single_index_gd_paper,
                                             &spurious_features_paper,
                                             &token_embeddings_paper,
                                             &ttt_icl_paper,
                                             &data_reconstruction_paper,
                                             &neural_collapse_paper,
                                             &multi_index_spectral_paper,
                                             &orthogonal_glm_paper,
                                             NULL};
