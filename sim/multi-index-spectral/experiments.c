/* Top of the spectrum of D = (1/n) sum_i T(y_i) a_i a_i^T. The signals are the first coordinates; the labels' noise has slots of its own. */
#include "sim/multi-index-spectral/experiments.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "model/multi-index-spectral.h"
#include "sim/kernels/eigen.h"

typedef struct {
  multi_index_model model;
  multi_index_preprocessing T;
  design A;
  double *z, *normal, *uniform, *vectors; /* [n], [n], [n], [k][d] */
  int count;                              /* eigenpairs */
} spectral_run;

static int word_of(const assay_call *call, const char *name, const char *const *words) {
  int i = 0;
  while (words[i] && strcmp(words[i], assay_word(call, name))) i++;
  return i;
}

static void read_model(const assay_call *call, spectral_run *run) {
  static const char *const models[] = {"phase", "mixed", "product", "norm", "parity", "polar", "wedge", NULL};
  static const char *const kinds[] = {"id", "table", "tanh", "cap", "subset", "Td", "Topt", "Topt20", NULL};
  multi_index_model *m = &run->model;
  *m = (multi_index_model){.kind = (multi_index_kind)word_of(call, "model", models), .p = (int)assay_integer(call, "p"), .alpha = assay_real(call, "alpha"),
                           .c = assay_real(call, "c"), .sigma = assay_real(call, "sigma"), .q = assay_real(call, "q")};
  m->in = assay_list(call, "e_in", &m->n_in);
  m->out = assay_list(call, "e_out", &m->n_out);
  run->T = (multi_index_preprocessing){.kind = (multi_index_T)word_of(call, "T", kinds), .a = assay_real(call, "a"), .t = assay_real(call, "t"),
                                       .u = {assay_real(call, "u1"), assay_real(call, "u2")}, .c = assay_real(call, "scale")};
  run->T.table = assay_list(call, "table", &run->T.n_table);
}

static assay_status open_run(assay_call *call, void **state) {
  spectral_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  gsl_set_error_handler_off();
  size_t n = (size_t)assay_integer(call, "n"), d = (size_t)assay_integer(call, "d");
  read_model(call, run);
  assay_status status = multi_index_check(&run->model, assay_call_error(call));
  if (status == ASSAY_OK && run->T.kind == MULTI_INDEX_TABLE && run->T.n_table != multi_index_cells(&run->model))
    return assay_fail(call, ASSAY_DOMAIN, "table has %d values; the model has %d classes", run->T.n_table, multi_index_cells(&run->model));
  if (status == ASSAY_OK) status = design_new(call, (long)n, (long)d, &run->A);
  if (status != ASSAY_OK) return status;
  run->count = multi_index_signals(&run->model) < 2 ? 2 : multi_index_signals(&run->model);
  run->z = assay_alloc(call, 3 * n * sizeof(double));
  run->vectors = assay_alloc(call, (size_t)run->count * d * sizeof(double));
  if (!run->z || !run->vectors) return ASSAY_NO_MEMORY;
  run->normal = run->z + n, run->uniform = run->normal + n;
  return ASSAY_OK;
}

static void draw(spectral_run *run, const assay_stream *stream) {
  long d = run->A.cols, n = run->A.rows;
  design_gaussian(&run->A, stream, RANDOM_DESIGN);
  random_source source = random_open(stream, RANDOM_LABEL, 0);
  if (run->model.kind == MULTI_INDEX_MIXED) {
    random_normals(&source, run->normal, (size_t)n);
    random_seek(&source, 0);
    random_uniforms(&source, run->uniform, (size_t)n);
  }
  for (long i = 0; i < n; i++)
    run->z[i] = multi_index_T_of(&run->model, &run->T, multi_index_label(&run->model, run->A.x + i * d, run->normal[i], run->uniform[i]));
}

