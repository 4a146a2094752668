#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "compare/judge.h"
#include "compare/results.h"

struct progress {
  bool quiet, terminal;
  int n_claims;
  bool *finished; /* [n_claims] */
  double begun;
  bool line; /* a live line stands on the terminal */
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

progress *progress_new(const plan *p, bool quiet) {
  progress *g = calloc(1, sizeof *g);
  if (!g) return NULL;
  g->quiet = quiet;
  g->terminal = isatty(STDERR_FILENO);
  g->n_claims = p->n_claims;
  g->finished = calloc((size_t)p->n_claims + 1, sizeof *g->finished);
  g->begun = seconds();
  return g;
}

static void wipe(progress *g) {
  if (g->line) fputs("\r\033[K", stderr);
  g->line = false;
}

void progress_free(progress *g) {
  if (!g) return;
  wipe(g);
  free(g->finished);
  free(g);
}

/* Cells closed and in all. */
static void count_cells(const plan *p, int claim, int *closed, int *all) {
  *closed = *all = 0;
  for (int i = 0; i < p->n_cells; i++) {
    if (p->cells[i].claim != claim) continue;
    ++*all;
    *closed += !p->cells[i].open;
  }
}

static void live_line(progress *g, const plan *p) {
  struct winsize size = {0};
  int closed = 0, all = 0, done = 0;
  const char *busy = NULL;
  for (int c = 0; c < p->n_claims; c++) {
    int c_closed, c_all;
    count_cells(p, c, &c_closed, &c_all);
    closed += c_closed;
    all += c_all;
    done += c_closed == c_all;
    if (c_closed < c_all && !busy) busy = p->claims[c].claim->id;
  }
  int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
  char text[256];
  snprintf(text, sizeof text, "%d of %d claims, %d of %d cells decided, %.0f s%s%s", done, p->n_claims, closed, all,
           seconds() - g->begun, busy ? "; at " : "", busy ? busy : "");
  fprintf(stderr, "\r%.*s\033[K", width - 1, text);
  fflush(stderr);
  g->line = true;
}

void progress_watch(void *with, const plan *p) {
  progress *g = with;
  if (!g || g->quiet || !g->finished) return;
  for (int c = 0; c < p->n_claims; c++) {
    int closed, all;
    count_cells(p, c, &closed, &all);
    if (g->finished[c] || closed < all) continue;
    g->finished[c] = true;
    wipe(g);
    fprintf(stderr, "%-12s %s (%d cells, %.1f s)\n", assay_verdict_name(results_claim_verdict(p, c)), p->claims[c].claim->id,
            all, seconds() - g->begun);
  }
  if (g->terminal) live_line(g, p);
}
