#include "reports/figure.h"

#include <math.h>
#include <string.h>

#include "reports/axis.h"
#include "reports/text.h"

enum {
  WIDTH = 720,
  LEFT = 76,
  RIGHT = 18,
  PLOT_HEIGHT = 320,
  BELOW = 52,
  LEGEND_ROW = 20,
  MOST_LEGENDS = 24
};

typedef struct {
  const assay_figure_result *figure;
  report_axis x, y;
  double top; /* of the plot, below the legend */
  int number;
  FILE *out;
} canvas;

/* ---- marks ---- */

static const char *dash(int series) {
  static const char *const dashes[] = {"", "7 3", "2 3", "9 3 2 3", "12 4 2 4 2 4"};
  return dashes[series % (int)(sizeof dashes / sizeof *dashes)];
}

/* Outlines of about the same area, so that no series looks heavier than another. */
static const char *marker(int series) {
  static const char *const outlines[] = {
      "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z",
      "M-3.2 -3.2h6.4v6.4h-6.4z",
      "M0 -4.4L4.1 3H-4.1z",
      "M0 -4.6L4.6 0L0 4.6L-4.6 0z",
      "M0 4.4L4.1 -3H-4.1z",
      "M-3.6 -3.6L3.6 3.6M-3.6 3.6L3.6 -3.6",
  };
  return outlines[series % (int)(sizeof outlines / sizeof *outlines)];
}

static int colour(int series) {
  return series % 7;
}

static void put_line_style(const canvas *c, int series) {
  fprintf(c->out, "class=\"line s%d\"", colour(series));
  if (*dash(series)) fprintf(c->out, " stroke-dasharray=\"%s\"", dash(series));
}

/* ---- ranges ---- */

typedef struct {
  double lo, hi;
} range;

static void include(range *r, double x, bool log) {
  if (!report_drawable(x, log)) return;
  r->lo = fmin(r->lo, x);
  r->hi = fmax(r->hi, x);
}

/* An interval that reaches towards zero must not stretch a logarithmic axis over many empty decades. */
static double tamed(double end, double point, bool log) {
  return log ? fmin(fmax(end, point / 30), point * 30) : end;
}

static void find_ranges(const assay_figure_result *figure, range *x, range *y) {
  bool log_x = figure->of->flags & ASSAY_LOG_X, log_y = figure->of->flags & ASSAY_LOG_Y;
  for (int i = 0; i < figure->n_series; i++) {
    const assay_series *s = &figure->series[i];
    for (int k = 0; k < s->n_line; k++) {
      if (!report_drawable(s->line_x[k], log_x) || !report_drawable(s->line_y[k], log_y)) continue;
      include(x, s->line_x[k], log_x);
      include(y, s->line_y[k], log_y);
    }
    for (int k = 0; k < s->n_points; k++) {
      if (!report_drawable(s->point_x[k], log_x) || !report_drawable(s->point_y[k], log_y)) continue;
      include(x, s->point_x[k], log_x);
      include(y, s->point_y[k], log_y);
      include(y, tamed(s->point_lo[k], s->point_y[k], log_y), log_y);
      include(y, tamed(s->point_hi[k], s->point_y[k], log_y), log_y);
    }
    for (int k = 0; k < s->n_marks; k++) include(x, s->mark[k], log_x);
  }
}

/* One unit is as long along x as along y: the shorter range grows on both sides. */
static void equal_scale(range *x, range *y) {
  double ratio = (double)(WIDTH - LEFT - RIGHT) / PLOT_HEIGHT, wide = x->hi - x->lo, high = y->hi - y->lo;
  double more_x = fmax(0, ratio * high - wide) / 2, more_y = fmax(0, wide / ratio - high) / 2;
  *x = (range){x->lo - more_x, x->hi + more_x};
  *y = (range){y->lo - more_y, y->hi + more_y};
}

/* ---- the frame ---- */

static void put_x_ticks(const canvas *c) {
  report_tick ticks[REPORT_MOST_TICKS];
  int n = report_axis_ticks(&c->x, ticks);
  double bottom = c->top + PLOT_HEIGHT;
  for (int i = 0; i < n; i++) {
    double at = report_axis_at(&c->x, ticks[i].value);
    fprintf(c->out, "<path class=\"%s\" d=\"M%.2f %.2fV%.2f\"/>", ticks[i].labelled ? "grid" : "grid minor",
            at, c->top, bottom);
    if (ticks[i].labelled)
      fprintf(c->out, "<text class=\"tick\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">%s</text>", at,
              bottom + 17, report_axis_label(&c->x, ticks[i].value).text);
  }
}

