/* Random features and their kernels. */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/least_squares.h"
#include "sim/spurious-features/experiments.h"
#include "sim/spurious-features/problem.h"

enum { ROWS = 4096, TESTS = 256 }; /* rows of V, and of test data, that are held at once */

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

typedef struct {
  problem p;
  activation act;
  int width, rows, tests; /* rows: of V */
  double ell, lambda;
  double *hat, *miss, *image; /* [D]: the linear predictor beside the features */
  double *V, *Phi, *a, *h;    /* [rows][D], [n][width], [width], [width]: C = sum a_j h_j */
  double *gram, *dual, *norm; /* kernel: [n][n], [n], [n] |z|^2/D; erf: (1 + 2 |z|^2/D)^{-1/2} */
  double *first, *second, *T; /* test rows [TESTS][D] twice, their features [TESTS][width or n] */
} feature_run;

enum { F_C, F_L, F_C_EXCESS, F_L_EXCESS };
static const assay_observable feature_records[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"C_excess", NULL, "C less that of ridge regression on the same data at lambda_rf", NULL, ASSAY_MEASURED,
     0, 0},
    {"L_excess", NULL, "L less that of ridge regression on the same data at lambda_rf", NULL, ASSAY_MEASURED,
     0, 0},
    {0}};

static assay_status open_common(assay_call *call, feature_run *run, int features) {
  assay_status status = problem_open(call, &run->p);
  if (status != ASSAY_OK) return status;
  size_t D = (size_t)run->p.D;
  activation_from_word(assay_word(call, "act"), &run->act);
  run->ell = assay_real(call, "ell"), run->tests = (int)assay_integer(call, "tests");
  if (run->ell == 0) run->ell = 1e-9;
  run->lambda = assay_real(call, "lambda_rf");
  run->hat = numbers(call, D), run->miss = numbers(call, D), run->image = numbers(call, D);
  run->first = numbers(call, TESTS * D), run->second = numbers(call, TESTS * D),
  run->T = numbers(call, TESTS * (size_t)features);
  return run->hat && run->miss && run->image && run->first && run->second && run->T ? ASSAY_OK
                                                                                    : ASSAY_NO_MEMORY;
}

static void close_features(void *state) {
  if (state) problem_close(&((feature_run *)state)->p);
}

/* Ridge regression at lambda_rf on the same data: its C and L, exactly. */
static assay_status fit_linear(feature_run *run, double *C, double *L, assay_error *error) {
  problem *p = &run->p;
  assay_status status = ridge_regression(p->n, p->D, p->Z, p->g, p->n * run->lambda, run->hat, error);
  if (status != ASSAY_OK) return status;
  *C = cblas_ddot(p->D, p->u, 1, run->hat, 1);
  *L = problem_loss(p, run->hat, run->miss, run->image);
  return ASSAY_OK;
}

/* ---- a finite number of features ---- */

static assay_status open_features(assay_call *call, void **state) {
  feature_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->width = (int)assay_integer(call, "p"), run->rows = run->width < ROWS ? run->width : ROWS;
  assay_status status = open_common(call, run, run->width);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)run->p.n, w = (size_t)run->width;
  run->V = numbers(call, (size_t)run->rows * (size_t)run->p.D), run->Phi = numbers(call, n * w);
  run->a = numbers(call, w), run->h = numbers(call, w);
  return run->V && run->Phi && run->a && run->h ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* E phi'(s G). */
static double mean_slope(activation act, double s2) {
  if (act == ACTIVATION_ERF) return 2 / sqrt(M_PI * (1 + 2 * s2));
  if (act == ACTIVATION_RELU) return 0.5;
  if (act == ACTIVATION_HE3) return 1 + 1.2 / sqrt(6) * (s2 - 1);
  double sum = 0, s = sqrt(s2);
  for (double x = -9; x <= 9; x += 0.125) sum += exp(-x * x / 2) * activation_slope(act, s * x);
  return sum * 0.125 / sqrt(2 * M_PI);
}

