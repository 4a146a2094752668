/* Zhang, Ji, Venkataramanan, Mondelli: the table of claims and experiments. */
#include "compare/claims/orthogonal-glm/claims.h"
#include "sim/orthogonal-glm/experiments.h"

extern const assay_paper orthogonal_glm_paper;

static const assay_claim *const claims[] = {&orthogonal_glm_weak_recovery_threshold_claim,
                                            &orthogonal_glm_linear_response_claim,
                                            &orthogonal_glm_outlier_at_one_claim,
                                            &orthogonal_glm_spectral_overlap_claim,
                                            &orthogonal_glm_spectral_general_preprocessing_claim,
                                            &orthogonal_glm_spectral_optimality_claim,
                                            &orthogonal_glm_spectral_messages_claim,
                                            &orthogonal_glm_gvamp_spectral_trajectory_claim,
                                            &orthogonal_glm_gvamp_state_evolution_claim,
                                            &orthogonal_glm_replica_fixed_point_claim,
                                            &orthogonal_glm_bayes_risk_claim,
                                            &orthogonal_glm_iid_suboptimal_claim,
                                            &orthogonal_glm_universality_claim,
                                            NULL};

static const assay_experiment *const experiments[] = {&orthogonal_glm_spectral, &orthogonal_glm_gvamp, &orthogonal_glm_gamp,
                                                      &orthogonal_glm_posterior, NULL};

const assay_paper orthogonal_glm_paper = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "orthogonal-glm",
    .authors = "Yihan Zhang, Hong Chang Ji, Ramji Venkataramanan, Marco Mondelli",
    .title = "Optimal Estimation in Orthogonally Invariant Generalized Linear Models: Spectral Initialization and "
             "Approximate Message Passing",
    .arxiv = "2602.09240",
    .claims = claims,
    .experiments = experiments};
