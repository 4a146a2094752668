#include "sim/token-embeddings/experiments.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/token-embeddings/token-embeddings.h"

/* clang-format off */
#define SEQUENCES {"n", NULL, "number of sequences", ASSAY_INTEGER, 0, NULL, "[1,1000000]", NULL}
#define LENGTH {"T", NULL, "length of a sequence", ASSAY_INTEGER, 0, NULL, "[2,1000]", NULL}
#define IMPORTANT {"k", NULL, "positive, and negative, tokens", ASSAY_INTEGER, 0, NULL, "[1,200]", NULL}
#define IRRELEVANT {"m0", NULL, "irrelevant tokens", ASSAY_INTEGER, 0, NULL, "[1,500]", NULL}
#define DIMENSION {"d", NULL, "embedding dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", NULL}
#define STEP {"eta", NULL, "step size on the embeddings", ASSAY_REAL, 0, NULL, "[0,inf)", NULL}
#define SIGMA {"sigma", NULL, "sd of an embedding's norm at the start", ASSAY_REAL, 0, NULL, "(0,inf)", "1"}
#define DRAWS {"draws", NULL, "draws averaged in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]", "1"}
#define TIMES {"t", NULL, "time of the flow", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", NULL}
#define RECORD(name, doc) {name, NULL, doc, NULL, ASSAY_MEASURED, 0, 0}
/* clang-format on */

static token_embeddings_model model_of(const assay_call *call) {
  return (token_embeddings_model){(int)assay_integer(call, "n"),
                                  (int)assay_integer(call, "T"),
                                  (int)assay_integer(call, "k"),
                                  (int)assay_integer(call, "m0"),
                                  NULL,
                                  0};
}

/* ---- gradients ---- */

static assay_status open_gradient(assay_call *call, void **state) {
  static const char *const words[] = {"right", "dropped", "value"};
  int *softmax = *state = assay_alloc(call, sizeof *softmax);
  for (int i = 0; softmax && i < 3; i++)
    if (!strcmp(assay_word(call, "softmax"), words[i])) *softmax = i;
  return softmax ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_gradient(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  return token_embeddings_check_gradient(*(int *)state, stream, out, out + 1, out + 2, out + 3,
                                         assay_call_error(call));
}

static const assay_param gradient_params[] = {
    {"softmax", NULL, "its derivative in B: right, left out, or gam_s for gam_s - f_i", ASSAY_WORD, ASSAY_SIM,
     "right|dropped|value", NULL, "right"},
    {0}};
static const assay_observable gradient_records[] = {
    RECORD("embedding_error", "step against difference quotients of the loss, relative"),
    RECORD("vector_error", "dL/dp against difference quotients, relative"),
    RECORD("rank_ratio", "third singular value of the update over the first"),
    RECORD("sum_error", "sum of B over its terms"),
    {0}};
const assay_experiment token_embeddings_gradient_run = {
    .id = "token-embeddings/gradient",
    .doc = "The step on random embeddings against difference quotients.",
    .params = gradient_params,
    .records = gradient_records,
    .block = 16,
    .open = open_gradient,
    .replicate = replicate_gradient};

/* ---- counts ---- */

typedef struct {
  token_embeddings_model model;
  long draws;
} counts_run;

static assay_status open_counts(assay_call *call, void **state) {
  counts_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  *run = (counts_run){model_of(call), assay_integer(call, "draws")};
  return ASSAY_OK;
}

static assay_status replicate_counts(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const counts_run *run = state;
  token_embeddings_moments m;
  token_embeddings_count_moments(&run->model, run->draws, stream, &m);
  const double all[] = {m.mean_important, m.var_important, m.var_irrelevant, m.cov_irrelevant, m.separated};
  memcpy(out, all, sizeof all);
  return ASSAY_OK;
}

static const assay_param counts_params[] = {SEQUENCES, LENGTH, IMPORTANT, IRRELEVANT, DRAWS, {0}};
static const assay_observable counts_records[] = {
    RECORD("mean_important", "mean alpha of the positive tokens"),
    RECORD("var_important", "mean square deviation from 1/(2kT)"),
    RECORD("var_irrelevant", "mean square alpha of the irrelevant tokens"),
    RECORD("cov_irrelevant", "mean product of two of them"),
    RECORD("separated", "share of draws in which all important tokens have the larger |alpha|"),
    {0}};
const assay_experiment token_embeddings_counts_run = {.id = "token-embeddings/counts",
                                                      .doc = "Average signed frequencies of fresh sequences.",
                                                      .params = counts_params,
                                                      .records = counts_records,
                                                      .block = 8,
                                                      .open = open_counts,
                                                      .replicate = replicate_counts};

/* ---- the mean of a step, antithetic ---- */

typedef struct {
  token_embeddings_lists lists;
  double rho, eps, alpha[TOKEN_EMBEDDINGS_TOY_M];
  const double *a2, *b2;
  long draws;
} antithetic_run;

/* Data that do not change, as lists. */
static assay_status lists_of(assay_call *call, const token_embeddings_data *data,
                             token_embeddings_lists *lists) {
  const int T = token_embeddings_longest(data);
  uint16_t *token = assay_alloc(call, (size_t)data->n * (size_t)T * sizeof *token);
  if (!token) return ASSAY_NO_MEMORY;
  token_embeddings_list(data, T, token);
  *lists = (token_embeddings_lists){data->n, data->m, T, token, data->y};
  return ASSAY_OK;
}

static assay_status open_antithetic(assay_call *call, void **state) {
  antithetic_run *run = *state = assay_alloc(call, sizeof *run);
  int a, b;
  if (!run) return ASSAY_NO_MEMORY;
  run->rho = assay_real(call, "rho");
  run->eps = assay_real(call, "eps");
  run->draws = assay_integer(call, "draws");
  run->a2 = assay_list(call, "a2", &a);
  run->b2 = assay_list(call, "b2", &b);
  if (a != TOKEN_EMBEDDINGS_TOY_M || b != TOKEN_EMBEDDINGS_TOY_M)
    return assay_fail(call, ASSAY_DOMAIN, "a2 and b2 have %d and %d elements, the toy has %d tokens", a, b,
                      TOKEN_EMBEDDINGS_TOY_M);
  assay_status status = lists_of(call, &token_embeddings_toy, &run->lists);
  if (status != ASSAY_OK) return status;
  return token_embeddings_signed_frequency(&token_embeddings_toy, run->alpha, assay_call_error(call));
}

/* The mean of A and B over the signs of (gam, pi) that leave its law unchanged. */
static void sign_average(const antithetic_run *run, const double *gam, const double *pi, double *A,
                         double *B) {
  const int both = run->rho == 0 ? 4 : 2, m = TOKEN_EMBEDDINGS_TOY_M;
  double g[TOKEN_EMBEDDINGS_TOY_M], p[TOKEN_EMBEDDINGS_TOY_M], a[TOKEN_EMBEDDINGS_TOY_M],
      b[TOKEN_EMBEDDINGS_TOY_M];
  memset(A, 0, sizeof a);
  memset(B, 0, sizeof b);
  for (int sign = 0; sign < both; sign++) {
    for (int s = 0; s < m; s++) {
      g[s] = sign & 1 ? -gam[s] : gam[s];
      p[s] = both == 2 ? (sign ? -pi[s] : pi[s]) : sign & 2 ? -pi[s] : pi[s];
    }
    token_embeddings_gradients(&run->lists, g, p, a, b);
    for (int s = 0; s < m; s++) {
      A[s] += a[s] / both;
      B[s] += b[s] / both;
    }
  }
}

static assay_status replicate_antithetic(assay_call *call, void *state, const assay_stream *stream,
                                         double *out) {
  (void)call;
  const antithetic_run *run = state;
  const double eps2 = run->eps * run->eps, across = sqrt(1 - run->rho * run->rho);
  random_source init = random_open(stream, RANDOM_INIT, 0);
  double a22 = 0, b22 = 0;
  out[0] = out[1] = out[2] = 0;
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) {
    a22 += run->a2[s] * run->a2[s];
    b22 += run->b2[s] * run->b2[s];
  }
  for (long draw = 0; draw < run->draws; draw++) {
    double z[2 * TOKEN_EMBEDDINGS_TOY_M], gam[TOKEN_EMBEDDINGS_TOY_M], pi[TOKEN_EMBEDDINGS_TOY_M],
        A[TOKEN_EMBEDDINGS_TOY_M], B[TOKEN_EMBEDDINGS_TOY_M];
    random_normals(&init, z, 2 * TOKEN_EMBEDDINGS_TOY_M);
    for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) {
      gam[s] = run->eps * z[s];
      pi[s] = run->rho * gam[s] + across * run->eps * z[TOKEN_EMBEDDINGS_TOY_M + s];
    }
    sign_average(run, gam, pi, A, B);
    for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) {
      const double shift = (A[s] - run->alpha[s] / 2) / eps2;
      out[0] += shift * run->a2[s] / a22;
      out[1] += B[s] / eps2 * run->b2[s] / b22;
      out[2] += shift;
    }
  }
  for (int i = 0; i < 3; i++) out[i] /= (double)run->draws;
  return ASSAY_OK;
}

