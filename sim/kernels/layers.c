#include "sim/kernels/layers.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/simd.h"

enum { LANES = SIMD_LANES };

/* Products of up to a million multiplications run in OpenBLAS without packing, at this repository's widths up
 * to twice as fast; those with the right factor read along its columns are the slow ones. Hence weights that
 * are turned, and blocks of rows. */
enum { UNPACKED = 1000000, LEAST_ROWS = 16, TURNED = 20000 };

static int rows_of_a_block(int N, int in, int out) {
  const int rows = UNPACKED / in / out;
  return rows < LEAST_ROWS || rows > N ? N : rows;
}

static int least(int a, int b) {
  return a < b ? a : b;
}

/* ---- both precisions ---- */

#define REAL double
#define LAYER(name) layer_##name
#define GEMM cblas_dgemm
#include "sim/kernels/layers_real.h"

#define REAL float
#define LAYER(name) layer_single_##name
#define GEMM cblas_sgemm
#include "sim/kernels/layers_real.h"

/* ---- dense ---- */

/* turned [in][out] from the rows of W [out][stride]. */
SIMD_BODY void turn_body(const double *W, int out, int in, int stride, double *turned) {
  const size_t from = (size_t)stride, to = (size_t)out;
  int i = 0;
  for (; i + 4 <= out; i += 4) {
    const double *w = W + (size_t)i * from;
    double *t = turned + i;
    int j = 0;
    for (; j + 4 <= in; j += 4, w += 4, t += 4 * to) {
      const simd_lanes a = SIMD_AT(w), b = SIMD_AT(w + from), c = SIMD_AT(w + 2 * from),
                       d = SIMD_AT(w + 3 * from);
      const simd_lanes ab02 = __builtin_shufflevector(a, b, 0, 4, 2, 6),
                       ab13 = __builtin_shufflevector(a, b, 1, 5, 3, 7),
                       cd02 = __builtin_shufflevector(c, d, 0, 4, 2, 6),
                       cd13 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
      SIMD_PUT(t) = __builtin_shufflevector(ab02, cd02, 0, 1, 4, 5);
      SIMD_PUT(t + to) = __builtin_shufflevector(ab13, cd13, 0, 1, 4, 5);
      SIMD_PUT(t + 2 * to) = __builtin_shufflevector(ab02, cd02, 2, 3, 6, 7);
      SIMD_PUT(t + 3 * to) = __builtin_shufflevector(ab13, cd13, 2, 3, 6, 7);
    }
    for (; j < in; j++, w++, t += to)
      for (size_t k = 0; k < 4; k++) t[k] = w[k * from];
  }
  for (; i < out; i++)
    for (int j = 0; j < in; j++) turned[(size_t)j * to + (size_t)i] = W[(size_t)i * from + (size_t)j];
}
SIMD_AT_LEVELS(static, void, , turn, (const double *W, int out, int in, int stride, double *turned),
               (W, out, in, stride, turned))

void layer_turn(const double *W, int out, int in, double *turned) {
  turn(W, out, in, in, turned);
}

void layer_dense(const double *X, int N, int in, const double *W, int out, double beta, double *Y) {
  double turned[TURNED];
  if (N < LEAST_ROWS || (size_t)in * (size_t)out > TURNED) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, out, in, 1, X, in, W, in, beta, Y, out);
    return;
  }
  layer_turn(W, out, in, turned);
  layer_dense_turned(X, N, in, turned, out, beta, Y);
}

/* ---- activations ---- */

/* out = x y, or out += x y. */
SIMD_BODY void multiplied_body(const double *x, const double *y, size_t n, bool add, double *out) {
  if (add)
    for (size_t i = 0; i < n; i++) out[i] += x[i] * y[i];
  else
    for (size_t i = 0; i < n; i++) out[i] = x[i] * y[i];
}
SIMD_AT_LEVELS(static, void, , multiplied,
               (const double *x, const double *y, size_t n, bool add, double *out), (x, y, n, add, out))

