#include "sim/data-reconstruction/inversion.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/layers.h"
#include "sim/kernels/lbfgs.h"
#include "sim/kernels/thin_qr.h"
#include "sim/kernels/vector.h"

static const lbfgs_rule rule = {20, 0, 1e-10}; /* the search says how many iterations */

struct inversion {
  feature_map map;
  int n;
  const double *theta;
  double *Phi, *factored, *a, *r;  /* [n][p] twice, [n], [p] */
  double *R, *c;                   /* [n][n], [n] */
  double *y, *x, *slope, *lengths; /* [n][d] three times, [n] */
  double *room;
  int *order;
};

inversion *inversion_new(const feature_map *map, int n, assay_error *error) {
  size_t N = (size_t)n, D = (size_t)map->d, P = (size_t)map->p;
  inversion *k = calloc(1, sizeof *k);
  if (k) {
    k->order = calloc(N, sizeof *k->order);
    k->Phi = calloc(2 * N * P + P + (N + 3) * N + 3 * N * D + lbfgs_room(N * D, &rule), sizeof *k->Phi);
  }
  if (!k || !k->Phi || !k->order) {
    inversion_free(k);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory to invert %d features of %d inputs", map->p, n);
    return NULL;
  }
  k->map = *map, k->n = n;
  k->factored = k->Phi + N * P, k->a = k->factored + N * P, k->c = k->a + N, k->R = k->c + N;
  k->r = k->R + N * N, k->y = k->r + P, k->x = k->y + N * D, k->slope = k->x + N * D,
  k->lengths = k->slope + N * D;
  k->room = k->lengths + N;
  return k;
}

void inversion_free(inversion *k) {
  if (!k) return;
  free(k->Phi);
  free(k->order);
  free(k);
}

/* a and r = theta - Phi'a at the features in Phi. */
static double residual(inversion *k, const double *theta) {
  int n = k->n, p = k->map.p;
  memcpy(k->factored, k->Phi, (size_t)n * (size_t)p * sizeof *k->Phi);
  int rank = thin_qr(n, p, k->factored, 1e-11, k->R, k->order);
  if (rank < 0) return INFINITY;
  memcpy(k->r, theta, (size_t)p * sizeof *theta), memset(k->a, 0, (size_t)n * sizeof *k->a);
  thin_qr_project(rank, p, k->factored, k->r, k->c);
  if (rank) cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasNonUnit, rank, k->R, n, k->c, 1);
  for (int i = 0; i < rank; i++) k->a[k->order[i]] = k->c[i];
  double square = cblas_ddot(p, k->r, 1, k->r, 1) / cblas_ddot(p, theta, 1, theta, 1);
  return isfinite(square) ? square : INFINITY;
}

double inversion_loss(inversion *k, const double *theta, const double *X, double *gradient) {
  int n = k->n, p = k->map.p;
  k->map.forward(k->map.context, X, n, k->Phi);
  double L = residual(k, theta), scale = -2 / cblas_ddot(p, theta, 1, theta, 1);
  if (!gradient || !isfinite(L)) return L;
  for (int i = 0; i < n; i++) {
    memcpy(k->factored + (size_t)i * p, k->r, (size_t)p * sizeof *k->r);
    cblas_dscal(p, scale * k->a[i], k->factored + (size_t)i * p, 1);
  }
  k->map.reverse(k->map.context, n, k->factored, gradient);
  return L;
}

/* The loss at x_i = sqrt(d) y_i/|y_i|, and its derivative by y. */
static double objective(const double *y, double *gradient, void *context) {
  inversion *k = context;
  int n = k->n, d = k->map.d;
  memcpy(k->x, y, (size_t)n * (size_t)d * sizeof *y);
  if (!layer_normalise(k->x, n, d, false, sqrt(d), k->lengths)) return INFINITY;
  double L = inversion_loss(k, k->theta, k->x, gradient);
  if (isfinite(L)) layer_normalise_reverse(k->x, n, d, false, sqrt(d), k->lengths, gradient);
  return L;
}

double inversion_search(inversion *k, const double *theta, double *X, double enough, int iterations) {
  size_t size = (size_t)k->n * (size_t)k->map.d;
  lbfgs_rule limited = rule;
  limited.iterations = iterations;
  k->theta = theta;
  memcpy(k->y, X, size * sizeof *X);
  lbfgs_report report = lbfgs_until(objective, k, size, &limited, enough, k->y, k->room);
  memcpy(X, k->y, size * sizeof *X);
  return layer_normalise(X, k->n, k->map.d, false, sqrt(k->map.d), k->lengths) ? report.value : INFINITY;
}

/* ---- random features ---- */

struct random_features {
  activation act;
  int d, p;
  const double *V;
  double *Z, *turned; /* [n][p]; [d][p] V', with which the product of few rows is three times as fast */
};

static void forward(void *context, const double *X, int n, double *Phi) {
  random_features *k = context;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, k->p, k->d, 1, X, k->d, k->turned, k->p, 0, k->Z,
              k->p);
  elementary_activation(k->act, k->Z, (size_t)n * (size_t)k->p, Phi);
}

static void reverse(void *context, int n, double *dPhi, double *dX) {
  random_features *k = context;
  elementary_activation_slope(k->act, k->Z, (size_t)n * (size_t)k->p, k->Z);
  vector_multiply(k->Z, dPhi, (size_t)n * (size_t)k->p);
  layer_dense_reverse(NULL, n, k->d, k->V, k->p, dPhi, NULL, 0, dX);
}

void random_features_renew(random_features *k) {
  for (int j = 0; j < k->p; j++) cblas_dcopy(k->d, k->V + (size_t)j * k->d, 1, k->turned + j, k->p);
}

random_features *random_features_new(activation act, const double *V, int n, int d, int p, feature_map *map,
                                     assay_error *error) {
  random_features *k = calloc(1, sizeof *k);
  if (k) k->Z = calloc((size_t)(n + d) * (size_t)p, sizeof *k->Z);
  if (!k || !k->Z) {
    random_features_free(k);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d features of %d samples", p, n);
    return NULL;
  }
  k->act = act, k->d = d, k->p = p, k->V = V, k->turned = k->Z + (size_t)n * (size_t)p;
  random_features_renew(k);
  *map = (feature_map){d, p, forward, reverse, k};
  return k;
}

void random_features_free(random_features *k) {
  if (k) free(k->Z);
  free(k);
}
