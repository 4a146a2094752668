#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/compare-baseline/helpers.h"

Test(baseline, what_is_read_is_written_the_same) {
  baseline b;
  assay_error error;
  cr_assert_eq(read_text(baseline_text, strlen(baseline_text), &b, &error), ASSAY_OK, "%s", error.text);
  char *text = written_text(&b);
  cr_assert_str_eq(text, baseline_text);
  free(text);
  baseline_free(&b);
}

Test(baseline, every_field_arrives) {
  baseline b;
  assay_error error;
  cr_assert_eq(read_text(baseline_text, strlen(baseline_text), &b, &error), ASSAY_OK, "%s", error.text);
  cr_assert(b.tier == ASSAY_QUICK && b.seed == 1 && b.judged && b.n_patterns == 1);
  const baseline_claim *claim = baseline_find_claim(&b, "p/one");
  cr_assert(claim && claim->verdict == ASSAY_VERDICT_PASS && claim->n_cells == 2);
  const baseline_cell *cell = baseline_find_cell(claim, "A:x");
  cr_assert(cell && cell->theory == 1 && cell->theory_error == 0x1p-40 && cell->margin == 0.25 && cell->estimate == 1.125);
  cr_assert(cell->se == 0.03125 && cell->lo == 1 && cell->hi == 1.25 && cell->used == 1024 && cell->look == 4);
  cr_assert(cell->n_controls == 1 && cell->controls[0].rejected && cell->controls[0].distance == 3);
  cr_assert_str_eq(cell->controls[0].name, "far off");
  cr_assert(isnan(claim->cells[1].se) && claim->cells[1].theory == -INFINITY);
  const baseline_run *run = baseline_find_run(&b, "0123456789abcdef");
  cr_assert(run && run->stored == 1024 && run->kept == 3 && run->state[1] == RUN_FAILED && run->seconds == 0.001);
  const baseline_column *y = baseline_find_column(run, "t=1:y");
  cr_assert(y && y->value[0] == 0x1p-30 && signbit(y->value[2]));
  baseline_free(&b);
}

Test(baseline, windows_line_ends_comments_and_indentation_do_not_matter) {
  baseline b;
  assay_error error;
  cr_assert_eq(read_replaced(baseline_text, "tier quick\n", "\r\n# a remark\n   tier   quick  \r\n", &b, &error), ASSAY_OK, "%s",
               error.text);
  char *text = written_text(&b);
  cr_assert_str_eq(text, baseline_text);
  free(text);
  baseline_free(&b);
}

/* What is wrong, where, and words of the message. */
static const struct {
  const char *from, *to, *where, *says;
} mistakes[] = {
    {"assay-baseline 1", "assay-baseline 2", "file", "not a baseline"},
    {"tier quick", "tier fast", "line 3", "quick, standard, deep"},
    {"seed 1\n", "seed -1\n", "line 4", "whole number"},
    {"seed 1\n", "seed 18446744073709551616\n", "line 4", "whole number"},
    {"seed 1\n", "seed 1\nseed 1\n", "line 5", "second 'seed'"},
    {"judged yes", "judged perhaps", "line 7", "yes or no"},
    {"machine CPU; BLAS; gcc\n", "", "line", "head is not complete"},
    {"claim pass p/one", "claim p/one", "line 10", "verdict and an id"},
    {"claim pass p/one\n", "", "line 10", "without its claim"},
    {"cell exploratory B:y", "cell pass A:x", "line 24", "second time"},
    {"theory 0x1p+0 1\n", "theory 0x1p+0 2\n", "line 12", "not the same number"},
    {"theory 0x1p+0 1\n", "theory nan nan\n", "line 12", "takes a number"},
    {"theory 0x1p+0 1\n", "theory 0x1p+0\n", "line 12", "takes a number"},
    {"theory 0x1p+0 1\n", "theory 0x1p+0 1 1\n", "line 12", "takes a number"},
    {"margin", "theory", "line 14", "second 'theory'"},
    {"used 1024", "used many", "line 19", "number of replicates"},
    {"look 4", "look 17", "line 20", "at most 16"},
    {"runs 0123456789abcdef", "runs 012345678", "line 21", "name of a run"},
    {"control rejected", "control maybe", "line 22", "rejected"},
    {"run 0123456789abcdef\n  text", "run xyz\n  text", "line 31", "name of a run"},
    {"  key 00", "  key 0", "line 34", "64 hexadecimal"},
    {"  key 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", "", "line 40", "lacks its text"},
    {"states ok failed ok", "states ok broken ok", "line 36", "ok, failed, discarded"},
    {"states ok failed ok", "states ok ok ok ok ok", "line 36", "more than 4"},
    {"value t=1:x 0x1p+0 - 0x1p+1", "value t=1:x 0x1p+0 1 0x1p+1", "line 37", "is not '-'"},
    {"value t=1:x 0x1p+0 - 0x1p+1", "value t=1:x 0x1p+0 - inf", "line 37", "finite"},
    {"value t=1:x 0x1p+0 - 0x1p+1", "value t=1:x 0x1p+0 -", "line 37", "finite"},
    {"value t=1:x 0x1p+0 - 0x1p+1", "value t=1:x 0x1p+0 - 1 1", "line 37", "more values"},
    {"value t=1:y", "value t=1:x", "line 38", "second time"},
    {"speed 0123456789abcdef 0.001", "speed 0123456789abcdef -1", "line 41", "seconds"},
    {"speed 0123456789abcdef", "speed fedcba9876543210", "line 41", "run above"},
    {"# what", "what", "line 40", "not a word"},
    {"gcc", "g\x01", "line 6", "not text"},
};

Test(baseline, mistakes_are_told_with_their_line) {
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    baseline b;
    assay_error error;
    cr_expect_eq(read_replaced(baseline_text, mistakes[i].from, mistakes[i].to, &b, &error), ASSAY_USAGE, "'%s'", mistakes[i].to);
    cr_expect(strstr(error.text, mistakes[i].where) && strstr(error.text, mistakes[i].says), "'%s': %s", mistakes[i].to, error.text);
    cr_expect(b.claims == NULL && b.runs == NULL && b.version == NULL);
  }
}

Test(baseline, every_beginning_of_a_baseline_is_read_or_refused) {
  size_t whole = strlen(baseline_text);
  for (size_t n = 1; n < whole; n++) {
    baseline b;
    assay_error error;
    if (read_text(baseline_text, n, &b, &error) == ASSAY_OK) baseline_free(&b);
    else cr_expect(error.text[0] != 0);
  }
}

Test(baseline, a_line_without_end_is_refused) {
  size_t size = 1 << 20;
  char *text = malloc(size);
  baseline b;
  assay_error error;
  cr_assert(text);
  memset(text, 'x', size);
  memcpy(text, "assay-baseline 1\nversion ", 25);
  cr_expect_eq(read_text(text, size, &b, &error), ASSAY_USAGE);
  cr_expect(strstr(error.text, "line 2") && strstr(error.text, "65536"), "%s", error.text);
  free(text);
}

Test(baseline, more_cells_than_any_claim_has_are_refused) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  baseline b;
  assay_error error;
  cr_assert(out);
  fputs("assay-baseline 1\nclaim pass p/one\n", out);
  for (int i = 0; i < 5000; i++) fprintf(out, "cell pass %d\n", i);
  fclose(out);
  cr_expect_eq(read_text(text, size, &b, &error), ASSAY_USAGE);
  cr_expect(strstr(error.text, "more than 4096 cells"), "%s", error.text);
  free(text);
}