static void through_activation(activation act, const double *Z, size_t count, const double *dA, bool add,
                               double *dZ) {
  double slopes[256];
  if (act == ACTIVATION_RELU) {
    layer_relu_reverse(Z, count, dA, add, dZ);
    return;
  }
  if (act == ACTIVATION_LIN) {
    if (add)
      cblas_daxpy((int)count, 1, dA, 1, dZ, 1);
    else
      memmove(dZ, dA, count * sizeof *dZ);
    return;
  }
  for (size_t i = 0; i < count; i += 256) {
    const size_t some = count - i < 256 ? count - i : 256;
    elementary_activation_slope(act, Z + i, some, slopes);
    multiplied(slopes, dA + i, some, add, dZ + i);
  }
}

void layer_activation_reverse(activation act, const double *Z, size_t count, const double *dA, double *dZ) {
  through_activation(act, Z, count, dA, false, dZ);
}

void layer_activation_reverse_add(activation act, const double *Z, size_t count, const double *dA,
                                  double *dZ) {
  through_activation(act, Z, count, dA, true, dZ);
}

/* ---- normalisation ---- */

/* Rows are taken in groups, step by step: the sums of one row, which wait for each other, hide behind those
 * of the rest. */
enum { GROUP = 16 };

SIMD_BODY double add_and_sum(const double *add, double *x, size_t d) {
  simd_lanes s = {0};
  double rest = 0;
  size_t j = 0;
  for (; j + LANES <= d; j += LANES) s += SIMD_PUT(x + j) = SIMD_AT(x + j) + SIMD_AT(add + j);
  for (; j < d; j++) rest += x[j] += add[j];
  return simd_total(&s) + rest;
}

SIMD_BODY double squares_around(const double *x, size_t d, double mean) {
  simd_lanes s = {0};
  double rest = 0;
  size_t j = 0;
  for (; j + LANES <= d; j += LANES) s += (SIMD_AT(x + j) - mean) * (SIMD_AT(x + j) - mean);
  for (; j < d; j++) rest += (x[j] - mean) * (x[j] - mean);
  return simd_total(&s) + rest;
}

/* |x - mean|; by BLAS, which scales, where the square leaves the range of doubles. */
static double scaled_norm(double *x, int d, double *mean) {
  for (int j = 0; j < d; j++) x[j] -= *mean;
  *mean = 0;
  return cblas_dnrm2(d, x, 1);
}

/* Up to GROUP rows. */
SIMD_BODY bool normalise_group(const double *add, double *restrict X, int N, size_t d, bool centre,
                               double scale, double *lengths) {
  const double share = centre ? 1 / (double)d : 0, rounding = 1e-15 * sqrt((double)d);
  double means[GROUP], squares[GROUP], factors[GROUP];
  bool defined = true;
  for (size_t i = 0; i < (size_t)N; i++)
    means[i] = share * (add ? add_and_sum(add + i * d, X + i * d, d) : centre ? simd_sum(X + i * d, d) : 0);
  for (size_t i = 0; i < (size_t)N; i++) squares[i] = squares_around(X + i * d, d, means[i]);
  for (size_t i = 0; i < (size_t)N; i++) lengths[i] = sqrt(squares[i]);
  for (size_t i = 0; i < (size_t)N; i++) {
    const double noise =
        rounding * fabs(means[i]); /* what rounding leaves of a constant row is no direction */
    if (!(squares[i] > 1e-280 && squares[i] < 1e280)) lengths[i] = scaled_norm(X + i * d, (int)d, &means[i]);
    defined = defined && isfinite(lengths[i]) && lengths[i] > noise;
  }
  for (size_t i = 0; i < (size_t)N; i++) factors[i] = scale / lengths[i];
  for (size_t i = 0; i < (size_t)N; i++) {
    double *x = X + i * d;
    size_t j = 0;
    for (; j + LANES <= d; j += LANES) SIMD_PUT(x + j) = (SIMD_AT(x + j) - means[i]) * factors[i];
    for (; j < d; j++) x[j] = (x[j] - means[i]) * factors[i];
  }
  return defined;
}

