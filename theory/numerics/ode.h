/* Initial value problems y' = f(t,y), y in R^n, by CVODES: Adams with functional iteration, or BDF with a
 * dense Newton iteration for stiff problems; variable order and step. */
#ifndef ASSAY_THEORY_NUMERICS_ODE_H
#define ASSAY_THEORY_NUMERICS_ODE_H

#include "model/status.h"

/* Fills out[] from t and y. 0, or nonzero where the function does not exist; the step is then made shorter.
 */
typedef int ode_function(double t, const double *y, double *out, void *context);

/* Called at an event with its number and the state, which it may change. Nonzero: stop here; 0: start afresh
 * from y. */
typedef int ode_event(int event, double t, double *y, void *context);

typedef enum { ODE_ADAMS, ODE_BDF } ode_method;

typedef struct {
  int n;
  ode_function *f;
  int n_quad;          /* pure integrals q' = quad(t,y), q(start) = 0; 0: none */
  ode_function *quad;  /* [n_quad] */
  int n_events;        /* events are the zeros of event(t,y); 0: none */
  ode_function *event; /* [n_events] */
  ode_event *on_event; /* NULL: stop at every event */
  void *context;       /* of all four functions */
  ode_method method;
  double rtol, atol; /* of every local error, quadratures included */
  double max_step;   /* 0: no limit */
  long max_steps;    /* 0: 200000 */
} ode_problem;

/* Integrates from `start` with y [n], which ends as the state at the last time (or at the event that stopped
 * it). rows [count][n] and quads [count][n_quad] are the state and the integrals at the times t [count],
 * start <= t_0 <= t_1 ..., interpolated to the order of the method; either may be NULL. After a stop the
 * remaining rows repeat the state there. *end, which may be NULL, is the time reached.
 *
 * ASSAY_DOMAIN: times out of order. ASSAY_NUMERIC: too many steps, or f does not exist or is not finite
 * however short the step; the message says near which time. */
assay_status ode_solve(const ode_problem *problem, double start, double *y, const double *t, int count,
                       double *rows, double *quads, double *end, assay_error *error);

/* The same without events, with errors: integrated at rtol, atol (the values) and again at 30 times as much.
 * The error is twice the difference of the two and a floor of 4 rtol |y| + atol. The difference is an
 * estimate of the error of the looser one, so it bounds that of the tighter; twice, because orders and steps
 * adapt. f must not depend on the history of its calls. */
assay_status ode_solve_values(const ode_problem *problem, double start, const double *y0, const double *t,
                              int count, assay_value *rows, assay_value *quads, assay_error *error);

/* The error that ode_solve_values reports, for a caller that makes the two integrations itself. */
#define ODE_LOOSER 30.
double ode_error(double tight, double loose, double rtol, double atol);

#endif
