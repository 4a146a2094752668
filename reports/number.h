/* Numbers as readers want them. The texts are returned by value, so that several fit into one printf. */
#ifndef ASSAY_REPORTS_NUMBER_H
#define ASSAY_REPORTS_NUMBER_H

#include "compare/result.h"

typedef struct {
  char text[64];
} report_text;

/* 17 significant digits, which read back as the same number; "inf", "-inf"; "" for NaN. */
report_text report_exact(double x);
/* Three significant digits: "0.0123", "1.2e-12", "40300"; "inf", "-inf"; "" for NaN. */
report_text report_brief(double x);
/* The same for people: a true minus sign and "1.2×10⁻¹²" or "10⁻¹²"; "∞"; an en dash for NaN. */
report_text report_pretty(report_text plain);
/* "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"; "" for NaN. */
report_text report_duration(double seconds);
/* "10⁻³" */
report_text report_power_of_ten(int exponent);

/* How many digits the numbers of a cell are worth, so that theory and estimate can be compared digit by
 * digit: they end at the second significant digit of the interval's width (of the theory's error where there
 * is no interval), 15 significant digits at most. Very small and very large ones share one power of ten. */
typedef struct {
  int exponent; /* the common power of ten, in scientific notation only */
  int decimals;
  bool scientific;
} report_precision;

report_precision report_cell_precision(const assay_cell_result *cell);
report_text report_number(double x, report_precision precision);

#endif
