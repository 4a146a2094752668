/* Ranks, what the parameters do not see, and noise on them. */
#include "sim/data-reconstruction/experiments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/data-reconstruction/room.h"
#include "sim/kernels/elementary.h"

/* ---- ranks ---- */

enum { MOST_PATTERNS = 32, FLOOR_EXPONENT = -17 };

static assay_status open_jacobian(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  bool patterns = assay_given(call, "counts");
  if (patterns == assay_given(call, "p")) return assay_fail(call, ASSAY_DOMAIN, "give p or counts, not both");
  if (patterns) {
    k->counts = assay_list(call, "counts", &k->count);
    if (k->n > 5 || k->count != 1 << k->n)
      return assay_fail(call, ASSAY_DOMAIN, "counts has %d elements; n = %d <= 5 samples have 2^n", k->count,
                        k->n);
    for (int i = 0; i < k->count; i++) k->p += (int)lround(k->counts[i]);
  }
  if (k->p < 1) return assay_fail(call, ASSAY_DOMAIN, "there are no features");
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, C = (size_t)k->C;
  return room_give(call, k, n * d, p * d, p * C * n * (C + d - 1), n * C, p * C + n * (C + d), d, 0);
}

/* Weights given how many features have which signs at the samples: draws that find no place are passed over.
 */
static assay_status draw_patterns(room *k, const assay_stream *stream, assay_call *call) {
  random_source source = random_open(stream, RANDOM_MATRIX, 0);
  int left[MOST_PATTERNS], placed = 0;
  for (int i = 0; i < k->count; i++) left[i] = (int)lround(k->counts[i]);
  for (long tries = 0; placed < k->p; tries++) {
    int pattern = 0;
    if (tries == 1000000)
      return assay_fail(call, ASSAY_NUMERIC, "%d of %d features found after a million draws", placed, k->p);
    random_normals(&source, k->w, (size_t)k->d);
    cblas_dscal(k->d, 1 / sqrt(k->d), k->w, 1);
    for (int i = 0; i < k->n; i++)
      pattern |= (cblas_ddot(k->d, k->w, 1, k->A + (size_t)i * k->d, 1) > 0) << i;
    if (left[pattern] == 0) continue;
    left[pattern]--;
    memcpy(k->B + (size_t)placed++ * k->d, k->w, (size_t)k->d * sizeof *k->w);
  }
  return ASSAY_OK;
}

/* How many of the values, in falling order, exceed `cut` of the first; *gap: the decades between the least
 * one kept and the largest one dropped, which counts as 1e-17 at least (so it does when none is dropped). */
static int numerical_rank(const double *values, int most, double cut, double *gap) {
  int rank = 0;
  while (rank < most && values[rank] > cut * values[0]) rank++;
  double kept = rank ? log10(values[rank - 1] / values[0]) : 0;
  double dropped = rank < most && values[rank] > 0 ? log10(values[rank] / values[0]) : FLOOR_EXPONENT;
  *gap = kept - fmax(dropped, FLOOR_EXPONENT);
  return rank;
}

/* The singular values of the Jacobian at rows 0..p-1 of the weights decide: those above 1e-12 (1e-11 with
 * several outputs) of the largest count. */
static assay_status rank_at(room *k, int p, int *rank, double *gap, assay_call *call) {
  int columns = k->n * (k->C + k->d - 1), rows = p * k->C, most = rows < columns ? rows : columns;
  reconstruction_jacobian(k->act, k->B, k->A, k->x, k->d, k->n, p, k->C, k->K);
  if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', rows, columns, k->K, columns, k->y, NULL, rows, NULL, columns))
    return assay_fail(call, ASSAY_NUMERIC, "the singular values of a Jacobian did not converge");
  *rank = numerical_rank(k->y, most, k->C > 1 ? 1e-11 : 1e-12, gap);
  return ASSAY_OK;
}

static assay_status replicate_jacobian(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  room *k = state;
  int rank = 0;
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  assay_status status = ASSAY_OK;
  room_draw_samples(stream, k->n, k->d, k->A);
  if (k->counts)
    status = draw_patterns(k, stream, call);
  else
    room_draw_weights(stream, k->p, k->d, k->B);
  random_normals(&label, k->x, (size_t)k->n * (size_t)k->C);
  if (status == ASSAY_OK) status = rank_at(k, k->p, &rank, &out[2], call);
  out[0] = rank;
  out[1] = rank == k->n * (k->C + k->d - 1);
  return status;
}

