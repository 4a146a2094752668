#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/fields.h"
#include "reports/number.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/view.h"

/* ---- a writer of indented JSON; keys are NULL inside arrays ---- */

typedef struct {
  FILE *out;
  int depth;
  bool begun; /* the innermost object or array has a member */
} writer;

static void put_key(writer *w, const char *key) {
  fprintf(w->out, "%s%*s", w->begun ? ",\n" : w->depth ? "\n" : "", 2 * w->depth, "");
  if (key) fprintf(w->out, "\"%s\": ", key);
  w->begun = true;
}

static void open_with(writer *w, const char *key, char bracket) {
  put_key(w, key);
  putc(bracket, w->out);
  w->depth++;
  w->begun = false;
}

static void close_with(writer *w, char bracket) {
  w->depth--;
  if (w->begun) fprintf(w->out, "\n%*s", 2 * w->depth, "");
  putc(bracket, w->out);
  w->begun = true;
}

static void put_text(writer *w, const char *key, const char *text) {
  put_key(w, key);
  if (text)
    report_json_string(text, w->out);
  else
    fputs("null", w->out);
}

static void put_value(writer *w, double x) {
  if (isnan(x))
    fputs("null", w->out);
  else
    fprintf(w->out, isinf(x) ? "\"%s\"" : "%s", report_exact(x).text);
}

static void put_number(writer *w, const char *key, double x) {
  put_key(w, key);
  put_value(w, x);
}

/* On one line, or reports with figures become ten times as long. */
static void put_numbers(writer *w, const char *key, const double *x, int n) {
  put_key(w, key);
  putc('[', w->out);
  for (int i = 0; i < n; i++) {
    if (i) fputs(", ", w->out);
    put_value(w, x[i]);
  }
  putc(']', w->out);
}

static void put_integer(writer *w, const char *key, long x) {
  put_key(w, key);
  fprintf(w->out, "%ld", x);
}

static void put_boolean(writer *w, const char *key, bool x) {
  put_key(w, key);
  fputs(x ? "true" : "false", w->out);
}

static void put_seconds(writer *w, double seconds) {
  open_with(w, "timing", '{');
  put_number(w, "seconds", seconds);
  close_with(w, '}');
}

/* ---- the report, from the outside in ---- */

static void put_run(writer *w, const assay_results *r) {
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, r->seed);
  open_with(w, "run", '{');
  put_text(w, "version", r->version);
  put_text(w, "tier", assay_tier_names[r->tier]);
  put_text(w, "seed", seed);
  put_boolean(w, "default_seed", r->default_seed);
  put_text(w, "fingerprint", r->fingerprint);
  put_number(w, "alpha_pass", ASSAY_ALPHA_PASS);
  put_number(w, "alpha_fail", ASSAY_ALPHA_FAIL);
  put_integer(w, "looks", ASSAY_LOOKS);
  close_with(w, '}');
}

static void put_summary(writer *w, const assay_results *r) {
  open_with(w, "summary", '{');
  put_integer(w, "exit_status", assay_results_exit(r));
  put_integer(w, "claims", r->n_claims);
  put_integer(w, "judged_cells", r->n_cells);
  open_with(w, "verdicts", '{');
  for (int v = 0; v <= ASSAY_VERDICT_FAIL; v++)
    put_integer(w, assay_verdict_name((assay_verdict)v), r->count[v]);
  close_with(w, '}');
  close_with(w, '}');
}

static void put_control(writer *w, const assay_control_result *c) {
  open_with(w, NULL, '{');
  put_text(w, "name", c->name);
  put_text(w, "mistake", c->mistake);
  put_text(w, "wrong", c->wrong_experiment ? "experiment" : "theory");
  put_number(w, "value", c->wrong);
  put_number(w, "lo", c->lo);
  put_number(w, "hi", c->hi);
  put_number(w, "distance", c->distance);
  put_number(w, "separation", c->separation);
  put_boolean(w, "rejected", c->rejected);
  put_text(w, "reason", c->reason);
  close_with(w, '}');
}

static void put_field(writer *w, const assay_cell_result *cell, int field) {
  const char *key = report_cell_fields[field].name;
  switch (report_cell_fields[field].type) {
  case REPORT_TEXT:
  case REPORT_VERDICT:
    put_text(w, key, report_field_text(cell, field));
    break;
  case REPORT_NUMBER:
    put_number(w, key, report_field_number(cell, field));
    break;
  case REPORT_INT:
  case REPORT_LONG:
    put_integer(w, key, report_field_integer(cell, field));
    break;
  }
}

static void put_cell(writer *w, const assay_cell_result *cell) {
  open_with(w, NULL, '{');
  for (int field = 0; report_cell_fields[field].name; field++) put_field(w, cell, field);
  open_with(w, "controls", '[');
  for (int i = 0; i < cell->n_controls; i++) put_control(w, &cell->controls[i]);
  close_with(w, ']');
  put_seconds(w, cell->seconds);
  close_with(w, '}');
}

