#include <math.h>
#include <string.h>

#include "reports/axis.h"
#include "reports/figure.h"
#include "reports/text.h"
#include "reports/view.h"

enum { WIDTH = 720, LEFT = 216, RIGHT = 566, TOP = 8, HEADING = 24, BELOW = 46 };

/* Half of the axis is at most this many margins; what lies beyond is an arrow at the edge. */
static const double FARTHEST = 5;

typedef struct {
  const assay_claim_result *claim;
  report_axis axis;
  double row; /* the height of a row */
  double y;   /* the top of the next row */
  FILE *out;
} canvas;

/* A cell in the units of its row: its margin, or the larger end of its interval where that is not positive.
 */
typedef struct {
  bool drawn;
  double lo, hi, d, limit; /* limit: M in these units */
} placed;

static placed place(const assay_cell_result *cell) {
  placed p = {.drawn = false};
  double lo, hi;
  if (!report_slack(cell, &lo, &hi) || isnan(cell->margin)) return p;
  double unit = cell->margin > 0 ? cell->margin : fmax(fmax(fabs(lo), fabs(hi)), -cell->margin);
  if (!(unit > 0)) unit = 1;
  return (placed){true, lo / unit, hi / unit, cell->d / unit, cell->margin / unit};
}

static double half_width(const assay_claim_result *claim) {
  double most = 1.25;
  for (int i = 0; i < claim->n_cells; i++) {
    placed p = place(&claim->cells[i]);
    if (!p.drawn) continue;
    /* How far a bound holds is of less interest than how close it comes to failing. */
    bool far = claim->cells[i].side && p.hi > FARTHEST;
    most = fmax(most, 1.06 * fmax(-p.lo, far ? 0 : p.hi));
  }
  return fmin(most, FARTHEST);
}

/* ---- one row ---- */

static const char *class_of(assay_verdict verdict) {
  return verdict == ASSAY_VERDICT_FAIL   ? "bad"
         : report_is_bad(verdict)        ? "open"
         : verdict == ASSAY_VERDICT_PASS ? "good"
                                         : "none";
}

static double clipped(const canvas *c, double x) {
  return report_axis_at(&c->axis, fmin(fmax(x, c->axis.lo), c->axis.hi));
}

static void put_region(const canvas *c, const placed *p, int side) {
  double from = clipped(c, -p->limit), to = side ? RIGHT : clipped(c, p->limit);
  if (to > from)
    fprintf(c->out, "<rect class=\"agree\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", from,
            c->y, to - from, c->row);
}

/* An arrow at the edge that the interval crosses; with a stub, as all of it may lie beyond. */
static void put_arrow(const canvas *c, bool right, const char *class, double y) {
  double x = right ? RIGHT : LEFT, back = right ? -6 : 6, size = fmin(4, c->row / 2);
  fprintf(c->out, "<path class=\"dot %s\" d=\"M%.2f %.2fl%.2f %.2fv%.2fz\"/>", class, x, y, back, -size,
          2 * size);
  fprintf(c->out, "<path class=\"span %s\" d=\"M%.2f %.2fh%.2f\"/>", class, x + back, y, 3 * back);
}

