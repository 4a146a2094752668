#include "compare/frame.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static assay_error error;

/* The bytes of one frame with the given head and payload. Malloc'd. */
static char *bytes_of(const char *head, const double *payload, size_t n, size_t *length) {
  int pipe_ends[2];
  cr_assert_eq(pipe(pipe_ends), 0);
  cr_assert_eq(frame_write(pipe_ends[1], json_loads(head, 0, NULL), payload, n * sizeof *payload, &error),
               ASSAY_OK);
  close(pipe_ends[1]);
  char *bytes = malloc(1 << 16);
  ssize_t got = read(pipe_ends[0], bytes, 1 << 16);
  close(pipe_ends[0]);
  cr_assert_gt(got, 16);
  *length = (size_t)got;
  return bytes;
}

static void append(frame_buffer *buffer, const char *bytes, size_t n) {
  char *grown = realloc(buffer->bytes, buffer->used + n + 1);
  cr_assert(grown);
  buffer->bytes = grown;
  memcpy(grown + buffer->used, bytes, n);
  buffer->used += n;
  buffer->room = buffer->used + 1;
}

static void expect(frame_buffer *buffer, const char *what, const double *payload, size_t n) {
  json_t *head;
  double *got;
  size_t doubles;
  cr_assert_eq(frame_take(buffer, &head, &got, &doubles, &error), ASSAY_OK, "%s", error.text);
  cr_assert(head, "no frame");
  cr_assert_str_eq(json_string_value(json_object_get(head, "do")), what);
  cr_assert_eq(doubles, n);
  if (n) cr_assert_arr_eq(got, payload, n * sizeof *got);
  json_decref(head);
  free(got);
}

static void expect_nothing(frame_buffer *buffer) {
  json_t *head;
  double *payload;
  size_t doubles;
  cr_assert_eq(frame_take(buffer, &head, &payload, &doubles, &error), ASSAY_OK, "%s", error.text);
  cr_assert_null(head);
  cr_assert_null(payload);
}

static const double numbers[] = {-0.0, INFINITY, 0.1, 4.9406564584124654e-324, -1e300};

Test(frame, may_be_split_at_every_byte) {
  size_t a, c;
  char *first = bytes_of("{\"do\":\"one\"}", numbers, 5, &a),
       *second = bytes_of("{\"do\":\"two\"}", NULL, 0, &c);
  char *both = malloc(a + c);
  memcpy(both, first, a);
  memcpy(both + a, second, c);
  for (size_t cut = 0; cut <= a + c; cut++) {
    frame_buffer buffer = {0};
    append(&buffer, both, cut);
    if (cut >= a)
      expect(&buffer, "one", numbers, 5);
    else
      expect_nothing(&buffer);
    if (cut < a + c) expect_nothing(&buffer);
    append(&buffer, both + cut, a + c - cut);
    if (cut < a) expect(&buffer, "one", numbers, 5);
    expect(&buffer, "two", NULL, 0);
    expect_nothing(&buffer);
    frame_buffer_free(&buffer);
  }
  free(first), free(second), free(both);
}

Test(frame, arrives_byte_by_byte) {
  size_t n;
  char *bytes = bytes_of("{\"do\":\"slowly\"}", numbers, 5, &n);
  frame_buffer buffer = {0};
  for (size_t i = 0; i < n; i++) {
    expect_nothing(&buffer);
    append(&buffer, bytes + i, 1);
  }
  expect(&buffer, "slowly", numbers, 5);
  frame_buffer_free(&buffer);
  free(bytes);
}

static void malformed(const char *bytes, size_t n) {
  frame_buffer buffer = {0};
  json_t *head;
  double *payload;
  size_t doubles;
  error = (assay_error){0};
  append(&buffer, bytes, n);
  cr_assert_eq(frame_take(&buffer, &head, &payload, &doubles, &error), ASSAY_IO);
  cr_assert(strstr(error.text, "malformed"), "%s", error.text);
  cr_assert(!head && !payload);
  frame_buffer_free(&buffer);
}

Test(frame, what_is_malformed_is_refused_at_its_head) {
  size_t n;
  char *bytes = bytes_of("{\"do\":\"it\"}", numbers, 1, &n);
  for (size_t i = 0; i < 4; i++) { /* not its mark */
    bytes[i] ^= 1;
    malformed(bytes, 16);
    bytes[i] ^= 1;
  }
  bytes[8] = 7; /* no whole number of doubles */
  malformed(bytes, n);
  bytes[8] = 8;
  bytes[7] = 0x7f; /* a head of 2 GiB, a payload of 2^62 bytes: refused without waiting for them or asking for
                      memory */
  malformed(bytes, 16);
  bytes[7] = 0;
  bytes[15] = 0x40;
  malformed(bytes, 16);
  bytes[15] = 0;
  bytes[16] = '['; /* no JSON object */
  malformed(bytes, n);
  free(bytes);
  bytes = bytes_of("[1,2]", NULL, 0, &n);
  malformed(bytes, n);
  free(bytes);
}

