#include "model/data/mails.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/data.h"

/* ---- word lists: open addressing, at most half full ---- */

struct word_list {
  int count, room, slots; /* slots: a power of two */
  char **word;            /* [room] */
  int *slot;              /* [slots] -1 or a number */
};

word_list *word_list_new(void) {
  word_list *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->slots = 1024;
  w->slot = malloc((size_t)w->slots * sizeof *w->slot);
  if (w->slot) memset(w->slot, 0xff, (size_t)w->slots * sizeof *w->slot);
  if (w->slot) return w;
  free(w);
  return NULL;
}

void word_list_free(word_list *w) {
  if (!w) return;
  for (int i = 0; i < w->count; i++) free(w->word[i]);
  free(w->word);
  free(w->slot);
  free(w);
}

int word_list_count(const word_list *w) { return w->count; }
const char *word_list_word(const word_list *w, int number) { return w->word[number]; }

/* The slot where the word stands or would stand (FNV-1a, linear probing). */
static int *slot_of(const word_list *w, const char *word, size_t length) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)word[i]) * 1099511628211u;
  for (uint64_t at = hash ^ hash >> 32;; at++) {
    int *slot = &w->slot[at & (uint64_t)(w->slots - 1)];
    if (*slot < 0 || (!strncmp(w->word[*slot], word, length) && !w->word[*slot][length])) return slot;
  }
}

static bool grow_slots(word_list *w) {
  int *old = w->slot, *slot = malloc(2 * (size_t)w->slots * sizeof *slot);
  if (!slot) return false;
  w->slot = slot;
  w->slots *= 2;
  memset(slot, 0xff, (size_t)w->slots * sizeof *slot);
  for (int i = 0; i < w->count; i++) *slot_of(w, w->word[i], strlen(w->word[i])) = i;
  free(old);
  return true;
}

static bool grow_words(word_list *w) {
  const int room = w->room ? 2 * w->room : 1024;
  char **word = realloc(w->word, (size_t)room * sizeof *word);
  if (!word) return false;
  w->word = word;
  w->room = room;
  return true;
}

int word_list_enter(word_list *w, const char *word, size_t length) {
  int *slot = slot_of(w, word, length);
  if (*slot >= 0) return *slot;
  if (w->count == w->room && !grow_words(w)) return -1;
  if (2 * (w->count + 1) > w->slots) {
    if (!grow_slots(w)) return -1;
    slot = slot_of(w, word, length);
  }
  if (!(w->word[w->count] = strndup(word, length))) return -1;
  return *slot = w->count++;
}

int word_list_find(const word_list *w, const char *word) { return *slot_of(w, word, strlen(word)); }

/* ---- the words of a mail ---- */

static size_t unix_lines(char *text, size_t length) {
  size_t kept = 0;
  for (size_t i = 0; i < length; i++)
    if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n') text[kept++] = text[i];
  return kept;
}

static const char *body_of(const char *text, size_t length) {
  const char *blank = memmem(text, length, "\n\n", 2);
  return blank ? blank + 2 : text + length;
}

/* At a "<" that is closed: behind its ">"; else `at`. *open is false once no ">" is left. */
static const char *behind_tag(const char *at, const char *end, bool *open) {
  const char *close = *open && *at == '<' ? memchr(at, '>', (size_t)(end - at)) : NULL;
  if (*at == '<' && !close) *open = false;
  return close ? close + 1 : at;
}

static bool lower(const char *at, const char *end, char *letter) {
  if (at == end) return false;
  *letter = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
  return *letter >= 'a' && *letter <= 'z';
}

assay_status mail_words(char *mail, size_t length, word_list *words, int **tokens, int *count, assay_error *error) {
  length = unix_lines(mail, length);
  const char *end = mail + length, *at = body_of(mail, length);
  bool open = true;
  *count = 0;
  *tokens = malloc((length / 2 + 1) * sizeof **tokens); /* a word and what ends it take two bytes */
  for (char *word = mail, *letter = mail; *tokens && at <= end;) { /* the head's place is written over */
    const char *next = at < end ? behind_tag(at, end, &open) : at;
    if (next == at && lower(at, end, letter)) {
      letter++, at++;
      continue;
    }
    if (letter > word) {
      const int number = word_list_enter(words, word, (size_t)(letter - word));
      if (number < 0) break;
      (*tokens)[(*count)++] = number;
    }
    letter = word;
    if (at == end) return ASSAY_OK;
    at = next > at ? next : at + 1;
  }
  free(*tokens);
  *tokens = NULL;
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the words of a mail");
}

/* ---- corpora ---- */

