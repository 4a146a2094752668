/* Looking at the replicates that are there and deciding what can be decided. */
#ifndef ASSAY_COMPARE_JUDGE_H
#define ASSAY_COMPARE_JUDGE_H

#include "compare/plan.h"

/* Raises plan->runs[].need to what the cell's next look takes. Nothing when the cell is closed. */
void judge_need(plan *p, const plan_cell *cell);

/* The look through which a shard takes an open cell: the one before the last, where most cells have decided, else the last. */
int judge_shard_look(const plan_cell *cell);
/* Raises plan->runs[].need to what the cell takes through look `look`. */
void judge_need_through(plan *p, const plan_cell *cell, int look);

/* Evaluates every look whose replicates are all there, in order, until the cell is closed or replicates are lacking. A look uses
 * exactly its own replicates: surplus ones change nothing. True when a look was evaluated. */
bool judge_cell(plan *p, plan_cell *cell, assay_error *error);

/* What the cell's next look lacks, summed over its runs, and the replicates that it takes in all. */
void judge_lacking(const plan *p, const plan_cell *cell, long *lacking, long *of);

/* The estimate of a target from the first n replicates of its groups (n times a group's multiple), for `simulate`. */
assay_status judge_estimate(plan *p, plan_cell *cell, long n, double *value, double *se, long *used, assay_error *error);

#endif
