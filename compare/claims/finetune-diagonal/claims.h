/* What the claims of Anguita et al. (arXiv 2602.20062) share. The mathematics stands in theory/finetune-diagonal/finetune-diagonal.h. */
#ifndef ASSAY_COMPARE_CLAIMS_FINETUNE_DIAGONAL_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_FINETUNE_DIAGONAL_CLAIMS_H

#include "compare/claim.h"
#include "theory/finetune-diagonal/finetune-diagonal.h"

extern const assay_claim finetune_diagonal_conserved_quantities_claim, finetune_diagonal_pretraining_bias_claim,
    finetune_diagonal_pretrained_features_claim, finetune_diagonal_finetuning_bias_claim, finetune_diagonal_penalty_shape_claim,
    finetune_diagonal_pretraining_error_claim, finetune_diagonal_finetuning_error_claim, finetune_diagonal_pipeline_error_claim,
    finetune_diagonal_lazy_limit_claim, finetune_diagonal_rich_threshold_claim, finetune_diagonal_rich_rate_claim,
    finetune_diagonal_regime_dominance_claim, finetune_diagonal_layer_scale_order_claim, finetune_diagonal_relu_fashion_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAM_C(role) {"c", NULL, "absolute scale u0^2 + v0^2 of the start", ASSAY_REAL, role, NULL, "(0,inf)", NULL}
#define PARAM_LAMBDA(role) {"lambda", NULL, "relative scale (u0^2 - v0^2)/c; -1: small early layer", ASSAY_REAL, role, NULL, "[-1,1]", "0"}
#define PARAM_GAMMA(role) {"gamma", NULL, "readout at the start of fine-tuning", ASSAY_REAL, role, NULL, "[0,inf)", NULL}
#define PARAM_RESET \
  {"reset", NULL, "early layer before fine-tuning: u+ + u-, root mean square, unchanged", ASSAY_WORD, 0, "sum|rms|keep", NULL, "sum"}
#define PARAMS_INIT(role) PARAM_C(role), PARAM_LAMBDA(role), PARAM_GAMMA(role), PARAM_RESET
#define PARAM_SHARE(name, doc) {name, NULL, doc, ASSAY_REAL, 0, NULL, "[0,1]", "0"}
#define PARAMS_TASK \
  PARAM_SHARE("rho_both", "fraction active in both teachers"), PARAM_SHARE("rho_pt", "in pretraining only"), \
  PARAM_SHARE("rho_ft", "in fine-tuning only"), \
  {"m_pt", NULL, "active value in pretraining", ASSAY_REAL, 0, NULL, NULL, NULL}, \
  {"m_ft", NULL, "active value in fine-tuning", ASSAY_REAL, 0, NULL, NULL, NULL}
#define PARAM_ALPHA(name, doc) {name, NULL, doc, ASSAY_REAL, 0, NULL, "(0,1)", NULL}
#define PARAM_NOISE(name, stage) {name, NULL, "variance of the label noise in " stage, ASSAY_REAL, 0, NULL, "[0,inf)", "0"}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,100000]", ""}
/* clang-format on */

/* c, lambda, gamma and reset of a call, as far as its table has them. */
finetune_diagonal_init finetune_diagonal_init_of(const assay_call *call);
finetune_diagonal_task finetune_diagonal_task_of(const assay_call *call);

/* round(share d)/d. */
double finetune_diagonal_realised_share(double share, double d);
/* Sets a simulation's whole number of samples round(alpha d) and the realised alpha. */
assay_status finetune_diagonal_set_samples(assay_call *claim, assay_call *sim, assay_call *realised, const char *alpha, const char *n);
/* n_ft and the three class counts; for the claims on fine-tuning. */
assay_status finetune_diagonal_arrange_finetuning(assay_call *claim, assay_call *sim, assay_call *realised);

/* E of fine-tuning at a call's point with alpha_ft, INIT, TASK and noise_ft. */
assay_status finetune_diagonal_finetuning_of(assay_call *call, finetune_diagonal_mistake mistake, finetune_diagonal_error *result);

/* The least-squares slope of the groups' values on their axis, or of both logarithms, all with the same weight. */
assay_status finetune_diagonal_slope(const assay_sample *sample, bool log_x, bool log_y, double *slope);

static inline void claim_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* ---- points ---- */

#define M_PT "2.23606797749979" /* 1/sqrt(.2) */
#define TASK_NESTED " rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=" M_PT " m_ft=5"
#define TASK_REUSE " rho_both=.2 rho_pt=0 rho_ft=0 m_pt=" M_PT " m_ft=" M_PT
#define TASK_NEWSPARSE " rho_both=0 rho_pt=.2 rho_ft=.04 m_pt=" M_PT " m_ft=5"
#define TASK_NEWDENSE " rho_both=.2 rho_pt=0 rho_ft=.8 m_pt=" M_PT " m_ft=1"
#define TASK_MIXED " rho_both=.06 rho_pt=.14 rho_ft=.04 m_pt=" M_PT " m_ft=3.1622776601683795"
#define PI_LAZY " c=100 lambda=0 gamma=1"
#define PD_LAZY " c=1e-3 lambda=.98 gamma=.1"
#define PI_RICH " c=1 lambda=-.999999 gamma=1e-3"
#define PD_RICH " c=1e-6 lambda=-.998 gamma=1e-4"

/* ---- tables ---- */

/* The prediction `name`: with(call, mistake). */
#define PREDICTS(name, with, mistake)                                                                                                      \
  static assay_status name(assay_call *call) {                                                                                             \
    return with(call, FINETUNE_DIAGONAL_##mistake);                                                                                        \
  }

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

/* Bias as a multiple of E/d, measured at d = 40 to 400, and ten standard deviations of the mean at the last look. */
#define MARGIN(multiple) ALL_TIERS({.over_size = multiple, .deviations = 10})
#define REASON(multiple) "bias " #multiple " E/d (measured: d = 40 to 400) + 10 sd/sqrt(n_max)"

#endif
