/* What the claims of Zhang, Ji, Venkataramanan and Mondelli (arXiv 2602.09240) share. The mathematics stands in
 * theory/orthogonal-glm/orthogonal-glm.h. */
#ifndef ASSAY_COMPARE_CLAIMS_ORTHOGONAL_GLM_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_ORTHOGONAL_GLM_CLAIMS_H

#include "compare/claim.h"
#include "theory/orthogonal-glm/orthogonal-glm.h"

extern const assay_claim orthogonal_glm_weak_recovery_threshold_claim, orthogonal_glm_linear_response_claim,
    orthogonal_glm_outlier_at_one_claim, orthogonal_glm_spectral_overlap_claim, orthogonal_glm_spectral_general_preprocessing_claim,
    orthogonal_glm_spectral_optimality_claim, orthogonal_glm_spectral_messages_claim, orthogonal_glm_gvamp_spectral_trajectory_claim,
    orthogonal_glm_gvamp_state_evolution_claim, orthogonal_glm_replica_fixed_point_claim, orthogonal_glm_bayes_risk_claim,
    orthogonal_glm_iid_suboptimal_claim, orthogonal_glm_universality_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAMS_POINT_DELTA(preset) \
  {"spectrum", NULL, "of the design, see model/orthogonal-glm.h", ASSAY_WORD, 0, GLM_SPECTRA, NULL, "haar"}, \
  {"a", NULL, "atom of two", ASSAY_REAL, 0, NULL, "(0,2)", "0.5"}, \
  {"kappa", NULL, "inner dimension of prod over d", ASSAY_REAL, 0, NULL, "(0,inf)", "1"}, \
  {"delta", NULL, "observations over dimension, n/d", ASSAY_REAL, 0, NULL, "(0,inf)", preset}, \
  {"channel", NULL, "q, see model/orthogonal-glm.h", ASSAY_WORD, 0, GLM_CHANNELS, NULL, "abs"}, \
  {"sigma", NULL, "noise", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAMS_POINT PARAMS_POINT_DELTA(NULL)
#define PARAMS_PRIOR \
  {"prior", NULL, "law of the signal", ASSAY_WORD, 0, GLM_PRIORS, NULL, "gauss"}, \
  {"eps", NULL, "share of nonzero entries (bg)", ASSAY_REAL, 0, NULL, "(0,1)", "0.5"}
#define PARAMS_START(preset) \
  {"start", NULL, "initial messages", ASSAY_WORD, 0, "cold|informed|spectral", NULL, preset}, \
  {"g1", NULL, "precision of r1 (informed)", ASSAY_REAL, 0, NULL, "(0,inf)", "1"}, \
  {"t1", NULL, "precision of p1 (informed)", ASSAY_REAL, 0, NULL, "(1,inf)", "2"}
#define PARAM_K {"k", NULL, "iteration, from 0", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,1000]", "0"}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,inf)", ""}
/* clang-format on */

/* ---- the theory at a call's point ---- */

/* The point's laws; `output` is made for even channels only (n = 0 else). To be closed, after a failure too. */
typedef struct {
  glm_spectrum spectrum;
  glm_channel channel;
  glm_prior prior;
  glm_law law;
  glm_output output;
  glm_channel_table table;
} glm_problem;

enum { GLM_WITH_OUTPUT = 1, GLM_WITH_TABLE = 2 };
/* `with`: what is needed. Missing parameters have their neutral values. */
assay_status glm_problem_open(assay_call *call, unsigned with, glm_problem *p);
/* With this spectrum in place of the call's. */
assay_status glm_problem_open_at(assay_call *call, unsigned with, const glm_spectrum *spectrum, glm_problem *p);
void glm_problem_close(glm_problem *p);
/* The same with the spectrum mp at the call's delta: what the theory of independent entries says. */
assay_status glm_problem_open_iid(assay_call *call, unsigned with, glm_problem *p);

/* The evolution, and where the call's `start` puts it; ASSAY_DOMAIN: a spectral start below the threshold. */
glm_evolution glm_evolution_of(const glm_problem *p);
assay_status glm_start_of(assay_call *call, const glm_problem *p, double *g1, double *t1);

/* n = round(delta d); the design word of a product; the prior's width; q and gamma1 of the spectral start where the simulation has them. */
assay_status glm_arrange(assay_call *claim, assay_call *sim, assay_call *realised);

/* Records "x,zz" to E x/E zz = E x: |z|^2/n has the mean 1 in every design, and takes its share of the spread of x with it. Not for haar
 * with delta >= 1, where it is 1. */
assay_status glm_per_power(const assay_sample *sample, double *result);

/* A value known to 1e-10 of itself: nodes of the tables, tests/theory/orthogonal-glm.c. */
static inline void glm_put(assay_call *call, int observable, double value) {
  assay_put(call, observable, 0, value, 1e-10 * (value < 0 ? -value : value) + 1e-14);
}

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

/* Points of the table of spectral estimators. */
#define S1 "spectrum=haar delta=2 sigma=.1"
#define S2 "spectrum=two a=.5 delta=1.5 sigma=.1"
#define S3 "spectrum=beta delta=1 sigma=.1"
#define S4 "spectrum=unif delta=2 sigma=.5"
#define S6 "spectrum=two a=.5 delta=2 sigma=.3"
#define S7 "spectrum=beta delta=1.5 sigma=.3"

#endif
