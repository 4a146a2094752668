/* One drawn problem: design, signal, linear predictors, observations; the spectral estimator on it. */
#ifndef ASSAY_SIM_ORTHOGONAL_GLM_INSTANCE_H
#define ASSAY_SIM_ORTHOGONAL_GLM_INSTANCE_H

#include "sim/orthogonal-glm/design.h"

typedef struct {
  glm_design X;
  glm_channel channel;
  glm_prior prior;
  double *values;        /* [d] entries of the signal (moduli of complex ones) at strata */
  size_t *order;         /* [d] */
  double *b, *rotated;   /* [d], [rank] the signal and R^T b; entries of `width` doubles */
  double *z, *y, *noise; /* [n] (y: single doubles) */
  double *T, *work;      /* [n] (T for every double of z), [n] */
} glm_instance;

/* Reads n, d, design, spectrum, a, kappa, channel, sigma, prior and eps. */
assay_status glm_instance_open(assay_call *call, glm_instance *p);
void glm_instance_close(glm_instance *p);
/* Purposes: design RANDOM_MATRIX and RANDOM_DESIGN, signal RANDOM_TEACHER, noise RANDOM_NOISE. */
assay_status glm_instance_draw(glm_instance *p, const assay_stream *stream, assay_error *error);

/* The same with a signal of independent standard normals, not stratified, of which R^T b alone is drawn:
 * exactly the prior. */
assay_status glm_instance_draw_prior(glm_instance *p, const assay_stream *stream, assay_error *error);

/* The top `pairs` eigenvalues of X^T diag(T(y)) X and eigenvectors [pairs][rank] in the rotated coordinates,
 * by Lanczos to 1e-6; T is made for the noise sigma_T. */
assay_status glm_spectral(glm_instance *p, glm_T T, double sigma_T, int pairs, const assay_stream *stream,
                          double *values, double *vectors, assay_error *error);
/* The messages that start GVAMP from the top eigenvector v [rank], which is aligned with the signal and
 * scaled to |v|^2 = d q in place: r1 = R v/q [d], p1 = (gamma1 - T*(y)) (X v)/gamma1 [n], or plain X v. */
void glm_messages(glm_instance *p, double *v, double q, double gamma1, bool plain, double *r1, double *p1);

#endif
