#include "theory/dp-sgd/flow.h"

#include <float.h>
#include <gsl/gsl_sf_expint.h>
#include <math.h>
#include <stdlib.h>

#include "model/clipping.h"
#include "theory/numerics/gsl.h"

#define PHI0 0.398942280401432677939946059934 /* phi(0) */
#define UNCLIPPED 38. /* phi(a) and erfc(a/sqrt 2) are below the smallest number from here on */
#define STIFF 2000.   /* a rate for which Adams takes as many steps as BDF */

/* ---- the problem ---- */

static assay_status check_numbers(const dp_sgd_problem *p, assay_error *error) {
  if (!(p->gamma > 0) || !isfinite(p->gamma))
    return assay_error_set(error, ASSAY_DOMAIN, "gamma = %g; d/n is finite and > 0", p->gamma);
  if (!(p->c > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "c = %g; the clipping threshold is > 0 (inf: none)", p->c);
  if (!(p->zeta > 0) || !isfinite(p->zeta))
    return assay_error_set(error, ASSAY_DOMAIN, "zeta = %g; the label noise is finite and > 0", p->zeta);
  if (!(p->R0 >= 0) || !isfinite(p->R0))
    return assay_error_set(error, ASSAY_DOMAIN, "R0 = %g; the risk at the start is finite and >= 0", p->R0);
  if (p->noise != DP_SGD_NO_NOISE && !(p->rho > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "rho = %g; the privacy parameter is > 0 (inf: no privacy)",
                           p->rho);
  return schedule_check(&p->eta, error);
}

static double privacy_constant(const dp_sgd_problem *p, dp_sgd_mistake mistake) {
  if (p->noise == DP_SGD_NO_NOISE || isinf(p->rho) || mistake == DP_SGD_K_ZERO) return 0;
  double K = 2 * p->gamma * p->gamma * p->c * p->c / (p->rho * p->rho);
  if (mistake == DP_SGD_SENSITIVITY_C) return K / 4;
  if (mistake == DP_SGD_K_GAMMA) return K / p->gamma;
  return K;
}

assay_status flow_make(flow *f, const dp_sgd_problem *p, dp_sgd_mistake mistake, double steps,
                       assay_error *error) {
  assay_status status = check_numbers(p, error);
  if (status != ASSAY_OK) return status;
  *f = (flow){p, mistake, privacy_constant(p, mistake), 1, 1, steps};
  if (!isfinite(f->K))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "c = %g at rho = %g: steps without a bound cannot be made private; set c, or rho = inf", p->c,
        p->rho);
  if (p->noise == DP_SGD_NAIVE && f->K > 0 && steps == 0)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "noise of full size at every step costs a factor n: it has no limit");
  if (p->noise == DP_SGD_SCHEDULED && !schedule_is_nonincreasing(&p->eta))
    return assay_error_set(error, ASSAY_DOMAIN, "scheduled noise needs a step size that never increases");
  return ASSAY_OK;
}

/* ---- clip factors ---- */

double flow_P(const flow *f, double R) {
  if (f->mistake == DP_SGD_NO_ZETA) return fmax(R, DBL_MIN);
  return fmax(R, 0) + f->problem->zeta * f->problem->zeta / 2;
}

/* E min(1, c/|r|). */
static double naive_mu(double a) {
  double x = a * a / 2;
  gsl_sf_result e1;
  numerics_quiet_gsl();
  int code = x < 700 ? gsl_sf_expint_E1_e(x, &e1) : 1;
  return erf(a * M_SQRT1_2) + (code == 0 ? a * PHI0 * e1.val : 0);
}

void flow_factors(const flow *f, double P, double *mu, double *nu) {
  double c = f->problem->c;
  *mu = clipping_mu(c, P), *nu = clipping_nu(c, P);
  switch (f->mistake) {
  case DP_SGD_NAIVE_MU:
    *mu = naive_mu(c / sqrt(2 * P));
    break;
  case DP_SGD_RESIDUAL_P:
    *mu = clipping_mu(c, P / 2);
    break;
  case DP_SGD_NU_ONE:
    *nu = 1;
    break;
  case DP_SGD_NU_MU2:
    *nu = *mu * *mu;
    break;
  case DP_SGD_UNCLIPPED:
    *mu = *nu = 1;
    break;
  default:
    break;
  }
}

int flow_factors_right(dp_sgd_mistake m) {
  return m < DP_SGD_NAIVE_MU || m > DP_SGD_HALF_NOISE;
}

/* ---- the right-hand side ---- */

double flow_slope(const flow *f, double R, double eta) {
  double P = flow_P(f, R), mu, nu;
  flow_factors(f, P, &mu, &nu);
  double noise = f->noise * eta * eta * f->problem->gamma * nu * P;
  return -2 * eta * mu * f->drift * R + (f->mistake == DP_SGD_HALF_NOISE ? noise / 2 : noise);
}

double flow_release(const flow *f, double eta) {
  return f->problem->noise == DP_SGD_SCHEDULED && f->mistake != DP_SGD_NOT_TELESCOPED ? f->K * eta * eta : 0;
}

double flow_injection(const flow *f, double eta) {
  if (f->problem->noise == DP_SGD_NAIVE) return f->steps * f->K * eta * eta;
  return f->problem->noise == DP_SGD_SCHEDULED && f->mistake == DP_SGD_NOT_TELESCOPED ? f->K * eta * eta : 0;
}

