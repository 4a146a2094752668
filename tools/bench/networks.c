/* Times training steps of the networks of neural-collapse, on one core, and prints a table.
 *
 *     bench-networks [REPETITIONS] [PYTHON SCRIPT]
 *
 * A step is forward, reverse and Adam, at the shapes of the claims. Its products (six N d^2 operations for
 * each matrix, and those of the head and of attention) are set against DGEMM at the same shapes; with a
 * script, also against the same step in NumPy, which is to print its milliseconds a step. Medians over the
 * repetitions. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"

enum { MOST_REPETITIONS = 101, STEPS = 100 };

/* Of the processor, so that a busy machine does not count. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(const assay_error *error) {
  fprintf(stderr, "bench-networks: %s\n", error->text);
  exit(2);
}

static double *normals(size_t n) {
  random_source source = random_open(&(assay_stream){1, 0}, RANDOM_DESIGN, 0);
  double *x = calloc(n, sizeof *x);
  if (!x) stop(&(assay_error){ASSAY_NO_MEMORY, "no memory"});
  random_normals(&source, x, n);
  return x;
}

/* Seconds of a training step. */
static double time_step(const neural_collapse_network *net, const double *inputs) {
  neural_collapse_trained result;
  assay_error error = {0};
  const double start = seconds();
  if (neural_collapse_train(net, inputs, STEPS, &(assay_stream){2, 1}, &result, &error)) stop(&error);
  return (seconds() - start) / (STEPS + 1);
}

/* Operations of a step's products. */
static double operations(const neural_collapse_network *net) {
  const double N = net->task.K * net->task.n, d = net->task.d, K = net->task.K, T = net->T;
  const double attention = net->blocks == NEURAL_COLLAPSE_TX1 ? 2 * N * T * d * 8 : 0;
  return net->L * (6 * neural_collapse_block_matrices(net->blocks) * N * d * d + attention) + 6 * N * d * K;
}

/* Operations a second of the three products of a dense block: X W', dY' X, dY W. */
static double time_products(int N, int d) {
  const size_t all = (size_t)N * (size_t)d, square = (size_t)d * (size_t)d;
  double *x = normals(2 * all + square), *y = x + all, *w = y + all;
  enum { ROUNDS = 400 };
  const double start = seconds();
  for (int i = 0; i < ROUNDS; i++) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, d, d, 1, x, d, w, d, 0, y, d);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, N, 1e-3, y, d, x, d, 0, w, d);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, d, d, 1e-3, y, d, w, d, 1, x, d);
  }
  const double rate = ROUNDS * 6. * (double)all * d / (seconds() - start);
  free(x);
  return rate;
}

/* Milliseconds a step in NumPy; NaN when there is no script or no NumPy. */
static double time_numpy(const char *script, const neural_collapse_network *net) {
  char command[4096];
  double ms = NAN;
  if (!script || net->blocks != NEURAL_COLLAPSE_RN1) return NAN;
  snprintf(command, sizeof command,
           "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 /usr/bin/python3 '%s' %d %d %d %d 2>/dev/null", script,
           net->task.K, net->task.n, net->task.d, net->L);
  FILE *python = popen(command, "r");
  if (!python || fscanf(python, "%lf", &ms) != 1) ms = NAN;
  if (python) pclose(python);
  return ms;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *x, int n) {
  qsort(x, (size_t)n, sizeof *x, ascending);
  return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static const struct {
  const char *name;
  neural_collapse_network net;
} lines[] = {
    {"residual, N = 100, d = 32, L = 8",
     {.task = {10, 10, 32, false, 0},
      .act = ACTIVATION_RELU,
      .centre = true,
      .L = 8,
      .lw = .005,
      .lb = .005}},
    {"two matrices, N = 100, d = 32, L = 8",
     {.task = {10, 10, 32, false, 0},
      .blocks = NEURAL_COLLAPSE_RN2,
      .act = ACTIVATION_RELU,
      .centre = true,
      .L = 8,
      .lw = .005,
      .lb = .005}},
    {"transformer, N = 256, T = 8, d = 16, L = 8",
     {.task = {2, 128, 16, false, 0},
      .blocks = NEURAL_COLLAPSE_TX1,
      .act = ACTIVATION_RELU,
      .centre = true,
      .L = 8,
      .T = 8,
      .lw = .005,
      .lb = .005}},
    {"residual, N = 1000, d = 128, L = 8",
     {.task = {10, 100, 128, false, 0},
      .act = ACTIVATION_RELU,
      .centre = true,
      .L = 8,
      .lw = .005,
      .lb = .005}},
};
enum { LINES = sizeof lines / sizeof *lines };

int main(int argc, char **argv) {
  static double step[LINES][MOST_REPETITIONS], share[LINES][MOST_REPETITIONS];
  const int repetitions = argc > 1 ? atoi(argv[1]) : 9;
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) {
    fprintf(stderr, "bench-networks: REPETITIONS lies between 1 and %d\n", MOST_REPETITIONS);
    return 2;
  }
  for (int r = 0; r < repetitions; r++)
    for (int l = 0; l < LINES; l++) {
      const neural_collapse_network *net = &lines[l].net;
      const int N = net->task.K * net->task.n, d = net->task.d;
      double *inputs = normals((size_t)N * (size_t)d), lengths[1000];
      layer_normalise(inputs, N, d, true, 1, lengths);
      step[l][r] = time_step(net, inputs);
      share[l][r] = operations(net) / step[l][r] / time_products(N, d);
      free(inputs);
    }
  printf("%-44s %9s %9s %9s   (medians of %d)\n", "a training step", "ms", "of DGEMM", "NumPy", repetitions);
  for (int l = 0; l < LINES; l++) {
    const double ms = 1e3 * median(step[l], repetitions),
                 numpy = time_numpy(argc > 2 ? argv[2] : NULL, &lines[l].net);
    printf("%-44s %9.3f %8.0f%% ", lines[l].name, ms, 100 * median(share[l], repetitions));
    if (isnan(numpy))
      printf("%9s\n", "-");
    else
      printf("%8.1fx\n", numpy / ms);
  }
  return 0;
}
