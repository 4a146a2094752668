/* Simulators of attention with trained embeddings; the setting and notation are those of
 * theory/token-embeddings/token-embeddings.h. */
#ifndef ASSAY_SIM_TOKEN_EMBEDDINGS_H
#define ASSAY_SIM_TOKEN_EMBEDDINGS_H

#include "model/token-embeddings.h"
#include "sim/experiment.h"
#include "sim/kernels/random.h"

/* ---- data ---- */

typedef struct {
  int n, T, k, m0;
  const double *f; /* [k] probabilities of the important tokens; NULL: 1/k */
  int shared;      /* one irrelevant position goes to token 2k + m0 (y = 1) or 2k + m0 + 1 (y = -1) */
} token_embeddings_model;

int token_embeddings_model_size(const token_embeddings_model *model); /* m */
/* Fresh sequences: count [n][m] (NULL: not wanted), y [n], token [n][T] their tokens one by one (NULL: not
 * wanted). `index` tells data sets of one replicate apart; room [2 n T + n]. */
void token_embeddings_draw(const token_embeddings_model *model, random_purpose purpose, unsigned index,
                           const assay_stream *stream, double *count, double *y, uint16_t *token,
                           uint64_t *room);

/* Sequences as lists of their tokens: a step reads these T numbers of a sequence, not its m counts. */
typedef struct {
  int n, m, T;
  const uint16_t *token; /* [n][T] 0..m-1, in any order; m where a sequence is shorter */
  const double *y;       /* [n] */
} token_embeddings_lists;
/* The length of the longest sequence, and the lists [n][T] of that length. */
int token_embeddings_longest(const token_embeddings_data *data);
void token_embeddings_list(const token_embeddings_data *data, int T, uint16_t *token);

/* Moments of one draw, averaged over `draws`: mean alpha of the positive tokens, mean square deviation (from
 * 1/(2kT)) of the important tokens' |alpha|, mean square and mean product of the irrelevant tokens' alpha,
 * and the share of draws in which every important token has the larger |alpha|. */
typedef struct {
  double mean_important, var_important, var_irrelevant, cov_irrelevant, separated;
} token_embeddings_moments;
void token_embeddings_count_moments(const token_embeddings_model *model, long draws,
                                    const assay_stream *stream, token_embeddings_moments *result);

/* ---- phase 1 ---- */

/* A, B [m] at scores gam, pi [m]; m <= 1024. */
void token_embeddings_gradients(const token_embeddings_lists *lists, const double *gam, const double *pi,
                                double *A, double *B);

/* Random embeddings: relative error of the step against difference quotients of the loss (softmax: 0 right, 1
 * its derivative left out, 2 gam_s for gam_s - f_i), the same for dL/dp, third singular value of the update
 * over the first, and |sum_s B_s| over its terms. */
assay_status token_embeddings_check_gradient(int softmax, const assay_stream *stream, double *embedding_error,
                                             double *vector_error, double *rank_ratio, double *sum_error,
                                             assay_error *error);

/* ---- phase 2 ---- */

typedef struct {
  token_embeddings_data data;
  const double *gam; /* [m] */
  const double *K;   /* [m][m] */
  const double *z0;  /* [m] */
  int *selected;     /* [n] argmax y gam, filled by token_embeddings_select */
  double *odds;      /* [n] e^(y gam) of it, likewise */
  int *first;        /* [n+1] the tokens of sequence i are cell[first[i]] .. cell[first[i+1]-1]; */
  struct token_embeddings_cell {
    int token;
    double count;
  } * cell;                          /* room [n m]; both filled by token_embeddings_select */
  double *room;                      /* [16 m + m m] */
  double excess, attention, missing; /* of the last reading; missing = 1 - attention, without cancellation */
} token_embeddings_walk;

/* Fills selected; ASSAY_DISCARD when two tokens are each selected against the other. */
assay_status token_embeddings_select(token_embeddings_walk *walk, assay_error *error);
/* Advances the weights om [m], p = p_0 + E' om, from time t0 to t1; relative and absolute tolerance 1e-9.
 * *step as in runge_kutta.h. */
assay_status token_embeddings_flow_advance(token_embeddings_walk *walk, double t0, double t1, double *step,
                                           double *om, assay_error *error);
/* The excess loss and the mean attention on the selected token at om; logits z [m]. */
void token_embeddings_flow_read(token_embeddings_walk *walk, const double *om, double *z);

/* The max-margin vector E' weight of the walk's selection by Hildreth's sweeps, |p_hat|^2, and the least
 * p_hat.x > 1 + 1e-6 among the constraints (infinite when all are tight). ASSAY_NUMERIC unless
 * the duality gap is below 1e-8 of it. room [m m + 2 m + m m]. */
assay_status token_embeddings_hildreth(const token_embeddings_walk *walk, double *weight, double *norm2,
                                       double *slack, double *room, assay_error *error);
/* |p_hat|^2 with all constraints tight; q [m] is 1 on the tokens that are not selected. room [m m + 2 m]. */
assay_status token_embeddings_tight_norm2(const double *K, const double *q, int m, double *norm2,
                                          double *room, assay_error *error);

/* W = L L' of the Wishart law with `freedom` >= m degrees of freedom, by Bartlett: W [m][m], room [m m]. */
void token_embeddings_wishart(int m, long freedom, const assay_stream *stream, double *W, double *room);

#endif
