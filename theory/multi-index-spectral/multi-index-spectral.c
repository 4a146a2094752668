#include "theory/multi-index-spectral/multi-index-spectral.h"

#include <float.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_gamma.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/gsl.h"
#include "theory/numerics/panels.h"
#include "theory/numerics/root.h"

/* u^T G u. */
static double form_of(const double *G, const double *u, int order) {
  return order == 1 ? G[0] : u[0] * u[0] * G[0] + 2 * u[0] * u[1] * G[1] + u[1] * u[1] * G[3];
}

/* ---- nodes: labels and their weights ---- */

typedef struct {
  int n;
  double *y, *w;   /* [n]; one allocation, which starts at y */
  double *s1, *s2; /* [n] stair: the point itself stands for C(y); else NULL */
} nodes;

/* How a model's labels are parametrised: y(t) and the density of t, on [lo, hi] by trapezoids, or by panels
 * on both sides of kinks of T. */
typedef struct {
  double lo, hi, step;
  const multi_index_model *m;
  int sign; /* product: of y */
} axis_of;

enum { PIECES = 8, PER_PIECE = 64, MOST_KINKS = 8, SQUARES = 361 };

/* v >= 0 with density 2 phi: y = scale v^2. Else t = exp(x - exp(-x)): |y| = t with density K0(t)/pi on each
 * side, or y = 2t with t ~ Gamma(p/2); x -> t is double exponential, for which the logarithm at 0 does not
 * matter. */
static void label_at(const axis_of *a, double at, double *y, double *density) {
  const multi_index_model *m = a->m;
  if (m->kind == MULTI_INDEX_PHASE || m->kind == MULTI_INDEX_MIXED) {
    *y = (m->kind == MULTI_INDEX_MIXED ? 1 + m->sigma * m->sigma : 1) * at * at;
    *density = exp(-at * at / 2) * sqrt(M_2_PI);
    return;
  }
  double t = exp(at - exp(-at)), jacobian = t * (1 + exp(-at));
  if (m->kind == MULTI_INDEX_NORM) {
    *y = 2 * t;
    *density = jacobian * exp((m->p / 2. - 1) * log(t) - t - gsl_sf_lngamma(m->p / 2.));
    return;
  }
  *y = a->sign * t;
  *density =
      jacobian * gsl_sf_bessel_K0_scaled(t) * exp(-t) / (m->kind == MULTI_INDEX_PRODUCT ? M_PI : 2 * M_PI);
}

/* Zero where T is not smooth, with a change of sign. */
static double kink(const multi_index_model *m, const multi_index_preprocessing *T, double y) {
  if (T->kind != MULTI_INDEX_TOPT20) return y - T->t;
  double G[4] = {0};
  multi_index_moment(m, y, G);
  return form_of(G, T->u, multi_index_order(m)) + 20 / 21.;
}

static bool kinked(const multi_index_preprocessing *T) {
  return T && (T->kind == MULTI_INDEX_CAP || T->kind == MULTI_INDEX_SUBSET || T->kind == MULTI_INDEX_TOPT20);
}

static double kink_between(const axis_of *a, const multi_index_preprocessing *T, double lo, double hi) {
  double y, density;
  label_at(a, lo, &y, &density);
  bool below = kink(a->m, T, y) < 0;
  for (int i = 0; i < 60; i++) {
    double middle = (lo + hi) / 2;
    label_at(a, middle, &y, &density);
    if ((kink(a->m, T, y) < 0) == below)
      lo = middle;
    else
      hi = middle;
  }
  return (lo + hi) / 2;
}

/* lo, the kinks, hi into cuts; their number. */
static int find_cuts(const axis_of *a, const multi_index_preprocessing *T, double *cuts) {
  int n = 0, steps = (int)lround((a->hi - a->lo) / a->step);
  double y, density;
  bool before = false;
  cuts[n++] = a->lo;
  for (int i = 0; i <= steps && n <= MOST_KINKS; i++) {
    double at = a->lo + i * a->step;
    label_at(a, at, &y, &density);
    bool below = kink(a->m, T, y) < 0;
    if (i > 0 && below != before) cuts[n++] = kink_between(a, T, at - a->step, at);
    before = below;
  }
  cuts[n++] = a->hi;
  return n;
}

static void add_label(nodes *x, const axis_of *a, double at, double weight) {
  double density;
  label_at(a, at, x->y + x->n, &density);
  x->w[x->n++] = weight * density;
}

