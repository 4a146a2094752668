#include "model/data/idx.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LABELS = 0x801, IMAGES = 0x803, LARGEST = 1 << 30 };

typedef struct {
  const char *path;
  gzFile file;
  assay_error *error;
} source;

static assay_status cut_short(const source *s) {
  int code = Z_OK;
  const char *why = gzerror(s->file, &code);
  return assay_error_set(s->error, ASSAY_NO_DATA, "%s: %s; install the data set again", s->path,
                         code == Z_OK || code == Z_BUF_ERROR ? "the file is cut short" : why);
}

static assay_status get(const source *s, void *out, size_t size) {
  return gzread(s->file, out, (unsigned)size) == (int)size ? ASSAY_OK : cut_short(s);
}

static assay_status get_number(const source *s, uint32_t *out) {
  unsigned char b[4];
  assay_status status = get(s, b, sizeof b);
  if (status == ASSAY_OK) *out = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  return status;
}

static const char *content(uint32_t magic) {
  return magic == LABELS ? "labels" : magic == IMAGES ? "images" : "no IDX labels or images";
}

/* The magic number and the sizes [dimensions]; how many items are to be read. */
static assay_status get_head(const source *s, uint32_t magic, uint32_t *sizes, int dimensions, int most, int *count) {
  uint32_t found = 0;
  assay_status status = get_number(s, &found);
  if (status != ASSAY_OK) return status;
  if (found != magic)
    return assay_error_set(s->error, ASSAY_NO_DATA, "%s holds %s (magic number 0x%x), where %s (0x%x) are wanted", s->path,
                           content(found), found, content(magic), magic);
  uint64_t size = 1;
  for (int i = 0; i < dimensions; i++) {
    if ((status = get_number(s, sizes + i)) != ASSAY_OK) return status;
    if (!sizes[i] || (size *= sizes[i]) > LARGEST)
      return assay_error_set(s->error, ASSAY_NO_DATA, "%s: size %u of dimension %d is not one of a data set of at most 2^30 bytes",
                             s->path, sizes[i], i + 1);
  }
  if (most < 0 || (uint32_t)most > sizes[0])
    return assay_error_set(s->error, ASSAY_NO_DATA, "%s holds %u items, %d are wanted", s->path, sizes[0], most);
  *count = most ? most : (int)sizes[0];
  return ASSAY_OK;
}

/* The end of the file stands where its head says, when all of it is read. */
static assay_status get_end(const source *s, int all) {
  unsigned char extra;
  if (!all) return ASSAY_OK;
  int n = gzread(s->file, &extra, 1);
  if (n == 0 && gzeof(s->file)) return ASSAY_OK;
  return n < 0 ? cut_short(s)
               : assay_error_set(s->error, ASSAY_NO_DATA, "%s goes on after the items that its head declares", s->path);
}

static assay_status read_bytes(const char *path, uint32_t magic, int dimensions, int most, uint32_t *sizes, int *count,
                               unsigned char **bytes, assay_error *error) {
  source s = {path, gzopen(path, "rb"), error};
  if (!s.file) return assay_error_set(error, ASSAY_NO_DATA, "%s cannot be opened", path);
  assay_status status = get_head(&s, magic, sizes, dimensions, most, count);
  size_t size = (size_t)*count;
  for (int i = 1; i < dimensions; i++) size *= sizes[i];
  if (status == ASSAY_OK && !(*bytes = malloc(size)))
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the %zu bytes of %s", size, path);
  if (status == ASSAY_OK) status = get(&s, *bytes, size);
  if (status == ASSAY_OK) status = get_end(&s, *count == (int)sizes[0]);
  gzclose(s.file);
  if (status == ASSAY_OK) return status;
  free(*bytes);
  *bytes = NULL;
  return status;
}

assay_status idx_read_images(const char *path, int most, idx_images *images, assay_error *error) {
  uint32_t sizes[3] = {0};
  *images = (idx_images){0};
  assay_status status = read_bytes(path, IMAGES, 3, most, sizes, &images->count, &images->pixels, error);
  images->rows = (int)sizes[1];
  images->columns = (int)sizes[2];
  return status;
}

assay_status idx_read_labels(const char *path, int most, idx_labels *labels, assay_error *error) {
  uint32_t size = 0;
  *labels = (idx_labels){0};
  return read_bytes(path, LABELS, 1, most, &size, &labels->count, &labels->labels, error);
}

void idx_free_images(idx_images *images) {
  free(images->pixels);
  *images = (idx_images){0};
}

void idx_free_labels(idx_labels *labels) {
  free(labels->labels);
  *labels = (idx_labels){0};
}

void idx_pool(const idx_images *images, int image, int side, double *out) {
  const int columns = images->columns / side, rows = images->rows / side;
  const unsigned char *pixels = images->pixels + (size_t)image * (size_t)images->rows * (size_t)images->columns;
  memset(out, 0, (size_t)rows * (size_t)columns * sizeof *out);
  for (int i = 0; i < rows * side; i++)
    for (int j = 0; j < columns * side; j++) out[i / side * columns + j / side] += pixels[i * images->columns + j];
  for (int c = 0; c < rows * columns; c++) out[c] /= side * side;
}
