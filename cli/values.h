/* Observables with their values, for `theory` and `simulate`: the JSON object of a point, and the same as text. */
#ifndef ASSAY_CLI_VALUES_H
#define ASSAY_CLI_VALUES_H

#include <jansson.h>

#include "model/call.h"

/* %.17g as a JSON number; infinities as "inf" and "-inf"; NaN as null. */
json_t *values_number(double x);
/* The given parameters of a call: numbers, words, lists as arrays. */
json_t *values_params(const assay_call *call);
/* {"value": x, "error": e} */
json_t *values_pair(double value, double error);
/* {"value": null, "error": null, "reason": text} */
json_t *values_absent(const char *reason);
/* Prints one object on one line to standard output and drops it. */
void values_print_json(json_t *object);

#endif
