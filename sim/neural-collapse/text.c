#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/data.h"
#include "sim/kernels/layers.h"
#include "sim/neural-collapse/inputs.h"

enum { LONGEST = 15, SHORTEST = 2, VOCABULARY = NEURAL_COLLAPSE_VOCABULARY };

/* ---- words ---- */

static bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

static bool joins(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

/* Behind the first blank line; the end when there is none. */
static size_t body(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '\n') continue;
    const size_t next = i + 1 < length && text[i + 1] == '\r' ? i + 2 : i + 1;
    if (next < length && text[next] == '\n') return next + 1;
  }
  return length;
}

static void blank_tags(char *text, size_t length) {
  for (char *at = text; (at = memchr(at, '<', (size_t)(text + length - at)));) {
    char *close = memchr(at, '>', (size_t)(text + length - at));
    if (!close) return;
    memset(at, ' ', (size_t)(close + 1 - at));
  }
}

void neural_collapse_words(char *text, size_t length, neural_collapse_word *word, void *context) {
  const size_t from = body(text, length);
  text += from;
  length -= from;
  blank_tags(text, length);
  for (size_t i = 0; i < length; i++)
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] = (char)(text[i] - 'A' + 'a');
  for (size_t at = 0; at < length;) {
    size_t end = at, letters = 0;
    for (; end < length && joins(text[end]); end++) letters += is_letter(text[end]);
    const bool pure = letters == end - at && letters >= SHORTEST && letters <= LONGEST;
    if (pure && !word(context, text + at, (int)letters)) return;
    at = end > at ? end : at + 1;
  }
}

/* ---- one mail ---- */

typedef struct {
  int count, room;
  char (*word)[LONGEST + 1];
  bool failed;
} word_row;

static bool keep_word(void *context, const char *letters, int length) {
  word_row *row = context;
  if (row->count == row->room) {
    const int room = row->room ? 2 * row->room : 256;
    char(*grown)[LONGEST + 1] = realloc(row->word, (size_t)room * sizeof *grown);
    if (!grown) return !(row->failed = true);
    row->word = grown;
    row->room = room;
  }
  memset(row->word[row->count], 0, sizeof *row->word);
  memcpy(row->word[row->count++], letters, (size_t)length);
  return true;
}

static assay_status read_mail(const char *path, word_row *row, assay_error *error) {
  FILE *in = fopen(path, "rb");
  char *text = NULL;
  long size = -1;
  if (in && !fseek(in, 0, SEEK_END)) size = ftell(in);
  if (size >= 0) text = malloc((size_t)size + 1);
  const bool good = text && !fseek(in, 0, SEEK_SET) && fread(text, 1, (size_t)size, in) == (size_t)size;
  if (in) fclose(in);
  *row = (word_row){0};
  if (good) neural_collapse_words(text, (size_t)size, keep_word, row);
  free(text);
  if (!good) return assay_error_set(error, ASSAY_NO_DATA, "%s cannot be read (%s)", path, strerror(errno));
  return row->failed ? assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the words of %s", path)
                     : ASSAY_OK;
}

/* The eligible mails of a group, at most `most` of them. */
static assay_status read_group(const char *directory, int most, word_row *mails, int *count,
                               assay_error *error) {
  data_names names;
  char path[8192];
  assay_status status = data_list(directory, ".txt", &names, error);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < names.count && *count < most && status == ASSAY_OK; i++) {
    snprintf(path, sizeof path, "%s/%s", directory, names.name[i]);
    status = read_mail(path, &mails[*count], error);
    if (status == ASSAY_OK && mails[*count].count >= NEURAL_COLLAPSE_LEAST_WORDS)
      ++*count;
    else
      free(mails[*count].word);
  }
  data_free_names(&names);
  return status;
}

/* ---- vocabulary and sequences ---- */

typedef struct {
  const char *word;
  int times;
} counted;

static int by_letters(const void *a, const void *b) {
  return strcmp(((const counted *)a)->word, ((const counted *)b)->word);
}

static int by_times(const void *a, const void *b) {
  const counted *x = a, *y = b;
  return x->times != y->times ? y->times - x->times : by_letters(a, b);
}

