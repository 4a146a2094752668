/* Extreme eigenpairs of symmetric matrices: dense ones by LAPACK, operators by ARPACK, weighted covariances
 * by whichever is faster. */
#ifndef ASSAY_SIM_KERNELS_EIGEN_H
#define ASSAY_SIM_KERNELS_EIGEN_H

#include "sim/kernels/design.h"

typedef enum { EIGEN_LARGEST, EIGEN_SMALLEST } eigen_end; /* algebraically */

/* y = A x, both [n]. */
typedef void eigen_apply(const void *context, const double *x, double *y);
typedef struct {
  long n;
  eigen_apply *apply;
  const void *context;
} eigen_operator;

/* The k extreme eigenvalues, the outermost first, and their unit eigenvectors [k][n] (rows; NULL: none). Of
 * `a` [n][n] the upper triangle by columns is read; it is destroyed. ASSAY_NUMERIC when LAPACK does not
 * converge. */
assay_status eigen_dense(double *a, long n, eigen_end end, int k, double *values, double *vectors,
                         assay_error *error);

/* The same by implicitly restarted Lanczos to a relative tolerance, max(20, 4k) vectors or `most_vectors` if
 * that is more, from a start vector drawn from the stream (RANDOM_SOLVER). The residuals ||A v - lambda v||
 * are computed and have to be below 1e-6 and 1000 tolerances of the largest |eigenvalue| found. ASSAY_NUMERIC
 * otherwise, or when 10000 restarts do not suffice. */
assay_status eigen_lanczos(const eigen_operator *A, eigen_end end, int k, int most_vectors, double tolerance,
                           const assay_stream *stream, double *values, double *vectors, assay_error *error);

/* The k extreme eigenpairs of X^T diag(z) X/rows, z [rows] of any sign: dense up to 500 columns, then by
 * Lanczos to 1e-9. */
assay_status eigen_weighted(const design *X, const double *z, eigen_end end, int k,
                            const assay_stream *stream, double *values, double *vectors, assay_error *error);

/* All eigenvalues of X^T diag(z) X/rows, the largest first, by LAPACK. */
assay_status eigen_weighted_all(const design *X, const double *z, double *values, assay_error *error);

/* The share of the n values that lie in [at - bin/2, at + bin/2), over bin: a bar of their histogram. */
double eigen_histogram(const double *values, long n, double at, double bin);

#endif
