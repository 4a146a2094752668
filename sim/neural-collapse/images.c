#include <math.h>
#include <string.h>

#include "model/data/fashion.h"
#include "sim/kernels/layers.h"
#include "sim/neural-collapse/inputs.h"

enum {
  CLASSES = NEURAL_COLLAPSE_IMAGE_CLASSES,
  MOST = NEURAL_COLLAPSE_IMAGES,
  PIXELS = NEURAL_COLLAPSE_PIXELS,
  FIRST = 12000
};

/* The first MOST of each class; false when a class has fewer. */
static bool sort_by_class(const idx_images *images, const idx_labels *labels, unsigned char *pixels) {
  int found[CLASSES] = {0}, full = 0;
  for (int i = 0; i < images->count; i++) {
    const int c = labels->labels[i];
    if (c >= CLASSES || found[c] == MOST) continue;
    memcpy(pixels + ((size_t)c * MOST + (size_t)found[c]) * PIXELS, images->pixels + (size_t)i * PIXELS,
           PIXELS);
    full += ++found[c] == MOST;
  }
  return full == CLASSES;
}

assay_status neural_collapse_read_images(unsigned char *pixels, assay_error *error) {
  idx_images images;
  idx_labels labels;
  assay_status status = fashion_read(false, FIRST, &images, &labels, error);
  if (status == ASSAY_OK && !sort_by_class(&images, &labels, pixels))
    status = assay_error_set(error, ASSAY_NO_DATA,
                             "fashion-mnist: a class with fewer than %d of the first %d images", MOST, FIRST);
  idx_free_images(&images);
  idx_free_labels(&labels);
  return status;
}

assay_status neural_collapse_images(const unsigned char *pixels, int n, int s, double *P,
                                    assay_error *error) {
  const int N = CLASSES * n;
  double mean[PIXELS] = {0}, square = 0;
  if (n < 1 || s < 0 || (s + 1) * n > MOST)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %d, s = %d: the first %d images of a class make %d such sets", n, s, MOST,
                           n > 0 ? MOST / n : 0);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < PIXELS; j++) {
      double *p = P + (size_t)i * PIXELS + j;
      *p = pixels[((size_t)(i / n) * MOST + (size_t)(s * n + i % n)) * PIXELS + (size_t)j] / 255.;
      mean[j] += *p / N;
    }
  for (size_t i = 0; i < (size_t)N * PIXELS; i++) {
    P[i] -= mean[i % PIXELS];
    square += P[i] * P[i] / N;
  }
  if (!(square > 1e-15)) /* what rounding leaves of the mean image */
    return assay_error_set(error, ASSAY_NUMERIC, "the %d images of set %d are alike", N, s);
  for (size_t i = 0; i < (size_t)N * PIXELS; i++) P[i] /= sqrt(square);
  return ASSAY_OK;
}

assay_status neural_collapse_project(const double *P, int N, int d, random_source *source, double *matrix,
                                     double *lengths, double *X, assay_error *error) {
  random_normals(source, matrix, (size_t)d * PIXELS);
  for (size_t i = 0; i < (size_t)d * PIXELS; i++) matrix[i] /= 28;
  layer_dense(P, N, PIXELS, matrix, d, 0, X);
  return layer_normalise(X, N, d, true, 1, lengths)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "an image has no direction after the projection");
}
