/* What is best: the clipping threshold at a fixed step, threshold and step together, and the schedule. */
#include <math.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

/* The standard deviation of F at size d. */
static assay_status spread_of(assay_call *call, int observable, const dp_sgd_problem *problem) {
  dp_sgd_end end;
  assay_status status = dp_sgd_final(problem, DP_SGD_RIGHT, &end, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, observable, 0, sqrt(end.d_var_F.value / assay_real(call, "d")), 0);
  return status;
}

/* ---- dp-sgd/clip-optimum ---- */

static const assay_param clip_params[] = {
    PARAM_GAMMA, PARAM_ETA,
    PARAM_RHO,   PARAM_ZETA,
    PARAM_R0,    {"c_over_cstar", NULL, "threshold over the best one", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    PARAM_D,     {0},
};
enum { O_C_STAR, O_F };
static const assay_observable clip_observables[] = {
    {"c_star", NULL, "best threshold", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"F", NULL, "final risk at c = c_over_cstar c_star", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status clip_problem(assay_call *call, dp_sgd_problem *problem) {
  assay_status status = claim_problem(call, problem);
  problem->noise = DP_SGD_OUTPUT;
  return status;
}

static assay_status clip_optimum(assay_call *call) {
  dp_sgd_problem problem;
  assay_value c_star, F;
  assay_status status = clip_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_clip_optimum(&problem, assay_real(call, "c_over_cstar"), DP_SGD_RIGHT, &c_star, &F,
                                 assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_C_STAR, c_star);
  claim_put(call, O_F, F);
  return ASSAY_OK;
}

/* The problem with its threshold in place. */
static assay_status clip_chosen(assay_call *call, dp_sgd_problem *problem) {
  assay_value c_star, F;
  double ratio = assay_real(call, "c_over_cstar");
  assay_status status = clip_problem(call, problem);
  if (status == ASSAY_OK)
    status = dp_sgd_clip_optimum(problem, ratio, DP_SGD_RIGHT, &c_star, &F, assay_call_error(call));
  if (status == ASSAY_OK) problem->c = claim_rounded(ratio * c_star.value);
  return status;
}

/* The final risk if privacy cost nothing. */
static assay_status clip_free(assay_call *call) {
  dp_sgd_problem problem;
  dp_sgd_end end;
  assay_status status = clip_chosen(call, &problem);
  if (status == ASSAY_OK) status = dp_sgd_final(&problem, DP_SGD_K_ZERO, &end, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_F, end.F);
  return status;
}

static assay_status spread_clip(assay_call *call) {
  dp_sgd_problem problem;
  assay_status status = clip_chosen(call, &problem);
  return status == ASSAY_OK ? spread_of(call, O_F, &problem) : status;
}

static assay_status arrange_clip(assay_call *claim, assay_call *sim, assay_call *realised) {
  dp_sgd_problem problem;
  assay_status status = claim_arrange_constant(claim, sim, realised);
  if (status == ASSAY_OK) status = clip_chosen(realised, &problem);
  if (status == ASSAY_OK) status = assay_set(sim, "c", problem.c);
  return status == ASSAY_OK ? assay_set_word(sim, "noise", "output") : status;
}

/* With groups at c, 2c, 4c: log2 of (F(4c) - F(2c))/(F(2c) - F(c)), the exponent of the growth. */
static assay_status growth_exponent(const assay_sample *s, double *out) {
  *out = log2((s->value[2] - s->value[1]) / (s->value[1] - s->value[0]));
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

/* One replicate's sd of the exponent, linearised: .062/sqrt(d) (pilot at d = 200, seed 2). */
static assay_status spread_exponent(assay_call *call) {
  assay_put(call, O_F, 0, 0.062 / sqrt(assay_real(call, "d")), 0);
  return ASSAY_OK;
}

static assay_status clip_vertex(assay_call *call) {
  dp_sgd_problem problem;
  double c;
  assay_status status = clip_chosen(call, &problem);
  if (status == ASSAY_OK) status = claim_vertex(&problem, &problem.c, &c, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_C_STAR, 0, c, 0);
  return status;
}

/* At c = 0 nothing is learnt and nothing has to be hidden. */
static assay_status never_trained(assay_call *call) {
  assay_put(call, O_F, 0, assay_real(call, "R0"), 0);
  return ASSAY_OK;
}

/* F does not depend on c any more: no growth. Linear growth stands in, whose exponent is 1. */
static assay_status linear_growth(assay_call *call) {
  assay_put(call, O_F, 0, assay_real(call, "c_over_cstar"), 0);
  return ASSAY_OK;
}

#define CLIP_A "gamma=.1 eta=3 rho=1 zeta=.5"
#define CLIP_B "gamma=.02 eta=5 rho=.3 zeta=.3"
#define NINTHS " c_over_cstar=.1111111111,.3333333333,1,3,9"
static const assay_leg clip_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_clip,
     .points = POINTS("A: " CLIP_A NINTHS),
     .sizes = {"d=200", "d=200", "d=2000"},
     .first = {128, 128, 128},
     .looks = {4, 7, 5}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_clip,
     .points = POINTS("B: " CLIP_B NINTHS),
     .sizes = {NULL, "d=200", "d=2000"},
     .first = {0, 128, 128},
     .looks = {0, 7, 4}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_clip,
     .points = POINTS("G: " CLIP_A " c_over_cstar=6,12,24"),
     .sizes = {"d=200", "d=200", "d=2000"},
     .first = {128, 128, 128},
     .looks = {5, 7, 5}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_clip,
     .points = POINTS("V: " CLIP_A " c_over_cstar=1"),
     .sizes = {"d=100", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 4}},
    {.check = clip_vertex, .points = POINTS("M1: " CLIP_A, "M2: " CLIP_B), .sizes = {"", "", ""}},
    {.check = never_trained, .points = POINTS("Z: " CLIP_A " c_over_cstar=1e-6"), .sizes = {"", "", ""}},
    {0},
};

static const assay_target clip_targets[] = {
    {.name = "F", .points = "A,B,V", .spread = spread_clip, .margin = MARGIN(.6), .reason = REASON(.6)},
    {.name = "F",
     .title = "c* beats 9 c*",
     .records = "F",
     .points = "?:c_over_cstar=1",
     .against = "c_over_cstar=9",
     .side = -1,
     .reason = "an order"},
    {.name = "F",
     .title = "c* beats 3 c*",
     .records = "F",
     .points = "?:c_over_cstar=1",
     .against = "c_over_cstar=3",
     .side = -1,
     .reason = "an order"},
    {.name = "F",
     .title = "c* beats c*/3",
     .records = "F",
     .points = "?:c_over_cstar=1",
     .against = "c_over_cstar=0.3333333333",
     .side = -1,
     .reason = "an order"},
    {.name = "F",
     .title = "c* beats c*/9",
     .records = "F",
     .points = "?:c_over_cstar=1",
     .against = "c_over_cstar=0.1111111111",
     .side = -1,
     .reason = "an order"},
    {.name = "F",
     .title = "exponent",
     .records = "F",
     .points = "G",
     .estimand = ASSAY_SMOOTH,
     .along = "c_over_cstar",
     .reduce = growth_exponent,
     .spread = spread_exponent,
     .margin = ALL_TIERS({.bias = .002, .deviations = 10}),
     .reason = "bias .002 (measured: .0001 at d = 200) + 10 sd/sqrt(n_max); the arms share their draws"},
    {.name = "c_star",
     .points = "M?",
     .estimand = ASSAY_EXACT,
     .margin = MARGIN_VERTEX,
     .reason = REASON_VERTEX},
    {.name = "F",
     .title = "F at c = 0",
     .points = "Z",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-5}),
     .reason = "F - R0 is of the order of c"},
    {0},
};

