#include "sim/dp-sgd/dp-sgd.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/kernels/simd.h"

/* Means are compared at five standard errors; keys are fixed, so that a test passes always or never. */
#define FIVE 5

enum { MOST_STEPS = 5000, MOST_BLOCKS = 3 };

/* A plan with its arrays. */
typedef struct {
  dp_sgd_plan plan;
  double eta[MOST_STEPS], s[MOST_STEPS], lam[MOST_BLOCKS], start[MOST_BLOCKS];
  long size[MOST_BLOCKS];
} bench;

static const schedule constant_3 = {.kind = SCHEDULE_CONST, .eta0 = 3};
static const schedule harmonic = {.kind = SCHEDULE_HARMONIC, .eta0 = 3, .t0 = 0.5};

/* Blocks of sizes d/3 and 2d/3 with eigenvalues 2 and 1/2, or one block of eigenvalue 1. */
static void make(bench *b, long n, long d, bool blocks, double c, double zeta, const schedule *eta,
                 dp_sgd_noise noise) {
  *b = (bench){.lam = {1}, .start = {1}, .size = {d}};
  if (blocks) {
    b->lam[0] = 2, b->lam[1] = 0.5;
    b->start[0] = 0.4, b->start[1] = 0.9;
    b->size[0] = d / 3, b->size[1] = d - d / 3;
  }
  b->plan = (dp_sgd_plan){.n = n,
                          .d = d,
                          .C = c * sqrt((double)d),
                          .zeta = zeta,
                          .eta = b->eta,
                          .s = b->s,
                          .m = blocks ? 2 : 1,
                          .size = b->size,
                          .lam = b->lam,
                          .start = b->start};
  assay_error error = {0};
  dp_sgd_step_sizes(eta, n, b->eta);
  cr_assert_eq(dp_sgd_noise_sd(noise, b->plan.C, 1, b->eta, n, b->s, &error), ASSAY_OK, "%s", error.text);
}

/* ---- one step, by hand ---- */

static double draw(const assay_stream *stream, random_purpose purpose, unsigned index, long freedom) {
  random_source source = random_open(stream, purpose, index);
  double x;
  if (freedom < 0)
    random_normals(&source, &x, 1);
  else
    random_chi_squares(&source, (uint64_t)freedom, &x, 1);
  return x;
}

Test(dp_sgd, chain_does_its_first_step_and_release_as_written) {
  static bench b;
  make(&b, 1, 12, true, 0.5, 0.3, &constant_3, DP_SGD_OUTPUT);
  dp_sgd_path *path = dp_sgd_norm_chain_new(&b.plan, NULL);
  int clipped = 0;
  for (uint64_t replicate = 0; replicate < 50; replicate++) {
    const assay_stream stream = {11, replicate};
    double g[2], H[2], square = 0, r = -0.3 * draw(&stream, RANDOM_LABEL, 0, -1), V[2];
    for (unsigned j = 0; j < 2; j++) {
      g[j] = draw(&stream, RANDOM_DESIGN, j, -1);
      H[j] = draw(&stream, RANDOM_DESIGN, j, b.size[j] - 1);
      square += b.lam[j] * (g[j] * g[j] + H[j]);
      r += sqrt(b.lam[j] * b.start[j]) * g[j];
    }
    const double most = 0.5 * sqrt(12) / sqrt(square), h = copysign(fmin(fabs(r), most), r);
    clipped += fabs(r) > most;
    dp_sgd_path_start(path, &stream);
    dp_sgd_path_advance(path, 1);
    dp_sgd_path_norms(path, V);
    cr_assert_eq(dp_sgd_path_clipped(path), fabs(r) > most);
    for (int j = 0; j < 2; j++) { /* eta_1 = 3 */
      const double expected = b.start[j] - 2 * 3 * h * sqrt(b.lam[j] * b.start[j]) * g[j] +
                              9 * h * h * b.lam[j] * (g[j] * g[j] + H[j]);
      cr_assert_float_eq(V[j], expected, 1e-12 * (1 + expected));
    }
    const double before[2] = {V[0], V[1]}, s = 2 * 0.5 * sqrt(12) * 3;
    dp_sgd_path_release(path);
    dp_sgd_path_norms(path, V);
    for (unsigned j = 0; j < 2; j++) {
      const double ng = draw(&stream, RANDOM_PRIVACY, j, -1),
                   nH = draw(&stream, RANDOM_PRIVACY, j, b.size[j] - 1);
      const double expected = before[j] + 2 * s * ng * sqrt(before[j]) + s * s * (ng * ng + nH);
      cr_assert_float_eq(V[j], expected, 1e-12 * (1 + expected));
    }
    cr_assert_float_eq(dp_sgd_path_risk(path), (2 * V[0] + 0.5 * V[1]) / 2, 1e-12 * V[0]);
  }
  cr_expect(clipped > 5 && clipped < 45);
  dp_sgd_path_free(path);
}

