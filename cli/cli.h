/* The program `assay`: its commands and what they share. */
#ifndef ASSAY_CLI_CLI_H
#define ASSAY_CLI_CLI_H

#include <argp.h>
#include <signal.h>

#include "compare/plan.h"

/* Exit statuses: 0 good; 1 a claim failed, or something moved; 2 usage or environment; 3 not decided; 77 a single claim was
 * skipped; 130 interrupted. */
enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_MISTAKE = 2, EXIT_OPEN = 3, EXIT_SKIPPED = 77, EXIT_INTERRUPTED = 130 };

typedef int cli_command(const assay_paper *const *papers, int argc, char **argv);

cli_command cli_list, cli_run, cli_theory, cli_simulate, cli_replay, cli_report, cli_plan, cli_merge,
    cli_baseline, cli_diff, cli_completion, cli_worker;

/* The tables of options, ended by zeros, which argp reads. */
extern const struct argp_option cli_list_options[], cli_run_options[], cli_theory_options[], cli_simulate_options[],
    cli_replay_options[], cli_report_options[], cli_baseline_options[], cli_diff_options[];
/* Words that some options take, ended by NULL. */
extern const char *const cli_kinds[], *const cli_list_formats[];

/* A command. Its options and arguments are completed by their labels: TIER, KIND, FORMAT, LIST (of report formats), CLAIM, FILE,
 * STORE, DIR, ACTION (of baseline), SHELL. */
typedef struct {
  const char *name, *doc; /* doc NULL: not for people */
  cli_command *run;
  const struct argp_option *options; /* NULL: none */
  const char *arguments;             /* the labels of its arguments; the last one repeats; NULL: none */
} cli_entry;
extern const cli_entry cli_commands[]; /* ended by zeros */

/* Runs the command line against a table of papers. Returns the exit status. */
int cli_main(const assay_paper *const *papers, int argc, char **argv);

/* Prints "assay: text" and returns EXIT_MISTAKE. */
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Strict readings of arguments; on a mistake they print what is wrong with `option` and return false. */
bool cli_read_long(const char *option, const char *text, long lo, long hi, long *out);
bool cli_read_seed(const char *text, uint64_t *out);
bool cli_read_tier(const char *text, assay_tier *out);
bool cli_read_real(const char *option, const char *text, double lo, double *out);

/* name=lo:hi:count, or name=lo:hi:count:log, as the list of its values; other settings as they are. Malloc'd; NULL after a
 * message. */
char *cli_spelled_out(const char *setting);

/* slug/name/POINT/SIZE/REPLICATE */
typedef struct {
  char claim[256], label[128];
  double size;
  long replicate;
} cli_address;
bool cli_read_address(const char *text, cli_address *out);

/* The processors this process may use. */
int cli_processors(void);

/* Sets "name=value" arguments on a call; `many` allows several values. False after printing what is wrong. */
bool cli_set_arguments(const assay_claim *claim, assay_call *call, char *const *arguments, int n, bool many);

enum { CLI_TIME_LIMIT = 600 }; /* seconds that one replicate may take, unless told otherwise */
enum { CLI_PILOT_SEED = 2 }; /* of simulate: no margin is fitted to the replicates that it judges */

/* Notes the directory of --data for this process and its workers. False after a message when it is no directory. */
bool cli_use_data(const char *directory);
#define CLI_DATA_OPTION {"data", CLI_KEY_DATA, "DIR", 0, "read data sets from DIR instead of where their packages put them", 0}
enum { CLI_KEY_DATA = 1000 };

/* Where interrupts are noted; set up by cli_catch_interrupts. */
extern volatile sig_atomic_t cli_interrupted;
void cli_catch_interrupts(void);

/* A path for a private store: TMPDIR or /tmp. Malloc'd, the caller's. */
char *cli_private_store(void);

/* "2026-11-24T12:00:00Z". Malloc'd. */
char *cli_now(void);
/* The command line as one line of text, quoted for a shell where needed. Malloc'd. */
char *cli_command_line(int argc, char **argv);

#endif
