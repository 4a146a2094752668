/* State evolution of separable penalties under interpolation, and the stages chained by it. */
#include <float.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "theory/finetune-diagonal/finetune-diagonal.h"
#include "theory/numerics/gsl.h"

/* ---- the channel of one class ---- */

enum { UNIFORM_EDGES = 21, KNEE_STEPS = 8, MOST_EDGES = UNIFORM_EDGES + 2 * (2 * KNEE_STEPS + 1) };

/* eta solves h = beta* + tau g. In place of g the integrals run over u = s - s0, where eta = kappa sinh s and
 * s0 belongs to g = 0: h(s0 + u) - beta* is then known to its own relative precision, however narrow tau. */
typedef struct {
  double beta, kappa, a0, zeta, s0, sinh0, cosh0;
} channel;

/* The root s of kappa sinh s + zeta s = T: Newton from an upper bound of a convex function. */
static double invert(double T, double kappa, double zeta) {
  double target = fabs(T), s = fmin(asinh(target / kappa), target / zeta);
  for (int i = 0; i < 100; i++) {
    double step = (kappa * sinh(s) + zeta * s - target) / (kappa * cosh(s) + zeta);
    s -= step;
    if (fabs(step) <= 4 * DBL_EPSILON * s) break;
  }
  return copysign(s, T);
}

static channel make_channel(const finetune_diagonal_class *k, double zeta) {
  channel c = {.beta = k->beta, .kappa = k->kappa, .a0 = asinh(k->beta0 / k->kappa), .zeta = zeta};
  c.s0 = invert(c.beta + zeta * c.a0, c.kappa, zeta);
  c.sinh0 = sinh(c.s0), c.cosh0 = cosh(c.s0);
  return c;
}

/* h(s0 + u) - beta*, with kappa sinh and kappa cosh of s0 + u. */
static double deviation(const channel *c, double u, double *k_sinh, double *k_cosh) {
  double e = exp(c->s0 + u), inverse = 1 / e;
  *k_sinh = c->kappa * 0.5 * (e - inverse), *k_cosh = c->kappa * 0.5 * (e + inverse);
  if (fabs(u) >= 0.5) return *k_sinh + c->zeta * (c->s0 + u - c->a0) - c->beta;
  double half = sinh(u / 2), sinh_u = 2 * half * sqrt(1 + half * half);
  return c->kappa * (2 * half * half * c->sinh0 + sinh_u * c->cosh0) + c->zeta * u;
}

