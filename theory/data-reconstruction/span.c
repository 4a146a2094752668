/* What the span of the training features tells, and the limit of the reconstruction loss. */
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "theory/data-reconstruction/data-reconstruction.h"
#include "theory/numerics/activation_kernel.h"

double data_reconstruction_kernel(activation act, double rho, data_reconstruction_mistake mistake) {
  double k = activation_kernel(act, rho);
  if (mistake != DATA_RECONSTRUCTION_NO_CROSS) return k;
  if (act == ACTIVATION_RELU_ERF)
    return activation_kernel(ACTIVATION_RELU, rho) + activation_kernel(ACTIVATION_ERF, rho);
  if (act == ACTIVATION_RELU_TANH)
    return activation_kernel(ACTIVATION_RELU, rho) + activation_kernel(ACTIVATION_TANH, rho);
  return k;
}

double data_reconstruction_label_residual(double n, double p, double d, data_reconstruction_mistake mistake) {
  return fmax(0, 1 - p / (mistake == DATA_RECONSTRUCTION_NM_THRESHOLD ? n * d : n));
}

/* ---- Schur complements ---- */

static double linearised(const activation_hermite *h, double rho, int same) {
  return h->mu0 * h->mu0 + h->mu1 * h->mu1 * rho + (same ? h->mus2 : 0);
}

/* x <- A^{-1} x for a positive definite A [n][n], which is overwritten. */
static assay_status solve(double *A, double *x, int n, const char *what, assay_error *error) {
  double largest = 0;
  for (int i = 0; i < n; i++) largest = fmax(largest, A[i * n + i]);
  bool singular = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', n, 1, A, n, x, 1) != 0;
  for (int i = 0; i < n && !singular; i++) singular = A[i * n + i] * A[i * n + i] < 1e-13 * largest;
  return !singular
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_DOMAIN, "the kernel matrix of %s is not positive definite", what);
}

/* G and g are the overlaps of n + 1 points on a sphere: [G g; g^T 1] has a unit diagonal and no negative
 * eigenvalue. */
static assay_status overlaps_of_points(const double *G, const double *g, int n, assay_error *error) {
  size_t m = (size_t)n + 1;
  double *all = malloc((m * m + m) * sizeof *all);
  if (!all) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the overlaps of %d samples", n);
  bool good = true;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      good &= fabs(G[i * n + j] - (i == j ? 1 : G[j * n + i])) < 1e-12;
      all[(size_t)i * m + (size_t)j] = G[i * n + j];
    }
    all[(size_t)i * m + (size_t)n] = all[(size_t)n * m + (size_t)i] = g[i];
  }
  all[m * m - 1] = 1;
  int code = LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', (int)m, all, (int)m, all + m * m);
  good &= code == 0 && all[m * m] > -1e-10 * (double)m;
  free(all);
  return good ? ASSAY_OK
              : assay_error_set(error, ASSAY_DOMAIN,
                                "no points on a sphere have these overlaps: [G g; g^T 1] needs a unit "
                                "diagonal and no negative eigenvalue");
}

assay_status data_reconstruction_schur(activation act, const double *G, const double *g, int n,
                                       data_reconstruction_mistake mistake, assay_value *schur,
                                       assay_error *error) {
  assay_status status = overlaps_of_points(G, g, n, error);
  if (status != ASSAY_OK) return status;
  int wrong = mistake == DATA_RECONSTRUCTION_LINEARISED;
  activation_hermite h = activation_numbers(act);
  double *K = malloc(((size_t)n * (size_t)n + 2 * (size_t)n) * sizeof *K), sum = 0,
         one = activation_kernel(act, 1);
  if (!K) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a kernel matrix of %d rows", n);
  double *kx = K + (size_t)n * n, *x = kx + n;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      double rho = i == j ? 1 : G[i * n + j];
      K[i * n + j] = wrong ? linearised(&h, rho, i == j) : activation_kernel(act, rho);
    }
    x[i] = kx[i] = wrong ? linearised(&h, g[i], 0) : activation_kernel(act, g[i]);
  }
  status = solve(K, x, n, "the overlaps G", error);
  for (int i = 0; i < n; i++) sum += kx[i] * x[i];
  *schur = (assay_value){one - sum, 1e-13 * one};
  free(K);
  return status;
}

