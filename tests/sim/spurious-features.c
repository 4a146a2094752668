#include "sim/spurious-features/experiments.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/kernels/ridge_path.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error why = {ASSAY_OK, ""};                                                                        \
    assay_error *e = &why;                                                                                   \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, why.text);                                                 \
  } while (0)

/* hat solves the normal equations and slope is its derivative, above and below n = D. */
Test(kernels, ridge_path_solves_the_normal_equations) {
  enum { D = 12 };
  const assay_stream stream = {5, 6};
  for (int n = 8; n <= 20; n += 12) {
    double Z[20 * D], g[20], hat[D], slope[D], above[D];
    random_source source = random_open(&stream, RANDOM_DESIGN, 0);
    random_normals(&source, Z, (size_t)n * D), random_normals(&source, g, (size_t)n);
    assay_error error;
    ridge_path *path = ridge_path_new(n, D, &error);
    ok(ridge_path_fit(path, Z, g, e));
    ridge_path_at(path, .3, hat, slope);
    for (int i = 0; i < D; i++) {
      double left = n * .3 * hat[i], right = 0;
      for (int k = 0; k < n; k++) {
        double fit = 0;
        for (int j = 0; j < D; j++) fit += Z[k * D + j] * hat[j];
        left += Z[k * D + i] * fit, right += Z[k * D + i] * g[k];
      }
      cr_expect_float_eq(left, right, 1e-11);
    }
    ridge_path_at(path, .3 + 1e-6, above, NULL);
    for (int i = 0; i < D; i++) cr_expect_float_eq((above[i] - hat[i]) / 1e-6, slope[i], 1e-4);
    ridge_path_free(path);
  }
}

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int width;
} all[] = {
    {&spurious_features_ridge_path, "model=dct d=10 n=30 rho=.7 lambda=.1,1 triples=50 curvature=yes argmin=yes", 22},
    {&spurious_features_ridge_path, "model=negcore d=10 n=8 lambda=.1 curvature=yes", 11},
    {&spurious_features_ridge_path, "model=dct d=10 n=30 rho=.7 lambda=.1 entries=rademacher", 11},
    {&spurious_features_ridge_large, "model=dct d=10 n=30 rho=.7 lambda=.1,1", 8},
    {&spurious_features_feature_regression, "model=twoblock d=10 n=30 p=15 act=tanh ell=.1 lambda_rf=.2", 4},
    {&spurious_features_feature_regression, "model=twoblock d=10 n=30 p=60 act=relu lambda_rf=.2", 4},
    {&spurious_features_kernel_regression, "model=twoblock d=10 n=30 act=relu ell=.1 lambda_rf=.2", 4},
    {&spurious_features_kernel_regression, "model=dct d=10 n=30 act=he3 rho=.7 lambda_rf=.2", 4}};

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

Test(spurious_features, experiments_repeat_themselves) {
  for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
    double first[22], other[22], again[22];
    run(i, 1, first), run(i, 2, other), run(i, 1, again);
    for (int k = 0; k < all[i].width; k++)
      cr_expect(isfinite(first[k]) && first[k] == again[k], "%d, record %d", i, k);
    cr_expect_neq(first[0], other[0]);
  }
}
