/// Lists of images, whatever holds them.
#pragma once

#include <concepts>
#include <iterator>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/image.hpp>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Anything to iterate over whose elements are, or convert to, image views.
template <class R>
concept ImageRange = requires(const R& images) {
  { *std::begin(images) } -> std::convertible_to<ImageView>;
  std::end(images);
};

/// What a model says of each image of a list, one after the other.
template <class Model, ImageRange Images>
[[nodiscard]] auto call_for_each(const Model& model, const Images& images) {
  std::vector<decltype(model(std::declval<const ImageView&>()))> results;
  for (const auto& image : images) results.push_back(model(image));
  return results;
}

}  // namespace maskrcnn
