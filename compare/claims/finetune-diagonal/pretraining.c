/* Pretraining: what gradient flow conserves, where it ends, what it leaves in the weights, and the error in the limit of large d. */
#include <math.h>
#include <string.h>

#include "compare/claims/finetune-diagonal/claims.h"
#include "sim/finetune-diagonal/experiments.h"

/* n samples of the network experiments: .4 d, which leaves d - n directions open. */
static assay_status arrange_network(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "n", round(0.4 * assay_real(claim, "d")));
}

static assay_status zeros(assay_call *call, int count) {
  for (int i = 0; i < count; i++) assay_put(call, i, 0, 0, 0);
  return ASSAY_OK;
}

/* ---- finetune-diagonal/conserved-quantities ---- */

static const assay_param conserved_params[] = {
    PARAM_C(0),
    PARAM_LAMBDA(0),
    {"h", NULL, "step of gradient descent; 0: gradient flow", ASSAY_REAL, ASSAY_PAIRED, NULL, "[0,inf)", "0"},
    PARAM_D,
    {0}};
enum { O_DIFF, O_KAPPA, O_ORDER };
static const assay_observable conserved_observables[] = {
    {"drift_diff", NULL, "largest drift of u^2 - v^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"drift_kappa", NULL, "largest drift of kappa", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"slope", NULL, "of the log drift under gradient descent on log h", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status conserved(assay_call *call) {
  if (assay_real(call, "h") > 0) {
    assay_absent(call, O_DIFF, "gradient descent conserves nothing exactly; its drift is proportional to h");
    assay_absent(call, O_KAPPA, "gradient descent conserves nothing exactly; its drift is proportional to h");
  } else {
    zeros(call, 2);
  }
  assay_put(call, O_ORDER, 0, 1, 0);
  return ASSAY_OK;
}

static assay_status slope_two(assay_call *call) {
  assay_put(call, O_ORDER, 0, 2, 0);
  return ASSAY_OK;
}

static assay_status log_slope(const assay_sample *s, double *out) {
  return finetune_diagonal_slope(s, true, true, out);
}

/* The steps share their paths: one replicate's slope has an sd of .007 (pilot: 128 replicates, d = 24). */
static assay_status spread_slope(assay_call *call) {
  assay_put(call, O_ORDER, 0, .01, 0);
  return ASSAY_OK;
}
static const assay_leg conserved_legs[] = {
    {.experiment = &finetune_diagonal_network_pretraining,
     .arrange = arrange_network,
     .points = POINTS("F1: c=.1 lambda=0", "F2: c=.1 lambda=-.9", "F3: c=.5 lambda=.6", "F4: c=1 lambda=.95"),
     .sizes = {"d=24", "d=60", "d=200"},
     .first = {8, 8, 8},
     .looks = {1, 1, 1}},
    {.experiment = &finetune_diagonal_network_descent,
     .arrange = arrange_network,
     .points = POINTS("H: c=.1 lambda=-.5 h=.1,.05,.025,.0125"),
     .sizes = {"d=24 time=40", "d=24 time=100", "d=60 time=100"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {0}};

#define MARGIN_FLOW ALL_TIERS({.bias = 1e-8})
#define REASON_FLOW "integration at rtol 1e-10 to ||Xb - y|| = 1e-10 ||y|| (measured: at most 3e-11)"
static const assay_target conserved_targets[] = {
    {.name = "drift_diff", .points = "F*", .estimand = ASSAY_EXACT, .margin = MARGIN_FLOW, .reason = REASON_FLOW},
    {.name = "drift_kappa", .points = "F*", .estimand = ASSAY_EXACT, .margin = MARGIN_FLOW, .reason = REASON_FLOW},
    {.name = "slope",
     .records = "drift_diff",
     .points = "H*",
     .estimand = ASSAY_SMOOTH,
     .along = "h",
     .reduce = log_slope,
     .predict = conserved,
     .spread = spread_slope,
     .margin = ALL_TIERS({.bias = .03, .deviations = 10}),
     .reason = "terms of second order in h + 10 sd/sqrt(n_max)"},
    {.name = "slope",
     .title = "slope of kappa",
     .records = "drift_kappa",
     .points = "H*",
     .estimand = ASSAY_SMOOTH,
     .along = "h",
     .reduce = log_slope,
     .predict = conserved,
     .spread = spread_slope,
     .margin = ALL_TIERS({.bias = .03, .deviations = 10}),
     .reason = "terms of second order in h + 10 sd/sqrt(n_max)"},
    {0}};

static const assay_control conserved_controls[] = {
    {.name = "u^2 + v^2",
     .mistake = "the sum of the squares is conserved instead of the difference",
     .targets = "drift_diff",
     .points = "F*",
     .change = "invariant=sum"},
    {.name = "second order", .mistake = "gradient descent drifts like h^2", .targets = "slope,slope of kappa", .predict = slope_two},
    {0}};

const assay_claim finetune_diagonal_conserved_quantities_claim = {
    .id = "finetune-diagonal/conserved-quantities",
    .kinds = "identity,rate",
    .statement = "Gradient flow conserves u+^2 - v+^2, u-^2 - v-^2 and kappa in every coordinate; gradient descent drifts like its step.",
    .source = "known for linear networks (arXiv 2102.09769); the form here is derived",
    .params = conserved_params,
    .observables = conserved_observables,
    .predict = conserved,
    .legs = conserved_legs,
    .targets = conserved_targets,
    .controls = conserved_controls};

/* ---- finetune-diagonal/pretraining-bias ---- */

#define OPTIONAL(name, doc)                                                                                                                \
  { name, NULL, doc, ASSAY_REAL, 0, NULL, NULL, "" }
static const assay_param bias_params[] = {{"c", NULL, "absolute scale u0^2 + v0^2 of the start", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
                                          PARAM_LAMBDA(0),
                                          OPTIONAL("u_plus", "one coordinate: weight at the start"),
                                          OPTIONAL("v_plus", "one coordinate: weight at the start"),
                                          OPTIONAL("u_minus", "one coordinate: weight at the start"),
                                          OPTIONAL("v_minus", "one coordinate: weight at the start"),
                                          OPTIONAL("Y", "one coordinate: target"),
                                          PARAM_D,
                                          {0}};
enum { O_BETA_DIFF, O_KKT, O_PATH, O_TIME };
static const assay_observable bias_observables[] = {
    {"beta_diff", NULL, "largest distance of the flow's limit from the minimiser", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"kkt", NULL, "largest distance of asinh(beta/c) from the row space of X", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"path_diff", NULL, "largest distance from the dual flow at five times", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"residual_time", NULL, "one coordinate: accumulated residual", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static const char *const scalar_names[] = {"u_plus", "v_plus", "u_minus", "v_minus", "Y"};

static assay_status bias_with(assay_call *call, double factor) {
  double w[5];
  zeros(call, 3);
  for (int i = 0; i < 5; i++) {
    if (!assay_given(call, scalar_names[i])) {
      assay_absent(call, O_TIME, "it needs u_plus, v_plus, u_minus, v_minus and Y");
      return ASSAY_OK;
    }
    w[i] = assay_real(call, scalar_names[i]);
  }
  assay_value time;
  assay_status status = finetune_diagonal_residual_time(w, w[4], &time, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_TIME, 0, factor * time.value, time.error);
  return status;
}

static assay_status bias(assay_call *call) {
  return bias_with(call, 1);
}
static assay_status whole_asinh(assay_call *call) {
  return bias_with(call, 2);
}

static const assay_leg bias_legs[] = {
    {.experiment = &finetune_diagonal_network_pretraining,
     .arrange = arrange_network,
     .points = POINTS("F1: c=.1 lambda=0", "F2: c=.1 lambda=-.9", "F3: c=.5 lambda=.6", "F4: c=1 lambda=.95"),
     .sizes = {"d=24", "d=60", "d=200"},
     .first = {8, 8, 4},
     .looks = {1, 1, 1}},
    {.experiment = &finetune_diagonal_network_pretraining,
     .arrange = arrange_network,
     .points = POINTS("F5: c=1e-3 lambda=-.5"),
     .sizes = {NULL, "d=60", "d=200"},
     .first = {4, 4, 4},
     .looks = {1, 1, 1}},
    {.experiment = &finetune_diagonal_scalar,
     .points = POINTS("S1: u_plus=.5 v_plus=.2 u_minus=.1 v_minus=.2 Y=2", "S2: u_plus=.3 v_plus=.1 u_minus=.3 v_minus=.1 Y=.5"),
     .sizes = {"", "", ""},
     .first = {1, 1, 1},
     .looks = {1, 1, 1}},
    {0}};

#define MARGIN_LIMIT ALL_TIERS({.bias = 1e-7})
#define REASON_LIMIT "both solvers stop at a residual of 1e-10 ||y|| or less (measured: 2e-10)"
static const assay_target bias_targets[] = {
    {.name = "beta_diff", .points = "F*", .estimand = ASSAY_EXACT, .margin = MARGIN_LIMIT, .reason = REASON_LIMIT},
    {.name = "kkt", .points = "F*", .estimand = ASSAY_EXACT, .margin = MARGIN_LIMIT, .reason = REASON_LIMIT},
    {.name = "path_diff", .points = "F*", .estimand = ASSAY_EXACT, .margin = MARGIN_LIMIT, .reason = "two integrations at rtol 1e-10"},
    {.name = "residual_time",
     .points = "S*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "integration at rtol 1e-12"},
    {0}};

static const assay_control bias_controls[] = {
    {.name = "product",
     .mistake = "kappa is the product 2 u0 v0 = c sqrt(1 - lambda^2) instead of the sum of squares",
     .targets = "beta_diff",
     .points = "F2,F3,F4",
     .change = "penalty=product"},
    {.name = "half", .mistake = "kappa = c/2", .targets = "beta_diff", .points = "F1,F2,F3", .change = "penalty=half"},
    {.name = "double", .mistake = "kappa = 2c", .targets = "beta_diff", .points = "F1,F2,F3", .change = "penalty=double"},
    {.name = "least norm",
     .mistake = "the flow ends at the interpolator of least l2 norm",
     .targets = "beta_diff",
     .points = "F*",
     .change = "penalty=least-norm"},
    {.name = "whole asinh", .mistake = "the accumulated residual lacks its factor 1/2", .targets = "residual_time", .predict = whole_asinh},
    {0}};

const assay_claim finetune_diagonal_pretraining_bias_claim = {
    .id = "finetune-diagonal/pretraining-bias",
    .kinds = "identity",
    .statement =
        "The flow from (c, lambda) ends at the interpolator of least hypentropy with kappa = c, whatever lambda, along the dual flow.",
    .source = "arXiv 2602.20062; arXiv 2002.09277 and 2102.09769",
    .params = bias_params,
    .observables = bias_observables,
    .predict = bias,
    .legs = bias_legs,
    .targets = bias_targets,
    .controls = bias_controls};

/* ---- finetune-diagonal/pretrained-features ---- */

static const assay_param feature_params[] = {
    {"b", NULL, "pretrained coordinate", ASSAY_REAL, 0, NULL, NULL, NULL}, PARAM_C(0), PARAM_LAMBDA(0), PARAM_D, {0}};
static const assay_observable feature_observables[] = {
    {"sum_squared", NULL, "(u+ + u-)^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"S", NULL, "u+^2 + u-^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"V", NULL, "v+^2 + v-^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"Delta", NULL, "u+ - u-", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status features_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_features f;
  assay_status status = finetune_diagonal_pretrained(assay_real(call, "b"), assay_real(call, "c"), assay_real(call, "lambda"), mistake, &f,
                                                     assay_call_error(call));
  const double values[] = {f.sum_squared, f.S, f.V, f.Delta};
  for (int i = 0; i < 4 && status == ASSAY_OK; i++) assay_put(call, i, 0, values[i], 1e-15 * fabs(values[i]));
  return status;
}

PREDICTS(features, features_with, RIGHT)
PREDICTS(features_exchanged, features_with, EXCHANGED)
PREDICTS(features_added, features_with, ADDED_SCALE)

/* 2d samples without noise: the teacher is recovered, the first coordinate is b. */
static assay_status arrange_recovery(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "n", 2 * assay_real(claim, "d"));
}

static const assay_leg feature_legs[] = {{.experiment = &finetune_diagonal_network_pretraining,
                                          .arrange = arrange_recovery,
                                          .points = POINTS("A: b=1.5 c=.1 lambda=0", "B: b=-.7 c=.1 lambda=-.9", "C: b=2 c=.5 lambda=.6",
                                                           "D: b=.4 c=1 lambda=.95", "U: b=0 c=.5 lambda=-.4"),
                                          .sizes = {"d=12", "d=24", "d=60"},
                                          .first = {4, 8, 8},
                                          .looks = {1, 1, 1}},
                                         {0}};

#define FEATURE(name_)                                                                                                                     \
  { .name = name_, .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-8}), .reason = REASON_FLOW }
static const assay_target feature_targets[] = {FEATURE("sum_squared"), FEATURE("S"), FEATURE("V"), FEATURE("Delta"), {0}};

static const assay_control feature_controls[] = {{.name = "layers exchanged",
                                                  .mistake = "lambda -> -lambda",
                                                  .targets = "sum_squared,S,V",
                                                  .points = "B,C,D,U",
                                                  .predict = features_exchanged},
                                                 {.name = "scale added",
                                                  .mistake = "S = |b| + c (1+lambda) instead of r + lambda c",
                                                  .targets = "S",
                                                  .points = "A,B,C,D",
                                                  .predict = features_added},
                                                 {0}};

const assay_claim finetune_diagonal_pretrained_features_claim = {.id = "finetune-diagonal/pretrained-features",
                                                                 .kinds = "identity",
                                                                 .statement =
                                                                     "At the end of pretraining (u+ + u-)^2, u+^2 + u-^2, v+^2 + v-^2 and "
                                                                     "u+ - u- are functions of the coordinate's value, c and lambda.",
                                                                 .source = "derived here from the conserved quantities",
                                                                 .params = feature_params,
                                                                 .observables = feature_observables,
                                                                 .predict = features,
                                                                 .legs = feature_legs,
                                                                 .targets = feature_targets,
                                                                 .controls = feature_controls};

/* ---- finetune-diagonal/pretraining-error ---- */

static const assay_param error_params[] = {PARAM_ALPHA("alpha_pt", "samples over dimension"),
                                           {"rho", NULL, "fraction of active coordinates", ASSAY_REAL, 0, NULL, "[0,1]", NULL},
                                           {"m_pt", NULL, "active value of the teacher", ASSAY_REAL, 0, NULL, NULL, "1"},
                                           PARAM_C(0),
                                           PARAM_LAMBDA(0),
                                           PARAM_NOISE("noise_pt", "pretraining"),
                                           PARAM_D,
                                           {0}};
static const assay_observable error_observables[] = {
    {"E_pt", NULL, "excess test risk of pretraining", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "standard deviation of the effective noise", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"zeta", NULL, "effective shrinkage", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"chi", NULL, "susceptibility", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"flow_diff", NULL, "largest difference of the flow's E_pt, from lambda and -lambda, to that of the minimiser on the same data", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status pretraining(assay_call *call, finetune_diagonal_mistake mistake, finetune_diagonal_error *e) {
  return finetune_diagonal_pretraining(assay_real(call, "alpha_pt"), assay_real(call, "rho"), assay_real(call, "m_pt"),
                                       assay_real(call, "c"), assay_real(call, "lambda"), assay_real(call, "noise_pt"), mistake, e,
                                       assay_call_error(call));
}

static assay_status error_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_error e;
  assay_status status = pretraining(call, mistake, &e);
  if (status != ASSAY_OK) return status;
  claim_put(call, 0, e.E);
  claim_put(call, 1, e.tau);
  claim_put(call, 2, e.zeta);
  assay_put(call, 3, 0, e.chi, 1e-6 * e.chi);
  assay_put(call, 4, 0, 0, 0);
  return ASSAY_OK;
}

PREDICTS(error_right, error_with, RIGHT)
PREDICTS(tau_plain, error_with, TAU_PLAIN)
PREDICTS(one_minus, error_with, ONE_MINUS)
PREDICTS(kappa_product, error_with, KAPPA_PRODUCT)
PREDICTS(ridgeless_l2, error_with, RIDGELESS_L2)

/* chi = d(s2 + E)/d s2, by a difference of 1e-3 of s2. */
static assay_status chi_by_differences(assay_call *call) {
  finetune_diagonal_error e[2];
  double s2 = assay_real(call, "noise_pt"), step = 1e-3 * s2;
  for (int i = 0; i < 2; i++) {
    assay_status status = finetune_diagonal_pretraining(assay_real(call, "alpha_pt"), assay_real(call, "rho"), assay_real(call, "m_pt"),
                                                        assay_real(call, "c"), 0, s2 + (2 * i - 1) * step, FINETUNE_DIAGONAL_RIGHT, &e[i],
                                                        assay_call_error(call));
    if (status != ASSAY_OK) return status;
  }
  assay_put(call, 3, 0, 1 + (e[1].E.value - e[0].E.value) / (2 * step), (e[0].E.error + e[1].E.error) / (2 * step));
  return ASSAY_OK;
}
static assay_status without_response(assay_call *call) {
  assay_put(call, 3, 0, 1, 0);
  return ASSAY_OK;
}

/* sd(E) sqrt(d)/E is 1.17, 1.59, 2.05, 7, 3.04, .81 at P1-P6, where chi is 1.67, 1.87, 2.27, 7.22, 2.81, 1.44. */
static assay_status spread_error(assay_call *call) {
  finetune_diagonal_error e;
  assay_status status = pretraining(call, FINETUNE_DIAGONAL_RIGHT, &e);
  if (status == ASSAY_OK) assay_put(call, 0, 0, 1.1 * e.chi * e.E.value / sqrt(assay_real(call, "d")), 0);
  return status;
}

static assay_status arrange_error(assay_call *claim, assay_call *sim, assay_call *realised) {
  double rho = finetune_diagonal_realised_share(assay_real(claim, "rho"), assay_real(claim, "d"));
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha_pt", "n");
  if (status == ASSAY_OK) status = assay_set(realised, "rho", rho);
  return status == ASSAY_OK ? assay_set(sim, "rho", rho) : status;
}

static assay_status arrange_flow(assay_call *claim, assay_call *sim, assay_call *realised) {
  double rho = finetune_diagonal_realised_share(assay_real(claim, "rho"), assay_real(claim, "d"));
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha_pt", "n_pt");
  if (status == ASSAY_OK) status = assay_set(realised, "rho", rho);
  return status == ASSAY_OK ? assay_set(sim, "rho_pt", rho) : status;
}

static const assay_leg error_legs[] = {
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_error,
     .points = POINTS("P1: alpha_pt=.4 rho=.2 c=1", "P2: alpha_pt=.4 rho=.2 c=.1", "P3: alpha_pt=.4 rho=.2 c=.01",
                      "P5: alpha_pt=.5 rho=.1 c=.03 noise_pt=.01", "P6: alpha_pt=.3 rho=.5 c=.3"),
     .sizes = {"d=100", "d=50,100,200", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 5, 4}},
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_error,
     .points = POINTS("L: alpha_pt=.3 rho=.5 c=.03 lambda=.95"),
     .sizes = {"d=100", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 6, 5}},
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_error,
     .points = POINTS("P4: alpha_pt=.6 rho=.2 c=.01 lambda=.95"),
     .sizes = {NULL, "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 5, 5}},
    {.experiment = &finetune_diagonal_flow_against_dual,
     .arrange = arrange_flow,
     .points = POINTS("W: alpha_pt=.4 rho=.2 c=.1 lambda=.9"),
     .sizes = {"d=30", "d=60", "d=100"},
     .first = {2, 8, 8},
     .looks = {1, 1, 1}},
    {.check = chi_by_differences,
     .points = POINTS("X1: alpha_pt=.4 rho=.2 c=.1 noise_pt=.05", "X2: alpha_pt=.5 rho=.1 c=.03 noise_pt=.01"),
     .sizes = {"", "", ""}},
    {0}};

static const assay_target error_targets[] = {
    {.name = "E_pt", .points = "P1,P2,P3,P5,P6,L", .spread = spread_error, .margin = MARGIN(3), .reason = REASON(3)},
    {.name = "E_pt",
     .title = "near recovery",
     .points = "P4",
     .spread = spread_error,
     .margin = MARGIN(15), /* pilot of seed 2: .03148 +- .00015 at d = 400 (6000 replicates), .03098 +- .00018 at 800 (2000) */
     .reason = "bias 15 E/d (pilot: 10 and 7 at d = 400, 800) + 10 sd/sqrt(n_max); near the recovery threshold, chi = 7"},
    {.name = "flow_diff", .points = "W", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-7}), .reason = REASON_LIMIT},
    {.name = "chi",
     .points = "X?",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-4}),
     .reason = "differences of 1e-3 of the noise, whose square is left"},
    {0}};

static const assay_control error_controls[] = {{.name = "tau without 1/alpha",
                                                .mistake = "tau^2 = s2 + E instead of (s2 + E)/alpha",
                                                .points = "P?",
                                                .sizes = "100,200,400,800",
                                                .predict = tau_plain},
                                               {.name = "1 - alpha",
                                                .mistake = "E eta' = 1 - alpha instead of alpha",
                                                .points = "P1,P2,P3,P4",
                                                .sizes = "100,200,400,800",
                                                .predict = one_minus},
                                               {.name = "least norm",
                                                .mistake = "the flow ends at the interpolator of least l2 norm",
                                                .points = "P5",
                                                .sizes = "100,200,800",
                                                .predict = ridgeless_l2},
                                               {.name = "product",
                                                .mistake = "kappa is the product 2 u0 v0 = c sqrt(1 - lambda^2)",
                                                .targets = "E_pt,near recovery",
                                                .points = "L,P4",
                                                .tiers = 1u << ASSAY_STANDARD | 1u << ASSAY_DEEP,
                                                .predict = kappa_product},
                                               {.name = "limit of the product",
                                                .mistake = "kappa is the product 2 u0 v0 = c sqrt(1 - lambda^2)",
                                                .targets = "flow_diff",
                                                .points = "W",
                                                .change = "penalty=product"},
                                               {.name = "no response",
                                                .mistake = "E does not depend on the noise",
                                                .targets = "chi",
                                                .predict = without_response},
                                               {0}};

static const assay_figure error_figures[] = {{.title = "Error of pretraining against the sampling ratio",
                                              .x = "alpha_pt",
                                              .x_label = "alpha",
                                              .y = "E_pt",
                                              .y_label = "excess risk",
                                              .points = "P1,P2,P3",
                                              .sweep = "0.05:0.95:37"},
                                             {.title = "Error of pretraining against the scale of the start",
                                              .x = "c",
                                              .x_label = "c",
                                              .y = "E_pt",
                                              .y_label = "excess risk",
                                              .points = "P1,P6",
                                              .sweep = "1e-4:10:41",
                                              .flags = ASSAY_LOG_X},
                                             {0}};

const assay_claim finetune_diagonal_pretraining_error_claim = {
    .id = "finetune-diagonal/pretraining-error",
    .kinds = "limit",
    .statement = "The error of pretraining converges to state evolution with kappa = c, independently of lambda.",
    .source = "arXiv 2602.20062; state evolution of separable penalties, derived here for the hypentropy",
    .params = error_params,
    .observables = error_observables,
    .predict = error_right,
    .legs = error_legs,
    .targets = error_targets,
    .controls = error_controls,
    .figures = error_figures};

/* ---- finetune-diagonal/rich-rate ---- */

static const assay_param rate_params[] = {PARAM_ALPHA("alpha", "samples over dimension"),
                                          {"s", NULL, "fraction of active coordinates", ASSAY_REAL, 0, NULL, "(0,1)", NULL},
                                          {"c", NULL, "absolute scale of the start; log10_E only", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
                                          PARAM_D,
                                          {0}};
enum { O_A, O_LOG_E };
static const assay_observable rate_observables[] = {
    {"a", NULL, "half the slope of log E on log c", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"log10_E", NULL, "decimal logarithm of the excess risk at c", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status put_log_error(assay_call *call) {
  finetune_diagonal_error e;
  if (!assay_given(call, "c")) {
    assay_absent(call, O_LOG_E, "c is not given");
    return ASSAY_OK;
  }
  assay_status status = finetune_diagonal_pretraining(assay_real(call, "alpha"), assay_real(call, "s"), 1, assay_real(call, "c"), 0, 0,
                                                      FINETUNE_DIAGONAL_RIGHT, &e, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_LOG_E, 0, log10(e.E.value), e.E.error / (e.E.value * M_LN10) + 1e-14);
  return status;
}

static assay_status rate_with(assay_call *call, finetune_diagonal_mistake mistake) {
  assay_value a;
  assay_status status = finetune_diagonal_rich_rate(assay_real(call, "alpha"), assay_real(call, "s"), mistake, &a, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_A, a);
  return put_log_error(call);
}

PREDICTS(rate, rate_with, RIGHT)
PREDICTS(rate_complement, rate_with, COMPLEMENT)
static assay_status rate_one(assay_call *call) {
  assay_put(call, O_A, 0, 1, 0);
  return ASSAY_OK;
}

/* Half the slope of the solved state evolution between c = 1e-16 and 1e-20. */
static assay_status solved_rate(assay_call *call) {
  finetune_diagonal_error e[2];
  for (int i = 0; i < 2; i++) {
    assay_status status = finetune_diagonal_pretraining(assay_real(call, "alpha"), assay_real(call, "s"), 1, i ? 1e-20 : 1e-16, 0, 0,
                                                        FINETUNE_DIAGONAL_RIGHT, &e[i], assay_call_error(call));
    if (status != ASSAY_OK) return status;
  }
  assay_put(call, O_A, 0, log10(e[0].E.value / e[1].E.value) / 8, 1e-9);
  return ASSAY_OK;
}

static assay_status half_slope(const assay_sample *s, double *out) {
  assay_status status = finetune_diagonal_slope(s, true, false, out); /* of log10 E on log c */
  *out *= M_LN10 / 2;
  return status;
}

static assay_status arrange_rate(assay_call *claim, assay_call *sim, assay_call *realised) {
  double s = finetune_diagonal_realised_share(assay_real(claim, "s"), assay_real(claim, "d"));
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha", "n");
  if (status == ASSAY_OK) status = assay_set(realised, "s", s);
  if (status == ASSAY_OK) status = assay_set(sim, "rho", s);
  return status == ASSAY_OK ? assay_set(sim, "m_pt", 1) : status;
}

/* One replicate's sd of log10 E: see the pilot beside the margin. */
static assay_status spread_log_error(assay_call *call) {
  assay_put(call, O_LOG_E, 0, 0.55, 0);
  return ASSAY_OK;
}

/* One replicate's half slope (pilot: .09 at d = 100, 256 replicates). */
static assay_status spread_half_slope(assay_call *call) {
  assay_put(call, O_LOG_E, 0, .1, 0);
  return ASSAY_OK;
}

static const assay_leg rate_legs[] = {
    {.check = solved_rate,
     .points = POINTS("T1: alpha=.6 s=.2", "T2: alpha=.4 s=.1", "T3: alpha=.8 s=.2", "T4: alpha=.3 s=.02"),
     .sizes = {"", "", ""}},
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_rate,
     .points = POINTS("R: alpha=.4 s=.05 c=1e-2,1e-4,1e-6"),
     .sizes = {"d=100", "d=200", "d=400"},
     .first = {128, 128, 128},
     .looks = {5, 6, 6}},
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_rate,
     .points = POINTS("S: alpha=.4 s=.05 c=1e-2,1e-4,1e-6,1e-8"),
     .sizes = {NULL, "d=200", "d=400"},
     .first = {128, 128, 128},
     .looks = {1, 5, 6}},
    {0}};

static const assay_target rate_targets[] = {{.name = "a",
                                             .points = "T*",
                                             .estimand = ASSAY_EXACT,
                                             .margin = ALL_TIERS({.bias = .003}),
                                             .reason = "1/log(1/c) at c = 1e-18 (measured: at most .0018)"},
                                            {.name = "log10_E",
                                             .title = "slope",
                                             .points = "R*,S*",
                                             .estimand = ASSAY_SMOOTH,
                                             .along = "c",
                                             .reduce = half_slope,
                                             .spread = spread_half_slope,
                                             .margin = ALL_TIERS({.bias = .015, .deviations = 10}),
                                             .reason = "finite d bends the line by .015 at most + 10 sd/sqrt(n_max)"},
                                            {.name = "log10_E",
                                             .points = "R:c=0.01,R:c=0.0001",
                                             .spread = spread_log_error,
                                             .margin = ALL_TIERS({.bias = .1, .deviations = 10}),
                                             .reason = "bias .1 (measured: .06 at d = 200) + 10 sd/sqrt(n_max)"},
                                            {0}};

static assay_status e_like_c2(assay_call *call) {
  assay_put(call, O_LOG_E, 0, 2 * log10(assay_real(call, "c")), 0);
  return ASSAY_OK;
}

static const assay_control rate_controls[] = {
    {.name = "a = 1", .mistake = "interpolating networks recover like c^2", .targets = "a", .predict = rate_one},
    {.name = "complement", .mistake = "alpha -> 1 - alpha", .targets = "a", .points = "T1", .predict = rate_complement},
    {.name = "c^2", .mistake = "E = c^2", .targets = "slope,log10_E", .predict = e_like_c2},
    {0}};

static const assay_figure rate_figures[] = {{.title = "Recovery against the scale of the start",
                                             .x = "c",
                                             .x_label = "c",
                                             .y = "log10_E",
                                             .y_label = "log10 E",
                                             .points = "R",
                                             .sweep = "1e-9:1e-1:33",
                                             .flags = ASSAY_LOG_X},
                                            {0}};

const assay_claim finetune_diagonal_rich_rate_claim = {
    .id = "finetune-diagonal/rich-rate",
    .kinds = "rate",
    .statement =
        "Above the threshold and without noise, E = c^(2a + o(1)) as c -> 0, with a in (0,1) set by the distance to the threshold.",
    .source = "derived here",
    .params = rate_params,
    .observables = rate_observables,
    .predict = rate,
    .legs = rate_legs,
    .targets = rate_targets,
    .controls = rate_controls,
    .figures = rate_figures};