static const assay_param jacobian_params[] = {
    ACT,
    DIMENSION(0),
    SAMPLES,
    INTEGER("p", "features", 0, "[1,1000000]", ""),
    {"counts", NULL, "in place of p: features by sign pattern, bit i of the index is z_i > 0", ASSAY_INTEGERS,
     0, NULL, "[0,1000000]", ""},
    INTEGER("C", "outputs", 0, "[1,1000]", "1"),
    {0}};
static const assay_observable jacobian_records[] = {
    {"rank", NULL, "of the Jacobian of (X, alpha) -> theta", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"full", NULL, "the rank is the number of unknowns", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"gap", NULL, "decades between the least singular value kept and the largest dropped", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};
const assay_experiment data_reconstruction_jacobian = {
    .id = "data-reconstruction/jacobian",
    .doc = "The numerical rank of the map from data and coefficients to parameters.",
    .params = jacobian_params,
    .records = jacobian_records,
    .block = 8,
    .open = open_jacobian,
    .replicate = replicate_jacobian};

/* ---- the least number of features ---- */

static assay_status open_width(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = 2 * (size_t)k->n, d = 2 * (size_t)k->d,
         p = n * d; /* room for twice the samples, or twice the dimension */
  k->C = 1;
  return room_give(call, k, n * d, p * d, p * n * d, n, p + n * d, d, 0);
}

/* The least p at which the first p of 2 nd features give the Jacobian of all of them its rank, by bisection.
 */
static assay_status least_width(room *k, const assay_stream *stream, unsigned index, double *width,
                                assay_call *call) {
  random_source label = random_open(stream, RANDOM_LABEL, index),
                sample = random_open(stream, RANDOM_TEACHER, index),
                weight = random_open(stream, RANDOM_MATRIX, index);
  int all = 2 * k->n * k->d, most, rank, low = 0, high = all;
  double gap;
  room_spherical(&sample, k->n, k->d, k->A);
  random_normals(&weight, k->B, (size_t)all * (size_t)k->d);
  cblas_dscal(all * k->d, 1 / sqrt(k->d), k->B, 1);
  random_normals(&label, k->x, (size_t)k->n);
  assay_status status = rank_at(k, all, &most, &gap, call);
  while (high - low > 1 && status == ASSAY_OK) {
    int middle = (low + high) / 2;
    status = rank_at(k, middle, &rank, &gap, call);
    if (rank < most)
      low = middle;
    else
      high = middle;
  }
  *width = high;
  return status;
}

static assay_status replicate_width(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, d = k->d;
  double wider, more;
  assay_status status = least_width(k, stream, 0, &out[0], call);
  k->d = 2 * d;
  if (status == ASSAY_OK) status = least_width(k, stream, 1, &wider, call);
  k->d = d, k->n = 2 * n;
  if (status == ASSAY_OK) status = least_width(k, stream, 2, &more, call);
  k->n = n;
  if (status == ASSAY_OK) out[1] = log2(wider / out[0]), out[2] = log2(more / out[0]);
  return status;
}

static const assay_param width_params[] = {ACT, DIMENSION(0), SAMPLES, {0}};
static const assay_observable width_records[] = {
    {"p_star", NULL, "least number of features with which the rank is that of 2 nd features", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {"slope_d", NULL, "of log p_star on log d, from d to 2d", NULL, ASSAY_MEASURED, 0, 0},
    {"slope_n", NULL, "of log p_star on log n, from n to 2n", NULL, ASSAY_MEASURED, 0, 0},
    {0}};
const assay_experiment data_reconstruction_least_width_search = {
    .id = "data-reconstruction/least-width",
    .doc = "The least number of features with which the parameters determine the data locally.",
    .params = width_params,
    .records = width_records,
    .block = 4,
    .open = open_width,
    .replicate = replicate_width};

/* ---- the share that the parameters do not see ---- */

static assay_status open_share(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p, q = n * (d - 1);
  k->t = assay_list(call, "at", &k->count);
  if (k->p < k->n)
    return assay_fail(call, ASSAY_DOMAIN, "p = %d < n = %d: theta is not of the form Phi'alpha", k->p, k->n);
  k->U = room_numbers(call, p * q), k->VT = room_numbers(call, q * q);
  if (!k->U || !k->VT) return ASSAY_NO_MEMORY;
  return room_give(call, k, n * d, p * d, p * (n + q), n + q, n + q, q, p * (n + q) + p);
}

/* s0 normal in the q angles; its share in the null space of the projected Jacobian: 1 less the squared
 * row-space share. The rows of [Phi', J_X] that act on angles after the coefficients are eliminated are
 * Q_perp' J_X; its singular value decomposition decides. */
static assay_status unseen_share(room *k, assay_call *call, double *share) {
  int n = k->n, q = n * (k->d - 1), p = k->p, columns = n + q;
  /* A QR of the first n columns; what is left of the others below row n. */
  double *tau = k->work + (size_t)p * columns, *rest = k->work, gap;
  if (LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, p, n, k->K, columns, tau) ||
      LAPACKE_dormqr(LAPACK_ROW_MAJOR, 'L', 'T', p, q, n, k->K, columns, tau, k->K + n, columns))
    return assay_fail(call, ASSAY_NUMERIC, "the features could not be factored");
  int rows = p - n, most = rows < q ? rows : q;
  for (int j = 0; j < rows; j++)
    memcpy(rest + (size_t)j * q, k->K + (size_t)(n + j) * columns + n, (size_t)q * sizeof *rest);
  *share = 1;
  if (rows == 0) return ASSAY_OK;
  if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'S', rows, q, rest, q, k->y, k->U, most, k->VT, q))
    return assay_fail(call, ASSAY_NUMERIC, "the singular values of a Jacobian did not converge");
  double seen = 0, all = cblas_ddot(q, k->w, 1, k->w, 1);
  int rank = numerical_rank(k->y, most, 1e-11, &gap);
  for (int i = 0; i < rank; i++) {
    double along = cblas_ddot(q, k->VT + (size_t)i * q, 1, k->w, 1);
    seen += along * along;
  }
  *share = rank == q ? 0 : 1 - seen / all;
  return ASSAY_OK;
}

