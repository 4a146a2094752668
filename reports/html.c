#include <ctype.h>
#include <inttypes.h>
#include <math.h>

#include "reports/figure.h"
#include "reports/html-style.h"
#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* Longer tables are folded away on the screen unless something in them is wrong. */
enum { FEW_CLAIMS = 4, MOST_FAILURES = 200, AGREEMENT_COLUMNS = 9 };

typedef struct {
  const assay_results *results;
  int figures; /* so far on the page */
  FILE *out;
} page;

/* ---- pieces ---- */

static const char *class_of(assay_verdict verdict) {
  if (verdict == ASSAY_VERDICT_PASS) return "good";
  return verdict == ASSAY_VERDICT_FAIL ? "bad" : report_is_bad(verdict) ? "open" : "none";
}

/* A claim's id as a fragment that needs no escapes, so that a link to a claim stays the same from run to run.
 */
static void put_anchor(const assay_claim_result *claim, FILE *out) {
  for (const char *c = claim->claim->id; *c; c++)
    putc(isalnum((unsigned char)*c) || *c == '/' ? *c : '-', out);
}

static void put_element(const char *tag, const char *attributes, const char *text, FILE *out) {
  fprintf(out, "<%s%s>", tag, attributes);
  report_xml(text, out);
  fprintf(out, "</%s>", tag);
}

static void put_term(const char *term, const char *text, FILE *out) {
  if (!text || !*text) return;
  put_element("dt", "", term, out);
  put_element("dd", "", text, out);
  putc('\n', out);
}

static void put_badge(assay_verdict verdict, FILE *out) {
  fprintf(out, "<span class=\"badge %s\">%s %s</span>", class_of(verdict), report_symbol(verdict),
          assay_verdict_name(verdict));
}

static void put_verdict_cell(assay_verdict verdict, FILE *out) {
  fprintf(out, "<td class=\"v %s\">%s %s</td>", class_of(verdict), report_symbol(verdict),
          assay_verdict_name(verdict));
}

static void put_pretty_cell(report_text number, FILE *out) {
  fprintf(out, "<td class=\"n\">%s</td>", report_pretty(number).text);
}

/* The number, and a bar that ends at the whole margin. */
static void put_used_margin(double used, assay_verdict verdict, FILE *out) {
  if (isnan(used)) {
    fputs("<td class=\"n\">–</td>", out);
    return;
  }
  fprintf(out, "<td class=\"n\">%s<span class=\"gauge %s\"><i style=\"width:%.0f%%\"></i></span></td>",
          report_pretty(report_brief(used)).text, class_of(verdict), 100 * fmin(fmax(used, 0), 1));
}

static void begin_table(const char *class, const char *const *headings, FILE *out) {
  /* Focusable, or it cannot be scrolled from the keyboard. */
  fprintf(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"%s\"><thead><tr>", class);
  for (; *headings; headings++) {
    bool number = **headings == '#';
    fprintf(out, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "", *headings + number);
  }
  fputs("</tr></thead>\n", out);
}

static void begin_details(const page *p, const assay_claim_result *claim) {
  bool open = report_is_bad(claim->verdict) || p->results->n_claims <= FEW_CLAIMS;
  fprintf(p->out, "<details%s><summary>", open ? " open=\"open\"" : "");
}

/* ---- the head of the page ---- */

static void put_head(const page *p) {
  fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta "
        "charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><title>Assay: ",
        p->out);
  report_headline(p->results, p->out);
  fputs("</title>\n<style>\n", p->out);
  for (const char *const *piece = report_html_style; *piece; piece++) fputs(*piece, p->out);
  fputs("</style></head>\n", p->out);
}

