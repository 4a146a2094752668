#include "reports/text.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

/* The length of the sequence that `lead` begins, and the least code point that needs it; 0 for no lead byte.
 */
static int sequence_length(unsigned char lead, uint32_t *least) {
  static const uint32_t leasts[] = {0, 0, 0x80, 0x800, 0x10000};
  int length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  *least = leasts[length];
  return length;
}

uint32_t report_utf8_next(const char **s) {
  const unsigned char *at = (const unsigned char *)*s;
  if (!at || !*at) return 0;
  uint32_t least;
  int length = sequence_length(*at, &least);
  uint32_t code = length < 2 ? *at : *at & (0x7Fu >> length);
  *s += 1;
  if (length == 1) return code;
  if (!length) return REPLACEMENT;
  for (int i = 1; i < length; i++) {
    if (at[i] >> 6 != 2) return REPLACEMENT;
    code = code << 6 | (at[i] & 0x3Fu);
  }
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return REPLACEMENT;
  *s += length - 1;
  return code;
}

int report_width(const char *s) {
  int width = 0;
  while (report_utf8_next(&s)) width++;
  return width;
}

static void put_utf8(uint32_t code, FILE *out) {
  static const uint32_t leads[] = {0, 0xC0, 0xE0, 0xF0};
  int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  putc((int)(leads[more] | code >> (6 * more)), out);
  while (more-- > 0) putc((int)(0x80 | (code >> (6 * more) & 0x3F)), out);
}

void report_json_string(const char *s, FILE *out) {
  putc('"', out);
  for (uint32_t code; (code = report_utf8_next(&s));) {
    if (code == '"')
      fputs("\\\"", out);
    else if (code == '\\')
      fputs("\\\\", out);
    else if (code == '\n')
      fputs("\\n", out);
    else if (code == '\t')
      fputs("\\t", out);
    else if (code < 0x20 || code == 0x7F)
      fprintf(out, "\\u%04x", code);
    else
      put_utf8(code, out);
  }
  putc('"', out);
}

static void put_xml(uint32_t code, FILE *out) {
  if (code == '&')
    fputs("&amp;", out);
  else if (code == '<')
    fputs("&lt;", out);
  else if (code == '>')
    fputs("&gt;", out);
  else if (code == '"')
    fputs("&quot;", out);
  else if (code == '\t' || code == '\n' || code == '\r')
    fprintf(out, "&#%u;", code);
  else if (code < 0x20 || code == 0xFFFE || code == 0xFFFF)
    put_utf8(REPLACEMENT, out);
  else
    put_utf8(code, out);
}

void report_xml(const char *s, FILE *out) {
  for (uint32_t code; (code = report_utf8_next(&s));) put_xml(code, out);
}

void report_xml_short(const char *s, int most, FILE *out) {
  int width = report_width(s), tail = most / 3, head = most - 1 - tail;
  for (int i = 0; i < width; i++) {
    uint32_t code = report_utf8_next(&s);
    if (width <= most || i < head || i >= width - tail)
      put_xml(code, out);
    else if (i == head)
      put_utf8(0x2026, out);
  }
}

void report_csv_field(const char *s, FILE *out) {
  if (!s) return;
  int quoted = s[strcspn(s, ",\"\r\n")] != '\0';
  if (quoted) putc('"', out);
  for (uint32_t code; (code = report_utf8_next(&s));) {
    if (code == '"') putc('"', out);
    put_utf8(code, out);
  }
  if (quoted) putc('"', out);
}

/* The text on one line, with a backslash before the characters in `escaped`. */
static void put_line(const char *s, const char *escaped, FILE *out) {
  int space = 0, begun = 0;
  for (uint32_t code; (code = report_utf8_next(&s));) {
    if (code <= ' ' || code == 0x7F) {
      space = begun;
      continue;
    }
    if (space) putc(' ', out);
    if (code < 0x80 && strchr(escaped, (int)code)) putc('\\', out);
    put_utf8(code, out);
    space = 0;
    begun = 1;
  }
}

void report_markdown(const char *s, FILE *out) {
  put_line(s, "\\`*_[]<>|&~$", out);
}

void report_markdown_code(const char *s, FILE *out) {
  putc('`', out);
  for (uint32_t code; (code = report_utf8_next(&s));) {
    if (code == '|') putc('\\', out);
    put_utf8(code == '`' ? '\'' : code < ' ' || code == 0x7F ? ' ' : code, out);
  }
  putc('`', out);
}

void report_tap_line(const char *s, FILE *out) {
  put_line(s, "\\#", out);
}

assay_status report_flush(FILE *out, assay_error *error) {
  errno = 0;
  int failed = fflush(out) || ferror(out);
  if (!failed) return ASSAY_OK;
  return assay_error_set(error, ASSAY_IO, "writing the report failed: %s", strerror(errno ? errno : EIO));
}
