/* Moments of a normal variable on an interval. */
#ifndef ASSAY_THEORY_NUMERICS_TRUNCATED_H
#define ASSAY_THEORY_NUMERICS_TRUNCATED_H

enum { TRUNCATED_MOST = 8 };

/* out[k] = E[X^k 1(lo < X < hi)], k = 0..most <= TRUNCATED_MOST, for X ~ N(mean, sd^2), sd > 0; lo and hi may be infinite.
 * By M_k = (k-1) M_{k-2} - [w^{k-1} phi(w)] in standard units and the binomial formula: errors are a few units in the last place
 * of (|mean| + sd)^k, not of the moment itself. */
void truncated_moments(double mean, double sd, double lo, double hi, int most, double *out);

#endif
