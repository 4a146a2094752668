/* Predictions for spurious correlations learned by ridge and random-features regression, n and D large at
 * fixed n/D. Bombari, Mondelli, arXiv 2502.01347; bounds, fluctuations, the threshold in the noise, the
 * asymptotics of the best ridge and the width formulas' use are derived here.
 *
 * The problem is that of model/spurious-features.h, or any covariance. beta = [theta; 0], u = [0; Syx theta];
 * hat = (Z'Z + n lambda I)^{-1} Z'g; tau is the effective ridge, K = (Sigma + tau I)^{-1}; C = Cov(hat.[xt;
 * y], g) = u.hat with xt an independent copy of x; L is the test loss, label noise included.
 *
 * Values carry a bound on their numerical error and meet 1e-9 relative unless something cancels, which the
 * bound then shows. ASSAY_DOMAIN, with the reason, where the theory has no value. */
#ifndef ASSAY_THEORY_SPURIOUS_FEATURES_H
#define ASSAY_THEORY_SPURIOUS_FEATURES_H

#include "model/spurious-features.h"

/* The theory, or one known mistake in it; what a negative control predicts. A function in which the mistake
 * has no place ignores it. */
typedef enum {
  SPURIOUS_FEATURES_RIGHT,
  SPURIOUS_FEATURES_TAU_LAMBDA,     /* tau = lambda */
  SPURIOUS_FEATURES_CORE_TRACE,     /* the trace in tau runs over the core block only */
  SPURIOUS_FEATURES_HALF_TRACE,     /* half the trace: d/n for D/n */
  SPURIOUS_FEATURES_NO_TAU,         /* C: the factor tau forgotten */
  SPURIOUS_FEATURES_MODULUS,        /* C: |C|, "never negative" */
  SPURIOUS_FEATURES_SCHUR_ONLY,     /* C = tau theta' S^{-1}(Sxx - S) theta at every tau (diagonal pairs) */
  SPURIOUS_FEATURES_NO_DENOMINATOR, /* L, var C: 1/(1 - df2/n) dropped */
  SPURIOUS_FEATURES_NOISE_OUTSIDE,  /* L = sigma2 + b/(1 - df2/n) */
  SPURIOUS_FEATURES_DF1,            /* L: df1 for df2 */
  SPURIOUS_FEATURES_NO_SECOND,      /* var C: without the second term */
  SPURIOUS_FEATURES_NOISE_ONLY,     /* var C: label noise only */
  SPURIOUS_FEATURES_NO_B,           /* sigma2_c without -b */
  SPURIOUS_FEATURES_HALF_NOISE,     /* random features: D -> D/2 in lambda_rf */
  SPURIOUS_FEATURES_NO_HIGHER,      /* random features: mt2 = 0 */
  SPURIOUS_FEATURES_MU1_PLAIN,      /* random features: mu1 for mu1^2 */
  SPURIOUS_FEATURES_NO_DIMENSION,   /* random features: D missing in lambda_rf */
  SPURIOUS_FEATURES_KERNEL_UPS      /* random features: L of finite width with Ups = df2/n */
} spurious_features_mistake;

/* What the predictions need of Sigma, beta and u, in the eigenbasis of Sigma. */
typedef struct {
  int count, D, dx;
  double *s, *m;              /* [count] eigenvalues and multiplicities */
  double *beta2, *ubeta, *u2; /* [count] sums over the eigenspace of beta_k^2, u_k beta_k, u_k^2 */
  double *core;               /* [dx] eigenvalues of Sxx */
  double core_variance;       /* theta' Sxx theta */
  double schur;               /* theta' S^{-1}(Sxx - S) theta */
  double u_beta;              /* u.beta; 0 unless y is predictive */
  bool blocks;                /* iso, twoblock: closed forms */
} spurious_features_spectrum;

assay_status spurious_features_spectrum_new(const spurious_features_model *model,
                                            spurious_features_spectrum *out, assay_error *error);
/* The same of a given covariance [D][D], beta [D] and u [D]. */
assay_status spurious_features_spectrum_of(const double *Sigma, int D, int dx, const double *beta,
                                           const double *u, spurious_features_spectrum *out,
                                           assay_error *error);
void spurious_features_spectrum_free(spurious_features_spectrum *spectrum);

/* ---- at a given effective ridge ---- */

