#include "model/spurious-features.h"

#include <math.h>
#include <string.h>

static const char *const words[] = {"iso", "twoblock", "dct", "negcore"};

bool spurious_features_from_word(const char *word, spurious_features_kind *kind) {
  for (int i = 0; i < 4; i++)
    if (!strcmp(word, words[i])) {
      *kind = (spurious_features_kind)i;
      return true;
    }
  return false;
}

static assay_status check_pair(double v, double rho, assay_error *error) {
  if (v > 0 && isfinite(v) && fabs(rho) < 1) return ASSAY_OK;
  return assay_error_set(error, ASSAY_DOMAIN,
                         "a spurious variance %g with correlation %g; the variance is > 0, |correlation| < 1",
                         v, rho);
}

assay_status spurious_features_check(const spurious_features_model *m, assay_error *error) {
  if (m->d < 1) return assay_error_set(error, ASSAY_DOMAIN, "d = %d; a model has coordinates", m->d);
  if (m->d % 2 && (m->kind == SPURIOUS_FEATURES_TWOBLOCK || m->kind == SPURIOUS_FEATURES_NEGCORE))
    return assay_error_set(error, ASSAY_DOMAIN, "d = %d; model %s needs an even one", m->d, words[m->kind]);
  if (m->kind == SPURIOUS_FEATURES_ISO) return check_pair(m->v, m->rho, error);
  if (m->kind == SPURIOUS_FEATURES_TWOBLOCK) {
    assay_status status = check_pair(m->v1, m->r1, error);
    return status == ASSAY_OK ? check_pair(m->v2, m->r2, error) : status;
  }
  if (m->kind == SPURIOUS_FEATURES_DCT) return check_pair(1, m->rho, error);
  return ASSAY_OK;
}

void spurious_features_sizes(const spurious_features_model *m, int *dx, int *dy) {
  *dx = m->d;
  *dy = m->kind == SPURIOUS_FEATURES_NEGCORE ? m->d / 2 : m->d;
}

/* The power law i^-exponent, i = 1..d, scaled to sum d. */
static void power_law(double exponent, int d, double *out) {
  double sum = 0;
  for (int i = 0; i < d; i++) sum += out[i] = pow(i + 1, -exponent);
  for (int i = 0; i < d; i++) out[i] *= d / sum;
}

void spurious_features_variances(const spurious_features_model *m, double *out) {
  int dx, dy;
  spurious_features_sizes(m, &dx, &dy);
  for (int i = 0; i < dx; i++) out[i] = m->kind == SPURIOUS_FEATURES_NEGCORE ? (i % 2 ? .25 : 4) : 1;
  for (int i = 0; i < dy; i++) {
    out[dx + i] = 1;
    if (m->kind == SPURIOUS_FEATURES_ISO) out[dx + i] = m->v;
    if (m->kind == SPURIOUS_FEATURES_TWOBLOCK) out[dx + i] = i < dy / 2 ? m->v1 : m->v2;
  }
  if (m->kind == SPURIOUS_FEATURES_DCT) power_law(m->alpha, dx, out), power_law(m->bet, dy, out + dx);
}

void spurious_features_truth(const spurious_features_model *m, double *theta) {
  double norm = 0;
  for (int i = 0; i < m->d; i++) {
    theta[i] = i % 2 ? -1 : 1;
    if (m->kind == SPURIOUS_FEATURES_DCT) theta[i] = cos(i + 1);
    if (m->kind == SPURIOUS_FEATURES_NEGCORE) theta[i] = i % 2 ? -.8 : .6;
    norm += theta[i] * theta[i];
  }
  for (int i = 0; i < m->d; i++) theta[i] /= sqrt(norm);
}

static void couple(double *Sigma, int D, int i, int j, double covariance) {
  Sigma[(size_t)i * D + j] = Sigma[(size_t)j * D + i] = covariance;
}

/* x_i and y_i correlate, other coordinates do not. */
static void pairs(const spurious_features_model *m, int D, double *Sigma) {
  for (int i = 0; i < m->d; i++) {
    double rho = m->kind == SPURIOUS_FEATURES_ISO ? m->rho : i < m->d / 2 ? m->r1 : m->r2;
    couple(Sigma, D, i, m->d + i, rho * sqrt(Sigma[(size_t)(m->d + i) * (D + 1)]));
  }
}

static void cosines(const spurious_features_model *m, int D, double *Sigma) {
  for (int j = 0; j < m->d; j++)
    for (int k = 0; k < m->d; k++) {
      double U = k ? sqrt(2. / m->d) * cos(M_PI * (j + .5) * k / m->d) : 1 / sqrt(m->d);
      double a = Sigma[(size_t)j * (D + 1)], b = Sigma[(size_t)(m->d + k) * (D + 1)];
      couple(Sigma, D, j, m->d + k, m->rho * sqrt(a) * U * sqrt(b));
    }
}

static void triples(const spurious_features_model *m, int D, double *Sigma) {
  for (int c = 0; c < m->d / 2; c++) {
    couple(Sigma, D, 2 * c, m->d + c, 1);
    couple(Sigma, D, 2 * c + 1, m->d + c, .3);
  }
}

void spurious_features_covariance(const spurious_features_model *m, double *Sigma, double *theta) {
  int dx, dy;
  spurious_features_sizes(m, &dx, &dy);
  int D = dx + dy;
  memset(Sigma, 0, (size_t)D * (size_t)D * sizeof *Sigma);
  spurious_features_variances(m, Sigma); /* in the first row, for a moment */
  for (int i = D - 1; i > 0; i--) Sigma[(size_t)i * (D + 1)] = Sigma[i], Sigma[i] = 0;
  if (m->kind == SPURIOUS_FEATURES_DCT)
    cosines(m, D, Sigma);
  else if (m->kind == SPURIOUS_FEATURES_NEGCORE)
    triples(m, D, Sigma);
  else
    pairs(m, D, Sigma);
  spurious_features_truth(m, theta);
}
