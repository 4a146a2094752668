/* Numbers as a text prints them. */
#ifndef ASSAY_TESTS_COMPARE_CLAIMS_PRINTED_H
#define ASSAY_TESTS_COMPARE_CLAIMS_PRINTED_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Half a unit of the last digit: 5e-4 for "1.570", 5e-9 for "1.5e-7". */
static inline double printed_half_unit(const char *printed) {
  const char *dot = strchr(printed, '.'), *exponent = strpbrk(printed, "eE");
  return .5 * pow(10, (exponent ? atof(exponent + 1) : 0) - (dot ? (double)strspn(dot + 1, "0123456789") : 0));
}

/* `value`, known to `error`, rounds to what is printed. */
static inline int printed_agrees(double value, double error, const char *printed) {
  if (!strcmp(printed, "inf")) return value == INFINITY;
  return fabs(value - strtod(printed, NULL)) <= 1.0000001 * printed_half_unit(printed) + error;
}

#endif
