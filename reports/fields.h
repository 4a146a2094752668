/* The fields of a cell that go as they are into tables for programs: one list behind the columns of the CSV
 * file and the members of the JSON objects, so that both have the same names in the same order. */
#ifndef ASSAY_REPORTS_FIELDS_H
#define ASSAY_REPORTS_FIELDS_H

#include <stddef.h>

#include "compare/result.h"

typedef enum { REPORT_TEXT, REPORT_NUMBER, REPORT_INT, REPORT_LONG, REPORT_VERDICT } report_field_type;

typedef struct {
  const char *name;
  report_field_type type;
  size_t offset; /* in assay_cell_result */
} report_field;

/* Ended by an entry whose name is NULL. */
extern const report_field report_cell_fields[];

/* Field number `field` of the cell; the one that belongs to the type (REPORT_VERDICT: its name) is returned.
 */
const char *report_field_text(const assay_cell_result *cell, int field);
double report_field_number(const assay_cell_result *cell, int field);
long report_field_integer(const assay_cell_result *cell, int field);

#endif