static const assay_control clip_controls[] = {
    {.name = "larger is never worse",
     .mistake = "a larger threshold is never worse",
     .targets = "c\\* beats 9 c\\*,c\\* beats 3 c\\*",
     .reversed = true},
    {.name = "smaller is never worse",
     .mistake = "a smaller threshold is never worse",
     .targets = "c\\* beats c\\*/?",
     .reversed = true},
    {.name = "privacy is free",
     .mistake = "the privacy noise is left out of the risk",
     .targets = "F",
     .points = "?:c_over_cstar=1,?:c_over_cstar=3,?:c_over_cstar=9,V",
     .predict = clip_free},
    {.name = "linear growth",
     .mistake = "F grows like c instead of c^2",
     .targets = "exponent",
     .predict = linear_growth},
    {0},
};

static const assay_figure clip_figures[] = {
    {.title = "Final risk against the clipping threshold",
     .x = "c_over_cstar",
     .x_label = "c / c*",
     .y = "F",
     .y_label = "final risk F",
     .points = "A,B",
     .sweep = "0.05:20:31",
     .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
    {0},
};

const assay_claim dp_sgd_clip_optimum_claim = {
    .id = "dp-sgd/clip-optimum",
    .kinds = "order,limit,rate",
    .statement = "At a fixed step the final risk has an interior minimum at a finite threshold c*, and grows "
                 "like c^2 beyond.",
    .source = "arXiv 2505.16329, aggressive clipping; the optimum is computed here",
    .params = clip_params,
    .observables = clip_observables,
    .predict = clip_optimum,
    .legs = clip_legs,
    .targets = clip_targets,
    .controls = clip_controls,
    .figures = clip_figures};

/* ---- dp-sgd/clip-optimum-joint ---- */

static const assay_param joint_params[] = {
    PARAM_GAMMA,
    PARAM_RHO,
    PARAM_ZETA,
    PARAM_R0,
    {"c", NULL, "threshold, or opt: the best one", ASSAY_REAL, 0, "opt", "(0,inf)", "opt"},
    PARAM_D,
    {0},
};
enum { O_F_STAR, O_ETA_STAR, O_JOINT_C };
static const assay_observable joint_observables[] = {
    {"F_star", NULL, "least final risk over the step (and c)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {"eta_star", NULL, "best constant step, at most 1.8/gamma", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"c_star", NULL, "best threshold; the given one when c is a number", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0},
};

/* The optimum, and the problem that attains it. */
static assay_status joint_chosen(assay_call *call, dp_sgd_mistake mistake, dp_sgd_problem *problem,
                                 assay_value *F, assay_value *eta, assay_value *c) {
  assay_value t0;
  bool free_c = isnan(assay_real(call, "c"));
  *problem = (dp_sgd_problem){.gamma = assay_real(call, "gamma"),
                              .c = free_c ? 1 : assay_real(call, "c"),
                              .rho = assay_real(call, "rho"),
                              .zeta = assay_real(call, "zeta"),
                              .R0 = assay_real(call, "R0"),
                              .eta = {.kind = SCHEDULE_CONST, .eta0 = 1},
                              .noise = DP_SGD_OUTPUT};
  *c = (assay_value){problem->c, 0};
  assay_status status = free_c ? dp_sgd_joint_optimum(problem, mistake, eta, c, F, assay_call_error(call))
                               : dp_sgd_schedule_optimum(problem, DP_SGD_FREE_STEP, mistake, eta, &t0, F,
                                                         assay_call_error(call));
  if (status != ASSAY_OK) return status;
  problem->eta.eta0 = claim_rounded(eta->value);
  problem->c = free_c ? claim_rounded(c->value) : problem->c;
  return ASSAY_OK;
}

static assay_status joint_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  assay_value F, eta, c;
  assay_status status = joint_chosen(call, mistake, &problem, &F, &eta, &c);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_F_STAR, F);
  claim_put(call, O_ETA_STAR, eta);
  claim_put(call, O_JOINT_C, c);
  return ASSAY_OK;
}

