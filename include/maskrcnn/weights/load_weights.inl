// Bodies of load_weights.hpp, and with them the readers of all formats.
#pragma once

#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/numpy_pickle.hpp>
#include <maskrcnn/weights/other_formats.hpp>
#include <maskrcnn/weights/safetensors.hpp>
#include <maskrcnn/weights/torch_legacy.hpp>
#include <maskrcnn/weights/torch_zip.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION WeightFormat format_of(std::span<const std::byte> bytes) {
  const std::string_view begin = ByteReader::text_of(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  if (begin.starts_with("PK\x03\x04") || begin.starts_with("PK\x05\x06")) return WeightFormat::torch_zip;
  // a safetensors file of a header of 640 bytes begins as a pickle does, but no operation is 0
  if (begin.size() > 2 && begin[0] == '\x80' && begin[2] != '\0')
    return begin.substr(0, 32).find(torch_format::legacy_magic) != std::string_view::npos ? WeightFormat::torch_legacy
                                                                                          : WeightFormat::numpy_pickle;
  if (begin.size() > 262 && begin.substr(257, 5) == "ustar") return WeightFormat::torch_tar;
  return WeightFormat::safetensors;
}

MASKRCNN_FUNCTION Weights read_weights(const WeightFile& file) {
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
  if (file.bytes.empty())
    fail("weights: expected weights, found an empty file; download it again (file ", file.name, ")");
  if (const OtherFormat* const other = other_format_of(file.bytes))
    fail("weights: expected safetensors, a file of torch.save or a pickle of NumPy arrays, found ", other->what, "; ",
         other->remedy, " (file ", file.name, ")");
  return read_safetensors(file);
}

MASKRCNN_FUNCTION Weights load_weights(const std::string& path) { return read_weights(open_weight_file(path)); }

}  // namespace maskrcnn
