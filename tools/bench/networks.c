/* Times training steps and trajectories of the papers with trained models, on one core, and prints a table.
 *
 *     bench-networks [REPETITIONS] [PYTHON SCRIPT]
 *
 * A training step is forward, reverse and Adam, at the shapes of the claims. The operations of its products
 * are set against DGEMM of square matrices; with a script, the step also against the same step in NumPy, of
 * which the script prints the milliseconds. Medians over the repetitions. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/kernels/adam.h"
#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"
#include "sim/token-embeddings/token-embeddings.h"
#include "sim/ttt-icl/tabular.h"

enum { MOST_REPETITIONS = 101 };

/* Of the processor, so that a busy machine does not count. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(const assay_error *error) {
  fprintf(stderr, "bench-networks: %s\n", error->text);
  exit(2);
}

static void *room(size_t n, size_t size) {
  void *p = calloc(n, size);
  if (!p) stop(&(assay_error){ASSAY_NO_MEMORY, "no memory"});
  return p;
}

static double *normals(size_t n) {
  random_source source = random_open(&(assay_stream){1, 0}, RANDOM_DESIGN, 0);
  double *x = room(n, sizeof *x);
  random_normals(&source, x, n);
  return x;
}

/* One line of the table: one model at one size, and the script's arguments for it. */
typedef struct line line;
struct line {
  const char *name, *python;
  neural_collapse_network net;
  struct {
    bool soft;
    int d, n, N;
  } classifier;
  struct {
    int n, k, m0, T;
  } tokens;
  double (*step)(const line *);       /* seconds of one */
  double (*operations)(const line *); /* of its matrix products; NULL: it has none */
};

/* ---- networks with normalised blocks ---- */

static double network_step(const line *at) {
  const neural_collapse_network *net = &at->net;
  const int N = net->task.K * net->task.n, d = net->task.d;
  const int steps = net->task.d > 100 ? 20 : 300;
  double *inputs = normals((size_t)N * (size_t)(net->pixels ? net->pixels : d)),
         *lengths = room((size_t)N, sizeof *lengths);
  neural_collapse_trained result;
  assay_error error = {0};
  if (!net->pixels) layer_normalise(inputs, N, d, true, 1, lengths);
  const double start = seconds();
  if (neural_collapse_train(net, inputs, steps, &(assay_stream){2, 1}, &result, &error)) stop(&error);
  const double time = (seconds() - start) / (steps + 1);
  free(inputs);
  free(lengths);
  return time;
}

/* Three products for each matrix; the derivative by inputs that are not trained is not formed. */
static double network_operations(const line *at) {
  const neural_collapse_network *net = &at->net;
  const double N = net->task.K * net->task.n, d = net->task.d, K = net->task.K, T = net->T;
  const bool tokens = net->blocks == NEURAL_COLLAPSE_TX1;
  const double block =
      6 * neural_collapse_block_matrices(net->blocks) * N * d * d + (tokens ? 12 * N * T * d : 0);
  const double skipped = tokens ? 4 * N * d * d + 2 * N * T * d : 2 * N * d * d;
  return net->L * block + 6 * N * d * K + (net->pixels ? 4 * N * d * net->pixels : -skipped);
}

/* ---- attention classifiers ---- */

static ttt_icl_samples samples(int n, int d, unsigned index) {
  const assay_stream stream = {1, 0};
  random_source x = random_open(&stream, RANDOM_DESIGN, index), y = random_open(&stream, RANDOM_LABEL, index);
  const ttt_icl_samples s = {n, d, room((size_t)(n * d), sizeof(double)), room((size_t)n, sizeof(int))};
  random_normals(&x, s.x, (size_t)(n * d));
  for (int i = 0; i < n; i++) {
    uint64_t label;
    random_integers(&y, TTT_ICL_CLASSES, &label, 1);
    s.label[i] = (int)label;
  }
  return s;
}

static double classifier_step(const line *at) {
  enum { STEPS = 300 };
  static const adam_rule rule = {.9, .999, 1e-8};
  const int d = at->classifier.d, n = at->classifier.n, N = at->classifier.N;
  const ttt_icl_samples context = samples(n, d, 0), queries = samples(N, d, 1);
  double *doubles = room(ttt_icl_classifier_doubles(d, n, N), sizeof *doubles),
         *W = room((size_t)(d * d), sizeof *W);
  ttt_icl_classifier r = ttt_icl_classifier_open(d, n, N, doubles);
  for (int i = 0; i < d; i++) W[i * (d + 1)] = .05;
  const double start = seconds();
  for (int step = 1; step <= STEPS; step++) {
    ttt_icl_classifier_loss(&r, at->classifier.soft, W, &context, &queries);
    adam_step(&rule, 1e-3, step, (size_t)(d * d), r.gradient, r.moments, W);
  }
  const double time = (seconds() - start) / STEPS;
  free(context.x), free(context.label), free(queries.x), free(queries.label), free(doubles), free(W);
  return time;
}

