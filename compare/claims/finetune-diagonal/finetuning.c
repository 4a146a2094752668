/* Fine-tuning: its penalty, the penalty's shape, the errors of one and of both stages. */
#include <gsl/gsl_integration.h>
#include <math.h>
#include <string.h>

#include "compare/claims/finetune-diagonal/claims.h"
#include "sim/finetune-diagonal/experiments.h"
#include "sim/finetune-diagonal/finetune-diagonal.h"

/* ---- finetune-diagonal/finetuning-bias ---- */

static const assay_param bias_params[] = {
    {"b", NULL, "pretrained coordinate", ASSAY_REAL, 0, NULL, NULL, NULL}, PARAMS_INIT(0), PARAM_D, {0}};
enum { O_KAPPA, O_BETA0, O_BETA_DIFF };
static const assay_observable bias_observables[] = {
    {"kappa", NULL, "scale of the penalty", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"beta0", NULL, "its centre", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"beta_diff", NULL, "largest distance of the flow's limit from the minimiser", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status bias_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_init init = finetune_diagonal_init_of(call);
  double kappa, beta0;
  assay_status status = finetune_diagonal_penalty(assay_real(call, "b"), &init, mistake, &kappa, &beta0, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  assay_put(call, O_KAPPA, 0, kappa, 1e-15 * kappa);
  assay_put(call, O_BETA0, 0, beta0, 1e-15 * fabs(beta0));
  assay_put(call, O_BETA_DIFF, 0, 0, 0);
  return ASSAY_OK;
}

PREDICTS(bias, bias_with, RIGHT)
PREDICTS(bias_exchanged, bias_with, EXCHANGED)
PREDICTS(bias_centred, bias_with, NO_BETA0)

/* 2d samples recover the first teacher; d/3 leave the second open. */
static assay_status arrange_bias(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  double d = assay_real(claim, "d");
  assay_status status = assay_set(sim, "n", 2 * d);
  return status == ASSAY_OK ? assay_set(sim, "n_ft", round(d / 3)) : status;
}

#define B1 "b=1.2 c=.1 lambda=0 gamma=.3"
#define B2 "b=-1.2 c=.1 lambda=-.9 gamma=.05"
#define B3 "b=.8 c=.5 lambda=.6 gamma=.2"
static const assay_leg bias_legs[] = {{.experiment = &finetune_diagonal_network_finetuning,
                                       .arrange = arrange_bias,
                                       .points = POINTS("S1: " B1 " reset=sum", "S2: " B2 " reset=sum", "S3: " B3 " reset=sum",
                                                        "R1: " B1 " reset=rms", "R2: " B2 " reset=rms", "R3: " B3 " reset=rms",
                                                        "K1: " B1 " reset=keep", "K2: " B2 " reset=keep", "K3: " B3 " reset=keep"),
                                       .sizes = {"d=12 active=3", "d=24", "d=60"},
                                       .first = {4, 8, 8},
                                       .looks = {1, 1, 1}},
                                      {0}};

static const assay_target bias_targets[] = {{.name = "kappa",
                                             .estimand = ASSAY_EXACT,
                                             .margin = ALL_TIERS({.bias = 1e-8}),
                                             .reason = "pretraining stops at a residual of 1e-10 ||y||"},
                                            {.name = "beta0",
                                             .estimand = ASSAY_EXACT,
                                             .margin = ALL_TIERS({.bias = 1e-8}),
                                             .reason = "pretraining stops at a residual of 1e-10 ||y||"},
                                            {.name = "beta_diff",
                                             .estimand = ASSAY_EXACT,
                                             .margin = ALL_TIERS({.bias = 1e-7}),
                                             .reason = "both solvers stop at a residual of 1e-10 ||y|| or less (measured: 2e-10)"},
                                            {0}};

static const assay_control bias_controls[] = {
    {.name = "layers exchanged",
     .mistake = "lambda -> -lambda in the penalty",
     .targets = "kappa",
     .points = "S2,S3,R2,R3,K2,K3",
     .predict = bias_exchanged},
    {.name = "limit of exchanged layers",
     .mistake = "lambda -> -lambda in the penalty",
     .targets = "beta_diff",
     .points = "S2,S3,R2,R3,K2,K3",
     .change = "penalty=exchanged"},
    {.name = "centred", .mistake = "keeping the early layer leaves beta0 = 0", .targets = "beta0", .points = "K*", .predict = bias_centred},
    {.name = "limit of a centred penalty",
     .mistake = "keeping the early layer leaves beta0 = 0",
     .targets = "beta_diff",
     .points = "K*",
     .change = "penalty=centred"},
    {0}};

const assay_claim finetune_diagonal_finetuning_bias_claim = {
    .id = "finetune-diagonal/finetuning-bias",
    .kinds = "identity",
    .statement = "Fine-tuning after each reset ends at the interpolator of least hypentropy divergence with kappa and beta0 of the "
                 "pretrained values.",
    .source = "arXiv 2602.20062 up to its normalisation; derived here for each reset",
    .params = bias_params,
    .observables = bias_observables,
    .predict = bias,
    .legs = bias_legs,
    .targets = bias_targets,
    .controls = bias_controls};

/* ---- finetune-diagonal/penalty-shape ---- */

static const assay_param shape_params[] = {
    {"beta", NULL, "fine-tuned coordinate", ASSAY_REAL, 0, NULL, NULL, NULL},
    {"kappa", NULL, "scale of the penalty, in place of b and the start", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
    {"b", NULL, "pretrained coordinate", ASSAY_REAL, 0, NULL, NULL, ""},
    {"c", NULL, "absolute scale of the start", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
    PARAM_LAMBDA(0),
    {"gamma", NULL, "readout at the start of fine-tuning", ASSAY_REAL, 0, NULL, "[0,inf)", ""},
    {"reset", NULL, "early layer before fine-tuning", ASSAY_WORD, 0, "sum|rms", NULL, "sum"},
    {0}};
enum { O_ELL, O_Q, O_FD, O_SLACK };
static const assay_observable shape_observables[] = {
    {"ell", NULL, "order d log q/d log |beta|: 2 is l2, 1 is l1", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 1, 2},
    {"q", NULL, "the penalty", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"fd", NULL, "feature dependence -d log q/d log |b|; at most ell - 1 for reset=sum", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {"fd_slack", NULL, "ell - 1 - fd for reset=sum, at least this", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

/* *from_b: b and the start are given; else kappa is. */
static assay_status shape_point(assay_call *call, bool *from_b) {
  *from_b = assay_given(call, "b");
  bool start = assay_given(call, "c") && assay_given(call, "gamma");
  if (*from_b != assay_given(call, "kappa") && *from_b == start) return ASSAY_OK;
  return assay_fail(call, ASSAY_USAGE, "give kappa, or b with c and gamma (and lambda, reset)");
}

static assay_status shape_with(assay_call *call, finetune_diagonal_mistake mistake) {
  bool from_b;
  finetune_diagonal_init init = finetune_diagonal_init_of(call);
  double beta = assay_real(call, "beta"), kappa = assay_real(call, "kappa"), beta0;
  assay_value q, ell, fd;
  assay_status status = shape_point(call, &from_b);
  if (status == ASSAY_OK && from_b)
    status = finetune_diagonal_penalty(assay_real(call, "b"), &init, FINETUNE_DIAGONAL_RIGHT, &kappa, &beta0, assay_call_error(call));
  if (status == ASSAY_OK && from_b)
    status = finetune_diagonal_dependence(beta, assay_real(call, "b"), &init, mistake, &fd, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  finetune_diagonal_shape(beta, mistake == FINETUNE_DIAGONAL_KAPPA_DOUBLE ? 2 * kappa : kappa, &q, &ell);
  claim_put(call, O_ELL, ell);
  claim_put(call, O_Q, q);
  if (from_b)
    claim_put(call, O_FD, fd);
  else
    assay_absent(call, O_FD, "it needs b with c and gamma");
  if (from_b && init.reset == FINETUNE_DIAGONAL_SUM)
    assay_put(call, O_SLACK, 0, 0, 0);
  else
    assay_absent(call, O_SLACK, "the bound is one for reset=sum, from b with c and gamma");
  return ASSAY_OK;
}

PREDICTS(shape, shape_with, RIGHT)
PREDICTS(shape_double, shape_with, KAPPA_DOUBLE)
PREDICTS(shape_fd_ell, shape_with, FD_ELL)

/* q(beta) = 2 int_0^beta R over 40 targets of the scalar flow from `weights`, R(beta) in *at_end; Y = beta s^2 resolves small Y. */
static assay_status measured_penalty(const double weights[4], double beta, double *q, double *at_end, assay_error *error) {
  gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(40);
  if (!rule) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a quadrature rule");
  assay_status status = finetune_diagonal_measure_time(weights, beta, at_end, error);
  *q = 0;
  for (size_t i = 0; i < 40 && status == ASSAY_OK; i++) {
    double s, w, R;
    gsl_integration_glfixed_point(0, 1, i, &s, &w, rule);
    status = finetune_diagonal_measure_time(weights, beta * s * s, &R, error);
    *q += w * 2 * R * 2 * beta * s;
  }
  gsl_integration_glfixed_table_free(rule);
  return status;
}

/* The weights of one coordinate at the start of fine-tuning: after pretraining to b e^shift, or with a given kappa. */
static void weights_at(const assay_call *call, bool from_b, double shift, double w[4]) {
  if (from_b) {
    finetune_diagonal_init init = finetune_diagonal_init_of(call);
    double b = assay_real(call, "b") * exp(shift);
    finetune_diagonal_learned(&init, &b, 1, w);
    finetune_diagonal_renew(&init, 1, w);
  } else {
    for (int i = 0; i < 4; i++) w[i] = sqrt(assay_real(call, "kappa") / 2);
  }
}

static assay_status measured_shape(assay_call *call) {
  const double step = 1e-3;
  bool from_b;
  double w[4], q[3], at_end, end, beta = assay_real(call, "beta");
  assay_status status = shape_point(call, &from_b);
  for (int k = 0; k < (from_b ? 3 : 1) && status == ASSAY_OK; k++) {
    weights_at(call, from_b, k == 0 ? 0 : k == 1 ? step : -step, w);
    status = measured_penalty(w, beta, &q[k], k == 0 ? &at_end : &end, assay_call_error(call));
  }
  if (status != ASSAY_OK) return status;
  assay_put(call, O_ELL, 0, 2 * beta * at_end / q[0], 0);
  assay_put(call, O_Q, 0, q[0], 0);
  if (!from_b) return ASSAY_OK;
  double ell = 2 * beta * at_end / q[0], fd = -(log(q[1]) - log(q[2])) / (2 * step);
  assay_put(call, O_FD, 0, fd, 0);
  assay_put(call, O_SLACK, 0, ell - 1 - fd, 0);
  return ASSAY_OK;
}

static const assay_leg shape_legs[] = {
    {.check = measured_shape,
     .points = POINTS("K1: beta=1 kappa=1", "K2: beta=1 kappa=.1", "K3: beta=1 kappa=10", "R1: beta=1 b=1 c=.1 lambda=-.9 gamma=.1",
                      "R2: beta=1 b=2 c=1e-3 lambda=.98 gamma=.1", "R3: beta=1 b=2 c=100 gamma=1",
                      "R4: beta=2 b=.5 c=.3 lambda=-.5 gamma=.2 reset=rms"),
     .sizes = {"", "", ""}},
    {0}};

static const assay_target shape_targets[] = {
    {.name = "ell",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-5}),
     .reason = "quadrature over 40 targets of the scalar flow"},
    {.name = "q", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-5}), .reason = "quadrature over 40 targets of the scalar flow"},
    {.name = "fd",
     .points = "R*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-5}),
     .reason = "differences of step 1e-3 in log b"},
    {.name = "fd_slack",
     .points = "R1,R2,R3",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = ALL_TIERS({.bias = 2e-5}),
     .reason = "a bound; quadrature and differences as above"},
    {0}};

static const assay_control shape_controls[] = {
    {.name = "double kappa", .mistake = "k = 2 kappa", .targets = "ell,q", .points = "K1,K2", .predict = shape_double},
    {.name = "FD = ell e", .mistake = "FD = ell e instead of (ell - 1) e", .targets = "fd", .points = "R1,R2,R4", .predict = shape_fd_ell},
    {.name = "the reverse",
     .mistake = "the dependence exceeds the excess of the order",
     .targets = "fd_slack",
     .points = "R1,R2",
     .reversed = true},
    {0}};

static const assay_figure shape_figures[] = {{.title = "Order and feature dependence against the relative scale",
                                              .x = "lambda",
                                              .x_label = "lambda",
                                              .y = "ell,fd",
                                              .y_label = "ell, FD",
                                              .points = "R1",
                                              .sweep = "-0.999:0.999:61"},
                                             {.title = "Order and feature dependence against the absolute scale",
                                              .x = "c",
                                              .x_label = "c",
                                              .y = "ell,fd",
                                              .y_label = "ell, FD",
                                              .points = "R1",
                                              .sweep = "1e-4:100:61",
                                              .flags = ASSAY_LOG_X},
                                             {0}};

const assay_claim finetune_diagonal_penalty_shape_claim = {
    .id = "finetune-diagonal/penalty-shape",
    .kinds = "identity,bound",
    .statement =
        "The penalty has order ell in (1,2) and feature dependence FD = (ell - 1) d log kappa/d log |b|; for reset=sum 0 <= FD <= ell - 1.",
    .source = "arXiv 2602.20062 for the notions; the identity and the bounds are derived here",
    .params = shape_params,
    .observables = shape_observables,
    .predict = shape,
    .legs = shape_legs,
    .targets = shape_targets,
    .controls = shape_controls,
    .figures = shape_figures};

/* ---- finetune-diagonal/finetuning-error ---- */

#define PARAMS_FINETUNING(role)                                                                                                            \
  PARAM_ALPHA("alpha_ft", "samples over dimension in fine-tuning"), PARAMS_INIT(role), PARAM_NOISE("noise_ft", "fine-tuning"),             \
      PARAMS_TASK, PARAM_D
static const assay_param error_params[] = {PARAMS_FINETUNING(0), {0}};
static const assay_observable error_observables[] = {
    {"E_ft", NULL, "excess test risk of fine-tuning", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "standard deviation of the effective noise", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"zeta", NULL, "effective shrinkage", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"chi", NULL, "susceptibility", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};

static assay_status error_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_error e;
  assay_status status = finetune_diagonal_finetuning_of(call, mistake, &e);
  if (status != ASSAY_OK) return status;
  claim_put(call, 0, e.E);
  claim_put(call, 1, e.tau);
  claim_put(call, 2, e.zeta);
  assay_put(call, 3, 0, e.chi, 1e-6 * e.chi);
  return ASSAY_OK;
}

PREDICTS(error_right, error_with, RIGHT)
PREDICTS(no_reuse, error_with, NO_REUSE)
PREDICTS(exchanged, error_with, EXCHANGED)
PREDICTS(tau_plain, error_with, TAU_PLAIN)

/* sd(E) sqrt(d)/(chi E) is at most 1.2 at the points with chi < 2.5, 2.1 with chi < 3.5, 2.6 above (pilot: d = 200, 400 replicates a
 * point, both matrices and F1-F3). */
static assay_status spread_error(assay_call *call) {
  finetune_diagonal_error e;
  assay_status status = finetune_diagonal_finetuning_of(call, FINETUNE_DIAGONAL_RIGHT, &e);
  if (status != ASSAY_OK) return status;
  double factor = e.chi < 2.5 ? 1.2 : e.chi < 3.5 ? 2.1 : 2.6;
  assay_put(call, 0, 0, factor * e.chi * e.E.value / sqrt(assay_real(call, "d")), 0);
  return ASSAY_OK;
}

#define NOISY "alpha_ft=.25 noise_ft=.05"
#define NOISELESS "alpha_ft=.15"
#define F1 "F1: alpha_ft=.2 c=.3 lambda=-.9 gamma=.5 reset=keep" TASK_MIXED
#define F2 "F2: alpha_ft=.25 noise_ft=.05 c=1 lambda=-.99 gamma=.1 reset=rms" TASK_MIXED
#define F3 "F3: alpha_ft=.25 noise_ft=.05 c=.1 lambda=.5 gamma=.1" TASK_MIXED
static const assay_leg error_legs[] = {
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS(F1, F2, F3, "A1: " NOISY PI_LAZY TASK_NESTED, "A2: " NOISY PI_LAZY TASK_REUSE, "A3: " NOISY PI_LAZY TASK_NEWSPARSE,
                      "A4: " NOISY PI_LAZY TASK_NEWDENSE, "B1: " NOISY PD_LAZY TASK_NESTED, "B2: " NOISY PD_LAZY TASK_REUSE,
                      "B3: " NOISY PD_LAZY TASK_NEWSPARSE, "B4: " NOISY PD_LAZY TASK_NEWDENSE, "C1: " NOISY PI_RICH TASK_NESTED,
                      "C2: " NOISY PI_RICH TASK_REUSE, "C3: " NOISY PI_RICH TASK_NEWSPARSE, "C4: " NOISY PI_RICH TASK_NEWDENSE,
                      "D1: " NOISY PD_RICH TASK_NESTED, "D2: " NOISY PD_RICH TASK_REUSE, "D3: " NOISY PD_RICH TASK_NEWSPARSE,
                      "D4: " NOISY PD_RICH TASK_NEWDENSE),
     .sizes = {"d=200", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 5, 5}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points =
         POINTS("a1: " NOISELESS PI_LAZY TASK_NESTED, "a2: " NOISELESS PI_LAZY TASK_REUSE, "a3: " NOISELESS PI_LAZY TASK_NEWSPARSE,
                "a4: " NOISELESS PI_LAZY TASK_NEWDENSE, "b3: " NOISELESS PD_LAZY TASK_NEWSPARSE, "b4: " NOISELESS PD_LAZY TASK_NEWDENSE,
                "c4: " NOISELESS PI_RICH TASK_NEWDENSE, "b1: " NOISELESS PD_LAZY TASK_NESTED, "b2: " NOISELESS PD_LAZY TASK_REUSE,
                "c1: " NOISELESS PI_RICH TASK_NESTED, "c2: " NOISELESS PI_RICH TASK_REUSE, "c3: " NOISELESS PI_RICH TASK_NEWSPARSE,
                "d2: " NOISELESS PD_RICH TASK_REUSE, "d3: " NOISELESS PD_RICH TASK_NEWSPARSE, "d4: " NOISELESS PD_RICH TASK_NEWDENSE),
     .sizes = {NULL, "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 5, 5}},
    {0}};

static const assay_target error_targets[] = {
    {.name = "E_ft", .points = "F1,F2,F3", .spread = spread_error, .margin = MARGIN(3), .reason = REASON(3)},
    {.name = "E_ft", .points = "A*,B*,D*,C2,C4,a*,b*,c*,d*", .spread = spread_error, .margin = MARGIN(10), .reason = REASON(10)},
    {.name = "E_ft",
     .points = "C1,C3",
     .spread = spread_error,
     .margin = MARGIN(50),
     .reason = REASON(50) "; near the recovery threshold, chi = 4"},
    {0}};

static const assay_control error_controls[] = {
    {.name = "no reuse",
     .mistake = "kappa is replaced by its average over the coordinates",
     .points = "B1,B2,D1,D2,b1,b2,d2",
     .predict = no_reuse},
    {.name = "layers exchanged", .mistake = "lambda -> -lambda in the penalty", .points = "B2,C1,C3,D1,D4,b2", .predict = exchanged},
    {.name = "tau without 1/alpha",
     .mistake = "tau^2 = s2 + E instead of (s2 + E)/alpha",
     .points = "F2,F3,B1,B2,b1,c1",
     .predict = tau_plain},
    {0}};

static const assay_figure error_figures[] = {{.title = "Nested task: error of the four regimes against the sampling ratio",
                                              .x = "alpha_ft",
                                              .x_label = "alpha",
                                              .y = "E_ft",
                                              .y_label = "excess risk",
                                              .points = "A1,B1,C1,D1",
                                              .sweep = "0.05:0.6:23"},
                                             {.title = "Reuse: error of the four regimes against the sampling ratio",
                                              .x = "alpha_ft",
                                              .x_label = "alpha",
                                              .y = "E_ft",
                                              .y_label = "excess risk",
                                              .points = "A2,B2,C2,D2",
                                              .sweep = "0.05:0.6:23"},
                                             {.title = "New sparse task: error of the four regimes against the sampling ratio",
                                              .x = "alpha_ft",
                                              .x_label = "alpha",
                                              .y = "E_ft",
                                              .y_label = "excess risk",
                                              .points = "A3,B3,C3,D3",
                                              .sweep = "0.05:0.6:23"},
                                             {.title = "New dense task: error of the four regimes against the sampling ratio",
                                              .x = "alpha_ft",
                                              .x_label = "alpha",
                                              .y = "E_ft",
                                              .y_label = "excess risk",
                                              .points = "A4,B4,C4,D4",
                                              .sweep = "0.05:0.6:23"},
                                             {0}};

const assay_claim finetune_diagonal_finetuning_error_claim = {.id = "finetune-diagonal/finetuning-error",
                                                              .kinds = "limit",
                                                              .statement =
                                                                  "After pretraining that recovered its teacher, the error of fine-tuning "
                                                                  "converges to state evolution with the penalty of the pretrained values.",
                                                              .source = "arXiv 2602.20062; constants derived here",
                                                              .params = error_params,
                                                              .observables = error_observables,
                                                              .predict = error_right,
                                                              .legs = error_legs,
                                                              .targets = error_targets,
                                                              .controls = error_controls,
                                                              .figures = error_figures};

/* ---- finetune-diagonal/pipeline-error ---- */

static const assay_param pipeline_params[] = {
    PARAM_ALPHA("alpha_pt", "samples over dimension in pretraining"), PARAM_NOISE("noise_pt", "pretraining"), PARAMS_FINETUNING(0), {0}};
enum { O_E_PT, O_E_FT, O_FLOW };
static const assay_observable pipeline_observables[] = {
    {"E_pt", NULL, "excess test risk of pretraining", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"E_ft", NULL, "excess test risk of fine-tuning", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"flow_diff", NULL, "largest difference of the flow's errors to those of the minimisers on the same data", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status pipeline(assay_call *call, finetune_diagonal_mistake mistake, finetune_diagonal_error *pt,
                             finetune_diagonal_error *ft) {
  finetune_diagonal_init init = finetune_diagonal_init_of(call);
  finetune_diagonal_task task = finetune_diagonal_task_of(call);
  return finetune_diagonal_pipeline(assay_real(call, "alpha_pt"), assay_real(call, "alpha_ft"), &init, &task, assay_real(call, "noise_pt"),
                                    assay_real(call, "noise_ft"), mistake, pt, ft, assay_call_error(call));
}

static assay_status pipeline_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_error pt, ft;
  assay_status status = pipeline(call, mistake, &pt, &ft);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_E_PT, pt.E);
  claim_put(call, O_E_FT, ft.E);
  assay_put(call, O_FLOW, 0, 0, 0);
  return ASSAY_OK;
}

PREDICTS(pipeline_right, pipeline_with, RIGHT)
PREDICTS(pipeline_perfect, pipeline_with, PERFECT)

/* sd(E_ft) sqrt(d) is 1.1 to 1.6 at Q1-Q6; of E_pt as in pretraining, where chi is at most 2.2. */
static assay_status spread_pipeline(assay_call *call) {
  double d = assay_real(call, "d");
  assay_put(call, O_E_PT, 0, 1.6 / sqrt(d), 0);
  assay_put(call, O_E_FT, 0, 1.6 / sqrt(d), 0);
  return ASSAY_OK;
}

static assay_status arrange_pipeline(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = finetune_diagonal_arrange_finetuning(claim, sim, realised);
  return status == ASSAY_OK ? finetune_diagonal_set_samples(claim, sim, realised, "alpha_pt", "n_pt") : status;
}

#define Q_NESTED "alpha_pt=.6 alpha_ft=.2 c=.05 lambda=-.9 gamma=.05" TASK_NESTED
static const assay_leg pipeline_legs[] = {
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = arrange_pipeline,
     .points = POINTS("Q1: " Q_NESTED " reset=sum", "Q2: " Q_NESTED " reset=rms", "Q3: " Q_NESTED " reset=keep",
                      "Q4: alpha_pt=.35 alpha_ft=.25 c=.05 lambda=0 gamma=.3" TASK_MIXED,
                      "Q5: alpha_pt=.5 alpha_ft=.3 c=.3 lambda=-.99 gamma=.1 reset=rms noise_pt=.05 noise_ft=.1" TASK_MIXED,
                      "Q6: alpha_pt=.5 alpha_ft=.3 c=.3 lambda=-.9 gamma=.5 reset=keep noise_pt=.05 noise_ft=.1" TASK_MIXED),
     .sizes = {"d=200", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 6, 6}},
    {.experiment = &finetune_diagonal_flow_against_dual,
     .arrange = arrange_pipeline,
     .points = POINTS("W1: " Q_NESTED " reset=sum", "W2: " Q_NESTED " reset=rms", "W3: " Q_NESTED " reset=keep",
                      "W5: alpha_pt=.5 alpha_ft=.3 c=.3 lambda=-.99 gamma=.1 reset=rms noise_pt=.05 noise_ft=.1" TASK_MIXED),
     .sizes = {"d=25", "d=50", "d=50"},
     .first = {2, 4, 8},
     .looks = {1, 1, 1}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = arrange_pipeline,
     .points = POINTS("Q7: alpha_pt=.5 alpha_ft=.3 c=.3 lambda=-.99 gamma=.1 reset=rms noise_pt=.05 noise_ft=.5" TASK_MIXED),
     .sizes = {"d=200", NULL, NULL},
     .first = {128, 128, 128},
     .looks = {4, 1, 1}},
    {0}};

static const assay_target pipeline_targets[] = {
    {.name = "flow_diff",
     .points = "W*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-6}),
     .reason = "both solvers stop at a residual of 1e-10 ||y|| or less, in both stages"},
    {.name = "E_pt", .points = "Q1,Q4,Q5", .spread = spread_pipeline, .margin = MARGIN(10), .reason = REASON(10)},
    {.name = "E_ft", .points = "Q*", .spread = spread_pipeline, .margin = MARGIN(10), .reason = REASON(10)},
    {0}};

static const assay_control pipeline_controls[] = {{.name = "limit of the product",
                                                   .mistake = "kappa of pretraining is the product 2 u0 v0",
                                                   .targets = "flow_diff",
                                                   .points = "W1,W2,W3",
                                                   .change = "penalty=product"},
                                                  {.name = "perfect pretraining",
                                                   .mistake = "the penalty is built from the teacher instead of the learned coefficients",
                                                   .targets = "E_ft",
                                                   .points = "Q2,Q3",
                                                   .tiers = 1u << ASSAY_QUICK,
                                                   .predict = pipeline_perfect},
                                                  {.name = "perfect pretraining (large)",
                                                   .mistake = "the penalty is built from the teacher instead of the learned coefficients",
                                                   .targets = "E_ft",
                                                   .points = "Q1,Q2,Q3,Q6",
                                                   .tiers = 1u << ASSAY_STANDARD | 1u << ASSAY_DEEP,
                                                   .predict = pipeline_perfect},
                                                  {0}};

const assay_claim finetune_diagonal_pipeline_error_claim = {
    .id = "finetune-diagonal/pipeline-error",
    .kinds = "limit",
    .statement = "End to end, at alpha_pt < 1 or with noise, the error of fine-tuning converges to the composed state evolution.",
    .source = "derived here",
    .params = pipeline_params,
    .observables = pipeline_observables,
    .predict = pipeline_right,
    .legs = pipeline_legs,
    .targets = pipeline_targets,
    .controls = pipeline_controls};

/* ---- finetune-diagonal/regime-dominance ---- */

static const assay_param regime_params[] = {
    {"regime", NULL, "scales of the start", ASSAY_WORD, ASSAY_PAIRED, "PI-lazy|PD-lazy|PI-rich|PD-rich", NULL, NULL},
    {"task", NULL, "which coordinates are active", ASSAY_WORD, 0, "nested|reuse|newsparse|newdense", NULL, NULL},
    PARAM_ALPHA("alpha_ft", "samples over dimension"),
    PARAM_NOISE("noise_ft", "fine-tuning"),
    PARAM_D,
    {0}};
static const assay_observable regime_observables[] = {
    {"E_ft", NULL, "excess test risk of fine-tuning, reset=sum", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};

static finetune_diagonal_init regime_init(const assay_call *call) {
  static const char *const names[] = {"PI-lazy", "PD-lazy", "PI-rich", "PD-rich"};
  static const finetune_diagonal_init inits[] = {{100, 0, 1, 0}, {1e-3, .98, .1, 0}, {1, -1 + 1e-6, 1e-3, 0}, {1e-6, -.998, 1e-4, 0}};
  int i = 0;
  while (i < 3 && strcmp(assay_word(call, "regime"), names[i])) i++;
  return inits[i];
}

static finetune_diagonal_task regime_task(const assay_call *call) {
  static const char *const names[] = {"nested", "reuse", "newsparse", "newdense"};
  const double m = 1 / sqrt(.2);
  const finetune_diagonal_task tasks[] = {{.04, .16, 0, m, 5}, {.2, 0, 0, m, m}, {0, .2, .04, m, 5}, {.2, 0, .8, m, 1}};
  int i = 0;
  while (i < 3 && strcmp(assay_word(call, "task"), names[i])) i++;
  return tasks[i];
}

static assay_status regime(assay_call *call) {
  finetune_diagonal_init init = regime_init(call);
  finetune_diagonal_task task = regime_task(call);
  finetune_diagonal_error e;
  assay_status status = finetune_diagonal_finetuning(assay_real(call, "alpha_ft"), &init, &task, assay_real(call, "noise_ft"),
                                                     FINETUNE_DIAGONAL_RIGHT, &e, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, e.E);
  return status;
}

static assay_status arrange_regime(assay_call *claim, assay_call *sim, assay_call *realised) {
  finetune_diagonal_init init = regime_init(claim);
  finetune_diagonal_task task = regime_task(claim);
  const char *const names[] = {"c", "lambda", "gamma", "rho_both", "rho_pt", "rho_ft", "m_pt", "m_ft"};
  double d = assay_real(claim, "d");
  const double values[] = {init.c,
                           init.lambda,
                           init.gamma,
                           finetune_diagonal_realised_share(task.rho_both, d),
                           finetune_diagonal_realised_share(task.rho_pt, d),
                           finetune_diagonal_realised_share(task.rho_ft, d),
                           task.m_pt,
                           task.m_ft};
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha_ft", "n_ft");
  for (int i = 0; i < 8 && status == ASSAY_OK; i++) status = assay_set(sim, names[i], values[i]);
  return status;
}

#define REGIMES " regime=PI-lazy,PD-lazy,PI-rich,PD-rich"
static const assay_leg regime_legs[] = {
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = arrange_regime,
     .points = POINTS("N1: task=nested " NOISY REGIMES, "N2: task=reuse " NOISY REGIMES, "N3: task=newsparse " NOISY REGIMES,
                      "N4: task=newdense " NOISY REGIMES, "n1: task=nested " NOISELESS REGIMES, "n2: task=reuse " NOISELESS REGIMES,
                      "n3: task=newsparse " NOISELESS REGIMES, "n4: task=newdense " NOISELESS REGIMES),
     .sizes = {"d=200", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {5, 5, 4}},
    {0}};

#define ORDER(title_, n, winner, a, b, c)                                                                                                  \
  {                                                                                                                                        \
    .name = "E_ft", .title = title_, .points = n ":regime=" a "," n ":regime=" b "," n ":regime=" c, .against = "regime=" winner,          \
    .side = 1, .margin = ALL_TIERS({0}), .reason = "an order, paired over the data"                                                        \
  }
static const assay_target regime_targets[] = {
    ORDER("nested", "N1", "PD-rich", "PI-lazy", "PD-lazy", "PI-rich"),
    ORDER("reuse", "?2", "PD-lazy", "PI-lazy", "PI-rich", "PD-rich"),
    ORDER("newsparse", "?3", "PI-rich", "PI-lazy", "PD-lazy", "PD-rich"),
    ORDER("newdense", "?4", "PI-lazy", "PD-lazy", "PI-rich", "PD-rich"),
    {.name = "E_ft",
     .title = "nested, median",
     .points = "n1:regime=PI-lazy,n1:regime=PD-lazy,n1:regime=PI-rich",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .against = "regime=PD-rich",
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data; without noise PD-rich nearly recovers, and the mean would hang on rare failures"},
    {0}};

static const assay_control regime_controls[] = {
    {.name = "another winner", .mistake = "the regime that wins a task is another one", .reversed = true}, {0}};

const assay_claim finetune_diagonal_regime_dominance_claim = {.id = "finetune-diagonal/regime-dominance",
                                                              .kinds = "order",
                                                              .statement =
                                                                  "Each regime has the least error on its own task: PD-rich on nested, "
                                                                  "PD-lazy on reuse, PI-rich on new sparse, PI-lazy on new dense tasks.",
                                                              .source = "arXiv 2602.20062, the four regimes; constants chosen here",
                                                              .params = regime_params,
                                                              .observables = regime_observables,
                                                              .predict = regime,
                                                              .legs = regime_legs,
                                                              .targets = regime_targets,
                                                              .controls = regime_controls};

/* ---- finetune-diagonal/layer-scale-order ---- */

static const assay_param layer_params[] = {PARAM_ALPHA("alpha_ft", "samples over dimension in fine-tuning"),
                                           PARAM_C(0),
                                           PARAM_LAMBDA(ASSAY_PAIRED),
                                           PARAM_GAMMA(0),
                                           PARAM_RESET,
                                           PARAM_NOISE("noise_ft", "fine-tuning"),
                                           PARAMS_TASK,
                                           PARAM_D,
                                           {0}};
enum { O_E, O_FACTOR_TWO, O_FACTOR_THREE };
static const assay_observable layer_observables[] = {
    {"E_ft", NULL, "excess test risk of fine-tuning", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"factor_two", NULL, "E(lambda = 0) - 2 E, at least this", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"factor_three", NULL, "E(lambda = 0) - 3 E, at least this", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status layer_with(assay_call *call, finetune_diagonal_mistake mistake) {
  finetune_diagonal_error e;
  assay_status status = finetune_diagonal_finetuning_of(call, mistake, &e);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_E, e.E);
  assay_put(call, O_FACTOR_TWO, 0, 0, 0);
  assay_put(call, O_FACTOR_THREE, 0, 0, 0);
  return ASSAY_OK;
}

PREDICTS(layer, layer_with, RIGHT)

static assay_status less_twice(const assay_sample *s, double *out) {
  *out = s->value[1] - 2 * s->value[0];
  return ASSAY_OK;
}
static assay_status less_thrice(const assay_sample *s, double *out) {
  *out = s->value[1] - 3 * s->value[0];
  return ASSAY_OK;
}

#define SMALL_SCALES "alpha_ft=.15 c=1e-3 gamma=1e-3"
#define LARGE_SCALES "alpha_ft=.15 c=5 gamma=.05"
static const assay_leg layer_legs[] = {
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS("N: " SMALL_SCALES TASK_NESTED " lambda=0,-.9,-.99,-.9999,-.999999",
                      "U: " SMALL_SCALES TASK_REUSE " lambda=0,-.9,-.99,-.9999,-.999999"),
     .sizes = {"d=200", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {3, 3, 2}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS("R: " LARGE_SCALES TASK_NESTED " reset=rms lambda=0,-.9,-.99,-.999",
                      "K: " LARGE_SCALES TASK_NESTED " reset=keep lambda=0,-.9,-.99,-.999",
                      "V: " LARGE_SCALES TASK_REUSE " reset=rms lambda=0,-.9,-.99,-.999"),
     .sizes = {NULL, "d=200", "d=800"},
     .first = {128, 128, 128},
     .looks = {1, 3, 2}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS("T: " SMALL_SCALES TASK_NESTED " lambda=0,-.99"),
     .sizes = {NULL, "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {1, 5, 5}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS("D: " SMALL_SCALES TASK_NESTED " lambda=0,-.99"),
     .sizes = {NULL, "d=800", "d=800"},
     .first = {128, 128, 128},
     .looks = {1, 5, 5}},
    {.experiment = &finetune_diagonal_dual_finetuning,
     .arrange = finetune_diagonal_arrange_finetuning,
     .points = POINTS("Y: alpha_ft=.25 noise_ft=.05 c=1e-3 gamma=1e-3" TASK_NESTED " lambda=0,-.9,-.99,-.9999,-.999999"),
     .sizes = {NULL, "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {1, 4, 4}},
    {0}};

static const assay_target layer_targets[] = {
    {.name = "E_ft",
     .title = "smaller is better",
     .points = "N:lambda=-0.9,N:lambda=-0.99,N:lambda=-0.9999,R:lambda=-0.9,R:lambda=-0.99,R:lambda=-0.999,K:lambda=-0.9,"
               "K:lambda=-0.99,K:lambda=-0.999,Y:lambda=-0.9,Y:lambda=-0.99,Y:lambda=-0.9999",
     .against = "lambda=0",
     .side = -1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data"},
    {.name = "E_ft",
     .title = "too small is worse",
     .points = "N:lambda=-0.999999,Y:lambda=-0.999999",
     .against = "lambda=0",
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data"},
    {.name = "E_ft",
     .title = "the minimum is inside",
     .points = "N:lambda=-0.9999,N:lambda=-0.9,Y:lambda=-0.9999,Y:lambda=-0.9",
     .against = "lambda=-0.99",
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data"},
    {.name = "E_ft",
     .title = "smaller is worse for reuse",
     .points = "U:lambda=-0.9,U:lambda=-0.99,U:lambda=-0.9999,U:lambda=-0.999999",
     .against = "lambda=0",
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data"},
    {.name = "E_ft",
     .title = "smaller is better for reuse after rms",
     .points = "V:lambda=-0.9,V:lambda=-0.99,V:lambda=-0.999",
     .against = "lambda=0",
     .side = -1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data"},
    {.name = "factor_two",
     .records = "E_ft",
     .points = "T:lambda=-0.99",
     .estimand = ASSAY_COMBINATION,
     .against = "lambda=0",
     .reduce = less_twice,
     .predict = layer,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data (measured at d = 400: .089)"},
    {.name = "factor_three",
     .records = "E_ft",
     .points = "D:lambda=-0.99",
     .estimand = ASSAY_COMBINATION,
     .against = "lambda=0",
     .reduce = less_thrice,
     .predict = layer,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order, paired over the data (measured at d = 800: .061)"},
    {0}};

static const assay_control layer_controls[] = {{.name = "the reverse",
                                                .mistake = "a smaller early layer raises the error on nested tasks and lowers it on reuse",
                                                .targets = "smaller is *",
                                                .reversed = true},
                                               {.name = "smaller is always better",
                                                .mistake = "the error falls all the way to lambda = -1",
                                                .targets = "too small is worse,the minimum is inside",
                                                .reversed = true},
                                               {.name = "no large factor",
                                                .mistake = "the error at lambda = -.99 is more than half of that at 0",
                                                .targets = "factor_two,factor_three",
                                                .tiers = 1u << ASSAY_STANDARD | 1u << ASSAY_DEEP,
                                                .reversed = true},
                                               {0}};

static const assay_figure layer_figures[] = {{.title = "Error against the relative scale of the layers",
                                              .x = "lambda",
                                              .x_label = "lambda",
                                              .y = "E_ft",
                                              .y_label = "excess risk",
                                              .points = "N,U",
                                              .sweep = "-0.999:0.9:40"},
                                             {0}};

const assay_claim finetune_diagonal_layer_scale_order_claim = {
    .id = "finetune-diagonal/layer-scale-order",
    .kinds = "order",
    .statement = "At fixed scales a smaller early layer lowers the error on nested tasks by a large factor, until (1+lambda)|b| is about "
                 "gamma^2, and raises it on reuse.",
    .source = "arXiv 2602.20062, the headline claim",
    .params = layer_params,
    .observables = layer_observables,
    .predict = layer,
    .legs = layer_legs,
    .targets = layer_targets,
    .controls = layer_controls,
    .figures = layer_figures};
