/* Reports: what a run decided, in the formats that people and programs read.
 *
 * Every renderer takes the results of a run and an open stream and leaves the stream open. It returns
 * ASSAY_OK, ASSAY_NO_MEMORY, or ASSAY_IO when something could not be written (the stream is flushed, so a
 * full disk is seen here). The texts depend on the results alone: the same results give the same bytes. They
 * use the "C" locale's decimal point.
 *
 * What depends on the moment and not on the replicates stands apart in every format, so that reports can be
 * compared: JSON in objects called "timing" and "host", CSV in the last column, JUnit in the attributes
 * "time" and "timestamp". */
#ifndef ASSAY_REPORTS_REPORT_H
#define ASSAY_REPORTS_REPORT_H

#include <stdio.h>

#include "compare/result.h"

typedef assay_status report_writer(const assay_results *results, FILE *out, assay_error *error);

/* A summary and one agreement table a claim, aligned so that it reads as plain text too. */
report_writer report_write_markdown;
/* One row a cell: the columns paper, claim, those of reports/fields.h, controls ("name=distance", a "!" in
 * front where the control was not rejected, separated by "; "), seconds. RFC 4180 quoting, lines end in a
 * line feed, absent numbers are empty. */
report_writer report_write_csv;
/* Everything, as reports/report.schema.json describes it. Numbers have 17 digits, infinities are the strings
 * "inf" and "-inf", absent values null, the seed a string of digits (it may need all 64 bits). The order of
 * the members is fixed. */
report_writer report_write_json;
/* JUnit XML as Ant and Jenkins read it: a suite a paper, a case a claim. fail is a failure; undecided,
 * underpowered and error are errors; skipped is skipped. */
report_writer report_write_junit;
/* TAP version 13: a test a claim, a YAML block with the reason and the worst cell after everything that is
 * "not ok". */
report_writer report_write_tap;
/* One page that needs no other file and no network: a summary, and for every claim its tables and figures.
 * Well-formed as HTML and as XML. */
report_writer report_write_html;

typedef struct {
  const char *name; /* as in --format */
  const char *file; /* the file that report_write_all makes */
  const char *doc;
  report_writer *write;
  bool figures; /* it shows figures */
} report_format;

/* All formats, ended by an entry whose name is NULL. */
extern const report_format report_formats[];

/* The format called `name`; NULL when there is none. */
const report_format *report_format_find(const char *name);

/* Writes the formats named in `formats` ("html,md,csv"; NULL: all) into `directory`, which is made when it is
 * missing. Each file is written beside its place, forced to the disk and renamed, so that an older report is
 * replaced whole or not at all. ASSAY_USAGE for an unknown format (before anything is written); ASSAY_IO,
 * with the file and the system's reason. */
assay_status report_write_all(const assay_results *results, const char *directory, const char *formats,
                              assay_error *error);

#endif
