/* Elementary functions of the lanes of a vector: the body of each level in elementary.c, which defines
 *   AT(name), TARGET   a function's name at the level, and its target attribute,
 *   LANES, SQRT(v)     numbers in a vector, and their square roots.
 * No branches: both sides of a choice are computed. The polynomials interpolate at Chebyshev nodes; their
 * relative errors are in brackets.
 * No include guard: it is included once for each level, and undefines what it was given. */

#define INLINE TARGET static inline __attribute__((always_inline))
#define V AT(numbers)
#define I AT(bits)
typedef double V __attribute__((vector_size(8 * LANES)));
typedef int64_t I __attribute__((vector_size(8 * LANES)));
typedef double AT(anywhere) __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

/* a where the mask is set, else b. */
INLINE V AT(choose)(I mask, V a, V b) {
  return (V)((mask & (I)a) | (~mask & (I)b));
}
INLINE V AT(size_of)(V x) {
  return (V)((I)x & INT64_MAX);
}
/* x >= 0 with the sign of y. */
INLINE V AT(signed_as)(V x, V y) {
  return (V)((I)x | ((I)y & INT64_MIN));
}

/* sum c_k u^k, even and odd powers apart: half as long a chain of operations as Horner's. */
INLINE V AT(polynomial)(const double *c, int count, V u) {
  V square = u * u, even = {0}, odd = {0};
#pragma GCC unroll 16
  for (int k = count - 1; k >= 0; k--)
    if (k % 2)
      odd = odd * square + c[k];
    else
      even = even * square + c[k];
  return even + u * odd;
}

/* e^x = scale (1 + rest): rest = e^r - 1, |r| <= ln(2)/2 [2e-16]. */
INLINE V AT(exp_parts)(V x, V *scale) {
  V shifted = x * PORTABLE_INVERSE_LN2 + ROUNDER, k = shifted - ROUNDER;
  V r = x - k * PORTABLE_LN2_HIGH - k * PORTABLE_LN2_LOW;
  *scale = (V)(((I)shifted + 1023) << 52);
  return r + r * r * AT(polynomial)(exp_series, COUNT(exp_series), r);
}

INLINE V AT(exp_of)(V x) {
  V zero = {0}, inside = AT(choose)(x > 708., zero + 708, AT(choose)(x < -708., zero - 708, x)), scale;
  V rest = AT(exp_parts)(inside, &scale);
  return AT(choose)(x < -708., zero, scale + scale * rest);
}

/* tanh |x| = (e^2|x| - 1)/(e^2|x| + 1); 1 from 22 on. */
INLINE V AT(tanh_of)(V x) {
  V size = AT(size_of)(x), scale, rest = AT(exp_parts)(2 * AT(choose)(size > 22., (V){0} + 22, size), &scale);
  V less_one = scale * rest + (scale - 1);
  return AT(signed_as)(less_one / (less_one + 2), x);
}

/* |x| < 1: x times a polynomial in x^2 [8e-18]; else 1 - e^(-x^2) erfcx, erfcx(x) = e^(x^2) erfc(x) a
 * polynomial in (x - 3.5)/(x + 3.5) [8e-17]; 1 from 6 on. */
INLINE V AT(erf_of)(V x) {
  V size = AT(size_of)(x), far = AT(choose)(size > 6., (V){0} + 6, size), square = far * far, scale;
  V rest = AT(exp_parts)(-square, &scale);
  V near = size * AT(polynomial)(erf_series, COUNT(erf_series), square);
  V tail = AT(polynomial)(erfcx_series, COUNT(erfcx_series), (far - 3.5) / (far + 3.5));
  return AT(signed_as)(AT(choose)(size < 1., near, 1 - (scale + scale * rest) * tail), x);
}

/* asin |x| up to 1/2, or half of acos |x| = 2 asin sqrt((1 - |x|)/2) above [8e-17]. */
INLINE V AT(half_angle)(V size) {
  V square = AT(choose)(size > .5, (1 - size) / 2, size * size);
  V s = AT(choose)(size > .5, SQRT(square), size);
  return s + s * square * AT(polynomial)(asin_series, COUNT(asin_series), square);
}

INLINE V AT(asin_of)(V x) {
  V size = AT(size_of)(x), angle = AT(half_angle)(size);
  return AT(signed_as)(AT(choose)(size > .5, M_PI_2 - 2 * angle, angle), x);
}

INLINE V AT(acos_of)(V x) {
  V size = AT(size_of)(x), angle = AT(half_angle)(size);
  V upper = AT(choose)(size > .5, 2 * angle, M_PI_2 - angle);
  return AT(choose)(x < 0., M_PI - upper, upper);
}

INLINE V AT(relu_of)(V x) {
  return AT(choose)(x > 0., x, (V){0});
}
INLINE V AT(relu_erf_of)(V x) {
  return AT(relu_of)(x) + AT(erf_of)(x);
}
INLINE V AT(relu_tanh_of)(V x) {
  return AT(relu_of)(x) + AT(tanh_of)(x);
}
INLINE V AT(squareplus_of)(V x) {
  return (x + SQRT(x * x + .04)) / 2;
}
INLINE V AT(squareplus_slope_of)(V x) {
  return (1 + x / SQRT(x * x + .04)) / 2;
}
INLINE V AT(erf_slope_of)(V x) {
  return M_2_SQRTPI * AT(exp_of)(-x * x);
}
INLINE V AT(tanh_slope_of)(V x) {
  V t = AT(tanh_of)(x);
  return 1 - t * t;
}
INLINE V AT(relu_erf_slope_of)(V x) {
  return AT(choose)(x > 0., (V){0} + 1, (V){0}) + AT(erf_slope_of)(x);
}
INLINE V AT(relu_tanh_slope_of)(V x) {
  return AT(choose)(x > 0., (V){0} + 1, (V){0}) + AT(tanh_slope_of)(x);
}
INLINE V AT(relu_kernel_of)(V r) {
  r = AT(choose)(AT(size_of)(r) > 1., AT(signed_as)((V){0} + 1, r), r);
  return (SQRT((1 - r) * (1 + r)) + r * AT(acos_of)(-r)) * (M_1_PI / 2);
}

/* out = f(x), the last numbers by way of a vector of their own. */
#define APPLY(f)                                                                                             \
  TARGET static void AT(f)(const double *x, size_t n, double *out) {                                         \
    size_t i = 0;                                                                                            \
    for (; i + LANES <= n; i += LANES)                                                                       \
      *(AT(anywhere) *)(out + i) = AT(f##_of)(*(const AT(anywhere) *)(x + i));                               \
    if (i == n) return;                                                                                      \
    double last[LANES] = {0};                                                                                \
    memcpy(last, x + i, (n - i) * sizeof *last);                                                             \
    *(AT(anywhere) *)last = AT(f##_of)(*(const AT(anywhere) *)last);                                         \
    memcpy(out + i, last, (n - i) * sizeof *last);                                                           \
  }
APPLY(exp)
APPLY(erf)
APPLY(tanh)
APPLY(asin)
APPLY(acos)
APPLY(relu)
APPLY(relu_erf)
APPLY(relu_tanh)
APPLY(squareplus)
APPLY(squareplus_slope)
APPLY(erf_slope)
APPLY(tanh_slope)
APPLY(relu_erf_slope)
APPLY(relu_tanh_slope)
APPLY(relu_kernel)

#undef INLINE
#undef V
#undef I
#undef APPLY
#undef AT
#undef TARGET
#undef LANES
#undef SQRT
