/* What the claims of Gozeten, Ildiz, Zhang, Soltanolkotabi, Mondelli and Oymak (arXiv 2503.11842) share. The mathematics stands in
 * theory/ttt-icl/ttt-icl.h. */
#ifndef ASSAY_COMPARE_CLAIMS_TTT_ICL_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_TTT_ICL_CLAIMS_H

#include <math.h>

#include "compare/claim.h"
#include "theory/ttt-icl/ttt-icl.h"

extern const assay_claim ttt_icl_rank_one_update_claim, ttt_icl_pretrained_weight_claim, ttt_icl_loss_parabola_claim,
    ttt_icl_isotropic_limit_claim, ttt_icl_cold_start_exact_claim, ttt_icl_context_exponent_claim, ttt_icl_context_nonmonotone_claim,
    ttt_icl_cold_warm_crossover_claim, ttt_icl_alignment_claim, ttt_icl_distribution_shift_claim, ttt_icl_shared_context_claim,
    ttt_icl_k_for_risk_claim, ttt_icl_multi_step_claim, ttt_icl_tabular_attention_claim;

/* clang-format off */
#define PARAM_N {"n", NULL, "context length", ASSAY_INTEGER, 0, NULL, "[1,2147483647]", NULL}
#define PARAM_K {"k", NULL, "labelled targets", ASSAY_INTEGER, 0, NULL, "[1,2147483647]", NULL}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, 0, NULL, "[2,2147483647]", NULL}
#define PARAM_SIZE_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", ""}
#define PARAM_SIGMA2 {"sigma2", NULL, "variance of the label noise", ASSAY_REAL, 0, NULL, "[0,inf)", "0"}
#define PARAM_START {"start", NULL, "weight before the step: the pretrained one, or 0", ASSAY_WORD, 0, "warm|cold", NULL, "warm"}
#define PARAM_ALPHA {"alpha", NULL, "context length over dimension, n/d", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_GAMMA {"gamma", NULL, "targets over dimension, k/d", ASSAY_REAL, 0, NULL, "(0,inf]", NULL}
#define PARAM_DRAWS {"draws", NULL, "draws averaged in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]", "1"}
/* clang-format on */

static inline void ttt_icl_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* The sd of a replicate: the mean of the call's draws, of which one has sd `one`/sqrt(d). */
static inline void ttt_icl_put_spread(assay_call *call, int observable, double one) {
  assay_put(call, observable, 0, one / sqrt(assay_real(call, "d") * assay_real(call, "draws")), 0);
}

/* A value that may not exist at this point: puts it, or says why it is absent. A status that is neither OK nor DOMAIN is passed on. */
assay_status ttt_icl_put_or_absent(assay_call *call, int observable, assay_status status, assay_value value, assay_error *why);

/* A number that the theory supplies to a simulation, to 9 digits, so that it names the same run on every machine. */
double ttt_icl_rounded(double x);

/* The weights and best steps of an isotropic simulation at n, k, d, sigma2 into `sim`: c, step (warm), cold_step, shared_step (from the
 * warm start, or with `cold` from W = 0), as far as its table has them. */
assay_status ttt_icl_set_isotropic(assay_call *sim, double n, double k, double d, double sigma2, bool cold);
/* The same for the rungs of a ladder: n, k [rungs]. Sets the lists n, k, c, step, cold_step. */
assay_status ttt_icl_set_ladder(assay_call *sim, int rungs, const double *n, const double *k, double d, double sigma2);

/* ---- fits ---- */

/* Coefficients [degree + 1] of the least-squares polynomial of y on x, constant first. false: singular. */
bool ttt_icl_fit(const double *x, const double *y, int count, int degree, double *coefficients);
/* The zero of a polynomial nearest to x = 0, by Newton. NaN: none was found. */
double ttt_icl_zero(const double *coefficients, int degree);

/* ---- predictions and reductions that several claims use ---- */

assay_status ttt_icl_difference(const assay_sample *s, double *out); /* value[0] - value[1] */

/* ---- tables ---- */

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }
#define FIXED(quick, standard, deep)                                                                                                       \
  {                                                                                                                                        \
    {.bias = quick}, {.bias = standard}, {                                                                                                 \
      .bias = deep                                                                                                                         \
    }                                                                                                                                      \
  }
#define RELATIVE(quick, standard, deep)                                                                                                    \
  {                                                                                                                                        \
    {.relative = quick}, {.relative = standard}, {                                                                                         \
      .relative = deep                                                                                                                     \
    }                                                                                                                                      \
  }

/* Margins of a risk: the theory is exact at the simulated size, so there is no bias. */
#define TEN_SD ALL_TIERS({.deviations = 10})
#define REASON_TEN_SD "no bias; 10 sd/sqrt(n_max), sd by pilots"

#endif
