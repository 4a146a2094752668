/* Generalised linear models y = q(X b, noise) with an orthogonally invariant design: what the theory and the
 * experiments are both given.
 *
 * X = O S Q^T (n x d), delta = n/d; A = X^T X has d eigenvalues lam with mean delta: lam = delta l for delta
 * >= 1, else lam = l with weight delta and 0 with weight 1 - delta, where l has mean 1:
 *
 *     haar   1          two(a)  a or 2-a, 1/2 each          unif  3 u^2, u uniform          beta  6 u^2, u of
 * density 2(1-u) mp     X_ij ~ N(0,1/d)                                 prod  X = W1 W2, W1 n x p of variance
 * 1/p, W2 p x d of 1/d, p = kappa d ar     Gaussian rows of variance 1/d whose covariance is circulant, c_k =
 * 2^-min(k, d-k)  (no word: it comes with a design)
 *
 * b has independent entries of mean 0 and variance 1, z = X b has entries N(0,1) in the limit. Channels, with
 * w standard normal:
 *
 *     lin  z + sigma w      sign  sign(z + sigma w)      abs  |z + sigma w|      cabs  the same, all complex
 * absout  |z| + sigma w
 *
 * Complex numbers are pairs of doubles; all their variances are E|.|^2. */
#ifndef ASSAY_MODEL_ORTHOGONAL_GLM_H
#define ASSAY_MODEL_ORTHOGONAL_GLM_H

#include <stdbool.h>

#include "model/status.h"

/* In the order of the words. */
typedef enum { GLM_HAAR, GLM_TWO, GLM_UNIF, GLM_BETA, GLM_MP, GLM_PROD, GLM_AR } glm_spectrum_kind;
typedef enum { GLM_LIN, GLM_SIGN, GLM_ABS, GLM_CABS, GLM_ABSOUT } glm_channel_kind;
typedef enum { GLM_GAUSS, GLM_RAD, GLM_BG, GLM_CGAUSS } glm_prior_kind;
#define GLM_SPECTRA "haar|two|unif|beta|mp|prod"
#define GLM_CHANNELS "lin|sign|abs|cabs|absout"
#define GLM_PRIORS "gauss|rad|bg|cgauss"

typedef struct {
  glm_spectrum_kind kind;
  double a, kappa, delta;
} glm_spectrum;
typedef struct {
  glm_channel_kind kind;
  double sigma;
} glm_channel;
typedef struct {
  glm_prior_kind kind;
  double eps; /* bg: 0 with probability 1 - eps, else N(0, 1/eps) */
} glm_prior;

/* The place of a word in a list such as GLM_SPECTRA. */
int glm_word(const char *word, const char *words);

/* The nonzero eigenvalues of A at `rank` = min(n,d) strata, one quantile each, scaled to the trace rank
 * max(1, delta); haar, two, unif, beta and mp (ASSAY_DOMAIN otherwise). */
assay_status glm_spectrum_values(const glm_spectrum *spectrum, long rank, double *lam, assay_error *error);

/* ---- channels ---- */

/* The law of y does not change under z -> -z. */
bool glm_channel_even(glm_channel_kind kind);
int glm_channel_width(glm_channel_kind kind); /* doubles in an entry: 2 for cabs */
/* y from z [width] and w [width]. */
double glm_channel_draw(const glm_channel *channel, const double *z, const double *w);
/* G(y) = E[z^2 | y] for a standard normal z; even channels. abs, cabs: (s2 + y^2/(1+s2))/(1+s2). absout: m^2
 * + q + m sqrt(q) phi(a)/Phi(a), m = y/(1+s2), q = s2/(1+s2), a = m/sqrt(q). */
double glm_channel_moment(const glm_channel *channel, double y);
/* E z | y and the mean over i of Var(z | y) for z ~ N(p, 1/tau): p and z [n][width], y [n]. Not for absout.
 */
void glm_channel_posterior(const glm_channel *channel, long n, const double *p, double tau, const double *y,
                           double *z, double *variance);

/* ---- priors ---- */

int glm_prior_width(glm_prior_kind kind);
/* Entries at d strata, scaled to |b|^2 = d; of cgauss the moduli. */
assay_status glm_prior_values(const glm_prior *prior, long d, double *b, assay_error *error);
/* E[b | r] and the mean of Var(b | r) for r = b + N(0, 1/g): r and b [d][width]; g >= 0, 0: the prior's own.
 */
void glm_prior_posterior(const glm_prior *prior, long d, const double *r, double g, double *b,
                         double *variance);
/* Var(b | r) of one real entry. */
double glm_prior_variance(const glm_prior *prior, double r, double g);

/* ---- preprocessings ---- */

/* With y2 = y^2/(1+s2): opt 1 - 1/G(y); MM sqrt(dm) T/(sqrt(delta) - (sqrt(delta)-sqrt(dm)) T), T the optimal
 * one and dm = (1+s2)^2/2, that of abs; trim y2 1(y2 < 4); subset 1(y2 > 2); clip min(y2,4); tanh tanh(y2).
 */
typedef enum { GLM_T_OPT, GLM_T_MM, GLM_T_TRIM, GLM_T_SUBSET, GLM_T_CLIP, GLM_T_TANH } glm_T;
#define GLM_PREPROCESSINGS "opt|MM|trim|subset|clip|tanh"

double glm_preprocess(glm_T T, const glm_channel *channel, double delta, double y);
/* sup T. */
double glm_preprocess_top(glm_T T);

#endif
