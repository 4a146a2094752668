#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/multi-index-spectral/multi-index-spectral.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

static void near(const char *what, double value, double reference, double tolerance) {
  cr_expect(fabs(value - reference) <= tolerance, "%s: %.14g, not %.14g", what, value, reference);
}

static const double in_edges[] = {0, M_PI_2, M_PI}, out_edges[] = {0, .8, 1.9, M_PI};
static const double polar_table[] = {-.8, -.2, .9, 1, .7}, rotated_table[] = {-.3, -.9, 0, .4, 1};
static const multi_index_model
    phase = {.kind = MULTI_INDEX_PHASE},
    parity2 = {.kind = MULTI_INDEX_PARITY, .p = 2}, product = {.kind = MULTI_INDEX_PRODUCT},
    norm3 = {.kind = MULTI_INDEX_NORM, .p = 3}, mixed = {.kind = MULTI_INDEX_MIXED, .alpha = .6},
    mixedc = {.kind = MULTI_INDEX_MIXED, .alpha = .7, .c = .3},
    mlr = {.kind = MULTI_INDEX_MIXED, .alpha = .6, .c = .5, .sigma = .5},
    polar = {.kind = MULTI_INDEX_POLAR, .q = 3, .in = in_edges, .n_in = 3, .out = out_edges, .n_out = 4},
    relu = {.kind = MULTI_INDEX_RELU_PRODUCT}, stair = {.kind = MULTI_INDEX_STAIR},
    rotated = {.kind = MULTI_INDEX_POLAR, .q = 4, .in = in_edges, .n_in = 3, .out = out_edges, .n_out = 4};