static assay_status joint(assay_call *call) {
  return joint_with(call, DP_SGD_RIGHT);
}
static assay_status joint_free(assay_call *call) {
  return joint_with(call, DP_SGD_K_ZERO);
}

static assay_status joint_vertex(assay_call *call) {
  dp_sgd_problem problem;
  assay_value F, eta, c;
  double best_eta, best_c;
  assay_status status = joint_chosen(call, DP_SGD_RIGHT, &problem, &F, &eta, &c);
  if (status == ASSAY_OK)
    status = claim_vertex(&problem, &problem.eta.eta0, &best_eta, assay_call_error(call));
  if (status == ASSAY_OK) status = claim_vertex(&problem, &problem.c, &best_c, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  assay_put(call, O_ETA_STAR, 0, best_eta, 0);
  assay_put(call, O_JOINT_C, 0, best_c, 0);
  return ASSAY_OK;
}

static assay_status spread_joint(assay_call *call) {
  dp_sgd_problem problem;
  assay_value F, eta, c;
  assay_status status = joint_chosen(call, DP_SGD_RIGHT, &problem, &F, &eta, &c);
  return status == ASSAY_OK ? spread_of(call, O_F_STAR, &problem) : status;
}

static assay_status arrange_joint(assay_call *claim, assay_call *sim, assay_call *realised) {
  dp_sgd_problem problem;
  assay_value F, eta, c;
  assay_status status = claim_arrange(claim, sim, realised);
  if (status == ASSAY_OK) status = joint_chosen(realised, DP_SGD_RIGHT, &problem, &F, &eta, &c);
  if (status == ASSAY_OK) status = assay_set(sim, "c", problem.c);
  if (status == ASSAY_OK) status = assay_set(sim, "eta0", problem.eta.eta0);
  /* What was opt is the threshold of the run: F is flat there, and the search need not be made again. */
  if (status == ASSAY_OK) status = assay_set(realised, "c", problem.c);
  return status == ASSAY_OK ? assay_set_word(sim, "noise", "output") : status;
}

static assay_status three_percent(assay_call *call) {
  assay_put(call, O_F_STAR, 0, 1.03, 0);
  return ASSAY_OK;
}

static assay_status half_percent(assay_call *call) {
  assay_put(call, O_F_STAR, 0, 1.005, 0);
  return ASSAY_OK;
}

#define JOINT_A "gamma=.1 rho=1 zeta=.5"
/* A third of the best threshold, .322782257, and one and a half times it. */
static const assay_leg joint_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_joint,
     .points = POINTS("O: " JOINT_A " c=opt", "C: " JOINT_A " c=.107594086,.484173386,1,3,10"),
     .sizes = {"d=200", "d=200", "d=2000"},
     .first = {128, 128, 128},
     .looks = {4, 7, 5}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_joint,
     .points = POINTS("V: " JOINT_A " c=1"),
     .sizes = {"d=100", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 4}},
    {.check = joint_vertex,
     .points = POINTS("M1: " JOINT_A, "M2: gamma=.02 rho=.3 zeta=.3"),
     .sizes = {"", "", ""}},
    {0},
};

