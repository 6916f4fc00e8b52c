// maskrcnn-segment: finds objects in images; tables, overlays and COCO results.
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/io/chrome_trace.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/overlay.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/self_test.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "bundled_model.hpp"
#include "image_reader.hpp"
#include "labels.hpp"
#include "options.hpp"
#include "report.hpp"
#include "run_tool.hpp"

namespace {

namespace fs = std::filesystem;
using segment::Options;
constexpr const char* tool_name = "maskrcnn-segment";

maskrcnn::AnyModel load(const Options& options) {
  const auto weights = maskrcnn::load_weights(options.weights.empty() ? segment::bundled_model() : options.weights)
                           .with_metadata(options.facts);
  auto config = maskrcnn::ModelConfig::from(weights);
  if (options.score_threshold) config.box_score_threshold = *options.score_threshold;
  if (options.max_detections) config.max_detections = *options.max_detections;
  options.reading.apply_to(config);
  if (!options.labels.empty()) config.class_names = segment::read_labels(options.labels, weights);
  if (options.verify) maskrcnn::verify<maskrcnn::AnyModel>(weights);
  for (const std::string& note : config.notes) segment::print_failure(tool_name, "note: " + note);
  return {weights, config, {.precision = *maskrcnn::precision_named(options.precision)}};
}

/// Names for overlays: NAME.overlay.png, or NAME-2.overlay.png ... if another image has it or it is an input itself.
class OverlayNames {
 public:
  explicit OverlayNames(const Options& options) : folder_(options.output) {
    for (const std::string& image : options.images) taken_.insert(key(image));
    for (const std::string& output : {options.json, options.profile})
      if (!output.empty()) taken_.insert(key(output));
  }

  std::string operator()(const std::string& image) {
    const std::string stem = fs::path(image).stem().string();
    for (int number = 1;; ++number) {
      std::string suffix;  // appended to, not added: GCC 12 warns of bounds in operator+
      if (number > 1) suffix.append("-").append(std::to_string(number));
      const fs::path path = folder_ / (stem + suffix + ".overlay.png");
      if (taken_.insert(key(path)).second) return path.string();
    }
  }

 private:
  static std::string key(const fs::path& path) {
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(path, error);
    return error ? path.string() : whole.string();
  }

  fs::path folder_;
  std::set<std::string> taken_;
};

/// The files that all images share, where they are asked for.
struct SharedOutputs {
  std::optional<maskrcnn::io::CocoResults> results;
  std::optional<maskrcnn::io::ChromeTrace> trace;

  SharedOutputs(const Options& options, const maskrcnn::KeypointRule& keypoints) {
    if (!options.json.empty()) results.emplace(options.json, keypoints);
    if (!options.profile.empty()) trace.emplace(options.profile);
  }
  void finish() {
    if (results) results->finish();
    if (trace) trace->finish();
  }
};

/// Everything that is done with one image.
void process(const std::string& path, int id, const maskrcnn::AnyModel& model, segment::ImageReader& read,
             const std::string& overlay_path, SharedOutputs& outputs, segment::Progress& progress) {
  const maskrcnn::Image image = read(path);
  maskrcnn::Profile profile;
  const auto start = std::chrono::steady_clock::now();
  const maskrcnn::AnyDetections detections = model(image, outputs.trace ? &profile : nullptr);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto& names = model.config().class_names;
  progress.clear();
  segment::print_table(path, image.size(), seconds, detections, names, model.keypoint_rule());
  (void)std::fflush(stdout);
  if (outputs.results) outputs.results->add({.id = id, .file_name = path}, detections, names);
  if (outputs.trace) outputs.trace->add(path, profile);
  const maskrcnn::io::OverlayStyle style{.sure_keypoint = model.keypoint_rule().sure_from};
  maskrcnn::io::write_png(overlay_path, maskrcnn::io::draw_overlay(image, detections, names, style));
}

int run(const Options& options) {
  if (options.threads) maskrcnn::set_thread_count(*options.threads);
  const maskrcnn::AnyModel model = load(options);

  std::error_code error;
  fs::create_directories(options.output, error);
  if (!fs::is_directory(options.output))
    maskrcnn::fail("output: cannot make the folder ", options.output, ": ", error ? error.message() : "it is a file");
  SharedOutputs outputs(options, model.keypoint_rule());

  bool failed = false;
  OverlayNames overlay_name(options);
  segment::ImageReader read(options.reading.read_options(model.config()));
  segment::Progress progress(options.images.size());
  for (std::size_t i = 0; i < options.images.size(); ++i) {
    const std::string& path = options.images[i];
    const auto fail_with = [&](const std::string& sentence) {
      progress.clear();
      // sentences of readers and writers name the file themselves
      segment::print_failure(tool_name, sentence.find(path) == std::string::npos ? path + ": " + sentence : sentence);
      failed = true;
    };
    progress.begin(i, path);
    try {
      process(path, static_cast<int>(i + 1), model, read, overlay_name(path), outputs, progress);
    } catch (const std::bad_alloc&) {
      fail_with("out of memory");
    } catch (const std::exception& problem) {
      fail_with(problem.what());
    }
  }
  progress.clear();
  for (const std::string& note : read.notes()) segment::print_failure(tool_name, "note: " + note);
  outputs.finish();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    segment::print_failure(tool_name, "output: cannot write to standard output");
    failed = true;
  }
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return segment::run_tool(tool_name, [&] {
    int exit_code = 0;
    const auto options = segment::read_options(argc, argv, exit_code);
    return options ? run(*options) : exit_code;
  });
}