/* X W K' and back, by the shorter side. */
static double classifier_operations(const line *at) {
  const double d = at->classifier.d, n = at->classifier.soft ? at->classifier.n : TTT_ICL_CLASSES,
               N = at->classifier.N;
  return 4 * d * d * (n < N ? n : N) + 4 * N * n * d;
}

/* ---- embeddings ---- */

static double gradient_step(const line *at) {
  enum { STEPS = 200 };
  const token_embeddings_model model = {at->tokens.n, at->tokens.T, at->tokens.k, at->tokens.m0, NULL, 0};
  const size_t n = (size_t)model.n, m = (size_t)token_embeddings_model_size(&model);
  double *y = room(n + 2 * m, sizeof *y), *A = y + n, *B = A + m, *scores = normals(2 * m);
  uint64_t *words = room(2 * n * (size_t)model.T + n, sizeof *words);
  uint16_t *token = room(n * (size_t)model.T, sizeof *token);
  token_embeddings_draw(&model, RANDOM_DESIGN, 0, &(assay_stream){1, 0}, NULL, y, token, words);
  const token_embeddings_lists lists = {model.n, (int)m, model.T, token, y};
  const double start = seconds();
  for (int step = 0; step < STEPS; step++) token_embeddings_gradients(&lists, scores, scores + m, A, B);
  const double time = (seconds() - start) / STEPS;
  free(y), free(words), free(token), free(scores);
  return time;
}

/* From t = 0 to 1000 on the balanced design, K the identity. */
static double flow_step(const line *at) {
  enum { STEPS = 20 };
  const int k = at->tokens.k, m0 = at->tokens.m0, n = 2 * k * m0, m = 2 * k + m0;
  const size_t cells = (size_t)(n * m);
  double *doubles = room(cells + 2 * (size_t)n + (size_t)(2 * m * m + 19 * m), sizeof *doubles);
  double *y = doubles + cells, *odds = y + n, *gam = odds + n, *K = gam + m, *zero = K + m * m,
         *om = zero + m;
  token_embeddings_walk walk = {
      .data = {n, m, doubles, y}, .gam = gam, .K = K, .z0 = zero, .odds = odds, .room = om + m};
  assay_error error = {0};
  walk.selected = room((size_t)(2 * n + 1), sizeof(int));
  walk.first = walk.selected + n;
  walk.cell = room(cells, sizeof *walk.cell);
  if (token_embeddings_balanced(k, m0, at->tokens.T, doubles, y, &error)) stop(&error);
  for (int s = 0; s < m; s++) gam[s] = s < k ? 1 : s < 2 * k ? -1 : 0, K[s * (m + 1)] = 1;
  if (token_embeddings_select(&walk, &error)) stop(&error);
  const double start = seconds();
  for (int step = 0; step < STEPS; step++) {
    double size = 0;
    for (int s = 0; s < m; s++) om[s] = 0;
    if (token_embeddings_flow_advance(&walk, 0, 1000, &size, om, &error)) stop(&error);
  }
  const double time = (seconds() - start) / STEPS;
  free(doubles), free(walk.selected), free(walk.cell);
  return time;
}

/* ---- baselines ---- */

/* Operations a second of DGEMM of square matrices. */
static double time_products(void) {
  enum { SIDE = 512, ROUNDS = 4 };
  double *x = normals(3 * SIDE * SIDE);
  const double start = seconds();
  for (int i = 0; i < ROUNDS; i++)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, x, SIDE, x + SIDE * SIDE,
                SIDE, 0, x + 2 * SIDE * SIDE, SIDE);
  const double rate = ROUNDS * 2. * SIDE * SIDE * SIDE / (seconds() - start);
  free(x);
  return rate;
}

