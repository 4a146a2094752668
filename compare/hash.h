/* SHA-256 of texts: the names under which replicates are kept and the keys of their random streams. */
#ifndef ASSAY_COMPARE_HASH_H
#define ASSAY_COMPARE_HASH_H

#include <stdint.h>

#include "model/data/data.h"
#include "model/status.h"

enum { HASH_TEXT = 65 }; /* 64 hexadecimal digits and the end */

/* The SHA-256 of the text (without its end) as lower-case hexadecimal digits. */
assay_status hash_text(const char *text, char hex[HASH_TEXT], assay_error *error);
/* Its first 64 bits, most significant byte first. */
assay_status hash_key(const char *text, uint64_t *key, assay_error *error);

/* The SHA-256 of the files of the data sets called `names` (separated by commas), one after the other; of a directory, of its *.txt
 * with their names. "" when `names` is NULL. */
assay_status hash_data(const char *names, char hex[HASH_TEXT], assay_error *error);

#endif
