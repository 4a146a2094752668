/* Small ReLU networks f(x) = a.h(x) trained on a few samples, and their last hidden layer as a feature map.
 *
 *     two-layer   h = relu(W x)
 *     residual    h = relu(W x), then twice h <- relu(h + B relu(A h))
 *
 * W [w][d] of N(0, 1/d), A and B [w][w] of N(0, 1/w), a = head N(0, 1/w). */
#ifndef ASSAY_SIM_DATA_RECONSTRUCTION_NETWORK_H
#define ASSAY_SIM_DATA_RECONSTRUCTION_NETWORK_H

#include "sim/data-reconstruction/inversion.h"
#include "sim/experiment.h"

typedef enum { NETWORK_TWO_LAYER, NETWORK_RESIDUAL } network_arch;
enum { NETWORK_BLOCKS = 2 };

typedef struct {
  network_arch arch;
  int n, d, w, blocks;
  double *weights, *slope; /* W, then A and B of each block, then a; and the derivatives */
  size_t size;
  double *room;
} network;

/* With room for n samples; memory from the call. */
assay_status network_open(assay_call *call, network_arch arch, int n, int d, int w, network *net);
/* Fresh weights (source INIT). */
void network_draw(network *net, const assay_stream *stream, double head);
double *network_head(const network *net); /* [w] */

/* f [n] of X [n][d]. */
void network_values(network *net, const double *X, double *f);
/* The mean squared error and, in net->slope, its derivatives. */
double network_loss(network *net, const double *X, const double *Y);

/* Full-batch gradient descent of all layers on the mean of (f - y)^2, with step share n/(2 lambda_max(H H')),
 * H the features at the start, until it is below `enough`. ASSAY_NUMERIC after `most` steps. */
assay_status network_train(network *net, const double *X, const double *Y, double share, double enough,
                           int most, double *mse, assay_error *error);

/* The last hidden layer as features. */
feature_map network_features(network *net);

#endif
