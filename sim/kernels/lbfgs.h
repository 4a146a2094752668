/* Minimisation by L-BFGS. Liu, Nocedal, "On the limited memory BFGS method for large scale optimization"
 * (1989), with a line search for the strong Wolfe conditions (bracketing, then cubic interpolation kept
 * inside the bracket; Nocedal and Wright, algorithms 3.5 and 3.6). */
#ifndef ASSAY_SIM_KERNELS_LBFGS_H
#define ASSAY_SIM_KERNELS_LBFGS_H

#include <stddef.h>

#include "model/status.h"

/* The objective at x [n], and its gradient [n]. */
typedef double lbfgs_objective(const double *x, double *gradient, void *context);

typedef struct {
  int memory;      /* pairs kept, e.g. 30 */
  int iterations;  /* the most that are made */
  double gradient; /* stop when max |gradient| is below */
} lbfgs_rule;

typedef struct {
  double value, gradient; /* of the end; gradient is max |gradient| */
  int iterations;
} lbfgs_report;

/* The room that a problem of n unknowns takes, in doubles. */
size_t lbfgs_room(size_t n, const lbfgs_rule *rule);
/* Minimises from x [n], which ends as the point found. The iteration also ends where the line search makes no
 * progress, which is at the rounding level of the objective; *report says how large the gradient is.
 * ASSAY_NUMERIC: the rule's gradient was not reached, or the objective is not finite. */
assay_status lbfgs_minimise(lbfgs_objective *f, void *context, size_t n, const lbfgs_rule *rule, double *x,
                            double *room, lbfgs_report *report, assay_error *error);

/* The same for an objective whose least value is known: it ends, too, where the value is below `enough`. What
 * was reached is in the report; the caller judges it. */
lbfgs_report lbfgs_until(lbfgs_objective *f, void *context, size_t n, const lbfgs_rule *rule, double enough,
                         double *x, double *room);

#endif
