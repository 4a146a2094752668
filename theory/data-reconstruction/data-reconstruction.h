/* Predictions for the reconstruction of a training set from a random-features model. Iurada, Bombari,
 * Tommasi, Mondelli, arXiv 2509.22214; the profile, the counting laws, the Beta law, the noise amplification
 * and the limit of the loss are derived here.
 *
 * Samples x_i lie on the sphere of radius sqrt(d), weights v_j are N(0, I/d), features phi(Vx) in R^p; theta
 * is the least-norm fit. k, k', mu0, mu1, mus2, e2, o2 are those of theory/numerics/activation_kernel.h; s =
 * mu1^2/mus2.
 *
 * Values meet 1e-9 relative. ASSAY_DOMAIN, with the reason, where the theory has no value. */
#ifndef ASSAY_THEORY_DATA_RECONSTRUCTION_H
#define ASSAY_THEORY_DATA_RECONSTRUCTION_H

#include "model/activation.h"
#include "model/status.h"

/* The theory, or one known mistake in it; what a negative control predicts. A function in which the mistake
 * has no place ignores it. */
typedef enum {
  DATA_RECONSTRUCTION_RIGHT,
  DATA_RECONSTRUCTION_NO_CROSS,        /* kernel: the cross term C rho of a sum of activations is forgotten */
  DATA_RECONSTRUCTION_NM_THRESHOLD,    /* label fit: 1 - p/(nd) */
  DATA_RECONSTRUCTION_LINEARISED,      /* Schur: kernel mu0^2 + mu1^2 rho + mus2 1(i = j) */
  DATA_RECONSTRUCTION_M_ONE,           /* profile: m = 1, the other samples are ignored */
  DATA_RECONSTRUCTION_INVERTED,        /* profile: gamma -> 1/gamma */
  DATA_RECONSTRUCTION_NO_LEVERAGE,     /* profile: m for m/(1 + s m) */
  DATA_RECONSTRUCTION_LINEAR_ONLY,     /* curvature: mu1^2 m/k(1) */
  DATA_RECONSTRUCTION_EXCHANGED,       /* antipode: e2 <-> o2 */
  DATA_RECONSTRUCTION_NO_TANGENT,      /* duplicates: the tangent space is omitted */
  DATA_RECONSTRUCTION_ROOT,            /* duplicates: sqrt(1 - rho^2) for 1 - rho^2 */
  DATA_RECONSTRUCTION_NO_SPHERE,       /* counts: n(d+1) parameters, the spheres are forgotten */
  DATA_RECONSTRUCTION_NO_COEFFICIENTS, /* counts, fraction: n(d-1) parameters, the coefficients are forgotten
                                        */
  DATA_RECONSTRUCTION_ONLY_COEFFICIENTS, /* counts: n parameters */
  DATA_RECONSTRUCTION_ADDED,             /* counts: n + d for nd */
  DATA_RECONSTRUCTION_NAIVE_OUTPUTS,     /* outputs: dn unknowns whatever C */
  DATA_RECONSTRUCTION_SHARED_OUTPUTS,    /* outputs: dn features whatever C */
  DATA_RECONSTRUCTION_OVER_ND,           /* fraction: 1 - p/(nd) */
  DATA_RECONSTRUCTION_FISHER,            /* noise: (c E b b')^{-1}, without the Marchenko-Pastur correction */
  DATA_RECONSTRUCTION_ALPHA_Y,           /* loss: theta = Phi'Y */
  DATA_RECONSTRUCTION_DIAGONAL           /* loss: the candidates' kernel is diagonal */
} data_reconstruction_mistake;

/* k(rho), or with the mistake. */
double data_reconstruction_kernel(activation act, double rho, data_reconstruction_mistake mistake);

/* E ||Y - Phi Phi^+ Y||^2/||Y||^2 = max(0, 1 - p/n). */
double data_reconstruction_label_residual(double n, double p, double d, data_reconstruction_mistake mistake);

/* k(1) - kx' K^{-1} kx of overlaps G [n][n] and g [n]. */
assay_status data_reconstruction_schur(activation act, const double *G, const double *g, int n,
                                       data_reconstruction_mistake mistake, assay_value *schur,
                                       assay_error *error);

