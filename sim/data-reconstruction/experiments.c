#include "sim/data-reconstruction/experiments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "model/activation.h"
#include "sim/data-reconstruction/reconstruction.h"
#include "sim/kernels/random.h"

/* ---- what experiments share ---- */

/* clang-format off */
#define INTEGER(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_INTEGER, role, NULL, domain, preset}
#define ACT {"act", NULL, "activation", ASSAY_WORD, 0, ACTIVATION_WORDS, NULL, "relu+erf"}
#define D(role) INTEGER("d", "input dimension", role, "[2,100000]", NULL)
#define N INTEGER("n", "samples", 0, "[1,100000]", NULL)
#define P INTEGER("p", "features", ASSAY_SIM, "[1,1000000000]", NULL)
/* clang-format on */

typedef struct {
  activation act;
  int d, n, p, C, starts, count; /* count: numbers of a list */
  double rho;
  const double *G, *g, *X, *Y, *Xh, *t;
  double *A, *B, *K, *x, *y, *w, *work, *U, *VT; /* room, as each experiment says */
  bool perturbed;
  reconstruction *solver;
} room;

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, (count + 1) * sizeof(double));
}

static int integer_of(const assay_call *call, const char *name) {
  return assay_has_param(call, name) && assay_given(call, name) ? (int)assay_integer(call, name) : 0;
}

static assay_status open_room(assay_call *call, void **state, room **out) {
  room *k = *state = *out = assay_alloc(call, sizeof **out);
  if (!k) return ASSAY_NO_MEMORY;
  activation_from_word(assay_word(call, "act"), &k->act);
  k->d = integer_of(call, "d"), k->n = integer_of(call, "n"), k->p = integer_of(call, "p"),
  k->C = integer_of(call, "C");
  k->starts = integer_of(call, "starts");
  return ASSAY_OK;
}

static assay_status give_room(assay_call *call, room *k, size_t A, size_t B, size_t K, size_t x, size_t y,
                              size_t w, size_t work) {
  k->A = numbers(call, A), k->B = numbers(call, B), k->K = numbers(call, K), k->x = numbers(call, x),
  k->y = numbers(call, y);
  k->w = numbers(call, w), k->work = numbers(call, work);
  return k->A && k->B && k->K && k->x && k->y && k->w && k->work ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void spherical(random_source *source, int n, int d, double *X) {
  random_normals(source, X, (size_t)n * (size_t)d);
  for (int i = 0; i < n; i++)
    cblas_dscal(d, sqrt(d) / cblas_dnrm2(d, X + (size_t)i * d, 1), X + (size_t)i * d, 1);
}

static void draw_samples(const assay_stream *stream, int n, int d, double *X) {
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  spherical(&source, n, d, X);
}

static void draw_weights(const assay_stream *stream, int p, int d, double *V) {
  random_source source = random_open(stream, RANDOM_MATRIX, 0);
  random_normals(&source, V, (size_t)p * (size_t)d);
  cblas_dscal(p * d, 1 / sqrt(d), V, 1);
}

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
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->rho = assay_real(call, "rho");
  return give_room(call, k, (size_t)k->p, (size_t)k->p, 0, 0, 0, 0, 0);
}

static assay_status replicate_products(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  (void)call;
  room *k = state;
  random_source first = random_open(stream, RANDOM_MATRIX, 0), second = random_open(stream, RANDOM_MATRIX, 1);
  double other = sqrt((1 - k->rho) * (1 + k->rho)), sum = 0;
  random_normals(&first, k->A, (size_t)k->p), random_normals(&second, k->B, (size_t)k->p);
  for (int j = 0; j < k->p; j++)
    sum += activation_value(k->act, k->A[j]) * activation_value(k->act, k->rho * k->A[j] + other * k->B[j]);
  out[0] = sum / k->p;
  return ASSAY_OK;
}

static const assay_param product_params[] = {
    ACT, {"rho", NULL, "overlap of the two samples", ASSAY_REAL, 0, NULL, "[-1,1]", NULL}, P, {0}};
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
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, most = n > p ? n : p;
  return give_room(call, k, n * d, p * d, n * p, most, n, most, n * p);
}

