#include "reports/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reports/helpers.h"

static void check(void (*put)(const char *, FILE *), const char *text, const char *expected) {
  char *made = written(put, text);
  cr_expect_str_eq(made, expected);
  free(made);
}

static void check_codes(const char *text, const uint32_t *expected) {
  const char *at = text;
  for (; *expected; expected++) cr_expect_eq(report_utf8_next(&at), *expected, "in '%s'", text);
  cr_expect_eq(report_utf8_next(&at), 0u);
  cr_expect_eq(*at, '\0');
}

/* The boundaries of RFC 3629, section 3 and 10. */
Test(reports_text, well_formed_utf8) {
  check_codes("a\x7F", (uint32_t[]){'a', 0x7F, 0});
  check_codes("\xC2\x80\xDF\xBF", (uint32_t[]){0x80, 0x7FF, 0});
  check_codes("\xE0\xA0\x80\xEF\xBF\xBF", (uint32_t[]){0x800, 0xFFFF, 0});
  check_codes("\xED\x9F\xBF\xEE\x80\x80", (uint32_t[]){0xD7FF, 0xE000, 0});
  check_codes("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", (uint32_t[]){0x10000, 0x10FFFF, 0});
}

Test(reports_text, malformed_utf8_is_replaced_byte_by_byte) {
  const uint32_t bad = 0xFFFD;
  check_codes("\x80z", (uint32_t[]){bad, 'z', 0});
  check_codes("\xC0\x80", (uint32_t[]){bad, bad, 0});
  check_codes("\xE0\x9F\xBF", (uint32_t[]){bad, bad, bad, 0});
  check_codes("\xED\xA0\x80", (uint32_t[]){bad, bad, bad, 0});
  check_codes("\xF4\x90\x80\x80", (uint32_t[]){bad, bad, bad, bad, 0});
  check_codes("\xE2\x89", (uint32_t[]){bad, bad, 0});
  check_codes("\xC3(", (uint32_t[]){bad, '(', 0});
  check_codes("\xFF\xFE", (uint32_t[]){bad, bad, 0});
}

Test(reports_text, null_is_empty) {
  check(report_json_string, NULL, "\"\"");
  check(report_xml, NULL, "");
  check(report_csv_field, NULL, "");
  check(report_markdown, NULL, "");
  check(report_tap_line, NULL, "");
  cr_expect_eq(report_width(NULL), 0);
}

Test(reports_text, json) {
  check(report_json_string, "a\"b\\c\n\t\x01\x7F/\xCE\xB3\xFF",
        "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f/\xCE\xB3\xEF\xBF\xBD\"");
}

Test(reports_text, xml) {
  check(report_xml, "<a b=\"c\">&'\n\t", "&lt;a b=&quot;c&quot;&gt;&amp;'&#10;&#9;");
  check(report_xml, "\x01\x1b[0m\xEF\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD[0m\xEF\xBF\xBD");
}

static void shortened(const char *text, FILE *out) {
  report_xml_short(text, 7, out);
}

Test(reports_text, short_texts_are_kept_and_long_ones_lose_their_middle) {
  check(shortened, "abcdefg", "abcdefg");
  check(shortened, "abcdefgh", "abcd\xE2\x80\xA6gh");
  check(shortened, "\xCE\xB1\xCE\xB2\xCE\xB3\xCE\xB4\xCE\xB5\xCE\xB6\xCE\xB7\xCE\xB8",
        "\xCE\xB1\xCE\xB2\xCE\xB3\xCE\xB4\xE2\x80\xA6\xCE\xB7\xCE\xB8");
}

Test(reports_text, csv) {
  check(report_csv_field, "plain text", "plain text");
  check(report_csv_field, "a,b", "\"a,b\"");
  check(report_csv_field, "say \"x\"\r\n", "\"say \"\"x\"\"\r\n\"");
}

Test(reports_text, markdown) {
  check(report_markdown, "a|b *c* `d`\n <e> [f] x_1", "a\\|b \\*c\\* \\`d\\` \\<e\\> \\[f\\] x\\_1");
  check(report_markdown_code, "a|b`c\n", "`a\\|b'c `");
}

Test(reports_text, tap_has_one_line_and_no_directive) {
  check(report_tap_line, "  two\n\n lines # SKIP \\", "two lines \\# SKIP \\\\");
}

Test(reports_text, a_full_disk_is_an_error) {
  FILE *full = fopen("/dev/full", "w");
  cr_assert(full);
  assay_error error = {ASSAY_OK, ""};
  fputs("text", full);
  cr_expect_eq(report_flush(full, &error), ASSAY_IO);
  cr_expect(strstr(error.text, "No space left"), "%s", error.text);
  fclose(full);
}
