/* Experiments of the orthogonal GLMs:
 *   orthogonal-glm/spectral    top of X^T diag(T(y)) X, its overlap with the signal and the messages that
 * start GVAMP orthogonal-glm/gvamp       Bayes-GVAMP from a cold, informed or spectral start, by iteration
 *   orthogonal-glm/gamp        GVAMP and GAMP from the cold start on the same data
 *   orthogonal-glm/posterior   Bayes risk by exact posterior sampling */
#ifndef ASSAY_SIM_ORTHOGONAL_GLM_EXPERIMENTS_H
#define ASSAY_SIM_ORTHOGONAL_GLM_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment orthogonal_glm_spectral, orthogonal_glm_gvamp, orthogonal_glm_gamp,
    orthogonal_glm_posterior;

#endif
