/* Putting the stores of shards together. */
#ifndef ASSAY_COMPARE_MERGE_H
#define ASSAY_COMPARE_MERGE_H

#include "model/status.h"

/* Makes the store `out` (a new file) of the n stores at `paths`: complete rounds of shards, and stores that are no shards. Refused, with
 * the reason and without leaving `out` behind: stores made for other patterns, tier, seed or of other sources; a shard that is not
 * complete, given twice, of another round or number; a round that lacks shards (they are named); replicates that two stores hold. */
assay_status merge_stores(const char *out, const char *const *paths, int n, assay_error *error);

#endif
