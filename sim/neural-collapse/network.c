#include "sim/neural-collapse/network.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

assay_status neural_collapse_pass_open(const neural_collapse_network *net, const double *inputs,
                                       neural_collapse_pass *pass, assay_error *error) {
  *pass = (neural_collapse_pass){.net = net, .inputs = inputs};
  const assay_status status = check(net, error);
  if (status != ASSAY_OK) return status;
  const size_t N = batch(net), d = (size_t)net->task.d, all = N * d, L = (size_t)net->L;
  const int T = net->T, S = T > 0 ? (int)N / T : 0;
  const bool sequences = net->blocks == NEURAL_COLLAPSE_TX1;
  const size_t tokens = sequences ? layer_attention_doubles(S, T, (int)d, (int)d) : 0;
  double *room =
      calloc((4 * L + 3) * all + 2 * (L + 1) * N + N * (size_t)net->task.K + L * tokens, sizeof *room);
  pass->labels = calloc(N, sizeof *pass->labels);
  pass->attention = calloc(L + 1, sizeof *pass->attention);
  pass->H = room;
  if (!room || !pass->labels || !pass->attention) {
    neural_collapse_pass_close(pass);
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network of %d blocks", net->L);
  }
  pass->S = pass->H + (L + 1) * all;
  pass->Z = pass->S + L * all;
  pass->middle = pass->Z + L * all;
  pass->G = pass->middle + L * all;
  pass->through = pass->G + all;
  pass->lengths = pass->through + all;
  pass->logits = pass->lengths + 2 * (L + 1) * N;
  double *rest = pass->logits + N * (size_t)net->task.K;
  for (size_t l = 0; sequences && l < L; l++)
    pass->attention[l] = layer_attention_open(S, T, (int)d, (int)d, rest + l * tokens);
  for (size_t i = 0; i < N; i++) pass->labels[i] = (int)i / net->task.n;
  return ASSAY_OK;
}

void neural_collapse_pass_close(neural_collapse_pass *pass) {
  free(pass->H);
  free(pass->labels);
  free(pass->attention);
  *pass = (neural_collapse_pass){0};
}

const double *neural_collapse_features_of(const neural_collapse_pass *pass) {
  return pass->H + (size_t)pass->net->L * batch(pass->net) * (size_t)pass->net->task.d;
}

/* ---- blocks ---- */

/* Views into the room and the unknowns at block l. */
typedef struct {
  int N, d;
  size_t all, square;
  double *in, *out, *S, *Z, *middle, *lengths;
} block_view;

static block_view view(const neural_collapse_pass *p, int l) {
  const int N = (int)batch(p->net), d = p->net->task.d;
  const size_t all = (size_t)N * (size_t)d, at = (size_t)l * all;
  return (block_view){N,
                      d,
                      all,
                      (size_t)d * (size_t)d,
                      p->H + at,
                      p->H + at + all,
                      p->S + at,
                      p->Z + at,
                      p->middle + at,
                      p->lengths + 2 * (size_t)(l + 1) * (size_t)N};
}

/* s(z) [all]; the argument itself where s is the identity. */
static const double *activated(const neural_collapse_pass *p, const double *z, size_t all, double *S) {
  if (p->net->act == ACTIVATION_LIN) return z;
  activation_values(p->net->act, z, all, S);
  return S;
}

static bool forward(const neural_collapse_pass *p, int l, const double *x) {
  const neural_collapse_network *net = p->net;
  const block_view b = view(p, l);
  const double *in = b.in, *W = x, *z;
  if (net->blocks == NEURAL_COLLAPSE_TX1) {
    memcpy(b.middle, b.in, b.all * sizeof *in);
    layer_attention(&p->attention[l], b.in, x, x + b.square, x + 2 * b.square, 1, b.middle);
    if (!layer_normalise(b.middle, b.N, b.d, net->centre, 1, b.lengths + b.N)) return false;
    in = b.middle;
    W = x + 3 * b.square;
  }
  z = in;
  if (net->blocks == NEURAL_COLLAPSE_RN2) {
    layer_dense(in, b.N, b.d, x, b.d, 0, b.Z);
    z = b.Z;
    W = x + b.square;
  }
  memcpy(b.out, in, b.all * sizeof *in);
  layer_dense(activated(p, z, b.all, b.S), b.N, b.d, W, b.d, 1, b.out);
  return layer_normalise(b.out, b.N, b.d, net->centre, 1, b.lengths);
}