Test(dp_sgd, vector_does_its_first_step_and_release_as_written) {
  enum { D = 7 };
  static bench b;
  make(&b, 1, D, true, 0.5, 0.3, &constant_3, DP_SGD_OUTPUT);
  dp_sgd_path *path = dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_LOCALISED, NULL);
  for (uint64_t replicate = 0; replicate < 20; replicate++) {
    const assay_stream stream = {12, replicate};
    double x[D], noise[D], delta[D] = {0}, square = 0, r = -0.3 * draw(&stream, RANDOM_LABEL, 0, -1),
                           V[2] = {0}, measured[2];
    random_source design = random_open(&stream, RANDOM_DESIGN, 0),
                  privacy = random_open(&stream, RANDOM_PRIVACY, 0);
    random_normals(&design, x, D);
    random_normals(&privacy, noise, D);
    delta[0] = sqrt(0.4), delta[2] = sqrt(0.9); /* sizes 2 and 5 */
    for (int i = 0; i < D; i++) {
      x[i] *= sqrt(b.lam[i >= 2]);
      square += x[i] * x[i];
      r += x[i] * delta[i];
    }
    const double most = 0.5 * sqrt(D) / sqrt(square), h = copysign(fmin(fabs(r), most), r);
    for (int i = 0; i < D; i++) {
      delta[i] += -3 * h * x[i] + 2 * 0.5 * sqrt(D) * 3 * noise[i];
      V[i >= 2] += delta[i] * delta[i];
    }
    dp_sgd_path_start(path, &stream);
    dp_sgd_path_advance(path, 1);
    dp_sgd_path_release(path);
    dp_sgd_path_norms(path, measured);
    for (int j = 0; j < 2; j++) cr_assert_float_eq(measured[j], V[j], 1e-12 * V[j]);
    cr_assert_float_eq(dp_sgd_path_risk(path), (2 * V[0] + 0.5 * V[1]) / 2, 1e-12 * (V[0] + V[1]));
    cr_assert_eq(dp_sgd_path_clipped(path), fabs(r) > most);
  }
  dp_sgd_path_free(path);
}

/* ---- laws ---- */

typedef struct {
  double mean, se;
} estimate;