/* The most frequent words of the first mails of both groups [2]. */
static assay_status count_words(word_row *const groups[2], const int counts[2],
                                char (*vocabulary)[LONGEST + 1], assay_error *error) {
  size_t total = 0, distinct = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < counts[pass] && i < NEURAL_COLLAPSE_VOCABULARY_MAILS; i++)
      total += (size_t)groups[pass][i].count;
  counted *all = calloc(total + 1, sizeof *all);
  if (!all) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %zu words", total);
  total = 0;
  for (int g = 0; g < 2; g++)
    for (int i = 0; i < counts[g] && i < NEURAL_COLLAPSE_VOCABULARY_MAILS; i++)
      for (int k = 0; k < groups[g][i].count; k++) all[total++] = (counted){groups[g][i].word[k], 1};
  qsort(all, total, sizeof *all, by_letters);
  for (size_t i = 0; i < total; i++) {
    if (distinct > 0 && !strcmp(all[distinct - 1].word, all[i].word))
      all[distinct - 1].times++;
    else
      all[distinct++] = all[i];
  }
  qsort(all, distinct, sizeof *all, by_times);
  for (size_t i = 0; i < VOCABULARY && i < distinct; i++) memcpy(vocabulary[i], all[i].word, LONGEST + 1);
  free(all);
  return distinct >= VOCABULARY
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NO_DATA, "%zu different words in the mails, not %d", distinct,
                               VOCABULARY);
}

static int number_of(char (*vocabulary)[LONGEST + 1], const char *word) {
  for (int i = 0; i < VOCABULARY; i++)
    if (!strcmp(vocabulary[i], word)) return i;
  return -1;
}

/* The first T words of the vocabulary: tokens [T]; false when the mail has fewer. */
static bool sequence_of(const word_row *mail, const neural_collapse_texts *texts, int *tokens) {
  int found = 0;
  for (int k = 0; k < mail->count && found < texts->T; k++) {
    const int number = number_of(texts->vocabulary, mail->word[k]);
    if (number >= 0) tokens[found++] = number;
  }
  return found == texts->T;
}

static assay_status make_texts(word_row *const groups[2], const int counts[2], neural_collapse_texts *texts,
                               assay_error *error) {
  assay_status status = count_words(groups, counts, texts->vocabulary, error);
  for (int g = 0; g < 2 && status == ASSAY_OK; g++) {
    int made = 0;
    for (int i = 0; i < counts[g] && made < texts->mails; i++)
      made +=
          sequence_of(&groups[g][i], texts,
                      texts->tokens + ((size_t)g * (size_t)texts->mails + (size_t)made) * (size_t)texts->T);
    if (made < texts->mails)
      status = assay_error_set(error, ASSAY_DOMAIN, "mails = %d, T = %d: group %d has only %d such mails",
                               texts->mails, texts->T, g, made);
  }
  return status;
}

assay_status neural_collapse_read_texts(int mails, int T, neural_collapse_texts *texts, assay_error *error) {
  static const char *const groups[2] = {"easy-ham-1/", "spam-1/"};
  const data_set *set = data_find("spam-assassin");
  const int most = 2 * mails + 2 * NEURAL_COLLAPSE_VOCABULARY_MAILS;
  *texts = (neural_collapse_texts){.mails = mails, .T = T};
  if (!set) return assay_error_set(error, ASSAY_NO_DATA, "spam-assassin is no data set of this program");
  word_row *rows[2] = {calloc((size_t)most + 1, sizeof **rows), calloc((size_t)most + 1, sizeof **rows)};
  int counts[2] = {0, 0};
  texts->vocabulary = calloc(VOCABULARY, sizeof *texts->vocabulary);
  texts->tokens = calloc(2 * (size_t)mails * (size_t)T + (size_t)T,
                         sizeof *texts->tokens); /* and a mail that falls short */
  assay_status status = rows[0] && rows[1] && texts->vocabulary && texts->tokens
                            ? ASSAY_OK
                            : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the mails");
  for (int g = 0; g < 2 && status == ASSAY_OK; g++) {
    char path[4096];
    status = data_path(set, groups[g], path, sizeof path, error);
    if (status == ASSAY_OK) status = read_group(path, most, rows[g], &counts[g], error);
  }
  if (status == ASSAY_OK) status = make_texts(rows, counts, texts, error);
  for (int g = 0; g < 2; g++) {
    for (int i = 0; rows[g] && i < counts[g]; i++) free(rows[g][i].word);
    free(rows[g]);
  }
  if (status != ASSAY_OK) neural_collapse_free_texts(texts);
  return status;
}

void neural_collapse_free_texts(neural_collapse_texts *texts) {
  free(texts->vocabulary);
  free(texts->tokens);
  *texts = (neural_collapse_texts){0};
}

assay_status neural_collapse_embed(const neural_collapse_texts *texts, int d, random_source *source,
                                   double *vectors, double *lengths, double *X, assay_error *error) {
  random_normals(source, vectors, (size_t)(VOCABULARY * d));
  if (!layer_normalise(vectors, VOCABULARY, d, true, 1, lengths))
    return assay_error_set(error, ASSAY_NUMERIC, "d = %d: a word's vector has no direction", d);
  for (int i = 0; i < 2 * texts->mails * texts->T; i++)
    memcpy(X + (size_t)i * (size_t)d, vectors + (size_t)texts->tokens[i] * (size_t)d, (size_t)d * sizeof *X);
  return ASSAY_OK;
}
