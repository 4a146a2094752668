/* From a model to its eigenbasis; the functions of tau; bounds; the dense second way. */
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/spurious-features/spurious-features.h"

/* ---- the eigenbasis ---- */

static assay_status allocate(spurious_features_spectrum *p, int count, int dx, assay_error *error) {
  double *memory = calloc(5 * (size_t)count + (size_t)dx, sizeof *memory);
  if (!memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d eigenvalues", count);
  *p = (spurious_features_spectrum){.count = count, .dx = dx, .s = memory};
  p->m = memory + count, p->beta2 = p->m + count, p->ubeta = p->beta2 + count, p->u2 = p->ubeta + count;
  p->core = p->u2 + count;
  return ASSAY_OK;
}

void spurious_features_spectrum_free(spurious_features_spectrum *p) {
  free(p->s);
  p->s = NULL;
}

/* The two eigenspaces of [[1, q], [q, v]], q = rho sqrt(v), that carry a share of the coordinates. */
static void add_pair(spurious_features_spectrum *p, double v, double rho, double share, double coordinates) {
  double q = rho * sqrt(v), gap = sqrt((1 - v) * (1 - v) + 4 * q * q);
  for (int sign = 1; sign >= -1; sign -= 2) {
    int k = p->count++;
    double s = (1 + v + sign * gap) / 2;
    if (sign < 0) s = (v - q * q) / ((1 + v + gap) / 2);
    /* The core coordinate of the unit eigenvector: (s - v)/(2s - 1 - v), or 1/2 of equal eigenvalues. */
    double core = gap > 0 ? (s - v) / (sign * gap) : (sign > 0);
    double cross = gap > 0 ? sign * q / gap : 0; /* product of the two coordinates */
    p->s[k] = s, p->m[k] = coordinates;
    p->beta2[k] = share * core;
    p->ubeta[k] = share * q * cross, p->u2[k] = share * q * q * (1 - core);
  }
  p->schur += share * rho * rho / (1 - rho * rho);
}

static assay_status pair_spectrum(const spurious_features_model *m, spurious_features_spectrum *p,
                                  assay_error *error) {
  assay_status status = allocate(p, 4, m->d, error);
  if (status != ASSAY_OK) return status;
  p->count = 0, p->D = 2 * m->d, p->core_variance = 1, p->blocks = true;
  for (int i = 0; i < m->d; i++) p->core[i] = 1;
  if (m->kind == SPURIOUS_FEATURES_ISO) {
    add_pair(p, m->v, m->rho, 1, m->d);
  } else {
    add_pair(p, m->v1, m->r1, .5, m->d / 2.);
    add_pair(p, m->v2, m->r2, .5, m->d / 2.);
  }
  return ASSAY_OK;
}

/* beta' Sigma^{-1} beta, beta in the core: theta' S^{-1} theta; and theta' S^{-1} Sxx theta - |theta|^2. */
static void schur_of(spurious_features_spectrum *p, const double *U, const double *Sigma,
                     const double *beta) {
  int D = p->D, dx = p->dx;
  double *Sx = calloc(2 * (size_t)D, sizeof *Sx), norm = 0;
  if (!Sx) return;
  double *inverse = Sx + D;
  for (int i = 0; i < dx; i++)
    for (int j = 0; j < dx; j++) Sx[i] += Sigma[(size_t)i * D + j] * beta[j];
  for (int k = 0; k < D; k++) {
    double along = cblas_ddot(D, U + (size_t)k * D, 1, beta, 1) / p->s[k];
    cblas_daxpy(D, along, U + (size_t)k * D, 1, inverse, 1);
  }
  for (int i = 0; i < dx; i++) norm += beta[i] * beta[i];
  p->core_variance = cblas_ddot(dx, Sx, 1, beta, 1);
  p->schur = cblas_ddot(dx, Sx, 1, inverse, 1) - norm;
  free(Sx);
}

static assay_status core_eigenvalues(spurious_features_spectrum *p, const double *Sigma, assay_error *error) {
  size_t dx = (size_t)p->dx, D = (size_t)p->D;
  double *A = malloc(dx * dx * sizeof *A);
  if (!A) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a covariance of %zu rows", dx);
  for (size_t i = 0; i < dx; i++) memcpy(A + i * dx, Sigma + i * D, dx * sizeof *A);
  int code = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'L', p->dx, A, p->dx, p->core);
  free(A);
  return code == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC, "the eigenvalues of Sxx did not converge");
}

