#include "sim/neural-collapse/experiments.h"

#include <gsl/gsl_fit.h>
#include <gsl/gsl_poly.h>
#include <math.h>
#include <string.h>

#include "sim/neural-collapse/neural-collapse.h"

/* clang-format off */
#define CLASSES {"K", NULL, "classes", ASSAY_INTEGER, 0, NULL, "[2,64]", NULL}
#define SAMPLES {"n", NULL, "samples of each class", ASSAY_INTEGER, 0, NULL, "[1,1000]", NULL}
#define WIDTH {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[1,256]", NULL}
#define HEAD_DECAY {"lw", NULL, "weight decay of the head", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}
#define LOSS {"loss", NULL, "cross-entropy or squared", ASSAY_WORD, 0, "ce|mse", NULL, "ce"}
#define RECORD(name, doc) {name, NULL, doc, NULL, ASSAY_MEASURED, 0, 0}
/* clang-format on */

static neural_collapse_task task_of(const assay_call *call) {
  return (neural_collapse_task){
      (int)assay_integer(call, "K"), (int)assay_integer(call, "n"),
      assay_has_param(call, "d") && assay_given(call, "d") ? (int)assay_integer(call, "d") : 0,
      !strcmp(assay_word(call, "loss"), "mse"), assay_has_param(call, "q") ? assay_real(call, "q") : 0};
}

/* ---- free features ---- */

static assay_status open_features(assay_call *call, void **state) {
  neural_collapse_features *p = *state = assay_alloc(call, sizeof *p);
  if (!p) return ASSAY_NO_MEMORY;
  *p = (neural_collapse_features){task_of(call), assay_real(call, "lw"), assay_real(call, "lh"),
                                  assay_real(call, "rho"), !strcmp(assay_word(call, "bias"), "free")};
  if (p->task.K * p->task.d > 2048)
    return assay_fail(call, ASSAY_DOMAIN, "K d = %d: at most 2048", p->task.K * p->task.d);
  if (p->task.d < p->task.K)
    return assay_fail(call, ASSAY_DOMAIN, "d = %d: room for K = %d classes is asked for", p->task.d,
                      p->task.K);
  return ASSAY_OK;
}

