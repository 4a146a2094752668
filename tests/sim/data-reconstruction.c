#include "sim/data-reconstruction/reconstruction.h"

#include <cblas.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/data-reconstruction/experiments.h"
#include "sim/data-reconstruction/inversion.h"
#include "sim/data-reconstruction/network.h"
#include "sim/kernels/lbfgs.h"
#include "sim/kernels/random.h"
#include "sim/kernels/thin_qr.h"
#include "tests/sim/experiment.h"

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
/* A = Q R by rows, Q orthonormal to rounding however dependent the rows are; the longest first; what is left
 * of a vector is orthogonal to Q, and its parts add up. */
Test(kernels, thin_qr_is_orthonormal_and_gives_back_the_rows) {
  enum { COLUMNS = 5, LONG = 37 };
  double A[COLUMNS * LONG], Q[COLUMNS * LONG], R[COLUMNS * COLUMNS], r[LONG], left[LONG], c[COLUMNS];
  random_source source = random_open(&(assay_stream){5, 0}, RANDOM_MATRIX, 0);
  for (int dependent = 0; dependent < 2; dependent++)
    for (int pivoted = 0; pivoted < 2; pivoted++) {
      int order[COLUMNS] = {0, 1, 2, 3, 4};
      random_normals(&source, A, COLUMNS * LONG), random_normals(&source, r, LONG);
      for (int i = 0; dependent && i < LONG; i++) A[3 * LONG + i] = A[i] + 1e-7 * A[3 * LONG + i];
      memcpy(Q, A, sizeof A), memcpy(left, r, sizeof r);
      cr_assert_eq(thin_qr(COLUMNS, LONG, Q, 1e-11, R, pivoted ? order : NULL), COLUMNS);
      thin_qr_project(COLUMNS, LONG, Q, left, c);
      for (int k = 0; k < LONG; k++) {
        double sum = left[k];
        for (int i = 0; i < COLUMNS; i++) sum += c[i] * Q[i * LONG + k];
        cr_expect_float_eq(sum, r[k], 1e-14);
        for (int j = 0; j < COLUMNS; j++) {
          double row = 0;
          for (int i = 0; i <= j; i++) row += R[i * COLUMNS + j] * Q[i * LONG + k];
          cr_expect_float_eq(row, A[order[j] * LONG + k], 1e-13);
        }
      }
      for (int i = 0; i < COLUMNS; i++) {
        cr_expect_float_eq(cblas_ddot(LONG, Q + i * LONG, 1, left, 1), 0, 1e-14);
        for (int j = 0; j < COLUMNS; j++)
          cr_expect_float_eq(cblas_ddot(LONG, Q + i * LONG, 1, Q + j * LONG, 1), i == j, 1e-14);
        if (pivoted && i) cr_expect_leq(R[i * COLUMNS + i], R[(i - 1) * COLUMNS + i - 1] * (1 + 1e-12));
      }
    }
  memcpy(A + 2 * LONG, A, LONG * sizeof *A);
  int order[COLUMNS];
  memcpy(Q, A, sizeof A);
  cr_expect_eq(thin_qr(COLUMNS, LONG, Q, 1e-5, R, order), COLUMNS - 2, "rows 2 and 3 are row 0");
  A[7] = NAN, memcpy(Q, A, sizeof A);
  cr_expect_eq(thin_qr(COLUMNS, LONG, Q, 0, R, NULL), -1);
}

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
    {&data_reconstruction_span, "act=relu+erf d=8 n=12 t=.3,2 also=kappa", 6},
    {&data_reconstruction_span_features, "act=tanh d=8 n=6 p=20 t=.3,2", 4},
    {&data_reconstruction_least_width_search, "act=tanh d=4 n=2", 3},
    {&data_reconstruction_perturbed, "act=tanh d=5 n=2 p=6", 1},
    {&data_reconstruction_noisy_parameters, "act=abs d=5 n=1 p=12", 1},
    {&data_reconstruction_trained_network, "d=5 n=2 w=40 starts=1", 5},
    {&data_reconstruction_trained_network, "arch=residual h=1 d=4 n=2 w=16 starts=1", 5},
    {&data_reconstruction_tangent_span, "act=relu rho=.3 d=5 p=40", 1},
    {&data_reconstruction_jacobian, "act=tanh d=5 n=2 p=12 C=2", 3},
    {&data_reconstruction_null_share, "act=tanh d=5 n=2 p=6 at=.3,.6", 4},
    {&data_reconstruction_noise_matrix, "act=abs d=5 n=2 p=30", 1},
    {&data_reconstruction_candidate_loss, "act=relu X=2,0,0,0,1,1,1,1 Y=1,.5 Xhat=1,1,1,-1,0,2,0,0 p=40", 1},
    {&data_reconstruction_best_start, "act=tanh d=4 n=2 p=24 starts=2", 3},
    {&data_reconstruction_span_points, "act=tanh d=4 n=2 p=5 starts=6", 1}};