SIMD_BODY bool normalise_body(const double *add, double *X, int N, int d, bool centre, double scale,
                              double *lengths) {
  bool defined = true;
  for (int i = 0; i < N; i += GROUP) {
    const size_t at = (size_t)i * (size_t)d;
    defined &= normalise_group(add ? add + at : NULL, X + at, least(GROUP, N - i), (size_t)d, centre, scale,
                               lengths + i);
  }
  return defined;
}
SIMD_AT_LEVELS(static, bool, return, normalise,
               (const double *add, double *X, int N, int d, bool centre, double scale, double *lengths),
               (add, X, N, d, centre, scale, lengths))

bool layer_normalise(double *X, int N, int d, bool centre, double scale, double *lengths) {
  return normalise(NULL, X, N, d, centre, scale, lengths);
}

bool layer_add_normalise(const double *X, double *Y, int N, int d, bool centre, double scale,
                         double *lengths) {
  return normalise(X, Y, N, d, centre, scale, lengths);
}

SIMD_BODY void layer_normalise_reverse_body(const double *H, int N, int d, bool centre, double scale,
                                            const double *lengths, double *G) {
  const double inverse = 1 / (scale * scale), mean = centre ? 1. / d : 0;
  double factors[GROUP], along[GROUP], means[GROUP];
  for (int first = 0; first < N; first += GROUP) {
    const int some = least(GROUP, N - first);
    const double *h = H + (size_t)first * (size_t)d;
    double *g = G + (size_t)first * (size_t)d;
    for (int i = 0; i < some; i++) factors[i] = scale / lengths[first + i];
    for (int i = 0; i < some; i++) {
      along[i] = factors[i] * inverse * simd_dot(h + i * d, g + i * d, (size_t)d);
      means[i] = centre ? factors[i] * mean * simd_sum(g + i * d, (size_t)d) : 0; /* h has none */
    }
    for (int i = 0; i < some; i++) {
      const double *from = h + i * d;
      double *to = g + i * d;
      int j = 0;
      for (; j + LANES <= d; j += LANES)
        SIMD_PUT(to + j) = factors[i] * SIMD_AT(to + j) - along[i] * SIMD_AT(from + j) - means[i];
      for (; j < d; j++) to[j] = factors[i] * to[j] - along[i] * from[j] - means[i];
    }
  }
}
SIMD_AT_LEVELS(, void, , layer_normalise_reverse,
               (const double *H, int N, int d, bool centre, double scale, const double *lengths, double *G),
               (H, N, d, centre, scale, lengths, G))

/* ---- attention ---- */

size_t layer_attention_doubles(int S, int T, int d, int r) {
  return (size_t)S * (size_t)T * (size_t)(2 * r + T + d);
}

size_t layer_attention_spare(int S, int T, int d, int r) {
  return layer_attention_doubles(S, T, d, r) + (size_t)T * (size_t)(r > d ? r : d);
}

layer_attention_room layer_attention_open(int S, int T, int d, int r, double *doubles, double *spare) {
  const size_t N = (size_t)S * (size_t)T;
  layer_attention_room room = {.S = S, .T = T, .d = d, .r = r, .qk = doubles, .spare = spare};
  room.a = room.qk + N * 2 * (size_t)r;
  room.mixed = room.a + N * (size_t)T;
  return room;
}

void layer_attention(layer_attention_room *m, const double *H, const double *QK, const double *V, double beta,
                     double *Y) {
  const int S = m->S, T = m->T, N = S * T, d = m->d, r = m->r;
  double *turned = m->spare;
  layer_dense(H, N, d, QK, 2 * r, 0, m->qk);
  for (int s = 0; s < S; s++) {
    const double *q = m->qk + (size_t)(s * T) * 2 * (size_t)r;
    turn(q + r, T, r, 2 * r, turned);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, T, r, 1, q, 2 * r, turned, T, 0,
                m->a + (size_t)(s * T) * (size_t)T, T);
  }
  layer_softmax(m->a, N, T);
  for (int s = 0; s < S; s++) {
    const size_t row = (size_t)(s * T);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, d, T, 1, m->a + row * (size_t)T, T,
                H + row * (size_t)d, d, 0, m->mixed + row * (size_t)d, d);
  }
  layer_dense(m->mixed, N, d, V, d, beta, Y);
}

