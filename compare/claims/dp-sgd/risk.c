/* The isotropic risk: its limit in time, its fluctuations, its end, its limit without clipping, where it
 * settles, and the homogenised equation that has the same mean. */
#include <math.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

/* ---- what several of them predict ---- */

static assay_status trajectory_at(assay_call *call, dp_sgd_mistake mistake, assay_value *R,
                                  assay_value *d_var_R) {
  dp_sgd_problem problem;
  assay_status status = claim_problem(call, &problem);
  double t = assay_real(call, "t");
  return status == ASSAY_OK ? dp_sgd_trajectory(&problem, mistake, &t, 1, R, d_var_R, assay_call_error(call))
                            : status;
}

static assay_status end_of(assay_call *call, dp_sgd_mistake mistake, dp_sgd_end *end) {
  dp_sgd_problem problem;
  assay_status status = claim_problem(call, &problem);
  return status == ASSAY_OK ? dp_sgd_final(&problem, mistake, end, assay_call_error(call)) : status;
}

/* ---- dp-sgd/isotropic-trajectory ---- */

static const assay_param trajectory_params[] = {
    PARAMS_PROBLEM,
    PARAM_T,
    PARAM_D,
    {0},
};
static const assay_observable trajectory_observables[] = {
    {"R", NULL, "excess risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status trajectory_with(assay_call *call, dp_sgd_mistake mistake) {
  assay_value R;
  assay_status status = trajectory_at(call, mistake, &R, NULL);
  if (status == ASSAY_OK) claim_put(call, 0, R);
  return status;
}

static assay_status trajectory(assay_call *call) {
  return trajectory_with(call, DP_SGD_RIGHT);
}
static assay_status naive_mu(assay_call *call) {
  return trajectory_with(call, DP_SGD_NAIVE_MU);
}
static assay_status half_noise(assay_call *call) {
  return trajectory_with(call, DP_SGD_HALF_NOISE);
}
static assay_status nu_one(assay_call *call) {
  return trajectory_with(call, DP_SGD_NU_ONE);
}
static assay_status nu_mu2(assay_call *call) {
  return trajectory_with(call, DP_SGD_NU_MU2);
}
static assay_status no_zeta(assay_call *call) {
  return trajectory_with(call, DP_SGD_NO_ZETA);
}
static assay_status residual_p(assay_call *call) {
  return trajectory_with(call, DP_SGD_RESIDUAL_P);
}

/* The standard deviation of R at size d: sqrt(d_var_R/d). */
static assay_status spread_R(assay_call *call) {
  assay_value R, d_var;
  assay_status status = trajectory_at(call, DP_SGD_RIGHT, &R, &d_var);
  if (status == ASSAY_OK) assay_put(call, 0, 0, sqrt(d_var.value / assay_real(call, "d")), 0);
  return status;
}

#define FOUR_TIMES " t=.25,.5,.75,1"
#define TWENTY_TIMES " t=.05,.1,.15,.2,.25,.3,.35,.4,.45,.5,.55,.6,.65,.7,.75,.8,.85,.9,.95,1"

static const assay_leg trajectory_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("I1: " POINT_I1 FOUR_TIMES, "I2: " POINT_I2 FOUR_TIMES, "I3: " POINT_I3 FOUR_TIMES,
                      "I4: " POINT_I4 FOUR_TIMES, "I5: " POINT_I5 FOUR_TIMES, "I6: " POINT_I6 FOUR_TIMES,
                      "I7: " POINT_I7 FOUR_TIMES),
     .sizes = {"d=200", "d=400", "d=100000"},
     .first = {128, 128, 128},
     .looks = {6, 9, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("V2: " POINT_I2 FOUR_TIMES),
     .sizes = {"d=100", "d=200", "d=2000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("L2: " POINT_I2 TWENTY_TIMES),
     .sizes = {"d=20000", "d=20000", "d=1000000"},
     .first = {2, 8, 8},
     .looks = {1, 1, 1}},
    {0},
};

static const assay_target trajectory_targets[] = {
    {.name = "R",
     .points = "I1,I2,I3,I5,I6,I7,V2",
     .spread = spread_R,
     .margin = MARGIN(.6),
     .reason = REASON(.6)},
    {.name = "R", .points = "I4", .spread = spread_R, .margin = MARGIN(2), .reason = REASON(2) "; unclipped"},
    {.name = "R",
     .title = "single path",
     .points = "L2",
     .estimand = ASSAY_EXACT,
     .spread = spread_R,
     .margin = ALL_TIERS({.over_size = .6, .deviations = 5}),
     .reason = "every path within 5 sd of the limit at 20 times"},
    {0},
};

#define AT_THE_END "I1:t=1:*,I2:t=1:*,V2:t=1:*"
static const assay_control trajectory_controls[] = {
    {.name = "naive mu",
     .mistake = "mu is E min(1, c/|r|) instead of Prob(|r| < c)",
     .targets = "R,single path",
     .points = AT_THE_END ",L2:t=1:*",
     .predict = naive_mu},
    {.name = "half noise",
     .mistake = "gradient noise eta^2 gamma nu P/2 instead of eta^2 gamma nu P",
     .targets = "R",
     .points = AT_THE_END,
     .predict = half_noise},
    {.name = "nu = 1",
     .mistake = "the clipped gradient keeps its second moment",
     .targets = "R",
     .points = AT_THE_END,
     .predict = nu_one},
    {.name = "nu = mu^2",
     .mistake = "the second moment is the square of the drift factor",
     .targets = "R",
     .points = AT_THE_END,
     .predict = nu_mu2},
    {.name = "no label noise",
     .mistake = "zeta is dropped from the test risk P",
     .targets = "R",
     .points = AT_THE_END,
     .predict = no_zeta},
    {.name = "residual variance P",
     .mistake = "the residual's variance is taken for P in mu; it is 2P",
     .targets = "R",
     .points = AT_THE_END,
     .predict = residual_p},
    {0},
};

static const assay_figure trajectory_figures[] = {
    {.title = "Risk against time",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R",
     .y_label = "excess risk R",
     .points = "I1,I2,I3,I4,I5,I6,I7",
     .sweep = "0:1:61"},
    {.title = "Single paths at large d",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R",
     .y_label = "excess risk R",
     .points = "L2",
     .sweep = "0:1:61"},
    {0},
};

const assay_claim dp_sgd_isotropic_trajectory_claim = {
    .id = "dp-sgd/isotropic-trajectory",
    .kinds = "limit",
    .statement = "For Sigma = I the risk after step [nt] follows the limit ODE, for constant and decaying "
                 "steps, with or without scheduled noise.",
    .source = "arXiv 2505.16329, main theorem for isotropic data",
    .params = trajectory_params,
    .observables = trajectory_observables,
    .predict = trajectory,
    .legs = trajectory_legs,
    .targets = trajectory_targets,
    .controls = trajectory_controls,
    .figures = trajectory_figures};

/* ---- dp-sgd/fluctuations ---- */

enum { O_VAR_R, O_VAR_F, O_SLOPE };
static const assay_observable fluctuation_observables[] = {
    {"d_var_R", NULL, "limit of d Var R at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"d_var_F", NULL, "limit of d Var F after the terminal noise", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {"slope", NULL, "of log sd(R) on log d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0},
};

static assay_status fluctuations_with(assay_call *call, dp_sgd_mistake mistake) {
  assay_value R, d_var;
  dp_sgd_end end;
  assay_status status = trajectory_at(call, mistake, &R, &d_var);
  if (status == ASSAY_OK) status = end_of(call, mistake, &end);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_VAR_R, d_var);
  claim_put(call, O_VAR_F, end.d_var_F);
  assay_put(call, O_SLOPE, 0, -0.5, 0);
  return ASSAY_OK;
}

