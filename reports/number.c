#include "reports/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 15 };

/* The texts that are no digits; false for an ordinary number. */
static bool special(double x, report_text *t) {
  if (isfinite(x)) return false;
  snprintf(t->text, sizeof t->text, "%s", isnan(x) ? "" : x > 0 ? "inf" : "-inf");
  return true;
}

report_text report_exact(double x) {
  report_text t;
  if (!special(x, &t)) snprintf(t.text, sizeof t.text, "%.17g", x);
  return t;
}

/* "1.20e-05" to "1.2e-5", "1.00e+08" to "1e8". */
static void tidy_exponent(char *text) {
  char *e = strchr(text, 'e');
  if (!e) return;
  int exponent = atoi(e + 1);
  while (e[-1] == '0' && strchr(text, '.')) e--;
  if (e[-1] == '.') e--;
  snprintf(e, 8, "e%d", exponent);
}

report_text report_brief(double x) {
  report_text t;
  if (special(x, &t)) return t;
  double size = fabs(x);
  const char *format = x == 0 || (size >= 1e-3 && size < 999.5) ? "%.3g"
                       : size >= 999.5 && size < 99999.5        ? "%.0f"
                                                                : "%.2e";
  snprintf(t.text, sizeof t.text, format, x);
  tidy_exponent(t.text);
  return t;
}

report_text report_duration(double seconds) {
  report_text t;
  if (special(seconds, &t)) return t;
  long s = lround(fmin(fmax(seconds, 0), 1e12));
  if (seconds < 9.95)
    snprintf(t.text, sizeof t.text, "%.1f s", fmax(seconds, 0));
  else if (s < 120)
    snprintf(t.text, sizeof t.text, "%ld s", s);
  else if (s < 7200)
    snprintf(t.text, sizeof t.text, "%ld min %ld s", s / 60, s % 60);
  else
    snprintf(t.text, sizeof t.text, "%ld h %ld min", s / 3600, s / 60 % 60);
  return t;
}

/* ---- powers of ten ---- */

report_text report_power_of_ten(int exponent) {
  static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  char digits[16];
  snprintf(digits, sizeof digits, "%d", exponent);
  report_text t;
  size_t used = (size_t)snprintf(t.text, sizeof t.text, "10");
  for (const char *d = digits; *d && used < sizeof t.text; d++)
    used += (size_t)snprintf(t.text + used, sizeof t.text - used, "%s", *d == '-' ? "⁻" : raised[*d - '0']);
  return t;
}

report_text report_pretty(report_text plain) {
  const char *from = plain.text;
  report_text t;
  if (!*from) return (report_text){"–"};
  bool negative = *from == '-';
  from += negative;
  const char *sign = negative ? "−" : "", *e = strchr(from, 'e');
  if (!strcmp(from, "inf"))
    snprintf(t.text, sizeof t.text, "%s∞", sign);
  else if (e == from + 1 && *from == '1')
    snprintf(t.text, sizeof t.text, "%s%.24s", sign, report_power_of_ten(atoi(e + 1)).text);
  else if (e)
    snprintf(t.text, sizeof t.text, "%s%.*s×%.24s", sign, e - from < 24 ? (int)(e - from) : 24, from,
             report_power_of_ten(atoi(e + 1)).text);
  else
    snprintf(t.text, sizeof t.text, "%s%s", sign, from);
  return t;
}

/* ---- digits that the data support ---- */

static double largest(const double *x, int n) {
  double most = 0;
  for (int i = 0; i < n; i++)
    if (isfinite(x[i])) most = fmax(most, fabs(x[i]));
  return most;
}

static int decade(double x) {
  return (int)floor(log10(x));
}

report_precision report_cell_precision(const assay_cell_result *cell) {
  double scale = largest((double[]){cell->theory, cell->estimate, cell->lo, cell->hi}, 4);
  double width = cell->hi - cell->lo;
  if (!isfinite(width) || width <= 0) width = 2 * cell->theory_error;
  if (scale == 0) return (report_precision){0, 0, false};
  if (!isfinite(width) || width <= 0) width = scale * 1e-9;
  int first = decade(scale), last = decade(width) - 1;
  if (last < first - MOST_DIGITS + 1) last = first - MOST_DIGITS + 1;
  if (last > first) last = first;
  if (first >= 7 || first < -4) return (report_precision){first, first - last, true};
  return (report_precision){0, last < 0 ? -last : 0, false};
}

report_text report_number(double x, report_precision precision) {
  report_text t;
  if (special(x, &t)) return t;
  if (x == 0) return (report_text){"0"};
  if (!precision.scientific) {
    snprintf(t.text, sizeof t.text, "%.*f", precision.decimals, x);
    return t;
  }
  /* The wider exponent range of long double: 10^-308 must not lose the digits, nor 10^308 overflow. */
  long double mantissa = (long double)x / powl(10.0L, precision.exponent);
  snprintf(t.text, sizeof t.text, "%.*Lfe%d", precision.decimals, mantissa, precision.exponent);
  return t;
}
