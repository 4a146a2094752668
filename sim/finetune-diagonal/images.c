#include "sim/finetune-diagonal/images.h"

#include <math.h>
#include <string.h>

#include "model/data/fashion.h"

enum { PIXELS = 28 };

/* Pools the first `most` images (0: all) into memory of the call. */
static assay_status read_pooled(assay_call *call, bool test, int side, int most, int *count, double **x,
                                unsigned char **label) {
  idx_images images;
  idx_labels labels;
  assay_status status = fashion_read(test, most, &images, &labels, assay_call_error(call));
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
  assay_status status = read_pooled(call, false, side, count, &k->count, &k->x, &k->label);
  if (status == ASSAY_OK)
    status = read_pooled(call, true, side, 0, &k->test_count, &k->test_x, &k->test_label);
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
