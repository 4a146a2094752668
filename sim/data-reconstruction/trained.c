/* Reconstruction from the last layer of trained networks, and of real images from random features. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/fashion.h"
#include "sim/data-reconstruction/experiments.h"
#include "sim/data-reconstruction/network.h"
#include "sim/data-reconstruction/room.h"

#define STARTS(preset) INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", preset)

/* A search is started at several points of the sphere, up to the first that ends below `enough`. */
typedef struct {
  double (*search)(void *context, double *Xh); /* improves Xh [n][d]; its loss */
  void *context;
  int starts, n, d;
  double enough;
} starts;

/* The least loss; best [n][d] is where. Starts are drawn from the source PERTURBATION, an index each. */
static double best_start(const starts *of, const assay_stream *stream, double *Xh, double *best) {
  double least = INFINITY;
  for (int s = 0; s < of->starts && !(least < of->enough); s++) {
    random_source start = random_open(stream, RANDOM_PERTURBATION, (unsigned)s);
    room_spherical(&start, of->n, of->d, Xh);
    double L = of->search(of->context, Xh);
    if (L < least) {
      least = L;
      memcpy(best, Xh, (size_t)of->n * (size_t)of->d * sizeof *best);
    }
  }
  return least;
}

/* ---- trained networks ---- */

typedef struct {
  network net;
  inversion *search;
  int starts;
  double head, share;
  bool whole; /* theta is the head itself, not its change */
  double *X, *Y, *theta, *Xh, *best;
} network_run;

static assay_status open_network(assay_call *call, void **state) {
  network_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  network_arch arch = strcmp(assay_word(call, "arch"), "residual") ? NETWORK_TWO_LAYER : NETWORK_RESIDUAL;
  int n = (int)assay_integer(call, "n"), d = (int)assay_integer(call, "d"), w = (int)assay_integer(call, "w");
  run->starts = (int)assay_integer(call, "starts"), run->head = assay_real(call, "h");
  run->share = arch == NETWORK_RESIDUAL ? .06 : .2;
  run->whole = !strcmp(assay_word(call, "theta"), "final");
  if (w < n) return assay_fail(call, ASSAY_DOMAIN, "w = %d; at least n = %d are needed", w, n);
  size_t size = (size_t)n * (size_t)d;
  run->X = room_numbers(call, size), run->Xh = room_numbers(call, size), run->best = room_numbers(call, size);
  run->Y = room_numbers(call, (size_t)n), run->theta = room_numbers(call, (size_t)w);
  if (!run->X || !run->Xh || !run->best || !run->Y || !run->theta) return ASSAY_NO_MEMORY;
  assay_status status = network_open(call, arch, n, d, w, &run->net);
  feature_map map = network_features(&run->net);
  if (status == ASSAY_OK && !(run->search = inversion_new(&map, n, assay_call_error(call))))
    status = ASSAY_NO_MEMORY;
  return status;
}

static void close_network(void *state) {
  if (state) inversion_free(((network_run *)state)->search);
}

static const double ZERO_LOSS = 1e-24;
enum { TRAINING_STEPS = 20000, SEARCH_STEPS = 500 };

static double search_network(void *context, double *Xh) {
  network_run *run = context;
  return inversion_search(run->search, run->theta, Xh, ZERO_LOSS, SEARCH_STEPS);
}

static assay_status replicate_network(assay_call *call, void *state, const assay_stream *stream,
                                      double *out) {
  network_run *run = state;
  network *net = &run->net;
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  double mse;
  room_draw_samples(stream, net->n, net->d, run->X);
  random_signs(&label, run->Y, (size_t)net->n);
  network_draw(net, stream, run->head);
  memcpy(run->theta, network_head(net), (size_t)net->w * sizeof *run->theta);
  assay_status status =
      network_train(net, run->X, run->Y, run->share, 1e-12, TRAINING_STEPS, &mse, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int j = 0; j < net->w; j++) run->theta[j] = network_head(net)[j] - (run->whole ? 0 : run->theta[j]);
  double eta = inversion_loss(run->search, run->theta, run->X, NULL);
  const starts from = {search_network, run, run->starts, net->n, net->d, ZERO_LOSS};
  double L = best_start(&from, stream, run->Xh, run->best);
  if (!isfinite(L)) return assay_fail(call, ASSAY_NUMERIC, "no start has finite features");
  out[0] = reconstruction_match(run->X, run->best, net->n, net->d, false);
  out[1] = eta, out[2] = log10(fmax(eta, 1e-32)), out[3] = mse, out[4] = L;
  return ASSAY_OK;
}

