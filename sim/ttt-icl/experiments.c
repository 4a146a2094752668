#include "sim/ttt-icl/experiments.h"

#include <math.h>
#include <string.h>

#include "sim/ttt-icl/ttt-icl.h"

/* clang-format off */
#define CONTEXT {"n", NULL, "context length", ASSAY_INTEGER, 0, NULL, "[1,2147483647]", NULL}
#define TARGETS {"k", NULL, "labelled targets", ASSAY_INTEGER, 0, NULL, "[1,2147483647]", NULL}
#define DIMENSION {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", NULL}
#define NOISE {"sigma2", NULL, "variance of the label noise", ASSAY_REAL, 0, NULL, "[0,inf)", "0"}
#define WEIGHT {"c", NULL, "the weight before the step is c I", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"}
#define STEP {"step", NULL, "s, twice the step size", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"}
#define COLD_STEP {"cold_step", NULL, "s from the weight 0", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"}
#define SHARED_STEP {"shared_step", NULL, "s |h|^2 on the same context", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"}
#define TAU {"tau", NULL, "multiple of the step", ASSAY_REAL, ASSAY_READOUT, NULL, NULL, "1"}
#define DRAWS {"draws", NULL, "draws averaged in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]", "1000"}
#define RECORD(name, doc) {name, NULL, doc, NULL, ASSAY_MEASURED, 0, 0}
#define RECORD_L RECORD("L", "risk after the step tau s")
#define RECORD_C1 RECORD("C1", "half of minus the slope of the risk at s = 0")
#define RECORD_C2 RECORD("C2", "half of the curvature of the risk")
#define RECORD_ICL RECORD("icl", "|b - W h|^2: the risk without training, on the context itself")
/* clang-format on */

/* Fills L at every tau, and the same other records at each. */
static void put_path(const double *tau, int readouts, double step, double L0, double c1, double c2,
                     const double *rest, int more, double *out) {
  for (int i = 0; i < readouts; i++, out += 3 + more) {
    const double s = tau[i] * step;
    out[0] = L0 - 2 * s * c1 + s * s * c2;
    out[1] = c1;
    out[2] = c2;
    memcpy(out + 3, rest, (size_t)more * sizeof *rest);
  }
}

/* ---- chain ---- */

typedef struct {
  int rungs, readouts;
  const double *tau;
  long draws;
  ttt_icl_rung rung[TTT_ICL_RUNGS];
} chain_run;

static assay_status open_chain(assay_call *call, void **state) {
  chain_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->rungs = 1;
  run->tau = assay_list(call, "tau", &run->readouts);
  run->draws = assay_integer(call, "draws");
  run->rung[0] =
      (ttt_icl_rung){assay_integer(call, "n"),      assay_integer(call, "k"),       assay_integer(call, "d"),
                     assay_real(call, "sigma2"),    assay_real(call, "c"),          assay_real(call, "step"),
                     assay_real(call, "cold_step"), assay_real(call, "shared_step")};
  return ASSAY_OK;
}

static double cold_risk(const ttt_icl_rung *p, const ttt_icl_chain_means *m) {
  return 1 - 2 * p->cold_step * m->cold_c1 + p->cold_step * p->cold_step * m->cold_c2;
}

static double warm_risk(const ttt_icl_rung *p, const ttt_icl_chain_means *m) {
  return ttt_icl_start_risk((double)p->n, (double)p->d, p->sigma2, p->c) - 2 * p->step * m->c1 +
         p->step * p->step * m->c2;
}

static assay_status replicate_chain(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const chain_run *run = state;
  const ttt_icl_rung *p = &run->rung[0];
  ttt_icl_chain_means m;
  ttt_icl_chain(p, run->draws, stream, 0, &m);
  const double rest[] = {m.icl, cold_risk(p, &m), m.shared};
  put_path(run->tau, run->readouts, p->step, ttt_icl_start_risk((double)p->n, (double)p->d, p->sigma2, p->c),
           m.c1, m.c2, rest, 3, out);
  return ASSAY_OK;
}

static const assay_param chain_params[] = {CONTEXT,   TARGETS,     DIMENSION, NOISE, WEIGHT, STEP,
                                           COLD_STEP, SHARED_STEP, TAU,       DRAWS, {0}};
