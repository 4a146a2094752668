#include "sim/finetune-diagonal/finetune-diagonal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/finetune-diagonal/experiments.h"
#include "sim/kernels/basis_pursuit.h"
#include "sim/kernels/gradient_flow.h"
#include "sim/kernels/hypentropy.h"
#include "sim/kernels/least_squares.h"
#include "sim/kernels/random.h"
#include "tests/sim/experiment.h"

static const assay_stream stream = {12345, 6};

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

enum { N = 12, D = 30 };
static double X[N * D], y[N], b[D], other[D], kappa[D], beta0[D];

static void draw(void) {
  random_source source = random_open(&stream, RANDOM_DESIGN, 7);
  random_normals(&source, X, N * D);
  random_normals(&source, y, N);
}

static double residual(const double *beta) {
  double sum = 0;
  for (int k = 0; k < N; k++) {
    double r = -y[k];
    for (int i = 0; i < D; i++) r += X[k * D + i] * beta[i];
    sum += r * r;
  }
  return sqrt(sum);
}

/* ---- kernels ---- */

/* The gradient of the divergence at the solution lies in the row space: a step inside the null space does not
 * lower it. */
Test(kernels, hypentropy_is_least_among_interpolators) {
  draw();
  for (int small = 0; small < 2; small++) {
    for (int i = 0; i < D; i++)
      kappa[i] = small ? pow(10, -2 - i % 5) : 1 + i % 3, beta0[i] = small ? 0 : 0.1 * i;
    assay_error why;
    hypentropy *solver = hypentropy_new(N, D, &why);
    ok(hypentropy_solve(solver, X, y, kappa, beta0, b, e));
    hypentropy_free(solver);
    cr_expect_lt(residual(b), 1e-9);
    double slope[D], fit[N], projected[D];
    for (int i = 0; i < D; i++) slope[i] = asinh(b[i] / kappa[i]) - asinh(beta0[i] / kappa[i]);
    for (int k = 0; k < N; k++) {
      fit[k] = 0;
      for (int i = 0; i < D; i++) fit[k] += X[k * D + i] * slope[i];
    }
    ok(least_norm(N, D, X, fit, NULL, projected, e));
    for (int i = 0; i < D; i++) cr_expect_float_eq(projected[i], slope[i], 1e-8);
  }
}

/* Large kappa: the weighted least norm. Small kappa: basis pursuit. */
Test(kernels, hypentropy_has_both_limits) {
  draw();
  double w[D], one[D];
  assay_error why;
  hypentropy *solver = hypentropy_new(N, D, &why);
  for (int i = 0; i < D; i++) w[i] = 1 + i % 3, kappa[i] = 1e5 * w[i], one[i] = 1;
  ok(hypentropy_solve(solver, X, y, kappa, NULL, b, e));
  ok(least_norm(N, D, X, y, w, other, e));
  for (int i = 0; i < D; i++) cr_expect_float_eq(b[i], other[i], 1e-8);
  for (int i = 0; i < D; i++) kappa[i] = 1e-60;
  ok(hypentropy_solve(solver, X, y, kappa, NULL, b, e));
  ok(basis_pursuit(N, D, X, y, one, other, e));
  for (int i = 0; i < D; i++) cr_expect_float_eq(b[i], other[i], 0.05);
  hypentropy_free(solver);
}

/* A problem in other units, beyond single precision's range, has the same solution in those units. */
Test(kernels, hypentropy_has_no_units) {
  draw();
  assay_error why;
  hypentropy *solver = hypentropy_new(N, D, &why);
  for (int i = 0; i < D; i++) kappa[i] = 1 + i % 4;
  ok(hypentropy_solve(solver, X, y, kappa, NULL, b, e));
  for (int i = 0; i < D; i++) kappa[i] *= 1e50;
  for (int k = 0; k < N; k++) y[k] *= 1e50;
  ok(hypentropy_solve(solver, X, y, kappa, NULL, other, e));
  for (int i = 0; i < D; i++) cr_expect_float_eq(1e-50 * other[i], b[i], 1e-9);
  hypentropy_free(solver);
}

