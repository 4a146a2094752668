/* exp and log from additions, multiplications and divisions alone, which IEEE arithmetic fixes to the last
 * bit: a decision made with them (accept or reject a draw) is the same on every machine, compiler and libm.
 * Relative error below 1e-15. */
#ifndef ASSAY_SIM_KERNELS_PORTABLE_MATH_H
#define ASSAY_SIM_KERNELS_PORTABLE_MATH_H

#include <stdint.h>
#include <string.h>

#define PORTABLE_LN2_HIGH 0x1.62e42fefa38p-1     /* 42 bits, so that its product with an exponent is exact */
#define PORTABLE_LN2_LOW 0x1.ef35793c7673p-45    /* ln 2 minus the above */
#define PORTABLE_INVERSE_LN2 0x1.71547652b82fep0 /* 1/ln 2 */

/* e^x for -708 <= x <= 709; 0 below, the value at 709 above. */
static inline double portable_exp(double x) {
  if (x < -708) return 0;
  if (x > 709) x = 709;
  const double shift = 0x1.8p52; /* adding it rounds to an integer */
  const double k = x * PORTABLE_INVERSE_LN2 + shift - shift;
  const double r = x - k * PORTABLE_LN2_HIGH - k * PORTABLE_LN2_LOW; /* |r| <= ln(2)/2 */
  static const double inverse_factorial[] = {1,
                                             1,
                                             1. / 2,
                                             1. / 6,
                                             1. / 24,
                                             1. / 120,
                                             1. / 720,
                                             1. / 5040,
                                             1. / 40320,
                                             1. / 362880,
                                             1. / 3628800,
                                             1. / 39916800,
                                             1. / 479001600,
                                             1. / 6227020800,
                                             1. / 87178291200};
  double sum = inverse_factorial[14];
  for (int i = 13; i >= 0; i--) sum = sum * r + inverse_factorial[i];
  const uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
  double scale;
  memcpy(&scale, &bits, sizeof scale);
  return sum * scale;
}

/* ln x for a positive, finite, normal x. */
static inline double portable_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  /* x = 2^k m with sqrt(1/2) < m < sqrt(2): moving the exponent's border to sqrt(1/2) in units of the last
   * bit. */
  const uint64_t border = 0x3fe6a09e667f3bcdu;
  const int64_t k = (int64_t)(bits - border) >> 52;
  bits -= (uint64_t)k << 52;
  double m;
  memcpy(&m, &bits, sizeof m);
  /* ln m = 2 artanh s, s = (m-1)/(m+1), |s| <= 0.1716 */
  const double s = (m - 1) / (m + 1), square = s * s;
  static const double inverse_odd[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11, 1. / 13,
                                       1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23, 1. / 25};
  double sum = 0;
  for (int i = 11; i >= 0; i--) sum = square * (sum + inverse_odd[i]);
  return (double)k * PORTABLE_LN2_HIGH + ((double)k * PORTABLE_LN2_LOW + 2 * s * sum) + 2 * s;
}

#endif
