/* Draws of images with a coloured patch (model/data/fashion.h), with replacement from the pool. */
#ifndef ASSAY_SIM_SPURIOUS_FEATURES_COLOUR_H
#define ASSAY_SIM_SPURIOUS_FEATURES_COLOUR_H

#include "model/data/fashion.h"
#include "sim/kernels/random.h"

/* `rows` rows z = [x; y] [rows][2dx] and their labels l [rows]. The image, the colour and the patch of row k
 * come from slot k (k dx of the patch) of `purpose`, index `index`; so that they are shared by every r and
 * kap. */
void colour_rows(const fashion_pool *pool, double r, double kap, const assay_stream *stream,
                 random_purpose purpose, unsigned index, int rows, double *Z, double *label);

#endif
