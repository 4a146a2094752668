#include "sim/orthogonal-glm/design.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/orthogonal-glm/images.h"

/* ---- opening ---- */

static bool is_cdp(glm_design_kind kind) {
  return kind == GLM_CDP || kind == GLM_CDP_COMPLEX || kind == GLM_CDP_EQUAL;
}
static bool is_dense(glm_design_kind kind) {
  return kind >= GLM_RADEMACHER;
}
static bool is_of_images(glm_design_kind kind) {
  return kind == GLM_SKETCH || kind == GLM_IMAGES;
}
static long masks_of(const glm_design *X) {
  return X->n / X->d;
}

static assay_status open_factors(assay_call *call, glm_design *X) {
  assay_error *error = assay_call_error(call);
  glm_spectrum realised = X->spectrum;
  realised.delta = (double)X->n / (double)X->d;
  X->strata = assay_alloc(call, (size_t)X->rank * sizeof(double));
  X->order = assay_alloc(call, (size_t)X->rank * sizeof *X->order);
  if (!X->strata || !X->order) return ASSAY_NO_MEMORY;
  assay_status status = glm_spectrum_values(&realised, X->rank, X->strata, error);
  if (X->kind == GLM_EXACT) {
    if (status == ASSAY_OK) status = orthogonal_haar_new(X->n, &X->left, error);
    return status == ASSAY_OK ? orthogonal_haar_new(X->d, &X->right, error) : status;
  }
  if (status == ASSAY_OK) status = orthogonal_fast_new(X->n, X->width, &X->left, error);
  return status == ASSAY_OK ? orthogonal_fast_new(X->d, X->width, &X->right, error) : status;
}

static assay_status open_cdp(assay_call *call, glm_design *X) {
  if (X->n % X->d)
    return assay_fail(call, ASSAY_DOMAIN,
                      "n = %ld is not a multiple of d = %ld: coded diffraction has n/d masks", X->n, X->d);
  X->masks = assay_alloc(call, (size_t)(X->n * X->width) * sizeof(double));
  for (long i = 0; i < X->d; i++) X->lam[i] = (double)masks_of(X), X->s[i] = sqrt(X->lam[i]);
  return X->masks ? cosine_new(X->d, X->width, &X->C, assay_call_error(call)) : ASSAY_NO_MEMORY;
}

static assay_status open_dense(assay_call *call, glm_design *X) {
  size_t n = (size_t)X->n, d = (size_t)X->d, r = (size_t)X->rank;
  if (8. * (double)n * (double)d > 2147483648.)
    return assay_fail(call, ASSAY_NO_MEMORY, "a design of %ld x %ld takes %.2f GiB; at most 2 are stored",
                      X->n, X->d, 8. * (double)n * (double)d / 1073741824.);
  X->x = assay_alloc(call, n * d * sizeof(double)), X->u = assay_alloc(call, n * r * sizeof(double)),
  X->v = assay_alloc(call, r * d * sizeof(double));
  if (X->kind == GLM_ROWS && n < d)
    return assay_fail(call, ASSAY_DOMAIN, "n = %ld, d = %ld: correlated rows need n >= d", X->n, X->d);
  if (!X->x || !X->u || !X->v) return ASSAY_NO_MEMORY;
  if (!is_of_images(X->kind)) return ASSAY_OK;
  if (X->n != GLM_IMAGE_ROWS || X->d != GLM_IMAGE_PIXELS)
    return assay_fail(call, ASSAY_DOMAIN, "n = %ld, d = %ld: designs made of images are %d x %d", X->n, X->d,
                      GLM_IMAGE_ROWS, GLM_IMAGE_PIXELS);
  assay_status status = glm_images(X->kind == GLM_SKETCH, X->x, assay_call_error(call));
  return status == ASSAY_OK ? glm_design_decompose(X, assay_call_error(call)) : status;
}

