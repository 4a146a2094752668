/* Experiments on real images and texts. */
#include <math.h>
#include <string.h>

#include "sim/neural-collapse/experiments.h"
#include "sim/neural-collapse/inputs.h"
#include "sim/neural-collapse/neural-collapse.h"

/* clang-format off */
#define RECORD(name, doc) {name, NULL, doc, NULL, ASSAY_MEASURED, 0, 0}
/* clang-format on */

static const assay_observable trained_records[] = {
    RECORD("NC1", "within over between class variance"),
    RECORD("NC2", "distance of the head's Gram matrix from the simplex"),
    RECORD("NC3", "1 - mean cosine of feature and head"),
    RECORD("J", "objective"),
    RECORD("decay", "penalty of the blocks"),
    RECORD("accuracy", "share of samples that are classified right"),
    RECORD("R", "sqrt(1 - within-class variance)"),
    RECORD("loss", "loss and head penalty"),
    RECORD("log_NC1", "its logarithm"),
    RECORD("log_decay", "logarithm of the blocks' penalty"),
    RECORD("slack", "loss and head penalty less those of the best simplex, or frame, of the same R"),
    {0}};

static void put(const neural_collapse_network *net, const neural_collapse_trained *r, double *out) {
  const neural_collapse_metrics *m = &r->metrics;
  const double all[] = {m->NC1,
                        m->NC2,
                        m->NC3,
                        r->J,
                        r->decay,
                        m->accuracy,
                        m->R,
                        r->loss,
                        log(m->NC1),
                        log(r->decay),
                        r->loss - neural_collapse_collapsed_loss(&net->task, net->lw, m->R)};
  memcpy(out, all, sizeof all);
}

static neural_collapse_blocks blocks_of(const assay_call *call) {
  const char *word = assay_word(call, "blocks");
  return !strcmp(word, "tx1")   ? NEURAL_COLLAPSE_TX1
         : !strcmp(word, "rn2") ? NEURAL_COLLAPSE_RN2
                                : NEURAL_COLLAPSE_RN1;
}

/* clang-format off */
#define DEPTH {"L", NULL, "blocks", ASSAY_INTEGER, ASSAY_PAIRED, NULL, "[1,1000]", NULL}
#define DECAYS {"lw", NULL, "weight decay of the head", ASSAY_REAL, 0, NULL, "(0,inf)", "0.005"}, \
  {"lb", NULL, "weight decay of the blocks", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "0.005"}
#define EPOCHS {"epochs", NULL, "steps of Adam", ASSAY_INTEGER, 0, NULL, "[1,1000000]", "600"}
/* clang-format on */

/* ---- images ---- */

typedef struct {
  neural_collapse_network net;
  int epochs, sets;
  unsigned char *pixels;
  double *P, *matrix, *X, *lengths;
} images_run;

static assay_status open_images(assay_call *call, void **state) {
  images_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  const int n = (int)assay_integer(call, "n"), d = (int)assay_integer(call, "d");
  const size_t N = (size_t)(NEURAL_COLLAPSE_IMAGE_CLASSES * n), pixels = NEURAL_COLLAPSE_PIXELS;
  const bool trained = !strcmp(assay_word(call, "embedding"), "trained");
  run->net = (neural_collapse_network){
      .task = {NEURAL_COLLAPSE_IMAGE_CLASSES, n, d, !strcmp(assay_word(call, "loss"), "mse"), 0},
      .blocks = blocks_of(call),
      .act = ACTIVATION_RELU,
      .centre = true,
      .L = (int)assay_integer(call, "L"),
      .pixels = trained ? NEURAL_COLLAPSE_PIXELS : 0,
      .lw = assay_real(call, "lw"),
      .lb = assay_real(call, "lb")};
  run->epochs = (int)assay_integer(call, "epochs");
  run->sets = NEURAL_COLLAPSE_IMAGES / n;
  run->pixels = assay_alloc(call, (size_t)NEURAL_COLLAPSE_IMAGE_CLASSES * NEURAL_COLLAPSE_IMAGES * pixels);
  run->P = assay_alloc(call, N * pixels * sizeof *run->P);
  run->matrix = assay_alloc(call, (size_t)d * pixels * sizeof *run->P);
  run->X = assay_alloc(call, N * (size_t)d * sizeof *run->P);
  run->lengths = assay_alloc(call, N * sizeof *run->P);
  if (!run->pixels || !run->P || !run->matrix || !run->X || !run->lengths) return ASSAY_NO_MEMORY;
  return neural_collapse_read_images(run->pixels, assay_call_error(call));
}