static const assay_param network_params[] = {
    {"arch", NULL, "network", ASSAY_WORD, 0, "two-layer|residual", NULL, "two-layer"},
    {"h", NULL, "scale of the head at the start", ASSAY_REAL, 0, NULL, "[0,inf)", "0"},
    DIMENSION(0),
    INTEGER("n", "samples", 0, "[1,6]", NULL),
    INTEGER("w", "width", ASSAY_SIM, "[1,100000]", NULL),
    STARTS("4"),
    {"theta", NULL, "what is inverted: the change of the head, or the head", ASSAY_WORD, ASSAY_SIM,
     "change|final", NULL, "change"},
    {0}};
static const assay_observable network_records[] = {
    {"err", NULL, "error of the start of lowest loss", NULL, ASSAY_MEASURED, 0, 2},
    {"eta", NULL, "share of theta outside the span of the trained features of the samples", NULL,
     ASSAY_MEASURED, 0, 1},
    {"log10_eta", NULL, "its decimal logarithm", NULL, ASSAY_MEASURED, 0, 0},
    {"mse", NULL, "training error", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"L", NULL, "the lowest loss", NULL, ASSAY_MEASURED, 0, 1},
    {0}};
const assay_experiment data_reconstruction_trained_network = {
    .id = "data-reconstruction/trained-network",
    .doc = "Samples reconstructed from the last layer of a trained network.",
    .params = network_params,
    .records = network_records,
    .block = 1,
    .open = open_network,
    .replicate = replicate_network,
    .close = close_network};

/* ---- images ---- */

static const double ENOUGH = 1e-14;
enum { PER_SET = 4, IMAGES_READ = 12000, FOR_THE_MEAN = 6000 };

typedef struct {
  int d, p, starts, sets, fixed; /* fixed: the set that every replicate takes; -1: its number */
  bool newton;                   /* Levenberg-Marquardt in place of L-BFGS */
  double *images;                /* [sets][PER_SET][d], rows of norm sqrt(d) */
  double *V, *Xh, *best;
  random_features *features;
  inversion *search;
  reconstruction *fit;
} image_run;

/* Images 2k, 2k+1 of class 0 and of class 1, less the mean of the first 6000 images, at norm sqrt(d). */
static assay_status fill_sets(assay_call *call, image_run *run, const idx_images *images,
                              const idx_labels *labels) {
  int d = run->d, side = 28 / (int)lround(sqrt(d)), found[2] = {0, 0}, most = images->count / 4;
  double *mean = room_numbers(call, (size_t)d), *one = room_numbers(call, (size_t)d);
  run->images = room_numbers(call, (size_t)most * PER_SET * (size_t)d);
  if (!mean || !one || !run->images) return ASSAY_NO_MEMORY;
  for (int i = 0; i < FOR_THE_MEAN; i++) {
    idx_pool(images, i, side, one);
    cblas_daxpy(d, 1. / FOR_THE_MEAN, one, 1, mean, 1);
  }
  for (int i = 0; i < images->count; i++) {
    int class = labels->labels[i];
    if (class > 1 || found[class] / 2 >= most) continue;
    double *x = run->images + (size_t)(found[class] / 2 * PER_SET + 2 * class + found[class] % 2) * (size_t)d;
    idx_pool(images, i, side, x);
    cblas_daxpy(d, -1, mean, 1, x, 1);
    cblas_dscal(d, sqrt(d) / cblas_dnrm2(d, x, 1), x, 1);
    found[class]++;
  }
  run->sets = (found[0] < found[1] ? found[0] : found[1]) / 2;
  return ASSAY_OK;
}

static assay_status read_sets(assay_call *call, image_run *run) {
  idx_images images;
  idx_labels labels;
  assay_status status = fashion_read(false, IMAGES_READ, &images, &labels, assay_call_error(call));
  if (status == ASSAY_OK) status = fill_sets(call, run, &images, &labels);
  idx_free_images(&images);
  idx_free_labels(&labels);
  return status;
}

