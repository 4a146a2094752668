#include "compare/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { SCHEMA_VERSION = 2, APPLICATION = 0x41535359 }; /* "ASSY" */

struct store {
  sqlite3 *db;
  char *path;
  store_mode mode;
  bool dirty;
  sqlite3_stmt *put_block, *put_failure, *find_run, *put_run;
};

static const char schema[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, address TEXT NOT NULL,"
    " readouts INTEGER NOT NULL, width INTEGER NOT NULL);"
    "CREATE TABLE block(run INTEGER NOT NULL REFERENCES run(id), first INTEGER NOT NULL, count INTEGER NOT NULL,"
    " state BLOB, data BLOB NOT NULL, seconds REAL NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(run, first)) WITHOUT ROWID;"
    "CREATE TABLE failure(run INTEGER NOT NULL REFERENCES run(id), replicate INTEGER NOT NULL, reason TEXT NOT NULL,"
    " PRIMARY KEY(run, replicate)) WITHOUT ROWID;";

/* ---- errors ---- */

static assay_status failed(const store *s, const char *doing, assay_error *error) {
  int code = sqlite3_errcode(s->db), reason = code & 0xff;
  const char *what = sqlite3_errmsg(s->db);
  switch (reason) {
  case SQLITE_NOTADB: return assay_error_set(error, ASSAY_IO, "%s is not a store of assay", s->path);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return assay_error_set(error, ASSAY_IO, "%s is in use by another run; wait for it or give another --store", s->path);
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return assay_error_set(error, ASSAY_IO, "%s cannot be written; make it and its directory writable or give another --store",
                           s->path);
  case SQLITE_FULL:
    return assay_error_set(error, ASSAY_IO,
                           "the disk is full: %s cannot grow; what was committed before is safe, free some space and "
                           "run again with --resume", s->path);
  case SQLITE_CORRUPT:
    return assay_error_set(error, ASSAY_IO, "%s is damaged (%s); run again with another --store", s->path, what);
  case SQLITE_CANTOPEN:
    return assay_error_set(error, ASSAY_IO, "%s cannot be opened; the directory has to exist and be writable", s->path);
  default: return assay_error_set(error, ASSAY_IO, "%s: %s failed: %s", s->path, doing, what);
  }
}

static assay_status run_sql(store *s, const char *sql, const char *doing, assay_error *error) {
  return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ASSAY_OK : failed(s, doing, error);
}

static int pragma_int(store *s, const char *sql) {
  sqlite3_stmt *statement;
  int value = -1;
  if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK) return -1;
  if (sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  return value;
}

/* ---- opening ---- */

static assay_status create_schema(store *s, assay_error *error) {
  char sql[160];
  assay_status status = run_sql(s, "BEGIN", "creating it", error);
  if (status == ASSAY_OK) status = run_sql(s, schema, "creating its tables", error);
  snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", APPLICATION, SCHEMA_VERSION);
  if (status == ASSAY_OK) status = run_sql(s, sql, "creating it", error);
  return status;
}

/* A copy that stopped within a page: SQLite would read zeros in place of the rest. With a log beside it the end may be pending. */
static bool cut_short(store *s) {
  struct stat info;
  char log[4096];
  int page = pragma_int(s, "PRAGMA page_size");
  snprintf(log, sizeof log, "%s-wal", s->path);
  return page > 0 && stat(s->path, &info) == 0 && info.st_size % page != 0 && access(log, F_OK) != 0;
}

static assay_status check_schema(store *s, assay_error *error) {
  int application = pragma_int(s, "PRAGMA application_id");
  int code = sqlite3_errcode(s->db) & 0xff;
  if (code == SQLITE_NOTADB || code == SQLITE_BUSY || code == SQLITE_CORRUPT || code == SQLITE_CANTOPEN)
    return failed(s, "opening", error);
  if (application != APPLICATION) return assay_error_set(error, ASSAY_IO, "%s is not a store of assay", s->path);
  if (cut_short(s)) return assay_error_set(error, ASSAY_IO, "%s is damaged: its end is missing", s->path);
  int version = pragma_int(s, "PRAGMA user_version");
  if (version == SCHEMA_VERSION) return ASSAY_OK;
  return assay_error_set(error, ASSAY_IO, "%s has schema version %d; this assay reads version %d: start a new store", s->path,
                         version, SCHEMA_VERSION);
}

static assay_status prepare(store *s, const char *sql, sqlite3_stmt **statement, assay_error *error) {
  return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK
             ? ASSAY_OK
             : failed(s, "preparing a statement", error);
}

static assay_status prepare_all(store *s, assay_error *error) {
  assay_status status = prepare(s, "SELECT id, readouts, width FROM run WHERE key=?1", &s->find_run, error);
  if (s->mode == STORE_READ || status != ASSAY_OK) return status;
  status = prepare(s, "INSERT OR REPLACE INTO block(run,first,count,state,data,seconds,sum) VALUES(?1,?2,?3,?4,?5,?6,?7)",
                   &s->put_block, error);
  if (status == ASSAY_OK)
    status = prepare(s, "INSERT OR REPLACE INTO failure(run,replicate,reason) VALUES(?1,?2,?3)", &s->put_failure, error);
  if (status == ASSAY_OK)
    status = prepare(s, "INSERT INTO run(key,text,address,readouts,width) VALUES(?1,?2,?3,?4,?5)", &s->put_run, error);
  return status;
}

static assay_status check_file(const char *path, store_mode mode, assay_error *error) {
  struct stat info;
  if (!*path) return assay_error_set(error, ASSAY_USAGE, "the name of the store is empty");
  bool exists = stat(path, &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) return assay_error_set(error, ASSAY_IO, "%s is not a file", path);
  if (mode == STORE_CREATE && exists && info.st_size > 0)
    return assay_error_set(error, ASSAY_IO, "%s exists already; add --resume to go on with it, or give another --store", path);
  if ((mode == STORE_RESUME || mode == STORE_READ) && !exists)
    return assay_error_set(error, ASSAY_IO, "there is no store %s (%s)", path, strerror(errno));
  if ((mode == STORE_RESUME || mode == STORE_READ) && info.st_size == 0)
    return assay_error_set(error, ASSAY_IO, "%s is empty, not a store of assay", path);
  return ASSAY_OK;
}

static assay_status configure(store *s, assay_error *error) {
  sqlite3_busy_timeout(s->db, 200);
  bool fresh = s->mode == STORE_CREATE || s->mode == STORE_PRIVATE;
  assay_status status = ASSAY_OK;
  if (!fresh) status = check_schema(s, error);
  if (s->mode == STORE_READ || status != ASSAY_OK) return status;
  const char *setup = s->mode == STORE_PRIVATE
                          ? "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
                          : "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL";
  status = run_sql(s, setup, "opening", error);
  /* Taking the lock at once tells a second run before it has computed anything. */
  if (status == ASSAY_OK) status = run_sql(s, "BEGIN EXCLUSIVE; COMMIT", "locking", error);
  if (status == ASSAY_OK && fresh) status = create_schema(s, error);
  if (status == ASSAY_OK && s->mode == STORE_RESUME)
    status = run_sql(s, "BEGIN IMMEDIATE; UPDATE meta SET value=value WHERE name='seed'; COMMIT", "writing", error);
  return status;
}

static void remove_files(const char *path) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  char name[4096];
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    unlink(name);
  }
}

