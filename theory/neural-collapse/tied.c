/* Linear residual networks on any inputs: all blocks share one symmetric matrix. */
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "theory/neural-collapse/neural-collapse.h"

enum { MOST_DIMENSIONS = 32, MOST_CLASSES = 64 };

/* Unknowns x: Y = L B, upper triangle row by row, then U [K][d]; S = (I + Y/L)^L, or e^Y for L = inf. */
typedef struct {
  const double *X; /* [N][d] */
  int K, n, d, N, unknowns;
  double lw, lb, L;
  double *V, *S, *Y, *work; /* [d][d]; S, and then derivatives */
  double lambda[MOST_DIMENSIONS];
  double *H, *dH, *lengths, *z; /* [N][d], [N][d], [N], [N][K] */
  double *hessian, *up, *down, *step, *trial, *g;
} tied_room;

static void close_room(tied_room *r) {
  free(r->V);
}

static assay_status open_room(tied_room *r, assay_error *error) {
  const size_t d = (size_t)r->d, N = (size_t)r->N, n = (size_t)r->unknowns;
  double *p = calloc(4 * d * d + 2 * N * d + N + N * (size_t)r->K + n * n + 5 * n, sizeof *p);
  if (!p) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d unknowns", r->unknowns);
  r->V = p;
  r->S = r->V + d * d;
  r->Y = r->S + d * d;
  r->work = r->Y + d * d;
  r->H = r->work + d * d;
  r->dH = r->H + N * d;
  r->lengths = r->dH + N * d;
  r->z = r->lengths + N;
  r->hessian = r->z + N * (size_t)r->K;
  r->up = r->hessian + n * n;
  r->down = r->up + n;
  r->step = r->down + n;
  r->trial = r->step + n;
  r->g = r->trial + n;
  return ASSAY_OK;
}

/* ---- the objective ---- */

/* M = A diag(v) A' for A [d][d]. */
static void spectral(const tied_room *r, const double *v, double *M) {
  const int d = r->d;
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) r->work[i * d + j] = r->V[i * d + j] * v[j];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, d, d, d, 1, r->work, d, r->V, d, 0, M, d);
}

/* Mean cross-entropy of the logits z, which become its derivative. */
static double cross_entropy(const tied_room *r) {
  double loss = 0;
  for (int i = 0; i < r->N; i++) {
    double *z = r->z + i * r->K, top = z[0], total = 0;
    const int y = i / r->n;
    for (int c = 1; c < r->K; c++) top = fmax(top, z[c]);
    for (int c = 0; c < r->K; c++) total += exp(z[c] - top);
    loss += log(total) - (z[y] - top);
    for (int c = 0; c < r->K; c++) z[c] = (exp(z[c] - top) / total - (c == y)) / r->N;
  }
  return loss / r->N;
}

/* f(y) = (1 + y/L)^L, its divided difference (f(a) - f(b))/(a - b), and f'(b) where a = b. Without
 * cancellation while 1 + y/L > 0; below, where an L of one or two blocks may go, by the difference itself. */
static double power(double L, double y) {
  return isinf(L) ? exp(y) : 1 + y / L > 0 ? exp(L * log1p(y / L)) : pow(1 + y / L, L);
}
static double divided(double L, double a, double b) {
  const double gap = a - b;
  if (isinf(L)) return exp(b) * (gap == 0 ? 1 : expm1(gap) / gap);
  if (1 + a / L > 0 && 1 + b / L > 0)
    return power(L, b) * (gap == 0 ? L / (L + b) : expm1(L * log1p(gap / (L + b))) / gap);
  return fabs(gap) < 1e-5 ? pow(1 + (a + b) / (2 * L), L - 1) : (power(L, a) - power(L, b)) / gap;
}

/* The derivative by Y in r->Y, from that by S in r->S: V (Phi o V' dS V) V', Phi the divided differences of
 * f. */
static void power_reverse(tied_room *r) {
  const int d = r->d;
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, d, 1, r->V, d, r->S, d, 0, r->work, d);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, d, d, d, 1, r->work, d, r->V, d, 0, r->Y, d);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) r->Y[i * d + j] *= divided(r->L, r->lambda[i], r->lambda[j]);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, d, d, d, 1, r->V, d, r->Y, d, 0, r->work, d);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, d, d, d, 1, r->work, d, r->V, d, 0, r->Y, d);
}

