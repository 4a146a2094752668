#include "sim/neural-collapse/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/elementary.h"

int neural_collapse_block_matrices(neural_collapse_blocks blocks) {
  return blocks == NEURAL_COLLAPSE_TX1 ? 4 : blocks == NEURAL_COLLAPSE_RN2 ? 2 : 1;
}

size_t neural_collapse_block_size(const neural_collapse_network *net) {
  return (size_t)neural_collapse_block_matrices(net->blocks) * (size_t)net->task.d * (size_t)net->task.d;
}

size_t neural_collapse_unknowns(const neural_collapse_network *net) {
  return (size_t)net->L * neural_collapse_block_size(net) +
         (size_t)(net->task.K + net->pixels) * (size_t)net->task.d;
}

/* ---- the room of a pass ---- */

static size_t batch(const neural_collapse_network *net) {
  return (size_t)net->task.K * (size_t)net->task.n;
}

static assay_status check(const neural_collapse_network *net, assay_error *error) {
  const bool sequences = net->blocks == NEURAL_COLLAPSE_TX1;
  if (net->task.K < 1 || net->task.n < 1 || net->task.d < 1 || net->L < 0)
    return assay_error_set(error, ASSAY_DOMAIN, "K = %d, n = %d, d = %d, L = %d: K, n, d >= 1, L >= 0",
                           net->task.K, net->task.n, net->task.d, net->L);
  if (sequences && (net->T < 1 || batch(net) % (size_t)net->T))
    return assay_error_set(error, ASSAY_DOMAIN, "T = %d: it divides the %zu tokens", net->T, batch(net));
  return ASSAY_OK;
}

/* Rows that pass through all blocks at once: as many as keep what the way back needs in half a megabyte of
 * cache, where the weights leave room for it; else all. */
static size_t rows_at_once(const neural_collapse_network *net) {
  const size_t cached = 65536, N = batch(net), d = (size_t)net->task.d, T = (size_t)net->T,
               weights = 3 * (size_t)net->L * neural_collapse_block_size(net);
  const bool tokens = net->blocks == NEURAL_COLLAPSE_TX1;
  const size_t kept = (size_t)net->L * (tokens                               ? 5 * d + T
                                        : net->blocks == NEURAL_COLLAPSE_RN2 ? 2 * d
                                                                             : d),
               most = kept > 0 && weights < cached ? 1 + cached / kept : N, parts = (N + most - 1) / most,
               unit = tokens ? T : 1, rows = (N + parts - 1) / parts;
  return (rows + unit - 1) / unit * unit;
}

/* Of these, rows that pass through one block at once: so that what is between its products is in the nearest
 * cache. */
static size_t rows_of_a_block(const neural_collapse_pass *p) {
  const size_t near = 6144 / (size_t)p->net->task.d;
  return p->net->blocks == NEURAL_COLLAPSE_TX1 || near > p->rows ? p->rows : near;
}

assay_status neural_collapse_pass_open(const neural_collapse_network *net, const double *inputs,
                                       neural_collapse_pass *pass, assay_error *error) {
  *pass = (neural_collapse_pass){.net = net, .inputs = inputs};
  const assay_status status = check(net, error);
  if (status != ASSAY_OK) return status;
  pass->rows = rows_at_once(net);
  const bool sequences = net->blocks == NEURAL_COLLAPSE_TX1;
  const size_t N = batch(net), R = pass->rows, d = (size_t)net->task.d, all = R * d, L = (size_t)net->L,
               weights = L * neural_collapse_block_size(net), logits = R * (size_t)net->task.K;
  const int T = net->T, S = sequences ? (int)R / T : 0;
  const size_t tokens = layer_attention_doubles(S, T, (int)d, (int)d),
               spare = layer_attention_spare(S, T, (int)d, (int)d);
  double *room = calloc(N * d + (3 * L + 3) * all + 2 * (L + 1) * R + logits + weights + L * tokens + spare,
                        sizeof *room);
  pass->labels = calloc(N, sizeof *pass->labels);
  pass->attention = calloc(L + 1, sizeof *pass->attention);
  pass->features = room;
  if (!room || !pass->labels || !pass->attention) {
    neural_collapse_pass_close(pass);
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network of %d blocks", net->L);
  }
  pass->H = room + N * d;
  pass->S = pass->H + L * all;
  pass->Z = pass->S + all;
  pass->middle = pass->Z + L * all;
  pass->G = pass->middle + L * all;
  pass->through = pass->G + all;
  pass->lengths = pass->through + all;
  pass->logits = pass->lengths + 2 * (L + 1) * R;
  pass->turned = pass->logits + logits;
  double *rest = pass->turned + weights, *shared = rest + L * tokens;
  for (size_t l = 0; sequences && l < L; l++)
    pass->attention[l] = layer_attention_open(S, T, (int)d, (int)d, rest + l * tokens, shared);
  for (size_t i = 0; i < N; i++) pass->labels[i] = (int)i / net->task.n;
  return ASSAY_OK;
}

