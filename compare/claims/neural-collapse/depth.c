/* Linear residual networks: the optimum at every depth, and its rate. */
#include <math.h>

#include "compare/claims/neural-collapse/claims.h"
#include "sim/neural-collapse/experiments.h"

static const assay_param depth_params[] = {
    PARAM_K,
    {"n", NULL, "samples of each class", ASSAY_INTEGER, 0, NULL, "[2,1000000]", NULL},
    {"phi", NULL, "angle of the samples to their class means", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966)", NULL},
    PARAM_LW,
    {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"L", NULL, "blocks", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL},
    PARAM_LOSS,
    {0}};

static neural_collapse_chain chain_of(const assay_call *call) {
  return (neural_collapse_chain){assay_real(call, "K"),  assay_real(call, "n"), assay_real(call, "phi"),       assay_real(call, "lw"),
                                 assay_real(call, "lb"), assay_real(call, "L"), neural_collapse_loss_of(call), 0};
}

/* ---- neural-collapse/resnet-depth-law ---- */

enum { D_J, D_NC1, D_TAU, D_TAN2, D_DECAY, D_W, D_GSTAR };
static const assay_observable depth_observables[] = {
    {"J", NULL, "least objective", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"NC1", NULL, "within over between class variance", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "log contraction of the spread", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"tan2", NULL, "tan^2 psi", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"decay", NULL, "(lb/2) sum |W_l|^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"w", NULL, "norm of the head's rows", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"gstar", NULL, "bound by the unconstrained features", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};
static assay_status depth_with(assay_call *call, neural_collapse_mistake mistake) {
  const neural_collapse_chain chain = chain_of(call);
  neural_collapse_depth r;
  assay_status status = neural_collapse_depth_law(&chain, mistake, &r, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const assay_value all[] = {r.J, r.NC1, r.tau, r.tan2, r.decay, r.w, r.gstar};
  for (int i = 0; i < 7; i++) neural_collapse_put(call, i, all[i]);
  return ASSAY_OK;
}
static assay_status depth(assay_call *call) { return depth_with(call, NEURAL_COLLAPSE_RIGHT); }
static assay_status means_only(assay_call *call) { return depth_with(call, NEURAL_COLLAPSE_MEANS_ONLY); }
static assay_status deviations_only(assay_call *call) { return depth_with(call, NEURAL_COLLAPSE_DEVIATIONS_ONLY); }
static assay_status equal_split(assay_call *call) { return depth_with(call, NEURAL_COLLAPSE_EQUAL_SPLIT); }
static assay_status no_depth(assay_call *call) { return depth_with(call, NEURAL_COLLAPSE_NO_DEPTH); }

#define FIRST "K=3 n=2 phi=.7853981633974483 lw=.005 lb=.005"
#define TEN "K=10 n=2 phi=.7853981633974483 lw=.005 lb=.005"
#define SQUARED "K=3 n=2 phi=.7853981633974483 lw=.05 lb=.01 loss=mse"
static const assay_leg depth_legs[] = {{.experiment = &neural_collapse_network_run,
                                        .points = POINTS("A: " FIRST " L=1,2,4,8"),
                                        .sizes = {"", "", ""},
                                        .first = {8, 8, 16},
                                        .looks = {1, 1, 1}},
                                       {.experiment = &neural_collapse_network_run,
                                        .points = POINTS("B: K=4 n=3 phi=1 lw=.01 lb=.002 L=2,8", "M: " SQUARED " L=1,2,4,8"),
                                        .sizes = {"", "", ""},
                                        .first = {4, 8, 16},
                                        .looks = {1, 1, 1}},
                                       {.experiment = &neural_collapse_network_run,
                                        .points = POINTS("S: " FIRST " L=16,32", "T: " SQUARED " L=16"),
                                        .sizes = {NULL, "", ""},
                                        .first = {0, 8, 8},
                                        .looks = {0, 1, 1}},
                                       {.experiment = &neural_collapse_network_run,
                                        .points = POINTS("X: " FIRST " L=64", "Y: " TEN " L=1,4,8"),
                                        .sizes = {NULL, NULL, ""},
                                        .first = {0, 0, 8},
                                        .looks = {0, 0, 1}},
                                       {0}};
static const assay_target depth_targets[] = {
    {.name = "J", .estimand = ASSAY_EXACT, .margin = SAME(1e-7), .reason = "best of four restarts, max |gradient| < 1e-8"},
    {.name = "NC1",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-4, 1e-4, 1e-4),
     .reason = "an objective known to 1e-15 knows tau to about 1e-7"},
    {.name = "tan2", .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-4, 1e-4, 1e-4), .reason = "as NC1"},
    {.name = "decay", .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-4, 1e-4, 1e-4), .reason = "as NC1"},
    {.name = "w", .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-5, 1e-5, 1e-5), .reason = "as NC1"},
    {.name = "J",
     .title = "no restart below",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = SAME(1e-8),
     .reason = "the least of the restarts that reach max |gradient| < 1e-8"},
    {0}};
