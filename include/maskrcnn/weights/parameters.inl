// Bodies of parameters.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/weights/naming/foreign.hpp>
#include <maskrcnn/weights/parameters.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace parameters {

MASKRCNN_FUNCTION std::string expected_text(const std::vector<std::size_t>& expected) {
  std::vector<std::string> sizes;
  for (const std::size_t size : expected) sizes.push_back(size == Parameters::any ? "any" : std::to_string(size));
  return shape_text(sizes);
}

/// Whose a name looks like, as a part of a sentence.
MASKRCNN_FUNCTION std::string whose(std::string_view name) {
  for (const auto& [part, owner] : naming::foreign_names)
    if (name.find(part) != std::string_view::npos) return "; the name looks like " + std::string(owner);
  return "";
}

}  // namespace parameters

MASKRCNN_FUNCTION Parameters::Parameters(const Weights& weights)
    : weights_(&weights), read_(std::make_shared<std::set<std::string>>()) {}

MASKRCNN_FUNCTION Parameters Parameters::operator/(const std::string& name) const {
  Parameters below = *this;
  below.prefix_ += name + ".";
  return below;
}

MASKRCNN_FUNCTION Parameters Parameters::operator/(std::size_t index) const { return *this / std::to_string(index); }

MASKRCNN_FUNCTION std::string Parameters::name() const {
  return prefix_.substr(0, prefix_.size() - (prefix_.empty() ? 0 : 1));
}

MASKRCNN_FUNCTION bool Parameters::contains(const std::string& name) const {
  return weights_->find(prefix_ + name) != nullptr;
}

MASKRCNN_FUNCTION const StoredTensor& Parameters::stored(const std::string& name,
                                                         const std::vector<std::size_t>& expected) const {
  const StoredTensor* const tensor = weights_->find(prefix_ + name);
  if (tensor == nullptr)
    fail("weights: '", prefix_, name, "' is missing, expected shape ", parameters::expected_text(expected), " (file ",
         weights_->file(), ")");
  const bool fits =
      std::equal(tensor->shape.begin(), tensor->shape.end(), expected.begin(), expected.end(),
                 [](std::size_t size, std::size_t goal) { return goal == any ? size > 0 : size == goal; });
  if (!fits)
    fail("weights: '", prefix_, name, "' has shape ", shape_text(tensor->shape), ", expected ",
         parameters::expected_text(expected), " (file ", weights_->file(), ")");
  if (!is_float(tensor->type))
    fail("weights: '", prefix_, name, "' has type ", tensor->type_name, ", expected F32, F16, BF16 or F64 (file ",
         weights_->file(), ")");
  read_->insert(prefix_ + name);
  return *tensor;
}

MASKRCNN_FUNCTION void Parameters::require_all_read() const {
  for (const auto& [name, tensor] : weights_->tensors())
    // a counter that training leaves, what files are checked with, and what configurations are read from
    if (!read_->contains(name) && !name.ends_with(".num_batches_tracked") && !name.starts_with("self_test.") &&
        !name.starts_with("pixel_") && !name.starts_with("rpn.anchor_generator."))
      fail("weights: '", name, "' of shape ", shape_text(tensor.shape), " is unknown to this model",
           parameters::whose(name), " (file ", weights_->file(), ")");
}

template <Scalar T>
std::vector<T> Parameters::values(const std::string& name, const std::vector<std::size_t>& expected) const {
  const StoredTensor& tensor = stored(name, expected);
  std::vector<T> values(tensor.count());
  constexpr Index chunk = 1U << 18U;
  parallel_for((values.size() + chunk - 1) / chunk, [&](Index c) {
    const Index end = std::min((c + 1) * chunk, values.size());
    for (Index i = c * chunk; i < end; ++i) values[i] = tensor.template element<T>(i);
    for (Index i = c * chunk; i < end; ++i)
      if (!is_finite(values[i]))
        fail("weights: '", prefix_, name, "' has ", tensor.template element<double>(i), " as number ", i,
             ", expected finite numbers",
             is_finite(tensor.template element<double>(i)) ? " of the range of single precision" : "", " (file ",
             weights_->file(), ")");
  });
  return values;
}

#ifdef MASKRCNN_COMPILED
template std::vector<float> Parameters::values<float>(const std::string&, const std::vector<std::size_t>&) const;
template std::vector<double> Parameters::values<double>(const std::string&, const std::vector<std::size_t>&) const;
#endif

}  // namespace maskrcnn