static assay_status fluctuations(assay_call *call) {
  return fluctuations_with(call, DP_SGD_RIGHT);
}
static assay_status sde_fluctuations(assay_call *call) {
  return fluctuations_with(call, DP_SGD_SDE_NOISE);
}
static assay_status slope_minus_one(assay_call *call) {
  assay_put(call, O_SLOPE, 0, -1, 0);
  return ASSAY_OK;
}

/* A squared deviation of a nearly normal value has sd sqrt(2) times its mean. */
static assay_status spread_variance(assay_call *call) {
  assay_value R, d_var;
  dp_sgd_end end;
  assay_status status = trajectory_at(call, DP_SGD_RIGHT, &R, &d_var);
  if (status == ASSAY_OK) status = end_of(call, DP_SGD_RIGHT, &end);
  if (status != ASSAY_OK) return status;
  assay_put(call, O_VAR_R, 0, M_SQRT2 * d_var.value, 0);
  assay_put(call, O_VAR_F, 0, M_SQRT2 * end.d_var_F.value, 0);
  return ASSAY_OK;
}

static assay_status times_d(const assay_sample *s, double *out) {
  *out = s->value[0] * assay_real(s->points[0], "d");
  return ASSAY_OK;
}

/* The slope of log sd on log d, from variances. */
static assay_status slope_of_sd(const assay_sample *s, double *out) {
  assay_status status = claim_log_slope(s, out);
  *out /= 2;
  return status;
}

