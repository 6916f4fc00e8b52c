/// Loading: one call for every format that the library reads.
#pragma once

#include <maskrcnn/weights/safetensors.hpp>

namespace maskrcnn {

/// Reads a weight file: safetensors, with torchvision's state-dict names, current or old.
/// @throws Error with the reason, if the file cannot be read or is malformed
[[nodiscard]] inline Weights load_weights(const std::string& path) { return read_safetensors(path); }

}  // namespace maskrcnn