Test(frame, random_heads_never_crash) {
  uint64_t s = 88172645463325252u;
  for (int i = 0; i < 20000; i++) {
    char bytes[40] = "ASY1";
    for (int k = i % 5; k < 40; k++) {
      s ^= s << 13, s ^= s >> 7, s ^= s << 17;
      if (k < 4 ? i % 5 == 0 : k % 7 != 5) bytes[k] = (char)(s >> 11);
    }
    frame_buffer buffer = {0};
    append(&buffer, bytes, sizeof bytes);
    json_t *head = NULL;
    double *payload = NULL;
    size_t doubles;
    frame_take(&buffer, &head, &payload, &doubles, &error);
    json_decref(head);
    free(payload);
    frame_buffer_free(&buffer);
  }
}

Test(frame, a_large_one_goes_through_a_socket_in_pieces) {
  enum { N = 1 << 20 };
  int ends[2];
  double *sent = malloc(N * sizeof *sent);
  for (int i = 0; i < N; i++) sent[i] = sqrt(i);
  cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    _exit(frame_write(ends[1], json_pack("{s:s}", "do", "much"), sent, N * sizeof *sent, NULL) == ASSAY_OK
              ? 0
              : 1);
  }
  close(ends[1]);
  frame_buffer buffer = {0};
  json_t *head = NULL;
  double *payload = NULL;
  size_t doubles = 0;
  bool closed = false;
  while (!head && !closed) {
    cr_assert_eq(frame_read(ends[0], &buffer, &closed, &error), ASSAY_OK);
    cr_assert_eq(frame_take(&buffer, &head, &payload, &doubles, &error), ASSAY_OK);
  }
  cr_assert(head && doubles == N);
  cr_assert_arr_eq(payload, sent, N * sizeof *sent);
  int how;
  waitpid(pid, &how, 0);
  cr_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  cr_assert_eq(frame_read(ends[0], &buffer, &closed, &error), ASSAY_OK);
  cr_assert(closed);
  json_decref(head);
  free(payload), free(sent);
  frame_buffer_free(&buffer);
  close(ends[0]);
}

Test(frame, nothing_to_read_is_neither_an_error_nor_the_end) {
  int ends[2];
  bool closed = true;
  frame_buffer buffer = {0};
  cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  cr_assert_eq(frame_read(ends[0], &buffer, &closed, &error), ASSAY_OK);
  cr_assert_not(closed);
  close(ends[1]);
  cr_assert_eq(frame_read(ends[0], &buffer, &closed, &error), ASSAY_OK);
  cr_assert(closed);
  frame_buffer_free(&buffer);
  close(ends[0]);
}

Test(frame, writing_to_who_is_gone_is_an_error) {
  int ends[2];
  signal(SIGPIPE, SIG_IGN);
  cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  cr_assert_eq(frame_write(ends[0], json_object(), NULL, 0, &error), ASSAY_IO);
  cr_assert_eq(frame_write(ends[0], NULL, NULL, 0, &error), ASSAY_NO_MEMORY, "a head that could not be made");
  close(ends[0]);
}

/* Each side has more to say than the pipe holds before it listens. */
Test(frame, two_that_write_to_each_other_do_not_wait_for_ever) {
  enum { MUCH = 1 << 20 };
  int ends[2];
  cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  char *text = malloc(MUCH + 1);
  double *payload = calloc(MUCH, sizeof *payload);
  memset(text, 'x', MUCH);
  text[MUCH] = 0;
  pid_t worker = fork();
  if (worker == 0) {
    frame_buffer buffer = {0};
    json_t *head = NULL;
    double *none = NULL;
    size_t doubles;
    bool closed = false;
    if (frame_write(ends[1], json_pack("{s:s}", "do", "reply"), payload, MUCH * sizeof *payload, NULL)) _exit(1);
    while (!head && !closed && !frame_take(&buffer, &head, &none, &doubles, NULL) && !head) frame_read(ends[1], &buffer, &closed, NULL);
    _exit(head && strlen(json_string_value(json_object_get(head, "do"))) == MUCH ? 0 : 2);
  }
  frame_buffer incoming = {0};
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  cr_assert_eq(frame_request(ends[0], json_pack("{s:s}", "do", text), &incoming, &error), ASSAY_OK, "%s", error.text);
  int how = 1;
  bool closed = false;
  fcntl(ends[0], F_SETFL, 0);
  while (incoming.used < MUCH * sizeof *payload && !closed)
    cr_assert_eq(frame_read(ends[0], &incoming, &closed, &error), ASSAY_OK);
  expect(&incoming, "reply", payload, MUCH);
  cr_assert(waitpid(worker, &how, 0) == worker && how == 0, "the other side ended with %d", how);
  /* A side that is gone is an error. */
  close(ends[1]);
  signal(SIGPIPE, SIG_IGN);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  cr_expect_eq(frame_request(ends[0], json_pack("{s:s}", "do", text), &incoming, &error), ASSAY_IO);
  frame_buffer_free(&incoming);
  free(text);
  free(payload);
}
