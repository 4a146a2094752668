/* Covariance spectra with tr Sigma = d: finitely many blocks of equal eigenvalues, or a uniform density. */
#ifndef ASSAY_MODEL_SPECTRUM_H
#define ASSAY_MODEL_SPECTRUM_H

#include "model/status.h"

/* m blocks: eigenvalue lam[j], share p[j] of the dimensions, share of the start w[j] = ||delta_0 restricted to block j||^2. */
typedef struct {
  int m;
  const double *lam, *p, *w; /* [m]; borrowed */
} spectrum_blocks;

/* lam > 0, p > 0, w >= 0; sum p = 1 and sum p lam = 1 within 1e-9. The message names what is off and by how much. */
assay_status spectrum_check(const spectrum_blocks *s, assay_error *error);

/* Integers d_j >= 1 with sum d that are nearest to p_j d (largest remainders). A domain error when d < m. */
assay_status spectrum_round(const spectrum_blocks *s, int d, int *count /* [m] */, assay_error *error);

/* tr(Sigma^2)/d = sum p_j lam_j^2; d_eff = d divided by it. */
double spectrum_second_moment(const spectrum_blocks *s);

/* The uniform density on [lo, 2-lo] as `m` Gauss-Legendre blocks with w = p; arrays [m] are the caller's. 0 < lo < 1. */
assay_status spectrum_uniform_blocks(double lo, int m, double *lam, double *p, double *w, assay_error *error);

/* Eigenvalue i of d of the uniform spectrum at size d: lo-to-(2-lo) midpoints, whose mean is exactly 1. */
double spectrum_uniform_eigenvalue(double lo, int i, int d);

#endif
