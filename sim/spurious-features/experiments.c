#include "sim/spurious-features/experiments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "model/activation.h"
#include "model/spurious-features.h"
#include "sim/kernels/random.h"
#include "sim/kernels/ridge_path.h"

/* ---- the problem ---- */

/* clang-format off */
#define REAL(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_REAL, role, NULL, domain, preset}
#define MODEL(role) \
  {"model", NULL, "of the covariance", ASSAY_WORD, 0, "iso|twoblock|dct|negcore", NULL, "twoblock"}, \
  {"d", NULL, "core dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL}, \
  REAL("v", "iso: variance of y", role, "(0,inf)", "1"), REAL("rho", "iso, dct: correlation", 0, "(-1,1)", "0.5"), \
  REAL("v1", "twoblock: first variance", 0, "(0,inf)", "1.6"), REAL("v2", "second", 0, "(0,inf)", "0.4"), \
  REAL("r1", "twoblock: first correlation", 0, "(-1,1)", "0.5"), REAL("r2", "second", 0, "(-1,1)", "0.5"), \
  REAL("alpha", "dct: exponent of Sxx", 0, "[0,inf)", "0.3"), REAL("bet", "dct: exponent of Syy", 0, "[0,inf)", "0.7")
#define SAMPLES {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", NULL}
#define NOISE REAL("sigma2", "variance of the label noise", 0, "[0,inf)", "0.25")
/* clang-format on */

typedef struct {
  spurious_features_model model;
  int dx, dy, D, n;
  bool rademacher, pairs;
  double sigma;
  double *Sigma, *theta, *u, *root; /* [D][D], [dx], [D], [D][D] */
  double *S, *Z, *g;                /* [n][D], [n][D], [n] */
} problem;

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

static spurious_features_model read_model(const assay_call *call) {
  spurious_features_model m = {.d = (int)assay_integer(call, "d"),
                               .v = assay_real(call, "v"),
                               .rho = assay_real(call, "rho"),
                               .v1 = assay_real(call, "v1"),
                               .v2 = assay_real(call, "v2"),
                               .r1 = assay_real(call, "r1"),
                               .r2 = assay_real(call, "r2"),
                               .alpha = assay_real(call, "alpha"),
                               .bet = assay_real(call, "bet")};
  spurious_features_from_word(assay_word(call, "model"), &m.kind);
  return m;
}

/* A with A A' = Sigma: the Cholesky factor, or the symmetric root of Rademacher entries mixed by dct. */
static assay_status square_root(assay_call *call, problem *p) {
  size_t D = (size_t)p->D;
  memcpy(p->root, p->Sigma, D * D * sizeof *p->root);
  if (!p->rademacher || p->model.kind != SPURIOUS_FEATURES_DCT) {
    int code = LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', p->D, p->root, p->D);
    for (size_t i = 0; i < D; i++) memset(p->root + i * D + i + 1, 0, (D - i - 1) * sizeof *p->root);
    return code ? assay_fail(call, ASSAY_DOMAIN, "Sigma is not positive definite") : ASSAY_OK;
  }
  double *w = numbers(call, D), *scaled = numbers(call, D * D), *U = numbers(call, D * D);
  if (!w || !scaled || !U) return ASSAY_NO_MEMORY;
  memcpy(U, p->Sigma, D * D * sizeof *U);
  if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', p->D, U, p->D, w))
    return assay_fail(call, ASSAY_NUMERIC, "the eigenvalues of Sigma did not converge");
  for (size_t k = 0; k < D; k++)
    for (size_t i = 0; i < D; i++) scaled[k * D + i] = U[k * D + i] * sqrt(w[k]);
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, p->D, p->D, p->D, 1, scaled, p->D, U, p->D, 0, p->root,
              p->D);
  return ASSAY_OK;
}

