#include "reports/fields.h"

#include <stddef.h>
#include <string.h>

#define FIELDS(field)                                                                                        \
  field(id, REPORT_TEXT) field(target, REPORT_TEXT) field(point, REPORT_TEXT) field(params, REPORT_TEXT)     \
      field(sizes, REPORT_TEXT) field(unit, REPORT_TEXT) field(estimand, REPORT_TEXT)                        \
          field(side, REPORT_INT) field(verdict, REPORT_VERDICT) field(reason, REPORT_TEXT)                  \
              field(theory, REPORT_NUMBER) field(theory_error, REPORT_NUMBER) field(estimate, REPORT_NUMBER) \
                  field(lo, REPORT_NUMBER) field(hi, REPORT_NUMBER) field(d, REPORT_NUMBER)                  \
                      field(demonstrated, REPORT_NUMBER) field(demonstrated_relative, REPORT_NUMBER)         \
                          field(margin, REPORT_NUMBER) field(margin_bias, REPORT_NUMBER)                     \
                              field(margin_sd, REPORT_NUMBER) field(margin_reason, REPORT_TEXT)              \
                                  field(used, REPORT_LONG) field(failed, REPORT_LONG)                        \
                                      field(discarded, REPORT_LONG) field(look, REPORT_INT)                  \
                                          field(looks, REPORT_INT) field(skew, REPORT_NUMBER)                \
                                              field(drift, REPORT_NUMBER)

#define OFFSET(member, type) offsetof(assay_cell_result, member),
#define ENTRY(member, type) {#member, type},

static const size_t offsets[] = {FIELDS(OFFSET)};
const report_field report_cell_fields[] = {FIELDS(ENTRY){NULL, REPORT_TEXT}};

static const void *at(const assay_cell_result *cell, int field) {
  return (const char *)cell + offsets[field];
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
