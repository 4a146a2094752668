#include <criterion/criterion.h>
#include <float.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <string.h>

#include "theory/numerics/fixed_point.h"
#include "theory/numerics/gaussian.h"
#include "theory/numerics/ode.h"
#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"
#include "theory/numerics/spiked.h"
#include "theory/numerics/truncated.h"

/* The error estimate bounds the true error, and is not larger than it by more than `slack` (or than rounding
 * allows). */
static void honest(const char *what, assay_value v, double exact, double slack) {
  double wrong = fabs(v.value - exact);
  cr_expect(wrong <= v.error, "%s: %.17g is off by %.3g, more than its error %.3g", what, v.value, wrong,
            v.error);
  double floor = 10 * DBL_EPSILON * fmax(fabs(exact), 1e-3);
  cr_expect(v.error <= slack * fmax(wrong, floor), "%s: error %.3g for a true one of %.3g", what, v.error,
            wrong);
}

static void has_text(assay_status status, assay_status expected, const assay_error *error, const char *part) {
  cr_expect_eq(status, expected, "status %s", assay_status_name(status));
  cr_expect(strstr(error->text, part) != NULL, "\"%s\" lacks \"%s\"", error->text, part);
}

/* ---- Gaussian expectations ---- */

static double absolute(double x, void *context) {
  return fabs(x - *(double *)context);
}
static double power(double x, void *context) {
  return pow(x, *(int *)context);
}
static double clipped_square(double x, void *context) {
  double c = *(double *)context;
  return fmin(x * x, c * c);
}
static double above(double x, void *context) {
  return x > *(double *)context;
}
static double exponential(double x, void *context) {
  return exp(*(double *)context * x);
}
static double not_finite(double x, void *context) {
  (void)context;
  return 1 / (x - x);
}
static double product(double x, double y, void *context) {
  (void)context;
  return fabs(x) * y * y;
}

static assay_value expectation(gaussian_function *f, void *context, double mean, double sd, double cut) {
  double cuts[2] = {cut, -cut};
  gaussian_axis axis = {mean, sd, cuts, 2};
  assay_value value = {NAN, 0};
  assay_error error;
  cr_expect_eq(gaussian_expectation(f, context, &axis, 1e-13, &value, &error), ASSAY_OK, "%s", error.text);
  return value;
}

Test(gaussian, moments) {
  static const double exact[] = {1, 0, 1, 0, 3, 0, 15, 0, 105};
  for (int k = 0; k <= 8; k += 2) honest("moment", expectation(power, &k, 0, 1, 1), exact[k], 1e4);
  for (int k = 1; k <= 7; k += 2) { /* zero by cancellation: the scale is E|X|^k */
    assay_value v = expectation(power, &k, 0, 1, 1);
    cr_expect(fabs(v.value) <= v.error && v.error < 1e-13 * exact[k + 1]);
  }
}

Test(gaussian, kink_of_the_modulus) {
  double at[] = {0, 1.5, -40};
  for (int i = 0; i < 3; i++) {
    double m = .3 - at[i], s = 2; /* E|X| of N(m, s^2) */
    double exact = s * sqrt(2 / M_PI) * exp(-m * m / (2 * s * s)) + m * erf(m / (s * M_SQRT2));
    honest("E|x - k|", expectation(absolute, &at[i], .3, s, at[i]), exact, 1e4);
  }
}

Test(gaussian, clipped_moment_over_many_scales) {
  for (double c = 1e-6; c < 1e3; c *= 10) {
    double phi = exp(-c * c / 2) / sqrt(2 * M_PI);
    double exact = erf(c / M_SQRT2) - 2 * c * phi + c * c * erfc(c / M_SQRT2);
    if (c < .01) exact = c * c - 4 / sqrt(2 * M_PI) * c * c * c / 3 * (1 - c * c / 10);
    honest("E min(x^2,c^2)", expectation(clipped_square, &c, 0, 1, c), exact, 1e4);
  }
}

Test(gaussian, jump_far_in_the_tail) {
  double k = 9;
  honest("P(X > 9)", expectation(above, &k, 0, 1, k), erfc(k / M_SQRT2) / 2, 1e4);
}

Test(gaussian, exponential_growth) {
  double k = 6;
  honest("E exp(6 X)", expectation(exponential, &k, 0, 1, 1), exp(18), 1e4);
}

