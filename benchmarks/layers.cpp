// Single layers of Mask R-CNN with ResNet-50-FPN at 800 x 1088 pixels, in turns with oneDNN's in one run.
//
//     maskrcnn-layers [--filter TEXT] [--seconds-per-layer S] [--own] [--fastest]
//
// Every algorithm of a layer has bias and ReLU fused, takes OMP_NUM_THREADS threads, and reads and writes memory
// that it keeps; weights and layouts are made ready before. Algorithms take turns of about 10 ms. The table gives
// medians, or the fastest run of each, in GFLOP/s, counted as direct convolution, and ratios of speeds: above 1
// this library is faster. Ends with 1 if a result differs from oneDNN's by more than rounding explains. --own times
// this library alone.
//
// The column GB/s says how fast memory could be read just then. oneDNN's Winograd has been seen to lose half its speed
// on a virtual machine, for a while and without that column telling why: run this more than once.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <maskrcnn/layers/conv2d.hpp>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onednn_conv.hpp"
#include "peak.hpp"
#include "race.hpp"

namespace {

using maskrcnn::BFloat16, maskrcnn::Conv2d, maskrcnn::Index, maskrcnn::Tensor;

struct Layer {
  std::string_view note;  ///< what it is, where its sizes do not tell
  Index images, height, width, in, out, kernel = 1, stride = 1;

  [[nodiscard]] Index padding() const { return kernel / 2; }
  [[nodiscard]] Index outputs() const {
    const auto size = [&](Index pixels) { return (pixels + 2 * padding() - kernel) / stride + 1; };
    return images * size(height) * size(width) * out;
  }
  [[nodiscard]] double gflop() const { return 2e-9 * static_cast<double>(outputs() * in * kernel * kernel); }
  [[nodiscard]] std::string name() const {
    const auto number = [](Index value) { return std::to_string(value); };
    return (images > 1 ? number(images) + " x " : "") + number(height) + "x" + number(width) + " " + number(in) + "->" +
           number(out) + " " + number(kernel) + "x" + number(kernel) + (stride > 1 ? " /" + number(stride) : "") +
           (note.empty() ? "" : " ") + std::string(note);
  }
};

/// Height and width are those of the input. A shape that occurs more than once stands here once.
const std::vector<Layer> layers{
    {"FPN, RPN", 1, 200, 272, 256, 256, 3},
    {"FPN, RPN", 1, 100, 136, 256, 256, 3},
    {"FPN, RPN, layer3", 1, 50, 68, 256, 256, 3},
    {"FPN, RPN", 1, 25, 34, 256, 256, 3},
    {"RPN", 1, 13, 17, 256, 256, 3},
    {"layer4", 1, 25, 34, 512, 512, 3},
    {"layer1", 1, 200, 272, 64, 64, 3},
    {"layer2", 1, 100, 136, 128, 128, 3},
    {"mask head", 100, 14, 14, 256, 256, 3},
    {"", 1, 200, 272, 64, 64},
    {"", 1, 200, 272, 64, 256},
    {"", 1, 200, 272, 256, 64},
    {"", 1, 200, 272, 256, 128},
    {"FPN", 1, 200, 272, 256, 256},
    {"shortcut", 1, 200, 272, 256, 512, 1, 2},
    {"", 1, 100, 136, 128, 512},
    {"", 1, 100, 136, 512, 128},
    {"FPN", 1, 100, 136, 512, 256},
    {"shortcut", 1, 100, 136, 512, 1024, 1, 2},
    {"", 1, 50, 68, 256, 1024},
    {"FPN", 1, 50, 68, 1024, 256},
    {"", 1, 50, 68, 1024, 512},
    {"shortcut", 1, 50, 68, 1024, 2048, 1, 2},
    {"", 1, 25, 34, 512, 2048},
    {"", 1, 25, 34, 2048, 512},
    {"FPN", 1, 25, 34, 2048, 256},
    {"fc6", 1, 1, 1000, 12544, 1024},
    {"fc7", 1, 1, 1000, 1024, 1024},
    {"stem", 1, 800, 1088, 3, 64, 7, 2},
    {"", 1, 200, 272, 128, 128, 3, 2},
    {"", 1, 100, 136, 256, 256, 3, 2},
    {"", 1, 50, 68, 512, 512, 3, 2},
};

/// What is compared: this library's and oneDNN's.
enum Algorithm { own, direct, winograd, own_bf16, bf16, algorithms };

struct Options {
  std::string filter;
  double seconds = 1;  ///< per layer
  bool only_own = false;
  bool fastest = false;  ///< instead of the median
};

/// Root mean square of the differences over that of the expected values.
double relative_error(std::span<const float> found, std::span<const float> expected) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(found[i]) - static_cast<double>(expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  return found.size() == expected.size() ? std::sqrt(error / size) : INFINITY;
}

bool check(const char* who, std::span<const float> found, std::span<const float> expected, double limit) {
  const double error = relative_error(found, expected);
  if (error <= limit) return true;
  std::printf("  %s: relative error %.2g, expected at most %.2g\n", who, error, limit);
  return false;
}

/// Speed ratios of one kind of layers.
class Ratios {
 public:
  void add(double ratio, const std::string& layer) {
    logarithms_ += std::log(ratio);
    if (++count_ == 1 || ratio < worst_) worst_ = ratio, where_ = layer;
  }
  void print(const std::string& what) const {
    std::printf("%-36s geometric mean %.3f, least %.3f (%s)\n", what.c_str(),
                std::exp(logarithms_ / static_cast<double>(count_)), worst_, where_.c_str());
  }

