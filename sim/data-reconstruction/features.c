/* Kernels, fits of labels, and residuals outside the span of the samples. */
#include "sim/data-reconstruction/experiments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/data-reconstruction/room.h"
#include "sim/kernels/elementary.h"

/* Squared residual of y [p] on the columns of A [p][n], both overwritten; *failed: A has not full rank. */
static double residual_of(double *A, int p, int n, double *y, bool *failed) {
  *failed = LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', p, n, 1, A, n, y, 1) != 0;
  double sum = 0;
  for (int i = n; i < p; i++) sum += y[i] * y[i];
  return sum;
}

/* ---- products of features ---- */

static assay_status open_products(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->rho = assay_real(call, "rho");
  return room_give(call, k, (size_t)k->p, (size_t)k->p, 0, 0, 0, 0, 0);
}

static assay_status replicate_products(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  (void)call;
  room *k = state;
  random_source first = random_open(stream, RANDOM_MATRIX, 0), second = random_open(stream, RANDOM_MATRIX, 1);
  double other = sqrt((1 - k->rho) * (1 + k->rho));
  random_normals(&first, k->A, (size_t)k->p), random_normals(&second, k->B, (size_t)k->p);
  for (int j = 0; j < k->p; j++) k->B[j] = k->rho * k->A[j] + other * k->B[j];
  elementary_activation(k->act, k->A, (size_t)k->p, k->A);
  elementary_activation(k->act, k->B, (size_t)k->p, k->B);
  out[0] = cblas_ddot(k->p, k->A, 1, k->B, 1) / k->p;
  return ASSAY_OK;
}

static const assay_param product_params[] = {
    ACT, {"rho", NULL, "overlap of the two samples", ASSAY_REAL, 0, NULL, "[-1,1]", NULL}, FEATURES, {0}};
static const assay_observable product_records[] = {{"k", NULL, "phi(x).phi(y)/p", NULL, ASSAY_MEASURED, 0, 0},
                                                   {0}};
const assay_experiment data_reconstruction_feature_products = {.id = "data-reconstruction/feature-products",
                                                               .doc = "The product of two samples' features.",
                                                               .params = product_params,
                                                               .records = product_records,
                                                               .block = 16,
                                                               .open = open_products,
                                                               .replicate = replicate_products};

/* ---- fitting labels ---- */

static assay_status open_label(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, most = n > p ? n : p;
  return room_give(call, k, n * d, p * d, n * p, most, n, most, n * p);
}

/* Labels are normal: the fraction is then Beta. */
static assay_status replicate_label(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  int rank;
  room_draw_samples(stream, k->n, k->d, k->A), room_draw_weights(stream, k->p, k->d, k->B);
  random_normals(&label, k->y, (size_t)k->n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k->n, k->p, k->d, 1, k->A, k->d, k->B, k->d, 0, k->K,
              k->p);
  elementary_activation(k->act, k->K, (size_t)k->n * (size_t)k->p, k->K);
  memcpy(k->x, k->y, (size_t)k->n * sizeof *k->x);
  /* theta by SVD, then the residual from fresh features. */
  double *s = k->w, *Phi = k->work;
  memcpy(Phi, k->K, (size_t)k->n * (size_t)k->p * sizeof *Phi);
  if (LAPACKE_dgelsd(LAPACK_ROW_MAJOR, k->n, k->p, 1, k->K, k->p, k->x, 1, s, 1e-10, &rank))
    return assay_fail(call, ASSAY_NUMERIC, "the singular values of the features did not converge");
  double size = cblas_ddot(k->n, k->y, 1, k->y, 1);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->n, k->p, -1, Phi, k->p, k->x, 1, 1, k->y, 1);
  out[0] = cblas_ddot(k->n, k->y, 1, k->y, 1) / size;
  return ASSAY_OK;
}

