#include "model/schedule.h"

#include <math.h>
#include <string.h>

assay_status schedule_check(const schedule *s, assay_error *error) {
  if (s->kind == SCHEDULE_TABLE) {
    if (s->count < 2 || !s->table)
      return assay_error_set(error, ASSAY_DOMAIN, "a tabulated schedule needs at least 2 nodes, not %d", s->count);
    for (int i = 0; i < s->count; i++)
      if (!isfinite(s->table[i]) || s->table[i] < 0)
        return assay_error_set(error, ASSAY_DOMAIN, "node %d of the schedule is %g; steps are finite and >= 0", i,
                               s->table[i]);
    return ASSAY_OK;
  }
  if (!isfinite(s->eta0) || s->eta0 <= 0)
    return assay_error_set(error, ASSAY_DOMAIN, "the schedule's %s is %g; it has to be finite and > 0",
                           s->kind == SCHEDULE_HARMONIC ? "alpha" : "eta0", s->eta0);
  if (s->kind == SCHEDULE_HARMONIC && (!isfinite(s->t0) || s->t0 <= 0))
    return assay_error_set(error, ASSAY_DOMAIN, "the harmonic schedule's t0 is %g; it has to be finite and > 0", s->t0);
  return ASSAY_OK;
}

int schedule_from_word(const char *word, schedule_kind *kind) {
  static const char *const words[] = {"const", "linear", "sqrt", "harmonic", "table"};
  for (int i = 0; word && i < 5; i++)
    if (!strcmp(word, words[i])) {
      *kind = (schedule_kind)i;
      return 1;
    }
  return 0;
}

/* The table's value and slope in u = sqrt(t). */
static double table_at(const schedule *s, double t, double *slope_u) {
  double u = sqrt(t) * (s->count - 1);
  int i = (int)u;
  if (i > s->count - 2) i = s->count - 2;
  double step = s->table[i + 1] - s->table[i];
  *slope_u = step * (s->count - 1);
  return s->table[i] + (u - i) * step;
}

double schedule_eta(const schedule *s, double t) {
  t = fmin(fmax(t, 0), 1);
  double slope;
  switch (s->kind) {
  case SCHEDULE_CONST: return s->eta0;
  case SCHEDULE_LINEAR: return s->eta0 * (1 - t);
  case SCHEDULE_SQRT: return s->eta0 * sqrt(1 - t);
  case SCHEDULE_HARMONIC: return s->eta0 / (t + s->t0);
  case SCHEDULE_TABLE: return table_at(s, t, &slope);
  }
  return NAN;
}

double schedule_eta2_slope(const schedule *s, double t) {
  t = fmin(fmax(t, 0), 1);
  double e = s->eta0, slope;
  switch (s->kind) {
  case SCHEDULE_CONST: return 0;
  case SCHEDULE_LINEAR: return -2 * e * e * (1 - t);
  case SCHEDULE_SQRT: return -e * e;
  case SCHEDULE_HARMONIC: return -2 * e * e / ((t + s->t0) * (t + s->t0) * (t + s->t0));
  case SCHEDULE_TABLE: {
    double eta = table_at(s, t, &slope);
    return slope == 0 ? 0 : eta * slope / sqrt(fmax(t, 1e-12)); /* du/dt = 1/(2 sqrt t) */
  }
  }
  return NAN;
}

double schedule_max(const schedule *s) {
  if (s->kind != SCHEDULE_TABLE) return schedule_eta(s, 0);
  double most = 0;
  for (int i = 0; i < s->count; i++) most = fmax(most, s->table[i]);
  return most;
}

int schedule_is_nonincreasing(const schedule *s) {
  if (s->kind != SCHEDULE_TABLE) return 1;
  for (int i = 1; i < s->count; i++)
    if (s->table[i] > s->table[i - 1]) return 0;
  return 1;
}
