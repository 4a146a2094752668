/* Blocks of small networks, batched, with their reverse passes; the losses that end them.
 *
 * A batch is a row-major matrix [N][width], one sample (or token) a row, so that the time goes into DGEMM. A
 * reverse pass takes the derivative of the objective by a block's output and gives those by its input and its
 * weights. Weights' derivatives are added to what stands there, so that shared and decayed weights need
 * nothing special. Nothing here allocates.
 *
 * layer_single_NAME is layer_NAME in single precision, for networks that are trained to be compared. */
#ifndef ASSAY_SIM_KERNELS_LAYERS_H
#define ASSAY_SIM_KERNELS_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/activation.h"

/* Y = beta Y + X W': X [N][in], W [out][in], Y [N][out]. beta = 0 does not read Y; beta = 1 adds to a
 * residual stream. */
void layer_dense(const double *X, int N, int in, const double *W, int out, double beta, double *Y);
/* From dY [N][out]: dW += dY' X, and dX = beta dX + dY W. Either may be NULL: not wanted. dX must not overlap
 * dY. */
void layer_dense_reverse(const double *X, int N, int in, const double *W, int out, const double *dY,
                         double *dW, double beta, double *dX);
/* W' [in][out] of W [out][in]. */
void layer_turn(const double *W, int out, int in, double *turned);
/* layer_dense with W' as layer_turn gives it, for weights that several batches meet. */
void layer_dense_turned(const double *X, int N, int in, const double *turned, int out, double beta,
                        double *Y);

/* relu of Z [count] in its place; dZ = dA relu'(Z), or that added to dZ, [count]; dZ may be dA. The reverse
 * pass may be given relu(Z) as Z. */
void layer_relu(double *Z, size_t count);
void layer_relu_reverse(const double *Z, size_t count, const double *dA, bool add, double *dZ);
/* One output on hidden units: Z [N][H] becomes relu(Z), f [N] = relu(Z) a. From df [N], the hidden values h
 * become the derivatives by Z, and da [H] += h' df; da must not overlap the rest. */
void layer_relu_readout(double *Z, int N, int H, const double *a, double *f);
void layer_relu_readout_reverse(double *h, int N, int H, const double *a, const double *df, double *da);

/* dZ = dA phi'(Z), [count]; dZ may be dA. At a kink phi' is activation_slope's: relu'(0) = 0. */
void layer_activation_reverse(activation act, const double *Z, size_t count, const double *dA, double *dZ);
/* The same added to dZ: the branch of a residual block. */
void layer_activation_reverse_add(activation act, const double *Z, size_t count, const double *dA,
                                  double *dZ);

/* Every row x of X [N][d] becomes scale c/|c|, in place, with c = x or, centred, x minus the mean of its
 * coordinates; the |c| are kept in lengths [N]. False when a row has no direction (|c| is 0 or not finite; a
 * constant row when centred): its objective is not defined there. */
bool layer_normalise(double *X, int N, int d, bool centre, double scale, double *lengths);
/* The rows of X + Y in the place of those of Y [N][d]: a residual block's. */
bool layer_add_normalise(const double *X, double *Y, int N, int d, bool centre, double scale,
                         double *lengths);
/* The derivative by x in the place of the derivative by the normalised row h: (scale g - h (h.g)/scale)/|c|,
 * centred again. */
void layer_normalise_reverse(const double *H, int N, int d, bool centre, double scale, const double *lengths,
                             double *G);

/* Single-head softmax attention without a mask: the N = S T rows of H [S][T][d] are S sequences of T tokens,
 *
 *     a_ts = softmax over s of (Q h_t).(K h_s) ,   Y_t = beta Y_t + V sum_s a_ts h_s ;   Q, K [r][d], V
 * [d][d].
 *
 * Q and K are one matrix QK [2r][d]. The room belongs to one application, its spare part to the reverse pass
 * of any: the reverse pass reads what the forward pass left in the former. */
typedef struct {
  int S, T, d, r;
  double *qk;    /* [N][2r] Q h, K h */
  double *a;     /* [S][T][T] */
  double *mixed; /* [N][d] sum_s a_ts h_s */
  double *spare; /* [N][2r], [N][d], [S][T][T] of derivatives, [T][max(r, d)] */
} layer_attention_room;
/* The doubles that a room takes, those of the spare part, and the room laid out in them. */
size_t layer_attention_doubles(int S, int T, int d, int r);
size_t layer_attention_spare(int S, int T, int d, int r);
layer_attention_room layer_attention_open(int S, int T, int d, int r, double *doubles, double *spare);
void layer_attention(layer_attention_room *room, const double *H, const double *QK, const double *V,
                     double beta, double *Y);
/* Adds to dQK [2r][d] and dV [d][d]; and to dH [N][d], which may be dY, a residual stream's, or NULL: not
 * wanted. */
void layer_attention_reverse(const layer_attention_room *room, const double *H, const double *QK,
                             const double *V, const double *dY, double *dQK, double *dV, double *dH);

/* Each row of Z [N][K] becomes its softmax. Infinite entries share the mass of the largest: a row with a +inf
 * puts it there in equal parts. */
void layer_softmax(double *Z, int N, int K);

/* The mean over the N rows of the cross-entropy of the logits Z [N][K] against labels [N] in 0..K-1 that are
 * wrong with probability q, evenly: -(1-q) log p_y - q/(K-1) sum_{c != y} log p_c, p = softmax(z). Z becomes
 * its derivative. Infinite logits give the limit: 0 when the label alone is +inf, +inf when the target has
 * mass where p is 0. NaN when a row is -inf throughout. K = 1 gives 0. */
double layer_cross_entropy(double *Z, int N, int K, const int *labels, double q);
/* Attention that votes: the mean over the N rows of -log((1-q) P + q/classes), P the mass of softmax(z) on
 * the columns of the row's label y: members [classes][n] is 1 where a column is of the class, else 0. Z
 * [N][n] becomes its derivative. */
double layer_vote_cross_entropy(double *Z, int N, int n, const int *labels, const double *members,
                                int classes, double q);
/* The mean over the rows of (1/2)|z - e_y|^2. Z becomes its derivative. */
double layer_one_hot_squares(double *Z, int N, int K, const int *labels);

/* ---- single precision ---- */

void layer_single_dense_turned(const float *X, int N, int in, const float *turned, int out, float beta,
                               float *Y);
void layer_single_dense_reverse(const float *X, int N, int in, const float *W, int out, const float *dY,
                                float *dW, float beta, float *dX);
void layer_single_relu(float *Z, size_t count);
void layer_single_relu_reverse(const float *Z, size_t count, const float *dA, bool add, float *dZ);
void layer_single_relu_readout(float *Z, int N, int H, const float *a, float *f);
void layer_single_relu_readout_reverse(float *h, int N, int H, const float *a, const float *df, float *da);

/* ---- decay ---- */

/* (decay/2)|x|^2; its derivative is added to g. */
double layer_decay(double decay, const double *x, size_t count, double *g);

#endif
