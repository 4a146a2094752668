/* Ridge regression by conjugate gradients, for designs whose Gram matrix is too large to factor. */
#ifndef ASSAY_SIM_KERNELS_CONJUGATE_GRADIENTS_H
#define ASSAY_SIM_KERNELS_CONJUGATE_GRADIENTS_H

#include "model/status.h"

/* Solves (Z'Z/n + lambda I) x_i = b_i for `count` right-hand sides at once, Z [n][D], B and X [count][D]
 * rows, lambda > 0: two products with Z a step, O(n D count). Stops when every residual, computed anew, is at
 * most `tolerance` times its |b_i|; *steps tells how many it took. ASSAY_NUMERIC when `most_steps` do not
 * suffice; ASSAY_NO_MEMORY. */
assay_status conjugate_gradients(int n, int D, const double *Z, double lambda, int count, const double *B,
                                 double tolerance, int most_steps, double *X, int *steps, assay_error *error);

#endif
