/* Finite-size experiments of private linear regression by one-pass DP-SGD (model/dp-sgd.h has the algorithm).
 *
 * Two simulators run it. The *vector* simulator is the algorithm itself on the error delta = theta - theta*,
 * with x_k drawn row by row. The *norm chain* follows V_j = ||delta restricted to block j||^2 only: within a
 * block of equal eigenvalues the covariates are rotation invariant, so (x.delta, ||x||^2) depends on delta
 * through the V_j, and the chain has exactly the law of the vector simulator's norms, at O(m) a step. The
 * *SDE chain* is an Euler-Maruyama scheme of the homogenised equation, again on the norm.
 *
 * One replicate is a *path*: it starts at step 0, is advanced to the steps where it is read, and is released,
 * which adds the terminal noise s_n; before that, step n is the gradient step alone. Draws are made by slot =
 * step (times d, plus the coordinate, for vectors) from the sources DESIGN (x), LABEL (z), PRIVACY (the
 * noise) and INIT (the start), so that arms with other schedules, thresholds or noise share them step by
 * step.
 *
 * c = inf means no clipping. A plan is shared by all replicates of a point; paths are one per worker. */
#ifndef ASSAY_SIM_DP_SGD_DP_SGD_H
#define ASSAY_SIM_DP_SGD_DP_SGD_H

#include <stdbool.h>

#include "model/dp-sgd.h"
#include "sim/experiment.h"

/* ---- steps and noise ---- */

/* The problem can be run with n steps in dimension d: positive parameters, a schedule the noise allows. */
assay_status dp_sgd_check(const dp_sgd_problem *problem, long n, long d, assay_error *error);

/* eta[k-1] = eta_k = eta((k-1)/n)/n, k = 1..n. */
void dp_sgd_step_sizes(const schedule *eta_of_t, long n, double *eta /* [n] */);

/* s[k-1] = s_k, the sd per coordinate of the noise after gradient step k, from eta_k, C = c sqrt(d) and rho:
 *
 *     output     s_n = 2 C max_k eta_k / rho, else 0
 *     scheduled  s_k^2 = (2C/rho)^2 (eta_k^2 - eta_{k+1}^2), s_n = 2 C eta_n/rho
 *     naive      s_k = 2 C eta_k/rho
 *
 * All 0 for no noise and for rho = inf. A domain error when C is infinite, or when the noise is scheduled and
 * eta increases. */
assay_status dp_sgd_noise_sd(dp_sgd_noise noise, double C, double rho, const double *eta, long n,
                             double *s /* [n] */, assay_error *error);

/* The greatest and least over k of (2 C eta_k)^2/(rho^2 sum_{j>=k} s_j^2): theta_n is rho^2/2-zCDP, by
 * amplification by iteration, when the greatest is at most 1. Sums run backwards, compensated. A step with
 * eta_k = 0 releases nothing: 0; one with eta_k > 0 and no noise from it on: inf. */
void dp_sgd_privacy_ratios(double C, double rho, const double *eta, const double *s, long n, double *greatest,
                           double *least);

/* ---- a plan: what all replicates of a point share ---- */

typedef struct {
  long n, d;
  double C, zeta;
  const double *eta, *s; /* [n] step sizes and noise, k = 1..n at k-1 */
  int m;                 /* blocks of coordinates */
  const long *size;      /* [m] their dimensions, sum d */
  const double *lam;     /* [m] their eigenvalues */
  const double *start;   /* [m] ||delta_0 restricted to block j||^2 */
  const double *eigen;   /* [d] eigenvalues in place of lam (vector simulator only); NULL */
  long window;           /* clipped steps are counted from step window + 1 on */
} dp_sgd_plan;

/* ---- paths ---- */

typedef struct dp_sgd_path dp_sgd_path;

/* The norm chain. With a_j = lam_j^{1/2} g_j, g_j ~ N(0,1), H_j ~ chi^2_{d_j - 1}, step k is
 *
 *     r = sum_j a_j V_j^{1/2} - zeta z,  ||x||^2 = sum_j a_j^2 + lam_j H_j,  h = sign(r) min(|r|, C/||x||),
 *     V_j <- (V_j^{1/2} - eta_k h a_j)^2 + (eta_k h)^2 lam_j H_j,
 *
 * and noise of sd s is V_j <- (V_j^{1/2} + s g'_j)^2 + s^2 H'_j. At most RANDOM_INDICES blocks. */