static void put_counts(const page *p) {
  fputs("<ul class=\"counts\">", p->out);
  for (int v = ASSAY_VERDICT_FAIL; v >= 0; v--)
    if (p->results->count[v])
      fprintf(p->out, "<li class=\"%s\"><b>%d</b> %s %s</li>", class_of((assay_verdict)v),
              p->results->count[v], report_symbol((assay_verdict)v), assay_verdict_name((assay_verdict)v));
  fputs("</ul>\n", p->out);
}

static assay_verdict worst_verdict(const assay_results *results) {
  for (int v = ASSAY_VERDICT_FAIL; v > ASSAY_VERDICT_SKIPPED; v--)
    if (results->count[v]) return (assay_verdict)v;
  return results->count[ASSAY_VERDICT_PASS] ? ASSAY_VERDICT_PASS : ASSAY_VERDICT_SKIPPED;
}

static void put_opening(const page *p) {
  const assay_results *r = p->results;
  fprintf(p->out, "<header><p class=\"brand\">Assay · theory held to its simulation</p>\n<h1 class=\"%s\">",
          class_of(worst_verdict(r)));
  report_headline(r, p->out);
  fputs("</h1>\n", p->out);
  put_counts(p);
  fputs("<p class=\"lead\">", p->out);
  report_error_probabilities(r, p->out);
  fprintf(p->out, "</p>\n<p class=\"run\">tier %s · seed %" PRIu64 "%s · %d judged cells · %s",
          assay_tier_names[r->tier], r->seed, r->default_seed ? "" : " (not the default)", r->n_cells,
          report_duration(r->wall_seconds).text);
  if (r->started) fputs(" · ", p->out);
  report_xml(r->started, p->out);
  fputs("</p></header>\n", p->out);
}

/* ---- the summary ---- */

static void put_summary_row(const page *p, const assay_claim_result *claim) {
  const assay_cell_result *worst = report_worst_cell(claim);
  int rejected, controls;
  report_count_controls(claim, &rejected, &controls);
  fputs("<tr>", p->out);
  put_verdict_cell(claim->verdict, p->out);
  fputs("<th scope=\"row\" class=\"what\"><a href=\"#", p->out);
  put_anchor(claim, p->out);
  fputs("\">", p->out);
  report_xml(claim->claim->id, p->out);
  fputs("</a>", p->out);
  put_element("small", "", *claim->reason ? claim->reason : claim->claim->statement, p->out);
  fputs("</th>", p->out);
  put_used_margin(worst ? report_used_margin(worst) : NAN, worst ? worst->verdict : claim->verdict, p->out);
  fputs("<td><code>", p->out);
  report_xml_short(worst ? worst->id : "–", 28, p->out);
  fputs("</code></td><td class=\"n\">", p->out);
  if (controls)
    fprintf(p->out, "%s%d/%d", rejected < controls ? "▽ " : "", rejected, controls);
  else
    fputs("–", p->out);
  fprintf(p->out, "</td><td class=\"n\">%d</td><td class=\"n\">%s</td></tr>\n", claim->n_cells,
          report_duration(claim->seconds).text);
}

