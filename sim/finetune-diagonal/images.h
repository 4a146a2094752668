/* Fashion-MNIST pooled and scaled: images [count][d] less the mean of the training images read, divided by
 * one number so that their mean square is 1. */
#ifndef ASSAY_SIM_FINETUNE_DIAGONAL_IMAGES_H
#define ASSAY_SIM_FINETUNE_DIAGONAL_IMAGES_H

#include "sim/experiment.h"

typedef struct {
  int d, count, test_count; /* training images read, all test images */
  double *x, *test_x;       /* [count][d], [test_count][d] */
  unsigned char *label, *test_label;
} fashion_images;

/* The first `count` training images and the test images, pooled to side x side pixels; memory from the call.
 */
assay_status fashion_open(assay_call *call, int side, int count, fashion_images *images);

#endif
