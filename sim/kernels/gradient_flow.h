/* Stiff flows w' = f(w) by CVODES: BDF with a dense Newton iteration, from a start until a time or until a
 * rule says stop. */
#ifndef ASSAY_SIM_KERNELS_GRADIENT_FLOW_H
#define ASSAY_SIM_KERNELS_GRADIENT_FLOW_H

#include <stdbool.h>

#include "model/status.h"

typedef struct {
  int n;
  void (*f)(const double *w, double *out, void *context);
  void (*jacobian)(const double *w, double *J, void *context); /* J[j n + i] = df_i/dw_j; NULL: differences */
  bool (*done)(const double *w, void *context);                /* the rule of gradient_flow_finish */
  void *context;
  double rtol, atol;
} gradient_flow_problem;

typedef struct gradient_flow gradient_flow;

/* At time 0 from w [n]; the problem is copied. NULL, with the reason, when it cannot be set up. */
gradient_flow *gradient_flow_new(const gradient_flow_problem *problem, const double *w, assay_error *error);
void gradient_flow_free(gradient_flow *flow);

/* w [n] at time t, not before the last one; interpolated to the order of the method. */
assay_status gradient_flow_to(gradient_flow *flow, double t, double *w, assay_error *error);
/* Goes on until done(w), checked after every step; ASSAY_NUMERIC after 200000 steps. *t, which may be NULL,
 * is the time. */
assay_status gradient_flow_finish(gradient_flow *flow, double *w, double *t, assay_error *error);

#endif
