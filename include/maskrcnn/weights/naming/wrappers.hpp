/// What frameworks put around the names of a network's tensors: parts that wrap a module, and the place where a
/// training script keeps it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming {

/// `name` without the parts that torch.compile and FullyShardedDataParallel put before those of the module they wrap.
[[nodiscard]] inline std::string without_wrappers(std::string_view name) {
  constexpr std::array<std::string_view, 3> parts{"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"};
  std::string bare;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size() - 1) + 1;
    const std::string_view part = name.substr(0, end);
    if (!part.ends_with('.') || std::find(parts.begin(), parts.end(), part.substr(0, end - 1)) == parts.end())
      bare += part;
    name.remove_prefix(end);
  }
  return bare;
}

/// What stands before the part `backbone.` of a name; npos long, if that is in none.
[[nodiscard]] inline std::size_t prefix_length(std::string_view name) {
  if (name.starts_with("backbone.")) return 0;
  const std::size_t at = name.find(".backbone.");
  return at == std::string_view::npos ? at : at + 1;
}

/// The tensors by names that begin as a network's do. Whatever stands before `backbone.` goes, be it `module.`,
/// `model.` or anything else, and with it, as they are no part of the network, the tensors without it; where there is
/// no backbone, `module.` if all names have it.
/// @param notes gets a line about what was passed over
/// @throws Error if the file has two networks, or one tensor twice
[[nodiscard]] inline NamedTensors unwrapped(NamedTensors tensors, const std::string& file,
                                            std::vector<std::string>& notes) {
  NamedTensors bare;
  std::string prefix;
  bool found = false;
  for (auto& [given, tensor] : tensors) {
    const std::string name = without_wrappers(given);
    if (!bare.emplace(name, std::move(tensor)).second)
      fail("weights: '", printable(name), "' is there twice, once as '", printable(given), "' (file ", file, ")");
    const std::size_t length = prefix_length(name);
    if (length == std::string::npos || (found && prefix.empty())) continue;
    const std::string here = name.substr(0, length);
    // of networks with and without a prefix, the one without is meant; then the names of the other are unknown
    if (found && !here.empty() && here != prefix)
      fail("weights: expected the tensors of one network, found those of two, '", printable(prefix),
           "backbone...' and '", printable(here), "backbone...'; save one of them alone (file ", file, ")");
    prefix = here;
    found = true;
  }
  if (!found && !bare.empty() &&
      std::all_of(bare.begin(), bare.end(), [](const auto& named) { return named.first.starts_with("module."); }))
    prefix = "module.";
  if (prefix.empty()) return bare;
  NamedTensors network;
  std::string other;
  std::size_t others = 0;
  for (auto& [name, tensor] : bare) {
    if (name.starts_with(prefix) || name.starts_with("self_test."))
      network.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, std::move(tensor));
    else if (others++ == 0)
      other = name;
  }
  if (others > 0)
    notes.push_back("the network's names begin with '" + printable(prefix) + "'; " + std::to_string(others) +
                    (others == 1 ? " tensor" : " tensors") + " beside it passed over: '" + printable(other) + "'" +
                    (others == 1 ? "" : ", ..."));
  return network;
}

}  // namespace maskrcnn::naming
