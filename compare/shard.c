#include "compare/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/hash.h"
#include "compare/judge.h"

static void close_cells(plan *p) {
  for (int i = 0; i < p->n_cells; i++) p->cells[i].open = false;
}

assay_status shard_slice(plan *p, int i, int n, char round[65], char **slices, assay_error *error) {
  char *whole = NULL;
  size_t whole_size, size;
  *slices = NULL;
  FILE *all = open_memstream(&whole, &whole_size), *own = open_memstream(slices, &size);
  if (!all || !own) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a shard");
  for (int c = 0; c < p->n_cells; c++) {
    while (judge_cell(p, &p->cells[c], error)) continue;
    judge_need_through(p, &p->cells[c], judge_shard_look(&p->cells[c]));
  }
  close_cells(p);
  fprintf(all, "shards=%d\n", n);
  for (int r = 0; r < p->n_runs; r++) {
    plan_run *run = &p->runs[r];
    long from = run->prefix, count = run->need > from ? run->need - from : 0;
    fprintf(all, "%s %ld %ld\n", run->key, from, from + count);
    run->issued = from + count * (i - 1) / n;
    run->need = from + count * i / n;
    fprintf(own, "%s %ld %ld\n", run->key, run->issued, run->need);
  }
  bool written = fclose(all) == 0;
  written &= fclose(own) == 0;
  assay_status status = written ? hash_text(whole, round, error) : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a shard");
  free(whole);
  return status;
}

static plan_run *run_with_key(plan *p, const char *key) {
  for (int i = 0; i < p->n_runs; i++)
    if (!strcmp(p->runs[i].key, key)) return &p->runs[i];
  return NULL;
}

assay_status shard_resume(plan *p, const char *slices, assay_error *error) {
  close_cells(p);
  for (int i = 0; i < p->n_runs; i++) p->runs[i].issued = p->runs[i].need = 0;
  for (const char *line = slices; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    char key[65];
    long from, to;
    plan_run *run = sscanf(line, "%64s %ld %ld", key, &from, &to) == 3 ? run_with_key(p, key) : NULL;
    if (!run || from < 0 || to < from)
      return assay_error_set(error, ASSAY_USAGE, "the shard was made by another program or for other sources; start it again");
    run->issued = from;
    run->need = to;
  }
  return ASSAY_OK;
}

long shard_lacking(const plan *p) {
  long lacking = 0;
  for (int i = 0; i < p->n_runs; i++)
    for (long r = p->runs[i].issued; r < p->runs[i].need; r++)
      lacking += r >= p->runs[i].capacity || p->runs[i].state[r] == RUN_ABSENT;
  return lacking;
}
