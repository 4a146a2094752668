#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"

static assay_status read_schedule(assay_call *call, schedule *s) {
  *s = (schedule){.kind = SCHEDULE_CONST};
  if (!assay_has_param(call, "schedule")) {
    s->eta0 = assay_real(call, "eta");
    return ASSAY_OK;
  }
  const char *word = assay_word(call, "schedule");
  if (!schedule_from_word(word, &s->kind))
    return ASSAY_OK; /* "greedy": its step is no parameter of a schedule */
  const char *height = s->kind == SCHEDULE_HARMONIC ? "alpha" : "eta0";
  if (!assay_given(call, height)) return assay_fail(call, ASSAY_USAGE, "schedule=%s needs %s", word, height);
  if (s->kind == SCHEDULE_HARMONIC && !assay_given(call, "t0"))
    return assay_fail(call, ASSAY_USAGE, "schedule=harmonic needs t0");
  s->eta0 = assay_real(call, height);
  s->t0 = assay_real(call, "t0");
  return ASSAY_OK;
}

static double real_or(const assay_call *call, const char *name, double otherwise) {
  return assay_has_param(call, name) && assay_given(call, name) ? assay_real(call, name) : otherwise;
}

assay_status claim_problem(assay_call *call, dp_sgd_problem *problem) {
  static const char *const noises[] = {"none", "output", "scheduled", "naive"};
  *problem = (dp_sgd_problem){.gamma = real_or(call, "gamma", NAN),
                              .c = real_or(call, "c", INFINITY),
                              .rho = real_or(call, "rho", INFINITY),
                              .zeta = real_or(call, "zeta", NAN),
                              .R0 = real_or(call, "R0", 0.5)};
  const char *noise = assay_has_param(call, "noise") ? assay_word(call, "noise") : NULL;
  for (int i = 0; noise && i < 4; i++)
    if (!strcmp(noise, noises[i])) problem->noise = (dp_sgd_noise)i;
  return read_schedule(call, &problem->eta);
}

assay_status claim_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), n = round(d / assay_real(claim, "gamma"));
  if (!(n >= 1))
    return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for gamma = %g: no sample", d,
                      assay_real(claim, "gamma"));
  assay_status status = assay_set(sim, "n", n);
  return status == ASSAY_OK ? assay_set(realised, "gamma", d / n) : status;
}

assay_status claim_arrange_constant(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = claim_arrange(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "eta0", assay_real(claim, "eta")) : status;
}

double claim_rounded(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.9g", x);
  return strtod(text, NULL);
}

assay_status claim_greedy(assay_call *call, dp_sgd_problem *problem, bool free_step, assay_value *F) {
  enum { NODES = 2001 };
  double *table = assay_alloc(call, NODES * sizeof *table);
  if (!table) return ASSAY_NO_MEMORY;
  assay_value eta0;
  problem->eta = (schedule){.kind = SCHEDULE_CONST, .eta0 = free_step ? 1 : problem->eta.eta0};
  problem->noise = DP_SGD_SCHEDULED;
  assay_status status = dp_sgd_greedy(problem, free_step, &eta0, F, table, NODES, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < NODES; i++) table[i] = claim_rounded(table[i]);
  problem->eta =
      (schedule){.kind = SCHEDULE_TABLE, .eta0 = claim_rounded(eta0.value), .table = table, .count = NODES};
  return ASSAY_OK;
}

assay_status claim_set_table(assay_call *sim, const schedule *eta) {
  assay_status status = assay_set_word(sim, "schedule", "table");
  if (status == ASSAY_OK) status = assay_set_word(sim, "noise", "scheduled");
  return status == ASSAY_OK ? assay_set_list(sim, "table", eta->table, eta->count) : status;
}

assay_status claim_vertex(dp_sgd_problem *problem, double *x, double *vertex, assay_error *error) {
  const double h = 1e-3, at = *x;
  double F[3];
  assay_status status = ASSAY_OK;
  for (int i = 0; i < 3 && status == ASSAY_OK; i++) {
    dp_sgd_end end;
    *x = at * (1 + (i - 1) * h);
    status = dp_sgd_final(problem, DP_SGD_RIGHT, &end, error);
    F[i] = end.F.value;
  }
  *x = at;
  if (status == ASSAY_OK) *vertex = at * (1 + h * (F[0] - F[2]) / (2 * (F[0] - 2 * F[1] + F[2])));
  return status;
}

assay_status claim_ratio(const assay_sample *sample, double *ratio) {
  *ratio = sample->value[0] / sample->value[1];
  return ASSAY_OK;
}

assay_status claim_log_slope(const assay_sample *sample, double *slope) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < sample->groups; i++) {
    if (!(sample->value[i] > 0)) return ASSAY_NUMERIC;
    mx += log(sample->axis[i]) / sample->groups;
    my += log(sample->value[i]) / sample->groups;
  }
  for (int i = 0; i < sample->groups; i++) {
    double x = log(sample->axis[i]) - mx;
    xy += x * (log(sample->value[i]) - my);
    xx += x * x;
  }
  *slope = xy / xx;
  return ASSAY_OK;
}