Test(gaussian, point_mass) {
  double at = 1;
  honest("|3 - 1|", expectation(absolute, &at, 3, 0, 1), 2, 1e4);
}

Test(gaussian, two_dimensions) {
  double zero = 0;
  gaussian_axis x = {0, 2, &zero, 1}, y = {1, 3, NULL, 0};
  assay_value v;
  assay_error error;
  cr_assert_eq(gaussian_expectation2(product, NULL, &x, &y, 1e-12, &v, &error), ASSAY_OK);
  honest("E|x| y^2", v, 2 * sqrt(2 / M_PI) * 10, 1e4);
}

static double not_finite2(double x, double y, void *context) {
  return not_finite(x + y, context);
}

Test(gaussian, failures) {
  gaussian_axis bad = {0, -1, NULL, 0}, good = {0, 1, NULL, 0};
  assay_value v;
  assay_error e;
  int k = 1;
  has_text(gaussian_expectation(power, &k, &bad, 1e-10, &v, &e), ASSAY_DOMAIN, &e, "N(0, -1^2)");
  has_text(gaussian_expectation(not_finite, NULL, &good, 1e-10, &v, &e), ASSAY_NUMERIC, &e, "not finite");
  has_text(gaussian_expectation2(not_finite2, NULL, &good, &good, 1e-10, &v, &e), ASSAY_NUMERIC, &e,
           "not finite");
}

/* ---- roots and minima ---- */

static assay_status cosine_minus_x(double x, void *context, double *y, assay_error *error) {
  (void)context, (void)error;
  *y = cos(x) - x;
  return ASSAY_OK;
}
static assay_status power_minus(double x, void *context, double *y, assay_error *error) {
  (void)error;
  *y = x * x * x - *(double *)context;
  return ASSAY_OK;
}
static assay_status fails_above_one(double x, void *context, double *y, assay_error *error) {
  (void)context;
  *y = x - 2;
  return x > 1 ? assay_error_set(error, ASSAY_DOMAIN, "x = %g is above one", x) : ASSAY_OK;
}
static assay_status parabola(double x, void *context, double *y, assay_error *error) {
  (void)context, (void)error;
  *y = 3 + (x - M_PI) * (x - M_PI) + .1 * pow(x - M_PI, 3);
  return ASSAY_OK;
}

#define DOTTIE 0.739085133215160641655312087674 /* cos x = x */

Test(root, known_roots) {
  assay_value x;
  assay_error e;
  cr_assert_eq(root_find(cosine_minus_x, NULL, 0, 1, 1e-15, &x, &e), ASSAY_OK);
  honest("cos x = x", x, DOTTIE, 1e3);
  cr_assert_eq(root_find(cosine_minus_x, NULL, 0, 1, 1e-6, &x, &e), ASSAY_OK);
  cr_expect(fabs(x.value - DOTTIE) <= x.error);
  double cubes[] = {8, 1e-30, 1e30};
  for (int i = 0; i < 3; i++) {
    double lo, hi;
    cr_assert_eq(root_bracket_doubling(power_minus, &cubes[i], 1, &lo, &hi, &e), ASSAY_OK);
    cr_assert_eq(root_find(power_minus, &cubes[i], lo, hi, 1e-15, &x, &e), ASSAY_OK);
    cr_expect(fabs(x.value - cbrt(cubes[i])) <= x.error && x.error < 1e-14 * x.value);
  }
}

Test(root, scan_brackets_the_first_sign_change) {
  double cube = 27, lo, hi;
  assay_error e;
  root_grid log_grid = {.01, 100, 9, ROOT_LOG}, linear = {0, 10, 11, ROOT_LINEAR};
  cr_assert_eq(root_bracket_scan(power_minus, &cube, &log_grid, &lo, &hi, &e), ASSAY_OK);
  cr_expect(lo < 3 && hi > 3 && fabs(hi / lo - sqrt(10)) < 1e-12);
  cr_assert_eq(root_bracket_scan(power_minus, &cube, &linear, &lo, &hi, &e), ASSAY_OK);
  cr_expect(lo == 2 && hi == 3); /* a zero at a grid point ends the interval before it */
}

