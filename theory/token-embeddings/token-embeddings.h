/* Predictions for attention with trained embeddings: one gradient step on the embeddings, then max-margin
 * token selection by the <cls> vector. Wu, Shevchenko, Oymak, Mondelli, arXiv 2505.17282; what is not in the
 * paper is derived here.
 *
 * m tokens with embeddings E_s ~ N(0, sigma^2 I/d), eps = sigma/sqrt(d); unit vectors v (output) and p_0
 * (<cls>), rho = v.p_0. Values gam_s = E_s.v, logits z_s = E_s.p, attention Q_is = C_is e^{z_s}/sum, output
 * f_i = sum_s Q_is gam_s, logistic loss. Phase 1 is one gradient step of size eta on E: E^1_s = E^0_s + eta
 * (A_s v + B_s p_0), A_s = mean y_i g_i Q_is, B_s = mean y_i g_i Q_is (gam_s - f_i), g_i = 1/(1 + exp(y_i
 * f_i)). Phase 2 is the gradient flow of p, dz/dt = K B(z) with K = E E'.
 *
 * Synthetic data: k positive, k negative and m0 irrelevant tokens; a sequence of length T has one important
 * token of the sign of y, uniform among k, and T - 1 irrelevant ones. alpha_s is the average signed frequency
 * (model/token-embeddings.h), u_is = C_is/T_i, r_i = sum_s u_is^2, a = eta alpha/2 the signal of an important
 * token, alpha = 1/(2kT). */
#ifndef ASSAY_THEORY_TOKEN_EMBEDDINGS_H
#define ASSAY_THEORY_TOKEN_EMBEDDINGS_H

#include "model/token-embeddings.h"

/* ---- phase 1, data given ---- */

/* E A_s = alpha_s/2 + eps^2 a2_s, E B_s = eps^2 b2_s + O(eps^4):  a2_s = mean u_is [(y_i/2)(r_i - u_is) -
 * (rho/4)(1 - 2 r_i + u_is)], b2_s = mean u_is (r_i - u_is)(1/4 + rho y_i). a2, b2 [m]. */
assay_status token_embeddings_step_mean(const token_embeddings_data *data, double rho, double *a2, double *b2,
                                        assay_error *error);
/* The same as half the Laplacian of A_s, B_s over the 2m scores at 0, by central differences: about 1e-9
 * absolute. */
assay_status token_embeddings_step_mean_numerically(const token_embeddings_data *data, double rho, double *a2,
                                                    double *b2, assay_error *error);

/* M = mean u_i u_i', P = diag(alpha) - mean y_i u_i u_i' [m][m]; Var(E^1_s.v)/eps^2 -> V_v = |e_s - (eta/4)
 * M_s|^2 + (eta^2/4)|P_s|^2, Var(E^1_s.p_0)/eps^2 -> V_p = 1 + (eta^2/4)|P_s|^2; rho = 0. With `half` the
 * factor eta/2 in place of eta/4 (a mistake). V_v, V_p [m]. */
assay_status token_embeddings_step_variance(const token_embeddings_data *data, double eta, int half,
                                            double *V_v, double *V_p, assay_error *error);

/* Balanced design: cos(E^1_s, v) of a positive token. limit x/sqrt(1+x^2), x = a/sigma; d times the bias, d
 * times the variance to first order, and the variance factors V_v, V_p. With `plain` a random direction plus
 * signal, V_v = V_p = 1 (a mistake). */
typedef struct {
  assay_value limit, d_bias, d_variance, V_v, V_p;
} token_embeddings_cosine;
assay_status token_embeddings_alignment(int k, int m0, int T, double a, double sigma, int plain,
                                        token_embeddings_cosine *result, assay_error *error);

