// libFuzzer: metadata of a file, "key=value" by lines, as the configuration of a model. Any end but a configuration or
// a maskrcnn::Error is a finding; a configuration that is read must be written and read again as the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/model_metadata.hpp>
#include <string_view>

namespace {

[[nodiscard]] maskrcnn::ModelConfig config_of(const maskrcnn::Weights::Metadata& metadata) {
  return maskrcnn::ModelConfig::from({"fuzz", {}, metadata, nullptr});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  maskrcnn::Weights::Metadata metadata;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) metadata.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  try {
    const auto written = maskrcnn::metadata_of(config_of(metadata), "mask_rcnn_resnet50_fpn", "torchvision");
    try {
      if (maskrcnn::metadata_of(config_of(written), "mask_rcnn_resnet50_fpn", "torchvision") != written) std::abort();
    } catch (const maskrcnn::Error&) {
      std::abort();  // what was written could not be read
    }
  } catch (const maskrcnn::Error&) {
  }
  return 0;
}
