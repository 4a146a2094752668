#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "compare/judge.h"
#include "compare/results.h"
#include "reports/report.h"

typedef struct {
  const char *store, *directory, *formats;
} arguments;

const struct argp_option cli_report_options[] = {
    {"output", 'o', "DIR", 0, "the directory to write into (required)", 0},
    {"format", 'f', "LIST", 0, "html,md,csv,json,junit,tap (default: all)", 0},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case 'o': a->directory = value; return 0;
  case 'f': a->formats = value; return 0;
  case ARGP_KEY_ARG:
    if (a->store) argp_error(state, "one store at a time; '%s' is a second one", value);
    a->store = value;
    return 0;
  case ARGP_KEY_END:
    if (!a->store) argp_error(state, "which STORE?");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static int open_stored(const assay_paper *const *papers, const char *path, session *s) {
  session_request want = {0};
  int status = session_open(s, &want, papers, path, STORE_READ);
  if (status != EXIT_GOOD) return status;
  status = session_judge(s);
  return status == EXIT_GOOD ? EXIT_GOOD : session_close(s, false, true, status);
}

int cli_report(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_report_options,
                                   parse,
                                   "STORE",
                                   "Renders the reports of a store, complete or not.",
                                   NULL,
                                   NULL,
                                   NULL};
  arguments a = {0};
  assay_error error = {0};
  session s;
  if (argp_parse(&argp, argc, argv, 0, NULL, &a)) return EXIT_MISTAKE;
  if (!a.directory) return cli_fail("report needs -o DIR: where the reports go");
  int status = open_stored(papers, a.store, &s);
  if (status != EXIT_GOOD) return status;
  assay_results *results = results_make(&s.p, s.s, true, &error);
  if (!results) return session_close(&s, false, true, cli_fail("%s", error.text));
  results->command = cli_command_line(argc, argv);
  results->started = store_get(s.s, "started");
  if (report_write_all(results, a.directory, a.formats, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  else {
    printf("Reports are in %s\n", a.directory);
    status = assay_results_exit(results);
  }
  assay_results_free(results);
  return session_close(&s, false, true, status);
}

int cli_plan(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {NULL, parse, "STORE",
      "Prints what the next look of every undecided cell still lacks: cell, look, replicates lacking, replicates in all.", NULL, NULL,
      NULL};
  arguments a = {0};
  session s;
  if (argp_parse(&argp, argc, argv, 0, NULL, &a)) return EXIT_MISTAKE;
  int status = open_stored(papers, a.store, &s);
  if (status != EXIT_GOOD) return status;
  int open = 0;
  for (int i = 0; i < s.p.n_cells; i++) {
    long lacking, of;
    const plan_cell *cell = &s.p.cells[i];
    if (!cell->open) continue;
    judge_lacking(&s.p, cell, &lacking, &of);
    printf("%s\t%s\tlook %d of %d\t%ld\t%ld\n", s.p.claims[cell->claim].claim->id, cell->result.id, cell->look + 1,
           cell->result.looks, lacking, of);
    open++;
  }
  if (!open) fprintf(stderr, "assay: every cell is decided\n");
  return session_close(&s, false, true, open ? EXIT_OPEN : EXIT_GOOD);
}
