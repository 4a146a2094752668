/* Least squares with and without a ridge, by the factorisation that fits the shape. */
#ifndef ASSAY_SIM_KERNELS_LEAST_SQUARES_H
#define ASSAY_SIM_KERNELS_LEAST_SQUARES_H

#include "model/status.h"

/* The interpolator of least sum b_i^2/w_i: b = W X'(X W X')^{-1} y, by Cholesky; b [d] from X [n][d], n <= d,
 * y [n], w [d] >= 0 (NULL: ones). ASSAY_NUMERIC when X W^{1/2} has not rank n. */
assay_status least_norm(int n, int d, const double *X, const double *y, const double *w, double *b,
                        assay_error *error);

/* argmin |y - X b|^2 + penalty |b|^2 for X [n][d], y [n], b [d]; the solution of least norm at penalty = 0.
 *
 *     penalty > 0   Cholesky of the smaller of X'X + penalty and XX' + penalty
 *     penalty = 0   QR (n >= d) or LQ (n < d); the singular value decomposition when a diagonal element of
 * the triangle is below 1e-11 of the largest, with singular values below 1e-12 of the largest taken for 0
 *
 * ASSAY_DOMAIN: penalty < 0 or not finite; ASSAY_NUMERIC: the penalty is lost in rounding, or LAPACK did not
 * converge. */
assay_status ridge_regression(int n, int d, const double *X, const double *y, double penalty, double *b,
                              assay_error *error);

#endif
