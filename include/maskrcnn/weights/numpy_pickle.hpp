/// detectron2's and Caffe2's files: a pickle with NumPy arrays in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <maskrcnn/weights/pickle.hpp>
#include <maskrcnn/weights/state_dict.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace numpy_format {

/// Reads arrays of one pickle.
class ArrayReader final : public state_dict::TensorSource {
 public:
  /// Both must outlive the reader.
  /// @param momentum whether blobs that end in `_momentum` are tensors, too
  ArrayReader(const pickle::Tree& tree, TensorCopies& copies, bool momentum)
      : tree_(&tree), copies_(&copies), momentum_(momentum) {}

  [[nodiscard]] bool wanted(std::string_view name) const override { return momentum_ || !name.ends_with("_momentum"); }

  [[nodiscard]] bool is_tensor(const pickle::Value& value) const override {
    for (const char* const maker :
         {"numpy.core.multiarray._reconstruct", "numpy.core.numeric._frombuffer", "numpy.core.multiarray.scalar"})
      if (tree_->calls(value, maker)) return true;
    return false;
  }

  [[nodiscard]] std::optional<StoredTensor> tensor_of(const pickle::Value& value,
                                                      const std::string& name) const override {
    const auto arguments = tree_->arguments(value);
    if (tree_->calls(value, "numpy.core.multiarray._reconstruct")) {  // state: [version,] shape, dtype, fortran, data
      const auto parts = tree_->items(value);
      auto state = parts.size() > 2 ? tree_->items(parts[2]) : Values();
      if (state.size() == 5) state = state.subspan(1);
      const bool flagged = state.size() == 4 && (state[2].is(pickle::Kind::boolean) || state[2].size());
      if (!flagged) refuse(name);
      return array(name, {state[0], state[1], state[3], state[2].integer() != 0});
    }
    if (tree_->calls(value, "numpy.core.numeric._frombuffer")) {  // data, dtype, shape, order
      if (arguments.size() != 4) refuse(name);
      return array(name, {arguments[2], arguments[1], arguments[0], arguments[3].text() == "F"});
    }
    if (tree_->calls(value, "numpy.core.multiarray.scalar")) {  // dtype, data
      if (arguments.size() != 2) refuse(name);
      return array(name, {std::nullopt, arguments[0], arguments[1], false});
    }
    return std::nullopt;
  }

 private:
  using Values = std::span<const pickle::Value>;

  struct Parts {
    std::optional<pickle::Value> shape;
    pickle::Value dtype, data;
    bool fortran;  ///< the first index runs fastest
  };

  [[noreturn]] void refuse(const std::string& name) const {
    fail("weights: '", name, "' expects (shape, dtype, order, data) of an array, found something else (file ",
         tree_->file(), ")");
  }

  [[nodiscard]] StoredTensor array(const std::string& name, const Parts& parts) const {
    StridedView view;
    std::string type_name;
    view.type = element_type(parts.dtype, name, type_name);
    view.type_name = type_name;
    if (parts.shape) {
      const auto sizes = tree_->items(*parts.shape);
      if (!parts.shape->is(pickle::Kind::tuple) || sizes.size() > StridedView::max_rank) refuse(name);
      for (const auto& size : sizes) view.sizes.push_back(size.size() ? *size.size() : (refuse(name), 0));
    }
    if (view.type == DType::other) return view.stored(name, *copies_);
    view.storage = data(parts.data, name);
    const std::size_t rank = view.sizes.size();
    view.strides.resize(rank);
    std::uint64_t stride = 1, bytes = byte_size(view.type);
    for (std::size_t d = 0; d < rank; ++d) {
      const std::size_t axis = parts.fortran ? d : rank - 1 - d;
      const std::uint64_t size = view.sizes[axis];
      view.strides[axis] = stride;
      // a product beyond the data is wrong already; stopping there keeps it from overflowing
      bytes = size != 0 && bytes > view.storage.size() / size ? view.storage.size() + 1 : bytes * size;
      stride = bytes / byte_size(view.type);
    }
    if (bytes != view.storage.size())
      fail("weights: '", name, "' has shape ", shape_text(view.sizes), " of ", dtype_name(view.type),
           ", which does not fill its ", view.storage.size(), " bytes (file ", tree_->file(), ")");
    return view.stored(name, *copies_);
  }

