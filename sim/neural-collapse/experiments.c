#include "sim/neural-collapse/experiments.h"

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
  return (neural_collapse_task){(int)assay_integer(call, "K"), (int)assay_integer(call, "n"),
                         assay_has_param(call, "d") ? (int)assay_integer(call, "d") : 0,
                         !strcmp(assay_word(call, "loss"), "mse"),
                         assay_has_param(call, "q") ? assay_real(call, "q") : 0};
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
  const assay_status status = neural_collapse_optimise_features(state, stream, &J, &m, assay_call_error(call));
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

/* ---- networks ---- */

static assay_status open_network(assay_call *call, void **state) {
  neural_collapse_network *p = *state = assay_alloc(call, sizeof *p);
  if (!p) return ASSAY_NO_MEMORY;
  *p = (neural_collapse_network){
      task_of(call),          assay_real(call, "phi"),       assay_real(call, "lw"),
      assay_real(call, "lb"), (int)assay_integer(call, "L"), (int)assay_integer(call, "restarts")};
  const long d = (p->task.squared ? p->task.K : p->task.K - 1) + (long)p->task.K * (p->task.n - 1);
  return d > 128 || p->task.n < 2
             ? assay_fail(call, ASSAY_DOMAIN, "n = %d, dimension %ld: n >= 2 and at most 128 dimensions",
                          p->task.n, d)
             : ASSAY_OK;
}

static assay_status replicate_network(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  neural_collapse_optimum best;
  const assay_status status = neural_collapse_optimise_network(state, stream, &best, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const double R2 = best.metrics.R * best.metrics.R,
               all[] = {best.J,     best.metrics.NC1,    (1 - R2) / R2,
                        best.decay, best.metrics.u_norm, best.metrics.NC2};
  memcpy(out, all, sizeof all);
  return ASSAY_OK;
}

static const assay_param network_params[] = {
    CLASSES,
    SAMPLES,
    {"phi", NULL, "angle of the samples to their class means", ASSAY_REAL, 0, NULL, "(0,1.5707963267948966)",
     NULL},
    HEAD_DECAY,
    {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"L", NULL, "blocks", ASSAY_INTEGER, 0, NULL, "[1,1000]", NULL},
    LOSS,
    {"restarts", NULL, "starts, of which the best counts", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,64]", "4"},
    {0}};
static const assay_observable network_records[] = {
    RECORD("J", "objective"),
    RECORD("NC1", "within over between class variance"),
    RECORD("tan2", "tan^2 of the features' angle to their class mean"),
    RECORD("decay", "penalty of the blocks"),
    RECORD("w", "mean norm of the head's rows"),
    RECORD("NC2", "distance of the head's Gram matrix from the simplex"),
    {0}};
const assay_experiment neural_collapse_network_run = {
    .id = "neural-collapse/network",
    .doc = "Linear residual network with normalised blocks on rotated symmetric data, to its optimum.",
    .params = network_params,
    .records = network_records,
    .block = 1,
    .open = open_network,
    .replicate = replicate_network};

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
    const assay_status status = neural_collapse_turn_cost(run->p, run->theta / run->L[i], (unsigned)i, stream, &cost,
                                                   assay_call_error(call));
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
