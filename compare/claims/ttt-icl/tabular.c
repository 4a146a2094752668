/* Real data: what test-time training is worth in context examples. */
#include <math.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

static const assay_param tabular_params[] = {
    {"data", NULL, "the data set", ASSAY_WORD, 0, "digits|fashion", NULL, "digits"},
    {"model", NULL, "softmax or linear attention", ASSAY_WORD, 0, "soft|lin", NULL, "soft"},
    {"n", NULL, "context length", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,4000]", "100"}, {0}};
enum { T_ICL, T_TTT, T_GAIN, T_SAVING };
static const assay_observable tabular_observables[] = {
    {"a_ICL", NULL, "test accuracy of the pretrained classifier with a context of n", NULL, ASSAY_MEASURED, 0, 1},
    {"a_TTT", NULL, "the same after test-time training", NULL, ASSAY_MEASURED, 0, 1},
    {"gain", NULL, "a_TTT(n) - a_ICL(m n), m = 2 (soft), 4 (lin); at least 0: TTT saves more than the factor m", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, -1, 1},
    {"S", NULL, "context length without training of the accuracy at n = 100 with it, over 100; at most 8, where the curve ends", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status at_least(assay_call *call) {
  assay_put(call, T_GAIN, 0, 0, 0);
  for (int i = 0; i < 4; i++)
    if (i != T_GAIN) assay_absent(call, i, "no theory gives accuracies on real data; they are measured");
  return ASSAY_OK;
}

/* value: a_ICL, a_TTT at each n. The length at which the running maximum of a_ICL, interpolated in log n, reaches a_TTT(100). */
static assay_status saving(const assay_sample *s, double *out) {
  double wanted = NAN, before = 0, highest = 0;
  for (int i = 0; i < s->groups; i += 2)
    if (s->axis[i] == 100) wanted = s->value[i + 1];
  *out = s->axis[s->groups - 2] / 100; /* censored */
  for (int i = 0; i < s->groups; i += 2, before = highest) {
    highest = fmax(highest, s->value[i]);
    if (highest < wanted || i == 0) continue;
    const double part = highest > before ? (wanted - before) / (highest - before) : 0;
    *out = s->axis[i - 2] * pow(s->axis[i] / s->axis[i - 2], part) / 100;
    return ASSAY_OK;
  }
  return isfinite(wanted) ? ASSAY_OK : ASSAY_NUMERIC;
}

#define CURVE " n=25,50,100,200,400,800"
static const assay_leg tabular_legs[] = {{.experiment = &ttt_icl_tabular_run,
                                          .points = POINTS("DL: data=digits model=lin n=100"),
                                          .sizes = {"", "", ""},
                                          .first = {32, 32, 128},
                                          .looks = {3, 3, 1}},
                                         {.experiment = &ttt_icl_tabular_run,
                                          .points = POINTS("DS: data=digits model=soft n=100", "FS: data=fashion model=soft n=100"),
                                          .sizes = {NULL, "", ""},
                                          .first = {32, 32, 128},
                                          .looks = {3, 3, 1}},
                                         {.experiment = &ttt_icl_tabular_run,
                                          .points = POINTS("SDL: data=digits model=lin" CURVE),
                                          .sizes = {"", "", ""},
                                          .first = {32, 32, 128},
                                          .looks = {1, 1, 1}},
                                         {.experiment = &ttt_icl_tabular_run,
                                          .points = POINTS("SDS: data=digits model=soft" CURVE, "SFS: data=fashion model=soft" CURVE),
                                          .sizes = {NULL, "", ""},
                                          .first = {32, 32, 128},
                                          .looks = {1, 1, 1}},
                                         {0}};
static const assay_target tabular_targets[] = {
    {.name = "gain",
     .points = "DL,DS,FS",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .side = 1,
     .margin = FIXED(0, 0, 0),
     .reason = "a median over splits: no bias, no moments"},
    {.name = "S",
     .title = "S(100)",
     .records = "a_ICL,a_TTT",
     .points = "S*",
     .along = "n",
     .estimand = ASSAY_SMOOTH,
     .reduce = saving,
     .exploratory = true,
     .reason = "to stand beside the paper's 3 to 5"},
    {.name = "a_ICL", .points = "S*", .exploratory = true, .reason = "accuracies have no theory"},
    {.name = "a_TTT", .points = "S*", .exploratory = true, .reason = "accuracies have no theory"},
    {0}};
static const assay_control tabular_controls[] = {{.name = "shuffled labels",
                                                  .mistake = "the targets' labels mean nothing (100 steps)",
                                                  .targets = "gain",
                                                  .points = "DL,DS,FS",
                                                  .change = "labels=shuffled steps=100"},
                                                 {0}};
static const assay_figure tabular_figures[] = {{.title = "Test accuracy against context length, with and without test-time training",
                                                .x = "n",
                                                .x_label = "context length n",
                                                .y = "a_ICL,a_TTT",
                                                .y_label = "accuracy",
                                                .points = "S*",
                                                .flags = ASSAY_LOG_X},
                                               {0}};
const assay_claim ttt_icl_tabular_attention_claim = {
    .id = "ttt-icl/tabular-attention",
    .kinds = "order",
    .statement =
        "On images an attention classifier trained at test time needs less than half (softmax) or a quarter (linear) of the context.",
    .source = "stand-in for the TabPFN experiment of arXiv 2503.11842",
    .data = "digits,fashion-mnist",
    .params = tabular_params,
    .observables = tabular_observables,
    .predict = at_least,
    .legs = tabular_legs,
    .targets = tabular_targets,
    .controls = tabular_controls,
    .figures = tabular_figures};