Test(root, minimum) {
  root_grid grid = {0, 10, 21, ROOT_LINEAR};
  root_valley valley;
  assay_value x, least;
  assay_error e;
  cr_assert_eq(root_valley_scan(parabola, NULL, &grid, &valley, &e), ASSAY_OK);
  cr_assert_eq(root_minimum(parabola, NULL, &valley, 1e-8, &x, &least, &e), ASSAY_OK, "%s", e.text);
  cr_expect(fabs(x.value - M_PI) <= x.error && x.error < 2e-6);
  cr_expect(fabs(least.value - 3) <= least.error && least.error < 1e-13);
}

Test(root, failures) {
  assay_value x, least;
  assay_error e;
  double cube = -1, lo, hi;
  has_text(root_find(cosine_minus_x, NULL, 2, 3, 1e-12, &x, &e), ASSAY_NUMERIC, &e,
           "no sign change on [2, 3]: f = -2.41615");
  has_text(root_find(fails_above_one, NULL, 0, 3, 1e-12, &x, &e), ASSAY_DOMAIN, &e, "is above one");
  has_text(root_bracket_doubling(power_minus, &cube, 1, &lo, &hi, &e), ASSAY_NUMERIC, &e, "no sign change");
  root_grid grid = {2, 3, 5, ROOT_LINEAR};
  has_text(root_bracket_scan(cosine_minus_x, NULL, &grid, &lo, &hi, &e), ASSAY_NUMERIC, &e,
           "5 points of [2, 3]");
  root_valley edge = {2, 2, 3, 0};
  has_text(root_minimum(parabola, NULL, &edge, 1e-8, &x, &least, &e), ASSAY_NUMERIC, &e,
           "no minimum inside [2, 3]");
}

/* ---- fixed points ---- */

static assay_status cosine(const double *x, double *g, void *context, assay_error *error) {
  (void)context, (void)error;
  *g = cos(*x);
  return ASSAY_OK;
}
/* A linear map with fixed point (1,2) and eigenvalues .9 and -.5. */
static assay_status linear(const double *x, double *g, void *context, assay_error *error) {
  (void)context, (void)error;
  double u = x[0] - 1, v = x[1] - 2;
  g[0] = 1 + .2 * u + .7 * v, g[1] = 2 + .7 * u + .2 * v;
  return ASSAY_OK;
}
static assay_status steep(const double *x, double *g, void *context, assay_error *error) {
  (void)context, (void)error;
  *g = 1 - 3 * *x;
  return ASSAY_OK;
}

Test(fixed_point, known_points) {
  fixed_point_rule rule = {1, 1e-11, 1e-14, 5000};
  assay_value x[2] = {{.1, 0}, {0, 0}};
  assay_error e;
  cr_assert_eq(fixed_point_solve(cosine, NULL, 1, &rule, x, &e), ASSAY_OK);
  honest("cos x = x", x[0], DOTTIE, 1e4);
  double dampings[] = {1, .7, .2};
  for (int i = 0; i < 3; i++) {
    rule.damping = dampings[i];
    x[0].value = -5, x[1].value = 9;
    cr_assert_eq(fixed_point_solve(linear, NULL, 2, &rule, x, &e), ASSAY_OK, "%s", e.text);
    honest("first", x[0], 1, 1e4);
    honest("second", x[1], 2, 1e4);
  }
}

Test(fixed_point, divergence_is_seen_and_damping_cures_it) {
  fixed_point_rule rule = {1, 1e-12, 0, 1000};
  assay_value x = {0, 0};
  assay_error e;
  has_text(fixed_point_solve(steep, NULL, 1, &rule, &x, &e), ASSAY_NUMERIC, &e, "diverges");
  rule.damping = .3, x.value = 0;
  cr_assert_eq(fixed_point_solve(steep, NULL, 1, &rule, &x, &e), ASSAY_OK);
  honest("1 - 3x = x", x, .25, 1e4);
  rule.iterations = 3, x.value = 0;
  has_text(fixed_point_solve(steep, NULL, 1, &rule, &x, &e), ASSAY_NUMERIC, &e, "not done after 3 steps");
  rule.damping = 2;
  has_text(fixed_point_solve(steep, NULL, 1, &rule, &x, &e), ASSAY_DOMAIN, &e, "damping in (0,1]");
}

/* ---- differential equations ---- */

