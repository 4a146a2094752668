#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/claims/spurious-features/claims.h"
#include "theory/numerics/effective_ridge.h"

assay_status spurious_features_model_of(assay_call *call, spurious_features_model *m) {
  *m = (spurious_features_model){.v = assay_real(call, "v"),
                                 .v1 = assay_real(call, "v1"),
                                 .v2 = assay_real(call, "v2"),
                                 .r1 = assay_real(call, "r1"),
                                 .r2 = assay_real(call, "r2"),
                                 .alpha = assay_real(call, "alpha"),
                                 .bet = assay_real(call, "bet")};
  spurious_features_from_word(assay_word(call, "model"), &m->kind);
  m->rho = assay_given(call, "rho") ? assay_real(call, "rho") : m->kind == SPURIOUS_FEATURES_DCT ? .7 : .5;
  if (m->kind == SPURIOUS_FEATURES_NEGCORE && assay_given(call, "m"))
    m->d = 2 * (int)assay_integer(call, "m");
  else if (assay_given(call, "d"))
    m->d = (int)assay_integer(call, "d");
  else
    return assay_fail(call, ASSAY_USAGE, "give the core dimension d%s", m->kind == SPURIOUS_FEATURES_NEGCORE ? ", or m" : "");
  return ASSAY_OK;
}

assay_status spurious_features_spectrum_at(assay_call *call, spurious_features_spectrum *p, double *n) {
  spurious_features_model model;
  assay_status status = spurious_features_model_of(call, &model);
  if (status != ASSAY_OK) return status;
  if (n && assay_given(call, "n"))
    *n = assay_real(call, "n");
  else if (n && assay_given(call, "n_over_d"))
    *n = assay_real(call, "n_over_d") * model.d;
  else if (n)
    return assay_fail(call, ASSAY_USAGE, "give the number of samples n, or n_over_d");
  status = spurious_features_spectrum_new(&model, p, assay_call_error(call));
  if (status != ASSAY_OK) spurious_features_spectrum_free(p);
  return status;
}

assay_status spurious_features_ridge_of(assay_call *call, spurious_features_mistake mistake, spurious_features_ridge *out) {
  spurious_features_spectrum p;
  double n, sigma2 = assay_has_param(call, "sigma2") ? assay_real(call, "sigma2") : 0.25;
  assay_status status = spurious_features_spectrum_at(call, &p, &n);
  if (status != ASSAY_OK) return status;
  status = spurious_features_at(&p, n, assay_real(call, "lambda"), sigma2, mistake, out, assay_call_error(call));
  spurious_features_spectrum_free(&p);
  return status;
}

assay_status spurious_features_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  spurious_features_model model;
  assay_status status = spurious_features_model_of(claim, &model);
  if (status != ASSAY_OK) return status;
  double n = round(assay_given(claim, "n") ? assay_real(claim, "n") : assay_real(claim, "n_over_d") * model.d);
  if (!(n >= 1)) return assay_fail(claim, ASSAY_USAGE, "give the number of samples n, or n_over_d");
  status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(realised, "n", n);
  if (status == ASSAY_OK) status = assay_set(sim, "d", model.d);
  return status == ASSAY_OK ? assay_set(sim, "rho", model.rho) : status;
}

double spurious_features_lambda_of(const spurious_features_spectrum *p, double n, double tau) {
  return tau * (1 - effective_freedom(p->s, p->m, p->count, tau, 1) / n);
}

double spurious_features_rounded(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.9g", x);
  return strtod(text, NULL);
}
