/// Precision: what a model's products are computed of, a fact of the model that is given when it is built.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `bf16`: products of bfloat16 numbers, sums and everything between layers in float: those of 1 x 1 convolutions and
/// fully connected layers; where the processor has AMX, those of 3 x 3 convolutions as well. Faster with AMX or with an
/// AVX512_BF16 of full speed, emulated and slow without either.
enum class Precision { fp32, bf16 };

/// "fp32" or "bf16": as the tools spell it.
[[nodiscard]] constexpr std::string_view precision_name(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

/// The precision of a name; nothing, if it is none.
[[nodiscard]] constexpr std::optional<Precision> precision_named(std::string_view name) {
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    if (name == precision_name(precision)) return precision;
  return std::nullopt;
}

/// How a model is built, besides its weights and their configuration: `Model(weights, {.precision = Precision::bf16})`.
struct ModelOptions {
  Precision precision = Precision::fp32;
};

}  // namespace maskrcnn