static const assay_param antithetic_params[] = {
    {"rho", NULL, "v.p_0", ASSAY_REAL, 0, NULL, "[-1,1]", "0"},
    {"eps", NULL, "sigma/sqrt(d)", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", NULL},
    {"a2", NULL, "projected on: second order of the mean of A", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"b2", NULL, "and of B", ASSAY_REALS, 0, NULL, NULL, NULL},
    DRAWS,
    {0}};
static const assay_observable antithetic_records[] = {
    RECORD("project_a2", "(E A - alpha/2).a2/(eps^2 |a2|^2)"),
    RECORD("project_b2", "E B.b2/(eps^2 |b2|^2)"),
    RECORD("sum_a2", "sum of (E A - alpha/2)/eps^2"),
    {0}};
const assay_experiment token_embeddings_antithetic_run = {
    .id = "token-embeddings/antithetic",
    .doc = "The mean of one step on the toy data over signs of the start.",
    .params = antithetic_params,
    .records = antithetic_records,
    .block = 8,
    .open = open_antithetic,
    .replicate = replicate_antithetic};

/* ---- fluctuations of a step ---- */

typedef struct {
  token_embeddings_data data;
  token_embeddings_lists lists;
  double eta, eps, *alpha, *room; /* room [6 m] */
  long d, draws;
  const double *token;
  int tokens;
} step_run;

/* Toy data, or the balanced design of k, m0, T. */
static assay_status fixed_data(assay_call *call, token_embeddings_data *data) {
  if (!strcmp(assay_word(call, "data"), "toy")) {
    *data = token_embeddings_toy;
    return ASSAY_OK;
  }
  if (!assay_given(call, "k") || !assay_given(call, "m0") || !assay_given(call, "T"))
    return assay_fail(call, ASSAY_DOMAIN, "the balanced design needs k, m0 and T");
  const int k = (int)assay_integer(call, "k"), m0 = (int)assay_integer(call, "m0"), n = 2 * k * m0,
            m = 2 * k + m0;
  double *count = assay_alloc(call, (size_t)n * (size_t)m * sizeof *count),
         *y = assay_alloc(call, (size_t)n * sizeof *y);
  if (!count || !y) return ASSAY_NO_MEMORY;
  *data = (token_embeddings_data){n, m, count, y};
  return token_embeddings_balanced(k, m0, (int)assay_integer(call, "T"), count, y, assay_call_error(call));
}

static assay_status open_step(assay_call *call, void **state) {
  step_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = fixed_data(call, &run->data);
  if (status == ASSAY_OK) status = lists_of(call, &run->data, &run->lists);
  if (status != ASSAY_OK) return status;
  run->eta = assay_real(call, "eta");
  run->d = assay_integer(call, "d");
  run->eps = assay_real(call, "sigma") / sqrt((double)run->d);
  run->draws = assay_integer(call, "draws");
  run->token = assay_list(call, "token", &run->tokens);
  for (int i = 0; i < run->tokens; i++)
    if (run->token[i] >= run->data.m)
      return assay_fail(call, ASSAY_DOMAIN, "token %g: there are tokens 0 to %d", run->token[i],
                        run->data.m - 1);
  run->alpha = assay_alloc(call, (size_t)run->data.m * sizeof(double));
  run->room = assay_alloc(call, 6 * (size_t)run->data.m * sizeof(double));
  return run->alpha && run->room
             ? token_embeddings_signed_frequency(&run->data, run->alpha, assay_call_error(call))
             : ASSAY_NO_MEMORY;
}

static double cosine_of(const step_run *run, double gam, double pi, double rest) {
  return gam / sqrt(gam * gam + pi * pi + run->eps * run->eps * rest);
}

/* E^1.v and E^1.p_0 of every token, and of the opposite start, into the room: gam, pi, mirrored gam, mirrored
 * pi. */
static void both_starts(const step_run *run, random_source *init) {
  const int m = run->data.m;
  double *gam = run->room, *pi = gam + m, *back = pi + m, *back_pi = back + m, *A = back_pi + m, *B = A + m;
  random_normals(init, gam, 2 * (size_t)m);
  for (int s = 0; s < 2 * m; s++) {
    gam[s] *= run->eps;
    back[s] = -gam[s];
  }
  token_embeddings_gradients(&run->lists, gam, pi, A, B);
  cblas_daxpy(2 * m, run->eta, A, 1, gam, 1);
  token_embeddings_gradients(&run->lists, back, back_pi, A, B);
  cblas_daxpy(2 * m, run->eta, A, 1, back, 1);
}

static assay_status replicate_step(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const step_run *run = state;
  const int m = run->data.m, tokens = run->tokens;
  const double *gam = run->room, *pi = gam + m, *back = pi + m, *back_pi = back + m,
               eps2 = run->eps * run->eps * (double)run->draws;
  const double x = run->eta * run->alpha[0] / 2, sigma2 = run->eps * run->eps * (double)run->d,
               limit = x / sqrt(sigma2 + x * x);
  random_source init = random_open(stream, RANDOM_INIT, 0), others = random_open(stream, RANDOM_INIT, 1);
  memset(out, 0, (size_t)(2 * tokens + 2) * sizeof *out);
  for (long draw = 0; draw < run->draws; draw++) {
    double rest;
    both_starts(run, &init);
    random_chi_squares(&others, (uint64_t)(run->d - 2), &rest, 1);
    for (int i = 0; i < tokens; i++) {
      const int s = (int)run->token[i];
      out[i] += pow(gam[s] - run->eta * run->alpha[s] / 2, 2) / eps2;
      out[tokens + i] += pi[s] * pi[s] / eps2;
    }
    const double here = cosine_of(run, gam[0], pi[0], rest),
                 there = cosine_of(run, back[0], back_pi[0], rest);
    out[2 * tokens] = here;
    out[2 * tokens + 1] += (double)run->d * ((here + there) / 2 - limit) / (double)run->draws;
  }
  return ASSAY_OK;
}

static const assay_param step_params[] = {
    {"data", NULL, "the sequences", ASSAY_WORD, 0, "toy|balanced", NULL, "balanced"},
    {"k", NULL, "balanced: positive, and negative, tokens", ASSAY_INTEGER, 0, NULL, "[1,200]", ""},
    {"m0", NULL, "balanced: irrelevant tokens", ASSAY_INTEGER, 0, NULL, "[1,500]", ""},
    {"T", NULL, "balanced: length of a sequence", ASSAY_INTEGER, 0, NULL, "[2,1000]", ""},
    STEP,
    SIGMA,
    DIMENSION,
    {"token", NULL, "tokens that are recorded", ASSAY_INTEGERS, 0, NULL, "[0,1000]", "0"},
    DRAWS,
    {0}};
static const assay_observable step_records[] = {
    {"v2", NULL, "(E^1.v - eta alpha/2)^2/eps^2", "token", ASSAY_MEASURED, 0, 0},
    {"p2", NULL, "(E^1.p_0)^2/eps^2", "token", ASSAY_MEASURED, 0, 0},
    RECORD("cos", "cosine of E^1 of token 0 with v, last draw"),
    RECORD("d_cos", "d (cosine - its limit), over opposite starts"),
    {0}};
const assay_experiment token_embeddings_step_run = {
    .id = "token-embeddings/step",
    .doc = "Scores of the embeddings after one step, from their exact law; rho = 0.",
    .params = step_params,
    .records = step_records,
    .block = 16,
    .open = open_step,
    .replicate = replicate_step};

/* ---- order by frequency ---- */

enum { RANKS = 8 };

typedef struct {
  token_embeddings_model model;
  double eta, eps, f[RANKS], *y, *scores; /* scores [4 m] */
  uint16_t *token;                        /* [n][T] */
  uint64_t *room;
} order_run;

static assay_status open_order(assay_call *call, void **state) {
  order_run *run = *state = assay_alloc(call, sizeof *run);
  double total = 0;
  if (!run) return ASSAY_NO_MEMORY;
  run->model = (token_embeddings_model){(int)assay_integer(call, "n"),
                                        (int)assay_integer(call, "T"),
                                        RANKS,
                                        (int)assay_integer(call, "m0"),
                                        run->f,
                                        0};
  const size_t n = (size_t)run->model.n, m = (size_t)token_embeddings_model_size(&run->model);
  for (int j = 0; j < RANKS; j++) total += 1. / (j + 1);
  for (int j = 0; j < RANKS; j++) run->f[j] = 1 / ((j + 1) * total);
  run->eta = 4 * run->model.T / run->f[0];
  run->eps = 1 / sqrt(assay_real(call, "d"));
  run->token = assay_alloc(call, n * (size_t)run->model.T * sizeof *run->token);
  run->y = assay_alloc(call, n * sizeof(double));
  run->scores = assay_alloc(call, 4 * m * sizeof(double));
  run->room = assay_alloc(call, n * (size_t)(2 * run->model.T + 1) * sizeof(uint64_t));
  return run->token && run->y && run->scores && run->room ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status replicate_order(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call;
  const order_run *run = state;
  const int m = token_embeddings_model_size(&run->model);
  const token_embeddings_lists lists = {run->model.n, m, run->model.T, run->token, run->y};
  double *gam = run->scores, *pi = gam + m, *A = pi + m, *B = A + m, alpha[2 * RANKS + 500] = {0}, xy = 0,
         xx = 0, rest = 0;
  random_source init = random_open(stream, RANDOM_INIT, 0);
  token_embeddings_draw(&run->model, RANDOM_DESIGN, 0, stream, NULL, run->y, run->token, run->room);
  random_normals(&init, gam, 2 * (size_t)m);
  cblas_dscal(2 * m, run->eps, gam, 1);
  token_embeddings_gradients(&lists, gam, pi, A, B);
  cblas_daxpy(m, run->eta, A, 1, gam, 1);
  for (int i = 0; i < lists.n; i++)
    for (int t = 0; t < lists.T; t++) alpha[run->token[i * lists.T + t]] += run->y[i] / (lists.n * lists.T);
  for (int s = 0; s < m; s++) {
    xy += alpha[s] * gam[s];
    xx += alpha[s] * alpha[s];
    if (s >= 2 * RANKS) rest += gam[s] / (m - 2 * RANKS);
  }
  for (int j = 0; j < RANKS; j++) out[j] = (gam[j] - gam[RANKS + j]) / 2;
  out[RANKS] = 2 * xy / (xx * run->eta);
  out[RANKS + 1] = rest;
  return ASSAY_OK;
}

static const assay_param order_params[] = {SEQUENCES, LENGTH, IRRELEVANT, DIMENSION, {0}};
#define RANK(j) RECORD("gam" j, "E^1.v of rank " j ", positive minus negative, halved")
static const assay_observable order_records[] = {
    RANK("1"),
    RANK("2"),
    RANK("3"),
    RANK("4"),
    RANK("5"),
    RANK("6"),
    RANK("7"),
    RANK("8"),
    RECORD("ratio", "slope of E^1.v on alpha through 0, over eta/2"),
    RECORD("irrelevant", "mean E^1.v of the irrelevant tokens"),
    {0}};
const assay_experiment token_embeddings_order_run = {
    .id = "token-embeddings/order",
    .doc =
        "Fresh data with frequencies 1/j of eight important tokens, and one step with signal 1 of the first.",
    .params = order_params,
    .records = order_records,
    .block = 8,
    .open = open_order,
    .replicate = replicate_order};

/* ---- the flow on the toy ---- */

typedef struct {
  token_embeddings_walk walk;
  double K[TOKEN_EMBEDDINGS_TOY_M * TOKEN_EMBEDDINGS_TOY_M], z0[TOKEN_EMBEDDINGS_TOY_M];
  const double *t;
  int times;
} toy_run;

static assay_status open_toy(assay_call *call, void **state) {
  toy_run *run = *state = assay_alloc(call, sizeof *run);
  double E[TOKEN_EMBEDDINGS_TOY_M * TOKEN_EMBEDDINGS_TOY_D];
  int count;
  if (!run) return ASSAY_NO_MEMORY;
  run->walk = (token_embeddings_walk){
      .data = token_embeddings_toy, .gam = assay_list(call, "gam", &count), .K = run->K, .z0 = run->z0};
  run->walk.selected = assay_alloc(call, TOKEN_EMBEDDINGS_TOY_N * sizeof(int));
  run->walk.odds = assay_alloc(call, TOKEN_EMBEDDINGS_TOY_N * sizeof(double));
  run->walk.first = assay_alloc(call, (TOKEN_EMBEDDINGS_TOY_N + 1) * sizeof(int));
  run->walk.cell =
      assay_alloc(call, TOKEN_EMBEDDINGS_TOY_N * TOKEN_EMBEDDINGS_TOY_M * sizeof *run->walk.cell);
  run->walk.room = assay_alloc(
      call, (16 * TOKEN_EMBEDDINGS_TOY_M + TOKEN_EMBEDDINGS_TOY_M * TOKEN_EMBEDDINGS_TOY_M) * sizeof(double));
  run->t = assay_list(call, "t", &run->times);
  if (count != TOKEN_EMBEDDINGS_TOY_M)
    return assay_fail(call, ASSAY_DOMAIN, "gam has %d elements, the toy has %d tokens", count,
                      TOKEN_EMBEDDINGS_TOY_M);
  if (!run->walk.selected || !run->walk.odds || !run->walk.room || !run->walk.first || !run->walk.cell)
    return ASSAY_NO_MEMORY;
  token_embeddings_toy_embeddings(assay_real(call, "c"), E);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TOKEN_EMBEDDINGS_TOY_M, TOKEN_EMBEDDINGS_TOY_M,
              TOKEN_EMBEDDINGS_TOY_D, 1, E, TOKEN_EMBEDDINGS_TOY_D, E, TOKEN_EMBEDDINGS_TOY_D, 0, run->K,
              TOKEN_EMBEDDINGS_TOY_M);
  return token_embeddings_select(&run->walk, assay_call_error(call));
}

/* The read-out with the least time above `after`; -1 when there is none. */
static int next_time(const double *t, int times, double after) {
  int next = -1;
  for (int i = 0; i < times; i++)
    if (t[i] > after && (next < 0 || t[i] < t[next])) next = i;
  return next;
}

/* The loss at the logits z, from its definition. */
static double toy_loss(const double *gam, const double *z) {
  double loss = 0;
  for (int i = 0; i < TOKEN_EMBEDDINGS_TOY_N; i++) {
    const double *row = token_embeddings_toy.count + i * TOKEN_EMBEDDINGS_TOY_M;
    double total = 0, f = 0;
    for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) {
      total += row[s] * exp(z[s] - z[0]);
      f += row[s] * exp(z[s] - z[0]) * gam[s];
    }
    loss += log1p(exp(-token_embeddings_toy.y[i] * f / total)) / TOKEN_EMBEDDINGS_TOY_N;
  }
  return loss;
}

