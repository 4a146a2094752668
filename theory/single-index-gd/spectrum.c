/* The spectral matrix with truncated labels: outlier, edges, threshold; the search phase and the curvature at
 * the truth. */
#include <float.h>
#include <gsl/gsl_math.h>

#include "theory/numerics/root.h"
#include "theory/numerics/spiked.h"
#include "theory/single-index-gd/quadrature.h"
#include "theory/single-index-gd/single-index-gd.h"

assay_status single_index_rule(single_index_link link, bool tail, int nodes, panels *rule,
                               assay_error *error) {
  double cuts[4] = {0}, reach = single_index_reach(link);
  int n = 1;
  if (link.kind != SINGLE_INDEX_QUAD && sqrt(link.M) < SINGLE_INDEX_CUT) cuts[n++] = sqrt(link.M);
  if (link.kind == SINGLE_INDEX_SMOOTH && reach < SINGLE_INDEX_CUT) cuts[n++] = reach;
  if (tail || !(reach < SINGLE_INDEX_CUT)) cuts[n++] = SINGLE_INDEX_CUT;
  assay_status status = panels_make(cuts, n, 4, nodes, rule, error);
  for (int i = 0; status == ASSAY_OK && i < rule->n; i++) rule->w[i] *= 2 * normal_density(rule->x[i]);
  return status;
}

/* ---- laws ---- */

typedef double weight_of(single_index_link link, double g);

static double label(single_index_link link, double g) {
  return single_index_sigma(link, g);
}

static double squared_slope(single_index_link link, double g) {
  double slope = single_index_slope(link, g);
  return slope * slope;
}

static double plain_slope(single_index_link link, double g) {
  return single_index_slope(link, g);
} /* of g > 0 */

/* weight(g) with E[g^2 | .]; the tail beyond the link's reach is an atom, and so is weight 0 with probability
 * 1 - keep. */
static assay_status law_of(single_index_link link, weight_of *weight, double tau, double keep, int nodes,
                           spiked_law *law, assay_error *error) {
  panels rule;
  assay_status status = single_index_rule(link, false, nodes, &rule, error);
  if (status == ASSAY_OK) status = spiked_law_new(rule.n + 2, 1, law, error);
  for (int i = 0; status == ASSAY_OK && i < rule.n; i++) {
    law->z[i] = weight(link, rule.x[i]);
    law->weight[i] = keep * rule.w[i];
    law->c[i] = rule.x[i] * rule.x[i];
  }
  if (status == ASSAY_OK) {
    double a = single_index_reach(link), mass = 2 * normal_tail(a);
    law->tau = tau;
    law->z[rule.n] = isinf(a) ? 0 : weight(link, 2 * a);
    law->weight[rule.n] = keep * mass;
    law->c[rule.n] = mass > 0 ? (2 * a * normal_density(a) + mass) / mass : 0;
    law->weight[rule.n + 1] = 1 - keep;
  }
  panels_free(&rule);
  return status;
}

static assay_status check_truncated(single_index_link link, assay_error *error) {
  if (link.kind == SINGLE_INDEX_QUAD)
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "link=quad has unbounded labels, whose matrix has no edge as n -> inf; use hard or smooth");
  return link.M > 0 && isfinite(link.M)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_DOMAIN, "M = %g; it is finite and > 0", link.M);
}

static assay_status check_delta(double delta, assay_error *error) {
  return delta > 0 && isfinite(delta)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_DOMAIN, "delta = %g; it is finite and > 0", delta);
}

static assay_status label_law(single_index_link link, double keep, int nodes, spiked_law *law,
                              assay_error *error) {
  assay_status status = check_truncated(link, error);
  return status == ASSAY_OK ? law_of(link, label, single_index_supremum(link), keep, nodes, law, error)
                            : status;
}

/* ---- outlier and threshold ---- */

static assay_status bbp_of(const spiked_law *law, double delta, single_index_spectrum *s,
                           assay_error *error) {
  spiked_point edge;
  spiked_outlier o;
  assay_status status = spiked_edge(law, delta, &edge, error);
  if (status == ASSAY_OK) status = spiked_eigenvalue(law, delta, &edge, 1, &o, error);
  if (status == ASSAY_OK)
    *s = (single_index_spectrum){
        o.x,  o.lambda, edge.lambda, o.rho2, SPIKED_EDGE_SHIFT * spiked_edge_scale(law, delta, edge.x.value),
        o.out};
  return status;
}

static assay_status bbp_with(single_index_link link, double delta, double keep, int nodes,
                             single_index_spectrum *s, assay_error *error) {
  spiked_law law = {0};
  assay_status status = label_law(link, keep, nodes, &law, error);
  if (status == ASSAY_OK) status = bbp_of(&law, delta, s, error);
  spiked_law_free(&law);
  return status;
}

