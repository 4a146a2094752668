/* MPI ranks as workers: rank 0 runs the command and keeps the store, the others serve it. Without MPI in the build there are none. */
#ifndef ASSAY_CLI_RANKS_H
#define ASSAY_CLI_RANKS_H

#include "compare/claim.h"

/* Joins the MPI job, if this process is part of one. On a rank other than 0 it serves rank 0 until that is done, and *status is the
 * process's exit status: true. On rank 0 and outside a job: false. */
bool ranks_serve(const assay_paper *const *papers, int *status);

/* The ranks that can compute; 0 when there are none. */
int ranks_count(void);

/* A descriptor to rank worker + 1, for runner_options.connect. */
int ranks_connect(void *with, int worker);

/* Tells the other ranks that this is all, and leaves the job. */
void ranks_finish(void);

#endif
