#include <stdio.h>
#include <stdlib.h>

#include "compare/claims/token-embeddings/claims.h"

double token_embeddings_rounded(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.9g", x);
  return strtod(text, NULL);
}

assay_status token_embeddings_arrange_signal(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "eta", 4 * assay_real(claim, "k") * assay_real(claim, "T") * assay_real(claim, "a"));
}

assay_status token_embeddings_toy_of(assay_call *call, double *K, const double **gam) {
  double E[TOKEN_EMBEDDINGS_TOY_M * TOKEN_EMBEDDINGS_TOY_D];
  int count;
  *gam = assay_list(call, "gam", &count);
  if (count != TOKEN_EMBEDDINGS_TOY_M)
    return assay_fail(call, ASSAY_DOMAIN, "gam has %d elements, the toy has %d tokens", count, TOKEN_EMBEDDINGS_TOY_M);
  token_embeddings_toy_embeddings(assay_real(call, "c"), E);
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++)
    for (int r = 0; r < TOKEN_EMBEDDINGS_TOY_M; r++) {
      K[s * TOKEN_EMBEDDINGS_TOY_M + r] = 0;
      for (int j = 0; j < TOKEN_EMBEDDINGS_TOY_D; j++)
        K[s * TOKEN_EMBEDDINGS_TOY_M + r] += E[s * TOKEN_EMBEDDINGS_TOY_D + j] * E[r * TOKEN_EMBEDDINGS_TOY_D + j];
    }
  return ASSAY_OK;
}