store *store_open(const char *path, store_mode mode, assay_error *error) {
  if (check_file(path, mode, error) != ASSAY_OK) return NULL;
  store *s = calloc(1, sizeof *s);
  if (s) s->path = strdup(path);
  if (!s || !s->path) {
    free(s);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a store");
    return NULL;
  }
  s->mode = mode;
  bool existed = access(path, F_OK) == 0;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (mode == STORE_CREATE || mode == STORE_PRIVATE) flags |= SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(path, &s->db, flags, NULL);
  if (code != SQLITE_OK && mode == STORE_READ) {
    sqlite3_close(s->db);
    code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
  }
  assay_status status = code == SQLITE_OK ? configure(s, error) : failed(s, "opening", error);
  if (status == ASSAY_OK) status = prepare_all(s, error);
  if (status == ASSAY_OK) return s;
  /* A file that could be begun and no more is in the way of the next attempt. Not so when it is another run's. */
  bool begun = mode == STORE_PRIVATE || (mode == STORE_CREATE && !existed && (sqlite3_errcode(s->db) & 0xff) != SQLITE_BUSY);
  s->mode = STORE_READ; /* leave the file as it is */
  if (begun) store_discard(s);
  else store_close(s, NULL);
  return NULL;
}

assay_status store_close(store *s, assay_error *error) {
  if (!s) return ASSAY_OK;
  assay_status status = store_commit(s, error);
  sqlite3_finalize(s->find_run);
  sqlite3_finalize(s->put_block);
  sqlite3_finalize(s->put_failure);
  sqlite3_finalize(s->put_run);
  if (s->mode != STORE_READ) {
    assay_status folded = run_sql(s, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE", "closing", error);
    if (status == ASSAY_OK) status = folded;
  }
  sqlite3_close(s->db);
  free(s->path);
  free(s);
  return status;
}

void store_discard(store *s) {
  if (!s) return;
  char *path = strdup(s->path);
  if (s->dirty) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL), s->dirty = false;
  s->mode = STORE_READ;
  store_close(s, NULL);
  if (path) remove_files(path);
  free(path);
}