static assay_status add_axis(nodes *x, const axis_of *a, const multi_index_preprocessing *T,
                             assay_error *error) {
  double cuts[MOST_KINKS + 2];
  int n = kinked(T) ? find_cuts(a, T, cuts) : 2, steps = (int)lround((a->hi - a->lo) / a->step);
  if (n == 2) {
    for (int i = 0; i <= steps; i++)
      add_label(x, a, a->lo + i * a->step, a->step * (i == 0 || i == steps ? .5 : 1));
    return ASSAY_OK;
  }
  panels rule;
  assay_status status = panels_make(cuts, n, PIECES, PER_PIECE, &rule, error);
  for (int i = 0; status == ASSAY_OK && i < rule.n; i++) add_label(x, a, rule.x[i], rule.w[i]);
  if (status == ASSAY_OK) panels_free(&rule);
  return status;
}

/* A trapezoid of step 1/20 on the disc of radius 9. */
static void stair_nodes(nodes *x) {
  for (int i = 0; i < SQUARES; i++)
    for (int j = 0; j < SQUARES; j++) {
      double s1 = (i - SQUARES / 2) / 20., s2 = (j - SQUARES / 2) / 20.;
      if (s1 * s1 + s2 * s2 > 81) continue;
      x->s1[x->n] = s1, x->s2[x->n] = s2, x->y[x->n] = s1 * (1 + s2);
      x->w[x->n++] = exp(-(s1 * s1 + s2 * s2) / 2) / (2 * M_PI * 400);
    }
}

static assay_status fill_nodes(const multi_index_model *m, const multi_index_preprocessing *T, nodes *x,
                               assay_error *error) {
  axis_of a = {-4.5, 7, 1 / 128., m, 1};
  if (m->kind == MULTI_INDEX_PHASE || m->kind == MULTI_INDEX_MIXED) a.lo = 0, a.hi = 12, a.step = .01;
  if (m->kind == MULTI_INDEX_STAIR) {
    stair_nodes(x);
    return ASSAY_OK;
  }
  if (m->kind >= MULTI_INDEX_PARITY) {
    for (int i = 0; i < multi_index_cells(m); i++, x->n++) {
      x->y[i] = m->kind == MULTI_INDEX_PARITY ? 2 * i - 1 : i;
      x->w[i] = multi_index_cell_probability(m, i);
    }
    return ASSAY_OK;
  }
  assay_status status = add_axis(x, &a, T, error);
  a.sign = -1;
  if (status == ASSAY_OK && m->kind == MULTI_INDEX_PRODUCT) status = add_axis(x, &a, T, error);
  if (status == ASSAY_OK && m->kind == MULTI_INDEX_RELU_PRODUCT) x->y[x->n] = 0, x->w[x->n++] = .75;
  return status;
}

/* The nodes for functions of y, and of T(y) if T is given. */
static assay_status nodes_new(const multi_index_model *m, const multi_index_preprocessing *T, nodes *x,
                              assay_error *error) {
  numerics_quiet_gsl();
  assay_status status = multi_index_check(m, error);
  if (status != ASSAY_OK) return status;
  bool stair = m->kind == MULTI_INDEX_STAIR;
  if (stair && (!T || kinked(T) || T->kind == MULTI_INDEX_TD || T->kind == MULTI_INDEX_TOPT))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "model=stair is evaluated for T=tanh only: E[s s^T | y] is not known in closed "
                           "form, and the rule is for smooth T");
  size_t most = stair ? SQUARES * SQUARES : 2 * (MOST_KINKS + 1) * PIECES * PER_PIECE + 1;
  double *memory = calloc(4 * most, sizeof *memory), sum = 0;
  if (!memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for quadrature nodes");
  *x = (nodes){0, memory, memory + most, stair ? memory + 2 * most : NULL, stair ? memory + 3 * most : NULL};
  status = fill_nodes(m, T, x, error);
  for (int i = 0; i < x->n; i++) sum += x->w[i];
  for (int i = 0; i < x->n; i++) x->w[i] /= sum;
  if (status != ASSAY_OK) free(memory), *x = (nodes){0}; /* callers free x->y all the same */
  return status;
}