/* u with h - beta* = H, to the precision an edge of integration needs. */
static double edge(const channel *c, double H) {
  double T = c->beta + H + c->zeta * c->a0,
         s = copysign(fmin(asinh(fabs(T) / c->kappa), fabs(T) / c->zeta), T);
  double slack = 1e-9 * (1 + fabs(c->s0)), far = H / c->zeta;
  double lo = H > 0 ? 0 : fmax(far, fmin(-c->s0, s - c->s0)) - slack;
  double hi = H > 0 ? fmin(far, fmax(-c->s0, s - c->s0)) + slack : 0, u = 0.5 * (lo + hi), k_sinh, k_cosh;
  for (int i = 0; i < 60; i++) {
    double excess = deviation(c, u, &k_sinh, &k_cosh) - H;
    if (excess > 0)
      hi = u;
    else
      lo = u;
    double next = u - excess / (k_cosh + c->zeta);
    if (!(next > lo && next < hi)) next = 0.5 * (lo + hi);
    if (fabs(next - u) <= 1e-4 * (hi - lo) || fabs(next - u) <= 1e-6 * fabs(u)) return next;
    u = next;
  }
  return u;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* How finely a law is resolved: edges uniform in h (at most 21), steps about the knee (at most 8), nodes of
 * Gauss-Legendre in a panel, and how many tau are covered. */
typedef struct {
  int uniform, knee, nodes;
  double reach;
} resolution;

static const resolution fine = {21, 8, 16, 9.5}, checking = {21, 8, 12, 9.5}, coarse = {9, 3, 6, 7};

/* Edges of panels in u: uniform in h, and unit steps about the knee asinh(zeta/kappa) of eta. */
static int panels(const channel *c, double tau, const resolution *r, double *edges) {
  double knee = asinh(c->zeta / c->kappa);
  int count = 0;
  for (int i = 0; i < r->uniform; i++) {
    double H = r->reach * tau * (2. * i / (r->uniform - 1) - 1);
    edges[count++] = 2 * i == r->uniform - 1 ? 0 : edge(c, H);
  }
  double lo = edge(c, -r->reach * tau), hi = edge(c, r->reach * tau);
  for (int j = -r->knee; j <= r->knee; j++)
    for (int side = -1; side <= 1; side += 2) {
      double u = side * (knee + j) - c->s0;
      if (u > lo && u < hi) edges[count++] = u;
    }
  qsort(edges, (size_t)count, sizeof *edges, ascending);
  return count;
}

typedef void at_node(void *context, const channel *c, double u, double k_sinh, double k_cosh,
                     double deviation, double probability);

/* Calls visit at the nodes of the law of u; the probabilities sum to 1. */
static void integrate(const channel *c, double tau, const resolution *r,
                      const gsl_integration_glfixed_table *rule, at_node *visit, void *context) {
  double edges[MOST_EDGES], k_sinh, k_cosh;
  int count = panels(c, tau, r, edges);
  for (int p = 0; p + 1 < count; p++)
    for (int i = 0; edges[p + 1] > edges[p] && i < r->nodes; i++) {
      double u, w;
      gsl_integration_glfixed_point(edges[p], edges[p + 1], (size_t)i, &u, &w, rule);
      double h = deviation(c, u, &k_sinh, &k_cosh), g = h / tau;
      double density = exp(-g * g / 2) / (tau * sqrt(2 * M_PI));
      visit(context, c, u, k_sinh, k_cosh, h, w * density * (k_cosh + c->zeta));
    }
}

typedef struct {
  double square, slope; /* E (eta - beta*)^2, E eta' */
} moments;

static void add_moments(void *context, const channel *c, double u, double k_sinh, double k_cosh, double h,
                        double probability) {
  moments *m = context;
  /* eta - beta* = h - beta* - zeta (s - a0): no cancellation where eta is near a teacher that is not 0. */
  double miss = c->beta == 0 ? k_sinh : h - c->zeta * (c->s0 + u - c->a0);
  m->square += miss * miss * probability;
  m->slope += k_cosh / (k_cosh + c->zeta) * probability;
}

/* ---- the equations ---- */

typedef struct {
  const finetune_diagonal_class *classes;
  int count;
  double alpha, s2, ridge;
  double divisor; /* of s2 + E in tau^2: alpha, but for a mistake */
  double slope;   /* what E eta' has to be: alpha, but for a mistake */
  const resolution *resolution;
  gsl_integration_glfixed_table *rule[3]; /* of fine, checking, coarse */
} equations;

static const resolution *const resolutions[] = {&fine, &checking, &coarse};

static const gsl_integration_glfixed_table *rule_of(const equations *q) {
  for (int i = 0; i < 3; i++)
    if (q->resolution == resolutions[i]) return q->rule[i];
  return NULL;
}

/* residual[0]: E eta'/slope - 1 + ridge/(slope zeta); residual[1]: log((s2 + E)/divisor) - 2 log tau. */
static double residuals(const equations *q, double log_tau, double log_zeta, double residual[2]) {
  double tau = exp(log_tau), zeta = exp(log_zeta);
  moments all = {0, 0};
  for (int i = 0; i < q->count; i++) {
    moments one = {0, 0};
    if (q->classes[i].weight < 1e-16) continue;
    channel c = make_channel(&q->classes[i], zeta);
    integrate(&c, tau, q->resolution, rule_of(q), add_moments, &one);
    all.square += q->classes[i].weight * one.square, all.slope += q->classes[i].weight * one.slope;
  }
  residual[0] = all.slope / q->slope - 1 + q->ridge / (q->slope * zeta);
  residual[1] = log((q->s2 + all.square) / q->divisor) - 2 * log_tau;
  return all.square;
}

/* log zeta with residual[0] = 0 at log_tau, from a guess; residual[0] falls with zeta. False: none in
 * e^+-200. */
static int solve_zeta(const equations *q, double log_tau, double *log_zeta, double residual[2]) {
  double x = *log_zeta, lo = -INFINITY, hi = INFINITY, f_lo = 0, f_hi = 0, step = 0.5;
  for (int i = 0; i < 200 && fabs(x) < 500; i++) {
    residuals(q, log_tau, x, residual);
    if (fabs(residual[0]) < 1e-6) break;
    if (residual[0] > 0)
      lo = x, f_lo = residual[0];
    else
      hi = x, f_hi = residual[0];
    if (isinf(lo))
      x -= step, step *= 2;
    else if (isinf(hi))
      x += step, step *= 2;
    else if (hi - lo < 1e-6)
      break;
    else {
      double secant = (lo * f_hi - hi * f_lo) / (f_hi - f_lo), margin = 0.1 * (hi - lo);
      x = i % 3 == 2 ? 0.5 * (lo + hi) : fmin(fmax(secant, lo + margin * 0.1), hi - margin * 0.1);
    }
  }
  *log_zeta = x;
  return fabs(x) < 500 && fabs(residual[0]) < 1e-2;
}

/* A point near the root, with the coarse law: the outer residual is positive at small tau, negative at large.
 */
static assay_status locate(const equations *q, double *log_tau, double *log_zeta, assay_error *error) {
  double scale = 0, x, lo = -INFINITY, hi = INFINITY, residual[2] = {0, 0};
  for (int i = 0; i < q->count; i++) {
    const finetune_diagonal_class *k = &q->classes[i];
    scale += k->weight * (k->beta * k->beta + k->beta0 * k->beta0);
  }
  x = 0.5 * log((q->s2 + 4 * scale) / q->divisor);
  *log_zeta = x;
  for (int i = 0; i < 400 && x > -350; i++) {
    if (!solve_zeta(q, x, log_zeta, residual))
      return assay_error_set(error, ASSAY_NUMERIC, "state evolution: no zeta at tau = %.6g", exp(x));
    if (fabs(residual[1]) < 1e-4) break;
    if (residual[1] > 0)
      lo = x;
    else
      hi = x;
    if (isinf(lo))
      x -= 1;
    else if (isinf(hi))
      x += 1;
    else if (hi - lo < 1e-4)
      break;
    else
      x = 0.5 * (lo + hi);
  }
  *log_tau = x;
  if (!(x > -350))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "state evolution: E falls below %.3g, as if it recovered exactly", exp(-700));
  return ASSAY_OK;
}

