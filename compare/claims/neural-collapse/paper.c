/* Súkeník, Lampert, Mondelli: the table of claims and experiments. */
#include "compare/claims/neural-collapse/claims.h"
#include "sim/neural-collapse/experiments.h"

extern const assay_paper neural_collapse_paper;

static const assay_claim *const claims[] = {&neural_collapse_gufm_ce_optimum_claim,
                                            &neural_collapse_gufm_mse_optimum_claim,
                                            &neural_collapse_ufm_threshold_claim,
                                            &neural_collapse_gufm_growth_bound_claim,
                                            &neural_collapse_transport_identity_claim,
                                            &neural_collapse_resnet_depth_law_claim,
                                            &neural_collapse_nc1_rate_claim,
                                            &neural_collapse_gufm_reduction_claim,
                                            &neural_collapse_transport_exponent_claim,
                                            &neural_collapse_two_matrix_blocks_claim,
                                            &neural_collapse_transformer_depth_law_claim,
                                            &neural_collapse_fmnist_depth_claim,
                                            &neural_collapse_text_transformer_depth_claim,
                                            &neural_collapse_equal_energy_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&neural_collapse_features_run,  &neural_collapse_threshold_run,
                                                      &neural_collapse_states_run,    &neural_collapse_network_run,
                                                      &neural_collapse_doublings_run, &neural_collapse_turn_run,
                                                      &neural_collapse_images_run,    &neural_collapse_texts_run,
                                                      &neural_collapse_chain_run,     NULL};

const assay_paper neural_collapse_paper = {.abi = ASSAY_ABI,
                                           .size = sizeof(assay_paper),
                                           .slug = "neural-collapse",
                                           .authors = "Peter Súkeník, Christoph H. Lampert, Marco Mondelli",
                                           .title = "Neural Collapse is Globally Optimal in Deep Regularized ResNets and Transformers",
                                           .arxiv = "2505.15239",
                                           .claims = claims,
                                           .experiments = experiments};
