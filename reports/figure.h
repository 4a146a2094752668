/* Figures as SVG elements inside an HTML page. Colours and fonts come from the page's style sheet (classes
 * s0..s6 of the series, "axis", "grid", ...), so that they follow dark mode and print. Series differ by
 * marker and by dash as well as by colour. `number` makes the ids of a figure its own on the page. */
#ifndef ASSAY_REPORTS_FIGURE_H
#define ASSAY_REPORTS_FIGURE_H

#include <stdio.h>

#include "compare/result.h"

/* Theory as lines with gaps where it is NaN, simulation as points with intervals. What cannot be placed (NaN,
 * infinite, not positive on a logarithmic axis) is left out and counted in a note below. */
void report_figure(const assay_figure_result *figure, int number, FILE *out);

/* Every cell of the claim as a row: d in units of its margin M with the interval, against the theory at 0 and
 * the region of agreement, -1 to 1, or everything above -1 where the cell has a side. A cell with M <= 0 is
 * drawn in units of the larger end of its interval. Grouped by target; rows shrink when there are many.
 * Nothing is drawn for a claim without cells. */
void report_agreement_plot(const assay_claim_result *claim, int number, FILE *out);

#endif
