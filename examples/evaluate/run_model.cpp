#include "run_model.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "bundled_model.hpp"
#include "pipeline.hpp"
#include "report.hpp"

namespace evaluation {

namespace {

namespace fs = std::filesystem;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::Findings;
using maskrcnn::evaluate::Found;
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

/// Positions of the data set's categories by the model's labels: those of the same name, else of the label as id; the
/// only category, if the model has but one class. A label without one has the number of categories.
class CategoriesOfLabels {
 public:
  CategoriesOfLabels(const Dataset& data, const std::vector<std::string>& class_names)
      : data_(&data), only_one_(data.categories.size() == 1 && class_names.size() == 2), names_(class_names) {}

  [[nodiscard]] std::size_t operator()(int label) const {
    if (only_one_ && label == 1) return 0;
    const auto index = static_cast<std::size_t>(label);
    if (label >= 0 && index < names_.size())
      for (std::size_t k = 0; k < data_->categories.size(); ++k)
        if (data_->categories[k].name == names_[index]) return k;
    return maskrcnn::evaluate::position_of(label, data_->categories);
  }

  /// The model's label of a category; empty if it has none.
  [[nodiscard]] std::optional<int> label_of(std::size_t category) const {
    if (only_one_) return 1;
    const auto& [id, name] = data_->categories[category];
    for (std::size_t label = 0; label < names_.size(); ++label)
      if (names_[label] == name) return static_cast<int>(label);
    if (!names_.empty() || id < 0 || id > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(id);
  }

 private:
  const Dataset* data_;
  bool only_one_;
  std::vector<std::string> names_;
};

/// The names of categories in the places of their ids, where these are small.
std::vector<std::string> names_of(const Dataset& data) {
  std::vector<std::string> names;
  for (const auto& [id, name] : data.categories) {
    if (id < 0 || id > 10'000) continue;
    names.resize(static_cast<std::size_t>(id) + 1, "N/A");
    names.back() = name;
  }
  return names;
}

template <class AnyDetection>
Found found_of(const AnyDetection& detection, std::size_t picture, std::size_t category) {
  const maskrcnn::Box& box = detection.box;
  Found found{.picture = picture, .category = category, .score = as_written(detection.score)};
  found.box = {as_written(box.x0), as_written(box.y0), as_written(box.width()), as_written(box.height())};
  found.area = found.box.area();
  if constexpr (requires { detection.mask; }) found.mask = Region(maskrcnn::io::encode_rle(detection.mask));
  return found;
}

/// The objects of each picture under the model's labels: those of categories that it knows, without crowds.
std::vector<std::vector<TrueObject>> true_objects(const Dataset& data, const CategoriesOfLabels& categories) {
  std::vector<std::vector<TrueObject>> objects(data.pictures.size());
  for (const auto& truth : data.truths) {
    const std::optional<int> label = categories.label_of(truth.category);
    if (truth.crowd || !label) continue;
    const auto [x, y, width, height] = truth.box;
    TrueObject object{.box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width),
                              static_cast<float>(y + height)},
                      .label = *label};
    if (data.has_masks) object.mask = maskrcnn::io::decode_rle(truth.mask.rle());
    objects[truth.picture].push_back(std::move(object));
  }
  return objects;
}

}  // namespace

std::string path_of(const maskrcnn::evaluate::Picture& picture, const Options& options) {
  fs::path folder = options.images;
  if (options.images.empty()) {
    folder = options.data;
    if (!fs::is_directory(folder)) folder = folder.parent_path();
  }
  return (folder / picture.file_name).string();
}

Findings run_model(const Options& options, Dataset& data, ModelRun& run) {
  run.weights = options.weights.empty() ? segment::bundled_model() : options.weights;
  const auto weights = maskrcnn::load_weights(run.weights);
  const auto architecture = segment::architecture_of(weights);
  auto config = maskrcnn::ModelConfig::from(weights);
  // files of models that are meant to be scored say 0.05, which is no threshold to use them with
  constexpr double to_be_scored = 0.05;
  if (config.box_score_threshold > to_be_scored) run.score_threshold = config.box_score_threshold;
  config.box_score_threshold = options.model_threshold.value_or(std::min(config.box_score_threshold, to_be_scored));
  if (options.max_detections) config.max_detections = *options.max_detections;
  const auto pipeline =
      segment::make_pipeline(architecture, weights, config, *segment::precision_named(options.precision));
  run.architecture = architecture.name();
  run.threads = maskrcnn::thread_count();
  run.limit = static_cast<std::size_t>(config.max_detections);

  const std::vector<std::string>& names = config.class_names;
  if (fs::is_directory(options.data) && names.size() == 2) data.categories.front().name = names[1];
  const CategoriesOfLabels category_of(data, names);
  const std::vector<std::string> names_by_id = names_of(data);
  std::optional<maskrcnn::io::CocoResults> results;
  if (!options.save_detections.empty()) results.emplace(options.save_detections);

  std::vector<std::vector<TrueObject>> objects;
  if (options.losses) objects = true_objects(data, category_of);
  Findings findings;
  segment::Progress progress(data.pictures.size());
  for (std::size_t i = 0; i < data.pictures.size(); ++i) {
    const auto& picture = data.pictures[i];
    const std::string path = path_of(picture, options);
    progress.begin(i, path);
    const maskrcnn::Image image = maskrcnn::io::read_image(path);
    if (image.size() != picture.size)
      maskrcnn::fail("data: ", path, " is ", image.width(), " x ", image.height(), " pixels, expected ",
                     picture.size.width, " x ", picture.size.height, " as ", data.name, " says");
    const auto [result, seconds, losses] = pipeline->with_losses(image, options.losses ? &objects[i] : nullptr);
    run.seconds += seconds;
    ++run.pictures;
    if (options.losses) {
      run.losses += losses;
      objects[i].clear();
    }
    std::visit(
        [&](auto detections) {
          findings.has_masks = requires { detections.front().mask; };
          for (auto& detection : detections) {
            const std::size_t category = category_of(detection.label);
            if (category == data.categories.size())
              ++findings.other_categories;
            else
              findings.objects.push_back(found_of(detection, i, category));
          }
          if (!results) return;
          // under the ids of the data set, where it has the category
          for (auto& detection : detections)
            if (const std::size_t k = category_of(detection.label); k < data.categories.size())
              detection.label = static_cast<int>(data.categories[k].id);
          results->add({.id = picture.id, .file_name = picture.file_name}, detections, names_by_id);
        },
        result);
  }
  progress.clear();
  if (results) results->finish();
  return findings;
}

}  // namespace evaluation
