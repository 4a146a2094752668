/* Least squares of least norm. */
#ifndef ASSAY_SIM_KERNELS_LEAST_SQUARES_H
#define ASSAY_SIM_KERNELS_LEAST_SQUARES_H

#include "model/status.h"

/* The interpolator of least sum b_i^2/w_i: b = W X'(X W X')^{-1} y, by Cholesky; b [d] from X [n][d], n <= d,
 * y [n], w [d] >= 0 (NULL: ones). ASSAY_NUMERIC when X W^{1/2} has not rank n. */
assay_status least_norm(int n, int d, const double *X, const double *y, const double *w, double *b,
                        assay_error *error);

#endif