/* G at node i as [order][order]. */
static void moment_at(const multi_index_model *m, const nodes *x, int i, double *G) {
  if (!x->s1) {
    multi_index_moment(m, x->y[i], G);
    return;
  }
  G[0] = x->s1[i] * x->s1[i] - 1, G[1] = G[2] = x->s1[i] * x->s2[i], G[3] = x->s2[i] * x->s2[i] - 1;
}

static double fourth_at(const multi_index_model *m, const nodes *x, int i, const double *u) {
  return x->s1 ? pow(u[0] * x->s1[i] + u[1] * x->s2[i], 4) : multi_index_fourth(m, x->y[i], u);
}

/* ---- the optimal threshold ---- */

/* E[G (x) G] as the moments of (a, b, c) = (G11, G12, G22): aa, ab, ac, bb, bc, cc. */
static void second_moments(const multi_index_model *m, const nodes *x, double shift, double *e) {
  memset(e, 0, 6 * sizeof *e);
  for (int i = 0; i < x->n; i++) {
    double G[4] = {0}, w = x->w[i];
    moment_at(m, x, i, G);
    double a = G[0] + shift, b = G[1], c = G[3] + shift;
    e[0] += w * a * a, e[1] += w * a * b, e[2] += w * a * c, e[3] += w * b * b, e[4] += w * b * c,
        e[5] += w * c * c;
  }
}

/* E[(u^T G u)^2] at the angle t, and half its derivative's half: E[(v^T G u)(u^T G u)], v the direction
 * across. */
static double form(const double *e, double t) {
  double C = cos(t), S = sin(t);
  return pow(C, 4) * e[0] + 4 * C * C * C * S * e[1] + 2 * C * C * S * S * e[2] + 4 * C * C * S * S * e[3] +
         4 * C * S * S * S * e[4] + pow(S, 4) * e[5];
}

static assay_status derivative(double t, void *context, double *y, assay_error *error) {
  (void)error;
  const double *e = context;
  double C = cos(t), S = sin(t);
  /* v^T G u = -C S a + (C^2 - S^2) b + C S c;  u^T G u = C^2 a + 2 C S b + S^2 c. */
  double va = -C * S, vb = C * C - S * S, vc = C * S, ua = C * C, ub = 2 * C * S, uc = S * S;
  *y = va * ua * e[0] + (va * ub + vb * ua) * e[1] + (va * uc + vc * ua) * e[2] + vb * ub * e[3] +
       (vb * uc + vc * ub) * e[4] + vc * uc * e[5];
  return ASSAY_OK;
}

enum { ANGLES = 720 };

static assay_status best_direction(double *e, double *largest, double *u, assay_error *error) {
  int best =
      0; /* of equal maxima (u and its normal, when rings are cut alike) the first one from angle 0 on */
  for (int i = 1; i < ANGLES; i++)
    if (form(e, M_PI * i / ANGLES) > form(e, M_PI * best / ANGLES) * (1 + 1e-9)) best = i;
  double at = M_PI * best / ANGLES, step = M_PI / ANGLES, flat = 0, lo, hi;
  for (int i = 0; i < 8; i++) flat = fmax(flat, fabs(form(e, i * .39) - form(e, 0)));
  if (flat < 1e-12 * form(e, 0)) at = 0; /* every direction is as good */
  derivative(at - step, e, &lo, error), derivative(at + step, e, &hi, error);
  if (lo > 0 && hi < 0) {
    assay_value root;
    assay_status status = root_find(derivative, e, at - step, at + step, 4e-16, &root, error);
    if (status != ASSAY_OK) return status;
    at = root.value;
  }
  u[0] = cos(at), u[1] = sin(at);
  *largest = form(e, at);
  return ASSAY_OK;
}

assay_status multi_index_threshold(const multi_index_model *m, multi_index_mistake mistake,
                                   assay_value *delta_t, double *u, assay_error *error) {
  nodes x = {0};
  double e[6], largest = 0;
  assay_status status = nodes_new(m, NULL, &x, error);
  if (status != ASSAY_OK) return status;
  second_moments(m, &x, mistake == MULTI_INDEX_NO_I ? 1 : 0, e);
  free(x.y);
  u[0] = 1, u[1] = 0;
  if (mistake == MULTI_INDEX_MEAN)
    largest = 0;
  else if (multi_index_order(m) == 1)
    largest = e[0];
  else if (mistake == MULTI_INDEX_NORM_F)
    largest = e[0] + 2 * e[3] + e[5];
  else
    status = best_direction(e, &largest, u, error);
  double value = largest > 0 ? 1 / largest : INFINITY;
  *delta_t = (assay_value){value, isinf(value) ? 0 : 1e-13 * value};
  return status;
}

