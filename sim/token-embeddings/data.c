#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/token-embeddings/token-embeddings.h"

int token_embeddings_model_size(const token_embeddings_model *p) {
  return 2 * p->k + p->m0 + (p->shared ? 2 : 0);
}

/* The important token of each sequence, 0..k-1, by its probability. */
static void draw_important(const token_embeddings_model *p, random_source *source, uint64_t *token) {
  if (!p->f) {
    random_integers(source, (uint64_t)p->k, token, (size_t)p->n);
    return;
  }
  for (int i = 0; i < p->n; i++) {
    double u, below = 0;
    int j = 0;
    random_uniforms(source, &u, 1);
    for (below = p->f[0]; j < p->k - 1 && u > below; below += p->f[j]) j++;
    token[i] = (uint64_t)j;
  }
}

void token_embeddings_draw(const token_embeddings_model *p, random_purpose purpose, unsigned index,
                           const assay_stream *stream, double *count, double *y, uint16_t *token,
                           uint64_t *room) {
  const size_t m = (size_t)token_embeddings_model_size(p), n = (size_t)p->n,
               others = (size_t)(p->T - 1 - (p->shared ? 1 : 0));
  uint64_t *important = room, *irrelevant = room + n;
  random_source labels = random_open(stream, purpose, 4 * index),
                first = random_open(stream, purpose, 4 * index + 1),
                rest = random_open(stream, purpose, 4 * index + 2);
  random_signs(&labels, y, n);
  draw_important(p, &first, important);
  random_integers(&rest, (uint64_t)p->m0, irrelevant, n * others);
  if (count) memset(count, 0, n * m * sizeof *count);
  for (size_t i = 0; i < n; i++) {
    const uint64_t shared = 2 * (uint64_t)p->k + (uint64_t)p->m0 + (y[i] > 0 ? 0 : 1);
    const uint64_t chosen = important[i] + (y[i] > 0 ? 0 : (uint64_t)p->k);
    for (size_t t = 0; t < (size_t)p->T; t++) {
      const uint64_t s = t == 0        ? chosen
                         : t <= others ? 2 * (uint64_t)p->k + irrelevant[i * others + t - 1]
                                       : shared;
      if (count) count[i * m + s] += 1;
      if (token) token[i * (size_t)p->T + t] = (uint16_t)s;
    }
  }
}

/* Signed counts of one data set, without its sequences: S [2k + m0]. */
static void signed_counts(const token_embeddings_model *p, random_source *source, double *y,
                          uint64_t *important, uint64_t *irrelevant, double *S) {
  const size_t others = (size_t)(p->T - 1);
  memset(S, 0, (size_t)(2 * p->k + p->m0) * sizeof *S);
  random_signs(&source[0], y, (size_t)p->n);
  random_integers(&source[1], (uint64_t)p->k, important, (size_t)p->n);
  random_integers(&source[2], (uint64_t)p->m0, irrelevant, (size_t)p->n * others);
  for (int i = 0; i < p->n; i++) {
    S[important[i] + (y[i] > 0 ? 0 : (size_t)p->k)] += y[i];
    for (size_t t = 0; t < others; t++) S[2 * (size_t)p->k + irrelevant[(size_t)i * others + t]] += y[i];
  }
}

static void add_moments(const token_embeddings_model *p, const double *S, token_embeddings_moments *sum) {
  const int important = 2 * p->k;
  const double scale = 1. / ((double)p->n * p->T), expected = 1. / (2. * p->k * p->T);
  double mean = 0, spread = 0, total = 0, squares = 0, least = INFINITY, most = 0;
  for (int s = 0; s < important; s++) {
    const double alpha = scale * fabs(S[s]);
    if (s < p->k) mean += alpha; /* of all important tokens together it is 1/(2kT) in every draw */
    spread += (alpha - expected) * (alpha - expected);
    least = fmin(least, fabs(S[s]));
  }
  for (int s = important; s < important + p->m0; s++) {
    total += scale * S[s];
    squares += scale * S[s] * scale * S[s];
    most = fmax(most, fabs(S[s]));
  }
  sum->mean_important += mean / p->k;
  sum->var_important += spread / important;
  sum->var_irrelevant += squares / p->m0;
  sum->cov_irrelevant += p->m0 > 1 ? (total * total - squares) / (p->m0 * (p->m0 - 1.)) : 0;
  sum->separated += most < least;
}

void token_embeddings_count_moments(const token_embeddings_model *p, long draws, const assay_stream *stream,
                                    token_embeddings_moments *result) {
  const size_t n = (size_t)p->n;
  double *room = malloc((n + (size_t)(2 * p->k + p->m0)) * sizeof *room);
  uint64_t *tokens = malloc(n * (size_t)p->T * sizeof *tokens);
  random_source source[3];
  *result = (token_embeddings_moments){NAN, NAN, NAN, NAN, NAN};
  if (room && tokens) {
    *result = (token_embeddings_moments){0};
    for (unsigned i = 0; i < 3; i++) source[i] = random_open(stream, RANDOM_DESIGN, i);
    for (long draw = 0; draw < draws; draw++) {
      signed_counts(p, source, room, tokens, tokens + n, room + n);
      add_moments(p, room + n, result);
    }
    double *all[] = {&result->mean_important, &result->var_important, &result->var_irrelevant,
                     &result->cov_irrelevant, &result->separated};
    for (int i = 0; i < 5; i++) *all[i] /= (double)draws;
  }
  free(room);
  free(tokens);
}