static estimate estimate_of(const double *x, int n) {
  double mean = 0, square = 0;
  for (int i = 0; i < n; i++) mean += x[i] / n;
  for (int i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
  return (estimate){mean, sqrt(square / n / (n - 1))};
}

enum { RUNS = 1500, OBSERVED = 7 };

/* R half-way and before the release, their squares and product, clipped steps, F; V_1 at the end when there
 * are blocks. */
static void observe(dp_sgd_path *path, const dp_sgd_plan *plan, uint64_t key, double x[OBSERVED][RUNS]) {
  for (int i = 0; i < RUNS; i++) {
    const assay_stream stream = {key, (uint64_t)i};
    double V[MOST_BLOCKS];
    dp_sgd_path_start(path, &stream);
    dp_sgd_path_advance(path, plan->n / 2);
    x[0][i] = dp_sgd_path_risk(path);
    dp_sgd_path_advance(path, plan->n);
    x[1][i] = dp_sgd_path_risk(path);
    x[2][i] = x[0][i] * x[0][i];
    x[3][i] = x[0][i] * x[1][i];
    x[4][i] = (double)dp_sgd_path_clipped(path);
    dp_sgd_path_norms(path, V);
    x[5][i] = V[0];
    dp_sgd_path_release(path);
    x[6][i] = dp_sgd_path_risk(path);
  }
}

static void expect_same_law(const bench *b, dp_sgd_start start, const char *what) {
  static double x[2][OBSERVED][RUNS];
  dp_sgd_path *chain = dp_sgd_norm_chain_new(&b->plan, NULL);
  dp_sgd_path *vector = dp_sgd_vector_new(&b->plan, DP_SGD_GAUSSIAN, start, NULL);
  observe(chain, &b->plan, 1, x[0]);
  observe(vector, &b->plan, 2, x[1]);
  for (int o = 0; o < OBSERVED; o++) {
    const estimate first = estimate_of(x[0][o], RUNS), second = estimate_of(x[1][o], RUNS);
    cr_expect_lt(fabs(first.mean - second.mean), FIVE * hypot(first.se, second.se),
                 "%s, observable %d: %g and %g", what, o, first.mean, second.mean);
    cr_expect_gt(first.se, 0);
  }
  dp_sgd_path_free(chain);
  dp_sgd_path_free(vector);
}

Test(dp_sgd, chain_and_vector_have_one_law) {
  static bench b;
  make(&b, 90, 30, false, 0.5, 0.4, &constant_3, DP_SGD_OUTPUT);
  expect_same_law(&b, DP_SGD_RANDOM, "isotropic, output");
  expect_same_law(&b, DP_SGD_LOCALISED,
                  "isotropic, localised"); /* Gaussian covariates do not see the direction */
  make(&b, 90, 30, false, 0.5, 0.4, &harmonic, DP_SGD_SCHEDULED);
  expect_same_law(&b, DP_SGD_SPREAD, "isotropic, scheduled");
  make(&b, 90, 30, true, 0.5, 0.4, &harmonic, DP_SGD_SCHEDULED);
  expect_same_law(&b, DP_SGD_RANDOM, "blocks, scheduled");
  make(&b, 90, 30, true, 0.5, 0.4, &constant_3, DP_SGD_NAIVE);
  expect_same_law(&b, DP_SGD_SPREAD, "blocks, naive");
  make(&b, 60, 2, false, 0.5, 0.4, &constant_3, DP_SGD_OUTPUT);
  expect_same_law(&b, DP_SGD_RANDOM, "d = 2");
}

/* Without clipping E V_k = (1 - 2e + e^2 (d+2)) E V_{k-1} + e^2 d zeta^2 exactly, e = eta_k, for every d. */
Test(dp_sgd, unclipped_mean_follows_its_exact_recursion) {
  for (long d = 1; d <= 40; d += 39) {
    static bench b;
    make(&b, 2 * d + 10, d, false, INFINITY, 0.5, &(schedule){.kind = SCHEDULE_CONST, .eta0 = 1},
         DP_SGD_NO_NOISE);
    dp_sgd_path *chain = dp_sgd_norm_chain_new(&b.plan, NULL);
    static double R[4000];
    for (int i = 0; i < 4000; i++) {
      dp_sgd_path_start(chain, &(assay_stream){3, (uint64_t)i});
      dp_sgd_path_advance(chain, b.plan.n);
      R[i] = dp_sgd_path_risk(chain);
      cr_assert_eq(dp_sgd_path_clipped(chain), 0);
    }
    double V = 1;
    const double e = b.eta[0], dim = (double)d;
    for (long k = 0; k < b.plan.n; k++) V = (1 - 2 * e + e * e * (dim + 2)) * V + e * e * dim * 0.25;
    const estimate measured = estimate_of(R, 4000);
    cr_expect_lt(fabs(measured.mean - V / 2), FIVE * measured.se, "d = %ld", d);
    dp_sgd_path_free(chain);
  }
}

Test(dp_sgd, one_coordinate_has_nothing_across) {
  static bench b;
  make(&b, 1, 1, false, INFINITY, 0.5, &constant_3, DP_SGD_NO_NOISE);
  dp_sgd_path *chain = dp_sgd_norm_chain_new(&b.plan, NULL);
  const assay_stream stream = {4, 0};
  dp_sgd_path_start(chain, &stream);
  dp_sgd_path_advance(chain, 1);
  const double g = draw(&stream, RANDOM_DESIGN, 0, -1), z = draw(&stream, RANDOM_LABEL, 0, -1);
  const double delta = 1 - 3 * (g - 0.5 * z) * g;
  cr_expect_float_eq(2 * dp_sgd_path_risk(chain), delta * delta, 1e-13 * delta * delta);
  dp_sgd_path_free(chain);
}

/* The limits are those of the differential equations: R(1) of the constant schedule 6 and of 3/(t + .5), at
 * gamma = .2, .1, c = .3, zeta = .5, rho = 1; the scheme's bias is O(1/n + 1/d). */
Test(dp_sgd, homogenised_equation_reaches_the_limit) {
  const struct {
    long n;
    schedule eta;
    dp_sgd_noise noise;
    double limit;
  } cases[] = {{1000, {.kind = SCHEDULE_CONST, .eta0 = 6}, DP_SGD_OUTPUT, 0.0739372756},
               {2000, {.kind = SCHEDULE_HARMONIC, .eta0 = 3, .t0 = 0.5}, DP_SGD_SCHEDULED, 0.1225641434}};
  for (int c = 0; c < 2; c++) {
    static bench b;
    make(&b, cases[c].n, 200, false, 0.3, 0.5, &cases[c].eta, cases[c].noise);
    dp_sgd_path *sde = dp_sgd_sde_chain_new(&b.plan, NULL);
    double R[400];
    for (int i = 0; i < 400; i++) {
      dp_sgd_path_start(sde, &(assay_stream){5, (uint64_t)i});
      dp_sgd_path_advance(sde, b.plan.n);
      R[i] = dp_sgd_path_risk(sde);
    }
    const estimate measured = estimate_of(R, 400);
    cr_expect_lt(fabs(measured.mean - cases[c].limit), FIVE * measured.se + cases[c].limit / 200, "%g",
                 measured.mean);
    dp_sgd_path_free(sde);
  }
}

Test(dp_sgd, one_step_moments_are_the_clipping_factors) {
  static const struct {
    double c, zeta, P, mu, nu;
  } known[] = {{0.3, 0.5, 0.625, 0.211553265736, 0.061796869281},
               {1, 0.5, 0.625, 0.628906630477, 0.447407662226},
               {0.1, 0.3, 0.1, 0.176936726242, 0.044082496453}};
  for (int i = 0; i < 3; i++) {
    double mu[200], nu[200];
    for (int r = 0; r < 200; r++)
      dp_sgd_run_one_step(known[i].c, known[i].P, known[i].zeta, 400, 1000, &(assay_stream){6, (uint64_t)r},
                          &mu[r], &nu[r]);
    const estimate drift = estimate_of(mu, 200), square = estimate_of(nu, 200);
    cr_expect_lt(fabs(drift.mean - known[i].mu), FIVE * drift.se + 0.8 * known[i].mu / 400);
    cr_expect_lt(fabs(square.mean - known[i].nu), FIVE * square.se + 0.8 * known[i].nu / 400);
  }
}

/* ---- draws ---- */

static double risk_after(dp_sgd_path *path, const assay_stream *stream, long step) {
  dp_sgd_path_start(path, stream);
  dp_sgd_path_advance(path, step);
  return dp_sgd_path_risk(path);
}

Test(dp_sgd, arms_share_their_draws) {
  static bench b, none, huge;
  const assay_stream stream = {7, 3};
  make(&b, 700, 30, true, 0.5, 0.4, &constant_3, DP_SGD_OUTPUT);
  make(&none, 700, 30, true, 0.5, 0.4, &constant_3, DP_SGD_NO_NOISE);
  make(&huge, 700, 30, true, 1e9, 0.4, &constant_3, DP_SGD_NO_NOISE);
  dp_sgd_path *chains[] = {dp_sgd_norm_chain_new(&b.plan, NULL), dp_sgd_norm_chain_new(&none.plan, NULL)};
  dp_sgd_path *vectors[] = {dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL),
                            dp_sgd_vector_new(&none.plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL)};
  /* Until the release, noise at the end is no noise. */
  cr_expect_eq(risk_after(chains[0], &stream, 700), risk_after(chains[1], &stream, 700));
  cr_expect_eq(risk_after(vectors[0], &stream, 700), risk_after(vectors[1], &stream, 700));
  /* Nor does a threshold that is never met matter, infinite or not. */
  dp_sgd_path *wide = dp_sgd_norm_chain_new(&huge.plan, NULL);
  const double with_1e9 = risk_after(wide, &stream, 700);
  huge.plan.C = INFINITY;
  cr_expect_eq(risk_after(wide, &stream, 700), with_1e9);
  dp_sgd_path_free(wide);
  for (int i = 0; i < 2; i++) dp_sgd_path_free(chains[i]), dp_sgd_path_free(vectors[i]);
}