/* Rows first..first+rows of V, N(0, 1/D). */
static void draw_weights(feature_run *run, const assay_stream *stream, int first, int rows) {
  random_source source = random_open(stream, RANDOM_MATRIX, 0);
  size_t D = (size_t)run->p.D;
  random_seek(&source, (uint64_t)first * D);
  random_normals(&source, run->V, (size_t)rows * D);
  cblas_dscal(rows * run->p.D, 1 / sqrt(run->p.D), run->V, 1);
}

/* phi(Z V') for `count` rows of V from `first` on, into columns of out [rows][width]. The features are these
 * over sqrt p; the penalty and h carry the factor. */
static void features_of(const feature_run *run, const double *Z, int rows, int first, int count,
                        double *out) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, count, run->p.D, 1, Z, run->p.D, run->V,
              run->p.D, 0, out + first, run->width);
  for (int i = 0; i < rows; i++) {
    double *row = out + (size_t)i * run->width + first;
    elementary_activation(run->act, row, (size_t)count, row);
  }
}

/* h_j = E phi'(s_j G) (V_jy . Syx theta), s_j^2 = V_jx' Sxx V_jx + V_jy' Syy V_jy: C = sum a_j h_j
 * (Stein). Sxx and Syy are diagonal. */
static void stein(feature_run *run, int first, int rows) {
  const problem *p = &run->p;
  for (int j = 0; j < rows; j++) {
    const double *v = run->V + (size_t)j * p->D;
    double s2 = 0;
    for (int i = 0; i < p->D; i++) s2 += p->variances[i] * v[i] * v[i];
    run->h[first + j] = mean_slope(run->act, s2) * cblas_ddot(p->D, v, 1, p->u, 1);
  }
}

/* L less that of the linear predictor, over the test rows. All features of a block of rows need all of V,
 * which is drawn anew where it is not held. */
static double loss_excess(feature_run *run, const assay_stream *stream) {
  const problem *p = &run->p;
  random_source test = random_open(stream, RANDOM_TEST, 0);
  double sum = 0;
  for (int at = 0; at < run->tests; at += TESTS) {
    int rows = run->tests - at < TESTS ? run->tests - at : TESTS;
    problem_rows(p, &test, rows, run->first);
    for (int first = 0; first < run->width; first += run->rows) {
      int count = run->width - first < run->rows ? run->width - first : run->rows;
      if (run->rows < run->width) draw_weights(run, stream, first, count);
      features_of(run, run->first, rows, first, count, run->T);
    }
    for (int t = 0; t < rows; t++) {
      const double *z = run->first + (size_t)t * p->D;
      double f = cblas_ddot(run->width, run->T + (size_t)t * run->width, 1, run->a, 1),
             g = cblas_ddot(p->dx, z, 1, p->theta, 1);
      double l = cblas_ddot(p->D, z, 1, run->hat, 1);
      sum += ((f - g) * (f - g) - (l - g) * (l - g)) / run->tests;
    }
  }
  return sum;
}

