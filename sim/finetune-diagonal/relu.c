/* A two-layer ReLU network pretrained on ten classes of images and fine-tuned on two of them: what of the
 * early layer is reused. Pretraining is in single precision, what follows in double: the accuracy of a probe
 * of the untrained layer does not depend on its scale, and rounding would move single images. */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/finetune-diagonal/experiments.h"
#include "sim/finetune-diagonal/images.h"
#include "sim/kernels/layers.h"
#include "sim/kernels/random.h"

enum {
  IMAGES_READ = 20000,
  CLASSES = 10,
  BATCH = 50,
  MOST_EPOCHS = 600,
  SHOTS = 20, /* fine-tuning images of each class */
  TRAIN = 2 * SHOTS,
  MOST_STEPS = 20000,
  KERNEL_EVERY = 8
};
static const double PRETRAINED = 0.5, FITTED = 0.05;

typedef struct {
  fashion_images images;
  int H, n, draws, full_draws, classes[2], tests; /* tests: test images of the two classes */
  double c, lambda, gamma;
  bool from_start;                           /* probes read the early layer before pretraining */
  double *W, *A, *W0;                        /* [H][d], [10][H] at the start, [H][d] at the start */
  float *x_single, *W_single, *A_single;     /* [IMAGES_READ][d]; being trained: [d][H], [10][H] */
  float *batch, *hidden, *dH, *dY;           /* [BATCH][d], [BATCH][H] twice, [BATCH][10] */
  double *test_x, *test_y, *test_h, *test_f; /* [tests][d], [tests], [tests][H], [tests] */
  double *x, *y, *h, *kernel, *alpha,
      *a;                          /* [TRAIN][d], [TRAIN], [TRAIN][2H], [TRAIN][TRAIN], [TRAIN], [2H] */
  double *V, *dV, *dz, *da, *gram; /* of full fine-tuning: [2H][d] twice, [TRAIN][2H], [2H], [TRAIN][TRAIN] */
  size_t *order, *rest[2];         /* [IMAGES_READ]: a split; the images of each class outside pretraining */
  size_t left[2];
  int *labels; /* [BATCH] */
} relu_run;