/* Risks of schedules that differ by a part in 1e4 differ by a like part, replicate by replicate: the draws
 * are the same ones in gradient steps, and in noise at steps and at the end. */
Test(dp_sgd, paired_arms_stay_close) {
  static bench b, near;
  make(&b, 600, 60, false, 0.5, 0.4, &harmonic, DP_SGD_SCHEDULED);
  make(&near, 600, 60, false, 0.5, 0.4, &(schedule){.kind = SCHEDULE_HARMONIC, .eta0 = 3 * 1.0001, .t0 = 0.5},
       DP_SGD_SCHEDULED);
  for (int kind = 0; kind < 2; kind++) {
    dp_sgd_path *arms[2];
    for (int i = 0; i < 2; i++) {
      const dp_sgd_plan *plan = i ? &near.plan : &b.plan;
      arms[i] = kind ? dp_sgd_vector_new(plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL)
                     : dp_sgd_norm_chain_new(plan, NULL);
    }
    for (uint64_t r = 0; r < 20; r++) {
      double F[2];
      for (int i = 0; i < 2; i++) {
        risk_after(arms[i], &(assay_stream){8, r}, 600);
        dp_sgd_path_release(arms[i]);
        F[i] = dp_sgd_path_risk(arms[i]);
      }
      cr_assert_lt(fabs(F[1] - F[0]), 1e-3 * F[0]);
      cr_assert_neq(F[1], F[0]);
    }
    dp_sgd_path_free(arms[0]), dp_sgd_path_free(arms[1]);
  }
}