/* Milliseconds a step in NumPy; NaN when there is no script or no NumPy. */
static double time_numpy(const char *script, const char *arguments) {
  char command[4096];
  double ms = NAN;
  if (!script) return NAN;
  snprintf(command, sizeof command,
           "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 /usr/bin/python3 '%s' %s 2>/dev/null", script,
           arguments);
  FILE *python = popen(command, "r");
  if (!python || fscanf(python, "%lf", &ms) != 1) ms = NAN;
  if (python) pclose(python);
  return ms;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *x, int n) {
  qsort(x, (size_t)n, sizeof *x, ascending);
  return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* ---- the table ---- */

/* clang-format off */
#define NETWORK(K, n, d, kind, depth, tokens, images) \
  .net = {.task = {K, n, d, false, 0}, .blocks = kind, .act = ACTIVATION_RELU, .centre = true, \
          .L = depth, .T = tokens, .pixels = images, .lw = .005, .lb = .005}, \
  .step = network_step, .operations = network_operations
#define CLASSIFIER(...) .classifier = {__VA_ARGS__}, .step = classifier_step, .operations = classifier_operations

static const line lines[] = {
  {"neural-collapse, residual, N = 100, d = 32, L = 1", "network rn1 10 10 32 1 0 0", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN1, 1, 0, 0)},
  {"  L = 4", "network rn1 10 10 32 4 0 0", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN1, 4, 0, 0)},
  {"  L = 8", "network rn1 10 10 32 8 0 0", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN1, 8, 0, 0)},
  {"  L = 1, embedding of 784 pixels trained", "network rn1 10 10 32 1 0 784", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN1, 1, 0, 784)},
  {"  two matrices, L = 1", "network rn2 10 10 32 1 0 0", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN2, 1, 0, 0)},
  {"  two matrices, L = 4", "network rn2 10 10 32 4 0 0", NETWORK(10, 10, 32, NEURAL_COLLAPSE_RN2, 4, 0, 0)},
  {"  residual, N = 1000, d = 128, L = 8", "network rn1 10 100 128 8 0 0", NETWORK(10, 100, 128, NEURAL_COLLAPSE_RN1, 8, 0, 0)},
  {"  residual, N = 12, d = 11, L = 8", "network rn1 3 4 11 8 0 0", NETWORK(3, 4, 11, NEURAL_COLLAPSE_RN1, 8, 0, 0)},
  {"neural-collapse, texts: N = 256, T = 8, d = 16, L = 1", "network tx1 2 128 16 1 8 0",
    NETWORK(2, 128, 16, NEURAL_COLLAPSE_TX1, 1, 8, 0)},
  {"  L = 4", "network tx1 2 128 16 4 8 0", NETWORK(2, 128, 16, NEURAL_COLLAPSE_TX1, 4, 8, 0)},
  {"  L = 8", "network tx1 2 128 16 8 8 0", NETWORK(2, 128, 16, NEURAL_COLLAPSE_TX1, 8, 8, 0)},
  {"ttt-icl, softmax attention, d = 64, n = 100, N = 256", "classifier soft 64 100 256", CLASSIFIER(true, 64, 100, 256)},
  {"  N = 64, pretraining", "classifier soft 64 100 64", CLASSIFIER(true, 64, 100, 64)},
  {"  linear attention, N = 256", "classifier lin 64 100 256", CLASSIFIER(false, 64, 100, 256)},
  {"  linear attention, N = 64", "classifier lin 64 100 64", CLASSIFIER(false, 64, 100, 64)},
  {"token-embeddings, first step, n = 400, T = 6, m = 28", "gradient 400 6 28", .tokens = {400, 4, 20, 6}, .step = gradient_step},
  {"  n = 4000, m = 48", "gradient 4000 6 48", .tokens = {4000, 4, 40, 6}, .step = gradient_step},
  {"  flow to t = 1000, n = 60, T = 5, m = 16 (SciPy)", "flow 3 10 5", .tokens = {60, 3, 10, 5}, .step = flow_step},
  {"  n = 160, T = 10, m = 28 (SciPy)", "flow 4 20 10", .tokens = {160, 4, 20, 10}, .step = flow_step},
};
/* clang-format on */
enum { LINES = sizeof lines / sizeof *lines };

int main(int argc, char **argv) {
  static double step[LINES][MOST_REPETITIONS], share[LINES][MOST_REPETITIONS];
  const int repetitions = argc > 1 ? atoi(argv[1]) : 9;
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) {
    fprintf(stderr, "bench-networks: REPETITIONS lies between 1 and %d\n", MOST_REPETITIONS);
    return 2;
  }
  for (int r = 0; r < repetitions; r++)
    for (int l = 0; l < LINES; l++) {
      step[l][r] = lines[l].step(&lines[l]);
      if (lines[l].operations) share[l][r] = lines[l].operations(&lines[l]) / step[l][r] / time_products();
    }
  printf("%-56s %9s %9s %9s   (medians of %d)\n", "a training step", "us", "of DGEMM", "NumPy", repetitions);
  for (int l = 0; l < LINES; l++) {
    const double us = 1e6 * median(step[l], repetitions),
                 numpy = 1e3 * time_numpy(argc > 2 ? argv[2] : NULL, lines[l].python);
    printf("%-56s %9.1f ", lines[l].name, us);
    if (lines[l].operations)
      printf("%8.0f%% ", 100 * median(share[l], repetitions));
    else
      printf("%9s ", "-");
    if (isnan(numpy))
      printf("%9s\n", "-");
    else
      printf("%8.1fx\n", numpy / us);
  }
  return 0;
}
