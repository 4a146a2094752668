/* The experiments of attention with trained embeddings; ids "token-embeddings/<name>". See
 * token-embeddings.h. */
#ifndef ASSAY_SIM_TOKEN_EMBEDDINGS_EXPERIMENTS_H
#define ASSAY_SIM_TOKEN_EMBEDDINGS_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment token_embeddings_gradient_run, token_embeddings_counts_run,
    token_embeddings_antithetic_run, token_embeddings_step_run, token_embeddings_order_run,
    token_embeddings_toy_flow_run, token_embeddings_selection_run, token_embeddings_test_run,
    token_embeddings_mails_run;

#endif
