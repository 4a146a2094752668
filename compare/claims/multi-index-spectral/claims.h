/* What the claims of Kovacevic, Zhang and Mondelli (arXiv 2502.01583) share. The mathematics stands in
 * theory/multi-index-spectral/multi-index-spectral.h. */
#ifndef ASSAY_COMPARE_CLAIMS_MULTI_INDEX_SPECTRAL_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_MULTI_INDEX_SPECTRAL_CLAIMS_H

#include "compare/claim.h"
#include "theory/multi-index-spectral/multi-index-spectral.h"

extern const assay_claim multi_index_spectral_bulk_edge_claim, multi_index_spectral_outlier_location_claim,
    multi_index_spectral_overlap_claim, multi_index_spectral_overlap_direction_claim, multi_index_spectral_phase_transition_claim,
    multi_index_spectral_optimal_threshold_claim, multi_index_spectral_threshold_optimality_claim,
    multi_index_spectral_optimal_overlap_claim, multi_index_spectral_no_recovery_claim, multi_index_spectral_eigenvalue_fluctuation_claim,
    multi_index_spectral_secular_matrix_claim, multi_index_spectral_scalar_gap_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAMS_LAW_AND_PRE_OF(words) MULTI_INDEX_LAW_PARAMS, MULTI_INDEX_T_PARAMS(words, "Td")
#define PARAMS_LAW_AND_PRE PARAMS_LAW_AND_PRE_OF(MULTI_INDEX_T_WORDS)
#define PARAM_DELTA {"delta", NULL, "samples over dimension, n/d", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_K {"k", NULL, "eigenvalue, from the right", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,8]", "1"}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,inf)", ""}
/* clang-format on */

/* Edge and eigenvalue k at the call's delta. */
assay_status claim_spectrum(assay_call *call, int k, multi_index_result *result);
/* n = round(delta d), the realised delta = n/d, and the direction and scale of T there. */
assay_status multi_index_arrange_data(assay_call *claim, assay_call *sim, assay_call *realised);
/* The same, and the control variates of the eigenvalues asked for. */
assay_status multi_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised);

static inline void claim_value(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

#define CONSTANT(name, observable, value)                                                                                                  \
  static assay_status name(assay_call *call) {                                                                                             \
    assay_put(call, observable, 0, value, 0);                                                                                              \
    return ASSAY_OK;                                                                                                                       \
  }

/* ---- points ---- */

#define ANGLES " e_in=0,1.570796326794897,3.141592653589793 e_out=0,.8,1.9,3.141592653589793"
#define POLAR "model=polar q=3" ANGLES " T=table table=-.8,-.2,.9,1,.7 delta=6"
#define ROTATED "model=polar q=4" ANGLES " T=table table=-.3,-.9,0,.4,1 delta=4"

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

#endif
