/* Step-size schedules eta(t) on t in [0,1]: of order one, the step of iteration k out of n is eta(t_k)/n. */
#ifndef ASSAY_MODEL_SCHEDULE_H
#define ASSAY_MODEL_SCHEDULE_H

#include "model/status.h"

typedef enum {
  SCHEDULE_CONST,    /* eta0 */
  SCHEDULE_LINEAR,   /* eta0 (1-t) */
  SCHEDULE_SQRT,     /* eta0 sqrt(1-t) */
  SCHEDULE_HARMONIC, /* alpha/(t+t0) */
  SCHEDULE_TABLE     /* nodes at t = (i/(count-1))^2, linear in u = sqrt(t) between them */
} schedule_kind;

typedef struct {
  schedule_kind kind;
  double eta0;         /* > 0; alpha of the harmonic schedule */
  double t0;           /* > 0; harmonic only */
  const double *table; /* [count], >= 0; table only; borrowed */
  int count;           /* >= 2 */
} schedule;

/* The schedule is one that can be run: parameters positive and finite, a table finite and not negative. */
assay_status schedule_check(const schedule *s, assay_error *error);
/* "const", "linear", "sqrt", "harmonic", "table"; false when the word is none of them. */
int schedule_from_word(const char *word, schedule_kind *kind);

/* eta(t); t outside [0,1] is taken at the nearest end. */
double schedule_eta(const schedule *s, double t);
/* d(eta^2)/dt, finite on [0,1] (for sqrt it is the constant -eta0^2). */
double schedule_eta2_slope(const schedule *s, double t);
/* max over [0,1] of eta. */
double schedule_max(const schedule *s);
/* True when eta never increases (what scheduled noise needs). */
int schedule_is_nonincreasing(const schedule *s);

#endif