/* The eight records of eigenpair k (from 0). */
static void record(const spectral_run *run, const double *values, int k, double *out) {
  long d = run->A.cols;
  int p = multi_index_signals(&run->model);
  const double *v = run->vectors + k * d;
  double one = 0, mean = 0, all = 0;
  for (int i = 0; i < p; i++) {
    one += v[i] * v[i];
    mean += values[i] / p;
    for (int j = 0; j < p; j++) all += run->vectors[i * d + j] * run->vectors[i * d + j] / p;
  }
  out[0] = values[k], out[1] = one, out[2] = v[0] * v[0], out[3] = v[0] * v[1], out[4] = v[1] * v[1];
  out[5] = mean, out[6] = all, out[7] = (double)d * one;
}

static assay_status replicate_run(assay_call *call, void *state, const assay_stream *stream, double *out) {
  spectral_run *run = state;
  double values[MULTI_INDEX_SIGNALS];
  int n;
  const double *k = assay_list(call, "k", &n);
  draw(run, stream);
  assay_status status = eigen_weighted(&run->A, run->z, EIGEN_LARGEST, run->count, stream, values, run->vectors, assay_call_error(call));
  for (int i = 0; i < n && status == ASSAY_OK; i++) {
    if (k[i] > run->count) return assay_fail(call, ASSAY_DOMAIN, "k = %g of %d eigenvalues", k[i], run->count);
    record(run, values, (int)k[i] - 1, out + 8 * i);
  }
  return status;
}

static const assay_param params[] = {
    {"model", NULL, "see model/multi-index-spectral.h", ASSAY_WORD, 0, "phase|mixed|product|norm|parity|polar|wedge", NULL, NULL},
    {"p", NULL, "signals (norm, parity)", ASSAY_INTEGER, 0, NULL, "[1,8]", "2"},
    {"alpha", NULL, "share of the first component (mixed)", ASSAY_REAL, 0, NULL, "(0,1)", "0.5"},
    {"c", NULL, "cosine of the two signals (mixed)", ASSAY_REAL, 0, NULL, "(-1,1)", "0"},
    {"sigma", NULL, "noise (mixed)", ASSAY_REAL, 0, NULL, "[0,inf)", "0"},
    {"q", NULL, "inner ring r^2 < q (polar)", ASSAY_REAL, 0, NULL, "(0,inf)", "3"},
    {"e_in", NULL, "edges of the inner cells", ASSAY_REALS, 0, NULL, "[0,3.15]", ""},
    {"e_out", NULL, "edges of the outer cells", ASSAY_REALS, 0, NULL, "[0,3.15]", ""},
    {"T", NULL, "preprocessing", ASSAY_WORD, ASSAY_PAIRED, "id|table|tanh|cap|subset|Td|Topt|Topt20", NULL, NULL},
    {"table", NULL, "T of every class", ASSAY_REALS, ASSAY_PAIRED, NULL, NULL, ""},
    {"a", NULL, "tanh(a y)", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "1"},
    {"t", NULL, "cap, subset", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "1"},
    {"u1", NULL, "direction of Td and Topt", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "1"},
    {"u2", NULL, "direction of Td and Topt", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"},
    {"scale", NULL, "sqrt(delta_t/delta) of Td", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "1"},
    {"k", NULL, "eigenpair, from the right", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[1,8]", "1"},
    {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,2147483647]", NULL},
    {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,2147483647]", NULL},
    {0}};

static const assay_observable records[] = {
    {"lam", NULL, "k-th eigenvalue", NULL, ASSAY_MEASURED, 0, 0},
    {"rho2", NULL, "squared norm of the signal block of its eigenvector", NULL, ASSAY_MEASURED, 0, 1},
    {"pi_11", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, 0, 1},
    {"pi_12", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, -1, 1},
    {"pi_22", NULL, "entries of the signal block's projector", NULL, ASSAY_MEASURED, 0, 1},
    {"mean_lam", NULL, "mean of the first p eigenvalues", NULL, ASSAY_MEASURED, 0, 0},
    {"mean_rho2", NULL, "mean of their squared norms", NULL, ASSAY_MEASURED, 0, 1},
    {"drho2", NULL, "d rho2", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment multi_index_spectral_spectrum = {.id = "multi-index-spectral/spectrum",
                                                        .doc = "Top of the spectrum of the preprocessed covariance.",
                                                        .params = params,
                                                        .records = records,
                                                        .block = 4,
                                                        .open = open_run,
                                                        .replicate = replicate_run};
