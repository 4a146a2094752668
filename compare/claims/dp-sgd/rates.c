/* Rates as gamma -> 0 with kk = gamma/rho^2 fixed: logarithms at a constant step, none with the greedy
 * schedule. */
#include <math.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "model/clipping.h"
#include "sim/dp-sgd/experiments.h"

#define PARAM_KK(domain)                                                                                     \
  { "kk", NULL, "gamma/rho^2", ASSAY_REAL, 0, NULL, domain, NULL }
#define PARAM_FINITE_C                                                                                       \
  { "c", NULL, "clipping threshold over sqrt(d)", ASSAY_REAL, 0, NULL, "(0,inf)", NULL }

static assay_status over_gamma(const assay_sample *s, double *out) {
  *out = s->value[0] / assay_real(s->points[0], "gamma");
  return ASSAY_OK;
}

/* The problem behind gamma, c, zeta, kk, without its step. */
static dp_sgd_problem rate_problem(const assay_call *call, dp_sgd_noise noise) {
  double gamma = assay_real(call, "gamma");
  return (dp_sgd_problem){.gamma = gamma,
                          .c = assay_real(call, "c"),
                          .rho = sqrt(gamma / assay_real(call, "kk")),
                          .zeta = assay_real(call, "zeta"),
                          .R0 = 0.5,
                          .eta = {.kind = SCHEDULE_CONST, .eta0 = 1},
                          .noise = noise};
}

/* The sd of F/gamma. */
static assay_status spread_rate(assay_call *call, int observable, const dp_sgd_problem *problem) {
  dp_sgd_end end;
  assay_status status = dp_sgd_final(problem, DP_SGD_RIGHT, &end, assay_call_error(call));
  if (status == ASSAY_OK)
    assay_put(call, observable, 0, sqrt(end.d_var_F.value / assay_real(call, "d")) / problem->gamma, 0);
  return status;
}

#define GAMMAS_3 "c=.25 zeta=.5 kk=.1 gamma=.1,.03,.01"
#define GAMMAS_5 GAMMAS_3 ",.003,.001"
#define POINT_VECTOR "c=.25 zeta=.5 kk=.1 gamma=.1"
#define REASON_SLOPE ".03: the bias of log F, common to all gamma, nearly cancels; 10 se at n_max"

/* ---- dp-sgd/rate-constant-lr ---- */