/* d residual/d(log tau, log zeta) by central differences. */
static void jacobian(const equations *q, double x, double y, double J[2][2]) {
  const double step = 1e-4;
  double plus[2], minus[2];
  residuals(q, x + step, y, plus), residuals(q, x - step, y, minus);
  for (int i = 0; i < 2; i++) J[i][0] = (plus[i] - minus[i]) / (2 * step);
  residuals(q, x, y + step, plus), residuals(q, x, y - step, minus);
  for (int i = 0; i < 2; i++) J[i][1] = (plus[i] - minus[i]) / (2 * step);
}

static void newton_step(double J[2][2], const double r[2], double step[2]) {
  double det = J[0][0] * J[1][1] - J[0][1] * J[1][0];
  step[0] = -(J[1][1] * r[0] - J[0][1] * r[1]) / det;
  step[1] = -(J[0][0] * r[1] - J[1][0] * r[0]) / det;
}

/* Newton with the fine law; ends with J there and *E. */
static assay_status polish(equations *q, double *x, double *y, double J[2][2], double *E,
                           assay_error *error) {
  double r[2], step[2], size = INFINITY;
  q->resolution = &fine;
  for (int i = 0; i < 40; i++) {
    *E = residuals(q, *x, *y, r);
    double now = hypot(r[0], r[1]);
    if (now < 2e-14 || (now < 1e-10 && now > 0.3 * size)) return ASSAY_OK;
    size = now;
    if (i < 4 || i % 6 == 0) jacobian(q, *x, *y, J);
    newton_step(J, r, step);
    double longest = fmax(fabs(step[0]), fabs(step[1])), scale = longest > 0.5 ? 0.5 / longest : 1;
    *x += scale * step[0], *y += scale * step[1];
    if (!isfinite(*x + *y)) break;
  }
  return assay_error_set(error, ASSAY_NUMERIC,
                         "state evolution: the equations hold to %.3g only at tau = %.6g", size, exp(*x));
}

