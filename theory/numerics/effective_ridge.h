/* The effective ridge of ridge regression on n samples whose covariance has a given spectrum. */
#ifndef ASSAY_THEORY_NUMERICS_EFFECTIVE_RIDGE_H
#define ASSAY_THEORY_NUMERICS_EFFECTIVE_RIDGE_H

#include "model/status.h"

/* The root tau >= 0 of  lambda/tau + (1/n) sum_k m_k s_k/(s_k + tau) = 1,  for eigenvalues s [count] >= 0
 * with masses m [count] >= 0: multiplicities, or the weights of a quadrature of a law times the dimension.
 * lambda >= 0; lambda = 0 is the limit: 0 when n is at least the rank (the mass of eigenvalues > 0), else the
 * root of sum_k m_k s_k/(s_k + tau) = n. Any scale and condition that doubles hold: nothing cancels for n >=
 * rank, and tau is sought by its logarithm.
 *
 * ASSAY_DOMAIN, with the reason: n, lambda, an eigenvalue or a mass out of range. */
assay_status effective_ridge(const double *s, const double *m, int count, double n, double lambda,
                             assay_value *tau, assay_error *error);

/* Degrees of freedom sum_k m_k (s_k/(s_k + tau))^power. */
double effective_freedom(const double *s, const double *m, int count, double tau, int power);

#endif
