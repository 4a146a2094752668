/* One-layer attention classifiers of labelled vectors, pretrained on synthetic tasks and trained at test
 * time. A d x d weight W; a context x_i, y_i (i < n), one-hot labels Y [n][C]; a query x:
 *
 *     soft:  a = softmax_i(x' W x_i),  P_c = sum_i a_i Y_ic,  loss -log((1-e) P_y + e/C), e = 1e-3 ;
 *     lin:   logits x' W H_c,  H_c = (1/n) sum_i (Y_ic - mean_j Y_jc) x_i ,  cross-entropy of their softmax.
 */
#ifndef ASSAY_SIM_TTT_ICL_TABULAR_H
#define ASSAY_SIM_TTT_ICL_TABULAR_H

#include <stdbool.h>

#include "sim/experiment.h"

enum { TTT_ICL_CLASSES = 10 };

typedef struct {
  int n, d;
  double *x;  /* [n][d], each row of length sqrt(d) */
  int *label; /* [n] 0..9 */
} ttt_icl_samples;

/* Room for contexts of up to `context` and batches of up to `queries` samples. */
typedef struct {
  int d, context, queries;
  double *U, *G;    /* [max(queries, context, 10)][d] halves of the products with W, and of its derivative */
  double *S;        /* [queries][max(context, 10)] scores */
  double *turned;   /* [d][max(context, 10)] keys */
  double *H;        /* [10][d] */
  double *members;  /* [10][max(context, 10)] 1 where a sample of the context is of the class */
  double *gradient; /* [d][d] */
  double *moments;  /* [2][d][d] */
} ttt_icl_classifier;
size_t ttt_icl_classifier_doubles(int d, int context, int queries);
ttt_icl_classifier ttt_icl_classifier_open(int d, int context, int queries, double *doubles);

/* The mean loss of the queries, and its derivative by W into the room's gradient. W [d][d]. */
double ttt_icl_classifier_loss(ttt_icl_classifier *room, bool soft, const double *W,
                               const ttt_icl_samples *context, const ttt_icl_samples *queries);
/* The number of queries whose most likely class is their label. */
int ttt_icl_classifier_right(ttt_icl_classifier *room, bool soft, const double *W,
                             const ttt_icl_samples *context, const ttt_icl_samples *queries);
/* Each row less `mean` [d] and rescaled to length sqrt(d). ASSAY_NUMERIC when a row is the mean: it has no
 * direction. */
assay_status ttt_icl_direct_rows(ttt_icl_samples *samples, const double *mean, assay_error *error);

#endif
