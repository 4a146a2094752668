#include <math.h>

#include "compare/claims/multi-index-spectral/claims.h"

assay_status claim_spectrum(assay_call *call, int k, multi_index_result *result) {
  multi_index_model model;
  multi_index_preprocessing T;
  assay_error *error = assay_call_error(call);
  assay_status status = multi_index_read(call, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, assay_real(call, "delta"), &T, error);
  return status == ASSAY_OK ? multi_index_spectrum(&model, &T, assay_real(call, "delta"), k, result, error) : status;
}

assay_status multi_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  multi_index_model model;
  multi_index_preprocessing T;
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "delta"));
  if (!(n >= 2)) return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for delta = %g: less than two samples", d, assay_real(claim, "delta"));
  assay_status status = multi_index_read(claim, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, n / d, &T, assay_call_error(claim));
  if (status == ASSAY_OK) status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(realised, "delta", n / d);
  if (status != ASSAY_OK || T.kind < MULTI_INDEX_TD) return status;
  status = assay_set(sim, "u1", T.u[0]);
  if (status == ASSAY_OK) status = assay_set(sim, "u2", T.u[1]);
  return status == ASSAY_OK && T.kind == MULTI_INDEX_TD ? assay_set(sim, "scale", T.c) : status;
}
