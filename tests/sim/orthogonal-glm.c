/* Designs, posteriors, GVAMP and the exact sampler: identities that hold in every draw, and averages. */
#include "sim/orthogonal-glm/gvamp.h"

#include <cblas.h>
#include <criterion/criterion.h>
#include <math.h>

#include "model/data/data.h"
#include "sim/orthogonal-glm/experiments.h"
#include "sim/orthogonal-glm/images.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

static const assay_stream stream = {5, 2};
static assay_call *call_of(const assay_experiment *experiment) {
  assay_error error;
  assay_call *call = assay_call_new(experiment->params, experiment->records, &error);
  cr_assert(call, "%s", error.text);
  return call;
}

/* Columns of L and R are orthonormal, adjoints are adjoint, tr A = n. */
Test(glm_design, factors_are_orthonormal) {
  const struct {
    glm_design_kind kind;
    glm_spectrum spectrum;
    long n, d;
    int width;
  } rows[] = {
      {GLM_FAST, {GLM_UNIF, 0, 0, 0}, 60, 40, 1},       {GLM_FAST, {GLM_BETA, 0, 0, 0}, 30, 40, 1},
      {GLM_FAST, {GLM_MP, 0, 0, 0}, 60, 40, 2},         {GLM_EXACT, {GLM_HAAR, 0, 0, 0}, 60, 40, 1},
      {GLM_CDP, {GLM_HAAR, 0, 0, 0}, 120, 40, 1},       {GLM_CDP_COMPLEX, {GLM_HAAR, 0, 0, 0}, 120, 40, 2},
      {GLM_CDP_EQUAL, {GLM_HAAR, 0, 0, 0}, 120, 40, 1}, {GLM_RADEMACHER, {GLM_HAAR, 0, 0, 0}, 60, 40, 1},
      {GLM_RADEMACHER, {GLM_HAAR, 0, 0, 0}, 30, 40, 1}, {GLM_ROWS, {GLM_HAAR, 0, 0, 0}, 60, 40, 1},
      {GLM_PRODUCT, {GLM_PROD, 0, 1, 0}, 60, 40, 1},    {GLM_STUDENT, {GLM_HAAR, 0, 0, 0}, 60, 40, 1},
      {GLM_SPARSE, {GLM_HAAR, 0, 0, 0}, 60, 40, 1}};
  static double c[240], x[240], Lc[240], LTx[240], back[240];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_call *call = call_of(&orthogonal_glm_spectral);
    glm_design X;
    cr_assert_eq(
        glm_design_open(call, rows[i].kind, &rows[i].spectrum, rows[i].n, rows[i].d, rows[i].width, &X),
        ASSAY_OK, "row %zu: %s", i, assay_call_error(call)->text);
    ok(glm_design_draw(&X, &stream, e));
    long r = X.rank * X.width, n = X.n * X.width, d = X.d * X.width;
    random_source source = random_open(&stream, RANDOM_TEST, 0);
    random_normals(&source, c, 240), random_normals(&source, x, 240);
    double trace = 0, worst = 0;
    for (long k = 0; k < X.rank; k++) trace += X.lam[k];
    cr_expect_lt(fabs(trace / (double)X.n - 1), 1e-9, "row %zu: trace %g", i, trace);
    glm_left(&X, c, Lc), glm_left_transposed(&X, Lc, back);
    for (long k = 0; k < r; k++) worst = fmax(worst, fabs(back[k] - c[k]));
    glm_left_transposed(&X, x, LTx);
    cr_expect_lt(fabs(cblas_ddot((int)n, Lc, 1, x, 1) - cblas_ddot((int)r, c, 1, LTx, 1)), 1e-11, "row %zu",
                 i);
    glm_right(&X, c, Lc), glm_right_transposed(&X, Lc, back);
    for (long k = 0; k < r; k++) worst = fmax(worst, fabs(back[k] - c[k]));
    glm_right_transposed(&X, x, LTx);
    cr_expect_lt(fabs(cblas_ddot((int)d, Lc, 1, x, 1) - cblas_ddot((int)r, c, 1, LTx, 1)), 1e-11, "row %zu",
                 i);
    cr_expect_lt(worst, 1e-11, "row %zu", i);
    linear_operator rotated = glm_rotated(&X);
    rotated.apply(rotated.context, c, Lc), rotated.transposed(rotated.context, x, LTx);
    cr_expect_lt(fabs(cblas_ddot((int)n, Lc, 1, x, 1) - cblas_ddot((int)r, c, 1, LTx, 1)), 1e-10, "row %zu",
                 i);
    glm_design_close(&X);
    assay_call_free(call);
  }
}

