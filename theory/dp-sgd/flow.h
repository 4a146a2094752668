/* The scalar limit dynamics that the functions of dp-sgd.h share; private to this folder.
 *
 * Integrations run in a clock u in [0,1] in which the schedule is smooth: t = u, but t = 1-(1-u)^2 for the
 * square root (infinite slope at t = 1) and t = u^2 for a table (nodes equidistant in u). Scheduled noise is
 * never differentiated: the state is Y = R + release, release = K eta^2. */
#ifndef ASSAY_THEORY_DP_SGD_FLOW_H
#define ASSAY_THEORY_DP_SGD_FLOW_H

#include "theory/dp-sgd/dp-sgd.h"
#include "theory/numerics/ode.h"

#define FLOW_RTOL 1e-13
#define FLOW_ATOL 1e-17

typedef struct {
  const dp_sgd_problem *problem;
  dp_sgd_mistake mistake;
  double K;            /* cost of a release, mistakes included; 0 without noise */
  double drift, noise; /* L and q of the sandwich; 1 and 1 for Sigma = I */
  double steps;        /* n, for noise at every step */
} flow;

/* Checks the problem and fills the flow with drift = noise = 1. `steps` is read for DP_SGD_NAIVE noise only;
 * 0: refuse it. */
assay_status flow_make(flow *f, const dp_sgd_problem *problem, dp_sgd_mistake mistake, double steps,
                       assay_error *error);

/* P = R + zeta^2/2, kept from falling below zeta^2/2 by rounding. */
double flow_P(const flow *f, double R);
void flow_factors(const flow *f, double P, double *mu, double *nu);
/* The mistake leaves the clip factors and P as they are? */
int flow_factors_right(dp_sgd_mistake mistake);

/* f(R, eta) = -2 eta mu L R + eta^2 gamma q nu P. */
double flow_slope(const flow *f, double R, double eta);
/* Noise that was allotted but not yet added, and noise added per unit of time that is not part of it. */
double flow_release(const flow *f, double eta);
double flow_injection(const flow *f, double eta);
/* J. */
double flow_jump(const flow *f);

/* M_p(a) = E x^p 1(|x| < a) for standard normal x, p = 2 or 4; a may be infinite. */
double flow_truncated_moment(int p, double a);

/* The derivatives of f(R, eta), at L = q = 1 and for the right factors. */
typedef struct {
  double R, eta, c;
} flow_gradient;
flow_gradient flow_slope_gradient(const flow *f, double R, double eta);

/* t and dt/du at clock u, and back. */
double flow_time(const schedule *s, double u, double *rate);
double flow_clock(const schedule *s, double t);

/* The largest contraction rate of the scalar flow, as it matters for stability (a rate alpha/t is not stiff).
 */
double flow_stiffness(const flow *f, double largest_lam);

/* Solves `ode`, whose variable is the clock, with errors at the times t [count] in [0,1], in any order; rows
 * [count][n] and quads [count][n_quad] (may be NULL) in the same order. Chooses the method from `stiffness`,
 * and the tolerances. */
assay_status flow_solve(const flow *f, ode_problem *ode, double stiffness, const double *y0, const double *t,
                        int count, assay_value *rows, assay_value *quads, assay_error *error);

/* R at the times t [count], and with v [count] also the limit of d Var R. */
assay_status flow_follow(const flow *f, const double *t, int count, assay_value *R, assay_value *v,
                         assay_error *error);

#endif
