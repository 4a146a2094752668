/* Networks trained on real images and texts: what is ordered, and what bounds them. */
#include <math.h>

#include "compare/claims/neural-collapse/claims.h"
#include "sim/neural-collapse/experiments.h"

/* clang-format off */
#define PARAM_DEPTH {"L", NULL, "blocks", ASSAY_INTEGER, ASSAY_PAIRED, NULL, "[1,1000]", NULL}
#define PARAM_DECAYS {"lw", NULL, "weight decay of the head", ASSAY_REAL, 0, NULL, "(0,inf)", "0.005"}, \
  {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "0.005"}
#define PARAM_EPOCHS {"epochs", NULL, "steps of Adam", ASSAY_INTEGER, 0, NULL, "[1,1000000]", "600"}
#define PARAM_R {"R", NULL, "sqrt(1 - within-class variance), as measured: for F", ASSAY_REAL, 0, NULL, "[0,1]", ""}
/* clang-format on */

enum { O_NC1, O_NC2, O_NC3, O_J, O_DECAY, O_ACCURACY, O_GSTAR, O_F, O_EXPONENT, O_SLACK };
static const assay_observable trained_observables[] = {
    {"NC1", NULL, "within over between class variance", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"NC2", NULL, "distance of the head's Gram matrix from the simplex; for the squared loss its limit is predicted", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC3", NULL, "1 - mean cosine of feature and head", NULL, ASSAY_MEASURED, 0, 2},
    {"J", NULL, "objective", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"decay", NULL, "penalty of the blocks", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"accuracy", NULL, "share of samples that are classified right", NULL, ASSAY_MEASURED, 0, 1},
    {"gstar", NULL, "bound by the unconstrained features", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"F", NULL, "least loss and head penalty at R", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"exponent", NULL, "slope of log NC1 on log L", NULL, ASSAY_MEASURED, 0, 0},
    {"slack", NULL, "loss and head penalty less F(R)", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status trained(assay_call *call, neural_collapse_loss loss, double K) {
  assay_value gstar, F, w;
  const double lw = assay_real(call, "lw");
  assay_status status = neural_collapse_bound(loss, K, lw, 1, &gstar, &w, assay_call_error(call));
  for (int i = O_NC1; i <= O_ACCURACY; i++) assay_absent(call, i, "it is simulated");
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, O_GSTAR, gstar);
  if (!assay_given(call, "R")) {
    assay_absent(call, O_F, "R is not given");
    return ASSAY_OK;
  }
  status = neural_collapse_bound(loss, K, lw, assay_real(call, "R"), &F, &w, assay_call_error(call));
  if (status == ASSAY_OK) neural_collapse_put(call, O_F, F);
  return status;
}

/* ---- what is reduced ---- */

/* Slope of log value on log L by least squares with equal weights. */
static assay_status log_slope(const assay_sample *s, double *out) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < s->groups; i++) {
    if (!(s->value[i] > 0)) return ASSAY_NUMERIC;
    mx += log(s->axis[i]) / s->groups;
    my += log(s->value[i]) / s->groups;
  }
  for (int i = 0; i < s->groups; i++) {
    xy += (log(s->axis[i]) - mx) * (log(s->value[i]) - my);
    xx += (log(s->axis[i]) - mx) * (log(s->axis[i]) - mx);
  }
  *out = xy / xx;
  return xx > 0 ? ASSAY_OK : ASSAY_NUMERIC;
}

/* loss - F(R), from the groups loss, R. */
static assay_status slack_of(const assay_sample *s, neural_collapse_loss loss, double K, double *out) {
  assay_value F, w;
  const assay_status status = neural_collapse_bound(loss, K, assay_real(s->points[0], "lw"), s->value[1], &F, &w, NULL);
  *out = s->value[0] - F.value;
  return status;
}

/* share times the value at the arm, less the value here; and the other way round. */
static assay_status below(const assay_sample *s, double share, double *out) {
  *out = share * s->value[1] - s->value[0];
  return ASSAY_OK;
}
static assay_status below_three_quarters(const assay_sample *s, double *out) { return below(s, .75, out); }
static assay_status below_three_quarters_twice(const assay_sample *s, double *out) { return below(s, .75 * .75, out); }
static assay_status below_065(const assay_sample *s, double *out) { return below(s, .65, out); }
static assay_status below_065_twice(const assay_sample *s, double *out) { return below(s, .65 * .65, out); }
static assay_status above(const assay_sample *s, double share, double *out) {
  *out = s->value[0] - share * s->value[1];
  return ASSAY_OK;
}
static assay_status above_065(const assay_sample *s, double *out) { return above(s, .65, out); }
static assay_status above_a_fifth(const assay_sample *s, double *out) { return above(s, .2, out); }
static assay_status above_three_times(const assay_sample *s, double *out) { return above(s, 3, out); }

