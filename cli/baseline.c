#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/gather.h"

typedef struct {
  char *action;
  char **names; /* [n_names] */
  int n_names;
  char *from, *tier, *seed, *workers;
  bool quiet;
} arguments;

enum { KEY_FROM = 256, KEY_SEED };

const struct argp_option cli_baseline_options[] = {
    {"from", KEY_FROM, "STORE", 0, "save: take what STORE holds instead of running the claims", 0},
    {"tier", 't', "TIER", 0, "save: quick (default), standard or deep", 0},
    {"seed", KEY_SEED, "S", 0, "save: seed of the random streams (default 1)", 0},
    {"jobs", 'j', "N", 0, "save: worker processes (default: one for every processor)", 0},
    {"quiet", 'q', NULL, 0, "save: no progress", 0},
    CLI_DATA_OPTION,
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA:
    return cli_use_data(value) ? 0 : EINVAL;
  case KEY_FROM:
    a->from = value;
    return 0;
  case KEY_SEED:
    a->seed = value;
    return 0;
  case 't':
    a->tier = value;
    return 0;
  case 'j':
    a->workers = value;
    return 0;
  case 'q':
    a->quiet = true;
    return 0;
  case ARGP_KEY_ARG:
    if (!a->action)
      a->action = value;
    else
      a->names[a->n_names++] = value;
    return 0;
  case ARGP_KEY_END:
    if (!a->action) argp_error(state, "save, list or show?");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static bool is_baseline_name(const char *name) {
  size_t n = strlen(name), end = strlen(BASELINE_EXTENSION);
  return n > end && !strcmp(name + n - end, BASELINE_EXTENSION);
}

/* ---- save ---- */

/* A file beside its place, to be renamed: an older baseline is replaced whole or not at all. */
typedef struct {
  const char *path;
  char *beside;
  FILE *out;
} replacement;

static int begin_file(const char *path, replacement *r) {
  *r = (replacement){.path = path};
  if (asprintf(&r->beside, "%s.XXXXXX", path) < 0) return cli_fail("no memory");
  int fd = mkstemp(r->beside);
  if (fd >= 0) r->out = fdopen(fd, "w");
  if (r->out) return EXIT_GOOD;
  int status = cli_fail("%s cannot be written (%s)", path, strerror(errno));
  if (fd >= 0) close(fd), unlink(r->beside);
  free(r->beside);
  return status;
}

/* Forces it to the disk and renames it, or removes it when `status` is bad. */
static int end_file(replacement *r, int status) {
  if (status == EXIT_GOOD &&
      (fflush(r->out) != 0 || fchmod(fileno(r->out), 0644) != 0 || fsync(fileno(r->out)) != 0))
    status = cli_fail("%s could not be written in full (%s)", r->path, strerror(errno));
  if (fclose(r->out) != 0 && status == EXIT_GOOD)
    status = cli_fail("%s could not be written in full (%s)", r->path, strerror(errno));
  if (status == EXIT_GOOD && rename(r->beside, r->path) != 0)
    status = cli_fail("%s cannot be replaced (%s)", r->path, strerror(errno));
  if (status != EXIT_GOOD) unlink(r->beside);
  free(r->beside);
  return status;
}

static int gather(const assay_paper *const *papers, const arguments *a, baseline *b) {
  session_request want = {.globs = (const char **)(a->names + 1),
                          .n_globs = a->n_names - 1,
                          .seed = ASSAY_DEFAULT_SEED,
                          .tier = ASSAY_QUICK};
  long workers = cli_processors();
  if (a->from && (a->n_names > 1 || a->tier || a->seed))
    return cli_fail("--from takes patterns, tier and seed from the store; leave them out");
  if (a->tier && !cli_read_tier(a->tier, &want.tier)) return EXIT_MISTAKE;
  if (a->seed && !cli_read_seed(a->seed, &want.seed)) return EXIT_MISTAKE;
  if (a->workers && !cli_read_long("--jobs", a->workers, 1, 256, &workers)) return EXIT_MISTAKE;
  return a->from ? gather_store(papers, a->from, b) : gather_run(papers, &want, (int)workers, a->quiet, b);
}

static int save(const assay_paper *const *papers, const arguments *a) {
  if (a->n_names < 1) return cli_fail("`assay baseline save` needs a NAME: the file to write");
  char *path = NULL;
  const char *extension = is_baseline_name(a->names[0]) ? "" : BASELINE_EXTENSION;
  if (asprintf(&path, "%s%s", a->names[0], extension) < 0) return cli_fail("no memory");
  replacement file;
  baseline b = {0};
  assay_error error = {0};
  int status = begin_file(path, &file); /* before hours are spent on it */
  if (status == EXIT_GOOD) {
    status = gather(papers, a, &b);
    if (status == EXIT_GOOD && baseline_write(&b, file.out, &error) != ASSAY_OK)
      status = cli_fail("%s", error.text);
    status = end_file(&file, status);
  }
  if (status == EXIT_GOOD) printf("%d claims and %d runs are in %s\n", b.n_claims, b.n_runs, path);
  baseline_free(&b);
  free(path);
  return status;
}

/* ---- list ---- */

static int count_cells(const baseline *b) {
  int n = 0;
  for (int i = 0; i < b->n_claims; i++) n += b->claims[i].n_cells;
  return n;
}

static int count_passes(const baseline *b) {
  int n = 0;
  for (int i = 0; i < b->n_claims; i++) n += b->claims[i].verdict == ASSAY_VERDICT_PASS;
  return n;
}

static int wanted(const struct dirent *entry) {
  return is_baseline_name(entry->d_name);
}

static int list(const arguments *a) {
  const char *directory = a->n_names > 0 ? a->names[0] : ".";
  struct dirent **entries;
  if (a->n_names > 1) return cli_fail("one directory at a time; '%s' is a second one", a->names[1]);
  int n = scandir(directory, &entries, wanted, alphasort), status = EXIT_GOOD;
  if (n < 0) return cli_fail("the directory %s cannot be read (%s)", directory, strerror(errno));
  for (int i = 0; i < n; i++) {
    char *path = NULL;
    baseline b;
    if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0) path = NULL;
    free(entries[i]);
    if (path && gather_file(path, &b) == EXIT_GOOD) {
      printf("%s\n    assay %s, %s tier, seed %" PRIu64 "; %d claims (%d pass), %d cells, %d runs\n    %s\n",
             path, b.version, assay_tier_names[b.tier], b.seed, b.n_claims, count_passes(&b), count_cells(&b),
             b.n_runs, b.machine);
      baseline_free(&b);
    } else {
      status = EXIT_MISTAKE;
    }
    free(path);
  }
  free(entries);
  if (n == 0) fprintf(stderr, "assay: no baseline (*%s) is in %s\n", BASELINE_EXTENSION, directory);
  return status;
}

