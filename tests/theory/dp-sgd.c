#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/clipping.h"
#include "theory/dp-sgd/dp-sgd.h"
#include "theory/numerics/gaussian.h"

/* ---- comparing ---- */

/* Half a unit of the last digit of a number as it is printed, e.g. 5e-4 for "1.570". */
static double half_unit(const char *printed) {
  const char *point = strchr(printed, '.');
  return .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
}

/* The value agrees with a printed reference to its last digit, and its error bound is at most `relative`. */
static void agrees_within(double relative, const char *what, assay_value v, const char *printed) {
  double reference = strtod(printed, NULL), unit = half_unit(printed);
  cr_expect(fabs(v.value - reference) <= 1.0000001 * unit + v.error, "%s: %.14g, not %s", what, v.value,
            printed);
  cr_expect(v.error >= 0 && v.error <= relative * fabs(v.value) + 1e-14, "%s: error %.3g of %.6g", what,
            v.error, v.value);
}

static void agrees(const char *what, assay_value v, const char *printed) {
  agrees_within(1e-9, what, v, printed);
}

/* The place of an optimum: the flatter F is, the less the risk's digits tell of it. */
static void located(const char *what, assay_value v, const char *printed) {
  agrees_within(1e-8, what, v, printed);
}

/* Two computations of one number, each with its error, or to `tolerance` relative. */
static void same(const char *what, assay_value v, double other, double tolerance) {
  cr_expect(fabs(v.value - other) <= tolerance * fabs(other) + v.error, "%s: %.16g and %.16g", what, v.value,
            other);
}

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

#define refuses(call, expected, part)                                                                        \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_expect_eq(call, expected, "%s gave another status", #call);                                           \
    cr_expect(strstr(error.text, part) != NULL, "%s: \"%s\" lacks \"%s\"", #call, error.text, part);         \
  } while (0)

/* ---- the reference problems ---- */

#define CONST(x)                                                                                             \
  { SCHEDULE_CONST, x, 0, NULL, 0 }
#define LINEAR(x)                                                                                            \
  { SCHEDULE_LINEAR, x, 0, NULL, 0 }
#define SQRT(x)                                                                                              \
  { SCHEDULE_SQRT, x, 0, NULL, 0 }
#define HARMONIC(alpha, t0)                                                                                  \
  { SCHEDULE_HARMONIC, alpha, t0, NULL, 0 }

static const dp_sgd_problem I1 = {.5, 1, 1, .5, .5, CONST(2), DP_SGD_OUTPUT};
static const dp_sgd_problem I2 = {.2, .3, 1, .5, .5, CONST(6), DP_SGD_OUTPUT};
static const dp_sgd_problem I3 = {.1, .3, 1, .5, .5, CONST(4.8), DP_SGD_OUTPUT};
static const dp_sgd_problem I4 = {1, INFINITY, INFINITY, .5, .5, CONST(1), DP_SGD_NO_NOISE};
static const dp_sgd_problem I5 = {.1, .3, 1, .5, .5, HARMONIC(3, .5), DP_SGD_SCHEDULED};
static const dp_sgd_problem I6 = {.25, .6, 1, .4, .5, SQRT(4), DP_SGD_SCHEDULED};
static const dp_sgd_problem I7 = {.25, .6, 1, .4, .5, LINEAR(6), DP_SGD_SCHEDULED};

static const double lam1[] = {.25, 1.75}, lam2[] = {.8, 1.2}, half[] = {.5, .5}, w1[] = {.9, .1};
static const spectrum_blocks A1 = {2, lam1, half, w1}, A2 = {2, lam2, half, half};
static const dp_sgd_problem A_const = {.25, .6, 1, .4, NAN, CONST(3), DP_SGD_OUTPUT};
static const dp_sgd_problem A_harmonic = {.25, .6, 1, .4, NAN, HARMONIC(3, .7), DP_SGD_SCHEDULED};

static assay_value end_risk(const dp_sgd_problem *p, dp_sgd_mistake mistake) {
  const double last = 1;
  assay_value R;
  ok(dp_sgd_trajectory(p, mistake, &last, 1, &R, NULL, e));
  return R;
}

static assay_value final_risk(const dp_sgd_problem *p, dp_sgd_mistake mistake) {
  dp_sgd_end end;
  ok(dp_sgd_final(p, mistake, &end, e));
  return end.F;
}

static assay_value root_of(assay_value v) {
  return (assay_value){sqrt(v.value), v.error / (2 * sqrt(v.value))};
}

/* ---- claim 1: clip factors ---- */

static double mu_integrand(double r, void *c) {
  return r * r * fmin(1, *(double *)c / fabs(r));
}
static double nu_integrand(double r, void *c) {
  return fmin(r * r, *(double *)c * *(double *)c);
}

Test(clip_factors, reference_values_and_definitions) {
  static const struct {
    double c, P;
    const char *mu, *nu;
  } rows[] = {{.3, .625, "0.211553265736", "0.061796869281"},
              {1, .625, "0.628906630477", "0.447407662226"},
              {.1, .1, "0.176936726242", "0.044082496453"},
              {2, .5, "0.954499736104", "0.920536925636"},
              {.01, 1, "0.005641848820", "0.000049811938"}};
  for (int i = 0; i < 5; i++) {
    assay_value mu, nu, defined;
    double c = rows[i].c, P = rows[i].P, cuts[] = {-c, 0, c};
    ok(dp_sgd_clip_factors(c, P, DP_SGD_RIGHT, &mu, &nu, e));
    agrees("mu", mu, rows[i].mu);
    agrees("nu", nu, rows[i].nu);
    gaussian_axis r = {0, sqrt(2 * P), cuts, 3};
    ok(gaussian_expectation(mu_integrand, &c, &r, 1e-13, &defined, e));
    same("mu by its definition", mu, defined.value / (2 * P), 1e-12);
    ok(gaussian_expectation(nu_integrand, &c, &r, 1e-13, &defined, e));
    same("nu by its definition", nu, defined.value / (2 * P), 1e-12);
  }
}

Test(clip_factors, limits_and_order) {
  double before_nu = INFINITY, before_a = 0;
  assay_value mu, nu;
  for (double a = 1e-6; a < 8; a *= 1.25) {
    ok(dp_sgd_clip_factors(a, .5, DP_SGD_RIGHT, &mu, &nu, e));
    double m = mu.value, n = nu.value;
    cr_expect(m * m <= n * (1 + 1e-14) && n <= m && m <= 1);
    cr_expect(n / (m * m) <= before_nu * (1 + 1e-14) && n / (m * m) <= M_PI_2);
    cr_expect(a * a / (m * m) >= before_a && a * a / (m * m) >= M_PI_2);
    before_nu = n / (m * m), before_a = a * a / (m * m);
  }
  ok(dp_sgd_clip_factors(INFINITY, .5, DP_SGD_RIGHT, &mu, &nu, e));
  cr_expect(mu.value == 1 && nu.value == 1);
  ok(dp_sgd_clip_factors(1e-8, .5, DP_SGD_RIGHT, &mu, &nu, e));
  same("mu ~ a sqrt(2/pi)", mu, 1e-8 * sqrt(M_2_PI), 1e-14);
  same("nu ~ a^2", nu, 1e-16, 2e-8);
}

Test(clip_factors, mistakes_and_domain) {
  assay_value mu, nu;
  ok(dp_sgd_clip_factors(.3, .625, DP_SGD_NAIVE_MU, &mu, &nu, e));
  agrees("naive mu", mu, "0.509434");
  ok(dp_sgd_clip_factors(INFINITY, .625, DP_SGD_NAIVE_MU, &mu, &nu, e));
  cr_expect_eq(mu.value, 1);
  ok(dp_sgd_clip_factors(.3, .625, DP_SGD_RESIDUAL_P, &mu, &nu, e));
  agrees("mu of a residual of variance P", mu, "0.295664");
  agrees("with the right nu", nu, "0.061796869281");
  refuses(dp_sgd_clip_factors(0, 1, DP_SGD_RIGHT, &mu, &nu, e), ASSAY_DOMAIN, "c = 0");
  refuses(dp_sgd_clip_factors(1, -1, DP_SGD_RIGHT, &mu, &nu, e), ASSAY_DOMAIN, "P = -1");
}

/* ---- claims 2, 3, 4, 17: trajectories, fluctuations, final risk ---- */