static int decay(double t, const double *y, double *out, void *context) {
  (void)t;
  out[0] = -*(double *)context * y[0];
  return 0;
}
static int oscillator(double t, const double *y, double *out, void *context) {
  (void)t, (void)context;
  out[0] = y[1], out[1] = -y[0];
  return 0;
}
static int square(double t, const double *y, double *out, void *context) {
  (void)t, (void)context;
  out[0] = y[0] * y[0];
  return 0;
}
static int height(double t, const double *y, double *out, void *context) {
  (void)t, (void)context;
  out[0] = y[0] - .5;
  return 0;
}
static int fall(double t, const double *y, double *out, void *context) {
  (void)t, (void)context;
  out[0] = y[1], out[1] = -2;
  return 0;
}
static int bounce(int event, double t, double *y, void *context) {
  (void)event, (void)t;
  y[0] = .5, y[1] = -y[1];
  return ++*(int *)context == 3;
}

Test(ode, exponential_decay_and_its_integral) {
  double rate = 2, t[] = {0, .25, .5, 1}, y0 = 3;
  for (int method = ODE_ADAMS; method <= ODE_BDF; method++)
    for (double rtol = 1e-6; rtol > 1e-13; rtol /= 100) {
      ode_problem p = {.n = 1,
                       .f = decay,
                       .n_quad = 1,
                       .quad = square,
                       .context = &rate,
                       .method = (ode_method)method,
                       .rtol = rtol,
                       .atol = rtol / 100};
      assay_value y[4], q[4];
      assay_error e;
      cr_assert_eq(ode_solve_values(&p, 0, &y0, t, 4, y, q, &e), ASSAY_OK, "%s", e.text);
      for (int i = 1; i < 4; i++) {
        honest("decay", y[i], 3 * exp(-2 * t[i]), 1e4);
        honest("its integral", q[i], 9 * (1 - exp(-4 * t[i])) / 4, 1e4);
      }
    }
}

Test(ode, oscillator_over_ten_periods) {
  double t[] = {1, 10, 20 * M_PI}, y0[] = {1, 0};
  ode_problem p = {.n = 2, .f = oscillator, .rtol = 1e-11, .atol = 1e-13, .max_step = .5};
  assay_value y[6];
  assay_error e;
  cr_assert_eq(ode_solve_values(&p, 0, y0, t, 3, y, NULL, &e), ASSAY_OK, "%s", e.text);
  for (int i = 0; i < 3; i++) {
    honest("cosine", y[2 * i], cos(t[i]), 1e4);
    honest("sine", y[2 * i + 1], -sin(t[i]), 1e4);
  }
}

Test(ode, stiff_decay_by_bdf) {
  double rate = 1e6, t = 1, y0 = 1;
  ode_problem p = {.n = 1,
                   .f = decay,
                   .context = &rate,
                   .method = ODE_BDF,
                   .rtol = 1e-8,
                   .atol = 1e-10,
                   .max_steps = 2000};
  assay_value y;
  assay_error e;
  cr_assert_eq(ode_solve_values(&p, 0, &y0, &t, 1, &y, NULL, &e), ASSAY_OK, "%s", e.text);
  cr_expect(fabs(y.value) <= y.error);
  p.method = ODE_ADAMS;
  has_text(ode_solve_values(&p, 0, &y0, &t, 1, &y, NULL, &e), ASSAY_NUMERIC, &e, "may be stiff");
}

Test(ode, stops_at_an_event) {
  double rate = 2, y = 3, t[] = {.25, 5}, rows[2], quads[2], end; /* 3 exp(-2t) = 1/2 */
  ode_problem p = {.n = 1,
                   .f = decay,
                   .n_quad = 1,
                   .quad = square,
                   .n_events = 1,
                   .event = height,
                   .context = &rate,
                   .rtol = 1e-12,
                   .atol = 1e-14};
  assay_error e;
  cr_assert_eq(ode_solve(&p, 0, &y, t, 2, rows, quads, &end, &e), ASSAY_OK, "%s", e.text);
  cr_expect(fabs(end - log(6) / 2) < 1e-10);
  cr_expect(fabs(y - .5) < 1e-10 && rows[1] == y);
  cr_expect(fabs(quads[1] - (9 - .25) / 4) < 1e-10);
}

