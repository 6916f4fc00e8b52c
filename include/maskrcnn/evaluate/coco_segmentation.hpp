/// Masks, boxes and keypoints as COCO's files write them: polygons, run lengths as numbers or text, [x, y, width,
/// height], [x, y, v, ...].
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/keypoint_similarity.hpp>
#include <maskrcnn/evaluate/oddities.hpp>
#include <maskrcnn/evaluate/polygon.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <maskrcnn/io/rle.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Width and height of an image in COCO's files are at most this.
inline constexpr int max_image_side = 1'000'000;

/// Reads what an entry says of its object; what is odd is counted under the entry's place in its list.
/// Every function throws an Error naming that place, if what is there makes no sense.
class ObjectReader {
 public:
  ObjectReader(const JsonRecord& record, Oddities& oddities) : record_(&record), oddities_(&oddities) {}

  /// [x, y, width, height].
  [[nodiscard]] Rectangle box() {
    const nlohmann::json& value = record_->at("bbox", "[x, y, width, height]");
    std::vector<double> numbers;
    if (value.is_array() && value.size() == 4)
      for (const nlohmann::json& number : value)
        if (const auto coordinate = finite(number)) numbers.push_back(*coordinate);
    if (numbers.size() != 4) record_->refuse_key("bbox", "[x, y, width, height]", JsonRecord::excerpt(value));
    if (numbers[2] < 0 || numbers[3] < 0) odd(Oddity::negative_size);
    note_number_as_text();
    return {numbers[0], numbers[1], numbers[2], numbers[3]};
  }

  /// Polygons need the image's size; run lengths say their own.
  [[nodiscard]] bool needs_size() const {
    const nlohmann::json& value = record_->at("segmentation", "");
    return value.is_array() && !value.empty() && !value.front().is_object();
  }

  /// @param image its size; zeros, if that is not known
  [[nodiscard]] Region mask(Size image) {
    const char* const expected = "a list of polygons or run lengths";
    const nlohmann::json& value = record_->at("segmentation", expected);
    if ((!value.is_array() && !value.is_object()) || value.empty())
      record_->refuse_key("segmentation", expected, JsonRecord::excerpt(value));
    const Region mask = record_->within("segmentation", [&] {
      if (value.is_object()) return of_runs(value);
      std::vector<Region> parts;
      const bool runs = !value.empty() && value.front().is_object();
      for (const nlohmann::json& part : value) {
        parts.push_back(runs ? of_runs(part) : of_polygon(part, image));
        if (parts.back().size() != parts.front().size()) fail("expected run lengths of one size, found two sizes");
      }
      return Region::united(parts);
    });
    if (mask.size() != image && image != Size{}) odd(Oddity::other_size);
    if (few_points_) odd(Oddity::few_points);
    if (odd_coordinates_) odd(Oddity::odd_coordinates);
    if (no_runs_) odd(Oddity::no_runs);
    note_number_as_text();
    return mask;
  }

