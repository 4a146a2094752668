/* Isotropic covariates: the risk, its fluctuations, and what is read off along the trajectory. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "theory/dp-sgd/flow.h"

/* ---- one step ---- */

assay_status dp_sgd_clip_factors(double c, double P, dp_sgd_mistake mistake, assay_value *mu, assay_value *nu,
                                 assay_error *error) {
  if (!(c > 0) || !(P > 0) || !isfinite(P))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "clip factors need c > 0 and finite P > 0, not c = %g and P = %g", c, P);
  dp_sgd_problem problem = {.c = c};
  flow f = {.problem = &problem, .mistake = mistake};
  flow_factors(&f, P, &mu->value, &nu->value);
  mu->error = 8 * DBL_EPSILON * mu->value, nu->error = 8 * DBL_EPSILON * nu->value;
  return ASSAY_OK;
}

/* ---- fluctuations ---- */

/* The rate at which one step's randomness adds to n Var R: q, or that of the homogenised SDE. */
static double fluctuation(const flow *f, double R, double eta) {
  double P = flow_P(f, R), mu, nu, gamma = f->problem->gamma;
  flow_factors(f, P, &mu, &nu);
  if (f->mistake == DP_SGD_SDE_NOISE) return 4 * eta * eta * R * P * nu;
  double s2 = 2 * P, beta = 2 * R / s2, a = f->problem->c / sqrt(s2);
  double M4 = flow_truncated_moment(4, a), tail0 = 0, tail1 = 0, tail2 = 0; /* a^2 T_2, a^3 T_1, a^4 T_0 */
  double density = exp(-a * a / 2) / sqrt(2 * M_PI);
  if (density > 0) {
    tail0 = a * a * a * a * erfc(a * M_SQRT1_2);
    tail1 = 2 * a * a * a * density;
    tail2 = a * a * (erfc(a * M_SQRT1_2) + 2 * a * density);
  }
  double h2u2 = beta * beta * s2 * s2 * (M4 + tail2) + 2 * R * (1 - beta) * s2 * nu;
  double h3u = beta * s2 * s2 * (M4 + tail1), h4 = s2 * s2 * (M4 + tail0);
  double mean = -2 * eta * mu * R + eta * eta * gamma * nu * P, half = eta * eta * gamma / 2;
  return eta * eta * h2u2 - 2 * eta * half * h3u + half * half * h4 - mean * mean;
}

/* With scheduled noise the variance, too, is kept as if training stopped now: U = v + 4 R r + 2 r^2, r = K
 * eta^2. */
static double variance(double U, double R, double release) {
  return U - 4 * R * release - 2 * release * release;
}

/* y = (Y, U) or (Y). */
static int slope(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  double rate, eta = schedule_eta(&f->problem->eta, flow_time(&f->problem->eta, u, &rate));
  double release = flow_release(f, eta), injection = flow_injection(f, eta), R = y[0] - release;
  out[0] = rate * (flow_slope(f, R, eta) + injection);
  return 0;
}

static int slope_with_variance(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  double rate, eta = schedule_eta(&f->problem->eta, flow_time(&f->problem->eta, u, &rate));
  double release = flow_release(f, eta), injection = flow_injection(f, eta), R = y[0] - release;
  double drift = flow_slope(f, R, eta), v = variance(y[1], R, release);
  out[0] = rate * (drift + injection);
  out[1] = rate * (2 * flow_slope_gradient(f, R, eta).R * v + f->problem->gamma * fluctuation(f, R, eta) +
                   4 * release * drift + 4 * R * injection);
  return 0;
}

/* ---- trajectories ---- */

assay_status flow_follow(const flow *f, const double *t, int count, assay_value *R, assay_value *v,
                         assay_error *error) {
  const schedule *eta = &f->problem->eta;
  int n = v ? 2 : 1;
  ode_problem ode = {.n = n, .f = v ? slope_with_variance : slope, .context = (void *)f};
  double released = flow_release(f, schedule_eta(eta, 0));
  double R0 = f->problem->R0, start[2] = {R0 + released, 4 * R0 * released + 2 * released * released};
  assay_value *rows = malloc((size_t)count * (size_t)n * sizeof *rows);
  assay_status status =
      rows ? flow_solve(f, &ode, flow_stiffness(f, f->drift), start, t, count, rows, NULL, error)
           : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d times", count);
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    const assay_value *y = rows + i * n;
    double release = flow_release(f, schedule_eta(eta, t[i]));
    R[i] = (assay_value){y[0].value - release, y[0].error + 2 * DBL_EPSILON * release};
    if (v)
      v[i] = (assay_value){variance(y[1].value, R[i].value, release), y[1].error + 4 * release * R[i].error};
  }
  free(rows);
  return status;
}

