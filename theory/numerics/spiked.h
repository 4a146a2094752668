/* Weighted sample covariances and the eigenvalues that leave their bulk.
 *
 *     D = (1/n) sum_i z_i a_i a_i^T  (d x d),   a_i ~ N(0, I_d),   delta = n/d fixed, n -> inf,
 *
 * where the weight z_i depends on the first p coordinates s_i of a_i. Only the law of z and C(z) = E[s s^T |
 * z] matter. With f = z/(x - z) and x outside the support of z,
 *
 *     psi(x) = x (1/delta + E f)              x(lambda) inverts lambda = psi(x): 1/x = tr (lambda - D)^{-1}/n
 *     R(x)   = E[f (C - I)]                   p x p symmetric, eigenvalues r_1 >= ... >= r_p
 *     psi' = 1/delta - E f^2 ,   psi'' = 2 E[z^2/(x-z)^3] .
 *
 * Bulk: its right edge is psi(edge), where edge minimises psi on x > tau = sup z; the left one, for z >= 0
 * and delta Prob(z > 0) > 1, the maximum of psi on x < 0. Eigenvalue k leaves the bulk on the right iff
 * r_k(edge) > 1/delta, and then r_k(x_k) = 1/delta and
 *
 *     lambda_k = psi(x_k) ,   rho_k^2 = psi'/(psi' + B) ,   B = E[f^2 u^T C u] ,
 *
 * with u the unit eigenvector of R(x_k); the first p coordinates of its eigenvector have norm rho_k and
 * direction u. This is Lu and Li, Inf. Inference 2020 and Mondelli and Montanari 2019 for p = 1; Kovacevic,
 * Zhang, Mondelli, arXiv 2502.01583.
 *
 * A law is a list of weighted points: atoms and quadrature nodes. The errors reported are those of the root
 * finders; what the nodes cost is seen by repeating the calculation with others. */
#ifndef ASSAY_THEORY_NUMERICS_SPIKED_H
#define ASSAY_THEORY_NUMERICS_SPIKED_H

#include <stdbool.h>

#include "model/status.h"

enum { SPIKED_MOST = 4 }; /* the largest p */

typedef struct {
  int n, p;
  double *z, *weight; /* [n]; the weights sum to 1 */
  double *c;          /* [n][p][p] E[s s^T | z] */
  double tau;         /* supremum of z, > 0: of the law, not of its nodes */
} spiked_law;

/* Room for n points of p x p matrices, all zero. One allocation. */
assay_status spiked_law_new(int n, int p, spiked_law *law, assay_error *error);
void spiked_law_free(spiked_law *law);

/* psi(x), psi'(x), psi''(x); any may be NULL. */
void spiked_psi(const spiked_law *law, double delta, double x, double *psi, double *first, double *second);
/* R(x), eigenvalues [p] in descending order and the eigenvectors u [p][p], row k of r_k; r or u may be NULL.
 */
assay_status spiked_r(const spiked_law *law, double x, double *r, double *u, assay_error *error);
/* sum weight f^2 and sum weight f^2 u^T C u. */
void spiked_squares(const spiked_law *law, double x, const double *u, double *a, double *b);

typedef struct {
  assay_value x, lambda;
} spiked_point;

/* The right edge. When psi increases on all of x > tau (E f^2 at tau below 1/delta) there is no minimiser and
 * the theory does not apply: ASSAY_DOMAIN. */
assay_status spiked_edge(const spiked_law *law, double delta, spiked_point *edge, assay_error *error);
/* The left edge of a law with z >= 0. ASSAY_DOMAIN when delta Prob(z > 0) <= 1. */
assay_status spiked_left_edge(const spiked_law *law, double delta, spiked_point *edge, assay_error *error);
/* kappa = [(delta/x^2) sqrt(2/|psi''|)]^(-2/3) at an edge's x: an eigenvalue that is stuck to the edge has
 * the mean lambda - SPIKED_EDGE_SHIFT kappa d^(-2/3) + O(1/d), + at a left one (Tracy-Widom, beta = 1). */
#define SPIKED_EDGE_SHIFT 1.2065335746
double spiked_edge_scale(const spiked_law *law, double delta, double x);

/* The share of D's eigenvalues in [at - bin/2, at + bin/2], point masses included, over bin. With the root x of psi(x) = lambda + i0
 * in the upper half-plane, followed down from lambda + i inf, and s = 1/x, the share above lambda is
 *
 *     (delta/pi) Im Phi ,   Phi = s lambda - log(s)/delta + E log(1 - s z) ,   since dPhi/dlambda = s = tr (lambda - D)^{-1}/n .
 *
 * At the edges, where the root is double, its error counts in second order: Phi is stationary in s. */
assay_status spiked_density(const spiked_law *law, double delta, double at, double bin, assay_value *density,
                            assay_error *error);

typedef struct {
  bool out;              /* false: it sticks to the edge; x and lambda are the edge's, the rest is 0 */
  assay_value x, lambda; /* x_k, lambda_k */
  assay_value rho2;      /* squared norm of the first p coordinates */
  double u[SPIKED_MOST]; /* their direction */
} spiked_outlier;

/* Eigenvalue k = 1..p, counted from the right, given the edge. That nothing leaves the bulk is an answer. */
assay_status spiked_eigenvalue(const spiked_law *law, double delta, const spiked_point *edge, int k,
                               spiked_outlier *outlier, assay_error *error);

/* The least delta at which eigenvalue k leaves the bulk: 1/delta = E f^2 at the x > tau where r_k(x) = E
 * f(x)^2, which is scanned for from x/tau - 1 = 1e-6 to 1e4 (100 points a decade) and found where r_k - E f^2
 * turns from - to +. Where r_k exceeds E f^2 already at tau, x = tau and delta = 1/r_k(tau): the edge is not
 * regular there and spiked_edge refuses. ASSAY_DOMAIN when it nowhere does. */
assay_status spiked_threshold(const spiked_law *law, int k, assay_value *delta, assay_value *x,
                              assay_error *error);

#endif
