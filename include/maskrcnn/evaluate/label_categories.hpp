/// Which category of a data set a model means by a label, and which label a category has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Categories by a model's labels: the one of the same name, else the one whose id the label is. Where the model knows
/// one kind of objects and the data have one category, they are the same, whatever they are called.
class LabelCategories {
 public:
  /// @param data        must outlive this
  /// @param labels      of the model: where its background is decides which label its only class has
  /// @param class_names by label; may be empty
  LabelCategories(const Dataset& data, const Labels& labels, std::vector<std::string> class_names)
      : data_(&data), names_(std::move(class_names)) {
    if (data.categories.size() == 1 && labels.objects() == 1) only_label_ = static_cast<int>(labels.begin());
  }

  /// Position of a label's category in the data set; the number of categories, if there is none.
  [[nodiscard]] std::size_t operator()(int label) const {
    if (only_label_ >= 0 && label == only_label_) return 0;
    const auto index = static_cast<std::size_t>(label);
    if (label >= 0 && index < names_.size())
      for (std::size_t k = 0; k < data_->categories.size(); ++k)
        if (data_->categories[k].name == names_[index]) return k;
    return position_of(label, data_->categories);
  }

  /// The model's label of the category at a position; empty, if it has none.
  [[nodiscard]] std::optional<int> label_of(std::size_t category) const {
    if (only_label_ >= 0) return only_label_;
    const auto& [number, name] = data_->categories[category];
    for (std::size_t label = 0; label < names_.size(); ++label)
      if (names_[label] == name) return static_cast<int>(label);
    const std::int64_t* const id = number.integer();
    if (!names_.empty() || id == nullptr || *id < 0 || *id > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*id);
  }

 private:
  const Dataset* data_;
  int only_label_ = -1;  ///< of the only class, if the data have one category; else -1, which is no label
  std::vector<std::string> names_;
};

}  // namespace maskrcnn::evaluate
