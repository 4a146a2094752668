#include "sim/data-reconstruction/reconstruction.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"
#include "sim/kernels/thin_qr.h"

struct reconstruction {
  activation act;
  int d, n, p, rows, N; /* rows that move, n or 1; N = rows (d-1) */
  bool no_signs;
  const double *V, *X;
  double theta_norm;
  double *theta, *Q, *R, *a, *r;         /* [p], [n][p], [n][n], [n], [p] */
  double *J, *H, *g, *s, *diagonal;      /* [p][N], [N][N], [N], ... */
  double *trial, *slope, *projected, *w; /* [n][d], [p], [n][N], [d] */
  double *step;                          /* [max(p, N)] */
};

reconstruction *reconstruction_new(activation act, int d, int n, int p, assay_error *error) {
  size_t D = (size_t)d, n_ = (size_t)n, P = (size_t)p, N = n_ * (D - 1);
  reconstruction *k = calloc(1, sizeof *k);
  if (k)
    k->theta =
        calloc(3 * P + P * n_ + n_ * n_ + n_ + P * N + N * N + 3 * N + n_ * D + n_ * N + D + (P > N ? P : N),
               sizeof *k->theta);
  if (!k || !k->theta) {
    reconstruction_free(k);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a reconstruction of %d x %d from %d parameters", n,
                    d, p);
    return NULL;
  }
  k->act = act, k->d = d, k->n = n, k->p = p, k->rows = n, k->N = (int)N;
  k->r = k->theta + P, k->slope = k->r + P, k->Q = k->slope + P, k->R = k->Q + P * n_, k->a = k->R + n_ * n_,
  k->J = k->a + n_, k->H = k->J + P * N, k->g = k->H + N * N, k->s = k->g + N;
  k->diagonal = k->s + N, k->trial = k->diagonal + N, k->projected = k->trial + n_ * D,
  k->w = k->projected + n_ * N, k->step = k->w + D;
  return k;
}

void reconstruction_free(reconstruction *k) {
  if (k) free(k->theta);
  free(k);
}

/* Q R = Phi(X)'; false when R is singular to 1e-11. */
static bool factor(reconstruction *k, const double *X) {
  int n = k->n, p = k->p;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, p, k->d, 1, X, k->d, k->V, k->d, 0, k->Q, p);
  elementary_activation(k->act, k->Q, (size_t)p * (size_t)n, k->Q);
  if (thin_qr(n, p, k->Q, 0, k->R, NULL) < n) return false;
  double most = 0, least = INFINITY;
  for (int i = 0; i < n; i++) most = fmax(most, k->R[i * n + i]), least = fmin(least, k->R[i * n + i]);
  return least > 1e-11 * most;
}

assay_status reconstruction_train(reconstruction *k, const double *V, const double *X, const double *Y,
                                  assay_error *error) {
  k->V = V, k->X = X;
  if (!factor(k, X))
    return assay_error_set(error, ASSAY_NUMERIC, "the features of %d samples are linearly dependent", k->n);
  memcpy(k->a, Y, (size_t)k->n * sizeof *k->a);
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasTrans, CblasNonUnit, k->n, k->R, k->n, k->a, 1);
  cblas_dgemv(CblasRowMajor, CblasTrans, k->n, k->p, 1, k->Q, k->p, k->a, 1, 0, k->theta, 1);
  k->theta_norm = cblas_ddot(k->p, k->theta, 1, k->theta, 1);
  return ASSAY_OK;
}

const double *reconstruction_parameters(const reconstruction *k) {
  return k->theta;
}

void reconstruction_aim(reconstruction *k, const double *V, const double *X, const double *theta) {
  k->V = V, k->X = X;
  memcpy(k->theta, theta, (size_t)k->p * sizeof *theta);
  k->theta_norm = cblas_ddot(k->p, theta, 1, theta, 1);
}

