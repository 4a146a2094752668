/* Predictions for pretraining and fine-tuning of diagonal linear networks (model/finetune-diagonal.h has the
 * problem). Anguita, Locatello, Saxe, Mondelli, Mancini, Lippl, Domine, arXiv 2602.20062; the constants, the
 * composition of the stages, the thresholds with weights and the rich rate are derived here.
 *
 * Gradient flow conserves, per coordinate, kappa = sqrt(AB)/2 with A = (u+ + v+)^2 + (u- - v-)^2 and B = (u+
 * - v+)^2 + (u- + v-)^2, and ends at the interpolator that is least in the penalty
 *
 *     sum_i q_k(b) - q_k(b0) - asinh(b0/k)(b - b0),   q_k(b) = b asinh(b/k) - sqrt(k^2 + b^2) + k,
 *
 * with k = kappa_i and b0 = beta0_i = (A - B)/4. Errors E = ||beta - beta*||^2/d are excess test risks.
 *
 * Values carry a bound on their numerical error and meet 1e-9 relative. Every function returns ASSAY_DOMAIN,
 * with the reason, where the theory has no value. */
#ifndef ASSAY_THEORY_FINETUNE_DIAGONAL_H
#define ASSAY_THEORY_FINETUNE_DIAGONAL_H

#include "model/finetune-diagonal.h"
#include "model/status.h"

/* The theory, or one known mistake in it; what a negative control predicts. A function in which the mistake
 * has no place ignores it. */
typedef enum {
  FINETUNE_DIAGONAL_RIGHT,
  FINETUNE_DIAGONAL_EXCHANGED,     /* lambda -> -lambda: the layers are exchanged */
  FINETUNE_DIAGONAL_ADDED_SCALE,   /* features: S = |b| + c (1+lambda) */
  FINETUNE_DIAGONAL_NO_BETA0,      /* penalty: beta0 = 0 */
  FINETUNE_DIAGONAL_KAPPA_PRODUCT, /* pretraining: kappa = 2 u0 v0 = c sqrt(1 - lambda^2) */
  FINETUNE_DIAGONAL_KAPPA_DOUBLE,  /* kappa twice as large */
  FINETUNE_DIAGONAL_KAPPA_HALF,
  FINETUNE_DIAGONAL_FD_ELL,       /* shape: FD = ell e for (ell - 1) e */
  FINETUNE_DIAGONAL_TAU_PLAIN,    /* state evolution: tau^2 = s2 + E for (s2 + E)/alpha */
  FINETUNE_DIAGONAL_ONE_MINUS,    /* state evolution: E eta' = 1 - alpha for alpha */
  FINETUNE_DIAGONAL_RIDGELESS_L2, /* all kappa equal and infinite */
  FINETUNE_DIAGONAL_NO_REUSE,     /* fine-tuning: kappa is replaced by its average over coordinates */
  FINETUNE_DIAGONAL_PERFECT,      /* pipeline: as if pretraining had recovered its teacher */
  FINETUNE_DIAGONAL_UNWEIGHTED,   /* lazy limit, threshold: all weights equal */
  FINETUNE_DIAGONAL_INVERSE,      /* lazy limit: weights 1/w */
  FINETUNE_DIAGONAL_ONE_SIDED,    /* threshold: one tail of the normal for two */
  FINETUNE_DIAGONAL_COMPLEMENT    /* rate: alpha -> 1 - alpha */
} finetune_diagonal_mistake;

/* ---- one coordinate ---- */

/* After pretraining to the value b, with r = sqrt(c^2 + b^2):
 *     (u+ + u-)^2 = (1+lambda)(c + r),  S = u+^2 + u-^2 = r + lambda c,  V = v+^2 + v-^2 = r - lambda c,
 *     Delta = u+ - u- = sign(b) sqrt((1-lambda)(r - c)). */
typedef struct {
  double sum_squared, S, V, Delta;
} finetune_diagonal_features;
assay_status finetune_diagonal_pretrained(double b, double c, double lambda,
                                          finetune_diagonal_mistake mistake,
                                          finetune_diagonal_features *features, assay_error *error);

/* kappa and beta0 at the start of fine-tuning from the pretrained value b:
 *     sum   kappa = (1+lambda)(c + r) + gamma^2,                     beta0 = 0
 *     rms   kappa = (lambda c + r)/2 + gamma^2,                      beta0 = 0
 *     keep  kappa = sqrt((S + 2 gamma^2)^2 - 4 gamma^2 Delta^2)/2,   beta0 = gamma Delta.
 * ASSAY_DOMAIN where kappa = 0: the coordinate could not move. */
assay_status finetune_diagonal_penalty(double b, const finetune_diagonal_init *init,
                                       finetune_diagonal_mistake mistake, double *kappa, double *beta0,
                                       assay_error *error);

/* q_kappa(beta) and its order ell = d log q/d log |beta| in [1,2]. */
void finetune_diagonal_shape(double beta, double kappa, assay_value *q, assay_value *ell);

