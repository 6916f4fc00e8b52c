#include <array>
#include <maskrcnn/kernels/dispatch.hpp>
#include <maskrcnn/stages/mask_head.hpp>
#include <string_view>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE_TEMPLATE("mask probabilities are torchvision's, with one mask for each class, with one for all", T, float,
                   double) {
  const test::Golden golden("mask_head");
  for (const std::string name : {"classes", "agnostic", "shallow"}) {
    const auto at = golden.at(name);
    const maskrcnn::MaskHead<T> head(at, {.tower = {.channels = 6}, .labels = 5});
    const auto pooled = golden.tensor<T>(name + ".input");
    const auto labels = golden.values<int>(name + ".labels");
    const auto found = head(pooled, labels);
    CAPTURE(name);
    CHECK(found.shape() == maskrcnn::Shape<3>{5, 28, 28});
    CHECK(test::difference(found.elements(), golden.values<T>(name + ".output")) < test::tolerance<T>);
  }
}

TEST_CASE("more RoIs than are computed at once make the same masks") {
  const test::Golden golden("mask_head");
  const auto at = golden.at("classes");
  const maskrcnn::MaskHead<float> head(at, {.tower = {.channels = 6}, .labels = 5});
  const auto few = golden.tensor<float>("classes.input");
  const auto labels = golden.values<int>("classes.labels");
  const auto expected = head(few, labels);
  maskrcnn::Tensor<float, 4> many({45, 14, 14, 6});
  std::vector<int> many_labels;
  for (Index i = 0; i < 9; ++i) {
    std::copy_n(few.data(), few.count(), many.data() + i * few.count());
    many_labels.insert(many_labels.end(), labels.begin(), labels.end());
  }
  const auto found = head(many, many_labels);
  // objects share tiles with other neighbours, which changes how Winograd rounds: by 0.9e-6 with fused multiply-adds,
  // by 1.13e-6 without (generic kernels on a baseline x86)
  const bool fused = std::string_view(maskrcnn::kernels::best_kernels<float>().name) != "generic";
  for (Index i = 0; i < 9; ++i)
    CHECK(test::difference(found.elements().subspan(i * expected.count(), expected.count()), expected.elements()) <
          (fused ? 1e-6 : 1.5e-6));
}

TEST_CASE("labels that are no class are refused") {
  const test::Golden golden("mask_head");
  const auto at = golden.at("classes");
  const maskrcnn::MaskHead<float> head(at, {.tower = {.channels = 6}, .labels = 5});
  const auto pooled = test::random_tensor<float, 4>({1, 14, 14, 6}, 1);
  CHECK(test::error_of([&] { (void)head(pooled, std::array{5}); }) ==
        "mask_head: expected a label from 0 to 4, found 5");
  CHECK(test::error_of([&] { (void)head(pooled, std::array{-1}); }) ==
        "mask_head: expected a label from 0 to 4, found -1");
  CHECK(test::error_of([&] { (void)head(pooled, std::array{1, 2}); }) == "mask_head: expected 1 labels, found 2");
  CHECK(head(maskrcnn::Tensor<float, 4>({0, 14, 14, 6}), {}).count() == 0);
}
