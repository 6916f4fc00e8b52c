#include "run_model.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/label_categories.hpp>
#include <maskrcnn/evaluate/model_losses.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/model/any_inspection.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bundled_model.hpp"
#include "image_reader.hpp"
#include "report.hpp"

namespace evaluation {

namespace {

namespace fs = std::filesystem;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::Findings;
using maskrcnn::evaluate::Found;
using maskrcnn::evaluate::LabelCategories;
using maskrcnn::evaluate::Region;
using maskrcnn::evaluate::TrueObject;

/// The number that a results file would hold: so a model scores the same as the file that it writes.
double as_written(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double number = 0;
  (void)std::from_chars(text.data(), end, number);
  return number;
}

Found found_of(const maskrcnn::Detection& detection, std::span<const maskrcnn::Keypoint> keypoints,
               const maskrcnn::KeypointRule& rule, std::size_t image, std::size_t category) {
  const maskrcnn::Box& box = detection.box;
  Found found{.image = image, .category = category, .score = as_written(detection.score)};
  found.box = {as_written(box.x0), as_written(box.y0), as_written(box.width()), as_written(box.height())};
  found.area = found.box.area();
  if (has_mask(detection)) found.mask = Region(maskrcnn::io::encode_rle(detection.mask));
  for (const maskrcnn::Keypoint& keypoint : keypoints) {
    const auto [x, y, v] = maskrcnn::io::coco_keypoint(keypoint, rule);
    found.keypoints.push_back({as_written(x), as_written(y), as_written(v)});
  }
  return found;
}

/// @throws Error if the model knows none of the data's categories: it would score nothing
void require_common_category(const Dataset& data, const maskrcnn::Labels& labels, const LabelCategories& category_of,
                             const std::vector<std::string>& names) {
  for (std::size_t label = labels.begin(); label < labels.end(); ++label)
    if (category_of(static_cast<int>(label)) < data.categories.size()) return;
  const std::size_t first = std::min(labels.begin(), names.size()), last = std::min(labels.end(), names.size());
  std::string classes = "without names";
  if (first < last) classes = "'" + names[first] + (last - first > 1 ? "' to '" + names[last - 1] + "'" : "'");
  maskrcnn::fail("data: expected categories that the model knows, whose ", labels.objects(), " classes are ", classes,
                 ", found ", maskrcnn::evaluate::described(data.categories), " (file ", data.name, ")");
}

/// Positions of the truths of each image.
std::vector<std::vector<std::size_t>> truths_by_image(const Dataset& data) {
  std::vector<std::vector<std::size_t>> positions(data.images.size());
  for (std::size_t t = 0; t < data.truths.size(); ++t) positions[data.truths[t].image].push_back(t);
  return positions;
}

/// The objects of an image under the model's labels: those of categories that it knows, without crowds. Masks are those
/// of the image's own size: only as many pixels as were read are taken for what a file says in a few bytes.
std::vector<TrueObject> true_objects(const Dataset& data, const std::vector<std::size_t>& positions,
                                     const LabelCategories& categories, maskrcnn::Size image) {
  std::vector<TrueObject> objects;
  for (const std::size_t t : positions) {
    const auto& truth = data.truths[t];
    const std::optional<int> label = categories.label_of(truth.category);
    const auto [x, y, width, height] = truth.box;
    if (truth.crowd || !label) continue;
    TrueObject object{.box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width),
                              static_cast<float>(y + height)},
                      .label = *label};
    if (data.has_masks && truth.mask.size() == image) object.mask = maskrcnn::io::decode_rle(truth.mask.rle());
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace

std::string path_of(const maskrcnn::evaluate::ImageInfo& image, const Options& options) {
  if (image.file_name.empty())
    maskrcnn::fail("data: expected a 'file_name' of the image ", image.id.json(), ", found none in ", options.data);
  fs::path folder = options.images;
  if (options.images.empty()) {
    folder = options.data;
    if (!fs::is_directory(folder)) folder = folder.parent_path();
  }
  return (folder / image.file_name).string();
}

Findings run_model(const Options& options, Dataset& data, ModelRun& run) {
  run.weights = options.weights.empty() ? segment::bundled_model() : options.weights;
  const auto weights = maskrcnn::load_weights(run.weights).with_metadata(options.facts);
  auto config = maskrcnn::ModelConfig::from(weights);
  data.notes.insert(data.notes.end(), config.notes.begin(), config.notes.end());
  // files of models that are meant to be scored say 0.05, which is no threshold to use them with
  constexpr double to_be_scored = 0.05;
  if (config.box_score_threshold > to_be_scored) run.score_threshold = config.box_score_threshold;
  config.box_score_threshold = options.model_threshold.value_or(std::min(config.box_score_threshold, to_be_scored));
  if (options.max_detections) config.max_detections = *options.max_detections;
  options.reading.apply_to(config);
  const maskrcnn::AnyModel model(weights, config, {.precision = *maskrcnn::precision_named(options.precision)});
  run.read_options = options.reading.read_options(model.config());
  run.architecture = model.architecture().name();
  run.threads = maskrcnn::thread_count();
  run.limit = static_cast<std::size_t>(config.max_detections);

  const std::vector<std::string>& names = config.class_names;
  const maskrcnn::Labels labels = maskrcnn::labels_of(weights);
  if (fs::is_directory(options.data) && labels.objects() == 1 && names.size() == labels.names())
    data.categories.front().name = names[labels.begin()];
  const LabelCategories category_of(data, labels, names);
  require_common_category(data, labels, category_of, names);
  std::optional<maskrcnn::io::CocoResults> results;
  if (!options.save_detections.empty()) results.emplace(options.save_detections, model.keypoint_rule());
  // under the ids and names of the data set, where it has the category
  const auto written = [&](int label) -> maskrcnn::io::CategoryEntry {
    const std::size_t category = category_of(label);
    if (category == data.categories.size()) return {label, maskrcnn::io::class_name(names, label)};
    return {data.categories[category].id, data.categories[category].name};
  };

  const auto truths = truths_by_image(data);
  Findings findings;
  findings.has_keypoints = model.has_keypoints();
  segment::Progress progress(data.images.size());
  segment::ImageReader read(run.read_options);
  for (std::size_t i = 0; i < data.images.size(); ++i) {
    const auto& info = data.images[i];
    const std::string path = path_of(info, options);
    progress.begin(i, path);
    const maskrcnn::Image image = read(path);
    maskrcnn::evaluate::require_size(image.size(), info, path, data, read.remedy(image.size(), info.size));
    const auto start = std::chrono::steady_clock::now();
    const auto seen = model.inspect(image);
    const maskrcnn::AnyDetections detections = seen->results();
    run.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ++run.images;
    if (options.losses)
      run.losses += maskrcnn::evaluate::losses_on(*seen, true_objects(data, truths[i], category_of, image.size()));
    findings.has_masks = detections.has_masks();
    for (std::size_t d = 0; d < detections.size(); ++d) {
      const std::size_t category = category_of(detections[d].label);
      const auto keypoints = detections.keypoints(d);
      if (category == data.categories.size()) {
        ++findings.other_categories;
        continue;
      }
      findings.objects.push_back(found_of(detections[d], keypoints, model.keypoint_rule(), i, category));
      if (keypoints.size() != maskrcnn::evaluate::coco_keypoint_sigmas.size()) findings.has_keypoints = false;
    }
    if (results) results->add({.id = info.id, .file_name = info.file_name}, detections, written);
  }
  progress.clear();
  run.notes = read.notes();
  if (results) results->finish();
  return findings;
}

}  // namespace evaluation
