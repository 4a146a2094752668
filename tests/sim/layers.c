/* Every reverse pass against central differences, at random points and in the corners; losses and Adam against closed forms. */
#include "sim/kernels/layers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/adam.h"
#include "sim/kernels/random.h"
#include "sim/kernels/simd.h"

enum { MOST = 4096 };

static random_source draws(uint32_t index) {
  const assay_stream stream = {.key = 1704};
  return random_open(&stream, RANDOM_INIT, index);
}

/* A block with all its inputs in one vector x [n], and a fixed linear functional of its output as objective. */
typedef double objective(const double *x, double *gradient);

/* The directional derivative agrees with a central difference along each of several random directions. */
static void expect_gradient(objective *f, const double *x, size_t n) {
  static double g[MOST], unused[MOST], v[MOST], y[MOST];
  random_source source = draws(1);
  memset(g, 0, sizeof g);
  f(x, g);
  for (int trial = 0; trial < 5; trial++) {
    double slope = 0, width = 1e-5, ends[2], size = 0;
    random_normals(&source, v, n);
    for (int side = 0; side < 2; side++) {
      for (size_t i = 0; i < n; i++) y[i] = x[i] + (side ? width : -width) * v[i];
      memset(unused, 0, sizeof unused);
      ends[side] = f(y, unused);
    }
    for (size_t i = 0; i < n; i++) slope += g[i] * v[i], size += fabs(g[i] * v[i]);
    cr_expect_float_eq((ends[1] - ends[0]) / (2 * width), slope, 1e-8 * (1 + size), "%.12g against %.12g",
                       (ends[1] - ends[0]) / (2 * width), slope);
  }
}

static double functional(const double *Y, size_t count, double *dY) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    dY[i] = cos(1.3 * (double)i + .2);
    sum += dY[i] * Y[i];
  }
  return sum;
}

static const double *normals(size_t n, double scale) {
  static double x[MOST];
  random_source source = draws(2);
  random_normals(&source, x, n);
  for (size_t i = 0; i < n; i++) x[i] *= scale;
  return x;
}

/* ---- dense: X [5][4], W [3][4] ---- */

static double dense(const double *x, double *g) {
  double Y[15], dY[15];
  layer_dense(x, 5, 4, x + 20, 3, 0, Y);
  const double value = functional(Y, 15, dY);
  layer_dense_reverse(x, 5, 4, x + 20, 3, dY, g + 20, 1, g);
  return value;
}

Test(layers, dense) {
  expect_gradient(dense, normals(32, 1), 32);
  double X[2] = {2, 3}, W[2] = {5, -1}, Y[1] = {100};
  layer_dense(X, 1, 2, W, 1, 1, Y);
  cr_expect_eq(Y[0], 107);
}

/* Long batches go in blocks of rows, weights are turned in tiles of four: sizes on both sides of every border. */
Test(layers, dense_of_every_size_is_the_sum) {
  const int sizes[][3] = {{1, 1, 1}, {15, 3, 7}, {16, 5, 6}, {40, 9, 130}, {300, 70, 90}, {17, 150, 120}};
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    const int N = sizes[k][0], in = sizes[k][1], out = sizes[k][2];
    const size_t x = (size_t)(N * in), w = (size_t)(in * out), y = (size_t)(N * out);
    double *X = malloc((2 * x + 3 * w + 2 * y) * sizeof *X), *W = X + x, *Y = W + w, *turned = Y + y, *dX = turned + w,
           *dW = dX + x, *again = dW + w;
    random_source source = draws(3);
    cr_assert(X);
    random_normals(&source, X, x + w);
    for (size_t i = 0; i < y; i++) Y[i] = again[i] = cos((double)i);
    for (size_t i = 0; i < w; i++) dW[i] = 1;
    layer_dense(X, N, in, W, out, 1, Y);
    layer_turn(W, out, in, turned);
    layer_dense_turned(X, N, in, turned, out, 1, again);
    layer_dense_reverse(X, N, in, W, out, Y, dW, 0, dX);
    for (int i = 0; i < N; i++)
      for (int o = 0; o < out; o++) {
        double sum = cos((double)(i * out + o));
        for (int j = 0; j < in; j++) sum += X[i * in + j] * W[o * in + j];
        cr_assert_float_eq(Y[i * out + o], sum, 1e-12 * in);
        cr_assert_float_eq(again[i * out + o], sum, 1e-12 * in);
      }
    for (int j = 0; j < in; j++) {
      double first = 1, back = 0;
      for (int i = 0; i < N; i++) first += Y[i * out] * X[i * in + j];
      for (int o = 0; o < out; o++) back += Y[(N - 1) * out + o] * W[o * in + j];
      cr_assert_float_eq(dW[j], first, 1e-11 * N);
      cr_assert_float_eq(dX[(N - 1) * in + j], back, 1e-11 * out);
      for (int o = 0; o < out; o++) cr_assert_eq(turned[j * out + o], W[o * in + j]);
    }
    free(X);
  }
}

