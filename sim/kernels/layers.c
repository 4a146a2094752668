#include "sim/kernels/layers.h"

#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

void layer_dense(const double *X, int N, int in, const double *W, int out, double beta, double *Y) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, out, in, 1, X, in, W, in, beta, Y, out);
}

void layer_dense_reverse(const double *X, int N, int in, const double *W, int out, const double *dY, double *dW, double beta,
                         double *dX) {
  if (dW) cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, N, 1, dY, out, X, in, 1, dW, in);
  if (dX) cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, in, out, 1, dY, out, W, in, beta, dX, in);
}

/* x or 0, without a branch, which the processor could not predict. */
static double kept(double x, bool keep) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits &= -(uint64_t)keep;
  memcpy(&x, &bits, sizeof bits);
  return x;
}

void layer_activation_reverse(activation act, const double *Z, size_t count, const double *dA, double *dZ) {
  if (act == ACTIVATION_RELU)
    for (size_t i = 0; i < count; i++) dZ[i] = kept(dA[i], Z[i] > 0);
  else
    for (size_t i = 0; i < count; i++) dZ[i] = dA[i] * activation_slope(act, Z[i]);
}

/* Rows are short: sums by four, in registers, cost less than a call of BLAS. */
static double sum(const double *x, size_t d) {
  double s[4] = {0}, rest = 0;
  size_t j = 0;
  for (; j + 4 <= d; j += 4)
    for (int k = 0; k < 4; k++) s[k] += x[j + k];
  for (; j < d; j++) rest += x[j];
  return (s[0] + s[1]) + (s[2] + s[3]) + rest;
}

static double dot(const double *x, const double *y, size_t d) {
  double s[4] = {0}, rest = 0;
  size_t j = 0;
  for (; j + 4 <= d; j += 4)
    for (int k = 0; k < 4; k++) s[k] += x[j + k] * y[j + k];
  for (; j < d; j++) rest += x[j] * y[j];
  return (s[0] + s[1]) + (s[2] + s[3]) + rest;
}

/* The Euclidean norm; by BLAS, which scales, where the squares leave the range of doubles. */
static double norm(const double *x, int d) {
  const double square = dot(x, x, (size_t)d);
  return square > 1e-280 && square < 1e280 ? sqrt(square) : cblas_dnrm2(d, x, 1);
}

bool layer_normalise(double *X, int N, int d, bool centre, double scale, double *lengths) {
  bool defined = true;
  for (int i = 0; i < N; i++) {
    double *restrict x = X + (size_t)i * (size_t)d;
    const double mean = centre ? sum(x, (size_t)d) / d : 0;
    for (int j = 0; j < d && centre; j++) x[j] -= mean;
    lengths[i] = norm(x, d);
    /* What rounding leaves of a constant row is no direction. */
    defined = defined && isfinite(lengths[i]) && lengths[i] > 1e-15 * sqrt(d) * fabs(mean);
    const double factor = scale / lengths[i];
    for (int j = 0; j < d; j++) x[j] *= factor;
  }
  return defined;
}

void layer_normalise_reverse(const double *H, int N, int d, bool centre, double scale, const double *lengths, double *G) {
  for (int i = 0; i < N; i++) {
    const double *restrict h = H + (size_t)i * (size_t)d;
    double *restrict g = G + (size_t)i * (size_t)d;
    const double along = dot(h, g, (size_t)d) / (scale * lengths[i]), share = scale / lengths[i];
    const double mean = centre ? share * sum(g, (size_t)d) / d : 0; /* h has none */
    for (int j = 0; j < d; j++) g[j] = share * g[j] - along * h[j] - mean;
  }
}

size_t layer_attention_doubles(int S, int T, int d, int r) {
  const size_t N = (size_t)S * (size_t)T, square = (size_t)T * (size_t)T;
  return 2 * N * ((size_t)r + (size_t)d) + ((size_t)S + 1) * square + (size_t)T * (size_t)r;
}

layer_attention_room layer_attention_open(int S, int T, int d, int r, double *doubles) {
  const size_t N = (size_t)S * (size_t)T;
  layer_attention_room room = {.S = S, .T = T, .d = d, .r = r, .q = doubles};
  room.k = room.q + N * (size_t)r;
  room.a = room.k + N * (size_t)r;
  room.mixed = room.a + N * (size_t)T;
  room.through = room.mixed + N * (size_t)d;
  room.scores = room.through + N * (size_t)d;
  room.side = room.scores + (size_t)T * (size_t)T;
  return room;
}

