#include "compare/runner.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern const assay_paper *const truth_papers[];

/* A plan of claims of known truth, its private store, and how it is run. */
typedef struct {
  plan p;
  store *s;
  char path[64];
  runner_options options;
  runner_report report;
  assay_error error;
  assay_status status;
} session;

static session *session_new(const char *const *globs, int n) {
  session *s = calloc(1, sizeof *s);
  strcpy(s->path, "/tmp/assay-test-XXXXXX");
  int fd = mkstemp(s->path);
  cr_assert(fd >= 0);
  close(fd);
  s->s = store_open(s->path, STORE_PRIVATE, &s->error);
  cr_assert(s->s, "%s", s->error.text);
  cr_assert_eq(plan_select(truth_papers, globs, n, &s->p, &s->error), ASSAY_OK, "%s", s->error.text);
  cr_assert_eq(plan_build(&s->p, ASSAY_QUICK, 1, &s->error), ASSAY_OK, "%s", s->error.text);
  s->options = (runner_options){.workers = 2, .time_limit = 20, .executable = ASSAY_TRUTH};
  return s;
}

static void session_free(session *s) {
  cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "a worker is left behind");
  cr_assert_eq(errno, ECHILD);
  store_discard(s->s);
  plan_free(&s->p);
  free(s);
}

static void run(session *s) {
  s->status = runner_run(&s->p, s->s, &s->options, &s->report, &s->error);
}

static session *run_claim(const char *id, int workers) {
  session *s = session_new(&id, 1);
  s->options.workers = workers;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  return s;
}

static int count_state(const session *s, int state) {
  int n = 0;
  for (int i = 0; i < s->p.n_runs; i++)
    for (long r = 0; r < s->p.runs[i].prefix; r++) n += s->p.runs[i].state[r] == state;
  return n;
}

/* The same replicates, bit for bit, as far as both have them; but for those that failed in one. */
static void expect_same(const session *a, const session *c) {
  cr_assert_eq(a->p.n_runs, c->p.n_runs);
  for (int i = 0; i < a->p.n_runs; i++) {
    const plan_run *x = &a->p.runs[i], *y = &c->p.runs[i];
    size_t row = (size_t)x->readouts * (size_t)x->width;
    for (long r = 0; r < x->prefix && r < y->prefix; r++)
      if (x->state[r] == RUN_OK && y->state[r] == RUN_OK)
        cr_assert_arr_eq(x->values + (size_t)r * row, y->values + (size_t)r * row, row * sizeof(double),
                         "run %d, replicate %ld", i, r);
  }
}

static char *last_reason;
static void keep_reason(void *with, long replicate, const char *reason) {
  *(long *)with = replicate;
  free(last_reason);
  last_reason = strdup(reason);
}

/* The only failure of run 0 is replicate `number`, for a reason with these words. */
static void expect_failure(session *s, long number, const char *says) {
  long replicate = -1;
  cr_assert_eq(count_state(s, RUN_FAILED), 1);
  cr_assert_eq(s->p.runs[0].state[number], RUN_FAILED);
  cr_assert_eq(store_failures(s->s, &s->p.runs[0], keep_reason, &replicate, &s->error), ASSAY_OK);
  cr_assert_eq(replicate, number);
  cr_assert(strstr(last_reason, says), "%s", last_reason);
}

/* ---- the same answer everywhere ---- */

Test(runner, results_do_not_depend_on_the_number_of_workers) {
  static const char *const claims[] = {"truth/mean", "truth/ladder", "truth/order", "truth/discard",
                                       "truth/crash"};
  session *one = session_new(claims, 5);
  one->options.workers = 1;
  run(one);
  cr_assert_eq(one->status, ASSAY_OK, "%s", one->error.text);
  for (int workers = 2; workers <= 3; workers++) {
    session *more = session_new(claims, 5);
    more->options.workers = workers;
    run(more);
    cr_assert_eq(more->status, ASSAY_OK, "%s", more->error.text);
    expect_same(one, more);
    for (int i = 0; i < one->p.n_cells; i++) {
      const assay_cell_result *a = &one->p.cells[i].result, *c = &more->p.cells[i].result;
      cr_assert(a->verdict == c->verdict && a->look == c->look && a->used == c->used &&
                    a->failed == c->failed,
                "%s", a->id);
      cr_assert(a->lo == c->lo || (isnan(a->lo) && isnan(c->lo)), "%s", a->id);
    }
    session_free(more);
  }
  session_free(one);
}