  /// dtype("f4", ..) with the state (version, byte order, ..).
  [[nodiscard]] DType element_type(const pickle::Value& dtype, const std::string& name, std::string& type_name) const {
    const auto arguments = tree_->arguments(dtype);
    if (!tree_->calls(dtype, "numpy.dtype") || arguments.empty() || !arguments[0].is_string()) refuse(name);
    type_name = printable(arguments[0].text());
    const auto parts = tree_->items(dtype);
    const auto state = parts.size() > 2 ? tree_->items(parts[2]) : Values();
    const std::string_view order = state.size() > 1 ? state[1].text() : "";
    for (const auto& [text, type] : {std::pair<std::string_view, DType>{"f4", DType::f32},
                                     {"f2", DType::f16},
                                     {"f8", DType::f64},
                                     {"i8", DType::i64},
                                     {"i4", DType::i32},
                                     {"i2", DType::i16},
                                     {"i1", DType::i8},
                                     {"u1", DType::u8},
                                     {"b1", DType::boolean}}) {
      if (arguments[0].text() != text) continue;
      if (order != "<" && (order != "|" || byte_size(type) > 1))
        fail("weights: '", name, "' is of byte order '", printable(order), "', expected '<' (file ", tree_->file(),
             ")");
      return type;
    }
    return DType::other;
  }

  /// The bytes of an array: as they are, or as text of which each character is a byte, as Python 3 writes them in
  /// protocol 2: `_codecs.encode(text, "latin1")`.
  [[nodiscard]] std::span<const std::byte> data(const pickle::Value& value, const std::string& name) const {
    const auto bytes_of = [](std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); };
    if (value.is(pickle::Kind::bytes)) return bytes_of(value.text());
    const auto arguments = tree_->arguments(value);
    if (tree_->calls(value, "builtins.bytes") && arguments.empty()) return {};  // how protocol 2 has no bytes at all
    if (!tree_->calls(value, "_codecs.encode") || arguments.size() != 2 || !arguments[0].is(pickle::Kind::text) ||
        arguments[1].text() != "latin1")
      refuse(name);
    const std::string_view text = arguments[0].text();
    const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto count = static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), is_first));
    const auto decoded = copies_->allocate(count, 1, name);
    std::size_t at = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto first = static_cast<unsigned char>(text[i]);
      if (first < 0x80U) {
        decoded[at++] = std::byte{first};
        continue;
      }
      // U+0080 to U+00FF: 110000xx 10xxxxxx
      const auto second = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
      if ((first & 0xFCU) != 0xC0U || (second & 0xC0U) != 0x80U)
        fail("weights: '", name, "' expects characters up to U+00FF as data, found others (file ", tree_->file(), ")");
      decoded[at++] = static_cast<std::byte>((first & 3U) << 6U | (second & 0x3FU));
      ++i;
    }
    return decoded;
  }

  const pickle::Tree* tree_;
  TensorCopies* copies_;
  bool momentum_;
};

}  // namespace numpy_format

/// Reads a pickle of NumPy arrays, protocols 2 to 5, as Python 2 and 3 write them: detectron2's {"model": {name:
/// array},
/// "__author__": who}, Caffe2's {"blobs": {name: array}}, or {name: array}. In files that name no author, blobs that
/// end in `_momentum` are passed over, as detectron2 does. The author becomes metadata `__author__`. Arrays stay in the
/// file, except those that protocol 2 wrote as text. Source: `_load_file` in
/// detectron2/checkpoint/detection_checkpoint.py; `__reduce__` of numpy's arrays and dtypes.
/// @throws Error naming what is wrong, not allowed or not understood
[[nodiscard]] inline Weights read_numpy_pickle(const WeightFile& file) {
  ByteReader in(file.bytes, "the pickle", file.name);
  pickle::Tree tree(file.name);
  const pickle::Value root = pickle::read(tree, in);
  Weights::Metadata metadata;
  const auto author = tree.find(root, "__author__");
  if (author) metadata["__author__"] = printable(author->text());
  const auto memory = state_dict::memory_of(file);
  const numpy_format::ArrayReader reader(tree, memory->copies, author.has_value());
  return state_dict::weights(tree, root, reader, std::move(metadata), memory);
}

}  // namespace maskrcnn
