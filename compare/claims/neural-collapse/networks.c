/* Optima of networks beyond the linear one-matrix chain on symmetric data: any data, two matrices, attention, equal energy. */
#include <math.h>
#include <stdlib.h>

#include "compare/claims/neural-collapse/claims.h"
#include "sim/neural-collapse/experiments.h"

#define REASON_BEST "best of the restarts that reach max |gradient| < 1e-8"
#define FIRST "K=3 n=2 phi=.7853981633974483 lw=.005 "
#define QUARTER "phi=.7853981633974483 lw=.005 "

/* clang-format off */
#define PARAM_DATA {"data", NULL, "training set", ASSAY_WORD, 0, NEURAL_COLLAPSE_DATA_WORDS, NULL, "det"}
#define PARAM_SET {"set", NULL, "number of the training set (mix)", ASSAY_INTEGER, 0, NULL, "[1,1000000]", "1"}
#define PARAM_N {"n", NULL, "samples of each class", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL}
#define PARAM_D {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[1,32]", NULL}
#define PARAM_PHI {"phi", NULL, "angle of the samples to their class means", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966)", NULL}
#define PARAM_LB {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define PARAM_L {"L", NULL, "blocks", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL}
#define PARAM_ACTIVATION(preset) {"activation", NULL, "of the blocks", ASSAY_WORD, 0, "linear|relu|squareplus", NULL, preset}
#define BOTH (ASSAY_PREDICTED | ASSAY_MEASURED)
/* clang-format on */

/* ---- neural-collapse/gufm-reduction ---- */

static const assay_param reduction_params[] = {
    PARAM_DATA, PARAM_SET, PARAM_K, PARAM_N, PARAM_D, PARAM_PHI, PARAM_LW, PARAM_LB, PARAM_L, PARAM_ACTIVATION("linear"), {0}};
