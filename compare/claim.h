/* The contract of a claim: what a paper says, how it is predicted, how it is measured, and what would refute it.
 *
 * A paper is a table of claims; a claim is static data and a few functions. Nothing here knows a particular paper, and the
 * same header serves a plug-in. All tables are static const, ended by an entry of zeros, and borrowed for ever. Arrays [3]
 * are by tier: quick, standard, deep. Lists of names ("points", "targets", "records") are separated by commas; names of
 * points and targets may be shell globs; NULL means all.
 *
 * How the engine uses it. For every *leg* present in a tier, for every point and size, `arrange` makes from the claim's
 * point the simulation's point and the *realised* point (n = round(d/gamma) gives the ratio d/n that was really run).
 * `predict` is evaluated at the realised point, the experiment is run at the simulation's point, and every *target* makes
 * *cells* of (point, size, read-out, element): an estimate, held to the prediction within a margin. Every *control* is a
 * theory or an experiment known to be wrong that the same cells must reject. */
#ifndef ASSAY_COMPARE_CLAIM_H
#define ASSAY_COMPARE_CLAIM_H

#include "model/call.h"
#include "sim/experiment.h"

typedef enum { ASSAY_QUICK, ASSAY_STANDARD, ASSAY_DEEP, ASSAY_TIERS } assay_tier;

/* Evaluates the observables that exist at the call's point and puts them (or says why one is absent). Observables that are
 * not put are absent. ASSAY_OK, or a failure with its reason in the call. */
typedef assay_status assay_predict(assay_call *);

/* ---- a leg: one experiment, where and how much of it is run ---- */

typedef struct {
  const assay_experiment *experiment; /* NULL: `check` evaluates the claim's observables by a second, independent path */
  assay_predict *check;
  /* From the claim's point (with the size set) make the simulation's and the realised point. Both arrive with every parameter
   * of the same name copied. NULL: nothing more to do. `claim` may be used to fail with a reason. */
  assay_status (*arrange)(assay_call *claim, assay_call *sim, assay_call *realised);
  /* "LABEL: name=value name=value". A read-out may have several values (t=.5,1), from one run. Any other number or word with
   * several values makes a point of each, called LABEL:name=value. Labels are unique in a claim. */
  const char *const *points;
  /* "d=100,200 draws=50": the values of the SIZE parameter, then simulation parameters. NULL: the leg is not in the tier. */
  const char *sizes[3];
  long first[3]; /* n_1, the replicates of the first look (>= 32; 1 or more for `exact` targets) */
  int looks[3];  /* J <= 16; n_j = n_1 2^(j-1) */
  double discarded; /* largest share of replicates that may be discarded; 0: none may */
} assay_leg;

/* ---- a target: what of it is judged ---- */

typedef enum {
  ASSAY_MEAN,         /* the mean of the record */
  ASSAY_PROPORTION,   /* the probability that the record is 1 */
  ASSAY_QUANTILE,     /* the quantile of order `level` */
  ASSAY_VARIANCE,     /* the variance of the record */
  ASSAY_COMBINATION,  /* sum of coefficients times group statistics; `reduce` must be linear */
  ASSAY_SMOOTH,       /* a smooth function `reduce` of group statistics: slope, ratio, fitted location */
  ASSAY_EXTRAPOLATED, /* the limit of measured minus theory over three sizes N, rN, r^2 N */
  ASSAY_EXACT         /* least and greatest over n_1 replicates, or one evaluation */
} assay_estimand;

/* What `reduce` sees: K = (values of `along`) x (1, or 2 with `against`) x (records) groups, the last varying fastest. */
typedef struct {
  int groups;
  const double *value;             /* [groups] their statistics; theory values when the theory is reduced alike */
  const double *axis;              /* [groups] the value of `along` at the realised point */
  const assay_call *const *points; /* [groups] realised points */
} assay_sample;
typedef assay_status assay_reduce(const assay_sample *, double *result);

/* M = bias + (relative + over_size/size) |theory| + deviations sd/sqrt(n_max) + 4 (numerical error of the theory), where sd is
 * one replicate's, as `spread` says, and n_max = n_1 2^(J-1); for `exact` sd is not divided. The first three bound the bias. */
typedef struct {
  double bias, relative, over_size, deviations;
} assay_margin;

