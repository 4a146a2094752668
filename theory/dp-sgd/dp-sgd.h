/* Predictions for private linear regression by one-pass DP-SGD with aggressive clipping, in the limit d, n ->
 * inf at fixed gamma = d/n. Bombari, Seroussi, Mondelli, arXiv 2505.16329; what is not in the paper is
 * derived here and says so.
 *
 * The problem is the one of model/dp-sgd.h. Time is t = k/n in [0,1]; R(t) is the excess risk, P = R +
 * zeta^2/2 half the variance of the residual, mu = mu_c(P) and nu = nu_c(P) the clip factors
 * (model/clipping.h), and K = 2 gamma^2 c^2/rho^2 what one release at step size eta costs: K eta^2. At t = 1
 * everything is meant just before the terminal noise.
 *
 * Values come with a bound on their numerical error, from a second integration at a looser tolerance, and
 * meet 1e-9 relative unless something cancels, which the bound then shows. Every function returns
 * ASSAY_DOMAIN, with the reason, for a point at which the theory has no value, and ASSAY_NUMERIC when a risk
 * grows beyond the finite numbers. */
#ifndef ASSAY_THEORY_DP_SGD_H
#define ASSAY_THEORY_DP_SGD_H

#include "model/dp-sgd.h"

/* The theory, or one known mistake in it; what a negative control predicts. A function in which the mistake
 * has no place ignores it, unless it says otherwise. phi(a) is the normal density, a = c/sqrt(2P), r ~
 * N(0,2P). */
typedef enum {
  DP_SGD_RIGHT,
  /* in the clip factors */
  DP_SGD_NAIVE_MU,   /* mu = E min(1, c/|r|) = erf(a/sqrt 2) + a E_1(a^2/2)/sqrt(2 pi) */
  DP_SGD_RESIDUAL_P, /* mu of a residual of variance P: mu_c(P/2); nu is right */
  DP_SGD_NU_ONE,     /* nu = 1 */
  DP_SGD_NU_MU2,     /* nu = mu^2 */
  DP_SGD_UNCLIPPED,  /* mu = nu = 1 */
  DP_SGD_NO_ZETA,    /* P = R */
  /* in the noise of the gradients */
  DP_SGD_HALF_NOISE, /* eta^2 gamma nu P/2 */
  DP_SGD_LAM2_P,     /* blocks: lam_j^2 p_j for lam_j p_j */
  DP_SGD_P_ONLY,     /* blocks: p_j for lam_j p_j */
  DP_SGD_SDE_NOISE,  /* variance: that of the homogenised SDE (same mean) for that of DP-SGD */
  /* in the privacy noise */
  DP_SGD_K_ZERO,             /* none, although rho is finite */
  DP_SGD_SENSITIVITY_C,      /* sensitivity C eta for 2 C eta: K/4 */
  DP_SGD_K_GAMMA,            /* gamma for gamma^2: K/gamma */
  DP_SGD_NOT_TELESCOPED,     /* scheduled: K eta^2 injected per unit of time for -K (eta^2)' */
  DP_SGD_CALIBRATED_TO_LAST, /* output: noise for the last step, eta(1), for the largest */
  /* in one formula */
  DP_SGD_BOUNDS_EXCHANGED, /* sandwich: lam_min and lam_max exchanged */
  DP_SGD_LINEAR_RATE,      /* eta alone where eta (2 - eta gamma)/2 contracts: contraction, unclipped risk */
  DP_SGD_NU_FOR_MU,        /* clipped fraction 1 - nu for 1 - mu */
  DP_SGD_B_TWO             /* decaying rate: B with 2 for 27/2 */
} dp_sgd_mistake;

/* ---- one step ---- */

/* mu and nu at threshold c > 0 (may be infinite) and P > 0. */
assay_status dp_sgd_clip_factors(double c, double P, dp_sgd_mistake mistake, assay_value *mu, assay_value *nu,
                                 assay_error *error);

/* ---- isotropic covariates, Sigma = I ---- */