static void put_y_ticks(const canvas *c) {
  report_tick ticks[REPORT_MOST_TICKS];
  int n = report_axis_ticks(&c->y, ticks);
  for (int i = 0; i < n; i++) {
    double at = report_axis_at(&c->y, ticks[i].value);
    fprintf(c->out, "<path class=\"%s\" d=\"M%d %.2fH%d\"/>", ticks[i].labelled ? "grid" : "grid minor", LEFT,
            at, WIDTH - RIGHT);
    if (ticks[i].labelled)
      fprintf(c->out, "<text class=\"tick\" x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%s</text>", LEFT - 8,
              at + 4, report_axis_label(&c->y, ticks[i].value).text);
  }
}

static void put_factor(const report_axis *axis, FILE *out) {
  if (axis->exponent) fprintf(out, " (×%s)", report_power_of_ten(axis->exponent).text);
}

static void put_frame(const canvas *c) {
  const assay_figure *of = c->figure->of;
  double bottom = c->top + PLOT_HEIGHT;
  put_x_ticks(c);
  put_y_ticks(c);
  fprintf(c->out, "<path class=\"axis\" d=\"M%d %.2fV%.2fH%d\"/>", LEFT, c->top, bottom, WIDTH - RIGHT);
  fprintf(c->out, "<text class=\"label\" x=\"%d\" y=\"%.2f\" text-anchor=\"middle\">",
          (LEFT + WIDTH - RIGHT) / 2, bottom + 41);
  report_xml_short(of->x_label ? of->x_label : of->x, 90, c->out);
  put_factor(&c->x, c->out);
  fprintf(c->out,
          "</text><text class=\"label\" transform=\"translate(17 %.2f) rotate(-90)\" text-anchor=\"middle\">",
          c->top + PLOT_HEIGHT / 2.0);
  report_xml_short(of->y_label ? of->y_label : of->y, 46, c->out);
  put_factor(&c->y, c->out);
  fputs("</text>", c->out);
}

/* ---- the legend ---- */

static double legend_width(const assay_series *s) {
  return 44 + 6.6 * fmin(report_width(s->label), 60);
}

/* Places the entries in rows; draws them when `c` is not NULL. Returns the height. */
static double legend(const assay_figure_result *figure, const canvas *c) {
  double x = LEFT, y = 16;
  int shown = figure->n_series < MOST_LEGENDS ? figure->n_series : MOST_LEGENDS;
  for (int i = 0; i < shown; i++) {
    const assay_series *s = &figure->series[i];
    if (x > LEFT && x + legend_width(s) > WIDTH - RIGHT) x = LEFT, y += LEGEND_ROW;
    if (c) {
      if (s->n_line) {
        fprintf(c->out, "<path d=\"M%.2f %.2fh26\" ", x, y - 4);
        put_line_style(c, i);
        fputs("/>", c->out);
      }
      if (s->n_points)
        fprintf(c->out, "<path class=\"mark s%d\" transform=\"translate(%.2f %.2f)\" d=\"%s\"/>", colour(i),
                x + 13, y - 4, marker(i));
      fprintf(c->out, "<text class=\"legend\" x=\"%.2f\" y=\"%.2f\">", x + 32, y);
      report_xml_short(s->label, 60, c->out);
      fputs("</text>", c->out);
    }
    x += legend_width(s);
  }
  if (shown == figure->n_series) return y + 10;
  if (c)
    fprintf(c->out, "<text class=\"legend\" x=\"%d\" y=\"%.2f\">and %d more</text>", LEFT, y + LEGEND_ROW,
            figure->n_series - shown);
  return y + LEGEND_ROW + 10;
}

/* ---- the data ---- */

static void put_line(const canvas *c, const assay_series *s, int series) {
  bool drawing = false;
  if (!s->n_line) return;
  fputs("<path d=\"", c->out);
  for (int k = 0; k < s->n_line; k++) {
    bool visible = report_drawable(s->line_x[k], c->x.log) && report_drawable(s->line_y[k], c->y.log);
    if (visible)
      fprintf(c->out, "%c%.2f %.2f", drawing ? 'L' : 'M', report_axis_at(&c->x, s->line_x[k]),
              report_axis_at(&c->y, s->line_y[k]));
    drawing = visible;
  }
  fputs("\" ", c->out);
  put_line_style(c, series);
  fputs("/>", c->out);
}

/* Ends outside the axis are cut off at its edge, without a cap. */
static void put_interval(const canvas *c, double x, double lo, double hi, int series) {
  if (isnan(lo) || isnan(hi)) return;
  bool cut_lo = !report_drawable(lo, c->y.log) || lo < c->y.lo,
       cut_hi = !report_drawable(hi, c->y.log) || hi > c->y.hi;
  double bottom = report_axis_at(&c->y, cut_lo ? c->y.lo : lo),
         top = report_axis_at(&c->y, cut_hi ? c->y.hi : hi);
  fprintf(c->out, "<path class=\"bar s%d\" d=\"M%.2f %.2fV%.2f", colour(series), x, bottom, top);
  if (!cut_lo) fprintf(c->out, "M%.2f %.2fh7", x - 3.5, bottom);
  if (!cut_hi) fprintf(c->out, "M%.2f %.2fh7", x - 3.5, top);
  fputs("\"/>", c->out);
}

