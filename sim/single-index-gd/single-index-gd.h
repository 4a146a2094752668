/* Simulators of gradient descent and one-pass SGD on the quadratic single-index model; links in
 * model/single-index-gd.h.
 *
 * theta* = e_1, so that g_i = x_i1; the design is stored (sim/kernels/design.h). The full gradient is one
 * pass over it. */
#ifndef ASSAY_SIM_SINGLE_INDEX_GD_H
#define ASSAY_SIM_SINGLE_INDEX_GD_H

#include <stdbool.h>

#include "model/single-index-gd.h"
#include "sim/kernels/design.h"

/* One data set, drawn anew for every replicate. */
typedef struct {
  single_index_link link;
  design X;
  double *y;                      /* [n] labels */
  double *theta, *gradient, *old; /* [d] */
} single_index_data;

assay_status single_index_data_new(assay_call *call, single_index_link link, long n, long d,
                                   single_index_data *data);
void single_index_draw(single_index_data *data, const assay_stream *stream);
/* A uniform direction times `norm` into out [d]. */
void single_index_direction(const assay_stream *stream, unsigned index, long d, double norm, double *out);
double single_index_norm(const double *x, long d);

/* ---- the correlation loss on the sphere ---- */

/* G = (1/n) sum y_i sigma'(x_i.theta) x_i into data->gradient; returns theta.G. */
double single_index_correlation_gradient(single_index_data *data);
/* theta <- normalise(theta + eta (G - (G.theta) theta)); returns theta.G before the step. */
double single_index_spherical_step(single_index_data *data, double eta);

/* ---- the squared loss ---- */

/* theta <- theta - eta (1/n) sum (sigma(u_i) - y_i) sigma'(u_i) x_i, u_i = x_i.theta. */
void single_index_squared_step(single_index_data *data, double eta);

/* ---- one-pass SGD on the correlation loss: the exact law of m = theta.theta* ---- */

/* With u, w ~ N(0,1), H ~ chi^2_{d-2}, s = sqrt(1-m^2), g = m u + s w, c = eta sigma(g) sigma'(u)/d:
 *     m <- (m + c s w)/sqrt(1 + c^2 (w^2 + H)) ,   s <- sqrt((s - c m w)^2 + c^2 H)/(the same root). */
typedef struct {
  single_index_link link;
  long d, step;    /* samples used */
  unsigned source; /* index of the normals' sources: this one for u and H, the next for w */
  double eta, m, across; /* across: s */
  assay_stream stream;
  double u[256], w[256], H[256]; /* of steps 256 q, ... */
} single_index_chain;

void single_index_chain_start(single_index_chain *chain, single_index_link link, long d, double eta, double m,
                              const assay_stream *stream);
/* Goes on until `step` samples are used, or until m^2 >= level; true in the second case. */
bool single_index_chain_run(single_index_chain *chain, long step, double level);

/* The algorithm on vectors: m after `steps` samples from the first axis turned to m0. Every sample is drawn
 * and used once. phi and x [d] are room. Takes at most 1.3 times as long as its normals (tools/bench). */
double single_index_sgd_vector(single_index_link link, long d, double eta, double m0, long steps, double *phi,
                               double *x, const assay_stream *stream);

#endif
