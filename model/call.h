/* Parameter tables and calls.
 *
 * A *call* carries one parameter point into a theory or an experiment and the results or the error text out of it. It is
 * made against a table of parameters (what may be set) and a table of observables (what may be put). The caller that
 * made it owns it; memory taken from it with assay_alloc lives as long as the call.
 *
 * Tables are static, ended by an entry whose name is NULL, and borrowed for ever. */
#ifndef ASSAY_MODEL_CALL_H
#define ASSAY_MODEL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/status.h"

typedef enum { ASSAY_REAL, ASSAY_INTEGER, ASSAY_WORD, ASSAY_REALS, ASSAY_INTEGERS } assay_type;

enum {
  ASSAY_SIZE = 1,     /* the size of the finite experiment; the theory may look at it, a limit does not need it */
  ASSAY_SIM = 2,      /* read by the simulation only */
  ASSAY_READOUT = 4,  /* one run yields the records at every value of it (a time, a lambda path) */
  ASSAY_PAIRED = 8,   /* arms that share their draws, so that they can be differenced replicate by replicate */
  ASSAY_INSTANCE = 16 /* what the theory must be told of the drawn instance; never an outcome */
};

typedef struct {
  const char *name, *unit, *doc;
  assay_type type;
  unsigned role;      /* 0: plain; else the flags above */
  const char *words;  /* WORD: the words, "const|linear"; REAL, INTEGER: words allowed beside numbers, e.g. "opt" */
  const char *domain; /* numbers: an interval such as "(0,inf]"; lists: the interval of every element; NULL: all finite */
  const char *preset; /* as typed; NULL: required; "": optional, not given unless set */
} assay_param;

enum {
  ASSAY_PREDICTED = 1, /* the theory puts it */
  ASSAY_MEASURED = 2,  /* an experiment records it */
  ASSAY_BINARY = 4     /* each record is 0 or 1 */
};

typedef struct {
  const char *name, *unit, *doc;
  const char *length; /* NULL: one number; else the list parameter that gives the length; elements are name1..nameM */
  unsigned flags;
  double lo, hi; /* the values it can have; lo == hi: any */
} assay_observable;

typedef struct assay_call assay_call;

/* A new call with every preset in place. NULL when memory is short or a table is wrong; `error` says which. */
assay_call *assay_call_new(const assay_param *params, const assay_observable *observables, assay_error *error);
/* A copy of the parameter values (not of results, text or memory). */
assay_call *assay_call_copy(const assay_call *call, assay_error *error);
void assay_call_free(assay_call *call);

/* ---- what a theory or an experiment reads ---- */

/* The value of a REAL or INTEGER parameter (the first one of a read-out given as a list). NaN when it is not given or is
 * a word ("opt"); asking for a name that is not in the table is a programming error and stops the program. */
double assay_real(const assay_call *call, const char *name);
/* The same as a whole number. */
long assay_integer(const assay_call *call, const char *name);
/* The word of a WORD parameter, or the word given in place of a number; NULL when a number is given or nothing is. */
const char *assay_word(const assay_call *call, const char *name);
/* The values of a list, or of a parameter given several values; *n their number (0 when not given). Borrowed. */
const double *assay_list(const assay_call *call, const char *name, int *n);
bool assay_given(const assay_call *call, const char *name);
bool assay_has_param(const assay_call *call, const char *name);

/* 64-byte aligned memory, zeroed, freed with the call. NULL when memory is short (the call's text then says so). */
void *assay_alloc(assay_call *call, size_t bytes);

/* ---- what a theory puts ---- */

/* The value of observable number `observable` (its place in the table), element `index` (0 for a scalar), with a bound on
 * its numerical error. A value that is NaN is refused: the call then fails with ASSAY_NUMERIC. */
void assay_put(assay_call *call, int observable, int index, double value, double error);
/* The value does not exist at this point; `reason` says why. Not an error. */
void assay_absent(assay_call *call, int observable, const char *reason, ...) __attribute__((format(printf, 3, 4)));
/* Ends the call: records the text and returns the status. */
assay_status assay_fail(assay_call *call, assay_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The call's error, to be passed on to functions that take an assay_error. */
assay_error *assay_call_error(assay_call *call);

/* ---- what the engine does with a call ---- */

/* Sets a parameter from the text a person typed: "0.3", "inf", "linear", "0.25,1.75". Checks type, words and domain. With
 * `many`, a scalar number may be given several values separated by commas (a read-out, or a point that is to be expanded). */
assay_status assay_set_text(assay_call *call, const char *name, const char *text, bool many, assay_error *error);
/* Sets a scalar number, a list or a word from a program. Checked in the same way. */
assay_status assay_set(assay_call *call, const char *name, double value);
assay_status assay_set_list(assay_call *call, const char *name, const double *values, int n);
assay_status assay_set_word(assay_call *call, const char *name, const char *word);
/* Copies every parameter that both tables have under the same name and that is given in `from`, except words that `to` does not
 * know. */
assay_status assay_copy_params(assay_call *to, const assay_call *from, assay_error *error);
/* Every required parameter is given? */
assay_status assay_call_complete(const assay_call *call, assay_error *error);
void assay_unset(assay_call *call, const char *name);

const assay_param *assay_call_params(const assay_call *call);
const assay_observable *assay_call_observables(const assay_call *call);
/* The number of elements of observable `o` at this point: 1, or the length of its list parameter. */
int assay_observable_length(const assay_call *call, int o);
/* What was put. False, with *reason set, when the value is absent or was not put. */
bool assay_result(const assay_call *call, int observable, int index, assay_value *value, const char **reason);
/* Forgets results and error, keeps the parameters. */
void assay_call_reset(assay_call *call);

/* The canonical text of the parameters whose role has none of the bits in `without`: "name=value name=value" in table
 * order, numbers with 17 digits, so that equal texts mean equal points. Malloc'd, the caller's. */
char *assay_call_text(const assay_call *call, unsigned without);
/* The value of one parameter as a person would type it (shortest text that reads back the same); "" when not given. */
char *assay_param_text(const assay_call *call, const char *name);

/* The table's name that is nearest to `name`, for "did you mean"; NULL when none is near. */
const char *assay_nearest(const char *name, const char *const *names, size_t count);

#endif
