/* Computing what a plan needs, in worker processes, through the store. */
#ifndef ASSAY_COMPARE_RUNNER_H
#define ASSAY_COMPARE_RUNNER_H

#include <signal.h>

#include "compare/plan.h"
#include "compare/store.h"

typedef struct {
  int workers;             /* >= 1 */
  double time_limit;       /* seconds that one replicate may take; 0: no limit */
  long memory_limit;       /* MiB of address space of a worker; 0: no limit */
  const char *executable;  /* started as `executable worker`, the requests on descriptor 3, worker_progress on 4 */
  /* Where workers run elsewhere: a connected descriptor to worker 0..workers-1, -1 when there is none. NULL: processes are started. */
  int (*connect)(void *with, int worker);
  void *connect_with;
  const volatile sig_atomic_t *stop; /* once true: finish what is in flight, keep it, return. May be NULL */
  /* Called at least every quarter of a second, and after every judgement. May be NULL. */
  void (*watch)(void *with, const plan *p);
  void *with;
} runner_options;

typedef struct {
  bool interrupted;
  double wall_seconds, worker_seconds;
  long replicates;
} runner_report;

/* Runs until every cell is closed and every run has the replicates it needs, or until stopped. Replicates that are in the plan
 * already (loaded from the store) are not computed again. */
assay_status runner_run(plan *p, store *s, const runner_options *options, runner_report *report, assay_error *error);

#endif
