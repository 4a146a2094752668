#include "sim/data-reconstruction/reconstruction.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/data-reconstruction/experiments.h"
#include "sim/kernels/random.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error why = {ASSAY_OK, ""};                                                                        \
    assay_error *e = &why;                                                                                   \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, why.text);                                                 \
  } while (0)

enum { D = 6, N = 2, P = 20 };
static double V[P * D], X[N * D], alpha[N] = {.8, -1.3};

static void draw(void) {
  const assay_stream stream = {3, 4};
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  random_normals(&source, V, P * D), random_normals(&source, X, N * D);
  for (int i = 0; i < N; i++) {
    double norm = 0;
    for (int j = 0; j < D; j++) norm += X[i * D + j] * X[i * D + j];
    for (int j = 0; j < D; j++) X[i * D + j] *= sqrt(D / norm);
  }
}

/* Columns of coefficients are features; every tangent column is a combination of derivatives along the
 * sphere: its sum of squares over an orthonormal basis is that of V projected, whatever the basis. */
Test(reconstruction, jacobian_is_the_derivative_along_the_sphere) {
  double J[P * N * D];
  draw();
  reconstruction_jacobian(ACTIVATION_TANH, V, X, alpha, D, N, P, 1, J);
  for (int j = 0; j < P; j++)
    for (int i = 0; i < N; i++) {
      double z = 0, vv = 0, sum = 0;
      for (int q = 0; q < D; q++) z += V[j * D + q] * X[i * D + q], vv += V[j * D + q] * V[j * D + q];
      cr_expect_float_eq(J[j * N * D + i], tanh(z), 1e-13);
      for (int q = 0; q < D - 1; q++) sum += pow(J[j * N * D + N + i * (D - 1) + q], 2);
      double slope = alpha[i] * (1 - tanh(z) * tanh(z));
      cr_expect_float_eq(sum, slope * slope * (vv - z * z / D), 1e-12);
    }
}

/* Zero loss at the truth in any order and, for an odd activation, with any signs; recovery from a point near
 * it. */
Test(reconstruction, finds_the_training_set_from_nearby) {
  draw();
  assay_error error;
  const double Y[N] = {1, -1};
  reconstruction *run = reconstruction_new(ACTIVATION_TANH, D, N, P, &error);
  ok(reconstruction_train(run, V, X, Y, e));
  double Xh[N * D];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < D; j++) Xh[i * D + j] = (i ? 1 : -1) * X[(1 - i) * D + j];
  cr_expect_lt(reconstruction_solve(run, Xh, 0, 0), 1e-25);
  cr_expect_lt(reconstruction_error(run, Xh), 1e-14);
  for (int i = 0; i < N; i++) {
    double norm = 0;
    for (int j = 0; j < D; j++) Xh[i * D + j] += .1 * sin(3 * i + j), norm += Xh[i * D + j] * Xh[i * D + j];
    for (int j = 0; j < D; j++) Xh[i * D + j] *= sqrt(D / norm);
  }
  cr_expect_gt(reconstruction_error(run, Xh), 1e-2);
  cr_expect_lt(reconstruction_solve(run, Xh, 1e-24, 200), 1e-20);
  cr_expect_lt(reconstruction_error(run, Xh), 1e-8);
  reconstruction_free(run);
}

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int width;
} all[] = {
    {&data_reconstruction_feature_products, "act=tanh rho=.3 p=50", 1},
    {&data_reconstruction_label_fit, "act=relu d=5 n=8 p=4", 1},
    {&data_reconstruction_residual, "act=relu G=1,.2,.2,1 g=.1,.3 p=40", 1},
    {&data_reconstruction_span, "act=relu+erf d=8 n=12 t=.3,2", 4},
    {&data_reconstruction_tangent_span, "act=relu rho=.3 d=5 p=40", 1},
    {&data_reconstruction_jacobian, "act=tanh d=5 n=2 p=12 C=2", 2},
    {&data_reconstruction_null_share, "act=tanh d=5 n=2 p=6", 1},
    {&data_reconstruction_noise_matrix, "act=abs d=5 n=2 p=30", 1},
    {&data_reconstruction_candidate_loss, "act=relu X=2,0,0,0,1,1,1,1 Y=1,.5 Xhat=1,1,1,-1,0,2,0,0 p=40", 1},
    {&data_reconstruction_best_start, "act=tanh d=4 n=2 p=24 starts=2", 3},
    {&data_reconstruction_span_points, "act=tanh d=4 n=2 p=5 starts=6", 1}};

static void run(int i, uint64_t replicate, double *out) {
  assay_error error = {ASSAY_OK, ""};
  const assay_experiment *x = all[i].experiment;
  assay_call *call = assay_call_new(x->params, x->records, &error);
  cr_assert_not_null(call, "%s", error.text);
  char text[512], *save = NULL;
  snprintf(text, sizeof text, "%s", all[i].point);
  for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    *equals = 0;
    cr_assert_eq(assay_set_text(call, word, equals + 1, true, &error), ASSAY_OK, "%s", error.text);
  }
  void *state = NULL;
  const assay_stream stream = {77, replicate};
  cr_assert_eq(x->open(call, &state), ASSAY_OK, "%s", assay_call_error(call)->text);
  cr_assert_eq(x->replicate(call, state, &stream, out), ASSAY_OK, "%s", assay_call_error(call)->text);
  if (x->close) x->close(state);
  assay_call_free(call);
}

Test(data_reconstruction, experiments_repeat_themselves) {
  for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
    double first[8], again[8];
    run(i, 1, first), run(i, 1, again);
    for (int k = 0; k < all[i].width; k++)
      cr_expect(isfinite(first[k]) && first[k] == again[k], "%s", all[i].experiment->id);
  }
}