/* ---- activations ---- */

static activation chosen;

static double activated(const double *x, double *g) {
  double Y[12];
  activation_values(chosen, x, 12, Y);
  const double value = functional(Y, 12, g);
  layer_activation_reverse(chosen, x, 12, g, g);
  return value;
}

Test(layers, activations) {
  const activation all[] = {ACTIVATION_LIN, ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_ERF, ACTIVATION_SQUAREPLUS};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    chosen = all[i];
    expect_gradient(activated, normals(12, 1), 12);
  }
  cr_expect(activation_from_word("squareplus", &chosen) && chosen == ACTIVATION_SQUAREPLUS);
  cr_expect_float_eq(activation_value(chosen, 0), .1, 1e-15);
}

Test(layers, a_tie_of_relu_has_slope_zero) {
  const double Z[3] = {0, -0., 1e-300}, dA[3] = {1, 1, 1};
  double dZ[3];
  layer_activation_reverse(ACTIVATION_RELU, Z, 3, dA, dZ);
  cr_expect(dZ[0] == 0 && dZ[1] == 0 && dZ[2] == 1);
}

Test(layers, a_branch_adds_its_derivative) {
  double plain[300], added[300];
  const double *z = normals(600, 1), *dA = z + 300;
  for (int act = 0; act <= ACTIVATION_SQUAREPLUS; act++) {
    for (int i = 0; i < 300; i++) added[i] = i;
    layer_activation_reverse((activation)act, z, 300, dA, plain);
    layer_activation_reverse_add((activation)act, z, 300, dA, added);
    for (int i = 0; i < 300; i++) cr_expect_float_eq(added[i], i + plain[i], 1e-12);
  }
}

/* ---- one output on units of relu: Z [5][11], a [11] ---- */

static double readout(const double *x, double *g) {
  double h[55], f[5], df[5];
  memcpy(h, x, sizeof h);
  layer_relu_readout(h, 5, 11, x + 55, f);
  const double value = functional(f, 5, df);
  layer_relu_readout_reverse(h, 5, 11, x + 55, df, g + 55);
  for (int i = 0; i < 55; i++) g[i] += h[i];
  return value;
}

Test(layers, relu_and_its_readout) {
  double Z[11] = {-1, NAN, 2, 0, -INFINITY}, a[11] = {1, 0, 3}, f;
  expect_gradient(readout, normals(66, 1), 66);
  layer_relu(Z, 11);
  cr_expect(Z[0] == 0 && isnan(Z[1]) && Z[2] == 2 && Z[3] == 0 && Z[4] == 0);
  Z[1] = 5;
  layer_relu_readout(Z, 1, 11, a, &f);
  cr_expect_eq(f, 6);
}

/* ---- single precision ---- */

enum { ROWS = 300, INPUTS = 70, UNITS = 93 }; /* rows in two blocks, units in vectors and a rest */

/* The largest difference over the largest entry. */
static double off(const float *single, const double *real, size_t n) {
  double most = 0, size = 0;
  for (size_t i = 0; i < n; i++) most = fmax(most, fabs(single[i] - real[i])), size = fmax(size, fabs(real[i]));
  return most / size;
}

