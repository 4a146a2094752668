#include "compare/claims/papers.h"

#include <stddef.h>

extern const assay_paper dp_sgd_paper, neural_collapse_paper, token_embeddings_paper, ttt_icl_paper;

const assay_paper *const shipped_papers[] = {&dp_sgd_paper, &neural_collapse_paper, &token_embeddings_paper, &ttt_icl_paper, NULL};
