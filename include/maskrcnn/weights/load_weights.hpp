/// Loading: one call for every format that the library reads.
#pragma once

#include <maskrcnn/weights/numpy_pickle.hpp>
#include <maskrcnn/weights/safetensors.hpp>
#include <maskrcnn/weights/torch_legacy.hpp>
#include <maskrcnn/weights/torch_zip.hpp>
#include <span>
#include <string_view>

namespace maskrcnn {

/// The formats of weight files.
enum class WeightFormat {
  safetensors,
  torch_zip,     ///< torch.save since 1.6
  torch_legacy,  ///< torch.save before, and on request
  torch_tar,     ///< torch.save before 0.2: known, but not read
  numpy_pickle,  ///< detectron2, Caffe2
};

/// In words, for people.
[[nodiscard]] constexpr std::string_view format_name(WeightFormat format) {
  switch (format) {
    case WeightFormat::torch_zip:
      return "PyTorch (zip)";
    case WeightFormat::torch_legacy:
      return "PyTorch (legacy stream)";
    case WeightFormat::torch_tar:
      return "PyTorch (tar)";
    case WeightFormat::numpy_pickle:
      return "pickle of NumPy arrays (detectron2, Caffe2)";
    case WeightFormat::safetensors:
      break;
  }
  return "safetensors";
}

/// The format by the first bytes; safetensors, which has no mark of its own, for all that is nothing else.
[[nodiscard]] inline WeightFormat format_of(std::span<const std::byte> bytes) {
  const std::string_view begin = ByteReader::text_of(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  if (begin.starts_with("PK\x03\x04") || begin.starts_with("PK\x05\x06")) return WeightFormat::torch_zip;
  // a safetensors file of a header of 640 bytes begins as a pickle does, but no operation is 0
  if (begin.size() > 2 && begin[0] == '\x80' && begin[2] != '\0')
    return begin.substr(0, 32).find(torch_format::legacy_magic) != std::string_view::npos ? WeightFormat::torch_legacy
                                                                                          : WeightFormat::numpy_pickle;
  if (begin.size() > 262 && begin.substr(257, 5) == "ustar") return WeightFormat::torch_tar;
  return WeightFormat::safetensors;
}

/// Reads weights from memory, in any format of `load_weights`.
/// @throws Error as `load_weights` does
[[nodiscard]] inline Weights read_weights(const WeightFile& file) {
  switch (format_of(file.bytes)) {
    case WeightFormat::torch_zip:
      return read_torch_zip(file);
    case WeightFormat::torch_legacy:
      return read_torch_legacy(file);
    case WeightFormat::numpy_pickle:
      return read_numpy_pickle(file);
    case WeightFormat::torch_tar:
      fail("weights: expected a format of torch.save since 0.2, found the tar archive of older ones (file ", file.name,
           ")");
    case WeightFormat::safetensors:
      break;
  }
  return read_safetensors(file);
}

/// Reads a weight file: safetensors; PyTorch's `.pth`, zip or legacy; detectron2's and Caffe2's `.pkl`. The content
/// decides, not the file's name. Files with a state dict inside (`model`, `state_dict`, `model_state_dict`, `blobs`;
/// see `state_dict.hpp`) are read as that. No code of a file is ever run, and what is read takes no more memory than
/// the file, besides a bounded amount for the names (`pickle::Tree::max_values`).
/// @throws Error with the reason, if the file cannot be read, is malformed or mentions what no checkpoint needs
[[nodiscard]] inline Weights load_weights(const std::string& path) { return read_weights(open_weight_file(path)); }

}  // namespace maskrcnn
