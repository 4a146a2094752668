/* The framed pipe between a runner and its workers: a JSON head and raw doubles.
 *
 * On the wire: "ASY1", the head's bytes (uint32), the payload's bytes (uint64), both little-endian, then head and payload. Heads of
 * the runner: {"do":"open", "run":id, "experiment":id, "stream":hex, "point":"name=value ...",
 * "values":readouts*width}, {"do":"run", "run":id, "first":r,
 * "count":n}, {"do":"quit"}. Of a worker: {"done":"run", "run":id, "first":r, "count":n, "seconds":s, "states":"of each replicate, one
 * character: 1 ok, 2 failed, 3 discarded" or absent when all are ok, "reasons":[[replicate, text], ...]} with the values [count][readouts]
 * [width] as payload. A run that cannot be opened answers with every replicate failed for that reason. */
#ifndef ASSAY_COMPARE_FRAME_H
#define ASSAY_COMPARE_FRAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/status.h"

/* What has arrived and is not yet a whole frame. Zero-initialised; frame_buffer_free. */
typedef struct {
  char *bytes;
  size_t used, room;
} frame_buffer;

/* Writes one frame, waiting as long as it takes. Takes the reference to `head`. ASSAY_IO when the other side is gone. */
assay_status frame_write(int fd, json_t *head, const void *payload, size_t bytes, assay_error *error);

/* The same without a payload on a descriptor that does not block; while the other side has no room, what it sends is put into
 * `incoming`. */
assay_status frame_request(int fd, json_t *head, frame_buffer *incoming, assay_error *error);

/* Reads what is there (blocking when the descriptor is). *closed when the other side has closed. */
assay_status frame_read(int fd, frame_buffer *buffer, bool *closed, assay_error *error);

/* Takes the first whole frame off the buffer: *head (a new reference) is NULL when there is none yet. *payload is malloc'd, the
 * caller's. A malformed frame is an error. */
assay_status frame_take(frame_buffer *buffer, json_t **head, double **payload, size_t *doubles, assay_error *error);
void frame_buffer_free(frame_buffer *buffer);

#endif
