/* Residual networks and transformers with normalised blocks: objective, gradient, metrics.
 *
 * A batch H [N][d] of features passes L blocks, N(y) = y/|y| row by row, the mean of y's coordinates
 * subtracted first if centred:
 *
 *     RN1   h <- N(h + W s(h))
 *     RN2   h <- N(h + B s(A h))
 *     TX1   h_t <- N(h_t + V sum_s a_ts h_s), a_t = softmax_s((Q h_t).(K h_s)) over the T tokens of a
 * sequence; then RN1
 *
 * and a head U [K][d]; objective = loss + (lw/2)|U|^2 + (lb/2) sum |block matrices|^2. Unknowns x: block
 * after block W | A, B | Q, K, V, W, each [d][d], then U [K][d]; then, if it is trained, an embedding E
 * [d][pixels] that makes the first features N(E p) and is not decayed. Sample i (token i) has the label i /
 * n. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_NETWORK_H
#define ASSAY_SIM_NEURAL_COLLAPSE_NETWORK_H

#include <stdbool.h>

#include "model/activation.h"
#include "sim/experiment.h"
#include "sim/kernels/layers.h"

/* A classification task. Rows of H [N][d], N = K n, and of U [K][d]. */
typedef struct {
  int K, n, d;
  bool squared; /* (1/2)|z - e_y|^2, else cross-entropy */
  double q;     /* cross-entropy: probability of a wrong label, spread evenly */
} neural_collapse_task;

/* The part of `rows` samples, H [rows][d], in the loss of the logits H U' + b averaged over all samples; adds
 * its gradients to dU [K][d], dH [rows][d], db [K]. b, db NULL: no bias. logits [rows][K] is room; labels
 * [rows]. */
double neural_collapse_head_loss(const neural_collapse_task *task, int rows, const int *labels,
                                 const double *U, const double *b, const double *H, double *logits,
                                 double *dU, double *db, double *dH);

/* NC1 = tr S_W/tr S_B, NC2 = |UU'/|UU'| - (I - 11'/K)/sqrt(K-1)|, NC3 = 1 - mean cos(h_i, u_{y_i}), R =
 * sqrt(1 - tr S_W); the mean norms of u_c and h_i, the mean of u_c.h_i over the samples of class c, and the
 * share of samples whose largest logit is their label's alone. With one class tr S_B = 0: NC1 and NC2 are
 * NaN. */
typedef struct {
  double NC1, NC2, NC3, R, u_norm, h_norm, p, accuracy;
} neural_collapse_metrics;
void neural_collapse_measure(const neural_collapse_task *task, const double *U, const double *H,
                             neural_collapse_metrics *metrics);

typedef enum { NEURAL_COLLAPSE_RN1, NEURAL_COLLAPSE_RN2, NEURAL_COLLAPSE_TX1 } neural_collapse_blocks;

typedef struct {
  neural_collapse_task task;
  neural_collapse_blocks blocks;
  activation act;
  bool centre;
  int L, T;   /* blocks; tokens of a sequence, which divides N (TX1) */
  int pixels; /* of the inputs of a trained embedding; 0: the inputs are features */
  double lw, lb;
} neural_collapse_network;

int neural_collapse_block_matrices(neural_collapse_blocks blocks);     /* 1, 2, 4 */
size_t neural_collapse_block_size(const neural_collapse_network *net); /* unknowns of one block */
size_t neural_collapse_unknowns(const neural_collapse_network *net);

/* What a pass forward and back needs; one allocation. */
typedef struct {
  const neural_collapse_network *net;
  const double *inputs;   /* [N][d], or [N][pixels]; the caller's */
  size_t rows;            /* R of the N that go forward and back together */
  double *features;       /* [N][d] */
  double *H;              /* [L][R][d] inputs of the blocks */
  double *Z, *middle;     /* [L][R][d] arguments of s (RN2); features between attention and the rest (TX1) */
  double *S;              /* [R][d] s(.) of one block */
  double *lengths;        /* [L+1][2 R] */
  double *G, *through;    /* [R][d] */
  double *logits;         /* [R][K] */
  double *turned;         /* [L][block] the transposes of the blocks' matrices */
  int *labels;            /* [N] */
  layer_attention_room *attention; /* [L] */
  double loss, decay;              /* of the last pass: loss + (lw/2)|U|^2, and (lb/2) sum |blocks|^2 */
} neural_collapse_pass;

assay_status neural_collapse_pass_open(const neural_collapse_network *net, const double *inputs,
                                       neural_collapse_pass *pass, assay_error *error);
void neural_collapse_pass_close(neural_collapse_pass *pass);

/* The objective at x [unknowns] and its gradient, in the form of lbfgs.h; context: the pass. +inf, with a
 * zero gradient, where a row has no direction (y = 0, or constant when centred), so that the objective is not
 * defined. */
double neural_collapse_objective(const double *x, double *gradient, void *context);
/* The features of the last pass, [N][d]. */
const double *neural_collapse_features_of(const neural_collapse_pass *pass);

#endif
