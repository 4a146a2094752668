#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/neural-collapse/neural-collapse.h"

/* The loss at the logits z [K] of one sample, and its derivative in their place. */
static double sample_loss(const neural_collapse_task *t, int label, double *z) {
  double top = z[0], total = 0, target = 0, loss = 0;
  if (t->squared) {
    for (int c = 0; c < t->K; c++) {
      z[c] -= c == label;
      loss += z[c] * z[c] / 2;
    }
    return loss;
  }
  const double wrong = t->q / (t->K - 1);
  for (int c = 1; c < t->K; c++) top = fmax(top, z[c]);
  for (int c = 0; c < t->K; c++) {
    target += (c == label ? 1 - t->q : wrong) * (z[c] - top);
    total += exp(z[c] - top);
  }
  for (int c = 0; c < t->K; c++) z[c] = exp(z[c] - top) / total - (c == label ? 1 - t->q : wrong);
  return log(total) - target;
}

double neural_collapse_head_loss(const neural_collapse_task *t, const double *U, const double *b, const double *H,
                          double *dU, double *db, double *dH) {
  const int N = t->K * t->n;
  double loss = 0, z[256];
  for (int i = 0; i < N; i++) {
    const double *h = H + (size_t)i * (size_t)t->d;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, t->K, t->d, 1, U, t->d, h, 1, 0, z, 1);
    for (int c = 0; b && c < t->K; c++) z[c] += b[c];
    loss += sample_loss(t, i / t->n, z) / N;
    cblas_dger(CblasRowMajor, t->K, t->d, 1. / N, z, 1, h, 1, dU, t->d);
    cblas_dgemv(CblasRowMajor, CblasTrans, t->K, t->d, 1. / N, U, t->d, z, 1, 1,
                dH + (size_t)i * (size_t)t->d, 1);
    for (int c = 0; db && c < t->K; c++) db[c] += z[c] / N;
  }
  return loss;
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

void neural_collapse_measure(const neural_collapse_task *t, const double *U, const double *H, neural_collapse_metrics *m) {
  const int N = t->K * t->n, d = t->d;
  double mean[2048] = {0}, all[256] = {0}, within = 0, between = 0;
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
  }
  for (int i = 0; i < N; i++) within += distance2(H + (size_t)i * (size_t)d, mean + i / t->n * d, d) / N;
  for (int c = 0; c < t->K; c++) between += distance2(mean + c * d, all, d) / t->K;
  m->NC1 = within / between;
  m->NC2 = simplex_distance(t, U);
  m->R = sqrt(fmax(0, 1 - within));
}
