/* Training sets on which the collapse of linear and residual networks is exactly known, or reproducible to
 * the last digit.
 *
 * K classes, n samples each, N = K n unit vectors in R^d, class after class: sample i has the label i / n. */
#ifndef ASSAY_MODEL_NEURAL_COLLAPSE_H
#define ASSAY_MODEL_NEURAL_COLLAPSE_H

#include <stdbool.h>

#include "model/status.h"

typedef enum {
  /* cos(phi) m_c + sin(phi) u_{c,i}: m_c unit simplex vectors in the first K-1 coordinates, or, for the
   * squared loss, the first K axes; u_{c,1..n} the unit simplex vectors of n-1 coordinates that class c has
   * to itself. */
  NEURAL_COLLAPSE_SYM,
  /* cos(phi) m_c + sin(phi) v_i, normalised: m_c = sqrt(K/(K-1)) (e_c - (1/K) sum_{c' < K} e_c'), v_i the
   * normalised vector with entries sin(1.7 (i+1)(j+1) + .3 j), j = 0..d-1. */
  NEURAL_COLLAPSE_DET,
  /* The same with v_i uniform on the sphere: set number `set` of a fixed collection (its normals come from a
   * hash of (set, i, j), so that everyone who names the set has the same one). */
  NEURAL_COLLAPSE_MIX
} neural_collapse_data;

#define NEURAL_COLLAPSE_DATA_WORDS "sym|det|mix"
bool neural_collapse_data_from_word(const char *word, neural_collapse_data *data);

typedef struct {
  neural_collapse_data data;
  int K, n, d;
  double phi; /* angle of the samples to their class means, in (0, pi/2) */
  bool squared;
  int set; /* mix */
} neural_collapse_set;

/* Dimensions of the class means (K - 1, or K for the squared loss) and of the deviations, K (n - 1), in sym.
 */
int neural_collapse_means(const neural_collapse_set *set);
int neural_collapse_deviations(const neural_collapse_set *set);

/* Row c of the K unit simplex vectors in R^{K-1}, c < K: out [K-1]. */
void neural_collapse_simplex_row(int K, int c, double *out);

/* X [N][d]. ASSAY_DOMAIN: K < 2, n < 1 (sym: 2), phi outside (0, pi/2), or d too small: sym needs d >= means
 * + deviations, det and mix d >= K. */
assay_status neural_collapse_samples(const neural_collapse_set *set, double *X, assay_error *error);

#endif
