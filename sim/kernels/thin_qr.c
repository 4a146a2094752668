#include "sim/kernels/thin_qr.h"

#include <cblas.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sim/kernels/vector.h"

static double square_of(const double *x, size_t p) {
  double dot, square;
  vector_dot_and_square(x, x, p, &dot, &square);
  return square;
}

/* x less its part along q, which is returned. */
static double remove_along(const double *q, double *x, size_t p) {
  double dot, square;
  vector_dot_and_square(q, x, p, &dot, &square);
  vector_add_multiple(-dot, q, x, p);
  return dot;
}

static void exchange(double *x, double *y, size_t count, size_t step) {
  for (size_t i = 0; i < count * step; i += step) {
    double kept = x[i];
    x[i] = y[i], y[i] = kept;
  }
}

/* The longest of the remainders from k on comes to place k. */
static void bring_longest(int n, size_t p, int k, double *A, double *R, int *order) {
  int longest = k, kept;
  double most = square_of(A + (size_t)k * p, p);
  for (int j = k + 1; j < n; j++) {
    double square = square_of(A + (size_t)j * p, p);
    if (square > most) most = square, longest = j;
  }
  if (longest == k) return;
  exchange(A + (size_t)k * p, A + (size_t)longest * p, p, 1);
  exchange(R + k, R + longest, (size_t)k, (size_t)n);
  kept = order[k], order[k] = order[longest], order[longest] = kept;
}

int thin_qr(int n, int p, double *A, double cut, double *R, int *order) {
  size_t P = (size_t)p;
  memset(R, 0, (size_t)n * (size_t)n * sizeof *R);
  for (int k = 0; order && k < n; k++) order[k] = k;
  for (int k = 0; k < n; k++) {
    double *a = A + (size_t)k * P;
    if (order) bring_longest(n, P, k, A, R, order);
    for (int i = 0; i < k; i++) R[i * n + k] += remove_along(A + (size_t)i * P, a, P);
    double length = sqrt(square_of(a, P));
    if (!isfinite(length)) return -1;
    if (!(length > cut * R[0])) return k;
    R[k * n + k] = length;
    cblas_dscal(p, 1 / length, a, 1);
    for (int j = k + 1; j < n; j++) R[k * n + j] = remove_along(a, A + (size_t)j * P, P);
  }
  return n;
}

void thin_qr_project(int n, int p, const double *Q, double *r, double *c) {
  memset(c, 0, (size_t)n * sizeof *c);
  for (int twice = 0; twice < 2; twice++)
    for (int i = 0; i < n; i++) c[i] += remove_along(Q + (size_t)i * (size_t)p, r, (size_t)p);
}
