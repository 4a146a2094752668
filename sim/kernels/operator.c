#include "sim/kernels/operator.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- stored designs ---- */

static void apply_design(void *context, const double *x, double *y) {
  design_apply(context, x, y);
}
static void transposed_design(void *context, const double *x, double *y) {
  design_apply_transposed(context, x, y);
}

linear_operator operator_of_design(design *X) {
  return (linear_operator){X->rows, X->cols, apply_design, transposed_design, X};
}

#define MOST_BYTES 2147483648. /* 2 GiB */
enum { DRAWN = 4096 };

assay_status float_design_new(assay_call *call, long rows, long cols, float_design *X) {
  double bytes = 4. * (double)rows * (double)cols;
  *X = (float_design){rows, cols, NULL, NULL};
  if (!(bytes <= MOST_BYTES))
    return assay_fail(call, ASSAY_NO_MEMORY,
                      "a design of %ld x %ld takes %.2f GiB in single precision; at most 2 are stored", rows,
                      cols, bytes / 1073741824.);
  X->x = assay_alloc(call, (size_t)(rows * cols) * sizeof(float));
  X->work = assay_alloc(call, (size_t)(rows + cols) * sizeof(float));
  return X->x && X->work ? ASSAY_OK : ASSAY_NO_MEMORY;
}

void float_design_gaussian(float_design *X, const assay_stream *stream, random_purpose purpose) {
  double block[DRAWN];
  random_source source = random_open(stream, purpose, 0);
  for (long first = 0, all = X->rows * X->cols; first < all; first += DRAWN) {
    long count = all - first < DRAWN ? all - first : DRAWN;
    random_normals(&source, block, (size_t)count);
    for (long i = 0; i < count; i++) X->x[first + i] = (float)block[i];
  }
}

static void narrow(const double *from, float *to, long n) {
  for (long i = 0; i < n; i++) to[i] = (float)from[i];
}
static void widen(const float *from, double *to, long n) {
  for (long i = 0; i < n; i++) to[i] = (double)from[i];
}

static void apply_float(void *context, const double *x, double *y) {
  float_design *X = context;
  float *in = X->work, *out = X->work + X->cols;
  narrow(x, in, X->cols);
  cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)X->rows, (int)X->cols, 1, X->x, (int)X->cols, in, 1, 0, out,
              1);
  widen(out, y, X->rows);
}

static void transposed_float(void *context, const double *x, double *y) {
  float_design *X = context;
  float *out = X->work, *in = X->work + X->cols;
  narrow(x, in, X->rows);
  cblas_sgemv(CblasRowMajor, CblasTrans, (int)X->rows, (int)X->cols, 1, X->x, (int)X->cols, in, 1, 0, out, 1);
  widen(out, y, X->cols);
}

linear_operator operator_of_float_design(float_design *X) {
  return (linear_operator){X->rows, X->cols, apply_float, transposed_float, X};
}

/* ---- scaled ---- */

static void multiply(const double *factor, const double *x, double *y, long n) {
  for (long i = 0; i < n; i++) y[i] = factor ? factor[i] * x[i] : x[i];
}

static void apply_scaled(void *context, const double *x, double *y) {
  operator_scaling *s = context;
  multiply(s->right, x, s->work, s->X.cols);
  s->X.apply(s->X.context, s->work, y);
  multiply(s->left, y, y, s->X.rows);
}

static void transposed_scaled(void *context, const double *x, double *y) {
  operator_scaling *s = context;
  multiply(s->left, x, s->work, s->X.rows);
  s->X.transposed(s->X.context, s->work, y);
  multiply(s->right, y, y, s->X.cols);
}

linear_operator operator_scaled(operator_scaling *s) {
  return (linear_operator){s->X.rows, s->X.cols, apply_scaled, transposed_scaled, s};
}

/* ---- eigenpairs ---- */

typedef struct {
  const linear_operator *X;
  const double *z;
  double *work;
} weighted;

