/* What the claims of Kovacevic, Ji, Wu, Soltanolkotabi and Mondelli (arXiv 2602.02431) share. The mathematics stands in
 * theory/single-index-gd/single-index-gd.h. */
#ifndef ASSAY_COMPARE_CLAIMS_SINGLE_INDEX_GD_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_SINGLE_INDEX_GD_CLAIMS_H

#include "compare/claim.h"
#include "theory/single-index-gd/single-index-gd.h"

extern const assay_claim single_index_gd_flow_is_power_iteration_claim, single_index_gd_bbp_truncated_claim,
    single_index_gd_bbp_threshold_claim, single_index_gd_quadratic_overlap_claim, single_index_gd_quadratic_log_threshold_claim,
    single_index_gd_truncated_flow_overlap_claim, single_index_gd_noise_spike_claim, single_index_gd_sgd_trajectory_claim,
    single_index_gd_sgd_hitting_time_claim, single_index_gd_separation_claim, single_index_gd_squared_population_claim,
    single_index_gd_search_time_claim, single_index_gd_local_contraction_claim, single_index_gd_exact_recovery_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAM_LINK_OF(words, preset) \
  {"link", NULL, "sigma: z^2, min(z^2, M), or cut smoothly between M and 2M", ASSAY_WORD, 0, words, NULL, preset}, \
  {"M", NULL, "where the link is cut; quad: ignored", ASSAY_REAL, 0, NULL, "(0,inf)", "8"}
#define PARAM_LINK PARAM_LINK_OF("quad|hard|smooth", "hard")
#define PARAM_TRUNCATED PARAM_LINK_OF("hard|smooth", "hard")
#define PARAM_DELTA {"delta", NULL, "samples over dimension, n/d", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,inf)", ""}
#define PARAM_FINITE_D {"d", NULL, "dimension", ASSAY_REAL, ASSAY_SIZE, NULL, "[8,inf)", NULL}
#define PARAM_STEP(preset) {"eta", NULL, "step size", ASSAY_REAL, 0, NULL, "(0,inf)", preset}
/* clang-format on */

single_index_link claim_link(const assay_call *call);

/* n = round(delta d); sets the simulation's n and the realised delta = n/d. */
assay_status single_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised);

static inline void claim_value(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* A constant in the place of an observable: what a wrong theory says, or a bound. */
#define CONSTANT(name, observable, value)                                                                                                  \
  static assay_status name(assay_call *call) {                                                                                             \
    assay_put(call, observable, 0, value, 0);                                                                                              \
    return ASSAY_OK;                                                                                                                       \
  }

/* ---- tables ---- */

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

#endif
