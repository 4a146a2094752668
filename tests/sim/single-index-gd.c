#include "sim/single-index-gd/experiments.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/eigen.h"
#include "sim/single-index-gd/single-index-gd.h"

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int numbers;
} rows[] = {{&single_index_gd_power_iteration, "link=quad n=400 d=20", 3},
            {&single_index_gd_spectrum, "n=100 d=20", 4},
            {&single_index_gd_spectrum, "n=100 d=20 variant=random-point", 4},
            {&single_index_gd_spherical, "link=smooth n=300 d=20 least_q=0", 2},
            {&single_index_gd_chain, "d=50 eta=.2 s0=.09 tau=2,1", 4},
            {&single_index_gd_vector, "d=50 eta=.2 s0=.09 tau=1", 2},
            {&single_index_gd_hitting, "link=quad d=50 eta=.2 s1=.1 draws=3 by=2,4", 6},
            {&single_index_gd_squared, "n=200 d=8 eta=.02 a0=.1 b0=.3 t=10,5", 4},
            {&single_index_gd_search, "n=200 d=20 eta=.02 p=4 spectrum=yes", 3},
            {&single_index_gd_local, "n=400 d=20 contract=yes", 2},
            {&single_index_gd_recovery, "n=200 d=20 eta=.02 p=4", 2},
            {&single_index_gd_separation, "n=120 d=20", 5},
            {&single_index_gd_bulk, "link=quad n=120 d=20 at=.5,1,2", 3},
            {&single_index_gd_descent, "n=200 d=20 eta=.02 p=4 t=0,50,20", 9}};

static void run(int row, uint64_t replicate, double *out) {
  assay_error error = {0};
  const assay_experiment *experiment = rows[row].experiment;
  assay_call *call = assay_call_new(experiment->params, experiment->records, &error);
  cr_assert_not_null(call, "%s", error.text);
  char *text = strdup(rows[row].point), *rest = text;
  for (char *word; (word = strsep(&rest, " "));) {
    char *value = strchr(word, '=');
    *value++ = 0;
    cr_assert_eq(assay_set_text(call, word, value, true, &error), ASSAY_OK, "%s: %s", experiment->id,
                 error.text);
  }
  free(text);
  void *state = NULL;
  const assay_stream stream = {77, replicate};
  cr_assert_eq(experiment->open(call, &state), ASSAY_OK, "%s: %s", experiment->id,
               assay_call_error(call)->text);
  assay_status status = experiment->replicate(call, state, &stream, out);
  cr_assert(status == ASSAY_OK || status == ASSAY_DISCARD, "%s: %s", experiment->id,
            assay_call_error(call)->text);
  assay_call_free(call);
}

Test(single_index_experiments, records_are_finite_and_reproducible) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double first[12] = {0}, again[12] = {0}, other[12] = {0};
    run((int)i, 3, first), run((int)i, 3, again), run((int)i, 4, other);
    for (int k = 0; k < rows[i].numbers; k++) {
      cr_expect(isfinite(first[k]), "%s %d", rows[i].experiment->id, k);
      cr_expect_eq(first[k], again[k], "%s %d", rows[i].experiment->id, k);
    }
    cr_expect(memcmp(first, other, sizeof first) != 0, "%s: replicates differ", rows[i].experiment->id);
  }
}

/* ---- kernels ---- */

/* A small design of given numbers. */
static design made(double *x, long n, long d) {
  for (long i = 0; i < n * d; i++) x[i] = sin(1.7 * (double)i) + cos(.3 * (double)(i * i));
  return (design){n, d, x};
}

static double identity(long i, double u, const void *context) {
  (void)i, (void)context;
  return u;
}

Test(design, the_gradient_is_both_products) {
  static double x[700 * 30];
  double theta[30], u[700], one[30], two[30];
  design X = made(x, 700, 30);
  for (int j = 0; j < 30; j++) theta[j] = cos(j);
  design_gradient(&X, theta, identity, NULL, one);
  design_apply(&X, theta, u);
  design_apply_transposed(&X, u, two);
  for (int j = 0; j < 30; j++) cr_expect(fabs(one[j] - two[j]) < 1e-10 * fabs(two[j]) + 1e-10);
}

static void diagonal(const void *context, const double *x, double *y) {
  const double *entries = context;
  for (int i = 0; i < 200; i++) y[i] = entries[i] * x[i];
}