assay_status multi_index_td_threshold(const multi_index_model *m, int k, assay_value *delta_c,
                                      assay_error *error) {
  nodes x = {0};
  double u[2], E[3] = {0};
  assay_value delta_t;
  assay_status status = multi_index_threshold(m, MULTI_INDEX_RIGHT, &delta_t, u, error);
  if (status == ASSAY_OK) status = nodes_new(m, NULL, &x, error);
  if (status != ASSAY_OK) return status;
  int order = multi_index_order(m);
  for (int i = 0; i < x.n; i++) {
    double G[4] = {0};
    moment_at(m, &x, i, G);
    double w = x.w[i] * form_of(G, u, order);
    E[0] += w * G[0], E[1] += w * G[1], E[2] += w * G[3];
  }
  free(x.y);
  double middle = (E[0] + E[2]) / 2, radius = hypot((E[0] - E[2]) / 2, E[1]),
         e = order == 1 ? E[0]
             : k == 1   ? middle + radius
                        : middle - radius;
  if (!(e > 1e-12 && isfinite(delta_t.value)))
    return assay_error_set(error, ASSAY_DOMAIN, "eigenvalue %d of Td leaves the bulk at no delta", k);
  *delta_c = (assay_value){1 / (delta_t.value * e * e), 1e-12 / (delta_t.value * e * e)};
  return ASSAY_OK;
}

/* ---- the law of T(y) ---- */

/* 1 + c g > 0 for every one of finitely many labels. */
static bool bounded_below(const multi_index_model *m, const multi_index_preprocessing *T) {
  bool all = m->kind >= MULTI_INDEX_PARITY;
  for (int i = 0; all && i < multi_index_cells(m); i++) {
    double G[4] = {0};
    multi_index_moment(m, m->kind == MULTI_INDEX_PARITY ? 2 * i - 1 : i, G);
    all = 1 + T->c * form_of(G, T->u, multi_index_order(m)) > 1e-9;
  }
  return all;
}

assay_status multi_index_prepare(const multi_index_model *m, double delta, multi_index_preprocessing *T,
                                 assay_error *error) {
  assay_value delta_t;
  if (!(delta > 0 && isfinite(delta)))
    return assay_error_set(error, ASSAY_DOMAIN, "delta = %g; it is finite and > 0", delta);
  if (T->kind == MULTI_INDEX_TABLE && T->n_table != multi_index_cells(m))
    return assay_error_set(error, ASSAY_DOMAIN, "table has %d values; the model has %d classes", T->n_table,
                           multi_index_cells(m));
  if (T->kind < MULTI_INDEX_TD) return multi_index_check(m, error);
  assay_status status = multi_index_threshold(m, MULTI_INDEX_RIGHT, &delta_t, T->u, error);
  T->c = sqrt(delta_t.value / delta);
  if (status == ASSAY_OK && isinf(delta_t.value))
    return assay_error_set(error, ASSAY_DOMAIN, "G = 0 for this model: Td and Topt vanish");
  if (status == ASSAY_OK && T->kind == MULTI_INDEX_TD && !(T->c <= 1 || bounded_below(m, T)))
    return assay_error_set(error, ASSAY_DOMAIN, "delta = %g; Td is defined from delta_t = %.6g on", delta,
                           delta_t.value);
  return status;
}

/* sup T(y), of the law and not of its nodes. */
static double supremum(const multi_index_model *m, const multi_index_preprocessing *T, const nodes *x) {
  bool unbounded = m->kind <= MULTI_INDEX_NORM,
       both = m->kind == MULTI_INDEX_PRODUCT || m->kind == MULTI_INDEX_STAIR;
  double most = -INFINITY;
  if (T->kind == MULTI_INDEX_CAP) return T->t;
  if (unbounded && T->kind == MULTI_INDEX_TANH && (T->a == 0 || (T->a < 0 && !both))) return 0;
  if (unbounded && T->kind != MULTI_INDEX_ID) return 1;
  for (int i = 0; i < x->n; i++) most = fmax(most, multi_index_T_of(m, T, x->y[i]));
  return most;
}

