#include "model/status.h"

#include <stdarg.h>
#include <stdio.h>

assay_status assay_error_set(assay_error *error, assay_status status, const char *format, ...) {
  if (!error) return status;
  va_list arguments;
  va_start(arguments, format);
  error->status = status;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return status;
}

const char *assay_status_name(assay_status status) {
  static const char *const names[] = {"ok",      "domain",    "numeric", "discard",
                                      "no data", "no memory", "usage",   "input or output"};
  return (unsigned)status < sizeof names / sizeof *names ? names[status] : "unknown";
}