enum { R_J, R_NC1, R_GSTAR, R_RATIO, R_FALL };
static const assay_observable reduction_observables[] = {
    {"J", NULL, "least objective: with one symmetric matrix shared by all blocks (linear), an upper bound where a block takes a big step",
     NULL, BOTH, 0, INFINITY},
    {"NC1", NULL, "within over between class variance", NULL, BOTH, 0, INFINITY},
    {"gstar", NULL, "bound by the unconstrained features", NULL, BOTH, 0, INFINITY},
    {"ratio", NULL, "(J(2L) - g*)/(J(L) - g*)", NULL, ASSAY_MEASURED, 0, 1},
    {"fall", NULL, "J(L) - J(2L)", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status gstar_of(assay_call *call, assay_value *gstar) {
  assay_value w;
  return neural_collapse_bound(NEURAL_COLLAPSE_CE, assay_real(call, "K"), assay_real(call, "lw"), 1, gstar, &w, assay_call_error(call));
}

/* The optimum with a shared matrix at the call's data. */
static assay_status tied(assay_call *call, double lb, neural_collapse_tied *r) {
  neural_collapse_set set = {.K = (int)assay_integer(call, "K"),
                             .n = (int)assay_integer(call, "n"),
                             .d = (int)assay_integer(call, "d"),
                             .phi = assay_real(call, "phi"),
                             .set = (int)assay_integer(call, "set")};
  assay_error *error = assay_call_error(call);
  neural_collapse_data_from_word(assay_word(call, "data"), &set.data);
  double *X = calloc((size_t)(set.K * set.n * set.d), sizeof *X);
  if (!X) return assay_fail(call, ASSAY_NO_MEMORY, "no memory for %d samples", set.K * set.n);
  assay_status status = neural_collapse_samples(&set, X, error);
  if (status == ASSAY_OK)
    status = neural_collapse_tied_optimum(X, set.K, set.n, set.d, assay_real(call, "lw"), lb, assay_real(call, "L"), r, error);
  free(X);
  return status;
}

static bool is_linear(const assay_call *call) { return !strcmp(assay_word(call, "activation"), "linear"); }

static assay_status reduction_with(assay_call *call, double lb) {
  neural_collapse_tied r;
  assay_value gstar;
  assay_status status = gstar_of(call, &gstar);
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, R_GSTAR, gstar);
  if (!is_linear(call)) {
    for (int i = R_J; i <= R_NC1; i++)
      assay_absent(call, i, "no formula for activation = %s: it is simulated", assay_word(call, "activation"));
    return ASSAY_OK;
  }
  if (assay_real(call, "L") < 2) {
    for (int i = R_J; i <= R_NC1; i++) assay_absent(call, i, "one block sends samples to zero: there is no optimum with a shared matrix");
    return ASSAY_OK;
  }
  status = tied(call, lb, &r);
  if (status != ASSAY_OK) return status;
  neural_collapse_put(call, R_J, r.J);
  neural_collapse_put(call, R_NC1, r.NC1);
  return ASSAY_OK;
}
static assay_status reduction(assay_call *call) { return reduction_with(call, assay_real(call, "lb")); }
static assay_status penalty_kept(assay_call *call) { return reduction_with(call, assay_real(call, "lb") * assay_real(call, "L")); }

static assay_status put_ratio(assay_call *call, double ratio) {
  assay_put(call, R_RATIO, 0, ratio, 0);
  assay_put(call, R_FALL, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status ratio_window(assay_call *call) { return put_ratio(call, .65); }
static assay_status no_fall(assay_call *call) { return put_ratio(call, 1); }
static assay_status inverse_square(assay_call *call) { return put_ratio(call, .25); }

/* g* and what every linear network stays above, whatever its depth and at no cost: measured by the shared matrix as lb -> 0. */
static assay_status put_shifted(assay_call *call, double more) {
  assay_value gstar;
  const assay_status status = gstar_of(call, &gstar);
  if (status == ASSAY_OK) assay_put(call, R_GSTAR, 0, gstar.value + more, gstar.error);
  return status;
}
static assay_status linear_floor(assay_call *call) { return put_shifted(call, .0846291563); }
static assay_status nearly_gstar(assay_call *call) { return put_shifted(call, .006); }

static assay_status with_gstar(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  assay_value gstar;
  const assay_status status = gstar_of(claim, &gstar);
  return status == ASSAY_OK ? assay_set(sim, "floor", gstar.value) : status;
}

#define DET348 "data=det K=3 n=4 d=8 " QUARTER "lb=.005 "
#define DET43T "data=det K=4 n=3 d=10 phi=.7 lw=.005 lb=.005 "
#define DET384 "data=det K=3 n=8 d=4 " QUARTER "lb=.005 "
#define MIX "data=mix K=3 n=4 d=8 " QUARTER "lb=.005 "
#define SMOOTH_ONES "activation=squareplus "
static const assay_leg reduction_legs[] = {
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("A: " DET348 "L=4,8"),
     .sizes = {"", "", ""},
     .first = {4, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("B: " DET43T "L=4,8", "C: " DET348 "L=16", "P: " DET384 "L=8,16", "M: " MIX "L=4 set=1,2,3"),
     .sizes = {NULL, "", ""},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("E: " DET348 "L=32", "F: " DET43T "L=16"),
     .sizes = {NULL, NULL, ""},
     .first = {0, 0, 4},
     .looks = {0, 0, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("V: " DET384 "L=4"),
     .sizes = {NULL, "restarts=8", "restarts=8"},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("S: " DET348 SMOOTH_ONES "L=4"),
     .sizes = {"restarts=1", "restarts=2", "restarts=4"},
     .first = {2, 4, 8},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("T: " DET348 SMOOTH_ONES "L=8,16", "W: " DET43T SMOOTH_ONES "L=4"),
     .sizes = {NULL, "restarts=1", "restarts=4"},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .arrange = with_gstar,
     .points = POINTS("X: " DET384 SMOOTH_ONES "L=8,16"),
     .sizes = {NULL, "", ""},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("Q: " DET384 "L=32"),
     .sizes = {NULL, "restarts=2", "restarts=4"},
     .first = {0, 2, 4},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("R: " DET384 SMOOTH_ONES "L=32"),
     .sizes = {NULL, "restarts=1", "restarts=4"},
     .first = {0, 2, 4},
     .looks = {0, 1, 1}},
    {0}};
#define TIED "A,B,C,E,F,P,M"
static const assay_target reduction_targets[] = {
    {.name = "J", .points = TIED, .estimand = ASSAY_EXACT, .margin = SAME(1e-7), .reason = REASON_BEST},
    {.name = "NC1",
     .points = TIED,
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-4, 1e-4, 1e-4),
     .reason = "an objective known to 1e-15 knows NC1 to about 1e-7"},
    {.name = "J",
     .title = "no more than with a shared matrix",
     .points = "V",
     .estimand = ASSAY_EXACT,
     .side = -1,
     .margin = SAME(1e-8),
     .reason = "a big step may pay; " REASON_BEST},
    {.name = "ratio",
     .points = "S,T,W,X",
     .estimand = ASSAY_EXACT,
     .predict = ratio_window,
     .margin = SAME(.15),
     .reason = "between .50 and .80, as the local exponents of nc1-rate have it at these depths"},
    {.name = "fall",
     .title = "J falls at a doubling",
     .points = "S,T,W,X",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .predict = no_fall,
     .margin = SAME(0),
     .reason = "true of every draw"},
    {.name = "gstar",
     .title = "J stays above g*",
     .records = "J",
     .points = "S,T,W,X," TIED,
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = SAME(0),
     .reason = "true of every draw"},
    {.name = "gstar",
     .title = "linear maps do not reach g*",
     .records = "J",
     .points = "Q",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .predict = linear_floor,
     .margin = SAME(0),
     .reason = "the infimum over all linear maps at no cost"},
    {.name = "gstar",
     .title = "nonlinear ones come near",
     .records = "J",
     .points = "R",
     .estimand = ASSAY_EXACT,
     .side = -1,
     .predict = nearly_gstar,
     .margin = SAME(0),
     .reason = "J - g* is .0056 there"},
    {0}};
static const assay_control reduction_controls[] = {
    {.name = "penalty that does not fall",
     .mistake = "the price of S does not fall with depth: lb L in place of lb",
     .targets = "J",
     .points = "A,B,C,E,F,P,M",
     .predict = penalty_kept},
    {.name = "no fall", .mistake = "depth does not help: the excess over g* stays", .targets = "ratio", .predict = no_fall},
    {.name = "inverse square",
     .mistake = "the excess falls like 1/L^2, as around an optimum that is attained",
     .targets = "ratio",
     .predict = inverse_square},
    {.name = "linear blocks",
     .mistake = "linear blocks, which cannot collapse these data: the excess hardly falls",
     .targets = "ratio",
     .points = "X",
     .tiers = 6,
     .change = "activation=linear"},
    {.name = "linear blocks come near",
     .mistake = "linear networks reach g* on these data",
     .targets = "linear maps do not reach g*",
     .tiers = 6,
     .reversed = true},
    {0}};
static const assay_figure reduction_figures[] = {{.title = "Optimum with one matrix shared by all blocks",
                                                  .x = "L",
                                                  .x_label = "depth L",
                                                  .y = "NC1",
                                                  .y_label = "NC1",
                                                  .points = "A",
                                                  .sweep = "4:64:9",
                                                  .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                                 {0}};
const assay_claim neural_collapse_gufm_reduction_claim = {
    .id = "neural-collapse/gufm-reduction",
    .kinds = "identity,order",
    .statement = "On any data the deep linear optimum is the unconstrained features model of N(SX) with the price (lb/2) L sum (s^(1/L) - "
                 "1)^2: blocks share one matrix; J falls to g* where linear, or nonlinear, maps can collapse the data.",
    .source = "derived here, for the reduction argued in arXiv 2505.15239",
    .params = reduction_params,
    .observables = reduction_observables,
    .predict = reduction,
    .legs = reduction_legs,
    .targets = reduction_targets,
    .controls = reduction_controls,
    .figures = reduction_figures};

/* ---- neural-collapse/two-matrix-blocks and transformer-depth-law ---- */

enum { D_J, D_NC1, D_TAU, D_TAN2, D_DECAY, D_W, D_GSTAR, D_ATTENTION };
static const assay_observable depth_observables[] = {
    {"J", NULL, "objective of the optimum, or of the branch", NULL, BOTH, 0, INFINITY},
    {"NC1", NULL, "within over between class variance", NULL, BOTH, 0, INFINITY},
    {"tau", NULL, "log contraction of the spread", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"tan2", NULL, "tan^2 psi", NULL, BOTH, 0, INFINITY},
    {"decay", NULL, "(lb/2) sum of squared block norms", NULL, BOTH, 0, INFINITY},
    {"w", NULL, "norm of the head's rows", NULL, BOTH, 0, INFINITY},
    {"gstar", NULL, "bound by the unconstrained features", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"attention", NULL, "largest |entry| of Q and K: attention is uniform", NULL, BOTH, 0, INFINITY},
    {0}};

static neural_collapse_chain chain_of(const assay_call *call, int attention) {
  return (neural_collapse_chain){assay_real(call, "K"),  assay_real(call, "n"), assay_real(call, "phi"), assay_real(call, "lw"),
                                 assay_real(call, "lb"), assay_real(call, "L"), NEURAL_COLLAPSE_CE,      attention};
}

static assay_status put_depth(assay_call *call, assay_status status, const neural_collapse_depth *r) {
  const assay_value all[] = {r->J, r->NC1, r->tau, r->tan2, r->decay, r->w, r->gstar};
  for (int i = 0; i < 7 && status == ASSAY_OK; i++) neural_collapse_put(call, i, all[i]);
  return status;
}

static const assay_param pair_params[] = {
    PARAM_K,
    {"n", NULL, "samples of each class", ASSAY_INTEGER, 0, NULL, "[2,1000000]", NULL},
    PARAM_PHI,
    PARAM_LW,
    PARAM_LB,
    {"L", NULL, "blocks; on contract their number does not matter", ASSAY_INTEGER, 0, NULL, "[1,1000000]", "1"},
    {"branch", NULL, "one block shrinks the deviations, or all stretch the means", ASSAY_WORD, 0, "contract|expand", NULL, "contract"},
    {0}};

static assay_status pair(assay_call *call) {
  const neural_collapse_chain chain = chain_of(call, 0);
  neural_collapse_depth r;
  const neural_collapse_branch branch = strcmp(assay_word(call, "branch"), "expand") ? NEURAL_COLLAPSE_CONTRACTS : NEURAL_COLLAPSE_EXPANDS;
  const assay_status status = put_depth(call, neural_collapse_two_matrices(&chain, branch, &r, assay_call_error(call)), &r);
  if (status == ASSAY_OK) assay_absent(call, D_ATTENTION, "these blocks have no attention");
  return status;
}
static assay_status as_one_matrix(assay_call *call) {
  const neural_collapse_chain chain = chain_of(call, 0);
  neural_collapse_depth r;
  return put_depth(call, neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &r, assay_call_error(call)), &r);
}
static assay_status other_branch(assay_call *call) {
  const neural_collapse_chain chain = chain_of(call, 0);
  neural_collapse_depth r;
  const neural_collapse_branch branch = strcmp(assay_word(call, "branch"), "expand") ? NEURAL_COLLAPSE_EXPANDS : NEURAL_COLLAPSE_CONTRACTS;
  return put_depth(call, neural_collapse_two_matrices(&chain, branch, &r, assay_call_error(call)), &r);
}
static assay_status start_on_branch(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set_word(sim, "start", assay_word(claim, "branch"));
}

static const assay_leg pair_legs[] = {
    {.experiment = &neural_collapse_network_run,
     .arrange = start_on_branch,
     .points = POINTS("C: " FIRST "lb=.005 branch=contract L=1,2,8", "E: " FIRST "lb=.005 branch=expand L=4,8"),
     .sizes = {"blocks=rn2 restarts=2", "blocks=rn2 restarts=4", "blocks=rn2 restarts=4"},
     .first = {4, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .arrange = start_on_branch,
     .points = POINTS("F: " FIRST "lb=.005 branch=contract L=4,16", "G: " FIRST "lb=.005 branch=expand L=16"),
     .sizes = {NULL, "blocks=rn2 restarts=4", "blocks=rn2 restarts=4"},
     .first = {0, 8, 16},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("N: " FIRST "lb=.005 L=2,4"),
     .sizes = {"blocks=rn2", "blocks=rn2", "blocks=rn2"},
     .first = {4, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("O: " FIRST "lb=.005 L=8,16"),
     .sizes = {NULL, "blocks=rn2", "blocks=rn2"},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("S1: " FIRST "lb=.005 L=1", "S2: " FIRST "lb=.0025 L=2", "S4: " FIRST "lb=.00125 L=4"),
     .sizes = {"blocks=rn2 restarts=8", "blocks=rn2 restarts=8", "blocks=rn2 restarts=16"},
     .first = {2, 4, 8},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("S8: " FIRST "lb=.000625 L=8"),
     .sizes = {NULL, "blocks=rn2 restarts=16", "blocks=rn2 restarts=32"},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {0}};
#define ON_BRANCH "C,E,F,G,S?"
static const assay_target pair_targets[] = {
    {.name = "J", .points = ON_BRANCH, .estimand = ASSAY_EXACT, .margin = SAME(1e-9), .reason = "the stopping rule, max |gradient| < 1e-8"},
    {.name = "NC1", .points = "C,E,F,G", .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-5, 1e-5, 1e-5), .reason = "the stopping rule"},
    {.name = "NC1",
     .points = "S?",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-4, 1e-4, 1e-4),
     .reason = "an objective known to 1e-15 knows tau to about 1e-7"},
    {.name = "w", .points = ON_BRANCH, .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-5, 1e-5, 1e-5), .reason = "the stopping rule"},
    {.name = "decay", .points = ON_BRANCH, .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-5, 1e-5, 1e-5), .reason = "the stopping rule"},
    {.name = "J",
     .title = "no restart below contract",
     .points = "N,O",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = SAME(1e-8),
     .reason = REASON_BEST},
    {0}};
static const assay_control pair_controls[] = {
    {.name = "as one matrix",
     .mistake = "the depth law of one-matrix blocks",
     .targets = "J,NC1",
     .points = "C:L=2,C:L=8,E,F,G,S2,S4,S8",
     .predict = as_one_matrix},
    {.name = "the other branch", .mistake = "contract and expand exchanged", .targets = "J,NC1", .points = "E,G", .predict = other_branch},
    {0}};
static const assay_figure pair_figures[] = {{.title = "Two matrices in each block: NC1 does not fall with depth",
                                             .x = "L",
                                             .x_label = "depth L",
                                             .y = "NC1",
                                             .y_label = "NC1",
                                             .points = "C,E",
                                             .sweep = "4:64:16",
                                             .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                            {0}};
const assay_claim neural_collapse_two_matrix_blocks_claim = {
    .id = "neural-collapse/two-matrix-blocks",
    .kinds = "identity,order",
    .statement = "With two matrices in each block depth does not help at a constant decay: one block shrinks the deviations for lb r (1 - "
                 "e^-tau), whatever L; with lb = l0/L it does.",
    .source = "derived here; arXiv 2505.15239 asks for lb = o(1/log L)",
    .params = pair_params,
    .observables = depth_observables,
    .predict = pair,
    .legs = pair_legs,
    .targets = pair_targets,
    .controls = pair_controls,
    .figures = pair_figures};

static const assay_param transformer_params[] = {
    PARAM_K,   {"n", NULL, "tokens of each class's sequence", ASSAY_INTEGER, 0, NULL, "[2,1000000]", NULL},
    PARAM_PHI, PARAM_LW,
    PARAM_LB,  PARAM_L,
    {0}};
static assay_status transformer_with(assay_call *call, neural_collapse_mistake mistake) {
  const neural_collapse_chain chain = chain_of(call, 1);
  neural_collapse_depth r;
  const assay_status status = put_depth(call, neural_collapse_depth_law(&chain, mistake, &r, assay_call_error(call)), &r);
  if (status == ASSAY_OK) assay_put(call, D_ATTENTION, 0, 0, 0);
  return status;
}
static assay_status transformer(assay_call *call) { return transformer_with(call, NEURAL_COLLAPSE_RIGHT); }
static assay_status no_attention(assay_call *call) { return transformer_with(call, NEURAL_COLLAPSE_NO_ATTENTION); }
/* The Lambert asymptote of deep ones, whose kappa is m r/(m + 2r). */
static assay_status transformer_asymptote(assay_call *call) {
  const neural_collapse_chain chain = chain_of(call, 1);
  neural_collapse_rate r;
  const assay_status status = neural_collapse_asymptotics(&chain, &r, assay_call_error(call));
  if (status == ASSAY_OK) neural_collapse_put(call, D_NC1, r.tan2);
  return status;
}
#define OTHER "K=4 n=3 phi=.9 lw=.01 lb=.004 "
static const assay_leg transformer_legs[] = {{.experiment = &neural_collapse_network_run,
                                              .points = POINTS("A: " FIRST "lb=.005 L=1,2,4"),
                                              .sizes = {"blocks=tx1 restarts=2", "blocks=tx1 restarts=4", "blocks=tx1 restarts=4"},
                                              .first = {4, 8, 16},
                                              .looks = {1, 1, 1}},
                                             {.experiment = &neural_collapse_network_run,
                                              .points = POINTS("B: " OTHER "L=2,4", "C: " FIRST "lb=.005 L=8"),
                                              .sizes = {NULL, "blocks=tx1 restarts=2", "blocks=tx1 restarts=4"},
                                              .first = {0, 4, 8},
                                              .looks = {0, 1, 1}},
                                             {.experiment = &neural_collapse_network_run,
                                              .points = POINTS("D: " FIRST "lb=.005 L=16"),
                                              .sizes = {NULL, NULL, "blocks=tx1 restarts=4"},
                                              .first = {0, 0, 4},
                                              .looks = {0, 0, 1}},
                                             {.check = transformer_asymptote,
                                              .points = POINTS("E: " FIRST "lb=.005 L=4096"),
                                              .sizes = {"", "", ""}},
                                             {0}};
static const assay_target transformer_targets[] = {
    {.name = "NC1",
     .title = "asymptote",
     .points = "E",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(.01, .01, .01),
     .reason = "without attention the exact law is off by 3e-4 at this depth; a wrong kappa is off by tens of percent"},
    {.name = "J", .points = "A,B,C,D", .estimand = ASSAY_EXACT, .margin = SAME(1e-7), .reason = REASON_BEST},
    {.name = "NC1",
     .points = "A,B,C,D",
     .estimand = ASSAY_EXACT,
     .margin = RELATIVE(1e-4, 1e-4, 1e-4),
     .reason = "an objective known to 1e-15 knows tau to about 1e-7"},
    {.name = "decay", .points = "A,B,C,D", .estimand = ASSAY_EXACT, .margin = RELATIVE(1e-4, 1e-4, 1e-4), .reason = "as NC1"},
    {.name = "attention", .points = "A,B,C,D", .estimand = ASSAY_EXACT, .margin = SAME(1e-4), .reason = "as NC1"},
    {0}};
static const assay_control transformer_controls[] = {{.name = "no attention",
                                                      .mistake = "attention is of no help: the law of the residual network",
                                                      .targets = "J,NC1,asymptote",
                                                      .predict = no_attention},
                                                     {0}};
static const assay_figure transformer_figures[] = {{.title = "NC1 of the best transformer against depth",
                                                    .x = "L",
                                                    .x_label = "depth L",
                                                    .y = "NC1",
                                                    .y_label = "NC1",
                                                    .points = "A",
                                                    .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                                   {0}};
const assay_claim neural_collapse_transformer_depth_law_claim = {
    .id = "neural-collapse/transformer-depth-law",
    .kinds = "identity",
    .statement = "The best linear transformer attends uniformly and its value matrices share the work of the residual blocks: the depth "
                 "law with A_L = min over ta of L m (e^(ta/L) - 1)^2 + A_L(tau - ta).",
    .source = "derived here, for the one-matrix transformers of arXiv 2505.15239",
    .params = transformer_params,
    .observables = depth_observables,
    .predict = transformer,
    .legs = transformer_legs,
    .targets = transformer_targets,
    .controls = transformer_controls,
    .figures = transformer_figures};

/* ---- neural-collapse/equal-energy ---- */

static const assay_param energy_params[] = {PARAM_DATA, PARAM_SET,
                                            PARAM_K,    PARAM_N,
                                            PARAM_D,    PARAM_PHI,
                                            PARAM_LW,   {"eps", NULL, "lb = eps L", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
                                            PARAM_L,    PARAM_ACTIVATION("squareplus"),
                                            {0}};
enum { E_CV, E_J, E_EXPONENT, E_INCREMENTS };
static const assay_observable energy_observables[] = {
    {"cv", NULL, "coefficient of variation of the blocks' squared norms", NULL, BOTH, 0, INFINITY},
    {"J", NULL, "least objective", NULL, BOTH, 0, INFINITY},
    {"exponent_cv", NULL, "slope of log cv on log L", NULL, BOTH, 0, 0},
    {"increments", NULL, "(D(2L) - 4 D(4L))/(D(L) - 4 D(2L)), D(L) = J(L) - J(2L), in the limit", NULL, BOTH, 0, 1},
    {0}};
static assay_status energy_with(assay_call *call, double exponent) {
  neural_collapse_tied r;
  if (!is_linear(call)) {
    assay_absent(call, E_CV, "no formula for activation = %s: it is simulated", assay_word(call, "activation"));
    assay_absent(call, E_J, "no formula for activation = %s: it is simulated", assay_word(call, "activation"));
    assay_put(call, E_EXPONENT, 0, exponent, 0);
    assay_put(call, E_INCREMENTS, 0, pow(2, exponent), 0);
    return ASSAY_OK;
  }
  const assay_status status = tied(call, assay_real(call, "eps") * assay_real(call, "L"), &r);
  if (status != ASSAY_OK) return status;
  assay_put(call, E_CV, 0, 0, 0);
  neural_collapse_put(call, E_J, r.J);
  assay_absent(call, E_EXPONENT, "linear blocks share one matrix at every depth");
  assay_put(call, E_INCREMENTS, 0, pow(2, exponent), 0);
  return ASSAY_OK;
}
static assay_status energy(assay_call *call) { return energy_with(call, -1); }
static assay_status square_root(assay_call *call) { return energy_with(call, -.5); }
static assay_status square(assay_call *call) { return energy_with(call, -2); }
static assay_status unfair(assay_call *call) {
  assay_put(call, E_CV, 0, sqrt(assay_real(call, "L") - 1), 0); /* one block does it all */
  return ASSAY_OK;
}
#define EPS348 "data=det K=3 n=4 d=8 " QUARTER "eps=.000625 "
static const assay_leg energy_legs[] = {
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("A: " EPS348 "activation=linear L=4,8", "B: data=sym K=3 n=2 d=5 " QUARTER "eps=.000625 activation=linear L=8"),
     .sizes = {"", "", ""},
     .first = {4, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .points = POINTS("S: " EPS348 "L=4"),
     .sizes = {"doublings=3 restarts=1", "doublings=3 restarts=2", "doublings=3 restarts=4"},
     .first = {2, 4, 8},
     .looks = {1, 1, 1}},
    {.experiment = &neural_collapse_doublings_run,
     .points = POINTS("T: " EPS348 "L=8"),
     .sizes = {NULL, "doublings=3 restarts=1", "doublings=3 restarts=4"},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {.experiment = &neural_collapse_network_run,
     .points = POINTS("C: " EPS348 "activation=linear L=16"),
     .sizes = {NULL, "", ""},
     .first = {0, 4, 8},
     .looks = {0, 1, 1}},
    {0}};
static const assay_target energy_targets[] = {
    {.name = "cv", .points = "A,B,C", .estimand = ASSAY_EXACT, .margin = SAME(1e-4), .reason = REASON_BEST},
    {.name = "J", .points = "A,B,C", .estimand = ASSAY_EXACT, .margin = SAME(1e-7), .reason = REASON_BEST},
    {.name = "exponent_cv", .points = "T", .estimand = ASSAY_EXACT, .margin = SAME(.1), .reason = "the next order in 1/L over L = 8..64"},
    {.name = "increments",
     .points = "S",
     .estimand = ASSAY_EXACT,
     .margin = SAME(.03),
     .reason = "what the order 1/L^3 of J leaves: -.0134 (pilot)"},
    {.name = "increments",
     .points = "T",
     .estimand = ASSAY_EXACT,
     .margin = SAME(.008),
     .reason = "the same at L = 8, a fourth: -.0034"},
    {0}};
static const assay_control energy_controls[] = {
    {.name = "inverse root",
     .mistake = "deviations of order 1/sqrt L",
     .targets = "exponent_cv,increments",
     .points = "S,T",
     .predict = square_root},
    {.name = "inverse square",
     .mistake = "deviations of order 1/L^2",
     .targets = "exponent_cv,increments",
     .points = "S,T",
     .predict = square},
    {.name = "fixed decay",
     .mistake = "lb does not grow with L: the flow does not converge to one control problem",
     .targets = "exponent_cv",
     .tiers = 6,
     .change = "lb_rule=fixed"},
    {.name = "one block", .mistake = "one block carries all the energy", .targets = "cv", .predict = unfair},
    {.name = "two matrices",
     .mistake = "two matrices in each block: at most r blocks carry everything",
     .targets = "cv",
     .points = "B",
     .change = "blocks=rn2 start=contract"},
    {0}};
const assay_claim neural_collapse_equal_energy_claim = {
    .id = "neural-collapse/equal-energy",
    .kinds = "rate,limit",
    .statement = "With lb = eps L the optimal network follows a geodesic flow: all blocks have the same energy, exactly if linear, and J_L "
                 "- J_inf and the unevenness are of order 1/L.",
    .source = "derived here, for the one-matrix networks of arXiv 2505.15239",
    .params = energy_params,
    .observables = energy_observables,
    .predict = energy,
    .legs = energy_legs,
    .targets = energy_targets,
    .controls = energy_controls};