static void put_summary(const page *p) {
  static const char *const headings[] = {
      "Verdict", "Claim", "#Used of the margin", "Worst cell", "#Controls", "#Cells", "#Time", NULL};
  const assay_results *r = p->results;
  if (!r->n_claims) return;
  fputs("<section id=\"summary\"><h2>Summary</h2>\n<p class=\"note\">How close the worst cell of each claim "
        "came to its "
        "margin (agreement is shown below 1), and how many of its negative controls, deliberate mistakes, "
        "were rejected."
        "</p>\n",
        p->out);
  begin_table("summary", headings, p->out);
  for (int i = 0; i < r->n_claims; i++) {
    const assay_paper *paper = r->claims[i].paper;
    if (!report_begins_paper(r, i)) continue;
    fputs("<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">", p->out);
    report_xml(paper->title, p->out);
    fputs("</th></tr>\n", p->out);
    for (int k = i; k < r->n_claims; k++)
      if (r->claims[k].paper == paper) put_summary_row(p, &r->claims[k]);
    fputs("</tbody>\n", p->out);
  }
  fputs("</table></div></section>\n", p->out);
}

/* ---- the agreement table ---- */

static void put_target_row(const assay_cell_result *cell, FILE *out) {
  fprintf(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">", AGREEMENT_COLUMNS);
  report_xml(cell->target, out);
  if (cell->unit && *cell->unit) {
    fputs(" (", out);
    report_xml(cell->unit, out);
    putc(')', out);
  }
  fputs(" <span class=\"note\">", out);
  report_xml(cell->estimand, out);
  if (cell->side) fprintf(out, "; one-sided, may not lie %s the theory", cell->side > 0 ? "below" : "above");
  if (!isnan(cell->margin) && cell->margin_reason && *cell->margin_reason) {
    fputs("; margin: ", out);
    report_xml(cell->margin_reason, out);
  }
  fputs("</span></th></tr>\n", out);
}

static void put_place(const assay_cell_result *cell, FILE *out) {
  char name[512];
  snprintf(name, sizeof name, "%.*s", (int)fmin((double)report_place_length(cell), 511),
           cell->id ? cell->id : "");
  fputs("<th scope=\"row\">", out);
  put_element("code", "", name, out);
  put_element("small", "", cell->params, out);
  fputs("</th>", out);
}

static void put_estimate(const assay_cell_result *cell, report_precision digits, FILE *out) {
  fprintf(out, "<td class=\"n\">%s", report_pretty(report_number(cell->estimate, digits)).text);
  if (!isnan(cell->lo) && !isnan(cell->hi))
    fprintf(out, "<small>[%s, %s]</small>", report_pretty(report_number(cell->lo, digits)).text,
            report_pretty(report_number(cell->hi, digits)).text);
  fputs("</td>", out);
}

static void put_shown(const assay_cell_result *cell, FILE *out) {
  fprintf(out, "<td class=\"n\">%s", report_pretty(report_brief(cell->demonstrated)).text);
  if (isfinite(cell->demonstrated_relative))
    fprintf(out, "<small>%s relative</small>", report_pretty(report_brief(cell->demonstrated_relative)).text);
  fputs("</td>", out);
}

static void put_replicates(const assay_cell_result *cell, FILE *out) {
  fprintf(out, "<td class=\"n\">%ld", cell->used);
  if (cell->look)
    fprintf(out, "<small>look %d of %d</small>", cell->look, cell->looks);
  else
    fprintf(out, "<small>none of %d looks</small>", cell->looks);
  if (cell->failed) fprintf(out, "<small>%ld failed</small>", cell->failed);
  if (cell->discarded) fprintf(out, "<small>%ld discarded</small>", cell->discarded);
  fputs("</td>", out);
}

/* Digits and commas, which may break after a comma only. */
static void put_sizes(const char *sizes, FILE *out) {
  fputs("<td class=\"s\">", out);
  for (const char *c = sizes ? sizes : ""; *c; c++) {
    report_xml((char[]){*c, '\0'}, out);
    if (*c == ',') fputs("<wbr/>", out);
  }
  fputs("</td>", out);
}

static void put_cell_row(const assay_cell_result *cell, FILE *out) {
  report_precision digits = report_cell_precision(cell);
  bool why = *cell->reason;
  fprintf(out, "<tr%s>", why ? " class=\"has-why\"" : "");
  put_place(cell, out);
  put_pretty_cell(report_number(cell->theory, digits), out);
  put_estimate(cell, digits, out);
  put_pretty_cell(report_brief(cell->margin), out);
  put_shown(cell, out);
  put_used_margin(report_used_margin(cell), cell->verdict, out);
  put_sizes(cell->sizes, out);
  put_replicates(cell, out);
  put_verdict_cell(cell->verdict, out);
  fputs("</tr>\n", out);
  if (!why) return;
  fprintf(out, "<tr class=\"why\"><td colspan=\"%d\">", AGREEMENT_COLUMNS);
  report_xml(cell->reason, out);
  fputs("</td></tr>\n", out);
}

static void put_agreement(const page *p, const assay_claim_result *claim) {
  static const char *const headings[] = {
      "Cell",  "#Theory", "#Estimate, interval", "#Margin M", "#Shown within",
      "#Used", "#Size",   "#Replicates",         "Verdict",   NULL};
  begin_details(p, claim);
  fprintf(p->out, "Agreement table, %d cell%s</summary>\n", claim->n_cells, claim->n_cells == 1 ? "" : "s");
  begin_table("agreement", headings, p->out);
  for (int i = 0; i < claim->n_cells; i++) {
    if (!report_begins_target(claim, i)) continue;
    fputs("<tbody>", p->out);
    put_target_row(&claim->cells[i], p->out);
    for (int k = i; k < claim->n_cells; k++)
      if (report_same_target(&claim->cells[k], &claim->cells[i])) put_cell_row(&claim->cells[k], p->out);
    fputs("</tbody>\n", p->out);
  }
  fputs("</table></div></details>\n", p->out);
}

/* ---- negative controls ---- */

static void put_control_row(const report_control *control, FILE *out) {
  bool all = control->rejected == control->cells;
  fputs("<tr>", out);
  put_element("th", " scope=\"row\"", control->name, out);
  fputs("<td>", out);
  report_xml(control->mistake, out);
  if (!all) put_element("small", "", control->at_worst->reason, out);
  fprintf(out, "</td><td>%s</td>", control->wrong_experiment ? "experiment" : "theory");
  put_pretty_cell(report_brief(control->separation), out);
  put_pretty_cell(report_brief(control->distance), out);
  put_element("td", "", control->worst->id, out);
  fprintf(out, "<td class=\"v %s\">%s %d/%d</td></tr>\n", all ? "good" : "open", all ? "✓" : "▽",
          control->rejected, control->cells);
}

static void put_controls(const page *p, const assay_claim_result *claim) {
  static const char *const headings[] = {
      "Control", "Mistake", "Wrong", "#Off by, in M", "#Seen off by, in M", "Least at", "Rejected", NULL};
  int rejected, all, cursor = 0;
  report_count_controls(claim, &rejected, &all);
  if (!all) return;
  begin_details(p, claim);
  fprintf(p->out, "Negative controls, %d of %d rejected</summary>\n", rejected, all);
  begin_table("controls", headings, p->out);
  fputs("<tbody>", p->out);
  for (report_control control; report_next_control(claim, &cursor, &control);)
    put_control_row(&control, p->out);
  fputs("</tbody></table></div></details>\n", p->out);
}

/* ---- a claim ---- */

static void put_claim_head(const assay_claim_result *claim, FILE *out) {
  fputs("<section class=\"claim\" id=\"", out);
  put_anchor(claim, out);
  fputs("\"><h3>", out);
  put_badge(claim->verdict, out);
  report_xml(claim->claim->id, out);
  fputs("</h3>\n", out);
  put_element("p", " class=\"statement\"", claim->claim->statement, out);
  if (*claim->reason) {
    fprintf(out, "<p class=\"%s\">", class_of(claim->verdict));
    report_xml(claim->reason, out);
    fputs("</p>\n", out);
  }
  fputs("<dl>", out);
  put_term("kind", claim->claim->kinds, out);
  put_term("source", claim->claim->source, out);
  put_term("data", claim->claim->data, out);
  fputs("</dl>\n", out);
}

static void put_plot_caption(const assay_claim_result *claim, FILE *out) {
  bool unscaled = false;
  for (int i = 0; i < claim->n_cells; i++) unscaled |= claim->cells[i].margin <= 0;
  fputs("</div><figcaption>Estimate minus theory in units of the margin. A cell agrees when its interval "
        "lies inside the "
        "shaded region.",
        out);
  if (unscaled)
    fputs(" Cells without a positive margin are in units of the larger end of their interval.", out);
  fputs("</figcaption></figure>\n", out);
}

static void put_claim(page *p, const assay_claim_result *claim) {
  put_claim_head(claim, p->out);
  if (claim->n_cells) {
    fputs("<figure><div class=\"scroll\">", p->out);
    report_agreement_plot(claim, ++p->figures, p->out);
    put_plot_caption(claim, p->out);
  }
  for (int i = 0; i < claim->n_figures; i++) report_figure(&claim->figures[i], ++p->figures, p->out);
  if (claim->n_cells) put_agreement(p, claim);
  put_controls(p, claim);
  if (claim->reproduce && *claim->reproduce) {
    fputs("<p class=\"reproduce\">Run it again:", p->out);
    put_element("code", "", claim->reproduce, p->out);
    fputs("</p>", p->out);
  }
  fputs("</section>\n", p->out);
}

static void put_paper(page *p, const assay_paper *paper) {
  put_element("h2", "", paper->title, p->out);
  fputs("<p class=\"byline\">", p->out);
  report_xml(paper->authors, p->out);
  if (paper->arxiv && *paper->arxiv) {
    fputs(" · arXiv ", p->out);
    report_xml(paper->arxiv, p->out);
  }
  fputs("</p>\n", p->out);
  for (int i = 0; i < p->results->n_claims; i++)
    if (p->results->claims[i].paper == paper) put_claim(p, &p->results->claims[i]);
}

/* ---- the foot of the page ---- */

static void put_failures(const page *p) {
  const assay_results *r = p->results;
  static const char *const headings[] = {"Replicate", "Reason", NULL};
  int shown = r->n_failures < MOST_FAILURES ? r->n_failures : MOST_FAILURES;
  if (!shown) return;
  fprintf(p->out, "<section><h2>Failed replicates (%d)</h2>\n", r->n_failures);
  begin_table("failures", headings, p->out);
  fputs("<tbody>", p->out);
  for (int i = 0; i < shown; i++) {
    fputs("<tr><th scope=\"row\">", p->out);
    put_element("code", "", r->failures[i].address, p->out);
    fputs("</th>", p->out);
    put_element("td", "", r->failures[i].reason, p->out);
    fputs("</tr>\n", p->out);
  }
  fputs("</tbody></table></div>\n", p->out);
  if (shown < r->n_failures)
    fprintf(p->out, "<p class=\"note\">and %d more, in report.json</p>\n", r->n_failures - shown);
  fputs("</section>\n", p->out);
}

static void put_closing(const page *p) {
  const assay_results *r = p->results;
  fputs("<footer><h2>The run</h2><dl>", p->out);
  put_term("version", r->version, p->out);
  put_term("machine", r->machine, p->out);
  put_term("fingerprint", r->fingerprint, p->out);
  put_term("worker time", report_duration(r->worker_seconds).text, p->out);
  put_term("command", r->command, p->out);
  fputs("</dl></footer>\n", p->out);
  /* Browsers print folded details folded; everything else on the page works without a script. */
  fputs("<script>addEventListener('beforeprint',function(){document.querySelectorAll('details').forEach("
        "function(d){"
        "d.open=true})})</script>\n</body></html>\n",
        p->out);
}

assay_status report_write_html(const assay_results *results, FILE *out, assay_error *error) {
  page p = {results, 0, out};
  put_head(&p);
  fputs("<body>\n", out);
  put_opening(&p);
  fputs("<main>\n", out);
  put_summary(&p);
  for (int i = 0; i < results->n_claims; i++)
    if (report_begins_paper(results, i)) put_paper(&p, results->claims[i].paper);
  put_failures(&p);
  fputs("</main>\n", out);
  put_closing(&p);
  return report_flush(out, error);
}
