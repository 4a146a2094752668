/* Predictions for gradient descent and one-pass SGD on a quadratic single-index model, in the limit d, n ->
 * inf at fixed delta = n/d unless d is an argument. Kovacevic, Ji, Wu, Soltanolkotabi, Mondelli, arXiv
 * 2602.02431; the paper's constants are not explicit: what is sharp here is derived here. Links:
 * model/single-index-gd.h. Truncated means hard or smooth.
 *
 * D = (1/n) sum_i y_i x_i x_i^T is the spectral matrix; A* = 2 D is what every full-batch method with labels
 * y applies early. An overlap q is the squared cosine with theta*.
 *
 * Values meet 1e-9 relative unless a function says otherwise, and carry an error that comes from a second
 * quadrature with other nodes. ASSAY_DOMAIN, with the reason, where there is no value. */
#ifndef ASSAY_THEORY_SINGLE_INDEX_GD_H
#define ASSAY_THEORY_SINGLE_INDEX_GD_H

#include <stdbool.h>

#include "model/single-index-gd.h"
#include "model/status.h"

/* The theory, or one known mistake in it; what a negative control predicts. */
typedef enum {
  SINGLE_INDEX_RIGHT,
  SINGLE_INDEX_NO_KINK,      /* hard: the kink at |z| = sqrt M is forgotten in E f_z and in E[y sigma''] */
  SINGLE_INDEX_NO_DIFFUSION, /* SGD: no eta^2 term */
  SINGLE_INDEX_CONSTANT_V2,  /* SGD, quad: E v^2 = 12 for 12 + 48 m^2 */
  SINGLE_INDEX_FIXED_START,  /* hitting time: V = 1, the noise after the start is forgotten */
  SINGLE_INDEX_FOUR_FOR_SIX, /* population, quad: E[u^3 g] = 3 r^2 a is dropped, which makes 4 of 6 */
  SINGLE_INDEX_PLAIN_SLOPE   /* curvature: |sigma'| for sigma'^2 */
} single_index_mistake;

/* ---- the spectral matrix ---- */

typedef struct {
  assay_value x, lambda_1, lambda_2,
      q;        /* x: where lambda_1 = psi(x), see theory/numerics/spiked.h; lambda_2: the edge */
  double scale; /* lambda_2 has the mean lambda_2 - scale d^(-2/3) at finite d, to O(1/d) */
  bool out;     /* false: no informative outlier, q = 0, lambda_1 = lambda_2 */
} single_index_spectrum;

/* D with truncated labels (hard or smooth), each sample kept with probability `keep`, else its label 0. */
assay_status single_index_bbp(single_index_link link, double delta, double keep, single_index_spectrum *s,
                              assay_error *error);

/* The delta from which on the outlier exists, and its x. */
assay_status single_index_bbp_threshold(single_index_link link, assay_value *delta_c, assay_value *x_c,
                                        assay_error *error);

/* The mean density of D's eigenvalues over a bin, see spiked_density; any link. The largest labels of link=quad spread the bulk
 * thinly without end, and the nodes see it up to about lambda = 6. */
assay_status single_index_density(single_index_link link, double delta, double at, double bin, assay_value *density,
                                  assay_error *error);

/* Untruncated labels, with the population law of y and principal values: the signal branch in closed form,
 *     m0(x) = PV E[1/(x-g^2)] = sqrt 2 F(sqrt(x/2))/sqrt x,  F the Dawson function,
 *     psi = x (1/delta + x m0 - 1),  phi = x (x^2 m0 - x - 1),  1/delta = h(x) = x ((x-1) m0 - 1).
 * What is left of D when the largest labels are forgotten; it is no limit of D. Exists for delta > 2.2708...;
 * lambda_2 is not set. */
assay_status single_index_dawson(double delta, single_index_spectrum *s, assay_error *error);

/* Untruncated labels at finite d and n = delta d (a real number): means of lambda_1 and q over the largest
 * label T_1, an atom of mass 1/n beside the normal law conditioned on labels below it. `nodes` for each part
 * of the average: 64 give 7 digits, 128 nine; twice as many give the value, and the difference its error. */
assay_status single_index_quadratic(double d, double delta, int nodes, assay_value *lambda_1, assay_value *q,
                                    assay_error *error);

/* The delta where that q is `level` in (0,1). Seven digits. */
assay_status single_index_quadratic_level(double d, double level, assay_value *delta, assay_error *error);
/* The delta where q of the truncated labels is `level`. */
assay_status single_index_truncated_level(single_index_link link, double level, assay_value *delta,
                                          assay_error *error);

/* Untruncated labels far below d log d: v_1 lives on the samples with the largest labels, and still
 *     q = T_1 psi'(T_1)/(n (1/delta - h(T_1))^2),
 * averaged over T_1 = max g_i^2. delta < 2.27, where no signal branch exists. Eight digits. */
