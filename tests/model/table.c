#include "model/data/table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "model/data/data.h"

static char path[] = "/tmp/assay-table-XXXXXX";
static const table_form form = {2, 3, 2, 1, -10, 100};

static void write_file(const char *text, size_t size) {
  strcpy(path, "/tmp/assay-table-XXXXXX");
  int handle = mkstemp(path);
  cr_assert(handle >= 0 && write(handle, text, size) == (ssize_t)size && !close(handle));
}

Test(table, reads_what_was_written) {
  data_table t;
  assay_error error;
  write_file("2,3,good,bad\n1,-2.5,3e1,0\r\n4,5,6,1\n", 35);
  cr_assert_eq(table_read_file(path, &form, &t, &error), ASSAY_OK, "%s", error.text);
  cr_expect(t.n == 2 && t.d == 3 && t.classes == 2 && t.label[0] == 0 && t.label[1] == 1);
  const double x[] = {1, -2.5, 30, 4, 5, 6};
  cr_expect(!memcmp(t.x, x, sizeof x));
  table_free(&t);
  unlink(path);
}

Test(table, says_what_is_wrong_and_where) {
  static const struct {
    const char *text, *says;
  } bad[] = {{"", "ends after 0 of 2"},
             {"2,3,a,b\n1,2,3,0\n", "ends after 1 of 2 rows"},
             {"2,3,a,b\n1,2,3,0\n4,5,6,1\n7,8,9,1\n", "more than 2 rows"},
             {"3,3,a,b\n1,2,3,0\n4,5,6,1\n", "announces 3 rows"},
             {"2,3,a\n1,2,3,0\n4,5,6,1\n", "1 classes"},
             {"2,3,a,b\n1,2,0\n4,5,6,1\n", "field 4 of line 2 is missing"},
             {"2,3,a,b\n1,2,3,0,5\n4,5,6,1\n", "field 5 of line 2 is one too many"},
             {"2,3,a,b\n1,2,3,0\n4,,6,1\n", "field 2 of line 3 is empty"},
             {"2,3,a,b\n1,2,3,0\n4,5x,6,1\n", "field 2 of line 3 is not a number"},
             {"2,3,a,b\n1,nan,3,0\n4,5,6,1\n", "field 2 of line 2 is not a number"},
             {"2,3,a,b\n1,2,101,0\n4,5,6,1\n", "field 3 of line 2 lies outside"},
             {"2,3,a,b\n1,2,3,2\n4,5,6,1\n", "field 4 of line 2 is no class"},
             {"2,3,a,b\n1,2,3,.5\n4,5,6,1\n", "is no class"},
             {"2,3,a,b\n1,2,3,0\n4,5,6,1", "line 3 is cut short"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    data_table t;
    assay_error error;
    write_file(bad[i].text, strlen(bad[i].text));
    cr_expect_eq(table_read_file(path, &form, &t, &error), ASSAY_NO_DATA, "%s", bad[i].says);
    cr_expect(strstr(error.text, bad[i].says), "\"%s\" does not say \"%s\"", error.text, bad[i].says);
    cr_expect(!t.x && !t.label);
    unlink(path);
  }
}

Test(table, a_compressed_file_that_was_cut_is_refused) {
  unsigned char bytes[4096];
  char text[3000];
  size_t size = 0;
  const table_form long_form = {400, 1, 2, 0, 0, 1e9};
  data_table t;
  assay_error error;
  for (int i = 0; i < 400; i++) size += (size_t)sprintf(text + size, "%d,%d\n", i * 7919 % 997, i % 2);
  write_file("", 0);
  gzFile file = gzopen(path, "wb");
  cr_assert(gzwrite(file, text, (unsigned)size) == (int)size && gzclose(file) == Z_OK);
  FILE *in = fopen(path, "rb");
  const size_t whole = fread(bytes, 1, sizeof bytes, in);
  fclose(in);
  cr_assert_eq(table_read_file(path, &long_form, &t, &error), ASSAY_OK, "%s", error.text);
  table_free(&t);
  for (size_t cut = 1; cut < whole; cut += 37) {
    cr_assert_eq(truncate(path, (off_t)(whole - cut)), 0);
    cr_expect_eq(table_read_file(path, &long_form, &t, &error), ASSAY_NO_DATA, "cut by %zu", cut);
  }
  unlink(path);
}

/* Class counts and the sum of all features, from the sets' descriptions, and a sum by awk. */
Test(table, the_installed_sets_are_what_they_should_be) {
  static const struct {
    const char *set;
    int n, d, counts[10];
    double sum;
  } known[] = {{"digits", 1797, 64, {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, 561718},
               {"breast-cancer", 569, 30, {212, 357}, 0},
               {"wine", 178, 13, {59, 71, 48}, 0}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    data_table t;
    assay_error error;
    int counts[10] = {0};
    double sum = 0;
    if (data_check(known[i].set, &error) != ASSAY_OK) continue;
    cr_assert_eq(table_read(known[i].set, &t, &error), ASSAY_OK, "%s", error.text);
    cr_assert(t.n == known[i].n && t.d == known[i].d);
    for (int r = 0; r < t.n; r++) counts[t.label[r]]++;
    for (int j = 0; j < t.n * t.d; j++) sum += t.x[j];
    cr_expect(!memcmp(counts, known[i].counts, sizeof counts), "%s", known[i].set);
    if (known[i].sum > 0) cr_expect_eq(sum, known[i].sum, "%s: %.17g", known[i].set, sum);
    table_free(&t);
  }
}

Test(table, absent_sets_name_their_package) {
  data_table t;
  assay_error error;
  setenv("ASSAY_DATA", "/nowhere", 1);
  cr_expect_eq(table_read("wine", &t, &error), ASSAY_NO_DATA);
  cr_expect(strstr(error.text, "/nowhere/wine_data.csv") && strstr(error.text, "python3-sklearn"), "%s", error.text);
  cr_expect_eq(data_check("digits,fashion-mnist", &error), ASSAY_NO_DATA);
  cr_expect_eq(data_check("spam-assassin", &error), ASSAY_NO_DATA);
  cr_expect(strstr(error.text, "npm"), "%s", error.text);
  cr_expect_eq(table_read("iris", &t, &error), ASSAY_NO_DATA);
}
