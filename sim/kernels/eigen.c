#include "sim/kernels/eigen.h"

#include <arpack/arpack.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DENSE = 500 };

/* ---- dense ---- */

/* Eigenvalues come in ascending order; the outermost is wanted first. */
static void put_in_order(const double *w, const double *z, long n, eigen_end end, int k, double *values,
                         double *vectors) {
  for (int i = 0; i < k; i++) {
    int from = end == EIGEN_LARGEST ? k - 1 - i : i;
    values[i] = w[from];
    if (vectors) memcpy(vectors + i * n, z + from * n, (size_t)n * sizeof *vectors);
  }
}

assay_status eigen_dense(double *a, long n, eigen_end end, int k, double *values, double *vectors,
                         assay_error *error) {
  int size = (int)n, lo = end == EIGEN_LARGEST ? size - k + 1 : 1, found = 0;
  if (k < 1 || k > n)
    return assay_error_set(error, ASSAY_DOMAIN, "%d eigenvalues of a matrix of order %ld", k, n);
  double *w = malloc((size_t)n * sizeof *w), *z = malloc((size_t)(vectors ? n * k : 1) * sizeof *z);
  lapack_int *support = malloc(2 * (size_t)n * sizeof *support);
  int info = -1;
  if (w && z && support)
    info = LAPACKE_dsyevr(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'I', 'U', size, a, size, 0, 0, lo,
                          lo + k - 1, 0, &found, w, z, size, support);
  assay_status status = ASSAY_OK;
  if (!w || !z || !support)
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d eigenpairs", k);
  else if (info != 0 || found != k)
    status =
        assay_error_set(error, ASSAY_NUMERIC, "LAPACK found %d of %d eigenvalues, code %d", found, k, info);
  else
    put_in_order(w, z, n, end, k, values, vectors);
  free(w), free(z), free(support);
  return status;
}

/* ---- Lanczos ---- */

static double norm_of(const double *x, long n) {
  return cblas_dnrm2((int)n, x, 1);
}

/* ||A v - lambda v|| of every pair. */
static assay_status check_residuals(const eigen_operator *A, int k, double tolerance, const double *values,
                                    const double *vectors, double *work, assay_error *error) {
  double scale = 0;
  for (int i = 0; i < k; i++) scale = fmax(scale, fabs(values[i]));
  for (int i = 0; i < k; i++) {
    const double *v = vectors + i * A->n;
    A->apply(A->context, v, work);
    cblas_daxpy((int)A->n, -values[i], v, 1, work, 1);
    double residual = norm_of(work, A->n);
    if (!(residual <= fmax(1e-6, 1000 * tolerance) * scale))
      return assay_error_set(error, ASSAY_NUMERIC,
                             "eigenpair %d of %d has residual %.3g against a spectral scale of %.3g", i + 1,
                             k, residual, scale);
  }
  return ASSAY_OK;
}

typedef struct {
  int n, k, ncv;
  double *resid, *v, *workd, *workl, *z, *d;
  int *select;
} lanczos;

static bool lanczos_open(lanczos *l, long n, int k, int most) {
  int ncv = 4 * k > 20 ? 4 * k : 20;
  if (most > ncv) ncv = most;
  *l = (lanczos){.n = (int)n, .k = k, .ncv = ncv < n ? ncv : (int)n};
  size_t size = (size_t)n, many = (size_t)l->ncv;
  l->resid = malloc((size + size * many + 3 * size + many * (many + 8) + size * (size_t)k + (size_t)k) *
                    sizeof(double));
  l->select = calloc(many, sizeof *l->select);
  if (!l->resid || !l->select) return false;
  l->v = l->resid + size, l->workd = l->v + size * many, l->workl = l->workd + 3 * size,
  l->z = l->workl + many * (many + 8), l->d = l->z + size * (size_t)k;
  return true;
}

