#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

static void check_well_formed(const assay_results *results) {
  char scratch[64];
  make_scratch(scratch);
  cr_assert_eq(report_write_all(results, scratch, "html", NULL), ASSAY_OK);
  cr_expect_eq(run("xmllint --noout '%s/report.html'", scratch), 0);
  remove_scratch(scratch);
}

Test(reports_html, is_well_formed) {
  check_well_formed(synthetic_results());
  check_well_formed(synthetic_nothing());
}

Test(reports_html, needs_nothing_from_elsewhere) {
  char *text = rendered(report_write_html, synthetic_results());
  const char *const foreign[] = {"src=",  "href=\"h", "url(", "@import",
                                 "<link", "<iframe",  "<img", "<script>alert"};
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    cr_expect_null(strstr(text, foreign[i]), "%s", foreign[i]);
  cr_expect_eq(occurrences(text, "<script>"), 1);
  free(text);
}

/* Every id once; every link and every reference of an accessible name to one of them. */
Test(reports_html, ids_are_unique_and_links_lead_somewhere) {
  char *text = rendered(report_write_html, synthetic_results());
  int ids = 0, links = 0;
  for (const char *at = text; (at = strstr(at, " id=\"")); at++, ids++) {
    char attribute[200];
    snprintf(attribute, sizeof attribute, "%.*s", (int)(strchr(at + 5, '"') - at + 1), at);
    cr_expect_eq(occurrences(text, attribute), 1, "%s", attribute);
  }
  for (const char *at = text; (at = strstr(at, "href=\"#")); at++, links++) {
    char target[200];
    snprintf(target, sizeof target, " id=\"%.*s\"", (int)strcspn(at + 7, "\""), at + 7);
    cr_expect(strstr(text, target), "%s", target);
  }
  cr_expect_eq(links, 9);
  cr_expect_gt(ids, 9);
  free(text);
}

Test(reports_html, tells_the_outcome_in_words) {
  char *text = rendered(report_write_html, synthetic_results());
  cr_expect(strstr(text, "<h1 class=\"bad\">1 of 9 claims fails</h1>"));
  cr_expect(strstr(text, "passes with probability at most 10⁻⁴"));
  cr_expect(strstr(text, "✗ fail") && strstr(text, "▽ underpowered") && strstr(text, "? undecided"));
  cr_expect(strstr(text, "<code>assay run 'dp-sgd/fluctuations' --tier standard --seed 1</code>"));
  cr_expect(strstr(text, "sensitivity C instead of 2C: a quarter of the noise"));
  cr_expect(strstr(text, "killed by signal 9"));
  cr_expect(strstr(text, "margin: 0.6/d of the limit"));
  free(text);
}

Test(reports_html, tables_and_figures_can_be_read_aloud) {
  char *text = rendered(report_write_html, synthetic_results());
  cr_expect_eq(occurrences(text, "<th>"), 0, "every heading of a table has its scope");
  int figures = occurrences(text, "<svg ");
  cr_expect_eq(figures, 8 + 3, "a plot of agreement for every claim with cells, and the declared figures");
  cr_expect_eq(occurrences(text, "<desc "), figures);
  cr_expect_eq(occurrences(text, "role=\"img\""), figures);
  free(text);
}

Test(reports_html, coordinates_are_finite) {
  char *text = rendered(report_write_html, synthetic_results());
  for (char *svg = strstr(text, "<svg "); svg; svg = strstr(svg + 1, "<svg ")) {
    char *end = strstr(svg, "</svg>");
    *end = '\0';
    cr_expect_eq(occurrences(svg, "=\"nan") + occurrences(svg, "=\"inf") + occurrences(svg, "=\"-inf"), 0);
    cr_expect_eq(occurrences(svg, "Mnan") + occurrences(svg, " nan") + occurrences(svg, "-nan"), 0);
    svg = end;
  }
  free(text);
}

Test(reports_html, a_line_has_gaps_where_the_theory_is_absent) {
  double x[] = {0, 1, 2, 3, 4}, y[] = {1, 2, NAN, 2, 1};
  char label[] = "a";
  assay_series series = {.label = label, .n_line = 5, .line_x = x, .line_y = y};
  assay_figure of = {.title = "t", .x = "x", .y = "y"};
  assay_figure_result figure = {&of, &series, 1};
  char *text = drawn(&figure);
  const char *line = strstr(text, "class=\"line s0\"");
  cr_assert(line);
  line = strstr(line + 1, "<path d=\"M");
  cr_assert(line);
  int moves = 0, lines = 0;
  for (const char *c = line + 9; *c != '"'; c++) moves += *c == 'M', lines += *c == 'L';
  cr_expect_eq(moves, 2);
  cr_expect_eq(lines, 2);
  free(text);
}

Test(reports_html, points_that_cannot_be_placed_are_counted) {
  double x[] = {1, 10, -1}, y[] = {1, 0, 1}, lo[] = {-1, 0, 1}, hi[] = {2, 1, 1};
  char label[] = "a";
  assay_series series = {
      .label = label, .n_points = 3, .point_x = x, .point_y = y, .point_lo = lo, .point_hi = hi};
  assay_figure of = {.title = "t", .x = "x", .y = "y", .flags = ASSAY_LOG_X | ASSAY_LOG_Y};
  assay_figure_result figure = {&of, &series, 1};
  char *text = drawn(&figure);
  cr_expect(strstr(text, "(2 points beyond these axes)"));
  cr_expect_eq(occurrences(text, "<title>a: "), 1);
  free(text);
}

Test(reports_html, marks_are_named_and_vertical) {
  double x[] = {0, 1}, y[] = {1, 2};
  char label[] = "a";
  assay_series series = {.label = label, .n_line = 2, .line_x = x, .line_y = y, .n_marks = 3, .mark = {.5, NAN, 3}};
  assay_figure of = {.title = "t", .x = "x", .y = "y", .marks = "edge,none,outlier"};
  assay_figure_result figure = {&of, &series, 1};
  char *text = drawn(&figure);
  cr_expect_eq(occurrences(text, "class=\"rule s0\""), 2, "one for each that has a value");
  cr_expect(strstr(text, ">edge</text>") && strstr(text, ">outlier</text>") && !strstr(text, ">none</text>"));
  free(text);
}

Test(reports_html, a_cloud_has_a_dot_for_each_replicate_and_one_scale) {
  double x[] = {.1, .2, .3}, y[] = {.3, .1, NAN}, none[] = {NAN, NAN, NAN}, to_x[] = {0, .5}, to_y[] = {0, .5};
  char label[] = "a";
  assay_series series = {.label = label, .n_line = 2, .line_x = to_x, .line_y = to_y,
                         .n_points = 3, .point_x = x, .point_y = y, .point_lo = none, .point_hi = none};
  assay_figure of = {.title = "t", .x = "x", .y = "y", .flags = ASSAY_CLOUD};
  assay_figure_result figure = {&of, &series, 1};
  char *text = drawn(&figure);
  const char *dots = strstr(text, "class=\"dots s0\"");
  cr_assert(dots);
  int moves = 0;
  for (const char *c = strstr(dots, "d=\"") + 3; *c != '"'; c++) moves += *c == 'M';
  cr_expect_eq(moves, 2);
  const char *line = text;
  double from[2], to[2];
  do line = strstr(line + 1, "<path d=\"M");
  while (line && sscanf(line, "<path d=\"M%lf %lfL%lf %lf", &from[0], &from[1], &to[0], &to[1]) != 4);
  cr_assert(line);
  cr_expect_float_eq(to[0] - from[0], from[1] - to[1], .02, "a diagonal stays one");
  free(text);
}
