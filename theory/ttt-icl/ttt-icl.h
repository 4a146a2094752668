/* Predictions for one step of test-time training of a linear-attention in-context learner. Gozeten, Ildiz,
 * Zhang, Soltanolkotabi, Mondelli, Oymak, arXiv 2503.11842; what is not in the paper is derived here.
 *
 * One task b (whitened coordinates, jointly diagonal): x ~ N(0, I), y = x.b + N(0, sigma2); sigma2 is a
 * variance. From a context of n examples the model sees h = X'y and predicts x.W h. Test-time training makes
 * one gradient step on the summed squared loss of k further labelled examples, W + s Lam g (Lam h)', g =
 * X_k'(y_k - X_k W h), s twice the step size, Lam the covariance before whitening. The risk is the excess
 * risk (without sigma2) on a fresh query with a *fresh* context of the same task, averaged over everything; s
 * is one number. It is a parabola, E L(s) = L0 - 2 s C1 + s^2 C2.
 *
 * Notation: t = |b|^2 + sigma2, alpha = n/d, gamma = k/d, g = gamma/(1+gamma). "Warm" starts from the
 * pretrained weight, "cold" from W = 0. n, k and d may be real numbers where a formula allows it. Errors
 * bound the rounding; sums are taken in extended precision. ASSAY_DOMAIN, with the reason, where a quantity
 * does not exist. */
#ifndef ASSAY_THEORY_TTT_ICL_H
#define ASSAY_THEORY_TTT_ICL_H

#include <stdbool.h>

#include "model/status.h"

/* The theory, or one known mistake in it; a function in which the mistake has no place ignores it. */
typedef enum {
  TTT_ICL_RIGHT,
  TTT_ICL_NO_WISHART,     /* E |g|^2 with k^2 for k(k+d+1) */
  TTT_ICL_NO_ONE,         /* k(k+d) for k(k+d+1) */
  TTT_ICL_NO_CHI_SQUARE,  /* moments of |y|^2: n^j for n(n+2)...(n+2j-2) */
  TTT_ICL_NO_NOISE,       /* pretrained weight with sum s_i for sum s_i + sigma2 */
  TTT_ICL_N_FOR_N_PLUS_1, /* pretrained weight with n s_i for (n+1) s_i */
  TTT_ICL_SQUARED_GAIN,   /* limit: gain g u^2 for g u^3 (v^3 for v^4 with noise) */
  TTT_ICL_REUSED_CONTEXT, /* limit: the risk on the context of the step: gain g u */
  TTT_ICL_ROLES_SWAPPED,  /* limit: alpha and gamma exchanged */
  TTT_ICL_NO_CONTEXT,     /* cold: 1 - k/(k+d+1), whatever n */
  TTT_ICL_ALL_REMOVED,    /* limit: gain g A for g A^2/(A+B) */
  TTT_ICL_NO_B,           /* limit: B = 0 */
  TTT_ICL_LAM_IGNORED,    /* limit: Lam = I */
  TTT_ICL_NO_FLOOR,       /* risk falls to 0 as gamma grows */
  TTT_ICL_CONVERGED       /* converged training: L0 (1 - k/d) where one step is meant */
} ttt_icl_mistake;

/* ---- exact at every size ---- */

/* w_i = s_i/((n+1) s_i + T), T = sum s_i + sigma2: the weight that minimises the pretraining risk over tasks
 * b ~ N(0, diag s); least risk L_pre = sum s_i (s_i + T)/((n+1) s_i + T) (right theory only). s, w [d], s_i
 * >= 0, not all zero; L_pre may be NULL. */
assay_status ttt_icl_pretrained(double n, double sigma2, int d, const double *s, ttt_icl_mistake mistake,
                                double *w, assay_value *L_pre, assay_error *error);
/* The same for isotropic tasks, s_i = 1/d: c = 1/(n + 1 + d (1 + sigma2)). */
double ttt_icl_pretrained_isotropic(double n, double d, double sigma2);

