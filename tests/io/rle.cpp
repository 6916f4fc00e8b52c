#include <maskrcnn/io/rle.hpp>

#include "support.hpp"

using maskrcnn::Mask;
using maskrcnn::io::compress_rle;
using maskrcnn::io::decode_rle;
using maskrcnn::io::decompress_rle;
using maskrcnn::io::encode_rle;

namespace {

/// A mask by a formula, and what pycocotools encodes it as; printed by tests/golden/rle_strings.py.
struct Case {
  maskrcnn::Size image;
  int top, left;
  maskrcnn::Size patch;
  const char* counts;
};

const Case cases[] = {
    {{17, 23}, 5, 4, {8, 9}, "Y2120O00080H010O090H0O090G0001070H0001080H0O090G010O080I0O00080H010O0]5"},
    {{12, 10},
     0,
     0,
     {12, 10},
     "0120O00010O00010O00020O0O00011OO0010O0010O0010O0000010O00011OO10O0001000O00010O00010O00020O0O00010"},
    {{9, 300}, 0, 290, {9, 10}, "ba2120O000000010O01000O0010O0010O00000100000O0010O10O00010O000000010O01000O000"},
    {{600, 400},
     100,
     50,
     {450, 300},
     "dhn0S1^a0>D:F:"
     "G8I6I8I6K4K6J6K4L4K6K4L4L4M2M4L4L4M2M4L4M2M4M2N2M4M2N2M4M2N2N2M4M2N2N2N2N2N2N2N2N2N2N2N2N2N2N2N2O0O2N2N2N2O0O2N2N"
     "2O0O2N2N2O0O2N2O0O2O0O2N2O0O2O0O2O0O2N2O0O2O0O2O0O2O000O2O0O2O0O2O000O2O000O2O0O2O000O2O00000O2O000O2O00000O2O000"
     "0000O2O0000000O2O00000000000O2O00000000000000000000000000000000000000000000000000000000000000000001N1000000000001"
     "N100000001N100000001N1000001N10001N1000001N10001N101N10001N10001N101N101N10001N101N101N101N2N101N101N101N2N101N10"
     "1N2N101N2N2N101N2N2N101N2N2N2N101N2N2N2N2N2N2N2N2N2N2N2N2N2N2N2N3L3N2N2N3L3N2N3L3N2N3L3N3L4L3N3L4L4L3N3L4L4L5J5L4"
     "L5J6J5L5J7H7J7H9F:F<Bkbm0"},
    {{5, 5}, 2, 2, {0, 0}, "i0"},
};

[[nodiscard]] Mask mask_of(const Case& c) {
  Mask mask(c.image, c.left, c.top, c.patch);
  const auto square = [](int value) { return value * value; };
  for (int y = 0; y < c.patch.height; ++y)
    for (int x = 0; x < c.patch.width; ++x)
      mask.patch_row(y)[x] =
          (c.patch.height < 100 ? (square(x) + 3 * y) % 7 < 3 : square(x - 150) + square(y - 225) < square(149)) ? 1
                                                                                                                 : 0;
  return mask;
}

}  // namespace

TEST_CASE("masks are encoded as pycocotools encodes them") {
  for (const Case& c : cases) CHECK(compress_rle(encode_rle(mask_of(c))) == c.counts);
}

TEST_CASE("what is encoded comes back, pixel by pixel") {
  for (const Case& c : cases) {
    const Mask mask = mask_of(c), back = decode_rle(decompress_rle(c.counts, c.image));
    CHECK(back.image_size() == c.image);
    CHECK(back.area() == mask.area());
    bool same = true;
    for (int y = 0; y < c.image.height; ++y)
      for (int x = 0; x < c.image.width; ++x) same = same && back(x, y) == mask(x, y);
    CHECK(same);
  }
}

TEST_CASE("runs that do not fit their image are refused") {
  CHECK(test::error_of([] { (void)decode_rle({.size = {2, 2}, .counts = {1, 2}}); }) != "(no error)");
  CHECK(test::error_of([] { (void)decode_rle({.size = {2, 2}, .counts = {1, 4294967295U}}); }) != "(no error)");
  CHECK(test::error_of([] { (void)decode_rle(decompress_rle("zzzzzzzzzzzzzzzzzz", {4, 4})); }) != "(no error)");
}
