/* The experiments of private linear regression by DP-SGD; ids "dp-sgd/<name>". See dp-sgd.h for what they
 * simulate. */
#ifndef ASSAY_SIM_DP_SGD_EXPERIMENTS_H
#define ASSAY_SIM_DP_SGD_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment dp_sgd_one_step, dp_sgd_norm_chain, dp_sgd_vector, dp_sgd_sensitivity,
    dp_sgd_tangent, dp_sgd_sde_chain;

#endif
