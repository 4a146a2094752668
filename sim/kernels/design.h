/* Stored design matrices X (rows x cols, row i is sample i, one after the other) and what is done with them
 * again and again. Products with vectors have the same bits everywhere (vector.h); the weighted covariance
 * goes through BLAS: bit-identical on one machine, equal to rounding on others. */
#ifndef ASSAY_SIM_KERNELS_DESIGN_H
#define ASSAY_SIM_KERNELS_DESIGN_H

#include "sim/experiment.h"
#include "sim/kernels/random.h"

typedef struct {
  long rows, cols;
  double *x; /* [rows][cols] */
} design;

/* Room for a matrix, from the call's memory. ASSAY_NO_MEMORY, with the number, above 2 GiB. */
assay_status design_new(assay_call *call, long rows, long cols, design *X);
/* Independent standard normals; entry (i,j) is slot i cols + j of `purpose`. */
void design_gaussian(design *X, const assay_stream *stream, random_purpose purpose);

/* u = X theta, u [rows]; out = X^T c, out [cols]. */
void design_apply(const design *X, const double *theta, double *u);
void design_apply_transposed(const design *X, const double *c, double *out);

/* The factor of row i, given u = x_i.theta. */
typedef double design_factor(long i, double u, const void *context);
/* out [cols] = sum_i factor(i, x_i.theta) x_i in one pass over X: both products on rows that are in the
 * cache. */
void design_gradient(const design *X, const double *theta, design_factor *factor, const void *context,
                     double *out);

/* The upper triangle by columns of X^T diag(z) X/rows into out [cols][cols], z [rows] of any sign; the rest
 * is left as it is. ASSAY_NO_MEMORY. */
assay_status design_weighted_covariance(const design *X, const double *z, double *out, assay_error *error);

#endif
