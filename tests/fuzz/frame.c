/* Frames between runner and worker, as bytes that arrive in pieces: the same frames come out however the bytes are cut. */
#include "compare/frame.h"
#include "tests/fuzz/fuzz.h"

typedef struct {
  long frames;
  size_t doubles;
  assay_status status;
} outcome;

static void append(frame_buffer *buffer, const uint8_t *data, size_t size) {
  char *bytes = realloc(buffer->bytes, buffer->used + size + 1);
  FUZZ_REQUIRE(bytes);
  buffer->bytes = bytes;
  memcpy(bytes + buffer->used, data, size);
  buffer->used += size;
  buffer->room = buffer->used + 1;
}

static outcome take_all(const uint8_t *data, size_t size, size_t piece) {
  outcome o = {0, 0, ASSAY_OK};
  frame_buffer buffer = {0};
  assay_error error = {0};
  for (size_t at = 0; at < size && o.status == ASSAY_OK; at += piece) {
    append(&buffer, data + at, size - at < piece ? size - at : piece);
    json_t *head = NULL;
    do {
      double *payload;
      size_t doubles;
      o.status = frame_take(&buffer, &head, &payload, &doubles, &error);
      if (head) o.frames++, o.doubles += doubles;
      json_decref(head);
      free(payload);
    } while (o.status == ASSAY_OK && head);
  }
  frame_buffer_free(&buffer);
  return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  outcome whole = take_all(data, size, size), pieces = take_all(data, size, 7);
  FUZZ_REQUIRE(whole.frames == pieces.frames && whole.doubles == pieces.doubles && whole.status == pieces.status);
  return 0;
}