assay_status spurious_features_spectrum_of(const double *Sigma, int D, int dx, const double *beta,
                                           const double *u, spurious_features_spectrum *p,
                                           assay_error *error) {
  assay_status status = allocate(p, D, dx, error);
  if (status != ASSAY_OK) return status;
  p->D = D;
  double *U = malloc((size_t)D * (size_t)D * sizeof *U);
  if (!U) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d eigenvectors", D);
  memcpy(U, Sigma, (size_t)D * (size_t)D * sizeof *U);
  int code = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', D, U, D, p->s);
  if (code || !(p->s[0] > 0))
    status = assay_error_set(error, ASSAY_DOMAIN, "Sigma has the eigenvalue %g; all are > 0", p->s[0]);
  for (int k = 0; k < D && status == ASSAY_OK; k++) {
    const double *e = U + (size_t)k * D;
    double b = cblas_ddot(D, e, 1, beta, 1), w = cblas_ddot(D, e, 1, u, 1);
    p->m[k] = 1, p->beta2[k] = b * b, p->ubeta[k] = w * b, p->u2[k] = w * w;
  }
  p->u_beta = cblas_ddot(D, u, 1, beta, 1);
  if (status == ASSAY_OK) status = core_eigenvalues(p, Sigma, error);
  if (status == ASSAY_OK) schur_of(p, U, Sigma, beta);
  free(U);
  return status;
}

assay_status spurious_features_spectrum_new(const spurious_features_model *m, spurious_features_spectrum *p,
                                            assay_error *error) {
  *p = (spurious_features_spectrum){0};
  assay_status status = spurious_features_check(m, error);
  if (status != ASSAY_OK) return status;
  if (m->kind == SPURIOUS_FEATURES_ISO || m->kind == SPURIOUS_FEATURES_TWOBLOCK)
    return pair_spectrum(m, p, error);
  int dx, dy;
  spurious_features_sizes(m, &dx, &dy);
  size_t D = (size_t)(dx + dy);
  double *Sigma = calloc(D * D + 2 * D, sizeof *Sigma);
  if (!Sigma) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a covariance of %zu rows", D);
  double *beta = Sigma + D * D, *u = beta + D;
  spurious_features_covariance(m, Sigma, beta);
  for (int i = dx; i < dx + dy; i++) u[i] = cblas_ddot(dx, Sigma + (size_t)i * D, 1, beta, 1);
  status = spurious_features_spectrum_of(Sigma, (int)D, dx, beta, u, p, error);
  free(Sigma);
  return status;
}

/* ---- functions of tau ---- */

assay_value spurious_features_C(const spurious_features_spectrum *p, double tau,
                                spurious_features_mistake mistake) {
  double far = 0, near = 0, far_size = 0, near_size = 0;
  for (int k = 0; k < p->count; k++) {
    double a = p->ubeta[k] * p->s[k] / (p->s[k] + tau), b = -tau * p->ubeta[k] / (p->s[k] + tau);
    far += a, far_size += fabs(a), near += b, near_size += fabs(b);
  }
  /* u' K Sigma beta = u.beta - tau u' K beta; the smaller terms cancel less. */
  bool use_near = p->u_beta == 0 || near_size + fabs(p->u_beta) < far_size;
  if (p->u_beta == 0 && far_size < near_size) use_near = false;
  assay_value C = {use_near ? p->u_beta + near : far,
                   16 * DBL_EPSILON * (use_near ? near_size + fabs(p->u_beta) : far_size)};
  if (!p->blocks) C.error *= 4;
  if (mistake == SPURIOUS_FEATURES_NO_TAU) C.value /= tau;
  if (mistake == SPURIOUS_FEATURES_MODULUS) C.value = fabs(C.value);
  if (mistake == SPURIOUS_FEATURES_SCHUR_ONLY) C.value = tau * p->schur;
  return C;
}

