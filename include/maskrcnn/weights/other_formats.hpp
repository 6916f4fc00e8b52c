/// Files that are no weights this library reads, told by their first bytes: what they are, and what to do.
#pragma once

#include <array>
#include <cstddef>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <span>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A kind of file.
struct OtherFormat {
  std::size_t at;         ///< where the mark stands
  std::string_view mark;  ///< bytes
  const char *what, *remedy;
};

/// What to do where nothing else can be said.
inline constexpr const char* save_state_dict = "save the model's state dict by torch.save or as safetensors";

/// By what files begin with; the first that fits counts.
inline constexpr std::array<OtherFormat, 24> other_formats{{
    {0, "version https://git-lfs", "a pointer of Git LFS, not the file itself", "run `git lfs pull`"},
    {0, "<!DOCTYPE html", "a web page",
     "download the file itself: the address leads to a page about it, or asks to log in"},
    {0, "<!doctype html", "a web page",
     "download the file itself: the address leads to a page about it, or asks to log in"},
    {0, "<html", "a web page", "download the file itself: the address leads to a page about it, or asks to log in"},
    {0, "<?xml", "an XML file, such as OpenVINO's description of a network", save_state_dict},
    {0, "<Error>", "an error message of a server", "download the file again"},
    {0, "\x89HDF\r\n\x1A\n", "an HDF5 file, as Keras writes them", "convert its tensors to safetensors"},
    {4, "TFL3", "a TensorFlow Lite model", save_state_dict},
    {0, "\x93NUMPY", "a single NumPy array", save_state_dict},
    {0, "GGUF", "a GGUF file of a language model", save_state_dict},
    {0, "\x1F\x8B", "compressed by gzip", "run `gunzip`"},
    {0,
     "\xFD"
     "7zXZ",
     "compressed by xz", "run `unxz`"},
    {0, "BZh", "compressed by bzip2", "run `bunzip2`"},
    {0, "\x28\xB5\x2F\xFD", "compressed by zstd", "run `unzstd`"},
    {0, "7z\xBC\xAF\x27\x1C", "an archive of 7-Zip", "unpack it"},
    {0, "Rar!", "a RAR archive", "unpack it"},
    {0, "\x89PNG", "an image", "weights come first, images after them"},
    {0, "\xFF\xD8\xFF", "an image", "weights come first, images after them"},
    {0, "%PDF", "a PDF document", "name the weights"},
    {0,
     "\x7F"
     "ELF",
     "a program", "name the weights"},
    {0, "{", "a JSON text, such as the index of a model in several files", "name the file that has the tensors"},
    {0, "[", "a JSON text", "name the file that has the tensors"},
    {0, "_BASE_:", "a configuration of detectron2", "name the file that has the tensors"},
    {0, "MODEL:", "a configuration of detectron2", "name the file that has the tensors"},
}};

/// Whether a file begins as an ONNX model does: a version of the format and the producer's name, as protocol buffers
/// have them.
[[nodiscard]] inline bool is_onnx(std::string_view begin) {
  const bool version = begin.size() > 4 && begin[0] == '\x08' && begin[1] > 0 && begin[1] < 32 && begin[2] == '\x12';
  const auto length = version ? static_cast<unsigned char>(begin[3]) : 0U;
  if (!version || length == 0 || length > begin.size() - 4) return false;
  for (const char c : begin.substr(4, length))
    if (c < ' ' || c > '~') return false;
  return true;
}

/// The kind of a file that is none of the formats which are read; null, if it is not known.
[[nodiscard]] inline const OtherFormat* other_format_of(std::span<const std::byte> bytes) {
  static constexpr OtherFormat onnx{0, "", "an ONNX model", save_state_dict};
  std::string_view begin = ByteReader::text_of(bytes.first(bytes.size() < 512 ? bytes.size() : 512));
  // the length of a header, as safetensors begin, has zeros here: such a file is damaged, not another
  if (begin.size() > 8 && begin.substr(4, 4) == std::string_view("\0\0\0\0", 4)) return nullptr;
  if (is_onnx(begin)) return &onnx;
  for (const OtherFormat& format : other_formats)
    if (begin.substr(begin.size() < format.at ? begin.size() : format.at).starts_with(format.mark)) return &format;
  if (begin.starts_with("\xEF\xBB\xBF")) begin.remove_prefix(3);
  begin.remove_prefix(
      begin.find_first_not_of(" \t\r\n") == std::string_view::npos ? begin.size() : begin.find_first_not_of(" \t\r\n"));
  for (const OtherFormat& format : other_formats)
    if (format.at == 0 && format.mark.size() > 3 && begin.starts_with(format.mark)) return &format;
  return nullptr;
}

}  // namespace maskrcnn