#define LEAST_Z                                                                                              \
  (-1e15) /* Topt goes to -inf where the label rules u out; f = z/(x - z) is -1 there to the last bit */

static assay_status law_of(const multi_index_model *m, const multi_index_preprocessing *T, spiked_law *law,
                           assay_error *error) {
  nodes x = {0};
  int p = multi_index_order(m);
  if (m->kind <= MULTI_INDEX_NORM && T->kind == MULTI_INDEX_ID)
    return assay_error_set(error, ASSAY_DOMAIN, "T = id is unbounded for this model; its matrix has no edge");
  assay_status status = nodes_new(m, T, &x, error);
  if (status == ASSAY_OK) status = spiked_law_new(x.n, p, law, error);
  for (int i = 0; i < x.n && status == ASSAY_OK; i++) {
    double *C = law->c + i * p * p;
    moment_at(m, &x, i, C);
    for (int k = 0; k < p; k++) C[k * (p + 1)] += 1;
    law->z[i] = fmax(multi_index_T_of(m, T, x.y[i]), LEAST_Z);
    law->weight[i] = x.w[i];
  }
  if (status == ASSAY_OK) law->tau = supremum(m, T, &x);
  free(x.y);
  if (status == ASSAY_OK && !(law->tau > 0))
    status =
        assay_error_set(error, ASSAY_DOMAIN, "T is nowhere positive; an edge on the right needs sup T > 0");
  return status;
}

/* ---- results ---- */

static void edge_constants(const spiked_law *law, double delta, multi_index_result *r) {
  double mean = 0, square = 0, mu = r->edge.x.value, kappa = spiked_edge_scale(law, delta, mu);
  for (int i = 0; i < law->n; i++) {
    double f = law->z[i] / (mu - law->z[i]);
    mean += law->weight[i] * f, square += law->weight[i] * f * f;
  }
  r->kappa = (assay_value){kappa, 1e-10 * kappa};
  r->variance = mu * mu * (square - mean * mean);
}

assay_status multi_index_spectrum(const multi_index_model *m, const multi_index_preprocessing *T,
                                  double delta, int k, multi_index_result *r, assay_error *error) {
  spiked_law law = {0};
  int order = multi_index_order(m);
  assay_status status = law_of(m, T, &law, error);
  if (k < 1 || (status == ASSAY_OK && k > (order == 1 ? multi_index_signals(m) : order)))
    status =
        assay_error_set(error, ASSAY_DOMAIN, "k = %d; this model has %d eigenvalues that can leave the bulk",
                        k, multi_index_signals(m));
  if (status == ASSAY_OK &&
      T->kind == MULTI_INDEX_TD) { /* the edge's mu is 1 exactly; E f^2 - 1/delta there is rounding */
    r->edge.x = (assay_value){1, 0};
    spiked_psi(&law, delta, 1, &r->edge.lambda.value, NULL, NULL);
    r->edge.lambda.error = 1e-13 / delta;
  } else if (status == ASSAY_OK) {
    status = spiked_edge(&law, delta, &r->edge, error);
  }
  if (status == ASSAY_OK)
    status = spiked_eigenvalue(&law, delta, &r->edge, order == 1 ? 1 : k, &r->outlier, error);
  if (status == ASSAY_OK) edge_constants(&law, delta, r);
  spiked_law_free(&law);
  return status;
}

assay_status multi_index_density(const multi_index_model *m, const multi_index_preprocessing *T, double delta,
                                 double at, double bin, assay_value *density, assay_error *error) {
  spiked_law law = {0};
  assay_status status = law_of(m, T, &law, error);
  if (status == ASSAY_OK) status = spiked_density(&law, delta, at, bin, density, error);
  spiked_law_free(&law);
  return status;
}

/* Sums over the nodes at mu: E f, E f^2, B = E f^2 x^2, r'. */
typedef struct {
  double f, f2, B, slope;
} node_sums;

static double second_moment(const multi_index_model *m, const nodes *x, int i, const double *u) {
  double G[4] = {0};
  moment_at(m, x, i, G);
  return 1 + form_of(G, u, multi_index_order(m));
}

static node_sums sums_at(const multi_index_model *m, const multi_index_preprocessing *T, const nodes *x,
                         double mu, const double *u) {
  node_sums s = {0};
  for (int i = 0; i < x->n; i++) {
    double z = multi_index_T_of(m, T, x->y[i]), f = z / (mu - z), x2 = second_moment(m, x, i, u), w = x->w[i];
    s.f += w * f, s.f2 += w * f * f, s.B += w * f * f * x2,
        s.slope -= w * z / ((mu - z) * (mu - z)) * (x2 - 1);
  }
  return s;
}