/* C^S(tau) = u' K Sigma beta, its derivative in tau; b = tau^2 beta' Sigma K^2 beta. */
assay_value spurious_features_C(const spurious_features_spectrum *p, double tau,
                                spurious_features_mistake mistake);
double spurious_features_C_slope(const spurious_features_spectrum *p, double tau);
double spurious_features_b(const spurious_features_spectrum *p, double tau);

/* C^S(tau) = tau theta' M (Sxx + tau I - M)^{-1} theta, M = Sxy (Syy + tau I)^{-1} Syx, by dense Cholesky: a
 * second way to the same number. */
assay_status spurious_features_C_dense(const spurious_features_model *model, double tau, double *C,
                                       assay_error *error);

/* Bounds. With l-, l+ the extreme eigenvalues of Syy, s(l) = l/(l + tau), M_0 = Sxx - S:
 *     E(l) = tau theta' [s M_0] [(1+tau) I - s M_0]^{-1} theta  (Sxx = I only; *unit tells whether it is),
 *     U_b = (tau l+/(tau + l+)) |M_0| |theta|^2/(lambda_min(S) + tau);  E(l-) <= C <= E(l+), |C| <= U_b.
 * `exchanged`: l- and l+ change places. */
typedef struct {
  double E_minus, E_plus, U_b, U_wrong; /* U_wrong: lambda_max(Sxx) + tau for lambda_min(S) + tau */
  bool unit;
} spurious_features_bounds;
assay_status spurious_features_bound(const spurious_features_model *model, double tau, bool exchanged,
                                     spurious_features_bounds *out, assay_error *error);

/* ---- ridge regression ---- */

typedef struct {
  assay_value tau, C, L, train, dC, dL, n_var_C;
} spurious_features_ridge;

/* tau; C = C^S(tau); L = (sigma2 + b)/(1 - df2/n); train = (lambda/tau)^2 L; derivatives of C and L in
 * lambda; and n Var C -> [(sigma2 + b) u'K Sigma K u + tau^2 (u'K Sigma K beta)^2]/(1 - df2/n). */
assay_status spurious_features_at(const spurious_features_spectrum *p, double n, double lambda, double sigma2,
                                  spurious_features_mistake mistake, spurious_features_ridge *out,
                                  assay_error *error);

/* C of one half of twoblock (0: v1, 1: v2) at tau. */
double spurious_features_half(const spurious_features_model *model, int half, double tau);

/* The maximum of C over lambda: tau_C, lambda_C = max(0, tau_C (1 - df1/n)), C^S(tau_C), and C at lambda ->
 * 0+. */
typedef struct {
  assay_value tau_C, lambda_C, C_max, C_0;
} spurious_features_peak;
assay_status spurious_features_shape(const spurious_features_spectrum *p, double n,
                                     spurious_features_peak *out, assay_error *error);

/* The ridge that minimises L: its place, and what is found there. */
typedef struct {
  assay_value lambda_m;
  spurious_features_ridge at;
} spurious_features_best;
assay_status spurious_features_trade_off(const spurious_features_spectrum *p, double n, double sigma2,
                                         spurious_features_best *out, assay_error *error);

/* sigma2_c = b'(tau_C) Dn/Dn' - b(tau_C): the best ridge lies below lambda_C iff sigma2 < sigma2_c. */
assay_status spurious_features_noise_threshold(const spurious_features_spectrum *p, double n,
                                               spurious_features_mistake mistake, assay_value *sigma2_c,
                                               assay_error *error);

/* ---- random features, tr Sigma = D ---- */

/* f(z) = phi(Vz)'a/sqrt(p), V p x D of N(0, 1/D) entries, a = argmin |g - Phi a|^2 + ell |a|^2; p = inf is
 * the kernel. mu1 and mt2 are the activation's degree-one coefficient and what lies above it. Ridge
 * regression at
 *
 *     p = inf:  lambda_rf = (ell + mt2) D/(n mu1^2);
 *     finite p: tau with T(tau) = df1 + mt2 D/(mu1^2 tau), nu2 = tau mu1^2/D, ell = nu2 (1 - T/p)(n - T). */
typedef struct {
  assay_value tau, lambda_rf, C, L;
} spurious_features_random;
assay_status spurious_features_random_features(const spurious_features_spectrum *p, double n, double width,
                                               double mu1, double mt2, double ell, double sigma2,
                                               spurious_features_mistake mistake,
                                               spurious_features_random *out, assay_error *error);

#endif