/* What the theory is told of a design made of images is what the simulation has. */
Test(glm_design, images_have_the_spectrum_they_report) {
  static double lam[GLM_IMAGE_PIXELS];
  assay_error absent;
  if (data_check("fashion-mnist", &absent) != ASSAY_OK) cr_skip_test("%s", absent.text);
  for (int sketch = 0; sketch < 2; sketch++) {
    assay_call *call = call_of(&orthogonal_glm_spectral);
    const glm_spectrum haar = {GLM_HAAR, 0, 0, 0};
    glm_design X;
    double trace = 0, worst = 0;
    ok(glm_image_spectrum(sketch, lam, e));
    cr_assert_eq(glm_design_open(call, sketch ? GLM_SKETCH : GLM_IMAGES, &haar, 392, 196, 1, &X), ASSAY_OK);
    ok(glm_design_draw(&X, &stream, e));
    for (int i = 0; i < 196; i++) trace += lam[i], worst = fmax(worst, fabs(lam[i] - X.lam[i]));
    cr_expect(fabs(trace - 392) < 1e-9 && worst < 1e-9 && lam[0] > lam[195] && lam[195] > 0);
    /* one direction carries a large share of the trace of raw images, and of no sketch */
    cr_expect(sketch ? lam[0] < .05 * trace : lam[0] > .2 * trace, "%g of %g", lam[0], trace);
    glm_design_close(&X);
    cr_expect_eq(glm_design_open(call, GLM_IMAGES, &haar, 400, 200, 1, &X), ASSAY_DOMAIN);
    glm_design_close(&X);
    assay_call_free(call);
  }
}

Test(glm_design, what_cannot_be_drawn_is_refused) {
  assay_call *call = call_of(&orthogonal_glm_spectral);
  glm_design X;
  const glm_spectrum haar = {GLM_HAAR, 0, 0, 0};
  cr_expect_eq(glm_design_open(call, GLM_CDP, &haar, 50, 40, 1, &X), ASSAY_DOMAIN);
  glm_design_close(&X);
  cr_expect_eq(glm_design_open(call, GLM_RADEMACHER, &haar, 40000, 20000, 1, &X), ASSAY_NO_MEMORY);
  glm_design_close(&X);
  cr_expect_eq(glm_design_open(call, GLM_RADEMACHER, &haar, 40, 20, 2, &X), ASSAY_DOMAIN);
  glm_design_close(&X);
  assay_call_free(call);
}

/* The posterior means and variances of one entry against sums over a grid. */
Test(glm_channel, posteriors_by_integration) {
  const glm_channel channels[] = {{GLM_LIN, .4}, {GLM_SIGN, .4}, {GLM_ABS, .4}};
  for (int i = 0; i < 3; i++)
    for (double p = -1.2; p < 2; p += .8) {
      double tau = 1.7, y = i == 1 ? -1 : .9, mass = 0, first = 0, second = 0, z, variance;
      for (double t = -8; t < 8; t += 1e-3) {
        double weight = exp(-.5 * tau * (t - p) * (t - p)), s = channels[i].sigma;
        if (i == 0) weight *= exp(-.5 * pow((y - t) / s, 2));
        if (i == 1) weight *= .5 * erfc(-y * t / (s * M_SQRT2));
        if (i == 2) weight *= exp(-.5 * pow((y - t) / s, 2)) + exp(-.5 * pow((y + t) / s, 2));
        mass += weight, first += weight * t, second += weight * t * t;
      }
      glm_channel_posterior(&channels[i], 1, &p, tau, &y, &z, &variance);
      cr_expect(fabs(z - first / mass) < 1e-9 &&
                    fabs(variance - (second / mass - pow(first / mass, 2))) < 1e-9,
                "channel %d, p = %g", i, p);
    }
}

/* G(y) = E[z^2 | y]. */
Test(glm_channel, second_moments_by_integration) {
  const glm_channel channels[] = {{GLM_ABS, .4}, {GLM_ABSOUT, .4}};
  for (int i = 0; i < 2; i++)
    for (double y = i ? -1 : .05; y < 3; y += .37) {
      double mass = 0, second = 0, s = .4;
      for (double t = 5e-4; t < 9; t += 1e-3) {
        double weight =
            exp(-.5 * t * t) * (exp(-.5 * pow((y - t) / s, 2)) + (i ? 0 : exp(-.5 * pow((y + t) / s, 2))));
        mass += weight, second += weight * t * t;
      }
      cr_expect_lt(fabs(glm_channel_moment(&channels[i], y) - second / mass), 2e-6, "channel %d, y = %g", i,
                   y);
    }
}