static const struct {
  const char *name;
  const dp_sgd_problem *problem;
  const char *R[4], *F, *sd_mid, *sd_end, *sd_final;
} isotropic[] = {{"I1",
                  &I1,
                  {"0.3545549685", "0.2577829078", "0.1960018069", "0.1578130985"},
                  "2.1578130985",
                  "0.291674",
                  "0.222536",
                  "3.051561"},
                 {"I2",
                  &I2,
                  {"0.2968416170", "0.1721681421", "0.1053400317", "0.0739372756"},
                  "0.3331372756",
                  "0.179575",
                  "0.104687",
                  "0.471155"},
                 {"I3",
                  &I3,
                  {"0.3030054147", "0.1704198148", "0.0913007526", "0.0502073713"},
                  "0.0916793713",
                  "0.114203",
                  "0.062143",
                  "0.125021"},
                 {"I4",
                  &I4,
                  {"0.4170502937", "0.3524489974", "0.3021374573", "0.2629547904"},
                  "0.2629547904",
                  "0.340931",
                  "0.329675",
                  "0.329675"},
                 {"I5",
                  &I5,
                  {"0.3305607101", "0.2289073153", "0.1648325683", "0.1225641434"},
                  "0.1297641434",
                  "0.214530",
                  "0.148578",
                  "0.160340"},
                 {"I6",
                  &I6,
                  {"0.4180404911", "0.3854814215", "0.3925634256", "0.4632163363"},
                  "0.4632163363",
                  "0.596613",
                  "0.749920",
                  "0.749920"},
                 {"I7",
                  &I7,
                  {"0.7861626734", "0.8779347230", "0.8939561144", "0.8902908971"},
                  "0.8902908971",
                  "1.437550",
                  "1.536694",
                  "1.536694"}};
enum { ISOTROPIC = sizeof isotropic / sizeof *isotropic };

Test(isotropic, reference_values) {
  const double t[] = {1, .25, .75, .5}; /* not in order */
  static const int column[] = {3, 0, 2, 1};
  for (int i = 0; i < ISOTROPIC; i++) {
    assay_value R[4], v[4];
    dp_sgd_end end;
    ok(dp_sgd_trajectory(isotropic[i].problem, DP_SGD_RIGHT, t, 4, R, v, e));
    for (int k = 0; k < 4; k++) agrees(isotropic[i].name, R[k], isotropic[i].R[column[k]]);
    agrees(isotropic[i].name, root_of(v[3]), isotropic[i].sd_mid);
    ok(dp_sgd_final(isotropic[i].problem, DP_SGD_RIGHT, &end, e));
    agrees(isotropic[i].name, end.F, isotropic[i].F);
    agrees(isotropic[i].name, root_of(end.d_var_R), isotropic[i].sd_end);
    agrees(isotropic[i].name, root_of(end.d_var_F), isotropic[i].sd_final);
    same("R(1) and the end", R[0], end.R.value, 1e-11);
  }
}

/* The second method: classical Runge-Kutta with fixed steps on the equation in R itself, with the derivative
 * of eta^2. */
static double risk_slope(const dp_sgd_problem *p, double t, double R) {
  double eta = schedule_eta(&p->eta, t), P = R + p->zeta * p->zeta / 2;
  double K = isinf(p->rho) ? 0 : 2 * p->gamma * p->gamma * p->c * p->c / (p->rho * p->rho);
  double injected = p->noise == DP_SGD_SCHEDULED ? -K * schedule_eta2_slope(&p->eta, t) : 0;
  return -2 * eta * clipping_mu(p->c, P) * R + eta * eta * p->gamma * clipping_nu(p->c, P) * P + injected;
}

static double runge_kutta(const dp_sgd_problem *p, int steps) {
  double R = p->R0, h = 1. / steps;
  for (int i = 0; i < steps; i++) {
    double t = i * h, a = risk_slope(p, t, R), b = risk_slope(p, t + h / 2, R + h / 2 * a);
    double c = risk_slope(p, t + h / 2, R + h / 2 * b), d = risk_slope(p, t + h, R + h * c);
    R += h / 6 * (a + 2 * b + 2 * c + d);
  }
  return R;
}

Test(isotropic, runge_kutta_agrees) {
  for (int i = 0; i < ISOTROPIC; i++)
    same(isotropic[i].name, end_risk(isotropic[i].problem, DP_SGD_RIGHT),
         runge_kutta(isotropic[i].problem, 20000),
         isotropic[i].problem == &I6
             ? 5e-8
             : 1e-11); /* the square root's slope at t = 1 costs Runge-Kutta its digits */
}

Test(isotropic, mistakes) {
  static const struct {
    dp_sgd_mistake mistake;
    const dp_sgd_problem *problem;
    const char *R;
  } rows[] = {{DP_SGD_NAIVE_MU, &I2, "0.02661"},   {DP_SGD_NAIVE_MU, &I1, "0.10886"},
              {DP_SGD_HALF_NOISE, &I2, "0.03775"}, {DP_SGD_HALF_NOISE, &I1, "0.07400"},
              {DP_SGD_NU_ONE, &I2, "390"},         {DP_SGD_NU_ONE, &I1, "0.4911"},
              {DP_SGD_NU_MU2, &I2, "0.05687"},     {DP_SGD_NU_MU2, &I1, "0.14474"},
              {DP_SGD_NO_ZETA, &I2, "0.01265"},    {DP_SGD_NO_ZETA, &I1, "0.07495"},
              {DP_SGD_RESIDUAL_P, &I2, "0.03979"}, {DP_SGD_RESIDUAL_P, &I1, "0.11448"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    agrees(rows[i].problem == &I1 ? "I1" : "I2", end_risk(rows[i].problem, rows[i].mistake), rows[i].R);
  dp_sgd_problem harmonic = {.1, .3, 1, .5, .5, HARMONIC(3, .7), DP_SGD_SCHEDULED};
  agrees("not telescoped", end_risk(&harmonic, DP_SGD_NOT_TELESCOPED), "0.14398");
  agrees("telescoped", end_risk(&harmonic, DP_SGD_RIGHT), "0.15105");
}

Test(isotropic, jump) {
  dp_sgd_end end;
  ok(dp_sgd_final(&I2, DP_SGD_RIGHT, &end, e));
  agrees("J at I2", end.J, "0.2592");
  ok(dp_sgd_final(&I1, DP_SGD_RIGHT, &end, e));
  agrees("J at I1", end.J, "2.0");
  ok(dp_sgd_final(&I2, DP_SGD_SENSITIVITY_C, &end, e));
  agrees("sensitivity C at I2", end.J, "0.0648");
  ok(dp_sgd_final(&I1, DP_SGD_SENSITIVITY_C, &end, e));
  agrees("sensitivity C at I1", end.J, "0.5");
  ok(dp_sgd_final(&I2, DP_SGD_K_GAMMA, &end, e));
  agrees("gamma for gamma^2", end.J, "1.296");
  dp_sgd_problem decaying = {.1, .3, 1, .5, .5, HARMONIC(3, .5), DP_SGD_OUTPUT}; /* eta from 6 to 2 */
  ok(dp_sgd_final(&decaying, DP_SGD_CALIBRATED_TO_LAST, &end, e));
  agrees("K eta(1)^2", end.J, "0.0072");
  ok(dp_sgd_final(&decaying, DP_SGD_K_ZERO, &end, e));
  cr_expect_eq(end.J.value, 0);
}

Test(isotropic, homogenised_sde_fluctuates_more) {
  dp_sgd_end end;
  ok(dp_sgd_final(&I2, DP_SGD_SDE_NOISE, &end, e));
  agrees("same mean", end.R, "0.0739372756");
  agrees("sd sqrt d", root_of(end.d_var_R), "0.12625");
  ok(dp_sgd_final(&I2, DP_SGD_RIGHT, &end, e));
  assay_value sde, right = end.d_var_R;
  ok(dp_sgd_final(&I2, DP_SGD_SDE_NOISE, &end, e));
  sde = end.d_var_R;
  agrees("variance ratio", (assay_value){sde.value / right.value, 0}, "1.454");
}

/* A constant step may release its noise at the end under either name: the two ways of keeping it are
 * independent. */
Test(isotropic, constant_step_scheduled_is_output) {
  dp_sgd_problem scheduled = I1;
  scheduled.noise = DP_SGD_SCHEDULED;
  dp_sgd_end a, b;
  ok(dp_sgd_final(&I1, DP_SGD_RIGHT, &a, e));
  ok(dp_sgd_final(&scheduled, DP_SGD_RIGHT, &b, e));
  same("R", a.R, b.R.value, 1e-11);
  same("F", a.F, b.F.value, 1e-11);
  same("d Var R", a.d_var_R, b.d_var_R.value, 1e-10);
  same("d Var F", a.d_var_F, b.d_var_F.value, 1e-10);
}

/* A table of the same steps; its interpolation error is of the order of 1/count^2. */
Test(isotropic, tabulated_schedule) {
  enum { COUNT = 4001 };
  static double table[COUNT];
  for (int i = 0; i < COUNT; i++) table[i] = schedule_eta(&I5.eta, pow(i / (COUNT - 1.), 2));
  dp_sgd_problem tabulated = I5;
  tabulated.eta = (schedule){SCHEDULE_TABLE, 0, 0, table, COUNT};
  dp_sgd_end a, b;
  ok(dp_sgd_final(&I5, DP_SGD_RIGHT, &a, e));
  ok(dp_sgd_final(&tabulated, DP_SGD_RIGHT, &b, e));
  same("R", a.R, b.R.value, 1e-7);
  same("d Var R", a.d_var_R, b.d_var_R.value, 1e-6);
  cr_expect(b.R.error < 1e-9 * b.R.value, "error %.3g", b.R.error);
}

Test(isotropic, extreme_points) {
  dp_sgd_problem p = I1;
  const double starts[] = {0, 1e-6};
  assay_value R[2];
  ok(dp_sgd_trajectory(&p, DP_SGD_RIGHT, starts, 2, R, NULL, e));
  cr_expect_eq(R[0].value, .5);
  p.gamma = 1e-5, p.c = .25; /* stiff: steps of up to 1.8/gamma */
  p.eta.eta0 = 1e5;
  p.noise = DP_SGD_NO_NOISE;
  assay_value stationary;
  ok(dp_sgd_stationary(p.gamma, p.c, p.eta.eta0, p.zeta, DP_SGD_RIGHT, &stationary, e));
  same("stiff", end_risk(&p, DP_SGD_RIGHT), stationary.value, 1e-9);
  p.gamma = 50, p.eta.eta0 = .01;
  ok(dp_sgd_trajectory(&p, DP_SGD_RIGHT, starts, 2, R, NULL, e));
  p = I7, p.c = 1e-3; /* hardly any signal: R stays, and fluctuates a little */
  dp_sgd_end end;
  ok(dp_sgd_final(&p, DP_SGD_RIGHT, &end, e));
  cr_expect(end.d_var_R.value > 0 && end.d_var_R.error < 1e-9 * end.d_var_R.value);
}

Test(isotropic, domain) {
  dp_sgd_problem p = I1;
  assay_value R;
  double t = 1.5, one = 1;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &t, 1, &R, NULL, e), ASSAY_DOMAIN, "t = 1.5");
  refuses(dp_sgd_trajectory(&p, DP_SGD_NU_ONE, &one, 1, &R, &R, e), ASSAY_DOMAIN, "right clip factors");
  p.c = INFINITY;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "cannot be made private");
  p = I1, p.gamma = -1;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "gamma = -1");
  p = I1, p.zeta = 0;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "zeta = 0");
  p = I1, p.rho = 0;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "rho = 0");
  p = I1, p.noise = DP_SGD_NAIVE;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "no limit");
  p = I1, p.eta.eta0 = 0;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "eta0 is 0");
  double rising[] = {1, 2};
  p = I5, p.eta = (schedule){SCHEDULE_TABLE, 0, 0, rising, 2};
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_DOMAIN, "never increases");
  p = I4, p.eta.eta0 = 1000;
  refuses(dp_sgd_trajectory(&p, DP_SGD_RIGHT, &one, 1, &R, NULL, e), ASSAY_NUMERIC, "near t =");
}