static assay_status solve(equations *q, finetune_diagonal_error *result, double J[2][2], double *log_zeta,
                          assay_error *error) {
  double x, E, r[2], s[2], slip[2];
  q->resolution = &coarse;
  assay_status status = locate(q, &x, log_zeta, error);
  if (status == ASSAY_OK) status = polish(q, &x, log_zeta, J, &E, error);
  if (status != ASSAY_OK) return status;
  /* What the residuals, and their change under a smaller rule, move the root by. */
  residuals(q, x, *log_zeta, r);
  q->resolution = &checking;
  residuals(q, x, *log_zeta, s);
  for (int i = 0; i < 2; i++) r[i] = fabs(r[i] - s[i]) + fabs(r[i]) + 20 * DBL_EPSILON;
  double det = fabs(J[0][0] * J[1][1] - J[0][1] * J[1][0]);
  slip[0] = (fabs(J[1][1]) * r[0] + fabs(J[0][1]) * r[1]) / det;
  slip[1] = (fabs(J[1][0]) * r[0] + fabs(J[0][0]) * r[1]) / det;
  double tau = exp(x), zeta = exp(*log_zeta);
  result->tau = (assay_value){tau, slip[0] * tau};
  result->zeta = (assay_value){zeta, slip[1] * zeta};
  result->E = (assay_value){E, 2 * slip[0] * (q->s2 + E)};
  result->chi = -2 / (J[1][0] - J[1][1] * J[0][0] / J[0][1]);
  return ASSAY_OK;
}

static assay_status check_problem(double alpha, double s2, double ridge, assay_error *error) {
  if (!(alpha > 0) || !(isfinite(alpha)) || (ridge == 0 && !(alpha < 1)))
    return assay_error_set(error, ASSAY_DOMAIN, "alpha = %g; an interpolator is chosen at 0 < alpha < 1 only",
                           alpha);
  if (!(s2 >= 0) || !isfinite(s2))
    return assay_error_set(error, ASSAY_DOMAIN, "a noise variance is >= 0, not %g", s2);
  if (!(ridge >= 0)) return assay_error_set(error, ASSAY_DOMAIN, "a penalty's factor is >= 0, not %g", ridge);
  return ASSAY_OK;
}

assay_status finetune_diagonal_evolution(const finetune_diagonal_class *classes, int count, double alpha,
                                         double s2, double ridge, finetune_diagonal_mistake mistake,
                                         finetune_diagonal_error *result, assay_error *error) {
  assay_status status = check_problem(alpha, s2, ridge, error);
  if (status != ASSAY_OK) return status;
  numerics_quiet_gsl();
  equations q = {.classes = classes, .count = count, .alpha = alpha, .s2 = s2, .ridge = ridge};
  q.divisor = mistake == FINETUNE_DIAGONAL_TAU_PLAIN ? 1 : alpha;
  q.slope = mistake == FINETUNE_DIAGONAL_ONE_MINUS ? 1 - alpha : alpha;
  double J[2][2], log_zeta;
  for (int i = 0; i < 3 && status == ASSAY_OK; i++)
    if (!(q.rule[i] = gsl_integration_glfixed_table_alloc((size_t)resolutions[i]->nodes)))
      status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a quadrature rule");
  if (status == ASSAY_OK) status = solve(&q, result, J, &log_zeta, error);
  for (int i = 0; i < 3; i++)
    if (q.rule[i]) gsl_integration_glfixed_table_free(q.rule[i]);
  return status;
}

/* ---- the stages ---- */

static assay_status check_share(const char *name, double share, assay_error *error) {
  if (share >= 0 && share <= 1) return ASSAY_OK;
  return assay_error_set(error, ASSAY_DOMAIN, "%s = %g; a fraction of coordinates lies in [0,1]", name,
                         share);
}

