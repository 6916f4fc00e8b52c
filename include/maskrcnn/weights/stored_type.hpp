/// Which type a tensor is stored as when a weight file is written anew.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Whether F16 keeps what matters of a tensor [filters, input channels, ...].
///
/// F16 has 11 significant bits from 2^-14 to 65504; below, it counts in steps of 2^-24, and what is less than half of
/// one is zero. A filter all of whose numbers are that small loses precision or vanishes, and so does an input channel;
/// and it may matter as much as any other: behind the filter a batch norm of small variance, before the channel a layer
/// of large outputs makes up for the scale. So neither may be entirely below 2^-14. Small numbers beside a larger one
/// are another matter: their error, of at most 2^-25, is no more than that of rounding the larger one, 2^-11 of it.
/// Nearly every trained tensor has some of those.
[[nodiscard]] inline bool keeps_its_numbers_in_f16(const StoredTensor& tensor) {
  constexpr double largest = 65504, smallest_normal = 0x1p-14;
  const std::size_t count = tensor.count();
  if (count == 0) return true;
  const std::size_t outs = tensor.shape.empty() ? 1 : tensor.shape[0];
  const std::size_t ins = tensor.shape.size() < 2 ? 1 : tensor.shape[1], taps = count / outs / ins;
  std::vector<double> of_filter(outs), of_channel(ins);  // largest magnitudes
  for (std::size_t i = 0; i < count; ++i) {
    const double magnitude = std::abs(tensor.element<double>(i));
    if (magnitude > largest || is_nan(magnitude)) return false;
    double &filter = of_filter[i / taps / ins], &channel = of_channel[i / taps % ins];
    filter = std::max(filter, magnitude);
    channel = std::max(channel, magnitude);
  }
  const auto kept = [](double magnitude) { return magnitude == 0 || magnitude >= smallest_normal; };
  return std::all_of(of_filter.begin(), of_filter.end(), kept) &&
         std::all_of(of_channel.begin(), of_channel.end(), kept);
}

/// The type to store the floats of a tensor as: doubles as F32, others as they are.
/// @param half whether to store F16 in place of F32 and F64 where that keeps the numbers. Tensors of one dimension stay
/// F32: batch norms, whose variances may be of any size, and biases; they are a thousandth of a file.
[[nodiscard]] inline DType stored_type(const StoredTensor& tensor, bool half) {
  if (byte_size(tensor.type) <= 2) return tensor.type;
  return half && tensor.shape.size() > 1 && keeps_its_numbers_in_f16(tensor) ? DType::f16 : DType::f32;
}

}  // namespace maskrcnn