static int put_points(const canvas *c, const assay_series *s, int series) {
  int left_out = 0;
  for (int k = 0; k < s->n_points; k++) {
    if (!report_drawable(s->point_x[k], c->x.log) || !report_drawable(s->point_y[k], c->y.log)) {
      left_out++;
      continue;
    }
    double x = report_axis_at(&c->x, s->point_x[k]), y = report_axis_at(&c->y, s->point_y[k]);
    put_interval(c, x, s->point_lo[k], s->point_hi[k], series);
    fprintf(c->out, "<path class=\"mark s%d\" transform=\"translate(%.2f %.2f)\" d=\"%s\"><title>",
            colour(series), x, y, marker(series));
    report_xml(s->label, c->out);
    fprintf(c->out, ": (%s, %s)</title></path>", report_pretty(report_brief(s->point_x[k])).text,
            report_pretty(report_brief(s->point_y[k])).text);
  }
  return left_out;
}

/* Replicates, a dot each, in one path: there are many. */
static void put_dots(const canvas *c, const assay_series *s, int series) {
  if (!s->n_points) return;
  fprintf(c->out, "<path class=\"dots s%d\" d=\"", colour(series));
  for (int k = 0; k < s->n_points; k++)
    if (report_drawable(s->point_x[k], c->x.log) && report_drawable(s->point_y[k], c->y.log))
      fprintf(c->out, "M%.2f %.2fh0", report_axis_at(&c->x, s->point_x[k]), report_axis_at(&c->y, s->point_y[k]));
  fputs("\"/>", c->out);
}

/* Vertical lines, named at the top, each name a little lower than the one before it. */
static int put_marks(const canvas *c, const assay_series *s, int series, int row) {
  const char *name = c->figure->of->marks;
  for (int k = 0; k < s->n_marks; k++, name += *name == ',') {
    int length = (int)strcspn(name, ",");
    if (report_drawable(s->mark[k], c->x.log)) {
      double x = report_axis_at(&c->x, s->mark[k]);
      fprintf(c->out, "<path class=\"rule s%d\" d=\"M%.2f %.2fV%.2f\"/>", colour(series), x, c->top, c->top + PLOT_HEIGHT);
      fprintf(c->out, "<text class=\"tick s%d\" x=\"%.2f\" y=\"%.2f\">%.*s</text>", colour(series), x + 3,
              c->top + 12 + 13 * (row++ % 6), length, name);
    }
    name += length;
  }
  return row;
}

static void put_description(const canvas *c) {
  const assay_figure *of = c->figure->of;
  fprintf(c->out, "<title id=\"f%d-title\">", c->number);
  report_xml(of->title, c->out);
  fprintf(c->out, "</title><desc id=\"f%d-desc\">", c->number);
  report_xml(of->y_label ? of->y_label : of->y, c->out);
  fputs(" against ", c->out);
  report_xml(of->x_label ? of->x_label : of->x, c->out);
  fprintf(c->out, "; %d series, the theory as %s.</desc>", c->figure->n_series,
          of->flags & ASSAY_CLOUD ? "arrows and circles, each replicate a dot" : "lines, the simulation as points with intervals");
}

void report_figure(const assay_figure_result *figure, int number, FILE *out) {
  range x = {INFINITY, -INFINITY}, y = x;
  find_ranges(figure, &x, &y);
  bool cloud = figure->of->flags & ASSAY_CLOUD;
  if (cloud && x.lo < x.hi && y.lo < y.hi) equal_scale(&x, &y);
  double top = legend(figure, NULL);
  canvas c = {figure,
              report_axis_new(x.lo, x.hi, figure->of->flags & ASSAY_LOG_X, LEFT, WIDTH - RIGHT),
              report_axis_new(y.lo, y.hi, figure->of->flags & ASSAY_LOG_Y, top + PLOT_HEIGHT, top),
              top,
              number,
              out};
  fputs("<figure><div class=\"scroll\">", out);
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
          "aria-labelledby=\"f%d-title f%d-desc\">",
          WIDTH, top + PLOT_HEIGHT + BELOW, number, number);
  put_description(&c);
  legend(figure, &c);
  put_frame(&c);
  int left_out = 0, row = 0;
  for (int i = 0; i < figure->n_series; i++) row = put_marks(&c, &figure->series[i], i, row);
  for (int i = 0; cloud && i < figure->n_series; i++) put_dots(&c, &figure->series[i], i);
  for (int i = 0; i < figure->n_series; i++) put_line(&c, &figure->series[i], i);
  for (int i = 0; !cloud && i < figure->n_series; i++) left_out += put_points(&c, &figure->series[i], i);
  fputs("</svg></div><figcaption>", out);
  report_xml(figure->of->title, out);
  if (left_out) fprintf(out, " (%d point%s beyond these axes)", left_out, left_out == 1 ? "" : "s");
  fputs("</figcaption></figure>\n", out);
}