/* L at X, with Q, R, a and r; infinite where the features are dependent. */
static double loss(reconstruction *k, const double *X) {
  if (!factor(k, X)) return INFINITY;
  memcpy(k->r, k->theta, (size_t)k->p * sizeof *k->r);
  thin_qr_project(k->n, k->p, k->Q, k->r, k->a);
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasNonUnit, k->n, k->R, k->n, k->a, 1);
  return cblas_ddot(k->p, k->r, 1, k->r, 1) / k->theta_norm;
}

/* w = x/|x| + sign(x_1) e_1: the reflector whose columns 2..d span the complement of x. Returns 2/|w|^2. */
static double reflector(const double *x, int d, double *w) {
  double norm = cblas_dnrm2(d, x, 1), sign = x[0] >= 0 ? 1 : -1;
  for (int i = 0; i < d; i++) w[i] = x[i] / norm;
  w[0] += sign;
  return 2 / cblas_ddot(d, w, 1, w, 1);
}

/* out [p][stride] columns 0..d-2: scale phi'(V x) o (V T). */
static void tangents(activation act, const double *V, const double *x, int d, int p, double scale,
                     double *slope, double *w, double *out, int stride) {
  double factor = reflector(x, d, w);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p, d, 1, V, d, x, 1, 0, slope, 1);
  elementary_activation_slope(act, slope, (size_t)p, slope);
  for (int j = 0; j < p; j++) {
    double along = factor * cblas_ddot(d, V + (size_t)j * d, 1, w, 1);
    for (int i = 1; i < d; i++)
      out[(size_t)j * stride + i - 1] = scale * slope[j] * (V[(size_t)j * d + i] - along * w[i]);
  }
}

/* J less its part in the span of Q: J -= Q Q'J. */
static void off_the_span(reconstruction *k) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, k->n, k->N, k->p, 1, k->Q, k->p, k->J, k->N, 0,
              k->projected, k->N);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k->p, k->N, k->n, -1, k->Q, k->p, k->projected, k->N,
              1, k->J, k->N);
}

/* H = J'J and g = J'r. */
static void form_equations(reconstruction *k) {
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, k->N, k->p, 1, k->J, k->N, 0, k->H, k->N);
  cblas_dgemv(CblasRowMajor, CblasTrans, k->p, k->N, 1, k->J, k->N, k->r, 1, 0, k->g, 1);
}

/* Kaufman's Jacobian. */
static void projected_jacobian(reconstruction *k, const double *X) {
  int m = k->d - 1;
  for (int i = 0; i < k->n; i++)
    tangents(k->act, k->V, X + (size_t)i * k->d, k->d, k->p, -k->a[i] * sqrt(k->d), k->slope, k->w,
             k->J + (size_t)i * m, k->N);
  off_the_span(k);
}

static void normal_equations(reconstruction *k, const double *X) {
  projected_jacobian(k, X);
  form_equations(k);
}

/* trial: the rows of X turned by the angles s. */
static void retract(reconstruction *k, const double *X) {
  for (int i = 0; i < k->rows; i++) {
    const double *x = X + (size_t)i * k->d, *s = k->s + (size_t)i * (k->d - 1);
    double *y = k->trial + (size_t)i * k->d, factor = reflector(x, k->d, k->w), along = 0,
           length = cblas_dnrm2(k->d - 1, s, 1);
    double h = fmin(length, 1), scale = length > 0 ? sin(h) * sqrt(k->d) / length : 0;
    for (int j = 1; j < k->d; j++) along += k->w[j] * s[j - 1];
    for (int j = 0; j < k->d; j++)
      y[j] = cos(h) * x[j] + scale * ((j ? s[j - 1] : 0) - factor * along * k->w[j]);
    cblas_dscal(k->d, sqrt(k->d) / cblas_dnrm2(k->d, y, 1), y, 1);
  }
}

/* The trial point at damping mu; false: the equations are singular. H keeps its lower triangle in J's memory.
 */
