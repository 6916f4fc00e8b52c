#include "convert.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/image_options.hpp>
#include <maskrcnn/io/safetensors_file.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/ops/pillow_resize.hpp>
#include <maskrcnn/self_test.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/model_metadata.hpp>
#include <maskrcnn/weights/stored_type.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "labels.hpp"
#include "report.hpp"

namespace convert {

namespace {

using maskrcnn::AnyModel;
using maskrcnn::DType;
using maskrcnn::Image;
using maskrcnn::Index;
using maskrcnn::ModelConfig;
using maskrcnn::SelfTest;
using maskrcnn::Weights;
using Tensors = std::map<std::string, maskrcnn::io::TensorToWrite>;

/// Discs and bars of all colours on a gradient: something to find for most models.
Image made_up_image() {
  Image image({192, 256});
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      std::uint8_t* const pixel = image.row(y) + 3 * x;
      const int disc = (y / 48) * 5 + x / 52, dy = y % 48 - 24, dx = x % 52 - 26;
      const bool inside = disc % 3 == 2 ? std::abs(dy) < 8 + disc % 5 && std::abs(dx) < 20
                                        : dy * dy + dx * dx * (1 + disc % 2) < 100 + 15 * disc;
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>(inside ? 70 + (disc * (c + 2) * 41) % 185 : 20 + (x + c * y) / 12);
    }
  return image;
}

/// Read as the model's images are, before it is made smaller.
Image test_image(const std::string& path, const ModelConfig& config) {
  if (path.empty()) return made_up_image();
  constexpr int longest = 256;
  Image image = maskrcnn::io::read_image(path, maskrcnn::io::read_options(config));
  const int longer = std::max(image.height(), image.width());
  if (longer <= longest) return image;
  const auto reduced = [&](int size) { return std::max(1, size * longest / longer); };
  return maskrcnn::pillow_resize(image, {reduced(image.height()), reduced(image.width())});
}

/// A model that finds objects whatever their scores.
AnyModel model_for_self_test(const Weights& weights, ModelConfig config) {
  config.box_score_threshold = 0;
  return {weights, config};
}

/// The best objects that a model finds.
std::vector<SelfTest::Object> objects_in(const Image& image, const AnyModel& model) {
  constexpr std::size_t limit = 5;
  return SelfTest::objects_of(model(image), limit);
}

/// Memory behind the tensors of a self-test.
struct SelfTestTensors {
  std::vector<std::uint8_t> pixels;
  std::vector<float> numbers, keypoints;
  std::uint8_t yes = 1;

  SelfTestTensors(const Image& image, const std::vector<SelfTest::Object>& objects) {
    for (int y = 0; y < image.height(); ++y)
      pixels.insert(pixels.end(), image.row(y), image.row(y) + 3 * image.width());
    for (const SelfTest::Object& object : objects)
      for (const float number : {object.box.x0, object.box.y0, object.box.x1, object.box.y1,
                                 static_cast<float>(object.label), object.score, static_cast<float>(object.area)})
        numbers.push_back(number);
    for (const SelfTest::Object& object : objects)
      for (const auto& [x, y, score] : object.keypoints) keypoints.insert(keypoints.end(), {x, y, score});
  }

