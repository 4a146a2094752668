#include "tests/compare-baseline/helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

const char baseline_text[] =
    "assay-baseline 1\n"
    "version 0.1.0\n"
    "tier quick\n"
    "seed 1\n"
    "fingerprint abc\n"
    "machine CPU; BLAS; gcc\n"
    "judged yes\n"
    "pattern p/*\n"
    "\n"
    "claim pass p/one\n"
    "cell pass A:x\n"
    "  theory 0x1p+0 1\n"
    "  theory-error 0x1p-40 9.0949470177292824e-13\n"
    "  margin 0x1p-2 0.25\n"
    "  estimate 0x1.2p+0 1.125\n"
    "  se 0x1p-5 0.03125\n"
    "  lo 0x1p+0 1\n"
    "  hi 0x1.4p+0 1.25\n"
    "  used 1024\n"
    "  look 4\n"
    "  runs 0123456789abcdef\n"
    "  control rejected far off\n"
    "  distance 0x1.8p+1 3\n"
    "cell exploratory B:y\n"
    "  theory -inf -inf\n"
    "  estimate 0x0p+0 0\n"
    "  used 1024\n"
    "  look 4\n"
    "  runs 0123456789abcdef\n"
    "\n"
    "run 0123456789abcdef\n"
    "  text seed=1 experiment=p/e d=10\n"
    "  address p/one/A/10\n"
    "  key 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
    "  stored 1024\n"
    "  states ok failed ok\n"
    "  value t=1:x 0x1p+0 - 0x1p+1\n"
    "  value t=1:y 0x1p-30 - -0x0p+0\n"
    "\n"
    "# what depends on the moment\n"
    "speed 0123456789abcdef 0.001\n";

assay_status read_text(const char *text, size_t size, baseline *out, assay_error *error) {
  FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
  cr_assert(in);
  *error = (assay_error){0};
  assay_status status = baseline_read(in, "file", out, error);
  fclose(in);
  return status;
}

assay_status read_replaced(const char *text, const char *from, const char *to, baseline *out, assay_error *error) {
  const char *at = strstr(text, from);
  char *made = NULL;
  cr_assert(at, "'%s' is not in the text", from);
  cr_assert(asprintf(&made, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
  assay_status status = read_text(made, strlen(made), out, error);
  free(made);
  return status;
}

char *written_text(const baseline *b) {
  char *text = NULL;
  size_t size;
  assay_error error = {0};
  FILE *out = open_memstream(&text, &size);
  cr_assert(out);
  cr_assert_eq(baseline_write(b, out, &error), ASSAY_OK);
  fclose(out);
  return text;
}

const diff *diff_replaced(const char *from, const char *to) {
  static baseline a, b;
  static diff d;
  assay_error error;
  diff_free(&d);
  baseline_free(&a);
  baseline_free(&b);
  cr_assert_eq(read_text(baseline_text, strlen(baseline_text), &a, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(read_replaced(baseline_text, from, to, &b, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(diff_make(&a, &b, &d, &error), ASSAY_OK);
  return &d;
}
