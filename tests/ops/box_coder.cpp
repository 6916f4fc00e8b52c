#include <maskrcnn/ops/box_coder.hpp>

#include "support.hpp"

TEST_CASE_TEMPLATE("boxes are decoded and encoded as torchvision does", T, float, double) {
  const test::Golden golden("box_coder");
  for (const std::string name : {"rpn", "box"}) {
    const maskrcnn::BoxWeights weights = name == "rpn" ? maskrcnn::BoxWeights{} : maskrcnn::BoxWeights{10, 10, 5, 5};
    const auto boxes = golden.boxes<T>(name + ".boxes"), expected = golden.boxes<T>(name + ".decoded");
    const auto deltas = golden.values<T>(name + ".deltas"), back = golden.values<T>(name + ".encoded");
    std::vector<maskrcnn::BasicBox<T>> decoded;
    std::vector<T> encoded(back.size());
    for (std::size_t i = 0; i < boxes.size(); ++i)
      decoded.push_back(maskrcnn::decode_box(boxes[i], deltas.data() + 4 * i, weights));
    for (std::size_t i = 2; i < boxes.size(); ++i)
      maskrcnn::encode_box(boxes[i], expected[i], weights, encoded.data() + 4 * (i - 2));
    CHECK(test::difference(test::numbers(decoded), test::numbers(expected)) < test::tolerance<T>);
    CHECK(test::difference(encoded, back) < (std::is_same_v<T, float> ? 1e-4 : 1e-5));  // differences of stored floats
  }
}

TEST_CASE("a stretch has a limit") {
  const float delta[4] = {0, 0, 1e30F, 5};
  const auto box = maskrcnn::decode_box(maskrcnn::Box{0, 0, 16, 16}, delta, {});
  CHECK(box.width() == doctest::Approx(1000));
  CHECK(box.height() == doctest::Approx(1000));
}
