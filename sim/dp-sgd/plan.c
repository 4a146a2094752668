#include <math.h>
#include <stdlib.h>

#include "sim/dp-sgd/path.h"

/* ---- steps and noise ---- */

static assay_status check_noise(const dp_sgd_problem *p, assay_error *error) {
  if (p->noise == DP_SGD_NO_NOISE || isinf(p->rho)) return ASSAY_OK;
  if (isinf(p->c))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "c = inf with rho = %g: without clipping no noise makes the run private; set noise=none or rho=inf",
        p->rho);
  if (p->noise == DP_SGD_SCHEDULED && !schedule_is_nonincreasing(&p->eta))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "scheduled noise needs a schedule that never increases, and the table does");
  return ASSAY_OK;
}

assay_status dp_sgd_check(const dp_sgd_problem *p, long n, long d, assay_error *error) {
  if (n < 1 || d < 1)
    return assay_error_set(error, ASSAY_DOMAIN, "n = %ld and d = %ld; both are at least 1", n, d);
  if (!(p->c > 0)) return assay_error_set(error, ASSAY_DOMAIN, "c = %g; it has to be > 0", p->c);
  if (p->noise != DP_SGD_NO_NOISE && !(p->rho > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "rho = %g; it has to be > 0", p->rho);
  if (!(p->zeta >= 0) || isinf(p->zeta))
    return assay_error_set(error, ASSAY_DOMAIN, "zeta = %g; it has to be finite and >= 0", p->zeta);
  const assay_status status = schedule_check(&p->eta, error);
  return status ? status : check_noise(p, error);
}

void dp_sgd_step_sizes(const schedule *eta_of_t, long n, double *eta) {
  for (long k = 0; k < n; k++) eta[k] = schedule_eta(eta_of_t, (double)k / (double)n) / (double)n;
}

static assay_status scheduled_sd(double release, const double *eta, long n, double *s, assay_error *error) {
  for (long k = 0; k < n; k++) {
    /* Differences of the rounded squares telescope; those of factored squares would not. */
    const double next = k + 1 < n ? eta[k + 1] : 0, drop = eta[k] * eta[k] - next * next;
    if (drop < 0)
      return assay_error_set(error, ASSAY_DOMAIN,
                             "scheduled noise needs steps that never increase; step %ld is %g after %g",
                             k + 2, next, eta[k]);
    s[k] = release * sqrt(drop);
  }
  return ASSAY_OK;
}

assay_status dp_sgd_noise_sd(dp_sgd_noise noise, double C, double rho, const double *eta, long n, double *s,
                             assay_error *error) {
  for (long k = 0; k < n; k++) s[k] = 0;
  if (noise == DP_SGD_NO_NOISE || isinf(rho)) return ASSAY_OK;
  if (!(rho > 0) || !isfinite(C))
    return assay_error_set(error, ASSAY_DOMAIN, "noise for C = %g and rho = %g; C has to be finite, rho > 0",
                           C, rho);
  const double release = 2 * C / rho;
  if (noise == DP_SGD_SCHEDULED) return scheduled_sd(release, eta, n, s, error);
  double most = 0;
  for (long k = 0; k < n; k++) {
    most = fmax(most, eta[k]);
    if (noise == DP_SGD_NAIVE) s[k] = release * eta[k];
  }
  if (noise == DP_SGD_OUTPUT) s[n - 1] = release * most;
  return ASSAY_OK;
}

void dp_sgd_privacy_ratios(double C, double rho, const double *eta, const double *s, long n, double *greatest,
                           double *least) {
  double sum = 0, lost = 0; /* of s_j^2, j >= k, by Kahan's method */
  *greatest = 0;
  *least = INFINITY;
  for (long k = n - 1; k >= 0; k--) {
    const double term = s[k] * s[k] - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
    const double moved = 2 * C * eta[k], ratio = moved > 0 ? moved * moved / (rho * rho * sum) : 0;
    *greatest = fmax(*greatest, ratio);
    *least = fmin(*least, ratio);
  }
}

/* ---- paths ---- */

void *dp_sgd_path_new(const dp_sgd_simulator *simulator, const dp_sgd_plan *plan, size_t bytes,
                      assay_error *error) {
  dp_sgd_path *path = calloc(1, bytes);
  if (!path) {
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the %zu bytes of a simulated path", bytes);
    return NULL;
  }
  path->simulator = simulator;
  path->plan = plan;
  return path;
}

void dp_sgd_path_free(dp_sgd_path *path) {
  free(path);
}

void dp_sgd_path_start(dp_sgd_path *path, const assay_stream *stream) {
  path->stream = *stream;
  path->step = path->clipped = 0;
  path->simulator->start(path);
}

void dp_sgd_path_advance(dp_sgd_path *path, long step) {
  path->simulator->advance(path, step);
  path->step = step;
}

void dp_sgd_path_release(dp_sgd_path *path) {
  if (path->plan->s[path->plan->n - 1] > 0) path->simulator->release(path);
}

double dp_sgd_path_risk(const dp_sgd_path *path) {
  return path->simulator->risk(path);
}

void dp_sgd_path_norms(const dp_sgd_path *path, double *V) {
  path->simulator->norms(path, V);
}

long dp_sgd_path_clipped(const dp_sgd_path *path) {
  return path->clipped;
}