assay_status glm_design_open(assay_call *call, glm_design_kind kind, const glm_spectrum *spectrum, long n,
                             long d, int width, glm_design *X) {
  *X = (glm_design){
      .kind = kind, .spectrum = *spectrum, .n = n, .d = d, .rank = n < d ? n : d, .width = width};
  if ((width == 2) != (kind == GLM_CDP_COMPLEX) && kind != GLM_FAST)
    return assay_fail(call, ASSAY_DOMAIN, "complex designs are fast or cdp_complex, real ones are not");
  long most = n > d ? n : d;
  X->s = assay_alloc(call, (size_t)(2 * X->rank + 2 * most * width) * sizeof(double));
  if (!X->s) return ASSAY_NO_MEMORY;
  X->lam = X->s + X->rank, X->work = X->lam + X->rank;
  return is_dense(kind) ? open_dense(call, X) : is_cdp(kind) ? open_cdp(call, X) : open_factors(call, X);
}

void glm_design_close(glm_design *X) {
  orthogonal_free(X->left), orthogonal_free(X->right), cosine_free(X->C);
  X->left = X->right = NULL, X->C = NULL;
}

/* ---- drawing ---- */

static assay_status draw_factors(glm_design *X, const assay_stream *stream, assay_error *error) {
  random_source source = random_open(stream, RANDOM_DESIGN, 0);
  random_permutation(&source, X->order, (size_t)X->rank);
  for (long i = 0; i < X->rank; i++) X->lam[i] = X->strata[X->order[i]], X->s[i] = sqrt(X->lam[i]);
  assay_status status = orthogonal_draw(X->left, stream, 0, error);
  return status == ASSAY_OK ? orthogonal_draw(X->right, stream, 4, error) : status;
}

static void draw_masks(glm_design *X, const assay_stream *stream) {
  random_source source = random_open(stream, RANDOM_DESIGN, 0);
  long n = X->n, d = X->d;
  if (X->width == 1)
    random_signs(&source, X->masks, (size_t)n);
  else {
    random_uniforms(&source, X->work, (size_t)n);
    for (long i = 0; i < n; i++)
      X->masks[2 * i] = cos(2 * M_PI * X->work[i]), X->masks[2 * i + 1] = sin(2 * M_PI * X->work[i]);
  }
  for (long l = 1; l < masks_of(X) && X->kind == GLM_CDP_EQUAL; l++)
    memcpy(X->masks + l * d, X->masks, (size_t)d * sizeof(double));
}

/* Rows with covariance 2^-min(k,d-k): normals times the symmetric circulant root, whose first row is (1/d)
 * sum_f sqrt(mu_f) cos(2 pi f k/d). */
static void correlate(glm_design *X) {
  long d = X->d;
  double *root = X->v, *row = X->work, *mu = X->work + d,
         *cosines = X->u; /* overwritten by the decomposition */
  for (long k = 0; k < d; k++) cosines[k] = cos(2 * M_PI * (double)k / (double)d);
  for (long f = 0; f < d; f++) {
    mu[f] = 0;
    for (long k = 0; k < d; k++) mu[f] += ldexp(1, -(int)(k < d - k ? k : d - k)) * cosines[f * k % d];
  }
  for (long k = 0; k < d; k++) {
    row[k] = 0;
    for (long f = 0; f < d; f++) row[k] += sqrt(fmax(0, mu[f])) * cosines[f * k % d] / (double)d;
  }
  for (long i = 0; i < d; i++)
    for (long j = 0; j < d; j++) root[i * d + j] = row[(j - i + d) % d];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)X->n, (int)d, (int)d, 1, X->x, (int)d, root,
              (int)d, 0, X->u, (int)d);
  memcpy(X->x, X->u, (size_t)(X->n * d) * sizeof(double));
}

static assay_status multiply_by_second(glm_design *X, const assay_stream *stream, assay_error *error) {
  long p = lround(X->spectrum.kappa * (double)X->d);
  double *W = calloc((size_t)(p * (X->n + X->d)), sizeof *W), *first = W + p * X->d;
  if (!W)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the factors of a product with p = %ld", p);
  random_source source = random_open(stream, RANDOM_DESIGN, 0);
  random_normals(&source, W, (size_t)(p * (X->n + X->d)));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)X->n, (int)X->d, (int)p, 1, first, (int)p, W,
              (int)X->d, 0, X->x, (int)X->d);
  free(W);
  return ASSAY_OK;
}

