/* What the claims of Kovacevic, Zhang and Mondelli (arXiv 2502.01583) share. The mathematics stands in
 * theory/multi-index-spectral/multi-index-spectral.h. */
#ifndef ASSAY_COMPARE_CLAIMS_MULTI_INDEX_SPECTRAL_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_MULTI_INDEX_SPECTRAL_CLAIMS_H

#include "compare/claim.h"
#include "theory/multi-index-spectral/multi-index-spectral.h"

extern const assay_claim multi_index_spectral_bulk_edge_claim, multi_index_spectral_outlier_location_claim, multi_index_spectral_overlap_claim,
    multi_index_spectral_overlap_direction_claim, multi_index_spectral_phase_transition_claim, multi_index_spectral_optimal_threshold_claim,
    multi_index_spectral_threshold_optimality_claim, multi_index_spectral_optimal_overlap_claim, multi_index_spectral_no_recovery_claim,
    multi_index_spectral_eigenvalue_fluctuation_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAMS_LAW_AND_PRE_OF(words) \
  {"model", NULL, "see model/multi-index-spectral.h", ASSAY_WORD, 0, "phase|mixed|product|norm|parity|polar|wedge", NULL, NULL}, \
  {"alpha", NULL, "share of the first component (mixed)", ASSAY_REAL, 0, NULL, "(0,1)", "0.5"}, \
  {"c", NULL, "cosine of the two signals (mixed)", ASSAY_REAL, 0, NULL, "(-1,1)", "0"}, \
  {"sigma", NULL, "noise (mixed)", ASSAY_REAL, 0, NULL, "[0,inf)", "0"}, \
  {"p", NULL, "signals (norm, parity)", ASSAY_INTEGER, 0, NULL, "[1,8]", "2"}, \
  {"K", NULL, "equal classes of the angle mod pi (wedge)", ASSAY_INTEGER, 0, NULL, "[2,15]", "3"}, \
  {"edges", NULL, "of the classes from 0 to pi, in place of K (wedge)", ASSAY_REALS, 0, NULL, "[0,3.15]", ""}, \
  {"q", NULL, "inner ring r^2 < q (polar)", ASSAY_REAL, 0, NULL, "(0,inf)", "3"}, \
  {"e_in", NULL, "edges of the inner cells (polar)", ASSAY_REALS, 0, NULL, "[0,3.15]", ""}, \
  {"e_out", NULL, "edges of the outer cells (polar)", ASSAY_REALS, 0, NULL, "[0,3.15]", ""}, \
  {"T", NULL, "preprocessing", ASSAY_WORD, ASSAY_PAIRED, words, NULL, "Td"}, \
  {"table", NULL, "T of every class", ASSAY_REALS, ASSAY_PAIRED, NULL, NULL, ""}, \
  {"a", NULL, "tanh(a y)", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "1"}, \
  {"t", NULL, "cap, subset", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "1"}
#define PARAMS_LAW_AND_PRE PARAMS_LAW_AND_PRE_OF("id|table|tanh|cap|subset|Td|Topt|Topt20")
#define PARAM_DELTA {"delta", NULL, "samples over dimension, n/d", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_K {"k", NULL, "eigenvalue, from the right", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,8]", "1"}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,inf)", ""}
/* clang-format on */

/* A call's model and preprocessing; edges of K equal classes are put into the call's memory. */
assay_status claim_model(assay_call *call, multi_index_model *model, multi_index_preprocessing *T);
/* Edge and eigenvalue k at the call's delta. */
assay_status claim_spectrum(assay_call *call, int k, multi_index_result *result);
/* n = round(delta d), the realised delta = n/d, and the direction and scale of T there. */
assay_status multi_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised);

static inline void claim_value(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

#define CONSTANT(name, observable, value) \
  static assay_status name(assay_call *call) { \
    assay_put(call, observable, 0, value, 0); \
    return ASSAY_OK; \
  }

/* ---- points ---- */

#define ANGLES " e_in=0,1.570796326794897,3.141592653589793 e_out=0,.8,1.9,3.141592653589793"
#define POLAR "model=polar q=3" ANGLES " T=table table=-.8,-.2,.9,1,.7 delta=6"
#define ROTATED "model=polar q=4" ANGLES " T=table table=-.3,-.9,0,.4,1 delta=4"

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...) {__VA_ARGS__, __VA_ARGS__, __VA_ARGS__}

#endif
