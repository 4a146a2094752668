/* Linear operators behind one small struct, so that eigensolvers and iterations need not know how a design is
 * stored. */
#ifndef ASSAY_SIM_KERNELS_OPERATOR_H
#define ASSAY_SIM_KERNELS_OPERATOR_H

#include "sim/kernels/eigen.h"

/* y = X x, x [cols], y [rows]; transposed: y = X^T x, x [rows], y [cols]. `context` may be used as scratch:
 * one thread at a time. */
typedef void operator_apply(void *context, const double *x, double *y);
typedef struct {
  long rows, cols;
  operator_apply *apply, *transposed;
  void *context;
} linear_operator;

/* A stored design; X is borrowed. */
linear_operator operator_of_design(design *X);

/* A stored design in single precision: half the memory traffic, entries rounded to 24 bits. */
typedef struct {
  long rows, cols;
  float *x;    /* [rows][cols] */
  float *work; /* [rows + cols] */
} float_design;
/* Room, from the call's memory; ASSAY_NO_MEMORY, with the number, above 2 GiB. */
assay_status float_design_new(assay_call *call, long rows, long cols, float_design *X);
/* The same normals as design_gaussian, rounded. */
void float_design_gaussian(float_design *X, const assay_stream *stream, random_purpose purpose);
linear_operator operator_of_float_design(float_design *X);

/* diag(left) X diag(right); left [rows], right [cols], either NULL for ones; work [max(rows, cols)]. All
 * borrowed. */
typedef struct {
  linear_operator X;
  const double *left, *right;
  double *work;
} operator_scaling;
linear_operator operator_scaled(operator_scaling *scaling);

/* The k extreme eigenpairs of X^T diag(z) X (no division), as eigen_lanczos; work [rows]. */
assay_status operator_weighted_eigen(const linear_operator *X, const double *z, eigen_end end, int k,
                                     int most_vectors, double tolerance, const assay_stream *stream,
                                     double *work, double *values, double *vectors, assay_error *error);

/* Power iteration of a symmetric A from x [n] (any length > 0), which ends as the unit vector: until ||A x -
 * value x|| <= tolerance |value|. ASSAY_NUMERIC when `most` steps do not suffice. */
assay_status operator_power(const eigen_operator *A, double tolerance, long most, double *x, double *value,
                            assay_error *error);

/* ---- overlaps ---- */

/* (v.b)^2/(|v|^2 |b|^2); of complex vectors (width 2, d pairs) |v^H b|^2. */
double overlap_squared(const double *v, const double *b, long d, int width);
/* Multiplies v by sign(v.b), complex by the phase that makes v^H b > 0. */
void overlap_align(double *v, const double *b, long d, int width);
/* The squared cosines of the principal angles between the spans of the rows of U [k][d] and V [k][d], each
 * with orthonormal rows, descending. ASSAY_NUMERIC when LAPACK does not converge. */
assay_status overlap_subspaces(const double *U, const double *V, int k, long d, double *squares,
                               assay_error *error);

#endif
