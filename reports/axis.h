/* The axes of a figure: where a value lies and which values are marked. */
#ifndef ASSAY_REPORTS_AXIS_H
#define ASSAY_REPORTS_AXIS_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/number.h"

/* Values from lo to hi are drawn from pixel `from` to pixel `to`. */
typedef struct {
  bool log;
  double lo, hi, from, to;
  int exponent; /* labels are in units of 10^exponent (linear axes only) */
  int decimals; /* of the labels; -1: as many as a label needs */
} report_axis;

typedef struct {
  double value;
  bool labelled;
} report_tick;

enum { REPORT_MOST_TICKS = 128 };

/* Can the value be placed on an axis of this kind at all? Not NaN, infinite, beyond 1e300, or <= 0 on a
 * logarithmic one. */
bool report_drawable(double x, bool log);

/* An axis for data from lo to hi (drawable values), a little longer than they are. Data that are all the
 * same, or differ in the ninth digit only, get room around them; lo > hi means that there are none. */
report_axis report_axis_new(double lo, double hi, bool log, double from, double to);

/* A linear axis that ends where it is told to. lo < hi. */
report_axis report_axis_between(double lo, double hi, double from, double to);

double report_axis_at(const report_axis *axis, double x);

/* Labelled ticks at 1, 2 or 5 times a power of ten (logarithmic: powers of ten, with 2 and 5 between them
 * where there is room), unlabelled ones between them. Returns their number. */
int report_axis_ticks(const report_axis *axis, report_tick ticks[REPORT_MOST_TICKS]);

/* The label of a labelled tick. */
report_text report_axis_label(const report_axis *axis, double value);

#endif
