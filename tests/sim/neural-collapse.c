#include "sim/neural-collapse/neural-collapse.h"

#include <criterion/criterion.h>
#include <math.h>

#include "sim/kernels/lbfgs.h"

/* ---- the minimiser ---- */

static double rosenbrock(const double *x, double *g, void *context) {
  double sum = 0;
  (void)context;
  for (int i = 0; i < 10; i++) g[i] = 0;
  for (int i = 0; i < 9; i++) {
    const double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
    sum += 100 * a * a + b * b;
    g[i] += -400 * a * x[i] - 2 * b;
    g[i + 1] += 200 * a;
  }
  return sum;
}

Test(lbfgs, finds_the_end_of_a_curved_valley) {
  const lbfgs_rule rule = {10, 2000, 1e-9}, short_rule = {10, 3, 1e-9};
  double x[10], room[400];
  lbfgs_report report;
  assay_error error;
  for (int i = 0; i < 10; i++) x[i] = i % 2 ? 1 : -1.2;
  cr_assert_leq(lbfgs_room(10, &rule), 400);
  cr_expect_eq(lbfgs_minimise(rosenbrock, NULL, 10, &short_rule, x, room, &report, &error), ASSAY_NUMERIC);
  cr_assert_eq(lbfgs_minimise(rosenbrock, NULL, 10, &rule, x, room, &report, &error), ASSAY_OK, "%s",
               error.text);
  for (int i = 0; i < 10; i++) cr_expect_float_eq(fabs(x[i]), 1, 1e-7, "%g", x[i]);
  cr_expect(report.gradient < 1e-9 && report.iterations < 500, "%d", report.iterations);
}

/* ---- networks ---- */

Test(neural_collapse, gradients_agree_with_differences) {
  for (int squared = 0; squared < 2; squared++)
    for (int L = 1; L <= 5; L += 2) {
      const neural_collapse_network p = {{3, 2, 0, squared, 0}, .7, .01, .02, L, 1};
      const assay_stream stream = {5, (uint64_t)L};
      assay_error error;
      double worst;
      cr_assert_eq(neural_collapse_check_gradient(&p, &stream, &worst, &error), ASSAY_OK);
      cr_expect_lt(worst, 1e-7, "L = %d: %g", L, worst);
    }
}

Test(neural_collapse, optima_of_free_features_and_of_a_network) {
  const neural_collapse_features p = {{3, 4, 4, false, 0}, .05, 0, 1, false};
  const assay_stream stream = {9, 2};
  neural_collapse_metrics m;
  assay_error error;
  double J;
  cr_assert_eq(neural_collapse_optimise_features(&p, &stream, &J, &m, &error), ASSAY_OK, "%s", error.text);
  cr_expect(m.NC1 < 1e-9 && m.NC2 < 1e-5 && m.NC3 < 1e-9, "%g %g %g", m.NC1, m.NC2, m.NC3);
  const neural_collapse_network network = {{3, 2, 0, false, 0}, M_PI / 4, .005, .005, 4, 4};
  neural_collapse_optimum best;
  cr_assert_eq(neural_collapse_optimise_network(&network, &stream, &best, &error), ASSAY_OK, "%s", error.text);
  cr_expect_float_eq(best.J, .0923760812923, 1e-9, "%.12g", best.J);
  cr_expect_float_eq(best.metrics.NC1, .022948487105, 1e-6, "%.12g", best.metrics.NC1);
}

/* A turn by `angle` costs (p/2) sin(angle)^(2/p). */
Test(neural_collapse, turns_cost_a_power_of_the_sine) {
  for (int p = 1; p <= 4; p++)
    for (int i = 1; i <= 3; i++) {
      const assay_stream stream = {4, (uint64_t)i};
      assay_error error;
      double cost;
      cr_assert_eq(neural_collapse_turn_cost(p, .4 * i, 0, &stream, &cost, &error), ASSAY_OK, "%s", error.text);
      cr_expect_float_eq(cost, p / 2. * pow(sin(.4 * i), 2. / p), 1e-10, "p = %d", p);
    }
}