/* ---- claim 5: privacy accounting ---- */

Test(calibration, ratios) {
  assay_value most, least;
  ok(dp_sgd_calibration(&I5, 100, DP_SGD_RIGHT, &most, &least, e));
  cr_expect(most.value == 1 && least.value == 1);
  ok(dp_sgd_calibration(&I1, 100, DP_SGD_RIGHT, &most, &least, e));
  cr_expect(most.value == 1 && least.value == 1);
  dp_sgd_problem output = I5;
  output.noise = DP_SGD_OUTPUT;
  double last = .5 / (.999 + .5); /* eta_n/eta_1 at n = 1000 */
  ok(dp_sgd_calibration(&output, 100, DP_SGD_RIGHT, &most, &least, e));
  cr_expect_eq(most.value, 1);
  same("(eta_n/max eta)^2", least, last * last, 1e-14);
  ok(dp_sgd_calibration(&output, 100, DP_SGD_CALIBRATED_TO_LAST, &most, &least, e));
  same("(max eta/eta_n)^2", most, 1 / (last * last), 1e-14);
  ok(dp_sgd_calibration(&output, 1000000, DP_SGD_CALIBRATED_TO_LAST, &most, &least, e));
  same("-> 9", most, 9, 1e-6);
  output.noise = DP_SGD_NAIVE, output.eta = (schedule)CONST(4);
  ok(dp_sgd_calibration(&output, 100, DP_SGD_RIGHT, &most, &least, e));
  cr_expect_eq(most.value, 1);
  same("1/n", least, 1e-3, 1e-13);
  refuses(dp_sgd_calibration(&I4, 100, DP_SGD_RIGHT, &most, &least, e), ASSAY_DOMAIN, "nothing to calibrate");
  refuses(dp_sgd_calibration(&I1, 0, DP_SGD_RIGHT, &most, &least, e), ASSAY_DOMAIN, "gives no step");
}

Test(calibration, naive_noise_costs_a_factor_n) {
  static const struct {
    int d;
    const char *R, *ratio;
  } rows[] = {{50, "24.804", "118.008"}, {100, "51.624", "245.610"}, {200, "106.407", "506.246"}};
  dp_sgd_problem p = {.2, .3, 1, .5, .5, CONST(4), DP_SGD_OUTPUT};
  for (int i = 0; i < 3; i++) {
    assay_value R, ratio;
    ok(dp_sgd_naive_ratio(&p, rows[i].d, &R, &ratio, e));
    agrees("naive R", R, rows[i].R);
    agrees("naive ratio", ratio, rows[i].ratio);
  }
}

/* ---- claims 6, 7: integrals along the trajectory ---- */

Test(contraction, reference_values) {
  static const struct {
    dp_sgd_problem problem;
    double t0;
    dp_sgd_mistake mistake;
    const char *ratio;
  } rows[] = {{{.2, .5, INFINITY, .5, .5, CONST(4), DP_SGD_NO_NOISE}, .25, DP_SGD_RIGHT, "0.3949565434"},
              {{.5, .5, INFINITY, .5, .5, CONST(3), DP_SGD_NO_NOISE}, .5, DP_SGD_RIGHT, "0.8433928064"},
              {{.2, .5, INFINITY, .5, .5, CONST(4), DP_SGD_NO_NOISE}, .25, DP_SGD_LINEAR_RATE, "0.21261"},
              {{.5, 1, INFINITY, .5, .5, CONST(8), DP_SGD_NO_NOISE}, .5, DP_SGD_RIGHT, "4.79356"}};
  for (int i = 0; i < 4; i++) {
    assay_value ratio;
    ok(dp_sgd_contraction(&rows[i].problem, rows[i].t0, rows[i].mistake, &ratio, e));
    agrees("contraction", ratio, rows[i].ratio);
  }
  assay_value ratio;
  ok(dp_sgd_contraction(&rows[0].problem, 1, DP_SGD_RIGHT, &ratio, e));
  cr_expect(fabs(ratio.value - 1) <= ratio.error + DBL_EPSILON);
  dp_sgd_problem unclipped = {.5, INFINITY, INFINITY, .5, .5, CONST(1), DP_SGD_NO_NOISE};
  ok(dp_sgd_contraction(&unclipped, .2, DP_SGD_RIGHT, &ratio, e));
  same("without clipping", ratio, exp(-.5 * 1.5 * .8), 1e-12);
}

