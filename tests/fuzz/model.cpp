// libFuzzer: a slim model's weights with tensors renamed, left out, reshaped, of other types and numbers, and with
// other metadata; built and, if that is allowed, run on a small image. Any end but detections or a maskrcnn::Error is a
// finding.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <maskrcnn/mask_rcnn.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <memory>
#include <string>
#include <vector>

namespace {

using maskrcnn::Weights;

/// The input, taken from the front; zeros behind its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  [[nodiscard]] bool empty() const { return at_ == end_; }
  [[nodiscard]] std::uint8_t byte() { return empty() ? std::uint8_t{0} : *at_++; }
  [[nodiscard]] std::string text() {
    std::string text;
    for (std::size_t length = byte() % 64U; length > 0 && !empty(); --length) text.push_back(static_cast<char>(byte()));
    return text;
  }

 private:
  const std::uint8_t *at_, *end_;
};

[[nodiscard]] const Weights& slim() {
  static const Weights weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_resnet18.safetensors");
  return weights;
}

/// Numbers that a changed tensor has, of any type.
[[nodiscard]] std::shared_ptr<std::vector<std::byte>> numbers(Input& in, std::size_t bytes) {
  auto all = std::make_shared<std::vector<std::byte>>(bytes);
  const std::uint8_t a = in.byte(), b = in.byte();
  for (std::size_t i = 0; i < bytes; ++i) (*all)[i] = static_cast<std::byte>(i % 2 == 0 ? a : b);
  return all;
}

[[nodiscard]] Weights changed(Input& in, std::vector<std::shared_ptr<const void>>& owners) {
  Weights::Tensors tensors = slim().tensors();
  Weights::Metadata metadata = slim().metadata();
  metadata["min_size"] = "32";
  metadata["max_size"] = "64";
  while (!in.empty()) {
    const std::uint8_t what = in.byte();
    auto tensor = tensors.begin();
    if (tensors.empty()) break;
    std::advance(tensor, in.byte() % tensors.size());
    switch (what % 8) {
      case 0:
        tensors.erase(tensor);
        break;
      case 1:
        tensors[in.text()] = tensor->second;
        break;
      case 2: {  // another shape of as many elements or fewer
        auto& shape = tensor->second.shape;
        if (shape.empty()) break;
        auto& size = shape[in.byte() % shape.size()];
        size = std::min<std::size_t>(size, in.byte());
        break;
      }
      case 3: {  // another shape, numbers made up
        auto& stored = tensor->second;
        if (stored.shape.empty()) break;
        stored.shape[in.byte() % stored.shape.size()] = in.byte() % 40U;
        if (stored.count() > (1U << 20U)) break;
        const auto bytes = numbers(in, stored.count() * 8);
        stored.data = bytes->data();
        owners.push_back(bytes);
        break;
      }
      case 4: {
        auto& stored = tensor->second;
        stored.type = static_cast<maskrcnn::DType>(in.byte() % 11U);
        const auto bytes = numbers(in, std::min<std::size_t>(stored.count(), 1U << 20U) * 8);
        if (stored.count() > (1U << 20U)) stored.shape = {1};
        stored.data = bytes->data();
        owners.push_back(bytes);
        break;
      }
      case 5:
        tensor->second.shape.push_back(1);
        break;
      case 6: {
        auto key = metadata.begin();
        std::advance(key, in.byte() % metadata.size());
        key->second = in.text();
        break;
      }
      default: {
        const std::string key = in.text();
        metadata[key] = in.text();
      }
    }
  }
  return {"fuzz", std::move(tensors), std::move(metadata), nullptr};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Model = maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn>;
  Input in(data, size);
  std::vector<std::shared_ptr<const void>> owners;
  try {
    const Weights weights = changed(in, owners);
    const Model model(weights);
    const auto& config = model.config();
    if (config.max_size > 64 || config.anchor_sizes.front().size() > 9) return 0;  // slow, and rightly so
    (void)model(maskrcnn::Image({24, 17}));
  } catch (const maskrcnn::Error&) {
  }
  return 0;
}
