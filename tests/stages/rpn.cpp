#include <maskrcnn/stages/rpn.hpp>

#include <maskrcnn/stage_options.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::Torchvision;

namespace {

const maskrcnn::Size grids[] = {{40, 48}, {20, 24}, {10, 12}, {5, 6}, {3, 3}};

[[nodiscard]] maskrcnn::ModelConfig config_of(int before, int after) {
  maskrcnn::ModelConfig config;
  config.anchor_sizes = {{16}, {32}, {64}, {128}, {256}};
  config.rpn_pre_nms_top_n = before;
  config.rpn_post_nms_top_n = after;
  return config;
}

[[nodiscard]] maskrcnn::AnchorGenerator<float> generator_of(const maskrcnn::ModelConfig& config) {
  return maskrcnn::AnchorGenerator<float>(maskrcnn::anchor_options<Torchvision>(config));
}

}  // namespace

TEST_CASE("proposals are selected as torchvision does, in the same order") {
  const test::Golden golden("rpn");
  for (const std::string name : {"few", "many"}) {
    const auto logits = golden.values<float>(name + ".logits"), deltas = golden.values<float>(name + ".deltas");
    const auto limits = golden.values<int>(name + ".limits");
    const auto generator = generator_of(config_of(limits[0], limits[1]));
    maskrcnn::ScoredProposals<float> all;
    std::size_t begin = 0;
    for (std::size_t level = 0; level < 5; ++level) {
      const auto height = static_cast<Index>(grids[level].height), width = static_cast<Index>(grids[level].width);
      maskrcnn::Tensor<float, 4> predictions({1, height, width, 15});
      for (Index position = 0; position < height * width; ++position)
        for (Index anchor = 0; anchor < 3; ++anchor, ++begin) {
          predictions.data()[15 * position + anchor] = logits[begin];
          std::copy_n(deltas.data() + 4 * begin, 4, predictions.data() + 15 * position + 3 + 4 * anchor);
        }
      maskrcnn::collect_proposals(predictions, generator(level, grids[level], golden.size("grid.padded")),
                                  static_cast<int>(level), golden.size("grid.resized"),
                                  {.count = static_cast<Index>(limits[0])}, all);
    }
    const auto kept = maskrcnn::nms_per_class<float>(
        all.boxes, all.scores, all.levels,
        {.iou_threshold = 0.7, .limit = static_cast<Index>(limits[1]), .shift_limit = Torchvision::nms_shift_limit});
    std::vector<maskrcnn::Box> proposals;
    std::vector<float> scores;
    for (const Index i : kept) {
      proposals.push_back(all.boxes[i]);
      scores.push_back(all.scores[i]);
    }
    CAPTURE(name);
    CHECK((name == "many") == (all.boxes.size() > 1000));
    CHECK(test::pixels_apart(proposals, golden.boxes<float>(name + ".proposals")) < 1e-4);
    CHECK(test::difference(scores, golden.values<float>(name + ".scores")) < 1e-6);
  }
}

TEST_CASE_TEMPLATE("the whole stage makes torchvision's proposals", T, float, double) {
  const test::Golden golden("rpn");
  const auto padded = golden.size("grid.padded"), resized = golden.size("grid.resized");
  const maskrcnn::Frame frame{.original = {10, 10},
                              .resized = {resized.height / 2, resized.width / 2},
                              .padded = {padded.height / 2, padded.width / 2}};
  for (const std::string name : {"head1", "head2"}) {
    maskrcnn::FeaturePyramid<T> features;
    for (int level = 0; level < 5; ++level)
      features.push_back(golden.tensor<T>(name + ".features" + std::to_string(level)));
    const auto at = golden.at(name);
    // the head's own place is one level deeper in a model
    const maskrcnn::RpnHead<T> head(at, {.channels = 8}, 3);
    const auto predictions = head(features[0]);
    const auto logits = golden.tensor<T>(name + ".logits0"), deltas = golden.tensor<T>(name + ".deltas0");
    maskrcnn::Tensor<T, 4> expected({1, logits.size(1), logits.size(2), 15});
    for (Index i = 0; i < logits.size(1) * logits.size(2); ++i) {
      std::copy_n(logits.data() + 3 * i, 3, expected.data() + 15 * i);
      std::copy_n(deltas.data() + 12 * i, 12, expected.data() + 15 * i + 3);
    }
    CAPTURE(name);
    CHECK(test::difference(predictions.elements(), expected.elements()) < test::tolerance<T>);

    const auto config = config_of(60, 80);
    const maskrcnn::Rpn<T, maskrcnn::AnchorGenerator<T>> rpn(
        golden.at("stage_" + name), maskrcnn::AnchorGenerator<T>(maskrcnn::anchor_options<Torchvision>(config)),
        maskrcnn::rpn_options<Torchvision>(config, 8));
    CHECK(test::pixels_apart(rpn(features, frame), golden.boxes<T>(name + ".proposals")) <
          (std::is_same_v<T, float> ? 1e-3 : 1e-5));
  }
}

TEST_CASE("boxes and scores that are no numbers are dropped") {
  maskrcnn::Tensor<float, 4> predictions({1, 2, 2, 15});
  predictions.fill(0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  predictions(0, 0, 0, 0) = nan;  // a logit
  predictions(0, 1, 1, 3) = nan;  // a delta
  const auto generator = generator_of(config_of(100, 100));
  maskrcnn::ScoredProposals<float> all;
  maskrcnn::collect_proposals(predictions, generator(0, {2, 2}, {32, 32}), 0, {32, 32}, {.count = 100}, all);
  CHECK(all.boxes.size() == 10);
  for (const auto& box : all.boxes) CHECK(box.width() > 0);
}

TEST_CASE("proposals of low objectness are dropped where a model asks for it") {
  maskrcnn::Tensor<float, 4> predictions({1, 1, 3, 15});
  predictions.fill(0);
  predictions(0, 0, 0, 0) = -3;    // 0.047
  predictions(0, 0, 1, 1) = -2.5;  // 0.076
  predictions(0, 0, 2, 2) = 4;     // 0.982
  const auto generator = generator_of(config_of(100, 100));
  const auto count = [&](double threshold) {
    maskrcnn::ScoredProposals<float> all;
    maskrcnn::collect_proposals(predictions, generator(0, {1, 3}, {32, 96}), 0, {32, 96},
                                {.count = 100, .score_threshold = threshold}, all);
    return all.boxes.size();
  };
  CHECK(count(0) == 9);
  CHECK(count(0.05) == 8);
  CHECK(count(0.5) == 7);  // at least: a logit of 0 is 0.5
  CHECK(count(0.51) == 1);
}
