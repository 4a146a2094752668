#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

static void put_yaml_text(const char *key, const char *text, FILE *out) {
  if (!text || !*text) return;
  fprintf(out, "  %s: ", key);
  report_json_string(text, out);
  putc('\n', out);
}

/* YAML writes infinities in its own way. */
static void put_yaml_number(const char *key, double x, FILE *out) {
  report_text text = report_exact(x);
  if (!*text.text) return;
  const char *dotted = text.text[0] == 'i' ? ".inf" : text.text[1] == 'i' ? "-.inf" : text.text;
  fprintf(out, "  %s: %s\n", key, dotted);
}

static void put_worst_cell(const assay_cell_result *cell, FILE *out) {
  put_yaml_text("cell", cell->id, out);
  put_yaml_text("point", cell->params, out);
  put_yaml_number("theory", cell->theory, out);
  put_yaml_number("estimate", cell->estimate, out);
  put_yaml_number("lo", cell->lo, out);
  put_yaml_number("hi", cell->hi, out);
  put_yaml_number("margin", cell->margin, out);
  fprintf(out, "  replicates: %ld\n", cell->used);
}

static void put_diagnostics(const assay_claim_result *claim, FILE *out) {
  const assay_cell_result *worst = report_worst_cell(claim);
  fputs("  ---\n", out);
  put_yaml_text("verdict", assay_verdict_name(claim->verdict), out);
  put_yaml_text("reason", claim->reason, out);
  put_yaml_text("statement", claim->claim->statement, out);
  if (worst) put_worst_cell(worst, out);
  put_yaml_text("reproduce", claim->reproduce, out);
  fputs("  ...\n", out);
}

static void put_claim(int number, const assay_claim_result *claim, FILE *out) {
  bool bad = report_is_bad(claim->verdict);
  fprintf(out, "%sok %d - ", bad ? "not " : "", number);
  report_tap_line(claim->claim->id, out);
  if (claim->verdict == ASSAY_VERDICT_SKIPPED) {
    fputs(" # SKIP ", out);
    report_tap_line(claim->reason, out);
  }
  putc('\n', out);
  if (bad) put_diagnostics(claim, out);
}

assay_status report_write_tap(const assay_results *results, FILE *out, assay_error *error) {
  fprintf(out, "TAP version 13\n1..%d%s\n", results->n_claims,
          results->n_claims ? "" : " # SKIP no claim was run");
  for (int i = 0; i < results->n_claims; i++) put_claim(i + 1, &results->claims[i], out);
  return report_flush(out, error);
}