Test(multi_index_spectrum, reference_table) {
  const struct {
    const char *name;
    const multi_index_model *model;
    multi_index_preprocessing T;
    double delta;
    int k;
    double mu_bar, edge, mu, lambda, rho2;
  } rows[] = {
      {"phase-Td 1", &phase, {.kind = MULTI_INDEX_TD}, 1, 1, 1, 1, 1.1264558512, 1.0370380613, .2060365792},
      {"phase-Td 2", &phase, {.kind = MULTI_INDEX_TD}, 2, 1, 1, .5, 1.4191040320, .6047760080, .4858237121},
      {"phase-Topt20 1",
       &phase,
       {.kind = MULTI_INDEX_TOPT20},
       1,
       1,
       1.1113908224,
       .9648497631,
       1.2943359577,
       1.0070219805,
       .2305021542},
      {"parity2-id 6",
       &parity2,
       {.kind = MULTI_INDEX_ID},
       6,
       1,
       2.9296033341,
       .8746271417,
       4.0656799523,
       .9394127132,
       .4995531293},
      {"parity2-Td 4",
       &parity2,
       {.kind = MULTI_INDEX_TD},
       4,
       1,
       1,
       .25,
       1.2894868264,
       .2655311012,
       .4116704124},
      {"product-Td 1.5",
       &product,
       {.kind = MULTI_INDEX_TD},
       1.5,
       1,
       1,
       .6666666667,
       1.1850513755,
       .7124171093,
       .2717587191},
      {"product-tanh 2",
       &product,
       {.kind = MULTI_INDEX_TANH, .a = 1},
       2,
       1,
       1.3997967709,
       1.0096316568,
       1.7133917544,
       1.0675483350,
       .2932923652},
      {"relu-Td 3",
       &relu,
       {.kind = MULTI_INDEX_TD},
       3,
       1,
       1,
       .3333333333,
       1.1402992224,
       .3493921614,
       .2127431345},
      {"stair-tanh 3",
       &stair,
       {.kind = MULTI_INDEX_TANH, .a = 1},
       3,
       1,
       1.6764779494,
       .8728501420,
       1.8374636836,
       .8816001843,
       .1488014131},
      {"mixedc-Td 15",
       &mixedc,
       {.kind = MULTI_INDEX_TD},
       15,
       1,
       1,
       .0666666667,
       2.9989482584,
       .1671701620,
       .8512984860},
      {"norm3-Td 6",
       &norm3,
       {.kind = MULTI_INDEX_TD},
       6,
       1,
       1,
       .1666666667,
       1.6950842000,
       .2245903500,
       .6496050898},
      {"mixed-Td 8", &mixed, {.kind = MULTI_INDEX_TD}, 8, 1, 1, .125, 1.8003807569, .1833610969, .6570004966},
      {"mixed-Td 8", &mixed, {.kind = MULTI_INDEX_TD}, 8, 2, 1, .125, 1.3261702001, .1402892281, .4130833775},
      {"mixedc-Td 6",
       &mixedc,
       {.kind = MULTI_INDEX_TD},
       6,
       1,
       1,
       .1666666667,
       1.8621605445,
       .2545083376,
       .6771410790},
      {"mixedc-Td 15",
       &mixedc,
       {.kind = MULTI_INDEX_TD},
       15,
       2,
       1,
       .0666666667,
       1.2474523835,
       .0714580311,
       .3454836586},
      {"mlr-Td 12",
       &mlr,
       {.kind = MULTI_INDEX_TD},
       12,
       1,
       1,
       .0833333333,
       2.2406954399,
       .1522207218,
       .7624879139},
      {"polar 6",
       &polar,
       {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5},
       6,
       1,
       2.0360533840,
       .3847673000,
       3.4309915660,
       .5035698868,
       .5978087964},
      {"polar 6",
       &polar,
       {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5},
       6,
       2,
       2.0360533840,
       .3847673000,
       2.9547091676,
       .4476767689,
       .5452025174},
      {"polar-rot 4",
       &rotated,
       {.kind = MULTI_INDEX_TABLE, .table = rotated_table, .n_table = 5},
       4,
       1,
       1.5531898971,
       .2089451311,
       2.0470308314,
       .2564924794,
       .3289868411},
      {"polar-Td 2", &polar, {.kind = MULTI_INDEX_TD}, 2, 1, 1, .5, 1.2764487484, .5516616922, .3676184604}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    multi_index_preprocessing T = rows[i].T;
    multi_index_result r;
    ok(multi_index_prepare(rows[i].model, rows[i].delta, &T, e));
    ok(multi_index_spectrum(rows[i].model, &T, rows[i].delta, rows[i].k, &r, e));
    near(rows[i].name, r.edge.x.value, rows[i].mu_bar, 6e-11);
    near(rows[i].name, r.edge.lambda.value, rows[i].edge, 6e-11);
    near(rows[i].name, r.outlier.x.value, rows[i].mu, 6e-11);
    near(rows[i].name, r.outlier.lambda.value, rows[i].lambda, 6e-11);
    near(rows[i].name, r.outlier.rho2.value, rows[i].rho2, 6e-11);
  }
}

Test(multi_index_spectrum, bulk_edge_of_parity3) {
  const multi_index_model parity3 = {.kind = MULTI_INDEX_PARITY, .p = 3};
  multi_index_preprocessing T = {.kind = MULTI_INDEX_ID};
  multi_index_result r;
  ok(multi_index_spectrum(&parity3, &T, 3, 1, &r, e));
  near("edge", r.edge.lambda.value, 1.3027225184, 6e-11), near("mu_bar", r.edge.x.value, 2.3178182248, 6e-11);
  near("kappa", r.kappa.value, .9063403026, 6e-11);
  cr_expect(!r.outlier.out);
  ok(multi_index_spectrum(&parity3, &T, 10, 3, &r, e));
  near("edge", r.edge.lambda.value, .6609607984, 6e-11), near("kappa", r.kappa.value, .38337346036, 6e-11);
}

