#include "theory/numerics/spiked.h"

#include <complex.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/root.h"

assay_status spiked_law_new(int n, int p, spiked_law *law, assay_error *error) {
  *law = (spiked_law){0};
  if (n < 1 || p < 1 || p > SPIKED_MOST)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "a law of %d points with %d coordinates; at least 1, and 1 to %d", n, p,
                           SPIKED_MOST);
  size_t count = (size_t)n, squares = (size_t)(p * p);
  double *memory = calloc((2 + squares) * count, sizeof *memory);
  if (!memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a law of %d points", n);
  *law = (spiked_law){n, p, memory, memory + count, memory + 2 * count, NAN};
  return ASSAY_OK;
}

void spiked_law_free(spiked_law *law) {
  free(law->z);
  *law = (spiked_law){0};
}

/* ---- functions of x ---- */

void spiked_psi(const spiked_law *law, double delta, double x, double *psi, double *first, double *second) {
  double f1 = 0, f2 = 0, f3 = 0;
  for (int i = 0; i < law->n; i++) {
    double inverse = 1 / (x - law->z[i]), f = law->z[i] * inverse, w = law->weight[i] * f;
    f1 += w;
    f2 += w * f;
    f3 += w * f * inverse;
  }
  if (psi) *psi = x * (1 / delta + f1);
  if (first) *first = 1 / delta - f2;
  if (second) *second = 2 * f3;
}

static void fill_r(const spiked_law *law, double x, double *r) {
  int p = law->p, pp = p * p;
  memset(r, 0, (size_t)pp * sizeof *r);
  for (int i = 0; p == 1 && i < law->n; i++)
    r[0] += law->weight[i] * law->z[i] / (x - law->z[i]) * (law->c[i] - 1);
  if (p == 1) return;
  for (int i = 0; i < law->n; i++) {
    double f = law->weight[i] * law->z[i] / (x - law->z[i]);
    const double *c = law->c + (size_t)i * (size_t)pp;
    for (int a = 0; a < p; a++)
      for (int b = 0; b < p; b++) r[a * p + b] += f * (c[a * p + b] - (a == b));
  }
}

assay_status spiked_r(const spiked_law *law, double x, double *r, double *u, assay_error *error) {
  int p = law->p;
  double a[SPIKED_MOST * SPIKED_MOST], ascending[SPIKED_MOST];
  fill_r(law, x, a);
  if (p == 1) {
    if (r) *r = a[0];
    if (u) *u = 1;
    return ASSAY_OK;
  }
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, u ? 'V' : 'N', 'U', p, a, p, ascending) != 0)
    return assay_error_set(error, ASSAY_NUMERIC, "no eigenvalues of the secular matrix at x = %.10g", x);
  for (int k = 0; k < p; k++) {
    if (r) r[k] = ascending[p - 1 - k];
    for (int i = 0; i < p && u; i++) u[k * p + i] = a[i * p + p - 1 - k];
  }
  return ASSAY_OK;
}

static double quadratic_form(const double *c, const double *u, int p) {
  double sum = 0;
  for (int i = 0; i < p; i++)
    for (int j = 0; j < p; j++) sum += u[i] * c[i * p + j] * u[j];
  return sum;
}

void spiked_squares(const spiked_law *law, double x, const double *u, double *a, double *b) {
  *a = *b = 0;
  for (int i = 0; i < law->n; i++) {
    double f = law->z[i] / (x - law->z[i]), w = law->weight[i] * f * f;
    *a += w;
    *b += w * quadratic_form(law->c + i * law->p * law->p, u, law->p);
  }
}

/* ---- edges ---- */

typedef struct {
  const spiked_law *law;
  double delta;
  int k;
} problem;

static assay_status slope(double x, void *context, double *y, assay_error *error) {
  (void)error;
  const problem *q = context;
  spiked_psi(q->law, q->delta, x, NULL, y, NULL);
  return ASSAY_OK;
}