assay_status single_index_bbp(single_index_link link, double delta, double keep, single_index_spectrum *s,
                              assay_error *error) {
  single_index_spectrum other;
  assay_status status = check_delta(delta, error);
  if (status == ASSAY_OK && !(keep > 0 && keep <= 1))
    status = assay_error_set(error, ASSAY_DOMAIN, "keep = %g; it is in (0,1]", keep);
  if (status == ASSAY_OK) status = bbp_with(link, delta, keep, SINGLE_INDEX_COARSE, &other, error);
  if (status == ASSAY_OK) status = bbp_with(link, delta, keep, SINGLE_INDEX_FINE, s, error);
  if (status != ASSAY_OK) return status;
  single_index_compare(&s->x, other.x.value);
  single_index_compare(&s->lambda_1, other.lambda_1.value);
  single_index_compare(&s->lambda_2, other.lambda_2.value);
  single_index_compare(&s->q, other.q.value);
  return ASSAY_OK;
}

assay_status single_index_bbp_threshold(single_index_link link, assay_value *delta_c, assay_value *x_c,
                                        assay_error *error) {
  assay_value delta[2], x[2];
  const int nodes[] = {SINGLE_INDEX_COARSE, SINGLE_INDEX_FINE};
  assay_status status = ASSAY_OK;
  for (int i = 0; i < 2 && status == ASSAY_OK; i++) {
    spiked_law law = {0};
    status = label_law(link, 1, nodes[i], &law, error);
    if (status == ASSAY_OK) status = spiked_threshold(&law, 1, &delta[i], &x[i], error);
    spiked_law_free(&law);
  }
  if (status != ASSAY_OK) return status;
  *delta_c = delta[1], *x_c = x[1];
  single_index_compare(delta_c, delta[0].value);
  single_index_compare(x_c, x[0].value);
  return ASSAY_OK;
}

assay_status single_index_density(single_index_link link, double delta, double at, double bin, assay_value *density,
                                  assay_error *error) {
  const int nodes[] = {SINGLE_INDEX_COARSE, SINGLE_INDEX_FINE};
  assay_value found[2];
  assay_status status = check_delta(delta, error);
  for (int i = 0; i < 2 && status == ASSAY_OK; i++) {
    spiked_law law = {0};
    status = law_of(link, label, single_index_supremum(link), 1, nodes[i], &law, error);
    if (status == ASSAY_OK) status = spiked_density(&law, delta, at, bin, &found[i], error);
    spiked_law_free(&law);
  }
  if (status != ASSAY_OK) return status;
  *density = found[1];
  single_index_compare(density, found[0].value);
  return ASSAY_OK;
}

/* ---- delta at a level of q ---- */

typedef struct {
  spiked_law law; /* of the labels; it does not depend on delta */
  double level, eta, p;
} target;

static assay_status excess_q(double delta, void *context, double *y, assay_error *error) {
  const target *t = context;
  single_index_spectrum s;
  assay_status status = bbp_of(&t->law, delta, &s, error);
  if (status == ASSAY_OK) *y = s.q.value - t->level;
  return status;
}

/* The root of an increasing function of delta above the threshold, with the error that the errors of f at it
 * make. Fills in the law. */
static assay_status find_delta(single_index_link link, root_function *f, target *t, double error_of_f,
                               assay_value *delta, assay_error *error) {
  assay_value delta_c, x_c;
  double y = -1, above, below;
  assay_status status = single_index_bbp_threshold(link, &delta_c, &x_c, error);
  if (status == ASSAY_OK) status = label_law(link, 1, SINGLE_INDEX_FINE, &t->law, error);
  double lo = delta_c.value, hi = lo;
  for (int i = 0; i < 60 && y < 0 && status == ASSAY_OK; i++) status = f(hi *= 2, t, &y, error);
  if (status == ASSAY_OK) status = root_find(f, t, lo, hi, 1e-14, delta, error);
  double step = 1e-4 * delta->value;
  if (status == ASSAY_OK) status = f(delta->value + step, t, &above, error);
  if (status == ASSAY_OK) status = f(delta->value - step, t, &below, error);
  if (status == ASSAY_OK) delta->error += error_of_f / fabs((above - below) / (2 * step));
  spiked_law_free(&t->law);
  return status;
}

assay_status single_index_truncated_level(single_index_link link, double level, assay_value *delta,
                                          assay_error *error) {
  if (!(level > 0 && level < 1))
    return assay_error_set(error, ASSAY_DOMAIN, "level = %g of an overlap; it is in (0,1)", level);
  return find_delta(link, excess_q, &(target){.level = level}, 1e-12, delta, error);
}

/* ---- the search phase of the squared loss ---- */

/* What one rounding of an eigenvalue makes of log(1 + eta lambda). */
static assay_value log_growth(double eta, assay_value lambda_of_D) {
  double factor = 2 * eta; /* eigenvalues of A* are twice those of D */
  return (assay_value){log1p(factor * lambda_of_D.value),
                       factor * lambda_of_D.error / (1 + factor * lambda_of_D.value) + DBL_EPSILON};
}

