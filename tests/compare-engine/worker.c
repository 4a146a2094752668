#include "compare/worker.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bed.h"
#include "compare/hash.h"
#include "compare/registry.h"

extern const assay_paper *const truth_papers[];

static assay_error error;

static const assay_experiment *draw(void) {
  const assay_experiment *e = registry_experiment(truth_papers, "truth/draw");
  cr_assert(e);
  return e;
}

/* ---- one experiment ---- */

static int replicate(const char *at, long number, double *out, int room) {
  assay_call *call;
  void *state;
  int values;
  error = (assay_error){0};
  cr_assert_eq(worker_open(draw(), at, &call, &state, &values, &error), ASSAY_OK, "%s", error.text);
  cr_assert_leq(values, room);
  assay_stream stream = {42, (uint64_t)number};
  int how = worker_replicate(draw(), call, state, &stream, values, out, &error);
  worker_close(draw(), call, state);
  return how;
}

Test(worker, a_replicate_depends_on_its_key_and_number_alone) {
  double one[6], again[6], other[6], part[6];
  cr_assert_eq(replicate("d=100 mean=1 t=0.25,0.5,1", 7, one, 6), RUN_OK);
  cr_assert_eq(replicate("d=100 mean=1 t=0.25,0.5,1", 7, again, 6), RUN_OK);
  cr_assert_eq(replicate("d=100 mean=1 t=0.25,0.5,1", 8, other, 6), RUN_OK);
  cr_assert_arr_eq(one, again, sizeof one);
  cr_assert(one[0] != other[0]);
  cr_assert_eq(replicate("d=100 mean=1 t=0.5", 7, part, 6), RUN_OK);
  cr_assert(part[0] == one[2] && part[1] == one[3], "read-outs do not depend on one another");
}

Test(worker, every_mishap_has_its_state_and_reason) {
  static const struct {
    const char *at;
    long number;
    int state;
    const char *reason;
  } cases[] = {{"d=100 fail=error", 5, RUN_FAILED, "the fifth"},
               {"d=100 fail=error", 4, RUN_OK, ""},
               {"d=100 fail=nan", 5, RUN_FAILED, "record 0"},
               {"d=100 fail=nan", 6, RUN_OK, ""},
               {"d=100 fail=discard", 5, RUN_DISCARDED, "not count"},
               {"d=100 fail=three", 2, RUN_FAILED, "first three"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double out[2];
    cr_assert_eq(replicate(cases[i].at, cases[i].number, out, 2), cases[i].state, "%s", cases[i].at);
    cr_assert(strstr(error.text, cases[i].reason), "%s", error.text);
    if (cases[i].state != RUN_OK) cr_assert(out[0] == 0 && out[1] == 0, "what failed leaves no values");
  }
}

static assay_status open_nothing(assay_call *call, void **state) {
  (void)call, (void)state;
  return ASSAY_OK;
}
static assay_status fills_only_x(assay_call *call, void *state, const assay_stream *stream, double *out) {
  (void)call, (void)state, (void)stream;
  out[0] = 1;
  return ASSAY_OK;
}

Test(worker, a_record_that_is_not_filled_is_a_failure) {
  assay_experiment e = bed_draw;
  e.open = open_nothing;
  e.replicate = fills_only_x;
  assay_call *call;
  void *state;
  int values;
  double out[2] = {5, 5};
  assay_stream stream = {1, 0};
  cr_assert_eq(worker_open(&e, "d=10", &call, &state, &values, &error), ASSAY_OK);
  cr_assert_eq(values, 2);
  cr_assert_eq(worker_replicate(&e, call, state, &stream, values, out, &error), RUN_FAILED);
  cr_assert(strstr(error.text, "record 1"), "%s", error.text);
  worker_close(&e, call, state);
}

Test(worker, what_cannot_be_opened_says_why) {
  static const char *const cases[][2] = {{"d=100 fail=open", "never opens"},
                                         {"mean=1", "d is missing"},
                                         {"d=100 mena=1", "mean"},
                                         {"d=0", "domain"},
                                         {"d", "name=value"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assay_call *call;
    void *state;
    int values;
    error = (assay_error){0};
    cr_assert_neq(worker_open(draw(), cases[i][0], &call, &state, &values, &error), ASSAY_OK);
    cr_assert(strstr(error.text, cases[i][1]), "%s: %s", cases[i][0], error.text);
    cr_assert_null(call);
  }
}

/* ---- finding ---- */

Test(registry, by_id_with_a_suggestion) {
  cr_assert_null(registry_experiment(truth_papers, "truth/drew"));
  cr_assert_str_eq(registry_claim(truth_papers, "truth/mean", &error)->id, "truth/mean");
  cr_assert_null(registry_claim(truth_papers, "truth/maen", &error));
  cr_assert(strstr(error.text, "did you mean 'truth/mean'"), "%s", error.text);
  cr_assert_null(registry_claim(truth_papers, "truth/*", &error), "a glob is no id");
}

/* ---- SHA-256: the vectors of FIPS 180-2 ---- */

Test(hash, of_known_texts) {
  char hex[HASH_TEXT];
  uint64_t key;
  cr_assert_eq(hash_text("abc", hex, &error), ASSAY_OK);
  cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  cr_assert_eq(hash_text("", hex, &error), ASSAY_OK);
  cr_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  cr_assert_eq(hash_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", hex, &error), ASSAY_OK);
  cr_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  cr_assert_eq(hash_key("abc", &key, &error), ASSAY_OK);
  cr_assert_eq(key, 0xba7816bf8f01cfeau);
}