Test(dp_sgd, a_replicate_is_the_same_alone_in_pieces_and_at_every_level) {
  static bench b;
  make(&b, 900, 37, true, 0.5, 0.4, &harmonic, DP_SGD_SCHEDULED);
  dp_sgd_path *paths[] = {dp_sgd_norm_chain_new(&b.plan, NULL),
                          dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_SPREAD, NULL),
                          dp_sgd_vector_new(&b.plan, DP_SGD_RADEMACHER, DP_SGD_RANDOM, NULL)};
  for (int p = 0; p < 3; p++) {
    const assay_stream stream = {9, 123456789012};
    simd_set_level(SIMD_SSE2);
    const double whole = risk_after(paths[p], &stream, 900);
    for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
      simd_set_level((simd_level)level);
      risk_after(paths[p], &(assay_stream){9, 1}, 345); /* another replicate in between */
      dp_sgd_path_start(paths[p], &stream);
      for (long k = 0; k < 900; k += 1 + k % 7) dp_sgd_path_advance(paths[p], k);
      dp_sgd_path_advance(paths[p], 900);
      cr_expect_eq(dp_sgd_path_risk(paths[p]), whole, "path %d at %s", p, simd_level_name((simd_level)level));
    }
    dp_sgd_path_free(paths[p]);
  }
}

