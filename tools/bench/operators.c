/* Times linear operators against what bounds them, and the top eigenpair against SciPy's.
 *
 *     bench-operators [--scipy DIRECTORY] [REPETITIONS]
 *
 * A stored design is read once by a product: its rate is a share of the STREAM triad's bandwidth. A fast
 * orthogonal matrix consists of two cosine transforms: its time is over theirs alone, by FFTW's plan on its
 * own arrays. With --scipy the top eigenpair of X^T diag(z) X (2000 x 1000, tolerance 1e-6, 40 vectors) is
 * over eigsh's on the same operator, by DIRECTORY/operators.py. Everything is measured once in every
 * repetition, in turn, on one core; figures are medians. */
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/kernels/operator.h"
#include "sim/kernels/orthogonal.h"

enum {
  ROWS = 4000,
  COLS = 4000,
  TRIAD = 10000000,
  LENGTH = 65536,
  EIGEN_ROWS = 2000,
  EIGEN_COLS = 1000,
  MOST_REPETITIONS = 101
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static double median(double *x, int n) {
  qsort(x, (size_t)n, sizeof *x, ascending);
  return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static void stop(const char *why) {
  fprintf(stderr, "bench-operators: %s\n", why);
  exit(2);
}

static double *normals(size_t n) {
  double *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
  if (!x) stop("no memory");
  random_source source = random_open(&(assay_stream){1, 0}, RANDOM_DESIGN, 0);
  random_normals(&source, x, n);
  return x;
}

/* ---- bandwidth, in GB/s ---- */

static double triad(double *a, const double *b, const double *c) {
  double start = seconds();
  for (long i = 0; i < TRIAD; i++) a[i] = b[i] + 3 * c[i];
  return 24e-9 * TRIAD / (seconds() - start);
}

static double design_rate(design *X, const double *x, double *y) {
  linear_operator A = operator_of_design(X);
  A.apply(A.context, x, y); /* what the triad wrote leaves the cache */
  double start = seconds();
  A.apply(A.context, x, y);
  return 8e-9 * (double)X->rows * (double)X->cols / (seconds() - start);
}

/* ---- transforms, in ms ---- */

static double fast_time(orthogonal *O, const double *x, double *y) {
  double start = seconds();
  for (int i = 0; i < 10; i++) orthogonal_apply(O, x, y);
  return 100 * (seconds() - start);
}

static double plan_time(fftw_plan plan) {
  double start = seconds();
  for (int i = 0; i < 20; i++) fftw_execute(plan);
  return 100 * (seconds() - start);
}

/* ---- eigenpairs, in ms ---- */

static double eigen_time(design *X, const double *z, double *work, double *vector) {
  assay_error error;
  double value, start = seconds();
  linear_operator A = operator_of_design(X);
  if (operator_weighted_eigen(&A, z, EIGEN_LARGEST, 1, 40, 1e-6, &(assay_stream){1, 0}, work, &value, vector,
                              &error) != ASSAY_OK)
    stop(error.text);
  return 1e3 * (seconds() - start);
}

static double scipy_time(const char *directory) {
  char command[1200];
  double s = NAN;
  snprintf(command, sizeof command, "OPENBLAS_NUM_THREADS=1 /usr/bin/python3 '%.1000s/operators.py' %d %d",
           directory, EIGEN_ROWS, EIGEN_COLS);
  FILE *python = popen(command, "r");
  if (!python || fscanf(python, "%lf", &s) != 1) s = NAN;
  if (python) pclose(python);
  return 1e3 * s;
}

int main(int argc, char **argv) {
  static double stream[MOST_REPETITIONS], share[MOST_REPETITIONS], fast[MOST_REPETITIONS],
      over[MOST_REPETITIONS], ours[MOST_REPETITIONS], ratio[MOST_REPETITIONS];
  const char *directory = argc > 2 && !strcmp(argv[1], "--scipy") ? argv[2] : NULL;
  int repetitions = argc > (directory ? 3 : 1) ? atoi(argv[directory ? 3 : 1]) : 9;
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) stop("REPETITIONS lies between 1 and 101");
  assay_error error;
  orthogonal *O;
  design X = {ROWS, COLS, normals((size_t)ROWS * COLS)}, small = {EIGEN_ROWS, EIGEN_COLS, X.x};
  double *a = normals(3 * (size_t)TRIAD), *x = normals(LENGTH), *y = normals(LENGTH),
         *in = fftw_malloc(LENGTH * sizeof *in), *out = fftw_malloc(LENGTH * sizeof *out);
  double *z = normals(EIGEN_ROWS), *work = normals(EIGEN_ROWS), *vector = normals(EIGEN_COLS);
  fftw_plan plan = fftw_plan_r2r_1d(LENGTH, in, out, FFTW_REDFT10, FFTW_ESTIMATE);
  memcpy(in, x, LENGTH * sizeof *in);
  z[0] = 12; /* an outlier, as the spectral estimator has one */
  if (orthogonal_fast_new(LENGTH, 1, &O, &error) != ASSAY_OK ||
      orthogonal_draw(O, &(assay_stream){1, 0}, 0, &error) != ASSAY_OK)
    stop(error.text);
  for (int r = 0; r < repetitions; r++) {
    stream[r] = triad(a, a + TRIAD, a + 2 * TRIAD);
    share[r] = design_rate(&X, x, y) / stream[r];
    fast[r] = fast_time(O, x, y);
    over[r] = fast[r] / plan_time(plan);
    ours[r] = eigen_time(&small, z, work, vector);
    ratio[r] = directory ? ours[r] / scipy_time(directory) : NAN;
  }
  printf("%-62s %9.2f GB/s\n", "STREAM triad", median(stream, repetitions));
  printf("%-62s %9.2f of the triad (at least .8)\n", "stored design 4000 x 4000, one product",
         median(share, repetitions));
  printf("%-62s %9.2f ms, %.2f times two transforms (at most 1.5)\n", "fast orthogonal matrix, n = 65536",
         median(fast, repetitions), median(over, repetitions));
  printf("%-62s %9.2f ms", "top eigenpair of X^T diag(z) X, 2000 x 1000", median(ours, repetitions));
  if (directory) printf(", %.2f times SciPy's eigsh", median(ratio, repetitions));
  printf("\n");
  return 0;
}
