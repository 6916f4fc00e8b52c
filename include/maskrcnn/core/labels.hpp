/// Labels: the numbers that a model gives its classes, and which of them are objects.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The labels of a box head that scores `classes` classes, the background among them. Objects have 1 .. K - 1 where the
/// background is the first class, 0 .. K - 2 where it is the last.
struct Labels {
  std::size_t classes = 1;  ///< K, background included
  BackgroundClass background = BackgroundClass::first;

  /// The first label of an object, and the one behind the last.
  [[nodiscard]] constexpr std::size_t begin() const { return background == BackgroundClass::first ? 1 : 0; }
  [[nodiscard]] constexpr std::size_t end() const {
    return background == BackgroundClass::last && classes > 0 ? classes - 1 : classes;
  }
  /// How many kinds of objects there are.
  [[nodiscard]] constexpr std::size_t objects() const { return end() > begin() ? end() - begin() : 0; }
  /// Whether a label is that of an object.
  [[nodiscard]] constexpr bool contains(std::size_t label) const { return label >= begin() && label < end(); }
  /// The place of an object's label among those of objects, from 0.
  [[nodiscard]] constexpr std::size_t position(std::size_t label) const { return label - begin(); }
  /// The background's own label.
  [[nodiscard]] constexpr std::size_t background_label() const {
    return background == BackgroundClass::first ? 0 : end();
  }
  /// How many names, or masks, a model has, one for each label up to the last of an object: a background that comes
  /// first has one, a background that comes last has none.
  [[nodiscard]] constexpr std::size_t names() const { return end(); }
};

}  // namespace maskrcnn
