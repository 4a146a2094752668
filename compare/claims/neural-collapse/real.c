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

enum { O_NC1, O_NC2, O_NC3, O_J, O_DECAY, O_ACCURACY, O_GSTAR, O_F, O_LOG_NC1, O_LOG_DECAY, O_SLACK };
static const assay_observable trained_observables[] = {
    {"NC1", NULL, "within over between class variance", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"NC2", NULL, "distance of the head's Gram matrix from the simplex; for the squared loss its limit is predicted", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC3", NULL, "1 - mean cosine of feature and head", NULL, ASSAY_MEASURED, 0, 2},
    {"J", NULL, "objective", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"decay", NULL, "penalty of the blocks", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"accuracy", NULL, "share of samples that are classified right", NULL, ASSAY_MEASURED, 0, 1},
    {"gstar", NULL, "bound by the unconstrained features", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"F", NULL, "least loss and head penalty at R", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"log_NC1", NULL, "its logarithm", NULL, ASSAY_MEASURED, 0, 0},
    {"log_decay", NULL, "logarithm of the blocks' penalty", NULL, ASSAY_MEASURED, 0, 0},
    {"slack", NULL, "loss and head penalty less F(R)", NULL, ASSAY_MEASURED, 0, 0},
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

/* ---- what orders and exponents are held to: differences between two depths of the same draws ---- */

/* NC1 falling like L^power, from .3 or more at one block. */
static assay_status put_power(assay_call *call, double power) {
  assay_put(call, O_LOG_NC1, 0, power * log(assay_real(call, "L")), 0);
  return ASSAY_OK;
}
static assay_status constant(assay_call *call) { return put_power(call, 0); }
static assay_status third(assay_call *call) { return put_power(call, -1. / 3); }
static assay_status half(assay_call *call) { return put_power(call, -.5); }
static assay_status inverse(assay_call *call) { return put_power(call, -1); }
static assay_status steeper(assay_call *call) { return put_power(call, -1.35); }
static assay_status square(assay_call *call) { return put_power(call, -2); }
static assay_status three_quarters_each(assay_call *call) { return put_power(call, log2(.75)); }
static assay_status two_thirds_each(assay_call *call) { return put_power(call, log2(.65)); }

static assay_status slowest_allowed(assay_call *call) { return put_power(call, -.67); }

/* With two matrices in each block: bounds for the arms 1, 2, 8 blocks at a constant decay, and 8 at a decay that falls. */
static assay_status two_matrices(assay_call *call) {
  const double L = assay_real(call, "L"), lb = assay_real(call, "lb");
  assay_put(call, O_LOG_NC1, 0, L < 8 ? -log(.2) : lb < .005 ? -log(3) : 0, 0);
  assay_put(call, O_LOG_DECAY, 0, L < 8 ? -log(.65) : 0, 0);
  return ASSAY_OK;
}
static assay_status some_at_one_block(assay_call *call) {
  assay_put(call, O_NC1, 0, .3, 0);
  return ASSAY_OK;
}
static assay_status nearly_all_right(assay_call *call) {
  assay_put(call, O_ACCURACY, 0, .98, 0);
  return ASSAY_OK;
}
static assay_status no_slack(assay_call *call) {
  assay_put(call, O_SLACK, 0, 0, 0);
  return ASSAY_OK;
}

#define REASON_PAIR "the median of draws that share images, or words, and start"
#define MEDIAN .estimand = ASSAY_QUANTILE, .level = .5
#define BELOW(of, heading, here, before, bound)                                                                                            \
  {                                                                                                                                        \
    .name = of, .title = heading, .points = here, .against = before, MEDIAN, .side = -1, .predict = bound, .margin = SAME(0),              \
    .reason = REASON_PAIR                                                                                                                  \
  }
#define FALLS(of, heading, here, before)                                                                                                   \
  { .name = of, .title = heading, .points = here, .against = before, MEDIAN, .side = -1, .margin = SAME(0), .reason = REASON_PAIR }
#define ABOVE(of, heading, here, before)                                                                                                   \
  {                                                                                                                                        \
    .name = of, .title = heading, .points = here, .against = before, MEDIAN, .side = 1, .predict = two_matrices, .margin = SAME(0),        \
    .reason = REASON_PAIR                                                                                                                  \
  }
/* Two octaves: an exponent within `give` of the predicted one. */
#define EXPONENT(here, before, power, give)                                                                                                \
  {                                                                                                                                        \
    .name = "log_NC1", .title = "exponent", .points = here, .against = before, MEDIAN, .predict = power,                                   \
    .margin = SAME(give * 1.3862943611198906),                                                                                             \
    .reason = "exponent within " #give " over two octaves; between medians, sd of log NC1 below .2"                                        \
  }
#define BOUND(everywhere)                                                                                                                  \
  {                                                                                                                                        \
    .name = "slack", .title = "loss above F(R)", .points = everywhere, .estimand = ASSAY_EXACT, .side = 1, .predict = no_slack,            \
    .margin = SAME(1e-12), .reason = "a bound true of every state"                                                                         \
  }

/* ---- neural-collapse/fmnist-depth ---- */

static const assay_param images_params[] = {PARAM_DEPTH,
                                            {"n", NULL, "images of each class", ASSAY_INTEGER, 0, NULL, "[1,500]", "10"},
                                            {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,204]", "32"},
                                            PARAM_DECAYS,
                                            PARAM_LOSS,
                                            PARAM_EPOCHS,
                                            {"blocks", NULL, "one or two matrices", ASSAY_WORD, ASSAY_PAIRED, "rn1|rn2", NULL, "rn1"},
                                            PARAM_R,
                                            {0}};
static assay_status images(assay_call *call) {
  const assay_status status = trained(call, neural_collapse_loss_of(call), 10);
  if (status == ASSAY_OK && neural_collapse_loss_of(call) == NEURAL_COLLAPSE_MSE) assay_put(call, O_NC2, 0, sqrt(2 - 2 * sqrt(.9)), 1e-15);
  return status;
}
static assay_status as_a_simplex(assay_call *call) {
  assay_put(call, O_NC2, 0, 0, 0);
  return ASSAY_OK;
}
static const assay_leg images_legs[] = {{.experiment = &neural_collapse_images_run,
                                         .points = POINTS("Q: epochs=300 L=1,4"),
                                         .sizes = {"", NULL, NULL},
                                         .first = {32, 0, 0},
                                         .looks = {3, 0, 0}},
                                        {.experiment = &neural_collapse_images_run,
                                         .points = POINTS("S: epochs=600 L=1,2,4,8"),
                                         .sizes = {NULL, "", NULL},
                                         .first = {0, 64, 0},
                                         .looks = {0, 2, 0}},
                                        {.experiment = &neural_collapse_images_run,
                                         .points = POINTS("M: epochs=600 loss=mse lb=.0005 L=8"),
                                         .sizes = {NULL, "", ""},
                                         .first = {0, 32, 128},
                                         .looks = {0, 3, 2}},
                                        {.experiment = &neural_collapse_images_run,
                                         .points = POINTS("T1: epochs=600 blocks=rn2 L=1", "T2: epochs=600 blocks=rn2 L=2",
                                                          "T8: epochs=600 blocks=rn2 L=8", "U8: epochs=600 blocks=rn2 lb=.000625 L=8"),
                                         .sizes = {NULL, "", ""},
                                         .first = {0, 32, 128},
                                         .looks = {0, 3, 2}},
                                        {.experiment = &neural_collapse_images_run,
                                         .points = POINTS("E: epochs=600 L=1"),
                                         .sizes = {NULL, "", ""},
                                         .first = {0, 16, 32},
                                         .looks = {0, 1, 1}},
                                        {.experiment = &neural_collapse_images_run,
                                         .points = POINTS("D: epochs=5000 L=1,2,4,8,16,34"),
                                         .sizes = {NULL, NULL, ""},
                                         .first = {0, 0, 64},
                                         .looks = {0, 0, 2}},
                                        {0}};
static const assay_target images_targets[] = {
    {.name = "NC1",
     .title = "little collapse at one block",
     .points = "Q:L=1,E",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .predict = some_at_one_block,
     .margin = SAME(0),
     .reason = "true of every draw: NC1 is about .6, sd .05"},
    BELOW("log_NC1", "NC1 falls", "Q:L=4", "L=1", three_quarters_each),
    BELOW("log_NC1", "NC1 falls from 1 to 2", "S:L=2", "L=1", three_quarters_each),
    BELOW("log_NC1", "NC1 falls from 2 to 4", "S:L=4", "L=2", three_quarters_each),
    BELOW("log_NC1", "NC1 falls from 4 to 8", "S:L=8", "L=4", three_quarters_each),
    BELOW("log_NC1", "NC1 falls from 1 to 4", "D:L=4", "L=1", three_quarters_each),
    BELOW("log_NC1", "NC1 falls from 4 to 16", "D:L=16", "L=4", three_quarters_each),
    FALLS("NC3", "NC3 falls", "Q:L=4", "L=1"),
    FALLS("NC3", "NC3 falls from 1 to 2", "S:L=2", "L=1"),
    FALLS("NC3", "NC3 falls from 2 to 4", "S:L=4", "L=2"),
    FALLS("NC3", "NC3 falls from 4 to 8", "S:L=8", "L=4"),
    FALLS("J", "J falls", "Q:L=4", "L=1"),
    FALLS("J", "J falls from 1 to 2", "S:L=2", "L=1"),
    FALLS("J", "J falls from 2 to 4", "S:L=4", "L=2"),
    FALLS("J", "J falls from 4 to 8", "S:L=8", "L=4"),
    EXPONENT("Q:L=4", "L=1", inverse, .33),
    EXPONENT("S:L=8", "L=2", inverse, .33),
    EXPONENT("D:L=16", "L=4", inverse, .33),
    BOUND("Q,S,M,D"),
    {.name = "NC2", .points = "M", MEDIAN, .margin = SAME(.01), .reason = ".316 after 600 steps; sd .003, ten se of the median below .005"},
    ABOVE("log_decay", "two matrices: the penalty stays", "T8", "T2"),
    {.name = "log_NC1",
     .title = "two matrices: slower than one",
     .points = "T8",
     .against = "T2",
     MEDIAN,
     .side = 1,
     .predict = slowest_allowed,
     .margin = SAME(0),
     .reason = "outside the window of one matrix; " REASON_PAIR},

    ABOVE("log_NC1", "two matrices: NC1 falls little", "T8", "T1"),
    ABOVE("log_NC1", "two matrices: lb/L collapses", "T8", "U8"),
    {0}};
static const assay_control images_controls[] = {
    {.name = "no dependence", .mistake = "NC1 does not depend on depth", .targets = "exponent", .predict = constant},
    {.name = "third", .mistake = "NC1 falls like L^(-1/3)", .targets = "exponent", .predict = third},
    {.name = "square", .mistake = "NC1 falls like 1/L^2", .targets = "exponent", .predict = square},
    {.name = "trained embedding",
     .mistake = "an embedding that is trained is free of decay: it collapses by itself",
     .targets = "little collapse at one block",
     .points = "E",
     .tiers = 6,
     .change = "embedding=trained"},
    {.name = "simplex",
     .mistake = "the squared loss makes a simplex without a bias",
     .targets = "NC2",
     .tiers = 6,
     .predict = as_a_simplex},
    {.name = "opposite", .mistake = "losses lie below F(R)", .targets = "loss above F(R)", .reversed = true},
    {0}};
static const assay_figure images_figures[] = {{.title = "Fashion-MNIST: collapse against depth",
                                               .x = "L",
                                               .x_label = "depth L",
                                               .y = "NC1,NC3",
                                               .y_label = "NC1, NC3",
                                               .points = "Q,S,D",
                                               .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                              {0}};
const assay_claim neural_collapse_fmnist_depth_claim = {
    .id = "neural-collapse/fmnist-depth",
    .kinds = "order,bound",
    .statement = "Trained on images, deeper ReLU residual networks are more collapsed: NC1, NC3 and the objective fall with depth, NC1 "
                 "about like 1/L, and no state beats F(R).",
    .source = "arXiv 2505.15239, experiments; recipe of its own size",
    .data = "fashion-mnist",
    .params = images_params,
    .observables = trained_observables,
    .predict = images,
    .legs = images_legs,
    .targets = images_targets,
    .controls = images_controls,
    .figures = images_figures};

/* ---- neural-collapse/text-transformer-depth ---- */

static const assay_param texts_params[] = {PARAM_DEPTH,
                                           {"T", NULL, "words of a sequence", ASSAY_INTEGER, 0, NULL, "[1,1000]", "8"},
                                           {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,256]", "16"},
                                           PARAM_DECAYS,
                                           PARAM_EPOCHS,
                                           PARAM_R,
                                           {0}};
static assay_status texts(assay_call *call) { return trained(call, NEURAL_COLLAPSE_CE, 2); }
static const assay_leg texts_legs[] = {{.experiment = &neural_collapse_texts_run,
                                        .points = POINTS("Q: epochs=300 L=1,4"),
                                        .sizes = {"", NULL, NULL},
                                        .first = {32, 0, 0},
                                        .looks = {3, 0, 0}},
                                       {.experiment = &neural_collapse_texts_run,
                                        .points = POINTS("S: epochs=600 L=1,2,4,8"),
                                        .sizes = {NULL, "", NULL},
                                        .first = {0, 64, 0},
                                        .looks = {0, 2, 0}},
                                       {.experiment = &neural_collapse_texts_run,
                                        .points = POINTS("A: epochs=300 L=4"),
                                        .sizes = {"", "", ""},
                                        .first = {8, 16, 32},
                                        .looks = {1, 1, 1}},
                                       {.experiment = &neural_collapse_texts_run,
                                        .points = POINTS("D: epochs=600 T=16 L=1,2,4,8,16"),
                                        .sizes = {NULL, NULL, "mails=64"},
                                        .first = {0, 0, 64},
                                        .looks = {0, 0, 2}},
                                       {0}};
static const assay_target texts_targets[] = {BELOW("log_NC1", "NC1 falls", "Q:L=4", "L=1", two_thirds_each),
                                             BELOW("log_NC1", "NC1 falls from 1 to 2", "S:L=2,D:L=2", "L=1", two_thirds_each),
                                             BELOW("log_NC1", "NC1 falls from 2 to 4", "S:L=4,D:L=4", "L=2", two_thirds_each),
                                             BELOW("log_NC1", "NC1 falls from 4 to 8", "S:L=8,D:L=8", "L=4", two_thirds_each),
                                             FALLS("NC3", "NC3 falls", "Q:L=4", "L=1"),
                                             FALLS("NC3", "NC3 falls from 1 to 2", "S:L=2,D:L=2", "L=1"),
                                             FALLS("NC3", "NC3 falls from 2 to 4", "S:L=4,D:L=4", "L=2"),
                                             FALLS("NC3", "NC3 falls from 4 to 8", "S:L=8,D:L=8", "L=4"),
                                             FALLS("J", "J falls", "Q:L=4", "L=1"),
                                             FALLS("J", "J falls from 1 to 2", "S:L=2,D:L=2", "L=1"),
                                             FALLS("J", "J falls from 2 to 4", "S:L=4,D:L=4", "L=2"),
                                             FALLS("J", "J falls from 4 to 8", "S:L=8,D:L=8", "L=4"),
                                             EXPONENT("Q:L=4", "L=1", steeper, .32),
                                             EXPONENT("S:L=4", "L=1", steeper, .32),
                                             EXPONENT("S:L=8", "L=2", steeper, .32),
                                             EXPONENT("D:L=8", "L=2", steeper, .32),
                                             BOUND("Q,S,D"),
                                             {.name = "accuracy",
                                              .title = "attention tells the classes apart",
                                              .points = "A",
                                              .estimand = ASSAY_EXACT,
                                              .side = 1,
                                              .predict = nearly_all_right,
                                              .margin = SAME(0),
                                              .reason = "true of every draw: 1 in each"},
                                             {0}};
static const assay_control texts_controls[] = {
    {.name = "no dependence", .mistake = "NC1 does not depend on depth", .targets = "exponent", .predict = constant},
    {.name = "third", .mistake = "NC1 falls like L^(-1/3)", .targets = "exponent", .predict = third},
    {.name = "root", .mistake = "NC1 falls like L^(-1/2)", .targets = "exponent", .predict = half},
    {.name = "square", .mistake = "NC1 falls like 1/L^2", .targets = "exponent", .predict = square},
    {.name = "no attention",
     .mistake = "V = 0: a residual network on tokens, which cannot tell equal words apart",
     .targets = "attention tells the classes apart",
     .change = "blocks=rn1"},
    {.name = "opposite", .mistake = "losses lie below F(R)", .targets = "loss above F(R)", .reversed = true},
    {0}};
static const assay_figure texts_figures[] = {{.title = "Mails: collapse against depth",
                                              .x = "L",
                                              .x_label = "depth L",
                                              .y = "NC1,NC3",
                                              .y_label = "NC1, NC3",
                                              .points = "Q,S,D",
                                              .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                             {0}};
const assay_claim neural_collapse_text_transformer_depth_claim = {
    .id = "neural-collapse/text-transformer-depth",
    .kinds = "order,bound",
    .statement = "Trained on the words of mails, deeper transformers are more collapsed, token by token: NC1, NC3 and the objective fall "
                 "with depth, and no state beats F(R).",
    .source = "arXiv 2505.15239, experiments; recipe of its own size",
    .data = "spam-assassin",
    .params = texts_params,
    .observables = trained_observables,
    .predict = texts,
    .legs = texts_legs,
    .targets = texts_targets,
    .controls = texts_controls,
    .figures = texts_figures};