/* |z|^2/n has the mean 1 in every design: what is measured per power has the mean of what is measured. */
Test(glm_instance, power_has_mean_one) {
  const char *const designs[][2] = {
      {"fast", "unif"}, {"fast", "two"}, {"haar", "beta"}, {"rademacher", "mp"}, {"ar", "mp"}};
  enum { DRAWS = 400 };
  for (size_t k = 0; k < sizeof designs / sizeof *designs; k++) {
    assay_call *call = call_of(&orthogonal_glm_spectral);
    cr_assert(!assay_set_word(call, "design", designs[k][0]) &&
              !assay_set_word(call, "spectrum", designs[k][1]) && !assay_set_word(call, "channel", "abs") &&
              !assay_set(call, "sigma", .5) && !assay_set(call, "n", 60) && !assay_set(call, "d", 30));
    static glm_instance p;
    double sum = 0, square = 0;
    cr_assert_eq(glm_instance_open(call, &p), ASSAY_OK, "%s", assay_call_error(call)->text);
    for (int i = 0; i < DRAWS; i++) {
      ok(glm_instance_draw(&p, &(assay_stream){4, (uint64_t)i}, e));
      double off = cblas_ddot(60, p.z, 1, p.z, 1) / 60 - 1;
      sum += off / DRAWS, square += off * off / DRAWS;
    }
    cr_expect_lt(fabs(sum), 5 * sqrt(square / DRAWS), "%s: %g", designs[k][0], sum);
    cr_expect_gt(square, 1e-4);
    glm_instance_close(&p);
    assay_call_free(call);
  }
}

/* With the channel lin and a Gaussian prior the first linear step is the exact LMMSE estimate. */
Test(gvamp, is_exact_for_linear_gaussian_problems) {
  assay_call *call = call_of(&orthogonal_glm_gvamp);
  assay_error *text = assay_call_error(call);
  cr_assert(!assay_set_word(call, "spectrum", "unif") && !assay_set_word(call, "channel", "lin") &&
                !assay_set(call, "sigma", .5) && !assay_set(call, "n", 90) && !assay_set(call, "d", 60),
            "%s", text->text);
  static glm_instance p;
  gvamp g;
  static double c[60], z[90], gradient[60];
  cr_assert_eq(glm_instance_open(call, &p), ASSAY_OK, "%s", text->text);
  cr_assert_eq(gvamp_open(call, &p, &g), ASSAY_OK);
  ok(glm_instance_draw(&p, &stream, e));
  g.g1 = 0, g.t1 = 1;
  gvamp_step(&p, &g);
  linear_operator rotated = glm_rotated(&p.X);
  glm_right_transposed(&p.X, g.linear, c);
  rotated.apply(rotated.context, c, z);
  for (int i = 0; i < 90; i++) z[i] = (p.y[i] - z[i]) / .25;
  rotated.transposed(rotated.context, z, gradient);
  for (int i = 0; i < 60; i++) cr_expect_lt(fabs(gradient[i] - c[i]), 1e-9);
  glm_instance_close(&p);
  assay_call_free(call);
}

/* From a cold start an even channel stays at zero in every draw. */
Test(gvamp, even_channels_do_not_leave_the_cold_start) {
  assay_call *call = call_of(&orthogonal_glm_gvamp);
  cr_assert(!assay_set_word(call, "channel", "abs") && !assay_set(call, "sigma", .1) &&
            !assay_set(call, "n", 120) && !assay_set(call, "d", 60) && !assay_set(call, "k", 20));
  void *state;
  double out[10];
  cr_assert_eq(orthogonal_glm_gvamp.open(call, &state), ASSAY_OK, "%s", assay_call_error(call)->text);
  cr_assert_eq(orthogonal_glm_gvamp.replicate(call, state, &stream, out), ASSAY_OK);
  cr_expect(fabs(out[0] - 1) < 1e-12 && out[2] == 0 && out[3] == 0);
  orthogonal_glm_gvamp.close(state);
  assay_call_free(call);
}

/* A linear-Gaussian check of the sampler's parts is not possible with signs; but the overlap of a chain that
 * starts at the truth has the mean of |E[b|y]|^2/d, so that two halves of the chain agree on average. */
Test(posterior, the_chain_is_stationary_from_the_truth) {
  assay_call *call = call_of(&orthogonal_glm_posterior);
  enum { DRAWS = 300 };
  cr_assert(!assay_set_word(call, "channel", "sign") && !assay_set(call, "sigma", .3) &&
            !assay_set(call, "n", 80) && !assay_set(call, "d", 40) && !assay_set(call, "sweeps", 40));
  double sum = 0, square = 0, out;
  static double early[DRAWS];
  for (int burn = 20; burn <= 200; burn += 180) {
    void *state;
    cr_assert(!assay_set(call, "burn", burn));
    cr_assert_eq(orthogonal_glm_posterior.open(call, &state), ASSAY_OK, "%s", assay_call_error(call)->text);
    for (int i = 0; i < DRAWS; i++) {
      cr_assert_eq(orthogonal_glm_posterior.replicate(call, state, &(assay_stream){9, (uint64_t)i}, &out),
                   ASSAY_OK);
      if (burn == 20)
        early[i] = out;
      else
        sum += (out - early[i]) / DRAWS, square += pow(out - early[i], 2) / DRAWS;
    }
    orthogonal_glm_posterior.close(state);
  }
  cr_expect_lt(fabs(sum), 5 * sqrt(square / DRAWS), "%g", sum);
  assay_call_free(call);
}
