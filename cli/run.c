#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/ranks.h"
#include "cli/session.h"
#include "compare/results.h"
#include "compare/runner.h"
#include "compare/shard.h"
#include "reports/report.h"

typedef struct {
  session_request want;
  const char *store, *formats, *directory, *shard, *from;
  int shard_number, shards;
  char *tier, *seed, *workers, *time_limit, *memory_limit;
  bool resume, quiet;
} arguments;

enum { LEAST_MEMORY = 64 };
enum { KEY_RESUME = 256, KEY_STORE, KEY_FORMAT, KEY_SEED, KEY_TIME_LIMIT, KEY_MEMORY_LIMIT, KEY_SHARD, KEY_FROM };

const struct argp_option cli_run_options[] = {
    {"tier", 't', "TIER", 0, "quick (default), standard or deep: sizes, replicates and margins", 0},
    {"jobs", 'j', "N", 0, "worker processes (default: one for every processor)", 0},
    {"seed", KEY_SEED, "S", 0, "seed of the random streams (default 1, the one whose verdicts count)", 0},
    {"store", KEY_STORE, "FILE", 0,
     "keep the replicates in FILE, so that the run can be resumed and reported again", 0},
    {"resume", KEY_RESUME, NULL, 0, "go on with the run that --store FILE holds", 0},
    {"shard", KEY_SHARD, "I/N", 0,
     "compute the I-th of N equal parts into --store FILE, to be merged; nothing is judged", 0},
    {"from", KEY_FROM, "FILE", 0, "with --shard: go on from the merged store of an earlier round", 0},
    {"format", KEY_FORMAT, "LIST", 0,
     "reports to write: html,md,csv,json,junit,tap (default with -o: all; without: one, to standard output)",
     0},
    {"output", 'o', "DIR", 0, "write report.json and the reports of --format into DIR", 0},
    {"time-limit", KEY_TIME_LIMIT, "SECONDS", 0,
     "one replicate may take this long; 0: no limit (default 600)", 0},
    {"memory-limit", KEY_MEMORY_LIMIT, "MIB", 0, "address space of a worker; 0: no limit (default)", 0},
    {"quiet", 'q', NULL, 0, "no progress", 0},
    CLI_DATA_OPTION,
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA: return cli_use_data(value) ? 0 : EINVAL;
  case 't': a->tier = value; return 0;
  case 'j': a->workers = value; return 0;
  case KEY_SEED: a->seed = value; return 0;
  case KEY_STORE: a->store = value; return 0;
  case KEY_RESUME: a->resume = true; return 0;
  case KEY_SHARD: a->shard = value; return 0;
  case KEY_FROM: a->from = value; return 0;
  case KEY_FORMAT: a->formats = value; return 0;
  case KEY_TIME_LIMIT: a->time_limit = value; return 0;
  case KEY_MEMORY_LIMIT: a->memory_limit = value; return 0;
  case 'o': a->directory = value; return 0;
  case 'q': a->quiet = true; return 0;
  case ARGP_KEY_ARG: a->want.globs[a->want.n_globs++] = value; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- checking before anything is computed ---- */

static bool check_formats(const char *formats, bool to_directory) {
  char *copy = strdup(formats), *rest = copy, *one;
  int n = 0;
  bool good = copy != NULL;
  const char *names[16];
  size_t known = 0;
  for (; report_formats[known].name && known < 16; known++) names[known] = report_formats[known].name;
  while (good && (one = strsep(&rest, ","))) {
    n++;
    if (report_format_find(one)) continue;
    const char *nearest = assay_nearest(one, names, known);
    cli_fail("unknown format '%.32s'; known: html, md, csv, json, junit, tap%s%s%s", one, nearest ? "; did you mean '" : "",
             nearest ? nearest : "", nearest ? "'?" : "");
    good = false;
  }
  free(copy);
  if (good && n > 1 && !to_directory) {
    cli_fail("several formats need a directory: add -o DIR");
    good = false;
  }
  return good;
}

/* The directory exists or can be made, and takes a file. */
static bool check_directory(const char *directory) {
  char probe[4096];
  if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
    cli_fail("the output directory %s cannot be made (%s)", directory, strerror(errno));
    return false;
  }
  snprintf(probe, sizeof probe, "%s/.assay-XXXXXX", directory);
  int fd = mkstemp(probe);
  if (fd < 0) {
    cli_fail("the output directory %s cannot be written (%s)", directory, strerror(errno));
    return false;
  }
  close(fd);
  unlink(probe);
  return true;
}