/* Labels are normal: the fraction is then Beta. */
static assay_status replicate_label(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  int rank;
  draw_samples(stream, k->n, k->d, k->A), draw_weights(stream, k->p, k->d, k->B);
  random_normals(&label, k->y, (size_t)k->n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k->n, k->p, k->d, 1, k->A, k->d, k->B, k->d, 0, k->K,
              k->p);
  activation_values(k->act, k->K, (size_t)k->n * (size_t)k->p, k->K);
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

static const assay_param label_params[] = {ACT, D(0), N, P, {0}};
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
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->G = assay_list(call, "G", &m), k->g = assay_list(call, "g", &k->n);
  if (m != k->n * k->n)
    return assay_fail(call, ASSAY_DOMAIN, "G has %d elements and g %d; G is n x n", m, k->n);
  size_t n = (size_t)k->n, p = (size_t)k->p;
  status = give_room(call, k, p * (n + 1), p * n, (n + 1) * (n + 1), p, 0, 0, 0);
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
static const assay_param residual_params[] = {ACT, OVERLAPS, P, {0}};
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

static double relu_kernel(double r) {
  return (sqrt((1 - r) * (1 + r)) + r * (M_PI - acos(r))) / (2 * M_PI);
}
static double kernel(activation act, double rho) {
  double r = fmin(fmax(rho, -1), 1), k = 0;
  if (act == ACTIVATION_RELU || act == ACTIVATION_RELU_ERF) k += relu_kernel(r);
  if (act == ACTIVATION_ERF || act == ACTIVATION_RELU_ERF) k += 2 / M_PI * asin(2 * r / 3);
  return act == ACTIVATION_RELU_ERF ? k + 2 / sqrt(3 * M_PI) * r : k;
}
static double kernel_slope(activation act, double rho) {
  double r = fmin(fmax(rho, -1), 1), k = 0;
  if (act == ACTIVATION_RELU || act == ACTIVATION_RELU_ERF) k += (M_PI - acos(r)) / (2 * M_PI);
  if (act == ACTIVATION_ERF || act == ACTIVATION_RELU_ERF) k += 4 / (3 * M_PI) / sqrt(1 - 4 * r * r / 9);
  return act == ACTIVATION_RELU_ERF ? k + 2 / sqrt(3 * M_PI) : k;
}

static assay_status open_span(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->t = assay_list(call, "t", &k->count);
  size_t n = (size_t)k->n, d = (size_t)k->d;
  return give_room(call, k, n * d, n * d, n * n, n * n, n * n, n * n, n * n);
}

/* The mean over base points of (one - x_i' K^{-1} x_i)/k(1), x_i the rows of rhs, which is overwritten. K is
 * factored. */
static double mean_residual(room *k, double *rhs, double one) {
  int n = k->n;
  /* L^{-1} x_i for every row: rhs' = L^{-1} rhs'. */
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, n, 1, k->K, n, rhs, n);
  return (one - cblas_ddot(n * n, rhs, 1, rhs, 1) / n) / kernel(k->act, 1);
}

static assay_status replicate_span(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, d = k->d;
  random_source direction = random_open(stream, RANDOM_PERTURBATION, 0);
  draw_samples(stream, n, d, k->A);
  random_normals(&direction, k->B, (size_t)n * (size_t)d);
  for (int i = 0; i < n; i++) { /* u orthogonal to x_i, of length 1 */
    double *u = k->B + (size_t)i * d;
    cblas_daxpy(d, -cblas_ddot(d, u, 1, k->A + (size_t)i * d, 1) / d, k->A + (size_t)i * d, 1, u, 1);
    cblas_dscal(d, 1 / cblas_dnrm2(d, u, 1), u, 1);
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, d, 1. / d, k->A, d, k->A, d, 0, k->x, n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, d, 1 / sqrt(d), k->B, d, k->A, d, 0, k->y, n);
  for (int i = 0; i < n * n; i++) k->K[i] = kernel(k->act, k->x[i]);
  for (int i = 0; i < n; i++) k->K[(size_t)i * n + i] = kernel(k->act, 1);
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', n, k->K, n))
    return assay_fail(call, ASSAY_NUMERIC, "the kernel matrix is singular");
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      k->w[(size_t)i * n + j] =
          i == j ? 0 : kernel_slope(k->act, k->x[(size_t)i * n + j]) * k->y[(size_t)i * n + j];
  double kappa = mean_residual(k, k->w, kernel_slope(k->act, 1));
  for (int q = 0; q < k->count; q++) {
    double c = cos(k->t[q]), s = sin(k->t[q]);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        k->w[(size_t)i * n + j] =
            kernel(k->act, i == j ? c : c * k->x[(size_t)i * n + j] + s * k->y[(size_t)i * n + j]);
    out[2 * q] = mean_residual(k, k->w, kernel(k->act, 1));
    out[2 * q + 1] = kappa;
  }
  return ASSAY_OK;
}