static const assay_param label_params[] = {ACT, DIMENSION(0), SAMPLES, FEATURES, {0}};
static const assay_observable label_records[] = {
    {"residual_fraction", NULL, "||Y - Phi theta||^2/||Y||^2", NULL, ASSAY_MEASURED, 0, 1}, {0}};
const assay_experiment data_reconstruction_label_fit = {.id = "data-reconstruction/label-fit",
                                                        .doc = "The least-norm fit of random labels.",
                                                        .params = label_params,
                                                        .records = label_records,
                                                        .block = 16,
                                                        .open = open_label,
                                                        .replicate = replicate_label};

/* ---- residual of a sample with given overlaps ---- */

static assay_status open_residual(assay_call *call, void **state) {
  room *k;
  int m;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->G = assay_list(call, "G", &m), k->g = assay_list(call, "g", &k->n);
  if (m != k->n * k->n)
    return assay_fail(call, ASSAY_DOMAIN, "G has %d elements and g %d; G is n x n", m, k->n);
  size_t n = (size_t)k->n, p = (size_t)k->p;
  status = room_give(call, k, p * (n + 1), p * n, (n + 1) * (n + 1), p, 0, 0, 0);
  for (size_t i = 0; status == ASSAY_OK && i <= n; i++)
    for (size_t j = 0; j <= n; j++)
      k->K[i * (n + 1) + j] = i == n && j == n ? 1 : i == n ? k->g[j] : j == n ? k->g[i] : k->G[i * n + j];
  if (status == ASSAY_OK && LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', k->n + 1, k->K, k->n + 1))
    return assay_fail(call, ASSAY_DOMAIN, "the overlaps are not positive definite");
  return status;
}

static assay_status replicate_residual(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  room *k = state;
  random_source source = random_open(stream, RANDOM_MATRIX, 0);
  int n = k->n, m = n + 1;
  bool failed;
  random_normals(&source, k->A, (size_t)k->p * (size_t)m);
  for (int j = 0; j < k->p; j++)
    for (int i = 0; i <= n; i++) {
      double z = cblas_ddot(i + 1, k->K + (size_t)i * m, 1, k->A + (size_t)j * m, 1),
             f = activation_value(k->act, z);
      if (i < n)
        k->B[(size_t)j * n + i] = f;
      else
        k->x[j] = f;
    }
  out[0] = residual_of(k->B, k->p, n, k->x, &failed) / (k->p - n);
  return failed ? assay_fail(call, ASSAY_NUMERIC, "the features of the samples are linearly dependent")
                : ASSAY_OK;
}

#define OVERLAPS                                                                                             \
  {"G", NULL, "overlaps of the samples, row by row", ASSAY_REALS, 0, NULL, "[-1,1]", NULL}, {                \
    "g", NULL, "their overlaps with the candidate", ASSAY_REALS, 0, NULL, "[-1,1]", NULL                     \
  }
static const assay_param residual_params[] = {ACT, OVERLAPS, FEATURES, {0}};
static const assay_observable residual_records[] = {
    {"schur", NULL, "residual over p - n", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};
const assay_experiment data_reconstruction_residual = {
    .id = "data-reconstruction/residual",
    .doc = "The residual of a candidate with given overlaps outside the span of the samples.",
    .params = residual_params,
    .records = residual_records,
    .block = 8,
    .open = open_residual,
    .replicate = replicate_residual};

/* ---- the span of many samples at p = inf ---- */

/* k(rho) of the numbers x [count], in place; |rho| above 1 by rounding is 1. */
static void kernels(activation act, double *x, size_t count) {
  double scaled[64], relu[64];
  for (size_t part; count && act != ACTIVATION_RELU; x += part, count -= part) {
    part = count < 64 ? count : 64;
    for (size_t i = 0; i < part; i++) scaled[i] = 2. / 3 * x[i];
    elementary_asin(scaled, part, scaled);
    if (act == ACTIVATION_RELU_ERF) elementary_relu_kernel(x, part, relu);
    for (size_t i = 0; i < part; i++)
      x[i] = M_2_PI * scaled[i] + (act == ACTIVATION_RELU_ERF ? relu[i] + 2 / sqrt(3 * M_PI) * x[i] : 0);
  }
  elementary_relu_kernel(x, count, x);
}
static double kernel(activation act, double rho) {
  kernels(act, &rho, 1);
  return rho;
}
/* k(1) = E phi^2. */
static double feature_square(activation act) {
  if (act == ACTIVATION_ABS) return 1;
  return act == ACTIVATION_TANH ? 0.39429449039784 : kernel(act, 1);
}
static double kernel_slope(activation act, double rho) {
  double r = fmin(fmax(rho, -1), 1), k = 0;
  if (act == ACTIVATION_RELU || act == ACTIVATION_RELU_ERF) k += (M_PI - acos(r)) / (2 * M_PI);
  if (act == ACTIVATION_ERF || act == ACTIVATION_RELU_ERF) k += 4 / (3 * M_PI) / sqrt(1 - 4 * r * r / 9);
  return act == ACTIVATION_RELU_ERF ? k + 2 / sqrt(3 * M_PI) : k;
}

static assay_status open_span(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->t = assay_list(call, "t", &k->count);
  k->perturbed = !strcmp(assay_word(call, "also"), "kappa");
  k->fresh = !strcmp(assay_word(call, "also"), "fresh_gap");
  size_t n = (size_t)k->n, d = (size_t)k->d;
  return room_give(call, k, n * d, n * d, n * n, n * n, n * n, n * n, n * n);
}

/* The samples in A, and for each a direction u in B: orthogonal to it, of length 1, otherwise uniform. */
static void draw_directions(room *k, const assay_stream *stream) {
  int n = k->n, d = k->d;
  random_source direction = random_open(stream, RANDOM_PERTURBATION, 0);
  room_draw_samples(stream, n, d, k->A);
  random_normals(&direction, k->B, (size_t)n * (size_t)d);
  for (int i = 0; i < n; i++) {
    double *u = k->B + (size_t)i * d;
    cblas_daxpy(d, -cblas_ddot(d, u, 1, k->A + (size_t)i * d, 1) / d, k->A + (size_t)i * d, 1, u, 1);
    cblas_dscal(d, 1 / cblas_dnrm2(d, u, 1), u, 1);
  }
}

/* The mean over base points of (one - x_i' K^{-1} x_i)/k(1), x_i the rows of rhs, which is overwritten. K is
 * factored. */
static double mean_residual(room *k, double *rhs, double one) {
  int n = k->n;
  /* L^{-1} x_i for every row: rhs' = L^{-1} rhs'. */
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, n, 1, k->K, n, rhs, n);
  return (one - cblas_ddot(n * n, rhs, 1, rhs, 1) / n) / kernel(k->act, 1);
}

/* The residual at angle t, mean over the samples. K is factored, x and y are the overlaps with the samples of
 * the samples and of the directions. */
static double residual_at(room *k, double t) {
  int n = k->n;
  double c = cos(t), s = sin(t);
  for (int i = 0; i < n * n; i++) k->w[i] = c * k->x[i] + s * k->y[i];
  for (int i = 0; i < n; i++) k->w[(size_t)i * n + i] = c;
  kernels(k->act, k->w, (size_t)n * (size_t)n);
  return mean_residual(k, k->w, kernel(k->act, 1));
}

static double tangent_residual(room *k) {
  int n = k->n;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      size_t at = (size_t)i * n + j;
      k->w[at] = i == j ? 0 : kernel_slope(k->act, k->x[at]) * k->y[at];
    }
  return mean_residual(k, k->w, kernel_slope(k->act, 1));
}