static const assay_param constant_params[] = {
    PARAM_GAMMA, PARAM_FINITE_C, PARAM_ZETA, PARAM_KK("(0,inf)"), PARAM_D, {0},
};
enum { O_F_OVER_GAMMA, O_L, O_EXPANSION, O_F };
static const assay_observable constant_observables[] = {
    {"F_over_gamma", NULL, "least final risk over the constant step, over gamma", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L", NULL, "2 eta* mu, about log(1/gamma)", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"expansion", NULL, "(A/4)(L+1) + (B/27)(L^2+2L)", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"F", NULL, "least final risk over the constant step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {0},
};

static assay_status constant_of(assay_call *call, dp_sgd_constant_rate *rate) {
  return dp_sgd_rate_constant(assay_real(call, "gamma"), assay_real(call, "c"), assay_real(call, "zeta"),
                              assay_real(call, "kk"), rate, assay_call_error(call));
}

static assay_status constant_rate(assay_call *call) {
  dp_sgd_constant_rate rate;
  assay_status status = constant_of(call, &rate);
  if (status != ASSAY_OK) return status;
  double gamma = assay_real(call, "gamma");
  claim_put(call, O_F_OVER_GAMMA, rate.F_over_gamma);
  claim_put(call, O_L, rate.L);
  claim_put(call, O_EXPANSION, rate.expansion);
  claim_put(call, O_F, (assay_value){gamma * rate.F_over_gamma.value, gamma * rate.F_over_gamma.error});
  return ASSAY_OK;
}

/* F/gamma that does not depend on gamma. */
static assay_status no_log(assay_call *call) {
  assay_put(call, O_F, 0, assay_real(call, "gamma"), 0);
  return ASSAY_OK;
}

/* The leading terms alone, without the next order. */
static assay_status leading_terms(assay_call *call) {
  dp_sgd_constant_rate rate;
  dp_sgd_decaying_rate limits;
  assay_status status = constant_of(call, &rate);
  if (status == ASSAY_OK)
    status = dp_sgd_rate_decaying(assay_real(call, "c"), assay_real(call, "zeta"), assay_real(call, "kk"),
                                  DP_SGD_RIGHT, &limits, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double L = rate.L.value;
  assay_put(call, O_EXPANSION, 0, limits.A.value / 4 * L + limits.B.value / 27 * L * L, 0);
  return ASSAY_OK;
}

/* The problem at its best step: L = 2 eta mu at P = zeta^2/2. */
static assay_status constant_chosen(assay_call *call, dp_sgd_problem *problem) {
  dp_sgd_constant_rate rate;
  assay_status status = constant_of(call, &rate);
  if (status != ASSAY_OK) return status;
  *problem = rate_problem(call, DP_SGD_OUTPUT);
  problem->eta.eta0 =
      claim_rounded(rate.L.value / (2 * clipping_mu(problem->c, problem->zeta * problem->zeta / 2)));
  return ASSAY_OK;
}

/* L from the vertex of F; and the optimum that the expansion approximates. */
static assay_status optimum_for_expansion(assay_call *call) {
  dp_sgd_problem problem;
  dp_sgd_constant_rate rate;
  double eta;
  assay_status status = constant_of(call, &rate);
  if (status == ASSAY_OK) status = constant_chosen(call, &problem);
  if (status == ASSAY_OK) status = claim_vertex(&problem, &problem.eta.eta0, &eta, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_EXPANSION, rate.F_over_gamma);
  assay_put(call, O_L, 0, 2 * eta * clipping_mu(problem.c, problem.zeta * problem.zeta / 2), 0);
  return ASSAY_OK;
}

static assay_status spread_constant(assay_call *call) {
  dp_sgd_problem problem;
  assay_status status = constant_chosen(call, &problem);
  return status == ASSAY_OK ? spread_rate(call, O_F_OVER_GAMMA, &problem) : status;
}

static assay_status arrange_constant_rate(assay_call *claim, assay_call *sim, assay_call *realised) {
  dp_sgd_problem problem;
  assay_status status = claim_arrange(claim, sim, realised);
  if (status == ASSAY_OK) status = constant_chosen(realised, &problem);
  if (status == ASSAY_OK) status = assay_set(sim, "eta0", problem.eta.eta0);
  if (status == ASSAY_OK) status = assay_set(sim, "rho", problem.rho);
  return status == ASSAY_OK ? assay_set_word(sim, "noise", "output") : status;
}

static const assay_leg constant_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_constant_rate,
     .points = POINTS("R: " GAMMAS_3),
     .sizes = {"d=100", NULL, NULL},
     .first = {128, 0, 0},
     .looks = {5, 0, 0}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_constant_rate,
     .points = POINTS("S: " GAMMAS_5),
     .sizes = {NULL, "d=100", "d=400"},
     .first = {0, 128, 128},
     .looks = {0, 5, 6}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_constant_rate,
     .points = POINTS("V: " POINT_VECTOR),
     .sizes = {"d=100", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 4}},
    {.check = optimum_for_expansion,
     .points = POINTS("E: c=.25 zeta=.5 kk=.1 gamma=1e-5"),
     .sizes = {"", "", ""}},
    {0},
};

static const assay_target constant_targets[] = {
    {.name = "F_over_gamma",
     .records = "F",
     .estimand = ASSAY_SMOOTH,
     .points = "R,S,V",
     .reduce = over_gamma,
     .predict = constant_rate,
     .spread = spread_constant,
     .margin = MARGIN(1.5),
     .reason = REASON(1.5)},
    {.name = "F",
     .title = "slope",
     .records = "F",
     .points = "R,S",
     .estimand = ASSAY_SMOOTH,
     .along = "gamma",
     .reduce = claim_log_slope,
     .margin = ALL_TIERS({.bias = .03}),
     .reason = REASON_SLOPE},
    {.name = "L", .points = "E", .estimand = ASSAY_EXACT, .margin = MARGIN_VERTEX, .reason = REASON_VERTEX},
    {.name = "expansion",
     .points = "E",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-4}),
     .reason = "what is left of the expansion at gamma = 1e-5"},
    {0},
};