assay_status single_index_noise_spike(double d, double delta, assay_value *q, assay_error *error);
/* The mean of T_1/d. */
assay_status single_index_largest_label(double d, double delta, assay_value *share, assay_error *error);

/* ---- gradient descent on the correlation loss ---- */

/* Where spherical gradient descent with truncated labels and student ends: with z = m g + sqrt(1-m^2) w, y =
 * sigma(g), u solving u - gamma y sigma'(u) = z, and f = y sigma'(u), f_z = df/dz, gamma delta (mu - E f_z) =
 * 1 ,   1 - m^2 = gamma^2 delta E f^2 ,   mu m = E[g f]. A cavity calculation, derived here. hard: delta >=
 * 4; smooth: delta >= 6 at M = 8; elsewhere the solver says when it finds none. */
typedef struct {
  assay_value m, q, gamma, mu;
  double stability; /* delta gamma^2 E f_z^2; the branch is stable below 1 */
  double mu_again;  /* E[u f], which equals mu */
} single_index_flow_end;
assay_status single_index_flow(single_index_link link, double delta, single_index_mistake mistake,
                               single_index_flow_end *end, assay_error *error);
/* C = lim delta (1-q) = E[y^2 sigma'^2]/(E[g y sigma'] - E[y sigma''])^2; quad: 15/4. */
assay_status single_index_flow_constant(single_index_link link, single_index_mistake mistake, assay_value *C,
                                        assay_error *error);

/* ---- one-pass SGD on the correlation loss, step eta/d, time tau = t/d ---- */

/* m(tau) from m(0) = sqrt(s0): dm/dtau = eta E[v (g - u m)] - (eta^2/2) m E v^2, v = sigma(g) sigma'(u).
 * quad: m^2 is logistic. */
assay_status single_index_sgd(single_index_link link, double eta, double s0, double tau,
                              single_index_mistake mistake, assay_value *m, assay_value *s,
                              assay_error *error);

typedef struct {
  assay_value C, c, V2; /* growth kappa = eta C - eta^2 c/2 of m at m = 0, and its noise */
} single_index_growth;
assay_status single_index_growth_of(single_index_link link, single_index_growth *growth, assay_error *error);

/* The time at which m^2 first reaches s1 from a uniform start on the sphere of R^d, with V = 1 + eta^2 V2/(2
 * kappa): mean = [log d - log V + gamma_E + log 2]/(2 kappa) + log(m_1)/kappa + int_0^{m_1} (1/F - 1/(kappa
 * m)) dm , sd = pi/(2 sqrt 2 kappa), F the drift of m. Infinite when F has a zero below m_1; ASSAY_DOMAIN
 * then. */
assay_status single_index_hitting(single_index_link link, double d, double eta, double s1,
                                  single_index_mistake mistake, assay_value *mean, assay_value *sd,
                                  assay_error *error);
/* The least mean over eta, and where. */
assay_status single_index_hitting_best(single_index_link link, double d, double s1, assay_value *mean,
                                       assay_value *eta, assay_error *error);

/* ---- gradient descent on the squared loss ---- */

/* n/d -> inf: theta = a theta* + b e after `steps` steps of size eta from (a0, b0). quad or hard. */
assay_status single_index_population(single_index_link link, double a0, double b0, double eta, int steps,
                                     single_index_mistake mistake, assay_value *a, assay_value *b,
                                     assay_error *error);

/* Steps to norm eps from norm d^-p while the student is linear, T = [(p+1/2) log d + log eps + (gamma_E + log
 * 2)/2]/log(1+eta lambda_1(A*)), truncated labels. `alignment` = (p+1/2)(1 - log(1+eta lambda_2)/log(1+eta
 * lambda_1)) - 1/2: the overlap at that time tends to q if it is positive. `gain` is the mean of T log((1+eta
 * lambda_1)/(1+eta lambda_2)), by which v_1 leaves v_2 behind: with r the ratio of the two logarithms it is
 * (alignment + 1/2) log d + (1-r) (log eps + (gamma_E + log 2)/2), and lambda_2 below its limit at d adds to
 * it. */
typedef struct {
  assay_value T, T_sd, slope, alignment, gain, q;
} single_index_search;
assay_status single_index_search_time(single_index_link link, double delta, double d, double eta, double p,
                                      double eps, single_index_search *search, assay_error *error);
/* Where `alignment` is zero. */
assay_status single_index_alignment_threshold(single_index_link link, double eta, double p,
                                              assay_value *delta, assay_error *error);

/* Least eigenvalue of the Hessian at theta*, H = (1/n) sum sigma'(g_i)^2 x_i x_i^T; hard or smooth; the limit
 * delta = inf included. At finite d its mean is lambda_min + scale d^(-2/3), to O(1/d); scale may be NULL. */
assay_status single_index_curvature_at_truth(single_index_link link, double delta,
                                             single_index_mistake mistake, assay_value *lambda_min,
                                             double *scale, assay_error *error);

#endif