static assay_status replicate_toy(assay_call *call, void *state, const assay_stream *stream, double *out) {
  toy_run *run = state;
  (void)stream;
  double om[TOKEN_EMBEDDINGS_TOY_M] = {0}, step = 0, now = 0, z[TOKEN_EMBEDDINGS_TOY_M];
  for (int i = next_time(run->t, run->times, -1); i >= 0; i = next_time(run->t, run->times, now)) {
    assay_status status =
        token_embeddings_flow_advance(&run->walk, now, run->t[i], &step, om, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    now = run->t[i];
    token_embeddings_flow_read(&run->walk, om, z);
    double *at = out + i * (4 + TOKEN_EMBEDDINGS_TOY_M), p2 = 0;
    for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) p2 += om[s] * z[s];
    at[0] = run->walk.excess;
    at[1] = sqrt(fmax(0, p2));
    at[2] = now * run->walk.excess;
    at[3] = toy_loss(run->walk.gam, z);
    memcpy(at + 4, z, sizeof z);
  }
  return ASSAY_OK;
}

static const assay_param toy_params[] = {
    {"c", NULL, "of the embeddings cos(c (s+1)(j+1) + .7 j)", ASSAY_REAL, 0, NULL, NULL, "1.2"},
    {"gam", NULL, "values of the tokens", ASSAY_REALS, 0, NULL, NULL, "2,1.5,-1.8,.1,-.2"},
    TIMES,
    {0}};
