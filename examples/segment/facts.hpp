/// Facts of a model that the user says: `--set KEY=VALUE`, believed before the file and what it is recognised as.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/weights/model_metadata.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>

namespace segment {

using Facts = maskrcnn::Weights::Metadata;

/// "KEY=VALUE" as an entry of metadata.
/// @throws Error if there is no '=' or KEY says nothing of a model
[[nodiscard]] inline Facts::value_type fact_of(const std::string& text) {
  const std::size_t end = text.find('=');
  if (end == std::string::npos) maskrcnn::fail("expected KEY=VALUE, found '", text, "'");
  const std::string key = text.substr(0, end);
  const auto known = maskrcnn::metadata_keys();
  if (std::find(known.begin(), known.end(), key) == known.end())
    maskrcnn::fail("'", key, "' is no fact of a model, expected one of ", maskrcnn::listed(known));
  return {key, text.substr(end + 1)};
}

/// @param facts gets what is said, while the command line is read
inline void add_facts_option(CLI::App& app, Facts& facts) {
  app.add_option_function<std::string>(
         "--set",
         [&facts](const std::string& text) {
           try {
             const auto [key, value] = fact_of(text);
             facts[key] = value;
           } catch (const maskrcnn::Error& problem) {
             throw CLI::ValidationError("--set", problem.what());
           }
         },
         "a fact of the model, as metadata say it: batch_norm_eps=1e-5; may be repeated; examples/convert/README.md "
         "lists them")
      ->type_name("KEY=VALUE")
      ->trigger_on_parse()
      ->allow_extra_args(false);
}

}  // namespace segment
