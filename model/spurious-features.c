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

/* Diagonal pairs: x_i and y_i correlate, other coordinates do not. */
static void pairs(const spurious_features_model *m, double *Sigma) {
  int d = m->d, D = 2 * d;
  for (int i = 0; i < d; i++) {
    bool two = m->kind == SPURIOUS_FEATURES_TWOBLOCK, first = i < d / 2;
    double v = two ? (first ? m->v1 : m->v2) : m->v, rho = two ? (first ? m->r1 : m->r2) : m->rho;
    Sigma[(size_t)i * D + i] = 1, Sigma[(size_t)(d + i) * D + d + i] = v;
    Sigma[(size_t)i * D + d + i] = Sigma[(size_t)(d + i) * D + i] = rho * sqrt(v);
  }
}

/* The power law i^-exponent, i = 1..d, scaled to sum d. */
static double power_scale(double exponent, int d) {
  double sum = 0;
  for (int i = 1; i <= d; i++) sum += pow(i, -exponent);
  return d / sum;
}

static void cosines(const spurious_features_model *m, double *Sigma) {
  int d = m->d, D = 2 * d;
  double a = power_scale(m->alpha, d), b = power_scale(m->bet, d);
  for (int j = 0; j < d; j++) {
    double aj = a * pow(j + 1, -m->alpha);
    Sigma[(size_t)j * D + j] = aj, Sigma[(size_t)(d + j) * D + d + j] = b * pow(j + 1, -m->bet);
    for (int k = 0; k < d; k++) {
      double U = k ? sqrt(2. / d) * cos(M_PI * (j + .5) * k / d) : 1 / sqrt(d);
      double s = m->rho * sqrt(aj) * U * sqrt(b * pow(k + 1, -m->bet));
      Sigma[(size_t)j * D + d + k] = Sigma[(size_t)(d + k) * D + j] = s;
    }
  }
}

static void triples(const spurious_features_model *m, double *Sigma) {
  int copies = m->d / 2, dx = m->d, D = dx + copies;
  for (int c = 0; c < copies; c++) {
    int p = 2 * c, q = 2 * c + 1, y = dx + c;
    Sigma[(size_t)p * D + p] = 4, Sigma[(size_t)q * D + q] = .25, Sigma[(size_t)y * D + y] = 1;
    Sigma[(size_t)p * D + y] = Sigma[(size_t)y * D + p] = 1;
    Sigma[(size_t)q * D + y] = Sigma[(size_t)y * D + q] = .3;
  }
}

void spurious_features_covariance(const spurious_features_model *m, double *Sigma, double *theta) {
  int dx, dy;
  double norm = 0;
  spurious_features_sizes(m, &dx, &dy);
  memset(Sigma, 0, (size_t)(dx + dy) * (size_t)(dx + dy) * sizeof *Sigma);
  if (m->kind == SPURIOUS_FEATURES_DCT)
    cosines(m, Sigma);
  else if (m->kind == SPURIOUS_FEATURES_NEGCORE)
    triples(m, Sigma);
  else
    pairs(m, Sigma);
  for (int i = 0; i < dx; i++) {
    theta[i] = i % 2 ? -1 : 1;
    if (m->kind == SPURIOUS_FEATURES_DCT) theta[i] = cos(i + 1);
    if (m->kind == SPURIOUS_FEATURES_NEGCORE) theta[i] = i % 2 ? -.8 : .6;
    norm += theta[i] * theta[i];
  }
  for (int i = 0; i < dx; i++) theta[i] /= sqrt(norm);
}
