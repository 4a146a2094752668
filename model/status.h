/* Status codes, error texts and values with an error bound: the vocabulary that every library of Assay shares. */
#ifndef ASSAY_MODEL_STATUS_H
#define ASSAY_MODEL_STATUS_H

typedef enum {
  ASSAY_OK = 0,
  ASSAY_DOMAIN,    /* the point lies outside the domain of the theory or the experiment */
  ASSAY_NUMERIC,   /* a numerical method did not reach its stopping rule, or left the finite numbers */
  ASSAY_DISCARD,   /* the replicate falls under a condition that the claim declares as "not counted" */
  ASSAY_NO_DATA,   /* a data set is not installed or is not what it should be */
  ASSAY_NO_MEMORY, /* an allocation failed */
  ASSAY_USAGE,     /* a mistaken input: a name, a number, a file that is not what it should be */
  ASSAY_IO         /* a file, pipe, store or process failed */
} assay_status;

/* Why a call did not succeed. One sentence: what was wrong, where, and what would be right. The caller owns it. */
typedef struct {
  assay_status status;
  char text[1024];
} assay_error;

/* A number and a bound on its numerical error, both absolute and in the number's own unit. */
typedef struct {
  double value, error;
} assay_value;

/* Records `status` and the formatted text in `error` (which may be NULL) and returns `status`. */
assay_status assay_error_set(assay_error *error, assay_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The name of a status in lower case, e.g. "domain". */
const char *assay_status_name(assay_status status);

#endif
