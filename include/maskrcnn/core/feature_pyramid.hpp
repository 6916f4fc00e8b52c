/// The feature pyramid: what a backbone hands to everything after it.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Feature maps [1, H, W, C] of one image, finest first: P2 (stride 4) to P6 (stride 64) in an FPN.
template <Scalar T>
using FeaturePyramid = std::vector<Tensor<T, 4>>;

/// Who wants to know the times of what is computed from the features; null: nobody.
template <Scalar T>
[[nodiscard]] Profile* profile_of(const FeaturePyramid<T>& features) {
  return features.empty() ? nullptr : features.front().profile();
}

}  // namespace maskrcnn
