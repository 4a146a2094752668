#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/simd.h"
#include "sim/token-embeddings/token-embeddings.h"

enum { MOST_TOKENS = 1024, GROUP = 64 };

typedef double pair __attribute__((vector_size(16)));

int token_embeddings_longest(const token_embeddings_data *data) {
  double most = 0;
  for (int i = 0; i < data->n; i++) {
    double T = 0;
    for (int s = 0; s < data->m; s++) T += data->count[i * data->m + s];
    most = fmax(most, T);
  }
  return (int)most;
}

void token_embeddings_list(const token_embeddings_data *data, int T, uint16_t *token) {
  for (int i = 0; i < data->n; i++) {
    int t = 0;
    for (int s = 0; s < data->m; s++)
      for (int times = 0; times < data->count[i * data->m + s]; times++) token[i * T + t++] = (uint16_t)s;
    while (t < T) token[i * T + t++] = (uint16_t)data->m;
  }
}

/* Sequences first.. first + some - 1: adds the sums of weight and weight f over a token's occurrences, weight
 * = y g/(n sum e), to `sums`; at holds e and gam e. Both are [m+1], the last for the places that are empty.
 */
SIMD_BODY void add_gradients_body(const token_embeddings_lists *lists, int first, int some, const pair *at,
                                  pair *sums) {
  const size_t T = (size_t)lists->T;
  const uint16_t *token = lists->token + (size_t)first * T;
  double totals[GROUP], f[GROUP] = {0}, y[GROUP] = {0}, weights[GROUP];
  for (int i = 0; i < GROUP; i++) totals[i] = 1; /* a group that is not full is worked through all the same */
  for (int i = 0; i < some; i++) {
    pair sum = {0};
    for (size_t t = 0; t < T; t++) sum += at[token[(size_t)i * T + t]];
    totals[i] = sum[0];
    f[i] = sum[1];
    y[i] = lists->y[first + i];
  }
  for (int i = 0; i < GROUP; i++) weights[i] = y[i] * (f[i] /= totals[i]);
  elementary_exp(weights, GROUP, weights);
  for (int i = 0; i < GROUP; i++) weights[i] = y[i] / ((1 + weights[i]) * totals[i] * lists->n);
  for (int i = 0; i < some; i++) {
    const pair weight = {weights[i], weights[i] * f[i]};
    for (size_t t = 0; t < T; t++) sums[token[(size_t)i * T + t]] += weight;
  }
}
SIMD_AT_LEVELS(static, void, , add_gradients,
               (const token_embeddings_lists *lists, int first, int some, const pair *at, pair *sums),
               (lists, first, some, at, sums))

void token_embeddings_gradients(const token_embeddings_lists *lists, const double *gam, const double *pi,
                                double *A, double *B) {
  const int m = lists->m;
  double e[MOST_TOKENS];
  pair at[MOST_TOKENS + 1], sums[MOST_TOKENS + 1];
  elementary_exp(pi, (size_t)m, e);
  for (int s = 0; s < m; s++) at[s] = (pair){e[s], gam[s] * e[s]};
  at[m] = (pair){0};
  memset(sums, 0, (size_t)(m + 1) * sizeof *sums);
  for (int i = 0; i < lists->n; i += GROUP)
    add_gradients(lists, i, lists->n - i < GROUP ? lists->n - i : GROUP, at, sums);
  for (int s = 0; s < m; s++) A[s] = e[s] * sums[s][0], B[s] = e[s] * (gam[s] * sums[s][0] - sums[s][1]);
}

/* ---- the gradients themselves ---- */

enum { N = 30, T = 6, K = 2, M0 = 8, M = 2 * K + M0, D = 7 };

static double loss(const token_embeddings_data *data, const double *E, const double *v, const double *p) {
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double total = 0, f = 0;
    for (int s = 0; s < M; s++) {
      const double e = data->count[i * M + s] * exp(cblas_ddot(D, E + s * D, 1, p, 1));
      total += e;
      f += e * cblas_ddot(D, E + s * D, 1, v, 1);
    }
    sum += log1p(exp(-data->y[i] * f / total)) / N;
  }
  return sum;
}

/* max |formula + quotient| over max |quotient|: `minus` [count] is minus the gradient. */
static double against(const token_embeddings_data *data, double *at, int count, const double *E,
                      const double *v, const double *p, const double *minus) {
  const double width = 1e-5;
  double worst = 0, largest = 0;
  for (int i = 0; i < count; i++) {
    const double keep = at[i];
    at[i] = keep + width;
    const double up = loss(data, E, v, p);
    at[i] = keep - width;
    const double quotient = (up - loss(data, E, v, p)) / (2 * width);
    at[i] = keep;
    worst = fmax(worst, fabs(quotient + minus[i]));
    largest = fmax(largest, fabs(quotient));
  }
  return worst / largest;
}

/* A, B with the chosen mistake in B. */
static void wrong_gradients(const token_embeddings_lists *lists, const double *gam, const double *pi,
                            int softmax, double *A, double *B) {
  token_embeddings_gradients(lists, gam, pi, A, B);
  for (int s = 0; s < M && softmax; s++) B[s] = softmax == 1 ? 0 : A[s] * gam[s];
}

assay_status token_embeddings_check_gradient(int softmax, const assay_stream *stream, double *embedding_error,
                                             double *vector_error, double *rank_ratio, double *sum_error,
                                             assay_error *error) {
  const token_embeddings_model model = {N, T, K, M0, NULL, 0};
  double count[N * M], y[N], E[M * D], v[D], p[D], gam[M], pi[M], A[M], B[M], minus[M * D],
      dp[D] = {0}, values[D], spare[D], size = 0, sum = 0;
  uint64_t room[2 * N * T + N];
  uint16_t token[N * T];
  const token_embeddings_data data = {N, M, count, y};
  const token_embeddings_lists lists = {N, M, T, token, y};
  random_source init = random_open(stream, RANDOM_INIT, 0);
  token_embeddings_draw(&model, RANDOM_DESIGN, 0, stream, count, y, token, room);
  random_normals(&init, E, M * D);
  random_normals(&init, v, D);
  random_normals(&init, p, D);
  cblas_dscal(M * D, .4, E, 1);
  cblas_dscal(D, 1 / cblas_dnrm2(D, v, 1), v, 1);
  cblas_dscal(D, 1 / cblas_dnrm2(D, p, 1), p, 1);
  for (int s = 0; s < M; s++) {
    gam[s] = cblas_ddot(D, E + s * D, 1, v, 1);
    pi[s] = cblas_ddot(D, E + s * D, 1, p, 1);
  }
  wrong_gradients(&lists, gam, pi, softmax, A, B);
  for (int s = 0; s < M; s++) {
    for (int j = 0; j < D; j++) {
      minus[s * D + j] = A[s] * v[j] + B[s] * p[j];
      dp[j] += B[s] * E[s * D + j];
    }
    sum += B[s];
    size += fabs(B[s]);
  }
  *embedding_error = against(&data, E, M * D, E, v, p, minus);
  *vector_error = against(&data, p, D, E, v, p, dp);
  *sum_error = size > 0 ? fabs(sum) / size : 0;
  const lapack_int info =
      LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'N', M, D, minus, D, values, NULL, 1, NULL, 1, spare);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC, "the update's singular values did not converge (dgesvd: %d)",
                           (int)info);
  *rank_ratio = values[2] / values[0];
  return ASSAY_OK;
}