static const assay_param span_params[] = {
    {"act", NULL, "activation", ASSAY_WORD, 0, "relu|erf|relu+erf", NULL, "relu"},
    D(ASSAY_SIZE),
    INTEGER("n", "samples", ASSAY_SIM, "[1,100000]", NULL),
    {"t", NULL, "angle from a sample", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,3.1415926535897932]", "1"},
    {0}};
static const assay_observable span_records[] = {
    {"Pi", NULL, "residual of the point at angle t, over p k(1), mean over the samples", NULL, ASSAY_MEASURED,
     0, 1},
    {"kappa", NULL, "residual of the tangent feature, over p k(1)", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};
const assay_experiment data_reconstruction_span = {
    .id = "data-reconstruction/span",
    .doc = "Residuals outside the span of n samples' features, p = inf.",
    .params = span_params,
    .records = span_records,
    .block = 2,
    .open = open_span,
    .replicate = replicate_span};

/* ---- the span of a sample and its tangents ---- */

static assay_status open_tangent(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->rho = assay_real(call, "rho"), k->n = 1;
  size_t d = (size_t)k->d, p = (size_t)k->p;
  if (p <= d) return assay_fail(call, ASSAY_DOMAIN, "p = %zu; more features than d = %zu are needed", p, d);
  return give_room(call, k, p * d, p * d, 0, d, p, d, 0);
}

static assay_status replicate_tangent(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  room *k = state;
  const double one = 1;
  bool failed;
  draw_weights(stream, k->p, k->d, k->A);
  memset(k->x, 0, (size_t)k->d * sizeof *k->x), memset(k->w, 0, (size_t)k->d * sizeof *k->w);
  k->x[0] = sqrt(k->d);
  k->w[0] = k->rho * sqrt(k->d), k->w[1] = sqrt((1 - k->rho) * (1 + k->rho) * k->d);
  reconstruction_jacobian(k->act, k->A, k->x, &one, k->d, 1, k->p, 1, k->B);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->p, k->d, 1, k->A, k->d, k->w, 1, 0, k->y, 1);
  activation_values(k->act, k->y, (size_t)k->p, k->y);
  out[0] = residual_of(k->B, k->p, k->d, k->y, &failed) / (k->p - k->d);
  return failed ? assay_fail(call, ASSAY_NUMERIC, "a sample's feature and tangents are linearly dependent")
                : ASSAY_OK;
}

