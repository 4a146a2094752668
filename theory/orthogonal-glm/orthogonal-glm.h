/* Generalised linear models with an orthogonally invariant design: spectral estimators, state evolution of
 * Bayes-GVAMP, replica potential. Model and names: model/orthogonal-glm.h. After Zhang, Ji, Venkataramanan,
 * Mondelli, arXiv 2602.09240; state evolution: Schniter, Rangan, Fletcher 2016; potential: Takahashi,
 * Kabashima 2020; threshold: Maillard, Krzakala, Lu, Zdeborova 2020. The forms are derived for this
 * normalisation: E lam = delta, E over all d eigenvalues, E_n over the n eigenvalues of X X^T. */
#ifndef ASSAY_THEORY_ORTHOGONAL_GLM_H
#define ASSAY_THEORY_ORTHOGONAL_GLM_H

#include <stdbool.h>

#include "model/orthogonal-glm.h"
#include "theory/numerics/free.h"

/* ---- spectra ---- */

typedef struct {
  glm_spectrum of;
  double second;      /* E lam^2 */
  free_law all, rows; /* of the d eigenvalues of A, of the n of X X^T; none for prod and ar */
} glm_law;

/* Checks the parameters; nodes: graded Gauss-Legendre in u, 2000 for mp. One allocation, behind all.x. */
assay_status glm_law_make(const glm_spectrum *spectrum, glm_law *law, assay_error *error);
/* The law of given eigenvalues [d] of A, scaled to mean delta = n/d. */
assay_status glm_law_empirical(const double *lam, long d, long n, glm_law *law, assay_error *error);
void glm_law_free(glm_law *law);

/* m = E 1/(r + t lam) and f1 = E_n lam/(r + t lam), r > 0, t >= 0; r m + t delta f1 = 1. Closed forms for mp,
 * prod and ar. */
assay_status glm_law_resolvent(const glm_law *law, double r, double t, double *m, double *f1,
                               assay_error *error);

/* ---- even channels ---- */

/* The law of y for z ~ N(0,1): nodes, and G there. One allocation, behind y. */
typedef struct {
  glm_channel of;
  int n;
  double *y, *w, *G;
  double variance; /* E (G-1)^2 */
} glm_output;

assay_status glm_output_make(const glm_channel *channel, glm_output *output,
                             assay_error *error); /* ASSAY_DOMAIN: not even */
void glm_output_free(glm_output *output);

/* ---- spectral estimator ---- */

/* L = VarG (E lam^2/delta - 1). */
double glm_growth(const glm_law *law, const glm_output *output);
/* The delta at which L = 1; 0 when L > 1 at every delta. */
assay_status glm_critical_ratio(const glm_spectrum *spectrum, const glm_output *output, assay_value *delta,
                                assay_error *error);

typedef struct {
  bool out; /* L > 1; else all are those of u = 0: q = 0 */
  double gamma1, gamma2, eta,
      overlap2; /* gamma1 = 1 + u, eta = 1/E[G/(1+uG)], gamma2 = eta - gamma1, q = gamma2 delta/eta */
} glm_outlier;

/* The optimal preprocessing: eta E_n[lam/(1 + gamma2 lam)] = 1 at u > 0. With D = E[(G-1)^2/(1+uG)] and K =
 * E_n[lam^2/(1+gamma2 lam)] it is 1 + (eta D/(1+u)) (1 - eta K) = 0, in which nothing cancels: 1 - L at u =
 * 0. */
assay_status glm_optimal(const glm_law *law, const glm_output *output, glm_outlier *outlier,
                         assay_error *error);

typedef struct {
  bool out, tail; /* an eigenvalue leaves the bulk; the edge hangs on the tail of T */
  double overlap2, rho, edge, gamma1;
} glm_top;

/* Any T, given at the output's nodes with its supremum; spectra with nodes. */
assay_status glm_general(const glm_law *law, const glm_output *output, const double *T, double sup,
                         glm_top *top, assay_error *error);
