/* QR of a few long columns by modified Gram-Schmidt with a second pass: as exact as by reflectors, without
 * LAPACK's overhead at a handful of columns. */
#ifndef ASSAY_SIM_KERNELS_THIN_QR_H
#define ASSAY_SIM_KERNELS_THIN_QR_H

/* The rows of A [n][p] are the columns a_i of the matrix and become the orthonormal q_i; a_order[j] = sum_i
 * R_ij q_i, R [n][n] upper triangular (R_ij at i n + j). With `order` [n] the longest remainder comes next;
 * NULL: as they stand. Ends, and returns how many are done, where no remainder (or the next one) is longer
 * than `cut` times R_00; -1 when a number is not finite. */
int thin_qr(int n, int p, double *A, double cut, double *R, int *order);

/* c_i = q_i.r summed over two passes, and r [p] becomes what is left of it; c [n]. */
void thin_qr_project(int n, int p, const double *Q, double *r, double *c);

#endif
