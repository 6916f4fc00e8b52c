/// Which image of a data set each entry of a results file is of: by its id, or by the name that its program gave it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/image_names.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/same_kind.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// How the entries of a results file say which image they are of.
enum class ImageNaming {
  by_id,        ///< image_id; others are refused
  by_file_name  ///< file_name, see `ImageNames::fit`, where an entry has one; those of other images are left out
};

/// For each entry the position of its image, or the number of images if it is of none that is scored.
class ResultImages {
 public:
  /// By name, entries that fit several images equally are told apart by image_id. An image has the entries whose
  /// name fits it best: those whose name merely comes close to it are of an image that is not in the data set.
  /// @param list of the results file `path`; both, and the data set, must outlive this
  /// @throws Error if an entry is of no image of the data set (by id), if none is (by name), if one may be of several,
  ///         or if entries that differ in name or image_id fit the same image equally
  ResultImages(const nlohmann::json& list, const std::string& path, const Dataset& data, ImageNaming naming)
      : list_(&list), path_(&path), data_(&data), names_(all_names(data)), entries_(list.size()) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const JsonRecord result = record(i);
      const bool by_name = naming == ImageNaming::by_file_name;
      const bool named = result.has("file_name") && (by_name || result.at("file_name", "").is_string());
      if (named && !result.text("file_name").empty()) entries_[i].name = &known(result.text("file_name"));
      if (result.has("image_id")) entries_[i].id = &result.at("image_id", "");
      if (by_name && entries_[i].name != nullptr)
        take_by_name(entries_[i], result);
      else
        take_by_id(entries_[i], result);
    }
    if (naming == ImageNaming::by_file_name) {
      require_any();
      settle();
    }
  }

  [[nodiscard]] std::size_t operator[](std::size_t entry) const { return entries_[entry].image; }
  /// Entries whose name fits several images, so that image_id decided.
  [[nodiscard]] std::size_t told_by_id() const { return told_by_id_; }
  /// Entries taken by image_id although their name fits another image.
  [[nodiscard]] std::size_t other_names() const { return other_names_; }
  /// Entries taken by name although it says another folder than that of their image.
  [[nodiscard]] std::size_t other_folders() const { return other_folders_; }

 private:
  struct Name {
    NameKeys keys;
    NameFit fit;
  };
  struct Entry {
    const Name* name = nullptr;
    const nlohmann::json* id = nullptr;
    std::size_t image = 0;
  };

  static ImageNames all_names(const Dataset& data) {
    std::vector<std::string> names = file_names(data.images), others = file_names(data.left_out);
    names.insert(names.end(), others.begin(), others.end());
    return ImageNames(names);
  }

  [[nodiscard]] JsonRecord record(std::size_t i) const { return {(*list_)[i], *path_, "results", i}; }

  // images by their positions among all: those of `left_out` stand behind those that are scored
  [[nodiscard]] std::size_t scored() const { return data_->images.size(); }
  [[nodiscard]] const ImageInfo& image(std::size_t at) const {
    return at < scored() ? data_->images[at] : data_->left_out[at - scored()];
  }
  [[nodiscard]] std::optional<std::size_t> position_by_id(const io::CocoId& id) const {
    std::size_t at = position_of(id, data_->images);
    if (at == scored()) at += position_of(id, data_->left_out);
    return at < scored() + data_->left_out.size() ? std::optional(at) : std::nullopt;
  }

  /// A file has many entries of each name: what it fits is found once.
  const Name& known(const std::string& text) {
    const auto [at, is_new] = known_.try_emplace(text);
    Name& name = at->second;
    if (is_new) {
      name.keys = NameKeys(text);
      name.fit = names_.fit(name.keys);
    }
    return name;
  }

  void take_by_id(Entry& entry, const JsonRecord& result) {
    if (!data_->has_ids) result.refuse_key("file_name", "an image's name (those of a folder have no ids)", "nothing");
    const io::CocoId id = result.id("image_id");
    require_same_kind(result, "image_id", id, data_->images, "the images'");
    const auto at = position_by_id(id);
    if (!at) result.refuse_key("image_id", "the id of an image of " + data_->name, shortened(id.json()));
    entry.image = std::min(*at, scored());
    const bool fits_others = entry.name != nullptr && !entry.name->fit.images.empty();
    if (*at < scored() && fits_others && !entry.name->fit.contains(*at)) ++other_names_;
  }

  void take_by_name(Entry& entry, const JsonRecord& result) {
    const NameFit& fit = entry.name->fit;
    entry.image = scored();
    if (fit.images.size() == 1) entry.image = std::min(fit.images.front(), scored());
    if (fit.images.size() < 2) return;
    if (data_->has_ids && entry.id != nullptr && (entry.id->is_number() || entry.id->is_string())) {
      const auto at = position_by_id(result.id("image_id"));
      if (at && fit.contains(*at)) {
        entry.image = std::min(*at, scored());
        told_by_id_ += *at < scored() ? 1 : 0;
        return;
      }
    }
    if (std::none_of(fit.images.begin(), fit.images.end(), [&](std::size_t at) { return at < scored(); })) return;
    const auto described = [&](std::size_t at) {
      return "'" + image(at).file_name + "' (id " + shortened(image(at).id.json()) + ")";
    };
    result.refuse_key("file_name",
                      "a name that fits one image of " + data_->name + " best, or the 'image_id' of one that it fits,",
                      "'" + result.text("file_name") + "', which may be " + described(fit.images[0]) + " or " +
                          described(fit.images[1]));
  }

  /// If no entry is of an image of the data set, selected or not, these are results of something else.
  void require_any() const {
    const auto of_data = [](const Entry& entry) { return entry.name == nullptr || !entry.name->fit.images.empty(); };
    if (entries_.empty() || std::any_of(entries_.begin(), entries_.end(), of_data)) return;
    fail("results: expected results of images of ", data_->name,
         data_->images.empty() ? "" : ", such as '" + data_->images.front().file_name + "'", ", found none among ",
         entries_.size(), ", the first of which is of '", record(0).text("file_name"), "' (file ", *path_, ")");
  }

  /// Leaves each image to the name that fits it best.
  void settle() {
    std::vector<std::optional<std::size_t>> best(scored());  // the first entry of that name
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].name == nullptr || entries_[i].image == scored()) continue;
      auto& other = best[entries_[i].image];
      if (!other || entries_[*other].name->fit.quality < entries_[i].name->fit.quality) other = i;
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      Entry& entry = entries_[i];
      if (entry.name == nullptr || entry.image == scored()) continue;
      const std::size_t first = *best[entry.image];
      const Entry& other = entries_[first];
      if (entry.name->fit.quality < other.name->fit.quality) {
        entry.image = scored();
        continue;
      }
      const bool same_id = entry.id == nullptr || other.id == nullptr || *entry.id == *other.id;
      if (entry.name->fit.other_folder(entry.image)) ++other_folders_;
      if (entry.name->keys.whole == other.name->keys.whole && same_id) continue;
      const auto described = [&](std::size_t at) {
        return "'" + record(at).text("file_name") + "' (image_id " +
               (entries_[at].id != nullptr ? JsonRecord::excerpt(*entries_[at].id) : "missing") + ")";
      };
      fail(record(i).where(), ": expected one image that may be '", image(entry.image).file_name, "' of ", data_->name,
           ", found two, ", described(first), " and ", described(i));
    }
  }

  const nlohmann::json* list_;
  const std::string* path_;
  const Dataset* data_;
  ImageNames names_;
  std::unordered_map<std::string, Name> known_;
  std::vector<Entry> entries_;
  std::size_t told_by_id_ = 0, other_names_ = 0, other_folders_ = 0;
};

}  // namespace maskrcnn::evaluate