static const assay_target joint_targets[] = {
    {.name = "F_star",
     .records = "F",
     .points = "O,C,V",
     .spread = spread_joint,
     .margin = MARGIN(.6),
     .reason = REASON(.6)},
    {.name = "F_star",
     .title = "flat below",
     .records = "F",
     .points = "C:c=0.107594086",
     .estimand = ASSAY_SMOOTH,
     .against = "O",
     .reduce = claim_ratio,
     .predict = three_percent,
     .side = -1,
     .reason = "F*(c*/3) is at most 3 % above the optimum"},
    {.name = "F_star",
     .title = "flat above",
     .records = "F",
     .points = "C:c=0.484173386",
     .estimand = ASSAY_SMOOTH,
     .against = "O",
     .reduce = claim_ratio,
     .predict = three_percent,
     .side = -1,
     .reason = "F*(1.5 c*) is at most 3 % above the optimum"},
    {.name = "F_star",
     .title = "optimum beats",
     .records = "F",
     .points = "C:c=1,C:c=3,C:c=10",
     .against = "O",
     .side = 1,
     .reason = "an order"},
    {.name = "eta_star",
     .points = "M?",
     .estimand = ASSAY_EXACT,
     .margin = MARGIN_VERTEX,
     .reason = REASON_VERTEX},
    {.name = "c_star",
     .points = "M?",
     .estimand = ASSAY_EXACT,
     .margin = MARGIN_VERTEX,
     .reason = REASON_VERTEX},
    {0},
};