/* The derivative by the block's input in the place of that by its output, p->G; adds the matrices' to g. */
static void backward(const neural_collapse_pass *p, int l, const double *x, double *g) {
  const neural_collapse_network *net = p->net;
  const block_view b = view(p, l);
  const bool tokens = net->blocks == NEURAL_COLLAPSE_TX1, pair = net->blocks == NEURAL_COLLAPSE_RN2;
  const size_t last = (size_t)(neural_collapse_block_matrices(net->blocks) - 1) * b.square;
  const double *in = tokens ? b.middle : b.in, *z = pair ? b.Z : in,
               *S = net->act == ACTIVATION_LIN ? z : b.S;
  layer_normalise_reverse(b.out, b.N, b.d, net->centre, 1, b.lengths, p->G);
  layer_dense_reverse(S, b.N, b.d, x + last, b.d, p->G, g + last, 0, p->through);
  if (net->act != ACTIVATION_LIN) layer_activation_reverse(net->act, z, b.all, p->through, p->through);
  if (pair)
    layer_dense_reverse(in, b.N, b.d, x, b.d, p->through, g, 1, p->G);
  else
    cblas_daxpy((int)b.all, 1, p->through, 1, p->G, 1);
  if (!tokens) return;
  layer_normalise_reverse(b.middle, b.N, b.d, net->centre, 1, b.lengths + b.N, p->G);
  memcpy(p->through, p->G, b.all * sizeof *p->G);
  layer_attention_reverse(&p->attention[l], b.in, x, x + b.square, x + 2 * b.square, p->through, g,
                          g + b.square, g + 2 * b.square, p->G);
}

/* ---- the objective ---- */

static bool embed(const neural_collapse_pass *p, const double *E) {
  const neural_collapse_network *net = p->net;
  const int N = (int)batch(net), d = net->task.d;
  if (net->pixels == 0) {
    memcpy(p->H, p->inputs, (size_t)N * (size_t)d * sizeof *p->H);
    return true;
  }
  layer_dense(p->inputs, N, net->pixels, E, d, 0, p->H);
  return layer_normalise(p->H, N, d, net->centre, 1, p->lengths);
}

double neural_collapse_objective(const double *x, double *g, void *context) {
  neural_collapse_pass *p = context;
  const neural_collapse_network *net = p->net;
  const size_t block = neural_collapse_block_size(net), blocks = (size_t)net->L * block,
               heads = (size_t)(net->task.K * net->task.d);
  const int N = (int)batch(net), d = net->task.d;
  memset(g, 0, neural_collapse_unknowns(net) * sizeof *g);
  memset(p->G, 0, (size_t)N * (size_t)d * sizeof *p->G);
  bool defined = embed(p, x + blocks + heads);
  for (int l = 0; l < net->L && defined; l++) defined = forward(p, l, x + (size_t)l * block);
  if (!defined) return INFINITY;
  p->loss = neural_collapse_head_loss(&net->task, p->labels, x + blocks, NULL, neural_collapse_features_of(p),
                                      p->logits, g + blocks, NULL, p->G) +
            layer_decay(net->lw, x + blocks, heads, g + blocks);
  for (int l = net->L - 1; l >= 0; l--) backward(p, l, x + (size_t)l * block, g + (size_t)l * block);
  p->decay = layer_decay(net->lb, x, blocks, g);
  if (net->pixels > 0) {
    layer_normalise_reverse(p->H, N, d, net->centre, 1, p->lengths, p->G);
    layer_dense_reverse(p->inputs, N, net->pixels, x + blocks + heads, d, p->G, g + blocks + heads, 0, NULL);
  }
  return p->loss + p->decay;
}
