/* Multi-index models and the preprocessings of their spectral estimators: what both the theory and the
 * experiments are given.
 *
 * Rows a_i ~ N(0, I_d); s_i, the first p entries, carries the label y_i = q(s_i, noise). The spectral matrix
 * is D = (1/n) sum_i T(y_i) a_i a_i^T, n rows. It sees the labels through G(y) = E[s s^T | y] - I only.
 *
 *     phase        p = 1   y = s^2                                          G = y - 1
 *     mixed        p = 2   y = (w_e.s + sigma x)^2, e = 1 with probability alpha, else 2; w_1 = (1,0), w_2 =
 * (c, sqrt(1-c^2)) G = kappa (y kappa - 1) (alpha w_1 w_1^T + (1-alpha) w_2 w_2^T), kappa = 1/(1+sigma^2)
 *     product      p = 2   y = s_1 s_2                                      G = [[h-1, y], [y, h-1]], h = |y|
 * K_1(|y|)/K_0(|y|) relu_product p = 2   y = max(s_1, 0) max(s_2, 0)                      y > 0: as product;
 * y = 0 (probability 3/4): -(2/(3 pi)) [[0,1],[1,0]] stair        p = 2   y = s_1 (1 + s_2) not known in
 * closed form: no Td, no Topt norm         any p   y = s.s                                          G = (y/p
 * - 1) I parity       any p   y = sign(s_1 ... s_p)                            p = 2: G = (2/pi) y
 * [[0,1],[1,0]]; p >= 3: 0 polar        p = 2   the cell of s: inner (r^2 < q) cells first, then outer ones,
 * by angle mod pi between edges wedge        p = 2   one ring only: cells of the angle mod pi (antipodal) or
 * mod 2 pi Cells have G = (M1/2)(I + sinc(w) [[cos 2m, sin 2m],[sin 2m, -cos 2m]]) - I, w their width, m
 * their middle, M1 = E r^2 in the ring. */
#ifndef ASSAY_MODEL_MULTI_INDEX_SPECTRAL_H
#define ASSAY_MODEL_MULTI_INDEX_SPECTRAL_H

#include "model/call.h"

typedef enum {
  MULTI_INDEX_PHASE,
  MULTI_INDEX_MIXED,
  MULTI_INDEX_PRODUCT,
  MULTI_INDEX_RELU_PRODUCT,
  MULTI_INDEX_STAIR,
  MULTI_INDEX_NORM, /* the labels of those above it are not bounded */
  MULTI_INDEX_PARITY,
  MULTI_INDEX_POLAR, /* from here on labels are cells */
  MULTI_INDEX_WEDGE
} multi_index_kind;

enum { MULTI_INDEX_CELLS = 32, MULTI_INDEX_SIGNALS = 8 };

typedef struct {
  multi_index_kind kind;
  int p;                  /* norm, parity */
  double alpha, c, sigma; /* mixed */
  double q;               /* polar */
  double period;          /* of a wedge's angle: pi (or 0) or 2 pi */
  const double *in, *out; /* polar: edges from 0 to pi; wedge: out only, from 0 to the period */
  int n_in, n_out;        /* their numbers */
} multi_index_model;

/* The p of the model; ASSAY_DOMAIN when its parameters make no sense. */
assay_status multi_index_check(const multi_index_model *model, assay_error *error);
int multi_index_signals(const multi_index_model *model);
/* The order of G as a matrix that is stored: 1 where it is a multiple of the identity, else 2. */
int multi_index_order(const multi_index_model *model);

/* y from s [p], a standard normal and a uniform number. */
double multi_index_label(const multi_index_model *model, const double *s, double normal, double uniform);
/* G(y) as [order][order]. */
void multi_index_moment(const multi_index_model *model, double y, double *G);
/* E[(u.s)^4 | y] for the unit vector u [order]. */
double multi_index_fourth(const multi_index_model *model, double y, const double *u);
/* Cells of polar and wedge: their number; probability of one. */
int multi_index_cells(const multi_index_model *model);
double multi_index_cell_probability(const multi_index_model *model, int cell);

