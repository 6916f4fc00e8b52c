#include <maskrcnn/stages/losses.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::TensorView;

TEST_CASE_TEMPLATE("losses are torchvision's", T, float, double) {
  const test::Golden golden("losses");
  const auto terms = golden.values<double>("loss.terms");
  const auto logits = golden.values<T>("box.logits"), deltas = golden.values<T>("box.deltas"),
             targets = golden.values<T>("box.targets");
  const auto labels = golden.values<int>("box.labels"), mask_labels = golden.values<int>("mask.labels");
  const auto mask_logits = golden.tensor<T>("mask.logits");
  const auto mask_targets = golden.values<T>("mask.targets");
  const maskrcnn::Losses losses{
      .classification = maskrcnn::classification_loss<T>({logits.data(), {30, 6}}, labels),
      .regression = maskrcnn::box_regression_loss<T>({deltas.data(), {30, 24}}, labels, {targets.data(), {30, 4}}),
      .mask = maskrcnn::mask_loss<T>(mask_logits.view(), mask_labels, {mask_targets.data(), {8, 7, 7}})};
  CHECK(losses.classification == doctest::Approx(terms[0]).epsilon(test::tolerance<T>));
  CHECK(losses.regression == doctest::Approx(terms[1]).epsilon(test::tolerance<T>));
  CHECK(losses.mask == doctest::Approx(terms[2]).epsilon(test::tolerance<T>));
  CHECK(losses.total() == doctest::Approx(terms[0] + terms[1] + terms[2]).epsilon(test::tolerance<T>));
}

TEST_CASE_TEMPLATE("binary cross-entropy is its definition where that can be computed", T, float, double) {
  for (const double logit : {-8.0, -2.0, -0.5, 0.0, 0.1, 3.0, 7.0})
    for (const double target : {0.0, 0.3, 1.0}) {
      const double p = 1 / (1 + std::exp(-logit));
      CHECK(maskrcnn::binary_cross_entropy(static_cast<T>(logit), static_cast<T>(target)) ==
            doctest::Approx(-(target * std::log(p) + (1 - target) * std::log(1 - p))).epsilon(1e-5));
    }
  // the lecture's terms: a pixel of the object predicted with 0.9 costs -log 0.9, one predicted with 0.1 costs -log 0.1
  const T logit = static_cast<T>(std::log(0.9 / 0.1));
  CHECK(maskrcnn::binary_cross_entropy(logit, T{1}) == doctest::Approx(0.1053605));
  CHECK(maskrcnn::binary_cross_entropy(logit, T{0}) == doctest::Approx(2.3025851));
  CHECK(maskrcnn::binary_cross_entropy(T{0}, T{1}) == doctest::Approx(0.6931472));
}

TEST_CASE_TEMPLATE("saturated logits cost what they should, and never infinity", T, float, double) {
  CHECK(maskrcnn::binary_cross_entropy(T{1000}, T{1}) == 0);
  CHECK(maskrcnn::binary_cross_entropy(T{-1000}, T{0}) == 0);
  CHECK(maskrcnn::binary_cross_entropy(T{1000}, T{0}) == 1000);
  CHECK(maskrcnn::binary_cross_entropy(T{-1000}, T{1}) == 1000);
}

TEST_CASE_TEMPLATE("smooth L1 is square near zero and straight beyond beta", T, float, double) {
  CHECK(maskrcnn::smooth_l1(T(0.5), T{1}) == T(0.125));
  CHECK(maskrcnn::smooth_l1(T{-3}, T{1}) == T(2.5));
  CHECK(maskrcnn::smooth_l1(T(2), T{0}) == 2);
}

TEST_CASE("only foreground RoIs and only the true class count") {
  const std::vector<float> deltas(16, 5);
  std::vector<float> changed = deltas;
  std::fill_n(changed.begin(), 4, 100.0F);  // background's deltas of RoI 0, whose class is 1
  const std::vector<float> targets(8, 0);
  const std::vector<int> labels{1, 0};
  const auto loss = [&](const std::vector<float>& values) {
    return maskrcnn::box_regression_loss<float>({values.data(), {2, 8}}, labels, {targets.data(), {2, 4}}, 1.0F);
  };
  CHECK(loss(deltas) == 9);  // four times 4.5, over two RoIs
  CHECK(loss(changed) == 9);
}

TEST_CASE("sizes and labels that do not fit are refused, no RoIs cost nothing") {
  const std::vector<float> logits(6);
  const std::vector<int> labels{0, 3}, three{0, 1, 2}, none;
  CHECK(test::error_of([&] {
          (void)maskrcnn::classification_loss<float>({logits.data(), {2, 3}}, labels);
        }) == "classification_loss: expected labels from 0 to 2, found 3 at position 1");
  CHECK(test::error_of([&] {
          (void)maskrcnn::classification_loss<float>({logits.data(), {2, 3}}, three);
        }) == "classification_loss: expected 2 labels, found 3");
  CHECK(maskrcnn::classification_loss<float>({logits.data(), {0, 3}}, none) == 0);
  CHECK(maskrcnn::box_regression_loss<float>({logits.data(), {0, 8}}, none, {logits.data(), {0, 4}}) == 0);
  CHECK(maskrcnn::mask_loss<float>({logits.data(), {0, 7, 7, 3}}, none, {logits.data(), {0, 7, 7}}) == 0);
}
