/* Gozeten, Ildiz, Zhang, Soltanolkotabi, Mondelli, Oymak: the table of claims and experiments. */
#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

extern const assay_paper ttt_icl_paper;

static const assay_claim *const claims[] = {
    &ttt_icl_rank_one_update_claim,     &ttt_icl_pretrained_weight_claim,   &ttt_icl_loss_parabola_claim,
    &ttt_icl_isotropic_limit_claim,     &ttt_icl_cold_start_exact_claim,    &ttt_icl_context_exponent_claim,
    &ttt_icl_context_nonmonotone_claim, &ttt_icl_cold_warm_crossover_claim, &ttt_icl_alignment_claim,
    &ttt_icl_distribution_shift_claim,  &ttt_icl_shared_context_claim,      &ttt_icl_k_for_risk_claim,
    &ttt_icl_multi_step_claim,          &ttt_icl_tabular_attention_claim,   NULL};

static const assay_experiment *const experiments[] = {
    &ttt_icl_chain_run,       &ttt_icl_ladder_run, &ttt_icl_sampler_run, &ttt_icl_direct_run,
    &ttt_icl_pretraining_run, &ttt_icl_step_run,   &ttt_icl_tabular_run, NULL};

const assay_paper ttt_icl_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "ttt-icl",
    .authors = "Halil Alperen Gozeten, M. Emrullah Ildiz, Xuechen Zhang, Mahdi Soltanolkotabi, Marco Mondelli, Samet Oymak",
    .title = "Test-Time Training Provably Improves Transformers as In-context Learners",
    .arxiv = "2503.11842",
    .claims = claims,
    .experiments = experiments};
