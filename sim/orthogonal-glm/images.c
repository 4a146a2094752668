#include "sim/orthogonal-glm/images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/fashion.h"
#include "sim/kernels/orthogonal.h"
#include "sim/orthogonal-glm/design.h"

enum { IMAGES = 6000, ROWS = GLM_IMAGE_ROWS, PIXELS = GLM_IMAGE_PIXELS };

static const assay_stream drawn_once = {2602, 0};

/* x [IMAGES][PIXELS], centred. */
static assay_status read_pooled(double *x, assay_error *error) {
  idx_images images;
  assay_status status = fashion_read(false, IMAGES, &images, NULL, error);
  for (int i = 0; i < IMAGES && status == ASSAY_OK; i++) idx_pool(&images, i, 2, x + (size_t)i * PIXELS);
  idx_free_images(&images);
  for (int j = 0; j < PIXELS && status == ASSAY_OK; j++) {
    double mean = 0;
    for (size_t i = 0; i < IMAGES; i++) mean += x[i * PIXELS + (size_t)j] / IMAGES;
    for (size_t i = 0; i < IMAGES; i++) x[i * PIXELS + (size_t)j] -= mean;
  }
  return status;
}

/* Column by column: signs, transform, the kept rows. */
static assay_status sketch_rows(const double *x, double *X, assay_error *error) {
  static const size_t size = IMAGES;
  double *column = malloc(3 * size * sizeof *column), *turned = column + size, *signs = turned + size;
  size_t *rows = malloc(size * sizeof *rows);
  cosine *C = NULL;
  assay_status status = column && rows
                            ? cosine_new(IMAGES, 1, &C, error)
                            : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a sketch of images");
  if (status == ASSAY_OK) {
    random_source flips = random_open(&drawn_once, RANDOM_DESIGN, 0),
                  choice = random_open(&drawn_once, RANDOM_DESIGN, 1);
    random_signs(&flips, signs, size), random_permutation(&choice, rows, size);
    for (size_t j = 0; j < PIXELS; j++) {
      for (size_t i = 0; i < size; i++) column[i] = signs[i] * x[i * PIXELS + j];
      cosine_apply(C, column, turned);
      for (size_t i = 0; i < ROWS; i++) X[i * PIXELS + j] = turned[rows[i]];
    }
  }
  cosine_free(C), free(rows), free(column);
  return status;
}

assay_status glm_images(bool sketch, double *X, assay_error *error) {
  double *x = malloc((size_t)IMAGES * PIXELS * sizeof *x);
  if (!x) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d images", IMAGES);
  assay_status status = read_pooled(x, error);
  if (status == ASSAY_OK && sketch) status = sketch_rows(x, X, error);
  if (status == ASSAY_OK && !sketch) memcpy(X, x, (size_t)ROWS * PIXELS * sizeof *x);
  free(x);
  return status;
}

assay_status glm_image_spectrum(bool sketch, double *lam, assay_error *error) {
  const size_t n = ROWS, d = PIXELS;
  double *room = malloc((2 * n * d + d * d + d) * sizeof *room);
  if (!room) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the spectrum of images");
  glm_design X = {.kind = sketch ? GLM_SKETCH : GLM_IMAGES, .n = ROWS, .d = PIXELS, .rank = PIXELS};
  X.x = room, X.u = X.x + n * d, X.v = X.u + n * d, X.s = X.v + d * d, X.lam = lam;
  assay_status status = glm_images(sketch, X.x, error);
  if (status == ASSAY_OK) status = glm_design_decompose(&X, error);
  free(room);
  return status;
}
