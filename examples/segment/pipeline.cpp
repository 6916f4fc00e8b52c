#include "pipeline.hpp"

#include <maskrcnn/backbone.hpp>
#include <maskrcnn/core/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "listed.hpp"

namespace segment {

// defined in the translation units of the architectures
template <maskrcnn::Backbone B, maskrcnn::Convention C>
std::unique_ptr<Pipeline> make_pipeline(bool masks, const maskrcnn::Weights& weights,
                                        const maskrcnn::ModelConfig& config);

namespace {

struct Entry {
  std::string_view structure, convention;
  using Make = std::unique_ptr<Pipeline>(bool, const maskrcnn::Weights&, const maskrcnn::ModelConfig&);
  Make *fp32, *bf16;
};

template <maskrcnn::Backbone B, maskrcnn::Convention C>
constexpr Entry entry_of(std::string_view structure) {
  return {structure, C::name, &make_pipeline<B, C>, &make_pipeline<maskrcnn::Bf16<B>, C>};
}

constexpr Entry entries[] = {
#define MASKRCNN_ARCHITECTURE(structure, backbone, convention) entry_of<backbone, convention>(#structure),
#include "architectures.inc"
#undef MASKRCNN_ARCHITECTURE
};

}  // namespace

std::optional<Precision> precision_named(std::string_view name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  return std::nullopt;
}

std::unique_ptr<Pipeline> make_pipeline(const Architecture& architecture, const maskrcnn::Weights& weights,
                                        const maskrcnn::ModelConfig& config, Precision precision) {
  for (const Entry& entry : entries)
    if (entry.structure == architecture.structure && entry.convention == architecture.convention)
      return (precision == Precision::bf16 ? entry.bf16 : entry.fp32)(architecture.masks, weights, config);
  std::vector<std::string> compiled;
  for (const Entry& entry : entries)
    compiled.push_back(std::string(entry.structure) + " by " + std::string(entry.convention));
  maskrcnn::fail("weights: ", architecture.name(), " (", architecture.structure, ") by the convention of ",
                 architecture.convention, " is not compiled in, expected one of ", listed(compiled));
}

}  // namespace segment
