/* General covariances: the block ODE, and the paper's two scalar ODEs that bracket it. */
#include <math.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

static const assay_param spectrum_params[] = {
    {"spectrum", NULL, "of the covariance: blocks lam, p, w, or uniform on [lam_lo, 2 - lam_lo]", ASSAY_WORD,
     0, "blocks|uniform", NULL, "blocks"},
    {"lam", NULL, "eigenvalues of the blocks", ASSAY_REALS, 0, NULL, "(0,inf)", ""},
    {"p", NULL, "shares of the dimensions; sum p = 1, sum p lam = 1", ASSAY_REALS, 0, NULL, "(0,1]", ""},
    {"w", NULL, "squared norm of the start in each block", ASSAY_REALS, 0, NULL, "[0,inf)", ""},
    {"lam_lo", NULL, "least eigenvalue (uniform)", ASSAY_REAL, 0, NULL, "(0,1)", ""},
    PARAM_GAMMA,
    PARAM_C,
    PARAM_RHO,
    PARAM_ZETA,
    PARAMS_SCHEDULE,
    PARAM_T,
    PARAM_D,
    {0},
};

/* The blocks of a call; more than one list, all of one length. */
static assay_status read_blocks(assay_call *call, spectrum_blocks *blocks) {
  int n_p, n_w;
  blocks->lam = assay_list(call, "lam", &blocks->m);
  blocks->p = assay_list(call, "p", &n_p);
  blocks->w = assay_list(call, "w", &n_w);
  if (blocks->m > 0 && n_p == blocks->m && n_w == blocks->m)
    return spectrum_check(blocks, assay_call_error(call));
  return assay_fail(call, ASSAY_USAGE,
                    "spectrum=blocks needs lists lam, p, w of one length; they have %d, %d and %d elements",
                    blocks->m, n_p, n_w);
}

static bool is_uniform(const assay_call *call) {
  return !strcmp(assay_word(call, "spectrum"), "uniform");
}

static assay_status least_eigenvalue(assay_call *call, double *lo) {
  *lo = assay_real(call, "lam_lo");
  return isnan(*lo) ? assay_fail(call, ASSAY_USAGE, "spectrum=uniform needs lam_lo") : ASSAY_OK;
}

static assay_status arrange_spectrum(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = claim_arrange(claim, sim, realised);
  if (status != ASSAY_OK || is_uniform(claim)) return status;
  spectrum_blocks blocks;
  status = read_blocks(claim, &blocks);
  int count[64];
  double p[64];
  if (status == ASSAY_OK && blocks.m > 64)
    return assay_fail(claim, ASSAY_DOMAIN, "%d blocks; a run takes up to 64", blocks.m);
  if (status == ASSAY_OK)
    status = spectrum_round(&blocks, (int)assay_integer(claim, "d"), count, assay_call_error(claim));
  if (status != ASSAY_OK) return status;
  for (int j = 0; j < blocks.m; j++) p[j] = count[j] / assay_real(claim, "d");
  return assay_set_list(realised, "p", p, blocks.m);
}

/* ---- what was seen in pilots (seed 2, d = 200, 4000 replicates; uniform: the vector simulator at d = 100,
 * 2000 replicates): sd times sqrt(d) of one replicate, rounded up by up to 2 % ---- */

typedef struct {
  const char *schedule;
  double lam_lo, t; /* least eigenvalue; time */
  double R, F, V[2];
} pilot;

static const pilot pilots[] = {
    {"const", .25, .25, .115, .82, {.27, .135}},   {"const", .25, .5, .112, .82, {.32, .124}},
    {"const", .25, .75, .102, .82, {.33, .109}},   {"const", .25, 1, .096, .82, {.325, .1}},
    {"harmonic", .25, .25, .6, .61, {1.65, .63}},  {"harmonic", .25, .5, .58, .61, {1.86, .58}},
    {"harmonic", .25, .75, .49, .61, {1.88, .45}}, {"harmonic", .25, 1, .4, .61, {1.81, .33}},
    {"const", .8, .25, .204, .68, {.3, .305}},     {"const", .8, .5, .184, .68, {.28, .247}},
    {"const", .8, .75, .135, .68, {.217, .167}},   {"const", .8, 1, .099, .68, {.16, .117}},
    {"const", .2, .25, .225, .73, {0, 0}},         {"const", .2, .5, .18, .73, {0, 0}},
    {"const", .2, .75, .125, .73, {0, 0}},         {"const", .2, 1, .093, .73, {0, 0}},
};