Test(runner, what_is_loaded_is_not_computed_again) {
  session *s = run_claim("truth/mean", 2);
  long computed = s->report.replicates;
  cr_assert_gt(computed, 0);
  run(s);
  cr_assert_eq(s->status, ASSAY_OK);
  cr_assert_eq(s->report.replicates, 0, "everything is decided");
  session_free(s);
}

Test(runner, nothing_to_compute_starts_no_worker) {
  const char *id = "truth/no-theory";
  session *s = session_new(&id, 1);
  s->options.executable = "/nonexistent";
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  session_free(s);
}

/* ---- mishaps of a replicate ---- */

Test(runner, a_replicate_that_crashes_fails_alone) {
  session *s = run_claim("truth/crash", 2);
  expect_failure(s, 5, "signal 9");
  cr_assert_eq(s->p.cells[0].result.verdict, ASSAY_VERDICT_PASS);
  session_free(s);
}

Test(runner, a_replicate_that_exits_fails_alone) {
  session *s = run_claim("truth/exit", 1);
  expect_failure(s, 5, "status 9");
  session_free(s);
}

Test(runner, a_replicate_that_is_not_finite_fails_alone) {
  session *s = run_claim("truth/nan", 3);
  expect_failure(s, 5, "nan");
  session_free(s);
}

