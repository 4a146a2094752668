#include "model/call.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int n;        /* number of values; 0 with word == NULL: not given */
  double *v;    /* [n], owned */
  char *word;   /* owned; a WORD, or a word in place of a number */
} param_value;

typedef struct {
  bool put;
  assay_value value;
} result_value;

typedef struct {
  int length;
  result_value *element; /* [length] */
  char *absent;          /* reason, owned */
} result_slot;

typedef struct block {
  struct block *next;
} block;

struct assay_call {
  const assay_param *params;
  const assay_observable *observables;
  int n_params, n_observables;
  param_value *values;  /* [n_params] */
  result_slot *results; /* [n_observables] */
  block *memory;
  assay_error error;
};

/* ---- tables ---- */

static int find_param(const assay_call *call, const char *name) {
  for (int i = 0; i < call->n_params; i++)
    if (!strcmp(call->params[i].name, name)) return i;
  return -1;
}

/* A name that the program itself uses and that its own table lacks is a mistake in the program. */
static int require_param(const assay_call *call, const char *name) {
  int i = find_param(call, name);
  if (i >= 0) return i;
  fprintf(stderr, "assay: the program asks for parameter '%s', which its table does not have\n", name);
  abort();
}

static bool is_word_of(const char *words, const char *word, size_t length) {
  for (const char *w = words; w && *w; w += *w == '|') {
    size_t n = strcspn(w, "|");
    if (n == length && !strncmp(w, word, n)) return true;
    w += n;
  }
  return false;
}

static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(b), row[64];
  if (n >= 63 || strlen(a) >= 63) return SIZE_MAX; /* near to nothing */
  for (size_t j = 0; j <= n; j++) row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t best = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[n];
}

const char *assay_nearest(const char *name, const char *const *names, size_t count) {
  const char *nearest = NULL;
  size_t least = strlen(name) / 3 + 1;
  for (size_t i = 0; i < count; i++) {
    size_t distance = edit_distance(name, names[i]);
    if (distance <= least && (distance < least || !nearest)) least = distance, nearest = names[i];
  }
  return nearest;
}

/* ---- making and freeing ---- */

static void value_clear(param_value *value) {
  free(value->v);
  free(value->word);
  *value = (param_value){0};
}

void assay_call_reset(assay_call *call) {
  for (int i = 0; i < call->n_observables; i++) {
    free(call->results[i].element);
    free(call->results[i].absent);
    call->results[i] = (result_slot){0};
  }
  call->error = (assay_error){0};
}

void assay_call_free(assay_call *call) {
  if (!call) return;
  if (call->results) assay_call_reset(call);
  for (int i = 0; call->values && i < call->n_params; i++) value_clear(&call->values[i]);
  for (block *b = call->memory, *next; b; b = next) {
    next = b->next;
    free(b);
  }
  free(call->values);
  free(call->results);
  free(call);
}

static assay_call *call_bare(const assay_param *params, const assay_observable *observables, assay_error *error) {
  assay_call *call = calloc(1, sizeof *call);
  if (call) {
    call->params = params;
    call->observables = observables;
    while (params && params[call->n_params].name) call->n_params++;
    while (observables && observables[call->n_observables].name) call->n_observables++;
    call->values = calloc((size_t)call->n_params + 1, sizeof *call->values);
    call->results = calloc((size_t)call->n_observables + 1, sizeof *call->results);
  }
  if (call && call->values && call->results) return call;
  assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a call");
  assay_call_free(call);
  return NULL;
}

assay_call *assay_call_new(const assay_param *params, const assay_observable *observables, assay_error *error) {
  assay_call *call = call_bare(params, observables, error);
  for (int i = 0; call && i < call->n_params; i++) {
    const char *preset = params[i].preset;
    if (preset && *preset && assay_set_text(call, params[i].name, preset, true, error) != ASSAY_OK) {
      assay_call_free(call);
      return NULL;
    }
  }
  return call;
}

static bool value_copy(param_value *to, const param_value *from) {
  param_value fresh = {.n = from->n};
  if (from->n) {
    fresh.v = malloc((size_t)from->n * sizeof *fresh.v);
    if (!fresh.v) return false;
    memcpy(fresh.v, from->v, (size_t)from->n * sizeof *fresh.v);
  }
  if (from->word && !(fresh.word = strdup(from->word))) {
    free(fresh.v);
    return false;
  }
  value_clear(to);
  *to = fresh;
  return true;
}