static assay_status draw_entries(glm_design *X, const assay_stream *stream, assay_error *error) {
  size_t all = (size_t)(X->n * X->d);
  random_source source = random_open(stream, RANDOM_DESIGN, 0),
                others = random_open(stream, RANDOM_DESIGN, 1);
  if (X->kind == GLM_PRODUCT) return multiply_by_second(X, stream, error);
  if (X->kind == GLM_RADEMACHER)
    random_signs(&source, X->x, all);
  else
    random_normals(&source, X->x, all);
  if (X->kind == GLM_ROWS) correlate(X);
  double block[256];
  for (size_t i = 0; i < all && X->kind >= GLM_STUDENT; i += 256) {
    size_t count = all - i < 256 ? all - i : 256;
    if (X->kind == GLM_STUDENT)
      random_chi_squares(&others, 3, block, count);
    else
      random_uniforms(&others, block, count);
    for (size_t k = 0; k < count; k++)
      X->x[i + k] *= X->kind == GLM_STUDENT ? 1 / sqrt(block[k]) : block[k] < .05;
  }
  return ASSAY_OK;
}

assay_status glm_design_decompose(glm_design *X, assay_error *error) {
  int n = (int)X->n, d = (int)X->d, r = (int)X->rank;
  cblas_dscal(n * d, sqrt((double)n) / cblas_dnrm2(n * d, X->x, 1), X->x, 1);
  /* row-major X is column-major X^T = V S U^T */
  int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', d, n, X->x, d, X->s, X->v, d, X->u, r);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC,
                           "the singular value decomposition of a %d x %d design failed, code %d", n, d,
                           info);
  for (int i = 0; i < r && X->kind == GLM_SKETCH; i++) X->s[i] = pow(X->s[i], .25);
  if (X->kind == GLM_SKETCH) cblas_dscal(r, sqrt((double)n) / cblas_dnrm2(r, X->s, 1), X->s, 1);
  for (int i = 0; i < r; i++) X->lam[i] = X->s[i] * X->s[i];
  return ASSAY_OK;
}

assay_status glm_design_draw(glm_design *X, const assay_stream *stream, assay_error *error) {
  if (is_cdp(X->kind)) {
    draw_masks(X, stream);
    return ASSAY_OK;
  }
  if (is_of_images(X->kind)) return ASSAY_OK;
  if (!is_dense(X->kind)) return draw_factors(X, stream, error);
  assay_status status = draw_entries(X, stream, error);
  return status == ASSAY_OK ? glm_design_decompose(X, error) : status;
}

/* ---- applying ---- */

/* y = D x or conj(D) x */
static void mask(const double *D, const double *x, double *y, long n, int width, double sign) {
  for (long i = 0; i < n && width == 1; i++) y[i] = D[i] * x[i];
  for (long i = 0; i < n && width == 2; i++) {
    double a = D[2 * i], b = sign * D[2 * i + 1], re = x[2 * i], im = x[2 * i + 1];
    y[2 * i] = a * re - b * im, y[2 * i + 1] = a * im + b * re;
  }
}

static void left_cdp(glm_design *X, const double *c, double *out) {
  long block = X->d * X->width;
  double scale = 1 / sqrt((double)masks_of(X));
  for (long l = 0; l < masks_of(X); l++) {
    mask(X->masks + l * block, c, X->work, X->d, X->width, 1);
    cosine_apply(X->C, X->work, out + l * block);
  }
  cblas_dscal((int)(X->n * X->width), scale, out, 1);
}

static void left_cdp_transposed(glm_design *X, const double *x, double *out) {
  long block = X->d * X->width;
  double scale = 1 / sqrt((double)masks_of(X));
  memset(out, 0, (size_t)block * sizeof *out);
  for (long l = 0; l < masks_of(X); l++) {
    cosine_transposed(X->C, x + l * block, X->work);
    mask(X->masks + l * block, X->work, X->work + block, X->d, X->width, -1);
    cblas_daxpy((int)block, scale, X->work + block, 1, out, 1);
  }
}

