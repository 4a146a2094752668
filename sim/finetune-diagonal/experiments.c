#include "sim/finetune-diagonal/experiments.h"

#include <math.h>
#include <string.h>

#include "sim/finetune-diagonal/finetune-diagonal.h"
#include "sim/kernels/basis_pursuit.h"
#include "sim/kernels/hypentropy.h"
#include "sim/kernels/least_squares.h"
#include "sim/kernels/random.h"

/* ---- parameters that experiments share ---- */

/* clang-format off */
#define DIMENSION {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,100000]", NULL}
#define SAMPLES(name, doc) {name, NULL, doc, ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", NULL}
#define SCALE(role) \
  {"c", NULL, "absolute scale u0^2 + v0^2 of the start", ASSAY_REAL, role, NULL, "(0,inf)", NULL}
#define LAYERS(role) {"lambda", NULL, "relative scale (u0^2 - v0^2)/c", ASSAY_REAL, role, NULL, "[-1,1]", "0"}
#define READOUT_START(role) \
  {"gamma", NULL, "readout at the start of fine-tuning", ASSAY_REAL, role, NULL, "[0,inf)", NULL}
#define RESET(role) \
  {"reset", NULL, "of the early layer before fine-tuning", ASSAY_WORD, role, "sum|rms|keep", NULL, "sum"}
#define ACTIVE \
  {"active", NULL, "coordinates of the teacher that are not 0", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,100000]", "5"}
#define FIRST \
  {"b", NULL, "the teacher's first coordinate; the other active ones are +-1", ASSAY_REAL, 0, NULL, "(-inf,inf)", "1"}
#define NOISE(name) {name, NULL, "variance of the label noise", ASSAY_REAL, 0, NULL, "[0,inf)", "0"}
/* clang-format on */

static finetune_diagonal_init read_init(const assay_call *call) {
  finetune_diagonal_init init = {.c = assay_real(call, "c"), .lambda = assay_real(call, "lambda")};
  if (assay_has_param(call, "gamma")) init.gamma = assay_real(call, "gamma");
  const char *word = assay_has_param(call, "reset") ? assay_word(call, "reset") : "sum";
  init.reset = !strcmp(word, "sum")   ? FINETUNE_DIAGONAL_SUM
               : !strcmp(word, "rms") ? FINETUNE_DIAGONAL_RMS
                                      : FINETUNE_DIAGONAL_KEEP;
  return init;
}

/* Arrays of one call; doubles, zeroed. */
static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

/* ---- the network, pretraining ---- */

enum { PATH_TIMES = 20, DUAL_TIMES = 5 };

typedef struct {
  finetune_diagonal_init init;
  int d, n, n_ft, active;
  double b, times[PATH_TIMES], h, time;
  bool sum;        /* watches u^2 + v^2, which is not conserved */
  const char *law; /* what the penalty is said to be */
  double *X, *y, *teacher, *w, *kappa, *beta0, *beta, *limit, *path, *dual, *work;
  hypentropy *solver;
  double drift_diff, drift_kappa; /* over the path of a replicate */
} network_run;

static assay_status open_network(assay_call *call, void **state) {
  network_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->init = read_init(call);
  run->d = (int)assay_integer(call, "d"), run->n = (int)assay_integer(call, "n");
  run->active = (int)assay_integer(call, "active"),
  run->b = assay_has_param(call, "b") ? assay_real(call, "b") : 1;
  run->n_ft = assay_has_param(call, "n_ft") ? (int)assay_integer(call, "n_ft") : 0;
  if (run->active >= run->d)
    return assay_fail(call, ASSAY_DOMAIN, "active = %d of d = %d coordinates", run->active, run->d);
  size_t d = (size_t)run->d, most = (size_t)(run->n > run->n_ft ? run->n : run->n_ft);
  run->X = numbers(call, most * d), run->y = numbers(call, most), run->teacher = numbers(call, d);
  run->w = numbers(call, 4 * d), run->kappa = numbers(call, d), run->beta0 = numbers(call, d);
  run->beta = numbers(call, d), run->limit = numbers(call, d), run->path = numbers(call, DUAL_TIMES * d);
  run->dual = numbers(call, DUAL_TIMES * d), run->work = numbers(call, 2 * d + most);
  if (!run->X || !run->y || !run->w || !run->path || !run->dual || !run->work || !run->limit)
    return ASSAY_NO_MEMORY;
  for (int i = 0; i < PATH_TIMES; i++) run->times[i] = pow(10, -1 + 3. * i / (PATH_TIMES - 1));
  int rows = run->n_ft ? run->n_ft : run->n;
  if (rows < run->d) run->solver = hypentropy_new(rows, run->d, assay_call_error(call));
  return rows >= run->d || run->solver ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_network(void *state) {
  if (state) hypentropy_free(((network_run *)state)->solver);
}

static assay_status open_pretraining_network(assay_call *call, void **state) {
  assay_status status = open_network(call, state);
  if (status != ASSAY_OK) return status;
  ((network_run *)*state)->sum = !strcmp(assay_word(call, "invariant"), "sum");
  ((network_run *)*state)->law = assay_word(call, "penalty");
  return ASSAY_OK;
}

/* Signs for the active coordinates, b for the first. */
static void draw_teacher(network_run *run, const assay_stream *stream) {
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  memset(run->teacher, 0, (size_t)run->d * sizeof *run->teacher);
  random_signs(&source, run->teacher, (size_t)run->active);
  run->teacher[0] = run->b;
}

/* Largest drifts of u^2 -+ v^2 and kappa from their values at the start of pretraining. */
static void watch(network_run *run, const double *w) {
  int d = run->d;
  double c = run->init.c, start = run->sum ? c : run->init.lambda * c, sign = run->sum ? 1 : -1;
  finetune_diagonal_conserved(w, d, run->kappa, run->beta0);
  for (int i = 0; i < d; i++) {
    double plus = w[i] * w[i] + sign * w[d + i] * w[d + i];
    double minus = w[2 * d + i] * w[2 * d + i] + sign * w[3 * d + i] * w[3 * d + i];
    run->drift_diff = fmax(run->drift_diff, fmax(fabs(plus - start), fabs(minus - start)));
    run->drift_kappa = fmax(run->drift_kappa, fabs(run->kappa[i] - c));
  }
}

/* Every fourth time, from the third on, is one of the dual flow's. */
static int dual_time(int i) {
  return i % 4 == 2 ? i / 4 : -1;
}

static void visit(int time, const double *w, void *context) {
  network_run *run = context;
  watch(run, w);
  if (dual_time(time) >= 0)
    finetune_diagonal_coefficients(w, run->d, run->path + (size_t)dual_time(time) * (size_t)run->d);
}

static double largest_difference(const double *a, const double *b, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, fabs(a[i] - b[i]));
  return most;
}

