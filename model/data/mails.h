/* Mails as sequences of words.
 *
 * A mail is a file: bytes, read as Latin-1. Its *words* are found so: the pairs CR LF become LF; the text is what stands after the first
 * blank line (nothing, when there is none); every "<...>", from a "<" to the next ">", also across lines, becomes a space (a "<" that is
 * never closed stays); A-Z become a-z; the words are the maximal runs of a-z. */
#ifndef ASSAY_MODEL_DATA_MAILS_H
#define ASSAY_MODEL_DATA_MAILS_H

#include <stddef.h>

#include "model/status.h"

/* Words by number: word i is text + at[i], in order of first appearance. */
typedef struct word_list word_list;
word_list *word_list_new(void);
void word_list_free(word_list *words);
/* The number of the word, which is entered when it is new; -1 when memory is short. */
int word_list_enter(word_list *words, const char *word, size_t length);
/* The number of the word, -1 when it is not there. */
int word_list_find(const word_list *words, const char *word);
int word_list_count(const word_list *words);
const char *word_list_word(const word_list *words, int number); /* borrowed */

/* The words of one mail of `length` bytes, as numbers, which is changed in place: *count of them in *tokens, to be freed.
 * ASSAY_NO_MEMORY. */
assay_status mail_words(char *mail, size_t length, word_list *words, int **tokens, int *count, assay_error *error);

typedef struct {
  int count;      /* mails */
  int *label;     /* [count] +1 spam, -1 ham */
  int *length;    /* [count] words of each */
  int **tokens;   /* [count][length] */
  word_list *words;
} mail_corpus;

/* The mails of the set "spam-assassin" that have at least `least` words: those of spam-1, spam-2 (+1), then of easy-ham-1 (-1), each in
 * the order of the names. ASSAY_NO_DATA, ASSAY_NO_MEMORY. To be freed below. */
assay_status mail_read(int least, mail_corpus *corpus, assay_error *error);
/* The mails of one directory, after those that are already in `corpus`, which starts as zeros. */
assay_status mail_read_group(const char *directory, int label, int least, mail_corpus *corpus, assay_error *error);
void mail_free(mail_corpus *corpus);

/* The `size` words of largest document frequency among the chosen mails (chosen [count] or NULL: all), ties in alphabetical order:
 * vocabulary [size] as numbers, frequency [size]. Returns how many there are, at most `size`; -1 when memory is short. */
int mail_vocabulary(const mail_corpus *corpus, const unsigned char *chosen, int size, int *vocabulary, int *frequency);

#endif
