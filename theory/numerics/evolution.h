/* State evolutions x <- g(x) of a few order parameters, x in R^k: trajectories, where they end, and all fixed
 * points of scalar ones. */
#ifndef ASSAY_THEORY_NUMERICS_EVOLUTION_H
#define ASSAY_THEORY_NUMERICS_EVOLUTION_H

#include <stdbool.h>

#include "model/status.h"

/* next [k] from x [k], and *watch >= 0, the quantity whose convergence counts (an error, say). A status other
 * than ASSAY_OK ends the evolution and is passed on. */
typedef assay_status evolution_map(const double *x, double *next, double *watch, void *context,
                                   assay_error *error);

enum { EVOLUTION_MOST = 4 }; /* the largest k */

typedef struct {
  double damping; /* x <- x + damping (g(x) - x), in (0,1]; 1: none */
  double rtol;    /* stops when the watch changes by less than this share, twice in a row, */
  double floor;   /* or is at most this (negative: no floor) */
  int most;       /* maps that are evaluated at most */
} evolution_rule;

typedef struct {
  double watch; /* its last value */
  int steps;    /* maps that were evaluated */
  bool floored; /* stopped at the floor */
} evolution_end;

/* From x [k], which ends as the last state; path [most][k], NULL or the states in which the map was
 * evaluated. ASSAY_NUMERIC when `most` evaluations do not reach the rule, or a value is not finite;
 * ASSAY_DOMAIN when the rule makes no sense. */
assay_status evolution_run(evolution_map *g, void *context, int k, const evolution_rule *rule, double *x,
                           double *path, evolution_end *end, assay_error *error);

/* ---- scalar ones ---- */

typedef struct {
  double x;
  bool stable; /* |slope of g| < 1 */
  double slope;
} evolution_point;

/* The fixed points of a scalar g in [lo, hi], 0 < lo < hi, ascending: sign changes of g(x) - x between
 * `count` points of equal ratio, refined; the ends count when x flows out of the interval there (g(lo) <= lo,
 * g(hi) >= hi), as stable with slope NaN. *found of at most `room`; from below x reaches the first stable
 * one, from above the last, and where these differ a first-order transition lies between what is reached and
 * what is best. ASSAY_NUMERIC when there are more than `room`. */
assay_status evolution_fixed_points(evolution_map *g, void *context, double lo, double hi, int count,
                                    evolution_point *points, int room, int *found, assay_error *error);

#endif
