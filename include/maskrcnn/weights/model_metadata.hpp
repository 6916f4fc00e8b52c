/// Model facts on their way into a file: what `ModelConfig::from` reads back.
#pragma once

#include <maskrcnn/weights/metadata_value.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <string>
#include <vector>

namespace maskrcnn {

/// Metadata of a file that is to be built with `config`, whatever its defaults.
/// @param architecture, convention as the file's reader has recognised them
[[nodiscard]] inline Weights::Metadata metadata_of(const ModelConfig& config, const std::string& architecture,
                                                   const std::string& convention) {
  Weights::Metadata metadata{{"architecture", architecture}, {"convention", convention}};
  for_each_fact(config, [&](const char* key, const auto& fact) {
    if (const auto text = metadata_value::text_of(fact)) metadata[key] = *text;
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
