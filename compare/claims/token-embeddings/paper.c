/* Wu, Shevchenko, Oymak, Mondelli: the table of claims and experiments. */
#include "compare/claims/token-embeddings/claims.h"
#include "sim/token-embeddings/experiments.h"

extern const assay_paper token_embeddings_paper;

static const assay_claim *const claims[] = {&token_embeddings_gradient_identity_claim, &token_embeddings_signed_frequency_claim,
                                            &token_embeddings_one_step_mean_claim,     &token_embeddings_one_step_fluctuation_claim,
                                            &token_embeddings_alignment_cosine_claim,  &token_embeddings_frequency_order_claim,
                                            &token_embeddings_separation_claim,        &token_embeddings_margin_limit_claim,
                                            &token_embeddings_flow_max_margin_claim,   &token_embeddings_flow_rates_claim,
                                            &token_embeddings_token_selection_claim,   &token_embeddings_selection_trajectory_claim,
                                            &token_embeddings_test_gain_claim,
&token_embeddings_spam_assassin_claim,         NULL};

static const assay_experiment *const experiments[] = {
    &token_embeddings_gradient_run,  &token_embeddings_counts_run, &token_embeddings_antithetic_run,
    &token_embeddings_step_run,      &token_embeddings_order_run,  &token_embeddings_toy_flow_run,
    &token_embeddings_selection_run, &token_embeddings_test_run, &token_embeddings_mails_run,   NULL};

const assay_paper token_embeddings_paper = {.abi = ASSAY_ABI,
                                            .size = sizeof(assay_paper),
                                            .slug = "token-embeddings",
                                            .authors = "Diyuan Wu, Aleksandr Shevchenko, Samet Oymak, Marco Mondelli",
                                            .title = "Attention with Trained Embeddings Provably Selects Important Tokens",
                                            .arxiv = "2505.17282",
                                            .claims = claims,
                                            .experiments = experiments};
