#include "reports/fields.h"
#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"

static void put_header(FILE *out) {
  fputs("paper,claim", out);
  for (const report_field *f = report_cell_fields; f->name; f++) fprintf(out, ",%s", f->name);
  fputs(",controls,seconds\n", out);
}

static void put_field(const assay_cell_result *cell, int field, FILE *out) {
  switch (report_cell_fields[field].type) {
  case REPORT_TEXT:
  case REPORT_VERDICT:
    report_csv_field(report_field_text(cell, field), out);
    break;
  case REPORT_NUMBER:
    fputs(report_exact(report_field_number(cell, field)).text, out);
    break;
  case REPORT_INT:
  case REPORT_LONG:
    fprintf(out, "%ld", report_field_integer(cell, field));
    break;
  }
}

/* Every control with its distance. Names are identifiers; the quotes keep any other name from breaking the
 * row. */
static void put_controls(const assay_cell_result *cell, FILE *out) {
  if (!cell->n_controls) return;
  putc('"', out);
  for (int i = 0; i < cell->n_controls; i++) {
    const assay_control_result *control = &cell->controls[i];
    fprintf(out, "%s%s", i ? "; " : "", control->rejected ? "" : "!");
    for (const char *name = control->name; name && *name; name++) putc(*name == '"' ? '\'' : *name, out);
    fprintf(out, "=%s", report_exact(control->distance).text);
  }
  putc('"', out);
}

static void put_cell(const assay_claim_result *claim, const assay_cell_result *cell, FILE *out) {
  report_csv_field(claim->paper->slug, out);
  putc(',', out);
  report_csv_field(claim->claim->id, out);
  for (int field = 0; report_cell_fields[field].name; field++) {
    putc(',', out);
    put_field(cell, field, out);
  }
  putc(',', out);
  put_controls(cell, out);
  fprintf(out, ",%s\n", report_exact(cell->seconds).text);
}

assay_status report_write_csv(const assay_results *results, FILE *out, assay_error *error) {
  put_header(out);
  for (int i = 0; i < results->n_claims; i++)
    for (int j = 0; j < results->claims[i].n_cells; j++)
      put_cell(&results->claims[i], &results->claims[i].cells[j], out);
  return report_flush(out, error);
}
