/* What the tests of the renderers share. */
#ifndef ASSAY_TESTS_REPORTS_HELPERS_H
#define ASSAY_TESTS_REPORTS_HELPERS_H

#include "reports/report.h"

/* The report as a text, the caller's; asserts that it could be rendered. */
char *rendered(report_writer *write, const assay_results *results);

/* What a function that writes a text to a stream writes. The caller's. */
char *written(void (*put)(const char *, FILE *), const char *text);

/* The figure as it stands in the page. The caller's. */
char *drawn(const assay_figure_result *figure);

/* A new empty directory, and its removal with what lies in it. */
void make_scratch(char path[64]);
void remove_scratch(const char *path);
/* All of a file; NULL when it cannot be read. The caller's. */
char *read_all(const char *directory, const char *file);
int count_entries(const char *directory);

/* Runs a shell command; its exit status. Skips the test when the program is not installed. */
int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often `word` occurs. */
int occurrences(const char *text, const char *word);

#endif
