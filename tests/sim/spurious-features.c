#include "sim/spurious-features/experiments.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/conjugate_gradients.h"
#include "sim/kernels/least_squares.h"
#include "sim/kernels/random.h"
#include "sim/kernels/ridge_path.h"
#include "sim/spurious-features/problem.h"
#include "tests/sim/experiment.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error why = {ASSAY_OK, ""};                                                                        \
    assay_error *e = &why;                                                                                   \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, why.text);                                                 \
  } while (0)

/* ---- kernels ---- */

enum { D = 12, MOST = 20 };

static void draw_design(int n, double *Z, double *g) {
  random_source source = random_open(&(assay_stream){5, 6}, RANDOM_DESIGN, 0);
  random_normals(&source, Z, (size_t)n * D), random_normals(&source, g, (size_t)n);
}

/* out = (Z'Z + n lambda) b. */
static void normal_matrix(int n, const double *Z, double lambda, const double *b, double *out) {
  for (int i = 0; i < D; i++) out[i] = n * lambda * b[i];
  for (int k = 0; k < n; k++) {
    double fit = 0;
    for (int j = 0; j < D; j++) fit += Z[k * D + j] * b[j];
    for (int i = 0; i < D; i++) out[i] += Z[k * D + i] * fit;
  }
}
static void right_side(int n, const double *Z, const double *g, double *out) {
  for (int i = 0; i < D; i++) {
    out[i] = 0;
    for (int k = 0; k < n; k++) out[i] += Z[k * D + i] * g[k];
  }
}
static void agree(const double *a, const double *b, int n, double tolerance) {
  for (int i = 0; i < n; i++) cr_expect_float_eq(a[i], b[i], tolerance, "%d: %.15g, %.15g", i, a[i], b[i]);
}

/* hat solves the normal equations and slope is its derivative; the trace is what the solutions of unit
 * vectors give; above and below n = D, by a tridiagonal form and by eigenvectors. */
Test(kernels, ridge_path_solves_the_normal_equations) {
  for (int n = 8; n <= 20; n += 12)
    for (int eigenvectors = 0; eigenvectors < 2; eigenvectors++) {
      double Z[MOST * D], g[MOST], hats[2 * D], slopes[2 * D], above[D], left[D], right[D],
          trace = (n - D) / .3;
      assay_error error;
      draw_design(n, Z, g);
      ridge_path *path = ridge_path_new(n, D, 2, eigenvectors, &error);
      ok(ridge_path_fit(path, Z, g, e));
      const double ridges[] = {2, .3}, next = .3 + 1e-6, *hat = hats + D, *slope = slopes + D;
      ok(ridge_path_at(path, 2, ridges, hats, slopes, e));
      for (int i = 0; i < 2; i++) {
        normal_matrix(n, Z, ridges[i], hats + i * D, left), right_side(n, Z, g, right);
        agree(left, right, D, 1e-11);
      }
      ok(ridge_path_at(path, 1, &next, above, NULL, e));
      for (int i = 0; i < D; i++) cr_expect_float_eq((above[i] - hat[i]) / 1e-6, slope[i], 1e-4);
      for (int i = 0; i < D; i++) {
        double unit[D] = {0}, solution[D];
        int steps;
        unit[i] = 1;
        ok(conjugate_gradients(n, D, Z, .3, 1, unit, 1e-13, 200, solution, &steps, e));
        trace += solution[i];
      }
      cr_expect_float_eq(ridge_path_trace(path, .3) / trace, 1, 1e-11);
      ridge_path_free(path);
    }
}

static void twice(const void *context, const double *v, double *out) {
  (void)context;
  for (int i = 0; i < D; i++) out[i] = 2 * v[i];
}

/* tr 2 W (W + lambda)^{-3} is minus the derivative of tr W (W + lambda)^{-2}, and so on from the trace of the
 * resolvent R: tr W R^3 = tr R^2 - lambda tr R^3 = -T' - lambda T''/2 with T = tr R. */
Test(kernels, ridge_path_cubed_is_a_derivative_of_the_trace) {
  for (int n = 8; n <= 20; n += 12) {
    double Z[MOST * D], g[MOST], work[2 * D], T[3], step = 1e-4, lambda = .3;
    assay_error error;
    draw_design(n, Z, g);
    ridge_path *path = ridge_path_new(n, D, 1, true, &error);
    ok(ridge_path_fit(path, Z, g, e));
    for (int i = 0; i < 3; i++) /* over D coordinates */
      T[i] = ridge_path_trace(path, lambda + (i - 1) * step) + (D - n) / (lambda + (i - 1) * step);
    double expected = -(T[2] - T[0]) / (2 * step) - lambda * (T[2] - 2 * T[1] + T[0]) / (2 * step * step);
    cr_expect_float_eq(ridge_path_cubed(path, twice, NULL, lambda, work) / (2 * expected), 1, 1e-5);
    ridge_path_free(path);
  }
}

Test(kernels, conjugate_gradients_solve_all_sides_at_once) {
  double Z[MOST * D], g[MOST], B[3 * D], X[3 * D], left[D];
  int steps;
  draw_design(MOST, Z, g);
  for (int i = 0; i < 3 * D; i++) B[i] = i < 2 * D ? Z[i] : 0; /* the last one is zero */
  ok(conjugate_gradients(MOST, D, Z, .05, 3, B, 1e-12, 100, X, &steps, e));
  for (int i = 0; i < 3; i++) {
    normal_matrix(MOST, Z, .05, X + i * D, left);
    for (int j = 0; j < D; j++) cr_expect_float_eq(left[j] / MOST, B[i * D + j], 1e-11);
  }
  assay_error error;
  cr_expect_eq(conjugate_gradients(MOST, D, Z, .05, 3, B, 1e-12, 2, X, &steps, &error), ASSAY_NUMERIC);
}