static double *doubles(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

static assay_status give_room(assay_call *call, relu_run *run) {
  size_t d = (size_t)run->images.d, H = (size_t)run->H, tests = (size_t)run->tests,
         all = (size_t)run->images.count;
  run->W = doubles(call, 2 * H * d + CLASSES * H), run->W0 = run->W + H * d, run->A = run->W0 + H * d;
  run->x_single = assay_alloc(call, all * d * sizeof(float));
  run->W_single = assay_alloc(call, (H * d + CLASSES * H) * sizeof(float));
  run->batch = assay_alloc(call, BATCH * (d + 2 * H + CLASSES) * sizeof(float));
  run->test_x = doubles(call, tests * (d + 2 * H + 2));
  run->x = doubles(call, TRAIN * (d + 4 * H + 2 + 2 * TRAIN) + 4 * H);
  run->V = doubles(call, 4 * H * d);
  run->order = assay_alloc(call, 3 * all * sizeof *run->order);
  run->labels = assay_alloc(call, BATCH * sizeof *run->labels);
  if (!run->W || !run->x_single || !run->W_single || !run->batch || !run->test_x || !run->x || !run->V ||
      !run->order || !run->labels)
    return ASSAY_NO_MEMORY;
  run->A_single = run->W_single + H * d;
  run->hidden = run->batch + BATCH * d, run->dH = run->hidden + BATCH * H, run->dY = run->dH + BATCH * H;
  run->test_h = run->test_x + tests * d, run->test_f = run->test_h + 2 * tests * H,
  run->test_y = run->test_f + tests;
  run->y = run->x + TRAIN * d, run->h = run->y + TRAIN, run->dz = run->h + TRAIN * 2 * H;
  run->kernel = run->dz + TRAIN * 2 * H, run->gram = run->kernel + TRAIN * TRAIN,
  run->alpha = run->gram + TRAIN * TRAIN;
  run->a = run->alpha + TRAIN, run->da = run->a + 2 * H;
  run->dV = run->V + 2 * H * d;
  run->rest[0] = run->order + all, run->rest[1] = run->rest[0] + all;
  return ASSAY_OK;
}

static assay_status open_relu(assay_call *call, void **state) {
  relu_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  int side = (int)lround(sqrt(assay_real(call, "pixels")));
  run->H = (int)assay_integer(call, "H"), run->n = (int)assay_integer(call, "images");
  run->draws = (int)assay_integer(call, "draws"), run->full_draws = (int)assay_integer(call, "full_draws");
  run->c = assay_real(call, "c"), run->lambda = assay_real(call, "lambda"),
  run->gamma = assay_real(call, "gamma");
  run->from_start = !strcmp(assay_word(call, "early"), "start");
  run->classes[0] = assay_word(call, "pair")[0] - '0', run->classes[1] = assay_word(call, "pair")[2] - '0';
  if (run->H % 2 || side * side != (int)assay_integer(call, "pixels") || run->n < BATCH ||
      run->n > IMAGES_READ / 2)
    return assay_fail(call, ASSAY_DOMAIN, "H is even, pixels a square, images 50 to %d", IMAGES_READ / 2);
  assay_status status = fashion_open(call, side, IMAGES_READ, &run->images);
  if (status != ASSAY_OK) return status;
  const fashion_images *k = &run->images;
  for (int i = 0; i < k->test_count; i++)
    run->tests += k->test_label[i] == run->classes[0] || k->test_label[i] == run->classes[1];
  status = give_room(call, run);
  for (size_t j = 0; status == ASSAY_OK && j < (size_t)k->count * (size_t)k->d; j++)
    run->x_single[j] = (float)k->x[j];
  for (int i = 0, at = 0; status == ASSAY_OK && i < k->test_count; i++)
    if (k->test_label[i] == run->classes[0] || k->test_label[i] == run->classes[1]) {
      memcpy(run->test_x + (size_t)at * (size_t)k->d, k->test_x + (size_t)i * (size_t)k->d,
             (size_t)k->d * sizeof(double));
      run->test_y[at++] = k->test_label[i] == run->classes[0] ? 1 : -1;
    }
  return status;
}

/* ---- pretraining ---- */

/* The second half of the units copies the first with the readout reversed: the network starts at zero. */
static void draw_network(relu_run *run, const assay_stream *stream) {
  int H = run->H, half = H / 2, d = run->images.d;
  random_source early = random_open(stream, RANDOM_INIT, 0), late = random_open(stream, RANDOM_INIT, 1);
  size_t size = (size_t)half * (size_t)d;
  random_normals(&early, run->W0, size);
  cblas_dscal((int)size, sqrt(run->c * (1 + run->lambda) / d), run->W0, 1);
  memcpy(run->W0 + size, run->W0, size * sizeof *run->W0);
  for (int k = 0; k < CLASSES; k++) {
    double *a = run->A + (size_t)k * H;
    random_normals(&late, a, (size_t)half);
    cblas_dscal(half, sqrt(run->c * (1 - run->lambda) / H), a, 1);
    for (int j = 0; j < half; j++) a[half + j] = -a[j];
  }
}

/* One step of gradient descent on the cross-entropy of BATCH images, whose mean is returned. */
static double batch_step(relu_run *run, const size_t *chosen, double step) {
  int H = run->H, d = run->images.d;
  size_t hidden = BATCH * (size_t)H;
  double Y[BATCH * CLASSES];
  for (int i = 0; i < BATCH; i++) {
    for (int j = 0; i + 1 < BATCH && j < d; j += 16) /* the next one is not in the cache */
      __builtin_prefetch(run->x_single + chosen[i + 1] * (size_t)d + j);
    memcpy(run->batch + (size_t)i * d, run->x_single + chosen[i] * (size_t)d, (size_t)d * sizeof *run->batch);
    run->labels[i] = run->images.label[chosen[i]];
  }
  layer_single_dense_turned(run->batch, BATCH, d, run->W_single, H, 0, run->hidden);
  layer_single_relu(run->hidden, hidden);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BATCH, CLASSES, H, 1, run->hidden, H, run->A_single, H,
              0, run->dY, CLASSES);
  for (int i = 0; i < BATCH * CLASSES; i++) Y[i] = run->dY[i];
  double loss = layer_cross_entropy(Y, BATCH, CLASSES, run->labels, 0);
  for (int i = 0; i < BATCH * CLASSES; i++) run->dY[i] = (float)(-step * Y[i]);
  layer_single_dense_turned(run->dY, BATCH, CLASSES, run->A_single, H, 0, run->dH);
  layer_single_relu_reverse(run->hidden, hidden, run->dH, false, run->dH);
  layer_single_dense_reverse(run->hidden, BATCH, H, NULL, CLASSES, run->dY, run->A_single, 0, NULL);
  layer_single_dense_reverse(run->dH, BATCH, H, NULL, d, run->batch, run->W_single, 0, NULL);
  return loss;
}

