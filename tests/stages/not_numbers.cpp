// What becomes of NaN and infinity on the way from logits to masks. Compiled a second time with -ffast-math, where the
// same has to come out: so nothing here asks the compiler whether something is a number, bits are compared instead.
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/kernels/eigen.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/ops/top_k.hpp>
#include <maskrcnn/stage_options.hpp>
#include <maskrcnn/stages/box_head.hpp>
#include <maskrcnn/stages/multi_level_roi.hpp>
#include <maskrcnn/stages/paste_masks.hpp>
#include <maskrcnn/stages/roi_align.hpp>
#include <maskrcnn/stages/rpn.hpp>
#include <vector>

using maskrcnn::BasicBox;
using maskrcnn::Detectron2;
using maskrcnn::Index;
using maskrcnn::is_nan;
using maskrcnn::Torchvision;

namespace {

// made of bits: a compiler that knows of no NaN may take a constant one for anything
template <class T>
[[nodiscard]] T from_bits(maskrcnn::BitsOf<T> bits) {
  volatile maskrcnn::BitsOf<T> hidden = bits;
  return std::bit_cast<T>(static_cast<maskrcnn::BitsOf<T>>(hidden));
}
template <class T>
const T infinity = from_bits<T>(maskrcnn::infinity_bits<T>);
template <class T>
const T no_number = from_bits<T>(maskrcnn::infinity_bits<T> + 1000);

template <class T>
[[nodiscard]] bool all_nan(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), is_nan<T>);
}

/// Positions of the survivors among boxes of scores that fall.
template <class T>
[[nodiscard]] std::vector<Index> survivors(const std::vector<BasicBox<T>>& boxes, Index shift_limit) {
  std::vector<T> scores;
  for (std::size_t i = 0; i < boxes.size(); ++i) scores.push_back(static_cast<T>(boxes.size() - i));
  const std::vector<int> classes(boxes.size(), 1);
  return maskrcnn::nms_per_class<T>(boxes, scores, classes,
                                    {.iou_threshold = 0.5, .limit = 100, .shift_limit = shift_limit});
}

/// How many of twelve anchors become proposals if one number of the predictions, of all zeros, is `value`.
template <class Convention>
[[nodiscard]] std::size_t proposals(Index channel, float value) {
  maskrcnn::Tensor<float, 4> predictions({1, 2, 2, 15});
  predictions.fill(0);
  predictions(0, 1, 0, channel) = value;
  maskrcnn::ModelConfig config;
  config.anchor_sizes = {{8}, {8}};
  config.rpn_pre_nms_top_n = 100;
  const maskrcnn::AnchorGenerator<float> anchors(maskrcnn::anchor_options<Convention>(config));
  maskrcnn::ScoredProposals<float> all;
  maskrcnn::collect_proposals(predictions, anchors(0, {2, 2}, {32, 32}), 0, {32, 32},
                              maskrcnn::rpn_options<Convention>(config, 1).proposals, all);
  return all.boxes.size();
}

/// How many detections of one proposal there are if one of the numbers for two foreground classes is `value`.
[[nodiscard]] std::size_t detections(Index channel, float value) {
  maskrcnn::Tensor<float, 2> predictions({1, 15});
  predictions.fill(0);
  predictions(0, channel) = value;
  maskrcnn::softmax_classes(predictions);
  return maskrcnn::select_detections(predictions, std::vector<maskrcnn::Box>{{10, 10, 50, 50}}, {100, 100},
                                     maskrcnn::detection_rule<Torchvision>({}))
      .size();
}

}  // namespace

TEST_CASE_TEMPLATE("NaN comes last in every order", T, float, double) {
  const std::vector<T> values{1, no_number<T>, 3, -infinity<T>, -no_number<T>, 3, infinity<T>};
  CHECK(maskrcnn::sorted_descending<T>(values) == std::vector<Index>{6, 2, 5, 0, 3, 1, 4});
  for (Index k = 0; k <= 8; ++k) {
    auto expected = maskrcnn::sorted_descending<T>(values);
    expected.resize(std::min<Index>(k, 7));
    CHECK(maskrcnn::top_k<T>(values, k) == expected);
  }
}

TEST_CASE_TEMPLATE("boxes that are no boxes suppress nothing and are not suppressed", T, float, double) {
  const BasicBox<T> box{10, 10, 20, 20}, empty{12, 12, 12, 18}, broken{10, no_number<T>, 20, 20};
  for (const Index shift_limit : {Index{0}, Index{100}}) {
    CHECK(survivors<T>({box, broken, box, empty, empty, broken}, shift_limit) == std::vector<Index>{0, 1, 3, 4, 5});
    CHECK(survivors<T>({broken, box, box}, shift_limit) == std::vector<Index>{0, 1});
  }
  // a shift that is not a number leaves no boxes at all
  CHECK(survivors<T>({{no_number<T>, 10, 20, 20}, box, box}, 100) == std::vector<Index>{0, 1, 2});
  CHECK(survivors<T>({{no_number<T>, 10, 20, 20}, box, box}, 0) == std::vector<Index>{0, 1});
}