static assay_status replicate_features(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  neural_collapse_metrics m;
  double J;
  const assay_status status =
      neural_collapse_optimise_features(state, stream, &J, &m, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const double all[] = {J, m.u_norm, m.NC1, m.NC2, m.NC3, m.p, m.h_norm};
  memcpy(out, all, sizeof all);
  return ASSAY_OK;
}

static const assay_param features_params[] = {
    CLASSES,
    SAMPLES,
    WIDTH,
    HEAD_DECAY,
    LOSS,
    {"bias", NULL, "of the head", ASSAY_WORD, 0, "none|free", NULL, "none"},
    {"q", NULL, "probability of a wrong label", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"rho", NULL, "norm of the features", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    {"lh", NULL, "feature decay in place of the norm; 0: none", ASSAY_REAL, 0, NULL, "[0,inf)", "0"},
    {0}};
static const assay_observable features_records[] = {
    RECORD("J", "objective"),
    RECORD("w", "mean norm of the head's rows"),
    RECORD("NC1", "within over between class variance"),
    RECORD("NC2", "distance of the head's Gram matrix from the simplex"),
    RECORD("NC3", "1 - mean cosine of feature and head"),
    RECORD("p", "mean u_c.h of class c"),
    RECORD("h_norm", "mean norm of the features"),
    {0}};
const assay_experiment neural_collapse_features_run = {
    .id = "neural-collapse/features",
    .doc = "Head and free features, to the optimum, from a Gaussian start.",
    .params = features_params,
    .records = features_records,
    .block = 1,
    .open = open_features,
    .replicate = replicate_features};

/* ---- where features vanish ---- */

enum { FITTED = 7 };

/* The zero nearest to 0 of the fit to p over x = cK - 1: a line, or the polynomial of degree 6 through all
 * points. */
static assay_status vanishing_point(const double *x, const double *p, bool line, double *zero,
                                    assay_error *error) {
  double divided[FITTED], c[FITTED], work[FITTED], at[2], c0, c1, cov[3], squares;
  int failed = line ? gsl_fit_linear(x, 1, p, 1, FITTED, &c0, &c1, &cov[0], &cov[1], &cov[2], &squares)
                    : gsl_poly_dd_init(divided, x, p, FITTED);
  *zero = 0;
  if (line) *zero = -c0 / c1;
  if (!line && !failed) failed = gsl_poly_dd_taylor(c, 0, divided, x, FITTED, work);
  for (int i = 0; !line && i < 30 && !failed; i++) {
    failed = gsl_poly_eval_derivs(c, FITTED, *zero, at, 2);
    *zero -= at[0] / at[1];
  }
  return failed || !isfinite(*zero)
             ? assay_error_set(error, ASSAY_NUMERIC, "the fit to p has no zero near cK = 1")
             : ASSAY_OK;
}

static assay_status replicate_threshold(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  neural_collapse_features p = *(const neural_collapse_features *)state;
  const neural_collapse_task *t = &p.task;
  double x[FITTED], overlap[FITTED], J, zero;
  for (int i = 0; i < FITTED; i++) {
    neural_collapse_metrics m;
    x[i] = .8 + .03 * i - 1;
    p.lh = pow((1 + x[i]) / t->K, 2) / (t->n * p.lw);
    const assay_status status = neural_collapse_optimise_features(&p, stream, &J, &m, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    overlap[i] = m.p;
  }
  const assay_status status = vanishing_point(x, overlap, t->squared, &zero, assay_call_error(call));
  out[0] = pow((1 + zero) / t->K, 2) / (t->n * p.lw);
  return status;
}

static const assay_observable threshold_records[] = {
    RECORD("lh_c", "feature decay at which the fit to u_c.h_c vanishes"), {0}};
const assay_experiment neural_collapse_threshold_run = {
    .id = "neural-collapse/threshold",
    .doc = "Optima of head and free features at seven decays, cK = .80, .83, ..., .98, and where they would "
           "vanish.",
    .params = features_params,
    .records = threshold_records,
    .block = 1,
    .open = open_features,
    .replicate = replicate_threshold};

/* ---- random states against the bound ---- */

typedef struct {
  neural_collapse_features features;
  double R;
} states_run;

static assay_status open_states(assay_call *call, void **state) {
  states_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  const neural_collapse_task t = task_of(call);
  *run = (states_run){{t, assay_real(call, "lw"), 0, 1, false}, assay_real(call, "R")};
  if (t.K * t.d > 2048 || t.d > 256)
    return assay_fail(call, ASSAY_DOMAIN, "K d = %d: at most 2048", t.K * t.d);
  if (t.n < 2 || t.d < t.K * t.n)
    return assay_fail(call, ASSAY_DOMAIN, "n = %d, d = %d: n >= 2 and d >= K n = %d", t.n, t.d, t.K * t.n);
  return ASSAY_OK;
}

static assay_status replicate_states(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const states_run *run = state;
  return neural_collapse_random_state(&run->features, run->R, stream, out, out + 1, assay_call_error(call));
}

static const assay_param states_params[] = {
    CLASSES,    SAMPLES, WIDTH,
    HEAD_DECAY, LOSS,    {"R", NULL, "sqrt(1 - within-class variance)", ASSAY_REAL, 0, NULL, "[0,1]", NULL},
    {0}};
static const assay_observable states_records[] = {
    RECORD("J", "loss and head penalty"), RECORD("slip", "|measured R - R|"), {0}};
const assay_experiment neural_collapse_states_run = {
    .id = "neural-collapse/states",
    .doc = "Random heads of every scale with features of a given within-class variance.",
    .params = states_params,
    .records = states_records,
    .block = 64,
    .open = open_states,
    .replicate = replicate_states};

/* ---- networks to their optimum ---- */

typedef struct {
  neural_collapse_search search;
  double eps, floor; /* lb = eps L if eps > 0 */
  int doublings;
  bool scaled;
} network_run;

static void blocks_of(const assay_call *call, neural_collapse_network *net) {
  const char *blocks = assay_word(call, "blocks"), *act = assay_word(call, "activation");
  net->blocks = !strcmp(blocks, "tx1")   ? NEURAL_COLLAPSE_TX1
                : !strcmp(blocks, "rn2") ? NEURAL_COLLAPSE_RN2
                                         : NEURAL_COLLAPSE_RN1;
  net->act = !strcmp(act, "linear") ? ACTIVATION_LIN
             : !strcmp(act, "relu") ? ACTIVATION_RELU
                                    : ACTIVATION_SQUAREPLUS;
}

static neural_collapse_start start_of(const assay_call *call) {
  const char *word = assay_word(call, "start");
  return !strcmp(word, "contract") ? NEURAL_COLLAPSE_CONTRACT
         : !strcmp(word, "expand") ? NEURAL_COLLAPSE_EXPAND
                                   : NEURAL_COLLAPSE_RANDOM;
}

static assay_status open_network(assay_call *call, void **state) {
  network_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  neural_collapse_search *p = &run->search;
  neural_collapse_network *net = &p->net;
  net->task = task_of(call);
  blocks_of(call, net);
  net->L = (int)assay_integer(call, "L");
  net->T = net->task.n;
  net->lw = assay_real(call, "lw");
  p->restarts = (int)assay_integer(call, "restarts");
  p->start = start_of(call);
  p->set = (neural_collapse_set){
      .K = net->task.K, .n = net->task.n, .phi = assay_real(call, "phi"), .squared = net->task.squared};
  neural_collapse_data_from_word(assay_word(call, "data"), &p->set.data);
  p->set.set = (int)assay_integer(call, "set");
  net->task.d = p->set.d = assay_given(call, "d")
                               ? (int)assay_integer(call, "d")
                               : neural_collapse_means(&p->set) + neural_collapse_deviations(&p->set);
  run->eps = assay_given(call, "eps") ? assay_real(call, "eps") : 0;
  run->floor = assay_real(call, "floor");
  run->doublings = assay_has_param(call, "doublings") ? (int)assay_integer(call, "doublings") : 0;
  run->scaled = run->eps > 0 && !strcmp(assay_word(call, "lb_rule"), "scaled");
  net->lb = assay_given(call, "lb") ? assay_real(call, "lb") : run->eps * net->L;
  if (assay_given(call, "lb") == assay_given(call, "eps"))
    return assay_fail(call, ASSAY_DOMAIN, "give lb, or eps for lb = eps L");
  return net->task.d > 256 || net->task.d * net->task.K > 2048
             ? assay_fail(call, ASSAY_DOMAIN, "d = %d, K d = %d: at most 256 and 2048", net->task.d,
                          net->task.K * net->task.d)
             : ASSAY_OK;
}

static assay_status replicate_network(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  const network_run *run = state;
  neural_collapse_optimum best;
  const assay_status status =
      neural_collapse_optimise_network(&run->search, stream, &best, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const neural_collapse_metrics *m = &best.metrics;
  const double R2 = m->R * m->R, all[] = {best.J, m->NC1,  (1 - R2) / R2,  best.decay,         m->u_norm,
                                          m->NC2, best.cv, best.attention, best.J - run->floor};
  memcpy(out, all, sizeof all);
  return ASSAY_OK;
}

#define NETWORK_PARAMS                                                                                       \
  CLASSES, SAMPLES,                                                                                          \
      {"d", NULL, "feature width; not given: what sym data need", ASSAY_INTEGER, 0, NULL, "[1,256]", ""},    \
      {"phi",                                                                                                \
       NULL,                                                                                                 \
       "angle of the samples to their class means",                                                          \
       ASSAY_REAL,                                                                                           \
       0,                                                                                                    \
       NULL,                                                                                                 \
       "(0,1.5707963267948966)",                                                                             \
       NULL},                                                                                                \
      HEAD_DECAY, {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, 0, NULL, "(0,inf)", ""},            \
      {"eps", NULL, "in place of lb: lb = eps L", ASSAY_REAL, 0, NULL, "(0,inf)", ""},                       \
      {"L", NULL, "blocks", ASSAY_INTEGER, 0, NULL, "[1,1000]", NULL}, LOSS,                                 \
      {"data", NULL, "training set", ASSAY_WORD, 0, NEURAL_COLLAPSE_DATA_WORDS, NULL, "sym"},                \
      {"set", NULL, "number of the training set (mix)", ASSAY_INTEGER, 0, NULL, "[1,1000000]", "1"},         \
      {"blocks", NULL, "one or two matrices, or attention", ASSAY_WORD, 0, "rn1|rn2|tx1", NULL, "rn1"},      \
      {"activation", NULL, "of the blocks", ASSAY_WORD, 0, "linear|relu|squareplus", NULL, "linear"},        \
      {"restarts", NULL, "starts, of which the best counts", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,64]", "4"}, \
      {"start", NULL,    "random, or near a branch", ASSAY_WORD, ASSAY_SIM, "random|contract|expand",        \
       NULL,    "random"},                                                                                   \
      {"lb_rule",  NULL,      "with eps, at doubled depths: eps times the depth, or as at L",                \
       ASSAY_WORD, ASSAY_SIM, "scaled|fixed",                                                                \
       NULL,       "scaled"},                                                                                \
  {                                                                                                          \
    "floor", NULL, "what excesses of J are counted from", ASSAY_REAL, ASSAY_SIM, NULL, NULL, "0"             \
  }

static const assay_param network_params[] = {NETWORK_PARAMS, {0}};
static const assay_observable network_records[] = {
    RECORD("J", "objective"),
    RECORD("NC1", "within over between class variance"),
    RECORD("tan2", "tan^2 of the features' angle to their class mean"),
    RECORD("decay", "penalty of the blocks"),
    RECORD("w", "mean norm of the head's rows"),
    RECORD("NC2", "distance of the head's Gram matrix from the simplex"),
    RECORD("cv", "coefficient of variation of the blocks' squared norms"),
    RECORD("attention", "largest |entry| of Q and K"),
    RECORD("excess", "J - floor"),
    {0}};
const assay_experiment neural_collapse_network_run = {
    .id = "neural-collapse/network",
    .doc = "Network with normalised blocks, to its optimum; linear ones on randomly rotated data.",
    .params = network_params,
    .records = network_records,
    .block = 1,
    .open = open_network,
    .replicate = replicate_network};

/* ---- one network at doubled depths ---- */

enum { DEPTHS = 8 };

/* L, 2L, 4L, ..., from the same draws; lb = eps L is doubled too. */
static assay_status replicate_doublings(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  const network_run *run = state;
  neural_collapse_optimum at[DEPTHS] = {0};
  double fall = INFINITY;
  const int last = run->doublings;
  for (int i = 0; i <= last; i++) {
    neural_collapse_search p = run->search;
    p.net.L <<= i;
    if (run->scaled) p.net.lb = run->eps * p.net.L;
    const assay_status status = neural_collapse_optimise_network(&p, stream, &at[i], assay_call_error(call));
    if (status != ASSAY_OK) return status;
    if (i > 0) fall = fmin(fall, at[i - 1].J - at[i].J);
  }
  double falls[3] = {0};
  for (int i = 0; i < 3 && i < last; i++) falls[i] = at[i].J - at[i + 1].J;
  const double octaves = last * M_LN2, ratio = (at[1].J - run->floor) / (at[0].J - run->floor),
               increments = last > 2 ? (falls[1] - 4 * falls[2]) / (falls[0] - 4 * falls[1]) : 0;
  const double all[] = {at[0].J,
                        fall,
                        ratio,
                        increments,
                        log(at[last].metrics.NC1 / at[0].metrics.NC1) / octaves,
                        log((at[last].J - run->floor) / (at[0].J - run->floor)) / octaves,
                        log(fmax(at[last].cv, 1e-300) / fmax(at[0].cv, 1e-300)) / octaves};
  memcpy(out, all, sizeof all);
  return ASSAY_OK;
}

static const assay_param doublings_params[] = {
    NETWORK_PARAMS,
    {"doublings", NULL, "how often the depth is doubled", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,7]", "1"},
    {0}};
static const assay_observable doublings_records[] = {
    RECORD("J", "objective at L"),
    RECORD("fall", "least fall of the objective at a doubling"),
    RECORD("ratio", "(J(2L) - floor)/(J(L) - floor)"),
    RECORD("increments", "(D(2L) - 4 D(4L))/(D(L) - 4 D(2L)), D(L) = J(L) - J(2L): the ratio of "
                         "successive D without the term in 1/L^2 of J; 0 for fewer than three doublings"),
    RECORD("exponent_NC1", "slope of log NC1 on log L between the ends"),
    RECORD("exponent_J", "slope of log (J - floor)"),
    RECORD("exponent_cv", "slope of log cv"),
    {0}};
const assay_experiment neural_collapse_doublings_run = {
    .id = "neural-collapse/doublings",
    .doc = "The optimum of a network at depths L, 2L, ..., compared.",
    .params = doublings_params,
    .records = doublings_records,
    .block = 1,
    .open = open_network,
    .replicate = replicate_doublings};

/* ---- turns ---- */

typedef struct {
  int p, depths;
  double theta;
  const double *L;
} turn_run;

static assay_status open_turn(assay_call *call, void **state) {
  turn_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->p = (int)assay_integer(call, "p");
  run->theta = assay_real(call, "theta");
  run->L = assay_list(call, "L", &run->depths);
  return run->depths >= 2 && run->depths <= 64
             ? ASSAY_OK
             : assay_fail(call, ASSAY_DOMAIN, "L has %d elements: 2 to 64 depths make a slope", run->depths);
}

/* The least-squares slope of log(L times the cost of a turn by theta/L) on log L. */
static assay_status replicate_turn(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const turn_run *run = state;
  double x[64], y[64], mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < run->depths; i++) {
    double cost;
    const assay_status status = neural_collapse_turn_cost(run->p, run->theta / run->L[i], (unsigned)i, stream,
                                                          &cost, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    x[i] = log(run->L[i]);
    y[i] = log(run->L[i] * cost);
    mx += x[i] / run->depths;
    my += y[i] / run->depths;
  }
  for (int i = 0; i < run->depths; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) * (x[i] - mx);
  }
  out[0] = xy / xx;
  return ASSAY_OK;
}

static const assay_param turn_params[] = {
    {"p", NULL, "matrices of a block", ASSAY_INTEGER, 0, NULL, "[1,6]", NULL},
    {"theta", NULL, "angle of the whole turn", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966)", "1"},
    {"L", NULL, "depths", ASSAY_INTEGERS, 0, NULL, "[1,1000000]", "4,8,16,32,64"},
    {0}};
static const assay_observable turn_records[] = {RECORD("exponent", "slope of log cost on log L"), {0}};
const assay_experiment neural_collapse_turn_run = {
    .id = "neural-collapse/turn",
    .doc = "A vector turned in L equal blocks of p matrices at the least decay.",
    .params = turn_params,
    .records = turn_records,
    .block = 1,
    .open = open_turn,
    .replicate = replicate_turn};

/* ---- chains ---- */

typedef struct {
  int L;
  double lb, theta0;
  const double *targets;
} chain_run;

static assay_status open_chain(assay_call *call, void **state) {
  chain_run *run = *state = assay_alloc(call, sizeof *run);
  int count;
  if (!run) return ASSAY_NO_MEMORY;
  *run = (chain_run){(int)assay_integer(call, "L"), assay_real(call, "lb"),
                     assay_given(call, "theta0") ? assay_real(call, "theta0") : 0,
                     assay_list(call, "targets", &count)};
  if (!count) run->targets = NULL;
  if (count ? count != 3 : !assay_given(call, "theta0"))
    return assay_fail(call, ASSAY_DOMAIN, "give theta0, or three targets (there are %d)", count);
  return ASSAY_OK;
}

static assay_status replicate_chain(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const chain_run *run = state;
  return neural_collapse_transport_cost(run->L, run->lb, run->theta0, run->targets, stream, out, out + 1,
                                        assay_call_error(call));
}

static const assay_param chain_params[] = {
    {"L", NULL, "blocks", ASSAY_INTEGER, 0, NULL, "[1,1000]", NULL},
    {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"theta0", NULL, "angle to the target vector", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966]", ""},
    {"targets", NULL, "eigenvalues of the target matrix", ASSAY_REALS, 0, NULL, "(0,inf)", ""},
    {0}};
static const assay_observable chain_records[] = {
    RECORD("J", "objective"), RECORD("rho", "angle left over; 0 with targets"), {0}};
const assay_experiment neural_collapse_chain_run = {
    .id = "neural-collapse/chain",
    .doc = "A linear chain in three dimensions that turns a vector, or makes a matrix.",
    .params = chain_params,
    .records = chain_records,
    .block = 1,
    .open = open_chain,
    .replicate = replicate_chain};
