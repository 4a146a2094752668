/* Predictions for neural collapse as a global optimum of regularised deep networks. Súkeník, Lampert,
 * Mondelli, arXiv 2505.15239; what is not in the paper is derived here.
 *
 * K classes, n samples each, unit-norm features h_i (columns of H), head U (rows u_c) with penalty
 * (lw/2)|U|^2, blocks with penalty (lb/2)|W_l|^2. Losses averaged over the samples: cross-entropy, or (1/2)|U
 * h - e_y|^2. The unconstrained features model minimises over U and all unit-norm H; its value g* bounds
 * every network from below. R^2 = 1 - (within-class variance).
 *
 * Symmetric data sym(K,n,phi): class means at angle phi from the samples; m dimensions carry the means (K-1
 * for cross-entropy, K for the squared loss), r = K(n-1) the deviations. A linear residual network with
 * normalised blocks turns phi into psi, tan psi = e^-tau tan phi. */
#ifndef ASSAY_THEORY_NEURAL_COLLAPSE_H
#define ASSAY_THEORY_NEURAL_COLLAPSE_H

#include "model/status.h"

typedef enum { NEURAL_COLLAPSE_CE, NEURAL_COLLAPSE_MSE } neural_collapse_loss;

/* The least loss with given R in [0,1], F(R) = min_w log(1+(K-1) e^{-wRK/(K-1)}) + lw K w^2/2, at the root of
 * lw w (e^{wRK/(K-1)} + K - 1) = R; MSE: F = K lw/(2 (R^2 + lw K)), w = R/(R^2 + lw K). g* = F(1). R may
 * exceed 1 (features of norm R). */
assay_status neural_collapse_bound(neural_collapse_loss loss, double K, double lw, double R, assay_value *F,
                                   assay_value *w, assay_error *error);
/* Cross-entropy with labels that are wrong with probability q on identical inputs: g* and w. */
assay_status neural_collapse_ambiguous(double K, double lw, double q, assay_value *gstar, assay_value *w,
                                       assay_error *error);
/* MSE with a free head bias: g* = (K-1) lw/(2 (t2 + lw K)), w = sqrt((K-1)/K) t/(t2 + lw K), t2 = K/(K-1). */
assay_status neural_collapse_mse_bias(double K, double lw, assay_value *gstar, assay_value *w,
                                      assay_error *error);

/* Feature decay (lh/2)|H|^2 in place of the norm: with c = sqrt(n lw lh) features vanish iff c >= 1/K. p =
 * u_c.h_c. */
typedef struct {
  assay_value p, J, u_norm, h_norm;
} neural_collapse_decayed;
assay_status neural_collapse_feature_decay(neural_collapse_loss loss, double K, double n, double lw,
                                           double lh, neural_collapse_decayed *result, assay_error *error);

/* ---- depth ---- */

/* A way to get the depth law wrong. */
typedef enum {
  NEURAL_COLLAPSE_RIGHT,
  NEURAL_COLLAPSE_MEANS_ONLY,      /* only the m-space moves: block cost m (q-1)^2 */
  NEURAL_COLLAPSE_DEVIATIONS_ONLY, /* only the r-space: r (1 - 1/q)^2 */
  NEURAL_COLLAPSE_EQUAL_SPLIT,     /* all blocks take the same step */
  NEURAL_COLLAPSE_NO_DEPTH,        /* cost kappa tau^2 whatever L */
  NEURAL_COLLAPSE_NO_ATTENTION     /* attention is of no help: the law of the residual network */
} neural_collapse_mistake;

/* L (c(s_1) split from the other L - 1 equal blocks): c(s) = m r (q-1)^2/(r + m q^2), q = e^s, the least
 * decay of one block. */
double neural_collapse_block_cost(double m, double r, double s);

typedef struct {
  double K, n, phi, lw, lb, L; /* the exact law needs a whole L */
  neural_collapse_loss loss;
  int attention; /* each class is one sequence of n tokens, and attention stretches the means before each
                    block */
} neural_collapse_chain;
typedef struct {
  assay_value J, NC1, tau, tan2, decay, w, gstar; /* decay = (lb/2) sum |W_l|^2; w = |u_c| */
} neural_collapse_depth;
/* The global optimum of the linear one-matrix network on symmetric data, J = min_tau F(cos psi) + (lb/2)
 * A_L(tau): a scan, then Newton on the stationarity equations c'(s_1) = c'(s) = (2/lb) lw K w^2 sin^2 psi.
 * With attention A_L = min over ta of L m (e^{ta/L} - 1)^2 + A_L(tau - ta): attention is uniform and its
 * value matrices stretch the means by q_a = e^{ta/L}, at the optimum 2 m q_a (q_a - 1) = c'(s). */
