/* Times the random numbers, the DP-SGD simulators and one-pass SGD on a single-index model, on one core, and prints a table.
 *
 *     bench-kernels [REPETITIONS]
 *
 * Everything is measured once in every repetition, in turn, so that a slow moment of the machine hits both
 * sides of a ratio; times and ratios are medians over the repetitions. numpy's normals are timed by
 * /usr/bin/python3 if it has numpy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/dp-sgd/dp-sgd.h"
#include "sim/kernels/random.h"
#include "sim/kernels/simd.h"
#include "sim/single-index-gd/single-index-gd.h"

enum { DRAWS = 4096, FILLS = 500, MOST_REPETITIONS = 101 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- draws: ns for each ---- */

typedef void fill(random_source *source, double *out, size_t n);

static void fill_bits(random_source *source, double *out, size_t n) {
  random_bits(source, (uint64_t *)out, n);
}

static void fill_chi_squares(random_source *source, double *out, size_t n) {
  random_chi_squares(source, 199, out, n);
}

static double time_fill(fill *fill_draws) {
  static double out[DRAWS];
  random_source source = random_open(&(assay_stream){1, 0}, RANDOM_DESIGN, 0);
  const double start = seconds();
  for (int i = 0; i < FILLS; i++) fill_draws(&source, out, DRAWS);
  return 1e9 * (seconds() - start) / ((double)FILLS * DRAWS);
}

static double time_bits(void) {
  return time_fill(fill_bits);
}
static double time_uniforms(void) {
  return time_fill(random_uniforms);
}
static double time_normals(void) {
  return time_fill(random_normals);
}
static double time_signs(void) {
  return time_fill(random_signs);
}
static double time_chi_squares(void) {
  return time_fill(fill_chi_squares);
}

/* NaN when there is no numpy. */
static double time_numpy(void) {
  static const char command[] =
      "/usr/bin/python3 -c \"import numpy, time; g = numpy.random.default_rng(1); x = numpy.empty(4096)\n"
      "for i in range(50): g.standard_normal(out=x)\n"
      "t = time.perf_counter()\n"
      "for i in range(500): g.standard_normal(out=x)\n"
      "print((time.perf_counter() - t) / (500 * 4096) * 1e9)\" 2>/dev/null";
  FILE *python = popen(command, "r");
  double ns = NAN;
  if (!python || fscanf(python, "%lf", &ns) != 1) ns = NAN;
  if (python) pclose(python);
  return ns;
}

/* ---- simulators: ns for each step ---- */

enum { STEPS = 2000 };

typedef enum { CHAIN, VECTOR } simulator;

static void stop(const assay_error *error) {
  fprintf(stderr, "bench-kernels: %s\n", error->text);
  exit(2);
}

static double time_path(simulator kind, long d, dp_sgd_noise noise, int replicates) {
  static double eta[STEPS], s[STEPS];
  const double one = 1;
  const dp_sgd_plan plan = {.n = STEPS,
                            .d = d,
                            .C = 0.3 * sqrt((double)d),
                            .zeta = 0.5,
                            .eta = eta,
                            .s = s,
                            .m = 1,
                            .size = &d,
                            .lam = &one,
                            .start = &one};
  assay_error error = {0};
  dp_sgd_step_sizes(&(schedule){.kind = SCHEDULE_HARMONIC, .eta0 = 3, .t0 = 0.5}, STEPS, eta);
  if (dp_sgd_noise_sd(noise, plan.C, 1, eta, STEPS, s, &error)) stop(&error);
  dp_sgd_path *path = kind == CHAIN ? dp_sgd_norm_chain_new(&plan, &error)
                                    : dp_sgd_vector_new(&plan, DP_SGD_GAUSSIAN, DP_SGD_RANDOM, &error);
  if (!path) stop(&error);
  const double start = seconds();
  for (int r = 0; r < replicates; r++) {
    dp_sgd_path_start(path, &(assay_stream){2, (uint64_t)r});
    dp_sgd_path_advance(path, STEPS);
    dp_sgd_path_release(path);
  }
  const double ns = 1e9 * (seconds() - start) / ((double)replicates * STEPS);
  dp_sgd_path_free(path);
  return ns;
}