#define TWO_TIMES " t=.5,1"
#define POINT_WITHOUT_NOISE "gamma=.5 c=1 zeta=.5 schedule=const eta0=2 noise=none"

static const assay_leg fluctuation_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("I1: " POINT_I1 TWO_TIMES, "I2: " POINT_I2 TWO_TIMES, "I4: " POINT_I4 TWO_TIMES,
                      "I5: " POINT_I5 TWO_TIMES),
     .sizes = {"d=200", "d=400", "d=400"},
     .first = {128, 160, 160},
     .looks = {9, 10, 13}},
    /* The same paths, after the terminal noise. */
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("F1: " POINT_I1, "F2: " POINT_I2, "F5: " POINT_I5),
     .sizes = {"d=200", "d=400", "d=400"},
     .first = {128, 160, 160},
     .looks = {9, 10, 13}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("S1: " POINT_WITHOUT_NOISE),
     .sizes = {"d=100,400,1600", "d=100,400,1600,6400", "d=100,400,1600,6400"},
     .first = {128, 128, 128},
     .looks = {9, 8, 10}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("V2: " POINT_I2),
     .sizes = {"d=50", "d=100", "d=100"},
     .first = {128, 128, 128},
     .looks = {8, 8, 9}},
    {0},
};

#define MARGIN_VARIANCE ALL_TIERS({.over_size = 3, .deviations = 10})
#define REASON_VARIANCE "bias 3 value/d (measured: d = 50) + 10 sqrt(2/n_max) of the value"
static const assay_target fluctuation_targets[] = {
    {.name = "d_var_R",
     .records = "R",
     .points = "I1,I2,I4,I5,V2",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_d,
     .predict = fluctuations,
     .spread = spread_variance,
     .margin = MARGIN_VARIANCE,
     .reason = REASON_VARIANCE},
    {.name = "d_var_F",
     .records = "F",
     .points = "F*",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_d,
     .predict = fluctuations,
     .spread = spread_variance,
     .margin = MARGIN_VARIANCE,
     .reason = REASON_VARIANCE},
    {.name = "slope",
     .records = "R",
     .points = "S1",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .along = "d",
     .reduce = slope_of_sd,
     .predict = fluctuations,
     .margin = ALL_TIERS({.bias = .03}),
     .reason = ".03: the bias of the variance at the smallest d, at most .01, + 10 se at n_max"},
    {0},
};

static const assay_control fluctuation_controls[] = {
    {.name = "homogenised SDE",
     .mistake = "the fluctuations are those of the homogenised SDE, which has the same mean only",
     .targets = "d_var_R",
     .points = "I2:t=1:*,V2",
     .predict = sde_fluctuations},
    {.name = "slope -1",
     .mistake = "R concentrates like 1/d instead of 1/sqrt(d)",
     .targets = "slope",
     .predict = slope_minus_one},
    {0},
};

static const assay_figure fluctuation_figures[] = {
    {.title = "Fluctuations of the risk against time",
     .x = "t",
     .x_label = "t = k/n",
     .y = "d_var_R",
     .y_label = "d Var R",
     .points = "I1,I2,I5",
     .sweep = "0:1:41"},
    {0},
};

const assay_claim dp_sgd_fluctuations_claim = {
    .id = "dp-sgd/fluctuations",
    .kinds = "limit,rate",
    .statement = "n Var R converges to v(t), and the terminal noise adds 4 R J + 2 J^2 to d Var F; R "
                 "concentrates like 1/sqrt(d).",
    .source = "derived here: the variance of the risk's one-step increments, linearised about the limit ODE",
    .params = trajectory_params,
    .observables = fluctuation_observables,
    .predict = fluctuations,
    .legs = fluctuation_legs,
    .targets = fluctuation_targets,
    .controls = fluctuation_controls,
    .figures = fluctuation_figures};

/* ---- dp-sgd/final-risk ---- */

static const assay_param final_params[] = {
    PARAMS_PROBLEM,
    PARAM_D,
    {0},
};
enum { O_F, O_J };
static const assay_observable final_observables[] = {
    {"F", NULL, "risk after the terminal noise", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"J", NULL, "what the terminal noise adds", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status final_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_end end;
  assay_status status = end_of(call, mistake, &end);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_F, end.F);
  claim_put(call, O_J, end.J);
  return ASSAY_OK;
}