/* A step of a network in single precision is the step in double precision to a few roundings of 2^-24. */
Test(layers, single_precision_is_the_rounded_double) {
  static double X[ROWS * INPUTS], W[INPUTS * UNITS], a[UNITS], h[ROWS * UNITS], f[ROWS], da[UNITS],
      dW[INPUTS * UNITS], dX[ROWS * INPUTS], dh[ROWS * UNITS];
  static float xs[ROWS * INPUTS], ws[INPUTS * UNITS], as[UNITS], hs[ROWS * UNITS], fs[ROWS], das[UNITS],
      dws[INPUTS * UNITS], dxs[ROWS * INPUTS], dhs[ROWS * UNITS];
  random_source source = draws(4);
  random_normals(&source, X, ROWS * INPUTS);
  random_normals(&source, W, INPUTS * UNITS);
  random_normals(&source, a, UNITS);
  for (int i = 0; i < ROWS * INPUTS; i++) X[i] = xs[i] = (float)X[i];
  for (int i = 0; i < INPUTS * UNITS; i++) W[i] = ws[i] = (float)W[i];
  for (int i = 0; i < UNITS; i++) a[i] = as[i] = (float)a[i];
  layer_dense_turned(X, ROWS, INPUTS, W, UNITS, 0, h);
  layer_single_dense_turned(xs, ROWS, INPUTS, ws, UNITS, 0, hs);
  cr_expect_lt(off(hs, h, ROWS * UNITS), 1e-6);
  for (int i = 0; i < ROWS * UNITS; i++) h[i] = hs[i]; /* the same signs */
  layer_relu_reverse(h, ROWS * UNITS, h, true, dh);
  layer_single_relu_reverse(hs, ROWS * UNITS, hs, true, dhs);
  cr_expect_eq(off(dhs, dh, ROWS * UNITS), 0);
  layer_relu(dh, ROWS * UNITS);
  layer_single_relu(dhs, ROWS * UNITS);
  cr_expect_eq(off(dhs, dh, ROWS * UNITS), 0);
  layer_relu_readout(h, ROWS, UNITS, a, f);
  layer_single_relu_readout(hs, ROWS, UNITS, as, fs);
  cr_expect_lt(off(fs, f, ROWS), 1e-6);
  layer_relu_readout_reverse(h, ROWS, UNITS, a, f, da);
  layer_single_relu_readout_reverse(hs, ROWS, UNITS, as, fs, das);
  cr_expect_lt(off(das, da, UNITS), 2e-6);
  cr_expect_lt(off(hs, h, ROWS * UNITS), 1e-6);
  /* Weights turned: the derivative of W [INPUTS][UNITS] is X' dZ. */
  layer_dense_reverse(h, ROWS, UNITS, NULL, INPUTS, X, dW, 0, NULL);
  layer_single_dense_reverse(hs, ROWS, UNITS, NULL, INPUTS, xs, dws, 0, NULL);
  cr_expect_lt(off(dws, dW, INPUTS * UNITS), 2e-6);
  layer_dense_reverse(h, ROWS, INPUTS, W, UNITS, h, NULL, 0, dX);
  layer_single_dense_reverse(hs, ROWS, INPUTS, ws, UNITS, hs, NULL, 0, dxs);
  cr_expect_lt(off(dxs, dX, ROWS * INPUTS), 2e-6);
}

/* ---- normalisation: X [3][5] ---- */

static bool centred;

static double normalised(const double *x, double *g) {
  double H[15], lengths[3];
  memcpy(H, x, sizeof H);
  cr_assert(layer_normalise(H, 3, 5, centred, 1.7, lengths));
  const double value = functional(H, 15, g);
  layer_normalise_reverse(H, 3, 5, centred, 1.7, lengths, g);
  return value;
}

Test(layers, normalisation) {
  for (int i = 0; i < 2; i++) {
    centred = i;
    expect_gradient(normalised, normals(15, 2), 15);
    double x[15], lengths[3];
    memcpy(x, normals(15, 2), sizeof x);
    layer_normalise(x, 3, 5, centred, 1.7, lengths);
    for (int row = 0; row < 3; row++) {
      double sum = 0, square = 0;
      for (int j = 0; j < 5; j++) sum += x[5 * row + j], square += x[5 * row + j] * x[5 * row + j];
      cr_expect_float_eq(square, 1.7 * 1.7, 1e-14);
      if (centred) cr_expect_float_eq(sum, 0, 1e-14);
    }
  }
}

/* More rows than a group, lengths that are no multiple of a vector; a row whose squares overflow among them. */
Test(layers, rows_of_a_sum_are_normalised) {
  enum { N = 37, D = 11 };
  double sum[N * D], Y[N * D], lengths[N], others[N];
  const double *x = normals(2 * N * D, 1);
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < N * D; j++) sum[j] = (Y[j] = x[N * D + j] * (j / D == 20 ? 1e200 : 1)) + x[j];
    cr_assert(layer_normalise(sum, N, D, i, 2, lengths));
    cr_assert(layer_add_normalise(x, Y, N, D, i, 2, others));
    for (int j = 0; j < N * D; j++) cr_expect_float_eq(Y[j], sum[j], 1e-15);
    for (int j = 0; j < N; j++) {
      double square = 0;
      for (int k = 0; k < D; k++) square += Y[j * D + k] * Y[j * D + k];
      cr_expect_float_eq(square, 4, 1e-14);
      cr_expect_float_eq(others[j] / lengths[j], 1, 1e-15);
    }
  }
}