/* R at the times t [count], each in [0,1], in any order:
 *     R' = -2 eta mu R + eta^2 gamma nu P - [scheduled] K (eta^2)',   R(0) = R0.
 * Scheduled noise is integrated through S = R + K eta^2, the risk if training stopped now, which needs no
 * derivative: S' is the first two terms, S(0) = R0 + K eta(0)^2.
 *
 * d_var_R [count], which may be NULL: the limit of d Var R(theta_k) (derived here), with u = x.delta, h the
 * clipped residual: v' = 2 f'(R) v + gamma q(R) - [scheduled] 4 R K (eta^2)',   v(0) = 0,   f = -2 eta mu R +
 * eta^2 gamma nu P, q = eta^2 E h^2 u^2 - eta^3 gamma E h^3 u + eta^4 gamma^2 E h^4 / 4 - f^2    (homogenised
 * SDE: 4 eta^2 R P nu). It is derived for the right clip factors: ASSAY_DOMAIN with a mistake in them or in
 * P. DP_SGD_NAIVE noise has no limit: ASSAY_DOMAIN; see dp_sgd_naive_ratio. */
assay_status dp_sgd_trajectory(const dp_sgd_problem *problem, dp_sgd_mistake mistake, const double *t,
                               int count, assay_value *R, assay_value *d_var_R, assay_error *error);

/* The end of training: R(1-), the terminal jump J = K eta(1)^2 (scheduled) or K max eta^2 (output), F = R(1-)
 * + J; and the limits of d Var: before the jump v, after it v + 4 R J + 2 J^2. */
typedef struct {
  assay_value R, J, F, d_var_R, d_var_F;
} dp_sgd_end;
/* Variances are NaN with a mistake in the clip factors or in P. */
assay_status dp_sgd_final(const dp_sgd_problem *problem, dp_sgd_mistake mistake, dp_sgd_end *end,
                          assay_error *error);

/* The ratio (2 C eta_k)^2/(rho^2 sum_{j>=k} s_j^2) over k = 1..n, n = round(d/gamma), which privacy wants <=
 * 1: its greatest and least value. Scheduled: 1 and 1. Output: 1 and (eta_n/max eta)^2. Naive noise: 1 and
 * min_k eta_k^2/sum_{j>=k} eta_j^2. With DP_SGD_CALIBRATED_TO_LAST: (max eta/eta_n)^2 and 1. Needs a finite
 * rho and noise. */
assay_status dp_sgd_calibration(const dp_sgd_problem *problem, int d, dp_sgd_mistake mistake,
                                assay_value *max_ratio, assay_value *min_ratio, assay_error *error);

/* What naive noise (2 C eta_k/rho at every step) costs: R(1) of the limit with n K eta^2 injected per unit of
 * time, and its ratio to F with output noise. n = round(d/gamma). */
assay_status dp_sgd_naive_ratio(const dp_sgd_problem *problem, int d, assay_value *R, assay_value *ratio,
                                assay_error *error);

/* How much an infinitesimal perturbation made at time `from` has shrunk at the end, in norm:
 *     exp(-(1/2) int_from^1 eta (2 - eta gamma) mu(P) dt),  0 <= from <= 1. */
assay_status dp_sgd_contraction(const dp_sgd_problem *problem, double from, dp_sgd_mistake mistake,
                                assay_value *ratio, assay_error *error);

/* The fraction of clipped samples: the average of 1 - mu(P(t)) over lo <= t <= hi, 0 <= lo < hi <= 1. */
assay_status dp_sgd_clip_fraction(const dp_sgd_problem *problem, double lo, double hi, dp_sgd_mistake mistake,
                                  assay_value *fraction, assay_error *error);

/* One-pass SGD at constant step eta without clipping or private noise, any Sigma's stationary value, any t >=
 * 0: R(t) = R_inf + (R0 - R_inf) exp(-(2 eta - eta^2 gamma) t),  R_inf = eta gamma zeta^2/(2 (2 - eta
 * gamma)). Above eta gamma = 2 the risk grows, and R_inf does not exist: its value is NaN. With
 * DP_SGD_LINEAR_RATE the exponent is -2 eta t. */
assay_status dp_sgd_unclipped(double gamma, double eta, double zeta, double R0, double t,
                              dp_sgd_mistake mistake, assay_value *R, assay_value *R_inf, assay_error *error);

