/* What a run still has to compute, as far as the replicates that are there tell. For people who wait: no
 * verdict depends on it. */
#ifndef ASSAY_COMPARE_FORECAST_H
#define ASSAY_COMPARE_FORECAST_H

#include "compare/plan.h"

typedef struct {
  long done, expected; /* replicates of its runs: that are there, that it will take in all */
  double seconds;      /* worker time still to be spent; NaN: no replicate has been timed yet */
  int open, cells;     /* cells not yet decided, in all */
  const plan_cell *widest; /* the undecided cell whose interval is widest in margins; NULL: none */
} forecast_claim;

/* Fills claims [p->n_claims] and returns the worker time that all of them together still take (runs are
 * shared, so it is less than their sum); NaN as above.
 *
 * A cell is closed at a look with the probability that |d| + half-width < M or |d| - half-width > M there:
 * the half-width falls as 1/sqrt(n) from that of the last look, and d moves by the difference of the two
 * looks' variances, towards 0 by what of it is likely to be noise. Before the first look the half-width comes
 * from the sd behind the margin, and where there is no sd the cell does as those decided so far. A run takes
 * the mean of what its hungriest cell takes, its cells taken as half independent; its replicates cost what
 * those before them cost. */
double forecast_make(const plan *p, forecast_claim *claims);

#endif