  /// @param rounded whether the objects were found with more precise numbers than the tensors'
  void add_to(Tensors& tensors, maskrcnn::Size image, bool rounded) const {
    const auto add = [&tensors](const char* name, DType type, std::vector<std::size_t> shape, const void* data) {
      tensors[maskrcnn::self_test_prefix + std::string(name)] = {
          .type = type,
          .shape = shape,
          .from = {.type = type, .type_name = {}, .shape = shape, .data = static_cast<const std::byte*>(data)}};
    };
    add("image", DType::u8, {static_cast<std::size_t>(image.height), static_cast<std::size_t>(image.width), 3},
        pixels.data());
    add("objects", DType::f32, {numbers.size() / 7, 7}, numbers.data());
    if (!keypoints.empty()) {
      const std::size_t objects = numbers.size() / 7;
      add("keypoints", DType::f32, {objects, keypoints.size() / objects / 3, 3}, keypoints.data());
    }
    if (rounded) add("rounded", DType::u8, {1}, &yes);
  }
};

std::string megabytes(std::uintmax_t bytes) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string class_text(const ModelConfig& config) {
  if (config.class_names.empty()) return "without names";
  const std::span names(config.class_names);
  return std::to_string(names.size()) + " (" + maskrcnn::listed(names.first(std::min<std::size_t>(names.size(), 4))) +
         (names.size() > 4 ? ", ...)" : ")");
}

/// What a configuration says otherwise than torchvision's default one, but for what has a line of its own.
void print_facts(const ModelConfig& config) {
  const auto usual = maskrcnn::metadata_of(ModelConfig{}, "", "");
  for (const auto& [key, value] : maskrcnn::metadata_of(config, "", "")) {
    const auto found = usual.find(key);
    const bool shown = key == "classes" || key == "min_size" || key == "max_size" || key == "batch_norm_eps";
    if (!shown && (found == usual.end() || found->second != value))
      std::printf("  fact        %s=%s\n", key.c_str(), segment::printable(value).c_str());
  }
}

/// One line for each thing that a person wants to know of weights.
void print(const Weights& weights, const maskrcnn::Architecture& architecture, const ModelConfig& config) {
  std::printf("  model       %s, convention of %s\n", architecture.name().c_str(),
              std::string(architecture.convention).c_str());
  std::printf("  classes     %s\n", segment::printable(class_text(config)).c_str());
  std::printf("  input       shorter side %d, longer side at most %d pixels\n", config.min_size, config.max_size);
  print_facts(config);
  for (const std::string& note : config.notes) std::printf("  note        %s\n", segment::printable(note).c_str());
  std::map<std::string, std::pair<std::size_t, std::size_t>> types;
  std::size_t numbers = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (name.starts_with(maskrcnn::self_test_prefix)) continue;
    auto& [count, bytes] = types[tensor.type_name];
    ++count;
    bytes += tensor.count() * maskrcnn::byte_size(tensor.type);
    numbers += tensor.count();
  }
  for (const auto& [type, sum] : types)
    std::printf("  tensors     %zu of %s, %s\n", sum.first, segment::printable(type).c_str(),
                megabytes(sum.second).c_str());
  std::printf("  numbers     %.1f million\n", static_cast<double>(numbers) / 1e6);
  const auto test = maskrcnn::self_test_of(weights);
  if (test)
    std::printf("  self-test   %zu objects in %d x %d pixels\n", test->objects.size(), test->image.width(),
                test->image.height());
  else
    std::printf("  self-test   none\n");
}

/// A line for the epsilon of batch norms and, if it might be another, what to do then.
/// @param used as the model is built
/// @param told as the file tells it; empty: it does not
void print_epsilon(double used, std::optional<double> told) {
  std::printf("  epsilon     %g, of every batch norm\n", used);
  // what a convention has for all networks is sure; only what it has for one of them may be another's
  if (!told && used != maskrcnn::Torchvision::frozen_batch_norm_epsilon)
    std::printf(
        "              assumed, as torchvision's COCO weights of ResNet-50 with FPN and what is tuned from them have "
        "it;\n"
        "              a network tuned from an ImageNet backbone alone has the same names and 1e-5:\n"
        "              --set batch_norm_eps=1e-5 decides\n");
}

/// Whether what a file holds is what was to be written: its self-test, which is of the checkpoint's own numbers.
/// @throws Error if it is not
void check_written(const std::string& path, bool half) {
  const Weights stored = maskrcnn::load_weights(path);
  const auto test = maskrcnn::self_test_of(stored);
  try {
    const auto model = model_for_self_test(stored, ModelConfig::from(stored));
    test->check(model(test->image), path);
  } catch (const maskrcnn::Error& problem) {
    maskrcnn::fail("weights: the numbers, rounded to ", half ? "F16" : "F32",
                   ", find something else than the checkpoint's, so nothing was written",
                   half ? "; leaving out --half keeps them" : "", ": ", problem.what());
  }
}

}  // namespace

