/* What a person sees while a run goes on, on standard error. */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include "compare/plan.h"

typedef struct progress progress;

/* `quiet`: only failures of the harness are told. On a terminal a live line; in a pipe one line per finished claim. */
progress *progress_new(const plan *p, bool quiet);
void progress_watch(void *with, const plan *p); /* for runner_options.watch, with = progress */
void progress_free(progress *g);

#endif
