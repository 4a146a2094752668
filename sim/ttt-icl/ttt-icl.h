/* Simulators of one step of test-time training of a linear-attention learner. The setting and the notation
 * are those of theory/ttt-icl; in short: h = X'y of a context of n examples of the task b, g = X_k'(y_k - X_k
 * W h) of k targets, the weight W + s Lam g (Lam h)', and its risk over a fresh query and a fresh context,
 * which is explicit: L(s) = L0 - 2 s c1 + s^2 c2,   t = |b|^2 + sigma2, L0 = |b|^2 - 2n b.Wb + n(n+1)|Wb|^2 +
 * n t tr W^2 c1 = (h.Lam b)[n b.Lam g - n(n+1) (Wb).Lam g] - n t (Lam g).W(Lam h),   c2 = |Lam g|^2
 * [n(n+1)(h.Lam b)^2 + n t |Lam h|^2].
 *
 * Three simulators: `direct` draws X, X_k; `sampler` draws h and g from their exact laws given |y|^2 and
 * |y_k|^2; `chain` draws the few coordinates of them that L depends on (Lam = I, W = cI, |b| = 1). */
#ifndef ASSAY_SIM_TTT_ICL_H
#define ASSAY_SIM_TTT_ICL_H

#include <stdbool.h>

#include "sim/experiment.h"

/* ---- chain ---- */

typedef struct {
  long n, k, d;                      /* d >= 2 */
  double sigma2, c, step, cold_step; /* W = cI with its step; the step from W = 0 */
  double shared_step;                /* s0: step s0/|h|^2, same context */
} ttt_icl_rung;

/* Averages over the draws. L at step 0 is icl's theory, not a draw. */
typedef struct {
  double c1, c2; /* of W = cI */
  double cold_c1, cold_c2;
  double icl;    /* |b - c h|^2: the risk of the context itself, without training */
  double shared; /* |r - s0 g|^2 */
} ttt_icl_chain_means;

/* `index` (0..511) tells rungs of one replicate apart. */
void ttt_icl_chain(const ttt_icl_rung *rung, long draws, const assay_stream *stream, unsigned index,
                   ttt_icl_chain_means *means);

/* L0 of W = cI, |b| = 1. */
double ttt_icl_start_risk(double n, double d, double sigma2, double c);

/* ---- sampler ---- */

typedef struct {
  int d;
  const double *lam, *w, *b; /* [d] */
  long n, k;
  double sigma2, L0;
  double *room; /* [4 d] */
} ttt_icl_diagonal;

double ttt_icl_diagonal_start_risk(const ttt_icl_diagonal *problem);

typedef struct {
  double c1, c2, icl;
} ttt_icl_means;
void ttt_icl_sampler(const ttt_icl_diagonal *problem, long draws, const assay_stream *stream,
                     ttt_icl_means *means);

/* Adds to the sums of a prompt of the pretraining: h of a task b ~ N(0, diag s). */
typedef struct {
  int d;
  const double *s, *w; /* [d]; w: the weight whose risk is measured */
  long n, prompts;     /* prompts: an even number */
  double sigma2;
  double *room; /* [3 d + 2 d^2 + d] */
} ttt_icl_pretraining;
/* risk = mean |b - Wh|^2; bh, hh [d] = means of b_i h_i, h_i^2; product = mean over i != j of the
 * off-diagonal least-squares weights of the two halves of the prompts multiplied, whose mean is 0 when the
 * weight is diagonal. */
void ttt_icl_pretrain(const ttt_icl_pretraining *p, const assay_stream *stream, double *risk, double *product,
                      double *bh, double *hh);

/* ---- direct ---- */

typedef struct {
  long n, k, d;
  double sigma2, c, shared_step;
  bool rademacher; /* covariates +-1, task uniform on the sphere, fresh context likewise; else Gaussian, task
                      on the first axis */
  double *room;    /* [max(n, k)(d + 1) + 5 d + k d + max(k, d)] */
} ttt_icl_matrices;
size_t ttt_icl_direct_room(const ttt_icl_matrices *m);

typedef struct {
  double L0, c1, c2, icl, shared;
  double converged; /* |r - P r|^2, P the projection on the rows of X_k: gradient descent to its end; sigma2 =
                       0 */
} ttt_icl_direct_result;
assay_status ttt_icl_direct(const ttt_icl_matrices *m, bool converge, const assay_stream *stream,
                            ttt_icl_direct_result *result, assay_error *error);

/* ---- the step itself ---- */

/* Random W, X, y, X_k, y_k. Relative error of s X_k'(y_k - X_k W h) h' (s = factor times twice the step)
 * against minus the step times the central difference quotients of the summed squared loss (`mean`: of the
 * mean loss); second singular value of the update over the first; |x.W_TT h' - x.W h' - s (x.g)(h.h')| over
 * its size. */
assay_status ttt_icl_check_step(long n, long k, long d, double factor, bool mean, const assay_stream *stream,
                                double *gradient_error, double *rank_ratio, double *prediction_error,
                                assay_error *error);

#endif
