/// Tensors as views of a storage: an offset, sizes and strides, checked, and copied only where elements do not lie in
/// order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Memory for tensors that the file does not hold as they are needed. All of it together may be as large as the file,
/// so no view, however often it repeats an element, takes more memory than the file's size.
class TensorCopies {
 public:
  TensorCopies(std::size_t file_bytes, std::string file) : left_(file_bytes), file_(std::move(file)) {}

  [[nodiscard]] const std::string& file() const { return file_; }

  /// `count` elements of `size` bytes for tensor `name`.
  /// @throws Error if they exceed what is left
  std::span<std::byte> allocate(std::uint64_t count, std::size_t size, const std::string& name) {
    if (count > left_ / size)
      fail("weights: '", name, "' does not lie in the file in order and takes ", count, " elements of ", size,
           " bytes to copy, expected at most the file's size for all copies, of which ", left_,
           " bytes are left (file ", file_, ")");
    const auto bytes = static_cast<std::size_t>(count) * size;
    left_ -= bytes;
    copies_.push_back(std::make_unique<std::byte[]>(bytes));
    return {copies_.back().get(), bytes};
  }

 private:
  std::size_t left_;
  std::string file_;
  std::vector<std::unique_ptr<std::byte[]>> copies_;
};

/// Element [i, j, ..] is number offset + i * strides[0] + j * strides[1] + .. of the storage.
struct StridedView {
  static constexpr std::size_t max_rank = 16;

  DType type = DType::other;
  std::string_view type_name{};  ///< for `other`; the rest have names of their own
  std::span<const std::byte> storage{};
  std::uint64_t offset = 0;
  std::vector<std::uint64_t> sizes{}, strides{};  ///< as many of each

  /// The tensor, in the storage if its elements lie there in order, else in `copies`. Of type `other` only the shape is
  /// looked at.
  /// @throws Error if an element lies outside the storage, or a copy would be too large
  [[nodiscard]] StoredTensor stored(const std::string& name, TensorCopies& copies) const {
    StoredTensor tensor{.type = type,
                        .type_name = std::string(type == DType::other ? type_name : dtype_name(type)),
                        .shape = {sizes.begin(), sizes.end()},
                        .data = storage.data()};
    if (type == DType::other || std::find(sizes.begin(), sizes.end(), 0U) != sizes.end()) {
      tensor.data = nullptr;
      return tensor;
    }
    const std::size_t size = byte_size(type);
    if (!fits(storage.size() / size))
      fail("weights: '", name, "' of shape ", shape_text(sizes), ", strides ", shape_text(strides), " and offset ",
           offset, " leaves its storage of ", storage.size() / size, " elements (file ", copies.file(), ")");
    if (contiguous()) {
      tensor.data += offset * size;
    } else {
      const auto copy = copies.allocate(count(), size, name);
      gather(copy, size);
      tensor.data = copy.data();
    }
    return tensor;
  }

 private:
  /// Whether the last element is one of `elements`. Sizes are at least 1.
  [[nodiscard]] bool fits(std::uint64_t elements) const {
    if (offset >= elements) return false;
    std::uint64_t left = elements - 1 - offset;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      if (strides[d] == 0) continue;
      if (sizes[d] - 1 > left / strides[d]) return false;
      left -= (sizes[d] - 1) * strides[d];
    }
    return true;
  }

  /// Of a view that fits: whether the elements lie one after the other.
  [[nodiscard]] bool contiguous() const {
    std::uint64_t expected = 1;
    for (std::size_t d = sizes.size(); d-- > 0;) {
      if (sizes[d] == 1) continue;
      if (strides[d] != expected) return false;
      expected *= sizes[d];  // no overflow: the elements so far are in the storage
    }
    return true;
  }

  /// The number of elements; the largest integer if there are more.
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t count = 1;
    for (const std::uint64_t size : sizes) {
      if (count > ~std::uint64_t{0} / size) return ~std::uint64_t{0};
      count *= size;
    }
    return count;
  }

  /// Copies the elements in order, as an odometer counts.
  void gather(std::span<std::byte> to, std::size_t size) const {
    std::vector<std::uint64_t> index(sizes.size(), 0);
    std::uint64_t from = offset;
    for (std::size_t place = 0; place < to.size(); place += size) {
      std::memcpy(to.data() + place, storage.data() + from * size, size);
      for (std::size_t d = sizes.size(); d-- > 0;) {
        from += strides[d];
        if (++index[d] < sizes[d]) break;
        from -= strides[d] * sizes[d];
        index[d] = 0;
      }
    }
  }
};

}  // namespace maskrcnn
