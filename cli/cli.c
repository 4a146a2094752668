#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/ranks.h"
#include "compare/machine.h"

const cli_entry cli_commands[] = {
    {"list", "name the claims, their kinds, statements and sizes", cli_list, cli_list_options, "CLAIM"},
    {"run", "check claims and report", cli_run, cli_run_options, "CLAIM"},
    {"theory", "one prediction at any parameter point, or a sweep", cli_theory, cli_theory_options, "CLAIM SETTING"},
    {"simulate", "a finite-size experiment at any parameter point", cli_simulate, cli_simulate_options, "CLAIM SETTING"},
    {"replay", "one replicate again, bit for bit", cli_replay, cli_replay_options, "CLAIM"},
    {"report", "render the reports of a store", cli_report, cli_report_options, "STORE"},
    {"plan", "what a store still lacks for the next look", cli_plan, NULL, "STORE"},
    {"merge", "put the stores of shards together", cli_merge, NULL, "STORE"},
    {"baseline", "keep what a build gave, to compare later ones with", cli_baseline, cli_baseline_options, "ACTION FILE"},
    {"diff", "what moved between two baselines, stores or builds", cli_diff, cli_diff_options, "FILE"},
    {"completion", "print the completion of a shell", cli_completion, NULL, "SHELL"},
    {"worker", NULL, cli_worker, NULL, NULL},
    {0}};
enum { N_COMMANDS = sizeof cli_commands / sizeof *cli_commands - 1 };

int cli_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("assay: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return EXIT_MISTAKE;
}

static void usage(FILE *out) {
  fputs("Usage: assay COMMAND [OPTION...] [ARGUMENT...]\n"
        "Holds the theories of papers in high-dimensional statistics to finite-size experiments.\n\n",
        out);
  for (int i = 0; i < N_COMMANDS; i++)
    if (cli_commands[i].doc) fprintf(out, "  %-10s %s\n", cli_commands[i].name, cli_commands[i].doc);
  fputs("\n`assay COMMAND --help` tells about a command; `assay --version` prints the version.\n"
        "Exit status: 0 all pass or skipped, 1 some claim fails, 2 a mistake in the call or its surroundings,\n"
        "3 not decided, 77 a single claim was skipped, 130 interrupted.\n",
        out);
}

static int unknown_command(const char *name) {
  const char *names[N_COMMANDS];
  size_t n = 0;
  for (int i = 0; i < N_COMMANDS; i++)
    if (cli_commands[i].doc) names[n++] = cli_commands[i].name;
  const char *nearest = assay_nearest(name, names, n);
  return cli_fail("unknown command '%.64s'%s%s%s; `assay --help` lists them", name, nearest ? "; did you mean '" : "",
                  nearest ? nearest : "", nearest ? "'?" : "");
}

/* A closed pipe or a full disk behind standard output must not look like success. */
static int close_output(int status) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  return cli_fail("standard output could not be written in full (%s)", strerror(errno));
}

static int run_command(const assay_paper *const *papers, int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  argp_err_exit_status = EXIT_MISTAKE;
  if (argc < 2) {
    usage(stderr);
    return EXIT_MISTAKE;
  }
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
    usage(stdout);
    return close_output(EXIT_GOOD);
  }
  if (!strcmp(argv[1], "--version")) {
    printf("assay %s\n", machine_version());
    return close_output(EXIT_GOOD);
  }
  for (int i = 0; i < N_COMMANDS; i++) {
    if (strcmp(argv[1], cli_commands[i].name)) continue;
    char name[64];
    snprintf(name, sizeof name, "assay %s", cli_commands[i].name);
    char *whole = argv[1];
    argv[1] = name; /* what argp shows as the program's name */
    int status = cli_commands[i].run(papers, argc - 1, argv + 1);
    argv[1] = whole;
    return close_output(status);
  }
  return unknown_command(argv[1]);
}

int cli_main(const assay_paper *const *papers, int argc, char **argv) {
  int status;
  if (ranks_serve(papers, &status)) return status;
  status = run_command(papers, argc, argv);
  ranks_finish();
  return status;
}

/* ---- reading arguments ---- */