/* psi at a stationary point is moved by an error of x in second order only. */
static void put_edge(const spiked_law *law, double delta, spiked_point *edge) {
  double second, size = fabs(edge->x.value);
  spiked_psi(law, delta, edge->x.value, &edge->lambda.value, NULL, &second);
  edge->x.error += 16 * DBL_EPSILON * (1 / delta) / fabs(second); /* rounding of psi' */
  edge->lambda.error = fabs(second) * edge->x.error * edge->x.error + 16 * DBL_EPSILON * size / delta;
}

assay_status spiked_edge(const spiked_law *law, double delta, spiked_point *edge, assay_error *error) {
  problem q = {law, delta, 0};
  double lo = law->tau * (1 + 1e-13), hi = law->tau, y;
  slope(lo, &q, &y, error);
  if (!(y < 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "the bulk has no regular right edge at delta = %.10g: the weights come too rarely "
                           "near their supremum %.6g",
                           delta, law->tau);
  for (int j = 0; j < 200 && y < 0; j++) {
    hi *= 2;
    slope(hi, &q, &y, error);
  }
  assay_status status = root_find(slope, &q, lo, hi, 1e-15, &edge->x, error);
  if (status == ASSAY_OK) put_edge(law, delta, edge);
  return status;
}

assay_status spiked_left_edge(const spiked_law *law, double delta, spiked_point *edge, assay_error *error) {
  problem q = {law, delta, 0};
  double positive = 0, y;
  for (int i = 0; i < law->n; i++) positive += law->z[i] > 0 ? law->weight[i] : 0;
  if (!(delta * positive > 1))
    return assay_error_set(error, ASSAY_DOMAIN, "delta Prob(weight > 0) = %.6g; a gap at 0 needs more than 1",
                           delta * positive);
  double lo = -law->tau, hi = -law->tau; /* f^2 grows to 1 on the way to 0, and vanishes at -inf */
  for (slope(hi, &q, &y, error); y > 0 && hi < -1e-300; slope(hi, &q, &y, error)) hi /= 2;
  for (slope(lo, &q, &y, error); y < 0 && lo > -1e300; slope(lo, &q, &y, error)) lo *= 2;
  assay_status status = root_find(slope, &q, lo, hi, 1e-15, &edge->x, error);
  if (status == ASSAY_OK) put_edge(law, delta, edge);
  return status;
}

double spiked_edge_scale(const spiked_law *law, double delta, double x) {
  double second;
  spiked_psi(law, delta, x, NULL, NULL, &second);
  return pow(delta / (x * x) * sqrt(2 / fabs(second)), -2 / 3.);
}

/* ---- density ---- */

/* psi and psi' at a complex x. */
static double complex complex_psi(const spiked_law *law, double delta, double complex x, double complex *slope) {
  double complex f1 = 0, f2 = 0;
  for (int i = 0; i < law->n; i++) {
    double re = creal(x) - law->z[i], im = cimag(x), scale = law->z[i] / (re * re + im * im);
    double complex f = re * scale - I * (im * scale);
    f1 += law->weight[i] * f;
    f2 += law->weight[i] * (creal(f) * creal(f) - cimag(f) * cimag(f) + 2 * I * (creal(f) * cimag(f)));
  }
  *slope = 1 / delta - f2;
  return x * (1 / delta + f1);
}

/* Newton from x for psi(x) = to, with shorter steps where one would leave the upper half-plane. On the real axis itself the
 * root may lie on it. */
static assay_status follow(const spiked_law *law, double delta, double complex to, double size, double complex *x,
                           assay_error *error) {
  double complex slope;
  for (int i = 0; i < 200; i++) {
    double complex miss = complex_psi(law, delta, *x, &slope) - to, step = miss / slope;
    if (cabs(miss) <= 1e-13 * size || cabs(step) <= 1e-15 * cabs(*x)) return ASSAY_OK;
    while (cimag(*x - step) <= 0 && cabs(step) > 1e-15 * cabs(*x)) step /= 2;
    *x -= step;
  }
  return assay_error_set(error, ASSAY_NUMERIC, "no root of psi(x) = %.6g + %.2g i in the upper half-plane", creal(to), cimag(to));
}

/* The share of eigenvalues above lambda, (delta/pi) Im Phi with dPhi/dlambda = 1/x. */
static assay_status share_above(const spiked_law *law, double delta, double lambda, double *share, assay_error *error) {
  double mean = 0, square = 0;
  for (int i = 0; i < law->n; i++) mean += law->weight[i] * law->z[i], square += law->weight[i] * law->z[i] * law->z[i];
  double size = fabs(lambda) + sqrt(square) * (1 + 1 / delta), eta = 64 * size;
  double complex x = delta * (lambda - mean + I * eta);
  assay_status status = follow(law, delta, lambda + I * eta, eta, &x, error);
  for (eta /= 4; eta > 1e-9 * size && status == ASSAY_OK; eta /= 4) status = follow(law, delta, lambda + I * eta, size, &x, error);
  if (status == ASSAY_OK) status = follow(law, delta, lambda, size, &x, error);
  double complex s = 1 / x;
  double phi = cimag(s) * lambda - carg(s) / delta;
  for (int i = 0; i < law->n; i++) phi += law->weight[i] * carg(1 - s * law->z[i]);
  *share = delta / M_PI * phi;
  return status;
}

assay_status spiked_density(const spiked_law *law, double delta, double at, double bin, assay_value *density,
                            assay_error *error) {
  double above[2] = {0, 0};
  if (!(bin > 0 && isfinite(at) && isfinite(bin)))
    return assay_error_set(error, ASSAY_DOMAIN, "a bin of width %g at %g; its width is finite and > 0", bin, at);
  assay_status status = share_above(law, delta, at - bin / 2, &above[0], error);
  if (status == ASSAY_OK) status = share_above(law, delta, at + bin / 2, &above[1], error);
  *density = (assay_value){fmax(0, above[0] - above[1]) / bin, 4e-13 * (1 + above[0]) / bin};
  return status;
}

/* ---- outliers ---- */

static assay_status excess(double x, void *context, double *y, assay_error *error) {
  const problem *q = context;
  double r[SPIKED_MOST];
  assay_status status = spiked_r(q->law, x, r, NULL, error);
  *y = r[q->k - 1] - 1 / q->delta;
  return status;
}

static assay_status put_outlier(const problem *q, spiked_outlier *o, assay_error *error) {
  int p = q->law->p;
  double u[SPIKED_MOST * SPIKED_MOST], x = o->x.value, first, a, b, step = 1e-6 * x, above, below;
  assay_status status = spiked_r(q->law, x, NULL, u, error);
  if (status == ASSAY_OK) status = excess(x + step, (void *)(uintptr_t)q, &above, error);
  if (status == ASSAY_OK) status = excess(x - step, (void *)(uintptr_t)q, &below, error);
  if (status != ASSAY_OK) return status;
  memcpy(o->u, u + (q->k - 1) * p, (size_t)p * sizeof *u);
  spiked_psi(q->law, q->delta, x, &o->lambda.value, &first, NULL);
  spiked_squares(q->law, x, o->u, &a, &b);
  o->rho2.value = first / (first + b);
  o->x.error += 32 * DBL_EPSILON * (1 / q->delta) /
                (fabs(above - below) / (2 * step)); /* rounding of R over its slope */
  o->lambda.error = fabs(first) * o->x.error + 32 * DBL_EPSILON * fabs(o->lambda.value);
  /* d rho2/dx is about rho2 (1-rho2) times the logarithmic slopes, which are below 8/(x - tau). */
  o->rho2.error =
      (8 * o->x.error / (x - q->law->tau) + 32 * DBL_EPSILON * (1 / q->delta) / fabs(first)) * o->rho2.value;
  return ASSAY_OK;
}

assay_status spiked_eigenvalue(const spiked_law *law, double delta, const spiked_point *edge, int k,
                               spiked_outlier *o, assay_error *error) {
  if (k < 1 || k > law->p)
    return assay_error_set(error, ASSAY_DOMAIN, "eigenvalue %d of %d that can leave the bulk", k, law->p);
  problem q = {law, delta, k};
  *o = (spiked_outlier){.out = false, .x = edge->x, .lambda = edge->lambda};
  double y, lo = edge->x.value, hi = lo;
  assay_status status = excess(lo, &q, &y, error);
  if (status != ASSAY_OK || !(y > 0)) return status;
  for (int j = 0; j < 200 && y > 0 && status == ASSAY_OK; j++) {
    hi *= 2;
    status = excess(hi, &q, &y, error);
  }
  if (status == ASSAY_OK) status = root_find(excess, &q, lo, hi, 1e-15, &o->x, error);
  o->out = status == ASSAY_OK;
  return o->out ? put_outlier(&q, o, error) : status;
}

/* r_k - E f^2, times x^2: positive where eigenvalue k is out at the delta whose edge lies at x. */
static assay_status balance(double x, void *context, double *y, assay_error *error) {
  const problem *q = context;
  double r[SPIKED_MOST], first;
  assay_status status = spiked_r(q->law, x, r, NULL, error);
  spiked_psi(q->law, INFINITY, x, NULL, &first, NULL);
  *y = (r[q->k - 1] + first) * x * x;
  return status;
}

/* E f^2 < r_k already at tau: eigenvalue k leaves while the edge's x sticks to tau, where r_k = 1/delta. */
static assay_status irregular_threshold(const problem *q, assay_value *delta, assay_value *x,
                                        assay_error *error) {
  double r[SPIKED_MOST], near[SPIKED_MOST], tau = q->law->tau;
  assay_status status = spiked_r(q->law, tau * (1 + 1e-13), r, NULL, error);
  if (status == ASSAY_OK) status = spiked_r(q->law, tau * (1 + 1e-12), near, NULL, error);
  if (status != ASSAY_OK) return status;
  double value = 1 / r[q->k - 1];
  *x = (assay_value){tau, 0};
  *delta = (assay_value){value, 2 * fabs(1 / near[q->k - 1] - value) + 1e-12 * value};
  return ASSAY_OK;
}

assay_status spiked_threshold(const spiked_law *law, int k, assay_value *delta, assay_value *x,
                              assay_error *error) {
  if (k < 1 || k > law->p)
    return assay_error_set(error, ASSAY_DOMAIN, "eigenvalue %d of %d that can leave the bulk", k, law->p);
  problem q = {law, INFINITY, k};
  double before = NAN, y = NAN, last = NAN, nearest = NAN, first, second;
  for (int i = 0; i <= 1000;
       i++) { /* delta grows with the edge's x: the first passage from - to + is the smallest delta */
    double at = law->tau * (1 + pow(10, -6 + i / 100.));
    assay_status status = balance(at, &q, &y, error);
    if (status == ASSAY_OK && before <= 0 && y > 0) {
      status = root_find(balance, &q, last, at, 1e-15, x, error);
      if (status != ASSAY_OK) return status;
      spiked_psi(law, INFINITY, x->value, NULL, &first, &second);
      double step = 1e-6 * x->value, above, below;
      balance(x->value + step, &q, &above, error), balance(x->value - step, &q, &below, error);
      x->error += 32 * DBL_EPSILON * fabs(first) * x->value * x->value / (fabs(above - below) / (2 * step));
      *delta = (assay_value){-1 / first, (second * x->error / fabs(first) + 32 * DBL_EPSILON) / fabs(first)};
      return ASSAY_OK;
    }
    if (status != ASSAY_OK) return status;
    if (i == 0 && y > 0) return irregular_threshold(&q, delta, x, error);
    before = y, last = at;
    if (i == 0) nearest = y;
  }
  if (nearest > 0)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "eigenvalue %d is outside the bulk at every delta with a regular edge", k);
  return assay_error_set(error, ASSAY_DOMAIN, "eigenvalue %d leaves the bulk at no delta", k);
}