assay_status neural_collapse_depth_law(const neural_collapse_chain *chain, neural_collapse_mistake mistake,
                                       neural_collapse_depth *result, assay_error *error);

/* As L -> inf: C = lb kappa/(lw K w*^2), kappa = m r/(m+r), with attention m r/(m+2r), Wl = W0(2 L
 * tan^2(phi)/C), tau = Wl/2: tan^2 psi ~ (C/(2L)) Wl, local exponents of NC1 and J - g*: -2 tau/(1+2 tau),
 * -tau/(1+tau). */
typedef struct {
  assay_value tan2, exponent_NC1, exponent_J;
} neural_collapse_rate;
assay_status neural_collapse_asymptotics(const neural_collapse_chain *chain, neural_collapse_rate *result,
                                         assay_error *error);

/* Two matrices in each block (the cheapest pair costs a nuclear norm): the optimum has two branches. On
 * CONTRACT one block shrinks the deviations, J = min_tau F(cos psi) + lb r (1 - e^-tau), at every depth
 * alike; on EXPAND every block stretches the means, F(cos psi) + lb m L (e^{tau/L} - 1), L >= 1 or infinite.
 * Each at its interior minimum in tau, a root of lb r e^-tau = D, of lb m e^{tau/L} = D, with D = lw K w(cos
 * psi)^2 sin^2 psi. ASSAY_DOMAIN where it has none: moving is then not worth its decay, or the step is
 * singular. `chain->L` counts on EXPAND only. */
typedef enum { NEURAL_COLLAPSE_CONTRACTS, NEURAL_COLLAPSE_EXPANDS } neural_collapse_branch;
assay_status neural_collapse_two_matrices(const neural_collapse_chain *chain, neural_collapse_branch branch,
                                          neural_collapse_depth *result, assay_error *error);

/* The least-decay linear network on any inputs X [N][d], K classes of n after one another, cross-entropy: all
 * blocks share one symmetric matrix B, S = (I+B)^L,
 *
 *     J = min over S, U of CE(U, N(SX)) + (lw/2)|U|^2 + (lb/2) L sum_i (s_i^{1/L} - 1)^2 ,
 *
 * by Newton's method in (L B, U), from B = 0 and the head along the class means, with a Hessian by central
 * differences. The optimum of the network wherever no block takes a big step (from L = 4 to 8 on); an upper
 * bound of it from L = 2 on. ASSAY_DOMAIN: L < 2, where samples are sent to zero and the search ends there.
 * ASSAY_NUMERIC: no convergence. */
typedef struct {
  assay_value J, NC1;
} neural_collapse_tied;
assay_status neural_collapse_tied_optimum(const double *X, int K, int n, int d, double lw, double lb,
                                          double L, neural_collapse_tied *result, assay_error *error);

/* Least-squares slope over the L [count] of log E_p(L), E_p(L) = (p/2) L sin(theta/L)^{2/p}: p matrices in
 * each block. */
assay_status neural_collapse_transport_exponent(int p, double theta, const double *L, int count,
                                                assay_value *slope, assay_error *error);

/* ---- transport by linear chains ---- */

/* min of (lb/2) sum |W_l|^2 - t.h_L over chains of L normalised blocks that start at the angle theta0 in (0,
 * pi/2] to t: at the angle rho left over, sin rho = (lb/2) sin(2 (theta0-rho)/L), J = (lb/2) L
 * sin^2((theta0-rho)/L) - cos rho. With `chord` the cost of the blocks is 4 L sin^2((theta0-rho)/(2L)), as
 * without normalisation (a mistake). */
assay_status neural_collapse_turn(int L, double theta0, double lb, int chord, assay_value *rho,
                                  assay_value *J, assay_error *error);
/* min of (1/2)|prod (I+W_l) - T|^2 + (lb/2) sum |W_l|^2 for T positive definite with these eigenvalues: sum
 * over them of min_q (1/2)(q-t)^2 + (lb/2) L (q^{1/L} - 1)^2. */
assay_status neural_collapse_product(int L, const double *targets, int count, double lb, assay_value *J,
                                     assay_error *error);
/* A_L: the least sum |W_l|^2 that shrinks the spread of symmetric data by e^-tau: one block may take a larger
 * step than the others. */
assay_status neural_collapse_contraction(int L, double tau, double m, double r, assay_value *A,
                                         assay_error *error);
/* The smallest angle that two samples at theta0 can have after blocks of spectral norms s [count] < 1:
 * tan(theta/2) = tan(theta0/2) prod (1-s)/(1+s) (Wielandt). */
assay_status neural_collapse_least_angle(double theta0, const double *s, int count, assay_value *theta,
                                         assay_error *error);

#endif
