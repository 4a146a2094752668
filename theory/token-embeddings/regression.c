/* One gradient step over a whole vocabulary: how well the signed frequencies explain it. */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "theory/token-embeddings/token-embeddings.h"

typedef struct {
  double *M, *P, *alpha, *a2; /* [m][m], [m][m], [m], [m] */
} matrices;

static void fill(const token_embeddings_sequences *data, matrices *x) {
  const size_t m = (size_t)data->m;
  token_embeddings_sparse_frequency(data, NULL, x->alpha);
  for (int i = 0; i < data->n; i++) {
    const double T = data->length[i], scale = 1 / (T * T * data->n), y = data->y[i];
    double r = 0;
    for (int j = data->start[i]; j < data->start[i + 1]; j++) r += data->count[j] * data->count[j] / (T * T);
    for (int j = data->start[i]; j < data->start[i + 1]; j++) {
      const size_t s = (size_t)data->token[j];
      const double u = data->count[j] / T;
      x->a2[s] += u * y / 2 * (r - u) / data->n;
      for (int l = data->start[i]; l < data->start[i + 1]; l++) {
        const double both = scale * data->count[j] * data->count[l];
        x->M[s * m + (size_t)data->token[l]] += both;
        x->P[s * m + (size_t)data->token[l]] -= y * both;
      }
    }
  }
  for (size_t s = 0; s < m; s++) x->P[s * m + s] += x->alpha[s];
}

/* |A x| for the symmetric A [m][m]; y [m] becomes A x. */
static double image(const double *A, const double *x, int m, double *y) {
  cblas_dsymv(CblasRowMajor, CblasUpper, m, 1, A, m, x, 1, 0, y, 1);
  return cblas_dnrm2(m, y, 1);
}

static void regress(const matrices *x, int m, double eps2, double *y, token_embeddings_regression *r) {
  const double aa = pow(cblas_dnrm2(m, x->alpha, 1), 2), M = cblas_dnrm2(m * m, x->M, 1),
               P = cblas_dnrm2(m * m, x->P, 1);
  const double Ma = image(x->M, x->alpha, m, y), Pa = image(x->P, x->alpha, m, y);
  const double along = eps2 * (Ma * Ma / 16 + Pa * Pa / 4), R = eps2 * (M * M / 16 + P * P / 4);
  const double uniform_along = eps2 * Ma * Ma / 16, uniform_R = eps2 * M * M / 16;
  r->slope = 1 + 2 * eps2 * cblas_ddot(m, x->a2, 1, x->alpha, 1) / aa;
  r->slope_sd = 2 * sqrt(along) / aa;
  r->unexplained = (R - along / aa) / (R + aa / 4);
  r->uniform_slope_sd = 2 * sqrt(uniform_along) / aa;
  r->uniform_unexplained = (uniform_R - uniform_along / aa) / (uniform_R + aa / 4);
}

/* S [m][m] is room; M and P are lost. */
static void align(matrices *x, int m, double eta, double eps2, double *S, double *y,
                  token_embeddings_regression *r) {
  const size_t all = (size_t)m * (size_t)m;
  cblas_dscal(m * m, -eta / 4, x->M, 1);
  for (int s = 0; s < m; s++) x->M[(size_t)s * (size_t)m + (size_t)s] += 1;
  memset(S, 0, all * sizeof *S);
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, m, m, 1, x->M, m, 0, S, m);
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, m, m, eta * eta / 4, x->P, m, 1, S, m);
  double trace = 0, squares = 0;
  for (int s = 0; s < m; s++)
    for (int t = s; t < m; t++) {
      const double entry = S[(size_t)s * (size_t)m + (size_t)t];
      squares += (t == s ? 1 : 2) * entry * entry;
      if (t == s) trace += entry;
    }
  const double ss = pow(eta / 2 * cblas_dnrm2(m, x->alpha, 1), 2), w = eps2 * trace / ss;
  image(S, x->alpha, m, y);
  const double sSs = eta * eta / 4 * cblas_ddot(m, x->alpha, 1, y, 1);
  r->cosine = 1 / sqrt(1 + w);
  r->cosine_sd =
      pow(1 + w, -1.5) * sqrt(eps2 * eps2 * squares / (2 * ss * ss) + w * w * eps2 * sSs / (ss * ss));
}

assay_status token_embeddings_step_regression(const token_embeddings_sequences *data, double eta,
                                              double sigma, double d, token_embeddings_regression *r,
                                              assay_error *error) {
  const size_t m = (size_t)data->m;
  if (!(data->n >= 1 && m >= 1 && eta > 0 && isfinite(eta) && sigma > 0 && d >= 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "%d sequences, %d tokens, eta = %g, sigma = %g, d = %g: all are positive", data->n,
                           data->m, eta, sigma, d);
  double *room = calloc(3 * m * m + 3 * m, sizeof *room), *y = room + 3 * m * m + 2 * m;
  if (!room) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %zu tokens", m);
  matrices x = {room, room + m * m, room + 3 * m * m, room + 3 * m * m + m};
  fill(data, &x);
  const bool signal = cblas_dnrm2((int)m, x.alpha, 1) > 0;
  if (signal) {
    const double eps2 = sigma * sigma / d;
    regress(&x, (int)m, eps2, y, r);
    align(&x, (int)m, eta, eps2, room + 2 * m * m, y, r);
  }
  free(room);
  return signal ? ASSAY_OK
                : assay_error_set(error, ASSAY_DOMAIN,
                                  "every average signed frequency is 0: there is no direction to align with");
}
