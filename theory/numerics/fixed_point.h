/* Fixed points x = g(x) of maps of R^k by damped iteration, x <- x + damping (g(x) - x). */
#ifndef ASSAY_THEORY_NUMERICS_FIXED_POINT_H
#define ASSAY_THEORY_NUMERICS_FIXED_POINT_H

#include "model/status.h"

/* g [k] from x [k]. A status other than ASSAY_OK ends the iteration and is passed on. */
typedef assay_status fixed_point_map(const double *x, double *g, void *context, assay_error *error);

typedef struct {
  double damping;    /* in (0,1]; 1: none */
  double rtol, atol; /* every coordinate's error is to be below atol + rtol |x_i| */
  int iterations;    /* the most that are made */
} fixed_point_rule;

/* Iterates from the values in x [k] and leaves the fixed point there. With q the largest ratio of the last
 * steps' lengths (in units of the tolerance), what remains is at most step q/(1-q); the iteration stops when
 * that is within the tolerance and reports it as the error, with rounding added. Ask for a tolerance
 * well above the rounding level over 1-q.
 *
 * ASSAY_NUMERIC: the map left the finite numbers, the steps grew a thousandfold over the shortest one (a
 * smaller damping may help), or the iterations were used up. ASSAY_DOMAIN: the rule makes no sense. */
assay_status fixed_point_solve(fixed_point_map *g, void *context, int k, const fixed_point_rule *rule,
                               assay_value *x, assay_error *error);

#endif
