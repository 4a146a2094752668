/* One gradient step on the embeddings, the data given. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "theory/token-embeddings/token-embeddings.h"

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the tokens");
}

static double row_sum(const double *row, int m) {
  double T = 0;
  for (int s = 0; s < m; s++) T += row[s];
  return T;
}

static assay_status check_data(const token_embeddings_data *data, assay_error *error) {
  for (int i = 0; i < data->n; i++)
    if (!(row_sum(data->count + (size_t)i * (size_t)data->m, data->m) > 0))
      return assay_error_set(error, ASSAY_DOMAIN, "sequence %d is empty", i + 1);
  return ASSAY_OK;
}

assay_status token_embeddings_step_mean(const token_embeddings_data *data, double rho, double *a2, double *b2,
                                        assay_error *error) {
  const int m = data->m;
  assay_status status = check_data(data, error);
  memset(a2, 0, (size_t)m * sizeof *a2);
  memset(b2, 0, (size_t)m * sizeof *b2);
  for (int i = 0; i < data->n && status == ASSAY_OK; i++) {
    const double *row = data->count + (size_t)i * (size_t)m;
    double T = row_sum(row, m), r = 0, y = data->y[i];
    for (int s = 0; s < m; s++) r += row[s] * row[s] / (T * T);
    for (int s = 0; s < m; s++) {
      double u = row[s] / T;
      a2[s] += u * (y / 2 * (r - u) - rho / 4 * (1 - 2 * r + u)) / data->n;
      b2[s] += u * (r - u) * (.25 + rho * y) / data->n;
    }
  }
  return status;
}

/* A and B at the scores gam, pi. */
static void gradients(const token_embeddings_data *data, const double *gam, const double *pi, double *A,
                      double *B) {
  const int m = data->m;
  memset(A, 0, (size_t)m * sizeof *A);
  memset(B, 0, (size_t)m * sizeof *B);
  for (int i = 0; i < data->n; i++) {
    const double *row = data->count + (size_t)i * (size_t)m;
    double total = 0, f = 0;
    for (int s = 0; s < m; s++) {
      double e = row[s] * exp(pi[s]);
      total += e;
      f += e * gam[s];
    }
    f /= total;
    double g = data->y[i] / (1 + exp(data->y[i] * f)) / data->n;
    for (int s = 0; s < m; s++) {
      double Q = row[s] * exp(pi[s]) / total;
      A[s] += g * Q;
      B[s] += g * Q * (gam[s] - f);
    }
  }
}

/* Adds weight times half the Laplacian with the given width to a2, b2. */
static void add_laplacian(const token_embeddings_data *data, double rho, double step, double weight,
                          double *room, double *a2, double *b2) {
  const int m = data->m;
  double *gam = room, *pi = gam + m, *A = pi + m, *B = A + m, *A0 = B + m, *B0 = A0 + m;
  memset(gam, 0, 2 * (size_t)m * sizeof *gam);
  gradients(data, gam, pi, A0, B0);
  for (int j = 0; j < 4 * m; j++) {
    const int s = j / 4;
    const double h = j % 2 ? -step : step;
    gam[s] = j % 4 < 2 ? h : 0;
    pi[s] = j % 4 < 2 ? rho * h : sqrt(1 - rho * rho) * h;
    gradients(data, gam, pi, A, B);
    gam[s] = pi[s] = 0;
    for (int r = 0; r < m; r++) {
      a2[r] += weight * (A[r] - A0[r]) / (2 * step * step);
      b2[r] += weight * (B[r] - B0[r]) / (2 * step * step);
    }
  }
}