static const pilot *pilot_of(const assay_call *call) {
  int m;
  const double *lam = assay_list(call, "lam", &m);
  double lo = is_uniform(call) ? assay_real(call, "lam_lo") : lam[0];
  for (size_t i = 0; i < sizeof pilots / sizeof *pilots; i++)
    if (pilots[i].lam_lo == lo && !strcmp(pilots[i].schedule, assay_word(call, "schedule")) &&
        pilots[i].t == assay_real(call, "t"))
      return &pilots[i];
  return NULL;
}

/* ---- dp-sgd/anisotropic-blocks ---- */

enum { O_R, O_F, O_V };
static const assay_observable block_observables[] = {
    {"R", NULL, "risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"F", NULL, "risk after the terminal noise", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"V", NULL, "squared norm of the error in each block, at t", "lam", ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {0},
};

static assay_status uniform_with(assay_call *call, const dp_sgd_problem *problem, dp_sgd_mistake mistake) {
  double t = assay_real(call, "t"), lo;
  assay_value R, F;
  assay_status status = least_eigenvalue(call, &lo);
  if (status == ASSAY_OK)
    status = dp_sgd_uniform(problem, lo, mistake, &t, 1, &R, &F, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_R, R);
  claim_put(call, O_F, F);
  return ASSAY_OK;
}

static assay_status blocks_with(assay_call *call, dp_sgd_mistake mistake) {
  dp_sgd_problem problem;
  spectrum_blocks blocks;
  double t = assay_real(call, "t");
  assay_value R, F;
  assay_status status = claim_problem(call, &problem);
  if (status != ASSAY_OK) return status;
  if (is_uniform(call)) return uniform_with(call, &problem, mistake);
  status = read_blocks(call, &blocks);
  if (status != ASSAY_OK) return status;
  assay_value *V = assay_alloc(call, (size_t)blocks.m * sizeof *V);
  if (!V) return ASSAY_NO_MEMORY;
  status = dp_sgd_blocks(&problem, &blocks, mistake, &t, 1, &R, V, &F, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_R, R);
  claim_put(call, O_F, F);
  for (int j = 0; j < blocks.m; j++) assay_put(call, O_V, j, V[j].value, V[j].error);
  return ASSAY_OK;
}

static assay_status blocks(assay_call *call) {
  return blocks_with(call, DP_SGD_RIGHT);
}
static assay_status lam2_p(assay_call *call) {
  return blocks_with(call, DP_SGD_LAM2_P);
}
static assay_status p_only(assay_call *call) {
  return blocks_with(call, DP_SGD_P_ONLY);
}

/* The isotropic ODE from the same R(0). */
static assay_status as_isotropic(assay_call *call) {
  dp_sgd_problem problem;
  spectrum_blocks spectrum;
  double t = assay_real(call, "t");
  assay_value R;
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK && !is_uniform(call)) status = read_blocks(call, &spectrum);
  if (status != ASSAY_OK) return status;
  if (!is_uniform(call)) problem.R0 = dp_sgd_start_risk(&spectrum);
  status = dp_sgd_trajectory(&problem, DP_SGD_RIGHT, &t, 1, &R, NULL, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, O_R, R);
  return status;
}

static assay_status spread_blocks(assay_call *call) {
  const pilot *seen = pilot_of(call);
  double root = sqrt(assay_real(call, "d"));
  if (!seen) return assay_fail(call, ASSAY_DOMAIN, "no pilot was run at this point");
  assay_put(call, O_R, 0, seen->R / root, 0);
  assay_put(call, O_F, 0, seen->F / root, 0);
  for (int j = 0; j < assay_observable_length(call, O_V) && j < 2; j++)
    assay_put(call, O_V, j, seen->V[j] / root, 0);
  return ASSAY_OK;
}

