/* The store of replicates: one SQLite file, written ahead, synchronised on every commit, held by one run at a time.
 *
 * What has been committed survives kill -9 and power loss. A block counts only after its commit. */
#ifndef ASSAY_COMPARE_STORE_H
#define ASSAY_COMPARE_STORE_H

#include "compare/plan.h"

typedef struct store store;

typedef enum {
  STORE_CREATE,  /* a new file; an existing one is an error */
  STORE_RESUME,  /* an existing one, to be added to */
  STORE_PRIVATE, /* a new file of this process's own, not synchronised: it need not survive a power loss */
  STORE_READ     /* an existing one, to be read */
} store_mode;

/* NULL with the reason: no such file, not a store, of another schema version, in use by another run, not writable. */
store *store_open(const char *path, store_mode mode, assay_error *error);
/* Commits, folds the write-ahead log into the one file and closes. NULL is allowed. */
assay_status store_close(store *s, assay_error *error);
/* Closes and removes the file: for a private store that has served. */
void store_discard(store *s);
const char *store_path(const store *s);

/* Facts about the run as a whole: "seed", "tier", "patterns", ... Malloc'd, the caller's; NULL when absent. */
assay_status store_set(store *s, const char *name, const char *value, assay_error *error);
char *store_get(store *s, const char *name);

/* Adds a block of replicates first..first+count-1: states [count], values [count][readouts][width]. Part of the open
 * transaction, which begins by itself. */
assay_status store_put(store *s, const plan_run *run, long first, long count, const unsigned char *state,
                       const double *values, double seconds, assay_error *error);
assay_status store_put_failure(store *s, const plan_run *run, long replicate, const char *reason, assay_error *error);
assay_status store_commit(store *s, assay_error *error);
bool store_dirty(const store *s);

/* Loads every stored replicate of the run. Nothing when the store has none. A block whose size is not what the run records, or whose
 * checksum is not its own, is an error. */
assay_status store_load(store *s, plan_run *run, assay_error *error);

/* Copies every run, block and failure of the store at `path` (closed, of the same schema). Nothing is copied, and the error says where,
 * when a replicate is in both. */
assay_status store_copy(store *to, const char *path, assay_error *error);

/* Calls `each` for every stored failure of the run. */
assay_status store_failures(store *s, const plan_run *run,
                            void (*each)(void *with, long replicate, const char *reason), void *with, assay_error *error);

#endif