/* The distance of asinh(beta/c) from the row space of X. */
static assay_status off_the_rows(network_run *run, double *distance, assay_error *error) {
  double *s = run->limit, *projected = run->work, *coordinates = run->work + run->d;
  for (int i = 0; i < run->d; i++) s[i] = asinh(run->beta[i] / run->init.c);
  for (int k = 0; k < run->n; k++) {
    coordinates[k] = 0;
    for (int i = 0; i < run->d; i++) coordinates[k] += run->X[(size_t)k * run->d + i] * s[i];
  }
  /* The interpolator of X s of least norm is the projection of s. */
  assay_status status = least_norm(run->n, run->d, run->X, coordinates, NULL, projected, error);
  *distance = status == ASSAY_OK ? largest_difference(s, projected, (size_t)run->d) : NAN;
  return status;
}

/* The minimiser that pretraining is said to end at. */
static assay_status said_limit(network_run *run, double *b, assay_error *error) {
  if (!strcmp(run->law, "least-norm")) return least_norm(run->n, run->d, run->X, run->y, NULL, b, error);
  double l = run->init.lambda, factor = !strcmp(run->law, "product") ? sqrt((1 - l) * (1 + l)) : 1;
  if (!strcmp(run->law, "double")) factor = 2;
  if (!strcmp(run->law, "half")) factor = 0.5;
  for (int i = 0; i < run->d; i++) run->kappa[i] = factor * run->init.c;
  return hypentropy_solve(run->solver, run->X, run->y, run->kappa, NULL, b, error);
}

static assay_status compare_dual(network_run *run, const finetune_diagonal_data *data, double *difference,
                                 assay_error *error) {
  double times[DUAL_TIMES];
  for (int i = 0; i < PATH_TIMES; i++)
    if (dual_time(i) >= 0) times[dual_time(i)] = run->times[i];
  for (int i = 0; i < run->d; i++) run->kappa[i] = run->init.c, run->beta0[i] = 0;
  assay_status status =
      finetune_diagonal_dual_flow(data, run->kappa, run->beta0, times, DUAL_TIMES, run->dual, error);
  if (status == ASSAY_OK) *difference = largest_difference(run->path, run->dual, DUAL_TIMES * (size_t)run->d);
  return status;
}

