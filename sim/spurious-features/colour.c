/* Ridge regression and small networks on images with a coloured patch. */
#include "sim/spurious-features/colour.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/layers.h"
#include "sim/kernels/ridge_path.h"
#include "sim/spurious-features/experiments.h"

void colour_rows(const fashion_pool *pool, double r, double kap, const assay_stream *stream,
                 random_purpose purpose, unsigned index, int rows, double *Z, double *label) {
  random_source source = random_open(stream, purpose, index), colours = source, patches = source;
  size_t dx = (size_t)pool->dx;
  double rest = sqrt(1 - kap * kap);
  for (size_t k = 0; k < (size_t)rows; k++) {
    uint64_t image;
    double uniform, *y = Z + k * 2 * dx + dx;
    random_integers(&source, (uint64_t)pool->count, &image, 1);
    random_uniforms(&colours, &uniform, 1);
    random_normals(&patches, y, dx);
    label[k] = pool->label[image];
    memcpy(y - dx, pool->x + image * dx, dx * sizeof *y);
    double colour = uniform < (1 + r) / 2 ? label[k] : -label[k];
    for (size_t j = 0; j < dx; j++) y[j] = kap * colour + rest * y[j];
  }
}

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

/* ---- ridge regression ---- */

typedef struct {
  fashion_pool pool;
  fashion_problem population;
  bool real, twin;
  int n, readouts;
  double r, kap;
  const double *lambda;
  ridge_path *path;
  double *root;                         /* twin: [D][D], the Cholesky factor of Sigma */
  double *Z, *g, *label, *hats, *image; /* [n][D], [n] twice, [readouts][D], [D] */
} colour_run;

static void close_colour(void *state) {
  colour_run *run = state;
  if (!run) return;
  ridge_path_free(run->path);
  fashion_pool_free(&run->pool);
  fashion_problem_free(&run->population);
}

static assay_status open_colour(assay_call *call, void **state) {
  colour_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->real = !strcmp(assay_word(call, "labels"), "real"),
  run->twin = !strcmp(assay_word(call, "law"), "twin");
  run->r = assay_real(call, "r"), run->kap = assay_real(call, "kap"), run->n = (int)assay_integer(call, "n");
  run->lambda = assay_list(call, "lambda", &run->readouts);
  assay_status status = fashion_pool_read(2, &run->pool, assay_call_error(call));
  if (status == ASSAY_OK)
    status =
        fashion_problem_of(&run->pool, run->real, run->r, run->kap, &run->population, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  size_t D = (size_t)run->population.D, n = (size_t)run->n;
  run->Z = numbers(call, n * D), run->root = numbers(call, run->twin ? D * D : 1);
  run->g = numbers(call, n), run->label = numbers(call, n), run->image = numbers(call, D);
  run->hats = numbers(call, (size_t)run->readouts * D);
  if (!run->Z || !run->root || !run->g || !run->label || !run->hats || !run->image) return ASSAY_NO_MEMORY;
  run->path = ridge_path_new(run->n, (int)D, run->readouts, false, assay_call_error(call));
  if (!run->path || !run->twin) return run->path ? ASSAY_OK : ASSAY_NO_MEMORY;
  memcpy(run->root, run->population.Sigma, D * D * sizeof *run->root);
  int code = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', (int)D, run->root, (int)D);
  return code ? assay_fail(call, ASSAY_NUMERIC, "the covariance of the images is singular") : ASSAY_OK;
}

/* The twin has normal rows of the same covariance, and g = z.beta plus noise of what beta leaves. */
static void draw_colour(colour_run *run, const assay_stream *stream) {
  const fashion_problem *p = &run->population;
  random_source design = random_open(stream, RANDOM_DESIGN, 0), noise = random_open(stream, RANDOM_LABEL, 0);
  random_normals(&noise, run->g, (size_t)run->n);
  if (run->twin) {
    random_normals(&design, run->Z, (size_t)run->n * (size_t)p->D);
    /* Column-major U with U'U = Sigma is row-major L: rows s L'. */
    cblas_dtrmm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, run->n, p->D, 1, run->root,
                p->D, run->Z, p->D);
  } else {
    colour_rows(&run->pool, run->r, run->kap, stream, RANDOM_DESIGN, 0, run->n, run->Z, run->label);
  }
  if (run->real && !run->twin)
    memcpy(run->g, run->label, (size_t)run->n * sizeof *run->g);
  else
    cblas_dgemv(CblasRowMajor, CblasNoTrans, run->n, p->D, 1, run->Z, p->D, p->beta, 1, sqrt(p->noise),
                run->g, 1);
}