Test(eigen, lanczos_finds_both_ends) {
  double entries[200], values[2], vectors[400];
  assay_error error = {0};
  const assay_stream stream = {5, 6};
  for (int i = 0; i < 200; i++) entries[i] = i < 3 ? -10 + i : i > 196 ? 20 + i : sin(i);
  eigen_operator A = {200, diagonal, entries};
  cr_assert_eq(eigen_lanczos(&A, EIGEN_LARGEST, 2, 0, 1e-10, &stream, values, vectors, &error), ASSAY_OK,
               "%s", error.text);
  cr_expect(fabs(values[0] - 219) < 1e-7 && fabs(values[1] - 218) < 1e-7 &&
            fabs(fabs(vectors[199]) - 1) < 1e-7);
  cr_assert_eq(eigen_lanczos(&A, EIGEN_SMALLEST, 2, 0, 1e-10, &stream, values, NULL, &error), ASSAY_OK, "%s",
               error.text);
  cr_expect(fabs(values[0] + 10) < 1e-7 && fabs(values[1] + 9) < 1e-7);
}

Test(eigen, a_weighted_covariance_with_signs_satisfies_its_equation) {
  static double x[90 * 12];
  double z[90], values[2], v[24], u[90], y[12];
  assay_error error = {0};
  const assay_stream stream = {5, 6};
  design X = made(x, 90, 12);
  for (int i = 0; i < 90; i++) z[i] = i % 3 - .7;
  for (int end = EIGEN_LARGEST; end <= EIGEN_SMALLEST; end++) {
    cr_assert_eq(eigen_weighted(&X, z, (eigen_end)end, 2, &stream, values, v, &error), ASSAY_OK, "%s",
                 error.text);
    cr_expect(end == EIGEN_LARGEST ? values[0] > values[1] : values[0] < values[1]);
    design_apply(&X, v, u);
    for (int i = 0; i < 90; i++) u[i] *= z[i] / 90;
    design_apply_transposed(&X, u, y);
    for (int j = 0; j < 12; j++) cr_expect(fabs(y[j] - values[0] * v[j]) < 1e-12);
  }
}

/* The chain and the vectors have one law: their means of m^2 agree within five standard errors. */
Test(single_index_sgd, chain_and_vectors) {
  enum { RUNS = 2000, DIM = 30, STEPS = 60 };
  const single_index_link link = {SINGLE_INDEX_HARD, 8};
  double sum[2] = {0}, squares[2] = {0}, theta[DIM], x[DIM];
  for (uint64_t r = 0; r < RUNS; r++) {
    const assay_stream one = {11, r}, two = {12, r};
    single_index_chain chain;
    single_index_chain_start(&chain, link, DIM, .2, .3, &one);
    single_index_chain_run(&chain, STEPS, 2);
    double s[] = {chain.m * chain.m,
                  pow(single_index_sgd_vector(link, DIM, .2, .3, STEPS, theta, x, &two), 2)};
    for (int k = 0; k < 2; k++) sum[k] += s[k], squares[k] += s[k] * s[k];
  }
  double se = 0;
  for (int k = 0; k < 2; k++) se += (squares[k] / RUNS - pow(sum[k] / RUNS, 2)) / RUNS;
  cr_expect(fabs(sum[0] - sum[1]) / RUNS < 5 * sqrt(se), "%g and %g, se %g", sum[0] / RUNS, sum[1] / RUNS,
            sqrt(se));
}

/* ---- hitting times ---- */

/* Mean and standard deviation of the chain's time to m^2 = 1/20 from a uniform start, eta = 1/3. */
static void times_of_chain(long d, int runs, double *mean, double *sd) {
  const single_index_link quad = {SINGLE_INDEX_QUAD, 0};
  double sum = 0, squares = 0, g;
  for (int r = 0; r < runs; r++) {
    const assay_stream stream = {41, (uint64_t)r};
    random_source source = random_open(&stream, RANDOM_INIT, 0);
    single_index_chain chain;
    random_normals(&source, &g, 1);
    single_index_chain_start(&chain, quad, d, 1 / 3., g / sqrt((double)d), &stream);
    cr_assert(single_index_chain_run(&chain, 2000 * d, .05));
    double tau = (double)chain.step / (double)d;
    sum += tau, squares += tau * tau;
  }
  *mean = sum / runs, *sd = sqrt(squares / runs - *mean * *mean);
}

/* The limiting sd, pi/(2 sqrt 2 kappa) = 1.666, supposes that the level d s_1 lies far above V = 1 + eta^2
 * V2/(2 kappa) = 6, the noise that the start gathers. At d = 300 it is 15: the sd is 1.31 (200000
 * runs: 1.3135 +- .0040), at d = 1000 1.627, at 3000 1.678. */
Test(single_index_sgd, the_spread_of_hitting_times_is_that_of_the_limit_only_far_above_the_noise) {
  double mean, sd;
  times_of_chain(300, 6000, &mean, &sd);
  cr_expect(fabs(sd - 1.3135) < .11, "%g", sd); /* 5 se */
  times_of_chain(3000, 3000, &mean, &sd);
  cr_expect(fabs(sd - 1.678) < .19, "%g", sd);
}
