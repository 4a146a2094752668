/* IDX files of unsigned bytes, plain or gzipped: images [count][rows][columns] (magic number 0x803) and labels [count] (0x801). */
#ifndef ASSAY_MODEL_DATA_IDX_H
#define ASSAY_MODEL_DATA_IDX_H

#include <stddef.h>

#include "model/status.h"

typedef struct {
  int count, rows, columns;
  unsigned char *pixels; /* [count][rows][columns] */
} idx_images;
typedef struct {
  int count;
  unsigned char *labels; /* [count] */
} idx_labels;

/* The first `most` images (labels) of the file at `path`; all of them when most is 0. ASSAY_NO_DATA when the file cannot be read, is
 * no such file (labels where images are wanted), is damaged or cut short, or has fewer than `most`; ASSAY_NO_MEMORY. To be freed
 * below. */
assay_status idx_read_images(const char *path, int most, idx_images *images, assay_error *error);
assay_status idx_read_labels(const char *path, int most, idx_labels *labels, assay_error *error);
void idx_free_images(idx_images *images);
void idx_free_labels(idx_labels *labels);

/* Means over cells of side x side pixels, of image number `image`: out [rows/side][columns/side], in pixel units (0..255). side divides
 * both. */
void idx_pool(const idx_images *images, int image, int side, double *out);

#endif
