#include "sim/kernels/runge_kutta.h"

#include <math.h>
#include <string.h>

static const double nodes[7] = {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1};
static const double stages[7][6] = {{0},
                                    {1. / 5},
                                    {3. / 40, 9. / 40},
                                    {44. / 45, -56. / 15, 32. / 9},
                                    {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
                                    {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
                                    {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84}};
/* Fifth order minus fourth. */
static const double differences[7] = {71. / 57600,      0,         -71. / 16695, 71. / 1920,
                                      -17253. / 339200, 22. / 525, -1. / 40};

/* One step: the new value into next [n]; the largest error over its tolerance. k [7][n], k[0] = f(t, y) is
 * there already. */
static double try_step(runge_kutta_field *f, void *context, size_t n, double t, double h, const double *y,
                       double rtol, double atol, double *k, double *next) {
  double worst = 0;
  for (int s = 1; s < 7; s++) {
    for (size_t i = 0; i < n; i++) {
      double sum = 0;
      for (int j = 0; j < s; j++) sum += stages[s][j] * k[(size_t)j * n + i];
      next[i] = y[i] + h * sum;
    }
    f(t + nodes[s] * h, next, k + (size_t)s * n, context);
  }
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < 7; j++) sum += differences[j] * k[(size_t)j * n + i];
    const double error = fabs(h * sum) / (atol + rtol * fmax(fabs(y[i]), fabs(next[i])));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

assay_status runge_kutta_advance(runge_kutta_field *f, void *context, size_t n, double from, double to,
                                 double rtol, double atol, double *step, double *y, double *room,
                                 assay_error *error) {
  double *k = room, *next = room + 7 * n, t = from, h = *step > 0 ? *step : 1e-4 * fmax(to - from, 1e-12);
  f(t, y, k, context);
  for (long count = 0; t < to; count++) {
    if (count == 1000000)
      return assay_error_set(error, ASSAY_NUMERIC, "more than %ld steps to t = %g", count, t);
    const double now = fmin(h, to - t), worst = try_step(f, context, n, t, now, y, rtol, atol, k, next);
    if (isnan(worst) || now < 1e-14 * fabs(t))
      return assay_error_set(error, ASSAY_NUMERIC, "the solution leaves the finite numbers near t = %g", t);
    const double factor = worst > 0 ? fmin(5, fmax(.2, .9 * pow(worst, -.2))) : 5;
    if (worst <= 1) {
      t = now < to - t ? t + now : to;
      memcpy(y, next, n * sizeof *y);
      memcpy(k, k + 6 * n, n * sizeof *k); /* the last stage is the next step's first */
    }
    if (now == h || worst > 1) h = now * factor;
  }
  *step = h;
  return ASSAY_OK;
}
