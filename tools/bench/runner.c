/* What the runner costs: trivial replicates a second through a store, the share of time that is not in replicates of 10 ms, and how much
 * faster two workers are than one. Every figure is a ratio to a baseline of the same run. Usage: bench-runner [SECONDS-SCALE] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "compare/runner.h"
#include "sim/kernels/random.h"

/* ---- an experiment of known cost: `draws` normals and their mean ---- */

static const assay_param params[] = {{"draws", NULL, "normals in a replicate", ASSAY_INTEGER, 0, NULL, "[1,1e9]", NULL}, {0}};
static const assay_observable records[] = {{"mean", NULL, "of the draws", NULL, ASSAY_MEASURED, 0, 0}, {0}};

static assay_status open_draws(assay_call *call, void **state) {
  long *draws = assay_alloc(call, sizeof *draws);
  if (!draws) return ASSAY_NO_MEMORY;
  *draws = assay_integer(call, "draws");
  *state = draws;
  return ASSAY_OK;
}

static assay_status mean_of_draws(assay_call *call, void *state, const assay_stream *stream, double *out) {
  enum { BLOCK = 1024 };
  double z[BLOCK], sum = 0;
  (void)call;
  random_source source = random_open(stream, RANDOM_NOISE, 0);
  for (long left = *(long *)state; left > 0; left -= BLOCK) {
    size_t n = left < BLOCK ? (size_t)left : BLOCK;
    random_normals(&source, z, n);
    for (size_t i = 0; i < n; i++) sum += z[i];
  }
  *out = sum / (double)*(long *)state;
  return ASSAY_OK;
}

static const assay_experiment trivial = {"bench/trivial", "", params, records, 1000, open_draws, mean_of_draws, NULL};
static const assay_experiment busy = {"bench/busy", "", params, records, 1, open_draws, mean_of_draws, NULL};
static const assay_experiment *const experiments[] = {&trivial, &busy, NULL};

static const assay_observable observables[] = {{"mean", NULL, "of the draws", NULL, ASSAY_PREDICTED, 0, 0}, {0}};
static assay_status zero(assay_call *call) {
  assay_put(call, 0, 0, 0, 0);
  return ASSAY_OK;
}
static const char *const small_points[] = {"A: draws=1", NULL}, *const large_points[] = {"A: draws=3000000", NULL};
static const assay_leg small_legs[] = {{.experiment = &trivial, .points = small_points, .sizes = {""}, .first = {1}, .looks = {1}}, {0}};
static const assay_leg large_legs[] = {{.experiment = &busy, .points = large_points, .sizes = {""}, .first = {1}, .looks = {1}}, {0}};
static const assay_claim small = {.id = "bench/small", .kinds = "identity", .statement = "", .params = params, .observables = observables,
                                  .predict = zero, .legs = small_legs};
static const assay_claim large = {.id = "bench/large", .kinds = "identity", .statement = "", .params = params, .observables = observables,
                                  .predict = zero, .legs = large_legs};
static const assay_claim *const claims[] = {&small, &large, NULL};
static const assay_paper paper = {.abi = ASSAY_ABI, .size = sizeof paper, .slug = "bench", .claims = claims, .experiments = experiments};
static const assay_paper *const papers[] = {&paper, NULL};

/* ---- measuring ---- */

static runner_report run(const char *claim, long replicates, int workers) {
  assay_error error = {0};
  runner_report report = {0};
  plan p = {0};
  char path[] = "/tmp/assay-bench-XXXXXX";
  int fd = mkstemp(path);
  store *s = fd >= 0 ? store_open(path, STORE_CREATE, &error) : NULL;
  runner_options options = {.workers = workers, .executable = "/proc/self/exe"};
  bool good = s && plan_select(papers, &claim, 1, &p, &error) == ASSAY_OK && plan_build(&p, ASSAY_QUICK, 1, &error) == ASSAY_OK;
  if (good) p.runs[0].need = replicates;
  if (!good || runner_run(&p, s, &options, &report, &error) != ASSAY_OK) {
    fprintf(stderr, "bench-runner: %s\n", error.text);
    exit(2);
  }
  plan_free(&p);
  store_discard(s);
  close(fd);
  return report;
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "worker")) return cli_main(papers, argc, argv);
  double scale = argc > 1 ? atof(argv[1]) : 1;
  enum { REPETITIONS = 3 };
  double rate[REPETITIONS], overhead[REPETITIONS], speedup[REPETITIONS];
  for (int i = 0; i < REPETITIONS; i++) {
    long many = (long)(400000 * scale), some = (long)(900 * scale) + 16;
    runner_report t = run("bench/small", many, 1), one = run("bench/large", some, 1), two = run("bench/large", some, 2);
    rate[i] = (double)many / t.wall_seconds;
    overhead[i] = one.wall_seconds / one.worker_seconds - 1;
    speedup[i] = one.wall_seconds / two.wall_seconds;
    fprintf(stderr, "replicate %.2f ms; %ld of them: %.2f s with one worker (%.2f s in replicates), %.2f s with two\n",
            1e3 * one.worker_seconds / (double)some, some, one.wall_seconds, one.worker_seconds, two.wall_seconds);
  }
  qsort(rate, REPETITIONS, sizeof *rate, ascending);
  qsort(overhead, REPETITIONS, sizeof *overhead, ascending);
  qsort(speedup, REPETITIONS, sizeof *speedup, ascending);
  printf("%-58s %12s %12s\n", "", "median", "wanted");
  printf("%-58s %12.0f %12s\n", "trivial replicates a second through the store", rate[1], ">= 20000");
  printf("%-58s %11.2f%% %12s\n", "time of one worker that is not in replicates of 10 ms", 100 * overhead[1], "<= 1%");
  printf("%-58s %12.2f %12s\n", "two workers, times as fast as one", speedup[1], ">= 1.9");
  return 0;
}
