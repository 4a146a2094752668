#include "model/data/mails.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/data/data.h"

/* The words of `mail`, joined by single spaces. */
static void words_are(const char *mail, size_t length, const char *expected) {
  char bytes[512], joined[512] = "";
  int *tokens, count;
  assay_error error;
  word_list *words = word_list_new();
  memcpy(bytes, mail, length);
  cr_assert_eq(mail_words(bytes, length, words, &tokens, &count, &error), ASSAY_OK, "%s", error.text);
  for (int i = 0; i < count; i++) {
    if (i) strcat(joined, " ");
    strcat(joined, word_list_word(words, tokens[i]));
  }
  cr_expect_str_eq(joined, expected);
  free(tokens);
  word_list_free(words);
}

Test(mails, the_rule_of_words) {
  static const struct {
    const char *mail, *words;
  } known[] = {{"Subject: x\n\nFree money, FREE!", "free money free"},
               {"Subject: x\r\n\r\nFree\r\nmoney", "free money"},
               {"no blank line\nat all", ""},
               {"", ""},
               {"\n\n", ""},
               {"\n\na", "a"},
               {"h\n\nfirst\n\nsecond", "first second"},
               {"h\n\nin<b>to</b>wn", "in to wn"},
               {"h\n\na<img\nsrc=\"x\"\n>b", "a b"},
               {"h\n\na < b c", "a b c"},
               {"h\n\na <b <c> d", "a d"},
               {"h\n\n<a><b>c<d", "c d"},
               {"h\n\nna\xefve caf\xe9 x2y", "na ve caf x y"},
               {"h\n\na\r\nb\rc", "a b c"},
               {"h\r\r\n\r\n\r\nx", "x"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) words_are(known[i].mail, strlen(known[i].mail), known[i].words);
  words_are("h\n\na\0b", 6, "a b");
}

Test(mails, a_list_finds_what_was_entered) {
  word_list *words = word_list_new();
  char word[16];
  for (int i = 0; i < 5000; i++)
    cr_assert_eq(word_list_enter(words, word, (size_t)snprintf(word, sizeof word, "w%d", i)), i);
  for (int i = 0; i < 5000; i++) {
    snprintf(word, sizeof word, "w%d", i);
    cr_assert_eq(word_list_find(words, word), i);
    cr_assert_eq(word_list_enter(words, word, strlen(word)), i);
  }
  cr_expect_eq(word_list_find(words, "w"), -1);
  cr_expect_eq(word_list_find(words, "w50000"), -1);
  cr_expect_eq(word_list_count(words), 5000);
  word_list_free(words);
}

static void put(const char *directory, const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *out = fopen(path, "w");
  cr_assert(out && fputs(text, out) >= 0 && !fclose(out));
}

Test(mails, groups_are_read_in_the_order_of_names) {
  char directory[] = "/tmp/assay-mails-XXXXXX", command[64];
  mail_corpus c = {0};
  assay_error error;
  int vocabulary[8], frequency[8];
  cr_assert(mkdtemp(directory));
  cr_expect_eq(mail_read_group(directory, 1, 1, &c, &error), ASSAY_NO_DATA, "an empty directory");
  put(directory, "2.txt", "\n\nb a b");
  put(directory, "10.txt", "\n\na c c");
  put(directory, "3.txt", "\n\n");
  put(directory, "4.json", "\n\nz z z");
  cr_assert_eq(mail_read_group(directory, 1, 1, &c, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(mail_read_group(directory, -1, 0, &c, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(c.count, 5);
  cr_expect(c.label[0] == 1 && c.label[1] == 1 && c.label[2] == -1 && c.label[4] == -1 && c.length[4] == 0);
  cr_expect_str_eq(word_list_word(c.words, c.tokens[0][1]), "c");
  cr_assert_eq(mail_vocabulary(&c, NULL, 8, vocabulary, frequency), 3);
  cr_expect_str_eq(word_list_word(c.words, vocabulary[0]), "a");
  cr_expect_str_eq(word_list_word(c.words, vocabulary[1]), "b");
  cr_expect(frequency[0] == 4 && frequency[1] == 2 && frequency[2] == 2);
  cr_expect_eq(mail_vocabulary(&c, (const unsigned char[]){1, 0, 0, 0, 0}, 1, vocabulary, frequency), 1);
  mail_free(&c);
  cr_expect_eq(mail_vocabulary(&c, NULL, 8, vocabulary, frequency), 0, "an empty corpus");
  snprintf(command, sizeof command, "rm -r %s", directory);
  cr_assert_eq(system(command), 0);
  cr_expect_eq(mail_read_group(directory, 1, 1, &c, &error), ASSAY_NO_DATA, "no directory");
}

/* Counts made with another program by the same rule. */
Test(mails, the_installed_corpus_is_what_it_should_be) {
  static const struct {
    const char *word;
    int frequency;
  } first[] = {{"to", 3734}, {"the", 3724}, {"a", 3533}, {"and", 3368}, {"of", 3189}, {"in", 3091}, {"is", 3018}, {"for", 2934}};
  mail_corpus c;
  assay_error error;
  int vocabulary[1000], frequency[1000], spam = 0;
  long total = 0;
  if (data_check("spam-assassin", &error) != ASSAY_OK) return;
  cr_assert_eq(mail_read(20, &c, &error), ASSAY_OK, "%s", error.text);
  unsigned char *used = calloc((size_t)word_list_count(c.words), 1);
  for (int i = 0; i < c.count; i++) {
    spam += c.label[i] > 0;
    total += c.length[i];
    for (int t = 0; t < c.length[i]; t++) used[c.tokens[i][t]] = 1;
  }
  long distinct = 0;
  for (int w = 0; w < word_list_count(c.words); w++) distinct += used[w];
  free(used);
  cr_expect(c.count == 4253 && spam == 1856, "%d mails, %d spam", c.count, spam);
  cr_expect(total == 1439312 && distinct == 130006, "%ld tokens, %ld distinct", total, distinct);
  cr_assert_eq(mail_vocabulary(&c, NULL, 1000, vocabulary, frequency), 1000);
  for (int i = 0; i < 8; i++) {
    cr_expect_str_eq(word_list_word(c.words, vocabulary[i]), first[i].word);
    cr_expect_eq(frequency[i], first[i].frequency, "%s %d", first[i].word, frequency[i]);
  }
  cr_expect_str_eq(word_list_word(c.words, vocabulary[999]), "paying");
  cr_expect_eq(frequency[999], 97);
  mail_free(&c);
}
