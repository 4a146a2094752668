/* What every file that calls GSL shares. */
#ifndef ASSAY_THEORY_NUMERICS_GSL_H
#define ASSAY_THEORY_NUMERICS_GSL_H

/* Makes GSL return its error codes instead of stopping the program. Idempotent and thread-safe; the functions
 * of this folder call it themselves. */
void numerics_quiet_gsl(void);

#endif