static const assay_control constant_controls[] = {
    {.name = "no logarithm",
     .mistake = "F is proportional to gamma: slope 1",
     .targets = "slope",
     .predict = no_log},
    {.name = "leading terms only",
     .mistake = "the expansion without its next order",
     .targets = "expansion",
     .predict = leading_terms},
    {0},
};

static const assay_figure constant_figures[] = {
    {.title = "F/gamma at the best constant step: a logarithm",
     .x = "gamma",
     .x_label = "gamma",
     .y = "F_over_gamma",
     .y_label = "F / gamma",
     .points = "R,S",
     .sweep = "0.0005:0.1:21",
     .flags = ASSAY_LOG_X},
    {0},
};

const assay_claim dp_sgd_rate_constant_lr_claim = {
    .id = "dp-sgd/rate-constant-lr",
    .kinds = "rate,limit",
    .statement =
        "At a constant step F = Theta(gamma log(1/gamma) + gamma^2 log^2(1/gamma)/rho^2) as gamma -> 0.",
    .source = "arXiv 2505.16329, rate at constant step; the expansion is derived here",
    .params = constant_params,
    .observables = constant_observables,
    .predict = constant_rate,
    .legs = constant_legs,
    .targets = constant_targets,
    .controls = constant_controls,
    .figures = constant_figures};

/* ---- dp-sgd/rate-decaying-lr ---- */

