#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* ---- tables whose columns line up ---- */

enum { MOST_COLUMNS = 12 };

/* Cells are written to `cell`, each ended by next(); the text is kept until the widths are known. */
typedef struct {
  const char *align; /* a letter a column, 'l' or 'r'; their number is that of the columns */
  FILE *cell;
  char *text; /* the cells row by row, each ended by a NUL */
  size_t size;
  int cells;
} table;

static void next(table *t) {
  putc('\0', t->cell);
  t->cells++;
}

static void put(table *t, const char *text) {
  fputs(text, t->cell);
  next(t);
}

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a table of the report");
}

static assay_status begin(table *t, const char *align, const char *const *headings, assay_error *error) {
  *t = (table){.align = align};
  t->cell = open_memstream(&t->text, &t->size);
  if (!t->cell) return no_memory(error);
  for (int i = 0; align[i]; i++) put(t, headings[i]);
  return ASSAY_OK;
}

static void measure(const table *t, int columns, int widths[MOST_COLUMNS]) {
  const char *text = t->text;
  for (int i = 0; i < columns; i++) widths[i] = 3;
  for (int i = 0; i < t->cells; i++, text += strlen(text) + 1) {
    int width = report_width(text);
    if (width > widths[i % columns]) widths[i % columns] = width;
  }
}

static void put_rule(const table *t, const int *widths, FILE *out) {
  for (int i = 0; t->align[i]; i++) {
    fputs("| ", out);
    for (int k = 1; k < widths[i]; k++) putc('-', out);
    fputs(t->align[i] == 'r' ? ": " : "- ", out);
  }
  fputs("|\n", out);
}

static void put_padded(const char *text, char align, int width, FILE *out) {
  int pad = width - report_width(text);
  if (align == 'r')
    fprintf(out, "| %*s%s ", pad, "", text);
  else
    fprintf(out, "| %s%*s ", text, pad, "");
}

/* Prints the table and frees it. */
static assay_status end(table *t, FILE *out, assay_error *error) {
  if (fclose(t->cell)) {
    free(t->text);
    return no_memory(error);
  }
  int columns = (int)strlen(t->align), widths[MOST_COLUMNS];
  measure(t, columns, widths);
  const char *text = t->text;
  for (int i = 0; i < t->cells; i++, text += strlen(text) + 1) {
    put_padded(text, t->align[i % columns], widths[i % columns], out);
    if ((i + 1) % columns) continue;
    fputs("|\n", out);
    if (i + 1 == columns) put_rule(t, widths, out);
  }
  putc('\n', out);
  free(t->text);
  return ASSAY_OK;
}

/* ---- pieces ---- */

static void put_verdict(assay_verdict verdict, FILE *out) {
  const char *name = assay_verdict_name(verdict);
  fprintf(out, report_is_bad(verdict) ? "%s **%s**" : "%s %s", report_symbol(verdict), name);
}

static void put_item(const char *name, const char *text, FILE *out) {
  if (!text || !*text) return;
  fprintf(out, "- %s: ", name);
  report_markdown(text, out);
  putc('\n', out);
}

static void put_code_item(const char *name, const char *text, FILE *out) {
  if (!text || !*text) return;
  fprintf(out, "- %s: ", name);
  report_markdown_code(text, out);
  putc('\n', out);
}

/* ---- the summary ---- */

static void put_summary_row(table *t, const assay_claim_result *claim) {
  const assay_cell_result *worst = report_worst_cell(claim);
  int rejected, controls;
  report_count_controls(claim, &rejected, &controls);
  put_verdict(claim->verdict, t->cell);
  next(t);
  report_markdown(claim->claim->id, t->cell);
  next(t);
  if (worst) report_markdown_code(worst->id, t->cell);
  next(t);
  put(t, worst ? report_brief(report_used_margin(worst)).text : "");
  if (controls) fprintf(t->cell, "%d/%d", rejected, controls);
  next(t);
  fprintf(t->cell, "%d", claim->n_cells);
  next(t);
  put(t, report_duration(claim->seconds).text);
}

static assay_status put_summary(const assay_results *results, FILE *out, assay_error *error) {
  static const char *const headings[] = {"verdict",  "claim", "worst cell", "used of M",
                                         "controls", "cells", "time"};
  fputs("# Assay: ", out);
  report_headline(results, out);
  fputs("\n\n", out);
  report_error_probabilities(results, out);
  fputs("\n\n", out);
  if (!results->n_claims) return ASSAY_OK;
  table t;
  assay_status status = begin(&t, "lllrrrr", headings, error);
  if (status) return status;
  for (int i = 0; i < results->n_claims; i++) put_summary_row(&t, &results->claims[i]);
  return end(&t, out, error);
}

static void put_run(const assay_results *results, FILE *out) {
  fprintf(out, "- tier: %s; seed %" PRIu64 "%s; %d judged cells\n", assay_tier_names[results->tier],
          results->seed, results->default_seed ? "" : " (not the default seed)", results->n_cells);
  put_item("version", results->version, out);
  put_item("started", results->started, out);
  fprintf(out, "- time: %s, of workers %s\n", report_duration(results->wall_seconds).text,
          report_duration(results->worker_seconds).text);
  put_code_item("command", results->command, out);
  put_item("machine", results->machine, out);
  put_code_item("fingerprint", results->fingerprint, out);
  putc('\n', out);
}