/* The derivatives by the scores in the place of those by the weights a, N rows of T. */
SIMD_BODY void softmax_reverse_body(const double *a, int N, int T, double *g) {
  for (int t = 0; t < N; t++, a += T, g += T) {
    const double mean = simd_dot(a, g, (size_t)T);
    for (int s = 0; s < T; s++) g[s] = a[s] * (g[s] - mean);
  }
}
SIMD_AT_LEVELS(static, void, , softmax_reverse, (const double *a, int N, int T, double *g), (a, N, T, g))

void layer_attention_reverse(const layer_attention_room *m, const double *H, const double *QK,
                             const double *V, const double *dY, double *dQK, double *dV, double *dH) {
  const int S = m->S, T = m->T, N = S * T, d = m->d, r = m->r, both = 2 * r;
  double *dqk = m->spare, *through = dqk + (size_t)N * (size_t)both,
         *scores = through + (size_t)N * (size_t)d, *turned = scores + (size_t)N * (size_t)T;
  layer_dense_reverse(m->mixed, N, d, V, d, dY, dV, 0, through);
  for (int s = 0; s < S; s++) {
    const size_t row = (size_t)(s * T);
    const double *h = H + row * (size_t)d, *g = through + row * (size_t)d;
    turn(h, T, d, d, turned);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, T, d, 1, g, d, turned, T, 0,
                scores + row * (size_t)T, T);
    if (dH)
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, T, d, T, 1, m->a + row * (size_t)T, T, g, d, 1,
                  dH + row * (size_t)d, d);
  }
  softmax_reverse(m->a, N, T, scores);
  for (int s = 0; s < S; s++) {
    const size_t row = (size_t)(s * T);
    const double *score = scores + row * (size_t)T, *q = m->qk + row * (size_t)both;
    double *dq = dqk + row * (size_t)both;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, r, T, 1, score, T, q + r, both, 0, dq, both);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, T, r, T, 1, score, T, q, both, 0, dq + r, both);
  }
  layer_dense_reverse(H, N, d, QK, both, dqk, dQK, 1, dH);
}

/* ---- softmax and losses ---- */

SIMD_BODY double largest(const double *z, int K) {
  double top = z[0];
  for (int c = 1; c < K; c++) top = z[c] > top ? z[c] : top;
  return top;
}

/* Rows of Z less their largest entries, the exponents of softmax; with infinities, those of its limit. */
SIMD_BODY void exponents_body(double *restrict Z, int N, int K) {
  for (int i = 0; i < N; i++) {
    double *z = Z + (size_t)i * (size_t)K;
    const double top = largest(z, K);
    if (top == INFINITY)
      for (int c = 0; c < K; c++) z[c] = z[c] == INFINITY ? 0 : isnan(z[c]) ? NAN : -INFINITY;
    else
      for (int c = 0; c < K; c++) z[c] -= top;
  }
}
SIMD_AT_LEVELS(static, void, , exponents, (double *restrict Z, int N, int K), (Z, N, K))

/* Rows over their sums. */
SIMD_BODY void shares_body(double *Z, int N, int K) {
  for (int i = 0; i < N; i++) {
    double *z = Z + (size_t)i * (size_t)K;
    const double factor = 1 / simd_sum(z, (size_t)K);
    for (int c = 0; c < K; c++) z[c] *= factor;
  }
}
SIMD_AT_LEVELS(static, void, , shares, (double *Z, int N, int K), (Z, N, K))

/* Some rows at a time, which stay in the cache for the three passes. */
static int rows_in_cache(int K) {
  const int cached = 2048;
  return K < cached ? cached / K : 1;
}

void layer_softmax(double *Z, int N, int K) {
  const int rows = rows_in_cache(K);
  for (int i = 0; i < N; i += rows) {
    const int some = least(rows, N - i);
    double *z = Z + (size_t)i * (size_t)K;
    exponents(z, some, K);
    elementary_exp(z, (size_t)some * (size_t)K, z);
    shares(z, some, K);
  }
}

/* sum_c t_c (max z - z_c) for the target t, from the exponents z - max z of a row: what is added to log sum
 * exp(z - max z). */