static assay_status final_risk(assay_call *call) {
  return final_with(call, DP_SGD_RIGHT);
}
static assay_status sensitivity_c(assay_call *call) {
  return final_with(call, DP_SGD_SENSITIVITY_C);
}
static assay_status k_gamma(assay_call *call) {
  return final_with(call, DP_SGD_K_GAMMA);
}

static assay_status spread_final(assay_call *call) {
  dp_sgd_end end;
  assay_status status = end_of(call, DP_SGD_RIGHT, &end);
  if (status != ASSAY_OK) return status;
  double d = assay_real(call, "d"), J = end.J.value, R = end.R.value;
  assay_put(call, O_F, 0, sqrt(end.d_var_F.value / d), 0);
  assay_put(call, O_J, 0, sqrt((4 * R * J + 2 * J * J) / d), 0);
  return ASSAY_OK;
}

static assay_status difference(const assay_sample *s, double *out) {
  *out = s->value[0] - s->value[1];
  return ASSAY_OK;
}

static const assay_leg final_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange,
     .points = POINTS("I1: " POINT_I1, "I2: " POINT_I2, "I3: " POINT_I3, "I5: " POINT_I5, "I6: " POINT_I6,
                      "I7: " POINT_I7),
     .sizes = {"d=200", "d=400", "d=100000"},
     .first = {128, 128, 128},
     .looks = {6, 9, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("V2: " POINT_I2),
     .sizes = {"d=100", "d=200", "d=2000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {0},
};

static const assay_target final_targets[] = {
    {.name = "F", .spread = spread_final, .margin = MARGIN(.6), .reason = REASON(.6)},
    {.name = "J",
     .records = "F,R",
     .points = "I1,I2,I3,I5,V2",
     .estimand = ASSAY_COMBINATION,
     .reduce = difference,
     .predict = final_risk,
     .spread = spread_final,
     .margin = MARGIN(.6),
     .reason = REASON(.6) "; F - R(1-) of the same path"},
    {0},
};

static const assay_control final_controls[] = {
    {.name = "sensitivity C",
     .mistake = "replacing a sample moves a step by C eta instead of 2 C eta: a quarter of the noise",
     .points = "I1,I2,V2",
     .predict = sensitivity_c},
    {.name = "gamma for gamma^2",
     .mistake = "privacy costs 2 gamma c^2 eta^2/rho^2 instead of 2 gamma^2 c^2 eta^2/rho^2",
     .points = "I1,I2,V2",
     .predict = k_gamma},
    {0},
};

static const assay_figure final_figures[] = {
    {.title = "Final risk against the privacy parameter",
     .x = "rho",
     .x_label = "rho",
     .y = "F",
     .y_label = "final risk F",
     .points = "I1,I2,I3,I5",
     .sweep = "0.1:10:41",
     .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
    {0},
};

const assay_claim dp_sgd_final_risk_claim = {
    .id = "dp-sgd/final-risk",
    .kinds = "limit",
    .statement = "After the terminal noise the risk is F = R(1-) + J: privacy costs exactly 2 gamma^2 c^2 "
                 "eta^2/rho^2.",
    .source = "arXiv 2505.16329, with privacy amplification by iteration (Feldman et al. 2018)",
    .params = final_params,
    .observables = final_observables,
    .predict = final_risk,
    .legs = final_legs,
    .targets = final_targets,
    .controls = final_controls,
    .figures = final_figures};

/* ---- dp-sgd/no-clipping-limit ---- */

static const assay_param unclipped_params[] = {
    PARAM_GAMMA, PARAM_ETA, PARAM_ZETA, PARAM_R0, PARAM_T, PARAM_D, {0},
};
enum { O_UNCLIPPED_R, O_R_INF };
static const assay_observable unclipped_observables[] = {
    {"R", NULL, "risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"R_inf", NULL, "stationary risk, eta gamma < 2", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0},
};

static assay_status unclipped_with(assay_call *call, dp_sgd_mistake mistake) {
  assay_value R, R_inf;
  assay_status status = dp_sgd_unclipped(assay_real(call, "gamma"), assay_real(call, "eta"),
                                         assay_real(call, "zeta"), assay_real(call, "R0"),
                                         assay_real(call, "t"), mistake, &R, &R_inf, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_UNCLIPPED_R, R);
  if (isnan(R_inf.value))
    assay_absent(call, O_R_INF, "the risk grows without bound: eta gamma >= 2");
  else
    claim_put(call, O_R_INF, R_inf);
  return ASSAY_OK;
}

static assay_status unclipped(assay_call *call) {
  return unclipped_with(call, DP_SGD_RIGHT);
}
static assay_status linear_rate(assay_call *call) {
  return unclipped_with(call, DP_SGD_LINEAR_RATE);
}

/* The same numbers from the ODE with c = inf, integrated; and the stationary value as the risk after a long
 * time. */
static assay_status integrate_unclipped(assay_call *call) {
  assay_value R, at_rest;
  double gamma = assay_real(call, "gamma"), eta = assay_real(call, "eta"), zeta = assay_real(call, "zeta"),
         R0 = assay_real(call, "R0");
  assay_status status = trajectory_at(call, DP_SGD_RIGHT, &R, NULL);
  if (status == ASSAY_OK)
    status = dp_sgd_after(gamma, INFINITY, eta, zeta, R0, 40 / (eta * (2 - eta * gamma)), &at_rest,
                          assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_UNCLIPPED_R, R);
  claim_put(call, O_R_INF, at_rest);
  return ASSAY_OK;
}

/* R_inf as the risk after a long time when the spectrum is not flat: lam = .25, 1.75. */
static assay_status settle_anisotropic(assay_call *call) {
  const double lam[] = {.25, 1.75}, p[] = {.5, .5}, w[] = {.9, .1}, t = 1;
  const spectrum_blocks spectrum = {2, lam, p, w};
  double gamma = assay_real(call, "gamma"), eta = assay_real(call, "eta"),
         T = 40 / (lam[0] * eta * (2 - eta * gamma));
  dp_sgd_problem problem = {.gamma = gamma / T,
                            .c = INFINITY,
                            .rho = INFINITY,
                            .zeta = assay_real(call, "zeta"),
                            .eta = {.kind = SCHEDULE_CONST, .eta0 = eta * T},
                            .noise = DP_SGD_NO_NOISE};
  assay_value R;
  assay_status status =
      dp_sgd_blocks(&problem, &spectrum, DP_SGD_RIGHT, &t, 1, &R, NULL, NULL, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_R_INF, R);
  return status;
}

/* The bias of the mean is of the order (2 eta^2 gamma - (2 eta - eta^2 gamma)^2 gamma/2)/d: small eta^2 gamma
 * keeps it below 2/d. */
static const assay_leg unclipped_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = claim_arrange_constant,
     .points = POINTS("U1: gamma=1 eta=1 zeta=.5" FOUR_TIMES, "U2: gamma=.5 eta=1 zeta=.3" FOUR_TIMES),
     .sizes = {"d=200 c=inf", "d=400 c=inf", "d=100000 c=inf"},
     .first = {128, 128, 128},
     .looks = {6, 9, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange_constant,
     .points = POINTS("V1: gamma=1 eta=1 zeta=.5"),
     .sizes = {"d=100 c=inf", "d=200 c=inf", "d=1000 c=inf"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {.check = integrate_unclipped,
     .points = POINTS("E1: gamma=1 eta=1 zeta=.5" FOUR_TIMES, "E2: gamma=.2 eta=6 zeta=.3 t=.5"),
     .sizes = {"", "", ""}},
    {.check = settle_anisotropic,
     .points = POINTS("A1: gamma=1 eta=1 zeta=.5", "A2: gamma=.2 eta=6 zeta=.3"),
     .sizes = {"", "", ""}},
    {0},
};

static const assay_target unclipped_targets[] = {
    {.name = "R",
     .points = "U1,U2,V1",
     .spread = spread_R,
     .margin = MARGIN(2),
     .reason = REASON(2) "; unclipped"},
    {.name = "R",
     .title = "R integrated",
     .points = "E1,E2",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-8}),
     .reason = "the ODE's tolerance"},
    {.name = "R_inf",
     .points = "E1,E2",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-8}),
     .reason = "the ODE's tolerance"},
    {.name = "R_inf",
     .title = "R_inf, any Sigma",
     .points = "A1,A2",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-8}),
     .reason = "the ODE's tolerance"},
    {0},
};

