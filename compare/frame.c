#include "compare/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 16, MOST_HEAD = 1 << 26 };
static const uint64_t most_payload = (uint64_t)1 << 34;

/* Until the other side takes more, what it sends is taken in: two that write to each other would wait for ever. */
static assay_status wait_for_room(int fd, frame_buffer *incoming, assay_error *error) {
  struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
  bool closed = false;
  assay_status status = ASSAY_OK;
  if (poll(&ready, 1, -1) > 0 && ready.revents & POLLIN) status = frame_read(fd, incoming, &closed, error);
  return closed ? assay_error_set(error, ASSAY_IO, "a pipe between runner and worker was closed") : status;
}

static assay_status write_all(int fd, const void *bytes, size_t count, frame_buffer *incoming, assay_error *error) {
  for (const char *at = bytes; count > 0;) {
    ssize_t done = write(fd, at, count);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN && incoming) {
      assay_status status = wait_for_room(fd, incoming, error);
      if (status != ASSAY_OK) return status;
      continue;
    }
    if (done < 0) return assay_error_set(error, ASSAY_IO, "a pipe between runner and worker broke: %s", strerror(errno));
    at += done;
    count -= (size_t)done;
  }
  return ASSAY_OK;
}

static assay_status write_frame(int fd, json_t *head, const void *payload, size_t bytes, frame_buffer *incoming,
                                assay_error *error) {
  char *text = head ? json_dumps(head, JSON_COMPACT) : NULL;
  json_decref(head);
  if (!text) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a message");
  unsigned char fixed[HEAD] = "ASY1";
  uint32_t length = (uint32_t)strlen(text);
  uint64_t size = bytes;
  memcpy(fixed + 4, &length, 4);
  memcpy(fixed + 8, &size, 8);
  assay_status status = write_all(fd, fixed, HEAD, incoming, error);
  if (status == ASSAY_OK) status = write_all(fd, text, length, incoming, error);
  if (status == ASSAY_OK) status = write_all(fd, payload, bytes, incoming, error);
  free(text);
  return status;
}

assay_status frame_write(int fd, json_t *head, const void *payload, size_t bytes, assay_error *error) {
  return write_frame(fd, head, payload, bytes, NULL, error);
}

assay_status frame_request(int fd, json_t *head, frame_buffer *incoming, assay_error *error) {
  return write_frame(fd, head, NULL, 0, incoming, error);
}

assay_status frame_read(int fd, frame_buffer *buffer, bool *closed, assay_error *error) {
  *closed = false;
  if (buffer->room - buffer->used < 1 << 16) {
    size_t room = buffer->room ? 2 * buffer->room : 1 << 18;
    char *bytes = realloc(buffer->bytes, room);
    if (!bytes) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a message of %zu bytes", room);
    buffer->bytes = bytes;
    buffer->room = room;
  }
  ssize_t got = read(fd, buffer->bytes + buffer->used, buffer->room - buffer->used);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return ASSAY_OK;
  if (got <= 0) *closed = true; /* a reset connection is a closed one */
  else buffer->used += (size_t)got;
  return ASSAY_OK;
}

assay_status frame_take(frame_buffer *buffer, json_t **head, double **payload, size_t *doubles, assay_error *error) {
  uint32_t length;
  uint64_t size;
  *head = NULL;
  *payload = NULL;
  *doubles = 0;
  if (buffer->used < HEAD) return ASSAY_OK;
  memcpy(&length, buffer->bytes + 4, 4);
  memcpy(&size, buffer->bytes + 8, 8);
  if (memcmp(buffer->bytes, "ASY1", 4) || length > MOST_HEAD || size > most_payload || size % sizeof(double))
    return assay_error_set(error, ASSAY_IO, "a message between runner and worker is malformed");
  size_t whole = HEAD + length + (size_t)size;
  if (buffer->used < whole) return ASSAY_OK;
  json_error_t why;
  *head = json_loadb(buffer->bytes + HEAD, length, 0, &why);
  if (!*head || !json_is_object(*head)) {
    json_decref(*head);
    *head = NULL;
    return assay_error_set(error, ASSAY_IO, "a message between runner and worker is malformed: %s", why.text);
  }
  *payload = malloc(size + 1);
  if (!*payload) {
    json_decref(*head);
    *head = NULL;
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a message of %zu bytes", (size_t)size);
  }
  memcpy(*payload, buffer->bytes + HEAD + length, size);
  *doubles = size / sizeof(double);
  buffer->used -= whole;
  memmove(buffer->bytes, buffer->bytes + whole, buffer->used);
  return ASSAY_OK;
}

void frame_buffer_free(frame_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (frame_buffer){0};
}
