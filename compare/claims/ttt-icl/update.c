/* The step is a rank-one update; the pretrained weight. */
#include <math.h>
#include <stdlib.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

/* ---- ttt-icl/rank-one-update ---- */

static const assay_param update_params[] = {PARAM_N, PARAM_K, PARAM_D, {0}};
static const assay_observable update_observables[] = {
    {"gradient_error", NULL, "step against difference quotients of the loss, relative", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"rank_ratio", NULL, "second singular value of the update over the first", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"prediction_error", NULL, "x.W_TT h' - x.W h' - s (x.g)(h.h'), relative", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status nothing(assay_call *call) {
  for (int i = 0; i < 3; i++) assay_put(call, i, 0, 0, 0);
  return ASSAY_OK;
}

static const assay_leg update_legs[] = {{.experiment = &ttt_icl_step_run,
                                         .points = POINTS("U1: n=12 k=7 d=5", "U2: n=10 k=30 d=12", "U3: n=30 k=20 d=20"),
                                         .sizes = {"", "", ""},
                                         .first = {64, 256, 1024},
                                         .looks = {1, 1, 1}},
                                        {0}};

static const assay_target update_targets[] = {
    {.name = "gradient_error",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-8, 1e-8, 1e-8),
     .reason = "rounding of the quotients at width 1e-5 (about 1e-10)"},
    {.name = "rank_ratio", .estimand = ASSAY_EXACT, .margin = FIXED(1e-12, 1e-12, 1e-12), .reason = "rounding"},
    {.name = "prediction_error",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-11, 1e-11, 1e-11),
     .reason = "rounding, d^2 terms that may cancel"},
    {0}};

static const assay_control update_controls[] = {
    {.name = "factor two", .mistake = "s is the step size instead of twice it", .targets = "gradient_error", .change = "factor=.5"},
    {.name = "mean loss",
     .mistake = "the loss is averaged over the targets instead of summed",
     .targets = "gradient_error",
     .change = "loss=mean"},
    {0}};

const assay_claim ttt_icl_rank_one_update_claim = {
    .id = "ttt-icl/rank-one-update",
    .kinds = "identity",
    .statement =
        "One gradient step on the summed loss adds the rank-one matrix s X_k'(y_k - X_k W h) h' to the weight, s twice the step size.",
    .source = "arXiv 2503.11842, the one-step update",
    .params = update_params,
    .observables = update_observables,
    .predict = nothing,
    .legs = update_legs,
    .targets = update_targets,
    .controls = update_controls};

/* ---- ttt-icl/pretrained-weight ---- */

static const assay_param weight_params[] = {
    PARAM_N, PARAM_SIGMA2, {"s", NULL, "variances of the task's coordinates, whitened", ASSAY_REALS, 0, NULL, "[0,inf)", NULL}, {0}};
enum { O_L_PRE, O_W, O_OFFDIAG };
static const assay_observable weight_observables[] = {
    {"L_pre", NULL, "least pretraining risk", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"w", NULL, "diagonal of the best weight", "s", ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"offdiag_rms", NULL, "rms of its other entries", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status weight_with(assay_call *call, ttt_icl_mistake mistake) {
  int d;
  const double *s = assay_list(call, "s", &d);
  double *w = assay_alloc(call, (size_t)d * sizeof *w);
  assay_value L_pre;
  if (!w) return ASSAY_NO_MEMORY;
  assay_status status =
      ttt_icl_pretrained(assay_real(call, "n"), assay_real(call, "sigma2"), d, s, mistake, w, &L_pre, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, O_L_PRE, L_pre);
  for (int i = 0; i < d; i++) assay_put(call, O_W, i, w[i], 4e-16 * w[i]);
  assay_put(call, O_OFFDIAG, 0, 0, 0);
  return ASSAY_OK;
}

static assay_status weight(assay_call *call) {
  return weight_with(call, TTT_ICL_RIGHT);
}
static assay_status weight_no_noise(assay_call *call) {
  return weight_with(call, TTT_ICL_NO_NOISE);
}
static assay_status weight_n(assay_call *call) {
  return weight_with(call, TTT_ICL_N_FOR_N_PLUS_1);
}

static assay_status arrange_weight(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  int d;
  const double *s = assay_list(claim, "s", &d);
  double *w = assay_alloc(claim, (size_t)d * sizeof *w);
  if (!w) return ASSAY_NO_MEMORY;
  assay_status status =
      ttt_icl_pretrained(assay_real(claim, "n"), assay_real(claim, "sigma2"), d, s, TTT_ICL_RIGHT, w, NULL, assay_call_error(claim));
  for (int i = 0; i < d; i++) w[i] = ttt_icl_rounded(w[i]);
  return status == ASSAY_OK ? assay_set_list(sim, "w", w, d) : status;
}

static assay_status ratio(const assay_sample *s, double *out) {
  *out = s->value[0] / s->value[1];
  return ASSAY_OK;
}

/* s linear from 2 to .1, normalised to sum 1. */
#define EIGHT "s=.238095238095,.205782312925,.173469387755,.141156462585,.108843537415,.076530612245,.044217687075,.011904761905"
static const assay_leg weight_legs[] = {{.experiment = &ttt_icl_pretraining_run,
                                         .arrange = arrange_weight,
                                         .points = POINTS("P: n=12 sigma2=.2 " EIGHT),
                                         .sizes = {"prompts=1000", "prompts=10000", "prompts=50000"},
                                         .first = {128, 128, 128},
                                         .looks = {3, 3, 6}},
                                        {0}};

static const assay_target weight_targets[] = {
    {.name = "L_pre",
     .records = "risk",
     .margin = FIXED(.006, .0015, 3e-4),
     .reason = "one prompt has sd .29: 10 sd/sqrt(all prompts) is .004, .0013, 2e-4"},
    {.name = "w",
     .records = "bh,hh",
     .estimand = ASSAY_SMOOTH,
     .reduce = ratio,
     .predict = weight,
     .margin = RELATIVE(.06, .015, .005),
     .reason = "relative se at 1e5 prompts: w1 .28 %, w8 .94 %; 10 of them at all prompts"},
    {.name = "offdiag_rms",
     .records = "offdiag_product",
     .margin = FIXED(1e-5, 1e-6, 1e-6),
     .reason =
         "10 sd of the mean square at n_max, and less: rms below .003, .001, .001; estimated without bias from two halves of the prompts"},
    {0}};

static const assay_control weight_controls[] = {
    {.name = "noise dropped",
     .mistake = "T = sum s instead of sum s + sigma2",
     .targets = "w",
     .points = "P:w8",
     .predict = weight_no_noise},
    {.name = "n for n + 1", .mistake = "w = s/(n s + T)", .targets = "w", .points = "P:w1", .tiers = 1u << ASSAY_DEEP, .predict = weight_n},
    {0}};

const assay_claim ttt_icl_pretrained_weight_claim = {
    .id = "ttt-icl/pretrained-weight",
    .kinds = "identity",
    .statement = "The pretraining risk is least at the diagonal weight w_i = s_i/((n+1) s_i + T), T = sum s + sigma2.",
    .source = "Ahn et al. 2023; Zhang, Frei, Bartlett 2024; Mahankali et al. 2024; used in arXiv 2503.11842",
    .params = weight_params,
    .observables = weight_observables,
    .predict = weight,
    .legs = weight_legs,
    .targets = weight_targets,
    .controls = weight_controls};