Test(multi_index_threshold, closed_forms_and_values) {
  const double thirds[] = {0, M_PI / 3, 2 * M_PI / 3, M_PI}, halves[] = {0, M_PI_2, M_PI};
  const multi_index_model wedge3 = {.kind = MULTI_INDEX_WEDGE, .out = thirds, .n_out = 4},
                          wedge2 = {.kind = MULTI_INDEX_WEDGE, .out = halves, .n_out = 3};
  const multi_index_model parity3 = {.kind = MULTI_INDEX_PARITY, .p = 3};
  const double quarters[] = {0, M_PI_4, M_PI_2, 3 * M_PI_4, M_PI},
               mlr_beta = (1 + sqrt(1 - 4 * .24 * .75)) / 2;
  const multi_index_model wedge4 = {.kind = MULTI_INDEX_WEDGE, .out = quarters, .n_out = 5};
  const struct {
    const multi_index_model *model;
    multi_index_mistake mistake;
    double delta_t;
  } rows[] = {{&phase, MULTI_INDEX_RIGHT, .5},
              {&norm3, MULTI_INDEX_RIGHT, 1.5},
              {&parity2, MULTI_INDEX_RIGHT, M_PI * M_PI / 4},
              {&product, MULTI_INDEX_RIGHT, .5937510982222570},
              {&mixed, MULTI_INDEX_RIGHT, 1 / .72},
              {&wedge3, MULTI_INDEX_RIGHT, 2.9243272300},
              {&wedge2, MULTI_INDEX_RIGHT, M_PI * M_PI / 4},
              {&relu, MULTI_INDEX_RIGHT, 1.293434388767630},
              {&wedge4, MULTI_INDEX_RIGHT, 2.4674011003},
              {&mlr, MULTI_INDEX_RIGHT, 1 / (2 * .64 * mlr_beta * mlr_beta)},
              {&polar, MULTI_INDEX_RIGHT, .7856160136},
              {&phase, MULTI_INDEX_NO_I, 1 / 3.},
              {&product, MULTI_INDEX_NO_I, .37254945197},
              {&product, MULTI_INDEX_NORM_F, .5937510982222570 / 2},
              {&parity2, MULTI_INDEX_NORM_F, M_PI * M_PI / 8}};
  assay_value delta_t, delta_c;
  double u[2];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ok(multi_index_threshold(rows[i].model, rows[i].mistake, &delta_t, u, e));
    near("delta_t", delta_t.value, rows[i].delta_t, 6e-11);
  }
  ok(multi_index_threshold(&polar, MULTI_INDEX_RIGHT, &delta_t, u, e));
  near("angle of u*", atan2(u[1], u[0]) * 180 / M_PI, 56.1607207946, 1e-9);
  ok(multi_index_threshold(&parity3, MULTI_INDEX_RIGHT, &delta_t, u, e));
  cr_expect(isinf(delta_t.value));
  ok(multi_index_td_threshold(&mixed, 1, &delta_c, e));
  near("first", delta_c.value, 1.3888888889, 6e-11);
  ok(multi_index_td_threshold(&mixed, 2, &delta_c, e));
  near("second", delta_c.value, 3.125, 6e-11);
}