static const assay_param decaying_params[] = {
    PARAM_FINITE_C,
    PARAM_ZETA,
    PARAM_KK("[0,inf)"),
    {"gamma", NULL, "d/n; not given: the limits only", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
    {"eta0", NULL, "first step of the greedy schedule; not given: the best", ASSAY_REAL, 0, NULL, "(0,inf)",
     ""},
    PARAM_D,
    {0},
};
enum { D_A, D_B, D_G, D_LOW, D_UP, D_F_OVER_GAMMA, D_F, D_A_STAR };
static const assay_observable decaying_observables[] = {
    {"A", NULL, "zeta^2 nu/(2 mu^2)", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"B", NULL, "27 c^2 kk/(2 mu^2)", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"G", NULL, "limit of F/gamma", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"G_low", NULL, "A + B", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"G_up", NULL, "9A/8 + B", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"F_over_gamma", NULL, "final risk of the best greedy schedule, over gamma", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"F", NULL, "final risk of the best greedy schedule", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {"a_star", NULL, "c/zeta that makes A + B least", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0},
};

static assay_status limits_of(assay_call *call, dp_sgd_mistake mistake, dp_sgd_decaying_rate *rate) {
  return dp_sgd_rate_decaying(assay_real(call, "c"), assay_real(call, "zeta"), assay_real(call, "kk"),
                              mistake, rate, assay_call_error(call));
}

/* F/gamma, and the problem with its schedule in place. */
static assay_status decaying_chosen(assay_call *call, dp_sgd_problem *problem, assay_value *F_over_gamma) {
  *problem = rate_problem(call, DP_SGD_SCHEDULED);
  problem->eta.eta0 = assay_real(call, "eta0");
  assay_value F;
  assay_status status = claim_greedy(call, problem, !assay_given(call, "eta0"), &F);
  *F_over_gamma = (assay_value){F.value / problem->gamma, F.error / problem->gamma};
  return status;
}

static assay_status greedy_of(assay_call *call, assay_value *F_over_gamma) {
  dp_sgd_problem problem;
  if (assay_given(call, "eta0")) return decaying_chosen(call, &problem, F_over_gamma);
  return dp_sgd_rate_greedy(assay_real(call, "gamma"), assay_real(call, "c"), assay_real(call, "zeta"),
                            assay_real(call, "kk"), F_over_gamma, assay_call_error(call));
}

static void put_limits(assay_call *call, const dp_sgd_decaying_rate *rate) {
  claim_put(call, D_A, rate->A);
  claim_put(call, D_B, rate->B);
  claim_put(call, D_G, rate->G);
  claim_put(call, D_LOW, rate->G_low);
  claim_put(call, D_UP, rate->G_up);
}

static assay_status put_best_clip(assay_call *call) {
  double kk = assay_real(call, "kk");
  assay_value a, least;
  if (kk == 0) {
    assay_absent(call, D_A_STAR, "without privacy less clipping is never worse");
    return ASSAY_OK;
  }
  assay_status status = dp_sgd_rate_clip(kk, &a, &least, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, D_A_STAR, a);
  return status;
}

static assay_status decaying_rate(assay_call *call) {
  dp_sgd_decaying_rate rate;
  assay_value F;
  assay_status status = limits_of(call, DP_SGD_RIGHT, &rate);
  if (status != ASSAY_OK) return status;
  put_limits(call, &rate);
  status = put_best_clip(call);
  if (status != ASSAY_OK) return status;
  if (!assay_given(call, "gamma")) {
    assay_absent(call, D_F_OVER_GAMMA, "gamma is not given");
    assay_absent(call, D_F, "gamma is not given");
    return ASSAY_OK;
  }
  double gamma = assay_real(call, "gamma");
  status = greedy_of(call, &F);
  if (status != ASSAY_OK) return status;
  claim_put(call, D_F_OVER_GAMMA, F);
  claim_put(call, D_F, (assay_value){gamma * F.value, gamma * F.error});
  return ASSAY_OK;
}

static assay_status b_two(assay_call *call) {
  dp_sgd_decaying_rate rate;
  assay_status status = limits_of(call, DP_SGD_B_TWO, &rate);
  if (status == ASSAY_OK) put_limits(call, &rate);
  return status;
}

/* The risk of the best constant step. */
static assay_status as_constant(assay_call *call) {
  dp_sgd_constant_rate rate;
  assay_status status = constant_of(call, &rate);
  if (status == ASSAY_OK) assay_put(call, D_F, 0, assay_real(call, "gamma") * rate.F_over_gamma.value, 0);
  return status;
}

/* A at kk = 0; the harmonic schedule (3/2)/(mu t), whose limit is 9A/8 + B; G between its bounds. */
static assay_status other_ways(assay_call *call) {
  dp_sgd_decaying_rate rate, without;
  assay_value harmonic;
  double c = assay_real(call, "c"), zeta = assay_real(call, "zeta"), kk = assay_real(call, "kk");
  assay_status status = limits_of(call, DP_SGD_RIGHT, &rate);
  if (status == ASSAY_OK)
    status = dp_sgd_rate_decaying(c, zeta, 0, DP_SGD_RIGHT, &without, assay_call_error(call));
  if (status == ASSAY_OK) status = dp_sgd_rate_harmonic(c, zeta, kk, 1.5, &harmonic, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, D_A, without.G);
  claim_put(call, D_LOW, rate.G);
  claim_put(call, D_UP, harmonic);
  claim_put(call, D_G, rate.G_up);
  return ASSAY_OK;
}

static assay_status ode_for_G(assay_call *call) {
  assay_value F;
  assay_status status = greedy_of(call, &F);
  if (status == ASSAY_OK) claim_put(call, D_G, F);
  return status;
}

/* The exponent of G in rho, from rho to .3 rho at fixed gamma, where kk = gamma/rho^2. */
static assay_status limit_exponent(assay_call *call) {
  dp_sgd_decaying_rate rate, private;
  double c = assay_real(call, "c"), zeta = assay_real(call, "zeta"), kk = assay_real(call, "kk");
  assay_status status = limits_of(call, DP_SGD_RIGHT, &rate);
  if (status == ASSAY_OK)
    status = dp_sgd_rate_decaying(c, zeta, kk / (.3 * .3), DP_SGD_RIGHT, &private, assay_call_error(call));
  if (status == ASSAY_OK)
    assay_put(call, D_F_OVER_GAMMA, 0, log(private.G.value / rate.G.value) / log(.3), 0);
  return status;
}

static assay_status rho_exponent(assay_call *call) {
  assay_value F, private;
  double gamma = assay_real(call, "gamma"), c = assay_real(call, "c"), zeta = assay_real(call, "zeta"),
         kk = assay_real(call, "kk");
  assay_status status = greedy_of(call, &F);
  if (status == ASSAY_OK)
    status = dp_sgd_rate_greedy(gamma, c, zeta, kk / (.3 * .3), &private, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, D_F_OVER_GAMMA, 0, log(private.value / F.value) / log(.3), 0);
  return status;
}

/* The privacy term alone, gamma^2/rho^2. */
static assay_status always_private(assay_call *call) {
  assay_put(call, D_F_OVER_GAMMA, 0, -2, 0);
  return ASSAY_OK;
}

/* A + B at its least over c; G. */
static assay_status best_clip(assay_call *call) {
  dp_sgd_decaying_rate rate;
  assay_value a, least;
  double zeta = assay_real(call, "zeta");
  assay_status status = limits_of(call, DP_SGD_RIGHT, &rate);
  if (status == ASSAY_OK)
    status = dp_sgd_rate_clip(assay_real(call, "kk"), &a, &least, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, D_LOW, (assay_value){zeta * zeta * least.value, zeta * zeta * least.error});
  claim_put(call, D_G, rate.G);
  return ASSAY_OK;
}

/* Below G at every c: nu >= mu^2, and c^2/mu^2 >= pi zeta^2/2. */
static assay_status uniform_bound(assay_call *call) {
  double zeta = assay_real(call, "zeta");
  assay_put(call, D_G, 0, zeta * zeta * (0.5 + 6.75 * M_PI * assay_real(call, "kk")), 0);
  return ASSAY_OK;
}

static assay_status spread_decaying(assay_call *call) {
  dp_sgd_problem problem;
  assay_value F;
  assay_status status = decaying_chosen(call, &problem, &F);
  return status == ASSAY_OK ? spread_rate(call, D_F_OVER_GAMMA, &problem) : status;
}

static assay_status arrange_decaying(assay_call *claim, assay_call *sim, assay_call *realised) {
  dp_sgd_problem problem;
  assay_value F;
  assay_status status = claim_arrange(claim, sim, realised);
  if (status == ASSAY_OK) status = decaying_chosen(realised, &problem, &F);
  if (status == ASSAY_OK) status = assay_set(sim, "rho", problem.rho);
  /* F is flat at the best first step, and the search need not be made again. */
  if (status == ASSAY_OK) status = assay_set(realised, "eta0", problem.eta.eta0);
  return status == ASSAY_OK ? claim_set_table(sim, &problem.eta) : status;
}

static const assay_leg decaying_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_decaying,
     .points = POINTS("R: " GAMMAS_3),
     .sizes = {"d=100", NULL, NULL},
     .first = {128, 0, 0},
     .looks = {5, 0, 0}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_decaying,
     .points = POINTS("S: " GAMMAS_5),
     .sizes = {NULL, "d=100", "d=400"},
     .first = {0, 128, 128},
     .looks = {0, 5, 6}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_decaying,
     .points = POINTS("V: " POINT_VECTOR),
     .sizes = {"d=100", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 4}},
    {.check = other_ways,
     .points = POINTS("B1: c=.25 zeta=.5 kk=.1", "B2: c=.5 zeta=.5 kk=1", "B3: c=1 zeta=.3 kk=.01"),
     .sizes = {"", "", ""}},
    {.check = ode_for_G, .points = POINTS("G: c=.25 zeta=.5 kk=.1 gamma=1e-4"), .sizes = {"", "", ""}},
    /* rho = 1, .1 and .01. */
    {.check = rho_exponent,
     .points = POINTS("P: c=.25 zeta=.5 gamma=1e-4 kk=1e-4,.01,1"),
     .sizes = {"", "", ""}},
    /* c = a* zeta. */
    {.check = best_clip,
     .points = POINTS("C1: c=.81226 zeta=.5 kk=1e-3", "C2: c=.417861 zeta=.5 kk=1e-2",
                      "C3: c=.110442 zeta=.5 kk=.1"),
     .sizes = {"", "", ""}},
    {0},
};

