/* Bombari, Seroussi, Mondelli: the table of claims and experiments. */
#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

extern const assay_paper dp_sgd_paper;

static const assay_claim *const claims[] = {&dp_sgd_clip_factors_claim,
                                            &dp_sgd_isotropic_trajectory_claim,
                                            &dp_sgd_fluctuations_claim,
                                            &dp_sgd_final_risk_claim,
                                            &dp_sgd_zcdp_calibration_claim,
                                            &dp_sgd_sensitivity_contraction_claim,
                                            &dp_sgd_clip_frequency_claim,
                                            &dp_sgd_anisotropic_blocks_claim,
                                            &dp_sgd_anisotropic_sandwich_claim,
                                            &dp_sgd_no_clipping_limit_claim,
                                            &dp_sgd_stationary_risk_claim,
                                            &dp_sgd_clip_optimum_claim,
                                            &dp_sgd_clip_optimum_joint_claim,
                                            &dp_sgd_schedule_ordering_claim,
                                            &dp_sgd_rate_constant_lr_claim,
                                            &dp_sgd_rate_decaying_lr_claim,
                                            &dp_sgd_homogenised_sde_claim,
                                            &dp_sgd_universality_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&dp_sgd_one_step,
                                                      &dp_sgd_norm_chain,
                                                      &dp_sgd_vector,
                                                      &dp_sgd_sensitivity,
                                                      &dp_sgd_tangent,
                                                      &dp_sgd_sde_chain,
                                                      NULL};

const assay_paper dp_sgd_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "dp-sgd",
    .authors = "Simone Bombari, Inbar Seroussi, Marco Mondelli",
    .title = "Better Rates for Private Linear Regression in the Proportional Regime via Aggressive Clipping",
    .arxiv = "2505.16329",
    .claims = claims,
    .experiments = experiments};