/* The stationary risk at constant step eta without private noise: the positive root of 2 mu R = eta gamma nu
 * P. Finite for every eta gamma if c is; for c = inf (or with DP_SGD_UNCLIPPED) R_inf above, which needs eta
 * gamma < 2. */
assay_status dp_sgd_stationary(double gamma, double c, double eta, double zeta, dp_sgd_mistake mistake,
                               assay_value *R, assay_error *error);
/* R after a time T > 0 at constant step: the run with (gamma/T, eta T) on [0,1]. */
assay_status dp_sgd_after(double gamma, double c, double eta, double zeta, double R0, double T,
                          assay_value *R, assay_error *error);

/* ---- general covariates ---- */

/* R(0) = sum lam_j w_j / 2; takes the place of the problem's R0, which is not read. */
double dp_sgd_start_risk(const spectrum_blocks *spectrum);

/* V_j = ||delta restricted to block j||^2, at the times t [count] in any order:
 *     V_j' = -2 eta mu lam_j V_j + 2 eta^2 gamma nu P lam_j p_j - [scheduled] 2 K (eta^2)' p_j,   V_j(0) =
 * w_j, R = sum lam_j V_j / 2. R [count], V [count][m] (may be NULL), and F (may be NULL) the risk after the
 * terminal jump, V_j += 2 J p_j. */
assay_status dp_sgd_blocks(const dp_sgd_problem *problem, const spectrum_blocks *spectrum,
                           dp_sgd_mistake mistake, const double *t, int count, assay_value *R, assay_value *V,
                           assay_value *F, assay_error *error);

/* The same for eigenvalues uniform on [lo, 2-lo], 0 < lo < 1, and a start spread evenly (R(0) = 1/2): 24
 * Gauss-Legendre nodes as blocks; the difference to 32 nodes is part of the error. */
assay_status dp_sgd_uniform(const dp_sgd_problem *problem, double lo, dp_sgd_mistake mistake, const double *t,
                            int count, assay_value *R, assay_value *F, assay_error *error);

/* The bounds R_low <= R <= R_up (each [count]), solutions of
 *     R' = -2 eta mu L R + eta^2 gamma q nu P - [scheduled] K (eta^2)'
 * with the problem's R(0). Strong: q = tr Sigma^2/d, L = lam_min above and lam_max below. Weak: q = lam_max
 * above, 1 below. */
assay_status dp_sgd_sandwich(const dp_sgd_problem *problem, const spectrum_blocks *spectrum, int weak,
                             dp_sgd_mistake mistake, const double *t, int count, assay_value *R_low,
                             assay_value *R_up, assay_error *error);

/* Rademacher covariates with the start on one coordinate, delta_0 = e_1 (derived here). With G ~ N(0, Q +
 * zeta^2): D' = -eta E h(D+G),  Q' = -2 eta Prob(|D+G| < c) Q + eta^2 gamma E h(D+G)^2,  D(0) = 1, Q(0) = 0,
 * R = (D^2+Q)/2. No noise may come before the end: not DP_SGD_SCHEDULED. The problem's R0 is not read. */
assay_status dp_sgd_localised(const dp_sgd_problem *problem, const double *t, int count, assay_value *R,
                              assay_error *error);

/* ---- optima ---- *
 * Isotropic problems. A scan brackets the minimum of F; the optimum is the root of the derivative of F, from
 * the sensitivity equations of the risk. Only mistakes in the privacy noise are accepted. */

/* The best c at the problem's constant step and output noise: c_star, and F at c = ratio c_star. The
 * problem's c is not read. ASSAY_DOMAIN: no finite c is best (no private noise). */
assay_status dp_sgd_clip_optimum(const dp_sgd_problem *problem, double ratio, dp_sgd_mistake mistake,
                                 assay_value *c_star, assay_value *F, assay_error *error);

/* The best constant step eta <= 1.8/gamma and clipping c together, output noise. The problem's c and step are
 * not read. */
assay_status dp_sgd_joint_optimum(const dp_sgd_problem *problem, dp_sgd_mistake mistake,
                                  assay_value *eta_star, assay_value *c_star, assay_value *F,
                                  assay_error *error);