static const assay_observable toy_records[] = {RECORD("excess", "L - L*"),
                                               RECORD("pnorm", "|p|"),
                                               RECORD("t_excess", "t (L - L*)"),
                                               RECORD("loss", "L"),
                                               {"z", NULL, "logits", "gam", ASSAY_MEASURED, 0, 0},
                                               {0}};
const assay_experiment token_embeddings_toy_flow_run = {
    .id = "token-embeddings/toy-flow",
    .doc = "The gradient flow on the toy data; nothing in it is random.",
    .params = toy_params,
    .records = toy_records,
    .block = 1,
    .open = open_toy,
    .replicate = replicate_toy};

/* ---- selection at finite d ---- */

enum { BALANCED, BASE, SHARED };

typedef struct {
  token_embeddings_model model;
  int design, m;
  double eta, eps, start_norm, h;
  long d;
  bool margin; /* the max-margin vector, and the flow against it */
  double *count, *y, *q;
  double *gam, *pi, *A, *B, *gam0, *om, *early, *z, *weight, *z0; /* [m] each */
  double *W, *K, *E, *room; /* [m][m], [m][m], [m + 1][d] with a start, [3 m m + 4 m] */
  uint64_t *tokens;
  uint16_t *token; /* [n][T] */
  token_embeddings_lists lists;
  token_embeddings_walk walk;
  const double *t;
  int times;
} selection_run;