/* A split of the images read: the first n of order are for pretraining, rest has those of the two classes
 * that are not. */
static void split(relu_run *run, const assay_stream *stream) {
  random_source source = random_open(stream, RANDOM_SPLIT, 0);
  random_permutation(&source, run->order, (size_t)run->images.count);
  run->left[0] = run->left[1] = 0;
  for (int i = run->n; i < run->images.count; i++)
    for (int k = 0; k < 2; k++)
      if (run->images.label[run->order[i]] == run->classes[k]) run->rest[k][run->left[k]++] = run->order[i];
}

/* W from W0 and A. */
static assay_status pretrain(relu_run *run, const assay_stream *stream, assay_error *error) {
  double step = .5 / (run->images.d * fmax(run->c, 1)), mean = INFINITY;
  int batches = run->n / BATCH, H = run->H, d = run->images.d;
  for (int u = 0; u < H; u++)
    for (int j = 0; j < d; j++) run->W_single[j * H + u] = (float)run->W0[u * d + j];
  for (int j = 0; j < CLASSES * H; j++) run->A_single[j] = (float)run->A[j];
  for (int epoch = 0; epoch < MOST_EPOCHS; epoch++) {
    /* The order of an epoch is a permutation of the first n places of the split, in the rest of its room. */
    size_t *place = run->order + run->n;
    random_source source = random_open(stream, RANDOM_SPLIT, 1 + (unsigned)epoch);
    size_t chosen[BATCH];
    random_permutation(&source, place, (size_t)run->n);
    mean = 0;
    for (int b = 0; b < batches; b++) {
      for (int i = 0; i < BATCH; i++) chosen[i] = run->order[place[b * BATCH + i]];
      mean += batch_step(run, chosen, step) / batches;
    }
    if (mean < PRETRAINED || !isfinite(mean)) break;
  }
  for (int u = 0; u < H; u++)
    for (int j = 0; j < d; j++) run->W[u * d + j] = run->W_single[j * H + u];
  if (mean < PRETRAINED) return ASSAY_OK;
  return assay_error_set(error, ASSAY_NUMERIC, "after %d epochs the mean loss is %.3g, not below %.3g",
                         MOST_EPOCHS, mean, PRETRAINED);
}

/* ---- fine-tuning ---- */

static void draw_task(relu_run *run, const assay_stream *stream, unsigned draw) {
  random_source source = random_open(stream, RANDOM_DESIGN, draw);
  int d = run->images.d;
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < SHOTS;
         i++) { /* without replacement: the first places of a shuffle that is not undone */
      uint64_t j;
      random_integers(&source, run->left[k] - (size_t)i, &j, 1);
      size_t *one = run->rest[k] + i, *other = one + j, swap = *one;
      *one = *other, *other = swap;
      memcpy(run->x + (size_t)(k * SHOTS + i) * (size_t)d, run->images.x + *one * (size_t)d,
             (size_t)d * sizeof *run->x);
      run->y[k * SHOTS + i] = k ? -1 : 1;
    }
}

static double share_right(const relu_run *run) {
  int right = 0;
  for (int i = 0; i < run->tests; i++) right += run->test_f[i] * run->test_y[i] > 0;
  return (double)right / run->tests;
}

/* relu(test_x W') into test_h, for the probes. */
static void test_features(relu_run *run, const double *W) {
  size_t size = (size_t)run->tests * (size_t)run->H;
  layer_dense(run->test_x, run->tests, run->images.d, W, run->H, 0, run->test_h);
  layer_relu(run->test_h, size);
}

/* Test accuracy of the readout of least norm on the frozen early layer W, ridge 1e-10 of the mean eigenvalue.
 */
static assay_status probe(relu_run *run, const double *W, double *accuracy, assay_error *error) {
  int H = run->H;
  double trace = 0;
  layer_dense(run->x, TRAIN, run->images.d, W, H, 0, run->h);
  layer_relu(run->h, TRAIN * (size_t)H);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, TRAIN, H, 1, run->h, H, 0, run->kernel, TRAIN);
  for (int i = 0; i < TRAIN; i++) trace += run->kernel[i * TRAIN + i];
  for (int i = 0; i < TRAIN; i++) run->kernel[i * TRAIN + i] += 1e-10 * trace / TRAIN;
  memcpy(run->alpha, run->y, TRAIN * sizeof *run->y);
  if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', TRAIN, 1, run->kernel, TRAIN, run->alpha, 1))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "the features of the fine-tuning images are linearly dependent");
  cblas_dgemv(CblasRowMajor, CblasTrans, TRAIN, H, 1, run->h, H, run->alpha, 1, 0, run->a, 1);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, run->tests, H, 1, run->test_h, H, run->a, 1, 0, run->test_f, 1);
  *accuracy = share_right(run);
  return ASSAY_OK;
}

