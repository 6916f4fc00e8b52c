/// Loading: one call for every format that the library reads.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <span>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

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
[[nodiscard]] WeightFormat format_of(std::span<const std::byte> bytes);

/// Reads weights from memory, in any format of `load_weights`.
/// @throws Error as `load_weights` does
[[nodiscard]] Weights read_weights(const WeightFile& file);

/// Reads a weight file: safetensors; PyTorch's `.pth`, zip or legacy; detectron2's and Caffe2's `.pkl`. The content
/// decides, not the file's name. Files with a state dict inside (`model`, `state_dict`, `model_state_dict`, `blobs`;
/// see `state_dict.hpp`) are read as that. No code of a file is ever run, and what is read takes no more memory than
/// the file, besides a bounded amount for the names (`pickle::Tree::max_values`).
/// @throws Error with the reason, if the file cannot be read, is malformed or mentions what no checkpoint needs
[[nodiscard]] Weights load_weights(const std::string& path);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/load_weights.inl>
#endif