/* Values that orders and windows are held to. */
static assay_status put_all(assay_call *call, double order, double exponent) {
  static const int orders[] = {O_NC1, O_NC3, O_J, O_DECAY, O_SLACK};
  for (int i = 0; i < 5; i++) assay_put(call, orders[i], 0, order, 0);
  assay_put(call, O_EXPONENT, 0, exponent, 0);
  return ASSAY_OK;
}
static assay_status nothing(assay_call *call) { return put_all(call, 0, 0); }
static assay_status third(assay_call *call) { return put_all(call, 0, -1. / 3); }
static assay_status half(assay_call *call) { return put_all(call, 0, -.5); }
static assay_status inverse(assay_call *call) { return put_all(call, 0, -1); }
static assay_status steeper(assay_call *call) { return put_all(call, 0, -1.35); }
static assay_status square(assay_call *call) { return put_all(call, 0, -2); }
static assay_status least_at_one_block(assay_call *call) { return put_all(call, .3, 0); }
static assay_status nearly_all_right(assay_call *call) {
  assay_put(call, O_ACCURACY, 0, .98, 0);
  return ASSAY_OK;
}

#define ORDER .side = 1, .predict = nothing, .margin = SAME(0)
#define FALLS(of, here, before)                                                                                                             \
  {.name = of, .title = of " falls to " here, .points = here, .against = before, .estimand = ASSAY_MEAN, .side = -1, .margin = SAME(0), .reason = "the same draws at two depths"}
#define REASON_ORDER "the same draws at both"

/* ---- neural-collapse/fmnist-depth ---- */

static const assay_param images_params[] = {
    PARAM_DEPTH, {"n", NULL, "images of each class", ASSAY_INTEGER, 0, NULL, "[1,500]", "10"}, {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,204]", "32"}, PARAM_DECAYS, PARAM_LOSS, PARAM_EPOCHS,
    {"blocks", NULL, "one or two matrices", ASSAY_WORD, ASSAY_PAIRED, "rn1|rn2", NULL, "rn1"}, PARAM_R, {0}};
