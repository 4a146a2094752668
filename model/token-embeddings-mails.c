/* Sequences of a real corpus: mails, split into training and test sets, over the training mails' vocabulary.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/mails.h"
#include "model/token-embeddings.h"

enum {
  LEFT_OUT,
  TO_TRAIN,
  TO_TEST,
  VOCABULARY = TOKEN_EMBEDDINGS_VOCABULARY,
  MOST = TOKEN_EMBEDDINGS_MAIL_MOST
};

void token_embeddings_free_sequences(token_embeddings_sequences *s) {
  free(s->start);
  free(s->token);
  free(s->count);
  free(s->length);
  free(s->y);
  *s = (token_embeddings_sequences){0};
}

void token_embeddings_free_mails(token_embeddings_mails *mails) {
  for (int w = 0; mails->word && w < VOCABULARY; w++) free(mails->word[w]);
  free(mails->word);
  token_embeddings_free_sequences(&mails->train);
  token_embeddings_free_sequences(&mails->test);
  *mails = (token_embeddings_mails){0};
}

void token_embeddings_sparse_frequency(const token_embeddings_sequences *s, const double *y, double *alpha) {
  if (!y) y = s->y;
  memset(alpha, 0, (size_t)s->m * sizeof *alpha);
  for (int i = 0; i < s->n; i++)
    for (int j = s->start[i]; j < s->start[i + 1]; j++)
      alpha[s->token[j]] += y[i] * s->count[j] / (s->length[i] * s->n);
}

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the mails");
}

/* ---- the split ---- */

typedef struct {
  uint64_t hash;
  int mail;
} ranked;

/* Finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static int by_hash(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                            : (x->mail > y->mail) - (x->mail < y->mail);
}

static assay_status split_class(const mail_corpus *c, int label, int split, ranked *order,
                                unsigned char *part, assay_error *error) {
  int found = 0;
  for (int i = 0; i < c->count; i++)
    if (c->label[i] == label) order[found++] = (ranked){mixed(mixed((uint64_t)split) + (uint64_t)i), i};
  if (found < TOKEN_EMBEDDINGS_MAIL_CLASS)
    return assay_error_set(error, ASSAY_NO_DATA, "spam-assassin: %d mails of label %d, a split takes %d",
                           found, label, TOKEN_EMBEDDINGS_MAIL_CLASS);
  qsort(order, (size_t)found, sizeof *order, by_hash);
  for (int r = 0; r < TOKEN_EMBEDDINGS_MAIL_CLASS; r++)
    part[order[r].mail] = r < TOKEN_EMBEDDINGS_MAIL_TRAIN ? TO_TRAIN : TO_TEST;
  return ASSAY_OK;
}

/* part [count]: what becomes of each mail. */
static assay_status split_mails(const mail_corpus *c, int split, unsigned char *part, assay_error *error) {
  ranked *order = malloc((size_t)c->count * sizeof *order);
  if (!order) return no_memory(error);
  memset(part, split < 0 ? TO_TRAIN : LEFT_OUT, (size_t)c->count);
  assay_status status = split < 0 ? ASSAY_OK : split_class(c, 1, split, order, part, error);
  if (status == ASSAY_OK && split >= 0) status = split_class(c, -1, split, order, part, error);
  free(order);
  return status;
}

/* ---- sequences ---- */

static bool room_for(token_embeddings_sequences *s, int mails) {
  const size_t n = (size_t)mails;
  *s = (token_embeddings_sequences){0,
                                    VOCABULARY,
                                    calloc(n + 1, sizeof(int)),
                                    malloc((n * MOST + 1) * sizeof(int)),
                                    malloc((n * MOST + 1) * sizeof(double)),
                                    malloc((n + 1) * sizeof(double)),
                                    malloc((n + 1) * sizeof(double))};
  return s->start && s->token && s->count && s->length && s->y;
}

/* Adds the mail's first MOST words that have a place in the vocabulary (place >= 0). at [m] is -1 throughout,
 * before and after. */
static void add_sequence(const mail_corpus *c, int mail, const int *place, int *at,
                         token_embeddings_sequences *s) {
  const int first = s->start[s->n];
  int end = first, length = 0;
  for (int t = 0; t < c->length[mail] && length < MOST; t++) {
    const int w = place[c->tokens[mail][t]];
    if (w < 0) continue;
    if (at[w] < 0) {
      at[w] = end;
      s->token[end] = w;
      s->count[end++] = 0;
    }
    s->count[at[w]] += 1;
    length++;
  }
  for (int j = first; j < end; j++) at[s->token[j]] = -1;
  if (length < TOKEN_EMBEDDINGS_MAIL_LEAST) return;
  s->length[s->n] = length;
  s->y[s->n] = c->label[mail];
  s->start[++s->n] = end;
}

static assay_status name_words(const mail_corpus *c, const int *vocabulary, token_embeddings_mails *mails,
                               assay_error *error) {
  mails->word = calloc(VOCABULARY, sizeof *mails->word);
  for (int w = 0; mails->word && w < VOCABULARY; w++)
    if (!(mails->word[w] = strdup(word_list_word(c->words, vocabulary[w])))) return no_memory(error);
  return mails->word ? ASSAY_OK : no_memory(error);
}

static assay_status make_sequences(const mail_corpus *c, const unsigned char *part, int *place,
                                   int *vocabulary, token_embeddings_mails *mails, assay_error *error) {
  int frequency[VOCABULARY], at[VOCABULARY];
  unsigned char *train = malloc((size_t)c->count);
  if (!train || !room_for(&mails->train, c->count) || !room_for(&mails->test, c->count)) {
    free(train);
    return no_memory(error);
  }
  for (int i = 0; i < c->count; i++) train[i] = part[i] == TO_TRAIN;
  const int found = mail_vocabulary(c, train, VOCABULARY, vocabulary, frequency);
  free(train);
  if (found < 0) return no_memory(error);
  if (found < VOCABULARY)
    return assay_error_set(error, ASSAY_NO_DATA,
                           "spam-assassin: the mails have %d words, the vocabulary takes %d", found,
                           VOCABULARY);
  memset(place, 0xff, (size_t)word_list_count(c->words) * sizeof *place);
  memset(at, 0xff, sizeof at);
  for (int w = 0; w < VOCABULARY; w++) place[vocabulary[w]] = w;
  for (int i = 0; i < c->count; i++)
    if (part[i] != LEFT_OUT)
      add_sequence(c, i, place, at, part[i] == TO_TRAIN ? &mails->train : &mails->test);
  return name_words(c, vocabulary, mails, error);
}

assay_status token_embeddings_read_mails(int split, token_embeddings_mails *mails, assay_error *error) {
  mail_corpus c;
  int vocabulary[VOCABULARY];
  *mails = (token_embeddings_mails){0};
  assay_status status = mail_read(TOKEN_EMBEDDINGS_MAIL_WORDS, &c, error);
  if (status != ASSAY_OK) return status;
  unsigned char *part = malloc((size_t)c.count + 1);
  int *place = malloc(((size_t)word_list_count(c.words) + 1) * sizeof *place);
  status = part && place ? split_mails(&c, split, part, error) : no_memory(error);
  if (status == ASSAY_OK) status = make_sequences(&c, part, place, vocabulary, mails, error);
  free(part);
  free(place);
  mail_free(&c);
  if (status != ASSAY_OK) token_embeddings_free_mails(mails);
  return status;
}
