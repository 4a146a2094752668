#include "theory/numerics/free.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "theory/numerics/root.h"

/* ---- laws ---- */

assay_status free_check(const free_law *law, assay_error *error) {
  double sum = 0;
  for (int i = 0; i < law->n; i++) {
    if (!isfinite(law->x[i]) || !(law->w[i] > 0))
      return assay_error_set(
          error, ASSAY_DOMAIN,
          "point %d of a law is %.6g with weight %.6g; points are finite and weights positive", i + 1,
          law->x[i], law->w[i]);
    sum += law->w[i];
  }
  if (!(fabs(sum - 1) <= 1e-9))
    return assay_error_set(error, ASSAY_DOMAIN, "the weights of a law sum to %.12g, not to 1", sum);
  return ASSAY_OK;
}

double free_least(const free_law *law) {
  double least = law->x[0];
  for (int i = 1; i < law->n; i++) least = fmin(least, law->x[i]);
  return least;
}

double free_most(const free_law *law) {
  double most = law->x[0];
  for (int i = 1; i < law->n; i++) most = fmax(most, law->x[i]);
  return most;
}

double free_moment(const free_law *law, int power) {
  double sum = 0;
  for (int i = 0; i < law->n; i++) sum += law->w[i] * pow(law->x[i], power);
  return sum;
}

/* ---- Stieltjes transform ---- */

static double stieltjes(const free_law *law, double z, double *slope) {
  double G = 0, G2 = 0;
  for (int i = 0; i < law->n; i++) {
    double r = 1 / (z - law->x[i]);
    G += law->w[i] * r, G2 += law->w[i] * r * r;
  }
  if (slope) *slope = -G2;
  return G;
}

assay_status free_stieltjes(const free_law *law, double z, double *G, double *slope, assay_error *error) {
  double lo = free_least(law), hi = free_most(law);
  if (!(z < lo || z > hi))
    return assay_error_set(error, ASSAY_DOMAIN, "z = %.6g lies inside the support [%.6g, %.6g]", z, lo, hi);
  *G = stieltjes(law, z, slope);
  return ASSAY_OK;
}

typedef struct {
  const free_law *law;
  double side, edge, target;
} inverse;

/* By the distance from the edge; G falls with it. */
static assay_status inverse_excess(double distance, void *context, double *y, assay_error *error) {
  (void)error;
  const inverse *f = context;
  double G = 0;
  for (int i = 0; i < f->law->n; i++) G += f->law->w[i] / (distance + f->side * (f->edge - f->law->x[i]));
  *y = G / f->target - 1;
  return ASSAY_OK;
}

assay_status free_stieltjes_inverse(const free_law *law, double g, assay_value *z, assay_error *error) {
  if (!isfinite(g) || g == 0)
    return assay_error_set(error, ASSAY_DOMAIN, "G never is %.6g outside the support", g);
  inverse f = {law, g > 0 ? 1 : -1, g > 0 ? free_most(law) : free_least(law), fabs(g)};
  double weight = 0;
  for (int i = 0; i < law->n; i++) weight += law->x[i] == f.edge ? law->w[i] : 0;
  /* w/distance <= G <= 1/distance */
  assay_value distance;
  assay_status status =
      root_find(inverse_excess, &f, .5 * weight / fabs(g), 2 / fabs(g), 1e-15, &distance, error);
  if (status == ASSAY_OK)
    *z = (assay_value){f.edge + f.side * distance.value, distance.error + DBL_EPSILON * fabs(f.edge)};
  return status;
}

assay_status free_R(const free_law *law, double g, assay_value *R, double *slope, assay_error *error) {
  double mean = free_moment(law, 1), variance = free_moment(law, 2) - mean * mean;
  double width = free_most(law) - free_least(law);
  assay_value z;
  if (fabs(g) * width < 1e-5) { /* the next term is the third cumulant's */
    *R = (assay_value){mean + g * variance, g * g * width * width * width + 4 * DBL_EPSILON * fabs(mean)};
    if (slope) *slope = variance;
    return ASSAY_OK;
  }
  assay_status status = free_stieltjes_inverse(law, g, &z, error);
  if (status != ASSAY_OK) return status;
  double fall;
  stieltjes(law, z.value, &fall);
  *R = (assay_value){z.value - 1 / g, z.error + 2 * DBL_EPSILON / fabs(g)};
  if (slope) *slope = 1 / fall + 1 / (g * g);
  return ASSAY_OK;
}

/* ---- S-transform ---- */

typedef struct {
  const free_law *law;
  double most, y;
} chi_search;

