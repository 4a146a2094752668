#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

static void put_attribute(const char *name, const char *value, FILE *out) {
  fprintf(out, " %s=\"", name);
  report_xml(value, out);
  putc('"', out);
}

/* Plain decimals: the format has no exponents, infinities or absent times. */
static void put_time(double seconds, FILE *out) {
  fprintf(out, " time=\"%.3f\"", isfinite(seconds) ? fmin(fmax(seconds, 0), 1e12) : 0);
}

/* The format's time stamps have no zone and no fraction. */
static void put_timestamp(const char *started, FILE *out) {
  static const char form[] = "0000-00-00T00:00:00";
  size_t i = 0;
  while (form[i] && started && (form[i] == '0' ? isdigit((unsigned char)started[i]) : started[i] == form[i]))
    i++;
  fprintf(out, " timestamp=\"%.19s\"", form[i] ? "1970-01-01T00:00:00" : started);
}

/* ---- a claim ---- */

static void put_line(const char *name, const char *text, FILE *out) {
  if (!text || !*text) return;
  fprintf(out, "%s: ", name);
  report_xml(text, out);
  putc('\n', out);
}

static void put_evidence(const assay_claim_result *claim, FILE *out) {
  const assay_cell_result *cell = report_worst_cell(claim);
  put_line("statement", claim->claim->statement, out);
  if (cell) {
    report_precision digits = report_cell_precision(cell);
    put_line("worst cell", cell->id, out);
    put_line("point", cell->params, out);
    put_line("theory", report_number(cell->theory, digits).text, out);
    put_line("estimate", report_number(cell->estimate, digits).text, out);
    fprintf(out, "interval: [%s, %s]\n", report_number(cell->lo, digits).text,
            report_number(cell->hi, digits).text);
    put_line("margin", report_brief(cell->margin).text, out);
  }
  put_line("reproduce", claim->reproduce, out);
}

static void put_problem(const assay_claim_result *claim, FILE *out) {
  const char *element = claim->verdict == ASSAY_VERDICT_FAIL ? "failure" : "error";
  fprintf(out, "      <%s", element);
  put_attribute("type", assay_verdict_name(claim->verdict), out);
  put_attribute("message", claim->reason, out);
  putc('>', out);
  put_evidence(claim, out);
  fprintf(out, "</%s>\n", element);
}

static void put_case(const assay_claim_result *claim, FILE *out) {
  const char *slash = strchr(claim->claim->id, '/');
  fputs("    <testcase", out);
  put_attribute("name", slash ? slash + 1 : claim->claim->id, out);
  put_attribute("classname", claim->paper->slug, out);
  put_time(claim->seconds, out);
  if (claim->verdict != ASSAY_VERDICT_SKIPPED && !report_is_bad(claim->verdict)) {
    fputs("/>\n", out);
    return;
  }
  fputs(">\n", out);
  if (claim->verdict == ASSAY_VERDICT_SKIPPED) {
    fputs("      <skipped", out);
    put_attribute("message", claim->reason, out);
    fputs("/>\n", out);
  } else {
    put_problem(claim, out);
  }
  fputs("    </testcase>\n", out);
}

/* ---- a paper ---- */

typedef struct {
  int tests, failures, errors, skipped;
  double seconds;
} totals;

static totals add_up(const assay_results *results, const assay_paper *paper) {
  totals sum = {0};
  for (int i = 0; i < results->n_claims; i++) {
    const assay_claim_result *claim = &results->claims[i];
    if (claim->paper != paper) continue;
    sum.tests++;
    if (claim->verdict == ASSAY_VERDICT_FAIL)
      sum.failures++;
    else if (claim->verdict == ASSAY_VERDICT_SKIPPED)
      sum.skipped++;
    else if (report_is_bad(claim->verdict))
      sum.errors++;
    sum.seconds += isfinite(claim->seconds) ? claim->seconds : 0;
  }
  return sum;
}

static void put_property(const char *name, const char *value, FILE *out) {
  fputs("      <property", out);
  put_attribute("name", name, out);
  put_attribute("value", value, out);
  fputs("/>\n", out);
}

static void put_properties(const assay_results *results, const assay_paper *paper, FILE *out) {
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, results->seed);
  fputs("    <properties>\n", out);
  put_property("paper", paper->title, out);
  put_property("arxiv", paper->arxiv, out);
  put_property("tier", assay_tier_names[results->tier], out);
  put_property("seed", seed, out);
  put_property("version", results->version, out);
  put_property("fingerprint", results->fingerprint, out);
  put_property("machine", results->machine, out);
  put_property("command", results->command, out);
  fputs("    </properties>\n", out);
}

static void put_suite(const assay_results *results, const assay_paper *paper, int id, FILE *out) {
  totals sum = add_up(results, paper);
  fputs("  <testsuite", out);
  put_attribute("name", paper->slug, out);
  fprintf(out, " package=\"assay\" id=\"%d\" hostname=\"localhost\"", id);
  fprintf(out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\"", sum.tests, sum.failures,
          sum.errors, sum.skipped);
  put_timestamp(results->started, out);
  put_time(sum.seconds, out);
  fputs(">\n", out);
  put_properties(results, paper, out);
  for (int i = 0; i < results->n_claims; i++)
    if (results->claims[i].paper == paper) put_case(&results->claims[i], out);
  fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n", out);
}

assay_status report_write_junit(const assay_results *results, FILE *out, assay_error *error) {
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
  int suites = 0;
  for (int i = 0; i < results->n_claims; i++)
    if (report_begins_paper(results, i)) put_suite(results, results->claims[i].paper, suites++, out);
  fputs("</testsuites>\n", out);
  return report_flush(out, error);
}