  /// x, y, v of each; none, if there are none.
  [[nodiscard]] KeypointMarks keypoints() const {
    KeypointMarks marks;
    if (!record_->holds("keypoints")) return marks;
    const char* const expected = "a list of numbers, x, y, v of each keypoint,";
    const nlohmann::json& value = record_->at("keypoints", expected);
    if (!value.is_array() || value.size() % 3 != 0)
      record_->refuse_key("keypoints", expected, JsonRecord::excerpt(value));
    std::array<double, 3> numbers{};
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto number = number_of(value[i]);
      if (!number || !is_finite(*number))
        record_->refuse_key("keypoints", expected, JsonRecord::excerpt(value[i]) + " in it");
      numbers[i % 3] = *number;
      if (i % 3 == 2) marks.push_back({numbers[0], numbers[1], numbers[2]});
    }
    return marks;
  }

  /// The width and height of an image in pixels; zeros, if they are missing, null or 0.
  [[nodiscard]] Size size() {
    const Size size{.height = side("height"), .width = side("width")};
    note_number_as_text();
    if (static_cast<std::uint64_t>(size.height) * static_cast<std::uint64_t>(size.width) >
        std::numeric_limits<std::uint32_t>::max())
      record_->refuse_key("width", "less than 2^32 pixels in all", std::to_string(size.width));
    return size.height > 0 && size.width > 0 ? size : Size{};
  }

 private:
  void odd(Oddity kind) { oddities_->add(kind, record_->index()); }
  void note_number_as_text() {
    if (number_as_text_) odd(Oddity::number_as_text);
    number_as_text_ = false;
  }

  [[nodiscard]] std::optional<double> finite(const nlohmann::json& value) {
    const auto number = number_or_text(value);
    if (!number || !is_finite(*number)) return std::nullopt;
    number_as_text_ = number_as_text_ || !value.is_number();
    return number;
  }

  [[nodiscard]] int side(const char* key) {
    if (!record_->has(key)) return 0;
    const nlohmann::json& value = record_->at(key, "");
    const auto pixels = finite(value);
    if (!pixels || *pixels < 0 || *pixels > max_image_side)
      record_->refuse_key(key, "1 to " + std::to_string(max_image_side) + " pixels", JsonRecord::excerpt(value));
    if (*pixels != std::trunc(*pixels)) odd(Oddity::fraction_of_pixel);
    return static_cast<int>(*pixels);
  }

  /// {"size": [height, width], "counts": runs or their text}.
  [[nodiscard]] Region of_runs(const nlohmann::json& value) {
    if (!value.is_object()) fail("expected run lengths, found ", JsonRecord::excerpt(value), " in their list");
    const auto length = [&](std::size_t i) -> int {
      const bool pair = value.contains("size") && value["size"].is_array() && value["size"].size() == 2;
      const double number = pair && value["size"][i].is_number() ? value["size"][i].get<double>() : 0;
      return number >= 1 && number <= max_image_side && number == std::trunc(number) ? static_cast<int>(number) : 0;
    };
    const Size size{.height = length(0), .width = length(1)};
    if (size.height == 0 || size.width == 0)
      fail("expected \"size\": [height, width] of 1 to ", max_image_side, " pixels, found ",
           value.contains("size") ? JsonRecord::excerpt(value["size"]) : "nothing");
    if (!value.contains("counts")) fail("expected \"counts\", run lengths or their text, found nothing");
    const nlohmann::json& counts = value["counts"];
    io::Rle rle{.size = size, .counts = {}};
    if (counts.is_string())
      rle = io::decompress_rle(counts.get_ref<const std::string&>(), size);
    else if (counts.is_array())
      rle.counts = run_lengths(counts);
    else
      fail("expected \"counts\", run lengths or their text, found ", JsonRecord::excerpt(counts));
    if (!rle.counts.empty()) return Region(rle);
    no_runs_ = true;
    require_countable(size, "rle");
    return Region::between({}, size);
  }

  [[nodiscard]] static std::vector<std::uint32_t> run_lengths(const nlohmann::json& counts) {
    std::vector<std::uint32_t> lengths;
    lengths.reserve(counts.size());
    for (const nlohmann::json& count : counts) {
      const double number = count.is_number() ? count.get<double>() : -1;
      if (!(number >= 0 && number <= std::numeric_limits<std::uint32_t>::max() && number == std::trunc(number)))
        fail("expected run lengths of 0 to 2^32 - 1 as \"counts\", found ", JsonRecord::excerpt(count));
      lengths.push_back(static_cast<std::uint32_t>(number));
    }
    return lengths;
  }

  [[nodiscard]] Region of_polygon(const nlohmann::json& value, Size image) {
    if (!value.is_array()) fail("expected a list of polygons, found ", JsonRecord::excerpt(value), " in it");
    if (image == Size{}) fail("polygons expect an image of known 'width' and 'height'");
    std::vector<double> coordinates;
    coordinates.reserve(value.size());
    for (const nlohmann::json& coordinate : value) {
      const auto number = finite(coordinate);
      if (!number) fail("expected coordinates, found ", JsonRecord::excerpt(coordinate));
      coordinates.push_back(*number);
    }
    few_points_ = few_points_ || coordinates.size() < 6;
    odd_coordinates_ = odd_coordinates_ || coordinates.size() % 2 != 0;
    return polygon_region(coordinates, image);
  }

  const JsonRecord* record_;
  Oddities* oddities_;
  // so that each is counted once, however many parts of the entry are odd
  bool number_as_text_ = false, few_points_ = false, odd_coordinates_ = false, no_runs_ = false;
};

}  // namespace maskrcnn::evaluate
