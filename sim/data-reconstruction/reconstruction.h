/* Reconstruction of a training set from the parameters of a random-features model, by Levenberg-Marquardt
 * with variable projection (Golub-Pereyra; Kaufman's Jacobian).
 *
 *     L(Xh) = min_a ||theta - Phi(Xh)'a||^2/||theta||^2,   Phi(Xh) = phi(Xh V')  [n][p],
 *
 * over Xh with rows on the sphere of radius sqrt(d). With Q the orthonormal basis of the columns of Phi', a
 * and r the coefficients and residual, J = -(I - QQ')[a_i sqrt(d) phi'(V xh_i) o (V T_i)] [p][n(d-1)] in
 * angles along an orthonormal basis T_i of the complement of xh_i. */
#ifndef ASSAY_SIM_DATA_RECONSTRUCTION_RECONSTRUCTION_H
#define ASSAY_SIM_DATA_RECONSTRUCTION_RECONSTRUCTION_H

#include <stdbool.h>

#include "model/activation.h"
#include "model/status.h"

typedef struct reconstruction reconstruction;

/* Work space; NULL when memory is short. n <= 6. */
reconstruction *reconstruction_new(activation act, int d, int n, int p, assay_error *error);
void reconstruction_free(reconstruction *run);

/* theta = Phi(X)'alpha of least norm with Phi(X) theta = Y; V [p][d], X [n][d], Y [n] are borrowed.
 * ASSAY_NUMERIC when the features are linearly dependent. */
assay_status reconstruction_train(reconstruction *run, const double *V, const double *X, const double *Y,
                                  assay_error *error);

/* theta [p]; borrowed until the next training. */
const double *reconstruction_parameters(const reconstruction *run);
/* Aims at a given theta [p], e.g. of known coefficients or with noise; X only tells reconstruction_error the
 * truth. */
void reconstruction_aim(reconstruction *run, const double *V, const double *X, const double *theta);

/* Xh [n][d], rows of norm sqrt(d), is improved until L < stop, the relative decrease is below 1e-9 while L >
 * 1e-12, 30 steps in a row are rejected, or `most` iterations are made. Returns L. */
double reconstruction_solve(reconstruction *run, double *Xh, double stop, int most);

/* Gauss-Newton steps of least norm, s = -J^+ r with singular values below `cut` of the largest dropped. */
assay_status reconstruction_correct(reconstruction *run, double *Xh, int steps, double cut,
                                    assay_error *error);
/* Turns the rows of X by the angles s [n(d-1)]. */
void reconstruction_move(reconstruction *run, const double *s, double *X);

/* Right after reconstruction_train: x [d] is improved as the solution of P_perp phi(x) = 0, P_perp the
 * projector off span{phi(x_1), ..., phi(x_n)}, by the same method on one point. Returns ||P_perp
 * phi(x)||^2/||phi(x)||^2. */
double reconstruction_point(reconstruction *run, double *x, double stop, int most);
/* max_i |x_i.x|/d. */
double reconstruction_overlap(const reconstruction *run, const double *x);

/* The mean distance of the rows of X and Y [n][d] over sqrt(d) under the best permutation, n <= 8, and with
 * `signs` the best signs. */
double reconstruction_match(const double *X, const double *Y, int n, int d, bool signs);
/* The same of the samples and Xh, with signs where phi is odd or even. */
double reconstruction_error(const reconstruction *run, const double *Xh);
/* Whether the error tells x from -x for odd and even phi, which parameters do not; not unless asked for. */
void reconstruction_tell_signs(reconstruction *run, bool apart);

/* The Jacobian of Phi(X)'alpha for given alpha [n] in (alpha, angles): [p][n + n(d-1)], row major; C outputs,
 * alpha [n][C]: [pC][nC + n(d-1)]. */
void reconstruction_jacobian(activation act, const double *V, const double *X, const double *alpha, int d,
                             int n, int p, int C, double *J);

#endif