void mail_free(mail_corpus *c) {
  for (int i = 0; i < c->count; i++) free(c->tokens[i]);
  free(c->tokens);
  free(c->label);
  free(c->length);
  word_list_free(c->words);
  *c = (mail_corpus){0};
}

static assay_status read_whole(const char *path, char **bytes, size_t *length, assay_error *error) {
  FILE *in = fopen(path, "rb");
  long size = -1;
  if (in && !fseek(in, 0, SEEK_END)) size = ftell(in);
  *bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
  const bool good = *bytes && !fseek(in, 0, SEEK_SET) && fread(*bytes, 1, (size_t)size, in) == (size_t)size;
  if (in) fclose(in);
  *length = good ? (size_t)size : 0;
  if (good) return ASSAY_OK;
  free(*bytes);
  *bytes = NULL;
  return assay_error_set(error, ASSAY_NO_DATA, "%s cannot be read (%s)", path, strerror(errno));
}

static bool room_for(mail_corpus *c, int more) {
  const size_t n = (size_t)(c->count + more);
  int *label = realloc(c->label, n * sizeof *label);
  if (label) c->label = label;
  int *length = realloc(c->length, n * sizeof *length);
  if (length) c->length = length;
  int **tokens = realloc(c->tokens, n * sizeof *tokens);
  if (tokens) c->tokens = tokens;
  if (!c->words) c->words = word_list_new();
  return label && length && tokens && c->words;
}

static assay_status read_mail(const char *path, int label, int least, mail_corpus *c, assay_error *error) {
  char *bytes;
  size_t size;
  assay_status status = read_whole(path, &bytes, &size, error);
  if (status != ASSAY_OK) return status;
  status = mail_words(bytes, size, c->words, &c->tokens[c->count], &c->length[c->count], error);
  free(bytes);
  if (status != ASSAY_OK) return status;
  c->label[c->count] = label;
  if (c->length[c->count] >= least)
    c->count++;
  else
    free(c->tokens[c->count]);
  return ASSAY_OK;
}

assay_status mail_read_group(const char *directory, int label, int least, mail_corpus *c, assay_error *error) {
  data_names names;
  char path[8192];
  assay_status status = data_list(directory, ".txt", &names, error);
  if (status == ASSAY_OK && !room_for(c, names.count))
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the mails of %s", directory);
  for (int i = 0; status == ASSAY_OK && i < names.count; i++) {
    snprintf(path, sizeof path, "%s/%s", directory, names.name[i]);
    status = read_mail(path, label, least, c, error);
  }
  data_free_names(&names);
  return status;
}

assay_status mail_read(int least, mail_corpus *c, assay_error *error) {
  static const struct {
    const char *directory;
    int label;
  } groups[] = {{"spam-1/", 1}, {"spam-2/", 1}, {"easy-ham-1/", -1}};
  const data_set *set = data_find("spam-assassin");
  char path[4096];
  assay_status status = ASSAY_OK;
  *c = (mail_corpus){0};
  for (int g = 0; status == ASSAY_OK && g < 3; g++) {
    status = data_path(set, groups[g].directory, path, sizeof path, error);
    if (status == ASSAY_OK) status = mail_read_group(path, groups[g].label, least, c, error);
  }
  if (status != ASSAY_OK) mail_free(c);
  return status;
}

/* ---- vocabularies ---- */

typedef struct {
  const char *word;
  int number, frequency;
} ranked;

static int by_frequency(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return x->frequency != y->frequency ? (x->frequency < y->frequency) - (x->frequency > y->frequency) : strcmp(x->word, y->word);
}

int mail_vocabulary(const mail_corpus *c, const unsigned char *chosen, int size, int *vocabulary, int *frequency) {
  const int all = c->words ? word_list_count(c->words) : 0;
  ranked *rank = calloc((size_t)all + 1, sizeof *rank);
  int *seen = calloc((size_t)all + 1, sizeof *seen), found = 0; /* 1 + the last mail that has it */
  for (int i = 0; rank && i < all; i++) rank[i] = (ranked){word_list_word(c->words, i), i, 0};
  for (int i = 0; rank && seen && i < c->count; i++)
    for (int t = 0; (!chosen || chosen[i]) && t < c->length[i]; t++) {
      const int w = c->tokens[i][t];
      if (seen[w] != i + 1) rank[w].frequency++;
      seen[w] = i + 1;
    }
  const bool good = rank && seen;
  if (good) qsort(rank, (size_t)all, sizeof *rank, by_frequency);
  for (; good && found < size && found < all && rank[found].frequency > 0; found++) {
    vocabulary[found] = rank[found].number;
    frequency[found] = rank[found].frequency;
  }
  free(rank);
  free(seen);
  return good ? found : -1;
}
