#include "model/clipping.h"

#include <criterion/criterion.h>
#include <gsl/gsl_integration.h>
#include <math.h>

/* E r^2 g(|r|) / E r^2 for r ~ N(0,1), g = min(1, a/|r|)^power: the definitions, with no use of their closed
 * forms. Stein's identity makes the first the probability of |r| < a. */
typedef struct {
  double a;
  int power;
} moment;

static double integrand(double r, void *data) {
  const moment *m = data;
  return 2 * r * r * pow(fmin(1, m->a / r), m->power) * exp(-r * r / 2) / sqrt(2 * M_PI);
}

static double by_quadrature(double a, int power) {
  gsl_integration_workspace *workspace = gsl_integration_workspace_alloc(1000);
  gsl_function f = {integrand, &(moment){a, power}};
  double total = 0, part, error;
  const double edges[] = {0, fmin(a, 39), 40}; /* a kink at a */
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(gsl_integration_qag(&f, edges[i], edges[i + 1], 0, 1e-13, 1000, 6, workspace, &part, &error),
                 0);
    total += part;
  }
  gsl_integration_workspace_free(workspace);
  return total;
}

Test(clipping, factors_agree_with_their_definitions) {
  for (double a = 1e-3; a < 30; a *= 1.37)
    for (double P = 0.1; P < 20; P *= 11) {
      const double c = a * sqrt(2 * P), mu = by_quadrature(a, 1), nu = by_quadrature(a, 2);
      cr_expect_float_eq(clipping_mu(c, P), mu, 1e-12 * mu, "mu at a = %g", a);
      cr_expect_float_eq(clipping_nu(c, P), nu, 1e-12 * nu, "nu at a = %g", a);
    }
}

Test(clipping, factors_have_their_limits_and_order) {
  for (double a = 1e-150; a < 1e150; a *= 10) {
    const double mu = clipping_mu(a, 0.5), nu = clipping_nu(a, 0.5);
    cr_expect(mu * mu <= nu * (1 + 1e-14) && nu <= mu * (1 + 1e-14) && mu <= 1, "a = %g", a);
    if (a < 1e-9) {
      cr_expect_float_eq(mu / a, sqrt(2 / M_PI), 1e-8);
      cr_expect_float_eq(nu / a / a, 1, 1e-8);
    }
  }
  cr_expect_eq(clipping_mu(INFINITY, 0.5), 1);
  cr_expect_eq(clipping_nu(INFINITY, 0.5), 1);
}

/* At a = 1 the series hands over to the closed form. */
Test(clipping, nu_is_smooth_where_its_formula_changes) {
  const double below = clipping_nu(1 - 1e-9, 0.5), above = clipping_nu(1 + 1e-9, 0.5);
  const double slope = 2 * erfc(M_SQRT1_2); /* d nu/da = 2 a erfc(a/sqrt 2) */
  cr_expect_float_eq(above - below, 2e-9 * slope, 2e-15);
}

Test(clipping, arguments_outside_the_domain_give_nan) {
  cr_expect(isnan(clipping_mu(0, 1)) && isnan(clipping_nu(0, 1)));
  cr_expect(isnan(clipping_mu(1, 0)) && isnan(clipping_nu(1, -1)));
  cr_expect(isnan(clipping_nu(NAN, 1)) && isnan(clipping_mu(1, NAN)));
}