void layer_attention(layer_attention_room *m, const double *H, const double *Q, const double *K, const double *V, double beta,
                     double *Y) {
  const int N = m->S * m->T, T = m->T, d = m->d, r = m->r;
  layer_dense(H, N, d, Q, r, 0, m->q);
  layer_dense(H, N, d, K, r, 0, m->k);
  for (int s = 0; s < m->S; s++) {
    const size_t row = (size_t)s * (size_t)T;
    double *a = m->a + row * (size_t)T;
    layer_dense(m->q + row * (size_t)r, T, r, m->k + row * (size_t)r, T, 0, a);
    layer_softmax(a, T, T);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, d, T, 1, a, T, H + row * (size_t)d, d, 0, m->mixed + row * (size_t)d,
                d);
  }
  layer_dense(m->mixed, N, d, V, d, beta, Y);
}

/* The derivative by the scores of one sequence, in the place of that by its weights a [T][T]. */
static void softmax_reverse(const double *a, int T, double *g) {
  for (int t = 0; t < T; t++, a += T, g += T) {
    const double mean = cblas_ddot(T, a, 1, g, 1);
    for (int s = 0; s < T; s++) g[s] = a[s] * (g[s] - mean);
  }
}

void layer_attention_reverse(const layer_attention_room *m, const double *H, const double *Q, const double *K, const double *V,
                             const double *dY, double *dQ, double *dK, double *dV, double *dH) {
  const int N = m->S * m->T, T = m->T, d = m->d, r = m->r;
  double *scores = m->scores, *side = m->side;
  layer_dense_reverse(m->mixed, N, d, V, d, dY, dV, 0, m->through);
  for (int s = 0; s < m->S; s++) {
    const size_t row = (size_t)s * (size_t)T;
    const double *h = H + row * (size_t)d, *a = m->a + row * (size_t)T;
    double *q = m->q + row * (size_t)r, *k = m->k + row * (size_t)r;
    const double *g = m->through + row * (size_t)d;
    layer_dense(g, T, d, h, T, 0, scores);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, T, d, T, 1, a, T, g, d, 1, dH + row * (size_t)d, d);
    softmax_reverse(a, T, scores);
    /* dk = scores' q and dq = scores k take the places of k and q; the projections' reverse is then one product of the batch. */
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, r, T, 1, scores, T, k, r, 0, side, r);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, T, r, T, 1, scores, T, q, r, 0, k, r);
    memcpy(q, side, (size_t)T * (size_t)r * sizeof *q);
  }
  layer_dense_reverse(H, N, d, Q, r, m->q, dQ, 1, dH);
  layer_dense_reverse(H, N, d, K, r, m->k, dK, 1, dH);
}

void layer_softmax(double *Z, int N, int K) {
  for (int i = 0; i < N; i++) {
    double *z = Z + (size_t)i * (size_t)K, top = z[0], total = 0;
    for (int c = 1; c < K; c++) top = z[c] > top || isnan(z[c]) ? z[c] : top;
    for (int c = 0; c < K; c++) {
      z[c] = top == INFINITY ? z[c] == INFINITY : exp(z[c] - top);
      total += z[c];
    }
    for (int c = 0; c < K; c++) z[c] /= total;
  }
}

/* log(sum_c exp z_c) - z_y for finite or infinite z; p is the softmax of z. */
static double surprise(const double *z, int K, int y) {
  double top = z[0], total = 0;
  for (int c = 1; c < K; c++) top = fmax(top, z[c]);
  if (z[y] == -INFINITY && top > -INFINITY) return INFINITY;
  if (top == INFINITY && z[y] < INFINITY) return INFINITY;
  for (int c = 0; c < K; c++) total += top == INFINITY ? z[c] == INFINITY : exp(z[c] - top);
  return log(total) + (top == INFINITY ? 0 : top - z[y]);
}

double layer_cross_entropy(double *Z, int N, int K, const int *labels, double q) {
  const double wrong = K > 1 ? q / (K - 1) : 0, right = K > 1 ? 1 - q : 1;
  double loss = 0;
  for (int i = 0; i < N; i++) {
    double *z = Z + (size_t)i * (size_t)K;
    loss += right * surprise(z, K, labels[i]);
    for (int c = 0; wrong > 0 && c < K; c++)
      if (c != labels[i]) loss += wrong * surprise(z, K, c);
    layer_softmax(z, 1, K);
    for (int c = 0; c < K; c++) z[c] = (z[c] - (c == labels[i] ? right : wrong)) / N;
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

double layer_decay(double decay, const double *x, size_t count, double *restrict g) {
  for (size_t i = 0; i < count; i++) g[i] += decay * x[i];
  return decay / 2 * dot(x, x, count);
}
