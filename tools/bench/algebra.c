/* Times the dense algebra of the papers' replicates against DGEMM, and whole replicates against the same
 * algorithm in NumPy and SciPy.
 *
 *     bench-algebra [--scipy DIRECTORY] [--rows TEXT] [REPETITIONS]
 *
 * First table: the kernel that a replicate spends its time in, at the replicate's sizes, as a share of the
 * rate of one DGEMM of those sizes in the same run. Second table (with --scipy): a replicate as a worker runs
 * it, and the same in DIRECTORY/<slug>.py, which is called with a row's name and prints seconds for one
 * replicate; one BLAS thread on both sides. Seconds are those of the processor. Everything is measured once in every repetition, in turn; figures
 * are medians. --rows: only those whose name contains TEXT. A paper adds its rows to the two tables. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
static void gram_and_trace(problem *p) {
  assay_error error;
  double trace;
  if (ridge_regression_traced(p->n, p->d, p->X, p->y, 1, p->b, &trace, &error) != ASSAY_OK) exit(2);
}
static void gram_and_tridiagonal(problem *p) {
  assay_error error;
  if (ridge_path_fit(p->path, p->X, p->y, &error) != ASSAY_OK) exit(2);
}

/* Multiplications and additions: a symmetric Gram matrix of order s from length k, s^2 k; a Cholesky factor,
 * s^3/3; its inverse the same; a tridiagonal form and its orthogonal matrix, (4/3 + 4/3) s^3. */
static double gram(double s, double k) {
  return s * s * k;
}
static double cholesky_flops(int n, int d) {
  double s = fmin(n, d), k = fmax(n, d);
  return gram(s, k) + s * s * s / 3;
}
static double trace_flops(int n, int d) {
  double s = fmin(n, d);
  return cholesky_flops(n, d) + s * s * s / 3;
}
static double tridiagonal_flops(int n, int d) {
  double s = fmin(n, d), k = fmax(n, d);
  return gram(s, k) + 8. / 3 * s * s * s;
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
    {"spurious-features: clothes, D = 392, n = 800: Gram, Cholesky, trace", gram_and_trace, trace_flops, 800,
     392, 10},
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
  problem p = {n, d, room(size), room((size_t)n), room((size_t)d), ridge_path_new(n, d, false, &error)};
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

static const struct {
  const char *slug, *name; /* the name that <slug>.py knows */
  const assay_experiment *experiment;
  const char *point;
  int replicates;
} replicates[] = {
    {"spurious-features", "path", &spurious_features_ridge_path,
     "model=dct d=100 n=300 rho=.7 lambda=.05,.3,1,4", 20},
    {"spurious-features", "path-400", &spurious_features_ridge_path,
     "model=dct d=400 n=1200 rho=.7 lambda=.05,.3,1,4", 1},
    {"spurious-features", "features", &spurious_features_feature_regression,
     "model=twoblock d=100 n=300 p=900 act=erf lambda_rf=.1 tests=200", 5},
    {"spurious-features", "kernel", &spurious_features_kernel_regression,
     "model=twoblock d=100 n=300 act=erf lambda_rf=.1 tests=400", 5},
    {"finetune-diagonal", "rich", &finetune_diagonal_dual_finetuning,
     "d=400 n_ft=100 rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=2.23606797749979 m_ft=5 c=1e-6 lambda=-.998 "
     "gamma=1e-4",
     3},
    {"finetune-diagonal", "lazy", &finetune_diagonal_dual_finetuning,
     "d=400 n_ft=100 rho_both=.04 rho_pt=.16 rho_ft=0 m_pt=2.23606797749979 m_ft=5 c=1e-3 lambda=.98 "
     "gamma=.1",
     5},
    {"finetune-diagonal", "norm", &finetune_diagonal_weighted_norm,
     "d=400 n=60 p=.04,.16,.8 beta=5,0,0 w=1,1,.05 noise=.1", 50},
    {"data-reconstruction", "span", &data_reconstruction_span,
     "act=relu d=200 n=200 t=.3,1,1.5707963267948966,3.1415926535897931", 5},
    {"data-reconstruction", "jacobian", &data_reconstruction_jacobian, "act=tanh d=60 n=4 p=240", 2},
    {"data-reconstruction", "noise", &data_reconstruction_noise_matrix, "act=abs d=100 n=1 p=200", 20},
    {"spurious-features", "large", &spurious_features_ridge_large, "model=twoblock d=800 n=2400 lambda=.3",
     1},
};
enum { REPLICATES = sizeof replicates / sizeof *replicates };

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

static double time_replicates(int row) {
  const assay_experiment *x = replicates[row].experiment;
  static double out[4096];
  assay_error error = {ASSAY_OK, ""};
  assay_call *call = call_at(x, replicates[row].point, &error);
  void *state = NULL;
  if (!call || x->open(call, &state) != ASSAY_OK) {
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
static double time_python(const char *directory, int row) {
  char command[4600];
  double each = NAN;
  snprintf(command, sizeof command,
           "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 /usr/bin/python3 '%s/%s.py' %s %d 2>/dev/null",
           directory, replicates[row].slug, replicates[row].name, replicates[row].replicates);
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

static void print_replicates(const char *directory, const char *rows, int repetitions) {
  double ours[MOST_REPETITIONS], theirs[MOST_REPETITIONS], ratio[MOST_REPETITIONS];
  printf("\n%-72s %9s %9s %7s\n", "one replicate, ms", "assay", "SciPy", "ratio");
  for (int row = 0; row < REPLICATES; row++) {
    char name[128];
    snprintf(name, sizeof name, "%s: %s", replicates[row].slug, replicates[row].name);
    if (rows && !strstr(name, rows)) continue;
    for (int i = 0; i < repetitions; i++)
      ours[i] = time_replicates(row), theirs[i] = directory ? time_python(directory, row) : NAN,
      ratio[i] = theirs[i] / ours[i];
    printf("%s: %-*s %9.3f", replicates[row].slug, 70 - (int)strlen(replicates[row].slug),
           replicates[row].point, 1e3 * median(ours, repetitions));
    if (isnan(theirs[0]))
      printf(" %9s %7s\n", "-", "-");
    else
      printf(" %9.3f %6.1fx\n", 1e3 * median(theirs, repetitions), median(ratio, repetitions));
  }
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
  print_algebra(rows, repetitions);
  print_replicates(directory, rows, repetitions);
  return 0;
}