static const assay_param tangent_params[] = {
    ACT,
    {"rho", NULL, "overlap of the two samples", ASSAY_REAL, 0, NULL, "(-1,1)", NULL},
    D(ASSAY_SIZE),
    P,
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

/* ---- ranks ---- */

static assay_status open_jacobian(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, C = (size_t)k->C;
  return give_room(call, k, n * d, p * d, p * C * n * (C + d - 1), n * C, p * C + n * (C + d), 0, 0);
}

/* Singular values down to 1e-12 (1e-11 of several outputs) of the largest count. */
static assay_status replicate_jacobian(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  room *k = state;
  int columns = k->n * (k->C + k->d - 1), rows = k->p * k->C, most = rows < columns ? rows : columns,
      rank = 0;
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  draw_samples(stream, k->n, k->d, k->A), draw_weights(stream, k->p, k->d, k->B);
  random_normals(&label, k->x, (size_t)k->n * (size_t)k->C);
  reconstruction_jacobian(k->act, k->B, k->A, k->x, k->d, k->n, k->p, k->C, k->K);
  if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', rows, columns, k->K, columns, k->y, NULL, rows, NULL, columns))
    return assay_fail(call, ASSAY_NUMERIC, "the singular values of a Jacobian did not converge");
  while (rank < most && k->y[rank] > (k->C > 1 ? 1e-11 : 1e-12) * k->y[0]) rank++;
  out[0] = rank;
  out[1] = rank == columns;
  return ASSAY_OK;
}

static const assay_param jacobian_params[] = {ACT,
                                              D(0),
                                              N,
                                              INTEGER("p", "features", 0, "[1,1000000]", NULL),
                                              INTEGER("C", "outputs", 0, "[1,1000]", "1"),
                                              {0}};
static const assay_observable jacobian_records[] = {
    {"rank", NULL, "of the Jacobian of (X, alpha) -> theta", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"full", NULL, "the rank is the number of unknowns", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_jacobian = {
    .id = "data-reconstruction/jacobian",
    .doc = "The numerical rank of the map from data and coefficients to parameters.",
    .params = jacobian_params,
    .records = jacobian_records,
    .block = 8,
    .open = open_jacobian,
    .replicate = replicate_jacobian};

/* ---- the share that the parameters do not see ---- */

static assay_status open_share(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, q = n * (d - 1);
  if (k->p < k->n)
    return assay_fail(call, ASSAY_DOMAIN, "p = %d < n = %d: theta is not of the form Phi'alpha", k->p, k->n);
  k->U = numbers(call, p * q), k->VT = numbers(call, q * q);
  if (!k->U || !k->VT) return ASSAY_NO_MEMORY;
  return give_room(call, k, n * d, p * d, p * (n + q), n + q, n + q, q, p * (n + q) + p);
}

/* s0 normal in the q angles; its share in the null space of the projected Jacobian: 1 less the squared
 * row-space share. The rows of [Phi', J_X] that act on angles after the coefficients are eliminated are
 * Q_perp' J_X; its singular value decomposition decides. */
static assay_status replicate_share(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, q = n * (k->d - 1), p = k->p, columns = n + q, rank = 0;
  random_source label = random_open(stream, RANDOM_LABEL, 0),
                kick = random_open(stream, RANDOM_PERTURBATION, 0);
  draw_samples(stream, n, k->d, k->A), draw_weights(stream, p, k->d, k->B);
  random_signs(&label, k->x, (size_t)n), random_normals(&kick, k->w, (size_t)q);
  reconstruction_jacobian(k->act, k->B, k->A, k->x, k->d, n, p, 1, k->K);
  /* A QR of the first n columns; what is left of the others below row n. */
  double *tau = k->work + (size_t)p * columns, *rest = k->work;
  if (LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, p, n, k->K, columns, tau) ||
      LAPACKE_dormqr(LAPACK_ROW_MAJOR, 'L', 'T', p, q, n, k->K, columns, tau, k->K + n, columns))
    return assay_fail(call, ASSAY_NUMERIC, "the features could not be factored");
  int rows = p - n, most = rows < q ? rows : q;
  for (int j = 0; j < rows; j++)
    memcpy(rest + (size_t)j * q, k->K + (size_t)(n + j) * columns + n, (size_t)q * sizeof *rest);
  out[0] = 1;
  if (rows == 0) return ASSAY_OK;
  if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'S', rows, q, rest, q, k->y, k->U, most, k->VT, q))
    return assay_fail(call, ASSAY_NUMERIC, "the singular values of a Jacobian did not converge");
  while (rank < most && k->y[rank] > 1e-11 * k->y[0]) rank++;
  double seen = 0, all = cblas_ddot(q, k->w, 1, k->w, 1);
  for (int i = 0; i < rank; i++) {
    double along = cblas_ddot(q, k->VT + (size_t)i * q, 1, k->w, 1);
    seen += along * along;
  }
  out[0] = rank == q ? 0 : 1 - seen / all;
  return ASSAY_OK;
}

static const assay_param share_params[] = {ACT, D(0), N, P, {0}};
static const assay_observable share_records[] = {
    {"fraction", NULL, "share of a random tangent perturbation of X that theta does not see", NULL,
     ASSAY_MEASURED, 0, 1},
    {0}};
const assay_experiment data_reconstruction_null_share = {
    .id = "data-reconstruction/null-share",
    .doc = "The squared share of a perturbation in the null space of the projected Jacobian.",
    .params = share_params,
    .records = share_records,
    .block = 8,
    .open = open_share,
    .replicate = replicate_share};

/* ---- noise ---- */

static assay_status open_noise(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->n > k->d || p < n * d) return assay_fail(call, ASSAY_DOMAIN, "n <= d and p >= nd are needed");
  return give_room(call, k, n * d, p * d, p * n * d, n * d * n * d, n, 0, 0);
}

/* Orthogonal samples: by symmetry the first n coordinate axes times sqrt(d). The mean over the directions
 * outside span(X) of the diagonal of (J'J)^{-1}; n = 1: over all tangents. */
