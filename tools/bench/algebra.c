/* Times the dense algebra of the papers' replicates against DGEMM, and whole replicates against the same
 * algorithm in NumPy and SciPy.
 *
 *     bench-algebra [--scipy DIRECTORY] [--rows TEXT] [REPETITIONS]
 *
 * First table: the kernel that a replicate spends its time in, at the replicate's sizes, as a share of the
 * rate of one DGEMM of those sizes in the same run. Second table (with --scipy): a replicate as a worker runs
 * it, and the same in DIRECTORY/<slug>.py, which is called with a row's name and prints seconds for one
 * replicate; one BLAS thread on both sides. A paper's figure is against NumPy's default, double precision; a
 * row that is in single precision here has the ratio to NumPy in single precision (DIRECTORY/<slug>.py ...
 * single) beside it. Seconds are those of the processor. Everything is measured once in every repetition, in
 * turn; figures are medians. --rows: only those whose name contains TEXT. A paper adds its rows to the two
 * tables. */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/data/data.h"
#include "sim/data-reconstruction/experiments.h"
#include "sim/finetune-diagonal/experiments.h"
#include "sim/kernels/conjugate_gradients.h"
#include "sim/kernels/least_squares.h"
#include "sim/kernels/random.h"
#include "sim/kernels/ridge_path.h"
#include "sim/spurious-features/experiments.h"

extern void openblas_set_num_threads(int) __attribute__((weak));