static void put_dot(const canvas *c, double x, double y, assay_verdict verdict) {
  double r = fmin(4, c->row * 0.36);
  const char *class = class_of(verdict);
  if (verdict == ASSAY_VERDICT_FAIL)
    fprintf(c->out, "<path class=\"cross\" d=\"M%.2f %.2fl%.2f %.2fm0 %.2fl%.2f %.2f\"/>", x - r, y - r,
            2 * r, 2 * r, -2 * r, -2 * r, 2 * r);
  else if (report_is_bad(verdict))
    fprintf(c->out, "<path class=\"dot %s\" d=\"M%.2f %.2fl%.2f %.2fl%.2f %.2fl%.2f %.2fz\"/>", class, x,
            y - 1.2 * r, 1.2 * r, 1.2 * r, -1.2 * r, 1.2 * r, -1.2 * r, -1.2 * r);
  else
    fprintf(c->out, "<circle class=\"dot %s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"/>", class, x, y, r);
}

static void put_interval(const canvas *c, const placed *p, assay_verdict verdict) {
  double y = c->y + c->row / 2;
  const char *class = class_of(verdict);
  fprintf(c->out, "<path class=\"span %s\" d=\"M%.2f %.2fH%.2f\"/>", class, clipped(c, p->lo), y,
          clipped(c, p->hi));
  if (p->lo < c->axis.lo) put_arrow(c, false, class, y);
  if (p->hi > c->axis.hi) put_arrow(c, true, class, y);
  if (p->d >= c->axis.lo && p->d <= c->axis.hi) put_dot(c, report_axis_at(&c->axis, p->d), y, verdict);
}

static void put_name(const canvas *c, const assay_cell_result *cell) {
  char name[256];
  snprintf(name, sizeof name, "%.*s", (int)fmin((double)report_place_length(cell), 255),
           cell->id ? cell->id : "");
  fprintf(c->out, "<text class=\"row\" x=\"%d\" y=\"%.2f\" text-anchor=\"end\" style=\"font-size:%.1fpx\">",
          LEFT - 10, c->y + c->row / 2 + 0.3 * fmin(11.5, c->row), fmin(11.5, c->row));
  report_xml_short(name, 30, c->out);
  fputs("</text>", c->out);
}

static void put_outcome(const canvas *c, const assay_cell_result *cell) {
  report_text used = report_pretty(report_brief(report_used_margin(cell)));
  fprintf(c->out, "<text class=\"row\" x=\"%d\" y=\"%.2f\" style=\"font-size:%.1fpx\">%s %s", RIGHT + 12,
          c->y + c->row / 2 + 0.3 * fmin(11.5, c->row), fmin(11.5, c->row), report_symbol(cell->verdict),
          used.text);
  if (cell->verdict != ASSAY_VERDICT_PASS) fprintf(c->out, " %s", assay_verdict_name(cell->verdict));
  fputs("</text>", c->out);
}

static void put_row(canvas *c, const assay_cell_result *cell) {
  placed p = place(cell);
  fputs("<g><title>", c->out);
  report_xml(cell->id, c->out);
  fprintf(c->out, ": %s</title>", assay_verdict_name(cell->verdict));
  if (p.drawn) {
    put_region(c, &p, cell->side);
    put_interval(c, &p, cell->verdict);
  } else if (c->row >= 9) {
    fprintf(c->out, "<text class=\"tick\" x=\"%d\" y=\"%.2f\">%s</text>", LEFT + 8, c->y + c->row / 2 + 4,
            cell->verdict == ASSAY_VERDICT_EXPLORATORY ? "not judged" : "no interval");
  }
  if (c->row >= 9) {
    put_name(c, cell);
    put_outcome(c, cell);
  }
  fputs("</g>\n", c->out);
  c->y += c->row;
}

/* ---- the whole ---- */

static void put_group(canvas *c, const assay_cell_result *first) {
  fprintf(c->out, "<text class=\"group\" x=\"12\" y=\"%.2f\">", c->y + HEADING - 7);
  report_xml_short(first->target, 60, c->out);
  if (first->side) fputs(" <tspan class=\"note\">one-sided</tspan>", c->out);
  fputs("</text>", c->out);
  c->y += HEADING;
  for (int i = (int)(first - c->claim->cells); i < c->claim->n_cells; i++) {
    const assay_cell_result *cell = &c->claim->cells[i];
    if (report_same_target(cell, first)) put_row(c, cell);
  }
}

static void put_axis(const canvas *c, double bottom) {
  report_tick ticks[REPORT_MOST_TICKS];
  int n = report_axis_ticks(&c->axis, ticks);
  for (int i = 0; i < n; i++) {
    if (!ticks[i].labelled) continue;
    double x = report_axis_at(&c->axis, ticks[i].value);
    fprintf(c->out, "<path class=\"grid\" d=\"M%.2f %dV%.2f\"/>", x, TOP, bottom);
    fprintf(c->out, "<text class=\"tick\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">%s</text>", x,
            bottom + 16, report_axis_label(&c->axis, ticks[i].value).text);
  }
  fprintf(
      c->out,
      "<text class=\"label\" x=\"%d\" y=\"%.2f\" text-anchor=\"middle\">(estimate − theory) / margin</text>",
      (LEFT + RIGHT) / 2, bottom + 36);
  fprintf(c->out, "<text class=\"tick\" x=\"%d\" y=\"%.2f\">used of M</text>", RIGHT + 12, bottom + 16);
}

static void put_reference_lines(const canvas *c, double bottom) {
  double zero = report_axis_at(&c->axis, 0);
  fprintf(c->out, "<path class=\"zero\" d=\"M%.2f %dV%.2f\"/>", zero, TOP, bottom);
  for (int side = -1; side <= 1; side += 2) {
    double x = report_axis_at(&c->axis, side);
    fprintf(c->out, "<path class=\"limit\" d=\"M%.2f %dV%.2f\"/>", x, TOP, bottom);
  }
}

static int count_groups(const assay_claim_result *claim) {
  int n = 0;
  for (int i = 0; i < claim->n_cells; i++) n += report_begins_target(claim, i);
  return n;
}

static void put_description(const canvas *c, int number) {
  fprintf(c->out, "<title id=\"f%d-title\">Agreement of ", number);
  report_xml(c->claim->claim->id, c->out);
  fprintf(c->out,
          "</title><desc id=\"f%d-desc\">%d cells. Each row is estimate minus theory in units of the margin "
          "with its "
          "interval; a cell agrees when the interval lies inside the shaded region. The table has the "
          "numbers.</desc>",
          number, c->claim->n_cells);
}

void report_agreement_plot(const assay_claim_result *claim, int number, FILE *out) {
  if (!claim->n_cells) return;
  double half = half_width(claim), row = claim->n_cells <= 40 ? 22 : claim->n_cells <= 120 ? 12 : 5;
  double bottom = TOP + HEADING * count_groups(claim) + row * claim->n_cells;
  canvas c = {claim, report_axis_between(-half, half, LEFT, RIGHT), row, TOP, out};
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
          "aria-labelledby=\"f%d-title f%d-desc\">",
          WIDTH, bottom + BELOW, number, number);
  put_description(&c, number);
  put_axis(&c, bottom);
  for (int i = 0; i < claim->n_cells; i++)
    if (report_begins_target(claim, i)) put_group(&c, &claim->cells[i]);
  put_reference_lines(&c, bottom);
  fputs("</svg>\n", out);
}
