/* Tables of labelled samples, from comma-separated text, plain or gzipped. */
#ifndef ASSAY_MODEL_DATA_TABLE_H
#define ASSAY_MODEL_DATA_TABLE_H

#include "model/status.h"

typedef struct {
  int n, d, classes;
  double *x;  /* [n][d] */
  int *label; /* [n] 0..classes-1 */
} data_table;

/* The form of a file: `n` rows of `d` features and a label, after a first line "n,d,name of each class" if `header`. */
typedef struct {
  int n, d, classes;
  int header;
  double lo, hi; /* every feature lies in [lo, hi] */
} table_form;

/* The table of the set "digits", "breast-cancer" or "wine" where it is installed. The labels of "breast-cancer" are 0 malignant, 1
 * benign. ASSAY_NO_DATA when it is not installed, or the file is damaged or not of its form. To be freed below. */
assay_status table_read(const char *set, data_table *table, assay_error *error);

/* The same from a file. Every field has to be a number, every row complete, every label a class, and nothing may follow: the text
 * names the line and the field. */
assay_status table_read_file(const char *path, const table_form *form, data_table *table, assay_error *error);
void table_free(data_table *table);

#endif