Test(data_reconstruction, experiments_repeat_themselves) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    expect_repeats(all[i].experiment, all[i].point, 2, all[i].width);
}

Test(data_reconstruction, points_outside_the_domain_are_refused_with_a_reason) {
  expect_refused(&data_reconstruction_jacobian, "act=relu d=5 n=2", "p or counts");
  expect_refused(&data_reconstruction_jacobian, "act=relu d=5 n=2 counts=1,2", "2^n");
  expect_refused(&data_reconstruction_span_features, "act=relu d=8 n=12 p=12 t=1", "p = 12");
  expect_refused(&data_reconstruction_trained_network, "d=5 n=3 w=2", "w = 2");
  expect_refused(&data_reconstruction_best_start, "act=tanh d=4 n=2 p=3", "p >= n + 2");
}

/* ---- ranks ---- */

/* Twice the dimension or twice the samples, twice the width. */
Test(data_reconstruction, least_widths_are_nd) {
  double out[6];
  assay_error error;
  cr_assert_eq(
      run_experiment(&data_reconstruction_least_width_search, "act=tanh d=5 n=2", 0, 2, 3, out, &error),
      ASSAY_OK, "%s", error.text);
  for (int r = 0; r < 2; r++) {
    cr_expect_eq(out[3 * r], 10);
    cr_expect_float_eq(out[3 * r + 1], 1, 1e-12);
    cr_expect_float_eq(out[3 * r + 2], 1, 1e-12);
  }
}

/* Three features are on at the first sample alone, ten nowhere: 3 + 6 directions of 12. */
Test(data_reconstruction, features_of_given_sign_patterns) {
  double out[3];
  assay_error error;
  cr_assert_eq(run_experiment(&data_reconstruction_jacobian, "act=relu d=6 n=2 counts=10,3,20,0", 0, 1, 3,
                              out, &error),
               ASSAY_OK, "%s", error.text);
  cr_expect_eq(out[0], 9);
  cr_expect_gt(out[2], 3);
}

/* ---- inversion ---- */

enum { SAMPLES = 3, INPUTS = 5, FEATURES = 14 };

static void central_differences(inversion *run, const double *theta, const double *Xh) {
  double gradient[SAMPLES * INPUTS], moved[SAMPLES * INPUTS];
  inversion_loss(run, theta, Xh, gradient);
  for (int i = 0; i < SAMPLES * INPUTS; i++) {
    const double step = 1e-5;
    memcpy(moved, Xh, sizeof moved);
    moved[i] += step;
    double up = inversion_loss(run, theta, moved, NULL);
    moved[i] -= 2 * step;
    double down = inversion_loss(run, theta, moved, NULL);
    cr_expect_float_eq(gradient[i], (up - down) / (2 * step), 1e-8, "entry %d: %.12g, differences %.12g", i,
                       gradient[i], (up - down) / (2 * step));
  }
}

Test(inversion, gradient_of_random_features) {
  const assay_stream stream = {5, 1};
  double W[FEATURES * INPUTS], theta[FEATURES], Xh[SAMPLES * INPUTS];
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  random_normals(&source, W, FEATURES * INPUTS), random_normals(&source, theta, FEATURES);
  random_normals(&source, Xh, SAMPLES * INPUTS);
  assay_error error;
  feature_map map;
  random_features *features =
      random_features_new(ACTIVATION_RELU_ERF, W, SAMPLES, INPUTS, FEATURES, &map, &error);
  inversion *run = inversion_new(&map, SAMPLES, &error);
  central_differences(run, theta, Xh);
  /* Coinciding candidates have dependent features: the loss is that of one of them. */
  double twice[2 * INPUTS], Phi;
  memcpy(twice, Xh, INPUTS * sizeof *Xh), memcpy(twice + INPUTS, Xh, INPUTS * sizeof *Xh);
  inversion *two = inversion_new(&map, 2, &error), *one = inversion_new(&map, 1, &error);
  Phi = inversion_loss(one, theta, Xh, NULL);
  cr_expect_float_eq(inversion_loss(two, theta, twice, NULL), Phi, 1e-12);
  inversion_free(two), inversion_free(one), inversion_free(run);
  random_features_free(features);
}