/* ---- the profile ---- */

assay_status data_reconstruction_m(activation act, double gamma, double *s, double *m, assay_error *error) {
  activation_hermite h = activation_numbers(act);
  if (!(h.mus2 > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "a linear activation identifies nothing beyond span(X)");
  if (!(gamma > 0) || !isfinite(gamma))
    return assay_error_set(error, ASSAY_DOMAIN, "gamma = %g; samples over dimension are finite and > 0",
                           gamma);
  *s = h.mu1 * h.mu1 / h.mus2;
  double B = 1 + *s * gamma - *s, D = sqrt(B * B + 4 * *s);
  *m = B < 0 ? (D - B) / (2 * *s) : 2 / (B + D);
  return ASSAY_OK;
}

assay_status data_reconstruction_profile(activation act, double gamma, const double *r, int q,
                                         data_reconstruction_mistake mistake, assay_value *Pi,
                                         assay_error *error) {
  double s, m, own = 0, square = 0, nonlinear = 0;
  activation_hermite h = activation_numbers(act);
  if (mistake == DATA_RECONSTRUCTION_INVERTED) gamma = 1 / gamma;
  assay_status status = data_reconstruction_m(act, gamma, &s, &m, error);
  if (status != ASSAY_OK) return status;
  if (mistake == DATA_RECONSTRUCTION_M_ONE) m = 1;
  for (int i = 0; i < q; i++) {
    double a = (activation_kernel(act, r[i]) - h.mu0 * h.mu0 - h.mu1 * h.mu1 * r[i]) / h.mus2;
    own += (r[i] - a) * (r[i] - a), square += r[i] * r[i], nonlinear += a * a;
  }
  if (square > 1 + 1e-12)
    return assay_error_set(error, ASSAY_DOMAIN, "overlaps of squared length %g > 1 with orthogonal samples",
                           square);
  double leverage = mistake == DATA_RECONSTRUCTION_NO_LEVERAGE ? m : m / (1 + s * m),
         one = activation_kernel(act, 1);
  Pi->value = (h.mu1 * h.mu1 * (own * leverage + fmax(0, 1 - square) * m) + h.mus2 * (1 - nonlinear)) / one;
  Pi->error = 4e-14 * (h.mu1 * h.mu1 + h.mus2) / one + 1e-12 * fabs(Pi->value);
  return ASSAY_OK;
}

assay_status data_reconstruction_curvature(activation act, double gamma, data_reconstruction_mistake mistake,
                                           assay_value *kappa, assay_error *error) {
  double s, m;
  activation_hermite h = activation_numbers(act);
  assay_status status = data_reconstruction_m(act, gamma, &s, &m, error);
  if (status != ASSAY_OK) return status;
  if (mistake == DATA_RECONSTRUCTION_M_ONE) m = 1;
  double mu2 = h.mu1 * h.mu1,
         rest = mistake == DATA_RECONSTRUCTION_LINEAR_ONLY ? 0 : activation_kernel_slope(act, 1) - mu2;
  kappa->value = (rest + mu2 * m) / activation_kernel(act, 1);
  kappa->error = 1e-12 * kappa->value;
  return ASSAY_OK;
}

assay_status data_reconstruction_antipode(activation act, double gamma, data_reconstruction_mistake mistake,
                                          assay_value *Pi, assay_error *error) {
  double s, m;
  activation_hermite h = activation_numbers(act);
  assay_status status = data_reconstruction_m(act, gamma, &s, &m, error);
  if (status != ASSAY_OK) return status;
  double e2 = mistake == DATA_RECONSTRUCTION_EXCHANGED ? h.o2 : h.e2, o2 = h.mus2 - e2, share = e2 / h.mus2;
  double leverage = mistake == DATA_RECONSTRUCTION_NO_LEVERAGE ? m : m / (1 + s * m);
  Pi->value =
      (4 * h.mu1 * h.mu1 * share * share * leverage + 4 * e2 * o2 / h.mus2) / activation_kernel(act, 1);
  Pi->error = 1e-12 * Pi->value;
  return ASSAY_OK;
}

assay_status data_reconstruction_duplicate(activation act, double rho, data_reconstruction_mistake mistake,
                                           assay_value *dup, assay_error *error) {
  if (!(fabs(rho) < 1))
    return assay_error_set(error, ASSAY_DOMAIN, "rho = %g; two samples have an overlap in (-1,1)", rho);
  double one = activation_kernel(act, 1), k = activation_kernel(act, rho),
         slope = activation_kernel_slope(act, rho);
  double factor = (1 - rho) * (1 + rho);
  if (mistake == DATA_RECONSTRUCTION_ROOT) factor = sqrt(factor);
  if (mistake == DATA_RECONSTRUCTION_NO_TANGENT) factor = 0;
  dup->value = one - k * k / one - factor * slope * slope / activation_kernel_slope(act, 1);
  dup->error = 1e-13 * one;
  return ASSAY_OK;
}

/* ---- the loss ---- */

static double overlap(const double *x, const double *y, int d) {
  double sum = 0;
  for (int i = 0; i < d; i++) sum += x[i] * y[i];
  return sum / d;
}

assay_status data_reconstruction_loss(activation act, const double *X, const double *Y, const double *Xh,
                                      int n, int d, data_reconstruction_mistake mistake, assay_value *L,
                                      assay_error *error) {
  size_t N = (size_t)n;
  for (int i = 0; i < 2 * n; i++) {
    const double *x = i < n ? X + (size_t)i * d : Xh + (size_t)(i - n) * d;
    double square = overlap(x, x, d);
    if (!(fabs(square - 1) < 1e-9))
      return assay_error_set(error, ASSAY_DOMAIN, "row %d of %s has squared norm %g; d = %d is needed",
                             i % n + 1, i < n ? "X" : "Xhat", square * d, d);
  }
  double *K = malloc((2 * N * N + 3 * N) * sizeof *K), norm = 0, explained = 0;
  if (!K) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a kernel matrix of %d rows", n);
  double *Kh = K + N * N, *alpha = Kh + N * N, *b = alpha + N, *x = b + N;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      K[i * n + j] = activation_kernel(act, i == j ? 1 : overlap(X + (size_t)i * d, X + (size_t)j * d, d));
      Kh[i * n + j] = activation_kernel(act, i == j ? 1 : overlap(Xh + (size_t)i * d, Xh + (size_t)j * d, d));
      if (i != j && mistake == DATA_RECONSTRUCTION_DIAGONAL) Kh[i * n + j] = 0;
    }
  memcpy(alpha, Y, N * sizeof *alpha);
  assay_status status = ASSAY_OK;
  if (mistake == DATA_RECONSTRUCTION_ALPHA_Y) {
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) norm += Y[i] * K[i * n + j] * Y[j];
  } else {
    status = solve(K, alpha, n, "the samples X", error);
    for (int i = 0; i < n; i++) norm += alpha[i] * Y[i];
  }
  for (int i = 0; i < n; i++) {
    b[i] = 0;
    for (int j = 0; j < n; j++)
      b[i] += activation_kernel(act, overlap(Xh + (size_t)i * d, X + (size_t)j * d, d)) * alpha[j];
    x[i] = b[i];
  }
  if (status == ASSAY_OK) status = solve(Kh, x, n, "the candidates Xhat", error);
  if (status == ASSAY_OK && !(norm > 0))
    status = assay_error_set(error, ASSAY_DOMAIN, "the labels Y are all zero");
  for (int i = 0; i < n; i++) explained += b[i] * x[i];
  *L = (assay_value){1 - explained / norm, 1e-12};
  free(K);
  return status;
}