Test(clip_fraction, reference_values) {
  static const struct {
    double gamma, c, eta;
    const char *first, *second;
  } rows[] = {{.2, .3, 6, "0.74354", "0.66097"},
              {.1, .3228, 4.464, "0.72598", "0.62580"},
              {.5, 2, 2, "0.04286", "0.01463"}};
  assay_value x, whole, first, second;
  for (int i = 0; i < 3; i++) {
    dp_sgd_problem p = {rows[i].gamma, rows[i].c, INFINITY, .5, .5, CONST(rows[i].eta), DP_SGD_NO_NOISE};
    ok(dp_sgd_clip_fraction(&p, 0, .5, DP_SGD_RIGHT, &first, e));
    ok(dp_sgd_clip_fraction(&p, .5, 1, DP_SGD_RIGHT, &second, e));
    ok(dp_sgd_clip_fraction(&p, 0, 1, DP_SGD_RIGHT, &whole, e));
    agrees("first half", first, rows[i].first);
    agrees("second half", second, rows[i].second);
    same("both", whole, (first.value + second.value) / 2, 1e-11);
  }
  ok(dp_sgd_clip_fraction(&I2, 0, 1e-7, DP_SGD_RIGHT, &x, e));
  cr_expect(fabs(x.value - (1 - clipping_mu(.3, .625))) < 1e-6);
  ok(dp_sgd_clip_fraction(&I2, 0, 1e-7, DP_SGD_NU_FOR_MU, &x, e));
  cr_expect(fabs(x.value - (1 - clipping_nu(.3, .625))) < 1e-6);
  refuses(dp_sgd_clip_fraction(&I2, .5, .5, DP_SGD_RIGHT, &x, e), ASSAY_DOMAIN, "is empty");
}

/* ---- claims 8, 9, 18: other covariates ---- */

static const double quarters[] = {0, .25, .5, .75, 1};

Test(blocks, reference_values) {
  static const struct {
    const char *name;
    const dp_sgd_problem *problem;
    const spectrum_blocks *spectrum;
    const char *R[5], *F, *V[2];
  } rows[] = {{"A1 const",
               &A_const,
               &A1,
               {"0.2", "0.1543589039", "0.1269133888", "0.1071973845", "0.0918546465"},
               "0.4968546465",
               {"0.3765866160", "0.0511786509"}},
              {"A1 harmonic",
               &A_harmonic,
               &A1,
               {"0.2", "0.3860583799", "0.3500291853", "0.2927165680", "0.2439492239"},
               "0.3840876322",
               {"0.9615860822", "0.1414296727"}},
              {"A2",
               &A_const,
               &A2,
               {"0.5", "0.29337114", "0.16790890", "0.09950118", "0.06553297"},
               "0.47053297",
               {NULL, NULL}}};
  for (int i = 0; i < 3; i++) {
    assay_value R[5], V[10], F;
    ok(dp_sgd_blocks(rows[i].problem, rows[i].spectrum, DP_SGD_RIGHT, quarters, 5, R, V, &F, e));
    for (int k = 0; k < 5; k++) agrees(rows[i].name, R[k], rows[i].R[k]);
    for (int j = 0; j < 2 && rows[i].V[j]; j++) agrees(rows[i].name, V[8 + j], rows[i].V[j]);
    agrees(rows[i].name, F, rows[i].F);
  }
}

Test(blocks, mistakes) {
  const double last = 1;
  assay_value R;
  ok(dp_sgd_blocks(&A_const, &A1, DP_SGD_LAM2_P, &last, 1, &R, NULL, NULL, e));
  agrees("lam^2 p", R, "0.140415");
  ok(dp_sgd_blocks(&A_const, &A1, DP_SGD_P_ONLY, &last, 1, &R, NULL, NULL, e));
  agrees("p", R, "0.082955");
  dp_sgd_problem isotropic_one = A_const;
  isotropic_one.R0 = dp_sgd_start_risk(&A1);
  agrees("isotropic", end_risk(&isotropic_one, DP_SGD_RIGHT), "0.042943");
}

/* Splitting a block changes nothing, and all eigenvalues 1 is the isotropic problem, whatever the noise. */
Test(blocks, splitting_and_the_isotropic_case) {
  const double lam[] = {.25, 1.75, .25}, p[] = {.2, .5, .3}, w[] = {.7, .1, .2}, ones[] = {1, 1, 1};
  spectrum_blocks split = {3, lam, p, w}, flat = {3, ones, p, w};
  assay_value a[5], b[5], Va[10], Vb[15], Fa, Fb;
  ok(dp_sgd_blocks(&A_harmonic, &A1, DP_SGD_RIGHT, quarters, 5, a, Va, &Fa, e));
  ok(dp_sgd_blocks(&A_harmonic, &split, DP_SGD_RIGHT, quarters, 5, b, Vb, &Fb, e));
  for (int i = 0; i < 5; i++) {
    same("split R", b[i], a[i].value, 1e-11);
    same("split V", Va[2 * i], Vb[3 * i].value + Vb[3 * i + 2].value, 1e-11);
  }
  same("split F", Fb, Fa.value, 1e-11);
  for (int i = 0; i < ISOTROPIC; i++) {
    ok(dp_sgd_blocks(isotropic[i].problem, &flat, DP_SGD_RIGHT, quarters, 5, b, NULL, &Fb, e));
    for (int k = 1; k < 5; k++) agrees(isotropic[i].name, b[k], isotropic[i].R[k - 1]);
    agrees(isotropic[i].name, Fb, isotropic[i].F);
  }
}

/* The second method on the block system, two blocks. */
static void block_slope(const dp_sgd_problem *p, const spectrum_blocks *s, double t, const double *V,
                        double *out) {
  double eta = schedule_eta(&p->eta, t), R = (s->lam[0] * V[0] + s->lam[1] * V[1]) / 2,
         P = R + p->zeta * p->zeta / 2;
  double K = 2 * p->gamma * p->gamma * p->c * p->c / (p->rho * p->rho);
  for (int j = 0; j < 2; j++) {
    out[j] = -2 * eta * clipping_mu(p->c, P) * s->lam[j] * V[j] +
             2 * eta * eta * p->gamma * clipping_nu(p->c, P) * P * s->lam[j] * s->p[j];
    if (p->noise == DP_SGD_SCHEDULED) out[j] -= 2 * K * schedule_eta2_slope(&p->eta, t) * s->p[j];
  }
}

static double block_runge_kutta(const dp_sgd_problem *p, const spectrum_blocks *s) {
  double V[] = {s->w[0], s->w[1]}, h = 1. / 20000;
  for (int i = 0; i < 20000; i++) {
    double a[2], b[2], c[2], d[2], x[2];
    block_slope(p, s, i * h, V, a);
    for (int j = 0; j < 2; j++) x[j] = V[j] + h / 2 * a[j];
    block_slope(p, s, (i + .5) * h, x, b);
    for (int j = 0; j < 2; j++) x[j] = V[j] + h / 2 * b[j];
    block_slope(p, s, (i + .5) * h, x, c);
    for (int j = 0; j < 2; j++) x[j] = V[j] + h * c[j];
    block_slope(p, s, (i + 1) * h, x, d);
    for (int j = 0; j < 2; j++) V[j] += h / 6 * (a[j] + 2 * b[j] + 2 * c[j] + d[j]);
  }
  return (s->lam[0] * V[0] + s->lam[1] * V[1]) / 2;
}

Test(blocks, runge_kutta_agrees) {
  const dp_sgd_problem *problems[] = {&A_const, &A_harmonic};
  const double last = 1;
  for (int i = 0; i < 2; i++) {
    assay_value R;
    ok(dp_sgd_blocks(problems[i], &A1, DP_SGD_RIGHT, &last, 1, &R, NULL, NULL, e));
    same("blocks", R, block_runge_kutta(problems[i], &A1), 1e-11);
  }
}

Test(blocks, uniform_spectrum) {
  static const char *const expected[] = {"0.5", "0.2734299000", "0.1539026797", "0.0957236121",
                                         "0.0678878216"};
  assay_value R[5], F;
  ok(dp_sgd_uniform(&A_const, .2, DP_SGD_RIGHT, quarters, 5, R, &F, e));
  for (int i = 0; i < 5; i++) agrees("U1", R[i], expected[i]);
  agrees("U1", F, "0.4728878216");
  ok(dp_sgd_uniform(&A_harmonic, .2, DP_SGD_RIGHT, quarters, 5, R, &F, e));
  refuses(dp_sgd_uniform(&A_const, 1.2, DP_SGD_RIGHT, quarters, 5, R, &F, e), ASSAY_DOMAIN, "lam_lo");
}

Test(blocks, domain) {
  const double off[] = {.3, 1.75}, last = 1;
  spectrum_blocks wrong = {2, off, half, half};
  assay_value R;
  refuses(dp_sgd_blocks(&A_const, &wrong, DP_SGD_RIGHT, &last, 1, &R, NULL, NULL, e), ASSAY_DOMAIN,
          "tr Sigma");
}

