/* Expectations under Gaussian measures, of functions with kinks or jumps at known points.
 *
 *     E f(X) = int f(x) exp(-(x-mean)^2/(2 sd^2)) dx / (sd sqrt(2 pi)),   X ~ N(mean, sd^2)
 *
 * The line is cut at the break points and at the mean. Every bounded piece is integrated by adaptive 21-point
 * Gauss-Kronrod, the two unbounded ones by the 15-point rule after x = a +- (1-s)/s. `f` may grow like any
 * polynomial or exponential; it is called at finite points only.
 *
 * The error is the sum of the pieces' Gauss-Kronrod estimates, which never falls below the rounding level. It
 * is a bound as long as f is smooth between the break points. */
#ifndef ASSAY_THEORY_NUMERICS_GAUSSIAN_H
#define ASSAY_THEORY_NUMERICS_GAUSSIAN_H

#include "model/status.h"

typedef double gaussian_function(double x, void *context);
typedef double gaussian_function2(double x, double y, void *context);

/* A Gaussian variable and the points [count] where the integrand has a kink or a jump in it; sd >= 0 (0: a
 * point mass). */
typedef struct {
  double mean, sd;
  const double *breaks;
  int count;
} gaussian_axis;

/* E f(X) with relative tolerance rtol of E|f(X)| (>= 1e-14).
 * ASSAY_DOMAIN: sd is negative or not finite. ASSAY_NUMERIC: the tolerance was not reached, or f is not
 * finite. */
assay_status gaussian_expectation(gaussian_function *f, void *context, const gaussian_axis *x, double rtol,
                                  assay_value *result, assay_error *error);

/* E f(X,Y) for independent X and Y: one expectation inside the other, so breaks must lie at fixed x and at
 * fixed y. */
assay_status gaussian_expectation2(gaussian_function2 *f, void *context, const gaussian_axis *x,
                                   const gaussian_axis *y, double rtol, assay_value *result,
                                   assay_error *error);

#endif
