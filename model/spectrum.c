#include "model/spectrum.h"

#include <gsl/gsl_integration.h>
#include <math.h>

assay_status spectrum_check(const spectrum_blocks *s, assay_error *error) {
  if (s->m < 1) return assay_error_set(error, ASSAY_DOMAIN, "a spectrum needs at least one block");
  double mass = 0, trace = 0;
  for (int j = 0; j < s->m; j++) {
    if (!(s->lam[j] > 0) || !isfinite(s->lam[j]))
      return assay_error_set(error, ASSAY_DOMAIN, "lam%d = %g; eigenvalues are finite and > 0", j + 1, s->lam[j]);
    if (!(s->p[j] > 0)) return assay_error_set(error, ASSAY_DOMAIN, "p%d = %g; shares are > 0", j + 1, s->p[j]);
    if (!(s->w[j] >= 0)) return assay_error_set(error, ASSAY_DOMAIN, "w%d = %g; weights are >= 0", j + 1, s->w[j]);
    mass += s->p[j];
    trace += s->p[j] * s->lam[j];
  }
  if (fabs(mass - 1) > 1e-9) return assay_error_set(error, ASSAY_DOMAIN, "the shares p add up to %.12g, not 1", mass);
  if (fabs(trace - 1) > 1e-9)
    return assay_error_set(error, ASSAY_DOMAIN, "sum p lam is %.12g; tr Sigma = d needs it to be 1", trace);
  return ASSAY_OK;
}

assay_status spectrum_round(const spectrum_blocks *s, int d, int *count, assay_error *error) {
  if (d < s->m)
    return assay_error_set(error, ASSAY_DOMAIN, "d = %d is smaller than the number of blocks, %d", d, s->m);
  int left = d;
  for (int j = 0; j < s->m; j++) {
    count[j] = (int)fmax(1, floor(s->p[j] * d));
    left -= count[j];
  }
  for (; left != 0; left += left > 0 ? -1 : 1) {
    int best = -1;
    double most = -INFINITY;
    for (int j = 0; j < s->m; j++) {
      double short_of = (s->p[j] * d - count[j]) * (left > 0 ? 1 : -1);
      if (short_of > most && (left > 0 || count[j] > 1)) most = short_of, best = j;
    }
    count[best] += left > 0 ? 1 : -1;
  }
  return ASSAY_OK;
}

double spectrum_second_moment(const spectrum_blocks *s) {
  double sum = 0;
  for (int j = 0; j < s->m; j++) sum += s->p[j] * s->lam[j] * s->lam[j];
  return sum;
}

assay_status spectrum_uniform_blocks(double lo, int m, double *lam, double *p, double *w, assay_error *error) {
  if (!(lo > 0 && lo < 1)) return assay_error_set(error, ASSAY_DOMAIN, "lam_lo = %g; it lies in (0,1)", lo);
  gsl_integration_glfixed_table *nodes = gsl_integration_glfixed_table_alloc((size_t)m);
  if (!nodes) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d quadrature nodes", m);
  for (int j = 0; j < m; j++) {
    gsl_integration_glfixed_point(lo, 2 - lo, (size_t)j, &lam[j], &p[j], nodes);
    w[j] = p[j] /= 2 - 2 * lo;
  }
  gsl_integration_glfixed_table_free(nodes);
  return ASSAY_OK;
}

double spectrum_uniform_eigenvalue(double lo, int i, int d) { return 1 + (1 - lo) * (2 * (i + 0.5) / d - 1); }
