/* Interpolators of least hypentropy divergence, by Newton's method on the convex dual.
 *
 *     min_b sum_i q_k(b_i) - q_k(b0_i) - asinh(b0_i/k)(b_i - b0_i)  subject to  X b = y,   k = kappa_i > 0,
 *     q_k(b) = b asinh(b/k) - sqrt(k^2 + b^2) + k.
 *
 * The solution is b_i = kappa_i sinh(a0_i + (X'nu)_i), a0_i = asinh(b0_i/kappa_i), at the least of the convex
 * sum kappa_i cosh(a0_i + (X'nu)_i) - y.nu. Steps are cut to max |X'step| <= 4 and halved until they descend;
 * small kappa are reached through kappa_i(t) = K^(1-t) kappa_i^t, K = max(1, max kappa). Newton's matrix of all
 * but the last steps is formed and factored in single precision; residuals, values and the end are double. */
#ifndef ASSAY_SIM_KERNELS_HYPENTROPY_H
#define ASSAY_SIM_KERNELS_HYPENTROPY_H

#include "model/status.h"

typedef struct hypentropy hypentropy;

/* Work space for problems with n < d; NULL when memory is short. */
hypentropy *hypentropy_new(int n, int d, assay_error *error);
void hypentropy_free(hypentropy *solver);

/* b [d] from X [n][d], y [n], kappa [d] and b0 [d] (NULL: zeros). Stops at ||Xb - y|| <= 1e-11 ||y||, or
 * where rounding ends the descent below 1e-9 ||y||. ASSAY_NUMERIC when neither is reached, or X has not full
 * rank. */
assay_status hypentropy_solve(hypentropy *solver, const double *X, const double *y, const double *kappa,
                              const double *b0, double *b, assay_error *error);

#endif