void neural_collapse_pass_close(neural_collapse_pass *pass) {
  free(pass->features);
  free(pass->labels);
  free(pass->attention);
  *pass = (neural_collapse_pass){0};
}

const double *neural_collapse_features_of(const neural_collapse_pass *pass) {
  return pass->features;
}

/* ---- blocks ---- */

/* Some rows of the batch: first.. of the whole, from.. of those that are on the way. */
typedef struct {
  size_t first, from;
  int count;
} some_rows;

/* Views into the room at block l. */
typedef struct {
  int N, d;
  size_t all, square;
  double *in, *out, *S, *Z, *middle, *lengths, *G, *through;
} block_view;

/* The inputs of block l, or after the last block the features. */
static double *inputs_of(const neural_collapse_pass *p, int l, some_rows rows) {
  const size_t d = (size_t)p->net->task.d;
  return l == p->net->L ? p->features + (rows.first + rows.from) * d
                        : p->H + ((size_t)l * p->rows + rows.from) * d;
}

static block_view view(const neural_collapse_pass *p, int l, some_rows rows) {
  const size_t d = (size_t)p->net->task.d, here = rows.from * d, at = (size_t)l * p->rows * d + here;
  return (block_view){.N = rows.count,
                      .d = (int)d,
                      .all = (size_t)rows.count * d,
                      .square = d * d,
                      .in = inputs_of(p, l, rows),
                      .out = inputs_of(p, l + 1, rows),
                      .S = p->S + here,
                      .Z = p->Z + at,
                      .middle = p->middle + at,
                      .lengths = p->lengths + 2 * (size_t)(l + 1) * p->rows + 2 * rows.from,
                      .G = p->G + here,
                      .through = p->through + here};
}

/* s(z) [all]; the argument itself where s is the identity. */
static const double *activated(const neural_collapse_pass *p, const double *z, size_t all, double *S) {
  if (p->net->act == ACTIVATION_LIN) return z;
  elementary_activation(p->net->act, z, all, S);
  return S;
}

/* x: the unknowns of the block; turned: its matrices turned. */
static bool forward(const neural_collapse_pass *p, int l, some_rows rows, const double *x,
                    const double *turned) {
  const neural_collapse_network *net = p->net;
  const block_view b = view(p, l, rows);
  const double *in = b.in, *W = turned, *z;
  if (net->blocks == NEURAL_COLLAPSE_TX1) {
    p->attention[l].S = b.N / net->T;
    layer_attention(&p->attention[l], b.in, x, x + 2 * b.square, 0, b.middle);
    if (!layer_add_normalise(b.in, b.middle, b.N, b.d, net->centre, 1, b.lengths + b.N)) return false;
    in = b.middle;
    W = turned + 3 * b.square;
  }
  z = in;
  if (net->blocks == NEURAL_COLLAPSE_RN2) {
    layer_dense_turned(in, b.N, b.d, turned, b.d, 0, b.Z);
    z = b.Z;
    W = turned + b.square;
  }
  layer_dense_turned(activated(p, z, b.all, b.S), b.N, b.d, W, b.d, 0, b.out);
  return layer_add_normalise(in, b.out, b.N, b.d, net->centre, 1, b.lengths);
}

/* The derivative by the block's input, if it is wanted, in the place of that by its output, G; adds the
 * matrices' to g. */
static void backward(const neural_collapse_pass *p, int l, some_rows rows, const double *x, double *g) {
  const neural_collapse_network *net = p->net;
  const block_view b = view(p, l, rows);
  const bool tokens = net->blocks == NEURAL_COLLAPSE_TX1, pair = net->blocks == NEURAL_COLLAPSE_RN2,
             wanted = l > 0 || net->pixels > 0;
  const size_t last = (size_t)(neural_collapse_block_matrices(net->blocks) - 1) * b.square;
  const double *in = tokens ? b.middle : b.in, *z = pair ? b.Z : in;
  layer_normalise_reverse(b.out, b.N, b.d, net->centre, 1, b.lengths, b.G);
  layer_dense_reverse(activated(p, z, b.all, b.S), b.N, b.d, x + last, b.d, b.G, g + last, 0,
                      wanted || tokens || pair ? b.through : NULL);
  if (pair) {
    layer_activation_reverse(net->act, z, b.all, b.through, b.through);
    layer_dense_reverse(in, b.N, b.d, x, b.d, b.through, g, 1, wanted ? b.G : NULL);
  } else if (wanted || tokens) {
    layer_activation_reverse_add(net->act, z, b.all, b.through, b.G);
  }
  if (!tokens) return;
  layer_normalise_reverse(b.middle, b.N, b.d, net->centre, 1, b.lengths + b.N, b.G);
  layer_attention_reverse(&p->attention[l], b.in, x, x + 2 * b.square, b.G, g, g + 2 * b.square,
                          wanted ? b.G : NULL);
}

