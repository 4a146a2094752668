#include <math.h>
#include <string.h>

#include "compare/claims/single-index-gd/claims.h"

single_index_link claim_link(const assay_call *call) {
  const char *word = assay_word(call, "link");
  return (single_index_link){!strcmp(word, "quad")   ? SINGLE_INDEX_QUAD
                             : !strcmp(word, "hard") ? SINGLE_INDEX_HARD
                                                     : SINGLE_INDEX_SMOOTH,
                             assay_real(call, "M")};
}

assay_status single_index_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "delta"));
  if (!(n >= 2))
    return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for delta = %g: less than two samples", d, assay_real(claim, "delta"));
  assay_status status = assay_set(sim, "n", n);
  return status == ASSAY_OK ? assay_set(realised, "delta", n / d) : status;
}