static assay_status images(assay_call *call) {
  const assay_status status = trained(call, neural_collapse_loss_of(call), 10);
  if (status == ASSAY_OK && neural_collapse_loss_of(call) == NEURAL_COLLAPSE_MSE) assay_put(call, O_NC2, 0, sqrt(2 - 2 * sqrt(.9)), 1e-15);
  return status;
}
static assay_status as_a_simplex(assay_call *call) {
  assay_put(call, O_NC2, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status images_slack(const assay_sample *s, double *out) { return slack_of(s, neural_collapse_loss_of(s->points[0]), 10, out); }

static const assay_leg images_legs[] = {
    {.experiment = &neural_collapse_images_run, .points = POINTS("Q: epochs=300 L=1,4"), .sizes = {"", NULL, NULL}, .first = {128, 0, 0}, .looks = {3, 0, 0}},
    {.experiment = &neural_collapse_images_run, .points = POINTS("S: epochs=600 L=1,2,4,8"), .sizes = {NULL, "", NULL}, .first = {0, 128, 0}, .looks = {0, 3, 0}},
    {.experiment = &neural_collapse_images_run, .points = POINTS("E: epochs=600 L=1"), .sizes = {NULL, "", ""}, .first = {0, 16, 16}, .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_images_run, .points = POINTS("M: epochs=600 loss=mse lb=.0005 L=8"), .sizes = {NULL, "", ""}, .first = {0, 128, 128}, .looks = {0, 1, 3}},
    {.experiment = &neural_collapse_images_run, .points = POINTS("T1: epochs=600 blocks=rn2 L=1", "T2: epochs=600 blocks=rn2 L=2", "T8: epochs=600 blocks=rn2 L=8", "U8: epochs=600 blocks=rn2 lb=.000625 L=8"), .sizes = {NULL, NULL, ""}, .first = {0, 0, 128}, .looks = {0, 0, 3}},
    {.experiment = &neural_collapse_images_run, .points = POINTS("D: epochs=5000 L=1,2,4,8,16,34"), .sizes = {NULL, NULL, ""}, .first = {0, 0, 128}, .looks = {0, 0, 3}}, {0}};
static const assay_target images_targets[] = {
    {.name = "NC1", .title = "no collapse at one block", .points = "Q:L=1,S:L=1,D:L=1", .estimand = ASSAY_MEAN, .side = 1, .predict = least_at_one_block, .margin = SAME(0), .reason = "NC1 is about .6, sd .04"},
    {.name = "NC1", .title = "no collapse at one block in any draw", .points = "E", .estimand = ASSAY_EXACT, .side = 1, .predict = least_at_one_block, .margin = SAME(0), .reason = "NC1 is about .6, sd .04"},
    {.name = "NC1", .title = "NC1 falls from 1 to 4", .points = "Q:L=4", .against = "L=1", .estimand = ASSAY_SMOOTH, .reduce = below_three_quarters_twice, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 1 to 2", .points = "S:L=2,D:L=2", .against = "L=1", .estimand = ASSAY_SMOOTH, .reduce = below_three_quarters, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 2 to 4", .points = "S:L=4,D:L=4", .against = "L=2", .estimand = ASSAY_SMOOTH, .reduce = below_three_quarters, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 4 to 8", .points = "S:L=8,D:L=8", .against = "L=4", .estimand = ASSAY_SMOOTH, .reduce = below_three_quarters, ORDER, .reason = REASON_ORDER},
    FALLS("NC3", "Q:L=4", "L=1"), FALLS("NC3", "S:L=2", "L=1"), FALLS("NC3", "S:L=4", "L=2"), FALLS("NC3", "S:L=8", "L=4"),
    FALLS("J", "Q:L=4", "L=1"), FALLS("J", "S:L=2", "L=1"), FALLS("J", "S:L=4", "L=2"), FALLS("J", "S:L=8", "L=4"),
    {.name = "exponent", .records = "NC1", .points = "Q:L=?,S:L=2,S:L=4,S:L=8,D:L=2,D:L=4,D:L=8,D:L=16,D:L=34", .estimand = ASSAY_SMOOTH, .along = "L", .reduce = log_slope, .predict = inverse, .margin = SAME(.33),
     .reason = "-1 up to the logarithm; a third, so that -1/3 is rejected; ten se are below .05 (sd of log NC1 .07)"},
    {.name = "slack", .title = "loss above F(R)", .records = "loss,R", .points = "Q,S,D,M", .estimand = ASSAY_SMOOTH, .reduce = images_slack, ORDER, .reason = "a bound true of every state"},
    {.name = "NC2", .points = "M", .estimand = ASSAY_QUANTILE, .level = .5, .margin = SAME(.01), .reason = "measured .316 at 600 steps; sd below .01: ten se below .005"},
    {.name = "decay", .title = "two matrices: the penalty stays", .points = "T8", .against = "T2", .estimand = ASSAY_SMOOTH, .reduce = above_065, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "two matrices: NC1 falls little", .points = "T8", .against = "T1", .estimand = ASSAY_SMOOTH, .reduce = above_a_fifth, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "two matrices: lb/L collapses", .points = "T8", .against = "U8", .estimand = ASSAY_SMOOTH, .reduce = above_three_times, ORDER, .reason = REASON_ORDER},
    {0}};
static const assay_control images_controls[] = {
    {.name = "no dependence", .mistake = "NC1 does not depend on depth", .targets = "exponent", .predict = nothing},
    {.name = "third", .mistake = "NC1 falls like L^(-1/3)", .targets = "exponent", .predict = third},
    {.name = "square", .mistake = "NC1 falls like 1/L^2", .targets = "exponent", .predict = square},
    {.name = "two matrices", .mistake = "blocks of two matrices at the same decay", .targets = "exponent", .points = "S*", .tiers = 2, .change = "blocks=rn2"},
    {.name = "trained embedding", .mistake = "an embedding that is trained is free of decay: it collapses by itself", .targets = "no collapse at one block in any draw", .tiers = 6, .change = "embedding=trained"},
    {.name = "simplex", .mistake = "the squared loss makes a simplex without a bias", .targets = "NC2", .tiers = 6, .predict = as_a_simplex},
    {.name = "opposite", .mistake = "losses lie below F(R)", .targets = "loss above F(R)", .reversed = true}, {0}};
const assay_claim neural_collapse_fmnist_depth_claim = {
    .id = "neural-collapse/fmnist-depth", .kinds = "order,bound",
    .statement = "Trained on images, deeper ReLU residual networks are more collapsed: NC1, NC3 and the objective fall with depth, NC1 about like 1/L, and no state beats F(R).",
    .source = "arXiv 2505.15239, experiments; recipe of its own size", .data = "fashion-mnist", .params = images_params, .observables = trained_observables, .predict = images,
    .legs = images_legs, .targets = images_targets, .controls = images_controls};

/* ---- neural-collapse/text-transformer-depth ---- */

static const assay_param texts_params[] = {
    PARAM_DEPTH, {"T", NULL, "words of a sequence", ASSAY_INTEGER, 0, NULL, "[1,1000]", "8"}, {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,256]", "16"}, PARAM_DECAYS, PARAM_EPOCHS, PARAM_R, {0}};
static assay_status texts(assay_call *call) { return trained(call, NEURAL_COLLAPSE_CE, 2); }
static assay_status texts_slack(const assay_sample *s, double *out) { return slack_of(s, NEURAL_COLLAPSE_CE, 2, out); }

static const assay_leg texts_legs[] = {
    {.experiment = &neural_collapse_texts_run, .points = POINTS("Q: epochs=300 L=1,4"), .sizes = {"", NULL, NULL}, .first = {128, 0, 0}, .looks = {3, 0, 0}},
    {.experiment = &neural_collapse_texts_run, .points = POINTS("S: epochs=600 L=1,2,4,8"), .sizes = {NULL, "", NULL}, .first = {0, 128, 0}, .looks = {0, 3, 0}},
    {.experiment = &neural_collapse_texts_run, .points = POINTS("A: epochs=300 L=4"), .sizes = {"", "", ""}, .first = {8, 16, 32}, .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_texts_run, .points = POINTS("D: epochs=600 T=16 L=1,2,4,8,16"), .sizes = {NULL, NULL, "mails=64"}, .first = {0, 0, 128}, .looks = {0, 0, 3}}, {0}};
static const assay_target texts_targets[] = {
    {.name = "NC1", .title = "NC1 falls from 1 to 4", .points = "Q:L=4", .against = "L=1", .estimand = ASSAY_SMOOTH, .reduce = below_065_twice, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 1 to 2", .points = "S:L=2,D:L=2", .against = "L=1", .estimand = ASSAY_SMOOTH, .reduce = below_065, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 2 to 4", .points = "S:L=4,D:L=4", .against = "L=2", .estimand = ASSAY_SMOOTH, .reduce = below_065, ORDER, .reason = REASON_ORDER},
    {.name = "NC1", .title = "NC1 falls from 4 to 8", .points = "S:L=8,D:L=8", .against = "L=4", .estimand = ASSAY_SMOOTH, .reduce = below_065, ORDER, .reason = REASON_ORDER},
    FALLS("NC3", "Q:L=4", "L=1"), FALLS("NC3", "S:L=2", "L=1"), FALLS("NC3", "S:L=4", "L=2"), FALLS("NC3", "S:L=8", "L=4"),
    FALLS("J", "Q:L=4", "L=1"), FALLS("J", "S:L=2", "L=1"), FALLS("J", "S:L=4", "L=2"), FALLS("J", "S:L=8", "L=4"),
    {.name = "exponent", .records = "NC1", .points = "Q:L=?,S:L=?,D:L=?", .estimand = ASSAY_SMOOTH, .along = "L", .reduce = log_slope, .predict = steeper, .margin = SAME(.32),
     .reason = "between -1 and -1.7, and -2 is rejected; ten se are below .1 (sd of log NC1 .15)"},
    {.name = "slack", .title = "loss above F(R)", .records = "loss,R", .points = "Q,S,D", .estimand = ASSAY_SMOOTH, .reduce = texts_slack, ORDER, .reason = "a bound true of every state"},
    {.name = "accuracy", .title = "attention tells the classes apart", .points = "A", .estimand = ASSAY_EXACT, .side = 1, .predict = nearly_all_right, .margin = SAME(0), .reason = "true of every draw: 1 in each"}, {0}};
static const assay_control texts_controls[] = {
    {.name = "no dependence", .mistake = "NC1 does not depend on depth", .targets = "exponent", .predict = nothing},
    {.name = "third", .mistake = "NC1 falls like L^(-1/3)", .targets = "exponent", .predict = third},
    {.name = "root", .mistake = "NC1 falls like L^(-1/2)", .targets = "exponent", .predict = half},
    {.name = "square", .mistake = "NC1 falls like 1/L^2", .targets = "exponent", .predict = square},
    {.name = "no attention", .mistake = "V = 0: a residual network on tokens, which cannot tell equal words apart", .targets = "attention tells the classes apart", .change = "blocks=rn1"},
    {.name = "opposite", .mistake = "losses lie below F(R)", .targets = "loss above F(R)", .reversed = true}, {0}};
const assay_claim neural_collapse_text_transformer_depth_claim = {
    .id = "neural-collapse/text-transformer-depth", .kinds = "order,bound",
    .statement = "Trained on the words of mails, deeper transformers are more collapsed, token by token: NC1, NC3 and the objective fall with depth, and no state beats F(R).",
    .source = "arXiv 2505.15239, experiments; recipe of its own size", .data = "spam-assassin", .params = texts_params, .observables = trained_observables, .predict = texts,
    .legs = texts_legs, .targets = texts_targets, .controls = texts_controls};