static bool read_shard(arguments *a) {
  char extra;
  if (a->shard && (sscanf(a->shard, "%d/%d%c", &a->shard_number, &a->shards, &extra) != 2 || a->shards < 1 || a->shards > 4096 ||
                   a->shard_number < 1 || a->shard_number > a->shards)) {
    cli_fail("--shard '%.32s' is not I/N with 1 <= I <= N <= 4096", a->shard);
    return false;
  }
  if (a->shard && !a->store) {
    cli_fail("--shard needs --store FILE: where the part is kept");
    return false;
  }
  if (a->shard && (a->formats || a->directory)) {
    cli_fail("a shard has no report; merge the shards and run `assay report`");
    return false;
  }
  if (a->from && (!a->shard || a->resume)) {
    cli_fail(a->resume ? "a resumed shard knows where it began; leave --from out" : "--from goes with --shard");
    return false;
  }
  return true;
}

static bool read_arguments(arguments *a, runner_options *o) {
  long workers = cli_processors(), memory = 0;
  o->time_limit = CLI_TIME_LIMIT;
  if (a->tier && !cli_read_tier(a->tier, &a->want.tier)) return false;
  if (a->seed && !cli_read_seed(a->seed, &a->want.seed)) return false;
  if (a->workers && !cli_read_long("--jobs", a->workers, 1, 256, &workers)) return false;
  if (a->time_limit && !cli_read_real("--time-limit", a->time_limit, 0, &o->time_limit)) return false;
  if (a->memory_limit && !cli_read_long("--memory-limit", a->memory_limit, 0, 1L << 30, &memory)) return false;
  if (!read_shard(a)) return false;
  if (memory > 0 && memory < LEAST_MEMORY) {
    cli_fail("--memory-limit %ld is too little for a worker to start; give at least %d (MiB), or 0 for no limit", memory,
             LEAST_MEMORY);
    return false;
  }
  if (a->resume && !a->store) {
    cli_fail("--resume needs --store FILE: the store to go on with");
    return false;
  }
  if (a->formats && !check_formats(a->formats, a->directory != NULL)) return false;
  if (a->directory && !check_directory(a->directory)) return false;
  a->want.tier_given = a->tier != NULL;
  a->want.seed_given = a->seed != NULL;
  o->workers = (int)workers;
  o->memory_limit = memory;
  return true;
}

/* ---- the summary on standard output ---- */

static void worst_ratio(const assay_claim_result *r, double *ratio, int *controls, int *rejected) {
  *ratio = 0;
  *controls = *rejected = 0;
  for (int i = 0; i < r->n_cells; i++) {
    const assay_cell_result *c = &r->cells[i];
    if (c->margin > 0 && !isnan(c->demonstrated)) *ratio = fmax(*ratio, c->demonstrated / c->margin);
    for (int k = 0; k < c->n_controls; k++) ++*controls, *rejected += c->controls[k].rejected;
  }
}

