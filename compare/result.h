/* What a run decided: the data that every report is rendered from. Owned by assay_results; read-only for renderers. */
#ifndef ASSAY_COMPARE_RESULT_H
#define ASSAY_COMPARE_RESULT_H

#include "compare/claim.h"

/* The error probabilities of a verdict; the same in every run, without an option. */
#define ASSAY_ALPHA_PASS 1e-4
#define ASSAY_ALPHA_FAIL 1e-6
#define ASSAY_LOOKS 16
/* The seed whose verdict counts; any other is named in the reports. */
#define ASSAY_DEFAULT_SEED 1

/* Ordered from best to worst: a claim is its worst cell. */
typedef enum {
  ASSAY_VERDICT_EXPLORATORY, /* a cell only: shown, not judged */
  ASSAY_VERDICT_PASS,
  ASSAY_VERDICT_SKIPPED,
  ASSAY_VERDICT_UNDECIDED,
  ASSAY_VERDICT_UNDERPOWERED,
  ASSAY_VERDICT_ERROR,
  ASSAY_VERDICT_FAIL
} assay_verdict;

const char *assay_verdict_name(assay_verdict verdict); /* "pass", "fail", ... */

/* A control at one cell. Distances are in units of the cell's margin M. */
typedef struct {
  const char *name, *mistake;
  bool wrong_experiment; /* else a wrong theory */
  double wrong;          /* wrong theory: its value; wrong experiment: its estimate */
  double lo, hi;         /* interval(a_pass) of estimate - wrong, or of the wrong experiment's estimate - theory */
  double distance;       /* the nearest that interval comes to zero, in units of M (what has to exceed 1) */
  double separation;     /* |theory - wrong| / M (has to be >= 2 for a wrong theory); NaN for a wrong experiment */
  bool rejected;
  char reason[160];      /* why not, when not rejected */
} assay_control_result;

typedef struct {
  const char *target;  /* title or name */
  const char *unit;    /* may be NULL */
  const assay_target *of;
  const assay_leg *leg;
  char *point;         /* LABEL, or LABEL:name=value */
  char *id;            /* POINT:readout=value:size=value:target, unique in the claim */
  char *params;        /* "gamma=0.5 c=1 ...": the realised point, short text */
  char *sizes;         /* "200" or "100,400,1600" */
  const char *estimand; /* "mean", "slope", ... */
  int side;
  double theory, theory_error; /* NaN when absent */
  double estimate, lo, hi;     /* interval(a_pass) of the estimate; NaN when there is none */
  double d;                    /* estimate - theory, signed so that >= 0 is right when side is not 0 */
  double demonstrated, demonstrated_relative; /* max(|lo|,|hi|) of d; NaN when there is none */
  double margin, margin_bias, margin_sd; /* M; its bias part; sd of one replicate that it was made with (NaN: none) */
  const char *margin_reason;
  long used, failed, discarded; /* replicates (of the largest size) */
  int look, looks;              /* deciding look (0: none), looks in the budget */
  double skew, drift;           /* NaN when it has no meaning */
  double seconds;               /* of computing its replicates */
  assay_verdict verdict;
  char reason[320];             /* why it is not a pass, or "" */
  assay_control_result *controls;
  int n_controls;
} assay_cell_result;

/* A series of a figure: the theory's line, and the cells (CLOUD: replicates) that lie on it. */
enum { ASSAY_MOST_MARKS = 6 };
typedef struct {
  char *label;
  int n_line, n_points;
  double *line_x, *line_y;                       /* [n_line], NaN where absent */
  double *point_x, *point_y, *point_lo, *point_hi; /* [n_points]; interval(a_pass) */
  int n_marks;
  double mark[ASSAY_MOST_MARKS]; /* in the order of the figure's marks; NaN where absent */
} assay_series;

typedef struct {
  const assay_figure *of;
  assay_series *series;
  int n_series;
} assay_figure_result;

typedef struct {
  const assay_claim *claim;
  const assay_paper *paper;
  assay_verdict verdict;
  char reason[320]; /* why it is not a pass, or "" */
  assay_cell_result *cells;
  int n_cells;
  assay_figure_result *figures;
  int n_figures;
  double seconds;   /* worker time spent on replicates of its cells (shared ones count in each) */
  char *reproduce;  /* the command line that runs this claim alone */
} assay_claim_result;

/* A replicate that failed, and its reason. */
typedef struct {
  char *address, *reason; /* claim/point/size/replicate */
} assay_failure;

typedef struct {
  assay_claim_result *claims;
  int n_claims;
  assay_failure *failures;
  int n_failures;
  int count[ASSAY_VERDICT_FAIL + 1]; /* claims by verdict */
  int n_cells;                       /* judged cells */
  assay_tier tier;
  uint64_t seed;
  bool default_seed;
  char *command;      /* the command line that made it */
  char *version;      /* of assay */
  char *fingerprint;  /* of the sources and flags behind the replicates */
  char *machine;      /* "CPU; BLAS and kernel; compiler; library versions" */
  char *started;      /* ISO 8601, UTC */
  double wall_seconds, worker_seconds;
} assay_results;

/* The exit status that the verdicts give: 0 all pass or skipped, 1 some fail, 3 otherwise. */
int assay_results_exit(const assay_results *results);
void assay_results_free(assay_results *results);

extern const char *const assay_tier_names[ASSAY_TIERS]; /* "quick", "standard", "deep" */

#endif
