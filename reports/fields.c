#include "reports/fields.h"

#include <stddef.h>
#include <string.h>

#define FIELD(member, type)                                                                                  \
  { #member, REPORT_##type, offsetof(assay_cell_result, member) }

const report_field report_cell_fields[] = {
    FIELD(id, TEXT),
    FIELD(target, TEXT),
    FIELD(point, TEXT),
    FIELD(params, TEXT),
    FIELD(sizes, TEXT),
    FIELD(unit, TEXT),
    FIELD(estimand, TEXT),
    FIELD(side, INT),
    FIELD(verdict, VERDICT),
    FIELD(reason, TEXT),
    FIELD(theory, NUMBER),
    FIELD(theory_error, NUMBER),
    FIELD(estimate, NUMBER),
    FIELD(lo, NUMBER),
    FIELD(hi, NUMBER),
    FIELD(d, NUMBER),
    FIELD(demonstrated, NUMBER),
    FIELD(demonstrated_relative, NUMBER),
    FIELD(margin, NUMBER),
    FIELD(margin_bias, NUMBER),
    FIELD(margin_sd, NUMBER),
    FIELD(margin_reason, TEXT),
    FIELD(used, LONG),
    FIELD(failed, LONG),
    FIELD(discarded, LONG),
    FIELD(look, INT),
    FIELD(looks, INT),
    FIELD(skew, NUMBER),
    FIELD(drift, NUMBER),
    {NULL, REPORT_TEXT, 0},
};

static const void *at(const assay_cell_result *cell, int field) {
  return (const char *)cell + report_cell_fields[field].offset;
}

const char *report_field_text(const assay_cell_result *cell, int field) {
  if (report_cell_fields[field].type == REPORT_VERDICT) return assay_verdict_name(cell->verdict);
  /* Stored in the cell; the other texts are pointed to. */
  if (at(cell, field) == cell->reason) return cell->reason;
  char *text;
  memcpy(&text, at(cell, field), sizeof text);
  return text;
}

double report_field_number(const assay_cell_result *cell, int field) {
  double number;
  memcpy(&number, at(cell, field), sizeof number);
  return number;
}

long report_field_integer(const assay_cell_result *cell, int field) {
  int narrow;
  long wide;
  memcpy(&narrow, at(cell, field), sizeof narrow);
  if (report_cell_fields[field].type == REPORT_INT) return narrow;
  memcpy(&wide, at(cell, field), sizeof wide);
  return wide;
}