static bool trial_step(reconstruction *k, const double *X, double mu, double *work) {
  double most = 0;
  for (int i = 0; i < k->N; i++) most = fmax(most, k->H[(size_t)i * k->N + i]);
  memcpy(work, k->H, (size_t)k->N * (size_t)k->N * sizeof *work);
  for (int i = 0; i < k->N; i++) {
    double D = fmax(k->H[(size_t)i * k->N + i], 1e-12 * most);
    work[(size_t)i * k->N + i] += mu * D + 1e-14 * most;
    k->s[i] = -k->g[i];
  }
  /* Symmetric: row-major lower is column-major upper, without a copy. */
  if (LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'U', k->N, 1, work, k->N, k->s, k->N)) return false;
  retract(k, X);
  return true;
}

/* What one run of Levenberg-Marquardt moves: all rows, or one point in the span. */
typedef struct {
  void (*equations)(reconstruction *k, const double *X); /* H and g at X, after the loss there */
  double (*loss)(reconstruction *k, const double *X);
  double stall; /* the relative decrease at which it gives up above 1e-12 */
} descent;

static double descend(reconstruction *k, const descent *of, double *X, double stop, int most) {
  size_t bytes = (size_t)k->rows * (size_t)k->d * sizeof *X;
  double mu = 1e-2, L = of->loss(k, X), *work = malloc((size_t)k->N * (size_t)k->N * sizeof *work);
  for (int i = 0; work && i < most && L >= stop && isfinite(L); i++) {
    double nu = 2, next = INFINITY;
    int rejected = 0;
    of->equations(k, X);
    for (; rejected < 30; rejected++) {
      next = trial_step(k, X, mu, work) ? of->loss(k, k->trial) : INFINITY;
      if (next < L) break;
      mu *= nu, nu = fmin(2 * nu, 64);
    }
    if (rejected == 30) break;
    memcpy(X, k->trial, bytes);
    mu = fmax(mu / 3, 1e-15);
    bool stalled = L - next < of->stall * L && next > 1e-12;
    L = next;
    if (stalled) break;
  }
  free(work);
  return L;
}

double reconstruction_solve(reconstruction *k, double *X, double stop, int most) {
  static const descent all_rows = {normal_equations, loss, 1e-9};
  return descend(k, &all_rows, X, stop, most);
}

assay_status reconstruction_correct(reconstruction *k, double *X, int steps, double cut, assay_error *error) {
  for (int i = 0; i < steps; i++) {
    int rank;
    double *values = k->g, *right = k->step; /* right: max(p, N) */
    if (!isfinite(loss(k, X)))
      return assay_error_set(error, ASSAY_NUMERIC, "the candidates' features are linearly dependent");
    projected_jacobian(k, X);
    for (int j = 0; j < k->p; j++) right[j] = -k->r[j];
    if (LAPACKE_dgelsd(LAPACK_ROW_MAJOR, k->p, k->N, 1, k->J, k->N, right, 1, values, cut, &rank))
      return assay_error_set(error, ASSAY_NUMERIC, "the singular values of a Jacobian did not converge");
    memcpy(k->s, right, (size_t)k->N * sizeof *right);
    retract(k, X);
    memcpy(X, k->trial, (size_t)k->rows * (size_t)k->d * sizeof *X);
  }
  return ASSAY_OK;
}

void reconstruction_move(reconstruction *k, const double *s, double *X) {
  memcpy(k->s, s, (size_t)k->N * sizeof *s);
  retract(k, X);
  memcpy(X, k->trial, (size_t)k->rows * (size_t)k->d * sizeof *X);
}

/* ---- one point in the span ---- */

