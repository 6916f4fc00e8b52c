// Each stage of Mask R-CNN with ResNet-50-FPN, and all of them end to end, on a 480 x 640 image, resized to
// 800 x 1066 and padded to 800 x 1088: 1000 proposals, 600 candidates, 100 objects.
//
//     maskrcnn-stages [--benchmark_filter=REGEX]
//
// Weights and image are random, proposals and objects are made up, and the score threshold is put where 600
// candidates pass it, so that every stage gets as much to do as from a real image. Takes OMP_NUM_THREADS threads.
// Counters: GFLOP/s of the multiply-adds as direct convolution counts them, and the share of the measured fp32 peak;
// Winograd may be above it. A stage alone finds its small inputs in the caches, so the sum is a little less than the
// whole.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/io/rle.hpp>
#include <maskrcnn/mask_rcnn.hpp>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "made_weights.hpp"
#include "peak.hpp"

namespace {

using maskrcnn::FeaturePyramid, maskrcnn::Frame, maskrcnn::Index, maskrcnn::Parameters, maskrcnn::Tensor;
using Convention = maskrcnn::Torchvision;
using Boxes = std::vector<maskrcnn::BasicBox<float>>;

/// All stages, and for each of them what the one before would hand it.
struct Scene {
  static constexpr Index channels = 256, classes = 91;
  static constexpr std::size_t proposal_count = 1000, candidate_count = 600, object_count = 100;

  maskrcnn::Weights weights = made::mask_rcnn_resnet50_fpn();
  maskrcnn::ModelConfig config{.batch_norm_epsilon = 1e-5};
  Parameters root{weights};
  maskrcnn::Preprocess<float> preprocess{maskrcnn::preprocess_options<Convention>(config)};
  maskrcnn::ResNet<float> resnet{root / "backbone" / "body", maskrcnn::resnet50, {}};
  maskrcnn::Fpn<float> fpn{root / "backbone" / "fpn", resnet.channels(), {}};
  maskrcnn::Rpn<float, maskrcnn::AnchorGenerator<float>> rpn{
      root / "rpn", maskrcnn::AnchorGenerator<float>(maskrcnn::anchor_options<Convention>(config)),
      maskrcnn::rpn_options<Convention>(config, channels)};
  template <int Output>
  using RoiFeatures = maskrcnn::MultiLevelRoi<float, maskrcnn::RoiAlign<maskrcnn::RoiSpec{Output, Convention::roi}>>;
  RoiFeatures<7> box_features{{}};
  RoiFeatures<14> mask_features{{}};
  maskrcnn::MaskHead<float> mask_head{root / "roi_heads", {.tower = {.channels = channels}, .labels = classes}};

  std::shared_ptr<maskrcnn::MemoryPool> pool = std::make_shared<maskrcnn::MemoryPool>();
  maskrcnn::Image image = made_image({480, 640});
  maskrcnn::Input<float> input = preprocess(image, pool);
  FeaturePyramid<float> bottom_up = resnet(input.tensor);
  FeaturePyramid<float> features = fpn(copy(bottom_up));
  Boxes proposals = made_boxes(proposal_count, input.frame.resized);
  Tensor<float, 4> pooled_proposals = box_features(features, proposals, input.frame);
  maskrcnn::BoxPredictor<float> box_predictor{root / "roi_heads", {.tower = {.channels = channels}, .bins = 7}};
  maskrcnn::BoxHead<float> box_head{
      root / "roi_heads", maskrcnn::box_head_options<Convention>(config_for(pooled_proposals), channels, {.bins = 7})};
  maskrcnn::Candidates<float> objects = made_objects(object_count, input.frame.resized);
  Tensor<float, 4> pooled_objects = mask_features(features, objects.boxes, input.frame);
  Tensor<float, 3> masks = made_masks(object_count, 28);
  Boxes original = maskrcnn::original_boxes(objects, input.frame, Convention::clip_results);
  std::vector<maskrcnn::Mask> pasted = maskrcnn::paste_masks(masks, original, input.frame.original, {});

  /// For a stage that uses up what it is given.
  [[nodiscard]] static FeaturePyramid<float> copy(const FeaturePyramid<float>& maps) {
    FeaturePyramid<float> copies;
    for (const auto& map : maps) copies.push_back(map.clone());
    return copies;
  }