enum { MOST_REPETITIONS = 101 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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

static void *room(size_t count) {
  double *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
  if (!x) {
    fputs("bench-algebra: no memory\n", stderr);
    exit(2);
  }
  random_source source = random_open(&(assay_stream){1, 0}, RANDOM_DESIGN, 0);
  random_normals(&source, x, count);
  return x;
}

/* ---- dense algebra ---- */

/* What a kernel works on: X [n][d], y [n], and room for what comes out. */
typedef struct {
  int n, d;
  double *X, *y, *b;
  ridge_path *path;
} problem;

typedef void kernel(problem *);

static void gram_and_cholesky(problem *p) {
  assay_error error;
  if (ridge_regression(p->n, p->d, p->X, p->y, 1, p->b, &error) != ASSAY_OK) exit(2);
}
static void gram_and_tridiagonal(problem *p) {
  assay_error error;
  if (ridge_path_fit(p->path, p->X, p->y, &error) != ASSAY_OK) exit(2);
}

/* Multiplications and additions: a symmetric Gram matrix of order s from length k, s^2 k; a Cholesky factor,
 * s^3/3; a tridiagonal form, (4/3) s^3. */
static double gram(double s, double k) {
  return s * s * k;
}
static double cholesky_flops(int n, int d) {
  double s = fmin(n, d), k = fmax(n, d);
  return gram(s, k) + s * s * s / 3;
}
static double tridiagonal_flops(int n, int d) {
  double s = fmin(n, d), k = fmax(n, d);
  return gram(s, k) + 4. / 3 * s * s * s;
}

static const struct {
  const char *name;
  kernel *run;
  double (*flops)(int n, int d);
  int n, d, calls;
} algebra[] = {
    {"spurious-features: features, p = 900, n = 300: Gram, Cholesky", gram_and_cholesky, cholesky_flops, 300,
     900, 10},
    {"spurious-features: features, p = 1800, n = 600: Gram, Cholesky", gram_and_cholesky, cholesky_flops, 600,
     1800, 3},
    {"spurious-features: clothes, D = 392, n = 800: Gram, tridiagonal", gram_and_tridiagonal,
     tridiagonal_flops, 800, 392, 10},
    {"spurious-features: path, D = 200, n = 300: Gram, tridiagonal", gram_and_tridiagonal, tridiagonal_flops,
     300, 200, 10},
    {"spurious-features: path, D = 800, n = 1200: Gram, tridiagonal", gram_and_tridiagonal, tridiagonal_flops,
     1200, 800, 1},
    {"finetune-diagonal: weighted norm, n = 320, d = 800: Gram, Cholesky", gram_and_cholesky, cholesky_flops,
     320, 800, 10},
};
enum { ALGEBRA = sizeof algebra / sizeof *algebra };

/* Gflop/s of the kernel, and of C = A'A by DGEMM at the sizes of its Gram matrix. */
static void time_algebra(int row, double *rate, double *dgemm) {
  int n = algebra[row].n, d = algebra[row].d, s = n < d ? n : d, calls = algebra[row].calls;
  size_t size = (size_t)n * (size_t)d;
  assay_error error;
  problem p = {n, d, room(size), room((size_t)n), room((size_t)d), ridge_path_new(n, d, 1, false, &error)};
  double *C = room((size_t)s * (size_t)s), start = seconds();
  for (int i = 0; i < calls; i++) algebra[row].run(&p);
  *rate = 1e-9 * algebra[row].flops(n, d) * calls / (seconds() - start);
  start = seconds();
  for (int i = 0; i < calls; i++)
    cblas_dgemm(CblasRowMajor, n < d ? CblasNoTrans : CblasTrans, n < d ? CblasTrans : CblasNoTrans, s, s,
                n < d ? d : n, 1, p.X, d, p.X, d, 0, C, s);
  *dgemm = 1e-9 * 2 * gram(s, fmax(n, d)) * calls / (seconds() - start);
  ridge_path_free(p.path);
  free(p.X), free(p.y), free(p.b), free(C);
}

/* ---- whole replicates ---- */

/* tier: how many such replicates take the time that the paper's standard tier spends on simulators like this
 * one, as the stores of runs tell; 0: a row of another size, which does not count in the paper's figure. What
 * no row stands for is less than a tenth of each tier. */
static const struct {
  const char *slug, *name; /* the name that <slug>.py knows */
  const assay_experiment *experiment;
  const char *point;
  int replicates;
  double tier;
} replicates[] = {
    {"spurious-features", "path", &spurious_features_ridge_path,
     "model=dct d=100 n=300 rho=.7 lambda=.05,.3,1,4", 20, 26800},
    {"spurious-features", "path-400", &spurious_features_ridge_path,
     "model=dct d=400 n=1200 rho=.7 lambda=.05,.3,1,4", 1, 0},
    {"spurious-features", "features", &spurious_features_feature_regression,
     "model=twoblock d=100 n=300 p=900 act=erf lambda_rf=.1 tests=200", 5, 3340},
    {"spurious-features", "kernel", &spurious_features_kernel_regression,
     "model=twoblock d=96 n=288 act=erf lambda_rf=.1 tests=300", 5, 3800},
    {"spurious-features", "clothes", &spurious_features_colour_ridge, "n=800 lambda=.1,1 law=twin", 5, 1600},
    {"spurious-features", "network", &spurious_features_colour_network, "n=400 step=400", 1, 815},
    {"spurious-features", "large", &spurious_features_ridge_large, "model=twoblock d=200 n=600 lambda=.3", 5,
     384},
    {"spurious-features", "large-800", &spurious_features_ridge_large,
     "model=twoblock d=800 n=2400 lambda=.3", 1, 0},
    {"finetune-diagonal", "rich", &finetune_diagonal_dual_finetuning,
     "d=400 n_ft=100 rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=2.23606797749979 m_ft=5 c=1e-6 lambda=-.998 "
     "gamma=1e-4",
     5, 9300},
    {"finetune-diagonal", "lazy", &finetune_diagonal_dual_finetuning,
     "d=400 n_ft=100 rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=2.23606797749979 m_ft=5 c=1e-3 lambda=.98 "
     "gamma=.1",
     5, 8700},
    {"finetune-diagonal", "pipeline", &finetune_diagonal_dual_finetuning,
     "d=400 n_pt=240 n_ft=80 rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=2.23606797749979 m_ft=5 c=.05 lambda=-.9 "
     "gamma=.05",
     5, 3460},
    {"finetune-diagonal", "flow", &finetune_diagonal_network_pretraining, "d=60 n=24 c=.1 lambda=-.9", 1,
     302},
    {"finetune-diagonal", "relu", &finetune_diagonal_relu_images, "pair=4-6 lambda=.99 images=4000", 1, 97},
    {"finetune-diagonal", "norm", &finetune_diagonal_weighted_norm,
     "d=400 n=60 p=.04,.16,.8 beta=5,0,0 w=1,1,.05 noise=.1", 50, 5580},
    {"data-reconstruction", "trained", &data_reconstruction_trained_network, "d=20 n=4 w=320", 5, 1180},
    {"data-reconstruction", "span", &data_reconstruction_span,
     "act=relu d=100 n=400 t=.3,1,1.5707963267948966,3.1415926535897931", 3, 2290},
    {"data-reconstruction", "search", &data_reconstruction_best_start, "act=relu+erf d=10 n=4 p=120", 5,
     1860},
    {"data-reconstruction", "images", &data_reconstruction_images, "d=49 p=784", 3, 130},
    {"data-reconstruction", "products", &data_reconstruction_feature_products, "act=tanh rho=.3 p=20000", 50,
     16700},
    {"data-reconstruction", "jacobian", &data_reconstruction_jacobian, "act=tanh d=60 n=4 p=240", 2, 0},
    {"data-reconstruction", "noise", &data_reconstruction_noise_matrix, "act=abs d=100 n=1 p=200", 20, 0},
};
enum { REPLICATES = sizeof replicates / sizeof *replicates };

static bool in_single_precision(int row) {
  return replicates[row].experiment == &spurious_features_colour_network ||
         replicates[row].experiment == &finetune_diagonal_relu_images;
}

static assay_call *call_at(const assay_experiment *experiment, const char *point, assay_error *error) {
  assay_call *call = assay_call_new(experiment->params, experiment->records, error);
  char text[512], *save = NULL;
  snprintf(text, sizeof text, "%s", point);
  for (char *word = strtok_r(text, " ", &save); call && word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    *equals = 0;
    if (assay_set_text(call, word, equals + 1, true, error) != ASSAY_OK) return NULL;
  }
  return call;
}

/* NaN when its data are missing. */
static double time_replicates(int row) {
  const assay_experiment *x = replicates[row].experiment;
  static double out[4096];
  assay_error error = {ASSAY_OK, ""};
  assay_call *call = call_at(x, replicates[row].point, &error);
  void *state = NULL;
  assay_status status = call ? x->open(call, &state) : ASSAY_USAGE;
  if (status == ASSAY_NO_DATA) {
    if (x->close) x->close(state);
    assay_call_free(call);
    return NAN;
  }
  if (status != ASSAY_OK) {
    fprintf(stderr, "bench-algebra: %s: %s\n", replicates[row].name,
            call ? assay_call_error(call)->text : error.text);
    exit(2);
  }
  double start = seconds();
  for (int i = 0; i < replicates[row].replicates; i++)
    if (x->replicate(call, state, &(assay_stream){1, (uint64_t)i}, out) != ASSAY_OK) exit(2);
  double each = (seconds() - start) / replicates[row].replicates;
  if (x->close) x->close(state);
  assay_call_free(call);
  return each;
}

/* NaN when Python, NumPy or SciPy is missing. */
static double time_python(const char *directory, int row, bool single) {
  char command[4600];
  double each = NAN;
  snprintf(command, sizeof command,
           "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 /usr/bin/python3 '%s/%s.py' %s %d %s 2>/dev/null",
           directory, replicates[row].slug, replicates[row].name, replicates[row].replicates,
           single ? "single" : "");
  FILE *python = popen(command, "r");
  if (!python || fscanf(python, "%lf", &each) != 1) each = NAN;
  if (python) pclose(python);
  return each;
}

static void print_algebra(const char *rows, int repetitions) {
  double rate[MOST_REPETITIONS], dgemm[MOST_REPETITIONS], share[MOST_REPETITIONS];
  printf("%-72s %9s %9s %7s\n", "dense algebra", "Gflop/s", "DGEMM", "share");
  for (int row = 0; row < ALGEBRA; row++) {
    if (rows && !strstr(algebra[row].name, rows)) continue;
    for (int i = 0; i < repetitions; i++)
      time_algebra(row, &rate[i], &dgemm[i]), share[i] = rate[i] / dgemm[i];
    printf("%-72s %9.2f %9.2f %6.0f%%\n", algebra[row].name, median(rate, repetitions),
           median(dgemm, repetitions), 100 * median(share, repetitions));
  }
}

/* One row: the medians of seconds here and in Python. */
static void print_row(int row, const char *directory, int repetitions, double *ours, double *theirs) {
  double here[MOST_REPETITIONS], there[MOST_REPETITIONS], ratio[MOST_REPETITIONS], single[MOST_REPETITIONS];
  for (int i = 0; i < repetitions; i++) {
    here[i] = time_replicates(row), there[i] = directory ? time_python(directory, row, false) : NAN;
    ratio[i] = there[i] / here[i];
    single[i] = directory && in_single_precision(row) ? time_python(directory, row, true) / here[i] : NAN;
  }
  *ours = median(here, repetitions), *theirs = median(there, repetitions);
  printf("%s %s: %-*s", replicates[row].slug, replicates[row].name,
         70 - (int)(strlen(replicates[row].slug) + strlen(replicates[row].name)), replicates[row].point);
  if (isnan(*ours + *theirs))
    printf(" %9.3f %9s %7s\n", 1e3 * *ours, "-", "-");
  else
    printf(" %9.3f %9.3f %6.1fx", 1e3 * *ours, 1e3 * *theirs, median(ratio, repetitions));
  if (isfinite(*ours + *theirs) && in_single_precision(row))
    printf("  single precision; %.1fx NumPy in float32", median(single, repetitions));
  if (isfinite(*ours + *theirs)) puts("");
}

static void print_replicates(const char *directory, const char *rows, int repetitions) {
  double ours = 0, theirs = 0, here, there;
  printf("\n%-72s %9s %9s %7s\n", "one replicate, ms", "assay", "SciPy", "ratio");
  for (int row = 0; row < REPLICATES; row++) {
    const char *slug = replicates[row].slug;
    char name[128];
    snprintf(name, sizeof name, "%s: %s", slug, replicates[row].name);
    if (!rows || strstr(name, rows)) {
      print_row(row, directory, repetitions, &here, &there);
      if (replicates[row].tier > 0 && isfinite(here + there))
        ours += replicates[row].tier * here, theirs += replicates[row].tier * there;
    }
    if (row + 1 < REPLICATES && !strcmp(slug, replicates[row + 1].slug)) continue;
    if (ours > 0)
      printf("%-72s %9.0f %9.0f %6.1fx\n", "the standard tier's, all rows together, s", ours, theirs,
             theirs / ours);
    ours = theirs = 0;
  }
}

/* Where Python finds the images of clothes. */
static void tell_data(void) {
  char path[4096], *slash;
  assay_error error;
  const data_set *set = data_find("fashion-mnist");
  if (!set || data_path(set, set->files[0], path, sizeof path, &error) != ASSAY_OK) return;
  if ((slash = strrchr(path, '/'))) *slash = 0;
  setenv("FASHION_MNIST", path, 1);
}

int main(int argc, char **argv) {
  const char *directory = NULL, *rows = NULL;
  int repetitions = 5;
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--scipy") && i + 1 < argc)
      directory = argv[++i];
    else if (!strcmp(argv[i], "--rows") && i + 1 < argc)
      rows = argv[++i];
    else
      repetitions = atoi(argv[i]);
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) {
    fprintf(stderr, "Usage: bench-algebra [--scipy DIRECTORY] [--rows TEXT] [REPETITIONS], 1 to %d of them\n",
            MOST_REPETITIONS);
    return 2;
  }
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  tell_data();
  print_algebra(rows, repetitions);
  print_replicates(directory, rows, repetitions);
  return 0;
}