/* Features H = N(S X) at x; false where LAPACK fails. */
static bool features(tied_room *r, const double *x) {
  const int d = r->d;
  double grown[MOST_DIMENSIONS];
  for (int i = 0, at = 0; i < d; i++)
    for (int j = i; j < d; j++, at++) r->V[i * d + j] = r->V[j * d + i] = x[at];
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', d, r->V, d, r->lambda)) return false;
  for (int i = 0; i < d; i++) grown[i] = power(r->L, r->lambda[i]);
  spectral(r, grown, r->S);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, r->N, d, d, 1, r->X, d, r->S, d, 0, r->H, d);
  for (int i = 0; i < r->N; i++) {
    r->lengths[i] = cblas_dnrm2(d, r->H + i * d, 1);
    cblas_dscal(d, 1 / r->lengths[i], r->H + i * d, 1);
  }
  return true;
}

static double objective(tied_room *r, const double *x, double *g) {
  const int d = r->d, N = r->N, K = r->K, triangle = d * (d + 1) / 2;
  const double *U = x + triangle;
  double slope[MOST_DIMENSIONS], penalty = 0;
  if (!features(r, x)) return NAN;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, K, d, 1, r->H, d, U, d, 0, r->z, K);
  double J = cross_entropy(r) + r->lw / 2 * cblas_ddot(K * d, U, 1, U, 1);
  for (int i = 0; i < d; i++) {
    slope[i] = r->lb * r->lambda[i] / r->L;
    penalty += r->lambda[i] * r->lambda[i] / r->L;
  }
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, K, d, N, 1, r->z, K, r->H, d, 0, g + triangle, d);
  cblas_daxpy(K * d, r->lw, U, 1, g + triangle, 1);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, d, K, 1, r->z, K, U, d, 0, r->dH, d);
  for (int i = 0; i < N; i++) {
    const double *h = r->H + i * d;
    double *v = r->dH + i * d, along = cblas_ddot(d, h, 1, v, 1);
    for (int j = 0; j < d; j++) v[j] = (v[j] - h[j] * along) / r->lengths[i];
  }
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, N, .5, r->X, d, r->dH, d, 0, r->S, d);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, N, .5, r->dH, d, r->X, d, 1, r->S, d);
  power_reverse(r);
  spectral(r, slope, r->S);
  for (int i = 0, at = 0; i < d; i++)
    for (int j = i; j < d; j++, at++) g[at] = (r->Y[i * d + j] + r->S[i * d + j]) * (i == j ? 1 : 2);
  return J + r->lb / 2 * penalty;
}

static double class_variances(tied_room *r, const double *x) {
  const int d = r->d;
  double mean[MOST_CLASSES * MOST_DIMENSIONS] = {0}, all[MOST_DIMENSIONS] = {0}, within = 0, between = 0;
  if (!features(r, x)) return NAN;
  for (int i = 0; i < r->N; i++)
    for (int j = 0; j < d; j++) {
      mean[i / r->n * d + j] += r->H[i * d + j] / r->n;
      all[j] += r->H[i * d + j] / r->N;
    }
  for (int i = 0; i < r->N * d; i++) within += pow(r->H[i] - mean[i / d / r->n * d + i % d], 2) / r->N;
  for (int i = 0; i < r->K * d; i++) between += pow(mean[i] - all[i % d], 2) / r->K;
  return within / between;
}

/* ---- Newton's method ---- */

static bool differentiate(tied_room *r, double *x) {
  const int n = r->unknowns;
  const double h = 1e-5;
  for (int i = 0; i < n; i++) {
    const double here = x[i];
    x[i] = here + h;
    double sum = objective(r, x, r->up);
    x[i] = here - h;
    sum += objective(r, x, r->down);
    x[i] = here;
    if (!isfinite(sum)) return false;
    for (int j = 0; j < n; j++) r->hessian[i * n + j] = (r->up[j] - r->down[j]) / (2 * h);
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++)
      r->hessian[i * n + j] = r->hessian[j * n + i] = (r->hessian[i * n + j] + r->hessian[j * n + i]) / 2;
  return true;
}

/* step = -(hessian + damping)^-1 g; false when that is not positive definite. */
static bool damped_step(tied_room *r, double damping, double *factor) {
  const int n = r->unknowns;
  memcpy(factor, r->hessian, (size_t)n * (size_t)n * sizeof *factor);
  for (int i = 0; i < n; i++) {
    factor[i * n + i] += damping;
    r->step[i] = -r->g[i];
  }
  return LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', n, 1, factor, n, r->step, 1) == 0;
}