enum { C_C, C_L, C_TAU, C_RECORDS };
static const assay_observable colour_records[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "n/tr (ZZ'/n + lambda)^{-1}", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

static void record_colour(colour_run *run, double lambda, const double *hat, double *out) {
  const fashion_problem *p = &run->population;
  cblas_dsymv(CblasRowMajor, CblasLower, p->D, 1, p->Sigma, p->D, hat, 1, 0, run->image, 1);
  out[C_C] = cblas_ddot(p->dx, p->c + p->dx, 1, hat + p->dx, 1);
  out[C_L] = p->second - 2 * cblas_ddot(p->D, p->c, 1, hat, 1) + cblas_ddot(p->D, run->image, 1, hat, 1);
  out[C_TAU] = run->n / ridge_path_trace(run->path, lambda);
}

static assay_status replicate_colour(assay_call *call, void *state, const assay_stream *stream, double *out) {
  colour_run *run = state;
  assay_error *error = assay_call_error(call);
  draw_colour(run, stream);
  assay_status status = ridge_path_fit(run->path, run->Z, run->g, error);
  if (status == ASSAY_OK)
    status = ridge_path_at(run->path, run->readouts, run->lambda, run->hats, NULL, error);
  for (int i = 0; i < run->readouts && status == ASSAY_OK; i++)
    record_colour(run, run->lambda[i], run->hats + (size_t)i * (size_t)run->population.D,
                  out + i * C_RECORDS);
  return status;
}

#define REAL(name, doc, role, domain, preset)                                                                \
  { name, NULL, doc, ASSAY_REAL, role, NULL, domain, preset }
static const assay_param colour_params[] = {
    {"labels", NULL, "linear in the image, or the classes", ASSAY_WORD, 0, "lin|real", NULL, "lin"},
    REAL("r", "correlation of colour and label", 0, "[-1,1]", "0.8"),
    REAL("kap", "strength of the colour", 0, "[0,1)", "0.5"),
    {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL},
    REAL("lambda", "ridge", ASSAY_READOUT, "(0,inf)", NULL),
    {"law", NULL, "images from the pool, or normal vectors of the same covariance", ASSAY_WORD, ASSAY_SIM,
     "pool|twin", NULL, "pool"},
    {0}};

const assay_experiment spurious_features_colour_ridge = {
    .id = "spurious-features/colour-ridge",
    .doc = "Ridge regression on images of clothes with a coloured patch, or on their normal twin.",
    .params = colour_params,
    .records = colour_records,
    .block = 4,
    .open = open_colour,
    .replicate = replicate_colour,
    .close = close_colour,
};

/* ---- a trained network, in single precision: its weights, its data once drawn, and what it computes ---- */

enum { HIDDEN = 64, TEST_ROWS = 4000 };
#define RATE .1

typedef struct {
  fashion_pool pool;
  fashion_problem population;
  int n, D, readouts, last;
  bool shuffled;
  double r, kap, wd;
  const double *step;
  double *rows, *label, *truth; /* [n or TEST_ROWS][D] as drawn, their labels; [TEST_ROWS] */
  double *g;                    /* [n] */
  float *Z, *test, *other;      /* [n][D], [TEST_ROWS][D] twice */
  float *W, *a, *head;          /* [D][HIDDEN], [HIDDEN] twice */
  float *hidden, *f;            /* [n or TEST_ROWS][HIDDEN], [n or TEST_ROWS] */
} network_run;

static float *singles(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(float));
}

