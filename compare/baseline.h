/* Baselines: what a run of claims gave, in one small text file that is committed, reviewed and compared with
 * later builds.
 *
 * A baseline holds theory values with their errors, the statistics behind every verdict, and the first
 * replicates of every run, bit for bit. Of the same run of the same build it is the same text but for the
 * lines "speed".
 *
 * The text. Lines end in a line feed; empty lines and lines that begin with '#' are skipped, indentation too.
 * A NUMBER is written twice, "HEX DECIMAL" (%a and %.17g), and both have to be the same number. The first
 * line is "assay-baseline 1"; then
 *
 *     version TEXT | tier NAME | seed N | fingerprint TEXT | machine TEXT | judged yes or no
 *     pattern GLOB                    as given to `assay run`; none: all claims
 *     claim VERDICT ID                the cells that follow are the claim's
 *     cell VERDICT ID                 the lines that follow are the cell's; an absent number has no line
 *       theory NUMBER | theory-error NUMBER | margin NUMBER
 *       estimate NUMBER | se NUMBER | lo NUMBER | hi NUMBER
 *       used N | look N               replicates used and the look that decided
 *       runs NAME...                  the runs that it rests on
 *       control rejected|open NAME    and
 *       distance NUMBER               of the control above, in margins
 *     run NAME                        the lines that follow are the run's
 *       text TEXT | address TEXT | key HEX | stored N
 *       states ok|failed|discarded... of the first replicates
 *       value COLUMN HEX...           their values, "-" for a replicate that is not ok
 *     speed NAME SECONDS              of computing one replicate
 *
 * A COLUMN is "readout=value:record".
 * A run's NAME is the head of the SHA-256 of its text: seed, experiment and point without read-outs. So it is
 * the same for the same draws whatever the sources; the key, which has the fingerprint of the sources behind
 * it too, is not. */
#ifndef ASSAY_COMPARE_BASELINE_H
#define ASSAY_COMPARE_BASELINE_H

#include <stdio.h>

#include "compare/plan.h"

enum { BASELINE_KEPT = 4, BASELINE_NAME = 17 };

typedef struct {
  char *name;
  bool rejected;
  double distance; /* in margins; NaN: none */
} baseline_control;

typedef struct {
  char *id;
  assay_verdict verdict;
  double theory, theory_error, margin, estimate, se, lo, hi; /* NaN: there is none */
  long used;
  int look;
  char (*runs)[BASELINE_NAME]; /* [n_runs] */
  int n_runs, room_runs;
  baseline_control *controls; /* [n_controls] */
  int n_controls, room_controls;
} baseline_cell;

typedef struct {
  char *id;
  assay_verdict verdict;
  baseline_cell *cells; /* [n_cells] */
  int n_cells, room_cells;
} baseline_claim;

typedef struct {
  char *name;                  /* "t=0.5:risk" */
  double value[BASELINE_KEPT]; /* of the first replicates; 0 where one is not ok */
} baseline_column;

typedef struct {
  char name[BASELINE_NAME];
  char *text, *address;
  char key[65];
  long stored;    /* replicates that were there */
  double seconds; /* of one replicate; NaN: not measured */
  int kept;       /* first replicates that are here, <= BASELINE_KEPT */
  unsigned char state[BASELINE_KEPT];
  baseline_column *columns; /* [n_columns] */
  int n_columns, room_columns;
} baseline_run;

typedef struct {
  char *version, *fingerprint, *machine;
  assay_tier tier;
  uint64_t seed;
  bool judged;     /* else verdicts and estimates mean nothing: only theory and replicates were computed */
  char **patterns; /* [n_patterns] */
  int n_patterns, room_patterns;
  baseline_claim *claims; /* [n_claims] */
  int n_claims, room_claims;
  baseline_run *runs; /* [n_runs] */
  int n_runs, room_runs;
} baseline;

/* What a plan holds, as far as it has been run and judged. `judged` false: theory and first replicates only.
 */
assay_status baseline_make(plan *p, const char *const *patterns, int n_patterns, bool judged, baseline *out,
                           assay_error *error);

/* Writes the text. ASSAY_IO when it could not be written. */
assay_status baseline_write(const baseline *b, FILE *out, assay_error *error);

/* Reads a text from anywhere: every line is checked, lines and files of unreasonable length are refused, and
 * what is wrong is told with `name` and the number of the line. Nothing is left in *out on an error. */
assay_status baseline_read(FILE *in, const char *name, baseline *out, assay_error *error);

void baseline_free(baseline *b);

/* NULL when there is none. */
const baseline_claim *baseline_find_claim(const baseline *b, const char *id);
const baseline_cell *baseline_find_cell(const baseline_claim *claim, const char *id);
const baseline_run *baseline_find_run(const baseline *b, const char *name);
const baseline_column *baseline_find_column(const baseline_run *run, const char *name);

/* The extension of a baseline's file. */
#define BASELINE_EXTENSION ".baseline"

#endif
