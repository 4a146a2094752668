/* Max-margin token selection: in closed form for an ideal Gram matrix, with all constraints tight, and in
 * general. */
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/token-embeddings/token-embeddings.h"

assay_status token_embeddings_ideal_margin(double kp, double km, double m0, double ap, double am, double eta,
                                           double sigma, token_embeddings_margin *r, assay_error *error) {
  if (!(kp >= 0 && km >= 0 && kp + km >= 1 && m0 >= 1 && sigma > 0 && ap >= 0 && am >= 0 && isfinite(eta)))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "an ideal margin takes kp + km >= 1, m0 >= 1, sigma > 0, ap, am >= 0 and a finite eta");
  const double c = eta * eta / 4, S = sigma * sigma + c * (kp * ap * ap + km * am * am),
               D = kp * ap - km * am;
  const double N = kp + km - c * D * D / S;
  if (!(fabs(c * D / S) * fmax(ap, am) < 1))
    return assay_error_set(error, ASSAY_DOMAIN, "not every constraint is tight: kap D alpha = %g >= 1",
                           fabs(c * D / S) * fmax(ap, am));
  r->h = N * m0 / (N + m0);
  r->norm2 = r->h / (sigma * sigma);
  r->margin = 1 / sqrt(r->norm2);
  r->w = N / (N + m0);
  r->pv = eta / 2 * D * (1 - r->w) / S;
  return ASSAY_OK;
}

/* ---- selection ---- */

static int beats(const token_embeddings_data *data, const double *gam, int i, int a, int b) {
  return data->y[i] * gam[a] > data->y[i] * gam[b];
}

assay_status token_embeddings_selection(const token_embeddings_data *data, const double *gam, int *selected,
                                        assay_error *error) {
  const int m = data->m;
  for (int i = 0; i < data->n; i++) {
    const double *row = data->count + (size_t)i * (size_t)m;
    selected[i] = -1;
    for (int s = 0; s < m; s++)
      if (row[s] > 0 && (selected[i] < 0 || beats(data, gam, i, s, selected[i]))) selected[i] = s;
    if (selected[i] < 0) return assay_error_set(error, ASSAY_DOMAIN, "sequence %d is empty", i + 1);
  }
  for (int i = 0; i < data->n; i++)
    for (int j = 0; j < i; j++) {
      const int a = selected[i], b = selected[j];
      if (a != b && data->count[(size_t)i * (size_t)m + b] > 0 && data->count[(size_t)j * (size_t)m + a] > 0)
        return assay_error_set(error, ASSAY_DOMAIN,
                               "tokens %d and %d are each selected against the other: nothing separates them",
                               a + 1, b + 1);
    }
  return ASSAY_OK;
}

/* ---- the quadratic program ---- */

/* minimise |p|^2, p = E' weight, with (K weight)_a - (K weight)_b >= 1 for the pairs (a, b) [pairs][2]: one
 * coordinate of the dual after the other. */
typedef struct {
  int m, pairs;
  int (*pair)[2];
  double *lambda, *weight, *z; /* z = K weight */
} program;

static int list_pairs(const token_embeddings_data *data, const int *selected, char *seen, program *q) {
  const int m = data->m;
  for (int i = 0; i < data->n; i++)
    for (int b = 0; b < m; b++) {
      const int a = selected[i];
      if (b == a || !(data->count[(size_t)i * (size_t)m + b] > 0) || seen[a * m + b]) continue;
      seen[a * m + b] = 1;
      q->pair[q->pairs][0] = a;
      q->pair[q->pairs++][1] = b;
    }
  return q->pairs;
}