static void print_summary(const assay_results *results) {
  printf("%-12s  %-40s %6s %9s %10s %8s\n", "verdict", "claim", "cells", "controls", "worst d/M", "worker s");
  for (int i = 0; i < results->n_claims; i++) {
    const assay_claim_result *r = &results->claims[i];
    double ratio;
    int controls, rejected;
    char of[32];
    worst_ratio(r, &ratio, &controls, &rejected);
    snprintf(of, sizeof of, "%d/%d", rejected, controls);
    printf("%-12s  %-40s %6d %9s %10.2f %8.1f\n", assay_verdict_name(r->verdict), r->claim->id, r->n_cells, of, ratio, r->seconds);
    if (r->reason[0]) printf("              %s\n", r->reason);
  }
  printf("\n%d claim%s, %d cell%s: %d pass, %d fail, %d error, %d underpowered, %d undecided, %d skipped\n",
         results->n_claims, results->n_claims == 1 ? "" : "s", results->n_cells,
         results->n_cells == 1 ? "" : "s", results->count[ASSAY_VERDICT_PASS],
         results->count[ASSAY_VERDICT_FAIL], results->count[ASSAY_VERDICT_ERROR],
         results->count[ASSAY_VERDICT_UNDERPOWERED], results->count[ASSAY_VERDICT_UNDECIDED],
         results->count[ASSAY_VERDICT_SKIPPED] + results->count[ASSAY_VERDICT_EXPLORATORY]);
  printf("A claim that is off by its margin anywhere passes with probability at most %.0e; of %d cells of true claims one fails\n"
         "falsely with probability at most %.1e.%s\n",
         ASSAY_ALPHA_PASS, results->n_cells, results->n_cells * ASSAY_ALPHA_FAIL,
         results->default_seed ? "" : " This is not the default seed.");
}

static int write_reports(const arguments *a, const assay_results *results) {
  assay_error error = {0};
  if (a->directory) {
    char formats[256];
    if (a->formats) snprintf(formats, sizeof formats, "json,%s", a->formats);
    if (report_write_all(results, a->directory, a->formats ? formats : NULL, &error) != ASSAY_OK)
      return cli_fail("%s", error.text);
  } else if (a->formats) {
    return report_format_find(a->formats)->write(results, stdout, &error) == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
  }
  print_summary(results);
  if (a->directory) printf("Reports are in %s\n", a->directory);
  return EXIT_GOOD;
}

/* ---- running ---- */

static int verdict_status(const assay_results *results) {
  if (results->n_claims == 1 && results->claims[0].verdict == ASSAY_VERDICT_SKIPPED) return EXIT_SKIPPED;
  return assay_results_exit(results);
}

static int report_results(const arguments *a, session *s, const runner_report *report, int argc, char **argv) {
  assay_error error = {0};
  bool figures = a->directory || (a->formats && report_format_find(a->formats)->figures); /* a directory has the JSON */
  assay_results *results = results_make(&s->p, s->s, figures, &error);
  if (!results) return cli_fail("%s", error.text);
  results->command = cli_command_line(argc, argv);
  results->started = store_get(s->s, "started");
  results->wall_seconds = report->wall_seconds;
  int status = write_reports(a, results);
  if (status == EXIT_GOOD) status = verdict_status(results);
  assay_results_free(results);
  return status;
}