static assay_status replicate_span(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, d = k->d;
  draw_directions(k, stream);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, d, 1. / d, k->A, d, k->A, d, 0, k->x, n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, d, 1 / sqrt(d), k->B, d, k->A, d, 0, k->y, n);
  memcpy(k->K, k->x, (size_t)n * (size_t)n * sizeof *k->K);
  kernels(k->act, k->K, (size_t)n * (size_t)n);
  for (int i = 0; i < n; i++) k->K[(size_t)i * n + i] = kernel(k->act, 1);
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', n, k->K, n))
    return assay_fail(call, ASSAY_NUMERIC, "the kernel matrix is singular");
  double kappa = k->perturbed ? tangent_residual(k) : 0, fresh = k->fresh ? residual_at(k, M_PI / 2) : 0;
  for (int q = 0; q < k->count; q++) {
    double *record = out + 3 * q;
    record[0] = residual_at(k, k->t[q]), record[1] = kappa;
    record[2] = k->fresh ? fresh - record[0] : 0;
  }
  return ASSAY_OK;
}

#define ANGLE                                                                                                \
  { "t", NULL, "angle from a sample", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,3.1415926535897932]", "1" }
static const assay_param span_params[] = {
    {"act", NULL, "activation", ASSAY_WORD, 0, "relu|erf|relu+erf", NULL, "relu"},
    DIMENSION(ASSAY_SIZE),
    INTEGER("n", "samples", ASSAY_SIM, "[1,100000]", NULL),
    ANGLE,
    {"also", NULL, "what else is computed: nothing, kappa, fresh_gap", ASSAY_WORD, ASSAY_SIM,
     "nothing|kappa|fresh_gap", NULL, "nothing"},
    {0}};