Test(layers, a_row_without_a_direction_is_told) {
  double lengths[1], zero[3] = {0}, constant[3] = {.1, .1, .1}, same[3] = {.1, .1, .1}, infinite[3] = {INFINITY, 0, 0};
  cr_expect(!layer_normalise(zero, 1, 3, false, 1, lengths));
  cr_expect(!layer_normalise(constant, 1, 3, true, 1, lengths));
  cr_expect(layer_normalise(same, 1, 3, false, 1, lengths));
  cr_expect(!layer_normalise(infinite, 1, 3, false, 1, lengths));
}

/* ---- attention: H [2][3][4], Q, K [r][4], V [4][4] ---- */

static int rank;

static double attention(const double *x, double *g) {
  double room[512], Y[24], dY[24];
  const int qk = 24, v = qk + 8 * rank;
  const size_t kept = layer_attention_doubles(2, 3, 4, rank);
  cr_assert(kept + layer_attention_spare(2, 3, 4, rank) <= 512);
  layer_attention_room m = layer_attention_open(2, 3, 4, rank, room, room + kept);
  layer_attention(&m, x, x + qk, x + v, 0, Y);
  const double value = functional(Y, 24, dY);
  layer_attention_reverse(&m, x, x + qk, x + v, dY, g + qk, g + v, g);
  return value;
}

Test(layers, attention) {
  for (rank = 1; rank <= 6; rank += 1) expect_gradient(attention, normals(40 + 8 * (size_t)rank, .7), 40 + 8 * (size_t)rank);
}

Test(layers, attention_with_equal_scores_is_a_mean) {
  double x[56] = {0}, room[512], Y[24];
  memcpy(x, normals(24, 1), 24 * sizeof *x);
  for (int j = 0; j < 4; j++) x[40 + 5 * j] = 1; /* Q = K = 0, V = I */
  layer_attention_room m = layer_attention_open(2, 3, 4, 2, room, room + layer_attention_doubles(2, 3, 4, 2));
  layer_attention(&m, x, x + 24, x + 40, 0, Y);
  for (int s = 0; s < 2; s++)
    for (int t = 0; t < 3; t++)
      for (int j = 0; j < 4; j++)
        cr_expect_float_eq(Y[12 * s + 4 * t + j], (x[12 * s + j] + x[12 * s + 4 + j] + x[12 * s + 8 + j]) / 3, 1e-15);
  rank = 2;
  expect_gradient(attention, x, 56);
}

/* ---- losses: Z [4][3] ---- */

static const int labels[4] = {0, 2, 1, 2};
static double wrong;

static double entropy(const double *x, double *g) {
  memcpy(g, x, 12 * sizeof *x);
  return layer_cross_entropy(g, 4, 3, labels, wrong);
}

static double squares(const double *x, double *g) {
  memcpy(g, x, 12 * sizeof *x);
  return layer_one_hot_squares(g, 4, 3, labels);
}

/* Z [4][7] */
static double votes(const double *x, double *g) {
  const double members[3 * 7] = {1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1};
  memcpy(g, x, 28 * sizeof *x);
  return layer_vote_cross_entropy(g, 4, 7, labels, members, 3, wrong);
}

static double decay(const double *x, double *g) {
  return layer_decay(.3, x, 12, g);
}

Test(layers, losses) {
  const double equal[12] = {0};
  double g[12];
  for (wrong = 0; wrong < .5; wrong += .3) {
    expect_gradient(entropy, normals(12, 2), 12);
    expect_gradient(entropy, equal, 12);
    cr_expect_float_eq(entropy(equal, g), log(3), 1e-15);
    cr_expect_float_eq(g[0], (1 / 3. - (1 - wrong)) / 4, 1e-15);
  }
  for (wrong = 0; wrong < .5; wrong += .3) expect_gradient(votes, normals(28, 2), 28);
  const double even[28] = {0}; /* P = 3/7, 1/7, 3/7 of the classes 0, 1, 2 */
  double back[28];
  wrong = .3;
  cr_expect_float_eq(votes(even, back), -(3 * log(.7 * 3 / 7 + .1) + log(.7 / 7 + .1)) / 4, 1e-15);
  expect_gradient(squares, normals(12, 2), 12);
  expect_gradient(decay, normals(12, 2), 12);
  cr_expect_float_eq(squares(equal, g), .5, 1e-15);
}

static double one_row(double a, double b, double c, int label, double q, double *z) {
  z[0] = a, z[1] = b, z[2] = c;
  return layer_cross_entropy(z, 1, 3, &label, q);
}

