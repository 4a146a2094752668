#include "sim/kernels/adam.h"

#include <math.h>

#include "sim/kernels/simd.h"

SIMD_BODY void adam_step_body(const adam_rule *rule, double rate, long step, size_t n, const double *gradient,
                              double *moments, double *restrict x) {
  const double b1 = rule->beta1, b2 = rule->beta2, epsilon = rule->epsilon;
  const double scale = rate / (1 - pow(b1, (double)step)), spread = 1 / (1 - pow(b2, (double)step));
  double *restrict m = moments, *restrict s = moments + n;
  for (size_t i = 0; i < n; i++) {
    const double g = gradient[i];
    m[i] = b1 * m[i] + (1 - b1) * g;
    s[i] = b2 * s[i] + (1 - b2) * g * g;
    x[i] -= scale * m[i] / (sqrt(s[i] * spread) + epsilon);
  }
}
SIMD_AT_LEVELS(, void, , adam_step,
               (const adam_rule *rule, double rate, long step, size_t n, const double *gradient,
                double *moments, double *x),
               (rule, rate, step, n, gradient, moments, x))
