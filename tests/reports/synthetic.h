/* Results that no run made: every verdict, every kind of cell and the texts and numbers that break careless
 * renderers. */
#ifndef ASSAY_TESTS_REPORTS_SYNTHETIC_H
#define ASSAY_TESTS_REPORTS_SYNTHETIC_H

#include "compare/result.h"

/* Both live as long as the program. */
const assay_results *synthetic_results(void); /* two papers, nine claims */
const assay_results *synthetic_nothing(void); /* a run that matched no claim */

#endif