static const assay_observable chain_records[] = {
    RECORD_L,
    RECORD_C1,
    RECORD_C2,
    RECORD_ICL,
    RECORD("L_cold", "risk after the step cold_step from W = 0, on the same draws"),
    RECORD("L_shared", "risk on the same context after shared_step/|h|^2"),
    {0}};

const assay_experiment ttt_icl_chain_run = {
    .id = "ttt-icl/chain",
    .doc = "The few coordinates that the risk depends on, with their exact law: isotropic, W = cI.",
    .params = chain_params,
    .records = chain_records,
    .block = 16,
    .open = open_chain,
    .replicate = replicate_chain,
};

/* ---- ladder ---- */

static assay_status open_ladder(assay_call *call, void **state) {
  static const char *const names[] = {"n", "k", "c", "step", "cold_step"};
  chain_run *run = *state = assay_alloc(call, sizeof *run);
  const double *list[5];
  int count[5];
  if (!run) return ASSAY_NO_MEMORY;
  for (int i = 0; i < 5; i++) {
    list[i] = assay_list(call, names[i], &count[i]);
    if (count[i] != count[0] || count[i] < 1 || count[i] > TTT_ICL_RUNGS)
      return assay_fail(call, ASSAY_DOMAIN, "%s has %d elements, n has %d: the same number, 1 to %d",
                        names[i], count[i], count[0], TTT_ICL_RUNGS);
  }
  run->rungs = count[0];
  run->draws = assay_integer(call, "draws");
  for (int i = 0; i < run->rungs; i++)
    run->rung[i] = (ttt_icl_rung){(long)list[0][i],
                                  (long)list[1][i],
                                  assay_integer(call, "d"),
                                  assay_real(call, "sigma2"),
                                  list[2][i],
                                  list[3][i],
                                  list[4][i],
                                  0};
  return ASSAY_OK;
}

static assay_status replicate_ladder(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const chain_run *run = state;
  memset(out, 0, 3 * TTT_ICL_RUNGS * sizeof *out);
  for (int i = 0; i < run->rungs; i++) {
    ttt_icl_chain_means m;
    ttt_icl_chain(&run->rung[i], run->draws, stream, (unsigned)i, &m);
    out[i] = warm_risk(&run->rung[i], &m);
    out[TTT_ICL_RUNGS + i] = cold_risk(&run->rung[i], &m);
    out[2 * TTT_ICL_RUNGS + i] = m.icl;
  }
  return ASSAY_OK;
}

static const assay_param ladder_params[] = {
    {"n", NULL, "context length of each rung", ASSAY_INTEGERS, 0, NULL, "[1,2147483647]", NULL},
    {"k", NULL, "targets of each rung", ASSAY_INTEGERS, 0, NULL, "[1,2147483647]", NULL},
    DIMENSION,
    NOISE,
    {"c", NULL, "weight of each rung", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"step", NULL, "step of each rung", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"cold_step", NULL, "step of each rung from W = 0", ASSAY_REALS, 0, NULL, NULL, NULL},
    DRAWS,
    {0}};
#define OF_RUNGS(name, doc)                                                                                  \
  RECORD(name "1", doc), RECORD(name "2", doc), RECORD(name "3", doc), RECORD(name "4", doc),                \
      RECORD(name "5", doc), RECORD(name "6", doc), RECORD(name "7", doc)
static const assay_observable ladder_records[] = {
    OF_RUNGS("L", "risk after the step"),
    OF_RUNGS("C", "risk after the step from W = 0, on the same draws"),
    OF_RUNGS("I", "risk without training"),
    {0}};

const assay_experiment ttt_icl_ladder_run = {
    .id = "ttt-icl/ladder",
    .doc = "The chain at up to seven values of n, k, c, for fitted locations; rungs that are not given "
           "record 0.",
    .params = ladder_params,
    .records = ladder_records,
    .block = 4,
    .open = open_ladder,
    .replicate = replicate_ladder,
};

/* ---- sampler ---- */

typedef struct {
  ttt_icl_diagonal problem;
  double step;
  const double *tau;
  int readouts;
  long draws;
} sampler_run;

