#include "compare/store.h"

#include <criterion/criterion.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bed.h"

static bed b;
static assay_claim claim;
static char directory[64], path[96];
static assay_error error;

static void plan_again(void) {
  static const assay_target targets[] = {{.name = "x", .margin = BED_MARGIN(.4)}, {0}};
  static const char *const points[] = {"A: mean=1 t=.5,1 lam=1,2", "B: mean=2", NULL};
  static assay_leg legs[2];
  legs[0] = (assay_leg)BED_LEG("d=100", 128, 4, "A: mean=1 t=.5,1 lam=1,2", "B: mean=2");
  legs[0].points = points; /* outlives this function */
  claim = bed_claim(legs, targets, bed_far);
  bed_one(&b, &claim);
}

static void start(void) {
  error = (assay_error){0};
  strcpy(directory, "/tmp/assay-test-XXXXXX");
  cr_assert(mkdtemp(directory));
  snprintf(path, sizeof path, "%s/store.db", directory);
  plan_again();
}
static void stop(void) {
  bed_free(&b);
  char command[160];
  snprintf(command, sizeof command, "rm -rf %s", directory);
  cr_assert_eq(system(command), 0);
}
TestSuite(store, .init = start, .fini = stop);

static store *opened(store_mode mode) {
  store *s = store_open(path, mode, &error);
  cr_assert(s, "%s", error.text);
  return s;
}

static void refused(store_mode mode, const char *says) {
  error = (assay_error){0};
  store *s = store_open(path, mode, &error);
  cr_assert_null(s, "the store was opened");
  cr_assert(strstr(error.text, says) && strstr(error.text, path), "expected '%s', got '%s'", says,
            error.text);
  cr_assert_null(strchr(error.text, '\n'), "one sentence");
}

static void put(store *s, plan_run *run, long first, long count) {
  assay_error why = {0};
  long row = (long)run->readouts * run->width;
  cr_assert_eq(store_put(s, run, first, count, run->state + first, run->values + first * row, 0.5, &why),
               ASSAY_OK, "%s", why.text);
}

static void close_store(store *s) {
  cr_assert_eq(store_close(s, &error), ASSAY_OK, "%s", error.text);
}

/* Executes SQL on the closed store, as damage or another program would. */
static void sql(const char *text) {
  sqlite3 *db;
  cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
  char *why = NULL;
  cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, &why), SQLITE_OK, "%s", why);
  sqlite3_close(db);
}

/* ---- round trips ---- */

