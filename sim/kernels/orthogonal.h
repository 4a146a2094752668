/* Random orthogonal matrices. */
#ifndef ASSAY_SIM_KERNELS_ORTHOGONAL_H
#define ASSAY_SIM_KERNELS_ORTHOGONAL_H

#include "sim/kernels/random.h"

/* Q [d][d] uniform on the orthogonal group: the Q of the QR decomposition of a matrix of normals drawn from
 * `source`, its columns turned so that R has a positive diagonal (Mezzadri, "How to generate random matrices
 * from the classical compact groups", 2007). tau [d] is room. ASSAY_NUMERIC when LAPACK fails. */
assay_status orthogonal_draw(random_source *source, int d, double *Q, double *tau, assay_error *error);

#endif