Test(multi_index_transition, classical_preprocessings) {
  const struct {
    const multi_index_model *model;
    multi_index_preprocessing T;
    double delta_c, tolerance;
  } rows[] = {
      {&phase, {.kind = MULTI_INDEX_CAP, .t = 10}, 1.3090791, 6e-8},
      {&phase, {.kind = MULTI_INDEX_CAP, .t = 20}, 5.61, 6e-3},
      {&phase, {.kind = MULTI_INDEX_SUBSET, .t = 1}, 1.3548737, 6e-8},
      {&phase, {.kind = MULTI_INDEX_TOPT20, .u = {1, 0}, .c = 1}, .5013660, 6e-8},
      {&product, {.kind = MULTI_INDEX_SUBSET, .t = 0}, 4.9348022, 6e-8},
      {&phase, {.kind = MULTI_INDEX_CAP, .t = 5}, .7210118, 6e-8},
      {&phase, {.kind = MULTI_INDEX_CAP, .t = 2}, 1.0574294, 6e-8},
      {&phase, {.kind = MULTI_INDEX_SUBSET, .t = 2.6861904}, .8686678899, 6e-11},
      {&phase, {.kind = MULTI_INDEX_TANH, .a = 1}, 1.5056429, 6e-8},
      {&parity2, {.kind = MULTI_INDEX_ID}, 2.9331240476, 6e-11},
      {&product, {.kind = MULTI_INDEX_TANH, .a = 1}, .7282975, 6e-8},
      {&rotated, {.kind = MULTI_INDEX_TABLE, .table = rotated_table, .n_table = 5}, 1.0231060050, 6e-11}};
  assay_value delta_c;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ok(multi_index_transition(rows[i].model, &rows[i].T, 1, &delta_c, e));
    near("delta_c", delta_c.value, rows[i].delta_c, rows[i].tolerance);
  }
}

Test(multi_index_best, overlaps) {
  assay_value m;
  const struct {
    const multi_index_model *model;
    double delta, m;
  } rows[] = {{&phase, 1, .2306970438},   {&phase, 2, .6388812781},   {&phase, 4, .9244903384},
              {&product, 1, .1388051587}, {&product, 2, .4325386328}, {&product, 4, .7154512407}};
  for (int i = 0; i < 6; i++) {
    ok(multi_index_best_overlap(rows[i].model, rows[i].delta, &m, e));
    near("m", m.value, rows[i].m, 6e-11);
  }
  ok(multi_index_best_overlap(&phase, .4, &m, e));
  cr_expect_eq(m.value, 0);
}

Test(multi_index_fluctuation, reference_values) {
  const struct {
    const multi_index_model *model;
    multi_index_preprocessing T;
    double delta;
    int k;
    double V;
  } rows[] = {{&phase, {.kind = MULTI_INDEX_TD}, 1, 1, 2.57264981},
              {&phase, {.kind = MULTI_INDEX_TD}, 2, 1, 1.87842554},
              {&phase, {.kind = MULTI_INDEX_TOPT20}, 1, 1, 2.75738615},
              {&parity2, {.kind = MULTI_INDEX_ID}, 6, 1, 2.75046375},
              {&parity2, {.kind = MULTI_INDEX_TD}, 4, 1, .40733059},
              {&product, {.kind = MULTI_INDEX_TD}, 1.5, 1, 2.03748050},
              {&product, {.kind = MULTI_INDEX_TANH, .a = 1}, 2, 1, 2.74858146},
              {&mixed, {.kind = MULTI_INDEX_TD}, 8, 2, .39047287},
              {&mixedc, {.kind = MULTI_INDEX_TD}, 6, 1, .78707050},
              {&mlr, {.kind = MULTI_INDEX_TD}, 12, 1, .43029002},
              {&polar, {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5}, 6, 1, 2.47927277},
              {&polar, {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5}, 6, 2, 1.72267302},
              {&rotated, {.kind = MULTI_INDEX_TABLE, .table = rotated_table, .n_table = 5}, 4, 1, 2.05552259},
              {&polar, {.kind = MULTI_INDEX_TD}, 2, 1, 1.39702345},
              {&relu, {.kind = MULTI_INDEX_TD}, 3, 1, .97993102},
              {&stair, {.kind = MULTI_INDEX_TANH, .a = 1}, 3, 1, 1.59571426},
              {&mixed, {.kind = MULTI_INDEX_TD}, 8, 1, .57701928},
              {&mixedc, {.kind = MULTI_INDEX_TD}, 15, 1, .44170215},
              {&mixedc, {.kind = MULTI_INDEX_TD}, 15, 2, .16826260}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    multi_index_preprocessing T = rows[i].T;
    multi_index_result r;
    assay_value V;
    ok(multi_index_prepare(rows[i].model, rows[i].delta, &T, e));
    ok(multi_index_spectrum(rows[i].model, &T, rows[i].delta, rows[i].k, &r, e));
    ok(multi_index_fluctuation(rows[i].model, &T, rows[i].delta, &r, false, &V, e));
    near("V", V.value, rows[i].V, 6e-9);
  }
}