static void close_network(void *state) {
  network_run *run = state;
  if (!run) return;
  fashion_pool_free(&run->pool);
  fashion_problem_free(&run->population);
}

static assay_status open_network(assay_call *call, void **state) {
  network_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->r = assay_real(call, "r"), run->kap = assay_real(call, "kap"), run->wd = assay_real(call, "wd");
  run->n = (int)assay_integer(call, "n"), run->step = assay_list(call, "step", &run->readouts);
  run->shuffled = !strcmp(assay_word(call, "test_y"), "shuffled");
  for (int i = 0; i < run->readouts; i++)
    if (run->step[i] > run->last) run->last = (int)run->step[i];
  assay_status status = fashion_pool_read(4, &run->pool, assay_call_error(call));
  if (status == ASSAY_OK)
    status =
        fashion_problem_of(&run->pool, false, run->r, run->kap, &run->population, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  run->D = run->population.D;
  size_t D = (size_t)run->D, n = (size_t)run->n, most = n > TEST_ROWS ? n : TEST_ROWS;
  run->rows = numbers(call, most * D), run->label = numbers(call, most);
  run->truth = numbers(call, TEST_ROWS), run->g = numbers(call, n);
  run->Z = singles(call, n * D), run->test = singles(call, TEST_ROWS * D),
  run->other = singles(call, TEST_ROWS * D);
  run->W = singles(call, HIDDEN * D), run->a = singles(call, HIDDEN), run->head = singles(call, HIDDEN);
  run->hidden = singles(call, most * HIDDEN), run->f = singles(call, most);
  return run->rows && run->label && run->truth && run->g && run->Z && run->test && run->other && run->W &&
                 run->a && run->head && run->hidden && run->f
             ? ASSAY_OK
             : ASSAY_NO_MEMORY;
}

/* f = a' relu(W z) of `rows` rows. */
static void forward(network_run *run, const float *Z, int rows) {
  layer_single_dense_turned(Z, rows, run->D, run->W, HIDDEN, 0, run->hidden);
  layer_single_relu_readout(run->hidden, rows, HIDDEN, run->a, run->f);
}

/* One step of gradient descent on (1/2n) sum (f - g)^2 + (wd/2)(|W|^2 + |a|^2). */
static void descend(network_run *run) {
  float kept = (float)(1 - RATE * run->wd);
  forward(run, run->Z, run->n);
  for (int k = 0; k < run->n; k++) run->f[k] = (float)(-RATE * (run->f[k] - run->g[k]) / run->n);
  memcpy(run->head, run->a, HIDDEN * sizeof *run->a);
  cblas_sscal(HIDDEN, kept, run->a, 1), cblas_sscal(HIDDEN * run->D, kept, run->W, 1);
  layer_single_relu_readout_reverse(run->hidden, run->n, HIDDEN, run->head, run->f, run->a);
  layer_single_dense_reverse(run->hidden, run->n, HIDDEN, NULL, run->D, run->Z, run->W, 0, NULL);
}

static void rounded(const double *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
}

/* Training rows and their labels. */
static void draw_training(network_run *run, const assay_stream *stream) {
  random_source noise = random_open(stream, RANDOM_LABEL, 0);
  const fashion_problem *p = &run->population;
  colour_rows(&run->pool, run->r, run->kap, stream, RANDOM_DESIGN, 0, run->n, run->rows, run->label);
  random_normals(&noise, run->g, (size_t)run->n);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, run->n, p->dx, 1, run->rows, run->D, p->beta, 1, sqrt(p->noise),
              run->g, 1);
  rounded(run->rows, (size_t)run->n * (size_t)run->D, run->Z);
}

