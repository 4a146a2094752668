#include "model/data/table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model/data/data.h"

static const struct {
  const char *set;
  table_form form;
} known[] = {{"digits", {1797, 64, 10, false, 0, 16}},
             {"breast-cancer", {569, 30, 2, true, 0, 1e5}},
             {"wine", {178, 13, 3, true, 0, 1e5}}};

void table_free(data_table *table) {
  free(table->x);
  free(table->label);
  *table = (data_table){0};
}

/* ---- lines ---- */

typedef struct {
  gzFile file;
  const char *path;
  int line; /* of the one in text, from 1 */
  char text[1 << 14];
} reader;

/* The next line, without its end, into in->text. *there is false at the end of the file. A file that was cut short, in a line or in the
 * compressed stream, is refused. */
static assay_status next_line(reader *in, bool *there, assay_error *error) {
  int code;
  *there = gzgets(in->file, in->text, sizeof in->text) != NULL;
  const char *trouble = gzerror(in->file, &code);
  if (code != Z_OK && code != Z_STREAM_END)
    return assay_error_set(error, ASSAY_NO_DATA, "%s is damaged or cut short after line %d (%s)", in->path, in->line, trouble);
  if (!*there) return ASSAY_OK;
  in->line++;
  size_t length = strlen(in->text);
  if (!length || in->text[length - 1] != '\n')
    return assay_error_set(error, ASSAY_NO_DATA, "%s: line %d is cut short or too long", in->path, in->line);
  in->text[--length] = 0;
  if (length && in->text[length - 1] == '\r') in->text[length - 1] = 0;
  return ASSAY_OK;
}

/* ---- fields ---- */

static assay_status bad_field(const reader *in, int field, const char *why, assay_error *error) {
  return assay_error_set(error, ASSAY_NO_DATA, "%s: field %d of line %d %s", in->path, field + 1, in->line, why);
}

/* The number at *at, which a comma ends, or the line's end when it is the last one; moves behind it. */
static assay_status take(const reader *in, char **at, int field, bool last, double *value, assay_error *error) {
  char *end;
  if (!**at) return bad_field(in, field, "is missing", error);
  if (strchr(" \t,", **at)) return bad_field(in, field, "is empty or begins with a blank", error);
  *value = strtod(*at, &end);
  if (end == *at || !isfinite(*value) || (*end && *end != ',')) return bad_field(in, field, "is not a number", error);
  if (last && *end) return bad_field(in, field + 1, "is one too many", error);
  *at = end + (*end == ',');
  return ASSAY_OK;
}

static assay_status read_row(const reader *in, char *text, const table_form *form, double *x, int *label, assay_error *error) {
  double class = 0;
  for (int j = 0; j < form->d; j++) {
    assay_status status = take(in, &text, j, false, &x[j], error);
    if (status != ASSAY_OK) return status;
    if (!(x[j] >= form->lo && x[j] <= form->hi)) return bad_field(in, j, "lies outside the range of its feature", error);
  }
  assay_status status = take(in, &text, form->d, true, &class, error);
  if (status != ASSAY_OK) return status;
  if (!(class >= 0 && class < form->classes && class == floor(class))) return bad_field(in, form->d, "is no class", error);
  *label = (int)class;
  return ASSAY_OK;
}

/* "n,d,class,class,..." */
static assay_status check_header(const reader *in, char *text, const table_form *form, assay_error *error) {
  double n = 0, d = 0;
  assay_status status = take(in, &text, 0, false, &n, error);
  if (status == ASSAY_OK) status = take(in, &text, 1, false, &d, error);
  int classes = *text != 0;
  for (const char *c = text; *c; c++) classes += *c == ',';
  if (status == ASSAY_OK && !(n == form->n && d == form->d && classes == form->classes))
    return assay_error_set(error, ASSAY_NO_DATA, "%s announces %g rows, %g features and %d classes; it should have %d, %d and %d", in->path,
                           n, d, classes, form->n, form->d, form->classes);
  return status;
}

static assay_status read_all(reader *in, const table_form *form, data_table *table, assay_error *error) {
  bool there = true;
  assay_status status = ASSAY_OK;
  if (form->header) {
    status = next_line(in, &there, error);
    if (status == ASSAY_OK && there) status = check_header(in, in->text, form, error);
  }
  for (int i = 0; status == ASSAY_OK && i < form->n; i++) {
    status = next_line(in, &there, error);
    if (status == ASSAY_OK && !there)
      return assay_error_set(error, ASSAY_NO_DATA, "%s ends after %d of %d rows", in->path, i, form->n);
    if (status == ASSAY_OK)
      status = read_row(in, in->text, form, table->x + (size_t)i * (size_t)form->d, &table->label[i], error);
  }
  if (status == ASSAY_OK) status = next_line(in, &there, error);
  if (status == ASSAY_OK && there)
    return assay_error_set(error, ASSAY_NO_DATA, "%s has more than %d rows", in->path, form->n);
  return status;
}

assay_status table_read_file(const char *path, const table_form *form, data_table *table, assay_error *error) {
  const size_t n = (size_t)form->n, d = (size_t)form->d;
  reader *in = malloc(sizeof *in);
  *table = (data_table){form->n, form->d, form->classes, malloc(n * d * sizeof(double)), malloc(n * sizeof(int))};
  assay_status status = ASSAY_OK;
  if (!in || !table->x || !table->label) status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory to read %s", path);
  if (status == ASSAY_OK) {
    in->file = gzopen(path, "rb");
    in->path = path;
    in->line = 0;
    if (!in->file) status = assay_error_set(error, ASSAY_NO_DATA, "%s cannot be read", path);
  }
  if (status == ASSAY_OK) {
    status = read_all(in, form, table, error);
    gzclose(in->file); /* reading errors were seen above */
  }
  free(in);
  if (status != ASSAY_OK) table_free(table);
  return status;
}

assay_status table_read(const char *set, data_table *table, assay_error *error) {
  char path[4096];
  *table = (data_table){0};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(known[i].set, set) != 0) continue;
    const data_set *entry = data_find(set);
    if (!entry) break;
    assay_status status = data_path(entry, entry->files[0], path, sizeof path, error);
    return status == ASSAY_OK ? table_read_file(path, &known[i].form, table, error) : status;
  }
  return assay_error_set(error, ASSAY_NO_DATA, "there is no table %s; there are digits, breast-cancer and wine", set);
}