/* ---- a claim ---- */

static void put_agreement_row(table *t, const assay_cell_result *cell) {
  report_precision digits = report_cell_precision(cell);
  report_markdown_code(cell->id, t->cell);
  next(t);
  put(t, report_number(cell->theory, digits).text);
  put(t, report_number(cell->estimate, digits).text);
  if (!isnan(cell->lo) && !isnan(cell->hi))
    fprintf(t->cell, "[%s, %s]", report_number(cell->lo, digits).text, report_number(cell->hi, digits).text);
  next(t);
  put(t, report_brief(cell->margin).text);
  put(t, report_brief(cell->demonstrated).text);
  put(t, report_brief(report_used_margin(cell)).text);
  fprintf(t->cell, "%ld", cell->used);
  if (cell->failed) fprintf(t->cell, " (%ld failed)", cell->failed);
  next(t);
  if (cell->look) fprintf(t->cell, "%d of %d", cell->look, cell->looks);
  next(t);
  put_verdict(cell->verdict, t->cell);
  next(t);
}

static assay_status put_agreement(const assay_claim_result *claim, FILE *out, assay_error *error) {
  static const char *const headings[] = {"cell",         "theory",    "estimate", "interval", "M",
                                         "shown within", "used of M", "n",        "look",     "verdict"};
  if (!claim->n_cells) return ASSAY_OK;
  table t;
  assay_status status = begin(&t, "lrrrrrrrll", headings, error);
  if (status) return status;
  for (int i = 0; i < claim->n_cells; i++) put_agreement_row(&t, &claim->cells[i]);
  return end(&t, out, error);
}

static void put_control_row(table *t, const report_control *control) {
  report_markdown(control->name, t->cell);
  next(t);
  report_markdown(control->mistake, t->cell);
  next(t);
  put(t, control->wrong_experiment ? "experiment" : "theory");
  put(t, report_brief(control->separation).text);
  put(t, report_brief(control->distance).text);
  fprintf(t->cell, control->rejected < control->cells ? "**%d/%d**" : "%d/%d", control->rejected,
          control->cells);
  next(t);
}

static assay_status put_controls(const assay_claim_result *claim, FILE *out, assay_error *error) {
  static const char *const headings[] = {"control",    "mistake",         "wrong",
                                         "off by (M)", "seen off by (M)", "rejected"};
  int cursor = 0;
  report_control control;
  if (!report_next_control(claim, &cursor, &control)) return ASSAY_OK;
  table t;
  assay_status status = begin(&t, "lllrrr", headings, error);
  if (status) return status;
  do put_control_row(&t, &control);
  while (report_next_control(claim, &cursor, &control));
  return end(&t, out, error);
}

/* Why every cell that does not agree does not, and where the margins come from. */
static void put_notes(const assay_claim_result *claim, FILE *out) {
  int notes = 0;
  for (int i = 0; i < claim->n_cells; i++) {
    const assay_cell_result *cell = &claim->cells[i];
    if (!*cell->reason) continue;
    fputs("- ", out);
    report_markdown_code(cell->id, out);
    fputs(": ", out);
    report_markdown(cell->reason, out);
    putc('\n', out);
    notes++;
  }
  for (int i = 0; i < claim->n_cells; i++) {
    const assay_cell_result *cell = &claim->cells[i];
    if (!cell->margin_reason || !report_begins_target(claim, i)) continue;
    fputs("- margin of ", out);
    report_markdown(cell->target, out);
    fputs(": ", out);
    report_markdown(cell->margin_reason, out);
    putc('\n', out);
    notes++;
  }
  if (notes) putc('\n', out);
}

static assay_status put_claim(const assay_claim_result *claim, FILE *out, assay_error *error) {
  fputs("## ", out);
  put_verdict(claim->verdict, out);
  fputs(": ", out);
  report_markdown(claim->claim->id, out);
  fputs("\n\n", out);
  report_markdown(claim->claim->statement, out);
  fputs("\n\n", out);
  put_item("why", claim->reason, out);
  put_item("kinds", claim->claim->kinds, out);
  put_item("source", claim->claim->source, out);
  put_item("data", claim->claim->data, out);
  put_code_item("reproduce", claim->reproduce, out);
  putc('\n', out);
  assay_status status = put_agreement(claim, out, error);
  if (!status) status = put_controls(claim, out, error);
  if (!status) put_notes(claim, out);
  return status;
}

static void put_failures(const assay_results *results, FILE *out) {
  if (!results->n_failures) return;
  fprintf(out, "## Failed replicates (%d)\n\n", results->n_failures);
  for (int i = 0; i < results->n_failures; i++) {
    fputs("- ", out);
    report_markdown_code(results->failures[i].address, out);
    fputs(": ", out);
    report_markdown(results->failures[i].reason, out);
    putc('\n', out);
  }
  putc('\n', out);
}

assay_status report_write_markdown(const assay_results *results, FILE *out, assay_error *error) {
  assay_status status = put_summary(results, out, error);
  for (int i = 0; i < results->n_claims && !status; i++) status = put_claim(&results->claims[i], out, error);
  if (status) return status;
  put_failures(results, out);
  fputs("## The run\n\n", out);
  put_run(results, out);
  return report_flush(out, error);
}