static assay_status replicate_noise(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, d = k->d, columns = n * d;
  draw_weights(stream, k->p, d, k->B);
  memset(k->A, 0, (size_t)columns * sizeof *k->A);
  for (int i = 0; i < n; i++) k->A[(size_t)i * d + i] = sqrt(d), k->y[i] = 1;
  reconstruction_jacobian(k->act, k->B, k->A, k->y, d, n, k->p, 1, k->K);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, columns, k->p, 1, k->K, columns, 0, k->x, columns);
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', columns, k->x, columns) ||
      LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', columns, k->x, columns))
    return assay_fail(call, ASSAY_NUMERIC, "the information matrix is singular");
  double sum = 0;
  int used = 0;
  /* The reflector at an axis maps tangent q of sample i to axis q + 1, or to axis 0 for q + 1 = i; the last d
   * - n are outside span(X). */
  for (int i = 0; i < n; i++)
    for (int axis = n; axis < d; axis++) {
      int column = n + i * (d - 1) + axis - 1;
      sum += k->x[(size_t)column * columns + column], used++;
    }
  out[0] = sum / used;
  return ASSAY_OK;
}

static const assay_param noise_params[] = {ACT, D(ASSAY_SIZE), N, P, {0}};
static const assay_observable noise_records[] = {
    {"M", NULL, "mean squared angle per unit of noise", NULL, ASSAY_MEASURED, 0, INFINITY}, {0}};
const assay_experiment data_reconstruction_noise_matrix = {
    .id = "data-reconstruction/noise-matrix",
    .doc = "The inverse information of noisy parameters about orthogonal samples.",
    .params = noise_params,
    .records = noise_records,
    .block = 2,
    .open = open_noise,
    .replicate = replicate_noise};

/* ---- the loss of a candidate ---- */

static assay_status open_loss(assay_call *call, void **state) {
  room *k;
  int x, h;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->X = assay_list(call, "X", &x), k->Y = assay_list(call, "Y", &k->n), k->Xh = assay_list(call, "Xhat", &h);
  if (!k->n || x % k->n || x != h || k->n > 6)
    return assay_fail(call, ASSAY_DOMAIN, "X and Xhat have %d and %d numbers for %d labels", x, h, k->n);
  k->d = x / k->n;
  status = give_room(call, k, (size_t)x, (size_t)k->p * (size_t)k->d, 0, 0, 0, 0, 0);
  if (status == ASSAY_OK) k->solver = reconstruction_new(k->act, k->d, k->n, k->p, assay_call_error(call));
  return status != ASSAY_OK || k->solver ? status : ASSAY_NO_MEMORY;
}

static void close_solver(void *state) {
  if (state) reconstruction_free(((room *)state)->solver);
}

static assay_status replicate_loss(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  draw_weights(stream, k->p, k->d, k->B);
  assay_status status = reconstruction_train(k->solver, k->B, k->X, k->Y, assay_call_error(call));
  memcpy(k->A, k->Xh, (size_t)k->n * (size_t)k->d * sizeof *k->A);
  if (status == ASSAY_OK) out[0] = reconstruction_solve(k->solver, k->A, 0, 0);
  return status;
}