/* ---- the objective ---- */

static bool embed(const neural_collapse_pass *p, some_rows rows, const double *E) {
  const neural_collapse_network *net = p->net;
  const size_t d = (size_t)net->task.d;
  double *H = inputs_of(p, 0, rows);
  if (net->pixels == 0) {
    memcpy(H, p->inputs + rows.first * d, (size_t)rows.count * d * sizeof *H);
    return true;
  }
  layer_dense(p->inputs + rows.first * (size_t)net->pixels, rows.count, net->pixels, E, (int)d, 0, H);
  return layer_normalise(H, rows.count, (int)d, net->centre, 1, p->lengths);
}

/* Turned, each matrix of the blocks, for all rows. */
static void turn(const neural_collapse_pass *p, const double *x) {
  const int d = p->net->task.d, matrices = p->net->L * neural_collapse_block_matrices(p->net->blocks);
  for (size_t m = 0, square = (size_t)d * (size_t)d; m < (size_t)matrices; m++)
    layer_turn(x + m * square, d, d, p->turned + m * square);
}

/* The parts of rows in the loss, added to p->loss, and in the gradient. */
static bool pass_of(neural_collapse_pass *p, some_rows rows, const double *x, double *g) {
  const neural_collapse_network *net = p->net;
  const size_t block = neural_collapse_block_size(net), blocks = (size_t)net->L * block,
               heads = (size_t)(net->task.K * net->task.d), step = rows_of_a_block(p),
               all = (size_t)rows.count;
  const double *E = x + blocks + heads;
  bool defined = embed(p, rows, E);
  for (int l = 0; l < net->L && defined; l++)
    for (size_t from = 0; from < all && defined; from += step) {
      const some_rows few = {rows.first, from, (int)(step < all - from ? step : all - from)};
      defined = forward(p, l, few, x + (size_t)l * block, p->turned + (size_t)l * block);
    }
  if (!defined) return false;
  memset(p->G, 0, all * (size_t)net->task.d * sizeof *p->G);
  p->loss += neural_collapse_head_loss(&net->task, rows.count, p->labels + rows.first, x + blocks, NULL,
                                       inputs_of(p, net->L, rows), p->logits, g + blocks, NULL, p->G);
  for (int l = net->L - 1; l >= 0; l--)
    for (size_t from = 0; from < all; from += step) {
      const some_rows few = {rows.first, from, (int)(step < all - from ? step : all - from)};
      backward(p, l, few, x + (size_t)l * block, g + (size_t)l * block);
    }
  if (net->pixels == 0) return true;
  layer_normalise_reverse(inputs_of(p, 0, rows), rows.count, net->task.d, net->centre, 1, p->lengths, p->G);
  layer_dense_reverse(p->inputs + rows.first * (size_t)net->pixels, rows.count, net->pixels, E, net->task.d,
                      p->G, g + blocks + heads, 0, NULL);
  return true;
}

double neural_collapse_objective(const double *x, double *g, void *context) {
  neural_collapse_pass *p = context;
  const neural_collapse_network *net = p->net;
  const size_t blocks = (size_t)net->L * neural_collapse_block_size(net),
               heads = (size_t)(net->task.K * net->task.d), N = batch(net),
               unknowns = neural_collapse_unknowns(net);
  bool defined = true;
  memset(g, 0, unknowns * sizeof *g);
  turn(p, x);
  p->loss = 0;
  for (size_t first = 0; first < N && defined; first += p->rows)
    defined = pass_of(p, (some_rows){first, 0, (int)(p->rows < N - first ? p->rows : N - first)}, x, g);
  if (!defined) {
    memset(g, 0, unknowns * sizeof *g);
    return INFINITY;
  }
  p->loss += layer_decay(net->lw, x + blocks, heads, g + blocks);
  p->decay = layer_decay(net->lb, x, blocks, g);
  return p->loss + p->decay;
}