/* The step over a whole vocabulary, rho = 0, eps = sigma/sqrt(d); M, P as above, s = eta alpha/2, S_v = (I -
 * (eta/4) M)^2 + (eta^2/4) P^2. `slope`: of A on alpha/2 through 0, mean 1 + 2 eps^2 a2.alpha/|alpha|^2, sd
 * 2 eps sqrt(|M alpha|^2/16 + |P alpha|^2/4)/|alpha|^2. `unexplained`: 1 - R^2 of that regression, mean
 * (R - R_1)/(R + |alpha|^2/4), R = eps^2 (|M|^2/16 + |P|^2/4), R_1 = eps^2 (|M alpha|^2/16 + |P alpha|^2/4)/
 * |alpha|^2. `cosine` of E^1.v with s: mean (1+w)^{-1/2}, w = eps^2 tr S_v/|s|^2, sd (1+w)^{-3/2}
 * sqrt(eps^4 tr(S_v^2)/(2|s|^4) + w^2 eps^2 s.S_v s/|s|^4). uniform_*: with P = 0, as if attention stayed
 * uniform (a mistake). */
typedef struct {
  double slope, slope_sd, unexplained, cosine, cosine_sd, uniform_slope_sd, uniform_unexplained;
} token_embeddings_regression;
assay_status token_embeddings_step_regression(const token_embeddings_sequences *data, double eta,
                                              double sigma, double d, token_embeddings_regression *result,
                                              assay_error *error);

/* ---- average signed frequencies under the data model ---- */

/* Exact at every n: E alpha_j = f/(2T), Var alpha_j = (f/(2T^2) - (f/(2T))^2)/n with f = 1/k for a positive
 * token; irrelevant ones have mean 0, variance V/(n T^2), V = (T-1)/m0 (1 - 1/m0) + ((T-1)/m0)^2, covariance
 * (T-1)(T-2)/(m0^2 n T^2). */
typedef struct {
  double mean_important, var_important, var_irrelevant, cov_irrelevant;
} token_embeddings_frequencies;
assay_status token_embeddings_frequency_moments(double n, double T, double k, double m0,
                                                token_embeddings_frequencies *result, assay_error *error);

/* The probability that every important token has a larger |alpha| than every irrelevant one, exactly:
 * convolution powers of truncated laws of Poisson counts, joint with their totals. POISSONISED leaves the
 * number of irrelevant positions open, off by up to about 1/(n T). With BINOMIAL the
 * irrelevant tokens are taken as independent binomial differences, with NORMAL as independent normal
 * variables whatever the labels (mistakes). */
typedef enum {
  TOKEN_EMBEDDINGS_COUNTS,
  TOKEN_EMBEDDINGS_POISSONISED,
  TOKEN_EMBEDDINGS_BINOMIAL,
  TOKEN_EMBEDDINGS_NORMAL
} token_embeddings_counts;
assay_status token_embeddings_separation(int n, int T, int k, int m0, token_embeddings_counts counts,
                                         assay_value *p, assay_error *error);
/* The n at which that probability crosses 1/2, linear between consecutive n. ASSAY_DOMAIN beyond n = 4000. */
assay_status token_embeddings_half(int T, int k, int m0, token_embeddings_counts counts, assay_value *n,
                                   assay_error *error);

/* ---- phase 2: max margin ---- */

/* kp positive tokens with alpha = ap, km negative with -am, m0 irrelevant, every important token co-occurring
 * with every irrelevant one; K = sigma^2 I + (eta^2/4) alpha alpha'. With c = eta^2/4, S = sigma^2 + c (kp
 * ap^2 + km am^2), D = kp ap - km am, N = kp + km - c D^2/S: h = N m0/(N+m0), |p_hat|^2 = h/sigma^2, margin
 * 1/|p_hat|, w = N/(N+m0), p_hat.v = (eta/2) D (1-w)/S. */
typedef struct {
  double h, norm2, margin, w, pv;
} token_embeddings_margin;
assay_status token_embeddings_ideal_margin(double kp, double km, double m0, double ap, double am, double eta,
                                           double sigma, token_embeddings_margin *result, assay_error *error);