static assay_status open_problem(assay_call *call, problem *p) {
  p->model = read_model(call);
  assay_status status = spurious_features_check(&p->model, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  spurious_features_sizes(&p->model, &p->dx, &p->dy);
  p->D = p->dx + p->dy, p->n = (int)assay_integer(call, "n"), p->sigma = sqrt(assay_real(call, "sigma2"));
  p->rademacher = assay_has_param(call, "entries") && !strcmp(assay_word(call, "entries"), "rademacher");
  p->pairs = p->model.kind == SPURIOUS_FEATURES_ISO || p->model.kind == SPURIOUS_FEATURES_TWOBLOCK;
  size_t D = (size_t)p->D, n = (size_t)p->n;
  p->Sigma = numbers(call, D * D), p->theta = numbers(call, D), p->u = numbers(call, D),
  p->root = numbers(call, D * D);
  p->S = numbers(call, n * D), p->Z = numbers(call, n * D), p->g = numbers(call, n);
  if (!p->Sigma || !p->theta || !p->u || !p->root || !p->S || !p->Z || !p->g) return ASSAY_NO_MEMORY;
  spurious_features_covariance(&p->model, p->Sigma, p->theta);
  for (int i = p->dx; i < p->D; i++) p->u[i] = cblas_ddot(p->dx, p->Sigma + (size_t)i * D, 1, p->theta, 1);
  return square_root(call, p);
}

/* rows of z from rows of s, in place where A couples pairs only. */
static void colour(const problem *p, const double *S, int rows, double *Z) {
  size_t D = (size_t)p->D, d = (size_t)p->dx;
  if (p->pairs) {
    for (size_t k = 0; k < (size_t)rows; k++)
      for (size_t i = 0; i < d; i++) {
        double s = S[k * D + i];
        Z[k * D + i] = s;
        Z[k * D + d + i] = p->root[(d + i) * D + i] * s + p->root[(d + i) * D + d + i] * S[k * D + d + i];
      }
    return;
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, p->D, p->D, 1, S, p->D, p->root, p->D, 0, Z,
              p->D);
}

static void draw_rows(const problem *p, random_source *source, int rows, double *S, double *Z) {
  if (p->rademacher)
    random_signs(source, S, (size_t)rows * (size_t)p->D);
  else
    random_normals(source, S, (size_t)rows * (size_t)p->D);
  colour(p, S, rows, Z);
}

static void draw(problem *p, const assay_stream *stream) {
  random_source design = random_open(stream, RANDOM_DESIGN, 0), label = random_open(stream, RANDOM_LABEL, 0);
  draw_rows(p, &design, p->n, p->S, p->Z);
  random_normals(&label, p->g, (size_t)p->n);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->dx, 1, p->Z, p->D, p->theta, 1, p->sigma, p->g, 1);
}

/* ---- ridge ---- */

typedef struct {
  problem p;
  ridge_path *path;
  const double *lambda;
  int readouts, triples;
  bool same_x, curvature;
  double *hat, *slope, *miss, *image, *fit, *work, *tests;
} ridge_run;