assay_call *assay_call_copy(const assay_call *call, assay_error *error) {
  assay_call *copy = call_bare(call->params, call->observables, error);
  for (int i = 0; copy && i < call->n_params; i++)
    if (!value_copy(&copy->values[i], &call->values[i])) {
      assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a copy of a call");
      assay_call_free(copy);
      return NULL;
    }
  return copy;
}

void *assay_alloc(assay_call *call, size_t bytes) {
  enum { ALIGN = 64 };
  if (bytes > (size_t)1 << 46) bytes = (size_t)1 << 46; /* too much in any case, and no overflow below */
  size_t total = ALIGN + (bytes + ALIGN - 1) / ALIGN * ALIGN;
  block *b = aligned_alloc(ALIGN, total);
  if (!b) {
    assay_error_set(&call->error, ASSAY_NO_MEMORY, "no memory for %zu bytes", bytes);
    return NULL;
  }
  memset(b, 0, total);
  b->next = call->memory;
  call->memory = b;
  return (char *)b + ALIGN;
}

/* ---- reading ---- */

double assay_real(const assay_call *call, const char *name) {
  const param_value *value = &call->values[require_param(call, name)];
  return value->n ? value->v[0] : NAN;
}

long assay_integer(const assay_call *call, const char *name) {
  double x = assay_real(call, name);
  return isfinite(x) && fabs(x) < 9e18 ? (long)x : 0;
}

const char *assay_word(const assay_call *call, const char *name) {
  return call->values[require_param(call, name)].word;
}

const double *assay_list(const assay_call *call, const char *name, int *n) {
  const param_value *value = &call->values[require_param(call, name)];
  *n = value->n;
  return value->v;
}

bool assay_given(const assay_call *call, const char *name) {
  const param_value *value = &call->values[require_param(call, name)];
  return value->n > 0 || value->word;
}

bool assay_has_param(const assay_call *call, const char *name) { return find_param(call, name) >= 0; }
const assay_param *assay_call_params(const assay_call *call) { return call->params; }
const assay_observable *assay_call_observables(const assay_call *call) { return call->observables; }
assay_error *assay_call_error(assay_call *call) { return &call->error; }

/* ---- setting ---- */

static bool in_domain(const char *domain, double x) {
  if (!domain) return isfinite(x);
  char open = 0, close = 0, lo_text[32], hi_text[32];
  if (sscanf(domain, " %c%31[^,],%31[^])]%c", &open, lo_text, hi_text, &close) != 4) return false;
  double lo = strtod(lo_text, NULL), hi = strtod(hi_text, NULL);
  return (open == '[' ? x >= lo : x > lo) && (close == ']' ? x <= hi : x < hi);
}

static assay_status check_number(const assay_param *p, double x, assay_error *error) {
  bool whole = p->type == ASSAY_INTEGER || p->type == ASSAY_INTEGERS;
  if (isnan(x)) return assay_error_set(error, ASSAY_USAGE, "%s is not a number (NaN)", p->name);
  if (whole && isfinite(x) && x != floor(x))
    return assay_error_set(error, ASSAY_USAGE, "%s = %.17g is not a whole number", p->name, x);
  if (in_domain(p->domain, x)) return ASSAY_OK;
  return assay_error_set(error, ASSAY_USAGE, "%s = %.15g is out of its domain; it has to be %s%s%s", p->name, x,
                         p->domain ? "in " : "finite", p->domain ? p->domain : "", p->words ? " or a word" : "");
}

static assay_status set_values(assay_call *call, int i, const double *v, int n, assay_error *error) {
  for (int k = 0; k < n; k++) {
    assay_status status = check_number(&call->params[i], v[k], error);
    if (status != ASSAY_OK) return status;
  }
  param_value from = {.n = n, .v = (double *)(uintptr_t)v};
  if (!value_copy(&call->values[i], &from)) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a value");
  return ASSAY_OK;
}

/* "const|linear" as "const linear". */
static const char *spaced_words(const char *words, char *out, size_t room) {
  snprintf(out, room, "%s", words ? words : "");
  for (char *s = out; *s; s++)
    if (*s == '|') *s = ' ';
  return out;
}

/* How much of a mistaken value a message shows. */
static int shown_length(size_t length) { return length > 64 ? 64 : (int)length; }

