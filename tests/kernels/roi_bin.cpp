// The RoIAlign kernel of every instruction set, against the definition.

#include <maskrcnn/kernels/dispatch.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::kernels::RoiBin;

TEST_CASE("every RoIAlign kernel pools what the plain one does") {
  for (const auto* kernels : maskrcnn::kernels::available_kernels<float>())
    for (const Index channels : {1U, 8U, 15U, 16U, 33U, 256U})
      for (const Index samples : {0U, 1U, 4U, 9U})
        for (const bool maximum : {false, true}) {
          const auto map = test::random_numbers<float>(7 * channels, 1);
          const auto weights = test::random_numbers<float>(4 * samples, 2);
          std::vector<const float*> cells;
          for (Index i = 0; i < 4 * samples; ++i) cells.push_back(map.data() + i * 3 % 7 * channels);
          std::vector<float> found(channels + 1, 7.0F), expected(channels + 1, 7.0F);
          RoiBin<float> bin{.cells = cells.data(),
                            .weights = weights.data(),
                            .samples = samples,
                            .channels = channels,
                            .maximum = maximum,
                            .start = -0.5F,
                            .divisor = 3.0F,
                            .to = found.data()};
          kernels->pool_roi_bin(bin);
          bin.to = expected.data();
          maskrcnn::kernels::pool_roi_bin_reference(bin);
          CAPTURE(std::string(kernels->name));
          CAPTURE(channels);
          CAPTURE(samples);
          CAPTURE(maximum);
          CHECK(test::difference(found, expected) < 1e-6);
        }
}