static const assay_observable span_records[] = {
    {"Pi", NULL, "residual of the point at angle t, over p k(1), mean over the samples", NULL, ASSAY_MEASURED,
     0, 1},
    {"kappa", NULL, "residual of the tangent feature, over p k(1); 0 unless asked for", NULL, ASSAY_MEASURED,
     0, INFINITY},
    {"fresh_gap", NULL, "Pi at a right angle less Pi; 0 unless asked for", NULL, ASSAY_MEASURED, 0, 0},
    {0}};
const assay_experiment data_reconstruction_span = {
    .id = "data-reconstruction/span",
    .doc = "Residuals outside the span of n samples' features, p = inf.",
    .params = span_params,
    .records = span_records,
    .block = 2,
    .open = open_span,
    .replicate = replicate_span};

/* ---- the span of many samples, of p features ---- */

static assay_status open_span_features(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->t = assay_list(call, "t", &k->count);
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->p <= k->n)
    return assay_fail(call, ASSAY_DOMAIN, "p = %d; more features than n = %d are needed", k->p, k->n);
  k->U = room_numbers(call, p * d);
  return k->U ? room_give(call, k, n * d, n * d, n * p, n * p, n * p, n * p, n) : ASSAY_NO_MEMORY;
}

/* The mean squared residual of the rows of w [n][p] outside the span of the samples, whose features are
 * factored in K (as columns), over (p - n) k(1). */
static double mean_off_span(room *k, int *code) {
  int n = k->n, p = k->p;
  double sum = 0;
  *code = LAPACKE_dormqr(LAPACK_COL_MAJOR, 'L', 'T', p, n, n, k->K, p, k->work, k->w, p);
  for (int i = 0; i < n; i++)
    sum += cblas_ddot(p - n, k->w + (size_t)i * p + n, 1, k->w + (size_t)i * p + n, 1);
  return sum / n / (p - n) / feature_square(k->act);
}

