#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/simd.h"
#include "sim/token-embeddings/token-embeddings.h"

enum { MOST_TOKENS = 1024, GROUP = 64 };

/* The sums of A/e and B/e over four rows of counts, those of `weight` and of weight times (gam - f). */
SIMD_BODY void add_four(const double *rows, size_t m, const double *gam, const double *weight,
                        const double *f, double *restrict A, double *restrict B) {
  size_t s = 0;
  for (; s + SIMD_LANES <= m; s += SIMD_LANES) {
    const simd_lanes value = SIMD_AT(gam + s);
    simd_lanes a = SIMD_AT(A + s), b = SIMD_AT(B + s);
    for (size_t i = 0; i < 4; i++) {
      const simd_lanes w = weight[i] * SIMD_AT(rows + i * m + s);
      a += w, b += w * (value - f[i]);
    }
    SIMD_PUT(A + s) = a, SIMD_PUT(B + s) = b;
  }
  for (; s < m; s++)
    for (size_t i = 0; i < 4; i++) {
      const double w = weight[i] * rows[i * m + s];
      A[s] += w, B[s] += w * (gam[s] - f[i]);
    }
}

/* Sequences first.. first + some - 1; e = e^pi, value = gam e. A/e and B/e grow. */
SIMD_BODY void add_gradients_body(const token_embeddings_data *data, int first, int some, const double *gam,
                                  const double *e, const double *value, double *A, double *B) {
  const size_t m = (size_t)data->m;
  const double *rows = data->count + (size_t)first * m, *y = data->y + first;
  double totals[GROUP], f[GROUP], weights[GROUP] = {0}; /* some > 0; the compiler does not know */
  for (int i = 0; i < some; i++) {
    totals[i] = simd_dot(rows + (size_t)i * m, e, m);
    f[i] = simd_dot(rows + (size_t)i * m, value, m) / totals[i];
    weights[i] = y[i] * f[i];
  }
  elementary_exp(weights, (size_t)some, weights);
  for (int i = 0; i < some; i++) weights[i] = y[i] / (1 + weights[i]) / totals[i] / data->n;
  int i = 0;
  for (; i + 4 <= some; i += 4) add_four(rows + (size_t)i * m, m, gam, weights + i, f + i, A, B);
  for (; i < some; i++)
    for (size_t s = 0; s < m; s++) {
      const double w = weights[i] * rows[(size_t)i * m + s];
      A[s] += w, B[s] += w * (gam[s] - f[i]);
    }
}
SIMD_AT_LEVELS(static, void, , add_gradients,
               (const token_embeddings_data *data, int first, int some, const double *gam, const double *e,
                const double *value, double *A, double *B),
               (data, first, some, gam, e, value, A, B))

void token_embeddings_gradients(const token_embeddings_data *data, const double *gam, const double *pi,
                                double *A, double *B) {
  const int m = data->m;
  double e[MOST_TOKENS], value[MOST_TOKENS];
  memset(A, 0, (size_t)m * sizeof *A);
  memset(B, 0, (size_t)m * sizeof *B);
  elementary_exp(pi, (size_t)m, e);
  for (int s = 0; s < m; s++) value[s] = gam[s] * e[s];
  for (int i = 0; i < data->n; i += GROUP)
    add_gradients(data, i, data->n - i < GROUP ? data->n - i : GROUP, gam, e, value, A, B);
  for (int s = 0; s < m; s++) A[s] *= e[s], B[s] *= e[s];
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
static void wrong_gradients(const token_embeddings_data *data, const double *gam, const double *pi,
                            int softmax, double *A, double *B) {
  token_embeddings_gradients(data, gam, pi, A, B);
  for (int s = 0; s < M && softmax; s++) B[s] = softmax == 1 ? 0 : A[s] * gam[s];
}

assay_status token_embeddings_check_gradient(int softmax, const assay_stream *stream, double *embedding_error,
                                             double *vector_error, double *rank_ratio, double *sum_error,
                                             assay_error *error) {
  const token_embeddings_model model = {N, T, K, M0, NULL, 0};
  double count[N * M], y[N], E[M * D], v[D], p[D], gam[M], pi[M], A[M], B[M], minus[M * D],
      dp[D] = {0}, values[D], spare[D], size = 0, sum = 0;
  uint64_t room[2 * N * T + N];
  const token_embeddings_data data = {N, M, count, y};
  random_source init = random_open(stream, RANDOM_INIT, 0);
  token_embeddings_draw(&model, RANDOM_DESIGN, 0, stream, count, y, room);
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
  wrong_gradients(&data, gam, pi, softmax, A, B);
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