assay_status multi_index_fluctuation(const multi_index_model *m, const multi_index_preprocessing *T,
                                     double delta, const multi_index_result *r, bool diagonal_only,
                                     assay_value *V, assay_error *error) {
  nodes x = {0};
  if (!r->outlier.out || (multi_index_order(m) == 1 && multi_index_signals(m) > 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a simple eigenvalue outside the bulk is needed at delta = %g", delta);
  assay_status status = nodes_new(m, T, &x, error);
  if (status != ASSAY_OK) return status;
  double mu = r->outlier.x.value, sum = 0, rho2 = r->outlier.rho2.value;
  const double *u = r->outlier.u;
  node_sums s = sums_at(m, T, &x, mu, u);
  double psi1 = 1 / delta - s.f2, ratio = psi1 / s.slope;
  for (int i = 0; i < x.n; i++) {
    double z = multi_index_T_of(m, T, x.y[i]), f = z / (mu - z), x2 = second_moment(m, &x, i, u),
           x4 = fourth_at(m, &x, i, u);
    double fixed = mu * (f - s.f) + ratio / delta;
    sum += x.w[i] *
           (fixed * fixed - 2 * fixed * ratio * f * (x2 - 1) + ratio * ratio * f * f * (x4 - 2 * x2 + 1));
  }
  free(x.y);
  double value = sum + (diagonal_only ? 0 : 2 * rho2 * rho2 * mu * mu / psi1 * s.B * s.B);
  *V = (assay_value){value, 1e-10 * value};
  return ASSAY_OK;
}

assay_status multi_index_response(const multi_index_model *m, const multi_index_preprocessing *T,
                                  double delta, const multi_index_result *r, double *ratio,
                                  assay_error *error) {
  nodes x = {0};
  if (!r->outlier.out)
    return assay_error_set(error, ASSAY_DOMAIN, "no eigenvalue is outside the bulk at delta = %g", delta);
  assay_status status = nodes_new(m, T, &x, error);
  if (status != ASSAY_OK) return status;
  node_sums s = sums_at(m, T, &x, r->outlier.x.value, r->outlier.u);
  free(x.y);
  *ratio = (1 / delta - s.f2) / s.slope;
  return ASSAY_OK;
}

assay_status multi_index_secular(const multi_index_model *m, const multi_index_preprocessing *T, double delta,
                                 double mu, bool first_two, assay_value *lambda, double *Phi,
                                 assay_error *error) {
  multi_index_result r;
  spiked_law law = {0};
  assay_status status = multi_index_spectrum(m, T, delta, 1, &r, error);
  if (status == ASSAY_OK && !(mu > r.edge.x.value && isfinite(mu)))
    return assay_error_set(error, ASSAY_DOMAIN, "mu = %g; it lies above mu_bar = %.6g", mu, r.edge.x.value);
  if (status == ASSAY_OK) status = law_of(m, T, &law, error);
  if (status != ASSAY_OK) return status;
  int pp = law.p * law.p;
  memset(Phi, 0, (size_t)pp * sizeof *Phi);
  for (int i = 0; i < law.n; i++) {
    double z = law.z[i], f = first_two ? z + z * z / mu : mu * z / (mu - z);
    for (int e = 0; e < pp; e++) Phi[e] += law.weight[i] * f * law.c[i * pp + e];
  }
  spiked_psi(&law, delta, mu, &lambda->value, NULL, NULL);
  lambda->error = 1e-13 * fabs(lambda->value);
  spiked_law_free(&law);
  return ASSAY_OK;
}

assay_status multi_index_transition(const multi_index_model *m, const multi_index_preprocessing *T, int k,
                                    assay_value *delta_c, assay_error *error) {
  spiked_law law = {0};
  assay_value x;
  assay_status status = law_of(m, T, &law, error);
  if (status == ASSAY_OK)
    status = spiked_threshold(&law, multi_index_order(m) == 1 ? 1 : k, delta_c, &x, error);
  spiked_law_free(&law);
  return status;
}

/* ---- matrix-valued preprocessing ---- */

assay_status multi_index_matrix_threshold(const multi_index_model *m, assay_value *alpha_c,
                                          assay_error *error) {
  nodes x = {0};
  double e[6], values[3];
  assay_status status = nodes_new(m, NULL, &x, error);
  if (status != ASSAY_OK) return status;
  second_moments(m, &x, 0, e);
  free(x.y);
  /* M -> E[G M G] on symmetric matrices in the orthonormal basis E_11, E_22, (E_12 + E_21)/sqrt 2. */
  double map[9] = {e[0],           e[3],           M_SQRT2 * e[1], e[3],       e[5],
                   M_SQRT2 * e[4], M_SQRT2 * e[1], M_SQRT2 * e[4], e[2] + e[3]};
  double norm = e[0];
  if (multi_index_order(m) == 2) {
    if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', 3, map, 3, values) != 0)
      return assay_error_set(error, ASSAY_NUMERIC, "no eigenvalues of M -> E[G M G]");
    norm = fmax(fabs(values[0]), fabs(values[2]));
  }
  double value = norm > 0 ? 1 / norm : INFINITY;
  *alpha_c = (assay_value){value, isinf(value) ? 0 : 1e-13 * value};
  return ASSAY_OK;
}

assay_status multi_index_matrix_wedge(const multi_index_model *m, double delta, multi_index_result *r,
                                      assay_error *error) {
  spiked_law law = {0};
  assay_value alpha_c;
  assay_status status = multi_index_check(m, error);
  if (status != ASSAY_OK) return status;
  int K = m->n_out - 1;
  bool equal = m->kind == MULTI_INDEX_WEDGE && !(m->period > 4) && K >= 3;
  for (int i = 0; equal && i <= K; i++) equal = fabs(m->out[i] - M_PI * i / K) < 1e-9;
  if (!equal)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "matrix-valued T is evaluated for three or more equal antipodal wedges");
  if (status == ASSAY_OK) status = multi_index_matrix_threshold(m, &alpha_c, error);
  if (status == ASSAY_OK && !(delta > alpha_c.value && isfinite(delta)))
    return assay_error_set(error, ASSAY_DOMAIN, "delta = %g; it is finite and above alpha_c = %.6g", delta,
                           alpha_c.value);
  if (status == ASSAY_OK) status = spiked_law_new(2, 1, &law, error);
  if (status != ASSAY_OK) return status;
  double s = sin(M_PI / K) / (M_PI / K), c = sqrt(alpha_c.value / delta);
  for (int i = 0; i < 2; i++) {
    double g = i ? -s : s;
    law.z[i] = c * g / (1 + c * g), law.weight[i] = .5, law.c[i] = 1 + g;
  }
  law.tau = law.z[0];
  r->edge.x = (assay_value){1, 0}; /* exactly, as for Td */
  r->edge.lambda = (assay_value){1 / delta, 1e-13 / delta};
  status = spiked_eigenvalue(&law, delta, &r->edge, 1, &r->outlier, error);
  if (status == ASSAY_OK) edge_constants(&law, delta, r);
  spiked_law_free(&law);
  return status;
}

/* ---- the best overlap ---- */

typedef struct {
  const multi_index_model *m;
  nodes x;
  double u[2], delta;
} best;

static assay_status best_balance(double share, void *context, double *y, assay_error *error) {
  (void)error;
  const best *b = context;
  double sum = 0;
  for (int i = 0; i < b->x.n; i++) {
    double G[4] = {0};
    moment_at(b->m, &b->x, i, G);
    double g = form_of(G, b->u, multi_index_order(b->m));
    sum += b->x.w[i] * g * g / (1 + share * g);
  }
  *y = b->delta * (1 - share) * sum - 1;
  return ASSAY_OK;
}

assay_status multi_index_best_overlap(const multi_index_model *m, double delta, assay_value *share,
                                      assay_error *error) {
  best b = {.m = m, .delta = delta};
  assay_value delta_t;
  assay_status status = multi_index_threshold(m, MULTI_INDEX_RIGHT, &delta_t, b.u, error);
  *share = (assay_value){0, 0};
  if (status != ASSAY_OK || !(delta > delta_t.value)) return status;
  status = nodes_new(m, NULL, &b.x, error);
  if (status == ASSAY_OK) status = root_find(best_balance, &b, 0, 1 - 1e-12, 1e-15, share, error);
  share->error += 1e-12;
  if (status == ASSAY_OK) free(b.x.y);
  return status;
}
