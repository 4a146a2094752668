/* Proportional limits: isotropic, and by alignment of the task with the pretraining. */
#include <math.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

/* ---- ttt-icl/isotropic-limit ---- */

static const assay_param isotropic_params[] = {PARAM_ALPHA, PARAM_GAMMA, PARAM_SIGMA2, PARAM_SIZE_D, {0}};
enum { O_L0, O_L_WARM, O_L_COLD, O_S_SCALED };
static const assay_observable isotropic_observables[] = {
    {"L0", NULL, "limit of the risk without training", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L_warm", NULL, "limit of the least risk from the pretrained weight", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L_cold", NULL, "limit of the least risk from W = 0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"s_scaled", NULL, "limit of n^2 d s*, warm", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status isotropic_with(assay_call *call, ttt_icl_mistake mistake) {
  ttt_icl_limits l;
  assay_status status = ttt_icl_isotropic_limits(assay_real(call, "alpha"), assay_real(call, "gamma"), assay_real(call, "sigma2"), mistake,
                                                 &l, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, O_L0, l.L0);
  ttt_icl_put(call, O_L_WARM, l.L_warm);
  ttt_icl_put(call, O_L_COLD, l.L_cold);
  ttt_icl_put(call, O_S_SCALED, l.s_scaled);
  return ASSAY_OK;
}

static assay_status isotropic(assay_call *call) {
  return isotropic_with(call, TTT_ICL_RIGHT);
}
static assay_status squared_gain(assay_call *call) {
  return isotropic_with(call, TTT_ICL_SQUARED_GAIN);
}
static assay_status reused_context(assay_call *call) {
  return isotropic_with(call, TTT_ICL_REUSED_CONTEXT);
}
static assay_status roles_swapped(assay_call *call) {
  return isotropic_with(call, TTT_ICL_ROLES_SWAPPED);
}

/* The step size in place of s. */
static assay_status half_step(assay_call *call) {
  ttt_icl_limits l;
  assay_status status = ttt_icl_isotropic_limits(assay_real(call, "alpha"), assay_real(call, "gamma"), assay_real(call, "sigma2"),
                                                 TTT_ICL_RIGHT, &l, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_S_SCALED, 0, l.s_scaled.value / 2, 0);
  return status;
}

/* n = round(alpha d), k = round(gamma d), at least 1; the realised alpha and gamma. */
static assay_status rounded_sizes(assay_call *claim, assay_call *sim, assay_call *realised, double d, double *n, double *k) {
  *n = fmax(1, round(assay_real(claim, "alpha") * d));
  *k = fmax(1, round(assay_real(claim, "gamma") * d));
  assay_status status = assay_set(sim, "n", *n);
  if (status == ASSAY_OK) status = assay_set(sim, "k", *k);
  if (status == ASSAY_OK) status = assay_set(realised, "alpha", *n / d);
  return status == ASSAY_OK ? assay_set(realised, "gamma", *k / d) : status;
}

static assay_status arrange_isotropic(assay_call *claim, assay_call *sim, assay_call *realised) {
  double n, k, d = assay_real(claim, "d");
  assay_status status = rounded_sizes(claim, sim, realised, d, &n, &k);
  return status == ASSAY_OK ? ttt_icl_set_isotropic(sim, n, k, d, assay_real(claim, "sigma2"), false) : status;
}

static assay_status scaled_step(const assay_sample *s, double *out) {
  double d = assay_real(s->points[0], "d"), n = assay_real(s->points[0], "alpha") * d;
  *out = n * n * d * s->value[0] / s->value[1];
  return ASSAY_OK;
}

/* The exact theory at a size at which its bias, below 12/d, is nothing. */
static assay_status isotropic_at_size(assay_call *call) {
  const double d = assay_real(call, "d"), n = round(assay_real(call, "alpha") * d), k = round(assay_real(call, "gamma") * d),
               sigma2 = assay_real(call, "sigma2");
  ttt_icl_parabola p;
  assay_value cold;
  assay_status status =
      ttt_icl_isotropic(n, k, d, sigma2, ttt_icl_pretrained_isotropic(n, d, sigma2), TTT_ICL_RIGHT, &p, assay_call_error(call));
  if (status == ASSAY_OK) status = ttt_icl_cold(n, k, d, sigma2, TTT_ICL_RIGHT, &cold, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, O_L0, p.L0);
  ttt_icl_put(call, O_L_WARM, p.L_star);
  ttt_icl_put(call, O_L_COLD, cold);
  assay_put(call, O_S_SCALED, 0, n * n * d * p.s_star.value, n * n * d * p.s_star.error);
  return ASSAY_OK;
}

static const assay_leg isotropic_legs[] = {
    {.experiment = &ttt_icl_chain_run,
     .arrange = arrange_isotropic,
     .points = POINTS("A: alpha=1 gamma=1", "B: alpha=1 gamma=4", "C: alpha=2 gamma=4", "D: alpha=.5 gamma=2",
                      "E: alpha=1 gamma=1.5 sigma2=.25", "F: alpha=3 gamma=2 sigma2=.5"),
     .sizes = {"d=400,1600,6400 draws=20", "d=400,1600,6400 draws=100", "d=1600,6400,25600 draws=200"},
     .first = {128, 128, 128},
     .looks = {4, 5, 7}},
    {.experiment = &ttt_icl_chain_run,
     .arrange = arrange_isotropic,
     .points = POINTS("S1: alpha=1 gamma=2", "S2: alpha=2 gamma=4", "S3: alpha=3 gamma=2 sigma2=.5"),
     .sizes = {"d=6400 draws=100", "d=25600 draws=500", "d=102400 draws=1000"},
     .first = {128, 128, 128},
     .looks = {4, 4, 5}},
    {.experiment = &ttt_icl_direct_run,
     .arrange = arrange_isotropic,
     .points = POINTS("R: alpha=1 gamma=2"),
     .sizes = {"d=100 covariates=rademacher", "d=200 covariates=rademacher", "d=400 covariates=rademacher"},
     .first = {64, 256, 512},
     .looks = {1, 1, 1}},
    {.check = isotropic_at_size,
     .points = POINTS("E1: alpha=1 gamma=1", "E2: alpha=.5 gamma=2", "E3: alpha=1 gamma=1.5 sigma2=.25", "E4: alpha=3 gamma=2 sigma2=.5"),
     .sizes = {"d=10000000", "d=10000000", "d=10000000"}},
    {0}};

#define REASON_LADDER "what the ladder leaves (exact theory at its sizes: below .0004, .0004, 3e-5), and 10 se of the extrapolation"
static const assay_target isotropic_targets[] = {
    {.name = "L_warm",
     .records = "L",
     .points = "A,B,C,D,E,F",
     .estimand = ASSAY_EXTRAPOLATED,
     .exponent = 1,
     .margin = FIXED(.003, .001, 2e-4),
     .reason = REASON_LADDER},
    {.name = "L_cold",
     .points = "A,B,C,D,E,F",
     .estimand = ASSAY_EXTRAPOLATED,
     .exponent = 1,
     .margin = FIXED(.003, .0015, 3e-4),
     .reason = REASON_LADDER},
    {.name = "L0",
     .records = "icl",
     .points = "A,E",
     .estimand = ASSAY_EXTRAPOLATED,
     .exponent = 1,
     .margin = FIXED(.006, .002, 4e-4),
     .reason = REASON_LADDER},
    {.name = "s_scaled",
     .records = "C1,C2",
     .points = "S?",
     .estimand = ASSAY_SMOOTH,
     .reduce = scaled_step,
     .predict = isotropic,
     .margin = RELATIVE(.01, .003, .001),
     .reason = "bias below .0025, 6e-4, 2e-4 (exact theory) + 10 se"},
    {.name = "L_warm", .title = "L_warm (Rademacher)", .records = "L", .points = "R", .exploratory = true},
    {.name = "L0",
     .title = "L0 (exact theory)",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-5, 1e-5, 1e-5),
     .reason = "bias below 12/d"},
    {.name = "L_warm",
     .title = "L_warm (exact theory)",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-5, 1e-5, 1e-5),
     .reason = "bias below 12/d"},
    {.name = "L_cold",
     .title = "L_cold (exact theory)",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-5, 1e-5, 1e-5),
     .reason = "bias below 12/d"},
    {.name = "s_scaled",
     .title = "s_scaled (exact theory)",
     .points = "E?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-5, 1e-5, 1e-5),
     .reason = "bias below 12/d"},
    {0}};