assay_status finetune_diagonal_pretraining(double alpha, double rho, double m, double c, double lambda,
                                           double s2, finetune_diagonal_mistake mistake,
                                           finetune_diagonal_error *result, assay_error *error) {
  assay_status status = check_share("rho", rho, error);
  if (status != ASSAY_OK) return status;
  if (!(c > 0)) return assay_error_set(error, ASSAY_DOMAIN, "c = %g; the scale of pretraining is > 0", c);
  if (!(rho * m * m > 0 || s2 > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a teacher of zeros without noise is learned exactly at once");
  if (mistake == FINETUNE_DIAGONAL_KAPPA_PRODUCT) c *= sqrt((1 - lambda) * (1 + lambda));
  if (mistake == FINETUNE_DIAGONAL_KAPPA_DOUBLE) c *= 2;
  if (mistake == FINETUNE_DIAGONAL_KAPPA_HALF) c /= 2;
  if (mistake == FINETUNE_DIAGONAL_RIDGELESS_L2) c = 1e6 * (fabs(m) + sqrt(s2));
  const finetune_diagonal_class classes[] = {{rho, m, c, 0}, {1 - rho, 0, c, 0}};
  return finetune_diagonal_evolution(classes, 2, alpha, s2, 0, mistake, result, error);
}

static assay_status check_task(const finetune_diagonal_task *t, double rest, assay_error *error) {
  assay_status status = check_share("rho_both", t->rho_both, error);
  if (status == ASSAY_OK) status = check_share("rho_pt", t->rho_pt, error);
  if (status == ASSAY_OK) status = check_share("rho_ft", t->rho_ft, error);
  if (status == ASSAY_OK && rest < -1e-12)
    status = assay_error_set(error, ASSAY_DOMAIN, "rho_both + rho_pt + rho_ft = %g exceeds 1", 1 - rest);
  return status;
}

/* The four classes of coordinates: their shares and both teachers' values. */
typedef struct {
  double share, pt, ft;
} teacher_class;

static assay_status teachers(const finetune_diagonal_task *t, teacher_class out[4], assay_error *error) {
  double rest = 1 - t->rho_both - t->rho_pt - t->rho_ft;
  assay_status status = check_task(t, rest, error);
  out[0] = (teacher_class){t->rho_both, t->m_pt, t->m_ft};
  out[1] = (teacher_class){t->rho_pt, t->m_pt, 0};
  out[2] = (teacher_class){t->rho_ft, 0, t->m_ft};
  out[3] = (teacher_class){fmax(rest, 0), 0, 0};
  return status;
}

static void average_kappa(finetune_diagonal_class *classes, int count) {
  double mean = 0;
  for (int i = 0; i < count; i++) mean += classes[i].weight * classes[i].kappa;
  for (int i = 0; i < count; i++) classes[i].kappa = mean;
}

assay_status finetune_diagonal_finetuning(double alpha, const finetune_diagonal_init *init,
                                          const finetune_diagonal_task *task, double s2,
                                          finetune_diagonal_mistake mistake, finetune_diagonal_error *result,
                                          assay_error *error) {
  teacher_class t[4];
  finetune_diagonal_class classes[4];
  assay_status status = teachers(task, t, error);
  for (int i = 0; i < 4 && status == ASSAY_OK; i++) {
    classes[i] = (finetune_diagonal_class){.weight = t[i].share, .beta = t[i].ft};
    status = finetune_diagonal_penalty(t[i].pt, init, mistake, &classes[i].kappa, &classes[i].beta0, error);
  }
  if (status != ASSAY_OK) return status;
  if (mistake == FINETUNE_DIAGONAL_NO_REUSE) average_kappa(classes, 4);
  return finetune_diagonal_evolution(classes, 4, alpha, s2, 0, mistake, result, error);
}

/* The law of the learned coefficients of one teacher class, as classes of fine-tuning. */
typedef struct {
  finetune_diagonal_class *classes;
  int count;
  double share, ft;
  const finetune_diagonal_init *init;
  assay_status status;
  assay_error *error;
} learned;

static void add_learned(void *context, const channel *c, double u, double k_sinh, double k_cosh, double h,
                        double probability) {
  (void)c, (void)u, (void)k_cosh, (void)h;
  learned *l = context;
  finetune_diagonal_class *k = &l->classes[l->count];
  if (l->status != ASSAY_OK || probability < 1e-15) return;
  *k = (finetune_diagonal_class){.weight = l->share * probability, .beta = l->ft};
  l->status =
      finetune_diagonal_penalty(k_sinh, l->init, FINETUNE_DIAGONAL_RIGHT, &k->kappa, &k->beta0, l->error);
  l->count++;
}

static const resolution learned_fine = {9, 5, 8, 8.5}, learned_coarse = {4, 0, 5, 5};
enum { MOST_LEARNED = 4 * 8 * (9 + 2 * 11) };

static assay_status learned_classes(const teacher_class t[4], double c, const finetune_diagonal_error *pt,
                                    const resolution *r, learned *l) {
  gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc((size_t)r->nodes);
  if (!rule) return assay_error_set(l->error, ASSAY_NO_MEMORY, "no memory for a quadrature rule");
  l->count = 0;
  for (int i = 0; i < 4; i++) {
    finetune_diagonal_class one = {.weight = 1, .beta = t[i].pt, .kappa = c};
    channel k = make_channel(&one, pt->zeta.value);
    l->share = t[i].share, l->ft = t[i].ft;
    if (t[i].share > 0) integrate(&k, pt->tau.value, r, rule, add_learned, l);
  }
  gsl_integration_glfixed_table_free(rule);
  return l->status;
}

/* Located with a coarse law of the learned coefficients, then solved with the fine one. */
static assay_status solve_learned(equations *q, const teacher_class t[4], double c,
                                  const finetune_diagonal_error *pt, learned *l, finetune_diagonal_error *ft,
                                  assay_error *error) {
  double x, y, J[2][2], E, r[2], s[2];
  assay_status status = learned_classes(t, c, pt, &learned_coarse, l);
  q->count = l->count, q->resolution = &coarse;
  if (status == ASSAY_OK) status = locate(q, &x, &y, error);
  if (status == ASSAY_OK) status = learned_classes(t, c, pt, &learned_fine, l);
  q->count = l->count;
  if (status == ASSAY_OK) status = polish(q, &x, &y, J, &E, error);
  if (status != ASSAY_OK) return status;
  residuals(q, x, y, r);
  q->resolution = &checking;
  residuals(q, x, y, s);
  /* The law of the learned coefficients is integrated to 1e-11. */
  double slack = fabs(r[1] - s[1]) + fabs(r[0] - s[0]) + hypot(r[0], r[1]) + 2e-11;
  ft->chi = -2 / (J[1][0] - J[1][1] * J[0][0] / J[0][1]);
  double slip = slack * fabs(ft->chi);
  ft->tau = (assay_value){exp(x), slip * exp(x)};
  ft->zeta = (assay_value){exp(y), 4 * slip * exp(y)};
  ft->E = (assay_value){E, 2 * slip * (q->s2 + E)};
  return ASSAY_OK;
}

assay_status finetune_diagonal_pipeline(double alpha_pt, double alpha_ft, const finetune_diagonal_init *init,
                                        const finetune_diagonal_task *task, double s2_pt, double s2_ft,
                                        finetune_diagonal_mistake mistake, finetune_diagonal_error *pt,
                                        finetune_diagonal_error *ft, assay_error *error) {
  teacher_class t[4];
  assay_status status = teachers(task, t, error);
  if (status == ASSAY_OK) status = check_problem(alpha_ft, s2_ft, 0, error);
  if (status == ASSAY_OK)
    status = finetune_diagonal_pretraining(alpha_pt, task->rho_both + task->rho_pt, task->m_pt, init->c,
                                           init->lambda, s2_pt, mistake, pt, error);
  if (status != ASSAY_OK) return status;
  if (mistake == FINETUNE_DIAGONAL_PERFECT)
    return finetune_diagonal_finetuning(alpha_ft, init, task, s2_ft, mistake, ft, error);
  learned l = {.classes = malloc(MOST_LEARNED * sizeof *l.classes), .init = init, .error = error};
  equations q = {
      .classes = l.classes, .alpha = alpha_ft, .s2 = s2_ft, .divisor = alpha_ft, .slope = alpha_ft};
  if (!l.classes) status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a law of coefficients");
  for (int i = 0; i < 3 && status == ASSAY_OK; i++)
    if (!(q.rule[i] = gsl_integration_glfixed_table_alloc((size_t)resolutions[i]->nodes)))
      status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a quadrature rule");
  if (status == ASSAY_OK) status = solve_learned(&q, t, init->c, pt, &l, ft, error);
  for (int i = 0; i < 3; i++)
    if (q.rule[i]) gsl_integration_glfixed_table_free(q.rule[i]);
  free(l.classes);
  return status;
}
