// Bodies of regnet.hpp.
#pragma once

#include <maskrcnn/stages/regnet.hpp>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace regnet {

/// The block at a place.
/// @param stride of its 3 x 3 convolution and its shortcut
template <Scalar T>
[[nodiscard]] ResidualUnitParts<T> read_block(const Parameters& at, Index in, Index stride, const NormOptions& norms,
                                              const Compute& compute) {
  const Parameters f = at / "f";
  const bool projects = stride != 1 || (at / "proj" / 0).contains("weight");
  ResidualUnitParts<T> parts{.stride = stride};
  parts.convs.push_back({read_conv_block<T>(f / "a", {.in = in}, norms), {}});
  const Index inner = parts.convs.back().weights.out;
  parts.convs.push_back({read_conv_block<T>(f / "b", {.out = inner, .in = inner, .kernel = 3, .grouped = true}, norms),
                         {.stride = stride, .padding = 1}});
  if ((f / "se" / "fc1").contains("weight"))
    parts.excitation = read_squeeze_excitation<T>(f / "se", inner, Gate::sigmoid, compute);
  parts.convs.push_back(
      {read_conv_block<T>(f / "c", {.out = projects ? Parameters::any : in, .in = inner}, norms), {}});
  if (projects)
    parts.projection = read_conv_block<T>(at / "proj", {.out = parts.convs.back().weights.out, .in = in}, norms);
  return parts;
}

}  // namespace regnet

template <Scalar T>
RegNet<T>::RegNet(const Parameters& at, const NormOptions& norms, const Compute& compute)
    : stem_(read_conv_block<T>(at / "stem", {.in = 3, .kernel = 3}, norms),
            {.stride = 2, .padding = 1, .activation = Activation::relu}, compute) {
  Index channels = stem_.out_channels();
  for (int stage = 1; stage <= 4; ++stage) {
    const std::string name = "block" + std::to_string(stage);
    const auto block = [&](std::size_t i) { return at / "trunk_output" / name / (name + "-" + std::to_string(i)); };
    auto& units = stages_.emplace_back();
    do {
      units.emplace_back(
          regnet::read_block<T>(block(units.size()), channels, Index{units.empty() ? 2U : 1U}, norms, compute),
          compute);
      channels = units.back().out_channels();
    } while ((block(units.size()) / "f" / "a" / 0).contains("weight"));
    channels_.push_back(channels);
  }
}

template <Scalar T>
FeaturePyramid<T> RegNet<T>::operator()(const Tensor<T, 4>& input) const {
  const ProfileSpan span(input.profile(), "step", "regnet");
  FeaturePyramid<T> features;
  const Tensor<T, 4> stem = stem_(input);
  for (const auto& units : stages_) {
    Tensor<T, 4> x = units.front()(features.empty() ? stem : features.back());
    for (std::size_t i = 1; i < units.size(); ++i) x = units[i](std::move(x));
    features.push_back(std::move(x));
  }
  return features;
}

#ifdef MASKRCNN_COMPILED
template class RegNet<float>;
template class RegNet<double>;
#endif

}  // namespace maskrcnn
