/* The effective ridge of ridge regression on n samples whose covariance has a given spectrum. */
#ifndef ASSAY_THEORY_NUMERICS_EFFECTIVE_RIDGE_H
#define ASSAY_THEORY_NUMERICS_EFFECTIVE_RIDGE_H

#include "model/status.h"

/* The root tau >= 0 of  lambda/tau + (1/n) sum_k m_k s_k/(s_k + tau) = 1,  for eigenvalues s [count] > 0 with
 * multiplicities m [count]. lambda >= 0; lambda = 0 is the limit: 0 when n >= sum m, else the root of sum_k
 * m_k s_k/(s_k + tau) = n. ASSAY_DOMAIN: n or lambda out of range. */
assay_status effective_ridge(const double *s, const double *m, int count, double n, double lambda,
                             assay_value *tau, assay_error *error);

/* Degrees of freedom sum_k m_k (s_k/(s_k + tau))^power. */
double effective_freedom(const double *s, const double *m, int count, double tau, int power);

#endif
