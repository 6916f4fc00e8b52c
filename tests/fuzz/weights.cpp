// libFuzzer: bytes as a weight file of whatever format they look like, and every tensor that comes out looked at. Any
// end but weights or a maskrcnn::Error is a finding.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/weights/load_weights.hpp>
#include <span>

namespace {

/// Reads from both ends of a tensor and between: a view that leaves its memory is seen by the address sanitizer.
double touch(const maskrcnn::StoredTensor& tensor) {
  if (tensor.data == nullptr) return 0;
  const std::size_t count = tensor.count(), size = maskrcnn::byte_size(tensor.type);
  if (count == 0 || size == 0) return 0;
  double sum = std::to_integer<int>(tensor.data[0]) + std::to_integer<int>(tensor.data[count * size - 1]);
  if (maskrcnn::is_float(tensor.type))
    for (std::size_t i = 0; i < count; i += std::max<std::size_t>(1, count / 64)) sum += tensor.element<double>(i);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const maskrcnn::WeightFile file{"fuzz", std::as_bytes(std::span(data, size)), nullptr};
  try {
    const auto weights = maskrcnn::MASKRCNN_FUZZ_READER(file);
    volatile double sum = 0;
    for (const auto& [name, tensor] : weights.tensors()) sum = sum + touch(tensor);
  } catch (const maskrcnn::Error&) {
  }
  return 0;
}
