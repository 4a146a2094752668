/* Anguita et al.: the table of claims and experiments. */
#include "compare/claims/finetune-diagonal/claims.h"
#include "sim/finetune-diagonal/experiments.h"

extern const assay_paper finetune_diagonal_paper;

static const assay_claim *const claims[] = {
    &finetune_diagonal_conserved_quantities_claim, &finetune_diagonal_pretraining_bias_claim, &finetune_diagonal_pretrained_features_claim,
    &finetune_diagonal_finetuning_bias_claim,      &finetune_diagonal_penalty_shape_claim,    &finetune_diagonal_pretraining_error_claim,
    &finetune_diagonal_finetuning_error_claim,     &finetune_diagonal_pipeline_error_claim,   &finetune_diagonal_lazy_limit_claim,
    &finetune_diagonal_rich_threshold_claim,       &finetune_diagonal_rich_rate_claim,        &finetune_diagonal_regime_dominance_claim,
    &finetune_diagonal_layer_scale_order_claim,    &finetune_diagonal_relu_fashion_claim,     NULL};

static const assay_experiment *const experiments[] = {&finetune_diagonal_network_pretraining,
                                                      &finetune_diagonal_network_finetuning,
                                                      &finetune_diagonal_network_descent,
                                                      &finetune_diagonal_scalar,
                                                      &finetune_diagonal_dual_pretraining,
                                                      &finetune_diagonal_dual_finetuning,
                                                      &finetune_diagonal_weighted_norm,
                                                      &finetune_diagonal_weighted_pursuit,
                                                      &finetune_diagonal_relu_images,
                                                      &finetune_diagonal_flow_against_dual,
                                                      NULL};

const assay_paper finetune_diagonal_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "finetune-diagonal",
    .authors = "Nicolas Anguita, Francesco Locatello, Andrew M. Saxe, Marco Mondelli, Flavia Mancini, Samuel Lippl, Clementine Domine",
    .title = "A Theory of How Pretraining Shapes Inductive Bias in Fine-Tuning",
    .arxiv = "2602.20062",
    .claims = claims,
    .experiments = experiments};