 private:
  int count_ = 0;
  double logarithms_ = 0, worst_ = 0;
  std::string where_;
};

using Summary = std::map<std::string, Ratios>;

/// A layer with random numbers, by all algorithms.
class Trial {
 public:
  Trial(const Layer& layer, bool only_own)
      : input_({layer.images, layer.height, layer.width, layer.in}, std::make_shared<maskrcnn::MemoryPool>()) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    for (float& value : input_.elements()) value = std::max(uniform(random), 0.0F);  // as after a ReLU
    maskrcnn::ConvWeights<float> weights{
        .out = layer.out, .in = layer.in, .height = layer.kernel, .width = layer.kernel};
    weights.kernel.resize(layer.out * layer.in * layer.kernel * layer.kernel);
    weights.bias.resize(layer.out);
    for (float& value : weights.kernel) value = uniform(random);
    for (float& value : weights.bias) value = uniform(random);

    const maskrcnn::ConvGeometry geometry{
        .stride = layer.stride, .padding = layer.padding(), .activation = maskrcnn::Activation::relu};
    own_ = Conv2d<float>(weights, geometry);
    own_bf16_ = Conv2d<float>(weights, geometry, maskrcnn::Precision::bf16);
    if (only_own) return;
    const auto other = [&](const onednn::Algorithm& algorithm) {
      return std::make_unique<onednn::Convolution>(input_.shape(), std::as_const(input_).elements(), weights, geometry,
                                                   algorithm);
    };
    direct_ = other({});
    winograd_ = other({.kind = dnnl::algorithm::convolution_winograd});
    bf16_ = other({.type = dnnl::memory::data_type::bf16});
  }

  /// Times in seconds, 0 if it is not to be had.
  [[nodiscard]] std::array<double, algorithms> times(const Options& options) {
    std::array<race::Contender, algorithms> contenders;
    // the output goes back to the pool and serves the next run
    contenders[own].run = [&] { (void)own_(input_); };
    contenders[own_bf16].run = [&] { (void)own_bf16_(input_); };
    const auto enter = [&](Algorithm algorithm, const std::unique_ptr<onednn::Convolution>& convolution) {
      if (convolution && convolution->exists()) contenders[algorithm].run = [&] { convolution->run(); };
    };
    enter(direct, direct_);
    enter(winograd, winograd_);
    enter(bf16, bf16_);
    race::run(contenders, options.seconds);
    std::array<double, algorithms> times{};
    for (std::size_t algorithm = 0; algorithm < algorithms; ++algorithm)
      if (contenders[algorithm].run)
        times[algorithm] = options.fastest ? contenders[algorithm].fastest() : contenders[algorithm].median();
    return times;
  }