bool cli_read_long(const char *option, const char *text, long lo, long hi, long *out) {
  char *end;
  errno = 0;
  *out = strtol(text, &end, 10);
  if (!*text || isspace((unsigned char)*text) || *end || errno) {
    cli_fail("%s '%.64s' is not a whole number", option, text);
    return false;
  }
  if (*out >= lo && *out <= hi) return true;
  cli_fail("%s %ld is out of range; it lies between %ld and %ld", option, *out, lo, hi);
  return false;
}

bool cli_read_real(const char *option, const char *text, double lo, double *out) {
  char *end;
  *out = strtod(text, &end);
  if (*text && !isspace((unsigned char)*text) && !*end && isfinite(*out) && *out >= lo) return true;
  cli_fail("%s '%.64s' is not a number of at least %g", option, text, lo);
  return false;
}

bool cli_read_seed(const char *text, uint64_t *out) {
  char *end;
  errno = 0;
  unsigned long long seed = strtoull(text, &end, 10);
  if (!isdigit((unsigned char)*text) || *end || errno) {
    cli_fail("--seed '%.64s' is not a whole number between 0 and 18446744073709551615", text);
    return false;
  }
  *out = seed;
  return true;
}

bool cli_read_tier(const char *text, assay_tier *out) {
  for (int i = 0; i < ASSAY_TIERS; i++)
    if (!strcmp(text, assay_tier_names[i])) {
      *out = (assay_tier)i;
      return true;
    }
  const char *nearest = assay_nearest(text, assay_tier_names, ASSAY_TIERS);
  cli_fail("unknown tier '%.64s'; known: quick, standard, deep%s%s%s", text, nearest ? "; did you mean '" : "",
           nearest ? nearest : "", nearest ? "'?" : "");
  return false;
}

bool cli_set_arguments(const assay_claim *claim, assay_call *call, char *const *arguments, int n, bool many) {
  for (int i = 0; i < n; i++) {
    const char *equals = strchr(arguments[i], '=');
    char name[128];
    assay_error error;
    if (!equals || equals == arguments[i]) {
      cli_fail("'%.100s' is not of the form name=value", arguments[i]);
      return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - arguments[i]), arguments[i]);
    if (assay_set_text(call, name, equals + 1, many, &error) != ASSAY_OK) {
      cli_fail("%s: %s", claim->id, error.text);
      return false;
    }
  }
  return true;
}

/* ---- surroundings ---- */

bool cli_use_data(const char *directory) {
  struct stat info;
  if (stat(directory, &info) == 0 && S_ISDIR(info.st_mode) && setenv("ASSAY_DATA", directory, 1) == 0) return true;
  cli_fail("--data %s is not a directory", directory);
  return false;
}

int cli_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int n = CPU_COUNT(&set);
  return n < 1 ? 1 : n > 256 ? 256 : n;
}

volatile sig_atomic_t cli_interrupted;

static void on_interrupt(int signal_number) {
  (void)signal_number;
  cli_interrupted = 1;
}

void cli_catch_interrupts(void) {
  struct sigaction action = {.sa_handler = on_interrupt};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

char *cli_private_store(void) {
  const char *directory = getenv("TMPDIR");
  char *path = NULL;
  if (!directory || !*directory) directory = "/tmp";
  if (asprintf(&path, "%s/assay-XXXXXX", directory) < 0) return NULL;
  int fd = mkstemp(path);
  if (fd < 0) {
    cli_fail("no temporary store can be made in %s (%s); set TMPDIR or give --store", directory, strerror(errno));
    free(path);
    return NULL;
  }
  close(fd);
  return path;
}

char *cli_now(void) {
  char text[32];
  time_t now = time(NULL);
  struct tm utc;
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  return strdup(text);
}

char *cli_command_line(int argc, char **argv) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  for (int i = 0; i < argc; i++) {
    bool plain = argv[i][0] && (i == 0 || !argv[i][strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                                 "-_./=,:@%+")]);
    fprintf(out, i ? " " : "");
    if (plain) {
      fputs(argv[i], out);
      continue;
    }
    fputc('\'', out);
    for (const char *c = argv[i]; *c; c++)
      if (*c == '\'') fputs("'\\''", out);
      else fputc(*c, out);
    fputc('\'', out);
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

