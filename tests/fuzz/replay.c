/* Every file of the folders given, through the harness it is linked with. */
#include <dirent.h>
#include <errno.h>

#include "tests/fuzz/fuzz.h"

static int replay_file(const char *path) {
  FILE *in = fopen(path, "rb");
  uint8_t *data = NULL;
  size_t size = 0, room = 0, got = 1;
  while (in && got > 0) {
    if (room - size < 4096) data = realloc(data, room += 1 << 16);
    FUZZ_REQUIRE(data);
    size += got = fread(data + size, 1, room - size, in);
  }
  if (!in) return fprintf(stderr, "%s: %s\n", path, strerror(errno)), 1;
  fclose(in);
  uint8_t *exact = malloc(size + !size); /* so that a sanitizer sees a read behind the end */
  FUZZ_REQUIRE(exact);
  if (size) memcpy(exact, data, size);
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
  free(data);
  return 0;
}

int main(int argc, char **argv) {
  int files = 0, status = 0;
  for (int i = 1; i < argc; i++) {
    DIR *folder = opendir(argv[i]);
    if (!folder) return fprintf(stderr, "%s: %s\n", argv[i], strerror(errno)), 2;
    for (const struct dirent *entry; (entry = readdir(folder));) {
      char *path = NULL;
      if (entry->d_name[0] == '.') continue;
      FUZZ_REQUIRE(asprintf(&path, "%s/%s", argv[i], entry->d_name) > 0);
      status |= replay_file(path);
      files++;
      free(path);
    }
    closedir(folder);
  }
  printf("%d inputs\n", files);
  return files > 0 ? status : 2;
}