static double expected(const double *z, int K, int y, double right, double wrong) {
  double sum = right > 0 ? -right * z[y] : 0;
  for (int c = 0; wrong > 0 && c < K; c++)
    if (c != y) sum -= wrong * z[c];
  return sum;
}

/* Rows of exponentials become (softmax - target)/all; the sum of the logarithms of their sums. */
SIMD_BODY double misses_body(double *restrict Z, int N, int K, const int *labels, double right, double wrong,
                             int all) {
  double logs = 0;
  for (int i = 0; i < N; i++) {
    double *restrict z = Z + (size_t)i * (size_t)K;
    const double total = simd_sum(z, (size_t)K), factor = 1 / (total * all), even = wrong / all;
    for (int c = 0; c < K; c++) z[c] = z[c] * factor - even;
    z[labels[i]] -= (right - wrong) / all;
    logs += log(total);
  }
  return logs;
}
SIMD_AT_LEVELS(static, double, return, misses,
               (double *restrict Z, int N, int K, const int *labels, double right, double wrong, int all),
               (Z, N, K, labels, right, wrong, all))

double layer_cross_entropy(double *Z, int N, int K, const int *labels, double q) {
  const double wrong = K > 1 ? q / (K - 1) : 0, right = K > 1 ? 1 - q : 1;
  const int rows = rows_in_cache(K);
  double loss = 0;
  for (int i = 0; i < N; i += rows) {
    const int some = least(rows, N - i);
    double *z = Z + (size_t)i * (size_t)K;
    exponents(z, some, K);
    for (int j = 0; j < some; j++)
      loss += expected(z + (size_t)j * (size_t)K, K, labels[i + j], right, wrong);
    elementary_exp(z, (size_t)some * (size_t)K, z);
    loss += misses(z, some, K, labels + i, right, wrong, N);
  }
  return loss / N;
}

/* Rows of exponentials become the derivatives of the mean over `all` rows; the sum of their losses. */
SIMD_BODY double vote_misses_body(double *restrict Z, int N, int n, const int *labels, const double *members,
                                  int classes, double q, int all) {
  double loss = 0;
  for (int i = 0; i < N; i++) {
    double *restrict z = Z + (size_t)i * (size_t)n;
    const double *restrict own = members + (size_t)labels[i] * (size_t)n;
    const double inverse = 1 / simd_sum(z, (size_t)n), P = simd_dot(z, own, (size_t)n) * inverse;
    const double likely = (1 - q) * P + q / classes, factor = (1 - q) / likely / all * inverse;
    for (int j = 0; j < n; j++) z[j] *= factor * (P - own[j]);
    loss -= log(likely);
  }
  return loss;
}
SIMD_AT_LEVELS(static, double, return, vote_misses,
               (double *restrict Z, int N, int n, const int *labels, const double *members, int classes,
                double q, int all),
               (Z, N, n, labels, members, classes, q, all))

double layer_vote_cross_entropy(double *Z, int N, int n, const int *labels, const double *members,
                                int classes, double q) {
  const int rows = rows_in_cache(n);
  double loss = 0;
  for (int i = 0; i < N; i += rows) {
    const int some = least(rows, N - i);
    double *z = Z + (size_t)i * (size_t)n;
    exponents(z, some, n);
    elementary_exp(z, (size_t)some * (size_t)n, z);
    loss += vote_misses(z, some, n, labels + i, members, classes, q, N);
  }
  return loss / N;
}

double layer_one_hot_squares(double *Z, int N, int K, const int *labels) {
  double loss = 0;
  for (int i = 0; i < N; i++) Z[(size_t)i * (size_t)K + (size_t)labels[i]] -= 1;
  for (size_t j = 0; j < (size_t)N * (size_t)K; j++) {
    loss += Z[j] * Z[j] / 2;
    Z[j] /= N;
  }
  return loss / N;
}

SIMD_BODY double layer_decay_body(double decay, const double *x, size_t count, double *restrict g) {
  for (size_t i = 0; i < count; i++) g[i] += decay * x[i];
  return decay / 2 * simd_dot(x, x, count);
}
SIMD_AT_LEVELS(, double, return, layer_decay,
               (double decay, const double *x, size_t count, double *restrict g), (decay, x, count, g))
