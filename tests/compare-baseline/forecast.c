#include <criterion/criterion.h>
#include <math.h>

#include "compare/forecast.h"

/* One cell of one run: looks of 128 2^(j-1), 8 of them, 3 taken; a replicate takes 10 ms; margin 1. */
typedef struct {
  plan p;
  plan_claim claim;
  plan_run run;
  plan_group group;
  plan_cell cell;
  assay_target target;
  forecast_claim outlook;
} one_cell;

static double left_of(one_cell *o, double d, double half_width) {
  o->target = (assay_target){.name = "x", .estimand = ASSAY_MEAN};
  o->group = (plan_group){.run = 0, .minus_run = -1, .multiple = 1};
  o->run = (plan_run){.prefix = 512, .need = 512, .seconds = 5.12};
  o->cell = (plan_cell){.target = &o->target, .sample = {.n = 1, .group = &o->group}, .first = 128, .look = 3, .open = true};
  o->cell.result = (assay_cell_result){.looks = 8, .look = 3, .d = d, .lo = d - half_width, .hi = d + half_width, .margin = 1,
                                       .margin_sd = NAN};
  o->p = (plan){.claims = &o->claim, .n_claims = 1, .runs = &o->run, .n_runs = 1, .cells = &o->cell, .n_cells = 1};
  return forecast_make(&o->p, &o->outlook);
}

Test(forecast, a_narrow_interval_is_decided_at_the_next_look) {
  one_cell o = {0};
  cr_expect_float_eq(left_of(&o, 0, 1e-3), 512 * 0.01, 1e-9);
  cr_expect(o.outlook.done == 512 && o.outlook.expected == 1024 && o.outlook.open == 1 && o.outlook.cells == 1);
  cr_expect_eq(o.outlook.widest, &o.cell);
  cr_expect_float_eq(left_of(&o, 50, 1e-3), 512 * 0.01, 1e-9); /* and far outside of the margin too */
}

Test(forecast, a_hopeless_one_takes_the_whole_budget) {
  one_cell o = {0};
  cr_expect_float_eq(left_of(&o, 0, 1e3), (16384 - 512) * 0.01, 1e-6);
}

Test(forecast, a_wider_interval_never_takes_less) {
  one_cell o = {0};
  double before = 0;
  for (double h = 0.01; h < 100; h *= 1.1) {
    double left = left_of(&o, 0, h);
    cr_expect(left >= 0.999 * before, "%g", h); /* a tail lies outside of the margin by chance */
    before = left;
  }
}

Test(forecast, a_half_width_of_twice_the_margin_takes_four_to_eight_times_the_replicates) {
  one_cell o = {0};
  left_of(&o, 0, 2);
  cr_expect(o.outlook.expected >= 2048 && o.outlook.expected <= 4096, "%ld", o.outlook.expected);
}

Test(forecast, nothing_is_left_of_what_is_closed) {
  one_cell o = {0};
  left_of(&o, 0, 1);
  o.cell.open = false;
  cr_expect_eq(forecast_make(&o.p, &o.outlook), 0);
  cr_expect(o.outlook.open == 0 && o.outlook.widest == NULL && o.outlook.expected == 512);
}

Test(forecast, without_a_timed_replicate_nothing_is_said) {
  one_cell o = {0};
  left_of(&o, 0, 1);
  o.run.prefix = 0;
  cr_expect(isnan(forecast_make(&o.p, &o.outlook)) && isnan(o.outlook.seconds));
}
