/* The course of the selection on the balanced design, and what it gains on test sequences. */
#include <math.h>

#include "compare/claims/token-embeddings/claims.h"
#include "sim/token-embeddings/experiments.h"

/* ---- token-embeddings/selection-trajectory ---- */

static const assay_param course_params[] = {
    PARAM_K,
    PARAM_M0,
    PARAM_T,
    PARAM_A,
    PARAM_SIGMA,
    {"t", NULL, "time; with it u, q and the excess loss", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", ""},
    {"u", NULL, "logit difference; with it the time and the transverse factor", ASSAY_REAL, 0, NULL, "[0,600)", ""},
    PARAM_D,
    {0}};
enum { T_U, T_Q, T_EXCESS, T_TIME, T_TRANSVERSE, T_HALF };
static const assay_observable course_observables[] = {
    {"u", NULL, "logit of the important token less that of the others", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"q", NULL, "attention on the important token", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"excess", NULL, "L - L*", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"t_u", NULL, "time at which u is reached", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"transverse", NULL, "growth of a difference between the classes until then", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"t_half", NULL, "time of half attention", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};

typedef struct {
  int k, m0, T;
  double a, sigma;
} course_point;
static course_point point_of(const assay_call *call) {
  return (course_point){(int)assay_integer(call, "k"), (int)assay_integer(call, "m0"), (int)assay_integer(call, "T"), assay_real(call, "a"),
                        assay_real(call, "sigma")};
}

static assay_status put_at_time(assay_call *call, token_embeddings_mistake mistake) {
  course_point p = point_of(call);
  token_embeddings_trajectory r;
  assay_status status =
      token_embeddings_trajectory_at(p.k, p.m0, p.T, p.a, p.sigma, assay_real(call, "t"), mistake, &r, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  token_embeddings_put(call, T_U, r.u);
  token_embeddings_put(call, T_Q, r.q);
  token_embeddings_put(call, T_EXCESS, r.excess);
  return ASSAY_OK;
}

static assay_status course(assay_call *call) {
  course_point p = point_of(call);
  assay_value t, factor;
  assay_status status = ASSAY_OK;
  if (assay_given(call, "t")) status = put_at_time(call, TOKEN_EMBEDDINGS_RIGHT);
  if (assay_given(call, "u") && status == ASSAY_OK) {
    const double u = assay_real(call, "u");
    status = token_embeddings_trajectory_time(p.k, p.m0, p.T, p.a, p.sigma, u, &t, assay_call_error(call));
    if (status == ASSAY_OK) status = token_embeddings_transverse(p.k, p.m0, p.T, p.a, p.sigma, u, &factor, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    token_embeddings_put(call, T_TIME, t);
    token_embeddings_put(call, T_TRANSVERSE, factor);
  }
  if (assay_given(call, "t") || assay_given(call, "u") || status != ASSAY_OK) return status;
  status = token_embeddings_trajectory_time(p.k, p.m0, p.T, p.a, p.sigma, log(p.T - 1), &t, assay_call_error(call));
  if (status == ASSAY_OK) token_embeddings_put(call, T_HALF, t);
  return status;
}
static assay_status frozen_logits(assay_call *call) {
  return put_at_time(call, TOKEN_EMBEDDINGS_FROZEN_LOGITS);
}
static assay_status frozen_sigmoid(assay_call *call) {
  return put_at_time(call, TOKEN_EMBEDDINGS_FROZEN_SIGMOID);
}
/* A difference between the classes neither grows nor shrinks. */
static assay_status neutral(assay_call *call) {
  assay_put(call, T_TRANSVERSE, 0, 1, 0);
  return ASSAY_OK;
}

/* The flow of all m tokens with the ideal Gram matrix, to `t`, from z = +-tilt on positive and negative tokens. */
static assay_status whole_flow(assay_call *call, double t, double tilt, double *u, double *difference, assay_value *excess) {
  course_point p = point_of(call);
  const int n = 2 * p.k * p.m0, m = 2 * p.k + p.m0;
  double *room = assay_alloc(call, (size_t)(n * m + n + 2 * m + m * m) * sizeof *room), *y = room + n * m, *gam = y + n, *z0 = gam + m,
         *K = z0 + m;
  token_embeddings_state state = {.z = assay_alloc(call, (size_t)m * sizeof(assay_value))};
  if (!room || !state.z) return ASSAY_NO_MEMORY;
  assay_status status = token_embeddings_balanced(p.k, p.m0, p.T, room, y, assay_call_error(call));
  for (int s = 0; s < m; s++) {
    gam[s] = s < p.k ? p.a : s < 2 * p.k ? -p.a : 0;
    z0[s] = s < p.k ? tilt : s < 2 * p.k ? -tilt : 0;
  }
  for (int s = 0; s < m; s++)
    for (int r = 0; r < m; r++) K[s * m + r] = (s == r) * p.sigma * p.sigma + gam[s] * gam[r];
  const token_embeddings_flow flow = {{n, m, room, y}, K, gam, z0, 0};
  if (status == ASSAY_OK) status = token_embeddings_flow_at(&flow, &t, 1, &state, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  *u = (state.z[0].value + state.z[p.k].value) / 2 - state.z[m - 1].value;
  *difference = (state.z[0].value - state.z[p.k].value) / 2;
  *excess = state.excess;
  return ASSAY_OK;
}
static assay_status by_the_whole_flow(assay_call *call) {
  course_point p = point_of(call);
  double u, difference;
  assay_value excess, t = {assay_given(call, "t") ? assay_real(call, "t") : 0, 0};
  const double tilt = assay_given(call, "u") ? 1e-4 : 0;
  assay_status status =
      tilt > 0 ? token_embeddings_trajectory_time(p.k, p.m0, p.T, p.a, p.sigma, assay_real(call, "u"), &t, assay_call_error(call))
               : ASSAY_OK;
  if (status == ASSAY_OK) status = whole_flow(call, t.value, tilt, &u, &difference, &excess);
  if (status != ASSAY_OK) return status;
  if (tilt > 0) {
    assay_put(call, T_TRANSVERSE, 0, difference / tilt, 0);
    return ASSAY_OK;
  }
  assay_put(call, T_U, 0, u, 0);
  assay_put(call, T_Q, 0, 1 / (1 + (p.T - 1) * exp(-u)), 0);
  token_embeddings_put(call, T_EXCESS, excess);
  return ASSAY_OK;
}

static const assay_leg course_legs[] = {
    {.experiment = &token_embeddings_selection_run,
     .arrange = token_embeddings_arrange_signal,
     .points = POINTS("A: k=3 m0=10 T=3 a=1 t=5,20,50,100,1000"),
     .sizes = {"d=6400", "d=25600", "d=102400"},
     .first = {128, 128, 128},
     .looks = {3, 4, 5}},
    {.check = by_the_whole_flow,
     .points = POINTS("E1: k=3 m0=10 T=5 a=2 t=20,100,1000", "E2: k=4 m0=20 T=10 a=1.5 t=20,100,1000"),
     .sizes = {"", "", ""}},
    {.check = by_the_whole_flow,
     .points = POINTS("X1: k=3 m0=10 T=5 a=2 u=.5", "X2: k=3 m0=10 T=5 a=2 u=1", "X3: k=3 m0=10 T=3 a=1 u=.5"),
     .sizes = {"", "", ""}},
    {0}};
static const assay_target course_targets[] = {
    {.name = "q",
     .records = "attention",
     .points = "A",
     .margin = FIXED(.005, .002, .001),
     .reason = "bias 5/d (measured: 4/d at t = 50 to 100) + 10 sd/sqrt(n_max), sd about .4/sqrt(d)"},
    {.name = "q",
     .title = "q (whole flow)",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-8, 1e-8, 1e-8),
     .reason = "tolerance of the integration of m equations"},
    {.name = "excess",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-7, 1e-7, 1e-7),
     .reason = "tolerance of the integration of m equations"},
    {.name = "transverse",
     .points = "X?",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-5, 1e-5, 1e-5),
     .reason = "second order in the difference, 1e-4"},
    {0}};
static const assay_control course_controls[] = {{.name = "irrelevant logits frozen",
                                                 .mistake = "only the important token's logit moves: h = 2k",
                                                 .targets = "q,q (whole flow)",
                                                 .points = "A:t=20:*,A:t=50:*,A:t=100:*,E?",
                                                 .predict = frozen_logits},
                                                {.name = "sigmoid frozen",
                                                 .mistake = "the sigmoid stays 1/2",
                                                 .targets = "q,q (whole flow)",
                                                 .points = "A:t=20:*,A:t=50:*,A:t=100:*,E?",
                                                 .predict = frozen_sigmoid},
                                                {.name = "neutral difference",
                                                 .mistake = "a difference between the classes does not grow",
                                                 .targets = "transverse",
                                                 .points = "X?",
                                                 .predict = neutral},
                                                {0}};
static const assay_figure course_figures[] = {{.title = "Attention on the important token, d = 6400",
                                               .x = "t",
                                               .x_label = "time t",
                                               .y = "q",
                                               .y_label = "attention q",
                                               .points = "A",
                                               .sweep = "1:2000:41",
                                               .flags = ASSAY_LOG_X},
                                              {0}};
const assay_claim token_embeddings_selection_trajectory_claim = {
    .id = "token-embeddings/selection-trajectory",
    .kinds = "limit",
    .statement =
        "On the balanced design one equation, du/dt = (sigma^2/h) phi(u), gives the attention on the important token at every time.",
    .source = "derived here for the flow of arXiv 2505.17282",
    .params = course_params,
    .observables = course_observables,
    .predict = course,
    .legs = course_legs,
    .targets = course_targets,
    .controls = course_controls,
    .figures = course_figures};

/* ---- token-embeddings/test-gain ---- */

static const assay_param gain_params[] = {
    PARAM_N, PARAM_T, PARAM_K, PARAM_M0, {"d", NULL, "embedding dimension", ASSAY_INTEGER, 0, NULL, "[2,2147483647]", NULL}, PARAM_A, {0}};
enum { E_MARGIN, E_ERR0, E_REFINED, E_AFTER, E_ERR_AFTER };
static const assay_observable gain_observables[] = {
    {"margin", NULL, "mean y f on fresh sequences, uniform attention", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"err0", NULL, "test error with uniform attention", NULL, ASSAY_PREDICTED, 0, 1},
    {"err0_refined", NULL, "the same, with the start's noise propagated through the step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"margin_after", NULL, "limit of mean y f after the flow", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"err_after", NULL, "limit of the test error after the flow", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status gain_of(assay_call *call, token_embeddings_gain *g) {
  return token_embeddings_test_gain(assay_real(call, "n"), (int)assay_integer(call, "T"), (int)assay_integer(call, "k"),
                                    (int)assay_integer(call, "m0"), assay_real(call, "d"), assay_real(call, "a"), g,
                                    assay_call_error(call));
}
static assay_status gain(assay_call *call) {
  token_embeddings_gain g;
  assay_status status = gain_of(call, &g);
  if (status != ASSAY_OK) return status;
  token_embeddings_put(call, E_MARGIN, g.margin);
  token_embeddings_put(call, E_ERR0, g.err0);
  token_embeddings_put(call, E_REFINED, g.err0_refined);
  assay_put(call, E_AFTER, 0, assay_real(call, "a"), 0);
  assay_put(call, E_ERR_AFTER, 0, 0, 0);
  return ASSAY_OK;
}
/* Margin a before the flow, a/T after it; errors of the start's noise alone before, of uniform attention after. */
static assay_status gain_wrong(assay_call *call) {
  token_embeddings_gain g;
  assay_status status = gain_of(call, &g);
  if (status != ASSAY_OK) return status;
  assay_put(call, E_MARGIN, 0, assay_real(call, "a"), 0);
  token_embeddings_put(call, E_REFINED, g.err0_no_data);
  token_embeddings_put(call, E_AFTER, g.margin);
  token_embeddings_put(call, E_ERR_AFTER, g.err0);
  return ASSAY_OK;
}
/* One replicate of 200 fresh sequences: pilots at A to D, .0098 to .05 and .07 to .12. */
static assay_status gain_spread(assay_call *call) {
  assay_put(call, E_MARGIN, 0, .05, 0);
  assay_put(call, E_REFINED, 0, .12, 0);
  return ASSAY_OK;
}
static const assay_leg gain_legs[] = {
    {.experiment = &token_embeddings_test_run,
     .points = POINTS("A: n=200 T=10 k=4 m0=20 d=400 a=2", "B: n=100 T=20 k=4 m0=40 d=400 a=2", "C: n=400 T=10 k=4 m0=40 d=100 a=1",
                      "D: n=400 T=6 k=3 m0=20 d=60 a=.25"),
     .sizes = {"tests=200", "tests=200", "tests=200"},
     .first = {128, 128, 128},
     .looks = {8, 10, 12}},
    {.experiment = &token_embeddings_test_run,
     .points = POINTS("F: n=800 T=6 k=3 m0=20 d=200 a=1"),
     .sizes = {"tests=1000 phase=both", "tests=2000 phase=both", "tests=2000 phase=both"},
     .first = {8, 32, 128},
     .looks = {1, 1, 1},
     .discarded = .02},
    {0}};
static const assay_target gain_targets[] = {{.name = "margin",
                                             .points = "A,B,C,D",
                                             .margin = ALL_TIERS({.bias = .002, .deviations = 10}),
                                             .spread = gain_spread,
                                             .reason = "bias .01 a/T, and 10 sd/sqrt(n_max)"},
                                            {.name = "err0_refined",
                                             .records = "error",
                                             .points = "A,B,C,D",
                                             .margin = ALL_TIERS({.bias = .0035, .deviations = 10}),
                                             .spread = gain_spread,
                                             .reason = "Gaussian approximation .003, and 10 sd/sqrt(n_max)"},
                                            {.name = "margin_after",
                                             .points = "F",
                                             .estimand = ASSAY_EXACT,
                                             .margin = FIXED(.2, .25, .25),
                                             .reason = "one instance has sd .034, and its own a"},
                                            {.name = "err_after",
                                             .records = "error_after",
                                             .points = "F",
                                             .estimand = ASSAY_EXACT,
                                             .margin = FIXED(.002, .002, .002),
                                             .reason = "true of every instance that is separated"},
                                            {0}};
static const assay_control gain_controls[] = {
    {.name = "no factor 1/T",
     .mistake = "uniform attention has the margin a; and the flow leaves a/T",
     .targets = "margin,margin_after",
     .predict = gain_wrong},
    {.name = "noise of the start only",
     .mistake = "the data add no noise",
     .targets = "err0_refined",
     .points = "A,B,C",
     .predict = gain_wrong},
    {.name = "no gain", .mistake = "the error after the flow is that of uniform attention", .targets = "err_after", .predict = gain_wrong},
    {0}};
const assay_claim token_embeddings_test_gain_claim = {
    .id = "token-embeddings/test-gain",
    .kinds = "limit",
    .statement =
        "The flow raises the test margin by the factor T, from a/T to a; the error of uniform attention, known in closed form, goes to 0.",
    .source = "derived here, for arXiv 2505.17282",
    .params = gain_params,
    .observables = gain_observables,
    .predict = gain,
    .legs = gain_legs,
    .targets = gain_targets,
    .controls = gain_controls};
