#include "theory/numerics/truncated.h"

#include <math.h>

/* Prob(a < W < b), from the nearer tail. */
static double mass(double a, double b) {
  if (a > 0) return (erfc(a / M_SQRT2) - erfc(b / M_SQRT2)) / 2;
  if (b < 0) return (erfc(-b / M_SQRT2) - erfc(-a / M_SQRT2)) / 2;
  return (erf(b / M_SQRT2) - erf(a / M_SQRT2)) / 2;
}

void truncated_moments(double mean, double sd, double lo, double hi, int most, double *out) {
  double a = (lo - mean) / sd, b = (hi - mean) / sd, w[TRUNCATED_MOST + 1];
  double at_a = isinf(a) ? 0 : exp(-a * a / 2) / sqrt(2 * M_PI), at_b = isinf(b) ? 0 : exp(-b * b / 2) / sqrt(2 * M_PI);
  if (isinf(a)) a = lo < 0 ? -1e9 : 1e9; /* times a density that is 0 */
  if (isinf(b)) b = hi < 0 ? -1e9 : 1e9;
  double power_a = 1, power_b = 1;
  w[0] = mass((lo - mean) / sd, (hi - mean) / sd);
  for (int k = 1; k <= most; k++) {
    w[k] = (k > 1 ? (k - 1) * w[k - 2] : 0) - (power_b * at_b - power_a * at_a);
    power_a *= a, power_b *= b;
  }
  for (int k = 0; k <= most; k++) { /* (mean + sd W)^k by the binomial formula */
    double choose = 1, scale = 1, sum = 0, means[TRUNCATED_MOST + 1];
    means[0] = 1;
    for (int i = 1; i <= k; i++) means[i] = means[i - 1] * mean;
    for (int i = 0; i <= k; i++) {
      sum += choose * scale * w[i] * means[k - i];
      choose = choose * (k - i) / (i + 1);
      scale *= sd;
    }
    out[k] = sum;
  }
}
