/* What plan.c (runs) and cells.c (cells) share. */
#ifndef ASSAY_COMPARE_PLAN_PRIVATE_H
#define ASSAY_COMPARE_PLAN_PRIVATE_H

#include "compare/plan.h"

/* One claim, leg, point and size. */
typedef struct {
  int claim, leg;          /* leg: index in the claim's table */
  const point *at;         /* into plan_private.points */
  double size;             /* NaN: the claim has no size */
  assay_call *realised;    /* read-outs with all their values; owned */
  int run;                 /* -1: a check */
  assay_call *sim;         /* as arranged, before read-outs were merged; owned; NULL for a check */
  int *control_run;        /* [controls of the claim] run of a wrong experiment, -1: none; owned */
} instance;

/* A theory evaluated at a point. */
typedef struct {
  assay_predict *predict;
  char *text;              /* of the point */
  assay_call *call;        /* with its results */
  assay_status status;
  char reason[320];
} prediction;

struct plan_private {
  point_list *points; /* [n_claims] */
  instance *instances;
  int n_instances, room_instances;
  prediction *predictions;
  int n_predictions, room_predictions;
  assay_call **kept; /* points with one value for every read-out, that cells refer to */
  int n_kept, room_kept;
  int room_runs, room_cells;
};

/* Makes the cells of one claim from its instances. */
assay_status cells_build(plan *p, int claim, assay_error *error);

/* Room for one more element in an array that doubles. */
void *plan_grow(void *array, int n, int *room, size_t element);

int plan_count_controls(const assay_claim *claim);
/* Is control `c` to be judged in this tier and size at the cell with these names (its point's label, base, LABEL:readout=value,
 * its id; ended by NULL)? */
bool plan_control_applies(const assay_control *c, assay_tier tier, const char *const *names, double size);
/* The name of the SIZE parameter of the table; NULL when it has none. */
const char *plan_size_name(const assay_param *params);

#endif
