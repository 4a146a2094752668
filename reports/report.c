#include "reports/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const report_format report_formats[] = {
    {"html", "report.html", "one self-contained page with tables and figures", report_write_html, true},
    {"md", "report.md", "a summary and agreement tables in Markdown", report_write_markdown, false},
    {"csv", "cells.csv", "one row a cell", report_write_csv, false},
    {"json", "report.json", "everything, for programs", report_write_json, true},
    {"junit", "junit.xml", "JUnit XML for continuous integration", report_write_junit, false},
    {"tap", "report.tap", "TAP version 13", report_write_tap, false},
    {NULL, NULL, NULL, NULL, false},
};

static const report_format *find(const char *name, size_t length) {
  for (const report_format *f = report_formats; f->name; f++)
    if (strlen(f->name) == length && !memcmp(f->name, name, length)) return f;
  return NULL;
}

const report_format *report_format_find(const char *name) {
  return find(name, strlen(name));
}

/* ---- directories and files ---- */

static assay_status io_error(assay_error *error, const char *doing, const char *path) {
  return assay_error_set(error, ASSAY_IO, "cannot %s '%s': %s", doing, path, strerror(errno));
}

/* Makes the directory and those above it. */
static assay_status make_directory(const char *directory, assay_error *error) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s", directory) >= (int)sizeof path) {
    errno = ENAMETOOLONG;
    return io_error(error, "make the directory", directory);
  }
  for (char *end = path + 1; path[0]; end++) {
    if (*end && *end != '/') continue;
    char kept = *end;
    *end = '\0';
    if (mkdir(path, 0777) && errno != EEXIST) return io_error(error, "make the directory", path);
    *end = kept;
    if (!kept) break;
  }
  struct stat is;
  if (stat(directory, &is)) return io_error(error, "open the directory", directory);
  if (S_ISDIR(is.st_mode)) return ASSAY_OK;
  errno = ENOTDIR;
  return io_error(error, "write reports into", directory);
}

/* A new file beside `file`; open(2) rather than mkstemp(3), so that the umask decides who may read it. */
static assay_status open_beside(const char *directory, const char *file, char path[PATH_MAX], FILE **out,
                                assay_error *error) {
  int fd = -1;
  for (int attempt = 0; fd < 0 && attempt < 100; attempt++) {
    int length = snprintf(path, PATH_MAX, "%s/.%s.%ld.%d", directory, file, (long)getpid(), attempt);
    if (length >= PATH_MAX)
      errno = ENAMETOOLONG;
    else
      fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) return io_error(error, "make the file", path);
  *out = fdopen(fd, "w");
  if (*out) return ASSAY_OK;
  assay_status status = io_error(error, "write", path);
  close(fd);
  unlink(path);
  return status;
}

/* The rename itself must survive a power loss. */
static assay_status sync_directory(const char *directory, assay_error *error) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(error, "open the directory", directory);
  /* Some file systems cannot sync a directory and say so with EINVAL. */
  int failed = fsync(fd) && errno != EINVAL;
  assay_status status = failed ? io_error(error, "sync the directory", directory) : ASSAY_OK;
  close(fd);
  return status;
}

static assay_status write_one(const assay_results *results, const char *directory,
                              const report_format *format, assay_error *error) {
  char path[PATH_MAX], temporary[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", directory, format->file) >= (int)sizeof path) {
    errno = ENAMETOOLONG;
    return io_error(error, "write", path);
  }
  FILE *out = NULL;
  assay_status status = open_beside(directory, format->file, temporary, &out, error);
  if (status) return status;
  assay_error inner = {ASSAY_OK, ""};
  status = format->write(results, out, &inner);
  if (status) assay_error_set(error, status, "cannot write '%s': %s", path, inner.text);
  if (!status && fsync(fileno(out))) status = io_error(error, "write", path);
  if (fclose(out) && !status) status = io_error(error, "write", path);
  if (!status && rename(temporary, path)) status = io_error(error, "replace", path);
  if (status) unlink(temporary);
  return status;
}

/* ---- all of them ---- */

static assay_status unknown_format(const char *name, size_t length, assay_error *error) {
  char known[128] = "";
  for (const report_format *f = report_formats; f->name; f++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", f->name);
  }
  return assay_error_set(error, ASSAY_USAGE, "unknown report format '%.*s'; known: %s", (int)length, name,
                         known);
}

/* Writes the listed formats, or only checks their names when `results` is NULL. */
static assay_status each_format(const char *formats, const assay_results *results, const char *directory,
                                assay_error *error) {
  assay_status status = ASSAY_OK;
  for (const char *name = formats; !status;) {
    size_t length = strcspn(name, ",");
    const report_format *format = find(name, length);
    if (!format) return unknown_format(name, length, error);
    if (results) status = write_one(results, directory, format, error);
    if (!name[length]) break;
    name += length + 1;
  }
  return status;
}

assay_status report_write_all(const assay_results *results, const char *directory, const char *formats,
                              assay_error *error) {
  assay_status status = formats ? each_format(formats, NULL, directory, error) : ASSAY_OK;
  if (!status) status = make_directory(directory, error);
  if (!status && formats) status = each_format(formats, results, directory, error);
  for (const report_format *f = report_formats; !formats && !status && f->name; f++)
    status = write_one(results, directory, f, error);
  return status ? status : sync_directory(directory, error);
}
