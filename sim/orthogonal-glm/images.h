/* Designs made of Fashion-MNIST's first 6000 training images, each pooled over 2 x 2 pixels and centred on
 * their mean:
 *
 *     images   the first 392 of them, as rows: localised left singular vectors
 *     sketch   the orthonormal DCT along the images, randomly signed; 392 random rows are kept, and the
 *              singular values s replaced by s^(1/4)
 *
 * They are drawn once for all replicates: their spectrum is what the theory has to be told. */
#ifndef ASSAY_SIM_ORTHOGONAL_GLM_IMAGES_H
#define ASSAY_SIM_ORTHOGONAL_GLM_IMAGES_H

#include <stdbool.h>

#include "model/status.h"

enum { GLM_IMAGE_ROWS = 392, GLM_IMAGE_PIXELS = 196 };

/* X [392][196], not yet scaled, nor the singular values of the sketch replaced. ASSAY_NO_DATA,
 * ASSAY_NO_MEMORY. */
assay_status glm_images(bool sketch, double *X, assay_error *error);
/* The eigenvalues [196] of X^T X, X scaled to the trace 392. */
assay_status glm_image_spectrum(bool sketch, double *lam, assay_error *error);

#endif