const char *store_path(const store *s) { return s->path; }
bool store_dirty(const store *s) { return s->dirty; }

/* ---- facts ---- */

assay_status store_set(store *s, const char *name, const char *value, assay_error *error) {
  sqlite3_stmt *statement = NULL;
  assay_status status = prepare(s, "INSERT OR REPLACE INTO meta(name,value) VALUES(?1,?2)", &statement, error);
  if (status != ASSAY_OK) return status;
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
  if (sqlite3_step(statement) != SQLITE_DONE) status = failed(s, "writing", error);
  sqlite3_finalize(statement);
  return status;
}

char *store_get(store *s, const char *name) {
  sqlite3_stmt *statement = NULL;
  char *value = NULL;
  if (prepare(s, "SELECT value FROM meta WHERE name=?1", &statement, NULL) != ASSAY_OK) return NULL;
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  if (sqlite3_step(statement) == SQLITE_ROW) value = strdup((const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return value;
}

/* ---- writing ---- */

static assay_status begin(store *s, assay_error *error) {
  if (s->dirty) return ASSAY_OK;
  assay_status status = run_sql(s, "BEGIN IMMEDIATE", "writing", error);
  s->dirty = status == ASSAY_OK;
  return status;
}

static assay_status step_once(store *s, sqlite3_stmt *statement, assay_error *error) {
  int code = sqlite3_step(statement);
  assay_status status = code == SQLITE_DONE ? ASSAY_OK : failed(s, "writing", error);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return status;
}

/* The run's row; 0 when there is none, -1 when its shape is another. */
static sqlite3_int64 row_of(store *s, const plan_run *run) {
  sqlite3_int64 id = 0;
  sqlite3_bind_text(s->find_run, 1, run->key, -1, SQLITE_STATIC);
  if (sqlite3_step(s->find_run) == SQLITE_ROW) {
    id = sqlite3_column_int64(s->find_run, 0);
    if (sqlite3_column_int(s->find_run, 1) != run->readouts || sqlite3_column_int(s->find_run, 2) != run->width) id = -1;
  }
  sqlite3_reset(s->find_run);
  return id;
}

static assay_status row_for(store *s, const plan_run *run, sqlite3_int64 *id, assay_error *error) {
  assay_status status = begin(s, error);
  if (status != ASSAY_OK) return status;
  *id = row_of(s, run);
  if (*id > 0) return ASSAY_OK;
  if (*id < 0) return assay_error_set(error, ASSAY_IO, "%s: %s is stored with other records", s->path, run->address);
  sqlite3_bind_text(s->put_run, 1, run->key, -1, SQLITE_STATIC);
  sqlite3_bind_text(s->put_run, 2, run->stored_text, -1, SQLITE_STATIC);
  sqlite3_bind_text(s->put_run, 3, run->address, -1, SQLITE_STATIC);
  sqlite3_bind_int(s->put_run, 4, run->readouts);
  sqlite3_bind_int(s->put_run, 5, run->width);
  status = step_once(s, s->put_run, error);
  *id = sqlite3_last_insert_rowid(s->db);
  return status;
}

static bool all_ok(const unsigned char *state, long count) {
  for (long i = 0; i < count; i++)
    if (state[i] != RUN_OK) return false;
  return true;
}

/* The CRC-32 of a block, with its place: SQLite itself does not notice a flipped bit. `state` may be NULL. */
static sqlite3_int64 checksum(long first, long count, const unsigned char *state, const void *values, size_t bytes) {
  const int64_t place[2] = {first, count};
  uLong sum = crc32_z(0, (const unsigned char *)place, sizeof place);
  if (state) sum = crc32_z(sum, state, (size_t)count);
  return (sqlite3_int64)(bytes ? crc32_z(sum, values, bytes) : sum);
}

assay_status store_put(store *s, const plan_run *run, long first, long count, const unsigned char *state,
                       const double *values, double seconds, assay_error *error) {
  sqlite3_int64 id;
  assay_status status = row_for(s, run, &id, error);
  if (status != ASSAY_OK) return status;
  sqlite3_uint64 bytes = (sqlite3_uint64)count * (unsigned)run->readouts * (unsigned)run->width * sizeof *values;
  sqlite3_bind_int64(s->put_block, 1, id);
  sqlite3_bind_int64(s->put_block, 2, first);
  sqlite3_bind_int64(s->put_block, 3, count);
  if (all_ok(state, count)) state = NULL;
  if (!state) sqlite3_bind_null(s->put_block, 4);
  else sqlite3_bind_blob64(s->put_block, 4, state, (sqlite3_uint64)count, SQLITE_STATIC);
  sqlite3_bind_blob64(s->put_block, 5, values, bytes, SQLITE_STATIC);
  sqlite3_bind_double(s->put_block, 6, seconds);
  sqlite3_bind_int64(s->put_block, 7, checksum(first, count, state, values, bytes));
  return step_once(s, s->put_block, error);
}

assay_status store_put_failure(store *s, const plan_run *run, long replicate, const char *reason, assay_error *error) {
  sqlite3_int64 id;
  assay_status status = row_for(s, run, &id, error);
  if (status != ASSAY_OK) return status;
  sqlite3_bind_int64(s->put_failure, 1, id);
  sqlite3_bind_int64(s->put_failure, 2, replicate);
  sqlite3_bind_text(s->put_failure, 3, reason, -1, SQLITE_STATIC);
  return step_once(s, s->put_failure, error);
}

assay_status store_commit(store *s, assay_error *error) {
  if (!s->dirty) return ASSAY_OK;
  assay_status status = run_sql(s, "COMMIT", "committing", error);
  if (status != ASSAY_OK) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
  s->dirty = false;
  return status;
}

/* ---- reading ---- */

static assay_status load_block(const store *s, plan_run *run, sqlite3_stmt *block, assay_error *error) {
  long first = (long)sqlite3_column_int64(block, 0), count = (long)sqlite3_column_int64(block, 1);
  size_t row = (size_t)run->readouts * (size_t)run->width;
  const unsigned char *state = sqlite3_column_blob(block, 2);
  const double *values = sqlite3_column_blob(block, 3);
  long state_bytes = sqlite3_column_bytes(block, 2);
  size_t bytes = (size_t)sqlite3_column_bytes(block, 3);
  bool sane = first >= 0 && count > 0 && first < 1L << 40 && count < 1L << 31;
  if (!sane || bytes != (size_t)count * row * sizeof *values || (state && state_bytes != count))
    return assay_error_set(error, ASSAY_IO, "%s is damaged: a block of %s is not of its size", s->path, run->address);
  assay_status status = plan_reserve(run, first + count, error);
  if (status != ASSAY_OK) return status;
  for (long i = 0; state && i < count; i++)
    if (state[i] < RUN_OK || state[i] > RUN_DISCARDED)
      return assay_error_set(error, ASSAY_IO, "%s is damaged: a replicate of %s has state %d", s->path, run->address, state[i]);
  if (sqlite3_column_int64(block, 5) != checksum(first, count, state, values, bytes))
    return assay_error_set(error, ASSAY_IO, "%s is damaged: a block of %s does not have its checksum", s->path, run->address);
  if (bytes) memcpy(run->values + (size_t)first * row, values, bytes);
  for (long i = 0; i < count; i++) plan_mark(run, first + i, state ? state[i] : RUN_OK);
  run->seconds += sqlite3_column_double(block, 4);
  return ASSAY_OK;
}

assay_status store_load(store *s, plan_run *run, assay_error *error) {
  sqlite3_int64 id = row_of(s, run);
  if (id == 0) return ASSAY_OK;
  if (id < 0) return assay_error_set(error, ASSAY_IO, "%s: %s is stored with other records", s->path, run->address);
  sqlite3_stmt *block = NULL;
  assay_status status = prepare(s, "SELECT first,count,state,data,seconds,sum FROM block WHERE run=?1 ORDER BY first", &block, error);
  if (status != ASSAY_OK) return status;
  sqlite3_bind_int64(block, 1, id);
  int code;
  while ((code = sqlite3_step(block)) == SQLITE_ROW && status == ASSAY_OK) status = load_block(s, run, block, error);
  if (status == ASSAY_OK && code != SQLITE_DONE) status = failed(s, "reading", error);
  sqlite3_finalize(block);
  run->issued = run->prefix;
  return status;
}

assay_status store_failures(store *s, const plan_run *run, void (*each)(void *, long, const char *), void *with,
                            assay_error *error) {
  sqlite3_int64 id = row_of(s, run);
  if (id <= 0) return ASSAY_OK;
  sqlite3_stmt *row = NULL;
  assay_status status = prepare(s, "SELECT replicate,reason FROM failure WHERE run=?1 ORDER BY replicate", &row, error);
  if (status != ASSAY_OK) return status;
  sqlite3_bind_int64(row, 1, id);
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW)
    each(with, (long)sqlite3_column_int64(row, 0), (const char *)sqlite3_column_text(row, 1));
  if (code != SQLITE_DONE) status = failed(s, "reading", error);
  sqlite3_finalize(row);
  return status;
}

/* ---- copying ---- */

static const char overlapping[] =
    "SELECT o.address, max(b.first, m.first), min(b.first + b.count, m.first + m.count) - 1 FROM other.block b"
    " JOIN other.run o ON o.id = b.run JOIN main.run r ON r.key = o.key"
    " JOIN main.block m ON m.run = r.id AND m.first < b.first + b.count AND m.first + m.count > b.first LIMIT 1";
static const char copy_all[] =
    "INSERT OR IGNORE INTO main.run(key,text,address,readouts,width) SELECT key,text,address,readouts,width FROM other.run ORDER BY id;"
    "INSERT INTO main.block SELECT r.id,b.first,b.count,b.state,b.data,b.seconds,b.sum FROM other.block b"
    " JOIN other.run o ON o.id=b.run JOIN main.run r ON r.key=o.key;"
    "INSERT INTO main.failure SELECT r.id,f.replicate,f.reason FROM other.failure f"
    " JOIN other.run o ON o.id=f.run JOIN main.run r ON r.key=o.key;";

static assay_status refuse_overlap(store *to, const char *path, assay_error *error) {
  sqlite3_stmt *both = NULL;
  assay_status status = prepare(to, overlapping, &both, error);
  if (status != ASSAY_OK) return status;
  if (sqlite3_step(both) == SQLITE_ROW)
    status = assay_error_set(error, ASSAY_USAGE, "%s holds replicates %lld to %lld of %s, which an earlier store holds too", path,
                             (long long)sqlite3_column_int64(both, 1), (long long)sqlite3_column_int64(both, 2),
                             (const char *)sqlite3_column_text(both, 0));
  sqlite3_finalize(both);
  return status;
}

assay_status store_copy(store *to, const char *path, assay_error *error) {
  sqlite3_stmt *attach = NULL;
  assay_status status = store_commit(to, error);
  if (status == ASSAY_OK) status = prepare(to, "ATTACH ?1 AS other", &attach, error);
  if (status != ASSAY_OK) return status;
  sqlite3_bind_text(attach, 1, path, -1, SQLITE_STATIC);
  if (sqlite3_step(attach) != SQLITE_DONE) status = failed(to, "reading another store", error);
  sqlite3_finalize(attach);
  if (status != ASSAY_OK) return status;
  status = refuse_overlap(to, path, error);
  if (status == ASSAY_OK) status = begin(to, error);
  if (status == ASSAY_OK) status = run_sql(to, copy_all, "copying", error);
  if (status == ASSAY_OK) status = store_commit(to, error);
  else if (to->dirty) sqlite3_exec(to->db, "ROLLBACK", NULL, NULL, NULL), to->dirty = false;
  assay_status detached = run_sql(to, "DETACH other", "copying", status == ASSAY_OK ? error : NULL);
  return status == ASSAY_OK ? detached : status;
}
