/// Model facts on their way into a file: what `ModelConfig::from` reads back.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace model_metadata {

/// What `metadata_value::read` reads back; nothing, if there is nothing to say.
template <class Value>
[[nodiscard]] std::optional<std::string> text_of(const Value& value) {
  return nlohmann::json(value).dump();
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::vector<std::string>& names) {
  if (names.empty()) return std::nullopt;
  try {
    return nlohmann::json(names).dump();
  } catch (const nlohmann::json::exception&) {
    fail("model: expected class names in UTF-8, found another encoding");
  }
}
template <class Value>
[[nodiscard]] std::optional<std::string> text_of(const std::optional<Value>& value) {
  return value ? text_of(*value) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<BottleneckStride>& value) {
  return value ? text_of(*value == BottleneckStride::in_1x1) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<MaskPaste>& value) {
  return value ? std::optional<std::string>(*value == MaskPaste::sampled ? "sampled" : "integer_box") : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<ChannelOrder>& value) {
  return value ? std::optional<std::string>(*value == ChannelOrder::rgb ? "rgb" : "bgr") : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<ExifOrientation>& value) {
  return value ? std::optional<std::string>(name_of(*value)) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const Intensity& value) { return name_of(value); }

}  // namespace model_metadata

/// Metadata of a file that is to be built with `config`, whatever its defaults.
/// @param architecture, convention as the file's reader has recognised them
[[nodiscard]] inline Weights::Metadata metadata_of(const ModelConfig& config, const std::string& architecture,
                                                   const std::string& convention) {
  Weights::Metadata metadata{{"architecture", architecture}, {"convention", convention}};
  for_each_fact(config, [&](const char* key, const auto& fact) {
    if (const auto text = model_metadata::text_of(fact)) metadata[key] = *text;
  });
  return metadata;
}

/// Every key of metadata that says something of a model.
[[nodiscard]] inline std::vector<std::string> metadata_keys() {
  std::vector<std::string> keys{"architecture", "convention"};
  const ModelConfig config;
  for_each_fact(config, [&](const char* key, const auto&) { keys.emplace_back(key); });
  return keys;
}

}  // namespace maskrcnn
