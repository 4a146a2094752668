/* What the replicates depend on besides their keys: sources, flags, machine. */
#ifndef ASSAY_COMPARE_MACHINE_H
#define ASSAY_COMPARE_MACHINE_H

/* The SHA-256 (hex) of the sources and flags behind every replicate: model/, sim/ and the compiler's flags. */
const char *machine_fingerprint(void);
/* The version of assay. */
const char *machine_version(void);
/* "CPU; BLAS and its kernel; compiler; library versions": for the store and the reports. Malloc'd, the caller's; NULL when
 * memory is short. */
char *machine_text(void);

#endif
