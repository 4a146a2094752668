#include "sim/finetune-diagonal/images.h"

#include <math.h>
#include <string.h>

#include "model/data/data.h"
#include "model/data/idx.h"

enum { PIXELS = 28 };

/* Pools the first `most` images (0: all) of one file into memory of the call. */
static assay_status read_pooled(assay_call *call, const char *images_file, const char *labels_file, int side,
                                int most, int *count, double **x, unsigned char **label) {
  const data_set *set = data_find("fashion-mnist");
  assay_error *error = assay_call_error(call);
  char path[4096];
  idx_images images = {0};
  idx_labels labels = {0};
  assay_status status = data_path(set, images_file, path, sizeof path, error);
  if (status == ASSAY_OK) status = idx_read_images(path, most, &images, error);
  if (status == ASSAY_OK) status = data_path(set, labels_file, path, sizeof path, error);
  if (status == ASSAY_OK) status = idx_read_labels(path, images.count, &labels, error);
  if (status == ASSAY_OK) {
    *count = images.count;
    *x = assay_alloc(call, (size_t)*count * (size_t)(side * side) * sizeof **x);
    *label = assay_alloc(call, (size_t)*count);
    if (!*x || !*label) status = ASSAY_NO_MEMORY;
  }
  for (int i = 0; status == ASSAY_OK && i < *count; i++)
    idx_pool(&images, i, PIXELS / side, *x + (size_t)i * (size_t)(side * side));
  if (status == ASSAY_OK) memcpy(*label, labels.labels, (size_t)*count);
  idx_free_images(&images);
  idx_free_labels(&labels);
  return status;
}

static void shift_and_scale(double *x, int count, int d, const double *mean, double scale) {
  for (int i = 0; i < count; i++)
    for (int j = 0; j < d; j++) x[(size_t)i * d + j] = (x[(size_t)i * d + j] - mean[j]) * scale;
}

assay_status fashion_open(assay_call *call, int side, int count, fashion_images *k) {
  if (side < 1 || PIXELS % side)
    return assay_fail(call, ASSAY_DOMAIN, "28 x 28 images cannot be pooled to %d x %d", side, side);
  int d = k->d = side * side;
  double *mean = assay_alloc(call, (size_t)d * sizeof *mean), square = 0;
  if (!mean) return ASSAY_NO_MEMORY;
  assay_status status = read_pooled(call, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", side,
                                    count, &k->count, &k->x, &k->label);
  if (status == ASSAY_OK)
    status = read_pooled(call, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", side, 0,
                         &k->test_count, &k->test_x, &k->test_label);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < k->count; i++)
    for (int j = 0; j < d; j++) mean[j] += k->x[(size_t)i * d + j] / k->count;
  for (int i = 0; i < k->count; i++)
    for (int j = 0; j < d; j++) square += pow(k->x[(size_t)i * d + j] - mean[j], 2);
  double scale = sqrt((double)k->count * d / square);
  shift_and_scale(k->x, k->count, d, mean, scale);
  shift_and_scale(k->test_x, k->test_count, d, mean, scale);
  return ASSAY_OK;
}
