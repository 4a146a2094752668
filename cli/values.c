#include "cli/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

json_t *values_number(double x) {
  if (isnan(x)) return json_null();
  if (isinf(x)) return json_string(x > 0 ? "inf" : "-inf");
  return json_real(x);
}

static json_t *value_of(const assay_param *p, double x) {
  bool whole = (p->type == ASSAY_INTEGER || p->type == ASSAY_INTEGERS) && fabs(x) < 9e15;
  return whole ? json_integer((json_int_t)x) : values_number(x);
}

json_t *values_params(const assay_call *call) {
  json_t *params = json_object();
  for (const assay_param *p = assay_call_params(call); p->name; p++) {
    if (!assay_given(call, p->name)) continue;
    const char *word = assay_word(call, p->name);
    int n;
    const double *v = assay_list(call, p->name, &n);
    bool list = p->type == ASSAY_REALS || p->type == ASSAY_INTEGERS || n > 1;
    json_t *value = word ? json_string(word) : list ? json_array() : value_of(p, v[0]);
    for (int i = 0; list && !word && i < n; i++) json_array_append_new(value, value_of(p, v[i]));
    json_object_set_new(params, p->name, value);
  }
  return params;
}

json_t *values_pair(double value, double error) {
  return json_pack("{s:o,s:o}", "value", values_number(value), "error", values_number(error));
}

json_t *values_absent(const char *reason) {
  return json_pack("{s:n,s:n,s:s}", "value", "error", "reason", reason ? reason : "");
}

void values_print_json(json_t *object) {
  char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
  if (text) puts(text);
  free(text);
  json_decref(object);
}
