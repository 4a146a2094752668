/* What readers ask of the results first, worked out once for all formats. */
#ifndef ASSAY_REPORTS_VIEW_H
#define ASSAY_REPORTS_VIEW_H

#include <stdio.h>

#include "compare/result.h"

/* A sign for the verdict, so that colour never speaks alone: "✓", "✗", ... */
const char *report_symbol(assay_verdict verdict);

/* Was the claim's or the cell's verdict anything but pass, skipped or exploratory? */
bool report_is_bad(assay_verdict verdict);

/* Is the claim the first of its paper? */
bool report_begins_paper(const assay_results *results, int claim);

/* The interval of d, signed like d (>= 0 is right when the cell has a side) and widened by the theory's
 * error. False when the cell has no theory or no interval. */
bool report_slack(const assay_cell_result *cell, double *lo, double *hi);

/* The share of the margin that was used up: max(|lo|,|hi|) of d over M, or -lo over M when the cell has a
 * side (negative: the statement holds with room to spare). A cell that agrees is below 1. NaN without an
 * interval, and for M <= 0. */
double report_used_margin(const assay_cell_result *cell);

/* The cell that decides the claim: worst verdict first, then the largest share of the margin, cells whose
 * share is not known last. NULL without cells. */
const assay_cell_result *report_worst_cell(const assay_claim_result *claim);

/* Targets are told apart by their titles. */
bool report_same_target(const assay_cell_result *a, const assay_cell_result *b);
/* Is the cell the first of its target in the claim? */
bool report_begins_target(const assay_claim_result *claim, int cell);

/* The length of the part of the cell's id before its target: that of "I1:t=0.5:d=200" in "I1:t=0.5:d=200:R".
 */
size_t report_place_length(const assay_cell_result *cell);

/* A control over all the cells of a claim. */
typedef struct {
  const char *name, *mistake;
  bool wrong_experiment;
  int cells, rejected;
  double distance, separation; /* the least, in units of M; NaN when unknown */
  const assay_cell_result
      *worst; /* where the distance is least, a cell that does not reject it before others */
  const assay_control_result *at_worst;
} report_control;

/* The next control of the claim in table order; *cursor starts at 0. False at the end. */
bool report_next_control(const assay_claim_result *claim, int *cursor, report_control *control);
/* Controls rejected, counted cell by cell, and their number. */
void report_count_controls(const assay_claim_result *claim, int *rejected, int *all);

/* "All 14 claims pass" or "2 of 14 claims fail". */
void report_headline(const assay_results *results, FILE *out);
/* What the verdicts are worth, as two sentences with their probabilities. */
void report_error_probabilities(const assay_results *results, FILE *out);

#endif
