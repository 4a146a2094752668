/* A plan and the store behind it, from a command line or from what a store says about itself. */
#ifndef ASSAY_CLI_SESSION_H
#define ASSAY_CLI_SESSION_H

#include "cli/cli.h"
#include "compare/store.h"

typedef struct {
  const char **globs; /* [n_globs]; borrowed from the command line, or owned through `patterns` */
  int n_globs;
  assay_tier tier;
  uint64_t seed;
  bool tier_given, seed_given;
  bool any_sources; /* replicates of other simulation sources are loaded too: to be compared, not to be added to */
} session_request;

typedef struct {
  plan p;
  store *s;
  char *patterns; /* owned text behind the globs that were read from a store */
} session;

/* Opens the store, completes the request from what it says (a resumed or reported store knows its patterns, tier and seed; asking for
 * others is an error), plans, and loads what is stored. EXIT_GOOD or an exit status after a message. */
int session_open(session *out, session_request *request, const assay_paper *const *papers, const char *path, store_mode mode);
/* The same for a new store that goes on from another one, whose replicates count but are not copied. */
int session_open_from(session *out, session_request *request, const assay_paper *const *papers, const char *path, const char *from);
/* Judges what has been loaded, without computing anything. */
int session_judge(session *s);

/* The patterns of a store's text, one a line, which is cut up. Returns their number; *globs is malloc'd, NULL when memory is short. */
int session_split(char *text, const char ***globs);

/* Closes the store (a private one is removed unless `keep`) and frees the plan. Returns `status`, or EXIT_MISTAKE when closing failed. */
int session_close(session *s, bool private_store, bool keep, int status);

#endif
