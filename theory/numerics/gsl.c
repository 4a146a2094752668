#include "theory/numerics/gsl.h"

#include <gsl/gsl_errno.h>
#include <pthread.h>

static void quiet(void) {
  gsl_set_error_handler_off();
}

void numerics_quiet_gsl(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, quiet);
}