static assay_status open_sampler(assay_call *call, void **state) {
  static const char *const names[] = {"lam", "w", "b"};
  sampler_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  ttt_icl_diagonal *p = &run->problem;
  const double **list[] = {&p->lam, &p->w, &p->b};
  for (int i = 0; i < 3; i++) {
    int count;
    *list[i] = assay_list(call, names[i], &count);
    if (i == 0) p->d = count;
    if (count != p->d || count < 1)
      return assay_fail(call, ASSAY_DOMAIN, "%s has %d elements, lam has %d: the same number, at least 1",
                        names[i], count, p->d);
  }
  p->n = assay_integer(call, "n");
  p->k = assay_integer(call, "k");
  p->sigma2 = assay_real(call, "sigma2");
  p->room = assay_alloc(call, 4 * (size_t)p->d * sizeof *p->room);
  run->step = assay_real(call, "step");
  run->tau = assay_list(call, "tau", &run->readouts);
  run->draws = assay_integer(call, "draws");
  p->L0 = ttt_icl_diagonal_start_risk(p);
  return p->room ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_sampler(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  (void)call;
  const sampler_run *run = state;
  ttt_icl_means m;
  ttt_icl_sampler(&run->problem, run->draws, stream, &m);
  put_path(run->tau, run->readouts, run->step, run->problem.L0, m.c1, m.c2, &m.icl, 1, out);
  return ASSAY_OK;
}

static const assay_param sampler_params[] = {
    CONTEXT,
    TARGETS,
    NOISE,
    {"lam", NULL, "covariance before whitening", ASSAY_REALS, 0, NULL, "(0,inf)", NULL},
    {"w", NULL, "diagonal of the weight before the step", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"b", NULL, "the task", ASSAY_REALS, 0, NULL, NULL, NULL},
    STEP,
    TAU,
    DRAWS,
    {0}};
static const assay_observable sampler_records[] = {RECORD_L, RECORD_C1, RECORD_C2, RECORD_ICL, {0}};

const assay_experiment ttt_icl_sampler_run = {
    .id = "ttt-icl/sampler",
    .doc = "h and g as vectors, from their exact laws given the labels' norms: any diagonal problem.",
    .params = sampler_params,
    .records = sampler_records,
    .block = 4,
    .open = open_sampler,
    .replicate = replicate_sampler,
};

/* ---- direct ---- */

typedef struct {
  ttt_icl_matrices matrices;
  double step;
  const double *tau;
  int readouts;
  bool converge;
} direct_run;

static assay_status open_direct(assay_call *call, void **state) {
  direct_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  ttt_icl_matrices *m = &run->matrices;
  *m = (ttt_icl_matrices){.n = assay_integer(call, "n"),
                          .k = assay_integer(call, "k"),
                          .d = assay_integer(call, "d"),
                          .sigma2 = assay_real(call, "sigma2"),
                          .c = assay_real(call, "c"),
                          .shared_step = assay_real(call, "shared_step"),
                          .rademacher = !strcmp(assay_word(call, "covariates"), "rademacher")};
  if (m->n * m->d > 1L << 27 || m->k * m->d > 1L << 27)
    return assay_fail(call, ASSAY_DOMAIN, "n d = %ld, k d = %ld: matrices of at most 2^27 numbers are drawn",
                      m->n * m->d, m->k * m->d);
  m->room = assay_alloc(call, ttt_icl_direct_room(m) * sizeof *m->room);
  run->step = assay_real(call, "step");
  run->tau = assay_list(call, "tau", &run->readouts);
  run->converge = m->sigma2 == 0;
  return m->room ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_direct(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const direct_run *run = state;
  ttt_icl_direct_result r;
  const assay_status status =
      ttt_icl_direct(&run->matrices, run->converge, stream, &r, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const double rest[] = {r.icl, r.shared, r.converged};
  put_path(run->tau, run->readouts, run->step, r.L0, r.c1, r.c2, rest, 3, out);
  return ASSAY_OK;
}

static const assay_param direct_params[] = {
    CONTEXT,
    TARGETS,
    DIMENSION,
    NOISE,
    WEIGHT,
    STEP,
    SHARED_STEP,
    TAU,
    {"covariates", NULL, "Gaussian, task on the first axis; or Rademacher, task uniform on the sphere",
     ASSAY_WORD, ASSAY_SIM, "gaussian|rademacher", NULL, "gaussian"},
    {0}};
static const assay_observable direct_records[] = {
    RECORD_L,
    RECORD_C1,
    RECORD_C2,
    RECORD_ICL,
    RECORD("L_shared", "risk on the same context after shared_step/|h|^2"),
    RECORD("L_converged", "risk on the same context after training to the end; 0 with noise"),
    {0}};

const assay_experiment ttt_icl_direct_run = {
    .id = "ttt-icl/direct",
    .doc = "The algorithm itself: context and targets as matrices.",
    .params = direct_params,
    .records = direct_records,
    .block = 16,
    .open = open_direct,
    .replicate = replicate_direct,
};

/* ---- pretraining ---- */

static assay_status open_pretraining(assay_call *call, void **state) {
  ttt_icl_pretraining *p = *state = assay_alloc(call, sizeof *p);
  int count;
  if (!p) return ASSAY_NO_MEMORY;
  p->s = assay_list(call, "s", &p->d);
  p->w = assay_list(call, "w", &count);
  p->n = assay_integer(call, "n");
  p->prompts = 2 * ((assay_integer(call, "prompts") + 1) / 2);
  p->sigma2 = assay_real(call, "sigma2");
  if (count != p->d || p->d < 1)
    return assay_fail(call, ASSAY_DOMAIN, "s has %d elements, w has %d: the same number, at least 1", p->d,
                      count);
  p->room = assay_alloc(call, (size_t)(4 * p->d + 2 * p->d * p->d) * sizeof *p->room);
  return p->room ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_pretraining(assay_call *call, void *state, const assay_stream *stream,
                                          double *out) {
  (void)call;
  const ttt_icl_pretraining *p = state;
  ttt_icl_pretrain(p, stream, &out[0], &out[1], out + 2, out + 2 + p->d);
  return ASSAY_OK;
}

static const assay_param pretraining_params[] = {
    CONTEXT,
    NOISE,
    {"s", NULL, "variances of the task's coordinates", ASSAY_REALS, 0, NULL, "[0,inf)", NULL},
    {"w", NULL, "weight whose risk is measured", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"prompts", NULL, "prompts of one replicate, each with a fresh task; made even", ASSAY_INTEGER, ASSAY_SIM,
     NULL, "[2,2147483647]", "1000"},
    {0}};
static const assay_observable pretraining_records[] = {
    RECORD("risk", "mean |b - W h|^2"),
    RECORD("offdiag_product", "off-diagonal weights of two halves multiplied, mean"),
    {"bh", NULL, "mean b_i h_i", "s", ASSAY_MEASURED, 0, 0},
    {"hh", NULL, "mean h_i^2", "s", ASSAY_MEASURED, 0, 0},
    {0}};

const assay_experiment ttt_icl_pretraining_run = {
    .id = "ttt-icl/pretraining",
    .doc = "Prompts of fresh tasks, and the least-squares weight they determine.",
    .params = pretraining_params,
    .records = pretraining_records,
    .block = 8,
    .open = open_pretraining,
    .replicate = replicate_pretraining,
};

/* ---- the step ---- */

typedef struct {
  long n, k, d;
  double factor;
  bool mean;
} step_run;

static assay_status open_step(assay_call *call, void **state) {
  step_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  *run = (step_run){assay_integer(call, "n"), assay_integer(call, "k"), assay_integer(call, "d"),
                    assay_real(call, "factor"), !strcmp(assay_word(call, "loss"), "mean")};
  return run->d > 500 ? assay_fail(call, ASSAY_DOMAIN,
                                   "d = %ld: differences are taken in all d^2 entries; d <= 500", run->d)
                      : ASSAY_OK;
}

static assay_status replicate_step(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const step_run *run = state;
  return ttt_icl_check_step(run->n, run->k, run->d, run->factor, run->mean, stream, &out[0], &out[1], &out[2],
                            assay_call_error(call));
}

static const assay_param step_params[] = {
    CONTEXT,
    TARGETS,
    DIMENSION,
    {"factor", NULL, "s over twice the step size", ASSAY_REAL, ASSAY_SIM, NULL, NULL, "1"},
    {"loss", NULL, "squared loss of the targets: sum or mean", ASSAY_WORD, ASSAY_SIM, "sum|mean", NULL,
     "sum"},
    {0}};
static const assay_observable step_records[] = {
    RECORD("gradient_error", "against central differences, relative"),
    RECORD("rank_ratio", "second singular value of the update over the first"),
    RECORD("prediction_error", "of the prediction after the step, relative"),
    {0}};

const assay_experiment ttt_icl_step_run = {
    .id = "ttt-icl/step",
    .doc = "The step on a random problem against difference quotients of the loss.",
    .params = step_params,
    .records = step_records,
    .block = 4,
    .open = open_step,
    .replicate = replicate_step,
};