static assay_status replicate_features(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  feature_run *run = state;
  problem *p = &run->p;
  double C, L;
  problem_draw(p, stream);
  for (int first = 0; first < run->width; first += run->rows) {
    int count = run->width - first < run->rows ? run->width - first : run->rows;
    draw_weights(run, stream, first, count);
    features_of(run, p->Z, p->n, first, count, run->Phi);
    stein(run, first, count);
  }
  assay_status status = ridge_regression(p->n, run->width, run->Phi, p->g, run->ell * run->width, run->a,
                                         assay_call_error(call));
  if (status == ASSAY_OK) status = fit_linear(run, &C, &L, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[F_C] = cblas_ddot(run->width, run->a, 1, run->h, 1);
  out[F_C_EXCESS] = out[F_C] - C;
  out[F_L_EXCESS] = loss_excess(run, stream), out[F_L] = L + out[F_L_EXCESS];
  return ASSAY_OK;
}

/* ---- the kernel of infinitely many ---- */

static assay_status open_kernel(assay_call *call, void **state) {
  feature_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  size_t n = (size_t)assay_integer(call, "n");
  assay_status status = open_common(call, run, (int)n);
  if (status != ASSAY_OK) return status;
  run->gram = numbers(call, n * n), run->dual = numbers(call, n), run->norm = numbers(call, n);
  return run->gram && run->dual && run->norm ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* What E phi(v.z) phi(v.w) over v of N(0, 1/D) entries takes of |z|^2/D: its value, of erf (1 + 2 .)^{-1/2}.
 */
static double kernel_norm(const feature_run *run, const double *z) {
  double s = cblas_ddot(run->p.D, z, 1, z, 1) / run->p.D;
  return run->act == ACTIVATION_ERF ? 1 / sqrt(1 + 2 * s) : s;
}

/* row: r = z.w/D of one z and `count` rows w becomes E phi(v.z) phi(v.w), from s of z and t of each w. */
static void kernel_row(activation act, double s, const double *t, int count, double *row) {
  if (act == ACTIVATION_ERF) {
    for (int j = 0; j < count; j++) row[j] *= 2 * s * t[j];
    elementary_asin(row, (size_t)count, row);
    cblas_dscal(count, M_2_PI, row, 1);
  } else if (act == ACTIVATION_HE3) { /* phi(x) = x + c (x^3 - 3x): moments of two normals */
    double c = 0.4 / sqrt(6), linear = 1 - 3 * c;
    for (int j = 0; j < count; j++) {
      double r = row[j];
      row[j] =
          linear * linear * r + 3 * c * linear * r * (s + t[j]) + c * c * (9 * r * s * t[j] + 6 * r * r * r);
    }
  } else {
    for (int j = 0; j < count; j++) row[j] /= sqrt(s * t[j]);
    elementary_relu_kernel(row, (size_t)count, row);
    for (int j = 0; j < count; j++) row[j] *= sqrt(s * t[j]);
  }
}

/* K [rows][n] of rows of A [rows][D] and the training rows. */
static void kernel_of(const feature_run *run, const double *A, int rows, double *K) {
  int D = run->p.D, n = run->p.n;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, n, D, 1. / D, A, D, run->p.Z, D, 0, K, n);
  for (int i = 0; i < rows; i++)
    kernel_row(run->act, kernel_norm(run, A + (size_t)i * D), run->norm, n, K + (size_t)i * n);
}

/* The lower triangle of K of the training rows among themselves. */
static void training_kernel(feature_run *run) {
  const problem *p = &run->p;
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, p->n, p->D, 1. / p->D, p->Z, p->D, 0, run->gram, p->n);
  for (int i = 0; i < p->n; i++) run->norm[i] = kernel_norm(run, p->Z + (size_t)i * p->D);
  for (int i = 0; i < p->n; i++)
    kernel_row(run->act, run->norm[i], run->norm, i + 1, run->gram + (size_t)i * p->n);
}

static assay_status fit_kernel(feature_run *run, assay_error *error) {
  const problem *p = &run->p;
  training_kernel(run);
  for (int i = 0; i < p->n; i++) run->gram[(size_t)i * p->n + i] += run->ell;
  memcpy(run->dual, p->g, (size_t)p->n * sizeof *run->dual);
  /* Symmetric: row-major lower is column-major upper, without a copy. */
  if (LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'U', p->n, 1, run->gram, p->n, run->dual, p->n))
    return assay_error_set(error, ASSAY_NUMERIC, "the kernel matrix of %d samples is singular", p->n);
  return ASSAY_OK;
}

/* Sums over test rows of what a covariance and a loss need, for the kernel's and the linear predictor. */
typedef struct {
  double f, l, g, fg, lg, miss;
} sums;

