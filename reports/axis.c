#include "reports/axis.h"

#include <math.h>

bool report_drawable(double x, bool log) {
  return isfinite(x) && fabs(x) <= 1e300 && (!log || x >= 1e-300);
}

/* ---- linear ---- */

/* The 1-2-5 step that makes about `count` steps of the span. */
static double nice_step(double span, int count) {
  double raw = span / count, power = pow(10, floor(log10(raw))), lead = raw / power;
  return power * (lead <= 1.001 ? 1 : lead <= 2.001 ? 2 : lead <= 5.001 ? 5 : 10);
}

static double label_step(const report_axis *axis) {
  return nice_step(axis->hi - axis->lo, 6);
}

static void widen_linear(double *lo, double *hi) {
  double size = fmax(fabs(*lo), fabs(*hi)), span = *hi - *lo;
  double pad = span <= 1e-8 * size ? 0.1 * size : 0.05 * span;
  if (size == 0) pad = 1;
  *lo -= pad;
  *hi += pad;
}

static void choose_labels(report_axis *axis) {
  double size = fmax(fabs(axis->lo), fabs(axis->hi));
  int last = (int)floor(log10(label_step(axis)) + 1e-9);
  axis->exponent = size >= 1e5 || size < 1e-3 ? (int)floor(log10(size)) : 0;
  axis->decimals = last < axis->exponent ? axis->exponent - last : 0;
}

/* ---- logarithmic ---- */

static double decades(const report_axis *axis) {
  return log10(axis->hi / axis->lo);
}

static void widen_log(double *lo, double *hi) {
  double ratio = *hi / *lo, pad = ratio < 1 + 1e-8 ? 1.25 : pow(ratio, 0.05);
  *lo /= pad;
  *hi *= pad;
}

/* Less than a decade is marked like a linear axis, or one label or none would fit. */
static bool marked_by_decade(const report_axis *axis) {
  return axis->log && decades(axis) >= 1;
}

static int decade_ticks(const report_axis *axis, report_tick *ticks) {
  int first = (int)floor(log10(axis->lo)), last = (int)ceil(log10(axis->hi)), n = 0;
  int stride = (last - first + 7) / 8;
  for (int k = first; k <= last; k++)
    for (int lead = 1; lead < 10; lead++) {
      double value = lead * pow(10, k);
      bool inside = value >= axis->lo * (1 - 1e-9) && value <= axis->hi * (1 + 1e-9);
      bool power = lead == 1 && k % stride == 0;
      bool between = (lead == 2 || lead == 5) && decades(axis) <= 2.2;
      if (inside && n < REPORT_MOST_TICKS && (power || stride == 1))
        ticks[n++] = (report_tick){value, power || between};
    }
  return n;
}

/* ---- both ---- */

report_axis report_axis_new(double lo, double hi, bool log, double from, double to) {
  report_axis axis = {.log = log, .from = from, .to = to, .decimals = -1};
  if (!(lo <= hi))
    lo = log ? 0.1 : 0, hi = 1;
  else if (log)
    widen_log(&lo, &hi);
  else
    widen_linear(&lo, &hi);
  axis.lo = lo;
  axis.hi = hi;
  if (!marked_by_decade(&axis)) choose_labels(&axis);
  /* A factor in front of a logarithmic axis would hide the decade. */
  if (log && axis.exponent) axis.exponent = 0, axis.decimals = -1;
  return axis;
}

report_axis report_axis_between(double lo, double hi, double from, double to) {
  report_axis axis = {.lo = lo, .hi = hi, .from = from, .to = to};
  choose_labels(&axis);
  return axis;
}

double report_axis_at(const report_axis *axis, double x) {
  double share =
      axis->log ? log(x / axis->lo) / log(axis->hi / axis->lo) : (x - axis->lo) / (axis->hi - axis->lo);
  return axis->from + share * (axis->to - axis->from);
}

int report_axis_ticks(const report_axis *axis, report_tick ticks[REPORT_MOST_TICKS]) {
  if (marked_by_decade(axis)) return decade_ticks(axis, ticks);
  double step = label_step(axis), lead = step / pow(10, floor(log10(step) + 1e-9));
  int parts = lead > 1.5 && lead < 2.5 ? 4 : 5, n = 0;
  double fine = step / parts;
  /* Counted in steps, not added up, so that zero is zero; + 0.0 makes it the positive one. */
  for (double k = ceil(axis->lo / fine - 1e-6); k <= axis->hi / fine + 1e-6 && n < REPORT_MOST_TICKS; k++)
    ticks[n++] = (report_tick){k * fine + 0.0, fmod(k, parts) == 0};
  return n;
}

report_text report_axis_label(const report_axis *axis, double value) {
  report_text t;
  if (axis->decimals >= 0) {
    snprintf(t.text, sizeof t.text, "%.*f", axis->decimals, value / pow(10, axis->exponent));
    return report_pretty(t);
  }
  int exponent = (int)floor(log10(value) + 1e-9);
  bool power = fabs(value / pow(10, exponent) - 1) < 1e-6;
  if (power && (exponent < -3 || exponent > 3)) return report_power_of_ten(exponent);
  return report_pretty(report_brief(value));
}
