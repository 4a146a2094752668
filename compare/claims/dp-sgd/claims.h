/* What the claims of Bombari, Seroussi and Mondelli (arXiv 2505.16329) share. The mathematics stands in
 * theory/dp-sgd/dp-sgd.h. */
#ifndef ASSAY_COMPARE_CLAIMS_DP_SGD_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_DP_SGD_CLAIMS_H

#include "compare/claim.h"
#include "theory/dp-sgd/dp-sgd.h"

extern const assay_claim dp_sgd_clip_factors_claim, dp_sgd_isotropic_trajectory_claim,
    dp_sgd_fluctuations_claim, dp_sgd_final_risk_claim, dp_sgd_zcdp_calibration_claim,
    dp_sgd_sensitivity_contraction_claim, dp_sgd_clip_frequency_claim, dp_sgd_anisotropic_blocks_claim,
    dp_sgd_anisotropic_sandwich_claim, dp_sgd_no_clipping_limit_claim, dp_sgd_stationary_risk_claim,
    dp_sgd_clip_optimum_claim, dp_sgd_clip_optimum_joint_claim, dp_sgd_schedule_ordering_claim,
    dp_sgd_rate_constant_lr_claim, dp_sgd_rate_decaying_lr_claim, dp_sgd_homogenised_sde_claim,
    dp_sgd_universality_claim;

/* ---- parameters ---- */

/* clang-format off */
#define PARAM_GAMMA {"gamma", NULL, "dimension over samples, d/n", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_C \
  {"c", NULL, "clipping threshold over sqrt(d); inf: no clipping", ASSAY_REAL, 0, NULL, "(0,inf]", NULL}
#define PARAM_RHO {"rho", NULL, "privacy: rho^2/2-zCDP; inf: none", ASSAY_REAL, 0, NULL, "(0,inf]", "inf"}
#define PARAM_ZETA \
  {"zeta", NULL, "standard deviation of the label noise", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_R0 {"R0", NULL, "risk at the start", ASSAY_REAL, 0, NULL, "(0,inf)", "0.5"}
#define PARAM_T \
  {"t", NULL, "time in [0,1]; t = 1 is just before the terminal noise", ASSAY_REAL, ASSAY_READOUT, NULL, \
   "[0,1]", "1"}
#define PARAM_D {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,2147483647]", ""}
#define PARAM_ETA {"eta", NULL, "constant step", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAMS_STEPS \
  {"eta0", NULL, "step at t = 0 (const, linear, sqrt)", ASSAY_REAL, 0, NULL, "(0,inf)", ""}, \
  {"alpha", NULL, "numerator (harmonic)", ASSAY_REAL, 0, NULL, "(0,inf)", ""}, \
  {"t0", NULL, "offset of t (harmonic)", ASSAY_REAL, 0, NULL, "(0,inf)", ""}
#define PARAM_NOISE(words) \
  {"noise", NULL, "how the private noise is spread over the steps", ASSAY_WORD, 0, words, NULL, "none"}
#define PARAMS_SCHEDULE \
  {"schedule", NULL, "eta(t): eta0, eta0 (1-t), eta0 sqrt(1-t) or alpha/(t+t0)", ASSAY_WORD, 0, \
   "const|linear|sqrt|harmonic", NULL, "const"}, \
  PARAMS_STEPS, PARAM_NOISE("none|output|scheduled")
#define PARAMS_PROBLEM PARAM_GAMMA, PARAM_C, PARAM_RHO, PARAM_ZETA, PARAM_R0, PARAMS_SCHEDULE
/* clang-format on */

/* gamma, c, rho, zeta, R0, schedule and noise of a call, as far as its table has them; a lone `eta` is a
 * constant step. The call fails, with the reason, when a parameter that the schedule needs is missing. */
assay_status claim_problem(assay_call *call, dp_sgd_problem *problem);

/* n = round(d/gamma), at least 1; sets the simulation's n and the realised gamma = d/n. For an experiment
 * whose parameters have the claim's names there is nothing more to arrange. */
assay_status claim_arrange(assay_call *claim, assay_call *sim, assay_call *realised);
/* The same for a claim whose step is the constant `eta` and an experiment that takes a schedule. */
assay_status claim_arrange_constant(assay_call *claim, assay_call *sim, assay_call *realised);

/* A number that the theory supplies to a simulation, to 9 digits, so that it names the same run on every
 * machine. */
double claim_rounded(double x);

/* The greedy schedule of the problem, from the first step eta.eta0 or, with `free_step`, from the best one,
 * as a table that lives with the call: F, and the problem with the schedule, its first step (rounded) and
 * scheduled noise in place. */
assay_status claim_greedy(assay_call *call, dp_sgd_problem *problem, bool free_step, assay_value *F);
/* Gives a simulation that schedule and noise. */
assay_status claim_set_table(assay_call *sim, const schedule *eta);

/* Where the parabola through F at *x (1-h), *x, *x (1+h), h = .001, has its vertex; x points into the
 * problem. Tells a minimum found by derivatives from values of F alone, to about h^2. */
assay_status claim_vertex(dp_sgd_problem *problem, double *x, double *vertex, assay_error *error);

/* Reductions: the first group's value over the second's; the slope of log value on log axis, every group with
 * the same weight. */
assay_status claim_ratio(const assay_sample *sample, double *ratio);
assay_status claim_log_slope(const assay_sample *sample, double *slope);

/* Ends a prediction: the status of a theory's function, whose text is in the call already. */
static inline void claim_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* ---- points of the reference table ---- */

#define POINT_I1 "gamma=.5 c=1 rho=1 zeta=.5 schedule=const eta0=2 noise=output"
#define POINT_I2 "gamma=.2 c=.3 rho=1 zeta=.5 schedule=const eta0=6 noise=output"
#define POINT_I3 "gamma=.1 c=.3 rho=1 zeta=.5 schedule=const eta0=4.8 noise=output"
#define POINT_I4 "gamma=1 c=inf zeta=.5 schedule=const eta0=1 noise=none"
#define POINT_I5 "gamma=.1 c=.3 rho=1 zeta=.5 schedule=harmonic alpha=3 t0=.5 noise=scheduled"
#define POINT_I6 "gamma=.25 c=.6 rho=1 zeta=.4 schedule=sqrt eta0=4 noise=scheduled"
#define POINT_I7 "gamma=.25 c=.6 rho=1 zeta=.4 schedule=linear eta0=6 noise=scheduled"

/* ---- tables ---- */

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                       \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

/* Margins: the bias that was measured at small d, as a multiple of value/d (0.6 unless said otherwise), and
 * ten standard deviations of the mean at the last look. */
#define MARGIN(multiple) ALL_TIERS({.over_size = multiple, .deviations = 10})
#define MARGIN_VERTEX ALL_TIERS({.relative = 1e-5})
#define REASON_VERTEX "the vertex of a parabola through F there and .1 % to both sides"
#define REASON(multiple) "bias " #multiple " value/d (measured: d = 40) + 10 sd/sqrt(n_max)"

#endif
