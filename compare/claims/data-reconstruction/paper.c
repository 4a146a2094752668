/* Iurada, Bombari, Tommasi, Mondelli: the table of claims and experiments. */
#include "compare/claims/data-reconstruction/claims.h"
#include "sim/data-reconstruction/experiments.h"

extern const assay_paper data_reconstruction_paper;

static const assay_claim *const claims[] = {&data_reconstruction_kernel_limit_claim,
                                            &data_reconstruction_label_fit_threshold_claim,
                                            &data_reconstruction_residual_schur_claim,
                                            &data_reconstruction_identification_profile_claim,
                                            &data_reconstruction_identification_curvature_claim,
                                            &data_reconstruction_sign_ambiguity_claim,
                                            &data_reconstruction_duplicate_exclusion_claim,
                                            &data_reconstruction_span_point_threshold_claim,
                                            &data_reconstruction_parameter_count_rank_claim,
                                            &data_reconstruction_multi_output_count_claim,
                                            &data_reconstruction_unrecoverable_fraction_claim,
                                            &data_reconstruction_noise_amplification_claim,
                                            &data_reconstruction_zero_loss_dichotomy_claim,
                                            &data_reconstruction_loss_kernel_limit_claim,
                                            &data_reconstruction_reconstruction_success_claim,
                                            &data_reconstruction_network_reconstruction_claim,
                                            &data_reconstruction_fashion_mnist_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&data_reconstruction_feature_products,
                                                      &data_reconstruction_label_fit,
                                                      &data_reconstruction_residual,
                                                      &data_reconstruction_span,
                                                      &data_reconstruction_tangent_span,
                                                      &data_reconstruction_jacobian,
                                                      &data_reconstruction_null_share,
                                                      &data_reconstruction_noise_matrix,
                                                      &data_reconstruction_candidate_loss,
                                                      &data_reconstruction_zero_losses,
                                                      &data_reconstruction_best_start,
                                                      &data_reconstruction_span_points,
                                                      &data_reconstruction_span_features,
                                                      &data_reconstruction_least_width_search,
                                                      &data_reconstruction_perturbed,
                                                      &data_reconstruction_noisy_parameters,
                                                      &data_reconstruction_trained_network,
                                                      &data_reconstruction_images,
                                                      NULL};

const assay_paper data_reconstruction_paper = {.abi = ASSAY_ABI,
                                               .size = sizeof(assay_paper),
                                               .slug = "data-reconstruction",
                                               .authors = "Leonardo Iurada, Simone Bombari, Tatiana Tommasi, Marco Mondelli",
                                               .title = "A Law of Data Reconstruction for Random Features (and Beyond)",
                                               .arxiv = "2509.22214",
                                               .claims = claims,
                                               .experiments = experiments};
