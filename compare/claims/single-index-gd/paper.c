/* Kovacevic, Ji, Wu, Soltanolkotabi, Mondelli: the table of claims and experiments. */
#include "compare/claims/single-index-gd/claims.h"
#include "sim/single-index-gd/experiments.h"

extern const assay_paper single_index_gd_paper;

static const assay_claim *const claims[] = {&single_index_gd_flow_is_power_iteration_claim,
                                            &single_index_gd_bbp_truncated_claim,
                                            &single_index_gd_bbp_threshold_claim,
                                            &single_index_gd_quadratic_overlap_claim,
                                            &single_index_gd_quadratic_log_threshold_claim,
                                            &single_index_gd_truncated_flow_overlap_claim,
                                            &single_index_gd_noise_spike_claim,
                                            &single_index_gd_sgd_trajectory_claim,
                                            &single_index_gd_sgd_hitting_time_claim,
                                            &single_index_gd_separation_claim,
                                            &single_index_gd_squared_population_claim,
                                            &single_index_gd_search_time_claim,
                                            &single_index_gd_local_contraction_claim,
                                            &single_index_gd_exact_recovery_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {
    &single_index_gd_power_iteration, &single_index_gd_spectrum, &single_index_gd_spherical,  &single_index_gd_chain,
    &single_index_gd_vector,          &single_index_gd_hitting,  &single_index_gd_squared,    &single_index_gd_search,
    &single_index_gd_local,           &single_index_gd_recovery, &single_index_gd_separation, &single_index_gd_bulk,
    &single_index_gd_descent,         NULL};

const assay_paper single_index_gd_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "single-index-gd",
    .authors = "Filip Kovacevic, Hong Chang Ji, Denny Wu, Mahdi Soltanolkotabi, Marco Mondelli",
    .title = "Full-Batch Gradient Descent Outperforms One-Pass SGD: Sample Complexity Separation in Single-Index Learning",
    .arxiv = "2602.02431",
    .claims = claims,
    .experiments = experiments};
