/* What moved between two baselines, and whether it moved by rounding, within sampling noise, or really. */
#ifndef ASSAY_COMPARE_DIFF_H
#define ASSAY_COMPARE_DIFF_H

#include "compare/baseline.h"

/* The probability that sampling noise alone makes a comparison of estimates call any of them moved. */
#define DIFF_ALPHA 1e-3
/* What rounding may move, relative to the scale of a record. */
#define DIFF_ROUNDING 1e-9

typedef enum {
  DIFF_VERDICT,    /* of a cell, or of a claim that has none */
  DIFF_CELL,       /* a claim or cell that only one side has */
  DIFF_CONTROL,    /* rejected on one side only, or on one side only there */
  DIFF_THEORY,     /* a theory value */
  DIFF_REPLICATES, /* the first replicates of a run, draw for draw */
  DIFF_ESTIMATE,
  DIFF_MARGIN,
  DIFF_SPEED, /* seconds a replicate: shown, never a move */
  DIFF_KINDS
} diff_kind;

/* In rising order of significance. */
typedef enum { DIFF_SAME, DIFF_ROUNDED, DIFF_NOISE, DIFF_TIMING, DIFF_REAL, DIFF_GRADES } diff_grade;

typedef struct {
  diff_kind kind;
  diff_grade grade;
  const char *claim;           /* "" for a run; borrowed from the baselines, as `where` and `what` */
  const char *where;           /* the cell's id, the run's address; "" for a whole claim */
  const char *what;            /* a column, a control; "" */
  const char *a_text, *b_text; /* verdicts, "absent"; NULL where a and b are numbers */
  double a, b;
  double relative;    /* |b - a| over max(|a|, |b|), or over the scale of a record; NaN for texts */
  double units;       /* see below; NaN where it has no meaning */
  double probability; /* of an estimate from other draws: two-sided, corrected; else NaN */
  double weight;      /* sorts rows of one grade: how far beyond its limit; infinity for texts */
} diff_row;

typedef struct {
  diff_row *rows; /* [n_rows], real ones first, then by weight; what is the same has no row */
  int n_rows, room_rows;
  int count[DIFF_KINDS][DIFF_GRADES]; /* of everything compared */
  int runs_common, runs_a, runs_b;    /* on both sides, on one only */
  int tests;                          /* estimates from other draws: what the correction counts */
  double speed;                       /* B's time over A's for A's replicates of the common runs; NaN */
  bool judged;                        /* verdicts and estimates were compared: both sides have them */
} diff;

/* Compares. The baselines are borrowed by the rows.
 *
 *   theory      units = |b - a| / (twice the lesser of the two errors, at least 4 units of rounding of the
 *               value): a side that admits more error than the other must not hide a move; real when above 1
 *   replicates  of runs with the same seed, experiment and point, by column: relative = greatest |b - a| over
 *               the greatest |value| of the column in both; rounding up to 1e-9; real above, or when a
 *               replicate fails on one side only. One row a run, of its worst column.
 *   estimates   from the same draws (the same runs, look and replicates): like replicates, on the scale of
 *               one record, max(|a|, |b|, se sqrt n), units = |b - a|/se. Without a standard error
 *               (identities, checks): rounding up to 1e-9 relative or a thousandth of the margin.
 *               From other draws: units = (b - a)/sqrt(se_a^2 + se_b^2), probability from Student's t with
 *               the lesser number of replicates less one, times the number of such tests; real below
 *               DIFF_ALPHA, else noise. (Where a larger look shares a smaller one's draws the probability is
 *               an upper bound.)
 *   margin      rounding up to 1e-9 relative
 *   speed       a row where the time of one replicate changed by half or more; timing, never real */
assay_status diff_make(const baseline *a, const baseline *b, diff *out, assay_error *error);
void diff_free(diff *d);

/* Did anything move? `strict`: rounding counts too. */
bool diff_moved(const diff *d, bool strict);

const char *diff_kind_name(diff_kind kind);    /* "verdict", "cell", "control", "theory", ... */
const char *diff_grade_name(diff_grade grade); /* "same", "rounding", "noise", "timing", "real" */

#endif