  /// The configuration whose score threshold lets `candidate_count` class scores of these pooled proposals pass.
  [[nodiscard]] maskrcnn::ModelConfig config_for(const Tensor<float, 4>& pooled) const {
    Tensor<float, 2> predictions = box_predictor(pooled);
    std::vector<float> scores;
    for (Index i = 0; i < predictions.size(0); ++i) {
      maskrcnn::softmax(std::span(&predictions(i, 0), classes));
      scores.insert(scores.end(), &predictions(i, 0) + 1, &predictions(i, 0) + classes);  // 0 is the background
    }
    const auto threshold = scores.begin() + static_cast<std::ptrdiff_t>(std::min(candidate_count, scores.size() - 1));
    std::nth_element(scores.begin(), threshold, scores.end(), std::greater<>());
    maskrcnn::ModelConfig with_threshold = config;
    with_threshold.box_score_threshold = static_cast<double>(*threshold);
    return with_threshold;
  }

 private:
  static maskrcnn::Image made_image(maskrcnn::Size size) {
    std::mt19937 random(1);
    maskrcnn::Image image(size);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < 3 * size.width; ++x) image.row(y)[x] = static_cast<std::uint8_t>(random() & 0xFFU);
    return image;
  }

  /// Boxes inside the image, sides from 16 to 600 pixels, small ones more often, like those of real images.
  static Boxes made_boxes(std::size_t count, maskrcnn::Size image) {
    std::mt19937 random(2);
    std::uniform_real_distribution<float> uniform;
    Boxes boxes(count);
    for (auto& box : boxes) {
      const auto side = [&] { return 16 * std::pow(600.0F / 16, uniform(random)); };
      const float width = side(), height = side();
      box.x0 = uniform(random) * (static_cast<float>(image.width) - width);
      box.y0 = uniform(random) * (static_cast<float>(image.height) - height);
      box.x1 = box.x0 + width;
      box.y1 = box.y0 + height;
    }
    return boxes;
  }

  static maskrcnn::Candidates<float> made_objects(std::size_t count, maskrcnn::Size image) {
    maskrcnn::Candidates<float> objects{.boxes = made_boxes(count, image), .labels = {}, .scores = {}};
    for (std::size_t i = 0; i < count; ++i) {
      objects.labels.push_back(static_cast<int>(i % (classes - 1)) + 1);
      objects.scores.push_back(1 - static_cast<float>(i) / static_cast<float>(count));
    }
    return objects;
  }

  /// Probabilities that fall from the centre of a disc outwards.
  static Tensor<float, 3> made_masks(Index count, Index size) {
    Tensor<float, 3> masks({count, size, size});
    for (Index i = 0; i < count; ++i)
      for (Index y = 0; y < size; ++y)
        for (Index x = 0; x < size; ++x) {
          const auto away = [&](Index at) {
            return 2 * (static_cast<float>(at) + 0.5F) / static_cast<float>(size) - 1;
          };
          masks(i, y, x) = 1 / (1 + std::exp(12 * (std::hypot(away(x), away(y)) - 0.8F)));
        }
    return masks;
  }
};

Scene& scene() {
  static Scene scene;
  return scene;
}

/// Operations of the convolutions, counted as direct ones.
namespace gflop {

double of(Index pixels, Index in, Index out, Index kernel = 1) {
  return 2e-9 * static_cast<double>(pixels * in * out * kernel * kernel);
}

Index pixels(const Tensor<float, 4>& map) { return map.size(0) * map.size(1) * map.size(2); }

double resnet() {
  const auto& maps = scene().bottom_up;
  double sum = of(4 * pixels(maps[0]), 3, 64, 7);
  constexpr Index depths[] = {3, 4, 6, 3};
  Index in = 64;
  for (std::size_t layer = 0; layer < 4; ++layer) {
    const Index width = Index{64} << layer, out = 4 * width, here = pixels(maps[layer]);
    // the first convolution of a layer still sees the larger map
    sum += of(layer == 0 ? here : pixels(maps[layer - 1]), in, width) + of(here, in, out);
    sum += static_cast<double>(depths[layer] - 1) * of(here, out, width);
    sum += static_cast<double>(depths[layer]) * (of(here, width, width, 3) + of(here, width, out));
    in = out;
  }
  return sum;
}

double fpn() {
  double sum = 0;
  for (const auto& map : scene().bottom_up) sum += of(pixels(map), map.size(3), 256) + of(pixels(map), 256, 256, 3);
  return sum;
}

double rpn() {
  double sum = 0;
  for (const auto& map : scene().features) sum += of(pixels(map), 256, 256, 3) + of(pixels(map), 256, 15);
  return sum;
}

double box_head() {
  return of(Scene::proposal_count, 256 * 7 * 7, 1024) + of(Scene::proposal_count, 1024, 1024) +
         of(Scene::proposal_count, 1024, 5 * Scene::classes);
}

/// With the logits of one class.
double mask_head() {
  constexpr Index pixels = Scene::object_count * 14 * 14;
  return 4 * of(pixels, 256, 256, 3) + of(4 * pixels, 256, 256) + of(4 * pixels, 256, 1);
}

double total() { return resnet() + fpn() + rpn() + box_head() + mask_head(); }

}  // namespace gflop