static assay_status open_images(assay_call *call, void **state) {
  image_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  int side = (int)lround(sqrt(assay_real(call, "d")));
  run->d = (int)assay_integer(call, "d"), run->p = (int)assay_integer(call, "p"),
  run->starts = (int)assay_integer(call, "starts");
  run->fixed = assay_given(call, "set") ? (int)assay_integer(call, "set") : -1;
  if (side * side != run->d || 28 % side)
    return assay_fail(call, ASSAY_DOMAIN, "d = %d; 28 x 28 images are pooled to 16, 49 or 196 pixels",
                      run->d);
  if (run->p < PER_SET)
    return assay_fail(call, ASSAY_DOMAIN, "p = %d; at least %d features are needed", run->p, PER_SET);
  size_t d = (size_t)run->d, p = (size_t)run->p;
  run->V = room_numbers(call, p * d), run->Xh = room_numbers(call, PER_SET * d),
  run->best = room_numbers(call, PER_SET * d);
  if (!run->V || !run->Xh || !run->best) return ASSAY_NO_MEMORY;
  feature_map map;
  run->newton = !strcmp(assay_word(call, "solver"), "newton");
  run->fit = reconstruction_new(ACTIVATION_RELU_ERF, run->d, PER_SET, run->p, assay_call_error(call));
  run->features =
      random_features_new(ACTIVATION_RELU_ERF, run->V, PER_SET, run->d, run->p, &map, assay_call_error(call));
  if (!run->fit || !run->features || !(run->search = inversion_new(&map, PER_SET, assay_call_error(call))))
    return ASSAY_NO_MEMORY;
  return read_sets(call, run);
}

static void close_images(void *state) {
  image_run *run = state;
  if (!run) return;
  inversion_free(run->search);
  random_features_free(run->features);
  reconstruction_free(run->fit);
}

enum { NEWTON_STEPS = 150, IMAGE_SEARCH_STEPS = 1500 };

static double newton_search(void *context, double *Xh) {
  return reconstruction_solve(((image_run *)context)->fit, Xh, ENOUGH, NEWTON_STEPS);
}
static double lbfgs_search(void *context, double *Xh) {
  image_run *run = context;
  return inversion_search(run->search, reconstruction_parameters(run->fit), Xh, ENOUGH, IMAGE_SEARCH_STEPS);
}

static assay_status replicate_images(assay_call *call, void *state, const assay_stream *stream, double *out) {
  image_run *run = state;
  const double labels[PER_SET] = {-1, -1, 1, 1};
  long set = run->fixed >= 0 ? run->fixed : (long)stream->replicate;
  if (set >= run->sets)
    return assay_fail(call, ASSAY_DOMAIN, "set = %ld; the first %d images hold the sets 0 to %d", set,
                      IMAGES_READ, run->sets - 1);
  const double *X = run->images + (size_t)set * PER_SET * (size_t)run->d;
  room_draw_weights(stream, run->p, run->d, run->V), random_features_renew(run->features);
  assay_status status = reconstruction_train(run->fit, run->V, X, labels, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const starts from = {run->newton ? newton_search : lbfgs_search, run, run->starts, PER_SET, run->d, ENOUGH};
  double L = best_start(&from, stream, run->Xh, run->best);
  if (!isfinite(L)) return assay_fail(call, ASSAY_NUMERIC, "no start has finite features");
  out[0] = reconstruction_match(X, run->best, PER_SET, run->d, false);
  out[1] = L, out[2] = out[0] < 1e-3;
  return ASSAY_OK;
}

static const assay_param image_params[] = {
    INTEGER("d", "pixels of the pooled images: 16, 49 or 196", ASSAY_SIZE, "[16,196]", "49"),
    INTEGER("p", "features", ASSAY_SIM, "[1,1000000]", NULL),
    INTEGER("set", "which images; not given: a replicate takes the set of its number", ASSAY_SIM, "[0,10000]",
            ""),
    STARTS("6"),
    {"solver", NULL, "L-BFGS, or Levenberg-Marquardt, which is faster at d = 16", ASSAY_WORD, ASSAY_SIM,
     "lbfgs|newton", NULL, "lbfgs"},
    {0}};
static const assay_observable image_records[] = {
    {"err", NULL, "error of the start of lowest loss", NULL, ASSAY_MEASURED, 0, 2},
    {"L", NULL, "the lowest loss", NULL, ASSAY_MEASURED, 0, 1},
    {"success", NULL, "err < 1e-3", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_images = {
    .id = "data-reconstruction/images",
    .doc = "Images of two classes reconstructed from random features.",
    .params = image_params,
    .records = image_records,
    .block = 1,
    .open = open_images,
    .replicate = replicate_images,
    .close = close_images};
