// The depthwise kernel of every instruction set, against the definition.

#include <maskrcnn/kernels/dispatch.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::Index;

TEST_CASE("every depthwise kernel computes what the plain one does, and nothing beside it") {
  for (const auto* kernels : maskrcnn::kernels::available_kernels<float>())
    for (const Index channels : {1U, 7U, 8U, 16U, 24U, 33U, 72U})
      for (const Index pixels : {1U, 3U, 8U, 21U})
        for (const Index taps : {1U, 2U, 5U})
          for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish}) {
            const Index row = (2 * pixels + taps) * channels;
            const auto input = test::random_numbers<float>(taps * row, 1),
                       weights = test::random_numbers<float>(30 * channels, 2);
            const auto bias = test::random_numbers<float>(channels, 3);
            std::vector<float> found(pixels * channels + 1, 7.0F), expected(pixels * channels + 1, 7.0F);
            maskrcnn::kernels::DepthwiseRun<float> run{.input = input.data(),
                                                       .stride = 2 * channels,
                                                       .row = row,
                                                       .weights = weights.data(),
                                                       .weight_row = 6 * channels,
                                                       .rows = taps,
                                                       .columns = taps,
                                                       .bias = bias.data(),
                                                       .channels = channels,
                                                       .pixels = pixels,
                                                       .to = found.data(),
                                                       .activation = activation};
            kernels->depthwise(run);
            run.to = expected.data();
            maskrcnn::kernels::depthwise_reference(run);
            CAPTURE(std::string(kernels->name));
            CAPTURE(channels);
            CAPTURE(pixels);
            CAPTURE(taps);
            CHECK(test::difference(found, expected) < 1e-6);
          }
}
