/* Fine-tuning of a ReLU network on real images: orders with an error probability, no theorems. */
#include "compare/claims/finetune-diagonal/claims.h"
#include "sim/finetune-diagonal/experiments.h"

/* ---- finetune-diagonal/relu-fashion ---- */

static const assay_param relu_params[] = {
    {"pair", NULL, "classes of the fine-tuning task", ASSAY_WORD, 0, "2-6|4-6", NULL, "2-6"},
    {"lambda", NULL, "relative scale of the layers; -1: small early layer", ASSAY_REAL, ASSAY_PAIRED, NULL, "(-1,1)", NULL},
    {"c", NULL, "absolute scale of the start", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    {"gamma", NULL, "scale of the readout in full fine-tuning", ASSAY_REAL, 0, NULL, "(0,inf)", "0.03"},
    {"images", NULL, "images of pretraining", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[50,10000]", ""},
    {0}};
#define ACCURACY(name, doc)                                                                                                                \
  { name, NULL, doc, NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1 }
enum { O_PROBE, O_PROBE_NOPT, O_GAIN, O_FULL, O_FULL_NOPT, O_FULL_GAIN };
static const assay_observable relu_observables[] = {
    ACCURACY("acc_probe", "test accuracy of a readout on the frozen pretrained early layer"),
    ACCURACY("acc_probe_nopt", "the same without pretraining, the same for every lambda"),
    {"gain", NULL, "their difference", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, -1, 1},
    ACCURACY("acc_full", "test accuracy after fine-tuning both layers"),
    ACCURACY("acc_full_nopt", "the same without pretraining"),
    {"full_gain", NULL, "their difference, at least this", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, -1, 1},
    {0}};

/* Orders only: what a smaller early layer, or pretraining, adds is at least 0. */
static assay_status relu(assay_call *call) {
  for (int o = O_PROBE; o < O_FULL_GAIN; o++) assay_absent(call, o, "no theory of this network; the claim orders its values");
  assay_put(call, O_FULL_GAIN, 0, 0, 0);
  return ASSAY_OK;
}

/* Quick runs a smaller network on fewer images; n_1 = 32 replicates decide a median. */
static const assay_leg relu_legs[] = {{.experiment = &finetune_diagonal_relu_images,
                                       .points = POINTS("P: pair=2-6 lambda=-.9,.99"),
                                       .sizes = {"images=1000 pixels=49", "images=4000", "images=4000"},
                                       .first = {32, 32, 32},
                                       .looks = {3, 3, 3}},
                                      {.experiment = &finetune_diagonal_relu_images,
                                       .points = POINTS("Q: pair=4-6 lambda=-.9,.99"),
                                       .sizes = {NULL, "images=4000", "images=4000"},
                                       .first = {32, 32, 32},
                                       .looks = {3, 3, 3}},
                                      {.experiment = &finetune_diagonal_relu_images,
                                       .points = POINTS("F: pair=2-6 lambda=-.99,-.9,0,.9,.99"),
                                       .sizes = {NULL, NULL, "images=4000 full_draws=3"},
                                       .first = {32, 32, 32},
                                       .looks = {3, 3, 4}},
                                      {0}};

#define REASON_ORDER "an order, paired over splits and starts; the median needs no law of the differences"
static const assay_target relu_targets[] = {
    {.name = "gain",
     .title = "a small early layer is reused more",
     .points = "P:lambda=-0.9,Q:lambda=-0.9",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .against = "lambda=0.99",
     .side = 1,
     .margin = ALL_TIERS({.bias = -.02}),
     .reason = "more than .02 (measured: .046 and .050); " REASON_ORDER},
    {.name = "acc_probe_nopt",
     .title = "no more without pretraining",
     .points = "P:lambda=-0.9,Q:lambda=-0.9",
     .estimand = ASSAY_EXACT,
     .against = "lambda=0.99",
     .side = -1,
     .margin = ALL_TIERS({.bias = 1e-4}),
     .reason = "the probe does not see the scale of a fresh layer; an image at the border may fall either way in rounding"},
    {.name = "acc_probe_nopt",
     .title = "no less without pretraining",
     .points = "P:lambda=-0.9,Q:lambda=-0.9",
     .estimand = ASSAY_EXACT,
     .against = "lambda=0.99",
     .side = 1,
     .margin = ALL_TIERS({.bias = 1e-4}),
     .reason = "the probe does not see the scale of a fresh layer; an image at the border may fall either way in rounding"},
    {.name = "acc_full",
     .title = "a small early layer fine-tunes better",
     .points = "F:lambda=-0.9",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .against = "lambda=0.9",
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = REASON_ORDER},
    {.name = "full_gain",
     .title = "pretraining helps",
     .points = "F",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = REASON_ORDER},
    {0}};

static const assay_control relu_controls[] = {{.name = "the reverse",
                                               .mistake = "a large early layer is reused more",
                                               .targets = "a small early layer is reused more",
                                               .reversed = true},
                                              {.name = "frozen at the start",
                                               .mistake = "the probe reads the early layer as it was before pretraining",
                                               .targets = "a small early layer is reused more",
                                               .change = "early=start"},
                                              {.name = "the reverse (full)",
                                               .mistake = "a large early layer fine-tunes better, pretraining harms",
                                               .targets = "a small early layer fine-tunes better,pretraining helps",
                                               .tiers = 1u << ASSAY_DEEP,
                                               .reversed = true},
                                              {0}};

const assay_claim finetune_diagonal_relu_fashion_claim = {
    .id = "finetune-diagonal/relu-fashion",
    .kinds = "order",
    .statement = "On images, a readout on the frozen early layer gains more from pretraining when the early layer started small.",
    .source = "arXiv 2602.20062, in place of its CIFAR-100 experiment; an order measured here and no theorem",
    .data = "fashion-mnist",
    .params = relu_params,
    .observables = relu_observables,
    .predict = relu,
    .legs = relu_legs,
    .targets = relu_targets,
    .controls = relu_controls};