static double sweep(program *q, const double *K) {
  const int m = q->m;
  double change = 0;
  for (int j = 0; j < q->pairs; j++) {
    const int a = q->pair[j][0], b = q->pair[j][1];
    const double length2 = K[a * m + a] - 2 * K[a * m + b] + K[b * m + b],
                 next = fmax(0, q->lambda[j] + (1 - q->z[a] + q->z[b]) / length2);
    const double step = next - q->lambda[j];
    q->lambda[j] = next;
    q->weight[a] += step;
    q->weight[b] -= step;
    for (int s = 0; s < m; s++) q->z[s] += step * (K[s * m + a] - K[s * m + b]);
    change = fmax(change, fabs(step) * sqrt(length2));
  }
  return change;
}

static assay_status solve(program *q, const double *K, assay_value *norm2, assay_error *error) {
  double change = 1, sum = 0, least = INFINITY, quadratic = 0;
  for (int round = 0; round < 200000 && change > 1e-14 * (1 + sqrt(fabs(sum))); round++) {
    change = sweep(q, K);
    sum = 0;
    for (int j = 0; j < q->pairs; j++) sum += q->lambda[j];
    if (!(sum < 1e12))
      return assay_error_set(error, ASSAY_DOMAIN,
                             "no vector selects these tokens: the embeddings do not separate them");
  }
  for (int s = 0; s < q->m; s++) quadratic += q->weight[s] * q->z[s];
  for (int j = 0; j < q->pairs; j++) least = fmin(least, q->z[q->pair[j][0]] - q->z[q->pair[j][1]]);
  if (!(least > .5))
    return assay_error_set(error, ASSAY_NUMERIC, "the dual did not converge: the least margin is %g of 1",
                           least);
  const double primal = quadratic / (least * least), dual = 2 * sum - quadratic;
  *norm2 =
      (assay_value){quadratic, fabs(primal - dual) + fabs(primal - quadratic) + 64 * DBL_EPSILON * quadratic};
  return ASSAY_OK;
}

assay_status token_embeddings_max_margin(const token_embeddings_data *data, const double *K,
                                         const double *gam, double *weight, assay_value *norm2,
                                         assay_error *error) {
  const size_t m = (size_t)data->m;
  int *selected = malloc((size_t)data->n * sizeof *selected);
  char *seen = calloc(m * m, 1);
  program q = {data->m,
               0,
               malloc(m * m * sizeof *q.pair),
               calloc(m * m, sizeof(double)),
               weight,
               calloc(m, sizeof(double))};
  assay_status status = ASSAY_OK;
  memset(weight, 0, m * sizeof *weight);
  if (!selected || !seen || !q.pair || !q.lambda || !q.z)
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %zu tokens", m);
  if (status == ASSAY_OK) status = token_embeddings_selection(data, gam, selected, error);
  if (status == ASSAY_OK && list_pairs(data, selected, seen, &q) == 0)
    *norm2 = (assay_value){0, 0};
  else if (status == ASSAY_OK)
    status = solve(&q, K, norm2, error);
  free(selected);
  free(seen);
  free(q.pair);
  free(q.lambda);
  free(q.z);
  return status;
}

assay_status token_embeddings_tight(const double *K, const double *q, int m, assay_value *norm2,
                                    assay_error *error) {
  double *L = malloc(((size_t)m * (size_t)m + 2 * (size_t)m) * sizeof *L), *x = L + (size_t)m * (size_t)m;
  if (!L) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d tokens", m);
  memcpy(L, K, (size_t)m * (size_t)m * sizeof *L);
  for (int s = 0; s < m; s++) x[2 * s] = q[s], x[2 * s + 1] = 1;
  const lapack_int info = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', m, 2, L, m, x, 2);
  double qq = 0, q1 = 0, ones = 0;
  for (int s = 0; s < m; s++) {
    qq += q[s] * x[2 * s];
    q1 += x[2 * s];
    ones += x[2 * s + 1];
  }
  free(L);
  if (info)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "the Gram matrix is not positive definite: more tokens than dimensions");
  *norm2 = (assay_value){qq - q1 * q1 / ones, 1e-13 * (fabs(qq) + q1 * q1 / ones)};
  return ASSAY_OK;
}
