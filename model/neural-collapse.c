#include "model/neural-collapse.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

bool neural_collapse_data_from_word(const char *word, neural_collapse_data *data) {
  static const char *const words[] = {"sym", "det", "mix"};
  for (int i = 0; i < 3; i++)
    if (!strcmp(word, words[i])) {
      *data = (neural_collapse_data)i;
      return true;
    }
  return false;
}

int neural_collapse_means(const neural_collapse_set *set) {
  return set->squared ? set->K : set->K - 1;
}

int neural_collapse_deviations(const neural_collapse_set *set) {
  return set->K * (set->n - 1);
}

void neural_collapse_simplex_row(int K, int c, double *out) {
  for (int j = 0; j < K - 1; j++) {
    const double entry = c <= j ? 1 : c == j + 1 ? -(j + 1.) : 0;
    out[j] = entry / sqrt((j + 1.) * (j + 2.)) * sqrt(K / (K - 1.));
  }
}

static void symmetric_sample(const neural_collapse_set *s, int i, double *x) {
  const int c = i / s->n, m = neural_collapse_means(s), own = m + c * (s->n - 1);
  if (s->squared)
    x[c] = 1;
  else
    neural_collapse_simplex_row(s->K, c, x);
  neural_collapse_simplex_row(s->n, i % s->n, x + own);
  for (int j = 0; j < m; j++) x[j] *= cos(s->phi);
  for (int j = own; j < own + s->n - 1; j++) x[j] *= sin(s->phi);
}

/* A standard normal that is a function of the three numbers: SplitMix64's finaliser (Steele, Lea, Flood 2014)
 * of each in turn. */
static double hashed_normal(int set, int i, int j) {
  const uint64_t words[] = {(uint64_t)set, (uint64_t)i, (uint64_t)j};
  uint64_t z = 0;
  for (int k = 0; k < 3; k++) {
    z += words[k] + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
  }
  return gsl_cdf_ugaussian_Pinv(((double)(z >> 12) + .5) * 0x1p-52);
}

static void scale_to(double length, int d, double *x) {
  double square = 0;
  for (int j = 0; j < d; j++) square += x[j] * x[j];
  for (int j = 0; j < d; j++) x[j] *= length / sqrt(square);
}

static void generic_sample(const neural_collapse_set *s, int i, double *x) {
  for (int j = 0; j < s->d; j++)
    x[j] =
        s->data == NEURAL_COLLAPSE_DET ? sin(1.7 * (i + 1) * (j + 1) + .3 * j) : hashed_normal(s->set, i, j);
  scale_to(sin(s->phi), s->d, x);
  for (int j = 0; j < s->K; j++)
    x[j] += cos(s->phi) * sqrt(s->K / (s->K - 1.)) * ((j == i / s->n) - 1. / s->K);
  scale_to(1, s->d, x);
}

static assay_status check(const neural_collapse_set *s, assay_error *error) {
  const bool symmetric = s->data == NEURAL_COLLAPSE_SYM;
  if (!(s->K >= 2 && s->n >= 1 + symmetric && s->phi > 0 && s->phi < M_PI / 2))
    return assay_error_set(error, ASSAY_DOMAIN, "K = %d, n = %d, phi = %g: K >= 2, n >= %d, 0 < phi < pi/2",
                           s->K, s->n, s->phi, 1 + symmetric);
  const int least = symmetric ? neural_collapse_means(s) + neural_collapse_deviations(s) : s->K;
  if (s->d < least)
    return assay_error_set(error, ASSAY_DOMAIN, "d = %d: at least %d dimensions for %d classes of %d samples",
                           s->d, least, s->K, s->n);
  return ASSAY_OK;
}

assay_status neural_collapse_samples(const neural_collapse_set *s, double *X, assay_error *error) {
  const assay_status status = check(s, error);
  if (status != ASSAY_OK) return status;
  memset(X, 0, (size_t)(s->K * s->n) * (size_t)s->d * sizeof *X);
  for (int i = 0; i < s->K * s->n; i++) {
    double *x = X + (size_t)i * (size_t)s->d;
    if (s->data == NEURAL_COLLAPSE_SYM)
      symmetric_sample(s, i, x);
    else
      generic_sample(s, i, x);
  }
  return ASSAY_OK;
}