#define FOUR_TIMES " t=.25,.5,.75,1"
#define COMMON "gamma=.25 c=.6 rho=1 zeta=.4"
#define A1 "lam=.25,1.75 p=.5,.5 w=.9,.1 " COMMON
#define A2 "lam=.8,1.2 p=.5,.5 w=.5,.5 " COMMON
#define CONST " schedule=const eta0=3 noise=output"
#define HARMONIC " schedule=harmonic alpha=3 t0=.7 noise=scheduled"
#define U1 "spectrum=uniform lam_lo=.2 " COMMON CONST
#define POINT_A1C A1 CONST FOUR_TIMES
#define POINT_A1H A1 HARMONIC FOUR_TIMES
#define POINT_A2C A2 CONST FOUR_TIMES

static const assay_leg block_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_spectrum,
     .points = POINTS("A1C: " POINT_A1C, "A1H: " POINT_A1H, "A2C: " POINT_A2C),
     .sizes = {"d=200", "d=400", "d=100000"},
     .first = {128, 128, 128},
     .looks = {6, 8, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_spectrum,
     .points = POINTS("U1: " U1 FOUR_TIMES),
     .sizes = {"d=100 start=spread", "d=200 start=spread", "d=2000 start=spread"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    /* The same paths, after the terminal noise. */
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_spectrum,
     .points = POINTS("FA1C: " A1 CONST, "FA1H: " A1 HARMONIC, "FA2C: " A2 CONST),
     .sizes = {"d=200", "d=400", "d=100000"},
     .first = {128, 128, 128},
     .looks = {6, 8, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_spectrum,
     .points = POINTS("FU1: " U1),
     .sizes = {"d=100 start=spread", "d=200 start=spread", "d=2000 start=spread"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {0},
};

/* The size that counts is d_eff = d^2/tr Sigma^2: d/1.5625, d/1.04 and d/1.2134. */
static const assay_target block_targets[] = {
    {.name = "R",
     .points = "A1*",
     .spread = spread_blocks,
     .margin = MARGIN(.94),
     .reason = REASON(.94) "; .6 value/d_eff"},
    {.name = "R",
     .points = "A2C",
     .spread = spread_blocks,
     .margin = MARGIN(.63),
     .reason = REASON(.63) "; .6 value/d_eff"},
    {.name = "R",
     .points = "U1",
     .spread = spread_blocks,
     .margin = MARGIN(.73),
     .reason = REASON(.73) "; .6 value/d_eff"},
    {.name = "F",
     .points = "FA1*",
     .spread = spread_blocks,
     .margin = MARGIN(.94),
     .reason = REASON(.94) "; .6 value/d_eff"},
    {.name = "F",
     .points = "FA2C,FU1",
     .spread = spread_blocks,
     .margin = MARGIN(.73),
     .reason = REASON(.73) "; .6 value/d_eff"},
    {.name = "V",
     .points = "A1*",
     .spread = spread_blocks,
     .margin = MARGIN(.94),
     .reason = REASON(.94) "; .6 value/d_eff"},
    {.name = "V",
     .points = "A2C",
     .spread = spread_blocks,
     .margin = MARGIN(.63),
     .reason = REASON(.63) "; .6 value/d_eff"},
    {0},
};

static const assay_control block_controls[] = {
    {.name = "isotropic ODE",
     .mistake = "the spectrum is ignored: the isotropic ODE from the same start",
     .targets = "R",
     .points = "A1C:t=1:*",
     .predict = as_isotropic},
    {.name = "lam^2 p",
     .mistake = "gradient noise in block j is weighted by lam_j^2 p_j instead of lam_j p_j",
     .targets = "R",
     .points = "A1C:t=1:*",
     .predict = lam2_p},
    {.name = "p only",
     .mistake = "gradient noise in block j is weighted by p_j instead of lam_j p_j",
     .targets = "R",
     .points = "A1C:t=1:*",
     .predict = p_only},
    {0},
};

static const assay_figure block_figures[] = {
    {.title = "Risk against time, blocks and uniform spectrum",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R",
     .y_label = "excess risk R",
     .points = "A1C,A1H,A2C,U1",
     .sweep = "0:1:41"},
    {0},
};

const assay_claim dp_sgd_anisotropic_blocks_claim = {
    .id = "dp-sgd/anisotropic-blocks",
    .kinds = "limit",
    .statement = "For general Sigma the risk and the error in every eigenspace follow the block ODE.",
    .source = "derived here from the homogenised equation of arXiv 2505.16329",
    .params = spectrum_params,
    .observables = block_observables,
    .predict = blocks,
    .legs = block_legs,
    .targets = block_targets,
    .controls = block_controls,
    .figures = block_figures};

/* ---- dp-sgd/anisotropic-sandwich ---- */

enum { O_LOW, O_UP, O_LOW_WEAK, O_UP_WEAK, O_RISK };
static const assay_observable sandwich_observables[] = {
    {"R_low", NULL, "lower bound at t", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"R_up", NULL, "upper bound at t", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"R_low_weak", NULL, "weaker lower bound", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"R_up_weak", NULL, "weaker upper bound", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"R", NULL, "risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

typedef struct {
  assay_value low, up, low_weak, up_weak, R;
} bounds;

static assay_status bounds_of(assay_call *call, dp_sgd_mistake mistake, bounds *b) {
  dp_sgd_problem problem;
  spectrum_blocks spectrum;
  double lam[24], p[24], w[24], lo, t = assay_real(call, "t");
  assay_error *error = assay_call_error(call);
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK && is_uniform(call)) {
    spectrum = (spectrum_blocks){24, lam, p, w};
    status = least_eigenvalue(call, &lo);
    if (status == ASSAY_OK) status = spectrum_uniform_blocks(lo, 24, lam, p, w, error);
  } else if (status == ASSAY_OK) {
    status = read_blocks(call, &spectrum);
  }
  if (status == ASSAY_OK)
    status = dp_sgd_sandwich(&problem, &spectrum, 0, mistake, &t, 1, &b->low, &b->up, error);
  if (status == ASSAY_OK)
    status = dp_sgd_sandwich(&problem, &spectrum, 1, mistake, &t, 1, &b->low_weak, &b->up_weak, error);
  if (status == ASSAY_OK)
    status = dp_sgd_blocks(&problem, &spectrum, DP_SGD_RIGHT, &t, 1, &b->R, NULL, NULL, error);
  return status;
}

static assay_status sandwich_with(assay_call *call, dp_sgd_mistake mistake) {
  bounds b;
  assay_status status = bounds_of(call, mistake, &b);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_LOW, b.low);
  claim_put(call, O_UP, b.up);
  claim_put(call, O_LOW_WEAK, b.low_weak);
  claim_put(call, O_UP_WEAK, b.up_weak);
  claim_put(call, O_RISK, b.R);
  return ASSAY_OK;
}

static assay_status sandwich(assay_call *call) {
  return sandwich_with(call, DP_SGD_RIGHT);
}
static assay_status exchanged(assay_call *call) {
  return sandwich_with(call, DP_SGD_BOUNDS_EXCHANGED);
}

/* What the strong bounds have to enclose, and the weak ones in their turn. */
static assay_status inner_values(assay_call *call) {
  bounds b;
  assay_status status = bounds_of(call, DP_SGD_RIGHT, &b);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_LOW, b.R);
  claim_put(call, O_UP, b.R);
  claim_put(call, O_LOW_WEAK, b.low);
  claim_put(call, O_UP_WEAK, b.up);
  return ASSAY_OK;
}

static assay_status spread_sandwich(assay_call *call) {
  const pilot *seen = pilot_of(call);
  if (!seen) return assay_fail(call, ASSAY_DOMAIN, "no pilot was run at this point");
  double sd = seen->R / sqrt(assay_real(call, "d"));
  assay_put(call, O_LOW, 0, sd, 0);
  assay_put(call, O_UP, 0, sd, 0);
  return ASSAY_OK;
}

#define TEN_TIMES " t=.1,.2,.3,.4,.5,.6,.7,.8,.9,1"
static const assay_leg sandwich_legs[] = {
    {.experiment = &dp_sgd_norm_chain,
     .arrange = arrange_spectrum,
     .points = POINTS("A1C: " POINT_A1C, "A1H: " POINT_A1H, "A2C: " POINT_A2C),
     .sizes = {"d=200", "d=400", "d=100000"},
     .first = {128, 128, 128},
     .looks = {6, 8, 3}},
    {.check = inner_values,
     .points = POINTS("E1: " A1 CONST TEN_TIMES, "E2: " A1 HARMONIC TEN_TIMES, "E3: " A2 CONST TEN_TIMES,
                      "E4: " U1 TEN_TIMES),
     .sizes = {"", "", ""}},
    {.check = inner_values,
     .points = POINTS("S1: lam=1 p=1 w=1 " COMMON CONST FOUR_TIMES),
     .sizes = {"", "", ""}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_spectrum,
     .points = POINTS("V2: " A2 CONST),
     .sizes = {"d=100", "d=200", "d=1000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    /* All of the start in one block, whose bound is then tight to first order in t: what is left is the
     * gradient noise, tr Sigma^2/d. */
    {.check = inner_values,
     .points = POINTS("T1: lam=.25,1.75 p=.5,.5 w=0,.8 " COMMON CONST " t=.001",
                      "T2: lam=.25,1.75 p=.5,.5 w=4,0 " COMMON CONST " t=.001"),
     .sizes = {"", "", ""}},
    {0},
};

#define MARGIN_SIDE MARGIN(.94)
#define MARGIN_THEORY ALL_TIERS({.bias = 1e-10})
static const assay_target sandwich_targets[] = {
    {.name = "R_low",
     .records = "R",
     .points = "A*,V2",
     .side = 1,
     .spread = spread_sandwich,
     .margin = MARGIN_SIDE,
     .reason = REASON(.94) "; .6 value/d_eff"},
    {.name = "R_up",
     .records = "R",
     .points = "A*,V2",
     .side = -1,
     .spread = spread_sandwich,
     .margin = MARGIN_SIDE,
     .reason = REASON(.94) "; .6 value/d_eff"},
    {.name = "R_low",
     .title = "R_low below R",
     .points = "E*",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = MARGIN_THEORY,
     .reason = "the ODE's tolerance"},
    {.name = "R_up",
     .title = "R_up above R",
     .points = "E*",
     .estimand = ASSAY_EXACT,
     .side = -1,
     .margin = MARGIN_THEORY,
     .reason = "the ODE's tolerance"},
    {.name = "R_low_weak",
     .points = "E*",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = MARGIN_THEORY,
     .reason = "the ODE's tolerance"},
    {.name = "R_up_weak",
     .points = "E*",
     .estimand = ASSAY_EXACT,
     .side = -1,
     .margin = MARGIN_THEORY,
     .reason = "the ODE's tolerance"},
    {.name = "R_low",
     .title = "no gap below",
     .points = "S1",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "the ODE's tolerance"},
    {.name = "R_up",
     .title = "no gap above",
     .points = "S1",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-9}),
     .reason = "the ODE's tolerance"},
    {.name = "R_low",
     .title = "R_low is tight",
     .points = "T1",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 2e-5}),
     .reason = "second order in t"},
    {.name = "R_up",
     .title = "R_up is tight",
     .points = "T2",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 2e-5}),
     .reason = "second order in t"},
    {0},
};

