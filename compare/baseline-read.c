#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compare/baseline.h"
#include "compare/plan_private.h"

/* A text from anywhere must not cost more than these. */
enum {
  MOST_LINE = 1 << 16,
  MOST_CLAIMS = 4096,
  MOST_CELLS = 4096,
  MOST_RUNS = 16384,
  MOST_COLUMNS = 4096,
  MOST_NAMES = 256
};
static const long most_bytes = 1L << 26, most_lines = 1L << 20;

typedef struct {
  FILE *in;
  const char *name;
  baseline *b;
  baseline_cell *cell; /* the one that lines belong to; NULL: none */
  baseline_run *run;
  long line, bytes;
  unsigned seen;      /* bits of fields: of the head, */
  unsigned seen_cell; /* of the cell, */
  unsigned seen_run;  /* of the run */
  assay_error *error;
  char text[MOST_LINE];
} reader;

static assay_status wrong(reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static assay_status wrong(reader *r, const char *format, ...) {
  char what[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return assay_error_set(r->error, ASSAY_USAGE, "%s, line %ld: %s", r->name, r->line, what);
}

static assay_status no_memory(reader *r) {
  return assay_error_set(r->error, ASSAY_NO_MEMORY, "%s, line %ld: no memory", r->name, r->line);
}

/* ---- words and numbers ---- */

/* Cuts the first word off *rest, which is left at the next one. "" at the end. */
static char *next_word(char **rest) {
  char *word = *rest + strspn(*rest, " ");
  char *end = word + strcspn(word, " ");
  *rest = *end ? end + 1 : end;
  *rest += strspn(*rest, " ");
  *end = 0;
  return word;
}

static bool whole_number(const char *text, long most, long *out) {
  char *end;
  errno = 0;
  *out = strtol(text, &end, 10);
  return isdigit((unsigned char)*text) && !*end && !errno && *out <= most;
}

static bool is_hex(const char *text, size_t length) {
  return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

/* A number of one word: hexadecimal or decimal, "inf", never NaN. */
static bool real_number(const char *text, double *out) {
  char *end;
  if (!*text || isspace((unsigned char)*text)) return false;
  *out = strtod(text, &end);
  return !*end && !isnan(*out);
}

/* "HEX DECIMAL", the same number twice. */
static assay_status number_pair(reader *r, const char *field, char *rest, double *out) {
  double again;
  const char *first = next_word(&rest), *second = next_word(&rest);
  if (!real_number(first, out) || !real_number(second, &again) || *rest)
    return wrong(r, "%s takes a number, hexadecimal and decimal, e.g. '%s 0x1.8p+0 1.5'", field, field);
  if (*out != again) return wrong(r, "%s: '%.40s' and '%.40s' are not the same number", field, first, second);
  return ASSAY_OK;
}

static bool read_verdict(const char *word, assay_verdict *out) {
  for (int v = ASSAY_VERDICT_EXPLORATORY; v <= ASSAY_VERDICT_FAIL; v++)
    if (!strcmp(word, assay_verdict_name((assay_verdict)v))) {
      *out = (assay_verdict)v;
      return true;
    }
  return false;
}

static assay_status once(reader *r, const char *field, unsigned *seen, unsigned bit) {
  if (*seen & 1u << bit) return wrong(r, "a second '%s'", field);
  *seen |= 1u << bit;
  return ASSAY_OK;
}

static assay_status set_text(reader *r, const char *field, const char *rest, char **out, unsigned *seen,
                             unsigned bit) {
  assay_status status = once(r, field, seen, bit);
  if (status != ASSAY_OK) return status;
  if (!*rest) return wrong(r, "'%s' says nothing", field);
  *out = strdup(rest);
  return *out ? ASSAY_OK : no_memory(r);
}

/* ---- the head ---- */

enum { HEAD_VERSION, HEAD_TIER, HEAD_SEED, HEAD_FINGERPRINT, HEAD_MACHINE, HEAD_JUDGED, HEAD_FIELDS };

static assay_status read_version(reader *r, char *rest) {
  return set_text(r, "version", rest, &r->b->version, &r->seen, HEAD_VERSION);
}

static assay_status read_fingerprint(reader *r, char *rest) {
  return set_text(r, "fingerprint", rest, &r->b->fingerprint, &r->seen, HEAD_FINGERPRINT);
}

static assay_status read_machine(reader *r, char *rest) {
  return set_text(r, "machine", rest, &r->b->machine, &r->seen, HEAD_MACHINE);
}

static assay_status read_tier(reader *r, char *rest) {
  assay_status status = once(r, "tier", &r->seen, HEAD_TIER);
  if (status != ASSAY_OK) return status;
  for (int t = 0; t < ASSAY_TIERS; t++)
    if (!strcmp(rest, assay_tier_names[t])) {
      r->b->tier = (assay_tier)t;
      return ASSAY_OK;
    }
  return wrong(r, "the tier '%.40s' is none of quick, standard, deep", rest);
}

static assay_status read_seed(reader *r, char *rest) {
  char *end;
  errno = 0;
  r->b->seed = strtoull(rest, &end, 10);
  if (!isdigit((unsigned char)*rest) || *end || errno)
    return wrong(r, "the seed '%.40s' is not a whole number", rest);
  return once(r, "seed", &r->seen, HEAD_SEED);
}

static assay_status read_judged(reader *r, char *rest) {
  r->b->judged = !strcmp(rest, "yes");
  if (!r->b->judged && strcmp(rest, "no")) return wrong(r, "judged is '%.40s'; it is yes or no", rest);
  return once(r, "judged", &r->seen, HEAD_JUDGED);
}

static assay_status read_pattern(reader *r, char *rest) {
  baseline *b = r->b;
  if (!*rest || b->n_patterns >= MOST_NAMES)
    return wrong(r, "a pattern is empty, or there are more than %d", MOST_NAMES);
  void *grown = plan_grow(b->patterns, b->n_patterns, &b->room_patterns, sizeof *b->patterns);
  if (!grown) return no_memory(r);
  b->patterns = grown;
  b->patterns[b->n_patterns] = strdup(rest);
  return b->patterns[b->n_patterns] ? (b->n_patterns++, ASSAY_OK) : no_memory(r);
}

/* ---- claims and cells ---- */

static assay_status read_claim(reader *r, char *rest) {
  baseline *b = r->b;
  assay_verdict verdict;
  if (!read_verdict(next_word(&rest), &verdict) || !*rest)
    return wrong(r, "'claim' takes a verdict and an id");
  if (baseline_find_claim(b, rest)) return wrong(r, "the claim %.100s for the second time", rest);
  if (b->n_claims >= MOST_CLAIMS) return wrong(r, "more than %d claims", MOST_CLAIMS);
  void *grown = plan_grow(b->claims, b->n_claims, &b->room_claims, sizeof *b->claims);
  if (!grown) return no_memory(r);
  b->claims = grown;
  char *id = strdup(rest);
  if (!id) return no_memory(r);
  b->claims[b->n_claims++] = (baseline_claim){.id = id, .verdict = verdict};
  r->cell = NULL;
  r->run = NULL;
  return ASSAY_OK;
}

static assay_status read_cell(reader *r, char *rest) {
  assay_verdict verdict;
  if (r->b->n_claims == 0 || r->run) return wrong(r, "a cell without its claim");
  baseline_claim *claim = &r->b->claims[r->b->n_claims - 1];
  if (!read_verdict(next_word(&rest), &verdict) || !*rest)
    return wrong(r, "'cell' takes a verdict and an id");
  if (baseline_find_cell(claim, rest)) return wrong(r, "the cell %.100s for the second time", rest);
  if (claim->n_cells >= MOST_CELLS) return wrong(r, "more than %d cells in one claim", MOST_CELLS);
  void *grown = plan_grow(claim->cells, claim->n_cells, &claim->room_cells, sizeof *claim->cells);
  if (!grown) return no_memory(r);
  claim->cells = grown;
  char *id = strdup(rest);
  if (!id) return no_memory(r);
  r->cell = &claim->cells[claim->n_cells++];
  r->seen_cell = 0;
  *r->cell = (baseline_cell){.id = id,
                             .verdict = verdict,
                             .theory = NAN,
                             .theory_error = NAN,
                             .margin = NAN,
                             .estimate = NAN,
                             .se = NAN,
                             .lo = NAN,
                             .hi = NAN};
  return ASSAY_OK;
}

enum { CELL_NUMBERS = 7, CELL_USED = CELL_NUMBERS, CELL_LOOK, CELL_RUNS };

/* theory, theory-error, margin, estimate, se, lo, hi */
static assay_status read_cell_number(reader *r, const char *field, int which, char *rest) {
  if (!r->cell) return wrong(r, "'%s' without its cell", field);
  double *at[CELL_NUMBERS] = {&r->cell->theory, &r->cell->theory_error, &r->cell->margin, &r->cell->estimate,
                              &r->cell->se,     &r->cell->lo,           &r->cell->hi};
  assay_status status = once(r, field, &r->seen_cell, (unsigned)which);
  return status == ASSAY_OK ? number_pair(r, field, rest, at[which]) : status;
}

static assay_status read_used(reader *r, char *rest) {
  if (!r->cell || !whole_number(rest, LONG_MAX, &r->cell->used))
    return wrong(r, "'used' takes a cell's number of replicates");
  return once(r, "used", &r->seen_cell, CELL_USED);
}

static assay_status read_look(reader *r, char *rest) {
  long look;
  if (!r->cell || !whole_number(rest, ASSAY_LOOKS, &look))
    return wrong(r, "'look' takes a cell's look, at most %d", ASSAY_LOOKS);
  r->cell->look = (int)look;
  return once(r, "look", &r->seen_cell, CELL_LOOK);
}

static assay_status read_runs(reader *r, char *rest) {
  baseline_cell *cell = r->cell;
  if (!cell) return wrong(r, "'runs' without its cell");
  while (*rest) {
    const char *name = next_word(&rest);
    if (!is_hex(name, BASELINE_NAME - 1)) return wrong(r, "'%.40s' is not the name of a run", name);
    if (cell->n_runs >= MOST_NAMES) return wrong(r, "more than %d runs of one cell", MOST_NAMES);
    void *grown = plan_grow(cell->runs, cell->n_runs, &cell->room_runs, sizeof *cell->runs);
    if (!grown) return no_memory(r);
    cell->runs = grown;
    memcpy(cell->runs[cell->n_runs++], name, BASELINE_NAME);
  }
  return once(r, "runs", &r->seen_cell, CELL_RUNS);
}

static assay_status read_control(reader *r, char *rest) {
  baseline_cell *cell = r->cell;
  const char *how = next_word(&rest);
  bool rejected = !strcmp(how, "rejected");
  if (!cell || !*rest || (!rejected && strcmp(how, "open")))
    return wrong(r, "'control' takes 'rejected' or 'open' and a name, and belongs to a cell");
  if (cell->n_controls >= MOST_NAMES) return wrong(r, "more than %d controls of one cell", MOST_NAMES);
  void *grown = plan_grow(cell->controls, cell->n_controls, &cell->room_controls, sizeof *cell->controls);
  if (!grown) return no_memory(r);
  cell->controls = grown;
  char *name = strdup(rest);
  if (!name) return no_memory(r);
  cell->controls[cell->n_controls++] = (baseline_control){name, rejected, NAN};
  return ASSAY_OK;
}

static assay_status read_distance(reader *r, char *rest) {
  if (!r->cell || r->cell->n_controls == 0) return wrong(r, "'distance' without its control");
  baseline_control *control = &r->cell->controls[r->cell->n_controls - 1];
  if (!isnan(control->distance)) return wrong(r, "a second 'distance'");
  return number_pair(r, "distance", rest, &control->distance);
}

/* ---- runs ---- */

enum {
  RUN_TEXT,
  RUN_ADDRESS,
  RUN_KEY,
  RUN_STORED,
  RUN_STATES,
  RUN_REQUIRED = 1u << RUN_TEXT | 1u << RUN_ADDRESS | 1u << RUN_KEY
};

/* Called where a run's lines end. */
static assay_status end_run(reader *r) {
  if (r->run && (r->seen_run & RUN_REQUIRED) != RUN_REQUIRED)
    return wrong(r, "the run %s before it lacks its text, address or key", r->run->name);
  return ASSAY_OK;
}

static assay_status read_run(reader *r, char *rest) {
  baseline *b = r->b;
  if (!is_hex(rest, BASELINE_NAME - 1))
    return wrong(r, "'%.40s' is not the name of a run (%d hexadecimal digits)", rest, BASELINE_NAME - 1);
  if (baseline_find_run(b, rest)) return wrong(r, "the run %s for the second time", rest);
  if (b->n_runs >= MOST_RUNS) return wrong(r, "more than %d runs", MOST_RUNS);
  void *grown = plan_grow(b->runs, b->n_runs, &b->room_runs, sizeof *b->runs);
  if (!grown) return no_memory(r);
  b->runs = grown;
  r->run = &b->runs[b->n_runs++];
  *r->run = (baseline_run){.seconds = NAN};
  memcpy(r->run->name, rest, BASELINE_NAME);
  r->cell = NULL;
  r->seen_run = 0;
  return ASSAY_OK;
}

static assay_status read_run_text(reader *r, char *rest) {
  if (!r->run) return wrong(r, "'text' without its run");
  return set_text(r, "text", rest, &r->run->text, &r->seen_run, RUN_TEXT);
}

static assay_status read_address(reader *r, char *rest) {
  if (!r->run) return wrong(r, "'address' without its run");
  return set_text(r, "address", rest, &r->run->address, &r->seen_run, RUN_ADDRESS);
}

static assay_status read_key(reader *r, char *rest) {
  if (!r->run || !is_hex(rest, sizeof r->run->key - 1))
    return wrong(r, "'key' takes 64 hexadecimal digits and belongs to a run");
  memcpy(r->run->key, rest, sizeof r->run->key);
  return once(r, "key", &r->seen_run, RUN_KEY);
}

static assay_status read_stored(reader *r, char *rest) {
  if (!r->run || !whole_number(rest, LONG_MAX, &r->run->stored))
    return wrong(r, "'stored' takes a run's number of replicates");
  return once(r, "stored", &r->seen_run, RUN_STORED);
}

static assay_status read_states(reader *r, char *rest) {
  static const char *const names[] = {"ok", "failed", "discarded"};
  baseline_run *run = r->run;
  if (!run || run->n_columns > 0) return wrong(r, "'states' comes before the values of its run");
  while (*rest) {
    const char *word = next_word(&rest);
    int state = 0;
    while (state < 3 && strcmp(word, names[state])) state++;
    if (state == 3) return wrong(r, "the state '%.40s' is none of ok, failed, discarded", word);
    if (run->kept == BASELINE_KEPT) return wrong(r, "more than %d replicates", BASELINE_KEPT);
    run->state[run->kept++] = (unsigned char)(RUN_OK + state);
  }
  return once(r, "states", &r->seen_run, RUN_STATES);
}

static assay_status read_value(reader *r, char *rest) {
  baseline_run *run = r->run;
  if (!run || run->kept == 0) return wrong(r, "'value' comes after the states of its run");
  const char *name = next_word(&rest);
  if (!*name) return wrong(r, "a value without its column");
  if (baseline_find_column(run, name)) return wrong(r, "the column %.100s for the second time", name);
  if (run->n_columns >= MOST_COLUMNS) return wrong(r, "more than %d columns", MOST_COLUMNS);
  baseline_column column = {0};
  for (int i = 0; i < run->kept; i++) {
    const char *word = next_word(&rest);
    bool good = run->state[i] == RUN_OK ? real_number(word, &column.value[i]) && isfinite(column.value[i])
                                        : !strcmp(word, "-");
    if (!good)
      return wrong(r, "column %.100s: '%.40s' is not %s", name, word,
                   run->state[i] == RUN_OK ? "a finite number" : "'-'");
  }
  if (*rest) return wrong(r, "column %.100s has more values than the run has replicates", name);
  void *grown = plan_grow(run->columns, run->n_columns, &run->room_columns, sizeof *run->columns);
  if (!grown) return no_memory(r);
  run->columns = grown;
  column.name = strdup(name);
  if (!column.name) return no_memory(r);
  run->columns[run->n_columns++] = column;
  return ASSAY_OK;
}

static assay_status read_speed(reader *r, char *rest) {
  const char *name = next_word(&rest);
  baseline_run *run = (baseline_run *)(uintptr_t)baseline_find_run(r->b, name);
  double seconds;
  if (!run || !real_number(rest, &seconds) || !(seconds > 0) || isinf(seconds))
    return wrong(r, "'speed' takes the name of a run above and the seconds of one replicate");
  if (!isnan(run->seconds)) return wrong(r, "a second speed of %s", name);
  run->seconds = seconds;
  return ASSAY_OK;
}

/* ---- lines ---- */

typedef struct {
  const char *word;
  assay_status (*read)(reader *, char *rest);
} keyword;

static const keyword keywords[] = {{"version", read_version}, {"tier", read_tier},
                                   {"seed", read_seed},       {"fingerprint", read_fingerprint},
                                   {"machine", read_machine}, {"judged", read_judged},
                                   {"pattern", read_pattern}, {"claim", read_claim},
                                   {"cell", read_cell},       {"used", read_used},
                                   {"look", read_look},       {"runs", read_runs},
                                   {"control", read_control}, {"distance", read_distance},
                                   {"run", read_run},         {"text", read_run_text},
                                   {"address", read_address}, {"key", read_key},
                                   {"stored", read_stored},   {"states", read_states},
                                   {"value", read_value},     {"speed", read_speed}};
static const char *const cell_numbers[CELL_NUMBERS] = {"theory", "theory-error", "margin", "estimate",
                                                       "se",     "lo",           "hi"};

static assay_status read_fields(reader *r) {
  char *rest = r->text;
  const char *word = next_word(&rest);
  for (int i = 0; i < CELL_NUMBERS; i++)
    if (!strcmp(word, cell_numbers[i])) return read_cell_number(r, word, i, rest);
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
    if (strcmp(word, keywords[i].word)) continue;
    bool of_run =
        keywords[i].read == read_run || keywords[i].read == read_claim || keywords[i].read == read_speed;
    assay_status status = of_run ? end_run(r) : ASSAY_OK;
    return status == ASSAY_OK ? keywords[i].read(r, rest) : status;
  }
  return wrong(r, "'%.40s' is not a word of a baseline", word);
}

/* The next line without its end, of visible text only. False at the end of the file. */
static bool next_line(reader *r, assay_status *status) {
  size_t n = 0;
  int c = getc(r->in);
  *status = ASSAY_OK;
  if (c == EOF) return false;
  r->line++;
  for (; c != EOF && c != '\n' && *status == ASSAY_OK; c = getc(r->in)) {
    r->bytes++;
    if ((c < ' ' && c != '\t' && c != '\r') || c == 127)
      *status = wrong(r, "a byte that is not text (%d); is this a baseline?", c);
    else if (n + 1 >= sizeof r->text)
      *status = wrong(r, "a line of more than %d bytes", MOST_LINE);
    else
      r->text[n++] = c == '\t' || c == '\r' ? ' ' : (char)c;
  }
  while (n > 0 && r->text[n - 1] == ' ') n--;
  r->text[n] = 0;
  if (*status == ASSAY_OK && (r->bytes > most_bytes || r->line > most_lines))
    *status = wrong(r, "more than %ld bytes or %ld lines", most_bytes, most_lines);
  return *status == ASSAY_OK;
}

static assay_status read_all(reader *r) {
  assay_status status;
  if (!next_line(r, &status) || strcmp(r->text, "assay-baseline 1"))
    return status == ASSAY_OK
               ? assay_error_set(r->error, ASSAY_USAGE,
                                 "%s is not a baseline: its first line is not 'assay-baseline 1'", r->name)
               : status;
  while (next_line(r, &status)) {
    const char *text = r->text + strspn(r->text, " ");
    if (!*text || *text == '#') continue;
    if ((status = read_fields(r)) != ASSAY_OK) return status;
  }
  if (status == ASSAY_OK && ferror(r->in))
    return assay_error_set(r->error, ASSAY_IO, "%s could not be read to its end (%s)", r->name,
                           strerror(errno));
  if (status == ASSAY_OK) status = end_run(r);
  if (status == ASSAY_OK && r->seen != (1u << HEAD_FIELDS) - 1)
    return wrong(r, "the head is not complete; it has version, tier, seed, fingerprint, machine and judged");
  return status;
}

assay_status baseline_read(FILE *in, const char *name, baseline *out, assay_error *error) {
  *out = (baseline){0};
  reader *r = calloc(1, sizeof *r);
  if (!r) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %s", name);
  r->in = in;
  r->name = name;
  r->b = out;
  r->error = error;
  assay_status status = read_all(r);
  free(r);
  if (status != ASSAY_OK) baseline_free(out);
  return status;
}
