/* Where spherical gradient descent with a truncated student ends. */
#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multiroots.h>

#include "theory/numerics/gsl.h"
#include "theory/numerics/panels.h"
#include "theory/numerics/truncated.h"
#include "theory/single-index-gd/quadrature.h"
#include "theory/single-index-gd/single-index-gd.h"

typedef struct {
  double f2, gf, fz, fz2, uf; /* E f^2, E g f, E f_z, E f_z^2, E u f */
} averages;

typedef struct {
  single_index_link link;
  double delta;
  single_index_mistake mistake;
  panels g, u; /* smooth: u too */
} cavity;

/* ---- averages at (m, gamma) ---- */

/* hard, given g: u = z/k below sqrt M k, k = 1 - 2 gamma y; from there u sticks to sqrt M until |z| reaches
 * it. */
static void add_hard(const cavity *c, double m, double gamma, double g, double w, averages *sum) {
  double root = sqrt(c->link.M), y = single_index_sigma(c->link, g), k = 1 - 2 * gamma * y, a = root * k,
         sd = sqrt(1 - m * m);
  double in[3], up[3], down[3];
  truncated_moments(m * g, sd, -a, a, 2, in);
  truncated_moments(m * g, sd, a, root, 2, up);
  truncated_moments(m * g, sd, -root, -a, 2, down);
  double first = (root * up[0] - up[1] - root * down[0] - down[1]) / gamma,
         first_abs = (root * up[0] - up[1] + root * down[0] + down[1]) / gamma;
  double second =
      (c->link.M * (up[0] + down[0]) - 2 * root * (up[1] - down[1]) + up[2] + down[2]) / (gamma * gamma);
  double slope = 2 * y / k, stuck = up[0] + down[0];
  sum->f2 += w * (slope * slope * in[2] + second);
  sum->gf += w * g * (slope * in[1] + first);
  sum->fz += w * (slope * in[0] - (c->mistake == SINGLE_INDEX_NO_KINK ? 0 : stuck / gamma));
  sum->fz2 += w * (slope * slope * in[0] + stuck / (gamma * gamma));
  sum->uf += w * (slope / k * in[2] + root * first_abs);
}

/* smooth, given g: over u, with z = u - gamma f(u) and dz = J du. */
static void add_smooth(const cavity *c, double m, double gamma, double g, double w, averages *sum) {
  double y = single_index_sigma(c->link, g), sd = sqrt(1 - m * m), mean = m * g;
  for (int i = 0; i < c->u.n; i++) {
    double u = c->u.x[i], f = y * single_index_slope(c->link, u),
           bend = y * single_index_curvature(c->link, u);
    double z = (u - gamma * f - mean) / sd, J = 1 - gamma * bend, p = w * c->u.w[i] * normal_density(z) / sd;
    sum->f2 += p * J * f * f;
    sum->gf += p * J * g * f;
    sum->fz += p * bend;
    sum->fz2 += p * bend * bend / J;
    sum->uf += p * J * u * f;
  }
}

static averages averages_at(const cavity *c, double m, double gamma) {
  averages sum = {0};
  for (int i = 0; i < c->g.n; i++) {
    if (c->g.w[i] < 1e-30) continue;
    if (c->link.kind == SINGLE_INDEX_HARD)
      add_hard(c, m, gamma, c->g.x[i], c->g.w[i], &sum);
    else
      add_smooth(c, m, gamma, c->g.x[i], c->g.w[i], &sum);
  }
  return sum;
}

/* ---- the two equations ---- */

static double share_of(double logit) {
  return 1 / (1 + exp(-logit));
}
static double logit_of(double share) {
  return log(share / (1 - share));
}

static double gamma_of(const cavity *c, double logit) {
  return share_of(logit) / (2 * single_index_supremum(c->link));
}

static int residuals(const gsl_vector *x, void *context, gsl_vector *out) {
  const cavity *c = context;
  double m = share_of(gsl_vector_get(x, 0)), gamma = gamma_of(c, gsl_vector_get(x, 1));
  averages e = averages_at(c, m, gamma);
  gsl_vector_set(out, 0, gamma * c->delta * (e.gf / m - e.fz) - 1);
  gsl_vector_set(out, 1, gamma * gamma * c->delta * e.f2 - (1 - m * m));
  return isfinite(gsl_vector_get(out, 0) + gsl_vector_get(out, 1)) ? GSL_SUCCESS : GSL_EBADFUNC;
}

