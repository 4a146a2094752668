/* The papers that are shipped. */
#ifndef ASSAY_COMPARE_CLAIMS_PAPERS_H
#define ASSAY_COMPARE_CLAIMS_PAPERS_H

#include "compare/claim.h"

/* Ended by NULL. */
extern const assay_paper *const shipped_papers[];

#endif