static double largest(const double *x, int n) {
  return fabs(x[cblas_idamax(n, x, 1)]);
}

/* One accepted step from x, or none: the size of the step (0 where nothing is gained any more). The damping
 * is adapted. */
static double advance(tied_room *r, double *x, double *J, double *damping, double *factor) {
  const int n = r->unknowns;
  for (int attempt = 0; attempt < 40; attempt++) {
    const bool definite = damped_step(r, *damping, factor);
    if (definite) {
      memcpy(r->trial, x, (size_t)n * sizeof *x);
      cblas_daxpy(n, 1, r->step, 1, r->trial, 1);
      const double next = objective(r, r->trial, r->up);
      /* at the end only the gradient tells points apart */
      if (next < *J - 1e-14 || (next < *J + 1e-14 && largest(r->up, n) < largest(r->g, n))) {
        memcpy(x, r->trial, (size_t)n * sizeof *x);
        memcpy(r->g, r->up, (size_t)n * sizeof *x);
        *J = next;
        *damping = *damping < 1e-9 ? 0 : *damping / 8;
        return largest(r->step, n);
      }
      if (largest(r->step, n) < 1e-11) return 0;
    }
    *damping = fmax(*damping * 4, 1e-6);
  }
  return 0;
}

static assay_status minimise(tied_room *r, double *x, double *J, assay_error *error) {
  const size_t n = (size_t)r->unknowns;
  double *factor = calloc(n * n, sizeof *factor), damping = 1e-2, step = 1;
  if (!factor) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d unknowns", r->unknowns);
  *J = objective(r, x, r->g);
  for (int round = 0; round < 400 && step > 0 && isfinite(*J) && largest(r->g, r->unknowns) > 1e-15; round++)
    step = differentiate(r, x) ? advance(r, x, J, &damping, factor) : 0;
  const double left = largest(r->g, r->unknowns);
  const bool minimum =
      isfinite(*J) && left < 1e-10 && damped_step(r, 0, factor); /* leaves the last correction */
  free(factor);
  return minimum
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC,
                               "Newton's method for the shared matrix ended with a gradient of %.3g", left);
}

/* S = I and the head along the class means, centred. */
static void start(const tied_room *r, double *x) {
  const int d = r->d;
  double *U = x + d * (d + 1) / 2;
  for (int i = 0; i < r->N; i++)
    for (int c = 0; c < r->K; c++)
      cblas_daxpy(d, (double)(c == i / r->n) - 1. / r->K, r->X + i * d, 1, U + c * d, 1);
  for (int c = 0; c < r->K; c++) cblas_dscal(d, 2 / fmax(cblas_dnrm2(d, U + c * d, 1), 1e-3), U + c * d, 1);
}

assay_status neural_collapse_tied_optimum(const double *X, int K, int n, int d, double lw, double lb,
                                          double L, neural_collapse_tied *result, assay_error *error) {
  if (!(K >= 2 && K <= MOST_CLASSES && n >= 1 && d >= 1 && d <= MOST_DIMENSIONS && lw > 0 && lb > 0 &&
        L >= 2))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "K = %d, n = %d, d = %d, lw = %g, lb = %g, L = %g: 2 <= K <= %d, n >= 1, d <= %d, decays > 0, L >= 2",
        K, n, d, lw, lb, L, MOST_CLASSES, MOST_DIMENSIONS);
  tied_room r = {.X = X,
                 .K = K,
                 .n = n,
                 .d = d,
                 .N = K * n,
                 .unknowns = d * (d + 1) / 2 + K * d,
                 .lw = lw,
                 .lb = lb,
                 .L = L};
  double J = 0, *x = calloc((size_t)r.unknowns, sizeof *x);
  if (!x) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d unknowns", r.unknowns);
  assay_status status = open_room(&r, error);
  if (status == ASSAY_OK) {
    start(&r, x);
    status = minimise(&r, x, &J, error);
  }
  if (status == ASSAY_OK) {
    const double gain = fabs(cblas_ddot(r.unknowns, r.step, 1, r.g, 1)), here = class_variances(&r, x);
    cblas_daxpy(r.unknowns, 1, r.step, 1, x, 1);
    const double there = class_variances(&r, x);
    result->J = (assay_value){J, gain + 16 * DBL_EPSILON * (1 + J)};
    result->NC1 = (assay_value){there, 4 * fabs(there - here) + 1e-13 * there};
  }
  close_room(&r);
  free(x);
  return status;
}