static void add_tests(feature_run *run, int rows, sums *s) {
  const problem *p = &run->p;
  double m = run->tests;
  kernel_of(run, run->first, rows, run->T);
  for (int t = 0; t < rows; t++) {
    const double *z = run->first + (size_t)t * p->D;
    double f = cblas_ddot(p->n, run->T + (size_t)t * p->n, 1, run->dual, 1),
           l = cblas_ddot(p->D, z, 1, run->hat, 1);
    double g = cblas_ddot(p->dx, z, 1, p->theta, 1);
    s->miss += ((f - g) * (f - g) - (l - g) * (l - g)) / m;
  }
  /* [x~; y]: the core of the other row. */
  for (size_t t = 0; t < (size_t)rows; t++) {
    size_t y = t * (size_t)p->D + (size_t)p->dx;
    memcpy(run->second + y, run->first + y, (size_t)p->dy * sizeof(double));
  }
  kernel_of(run, run->second, rows, run->T);
  for (int t = 0; t < rows; t++) {
    double f = cblas_ddot(p->n, run->T + (size_t)t * p->n, 1, run->dual, 1);
    double l = cblas_ddot(p->D, run->second + (size_t)t * p->D, 1, run->hat, 1);
    double g = cblas_ddot(p->dx, run->first + (size_t)t * p->D, 1, p->theta, 1);
    s->f += f / m, s->l += l / m, s->g += g / m, s->fg += f * g / m, s->lg += l * g / m;
  }
}

/* C and L of the kernel: their difference to the linear predictor's on test rows, plus the latter's exact
 * values. */
static assay_status replicate_kernel(assay_call *call, void *state, const assay_stream *stream, double *out) {
  feature_run *run = state;
  const problem *p = &run->p;
  random_source first = random_open(stream, RANDOM_TEST, 0), second = random_open(stream, RANDOM_TEST, 1);
  double C, L;
  sums s = {0};
  problem_draw(&run->p, stream);
  assay_status status = fit_kernel(run, assay_call_error(call));
  if (status == ASSAY_OK) status = fit_linear(run, &C, &L, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int at = 0; at < run->tests; at += TESTS) {
    int rows = run->tests - at < TESTS ? run->tests - at : TESTS;
    problem_rows(p, &first, rows, run->first);
    problem_rows(p, &second, rows, run->second);
    add_tests(run, rows, &s);
  }
  out[F_C_EXCESS] = (s.fg - s.f * s.g - (s.lg - s.l * s.g)) * run->tests / (run->tests - 1.);
  out[F_L_EXCESS] = s.miss;
  out[F_C] = C + out[F_C_EXCESS], out[F_L] = L + out[F_L_EXCESS];
  return ASSAY_OK;
}

#define PENALTY SPURIOUS_REAL("ell", "penalty; 0: 1e-9", 0, "[0,inf)", "0")
#define BESIDE                                                                                               \
  SPURIOUS_REAL("lambda_rf", "ridge of the linear predictor beside it", ASSAY_SIM, "(0,inf)", NULL)
#define TEST_ROWS(preset)                                                                                    \
  { "tests", NULL, "test rows", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,1000000]", preset }
static const assay_param feature_params[] = {
    SPURIOUS_MODEL(0),
    SPURIOUS_SAMPLES,
    {"p", NULL, "features", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", NULL},
    {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu|tanh|he3", NULL, "erf"},
    PENALTY,
    SPURIOUS_NOISE,
    BESIDE,
    TEST_ROWS("200"),
    {0}};
static const assay_param kernel_params[] = {
    SPURIOUS_MODEL(0),
    SPURIOUS_SAMPLES,
    {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu|he3", NULL, "erf"},
    PENALTY,
    SPURIOUS_NOISE,
    BESIDE,
    TEST_ROWS("1000"),
    {0}};

const assay_experiment spurious_features_feature_regression = {
    .id = "spurious-features/feature-regression",
    .doc = "Ridge regression on p random features, beside ridge regression on the data.",
    .params = feature_params,
    .records = feature_records,
    .block = 4,
    .open = open_features,
    .replicate = replicate_features,
    .close = close_features,
};

const assay_experiment spurious_features_kernel_regression = {
    .id = "spurious-features/kernel-regression",
    .doc =
        "Kernel regression, the limit of many random features, with the linear predictor as control variate.",
    .params = kernel_params,
    .records = feature_records,
    .block = 4,
    .open = open_kernel,
    .replicate = replicate_kernel,
    .close = close_features,
};
