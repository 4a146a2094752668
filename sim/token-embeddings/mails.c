/* One step and the flow on mails: words instead of drawn tokens. */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/token-embeddings/experiments.h"
#include "sim/token-embeddings/token-embeddings.h"

typedef struct {
  token_embeddings_mails mails;
  int m, d;
  double eta, eps, t;
  bool shuffled, raw;
  double *y, *frequency, *predictor;                 /* [train.n], [m], [m] */
  double *alpha, *gam, *pi, *A, *B, *z, *e, *weight; /* [m] each; weight = |alpha| */
  double *E, *p, *next, *slope;                      /* [m][d], [d] each; NULL without a flow */
} mail_run;

static void close_mails(void *state) {
  mail_run *run = state;
  if (run) token_embeddings_free_mails(&run->mails);
}

static void raw_frequency(const token_embeddings_sequences *data, double *frequency) {
  memset(frequency, 0, (size_t)data->m * sizeof *frequency);
  for (int i = 0; i < data->n; i++)
    for (int j = data->start[i]; j < data->start[i + 1]; j++)
      frequency[data->token[j]] += data->count[j] / (data->length[i] * data->n);
}

static assay_status open_mails(assay_call *call, void **state) {
  mail_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  run->d = (int)assay_integer(call, "d");
  run->eta = assay_real(call, "eta");
  run->eps = assay_real(call, "sigma") / sqrt(run->d);
  run->t = assay_real(call, "t");
  run->shuffled = !strcmp(assay_word(call, "labels"), "shuffled");
  run->raw = !strcmp(assay_word(call, "predictor"), "raw");
  assay_status status =
      token_embeddings_read_mails((int)assay_integer(call, "split"), &run->mails, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const size_t m = (size_t)(run->m = run->mails.train.m), d = (size_t)run->d;
  double *all = assay_alloc(call, (10 * m + (size_t)run->mails.train.n) * sizeof *all);
  double **vector[] = {&run->frequency, &run->predictor, &run->alpha, &run->A,
                       &run->B,         &run->z,         &run->e,     &run->weight};
  for (int i = 0; all && i < 8; i++) *vector[i] = all + (size_t)i * m;
  if (all) run->gam = all + 8 * m, run->pi = all + 9 * m, run->y = all + 10 * m;
  double *flow = run->t > 0 ? assay_alloc(call, (m * d + 3 * d) * sizeof *flow) : NULL;
  if (flow) run->E = flow, run->p = flow + m * d, run->next = run->p + d, run->slope = run->next + d;
  if (!all || (run->t > 0 && !flow)) return ASSAY_NO_MEMORY;
  raw_frequency(&run->mails.train, run->frequency);
  return ASSAY_OK;
}

/* ---- sequences at scores gam and logits z ---- */

typedef struct {
  double loss, margin, error, attention, purity,
      top; /* means; error: share of wrong signs; top: the largest attention */
} reading;

/* Fills A and B (NULL: not wanted) and reads the sequences. */
static reading pass(mail_run *run, const token_embeddings_sequences *data, const double *y, double *A,
                    double *B) {
  const size_t bytes = (size_t)run->m * sizeof *A;
  double top = -INFINITY;
  reading r = {0};
  if (A) memset(A, 0, bytes);
  if (B) memset(B, 0, bytes);
  for (int s = 0; s < run->m; s++) top = fmax(top, run->z[s]);
  for (int s = 0; s < run->m; s++) run->e[s] = exp(run->z[s] - top);
  for (int i = 0; i < data->n; i++) {
    double total = 0, f = 0, on_alpha = 0, pure = 0, most = 0;
    for (int j = data->start[i]; j < data->start[i + 1]; j++) {
      const int s = data->token[j];
      const double e = data->count[j] * run->e[s];
      total += e;
      f += e * run->gam[s];
      on_alpha += e * run->weight[s];
      pure += run->frequency[s] > 0 ? e * run->weight[s] / run->frequency[s] : 0;
      most = fmax(most, e);
    }
    f /= total;
    const double g = y[i] / (1 + exp(y[i] * f)) / total / data->n;
    for (int j = data->start[i]; (A || B) && j < data->start[i + 1]; j++) {
      const int s = data->token[j];
      const double q = g * data->count[j] * run->e[s];
      if (A) A[s] += q;
      if (B) B[s] += q * (run->gam[s] - f);
    }
    r.loss += log1p(exp(-y[i] * f)) / data->n;
    r.margin += y[i] * f / data->n;
    r.error += (y[i] * f < 0) / (double)data->n;
    r.attention += on_alpha / total / data->n;
    r.purity += pure / total / data->n;
    r.top += most / total / data->n;
  }
  return r;
}

/* ---- the flow of p by descent with backtracking ---- */

static double loss_at(mail_run *run, const double *p, double *B) {
  cblas_dgemv(CblasRowMajor, CblasNoTrans, run->m, run->d, 1, run->E, run->d, p, 1, 0, run->z, 1);
  return pass(run, &run->mails.train, run->y, NULL, B).loss;
}

/* Steps p += dt E'B, dt from 1, times 1.3 when the loss falls by more than dt |E'B|^2/4, else halved; the
 * last one ends at t. */
static assay_status descend(mail_run *run, assay_error *error) {
  double now = 0, dt = 1, loss = loss_at(run, run->p, run->B);
  for (int trial = 0; now < run->t; trial++) {
    if (trial == 100000)
      return assay_error_set(error, ASSAY_NUMERIC, "the descent stands at t = %g of %g after %d trials", now,
                             run->t, trial);
    const bool last = now + dt >= run->t;
    const double step = last ? run->t - now : dt;
    cblas_dgemv(CblasRowMajor, CblasTrans, run->m, run->d, 1, run->E, run->d, run->B, 1, 0, run->slope, 1);
    const double decrease = step / 4 * cblas_ddot(run->d, run->slope, 1, run->slope, 1);
    memcpy(run->next, run->p, (size_t)run->d * sizeof *run->p);
    cblas_daxpy(run->d, step, run->slope, 1, run->next, 1);
    const double there = loss_at(run, run->next, run->A);
    if (!(there < loss - decrease)) {
      dt = step / 2;
      if (!(dt > 1e-12 * run->t))
        return assay_error_set(error, ASSAY_NUMERIC, "no step lowers the loss %g at t = %g", loss, now);
      continue;
    }
    memcpy(run->p, run->next, (size_t)run->d * sizeof *run->p);
    memcpy(run->B, run->A, (size_t)run->m * sizeof *run->B);
    loss = there;
    now = last ? run->t : now + step;
    dt = 1.3 * step;
  }
  return ASSAY_OK;
}

/* ---- one replicate ---- */

static void start(mail_run *run, const assay_stream *stream) {
  const int m = run->m, d = run->d;
  random_source init = random_open(stream, RANDOM_INIT, run->E ? 1 : 0);
  if (!run->E) {
    random_normals(&init, run->gam, 2 * (size_t)m); /* and pi, behind it */
    cblas_dscal(2 * m, run->eps, run->gam, 1);
    return;
  }
  random_normals(&init, run->E, (size_t)m * (size_t)d);
  cblas_dscal(m * d, run->eps, run->E, 1);
  cblas_dcopy(m, run->E, d, run->gam, 1);
  cblas_dcopy(m, run->E + 1, d, run->pi, 1);
}

/* Labels, permuted if they are to be, and with them alpha and what the step is regressed on. */
static assay_status label(mail_run *run, const assay_stream *stream) {
  const token_embeddings_sequences *train = &run->mails.train;
  const size_t n = (size_t)train->n;
  memcpy(run->y, train->y, n * sizeof *run->y);
  if (run->shuffled) {
    size_t *order = malloc(n * sizeof *order);
    random_source labels = random_open(stream, RANDOM_LABEL, 0);
    if (!order) return ASSAY_NO_MEMORY;
    random_permutation(&labels, order, n);
    for (size_t i = 0; i < n; i++) run->y[i] = train->y[order[i]];
    free(order);
  }
  token_embeddings_sparse_frequency(train, run->y, run->alpha);
  for (int s = 0; s < run->m; s++) run->weight[s] = fabs(run->alpha[s]);
  memcpy(run->predictor, run->raw ? run->frequency : run->alpha, (size_t)run->m * sizeof *run->predictor);
  return ASSAY_OK;
}

static double cosine(int m, const double *x, const double *y) {
  return cblas_ddot(m, x, 1, y, 1) / (cblas_dnrm2(m, x, 1) * cblas_dnrm2(m, y, 1));
}

enum { SLOPE, UNEXPLAINED, COSINE, COSINE_P, ATTENTION, PURITY, MARGIN, DECREASE, ERROR, TOP, RECORDS };

static void one_step(mail_run *run, double *out) {
  const int m = run->m;
  memcpy(run->z, run->pi, (size_t)m * sizeof *run->z);
  pass(run, &run->mails.train, run->y, run->A, run->B);
  cblas_daxpy(m, run->eta, run->A, 1, run->gam, 1);
  cblas_daxpy(m, run->eta, run->B, 1, run->pi, 1);
  out[SLOPE] =
      2 * cblas_ddot(m, run->A, 1, run->predictor, 1) / cblas_ddot(m, run->predictor, 1, run->predictor, 1);
  out[UNEXPLAINED] = 1 - pow(cosine(m, run->A, run->predictor), 2);
  out[COSINE] = cosine(m, run->gam, run->predictor);
  out[COSINE_P] = cosine(m, run->pi, run->alpha);
}

static assay_status replicate_mails(assay_call *call, void *state, const assay_stream *stream, double *out) {
  mail_run *run = state;
  const token_embeddings_sequences *test = &run->mails.test;
  memset(out, 0, RECORDS * sizeof *out);
  if (label(run, stream) != ASSAY_OK) return assay_fail(call, ASSAY_NO_MEMORY, "no memory for the labels");
  start(run, stream);
  one_step(run, out);
  if (!run->E) return ASSAY_OK;
  cblas_dcopy(run->m, run->gam, 1, run->E, run->d);
  cblas_dcopy(run->m, run->pi, 1, run->E + 1, run->d);
  memset(run->p, 0, (size_t)run->d * sizeof *run->p);
  run->p[1] = 1; /* v and p_0 are the first two axes */
  memcpy(run->z, run->pi, (size_t)run->m * sizeof *run->z);
  const reading before = pass(run, test, test->y, NULL, NULL);
  assay_status status = descend(run, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  cblas_dgemv(CblasRowMajor, CblasNoTrans, run->m, run->d, 1, run->E, run->d, run->p, 1, 0, run->z, 1);
  const reading after = pass(run, test, test->y, NULL, NULL);
  out[ATTENTION] = after.attention / before.attention;
  out[PURITY] = after.purity / before.purity;
  out[MARGIN] = after.margin / before.margin;
  out[DECREASE] = before.loss - after.loss;
  out[ERROR] = after.error - before.error;
  out[TOP] = after.top;
  return ASSAY_OK;
}

#define RECORD(name, doc)                                                                                    \
  { name, NULL, doc, NULL, ASSAY_MEASURED, 0, 0 }
static const assay_param params[] = {
    {"d", NULL, "embedding dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL},
    {"eta", NULL, "step size on the embeddings", ASSAY_REAL, 0, NULL, "(0,inf)", "400"},
    {"sigma", NULL, "sd of an embedding's norm at the start", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    {"t", NULL, "time of the flow; 0: the step alone, from the exact law of its scores", ASSAY_REAL, 0, NULL,
     "[0,inf)", "0"},
    {"split", NULL, "number of the split into training and test mails", ASSAY_INTEGER, 0, NULL, "[0,1000000]",
     "0"},
    {"labels", NULL, "of the training mails: their own, or permuted", ASSAY_WORD, ASSAY_SIM, "right|shuffled",
     NULL, "right"},
    {"predictor", NULL, "what the step is compared with: average signed or raw frequencies", ASSAY_WORD,
     ASSAY_SIM, "signed|raw", NULL, "signed"},
    {0}};
static const assay_observable records[] = {
    RECORD("slope", "of A on alpha/2 through 0"),
    RECORD("unexplained", "1 - R^2 of that regression"),
    RECORD("cosine", "of E^1.v, all tokens, with alpha"),
    RECORD("cosine_p0", "of E^1.p_0 with alpha"),
    RECORD("attention_ratio", "test mails: attention-weighted |alpha|, after the flow over before"),
    RECORD("purity_ratio", "the same for |alpha| over the raw frequency"),
    RECORD("margin_ratio", "the same for y f"),
    RECORD("loss_decrease", "test loss, before less after"),
    RECORD("error_change", "test error, after less before"),
    RECORD("top_attention", "largest attention in a test mail, after, mean"),
    {0}};
const assay_experiment token_embeddings_mails_run = {.id = "token-embeddings/mails",
                                                     .doc =
                                                         "One step, and the flow, on the SpamAssassin mails.",
                                                     .params = params,
                                                     .records = records,
                                                     .block = 1,
                                                     .open = open_mails,
                                                     .replicate = replicate_mails,
                                                     .close = close_mails};
