/* Rules over g ~ N(0,1) for functions that are even in g and have kinks where a link has them. Internal to
 * theory/single-index-gd/. */
#ifndef ASSAY_THEORY_SINGLE_INDEX_GD_QUADRATURE_H
#define ASSAY_THEORY_SINGLE_INDEX_GD_QUADRATURE_H

#include <stdbool.h>

#include "model/single-index-gd.h"
#include "theory/numerics/panels.h"

enum {
  SINGLE_INDEX_COARSE = 32,
  SINGLE_INDEX_FINE = 64
}; /* nodes per panel: the values, and what shows their error */

#define SINGLE_INDEX_CUT 12. /* beyond it 2 Q(12) = 4e-33 */

static inline double normal_density(double x) {
  return exp(-x * x / 2) / sqrt(2 * M_PI);
}
static inline double normal_tail(double x) {
  return erfc(x / M_SQRT2) / 2;
}

/* Nodes g > 0 and weights 2 phi(g) dg, panels cut at the link's kinks, up to g = 12; with `tail` false only
 * up to where sigma becomes constant. Four pieces a panel. */
assay_status single_index_rule(single_index_link link, bool tail, int nodes, panels *rule,
                               assay_error *error);

/* Adds to the error of a value what a second rule makes of it. */
static inline void single_index_compare(assay_value *fine, double coarse) {
  fine->error += fabs(fine->value - coarse);
}

#endif
