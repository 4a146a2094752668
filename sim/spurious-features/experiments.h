/* Regression with a spurious feature at finite size (model/spurious-features.h has the models); ids
 * "spurious-features/<name>". Rows z = A s, s of independent entries from the source DESIGN, A A' = Sigma;
 * labels g = x.theta + sigma eps, eps from LABEL. C = hat.u exactly; nothing is estimated on test data in the
 * ridge. */
#ifndef ASSAY_SIM_SPURIOUS_FEATURES_EXPERIMENTS_H
#define ASSAY_SIM_SPURIOUS_FEATURES_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment spurious_features_ridge_path, spurious_features_feature_regression,
    spurious_features_kernel_regression, spurious_features_ridge_large, spurious_features_random_bounds,
    spurious_features_colour_ridge, spurious_features_colour_network;

#endif