static assay_status replicate_share(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  double share = 1;
  random_source label = random_open(stream, RANDOM_LABEL, 0),
                kick = random_open(stream, RANDOM_PERTURBATION, 0);
  room_draw_samples(stream, k->n, k->d, k->A), room_draw_weights(stream, k->p, k->d, k->B);
  random_signs(&label, k->x, (size_t)k->n), random_normals(&kick, k->w, (size_t)k->n * (size_t)(k->d - 1));
  reconstruction_jacobian(k->act, k->B, k->A, k->x, k->d, k->n, k->p, 1, k->K);
  assay_status status = unseen_share(k, call, &share);
  for (int q = 0; q < k->count && status == ASSAY_OK; q++)
    out[2 * q] = share, out[2 * q + 1] = share <= k->t[q];
  return status;
}

static const assay_param share_params[] = {
    ACT,
    DIMENSION(0),
    SAMPLES,
    FEATURES,
    {"at", NULL, "where the distribution function is read", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "0.5"},
    {0}};
static const assay_observable share_records[] = {
    {"fraction", NULL, "share of a random tangent perturbation of X that theta does not see", NULL,
     ASSAY_MEASURED, 0, 1},
    {"below", NULL, "it is at most `at`", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
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
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->n > k->d || p < n * d) return assay_fail(call, ASSAY_DOMAIN, "n <= d and p >= nd are needed");
  return room_give(call, k, n * d, p * d, p * n * d, n * d * n * d, n, 0, 0);
}

/* Orthogonal samples: by symmetry the first n coordinate axes times sqrt(d). The mean over the directions
 * outside span(X) of the diagonal of (J'J)^{-1}; n = 1: over all tangents. */
static assay_status replicate_noise(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  int n = k->n, d = k->d, columns = n * d;
  room_draw_weights(stream, k->p, d, k->B);
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

static const assay_param noise_params[] = {ACT, DIMENSION(ASSAY_SIZE), SAMPLES, FEATURES, {0}};
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

/* ---- Gauss-Newton from a perturbed start, and from noisy parameters ---- */

static assay_status open_correction(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->n > 6 || k->p < k->n) return assay_fail(call, ASSAY_DOMAIN, "n <= 6 and p >= n are needed");
  status = room_give(call, k, n * d, p * d, n * p, n, n * d, n * (d - 1), p);
  if (status == ASSAY_OK) k->solver = reconstruction_new(k->act, k->d, k->n, k->p, assay_call_error(call));
  return status != ASSAY_OK || k->solver ? status : ASSAY_NO_MEMORY;
}