TEST_CASE_TEMPLATE("probabilities of logits that are no numbers are none", T, float, double) {
  for (std::size_t at = 0; at < 9; ++at)
    for (const T value : {no_number<T>, infinity<T>}) {
      std::vector<T> logits{1, -2, 3, 0, 5, 4, 2, 1, -7};
      logits[at] = value;
      maskrcnn::softmax<T>(logits);
      CHECK((is_nan(value) ? all_nan(logits) : is_nan(logits[at])));
    }
  CHECK(is_nan(maskrcnn::sigmoid(no_number<T>)));
}

TEST_CASE_TEMPLATE("a delta that is no number leaves no box", T, float, double) {
  for (std::size_t at = 0; at < 4; ++at) {
    T delta[4] = {};
    delta[at] = no_number<T>;
    const BasicBox<T> box = clip(maskrcnn::decode_box(BasicBox<T>{5, 5, 9, 9}, delta, {}), {20, 20});
    CHECK(is_nan(at % 2 == 0 ? box.x0 : box.y0));
    CHECK(is_nan(at % 2 == 0 ? box.x1 : box.y1));
    CHECK((at % 2 == 0 ? box.y0 : box.x0) == 5);
  }
}

TEST_CASE("proposals of no number are dropped, in either convention") {
  CHECK(proposals<Torchvision>(0, 0) == 12);
  CHECK(proposals<Detectron2>(0, 0) == 12);
  for (Index channel = 0; channel < 15; ++channel) {
    CHECK(proposals<Torchvision>(channel, no_number<float>) == 11);
    CHECK(proposals<Detectron2>(channel, no_number<float>) == 11);
  }
  CHECK(proposals<Torchvision>(1, infinity<float>) == 12);  // a probability of 1
  CHECK(proposals<Detectron2>(1, infinity<float>) == 11);   // a logit that is not finite
}

TEST_CASE("detections of no number are dropped") {
  CHECK(detections(0, 0) == 2);
  for (Index channel = 0; channel < 3; ++channel) CHECK(detections(channel, no_number<float>) == 0);
  for (Index channel = 3; channel < 7; ++channel)
    CHECK(detections(channel, no_number<float>) == 2);  // of the background
  for (Index channel = 7; channel < 15; ++channel) CHECK(detections(channel, no_number<float>) == 1);
}

TEST_CASE_TEMPLATE("a RoI that is none is read from the finest level, outside of the map", T, float, double) {
  for (const BasicBox<T>& box : {BasicBox<T>{no_number<T>, 0, 9, 9}, BasicBox<T>{5, 5, 5, 5}, BasicBox<T>{9, 9, 5, 12}})
    CHECK(maskrcnn::roi_level(box, T(0.25), T(0.03125), {}) == 0);
  CHECK(maskrcnn::roi_level(BasicBox<T>{0, 0, 224, 224}, T(0.25), T(0.03125), {}) == 2);

  maskrcnn::Tensor<T, 3> features({5, 5, 2});
  features.fill(1);
  features(2, 2, 1) = no_number<T>;
  using Align = maskrcnn::RoiAlign<maskrcnn::RoiSpec{.output = 1, .rule = Torchvision::roi}>;
  const auto& kernels = maskrcnn::kernels::best_kernels<T>();
  std::vector<T> pooled(2);
  Align::template pool<T>(features.view(), {1, 1, 3, 3}, T{1}, pooled.data(), kernels);
  CHECK(pooled[0] == 1);
  CHECK(is_nan(pooled[1]));  // whoever decides by it has to know
  Align::template pool<T>(features.view(), {1, no_number<T>, 3, 3}, T{1}, pooled.data(), kernels);
  CHECK(pooled == std::vector<T>{0, 0});
}

TEST_CASE_TEMPLATE("pixels of no probability are not drawn", T, float, double) {
  maskrcnn::Tensor<T, 2> mask({4, 4});
  mask.fill(1);
  mask(1, 1) = no_number<T>;
  const maskrcnn::Size image{20, 20};
  const BasicBox<T> box{4, 4, 16, 16};
  const auto sampled = maskrcnn::sample_mask<T>(mask.view(), box, image, T(0.5));
  const auto pasted = maskrcnn::paste_mask<T>(mask.view(), maskrcnn::paste_target(box, 4), image, T(0.5));
  for (const auto* drawn : {&sampled, &pasted}) {
    CHECK((*drawn)(14, 14));
    CHECK_FALSE((*drawn)(8, 8));
  }
  // a flat box is read at the mask's middle, as mmdetection does
  const auto flat = maskrcnn::sample_mask<T>(mask.view(), BasicBox<T>{8, 8, 8, 16}, image, T(0.5));
  CHECK(flat(8, 14));
  CHECK_FALSE(flat(12, 14));
}