Test(dp_sgd, starts_have_their_norms) {
  static bench b;
  make(&b, 1, 31, true, 0.5, 0.4, &constant_3, DP_SGD_NO_NOISE);
  for (int start = DP_SGD_RANDOM; start <= DP_SGD_SPREAD; start++) {
    dp_sgd_path *path = dp_sgd_vector_new(&b.plan, DP_SGD_RADEMACHER, (dp_sgd_start)start, NULL);
    double V[2];
    cr_expect_float_eq(risk_after(path, &(assay_stream){10, 0}, 0), (2 * 0.4 + 0.5 * 0.9) / 2, 1e-14);
    dp_sgd_path_norms(path, V);
    cr_expect_float_eq(V[0], 0.4, 1e-15);
    cr_expect_float_eq(V[1], 0.9, 1e-15);
    dp_sgd_path_free(path);
  }
}

/* Signs, not normals, and a start along one axis: E R of one unclipped step is exact. With x_i = +-1, ||x||^2
 * = d: E V_1 = V_0 (1 - 2e + e^2 d) + e^2 d zeta^2, and not d + 2 as for normals. */
Test(dp_sgd, rademacher_covariates_have_constant_norm) {
  enum { RUN = 4000, D = 4 };
  static bench b;
  make(&b, 1, D, false, INFINITY, 0.5, &(schedule){.kind = SCHEDULE_CONST, .eta0 = 1}, DP_SGD_NO_NOISE);
  dp_sgd_path *path = dp_sgd_vector_new(&b.plan, DP_SGD_RADEMACHER, DP_SGD_LOCALISED, NULL);
  static double V[RUN];
  for (int i = 0; i < RUN; i++) V[i] = 2 * risk_after(path, &(assay_stream){13, (uint64_t)i}, 1);
  const estimate measured = estimate_of(V, RUN);
  cr_expect_lt(fabs(measured.mean - (1 - 2 + D + D * 0.25)), FIVE * measured.se);
  dp_sgd_path_free(path);
}

/* ---- privacy ---- */

