#include "compare/registry.h"

#include <string.h>

const assay_experiment *registry_experiment(const assay_paper *const *papers, const char *id) {
  for (; *papers; papers++)
    for (const assay_experiment *const *e = (*papers)->experiments; e && *e; e++)
      if (!strcmp((*e)->id, id)) return *e;
  return NULL;
}

const assay_claim *registry_claim(const assay_paper *const *papers, const char *id, assay_error *error) {
  const char *names[1024];
  size_t count = 0;
  for (; *papers; papers++)
    for (const assay_claim *const *c = (*papers)->claims; *c; c++) {
      if (!strcmp((*c)->id, id)) return *c;
      if (count < 1024) names[count++] = (*c)->id;
    }
  const char *nearest = assay_nearest(id, names, count);
  assay_error_set(error, ASSAY_USAGE, "unknown claim '%.100s'%s%s%s (`assay list` names them all)", id,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  return NULL;
}
