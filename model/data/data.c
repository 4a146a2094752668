#include "model/data/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const fashion_files[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                                            "t10k-labels-idx1-ubyte.gz", NULL};
static const char *const fashion_places[] = {"/usr/share/datasets/fashion-mnist", NULL};

static const data_set sets[] = {
    {"fashion-mnist", "70000 grey images of clothes, 28 x 28", "Debian's dataset-fashion-mnist (apt-get install dataset-fashion-mnist)",
     fashion_files, fashion_places},
    {0}};

const data_set *data_find(const char *name) {
  for (const data_set *s = sets; s->name; s++)
    if (!strcmp(s->name, name)) return s;
  return NULL;
}

static int readable(char *path, size_t room, const char *directory, const char *file) {
  int n = snprintf(path, room, "%s/%s", directory, file);
  return n > 0 && (size_t)n < room && access(path, R_OK) == 0;
}

assay_status data_path(const data_set *set, const char *file, char *path, size_t room, assay_error *error) {
  const char *given = getenv("ASSAY_DATA");
  if (given && *given) {
    if (readable(path, room, given, file)) return ASSAY_OK;
    return assay_error_set(error, ASSAY_NO_DATA, "data set %s: %s/%s cannot be read (%s); it comes with %s", set->name, given, file,
                           strerror(errno), set->package);
  }
  for (const char *const *place = set->places; *place; place++)
    if (readable(path, room, *place, file)) return ASSAY_OK;
  return assay_error_set(error, ASSAY_NO_DATA, "data set %s: %s is not installed; install %s or give --data DIR", set->name, file,
                         set->package);
}

assay_status data_check(const char *name, assay_error *error) {
  const data_set *set = data_find(name);
  char path[4096];
  if (!set) return assay_error_set(error, ASSAY_NO_DATA, "data set %s is not known to this program", name);
  for (const char *const *file = set->files; *file; file++) {
    assay_status status = data_path(set, *file, path, sizeof path, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}