/* Two widths, extrapolated: the second order of the quotients cancels. */
assay_status token_embeddings_step_mean_numerically(const token_embeddings_data *data, double rho, double *a2,
                                                    double *b2, assay_error *error) {
  assay_status status = check_data(data, error);
  double *room = calloc(6 * (size_t)data->m, sizeof *room);
  if (!room) return no_memory(error);
  memset(a2, 0, (size_t)data->m * sizeof *a2);
  memset(b2, 0, (size_t)data->m * sizeof *b2);
  if (status == ASSAY_OK) {
    add_laplacian(data, rho, 2e-3, 4. / 3, room, a2, b2);
    add_laplacian(data, rho, 4e-3, -1. / 3, room, a2, b2);
  }
  free(room);
  return status;
}

/* M and P [m][m]. */
static assay_status matrices(const token_embeddings_data *data, double *M, double *P, assay_error *error) {
  const int m = data->m;
  double *alpha = malloc((size_t)m * sizeof *alpha);
  if (!alpha) return no_memory(error);
  assay_status status = token_embeddings_signed_frequency(data, alpha, error);
  memset(M, 0, (size_t)m * (size_t)m * sizeof *M);
  memset(P, 0, (size_t)m * (size_t)m * sizeof *P);
  for (int i = 0; i < data->n && status == ASSAY_OK; i++) {
    const double *row = data->count + (size_t)i * (size_t)m;
    const double T = row_sum(row, m), scale = 1 / (T * T * data->n);
    for (int s = 0; s < m; s++)
      for (int r = 0; row[s] > 0 && r < m; r++) {
        M[s * m + r] += scale * row[s] * row[r];
        P[s * m + r] -= scale * data->y[i] * row[s] * row[r];
      }
  }
  for (int s = 0; s < m && status == ASSAY_OK; s++) P[s * m + s] += alpha[s];
  free(alpha);
  return status;
}

static double square_of_row(const double *row, int m, int s, double shift, double factor) {
  double sum = 0;
  for (int r = 0; r < m; r++) {
    double x = (r == s ? shift : 0) + factor * row[r];
    sum += x * x;
  }
  return sum;
}

assay_status token_embeddings_step_variance(const token_embeddings_data *data, double eta, int half,
                                            double *V_v, double *V_p, assay_error *error) {
  const int m = data->m;
  double *M = malloc(2 * (size_t)m * (size_t)m * sizeof *M), *P = M + (size_t)m * (size_t)m;
  if (!M) return no_memory(error);
  assay_status status = matrices(data, M, P, error);
  for (int s = 0; s < m && status == ASSAY_OK; s++) {
    double noise = square_of_row(P + s * m, m, s, 0, eta / 2);
    V_v[s] = square_of_row(M + s * m, m, s, 1, -eta / (half ? 2 : 4)) + noise;
    V_p[s] = 1 + noise;
  }
  free(M);
  return status;
}

/* The balanced design with its eta = 4 k T a; data->count and data->y are the caller's to free. */
static assay_status balanced(int k, int m0, int T, token_embeddings_data *data, assay_error *error) {
  if (!(k >= 1 && m0 >= 1 && k < 10000 && m0 < 10000))
    return assay_error_set(error, ASSAY_DOMAIN, "k = %d, m0 = %d: both lie in 1..9999", k, m0);
  const size_t n = 2 * (size_t)k * (size_t)m0, m = 2 * (size_t)k + (size_t)m0;
  double *count = malloc(n * m * sizeof *count), *y = malloc(n * sizeof *y);
  *data = (token_embeddings_data){(int)n, (int)m, count, y};
  return count && y ? token_embeddings_balanced(k, m0, T, count, y, error) : no_memory(error);
}

static void release(const token_embeddings_data *data) {
  free((double *)(uintptr_t)data->count);
  free((double *)(uintptr_t)data->y);
}