static const assay_control joint_controls[] = {
    {.name = "privacy is free",
     .mistake = "the privacy noise is left out: the optimum would lie at c = inf",
     .targets = "F_star",
     .points = "C:c=1,C:c=10,V",
     .predict = joint_free},
    {.name = "no clipping is best",
     .mistake = "the risk falls with the threshold",
     .targets = "optimum beats",
     .reversed = true},
    {.name = "flat to half a percent",
     .mistake = "F*(c) is within .5 % of the optimum at c*/3 and 1.5 c*",
     .targets = "flat *",
     .predict = half_percent},
    {0},
};

static const assay_figure joint_figures[] = {
    {.title = "Least final risk over the step, against the threshold",
     .x = "c",
     .x_label = "threshold c",
     .y = "F_star",
     .y_label = "F*(c)",
     .points = "C",
     .sweep = "0.03:12:25",
     .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
    {0},
};

const assay_claim dp_sgd_clip_optimum_joint_claim = {
    .id = "dp-sgd/clip-optimum-joint",
    .kinds = "order,limit",
    .statement = "Over step and threshold together the best threshold is finite and of order one: flat "
                 "below, bad above.",
    .source = "arXiv 2505.16329, optimal aggressive clipping; the optimum is computed here",
    .params = joint_params,
    .observables = joint_observables,
    .predict = joint,
    .legs = joint_legs,
    .targets = joint_targets,
    .controls = joint_controls,
    .figures = joint_figures};

/* ---- dp-sgd/schedule-ordering ---- */

static const assay_param ordering_params[] = {
    PARAM_GAMMA,
    PARAM_C,
    PARAM_RHO,
    PARAM_ZETA,
    PARAM_R0,
    {"schedule", NULL,
     "eta(t): eta0, eta0 (1-t), eta0 sqrt(1-t), alpha/(t+t0), or greedy (always with scheduled noise)",
     ASSAY_WORD, 0, "const|linear|sqrt|harmonic|greedy", NULL, "const"},
    {"eta0", NULL, "step at t = 0, or opt: the best (const, linear, sqrt, greedy)", ASSAY_REAL, 0, "opt",
     "(0,inf)", "opt"},
    {"alpha", NULL, "numerator, or opt (harmonic)", ASSAY_REAL, 0, "opt", "(0,inf)", "opt"},
    {"t0", NULL, "offset of t, or opt (harmonic)", ASSAY_REAL, 0, "opt", "(0,inf)", "opt"},
    PARAM_NOISE("none|output|scheduled"),
    PARAM_D,
    {0},
};
static const assay_observable ordering_observables[] = {
    {"F", NULL, "final risk, free parameters at their best with eta(0) <= 1/gamma (const: 1.8/gamma)", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

/* The final risk, and the problem with its free parameters in place. */
static assay_status ordering_chosen(assay_call *call, dp_sgd_mistake mistake, dp_sgd_problem *problem,
                                    assay_value *F) {
  const char *word = assay_word(call, "schedule"), *height = strcmp(word, "harmonic") ? "eta0" : "alpha";
  bool free_step = isnan(assay_real(call, height)), free_t0 = isnan(assay_real(call, "t0"));
  assay_value eta0, t0 = {0, 0};
  assay_error *error = assay_call_error(call);
  assay_status status = claim_problem(call, problem);
  if (status != ASSAY_OK) return status;
  problem->eta.eta0 = free_step ? 1 : assay_real(call, height);
  if (free_t0) problem->eta.t0 = 1;
  if (!strcmp(word, "greedy")) return claim_greedy(call, problem, free_step, F);
  unsigned free_ones = (free_step ? DP_SGD_FREE_STEP : 0u) |
                       (free_t0 && problem->eta.kind == SCHEDULE_HARMONIC ? DP_SGD_FREE_T0 : 0u);
  if (free_ones) {
    status = dp_sgd_schedule_optimum(problem, free_ones, mistake, &eta0, &t0, F, error);
    if (status != ASSAY_OK) return status;
    problem->eta.eta0 = claim_rounded(eta0.value);
    if (problem->eta.kind == SCHEDULE_HARMONIC) problem->eta.t0 = claim_rounded(t0.value);
    return ASSAY_OK;
  }
  dp_sgd_end end;
  status = dp_sgd_final(problem, mistake, &end, error);
  *F = end.F;
  return status;
}

static assay_status ordering_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  assay_value F;
  assay_status status = ordering_chosen(call, mistake, &problem, &F);
  if (status == ASSAY_OK) claim_put(call, 0, F);
  return status;
}

static assay_status ordering(assay_call *call) {
  return ordering_with(call, DP_SGD_RIGHT);
}
static assay_status not_telescoped(assay_call *call) {
  return ordering_with(call, DP_SGD_NOT_TELESCOPED);
}

static assay_status spread_ordering(assay_call *call) {
  dp_sgd_problem problem;
  assay_value F;
  assay_status status = ordering_chosen(call, DP_SGD_RIGHT, &problem, &F);
  return status == ASSAY_OK ? spread_of(call, 0, &problem) : status;
}

static assay_status arrange_ordering(assay_call *claim, assay_call *sim, assay_call *realised) {
  dp_sgd_problem problem;
  assay_value F;
  assay_status status = claim_arrange(claim, sim, realised);
  if (status == ASSAY_OK) status = ordering_chosen(realised, DP_SGD_RIGHT, &problem, &F);
  if (status != ASSAY_OK) return status;
  /* What was opt is the schedule of the run: F is flat there, and the search need not be made again. */
  bool harmonic = problem.eta.kind == SCHEDULE_HARMONIC;
  status = assay_set(realised, harmonic ? "alpha" : "eta0", problem.eta.eta0);
  if (status == ASSAY_OK && harmonic) status = assay_set(realised, "t0", problem.eta.t0);
  if (status != ASSAY_OK) return status;
  if (problem.eta.kind == SCHEDULE_TABLE) return claim_set_table(sim, &problem.eta);
  status = assay_set(sim, harmonic ? "alpha" : "eta0", problem.eta.eta0);
  return status == ASSAY_OK && harmonic ? assay_set(sim, "t0", problem.eta.t0) : status;
}

#define TELESCOPED "gamma=.1 c=.3 rho=1 zeta=.5 schedule=harmonic alpha=3 t0=.7 noise=scheduled"
#define SMALL "gamma=.01 c=.3 rho=1 zeta=.5"
#define STRICT "gamma=.02 c=.3 rho=.3 zeta=.3"
#define EIGHT_SCHEDULES(L, AT, ALPHA, T0)                                                                    \
  L "-const: " AT " schedule=const eta0=opt noise=output",                                                   \
      L "-linear: " AT " schedule=linear eta0=opt noise=scheduled",                                          \
      L "-linear-output: " AT " schedule=linear eta0=opt noise=output",                                      \
      L "-sqrt: " AT " schedule=sqrt eta0=opt noise=scheduled",                                              \
      L "-sqrt-output: " AT " schedule=sqrt eta0=opt noise=output",                                          \
      L "-harmonic: " AT " schedule=harmonic alpha=opt t0=opt noise=scheduled",                              \
      L "-harmonic-output: " AT " schedule=harmonic alpha=" ALPHA " t0=" T0 " noise=output",                 \
      L "-greedy: " AT " schedule=greedy eta0=opt noise=scheduled"

static const assay_leg ordering_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_ordering,
     .points = POINTS(EIGHT_SCHEDULES("B", SMALL, "3.609", ".03609")),
     .sizes = {"d=100", "d=200", "d=1000"},
     .first = {128, 128, 128},
     .looks = {5, 7, 5}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_ordering,
     .points = POINTS(EIGHT_SCHEDULES("A", STRICT, "4.573", ".323")),
     .sizes = {NULL, "d=200", "d=1000"},
     .first = {0, 128, 128},
     .looks = {0, 7, 5}},
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_ordering,
     .points = POINTS("T: " TELESCOPED),
     .sizes = {"d=400", "d=400", "d=2000"},
     .first = {128, 128, 128},
     .looks = {6, 7, 4}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_ordering,
     .points = POINTS("V: " TELESCOPED),
     .sizes = {"d=100", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 4}},
    {0},
};

