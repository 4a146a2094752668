/* Data sets that claims read: where they are looked for, and what to install when they are not there.
 *
 * A set is a few files, or directories of files, that a Debian or npm package installs. They are looked for in the directory
 * that the environment variable ASSAY_DATA names (`--data DIR`), if it is set, and only there; else where the package puts
 * them. Readers of the formats stand beside this file. */
#ifndef ASSAY_MODEL_DATA_DATA_H
#define ASSAY_MODEL_DATA_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "model/status.h"

typedef struct {
  const char *name;          /* as a claim names it: "fashion-mnist" */
  const char *doc;           /* one line */
  const char *package;       /* what to install, as a sentence's end: "Debian's dataset-fashion-mnist" */
  const char *const *files;  /* ended by NULL; names without a directory, "spam-1/" is itself one */
  const char *const *places; /* directories, ended by NULL; "~/..." below the home directory */
} data_set;

/* The set called `name`; NULL when there is none. */
const data_set *data_find(const char *name);

/* The path of a file of the set. ASSAY_NO_DATA when it is in none of the places: the text says where it was looked for and what to
 * install. */
assay_status data_path(const data_set *set, const char *file, char *path, size_t room, assay_error *error);

/* Names are separated by commas: copies the next one and moves on; false at the end. */
enum { DATA_NAME = 64 };
bool data_next(const char **names, char name[DATA_NAME]);

/* Every file of the sets called `names` ("digits,fashion-mnist") is there and can be opened. ASSAY_NO_DATA, with the package, when
 * not. */
assay_status data_check(const char *names, assay_error *error);

/* The names in `directory` that end in `suffix`, in the order of their bytes. ASSAY_NO_DATA when there is none or it cannot be read;
 * ASSAY_NO_MEMORY. To be freed. */
typedef struct {
  int count;
  char **name;
} data_names;
assay_status data_list(const char *directory, const char *suffix, data_names *names, assay_error *error);
void data_free_names(data_names *names);

#endif
