/* Data of the token-embedding problem: n sequences as counts of m tokens, with labels. The order of the
 * tokens never matters. */
#ifndef ASSAY_MODEL_TOKEN_EMBEDDINGS_H
#define ASSAY_MODEL_TOKEN_EMBEDDINGS_H

#include "model/status.h"

typedef struct {
  int n, m;
  const double *count; /* [n][m] occurrences of each token */
  const double *y;     /* [n] -1 or +1 */
} token_embeddings_data;

/* Four sequences of five tokens: [0,3] +, [0,3,4,4] +, [1,4] +, [2,3,4] -. */
enum { TOKEN_EMBEDDINGS_TOY_N = 4, TOKEN_EMBEDDINGS_TOY_M = 5, TOKEN_EMBEDDINGS_TOY_D = 6 };
extern const token_embeddings_data token_embeddings_toy;
/* Embeddings of the toy: E_sj = cos(c (s+1)(j+1) + .7 j), E [5][6]. */
void token_embeddings_toy_embeddings(double c, double *E);
extern const double token_embeddings_toy_values[TOKEN_EMBEDDINGS_TOY_M]; /* E v given instead of computed:
                                                                            2, 1.5, -1.8, .1, -.2 */

/* The balanced design: k positive tokens 0..k-1, k negative ones, m0 irrelevant; for each s < 2k and j < m0
 * the sequence (s, 2k + (j+l) mod m0, l = 0..T-2), labelled by the sign of s. n = 2k m0, m = 2k + m0; count
 * [n][m], y [n]. ASSAY_DOMAIN unless k, m0 >= 1 and 2 <= T <= m0 + 1. */
assay_status token_embeddings_balanced(int k, int m0, int T, double *count, double *y, assay_error *error);

/* alpha_s = (1/n) sum_i y_i count_is/T_i, T_i the row's sum: alpha [m]. ASSAY_DOMAIN for an empty sequence.
 */
assay_status token_embeddings_signed_frequency(const token_embeddings_data *data, double *alpha,
                                               assay_error *error);

/* ---- long sequences over a large vocabulary ---- */

/* The distinct tokens of sequence i, with their counts, stand at start[i] .. start[i+1]-1; length[i] is the
 * sum of the counts. */
typedef struct {
  int n, m;
  int *start;         /* [n+1] */
  int *token;         /* [start[n]] */
  double *count;      /* [start[n]] */
  double *length, *y; /* [n] */
} token_embeddings_sequences;
void token_embeddings_free_sequences(token_embeddings_sequences *sequences);

/* alpha [m] with the labels y [n] (NULL: the sequences' own). */
void token_embeddings_sparse_frequency(const token_embeddings_sequences *sequences, const double *y,
                                       double *alpha);

/* Mails as sequences: words are those of model/data/mails.h, spam is +1. Mails with fewer than 20 words are
 * left out. The vocabulary is the 1000 words of largest document frequency among the training mails; a
 * sequence is the first 128 words of a mail that are in it, and a mail with fewer than 10 of them is left
 * out. Split number `split` >= 0: of each class 1856 mails, 1200 of them to train on, the others to test on,
 * by the order of a hash of (split, number of the mail). -1: all mails to train on, none to test on. */
typedef struct {
  token_embeddings_sequences train, test;
  char **word; /* [train.m] */
} token_embeddings_mails;
enum {
  TOKEN_EMBEDDINGS_MAIL_WORDS = 20,
  TOKEN_EMBEDDINGS_MAIL_CLASS = 1856,
  TOKEN_EMBEDDINGS_MAIL_TRAIN = 1200,
  TOKEN_EMBEDDINGS_VOCABULARY = 1000,
  TOKEN_EMBEDDINGS_MAIL_MOST = 128,
  TOKEN_EMBEDDINGS_MAIL_LEAST = 10
};
/* ASSAY_NO_DATA when the corpus is not installed or is smaller than the split. To be freed below. */
assay_status token_embeddings_read_mails(int split, token_embeddings_mails *mails, assay_error *error);
void token_embeddings_free_mails(token_embeddings_mails *mails);

#endif