double spurious_features_C_slope(const spurious_features_spectrum *p, double tau) {
  double sum = 0;
  for (int k = 0; k < p->count; k++) sum -= p->ubeta[k] * p->s[k] / ((p->s[k] + tau) * (p->s[k] + tau));
  return sum;
}

double spurious_features_b(const spurious_features_spectrum *p, double tau) {
  double sum = 0;
  for (int k = 0; k < p->count; k++) {
    double t = tau / (p->s[k] + tau);
    sum += p->beta2[k] * p->s[k] * t * t;
  }
  return sum;
}

double spurious_features_half(const spurious_features_model *m, int half, double tau) {
  double v = half ? m->v2 : m->v1, rho = half ? m->r2 : m->r1;
  return .5 * rho * rho * v * tau / ((1 + tau) * (v + tau) - rho * rho * v);
}

/* ---- dense: the second way, and the bounds ---- */

typedef struct {
  int dx, dy, D;
  double *Sigma, *theta, *cross, *inner, *core, *v;
} dense;

static assay_status dense_new(const spurious_features_model *m, dense *k, assay_error *error) {
  assay_status status = spurious_features_check(m, error);
  if (status != ASSAY_OK) return status;
  spurious_features_sizes(m, &k->dx, &k->dy);
  k->D = k->dx + k->dy;
  size_t D = (size_t)k->D;
  k->Sigma = calloc(4 * D * D + 2 * D, sizeof *k->Sigma);
  if (!k->Sigma)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a covariance of %d rows", k->D);
  k->cross = k->Sigma + D * D, k->inner = k->cross + D * D, k->core = k->inner + D * D,
  k->theta = k->core + D * D;
  k->v = k->theta + D;
  spurious_features_covariance(m, k->Sigma, k->theta);
  return ASSAY_OK;
}

/* core = Sxy (Syy + tau)^{-1} Syx [dx][dx]. */
static bool explained(dense *k, double tau) {
  for (int i = 0; i < k->dy; i++) {
    memcpy(k->inner + (size_t)i * k->dy, k->Sigma + (size_t)(k->dx + i) * k->D + k->dx,
           (size_t)k->dy * sizeof(double));
    k->inner[(size_t)i * k->dy + i] += tau;
    memcpy(k->cross + (size_t)i * k->dx, k->Sigma + (size_t)(k->dx + i) * k->D,
           (size_t)k->dx * sizeof(double));
  }
  if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', k->dy, k->inner, k->dy)) return false;
  /* cross = L^{-1} Syx. */
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, k->dy, k->dx, 1, k->inner,
              k->dy, k->cross, k->dx);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k->dx, k->dx, k->dy, 1, k->cross, k->dx, k->cross,
              k->dx, 0, k->core, k->dx);
  return true;
}

/* theta' core (A + shift I - core)^{-1} theta with A = Sxx, or I (unit). */
static bool quotient(dense *k, double shift, bool unit, double *out) {
  int dx = k->dx;
  for (int i = 0; i < dx; i++)
    for (int j = 0; j < dx; j++) {
      double a = unit ? (i == j) : k->Sigma[(size_t)i * k->D + j];
      k->inner[(size_t)i * dx + j] = a + (i == j ? shift : 0) - k->core[(size_t)i * dx + j];
    }
  memcpy(k->v, k->theta, (size_t)dx * sizeof *k->v);
  if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', dx, 1, k->inner, dx, k->v, 1)) return false;
  *out = 0;
  for (int i = 0; i < dx; i++) *out += k->v[i] * cblas_ddot(dx, k->core + (size_t)i * dx, 1, k->theta, 1);
  return true;
}

