/* Lazy and rich limits of fine-tuning. */
#include <math.h>

#include "compare/claims/finetune-diagonal/claims.h"
#include "sim/finetune-diagonal/experiments.h"

/* ---- finetune-diagonal/lazy-limit ---- */

static const assay_param lazy_params[] = {PARAM_ALPHA("alpha", "samples over dimension"),
                                          {"p", NULL, "fractions of the classes", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
                                          {"beta", NULL, "the teacher's value in each class", ASSAY_REALS, 0, NULL, NULL, NULL},
                                          {"w", NULL, "weight of each class; 0: not used", ASSAY_REALS, 0, NULL, "[0,inf)", NULL},
                                          PARAM_NOISE("noise", "the stage"),
                                          PARAM_D,
                                          {0}};
static const assay_observable lazy_observables[] = {{"E", NULL, "excess test risk", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
                                                    {0}};

static assay_status lazy_value(assay_call *call, finetune_diagonal_mistake mistake, assay_value *E) {
  int p, beta, w;
  const double *share = assay_list(call, "p", &p), *value = assay_list(call, "beta", &beta), *weight = assay_list(call, "w", &w);
  if (p != beta || p != w)
    return assay_fail(call, ASSAY_USAGE, "p, beta and w have %d, %d and %d elements; they need the same number", p, beta, w);
  return finetune_diagonal_lazy(share, value, weight, p, assay_real(call, "alpha"), assay_real(call, "noise"), mistake, E,
                                assay_call_error(call));
}

static assay_status lazy_with(assay_call *call, finetune_diagonal_mistake mistake) {
  assay_value E;
  assay_status status = lazy_value(call, mistake, &E);
  if (status == ASSAY_OK) claim_put(call, 0, E);
  return status;
}

PREDICTS(lazy, lazy_with, RIGHT)
PREDICTS(lazy_unweighted, lazy_with, UNWEIGHTED)
PREDICTS(lazy_inverse, lazy_with, INVERSE)

/* sd sqrt(d)/E = 1.91 at L1 (M = 400 to 1600, d = 100 to 400). */
static assay_status spread_lazy(assay_call *call) {
  assay_value E;
  assay_status status = lazy_value(call, FINETUNE_DIAGONAL_RIGHT, &E);
  if (status == ASSAY_OK) assay_put(call, 0, 0, 2 * E.value / sqrt(assay_real(call, "d")), 0);
  return status;
}

static assay_status arrange_lazy(assay_call *claim, assay_call *sim, assay_call *realised) {
  int m;
  double d = assay_real(claim, "d"), rest = d;
  const double *p = assay_list(claim, "p", &m);
  double *shares = assay_alloc(claim, (size_t)m * sizeof *shares);
  if (!shares) return ASSAY_NO_MEMORY;
  for (int k = 0; k < m; k++) {
    double count = k + 1 < m ? round(p[k] * d) : rest;
    shares[k] = count / d, rest -= count;
  }
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha", "n");
  return status == ASSAY_OK ? assay_set_list(realised, "p", shares, m) : status;
}

/* The minimiser at c = 1e4 in place of the limit. */
static assay_status arrange_large(assay_call *claim, assay_call *sim, assay_call *realised) {
  int m;
  assay_status status = arrange_lazy(claim, sim, realised);
  const double *p = assay_list(realised, "p", &m), *beta = assay_list(claim, "beta", &m);
  if (status == ASSAY_OK) status = assay_set(sim, "rho", p[0]);
  if (status == ASSAY_OK) status = assay_set(sim, "m_pt", beta[0]);
  return status == ASSAY_OK ? assay_set(sim, "c", 1e4) : status;
}

static const assay_leg lazy_legs[] = {
    {.experiment = &finetune_diagonal_weighted_norm,
     .arrange = arrange_lazy,
     .points = POINTS("L1: alpha=.15 p=.04,.16,.04,.76 beta=5,0,3,0 w=1,1,.05,.05 noise=.1", "L2: alpha=.4 p=.2,.8 beta=1,0 w=1,1",
                      "L3: alpha=.15 p=.3,.7 beta=1,.5 w=1,0 noise=.1"),
     .sizes = {"d=200", "d=400", "d=800"},
     .first = {128, 128, 128},
     .looks = {5, 6, 6}},
    {.experiment = &finetune_diagonal_dual_pretraining,
     .arrange = arrange_large,
     .points = POINTS("C: alpha=.4 p=.2,.8 beta=1,0 w=1,1"),
     .sizes = {"d=100", "d=200", "d=400"},
     .first = {128, 128, 128},
     .looks = {3, 4, 4}},
    {0}};

static const assay_target lazy_targets[] = {{.name = "E", .points = "L*", .spread = spread_lazy, .margin = MARGIN(3), .reason = REASON(3)},
                                            {.name = "E",
                                             .title = "minimiser at c = 1e4",
                                             .records = "E_pt",
                                             .points = "C",
                                             .spread = spread_lazy,
                                             .margin = MARGIN(3),
                                             .reason = REASON(3) "; the limit is approached like c^-2"},
                                            {0}};

static const assay_control lazy_controls[] = {
    {.name = "unweighted", .mistake = "the weights are ignored", .points = "L1", .predict = lazy_unweighted},
    {.name = "inverse weights", .mistake = "weights 1/w", .points = "L1", .predict = lazy_inverse},
    {0}};

static const assay_figure lazy_figures[] = {{.title = "Weighted least norm against the sampling ratio",
                                             .x = "alpha",
                                             .x_label = "alpha",
                                             .y = "E",
                                             .y_label = "excess risk",
                                             .points = "L1,L2",
                                             .sweep = "0.02:0.9:45"},
                                            {0}};

const assay_claim finetune_diagonal_lazy_limit_claim = {
    .id = "finetune-diagonal/lazy-limit",
    .kinds = "limit",
    .statement = "As kappa_i = K w_i grows, fine-tuning takes the interpolator of least weighted l2 norm, whose error is in closed form.",
    .source = "known for ridgeless regression; the weighted form is derived here",
    .params = lazy_params,
    .observables = lazy_observables,
    .predict = lazy,
    .legs = lazy_legs,
    .targets = lazy_targets,
    .controls = lazy_controls,
    .figures = lazy_figures};

/* ---- finetune-diagonal/rich-threshold ---- */

static const assay_param threshold_params[] = {
    {"pi", NULL, "shares of the groups", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
    {"s", NULL, "share of active coordinates in each group", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
    {"w", NULL, "weight of each group", ASSAY_REALS, 0, NULL, "(0,inf)", NULL},
    {"alpha", NULL, "samples over dimension; recovered only", ASSAY_REAL, 0, NULL, "(0,1)", ""},
    PARAM_D,
    {0}};
enum { O_STAR, O_RECOVERED };
static const assay_observable threshold_observables[] = {
    {"alpha_star", NULL, "the threshold", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"recovered", NULL, "limiting probability of recovery at alpha", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

static assay_status threshold_with(assay_call *call, finetune_diagonal_mistake mistake) {
  int p, s, w;
  double th;
  assay_value star;
  const double *pi = assay_list(call, "pi", &p), *sparsity = assay_list(call, "s", &s), *weight = assay_list(call, "w", &w);
  if (p != s || p != w) return assay_fail(call, ASSAY_USAGE, "pi, s and w have %d, %d and %d elements; they need the same number", p, s, w);
  assay_status status = finetune_diagonal_threshold(pi, sparsity, weight, p, mistake, &star, &th, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_STAR, star);
  if (assay_given(call, "alpha"))
    assay_put(call, O_RECOVERED, 0, assay_real(call, "alpha") > star.value, 0);
  else
    assay_absent(call, O_RECOVERED, "alpha is not given");
  return ASSAY_OK;
}

PREDICTS(threshold, threshold_with, RIGHT)
PREDICTS(unweighted, threshold_with, UNWEIGHTED)
PREDICTS(one_sided, threshold_with, ONE_SIDED)

static assay_status reversed_recovery(assay_call *call) {
  assay_status status = threshold(call);
  assay_value star;
  const char *reason;
  if (status == ASSAY_OK && assay_result(call, O_STAR, 0, &star, &reason))
    assay_put(call, O_RECOVERED, 0, assay_real(call, "alpha") < star.value, 0);
  return status;
}

/* Where the logistic curve through the proportions is one half: least squares of logits with weights p(1-p). */
static assay_status half_point(const assay_sample *s, double *out) {
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (int i = 0; i < s->groups; i++) {
    double p = fmin(fmax(s->value[i], 1e-3), 1 - 1e-3), v = p * (1 - p), logit = log(p / (1 - p));
    w += v, x += v * s->axis[i], y += v * logit, xx += v * s->axis[i] * s->axis[i], xy += v * s->axis[i] * logit;
  }
  double slope = (w * xy - x * y) / (w * xx - x * x), intercept = (y - slope * x) / w;
  *out = -intercept / slope;
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

static assay_status arrange_threshold(assay_call *claim, assay_call *sim, assay_call *realised) {
  return finetune_diagonal_set_samples(claim, sim, realised, "alpha", "n");
}

static const assay_leg threshold_legs[] = {
    {.experiment = &finetune_diagonal_weighted_pursuit,
     .arrange = arrange_threshold,
     .points = POINTS("E: pi=1 s=.04 w=1 alpha=.13,.14,.16,.17,.19,.2,.22", "W: pi=.2,.8 s=.2,0 w=1,4 alpha=.06,.07,.09,.1,.11,.13,.15"),
     .sizes = {"d=100", "d=200", "d=800"},
     .first = {128, 128, 128},
     .looks = {4, 4, 4}},
    {0}};

/* The half point of a logistic curve of scale w from proportions at a spacing h has variance w h/n: w = .24/sqrt(d) at most (measured:
 * .024, .016, .009 at d = 100, 200, 400 with equal weights, half of it with weights 1 and 4), h = .017 at most; the ends of the curve that
 * are cut off add 15 %. */
static assay_status spread_half(assay_call *call) {
  assay_put(call, O_STAR, 0, 1.15 * sqrt(.24 * .017 / sqrt(assay_real(call, "d"))), 0);
  return ASSAY_OK;
}

static const assay_target threshold_targets[] = {
    {.name = "alpha_star",
     .title = "half point",
     .records = "recovered",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_PROPORTION,
     .along = "alpha",
     .reduce = half_point,
     .predict = threshold,
     .spread = spread_half,
     .margin = {{.bias = .007, .deviations = 10}, {.bias = .0035, .deviations = 10}, {.bias = .0009, .deviations = 10}},
     .reason = "bias .7/d (measured: .55/d) + 10 sd/sqrt(n_max)"},
    {.name = "recovered",
     .title = "below",
     .points = "E:alpha=0.13,W:alpha=0.06",
     .estimand = ASSAY_PROPORTION,
     .margin = ALL_TIERS({.bias = .33}),
     .reason = "the logistic curve of width .024 (.013) at d = 100 is below .2 there"},
    {.name = "recovered",
     .title = "above",
     .points = "E:alpha=0.22,W:alpha=0.15",
     .estimand = ASSAY_PROPORTION,
     .margin = ALL_TIERS({.bias = .33}),
     .reason = "the logistic curve of width .024 (.013) at d = 100 is above .8 there"},
    {0}};

static const assay_control threshold_controls[] = {
    {.name = "unweighted", .mistake = "the weights are ignored", .targets = "half point", .points = "W*", .predict = unweighted},
    {.name = "one tail", .mistake = "one tail of the normal instead of two", .targets = "half point", .points = "E*", .predict = one_sided},
    {.name = "the reverse",
     .mistake = "recovery below the threshold and none above",
     .targets = "below,above",
     .predict = reversed_recovery},
    {0}};

const assay_claim finetune_diagonal_rich_threshold_claim = {
    .id = "finetune-diagonal/rich-threshold",
    .kinds = "threshold",
    .statement = "As kappa -> 0, fine-tuning is basis pursuit with weights log(1/kappa) and recovers exactly iff alpha exceeds alpha*.",
    .source = "Donoho and Tanner's weak threshold; with weights derived here",
    .params = threshold_params,
    .observables = threshold_observables,
    .predict = threshold,
    .legs = threshold_legs,
    .targets = threshold_targets,
    .controls = threshold_controls};
