#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/neural-collapse/network.h"

double neural_collapse_head_loss(const neural_collapse_task *t, int rows, const int *labels, const double *U,
                                 const double *b, const double *H, double *logits, double *dU, double *db,
                                 double *dH) {
  const double share = (double)rows / (t->K * t->n);
  layer_dense(H, rows, t->d, U, t->K, 0, logits);
  for (int i = 0; b && i < rows; i++) cblas_daxpy(t->K, 1, b, 1, logits + i * t->K, 1);
  const double loss = t->squared ? layer_one_hot_squares(logits, rows, t->K, labels)
                                 : layer_cross_entropy(logits, rows, t->K, labels, t->q);
  if (share < 1) cblas_dscal(rows * t->K, share, logits, 1);
  layer_dense_reverse(H, rows, t->d, U, t->K, logits, dU, 1, dH);
  for (int i = 0; db && i < rows; i++) cblas_daxpy(t->K, 1, logits + i * t->K, 1, db, 1);
  return share * loss;
}

static double distance2(const double *x, const double *y, int d) {
  double sum = 0;
  for (int j = 0; j < d; j++) sum += (x[j] - y[j]) * (x[j] - y[j]);
  return sum;
}

/* |UU'/|UU'| - (I - 11'/K)/sqrt(K-1)|, Frobenius norms. */
static double simplex_distance(const neural_collapse_task *t, const double *U) {
  double square = 0, sum = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int a = 0; a < t->K; a++)
      for (int b = 0; b < t->K; b++) {
        const double entry = cblas_ddot(t->d, U + a * t->d, 1, U + b * t->d, 1);
        if (pass == 0)
          square += entry * entry;
        else
          sum += pow(entry / sqrt(square) - ((a == b) - 1. / t->K) / sqrt(t->K - 1.), 2);
      }
  return sqrt(sum);
}

/* Is the largest logit of the sample the one of class c alone? */
static bool right(const neural_collapse_task *t, const double *U, const double *h, int c, double own) {
  for (int k = 0; k < t->K; k++)
    if (k != c && cblas_ddot(t->d, U + k * t->d, 1, h, 1) >= own) return false;
  return true;
}

void neural_collapse_measure(const neural_collapse_task *t, const double *U, const double *H,
                             neural_collapse_metrics *m) {
  const int N = t->K * t->n, d = t->d;
  double mean[2048] = {0}, all[256] = {0}, within = 0, between = 0;
  int hits = 0;
  *m = (neural_collapse_metrics){0};
  for (int i = 0; i < N; i++) {
    const int c = i / t->n;
    const double *h = H + (size_t)i * (size_t)d, *u = U + c * d;
    const double length = cblas_dnrm2(d, h, 1), head = cblas_dnrm2(d, u, 1),
                 along = cblas_ddot(d, h, 1, u, 1);
    for (int j = 0; j < d; j++) {
      mean[c * d + j] += h[j] / t->n;
      all[j] += h[j] / N;
    }
    m->NC3 += (1 - along / (length * head)) / N;
    m->p += along / N;
    m->h_norm += length / N;
    m->u_norm += head / N;
    hits += right(t, U, h, c, along);
  }
  for (int i = 0; i < N; i++) within += distance2(H + (size_t)i * (size_t)d, mean + i / t->n * d, d) / N;
  for (int c = 0; c < t->K; c++) between += distance2(mean + c * d, all, d) / t->K;
  m->accuracy = (double)hits / N;
  m->NC1 = t->K > 1 ? within / between : NAN;
  m->NC2 = t->K > 1 ? simplex_distance(t, U) : NAN;
  m->R = sqrt(fmax(0, 1 - within));
}
