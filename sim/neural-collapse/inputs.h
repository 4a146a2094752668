/* Real images and texts as inputs of networks. */
#ifndef ASSAY_SIM_NEURAL_COLLAPSE_INPUTS_H
#define ASSAY_SIM_NEURAL_COLLAPSE_INPUTS_H

#include "sim/kernels/random.h"

/* ---- images: the data set "fashion-mnist" ---- */

enum { NEURAL_COLLAPSE_IMAGE_CLASSES = 10, NEURAL_COLLAPSE_IMAGES = 1000, NEURAL_COLLAPSE_PIXELS = 784 };

/* The first 1000 training images of each class in the order of the file: pixels [10][1000][784]. */
assay_status neural_collapse_read_images(unsigned char *pixels, assay_error *error);
/* Images number s n .. s n + n - 1 of each class: P [10 n][784], class after class, pixels/255 less the mean
 * image, over the root of the mean squared norm. 0 <= s < 1000/n. ASSAY_DOMAIN: s too large; ASSAY_NUMERIC:
 * all images are alike. */
assay_status neural_collapse_images(const unsigned char *pixels, int n, int s, double *P, assay_error *error);
/* X [N][d]: rows of P [N][784] through a Gaussian matrix of variance 1/784, from `source`, their coordinates'
 * mean subtracted, normalised. matrix [d][784] and lengths [N] are room. ASSAY_NUMERIC: a row without
 * direction. */
assay_status neural_collapse_project(const double *P, int N, int d, random_source *source, double *matrix,
                                     double *lengths, double *X, assay_error *error);

/* ---- texts: the data set "spam-assassin" ---- */

enum {
  NEURAL_COLLAPSE_VOCABULARY = 200,
  NEURAL_COLLAPSE_VOCABULARY_MAILS = 36,
  NEURAL_COLLAPSE_LEAST_WORDS = 24
};

typedef struct {
  int mails, T;           /* sequences of each class, tokens of each */
  char (*vocabulary)[16]; /* [200] words, the most frequent first */
  int *tokens;            /* [2][mails][T] numbers of words: easy-ham-1, then spam-1 */
} neural_collapse_texts;

/* The words of a text of `length` bytes, which is changed in place: what follows the first blank line, every
 * "<...>" a space, A-Z become a-z, then every run of 2 to 15 letters a-z that no other letter, digit or
 * underscore touches. word(context, letters, length) for each in turn; false ends it. */
typedef bool neural_collapse_word(void *context, const char *letters, int length);
void neural_collapse_words(char *text, size_t length, neural_collapse_word *word, void *context);

/* Reads the mails in the order of their names, those of fewer than 24 words left out. Vocabulary: the 200
 * most frequent words of the first 36 of each group, ties in alphabetical order. Sequences: the first T words
 * of the vocabulary in each of the first `mails` that have so many. ASSAY_NO_DATA, ASSAY_NO_MEMORY,
 * ASSAY_DOMAIN (too few mails). To be freed below. */
assay_status neural_collapse_read_texts(int mails, int T, neural_collapse_texts *texts, assay_error *error);
void neural_collapse_free_texts(neural_collapse_texts *texts);
/* X [2 mails T][d]: each token's word as a Gaussian vector from `source`, its coordinates' mean subtracted,
 * normalised. vectors [200][d] and lengths [200] are room. ASSAY_NUMERIC: d = 1 leaves no direction. */
assay_status neural_collapse_embed(const neural_collapse_texts *texts, int d, random_source *source,
                                   double *vectors, double *lengths, double *X, assay_error *error);

#endif