static assay_status room_of(assay_call *call, selection_run *run) {
  const size_t n = (size_t)run->model.n, m = (size_t)run->m;
  double **vector[] = {&run->gam,   &run->pi, &run->A,      &run->B,  &run->gam0, &run->om,
                       &run->early, &run->z,  &run->weight, &run->z0, &run->q};
  double *all = assay_alloc(call, 11 * m * sizeof *all);
  for (int i = 0; all && i < 11; i++) *vector[i] = all + (size_t)i * m;
  run->count = assay_alloc(call, n * m * sizeof(double));
  run->y = assay_alloc(call, n * sizeof(double));
  run->W = assay_alloc(call, 2 * m * m * sizeof(double));
  run->room = assay_alloc(call, (3 * m * m + 4 * m) * sizeof(double));
  run->tokens = assay_alloc(call, n * (size_t)(2 * run->model.T + 1) * sizeof(uint64_t));
  run->token = assay_alloc(call, n * (size_t)run->model.T * sizeof *run->token);
  run->lists = (token_embeddings_lists){run->model.n, run->m, run->model.T, run->token, run->y};
  run->walk.selected = assay_alloc(call, n * sizeof(int));
  run->walk.room = assay_alloc(call, (16 * m + m * m) * sizeof(double));
  run->walk.odds = assay_alloc(call, n * sizeof(double));
  run->walk.first = assay_alloc(call, (n + 1) * sizeof(int));
  run->walk.cell = assay_alloc(call, n * m * sizeof *run->walk.cell);
  run->E = run->start_norm > 0 ? assay_alloc(call, (m + 1) * (size_t)run->d * sizeof(double)) : NULL;
  run->K = run->W ? run->W + m * m : NULL;
  bool all_there = all && run->count && run->y && run->W && run->room && run->tokens && run->token &&
                   run->walk.selected && run->walk.room && run->walk.odds && run->walk.first &&
                   run->walk.cell;
  return all_there && (run->E || !(run->start_norm > 0)) ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static assay_status open_selection(assay_call *call, void **state) {
  static const char *const designs[] = {"balanced", "base", "shared"};
  selection_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  for (int i = 0; i < 3; i++)
    if (!strcmp(assay_word(call, "design"), designs[i])) run->design = i;
  const int k = (int)assay_integer(call, "k"), m0 = (int)assay_integer(call, "m0"),
            T = (int)assay_integer(call, "T");
  if (run->design != BALANCED && !assay_given(call, "n"))
    return assay_fail(call, ASSAY_DOMAIN, "design=%s needs n", designs[run->design]);
  const int n = run->design == BALANCED ? 2 * k * m0 : (int)assay_integer(call, "n");
  run->model = (token_embeddings_model){n, T, k, m0, NULL, run->design == SHARED};
  run->m = token_embeddings_model_size(&run->model);
  run->d = assay_integer(call, "d");
  run->eta = assay_real(call, "eta");
  run->eps = assay_real(call, "sigma") / sqrt((double)run->d);
  run->start_norm = assay_real(call, "start_norm");
  run->margin = !strcmp(assay_word(call, "flow"), "margin");
  run->t = assay_list(call, "t", &run->times);
  if (run->d < run->m + 2)
    return assay_fail(call, ASSAY_DOMAIN, "d = %ld: with %d tokens it has to be at least %d", run->d, run->m,
                      run->m + 2);
  if (run->design == SHARED && T < 3)
    return assay_fail(call, ASSAY_DOMAIN, "T = %d: the shared design needs T >= 3", T);
  assay_status status = room_of(call, run);
  if (status != ASSAY_OK) return status;
  const double chosen = run->design == SHARED ? 2 : 2 * k, others = run->m - chosen;
  run->h = chosen * others / (chosen + others);
  for (int s = 0; s < run->m; s++) run->q[s] = run->design == SHARED ? s < 2 * k + m0 : s >= 2 * k;
  run->walk.data = (token_embeddings_data){n, run->m, run->count, run->y};
  run->walk.gam = run->gam;
  run->walk.K = run->K;
  run->walk.z0 = run->z0;
  if (run->design != BALANCED) return ASSAY_OK;
  status = token_embeddings_balanced(k, m0, T, run->count, run->y, assay_call_error(call));
  if (status == ASSAY_OK) token_embeddings_list(&run->walk.data, T, run->token);
  return status;
}

/* Scores before the step into gam, pi; the step; the Gram matrices W of the other directions and K. */
static void reduced_embeddings(const selection_run *run, const assay_stream *stream) {
  const int m = run->m;
  random_source init = random_open(stream, RANDOM_INIT, 0);
  random_normals(&init, run->gam, 2 * (size_t)m);
  cblas_dscal(2 * m, run->eps, run->gam, 1);
  token_embeddings_wishart(m, run->d - 2, stream, run->W, run->room);
  cblas_dscal(m * m, run->eps * run->eps, run->W, 1);
}

/* The same with the embeddings themselves and a random start p of the given norm; z0 is then E p. */
static void full_embeddings(const selection_run *run, const assay_stream *stream) {
  const int m = run->m, d = (int)run->d;
  random_source init = random_open(stream, RANDOM_INIT, 1), start = random_open(stream, RANDOM_SOLVER, 0);
  double *p = run->E + (size_t)m * (size_t)d;
  random_normals(&init, run->E, (size_t)m * (size_t)d);
  cblas_dscal(m * d, run->eps, run->E, 1);
  random_normals(&start, p, (size_t)d);
  cblas_dscal(d, run->start_norm / cblas_dnrm2(d, p, 1), p, 1);
  cblas_dcopy(m, run->E, d, run->gam, 1);
  cblas_dcopy(m, run->E + 1, d, run->pi, 1);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, m, d - 2, 1, run->E + 2, d, run->E + 2, d, 0,
              run->W, m);
}