/* r = P_perp phi(x); |r|^2 relative to |phi(x)|^2. */
static double off_span(reconstruction *k, const double *x) {
  double c[8];
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->p, k->d, 1, k->V, k->d, x, 1, 0, k->r, 1);
  elementary_activation(k->act, k->r, (size_t)k->p, k->r);
  double size = cblas_ddot(k->p, k->r, 1, k->r, 1);
  thin_qr_project(k->n, k->p, k->Q, k->r, c);
  return cblas_ddot(k->p, k->r, 1, k->r, 1) / size;
}

static void point_equations(reconstruction *k, const double *x) {
  tangents(k->act, k->V, x, k->d, k->p, sqrt(k->d), k->slope, k->w, k->J, k->N);
  off_the_span(k);
  form_equations(k);
}

double reconstruction_point(reconstruction *k, double *x, double stop, int most) {
  static const descent one_point = {point_equations, off_span, 0};
  reconstruction one = *k; /* a view of one row */
  one.rows = 1, one.N = k->d - 1;
  return descend(&one, &one_point, x, stop, most);
}

double reconstruction_overlap(const reconstruction *k, const double *x) {
  double most = 0;
  for (int i = 0; i < k->n; i++)
    most = fmax(most, fabs(cblas_ddot(k->d, k->X + (size_t)i * k->d, 1, x, 1)) / k->d);
  return most;
}

/* ---- matching ---- */

static double distance(const double *x, const double *y, int d, bool signs) {
  double plus = 0, minus = 0;
  for (int i = 0; i < d; i++) plus += (x[i] - y[i]) * (x[i] - y[i]), minus += (x[i] + y[i]) * (x[i] + y[i]);
  return sqrt(signs ? fmin(plus, minus) : plus);
}

typedef struct {
  const double *X, *Y;
  int n, d;
  bool signs;
} matching;

static double best_match(const matching *k, int row, unsigned used) {
  if (row == k->n) return 0;
  double best = INFINITY;
  for (int j = 0; j < k->n; j++)
    if (!(used >> j & 1))
      best = fmin(best, distance(k->X + (size_t)row * k->d, k->Y + (size_t)j * k->d, k->d, k->signs) +
                            best_match(k, row + 1, used | 1u << j));
  return best;
}

double reconstruction_match(const double *X, const double *Y, int n, int d, bool signs) {
  const matching of = {X, Y, n, d, signs};
  return best_match(&of, 0, 0) / (n * sqrt(d));
}

void reconstruction_tell_signs(reconstruction *k, bool apart) {
  k->no_signs = apart;
}

double reconstruction_error(const reconstruction *k, const double *X) {
  bool signs =
      !k->no_signs && (k->act == ACTIVATION_ERF || k->act == ACTIVATION_TANH || k->act == ACTIVATION_ABS ||
                       k->act == ACTIVATION_QUAD || k->act == ACTIVATION_CUBIC || k->act == ACTIVATION_LIN);
  return reconstruction_match(k->X, X, k->n, k->d, signs);
}

/* ---- the whole Jacobian ---- */

void reconstruction_jacobian(activation act, const double *V, const double *X, const double *alpha, int d,
                             int n, int p, int C, double *J) {
  int columns = n * C + n * (d - 1), m = d - 1;
  double *T = malloc((size_t)p * (size_t)(m + 1) * sizeof *T + (size_t)d * sizeof *T),
         *slope = T + (size_t)p * m, *w = slope + p;
  memset(J, 0, (size_t)p * C * columns * sizeof *J);
  for (int i = 0; T && i < n; i++) {
    const double *x = X + (size_t)i * d;
    tangents(act, V, x, d, p, 1, slope, w, T, m);
    for (int j = 0; j < p; j++)
      for (int c = 0; c < C; c++) {
        double *row = J + ((size_t)j * C + c) * columns;
        row[i * C + c] = activation_value(act, cblas_ddot(d, V + (size_t)j * d, 1, x, 1));
        for (int q = 0; q < m; q++) row[n * C + i * m + q] = alpha[i * C + c] * T[(size_t)j * m + q];
      }
  }
  free(T);
}