static const assay_control depth_controls[] = {
    {.name = "means only",
     .mistake = "only the space of the class means moves",
     .targets = "J,NC1",
     .points = "A:L=8,A:L=4,S*,X*",
     .predict = means_only},
    {.name = "deviations only",
     .mistake = "only the space of the deviations moves",
     .targets = "J,NC1",
     .points = "A:L=8,A:L=4,S*,X*",
     .predict = deviations_only},
    {.name = "depth is no help",
     .mistake = "the transport costs kappa tau^2 at every depth",
     .targets = "J,NC1",
     .points = "A:L=8,S*,X*",
     .predict = no_depth},
    {.name = "equal split", .mistake = "all blocks take the same step", .targets = "J,NC1", .points = "B:L=2", .predict = equal_split},
    {0}};
static const assay_figure depth_figures[] = {{.title = "NC1 of the global optimum against depth",
                                              .x = "L",
                                              .x_label = "depth L",
                                              .y = "NC1",
                                              .y_label = "NC1",
                                              .points = "A",
                                              .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                             {0}};
const assay_claim neural_collapse_resnet_depth_law_claim = {.id = "neural-collapse/resnet-depth-law",
                                                            .kinds = "identity",
                                                            .statement =
                                                                "On symmetric data the global optimum of a linear residual network is "
                                                                "known at every depth: J_L = min F(cos psi) + (lb/2) A_L(tau).",
                                                            .source = "derived here, for the one-matrix networks of arXiv 2505.15239",
                                                            .params = depth_params,
                                                            .observables = depth_observables,
                                                            .predict = depth,
                                                            .legs = depth_legs,
                                                            .targets = depth_targets,
                                                            .controls = depth_controls,
                                                            .figures = depth_figures};

/* ---- neural-collapse/nc1-rate ---- */

enum { N_ASYM, N_NC1, N_J, N_TAN2 };
static const assay_observable rate_observables[] = {
    {"tan2_asym", NULL, "tan^2 psi as L grows", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"exponent_NC1", NULL, "local exponent of NC1 in L", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, -1, 0},
    {"exponent_J", NULL, "local exponent of J - g* in L", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, -1, 0},
    {"tan2", NULL, "tan^2 psi, exact", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status rate(assay_call *call) {
  const neural_collapse_chain chain = chain_of(call);
  neural_collapse_rate r;
  neural_collapse_depth exact;
  assay_status status = neural_collapse_asymptotics(&chain, &r, assay_call_error(call));
  if (status == ASSAY_OK) status = neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &exact, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, N_ASYM, r.tan2);
  neural_collapse_put(call, N_NC1, r.exponent_NC1);
  neural_collapse_put(call, N_J, r.exponent_J);
  neural_collapse_put(call, N_TAN2, exact.tan2);
  return ASSAY_OK;
}
/* Exponents at the middle of the octave from L to 2L. */
static assay_status in_the_middle(assay_call *call) {
  neural_collapse_chain chain = chain_of(call);
  neural_collapse_rate r;
  chain.L *= M_SQRT2;
  const assay_status status = neural_collapse_asymptotics(&chain, &r, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, N_NC1, r.exponent_NC1);
  neural_collapse_put(call, N_J, r.exponent_J);
  return ASSAY_OK;
}
/* By the exact law: tan^2 psi at L, and exponents from L to 2L. */
static assay_status by_exact_law(assay_call *call) {
  neural_collapse_chain chain = chain_of(call);
  neural_collapse_depth here, twice;
  assay_status status = neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &here, assay_call_error(call));
  chain.L *= 2;
  if (status == ASSAY_OK) status = neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &twice, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, N_ASYM, here.tan2);
  assay_put(call, N_NC1, 0, log2(twice.NC1.value / here.NC1.value), 1e-10);
  assay_put(call, N_J, 0, log2((twice.J.value - twice.gstar.value) / (here.J.value - here.gstar.value)), 1e-10);
  return ASSAY_OK;
}
static assay_status pure_power(assay_call *call) {
  assay_put(call, N_NC1, 0, -1, 0);
  assay_put(call, N_J, 0, -1, 0);
  return ASSAY_OK;
}
static assay_status square_root(assay_call *call) {
  assay_put(call, N_NC1, 0, -.5, 0);
  assay_put(call, N_J, 0, -.5, 0);
  return ASSAY_OK;
}
static assay_status attainable(assay_call *call) {
  assay_put(call, N_NC1, 0, -2, 0);
  assay_put(call, N_J, 0, -2, 0);
  return ASSAY_OK;
}
static assay_status with_gstar(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  assay_value gstar, w;
  const assay_status status = neural_collapse_bound(neural_collapse_loss_of(claim), assay_real(claim, "K"), assay_real(claim, "lw"), 1,
                                                    &gstar, &w, assay_call_error(claim));
  return status == ASSAY_OK ? assay_set(sim, "floor", gstar.value) : status;
}
static const assay_leg rate_legs[] = {
    {.check = by_exact_law, .points = POINTS("E: " FIRST " L=16,32,64,256,1024", "M: " SQUARED " L=64,1024"), .sizes = {"", "", ""}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("S: " FIRST " L=4,8"),
     .sizes = {"restarts=2", "restarts=4", "restarts=4"},
     .first = {4, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("D: " FIRST " L=16"),
     .sizes = {NULL, "restarts=2", "restarts=4"},
     .first = {0, 4, 16},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("X: " FIRST " L=32"),
     .sizes = {NULL, NULL, "restarts=4"},
     .first = {0, 0, 8},
     .looks = {0, 0, 1}},
    {0}};
static const assay_target rate_targets[] = {{.name = "tan2_asym",
                                             .points = "E,M",
                                             .estimand = ASSAY_EXACT,
                                             .margin = RELATIVE(.03, .03, .03),
                                             .reason = "exact over asymptotic: 1.0251 at L = 16, falling"},
                                            {.name = "exponent_NC1",
                                             .points = "E",
                                             .estimand = ASSAY_EXACT,
                                             .predict = in_the_middle,
                                             .margin = SAME(.015),
                                             .reason = "the next order from L = 16 on: below .01"},
                                            {.name = "exponent_J",
                                             .points = "E",
                                             .estimand = ASSAY_EXACT,
                                             .predict = in_the_middle,
                                             .margin = SAME(.015),
                                             .reason = "the next order from L = 16 on: below .01"},
                                            {.name = "exponent_NC1",
                                             .title = "exponent_NC1, trained",
                                             .points = "S,D,X",
                                             .estimand = ASSAY_EXACT,
                                             .predict = by_exact_law,
                                             .margin = SAME(1e-3),
                                             .reason = "optima know NC1 to 1e-4"},
                                            {.name = "exponent_J",
                                             .title = "exponent_J, trained",
                                             .points = "S,D,X",
                                             .estimand = ASSAY_EXACT,
                                             .predict = by_exact_law,
                                             .margin = SAME(1e-3),
                                             .reason = "optima know J to 1e-7"},
                                            {0}};
static const assay_control rate_controls[] = {
    {.name = "pure power", .mistake = "NC1 and J - g* fall like 1/L", .targets = "exponent_*", .predict = pure_power},
    {.name = "square root", .mistake = "exponent -1/2", .targets = "exponent_*", .predict = square_root},
    {.name = "attainable optimum",
     .mistake = "exponent -2, as around an optimum that is attained",
     .targets = "exponent_*",
     .predict = attainable},
    {0}};
static const assay_figure rate_figures[] = {{.title = "The asymptote and the exact law",
                                             .x = "L",
                                             .x_label = "depth L",
                                             .y = "tan2_asym",
                                             .y_label = "tan^2 psi",
                                             .points = "E",
                                             .sweep = "8:2048:33",
                                             .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                            {0}};
const assay_claim neural_collapse_nc1_rate_claim = {
    .id = "neural-collapse/nc1-rate",
    .kinds = "rate",
    .statement = "NC1 falls like log L/L and J - g* like log^2 L/L: local exponents approach -1 only logarithmically.",
    .source = "derived here; arXiv 2505.15239 argues for the upper bound L^(-1/2)",
    .params = depth_params,
    .observables = rate_observables,
    .predict = rate,
    .legs = rate_legs,
    .targets = rate_targets,
    .controls = rate_controls,
    .figures = rate_figures};

/* ---- neural-collapse/transport-exponent ---- */

static const assay_param transport_params[] = {
    {"p", NULL, "matrices of a block", ASSAY_INTEGER, 0, NULL, "[1,6]", NULL},
    {"theta", NULL, "angle of the whole turn", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966)", "1"},
    {"L", NULL, "depths", ASSAY_INTEGERS, 0, NULL, "[1,1000000]", "4,8,16,32,64"},
    {0}};
static const assay_observable transport_observables[] = {{"exponent", NULL,
                                                          "slope of the log of the decay on log L, turning in equal steps; limit 1 - 2/p",
                                                          NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
                                                         {0}};
static assay_status transport(assay_call *call) {
  int count;
  const double *L = assay_list(call, "L", &count);
  assay_value slope;
  assay_status status = neural_collapse_transport_exponent((int)assay_integer(call, "p"), assay_real(call, "theta"), L, count, &slope,
                                                           assay_call_error(call));
  if (status == ASSAY_OK) neural_collapse_put(call, 0, slope);
  return status;
}
static assay_status as_one_matrix(assay_call *call) {
  assay_put(call, 0, 0, -1, 0);
  return ASSAY_OK;
}
static const assay_leg transport_legs[] = {{.experiment = &neural_collapse_turn_run,
                                            .points = POINTS("A: p=1,2,3", "B: p=2,3 theta=.5"),
                                            .sizes = {"", "", ""},
                                            .first = {8, 32, 128},
                                            .looks = {1, 1, 1}},
                                           {0}};
static const assay_target transport_targets[] = {
    {.name = "exponent", .estimand = ASSAY_EXACT, .margin = SAME(1e-4), .reason = "the stopping rule, max |gradient| < 1e-9"}, {0}};
static const assay_control transport_controls[] = {{.name = "as one matrix",
                                                    .mistake = "exponent -1 with several matrices too",
                                                    .targets = "exponent",
                                                    .points = "A:p=2,A:p=3,B*",
                                                    .predict = as_one_matrix},
                                                   {0}};
const assay_claim neural_collapse_transport_exponent_claim = {
    .id = "neural-collapse/transport-exponent",
    .kinds = "rate",
    .statement =
        "Spread over L blocks of p matrices, turning a vector costs decay of order L^(1-2/p): only one-matrix blocks gain from depth.",
    .source = "variational Schatten norms; for the two-matrix blocks of arXiv 2505.15239",
    .params = transport_params,
    .observables = transport_observables,
    .predict = transport,
    .legs = transport_legs,
    .targets = transport_targets,
    .controls = transport_controls};

/* ---- neural-collapse/transport-identity ---- */

#define GIVEN(name, type, doc, domain)                                                                                                     \
  { name, NULL, doc, type, 0, NULL, domain, "" }
static const assay_param identity_params[] = {
    {"part", NULL, "a: turn a vector; b: shrink a spread; c: make a matrix; d: merge two samples", ASSAY_WORD, 0, "a|b|c|d", NULL, "a"},
    GIVEN("L", ASSAY_INTEGER, "blocks (a, b, c)", "[1,1000000]"),
    GIVEN("theta0", ASSAY_REAL, "angle at the start (a, d)", "(0,3.141592653589793)"),
    GIVEN("lb", ASSAY_REAL, "weight decay of the blocks (a, c)", "(0,inf)"),
    GIVEN("tau", ASSAY_REAL, "log contraction (b)", "[0,inf)"),
    GIVEN("m", ASSAY_REAL, "dimensions of the means (b)", "(0,inf)"),
    GIVEN("r", ASSAY_REAL, "dimensions of the deviations (b)", "(0,inf)"),
    GIVEN("targets", ASSAY_REALS, "eigenvalues of the matrix (c)", "(0,inf)"),
    GIVEN("s", ASSAY_REALS, "spectral norms of the blocks (d)", "[0,1)"),
    {0}};
enum { I_RHO, I_J, I_A_L, I_THETA_L };
static const assay_observable identity_observables[] = {
    {"rho", NULL, "angle left over (a)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 4},
    {"J", NULL, "least objective (a, c)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"A_L", NULL, "least sum of squared block norms (b)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"theta_L", NULL, "smallest final angle allowed (d)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 4},
    {0}};
static assay_status needs(assay_call *call, const char *const *names) {
  for (; *names; names++)
    if (!assay_given(call, *names)) return assay_fail(call, ASSAY_USAGE, "part=%s needs %s", assay_word(call, "part"), *names);
  return ASSAY_OK;
}
static assay_status identity_with(assay_call *call, int chord) {
  static const char *const all[4][5] = {{"L", "theta0", "lb"}, {"L", "tau", "m", "r"}, {"L", "targets", "lb"}, {"theta0", "s"}};
  const int part = assay_word(call, "part")[0] - 'a', L = assay_given(call, "L") ? (int)assay_integer(call, "L") : 1;
  assay_value first = {0, 0}, second = {0, 0};
  assay_error *error = assay_call_error(call);
  int count;
  const double *list = assay_list(call, part == 2 ? "targets" : "s", &count);
  assay_status status = needs(call, all[part]);
  if (status != ASSAY_OK) return status;
  if (part == 0) status = neural_collapse_turn(L, assay_real(call, "theta0"), assay_real(call, "lb"), chord, &first, &second, error);
  if (part == 1)
    status = neural_collapse_contraction(L, assay_real(call, "tau"), assay_real(call, "m"), assay_real(call, "r"), &first, error);
  if (part == 2) status = neural_collapse_product(L, list, count, assay_real(call, "lb"), &second, error);
  if (part == 3) status = neural_collapse_least_angle(assay_real(call, "theta0"), list, count, &first, error);
  if (status != ASSAY_OK) return status;
  if (part == 0) neural_collapse_put(call, I_RHO, first);
  if (part == 1) neural_collapse_put(call, I_A_L, first);
  if (part == 3) neural_collapse_put(call, I_THETA_L, first);
  if (part == 0 || part == 2) neural_collapse_put(call, I_J, second);
  return ASSAY_OK;
}
static assay_status identity(assay_call *call) { return identity_with(call, 0); }
static assay_status chord(assay_call *call) { return identity_with(call, 1); }
/* b: the least sum over any L steps, on a grid that holds tau/L. */
static assay_status any_steps(assay_call *call) {
  enum { CELLS = 1200 };
  const int L = (int)assay_integer(call, "L");
  double *cost = assay_alloc(call, 2 * (CELLS + 1) * sizeof *cost), *sum = cost + CELLS + 1;
  if (!cost) return ASSAY_NO_MEMORY;
  for (int i = 0; i <= CELLS; i++)
    sum[i] = cost[i] = neural_collapse_block_cost(assay_real(call, "m"), assay_real(call, "r"), assay_real(call, "tau") * i / CELLS);
  for (int l = 2; l <= L; l++)
    for (int i = CELLS; i >= 0; i--) {
      double least = INFINITY;
      for (int j = 0; j <= i; j++) least = fmin(least, sum[i - j] + cost[j]);
      sum[i] = least;
    }
  assay_put(call, I_A_L, 0, sum[CELLS], 0);
  return ASSAY_OK;
}
static assay_status equal_steps(assay_call *call) {
  const double L = (double)assay_integer(call, "L");
  assay_put(call, I_A_L, 0, L * neural_collapse_block_cost(assay_real(call, "m"), assay_real(call, "r"), assay_real(call, "tau") / L), 0);
  return ASSAY_OK;
}
/* Blocks diag(1 + s, 1 - s) on the pair at +-theta0/2 from the first axis: as close as such blocks can bring two samples. */
static assay_status squeezed_pair(assay_call *call) {
  int count;
  const double *s = assay_list(call, "s", &count);
  double x = cos(assay_real(call, "theta0") / 2), y = sin(assay_real(call, "theta0") / 2);
  for (int l = 0; l < count; l++) {
    const double a = x + s[l] * x, b = y - s[l] * y, length = hypot(a, b);
    x = a / length;
    y = b / length;
  }
  assay_put(call, I_THETA_L, 0, 2 * atan2(y, x), 1e-14);
  return ASSAY_OK;
}
/* tan(theta/2) shrinks by prod (1-s) alone. */
static assay_status shrunk_only(assay_call *call) {
  int count;
  const double *s = assay_list(call, "s", &count);
  double tangent = tan(assay_real(call, "theta0") / 2);
  for (int l = 0; l < count; l++) tangent *= 1 - s[l];
  assay_put(call, I_THETA_L, 0, 2 * atan(tangent), 0);
  return ASSAY_OK;
}
static const assay_leg identity_legs[] = {
    {.check = squeezed_pair, .points = POINTS("D: part=d theta0=1 s=.1,.3", "D2: part=d theta0=2.5 s=.5,.02,.9"), .sizes = {"", "", ""}},
    {.check = any_steps, .points = POINTS("B: part=b tau=3 m=3 r=8 L=2,3,4"), .sizes = {"", "", ""}},
    {.experiment = &neural_collapse_chain_run,
     .points = POINTS("A: part=a theta0=1.3 lb=.3 L=1,2,4,8,32"),
     .sizes = {"", "", ""},
     .first = {8, 16, 64},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_chain_run,
     .points = POINTS("C: part=c targets=3,1.5,.4 lb=.2 L=2,4,16"),
     .sizes = {"", "", ""},
     .first = {8, 16, 64},
     .looks = {1, 1, 1}},
    {0}};
static const assay_target identity_targets[] = {
    {.name = "J", .points = "A,C", .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = "the stopping rule, max |gradient| < 1e-9"},
    {.name = "A_L",
     .points = "B",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-5, 1e-5, 1e-5),
     .reason = "second order in the grid's step tau/1200"},
    {.name = "theta_L",
     .points = "D,D2",
     .estimand = ASSAY_EXACT,
     .margin = SAME(1e-12),
     .reason = "rounding: the pair that is brought closest"},
    {.name = "rho", .points = "A", .estimand = ASSAY_EXACT, .margin = SAME(1e-6), .reason = "the stopping rule"},
    {0}};
static const assay_control identity_controls[] = {
    {.name = "chord",
     .mistake = "blocks pay for the chord, as if the normalisation did not help",
     .targets = "J",
     .points = "A",
     .predict = chord},
    {.name = "equal steps", .mistake = "all blocks take the same step", .targets = "A_L", .points = "B:L=2", .predict = equal_steps},
    {.name = "no stretch", .mistake = "blocks only shrink, tan(theta/2) by prod (1-s)", .targets = "theta_L", .predict = shrunk_only},
    {0}};
const assay_claim neural_collapse_transport_identity_claim = {.id = "neural-collapse/transport-identity",
                                                              .kinds = "identity",
                                                              .statement =
                                                                  "The least decay of linear chains in closed form: L sin^2(theta/L) for a "
                                                                  "turn, L sum (q^(1/L) - 1)^2 for a matrix; merging is never free.",
                                                              .source = "derived here (Mirsky, Horn, Wielandt)",
                                                              .params = identity_params,
                                                              .observables = identity_observables,
                                                              .predict = identity,
                                                              .legs = identity_legs,
                                                              .targets = identity_targets,
                                                              .controls = identity_controls};