Test(sandwich, reference_values) {
  static const struct {
    const dp_sgd_problem *problem;
    const spectrum_blocks *spectrum;
    int weak;
    double t;
    const char *low, *up;
  } rows[] = {{&A_const, &A1, 0, .25, "0.07409034", "0.25006776"},
              {&A_const, &A1, 0, .5, "0.04059193", "0.29729683"},
              {&A_const, &A1, 0, .75, "0.03338822", "0.34176563"},
              {&A_const, &A1, 0, 1, "0.03193599", "0.38360486"},
              {&A_const, &A1, 1, 1, "0.01842114", "0.42787139"},
              {&A_harmonic, &A1, 0, 1, "0.09779972", "0.93659535"},
              {&A_harmonic, &A1, 1, 1, "0.07853894", "0.97860229"},
              {&A_const, &A2, 0, 1, "0.04233766", "0.11570416"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_value low, up;
    ok(dp_sgd_sandwich(rows[i].problem, rows[i].spectrum, rows[i].weak, DP_SGD_RIGHT, &rows[i].t, 1, &low,
                       &up, e));
    agrees("lower", low, rows[i].low);
    agrees("upper", up, rows[i].up);
  }
}

Test(sandwich, order_sharpness_and_mistake) {
  const dp_sgd_problem *problems[] = {&A_const, &A_harmonic};
  for (int i = 0; i < 2; i++) {
    assay_value R[5], low[5], up[5], weak_low[5], weak_up[5];
    ok(dp_sgd_blocks(problems[i], &A1, DP_SGD_RIGHT, quarters, 5, R, NULL, NULL, e));
    ok(dp_sgd_sandwich(problems[i], &A1, 0, DP_SGD_RIGHT, quarters, 5, low, up, e));
    ok(dp_sgd_sandwich(problems[i], &A1, 1, DP_SGD_RIGHT, quarters, 5, weak_low, weak_up, e));
    for (int k = 1; k < 5; k++)
      cr_expect(weak_low[k].value < low[k].value && low[k].value < R[k].value && R[k].value < up[k].value &&
                up[k].value < weak_up[k].value);
  }
  const double one = 1;
  spectrum_blocks identity = {1, &one, &one, &one};
  assay_value low, up;
  ok(dp_sgd_sandwich(&A_const, &identity, 0, DP_SGD_RIGHT, &one, 1, &low, &up, e));
  same("no gap at Sigma = I", low, up.value, 1e-12);
  ok(dp_sgd_sandwich(&A_const, &A2, 0, DP_SGD_BOUNDS_EXCHANGED, &one, 1, &low, &up, e));
  agrees("exchanged lower", low, "0.115704");
  agrees("exchanged upper", up, "0.042338");
}

/* The clipped Gaussian by quadrature, and the localised system by Runge-Kutta on it. */
static double clipped(double x, void *c) {
  return fmin(fmax(x, -*(double *)c), *(double *)c);
}
static double clipped_square(double x, void *c) {
  return fmin(x * x, *(double *)c * *(double *)c);
}
static double inside(double x, void *c) {
  return fabs(x) < *(double *)c;
}

static void localised_slope(const dp_sgd_problem *p, const double *y, double *out) {
  double c = p->c, cuts[] = {-c, c}, eta = p->eta.eta0;
  gaussian_axis x = {y[0], sqrt(y[1] + p->zeta * p->zeta), cuts, 2};
  assay_value mean, square, within;
  ok(gaussian_expectation(clipped, &c, &x, 1e-12, &mean, e));
  ok(gaussian_expectation(clipped_square, &c, &x, 1e-12, &square, e));
  ok(gaussian_expectation(inside, &c, &x, 1e-12, &within, e));
  out[0] = -eta * mean.value;
  out[1] = -2 * eta * within.value * y[1] + eta * eta * p->gamma * square.value;
}

static double localised_runge_kutta(const dp_sgd_problem *p, int steps) {
  double y[] = {1, 0}, h = 1. / steps;
  for (int i = 0; i < steps; i++) {
    double a[2], b[2], c[2], d[2], x[2];
    localised_slope(p, y, a);
    for (int j = 0; j < 2; j++) x[j] = y[j] + h / 2 * a[j];
    localised_slope(p, x, b);
    for (int j = 0; j < 2; j++) x[j] = y[j] + h / 2 * b[j];
    localised_slope(p, x, c);
    for (int j = 0; j < 2; j++) x[j] = y[j] + h * c[j];
    localised_slope(p, x, d);
    for (int j = 0; j < 2; j++) y[j] += h / 6 * (a[j] + 2 * b[j] + 2 * c[j] + d[j]);
  }
  return (y[0] * y[0] + y[1]) / 2;
}

Test(localised, reference_values_and_quadrature) {
  const double last = 1;
  dp_sgd_problem p = {.2, .3, INFINITY, .1, .5, CONST(6), DP_SGD_NO_NOISE};
  assay_value R;
  ok(dp_sgd_localised(&p, &last, 1, &R, e));
  agrees("zeta = .1", R, "0.01437135");
  agrees("the Gaussian limit", end_risk(&p, DP_SGD_RIGHT), "0.017742");
  same("by quadrature", R, localised_runge_kutta(&p, 1000), 1e-11);
  p.zeta = .5;
  ok(dp_sgd_localised(&p, &last, 1, &R, e));
  agrees("zeta = .5", R, "0.06638780");
  same("by quadrature", R, localised_runge_kutta(&p, 400), 1e-9);
  p.c = INFINITY, p.eta.eta0 = 1; /* without clipping, the start does not matter */
  ok(dp_sgd_localised(&p, &last, 1, &R, e));
  same("unclipped", R, end_risk(&p, DP_SGD_RIGHT).value, 1e-11);
  p.c = 1e6;
  ok(dp_sgd_localised(&p, &last, 1, &R, e));
  same("hardly clipped", R, end_risk(&p, DP_SGD_RIGHT).value, 1e-11);
  p.noise = DP_SGD_SCHEDULED, p.rho = 1, p.c = .3;
  refuses(dp_sgd_localised(&p, &last, 1, &R, e), ASSAY_DOMAIN, "at the end only");
}

/* ---- claims 10, 11: constant step without private noise ---- */

Test(unclipped, closed_form) {
  assay_value R, R_inf;
  ok(dp_sgd_unclipped(1, 1, .5, .5, 1, DP_SGD_RIGHT, &R, &R_inf, e));
  agrees("I4", R, "0.26295479");
  same("the equation", R, end_risk(&I4, DP_SGD_RIGHT).value, 1e-11);
  ok(dp_sgd_unclipped(1, 1, .5, .5, 1, DP_SGD_LINEAR_RATE, &R, &R_inf, e));
  agrees("without -eta^2 gamma in the exponent", R, "0.17575");
  same("R_inf", R_inf, .125, 1e-14);
  ok(dp_sgd_unclipped(.5, 4, .5, .5, 1, DP_SGD_RIGHT, &R, &R_inf, e)); /* eta gamma = 2: linear growth */
  same("at eta gamma = 2", R, .5 + 16 * .5 * .125, 1e-14);
  cr_expect(isnan(R_inf.value));
  ok(dp_sgd_unclipped(.5, 4.4, .5, .5, 6, DP_SGD_RIGHT, &R, &R_inf, e));
  agrees("growth over six units of time", (assay_value){R.value / .5, 0}, "734");
  refuses(dp_sgd_unclipped(.5, 4000, .5, .5, 1, DP_SGD_RIGHT, &R, &R_inf, e), ASSAY_NUMERIC, "grows");
  refuses(dp_sgd_unclipped(.5, 1, .5, .5, -1, DP_SGD_RIGHT, &R, &R_inf, e), ASSAY_DOMAIN, "t = -1");
}

Test(stationary, reference_values) {
  static const struct {
    double gamma, c, eta, zeta;
    const char *R;
  } rows[] = {{.5, 1, 8, .5, "2.0205139708"}, {1, .5, 3, .5, "0.3520575567"},  {1, 1, 2, .3, "0.2557837198"},
              {.2, 1, 3, .5, "0.0484727100"}, {.5, 1, 80, .5, "300.98122401"}, {.5, 1, 800, .5, "31282.7439"},
              {.5, 1, 4.4, .5, "0.474881"},   {.5, .5, 3, .5, "0.1112339426"}};
  assay_value R;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ok(dp_sgd_stationary(rows[i].gamma, rows[i].c, rows[i].eta, rows[i].zeta, DP_SGD_RIGHT, &R, e));
    agrees("stationary", R, rows[i].R);
    double P = R.value + rows[i].zeta * rows[i].zeta / 2, mu = clipping_mu(rows[i].c, P),
           nu = clipping_nu(rows[i].c, P);
    cr_expect(fabs(2 * mu * R.value / (rows[i].eta * rows[i].gamma * nu * P) - 1) < 1e-12);
  }
  ok(dp_sgd_stationary(.5, .5, 3, .5, DP_SGD_UNCLIPPED, &R, e));
  same("the unclipped formula", R, .375, 1e-14);
  ok(dp_sgd_stationary(.5, INFINITY, 3, .5, DP_SGD_RIGHT, &R, e));
  same("c = inf", R, .375, 1e-14);
  refuses(dp_sgd_stationary(.5, INFINITY, 4, .5, DP_SGD_RIGHT, &R, e), ASSAY_DOMAIN, "eta gamma < 2");
  ok(dp_sgd_after(1, 1, 2, .3, .5, 6, &R, e));
  agrees("R_T", R, "0.256266");
  refuses(dp_sgd_after(1, 1, 2, .3, .5, 0, &R, e), ASSAY_DOMAIN, "T = 0");
}