static void add_directions(const selection_run *run, const double *gam, const double *pi) {
  const int m = run->m;
  for (int s = 0; s < m; s++)
    for (int r = 0; r < m; r++) run->K[s * m + r] = run->W[s * m + r] + gam[s] * gam[r] + pi[s] * pi[r];
}

static assay_status prepare(selection_run *run, const assay_stream *stream, double *tight0, double *tight,
                            assay_error *error) {
  const int m = run->m, d = (int)run->d;
  if (run->design != BALANCED)
    token_embeddings_draw(&run->model, RANDOM_DESIGN, 0, stream, run->count, run->y, run->token, run->tokens);
  if (run->E)
    full_embeddings(run, stream);
  else
    reduced_embeddings(run, stream);
  add_directions(run, run->gam, run->pi);
  assay_status status = token_embeddings_tight_norm2(run->K, run->q, m, tight0, run->room, error);
  token_embeddings_gradients(&run->lists, run->gam, run->pi, run->A, run->B);
  cblas_daxpy(m, run->eta, run->A, 1, run->gam, 1);
  cblas_daxpy(m, run->eta, run->B, 1, run->pi, 1);
  add_directions(run, run->gam, run->pi);
  if (status == ASSAY_OK) status = token_embeddings_tight_norm2(run->K, run->q, m, tight, run->room, error);
  if (!run->E) {
    memcpy(run->z0, run->pi, (size_t)m * sizeof(double));
    return status;
  }
  cblas_dcopy(m, run->gam, 1, run->E, d);
  cblas_dcopy(m, run->pi, 1, run->E + 1, d);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, m, d, 1, run->E, d, run->E + (size_t)m * (size_t)d, 1, 0, run->z0,
              1);
  return status;
}

/* |x|_K. */
static double length(const selection_run *run, const double *x) {
  double sum = 0;
  for (int s = 0; s < run->m; s++) sum += x[s] * cblas_ddot(run->m, run->K + s * run->m, 1, x, 1);
  return sqrt(fmax(0, sum));
}

