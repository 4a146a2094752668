/* The experiments on diagonal networks; ids "finetune-diagonal/<name>". See finetune-diagonal.h. */
#ifndef ASSAY_SIM_FINETUNE_DIAGONAL_EXPERIMENTS_H
#define ASSAY_SIM_FINETUNE_DIAGONAL_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment finetune_diagonal_network_pretraining, finetune_diagonal_network_finetuning,
    finetune_diagonal_network_descent, finetune_diagonal_scalar, finetune_diagonal_dual_pretraining,
    finetune_diagonal_dual_finetuning, finetune_diagonal_weighted_norm, finetune_diagonal_weighted_pursuit,
    finetune_diagonal_relu_images, finetune_diagonal_flow_against_dual;

#endif