Test(multi_index_spectrum, directions) {
  const struct {
    const multi_index_model *model;
    multi_index_preprocessing T;
    double delta;
    int k;
    double uu[3], tolerance;
  } rows[] = {
      {&mixedc, {.kind = MULTI_INDEX_TD}, 6, 1, {.9676686026, .1768787101, .0323313974}, 6e-11},
      {&rotated,
       {.kind = MULTI_INDEX_TABLE, .table = rotated_table, .n_table = 5},
       4,
       1,
       {.5942215372, -.4910420572, .4057784628},
       6e-11},
      {&stair, {.kind = MULTI_INDEX_TANH, .a = 1}, 3, 1, {.5744293716, .4944292352, .4255706284}, 6e-11},
      {&polar,
       {.kind = MULTI_INDEX_TD},
       2,
       1,
       {.1236515291 / .3676184604, .1736861655 / .3676184604, .2439669313 / .3676184604},
       6e-10},
      {&polar,
       {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5},
       6,
       1,
       {.026002 * .026002, .026002 * .999662, .999662 * .999662},
       2e-6},
      {&polar,
       {.kind = MULTI_INDEX_TABLE, .table = polar_table, .n_table = 5},
       6,
       2,
       {.993064 * .993064, -.993064 * .117575, .117575 * .117575},
       2e-6}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    multi_index_preprocessing T = rows[i].T;
    multi_index_result r;
    ok(multi_index_prepare(rows[i].model, rows[i].delta, &T, e));
    ok(multi_index_spectrum(rows[i].model, &T, rows[i].delta, rows[i].k, &r, e));
    const double *u = r.outlier.u, found[] = {u[0] * u[0], u[0] * u[1], u[1] * u[1]};
    for (int j = 0; j < 3; j++) near("u u^T", found[j], rows[i].uu[j], rows[i].tolerance);
  }
}

/* Td of polar: g of each cell along u*. */
Test(multi_index_threshold, cells_of_polar) {
  const double g[] = {-.0956291284, -.7660216220, 2.3944355632, 2.9962643314, -.4019436111};
  multi_index_preprocessing T = {.kind = MULTI_INDEX_TD};
  ok(multi_index_prepare(&polar, 2, &T, e));
  for (int i = 0; i < 5; i++) {
    double z = multi_index_T_of(&polar, &T, i);
    near("g", z / (1 - z) / T.c, g[i], 6e-10);
  }
}

/* The left end is the right one of -T. */
Test(multi_index_spectrum, left_end_of_parity) {
  const double table[] = {1, -1};
  multi_index_preprocessing T = {.kind = MULTI_INDEX_TABLE, .table = table, .n_table = 2};
  multi_index_result r;
  ok(multi_index_spectrum(&parity2, &T, 6, 1, &r, e));
  near("-lam_min", r.outlier.lambda.value, .9394127132, 6e-11),
      near("rho2", r.outlier.rho2.value, .4995531293, 6e-11);
  near("u_1 u_2", r.outlier.u[0] * r.outlier.u[1], -.5, 1e-12);
  T = (multi_index_preprocessing){.kind = MULTI_INDEX_ID};
  ok(multi_index_spectrum(&parity2, &T, 6, 2, &r, e));
  cr_expect(!r.outlier.out, "the second top eigenvector recovers nothing");
}

/* Closed forms: mu_1 = delta/pi + sqrt(1 + (delta/pi)^2); z = 1 is Marchenko and Pastur's law with
 * Johnstone's constant. */