static double psi(const free_law *law, double s) {
  double sum = 0;
  for (int i = 0; i < law->n; i++) sum += law->w[i] * s * law->x[i] / (1 - s * law->x[i]);
  return sum;
}

static assay_status chi_excess(double s, void *context, double *out, assay_error *error) {
  (void)error;
  const chi_search *f = context;
  *out = psi(f->law, s) - f->y;
  return ASSAY_OK;
}

/* s = (1 - e)/most, for s near its end */
static assay_status chi_end_excess(double e, void *context, double *out, assay_error *error) {
  (void)error;
  const chi_search *f = context;
  *out = psi(f->law, (1 - e) / f->most) - f->y;
  return ASSAY_OK;
}

/* s mean <= psi(s) <= s mean/(1 - s most) for s > 0; |psi(-s)| <= s mean. */
static assay_status chi(chi_search *f, double edge, double mean, assay_value *s, assay_error *error) {
  double y = f->y, far = y / mean;
  if (y > .5) {
    assay_status status = root_find(chi_end_excess, f, .5 * edge / (y + 1), 1 - 1e-300, 1e-15, s, error);
    s->value = (1 - s->value) / f->most, s->error /= f->most;
    return status;
  }
  if (y > 0)
    return root_find(chi_excess, f, .999999 * y / (mean + y * f->most),
                     fmin(1.000001 * far, (1 - 1e-15) / f->most), 1e-15, s, error);
  for (int i = 0; i < 1000 && psi(f->law, far) > y; i++) far *= 2;
  return root_find(chi_excess, f, far, .999999 * y / mean, 1e-15, s, error);
}