#define ORDER_IN(column, better, worse)                                                                      \
  {                                                                                                          \
    .name = "F", .title = better " beats " worse, .records = "F", .points = column "-" better,               \
    .against = column "-" worse, .side = -1, .reason = "an order, on common draws"                           \
  }
static const assay_target ordering_targets[] = {
    {.name = "F", .spread = spread_ordering, .margin = MARGIN(1.5), .reason = REASON(1.5)},
    ORDER_IN("B", "greedy", "harmonic"),
    ORDER_IN("B", "harmonic", "linear"),
    ORDER_IN("B", "harmonic", "sqrt"),
    ORDER_IN("B", "linear", "const"),
    ORDER_IN("B", "sqrt", "const"),
    ORDER_IN("B", "const", "linear-output"),
    ORDER_IN("B", "const", "sqrt-output"),
    ORDER_IN("B", "const", "harmonic-output"),
    ORDER_IN("A", "greedy", "harmonic"),
    ORDER_IN("A", "harmonic", "linear"),
    ORDER_IN("A", "harmonic", "sqrt"),
    ORDER_IN("A", "linear", "const"),
    ORDER_IN("A", "sqrt", "const"),
    ORDER_IN("A", "const", "linear-output"),
    ORDER_IN("A", "const", "sqrt-output"),
    ORDER_IN("A", "const", "harmonic-output"),
    {0},
};

static const assay_control ordering_controls[] = {
    {.name = "not telescoped",
     .mistake = "scheduled noise injects K eta^2 per unit of time instead of -K (eta^2)'",
     .targets = "F",
     .points = "T",
     .predict = not_telescoped},
    {.name = "opposite order",
     .mistake = "the worse schedule is taken for the better one",
     .targets = "* beats *",
     .reversed = true},
    {0},
};

const assay_claim dp_sgd_schedule_ordering_claim = {
    .id = "dp-sgd/schedule-ordering",
    .kinds = "order,limit",
    .statement = "With scheduled noise, greedy beats harmonic, which beats sqrt and linear, which beat a "
                 "constant step; decaying steps with output noise are worse than constant.",
    .source = "arXiv 2505.16329, benefit of decaying steps and noise scheduling; the greedy schedule is "
              "derived here",
    .params = ordering_params,
    .observables = ordering_observables,
    .predict = ordering,
    .legs = ordering_legs,
    .targets = ordering_targets,
    .controls = ordering_controls};