/// Times `call` of what `prepare` makes, and sets the counters for a stage of so many operations.
template <class Prepare, class Call>
void time(benchmark::State& state, double gflop, const Prepare& prepare, const Call& call) {
  static const double peak =
      peak::measure(peak::fp32_loop(maskrcnn::kernels::best_kernels<float>().name), maskrcnn::thread_count());
  benchmark::DoNotOptimize(call(prepare()));  // memory is there afterwards
  double seconds = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto input = prepare();
    const auto begin = std::chrono::steady_clock::now();
    auto output = call(std::move(input));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    benchmark::DoNotOptimize(output);
    state.SetIterationTime(taken.count());
    seconds += taken.count();
  }
  if (gflop == 0) return;
  const double speed = gflop * static_cast<double>(state.iterations()) / seconds;
  state.counters["GFLOP"] = gflop;
  state.counters["GFLOP/s"] = speed;
  if (peak > 0) state.counters["of_peak"] = speed / peak;
}

template <class Prepare, class Call>
void add(const char* name, double (*gflop)(), const Prepare& prepare, const Call& call) {
  benchmark::RegisterBenchmark(name,
                               [=](benchmark::State& state) {
                                 Scene& s = scene();
                                 time(
                                     state, gflop != nullptr ? gflop() : 0, [&] { return prepare(s); },
                                     [&](auto&& input) { return call(s, std::forward<decltype(input)>(input)); });
                               })
      ->Unit(benchmark::kMillisecond)
      ->UseManualTime();
}

/// A stage that leaves its input as it is.
template <class Call>
void add(const char* name, double (*gflop)(), const Call& call) {
  add(
      name, gflop, [](Scene&) { return 0; }, [call](Scene& s, int) { return call(s); });
}

/// The model as users build it, with a threshold that suits what its own RPN proposes.
const maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>& whole_model() {
  static const maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn> model = [] {
    const Scene& s = scene();
    const auto proposals = s.rpn(s.features, s.input.frame);
    return maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>(
        s.weights, s.config_for(s.box_features(s.features, proposals, s.input.frame)));
  }();
  return model;
}

void add_stages() {
  add("preprocess", nullptr, [](Scene& s) { return s.preprocess(s.image, s.pool); });
  add("resnet", gflop::resnet, [](Scene& s) { return s.resnet(s.input.tensor); });
  add(
      "fpn", gflop::fpn, [](Scene& s) { return Scene::copy(s.bottom_up); },
      [](Scene& s, FeaturePyramid<float> maps) { return s.fpn(std::move(maps)); });
  add("rpn", gflop::rpn, [](Scene& s) { return s.rpn(s.features, s.input.frame); });
  add("roi_align 7x7, 1000 proposals", nullptr,
      [](Scene& s) { return s.box_features(s.features, s.proposals, s.input.frame); });
  add("box_head, 1000 proposals", gflop::box_head,
      [](Scene& s) { return s.box_head(s.pooled_proposals, s.proposals, s.input.frame); });
  add("roi_align 14x14, 100 objects", nullptr,
      [](Scene& s) { return s.mask_features(s.features, s.objects.boxes, s.input.frame); });
  add("mask_head, 100 objects", gflop::mask_head,
      [](Scene& s) { return s.mask_head(s.pooled_objects, s.objects.labels); });
  add("paste_masks, 100 objects", nullptr,
      [](Scene& s) { return maskrcnn::paste_masks(s.masks, s.original, s.input.frame.original, {}); });
  add("encode_rle, 100 masks", nullptr, [](Scene& s) {
    std::size_t runs = 0;
    for (const auto& mask : s.pasted) runs += maskrcnn::io::encode_rle(mask).counts.size();
    return runs;
  });
  add("end to end", gflop::total, [](Scene& s) { return whole_model()(s.image); });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    add_stages();
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  benchmark::Shutdown();
  return 0;
}