enum { R_TAU, R_C, R_L, R_TRAIN, R_DC, R_DL, R_SIMPLE, R_HARD, R_DEFINITION, R_CURVATURE, R_RECORDS };
static const assay_observable ridge_records[] = {
    {"tau", NULL, "n/tr (ZZ'/n + lambda)^{-1}", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"train", NULL, "training loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"dC_dlambda", NULL, "derivative of C", NULL, ASSAY_MEASURED, 0, 0},
    {"dL_dlambda", NULL, "derivative of L", NULL, ASSAY_MEASURED, 0, 0},
    {"C_simple", NULL, "C of the first half of the spurious coordinates", NULL, ASSAY_MEASURED, 0, 0},
    {"C_hard", NULL, "C of the second half", NULL, ASSAY_MEASURED, 0, 0},
    {"definition", NULL, "covariance over test triples less C; 0 without triples", NULL, ASSAY_MEASURED, 0,
     0},
    {"curvature", NULL, "mean of dL/dlambda over unit label noise; 0 unless asked for", NULL, ASSAY_MEASURED,
     0, 0},
    {0}};

static assay_status open_ridge(assay_call *call, void **state) {
  ridge_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = open_problem(call, &run->p);
  if (status != ASSAY_OK) return status;
  const problem *p = &run->p;
  run->lambda = assay_list(call, "lambda", &run->readouts);
  run->triples = (int)assay_integer(call, "triples");
  run->same_x = !strcmp(assay_word(call, "test_x"), "same");
  run->curvature = !strcmp(assay_word(call, "curvature"), "yes");
  if (run->curvature && p->n < p->D) run->curvature = false;
  size_t D = (size_t)p->D, n = (size_t)p->n;
  run->hat = numbers(call, D), run->slope = numbers(call, D), run->miss = numbers(call, D),
  run->image = numbers(call, D);
  run->fit = numbers(call, n), run->work = numbers(call, run->curvature ? D * D : 1);
  run->tests = numbers(call, run->triples ? 4 * (size_t)run->triples * D : 1);
  if (!run->hat || !run->slope || !run->miss || !run->image || !run->fit || !run->work || !run->tests)
    return ASSAY_NO_MEMORY;
  run->path = ridge_path_new(p->n, p->D, assay_call_error(call));
  return run->path ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_ridge(void *state) {
  if (state) ridge_path_free(((ridge_run *)state)->path);
}

/* Covariance of f([x~; y]) and g = x.theta over fresh triples; x~ is another draw's x, or x itself. */
static double by_definition(ridge_run *run, const assay_stream *stream) {
  const problem *p = &run->p;
  size_t T = (size_t)run->triples, D = (size_t)p->D;
  double *S = run->tests, *Z = S + T * D, *other = Z + T * D, mf = 0, mg = 0, fg = 0;
  random_source first = random_open(stream, RANDOM_TEST, 0), second = random_open(stream, RANDOM_TEST, 1);
  draw_rows(p, &first, run->triples, S, Z);
  draw_rows(p, &second, run->triples, S, other);
  const double *x = run->same_x ? Z : other;
  for (size_t t = 0; t < T; t++) {
    double f = cblas_ddot(p->dx, x + t * D, 1, run->hat, 1) +
               cblas_ddot(p->dy, Z + t * D + p->dx, 1, run->hat + p->dx, 1);
    double g = cblas_ddot(p->dx, Z + t * D, 1, p->theta, 1);
    mf += f / (double)T, mg += g / (double)T, fg += f * g / (double)T;
  }
  return (fg - mf * mg) * (double)T / ((double)T - 1);
}

static void record_ridge(ridge_run *run, double lambda, const assay_stream *stream, double *out) {
  const problem *p = &run->p;
  int half = p->dy / 2;
  if (lambda == 0) lambda = 1e-8;
  ridge_path_at(run->path, lambda, run->hat, run->slope);
  memcpy(run->miss, run->hat, (size_t)p->D * sizeof *run->miss);
  cblas_daxpy(p->dx, -1, p->theta, 1, run->miss, 1);
  cblas_dsymv(CblasRowMajor, CblasLower, p->D, 1, p->Sigma, p->D, run->miss, 1, 0, run->image, 1);
  memcpy(run->fit, p->g, (size_t)p->n * sizeof *run->fit);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->D, 1, p->Z, p->D, run->hat, 1, -1, run->fit, 1);
  out[R_TAU] = p->n / ridge_path_trace(run->path, lambda);
  out[R_C] = cblas_ddot(p->D, p->u, 1, run->hat, 1);
  out[R_L] = p->sigma * p->sigma + cblas_ddot(p->D, run->miss, 1, run->image, 1);
  out[R_TRAIN] = cblas_ddot(p->n, run->fit, 1, run->fit, 1) / p->n;
  out[R_DC] = cblas_ddot(p->D, p->u, 1, run->slope, 1);
  out[R_DL] = 2 * cblas_ddot(p->D, run->slope, 1, run->image, 1);
  out[R_SIMPLE] = cblas_ddot(half, p->u + p->dx, 1, run->hat + p->dx, 1);
  out[R_HARD] = out[R_C] - out[R_SIMPLE];
  out[R_DEFINITION] = run->triples ? by_definition(run, stream) - out[R_C] : 0;
  out[R_CURVATURE] =
      run->curvature ? -2. / p->n * ridge_path_cubed(run->path, p->Sigma, lambda, run->work) : 0;
}

static assay_status replicate_ridge(assay_call *call, void *state, const assay_stream *stream, double *out) {
  ridge_run *run = state;
  draw(&run->p, stream);
  assay_status status = ridge_path_fit(run->path, run->p.Z, run->p.g, assay_call_error(call));
  for (int i = 0; i < run->readouts && status == ASSAY_OK; i++)
    record_ridge(run, run->lambda[i], stream, out + i * R_RECORDS);
  return status;
}

static const assay_param ridge_params[] = {
    MODEL(ASSAY_PAIRED),
    SAMPLES,
    {"lambda", NULL, "ridge; 0: 1e-8", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", NULL},
    NOISE,
    {"entries", NULL, "law of the independent entries", ASSAY_WORD, ASSAY_SIM, "gaussian|rademacher", NULL,
     "gaussian"},
    {"triples", NULL, "test triples of the definition; 0: none", ASSAY_INTEGER, ASSAY_SIM, NULL,
     "[0,1000000]", "0"},
    {"test_x", NULL, "the core feature that f sees in a triple", ASSAY_WORD, ASSAY_SIM, "independent|same",
     NULL, "independent"},
    {"curvature", NULL, "record the curvature, n >= D", ASSAY_WORD, ASSAY_SIM, "no|yes", NULL, "no"},
    {0}};

const assay_experiment spurious_features_ridge_path = {
    .id = "spurious-features/ridge-path",
    .doc = "Ridge regression on core and spurious features, a whole path of ridges at once.",
    .params = ridge_params,
    .records = ridge_records,
    .block = 8,
    .open = open_ridge,
    .replicate = replicate_ridge,
    .close = close_ridge,
};

/* ---- random features and their kernels ---- */

typedef struct {
  problem p;
  activation act;
  int width, tests;
  double ell, lambda;
  ridge_path *path; /* kernel: the linear predictor beside it */
  double *V, *Phi, *gram, *a, *dual,
      *h; /* [width][D], [n][width], ..., [width] E phi'(s_j G) V_jy.Syx theta */
  double *S, *Z, *other, *T, *hat, *scale, *norm; /* [tests][D] ..., [tests][width] */
} feature_run;

static assay_status open_features(assay_call *call, void **state) {
  feature_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = open_problem(call, &run->p);
  if (status != ASSAY_OK) return status;
  activation_from_word(assay_word(call, "act"), &run->act);
  run->ell = assay_real(call, "ell"), run->tests = (int)assay_integer(call, "tests");
  if (run->ell == 0) run->ell = 1e-9;
  run->width = assay_has_param(call, "p") ? (int)assay_integer(call, "p") : 0;
  run->lambda = assay_has_param(call, "lambda_rf") ? assay_real(call, "lambda_rf") : 0;
  size_t D = (size_t)run->p.D, n = (size_t)run->p.n, w = (size_t)run->width, m = (size_t)run->tests,
         small = w && w < n ? w : n;
  run->V = numbers(call, w * D + 1), run->Phi = numbers(call, n * w + 1),
  run->gram = numbers(call, small * small);
  run->a = numbers(call, w + n + D), run->dual = numbers(call, n), run->h = numbers(call, w + 1);
  run->S = numbers(call, m * D), run->Z = numbers(call, m * D), run->other = numbers(call, m * D),
  run->hat = numbers(call, D);
  run->T = numbers(call, m * (w ? w : n)), run->scale = numbers(call, (w > m ? w : m) * D + 1),
  run->norm = numbers(call, n + 2 * m);
  if (!run->V || !run->Phi || !run->gram || !run->a || !run->dual || !run->h || !run->S || !run->Z ||
      !run->other || !run->hat || !run->T || !run->scale || !run->norm)
    return ASSAY_NO_MEMORY;
  if (!run->width) run->path = ridge_path_new(run->p.n, run->p.D, assay_call_error(call));
  return run->width || run->path ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_features(void *state) {
  if (state) ridge_path_free(((feature_run *)state)->path);
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

/* h_j = E phi'(s_j G) (V_jy . Syx theta)/sqrt p, s_j^2 = V_jx' Sxx V_jx + V_jy' Syy V_jy: C = sum a_j h_j
 * (Stein). */
static void stein(feature_run *run) {
  const problem *p = &run->p;
  size_t D = (size_t)p->D;
  double *image = run->scale;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, run->width, p->dx, p->dx, 1, run->V, p->D, p->Sigma,
              p->D, 0, image, p->D);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, run->width, p->dy, p->dy, 1, run->V + p->dx, p->D,
              p->Sigma + (size_t)p->dx * D + p->dx, p->D, 0, image + p->dx, p->D);
  for (int j = 0; j < run->width; j++) {
    const double *v = run->V + (size_t)j * D;
    double s2 = cblas_ddot(p->D, v, 1, image + (size_t)j * D, 1);
    run->h[j] = mean_slope(run->act, s2) * cblas_ddot(p->D, v, 1, p->u, 1) / sqrt(run->width);
  }
}

/* a = argmin |g - Phi a|^2 + ell |a|^2, by the Cholesky factor of the smaller matrix. */
static assay_status fit_features(feature_run *run, assay_error *error) {
  int n = run->p.n, w = run->width, small = w < n ? w : n;
  bool primal = w < n;
  cblas_dsyrk(CblasRowMajor, CblasLower, primal ? CblasTrans : CblasNoTrans, small, primal ? n : w, 1,
              run->Phi, w, 0, run->gram, small);
  for (int i = 0; i < small; i++) run->gram[(size_t)i * small + i] += run->ell;
  memcpy(run->dual, run->p.g, (size_t)n * sizeof *run->dual);
  if (primal) cblas_dgemv(CblasRowMajor, CblasTrans, n, w, 1, run->Phi, w, run->p.g, 1, 0, run->a, 1);
  int code = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', small, 1, run->gram, small, primal ? run->a : run->dual, 1);
  if (code)
    return assay_error_set(error, ASSAY_NUMERIC, "the feature Gram matrix of order %d is singular", small);
  if (!primal) cblas_dgemv(CblasRowMajor, CblasTrans, n, w, 1, run->Phi, w, run->dual, 1, 0, run->a, 1);
  return ASSAY_OK;
}

/* phi(Z V')/sqrt p, [rows][width]. */
static void features_of(const feature_run *run, const double *Z, int rows, double *out) {
  size_t size = (size_t)rows * (size_t)run->width;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, run->width, run->p.D, 1, Z, run->p.D, run->V,
              run->p.D, 0, out, run->width);
  activation_values(run->act, out, size, out);
  cblas_dscal((int)size, 1 / sqrt(run->width), out, 1);
}

static assay_status replicate_features(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  feature_run *run = state;
  const problem *p = &run->p;
  random_source weights = random_open(stream, RANDOM_MATRIX, 0), test = random_open(stream, RANDOM_TEST, 0);
  draw(&run->p, stream);
  random_normals(&weights, run->V, (size_t)run->width * (size_t)p->D);
  cblas_dscal(run->width * p->D, 1 / sqrt(p->D), run->V, 1);
  features_of(run, p->Z, p->n, run->Phi);
  assay_status status = fit_features(run, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  stein(run);
  out[0] = cblas_ddot(run->width, run->a, 1, run->h, 1);
  draw_rows(p, &test, run->tests, run->S, run->Z);
  features_of(run, run->Z, run->tests, run->T);
  out[1] = p->sigma * p->sigma;
  for (int t = 0; t < run->tests; t++) {
    double miss = cblas_ddot(run->width, run->T + (size_t)t * run->width, 1, run->a, 1) -
                  cblas_ddot(p->dx, run->Z + (size_t)t * p->D, 1, p->theta, 1);
    out[1] += miss * miss / run->tests;
  }
  return ASSAY_OK;
}

/* The kernel of infinitely many features: K [a][b] of rows A [a][D] and B [b][D]. */
static void kernel_of(const feature_run *run, const double *A, int a, const double *B, int b, double *K) {
  int D = run->p.D;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, a, b, D, 1. / D, A, D, B, D, 0, K, b);
  for (int i = 0; i < a; i++) {
    double s = cblas_ddot(D, A + (size_t)i * D, 1, A + (size_t)i * D, 1) / D;
    for (int j = 0; j < b; j++) {
      double t = run->norm[j], *k = K + (size_t)i * b + j, r;
      if (run->act == ACTIVATION_ERF) {
        *k = 2 / M_PI * asin(2 * *k / sqrt((1 + 2 * s) * (1 + 2 * t)));
      } else {
        r = fmin(fmax(*k / sqrt(s * t), -1), 1);
        *k = sqrt(s * t) / (2 * M_PI) * (sqrt((1 - r) * (1 + r)) + r * (M_PI - acos(r)));
      }
    }
  }
}

static assay_status fit_kernel(feature_run *run, assay_error *error) {
  const problem *p = &run->p;
  for (int j = 0; j < p->n; j++)
    run->norm[j] = cblas_ddot(p->D, p->Z + (size_t)j * p->D, 1, p->Z + (size_t)j * p->D, 1) / p->D;
  kernel_of(run, p->Z, p->n, p->Z, p->n, run->gram);
  for (int i = 0; i < p->n; i++) run->gram[(size_t)i * p->n + i] += run->ell;
  memcpy(run->dual, p->g, (size_t)p->n * sizeof *run->dual);
  if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', p->n, 1, run->gram, p->n, run->dual, 1))
    return assay_error_set(error, ASSAY_NUMERIC, "the kernel matrix of %d samples is singular", p->n);
  return ridge_path_fit(run->path, p->Z, p->g, error);
}

/* Sums over the test rows of f, g, f g and (f - g)^2 of the kernel's and the linear predictor; rows hold x~
 * and y. */
static void correlate(feature_run *run, const double *rows, const double *truth, double *cov, double *loss) {
  const problem *p = &run->p;
  int m = run->tests;
  kernel_of(run, rows, m, p->Z, p->n, run->T);
  double f = 0, l = 0, g = 0, fg = 0, lg = 0, ff = 0, ll = 0;
  for (int t = 0; t < m; t++) {
    double a = cblas_ddot(p->n, run->T + (size_t)t * p->n, 1, run->dual, 1),
           b = cblas_ddot(p->D, rows + (size_t)t * p->D, 1, run->hat, 1);
    double y = cblas_ddot(p->dx, truth + (size_t)t * p->D, 1, p->theta, 1);
    f += a / m, l += b / m, g += y / m, fg += a * y / m, lg += b * y / m, ff += (a - y) * (a - y) / m,
        ll += (b - y) * (b - y) / m;
  }
  *cov = (fg - f * g - (lg - l * g)) * m / (m - 1.);
  *loss = ff - ll;
}

/* C and L of the kernel: their difference to the linear predictor's on test rows, plus the latter's exact
 * values. */
static assay_status replicate_kernel(assay_call *call, void *state, const assay_stream *stream, double *out) {
  feature_run *run = state;
  const problem *p = &run->p;
  random_source first = random_open(stream, RANDOM_TEST, 0), second = random_open(stream, RANDOM_TEST, 1);
  double unused, *miss = run->scale, *image = run->a;
  draw(&run->p, stream);
  assay_status status = fit_kernel(run, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ridge_path_at(run->path, run->lambda, run->hat, NULL);
  draw_rows(p, &first, run->tests, run->S, run->Z);
  draw_rows(p, &second, run->tests, run->S, run->other);
  correlate(run, run->Z, run->Z, &unused, &out[1]);
  for (int t = 0; t < run->tests; t++) /* [x~; y] */
    memcpy(run->other + (size_t)t * p->D + p->dx, run->Z + (size_t)t * p->D + p->dx,
           (size_t)p->dy * sizeof(double));
  correlate(run, run->other, run->Z, &out[0], &unused);
  memcpy(miss, run->hat, (size_t)p->D * sizeof *miss);
  cblas_daxpy(p->dx, -1, p->theta, 1, miss, 1);
  cblas_dsymv(CblasRowMajor, CblasLower, p->D, 1, p->Sigma, p->D, miss, 1, 0, image, 1);
  out[0] += cblas_ddot(p->D, p->u, 1, run->hat, 1);
  out[1] += p->sigma * p->sigma + cblas_ddot(p->D, miss, 1, image, 1);
  return ASSAY_OK;
}

#define PENALTY REAL("ell", "penalty; 0: 1e-9", 0, "[0,inf)", "0")
#define TESTS(preset)                                                                                        \
  { "tests", NULL, "test rows", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,1000000]", preset }
static const assay_param feature_params[] = {
    MODEL(0),
    SAMPLES,
    {"p", NULL, "features", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", NULL},
    {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu|tanh|he3", NULL, "erf"},
    PENALTY,
    NOISE,
    TESTS("200"),
    {0}};
static const assay_param kernel_params[] = {
    MODEL(0),
    SAMPLES,
    {"act", NULL, "activation", ASSAY_WORD, 0, "erf|relu", NULL, "erf"},
    PENALTY,
    NOISE,
    REAL("lambda_rf", "ridge of the linear predictor beside it", ASSAY_SIM, "(0,inf)", NULL),
    TESTS("1000"),
    {0}};
static const assay_observable feature_records[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment spurious_features_feature_regression = {
    .id = "spurious-features/feature-regression",
    .doc = "Ridge regression on p random features.",
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
    .open = open_features,
    .replicate = replicate_kernel,
    .close = close_features,
};