Test(multi_index_spectrum, closed_forms) {
  const double ones[] = {1, 1};
  multi_index_preprocessing T = {.kind = MULTI_INDEX_ID},
                            one = {.kind = MULTI_INDEX_TABLE, .table = ones, .n_table = 2};
  multi_index_result r;
  for (double delta = 3; delta < 20; delta += 2.3) {
    double mu = delta / M_PI + hypot(1, delta / M_PI), A = (mu * mu + 1) / pow(mu * mu - 1, 2),
           B = A + 4 / M_PI * mu / pow(mu * mu - 1, 2);
    ok(multi_index_spectrum(&parity2, &T, delta, 1, &r, e));
    near("mu", r.outlier.x.value, mu, 1e-12 * mu),
        near("lam", r.outlier.lambda.value, mu / delta + mu / (mu * mu - 1), 1e-12);
    near("rho2", r.outlier.rho2.value, (1 / delta - A) / (1 / delta - A + B), 1e-10);
    cr_expect(fabs(r.outlier.x.value - mu) <= r.outlier.x.error + 4e-16 * mu, "the error is honest");
    ok(multi_index_spectrum(&parity2, &one, delta, 1, &r, e));
    double root = sqrt(delta), g = 1 / delta;
    near("mu_bar", r.edge.x.value, 1 + root, 1e-8),
        near("edge", r.edge.lambda.value, pow(1 + 1 / root, 2), 1e-12);
    near("kappa", r.kappa.value, (1 + sqrt(g)) * cbrt(1 + 1 / sqrt(g)) * pow(g, 2 / 3.), 1e-9);
  }
}

/* Td has its edge at mu = 1 and 1/delta for every model, Topt its first eigenvalue at 1/delta and mu =
 * 1/(1-m). */
Test(multi_index_spectrum, td_and_topt) {
  const multi_index_model *models[] = {&phase, &mixedc, &product, &relu, &norm3, &parity2};
  for (int i = 0; i < 6; i++) {
    assay_value delta_t, m;
    double u[2];
    ok(multi_index_threshold(models[i], MULTI_INDEX_RIGHT, &delta_t, u, e));
    double delta = 2 * delta_t.value;
    multi_index_preprocessing td = {.kind = MULTI_INDEX_TD}, topt = {.kind = MULTI_INDEX_TOPT};
    multi_index_result r;
    ok(multi_index_prepare(models[i], delta, &td, e));
    ok(multi_index_spectrum(models[i], &td, delta, 1, &r, e));
    near("edge of Td", r.edge.lambda.value, 1 / delta, 1e-10 / delta);
    double of_td = r.outlier.rho2.value;
    ok(multi_index_prepare(models[i], delta, &topt, e));
    ok(multi_index_spectrum(models[i], &topt, delta, 1, &r, e));
    ok(multi_index_best_overlap(models[i], delta, &m, e));
    near("lam of Topt", r.outlier.lambda.value, 1 / delta, 1e-9 / delta);
    near("rho2 of Topt", r.outlier.rho2.value, m.value, 1e-8),
        near("mu of Topt", r.outlier.x.value, 1 / (1 - m.value), 1e-8);
    cr_expect(m.value > of_td, "Topt beats Td");
  }
}