/* ---- claims 12, 13: the best clipping ---- */

Test(clip_optimum, reference_values) {
  static const struct {
    dp_sgd_problem problem;
    const char *c_star, *F[5];
  } rows[] = {{{.1, NAN, 1, .5, .5, CONST(3), DP_SGD_OUTPUT},
               "0.48364446",
               {"0.394582", "0.238641", "0.092684", "0.404285", "3.435409"}},
              {{.02, NAN, .3, .3, .5, CONST(5), DP_SGD_OUTPUT},
               "0.30387473",
               {"0.380516", "0.198229", "0.030045", "0.187106", "1.664523"}}};
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 5; k++) {
      assay_value c_star, F;
      ok(dp_sgd_clip_optimum(&rows[i].problem, pow(3, k - 2), DP_SGD_RIGHT, &c_star, &F, e));
      located("c*", c_star, rows[i].c_star);
      agrees("F", F, rows[i].F[k]);
    }
  static const char *const large[] = {"1.64498", "6.50497", "25.94497"};
  double F[3];
  for (int i = 0; i < 3; i++) { /* F - const grows as c^2 */
    dp_sgd_problem p = rows[0].problem;
    p.c = 3 << i;
    assay_value value = final_risk(&p, DP_SGD_RIGHT);
    agrees("F at large c", value, large[i]);
    F[i] = value.value;
  }
  cr_expect(fabs((F[2] - F[1]) / (F[1] - F[0]) - 4) < 1e-3);
  assay_value c_star, at;
  dp_sgd_problem no_privacy = rows[0].problem;
  no_privacy.rho = INFINITY;
  refuses(dp_sgd_clip_optimum(&no_privacy, 1, DP_SGD_RIGHT, &c_star, &at, e), ASSAY_DOMAIN,
          "no finite c is best");
}

static const dp_sgd_problem joint1 = {.1, NAN, 1, .5, .5, CONST(1), DP_SGD_OUTPUT};
static const dp_sgd_problem joint2 = {.02, NAN, .3, .3, .5, CONST(1), DP_SGD_OUTPUT};

static assay_value best_at(const dp_sgd_problem *problem, double c, dp_sgd_mistake mistake,
                           assay_value *eta) {
  dp_sgd_problem p = *problem;
  p.c = c;
  assay_value t0, F = {NAN, 0};
  ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP, mistake, eta, &t0, &F, e));
  return F;
}

Test(joint_optimum, reference_values) {
  assay_value eta, c, F;
  ok(dp_sgd_joint_optimum(&joint1, DP_SGD_RIGHT, &eta, &c, &F, e));
  agrees("F*", F, "0.091658195751");
  located("c*", c, "0.322782257");
  located("eta*", eta, "4.464178535");
  static const struct {
    double ratio;
    const char *F_ratio;
  } flat[] = {{1. / 3, "1.0202"}, {.5, "1.0113"}, {1.5, "1.0107"}, {2, "1.0417"}};
  for (int i = 0; i < 4; i++) {
    assay_value at, there = best_at(&joint1, flat[i].ratio * c.value, DP_SGD_RIGHT, &at);
    agrees("F*(c)/F*", (assay_value){there.value / F.value, 0}, flat[i].F_ratio);
  }
  assay_value never_clips = best_at(&joint1, 4.3592, DP_SGD_RIGHT, &eta);
  agrees("c that never clips", never_clips, "0.28534");
  agrees("over the optimum", (assay_value){never_clips.value / F.value, 0}, "3.11");
  ok(dp_sgd_joint_optimum(&joint2, DP_SGD_RIGHT, &eta, &c, &F, e));
  agrees("F*", F, "0.028495438240");
  located("c*", c, "0.086196292");
  located("eta*", eta, "17.30636107");
  refuses(dp_sgd_joint_optimum(&joint1, DP_SGD_K_ZERO, &eta, &c, &F, e), ASSAY_DOMAIN, "no finite c is best");
}

Test(joint_optimum, best_step_at_given_threshold) {
  static const struct {
    const dp_sgd_problem *problem;
    double c;
    dp_sgd_mistake mistake;
    const char *eta, *F;
  } rows[] = {{&joint1, .1, DP_SGD_RIGHT, "14.06373", "0.0936405084"},
              {&joint1, .3, DP_SGD_RIGHT, "4.78951", "0.0916783911"},
              {&joint1, 1, DP_SGD_RIGHT, "1.60823", "0.1071961990"},
              {&joint1, 3, DP_SGD_RIGHT, "0.67898", "0.2211132010"},
              {&joint1, 10, DP_SGD_RIGHT, "0.17336", "0.4149909227"},
              {&joint2, .1, DP_SGD_RIGHT, "14.93399", "0.0285017106"},
              {&joint2, 1, DP_SGD_RIGHT, "1.90641", "0.0510884182"},
              {&joint2, 10, DP_SGD_RIGHT, "0.30446", "0.3549325622"},
              {&joint1, 1, DP_SGD_K_ZERO, NULL, "0.0263387"},
              {&joint1, 10, DP_SGD_K_ZERO, NULL, "0.0238913"},
              {&joint1, .322782257, DP_SGD_RIGHT, "4.46418", "0.09166"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_value eta, F = best_at(rows[i].problem, rows[i].c, rows[i].mistake, &eta);
    if (rows[i].eta) located("eta*", eta, rows[i].eta);
    agrees("F", F, rows[i].F);
  }
  assay_value eta; /* c = .02: the cap 1.8/gamma is the optimum */
  best_at(&joint1, .02, DP_SGD_RIGHT, &eta);
  cr_expect(eta.value == 1.8 / .1);
}

/* The derivative that the optimum is the root of, against differences of F. */
Test(joint_optimum, is_a_minimum) {
  assay_value eta, c, F;
  ok(dp_sgd_joint_optimum(&joint1, DP_SGD_RIGHT, &eta, &c, &F, e));
  for (int k = 0; k < 8; k++) {
    dp_sgd_problem p = joint1;
    p.c = c.value * (1 + 1e-3 * cos(k * M_PI / 4)), p.eta.eta0 = eta.value * (1 + 1e-3 * sin(k * M_PI / 4));
    cr_expect(final_risk(&p, DP_SGD_RIGHT).value > F.value);
  }
}

/* ---- claim 14: schedules ---- */

static const dp_sgd_problem column1 = {.02, .3, .3, .3, .5, CONST(1), DP_SGD_SCHEDULED};
static const dp_sgd_problem column2 = {.01, .3, 1, .5, .5, CONST(1), DP_SGD_SCHEDULED};

Test(schedule_optimum, reference_values) {
  static const struct {
    const dp_sgd_problem *problem;
    schedule_kind kind;
    dp_sgd_noise noise;
    const char *eta0, *t0, *F;
  } rows[] = {{&column1, SCHEDULE_CONST, DP_SGD_OUTPUT, "5.13369", NULL, "0.0299602"},
              {&column1, SCHEDULE_LINEAR, DP_SGD_SCHEDULED, "13.03", NULL, "0.0235416"},
              {&column1, SCHEDULE_LINEAR, DP_SGD_OUTPUT, "8.211", NULL, "0.0792018"},
              {&column1, SCHEDULE_SQRT, DP_SGD_SCHEDULED, "9.102", NULL, "0.0210476"},
              {&column1, SCHEDULE_SQRT, DP_SGD_OUTPUT, "6.833", NULL, "0.0528013"},
              {&column1, SCHEDULE_HARMONIC, DP_SGD_SCHEDULED, "4.573", "0.323", "0.0206545"},
              {&column2, SCHEDULE_CONST, DP_SGD_OUTPUT, "8.84014", NULL, "0.0052883"},
              {&column2, SCHEDULE_LINEAR, DP_SGD_SCHEDULED, "20.85", NULL, "0.0032096"},
              {&column2, SCHEDULE_LINEAR, DP_SGD_OUTPUT, "16.25", NULL, "0.0081427"},
              {&column2, SCHEDULE_SQRT, DP_SGD_SCHEDULED, "14.92", NULL, "0.0034243"},
              {&column2, SCHEDULE_SQRT, DP_SGD_OUTPUT, "12.87", NULL, "0.0060215"},
              {&column2, SCHEDULE_HARMONIC, DP_SGD_SCHEDULED, "3.609", "0.03609", "0.0025208"}};
  static const char *const harmonic_output[] = {"0.1632522", "0.1818386"};
  int harmonics = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    dp_sgd_problem p = *rows[i].problem;
    p.eta.kind = rows[i].kind, p.noise = rows[i].noise;
    assay_value eta0, t0, F;
    unsigned free = DP_SGD_FREE_STEP | (rows[i].t0 ? DP_SGD_FREE_T0 : 0);
    ok(dp_sgd_schedule_optimum(&p, free, DP_SGD_RIGHT, &eta0, &t0, &F, e));
    located("eta0", eta0, rows[i].eta0);
    agrees("F", F, rows[i].F);
    if (!rows[i].t0) continue;
    located("t0", t0, rows[i].t0);
    /* at the printed parameters: F moves in its fourth digit with theirs */
    p.eta.eta0 = strtod(rows[i].eta0, NULL), p.eta.t0 = strtod(rows[i].t0, NULL), p.noise = DP_SGD_OUTPUT;
    agrees("the same schedule, output noise", final_risk(&p, DP_SGD_RIGHT), harmonic_output[harmonics++]);
  }
}