static const assay_control isotropic_controls[] = {
    {.name = "squared factor",
     .mistake = "gain g u^2 instead of g u^3",
     .targets = "L_warm,L_warm (exact theory)",
     .points = "A,B,C,D,E,F,E?",
     .predict = squared_gain},
    {.name = "reused context",
     .mistake = "gain g u, that of a query on the context of the step",
     .targets = "L_warm",
     .points = "A,B,C,D,E,F",
     .predict = reused_context},
    {.name = "roles swapped", .mistake = "alpha and gamma exchanged", .targets = "L_cold", .points = "B,C,D", .predict = roles_swapped},
    {.name = "factor two",
     .mistake = "s* is the step size instead of twice it",
     .targets = "s_scaled",
     .points = "S?",
     .predict = half_step},
    {0}};

static const assay_figure isotropic_figures[] = {
    {.title = "Risk without training and after one step against the context length",
     .x = "alpha",
     .x_label = "alpha = n / d",
     .y = "L0,L_warm,L_cold",
     .y_label = "risk",
     .points = "B",
     .sweep = "0.02:8:81",
     .flags = ASSAY_LOG_X},
    {.title = "Risk after one step against the number of targets: warm has a floor, cold has none",
     .x = "gamma",
     .x_label = "gamma = k / d",
     .y = "L_warm,L_cold",
     .y_label = "risk",
     .points = "A",
     .sweep = "0.05:60:61",
     .flags = ASSAY_LOG_X},
    {0}};

