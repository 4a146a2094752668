/* Wu, Shevchenko, Oymak, Mondelli: the table of claims and experiments. */
#include "compare/claims/token-embeddings/claims.h"
#include "sim/token-embeddings/experiments.h"

extern const assay_paper token_embeddings_paper;

static const assay_claim *const claims[] = {&token_gradient_identity_claim,
                                            &token_signed_frequency_claim,
                                            &token_one_step_mean_claim,
                                            &token_one_step_fluctuation_claim,
                                            &token_alignment_cosine_claim,
                                            &token_frequency_order_claim,
                                            &token_separation_claim,
                                            &token_margin_limit_claim,
                                            &token_flow_max_margin_claim,
                                            &token_flow_rates_claim,
                                            &token_token_selection_claim,
                                            &token_selection_trajectory_claim,
                                            &token_test_gain_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&token_gradient_run, &token_counts_run,   &token_antithetic_run, &token_step_run,
                                                      &token_order_run,    &token_toy_flow_run, &token_selection_run,  &token_test_run,
                                                      NULL};

const assay_paper token_embeddings_paper = {.abi = ASSAY_ABI,
                                            .size = sizeof(assay_paper),
                                            .slug = "token-embeddings",
                                            .authors = "Diyuan Wu, Aleksandr Shevchenko, Samet Oymak, Marco Mondelli",
                                            .title = "Attention with Trained Embeddings Provably Selects Important Tokens",
                                            .arxiv = "2505.17282",
                                            .claims = claims,
                                            .experiments = experiments};
