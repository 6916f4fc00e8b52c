/// A folder of images NAME.png, each with NAME.mask.png, in which the pixels of each object have its number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <maskrcnn/io/label_image.hpp>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// The objects of a label image by their numbers, as sorted borders: where runs begin and end, column by column.
[[nodiscard]] inline std::map<std::uint16_t, std::vector<std::uint32_t>> borders_of_labels(
    const io::LabelImage& image) {
  std::map<std::uint16_t, std::vector<std::uint32_t>> borders;
  const auto width = static_cast<std::size_t>(image.size.width), height = static_cast<std::size_t>(image.size.height);
  std::uint16_t previous = 0;
  std::uint32_t at = 0;
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t y = 0; y < height; ++y, ++at) {
      const std::uint16_t label = image.labels[y * width + x];
      if (label == previous) continue;
      if (previous != 0) borders[previous].push_back(at);
      if (label != 0) borders[label].push_back(at);
      previous = label;
    }
  if (previous != 0) borders[previous].push_back(at);
  return borders;
}

/// Reads a folder as a data set of one category: images by name, their ids counted from 1; areas and boxes are those
/// of the masks.
/// @param category name of what the objects are
/// @param lines    if not empty: only these images, with or without ".png", see `select`
/// @param options  of which the masks, whose values are what they are, keep the limit of pixels
/// @throws Error if there are no such pairs, one is asked for that is not there, or a file cannot be read
[[nodiscard]] inline Dataset read_folder(const std::string& folder, const std::string& category,
                                         const std::set<std::string>& lines = {}, const io::ReadOptions& options = {}) {
  namespace fs = std::filesystem;
  static constexpr const char *const mask_ending = ".mask.png", *const ending = ".png";
  std::set<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.ends_with(mask_ending)) found.insert(name.substr(0, name.size() - std::string(mask_ending).size()));
  }
  if (error) fail("data: cannot read the folder ", folder, ": ", error.message());
  if (found.empty()) fail("data: expected pairs NAME.png and NAME.mask.png, found none in ", folder);

  Dataset data{.name = folder, .categories = {{.id = 1, .name = category}}, .has_ids = false};
  for (const std::string& name : found) data.images.push_back({.file_name = name + ending});
  if (!lines.empty()) {
    const Selection selection = select(data.images, lines);
    if (std::string name = selection.missing; !name.empty()) {
      if (name.ends_with(ending)) name.resize(name.size() - std::string(ending).size());
      fail("data: '", selection.missing, "' is in the list of images, but there is no ", folder, "/", name,
           mask_ending);
    }
    data = part_of(std::move(data), selection);
  }
  for (std::size_t i = 0; i < data.images.size(); ++i) data.images[i].id = static_cast<std::int64_t>(i + 1);
  std::vector<std::vector<Truth>> truths(data.images.size());
  parallel_for(data.images.size(), [&](std::size_t i) {
    const std::string& name = data.images[i].file_name;
    const auto labels =
        io::read_label_image((fs::path(folder) / (name.substr(0, name.size() - 4) + mask_ending)).string(), options);
    data.images[i].size = labels.size;
    for (auto& [label, borders] : borders_of_labels(labels)) {
      Truth& truth = truths[i].emplace_back(Truth{.id = label, .image = i});
      truth.mask = Region::between(std::move(borders), labels.size);
      truth.box = truth.mask.bounds();
      truth.area = truth.mask.area();
    }
  });
  for (auto& some : truths)
    for (Truth& truth : some) {
      data.truths.push_back(std::move(truth));
      data.truths.back().id = static_cast<std::int64_t>(data.truths.size());
    }
  return data;
}

}  // namespace maskrcnn::evaluate