static const assay_target decaying_targets[] = {
    {.name = "F_over_gamma",
     .records = "F",
     .points = "R,S,V",
     .estimand = ASSAY_SMOOTH,
     .reduce = over_gamma,
     .predict = decaying_rate,
     .spread = spread_decaying,
     .margin = MARGIN(1.5),
     .reason = REASON(1.5)},
    {.name = "F",
     .title = "slope",
     .records = "F",
     .points = "R,S",
     .estimand = ASSAY_SMOOTH,
     .along = "gamma",
     .reduce = claim_log_slope,
     .margin = ALL_TIERS({.bias = .03}),
     .reason = REASON_SLOPE},
    {.name = "A",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "G at kk = 0, integrated"},
    {.name = "G_low",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "A + B <= G"},
    {.name = "G",
     .title = "G below its upper bound",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "G <= 9A/8 + B"},
    {.name = "G_up",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-12}),
     .reason = "the harmonic schedule with alpha = 3/2"},
    {.name = "G",
     .points = "G",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = .01}),
     .reason = "F/gamma at gamma = 1e-4 is within 1 % of its limit"},
    {.name = "G",
     .title = "F over gamma above G",
     .points = "G",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "the limit is approached from above"},
    {.name = "F_over_gamma",
     .title = "exponent in rho",
     .points = "P",
     .estimand = ASSAY_EXACT,
     .predict = limit_exponent,
     .margin = ALL_TIERS({.bias = .02}),
     .reason = "F/gamma at gamma = 1e-4 is within 1 % of G, which moves the exponent by less than .02"},
    {.name = "G_low",
     .title = "A + B at the best c",
     .points = "C*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "A + B is flat at its minimum, and c has 6 digits"},
    {.name = "G",
     .title = "G above its bound for all c",
     .points = "C*",
     .estimand = ASSAY_EXACT,
     .predict = uniform_bound,
     .side = 1,
     .margin = ALL_TIERS({.relative = 1e-9}),
     .reason = "zeta^2/2 + (27 pi/4) zeta^2 kk <= G"},
    {0},
};

