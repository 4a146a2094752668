/* Random features: their kernel, and any width. */
#include <math.h>
#include <string.h>

#include "compare/claims/spurious-features/claims.h"
#include "sim/spurious-features/experiments.h"
#include "theory/numerics/activation_kernel.h"

#define PARAMS_FEATURES                                                                                      \
  PARAMS_MODEL(0), PARAMS_SAMPLES,                                                                           \
      {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu|tanh|he3", NULL, "erf"},                          \
      REAL("ell", "penalty; 0: least norm", 0, "[0,inf)", "0"), PARAM_SIGMA2
static const assay_param kernel_params[] = {PARAMS_FEATURES, {0}};
static const assay_param width_params[] = {
    PARAMS_FEATURES,
    {"p", NULL, "features", ASSAY_REAL, 0, NULL, "(0,inf]", ""},
    REAL("p_over_d", "features over core dimension, in place of p", 0, "(0,inf)", ""),
    {0}};
enum { O_C, O_L, O_TAU, O_LAMBDA, O_C_EXCESS, O_L_EXCESS };
static const assay_observable feature_observables[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "effective ridge", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"lambda_rf", NULL, "ridge that infinitely many features amount to", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"C_excess", NULL, "C less that of ridge regression at the same effective ridge", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L_excess", NULL, "L less that of ridge regression at the same effective ridge", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

/* The number of features; inf for a claim without p. */
static double width_of(const assay_call *call) {
  if (!assay_has_param(call, "p")) return INFINITY;
  if (assay_given(call, "p")) return assay_real(call, "p");
  return assay_given(call, "p_over_d") ? assay_real(call, "p_over_d") * assay_real(call, "d") : NAN;
}

/* What stands for the activation: its degree-one coefficient, the higher ones, and factors that a mistake
 * puts in. */
typedef struct {
  double mu1, mt2;
  spurious_features_mistake mistake;
} stand_in;

static stand_in right_stand_in(const assay_call *call) {
  activation act;
  activation_from_word(assay_word(call, "act"), &act);
  activation_hermite h = activation_numbers(act);
  return (stand_in){h.mu1, h.mus2, SPURIOUS_FEATURES_RIGHT};
}

/* Random features, and ridge regression at their effective ridge: lambda = tau (1 - df1/n). */
typedef struct {
  spurious_features_random rf;
  spurious_features_ridge ridge;
  double lambda;
} features_result;

static assay_status random_features(assay_call *call, double width, stand_in act, features_result *out) {
  spurious_features_spectrum p;
  double n, sigma2 = assay_real(call, "sigma2");
  if (isnan(width)) return assay_fail(call, ASSAY_USAGE, "give the number of features p, or p_over_d");
  assay_status status = spurious_features_spectrum_at(call, &p, &n);
  if (status != ASSAY_OK) return status;
  status = spurious_features_random_features(&p, n, width, act.mu1, act.mt2, assay_real(call, "ell"), sigma2,
                                             act.mistake, &out->rf, assay_call_error(call));
  if (status == ASSAY_OK) {
    out->lambda = spurious_features_lambda_of(&p, n, out->rf.tau.value);
    status = spurious_features_at(&p, n, out->lambda, sigma2, SPURIOUS_FEATURES_RIGHT, &out->ridge,
                                  assay_call_error(call));
  }
  spurious_features_spectrum_free(&p);
  return status;
}

static void put_against(assay_call *call, const features_result *r, const features_result *ridge) {
  claim_put(call, O_C, r->rf.C);
  assay_put(call, O_C_EXCESS, 0, r->rf.C.value - ridge->ridge.C.value, r->rf.C.error + ridge->ridge.C.error);
  if (isnan(r->rf.L.value)) {
    assay_absent(call, O_L, "no loss at tau = 0");
    assay_absent(call, O_L_EXCESS, "no loss at tau = 0");
  } else {
    claim_put(call, O_L, r->rf.L);
    assay_put(call, O_L_EXCESS, 0, r->rf.L.value - ridge->ridge.L.value,
              r->rf.L.error + ridge->ridge.L.error);
  }
  claim_put(call, O_TAU, r->rf.tau);
  claim_put(call, O_LAMBDA, r->rf.lambda_rf);
}

/* A mistake moves the features; the ridge regression beside them stays at the right ridge. */
static assay_status put_features(assay_call *call, double width, stand_in act) {
  features_result r, beside;
  assay_status status = random_features(call, width, act, &r);
  if (status == ASSAY_OK) status = random_features(call, width_of(call), right_stand_in(call), &beside);
  if (status == ASSAY_OK) put_against(call, &r, &beside);
  return status;
}
static assay_status features(assay_call *call) {
  return put_features(call, width_of(call), right_stand_in(call));
}
static assay_status with_mistake(assay_call *call, spurious_features_mistake mistake) {
  stand_in act = right_stand_in(call);
  act.mistake = mistake;
  return put_features(call, width_of(call), act);
}
static assay_status half_dimension(assay_call *call) {
  return with_mistake(call, SPURIOUS_FEATURES_HALF_NOISE);
}
static assay_status no_dimension(assay_call *call) {
  return with_mistake(call, SPURIOUS_FEATURES_NO_DIMENSION);
}
static assay_status no_higher(assay_call *call) {
  return with_mistake(call, SPURIOUS_FEATURES_NO_HIGHER);
}
static assay_status plain_mu1(assay_call *call) {
  return with_mistake(call, SPURIOUS_FEATURES_MU1_PLAIN);
}
static assay_status kernel_spread(assay_call *call) {
  return with_mistake(call, SPURIOUS_FEATURES_KERNEL_UPS);
}
static assay_status mean_inside(assay_call *call) {
  activation act;
  activation_from_word(assay_word(call, "act"), &act);
  stand_in wrong = right_stand_in(call);
  double mu0 = activation_numbers(act).mu0;
  wrong.mt2 += mu0 * mu0;
  return put_features(call, width_of(call), wrong);
}
static assay_status fifth_more(assay_call *call) {
  stand_in wrong = right_stand_in(call);
  wrong.mt2 *= 1.2;
  return put_features(call, width_of(call), wrong);
}
static assay_status infinite_width(assay_call *call) {
  return put_features(call, INFINITY, right_stand_in(call));
}
/* C at the width n, whatever the width: "constant in p" below n too. */
static assay_status constant_width(assay_call *call) {
  double n =
      assay_given(call, "n") ? assay_real(call, "n") : assay_real(call, "n_over_d") * assay_real(call, "d");
  return put_features(call, fmax(n, width_of(call)), right_stand_in(call));
}

/* sd sqrt(n) in pilots of 500 replicates. Kernel, d = 48, n = 3d: C .23 to .33 (dct, erf .52), L .44 to .59,
 * C_excess .03 to .13 (he3 .20), L_excess .05 to .17 (he3 .30). Widths p/n = 1/3, 1/2, 3/2, 3 at d = 50, the
 * most of twoblock and dct, erf and relu:
 *
 *     ell = 0    C .70 .74 .82 .60   L 2.1 2.9 3.4 1.0   C_excess .66 .70 .69 .37   L_excess 2.2 3.0 3.4 .89
 *     ell = .1   C .59 .52 .40 .36   L 1.5 1.4 .85 .67   C_excess .55 .47 .29 .21   L_excess 1.6 1.5 .82 .53
 */
static assay_status put_spread(assay_call *call, double C, double L, double C_excess, double L_excess) {
  double root = sqrt(assay_real(call, "n"));
  assay_put(call, O_C, 0, C / root, 0), assay_put(call, O_L, 0, L / root, 0);
  assay_put(call, O_C_EXCESS, 0, C_excess / root, 0), assay_put(call, O_L_EXCESS, 0, L_excess / root, 0);
  return ASSAY_OK;
}
static assay_status spread_kernel(assay_call *call) {
  bool smooth = !strcmp(assay_word(call, "act"), "he3"), waves = !strcmp(assay_word(call, "model"), "dct");
  return put_spread(call, waves ? .6 : .4, .7, smooth ? .35 : .2, smooth ? .55 : .3);
}
static assay_status spread_width(assay_call *call) {
  static const double most[2][4][4] = {
      {{.75, 2.4, .7, 2.4}, {.8, 3.1, .75, 3.2}, {.9, 3.7, .75, 3.7}, {.65, 1.1, .4, 1}},
      {{.65, 1.7, .6, 1.8}, {.55, 1.6, .5, 1.7}, {.45, .95, .32, .9}, {.4, .75, .24, .6}}};
  double ratio = width_of(call) / assay_real(call, "n");
  const double *at = most[assay_real(call, "ell") > 0][ratio < .4 ? 0 : ratio < 1 ? 1 : ratio < 2 ? 2 : 3];
  return put_spread(call, at[0], at[1], at[2], at[3]);
}

/* The ridge of the linear predictor beside the features, to 9 digits. */
static assay_status arrange_kernel(assay_call *claim, assay_call *sim, assay_call *realised) {
  features_result r;
  assay_status status = spurious_features_arrange(claim, sim, realised);
  if (status == ASSAY_OK) status = random_features(realised, width_of(realised), right_stand_in(claim), &r);
  if (status != ASSAY_OK) return status;
  return assay_set(sim, "lambda_rf", spurious_features_rounded(r.lambda));
}

static assay_status arrange_width(assay_call *claim, assay_call *sim, assay_call *realised) {
  double p = round(width_of(claim));
  assay_status status = assay_set(sim, "p", p);
  if (status == ASSAY_OK && assay_has_param(realised, "p")) status = assay_set(realised, "p", p);
  return status == ASSAY_OK ? arrange_kernel(claim, sim, realised) : status;
}

/* A finite width stands for the kernel of an activation without a closed form: at ell = 0, p >= n, C is the
 * same. */
static assay_status arrange_wide(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = arrange_kernel(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "p", 10 * assay_real(sim, "n")) : status;
}

static const assay_leg kernel_legs[] = {{.experiment = &spurious_features_kernel_regression,
                                         .arrange = arrange_kernel,
                                         .points = POINTS("E0: model=twoblock n_over_d=3 act=erf ell=0",
                                                          "E1: model=twoblock n_over_d=3 act=erf ell=.1",
                                                          "R0: model=twoblock n_over_d=3 act=relu ell=0",
                                                          "R1: model=twoblock n_over_d=3 act=relu ell=.1",
                                                          "H0: model=twoblock n_over_d=3 act=he3 ell=0"),
                                         .sizes = {"d=48 tests=150", "d=96 tests=300", "d=200 tests=1000"},
                                         .first = {128, 128, 128},
                                         .looks = {5, 8, 5}},
                                        {.experiment = &spurious_features_kernel_regression,
                                         .arrange = arrange_kernel,
                                         .points = POINTS("D0: model=dct n_over_d=3 act=erf ell=0"),
                                         .sizes = {NULL, "d=96 tests=400", "d=200 tests=1000"},
                                         .first = {128, 128, 128},
                                         .looks = {5, 6, 5}},
                                        {.experiment = &spurious_features_feature_regression,
                                         .arrange = arrange_wide,
                                         .points = POINTS("W: model=twoblock n_over_d=3 act=tanh ell=0"),
                                         .sizes = {NULL, "d=48 tests=64", "d=100 tests=64"},
                                         .first = {128, 128, 128},
                                         .looks = {4, 4, 4}},
                                        {0}};

/* tr(Sigma^2)/D^2 is .715/d for twoblock, 1.03/d for dct. */
#define KERNEL(name_, points_, quick, standard, deep, text)                                                  \
  {                                                                                                          \
    .name = name_, .points = points_, .spread = spread_kernel, .reason = text " + 10 sd/sqrt(n_max)",        \
    .margin = {                                                                                              \
      {.bias = quick, .deviations = 10},                                                                     \
      {.bias = standard, .deviations = 10},                                                                  \
      {.bias = deep, .deviations = 10}                                                                       \
    }                                                                                                        \
  }
static const assay_target kernel_targets[] = {
    KERNEL("C", "E*,R*", .0045, .0023, .0011, "bias .3 tr(Sigma^2)/D^2 (measured: .07)"),
    KERNEL("C_excess", "E*,R*", .0045, .0023, .0011, "bias .3 tr(Sigma^2)/D^2 (measured: .06)"),
    KERNEL("L", "E*,R*", .0224, .0112, .0054, "bias 1.5 tr(Sigma^2)/D^2 (measured: 1.13)"),
    KERNEL("L_excess", "E*,R*", .0224, .0112, .0054, "bias 1.5 tr(Sigma^2)/D^2 (measured: 1.0)"),
    KERNEL("C", "H*", .009, .0045, .0022, "bias .6 tr(Sigma^2)/D^2 (measured: .22)"),
    KERNEL("C_excess", "H*", .009, .0045, .0022, "bias .6 tr(Sigma^2)/D^2 (measured: .22)"),
    KERNEL("L", "H*", .045, .0225, .0108, "bias 2.16/d (measured: 1.94 +- .11)"),
    KERNEL("L_excess", "H*", .045, .0225, .0108, "bias 2.16/d (measured: 1.94 +- .05)"),
    KERNEL("C", "D*", .0064, .0032, .0016, "bias .3 tr(Sigma^2)/D^2 (measured: .18)"),
    KERNEL("L", "D*", .032, .016, .0077, "bias 1.5 tr(Sigma^2)/D^2 (measured: .8)"),
    KERNEL("C", "W", .0089, .0089, .0043, "bias .6 tr(Sigma^2)/D^2 as for he3"),
    {0}};
static const assay_control kernel_controls[] = {{.name = "no higher degrees",
                                                 .mistake = "mt2 = 0: the nonlinearity does not regularise",
                                                 .targets = "C,C_excess",
                                                 .points = "E0",
                                                 .predict = no_higher},
                                                {.name = "no dimension",
                                                 .mistake = "lambda_rf = (ell + mt2)/(n mu1^2)",
                                                 .targets = "C,C_excess",
                                                 .points = "E0",
                                                 .predict = no_dimension},
                                                {.name = "d for D",
                                                 .mistake = "lambda_rf with d in place of D",
                                                 .targets = "C_excess",
                                                 .points = "E0",
                                                 .tiers = LATER,
                                                 .predict = half_dimension},
                                                {.name = "mu1 for its square",
                                                 .mistake = "mu1 in place of mu1^2",
                                                 .targets = "C_excess",
                                                 .points = "E0",
                                                 .tiers = LATER,
                                                 .predict = plain_mu1},
                                                {.name = "mean inside",
                                                 .mistake = "mt2 contains mu0^2",
                                                 .targets = "L,L_excess",
                                                 .points = "R0",
                                                 .predict = mean_inside},
                                                {0}};
static const assay_figure kernel_figures[] = {
    {.title = "Spurious correlation of a kernel against its penalty",
     .x = "ell",
     .x_label = "ell",
     .y = "C",
     .y_label = "C",
     .points = "E1,R1",
     .sweep = "0.001:10:41",
     .flags = ASSAY_LOG_X},
    {0}};

const assay_claim spurious_features_rf_equivalence_claim = {
    .id = "spurious-features/rf-equivalence",
    .kinds = "limit",
    .statement = "With p >> n random features amount to ridge regression at lambda_rf = (ell + mt2) D/(n "
                 "mu1^2): the nonlinearity regularises.",
    .source = "arXiv 2502.01347; the normalisation is derived here",
    .params = kernel_params,
    .observables = feature_observables,
    .predict = features,
    .legs = kernel_legs,
    .targets = kernel_targets,
    .controls = kernel_controls,
    .figures = kernel_figures};

/* ---- spurious-features/rf-width ---- */

/* By the equation of the kernel: what tau_p is exactly from p = n on without penalty, and tends to with one.
 */
static assay_status kernel_tau(assay_call *call) {
  features_result r;
  assay_status status = random_features(call, INFINITY, right_stand_in(call), &r);
  if (status == ASSAY_OK) claim_put(call, O_TAU, r.rf.tau);
  return status;
}
static assay_status lower_width(assay_call *call) {
  double n =
      assay_given(call, "n") ? assay_real(call, "n") : assay_real(call, "n_over_d") * assay_real(call, "d");
  return put_features(call, .9 * n, right_stand_in(call));
}

static const assay_leg width_legs[] = {
    {.experiment = &spurious_features_feature_regression,
     .arrange = arrange_width,
     .points = POINTS("E0: model=twoblock n_over_d=3 act=erf ell=0 p_over_d=1,1.5,9",
                      "E1: model=twoblock n_over_d=3 act=erf ell=.1 p_over_d=1,4.5",
                      "R0: model=dct n_over_d=3 act=relu ell=0 p_over_d=1,9",
                      "R1: model=twoblock n_over_d=3 act=relu ell=.1 p_over_d=4.5",
                      "D0: model=dct n_over_d=3 act=erf ell=0 p_over_d=1.5"),
     .sizes = {"d=50", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {5, 6, 5}},
    {.experiment = &spurious_features_feature_regression,
     .arrange = arrange_width,
     .points = POINTS("H0: model=dct n_over_d=3 act=he3 ell=0 p_over_d=1,9",
                      "T0: model=dct n_over_d=3 act=tanh ell=0 p_over_d=1,9"),
     .sizes = {NULL, "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {5, 5, 5}},
    {.check = kernel_tau,
     .points = POINTS("P: model=dct n_over_d=3 act=erf,relu,tanh,he3 ell=0 p_over_d=3,4.5,9,100",
                      "Q: model=dct n_over_d=3 act=erf,relu ell=.1 p_over_d=9000"),
     .sizes = {"d=50", "d=100", "d=100"}},
    {0}};
#define WIDTH(name_, points_, quick, standard, deep, text)                                                   \
  {                                                                                                          \
    .name = name_, .points = points_, .spread = spread_width, .reason = text " + 10 sd/sqrt(n_max)",         \
    .margin = {                                                                                              \
      {.bias = quick, .deviations = 10},                                                                     \
      {.bias = standard, .deviations = 10},                                                                  \
      {.bias = deep, .deviations = 10}                                                                       \
    }                                                                                                        \
  }
static const assay_target width_targets[] = {
    WIDTH("C", "E*,R*,D*,T*", .0082, .0041, .0021,
          "bias .4 tr(Sigma^2)/D^2, 1.03/d for dct (measured: at most .28/d)"),
    WIDTH("C", "H0*", .0124, .0062, .0031, "bias .6 tr(Sigma^2)/D^2, 1.03/d for dct (measured: .45/d)"),
    WIDTH("L", "E*,R0*,D*,T*", .041, .0206, .0103,
          "bias 2 tr(Sigma^2)/D^2, 1.03/d for dct (measured: at most 1.4/d)"),
    WIDTH("L", "R1*", .009, .0045, .0023, "bias .45/d with penalty (measured: .22 +- .11)"),
    WIDTH("L_excess", "R1*", .009, .0045, .0023, "bias .45/d with penalty (measured: .14 +- .15)"),
    WIDTH("C_excess", "E1*,R1*", .0057, .0029, .0014, "bias .4 tr(Sigma^2)/D^2 (measured: at most .03/d)"),
    {.name = "tau",
     .points = "P*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "constant from p = n on: rounding of two equations for one number"},
    {.name = "tau",
     .title = "tau of great width",
     .points = "Q*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-3}),
     .reason = "difference .5 n/p relative to the limit at p = 3000 n"},
    {0}};
static const assay_control width_controls[] = {
    {.name = "constant in p",
     .mistake = "C does not depend on p below n either",
     .targets = "C",
     .points = "D0",
     .predict = constant_width},
    {.name = "no higher degrees",
     .mistake = "T lacks the term of mt2",
     .targets = "C",
     .points = "R0:p_over_d=9",
     .predict = no_higher},
    {.name = "no higher degrees at p < n",
     .mistake = "T lacks the term of mt2",
     .targets = "C",
     .points = "D0",
     .tiers = LATER,
     .predict = no_higher},
    {.name = "a fifth more",
     .mistake = "mt2 a fifth too large",
     .targets = "L,L_excess",
     .points = "R1",
     .tiers = LATER,
     .predict = fifth_more},
    {.name = "kernel's variance",
     .mistake = "df2/n for Ups",
     .targets = "L",
     .points = "E0:p_over_d=9,R0:p_over_d=9",
     .predict = kernel_spread},
    {.name = "infinite width",
     .mistake = "the loss does not depend on the width",
     .targets = "L",
     .points = "E0*,R0*",
     .predict = infinite_width},
    {.name = "not yet constant",
     .mistake = "the plateau begins above p = n: tau_p of p = .9 n",
     .targets = "tau",
     .predict = lower_width},
    {0}};
static const assay_figure width_figures[] = {{.title = "Spurious correlation against the width",
                                              .x = "p_over_d",
                                              .x_label = "p/d",
                                              .y = "C",
                                              .y_label = "C",
                                              .points = "E0:p_over_d=1,E1:p_over_d=1",
                                              .sweep = "0.5:20:41",
                                              .flags = ASSAY_LOG_X},
                                             {0}};

const assay_claim spurious_features_rf_width_claim = {
    .id = "spurious-features/rf-width",
    .kinds = "limit,order",
    .statement = "At any width C converges to C^S(tau_p); without penalty tau_p falls until p = n and is "
                 "then exactly constant.",
    .source = "derived here from the deterministic equivalent of arXiv 2405.15699",
    .params = width_params,
    .observables = feature_observables,
    .predict = features,
    .legs = width_legs,
    .targets = width_targets,
    .controls = width_controls,
    .figures = width_figures};