static double time_chain_output(void) {
  return time_path(CHAIN, 200, DP_SGD_OUTPUT, 100);
}
static double time_chain_scheduled(void) {
  return time_path(CHAIN, 200, DP_SGD_SCHEDULED, 100);
}
static double time_vector_50(void) {
  return time_path(VECTOR, 50, DP_SGD_OUTPUT, 20) / 50;
}
static double time_vector_200(void) {
  return time_path(VECTOR, 200, DP_SGD_OUTPUT, 5) / 200;
}
static double time_vector_2000(void) {
  return time_path(VECTOR, 2000, DP_SGD_OUTPUT, 1) / 2000;
}

static double time_one_pass(long d) {
  static double phi[DRAWS], x[DRAWS];
  const double start = seconds();
  single_index_sgd_vector((single_index_link){SINGLE_INDEX_HARD, 8}, d, .2, .3, STEPS, phi, x, &(assay_stream){3, 0});
  return 1e9 * (seconds() - start) / ((double)STEPS * (double)d);
}

static double time_one_pass_200(void) {
  return time_one_pass(200);
}
static double time_one_pass_2000(void) {
  return time_one_pass(2000);
}

static double time_overlap_chain(void) {
  single_index_chain chain;
  single_index_chain_start(&chain, (single_index_link){SINGLE_INDEX_HARD, 8}, 1000, .2, .3, &(assay_stream){4, 0});
  const double start = seconds();
  single_index_chain_run(&chain, 20 * STEPS, 2);
  return 1e9 * (seconds() - start) / (20. * STEPS);
}

/* ---- the table ---- */

enum { NORMALS = 2, NUMPY = 3 };

static const struct {
  const char *name;
  double (*time)(void);
  int over; /* the line that the ratio is taken over; -1: none */
} lines[] = {
    {"64 bits", time_bits, -1},
    {"uniform", time_uniforms, -1},
    {"normal", time_normals, -1},
    {"normal, numpy", time_numpy, NORMALS},
    {"sign", time_signs, -1},
    {"chi-square, 199 degrees of freedom", time_chi_squares, -1},
    {"norm chain, a step, output noise", time_chain_output, -1},
    {"norm chain, a step, scheduled noise", time_chain_scheduled, -1},
    {"vector, a coordinate and step, d = 50", time_vector_50, NORMALS},
    {"vector, a coordinate and step, d = 200", time_vector_200, NORMALS},
    {"vector, a coordinate and step, d = 2000", time_vector_2000, NORMALS},
    {"one-pass SGD, a coordinate, d = 200", time_one_pass_200, NORMALS},
    {"one-pass SGD, a coordinate, d = 2000", time_one_pass_2000, NORMALS},
    {"overlap chain, a step", time_overlap_chain, NORMALS},
};
enum { LINES = sizeof lines / sizeof *lines };

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *x, int n) {
  qsort(x, (size_t)n, sizeof *x, ascending);
  return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

int main(int argc, char **argv) {
  static double ns[LINES][MOST_REPETITIONS];
  const int repetitions = argc > 1 ? atoi(argv[1]) : 9;
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) {
    fprintf(stderr, "bench-kernels: REPETITIONS lies between 1 and %d\n", MOST_REPETITIONS);
    return 2;
  }
  for (int r = 0; r < repetitions; r++)
    for (int l = 0; l < LINES; l++) ns[l][r] = lines[l].time();

  printf("%-42s %9s  ratio to normal   (%s, medians of %d)\n", "", "ns", simd_level_name(simd_current()),
         repetitions);
  for (int l = 0; l < LINES; l++) {
    double ratio[MOST_REPETITIONS], times[MOST_REPETITIONS];
    for (int r = 0; r < repetitions; r++) {
      times[r] = ns[l][r];
      ratio[r] = lines[l].over < 0 ? 0 : ns[l][r] / ns[lines[l].over][r];
    }
    printf("%-42s ", lines[l].name);
    if (isnan(ns[l][0]))
      printf("%9s\n", "absent");
    else if (lines[l].over < 0)
      printf("%9.2f\n", median(times, repetitions));
    else
      printf("%9.2f  %5.2f\n", median(times, repetitions), median(ratio, repetitions));
  }
  return 0;
}