/* The same for a preprocessing of the model, and one whose T was made for the noise sigma_T. */
assay_status glm_preprocessed(const glm_law *law, const glm_output *output, glm_T T, double sigma_T,
                              glm_top *top, assay_error *error);

/* ---- channels and priors at finite precision ---- */

/* V(tau) = E Var(z | p, y), J(tau) = I(z; y, p) with p ~ N(0,P), P = 1 - 1/tau, z | p ~ N(p, 1/tau), by one
 * table over c = p/sqrt v, v = 1/tau + s2: with c ~ N(0, P/v), w ~ N(0,1), abs   V = s + (s/s2)^2 v E F, F(c)
 * = E_w (c+w)^2 sech^2(c(c+w));   J needs K(c) = E_w ln(1 + exp(-2c(c+w))) cabs  the same with |c+w|^2 (1 -
 * R^2(2|c||c+w|)), complex;           sign  F = phi^2/(Phi(c) Phi(-c)), K = H(Phi(c)). */
typedef struct {
  glm_channel of;
  int n;
  double *c, *w, *F, *K; /* one allocation, behind c */
} glm_channel_table;

assay_status glm_channel_table_make(const glm_channel *channel, glm_channel_table *table, assay_error *error);
void glm_channel_table_free(glm_channel_table *table);
double glm_channel_variance(const glm_channel_table *table, double tau);
/* 1/V(tau) - tau, in which nothing cancels at large tau: lin 1/s2, sign E F/(s2 + (1 - E F)/tau), abs and
 * cabs (1 - E F)/(s2 + E F/tau). */
double glm_channel_extrinsic(const glm_channel_table *table, double tau);
double glm_channel_information(const glm_channel_table *table, double tau); /* lin, sign, abs; else NaN */

/* E Var(b | b + N(0,1/g)) and I(b; b + N(0,1/g)); the second not for cgauss (NaN). */
double glm_prior_mmse(const glm_prior *prior, double g);
double glm_prior_information(const glm_prior *prior, double g);

/* ---- state evolution ---- */

/* What people get wrong. */
typedef enum { GLM_RIGHT, GLM_NOT_EXTRINSIC } glm_mistake; /* t1 <- 1/v2 */

typedef struct {
  const glm_law *law;
  const glm_channel_table *channel;
  glm_prior prior;
  glm_mistake mistake;
} glm_evolution;

typedef struct {
  double g1, t1, mse1, v1, g2, t2, mse2, v2;
} glm_state;

/* The state at iterations 0..k from (g1,t1), t1 >= 1. An mse1 below 1e-100 counts as that: perfect recovery
 * of a discrete prior stays finite. */
assay_status glm_evolve(const glm_evolution *e, double g1, double t1, int k, glm_state *states,
                        assay_error *error);
/* Until mse1 changes by less than 1e-13; at most 5000 iterations. */
assay_status glm_fixed_point(const glm_evolution *e, double g1, double t1, glm_state *state,
                             assay_error *error);
/* With a Gaussian prior g2 = 1 and t1 alone moves: the number of stable fixed points in [1, 1e9], and the
 * least and most informed of them. */
assay_status glm_gauss_fixed_points(const glm_evolution *e, int *stable, glm_state *least, glm_state *most,
                                    assay_error *error);

/* ---- replica potential ---- */

/* Phi = delta J(t1) + I_x(g1) + E ln(g2 + t2 lam)/2 - ln(g1+g2)/2 - (delta/2) ln(t1+t2), at a state. scale_t:
 * the factor of the last logarithm, delta where it is right. The error: 1e-12 (1 + delta) of the quadratures
 * and the rounding of five terms. */
assay_value glm_potential(const glm_evolution *e, const glm_state *state, double scale_t);
/* The largest |derivative| of Phi in g1, t1, g2, t2 by central differences of relative step h. */
double glm_potential_gradient(const glm_evolution *e, const glm_state *state, double scale_t, double h);

#endif