enum {
  AT_TIGHT,
  AT_D_TIGHT0,
  AT_D_BIAS,
  AT_SELECTED,
  AT_ATTENTION,
  AT_MISSING,
  AT_RATE,
  AT_INCREMENT,
  AT_COSINE,
  AT_SLOPE,
  RECORDS
};

/* p_hat.v/|p_hat|: E_s.v = gam_s. */
static double cosine_with_v(const selection_run *run, double norm2) {
  return run->margin ? cblas_ddot(run->m, run->weight, 1, run->gam, 1) / sqrt(norm2) : 0;
}

/* Advances to `t` unless the flow is there or beyond; false then. */
static bool pass_by(selection_run *run, double *now, double t, double *step, assay_status *status,
                    assay_error *error) {
  if (*status != ASSAY_OK || !(t > *now)) return false;
  *status = token_embeddings_flow_advance(&run->walk, *now, t, step, run->om, error);
  *now = t;
  return *status == ASSAY_OK;
}

/* The flow to every t, and to t/1000 and t/100 before it where there is room. */
static assay_status walk_through(selection_run *run, double norm2, double *out, assay_error *error) {
  const int m = run->m;
  double now = 0, step = 0;
  memset(run->om, 0, (size_t)m * sizeof(double));
  for (int i = next_time(run->t, run->times, -1); i >= 0; i = next_time(run->t, run->times, now)) {
    assay_status status = ASSAY_OK;
    double missing = 0;
    const bool slope = pass_by(run, &now, run->t[i] / 1000, &step, &status, error);
    if (slope) {
      token_embeddings_flow_read(&run->walk, run->om, run->z);
      missing = run->walk.missing;
    }
    const bool increments = run->margin && pass_by(run, &now, run->t[i] / 100, &step, &status, error);
    memcpy(run->early, run->om, (size_t)m * sizeof(double));
    pass_by(run, &now, run->t[i], &step, &status, error);
    if (status != ASSAY_OK) return status;
    now = run->t[i];
    token_embeddings_flow_read(&run->walk, run->om, run->z);
    double *at = out + i * RECORDS;
    at[AT_ATTENTION] = run->walk.attention;
    at[AT_MISSING] = run->walk.missing;
    at[AT_RATE] = run->margin ? now * run->walk.excess / norm2 : 0;
    at[AT_COSINE] = cosine_with_v(run, norm2);
    at[AT_SLOPE] = slope ? log(run->walk.missing / missing) / log(1000) : 0;
    for (int s = 0; s < m; s++)
      run->early[s] = (run->om[s] - run->early[s]) / log(100) - (run->margin ? run->weight[s] : 0);
    at[AT_INCREMENT] = increments ? length(run, run->early) / sqrt(norm2) : 0;
  }
  return ASSAY_OK;
}

static assay_status replicate_selection(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  selection_run *run = state;
  double tight0, tight, norm2 = 1, slack = INFINITY, selected = 1;
  const double d = (double)run->d, sigma2 = run->eps * run->eps * d;
  assay_error *error = assay_call_error(call);
  assay_status status = prepare(run, stream, &tight0, &tight, error);
  if (status == ASSAY_OK) status = token_embeddings_select(&run->walk, error);
  if (status == ASSAY_DISCARD &&
      next_time(run->t, run->times, 0) < 0) { /* without a flow the selection is only recorded */
    *error = (assay_error){0};
    status = ASSAY_OK;
  }
  if (status == ASSAY_OK && run->margin)
    status = token_embeddings_hildreth(&run->walk, run->weight, &norm2, &slack, run->room, error);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < run->model.n; i++)
    if (run->q[run->walk.selected[i]] > 0) selected = 0;
  memset(out, 0, (size_t)(run->times * RECORDS) * sizeof *out);
  for (int i = 0; i < run->times; i++) {
    double *at = out + i * RECORDS;
    at[AT_TIGHT] = run->h / (sigma2 * tight);
    at[AT_D_TIGHT0] = d * (run->h / (sigma2 * tight0) - 1);
    at[AT_D_BIAS] = d * (run->h / (sigma2 * tight) - run->h / (sigma2 * tight0)) + 2 - run->m;
    at[AT_SELECTED] = selected;
  }
  return walk_through(run, norm2, out, error);
}

static const assay_param selection_params[] = {
    {"design", NULL, "balanced, fresh sequences, or fresh ones with a token that all of a label share",
     ASSAY_WORD, 0, "balanced|base|shared", NULL, "balanced"},
    {"n", NULL, "number of sequences; the balanced design has 2 k m0", ASSAY_INTEGER, 0, NULL, "[1,1000000]",
     ""},
    LENGTH,
    IMPORTANT,
    IRRELEVANT,
    DIMENSION,
    STEP,
    SIGMA,
    {"start_norm", NULL, "norm of a random start of the flow; 0: the vector of the step", ASSAY_REAL,
     ASSAY_SIM, NULL, "[0,inf)", "0"},
    {"flow", NULL, "margin: also the max-margin vector, and the flow against it", ASSAY_WORD, ASSAY_SIM,
     "attention|margin", NULL, "attention"},
    TIMES,
    {0}};
static const assay_observable selection_records[] = {
    RECORD("h_margin2", "h/(sigma^2 |p_hat|^2), all constraints tight"),
    RECORD("d_bias_unstepped", "d (that - 1) without the step"),
    RECORD("d_bias", "d (that - 1), less its value without the step, plus that one's mean"),
    RECORD("selected", "1 when every sequence selects the expected token"),
    RECORD("attention", "mean attention on the selected token at t"),
    RECORD("missing", "1 - attention"),
    RECORD("rate", "t (L - L*)/|p_hat|^2"),
    RECORD("increment", "relative error of [p(t) - p(t/100)]/log 100 against p_hat"),
    RECORD("cos_v", "cosine of p_hat with v"),
    RECORD("missing_slope", "log-log slope of `missing` from t/1000 to t"),
    {0}};
