/* Composite Gauss-Legendre rules: for families of integrals over one interval whose integrands are smooth between known cuts,
 * where adaptive quadrature would cost too much. Their error is seen by repeating the calculation with other `nodes`. */
#ifndef ASSAY_THEORY_NUMERICS_PANELS_H
#define ASSAY_THEORY_NUMERICS_PANELS_H

#include "model/status.h"

/* sum_i w_i f(x_i) is int f over [cuts[0], cuts[n_cuts-1]]; nodes ascend. */
typedef struct {
  int n;
  double *x, *w; /* [n]; one allocation, which starts at x */
} panels;

/* `nodes` Gauss-Legendre nodes in each of `pieces` equal parts of every piece between two neighbouring cuts (ascending; an
 * empty piece has none). `nodes` is one of 1 to 20, 32, 64, 96, 100, 128, 256, 512 and 1024, which GSL has to full precision.
 * ASSAY_NO_MEMORY; ASSAY_DOMAIN when the cuts do not ascend, fewer than two are given, or `nodes` is another number. */
assay_status panels_make(const double *cuts, int n_cuts, int pieces, int nodes, panels *rule, assay_error *error);
void panels_free(panels *rule);

#endif
