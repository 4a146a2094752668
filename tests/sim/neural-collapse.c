#include "sim/neural-collapse/neural-collapse.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/random.h"

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

/* A network on sym data; d is set to what they need. */
static neural_collapse_search search(int K, int n, double phi, double lw, double lb, int L, bool squared) {
  neural_collapse_search p = {.net = {.task = {K, n, 0, squared, 0}, .act = ACTIVATION_LIN, .L = L, .T = n, .lw = lw, .lb = lb},
                              .set = {NEURAL_COLLAPSE_SYM, K, n, 0, phi, squared, 1},
                              .restarts = 4};
  p.net.task.d = p.set.d = neural_collapse_means(&p.set) + neural_collapse_deviations(&p.set);
  return p;
}

/* The largest relative error of directional derivatives against central differences, at x and along random directions. */
static double gradient_error(neural_collapse_pass *pass, size_t n, double *x, random_source *source) {
  double *v = calloc(2 * n, sizeof *v), *g = v + n, worst = 0, width = 1e-6;
  cr_assert(v);
  for (int trial = 0; trial < 3; trial++) {
    double slope = 0, scale = 0;
    random_normals(source, v, n);
    neural_collapse_objective(x, g, pass);
    for (size_t i = 0; i < n; i++) slope += g[i] * v[i], scale += fabs(g[i] * v[i]);
    for (size_t i = 0; i < n; i++) x[i] += width * v[i];
    const double up = neural_collapse_objective(x, g, pass);
    for (size_t i = 0; i < n; i++) x[i] -= 2 * width * v[i];
    const double down = neural_collapse_objective(x, g, pass);
    for (size_t i = 0; i < n; i++) x[i] += width * v[i];
    worst = fmax(worst, fabs((up - down) / (2 * width) - slope) / (fabs(slope) + 1e-2 * scale));
  }
  free(v);
  return worst;
}

/* Every architecture, loss, activation and normalisation at random points. */
Test(neural_collapse, gradients_agree_with_differences) {
  static const activation acts[] = {ACTIVATION_LIN, ACTIVATION_RELU, ACTIVATION_SQUAREPLUS};
  for (int kind = 0; kind < 3 * 3 * 2 * 2 * 2; kind++) {
    neural_collapse_network net = {.task = {3, 4, 6, kind & 1, 0}, .centre = kind & 2, .pixels = kind & 4 ? 9 : 0,
                                   .blocks = (neural_collapse_blocks)(kind / 8 % 3), .act = acts[kind / 24], .L = 3, .T = 4,
                                   .lw = .02, .lb = .03};
    const assay_stream stream = {5, (uint64_t)kind};
    random_source source = random_open(&stream, RANDOM_INIT, 0);
    const size_t n = neural_collapse_unknowns(&net);
    double *x = calloc(n + 12 * 9, sizeof *x);
    neural_collapse_pass pass;
    assay_error error;
    cr_assert(x);
    random_normals(&source, x, n + 12 * 9);
    for (size_t i = 0; i < n; i++) x[i] *= .3;
    cr_assert_eq(neural_collapse_pass_open(&net, x + n, &pass, &error), ASSAY_OK, "%s", error.text);
    const double worst = gradient_error(&pass, n, x, &source);
    cr_expect_lt(worst, 2e-7, "blocks %d, activation %d, kind %d: %g", net.blocks, net.act, kind, worst);
    neural_collapse_pass_close(&pass);
    free(x);
  }
}

/* Corners: all weights zero (ReLU at its kinks after a zero product, equal logits, uniform attention), and no depth. */
Test(neural_collapse, gradients_in_corners) {
  for (int blocks = 0; blocks < 3; blocks++)
    for (int L = 0; L <= 1; L++) {
      neural_collapse_network net = {.task = {3, 2, 4, false, 0}, .blocks = (neural_collapse_blocks)blocks, .act = ACTIVATION_RELU, .L = L,
                                     .T = 2, .lw = .02, .lb = .03};
      const size_t n = neural_collapse_unknowns(&net);
      double *x = calloc(2 * n + 24, sizeof *x), *g = x + n, *inputs = x + 2 * n;
      neural_collapse_pass pass;
      assay_error error;
      for (int i = 0; i < 6; i++) inputs[i * 4 + i % 4] = 1; /* zero coordinates: ReLU at its kink */
      cr_assert_eq(neural_collapse_pass_open(&net, inputs, &pass, &error), ASSAY_OK, "%s", error.text);
      cr_expect_float_eq(neural_collapse_objective(x, g, &pass), log(3), 1e-15);
      /* dU = mean of (1/3 - e_y) h'; nothing moves the blocks while the head is zero */
      const double *dU = g + (size_t)L * neural_collapse_block_size(&net);
      for (size_t i = 0; i < n - 12; i++) cr_expect_eq(g[i], 0);
      for (int c = 0; c < 3; c++)
        for (int j = 0; j < 4; j++) {
          double expected = 0;
          for (int i = 0; i < 6; i++) expected += (1. / 3 - (i / 2 == c)) * inputs[i * 4 + j] / 6;
          cr_expect_float_eq(dU[c * 4 + j], expected, 1e-15);
        }
      neural_collapse_pass_close(&pass);
      free(x);
    }
}

