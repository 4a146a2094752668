/* What the span of the training features tells: kernels, residuals, identification. */
#include <math.h>
#include <string.h>

#include "compare/claims/data-reconstruction/claims.h"
#include "sim/data-reconstruction/experiments.h"
#include "theory/numerics/activation_kernel.h"

activation data_reconstruction_act_of(const assay_call *call) {
  activation act = ACTIVATION_LIN;
  activation_from_word(assay_word(call, "act"), &act);
  return act;
}

/* ---- data-reconstruction/kernel-limit ---- */

static const assay_param kernel_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                            REAL("rho", "overlap x.y/d", 0, "[-1,1]", NULL),
                                            INTEGER("p", "features of a replicate", ASSAY_SIM, "[1,1000000000]", ""),
                                            {0}};
enum { O_K, O_K_PRIME, O_MU0, O_MU1, O_E2, O_O2 };
static const assay_observable kernel_observables[] = {{"k", NULL, "E phi(z1) phi(z2)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
                                                      {"k_prime", NULL, "its derivative", NULL, ASSAY_PREDICTED, 0, 0},
                                                      {"mu0", NULL, "E phi", NULL, ASSAY_PREDICTED, 0, 0},
                                                      {"mu1", NULL, "E phi'", NULL, ASSAY_PREDICTED, 0, 0},
                                                      {"e2", NULL, "even part of degree 2 and more", NULL, ASSAY_PREDICTED, 0, INFINITY},
                                                      {"o2", NULL, "odd part", NULL, ASSAY_PREDICTED, 0, INFINITY},
                                                      {0}};

static assay_status kernel_with(assay_call *call, data_reconstruction_mistake mistake) {
  activation act = data_reconstruction_act_of(call);
  double rho = assay_real(call, "rho");
  activation_hermite h = activation_numbers(act);
  const double values[] = {data_reconstruction_kernel(act, rho, mistake), activation_kernel_slope(act, rho), h.mu0, h.mu1, h.e2, h.o2};
  for (int i = O_K; i <= O_O2; i++) assay_put(call, i, 0, values[i], 1e-12 * fabs(values[i]) + 1e-14);
  return ASSAY_OK;
}
static assay_status kernel(assay_call *call) {
  return kernel_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status kernel_no_cross(assay_call *call) {
  return kernel_with(call, DATA_RECONSTRUCTION_NO_CROSS);
}

/* sd of a feature's product is at most 3.7 |k| at these overlaps (E phi^4 bounds it). */
static assay_status spread_kernel(assay_call *call) {
  double k = data_reconstruction_kernel(data_reconstruction_act_of(call), assay_real(call, "rho"), DATA_RECONSTRUCTION_RIGHT);
  assay_put(call, O_K, 0, 3.7 * fabs(k) / sqrt(assay_real(call, "p")), 0);
  return ASSAY_OK;
}

static const assay_leg kernel_legs[] = {
    {.experiment = &data_reconstruction_feature_products,
     .points = POINTS("R: act=relu rho=-.5,.3,.7", "A: act=abs rho=-.5,.3,.7", "E: act=erf rho=-.5,.3,.7", "T: act=tanh rho=-.5,.3,.7",
                      "S: act=relu+erf rho=-.5,.3,.7", "U: act=relu+tanh rho=-.5,.3,.7"),
     .sizes = {"p=2000", "p=20000", "p=200000"},
     .first = {128, 128, 128},
     .looks = {4, 7, 8}},
    {0}};
static const assay_target kernel_targets[] = {
    {.name = "k", .spread = spread_kernel, .margin = ALL_TIERS({.deviations = 10}), .reason = "unbiased at every p; 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control kernel_controls[] = {{.name = "no cross term",
                                                 .mistake = "the kernel of a sum is the sum of the kernels, without C rho",
                                                 .points = "S*,U*",
                                                 .predict = kernel_no_cross},
                                                {0}};
static const assay_figure kernel_figures[] = {{.title = "Kernels of the activations",
                                               .x = "rho",
                                               .x_label = "overlap",
                                               .y = "k",
                                               .y_label = "k",
                                               .points = "R:rho=0.3,A:rho=0.3,E:rho=0.3,T:rho=0.3,S:rho=0.3",
                                               .sweep = "-1:1:81"},
                                              {0}};
const assay_claim data_reconstruction_kernel_limit_claim = {.id = "data-reconstruction/kernel-limit",
                                                            .kinds = "identity",
                                                            .statement =
                                                                "The mean product of two samples' features is k(x.y/d) at every p.",
                                                            .source = "known: arc-cosine and arcsine kernels",
                                                            .params = kernel_params,
                                                            .observables = kernel_observables,
                                                            .predict = kernel,
                                                            .legs = kernel_legs,
                                                            .targets = kernel_targets,
                                                            .controls = kernel_controls,
                                                            .figures = kernel_figures};

/* ---- data-reconstruction/label-fit-threshold ---- */

static const assay_param label_params[] = {
    INTEGER("n", "samples", 0, "[1,100000]", NULL),
    INTEGER("p", "features", 0, "[1,1000000]", NULL),
    INTEGER("d", "input dimension", 0, "[2,100000]", "10"),
    {"act", NULL, "activation", ASSAY_WORD, ASSAY_SIM, "relu|abs|erf|tanh|relu+erf|relu+tanh", NULL, "relu+erf"},
    {0}};
static const assay_observable label_observables[] = {
    {"residual_fraction", NULL, "||Y - Phi Phi^+ Y||^2/||Y||^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"variance", NULL, "of residual_fraction: f(1-f)/(n/2+1)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

static assay_status label_with(assay_call *call, data_reconstruction_mistake mistake) {
  double f = data_reconstruction_label_residual(assay_real(call, "n"), assay_real(call, "p"), assay_real(call, "d"), mistake);
  assay_put(call, 0, 0, f, 1e-15);
  assay_put(call, 1, 0, f * (1 - f) / (assay_real(call, "n") / 2 + 1), 1e-15);
  return ASSAY_OK;
}
static assay_status label(assay_call *call) {
  return label_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status label_nd(assay_call *call) {
  return label_with(call, DATA_RECONSTRUCTION_NM_THRESHOLD);
}
/* The law is Beta((n-p)/2, p/2). */
static assay_status spread_label(assay_call *call) {
  double n = assay_real(call, "n"), f = data_reconstruction_label_residual(n, assay_real(call, "p"), 1, DATA_RECONSTRUCTION_RIGHT);
  double variance = f * (1 - f) / (n / 2 + 1);
  assay_put(call, 0, 0, sqrt(variance), 0);
  assay_put(call, 1, 0, 1.42 * variance, 0); /* of (x - m)^2: the kurtosis of these Beta laws is below 3 */
  return ASSAY_OK;
}
static const assay_leg label_legs[] = {{.experiment = &data_reconstruction_label_fit,
                                        .points = POINTS("L: n=20 p=5,10 d=10", "Z: n=20 p=20,30 d=10"),
                                        .sizes = {"", "", ""},
                                        .first = {128, 128, 128},
                                        .looks = {6, 8, 10}},
                                       {.experiment = &data_reconstruction_label_fit,
                                        .points = POINTS("M: n=100 p=50 d=10"),
                                        .sizes = {NULL, "", ""},
                                        .first = {128, 128, 128},
                                        .looks = {1, 5, 7}},
                                       {0}};
static const assay_target label_targets[] = {{.name = "residual_fraction",
                                              .points = "L*,M",
                                              .spread = spread_label,
                                              .margin = ALL_TIERS({.deviations = 10}),
                                              .reason = "unbiased; 10 sd/sqrt(n_max) of the Beta law"},
                                             {.name = "variance",
                                              .records = "residual_fraction",
                                              .points = "L*",
                                              .estimand = ASSAY_VARIANCE,
                                              .spread = spread_label,
                                              .margin = ALL_TIERS({.deviations = 10}),
                                              .reason = "exact; 10 sd/sqrt(n_max) of the Beta law's squares"},
                                             {.name = "residual_fraction",
                                              .title = "zero above n",
                                              .points = "Z*",
                                              .estimand = ASSAY_EXACT,
                                              .margin = ALL_TIERS({.bias = 1e-18}),
                                              .reason = "rounding"},
                                             {0}};
static const assay_control label_controls[] = {
    {.name = "dn", .mistake = "labels are fitted from p = dn on", .targets = "residual_fraction,zero above n", .predict = label_nd}, {0}};
const assay_claim data_reconstruction_label_fit_threshold_claim = {
    .id = "data-reconstruction/label-fit-threshold",
    .kinds = "threshold,identity",
    .statement = "Random labels leave the fraction max(0, 1 - p/n) unexplained: they are fitted from p = n on, whatever d.",
    .source = "known",
    .params = label_params,
    .observables = label_observables,
    .predict = label,
    .legs = label_legs,
    .targets = label_targets,
    .controls = label_controls};

/* ---- data-reconstruction/residual-schur ---- */

static const assay_param schur_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                           {"G", NULL, "overlaps of the samples, row by row", ASSAY_REALS, 0, NULL, "[-1,1]", NULL},
                                           {"g", NULL, "their overlaps with the candidate", ASSAY_REALS, 0, NULL, "[-1,1]", NULL},
                                           INTEGER("p", "features", ASSAY_SIM, "[1,1000000]", ""),
                                           {0}};
static const assay_observable schur_observables[] = {
    {"schur", NULL, "residual of the candidate over p - n", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};
static assay_status schur_with(assay_call *call, data_reconstruction_mistake mistake) {
  int m, n;
  const double *G = assay_list(call, "G", &m), *g = assay_list(call, "g", &n);
  assay_value schur;
  if (m != n * n) return assay_fail(call, ASSAY_USAGE, "G has %d elements and g %d; G is n x n", m, n);
  assay_status status = data_reconstruction_schur(data_reconstruction_act_of(call), G, g, n, mistake, &schur, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, schur);
  return status;
}
static assay_status schur(assay_call *call) {
  return schur_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status schur_linearised(assay_call *call) {
  return schur_with(call, DATA_RECONSTRUCTION_LINEARISED);
}
/* 1 to 1.5 times the chi-square's sqrt(2/(p-n)). */
static assay_status spread_schur(assay_call *call) {
  int n;
  assay_list(call, "g", &n);
  assay_value value;
  assay_status status = schur(call);
  const char *reason;
  if (status == ASSAY_OK && assay_result(call, 0, 0, &value, &reason))
    assay_put(call, 0, 0, 1.5 * value.value * sqrt(2 / (assay_real(call, "p") - n)), 0);
  return status;
}
#define INSTANCE_G " G=1,.1,.3,.1,1,-.2,.3,-.2,1 g=.5,.2,-.3"
static const assay_leg schur_legs[] = {
    {.experiment = &data_reconstruction_residual,
     .points = POINTS("R: act=relu" INSTANCE_G, "S: act=relu+erf" INSTANCE_G, "E: act=erf" INSTANCE_G, "T: act=tanh" INSTANCE_G),
     .sizes = {"p=1500", "p=3000", "p=3000"},
     .first = {128, 128, 128},
     .looks = {6, 8, 11}},
    {0}};
static const assay_target schur_targets[] = {
    {.name = "schur",
     .spread = spread_schur,
     .margin = {{.relative = .0012, .deviations = 10}, {.relative = .0006, .deviations = 10}, {.relative = .0006, .deviations = 10}},
     .reason = "bias .5 k(1)/p (at most 1.8/p of the value) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control schur_controls[] = {{.name = "linearised",
                                                .mistake = "the kernel is linearised as for many nearly orthogonal samples",
                                                .points = "R",
                                                .predict = schur_linearised},
                                               {.name = "linearised (all)",
                                                .mistake = "the kernel is linearised as for many nearly orthogonal samples",
                                                .points = "R,S",
                                                .tiers = LATER,
                                                .predict = schur_linearised},
                                               {0}};
const assay_claim data_reconstruction_residual_schur_claim = {
    .id = "data-reconstruction/residual-schur",
    .kinds = "identity,limit",
    .statement =
        "The residual of a candidate outside the span of the samples' features is p - n times the Schur complement of their kernel matrix.",
    .source = "known regression identity",
    .params = schur_params,
    .observables = schur_observables,
    .predict = schur,
    .legs = schur_legs,
    .targets = schur_targets,
    .controls = schur_controls};

/* ---- the profile: identification-profile, identification-curvature, sign-ambiguity ---- */

#define SPAN_WORDS "relu|abs|erf|tanh|relu+erf|relu+tanh|quad|quad+lin|cubic|lin|he3"
#define PARAMS_SPAN                                                                                                                        \
  PARAM_ACT(SPAN_WORDS), REAL("gamma", "samples over dimension", 0, "(0,inf)", NULL),                                                      \
      INTEGER("d", "input dimension", ASSAY_SIZE, "[2,100000]", ""),                                                                       \
      INTEGER("p", "features; not given: infinitely many", ASSAY_SIM, "[1,1000000]", "")

static assay_status arrange_span(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "gamma"));
  assay_status status = assay_set(sim, "n", n);
  return status == ASSAY_OK ? assay_set(realised, "gamma", n / d) : status;
}

static const assay_param profile_params[] = {
    PARAMS_SPAN,
    {"t", NULL, "angle from a sample", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,3.1415926535897932]", "1"},
    {"overlaps", NULL, "with several samples, in place of t", ASSAY_REALS, 0, NULL, "[-1,1]", ""},
    {0}};
enum { O_PI, O_M, O_S };
static const assay_observable profile_observables[] = {{"Pi", NULL, "relative residual", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
                                                       {"m", NULL, "trace of the shrinkage", NULL, ASSAY_PREDICTED, 0, 1},
                                                       {"s", NULL, "mu1^2/mus2", NULL, ASSAY_PREDICTED, 0, INFINITY},
                                                       {0}};
static assay_status profile_with(assay_call *call, data_reconstruction_mistake mistake) {
  int q = 1;
  double r = cos(assay_real(call, "t")), s, m, gamma = assay_real(call, "gamma");
  const double *overlaps = &r;
  assay_value Pi;
  activation act = data_reconstruction_act_of(call);
  if (assay_given(call, "overlaps")) overlaps = assay_list(call, "overlaps", &q);
  assay_status status = data_reconstruction_profile(act, gamma, overlaps, q, mistake, &Pi, assay_call_error(call));
  if (status == ASSAY_OK) status = data_reconstruction_m(act, gamma, &s, &m, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_PI, Pi);
  assay_put(call, O_M, 0, m, 1e-13 * m);
  assay_put(call, O_S, 0, s, 1e-13 * s);
  return ASSAY_OK;
}
static assay_status profile(assay_call *call) {
  return profile_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status profile_m_one(assay_call *call) {
  return profile_with(call, DATA_RECONSTRUCTION_M_ONE);
}
static assay_status profile_inverted(assay_call *call) {
  return profile_with(call, DATA_RECONSTRUCTION_INVERTED);
}
static assay_status profile_no_leverage(assay_call *call) {
  return profile_with(call, DATA_RECONSTRUCTION_NO_LEVERAGE);
}

/* The value at 1/d = 0 of the parabola in 1/d through three sizes, every stride-th group from `from` on. */
static double parabola_at_zero(const assay_sample *s, int from, int stride) {
  double sum = 0;
  for (int i = 0; i < 3; i++) {
    double weight = 1, d = s->axis[from + i * stride];
    for (int j = 0; j < 3; j++)
      if (j != i) weight *= d / (d - s->axis[from + j * stride]);
    sum += weight * s->value[from + i * stride];
  }
  return sum;
}
static assay_status intercept(const assay_sample *s, double *out) {
  if (s->groups != 3) return ASSAY_NUMERIC;
  *out = parabola_at_zero(s, 0, 1);
  return ASSAY_OK;
}

/* sd of a replicate's mean: (.2 to .45)/d at gamma = 1, (.02 to .07)/d at gamma = 4. */
static double sd_times_d(const assay_call *call) {
  return assay_real(call, "gamma") >= 4 ? .1 : .5;
}
static assay_status spread_profile(assay_call *call) {
  assay_put(call, 0, 0, sd_times_d(call) / assay_real(call, "d"), 0);
  return ASSAY_OK;
}
/* Sizes d, 2d, 4d have the weights 1/3, -2, 8/3 in the intercept: 1.25 times the sd at d. */
static assay_status spread_intercept(assay_call *call) {
  assay_put(call, 0, 0, 1.25 * sd_times_d(call) / assay_real(call, "d"), 0);
  return ASSAY_OK;
}

/* With p = 1.5 n features the sd is 1.2/d of Pi and 1.9/d of kappa (pilot, d = 100, 1000 replicates). */
static assay_status spread_features(assay_call *call) {
  assay_put(call, 0, 0, (assay_has_param(call, "t") ? 1.3 : 2.) / assay_real(call, "d"), 0);
  return ASSAY_OK;
}

#define FEW_ANGLES " t=.3,1.5707963267948966"
#define ANGLES " t=.3,1,1.5707963267948966,3.1415926535897931"
static const assay_leg profile_legs[] = {{.experiment = &data_reconstruction_span,
                                          .arrange = arrange_span,
                                          .points = POINTS("R1: act=relu gamma=1" ANGLES, "S1: act=relu+erf gamma=1" ANGLES),
                                          .sizes = {"d=100", "d=200", "d=400"},
                                          .first = {128, 128, 128},
                                          .looks = {3, 4, 4}},
                                         {.experiment = &data_reconstruction_span,
                                          .arrange = arrange_span,
                                          .points = POINTS("R4: act=relu gamma=4" ANGLES, "S4: act=relu+erf gamma=4" ANGLES),
                                          .sizes = {"d=50", "d=100", "d=200"},
                                          .first = {128, 128, 128},
                                          .looks = {3, 3, 3}},
                                         {.experiment = &data_reconstruction_span,
                                          .arrange = arrange_span,
                                          .points = POINTS("RI: act=relu gamma=4 t=1.5707963267948966,3.1415926535897931",
                                                           "SI: act=relu+erf gamma=4 t=1.5707963267948966,3.1415926535897931"),
                                          .sizes = {NULL, "d=25,50,100", "d=50,100,200"},
                                          .first = {128, 128, 128},
                                          .looks = {1, 4, 4}},
                                         {.experiment = &data_reconstruction_span_features,
                                          .arrange = arrange_span,
                                          .points = POINTS("RF: act=relu gamma=1" FEW_ANGLES, "SF: act=relu+erf gamma=1" FEW_ANGLES),
                                          .sizes = {"d=100 p=150", "d=100 p=150", "d=200 p=300"},
                                          .first = {128, 128, 128},
                                          .looks = {4, 6, 5}},
                                         {0}};
#define GAMMA_1                                                                                                                            \
  {                                                                                                                                        \
    {.bias = .0065, .deviations = 10}, {.bias = .0033, .deviations = 10}, {                                                                \
      .bias = .0017, .deviations = 10                                                                                                      \
    }                                                                                                                                      \
  }
#define GAMMA_4                                                                                                                            \
  {                                                                                                                                        \
    {.bias = .025, .deviations = 10}, {.bias = .0125, .deviations = 10}, {                                                                 \
      .bias = .0063, .deviations = 10                                                                                                      \
    }                                                                                                                                      \
  }
static const assay_target profile_targets[] = {
    {.name = "Pi",
     .points = "R1,S1",
     .spread = spread_profile,
     .margin = GAMMA_1,
     .reason = "bias .65/d (measured: 0 to .65, d = 50 to 400) + 10 sd/sqrt(n_max)"},
    {.name = "Pi",
     .points = "R4,S4",
     .spread = spread_profile,
     .margin = GAMMA_4,
     .reason = "bias 1.25/d (measured: -1.17 for relu at t = pi/2, d = 50 to 400) + 10 sd/sqrt(n_max)"},
    {.name = "Pi",
     .title = "intercept",
     .records = "Pi",
     .points = "RI,SI",
     .estimand = ASSAY_SMOOTH,
     .along = "d",
     .reduce = intercept,
     .predict = profile,
     .spread = spread_intercept,
     .margin = {{0}, {.relative = .005, .deviations = 10}, {.relative = .0025, .deviations = 10}},
     .reason = "what a parabola in 1/d leaves (measured: .2 % at d = 25 to 100) + 10 sd/sqrt(n_max)"},
    {.name = "Pi",
     .points = "RF,SF",
     .spread = spread_features,
     .margin = GAMMA_1,
     .reason = "bias .65/d as with infinitely many features, the factor p - n being exact + 10 sd/sqrt(n_max)"},
    {0}};
static assay_status profile_p_for_p_less_n(assay_call *call) { /* at p = 1.5 n */
  assay_value Pi;
  const char *reason;
  assay_status status = profile(call);
  if (status == ASSAY_OK && assay_result(call, O_PI, 0, &Pi, &reason)) assay_put(call, O_PI, 0, Pi.value / 3, 0);
  return status;
}
static assay_status profile_own_sample(assay_call *call) {
  activation act = data_reconstruction_act_of(call);
  double r = cos(assay_real(call, "t")), one = activation_kernel(act, 1), k = activation_kernel(act, r);
  assay_put(call, O_PI, 0, 1 - k * k / (one * one), 1e-12);
  return ASSAY_OK;
}
#define FRESH "R4:t=1.5707963*:*,S4:t=1.5707963*:*"
static const assay_control profile_controls[] = {
    {.name = "m = 1", .mistake = "the other samples are ignored", .points = FRESH, .predict = profile_m_one},
    {.name = "gamma inverted", .mistake = "d/n in place of n/d", .points = FRESH, .predict = profile_inverted},
    {.name = "no leverage",
     .mistake = "the sample's own leverage is dropped",
     .points = "R1:t=3.14*:*,S1:t=3.14*:*",
     .predict = profile_no_leverage},
    {.name = "own sample only",
     .mistake = "the span of all samples is that of the nearest one",
     .points = "R1:t=3.14*:*,S1:t=3.14*:*",
     .predict = profile_own_sample},
    {.name = "p for p - n",
     .mistake = "the residual has p degrees of freedom instead of p - n",
     .points = "RF:*,SF:*",
     .predict = profile_p_for_p_less_n},
    {0}};
static const assay_figure profile_figures[] = {{.title = "Residual along a great circle through a sample",
                                                .x = "t",
                                                .x_label = "angle",
                                                .y = "Pi",
                                                .y_label = "Pi",
                                                .points = "R1,S1,R4,S4",
                                                .sweep = "0:3.14159:61"},
                                               {0}};
const assay_claim data_reconstruction_identification_profile_claim = {
    .id = "data-reconstruction/identification-profile",
    .kinds = "limit",
    .statement = "The relative residual at angle t from a sample converges to Pi(t; phi, n/d), which vanishes at the sample only.",
    .source = "derived here; identification from the span is arXiv 2509.22214",
    .params = profile_params,
    .observables = profile_observables,
    .predict = profile,
    .legs = profile_legs,
    .targets = profile_targets,
    .controls = profile_controls,
    .figures = profile_figures};

static const assay_param curvature_params[] = {PARAMS_SPAN, {0}};
static const assay_observable curvature_observables[] = {
    {"kappa", NULL, "Pi(t)/t^2 as t -> 0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};
static assay_status curvature_with(assay_call *call, data_reconstruction_mistake mistake) {
  assay_value kappa;
  assay_status status =
      data_reconstruction_curvature(data_reconstruction_act_of(call), assay_real(call, "gamma"), mistake, &kappa, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, kappa);
  return status;
}
static assay_status curvature(assay_call *call) {
  return curvature_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status curvature_m_one(assay_call *call) {
  return curvature_with(call, DATA_RECONSTRUCTION_M_ONE);
}
static assay_status curvature_linear(assay_call *call) {
  return curvature_with(call, DATA_RECONSTRUCTION_LINEAR_ONLY);
}
static assay_status arrange_curvature(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = arrange_span(claim, sim, realised);
  return status == ASSAY_OK ? assay_set_word(sim, "also", "kappa") : status;
}
static const assay_leg curvature_legs[] = {{.experiment = &data_reconstruction_span,
                                            .arrange = arrange_curvature,
                                            .points = POINTS("R1: act=relu gamma=1", "S1: act=relu+erf gamma=1"),
                                            .sizes = {"d=100", "d=200", "d=400"},
                                            .first = {128, 128, 128},
                                            .looks = {3, 4, 4}},
                                           {.experiment = &data_reconstruction_span,
                                            .arrange = arrange_curvature,
                                            .points = POINTS("R4: act=relu gamma=4", "S4: act=relu+erf gamma=4"),
                                            .sizes = {"d=50", "d=100", "d=200"},
                                            .first = {128, 128, 128},
                                            .looks = {3, 3, 3}},
                                           {.experiment = &data_reconstruction_span,
                                            .arrange = arrange_curvature,
                                            .points = POINTS("RI: act=relu gamma=4", "SI: act=relu+erf gamma=4"),
                                            .sizes = {NULL, "d=25,50,100", "d=50,100,200"},
                                            .first = {128, 128, 128},
                                            .looks = {1, 4, 4}},
                                           {.experiment = &data_reconstruction_span_features,
                                            .arrange = arrange_span,
                                            .points = POINTS("RF: act=relu gamma=1", "SF: act=relu+erf gamma=1"),
                                            .sizes = {"d=100 p=150", "d=100 p=150", "d=200 p=300"},
                                            .first = {128, 128, 128},
                                            .looks = {4, 6, 5}},
                                           {0}};
static const assay_target curvature_targets[] = {
    {.name = "kappa",
     .points = "R1,S1",
     .spread = spread_profile,
     .margin = GAMMA_1,
     .reason = "bias .65/d (measured: at most .5) + 10 sd/sqrt(n_max)"},
    {.name = "kappa",
     .points = "R4,S4",
     .spread = spread_profile,
     .margin = {{.bias = .042, .deviations = 10}, {.bias = .021, .deviations = 10}, {.bias = .0105, .deviations = 10}},
     .reason = "bias 2.1/d (measured: -1.94 for relu, d = 50 to 200) + 10 sd/sqrt(n_max)"},
    {.name = "kappa",
     .title = "intercept",
     .records = "kappa",
     .points = "RI,SI",
     .estimand = ASSAY_SMOOTH,
     .along = "d",
     .reduce = intercept,
     .predict = curvature,
     .spread = spread_intercept,
     .margin = {{0}, {.relative = .005, .deviations = 10}, {.relative = .0025, .deviations = 10}},
     .reason = "what a parabola in 1/d leaves (measured: .2 % at d = 25 to 100) + 10 sd/sqrt(n_max)"},
    {.name = "kappa",
     .points = "RF,SF",
     .spread = spread_features,
     .margin = {{.bias = .012, .deviations = 10}, {.bias = .012, .deviations = 10}, {.bias = .006, .deviations = 10}},
     .reason = "bias 1.2/d (measured at p = 1.5 n: -.98, -1.06, -.78 for relu, d = 50, 100, 200) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control curvature_controls[] = {
    {.name = "m = 1", .mistake = "the other samples are ignored", .predict = curvature_m_one},
    {.name = "linear part only", .mistake = "kappa = mu1^2 m/k(1)", .predict = curvature_linear},
    {0}};
static const assay_figure curvature_figures[] = {{.title = "Curvature of the residual at a sample",
                                                  .x = "gamma",
                                                  .x_label = "n/d",
                                                  .y = "kappa",
                                                  .y_label = "kappa",
                                                  .points = "R1,S1",
                                                  .sweep = "0.05:20:41",
                                                  .flags = ASSAY_LOG_X},
                                                 {0}};
const assay_claim data_reconstruction_identification_curvature_claim = {.id = "data-reconstruction/identification-curvature",
                                                                        .kinds = "limit",
                                                                        .statement = "Near a sample the relative residual is kappa t^2.",
                                                                        .source = "derived here",
                                                                        .params = curvature_params,
                                                                        .observables = curvature_observables,
                                                                        .predict = curvature,
                                                                        .legs = curvature_legs,
                                                                        .targets = curvature_targets,
                                                                        .controls = curvature_controls,
                                                                        .figures = curvature_figures};

enum { O_ANTIPODE, O_RATE, O_GAP };
static const assay_observable sign_observables[] = {
    {"Pi_antipode", NULL, "relative residual of -x", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"slope", NULL, "of log Pi_antipode on log gamma, from gamma to 2 gamma", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"fresh_gap", NULL, "a fresh point's relative residual less the antipode's", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};
static assay_status sign_with(assay_call *call, data_reconstruction_mistake mistake) {
  const double r = 0;
  assay_value Pi, twice, fresh;
  double gamma = assay_real(call, "gamma");
  activation act = data_reconstruction_act_of(call);
  assay_status status = data_reconstruction_antipode(act, gamma, mistake, &Pi, assay_call_error(call));
  if (status == ASSAY_OK) status = data_reconstruction_antipode(act, 2 * gamma, mistake, &twice, assay_call_error(call));
  if (status == ASSAY_OK)
    status = data_reconstruction_profile(act, gamma, &r, 1, DATA_RECONSTRUCTION_RIGHT, &fresh, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_ANTIPODE, Pi);
  assay_put(call, O_GAP, 0, fresh.value - Pi.value, fresh.error + Pi.error);
  if (Pi.value > 0)
    assay_put(call, O_RATE, 0, log2(twice.value / Pi.value), 1e-11);
  else
    assay_absent(call, O_RATE, "the antipode of an odd or even activation has no residual");
  return ASSAY_OK;
}
static assay_status sign(assay_call *call) {
  return sign_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status sign_exchanged(assay_call *call) {
  return sign_with(call, DATA_RECONSTRUCTION_EXCHANGED);
}
static assay_status sign_no_decay(assay_call *call) {
  assay_put(call, O_RATE, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status sign_full_decay(assay_call *call) {
  assay_put(call, O_RATE, 0, -1, 0);
  return ASSAY_OK;
}
static assay_status arrange_sign(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = arrange_span(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "t", M_PI) : status;
}
static assay_status arrange_gap(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = arrange_sign(claim, sim, realised);
  return status == ASSAY_OK ? assay_set_word(sim, "also", "fresh_gap") : status;
}
static assay_status no_gap(assay_call *call) {
  assay_put(call, O_GAP, 0, 0, 0);
  return ASSAY_OK;
}
/* log2 of the intercepts' ratio, gamma and 2 gamma alternating at each size. */
static assay_status slope_of_intercepts(const assay_sample *s, double *out) {
  if (s->groups != 6) return ASSAY_NUMERIC;
  *out = log2(parabola_at_zero(s, 1, 2) / parabola_at_zero(s, 0, 2));
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}
/* sd(Pi) d/Pi is .31 at gamma = 4 and .32 at 8 (pilot, d = 25 to 100, 64 replicates each: .0034, .0014, .0005 of .163; .0017, .0007,
 * .00025 of .086); 1.25 of both in the intercepts, over log 2. */
static assay_status spread_slope(assay_call *call) {
  assay_put(call, O_RATE, 0, 1.25 * .6 * M_SQRT2 / M_LN2 / assay_real(call, "d"), 0);
  return ASSAY_OK;
}
static const assay_leg sign_legs[] = {{.experiment = &data_reconstruction_span,
                                       .arrange = arrange_sign,
                                       .points = POINTS("R1: act=relu gamma=1", "S1: act=relu+erf gamma=1"),
                                       .sizes = {"d=100", "d=200", "d=400"},
                                       .first = {128, 128, 128},
                                       .looks = {3, 4, 4}},
                                      {.experiment = &data_reconstruction_span,
                                       .arrange = arrange_gap,
                                       .points = POINTS("R4: act=relu gamma=4", "S4: act=relu+erf gamma=4"),
                                       .sizes = {"d=50", "d=100", "d=200"},
                                       .first = {128, 128, 128},
                                       .looks = {3, 3, 3}},
                                      {.experiment = &data_reconstruction_span,
                                       .arrange = arrange_sign,
                                       .points = POINTS("G: act=relu gamma=4,8"),
                                       .sizes = {NULL, "d=25,50,100", "d=50,100,200"},
                                       .first = {128, 128, 128},
                                       .looks = {1, 4, 4}},
                                      {.experiment = &data_reconstruction_span,
                                       .arrange = arrange_sign,
                                       .points = POINTS("E: act=erf gamma=1"),
                                       .sizes = {"d=50", "d=100", "d=200"},
                                       .first = {8, 8, 8},
                                       .looks = {1, 1, 1}},
                                      {.experiment = &data_reconstruction_span_features,
                                       .arrange = arrange_sign,
                                       .points = POINTS("EF: act=erf gamma=1", "TF: act=tanh gamma=1", "AF: act=abs gamma=1"),
                                       .sizes = {"d=40 p=60", "d=100 p=150", "d=200 p=300"},
                                       .first = {8, 8, 8},
                                       .looks = {1, 1, 1}},
                                      {0}};
static const assay_target sign_targets[] = {{.name = "Pi_antipode",
                                             .records = "Pi",
                                             .points = "R1,S1",
                                             .spread = spread_profile,
                                             .margin = GAMMA_1,
                                             .reason = "bias .65/d (measured) + 10 sd/sqrt(n_max)"},
                                            {.name = "Pi_antipode",
                                             .title = "antipode at gamma = 4",
                                             .records = "Pi",
                                             .points = "R4,S4",
                                             .spread = spread_profile,
                                             .margin = GAMMA_4,
                                             .reason = "bias 1.25/d, as along the whole circle + 10 sd/sqrt(n_max)"},
                                            {.name = "fresh_gap",
                                             .title = "nearer than a fresh point",
                                             .points = "R4",
                                             .side = 1,
                                             .predict = no_gap,
                                             .margin = ALL_TIERS({0}),
                                             .reason = "an order: the antipode of relu is nearer to the span than a fresh point"},
                                            {.name = "slope",
                                             .records = "Pi",
                                             .points = "G:gamma=4",
                                             .estimand = ASSAY_SMOOTH,
                                             .along = "d",
                                             .against = "gamma=8",
                                             .reduce = slope_of_intercepts,
                                             .predict = sign,
                                             .spread = spread_slope,
                                             .margin = {{0}, {.bias = .006, .deviations = 10}, {.bias = .003, .deviations = 10}},
                                             .reason = "what parabolas in 1/d leave (.4 % at d = 25 to 100) + 10 sd/sqrt(n_max)"},
                                            {.name = "Pi_antipode",
                                             .title = "odd or even activation",
                                             .records = "Pi",
                                             .points = "E,EF,TF,AF",
                                             .estimand = ASSAY_EXACT,
                                             .margin = ALL_TIERS({.bias = 1e-11}),
                                             .reason = "zero at every size, up to rounding"},
                                            {0}};
static assay_status sign_of_a_fresh_point(assay_call *call) {
  const double r = 0;
  assay_value Pi;
  assay_status status = data_reconstruction_profile(data_reconstruction_act_of(call), assay_real(call, "gamma"), &r, 1,
                                                    DATA_RECONSTRUCTION_RIGHT, &Pi, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_ANTIPODE, Pi);
  return status;
}
static const assay_control sign_controls[] = {{.name = "parts exchanged",
                                               .mistake = "the even and the odd part of phi change places",
                                               .targets = "Pi_antipode",
                                               .points = "R1,S1",
                                               .predict = sign_exchanged},
                                              {.name = "like a fresh point",
                                               .mistake = "the antipode is no better than a fresh point",
                                               .targets = "odd or even activation,antipode at gamma = 4",
                                               .points = "E,EF,TF,AF,R4",
                                               .predict = sign_of_a_fresh_point},
                                              {.name = "no order",
                                               .mistake = "the antipode of relu is no nearer to the span than a fresh point",
                                               .targets = "nearer than a fresh point",
                                               .reversed = true},
                                              {.name = "no decay",
                                               .mistake = "the antipode's residual does not fall with the number of samples",
                                               .targets = "slope",
                                               .tiers = LATER,
                                               .predict = sign_no_decay},
                                              {.name = "decay like 1/n",
                                               .mistake = "the limiting rate holds at gamma = 4 already",
                                               .targets = "slope",
                                               .tiers = LATER,
                                               .predict = sign_full_decay},
                                              {0}};
static const assay_figure sign_figures[] = {{.title = "Residual of the antipode",
                                             .x = "gamma",
                                             .x_label = "n/d",
                                             .y = "Pi_antipode",
                                             .y_label = "Pi(pi)",
                                             .points = "R1,S1",
                                             .sweep = "0.1:50:41",
                                             .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                            {0}};
const assay_claim data_reconstruction_sign_ambiguity_claim = {
    .id = "data-reconstruction/sign-ambiguity",
    .kinds = "limit,identity",
    .statement =
        "The antipode's residual is 0 for odd and even activations, falls like n^-1 for relu, and stays positive with an odd nonlinearity.",
    .source = "derived here",
    .params = curvature_params,
    .observables = sign_observables,
    .predict = sign,
    .legs = sign_legs,
    .targets = sign_targets,
    .controls = sign_controls,
    .figures = sign_figures};

/* ---- data-reconstruction/duplicate-exclusion ---- */

static const assay_param duplicate_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                               REAL("rho", "overlap of the two samples", 0, "(-1,1)", NULL),
                                               INTEGER("d", "input dimension", ASSAY_SIZE, "[2,100000]", ""),
                                               INTEGER("p", "features", ASSAY_SIM, "[1,1000000]", ""),
                                               {0}};
static const assay_observable duplicate_observables[] = {
    {"Dup", NULL, "residual of the second sample outside the first one's feature and tangents, per feature", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status duplicate_with(assay_call *call, data_reconstruction_mistake mistake) {
  assay_value dup;
  assay_status status =
      data_reconstruction_duplicate(data_reconstruction_act_of(call), assay_real(call, "rho"), mistake, &dup, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, dup);
  return status;
}
static assay_status duplicate(assay_call *call) {
  return duplicate_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status duplicate_no_tangent(assay_call *call) {
  return duplicate_with(call, DATA_RECONSTRUCTION_NO_TANGENT);
}
static assay_status duplicate_root(assay_call *call) {
  return duplicate_with(call, DATA_RECONSTRUCTION_ROOT);
}
static assay_status spread_duplicate(assay_call *call) { /* 3.2 Dup/sqrt(p) at rho = .5 */
  assay_value dup;
  assay_status status = data_reconstruction_duplicate(data_reconstruction_act_of(call), assay_real(call, "rho"), DATA_RECONSTRUCTION_RIGHT,
                                                      &dup, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, 0, 0, 3.5 * dup.value / sqrt(assay_real(call, "p")), 0);
  return status;
}
static const assay_leg duplicate_legs[] = {{.experiment = &data_reconstruction_tangent_span,
                                            .points = POINTS("R: act=relu rho=.3,.5", "S: act=relu+erf rho=.3,.5"),
                                            .sizes = {"d=25 p=2000", "d=25 p=4000", "d=50 p=20000"},
                                            .first = {128, 128, 128},
                                            .looks = {4, 6, 4}},
                                           {0}};
static const assay_target duplicate_targets[] = {
    {.name = "Dup",
     .spread = spread_duplicate,
     .margin = {{.relative = .005, .deviations = 10}, {.relative = .0025, .deviations = 10}, {.relative = .001, .deviations = 10}},
     .reason = "bias .3 d/p of the value (measured) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control duplicate_controls[] = {
    {.name = "no tangents", .mistake = "the tangent space is omitted", .predict = duplicate_no_tangent},
    {.name = "root", .mistake = "sqrt(1 - rho^2) in place of 1 - rho^2", .points = "*:rho=0.5", .predict = duplicate_root},
    {0}};
static const assay_figure duplicate_figures[] = {{.title = "What two candidates near one sample cannot explain",
                                                  .x = "rho",
                                                  .x_label = "overlap",
                                                  .y = "Dup",
                                                  .y_label = "Dup",
                                                  .points = "R:rho=0.5,S:rho=0.5",
                                                  .sweep = "-0.98:0.98:50"},
                                                 {0}};
const assay_claim data_reconstruction_duplicate_exclusion_claim = {
    .id = "data-reconstruction/duplicate-exclusion",
    .kinds = "limit",
    .statement = "Two candidates near one sample cannot explain another: its residual outside the first one's feature and tangents is "
                 "Dup(rho) > 0 per feature.",
    .source = "arXiv 2509.22214 for n = 2; the constant is derived here",
    .params = duplicate_params,
    .observables = duplicate_observables,
    .predict = duplicate,
    .legs = duplicate_legs,
    .targets = duplicate_targets,
    .controls = duplicate_controls,
    .figures = duplicate_figures};