static assay_status set_word(assay_call *call, int i, const char *word, size_t length, assay_error *error) {
  const assay_param *p = &call->params[i];
  if (!is_word_of(p->words, word, length)) {
    char known[512];
    return assay_error_set(error, ASSAY_USAGE, "%s = '%.*s' is not one of its words; known: %s", p->name,
                           shown_length(length), word, spaced_words(p->words, known, sizeof known));
  }
  char *copy = strndup(word, length); /* before clearing: `word` may be the value that is replaced */
  if (!copy) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a word");
  value_clear(&call->values[i]);
  call->values[i].word = copy;
  return ASSAY_OK;
}

/* One number of a comma-separated list: NULL, or what is wrong with the text up to the comma. */
static const char *read_number(const char *text, size_t length, double *x) {
  char buffer[64], *end;
  if (length >= sizeof buffer) return "has too many digits";
  if (length == 0 || isspace((unsigned char)text[0])) return "is not a number";
  memcpy(buffer, text, length);
  buffer[length] = 0;
  errno = 0;
  *x = strtod(buffer, &end);
  if (*end || end == buffer) return "is not a number";
  /* A number too large for a double is a mistake, not infinity; one too small is its nearest double. */
  return errno == ERANGE && isinf(*x) ? "is too large for a number" : NULL;
}

