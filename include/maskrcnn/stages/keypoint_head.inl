// Bodies of keypoint_head.hpp.
#pragma once

#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/resize.hpp>
#include <maskrcnn/stages/keypoint_head.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace keypoint_head {

/// One map of [h, w, channels] features, doubled bilinearly in the order of ATen's sums.
/// @param from its first value; the next is `channels` further
template <Scalar T>
void doubled(const T* from, Index channels, const std::vector<BilinearTap<T>>& rows,
             const std::vector<BilinearTap<T>>& columns, T* to) {
  const Index width = columns.size() / 2;
  for (const BilinearTap<T>& row : rows) {
    const T *const low = from + row.low * width * channels, *const high = from + row.high * width * channels;
    for (const BilinearTap<T>& column : columns) {
      const Index left = column.low * channels, right = column.high * channels;
      *to++ = row.low_weight * (column.low_weight * low[left] + column.high_weight * low[right]) +
              row.high_weight * (column.low_weight * high[left] + column.high_weight * high[right]);
    }
  }
}

}  // namespace keypoint_head

template <Scalar T>
KeypointHead<T>::KeypointHead(const Parameters& at, const KeypointHeadOptions& options)
    : tower_(at / "keypoint_head", options.tower) {
  const Parameters up = at / "keypoint_predictor" / "kps_score_lowres";
  ConvTransposeWeights<T> upsample{.in = tower_.channels(), .height = 4, .width = 4, .name = up.name()};
  const auto shape = up.stored("weight", {upsample.in, Parameters::any, 4, 4}).shape;
  upsample.out = shape[1];
  upsample.kernel = up.values<T>("weight", shape);
  upsample.bias = up.values<T>("bias", {upsample.out});
  upsample_ = ConvTranspose2d<T>(upsample, {.stride = 2, .padding = 1}, options.tower.compute);
}

template <Scalar T>
Tensor<T, 4> KeypointHead<T>::operator()(const Tensor<T, 4>& pooled) const {
  const ProfileSpan stage(pooled.profile(), "stage", "keypoint head");
  Tensor<T, 4> memory;
  const Tensor<T, 4> coarse = upsample_(tower_(pooled, memory));
  const auto [rois, height, width, channels] = coarse.shape();
  Tensor<T, 4> heatmaps = pooled.like(Shape<4>{rois, channels, 2 * height, 2 * width});
  const auto rows = bilinear_taps<T>(height, 2 * height), columns = bilinear_taps<T>(width, 2 * width);
  const Index cells = height * width, maps = channels;
  parallel_for(rois * maps, [&](Index i) {
    keypoint_head::doubled(coarse.data() + i / maps * cells * maps + i % maps, maps, rows, columns,
                           heatmaps.data() + i * 4 * cells);
  });
  return heatmaps;
}

#ifdef MASKRCNN_COMPILED
template class KeypointHead<float>;
template class KeypointHead<double>;
#endif

}  // namespace maskrcnn
