/* Free probability: laws whose transforms are known in closed form, and identities on arbitrary points. */
#include <criterion/criterion.h>
#include <math.h>

#include "theory/numerics/free.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

static void near(const char *what, double value, double reference, double tolerance) {
  cr_expect(fabs(value - reference) <= tolerance, "%s: %.15g, not %.15g", what, value, reference);
}

enum { NODES = 4000 };
static double semicircle_x[NODES], semicircle_w[NODES], mp_x[NODES + 1], mp_w[NODES + 1];
static free_law semicircle = {NODES, semicircle_x, semicircle_w}, mp = {NODES, mp_x, mp_w};

/* Chebyshev rules, exact up to high degrees. mp: ratio c = 2, eigenvalues of Y Y^T/m of mean 1, variance c.
 */
static void make(double c) {
  for (int k = 0; k < NODES; k++) {
    double theta = M_PI * (k + 1) / (NODES + 1), s = sin(theta);
    semicircle_x[k] = 2 * cos(theta), semicircle_w[k] = 2 * s * s / (NODES + 1);
    mp_x[k] = 1 + c + 2 * sqrt(c) * cos(theta), mp_w[k] = 2 * s * s / ((NODES + 1) * mp_x[k]);
  }
  mp.n = NODES + (c == 1); /* the trapezoidal rule's end at theta = pi */
  mp_x[NODES] = 0, mp_w[NODES] = 1. / (NODES + 1);
}

static const double points_x[] = {-.7, .2, 1.1, 2.5}, points_w[] = {.1, .3, .4, .2},
                    positive_x[] = {0, .5, 1.5, 3}, positive_w[] = {.25, .25, .25, .25};
static const free_law points = {4, points_x, points_w}, positive = {4, positive_x, positive_w};

Test(free_law, transforms_of_the_semicircle) {
  make(.5);
  double G, slope;
  assay_value R;
  ok(free_check(&semicircle, e));
  ok(free_stieltjes(&semicircle, 2.5, &G, &slope, e));
  near("G", G, (2.5 - sqrt(2.5 * 2.5 - 4)) / 2, 1e-13);
  for (double g = -.9; g < 1; g += .3) {
    ok(free_R(&semicircle, g, &R, &slope, e));
    near("R(g) = g", R.value, g, 1e-12), near("R'(g) = 1", slope, 1, 1e-9);
  }
}

/* R(g) = 1/(1 - c g) up to G at the edge, S(y) = 1/(1 + c y). */
Test(free_law, transforms_of_marchenko_pastur) {
  make(.5);
  assay_value R, S;
  for (double g = -2; g < .8; g += .25) {
    ok(free_R(&mp, g, &R, NULL, e));
    near("R", R.value, 1 / (1 - .5 * g), 1e-11);
  }
  for (double y = -.6; y < 1; y += .2) {
    ok(free_S(&mp, y, &S, e));
    near("S", S.value, 1 / (1 + .5 * y), 1e-11);
  }
}

Test(free_law, inverse_branches_return_and_are_refused_where_there_are_none) {
  assay_error refused = {0};
  assay_value z, R, S;
  double G;
  for (double g = -50; g <= 50; g += 7.3) {
    ok(free_stieltjes_inverse(&points, g, &z, e));
    ok(free_stieltjes(&points, z.value, &G, NULL, e));
    near("G(K(g))", G, g, 1e-10 * fabs(g));
    cr_expect(g > 0 ? z.value > 2.5 : z.value < -.7);
  }
  ok(free_R(&points, 0, &R, NULL, e));
  near("R(0)", R.value, free_moment(&points, 1), 1e-14);
  double slope;
  ok(free_R(&points, .3, &R, &slope, e));
  assay_value up, down;
  ok(free_R(&points, .3001, &up, NULL, e));
  ok(free_R(&points, .2999, &down, NULL, e));
  near("R'", slope, (up.value - down.value) / .0002, 1e-6);
  cr_expect_eq(free_stieltjes(&points, 1, &G, NULL, &refused), ASSAY_DOMAIN);
  cr_expect_eq(free_stieltjes_inverse(&points, 0, &z, &refused), ASSAY_DOMAIN);
  cr_expect_eq(free_S(&points, .3, &S, &refused), ASSAY_DOMAIN,
               "a law with negative points has no S-transform here");
  cr_expect_eq(free_S(&positive, -.8, &S, &refused), ASSAY_DOMAIN, "psi ends at -(1 - weight at 0)");
}

/* Semicircles of variance 1 add to one of variance 2. */
Test(free_law, edge_of_a_sum) {
  make(.5);
  assay_value edge;
  ok(free_sum_edge(&semicircle, &semicircle, &edge, e));
  near("edge", edge.value, 2 * M_SQRT2, 1e-10);
}

/* rho(gamma) is 1/chi_{TL}, whose S-transform is the product. */
Test(free_law, points_of_a_product_multiply_s_transforms) {
  make(.5);
  free_product_point at;
  assay_value a, b;
  for (double gamma = 4.2; gamma < 40; gamma *= 1.7) {
    ok(free_product_at(&positive, &mp, 3, gamma, &at, e));
    double y = gamma / at.eta - 1;
    ok(free_S(&positive, y, &a, e));
    ok(free_S(&mp, y, &b, e));
    near("1/chi", at.rho, (1 + y) / (y * a.value * b.value), 1e-10 * at.rho);
  }
  assay_error refused = {0};
  cr_expect_eq(free_product_at(&positive, &mp, 3, 2.9, &at, &refused), ASSAY_DOMAIN);
}

/* The product of two Marchenko-Pastur laws of ratio 1, the squared singular values of a product of two square
 * Gaussian matrices, ends at 27/4. */
Test(free_law, edge_of_a_product) {
  make(1);
  free_product_point edge;
  int tail;
  ok(free_product_edge(&mp, &mp, 4, &edge, &tail, e));
  near("edge", edge.rho, 6.75, 1e-8);
  cr_expect(!tail);
}
