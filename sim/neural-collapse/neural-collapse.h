/* Simulators of neural collapse: free features, networks trained to their optimum by L-BFGS or by Adam on
 * real data, linear chains. Setting and notation: theory/neural-collapse/neural-collapse.h; the networks:
 * network.h. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_H
#define ASSAY_SIM_NEURAL_COLLAPSE_H

#include "model/neural-collapse.h"
#include "sim/neural-collapse/network.h"

/* ---- free features ---- */

typedef struct {
  neural_collapse_task task;
  double lw, lh, rho; /* lh > 0: features decay; else they have norm rho */
  bool bias;
} neural_collapse_features;
/* The optimum from one Gaussian start. */
assay_status neural_collapse_optimise_features(const neural_collapse_features *p, const assay_stream *stream,
                                               double *J, neural_collapse_metrics *metrics,
                                               assay_error *error);
/* A state with the given R: class means R times random directions (more or less a simplex, or a frame),
 * deviations orthogonal to all of them, a head of random scale that follows the means more or less. *J = loss
 * + (lw/2)|U|^2, *slip = |measured R - R|. d >= K + K(n-1). */
assay_status neural_collapse_random_state(const neural_collapse_features *p, double R,
                                          const assay_stream *stream, double *J, double *slip,
                                          assay_error *error);

/* ---- optima of networks ---- */

/* Where a search starts. CONTRACT and EXPAND are for sym data: with P_r, P_m the projectors on the spaces of
 * the deviations and of the means, the first block starts as -.99 P_r (RN1, TX1's W) or as A = .9 P_r, B =
 * -.9 P_r (RN2); every block as A = B = sqrt(1.1/L) P_m (RN2 only); the head as 2.8 m_c; noise .01 N(0,1)/(L
 * sqrt d) on all blocks. RANDOM: blocks N(0,1) g/(L sqrt d), g = .05, .3, 1, 1 by the restart, head .3
 * N(0,1). */
typedef enum {
  NEURAL_COLLAPSE_RANDOM,
  NEURAL_COLLAPSE_CONTRACT,
  NEURAL_COLLAPSE_EXPAND
} neural_collapse_start;

typedef struct {
  neural_collapse_network net;
  neural_collapse_set
      set; /* its inputs; turned by a random rotation if s is the identity, which sees no axes */
  neural_collapse_start start;
  int restarts;
} neural_collapse_search;
typedef struct {
  double J, decay;  /* of the best restart; its (lb/2) sum |block matrices|^2 */
  double cv;        /* coefficient of variation over the blocks of their |block|^2, 0 for one block */
  double attention; /* max |entry| of Q and K; 0 without */
  double gradient;  /* max |gradient| of the best restart */
  int converged;    /* restarts that met the stopping rule, max |gradient| < 1e-8 */
  neural_collapse_metrics metrics;
} neural_collapse_optimum;
/* The best of the restarts that meet the stopping rule; ASSAY_NUMERIC, with the reason of the last, when none
 * does. */
assay_status neural_collapse_optimise_network(const neural_collapse_search *search,
                                              const assay_stream *stream, neural_collapse_optimum *best,
                                              assay_error *error);

/* ---- training on real data ---- */

/* Full-batch Adam (.9, .999, 1e-8), the decay in the gradient, rate .005 (1 + cos(pi k/epochs))/2 at step k
 * = 1..epochs; block entries N(0, 1/(d L)), head N(0, 1/d), a trained embedding N(0, 1/pixels). */
typedef struct {
  double J, loss, decay; /* objective; loss + (lw/2)|U|^2; block penalty */
  neural_collapse_metrics metrics;
} neural_collapse_trained;
/* ASSAY_NUMERIC: a feature vector vanished, or the objective left the finite numbers; the step is named. */
assay_status neural_collapse_train(const neural_collapse_network *net, const double *inputs, int epochs,
                                   const assay_stream *stream, neural_collapse_trained *result,
                                   assay_error *error);

/* The least loss + (lw/2)|U|^2 of a state whose class means are R times the unit simplex (orthonormal frame,
 * for the squared loss), whose deviations the head does not see, and whose head is w times the simplex: by
 * golden section over w, on the loss of the logits themselves. */
double neural_collapse_collapsed_loss(const neural_collapse_task *task, double lw, double R);

/* ---- chains in three dimensions ---- */

/* The optimum of a chain of L blocks in a random basis: of (lb/2) sum |W_l|^2 - t.h_L for a vector that
 * starts at the angle theta0 to t and is normalised after each block (targets NULL), *rho the angle left
 * over; or of (1/2)|prod (I + W_l) - T|^2 + (lb/2) sum |W_l|^2, T with the eigenvalues targets [3]. */
assay_status neural_collapse_transport_cost(int L, double lb, double theta0, const double *targets,
                                            const assay_stream *stream, double *J, double *rho,
                                            assay_error *error);

/* ---- one turn ---- */

/* The least (1/2) sum |A_j|^2 of a block x <- x + A_p..A_1 x, 1 <= p <= 6, that turns a vector by `angle` in
 * (0, pi/2) up to its length; from a start near I/2 (`index` tells starts of one replicate apart). */
assay_status neural_collapse_turn_cost(int p, double angle, unsigned index, const assay_stream *stream,
                                       double *cost, assay_error *error);

#endif