Test(dp_sgd, noise_meets_the_privacy_condition) {
  static const double table[] = {5, 5, 3, 3, 0.5, 0};
  const schedule schedules[] = {constant_3,
                                {.kind = SCHEDULE_LINEAR, .eta0 = 6},
                                {.kind = SCHEDULE_SQRT, .eta0 = 4},
                                harmonic,
                                {.kind = SCHEDULE_TABLE, .table = table, .count = 6}};
  static double eta[MOST_STEPS], s[MOST_STEPS];
  for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
    for (long n = 1; n <= MOST_STEPS; n = n * 17 + 3) {
      const double C = 0.3 * sqrt(400), rho = 0.7;
      double greatest, least;
      dp_sgd_step_sizes(&schedules[i], n, eta);
      cr_assert_eq(dp_sgd_noise_sd(DP_SGD_SCHEDULED, C, rho, eta, n, s, NULL), ASSAY_OK);
      dp_sgd_privacy_ratios(C, rho, eta, s, n, &greatest, &least);
      cr_expect_float_eq(greatest, 1, 1e-12, "schedule %zu, n = %ld: 1%+g", i, n, greatest - 1);
      cr_expect_float_eq(least, 1, 1e-12, "schedule %zu, n = %ld: 1%+g", i, n, least - 1);

      cr_assert_eq(dp_sgd_noise_sd(DP_SGD_OUTPUT, C, rho, eta, n, s, NULL), ASSAY_OK);
      dp_sgd_privacy_ratios(C, rho, eta, s, n, &greatest, &least);
      const double last = eta[n - 1] / eta[0];
      cr_expect_float_eq(greatest, 1, 1e-12);
      cr_expect_float_eq(least, last * last, 1e-12);

      cr_assert_eq(dp_sgd_noise_sd(DP_SGD_NAIVE, C, rho, eta, n, s, NULL), ASSAY_OK);
      dp_sgd_privacy_ratios(C, rho, eta, s, n, &greatest, &least);
      cr_expect_float_eq(greatest, 1, 1e-12); /* the last step has its own noise only */
      cr_expect_leq(least, 1 + 1e-12);
    }
}

Test(dp_sgd, a_constant_step_makes_scheduled_noise_output_noise) {
  double eta[50], scheduled[50], output[50];
  dp_sgd_step_sizes(&constant_3, 50, eta);
  cr_assert_eq(dp_sgd_noise_sd(DP_SGD_SCHEDULED, 2, 0.5, eta, 50, scheduled, NULL), ASSAY_OK);
  cr_assert_eq(dp_sgd_noise_sd(DP_SGD_OUTPUT, 2, 0.5, eta, 50, output, NULL), ASSAY_OK);
  cr_expect_arr_eq(scheduled, output, sizeof output);
  cr_expect_float_eq(output[49], 2 * 2 * (3.0 / 50) / 0.5, 1e-15);
}

Test(dp_sgd, steps_without_any_noise_after_them_are_not_private) {
  const double eta[] = {1, 1}, s[] = {1, 0};
  double greatest, least;
  dp_sgd_privacy_ratios(1, 1, eta, s, 2, &greatest, &least);
  cr_expect(isinf(greatest));
  cr_expect_eq(least, 4);
}

Test(dp_sgd, problems_that_cannot_be_run_are_refused) {
  assay_error error = {0};
  const double rising[] = {1, 2};
  dp_sgd_problem p = {.c = 1, .rho = 1, .zeta = 0.5, .eta = constant_3, .noise = DP_SGD_OUTPUT};
  cr_expect_eq(dp_sgd_check(&p, 10, 5, &error), ASSAY_OK);
  cr_expect_eq(dp_sgd_check(&p, 0, 5, &error), ASSAY_DOMAIN);
  cr_expect_eq(dp_sgd_check(&p, 10, 0, &error), ASSAY_DOMAIN);
  p.c = INFINITY;
  cr_expect_eq(dp_sgd_check(&p, 10, 5, &error), ASSAY_DOMAIN);
  cr_expect(strstr(error.text, "c = inf"), "%s", error.text);
  p.rho = INFINITY;
  cr_expect_eq(dp_sgd_check(&p, 10, 5, &error), ASSAY_OK);
  p = (dp_sgd_problem){.c = 1,
                       .rho = 1,
                       .zeta = 0.5,
                       .noise = DP_SGD_SCHEDULED,
                       .eta = {.kind = SCHEDULE_TABLE, .table = rising, .count = 2}};
  cr_expect_eq(dp_sgd_check(&p, 10, 5, &error), ASSAY_DOMAIN);
  cr_expect(strstr(error.text, "never increases"), "%s", error.text);
  double s[2];
  cr_expect_eq(dp_sgd_noise_sd(DP_SGD_SCHEDULED, 1, 1, rising, 2, s, &error), ASSAY_DOMAIN);
  cr_expect_eq(dp_sgd_noise_sd(DP_SGD_OUTPUT, INFINITY, 1, rising, 2, s, &error), ASSAY_DOMAIN);
  cr_expect_eq(dp_sgd_noise_sd(DP_SGD_OUTPUT, INFINITY, INFINITY, rising, 2, s, &error), ASSAY_OK);

  static bench b;
  make(&b, 5, 6, true, 0.5, 0.4, &constant_3, DP_SGD_NO_NOISE);
  cr_expect_null(dp_sgd_sde_chain_new(&b.plan, &error));
  cr_expect_eq(error.status, ASSAY_DOMAIN);
}