dp_sgd_path *dp_sgd_norm_chain_new(const dp_sgd_plan *plan, assay_error *error);

/* The homogenised equation on the norm, by Euler-Maruyama steps of length 1/n; isotropic problems only (m =
 * 1, lam = 1). With mu and nu (model/clipping.h) at c = C/sqrt(d) and P = (V + zeta^2)/2, step k is
 *
 *     V <- (V^{1/2} (1 - eta_k mu) + q g)^2 + q^2 H,  q^2 = 2 eta_k^2 nu P + s_k^2 (s_n excepted),
 *
 * g ~ N(0,1), H ~ chi^2_{d-1} from the source NOISE. It counts no clipped steps. Needs zeta > 0. */
dp_sgd_path *dp_sgd_sde_chain_new(const dp_sgd_plan *plan, assay_error *error);

/* x = lam^{1/2} times normals, or times signs. */
typedef enum { DP_SGD_GAUSSIAN, DP_SGD_RADEMACHER } dp_sgd_covariates;

/* Where a block's start, of norm start[j]^{1/2}, points: in a random direction, along the block's first axis,
 * or to a corner (all coordinates alike but for random signs). */
typedef enum { DP_SGD_RANDOM, DP_SGD_LOCALISED, DP_SGD_SPREAD } dp_sgd_start;

/* The algorithm itself, on vectors. */
dp_sgd_path *dp_sgd_vector_new(const dp_sgd_plan *plan, dp_sgd_covariates covariates, dp_sgd_start start,
                               assay_error *error);

/* The three constructors borrow the plan; NULL when memory is short or the plan does not fit. */
void dp_sgd_path_free(dp_sgd_path *path);

/* Puts the path at step 0 of a replicate. */
void dp_sgd_path_start(dp_sgd_path *path, const assay_stream *stream);
/* Runs the steps up to and including `step` <= n, which is not below the last one. */
void dp_sgd_path_advance(dp_sgd_path *path, long step);
/* At step n, once: adds the terminal noise s_n. */
void dp_sgd_path_release(dp_sgd_path *path);

double dp_sgd_path_risk(const dp_sgd_path *path);           /* R = sum_i lam_i delta_i^2 / 2 */
void dp_sgd_path_norms(const dp_sgd_path *path, double *V); /* V_j [m] */
long dp_sgd_path_clipped(const dp_sgd_path *path);          /* steps after plan->window that were clipped */

/* ---- experiments that are not a path ---- */

/* The means over `draws` one-step draws at risk P of h g/||delta|| (to mu) and h^2 ||x||^2/(2 P d) (to nu),
 * where x.delta = g ||delta||, ||delta||^2 = 2P - zeta^2, ||x||^2 = g^2 + chi^2_{d-1}, h the residual clipped
 * at c sqrt(d)/||x||. */
void dp_sgd_run_one_step(double c, double P, double zeta, long d, long draws, const assay_stream *stream,
                         double *mu, double *nu);

/* ||theta_n - theta'_n||/(2 C eta_k) of two runs whose samples agree except at step k, where x_k is common
 * and the labels make both residuals clipped, with opposite signs. Needs C finite. `vector` is a path from
 * dp_sgd_vector_new; it is started here and left at step n, without noise. */
assay_status dp_sgd_run_sensitivity(dp_sgd_path *vector, const assay_stream *stream, long k,
                                    double *sensitivity, assay_error *error);

/* ||Delta_n||/||Delta_k|| of an infinitesimal perturbation in a random direction (source PERTURBATION) after
 * step k: Delta <- Delta - eta_j 1(|r_j| ||x_j|| < C) x_j (x_j.Delta), j = k+1..n. `vector` as above. */
assay_status dp_sgd_run_tangent(dp_sgd_path *vector, const assay_stream *stream, long k, double *contraction,
                                assay_error *error);

#endif