/* The first r columns of an orthogonal matrix. */
static void columns(glm_design *X, orthogonal *O, long size, const double *c, double *out) {
  long used = X->rank * X->width, all = size * X->width;
  if (used == all) {
    orthogonal_apply(O, c, out);
    return;
  }
  memcpy(X->work, c, (size_t)used * sizeof *c);
  memset(X->work + used, 0, (size_t)(all - used) * sizeof *c);
  orthogonal_apply(O, X->work, out);
}

static void columns_transposed(glm_design *X, orthogonal *O, long size, const double *x, double *out) {
  long used = X->rank * X->width;
  if (X->rank == size) {
    orthogonal_transposed(O, x, out);
    return;
  }
  orthogonal_transposed(O, x, X->work);
  memcpy(out, X->work, (size_t)used * sizeof *out);
}

void glm_left(glm_design *X, const double *c, double *out) {
  int n = (int)X->n, r = (int)X->rank;
  if (is_cdp(X->kind))
    left_cdp(X, c, out);
  else if (is_dense(X->kind))
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, r, 1, X->u, r, c, 1, 0, out, 1);
  else
    columns(X, X->left, X->n, c, out);
}

void glm_left_transposed(glm_design *X, const double *x, double *out) {
  int n = (int)X->n, r = (int)X->rank;
  if (is_cdp(X->kind))
    left_cdp_transposed(X, x, out);
  else if (is_dense(X->kind))
    cblas_dgemv(CblasRowMajor, CblasTrans, n, r, 1, X->u, r, x, 1, 0, out, 1);
  else
    columns_transposed(X, X->left, X->n, x, out);
}

void glm_right(glm_design *X, const double *c, double *out) {
  int d = (int)X->d, r = (int)X->rank;
  if (is_cdp(X->kind))
    memcpy(out, c, (size_t)(X->d * X->width) * sizeof *out);
  else if (is_dense(X->kind))
    cblas_dgemv(CblasRowMajor, CblasTrans, r, d, 1, X->v, d, c, 1, 0, out, 1);
  else
    columns(X, X->right, X->d, c, out);
}

void glm_right_transposed(glm_design *X, const double *x, double *out) {
  int d = (int)X->d, r = (int)X->rank;
  if (is_cdp(X->kind))
    memcpy(out, x, (size_t)(X->d * X->width) * sizeof *out);
  else if (is_dense(X->kind))
    cblas_dgemv(CblasRowMajor, CblasNoTrans, r, d, 1, X->v, d, x, 1, 0, out, 1);
  else
    columns_transposed(X, X->right, X->d, x, out);
}

/* ---- as an operator ---- */

static void scale(const glm_design *X, const double *x, double *y) {
  for (long i = 0; i < X->rank && X->width == 1; i++) y[i] = X->s[i] * x[i];
  for (long i = 0; i < X->rank && X->width == 2; i++)
    y[2 * i] = X->s[i] * x[2 * i], y[2 * i + 1] = X->s[i] * x[2 * i + 1];
}

static void apply_rotated(void *context, const double *x, double *y) {
  glm_design *X = context;
  double *scaled = X->work + (X->n > X->d ? X->n : X->d) * X->width;
  if (is_cdp(X->kind)) { /* all singular values are equal, and `work` is in use */
    glm_left(X, x, y);
    cblas_dscal((int)(X->n * X->width), X->s[0], y, 1);
    return;
  }
  scale(X, x, scaled);
  glm_left(X, scaled, y);
}

static void transposed_rotated(void *context, const double *x, double *y) {
  glm_design *X = context;
  glm_left_transposed(X, x, y);
  scale(X, y, y);
}

linear_operator glm_rotated(glm_design *X) {
  return (linear_operator){X->n * X->width, X->rank * X->width, apply_rotated, transposed_rotated, X};
}