static assay_status replicate_images(assay_call *call, void *state, const assay_stream *stream, double *out) {
  images_run *run = state;
  neural_collapse_trained trained;
  uint64_t s;
  assay_error *error = assay_call_error(call);
  random_source choice = random_open(stream, RANDOM_SPLIT, 0),
                projection = random_open(stream, RANDOM_MATRIX, 0);
  random_integers(&choice, (uint64_t)run->sets, &s, 1);
  const neural_collapse_task *t = &run->net.task;
  assay_status status = neural_collapse_images(run->pixels, t->n, (int)s, run->P, error);
  if (status == ASSAY_OK && run->net.pixels == 0)
    status = neural_collapse_project(run->P, t->K * t->n, t->d, &projection, run->matrix, run->lengths,
                                     run->X, error);
  if (status == ASSAY_OK)
    status = neural_collapse_train(&run->net, run->net.pixels ? run->P : run->X, run->epochs, stream,
                                   &trained, error);
  if (status == ASSAY_OK) put(&run->net, &trained, out);
  return status;
}

static const assay_param images_params[] = {
    DEPTH,
    {"n", NULL, "images of each class", ASSAY_INTEGER, 0, NULL, "[1,500]", "10"},
    {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,204]", "32"},
    DECAYS,
    {"loss", NULL, "cross-entropy or squared", ASSAY_WORD, 0, "ce|mse", NULL, "ce"},
    EPOCHS,
    {"blocks", NULL, "one or two matrices", ASSAY_WORD, ASSAY_PAIRED, "rn1|rn2", NULL, "rn1"},
    {"embedding", NULL, "from pixels to features", ASSAY_WORD, ASSAY_SIM, "frozen|trained", NULL, "frozen"},
    {0}};
const assay_experiment neural_collapse_images_run = {
    .id = "neural-collapse/images",
    .doc = "ReLU residual network on Fashion-MNIST, trained by Adam; a replicate has its own images, "
           "projection and start.",
    .params = images_params,
    .records = trained_records,
    .block = 1,
    .open = open_images,
    .replicate = replicate_images};

/* ---- texts ---- */

typedef struct {
  neural_collapse_network net;
  neural_collapse_texts texts;
  int epochs;
  double *vectors, *lengths, *X;
} texts_run;

static assay_status open_texts(assay_call *call, void **state) {
  texts_run *run = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  const int mails = (int)assay_integer(call, "mails"), T = (int)assay_integer(call, "T"),
            d = (int)assay_integer(call, "d");
  if (mails * T > 100000)
    return assay_fail(call, ASSAY_DOMAIN, "mails = %d, T = %d: at most 100000 tokens of a class", mails, T);
  run->net = (neural_collapse_network){.task = {2, mails * T, d, false, 0},
                                       .blocks = blocks_of(call),
                                       .act = ACTIVATION_RELU,
                                       .centre = true,
                                       .L = (int)assay_integer(call, "L"),
                                       .T = T,
                                       .lw = assay_real(call, "lw"),
                                       .lb = assay_real(call, "lb")};
  run->epochs = (int)assay_integer(call, "epochs");
  run->vectors = assay_alloc(call, (size_t)(NEURAL_COLLAPSE_VOCABULARY * d) * sizeof *run->X);
  run->lengths = assay_alloc(call, NEURAL_COLLAPSE_VOCABULARY * sizeof *run->X);
  run->X = assay_alloc(call, (size_t)(2 * mails * T) * (size_t)d * sizeof *run->X);
  if (!run->vectors || !run->lengths || !run->X) return ASSAY_NO_MEMORY;
  const assay_status status = neural_collapse_read_texts(mails, T, &run->texts, assay_call_error(call));
  if (status == ASSAY_OK) *state = run;
  return status;
}

static void close_texts(void *state) {
  texts_run *run = state;
  if (run) neural_collapse_free_texts(&run->texts);
}

static assay_status replicate_texts(assay_call *call, void *state, const assay_stream *stream, double *out) {
  texts_run *run = state;
  neural_collapse_trained trained;
  assay_error *error = assay_call_error(call);
  random_source words = random_open(stream, RANDOM_MATRIX, 0);
  assay_status status =
      neural_collapse_embed(&run->texts, run->net.task.d, &words, run->vectors, run->lengths, run->X, error);
  if (status == ASSAY_OK)
    status = neural_collapse_train(&run->net, run->X, run->epochs, stream, &trained, error);
  if (status == ASSAY_OK) put(&run->net, &trained, out);
  return status;
}

static const assay_param texts_params[] = {
    DEPTH,
    {"T", NULL, "words of a sequence", ASSAY_INTEGER, 0, NULL, "[1,1000]", "8"},
    {"d", NULL, "feature width", ASSAY_INTEGER, 0, NULL, "[3,256]", "16"},
    DECAYS,
    EPOCHS,
    {"mails", NULL, "sequences of each class", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000]", "16"},
    {"blocks", NULL, "attention, or none", ASSAY_WORD, ASSAY_SIM, "rn1|tx1", NULL, "tx1"},
    {0}};
const assay_experiment neural_collapse_texts_run = {
    .id = "neural-collapse/texts",
    .doc = "ReLU transformer on mails of SpamAssassin, trained by Adam; a replicate has its own word "
           "vectors and start.",
    .params = texts_params,
    .records = trained_records,
    .block = 1,
    .open = open_texts,
    .replicate = replicate_texts,
    .close = close_texts};