Test(schedule_optimum, other_points) {
  static const struct {
    double gamma, c, rho, zeta;
    const char *linear, *constant;
  } rows[] = {{.02, 1, .3, .3, "0.05368", "0.05109"}, {.1, .3, 1, .5, "0.1167", "0.0917"}};
  for (int i = 0; i < 2; i++) {
    dp_sgd_problem p = {rows[i].gamma, rows[i].c, rows[i].rho, rows[i].zeta, .5, LINEAR(1), DP_SGD_SCHEDULED};
    assay_value eta0, t0, F;
    ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP, DP_SGD_RIGHT, &eta0, &t0, &F, e));
    agrees("linear", F, rows[i].linear);
    p.eta.kind = SCHEDULE_CONST, p.noise = DP_SGD_OUTPUT;
    ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP, DP_SGD_RIGHT, &eta0, &t0, &F, e));
    agrees("const", F, rows[i].constant);
  }
}

/* One free parameter of the harmonic schedule, the other at its joint optimum: the joint optimum comes back.
 */
Test(schedule_optimum, one_parameter_at_a_time) {
  dp_sgd_problem p = column1;
  p.eta.kind = SCHEDULE_HARMONIC;
  assay_value alpha, t0, F, a, b, G;
  ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP | DP_SGD_FREE_T0, DP_SGD_RIGHT, &alpha, &t0, &F, e));
  p.eta.eta0 = alpha.value, p.eta.t0 = t0.value;
  ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP, DP_SGD_RIGHT, &a, &b, &G, e));
  same("alpha", a, alpha.value, 1e-8);
  same("F", G, F.value, 1e-11);
  cr_expect(b.value == t0.value && b.error == 0);
  ok(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_T0, DP_SGD_RIGHT, &a, &b, &G, e));
  same("t0", b, t0.value, 1e-8);
  cr_expect(a.value == alpha.value && a.error == 0);
  dp_sgd_problem large = {
      1, .5, .5, .2, .5, HARMONIC(1, 1), DP_SGD_SCHEDULED}; /* at large gamma decay does not pay */
  refuses(dp_sgd_schedule_optimum(&large, 3, DP_SGD_RIGHT, &a, &b, &G, e), ASSAY_DOMAIN, "constant step");
  refuses(dp_sgd_schedule_optimum(&p, 0, DP_SGD_RIGHT, &a, &b, &G, e), ASSAY_DOMAIN, "nothing to optimise");
  refuses(dp_sgd_schedule_optimum(&p, DP_SGD_FREE_STEP, DP_SGD_NU_ONE, &a, &b, &G, e), ASSAY_DOMAIN,
          "right clip factors");
}

Test(greedy, reference_values) {
  static const struct {
    dp_sgd_problem problem;
    int optimise;
    const char *eta0, *F;
  } rows[] = {{{.02, .3, .3, .3, .5, CONST(1), DP_SGD_SCHEDULED}, 1, "11.569174", "0.0184374"},
              {{.01, .3, 1, .5, .5, CONST(1), DP_SGD_SCHEDULED}, 1, "67.242134", "0.0023977"},
              {{.02, .3, .3, .3, .5, CONST(5), DP_SGD_SCHEDULED}, 0, "5", "0.0278663163"},
              {{.02, .3, .3, .3, .5, CONST(20), DP_SGD_SCHEDULED}, 0, "20", "0.0203074685"},
              {{.01, .3, 1, .5, .5, CONST(5), DP_SGD_SCHEDULED}, 0, "5", "0.0230113658"},
              {{.01, .3, 1, .5, .5, CONST(20), DP_SGD_SCHEDULED}, 0, "20", "0.0026959329"},
              {{.1, .3, 1, .5, .5, CONST(5), DP_SGD_SCHEDULED}, 0, "5", "0.0872680888"},
              {{.1, .3, 1, .5, .5, CONST(1), DP_SGD_SCHEDULED}, 1, "6.7242134", "0.083306942"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_value eta0, F;
    ok(dp_sgd_greedy(&rows[i].problem, rows[i].optimise, &eta0, &F, NULL, 0, e));
    located("eta0", eta0, rows[i].eta0);
    agrees("F", F, rows[i].F);
  }
}

/* The optimum is the root of a derivative; the vertex of a parabola through values of F finds it, too. */
Test(greedy, best_first_step_by_values) {
  const dp_sgd_problem *problems[] = {&column1, &column2};
  for (int i = 0; i < 2; i++) {
    assay_value best, F, at[3], eta0;
    ok(dp_sgd_greedy(problems[i], 1, &best, &F, NULL, 0, e));
    for (int k = 0; k < 3; k++) {
      dp_sgd_problem p = *problems[i];
      p.eta.eta0 = best.value * (1 + 2e-3 * (k - 1));
      ok(dp_sgd_greedy(&p, 0, &eta0, &at[k], NULL, 0, e));
    }
    double rise = at[2].value - at[0].value, curvature = at[2].value - 2 * at[1].value + at[0].value;
    cr_expect(curvature > 0 && fabs(rise / (2 * curvature)) < .01, "the vertex is %.3g grid steps away",
              rise / (2 * curvature));
  }
}

/* The table is a schedule that can be run, never increases, and reaches the greedy F as any schedule would.
 */
Test(greedy, table) {
  enum { COUNT = 4001 };
  static double table[COUNT];
  const dp_sgd_problem *problems[] = {&column1, &column2};
  for (int i = 0; i < 2; i++) {
    assay_value eta0, F;
    dp_sgd_problem p = *problems[i];
    ok(dp_sgd_greedy(&p, 1, &eta0, &F, table, COUNT, e));
    cr_expect_eq(table[0], eta0.value);
    p.eta = (schedule){SCHEDULE_TABLE, 0, 0, table, COUNT};
    cr_expect(schedule_is_nonincreasing(&p.eta));
    same("F", final_risk(&p, DP_SGD_RIGHT), F.value, 1e-6);
    assay_value reached = final_risk(&p, DP_SGD_RIGHT); /* no schedule does better */
    cr_expect(reached.value >= F.value - F.error - reached.error);
  }
  assay_value eta0, F;
  refuses(dp_sgd_greedy(&column1, 1, &eta0, &F, table, 1, e), ASSAY_DOMAIN, "at least 2 nodes");
}

Test(greedy, without_privacy_the_first_step_is_the_largest) {
  dp_sgd_problem p = column2;
  p.rho = INFINITY;
  assay_value eta0, F;
  ok(dp_sgd_greedy(&p, 1, &eta0, &F, NULL, 0, e));
  cr_expect(F.value < .0024 && F.value > 0);
}

/* ---- claims 15, 16: rates ---- */

static double log_slope(const double *gamma, const double *F, int count) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (int i = 0; i < count; i++) x += log(gamma[i]) / count, y += log(F[i]) / count;
  for (int i = 0; i < count; i++) {
    double dx = log(gamma[i]) - x;
    xx += dx * dx, xy += dx * (log(F[i]) - y);
  }
  return xy / xx;
}