/* ---- preprocessings ---- */

/* id: y; table: one value per cell (parity: of y = -1, 1); tanh(a y); min(y, t); 1(y > t). With g = u^T G(y)
 * u: Td = f0/(1+f0), f0 = sqrt(delta_t/delta) g    and    Topt = g/(1+g), Topt20 = max(Topt, -20). */
typedef enum {
  MULTI_INDEX_ID,
  MULTI_INDEX_TABLE,
  MULTI_INDEX_TANH,
  MULTI_INDEX_CAP,
  MULTI_INDEX_SUBSET,
  MULTI_INDEX_TD,
  MULTI_INDEX_TOPT,
  MULTI_INDEX_TOPT20
} multi_index_T;

typedef struct {
  multi_index_T kind;
  const double *table;
  int n_table;
  double a, t;
  double u[2], c; /* c = sqrt(delta_t/delta) */
} multi_index_preprocessing;

double multi_index_T_of(const multi_index_model *model, const multi_index_preprocessing *T, double y);

/* ---- as parameters of a call ---- */

/* clang-format off */
#define MULTI_INDEX_LAW_PARAMS \
  {"model", NULL, "see model/multi-index-spectral.h", ASSAY_WORD, 0, \
   "phase|mixed|product|relu_product|stair|norm|parity|polar|wedge", NULL, NULL}, \
  {"alpha", NULL, "share of the first component (mixed)", ASSAY_REAL, 0, NULL, "(0,1)", "0.5"}, \
  {"c", NULL, "cosine of the two signals (mixed)", ASSAY_REAL, 0, NULL, "(-1,1)", "0"}, \
  {"sigma", NULL, "noise (mixed)", ASSAY_REAL, 0, NULL, "[0,inf)", "0"}, \
  {"p", NULL, "signals (norm, parity)", ASSAY_INTEGER, 0, NULL, "[1,8]", "2"}, \
  {"K", NULL, "equal classes of the angle (wedge)", ASSAY_INTEGER, 0, NULL, "[2,15]", "3"}, \
  {"edges", NULL, "of the classes from 0 to pi or 2 pi, in place of K (wedge)", ASSAY_REALS, 0, \
   NULL, "[0,6.2832]", ""}, \
  {"antipodal", NULL, "1: the angle is taken mod pi, 0: mod 2 pi (wedge)", ASSAY_INTEGER, 0, \
   NULL, "[0,1]", "1"}, \
  {"q", NULL, "inner ring r^2 < q (polar)", ASSAY_REAL, 0, NULL, "(0,inf)", "3"}, \
  {"e_in", NULL, "edges of the inner cells (polar)", ASSAY_REALS, 0, NULL, "[0,3.15]", ""}, \
  {"e_out", NULL, "edges of the outer cells (polar)", ASSAY_REALS, 0, NULL, "[0,3.15]", ""}
#define MULTI_INDEX_T_PARAMS(words, preset) \
  {"T", NULL, "preprocessing", ASSAY_WORD, ASSAY_PAIRED, words, NULL, preset}, \
  {"table", NULL, "T of every class", ASSAY_REALS, ASSAY_PAIRED, NULL, NULL, ""}, \
  {"a", NULL, "tanh(a y)", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "1"}, \
  {"t", NULL, "cap, subset", ASSAY_REAL, ASSAY_PAIRED, NULL, "[0,inf)", "1"}
#define MULTI_INDEX_T_WORDS "id|table|tanh|cap|subset|Td|Topt|Topt20"
/* clang-format on */

/* The model and the preprocessing (T NULL: not asked for) of a call with those parameters (lists are
 * borrowed, equal classes made in the call's memory). u and c of T are u1, u2 and scale where the call has
 * them, else (1, 0) and 1. */
assay_status multi_index_read(assay_call *call, multi_index_model *model, multi_index_preprocessing *T);

#endif
