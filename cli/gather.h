/* Baselines from where a person keeps them: a file, a store, a fresh run, the present build. All print what
 * is wrong and return an exit status; on EXIT_GOOD the caller frees *out. */
#ifndef ASSAY_CLI_GATHER_H
#define ASSAY_CLI_GATHER_H

#include "cli/session.h"
#include "compare/baseline.h"

/* A baseline's file; without one of that name, the name with ".baseline". */
int gather_file(const char *path, baseline *out);

/* What a store holds, judged by the present build, whatever sources its replicates come from. */
int gather_store(const assay_paper *const *papers, const char *path, baseline *out);

/* Runs the claims of the request with `workers` processes. EXIT_INTERRUPTED when stopped. */
int gather_run(const assay_paper *const *papers, session_request *request, int workers, bool quiet,
               baseline *out);

/* The present build over what `like` holds: its patterns (those that still match a claim), tier and seed.
 * Theory is evaluated and the first replicates of every run are computed; nothing is judged. */
int gather_present(const assay_paper *const *papers, const baseline *like, int workers, baseline *out);

/* "." and "build" name the present build; else a store or a baseline, as its first bytes say. */
bool gather_is_present(const char *name);
int gather_any(const assay_paper *const *papers, const char *name, baseline *out);

#endif