/* The part of a shard: its own store says it when it is resumed. */
static int take_part(const arguments *a, session *s) {
  assay_error error = {0};
  char round[65], text[32], *slices = NULL;
  snprintf(text, sizeof text, "%d/%d", a->shard_number, a->shards);
  if (a->resume) {
    char *stored = store_get(s->s, "shard");
    slices = store_get(s->s, "slices");
    int status = EXIT_GOOD;
    if (!stored || !slices) status = cli_fail("%s is not the store of a shard", a->store);
    else if (a->shard && strcmp(stored, text)) status = cli_fail("%s is shard %s, not %s", a->store, stored, text);
    else if (shard_resume(&s->p, slices, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
    free(stored);
    free(slices);
    return status;
  }
  assay_status status = shard_slice(&s->p, a->shard_number, a->shards, round, &slices, &error);
  if (status == ASSAY_OK) status = store_set(s->s, "slices", slices, &error);
  if (status == ASSAY_OK) status = store_set(s->s, "round", round, &error);
  if (status == ASSAY_OK) status = store_set(s->s, "shard", text, &error);
  free(slices);
  return status == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
}

static int finish_part(const arguments *a, session *s, const runner_report *report) {
  assay_error error = {0};
  if (store_set(s->s, "complete", "1", &error) != ASSAY_OK) return cli_fail("%s", error.text);
  printf("shard complete in %s: %ld replicates computed in %.1f s\n", a->store, report->replicates, report->wall_seconds);
  return EXIT_GOOD;
}

/* Where what was computed is, and how to go on. */
static void print_resume(const arguments *a, const char *path) {
  char *words[] = {"assay run --resume --store", (char *)(uintptr_t)path, "-o", (char *)(uintptr_t)a->directory};
  char *line = cli_command_line(a->directory ? 4 : 2, words);
  fprintf(stderr, "assay: stopped; what was computed is kept. Go on with: %s\n", line ? line : path);
  free(line);
}

static int run_plan(const arguments *a, runner_options *o, session *s, bool *interrupted, int argc, char **argv) {
  assay_error error = {0};
  runner_report report;
  bool part = a->shard != NULL;
  if (a->resume) {
    char *shard = store_get(s->s, "shard");
    part |= shard != NULL;
    free(shard);
  }
  int taken = part ? take_part(a, s) : EXIT_GOOD;
  if (taken != EXIT_GOOD) return taken;
  cli_catch_interrupts();
  progress *watch = progress_new(&s->p, a->quiet);
  o->stop = &cli_interrupted;
  o->watch = progress_watch;
  o->with = watch;
  o->executable = "/proc/self/exe";
  if (ranks_count() > 0) {
    o->workers = ranks_count();
    o->connect = ranks_connect;
  }
  assay_status status = runner_run(&s->p, s->s, o, &report, &error);
  progress_free(watch);
  /* A private store with nothing in it is not worth keeping. */
  *interrupted = (status != ASSAY_OK || report.interrupted) && (a->store || report.replicates > 0);
  if (status != ASSAY_OK) return cli_fail("%s", error.text);
  if (report.interrupted) return EXIT_INTERRUPTED;
  return part ? finish_part(a, s, &report) : report_results(a, s, &report, argc, argv);
}

int cli_run(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_run_options,
                                   parse,
                                   "[PATTERN...]",
                                   "Checks the claims whose ids match the patterns (shell globs such as "
                                   "'dp-sgd/*'; none: all) and reports."
                                   "\vExit status: 0 all pass or skipped, 1 some claim fails, 2 a mistake, 3 "
                                   "not decided, 77 a single claim was skipped, 130 interrupted.",
                                   NULL,
                                   NULL,
                                   NULL};
  arguments a = {.want = {.seed = ASSAY_DEFAULT_SEED, .tier = ASSAY_QUICK}};
  runner_options o = {0};
  const char **globs = a.want.globs = calloc((size_t)argc + 1, sizeof *globs);
  if (!globs || argp_parse(&argp, argc, argv, 0, NULL, &a) || !read_arguments(&a, &o)) {
    free(globs);
    return EXIT_MISTAKE;
  }
  bool private_store = !a.store, interrupted = false;
  char *path = private_store ? cli_private_store() : strdup(a.store);
  store_mode mode = private_store ? STORE_PRIVATE : a.resume ? STORE_RESUME : STORE_CREATE;
  session s = {0};
  int status = !path    ? EXIT_MISTAKE
               : a.from ? session_open_from(&s, &a.want, papers, path, a.from)
                        : session_open(&s, &a.want, papers, path, mode);
  if (status == EXIT_GOOD) {
    status = run_plan(&a, &o, &s, &interrupted, argc, argv);
    status = session_close(&s, private_store, interrupted, status);
    if (interrupted) print_resume(&a, path);
  }
  free(path);
  free(globs);
  return status;
}