static assay_status lanczos_run(lanczos *l, const eigen_operator *A, const char *which, double tolerance,
                                assay_error *error) {
  int ido = 0, info = 1, iparam[11] = {1, 0, 10000, 1, 0, 0, 1}, ipntr[14], lworkl = l->ncv * (l->ncv + 8);
  do {
    dsaupd_c(&ido, "I", l->n, which, l->k, tolerance, l->resid, l->ncv, l->v, l->n, iparam, ipntr, l->workd,
             l->workl, lworkl, &info);
    if (ido == 1 || ido == -1) A->apply(A->context, l->workd + ipntr[0] - 1, l->workd + ipntr[1] - 1);
  } while (ido == 1 || ido == -1);
  if (info == 0)
    dseupd_c(1, "A", l->select, l->d, l->z, l->n, 0, "I", l->n, which, l->k, tolerance, l->resid, l->ncv,
             l->v, l->n, iparam, ipntr, l->workd, l->workl, lworkl, &info);
  return info == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC, "ARPACK found %d of %d eigenvalues, code %d",
                                     iparam[4], l->k, info);
}

assay_status eigen_lanczos(const eigen_operator *A, eigen_end end, int k, int most_vectors, double tolerance,
                           const assay_stream *stream, double *values, double *vectors, assay_error *error) {
  lanczos l;
  if (k < 1 || k >= A->n)
    return assay_error_set(error, ASSAY_DOMAIN, "%d eigenvalues of an operator of order %ld", k, A->n);
  assay_status status =
      lanczos_open(&l, A->n, k, most_vectors)
          ? ASSAY_OK
          : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d Lanczos vectors", l.ncv);
  if (status == ASSAY_OK) {
    random_source source = random_open(stream, RANDOM_SOLVER, 0);
    random_normals(&source, l.resid, (size_t)A->n);
    status = lanczos_run(&l, A, end == EIGEN_LARGEST ? "LA" : "SA", tolerance, error);
  }
  if (status == ASSAY_OK) {
    double *ordered = vectors ? vectors : l.v;
    put_in_order(l.d, l.z, A->n, end, k, values, ordered);
    status = check_residuals(A, k, tolerance, values, ordered, l.workd, error);
  }
  free(l.resid), free(l.select);
  return status;
}

/* ---- weighted covariances ---- */

static assay_status weighted_dense(const design *X, const double *z, eigen_end end, int k, double *values,
                                   double *vectors, assay_error *error) {
  double *a = calloc((size_t)(X->cols * X->cols), sizeof *a);
  if (!a) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a matrix of order %ld", X->cols);
  assay_status status = design_weighted_covariance(X, z, a, error);
  if (status == ASSAY_OK) status = eigen_dense(a, X->cols, end, k, values, vectors, error);
  free(a);
  return status;
}

typedef struct {
  const design *X;
  const double *z;
} weighted;

static double weight_factor(long i, double u, const void *context) {
  const weighted *w = context;
  return w->z[i] * u / (double)w->X->rows;
}

static void weighted_apply(const void *context, const double *x, double *y) {
  design_gradient(((const weighted *)context)->X, x, weight_factor, context, y);
}

assay_status eigen_weighted(const design *X, const double *z, eigen_end end, int k,
                            const assay_stream *stream, double *values, double *vectors, assay_error *error) {
  if (X->cols <= DENSE) return weighted_dense(X, z, end, k, values, vectors, error);
  weighted w = {X, z};
  eigen_operator A = {X->cols, weighted_apply, &w};
  return eigen_lanczos(&A, end, k, 40, 1e-9, stream, values, vectors, error);
}

assay_status eigen_weighted_all(const design *X, const double *z, double *values, assay_error *error) {
  return weighted_dense(X, z, EIGEN_LARGEST, (int)X->cols, values, NULL, error);
}

double eigen_histogram(const double *values, long n, double at, double bin) {
  long inside = 0;
  for (long i = 0; i < n; i++) inside += values[i] >= at - bin / 2 && values[i] < at + bin / 2;
  return (double)inside / ((double)n * bin);
}