typedef struct {
  assay_value L0, C1, C2;     /* E L(s) = L0 - 2 s C1 + s^2 C2 */
  assay_value L_star, s_star; /* the least risk L0 - C1^2/C2 and its step C1/C2 */
} ttt_icl_parabola;

typedef struct {
  int d;
  const double *lam, *w, *b; /* [d]; lam may be NULL: ones */
  double n, k, sigma2;       /* n, k >= 1; sigma2 >= 0 */
} ttt_icl_problem;

/* The parabola of any diagonal problem, in O(d). */
assay_status ttt_icl_exact(const ttt_icl_problem *problem, ttt_icl_mistake mistake, ttt_icl_parabola *result,
                           assay_error *error);
/* The same for Lam = I, W = c I, |b| = 1; d >= 1 may be real. */
assay_status ttt_icl_isotropic(double n, double k, double d, double sigma2, double c, ttt_icl_mistake mistake,
                               ttt_icl_parabola *result, assay_error *error);

/* 1 - [k/(k+d+1+d sigma2)] [n^2/((n+1)^2 + 2(n+1)t + t^2 d)], t = 1 + sigma2: the least risk from W = 0. */
assay_status ttt_icl_cold(double n, double k, double d, double sigma2, ttt_icl_mistake mistake,
                          assay_value *L, assay_error *error);

/* The test query with the *same* context, step s0/|h|^2 per prompt: E L = L0 - 2 s0 k L0 + s0^2 [k(k+d+1) L0
 * + k d sigma2]. The least value L and its s0. Lam = I, |b| = 1; L0 is that of the start. */
assay_status ttt_icl_shared(double n, double k, double d, double sigma2, bool warm, assay_value *L,
                            assay_value *s0, assay_error *error);

/* Same context, sigma2 = 0, warm: gradient descent to convergence, L0 (1 - k/d) (0 for k >= d), and one
 * optimal step, L0 (d+1)/(k+d+1). */
assay_status ttt_icl_multi_step(double n, double k, double d, ttt_icl_mistake mistake, assay_value *converged,
                                assay_value *one_step, assay_error *error);

/* The real k at which the least risk is eps: k = (L0-eps)(X+Y)/(a - (L0-eps) X), where L*(k) = L0 - k
 * a/((k+1) X + Y). ASSAY_DOMAIN when no k reaches eps, or the risk is below eps without any. */
assay_status ttt_icl_targets(double n, double d, double sigma2, bool warm, double eps, assay_value *k,
                             assay_error *error);

/* k*: cold beats warm for k > k*. ASSAY_DOMAIN when one of them always wins. */
assay_status ttt_icl_crossing(double n, double d, double sigma2, assay_value *k, assay_error *error);

/* ---- context length, cold start, k = gamma d, sigma2 = 0 ---- */

/* n at which the cold risk has made half of its full gain k/(k+d+1): 2 + sqrt(7+d). */
double ttt_icl_half_context(double d);
/* n at which the cold risk is eps (ASSAY_DOMAIN when none is long enough), and at which in-context learning
 * alone reaches eps, (d+1)(1/eps - 1). */
assay_status ttt_icl_context_for_risk(double d, double gamma, double eps, assay_value *n_ttt,
                                      assay_value *n_icl, assay_error *error);
/* Slope of log n against log d by least squares over d, 4d, 16d, 64d, of ttt_icl_half_context. */
double ttt_icl_half_context_slope(double d);

typedef struct {
  double n_min, n_max; /* integers */
  assay_value L_min, L_max;
} ttt_icl_extrema;
/* The first interior minimum of the warm least risk over the integers n at k = gamma d (not rounded), and the
 * maximum after it. ASSAY_DOMAIN when the risk has none. sigma2 = 0. */
assay_status ttt_icl_context_extrema(double d, double gamma, ttt_icl_extrema *result, assay_error *error);