static const assay_param loss_params[] = {
    ACT,
    {"X", NULL, "samples, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"Y", NULL, "labels", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"Xhat", NULL, "candidates, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
    P,
    {0}};
static const assay_observable loss_records[] = {
    {"L", NULL, "reconstruction loss", NULL, ASSAY_MEASURED, 0, 1}, {0}};
const assay_experiment data_reconstruction_candidate_loss = {
    .id = "data-reconstruction/candidate-loss",
    .doc = "The reconstruction loss of a given candidate.",
    .params = loss_params,
    .records = loss_records,
    .block = 16,
    .open = open_loss,
    .replicate = replicate_loss,
    .close = close_solver};

/* ---- reconstruction from random starts ---- */

static assay_status open_starts(assay_call *call, void **state) {
  room *k;
  assay_status status = open_room(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->n > 6 || k->p < k->n + 2) return assay_fail(call, ASSAY_DOMAIN, "n <= 6 and p >= n + 2 are needed");
  status = give_room(call, k, n * d, p * d, 0, n, n * d, 0, 0);
  if (status == ASSAY_OK) k->solver = reconstruction_new(k->act, k->d, k->n, k->p, assay_call_error(call));
  return status != ASSAY_OK || k->solver ? status : ASSAY_NO_MEMORY;
}

static assay_status train(room *k, const assay_stream *stream, assay_error *error) {
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  draw_samples(stream, k->n, k->d, k->A), draw_weights(stream, k->p, k->d, k->B);
  random_signs(&label, k->x, (size_t)k->n);
  return reconstruction_train(k->solver, k->B, k->A, k->x, error);
}

/* Zero losses are below 1e-18; a zero is right at err < 1e-4, wrong at err > 1e-2. */
static assay_status replicate_zeros(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  int zeros = 0;
  out[0] = out[1] = 0;
  for (int s = 0; s < k->starts; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    spherical(&start, k->n, k->d, k->y);
    if (reconstruction_solve(k->solver, k->y, 1e-24, 200) >= 1e-18) continue;
    double err = reconstruction_error(k->solver, k->y);
    zeros++;
    if (err < 1e-4) out[0] = 1;
    if (err > 1e-2) out[1] = 1;
  }
  return zeros ? ASSAY_OK : assay_fail(call, ASSAY_DISCARD, "no start of %d ended at a zero loss", k->starts);
}

static assay_status replicate_best(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double best = INFINITY;
  out[1] = 2;
  for (int s = 0; s < k->starts; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    spherical(&start, k->n, k->d, k->y);
    double L = reconstruction_solve(k->solver, k->y, 1e-15, 150);
    if (L < best) best = L, out[1] = reconstruction_error(k->solver, k->y);
  }
  out[0] = out[1] < 1e-3;
  out[2] = best;
  return isfinite(best) ? ASSAY_OK : assay_fail(call, ASSAY_NUMERIC, "no start has independent features");
}

#define STARTS(preset) INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", preset)
static const assay_param zero_params[] = {
    ACT, D(0), N, INTEGER("p", "features", 0, "[1,1000000]", NULL), STARTS("6"), {0}};
static const assay_observable zero_records[] = {
    {"right", NULL, "some zero is the training set", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"wrong", NULL, "some zero is another set", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_zero_losses = {
    .id = "data-reconstruction/zero-losses",
    .doc = "Which zeros of the loss random starts end at; data sets without one are discarded.",
    .params = zero_params,
    .records = zero_records,
    .block = 2,
    .open = open_starts,
    .replicate = replicate_zeros,
    .close = close_solver};

static const assay_param best_params[] = {ACT, D(0), N, P, STARTS("10"), {0}};
static const assay_observable best_records[] = {
    {"success", NULL, "the start of lowest loss has err < 1e-3", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"err", NULL, "its error", NULL, ASSAY_MEASURED, 0, 2},
    {"L", NULL, "the lowest loss", NULL, ASSAY_MEASURED, 0, 1},
    {0}};
const assay_experiment data_reconstruction_best_start = {
    .id = "data-reconstruction/best-start",
    .doc = "Reconstruction by the random start of lowest loss.",
    .params = best_params,
    .records = best_records,
    .block = 2,
    .open = open_starts,
    .replicate = replicate_best,
    .close = close_solver};

/* A zero of P_perp phi is below 1e-12; it is spurious at an overlap below .999 with every sample. */
static assay_status replicate_points(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  int zeros = 0;
  out[0] = 0;
  for (int s = 0; s < k->starts && status == ASSAY_OK; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    spherical(&start, 1, k->d, k->y);
    if (reconstruction_point(k->solver, k->y, 1e-20, 300) >= 1e-12) continue;
    zeros++;
    if (reconstruction_overlap(k->solver, k->y) < 0.999) out[0] = 1;
  }
  if (status != ASSAY_OK) return status;
  return zeros ? ASSAY_OK : assay_fail(call, ASSAY_DISCARD, "no start of %d ended in the span", k->starts);
}

static const assay_param point_params[] = {
    ACT, D(0), N, INTEGER("p", "features", 0, "[1,1000000]", NULL), STARTS("10"), {0}};
static const assay_observable point_records[] = {
    {"spurious", NULL, "some point of the span is no sample", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_span_points = {
    .id = "data-reconstruction/span-points",
    .doc = "Which points of the sphere have their feature in the span of the samples' features.",
    .params = point_params,
    .records = point_records,
    .block = 2,
    .open = open_starts,
    .replicate = replicate_points,
    .close = close_solver};
