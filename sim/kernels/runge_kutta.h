/* Initial value problems y' = f(t,y) by the pair of Dormand and Prince, "A family of embedded Runge-Kutta
 * formulae" (1980): order 5, step sizes from the embedded order 4. For problems that are not stiff. */
#ifndef ASSAY_SIM_KERNELS_RUNGE_KUTTA_H
#define ASSAY_SIM_KERNELS_RUNGE_KUTTA_H

#include <stddef.h>

#include "model/status.h"

typedef void runge_kutta_field(double t, const double *y, double *out, void *context);

/* Advances y [n] from `from` to `to` >= from. Every step's error estimate is below atol + rtol |y_i| in every
 * coordinate. *step is the size of the first step (0: chosen) and of the one after the last. room [9 n].
 * ASSAY_NUMERIC: y is not finite, or more than 1000000 steps. */
assay_status runge_kutta_advance(runge_kutta_field *f, void *context, size_t n, double from, double to,
                                 double rtol, double atol, double *step, double *y, double *room,
                                 assay_error *error);

#endif