const assay_experiment token_embeddings_selection_run = {
    .id = "token-embeddings/selection",
    .doc = "Gram matrix after one step from its exact law, max-margin vector and gradient flow.",
    .params = selection_params,
    .records = selection_records,
    .block = 8,
    .open = open_selection,
    .replicate = replicate_selection};

/* ---- test sequences ---- */

typedef struct {
  selection_run *selection;
  token_embeddings_model fresh;
  double *count, *y;
  uint64_t *tokens;
  bool flow;
} test_run;

static assay_status open_test(assay_call *call, void **state) {
  test_run *run = *state = assay_alloc(call, sizeof *run);
  selection_run *s = run ? run->selection = assay_alloc(call, sizeof *s) : NULL;
  if (!s) return ASSAY_NO_MEMORY;
  s->model = model_of(call);
  s->design = BASE;
  s->m = token_embeddings_model_size(&s->model);
  s->d = assay_integer(call, "d");
  s->eta = 4. * s->model.k * s->model.T * assay_real(call, "a");
  s->eps = 1 / sqrt((double)s->d);
  run->flow = !strcmp(assay_word(call, "phase"), "both");
  if (run->flow && s->d < s->m + 2)
    return assay_fail(call, ASSAY_DOMAIN, "d = %ld: with %d tokens it has to be at least %d", s->d, s->m,
                      s->m + 2);
  run->fresh = s->model;
  run->fresh.n = (int)assay_integer(call, "tests");
  const size_t n = (size_t)run->fresh.n;
  run->count = assay_alloc(call, n * (size_t)s->m * sizeof(double));
  run->y = assay_alloc(call, n * sizeof(double));
  run->tokens = assay_alloc(call, n * (size_t)(2 * s->model.T + 1) * sizeof(uint64_t));
  s->walk.data = (token_embeddings_data){s->model.n, s->m, NULL, NULL};
  assay_status status = room_of(call, s);
  s->walk.data.count = s->count;
  s->walk.data.y = s->y;
  s->walk.gam = s->gam;
  s->walk.K = s->K;
  s->walk.z0 = s->z0;
  for (int i = 0; status == ASSAY_OK && i < s->m; i++) s->q[i] = i >= 2 * s->model.k;
  return status == ASSAY_OK && run->count && run->y && run->tokens ? ASSAY_OK : ASSAY_NO_MEMORY;
}

/* Mean y f and the share of wrong signs on the fresh sequences, with attention of the logits z (NULL:
 * uniform). */
static void judge(const test_run *run, const double *z, double *margin, double *wrong) {
  const int m = run->selection->m;
  double e[1024];
  for (int s = 0; s < m; s++) e[s] = z ? exp(z[s]) : 1;
  *margin = *wrong = 0;
  for (int i = 0; i < run->fresh.n; i++) {
    const double *row = run->count + (size_t)i * (size_t)m;
    double total = 0, f = 0;
    for (int s = 0; s < m; s++) {
      total += row[s] * e[s];
      f += row[s] * e[s] * run->selection->gam[s];
    }
    *margin += run->y[i] * f / total / run->fresh.n;
    *wrong += (run->y[i] * f < 0) / (double)run->fresh.n;
  }
}

static assay_status replicate_test(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const test_run *run = state;
  selection_run *s = run->selection;
  double tight0, tight, step = 0;
  assay_error *error = assay_call_error(call);
  token_embeddings_draw(&run->fresh, RANDOM_TEST, 0, stream, run->count, run->y, NULL, run->tokens);
  memset(out, 0, 4 * sizeof *out);
  if (!run->flow) {
    random_source init = random_open(stream, RANDOM_INIT, 0);
    token_embeddings_draw(&s->model, RANDOM_DESIGN, 0, stream, NULL, s->y, s->token, s->tokens);
    random_normals(&init, s->gam, 2 * (size_t)s->m);
    cblas_dscal(2 * s->m, s->eps, s->gam, 1);
    token_embeddings_gradients(&s->lists, s->gam, s->pi, s->A, s->B);
    cblas_daxpy(s->m, s->eta, s->A, 1, s->gam, 1);
    judge(run, NULL, out, out + 1);
    return ASSAY_OK;
  }
  assay_status status = prepare(s, stream, &tight0, &tight, error);
  if (status == ASSAY_OK) status = token_embeddings_select(&s->walk, error);
  if (status != ASSAY_OK) return status;
  judge(run, NULL, out, out + 1);
  memset(s->om, 0, (size_t)s->m * sizeof(double));
  status = token_embeddings_flow_advance(&s->walk, 0, 1e6, &step, s->om, error);
  if (status != ASSAY_OK) return status;
  token_embeddings_flow_read(&s->walk, s->om, s->z);
  judge(run, s->z, out + 2, out + 3);
  return ASSAY_OK;
}

static const assay_param test_params[] = {
    SEQUENCES,
    LENGTH,
    IMPORTANT,
    IRRELEVANT,
    DIMENSION,
    {"a", NULL, "signal of an important token", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"tests", NULL, "fresh sequences in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", "200"},
    {"phase", NULL, "one step only, or also the flow to t = 1e6", ASSAY_WORD, ASSAY_SIM, "one|both", NULL,
     "one"},
    {0}};
static const assay_observable test_records[] = {
    RECORD("margin", "mean y f with uniform attention"),
    RECORD("error", "share of wrong signs with uniform attention"),
    RECORD("margin_after", "mean y f after the flow; 0 without"),
    RECORD("error_after", "share of wrong signs after the flow"),
    {0}};
const assay_experiment token_embeddings_test_run = {.id = "token-embeddings/test",
                                                    .doc =
                                                        "Fresh sequences after one step, and after the flow.",
                                                    .params = test_params,
                                                    .records = test_records,
                                                    .block = 8,
                                                    .open = open_test,
                                                    .replicate = replicate_test};