/* Weights of variance 1/D and 1/HIDDEN. */
static void draw_network(network_run *run, const assay_stream *stream) {
  random_source init = random_open(stream, RANDOM_INIT, 0);
  size_t D = (size_t)run->D;
  double *W = run->rows, *a = W + HIDDEN * D; /* [HIDDEN][D], [HIDDEN]: rows are room for more */
  random_normals(&init, W, HIDDEN * D), random_normals(&init, a, HIDDEN);
  for (size_t j = 0; j < HIDDEN; j++) {
    for (size_t i = 0; i < D; i++) run->W[i * HIDDEN + j] = (float)(W[j * D + i] / sqrt(run->D));
    run->a[j] = (float)(a[j] / sqrt(HIDDEN));
  }
}

/* Test rows, and those with the cores of the next row; the patch stays with its label, or (a mistake) comes
 * from the row after that. */
static void draw_test(network_run *run, const assay_stream *stream) {
  const fashion_problem *p = &run->population;
  size_t D = (size_t)run->D, dx = (size_t)p->dx;
  colour_rows(&run->pool, run->r, run->kap, stream, RANDOM_TEST, 0, TEST_ROWS, run->rows, run->label);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, TEST_ROWS, p->dx, 1, run->rows, run->D, p->beta, 1, 0, run->truth,
              1);
  rounded(run->rows, TEST_ROWS * D, run->test);
  for (size_t k = 0; k < TEST_ROWS; k++) {
    size_t core = (k + 1) % TEST_ROWS, patch = run->shuffled ? (k + 2) % TEST_ROWS : k;
    memcpy(run->other + k * D, run->test + core * D, dx * sizeof(float));
    memcpy(run->other + k * D + dx, run->test + patch * D + dx, (D - dx) * sizeof(float));
  }
}

enum { N_C, N_L, N_RECORDS };
static const assay_observable network_records[] = {
    {"C", NULL, "sample covariance of f([x~; y]) and x.theta over 4000 fresh draws", NULL, ASSAY_MEASURED, 0,
     0},
    {"L", NULL, "mean (f - x.theta)^2 over them, plus the noise variance", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

static void record_network(network_run *run, double *out) {
  double mf = 0, mg = 0, fg = 0, m = TEST_ROWS;
  forward(run, run->other, TEST_ROWS);
  for (int k = 0; k < TEST_ROWS; k++)
    mf += run->f[k] / m, mg += run->truth[k] / m, fg += run->f[k] * run->truth[k] / m;
  out[N_C] = (fg - mf * mg) * m / (m - 1);
  forward(run, run->test, TEST_ROWS);
  out[N_L] = run->population.noise;
  for (int k = 0; k < TEST_ROWS; k++)
    out[N_L] += (run->f[k] - run->truth[k]) * (run->f[k] - run->truth[k]) / m;
}

static assay_status replicate_network(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  network_run *run = state;
  (void)call;
  draw_training(run, stream);
  draw_network(run, stream);
  draw_test(run, stream);
  for (int step = 0;; step++) {
    for (int i = 0; i < run->readouts; i++)
      if ((int)run->step[i] == step) record_network(run, out + i * N_RECORDS);
    if (step == run->last) return ASSAY_OK;
    descend(run);
  }
}

static const assay_param network_params[] = {
    REAL("r", "correlation of colour and label", ASSAY_PAIRED, "[-1,1]", "0.8"),
    REAL("kap", "strength of the colour", ASSAY_PAIRED, "[0,1)", "0.5"),
    REAL("wd", "weight decay", ASSAY_PAIRED, "[0,inf)", "0.03"),
    {"n", NULL, "training samples", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL},
    {"step", NULL, "steps of gradient descent", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,100000]", NULL},
    {"test_y", NULL, "the patch that a test row keeps", ASSAY_WORD, ASSAY_SIM, "own|shuffled", NULL, "own"},
    {0}};

const assay_experiment spurious_features_colour_network = {
    .id = "spurious-features/colour-network",
    .doc =
        "A two-layer network trained by gradient descent, in single precision, on images of clothes with a "
        "coloured patch.",
    .params = network_params,
    .records = network_records,
    .block = 1,
    .open = open_network,
    .replicate = replicate_network,
    .close = close_network,
};