/* ---- identification in the span, n/d -> gamma ---- */

/* s, and m > 0 with s m^2 + (1 + s gamma - s) m = 1. ASSAY_DOMAIN for lin and gamma <= 0. */
assay_status data_reconstruction_m(activation act, double gamma, double *s, double *m, assay_error *error);

/* Pi of a point with overlaps r [q] to q samples and none to the others:
 *     { mu1^2 [sum (r_i - a_i)^2 m/(1 + s m) + (1 - sum r_i^2) m] + mus2 (1 - sum a_i^2) }/k(1),
 *     a_i = (k(r_i) - mu0^2 - mu1^2 r_i)/mus2. */
assay_status data_reconstruction_profile(activation act, double gamma, const double *r, int q,
                                         data_reconstruction_mistake mistake, assay_value *Pi,
                                         assay_error *error);

/* kappa = (k'(1) - mu1^2 + mu1^2 m)/k(1): Pi(t)/t^2 as t -> 0. */
assay_status data_reconstruction_curvature(activation act, double gamma, data_reconstruction_mistake mistake,
                                           assay_value *kappa, assay_error *error);

/* Pi at the antipode, [4 mu1^2 (e2/mus2)^2 m/(1 + s m) + 4 e2 o2/mus2]/k(1); 0 for odd and even activations.
 */
assay_status data_reconstruction_antipode(activation act, double gamma, data_reconstruction_mistake mistake,
                                          assay_value *Pi, assay_error *error);

/* k(1) - k(rho)^2/k(1) - (1 - rho^2) k'(rho)^2/k'(1), |rho| < 1. */
assay_status data_reconstruction_duplicate(activation act, double rho, data_reconstruction_mistake mistake,
                                           assay_value *dup, assay_error *error);

/* ---- counting ---- */

/* The rank of the Jacobian of (X, alpha) -> theta, and the least p of maximal rank (0: random, relu and abs).
 * counts [2^n], relu and abs only: features by the sign pattern of their pre-activations, bit i set for z_i >
 * 0; n <= 5. ASSAY_DOMAIN: counts missing, n > 5, or n > d for quad. */
assay_status data_reconstruction_rank(activation act, int d, int n, long p, const double *counts,
                                      data_reconstruction_mistake mistake, long *rank, assay_error *error);
assay_status data_reconstruction_least_width(activation act, int d, int n,
                                             data_reconstruction_mistake mistake, long *p_star,
                                             assay_error *error);
/* Prob(rank = d) of relu at n = 1: Prob(Bin(p, 1/2) >= d). */
double data_reconstruction_full_rank(int d, long p);

/* C outputs: rank min(pC, n(d-1+C)) for C <= n, min(n(p+C-n), n(d-1+C)) above; least p. */
long data_reconstruction_output_rank(int d, int n, int C, long p);
long data_reconstruction_output_width(int d, int n, int C, data_reconstruction_mistake mistake);

/* clip((nd - p)/(n(d-1)), 0, 1); d > 1. */
double data_reconstruction_fraction(double d, double n, double p, data_reconstruction_mistake mistake);

/* The distribution function at x of a share of mean f in q directions, Beta(f q/2, (1-f) q/2); a step at 0
 * and 1. */
double data_reconstruction_fraction_cdf(double f, double q, double x);

/* ---- noise and the loss ---- */

/* M_ii of M = (c E[b b'/(1 + b'M b)])^{-1}, b = phi'(z), z in R^n: abs, relu any n, others n = 1.
 * ASSAY_DOMAIN when c does not exceed the threshold. */
assay_status data_reconstruction_noise(activation act, int n, double c, data_reconstruction_mistake mistake,
                                       assay_value *M, assay_error *error);

/* 1 - b' Kh^{-1} b/(alpha'Y) at p -> inf; X, Xh [n][d], Y [n]. */
assay_status data_reconstruction_loss(activation act, const double *X, const double *Y, const double *Xh,
                                      int n, int d, data_reconstruction_mistake mistake, assay_value *L,
                                      assay_error *error);

#endif