double flow_jump(const flow *f) {
  const schedule *s = &f->problem->eta;
  double last = schedule_eta(s, 1), most = f->mistake == DP_SGD_CALIBRATED_TO_LAST ? last : schedule_max(s);
  if (f->problem->noise == DP_SGD_OUTPUT) return f->K * most * most;
  return f->problem->noise == DP_SGD_SCHEDULED ? f->K * last * last : 0;
}

/* 2 phi(0) a^(p+1) sum_k (-a^2/2)^k/(k! (2k+p+1)): the closed forms cancel for small a. */
static double moment_series(int p, double a) {
  double term = 1, sum = 0;
  for (int k = 0; k < 20; k++) {
    sum += term / (2 * k + p + 1);
    term *= -a * a / 2 / (k + 1);
  }
  return 2 * PHI0 * pow(a, p + 1) * sum;
}

double flow_truncated_moment(int p, double a) {
  if (a > UNCLIPPED) return p == 2 ? 1 : 3;
  if (a < 1) return moment_series(p, a);
  double density = PHI0 * exp(-a * a / 2), second = erf(a * M_SQRT1_2) - 2 * a * density;
  return p == 2 ? second : 3 * second - 2 * a * a * a * density;
}

flow_gradient flow_slope_gradient(const flow *f, double R, double eta) {
  const dp_sgd_problem *p = f->problem;
  double P = flow_P(f, R), mu, nu, sd = sqrt(2 * P), a = p->c / sd;
  flow_factors(f, P, &mu, &nu);
  int clips = a < UNCLIPPED;
  double density = clips ? PHI0 * exp(-a * a / 2) : 0;
  double mu_P = clips ? -a * density / P : 0, mu_c = 2 * density / sd;
  double nu_c = clips ? 2 * a * erfc(a * M_SQRT1_2) / sd : 0; /* and d(nu P)/dP = M_2(a) */
  double eta2_gamma = eta * eta * p->gamma;
  return (flow_gradient){.R = -2 * eta * (mu + R * mu_P) + eta2_gamma * flow_truncated_moment(2, a),
                         .eta = -2 * mu * R + 2 * eta * p->gamma * nu * P,
                         .c = -2 * eta * R * mu_c + eta2_gamma * P * nu_c};
}

/* ---- the clock ---- */

double flow_time(const schedule *s, double u, double *rate) {
  switch (s->kind) {
  case SCHEDULE_SQRT:
    *rate = 2 * (1 - u);
    return u * (2 - u);
  case SCHEDULE_TABLE:
    *rate = 2 * u;
    return u * u;
  default:
    *rate = 1;
    return u;
  }
}

double flow_clock(const schedule *s, double t) {
  switch (s->kind) {
  case SCHEDULE_SQRT:
    return t / (1 + sqrt(1 - t)); /* 1 - sqrt(1-t) without cancellation */
  case SCHEDULE_TABLE:
    return sqrt(t);
  default:
    return t;
  }
}

double flow_stiffness(const flow *f, double largest_lam) {
  double zeta = f->problem->zeta, mu, nu, most = 0;
  flow_factors(f, f->mistake == DP_SGD_NO_ZETA ? DBL_MIN : zeta * zeta / 2, &mu, &nu);
  for (int i = 1; i <= 64; i++) most = fmax(most, i / 64. * schedule_eta(&f->problem->eta, i / 64.));
  return 2 * mu * largest_lam * most;
}

/* ---- integration ---- */

typedef struct {
  double u;
  int place; /* in the caller's order */
} output_time;

static int earlier(const void *a, const void *b) {
  const output_time *x = a, *y = b;
  return (x->u > y->u) - (x->u < y->u);
}

static assay_status sort_times(const schedule *s, const double *t, int count, output_time *order,
                               double *clock, assay_error *error) {
  for (int i = 0; i < count; i++) {
    if (!(t[i] >= 0 && t[i] <= 1))
      return assay_error_set(error, ASSAY_DOMAIN, "t = %g lies outside [0,1]", t[i]);
    order[i] = (output_time){flow_clock(s, t[i]), i};
  }
  qsort(order, (size_t)count, sizeof *order, earlier);
  for (int i = 0; i < count; i++) clock[i] = order[i].u;
  return ASSAY_OK;
}

static void unsort(const output_time *order, int count, int width, const assay_value *sorted,
                   assay_value *out) {
  for (int i = 0; i < count && out; i++)
    for (int k = 0; k < width; k++) out[order[i].place * width + k] = sorted[i * width + k];
}

assay_status flow_solve(const flow *f, ode_problem *ode, double stiffness, const double *y0, const double *t,
                        int count, assay_value *rows, assay_value *quads, assay_error *error) {
  ode->method = stiffness > STIFF ? ODE_BDF : ODE_ADAMS;
  ode->rtol = FLOW_RTOL, ode->atol = FLOW_ATOL;
  size_t n = (size_t)count, width = (size_t)(ode->n + ode->n_quad);
  output_time *order = malloc(n * sizeof *order);
  double *clock = malloc(n * sizeof *clock);
  assay_value *sorted = malloc(n * width * sizeof *sorted);
  assay_status status = order && clock && sorted
                            ? sort_times(&f->problem->eta, t, count, order, clock, error)
                            : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d output times", count);
  if (status == ASSAY_OK) {
    assay_value *sorted_quads = sorted + n * (size_t)ode->n;
    status = ode_solve_values(ode, 0, y0, clock, count, sorted, sorted_quads, error);
    if (status == ASSAY_OK) unsort(order, count, ode->n, sorted, rows);
    if (status == ASSAY_OK) unsort(order, count, ode->n_quad, sorted_quads, quads);
  }
  free(order), free(clock), free(sorted);
  return status;
}
