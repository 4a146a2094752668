/* Dividing a run among machines that do not talk to each other.
 *
 * A round of n shards computes what the open cells lack through a look that every shard knows in advance; no shard judges. Merged, the
 * shards are judged as if one machine had computed them, and a second round goes on from there with what is still undecided. */
#ifndef ASSAY_COMPARE_SHARD_H
#define ASSAY_COMPARE_SHARD_H

#include "compare/plan.h"

/* Judges what is loaded, then gives shard i (1..n) its part: of every run's missing replicates prefix..need-1 the i-th of n
 * slices, which differ in length by at most one. Slices go into the runs' issued and need, and the cells are closed. `round`
 * is a SHA-256 that is the same for all shards of the round. *slices is the text from which shard_resume restores the part;
 * malloc'd, the caller's. */
assay_status shard_slice(plan *p, int i, int n, char round[65], char **slices, assay_error *error);

/* Restores the part of a shard from its text. */
assay_status shard_resume(plan *p, const char *slices, assay_error *error);

/* The replicates of the part that are not there yet. */
long shard_lacking(const plan *p);

#endif
