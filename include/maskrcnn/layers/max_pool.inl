// Bodies of max_pool.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/max_pool.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
Tensor<T, 4> max_pool(const Tensor<T, 4>& input, const PoolGeometry& pool) {
  const auto [images, height, width, channels] = input.shape();
  if (height + 2 * pool.padding < pool.size || width + 2 * pool.padding < pool.size || 2 * pool.padding > pool.size)
    fail("max_pool: expected a window that meets the input, found size ", pool.size, ", padding ", pool.padding,
         " on shape ", shape_text(input.shape()));
  const Shape<4> shape{images, (height + 2 * pool.padding - pool.size) / pool.stride + 1,
                       (width + 2 * pool.padding - pool.size) / pool.stride + 1, channels};
  ProfileSpan span(input.profile(), "layer", "max_pool");
  Tensor<T, 4> output = input.like(shape);
  // the part of a window that lies inside the image, along one axis
  const auto window = [&pool](Index position, Index size) {
    const Index begin = position * pool.stride;
    return std::pair{std::max(begin, pool.padding) - pool.padding, std::min(begin + pool.size - pool.padding, size)};
  };
  parallel_for(images * shape[1], [&, h = height, w = width, c = channels](Index line) {
    const Index image = line / shape[1];
    const auto [y_begin, y_end] = window(line % shape[1], h);
    for (Index x = 0; x < shape[2]; ++x) {
      const auto [x_begin, x_end] = window(x, w);
      T* const to = output.data() + (line * shape[2] + x) * c;
      const auto maximum = [&, ya = y_begin, yb = y_end, xa = x_begin, xb = x_end](Index channel, auto count) {
        std::array<T, decltype(count)::value> best;
        std::copy_n(&input(image, ya, xa, channel), best.size(), best.begin());
        for (Index y = ya; y < yb; ++y)
          for (Index column = xa; column < xb; ++column) {
            const T* const from = &input(image, y, column, channel);
            for (std::size_t i = 0; i < best.size(); ++i)  // not std::max: GCC makes vectors of this form only
              best[i] = best[i] < from[i] ? from[i] : best[i];
          }
        std::copy(best.begin(), best.end(), to + channel);
      };
      // sixteen channels at a time, a number that compilers know: then they use vectors
      Index channel = 0;
      for (; channel + 16 <= c; channel += 16) maximum(channel, std::integral_constant<std::size_t, 16>{});
      for (; channel < c; ++channel) maximum(channel, std::integral_constant<std::size_t, 1>{});
    }
  });
  span.end([&] {
    ProfileNotes notes{};
    notes.say_shape("input", input.shape()).say_shape("output", shape);
    return notes;
  });
  return output;
}

#ifdef MASKRCNN_COMPILED
template Tensor<float, 4> max_pool<float>(const Tensor<float, 4>&, const PoolGeometry&);
template Tensor<double, 4> max_pool<double>(const Tensor<double, 4>&, const PoolGeometry&);
#endif

}  // namespace maskrcnn
