/* From claims to what has to be run and judged.
 *
 * A *run* is one experiment at one simulation point and size; claims that ask for the same run share it, and its read-outs are
 * the union of what they ask for. A *cell* is one estimate held to one prediction. */
#ifndef ASSAY_COMPARE_PLAN_H
#define ASSAY_COMPARE_PLAN_H

#include "compare/point.h"
#include "compare/result.h"

enum { RUN_ABSENT = 0, RUN_OK, RUN_FAILED, RUN_DISCARDED }; /* states of a replicate */

typedef struct {
  const assay_experiment *experiment;
  assay_call *sim;         /* the simulation's point; owned */
  const char *data;        /* the data set that it reads; NULL: none */
  char *text;              /* experiment and point without read-outs; owned */
  char *stored_text;       /* the text whose SHA-256 is `key`; owned */
  char key[65];            /* its name in a store */
  uint64_t stream;         /* the key of its random streams */
  char *address;           /* "claim/POINT/size" of the first cell that asked for it, for people; owned */
  int readouts, width;     /* record elements at one read-out */
  long capacity, prefix;   /* replicates 0..prefix-1 are all there */
  double *values;          /* [capacity][readouts][width] */
  unsigned char *state;    /* [capacity] */
  long need;               /* replicates wanted */
  long issued;             /* the runner's: replicates before this one have been given out */
  double seconds;          /* of worker time in its replicates */
} plan_run;

typedef struct {
  int run, column;             /* column = readout*width + element */
  int minus_run, minus_column; /* the arm that is subtracted; minus_run < 0: none */
  long multiple;               /* takes `multiple` times the look's replicates */
} plan_group;

typedef struct {
  int n;
  plan_group *group;           /* [n] */
  double *axis;                /* [n] */
  const assay_call **points;   /* [n] realised points; borrowed from the plan */
  double *theory;              /* [n] EXTRAPOLATED: subtracted from the group's values */
} plan_sample;

typedef struct {
  const assay_control *of;
  double wrong, wrong_error; /* wrong theory */
  plan_sample sample;        /* wrong experiment */
  double measured;           /* wrong check */
  bool settled;
} plan_control;

typedef struct {
  int claim;                /* index into plan->claims */
  const assay_target *target;
  const assay_leg *leg;
  plan_sample sample;
  long first;               /* n_1 */
  double size[3];           /* EXTRAPOLATED */
  double measured, measured_error; /* of a check */
  plan_control *controls;   /* [result.n_controls] */
  int look;                 /* looks evaluated so far */
  bool open;                /* more looks may be needed */
  bool decided;             /* the cell itself, whatever its controls */
  assay_cell_result result;
} plan_cell;

typedef struct {
  const assay_claim *claim;
  const assay_paper *paper;
  assay_verdict broken; /* SKIPPED or ERROR when it could not be planned */
  char reason[320];
} plan_claim;

typedef struct plan plan;
struct plan {
  assay_tier tier;
  uint64_t seed;
  plan_claim *claims;
  int n_claims;
  plan_run *runs;
  int n_runs;
  plan_cell *cells;
  int n_cells;
  struct plan_private *hidden;
};

/* Claims whose ids match one of the globs (none given: all), in the papers' order. An error names a glob without a match. */
assay_status plan_select(const assay_paper *const *papers, const char *const *globs, int n_globs, plan *p,
                         assay_error *error);

/* Plans the selected claims: runs, cells, theory values, margins, wrong values. A claim whose tables are inconsistent or whose
 * theory fails is marked, not fatal. */
assay_status plan_build(plan *p, assay_tier tier, uint64_t seed, assay_error *error);

void plan_free(plan *p);

/* Room for replicates 0..n-1 of a run. */
assay_status plan_reserve(plan_run *run, long n, assay_error *error);
/* Marks one replicate and moves the prefix. */
void plan_mark(plan_run *run, long replicate, int state);

/* The replicates that look `look` (1..) of a cell needs of a group: n_1 2^(look-1) times its multiple. */
long plan_look_size(const plan_cell *cell, const plan_group *group, int look);

/* The name of the SIZE parameter of the table; NULL when it has none. */
const char *plan_size_name(const assay_param *params);

/* The run of a claim's point and size: "dp-sgd/final-risk", "I1", 200. NULL with the reason when there is none. */
plan_run *plan_find_run(plan *p, const char *claim, const char *label, double size, assay_error *error);

#endif
