#include "model/data/fashion.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/data.h"

enum { PATH = 4096 };
#define LINEAR_NOISE .25
#define TRUTH_RIDGE .01

/* ---- the files ---- */

assay_status fashion_read(bool test, int most, idx_images *images, idx_labels *labels, assay_error *error) {
  const data_set *set = data_find("fashion-mnist");
  const char *images_file = test ? "t10k-images-idx3-ubyte.gz" : "train-images-idx3-ubyte.gz",
             *labels_file = test ? "t10k-labels-idx1-ubyte.gz" : "train-labels-idx1-ubyte.gz";
  char path[PATH];
  *images = (idx_images){0};
  if (labels) *labels = (idx_labels){0};
  if (!set) return assay_error_set(error, ASSAY_NO_DATA, "fashion-mnist is no data set of this program");
  assay_status status = data_path(set, images_file, path, sizeof path, error);
  if (status == ASSAY_OK) status = idx_read_images(path, most, images, error);
  if (status == ASSAY_OK && (images->rows != 28 || images->columns != 28))
    status = assay_error_set(error, ASSAY_NO_DATA, "%s: images of %d x %d, not 28 x 28", path, images->rows,
                             images->columns);
  if (status == ASSAY_OK && labels) status = data_path(set, labels_file, path, sizeof path, error);
  if (status == ASSAY_OK && labels) status = idx_read_labels(path, most, labels, error);
  if (status == ASSAY_OK && labels && images->count != labels->count)
    status = assay_error_set(error, ASSAY_NO_DATA, "data set fashion-mnist: %d images with %d labels",
                             images->count, labels->count);
  if (status == ASSAY_OK) return ASSAY_OK;
  idx_free_images(images);
  if (labels) idx_free_labels(labels);
  return status;
}

/* ---- the pool ---- */

static void standardise(fashion_pool *pool) {
  size_t count = (size_t)pool->count, dx = (size_t)pool->dx;
  double square = 0;
  for (size_t i = 0; i < dx; i++) {
    double mean = 0;
    for (size_t k = 0; k < count; k++) mean += pool->x[k * dx + i];
    mean /= pool->count;
    for (size_t k = 0; k < count; k++) {
      double v = pool->x[k * dx + i] -= mean;
      square += v * v;
    }
  }
  double scale = sqrt(pool->dx * (double)pool->count / square);
  for (size_t k = 0; k < count * dx; k++) pool->x[k] *= scale;
}

assay_status fashion_pool_read(int side, fashion_pool *pool, assay_error *error) {
  idx_images images;
  idx_labels labels;
  *pool = (fashion_pool){0};
  if (side < 1 || 28 % side)
    return assay_error_set(error, ASSAY_DOMAIN, "cells of %d pixels; their side divides 28", side);
  assay_status status = fashion_read(false, 0, &images, &labels, error);
  if (status != ASSAY_OK) return status;
  pool->count = images.count, pool->dx = (28 / side) * (28 / side);
  size_t count = (size_t)pool->count, dx = (size_t)pool->dx;
  pool->x = malloc(count * (dx + 1) * sizeof *pool->x);
  if (pool->x) {
    pool->label = pool->x + count * dx;
    for (int k = 0; k < pool->count; k++) {
      int class = labels.labels[k];
      idx_pool(&images, k, side, pool->x + (size_t)k * dx);
      pool->label[k] = class == 0 || class == 2 || class == 3 || class == 4 || class == 6 ? 1 : -1;
    }
    standardise(pool);
  } else {
    status =
        assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d images of %d cells", pool->count, pool->dx);
  }
  idx_free_images(&images), idx_free_labels(&labels);
  return status;
}

void fashion_pool_free(fashion_pool *pool) {
  free(pool->x);
  *pool = (fashion_pool){0};
}

/* ---- the population ---- */

/* Sigma, and E[x l] into the core of c. */
static void fill_covariance(const fashion_pool *pool, double r, double kap, fashion_problem *p) {
  int dx = p->dx, D = p->D;
  /* Row-major x is column-major x' [dx][count]; the upper triangle by columns is the lower by rows. */
  cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, dx, pool->count, 1. / pool->count, pool->x, dx, 0,
              p->Sigma, D);
  cblas_dgemv(CblasColMajor, CblasNoTrans, dx, pool->count, 1. / pool->count, pool->x, dx, pool->label, 1, 0,
              p->c, 1);
  for (int i = 0; i < dx; i++) {
    for (int j = 0; j < i; j++) p->Sigma[(size_t)j * D + i] = p->Sigma[(size_t)i * D + j];
    for (int j = 0; j < dx; j++)
      p->Sigma[(size_t)i * D + dx + j] = p->Sigma[(size_t)(dx + j) * D + i] = kap * r * p->c[i];
  }
  for (int i = dx; i < D; i++)
    for (int j = dx; j < D; j++) p->Sigma[(size_t)i * D + j] = kap * kap + (i == j ? 1 - kap * kap : 0);
}

/* x = (A + ridge I)^{-1} b, A the leading block of Sigma. */
static bool solve(const fashion_problem *p, int order, double ridge, const double *b, double *x) {
  size_t n = (size_t)order;
  double *A = malloc(n * n * sizeof *A);
  if (!A) return false;
  for (size_t i = 0; i < n; i++) {
    memcpy(A + i * n, p->Sigma + i * (size_t)p->D, n * sizeof *A);
    A[i * n + i] += ridge;
  }
  memcpy(x, b, n * sizeof *x);
  int code = LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', order, 1, A, order, x, order);
  free(A);
  return code == 0;
}

static bool linear_labels(fashion_problem *p) {
  if (!solve(p, p->dx, TRUTH_RIDGE, p->c, p->beta)) return false;
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->D, p->dx, 1, p->Sigma, p->D, p->beta, 1, 0, p->c, 1);
  double scale = 1 / sqrt(cblas_ddot(p->dx, p->beta, 1, p->c, 1));
  cblas_dscal(p->dx, scale, p->beta, 1), cblas_dscal(p->D, scale, p->c, 1);
  p->noise = LINEAR_NOISE, p->second = 1 + LINEAR_NOISE;
  return true;
}

static bool real_labels_of(double r, double kap, fashion_problem *p) {
  for (int i = p->dx; i < p->D; i++) p->c[i] = kap * r;
  if (!solve(p, p->D, 0, p->c, p->beta)) return false;
  p->second = 1, p->noise = 1 - cblas_ddot(p->D, p->beta, 1, p->c, 1);
  return true;
}

assay_status fashion_problem_of(const fashion_pool *pool, bool real_labels, double r, double kap,
                                fashion_problem *p, assay_error *error) {
  *p = (fashion_problem){.dx = pool->dx, .D = 2 * pool->dx};
  if (!(fabs(r) <= 1) || !(kap >= 0 && kap < 1))
    return assay_error_set(error, ASSAY_DOMAIN, "r = %g, kap = %g; |r| <= 1 and 0 <= kap < 1", r, kap);
  size_t D = (size_t)p->D;
  p->Sigma = calloc(D * D + 2 * D, sizeof *p->Sigma);
  if (!p->Sigma)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a covariance of %d rows", p->D);
  p->c = p->Sigma + D * D, p->beta = p->c + D;
  fill_covariance(pool, r, kap, p);
  if (real_labels ? real_labels_of(r, kap, p) : linear_labels(p)) return ASSAY_OK;
  fashion_problem_free(p);
  return assay_error_set(error, ASSAY_NUMERIC, "the covariance of the images is singular");
}

void fashion_problem_free(fashion_problem *p) {
  free(p->Sigma);
  *p = (fashion_problem){0};
}
