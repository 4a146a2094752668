#include "theory/numerics/activation_kernel.h"

#include <math.h>

/* ---- relu, erf, tanh ---- */

static double relu_kernel(double r) {
  return (sqrt((1 - r) * (1 + r)) + r * (M_PI - acos(r))) / (2 * M_PI);
}
static double relu_slope(double r) {
  return (M_PI - acos(r)) / (2 * M_PI);
}
static double erf_kernel(double r) {
  return 2 / M_PI * asin(2 * r / 3);
}
static double erf_slope(double r) {
  return 4 / (3 * M_PI) / sqrt(1 - 4 * r * r / 9);
}

/* E f(z1) f(z2) by the trapezoidal rule in z1 and the independent part of z2: the poles of tanh lie at pi/2
 * i, which leaves exp(-2 pi (pi/2)/step) of the integrand. */
static double trapezoid(double (*f)(double), double r) {
  const double step = 0.25, reach = 9;
  double sum = 0, other = sqrt((1 - r) * (1 + r));
  for (double x = -reach; x <= reach; x += step) {
    double inner = 0;
    for (double y = -reach; y <= reach; y += step) inner += exp(-y * y / 2) * f(r * x + other * y);
    sum += exp(-x * x / 2) * f(x) * inner;
  }
  return sum * step * step / (2 * M_PI);
}

static double sech2(double z) {
  double t = tanh(z);
  return 1 - t * t;
}
static double tanh_kernel(double r) {
  return trapezoid(tanh, r);
}
static double tanh_slope(double r) {
  return trapezoid(sech2, r);
}

/* E odd'(z). */
static double tanh_mean_slope(void) {
  double sum = 0;
  for (double x = -9; x <= 9; x += 0.125) sum += exp(-x * x / 2) * sech2(x);
  return sum * 0.125 / sqrt(2 * M_PI);
}
static double erf_mean_slope(void) {
  return 2 / sqrt(3 * M_PI);
}

/* ---- by name ---- */

double activation_kernel(activation act, double rho) {
  double r = fmin(fmax(rho, -1), 1);
  switch (act) {
  case ACTIVATION_RELU:
    return relu_kernel(r);
  case ACTIVATION_ABS:
    return 2 / M_PI * (sqrt((1 - r) * (1 + r)) + r * asin(r));
  case ACTIVATION_ERF:
    return erf_kernel(r);
  case ACTIVATION_TANH:
    return tanh_kernel(r);
  case ACTIVATION_RELU_ERF:
    return relu_kernel(r) + erf_kernel(r) + erf_mean_slope() * r;
  case ACTIVATION_RELU_TANH:
    return relu_kernel(r) + tanh_kernel(r) + tanh_mean_slope() * r;
  case ACTIVATION_QUAD:
    return 2 * r * r;
  case ACTIVATION_QUAD_LIN:
    return 2 * r * r + r;
  case ACTIVATION_CUBIC:
    return 6 * r * r * r;
  case ACTIVATION_HE3:
    return r + 0.16 * r * r * r;
  default:
    return r;
  }
}

double activation_kernel_slope(activation act, double rho) {
  double r = fmin(fmax(rho, -1), 1);
  switch (act) {
  case ACTIVATION_RELU:
    return relu_slope(r);
  case ACTIVATION_ABS:
    return 2 / M_PI * asin(r);
  case ACTIVATION_ERF:
    return erf_slope(r);
  case ACTIVATION_TANH:
    return tanh_slope(r);
  case ACTIVATION_RELU_ERF:
    return relu_slope(r) + erf_slope(r) + erf_mean_slope();
  case ACTIVATION_RELU_TANH:
    return relu_slope(r) + tanh_slope(r) + tanh_mean_slope();
  case ACTIVATION_QUAD:
    return 4 * r;
  case ACTIVATION_QUAD_LIN:
    return 4 * r + 1;
  case ACTIVATION_CUBIC:
    return 18 * r * r;
  case ACTIVATION_HE3:
    return 1 + 0.48 * r * r;
  default:
    return 1;
  }
}

activation_hermite activation_numbers(activation act) {
  bool half = act == ACTIVATION_RELU || act == ACTIVATION_RELU_ERF || act == ACTIVATION_RELU_TANH;
  activation_hermite h = {0};
  h.mu0 = half ? 1 / sqrt(2 * M_PI) : act == ACTIVATION_ABS ? 2 / sqrt(2 * M_PI) : 0;
  h.mu1 = half ? 0.5 : 0;
  if (act == ACTIVATION_ERF || act == ACTIVATION_RELU_ERF) h.mu1 += erf_mean_slope();
  if (act == ACTIVATION_TANH || act == ACTIVATION_RELU_TANH) h.mu1 += tanh_mean_slope();
  if (act == ACTIVATION_LIN || act == ACTIVATION_QUAD_LIN || act == ACTIVATION_HE3) h.mu1 = 1;
  double plus = activation_kernel(act, 1), minus = activation_kernel(act, -1);
  h.e2 = (plus + minus) / 2 - h.mu0 * h.mu0;
  h.o2 = (plus - minus) / 2 - h.mu1 * h.mu1;
  /* Exactly absent parts, without rounding. */
  if (act == ACTIVATION_RELU || act == ACTIVATION_ABS || act == ACTIVATION_QUAD ||
      act == ACTIVATION_QUAD_LIN || act == ACTIVATION_LIN)
    h.o2 = 0;
  if (act == ACTIVATION_ERF || act == ACTIVATION_TANH || act == ACTIVATION_CUBIC || act == ACTIVATION_LIN ||
      act == ACTIVATION_HE3)
    h.e2 = 0;
  h.mus2 = h.e2 + h.o2;
  return h;
}
