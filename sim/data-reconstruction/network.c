#include "sim/data-reconstruction/network.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/layers.h"
#include "sim/kernels/random.h"

/* What a pass leaves, [n][w] each: the input of a ReLU and its output, before the blocks and in both places
 * of each. */
static double *place(const network *k, int i) {
  return k->room + (size_t)i * (size_t)k->n * (size_t)k->w;
}
enum { Z = 0, H = 1, U = 2, R = 3 }; /* block b: U, R at 4 b + 2, 4 b + 3, Z, H at 4 (b + 1) + 0, 1 */

static double *matrix(double *weights, const network *k, int b, int second) {
  size_t square = (size_t)k->w * (size_t)k->w;
  return weights + (size_t)k->w * (size_t)k->d + (size_t)(2 * b + second) * square;
}
static double *head_of(double *weights, const network *k) {
  return weights + k->size - k->w;
}

double *network_head(const network *k) {
  return head_of(k->weights, k);
}

assay_status network_open(assay_call *call, network_arch arch, int n, int d, int w, network *k) {
  size_t W = (size_t)w;
  *k = (network){
      .arch = arch, .n = n, .d = d, .w = w, .blocks = arch == NETWORK_RESIDUAL ? NETWORK_BLOCKS : 0};
  k->size = W * (size_t)d + 2 * (size_t)k->blocks * W * W + W;
  k->weights = assay_alloc(call, 2 * k->size * sizeof(double));
  k->room = assay_alloc(call, (size_t)(4 * k->blocks + 5) * (size_t)n * W * sizeof(double));
  k->slope = k->weights + k->size;
  return k->weights && k->room ? ASSAY_OK : ASSAY_NO_MEMORY;
}

void network_draw(network *k, const assay_stream *stream, double head) {
  random_source source = random_open(stream, RANDOM_INIT, 0);
  size_t first = (size_t)k->w * (size_t)k->d;
  random_normals(&source, k->weights, k->size);
  cblas_dscal((int)first, 1 / sqrt(k->d), k->weights, 1);
  cblas_dscal((int)(k->size - first) - k->w, 1 / sqrt(k->w), k->weights + first, 1);
  cblas_dscal(k->w, head / sqrt(k->w), network_head(k), 1);
}

/* The features end in H of the last block; returns them. */
static const double *hidden(network *k, const double *X, int n) {
  int w = k->w;
  size_t size = (size_t)n * (size_t)w;
  layer_dense(X, n, k->d, k->weights, w, 0, place(k, Z));
  elementary_activation(ACTIVATION_RELU, place(k, Z), size, place(k, H));
  for (int b = 0; b < k->blocks; b++) {
    int at = 4 * b;
    layer_dense(place(k, at + H), n, w, matrix(k->weights, k, b, 0), w, 0, place(k, at + U));
    elementary_activation(ACTIVATION_RELU, place(k, at + U), size, place(k, at + R));
    memcpy(place(k, at + 4 + Z), place(k, at + H), size * sizeof(double));
    layer_dense(place(k, at + R), n, w, matrix(k->weights, k, b, 1), w, 1, place(k, at + 4 + Z));
    elementary_activation(ACTIVATION_RELU, place(k, at + 4 + Z), size, place(k, at + 4 + H));
  }
  return place(k, 4 * k->blocks + H);
}

/* From the derivatives by the last features, in the place after them: those by the weights are added to slope
 * (NULL: not wanted), by the inputs put into dX (NULL: not wanted). */
static void back(network *k, const double *X, int n, double *dH, double *slope, double *dX) {
  int w = k->w;
  size_t size = (size_t)n * (size_t)w;
  double *dR = place(k, 4 * k->blocks + 3);
  for (int b = k->blocks - 1; b >= 0; b--) {
    int at = 4 * b;
    layer_activation_reverse(ACTIVATION_RELU, place(k, at + 4 + Z), size, dH, dH);
    layer_dense_reverse(place(k, at + R), n, w, matrix(k->weights, k, b, 1), w, dH,
                        slope ? matrix(slope, k, b, 1) : NULL, 0, dR);
    layer_activation_reverse(ACTIVATION_RELU, place(k, at + U), size, dR, dR);
    layer_dense_reverse(place(k, at + H), n, w, matrix(k->weights, k, b, 0), w, dR,
                        slope ? matrix(slope, k, b, 0) : NULL, 1, dH);
  }
  layer_activation_reverse(ACTIVATION_RELU, place(k, Z), size, dH, dH);
  layer_dense_reverse(X, n, k->d, k->weights, w, dH, slope, 0, dX);
}

void network_values(network *k, const double *X, double *f) {
  const double *h = hidden(k, X, k->n);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->n, k->w, 1, h, k->w, network_head(k), 1, 0, f, 1);
}

double network_loss(network *k, const double *X, const double *Y) {
  const double *h = hidden(k, X, k->n), *a = network_head(k);
  double *dH = place(k, 4 * k->blocks + 2), sum = 0;
  memset(k->slope, 0, k->size * sizeof *k->slope);
  for (int i = 0; i < k->n; i++) {
    double e = cblas_ddot(k->w, h + (size_t)i * k->w, 1, a, 1) - Y[i];
    sum += e * e;
    cblas_daxpy(k->w, 2 * e / k->n, h + (size_t)i * k->w, 1, head_of(k->slope, k), 1);
    for (int j = 0; j < k->w; j++) dH[(size_t)i * k->w + j] = 2 * e / k->n * a[j];
  }
  back(k, X, k->n, dH, k->slope, NULL);
  return sum / k->n;
}

enum { MOST_SAMPLES = 8 };

assay_status network_train(network *k, const double *X, const double *Y, double share, double enough,
                           int most, double *mse, assay_error *error) {
  double gram[MOST_SAMPLES * MOST_SAMPLES], values[MOST_SAMPLES];
  const double *h = hidden(k, X, k->n);
  if (k->n > MOST_SAMPLES)
    return assay_error_set(error, ASSAY_DOMAIN, "n = %d; at most %d samples", k->n, MOST_SAMPLES);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, k->n, k->w, 1, h, k->w, 0, gram, k->n);
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', k->n, gram, k->n, values) || !(values[k->n - 1] > 0))
    return assay_error_set(error, ASSAY_NUMERIC, "the features at the start have no step");
  double step = share * k->n / (2 * values[k->n - 1]);
  for (int i = 0; i < most; i++) {
    *mse = network_loss(k, X, Y);
    if (*mse < enough) return ASSAY_OK;
    if (!isfinite(*mse)) break;
    cblas_daxpy((int)k->size, -step, k->slope, 1, k->weights, 1);
  }
  return assay_error_set(error, ASSAY_NUMERIC, "after %d steps the squared error is %.3g, not below %.3g",
                         most, *mse, enough);
}

static void forward(void *context, const double *X, int n, double *Phi) {
  network *k = context;
  memcpy(Phi, hidden(k, X, n), (size_t)n * (size_t)k->w * sizeof *Phi);
}

static void reverse(void *context, int n, double *dPhi, double *dX) {
  back(context, NULL, n, dPhi, NULL, dX);
}

feature_map network_features(network *k) {
  return (feature_map){k->d, k->w, forward, reverse, k};
}
