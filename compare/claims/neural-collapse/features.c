/* Unconstrained features: collapsed optima, their threshold under feature decay, and the growth bound. */
#include <math.h>

#include "compare/claims/neural-collapse/claims.h"
#include "sim/neural-collapse/experiments.h"

#define REASON_OPTIMUM "the stopping rule, max |gradient| < 1e-8"

/* ---- neural-collapse/gufm-ce-optimum ---- */

static const assay_param ce_params[] = {PARAM_K,
                                        PARAM_LW,
                                        {"rho", NULL, "norm of the features", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
                                        {"q", NULL, "probability of a wrong label on identical inputs", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
                                        {0}};
enum { O_GSTAR, O_W, O_NC1, O_NC2, O_NC3 };
static const assay_observable ce_observables[] = {
    {"gstar", NULL, "least objective", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"w", NULL, "norm of the head's rows", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC1", NULL, "within over between class variance", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC2", NULL, "distance of the head's Gram matrix from the simplex", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC3", NULL, "1 - mean cosine of feature and head", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {0}};

static assay_status ce_with(assay_call *call, double times) {
  assay_value g, w;
  const double K = assay_real(call, "K"), lw = times * assay_real(call, "lw"), rho = assay_real(call, "rho"), q = assay_real(call, "q");
  if (q > 0 && rho != 1) return assay_fail(call, ASSAY_DOMAIN, "q = %g, rho = %g: the two are not combined", q, rho);
  assay_status status = q > 0 ? neural_collapse_ambiguous(K, lw, q, &g, &w, assay_call_error(call))
                              : neural_collapse_bound(NEURAL_COLLAPSE_CE, K, lw, rho, &g, &w, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, O_GSTAR, g);
  neural_collapse_put(call, O_W, w);
  for (int i = O_NC1; i <= O_NC3; i++) {
    if (w.value > 0)
      assay_put(call, i, 0, 0, 0);
    else
      assay_absent(call, i, "the head vanishes: q = %g is at least (K-1)/K", q);
  }
  return ASSAY_OK;
}
static assay_status ce(assay_call *call) { return ce_with(call, 1); }
static assay_status ce_double(assay_call *call) { return ce_with(call, 2); }

static double orthogonal_loss(double t, double K, double lw) { return log1p((K - 1) * exp(-t)) + lw * (K - 1) * t * t / 2; }
/* Orthogonal class means: min over t of log(1+(K-1) e^-t) + lw (K-1) t^2/2. */
static assay_status orthogonal(assay_call *call) {
  double K = assay_real(call, "K"), lw = assay_real(call, "lw"), lo = 0, hi = 60;
  for (int i = 0; i < 200; i++) {
    double a = lo + (hi - lo) / 3, b = hi - (hi - lo) / 3;
    if (orthogonal_loss(a, K, lw) < orthogonal_loss(b, K, lw))
      hi = b;
    else
      lo = a;
  }
  assay_put(call, O_GSTAR, 0, orthogonal_loss(lo, K, lw), 0);
  return ASSAY_OK;
}
static const assay_leg ce_legs[] = {{.experiment = &neural_collapse_features_run,
                                     .points = POINTS("A: K=3 lw=.05", "Q: K=3 lw=.05 q=.2", "N: K=3 lw=.05 rho=2"),
                                     .sizes = {"n=4 d=4", "n=4 d=4", "n=4 d=4"},
                                     .first = {8, 16, 32},
                                     .looks = {1, 1, 1}},
                                    {.experiment = &neural_collapse_features_run,
                                     .points = POINTS("B: K=4 lw=.01"),
                                     .sizes = {"n=5 d=8", "n=5 d=8", "n=5 d=8"},
                                     .first = {8, 16, 32},
                                     .looks = {1, 1, 1}},
                                    {.experiment = &neural_collapse_features_run,
                                     .points = POINTS("C: K=10 lw=.005"),
                                     .sizes = {"n=3 d=16", "n=3 d=16", "n=3 d=16"},
                                     .first = {8, 16, 32},
                                     .looks = {1, 1, 1}},
                                    {.experiment = &neural_collapse_features_run,
                                     .points = POINTS("D: K=20 lw=.005"),
                                     .sizes = {NULL, NULL, "n=20 d=64"},
                                     .first = {0, 0, 8},
                                     .looks = {0, 0, 1}},
                                    {0}};
static const assay_target ce_targets[] = {
    {.name = "gstar", .records = "J", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {.name = "w", .estimand = ASSAY_EXACT, .margin = SAME(1e-6), .reason = REASON_OPTIMUM},
    {.name = "NC1", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {.name = "NC2", .estimand = ASSAY_EXACT, .margin = SAME(1e-5), .reason = REASON_OPTIMUM},
    {.name = "NC3", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {0}};
static const assay_control ce_controls[] = {
    {.name = "twice the decay", .mistake = "penalty lw |U|^2 instead of (lw/2)|U|^2", .targets = "gstar,w", .predict = ce_double},
    {.name = "orthogonal means",
     .mistake = "class means are orthogonal instead of a simplex",
     .targets = "gstar",
     .points = "A,B,C,D",
     .predict = orthogonal},
    {0}};
const assay_claim neural_collapse_gufm_ce_optimum_claim = {
    .id = "neural-collapse/gufm-ce-optimum",
    .kinds = "identity",
    .statement = "With unit-norm features the global minimum of regularised cross-entropy is exactly collapsed: a simplex, u_c = w m_c.",
    .source = "arXiv 2505.15239, generalised unconstrained features; known: Zhu et al. 2021, Zhou et al. 2022",
    .params = ce_params,
    .observables = ce_observables,
    .predict = ce,
    .legs = ce_legs,
    .targets = ce_targets,
    .controls = ce_controls};

/* ---- neural-collapse/gufm-mse-optimum ---- */

static const assay_param mse_params[] = {
    PARAM_K, PARAM_LW, {"bias", NULL, "of the head, not decayed", ASSAY_WORD, 0, "none|free", NULL, "none"}, {0}};
static assay_status mse_with(assay_call *call, bool bias) {
  assay_value g, w;
  const double K = assay_real(call, "K"), lw = assay_real(call, "lw");
  assay_status status = bias ? neural_collapse_mse_bias(K, lw, &g, &w, assay_call_error(call))
                             : neural_collapse_bound(NEURAL_COLLAPSE_MSE, K, lw, 1, &g, &w, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, O_GSTAR, g);
  neural_collapse_put(call, O_W, w);
  assay_put(call, O_NC1, 0, 0, 0);
  assay_put(call, O_NC2, 0, bias ? 0 : sqrt(2 - 2 * sqrt((K - 1) / K)), 1e-15);
  return ASSAY_OK;
}
static assay_status mse(assay_call *call) { return mse_with(call, !strcmp(assay_word(call, "bias"), "free")); }
static assay_status mse_other(assay_call *call) { return mse_with(call, strcmp(assay_word(call, "bias"), "free") != 0); }
static const assay_leg mse_legs[] = {{.experiment = &neural_collapse_features_run,
                                      .points = POINTS("A: K=4 lw=.01", "B: K=4 lw=.01 bias=free"),
                                      .sizes = {"n=5 d=8 loss=mse", "n=5 d=8 loss=mse", "n=5 d=8 loss=mse"},
                                      .first = {8, 16, 32},
                                      .looks = {1, 1, 1}},
                                     {.experiment = &neural_collapse_features_run,
                                      .points = POINTS("C: K=10 lw=.02", "D: K=10 lw=.02 bias=free"),
                                      .sizes = {"n=3 d=16 loss=mse", "n=3 d=16 loss=mse", "n=3 d=16 loss=mse"},
                                      .first = {8, 16, 32},
                                      .looks = {1, 1, 1}},
                                     {0}};
static const assay_target mse_targets[] = {
    {.name = "gstar", .records = "J", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {.name = "w", .estimand = ASSAY_EXACT, .margin = SAME(1e-6), .reason = REASON_OPTIMUM},
    {.name = "NC1", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {.name = "NC2", .estimand = ASSAY_EXACT, .margin = SAME(1e-5), .reason = REASON_OPTIMUM},
    {0}};
static const assay_control mse_controls[] = {{.name = "frame and simplex exchanged",
                                              .mistake = "the simplex without a bias, the orthonormal frame with one",
                                              .targets = "gstar,w,NC2",
                                              .predict = mse_other},
                                             {0}};
const assay_claim neural_collapse_gufm_mse_optimum_claim = {
    .id = "neural-collapse/gufm-mse-optimum",
    .kinds = "identity",
    .statement = "The squared loss collapses to an orthonormal frame without a head bias, to the simplex with a free one.",
    .source = "arXiv 2505.15239; the norm-constrained optimum is derived here",
    .params = mse_params,
    .observables = ce_observables,
    .predict = mse,
    .legs = mse_legs,
    .targets = mse_targets,
    .controls = mse_controls};

/* ---- neural-collapse/ufm-threshold ---- */

static const assay_param threshold_params[] = {
    PARAM_K,    {"n", NULL, "samples of each class", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL},
    PARAM_LW,   {"lh", NULL, "feature decay; not given: lh_c only", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
    PARAM_LOSS, {0}};
enum { T_P, T_J, T_U, T_H, T_LH_C };
static const assay_observable threshold_observables[] = {
    {"p", NULL, "u_c.h_c", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"J", NULL, "least objective", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"u_norm", NULL, "norm of the head's rows", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"h_norm", NULL, "norm of the features", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"lh_c", NULL, "feature decay above which features vanish, 1/(K^2 n lw)", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};
static assay_status threshold_with(assay_call *call, double n) {
  neural_collapse_decayed r;
  const double K = assay_real(call, "K"), lw = assay_real(call, "lw"), critical = 1 / (K * K * n * lw);
  assay_put(call, T_LH_C, 0, critical, 1e-15 * critical);
  if (!assay_given(call, "lh")) {
    for (int i = T_P; i <= T_H; i++) assay_absent(call, i, "lh is not given");
    return ASSAY_OK;
  }
  assay_status status =
      neural_collapse_feature_decay(neural_collapse_loss_of(call), K, n, lw, assay_real(call, "lh"), &r, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, T_P, r.p);
  neural_collapse_put(call, T_J, r.J);
  neural_collapse_put(call, T_U, r.u_norm);
  neural_collapse_put(call, T_H, r.h_norm);
  return ASSAY_OK;
}
static assay_status threshold(assay_call *call) { return threshold_with(call, assay_real(call, "n")); }
static assay_status n_forgotten(assay_call *call) { return threshold_with(call, 1); }
static assay_status at_one_class_less(assay_call *call) {
  const double K = assay_real(call, "K") - 1, n = assay_real(call, "n"), lw = assay_real(call, "lw");
  assay_put(call, T_LH_C, 0, 1 / (K * K * n * lw), 0);
  return ASSAY_OK;
}
static const assay_leg threshold_legs[] = {
    {.experiment = &neural_collapse_features_run,
     .points = POINTS("A: K=4 n=5 lw=.01 lh=.01", "B: K=4 n=5 lw=.1 lh=.1", "C: K=4 n=5 lw=.01 lh=.01 loss=mse",
                      "D: K=4 n=5 lw=.1 lh=.1 loss=mse", "E: K=4 n=5 lw=.109 lh=.109", "F: K=4 n=5 lw=.109 lh=.109 loss=mse"),
     .sizes = {"d=8", "d=8", "d=8"},
     .first = {8, 16, 32},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_features_run,
     .points = POINTS("Z1: K=4 n=5 lw=.12 lh=.12", "Z2: K=4 n=5 lw=.12 lh=.12 loss=mse"),
     .sizes = {"d=8", "d=8", "d=8"},
     .first = {8, 16, 32},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_threshold_run,
     .points = POINTS("TM: K=4 n=5 lw=.1 loss=mse", "TC: K=4 n=5 lw=.1"),
     .sizes = {"d=8", "d=8", "d=8"},
     .first = {4, 8, 32},
     .looks = {1, 1, 1}},
    {0}};
#define SAME_KINDS "A,B,C,D,E,F,Z?"
static const assay_target threshold_targets[] = {
    {.name = "p", .points = SAME_KINDS, .estimand = ASSAY_EXACT, .margin = SAME(1e-5), .reason = REASON_OPTIMUM},
    {.name = "J", .points = SAME_KINDS, .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = REASON_OPTIMUM},
    {.name = "lh_c",
     .points = "TM",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(2e-6, 2e-6, 2e-6),
     .reason = "cK to 1e-6: p is a line in cK"},
    {.name = "lh_c",
     .points = "TC",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(2e-5, 2e-5, 2e-5),
     .reason = "cK to 1e-5: what degree 6 leaves"},
    {.name = "u_norm", .records = "w", .points = "?", .estimand = ASSAY_EXACT, .margin = SAME(1e-5), .reason = REASON_OPTIMUM},
    {.name = "h_norm", .points = "?", .estimand = ASSAY_EXACT, .margin = SAME(1e-5), .reason = REASON_OPTIMUM},
    {0}};
static const assay_control threshold_controls[] = {
    {.name = "n forgotten", .mistake = "c = sqrt(lw lh): the threshold is off by sqrt(n)", .targets = "p,J,lh_c", .predict = n_forgotten},
    {.name = "K - 1", .mistake = "features vanish at c = 1/(K-1)", .targets = "lh_c", .predict = at_one_class_less},
    {0}};
static const assay_figure threshold_figures[] = {{.title = "Features vanish at the critical decay",
                                                  .x = "lh",
                                                  .x_label = "feature decay lh",
                                                  .y = "p",
                                                  .y_label = "u_c . h_c",
                                                  .points = "B,D",
                                                  .sweep = "0.005:0.2:40"},
                                                 {0}};
const assay_claim neural_collapse_ufm_threshold_claim = {
    .id = "neural-collapse/ufm-threshold",
    .kinds = "threshold,identity",
    .statement = "With feature decay in place of the norm, features vanish exactly when sqrt(n lw lh) >= 1/K, for both losses.",
    .source = "Zhu et al. 2021; Zhou et al. 2022; derived here for both losses",
    .params = threshold_params,
    .observables = threshold_observables,
    .predict = threshold,
    .legs = threshold_legs,
    .targets = threshold_targets,
    .controls = threshold_controls,
    .figures = threshold_figures};

/* ---- neural-collapse/gufm-growth-bound ---- */

static const assay_param bound_params[] = {
    PARAM_K,
    PARAM_LW,
    {"R", NULL, "sqrt(1 - within-class variance); simulated: drawn", ASSAY_REAL, 0, NULL, "[0,1]", "1"},
    PARAM_LOSS,
    {0}};
enum { B_F, B_W, B_SLACK };
static const assay_observable bound_observables[] = {
    {"F", NULL, "least loss and head penalty at R", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"w", NULL, "norm of the head's rows there", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"slack", NULL, "measured R less R, of the simulated states", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};
static assay_status bound_at(assay_call *call, double R) {
  assay_value F, w;
  assay_status status = neural_collapse_bound(neural_collapse_loss_of(call), assay_real(call, "K"), assay_real(call, "lw"), R, &F, &w,
                                              assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, B_F, F);
  neural_collapse_put(call, B_W, w);
  assay_put(call, B_SLACK, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status bound(assay_call *call) { return bound_at(call, assay_real(call, "R")); }
static assay_status bound_of_square(assay_call *call) { return bound_at(call, pow(assay_real(call, "R"), 2)); }
/* The equality case: means R times the simplex (frame), deviations in the head's kernel, u_c = w m_c. */
static assay_status equality(assay_call *call) {
  assay_value F, w;
  const double K = assay_real(call, "K"), lw = assay_real(call, "lw"), R = assay_real(call, "R");
  const bool squared = neural_collapse_loss_of(call) == NEURAL_COLLAPSE_MSE;
  assay_status status = neural_collapse_bound(neural_collapse_loss_of(call), K, lw, R, &F, &w, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double own = w.value * R, other = squared ? 0 : -own / (K - 1);
  double loss = squared ? (own - 1) * (own - 1) / 2 : log(exp(own) + (K - 1) * exp(other)) - own;
  assay_put(call, B_F, 0, loss + lw / 2 * K * w.value * w.value, 1e-14);
  return ASSAY_OK;
}
static const assay_leg bound_legs[] = {
    {.check = equality,
     .points = POINTS("E1: K=3 lw=.005 R=.8", "E2: K=10 lw=.005 R=.5", "E3: K=4 lw=.01 R=.9 loss=mse", "E4: K=4 lw=.01 R=.3"),
     .sizes = {"", "", ""}},
    {.experiment = &neural_collapse_states_run,
     .points = POINTS("R1: K=3 lw=.005 R=.3,.8,1", "R2: K=10 lw=.005 R=.8", "R3: K=4 lw=.01 R=.5,.9 loss=mse"),
     .sizes = {"n=3 d=40", "n=3 d=40", "n=3 d=40"},
     .first = {2048, 16384, 131072},
     .looks = {1, 1, 1}},
    {0}};
static const assay_target bound_targets[] = {
    {.name = "F", .points = "E?", .estimand = ASSAY_EXACT, .margin = SAME(1e-12), .reason = "rounding"},
    {.name = "F",
     .title = "every state is above F(R)",
     .records = "J",
     .points = "R?",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = SAME(1e-12),
     .reason = "a bound true of every state"},
    {.name = "slack",
     .title = "R as asked for",
     .records = "slip",
     .points = "R?",
     .estimand = ASSAY_EXACT,
     .margin = SAME(1e-7),
     .reason = "rounding under a square root"},
    {0}};
static const assay_control bound_controls[] = {
    {.name = "R squared",
     .mistake = "within-class variance taken for 1 - R instead of 1 - R^2",
     .targets = "F",
     .points = "E?",
     .predict = bound_of_square},
    {.name = "opposite bound", .mistake = "losses lie below F(R)", .targets = "every state is above F(R)", .reversed = true},
    {0}};
static const assay_figure bound_figures[] = {{.title = "The loss bounds the within-class variance",
                                              .x = "R",
                                              .x_label = "R",
                                              .y = "F",
                                              .y_label = "F(R)",
                                              .points = "E1,E2",
                                              .sweep = "0.05:1:39"},
                                             {0}};
const assay_claim neural_collapse_gufm_growth_bound_claim = {
    .id = "neural-collapse/gufm-growth-bound",
    .kinds = "bound,identity",
    .statement = "Loss and head penalty are at least F(R), R^2 = 1 - within-class variance, with equality on a simplex: near-optimal means "
                 "near-collapsed.",
    .source = "arXiv 2505.15239, near-optimality implies near-collapse; the explicit bound is derived here",
    .params = bound_params,
    .observables = bound_observables,
    .predict = bound,
    .legs = bound_legs,
    .targets = bound_targets,
    .controls = bound_controls,
    .figures = bound_figures};