/* A ball falls under 2 from height 1 + 1/2 onto a floor at 1/2 and rebounds: down after 1, then every 2. */
Test(ode, restarts_after_an_event) {
  int bounces = 0;
  double y[] = {1.5, 0}, t[] = {2, 4, 100}, rows[6], quads[3], end;
  ode_problem p = {.n = 2,
                   .f = fall,
                   .n_quad = 1,
                   .quad = height,
                   .n_events = 1,
                   .event = height,
                   .on_event = bounce,
                   .context = &bounces,
                   .rtol = 1e-12,
                   .atol = 1e-14};
  assay_error e;
  cr_assert_eq(ode_solve(&p, 0, y, t, 3, rows, quads, &end, &e), ASSAY_OK, "%s", e.text);
  cr_expect_eq(bounces, 3);
  cr_expect(fabs(end - 5) < 1e-9 && fabs(rows[0] - 1.5) < 1e-9 && fabs(rows[2] - 1.5) < 1e-9);
  cr_expect(fabs(quads[0] - 4. / 3) < 1e-9 && fabs(quads[1] - 8. / 3) < 1e-9); /* 2/3 in every half bounce */
}

Test(ode, failures) {
  double rate = 1, y = 1, t[] = {.5, 2}, backward[] = {1, .5};
  assay_error e;
  ode_problem p = {.n = 1, .f = square, .context = &rate, .rtol = 1e-10, .atol = 1e-12}; /* 1/(1-t) */
  assay_status status = ode_solve(&p, 0, &y, t, 2, NULL, NULL, NULL, &e);
  has_text(status, ASSAY_NUMERIC, &e, "near t = ");
  y = 1;
  has_text(ode_solve(&p, 0, &y, backward, 2, NULL, NULL, NULL, &e), ASSAY_DOMAIN, &e, "is before 1");
}

/* ---- weighted covariances ---- */

/* Constant weights: Marchenko-Pastur edges (1 +- 1/sqrt delta)^2; a spike E[z s^2] with two atoms has its master equation solved. */
static double marchenko_pastur(double lambda, void *delta) {
  double d = *(double *)delta, up = 1 + 1 / sqrt(d), down = 1 - 1 / sqrt(d);
  return d / (2 * M_PI * lambda) * sqrt(fmax(0, (up * up - lambda) * (lambda - down * down)));
}

/* Equal weights: the law of Marchenko and Pastur, with n < d also its point mass at 0; bins with an edge in them included. */
Test(spiked, density_of_equal_weights) {
  assay_error error = {0};
  spiked_law law;
  cr_assert_eq(spiked_law_new(1, 1, &law, &error), ASSAY_OK);
  law.z[0] = law.weight[0] = law.c[0] = law.tau = 1;
  gsl_integration_workspace *room = gsl_integration_workspace_alloc(2000);
  static const struct {
    double delta, lo, hi, mass;
  } bins[] = {{4, .3, .5, 0}, {4, 1, 1.001, 0}, {4, .1, .4, 0}, {4, 2, 3, 0}, {4, 2.3, 2.5, 0}, {4, -1, .2, 0}, {.5, .5, 3, 0},
              {.5, -.05, .05, .5}, {1.2, 1e-3, 1e-1, 0}};
  for (size_t i = 0; i < sizeof bins / sizeof *bins; i++) {
    double delta = bins[i].delta, share = 0, rest, root = 1 / sqrt(delta);
    double lo = fmax(bins[i].lo, (1 - root) * (1 - root)), hi = fmin(bins[i].hi, (1 + root) * (1 + root));
    gsl_function f = {marchenko_pastur, &delta};
    if (lo < hi) cr_assert_eq(gsl_integration_qags(&f, lo, hi, 1e-13, 1e-12, 2000, room, &share, &rest), 0);
    assay_value density;
    double width = bins[i].hi - bins[i].lo;
    cr_assert_eq(spiked_density(&law, delta, (bins[i].lo + bins[i].hi) / 2, width, &density, &error), ASSAY_OK, "%s", error.text);
    double miss = fabs(density.value * width - share - bins[i].mass);
    cr_expect(miss < 2e-11, "bin %zu: %.15g for %.15g", i, density.value * width, share + bins[i].mass);
    cr_expect(miss <= density.error * width + 1e-12, "bin %zu: the error is honest", i);
  }
  assay_value density;
  cr_expect_eq(spiked_density(&law, 4, 1, 0, &density, &error), ASSAY_DOMAIN);
  gsl_integration_workspace_free(room);
  spiked_law_free(&law);
}