const assay_claim ttt_icl_isotropic_limit_claim = {.id = "ttt-icl/isotropic-limit",
                                                   .kinds = "limit",
                                                   .statement = "Isotropic limit: the risk is u = 1/(1+alpha) without training, u - g u^3 "
                                                                "after one step from the pretrained weight, 1 - g from zero.",
                                                   .source = "arXiv 2503.11842, main theorem; with noise derived here",
                                                   .params = isotropic_params,
                                                   .observables = isotropic_observables,
                                                   .predict = isotropic,
                                                   .legs = isotropic_legs,
                                                   .targets = isotropic_targets,
                                                   .controls = isotropic_controls,
                                                   .figures = isotropic_figures};

/* ---- ttt-icl/alignment and ttt-icl/distribution-shift ---- */

static const assay_param block_params[] = {
    PARAM_ALPHA,
    PARAM_GAMMA,
    PARAM_SIGMA2,
    {"S", NULL, "d times the task variance of each block under pretraining; sum p S = 1", ASSAY_REALS, 0, NULL, "[0,inf)", NULL},
    {"p", NULL, "shares of the dimensions", ASSAY_REALS, 0, NULL, "(0,1]", NULL},
    {"rho", NULL, "mass of the task in each block at test", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
    {"lam", NULL, "covariance of each block before whitening; not given: 1", ASSAY_REALS, 0, NULL, "(0,inf)", ""},
    PARAM_SIZE_D,
    PARAM_DRAWS,
    {0}};
enum { B_A, B_B, B_L0, B_L_STAR, B_GAMMA_STAR, B_L0_EXACT, B_L_STAR_EXACT, B_L_STAR_INF };
#define BLOCK_OBSERVABLES                                                                                                                  \
  {"A", NULL, "misalignment |(I - nW) b|^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},                                                \
      {"B", NULL, "estimation n t tr W^2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},                                           \
      {"L0", NULL, "limit of the risk without training, A + B", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},                      \
      {"L_star", NULL, "limit of the least risk after one step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},                     \
      {"gamma_star", NULL, "gamma above which a start from W = 0 is better, lam = 1", NULL, ASSAY_PREDICTED, 0, INFINITY},                 \
      {"L0_exact", NULL, "risk without training at d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {                             \
    "L_star_exact", NULL, "least risk after one step at d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY                            \
  }
static const assay_observable alignment_observables[] = {BLOCK_OBSERVABLES, {0}};
static const assay_observable shift_observables[] = {
    BLOCK_OBSERVABLES,
    {"L_star_inf", NULL, "limit of the least risk as gamma -> inf, sigma2 = 0", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};

static assay_status blocks_of(assay_call *call, ttt_icl_blocks *blocks) {
  int m, p, rho, lam;
  blocks->S = assay_list(call, "S", &m);
  blocks->p = assay_list(call, "p", &p);
  blocks->rho = assay_list(call, "rho", &rho);
  blocks->lam = assay_list(call, "lam", &lam);
  blocks->m = m;
  if (p != m || rho != m || (lam && lam != m))
    return assay_fail(call, ASSAY_DOMAIN, "S, p, rho and lam have %d, %d, %d and %d elements; blocks need the same number of each", m, p,
                      rho, lam);
  if (!lam) blocks->lam = NULL;
  return ASSAY_OK;
}

/* The problem of the block model at d, n = round(alpha d), k = round(gamma d). */
static assay_status block_problem(assay_call *call, const ttt_icl_blocks *blocks, ttt_icl_problem *problem) {
  int *count = assay_alloc(call, (size_t)blocks->m * sizeof *count), d;
  if (!count) return ASSAY_NO_MEMORY;
  assay_status status = ttt_icl_block_sizes(blocks, assay_real(call, "d"), count, &d, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double *lists = assay_alloc(call, 3 * (size_t)d * sizeof *lists), n = fmax(1, round(assay_real(call, "alpha") * d)),
         k = fmax(1, round(assay_real(call, "gamma") * d));
  if (!lists) return ASSAY_NO_MEMORY;
  if (!isfinite(k)) return assay_fail(call, ASSAY_DOMAIN, "gamma = inf: at a finite d there are finitely many targets");
  *problem = (ttt_icl_problem){d, lists, lists + d, lists + 2 * d, n, k, assay_real(call, "sigma2")};
  return ttt_icl_block_problem(blocks, count, n, problem->sigma2, lists, lists + d, lists + 2 * d, assay_call_error(call));
}

static assay_status put_exact(assay_call *call, const ttt_icl_blocks *blocks) {
  ttt_icl_problem problem;
  ttt_icl_parabola p;
  if (!assay_given(call, "d") || isinf(assay_real(call, "gamma"))) {
    assay_absent(call, B_L0_EXACT, "%s", assay_given(call, "d") ? "gamma is infinite" : "d is not given");
    assay_absent(call, B_L_STAR_EXACT, "%s", assay_given(call, "d") ? "gamma is infinite" : "d is not given");
    return ASSAY_OK;
  }
  assay_status status = block_problem(call, blocks, &problem);
  if (status == ASSAY_OK) status = ttt_icl_exact(&problem, TTT_ICL_RIGHT, &p, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, B_L0_EXACT, p.L0);
  ttt_icl_put(call, B_L_STAR_EXACT, p.L_star);
  return ASSAY_OK;
}

static assay_status put_crossing(assay_call *call, const ttt_icl_blocks *blocks) {
  assay_value gamma = {0, 0};
  assay_error why = {0};
  if (blocks->lam) {
    assay_absent(call, B_GAMMA_STAR, "it is known for lam = 1 only");
    return ASSAY_OK;
  }
  assay_status status = ttt_icl_block_crossing(assay_real(call, "alpha"), assay_real(call, "sigma2"), blocks, &gamma, &why);
  return ttt_icl_put_or_absent(call, B_GAMMA_STAR, status, gamma, &why);
}

static assay_status alignment(assay_call *call) {
  ttt_icl_blocks blocks;
  ttt_icl_aligned a;
  assay_status status = blocks_of(call, &blocks);
  if (status == ASSAY_OK)
    status = ttt_icl_block_limits(assay_real(call, "alpha"), assay_real(call, "gamma"), assay_real(call, "sigma2"), &blocks, TTT_ICL_RIGHT,
                                  &a, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, B_A, a.A);
  ttt_icl_put(call, B_B, a.B);
  ttt_icl_put(call, B_L0, a.L0);
  ttt_icl_put(call, B_L_STAR, a.L_star);
  status = put_crossing(call, &blocks);
  return status == ASSAY_OK ? put_exact(call, &blocks) : status;
}

static assay_status shift(assay_call *call) {
  ttt_icl_blocks blocks;
  ttt_icl_aligned a;
  assay_status status = alignment(call);
  if (status == ASSAY_OK) status = blocks_of(call, &blocks);
  if (status != ASSAY_OK) return status;
  if (assay_real(call, "sigma2") > 0) {
    assay_absent(call, B_L_STAR_INF, "it is meant without noise: sigma2 = %g", assay_real(call, "sigma2"));
    return ASSAY_OK;
  }
  status = ttt_icl_block_limits(assay_real(call, "alpha"), INFINITY, 0, &blocks, TTT_ICL_RIGHT, &a, assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, B_L_STAR_INF, a.L_star);
  return status;
}

/* The wrong limits in place of the exact value: they differ by far more than the limit from it. */
static assay_status limits_with(assay_call *call, ttt_icl_mistake mistake) {
  ttt_icl_blocks blocks;
  ttt_icl_aligned a;
  assay_status status = blocks_of(call, &blocks);
  if (status == ASSAY_OK)
    status = ttt_icl_block_limits(assay_real(call, "alpha"), assay_real(call, "gamma"), assay_real(call, "sigma2"), &blocks, mistake, &a,
                                  assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, B_L_STAR_EXACT, a.L_star);
  ttt_icl_put(call, B_L_STAR, a.L_star);
  return ASSAY_OK;
}

static assay_status all_removed(assay_call *call) {
  return limits_with(call, TTT_ICL_ALL_REMOVED);
}
static assay_status no_b(assay_call *call) {
  return limits_with(call, TTT_ICL_NO_B);
}
static assay_status lam_ignored(assay_call *call) {
  return limits_with(call, TTT_ICL_LAM_IGNORED);
}

/* The isotropic risk, as if the task came from the pretraining. */
static assay_status no_shift(assay_call *call) {
  assay_put(call, B_L0_EXACT, 0, 1 / (1 + assay_real(call, "alpha")), 0);
  return ASSAY_OK;
}

static assay_status one(assay_call *call) {
  assay_put(call, B_L0_EXACT, 0, 1, 0);
  assay_put(call, B_L_STAR_EXACT, 0, 1, 0);
  return ASSAY_OK;
}

static assay_status zero(assay_call *call) {
  assay_put(call, B_L_STAR_EXACT, 0, 0, 0);
  return ASSAY_OK;
}

static assay_status arrange_blocks(assay_call *claim, assay_call *sim, assay_call *realised) {
  static const char *const names[] = {"lam", "w", "b"};
  ttt_icl_blocks blocks;
  ttt_icl_problem problem;
  ttt_icl_parabola p;
  assay_status status = blocks_of(claim, &blocks);
  if (status == ASSAY_OK) status = block_problem(claim, &blocks, &problem);
  if (status == ASSAY_OK) status = ttt_icl_exact(&problem, TTT_ICL_RIGHT, &p, assay_call_error(claim));
  if (status != ASSAY_OK) return status;
  const double *lists[] = {problem.lam, problem.w, problem.b};
  double *rounded = assay_alloc(claim, (size_t)problem.d * sizeof *rounded);
  if (!rounded) return ASSAY_NO_MEMORY;
  for (int l = 0; l < 3 && status == ASSAY_OK; l++) {
    for (int i = 0; i < problem.d; i++) rounded[i] = ttt_icl_rounded(lists[l][i]);
    status = assay_set_list(sim, names[l], rounded, problem.d);
  }
  if (status == ASSAY_OK) status = assay_set(sim, "step", ttt_icl_rounded(p.s_star.value));
  if (status == ASSAY_OK) status = assay_set(sim, "n", problem.n);
  if (status == ASSAY_OK) status = assay_set(sim, "k", problem.k);
  if (status == ASSAY_OK) status = assay_set(realised, "alpha", problem.n / problem.d);
  if (status == ASSAY_OK) status = assay_set(realised, "gamma", problem.k / problem.d);
  return status == ASSAY_OK ? assay_set(realised, "d", problem.d) : status;
}

/* A, B and the risks of the exact theory at a size at which its bias, about 2/d, is nothing. */
static assay_status blocks_at_size(assay_call *call) {
  ttt_icl_blocks blocks;
  ttt_icl_problem problem;
  ttt_icl_parabola p;
  double A = 0, B = 0;
  assay_status status = blocks_of(call, &blocks);
  if (status == ASSAY_OK) status = block_problem(call, &blocks, &problem);
  if (status == ASSAY_OK) status = ttt_icl_exact(&problem, TTT_ICL_RIGHT, &p, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < problem.d; i++) {
    A += pow(problem.b[i] * (1 - problem.n * problem.w[i]), 2);
    B += problem.n * (1 + problem.sigma2) * problem.w[i] * problem.w[i];
  }
  assay_put(call, B_A, 0, A, 1e-10);
  assay_put(call, B_B, 0, B, 1e-10);
  ttt_icl_put(call, B_L0, p.L0);
  ttt_icl_put(call, B_L_STAR, p.L_star);
  return ASSAY_OK;
}

/* Groups: icl and L of the better aligned task, icl and L of the other. */
static assay_status gain_difference(const assay_sample *s, double *out) {
  *out = (s->value[2] - s->value[3]) - (s->value[0] - s->value[1]);
  return ASSAY_OK;
}

#define P2 " S=1.9,.1 p=.5,.5"
#define AT(a) " alpha=" a " gamma=" a P2
#define THREE_TASKS(label, a) label "-1:" AT(a) " rho=1,0", label "-h:" AT(a) " rho=.5,.5", label "-0:" AT(a) " rho=0,1"
#define WITH_LAM " lam=.5,1.5 alpha=2 gamma=2 S=1.9,.1 p=.5,.5 rho=.3,.7"
static const assay_leg alignment_legs[] = {
    {.experiment = &ttt_icl_sampler_run,
     .arrange = arrange_blocks,
     .points = POINTS(THREE_TASKS("one", "1"), THREE_TASKS("two", "2"), THREE_TASKS("four", "4")),
     .sizes = {"d=100 draws=64", "d=200 draws=256", "d=400 draws=2000"},
     .first = {128, 128, 128},
     .looks = {4, 5, 6}},
    {.experiment = &ttt_icl_sampler_run,
     .arrange = arrange_blocks,
     .points = POINTS("noise:" AT("2") " rho=.5,.5 sigma2=.25", "lam:" WITH_LAM, "lam-noise:" WITH_LAM " sigma2=.25"),
     .sizes = {"d=100 draws=64", "d=200 draws=256", "d=400 draws=2000"},
     .first = {128, 128, 128},
     .looks = {4, 5, 6}},
    {.experiment = &ttt_icl_sampler_run,
     .arrange = arrange_blocks,
     .points = POINTS("q1:" AT("2") " rho=.25,.75", "q3:" AT("2") " rho=.75,.25", "n1:" AT("1") " rho=.5,.5 sigma2=.25",
                      "n4:" AT("4") " rho=0,1 sigma2=.25"),
     .sizes = {NULL, "d=200 draws=256", "d=400 draws=2000"},
     .first = {0, 128, 128},
     .looks = {0, 5, 6}},
    {.experiment = &ttt_icl_sampler_run,
     .arrange = arrange_blocks,
     .points = POINTS("X:" AT("2") " rho=.5,.5", "Y:" WITH_LAM),
     .sizes = {"d=100,200,400 draws=10", "d=100,200,400 draws=20", "d=200,400,800 draws=100"},
     .first = {128, 128, 128},
     .looks = {6, 6, 8}},
    {.check = blocks_at_size,
     .points = POINTS("Q1:" AT("2") " rho=.5,.5", "Q2:" AT("1") " rho=0,1 sigma2=.25", "Q3:" WITH_LAM, "Q4:" WITH_LAM " sigma2=.25",
                      "Q5: alpha=1.5 gamma=3 S=2,.8,.4 p=.3,.3,.4 rho=.2,.3,.5 lam=.4,1,2"),
     .sizes = {"d=400000", "d=400000", "d=400000"}},
    {0}};

#define ORDERS(label)                                                                                                                      \
  {.name = "L_star_exact",                                                                                                                 \
   .title = "less risk when better aligned",                                                                                               \
   .records = "L",                                                                                                                         \
   .points = label "-1",                                                                                                                   \
   .against = label "-h",                                                                                                                  \
   .estimand = ASSAY_COMBINATION,                                                                                                          \
   .reduce = ttt_icl_difference,                                                                                                           \
   .predict = zero,                                                                                                                        \
   .side = -1,                                                                                                                             \
   .reason = "an order"},                                                                                                                  \
      {.name = "L_star_exact",                                                                                                             \
       .title = "less risk when better aligned",                                                                                           \
       .records = "L",                                                                                                                     \
       .points = label "-h",                                                                                                               \
       .against = label "-0",                                                                                                              \
       .estimand = ASSAY_COMBINATION,                                                                                                      \
       .reduce = ttt_icl_difference,                                                                                                       \
       .predict = zero,                                                                                                                    \
       .side = -1,                                                                                                                         \
       .reason = "an order"},                                                                                                              \
      {.name = "L_star_exact",                                                                                                             \
       .title = "less gain when better aligned",                                                                                           \
       .records = "icl,L",                                                                                                                 \
       .points = label "-1",                                                                                                               \
       .against = label "-h",                                                                                                              \
       .estimand = ASSAY_COMBINATION,                                                                                                      \
       .reduce = gain_difference,                                                                                                          \
       .predict = zero,                                                                                                                    \
       .side = 1,                                                                                                                          \
       .reason = "an order; it makes the spread of the risks smaller after the step"},                                                     \
  {                                                                                                                                        \
    .name = "L_star_exact", .title = "less gain when better aligned", .records = "icl,L", .points = label "-h", .against = label "-0",     \
    .estimand = ASSAY_COMBINATION, .reduce = gain_difference, .predict = zero, .side = 1, .reason = "an order"                             \
  }

/* Pilots of 10000 draws, d = 200, seed 2, sd times sqrt(d): L .11 to .57, icl .06 to .55. */
static assay_status block_spread(assay_call *call) {
  ttt_icl_put_spread(call, B_L_STAR_EXACT, .65);
  ttt_icl_put_spread(call, B_L0_EXACT, .65);
  return ASSAY_OK;
}

static const assay_target alignment_targets[] = {
    {.name = "L_star_exact",
     .records = "L",
     .points = "one*,two*,four*,noise,lam*,q?,n?",
     .margin = TEN_SD,
     .spread = block_spread,
     .reason = REASON_TEN_SD},
    {.name = "L0_exact",
     .records = "icl",
     .points = "one*,two*,four*,noise,lam*,q?,n?",
     .margin = TEN_SD,
     .spread = block_spread,
     .reason = REASON_TEN_SD},
    {.name = "L_star",
     .records = "L",
     .points = "X,Y",
     .estimand = ASSAY_EXTRAPOLATED,
     .exponent = 1,
     .margin = FIXED(.01, .01, .002),
     .reason = "what the ladder leaves, and 10 se of the extrapolation with r = 2"},
    {.name = "A",
     .title = "A (exact theory)",
     .points = "Q?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(5e-5, 5e-5, 5e-5),
     .reason = "bias of a few 1/d"},
    {.name = "B",
     .title = "B (exact theory)",
     .points = "Q?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(5e-5, 5e-5, 5e-5),
     .reason = "bias of a few 1/d"},
    {.name = "L0",
     .title = "L0 (exact theory)",
     .points = "Q?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(5e-5, 5e-5, 5e-5),
     .reason = "bias of a few 1/d"},
    {.name = "L_star",
     .title = "L_star (exact theory)",
     .points = "Q?",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(5e-5, 5e-5, 5e-5),
     .reason = "bias of a few 1/d"},
    ORDERS("one"),
    ORDERS("two"),
    ORDERS("four"),
    {0}};

static const assay_control alignment_controls[] = {
    {.name = "all misalignment removed",
     .mistake = "gain g A instead of g A^2/(A+B)",
     .targets = "L_star_exact,L_star*",
     .points = "two-h,two-0,X,Q1",
     .predict = all_removed},
    {.name = "B dropped",
     .mistake = "estimation error left out",
     .targets = "L_star_exact,L_star*",
     .points = "two-h,X,Q1",
     .predict = no_b},
    {.name = "covariance ignored",
     .mistake = "the formula of Lam = I on a whitened problem",
     .targets = "L_star_exact,L_star*",
     .points = "lam,lam-noise,Y,Q3,Q4,Q5",
     .predict = lam_ignored},
    {.name = "opposite order", .mistake = "misalignment lowers the risk, or the gain", .targets = "less *", .reversed = true},
    {0}};

const assay_claim ttt_icl_alignment_claim = {.id = "ttt-icl/alignment",
                                             .kinds = "limit,order",
                                             .statement = "Pretraining enters through misalignment A and estimation B only: L* = A + B - g "
                                                          "A^2/(A+B); the gain grows with misalignment, and so does the risk.",
                                             .source = "arXiv 2503.11842, alignment; with noise and covariance derived here",
                                             .params = block_params,
                                             .observables = alignment_observables,
                                             .predict = alignment,
                                             .legs = alignment_legs,
                                             .targets = alignment_targets,
                                             .controls = alignment_controls};

#define SHIFTED " S=2,0 p=.5,.5 rho=0,1"
static const assay_leg shift_legs[] = {
    {.experiment = &ttt_icl_sampler_run,
     .arrange = arrange_blocks,
     .points = POINTS("A: alpha=1 gamma=2" SHIFTED, "B: alpha=4 gamma=2" SHIFTED, "C: alpha=16 gamma=2" SHIFTED,
                      "D: alpha=1 gamma=8" SHIFTED, "E: alpha=1 gamma=64" SHIFTED),
     .sizes = {"d=100 draws=64", "d=200 draws=256", "d=400 draws=2000"},
     .first = {128, 128, 128},
     .looks = {4, 5, 6}},
    {0}};

static const assay_target shift_targets[] = {
    {.name = "L_star_exact", .records = "L", .margin = TEN_SD, .spread = block_spread, .reason = REASON_TEN_SD},
    {.name = "L0_exact", .records = "icl", .margin = TEN_SD, .spread = block_spread, .reason = REASON_TEN_SD},
    {.name = "L0_exact",
     .title = "in-context risk at least 1",
     .records = "icl",
     .predict = one,
     .side = 1,
     .reason = "a bound at every context length"},
    {.name = "L_star_exact", .title = "below 1 after the step", .records = "L", .predict = one, .side = -1, .reason = "a bound"},
    {.name = "L_star_exact",
     .title = "less risk with more targets",
     .records = "L",
     .points = "D",
     .against = "A",
     .estimand = ASSAY_COMBINATION,
     .reduce = ttt_icl_difference,
     .predict = zero,
     .side = -1,
     .reason = "an order"},
    {.name = "L_star_exact",
     .title = "less risk with more targets",
     .records = "L",
     .points = "E",
     .against = "D",
     .estimand = ASSAY_COMBINATION,
     .reduce = ttt_icl_difference,
     .predict = zero,
     .side = -1,
     .reason = "an order"},
    {0}};

static const assay_control shift_controls[] = {
    {.name = "no shift", .mistake = "in-context risk 1/(1+alpha), as without a shift", .targets = "L0_exact", .predict = no_shift},
    {.name = "all misalignment removed",
     .mistake = "gain g A instead of g A^2/(A+B)",
     .targets = "L_star_exact",
     .points = "A,B",
     .predict = all_removed},
    {.name = "more is worse",
     .mistake = "the risk grows with the number of targets",
     .targets = "less risk with more targets",
     .reversed = true},
    {0}};

const assay_claim ttt_icl_distribution_shift_claim = {
    .id = "ttt-icl/distribution-shift",
    .kinds = "limit,bound",
    .statement =
        "Where pretraining has no mass the in-context risk is at least 1 at every context length; one step brings it to 1 + B - g/(1+B).",
    .source = "derived from arXiv 2503.11842, alignment",
    .params = block_params,
    .observables = shift_observables,
    .predict = shift,
    .legs = shift_legs,
    .targets = shift_targets,
    .controls = shift_controls};