/* Optimality: |X'nu|_i <= w_i, so no other interpolator has a lower norm; tried on random ones. At most N
 * coordinates are used. */
Test(kernels, basis_pursuit_is_least_and_sparse) {
  draw();
  double w[D], value = 0, at;
  int used = 0;
  for (int i = 0; i < D; i++) w[i] = 1 + 0.5 * (i % 4);
  ok(basis_pursuit(N, D, X, y, w, b, e));
  cr_expect_lt(residual(b), 1e-7);
  for (int i = 0; i < D; i++) value += w[i] * fabs(b[i]), used += fabs(b[i]) > 1e-6;
  cr_expect_leq(used, N);
  for (int seed = 1; seed < 20; seed++) {
    double weights[D];
    for (int i = 0; i < D; i++) weights[i] = 1 + (seed * (i + 7)) % 11;
    ok(least_norm(N, D, X, y, weights, other, e));
    at = 0;
    for (int i = 0; i < D; i++) at += w[i] * fabs(other[i]);
    cr_expect_geq(at, value);
  }
}

static void decay(const double *w, double *out, void *context) {
  (void)context;
  out[0] = -1000 * w[0], out[1] = -w[1];
}
static bool small(const double *w, void *context) {
  (void)context;
  return fabs(w[1]) < 1e-6;
}

Test(kernels, gradient_flow_of_a_stiff_system) {
  gradient_flow_problem problem = {.n = 2, .f = decay, .done = small, .rtol = 1e-10, .atol = 1e-14};
  double w[2] = {1, 1}, t;
  assay_error why;
  gradient_flow *flow = gradient_flow_new(&problem, w, &why);
  ok(gradient_flow_to(flow, 1, w, e));
  cr_expect_float_eq(w[1], exp(-1), 1e-8);
  ok(gradient_flow_finish(flow, w, &t, e));
  cr_expect(t > 13.8 && t < 20);
  cr_expect_eq(gradient_flow_to(flow, 1, w, &why), ASSAY_DOMAIN);
  gradient_flow_free(flow);
}

/* ---- weights ---- */

/* The closed form of learned weights has the start's conserved quantities and the value b. */
Test(finetune_diagonal, learned_weights_keep_what_the_flow_conserves) {
  finetune_diagonal_init init = {.c = .3, .lambda = -.7, .gamma = .2, .reset = FINETUNE_DIAGONAL_KEEP};
  double value[] = {0, 1.5, -2, 1e-3}, w[16], k[4], b0[4];
  finetune_diagonal_learned(&init, value, 4, w);
  finetune_diagonal_conserved(w, 4, k, b0);
  for (int i = 0; i < 4; i++) {
    cr_expect_float_eq(b0[i], value[i], 1e-14);
    cr_expect_float_eq(k[i], .3, 1e-14);
    cr_expect_float_eq(w[i] * w[i] - w[4 + i] * w[4 + i], -.21, 1e-14);
    cr_expect_float_eq(w[8 + i] * w[8 + i] - w[12 + i] * w[12 + i], -.21, 1e-14);
  }
  finetune_diagonal_renew(&init, 4, w);
  for (int i = 0; i < 4; i++) cr_expect(w[4 + i] == .2 && w[12 + i] == .2);
}

static void nothing(int time, const double *w, void *context) {
  (void)time, (void)w, (void)context;
}

/* The network's limit is the dual's, whatever lambda. */
Test(finetune_diagonal, network_and_dual_end_at_one_point) {
  double data[10 * 24], label[10], teacher[24] = {1, -1, 1, 1, -1}, w[96], limit[2][24], dual[24], k[24];
  finetune_diagonal_draw(&stream, 0, teacher, 0, 10, 24, data, label);
  finetune_diagonal_data set = {10, 24, data, label};
  for (int arm = 0; arm < 2; arm++) {
    finetune_diagonal_init init = {.c = .1, .lambda = arm ? .9 : -.9};
    finetune_diagonal_start(&init, 24, w);
    ok(finetune_diagonal_flow(&set, w, NULL, 0, nothing, NULL, e));
    finetune_diagonal_coefficients(w, 24, limit[arm]);
  }
  assay_error why;
  hypentropy *solver = hypentropy_new(10, 24, &why);
  for (int i = 0; i < 24; i++) k[i] = .1;
  ok(hypentropy_solve(solver, data, label, k, NULL, dual, e));
  hypentropy_free(solver);
  for (int i = 0; i < 24; i++)
    cr_expect(fabs(limit[0][i] - limit[1][i]) < 1e-7 && fabs(limit[0][i] - dual[i]) < 1e-7, "coordinate %d",
              i);
}

