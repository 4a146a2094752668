/* Ridge regression at every lambda from one decomposition of the smaller Gram matrix: Q T Q' with a
 * tridiagonal T and Q left as reflectors, which serves as well as eigenvectors and takes a quarter of their
 * time, or eigenvectors where something asks for them. */
#ifndef ASSAY_SIM_KERNELS_RIDGE_PATH_H
#define ASSAY_SIM_KERNELS_RIDGE_PATH_H

#include <stdbool.h>

#include "model/status.h"

typedef struct ridge_path ridge_path;

/* Work space for n samples in dimension D and up to `most` ridges at once; NULL when memory is short.
 * `eigenvectors`: for ridge_path_cubed. */
ridge_path *ridge_path_new(int n, int D, int most, bool eigenvectors, assay_error *error);
void ridge_path_free(ridge_path *path);

/* Z [n][D] and g [n] are borrowed until the next fit. ASSAY_NUMERIC when LAPACK fails. */
assay_status ridge_path_fit(ridge_path *path, const double *Z, const double *g, assay_error *error);

/* hat = (Z'Z + n lambda I)^{-1} Z'g for each lambda [count], count <= most, and its derivative in lambda
 * (NULL: not wanted), [count][D] both; lambda > 0, or lambda = 0 where Z has full rank. ASSAY_NUMERIC when
 * LAPACK fails. */
assay_status ridge_path_at(ridge_path *path, int count, const double *lambda, double *hat, double *slope,
                           assay_error *error);

/* tr (ZZ'/n + lambda)^{-1}, lambda > 0. */
double ridge_path_trace(const ridge_path *path, double lambda);

/* out = A v for a symmetric A, both [D]. */
typedef void ridge_metric(const void *context, const double *v, double *out);

/* tr A (Z'Z/n + lambda)^{-3} Z'Z/n, of a path with eigenvectors; work [2D]. */
double ridge_path_cubed(const ridge_path *path, ridge_metric *A, const void *context, double lambda,
                        double *work);

#endif
