#include "model/data/idx.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "model/data/data.h"

static char path[] = "/tmp/assay-idx-XXXXXX";

static void write_file(const unsigned char *bytes, size_t size, bool zipped) {
  strcpy(path, "/tmp/assay-idx-XXXXXX");
  int handle = mkstemp(path);
  cr_assert(handle >= 0);
  if (zipped) {
    gzFile file = gzdopen(handle, "wb");
    cr_assert(gzwrite(file, bytes, (unsigned)size) == (int)size && gzclose(file) == Z_OK);
  } else {
    cr_assert(write(handle, bytes, size) == (ssize_t)size && !close(handle));
  }
}

/* Two images of 2 x 4. */
static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 4,   //
                                       0, 4, 8, 255, 2, 2, 0, 1, 10, 20, 30, 40, 50, 60, 70, 80};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9};

Test(idx, reads_what_was_written) {
  idx_images m;
  idx_labels l;
  assay_error error;
  for (int zipped = 0; zipped < 2; zipped++) {
    write_file(images, sizeof images, zipped);
    cr_assert_eq(idx_read_images(path, 0, &m, &error), ASSAY_OK, "%s", error.text);
    cr_expect(m.count == 2 && m.rows == 2 && m.columns == 4 && !memcmp(m.pixels, images + 16, 16));
    double out[2];
    idx_pool(&m, 0, 2, out);
    cr_expect(out[0] == 2 && out[1] == 66);
    idx_pool(&m, 1, 2, out);
    cr_expect(out[0] == 35 && out[1] == 55);
    idx_free_images(&m);
    cr_assert_eq(idx_read_images(path, 1, &m, &error), ASSAY_OK);
    cr_expect_eq(m.count, 1);
    idx_free_images(&m);
    unlink(path);
    write_file(labels, sizeof labels, zipped);
    cr_assert_eq(idx_read_labels(path, 0, &l, &error), ASSAY_OK);
    cr_expect(l.count == 3 && l.labels[0] == 7 && l.labels[2] == 9);
    idx_free_labels(&l);
    unlink(path);
  }
}

static void expect_images_refused(const unsigned char *bytes, size_t size, bool zipped, int most, const char *why) {
  idx_images m;
  assay_error error = {0};
  write_file(bytes, size, zipped);
  cr_expect_eq(idx_read_images(path, most, &m, &error), ASSAY_NO_DATA, "%s", why);
  cr_expect(strstr(error.text, why), "'%s' does not say '%s'", error.text, why);
  cr_expect(!m.pixels);
  unlink(path);
}

Test(idx, says_what_is_wrong_with_a_file) {
  unsigned char bytes[sizeof images + 1];
  for (size_t size = 0; size < sizeof images; size++) expect_images_refused(images, size, size % 2, 0, "cut short");
  expect_images_refused(labels, sizeof labels, true, 0, "holds labels (magic number 0x801), where images (0x803) are wanted");
  expect_images_refused((const unsigned char *)"PNG\r\n123456789012345", 20, false, 0, "no IDX labels or images");
  expect_images_refused(images, sizeof images, true, 3, "holds 2 items, 3 are wanted");
  expect_images_refused(images, sizeof images, true, -1, "are wanted");
  memcpy(bytes, images, sizeof images);
  bytes[sizeof images] = 1;
  expect_images_refused(bytes, sizeof bytes, true, 0, "goes on after");
  bytes[4] = 0xff;
  expect_images_refused(bytes, sizeof images, true, 0, "not one of a data set");
  bytes[4] = bytes[7] = 0;
  expect_images_refused(bytes, sizeof images, true, 0, "not one of a data set");
  idx_labels l;
  assay_error error;
  cr_expect_eq(idx_read_labels("/nowhere/at all", 0, &l, &error), ASSAY_NO_DATA);
  cr_expect(strstr(error.text, "/nowhere/at all cannot be opened"));
}

Test(idx, a_damaged_gzip_file_is_no_data) {
  static unsigned char bytes[16 + 2 * 64 * 64] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 64, 0, 0, 0, 64};
  for (size_t i = 16; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * i % 251);
  write_file(bytes, sizeof bytes, true);
  FILE *file = fopen(path, "r+b");
  cr_assert(file && !fseek(file, -6, SEEK_END) && fputc(0x55, file) == 0x55 && !fclose(file));
  idx_images m;
  assay_error error;
  cr_expect_eq(idx_read_images(path, 0, &m, &error), ASSAY_NO_DATA);
  cr_expect(strstr(error.text, "install the data set again"), "%s", error.text);
  unlink(path);
}

Test(idx, fashion_mnist_is_what_its_authors_say) {
  char file[4096];
  assay_error error;
  const data_set *set = data_find("fashion-mnist");
  if (data_check("fashion-mnist", &error) != ASSAY_OK) cr_skip_test("%s", error.text);
  idx_images m;
  idx_labels l;
  cr_assert_eq(data_path(set, "train-images-idx3-ubyte.gz", file, sizeof file, &error), ASSAY_OK);
  cr_assert_eq(idx_read_images(file, 0, &m, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(data_path(set, "train-labels-idx1-ubyte.gz", file, sizeof file, &error), ASSAY_OK);
  cr_assert_eq(idx_read_labels(file, 0, &l, &error), ASSAY_OK, "%s", error.text);
  cr_expect(m.count == 60000 && m.rows == 28 && m.columns == 28 && l.count == 60000);
  int counts[256] = {0};
  for (int i = 0; i < l.count; i++) counts[l.labels[i]]++;
  for (int c = 0; c < 256; c++) cr_expect_eq(counts[c], c < 10 ? 6000 : 0);
  idx_free_images(&m);
  idx_free_labels(&l);
}
