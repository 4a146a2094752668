/* What the claims of Súkeník, Lampert and Mondelli (arXiv 2505.15239) share. The mathematics stands in
 * theory/neural-collapse/neural-collapse.h. */
#ifndef ASSAY_COMPARE_CLAIMS_NEURAL_COLLAPSE_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_NEURAL_COLLAPSE_CLAIMS_H

#include <string.h>

#include "compare/claim.h"
#include "model/neural-collapse.h"
#include "theory/neural-collapse/neural-collapse.h"

extern const assay_claim neural_collapse_gufm_ce_optimum_claim, neural_collapse_gufm_mse_optimum_claim, neural_collapse_ufm_threshold_claim,
    neural_collapse_gufm_growth_bound_claim, neural_collapse_resnet_depth_law_claim, neural_collapse_nc1_rate_claim,
    neural_collapse_transport_exponent_claim, neural_collapse_transport_identity_claim, neural_collapse_gufm_reduction_claim,
    neural_collapse_two_matrix_blocks_claim, neural_collapse_transformer_depth_law_claim, neural_collapse_equal_energy_claim,
    neural_collapse_fmnist_depth_claim, neural_collapse_text_transformer_depth_claim;

/* clang-format off */
#define PARAM_K {"K", NULL, "classes", ASSAY_INTEGER, 0, NULL, "[2,1000000]", NULL}
#define PARAM_LW {"lw", NULL, "weight decay of the head", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_LOSS {"loss", NULL, "cross-entropy or squared", ASSAY_WORD, 0, "ce|mse", NULL, "ce"}
/* clang-format on */

static inline void neural_collapse_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}
static inline neural_collapse_loss neural_collapse_loss_of(const assay_call *call) {
  return strcmp(assay_word(call, "loss"), "mse") ? NEURAL_COLLAPSE_CE : NEURAL_COLLAPSE_MSE;
}

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FIXED(quick, standard, deep)                                                                                                       \
  {                                                                                                                                        \
    {.bias = quick}, {.bias = standard}, { .bias = deep }                                                                                  \
  }
#define RELATIVE(quick, standard, deep)                                                                                                    \
  {                                                                                                                                        \
    {.relative = quick}, {.relative = standard}, { .relative = deep }                                                                      \
  }
#define SAME(x) FIXED(x, x, x)

#endif
