#include <math.h>
#include <string.h>

#include "compare/claims/finetune-diagonal/claims.h"

finetune_diagonal_init finetune_diagonal_init_of(const assay_call *call) {
  static const char *const words[] = {"sum", "rms", "keep"};
  finetune_diagonal_init init = {0};
  if (assay_has_param(call, "c")) init.c = assay_real(call, "c");
  if (assay_has_param(call, "lambda")) init.lambda = assay_real(call, "lambda");
  if (assay_has_param(call, "gamma")) init.gamma = assay_real(call, "gamma");
  const char *reset = assay_has_param(call, "reset") ? assay_word(call, "reset") : NULL;
  for (int i = 0; reset && i < 3; i++)
    if (!strcmp(reset, words[i])) init.reset = (finetune_diagonal_reset)i;
  return init;
}

finetune_diagonal_task finetune_diagonal_task_of(const assay_call *call) {
  return (finetune_diagonal_task){.rho_both = assay_real(call, "rho_both"),
                                  .rho_pt = assay_real(call, "rho_pt"),
                                  .rho_ft = assay_real(call, "rho_ft"),
                                  .m_pt = assay_real(call, "m_pt"),
                                  .m_ft = assay_real(call, "m_ft")};
}

double finetune_diagonal_realised_share(double share, double d) {
  return round(share * d) / d;
}

assay_status finetune_diagonal_set_samples(assay_call *claim, assay_call *sim, assay_call *realised, const char *alpha, const char *n) {
  double d = assay_real(claim, "d"), count = round(assay_real(claim, alpha) * d);
  if (!(count >= 1 && count < d))
    return assay_fail(claim, ASSAY_DOMAIN, "%s = %g at d = %g: %g samples; an interpolator needs 1 to d - 1", alpha,
                      assay_real(claim, alpha), d, count);
  assay_status status = assay_set(sim, n, count);
  return status == ASSAY_OK ? assay_set(realised, alpha, count / d) : status;
}

assay_status finetune_diagonal_arrange_finetuning(assay_call *claim, assay_call *sim, assay_call *realised) {
  static const char *const shares[] = {"rho_both", "rho_pt", "rho_ft"};
  double d = assay_real(claim, "d");
  assay_status status = finetune_diagonal_set_samples(claim, sim, realised, "alpha_ft", "n_ft");
  for (int i = 0; i < 3 && status == ASSAY_OK; i++) {
    double share = finetune_diagonal_realised_share(assay_real(claim, shares[i]), d);
    status = assay_set(realised, shares[i], share);
    if (status == ASSAY_OK) status = assay_set(sim, shares[i], share);
  }
  return status;
}

assay_status finetune_diagonal_finetuning_of(assay_call *call, finetune_diagonal_mistake mistake, finetune_diagonal_error *result) {
  finetune_diagonal_init init = finetune_diagonal_init_of(call);
  finetune_diagonal_task task = finetune_diagonal_task_of(call);
  return finetune_diagonal_finetuning(assay_real(call, "alpha_ft"), &init, &task, assay_real(call, "noise_ft"), mistake, result,
                                      assay_call_error(call));
}

assay_status finetune_diagonal_slope(const assay_sample *s, bool log_x, bool log_y, double *slope) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < s->groups; i++) {
    if ((log_x && !(s->axis[i] > 0)) || (log_y && !(s->value[i] > 0))) return ASSAY_NUMERIC;
    mx += (log_x ? log(s->axis[i]) : s->axis[i]) / s->groups, my += (log_y ? log(s->value[i]) : s->value[i]) / s->groups;
  }
  for (int i = 0; i < s->groups; i++) {
    double x = (log_x ? log(s->axis[i]) : s->axis[i]) - mx;
    xy += x * ((log_y ? log(s->value[i]) : s->value[i]) - my), xx += x * x;
  }
  *slope = xy / xx;
  return ASSAY_OK;
}
