/* Random orthogonal matrices O (n x n): exact Haar ones, stored, for small n; and fast ones, which act on
 * generic vectors like Haar ones,
 *
 *     O = D1 C P D2 C D3,   C the orthonormal DCT-II, D_i random signs, P a random permutation:   O(n log n),
 * O(n) memory.
 *
 * Complex ones (width 2, entries as pairs) have the unitary discrete Fourier transform for C and random
 * phases for signs; "transposed" is then the conjugate transpose. FFTW plans are made by estimate, so that
 * results do not depend on timings. */
#ifndef ASSAY_SIM_KERNELS_ORTHOGONAL_H
#define ASSAY_SIM_KERNELS_ORTHOGONAL_H

#include "sim/kernels/operator.h"

typedef struct orthogonal orthogonal;

/* Freed by orthogonal_free. ASSAY_NO_MEMORY; ASSAY_DOMAIN: n < 1. */
assay_status orthogonal_fast_new(long n, int width, orthogonal **O, assay_error *error);
/* Real; stored: refused above 2 GiB. */
assay_status orthogonal_haar_new(long n, orthogonal **O, assay_error *error);
void orthogonal_free(orthogonal *O);

/* Draws it anew from the stream's RANDOM_MATRIX at `index` (different matrices of one replicate: different
 * indices, at steps of 4). Haar: the Q of a Gaussian matrix with R's diagonal positive. */
assay_status orthogonal_draw(orthogonal *O, const assay_stream *stream, unsigned index, assay_error *error);

/* y = O x and y = O^T x, both [n][width], not the same array. */
void orthogonal_apply(orthogonal *O, const double *x, double *y);
void orthogonal_transposed(orthogonal *O, const double *x, double *y);

/* Q [n][n] uniform on the orthogonal group: the Q of the QR decomposition of a matrix of normals drawn from
 * `source`, its columns turned so that R has a positive diagonal (Mezzadri, "How to generate random matrices
 * from the classical compact groups", 2007). work [2n]. ASSAY_NUMERIC when LAPACK fails. */
assay_status orthogonal_fill(random_source *source, int n, double *Q, double *work, assay_error *error);

/* ---- the transform alone ---- */

typedef struct cosine cosine;
/* The orthonormal DCT-II of length n, y = C x, or with width 2 the unitary Fourier transform; its transpose.
 */
assay_status cosine_new(long n, int width, cosine **C, assay_error *error);
void cosine_free(cosine *C);
void cosine_apply(cosine *C, const double *x, double *y);
void cosine_transposed(cosine *C, const double *x, double *y);

#endif
