#include "model/token-embeddings.h"

#include <math.h>
#include <string.h>

static const double toy_count[TOKEN_EMBEDDINGS_TOY_N * TOKEN_EMBEDDINGS_TOY_M] = {
    1, 0, 0, 1, 0, 1, 0, 0, 1, 2, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1};
static const double toy_y[TOKEN_EMBEDDINGS_TOY_N] = {1, 1, 1, -1};
const token_embeddings_data token_embeddings_toy = {TOKEN_EMBEDDINGS_TOY_N, TOKEN_EMBEDDINGS_TOY_M, toy_count,
                                                    toy_y};
const double token_embeddings_toy_values[TOKEN_EMBEDDINGS_TOY_M] = {2, 1.5, -1.8, .1, -.2};

void token_embeddings_toy_embeddings(double c, double *E) {
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++)
    for (int j = 0; j < TOKEN_EMBEDDINGS_TOY_D; j++)
      E[s * TOKEN_EMBEDDINGS_TOY_D + j] = cos(c * (s + 1) * (j + 1) + .7 * j);
}

assay_status token_embeddings_balanced(int k, int m0, int T, double *count, double *y, assay_error *error) {
  if (!(k >= 1 && m0 >= 1 && T >= 2 && T - 1 <= m0))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "k = %d, m0 = %d, T = %d: the balanced design takes k, m0 >= 1 and 2 <= T <= m0 + 1", k, m0, T);
  const int m = 2 * k + m0;
  memset(count, 0, (size_t)(2 * k * m0) * (size_t)m * sizeof *count);
  for (int s = 0; s < 2 * k; s++)
    for (int j = 0; j < m0; j++) {
      double *row = count + (size_t)(s * m0 + j) * (size_t)m;
      row[s] = 1;
      for (int l = 0; l < T - 1; l++) row[2 * k + (j + l) % m0] += 1;
      y[s * m0 + j] = s < k ? 1 : -1;
    }
  return ASSAY_OK;
}

assay_status token_embeddings_signed_frequency(const token_embeddings_data *data, double *alpha,
                                               assay_error *error) {
  memset(alpha, 0, (size_t)data->m * sizeof *alpha);
  for (int i = 0; i < data->n; i++) {
    const double *row = data->count + (size_t)i * (size_t)data->m;
    double T = 0;
    for (int s = 0; s < data->m; s++) T += row[s];
    if (!(T > 0)) return assay_error_set(error, ASSAY_DOMAIN, "sequence %d is empty", i + 1);
    for (int s = 0; s < data->m; s++) alpha[s] += data->y[i] * row[s] / (T * data->n);
  }
  return ASSAY_OK;
}
