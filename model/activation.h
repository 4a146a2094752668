/* Activations by name, with their derivatives.
 *
 *     relu      max(z, 0)             tanh       tanh z              quad      z^2 - 1
 *     abs       |z|                   relu+erf   their sum           quad+lin  z^2 - 1 + z
 *     erf       erf z                 relu+tanh  their sum           cubic     z^3 - 3z
 *     lin       z                     he3        z + .4 (z^3 - 3z)/sqrt 6
 *     squareplus  (z + sqrt(z^2 + .04))/2, a smooth relu, for trained networks */
#ifndef ASSAY_MODEL_ACTIVATION_H
#define ASSAY_MODEL_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
  ACTIVATION_RELU,
  ACTIVATION_ABS,
  ACTIVATION_ERF,
  ACTIVATION_TANH,
  ACTIVATION_RELU_ERF,
  ACTIVATION_RELU_TANH,
  ACTIVATION_QUAD,
  ACTIVATION_QUAD_LIN,
  ACTIVATION_CUBIC,
  ACTIVATION_LIN,
  ACTIVATION_HE3,
  ACTIVATION_SQUAREPLUS
} activation;

/* The words of those whose Gaussian constants the theories know: all but squareplus. */
#define ACTIVATION_WORDS "relu|abs|erf|tanh|relu+erf|relu+tanh|quad|quad+lin|cubic|lin|he3"

bool activation_from_word(const char *word, activation *act);

double activation_value(activation act, double z);
/* phi'(z); at a kink the mean of both sides' values is not taken: relu' (0) = 0, |.|'(0) = 0. */
double activation_slope(activation act, double z);

/* out[i] = phi(z[i]), phi'(z[i]); out may be z. */
void activation_values(activation act, const double *z, size_t n, double *out);
void activation_slopes(activation act, const double *z, size_t n, double *out);

#endif
