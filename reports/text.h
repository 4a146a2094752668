/* Text as each format wants it. Everywhere NULL is the empty text, and bytes that are not UTF-8 become
 * U+FFFD. */
#ifndef ASSAY_REPORTS_TEXT_H
#define ASSAY_REPORTS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/status.h"

/* The code point at *s, which is moved behind it; U+FFFD for a byte that begins no well-formed sequence (RFC
 * 3629: overlong forms, surrogates and values above U+10FFFF are not). 0 at the end, where *s stays. */
uint32_t report_utf8_next(const char **s);
/* Code points: the width of a text in a fixed-width font, for the characters that reports use. */
int report_width(const char *s);

/* Quoted and escaped (RFC 8259); also a double-quoted YAML scalar. */
void report_json_string(const char *s, FILE *out);
/* For element content and attributes. What XML 1.0 cannot hold becomes U+FFFD; tabs and line ends become
 * references. */
void report_xml(const char *s, FILE *out);
/* At most `most` code points of it, the end kept as well as the beginning with an ellipsis between. most
 * >= 3. */
void report_xml_short(const char *s, int most, FILE *out);
/* Quoted when it has a comma, a quotation mark or a line end (RFC 4180). */
void report_csv_field(const char *s, FILE *out);
/* Inline Markdown: characters with a meaning are escaped, white space and control characters become single
 * spaces. */
void report_markdown(const char *s, FILE *out);
/* A code span, also inside a table; a backtick becomes an apostrophe. */
void report_markdown_code(const char *s, FILE *out);
/* A description in a TAP line: one line, with "#" and "\" escaped. */
void report_tap_line(const char *s, FILE *out);

/* Flushes. ASSAY_IO when this or an earlier write failed. */
assay_status report_flush(FILE *out, assay_error *error);

#endif