static void apply_weighted(const void *context, const double *x, double *y) {
  const weighted *w = context;
  w->X->apply(w->X->context, x, w->work);
  for (long i = 0; i < w->X->rows; i++) w->work[i] *= w->z[i];
  w->X->transposed(w->X->context, w->work, y);
}

assay_status operator_weighted_eigen(const linear_operator *X, const double *z, eigen_end end, int k,
                                     int most_vectors, double tolerance, const assay_stream *stream,
                                     double *work, double *values, double *vectors, assay_error *error) {
  weighted w = {X, z, work};
  eigen_operator A = {X->cols, apply_weighted, &w};
  return eigen_lanczos(&A, end, k, most_vectors, tolerance, stream, values, vectors, error);
}

assay_status operator_power(const eigen_operator *A, double tolerance, long most, double *x, double *value,
                            assay_error *error) {
  double *y = malloc((size_t)A->n * sizeof *y), norm = cblas_dnrm2((int)A->n, x, 1), off = INFINITY;
  if (!y || !(norm > 0)) {
    free(y);
    return y ? assay_error_set(error, ASSAY_DOMAIN, "power iteration starts at a vector of length %g", norm)
             : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a vector of %ld", A->n);
  }
  cblas_dscal((int)A->n, 1 / norm, x, 1);
  for (long step = 0; step < most; step++) {
    A->apply(A->context, x, y);
    *value = cblas_ddot((int)A->n, x, 1, y, 1);
    norm = cblas_dnrm2((int)A->n, y, 1);
    off = sqrt(fmax(0, norm * norm - *value * *value));
    if (off <= tolerance * fabs(*value) || !(norm > 0)) break;
    for (long i = 0; i < A->n; i++) x[i] = y[i] / norm;
  }
  free(y);
  if (off <= tolerance * fabs(*value)) return ASSAY_OK;
  return assay_error_set(error, ASSAY_NUMERIC,
                         "power iteration: residual %.3g at eigenvalue %.6g after %ld steps", off, *value,
                         most);
}

/* ---- overlaps ---- */

/* v^H b: real and imaginary part. */
static void inner(const double *v, const double *b, long d, int width, double *re, double *im) {
  *re = cblas_ddot((int)(d * width), v, 1, b, 1), *im = 0;
  for (long i = 0; i < d && width == 2; i++) *im += v[2 * i] * b[2 * i + 1] - v[2 * i + 1] * b[2 * i];
}

double overlap_squared(const double *v, const double *b, long d, int width) {
  double re, im, vv = cblas_ddot((int)(d * width), v, 1, v, 1), bb = cblas_ddot((int)(d * width), b, 1, b, 1);
  inner(v, b, d, width, &re, &im);
  return (re * re + im * im) / (vv * bb);
}

void overlap_align(double *v, const double *b, long d, int width) {
  double re, im;
  inner(v, b, d, width, &re, &im);
  double size = hypot(re, im);
  if (!(size > 0)) return;
  re /= size, im /= size;
  for (long i = 0; i < d && width == 1; i++) v[i] *= re;
  for (long i = 0; i < d && width == 2; i++) {
    double x = v[2 * i], y = v[2 * i + 1];
    v[2 * i] = x * re - y * im, v[2 * i + 1] = x * im + y * re;
  }
}

assay_status overlap_subspaces(const double *U, const double *V, int k, long d, double *squares,
                               assay_error *error) {
  double *c = malloc((size_t)(k * k + k) * sizeof *c), none;
  if (!c) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d principal angles", k);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k, k, (int)d, 1, U, (int)d, V, (int)d, 0, c, k);
  int info = LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', k, k, c, k, c + k * k, &none, k, &none, k);
  for (int i = 0; i < k && info == 0; i++) squares[i] = c[k * k + i] * c[k * k + i];
  free(c);
  return info == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC,
                                     "LAPACK found no singular values of %d overlaps, code %d", k, info);
}
