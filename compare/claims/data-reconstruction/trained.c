/* Reconstruction from trained networks and of real images: orders with an error probability, no theorems. */
#include <math.h>

#include "compare/claims/data-reconstruction/claims.h"
#include "sim/data-reconstruction/experiments.h"

/* ---- data-reconstruction/network-reconstruction ---- */

static const assay_param network_params[] = {{"arch", NULL, "network", ASSAY_WORD, 0, "two-layer|residual", NULL, "two-layer"},
                                             REAL("h", "scale of the head at the start", 0, "[0,inf)", "0"),
                                             INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                             INTEGER("n", "samples", 0, "[1,6]", NULL),
                                             REAL("w_over_dn", "width over dn", 0, "(0,inf)", NULL),
                                             INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", "4"),
                                             {0}};
enum { O_ERR, O_ETA, O_LOG_ETA, O_MSE };
static const assay_observable network_observables[] = {
    {"err", NULL, "error of the lowest loss; for w < dn its mean is at least .5, for w >= 4 dn its median at most .15", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {"eta", NULL, "share of theta outside the span of the trained features", NULL, ASSAY_MEASURED, 0, 1},
    {"log10_eta", NULL, "its decimal logarithm; as an order, its fall by a factor of 5 in w is at least this", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"mse", NULL, "training error", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status network(assay_call *call) {
  double c = assay_real(call, "w_over_dn");
  if (c < 1)
    assay_put(call, O_ERR, 0, .5, 0);
  else if (c >= 4)
    assay_put(call, O_ERR, 0, .15, 0);
  else
    assay_absent(call, O_ERR, "between dn and 4 dn the optimiser decides");
  assay_absent(call, O_ETA, "no theory says how far training moves the features");
  assay_put(call, O_LOG_ETA, 0, 0, 0);
  assay_put(call, O_MSE, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status arrange_network(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "w", floor(assay_real(claim, "w_over_dn") * assay_real(claim, "d") * assay_real(claim, "n")));
}
static assay_status fall(const assay_sample *s, double *out) {
  if (s->groups != 2) return ASSAY_NUMERIC;
  *out = s->value[0] - s->value[1];
  return ASSAY_OK;
}
static const assay_leg network_legs[] = {{.experiment = &data_reconstruction_trained_network,
                                          .arrange = arrange_network,
                                          .points = POINTS("A: d=10 n=3 w_over_dn=.8,4"),
                                          .sizes = {"", "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 3, 3}},
                                         {.experiment = &data_reconstruction_trained_network,
                                          .arrange = arrange_network,
                                          .points = POINTS("H: h=1 d=10 n=3 w_over_dn=.8,4"),
                                          .sizes = {"starts=2", "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 3, 3}},
                                         {.experiment = &data_reconstruction_trained_network,
                                          .arrange = arrange_network,
                                          .points = POINTS("B: d=20 n=4 w_over_dn=.8,4", "G: h=1 d=20 n=4 w_over_dn=.8,4"),
                                          .sizes = {NULL, "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 1, 3}},
                                         {.experiment = &data_reconstruction_trained_network,
                                          .arrange = arrange_network,
                                          .points = POINTS("R: arch=residual d=10 n=3 w_over_dn=.8,4"),
                                          .sizes = {NULL, NULL, ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 1, 3}},
                                         {0}};
#define NARROW "A:w_over_dn=0.8,H:w_over_dn=0.8,B:w_over_dn=0.8,G:w_over_dn=0.8,R:w_over_dn=0.8"
#define WIDE "A:w_over_dn=4,H:w_over_dn=4,B:w_over_dn=4,G:w_over_dn=4,R:w_over_dn=4"
static const assay_target network_targets[] = {
    {.name = "err",
     .title = "not reconstructed below dn",
     .records = "err",
     .points = NARROW,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "a lower limit of the mean (measured: .78 at d = 10, .88 and more at d = 20)"},
    {.name = "err",
     .title = "reconstructed at 4 dn",
     .records = "err",
     .points = WIDE,
     .estimand = ASSAY_QUANTILE,
     .level = .5,
     .side = -1,
     .margin = ALL_TIERS({0}),
     .reason = "an upper limit of the median: a few searches that fail carry the mean (measured: .03 and less)"},
    {.name = "log10_eta",
     .title = "wider networks keep theta in the span",
     .records = "log10_eta",
     .estimand = ASSAY_COMBINATION,
     .along = "w_over_dn",
     .reduce = fall,
     .predict = network,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order of two means"},
    {.name = "mse", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-10}), .reason = "training stops below 1e-12"},
    {0}};
static const assay_control network_controls[] = {
    {.name = "head at the end",
     .mistake = "theta is the trained head, from which the start is not subtracted",
     .targets = "reconstructed at 4 dn",
     .points = "H:w_over_dn=4",
     .change = "theta=final"},
    {.name = "threshold n",
     .mistake = "any width that fits the labels gives the samples away",
     .targets = "not reconstructed below dn",
     .reversed = true},
    {.name = "never", .mistake = "no width gives the samples away", .targets = "reconstructed at 4 dn", .reversed = true},
    {.name = "no order", .mistake = "theta leaves the span more in wider networks", .targets = "wider*", .reversed = true},
    {0}};
const assay_claim data_reconstruction_network_reconstruction_claim = {
    .id = "data-reconstruction/network-reconstruction",
    .kinds = "order",
    .statement = "The change of a trained network's last layer gives its training set away at widths of 4 dn and not below dn.",
    .source = "arXiv 2509.22214; dense networks in place of convolutional ones, an order measured here and no theorem",
    .params = network_params,
    .observables = network_observables,
    .predict = network,
    .legs = network_legs,
    .targets = network_targets,
    .controls = network_controls};

/* ---- data-reconstruction/fashion-mnist ---- */

static const assay_param image_params[] = {
    REAL("p_over_dn", "features over dn, n = 4", 0, "(0,inf)", NULL),
    INTEGER("set", "which four images: 4k and 4k+1 ... of each class; not given: a replicate takes the set of its number", ASSAY_SIM,
            "[0,10000]", ""),
    INTEGER("d", "pixels of the pooled images: 16, 49 or 196", ASSAY_SIZE, "[16,196]", "49"),
    INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", "6"),
    {0}};
enum { O_IMAGE_ERR, O_IMAGE_L, O_IMAGE_SUCCESS };
static const assay_observable image_observables[] = {
    {"err", NULL, "error of the lowest loss; below dn at least .5", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {"L", NULL, "lowest loss; below dn zero", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"success", NULL, "err < 1e-3; from 4 dn on at least one half", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status images(assay_call *call) {
  double c = assay_real(call, "p_over_dn");
  if (c < 1) {
    assay_put(call, O_IMAGE_ERR, 0, .5, 0);
    assay_put(call, O_IMAGE_L, 0, 0, 0);
    assay_put(call, O_IMAGE_SUCCESS, 0, 0, 0);
    return ASSAY_OK;
  }
  assay_absent(call, O_IMAGE_ERR, "no value above dn");
  assay_absent(call, O_IMAGE_L, "no value above dn");
  if (c >= 4)
    assay_put(call, O_IMAGE_SUCCESS, 0, .5, 0);
  else
    assay_absent(call, O_IMAGE_SUCCESS, "between dn and 4 dn the optimiser decides");
  return ASSAY_OK;
}
static assay_status images_from_n(assay_call *call) {
  assay_put(call, O_IMAGE_SUCCESS, 0, 1, 0);
  return ASSAY_OK;
}
static assay_status arrange_images(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "p", floor(assay_real(claim, "p_over_dn") * assay_real(claim, "d") * 4));
}
static const assay_leg image_legs[] = {{.experiment = &data_reconstruction_images,
                                        .arrange = arrange_images,
                                        .points = POINTS("B: p_over_dn=.5", "A: p_over_dn=4"),
                                        .sizes = {"d=16 solver=newton", "d=49", "d=49"},
                                        .first = {128, 128, 128},
                                        .looks = {1, 1, 2}},
                                       {.experiment = &data_reconstruction_images,
                                        .arrange = arrange_images,
                                        .points = POINTS("C: p_over_dn=.5", "D: p_over_dn=4"),
                                        .sizes = {NULL, NULL, "d=196"},
                                        .first = {128, 128, 128},
                                        .looks = {1, 1, 1}},
                                       {0}};
static const assay_target image_targets[] = {
    {.name = "success",
     .title = "never below dn",
     .points = "B,C",
     .estimand = ASSAY_PROPORTION,
     .margin = ALL_TIERS({.bias = .2}),
     .reason = "no event in 128: a limit of .09"},
    {.name = "success",
     .title = "more often than not at 4 dn",
     .points = "A,D",
     .estimand = ASSAY_PROPORTION,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "a lower limit"},
    {.name = "err", .points = "B,C", .side = 1, .margin = ALL_TIERS({0}), .reason = "a lower limit of the mean (measured: .97 and more)"},
    {.name = "L",
     .title = "a perfect fit that is not the data",
     .points = "B,C",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-13}),
     .reason = "the lowest of six starts is a zero of the loss"},
    {0}};
static const assay_control image_controls[] = {
    {.name = "threshold n", .mistake = "reconstruction succeeds from p = n on", .targets = "never below dn", .predict = images_from_n},
    {.name = "never",
     .mistake = "reconstruction fails more often than not at 4 dn",
     .targets = "more often than not at 4 dn",
     .reversed = true},
    {0}};
const assay_claim data_reconstruction_fashion_mnist_claim = {
    .id = "data-reconstruction/fashion-mnist",
    .kinds = "order",
    .statement = "Images of two classes are reconstructed from random features at p = 4 dn and not at dn/2: their correlation does not "
                 "move the law.",
    .source = "arXiv 2509.22214; Fashion-MNIST in place of CIFAR-10, an order measured here and no theorem",
    .data = "fashion-mnist",
    .params = image_params,
    .observables = image_observables,
    .predict = images,
    .legs = image_legs,
    .targets = image_targets,
    .controls = image_controls};
