/* What the claims of Iurada, Bombari, Tommasi and Mondelli (arXiv 2509.22214) share. The mathematics stands in
 * theory/data-reconstruction/data-reconstruction.h. */
#ifndef ASSAY_COMPARE_CLAIMS_DATA_RECONSTRUCTION_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_DATA_RECONSTRUCTION_CLAIMS_H

#include "compare/claim.h"
#include "theory/data-reconstruction/data-reconstruction.h"

extern const assay_claim data_reconstruction_kernel_limit_claim, data_reconstruction_label_fit_threshold_claim,
    data_reconstruction_residual_schur_claim, data_reconstruction_identification_profile_claim,
    data_reconstruction_identification_curvature_claim, data_reconstruction_sign_ambiguity_claim,
    data_reconstruction_duplicate_exclusion_claim, data_reconstruction_parameter_count_rank_claim,
    data_reconstruction_multi_output_count_claim, data_reconstruction_unrecoverable_fraction_claim,
    data_reconstruction_noise_amplification_claim, data_reconstruction_zero_loss_dichotomy_claim,
    data_reconstruction_loss_kernel_limit_claim, data_reconstruction_reconstruction_success_claim,
    data_reconstruction_span_point_threshold_claim, data_reconstruction_network_reconstruction_claim,
    data_reconstruction_fashion_mnist_claim;

/* clang-format off */
#define INTEGER(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_INTEGER, role, NULL, domain, preset}
#define REAL(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_REAL, role, NULL, domain, preset}
#define PARAM_ACT(words) {"act", NULL, "activation", ASSAY_WORD, 0, words, NULL, "relu+erf"}
/* clang-format on */

activation data_reconstruction_act_of(const assay_call *call);

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }
#define LATER (1u << ASSAY_STANDARD | 1u << ASSAY_DEEP)

static inline void claim_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

#endif
