/* What the path simulators have in common; private to sim/dp-sgd. */
#ifndef ASSAY_SIM_DP_SGD_PATH_H
#define ASSAY_SIM_DP_SGD_PATH_H

#include <math.h>

#include "sim/dp-sgd/dp-sgd.h"

typedef struct {
  void (*start)(dp_sgd_path *path);
  void (*advance)(dp_sgd_path *path, long step); /* from path->step, which the caller then updates */
  void (*release)(dp_sgd_path *path);
  double (*risk)(const dp_sgd_path *path);
  void (*norms)(const dp_sgd_path *path, double *V);
} dp_sgd_simulator;

/* The first member of every simulator's state, which is one allocation. */
struct dp_sgd_path {
  const dp_sgd_simulator *simulator;
  const dp_sgd_plan *plan;
  assay_stream stream;
  long step, clipped;
};

/* Zeroed memory for a state of `bytes` that begins with the path, or NULL with the error set. */
void *dp_sgd_path_new(const dp_sgd_simulator *simulator, const dp_sgd_plan *plan, size_t bytes,
                      assay_error *error);

/* sign(r) min(|r|, most), without a branch: which way it goes cannot be predicted. */
static inline double dp_sgd_clip(double r, double most) {
  return fmin(fmax(r, -most), most);
}

/* ||v + s b||^2 for ||v||^2 = V and normal b, whose part along v is g and whose other parts have the squared
 * norm H. */
static inline double dp_sgd_kick(double V, double s, double g, double H) {
  const double along = sqrt(V) + s * g;
  return along * along + s * s * H;
}

#endif