typedef struct {
  const char *name;    /* the claim's observable that is predicted; also the cell's name unless `title` is given */
  const char *title;   /* tells targets of one observable apart, e.g. "slope"; NULL: name */
  const char *records; /* the experiment's records; NULL: the one called `name` */
  const char *points;  /* globs on labels */
  assay_estimand estimand;
  assay_estimand of;   /* COMBINATION, SMOOTH: the statistic of each group: MEAN (0), PROPORTION or VARIANCE */
  double level;        /* QUANTILE: its order */
  const char *along;   /* points, read-outs or sizes that differ in this parameter only make one cell; `reduce` sees them as groups */
  /* The label of the point, or "name=value" of the arm, that is subtracted replicate by replicate (its draws have to be shared:
   * the two may differ in PAIRED parameters only); SMOOTH, COMBINATION: not subtracted but seen by `reduce` as a group. With a
   * side it is an order, and the theory's value is 0; without, the theory is subtracted alike. */
  const char *against;
  assay_reduce *reduce;
  assay_predict *predict; /* NULL: the claim's; with `reduce`: the theory's group values are reduced in the same way */
  double exponent;        /* EXTRAPOLATED: the declared power g of the size in the bias */
  int side;               /* 0: two-sided; +1: the estimate may not lie below the theory; -1: not above */
  double skew_floor;      /* G of the interval; 0 means 1; .3 with a quoted pilot */
  assay_margin margin[3];
  assay_predict *spread;  /* puts the sd of one replicate's record in the place of observable `name` */
  bool exploratory;   /* shown, never judged */
  const char *reason; /* where the margin comes from */
} assay_target;

/* ---- a control: a mistake that must be seen ---- */

#define ASSAY_ALL_TIERS 7u /* bits 1 << tier */

typedef struct {
  const char *name, *mistake; /* the mistake in one line */
  const char *targets;        /* globs on titles (names, where a target has none) where it must be rejected */
  const char *points;         /* globs on labels, or on LABEL:readout=value */
  const char *sizes;          /* NULL: all; else the values of the size where it must be rejected */
  unsigned tiers;             /* bits; 0: all */
  assay_predict *predict;     /* wrong theory: puts the wrong values; */
  const char *change;         /* wrong experiment: simulation parameters changed, "covariates=rademacher eta=8", */
  const assay_experiment *experiment; /* of the leg's experiment, or of this one */
  assay_predict *check;       /* wrong evaluation in place of a leg's check */
  bool reversed;              /* the opposite of a one-sided statement */
} assay_control;

/* ---- a figure: theory as lines, simulation as points ---- */

/* BY_SIZE: every size is a curve of its own. CLOUD: x and y are records, also observables; each replicate is a dot, the theory an
 * arrow from the origin with the circle through its head, a control's wrong theory an arrow; one scale for both axes. */
enum { ASSAY_LOG_X = 1, ASSAY_LOG_Y = 2, ASSAY_BY_SIZE = 4, ASSAY_CLOUD = 8 };

typedef struct {
  const char *title, *x, *x_label, *y, *y_label; /* x: a parameter; y: observables, each with every point a series */
  const char *points;                            /* globs on labels */
  const char *sweep; /* the theory's lines: values of x as "lo:hi:count" (logarithmic with LOG_X); NULL: the judged values joined */
  const char *marks; /* observables whose theory stands as a vertical line at x, for the series of the first y; NULL: none */
  unsigned flags;
} assay_figure;

typedef struct {
  const char *id;        /* "slug/name" */
  const char *kinds;     /* of limit, identity, bound, threshold, rate, order, separated by commas */
  const char *statement; /* one line */
  const char *source;    /* where in the paper, or "derived here" */
  const char *data;      /* the data sets it needs, separated by commas; NULL: none */
  const assay_param *params;
  const assay_observable *observables;
  assay_predict *predict;
  const assay_leg *legs;
  const assay_target *targets;
  const assay_control *controls;
  const assay_figure *figures;
} assay_claim;

#define ASSAY_ABI 1u

typedef struct {
  uint32_t abi, size; /* ASSAY_ABI, sizeof(assay_paper) */
  const char *slug, *authors, *title, *arxiv;
  const assay_claim *const *claims;               /* ended by NULL */
  const assay_experiment *const *experiments;     /* ended by NULL */
} assay_paper;

#endif
