/* Rates, crossings and thresholds from the statistics of several groups: what `reduce` functions of SMOOTH
 * targets are made of. All are smooth in the values, so that the engine's interval (derivatives, with an
 * allowance for curvature) applies; none weighs groups by their noise: the theory's values are reduced alike.
 *
 * ASSAY_NUMERIC where the statistic does not exist for these values (a logarithm of a number that is not
 * positive, no crossing, all axis values equal). */
#ifndef ASSAY_COMPARE_FITS_H
#define ASSAY_COMPARE_FITS_H

#include "compare/claim.h"

/* The line y = intercept + slope x through n points by least squares with weights w (NULL: equal). */
typedef struct {
  double intercept, slope;
} fit_line;
assay_status fit_line_through(const double *x, const double *y, const double *w, int n, fit_line *line);

/* value ~ a + out log(axis). */
assay_reduce fit_slope_on_log;
/* value ~ axis^out. */
assay_reduce fit_exponent;
/* value ~ axis^out (log axis)^log_power, the power of the logarithm being known; axis > 1. */
assay_status fit_exponent_beside_log(const assay_sample *sample, double log_power, double *out);
/* value ~ out + b axis^-power: what is left at axis = inf. */
assay_status fit_limit(const assay_sample *sample, double power, double *out);

/* Where the straight lines between neighbouring points (x, y), in the order given, first reach `level`. */
assay_status fit_level(const double *x, const double *y, int n, double level, double *out);

/* Groups come in pairs (first curve, second curve) at one axis value: the axis value where a line through
 * their differences, second less first, is zero. The crossing of an order parameter's curves at two sizes,
 * scaled so that they cross at the threshold. */
assay_reduce fit_crossing;

/* value, a probability, ~ 1/(1 + exp(-b (axis - out))): the location, by a line through log(p/(1-p)) with
 * weights p (1-p); p is moved into [1e-3, 1 - 1e-3]. b > 0 is demanded. */
assay_reduce fit_logistic_location;

#endif
