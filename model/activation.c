#include "model/activation.h"

#include <math.h>
#include <string.h>

bool activation_from_word(const char *word, activation *act) {
  const char *rest = ACTIVATION_WORDS "|squareplus";
  for (int i = 0; rest; i++) {
    size_t length = strcspn(rest, "|");
    if (strlen(word) == length && !strncmp(word, rest, length)) {
      *act = (activation)i;
      return true;
    }
    rest = rest[length] ? rest + length + 1 : NULL;
  }
  return false;
}

double activation_value(activation act, double z) {
  switch (act) {
  case ACTIVATION_RELU:
    return z > 0 ? z : 0;
  case ACTIVATION_ABS:
    return fabs(z);
  case ACTIVATION_ERF:
    return erf(z);
  case ACTIVATION_TANH:
    return tanh(z);
  case ACTIVATION_RELU_ERF:
    return (z > 0 ? z : 0) + erf(z);
  case ACTIVATION_RELU_TANH:
    return (z > 0 ? z : 0) + tanh(z);
  case ACTIVATION_QUAD:
    return z * z - 1;
  case ACTIVATION_QUAD_LIN:
    return z * z - 1 + z;
  case ACTIVATION_CUBIC:
    return z * (z * z - 3);
  case ACTIVATION_HE3:
    return z + 0.4 / sqrt(6) * z * (z * z - 3);
  case ACTIVATION_SQUAREPLUS:
    return (z + sqrt(z * z + 0.04)) / 2;
  default:
    return z;
  }
}

static double erf_slope(double z) {
  return 2 / sqrt(M_PI) * exp(-z * z);
}

static double tanh_slope(double z) {
  double t = tanh(z);
  return 1 - t * t;
}

double activation_slope(activation act, double z) {
  switch (act) {
  case ACTIVATION_RELU:
    return z > 0;
  case ACTIVATION_ABS:
    return (z > 0) - (z < 0);
  case ACTIVATION_ERF:
    return erf_slope(z);
  case ACTIVATION_TANH:
    return tanh_slope(z);
  case ACTIVATION_RELU_ERF:
    return (z > 0) + erf_slope(z);
  case ACTIVATION_RELU_TANH:
    return (z > 0) + tanh_slope(z);
  case ACTIVATION_QUAD:
    return 2 * z;
  case ACTIVATION_QUAD_LIN:
    return 2 * z + 1;
  case ACTIVATION_CUBIC:
    return 3 * z * z - 3;
  case ACTIVATION_HE3:
    return 1 + 1.2 / sqrt(6) * (z * z - 1);
  case ACTIVATION_SQUAREPLUS:
    return (1 + z / sqrt(z * z + 0.04)) / 2;
  default:
    return 1;
  }
}

void activation_values(activation act, const double *z, size_t n, double *out) {
  if (act == ACTIVATION_RELU)
    for (size_t i = 0; i < n; i++) out[i] = z[i] > 0 ? z[i] : 0;
  else
    for (size_t i = 0; i < n; i++) out[i] = activation_value(act, z[i]);
}

void activation_slopes(activation act, const double *z, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) out[i] = activation_slope(act, z[i]);
}
