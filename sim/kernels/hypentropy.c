#include "sim/kernels/hypentropy.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/vector.h"

#define STAGE 2.5     /* factor e^2.5 in kappa from stage to stage */
#define LOOSE .5      /* of ||Xb - y||/||y|| at the end of a stage that is not the last: mostly one step */
#define LARGEST 690.0 /* of |a0 + X'nu|: cosh stays finite */
/* While ||Xb - y|| > ROUGH ||y||, and for SINGLE_STEPS of a stage, Newton's matrix is in single precision:
 * twice as fast, and its rounding shows in the last steps only, which are in double. */
#define ROUGH 1e-5
enum { SINGLE_STEPS = 10 };

struct hypentropy {
  int n, d;
  double *kappa, *a0, *s, *curvature;                  /* [d]: of the stage; s = a0 + X'nu; kappa cosh s */
  double *move, *moved;                                /* [d] X'step; trial s */
  double *nu, *step, *residual;                        /* [n] */
  double *scaled, *hessian;                            /* [n][d] X sqrt(curvature); [n][n] */
  float *scaled_single, *hessian_single, *step_single; /* [n] the last */
};

hypentropy *hypentropy_new(int n, int d, assay_error *error) {
  hypentropy *h = calloc(1, sizeof *h);
  size_t N = (size_t)n, D = (size_t)d;
  if (h) h->kappa = calloc(6 * D + 3 * N + N * D + N * N, sizeof *h->kappa);
  if (h) h->scaled_single = calloc(N * D + N * N + N, sizeof *h->scaled_single);
  if (!h || !h->kappa || !h->scaled_single) {
    hypentropy_free(h);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a dual problem of %d x %d", n, d);
    return NULL;
  }
  h->n = n, h->d = d;
  h->a0 = h->kappa + D, h->s = h->a0 + D, h->curvature = h->s + D, h->move = h->curvature + D;
  h->moved = h->move + D, h->nu = h->moved + D, h->step = h->nu + N, h->residual = h->step + N;
  h->scaled = h->residual + N, h->hessian = h->scaled + N * D;
  h->hessian_single = h->scaled_single + N * D, h->step_single = h->hessian_single + N * N;
  return h;
}

void hypentropy_free(hypentropy *h) {
  if (h) free(h->kappa), free(h->scaled_single);
  free(h);
}

/* sum kappa cosh s; b and the curvature at s. */
static double primal(hypentropy *h, const double *s, double *b) {
  double sum = 0;
  elementary_exp(s, (size_t)h->d, b);
  for (int i = 0; i < h->d; i++) {
    double e = b[i], inverse = 1 / e;
    b[i] = 0.5 * h->kappa[i] * (e - inverse);
    h->curvature[i] = 0.5 * h->kappa[i] * (e + inverse);
    sum += h->curvature[i];
  }
  return sum;
}

/* Xb - y and its norm. */
static double violation(hypentropy *h, const double *X, const double *y, const double *b) {
  memcpy(h->residual, y, (size_t)h->n * sizeof *y);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, h->n, h->d, 1, X, h->d, b, 1, -1, h->residual, 1);
  return cblas_dnrm2(h->n, h->residual, 1);
}

/* The solution of the Newton equations. False: the Hessian is not positive definite. */
static bool solve(hypentropy *h, const double *X, const double *roots) {
  int n = h->n, d = h->d;
  memcpy(h->scaled, X, (size_t)n * (size_t)d * sizeof *X);
  for (int k = 0; k < n; k++) vector_multiply(roots, h->scaled + (size_t)k * d, (size_t)d);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, n, d, 1, h->scaled, d, 0, h->hessian, n);
  for (int k = 0; k < n; k++) h->step[k] = -h->residual[k];
  return !LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', n, 1, h->hessian, n, h->step, n);
}

/* The same in single precision, curvatures and residuals over their largest: false too when that is not
 * enough. */
static bool solve_single(hypentropy *h, const double *X, double *roots) {
  int n = h->n, d = h->d;
  double root = roots[cblas_idamax(d, roots, 1)], most = fabs(h->residual[cblas_idamax(n, h->residual, 1)]);
  cblas_dscal(d, 1 / root, roots, 1);
  for (int k = 0; k < n; k++)
    vector_product_single(roots, X + (size_t)k * d, (size_t)d, h->scaled_single + (size_t)k * d);
  cblas_ssyrk(CblasColMajor, CblasLower, CblasTrans, n, d, 1, h->scaled_single, d, 0, h->hessian_single, n);
  for (int k = 0; k < n; k++) h->step_single[k] = (float)(-h->residual[k] / most);
  if (LAPACKE_sposv_work(LAPACK_COL_MAJOR, 'L', n, 1, h->hessian_single, n, h->step_single, n)) return false;
  for (int k = 0; k < n; k++) h->step[k] = most / (root * root) * h->step_single[k];
  return true;
}