Test(multi_index_matrix, thresholds_and_the_gap) {
  const double thirds[] = {0, M_PI / 3, 2 * M_PI / 3, M_PI};
  const multi_index_model wedge3 = {.kind = MULTI_INDEX_WEDGE, .out = thirds, .n_out = 4};
  assay_value alpha_c, delta_t;
  double u[2];
  ok(multi_index_matrix_threshold(&wedge3, &alpha_c, e));
  near("alpha_c of wedge3", alpha_c.value, 1.4621636150, 6e-11);
  ok(multi_index_matrix_threshold(&polar, &alpha_c, e));
  near("alpha_c of polar", alpha_c.value, .5972084488, 6e-11);
  const multi_index_model *commuting[] = {&phase, &mixed, &mixedc, &mlr, &product, &relu, &norm3, &parity2};
  for (int i = 0; i < 8; i++) {
    ok(multi_index_matrix_threshold(commuting[i], &alpha_c, e));
    ok(multi_index_threshold(commuting[i], MULTI_INDEX_RIGHT, &delta_t, u, e));
    near("alpha_c = delta_t", alpha_c.value, delta_t.value, 1e-11);
  }
  const struct {
    double delta, lambda, rho2;
  } rows[] = {
      {2.2, .4754760722, .3794633946}, {2.6, .4204298324, .4999560808}, {3.5, .3477432824, .6573136287}};
  for (int i = 0; i < 3; i++) {
    multi_index_result r;
    ok(multi_index_matrix_wedge(&wedge3, rows[i].delta, &r, e));
    near("lam", r.outlier.lambda.value, rows[i].lambda, 6e-11),
        near("rho2", r.outlier.rho2.value, rows[i].rho2, 6e-11);
    near("edge", r.edge.lambda.value, 1 / rows[i].delta, 1e-12);
  }
}

/* Classes of the angle mod 2 pi: halves carry nothing, thirds are seen as 2 m mod 2 pi. */
Test(multi_index_threshold, wedges_mod_two_pi) {
  const double halves[] = {0, M_PI, 2 * M_PI},
               sixths[] = {0, M_PI / 3, 2 * M_PI / 3, M_PI, 4 * M_PI / 3, 5 * M_PI / 3, 2 * M_PI};
  const multi_index_model two = {.kind = MULTI_INDEX_WEDGE, .period = 2 * M_PI, .out = halves, .n_out = 3},
                          six = {.kind = MULTI_INDEX_WEDGE, .period = 2 * M_PI, .out = sixths, .n_out = 7};
  assay_value delta_t;
  double u[2];
  ok(multi_index_threshold(&two, MULTI_INDEX_RIGHT, &delta_t, u, e));
  cr_expect(delta_t.value > 1e20, "%g", delta_t.value);
  ok(multi_index_threshold(&six, MULTI_INDEX_RIGHT, &delta_t, u, e));
  near("six of 2 pi are three of pi", delta_t.value, 2.9243272300, 6e-11);
}

Test(multi_index_domain, points_outside) {
  multi_index_preprocessing T = {.kind = MULTI_INDEX_TD}, id = {.kind = MULTI_INDEX_ID},
                            negative = {.kind = MULTI_INDEX_TANH, .a = -1};
  multi_index_result r;
  assay_error why = {ASSAY_OK, ""};
  cr_expect_eq(multi_index_prepare(&phase, .4, &T, &why), ASSAY_DOMAIN);
  cr_expect_not_null(strstr(why.text, "from delta_t"), "%s", why.text);
  cr_expect_eq(multi_index_prepare(&phase, -1, &T, &why), ASSAY_DOMAIN);
  cr_expect_eq(multi_index_prepare(&stair, 3, &T, &why), ASSAY_DOMAIN);
  cr_expect_eq(multi_index_spectrum(&phase, &id, 2, 1, &r, &why), ASSAY_DOMAIN);
  cr_expect_not_null(strstr(why.text, "unbounded"), "%s", why.text);
  cr_expect_eq(multi_index_spectrum(&phase, &negative, 2, 1, &r, &why), ASSAY_DOMAIN);
  cr_expect_not_null(strstr(why.text, "nowhere positive"), "%s", why.text);
  cr_expect_eq(multi_index_prepare(&parity2, 1.75, &T, &why), ASSAY_OK, "Td stays bounded for parity: %s",
               why.text);
  ok(multi_index_spectrum(&parity2, &T, 1.75, 1, &r, e));
  cr_expect(!r.outlier.out && r.outlier.rho2.value == 0, "no outlier is an answer");
}
