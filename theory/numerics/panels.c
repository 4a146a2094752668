#include "theory/numerics/panels.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "theory/numerics/gsl.h"

/* Rules that GSL makes on the fly are good to ten digits only. */
static int tabulated(int nodes) {
  static const int known[] = {32, 64, 96, 100, 128, 256, 512, 1024};
  for (int i = 0; i < 8; i++)
    if (nodes == known[i]) return 1;
  return nodes <= 20;
}

static int fill(const gsl_integration_glfixed_table *table, double lo, double hi, int nodes, double *x, double *w) {
  for (int i = 0; i < nodes; i++) gsl_integration_glfixed_point(lo, hi, (size_t)i, &x[i], &w[i], table);
  return nodes;
}

assay_status panels_make(const double *cuts, int n_cuts, int pieces, int nodes, panels *rule, assay_error *error) {
  numerics_quiet_gsl();
  *rule = (panels){0};
  for (int i = 1; i < n_cuts; i++)
    if (!(cuts[i] >= cuts[i - 1]) || !isfinite(cuts[i] - cuts[i - 1]))
      return assay_error_set(error, ASSAY_DOMAIN, "cuts %.6g and %.6g of an interval do not ascend", cuts[i - 1], cuts[i]);
  if (n_cuts < 2 || pieces < 1 || nodes < 1)
    return assay_error_set(error, ASSAY_DOMAIN, "%d cuts, %d pieces, %d nodes; a rule needs 2, 1 and 1", n_cuts, pieces, nodes);
  if (!tabulated(nodes))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "%d nodes; rules of full precision have 1 to 20, 32, 64, 96, 100, 128, 256, 512 or 1024", nodes);
  size_t most = (size_t)(n_cuts - 1) * (size_t)pieces * (size_t)nodes;
  double *memory = malloc(2 * most * sizeof *memory);
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc((size_t)nodes);
  if (!memory || !table) {
    free(memory);
    if (table) gsl_integration_glfixed_table_free(table);
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a rule of %zu nodes", most);
  }
  *rule = (panels){0, memory, memory + most};
  for (int i = 1; i < n_cuts; i++) {
    double step = (cuts[i] - cuts[i - 1]) / pieces;
    for (int k = 0; k < pieces && step > 0; k++) {
      double lo = cuts[i - 1] + k * step, hi = k == pieces - 1 ? cuts[i] : lo + step;
      rule->n += fill(table, lo, hi, nodes, rule->x + rule->n, rule->w + rule->n);
    }
  }
  gsl_integration_glfixed_table_free(table);
  return ASSAY_OK;
}

void panels_free(panels *rule) {
  free(rule->x);
  *rule = (panels){0};
}
