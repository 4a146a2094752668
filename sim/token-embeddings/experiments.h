/* The experiments of attention with trained embeddings; ids "token-embeddings/<name>". See
 * token-embeddings.h. */
#ifndef ASSAY_SIM_TOKEN_EMBEDDINGS_EXPERIMENTS_H
#define ASSAY_SIM_TOKEN_EMBEDDINGS_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment token_gradient_run, token_counts_run, token_antithetic_run, token_step_run,
    token_order_run, token_toy_flow_run, token_selection_run, token_test_run;

#endif