Test(spiked, marchenko_pastur_edges_and_two_atoms) {
  assay_error error = {0};
  spiked_law law;
  spiked_point edge;
  spiked_outlier o;
  assay_value delta_c, x;
  cr_assert_eq(spiked_law_new(1, 1, &law, &error), ASSAY_OK);
  law.z[0] = law.weight[0] = law.c[0] = law.tau = 1;
  cr_assert_eq(spiked_edge(&law, 4, &edge, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(edge.x.value - 3) < 1e-12 && fabs(edge.lambda.value - 2.25) < 1e-12);
  /* Johnstone's scales, (sqrt n +- sqrt d)(1/sqrt d +- 1/sqrt n)^(1/3)/n at d = 1. */
  cr_expect(fabs(spiked_edge_scale(&law, 4, edge.x.value) - 3 * cbrt(1.5) / 4) < 1e-12);
  cr_assert_eq(spiked_left_edge(&law, 4, &edge, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(edge.lambda.value - .25) < 1e-12);
  cr_expect(fabs(spiked_edge_scale(&law, 4, edge.x.value) - cbrt(.5) / 4) < 1e-12);
  spiked_law_free(&law);
  /* y = sign(s1 s2), T = y: r_1 = (2/pi) mu/(mu^2-1), mu_1 = delta/pi + sqrt(1 + (delta/pi)^2); eigenvector (1,1)/sqrt 2. */
  cr_assert_eq(spiked_law_new(2, 2, &law, &error), ASSAY_OK);
  const double h = 2 / M_PI, c[] = {1, h, h, 1, 1, -h, -h, 1};
  memcpy(law.c, c, sizeof c);
  law.z[0] = law.tau = 1, law.z[1] = -1, law.weight[0] = law.weight[1] = .5;
  cr_assert_eq(spiked_edge(&law, 6, &edge, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(edge.x.value - 2.9296033341) < 1e-10 && fabs(edge.lambda.value - .8746271417) < 1e-10);
  cr_assert_eq(spiked_eigenvalue(&law, 6, &edge, 1, &o, &error), ASSAY_OK, "%s", error.text);
  cr_expect(o.out && fabs(o.x.value - 4.0656799523) < 1e-10 && fabs(o.lambda.value - .9394127132) < 1e-10);
  cr_expect(fabs(o.rho2.value - .4995531293) < 1e-10 && fabs(fabs(o.u[0]) - M_SQRT1_2) < 1e-12 && fabs(o.u[0] - o.u[1]) < 1e-12);
  cr_assert_eq(spiked_eigenvalue(&law, 6, &edge, 2, &o, &error), ASSAY_OK, "%s", error.text);
  cr_expect(!o.out && o.rho2.value == 0);
  cr_assert_eq(spiked_threshold(&law, 1, &delta_c, &x, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(delta_c.value - 2.9331240476) < 1e-10);
  spiked_law_free(&law);
}

Test(truncated, moments_of_a_half_line_and_against_quadrature) {
  double m[7];
  truncated_moments(0, 2, 0, INFINITY, 4, m);
  cr_expect(fabs(m[0] - .5) < 1e-15 && fabs(m[1] - 2 / sqrt(2 * M_PI)) < 1e-15 && fabs(m[2] - 2) < 1e-14 && fabs(m[4] - 24) < 1e-13);
  truncated_moments(.3, .7, -.4, 1.1, 6, m);
  panels rule;
  assay_error error = {0};
  const double cuts[] = {-.4, 1.1};
  cr_assert_eq(panels_make(cuts, 2, 2, 64, &rule, &error), ASSAY_OK, "%s", error.text);
  for (int k = 0; k <= 6; k++) {
    double sum = 0;
    for (int i = 0; i < rule.n; i++) {
      double w = (rule.x[i] - .3) / .7;
      sum += rule.w[i] * pow(rule.x[i], k) * exp(-w * w / 2) / (.7 * sqrt(2 * M_PI));
    }
    cr_expect(fabs(sum - m[k]) < 1e-14, "moment %d: %.16g and %.16g", k, m[k], sum);
  }
  panels_free(&rule);
  cr_expect_eq(panels_make(cuts, 2, 1, 48, &rule, &error), ASSAY_DOMAIN);
}
