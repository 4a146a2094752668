/* What the claims of Wu, Shevchenko, Oymak and Mondelli (arXiv 2505.17282) share. The mathematics stands in
 * theory/token-embeddings/token-embeddings.h. */
#ifndef ASSAY_COMPARE_CLAIMS_TOKEN_EMBEDDINGS_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_TOKEN_EMBEDDINGS_CLAIMS_H

#include "compare/claim.h"
#include "theory/token-embeddings/token-embeddings.h"

extern const assay_claim token_embeddings_gradient_identity_claim, token_embeddings_signed_frequency_claim,
    token_embeddings_one_step_mean_claim, token_embeddings_one_step_fluctuation_claim, token_embeddings_alignment_cosine_claim,
    token_embeddings_frequency_order_claim, token_embeddings_separation_claim, token_embeddings_margin_limit_claim,
    token_embeddings_flow_max_margin_claim, token_embeddings_flow_rates_claim, token_embeddings_token_selection_claim,
    token_embeddings_selection_trajectory_claim, token_embeddings_test_gain_claim,
    token_embeddings_spam_assassin_claim;

/* clang-format off */
#define PARAM_N {"n", NULL, "number of sequences", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL}
#define PARAM_T {"T", NULL, "length of a sequence", ASSAY_INTEGER, 0, NULL, "[2,1000]", NULL}
#define PARAM_K {"k", NULL, "positive, and negative, tokens", ASSAY_INTEGER, 0, NULL, "[1,200]", NULL}
#define PARAM_M0 {"m0", NULL, "irrelevant tokens", ASSAY_INTEGER, 0, NULL, "[1,500]", NULL}
#define PARAM_D {"d", NULL, "embedding dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", ""}
#define PARAM_A {"a", NULL, "signal of an important token, eta/(4 k T)", ASSAY_REAL, 0, NULL, "[0,300)", NULL}
#define PARAM_SIGMA {"sigma", NULL, "norm of an embedding at the start", ASSAY_REAL, 0, NULL, "(0,inf)", "1"}
#define PARAM_DESIGN {"design", NULL, "deterministic symmetric sequences", ASSAY_WORD, 0, "balanced", NULL, "balanced"}
#define PARAM_TOY {"data", NULL, "four fixed sequences of five tokens", ASSAY_WORD, 0, "toy", NULL, "toy"}
#define PARAMS_TOY_VALUES \
  {"c", NULL, "toy embeddings cos(c (s+1)(j+1) + .7 j)", ASSAY_REAL, 0, NULL, NULL, "1.2"}, \
  {"gam", NULL, "values of the five tokens", ASSAY_REALS, 0, NULL, NULL, "2,1.5,-1.8,.1,-.2"}
/* clang-format on */

static inline void token_embeddings_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* A number that the theory supplies to a simulation, to 9 digits. */
double token_embeddings_rounded(double x);
/* Sets eta = 4 k T a from the claim's point; for experiments whose other parameters have the claim's names. */
assay_status token_embeddings_arrange_signal(assay_call *claim, assay_call *sim, assay_call *realised);
/* The toy's Gram matrix [5][5] at the call's c, and its values gam (5 of them). */
assay_status token_embeddings_toy_of(assay_call *call, double *K, const double **gam);

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

#endif
