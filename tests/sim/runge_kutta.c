#include "sim/kernels/runge_kutta.h"

#include <criterion/criterion.h>
#include <math.h>

static void oscillator(double t, const double *y, double *out, void *context) {
  (void)t;
  (*(int *)context)++;
  out[0] = y[1];
  out[1] = -y[0];
}

static void decay(double t, const double *y, double *out, void *context) {
  (void)context;
  out[0] = -2 * t * y[0];
}

static void explosion(double t, const double *y, double *out, void *context) {
  (void)t, (void)context;
  out[0] = y[0] * y[0];
}

Test(runge_kutta, known_solutions) {
  double y[2] = {0, 1}, room[18], step = 0, z = 1;
  int calls = 0;
  assay_error error;
  cr_assert_eq(runge_kutta_advance(oscillator, &calls, 2, 0, 20, 1e-10, 1e-12, &step, y, room, &error),
               ASSAY_OK);
  cr_expect_float_eq(y[0], sin(20), 1e-7);
  cr_expect_float_eq(y[1], cos(20), 1e-7);
  cr_expect(calls < 20000 && step > 0);
  step = 0;
  cr_assert_eq(runge_kutta_advance(decay, NULL, 1, 0, 1.5, 1e-11, 1e-13, &step, &z, room, &error), ASSAY_OK);
  cr_assert_eq(runge_kutta_advance(decay, NULL, 1, 1.5, 1.5, 1e-11, 1e-13, &step, &z, room, &error),
               ASSAY_OK);
  cr_assert_eq(runge_kutta_advance(decay, NULL, 1, 1.5, 3, 1e-11, 1e-13, &step, &z, room, &error), ASSAY_OK);
  cr_expect_float_eq(z / exp(-9), 1, 1e-6);
}

Test(runge_kutta, an_explosion_is_reported) {
  double y = 1, room[9], step = 0;
  assay_error error;
  cr_expect_eq(runge_kutta_advance(explosion, NULL, 1, 0, 2, 1e-9, 1e-9, &step, &y, room, &error),
               ASSAY_NUMERIC);
}
