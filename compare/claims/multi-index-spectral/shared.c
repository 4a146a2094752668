#include <math.h>
#include <string.h>

#include "compare/claims/multi-index-spectral/claims.h"

static int word_of(const assay_call *call, const char *name, const char *const *words) {
  int i = 0;
  while (words[i] && strcmp(words[i], assay_word(call, name))) i++;
  return i;
}

/* Edges of a wedge: given, or K equal classes. */
static assay_status read_edges(assay_call *call, multi_index_model *m) {
  m->out = assay_list(call, "edges", &m->n_out);
  if (m->n_out > 0) return ASSAY_OK;
  int K = (int)assay_integer(call, "K");
  double *edges = assay_alloc(call, ((size_t)K + 1) * sizeof *edges);
  if (!edges) return ASSAY_NO_MEMORY;
  for (int i = 0; i <= K; i++) edges[i] = M_PI * i / K;
  m->out = edges, m->n_out = K + 1;
  return ASSAY_OK;
}

assay_status claim_model(assay_call *call, multi_index_model *m, multi_index_preprocessing *T) {
  static const char *const models[] = {"phase", "mixed", "product", "norm", "parity", "polar", "wedge", NULL};
  static const char *const kinds[] = {"id", "table", "tanh", "cap", "subset", "Td", "Topt", "Topt20", NULL};
  *m = (multi_index_model){.kind = (multi_index_kind)word_of(call, "model", models), .p = (int)assay_integer(call, "p"), .alpha = assay_real(call, "alpha"),
                           .c = assay_real(call, "c"), .sigma = assay_real(call, "sigma"), .q = assay_real(call, "q")};
  m->in = assay_list(call, "e_in", &m->n_in);
  m->out = assay_list(call, "e_out", &m->n_out);
  *T = (multi_index_preprocessing){.kind = (multi_index_T)word_of(call, "T", kinds), .a = assay_real(call, "a"), .t = assay_real(call, "t"), .u = {1, 0}, .c = 1};
  T->table = assay_list(call, "table", &T->n_table);
  return m->kind == MULTI_INDEX_WEDGE ? read_edges(call, m) : ASSAY_OK;
}

assay_status claim_spectrum(assay_call *call, int k, multi_index_result *result) {
  multi_index_model model;
  multi_index_preprocessing T;
  assay_error *error = assay_call_error(call);
  assay_status status = claim_model(call, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, assay_real(call, "delta"), &T, error);
  return status == ASSAY_OK ? multi_index_spectrum(&model, &T, assay_real(call, "delta"), k, result, error) : status;
}

assay_status multi_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  multi_index_model model;
  multi_index_preprocessing T;
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "delta"));
  if (!(n >= 2)) return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for delta = %g: less than two samples", d, assay_real(claim, "delta"));
  assay_status status = claim_model(claim, &model, &T);
  if (status == ASSAY_OK) status = multi_index_prepare(&model, n / d, &T, assay_call_error(claim));
  if (status == ASSAY_OK) status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(realised, "delta", n / d);
  if (status == ASSAY_OK && model.kind == MULTI_INDEX_WEDGE) status = assay_set_list(sim, "e_out", model.out, model.n_out);
  if (status != ASSAY_OK || T.kind < MULTI_INDEX_TD) return status;
  status = assay_set(sim, "u1", T.u[0]);
  if (status == ASSAY_OK) status = assay_set(sim, "u2", T.u[1]);
  return status == ASSAY_OK && T.kind == MULTI_INDEX_TD ? assay_set(sim, "scale", T.c) : status;
}
