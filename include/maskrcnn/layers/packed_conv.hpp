/// A convolution's weights as the matrix that its taps are multiplied by.
#pragma once

#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/packed_matrix.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Taps go from the top left along rows, channels of each tap side by side: `height * width` segments of a row. Groups
/// are blocks of the matrix, as many together as fill a register, with zeros between them: ResNeXt's groups of 4
/// channels would leave half of it empty.
template <class Operand, Scalar T>
[[nodiscard]] PackedMatrix<T, Operand> pack_conv(const ConvWeights<T>& weights, const kernels::KernelSet<T>& kernels) {
  const Index group_in = weights.in / weights.groups, group_out = weights.out / weights.groups;
  Index together = 1;
  while (together < weights.groups && (weights.groups % together != 0 || together * group_out < kernels.lanes))
    ++together;
  const Index taps = weights.height * weights.width, block_in = together * group_in, block_out = together * group_out;
  const auto rows = [&](Index k, Index column, std::span<T> to) {
    const Index channel = k % block_in, tap = k / block_in;
    for (Index i = 0; i < to.size(); ++i) {
      const Index n = column + i;
      to[i] = channel / group_in != n % block_out / group_out
                  ? T{0}
                  : weights.kernel[(n * group_in + channel % group_in) * taps + tap];
    }
  };
  return {{.depth = block_in * taps, .columns = block_out, .blocks = weights.groups / together},
          rows,
          weights.bias,
          kernels};
}

}  // namespace maskrcnn