assay_status dp_sgd_trajectory(const dp_sgd_problem *problem, dp_sgd_mistake mistake, const double *t,
                               int count, assay_value *R, assay_value *d_var_R, assay_error *error) {
  flow f;
  assay_status status = flow_make(&f, problem, mistake, 0, error);
  if (status != ASSAY_OK) return status;
  if (d_var_R && !flow_factors_right(mistake))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "fluctuations are derived for the right clip factors and gradient noise only");
  return flow_follow(&f, t, count, R, d_var_R, error);
}

assay_status dp_sgd_final(const dp_sgd_problem *problem, dp_sgd_mistake mistake, dp_sgd_end *end,
                          assay_error *error) {
  flow f;
  assay_status status = flow_make(&f, problem, mistake, 0, error);
  int fluctuates = flow_factors_right(mistake);
  const double last = 1;
  end->d_var_R = (assay_value){NAN, 0};
  if (status == ASSAY_OK)
    status = flow_follow(&f, &last, 1, &end->R, fluctuates ? &end->d_var_R : NULL, error);
  if (status != ASSAY_OK) return status;
  double J = flow_jump(&f);
  end->J = (assay_value){J, 8 * DBL_EPSILON * J};
  end->F = (assay_value){end->R.value + J, end->R.error + end->J.error};
  end->d_var_F =
      (assay_value){end->d_var_R.value + 4 * end->R.value * J + 2 * J * J,
                    end->d_var_R.error + 4 * J * end->R.error + 16 * DBL_EPSILON * J * (end->R.value + J)};
  return ASSAY_OK;
}

/* ---- the privacy accounting ---- */

/* Greatest and least eta_k^2/sum_{j>=k} eta_j^2. */
static void naive_calibration(const schedule *eta, long n, assay_value *most, assay_value *least) {
  double sum = 0, lo = INFINITY, hi = 0;
  for (long k = n; k >= 1; k--) {
    double step = schedule_eta(eta, (double)(k - 1) / (double)n), square = step * step;
    sum += square;
    if (sum > 0) lo = fmin(lo, square / sum), hi = fmax(hi, square / sum);
  }
  *most = (assay_value){hi, 8 * DBL_EPSILON * hi};
  *least = (assay_value){lo, DBL_EPSILON * (double)n * lo};
}

static assay_status steps_of(const dp_sgd_problem *p, int d, long *n, assay_error *error) {
  *n = d >= 1 ? lround(d / p->gamma) : 0;
  return *n >= 1 ? ASSAY_OK
                 : assay_error_set(error, ASSAY_DOMAIN, "d = %d at gamma = %g gives no step", d, p->gamma);
}

assay_status dp_sgd_calibration(const dp_sgd_problem *p, int d, dp_sgd_mistake mistake,
                                assay_value *max_ratio, assay_value *min_ratio, assay_error *error) {
  flow f;
  long n = 0;
  assay_status status = flow_make(&f, p, DP_SGD_RIGHT, 1, error);
  if (status == ASSAY_OK) status = steps_of(p, d, &n, error);
  if (status != ASSAY_OK) return status;
  if (f.K == 0)
    return assay_error_set(error, ASSAY_DOMAIN, "without private noise there is nothing to calibrate");
  *max_ratio = *min_ratio = (assay_value){1, 0};
  if (p->noise == DP_SGD_NAIVE) naive_calibration(&p->eta, n, max_ratio, min_ratio);
  if (p->noise != DP_SGD_OUTPUT) return ASSAY_OK;
  double last = schedule_eta(&p->eta, (double)(n - 1) / (double)n), most = schedule_max(&p->eta);
  if (p->eta.kind == SCHEDULE_CONST) return ASSAY_OK;
  if (mistake == DP_SGD_CALIBRATED_TO_LAST) {
    if (last == 0)
      return assay_error_set(error, ASSAY_DOMAIN, "noise calibrated to a last step of 0 is none");
    *max_ratio = (assay_value){most * most / (last * last), 8 * DBL_EPSILON * most * most / (last * last)};
  } else {
    *min_ratio = (assay_value){last * last / (most * most), 8 * DBL_EPSILON * last * last / (most * most)};
  }
  return ASSAY_OK;
}

