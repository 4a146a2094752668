/* Random features at finite size: what their span and parameters tell of the training set; ids
 * "data-reconstruction/<name>". Samples are uniform on the sphere of radius sqrt(d) (source TEACHER), weights
 * N(0, I/d) (MATRIX), labels +-1 (LABEL), starts (INIT) and perturbations (PERTURBATION). */
#ifndef ASSAY_SIM_DATA_RECONSTRUCTION_EXPERIMENTS_H
#define ASSAY_SIM_DATA_RECONSTRUCTION_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment data_reconstruction_feature_products, data_reconstruction_label_fit,
    data_reconstruction_residual, data_reconstruction_span, data_reconstruction_tangent_span,
    data_reconstruction_jacobian, data_reconstruction_null_share, data_reconstruction_noise_matrix,
    data_reconstruction_candidate_loss, data_reconstruction_zero_losses, data_reconstruction_best_start,
    data_reconstruction_span_points, data_reconstruction_span_features,
    data_reconstruction_least_width_search, data_reconstruction_perturbed,
    data_reconstruction_noisy_parameters, data_reconstruction_trained_network, data_reconstruction_images;

#endif
