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

assay_status multi_index_arrange_data(assay_call *claim, assay_call *sim, assay_call *realised) {
  multi_index_model model;
  multi_index_preprocessing T;
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "delta"));
  if (!(n >= 2))
    return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for delta = %g: less than two samples", d, assay_real(claim, "delta"));
  assay_status status = multi_index_read(claim, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, n / d, &T, assay_call_error(claim));
  if (status == ASSAY_OK) status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(realised, "delta", n / d);
  if (status != ASSAY_OK || T.kind < MULTI_INDEX_TD) return status;
  status = assay_set(sim, "u1", T.u[0]);
  if (status == ASSAY_OK) status = assay_set(sim, "u2", T.u[1]);
  return status == ASSAY_OK && T.kind == MULTI_INDEX_TD ? assay_set(sim, "scale", T.c) : status;
}

/* The linear response of eigenvalue k to a sample, or of the edge where it is stuck. */
static assay_status set_variate(assay_call *realised, assay_call *sim, int k) {
  multi_index_model model;
  multi_index_preprocessing T;
  multi_index_result r;
  assay_error *error = assay_call_error(realised);
  double delta = assay_real(realised, "delta"), ratio = 0;
  assay_status status = multi_index_read(realised, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, delta, &T, error);
  if (status == ASSAY_OK) status = multi_index_spectrum(&model, &T, delta, k, &r, error);
  if (status == ASSAY_OK && r.outlier.out) status = multi_index_response(&model, &T, delta, &r, &ratio, error);
  if (status != ASSAY_OK) return status;
  const double numbers[] = {r.outlier.x.value, ratio, r.outlier.out ? r.outlier.u[0] : 1,
                            r.outlier.out && multi_index_order(&model) > 1 ? r.outlier.u[1] : 0};
  return assay_set_list(sim, k == 1 ? "cv1" : "cv2", numbers, 4);
}

assay_status multi_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = multi_index_arrange_data(claim, sim, realised);
  int n = 0;
  const double *k = assay_has_param(claim, "k") ? assay_list(claim, "k", &n) : NULL;
  if (status == ASSAY_OK && n == 0) status = set_variate(realised, sim, 1);
  for (int i = 0; i < n && status == ASSAY_OK; i++)
    if (k[i] <= 2) status = set_variate(realised, sim, (int)k[i]);
  return status;
}
