#include "model/clipping.h"

#include <math.h>

/* Beyond this a both factors differ from 1 by less than the smallest number, and a^2 erfc(a) may be inf * 0.
 */
#define UNCLIPPED 40.0
#define PHI0 0.398942280401432677939946 /* phi(0) = 1/sqrt(2 pi) */

static double threshold_in_sd(double c, double P) {
  return c > 0 && P > 0 ? c / sqrt(2 * P) : NAN;
}

double clipping_mu(double c, double P) {
  return erf(threshold_in_sd(c, P) * M_SQRT1_2);
}

/* nu = a^2 - 4 phi(0) a^3 sum_k (-a^2/2)^k / (k! (2k+1)(2k+3)); the sum lies near 1/3, nothing cancels for a
 * <= 1. */
static double nu_series(double a) {
  const double x = -a * a / 2;
  double power = 1, sum = 0;
  for (int k = 0; k < 20; k++) {
    sum += power / ((2 * k + 1) * (2 * k + 3));
    power *= x / (k + 1);
  }
  return a * a * (1 - 4 * PHI0 * a * sum);
}

double clipping_nu(double c, double P) {
  const double a = threshold_in_sd(c, P), density = PHI0 * exp(-a * a / 2);
  if (a < 1) return nu_series(a);
  if (a > UNCLIPPED) return 1;
  return erf(a * M_SQRT1_2) - 2 * a * density + a * a * erfc(a * M_SQRT1_2);
}
