/* The experiments of neural collapse; ids "neural-collapse/<name>". See neural-collapse.h. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_EXPERIMENTS_H
#define ASSAY_SIM_NEURAL_COLLAPSE_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment collapse_features_run, collapse_states_run, collapse_network_run,
    collapse_turn_run, collapse_chain_run;

#endif