assay_status free_S(const free_law *law, double y, assay_value *S, assay_error *error) {
  double zero = 0, mean = free_moment(law, 1), edge = 0;
  chi_search f = {law, free_most(law), y};
  for (int i = 0; i < law->n; i++)
    zero += law->x[i] == 0 ? law->w[i] : 0, edge += law->x[i] == f.most ? law->w[i] : 0;
  if (free_least(law) < 0 || !(f.most > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "S-transforms are of laws on x >= 0 that are not 0");
  if (!(y > zero - 1) || !isfinite(y))
    return assay_error_set(error, ASSAY_DOMAIN, "y = %.6g; the inverse of psi exists for y > %.6g", y,
                           zero - 1);
  if (y == 0) {
    *S = (assay_value){1 / mean, 4 * DBL_EPSILON / mean};
    return ASSAY_OK;
  }
  assay_value s;
  assay_status status = chi(&f, edge, mean, &s, error);
  double factor = (1 + y) / y;
  if (status == ASSAY_OK)
    *S = (assay_value){s.value * factor, fabs(factor) * (s.error + DBL_EPSILON * fabs(s.value))};
  return status;
}

/* ---- sums ---- */

typedef struct {
  const free_law *one, *two;
} pair;

static assay_status sum_at(double log_g, void *context, double *out, assay_error *error) {
  const pair *p = context;
  assay_value a, b;
  double g = exp(log_g);
  assay_status status = free_R(p->one, g, &a, NULL, error);
  if (status == ASSAY_OK) status = free_R(p->two, g, &b, NULL, error);
  if (status == ASSAY_OK) *out = a.value + b.value + 1 / g;
  return status;
}

assay_status free_sum_edge(const free_law *one, const free_law *two, assay_value *edge, assay_error *error) {
  pair p = {one, two};
  double scale = free_most(one) - free_least(one) + free_most(two) - free_least(two);
  if (!(scale > 0)) {
    *edge = (assay_value){free_most(one) + free_most(two), 0};
    return ASSAY_OK;
  }
  root_grid grid = {-log(scale) - 5, -log(scale) + 12, 200, ROOT_LINEAR};
  root_valley valley;
  assay_value at;
  assay_status status = root_valley_scan(sum_at, &p, &grid, &valley, error);
  if (status != ASSAY_OK) return status;
  if (valley.mid == valley.lo || valley.mid == valley.hi)
    return assay_error_set(error, ASSAY_NUMERIC,
                           "R_1(g) + R_2(g) + 1/g has no minimum between g = %.3g and %.3g", exp(grid.lo),
                           exp(grid.hi));
  return root_minimum(sum_at, &p, &valley, 1e-12, &at, edge, error);
}

/* ---- products ---- */

typedef struct {
  const free_law *L;
  double pole, t, eta;
} product;

static assay_status product_excess(double distance, void *context, double *out, assay_error *error) {
  (void)error;
  const product *p = context;
  double sum = 0, r = p->pole + distance;
  for (int i = 0; i < p->L->n; i++) sum += p->L->w[i] * p->L->x[i] / (r + p->t * p->L->x[i]);
  *out = p->eta * sum - 1;
  return ASSAY_OK;
}

assay_status free_product_at(const free_law *T, const free_law *L, double sup, double gamma,
                             free_product_point *point, assay_error *error) {
  if (!(gamma > sup))
    return assay_error_set(error, ASSAY_DOMAIN, "gamma = %.6g is not above %.6g, the supremum of T", gamma,
                           sup);
  double inverse_eta = 0, most = free_most(L), least = most;
  for (int i = 0; i < T->n; i++) inverse_eta += T->w[i] / (gamma - T->x[i]);
  for (int i = 0; i < L->n; i++)
    if (L->x[i] > 0) least = fmin(least, L->x[i]);
  double eta = 1 / inverse_eta, t = eta - gamma;
  product p = {L, t < 0 ? -t * most : -t * least, t, eta};
  assay_value distance;
  double near, far, lo = 1e-9 * eta, hi = eta * fmax(1, free_moment(L, 1)) * (1 + 1e-9);
  product_excess(lo, &p, &near, error);
  product_excess(hi, &p, &far, error);
  for (int i = 0; i < 60 && far > 0; i++) product_excess(hi *= 2, &p, &far, error);
  if (!(near > 0))
    return assay_error_set(error, ASSAY_DOMAIN, "no point outside the bulk belongs to gamma = %.6g", gamma);
  assay_status status = root_find(product_excess, &p, lo, hi, 1e-15, &distance, error);
  if (status == ASSAY_OK) *point = (free_product_point){gamma, eta, t, p.pole + distance.value};
  return status;
}

enum { PRODUCT_SCAN = 600 };

static double scan_point(int i) {
  return log(1e-8) + (log(1e4) - log(1e-8)) * i / (PRODUCT_SCAN - 1);
}

typedef struct {
  const free_law *T, *L;
  double sup;
} factors;

static assay_status product_at(const factors *f, double at, free_product_point *point, assay_error *error) {
  return free_product_at(f->T, f->L, f->sup, f->sup + exp(at), point, error);
}

/* Golden section in [lo, hi]. */
static assay_status product_minimum(const factors *f, double lo, double hi, free_product_point *edge,
                                    assay_error *error) {
  const double ratio = .6180339887498949;
  free_product_point a, b;
  double left = hi - ratio * (hi - lo), right = lo + ratio * (hi - lo);
  assay_status status = product_at(f, left, &a, error);
  if (status == ASSAY_OK) status = product_at(f, right, &b, error);
  while (status == ASSAY_OK && hi - lo > 1e-9) {
    bool low = a.rho < b.rho;
    if (low)
      hi = right, right = left, b = a, left = hi - ratio * (hi - lo);
    else
      lo = left, left = right, a = b, right = lo + ratio * (hi - lo);
    status = low ? product_at(f, left, &a, error) : product_at(f, right, &b, error);
  }
  if (status == ASSAY_OK) *edge = a.rho < b.rho ? a : b;
  return status;
}

/* The branch ends between lo, which has no point, and hi, which has one: the last place known to have one. */
static double product_end(const factors *f, double lo, double hi) {
  free_product_point at;
  while (hi - lo > 1e-12) {
    double mid = .5 * (lo + hi);
    if (product_at(f, mid, &at, NULL) == ASSAY_OK)
      hi = mid;
    else
      lo = mid;
  }
  return hi;
}

assay_status free_product_edge(const free_law *T, const free_law *L, double sup, free_product_point *edge,
                               int *tail, assay_error *error) {
  const factors f = {T, L, sup};
  free_product_point at;
  int best = -1, first = -1;
  for (int i = 0; i < PRODUCT_SCAN; i++) {
    if (product_at(&f, scan_point(i), &at, NULL) != ASSAY_OK) continue;
    if (first < 0) first = i;
    if (best < 0 || at.rho < edge->rho) *edge = at, best = i;
  }
  if (best < 0)
    return assay_error_set(error, ASSAY_DOMAIN, "no gamma above %.6g has a point outside the bulk", sup);
  *tail = best == 0;
  if (best == 0 || best == PRODUCT_SCAN - 1) return ASSAY_OK;
  double lo = best > first ? scan_point(best - 1) : product_end(&f, scan_point(best - 1), scan_point(best));
  return product_minimum(&f, lo, scan_point(best + 1), edge, error);
}
