#include "sim/dp-sgd/experiments.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "sim/dp-sgd/dp-sgd.h"

/* ---- parameters that experiments share ---- */

/* clang-format off */
#define STEPS \
  {"n", NULL, "number of samples, one step each", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]", NULL}
#define DIMENSION {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,2147483647]", NULL}
#define THRESHOLD(role) \
  {"c", NULL, "clipping threshold over sqrt(d); inf: no clipping", ASSAY_REAL, role, NULL, "(0,inf]", NULL}
#define LABEL_NOISE {"zeta", NULL, "sd of the label noise", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define START_RISK {"R0", NULL, "risk at the start, isotropic", ASSAY_REAL, 0, NULL, "(0,inf)", "0.5"}
#define CONSTANT_STEP {"eta", NULL, "constant step", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define SCHEDULE \
  {"schedule", NULL, "eta(t): eta0, eta0(1-t), eta0 sqrt(1-t), alpha/(t+t0), or a table", ASSAY_WORD, \
   ASSAY_PAIRED, "const|linear|sqrt|harmonic|table", NULL, "const"}, \
  {"eta0", NULL, "step at t = 0; const, linear, sqrt", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", ""}, \
  {"alpha", NULL, "harmonic: numerator", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", ""}, \
  {"t0", NULL, "harmonic: offset of t", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", ""}, \
  {"table", NULL, "table: eta at t = (i/(count-1))^2", ASSAY_REALS, ASSAY_PAIRED, NULL, "[0,inf)", ""}
#define PRIVACY \
  {"rho", NULL, "privacy: rho^2/2-zCDP; inf: none", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf]", "inf"}, \
  {"noise", NULL, "how the private noise is spread over the steps", ASSAY_WORD, ASSAY_PAIRED, \
   "none|output|scheduled|naive", NULL, "none"}
#define BLOCKS \
  {"lam", NULL, "eigenvalues of the blocks", ASSAY_REALS, 0, NULL, "(0,inf)", ""}, \
  {"p", NULL, "shares of the dimensions", ASSAY_REALS, 0, NULL, "(0,1]", ""}, \
  {"w", NULL, "squared norm of the start in each block", ASSAY_REALS, 0, NULL, "[0,inf)", ""}
#define READ_AT \
  {"t", NULL, "time; t = 1 is before the terminal noise", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "1"}
#define WINDOW \
  {"t_lo", NULL, "start of the window in which clipping is counted", ASSAY_REAL, 0, NULL, "[0,1]", "0"}

#define RECORD_RISK {"R", NULL, "risk after step round(t n)", NULL, ASSAY_MEASURED, 0, INFINITY}
#define RECORDS_OF_A_PATH \
  RECORD_RISK, \
  {"F", NULL, "risk after the terminal noise, whatever t", NULL, ASSAY_MEASURED, 0, INFINITY}, \
  {"clip_fraction", NULL, "share of clipped steps from t_lo to t; 0 of none", NULL, ASSAY_MEASURED, 0, 1}, \
  {"V", NULL, "squared norm of the error in each block", "lam", ASSAY_MEASURED, 0, INFINITY}
/* clang-format on */

/* ---- from a call to a plan ---- */

/* What an open path experiment holds; all memory is the call's. */
typedef struct {
  dp_sgd_plan plan;
  dp_sgd_path *path;
  int readouts, records; /* values of t; numbers recorded at each */
  long *step;            /* [readouts] round(t n) */
  int *order;            /* [readouts] read-outs by increasing step */
  bool risk_only;
} path_run;

/* The schedule's own parameters are optional in the table; here those that its kind reads are asked for. */
static assay_status read_schedule(assay_call *call, schedule *s) {
  *s = (schedule){.kind = SCHEDULE_CONST};
  if (!assay_has_param(call, "schedule")) {
    s->eta0 = assay_real(call, "eta");
    return ASSAY_OK;
  }
  const char *word = assay_word(call, "schedule"), *height = "eta0", *second = NULL;
  schedule_from_word(word, &s->kind); /* the table of parameters admits these words only */
  if (s->kind == SCHEDULE_HARMONIC) height = "alpha", second = "t0";
  if (s->kind == SCHEDULE_TABLE) height = "table";
  if (!assay_given(call, height) || (second && !assay_given(call, second)))
    return assay_fail(call, ASSAY_DOMAIN, "schedule=%s needs %s%s%s", word, height, second ? " and " : "",
                      second ? second : "");
  s->table = assay_list(call, "table", &s->count);
  s->t0 = assay_real(call, "t0");
  if (s->kind != SCHEDULE_TABLE) s->eta0 = assay_real(call, height);
  return ASSAY_OK;
}

static dp_sgd_noise noise_of(const assay_call *call) {
  static const char *const words[] = {"none", "output", "scheduled", "naive"};
  for (int i = 0; assay_has_param(call, "noise") && i < 4; i++)
    if (!strcmp(assay_word(call, "noise"), words[i])) return (dp_sgd_noise)i;
  return DP_SGD_NO_NOISE;
}

/* The arrays eta and s. */
static assay_status plan_steps(assay_call *call, dp_sgd_plan *plan) {
  assay_error *error = assay_call_error(call);
  dp_sgd_problem problem = {.c = assay_real(call, "c"),
                            .rho = assay_has_param(call, "rho") ? assay_real(call, "rho") : INFINITY,
                            .zeta = assay_real(call, "zeta"),
                            .noise = noise_of(call)};
  assay_status status = read_schedule(call, &problem.eta);
  if (status) return status;
  plan->n = assay_integer(call, "n");
  plan->d = assay_integer(call, "d");
  status = dp_sgd_check(&problem, plan->n, plan->d, error);
  if (status) return status;
  plan->C = problem.c * sqrt((double)plan->d);
  plan->zeta = problem.zeta;
  double *eta = assay_alloc(call, (size_t)plan->n * sizeof *eta),
         *s = assay_alloc(call, (size_t)plan->n * sizeof *s);
  if (!eta || !s) return ASSAY_NO_MEMORY;
  dp_sgd_step_sizes(&problem.eta, plan->n, eta);
  plan->eta = eta;
  plan->s = s;
  return dp_sgd_noise_sd(problem.noise, plan->C, problem.rho, eta, plan->n, s, error);
}

/* One block of eigenvalue 1 and squared norm 2 R0. */
static assay_status plan_isotropic(assay_call *call, dp_sgd_plan *plan) {
  struct {
    long size;
    double lam, start;
  } *block = assay_alloc(call, sizeof *block);
  if (!block) return ASSAY_NO_MEMORY;
  block->size = plan->d;
  block->lam = 1;
  block->start = 2 * assay_real(call, "R0");
  plan->m = 1;
  plan->size = &block->size;
  plan->lam = &block->lam;
  plan->start = &block->start;
  return ASSAY_OK;
}

static assay_status plan_blocks(assay_call *call, dp_sgd_plan *plan) {
  spectrum_blocks spectrum;
  int shares, weights;
  spectrum.lam = assay_list(call, "lam", &spectrum.m);
  spectrum.p = assay_list(call, "p", &shares);
  spectrum.w = assay_list(call, "w", &weights);
  if (spectrum.m == 0 || shares != spectrum.m || weights != spectrum.m)
    return assay_fail(call, ASSAY_DOMAIN,
                      "lam, p and w have %d, %d and %d elements; blocks need the same number of each",
                      spectrum.m, shares, weights);
  assay_error *error = assay_call_error(call);
  int *count = assay_alloc(call, (size_t)spectrum.m * sizeof *count);
  long *size = assay_alloc(call, (size_t)spectrum.m * sizeof *size);
  if (!count || !size) return ASSAY_NO_MEMORY;
  assay_status status = spectrum_check(&spectrum, error);
  if (!status) status = spectrum_round(&spectrum, (int)plan->d, count, error);
  if (status) return status;
  for (int j = 0; j < spectrum.m; j++) size[j] = count[j];
  plan->m = spectrum.m;
  plan->size = size;
  plan->lam = spectrum.lam;
  plan->start = spectrum.w;
  return ASSAY_OK;
}

/* One block of all coordinates, whose eigenvalues are uniform. */
static assay_status plan_uniform(assay_call *call, dp_sgd_plan *plan) {
  const double lo = assay_real(call, "lam_lo");
  if (!(lo > 0 && lo < 1)) return assay_fail(call, ASSAY_DOMAIN, "spectrum=uniform needs lam_lo in (0,1)");
  double *eigen = assay_alloc(call, (size_t)plan->d * sizeof *eigen);
  if (!eigen) return ASSAY_NO_MEMORY;
  for (long i = 0; i < plan->d; i++) eigen[i] = spectrum_uniform_eigenvalue(lo, (int)i, (int)plan->d);
  plan->eigen = eigen;
  return plan_isotropic(call, plan);
}

static assay_status plan_spectrum(assay_call *call, dp_sgd_plan *plan) {
  if (!assay_has_param(call, "lam")) return plan_isotropic(call, plan);
  if (!assay_has_param(call, "spectrum"))
    return assay_given(call, "lam") ? plan_blocks(call, plan) : plan_isotropic(call, plan);
  const char *spectrum = assay_word(call, "spectrum");
  if (!strcmp(spectrum, "blocks")) return plan_blocks(call, plan);
  if (assay_given(call, "lam"))
    return assay_fail(call, ASSAY_DOMAIN, "lam is given with spectrum=%s; it is read with spectrum=blocks",
                      spectrum);
  return !strcmp(spectrum, "uniform") ? plan_uniform(call, plan) : plan_isotropic(call, plan);
}

static assay_status plan_of(assay_call *call, dp_sgd_plan *plan) {
  const assay_status status = plan_steps(call, plan);
  return status ? status : plan_spectrum(call, plan);
}

/* ---- paths ---- */

static void plan_readouts(const assay_call *call, path_run *run, const double *t) {
  const double n = (double)run->plan.n;
  for (int i = 0; i < run->readouts; i++) {
    run->step[i] = lround(t[i] * n);
    int place = i;
    for (; place > 0 && run->step[run->order[place - 1]] > run->step[i]; place--)
      run->order[place] = run->order[place - 1];
    run->order[place] = i;
  }
  if (assay_has_param(call, "t_lo")) run->plan.window = lround(assay_real(call, "t_lo") * n);
}

/* Everything but the path itself. */
static assay_status open_run(assay_call *call, path_run **run, bool risk_only) {
  path_run *r = *run = assay_alloc(call, sizeof *r);
  if (!r) return ASSAY_NO_MEMORY;
  const assay_status status = plan_of(call, &r->plan);
  if (status) return status;
  const double *t = assay_list(call, "t", &r->readouts);
  r->step = assay_alloc(call, (size_t)r->readouts * sizeof *r->step);
  r->order = assay_alloc(call, (size_t)r->readouts * sizeof *r->order);
  if (!r->step || !r->order) return ASSAY_NO_MEMORY;
  plan_readouts(call, r, t);
  r->risk_only = risk_only;
  r->records = 1;
  if (!risk_only) r->records = assay_given(call, "lam") ? 3 + r->plan.m : 3;
  return ASSAY_OK;
}

/* Leaves the run as the state; a path that could not be made has set the call's error. */
static assay_status finish_open(assay_call *call, path_run *run, dp_sgd_path *path, void **state) {
  run->path = path;
  *state = run;
  return path ? ASSAY_OK : assay_call_error(call)->status;
}

static assay_status open_norm_chain(assay_call *call, void **state) {
  path_run *run;
  const assay_status status = open_run(call, &run, false);
  if (status) return status;
  return finish_open(call, run, dp_sgd_norm_chain_new(&run->plan, assay_call_error(call)), state);
}

static assay_status open_sde_chain(assay_call *call, void **state) {
  path_run *run;
  const assay_status status = open_run(call, &run, true);
  if (status) return status;
  return finish_open(call, run, dp_sgd_sde_chain_new(&run->plan, assay_call_error(call)), state);
}

static assay_status open_vector(assay_call *call, void **state) {
  path_run *run;
  const assay_status status = open_run(call, &run, false);
  if (status) return status;
  const char *covariates = assay_word(call, "covariates"), *start = assay_word(call, "start");
  return finish_open(call, run,
                     dp_sgd_vector_new(&run->plan,
                                       strcmp(covariates, "gaussian") ? DP_SGD_RADEMACHER : DP_SGD_GAUSSIAN,
                                       !strcmp(start, "random")      ? DP_SGD_RANDOM
                                       : !strcmp(start, "localised") ? DP_SGD_LOCALISED
                                                                     : DP_SGD_SPREAD,
                                       assay_call_error(call)),
                     state);
}

/* R, clip_fraction and V at a read-out; F is known only at the end. */
static void record(const path_run *run, long step, double *out) {
  out[0] = dp_sgd_path_risk(run->path);
  if (run->risk_only) return;
  const long window = step - run->plan.window;
  out[2] = window > 0 ? (double)dp_sgd_path_clipped(run->path) / (double)window : 0;
  if (run->records > 3) dp_sgd_path_norms(run->path, out + 3);
}

static assay_status replicate_path(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const path_run *run = state;
  dp_sgd_path_start(run->path, stream);
  for (int i = 0; i < run->readouts; i++) {
    const int readout = run->order[i];
    dp_sgd_path_advance(run->path, run->step[readout]);
    record(run, run->step[readout], out + readout * run->records);
  }
  if (run->risk_only) return ASSAY_OK;
  dp_sgd_path_advance(run->path, run->plan.n);
  dp_sgd_path_release(run->path);
  const double final_risk = dp_sgd_path_risk(run->path);
  for (int i = 0; i < run->readouts; i++) out[i * run->records + 1] = final_risk;
  return ASSAY_OK;
}

static void close_path(void *state) {
  if (state) dp_sgd_path_free(((path_run *)state)->path);
}

static const assay_param norm_chain_params[] = {
    STEPS,  DIMENSION, THRESHOLD(ASSAY_PAIRED), PRIVACY, LABEL_NOISE, START_RISK, BLOCKS, SCHEDULE, READ_AT,
    WINDOW, {0}};
static const assay_param sde_chain_params[] = {
    STEPS, DIMENSION, THRESHOLD(ASSAY_PAIRED), PRIVACY, LABEL_NOISE, START_RISK, SCHEDULE, READ_AT, {0}};
static const assay_param vector_params[] = {
    STEPS,
    DIMENSION,
    THRESHOLD(ASSAY_PAIRED),
    PRIVACY,
    LABEL_NOISE,
    START_RISK,
    {"spectrum", NULL, "of the covariance: 1; lam, p, w; or uniform on [lam_lo, 2 - lam_lo]", ASSAY_WORD, 0,
     "isotropic|blocks|uniform", NULL, "isotropic"},
    BLOCKS,
    {"lam_lo", NULL, "uniform: least eigenvalue", ASSAY_REAL, 0, NULL, "(0,1)", ""},
    {"covariates", NULL, "law of the whitened coordinates", ASSAY_WORD, ASSAY_SIM, "gaussian|rademacher",
     NULL, "gaussian"},
    {"start", NULL, "where the start points, block by block: at random, along the first axis, to a corner",
     ASSAY_WORD, ASSAY_SIM, "random|localised|spread", NULL, "random"},
    SCHEDULE,
    READ_AT,
    WINDOW,
    {0}};
static const assay_observable path_records[] = {RECORDS_OF_A_PATH, {0}};
static const assay_observable sde_records[] = {RECORD_RISK, {0}};

const assay_experiment dp_sgd_norm_chain = {
    .id = "dp-sgd/norm-chain",
    .doc = "The squared norms of the blocks, with the exact law of DP-SGD on Gaussian covariates.",
    .params = norm_chain_params,
    .records = path_records,
    .block = 128,
    .open = open_norm_chain,
    .replicate = replicate_path,
    .close = close_path,
};

const assay_experiment dp_sgd_vector = {
    .id = "dp-sgd/vector",
    .doc = "DP-SGD itself, on vectors.",
    .params = vector_params,
    .records = path_records,
    .block = 8,
    .open = open_vector,
    .replicate = replicate_path,
    .close = close_path,
};

const assay_experiment dp_sgd_sde_chain = {
    .id = "dp-sgd/sde-chain",
    .doc = "Euler-Maruyama scheme, of step 1/n, of the homogenised equation's norm.",
    .params = sde_chain_params,
    .records = sde_records,
    .block = 64,
    .open = open_sde_chain,
    .replicate = replicate_path,
    .close = close_path,
};

/* ---- one step ---- */

typedef struct {
  double c, P, zeta;
  long d, draws;
} one_step_run;

static assay_status open_one_step(assay_call *call, void **state) {
  one_step_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->c = assay_real(call, "c");
  run->P = assay_real(call, "P");
  run->zeta = assay_given(call, "zeta") ? assay_real(call, "zeta") : sqrt(run->P);
  run->d = assay_integer(call, "d");
  run->draws = assay_integer(call, "draws");
  if (!(run->zeta * run->zeta < 2 * run->P))
    return assay_fail(call, ASSAY_DOMAIN, "zeta = %g at P = %g: the risk P - zeta^2/2 has to be > 0",
                      run->zeta, run->P);
  return ASSAY_OK;
}

static assay_status replicate_one_step(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  (void)call;
  const one_step_run *run = state;
  dp_sgd_run_one_step(run->c, run->P, run->zeta, run->d, run->draws, stream, &out[0], &out[1]);
  return ASSAY_OK;
}

static const assay_param one_step_params[] = {
    DIMENSION,
    THRESHOLD(0),
    {"P", NULL, "test risk, half the residual's variance", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"zeta", NULL, "sd of the label noise; not given: sqrt(P)", ASSAY_REAL, 0, NULL, "[0,inf)", ""},
    {"draws", NULL, "draws averaged in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]",
     "1000"},
    {0}};
static const assay_observable one_step_records[] = {
    {"mu", NULL, "drift along the error over its norm", NULL, ASSAY_MEASURED, 0, 0},
    {"nu", NULL, "squared norm of the clipped gradient over 2 P d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment dp_sgd_one_step = {
    .id = "dp-sgd/one-step",
    .doc = "Drift and second moment of one clipped gradient, averaged over draws.",
    .params = one_step_params,
    .records = one_step_records,
    .block = 256,
    .open = open_one_step,
    .replicate = replicate_one_step,
};

/* ---- experiments on perturbed vectors ---- */

typedef struct {
  dp_sgd_plan plan;
  dp_sgd_path *vector;
  long step; /* of the change */
} perturbed_run;

static assay_status open_perturbed(assay_call *call, void **state, const char *time, long first) {
  perturbed_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  const assay_status status = plan_of(call, &run->plan);
  if (status) return status;
  run->step = lround(assay_real(call, time) * (double)run->plan.n);
  if (run->step < first) run->step = first;
  run->vector = dp_sgd_vector_new(&run->plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, assay_call_error(call));
  return run->vector ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status open_sensitivity(assay_call *call, void **state) {
  if (isinf(assay_real(call, "c")))
    return assay_fail(call, ASSAY_DOMAIN,
                      "c = inf: the sensitivity to one sample is bounded by clipping only");
  return open_perturbed(call, state, "k_fraction", 1);
}

static assay_status open_tangent(assay_call *call, void **state) {
  return open_perturbed(call, state, "t0", 0);
}

static assay_status replicate_sensitivity(assay_call *call, void *state, const assay_stream *stream,
                                          double *out) {
  const perturbed_run *run = state;
  return dp_sgd_run_sensitivity(run->vector, stream, run->step, out, assay_call_error(call));
}

static assay_status replicate_tangent(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  const perturbed_run *run = state;
  return dp_sgd_run_tangent(run->vector, stream, run->step, out, assay_call_error(call));
}

static void close_perturbed(void *state) {
  if (state) dp_sgd_path_free(((perturbed_run *)state)->vector);
}

static const assay_param sensitivity_params[] = {STEPS,
                                                 DIMENSION,
                                                 THRESHOLD(0),
                                                 LABEL_NOISE,
                                                 START_RISK,
                                                 CONSTANT_STEP,
                                                 {"k_fraction", NULL,
                                                  "the sample that differs is max(1, round(k_fraction n))",
                                                  ASSAY_REAL, 0, NULL, "(0,1]", NULL},
                                                 {0}};
static const assay_param tangent_params[] = {
    STEPS,
    DIMENSION,
    THRESHOLD(0),
    LABEL_NOISE,
    START_RISK,
    CONSTANT_STEP,
    {"t0", NULL, "time of the perturbation, after step round(t0 n)", ASSAY_REAL, 0, NULL, "[0,1]", NULL},
    {0}};
static const assay_observable sensitivity_records[] = {
    {"sensitivity", NULL, "||theta_n - theta'_n||/(2 C eta_k)", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};
static const assay_observable tangent_records[] = {
    {"contraction", NULL, "||Delta_n||/||Delta_k||", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};

const assay_experiment dp_sgd_sensitivity = {
    .id = "dp-sgd/sensitivity",
    .doc = "Distance of the outputs of two noise-free runs whose samples differ at one step, over its bound.",
    .params = sensitivity_params,
    .records = sensitivity_records,
    .block = 8,
    .open = open_sensitivity,
    .replicate = replicate_sensitivity,
    .close = close_perturbed,
};

const assay_experiment dp_sgd_tangent = {
    .id = "dp-sgd/tangent",
    .doc = "Contraction of an infinitesimal perturbation by noise-free DP-SGD.",
    .params = tangent_params,
    .records = tangent_records,
    .block = 8,
    .open = open_tangent,
    .replicate = replicate_tangent,
    .close = close_perturbed,
};
