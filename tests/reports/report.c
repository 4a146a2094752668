#include "reports/report.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/reports/helpers.h"
#include "tests/reports/synthetic.h"

Test(reports_report, formats_are_found_by_name) {
  for (const report_format *f = report_formats; f->name; f++) cr_expect_eq(report_format_find(f->name), f);
  cr_expect_str_eq(report_format_find("md")->file, "report.md");
  cr_expect_str_eq(report_format_find("csv")->file, "cells.csv");
  cr_expect_str_eq(report_format_find("junit")->file, "junit.xml");
  cr_expect_null(report_format_find("htm"));
  cr_expect_null(report_format_find("html,md"));
  cr_expect_null(report_format_find(""));
}

Test(reports_report, the_same_results_give_the_same_bytes) {
  for (const report_format *f = report_formats; f->name; f++) {
    char *once = rendered(f->write, synthetic_results()), *twice = rendered(f->write, synthetic_results());
    cr_expect_str_eq(once, twice, "%s", f->name);
    free(once);
    free(twice);
  }
}

Test(reports_report, writes_all_formats_and_nothing_else) {
  char scratch[64], directory[96];
  assay_error error;
  make_scratch(scratch);
  snprintf(directory, sizeof directory, "%s/a/b/", scratch);
  cr_assert_eq(report_write_all(synthetic_results(), directory, NULL, &error), ASSAY_OK);
  int formats = 0;
  for (const report_format *f = report_formats; f->name; f++, formats++) {
    char *stored = read_all(directory, f->file), *expected = rendered(f->write, synthetic_results());
    cr_assert(stored, "%s is missing", f->file);
    cr_expect_str_eq(stored, expected, "%s", f->file);
    free(stored);
    free(expected);
  }
  cr_expect_eq(count_entries(directory), formats);
  remove_scratch(scratch);
}

Test(reports_report, writes_the_formats_that_are_named) {
  char scratch[64];
  assay_error error;
  make_scratch(scratch);
  cr_assert_eq(report_write_all(synthetic_results(), scratch, "tap,csv", &error), ASSAY_OK);
  cr_expect_eq(count_entries(scratch), 2);
  cr_expect_eq(report_write_all(synthetic_results(), scratch, "md,pdf", &error), ASSAY_USAGE);
  cr_expect(strstr(error.text, "'pdf'") && strstr(error.text, "html, md, csv, json, junit, tap"), "%s",
            error.text);
  cr_expect_eq(count_entries(scratch), 2, "nothing is written when a name is unknown");
  cr_expect_eq(report_write_all(synthetic_results(), scratch, "md,", &error), ASSAY_USAGE);
  remove_scratch(scratch);
}

Test(reports_report, files_follow_the_umask) {
  char scratch[64], path[96];
  struct stat is;
  make_scratch(scratch);
  umask(027);
  cr_assert_eq(report_write_all(synthetic_nothing(), scratch, "tap", NULL), ASSAY_OK);
  snprintf(path, sizeof path, "%s/report.tap", scratch);
  cr_assert_eq(stat(path, &is), 0);
  cr_expect_eq(is.st_mode & 0777, 0640u);
  remove_scratch(scratch);
}

Test(reports_report, a_path_through_a_file_is_an_error) {
  char scratch[64], directory[96];
  assay_error error;
  make_scratch(scratch);
  cr_assert_eq(report_write_all(synthetic_nothing(), scratch, "tap", NULL), ASSAY_OK);
  snprintf(directory, sizeof directory, "%s/report.tap", scratch);
  cr_expect_eq(report_write_all(synthetic_nothing(), directory, "md", &error), ASSAY_IO);
  cr_expect(strstr(error.text, "report.tap': Not a directory"), "%s", error.text);
  snprintf(directory, sizeof directory, "%s/report.tap/deeper", scratch);
  cr_expect_eq(report_write_all(synthetic_nothing(), directory, "md", &error), ASSAY_IO);
  cr_expect_eq(report_write_all(synthetic_nothing(), "/proc/no-such-place", "md", &error), ASSAY_IO);
  cr_expect(strstr(error.text, "/proc/no-such-place"), "%s", error.text);
  cr_expect_eq(report_write_all(synthetic_nothing(), "", "md", &error), ASSAY_IO);
  remove_scratch(scratch);
}

Test(reports_report, a_full_disk_is_an_error_of_every_format) {
  for (const report_format *f = report_formats; f->name; f++) {
    FILE *full = fopen("/dev/full", "w");
    assay_error error = {ASSAY_OK, ""};
    cr_assert(full);
    cr_expect_eq(f->write(synthetic_results(), full, &error), ASSAY_IO, "%s", f->name);
    cr_expect(strstr(error.text, "No space left"), "%s: %s", f->name, error.text);
    fclose(full);
  }
}

/* A limit on the size of files stands for the disk that fills up in the middle of a report. */
Test(reports_report, an_older_report_survives_a_failure) {
  char scratch[64];
  assay_error error;
  make_scratch(scratch);
  cr_assert_eq(report_write_all(synthetic_nothing(), scratch, "html", NULL), ASSAY_OK);
  char *before = read_all(scratch, "report.html");
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){20000, limit.rlim_max}), 0);
  assay_status status = report_write_all(synthetic_results(), scratch, "html", &error);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  cr_expect_eq(status, ASSAY_IO);
  cr_expect(strstr(error.text, "report.html") && strstr(error.text, "File too large"), "%s", error.text);
  char *after = read_all(scratch, "report.html");
  cr_expect_str_eq(after, before);
  cr_expect_eq(count_entries(scratch), 1, "the unfinished file is gone");
  free(before);
  free(after);
  remove_scratch(scratch);
}
