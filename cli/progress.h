/* What a person sees while a run goes on, on standard error. */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include "compare/plan.h"

typedef struct progress progress;

/* `quiet`: only failures of the harness are told. On a terminal live lines: the whole, and for every running
 * claim its replicates, the half-width of its widest undecided cell against the margin, and the time left; in
 * a pipe a line a finished claim, and one for the whole every minute. */
progress *progress_new(const plan *p, bool quiet);
void progress_watch(void *with, const plan *p); /* for runner_options.watch, with = progress */
void progress_free(progress *g);

#endif