assay_status single_index_search_time(single_index_link link, double delta, double d, double eta, double p,
                                      double eps, single_index_search *search, assay_error *error) {
  single_index_spectrum s;
  if (!(d >= 2 && eta > 0 && p >= 0 && eps > 0 && eps < 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "d = %g, eta = %g, p = %g, eps = %g; d >= 2, eta > 0, p >= 0 and 0 < eps < 1", d,
                           eta, p, eps);
  assay_status status = single_index_bbp(link, delta, 1, &s, error);
  if (status != ASSAY_OK) return status;
  assay_value first = log_growth(eta, s.lambda_1), second = log_growth(eta, s.lambda_2);
  double start = log(eps) + (M_EULER + M_LN2) / 2, way = (p + .5) * log(d) + start,
         relative = first.error / first.value + 4 * DBL_EPSILON;
  double sd = M_PI / (2 * M_SQRT2) / first.value, ratio = second.value / first.value;
  search->T = (assay_value){way / first.value, fabs(way / first.value) * relative};
  search->T_sd = (assay_value){sd, sd * relative};
  search->slope = (assay_value){(p + .5) / first.value, (p + .5) / first.value * relative};
  search->alignment =
      (assay_value){(p + .5) * (1 - ratio) - .5, (p + .5) * ratio * (relative + second.error / second.value)};
  s.lambda_2.value -= s.scale * pow(d, -2 / 3.);
  double at_d = log_growth(eta, s.lambda_2).value / first.value;
  search->gain =
      (assay_value){(search->alignment.value + .5) * log(d) + (1 - ratio) * start + (ratio - at_d) * way,
                    fabs(way) * ratio * (relative + second.error / second.value)};
  search->q = s.q;
  return ASSAY_OK;
}

static assay_status alignment_at(double delta, void *context, double *y, assay_error *error) {
  const target *t = context;
  single_index_spectrum s;
  assay_status status = bbp_of(&t->law, delta, &s, error);
  if (status == ASSAY_OK)
    *y = (t->p + .5) * (1 - log_growth(t->eta, s.lambda_2).value / log_growth(t->eta, s.lambda_1).value) - .5;
  return status;
}

assay_status single_index_alignment_threshold(single_index_link link, double eta, double p,
                                              assay_value *delta, assay_error *error) {
  if (!(p > 0 && eta > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "p = %g, eta = %g; both are > 0", p, eta);
  return find_delta(link, alignment_at, &(target){.eta = eta, .p = p}, 1e-12, delta, error);
}

/* ---- the curvature at the truth ---- */

/* Of sigma'^2: 4 s up to s = M, and 4 s (2 - s/M)^2 from there to 2M decreases. The quadratic link's is that
 * of its rule. */
static double slope_supremum(single_index_link link) {
  return link.kind == SINGLE_INDEX_QUAD ? 4 * SINGLE_INDEX_CUT * SINGLE_INDEX_CUT : 4 * link.M;
}

static assay_status curvature_with(single_index_link link, double delta, bool plain, int nodes,
                                   assay_value *lambda_min, double *scale, assay_error *error) {
  spiked_law law = {0};
  spiked_point edge;
  double tau = slope_supremum(link);
  assay_status status =
      law_of(link, plain ? plain_slope : squared_slope, plain ? sqrt(tau) : tau, 1, nodes, &law, error);
  if (status == ASSAY_OK && isinf(delta)) {
    *lambda_min = (assay_value){0, 0}, *scale = 0;
    for (int i = 0; i < law.n; i++) lambda_min->value += law.weight[i] * law.z[i];
  } else if (status == ASSAY_OK) {
    status = spiked_left_edge(&law, delta, &edge, error);
    if (status == ASSAY_OK)
      *lambda_min = edge.lambda, *scale = SPIKED_EDGE_SHIFT * spiked_edge_scale(&law, delta, edge.x.value);
  }
  spiked_law_free(&law);
  return status;
}

assay_status single_index_curvature_at_truth(single_index_link link, double delta,
                                             single_index_mistake mistake, assay_value *lambda_min,
                                             double *scale, assay_error *error) {
  assay_value other;
  double shift;
  bool plain = mistake == SINGLE_INDEX_PLAIN_SLOPE;
  if (!(delta > 0)) return assay_error_set(error, ASSAY_DOMAIN, "delta = %g; it is > 0", delta);
  assay_status status = link.kind == SINGLE_INDEX_QUAD ? ASSAY_OK : check_truncated(link, error);
  if (status == ASSAY_OK)
    status = curvature_with(link, delta, plain, SINGLE_INDEX_COARSE, &other, &shift, error);
  if (status == ASSAY_OK)
    status = curvature_with(link, delta, plain, SINGLE_INDEX_FINE, lambda_min, &shift, error);
  if (status == ASSAY_OK) single_index_compare(lambda_min, other.value);
  if (status == ASSAY_OK && scale) *scale = shift;
  return status;
}