/* ---- limits, n = alpha d, k = gamma d, d -> inf ---- */

/* Isotropic, |b| = 1, u = 1/(1+alpha), v = t/(alpha+t): L0 = v, L_warm = v - gamma v^4/((gamma+1) v + sigma2)
 * (u - g u^3 without noise), L_cold = 1 - gamma/(gamma+1+sigma2), s_scaled = lim n^2 d s* = v^2/((gamma+1) v
 * + sigma2). gamma may be infinite. */
typedef struct {
  assay_value L0, L_warm, L_cold, s_scaled;
} ttt_icl_limits;
assay_status ttt_icl_isotropic_limits(double alpha, double gamma, double sigma2, ttt_icl_mistake mistake,
                                      ttt_icl_limits *result, assay_error *error);

/* Block model: block j has the share p_j of the dimensions, task variance S_j/d under pretraining (sum p_j
 * S_j = 1), the mass rho_j of the task at test (sum rho_j = 1) and covariance lam_j (NULL: 1). */
typedef struct {
  int m;
  const double *S, *p, *rho, *lam;
} ttt_icl_blocks;
/* nu_j = alpha S_j/(alpha S_j + t), A = sum rho_j (1-nu_j)^2, B = (t/alpha) sum p_j nu_j^2, L0 = A + B,
 *     L* = A + B - gamma A_L^2/(gamma Q + T2 (A + B + sigma2)),  A_L = sum lam_j rho_j (1-nu_j)^2,
 *     Q = sum lam_j^2 rho_j (1-nu_j)^2 + (t/alpha) sum p_j lam_j^2 nu_j^2,  T2 = sum p_j lam_j^2.
 * With lam = 1: A + B - gamma A^2/((gamma+1)(A+B) + sigma2). gamma may be infinite. */
typedef struct {
  assay_value A, B, L0, L_star;
} ttt_icl_aligned;
assay_status ttt_icl_block_limits(double alpha, double gamma, double sigma2, const ttt_icl_blocks *blocks,
                                  ttt_icl_mistake mistake, ttt_icl_aligned *result, assay_error *error);
/* The gamma at which cold and warm have the same limit, Lam = I: cold wins above. ASSAY_DOMAIN when cold
 * always wins (A + B >= 1) or warm does. Isotropic and noiseless: (1+alpha)^2/(2+alpha). */
assay_status ttt_icl_block_crossing(double alpha, double sigma2, const ttt_icl_blocks *blocks,
                                    assay_value *gamma, assay_error *error);

/* Checks the blocks; at a finite size d >= m also count [m] = max(1, round(p_j d)), whose sum is the realised
 * dimension. */
assay_status ttt_icl_block_sizes(const ttt_icl_blocks *blocks, double d, int *count, int *total,
                                 assay_error *error);
/* The diagonal problem of the block model: lam, w, b [sum count], w the pretrained weight, b_j = sqrt(rho_j)
 * on the first axis of its block. */
assay_status ttt_icl_block_problem(const ttt_icl_blocks *blocks, const int *count, double n, double sigma2,
                                   double *lam, double *w, double *b, assay_error *error);

/* Isotropic, noiseless: the context length sqrt(3 gamma/(1+gamma)) - 1 with the greatest warm risk, and that
 * risk. ASSAY_DOMAIN for gamma <= 1/2, where the risk falls with alpha. */
assay_status ttt_icl_peak(double gamma, assay_value *alpha, assay_value *L, assay_error *error);

/* The gamma at which the limit of the least risk is eps: warm (A+B-eps)(A+B+sigma2)/(A^2 - (A+B)(A+B-eps)),
 * cold (1+sigma2)(1-eps)/eps; floor = v (1 - v^2), below which no gamma brings the warm start. */
assay_status ttt_icl_targets_limit(double alpha, double sigma2, bool warm, double eps, assay_value *gamma,
                                   assay_error *error);
double ttt_icl_floor(double alpha, double sigma2);

#endif