/* FD = -d log q/d log |b| = (ell - 1) d log kappa/d log |b|, for the resets sum and rms. */
assay_status finetune_diagonal_dependence(double beta, double b, const finetune_diagonal_init *init,
                                          finetune_diagonal_mistake mistake, assay_value *fd,
                                          assay_error *error);

/* The residual accumulated while a network of one coordinate is fitted to one sample (x = 1, target Y):
 *     int (Y - beta) dt = (asinh(Y/kappa) - asinh(beta0/kappa))/2. weights: u+, v+, u-, v-. */
assay_status finetune_diagonal_residual_time(const double weights[4], double Y, assay_value *time,
                                             assay_error *error);

/* ---- state evolution ---- */

/* A class of coordinates: their share, the teacher's value, and the penalty. */
typedef struct {
  double weight, beta, kappa, beta0;
} finetune_diagonal_class;

/* E and the state; chi is the susceptibility -2/(dG/d log tau) of G = log((s2 + E)/alpha) - 2 log tau, in
 * which fluctuations (sd E about chi E/sqrt d) and finite-size bias are large. */
typedef struct {
  assay_value E, tau, zeta;
  double chi;
} finetune_diagonal_error;

/* The error of the interpolator of least penalty at n = alpha d samples with label noise of variance s2:
 *
 *     eta + zeta (asinh(eta/kappa) - asinh(beta0/kappa)) = beta* + tau g,   g ~ N(0,1),
 *     E eta' = alpha,   alpha tau^2 = s2 + E,   E = E (eta - beta*)^2,
 *
 * averages over classes (weights sum to 1) and g. With ridge > 0 it is min ||y - X b||^2/2 + ridge penalty,
 * zeta (1 - E eta'/alpha) = ridge/alpha, and alpha may exceed 1; else 0 < alpha < 1. */
assay_status finetune_diagonal_evolution(const finetune_diagonal_class *classes, int count, double alpha,
                                         double s2, double ridge, finetune_diagonal_mistake mistake,
                                         finetune_diagonal_error *result, assay_error *error);

/* E of pretraining: a fraction rho of teacher coordinates is +-m, the rest 0, kappa = c whatever lambda
 * (which only a mistake reads). */
assay_status finetune_diagonal_pretraining(double alpha, double rho, double m, double c, double lambda,
                                           double s2, finetune_diagonal_mistake mistake,
                                           finetune_diagonal_error *result, assay_error *error);

/* E of fine-tuning after pretraining that recovered its teacher. */
assay_status finetune_diagonal_finetuning(double alpha, const finetune_diagonal_init *init,
                                          const finetune_diagonal_task *task, double s2,
                                          finetune_diagonal_mistake mistake, finetune_diagonal_error *result,
                                          assay_error *error);

/* Both stages at alpha_pt < 1, or with noise: the penalty of fine-tuning is built from the learned
 * coefficients, whose law is that of eta in pretraining. */
assay_status finetune_diagonal_pipeline(double alpha_pt, double alpha_ft, const finetune_diagonal_init *init,
                                        const finetune_diagonal_task *task, double s2_pt, double s2_ft,
                                        finetune_diagonal_mistake mistake,
                                        finetune_diagonal_error *pretraining,
                                        finetune_diagonal_error *finetuning, assay_error *error);

/* ---- limits ---- */

/* kappa_i = K w_i, K -> inf: the interpolator of least sum b^2/w (w = 0: b = 0). With a = w/(w + z) and E a =
 * alpha:  E = (E[(1-a)^2 beta^2] + s2 E[a^2]/alpha)/(1 - E[a^2]/alpha). p, beta, w: [count]. */
assay_status finetune_diagonal_lazy(const double *p, const double *beta, const double *w, int count,
                                    double alpha, double s2, finetune_diagonal_mistake mistake,
                                    assay_value *E, assay_error *error);

/* kappa -> 0: weighted basis pursuit recovers exactly iff alpha > alpha*, the least over th > 0 of
 *     sum_g pi_g [ s_g (1 + t^2) + (1-s_g) 2((1+t^2) Phi(-t) - t phi(t)) ],  t = th w_g;
 * pi_g: shares of the groups, s_g: sparsity inside, w_g: weights > 0; [count]. *th is the minimiser. */
assay_status finetune_diagonal_threshold(const double *pi, const double *s, const double *w, int count,
                                         finetune_diagonal_mistake mistake, assay_value *alpha, double *th,
                                         assay_error *error);

/* Above the threshold, noiseless, c -> 0: E = c^{2a + o(1)}; a = 1 - 1/R with
 *     s + (1-s) 2 Phi(-th) = alpha,   s(1 + R^2 th^2) + (1-s) 2((1+th^2) Phi(-th) - th phi(th)) = alpha. */
assay_status finetune_diagonal_rich_rate(double alpha, double s, finetune_diagonal_mistake mistake,
                                         assay_value *a, assay_error *error);

#endif
