// Body of json_writer.hpp: nlohmann's library escapes texts and mends their UTF-8.
#pragma once

#include <maskrcnn/io/json_writer.hpp>
#include <nlohmann/json.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

MASKRCNN_FUNCTION std::string json_quoted(std::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace maskrcnn::io