static assay_status replicate_span_features(assay_call *call, void *state, const assay_stream *stream,
                                            double *out) {
  room *k = state;
  int n = k->n, d = k->d, p = k->p, code;
  size_t size = (size_t)n * (size_t)p;
  draw_directions(k, stream);
  room_draw_weights(stream, p, d, k->U);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, p, d, 1, k->A, d, k->U, d, 0, k->x, p);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, p, d, sqrt(d), k->B, d, k->U, d, 0, k->y, p);
  elementary_activation(k->act, k->x, size, k->K);
  code = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, p, n, k->K, p, k->work);
  elementary_activation_slope(k->act, k->x, size, k->w);
  for (size_t i = 0; i < size; i++) k->w[i] *= k->y[i];
  double kappa = code ? NAN : mean_off_span(k, &code);
  for (int q = 0; q < k->count && !code; q++) {
    double c = cos(k->t[q]), s = sin(k->t[q]);
    for (size_t i = 0; i < size; i++) k->w[i] = c * k->x[i] + s * k->y[i];
    elementary_activation(k->act, k->w, size, k->w);
    out[2 * q] = mean_off_span(k, &code), out[2 * q + 1] = kappa;
  }
  return code ? assay_fail(call, ASSAY_NUMERIC, "the features of %d samples could not be factored", n)
              : ASSAY_OK;
}

static const assay_param span_features_params[] = {
    {"act", NULL, "activation", ASSAY_WORD, 0, "relu|abs|erf|tanh|relu+erf", NULL, "relu"},
    DIMENSION(ASSAY_SIZE),
    INTEGER("n", "samples", ASSAY_SIM, "[1,100000]", NULL),
    FEATURES,
    ANGLE,
    {0}};
static const assay_observable span_features_records[] = {
    {"Pi", NULL, "residual of the point at angle t, over (p - n) k(1), mean over the samples", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {"kappa", NULL, "residual of the tangent feature, over (p - n) k(1)", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};
const assay_experiment data_reconstruction_span_features = {
    .id = "data-reconstruction/span-features",
    .doc = "Residuals outside the span of n samples' features, p of them.",
    .params = span_features_params,
    .records = span_features_records,
    .block = 4,
    .open = open_span_features,
    .replicate = replicate_span_features};

/* ---- the span of a sample and its tangents ---- */

static assay_status open_tangent(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->rho = assay_real(call, "rho"), k->n = 1;
  size_t d = (size_t)k->d, p = (size_t)k->p;
  if (p <= d) return assay_fail(call, ASSAY_DOMAIN, "p = %zu; more features than d = %zu are needed", p, d);
  return room_give(call, k, p * d, p * d, 0, d, p, d, 0);
}

static assay_status replicate_tangent(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  room *k = state;
  const double one = 1;
  bool failed;
  room_draw_weights(stream, k->p, k->d, k->A);
  memset(k->x, 0, (size_t)k->d * sizeof *k->x), memset(k->w, 0, (size_t)k->d * sizeof *k->w);
  k->x[0] = sqrt(k->d);
  k->w[0] = k->rho * sqrt(k->d), k->w[1] = sqrt((1 - k->rho) * (1 + k->rho) * k->d);
  reconstruction_jacobian(k->act, k->A, k->x, &one, k->d, 1, k->p, 1, k->B);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->p, k->d, 1, k->A, k->d, k->w, 1, 0, k->y, 1);
  elementary_activation(k->act, k->y, (size_t)k->p, k->y);
  out[0] = residual_of(k->B, k->p, k->d, k->y, &failed) / (k->p - k->d);
  return failed ? assay_fail(call, ASSAY_NUMERIC, "a sample's feature and tangents are linearly dependent")
                : ASSAY_OK;
}

static const assay_param tangent_params[] = {
    ACT,
    {"rho", NULL, "overlap of the two samples", ASSAY_REAL, 0, NULL, "(-1,1)", NULL},
    DIMENSION(ASSAY_SIZE),
    FEATURES,
    {0}};
static const assay_observable tangent_records[] = {
    {"Dup", NULL, "residual over p - d", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};
const assay_experiment data_reconstruction_tangent_span = {
    .id = "data-reconstruction/tangent-span",
    .doc = "The residual of a second sample outside a first one's feature and its tangents.",
    .params = tangent_params,
    .records = tangent_records,
    .block = 4,
    .open = open_tangent,
    .replicate = replicate_tangent};
