#include "cli/gather.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "compare/judge.h"
#include "compare/runner.h"

/* ---- files ---- */

static FILE *open_baseline(const char *path, char *found, size_t room) {
  snprintf(found, room, "%s", path);
  FILE *in = fopen(found, "r");
  if (in || errno != ENOENT) return in;
  snprintf(found, room, "%s%s", path, BASELINE_EXTENSION);
  in = fopen(found, "r");
  if (!in) snprintf(found, room, "%s", path);
  return in;
}

int gather_file(const char *path, baseline *out) {
  char found[4096];
  assay_error error = {0};
  FILE *in = open_baseline(path, found, sizeof found);
  if (!in) return cli_fail("the baseline %s cannot be read (%s)", found, strerror(errno));
  assay_status status = baseline_read(in, found, out, &error);
  fclose(in);
  return status == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
}

/* ---- stores ---- */

/* Puts what the store says about itself in the place of what is true of this program. */
static int adopt_facts(store *s, baseline *b) {
  char **const facts[] = {&b->version, &b->fingerprint, &b->machine};
  static const char *const names[] = {"version", "fingerprint", "machine"};
  for (int i = 0; i < 3; i++) {
    char *value = store_get(s, names[i]);
    if (!value || !*value) {
      free(value);
      return cli_fail("%s does not say which %s its replicates come from", store_path(s), names[i]);
    }
    free(*facts[i]);
    *facts[i] = value;
  }
  return EXIT_GOOD;
}

int gather_store(const assay_paper *const *papers, const char *path, baseline *out) {
  session_request want = {.any_sources = true};
  session s;
  assay_error error = {0};
  int status = session_open(&s, &want, papers, path, STORE_READ);
  if (status != EXIT_GOOD) return status;
  status = session_judge(&s);
  char *patterns = store_get(s.s, "patterns");
  const char **globs = NULL;
  int n = patterns ? session_split(patterns, &globs) : 0;
  if (status == EXIT_GOOD && baseline_make(&s.p, globs, n, true, out, &error) != ASSAY_OK)
    status = cli_fail("%s", error.text);
  else if (status == EXIT_GOOD && (status = adopt_facts(s.s, out)) != EXIT_GOOD)
    baseline_free(out);
  free(globs);
  free(patterns);
  return session_close(&s, false, true, status);
}

/* ---- runs ---- */

static int compute(session *s, int workers, bool quiet) {
  assay_error error = {0};
  runner_report report;
  progress *watch = progress_new(&s->p, quiet);
  runner_options o = {.workers = workers,
                      .time_limit = CLI_TIME_LIMIT,
                      .executable = "/proc/self/exe",
                      .stop = &cli_interrupted,
                      .watch = progress_watch,
                      .with = watch};
  cli_catch_interrupts();
  assay_status status = runner_run(&s->p, s->s, &o, &report, &error);
  progress_free(watch);
  if (status != ASSAY_OK) return cli_fail("%s", error.text);
  return report.interrupted ? EXIT_INTERRUPTED : EXIT_GOOD;
}

/* Only the first replicates of every run that some cell or control rests on, for no verdict. */
static void ask_first(plan *p) {
  for (int i = 0; i < p->n_cells; i++) {
    judge_need(p, &p->cells[i]);
    p->cells[i].open = false;
  }
  for (int i = 0; i < p->n_runs; i++)
    if (p->runs[i].need > BASELINE_KEPT) p->runs[i].need = BASELINE_KEPT;
}

static int gather_fresh(const assay_paper *const *papers, session_request *request, int workers, bool quiet,
                        bool judged, baseline *out) {
  char *path = cli_private_store();
  session s;
  assay_error error = {0};
  int status = path ? session_open(&s, request, papers, path, STORE_PRIVATE) : EXIT_MISTAKE;
  if (status == EXIT_GOOD) {
    if (!judged) ask_first(&s.p);
    status = compute(&s, workers, quiet);
    if (status == EXIT_GOOD &&
        baseline_make(&s.p, request->globs, request->n_globs, judged, out, &error) != ASSAY_OK)
      status = cli_fail("%s", error.text);
    status = session_close(&s, true, false, status);
  }
  free(path);
  return status;
}

int gather_run(const assay_paper *const *papers, session_request *request, int workers, bool quiet,
               baseline *out) {
  return gather_fresh(papers, request, workers, quiet, true, out);
}

/* ---- the present build ---- */

static bool matches(const assay_paper *const *papers, const char *glob) {
  for (; *papers; papers++)
    for (const assay_claim *const *c = (*papers)->claims; *c; c++)
      if (fnmatch(glob, (*c)->id, 0) == 0) return true;
  return false;
}

/* Times of a few replicates measure the start of a worker, not the experiment. */
static void forget_speed(baseline *b) {
  for (int i = 0; i < b->n_runs; i++) b->runs[i].seconds = NAN;
}

int gather_present(const assay_paper *const *papers, const baseline *like, int workers, baseline *out) {
  session_request want = {.tier = like->tier, .seed = like->seed, .tier_given = true, .seed_given = true};
  const char **globs = want.globs = calloc((size_t)like->n_patterns + 1, sizeof *globs);
  if (!globs) return cli_fail("no memory");
  for (int i = 0; i < like->n_patterns; i++)
    if (matches(papers, like->patterns[i])) globs[want.n_globs++] = like->patterns[i];
  int status = like->n_patterns > 0 && want.n_globs == 0
                   ? cli_fail("this build has none of the claims of the other side (%s)", like->patterns[0])
                   : gather_fresh(papers, &want, workers, true, false, out);
  if (status == EXIT_GOOD) forget_speed(out);
  free(globs);
  return status;
}

bool gather_is_present(const char *name) {
  return !strcmp(name, ".") || !strcmp(name, "build");
}

int gather_any(const assay_paper *const *papers, const char *name, baseline *out) {
  char head[16] = "";
  struct stat info;
  if (stat(name, &info) == 0 && S_ISDIR(info.st_mode))
    return cli_fail("%s is a directory; give a baseline, a store, or . for the present build", name);
  FILE *in = fopen(name, "rb");
  size_t n = in ? fread(head, 1, sizeof head - 1, in) : 0;
  if (in) fclose(in);
  return n > 0 && !strncmp(head, "SQLite format 3", 15) ? gather_store(papers, name, out)
                                                        : gather_file(name, out);
}
