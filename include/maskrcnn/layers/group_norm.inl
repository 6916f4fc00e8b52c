// Bodies of group_norm.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/not_a_number.hpp>
#include <maskrcnn/layers/group_norm.hpp>
#include <maskrcnn/layers/lanes.hpp>
#include <memory>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace group_norm {

/// Pixels of a task: whole RoIs, and parts of an image that stay in the cache from the sums to the factors.
inline constexpr Index chunk_pixels = 1024;

}  // namespace group_norm

template <Scalar T>
GroupNorm<T>::GroupNorm(const GroupNormWeights<T>& weights) : weights_(weights) {
  const Index channels = weights.scale.size(), groups = weights.groups;
  if (groups == 0 || channels == 0 || channels % groups != 0 || weights.shift.size() != channels)
    fail("group_norm: expected as many scales as shifts, a multiple of ", groups, " groups, found ", channels, " and ",
         weights.shift.size());
}

template <Scalar T>
void GroupNorm<T>::operator()(Tensor<T, 4>& x, const Addend<T>& added, Activation activation) const {
  const auto [images, height, width, depth] = x.shape();
  if (depth != channels()) fail("group_norm: expected ", channels(), " channels, found shape ", shape_text(x.shape()));
  ProfileSpan span(x.profile(), "layer", weights_.name);
  const Index pixels = height * width, chunks = (pixels + group_norm::chunk_pixels - 1) / group_norm::chunk_pixels;
  const Index groups = weights_.groups, c = channels();
  const bool relu = activation == Activation::relu;
  const auto chunk = [&](Index task) {
    const Index image = task / chunks, part = task % chunks;
    return Chunk{image, image * pixels + pixels * part / chunks, image * pixels + pixels * (part + 1) / chunks};
  };
  Tensor<T, 3> factors = x.like(Shape<3>{images, 2, c});
  Tensor<double, 3> sums(Shape<3>{images * chunks, 2, groups}, x.workspace());
  parallel_for(images * chunks, [&](Index task) {
    add_up(x, chunk(task), &sums(task, 0, 0));
    if (chunks > 1) return;
    factors_of(&sums(task, 0, 0), pixels, &factors(task, 0, 0));
    apply(x, chunk(task), &factors(task, 0, 0), added, relu);
  });
  if (chunks > 1) {
    for (Index image = 0; image < images; ++image) {
      double* const total = &sums(image * chunks, 0, 0);
      for (Index part = 1; part < chunks; ++part)
        for (Index i = 0; i < 2 * groups; ++i) total[i] += total[part * 2 * groups + i];
      factors_of(total, pixels, &factors(image, 0, 0));
    }
    parallel_for(images * chunks,
                 [&](Index task) { apply(x, chunk(task), &factors(task / chunks, 0, 0), added, relu); });
  }
  span.end([&] {
    ProfileNotes notes{};
    notes.say_shape("input", x.shape()).say("groups", std::to_string(groups));
    return notes;
  });
}

template <Scalar T>
void GroupNorm<T>::add_up(const Tensor<T, 4>& x, const Chunk& chunk, double* sums) const {
  const Index c = channels(), groups = weights_.groups, of_group = c / groups;
  constexpr Index block = 16;  // pixels that are added up in registers
  std::vector<double> channel_sums(2 * c, 0.0);
  for (Index first = chunk.first; first < chunk.end; first += block) {
    const T* const from = x.data() + first * c;
    const Index count = std::min(block, chunk.end - first);
    for_lanes(c, [&](Index channel, auto lanes) {
      Lanes<double> sum{}, squares{};
      for (Index pixel = 0; pixel < count; ++pixel) {
        const T* const at = from + pixel * c + channel;
        for (Index i = 0; i < lanes; ++i) {
          const auto value = static_cast<double>(at[i]);
          sum[i] += value;
          squares[i] += value * value;
        }
      }
      for (Index i = 0; i < lanes; ++i) channel_sums[channel + i] += sum[i];
      for (Index i = 0; i < lanes; ++i) channel_sums[c + channel + i] += squares[i];
    });
  }
  for (Index i = 0; i < 2 * groups; ++i) {
    sums[i] = 0;
    for (Index j = 0; j < of_group; ++j) sums[i] += channel_sums[i * of_group + j];
  }
}

template <Scalar T>
void GroupNorm<T>::factors_of(const double* sums, Index pixels, T* factors) const {
  const Index c = channels(), groups = weights_.groups, of_group = c / groups;
  const auto count = static_cast<double>(pixels * of_group);
  for (Index channel = 0; channel < c; ++channel) {
    const Index group = channel / of_group;
    const double mean = sums[group] / count, variance = sums[groups + group] / count - mean * mean;
    const double scale =
        static_cast<double>(weights_.scale[channel]) / std::sqrt((variance < 0 ? 0 : variance) + weights_.epsilon);
    factors[channel] = static_cast<T>(scale);
    factors[c + channel] = static_cast<T>(static_cast<double>(weights_.shift[channel]) - mean * scale);
  }
}

template <Scalar T>
void GroupNorm<T>::apply(Tensor<T, 4>& x, const Chunk& chunk, const T* factors, const Addend<T>& added,
                         bool relu) const {
  const Index c = channels();
  for (Index pixel = chunk.first; pixel < chunk.end; ++pixel) {
    T* const to = x.data() + pixel * c;
    const T* const addend = added ? added(pixel) : nullptr;
    for_lanes(c, [&](Index channel, auto lanes) {
      Lanes<T> values{};
      for (Index i = 0; i < lanes; ++i) values[i] = to[channel + i] * factors[channel + i] + factors[c + channel + i];
      if (addend != nullptr)
        for (Index i = 0; i < lanes; ++i) values[i] += addend[channel + i];
      if (relu)
        for (Index i = 0; i < lanes; ++i) values[i] = kernels::relu(values[i]);
      for (Index i = 0; i < lanes; ++i) to[channel + i] = values[i];
    });
  }
}

#ifdef MASKRCNN_COMPILED
template class GroupNorm<float>;
template class GroupNorm<double>;
#endif

}  // namespace maskrcnn
