/* Weighted basis pursuit, min sum_i w_i |b_i| subject to X b = y, by Mehrotra's predictor-corrector interior
 * point method on b = p - q, p, q >= 0: one n x n Cholesky factorisation a step. */
#ifndef ASSAY_SIM_KERNELS_BASIS_PURSUIT_H
#define ASSAY_SIM_KERNELS_BASIS_PURSUIT_H

#include "model/status.h"

/* b [d] from X [n][d], n < d, y [n], w [d] > 0. Stops when the duality gap is below 1e-9 of the objective and
 * ||Xb - y|| below 1e-9 ||y||; ASSAY_NUMERIC when it is not after 100 steps. */
assay_status basis_pursuit(int n, int d, const double *X, const double *y, const double *w, double *b,
                           assay_error *error);

#endif
