#include <maskrcnn/evaluate/polygon.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::polygon_region;
using maskrcnn::evaluate::Region;

TEST_CASE("polygons become the very pixels that pycocotools makes of them") {
  const auto golden = test::golden_lines("polygons.jsonl").front();
  const maskrcnn::Size size{golden["size"][0].get<int>(), golden["size"][1].get<int>()};
  std::vector<Region> regions;
  for (const auto& one : golden["cases"]) {
    const Region region = polygon_region(one["polygon"].get<std::vector<double>>(), size);
    CHECK(maskrcnn::io::compress_rle(region.rle()) == one["counts"].get<std::string>());
    CHECK(region.area() == one["area"].get<std::uint32_t>());
    const auto bounds = one["bounds"].get<std::vector<double>>();
    CHECK(region.bounds() == maskrcnn::evaluate::Rectangle{bounds[0], bounds[1], bounds[2], bounds[3]});
    regions.push_back(region);
  }
  REQUIRE(regions.size() == 150);
  REQUIRE(golden["merged"].size() == 20);
  for (std::size_t i = 0; i < golden["merged"].size(); ++i)
    CHECK(maskrcnn::io::compress_rle(Region::united(std::span(regions).subspan(3 * i, 3)).rle()) ==
          golden["merged"][i].get<std::string>());
  for (std::size_t a = 0; a < 15; ++a)
    for (std::size_t b = 0; b < 15; ++b)
      CHECK(maskrcnn::evaluate::overlap(regions[a], regions[15 + b], b % 4 == 0) ==
            golden["overlaps"][a][b].get<double>());
}

TEST_CASE("a rectangle covers the pixels whose centres it covers") {
  CHECK(polygon_region(std::vector<double>{1, 1, 3, 1, 3, 2, 1, 2}, {4, 4}) ==
        test::drawn({"....", ".##.", "....", "...."}));
}

TEST_CASE("far outside, upright and repeated points take no time and no pixels") {
  CHECK(polygon_region(std::vector<double>{-1e6, -1e6, -1e6, 1e6, -9e5, 0}, {50, 50}).area() == 0);
  CHECK(polygon_region(std::vector<double>{-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6}, {50, 50}).area() == 2500);
  CHECK(polygon_region(std::vector<double>{7, 7, 7, 7, 7, 7}, {50, 50}).area() == 0);
}

TEST_CASE("fewer than three points have no pixel, and a coordinate without its partner counts for nothing") {
  const std::vector<double> triangle{1, 1, 8, 1, 8, 8, 3};
  for (std::size_t count = 0; count < 6; ++count)
    CHECK(polygon_region(std::span(triangle).first(count), {10, 10}) == Region::between({}, {10, 10}));
  CHECK(polygon_region(triangle, {10, 10}) == polygon_region(std::span(triangle).first(6), {10, 10}));
  CHECK(polygon_region(triangle, {10, 10}).area() > 0);
}

TEST_CASE("what is no polygon is refused") {
  const auto error = [](const std::vector<double>& points) {
    return test::error_of([&] { (void)polygon_region(points, {10, 10}); });
  };
  CHECK(error({1, 2, 3, 4, 5, 2e6}) == "polygon: expected coordinates from -1e+06 to 1e+06, found 2e+06");
  CHECK(test::contains(error({1, 2, 3, 4, 5, std::nan("")}), "found nan"));
}
