/* Bombari, Mondelli: the table of claims and experiments. */
#include "compare/claims/spurious-features/claims.h"
#include "sim/spurious-features/experiments.h"

extern const assay_paper spurious_features_paper;

static const assay_claim *const claims[] = {&spurious_features_effective_ridge_claim,
                                            &spurious_features_spurious_correlation_claim,
                                            &spurious_features_test_loss_claim,
                                            &spurious_features_schur_bounds_claim,
                                            &spurious_features_simplicity_order_claim,
                                            &spurious_features_lambda_shape_claim,
                                            &spurious_features_trade_off_claim,
                                            &spurious_features_trade_off_threshold_claim,
                                            &spurious_features_fluctuations_claim,
                                            &spurious_features_rf_equivalence_claim,
                                            &spurious_features_rf_width_claim,
                                            &spurious_features_universality_claim,
                                            &spurious_features_fashion_colour_claim,
                                            &spurious_features_network_colour_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {
    &spurious_features_ridge_path,        &spurious_features_ridge_large,     &spurious_features_random_bounds,
    &spurious_features_feature_regression, &spurious_features_kernel_regression, &spurious_features_colour_ridge,
    &spurious_features_colour_network,    NULL};

const assay_paper spurious_features_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "spurious-features",
    .authors = "Simone Bombari, Marco Mondelli",
    .title = "Spurious Correlations in High Dimensional Regression: The Roles of Regularization, Simplicity Bias and Over-Parameterization",
    .arxiv = "2502.01347",
    .claims = claims,
    .experiments = experiments};