/* Balanced design: d (E[h margin^2] - 1) to first order. */
assay_status token_embeddings_margin_bias(int k, int m0, int T, double a, double sigma, assay_value *d_bias,
                                          assay_error *error);

/* The token that each sequence selects, argmax y_i gam_s among its tokens: selected [n]. ASSAY_DOMAIN when
 * two tokens are each selected against the other: no vector separates them. */
assay_status token_embeddings_selection(const token_embeddings_data *data, const double *gam, int *selected,
                                        assay_error *error);
/* p_hat = argmin |p| with p.(E_{s*(i)} - E_s) >= 1 for every i and every other token s of it: p_hat = E'
 * weight, weight [m], and |p_hat|^2 with the duality gap as its error. K = E E' [m][m]. */
assay_status token_embeddings_max_margin(const token_embeddings_data *data, const double *K,
                                         const double *gam, double *weight, assay_value *norm2,
                                         assay_error *error);
/* |p_hat|^2 if every constraint is tight: q.K^-1 q - (1.K^-1 q)^2/(1.K^-1 1), q the indicator of the tokens
 * that are not selected. */
assay_status token_embeddings_tight(const double *K, const double *q, int m, assay_value *norm2,
                                    assay_error *error);

/* ---- phase 2: the flow ---- */

typedef struct {
  token_embeddings_data data;
  const double *K, *gam, *z0; /* [m][m], [m], [m] logits at the start */
  double p0_norm2;
} token_embeddings_flow;
typedef struct {
  assay_value excess, pnorm; /* L - L*, |p| */
  assay_value *z;            /* [m] */
} token_embeddings_state;
/* At the times t [count], increasing, >= 0. state [count], with z [m] each. */
assay_status token_embeddings_flow_at(const token_embeddings_flow *flow, const double *t, int count,
                                      token_embeddings_state *state, assay_error *error);
/* L* = mean log(1 + exp(-y_i gam_{s*(i)})). */
assay_status token_embeddings_least_loss(const token_embeddings_data *data, const double *gam, assay_value *L,
                                         assay_error *error);

/* Balanced design, ideal Gram: u = z_imp - z_irr solves du/dt = (sigma^2/h) phi(u), phi = a
 * q(1-q)/(1+e^{aq}), q = 1/(1+(T-1)e^{-u}). */
typedef struct {
  assay_value u, q, excess; /* excess = log1p(expm1(a(1-q))/(1+e^a)) */
} token_embeddings_trajectory;
typedef enum {
  TOKEN_EMBEDDINGS_RIGHT,
  TOKEN_EMBEDDINGS_FROZEN_LOGITS,
  TOKEN_EMBEDDINGS_FROZEN_SIGMOID
} token_embeddings_mistake; /* h = 2k; g = 1/2 */
assay_status token_embeddings_trajectory_at(int k, int m0, int T, double a, double sigma, double t,
                                            token_embeddings_mistake mistake,
                                            token_embeddings_trajectory *result, assay_error *error);
/* t at which u is reached, u >= 0; u = log(T-1) is half attention. */
assay_status token_embeddings_trajectory_time(int k, int m0, int T, double a, double sigma, double u,
                                              assay_value *t, assay_error *error);
/* dl(t)/dl(0) of z_pos = +dl, z_neg = -dl at the time u is reached: (phi(u)/phi(0))^{h (1 + 2k
 * a^2/sigma^2)/(2k)}. */
assay_status token_embeddings_transverse(int k, int m0, int T, double a, double sigma, double u,
                                         assay_value *factor, assay_error *error);

/* ---- test sequences ---- */

/* Uniform attention after phase 1: E y f = a/T, and the probability of a wrong sign in the Gaussian
 * approximation; refined: the noise of the initial embeddings is propagated through the step; no_data: only
 * that noise (a mistake). */
typedef struct {
  assay_value margin, err0, err0_refined, err0_no_data;
} token_embeddings_gain;
assay_status token_embeddings_test_gain(double n, int T, int k, int m0, double d, double a,
                                        token_embeddings_gain *result, assay_error *error);

#endif
