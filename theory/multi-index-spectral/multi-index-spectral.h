/* Predictions for the spectral estimators of multi-index models, n, d -> inf at fixed delta = n/d. Kovacevic,
 * Zhang, Mondelli, arXiv 2502.01583; what is not in the paper is derived here. Models and preprocessings:
 * model/multi-index-spectral.h; bulk and outliers: theory/numerics/spiked.h. G is what the labels tell of the
 * signal block's second moment. */
#ifndef ASSAY_THEORY_MULTI_INDEX_SPECTRAL_H
#define ASSAY_THEORY_MULTI_INDEX_SPECTRAL_H

#include "model/multi-index-spectral.h"
#include "theory/numerics/spiked.h"

typedef enum {
  MULTI_INDEX_RIGHT,
  MULTI_INDEX_MEAN,  /* threshold: E[u^T G u] is optimised, which is 0 */
  MULTI_INDEX_NO_I,  /* threshold: C = G + I for G; outliers: E[f C] = 1/delta */
  MULTI_INDEX_NORM_F /* threshold: the Frobenius norm of G */
} multi_index_mistake;

/* The least delta at which some scalar T recovers weakly, 1/max_u E[(u^T G u)^2], and the best direction u
 * [2]. Infinite where G = 0. */
assay_status multi_index_threshold(const multi_index_model *model, multi_index_mistake mistake,
                                   assay_value *delta_t, double *u, assay_error *error);
/* The k-th threshold of Td, 1/(delta_t e_k^2), e_k the k-th eigenvalue of E[g G]. */
assay_status multi_index_td_threshold(const multi_index_model *model, int k, assay_value *delta_c,
                                      assay_error *error);

/* Sets u and c of Td, Topt and Topt20. ASSAY_DOMAIN for Td below delta_t, where it is not defined, unless the
 * labels are finitely many and 1 + f0 stays positive. */
assay_status multi_index_prepare(const multi_index_model *model, double delta, multi_index_preprocessing *T,
                                 assay_error *error);

typedef struct {
  spiked_point edge;
  spiked_outlier
      outlier; /* of eigenvalue k; where G is a multiple of I the mean over the p of them, direction (1, 0) */
  assay_value kappa; /* of the edge: lambda ~ edge - 1.2065 kappa d^(-2/3) */
  double variance;   /* mu^2 Var f at the edge: n times what the random labels add to the edge's variance */
} multi_index_result;

/* Eigenvalue k = 1, 2 of D with T(y); a prepared T. */
assay_status multi_index_spectrum(const multi_index_model *model, const multi_index_preprocessing *T,
                                  double delta, int k, multi_index_result *result, assay_error *error);

/* The mean density of D's eigenvalues over a bin, see spiked_density. */
assay_status multi_index_density(const multi_index_model *model, const multi_index_preprocessing *T, double delta,
                                 double at, double bin, assay_value *density, assay_error *error);

/* n Var lambda_k of a simple outlier that multi_index_spectrum found, derived here: with x = u_k.s, f' =
 * -z/(mu-z)^2, r' = E[f'(x^2-1)], V = E[I^2] + 2 rho^4 (mu^2/psi') B^2,   I = mu (f - E f) - (psi'/r') (f
 * (x^2-1) - 1/delta). `diagonal_only` leaves the second term out. ASSAY_DOMAIN where nothing is out, or G is
 * a multiple of I and p > 1. */
assay_status multi_index_fluctuation(const multi_index_model *model, const multi_index_preprocessing *T,
                                     double delta, const multi_index_result *result, bool diagonal_only,
                                     assay_value *V, assay_error *error);

/* psi'/r' above: what makes mu f - ratio f (x^2 - 1) the linear response of an outlier to a sample. */
assay_status multi_index_response(const multi_index_model *model, const multi_index_preprocessing *T,
                                  double delta, const multi_index_result *result, double *ratio,
                                  assay_error *error);

/* Phi(mu) = mu E[f s s^T] [order][order] and lambda = psi(mu), mu above the edge's. `first_two`: without the
 * leave-one-out denominator, E[z s s^T] + E[z^2 s s^T]/mu. */
assay_status multi_index_secular(const multi_index_model *model, const multi_index_preprocessing *T,
                                 double delta, double mu, bool first_two, assay_value *lambda, double *Phi,
                                 assay_error *error);

/* The least delta at which eigenvalue k leaves the bulk for a T that does not depend on delta. */
assay_status multi_index_transition(const multi_index_model *model, const multi_index_preprocessing *T, int k,
                                    assay_value *delta_c, assay_error *error);

/* Matrix-valued T_i (p x p) in (1/n) sum_i (a_i a_i^T) (x) T_i recovers weakly from alpha_c = 1/||M -> E[G M
 * G]|| on, at most delta_t. Defilippis et al., arXiv 2502.02545; Troiani et al., arXiv 2405.15480. Infinite
 * where G = 0. */
assay_status multi_index_matrix_threshold(const multi_index_model *model, assay_value *alpha_c,
                                          assay_error *error);
/* Three or more equal antipodal wedges with T_k = c G_k (1 + c G_k)^-1, c = sqrt(alpha_c/delta), delta >
 * alpha_c: the top eigenvector V (d x 2) has V^(1) -> +- rho I/sqrt 2. By symmetry the law of two atoms z =
 * +-cs/(1 +- cs) of G = +-s, s = sinc(pi/K); derived here. */
assay_status multi_index_matrix_wedge(const multi_index_model *model, double delta,
                                      multi_index_result *result, assay_error *error);

/* Topt: rho^2 = m solves delta (1-m) E[g^2/(1+m g)] = 1; lambda_1 = 1/delta, mu_1 = 1/(1-m). m = 0 up to
 * delta_t. */
assay_status multi_index_best_overlap(const multi_index_model *model, double delta, assay_value *m,
                                      assay_error *error);

#endif
