/* The experiments of neural collapse; ids "neural-collapse/<name>". See neural-collapse.h. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_EXPERIMENTS_H
#define ASSAY_SIM_NEURAL_COLLAPSE_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment neural_collapse_features_run, neural_collapse_threshold_run,
    neural_collapse_states_run, neural_collapse_network_run, neural_collapse_doublings_run,
    neural_collapse_turn_run, neural_collapse_images_run, neural_collapse_texts_run,
    neural_collapse_chain_run;

#endif
