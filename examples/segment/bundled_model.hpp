/// Where the model is that comes with the tools.
#pragma once

#include <filesystem>
#include <maskrcnn/core/error.hpp>
#include <string>
#include <system_error>

namespace segment {

/// The bundled model: in the source tree, or where the tools are installed.
/// @throws Error if it is in neither
[[nodiscard]] inline std::string bundled_model() {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(MASKRCNN_BUNDLED_MODEL, error)) return MASKRCNN_BUNDLED_MODEL;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / MASKRCNN_INSTALLED_MODEL;
  if (!error && fs::exists(installed, error)) return installed.string();
  maskrcnn::fail("weights: the bundled model is neither ", MASKRCNN_BUNDLED_MODEL, " nor ", installed.string(),
                 "; name one with --weights");
}

}  // namespace segment