Test(neural_collapse, rows_without_direction_have_no_objective) {
  neural_collapse_network net = {.task = {2, 1, 2, false, 0}, .act = ACTIVATION_LIN, .L = 1, .lw = .01, .lb = .01};
  double inputs[] = {1, 0, 0, 1}, x[8] = {-1, 0, 0, 0}, g[8];
  neural_collapse_pass pass;
  assay_error error;
  cr_assert_eq(neural_collapse_pass_open(&net, inputs, &pass, &error), ASSAY_OK);
  cr_expect_eq(neural_collapse_objective(x, g, &pass), INFINITY); /* the block takes the first sample to 0 */
  for (int i = 0; i < 8; i++) cr_expect_eq(g[i], 0);
  neural_collapse_pass_close(&pass);
  net.centre = true;
  inputs[1] = 1; /* a constant row */
  x[0] = 0;
  cr_assert_eq(neural_collapse_pass_open(&net, inputs, &pass, &error), ASSAY_OK);
  cr_expect_eq(neural_collapse_objective(x, g, &pass), INFINITY);
  neural_collapse_pass_close(&pass);
  net.blocks = NEURAL_COLLAPSE_TX1;
  net.T = 3;
  cr_expect_eq(neural_collapse_pass_open(&net, inputs, &pass, &error), ASSAY_DOMAIN);
  /* one class only: its loss is 0, and there is nothing between classes */
  net = (neural_collapse_network){.task = {1, 2, 2, false, 0}, .act = ACTIVATION_LIN, .L = 1, .lw = .01, .lb = .01};
  neural_collapse_metrics m;
  x[4] = 5;
  cr_assert_eq(neural_collapse_pass_open(&net, inputs, &pass, &error), ASSAY_OK);
  cr_expect_float_eq(neural_collapse_objective(x, g, &pass), .01 / 2 * 25, 1e-15);
  neural_collapse_measure(&net.task, x + 4, neural_collapse_features_of(&pass), &m);
  cr_expect(isnan(m.NC1) && isnan(m.NC2) && m.accuracy == 1);
  neural_collapse_pass_close(&pass);
}

Test(neural_collapse, optima_of_free_features_and_of_a_network) {
  const neural_collapse_features p = {{3, 4, 4, false, 0}, .05, 0, 1, false};
  const assay_stream stream = {9, 2};
  neural_collapse_metrics m;
  assay_error error;
  double J;
  cr_assert_eq(neural_collapse_optimise_features(&p, &stream, &J, &m, &error), ASSAY_OK, "%s", error.text);
  cr_expect(m.NC1 < 1e-9 && m.NC2 < 1e-5 && m.NC3 < 1e-9 && m.accuracy == 1, "%g %g %g", m.NC1, m.NC2, m.NC3);
  const neural_collapse_search network = search(3, 2, M_PI / 4, .005, .005, 4, false);
  neural_collapse_optimum best;
  cr_assert_eq(neural_collapse_optimise_network(&network, &stream, &best, &error), ASSAY_OK, "%s", error.text);
  cr_expect_float_eq(best.J, .0923760812923, 1e-9, "%.12g", best.J);
  cr_expect_float_eq(best.metrics.NC1, .022948487105, 1e-6, "%.12g", best.metrics.NC1);
  cr_expect_lt(best.cv, 1e-4);
}

/* At a wide angle the best network takes one big step, which random starts miss. */
Test(neural_collapse, two_minima_at_a_wide_angle) {
  const assay_stream stream = {9, 3};
  neural_collapse_search p = search(3, 2, 1.4, .005, .005, 5, false);
  neural_collapse_optimum best;
  assay_error error;
  cr_assert_eq(neural_collapse_optimise_network(&p, &stream, &best, &error), ASSAY_OK, "%s", error.text);
  cr_expect_float_eq(best.J, .0970879, 1e-7, "%.12g", best.J);
  p.start = NEURAL_COLLAPSE_CONTRACT;
  p.restarts = 1;
  cr_assert_eq(neural_collapse_optimise_network(&p, &stream, &best, &error), ASSAY_OK, "%s", error.text);
  cr_expect_float_eq(best.J, .0958029629, 1e-9, "%.12g", best.J);
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
