#include <maskrcnn/evaluate/region.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::overlap;
using maskrcnn::evaluate::Rectangle;
using maskrcnn::evaluate::Region;
using maskrcnn::evaluate::Run;

namespace {

/// Random pixels, denser or thinner.
std::vector<std::string> noise(int height, int width, double part, unsigned seed) {
  std::mt19937 engine{seed};
  std::bernoulli_distribution inside(part);
  std::vector<std::string> rows(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), '.'));
  for (auto& row : rows)
    for (char& pixel : row) pixel = inside(engine) ? '#' : '.';
  return rows;
}

}  // namespace

TEST_CASE("a region knows its runs, area and bounds") {
  const Region region = test::drawn({"..#.",  //
                                     ".##.",  //
                                     "..#."});
  CHECK(region.area() == 4);
  CHECK(region.bounds() == Rectangle{1, 0, 2, 3});
  CHECK(region.runs() == std::vector<Run>{{4, 5}, {6, 9}});
  CHECK(region.rle().counts == std::vector<std::uint32_t>{4, 1, 1, 3, 3});
}

TEST_CASE("a run over the end of a column makes the bounds as high as the image") {
  const Region region = test::drawn({".#",  //
                                     "..",  //
                                     "#."});
  CHECK(region.runs() == std::vector<Run>{{2, 4}});
  CHECK(region.bounds() == Rectangle{0, 0, 2, 3});
}

TEST_CASE("no pixels, all pixels, and runs of no length") {
  const Region none(maskrcnn::io::Rle{{3, 4}, {12}}), all(maskrcnn::io::Rle{{3, 4}, {0, 12}});
  CHECK(none.area() == 0);
  CHECK(none.bounds() == Rectangle{});
  CHECK(none.rle().counts == std::vector<std::uint32_t>{12});
  CHECK(all.area() == 12);
  CHECK(all.rle().counts == std::vector<std::uint32_t>{0, 12});
  CHECK(overlap(none, none, false) == 0);
  CHECK(overlap(none, all, true) == 0);
  CHECK(Region(maskrcnn::io::Rle{{3, 4}, {2, 1, 0, 3, 6, 0}}) == Region(maskrcnn::io::Rle{{3, 4}, {2, 4, 6}}));
}

TEST_CASE("overlap counts common pixels, as looking at each would") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto a = noise(13, 17, 0.02 * seed, seed), b = noise(13, 17, 0.4, 100 + seed);
    int common = 0, either = 0, in_a = 0;
    for (std::size_t y = 0; y < a.size(); ++y)
      for (std::size_t x = 0; x < a[y].size(); ++x) {
        common += a[y][x] == '#' && b[y][x] == '#' ? 1 : 0;
        either += a[y][x] == '#' || b[y][x] == '#' ? 1 : 0;
        in_a += a[y][x] == '#' ? 1 : 0;
      }
    const Region first = test::drawn(a), second = test::drawn(b);
    CHECK(first.intersection(second) == static_cast<std::uint32_t>(common));
    if (common == 0) continue;
    CHECK(overlap(first, second, false) == double(common) / either);
    CHECK(overlap(first, second, true) == double(common) / in_a);
  }
}

TEST_CASE("united regions hold the pixels of each") {
  const std::vector<Region> parts{test::drawn({"##..", "....", "...."}), test::drawn({"....", "##..", "...#"}),
                                  test::drawn({".#..", ".#..", ".#.."})};
  CHECK(Region::united(parts) == test::drawn({"##..", "##..", ".#.#"}));
  CHECK(Region::united(std::span(parts).first(1)) == parts[0]);
}

TEST_CASE("boxes overlap by area, crowds as far as they cover") {
  CHECK(overlap(Rectangle{0, 0, 4, 4}, Rectangle{2, 0, 4, 4}, false) == 8.0 / 24);
  CHECK(overlap(Rectangle{0, 0, 4, 4}, Rectangle{2, 0, 4, 4}, true) == 0.5);
  CHECK(overlap(Rectangle{0, 0, 4, 4}, Rectangle{4, 0, 4, 4}, false) == 0);
  CHECK(overlap(Rectangle{0, 0, 0, 0}, Rectangle{0, 0, 0, 0}, false) == 0);
}

TEST_CASE("runs that do not fill the image are refused") {
  CHECK(test::error_of([] {
          (void)Region(maskrcnn::io::Rle{{3, 4}, {5, 5}});
        }) == "rle: expected runs of 12 pixels in all (4 x 3), found 10");
  CHECK(test::error_of([] {
          (void)Region(maskrcnn::io::Rle{{3, 4}, {5, 5000}});
        }) == "rle: expected runs of 12 pixels in all (4 x 3), found 5005");
  CHECK(test::contains(test::error_of([] { (void)Region(maskrcnn::io::Rle{{0, 4}, {}}); }), "found 4 x 0"));
  CHECK(test::contains(test::error_of([] { (void)Region(maskrcnn::io::Rle{{1 << 20, 1 << 20}, {1}}); }), "2^32 - 1"));
}
