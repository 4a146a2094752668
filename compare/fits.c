#include "compare/fits.h"

#include <math.h>

enum { MOST = 64 };

assay_status fit_line_through(const double *x, const double *y, const double *w, int n, fit_line *line) {
  double sw = 0, mx = 0, my = 0, xx = 0, xy = 0;
  for (int i = 0; i < n; i++) sw += w ? w[i] : 1, mx += (w ? w[i] : 1) * x[i], my += (w ? w[i] : 1) * y[i];
  mx /= sw, my /= sw;
  for (int i = 0; i < n; i++)
    xx += (w ? w[i] : 1) * (x[i] - mx) * (x[i] - mx), xy += (w ? w[i] : 1) * (x[i] - mx) * (y[i] - my);
  if (!(xx > 0) || !isfinite(xy)) return ASSAY_NUMERIC;
  *line = (fit_line){my - xy / xx * mx, xy / xx};
  return ASSAY_OK;
}

assay_status fit_slope_on_log(const assay_sample *s, double *out) {
  double x[MOST];
  fit_line line;
  if (s->groups > MOST) return ASSAY_NUMERIC;
  for (int i = 0; i < s->groups; i++) x[i] = log(s->axis[i]);
  assay_status status = fit_line_through(x, s->value, NULL, s->groups, &line);
  if (status == ASSAY_OK) *out = line.slope;
  return status;
}

assay_status fit_exponent_beside_log(const assay_sample *s, double log_power, double *out) {
  double x[MOST], y[MOST];
  fit_line line;
  if (s->groups > MOST) return ASSAY_NUMERIC;
  for (int i = 0; i < s->groups; i++) {
    x[i] = log(s->axis[i]);
    y[i] = log(s->value[i]) - (log_power != 0 ? log_power * log(x[i]) : 0);
    if (!isfinite(y[i])) return ASSAY_NUMERIC;
  }
  assay_status status = fit_line_through(x, y, NULL, s->groups, &line);
  if (status == ASSAY_OK) *out = line.slope;
  return status;
}

assay_status fit_exponent(const assay_sample *s, double *out) {
  return fit_exponent_beside_log(s, 0, out);
}

assay_status fit_limit(const assay_sample *s, double power, double *out) {
  double x[MOST];
  fit_line line;
  if (s->groups > MOST) return ASSAY_NUMERIC;
  for (int i = 0; i < s->groups; i++) x[i] = pow(s->axis[i], -power);
  assay_status status = fit_line_through(x, s->value, NULL, s->groups, &line);
  if (status == ASSAY_OK) *out = line.intercept;
  return status;
}

assay_status fit_level(const double *x, const double *y, int n, double level, double *out) {
  for (int i = 1; i < n; i++)
    if ((y[i - 1] - level) * (y[i] - level) <= 0 && y[i] != y[i - 1]) {
      *out = x[i - 1] + (x[i] - x[i - 1]) * (level - y[i - 1]) / (y[i] - y[i - 1]);
      return ASSAY_OK;
    }
  return ASSAY_NUMERIC;
}

assay_status fit_crossing(const assay_sample *s, double *out) {
  double x[MOST], y[MOST];
  fit_line line;
  int n = s->groups / 2;
  if (s->groups > 2 * MOST || s->groups % 2) return ASSAY_NUMERIC;
  for (int i = 0; i < n; i++) x[i] = s->axis[2 * i], y[i] = s->value[2 * i + 1] - s->value[2 * i];
  assay_status status = fit_line_through(x, y, NULL, n, &line);
  if (status == ASSAY_OK && line.slope == 0) status = ASSAY_NUMERIC;
  if (status == ASSAY_OK) *out = -line.intercept / line.slope;
  return status;
}

assay_status fit_logistic_location(const assay_sample *s, double *out) {
  double y[MOST], w[MOST];
  fit_line line;
  if (s->groups > MOST) return ASSAY_NUMERIC;
  for (int i = 0; i < s->groups; i++) {
    double p = fmin(fmax(s->value[i], 1e-3), 1 - 1e-3);
    y[i] = log(p / (1 - p)), w[i] = p * (1 - p);
  }
  assay_status status = fit_line_through(s->axis, y, w, s->groups, &line);
  if (status == ASSAY_OK && !(line.slope > 0)) status = ASSAY_NUMERIC;
  if (status == ASSAY_OK) *out = -line.intercept / line.slope;
  return status;
}