/* Every shape and rank: the normal equations, and in the null space of X nothing. */
Test(kernels, ridge_regression_fits_every_shape) {
  for (int n = 8; n <= 20; n += 12)
    for (int singular = 0; singular < 2; singular++)
      for (double penalty = 0; penalty < 1; penalty += .5) {
        double Z[MOST * D], g[MOST], b[D], other[D], left[D], right[D];
        draw_design(n, Z, g);
        for (int k = 0; k < n && singular; k++)
          Z[k * D] = Z[k * D + 1] = Z[k * D + 2] + Z[k * D + 3]; /* three columns of rank 2 */
        ok(ridge_regression(n, D, Z, g, penalty, b, e));
        normal_matrix(n, Z, penalty / n, b, left), right_side(n, Z, g, right);
        agree(left, right, D, 1e-9);
        if (penalty == 0) { /* the limit of small penalties is the solution of least norm */
          ok(ridge_regression(n, D, Z, g, 1e-7, other, e));
          agree(b, other, D, 1e-5);
        }
      }
  double b[1], x = 1;
  assay_error error;
  cr_expect_eq(ridge_regression(1, 1, &x, &x, -1, b, &error), ASSAY_DOMAIN);
}

/* ---- experiments ---- */

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int width;
} all[] = {
    {&spurious_features_ridge_path,
     "model=dct d=10 n=30 rho=.7 lambda=.1,1 triples=50 curvature=yes argmin=yes", 22},
    {&spurious_features_ridge_path, "model=negcore d=10 n=8 lambda=.1 curvature=yes", 11},
    {&spurious_features_ridge_path, "model=dct d=10 n=30 rho=.7 lambda=.1 entries=rademacher", 11},
    {&spurious_features_ridge_large, "model=dct d=10 n=30 rho=.7 lambda=.1,1", 8},
    {&spurious_features_random_bounds, "d=6 tau=.1,2", 6},
    {&spurious_features_feature_regression, "model=twoblock d=10 n=30 p=15 act=tanh ell=.1 lambda_rf=.2", 4},
    {&spurious_features_feature_regression, "model=twoblock d=10 n=30 p=60 act=relu lambda_rf=.2", 4},
    {&spurious_features_kernel_regression, "model=twoblock d=10 n=30 act=relu ell=.1 lambda_rf=.2", 4},
    {&spurious_features_kernel_regression, "model=dct d=10 n=30 act=he3 rho=.7 lambda_rf=.2", 4}};

static void run(int i, uint64_t replicate, double *out) {
  assay_error error = {ASSAY_OK, ""};
  cr_assert_eq(run_experiment(all[i].experiment, all[i].point, replicate, 1, all[i].width, out, &error),
               ASSAY_OK, "%s", error.text);
}

Test(spurious_features, experiments_repeat_themselves) {
  for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
    double first[22], other[22], again[22];
    run(i, 1, first), run(i, 2, other), run(i, 1, again);
    for (int k = 0; k < all[i].width; k++)
      cr_expect(isfinite(first[k]) && first[k] == again[k], "%d, record %d", i, k);
    cr_expect_neq(first[0], other[0]);
  }
}

/* The draws have the covariance of the model: C by definition on many rows, and the loss, agree with Sigma
 * itself. */
Test(spurious_features, rows_have_the_covariance) {
  static const char *const models[] = {"iso", "twoblock", "dct", "negcore"};
  for (int m = 0; m < 4; m++)
    for (int law = 0; law < 2; law++) {
      enum { ROWS = 40000 };
      assay_error error = {ASSAY_OK, ""};
      assay_call *call =
          assay_call_new(spurious_features_ridge_path.params, spurious_features_ridge_path.records, &error);
      cr_assert_eq(assay_set_word(call, "model", models[m]), ASSAY_OK);
      cr_assert_eq(assay_set_word(call, "entries", law ? "rademacher" : "gaussian"), ASSAY_OK);
      assay_set(call, "d", 6), assay_set(call, "n", 10), assay_set(call, "lambda", 1),
          assay_set(call, "rho", .7);
      problem p = {0};
      cr_assert_eq(problem_open(call, &p), ASSAY_OK, "%s", assay_call_error(call)->text);
      size_t size = (size_t)p.D;
      double *Sigma = calloc(size * size + 2 * size, sizeof *Sigma), *theta = Sigma + size * size,
             *image = theta + size;
      double *Z = malloc(ROWS * size * sizeof *Z), unit[12] = {0};
      spurious_features_covariance(&p.model, Sigma, theta);
      random_source source = random_open(&(assay_stream){3, 4}, RANDOM_TEST, 0);
      problem_rows(&p, &source, ROWS, Z);
      for (int i = 0; i < p.D; i++) {
        unit[i] = 1;
        problem_covariance(&p, unit, image);
        unit[i] = 0;
        for (int j = 0; j < p.D; j++) {
          double sum = 0;
          for (size_t k = 0; k < ROWS; k++) sum += Z[k * size + i] * Z[k * size + j] / ROWS;
          cr_expect_float_eq(image[j], Sigma[i * p.D + j], 1e-14, "%s: Sigma %d,%d", models[m], i, j);
          double scale = sqrt(2 * Sigma[i * (p.D + 1)] * Sigma[j * (p.D + 1)] / ROWS);
          cr_expect_float_eq(sum, image[j], 5 * scale, "%s: rows %d,%d: %g, %g", models[m], i, j, sum,
                             image[j]);
        }
      }
      problem_close(&p);
      free(Sigma), free(Z);
      assay_call_free(call);
    }
}