  /// Whether all that have run computed the same.
  [[nodiscard]] bool agrees() {
    if (!direct_) return true;
    const std::vector<float> expected = direct_->output();
    const Tensor<float, 4> found = own_(input_), found_bf16 = own_bf16_(input_);
    bool fine = check("own", found.elements(), expected, 1e-5);
    fine = check("own bf16", found_bf16.elements(), expected, 1e-2) && fine;
    if (winograd_->exists()) fine = check("oneDNN Winograd", winograd_->output(), expected, 1e-4) && fine;
    if (bf16_->exists()) fine = check("oneDNN bf16", bf16_->output(), expected, 1e-2) && fine;
    return fine;
  }

 private:
  Tensor<float, 4> input_;
  Conv2d<float> own_;
  Conv2d<float> own_bf16_;
  std::unique_ptr<onednn::Convolution> direct_, winograd_, bf16_;
};

/// A number in a column of nine characters, or nothing.
void print_cell(const char* format, double value) {
  if (value > 0)
    std::printf(format, value);
  else
    std::printf("%9s", "-");
}

/// Times one layer, prints its line. @return whether all results agree
bool time_layer(const Layer& layer, const Options& options, const peak::MemorySpeed& memory, Summary& summary) {
  Trial trial(layer, options.only_own);
  const peak::Body loop = peak::fp32_loop(maskrcnn::kernels::best_kernels<float>().name);
  double limit = peak::measure(loop, maskrcnn::thread_count(), 5), bandwidth = memory.measure();
  const auto times = trial.times(options);
  limit = std::max(limit, peak::measure(loop, maskrcnn::thread_count(), 5));
  bandwidth = std::min(bandwidth, memory.measure());

  const std::string name = layer.name();
  const auto speed = [&](Algorithm algorithm) { return times[algorithm] > 0 ? layer.gflop() / times[algorithm] : 0; };
  std::printf("%-36s %6.2f %6.0f", name.c_str(), layer.gflop(), bandwidth);
  print_cell(" %8.0f", speed(own));
  print_cell(" %7.1f%%", limit > 0 ? 100 * speed(own) / limit : 0);
  for (const Algorithm algorithm : {direct, winograd, own_bf16, bf16}) print_cell(" %8.0f", speed(algorithm));
  const std::string size = std::to_string(layer.kernel);
  const std::string kind = size + "x" + size + (layer.kernel > 1 && layer.stride > 1 ? " /2" : "");
  const auto compare = [&](Algorithm mine, Algorithm theirs, const std::string& what) {
    const double ratio = times[theirs] / times[mine];
    print_cell(" %8.3f", ratio);
    if (ratio > 0) summary[kind + what].add(ratio, name);
  };
  compare(own, direct, ", own / oneDNN direct");
  compare(own, winograd, ", own / oneDNN Winograd");
  compare(own_bf16, bf16, ", own bf16 / oneDNN bf16");
  std::printf("\n");
  const bool fine = trial.agrees();
  std::fflush(stdout);
  return fine;
}

int run(const Options& options) {
  std::printf("%d threads, kernels %s, oneDNN %d.%d.%d; GFLOP/s of the %s run, counted as direct convolution\n\n",
              maskrcnn::thread_count(), maskrcnn::kernels::best_kernels<float>().name, dnnl_version()->major,
              dnnl_version()->minor, dnnl_version()->patch, options.fastest ? "fastest" : "median");
  std::printf("%-36s %6s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "layer (input, channels, kernel)", "GFLOP", "GB/s",
              "own", "of peak", "direct", "Winograd", "own bf16", "bf16", "/direct", "/Winogr.", "bf16/bf16");
  const peak::MemorySpeed memory;
  Summary summary;
  bool fine = true;
  for (const Layer& layer : layers)
    if (layer.name().find(options.filter) != std::string::npos)
      fine = time_layer(layer, options, memory, summary) && fine;
  if (!summary.empty()) std::printf("\nspeed ratios\n");
  for (const auto& [what, ratios] : summary) ratios.print(what);
  return fine ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--filter" && i + 1 < argc) {
      options.filter = argv[++i];
    } else if (option == "--seconds-per-layer" && i + 1 < argc) {
      options.seconds = std::strtod(argv[++i], nullptr);
    } else if (option == "--own") {
      options.only_own = true;
    } else if (option == "--fastest") {
      options.fastest = true;
    } else {
      std::fprintf(stderr, "usage: %s [--filter TEXT] [--seconds-per-layer S] [--own] [--fastest]\n", argv[0]);
      return 2;
    }
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
