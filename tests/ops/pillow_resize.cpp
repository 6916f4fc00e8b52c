#include <maskrcnn/ops/pillow_resize.hpp>

#include "support.hpp"

TEST_CASE("images are resized as Pillow does, to the bit") {
  const test::Golden golden("pillow_resize");
  for (int i = 0; golden.has("case" + std::to_string(i) + ".image"); ++i) {
    const std::string name = "case" + std::to_string(i);
    CAPTURE(name);
    const auto expected = golden.image(name + ".resized");
    const auto found = maskrcnn::pillow_resize(golden.image(name + ".image"), expected.size());
    CHECK(found.size() == expected.size());
    bool same = true;
    for (int y = 0; y < expected.height(); ++y)
      same = same && std::equal(expected.row(y), expected.row(y) + 3 * expected.width(), found.row(y));
    CHECK(same);
  }
}

TEST_CASE("weights of a tap add up to one") {
  for (const auto& [in, out] : {std::pair<maskrcnn::Index, maskrcnn::Index>{1, 5}, {1000, 3}, {3, 1000}, {17, 17}})
    for (const auto& tap : maskrcnn::pillow_taps(in, out)) {
      int sum = 0;
      for (const int weight : tap.weights) sum += weight;
      CHECK(std::abs(sum - (1 << 22)) <= static_cast<int>(tap.weights.size()));
      CHECK(tap.first + tap.weights.size() <= in);
    }
}
