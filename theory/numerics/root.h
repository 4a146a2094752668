/* Roots and minima of functions of one variable, and how to find a bracket for them. */
#ifndef ASSAY_THEORY_NUMERICS_ROOT_H
#define ASSAY_THEORY_NUMERICS_ROOT_H

#include "model/status.h"

/* y = f(x). A status other than ASSAY_OK ends the search and is passed on. */
typedef assay_status root_function(double x, void *context, double *y, assay_error *error);

/* Points lo = x_0 < ... < x_{count-1} = hi with equal differences, or with equal ratios (lo > 0). */
typedef struct {
  double lo, hi;
  int count; /* >= 2 */
  enum { ROOT_LINEAR, ROOT_LOG } spacing;
} root_grid;

double root_grid_point(const root_grid *grid, int i);

/* The root of f in [lo,hi], where f changes sign (Brent). Stops when the bracket is narrower than rtol |x|
 * (>= 4e-16). The error is the width of the last bracket, and rounding of x: a bound if the computed signs of
 * f are right. ASSAY_NUMERIC: no sign change, f not finite, or no convergence. */
assay_status root_find(root_function *f, void *context, double lo, double hi, double rtol, assay_value *root,
                       assay_error *error);

/* lo < hi = 2 lo with a sign change between them, nearest to start > 0: up and down in factors of 2, to
 * 2^+-200. */
assay_status root_bracket_doubling(root_function *f, void *context, double start, double *lo, double *hi,
                                   assay_error *error);

/* The first two neighbours of a grid between which f changes sign. */
assay_status root_bracket_scan(root_function *f, void *context, const root_grid *grid, double *lo, double *hi,
                               assay_error *error);

/* A minimum lies in [lo,hi], and f(mid) is the least value seen. mid == lo or mid == hi when it lies at the
 * grid's end. */
typedef struct {
  double lo, mid, hi, least;
} root_valley;

/* The least value of f on a grid, and its neighbours. */
assay_status root_valley_scan(root_function *f, void *context, const root_grid *grid, root_valley *valley,
                              assay_error *error);

/* The minimum of f inside a valley (lo < mid < hi, f(mid) below f(lo) and f(hi)) by Brent's parabolas. Values
 * of f place x only to about sqrt(2 eps |f|/f''), which `x->error` includes; the error of `least` is the
 * rounding of f. */
assay_status root_minimum(root_function *f, void *context, const root_valley *valley, double rtol,
                          assay_value *x, assay_value *least, assay_error *error);

#endif