/* The mean test accuracy of the probe over the draws of fine-tuning images, which are those of every W. */
static assay_status probes(relu_run *run, const assay_stream *stream, const double *W, double *mean,
                           assay_error *error) {
  *mean = 0;
  split(run, stream);
  test_features(run, W);
  for (int draw = 0; draw < run->draws; draw++) {
    double accuracy = 0;
    draw_task(run, stream, (unsigned)draw);
    assay_status status = probe(run, W, &accuracy, error);
    if (status != ASSAY_OK) return status;
    *mean += accuracy / run->draws;
  }
  return ASSAY_OK;
}

/* f and the residual in alpha; the mean squared error. */
static double full_forward(relu_run *run) {
  int U = 2 * run->H;
  layer_dense(run->x, TRAIN, run->images.d, run->V, U, 0, run->h);
  layer_relu_readout(run->h, TRAIN, U, run->a, run->alpha);
  cblas_daxpy(TRAIN, -1, run->y, 1, run->alpha, 1);
  return cblas_ddot(TRAIN, run->alpha, 1, run->alpha, 1) / TRAIN;
}

/* The largest eigenvalue of the tangent kernel h h' + (x x') o (s s'), s = a o 1(h > 0). */
static double largest_of_kernel(relu_run *run) {
  int U = 2 * run->H;
  double values[TRAIN];
  for (int i = 0; i < TRAIN; i++)
    for (int u = 0; u < U; u++) run->dz[i * U + u] = run->h[i * U + u] > 0 ? run->a[u] : 0;
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, TRAIN, U, 1, run->dz, U, 0, run->kernel, TRAIN);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, TRAIN, run->images.d, 1, run->x, run->images.d, 0,
              run->gram, TRAIN);
  for (int i = 0; i < TRAIN * TRAIN; i++) run->kernel[i] *= run->gram[i];
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, TRAIN, U, 1, run->h, U, 1, run->kernel, TRAIN);
  return LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', TRAIN, run->kernel, TRAIN, values) ? NAN
                                                                                      : values[TRAIN - 1];
}

/* Gradient descent of both layers on half the squared residuals, units doubled with opposite readouts. */
static assay_status fine_tune(relu_run *run, const double *W, const assay_stream *stream, unsigned draw,
                              double *accuracy, assay_error *error) {
  int H = run->H, U = 2 * H, d = run->images.d;
  random_source readout = random_open(stream, RANDOM_INIT, 2 + draw);
  double mse = INFINITY, step = 0;
  random_normals(&readout, run->a, (size_t)H);
  cblas_dscal(H, run->gamma / sqrt(H), run->a, 1);
  for (int u = 0; u < H; u++) run->a[H + u] = -run->a[u];
  for (int k = 0; k < 2; k++) memcpy(run->V + (size_t)k * (size_t)(H * d), W, (size_t)(H * d) * sizeof *W);
  for (int i = 0; i < MOST_STEPS && isfinite(mse = full_forward(run)) && mse >= FITTED; i++) {
    if (i % KERNEL_EVERY == 0) step = 1 / largest_of_kernel(run);
    memset(run->da, 0, (size_t)U * sizeof *run->da), memset(run->dV, 0, (size_t)(U * d) * sizeof *run->dV);
    layer_relu_readout_reverse(run->h, TRAIN, U, run->a, run->alpha, run->da);
    layer_dense_reverse(run->x, TRAIN, d, run->V, U, run->h, run->dV, 0, NULL);
    double most = .3 * fmax(cblas_dnrm2(U, run->a, 1), .01), move = step * cblas_dnrm2(U, run->da, 1),
           h = move > most ? step * most / move : step;
    cblas_daxpy(U, -h, run->da, 1, run->a, 1);
    cblas_daxpy(U * d, -h, run->dV, 1, run->V, 1);
  }
  if (!(mse < FITTED))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "after %d steps of fine-tuning the squared error is %.3g, not below %.3g",
                           MOST_STEPS, mse, FITTED);
  layer_dense(run->test_x, run->tests, d, run->V, U, 0, run->test_h);
  layer_relu_readout(run->test_h, run->tests, U, run->a, run->test_f);
  *accuracy = share_right(run);
  return ASSAY_OK;
}