/* Which parameters of a schedule are free. */
enum { DP_SGD_FREE_STEP = 1 /* eta0, alpha */, DP_SGD_FREE_T0 = 2 /* harmonic */ };

/* The best schedule of the problem's class and noise under eta(0) <= 1/gamma (const: 1.8/gamma), over the
 * parameters in `free`. eta0 (alpha for harmonic) and t0 are the optimum, or the problem's own values with
 * error 0 where they are fixed. ASSAY_DOMAIN: the fixed value leaves nothing to choose, or the optimum of the
 * class is its limit (t0 -> inf). */
assay_status dp_sgd_schedule_optimum(const dp_sgd_problem *problem, unsigned free, dp_sgd_mistake mistake,
                                     assay_value *eta0, assay_value *t0, assay_value *F, assay_error *error);

/* The greedy schedule with scheduled noise (derived here): at every moment the step that lowers S fastest,
 *     S' = min over 0 < eta <= min(eta0, sqrt(S/K)) of -2 eta mu R + eta^2 gamma nu P,  R = S - K eta^2,
 *     S(0) = R0 + K eta0^2,  F = S(1).
 * eta0 is the problem's eta.eta0, or with `optimise` the best in (0, 1/gamma]. table [count] (may be NULL):
 * eta at t = (i/(count-1))^2, never increasing, ready for a SCHEDULE_TABLE. The problem's schedule kind and
 * noise are not read. */
assay_status dp_sgd_greedy(const dp_sgd_problem *problem, int optimise, assay_value *eta0, assay_value *F,
                           double *table, int count, assay_error *error);

/* ---- rates as gamma -> 0 at fixed kk = gamma/rho^2, R0 = 1/2 ---- */

/* mu, nu at P = zeta^2/2; A = zeta^2 nu/(2 mu^2), B = 27 c^2 kk/(2 mu^2). Constant step, output noise, the
 * best eta: F_over_gamma = F/gamma, L = 2 eta* mu, expansion = (A/4)(L+1) + (B/27)(L^2+2L), which
 * F_over_gamma approaches. */
typedef struct {
  assay_value F_over_gamma, L, expansion;
} dp_sgd_constant_rate;
assay_status dp_sgd_rate_constant(double gamma, double c, double zeta, double kk, dp_sgd_constant_rate *rate,
                                  assay_error *error);

/* Decaying step, scheduled noise: F of the best greedy schedule is gamma G as gamma -> 0, where s(1) = G for
 *     s' = min over eta of -2 eta mu s + 2 k mu eta^3 + b eta^2,  s(0) = inf,  k = 2 c^2 kk,  b = nu
 * zeta^2/2. The minimiser gives s = 3 k eta^2 + b eta/mu, in which ds/s' is elementary: with x = 1/(mu
 * eta(1)), x + (2k/b) log(1 + b x/(4k)) = 1,   G = (3k/x^2 + b/x)/mu^2    (k = 0: x = 1; b = 0: x = 2/3).
 * G_low = A + B <= G <= G_up = 9A/8 + B. kk >= 0. */
typedef struct {
  assay_value A, B, G, G_low, G_up;
} dp_sgd_decaying_rate;
assay_status dp_sgd_rate_decaying(double c, double zeta, double kk, dp_sgd_mistake mistake,
                                  dp_sgd_decaying_rate *rate, assay_error *error);
/* F/gamma of the greedy schedule at the best eta0. */
assay_status dp_sgd_rate_greedy(double gamma, double c, double zeta, double kk, assay_value *F_over_gamma,
                                assay_error *error);
/* The harmonic schedule alpha/(mu t), alpha > 1: the limit of F/gamma,
 *     zeta^2 nu alpha^2/(2 mu^2 (2 alpha - 1)) + (2 c^2 kk/mu^2) alpha^3/(alpha - 1). */
assay_status dp_sgd_rate_harmonic(double c, double zeta, double kk, double alpha, assay_value *F_over_gamma,
                                  assay_error *error);
/* The best a = c/zeta for A + B: the minimiser of (nu + 27 kk a^2)/(2 mu^2), mu, nu at a; and that minimum.
 * kk > 0. */
assay_status dp_sgd_rate_clip(double kk, assay_value *a, assay_value *objective, assay_error *error);

#endif