assay_status dp_sgd_naive_ratio(const dp_sgd_problem *problem, int d, assay_value *R, assay_value *ratio,
                                assay_error *error) {
  dp_sgd_problem at_every_step = *problem, at_the_end = *problem;
  at_every_step.noise = DP_SGD_NAIVE, at_the_end.noise = DP_SGD_OUTPUT;
  long n = 0;
  flow f;
  dp_sgd_end end;
  const double last = 1;
  assay_status status = dp_sgd_final(&at_the_end, DP_SGD_RIGHT, &end, error);
  if (status == ASSAY_OK) status = steps_of(problem, d, &n, error);
  if (status == ASSAY_OK) status = flow_make(&f, &at_every_step, DP_SGD_RIGHT, (double)n, error);
  if (status == ASSAY_OK) status = flow_follow(&f, &last, 1, R, NULL, error);
  if (status != ASSAY_OK) return status;
  double quotient = R->value / end.F.value;
  *ratio = (assay_value){quotient, quotient * (R->error / R->value + end.F.error / end.F.value)};
  return ASSAY_OK;
}

/* ---- integrals along the trajectory ---- */

/* (the contraction's exponent, the clipped fraction), with the mistakes that belong to them. */
static int integrals(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  double rate, eta = schedule_eta(&f->problem->eta, flow_time(&f->problem->eta, u, &rate)), mu, nu;
  flow_factors(f, flow_P(f, y[0] - flow_release(f, eta)), &mu, &nu);
  double contracts = f->mistake == DP_SGD_LINEAR_RATE ? eta : eta * (2 - eta * f->problem->gamma) / 2;
  out[0] = rate * contracts * mu;
  out[1] = rate * (1 - (f->mistake == DP_SGD_NU_FOR_MU ? nu : mu));
  return 0;
}

/* Integral number `which` between two times. */
static assay_status integral_between(const flow *f, double lo, double hi, int which, assay_value *result,
                                     assay_error *error) {
  ode_problem ode = {.n = 1, .f = slope, .n_quad = 2, .quad = integrals, .context = (void *)f};
  double start = f->problem->R0 + flow_release(f, schedule_eta(&f->problem->eta, 0)), t[2] = {lo, hi};
  assay_value rows[2], quads[4];
  assay_status status = flow_solve(f, &ode, flow_stiffness(f, 1), &start, t, 2, rows, quads, error);
  if (status != ASSAY_OK) return status;
  const assay_value *a = &quads[which], *b = &quads[2 + which];
  *result = (assay_value){b->value - a->value, a->error + b->error};
  return ASSAY_OK;
}

assay_status dp_sgd_contraction(const dp_sgd_problem *problem, double from, dp_sgd_mistake mistake,
                                assay_value *ratio, assay_error *error) {
  flow f;
  assay_value exponent;
  assay_status status = flow_make(&f, problem, mistake, 0, error);
  if (status == ASSAY_OK) status = integral_between(&f, from, 1, 0, &exponent, error);
  if (status != ASSAY_OK) return status;
  double value = exp(-exponent.value);
  *ratio = (assay_value){value, value * (expm1(exponent.error) + 2 * DBL_EPSILON)};
  return isfinite(value)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "a perturbation grows by exp(%g)", -exponent.value);
}

assay_status dp_sgd_clip_fraction(const dp_sgd_problem *problem, double lo, double hi, dp_sgd_mistake mistake,
                                  assay_value *fraction, assay_error *error) {
  flow f;
  assay_value clipped;
  assay_status status = flow_make(&f, problem, mistake, 0, error);
  if (status == ASSAY_OK && !(lo < hi))
    status = assay_error_set(error, ASSAY_DOMAIN, "the window [%g, %g] is empty", lo, hi);
  if (status == ASSAY_OK) status = integral_between(&f, lo, hi, 1, &clipped, error);
  if (status != ASSAY_OK) return status;
  *fraction = (assay_value){clipped.value / (hi - lo), clipped.error / (hi - lo)};
  return ASSAY_OK;
}
