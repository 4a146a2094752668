#include "reports/view.h"

#include <math.h>
#include <string.h>

#include "reports/number.h"

const char *report_symbol(assay_verdict verdict) {
  static const char *const symbols[] = {"◦", "✓", "–", "?", "▽", "!", "✗"};
  return (unsigned)verdict < sizeof symbols / sizeof *symbols ? symbols[verdict] : "?";
}

bool report_is_bad(assay_verdict verdict) {
  return verdict > ASSAY_VERDICT_SKIPPED;
}

bool report_begins_paper(const assay_results *results, int claim) {
  for (int i = 0; i < claim; i++)
    if (results->claims[i].paper == results->claims[claim].paper) return false;
  return true;
}

/* ---- cells ---- */

bool report_slack(const assay_cell_result *cell, double *lo, double *hi) {
  double error = isfinite(cell->theory_error) ? fabs(cell->theory_error) : 0;
  double below = cell->lo - cell->theory - error, above = cell->hi - cell->theory + error;
  *lo = cell->side < 0 ? -above : below;
  *hi = cell->side < 0 ? -below : above;
  return isfinite(*lo) && isfinite(*hi);
}

double report_used_margin(const assay_cell_result *cell) {
  double lo, hi;
  if (!(cell->margin > 0) || !report_slack(cell, &lo, &hi)) return NAN;
  if (cell->side) return fmax(-lo, 0) / cell->margin;
  double most = isfinite(cell->demonstrated) ? cell->demonstrated : fmax(fabs(lo), fabs(hi));
  return most / cell->margin;
}

static bool is_worse(const assay_cell_result *a, const assay_cell_result *b) {
  if (a->verdict != b->verdict) return a->verdict > b->verdict;
  double used_a = report_used_margin(a), used_b = report_used_margin(b);
  return isnan(used_b) ? !isnan(used_a) : used_a > used_b;
}

const assay_cell_result *report_worst_cell(const assay_claim_result *claim) {
  const assay_cell_result *worst = NULL;
  for (int i = 0; i < claim->n_cells; i++)
    if (!worst || is_worse(&claim->cells[i], worst)) worst = &claim->cells[i];
  return worst;
}

static bool same(const char *a, const char *b) {
  return !strcmp(a ? a : "", b ? b : "");
}

bool report_same_target(const assay_cell_result *a, const assay_cell_result *b) {
  return same(a->target, b->target);
}

bool report_begins_target(const assay_claim_result *claim, int cell) {
  for (int i = 0; i < cell; i++)
    if (report_same_target(&claim->cells[i], &claim->cells[cell])) return false;
  return true;
}

size_t report_place_length(const assay_cell_result *cell) {
  if (!cell->id || !cell->target) return cell->id ? strlen(cell->id) : 0;
  size_t length = strlen(cell->id), tail = strlen(cell->target);
  bool ends =
      length > tail + 1 && cell->id[length - tail - 1] == ':' && same(cell->id + length - tail, cell->target);
  return ends ? length - tail - 1 : length;
}

/* ---- controls ---- */

/* Control number k, counted through all cells; NULL behind the last. */
static const assay_control_result *nth(const assay_claim_result *claim, int k,
                                       const assay_cell_result **cell) {
  for (int i = 0; i < claim->n_cells; k -= claim->cells[i++].n_controls) {
    *cell = &claim->cells[i];
    if (k < claim->cells[i].n_controls) return &claim->cells[i].controls[k];
  }
  return NULL;
}

static bool is_first(const assay_claim_result *claim, int k) {
  const assay_cell_result *cell;
  const char *name = nth(claim, k, &cell)->name;
  for (int i = 0; i < k; i++)
    if (same(nth(claim, i, &cell)->name, name)) return false;
  return true;
}

static void add_cell(report_control *sum, const assay_cell_result *cell,
                     const assay_control_result *control) {
  bool worse = !sum->at_worst || (!control->rejected && sum->at_worst->rejected) ||
               (control->rejected == sum->at_worst->rejected && !(control->distance >= sum->distance));
  sum->cells++;
  sum->rejected += control->rejected;
  sum->separation = fmin(sum->separation, control->separation);
  sum->distance = fmin(sum->distance, control->distance);
  if (!worse) return;
  sum->worst = cell;
  sum->at_worst = control;
}

bool report_next_control(const assay_claim_result *claim, int *cursor, report_control *control) {
  const assay_cell_result *cell;
  const assay_control_result *found;
  while ((found = nth(claim, *cursor, &cell)) && !is_first(claim, *cursor)) ++*cursor;
  if (!found) return false;
  *control = (report_control){.name = found->name,
                              .mistake = found->mistake,
                              .wrong_experiment = found->wrong_experiment,
                              .distance = NAN,
                              .separation = NAN};
  for (int i = 0; i < claim->n_cells; i++)
    for (int j = 0; j < claim->cells[i].n_controls; j++)
      if (same(claim->cells[i].controls[j].name, found->name))
        add_cell(control, &claim->cells[i], &claim->cells[i].controls[j]);
  ++*cursor;
  return true;
}

void report_count_controls(const assay_claim_result *claim, int *rejected, int *all) {
  *rejected = *all = 0;
  for (int i = 0; i < claim->n_cells; i++)
    for (int j = 0; j < claim->cells[i].n_controls; j++) {
      *rejected += claim->cells[i].controls[j].rejected;
      ++*all;
    }
}

/* ---- sentences ---- */

void report_headline(const assay_results *results, FILE *out) {
  const int *count = results->count, n = results->n_claims;
  if (!n) {
    fputs("No claim was run", out);
  } else if (count[ASSAY_VERDICT_FAIL]) {
    fprintf(out, "%d of %d claim%s fail%s", count[ASSAY_VERDICT_FAIL], n, n == 1 ? "" : "s",
            count[ASSAY_VERDICT_FAIL] == 1 ? "s" : "");
  } else if (count[ASSAY_VERDICT_PASS] == n) {
    if (n == 1)
      fputs("The claim passes", out);
    else
      fprintf(out, "All %d claims pass", n);
  } else {
    fprintf(out, "%d of %d claim%s pass%s", count[ASSAY_VERDICT_PASS], n, n == 1 ? "" : "s",
            count[ASSAY_VERDICT_PASS] == 1 ? "es" : "");
  }
}

void report_error_probabilities(const assay_results *results, FILE *out) {
  fprintf(out,
          "A claim that is off by its margin in any cell passes with probability at most %s, however many "
          "cells it has. "
          "A cell in which the theory is true fails with probability at most %s",
          report_pretty(report_brief(ASSAY_ALPHA_PASS)).text,
          report_pretty(report_brief(ASSAY_ALPHA_FAIL)).text);
  if (results->n_cells > 1)
    fprintf(out, "; that any of the %d judged cells of this run fails so has probability at most %s",
            results->n_cells, report_pretty(report_brief(results->n_cells * ASSAY_ALPHA_FAIL)).text);
  fputs(".", out);
}
