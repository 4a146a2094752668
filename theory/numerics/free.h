/* Free probability for laws that are given as weighted points: quadrature nodes, atoms, or the eigenvalues of
 * one matrix.
 *
 *     G(z) = E 1/(z - x)                          Stieltjes transform, z outside [min x, max x]
 *     K(g):  G(K(g)) = g,  R(g) = K(g) - 1/g       R-transform, g of either sign: the branch outside the
 * support psi(s) = E s x/(1 - s x),  psi(chi(y)) = y,  S(y) = chi(y) (1+y)/y      S-transform of a law on x
 * >= 0
 *
 * R-transforms of free variables add, S-transforms of free products multiply. Products of a law T of either
 * sign and a law L on x >= 0 of mean 1 are parametrised by gamma > sup T:
 *
 *     eta = 1/E 1/(gamma - T),  t = eta - gamma,  and the point rho(gamma) outside the product's bulk is the
 * root of E_L x/(rho + t x) = 1/eta,  rho > max over x > 0 of (-t x)
 *
 * which is 1/chi_{TL} at y = gamma/eta - 1, written so that t = 0 is nothing special. The right edge of the
 * bulk is the least rho.
 *
 * Values carry the errors of the root finders; what the nodes cost is seen by taking others. */
#ifndef ASSAY_THEORY_NUMERICS_FREE_H
#define ASSAY_THEORY_NUMERICS_FREE_H

#include "model/status.h"

typedef struct {
  int n;
  const double *x, *w; /* [n] points and weights > 0 that sum to 1; borrowed */
} free_law;

/* Points are finite, weights positive with sum 1 within 1e-9. */
assay_status free_check(const free_law *law, assay_error *error);
double free_least(const free_law *law);
double free_most(const free_law *law);
double free_moment(const free_law *law, int power);

/* G(z) and G'(z) (NULL: not wanted). ASSAY_DOMAIN inside the support's hull. */
assay_status free_stieltjes(const free_law *law, double z, double *G, double *slope, assay_error *error);
/* K(g): right of the support for g > 0, left of it for g < 0. ASSAY_DOMAIN: g = 0 or not finite. */
assay_status free_stieltjes_inverse(const free_law *law, double g, assay_value *z, assay_error *error);
/* R(g) and R'(g) = 1/G'(K(g)) + 1/g^2; R(0) = E x and R'(0) = Var x. */
assay_status free_R(const free_law *law, double g, assay_value *R, double *slope, assay_error *error);
/* S(y), for y > -(1 - weight at 0), y != 0; S(0) = 1/E x. ASSAY_DOMAIN: a point is negative, or the branch
 * does not exist there. */
assay_status free_S(const free_law *law, double y, assay_value *S, assay_error *error);

/* ---- sums and products ---- */

/* Right edge of the free sum: the least of R_1(g) + R_2(g) + 1/g over g > 0, for laws whose own edges carry
 * atoms (as nodes do). */
assay_status free_sum_edge(const free_law *one, const free_law *two, assay_value *edge, assay_error *error);

typedef struct {
  double gamma, eta, t, rho;
} free_product_point;

/* rho(gamma). ASSAY_DOMAIN: gamma <= sup T, or the root hugs the pole (closer than 1e-9 eta), where nodes
 * stand for a density that vanishes at its edge and there is no root. */
assay_status free_product_at(const free_law *T, const free_law *L, double sup, double gamma,
                             free_product_point *point, assay_error *error);
/* The least rho over gamma > sup, `sup` the supremum of T: of the law, not of its nodes. At 600 points of
 * ln(gamma - sup), gamma - sup from 1e-8 to 1e4, those without a root skipped; then golden section. *tail:
 * the least value is the first one, so that the edge hangs on the tail of T next to its supremum. */
assay_status free_product_edge(const free_law *T, const free_law *L, double sup, free_product_point *edge,
                               int *tail, assay_error *error);

#endif