assay_status token_embeddings_alignment(int k, int m0, int T, double a, double sigma, int plain,
                                        token_embeddings_cosine *result, assay_error *error) {
  token_embeddings_data data;
  if (!(sigma > 0 && isfinite(a)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma = %g, a = %g: sigma > 0, a finite", sigma, a);
  assay_status status = balanced(k, m0, T, &data, error);
  double *room = malloc(4 * (size_t)data.m * sizeof *room), eta = 4. * k * T * a;
  if (!room) status = no_memory(error);
  double *V_v = room, *V_p = room + data.m, *a2 = V_p + data.m, *b2 = a2 + data.m;
  if (status == ASSAY_OK) status = token_embeddings_step_variance(&data, eta, 0, V_v, V_p, error);
  if (status == ASSAY_OK) status = token_embeddings_step_mean(&data, 0, a2, b2, error);
  if (status == ASSAY_OK) {
    double x = a / sigma, q = 1 + x * x, v = plain ? 1 : V_v[0], p = plain ? 1 : V_p[0],
           drift = plain ? 0 : eta * sigma * a2[0];
    double bias = -1.5 * x * v * pow(q, -2.5) + drift * pow(q, -1.5) - .5 * x * (p - 2) * pow(q, -1.5) +
                  .75 * x * pow(q, -2.5);
    double variance = (v + x * x / 2) * pow(q, -3);
    *result = (token_embeddings_cosine){{x / sqrt(q), 1e-15},
                                        {bias, 1e-14 * (1 + fabs(bias))},
                                        {variance, 1e-14 * variance},
                                        {v, 1e-14 * v},
                                        {p, 1e-14 * p}};
  }
  free(room);
  release(&data);
  return status;
}

assay_status token_embeddings_margin_bias(int k, int m0, int T, double a, double sigma, assay_value *d_bias,
                                          assay_error *error) {
  token_embeddings_data data;
  if (!(sigma > 0 && isfinite(a)))
    return assay_error_set(error, ASSAY_DOMAIN, "sigma = %g, a = %g: sigma > 0, a finite", sigma, a);
  assay_status status = balanced(k, m0, T, &data, error);
  const int m = data.m;
  double *M = malloc((2 * (size_t)m * (size_t)m + (size_t)m) * sizeof *M), *P = M + (size_t)m * (size_t)m,
         *z = P + (size_t)m * (size_t)m;
  if (!M) status = no_memory(error);
  if (status == ASSAY_OK) status = matrices(&data, M, P, error);
  if (status == ASSAY_OK) {
    double eta = 4. * k * T * a, N = 2. * k, h = N * m0 / (N + m0), w = N / (N + m0),
           x2 = a * a / (sigma * sigma), zSv = 0, zSp = 0;
    for (int s = 0; s < m; s++) z[s] = s < 2 * k ? 1 - w : -w;
    for (int s = 0; s < m; s++) {
      double Mz = 0, Pz = 0;
      for (int r = 0; r < m; r++) {
        Mz += M[s * m + r] * z[r];
        Pz += P[s * m + r] * z[r];
      }
      zSv += pow(z[s] - eta / 4 * Mz, 2) + pow(eta / 2 * Pz, 2);
      zSp += z[s] * z[s] + pow(eta / 2 * Pz, 2);
    }
    double value = -m + (N * x2 + zSv / h) / (1 + N * x2) + zSp / h;
    *d_bias = (assay_value){value, 1e-13 * (m + fabs(value))};
  }
  free(M);
  release(&data);
  return status;
}

assay_status token_embeddings_frequency_moments(double n, double T, double k, double m0,
                                                token_embeddings_frequencies *r, assay_error *error) {
  if (!(n >= 1 && T >= 1 && k >= 1 && m0 >= 1))
    return assay_error_set(error, ASSAY_DOMAIN, "n = %g, T = %g, k = %g, m0 = %g: each is at least 1", n, T,
                           k, m0);
  double f = 1 / k, share = (T - 1) / m0, mean = f / (2 * T);
  r->mean_important = mean;
  r->var_important = (f / (2 * T * T) - mean * mean) / n;
  r->var_irrelevant = (share * (1 - 1 / m0) + share * share) / (n * T * T);
  r->cov_irrelevant = (T - 1) * (T - 2) / (m0 * m0 * n * T * T);
  return ASSAY_OK;
}