bool inspect(const std::string& path, const Facts& facts) {
  const auto file = maskrcnn::open_weight_file(path);
  const Weights weights = maskrcnn::read_weights(file).with_metadata(facts);
  std::printf("%s\n  format      %s, %s\n", segment::printable(path).c_str(),
              std::string(maskrcnn::format_name(maskrcnn::format_of(file.bytes))).c_str(),
              megabytes(file.bytes.size()).c_str());
  try {
    const ModelConfig config = ModelConfig::from(weights);
    print(weights, maskrcnn::architecture_of(weights), config);
    const AnyModel model(weights, config);
    print_epsilon(*model.config().batch_norm_epsilon, config.batch_norm_epsilon);
    std::printf("  complete    every tensor of the model is there, and none is left over\n");
    return true;
  } catch (const maskrcnn::Error& problem) {
    std::printf("  not usable  %s\n", segment::printable(problem.what()).c_str());
    return false;
  }
}

void run(const Options& options) {
  std::error_code error;
  if (std::filesystem::equivalent(options.in, options.out, error) && !error)
    maskrcnn::fail("weights: ", options.out, " is the checkpoint itself, expected another file to write");
  const Weights weights = maskrcnn::load_weights(options.in).with_metadata(options.facts);
  const auto architecture = maskrcnn::architecture_of(weights);
  ModelConfig config = ModelConfig::from(weights);
  if (!options.labels.empty()) config.class_names = segment::read_labels(options.labels, weights);

  const auto model = model_for_self_test(weights, config);
  const Image image = test_image(options.test_image, model.config());
  const auto objects = objects_in(image, model);
  if (objects.empty())
    std::printf(
        "note: the model finds nothing in the test image, whatever its score, so that the self-test says nothing; "
        "--test-image names a better one\n");
  const SelfTestTensors test(image, objects);

  Tensors tensors;
  bool rounded = false;
  std::size_t beyond_half = 0;  // tensors that F16 would not do for
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!maskrcnn::is_float(tensor.type) || name.starts_with(maskrcnn::self_test_prefix)) continue;
    tensors[name] = {.type = maskrcnn::stored_type(tensor, options.half), .shape = tensor.shape, .from = tensor};
    if (tensors[name].type == DType::f16 && tensor.type != DType::f16) rounded = true;
    if (options.half && tensor.shape.size() > 1 && tensors[name].type == DType::f32) ++beyond_half;
  }
  test.add_to(tensors, image.size(), rounded);
  // a file with metadata must not be guessed at
  const std::optional<double> told = config.batch_norm_epsilon;
  config.batch_norm_epsilon = model.config().batch_norm_epsilon;
  auto metadata = maskrcnn::metadata_of(config, architecture.name(), std::string(architecture.convention));
  metadata.insert(weights.metadata().begin(), weights.metadata().end());  // what else it says: licence, data, ...

  const std::string draft = options.out + ".draft";
  try {
    maskrcnn::io::write_safetensors(draft, tensors, metadata);
    check_written(draft, options.half);
  } catch (...) {
    std::filesystem::remove(draft, error);
    throw;
  }
  std::filesystem::remove(draft, error);
  maskrcnn::io::write_safetensors(options.out, tensors, metadata);
  std::printf("%s\n", segment::printable(options.out).c_str());
  const Weights written = maskrcnn::load_weights(options.out);
  print(written, maskrcnn::architecture_of(written), ModelConfig::from(written));
  print_epsilon(*config.batch_norm_epsilon, told);
  if (beyond_half > 0)
    std::printf(
        "  kept        %zu tensors as F32 besides norms and biases: F16 would lose their small or large numbers\n",
        beyond_half);
}

}  // namespace convert