static assay_status solve(cavity *c, const double *start, single_index_flow_end *end, assay_error *error) {
  gsl_multiroot_function f = {residuals, 2, c};
  gsl_multiroot_fsolver *solver = gsl_multiroot_fsolver_alloc(gsl_multiroot_fsolver_hybrids, 2);
  gsl_vector_const_view x0 = gsl_vector_const_view_array(start, 2);
  if (!solver) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a solver");
  int code = gsl_multiroot_fsolver_set(solver, &f, &x0.vector);
  double least = INFINITY;
  for (int i = 0; i < 100 && code == GSL_SUCCESS; i++) {
    code = gsl_multiroot_fsolver_iterate(solver);
    double size = hypot(gsl_vector_get(solver->f, 0), gsl_vector_get(solver->f, 1));
    if (size < 1e-14 || (i > 12 && !(size < least))) break;
    least = fmin(size, least);
  }
  double m = share_of(gsl_vector_get(solver->x, 0)), gamma = gamma_of(c, gsl_vector_get(solver->x, 1));
  double left = hypot(gsl_vector_get(solver->f, 0), gsl_vector_get(solver->f, 1));
  gsl_multiroot_fsolver_free(solver);
  if (!(left < 1e-11))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "the cavity equations were not solved at delta = %.10g: residual %.3g at m = "
                           "%.6g; delta may be too small for this link",
                           c->delta, left, m);
  averages e = averages_at(c, m, gamma);
  double mu = e.gf / m, loose = 1e-11 + left;
  *end = (single_index_flow_end){{m, loose * (1 - m * m)},         {m * m, loose * (1 - m * m)},
                                 {gamma, loose * gamma},           {mu, loose * mu},
                                 c->delta * gamma * gamma * e.fz2, e.uf};
  return ASSAY_OK;
}

static assay_status flow_with(single_index_link link, double delta, single_index_mistake mistake,
                              const double *start, int nodes, single_index_flow_end *end,
                              assay_error *error) {
  cavity c = {.link = link, .delta = delta, .mistake = mistake};
  double root = sqrt(link.M), reach = single_index_reach(link), cuts[] = {-reach, -root, 0, root, reach};
  assay_status status = single_index_rule(link, true, nodes, &c.g, error);
  if (status == ASSAY_OK && link.kind == SINGLE_INDEX_SMOOTH)
    status = panels_make(cuts, 5, 2, nodes, &c.u, error);
  if (status == ASSAY_OK) status = solve(&c, start, end, error);
  panels_free(&c.g);
  panels_free(&c.u);
  return status;
}

assay_status single_index_flow(single_index_link link, double delta, single_index_mistake mistake,
                               single_index_flow_end *end, assay_error *error) {
  single_index_spectrum s;
  single_index_flow_end other;
  numerics_quiet_gsl();
  assay_status status = single_index_bbp(link, delta, 1, &s, error);
  if (status != ASSAY_OK) return status;
  double share = single_index_supremum(link) / s.x.value; /* 2 gamma y_max at gamma = 1/(2x) */
  double start[] = {logit_of(sqrt(fmax(s.q.value, .3))), logit_of(fmin(share, .95))};
  status = flow_with(link, delta, mistake, start, 32, &other, error);
  start[0] = logit_of(other.m.value),
  start[1] = logit_of(2 * other.gamma.value * single_index_supremum(link));
  if (status == ASSAY_OK) status = flow_with(link, delta, mistake, start, 64, end, error);
  if (status == ASSAY_OK && !(end->stability < 1) && mistake == SINGLE_INDEX_RIGHT)
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "the informative stationary point is unstable at delta = %.6g: delta gamma^2 E f_z^2 = %.4g", delta,
        end->stability);
  if (status != ASSAY_OK) return status;
  single_index_compare(&end->m, other.m.value);
  single_index_compare(&end->q, other.q.value);
  single_index_compare(&end->gamma, other.gamma.value);
  single_index_compare(&end->mu, other.mu.value);
  return ASSAY_OK;
}

/* ---- large delta ---- */

static assay_status constant_with(single_index_link link, single_index_mistake mistake, int nodes, double *C,
                                  assay_error *error) {
  panels rule;
  double noise = 0, drift = 0, root = sqrt(link.M);
  assay_status status = single_index_rule(link, true, nodes, &rule, error);
  for (int i = 0; status == ASSAY_OK && i < rule.n; i++) {
    double g = rule.x[i], y = single_index_sigma(link, g), slope = single_index_slope(link, g);
    noise += rule.w[i] * y * y * slope * slope;
    drift += rule.w[i] * y * (g * slope - single_index_curvature(link, g));
  }
  if (link.kind == SINGLE_INDEX_HARD && mistake != SINGLE_INDEX_NO_KINK)
    drift += 4 * link.M * root * normal_density(root);
  *C = noise / (drift * drift);
  if (status == ASSAY_OK) panels_free(&rule);
  return status;
}

assay_status single_index_flow_constant(single_index_link link, single_index_mistake mistake, assay_value *C,
                                        assay_error *error) {
  double other;
  if (link.kind != SINGLE_INDEX_QUAD && !(link.M > 0 && isfinite(link.M)))
    return assay_error_set(error, ASSAY_DOMAIN, "M = %g; it is finite and > 0", link.M);
  assay_status status = constant_with(link, mistake, SINGLE_INDEX_COARSE, &other, error);
  if (status == ASSAY_OK) status = constant_with(link, mistake, SINGLE_INDEX_FINE, &C->value, error);
  C->error = 32 * DBL_EPSILON * C->value + fabs(C->value - other);
  return status;
}
