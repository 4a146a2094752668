#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/diff.h"

enum { MOST_REAL = 60, MOST_OTHERS = 8 }; /* rows shown without --all */

static void print_side(char letter, const char *name, const baseline *b) {
  printf("%c  %s: assay %s, %s tier, seed %" PRIu64 "%s\n", letter, name, b->version,
         assay_tier_names[b->tier], b->seed, b->judged ? "" : ", not judged");
}

/* The next part of a machine's text, which "; " separates. */
static const char *next_part(const char *s, size_t *length) {
  const char *end = strstr(s, "; ");
  *length = end ? (size_t)(end - s) : strlen(s);
  return end ? end + 2 : s + *length;
}

static void print_machines(const char *a, const char *b) {
  if (!strcmp(a, b)) {
    printf("   machine: the same (%s)\n", a);
    return;
  }
  while (*a || *b) {
    size_t n_a, n_b;
    const char *next_a = next_part(a, &n_a), *next_b = next_part(b, &n_b);
    if (n_a != n_b || strncmp(a, b, n_a)) printf("   machine: %.*s -> %.*s\n", (int)n_a, a, (int)n_b, b);
    a = next_a;
    b = next_b;
  }
}

static void print_surroundings(const diff_view *v) {
  print_side('A', v->a_name, v->a);
  print_side('B', v->b_name, v->b);
  bool same = !strcmp(v->a->fingerprint, v->b->fingerprint);
  printf("   simulation sources: %s\n", same ? "the same" : "not the same");
  print_machines(v->a->machine, v->b->machine);
}

static void print_counts(const diff *d) {
  printf("\n%-12s %8s %8s %8s %8s\n", "", "same", "rounding", "noise", "real");
  for (int k = 0; k < DIFF_SPEED; k++) {
    const int *n = d->count[k];
    if (n[DIFF_SAME] + n[DIFF_ROUNDED] + n[DIFF_NOISE] + n[DIFF_REAL] == 0) continue;
    printf("%-12s %8d %8d %8d %8d\n", diff_kind_name((diff_kind)k), n[DIFF_SAME], n[DIFF_ROUNDED],
           n[DIFF_NOISE], n[DIFF_REAL]);
  }
  if (!d->judged) printf("Verdicts and estimates are on one side only and were not compared.\n");
  if (d->runs_a > 0 || d->runs_b > 0)
    printf("%d runs are on both sides, %d on A's only, %d on B's only (another seed or simulated point).\n",
           d->runs_common, d->runs_a, d->runs_b);
  if (d->tests > 0)
    printf("%d estimates rest on other draws: sampling noise alone calls any of them real with probability "
           "at most %g.\n",
           d->tests, DIFF_ALPHA);
  if (!isnan(d->speed)) printf("For A's replicates B takes %.2f times A's time.\n", d->speed);
}

static void describe(const diff_row *row, char *change, size_t change_room, char *size, size_t size_room) {
  *size = 0;
  if (row->a_text)
    snprintf(change, change_room, "%s -> %s", row->a_text, row->b_text);
  else if (row->kind == DIFF_SPEED)
    snprintf(change, change_room, "%.3g s -> %.3g s", row->a, row->b);
  else
    snprintf(change, change_room, "%.10g -> %.10g", row->a, row->b);
  if (row->a_text || isnan(row->relative)) return;
  if (row->kind == DIFF_SPEED)
    snprintf(size, size_room, "x %.2f", row->units);
  else if (row->kind == DIFF_THEORY)
    snprintf(size, size_room, "%.1e, %.2g errors", row->relative, row->units);
  else if (!isnan(row->probability))
    snprintf(size, size_room, "%+.2f se, p %.1e", row->units, row->probability);
  else if (row->kind == DIFF_ESTIMATE && !isnan(row->units))
    snprintf(size, size_room, "%.1e, %.2g se", row->relative, row->units);
  else
    snprintf(size, size_room, "%.1e", row->relative);
}

static void print_row(const diff_row *row) {
  char change[96], size[64];
  describe(row, change, sizeof change, size, sizeof size);
  printf("%-9s %-10s %-36s %-22s %s%s%s%s%s%s\n", diff_grade_name(row->grade), diff_kind_name(row->kind),
         change, size, row->claim, *row->claim && *row->where ? " " : "", row->where, *row->what ? " [" : "",
         row->what, *row->what ? "]" : "");
}

void diff_print_text(const diff_view *v) {
  int shown[DIFF_GRADES] = {0}, hidden = 0;
  print_surroundings(v);
  print_counts(v->d);
  if (v->d->n_rows > 0)
    printf("\n%-9s %-10s %-36s %-22s %s\n", "grade", "kind", "A -> B", "relative, in its unit", "where");
  for (int i = 0; i < v->d->n_rows; i++) {
    const diff_row *row = &v->d->rows[i];
    int most = row->grade == DIFF_REAL ? MOST_REAL : MOST_OTHERS;
    if (!v->all && shown[row->grade] >= most)
      hidden++;
    else
      shown[row->grade]++, print_row(row);
  }
  if (hidden > 0) printf("(%d more; --all shows them)\n", hidden);
  printf("\n%s\n", diff_moved(v->d, v->strict) ? "Something moved." : "Nothing moved.");
}