static assay_status unknown_param(const assay_call *call, const char *name, assay_error *error) {
  char known[512] = "";
  const char *names[128];
  size_t used = 0, count = 0;
  for (int i = 0; i < call->n_params && count < 128; i++) {
    names[count++] = call->params[i].name;
    int more = snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", call->params[i].name);
    if (more < 0 || used + (size_t)more >= sizeof known) break;
    used += (size_t)more;
  }
  const char *nearest = assay_nearest(name, names, count);
  return assay_error_set(error, ASSAY_USAGE, "unknown parameter '%.64s'; known: %s%s%s%s", name, known,
                         nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

assay_status assay_set_text(assay_call *call, const char *name, const char *text, bool many, assay_error *error) {
  int i = find_param(call, name);
  if (i < 0) return unknown_param(call, name, error);
  const assay_param *p = &call->params[i];
  if (p->type == ASSAY_WORD) return set_word(call, i, text, strlen(text), error);
  bool list = p->type == ASSAY_REALS || p->type == ASSAY_INTEGERS || many;
  if (p->words && is_word_of(p->words, text, strlen(text))) return set_word(call, i, text, strlen(text), error);
  int n = 1;
  for (const char *s = text; *s; s++) n += *s == ',';
  if (n > 1 && !list)
    return assay_error_set(error, ASSAY_USAGE, "%s takes one value, not the list '%.64s'", name, text);
  double *v = malloc((size_t)n * sizeof *v);
  if (!v) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the values of %s", name);
  assay_status status = ASSAY_OK;
  const char *s = text;
  for (int k = 0; k < n && status == ASSAY_OK; k++) {
    size_t length = strcspn(s, ",");
    const char *wrong = read_number(s, length, &v[k]);
    char known[256];
    if (wrong)
      status = assay_error_set(error, ASSAY_USAGE, "%s = '%.*s' %s%s%s", name, shown_length(length), s, wrong,
                               p->words ? " and not one of: " : "", spaced_words(p->words, known, sizeof known));
    s += length + (s[length] == ',');
  }
  if (status == ASSAY_OK) status = set_values(call, i, v, n, error);
  free(v);
  return status;
}

assay_status assay_set(assay_call *call, const char *name, double value) {
  return set_values(call, require_param(call, name), &value, 1, &call->error);
}

assay_status assay_set_list(assay_call *call, const char *name, const double *values, int n) {
  return set_values(call, require_param(call, name), values, n, &call->error);
}

assay_status assay_set_word(assay_call *call, const char *name, const char *word) {
  return set_word(call, require_param(call, name), word, strlen(word), &call->error);
}

void assay_unset(assay_call *call, const char *name) { value_clear(&call->values[require_param(call, name)]); }

assay_status assay_copy_params(assay_call *to, const assay_call *from, assay_error *error) {
  for (int i = 0; i < to->n_params; i++) {
    int k = find_param(from, to->params[i].name);
    const param_value *value = k < 0 ? NULL : &from->values[k];
    if (!value || (value->n == 0 && !value->word)) continue;
    /* A word that the other table does not know ("opt") stands for a value that someone still has to choose. */
    if (value->word && !is_word_of(to->params[i].words, value->word, strlen(value->word))) continue;
    assay_status status = value->word ? set_word(to, i, value->word, strlen(value->word), error)
                                      : set_values(to, i, value->v, value->n, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

assay_status assay_call_complete(const assay_call *call, assay_error *error) {
  char names[512] = "";
  size_t used = 0;
  int missing = 0, last = 0;
  for (int i = 0; i < call->n_params; i++) {
    if (call->params[i].preset || call->values[i].n > 0 || call->values[i].word) continue;
    int more = snprintf(names + used, sizeof names - used, "%s%s", missing++ ? ", " : "", call->params[i].name);
    if (more > 0 && used + (size_t)more < sizeof names) used += (size_t)more;
    last = i;
  }
  if (missing == 0) return ASSAY_OK;
  if (missing > 1) return assay_error_set(error, ASSAY_USAGE, "parameters %s are missing", names);
  return assay_error_set(error, ASSAY_USAGE, "parameter %s is missing (%s)", names,
                         call->params[last].doc ? call->params[last].doc : "it has no default");
}

/* ---- results ---- */

int assay_observable_length(const assay_call *call, int o) {
  const char *length = call->observables[o].length;
  return length ? call->values[require_param(call, length)].n : 1;
}

static result_slot *result_at(assay_call *call, int observable, int index) {
  if (observable < 0 || observable >= call->n_observables) {
    fprintf(stderr, "assay: the program puts observable %d of a table of %d\n", observable, call->n_observables);
    abort();
  }
  result_slot *slot = &call->results[observable];
  if (!slot->element) {
    slot->length = assay_observable_length(call, observable);
    slot->element = calloc((size_t)slot->length + 1, sizeof *slot->element);
  }
  if (slot->element && (index < 0 || index >= slot->length)) {
    fprintf(stderr, "assay: the program puts element %d of %s, which has %d\n", index,
            call->observables[observable].name, slot->length);
    abort();
  }
  return slot;
}

void assay_put(assay_call *call, int observable, int index, double value, double error) {
  result_slot *slot = result_at(call, observable, index);
  if (!slot->element) {
    assay_error_set(&call->error, ASSAY_NO_MEMORY, "no memory for a result");
  } else if (isnan(value) || isnan(error)) {
    assay_error_set(&call->error, ASSAY_NUMERIC, "%s came out as %g with error %g", call->observables[observable].name,
                    value, error);
  } else {
    slot->element[index] = (result_value){true, {value, fabs(error)}};
  }
}

void assay_absent(assay_call *call, int observable, const char *reason, ...) {
  result_slot *slot = &call->results[observable];
  va_list arguments;
  va_start(arguments, reason);
  free(slot->absent);
  if (vasprintf(&slot->absent, reason, arguments) < 0) slot->absent = NULL;
  va_end(arguments);
}

assay_status assay_fail(assay_call *call, assay_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  call->error.status = status;
  vsnprintf(call->error.text, sizeof call->error.text, format, arguments);
  va_end(arguments);
  return status;
}

bool assay_result(const assay_call *call, int observable, int index, assay_value *value, const char **reason) {
  const result_slot *slot = &call->results[observable];
  if (slot->element && index >= 0 && index < slot->length && slot->element[index].put) {
    *value = slot->element[index].value;
    return true;
  }
  *value = (assay_value){NAN, NAN};
  if (reason) *reason = slot->absent ? slot->absent : "the theory does not give it at this point";
  return false;
}

/* ---- text ---- */

static void print_short(FILE *out, double x) {
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, x);
    if (strtod(text, NULL) == x) break;
  }
  fputs(text, out);
}

char *assay_param_text(const assay_call *call, const char *name) {
  const param_value *value = &call->values[require_param(call, name)];
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  if (value->word) fputs(value->word, out);
  for (int k = 0; k < value->n; k++) {
    if (k) fputc(',', out);
    print_short(out, value->v[k]);
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

char *assay_call_text(const assay_call *call, unsigned without) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  const char *gap = "";
  for (int i = 0; i < call->n_params; i++) {
    const param_value *value = &call->values[i];
    if ((call->params[i].role & without) || (!value->n && !value->word)) continue;
    fprintf(out, "%s%s=%s", gap, call->params[i].name, value->word ? value->word : "");
    for (int k = 0; k < value->n; k++) fprintf(out, "%s%.17g", k ? "," : "", value->v[k]);
    gap = " ";
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}