/* The Newton step, and X'step. */
static bool newton_step(hypentropy *h, const double *X, bool rough) {
  for (int i = 0; i < h->d; i++) h->move[i] = sqrt(h->curvature[i]);
  if (!(rough && solve_single(h, X, h->move))) {
    for (int i = 0; i < h->d; i++) h->move[i] = sqrt(h->curvature[i]);
    if (!solve(h, X, h->move)) return false;
  }
  cblas_dgemv(CblasRowMajor, CblasTrans, h->n, h->d, 1, X, h->d, h->step, 1, 0, h->move, 1);
  return true;
}

/* Goes along the step until the dual falls. False: it does not. */
static int descend(hypentropy *h, const double *y, double *b, double *value, double longest) {
  double scale = longest > 4 ? 4 / longest : 1, slope = cblas_ddot(h->n, h->residual, 1, h->step, 1),
         trial = 0, norm = 0;
  for (int half = 0; half < 40; half++, scale /= 2) {
    norm = 0;
    for (int i = 0; i < h->d; i++) {
      h->moved[i] = h->s[i] + scale * h->move[i];
      norm = fmax(norm, fabs(h->moved[i]));
    }
    if (norm > LARGEST) continue;
    trial = primal(h, h->moved, b) - cblas_ddot(h->n, y, 1, h->nu, 1) -
            scale * cblas_ddot(h->n, y, 1, h->step, 1);
    if (trial <= *value + 1e-4 * scale * slope || (longest < 1e-5 && half == 0)) break;
  }
  if (!(norm <= LARGEST)) return 0;
  memcpy(h->s, h->moved, (size_t)h->d * sizeof *h->s);
  cblas_daxpy(h->n, scale, h->step, 1, h->nu, 1);
  *value = trial;
  return 1;
}

/* Newton at the stage's kappa, from the nu at hand. */
static assay_status stage(hypentropy *h, const double *X, const double *y, double tolerance, double *b,
                          assay_error *error) {
  double size = cblas_dnrm2(h->n, y, 1), last = INFINITY, now = INFINITY;
  memcpy(h->s, h->a0, (size_t)h->d * sizeof *h->s);
  cblas_dgemv(CblasRowMajor, CblasTrans, h->n, h->d, 1, X, h->d, h->nu, 1, 1, h->s, 1);
  double value = primal(h, h->s, b) - cblas_ddot(h->n, y, 1, h->nu, 1);
  for (int step = 0; step < 200; step++) {
    now = violation(h, X, y, b);
    if (now <= tolerance * size) return ASSAY_OK;
    if (now <= 1e-9 * size && now > 0.5 * last) return ASSAY_OK;
    last = now;
    if (!newton_step(h, X, now > ROUGH * size && step < SINGLE_STEPS))
      return assay_error_set(error, ASSAY_NUMERIC, "the dual's Hessian is singular: X has not full rank");
    double longest = fabs(h->move[cblas_idamax(h->d, h->move, 1)]);
    if (!descend(h, y, b, &value, longest)) break;
  }
  return assay_error_set(error, ASSAY_NUMERIC, "the dual Newton iteration stopped at ||Xb - y|| = %.3g ||y||",
                         now / size);
}

assay_status hypentropy_solve(hypentropy *h, const double *X, const double *y, const double *kappa,
                              const double *b0, double *b, assay_error *error) {
  double least = INFINITY, most = 1;
  for (int i = 0; i < h->d; i++) least = fmin(least, kappa[i]), most = fmax(most, kappa[i]);
  if (!(least > 0) || !isfinite(most))
    return assay_error_set(error, ASSAY_DOMAIN, "kappa reaches from %g to %g; all are finite and > 0", least,
                           most);
  int stages = (int)ceil(log(most / least) / STAGE);
  memset(h->nu, 0, (size_t)h->n * sizeof *h->nu);
  for (int j = stages > 0 ? 0 : 1; j <= stages || stages == 0; j++) {
    double t = stages > 0 ? (double)j / stages : 1;
    for (int i = 0; i < h->d; i++) {
      h->kappa[i] = t == 1 ? kappa[i] : most * exp(t * log(kappa[i] / most));
      h->a0[i] = b0 ? asinh(b0[i] / h->kappa[i]) : 0;
    }
    assay_status status = stage(h, X, y, t == 1 ? 1e-11 : LOOSE, b, error);
    if (status != ASSAY_OK || t == 1) return status;
  }
  return ASSAY_OK;
}
