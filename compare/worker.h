/* The worker process: computes replicates on request. */
#ifndef ASSAY_COMPARE_WORKER_H
#define ASSAY_COMPARE_WORKER_H

#include "compare/claim.h"

/* What a worker is at, in memory shared with the runner, so that a crash costs the one replicate that caused it. */
typedef struct {
  _Atomic uint64_t replicate; /* 1 + the one in progress; 0: none; or */
  _Atomic uint64_t started;   /* monotonic clock, ns */
} worker_progress;

#define WORKER_OPENING UINT64_MAX /* in `replicate`: an experiment is being opened */

/* One replicate of an open experiment, checked: every value finite. Fills `out` and returns RUN_OK, RUN_FAILED or RUN_DISCARDED of
 * compare/plan.h; the reason of a failure is left in `error`. */
int worker_replicate(const assay_experiment *experiment, assay_call *call, void *state, const assay_stream *stream, int values,
                     double *out, assay_error *error);

/* Opens an experiment at the point written as "name=value ...". */
assay_status worker_open(const assay_experiment *experiment, const char *at, assay_call **call, void **state, int *values,
                         assay_error *error);
void worker_close(const assay_experiment *experiment, assay_call *call, void *state);

/* Serves requests (compare/frame.h) from `in` until it is closed; answers on `out`. `progress` may be NULL. Returns the exit
 * status. */
int worker_serve(const assay_paper *const *papers, int in, int out, worker_progress *progress);

#endif
