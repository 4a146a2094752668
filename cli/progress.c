#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "compare/forecast.h"
#include "compare/results.h"
#include "reports/number.h"

/* A claim is running while its replicates grow: this long after it last did (seconds). In a pipe a plain line
 * tells of the whole this often. */
static const double running_for = 2, plain_every = 60;
/* Before this the rate of the workers says nothing. */
static const double rate_after = 0.5;
enum { MOST_CLAIM_LINES = 12, WIDTH = 80, HEIGHT = 24 };

typedef struct {
  bool finished;
  long done;
  double changed; /* when `done` last grew */
} claim_state;

struct progress {
  bool quiet, terminal;
  int n_claims;
  claim_state *claims;     /* [n_claims] */
  forecast_claim *outlook; /* [n_claims] */
  double begun, told;
  double seconds_before; /* worker time of what was there at the beginning */
  int lines;             /* live lines that stand on the terminal */
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double worker_seconds(const plan *p) {
  double sum = 0;
  for (int i = 0; i < p->n_runs; i++) sum += p->runs[i].seconds;
  return sum;
}

progress *progress_new(const plan *p, bool quiet) {
  progress *g = calloc(1, sizeof *g);
  if (!g) return NULL;
  g->quiet = quiet;
  g->terminal = isatty(STDERR_FILENO);
  g->n_claims = p->n_claims;
  g->claims = calloc((size_t)p->n_claims + 1, sizeof *g->claims);
  g->outlook = calloc((size_t)p->n_claims + 1, sizeof *g->outlook);
  g->begun = g->told = now();
  g->seconds_before = worker_seconds(p);
  return g;
}

/* Takes the live lines away; what is printed next stands in their place. */
static void wipe(progress *g) {
  if (g->lines > 1) fprintf(stderr, "\033[%dA", g->lines - 1);
  if (g->lines > 0) fputs("\r\033[J", stderr);
  g->lines = 0;
}

void progress_free(progress *g) {
  if (!g) return;
  wipe(g);
  free(g->claims);
  free(g->outlook);
  free(g);
}

/* ---- texts ---- */

/* Worker seconds per second of the clock, measured, so that the number of workers and their waiting are in
 * it. NaN: too early. */
static double rate(const progress *g, const plan *p) {
  double passed = now() - g->begun, worked = worker_seconds(p) - g->seconds_before;
  return passed < rate_after || worked <= 0 ? NAN : worked / passed;
}

static report_text time_left(double worker_seconds_left, double per_second) {
  report_text text = {""};
  if (isnan(worker_seconds_left) || isnan(per_second)) return text;
  snprintf(text.text, sizeof text.text, ", about %s left",
           report_duration(worker_seconds_left / per_second).text);
  return text;
}

static void whole_text(const progress *g, const plan *p, double left, char *out, size_t room) {
  int done = 0, cells = 0, open = 0;
  for (int c = 0; c < p->n_claims; c++) {
    done += g->claims[c].finished;
    cells += g->outlook[c].cells;
    open += g->outlook[c].open;
  }
  snprintf(out, room, "%d of %d claims, %d of %d cells decided, %s%s", done, p->n_claims, cells - open, cells,
           report_duration(now() - g->begun).text, time_left(left, rate(g, p)).text);
}

static void claim_text(const progress *g, const plan *p, int c, char *out, size_t room) {
  const forecast_claim *f = &g->outlook[c];
  char width[160] = "";
  if (f->widest) {
    const assay_cell_result *r = &f->widest->result;
    snprintf(width, sizeof width, ", half-width %.2g, margin %.2g", (r->hi - r->lo) / 2, r->margin);
  }
  /* What is cut off on a narrow terminal is least missed. */
  snprintf(out, room, "  %s: %ld of %ld replicates%s%s", p->claims[c].claim->id, f->done, f->expected,
           time_left(f->seconds, rate(g, p)).text, width);
}

/* ---- the terminal ---- */

static void live_line(progress *g, int width, const char *text) {
  fprintf(stderr, "%s%.*s", g->lines ? "\n" : "", width - 1, text);
  g->lines++;
}

static bool running(const progress *g, int c) {
  return !g->claims[c].finished && g->claims[c].done > 0 && now() - g->claims[c].changed < running_for;
}

static void live_lines(progress *g, const plan *p, double left) {
  struct winsize size = {0};
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  int width = known && size.ws_col > 20 ? size.ws_col : WIDTH,
      most = (known && size.ws_row > 3 ? size.ws_row : HEIGHT) - 2;
  if (most > MOST_CLAIM_LINES) most = MOST_CLAIM_LINES;
  char text[512];
  wipe(g);
  whole_text(g, p, left, text, sizeof text);
  live_line(g, width, text);
  for (int c = 0; c < p->n_claims && g->lines <= most; c++) {
    if (!running(g, c)) continue;
    claim_text(g, p, c, text, sizeof text);
    live_line(g, width, text);
  }
  fflush(stderr);
}

/* ---- watching ---- */

static void note_claims(progress *g, const plan *p) {
  for (int c = 0; c < p->n_claims; c++) {
    claim_state *s = &g->claims[c];
    const forecast_claim *f = &g->outlook[c];
    if (f->done > s->done) s->changed = now();
    s->done = f->done;
    if (s->finished || f->open > 0) continue;
    s->finished = true;
    wipe(g);
    fprintf(stderr, "%-12s %s (%d cells, %.1f s)\n", assay_verdict_name(results_claim_verdict(p, c)),
            p->claims[c].claim->id, f->cells, now() - g->begun);
  }
}

void progress_watch(void *with, const plan *p) {
  progress *g = with;
  if (!g || g->quiet || !g->claims || !g->outlook) return;
  double left = forecast_make(p, g->outlook);
  note_claims(g, p);
  if (g->terminal)
    live_lines(g, p, left);
  else if (now() - g->told >= plain_every) {
    char text[512];
    g->told = now();
    whole_text(g, p, left, text, sizeof text);
    fprintf(stderr, "%s\n", text);
  }
}
