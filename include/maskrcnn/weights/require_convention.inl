// Bodies of require_convention.hpp.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/require_convention.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace convention {

/// What the type of a convention is called: "torchvision_roi_pool" -> "TorchvisionRoiPool".
[[nodiscard]] inline std::string type_name(std::string_view name) {
  std::string type;
  bool begins = true;
  for (const char c : name) {
    const bool small = c >= 'a' && c <= 'z';  // std::toupper would ask the program's locale
    if (c != '_') type += begins && small ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == '_';
  }
  return type;
}

}  // namespace convention

MASKRCNN_FUNCTION void require_convention(const Weights& weights, const RequiredConvention& required) {
  const auto said = weights.metadata("convention");
  const std::string_view naming = weights.naming().name;
  if (said ? *said == required.name : naming == required.naming) return;
  const std::string found = printable(convention_of(weights));
  fail("model: expected weights of convention '", required.name, "', found '", found, "', as ",
       said ? "metadata 'convention' says" : "the tensors' names tell", "; run them with MaskRCNN<..., ",
       convention::type_name(found), "> or FasterRCNN<..., ", convention::type_name(found),
       ">, or with load_model, which chooses by the file (file ", weights.file(), ")");
}

MASKRCNN_FUNCTION void require_head(const Weights& weights, const Heads& heads) {
  const std::string found = weights.metadata("architecture").value_or("");
  const auto said = heads_of(found);
  if (said && *said != heads)
    fail("model: expected weights of architecture '", heads.name(), "_...', found '", printable(found),
         "', as metadata 'architecture' says; run them with ", said->type_name(),
         "<...>, or with load_model, which chooses by the file (file ", weights.file(), ")");
}

}  // namespace maskrcnn
