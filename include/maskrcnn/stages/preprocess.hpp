/// Step 1: an 8-bit image becomes the network's input: normalised, resized, padded.
#pragma once

#include <array>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/ops/resize.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What the network sees of one image: [1, H, W, 3], and how the image sits in it.
template <Scalar T>
struct Input {
  Tensor<T, 4> tensor;
  Frame frame;
};

/// How an image becomes an input.
struct PreprocessOptions {
  std::array<double, 3> image_mean{0.485, 0.456, 0.406};  ///< per channel, after division by the pixel scale
  std::array<double, 3> image_std{0.229, 0.224, 0.225};
  int min_size = 800;     ///< the shorter side of an image is resized to this many pixels,
  int max_size = 1333;    ///< unless the longer side would exceed this many
  int size_divisor = 32;  ///< inputs are padded at the bottom and the right to a multiple of this
  ChannelOrder channel_order = Torchvision::channel_order;
  double pixel_scale = Torchvision::pixel_scale;  ///< pixels are divided by this before the mean is taken off
  SizeRule size_rule = Torchvision::size_rule;
  SizeRounding size_rounding = Torchvision::size_rounding;
  Resampler resampler = Torchvision::resampler;
};

/// Resizes so that the shorter side is `min_size`, or the longer side `max_size` if that is less; pads with zeros at
/// the bottom and the right. torchvision's `GeneralizedRCNNTransform`, detectron2's `ResizeShortestEdge`, mmcv's
/// `imrescale`.
template <Scalar T>
class Preprocess {
 public:
  explicit Preprocess(const PreprocessOptions& options);

  /// Sizes that an image of `original` pixels gets. A side never becomes shorter than one pixel (where torchvision
  /// fails on extreme aspect ratios).
  [[nodiscard]] Frame frame(Size original) const;

  /// @param workspace where this tensor, and all that is computed from it, takes its memory and tells its times
  [[nodiscard]] Input<T> operator()(const ImageView& image, const Workspace& workspace = {}) const;

 private:
  struct ExactSize {
    double height, width;
    double factor = 0;  ///< of both, where it counts
  };
  [[nodiscard]] ExactSize exact_size(Size original) const;
  [[nodiscard]] Tensor<T, 4> normalised(const ImageView& image, const Frame& frame, const Workspace& workspace) const;
  template <PixelFormat Format>
  T* resize_row(const ImageView& image, const BilinearTap<T>& row, const std::vector<BilinearTap<T>>& columns,
                T* to) const;

  PreprocessOptions options_;
  std::array<std::array<T, 256>, 3> normalised_{};
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/preprocess.inl>
#endif
