#include "tests/reports/helpers.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/figure.h"

char *rendered(report_writer *write, const assay_results *results) {
  char *text = NULL;
  size_t size;
  assay_error error = {ASSAY_OK, ""};
  FILE *out = open_memstream(&text, &size);
  cr_assert(out);
  cr_assert_eq(write(results, out, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(fclose(out), 0);
  cr_assert_eq(strlen(text), size, "a NUL inside the report");
  return text;
}

char *written(void (*put)(const char *, FILE *), const char *text) {
  char *made = NULL;
  size_t size;
  FILE *out = open_memstream(&made, &size);
  cr_assert(out);
  put(text, out);
  cr_assert_eq(fclose(out), 0);
  return made;
}

char *drawn(const assay_figure_result *figure) {
  char *made = NULL;
  size_t size;
  FILE *out = open_memstream(&made, &size);
  cr_assert(out);
  report_figure(figure, 1, out);
  cr_assert_eq(fclose(out), 0);
  return made;
}

void make_scratch(char path[64]) {
  snprintf(path, 64, "/tmp/assay-reports-XXXXXX");
  cr_assert(mkdtemp(path));
}

void remove_scratch(const char *path) {
  cr_assert_eq(run("rm -r '%s'", path), 0);
}

char *read_all(const char *directory, const char *file) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  FILE *in = fopen(path, "r");
  if (!in) return NULL;
  char *text = NULL;
  size_t size = 0;
  if (getdelim(&text, &size, '\0', in) < 0) {
    free(text);
    text = calloc(1, 1);
  }
  fclose(in);
  return text;
}

int count_entries(const char *directory) {
  int n = 0;
  DIR *dir = opendir(directory);
  if (!dir) return -1;
  for (struct dirent *entry; (entry = readdir(dir));)
    n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
  closedir(dir);
  return n;
}

int run(const char *format, ...) {
  char command[2048];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(command, sizeof command, format, arguments);
  va_end(arguments);
  cr_assert_lt(length, (int)sizeof command);
  fflush(NULL);
  int status = system(command);
  cr_assert(WIFEXITED(status));
  if (WEXITSTATUS(status) == 127) cr_skip_test("not installed: %s", command);
  return WEXITSTATUS(status);
}

int occurrences(const char *text, const char *word) {
  int n = 0;
  for (; (text = strstr(text, word)); text += strlen(word)) n++;
  return n;
}