static const assay_param no_params[] = {{0}};
static const assay_observable no_records[] = {{0}};

/* Both architectures: the derivatives by the weights and, through the inversion, by the inputs. */
Test(network, gradients_are_central_differences) {
  const assay_stream stream = {5, 2};
  for (int arch = NETWORK_TWO_LAYER; arch <= NETWORK_RESIDUAL; arch++) {
    assay_error error;
    assay_call *call = assay_call_new(no_params, no_records, &error);
    network net;
    double inputs[SAMPLES * INPUTS], theta[FEATURES];
    const double Y[SAMPLES] = {1, -1, 1};
    random_source source = random_open(&stream, RANDOM_DESIGN, 1);
    random_normals(&source, inputs, SAMPLES * INPUTS), random_normals(&source, theta, FEATURES);
    cr_assert_eq(network_open(call, (network_arch)arch, SAMPLES, INPUTS, FEATURES, &net), ASSAY_OK);
    network_draw(&net, &stream, 1);
    network_loss(&net, inputs, Y);
    double *slope = malloc(net.size * sizeof *slope);
    memcpy(slope, net.slope, net.size * sizeof *slope);
    for (size_t i = 0; i < net.size; i += 7) {
      const double step = 1e-5, keep = net.weights[i];
      net.weights[i] = keep + step;
      double up = network_loss(&net, inputs, Y);
      net.weights[i] = keep - step;
      double down = network_loss(&net, inputs, Y);
      net.weights[i] = keep;
      cr_expect_float_eq(slope[i], (up - down) / (2 * step), 1e-7, "weight %zu of network %d", i, arch);
    }
    free(slope);
    feature_map map = network_features(&net);
    inversion *run = inversion_new(&map, SAMPLES, &error);
    central_differences(run, theta, inputs);
    inversion_free(run);
    double mse;
    ok(network_train(&net, inputs, Y, arch ? .06 : .2, 1e-12, 20000, &mse, e));
    cr_expect_lt(mse, 1e-12);
    assay_error slow = {ASSAY_OK, ""};
    network_draw(&net, &stream, 1);
    cr_expect_eq(network_train(&net, inputs, Y, .2, 1e-12, 3, &mse, &slow), ASSAY_NUMERIC);
    cr_expect(strstr(slow.text, "3 steps"));
    assay_call_free(call);
  }
}

static double bowl(const double *x, double *gradient, void *context) {
  (void)context;
  gradient[0] = 2 * x[0], gradient[1] = 20 * x[1];
  return x[0] * x[0] + 10 * x[1] * x[1];
}

Test(lbfgs, stops_where_the_value_is_small_enough) {
  const lbfgs_rule rule = {5, 100, 1e-12};
  double x[2] = {3, -2}, room[64];
  cr_assert_leq(lbfgs_room(2, &rule), 64);
  lbfgs_report early = lbfgs_until(bowl, NULL, 2, &rule, 1e-3, x, room);
  cr_expect(early.value < 1e-3 && early.value > 0);
  lbfgs_report late = lbfgs_until(bowl, NULL, 2, &rule, 1e-30, x, room);
  cr_expect(late.value < early.value && late.iterations <= 100);
}

/* Gauss-Newton of least norm ends at a zero of the loss near the start, not at the start. */
Test(reconstruction, corrections_end_on_the_solutions) {
  enum { FEW = 7 };
  draw();
  assay_error error;
  const double Y[N] = {1, -1};
  double kick[N * (D - 1)], Xh[N * D], moved = 0;
  for (int i = 0; i < N * (D - 1); i++) kick[i] = 1e-3 * cos(i);
  reconstruction *run = reconstruction_new(ACTIVATION_TANH, D, N, FEW, &error);
  ok(reconstruction_train(run, V, X, Y, e));
  memcpy(Xh, X, sizeof Xh);
  reconstruction_move(run, kick, Xh);
  ok(reconstruction_correct(run, Xh, 6, 1e-7, e));
  for (int i = 0; i < N * D; i++) moved = fmax(moved, fabs(Xh[i] - X[i]));
  cr_expect(moved > 1e-5 && moved < 1e-2, "moved by %g", moved);
  cr_expect_lt(reconstruction_solve(run, Xh, 0, 0), 1e-20);
  reconstruction_free(run);
}
