#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/claims/ttt-icl/claims.h"

assay_status ttt_icl_put_or_absent(assay_call *call, int observable, assay_status status, assay_value value, assay_error *why) {
  if (status == ASSAY_OK)
    ttt_icl_put(call, observable, value);
  else if (status == ASSAY_DOMAIN)
    assay_absent(call, observable, "%s", why->text);
  else
    return assay_fail(call, status, "%s", why->text);
  return ASSAY_OK;
}

double ttt_icl_rounded(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.9g", x);
  return strtod(text, NULL);
}

assay_status ttt_icl_set_isotropic(assay_call *sim, double n, double k, double d, double sigma2, bool cold) {
  ttt_icl_parabola warm_best, cold_best;
  assay_value L, s0;
  double c = cold ? 0 : ttt_icl_rounded(ttt_icl_pretrained_isotropic(n, d, sigma2));
  assay_error *error = assay_call_error(sim);
  assay_status status = ttt_icl_isotropic(n, k, d, sigma2, c, TTT_ICL_RIGHT, &warm_best, error);
  if (status == ASSAY_OK) status = ttt_icl_isotropic(n, k, d, sigma2, 0, TTT_ICL_RIGHT, &cold_best, error);
  if (status == ASSAY_OK) status = ttt_icl_shared(n, k, d, sigma2, !cold, &L, &s0, error);
  if (status != ASSAY_OK) return status;
  const struct {
    const char *name;
    double value;
  } set[] = {{"c", c},
             {"step", ttt_icl_rounded(warm_best.s_star.value)},
             {"cold_step", ttt_icl_rounded(cold_best.s_star.value)},
             {"shared_step", ttt_icl_rounded(s0.value)}};
  for (int i = 0; i < 4 && status == ASSAY_OK; i++)
    if (assay_has_param(sim, set[i].name)) status = assay_set(sim, set[i].name, set[i].value);
  return status;
}

assay_status ttt_icl_set_ladder(assay_call *sim, int rungs, const double *n, const double *k, double d, double sigma2) {
  double list[3][8];
  static const char *const names[] = {"c", "step", "cold_step"};
  for (int i = 0; i < rungs; i++) {
    ttt_icl_parabola warm, cold;
    list[0][i] = ttt_icl_rounded(ttt_icl_pretrained_isotropic(n[i], d, sigma2));
    assay_status status = ttt_icl_isotropic(n[i], k[i], d, sigma2, list[0][i], TTT_ICL_RIGHT, &warm, assay_call_error(sim));
    if (status == ASSAY_OK) status = ttt_icl_isotropic(n[i], k[i], d, sigma2, 0, TTT_ICL_RIGHT, &cold, assay_call_error(sim));
    if (status != ASSAY_OK) return status;
    list[1][i] = ttt_icl_rounded(warm.s_star.value);
    list[2][i] = ttt_icl_rounded(cold.s_star.value);
  }
  assay_status status = assay_set_list(sim, "n", n, rungs);
  if (status == ASSAY_OK) status = assay_set_list(sim, "k", k, rungs);
  for (int i = 0; i < 3 && status == ASSAY_OK; i++) status = assay_set_list(sim, names[i], list[i], rungs);
  return status;
}

/* Normal equations by elimination with pivots: degree <= 3 and abscissae of order one. */
bool ttt_icl_fit(const double *x, const double *y, int count, int degree, double *coefficients) {
  double a[4][5] = {{0}};
  const int m = degree + 1;
  for (int i = 0; i < count; i++) {
    double power[4] = {1};
    for (int j = 1; j < m; j++) power[j] = power[j - 1] * x[i];
    for (int r = 0; r < m; r++) {
      for (int c = 0; c < m; c++) a[r][c] += power[r] * power[c];
      a[r][m] += power[r] * y[i];
    }
  }
  for (int r = 0; r < m; r++) {
    int pivot = r;
    for (int i = r + 1; i < m; i++)
      if (fabs(a[i][r]) > fabs(a[pivot][r])) pivot = i;
    for (int c = 0; c <= m; c++) {
      double swap = a[r][c];
      a[r][c] = a[pivot][c];
      a[pivot][c] = swap;
    }
    if (fabs(a[r][r]) < 1e-12) return false;
    for (int i = 0; i < m; i++) {
      double factor = i == r ? 0 : a[i][r] / a[r][r];
      for (int c = r; c <= m; c++) a[i][c] -= factor * a[r][c];
    }
  }
  for (int r = 0; r < m; r++) coefficients[r] = a[r][m] / a[r][r];
  return true;
}

double ttt_icl_zero(const double *coefficients, int degree) {
  double x = 0;
  for (int step = 0; step < 60; step++) {
    double value = 0, slope = 0;
    for (int j = degree; j >= 0; j--) {
      slope = slope * x + value;
      value = value * x + coefficients[j];
    }
    double change = value / slope;
    x -= change;
    if (!(fabs(x) < 10)) return NAN;
    if (fabs(change) < 1e-13) return x;
  }
  return NAN;
}

assay_status ttt_icl_difference(const assay_sample *s, double *out) {
  *out = s->value[0] - s->value[1];
  return ASSAY_OK;
}
