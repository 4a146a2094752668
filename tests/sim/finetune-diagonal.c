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
           {&finetune_diagonal_weighted_norm, "d=40 n=16 p=.2,.8 beta=1,0 w=1,.5", 1},
           {&finetune_diagonal_weighted_pursuit, "d=40 n=16 pi=1 s=.1 w=1", 1}};

/* Runs replicates 0..count-1 at a point "name=value name=value"; returns the last status. */
static assay_status run(const assay_experiment *x, const char *point, int count, double *out, int width,
                        assay_error *error) {
  assay_call *call = assay_call_new(x->params, x->records, error);
  cr_assert_not_null(call, "%s", error->text);
  char text[512], *save = NULL;
  snprintf(text, sizeof text, "%s", point);
  for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    *equals = 0;
    cr_assert_eq(assay_set_text(call, word, equals + 1, true, error), ASSAY_OK, "%s", error->text);
  }
  void *state = NULL;
  assay_status status = x->open(call, &state);
  for (int r = 0; r < count && status == ASSAY_OK; r++) {
    assay_stream s = {99, (uint64_t)r};
    status = x->replicate(call, state, &s, out + r * width);
  }
  snprintf(error->text, sizeof error->text, "%s", assay_call_error(call)->text);
  if (x->close) x->close(state);
  assay_call_free(call);
  return status;
}

Test(finetune_diagonal, experiments_repeat_themselves) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    double first[4 * 9], again[4 * 9];
    assay_error error = {ASSAY_OK, ""};
    cr_assert_eq(run(all[i].experiment, all[i].point, 3, first, all[i].width, &error), ASSAY_OK, "%s: %s",
                 all[i].experiment->id, error.text);
    cr_assert_eq(run(all[i].experiment, all[i].point, 3, again, all[i].width, &error), ASSAY_OK, "%s",
                 error.text);
    for (int k = 0; k < 3 * all[i].width; k++)
      cr_expect(isfinite(first[k]) && first[k] == again[k], "%s", all[i].experiment->id);
  }
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
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    double out[16];
    assay_error error = {ASSAY_OK, ""};
    cr_expect_eq(run(refused[i].experiment, refused[i].point, 1, out, 9, &error), ASSAY_DOMAIN);
    cr_expect(strstr(error.text, refused[i].part) != NULL, "\"%s\" lacks \"%s\"", error.text,
              refused[i].part);
  }
}
