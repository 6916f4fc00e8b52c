// Bodies of deformable_conv2d.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/deformable_conv2d.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <maskrcnn/layers/packed_conv.hpp>
#include <maskrcnn/ops/softmax.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T, kernels::OperandOf<T> Operand>
DeformableConv2d<T, Operand>::DeformableConv2d(const ConvWeights<T>& weights, const ConvWeights<T>& offsets,
                                               const ConvGeometry& geometry, const Compute& compute)
    : kernels_(&compute.kernels<T>()),
      geometry_(geometry),
      in_(weights.in),
      out_(weights.out),
      height_(weights.height),
      width_(weights.width),
      matrix_(pack_conv<Operand>(
          weights, std::same_as<Operand, T> ? compute.kernels<T>() : kernels::permitted(compute.kernels<T>()))),
      zeros_(weights.in, T{0}) {
  const Index taps = height_ * width_;
  const auto groups = [&](Index of_tap) {  // 0: channels make no groups of so many numbers for each tap
    const Index count = offsets.out / (of_tap * taps);
    return count > 0 && count * of_tap * taps == offsets.out && in_ % count == 0 ? count : 0;
  };
  const Index plain = groups(2), masked = groups(3);
  if (offsets.in != in_ || offsets.height != height_ || offsets.width != width_ || (plain == 0) == (masked == 0))
    fail("deformable_conv2d: expected offsets by a ", height_, " x ", width_, " convolution of ", in_, " channels to ",
         2 * taps, " for each deformable group, or ", 3 * taps, " with masks, found one of ", offsets.height, " x ",
         offsets.width, ", ", offsets.in, " channels to ", offsets.out, plain != 0 ? ", which may be either" : "");
  deformable_groups_ = std::max(plain, masked);
  masked_ = masked != 0;
  ConvGeometry of_offsets = geometry;
  of_offsets.activation = Activation::none;
  offsets_ = Conv2d<T>(offsets, of_offsets, compute.kernels<T>());  // in full precision: places are made of these
}

template <Scalar T, kernels::OperandOf<T> Operand>
Tensor<T, 4> DeformableConv2d<T, Operand>::operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                                      Tensor<T, 4>*) const {
  const Tensor<T, 4> offsets = offsets_(input);
  const Shape<4> shape{offsets.size(0), offsets.size(1), offsets.size(2), out_};
  const Addend<T> addend(added, shape);
  Tensor<T, 4> output = input.like(shape);
  const Index pixels = shape[0] * shape[1] * shape[2], taps = height_ * width_, depth = taps * in_;
  constexpr Index rows = 96;  // of a task: their taps stay in the cache
  constexpr bool rounds = !std::same_as<Operand, T>;
  parallel_for((pixels + rows - 1) / rows, [&](Index task) {
    const Index begin = task * rows, count = std::min(rows, pixels - begin);
    const PooledMemory gathered((rounds ? 1 : count) * depth * sizeof(T), input.pool());
    const PooledMemory rounded(rounds ? count * depth * sizeof(Operand) : 0, input.pool());
    auto* const values = static_cast<T*>(gathered.data());
    for (Index row = 0; row < count; ++row) {
      T* const to = rounds ? values : values + row * depth;
      gather(input, offsets, begin + row, to);
      if constexpr (rounds)
        matrix_.kernels().round_to_bf16(to, depth, static_cast<Operand*>(rounded.data()) + row * depth);
    }
    const auto* const operands = static_cast<const Operand*>(rounds ? rounded.data() : gathered.data());
    const auto fill = [&](Index first, Index some, RowPointers<T, Operand>& pointers) {
      for (Index r = 0; r < some; ++r) {
        for (Index tap = 0; tap < taps; ++tap)
          pointers.inputs[tap * pointers.pitch + r] = operands + (first + r) * depth + tap * in_;
        pointers.outputs[r] = output.data() + (begin + first + r) * out_;
        if (addend) pointers.addends[r] = addend(begin + first + r);
      }
    };
    gemm_of<Operand>(matrix_,
                     {.rows = count,
                      .segments = taps,
                      .segment = matrix_.depth() / taps,
                      .with_addend = static_cast<bool>(addend),
                      .relu = geometry_.activation == Activation::relu},
                     input.pool(), FillRows<T, Operand>(fill));
  });
  return output;
}

template <Scalar T, kernels::OperandOf<T> Operand>
void DeformableConv2d<T, Operand>::gather(const Tensor<T, 4>& input, const Tensor<T, 4>& offsets, Index pixel,
                                          T* to) const {
  const Index height = input.size(1), width = input.size(2), taps = height_ * width_;
  const Index x = pixel % offsets.size(2), line = pixel / offsets.size(2), y = line % offsets.size(1);
  const T* const image = input.data() + line / offsets.size(1) * height * width * in_;
  const T* const told = offsets.data() + pixel * offsets.size(3);
  const Index share = in_ / deformable_groups_;
  const auto place = [&](Index position, Index tap, T offset) {
    return static_cast<T>(position * geometry_.stride + tap * geometry_.dilation) - static_cast<T>(geometry_.padding) +
           offset;
  };
  for (Index group = 0; group < deformable_groups_; ++group)
    for (Index tap = 0; tap < taps; ++tap) {
      const T* const offset = told + 2 * (group * taps + tap);
      Corners corners =
          corners_of(image, height, width, place(y, tap / width_, offset[0]), place(x, tap % width_, offset[1]));
      if (masked_) {
        const T mask = sigmoid(told[2 * deformable_groups_ * taps + group * taps + tap]);
        for (T& part : corners.shares) part *= mask;
      }
      for (const T*& cell : corners.cells) cell += group * share;
      kernels_->pool_roi_bin({.cells = corners.cells,
                              .weights = corners.shares,
                              .samples = 1,
                              .channels = share,
                              .maximum = false,
                              .start = 0,
                              .divisor = 1,
                              .to = to + tap * in_ + group * share});
    }
}

template <Scalar T, kernels::OperandOf<T> Operand>
typename DeformableConv2d<T, Operand>::Corners DeformableConv2d<T, Operand>::corners_of(const T* image, Index height,
                                                                                        Index width, T y, T x) const {
  Corners corners{{zeros_.data(), zeros_.data(), zeros_.data(), zeros_.data()}, {}};
  if (is_nan(y) || is_nan(x)) {  // nor is what is read there
    corners.shares[0] = is_nan(y) ? y : x;
    return corners;
  }
  if (y <= T{-1} || x <= T{-1} || y >= static_cast<T>(height) || x >= static_cast<T>(width)) return corners;
  const T top = std::floor(y), left = std::floor(x), below = y - top, right = x - left;
  const T shares[4]{(1 - below) * (1 - right), (1 - below) * right, below * (1 - right), below * right};
  for (int i = 0; i < 4; ++i) {
    const T row = top + static_cast<T>(i / 2), column = left + static_cast<T>(i % 2);
    corners.shares[i] = shares[i];
    if (row >= 0 && column >= 0 && row < static_cast<T>(height) && column < static_cast<T>(width))
      corners.cells[i] = image + (static_cast<Index>(row) * width + static_cast<Index>(column)) * in_;
  }
  return corners;
}

#ifdef MASKRCNN_COMPILED
template class DeformableConv2d<float>;
template class DeformableConv2d<float, BFloat16>;
template class DeformableConv2d<double>;
template class DeformableConv2d<double, BFloat16>;
#endif

}  // namespace maskrcnn