static const assay_control sandwich_controls[] = {
    {.name = "bounds exchanged",
     .mistake = "lam_min and lam_max are exchanged",
     .targets = "R_low,R_up",
     .points = "A2C:t=1:*,V2",
     .predict = exchanged},
    {.name = "bounds exchanged",
     .mistake = "lam_min and lam_max are exchanged",
     .targets = "R_low below R,R_up above R",
     .points = "E3:t=1:*",
     .predict = exchanged},
    {0},
};

static const assay_figure sandwich_figures[] = {
    {.title = "The risk between its bounds, A2",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R_low,R,R_up",
     .y_label = "excess risk R",
     .points = "A2C",
     .sweep = "0:1:41"},
    {.title = "The risk between its bounds, A1",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R_low,R,R_up",
     .y_label = "excess risk R",
     .points = "A1C",
     .sweep = "0:1:41"},
    {0},
};

const assay_claim dp_sgd_anisotropic_sandwich_claim = {
    .id = "dp-sgd/anisotropic-sandwich",
    .kinds = "bound",
    .statement = "The risk lies between the solutions of two scalar ODEs, with lam_max below and lam_min "
                 "above; they meet when Sigma = I.",
    .source = "arXiv 2505.16329, two-ODE statement for general covariance (constants: tr Sigma^2/d, and the "
              "weaker lam_max)",
    .params = spectrum_params,
    .observables = sandwich_observables,
    .predict = sandwich,
    .legs = sandwich_legs,
    .targets = sandwich_targets,
    .controls = sandwich_controls,
    .figures = sandwich_figures};
