/* Reconstruction of inputs from a direction theta in the space of features, for any differentiable feature
 * map, by L-BFGS:
 *
 *     L(Xh) = min_a ||theta - Phi(Xh)'a||^2/||theta||^2 ,   dL/dPhi_i = -(2/||theta||^2) a_i r ,
 *
 * over Xh [n][d] with rows on the sphere of radius sqrt(d), as x_i = sqrt(d) y_i/|y_i|. The least squares are
 * solved by a pivoted QR that drops what is below 1e-11 of the largest: candidates may coincide. */
#ifndef ASSAY_SIM_DATA_RECONSTRUCTION_INVERSION_H
#define ASSAY_SIM_DATA_RECONSTRUCTION_INVERSION_H

#include "model/activation.h"
#include "model/status.h"

typedef struct {
  int d, p;
  /* Phi [n][p] of X [n][d]; keeps what the reverse pass reads. */
  void (*forward)(void *context, const double *X, int n, double *Phi);
  /* dX [n][d] from dPhi [n][p], which is overwritten, at the inputs of the last forward pass. */
  void (*reverse)(void *context, int n, double *dPhi, double *dX);
  void *context;
} feature_map;

typedef struct inversion inversion;
/* For n inputs; the map is copied, its context borrowed. NULL when memory is short. */
inversion *inversion_new(const feature_map *map, int n, assay_error *error);
void inversion_free(inversion *run);

/* L at X, and dL/dX [n][d] unless gradient is NULL. Infinite where the features are not finite. */
double inversion_loss(inversion *run, const double *theta, const double *X, double *gradient);

/* X is improved until L < enough, the largest entry of the gradient is below 1e-10, the line search makes no
 * progress, or `iterations` are made (memory 20). Returns L. */
double inversion_search(inversion *run, const double *theta, double *X, double enough, int iterations);

/* The random features phi(V x), V [p][d] borrowed, as a map; to be freed below, and renewed when V changes.
 */
typedef struct random_features random_features;
random_features *random_features_new(activation act, const double *V, int n, int d, int p, feature_map *map,
                                     assay_error *error);
void random_features_renew(random_features *features);
void random_features_free(random_features *features);

#endif