Test(runner, a_replicate_over_its_time_fails_alone) {
  const char *id = "truth/sleep";
  session *s = session_new(&id, 1);
  s->options.time_limit = 0.3;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  expect_failure(s, 5, "time limit of 0.3 s");
  cr_assert_lt(s->report.wall_seconds, 5);
  session_free(s);
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

Test(runner, a_replicate_over_its_memory_fails_alone) {
  if (SANITIZED) cr_skip_test("the sanitizer's own memory exceeds any limit");
  const char *id = "truth/memory";
  session *s = session_new(&id, 1);
  s->options.memory_limit = 300;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  expect_failure(s, 5, "no memory");
  session_free(s);
}

Test(runner, an_experiment_that_cannot_be_opened_costs_its_own_claim) {
  static const char *const claims[] = {"truth/open-crash", "truth/open", "truth/mean-sd"};
  session *s = session_new(claims, 3);
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  for (int i = 0; i < s->p.n_cells; i++) {
    const plan_cell *cell = &s->p.cells[i];
    bool well = !strcmp(s->p.claims[cell->claim].claim->id, "truth/mean-sd");
    cr_assert_eq(cell->result.verdict, well ? ASSAY_VERDICT_PASS : ASSAY_VERDICT_ERROR);
  }
  long replicate;
  for (int i = 0; i < s->p.n_runs; i++) {
    if (strncmp(s->p.runs[i].address, "truth/open-crash", 16)) continue;
    store_failures(s->s, &s->p.runs[i], keep_reason, &replicate, &s->error);
    cr_assert(strstr(last_reason, "at its opening"), "%s", last_reason);
  }
  session_free(s);
}

Test(runner, an_opening_that_hangs_is_cut_off) {
  const char *id = "truth/open-hang";
  session *s = session_new(&id, 1);
  s->options.time_limit = 0.2;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  cr_assert_eq(s->p.cells[0].result.verdict, ASSAY_VERDICT_ERROR);
  cr_assert_lt(s->report.wall_seconds, 10);
  session_free(s);
}

Test(runner, a_program_that_is_no_worker_is_an_error) {
  static const char *const programs[] = {"/nonexistent", "/bin/true"};
  for (int i = 0; i < 2; i++) {
    const char *id = "truth/mean";
    session *s = session_new(&id, 1);
    s->options.executable = programs[i];
    run(s);
    cr_assert_eq(s->status, ASSAY_IO);
    cr_assert(strstr(s->error.text, "workers cannot be kept running"), "%s", s->error.text);
    session_free(s);
  }
}

Test(runner, the_number_of_workers_has_limits) {
  for (int i = 0; i < 3; i++) {
    const char *id = "truth/mean";
    session *s = session_new(&id, 1);
    s->options.workers = i == 0 ? 0 : i == 1 ? -1 : 257;
    run(s);
    cr_assert_eq(s->status, ASSAY_USAGE);
    session_free(s);
  }
}

/* ---- signals ---- */

/* Sends the signals to every worker; once. */
typedef struct {
  int signals[3], n, sent;
} sender;

static void send_signals(void *with, const plan *p) {
  sender *s = with;
  (void)p;
  char name[64];
  int pid;
  if (s->sent) return;
  snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
  FILE *children = fopen(name, "r");
  while (children && fscanf(children, "%d", &pid) == 1)
    for (int i = 0; i < s->n; i++) s->sent += kill(pid, s->signals[i]) == 0;
  if (children) fclose(children);
}

static session *run_with_signals(sender *signals, int workers) {
  const char *id = "truth/slow";
  session *s = session_new(&id, 1);
  s->options.workers = workers;
  s->options.watch = send_signals;
  s->options.with = signals;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  cr_assert_gt(signals->sent, 0, "no worker was found");
  return s;
}

Test(runner, killed_workers_cost_the_replicates_in_progress_and_nothing_else) {
  session *well = run_claim("truth/slow", 2);
  sender kills = {.signals = {SIGKILL}, .n = 1};
  session *s = run_with_signals(&kills, 2);
  int failed = count_state(s, RUN_FAILED);
  cr_assert(failed <= kills.sent, "%d failed for %d workers", failed, kills.sent);
  cr_assert_eq(count_state(well, RUN_FAILED), 0);
  expect_same(well, s);
  for (int i = 0; i < s->p.n_runs; i++) cr_assert_eq(s->p.runs[i].prefix, well->p.runs[i].prefix);
  session_free(s);
  session_free(well);
}

Test(runner, polite_signals_are_not_for_workers) {
  sender polite = {.signals = {SIGINT, SIGTERM, SIGHUP}, .n = 3};
  session *s = run_with_signals(&polite, 2);
  cr_assert_eq(count_state(s, RUN_FAILED), 0);
  session_free(s);
}

static volatile sig_atomic_t stop_now;
static void stop_at_once(void *with, const plan *p) {
  (void)with, (void)p;
  stop_now = 1;
}

Test(runner, a_stopped_run_keeps_what_was_in_flight_and_goes_on_to_the_same_end) {
  const char *id = "truth/slow";
  session *well = run_claim(id, 2), *s = session_new(&id, 1);
  s->options.stop = &stop_now;
  s->options.watch = stop_at_once; /* a quarter of a second on: one worker needs a whole one */
  s->options.workers = 1;
  run(s);
  cr_assert_eq(s->status, ASSAY_OK, "%s", s->error.text);
  cr_assert(s->report.interrupted);
  long before = s->report.replicates;
  cr_assert(before > 0 && before < well->report.replicates, "%ld replicates", before);
  /* A new plan, as another process would make, from the store alone. */
  session *next = session_new(&id, 1);
  for (int i = 0; i < next->p.n_runs; i++)
    cr_assert_eq(store_load(s->s, &next->p.runs[i], &s->error), ASSAY_OK, "%s", s->error.text);
  run(next);
  cr_assert_not(next->report.interrupted);
  cr_assert_eq(before + next->report.replicates, well->report.replicates, "nothing is computed twice");
  expect_same(well, next);
  for (int i = 0; i < next->p.n_cells; i++)
    cr_assert_eq(next->p.cells[i].result.lo, well->p.cells[i].result.lo);
  session_free(s);
  session_free(next);
  session_free(well);
}
