#include "compare/machine.h"

#include <gsl/gsl_version.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sundials/sundials_config.h>

#include "fingerprint.h" /* made by the build: ASSAY_FINGERPRINT, ASSAY_VERSION */

/* OpenBLAS's own; absent in another BLAS. */
extern char *openblas_get_config(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

const char *machine_fingerprint(void) { return ASSAY_FINGERPRINT; }
const char *machine_version(void) { return ASSAY_VERSION; }

static void cpu_name(char *out, size_t room) {
  char line[512];
  snprintf(out, room, "unknown CPU");
  FILE *info = fopen("/proc/cpuinfo", "r");
  while (info && fgets(line, sizeof line, info)) {
    const char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) || !colon) continue;
    snprintf(out, room, "%s", colon + 2);
    out[strcspn(out, "\n")] = 0;
    break;
  }
  if (info) fclose(info);
}

static void blas_name(char *out, size_t room) {
  if (!openblas_get_config) {
    snprintf(out, room, "BLAS of unknown make");
    return;
  }
  char config[128];
  snprintf(config, sizeof config, "%s", openblas_get_config());
  config[strcspn(config, " ")] = 0;
  const char *version = strchr(openblas_get_config(), ' ');
  int length = version ? (int)strcspn(version + 1, " ") : 0;
  snprintf(out, room, "%s %.*s, kernel %s", config, length, version ? version + 1 : "",
           openblas_get_corename ? openblas_get_corename() : "unknown");
}

char *machine_text(void) {
  char cpu[128], blas[192], *text = NULL;
  cpu_name(cpu, sizeof cpu);
  blas_name(blas, sizeof blas);
#ifdef __clang__
  const char *compiler = "clang " __clang_version__;
#else
  const char *compiler = "gcc " __VERSION__;
#endif
  int length = asprintf(&text, "%s; %s; %s; GSL %s, SUNDIALS %s, SQLite %s", cpu, blas, compiler, gsl_version,
                        SUNDIALS_VERSION, sqlite3_libversion());
  return length < 0 ? NULL : text;
}