Test(store, replicates_come_back_bit_for_bit) {
  static const double strange[] = {-0.0, 4.9406564584124654e-324, -1.7976931348623157e308, 0.1, 1. / 3};
  plan_run *run = &b.p.runs[0];
  bed_fill(run, 0, 300, 1, 1);
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) run->values[7 * i] = strange[i];
  run->state[5] = RUN_FAILED;
  run->state[6] = RUN_DISCARDED;
  store *s = opened(STORE_CREATE);
  put(s, run, 0, 300);
  cr_assert(store_dirty(s));
  cr_assert_eq(store_commit(s, &error), ASSAY_OK);
  cr_assert_not(store_dirty(s));
  close_store(s);
  bed before = b;
  plan_again();
  s = opened(STORE_RESUME);
  cr_assert_eq(store_load(s, &b.p.runs[0], &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(store_load(s, &b.p.runs[1], &error), ASSAY_OK, "%s", error.text);
  const plan_run *back = &b.p.runs[0];
  cr_assert_eq(back->prefix, 300);
  cr_assert_eq(back->seconds, 0.5);
  cr_assert_arr_eq(back->values, run->values, 300 * (size_t)(run->readouts * run->width) * sizeof(double));
  cr_assert_arr_eq(back->state, run->state, 300);
  cr_assert_eq(b.p.runs[1].prefix, 0, "the other run has none");
  close_store(s);
  bed_free(&before);
}

Test(store, blocks_may_come_in_any_order_and_leave_gaps) {
  plan_run *run = &b.p.runs[0];
  bed_fill(run, 0, 160, 1, 1);
  store *s = opened(STORE_CREATE);
  put(s, run, 128, 32);
  put(s, run, 32, 64);
  put(s, run, 0, 32);
  close_store(s);
  bed before = b;
  plan_again();
  s = opened(STORE_READ);
  cr_assert_eq(store_load(s, &b.p.runs[0], &error), ASSAY_OK);
  cr_assert_eq(b.p.runs[0].prefix, 96);
  cr_assert_eq(b.p.runs[0].state[100], RUN_ABSENT);
  cr_assert_eq(b.p.runs[0].state[130], RUN_OK);
  cr_assert_arr_eq(b.p.runs[0].values, run->values,
                   96 * (size_t)(run->readouts * run->width) * sizeof(double));
  close_store(s);
  bed_free(&before);
}

Test(store, overlapping_and_repeated_blocks_are_one) {
  plan_run *run = &b.p.runs[0];
  bed_fill(run, 0, 96, 1, 1);
  store *s = opened(STORE_CREATE);
  put(s, run, 0, 64);
  put(s, run, 32, 64);
  put(s, run, 0, 64);
  close_store(s);
  bed before = b;
  plan_again();
  s = opened(STORE_READ);
  cr_assert_eq(store_load(s, &b.p.runs[0], &error), ASSAY_OK);
  cr_assert_eq(b.p.runs[0].prefix, 96);
  cr_assert_arr_eq(b.p.runs[0].values, run->values,
                   96 * (size_t)(run->readouts * run->width) * sizeof(double));
  close_store(s);
  bed_free(&before);
}

static int n_failures;
static void count_failure(void *with, long replicate, const char *reason) {
  cr_assert_eq(replicate, n_failures ? 70 : 5, "in the order of replicates");
  cr_assert_str_eq(reason, with);
  n_failures++;
}

Test(store, failures_keep_their_reasons) {
  plan_run *run = &b.p.runs[0];
  char reason[] = "it's \"odd\"; DROP TABLE run; \xc3\xa9";
  bed_fill(run, 0, 96, 1, 1);
  store *s = opened(STORE_CREATE);
  cr_assert_eq(store_put_failure(s, run, 70, reason, &error), ASSAY_OK);
  cr_assert_eq(store_put_failure(s, run, 5, reason, &error), ASSAY_OK);
  cr_assert_eq(store_put_failure(s, run, 5, reason, &error), ASSAY_OK);
  close_store(s);
  s = opened(STORE_READ);
  n_failures = 0;
  cr_assert_eq(store_failures(s, run, count_failure, reason, &error), ASSAY_OK);
  cr_assert_eq(n_failures, 2);
  cr_assert_eq(store_failures(s, &b.p.runs[1], count_failure, reason, &error), ASSAY_OK);
  cr_assert_eq(n_failures, 2);
  close_store(s);
}

Test(store, facts) {
  store *s = opened(STORE_CREATE);
  cr_assert_null(store_get(s, "seed"));
  cr_assert_eq(store_set(s, "seed", "1", &error), ASSAY_OK);
  cr_assert_eq(store_set(s, "seed", "18446744073709551615", &error), ASSAY_OK);
  close_store(s);
  s = opened(STORE_READ);
  char *seed = store_get(s, "seed");
  cr_assert_str_eq(seed, "18446744073709551615");
  free(seed);
  close_store(s);
}

Test(store, closing_leaves_one_file) {
  char wal[128];
  struct stat info;
  store *s = opened(STORE_CREATE);
  bed_fill(&b.p.runs[0], 0, 32, 1, 1);
  put(s, &b.p.runs[0], 0, 32);
  close_store(s);
  snprintf(wal, sizeof wal, "%s-wal", path);
  cr_assert_neq(stat(wal, &info), 0);
  snprintf(wal, sizeof wal, "%s-shm", path);
  cr_assert_neq(stat(wal, &info), 0);
  cr_assert_eq(stat(path, &info), 0);
}

Test(store, what_is_discarded_is_gone_even_in_the_middle_of_a_transaction) {
  struct stat info;
  store *s = opened(STORE_PRIVATE);
  bed_fill(&b.p.runs[0], 0, 32, 1, 1);
  put(s, &b.p.runs[0], 0, 32);
  cr_assert(store_dirty(s));
  store_discard(s);
  cr_assert_neq(stat(path, &info), 0);
  char command[160];
  snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", directory);
  cr_assert_eq(system(command), 0, "no file is left behind");
  store_discard(NULL);
  cr_assert_eq(store_close(NULL, &error), ASSAY_OK);
}

Test(store, what_was_not_committed_is_not_there) {
  bed_fill(&b.p.runs[0], 0, 64, 1, 1);
  store *s = opened(STORE_CREATE);
  put(s, &b.p.runs[0], 0, 32);
  cr_assert_eq(store_commit(s, &error), ASSAY_OK);
  put(s, &b.p.runs[0], 32, 32);
  /* As after kill -9: the files are copied while the transaction is open. */
  char command[256];
  snprintf(command, sizeof command, "cp %s %s/copy.db; cp %s-wal %s/copy.db-wal", path, directory, path,
           directory);
  cr_assert_eq(system(command), 0);
  store_discard(s);
  snprintf(path, sizeof path, "%s/copy.db", directory);
  plan_run *run = &b.p.runs[0];
  memset(run->state, RUN_ABSENT, (size_t)run->capacity);
  run->prefix = 0;
  s = opened(STORE_RESUME);
  cr_assert_eq(store_load(s, run, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(run->prefix, 32);
  close_store(s);
}

/* ---- what is not a store ---- */

static void write_file(const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

Test(store, missing_empty_and_foreign_files) {
  refused(STORE_RESUME, "there is no store");
  refused(STORE_READ, "there is no store");
  write_file("");
  refused(STORE_RESUME, "empty");
  refused(STORE_READ, "empty");
  write_file(
      "This is a text, and a rather long one so that it could be the head of a database, which it is not at "
      "all.\n"
      "It goes on for some more lines, until there is more than the hundred bytes that a header has.\n");
  refused(STORE_RESUME, "not a store");
  refused(STORE_READ, "not a store");
  refused(STORE_CREATE, "--resume");
  unlink(path);
  sql("CREATE TABLE people(name TEXT)");
  refused(STORE_RESUME, "not a store");
  refused(STORE_READ, "not a store");
  unlink(path);
  mkdir(path, 0777);
  refused(STORE_CREATE, "not a file");
  refused(STORE_RESUME, "not a file");
  rmdir(path);
}

Test(store, a_directory_that_is_not_there) {
  snprintf(path, sizeof path, "%s/none/store.db", directory);
  refused(STORE_CREATE, "directory");
}

Test(store, existing_stores_are_not_written_over) {
  close_store(opened(STORE_CREATE));
  refused(STORE_CREATE, "exists already");
  close_store(opened(STORE_RESUME));
}

Test(store, another_schema_version) {
  close_store(opened(STORE_CREATE));
  sql("PRAGMA user_version=1");
  refused(STORE_RESUME, "schema version 1");
  refused(STORE_READ, "schema version 1");
}

Test(store, is_held_by_one) {
  store *s = opened(STORE_CREATE);
  refused(STORE_RESUME, "in use");
  refused(STORE_READ, "in use");
  close_store(s);
  s = opened(STORE_READ);
  close_store(s);
}

/* ---- damage ---- */

static void damaged(const char *how, const char *says) {
  bed_fill(&b.p.runs[0], 0, 64, 1, 1);
  b.p.runs[0].state[3] = RUN_FAILED;
  unlink(path);
  store *s = opened(STORE_CREATE);
  put(s, &b.p.runs[0], 0, 32);
  put(s, &b.p.runs[0], 32, 32);
  close_store(s);
  sql(how);
  bed before = b;
  plan_again();
  s = opened(STORE_READ);
  error = (assay_error){0};
  cr_assert_neq(store_load(s, &b.p.runs[0], &error), ASSAY_OK, "%s was not seen", how);
  cr_assert(strstr(error.text, says), "%s: %s", how, error.text);
  close_store(s);
  bed_free(&before);
}

Test(store, blocks_of_the_wrong_size_or_state_are_damage) {
  damaged("UPDATE block SET data=x'00'", "damaged");
  damaged("UPDATE block SET data=substr(data,1,length(data)-8) WHERE first=32", "damaged");
  damaged("UPDATE block SET data=x'' WHERE first=32", "damaged");
  damaged("UPDATE block SET count=31 WHERE first=0", "damaged");
  damaged("UPDATE block SET count=-1 WHERE first=0", "damaged");
  damaged("UPDATE block SET count=1<<40 WHERE first=0", "damaged");
  damaged("UPDATE block SET first=-32 WHERE first=32", "damaged");
  damaged("UPDATE block SET first=1<<60 WHERE first=32", "damaged");
  damaged("UPDATE block SET state=x'0101' WHERE first=0", "damaged");
  damaged("UPDATE block SET state=zeroblob(32) WHERE first=0", "state 0");
  damaged("UPDATE block SET state=CAST(replace(hex(zeroblob(16)),'0','7') AS BLOB) WHERE first=0",
          "state 55");
  damaged("UPDATE block SET data=x'01'||substr(data,2) WHERE first=32", "checksum");
  damaged("UPDATE block SET state=NULL WHERE first=0", "checksum");
  damaged("UPDATE block SET first=33 WHERE first=32", "checksum");
  damaged("UPDATE run SET width=width+1", "other records");
}

Test(store, a_truncated_file_is_damage_or_not_a_store) {
  bed_fill(&b.p.runs[0], 0, 2048, 1, 1);
  store *s = opened(STORE_CREATE);
  put(s, &b.p.runs[0], 0, 2048);
  close_store(s);
  struct stat info;
  stat(path, &info);
  for (off_t size = info.st_size - 1000; size > 0; size = size * 2 / 3) {
    cr_assert_eq(truncate(path, size), 0);
    assay_error why = {0};
    s = store_open(path, STORE_READ, &why);
    if (s) {
      bed before = b;
      plan_again();
      assay_status status = store_load(s, &b.p.runs[0], &why);
      cr_assert(status != ASSAY_OK || b.p.runs[0].prefix == 0, "%ld bytes gave %ld replicates", (long)size,
                b.p.runs[0].prefix);
      store_close(s, NULL);
      bed_free(&before);
    }
  }
}