/* work = Phi(X)'alpha for the samples in A, the weights in B and alpha in x. */
static void fitted_parameters(room *k) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k->n, k->p, k->d, 1, k->A, k->d, k->B, k->d, 0, k->K,
              k->p);
  elementary_activation(k->act, k->K, (size_t)k->n * (size_t)k->p, k->K);
  cblas_dgemv(CblasRowMajor, CblasTrans, k->n, k->p, 1, k->K, k->p, k->x, 1, 0, k->work, 1);
}

static double squared_distance(const double *x, const double *y, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum;
}

enum { CORRECTIONS = 6 };

static assay_status replicate_perturbed(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  room *k = state;
  size_t size = (size_t)k->n * (size_t)k->d, angles = size - (size_t)k->n;
  random_source label = random_open(stream, RANDOM_LABEL, 0),
                kick = random_open(stream, RANDOM_PERTURBATION, 0);
  room_draw_samples(stream, k->n, k->d, k->A), room_draw_weights(stream, k->p, k->d, k->B);
  random_signs(&label, k->x, (size_t)k->n), random_normals(&kick, k->w, angles);
  cblas_dscal((int)angles, 1e-4 / sqrt(k->d - 1), k->w, 1);
  fitted_parameters(k);
  reconstruction_aim(k->solver, k->B, k->A, k->work);
  memcpy(k->y, k->A, size * sizeof *k->y);
  reconstruction_move(k->solver, k->w, k->y);
  double start = squared_distance(k->y, k->A, size);
  assay_status status = reconstruction_correct(k->solver, k->y, CORRECTIONS, 1e-7, assay_call_error(call));
  out[0] = squared_distance(k->y, k->A, size) / start;
  return status;
}

static const assay_param perturbed_params[] = {ACT, DIMENSION(0), SAMPLES, FEATURES, {0}};
static const assay_observable perturbed_records[] = {
    {"fraction", NULL, "squared share of a perturbation of X that Gauss-Newton steps leave", NULL,
     ASSAY_MEASURED, 0, INFINITY},
    {0}};
const assay_experiment data_reconstruction_perturbed = {
    .id = "data-reconstruction/perturbed",
    .doc = "What six Gauss-Newton steps of least norm leave of a perturbation of 1e-4 of the data.",
    .params = perturbed_params,
    .records = perturbed_records,
    .block = 4,
    .open = open_correction,
    .replicate = replicate_perturbed,
    .close = room_close};

static assay_status replicate_noisy(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  const double sigma = 1e-3;
  size_t size = (size_t)k->n * (size_t)k->d;
  random_source label = random_open(stream, RANDOM_LABEL, 0), noise = random_open(stream, RANDOM_NOISE, 0);
  room_draw_samples(stream, k->n, k->d, k->A), room_draw_weights(stream, k->p, k->d, k->B);
  random_signs(&label, k->x, (size_t)k->n);
  fitted_parameters(k);
  for (int j = 0; j < k->p; j++) { /* one draw at a time needs no more room */
    double g;
    random_normals(&noise, &g, 1);
    k->work[j] += sigma * g;
  }
  reconstruction_aim(k->solver, k->B, k->A, k->work);
  memcpy(k->y, k->A, size * sizeof *k->y);
  assay_status status = reconstruction_correct(k->solver, k->y, CORRECTIONS, 1e-12, assay_call_error(call));
  out[0] = squared_distance(k->y, k->A, size) / (k->n * sigma * sigma * (k->d - 1)); /* alpha = +-1 */
  return status;
}

static const assay_param noisy_params[] = {ACT, DIMENSION(ASSAY_SIZE), SAMPLES, FEATURES, {0}};
static const assay_observable noisy_records[] = {
    {"M", NULL, "squared error of the reconstruction, per direction and unit of noise", NULL, ASSAY_MEASURED,
     0, INFINITY},
    {0}};
const assay_experiment data_reconstruction_noisy_parameters = {
    .id = "data-reconstruction/noisy-parameters",
    .doc = "The least-squares reconstruction from parameters with noise of 1e-3, by Gauss-Newton from the "
           "truth.",
    .params = noisy_params,
    .records = noisy_records,
    .block = 4,
    .open = open_correction,
    .replicate = replicate_noisy,
    .close = room_close};
