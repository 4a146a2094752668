/* Plays the sequential decisions of compare/statistics.h on laws whose truth is known, and counts the wrong
 * ones.
 *
 * A cell is played as the judge plays it: look j sees replicates 1..n_1 2^(j-1), the first look that decides
 * freezes it, and every look spends the same share of the error probabilities. The margin is that of a claim
 * with no room to spare, M = bias + 10 sd/sqrt(n_max) (a proportion: + 12/n_max). The same draws are held to
 * ten theories at once, the *scenarios*: d = truth - theory on the margin, just inside it, zero, and 2M.
 *
 * Where the record is 0 or 1 nothing is drawn: the number of ones is summed over, so the frequencies are
 * probabilities. */
#ifndef ASSAY_TESTS_COMPARE_CALIBRATION_H
#define ASSAY_TESTS_COMPARE_CALIBRATION_H

#include <stdio.h>

#include "compare/statistics.h"
#include "sim/experiment.h"

enum { CALIBRATION_GROUPS = 5 };

typedef struct calibration_law calibration_law;
struct calibration_law {
  const char *name, *estimand; /* for the table */
  stat_problem problem;
  int groups;                       /* K */
  int multiple[CALIBRATION_GROUPS]; /* values of each group per replicate; 0 means 1 */
  bool shared;                      /* the groups are aligned by replicate */
  /* Fills x[k][n * multiple[k]] for all k; NULL: one 0/1 record, 1 with probability `truth`. */
  void (*draw)(const calibration_law *law, const assay_stream *stream, long n, double *const x[]);
  double shape[2]; /* parameters of `draw` */
  double truth;    /* of what is estimated */
  double bias,
      sd;     /* of the margin; sd/sqrt(n) is the standard error of the estimate, n counting replicates */
  int side;   /* +1: the theory says "not below" */
  int lost;   /* replicates that fail, at random; 0 or 2 */
  long first; /* n_1 */
  int looks;  /* J */
  bool power; /* n_max is large enough for the promise that a true theory passes and one off by 2M fails */
  bool known_limit; /* shown, not held to anything */
};

/* Ended by a law without a name. */
extern const calibration_law calibration_laws[];

/* Above and below tell d > 0 from d < 0. *Loose* raises an error probability, so that its excess can be seen.
 */
typedef enum {
  CALIBRATION_MARGIN_ABOVE, /* d = M: must hardly ever agree */
  CALIBRATION_MARGIN_BELOW,
  CALIBRATION_LOOSE_MARGIN_ABOVE, /* the same with ALPHA_PASS raised to CALIBRATION_LOOSE_PASS */
  CALIBRATION_LOOSE_MARGIN_BELOW,
  CALIBRATION_LOOSE_INSIDE_ABOVE, /* d = .99 M, ALPHA_FAIL raised to CALIBRATION_LOOSE_FAIL: must hardly ever
                                     disagree */
  CALIBRATION_LOOSE_INSIDE_BELOW,
  CALIBRATION_LOOSE_TRUE,  /* d = 0, likewise */
  CALIBRATION_TRUE,        /* d = 0: must agree */
  CALIBRATION_WRONG_ABOVE, /* d = 2M: must disagree */
  CALIBRATION_WRONG_BELOW,
  CALIBRATION_SCENARIOS
} calibration_scenario;

#define CALIBRATION_LOOSE_PASS 1e-2
#define CALIBRATION_LOOSE_FAIL 1e-3

/* Sums over the runs (probabilities when they are exact). */
typedef struct {
  double agree, disagree, used; /* used: replicates, as a share of n_max */
} calibration_tally;

typedef struct {
  const calibration_law *law;
  long runs; /* 0: exact */
  double margin;
  calibration_tally tally[CALIBRATION_SCENARIOS];
  /* The replicates, as a share of n_max, of the one fixed sample that passes a true theory in 99.9 % of runs
   * when its interval is taken once, at ALPHA_PASS. NaN where it has no simple formula. */
  double fixed;
} calibration_result;

/* Plays `law` for `runs` independent runs. Each look spends 1/looks_spent of the error probabilities:
 * ASSAY_LOOKS is the rule, less is a rule that the calibration has to find fault with. ASSAY_OK, or what
 * stat_estimate_make fails with. */
assay_status calibration_run(const calibration_law *law, long runs, int looks_spent,
                             calibration_result *result, assay_error *error);

/* The larger of the frequencies of *agree* (or of *disagree*) over the two sides of a pair of scenarios, with
 * its Clopper-Pearson bounds, each wrong with probability 1e-3 (equal to the value when it is exact). */
typedef struct {
  double events, value, lo, hi;
} calibration_rate;

calibration_rate calibration_worse(const calibration_result *result, calibration_scenario above, bool agree);
calibration_rate calibration_of(const calibration_result *result, calibration_scenario scenario, bool agree);
/* The smaller frequency of *disagree* over the two sides of a theory that is off by 2M. */
calibration_rate calibration_rejected(const calibration_result *result);

/* Whether the counts are consistent with every promise made for the law. If not, the first broken one is in
 * `why`. */
bool calibration_keeps(const calibration_result *result, char *why, size_t size);

/* A Markdown table: its head, then a row per result. */
void calibration_print_head(FILE *out);
void calibration_print(FILE *out, const calibration_result *result);

#endif
