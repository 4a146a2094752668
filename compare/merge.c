#include "compare/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/store.h"

/* What every store of a merge has to agree on. */
static const char *const facts[] = {"patterns", "tier", "seed", "fingerprint", "version", "alpha"};
enum { FACTS = sizeof facts / sizeof *facts, MOST_SHARDS = 4096 };

/* What a store says about itself. */
typedef struct {
  char *fact[FACTS], *machine, *started, *round;
  int shard, shards; /* shards 0: not a shard */
  bool complete;
} description;

static void clear(description *d) {
  for (int f = 0; f < FACTS; f++) free(d->fact[f]);
  free(d->machine);
  free(d->started);
  free(d->round);
}

static assay_status describe(const char *path, description *d, assay_error *error) {
  *d = (description){0};
  store *s = store_open(path, STORE_READ, error);
  if (!s) return error->status;
  assay_status status = ASSAY_OK;
  for (int f = 0; f < FACTS; f++)
    if (!(d->fact[f] = store_get(s, facts[f])))
      status = assay_error_set(error, ASSAY_USAGE, "%s does not say its %s; it was left before its run began", path, facts[f]);
  d->machine = store_get(s, "machine");
  d->started = store_get(s, "started");
  d->round = store_get(s, "round");
  char *shard = store_get(s, "shard"), *complete = store_get(s, "complete");
  if (shard && (sscanf(shard, "%d/%d", &d->shard, &d->shards) != 2 || !d->round || d->shards < 1 || d->shards > MOST_SHARDS ||
                d->shard < 1 || d->shard > d->shards))
    status = assay_error_set(error, ASSAY_USAGE, "%s says that it is shard %s, which is none", path, shard);
  d->complete = complete != NULL;
  free(shard);
  free(complete);
  store_close(s, NULL);
  return status;
}

static assay_status check_agreement(const char *const *paths, const description *d, int i, assay_error *error) {
  for (int f = 0; f < FACTS; f++)
    if (strcmp(d[i].fact[f], d[0].fact[f]))
      return assay_error_set(error, ASSAY_USAGE, "%s was made with %s %s, %s with %s: they cannot be merged", paths[i], facts[f],
                             d[i].fact[f], paths[0], d[0].fact[f]);
  if (d[i].shards && !d[i].complete)
    return assay_error_set(error, ASSAY_USAGE, "%s is not complete: finish it with assay run --resume --store %s", paths[i], paths[i]);
  return ASSAY_OK;
}

/* The round of store i has each of its shards once. */
static assay_status check_round(const char *const *paths, const description *d, int n, int i, assay_error *error) {
  const char *have[MOST_SHARDS + 1] = {0};
  char missing[256] = "";
  size_t used = 0;
  for (int k = 0; k < n; k++) {
    if (!d[k].shards || strcmp(d[k].round, d[i].round)) continue;
    if (have[d[k].shard])
      return assay_error_set(error, ASSAY_USAGE, "%s and %s are both shard %d of %d", have[d[k].shard], paths[k], d[k].shard, d[k].shards);
    have[d[k].shard] = paths[k];
  }
  for (int shard = 1; shard <= d[i].shards; shard++) {
    if (have[shard]) continue;
    int more = snprintf(missing + used, sizeof missing - used, "%s%d", used ? ", " : "", shard);
    if (more > 0 && used + (size_t)more < sizeof missing) used += (size_t)more;
  }
  if (!used) return ASSAY_OK;
  return assay_error_set(error, ASSAY_USAGE, "the round of %s lacks shard %s of %d", paths[i], missing, d[i].shards);
}

static assay_status check_all(const char *const *paths, const description *d, int n, assay_error *error) {
  assay_status status = ASSAY_OK;
  for (int i = 0; i < n && status == ASSAY_OK; i++) status = check_agreement(paths, d, i, error);
  for (int i = 0; i < n && status == ASSAY_OK; i++)
    if (d[i].shards) status = check_round(paths, d, n, i, error);
  return status;
}

static assay_status copy_all(store *s, const char *const *paths, const description *d, int n, assay_error *error) {
  assay_status status = ASSAY_OK;
  for (int f = 0; f < FACTS && status == ASSAY_OK; f++) status = store_set(s, facts[f], d[0].fact[f], error);
  if (status == ASSAY_OK) status = store_set(s, "machine", d[0].machine ? d[0].machine : "", error);
  if (status == ASSAY_OK) status = store_set(s, "started", d[0].started ? d[0].started : "", error);
  for (int i = 0; i < n && status == ASSAY_OK; i++) status = store_copy(s, paths[i], error);
  return status;
}

assay_status merge_stores(const char *out, const char *const *paths, int n, assay_error *error) {
  description *d = calloc((size_t)n + 1, sizeof *d);
  if (!d) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d stores", n);
  assay_status status = n > 0 ? ASSAY_OK : assay_error_set(error, ASSAY_USAGE, "there is nothing to merge");
  for (int i = 0; i < n && status == ASSAY_OK; i++) status = describe(paths[i], &d[i], error);
  if (status == ASSAY_OK) status = check_all(paths, d, n, error);
  store *s = status == ASSAY_OK ? store_open(out, STORE_CREATE, error) : NULL;
  if (s) {
    status = copy_all(s, paths, d, n, error);
    if (status == ASSAY_OK) status = store_close(s, error);
    else store_discard(s);
  } else if (status == ASSAY_OK) {
    status = error->status;
  }
  for (int i = 0; i < n; i++) clear(&d[i]);
  free(d);
  return status;
}
