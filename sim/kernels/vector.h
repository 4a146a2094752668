/* Vector operations of the simulators. Their results have the same bits on every machine: sums are taken in
 * one fixed order, sixteen partial sums by index mod 16, added as a binary tree, whatever the width of the
 * vectors (simd.h). */
#ifndef ASSAY_SIM_KERNELS_VECTOR_H
#define ASSAY_SIM_KERNELS_VECTOR_H

#include <stddef.h>

/* *dot = sum_i x_i y_i, *square = sum_i x_i^2; x, y [n], which may be one array. */
void vector_dot_and_square(const double *x, const double *y, size_t n, double *dot, double *square);
/* y_i += a x_i. */
void vector_add_multiple(double a, const double *x, double *y, size_t n);
/* y_i *= x_i. */
void vector_multiply(const double *x, double *y, size_t n);

/* out_i = x_i y_i, rounded to single precision. */
void vector_product_single(const double *x, const double *y, size_t n, float *out);

/* A matrix by rows, x [rows][cols]: u_i = x_i.y, u [rows], y [cols]. Eight rows at once, as one alone does
 * not reach the bandwidth of the memory; eight partial sums by index mod 8. */
void vector_rows_dot(const double *x, size_t rows, size_t cols, const double *y, double *u);
/* y += sum_i c_i x_i, row after row; c [rows], y [cols]. */
void vector_rows_add(const double *x, size_t rows, size_t cols, const double *c, double *y);

#endif