Test(layers, infinite_and_huge_logits_give_the_limit) {
  double z[3];
  cr_expect_eq(one_row(INFINITY, 0, 1, 0, 0, z), 0);
  cr_expect(z[0] == 0 && z[1] == 0 && z[2] == 0);
  cr_expect_eq(one_row(INFINITY, 0, 1, 1, 0, z), INFINITY);
  cr_expect_eq(one_row(INFINITY, 0, 1, 0, .1, z), INFINITY);
  cr_expect_float_eq(one_row(INFINITY, INFINITY, 1, 0, 0, z), log(2), 1e-15);
  cr_expect_float_eq(one_row(-INFINITY, 1, 1, 1, 0, z), log(2), 1e-15);
  cr_expect_eq(one_row(-INFINITY, 1, 1, 0, 0, z), INFINITY);
  cr_expect(isnan(one_row(-INFINITY, -INFINITY, -INFINITY, 0, 0, z)));
  cr_expect_float_eq(one_row(1e300, -1e300, 0, 1, 0, z), 2e300, 1e285);
  double alone[1] = {3};
  const int label = 0;
  cr_expect_eq(layer_cross_entropy(alone, 1, 1, &label, .2), 0);
  cr_expect_eq(alone[0], 0);
}

/* ---- Adam ---- */

Test(adam, steps_as_defined) {
  const adam_rule rule = {.9, .999, 1e-8};
  /* A constant gradient: every step moves by rate g/(|g| + epsilon). */
  double x[2] = {1, -1}, moments[4] = {0};
  const double g[2] = {3, -1e-8};
  for (long step = 1; step <= 5; step++) adam_step(&rule, .1, step, 2, g, moments, x);
  cr_expect_float_eq(x[0], 1 - .5 * 3 / (3 + 1e-8), 1e-13);
  cr_expect_float_eq(x[1], -1 + .25, 1e-12);
  /* Gradients 1, then 0, with beta1 = beta2 = 1/2: m = 1/2, 1/4, hats 1, 1/3; s likewise. */
  const adam_rule half = {.5, .5, 0};
  double y = 0, two[2] = {0};
  const double gradients[2] = {1, 0};
  for (long step = 1; step <= 2; step++) adam_step(&half, 1, step, 1, gradients + step - 1, two, &y);
  cr_expect_float_eq(y, -1 - (1 / 3.) / sqrt(1 / 3.), 1e-15);
}

/* ---- levels ---- */

/* What is not a product of BLAS has the same bits whatever the vectors. */
Test(layers, every_level_gives_the_same_bits) {
  enum { N = 19, D = 13, ALL = N * D };
  static double results[SIMD_AVX512 + 1][9 * ALL];
  static float singles[SIMD_AVX512 + 1][ALL + N + D];
  const double *x = normals(3 * ALL, 1);
  const adam_rule rule = {.9, .999, 1e-8};
  int classes[N];
  for (int i = 0; i < N; i++) classes[i] = i % D;
  for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
    double *r = results[level], *G = r + ALL, *Z = G + ALL, *moments = Z + ALL, lengths[N];
    simd_set_level((simd_level)level);
    memcpy(r, x, 3 * ALL * sizeof *x);
    layer_add_normalise(x + ALL, r, N, D, true, 1.3, lengths);
    layer_normalise_reverse(r, N, D, true, 1.3, lengths, G);
    layer_activation_reverse_add(ACTIVATION_SQUAREPLUS, x, ALL, r, G);
    r[8 * ALL - 1] = layer_cross_entropy(Z, N, D, classes, .1) + layer_decay(.2, x, ALL, Z);
    adam_step(&rule, .1, 1, ALL, Z, moments, r + 5 * ALL);
    layer_turn(x, N, D, r + 6 * ALL);
    double *h = r + 8 * ALL;
    float *f = singles[level], weights[D];
    memcpy(h, x, ALL * sizeof *x);
    for (int i = 0; i < ALL; i++) f[i] = (float)x[i];
    memcpy(weights, f, sizeof weights);
    layer_relu_readout(h, N, D, x, lengths), layer_single_relu_readout(f, N, D, weights, f + ALL);
    layer_relu_readout_reverse(h, N, D, x, lengths, r + 7 * ALL);
    layer_single_relu_readout_reverse(f, N, D, weights, f + ALL, f + ALL + N);
    cr_assert_eq(memcmp(r, results[0], 9 * ALL * sizeof *r), 0, "%s", simd_level_name((simd_level)level));
    cr_assert_eq(memcmp(f, singles[0], sizeof singles[0]), 0, "%s", simd_level_name((simd_level)level));
  }
}
