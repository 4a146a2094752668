#include "sim/kernels/conjugate_gradients.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int n, D, count;
  const double *Z, *B;
  double lambda;
  double *R, *P, *Q, *image, *square, *least; /* [count][D] thrice, [count][n], [count] twice */
} solver;

/* Q = V (Z'Z/n + lambda) for rows V [count][D]. */
static void apply(const solver *s, const double *V, double *Q) {
  memcpy(Q, V, (size_t)s->count * (size_t)s->D * sizeof *Q);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s->count, s->n, s->D, 1, V, s->D, s->Z, s->D, 0,
              s->image, s->n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, s->count, s->D, s->n, 1. / s->n, s->image, s->n,
              s->Z, s->D, s->lambda, Q, s->D);
}

/* R = B - X A, P = R. True when every row is small enough. */
static bool begin(solver *s, const double *X, double tolerance) {
  bool done = true;
  size_t D = (size_t)s->D;
  apply(s, X, s->Q);
  for (int i = 0; i < s->count; i++) {
    double *r = s->R + (size_t)i * D;
    const double *b = s->B + (size_t)i * D, *q = s->Q + (size_t)i * D;
    for (size_t k = 0; k < D; k++) r[k] = b[k] - q[k];
    s->square[i] = cblas_ddot(s->D, r, 1, r, 1);
    s->least[i] = tolerance * tolerance * cblas_ddot(s->D, b, 1, b, 1);
    done = done && s->square[i] <= s->least[i];
  }
  memcpy(s->P, s->R, (size_t)s->count * D * sizeof *s->P);
  return done;
}

/* One step for every row that is not yet small; true when none is left. */
static bool step(solver *s, double *X) {
  bool done = true;
  apply(s, s->P, s->Q);
  for (int i = 0; i < s->count; i++) {
    size_t at = (size_t)i * (size_t)s->D;
    double *r = s->R + at, *p = s->P + at;
    if (s->square[i] <= s->least[i] / 4) continue;
    double a = s->square[i] / cblas_ddot(s->D, p, 1, s->Q + at, 1);
    cblas_daxpy(s->D, a, p, 1, X + at, 1);
    cblas_daxpy(s->D, -a, s->Q + at, 1, r, 1);
    double square = cblas_ddot(s->D, r, 1, r, 1);
    cblas_dscal(s->D, square / s->square[i], p, 1);
    cblas_daxpy(s->D, 1, r, 1, p, 1);
    s->square[i] = square;
    done = done && square <= s->least[i] / 4;
  }
  return done;
}

assay_status conjugate_gradients(int n, int D, const double *Z, double lambda, int count, const double *B,
                                 double tolerance, int most_steps, double *X, int *steps,
                                 assay_error *error) {
  size_t rows = (size_t)count * (size_t)D;
  double *memory = calloc(3 * rows + (size_t)n * (size_t)count + 2 * (size_t)count, sizeof *memory);
  if (!memory)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for conjugate gradients of %d x %d", n, D);
  solver s = {.n = n,
              .D = D,
              .count = count,
              .Z = Z,
              .B = B,
              .lambda = lambda,
              .R = memory,
              .P = memory + rows,
              .Q = memory + 2 * rows};
  s.image = memory + 3 * rows, s.square = s.image + (size_t)n * (size_t)count, s.least = s.square + count;
  memset(X, 0, rows * sizeof *X);
  *steps = 0;
  /* The residual that is carried along drifts from the true one, so the end is checked and, if need be, taken
   * for a new start. */
  bool done = begin(&s, X, tolerance);
  while (!done && *steps < most_steps) {
    while (++*steps < most_steps && !step(&s, X)) continue;
    done = begin(&s, X, tolerance);
  }
  free(memory);
  return done ? ASSAY_OK
              : assay_error_set(error, ASSAY_NUMERIC,
                                "conjugate gradients left a residual above %g after %d steps", tolerance,
                                most_steps);
}