assay_status spurious_features_C_dense(const spurious_features_model *m, double tau, double *C,
                                       assay_error *error) {
  dense k;
  assay_status status = dense_new(m, &k, error);
  if (status != ASSAY_OK) return status;
  if (!(tau > 0) || !explained(&k, tau) || !quotient(&k, tau, false, C))
    status = assay_error_set(error, ASSAY_DOMAIN, "tau = %g; the second form of C needs tau > 0", tau);
  *C *= tau;
  free(k.Sigma);
  return status;
}

/* Extreme eigenvalues of a symmetric matrix A [n][n], which is overwritten. */
static bool extremes(double *A, int n, double *eigenvalues, double *lo, double *hi) {
  if (LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'N', 'L', n, A, n, eigenvalues)) return false;
  *lo = eigenvalues[0], *hi = eigenvalues[n - 1];
  return true;
}

static bool fill_bounds(dense *k, double tau, bool exchanged, spurious_features_bounds *out) {
  double l_lo, l_hi, s_lo, s_hi, m_lo, m_hi, x_hi;
  int dx = k->dx;
  out->unit = true;
  for (int i = 0; i < dx; i++)
    for (int j = 0; j < dx; j++)
      out->unit = out->unit && fabs(k->Sigma[(size_t)i * k->D + j] - (i == j)) < 1e-14;
  for (int i = 0; i < k->dy; i++)
    memcpy(k->inner + (size_t)i * k->dy, k->Sigma + (size_t)(dx + i) * k->D + dx,
           (size_t)k->dy * sizeof(double));
  if (!extremes(k->inner, k->dy, k->v, &l_lo, &l_hi) || !explained(k, 0)) return false;
  if (exchanged) {
    double swap = l_lo;
    l_lo = l_hi, l_hi = swap;
  }
  memcpy(k->inner, k->core, (size_t)dx * dx * sizeof *k->inner);
  if (!extremes(k->inner, dx, k->v, &m_lo, &m_hi)) return false;
  for (int i = 0; i < dx; i++)
    for (int j = 0; j < dx; j++)
      k->inner[(size_t)i * dx + j] = k->Sigma[(size_t)i * k->D + j] - k->core[(size_t)i * dx + j];
  if (!extremes(k->inner, dx, k->v, &s_lo, &s_hi)) return false;
  for (int i = 0; i < dx; i++)
    memcpy(k->inner + (size_t)i * dx, k->Sigma + (size_t)i * k->D, (size_t)dx * sizeof(double));
  if (!extremes(k->inner, dx, k->v, &s_hi, &x_hi)) return false;
  double norm = cblas_ddot(dx, k->theta, 1, k->theta, 1);
  out->U_b = tau * l_hi / (tau + l_hi) * m_hi * norm / (s_lo + tau);
  out->U_wrong = tau * l_hi / (tau + l_hi) * m_hi * norm / (x_hi + tau);
  double low = l_lo / (l_lo + tau), ratio = l_hi / (l_hi + tau) / low;
  cblas_dscal(dx * dx, low, k->core, 1);
  if (!out->unit) return true;
  if (!quotient(k, tau, true, &out->E_minus)) return false;
  cblas_dscal(dx * dx, ratio, k->core, 1);
  if (!quotient(k, tau, true, &out->E_plus)) return false;
  out->E_minus *= tau, out->E_plus *= tau;
  return true;
}

assay_status spurious_features_bound(const spurious_features_model *m, double tau, bool exchanged,
                                     spurious_features_bounds *out, assay_error *error) {
  dense k;
  *out = (spurious_features_bounds){0};
  assay_status status = dense_new(m, &k, error);
  if (status != ASSAY_OK) return status;
  if (!(tau > 0) || !fill_bounds(&k, tau, exchanged, out))
    status = assay_error_set(error, ASSAY_DOMAIN, "tau = %g; the bounds need tau > 0", tau);
  free(k.Sigma);
  return status;
}