/* ---- a changed sample ---- */

/* A change of sample k moves theta_k by exactly 2 C eta_k; later steps of eta ||x||^2 <= 2 do not widen it,
 * steps of eta ||x||^2 ~ 4 do. */
Test(dp_sgd, sensitivity_is_bounded_while_steps_contract) {
  static bench b;
  double ratio;
  make(&b, 500, 100, false, 0.5, 0.5, &(schedule){.kind = SCHEDULE_CONST, .eta0 = 4}, DP_SGD_NO_NOISE);
  dp_sgd_path *vector = dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL);
  for (uint64_t r = 0; r < 20; r++) {
    double before = 0;
    for (long k = 50; k <= 500; k += 90) {
      cr_assert_eq(dp_sgd_run_sensitivity(vector, &(assay_stream){14, r}, k, &ratio, NULL), ASSAY_OK);
      cr_assert(ratio > 0 && ratio <= 1 + 1e-12);
      cr_assert_gt(ratio, before - 0.1); /* fewer steps are left to contract */
      before = ratio;
    }
    cr_expect_float_eq(ratio, 1, 1e-12); /* k = n */
  }
  cr_expect_eq(dp_sgd_run_sensitivity(vector, &(assay_stream){14, 0}, 0, &ratio, NULL), ASSAY_DOMAIN);
  cr_expect_eq(dp_sgd_run_sensitivity(vector, &(assay_stream){14, 0}, 501, &ratio, NULL), ASSAY_DOMAIN);
  dp_sgd_path_free(vector);

  make(&b, 200, 100, false, 1, 0.5, &(schedule){.kind = SCHEDULE_CONST, .eta0 = 8}, DP_SGD_NO_NOISE);
  vector = dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL);
  cr_assert_eq(dp_sgd_run_sensitivity(vector, &(assay_stream){14, 0}, 10, &ratio, NULL), ASSAY_OK);
  cr_expect_gt(ratio, 1.5);
  dp_sgd_path_free(vector);
}

/* exp(-int eta (2 - eta gamma) mu/2) at gamma = .2, c = .5, eta = 4, zeta = .5 from t0 = .25, within O(1/d).
 */
Test(dp_sgd, tangent_contracts_at_its_rate) {
  static bench b;
  make(&b, 1000, 200, false, 0.5, 0.5, &(schedule){.kind = SCHEDULE_CONST, .eta0 = 4}, DP_SGD_NO_NOISE);
  dp_sgd_path *vector = dp_sgd_vector_new(&b.plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, NULL);
  double ratio[200];
  for (uint64_t r = 0; r < 200; r++)
    cr_assert_eq(dp_sgd_run_tangent(vector, &(assay_stream){15, r}, 250, &ratio[r], NULL), ASSAY_OK);
  const estimate measured = estimate_of(ratio, 200);
  cr_expect_lt(fabs(measured.mean - 0.3949565434), FIVE * measured.se + 1.0 / 200, "%g", measured.mean);
  cr_assert_eq(dp_sgd_run_tangent(vector, &(assay_stream){15, 0}, 1000, &ratio[0], NULL), ASSAY_OK);
  cr_expect_float_eq(ratio[0], 1, 1e-14);
  dp_sgd_path_free(vector);
}
