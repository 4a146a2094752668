/* Privacy: what the noise schedule guarantees, how perturbations contract, how often clipping acts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/dp-sgd.h"
#include "sim/dp-sgd/experiments.h"

/* ---- dp-sgd/zcdp-calibration ---- */

static const assay_param calibration_params[] = {
    PARAM_GAMMA,
    PARAM_C,
    PARAM_RHO,
    PARAM_ZETA,
    PARAM_R0,
    {"schedule", NULL, "eta(t): eta0, eta0 (1-t), eta0 sqrt(1-t) or alpha/(t+t0)", ASSAY_WORD, 0,
     "const|linear|sqrt|harmonic", NULL, "const"},
    PARAMS_STEPS,
    PARAM_NOISE("none|output|scheduled|naive"),
    PARAM_D,
    {0},
};
enum { O_MAX, O_MIN, O_NAIVE };
static const assay_observable calibration_observables[] = {
    {"max_ratio", NULL,
     "greatest (2 C eta_k)^2/(rho^2 sum_{j>=k} s_j^2) over k; at most 1 means rho^2/2-zCDP", NULL,
     ASSAY_PREDICTED, 0, INFINITY},
    {"min_ratio", NULL, "its least value", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"naive_ratio", NULL, "risk with s_k = 2 C eta_k/rho at every step, over F with output noise", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status calibration_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  assay_status status = claim_problem(call, &problem);
  if (status != ASSAY_OK) return status;
  if (!assay_given(call, "d"))
    return assay_fail(call, ASSAY_USAGE, "the ratios over steps need the dimension d");
  if (problem.noise == DP_SGD_NO_NOISE)
    return assay_fail(call, ASSAY_DOMAIN, "noise=none gives no privacy: there is no ratio");
  int d = (int)assay_integer(call, "d");
  assay_value greatest, least, risk, ratio;
  status = dp_sgd_calibration(&problem, d, mistake, &greatest, &least, assay_call_error(call));
  if (status == ASSAY_OK) status = dp_sgd_naive_ratio(&problem, d, &risk, &ratio, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_MAX, greatest);
  claim_put(call, O_MIN, least);
  claim_put(call, O_NAIVE, ratio);
  return ASSAY_OK;
}

static assay_status calibration(assay_call *call) {
  return calibration_with(call, DP_SGD_RIGHT);
}
static assay_status naive_is_free(assay_call *call) {
  assay_put(call, O_NAIVE, 0, 1, 0);
  return ASSAY_OK;
}

/* The ratios of the noise that the simulators add; with `to_last` of output noise calibrated to the last step
 * instead of the largest. */
static assay_status measured_ratios(assay_call *call, bool to_last) {
  dp_sgd_problem problem;
  assay_status status = claim_problem(call, &problem);
  if (status != ASSAY_OK) return status;
  long n = lround(assay_real(call, "d") / problem.gamma);
  double *eta = assay_alloc(call, (size_t)n * sizeof *eta), *s = assay_alloc(call, (size_t)n * sizeof *s),
         greatest, least;
  if (!eta || !s) return ASSAY_NO_MEMORY;
  double C = problem.c * sqrt(assay_real(call, "d"));
  dp_sgd_step_sizes(&problem.eta, n, eta);
  status = dp_sgd_noise_sd(problem.noise, C, problem.rho, eta, n, s, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  if (to_last) s[n - 1] *= eta[n - 1] / eta[0];
  dp_sgd_privacy_ratios(C, problem.rho, eta, s, n, &greatest, &least);
  assay_put(call, O_MAX, 0, greatest, 0);
  assay_put(call, O_MIN, 0, least, 0);
  return ASSAY_OK;
}

static assay_status implemented_ratios(assay_call *call) {
  return measured_ratios(call, false);
}
static assay_status calibrated_to_last(assay_call *call) {
  return measured_ratios(call, true);
}

/* One replicate's sd of the ratio, linearised: 1.95 times the ratio over sqrt(d) (pilots at d = 50, 100,
 * 200: 1.94 to 1.95). */
static assay_status spread_naive(assay_call *call) {
  dp_sgd_problem problem;
  assay_value risk, ratio;
  double d = assay_real(call, "d");
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_naive_ratio(&problem, (int)d, &risk, &ratio, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_NAIVE, 0, 1.95 * ratio.value / sqrt(d), 0);
  return status;
}

#define NAIVE_POINT "gamma=.2 c=.3 rho=1 zeta=.5 schedule=const eta0=4"
#define CALIBRATED "gamma=.1 c=.3 rho=1 zeta=.5"
static const assay_leg calibration_legs[] = {
    {.check = implemented_ratios,
     .points = POINTS("CO: " CALIBRATED " schedule=const eta0=6 noise=output",
                      "CS: " CALIBRATED " schedule=const eta0=6 noise=scheduled",
                      "LO: " CALIBRATED " schedule=linear eta0=6 noise=output",
                      "LS: " CALIBRATED " schedule=linear eta0=6 noise=scheduled",
                      "QO: " CALIBRATED " schedule=sqrt eta0=6 noise=output",
                      "QS: " CALIBRATED " schedule=sqrt eta0=6 noise=scheduled",
                      "HO: " CALIBRATED " schedule=harmonic alpha=3 t0=.5 noise=output",
                      "HS: " CALIBRATED " schedule=harmonic alpha=3 t0=.5 noise=scheduled"),
     .sizes = {"d=50,200", "d=50,200,2000", "d=50,200,2000,20000"}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("N: " NAIVE_POINT " noise=naive,output"),
     .sizes = {"d=50,100,200", "d=50,100,200,400", "d=50,100,200,400"},
     .first = {128, 128, 128},
     .looks = {5, 6, 8}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("V: " NAIVE_POINT " noise=naive,output"),
     .sizes = {"d=50", "d=100", "d=100"},
     .first = {128, 128, 128},
     .looks = {4, 4, 6}},
    {0},
};

static const assay_target calibration_targets[] = {
    {.name = "max_ratio",
     .points = "C*,L*,Q*,H*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-12}),
     .reason = "rounding of compensated sums"},
    {.name = "min_ratio",
     .points = "C*,L*,Q*,H*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-12}),
     .reason = "rounding of compensated sums"},
    {.name = "naive_ratio",
     .records = "F",
     .points = "N:noise=naive,V:noise=naive",
     .estimand = ASSAY_SMOOTH,
     .against = "noise=output",
     .reduce = claim_ratio,
     .predict = calibration,
     .spread = spread_naive,
     .margin = MARGIN(.6),
     .reason = REASON(.6)},
    {0},
};

static const assay_control calibration_controls[] = {
    {.name = "calibrated to the last step",
     .mistake = "output noise covers eta_n instead of the largest step",
     .targets = "max_ratio",
     .points = "LO,QO,HO",
     .check = calibrated_to_last},
    {.name = "naive noise is free",
     .mistake = "noise of 2 C eta_k/rho at every step costs no more than noise at the end",
     .targets = "naive_ratio",
     .predict = naive_is_free},
    {0},
};

const assay_claim dp_sgd_zcdp_calibration_claim = {
    .id = "dp-sgd/zcdp-calibration",
    .kinds = "identity,limit",
    .statement = "The noise meets (2 C eta_k)^2 <= rho^2 sum_{j>=k} s_j^2, with equality at every k when "
                 "scheduled; naive noise costs a factor of order n.",
    .source = "arXiv 2505.16329 with amplification by iteration; the cost of naive noise is derived here",
    .params = calibration_params,
    .observables = calibration_observables,
    .predict = calibration,
    .legs = calibration_legs,
    .targets = calibration_targets,
    .controls = calibration_controls};

/* ---- dp-sgd/sensitivity-contraction ---- */

static const assay_param contraction_params[] = {
    PARAM_GAMMA,
    PARAM_C,
    PARAM_ZETA,
    PARAM_R0,
    PARAM_ETA,
    {"t0", NULL, "time of the perturbation", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"k_fraction", NULL, "the sample that differs, k/n", ASSAY_REAL, ASSAY_SIM, NULL, "(0,1]", "1"},
    PARAM_D,
    {0},
};
enum { O_CONTRACTION, O_SENSITIVITY };
static const assay_observable contraction_observables[] = {
    {"contraction", NULL, "||Delta_n||/||Delta_k|| of an infinitesimal perturbation at t0", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"sensitivity", NULL, "bound on ||theta_n - theta'_n||/(2 C eta_k)", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status contraction_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  assay_value ratio;
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_contraction(&problem, assay_real(call, "t0"), mistake, &ratio, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_CONTRACTION, ratio);
  if (problem.eta.eta0 * problem.gamma <= 2)
    assay_put(call, O_SENSITIVITY, 0, 1, 0);
  else
    assay_absent(call, O_SENSITIVITY, "steps expand when eta gamma = %.4g > 2: there is no bound",
                 problem.eta.eta0 * problem.gamma);
  return ASSAY_OK;
}

static assay_status contraction(assay_call *call) {
  return contraction_with(call, DP_SGD_RIGHT);
}
static assay_status linear_contraction(assay_call *call) {
  return contraction_with(call, DP_SGD_LINEAR_RATE);
}
/* With a sensitivity of C eta_k, the difference would be half of 2 C eta_k. */
static assay_status half_sensitivity(assay_call *call) {
  assay_put(call, O_SENSITIVITY, 0, 0.5, 0);
  return ASSAY_OK;
}

/* One replicate's sd of the tangent's norm ratio: .36 to .41 over sqrt(d) (pilots at d = 400 and 100). */
static assay_status spread_contraction(assay_call *call) {
  assay_put(call, O_CONTRACTION, 0, 0.41 / sqrt(assay_real(call, "d")), 0);
  return ASSAY_OK;
}

#define FIVE_SAMPLES " k_fraction=.05,.25,.5,.9,1"
static const assay_leg contraction_legs[] = {
    {.experiment = &dp_sgd_tangent,
     .arrange = claim_arrange,
     .points = POINTS("T1: gamma=.2 c=.5 eta=4 zeta=.5 t0=.25", "T2: gamma=.5 c=.5 eta=3 zeta=.5 t0=.5"),
     .sizes = {"d=100", "d=200", "d=1000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    /* Points at which eta ||x||^2/n <= 2 in every draw, so that the bound holds of each. */
    {.experiment = &dp_sgd_sensitivity,
     .arrange = claim_arrange,
     .points = POINTS("B1: gamma=.2 c=.5 eta=4 zeta=.5" FIVE_SAMPLES,
                      "B2: gamma=.5 c=1 eta=2 zeta=.5" FIVE_SAMPLES),
     .sizes = {"d=100", "d=200", "d=1000"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {0},
};

static const assay_target contraction_targets[] = {
    {.name = "contraction",
     .points = "T*",
     .spread = spread_contraction,
     .margin = {{.bias = .01, .deviations = 10},
                {.bias = .005, .deviations = 10},
                {.bias = .001, .deviations = 10}},
     .reason = "bias 1/d (measured: at most .7/d) + 10 sd/sqrt(n_max)"},
    {.name = "sensitivity",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .side = -1,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "true of every draw, up to rounding"},
    {.name = "sensitivity",
     .title = "mean sensitivity",
     .records = "sensitivity",
     .points = "B2:k_fraction=0.05",
     .side = -1,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "a bound true of every draw is true of the mean"},
    {.name = "sensitivity",
     .title = "sensitivity of the last sample",
     .records = "sensitivity",
     .points = "B1:k_fraction=1,B2:k_fraction=1",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "exactly 2 C eta_n, up to rounding"},
    {0},
};

static const assay_control contraction_controls[] = {
    {.name = "linear rate",
     .mistake = "perturbations contract at eta mu instead of eta (2 - eta gamma) mu/2",
     .targets = "contraction",
     .points = "T1",
     .predict = linear_contraction},
    {.name = "step too large",
     .mistake = "a run at eta gamma = 4, where steps expand, is accounted for as if they contracted",
     .targets = "mean sensitivity",
     .change = "eta=8"},
    {.name = "sensitivity C",
     .mistake = "replacing a sample moves a step by C eta instead of 2 C eta",
     .targets = "sensitivity of the last sample",
     .predict = half_sensitivity},
    {0},
};

static const assay_figure contraction_figures[] = {
    {.title = "Contraction of a perturbation made at t0",
     .x = "t0",
     .x_label = "t0",
     .y = "contraction",
     .y_label = "||Delta_n||/||Delta_k||",
     .points = "T1,T2",
     .sweep = "0:1:41"},
    {0},
};

const assay_claim dp_sgd_sensitivity_contraction_claim = {
    .id = "dp-sgd/sensitivity-contraction",
    .kinds = "bound,limit",
    .statement = "Runs that differ in sample k end within 2 C eta_k while steps do not expand, and an "
                 "infinitesimal perturbation shrinks by exp(-(1/2) int eta (2 - eta gamma) mu).",
    .source = "the bound: privacy amplification by iteration; the limit is derived here",
    .params = contraction_params,
    .observables = contraction_observables,
    .predict = contraction,
    .legs = contraction_legs,
    .targets = contraction_targets,
    .controls = contraction_controls,
    .figures = contraction_figures};

/* ---- dp-sgd/clip-frequency ---- */

static const assay_param frequency_params[] = {
    PARAM_GAMMA,
    PARAM_C,
    PARAM_ZETA,
    PARAM_R0,
    PARAM_ETA,
    {"t_lo", NULL, "start of the window", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"t_hi", NULL, "end of the window", ASSAY_REAL, 0, NULL, "[0,1]", "1"},
    PARAM_D,
    {0},
};
static const assay_observable frequency_observables[] = {
    {"clip_fraction", NULL, "share of clipped samples in the window", NULL, ASSAY_PREDICTED | ASSAY_MEASURED,
     0, 1},
    {0},
};

static assay_status frequency_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  assay_value fraction;
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_clip_fraction(&problem, assay_real(call, "t_lo"), assay_real(call, "t_hi"), mistake,
                                  &fraction, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, fraction);
  return status;
}

static assay_status frequency(assay_call *call) {
  return frequency_with(call, DP_SGD_RIGHT);
}
static assay_status nu_for_mu(assay_call *call) {
  return frequency_with(call, DP_SGD_NU_FOR_MU);
}

static assay_status arrange_frequency(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = claim_arrange_constant(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "t", assay_real(claim, "t_hi")) : status;
}

/* sd of the share, as of independent steps; correlations through R lower it by up to 4 % (pilots at d = 40).
 */
static assay_status spread_frequency(assay_call *call) {
  double window = assay_real(call, "t_hi") - assay_real(call, "t_lo");
  assay_status status = frequency(call);
  assay_value f;
  const char *reason;
  if (status != ASSAY_OK || !assay_result(call, 0, 0, &f, &reason)) return status;
  assay_put(call, 0, 0,
            sqrt(f.value * (1 - f.value) * assay_real(call, "gamma") / (assay_real(call, "d") * window)), 0);
  return ASSAY_OK;
}

#define FIRST_HALF " t_lo=0 t_hi=.5"
#define SECOND_HALF " t_lo=.5 t_hi=1"
static const assay_leg frequency_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_frequency,
     .points =
         POINTS("A1: gamma=.2 c=.3 eta=6 zeta=.5" FIRST_HALF, "A2: gamma=.2 c=.3 eta=6 zeta=.5" SECOND_HALF,
                "B1: gamma=.1 c=.3228 eta=4.464 zeta=.5" FIRST_HALF,
                "B2: gamma=.1 c=.3228 eta=4.464 zeta=.5" SECOND_HALF,
                "C1: gamma=.5 c=2 eta=2 zeta=.5" FIRST_HALF, "C2: gamma=.5 c=2 eta=2 zeta=.5" SECOND_HALF),
     .sizes = {"d=200", "d=400", "d=20000"},
     .first = {128, 128, 128},
     .looks = {6, 9, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_frequency,
     .points = POINTS("V1: gamma=.2 c=.3 eta=6 zeta=.5" FIRST_HALF),
     .sizes = {"d=100", "d=200", "d=1000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {0},
};

static const assay_target frequency_targets[] = {
    {.name = "clip_fraction",
     .points = "A*,B*,C*",
     .spread = spread_frequency,
     .margin = {{.bias = .0025, .deviations = 10},
                {.bias = .00125, .deviations = 10},
                {.bias = .000025, .deviations = 10}},
     .reason = "bias .5/d (measured: at most .3/d) + 10 sd/sqrt(n_max)"},
    {.name = "clip_fraction",
     .points = "V1",
     .spread = spread_frequency,
     .margin = {{.bias = .005, .deviations = 10},
                {.bias = .0025, .deviations = 10},
                {.bias = .0005, .deviations = 10}},
     .reason = "bias .5/d (measured: at most .3/d) + 10 sd/sqrt(n_max)"},
    {0},
};

static const assay_control frequency_controls[] = {
    {.name = "nu for mu", .mistake = "the clipped share is 1 - nu instead of 1 - mu", .predict = nu_for_mu},
    {0},
};

static const assay_figure frequency_figures[] = {
    {.title = "Share of clipped samples against the threshold",
     .x = "c",
     .x_label = "threshold c",
     .y = "clip_fraction",
     .y_label = "clipped share",
     .points = "A1,A2",
     .sweep = "0.05:3:31",
     .flags = ASSAY_LOG_X},
    {0},
};

const assay_claim dp_sgd_clip_frequency_claim = {
    .id = "dp-sgd/clip-frequency",
    .kinds = "limit",
    .statement = "The share of clipped samples in a window of time converges to the average of 1 - "
                 "mu_c(P(t)) over it.",
    .source = "follows from arXiv 2505.16329: Prob(|r| >= c) along the limit ODE",
    .params = frequency_params,
    .observables = frequency_observables,
    .predict = frequency,
    .legs = frequency_legs,
    .targets = frequency_targets,
    .controls = frequency_controls,
    .figures = frequency_figures};