/* ---- experiments ---- */

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int width;
} all[] = {{&finetune_diagonal_network_pretraining, "d=12 n=5 c=.2 lambda=-.3 active=3", 9},
           {&finetune_diagonal_network_finetuning, "d=12 n=24 n_ft=4 c=.2 gamma=.2 reset=keep active=3", 3},
           {&finetune_diagonal_network_descent, "d=12 n=5 c=.2 h=.1 active=3 time=10", 2},
           {&finetune_diagonal_scalar, "u_plus=.5 v_plus=.2 u_minus=.1 v_minus=.2 Y=2", 1},
           {&finetune_diagonal_dual_pretraining, "d=40 n=16 rho=.2 m_pt=1 c=.1", 2},
           {&finetune_diagonal_dual_finetuning,
            "d=40 n_pt=20 n_ft=8 rho_both=.1 rho_pt=.1 rho_ft=.1 m_pt=1 m_ft=2 c=.1 gamma=.1", 2},
           {&finetune_diagonal_flow_against_dual, "d=12 n_pt=5 rho_pt=.2 c=.1 lambda=-.5", 1},
           {&finetune_diagonal_weighted_norm, "d=40 n=16 p=.2,.8 beta=1,0 w=1,.5", 1},
           {&finetune_diagonal_weighted_pursuit, "d=40 n=16 pi=1 s=.1 w=1", 1}};

Test(finetune_diagonal, experiments_repeat_themselves) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    expect_repeats(all[i].experiment, all[i].point, 3, all[i].width);
}

Test(finetune_diagonal, points_outside_the_domain_are_refused_with_a_reason) {
  static const struct {
    const assay_experiment *experiment;
    const char *point, *part;
  } refused[] = {{&finetune_diagonal_dual_pretraining, "d=10 n=10 rho=.2 m_pt=1 c=.1", "n = 10"},
                 {&finetune_diagonal_network_pretraining, "d=4 n=2 c=.1 active=4", "active = 4"},
                 {&finetune_diagonal_weighted_norm, "d=10 n=4 p=1 beta=1,2 w=1", "1, 2 and 1"},
                 {&finetune_diagonal_weighted_pursuit, "d=10 n=10 pi=1 s=.1 w=1", "n = 10"},
                 {&finetune_diagonal_dual_finetuning,
                  "d=10 n_ft=4 rho_both=.6 rho_pt=.6 rho_ft=0 m_pt=1 m_ft=1 c=1 gamma=1", "rho_both"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    expect_refused(refused[i].experiment, refused[i].point, refused[i].part);
}

/* Kappa of the product is seen, that of the sum of squares is not: flow and dual agree through both stages.
 */
Test(finetune_diagonal, flow_and_dual_agree_in_both_stages) {
  static const char *const point =
      "d=20 n_pt=12 n_ft=5 rho_both=.1 rho_pt=.1 rho_ft=.1 m_pt=1 m_ft=1 c=.1 lambda=.8 gamma=.2 reset=keep";
  double right, wrong;
  char text[256];
  assay_error error = {ASSAY_OK, ""};
  cr_assert_eq(run_experiment(&finetune_diagonal_flow_against_dual, point, 0, 1, 1, &right, &error), ASSAY_OK,
               "%s", error.text);
  cr_expect_lt(right, 1e-7);
  snprintf(text, sizeof text, "%s penalty=product", point);
  cr_assert_eq(run_experiment(&finetune_diagonal_flow_against_dual, text, 0, 1, 1, &wrong, &error), ASSAY_OK,
               "%s", error.text);
  cr_expect_gt(wrong, 1e-4);
}