static const assay_control unclipped_controls[] = {
    {.name = "no noise growth",
     .mistake = "the exponent is 2 eta instead of 2 eta - eta^2 gamma",
     .targets = "R,R integrated",
     .points = "U1:t=1:*,V1,E1:t=1:*",
     .predict = linear_rate},
    {0},
};

const assay_claim dp_sgd_no_clipping_limit_claim = {
    .id = "dp-sgd/no-clipping-limit",
    .kinds = "limit,identity",
    .statement = "Without clipping and noise, DP-SGD is one-pass SGD: an exponential approach to R_inf = eta "
                 "gamma zeta^2/(2 (2 - eta gamma)).",
    .source = "classical (Paquette et al.); the limit c = inf of arXiv 2505.16329",
    .params = unclipped_params,
    .observables = unclipped_observables,
    .predict = unclipped,
    .legs = unclipped_legs,
    .targets = unclipped_targets,
    .controls = unclipped_controls};

/* ---- dp-sgd/stationary-risk ---- */

static const assay_param stationary_params[] = {
    PARAM_GAMMA,
    PARAM_C,
    PARAM_ETA,
    PARAM_ZETA,
    {"T", NULL, "horizon in units of t", ASSAY_REAL, 0, NULL, "(0,inf)", "6"},
    PARAM_R0,
    PARAM_D,
    {0},
};
enum { O_STAT, O_R_T };
static const assay_observable stationary_observables[] = {
    {"R_stat", NULL, "stationary risk", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"R_T", NULL, "risk after T time units", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

typedef struct {
  double gamma, c, eta, zeta, T, R0;
} stationary_point;

static stationary_point stationary_of(const assay_call *call) {
  return (stationary_point){assay_real(call, "gamma"), assay_real(call, "c"), assay_real(call, "eta"),
                            assay_real(call, "zeta"),  assay_real(call, "T"), assay_real(call, "R0")};
}

static assay_status stationary(assay_call *call) {
  stationary_point p = stationary_of(call);
  assay_value R_stat, R_T;
  assay_status status = dp_sgd_after(p.gamma, p.c, p.eta, p.zeta, p.R0, p.T, &R_T, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_R_T, R_T);
  if (isinf(p.c) && p.eta * p.gamma >= 2) {
    assay_absent(call, O_STAT, "without clipping the risk diverges: eta gamma = %.4g >= 2", p.eta * p.gamma);
    return ASSAY_OK;
  }
  status = dp_sgd_stationary(p.gamma, p.c, p.eta, p.zeta, DP_SGD_RIGHT, &R_stat, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_STAT, R_stat);
  return status;
}

/* The unclipped formulas in place of the clipped ones. */
static assay_status stationary_unclipped(assay_call *call) {
  stationary_point p = stationary_of(call);
  assay_value R, R_inf;
  assay_status status =
      dp_sgd_unclipped(p.gamma, p.eta, p.zeta, p.R0, p.T, DP_SGD_RIGHT, &R, &R_inf, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_R_T, R);
  claim_put(call, O_STAT, R_inf);
  return ASSAY_OK;
}

/* R_stat as the risk after a long time: T long against the slowest relaxation seen at these points. */
static assay_status settle(assay_call *call) {
  stationary_point p = stationary_of(call);
  assay_value R;
  assay_status status = dp_sgd_after(p.gamma, p.c, p.eta, p.zeta, p.R0, 60, &R, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_STAT, R);
  return status;
}

static assay_status hundredfold(assay_call *call) {
  assay_put(call, O_R_T, 0, 100 * assay_real(call, "R0"), 0);
  return ASSAY_OK;
}

static assay_status at_start(assay_call *call) {
  assay_put(call, O_R_T, 0, assay_real(call, "R0"), 0);
  return ASSAY_OK;
}

/* The root alone, at steps so large that a run would be long. */
static assay_status balance(assay_call *call) {
  stationary_point p = stationary_of(call);
  assay_value R;
  assay_status status =
      dp_sgd_stationary(p.gamma, p.c, p.eta, p.zeta, DP_SGD_RIGHT, &R, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_STAT, R);
  return status;
}

/* The limit of large steps: every sample is clipped, mu ~ c/sqrt(pi P), nu P ~ c^2/2 and P ~ R. */
static assay_status all_clipped(assay_call *call) {
  double k = assay_real(call, "eta") * assay_real(call, "gamma") * assay_real(call, "c");
  assay_put(call, O_STAT, 0, M_PI * k * k / 16, 0);
  return ASSAY_OK;
}

/* T time units are a run with (gamma/T, eta T) on [0,1]. */
static assay_status stretched(assay_call *call, dp_sgd_problem *problem) {
  stationary_point p = stationary_of(call);
  *problem = (dp_sgd_problem){.gamma = p.gamma / p.T,
                              .c = p.c,
                              .rho = INFINITY,
                              .zeta = p.zeta,
                              .R0 = p.R0,
                              .eta = {.kind = SCHEDULE_CONST, .eta0 = p.eta * p.T},
                              .noise = DP_SGD_NO_NOISE};
  return ASSAY_OK;
}

static assay_status spread_stationary(assay_call *call) {
  dp_sgd_problem problem;
  assay_value R, d_var;
  double t = 1;
  assay_status status = stretched(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_trajectory(&problem, DP_SGD_RIGHT, &t, 1, &R, &d_var, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_R_T, 0, sqrt(d_var.value / assay_real(call, "d")), 0);
  return status;
}

static assay_status arrange_stationary(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), T = assay_real(claim, "T"),
         n = round(d * T / assay_real(claim, "gamma"));
  assay_status status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(sim, "eta0", assay_real(claim, "eta") * T);
  return status == ASSAY_OK ? assay_set(realised, "gamma", d * T / n) : status;
}

static const assay_leg stationary_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_stationary,
     .points = POINTS("S1: gamma=.5 c=1 eta=8 zeta=.5", "S2: gamma=1 c=.5 eta=3 zeta=.5",
                      "S3: gamma=1 c=1 eta=2 zeta=.3", "S4: gamma=.5 c=1 eta=4.4 zeta=.5",
                      "S5: gamma=.5 c=.5 eta=3 zeta=.5"),
     .sizes = {"d=200", "d=400", "d=20000"},
     .first = {128, 128, 128},
     .looks = {6, 9, 3}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_stationary,
     .points = POINTS("D1: gamma=.5 c=inf eta=4.4 zeta=.5", "D0: gamma=.5 c=inf eta=3 zeta=.5"),
     .sizes = {"d=200", "d=400", "d=2000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 4}},
    {.check = settle,
     .points = POINTS("E1: gamma=.5 c=1 eta=8 zeta=.5", "E2: gamma=1 c=.5 eta=3 zeta=.5",
                      "E3: gamma=1 c=1 eta=2 zeta=.3", "E4: gamma=.2 c=1 eta=3 zeta=.5",
                      "E5: gamma=.5 c=.5 eta=3 zeta=.5"),
     .sizes = {"", "", ""}},
    {.check = balance, .points = POINTS("X1: gamma=.5 c=1 eta=800 zeta=.5"), .sizes = {"", "", ""}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_stationary,
     .points = POINTS("V5: gamma=.5 c=.5 eta=3 zeta=.5"),
     .sizes = {"d=50", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 4, 4}},
    {0},
};

static const assay_target stationary_targets[] = {
    {.name = "R_T",
     .records = "R",
     .points = "S2,S3,S4,S5,V5",
     .spread = spread_stationary,
     .margin = MARGIN(.6),
     .reason = REASON(.6)},
    {.name = "R_T",
     .records = "R",
     .points = "S1",
     .spread = spread_stationary,
     .margin = MARGIN(.85),
     .reason = REASON(.85) "; eta gamma = 4"},
    {.name = "R_T",
     .title = "diverges",
     .records = "R",
     .points = "D1",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .predict = hundredfold,
     .side = 1,
     .reason = "the median of R_T/R0 exceeds 100; the limit is 734 at eta gamma = 2.2"},
    {.name = "R_T",
     .title = "stays",
     .records = "R",
     .points = "D0",
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .predict = at_start,
     .side = -1,
     .reason = "the median of R_T stays below R0 at eta gamma = 1.5"},
    {.name = "R_stat",
     .points = "E*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-8}),
     .reason = "the ODE's tolerance after 60 time units"},
    {.name = "R_stat",
     .title = "R_stat at large steps",
     .points = "X1",
     .estimand = ASSAY_EXACT,
     .predict = all_clipped,
     .margin = ALL_TIERS({.relative = .005}),
     .reason = "1.7/(eta gamma c) of the value: .0042 at eta gamma c = 400"},
    {0},
};

static const assay_control stationary_controls[] = {
    {.name = "unclipped formula",
     .mistake = "the stationary risk is that of unclipped SGD, eta gamma zeta^2/(2 (2 - eta gamma))",
     .targets = "R_T,R_stat",
     .points = "S5,V5,E5",
     .predict = stationary_unclipped},
    {.name = "clipped run",
     .mistake = "a run with clipping, which does not diverge, is taken for one without",
     .targets = "diverges",
     .change = "c=1"},
    {.name = "step beyond the threshold",
     .mistake = "a run at eta gamma = 2.2, which diverges, is taken for one at 1.5",
     .targets = "stays",
     .change = "eta0=26.4"},
    {0},
};

static const assay_figure stationary_figures[] = {
    {.title = "Stationary risk against the step",
     .x = "eta",
     .x_label = "step eta",
     .y = "R_T",
     .y_label = "risk after T",
     .points = "S1,S2,S3",
     .sweep = "0.5:12:41",
     .flags = ASSAY_LOG_Y},
    {0},
};

const assay_claim dp_sgd_stationary_risk_claim = {
    .id = "dp-sgd/stationary-risk",
    .kinds = "threshold,limit",
    .statement = "At constant step clipped SGD has a finite stationary risk for every eta gamma; unclipped "
                 "SGD diverges for eta gamma > 2.",
    .source = "derived from the limit ODE of arXiv 2505.16329: 2 mu R = eta gamma nu P",
    .params = stationary_params,
    .observables = stationary_observables,
    .predict = stationary,
    .legs = stationary_legs,
    .targets = stationary_targets,
    .controls = stationary_controls,
    .figures = stationary_figures};

/* ---- dp-sgd/homogenised-sde ---- */

enum { O_SDE_R, O_SDE_VAR };
static const assay_observable sde_observables[] = {
    {"R", NULL, "risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"d_var_R", NULL, "limit of d Var R at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status sde_with(assay_call *call, dp_sgd_mistake mistake) {
  assay_value R, d_var;
  assay_status status = trajectory_at(call, mistake, &R, &d_var);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_SDE_R, R);
  claim_put(call, O_SDE_VAR, d_var);
  return ASSAY_OK;
}

static assay_status sde(assay_call *call) {
  return sde_with(call, DP_SGD_SDE_NOISE);
}
static assay_status sde_as_sgd(assay_call *call) {
  return sde_with(call, DP_SGD_RIGHT);
}
static assay_status sde_naive_mu(assay_call *call) {
  assay_value R;
  assay_status status = trajectory_at(call, DP_SGD_NAIVE_MU, &R, NULL);
  if (status == ASSAY_OK) claim_put(call, O_SDE_R, R);
  return status;
}

static assay_status spread_sde(assay_call *call) {
  assay_value R, d_var;
  assay_status status = trajectory_at(call, DP_SGD_SDE_NOISE, &R, &d_var);
  if (status != ASSAY_OK) return status;
  assay_put(call, O_SDE_R, 0, sqrt(d_var.value / assay_real(call, "d")), 0);
  assay_put(call, O_SDE_VAR, 0, M_SQRT2 * d_var.value, 0);
  return ASSAY_OK;
}

static const assay_leg sde_legs[] = {
    {.experiment = &dp_sgd_sde_chain,
     .arrange = claim_arrange,
     .points = POINTS("I2: " POINT_I2 TWO_TIMES),
     .sizes = {"d=200", "d=400", "d=400"},
     .first = {128, 160, 160},
     .looks = {9, 10, 13}},
    {.experiment = &dp_sgd_sde_chain,
     .arrange = claim_arrange,
     .points = POINTS("I5: " POINT_I5 TWO_TIMES),
     .sizes = {"d=200", "d=400", "d=10000"},
     .first = {128, 128, 128},
     .looks = {6, 9, 4}},
    {0},
};

static const assay_target sde_targets[] = {
    {.name = "R", .spread = spread_sde, .margin = MARGIN(.75), .reason = REASON(.75)},
    {.name = "d_var_R",
     .records = "R",
     .points = "I2",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_d,
     .predict = sde,
     .spread = spread_sde,
     .margin = MARGIN_VARIANCE,
     .reason = REASON_VARIANCE},
    {0},
};

static const assay_control sde_controls[] = {
    {.name = "fluctuations of SGD",
     .mistake = "the SDE is given the fluctuations of DP-SGD itself",
     .targets = "d_var_R",
     .points = "I2:t=1:*",
     .predict = sde_as_sgd},
    {.name = "naive mu",
     .mistake = "mu is E min(1, c/|r|) instead of Prob(|r| < c)",
     .targets = "R",
     .points = "I2:t=1:*",
     .predict = sde_naive_mu},
    {0},
};

const assay_claim dp_sgd_homogenised_sde_claim = {
    .id = "dp-sgd/homogenised-sde",
    .kinds = "limit",
    .statement = "The homogenised SDE has the same limiting risk as DP-SGD, and fluctuations of its own.",
    .source = "arXiv 2505.16329, homogenised DP-SGD; its fluctuations are derived here",
    .params = trajectory_params,
    .observables = sde_observables,
    .predict = sde,
    .legs = sde_legs,
    .targets = sde_targets,
    .controls = sde_controls};