static void put_series(writer *w, const assay_series *s) {
  open_with(w, NULL, '{');
  put_text(w, "label", s->label);
  open_with(w, "theory", '{');
  put_numbers(w, "x", s->line_x, s->n_line);
  put_numbers(w, "y", s->line_y, s->n_line);
  close_with(w, '}');
  open_with(w, "simulation", '{');
  put_numbers(w, "x", s->point_x, s->n_points);
  put_numbers(w, "y", s->point_y, s->n_points);
  put_numbers(w, "lo", s->point_lo, s->n_points);
  put_numbers(w, "hi", s->point_hi, s->n_points);
  close_with(w, '}');
  close_with(w, '}');
}

static void put_figure(writer *w, const assay_figure_result *f) {
  open_with(w, NULL, '{');
  put_text(w, "title", f->of->title);
  put_text(w, "x", f->of->x);
  put_text(w, "x_label", f->of->x_label);
  put_text(w, "y", f->of->y);
  put_text(w, "y_label", f->of->y_label);
  put_boolean(w, "log_x", f->of->flags & ASSAY_LOG_X);
  put_boolean(w, "log_y", f->of->flags & ASSAY_LOG_Y);
  open_with(w, "series", '[');
  for (int i = 0; i < f->n_series; i++) put_series(w, &f->series[i]);
  close_with(w, ']');
  close_with(w, '}');
}

static void put_paper(writer *w, const assay_paper *p) {
  open_with(w, "paper", '{');
  put_text(w, "slug", p->slug);
  put_text(w, "authors", p->authors);
  put_text(w, "title", p->title);
  put_text(w, "arxiv", p->arxiv);
  close_with(w, '}');
}

static void put_kinds(writer *w, const char *kinds) {
  put_key(w, "kinds");
  putc('[', w->out);
  for (const char *kind = kinds ? kinds : ""; *kind;) {
    int length = (int)strcspn(kind, ",");
    fprintf(w->out, "%s\"%.*s\"", kind == kinds ? "" : ", ", length, kind);
    kind += length;
    kind += strspn(kind, ", ");
  }
  putc(']', w->out);
}

static void put_claim(writer *w, const assay_claim_result *c) {
  int rejected, controls;
  const assay_cell_result *worst = report_worst_cell(c);
  report_count_controls(c, &rejected, &controls);
  open_with(w, NULL, '{');
  put_text(w, "id", c->claim->id);
  put_text(w, "verdict", assay_verdict_name(c->verdict));
  put_text(w, "reason", c->reason);
  put_paper(w, c->paper);
  put_text(w, "statement", c->claim->statement);
  put_kinds(w, c->claim->kinds);
  put_text(w, "source", c->claim->source);
  put_text(w, "data", c->claim->data);
  put_text(w, "reproduce", c->reproduce);
  put_text(w, "worst_cell", worst ? worst->id : NULL);
  put_number(w, "worst_used_margin", worst ? report_used_margin(worst) : NAN);
  put_integer(w, "controls_rejected", rejected);
  put_integer(w, "controls", controls);
  open_with(w, "cells", '[');
  for (int i = 0; i < c->n_cells; i++) put_cell(w, &c->cells[i]);
  close_with(w, ']');
  open_with(w, "figures", '[');
  for (int i = 0; i < c->n_figures; i++) put_figure(w, &c->figures[i]);
  close_with(w, ']');
  put_seconds(w, c->seconds);
  close_with(w, '}');
}

static void put_failures(writer *w, const assay_results *r) {
  open_with(w, "failures", '[');
  for (int i = 0; i < r->n_failures; i++) {
    open_with(w, NULL, '{');
    put_text(w, "address", r->failures[i].address);
    put_text(w, "reason", r->failures[i].reason);
    close_with(w, '}');
  }
  close_with(w, ']');
}

static void put_circumstances(writer *w, const assay_results *r) {
  open_with(w, "host", '{');
  put_text(w, "command", r->command);
  put_text(w, "machine", r->machine);
  close_with(w, '}');
  open_with(w, "timing", '{');
  put_text(w, "started", r->started);
  put_number(w, "wall_seconds", r->wall_seconds);
  put_number(w, "worker_seconds", r->worker_seconds);
  close_with(w, '}');
}

assay_status report_write_json(const assay_results *results, FILE *out, assay_error *error) {
  writer w = {out, 0, false};
  open_with(&w, NULL, '{');
  put_text(&w, "format", "assay-report");
  put_integer(&w, "format_version", 1);
  put_run(&w, results);
  put_summary(&w, results);
  open_with(&w, "claims", '[');
  for (int i = 0; i < results->n_claims; i++) put_claim(&w, &results->claims[i]);
  close_with(&w, ']');
  put_failures(&w, results);
  put_circumstances(&w, results);
  close_with(&w, '}');
  putc('\n', out);
  return report_flush(out, error);
}
