/* Kovacevic, Zhang, Mondelli: the table of claims and experiments. */
#include "compare/claims/multi-index-spectral/claims.h"
#include "sim/multi-index-spectral/experiments.h"

extern const assay_paper multi_index_spectral_paper;

static const assay_claim *const claims[] = {&multi_index_spectral_bulk_edge_claim,
                                            &multi_index_spectral_secular_matrix_claim,
                                            &multi_index_spectral_outlier_location_claim,
                                            &multi_index_spectral_overlap_claim,
                                            &multi_index_spectral_overlap_direction_claim,
                                            &multi_index_spectral_phase_transition_claim,
                                            &multi_index_spectral_optimal_threshold_claim,
                                            &multi_index_spectral_threshold_optimality_claim,
                                            &multi_index_spectral_optimal_overlap_claim,
                                            &multi_index_spectral_no_recovery_claim,
                                            &multi_index_spectral_eigenvalue_fluctuation_claim,
                                            &multi_index_spectral_scalar_gap_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&multi_index_spectral_spectrum, &multi_index_spectral_pair,
                                                      &multi_index_spectral_secular, &multi_index_spectral_matrix,
                                                      &multi_index_spectral_bulk, NULL};

const assay_paper multi_index_spectral_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "multi-index-spectral",
    .authors = "Filip Kovacevic, Yihan Zhang, Marco Mondelli",
    .title = "Spectral Estimators for Multi-Index Models: Precise Asymptotics and Optimal Weak Recovery",
    .arxiv = "2502.01583",
    .claims = claims,
    .experiments = experiments};