/* ---- show ---- */

static void show_number(const char *format, int width, double x) {
  char text[40] = "-";
  if (!isnan(x)) snprintf(text, sizeof text, format, x);
  printf(" %*s", width, text);
}

static void show_cell(const baseline_cell *cell) {
  printf("  %-12s", assay_verdict_name(cell->verdict));
  show_number("%.9g", 16, cell->theory);
  show_number("%.1e", 8, cell->theory_error);
  show_number("%.9g", 16, cell->estimate);
  show_number("%.2g", 9, cell->se);
  show_number("%.3g", 9, cell->margin);
  printf(" %9ld %4d  %s\n", cell->used, cell->look, cell->id);
}

static int show(const arguments *a) {
  baseline b;
  if (a->n_names != 1) return cli_fail("`assay baseline show` takes one FILE");
  int status = gather_file(a->names[0], &b);
  if (status != EXIT_GOOD) return status;
  printf("assay %s, %s tier, seed %" PRIu64 "\n%s\nsources %s\n", b.version, assay_tier_names[b.tier], b.seed,
         b.machine, b.fingerprint);
  for (int i = 0; i < b.n_claims; i++) {
    printf("\n%s: %s\n", b.claims[i].id, assay_verdict_name(b.claims[i].verdict));
    if (b.claims[i].n_cells > 0)
      printf("  %-12s %16s %8s %16s %9s %9s %9s %4s  %s\n", "verdict", "theory", "error", "estimate", "se",
             "margin", "used", "look", "cell");
    for (int k = 0; k < b.claims[i].n_cells; k++) show_cell(&b.claims[i].cells[k]);
  }
  printf("\n%9s %12s %8s  run\n", "stored", "s/replicate", "columns");
  for (int i = 0; i < b.n_runs; i++) {
    printf("%9ld", b.runs[i].stored);
    show_number("%.2e", 12, b.runs[i].seconds);
    printf(" %8d  %s\n", b.runs[i].n_columns, b.runs[i].address);
  }
  baseline_free(&b);
  return EXIT_GOOD;
}

int cli_baseline(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_baseline_options,
                                   parse,
                                   "save NAME [PATTERN...]\nlist [DIR]\nshow FILE",
                                   "Keeps what a build gave - theory values, statistics and first replicates "
                                   "of every cell - in one small text file that can be "
                                   "committed, reviewed and compared (`assay diff`)."
                                   "\vNAME is a path; " BASELINE_EXTENSION
                                   " is added when it is missing. An existing file is replaced.",
                                   NULL,
                                   NULL,
                                   NULL};
  arguments a = {.names = calloc((size_t)argc + 1, sizeof(char *))};
  int status = EXIT_MISTAKE;
  if (a.names && !argp_parse(&argp, argc, argv, 0, NULL, &a)) {
    if (!strcmp(a.action, "save"))
      status = save(papers, &a);
    else if (!strcmp(a.action, "list"))
      status = list(&a);
    else if (!strcmp(a.action, "show"))
      status = show(&a);
    else
      status = cli_fail("unknown action '%.64s' of baseline; known: save, list, show", a.action);
  }
  free(a.names);
  return status;
}
