#include "compare/point.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls `set` with each "name=value" of the text. */
assay_status point_set_words(assay_call *call, const char *words, bool many, assay_error *error) {
  char *copy = strdup(words), *rest = copy, *word;
  assay_status status = copy ? ASSAY_OK : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a point");
  while (status == ASSAY_OK && (word = strsep(&rest, " \t\n"))) {
    if (!*word) continue;
    char *equals = strchr(word, '=');
    if (!equals || equals == word) {
      status = assay_error_set(error, ASSAY_USAGE, "'%.64s' is not of the form name=value", word);
      break;
    }
    *equals = 0;
    status = assay_set_text(call, word, equals + 1, many, error);
  }
  free(copy);
  return status;
}

bool point_matches(const char *globs, const char *name) {
  if (!globs) return true;
  char glob[128];
  for (const char *s = globs; *s; s += *s == ',') {
    while (isspace((unsigned char)*s)) s++;
    size_t n = strcspn(s, ",");
    snprintf(glob, sizeof glob, "%.*s", (int)n, s);
    if (fnmatch(glob, name, 0) == 0) return true;
    s += n;
  }
  return false;
}

static assay_status append(point_list *list, const char *label, const char *base, assay_call *call, assay_error *error) {
  point *more = realloc(list->at, ((size_t)list->n + 1) * sizeof *more);
  if (more) list->at = more;
  point made = {strdup(label), strdup(base), call};
  if (more && made.label && made.base) {
    list->at[list->n++] = made;
    return ASSAY_OK;
  }
  free(made.label);
  free(made.base);
  assay_call_free(call);
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a point");
}

/* Takes `call`. Expands the first parameter from number `from` on that has several values and must not; then the rest. */
static assay_status expand(assay_call *call, int from, const char *label, const char *base, point_list *list,
                           assay_error *error) {
  const assay_param *params = assay_call_params(call);
  for (int i = from; params[i].name; i++) {
    int n;
    const double *v = assay_list(call, params[i].name, &n);
    bool scalar = params[i].type == ASSAY_REAL || params[i].type == ASSAY_INTEGER;
    if (!scalar || n < 2 || (params[i].role & ASSAY_READOUT)) continue;
    assay_status status = ASSAY_OK;
    for (int k = 0; k < n && status == ASSAY_OK; k++) {
      assay_call *one = assay_call_copy(call, error);
      if (!one) status = ASSAY_NO_MEMORY;
      else if ((status = assay_set(one, params[i].name, v[k])) != ASSAY_OK) assay_call_free(one);
      if (status != ASSAY_OK) break;
      char *value = assay_param_text(one, params[i].name), name[256];
      snprintf(name, sizeof name, "%s:%s=%s", label, params[i].name, value ? value : "?");
      free(value);
      status = expand(one, i + 1, name, base, list, error);
    }
    assay_call_free(call);
    return status;
  }
  return append(list, label, base, call, error);
}

static const assay_param *find_word_param(const assay_claim *claim, const char *name, size_t length) {
  for (const assay_param *p = claim->params; p->name; p++)
    if (strlen(p->name) == length && !strncmp(p->name, name, length)) return p->type == ASSAY_WORD ? p : NULL;
  return NULL;
}

/* The first "name=word,word" in the text whose parameter takes words: its start, the name's length and the whole length. */
static const char *find_words(const assay_claim *claim, const char *text, size_t *name, size_t *whole) {
  for (const char *s = text + strspn(text, " "); *s; s += strspn(s, " ")) {
    *whole = strcspn(s, " ");
    *name = strcspn(s, "= ");
    if (memchr(s, ',', *whole) && find_word_param(claim, s, *name)) return s;
    s += *whole;
  }
  return NULL;
}

/* `text` without alternatives among words: one point, or as many as its numbers make. */
static assay_status parse_numbers(const assay_claim *claim, const char *text, const char *label, const char *base, point_list *list,
                                  assay_error *error) {
  assay_call *call = assay_call_new(claim->params, claim->observables, error);
  if (!call) return error ? error->status : ASSAY_NO_MEMORY;
  assay_error why;
  assay_status status = point_set_words(call, text, true, &why);
  if (status == ASSAY_OK) return expand(call, 0, label, base, list, error);
  assay_call_free(call);
  return assay_error_set(error, status, "%s, point %s: %s", claim->id, base, why.text);
}

/* Takes the alternatives among words one by one, then the numbers. */
static assay_status parse_words(const assay_claim *claim, const char *text, const char *label, const char *base, point_list *list,
                                assay_error *error) {
  size_t name, whole;
  const char *found = find_words(claim, text, &name, &whole);
  if (!found) return parse_numbers(claim, text, label, base, list, error);
  assay_status status = ASSAY_OK;
  for (const char *word = found + name + 1; word <= found + whole && status == ASSAY_OK;) {
    size_t n = strcspn(word, ", ");
    char *one = NULL, of_word[256];
    snprintf(of_word, sizeof of_word, "%s:%.*s=%.*s", label, (int)name, found, (int)n, word);
    if (asprintf(&one, "%.*s%.*s=%.*s%s", (int)(found - text), text, (int)name, found, (int)n, word, found + whole) < 0)
      return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a point");
    status = parse_words(claim, one, of_word, base, list, error);
    free(one);
    word += n + 1;
  }
  return status;
}

assay_status point_parse(const assay_claim *claim, const char *text, point_list *list, assay_error *error) {
  const char *colon = strchr(text, ':');
  char label[64];
  if (!colon || colon == text || colon - text >= (long)sizeof label)
    return assay_error_set(error, ASSAY_USAGE, "%s: the point '%.64s' has no label", claim->id, text);
  snprintf(label, sizeof label, "%.*s", (int)(colon - text), text);
  for (int i = 0; i < list->n; i++)
    if (!strcmp(list->at[i].base, label))
      return assay_error_set(error, ASSAY_USAGE, "%s: the label %s is used twice", claim->id, label);
  return parse_words(claim, colon + 1, label, label, list, error);
}

void point_list_free(point_list *list) {
  for (int i = 0; i < list->n; i++) {
    free(list->at[i].label);
    free(list->at[i].base);
    assay_call_free(list->at[i].call);
  }
  free(list->at);
  *list = (point_list){0};
}