static assay_status full_runs(relu_run *run, const assay_stream *stream, const double *W, double *mean,
                              assay_error *error) {
  *mean = 0;
  split(run, stream);
  for (int draw = 0; draw < run->full_draws; draw++) {
    double accuracy = 0;
    draw_task(run, stream, (unsigned)(run->draws + draw));
    assay_status status = fine_tune(run, W, stream, (unsigned)draw, &accuracy, error);
    if (status != ASSAY_OK) return status;
    *mean += accuracy / run->full_draws;
  }
  return ASSAY_OK;
}

enum { ACC_PROBE, ACC_PROBE_NOPT, GAIN, ACC_FULL, ACC_FULL_NOPT, FULL_GAIN };

static assay_status replicate_relu(assay_call *call, void *state, const assay_stream *stream, double *out) {
  relu_run *run = state;
  assay_error *error = assay_call_error(call);
  split(run, stream);
  draw_network(run, stream);
  assay_status status = run->from_start ? ASSAY_OK : pretrain(run, stream, error);
  if (status == ASSAY_OK)
    status = probes(run, stream, run->from_start ? run->W0 : run->W, &out[ACC_PROBE], error);
  if (status == ASSAY_OK) status = probes(run, stream, run->W0, &out[ACC_PROBE_NOPT], error);
  if (status != ASSAY_OK) return status;
  out[GAIN] = out[ACC_PROBE] - out[ACC_PROBE_NOPT];
  status = full_runs(run, stream, run->W, &out[ACC_FULL], error);
  if (status == ASSAY_OK) status = full_runs(run, stream, run->W0, &out[ACC_FULL_NOPT], error);
  out[FULL_GAIN] = out[ACC_FULL] - out[ACC_FULL_NOPT];
  return status;
}

static const assay_param relu_params[] = {
    {"pair", NULL, "classes of the fine-tuning task", ASSAY_WORD, 0, "2-6|4-6", NULL, "2-6"},
    {"lambda", NULL, "relative scale of the layers", ASSAY_REAL, ASSAY_PAIRED, NULL, "(-1,1)", NULL},
    {"c", NULL, "absolute scale of the start", ASSAY_REAL, 0, NULL, "(0,inf)", "1"},
    {"gamma", NULL, "scale of the readout in full fine-tuning", ASSAY_REAL, 0, NULL, "(0,inf)", "0.03"},
    {"images", NULL, "images of pretraining", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[50,10000]", NULL},
    {"pixels", NULL, "of the pooled images", ASSAY_INTEGER, ASSAY_SIM, NULL, "[16,196]", "196"},
    {"H", NULL, "hidden units", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,10000]", "100"},
    {"draws", NULL, "probes: draws of fine-tuning images", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000]", "20"},
    {"early", NULL, "what the first probe reads: the early layer after pretraining, or at the start",
     ASSAY_WORD, ASSAY_SIM, "pretrained|start", NULL, "pretrained"},
    {"full_draws", NULL, "full fine-tuning: draws of fine-tuning images; 0: none", ASSAY_INTEGER, ASSAY_SIM,
     NULL, "[0,1000]", "0"},
    {0}};
static const assay_observable relu_records[] = {
    {"acc_probe", NULL, "test accuracy of a readout on the frozen pretrained layer", NULL, ASSAY_MEASURED, 0,
     1},
    {"acc_probe_nopt", NULL, "the same without pretraining", NULL, ASSAY_MEASURED, 0, 1},
    {"gain", NULL, "their difference", NULL, ASSAY_MEASURED, -1, 1},
    {"acc_full", NULL, "test accuracy after fine-tuning both layers", NULL, ASSAY_MEASURED, 0, 1},
    {"acc_full_nopt", NULL, "the same without pretraining", NULL, ASSAY_MEASURED, 0, 1},
    {"full_gain", NULL, "their difference", NULL, ASSAY_MEASURED, -1, 1},
    {0}};
const assay_experiment finetune_diagonal_relu_images = {
    .id = "finetune-diagonal/relu-images",
    .doc = "A ReLU network pretrained, in single precision, on ten classes of images to a loss of 0.5 and "
           "fine-tuned on 20 + 20 images of two of them.",
    .params = relu_params,
    .records = relu_records,
    .block = 1,
    .open = open_relu,
    .replicate = replicate_relu,
};
