/* Baselines: what is accepted is written as a text that is read back and written the same, and differs from itself in nothing. */
#include "compare/diff.h"
#include "tests/fuzz/fuzz.h"

static char *written(const baseline *b) {
  char *text = NULL;
  size_t size;
  assay_error error = {0};
  FILE *out = open_memstream(&text, &size);
  FUZZ_REQUIRE(out);
  FUZZ_REQUIRE(baseline_write(b, out, &error) == ASSAY_OK && fclose(out) == 0);
  return text;
}

static assay_status read_text(const char *text, size_t size, baseline *b, assay_error *error) {
  FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
  FUZZ_REQUIRE(in);
  assay_status status = baseline_read(in, "text", b, error);
  fclose(in);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  baseline b, again;
  diff d;
  assay_error error = {0};
  if (size == 0) return 0;
  if (read_text((const char *)data, size, &b, &error) != ASSAY_OK) {
    FUZZ_REQUIRE(error.text[0] && b.claims == NULL && b.runs == NULL);
    return 0;
  }
  char *first = written(&b);
  FUZZ_REQUIRE(read_text(first, strlen(first), &again, &error) == ASSAY_OK);
  char *second = written(&again);
  FUZZ_REQUIRE(!strcmp(first, second));
  FUZZ_REQUIRE(diff_make(&b, &again, &d, &error) == ASSAY_OK && !diff_moved(&d, true));
  diff_free(&d);
  free(first);
  free(second);
  baseline_free(&b);
  baseline_free(&again);
  return 0;
}