static const assay_control decaying_controls[] = {
    {.name = "constant step",
     .mistake = "the rate of the best constant step, with its logarithms",
     .targets = "slope",
     .predict = as_constant},
    {.name = "B with 2",
     .mistake = "B = 2 c^2 kk/mu^2 instead of 27 c^2 kk/(2 mu^2)",
     .targets = "G_up",
     .predict = b_two},
    {.name = "always private",
     .mistake = "F falls like gamma^2/rho^2 however weak privacy is",
     .targets = "exponent in rho",
     .points = "P:kk=0.0001,P:kk=0.01",
     .predict = always_private},
    {0},
};

static const assay_figure decaying_figures[] = {
    {.title = "F/gamma of the greedy schedule approaches G",
     .x = "gamma",
     .x_label = "gamma",
     .y = "F_over_gamma,G_low,G_up",
     .y_label = "F / gamma",
     .points = "R,S",
     .sweep = "0.001:0.1:9",
     .flags = ASSAY_LOG_X},
    {0},
};

const assay_claim dp_sgd_rate_decaying_lr_claim = {
    .id = "dp-sgd/rate-decaying-lr",
    .kinds = "rate,bound,identity",
    .statement = "With decaying steps and scheduled noise F = O(gamma + gamma^2/rho^2), without logarithms: "
                 "F/gamma -> G(kk), A + B <= G <= 9A/8 + B.",
    .source = "arXiv 2505.16329 (v2), optimal rate; G is derived here",
    .params = decaying_params,
    .observables = decaying_observables,
    .predict = decaying_rate,
    .legs = decaying_legs,
    .targets = decaying_targets,
    .controls = decaying_controls,
    .figures = decaying_figures};
