/* Regression with a spurious feature: the test models. Bombari and Mondelli, arXiv 2502.01347.
 *
 * z = [x; y] has covariance Sigma of D = dx + dy rows; labels are g = x.theta + sigma eps, so that y is not
 * predictive. ||theta|| = 1 in every model.
 *
 *     iso       Sxx = I, Syy = v I, Sxy = rho sqrt(v) I; dx = dy = d; theta_i = (-1)^i/sqrt(d), i from 0
 *     twoblock  Sxx = I; the first half of the coordinates as iso(v1, r1), the second as iso(v2, r2); same
 * theta dct       Sxx = diag(a), a_i ~ i^-alpha, Syy = diag(b), b_i ~ i^-bet, each of trace d; Sxy = rho
 * sqrt(a_j) U_jk sqrt(b_k), U the cosine transform; theta_i ~ cos(i), i from 1 negcore   m copies of
 * [[4,0,1],[0,.25,.3],[1,.3,1]]: two core coordinates and one spurious, theta = (.6,-.8)/sqrt(m) in each; C
 * is negative at small ridge
 *
 * Sxx and Syy are diagonal in every model. */
#ifndef ASSAY_MODEL_SPURIOUS_FEATURES_H
#define ASSAY_MODEL_SPURIOUS_FEATURES_H

#include <stdbool.h>

#include "model/status.h"

typedef enum {
  SPURIOUS_FEATURES_ISO,
  SPURIOUS_FEATURES_TWOBLOCK,
  SPURIOUS_FEATURES_DCT,
  SPURIOUS_FEATURES_NEGCORE
} spurious_features_kind;

typedef struct {
  spurious_features_kind kind;
  int d; /* dx of iso, twoblock (even) and dct; 2m of negcore */
  double v, rho, v1, v2, r1, r2, alpha, bet;
} spurious_features_model;

/* The kind called "iso", "twoblock", "dct" or "negcore". */
bool spurious_features_from_word(const char *word, spurious_features_kind *kind);

/* ASSAY_DOMAIN, with the reason, for a model whose Sigma is not positive definite or whose d does not fit. */
assay_status spurious_features_check(const spurious_features_model *model, assay_error *error);

/* dx and dy. */
void spurious_features_sizes(const spurious_features_model *model, int *dx, int *dy);

/* The diagonal of Sigma [D]: all of Sxx and of Syy. */
void spurious_features_variances(const spurious_features_model *model, double *variances);

/* theta [dx]. */
void spurious_features_truth(const spurious_features_model *model, double *theta);

/* Sigma [D][D], and theta [dx]. */
void spurious_features_covariance(const spurious_features_model *model, double *Sigma, double *theta);

#endif