enum { DRIFT_DIFF, DRIFT_KAPPA, BETA_DIFF, KKT, PATH_DIFF, SUM_SQUARED, FEATURE_S, FEATURE_V, FEATURE_DELTA };
static const assay_observable pretraining_network_records[] = {
    {"drift_diff", NULL, "largest drift of u+^2 - v+^2 and u-^2 - v-^2 over the path", NULL, ASSAY_MEASURED,
     0, INFINITY},
    {"drift_kappa", NULL, "largest drift of kappa", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"beta_diff", NULL, "largest distance of the limit from the minimiser; 0 at n >= d", NULL, ASSAY_MEASURED,
     0, INFINITY},
    {"kkt", NULL, "largest distance of asinh(beta/c) from the row space of X", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {"path_diff", NULL, "largest distance from the dual flow at five times", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {"sum_squared", NULL, "(u+ + u-)^2 of the first coordinate", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"S", NULL, "u+^2 + u-^2", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"V", NULL, "v+^2 + v-^2", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"Delta", NULL, "u+ - u-", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status replicate_pretraining_network(assay_call *call, void *state, const assay_stream *stream,
                                                  double *out) {
  network_run *run = state;
  assay_error *error = assay_call_error(call);
  int d = run->d;
  draw_teacher(run, stream);
  finetune_diagonal_draw(stream, 0, run->teacher, 0, run->n, d, run->X, run->y);
  finetune_diagonal_data data = {run->n, d, run->X, run->y};
  finetune_diagonal_start(&run->init, d, run->w);
  run->drift_diff = run->drift_kappa = 0;
  assay_status status = finetune_diagonal_flow(&data, run->w, run->times, PATH_TIMES, visit, run, error);
  if (status == ASSAY_OK) watch(run, run->w);
  finetune_diagonal_coefficients(run->w, d, run->beta);
  out[BETA_DIFF] = out[KKT] = 0;
  if (status == ASSAY_OK && run->n < d) status = off_the_rows(run, &out[KKT], error);
  if (status == ASSAY_OK && run->n < d) status = said_limit(run, run->limit, error);
  if (status == ASSAY_OK && run->n < d) out[BETA_DIFF] = largest_difference(run->beta, run->limit, (size_t)d);
  if (status == ASSAY_OK) status = compare_dual(run, &data, &out[PATH_DIFF], error);
  const double *w = run->w;
  out[DRIFT_DIFF] = run->drift_diff, out[DRIFT_KAPPA] = run->drift_kappa;
  out[SUM_SQUARED] = (w[0] + w[2 * d]) * (w[0] + w[2 * d]);
  out[FEATURE_S] = w[0] * w[0] + w[2 * d] * w[2 * d], out[FEATURE_V] = w[d] * w[d] + w[3 * d] * w[3 * d];
  out[FEATURE_DELTA] = w[0] - w[2 * d];
  return status;
}

static const assay_param pretraining_network_params[] = {
    DIMENSION,
    SAMPLES("n", "samples"),
    SCALE(0),
    LAYERS(0),
    FIRST,
    ACTIVE,
    {"invariant", NULL, "what drift_diff watches: u^2 - v^2, or u^2 + v^2", ASSAY_WORD, ASSAY_SIM,
     "difference|sum", NULL, "difference"},
    {"penalty", NULL,
     "what the limit is compared to: kappa = c, c sqrt(1 - lambda^2), 2c, c/2, or least l2 norm", ASSAY_WORD,
     ASSAY_SIM, "scale|product|double|half|least-norm", NULL, "scale"},
    {0}};

const assay_experiment finetune_diagonal_network_pretraining = {
    .id = "finetune-diagonal/network-pretraining",
    .doc =
        "Gradient flow of the network to interpolation: what it conserves, its path, its limit, its weights.",
    .params = pretraining_network_params,
    .records = pretraining_network_records,
    .block = 1,
    .open = open_pretraining_network,
    .replicate = replicate_pretraining_network,
    .close = close_network,
};

/* ---- the network, both stages ---- */

static assay_status open_finetuning_network(assay_call *call, void **state) {
  assay_status status = open_network(call, state);
  if (status != ASSAY_OK) return status;
  network_run *run = *state;
  run->law = assay_word(call, "penalty");
  if (run->active < 2 || run->n_ft >= run->d)
    return assay_fail(call, ASSAY_DOMAIN, "active >= 2 and n_ft < d are needed");
  return ASSAY_OK;
}

/* Two pretrained coordinates at +-1.5 and a new one. */
static void finetuning_teacher(network_run *run) {
  memset(run->teacher, 0, (size_t)run->d * sizeof *run->teacher);
  run->teacher[0] = 1.5, run->teacher[1] = -1.5, run->teacher[run->active] = 1;
}

static assay_status replicate_finetuning_network(assay_call *call, void *state, const assay_stream *stream,
                                                 double *out) {
  network_run *run = state;
  assay_error *error = assay_call_error(call);
  int d = run->d;
  draw_teacher(run, stream);
  finetune_diagonal_draw(stream, 0, run->teacher, 0, run->n, d, run->X, run->y);
  finetune_diagonal_data data = {run->n, d, run->X, run->y};
  finetune_diagonal_start(&run->init, d, run->w);
  assay_status status = finetune_diagonal_flow(&data, run->w, NULL, 0, NULL, NULL, error);
  if (status != ASSAY_OK) return status;
  finetune_diagonal_coefficients(run->w, d, run->limit);
  finetune_diagonal_renew(&run->init, d, run->w);
  finetune_diagonal_conserved(run->w, d, run->kappa, run->beta0);
  out[0] = run->kappa[0], out[1] = run->beta0[0];
  finetuning_teacher(run);
  data.n = run->n_ft;
  finetune_diagonal_draw(stream, 1, run->teacher, 0, run->n_ft, d, run->X, run->y);
  status = finetune_diagonal_flow(&data, run->w, NULL, 0, NULL, NULL, error);
  if (status != ASSAY_OK) return status;
  finetune_diagonal_coefficients(run->w, d, run->beta);
  /* The penalty from the learned coefficients alone. */
  finetune_diagonal_init init = run->init;
  if (!strcmp(run->law, "exchanged")) init.lambda = -init.lambda;
  finetune_diagonal_learned(&init, run->limit, d, run->w);
  finetune_diagonal_renew(&init, d, run->w);
  finetune_diagonal_conserved(run->w, d, run->kappa, run->beta0);
  if (!strcmp(run->law, "centred")) memset(run->beta0, 0, (size_t)d * sizeof *run->beta0);
  status = hypentropy_solve(run->solver, run->X, run->y, run->kappa, run->beta0, run->limit, error);
  out[2] = largest_difference(run->beta, run->limit, (size_t)d);
  return status;
}

static const assay_param finetuning_network_params[] = {
    DIMENSION,
    SAMPLES("n", "samples in pretraining"),
    SAMPLES("n_ft", "samples in fine-tuning"),
    SCALE(0),
    LAYERS(0),
    READOUT_START(0),
    RESET(0),
    FIRST,
    ACTIVE,
    {"penalty", NULL,
     "what the limit is compared to: that of the learned coefficients, of -lambda, or with beta0 = 0",
     ASSAY_WORD, ASSAY_SIM, "learned|exchanged|centred", NULL, "learned"},
    {0}};
static const assay_observable finetuning_network_records[] = {
    {"kappa", NULL, "sqrt(AB)/2 of the first coordinate at the start of fine-tuning", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {"beta0", NULL, "its value there", NULL, ASSAY_MEASURED, 0, 0},
    {"beta_diff", NULL, "largest distance of the limit from the minimiser", NULL, ASSAY_MEASURED, 0,
     INFINITY},
    {0}};

const assay_experiment finetune_diagonal_network_finetuning = {
    .id = "finetune-diagonal/network-finetuning",
    .doc = "Gradient flow of the network in both stages; the penalty of the second and its limit.",
    .params = finetuning_network_params,
    .records = finetuning_network_records,
    .block = 1,
    .open = open_finetuning_network,
    .replicate = replicate_finetuning_network,
    .close = close_network,
};

/* ---- gradient descent ---- */

static assay_status open_descent(assay_call *call, void **state) {
  assay_status status = open_network(call, state);
  if (status != ASSAY_OK) return status;
  ((network_run *)*state)->h = assay_real(call, "h");
  ((network_run *)*state)->time = assay_real(call, "time");
  return ASSAY_OK;
}

static assay_status replicate_descent(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  (void)call;
  network_run *run = state;
  draw_teacher(run, stream);
  finetune_diagonal_draw(stream, 0, run->teacher, 0, run->n, run->d, run->X, run->y);
  finetune_diagonal_data data = {run->n, run->d, run->X, run->y};
  finetune_diagonal_start(&run->init, run->d, run->w);
  finetune_diagonal_descend(&data, run->w, run->h, run->time, run->work);
  run->drift_diff = run->drift_kappa = 0;
  watch(run, run->w);
  out[DRIFT_DIFF] = run->drift_diff, out[DRIFT_KAPPA] = run->drift_kappa;
  return ASSAY_OK;
}

static const assay_param descent_params[] = {
    DIMENSION,
    SAMPLES("n", "samples"),
    SCALE(0),
    LAYERS(0),
    FIRST,
    ACTIVE,
    {"h", NULL, "step of gradient descent", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", NULL},
    {"time", NULL, "step times number of steps", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", "100"},
    {0}};
static const assay_observable descent_records[] = {
    {"drift_diff", NULL, "largest drift of u^2 - v^2 at the end", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"drift_kappa", NULL, "largest drift of kappa at the end", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment finetune_diagonal_network_descent = {
    .id = "finetune-diagonal/network-descent",
    .doc = "Gradient descent of the network: how far it leaves what gradient flow conserves.",
    .params = descent_params,
    .records = descent_records,
    .block = 4,
    .open = open_descent,
    .replicate = replicate_descent,
    .close = close_network,
};

/* ---- one coordinate ---- */

static const char *const weight_names[] = {"u_plus", "v_plus", "u_minus", "v_minus"};

static assay_status open_scalar(assay_call *call, void **state) {
  double *w = *state = numbers(call, 5);
  if (!w) return ASSAY_NO_MEMORY;
  for (int i = 0; i < 4; i++) w[i] = assay_real(call, weight_names[i]);
  w[4] = assay_real(call, "Y");
  return ASSAY_OK;
}

static assay_status replicate_scalar(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)stream;
  const double *w = state;
  return finetune_diagonal_measure_time(w, w[4], out, assay_call_error(call));
}

#define WEIGHT(name)                                                                                         \
  { name, NULL, "at the start", ASSAY_REAL, 0, NULL, NULL, NULL }
static const assay_param scalar_params[] = {WEIGHT("u_plus"),
                                            WEIGHT("v_plus"),
                                            WEIGHT("u_minus"),
                                            WEIGHT("v_minus"),
                                            {"Y", NULL, "target", ASSAY_REAL, 0, NULL, NULL, NULL},
                                            {0}};
static const assay_observable scalar_records[] = {
    {"residual_time", NULL, "accumulated residual int (Y - beta) dt", NULL, ASSAY_MEASURED, 0, 0}, {0}};

const assay_experiment finetune_diagonal_scalar = {
    .id = "finetune-diagonal/scalar",
    .doc = "Gradient flow of a network of one coordinate on one sample.",
    .params = scalar_params,
    .records = scalar_records,
    .block = 1,
    .open = open_scalar,
    .replicate = replicate_scalar,
};

/* ---- the limits of both stages, by the dual ---- */

typedef struct {
  finetune_diagonal_init init;
  finetune_diagonal_task task;
  int d, n_pt, n_ft;
  long count[3];
  double noise_pt, noise_ft;
  double *X, *y, *pt, *ft, *b, *w, *kappa, *beta0, *beta;
  hypentropy *solver_pt, *solver_ft;
} dual_run;

static assay_status allocate_dual(assay_call *call, dual_run *run) {
  size_t d = (size_t)run->d, most = (size_t)(run->n_pt > run->n_ft ? run->n_pt : run->n_ft);
  run->X = numbers(call, most * d), run->y = numbers(call, most), run->pt = numbers(call, d),
  run->ft = numbers(call, d);
  run->b = numbers(call, d), run->w = numbers(call, 4 * d), run->kappa = numbers(call, d),
  run->beta0 = numbers(call, d);
  run->beta = numbers(call, d);
  if (!run->X || !run->y || !run->pt || !run->ft || !run->b || !run->w || !run->kappa || !run->beta0 ||
      !run->beta)
    return ASSAY_NO_MEMORY;
  if (run->n_pt && !(run->solver_pt = hypentropy_new(run->n_pt, run->d, assay_call_error(call))))
    return ASSAY_NO_MEMORY;
  if (run->n_ft && !(run->solver_ft = hypentropy_new(run->n_ft, run->d, assay_call_error(call))))
    return ASSAY_NO_MEMORY;
  return ASSAY_OK;
}

static void close_dual(void *state) {
  dual_run *run = state;
  if (!run) return;
  hypentropy_free(run->solver_pt);
  hypentropy_free(run->solver_ft);
}

static long share_count(const assay_call *call, const char *name, int d) {
  return lround(assay_real(call, name) * d);
}

static assay_status open_dual_pretraining(assay_call *call, void **state) {
  dual_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->init = read_init(call);
  run->d = (int)assay_integer(call, "d"), run->n_pt = (int)assay_integer(call, "n");
  run->noise_pt = assay_real(call, "noise_pt"), run->task.m_pt = assay_real(call, "m_pt");
  run->count[0] = share_count(call, "rho", run->d);
  if (run->n_pt >= run->d)
    return assay_fail(call, ASSAY_DOMAIN, "n = %d; pretraining interpolates at n < d = %d", run->n_pt,
                      run->d);
  return allocate_dual(call, run);
}

/* b: the limit of pretraining. */
static assay_status pretrain(dual_run *run, const assay_stream *stream, assay_error *error) {
  finetune_diagonal_draw(stream, 0, run->pt, run->noise_pt, run->n_pt, run->d, run->X, run->y);
  finetune_diagonal_start(&run->init, run->d, run->w);
  finetune_diagonal_conserved(run->w, run->d, run->kappa, run->beta0);
  return hypentropy_solve(run->solver_pt, run->X, run->y, run->kappa, NULL, run->b, error);
}

static assay_status replicate_dual_pretraining(assay_call *call, void *state, const assay_stream *stream,
                                               double *out) {
  dual_run *run = state;
  finetune_diagonal_teachers(stream, &run->task, run->count, run->d, run->pt, run->ft);
  assay_status status = pretrain(run, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[0] = finetune_diagonal_distance(run->b, run->pt, run->d);
  out[1] = log10(out[0]);
  return ASSAY_OK;
}

#define MAGNITUDE(name)                                                                                      \
  { name, NULL, "active value of the teacher", ASSAY_REAL, 0, NULL, "(-inf,inf)", NULL }
#define SHARE(name)                                                                                          \
  { name, NULL, "fraction of coordinates", ASSAY_REAL, 0, NULL, "[0,1]", NULL }
static const assay_param dual_pretraining_params[] = {
    DIMENSION,           SAMPLES("n", "samples"), SHARE("rho"),      MAGNITUDE("m_pt"),
    SCALE(ASSAY_PAIRED), LAYERS(ASSAY_PAIRED),    NOISE("noise_pt"), {0}};
static const assay_observable dual_pretraining_records[] = {
    {"E_pt", NULL, "excess test risk of pretraining", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"log10_E", NULL, "its decimal logarithm", NULL, ASSAY_MEASURED, 0, 0},
    {0}};

const assay_experiment finetune_diagonal_dual_pretraining = {
    .id = "finetune-diagonal/dual-pretraining",
    .doc = "The limit of pretraining, by Newton's method on the dual.",
    .params = dual_pretraining_params,
    .records = dual_pretraining_records,
    .block = 4,
    .open = open_dual_pretraining,
    .replicate = replicate_dual_pretraining,
    .close = close_dual,
};

static assay_status open_dual_finetuning(assay_call *call, void **state) {
  dual_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->init = read_init(call);
  run->d = (int)assay_integer(call, "d"), run->n_pt = (int)assay_integer(call, "n_pt"),
  run->n_ft = (int)assay_integer(call, "n_ft");
  run->noise_pt = assay_real(call, "noise_pt"), run->noise_ft = assay_real(call, "noise_ft");
  run->task = (finetune_diagonal_task){.m_pt = assay_real(call, "m_pt"), .m_ft = assay_real(call, "m_ft")};
  run->count[0] = share_count(call, "rho_both", run->d), run->count[1] = share_count(call, "rho_pt", run->d);
  run->count[2] = share_count(call, "rho_ft", run->d);
  if (run->n_pt >= run->d || run->n_ft >= run->d || run->count[0] + run->count[1] + run->count[2] > run->d)
    return assay_fail(call, ASSAY_DOMAIN, "n_pt, n_ft < d and rho_both + rho_pt + rho_ft <= 1 are needed");
  return allocate_dual(call, run);
}

static assay_status replicate_dual_finetuning(assay_call *call, void *state, const assay_stream *stream,
                                              double *out) {
  dual_run *run = state;
  assay_error *error = assay_call_error(call);
  int d = run->d;
  finetune_diagonal_teachers(stream, &run->task, run->count, d, run->pt, run->ft);
  memcpy(run->b, run->pt, (size_t)d * sizeof *run->b);
  assay_status status = run->n_pt ? pretrain(run, stream, error) : ASSAY_OK;
  if (status != ASSAY_OK) return status;
  finetune_diagonal_learned(&run->init, run->b, d, run->w);
  finetune_diagonal_renew(&run->init, d, run->w);
  finetune_diagonal_conserved(run->w, d, run->kappa, run->beta0);
  finetune_diagonal_draw(stream, 1, run->ft, run->noise_ft, run->n_ft, d, run->X, run->y);
  status = hypentropy_solve(run->solver_ft, run->X, run->y, run->kappa, run->beta0, run->beta, error);
  if (status != ASSAY_OK) return status;
  out[0] = finetune_diagonal_distance(run->b, run->pt, d);
  out[1] = finetune_diagonal_distance(run->beta, run->ft, d);
  return ASSAY_OK;
}

static const assay_param dual_finetuning_params[] = {DIMENSION,
                                                     {"n_pt", NULL,
                                                      "samples in pretraining; 0: it recovered its teacher",
                                                      ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,1000000]", "0"},
                                                     SAMPLES("n_ft", "samples in fine-tuning"),
                                                     SHARE("rho_both"),
                                                     SHARE("rho_pt"),
                                                     SHARE("rho_ft"),
                                                     MAGNITUDE("m_pt"),
                                                     MAGNITUDE("m_ft"),
                                                     SCALE(ASSAY_PAIRED),
                                                     LAYERS(ASSAY_PAIRED),
                                                     READOUT_START(ASSAY_PAIRED),
                                                     RESET(ASSAY_PAIRED),
                                                     NOISE("noise_pt"),
                                                     NOISE("noise_ft"),
                                                     {0}};
static const assay_observable dual_finetuning_records[] = {
    {"E_pt", NULL, "excess test risk of pretraining", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"E_ft", NULL, "excess test risk of fine-tuning", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment finetune_diagonal_dual_finetuning = {
    .id = "finetune-diagonal/dual-finetuning",
    .doc = "The limits of both stages, by Newton's method on the duals.",
    .params = dual_finetuning_params,
    .records = dual_finetuning_records,
    .block = 4,
    .open = open_dual_finetuning,
    .replicate = replicate_dual_finetuning,
    .close = close_dual,
};

/* ---- the flow held to the dual, on the same data ---- */

typedef struct {
  dual_run dual;
  double *flow, *mirrored; /* [d] each: limits of the flow from lambda and -lambda */
  bool product;            /* the wrong kappa in pretraining */
} twin_run;

static assay_status open_twins(assay_call *call, void **state) {
  void *inner;
  assay_status status = open_dual_finetuning(call, &inner);
  *state = inner;
  if (status != ASSAY_OK) return status;
  twin_run *run = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->dual = *(dual_run *)inner;
  run->flow = numbers(call, (size_t)run->dual.d), run->mirrored = numbers(call, (size_t)run->dual.d);
  run->product = !strcmp(assay_word(call, "penalty"), "product");
  *state = run;
  if (!run->flow || !run->mirrored) return ASSAY_NO_MEMORY;
  return run->dual.n_pt ? ASSAY_OK : assay_fail(call, ASSAY_DOMAIN, "n_pt >= 1 is needed");
}

/* Where the flow from `init` ends in pretraining; its weights are left in w. */
static assay_status flow_limit(dual_run *k, const finetune_diagonal_init *init, double *limit,
                               assay_error *error) {
  finetune_diagonal_data data = {k->n_pt, k->d, k->X, k->y};
  finetune_diagonal_start(init, k->d, k->w);
  assay_status status = finetune_diagonal_flow(&data, k->w, NULL, 0, NULL, NULL, error);
  finetune_diagonal_coefficients(k->w, k->d, limit);
  return status;
}

static double error_difference(const double *a, const double *b, const double *truth, int d) {
  return fabs(finetune_diagonal_distance(a, truth, d) - finetune_diagonal_distance(b, truth, d));
}

/* Fine-tuning of both from where each ended; the flow goes on from its own weights. */
static assay_status twin_finetuning(dual_run *k, const assay_stream *stream, double *flow,
                                    assay_error *error) {
  finetune_diagonal_renew(&k->init, k->d, k->w);
  finetune_diagonal_draw(stream, 1, k->ft, k->noise_ft, k->n_ft, k->d, k->X, k->y);
  finetune_diagonal_data data = {k->n_ft, k->d, k->X, k->y};
  assay_status status = finetune_diagonal_flow(&data, k->w, NULL, 0, NULL, NULL, error);
  finetune_diagonal_coefficients(k->w, k->d, flow);
  finetune_diagonal_learned(&k->init, k->b, k->d, k->w);
  finetune_diagonal_renew(&k->init, k->d, k->w);
  finetune_diagonal_conserved(k->w, k->d, k->kappa, k->beta0);
  return status == ASSAY_OK ? hypentropy_solve(k->solver_ft, k->X, k->y, k->kappa, k->beta0, k->beta, error)
                            : status;
}

static assay_status replicate_twins(assay_call *call, void *state, const assay_stream *stream, double *out) {
  twin_run *run = state;
  dual_run *k = &run->dual;
  assay_error *error = assay_call_error(call);
  finetune_diagonal_init mirror = k->init;
  mirror.lambda = -mirror.lambda;
  finetune_diagonal_teachers(stream, &k->task, k->count, k->d, k->pt, k->ft);
  assay_status status = pretrain(k, stream, error);
  if (status == ASSAY_OK && run->product) {
    double l = k->init.lambda;
    for (int i = 0; i < k->d; i++) k->kappa[i] = k->init.c * sqrt((1 - l) * (1 + l));
    status = hypentropy_solve(k->solver_pt, k->X, k->y, k->kappa, NULL, k->b, error);
  }
  if (status == ASSAY_OK) status = flow_limit(k, &mirror, run->mirrored, error);
  if (status == ASSAY_OK) status = flow_limit(k, &k->init, run->flow, error);
  if (status != ASSAY_OK) return status;
  out[0] = fmax(error_difference(run->flow, k->b, k->pt, k->d),
                error_difference(run->mirrored, k->b, k->pt, k->d));
  if (!k->n_ft) return ASSAY_OK;
  status = twin_finetuning(k, stream, run->flow, error);
  out[0] = fmax(out[0], error_difference(run->flow, k->beta, k->ft, k->d));
  return status;
}

static const assay_param twin_params[] = {
    DIMENSION,
    SAMPLES("n_pt", "samples in pretraining"),
    {"n_ft", NULL, "samples in fine-tuning; 0: none", ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,1000000]", "0"},
    {"rho_both", NULL, "fraction of coordinates", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"rho_pt", NULL, "fraction of coordinates", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"rho_ft", NULL, "fraction of coordinates", ASSAY_REAL, 0, NULL, "[0,1]", "0"},
    {"m_pt", NULL, "active value of the teacher", ASSAY_REAL, 0, NULL, NULL, "1"},
    {"m_ft", NULL, "active value of the teacher", ASSAY_REAL, 0, NULL, NULL, "1"},
    SCALE(0),
    LAYERS(0),
    {"gamma", NULL, "readout at the start of fine-tuning", ASSAY_REAL, 0, NULL, "[0,inf)", "0"},
    RESET(0),
    NOISE("noise_pt"),
    NOISE("noise_ft"),
    {"penalty", NULL, "kappa in pretraining: c, or c sqrt(1 - lambda^2)", ASSAY_WORD, ASSAY_SIM,
     "scale|product", NULL, "scale"},
    {0}};
static const assay_observable twin_records[] = {
    {"flow_diff", NULL, "largest difference of E between flow, from lambda and -lambda, and dual", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment finetune_diagonal_flow_against_dual = {
    .id = "finetune-diagonal/flow-against-dual",
    .doc = "Gradient flow of the network and Newton's method on the duals, through both stages on the same "
           "data.",
    .params = twin_params,
    .records = twin_records,
    .block = 1,
    .open = open_twins,
    .replicate = replicate_twins,
    .close = close_dual, /* a twin_run begins with its dual_run */
};

/* ---- weighted least norm and weighted basis pursuit ---- */

typedef struct {
  int n, d, classes;
  double noise;
  double *X, *y, *teacher, *w, *b;
} weighted_run;

/* counts round(p d) of the classes, the last one taking what is left. */
static assay_status fill_classes(assay_call *call, const weighted_run *run, const char *shares,
                                 const double *value, double *out) {
  int m, at = 0;
  const double *p = assay_list(call, shares, &m);
  for (int k = 0; k < m; k++) {
    int count = k + 1 < m ? (int)lround(p[k] * run->d) : run->d - at;
    if (count < 0 || at + count > run->d)
      return assay_fail(call, ASSAY_DOMAIN, "the fractions %s exceed 1", shares);
    for (int i = 0; i < count; i++) out[at++] = value[k];
  }
  return ASSAY_OK;
}

static assay_status open_weighted(assay_call *call, void **state) {
  weighted_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->n = (int)assay_integer(call, "n"), run->d = (int)assay_integer(call, "d");
  run->noise = assay_has_param(call, "noise") ? assay_real(call, "noise") : 0;
  size_t n = (size_t)run->n, d = (size_t)run->d;
  run->X = numbers(call, n * d), run->y = numbers(call, n), run->teacher = numbers(call, d),
  run->w = numbers(call, d);
  run->b = numbers(call, d);
  if (!run->X || !run->y || !run->teacher || !run->w || !run->b) return ASSAY_NO_MEMORY;
  return run->n < run->d
             ? ASSAY_OK
             : assay_fail(call, ASSAY_DOMAIN, "n = %d; interpolators differ at n < d = %d", run->n, run->d);
}

static assay_status open_norm(assay_call *call, void **state) {
  int p, beta, w;
  assay_list(call, "p", &p);
  const double *value = assay_list(call, "beta", &beta), *weight = assay_list(call, "w", &w);
  assay_status status = open_weighted(call, state);
  if (status != ASSAY_OK) return status;
  weighted_run *run = *state;
  if (p != beta || p != w)
    return assay_fail(call, ASSAY_DOMAIN, "p, beta and w have %d, %d and %d elements", p, beta, w);
  status = fill_classes(call, run, "p", value, run->teacher);
  return status == ASSAY_OK ? fill_classes(call, run, "p", weight, run->w) : status;
}

static assay_status replicate_norm(assay_call *call, void *state, const assay_stream *stream, double *out) {
  weighted_run *run = state;
  finetune_diagonal_draw(stream, 1, run->teacher, run->noise, run->n, run->d, run->X, run->y);
  assay_status status = least_norm(run->n, run->d, run->X, run->y, run->w, run->b, assay_call_error(call));
  if (status == ASSAY_OK) out[0] = finetune_diagonal_distance(run->b, run->teacher, run->d);
  return status;
}

static const assay_param norm_params[] = {
    DIMENSION,
    SAMPLES("n", "samples"),
    {"p", NULL, "fractions of the classes", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
    {"beta", NULL, "the teacher's value in each class", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"w", NULL, "weight of each class", ASSAY_REALS, 0, NULL, "[0,inf)", NULL},
    NOISE("noise"),
    {0}};
static const assay_observable norm_records[] = {
    {"E", NULL, "excess test risk", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};

const assay_experiment finetune_diagonal_weighted_norm = {
    .id = "finetune-diagonal/weighted-norm",
    .doc = "The interpolator of least weighted l2 norm.",
    .params = norm_params,
    .records = norm_records,
    .block = 16,
    .open = open_norm,
    .replicate = replicate_norm,
};

/* In group g the first round(s_g size) coordinates are active. */
static void fill_support(weighted_run *run, const double *pi, const double *s, int groups) {
  int at = 0;
  for (int g = 0; g < groups; g++) {
    int size = g + 1 < groups ? (int)lround(pi[g] * run->d) : run->d - at, active = (int)lround(s[g] * size);
    for (int i = 0; i < size && at < run->d; i++) run->teacher[at++] = i < active;
  }
}

static assay_status open_pursuit(assay_call *call, void **state) {
  int p, s, w;
  const double *pi = assay_list(call, "pi", &p), *sparsity = assay_list(call, "s", &s),
               *weight = assay_list(call, "w", &w);
  assay_status status = open_weighted(call, state);
  if (status != ASSAY_OK) return status;
  if (p != s || p != w)
    return assay_fail(call, ASSAY_DOMAIN, "pi, s and w have %d, %d and %d elements", p, s, w);
  status = fill_classes(call, *state, "pi", weight, ((weighted_run *)*state)->w);
  if (status == ASSAY_OK) fill_support(*state, pi, sparsity, p);
  return status;
}

static assay_status replicate_pursuit(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  weighted_run *run = state;
  finetune_diagonal_draw(stream, 1, run->teacher, 0, run->n, run->d, run->X, run->y);
  assay_status status = basis_pursuit(run->n, run->d, run->X, run->y, run->w, run->b, assay_call_error(call));
  if (status == ASSAY_OK) out[0] = largest_difference(run->b, run->teacher, (size_t)run->d) < 1e-5;
  return status;
}

static const assay_param pursuit_params[] = {
    DIMENSION,
    SAMPLES("n", "samples"),
    {"pi", NULL, "shares of the groups", ASSAY_REALS, 0, NULL, "[0,1]", NULL},
    {"s", NULL, "share of active coordinates, of value 1, in each group", ASSAY_REALS, 0, NULL, "[0,1]",
     NULL},
    {"w", NULL, "weight of each group", ASSAY_REALS, 0, NULL, "(0,inf)", NULL},
    {0}};
static const assay_observable pursuit_records[] = {
    {"recovered", NULL, "the solution is the teacher to 1e-5", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};

const assay_experiment finetune_diagonal_weighted_pursuit = {
    .id = "finetune-diagonal/weighted-pursuit",
    .doc = "Weighted basis pursuit of a sparse teacher without noise.",
    .params = pursuit_params,
    .records = pursuit_records,
    .block = 16,
    .open = open_pursuit,
    .replicate = replicate_pursuit,
};
