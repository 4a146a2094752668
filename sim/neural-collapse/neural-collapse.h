/* Simulators of neural collapse: free features, and linear residual networks with normalised blocks on
 * symmetric data, trained to their optimum by L-BFGS. Setting and notation:
 * theory/neural-collapse/neural-collapse.h. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_H
#define ASSAY_SIM_NEURAL_COLLAPSE_H

#include <stdbool.h>

#include "sim/experiment.h"

/* What a head U makes of features H; columns of H are stored one after the other, H [N][d], U [K][d]. Labels
 * are i / n. */
typedef struct {
  int K, n, d;
  bool squared; /* (1/2)|z - e_y|^2, else cross-entropy */
  double q;     /* cross-entropy: probability of a wrong label, spread evenly */
} neural_collapse_task;

/* The loss averaged over the samples; adds its gradients to dU [K][d], dH [N][d], db [K]. b and db may be
 * NULL: no bias. */
double neural_collapse_head_loss(const neural_collapse_task *task, const double *U, const double *b, const double *H,
                          double *dU, double *db, double *dH);

/* NC1 = tr S_W/tr S_B, NC2 = |UU'/|UU'| - (I - 11'/K)/sqrt(K-1)|, NC3 = 1 - mean cos(h_i, u_{y_i}), R =
 * sqrt(1 - tr S_W); the mean norms of u_c and h_i, and the mean of u_c.h_i over the samples of class c. */
typedef struct {
  double NC1, NC2, NC3, R, u_norm, h_norm, p;
} neural_collapse_metrics;
void neural_collapse_measure(const neural_collapse_task *task, const double *U, const double *H, neural_collapse_metrics *metrics);

/* ---- free features ---- */

typedef struct {
  neural_collapse_task task;
  double lw, lh, rho; /* lh > 0: features decay; else they have norm rho */
  bool bias;
} neural_collapse_features;
/* The optimum from one Gaussian start. */
assay_status neural_collapse_optimise_features(const neural_collapse_features *p, const assay_stream *stream, double *J,
                                        neural_collapse_metrics *metrics, assay_error *error);
/* A state with the given R: class means R times random directions (more or less a simplex, or a frame),
 * deviations orthogonal to all of them, a head of random scale that follows the means more or less. *J = loss
 * + (lw/2)|U|^2, *slip = |measured R - R|. d >= K + K(n-1). */
assay_status neural_collapse_random_state(const neural_collapse_features *p, double R, const assay_stream *stream,
                                   double *J, double *slip, assay_error *error);

/* ---- linear residual networks ---- */

typedef struct {
  neural_collapse_task task; /* d is set to the data's dimension */
  double phi, lw, lb;
  int L, restarts;
} neural_collapse_network;
typedef struct {
  double J, decay, least; /* best restart, its block penalty; least of all restarts */
  neural_collapse_metrics metrics;
} neural_collapse_optimum;
/* The best of several restarts on a randomly rotated sym(K,n,phi). Restarts whose largest gradient stays
 * above 1e-8 do not count; ASSAY_NUMERIC when none converges. */
assay_status neural_collapse_optimise_network(const neural_collapse_network *p, const assay_stream *stream,
                                       neural_collapse_optimum *best, assay_error *error);
/* The largest relative error of a directional derivative of the objective against a central difference at a
 * random point. */
assay_status neural_collapse_check_gradient(const neural_collapse_network *p, const assay_stream *stream, double *worst,
                                     assay_error *error);

/* ---- chains in three dimensions ---- */

/* The optimum of a chain of L blocks in a random basis: of (lb/2) sum |W_l|^2 - t.h_L for a vector that
 * starts at the angle theta0 to t and is normalised after each block (targets NULL), *rho the angle left
 * over; or of (1/2)|prod (I + W_l) - T|^2 + (lb/2) sum |W_l|^2, T with the eigenvalues targets [3]. */
assay_status neural_collapse_transport_cost(int L, double lb, double theta0, const double *targets,
                                     const assay_stream *stream, double *J, double *rho, assay_error *error);

/* ---- one turn ---- */

/* The least (1/2) sum |A_j|^2 of a block x <- x + A_p..A_1 x, 1 <= p <= 6, that turns a vector by `angle` in
 * (0, pi/2) up to its length; from a start near I/2 (`index` tells starts of one replicate apart). */
assay_status neural_collapse_turn_cost(int p, double angle, unsigned index, const assay_stream *stream, double *cost,
                                assay_error *error);

#endif
