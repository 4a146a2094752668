/* Prints sim/kernels/ziggurat_table.h. Quadruple precision, so that every constant is the double nearest to
 * its value.
 *
 *     cc -O2 tools/ziggurat.c -lquadmath -lm -o ziggurat && ./ziggurat > sim/kernels/ziggurat_table.h
 *
 * LAYERS boxes of equal area v cover f(x) = exp(-x^2/2) on x > 0. The lowest is the strip under f(r) together
 * with the tail beyond r = x_1; as a box of that area it has the width x_0 = v/f(r). Then x_{i+1} =
 * f^-1(f(x_i) + v/x_i), and r is such that the last edge is exactly 0. */
#include <quadmath.h>
#include <stdint.h>
#include <stdio.h>

#define LAYERS 256

static __float128 f(__float128 x) {
  return expq(-x * x / 2);
}

static __float128 area_of(__float128 r) {
  return r * f(r) + sqrtq(M_PIq / 2) * erfcq(r / sqrtq(2));
}

/* Fills the edges x[LAYERS + 1] for r; the value returned is f at the last edge minus 1, which should be 0.
 */
static __float128 stack_boxes(__float128 r, __float128 *x) {
  __float128 v = area_of(r), height = f(r);
  x[0] = v / height;
  x[1] = r;
  for (int i = 1; i < LAYERS; i++) {
    height += v / x[i];
    if (i == LAYERS - 1 || height >= 1) return height - 1;
    x[i + 1] = sqrtq(-2 * logq(height));
  }
  return height - 1;
}

int main(void) {
  __float128 x[LAYERS + 1] = {0}, lo = 3, hi = 4;
  for (int i = 0; i < 120; i++) {
    __float128 r = (lo + hi) / 2;
    if (stack_boxes(r, x) > 0)
      lo = r; /* boxes too large: they reach the top before the last one */
    else
      hi = r;
  }
  stack_boxes(hi, x);
  x[LAYERS] = 0;

  printf("/* Made by tools/ziggurat.c; not to be edited. */\n");
  printf("#ifndef ASSAY_SIM_KERNELS_ZIGGURAT_TABLE_H\n#define ASSAY_SIM_KERNELS_ZIGGURAT_TABLE_H\n\n#include "
         "<stdint.h>\n\n");
  printf("#define ZIGGURAT_LAYERS %d\n#define ZIGGURAT_TAIL %a /* r = %.17g */\n\n", LAYERS, (double)hi,
         (double)hi);
  printf("/* Box i: its width x_i in units of 2^52, and the largest 52-bit integer below 2^52 x_{i+1}/x_i. "
         "*/\n");
  printf("static const struct {\n  double width;\n  int64_t inner;\n} ziggurat_box[ZIGGURAT_LAYERS] = {\n");
  for (int i = 0; i < LAYERS; i++)
    printf("    {%a, 0x%llx},\n", (double)(x[i] * 0x1p-52Q), (unsigned long long)(0x1p52Q * x[i + 1] / x[i]));
  printf("};\n\n/* exp(-x_i^2/2), i = 0..256. */\nstatic const double ziggurat_height[ZIGGURAT_LAYERS + 1] = "
         "{\n");
  for (int i = 0; i <= LAYERS; i++) printf("    %a,\n", (double)f(x[i]));
  printf("};\n\n#endif\n");
  return 0;
}