Test(rates, constant_step) {
  static const struct {
    double gamma;
    const char *F, *expansion, *logs;
  } rows[] = {{.1, "0.918658", NULL, NULL},
              {.03, "1.195496", NULL, NULL},
              {1e-2, "1.496251", "1.475699", "1.413"},
              {.003, "1.887537", NULL, NULL},
              {1e-3, "2.299436", "2.296032", "1.237"},
              {1e-4, "3.324467", "3.323946", "1.155"},
              {1e-5, "4.562295", "4.562221", "1.109"}};
  double gamma[7], F[7];
  for (int i = 0; i < 7; i++) {
    dp_sgd_constant_rate rate;
    gamma[i] = rows[i].gamma;
    ok(dp_sgd_rate_constant(gamma[i], .25, .5, .1, &rate, e));
    agrees("F/gamma", rate.F_over_gamma, rows[i].F);
    F[i] = gamma[i] * rate.F_over_gamma.value;
    if (!rows[i].expansion) continue;
    agrees("expansion", rate.expansion, rows[i].expansion);
    agrees("L/log(1/gamma)", (assay_value){-rate.L.value / log(gamma[i]), 0}, rows[i].logs);
  }
  agrees("slope", (assay_value){log_slope(gamma, F, 3), 0}, "0.7880");
  agrees("slope", (assay_value){log_slope(gamma, F, 5), 0}, "0.8009");
  agrees("no log", (assay_value){F[4] / gamma[4] / (F[0] / gamma[0]), 0}, "2.50");
}

Test(rates, decaying_step) {
  static const struct {
    double c, zeta, kk;
    const char *A, *B, *G;
  } rows[] = {{.25, .5, .1, "0.1578177010", "0.5754220759", "0.7515864916"},
              {.5, .5, 1, "0.1384084340", "7.2414800835", "7.3970972297"},
              {.5, .5, 0, "0.1384084340", "0.0", "0.1384084340"},
              {1, .3, .01, "0.0450049674", "0.1352319912", "0.1853940939"}};
  dp_sgd_decaying_rate rate;
  for (int i = 0; i < 4; i++) {
    ok(dp_sgd_rate_decaying(rows[i].c, rows[i].zeta, rows[i].kk, DP_SGD_RIGHT, &rate, e));
    agrees("A", rate.A, rows[i].A);
    agrees("B", rate.B, rows[i].B);
    agrees("G", rate.G, rows[i].G);
    cr_expect(rate.G_low.value <= rate.G.value * (1 + 1e-15) && rate.G.value <= rate.G_up.value);
    double floor = rows[i].zeta * rows[i].zeta * (.5 + 27 * M_PI / 4 * rows[i].kk);
    cr_expect(rate.G.value >= floor, "below the bound that is uniform in c");
  }
  ok(dp_sgd_rate_decaying(.25, .5, .1, DP_SGD_RIGHT, &rate, e));
  agrees("A + B", rate.G_low, "0.73324");
  agrees("9A/8 + B", rate.G_up, "0.75297");
  ok(dp_sgd_rate_decaying(.25, .5, .1, DP_SGD_B_TWO, &rate, e));
  agrees("B with 2 for 27/2", rate.G_low, "0.2431");
  refuses(dp_sgd_rate_decaying(INFINITY, .5, .1, DP_SGD_RIGHT, &rate, e), ASSAY_DOMAIN, "c = inf");
}

/* G again, by the integral of ds/|s'| in log s with the trapezoidal rule: it falls off exponentially on the
 * right, and on the left it starts at G, so the end point is treated by Simpson. */
Test(rates, decaying_limit_by_its_integral) {
  const double c = .25, zeta = .5, kk = .1, P = zeta * zeta / 2, k = 2 * c * c * kk;
  const double mu = clipping_mu(c, P), b = clipping_nu(c, P) * P;
  dp_sgd_decaying_rate rate;
  ok(dp_sgd_rate_decaying(c, zeta, kk, DP_SGD_RIGHT, &rate, e));
  const int steps = 60000;
  double sum = 0, h = 60. / steps;
  for (int i = 0; i <= steps; i++) {
    double s = rate.G.value * exp(i * h),
           eta = (-2 * b + sqrt(4 * b * b + 48 * k * mu * mu * s)) / (12 * k * mu);
    double slope = 2 * eta * mu * s - 2 * k * mu * eta * eta * eta - b * eta * eta;
    sum += s / slope * (i == 0 || i == steps ? 1 : i % 2 ? 4 : 2);
  }
  cr_expect(fabs(sum * h / 3 - 1) < 1e-11, "the time from infinity to G is %.15g, not 1", sum * h / 3);
}

Test(rates, decaying_convergence) {
  static const struct {
    double gamma, rho;
    const char *F;
  } rows[] = {{.1, 0, "0.83421"},    {.03, 0, "0.84505"},   {.01, 0, "0.81086"},    {.003, 0, "0.78262"},
              {.001, 0, "0.76825"},  {3e-4, 0, "0.76004"},  {1e-4, 0, "0.75619"},   {1e-4, 1, "0.15932"},
              {1e-4, .3, "0.16851"}, {1e-4, .1, "0.22787"}, {1e-4, .03, "0.82091"}, {1e-4, .01, "6.0327"},
              {1e-4, .003, "66.240"}};
  double gamma[13], F[13];
  for (int i = 0; i < 13; i++) {
    double kk = rows[i].rho > 0 ? rows[i].gamma / (rows[i].rho * rows[i].rho) : .1;
    assay_value value;
    ok(dp_sgd_rate_greedy(rows[i].gamma, .25, .5, kk, &value, e));
    agrees("F/gamma", value, rows[i].F);
    gamma[i] = rows[i].gamma, F[i] = gamma[i] * value.value;
  }
  agrees("slope", (assay_value){log_slope(gamma, F, 3), 0}, "1.0120");
  agrees("slope", (assay_value){log_slope(gamma, F, 5), 0}, "1.0209");
  agrees("slope in rho", (assay_value){log(F[10] / F[11]) / log(3), 0}, "-1.82");
  agrees("slope in rho", (assay_value){log(F[11] / F[12]) / log(.01 / .003), 0}, "-1.99");
  agrees("over G", (assay_value){F[6] / gamma[6] / .7515864916 - 1, 0}, "0.0061");
  agrees("over G", (assay_value){F[4] / gamma[4] / .7515864916 - 1, 0}, "0.0222");
}

Test(rates, harmonic_step) {
  assay_value at, below, above;
  dp_sgd_decaying_rate rate;
  ok(dp_sgd_rate_decaying(.25, .5, .1, DP_SGD_RIGHT, &rate, e));
  ok(dp_sgd_rate_harmonic(.25, .5, .1, 1.5, &at, e));
  same("alpha = 3/2 gives 9A/8 + B", at, rate.G_up.value, 1e-14);
  ok(dp_sgd_rate_harmonic(.25, .5, 0, 1, &at, e));
  same("alpha = 1 gives A", at, rate.A.value, 1e-14);
  ok(dp_sgd_rate_harmonic(.25, .5, 1e6, 1.499, &below, e));
  ok(dp_sgd_rate_harmonic(.25, .5, 1e6, 1.5, &at, e));
  ok(dp_sgd_rate_harmonic(.25, .5, 1e6, 1.501, &above, e));
  cr_expect(at.value < below.value && at.value < above.value);
  refuses(dp_sgd_rate_harmonic(.25, .5, .1, 1, &at, e), ASSAY_DOMAIN, "alpha = 1");
}

Test(rates, best_clipping) {
  static const struct {
    double kk;
    const char *a, *objective;
  } rows[] = {{1e-3, "1.62452", "0.558200"}, {1e-2, "0.835722", "0.837958"}, {.1, "0.220884", "2.860132"}};
  for (int i = 0; i < 3; i++) {
    assay_value a, objective;
    ok(dp_sgd_rate_clip(rows[i].kk, &a, &objective, e));
    agrees("a*", a, rows[i].a);
    agrees("objective", objective, rows[i].objective);
    dp_sgd_decaying_rate rate;
    ok(dp_sgd_rate_decaying(a.value * .5, .5, rows[i].kk, DP_SGD_RIGHT, &rate, e));
    same("(A+B)/zeta^2", objective, rate.G_low.value / .25, 1e-13);
  }
  assay_value a, objective;
  refuses(dp_sgd_rate_clip(0, &a, &objective, e), ASSAY_DOMAIN, "kk = 0");
}
