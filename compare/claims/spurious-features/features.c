/* Random features: their kernel, and any width. */
#include <math.h>

#include "compare/claims/spurious-features/claims.h"
#include "sim/spurious-features/experiments.h"
#include "theory/numerics/activation_kernel.h"
#include "theory/numerics/effective_ridge.h"

#define PARAMS_FEATURES                                                                                                                    \
  PARAMS_MODEL(0), PARAMS_SAMPLES, {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu|tanh|he3", NULL, "erf"},                           \
      REAL("ell", "penalty; 0: least norm", 0, "[0,inf)", "0"), PARAM_SIGMA2
static const assay_param kernel_params[] = {PARAMS_FEATURES, {0}};
static const assay_param width_params[] = {PARAMS_FEATURES,
                                           {"p", NULL, "features", ASSAY_REAL, 0, NULL, "(0,inf]", ""},
                                           REAL("p_over_d", "features over core dimension, in place of p", 0, "(0,inf)", ""),
                                           {0}};
enum { O_C, O_L, O_TAU, O_LAMBDA, O_C_EXCESS, O_L_EXCESS };
static const assay_observable feature_observables[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "effective ridge", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"lambda_rf", NULL, "ridge that infinitely many features amount to", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"C_excess", NULL, "C less that of ridge regression at the same effective ridge", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L_excess", NULL, "L less that of ridge regression at the same effective ridge", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

/* The number of features; inf for a claim without p. */
static double width_of(const assay_call *call) {
  if (!assay_has_param(call, "p")) return INFINITY;
  if (assay_given(call, "p")) return assay_real(call, "p");
  return assay_given(call, "p_over_d") ? assay_real(call, "p_over_d") * assay_real(call, "d") : NAN;
}

/* What stands for the activation: its degree-one coefficient, the higher ones, and factors that a mistake puts in. */
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
  status = spurious_features_random_features(&p, n, width, act.mu1, act.mt2, assay_real(call, "ell"), sigma2, act.mistake, &out->rf,
                                             assay_call_error(call));
  if (status == ASSAY_OK) {
    double tau = out->rf.tau.value;
    out->lambda = tau * (1 - effective_freedom(p.s, p.m, p.count, tau, 1) / n);
    status = spurious_features_at(&p, n, out->lambda, sigma2, SPURIOUS_FEATURES_RIGHT, &out->ridge, assay_call_error(call));
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
    assay_put(call, O_L_EXCESS, 0, r->rf.L.value - ridge->ridge.L.value, r->rf.L.error + ridge->ridge.L.error);
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
static assay_status features(assay_call *call) { return put_features(call, width_of(call), right_stand_in(call)); }
static assay_status with_mistake(assay_call *call, spurious_features_mistake mistake) {
  stand_in act = right_stand_in(call);
  act.mistake = mistake;
  return put_features(call, width_of(call), act);
}
static assay_status half_dimension(assay_call *call) { return with_mistake(call, SPURIOUS_FEATURES_HALF_NOISE); }
static assay_status no_dimension(assay_call *call) { return with_mistake(call, SPURIOUS_FEATURES_NO_DIMENSION); }
static assay_status no_higher(assay_call *call) { return with_mistake(call, SPURIOUS_FEATURES_NO_HIGHER); }
static assay_status plain_mu1(assay_call *call) { return with_mistake(call, SPURIOUS_FEATURES_MU1_PLAIN); }
static assay_status kernel_spread(assay_call *call) { return with_mistake(call, SPURIOUS_FEATURES_KERNEL_UPS); }
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
static assay_status infinite_width(assay_call *call) { return put_features(call, INFINITY, right_stand_in(call)); }
/* C at the width n, whatever the width: "constant in p" below n too. */
static assay_status constant_width(assay_call *call) {
  double n = assay_given(call, "n") ? assay_real(call, "n") : assay_real(call, "n_over_d") * assay_real(call, "d");
  return put_features(call, fmax(n, width_of(call)), right_stand_in(call));
}

/* sd sqrt(n) in pilots (d = 48 and 50, 400 replicates): kernel C .19 to .33, L .42 to .60; over the widths C .26 to .55, L 1.1 at p = 3n
 * and 1.6 to 2.4 at p <= n/2, less with a penalty. */
static assay_status spread_features(assay_call *call) {
  double root = sqrt(assay_real(call, "n"));
  bool kernel = !assay_has_param(call, "p"), wide = !kernel && assay_real(call, "p") > assay_real(call, "n");
  assay_put(call, O_C, 0, (kernel ? .4 : .6) / root, 0);
  assay_put(call, O_L, 0, (kernel ? .7 : wide ? 1.3 : 2.7) / root, 0);
  return ASSAY_OK;
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

static const assay_leg kernel_legs[] = {
    {.experiment = &spurious_features_kernel_regression,
     .arrange = arrange_kernel,
     .points = POINTS("E0: model=twoblock n_over_d=3 act=erf ell=0", "E1: model=twoblock n_over_d=3 act=erf ell=.1",
                      "R1: model=twoblock n_over_d=3 act=relu ell=.1"),
     .sizes = {"d=48 tests=300", "d=96 tests=400", "d=200 tests=1000"},
     .first = {128, 128, 128},
     .looks = {5, 7, 5}},
    {0}};

/* tr(Sigma^2)/D^2 is .715/d for twoblock. */
static const assay_target kernel_targets[] = {
    {.name = "C",
     .spread = spread_features,
     .margin = {{.bias = .0045, .deviations = 10}, {.bias = .0023, .deviations = 10}, {.bias = .0011, .deviations = 10}},
     .reason = "bias .3 tr(Sigma^2)/D^2 (measured: .07 at ell = 0) + 10 sd/sqrt(n_max)"},
    {.name = "L",
     .spread = spread_features,
     .margin = {{.bias = .0224, .deviations = 10}, {.bias = .0112, .deviations = 10}, {.bias = .0054, .deviations = 10}},
     .reason = "bias 1.5 tr(Sigma^2)/D^2 (measured: .96 at ell = 0) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control kernel_controls[] = {{.name = "no higher degrees",
                                                 .mistake = "mt2 = 0: the nonlinearity does not regularise",
                                                 .targets = "C",
                                                 .points = "E0",
                                                 .predict = no_higher},
                                                {.name = "d for D",
                                                 .mistake = "lambda_rf with d in place of D",
                                                 .targets = "C",
                                                 .points = "E0",
                                                 .tiers = LATER,
                                                 .predict = half_dimension},
                                                {0}};
static const assay_figure kernel_figures[] = {{.title = "Spurious correlation of a kernel against its penalty",
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
    .statement =
        "With p >> n random features amount to ridge regression at lambda_rf = (ell + mt2) D/(n mu1^2): the nonlinearity regularises.",
    .source = "arXiv 2502.01347; the normalisation is derived here",
    .params = kernel_params,
    .observables = feature_observables,
    .predict = features,
    .legs = kernel_legs,
    .targets = kernel_targets,
    .controls = kernel_controls,
    .figures = kernel_figures};

/* ---- spurious-features/rf-width ---- */

static const assay_leg width_legs[] = {{.experiment = &spurious_features_feature_regression,
                                        .arrange = arrange_width,
                                        .points = POINTS("E0: model=twoblock n_over_d=3 act=erf ell=0 p_over_d=1,1.5,9",
                                                         "E1: model=twoblock n_over_d=3 act=erf ell=.1 p_over_d=1,4.5",
                                                         "R0: model=dct n_over_d=3 act=relu ell=0 p_over_d=1,9"),
                                        .sizes = {"d=50", "d=100", "d=200"},
                                        .first = {128, 128, 128},
                                        .looks = {4, 6, 5}},
                                       {0}};
static const assay_target width_targets[] = {
    {.name = "C",
     .spread = spread_features,
     .margin = {{.bias = .0082, .deviations = 10}, {.bias = .0041, .deviations = 10}, {.bias = .0021, .deviations = 10}},
     .reason = "bias .4 tr(Sigma^2)/D^2, 1.03/d for dct (measured: at most .21/d) + 10 sd/sqrt(n_max)"},
    {.name = "L",
     .spread = spread_features,
     .margin = {{.bias = .041, .deviations = 10}, {.bias = .0206, .deviations = 10}, {.bias = .0103, .deviations = 10}},
     .reason = "bias 2 tr(Sigma^2)/D^2, 1.03/d for dct (measured: at most 1.3/d) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control width_controls[] = {
    {.name = "no higher degrees", .mistake = "T lacks the term of mt2", .targets = "C", .points = "R0:p_over_d=9", .predict = no_higher},
    {.name = "a fifth more", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = fifth_more},
    {.name = "c", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = constant_width},
    {.name = "k", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = kernel_spread},
    {.name = "1", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = plain_mu1},
    {.name = "2", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = mean_inside},
    {.name = "3", .mistake = "mt2 a fifth too large", .targets = "L", .points = "R0:p_over_d=9", .predict = no_dimension},
    {.name = "infinite width",
     .mistake = "the loss does not depend on the width",
     .targets = "L",
     .points = "E0*,R0*",
     .predict = infinite_width},
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
    .statement = "At any width C converges to C^S(tau_p); without penalty tau_p falls until p = n and is then exactly constant.",
    .source = "derived here from the deterministic equivalent of arXiv 2405.15699",
    .params = width_params,
    .observables = feature_observables,
    .predict = features,
    .legs = width_legs,
    .targets = width_targets,
    .controls = width_controls,
    .figures = width_figures};
