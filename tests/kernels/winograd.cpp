// Winograd's transforms of every instruction set: with the products between them they make a 3 x 3 convolution.

#include <maskrcnn/kernels/dispatch.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::kernels::available_kernels;
using maskrcnn::kernels::KernelSet;
namespace kernels = maskrcnn::kernels;

namespace {

template <Index N>
struct Outputs {
  static constexpr Index value = N;
};
using Outputs4 = Outputs<4>;
using Outputs6 = Outputs<6>;

/// G g for one axis: the three taps as a polynomial, at each point, over that point's distances from the others.
template <Index Outputs>
[[nodiscard]] std::vector<double> taps_at_points(const std::array<double, 3>& g) {
  std::vector<double> values{g[0] / kernels::winograd_polynomial<Outputs>[0]};
  for (const double p : kernels::winograd_points<Outputs>) {
    double distances = 2 * p * p;
    for (const double q : kernels::winograd_points<Outputs>)
      if (q != p) distances *= p * p - q * q;
    values.push_back((g[0] + p * g[1] + p * p * g[2]) / distances);
    values.push_back((g[0] - p * g[1] + p * p * g[2]) / distances);
  }
  values.push_back(g[2]);
  return values;
}

/// One tile of `channels` channels, each convolved with taps of its own.
template <Index Outputs>
struct Tile {
  static constexpr Index inputs = kernels::winograd_inputs<Outputs>, products = kernels::winograd_products<Outputs>;
  static constexpr Index outputs = Outputs * Outputs;

  Index channels, pitch = channels + 3;
  std::vector<float> pixels = test::random_numbers<float>(products * channels, 1);
  std::vector<float> taps = test::random_numbers<float>(9 * channels, 2);
  std::vector<float> bias = test::random_numbers<float>(channels, 3);
  std::vector<float> addend = test::random_numbers<float>(outputs * channels, 4);
  std::vector<float> coefficients = std::vector<float>(products * pitch, 7.0F);

  void transform(const KernelSet<float>& set) {
    std::vector<const float*> at;
    for (Index i = 0; i < products; ++i) at.push_back(pixels.data() + i * channels);
    set.winograd<Outputs>().input(
        {.pixels = at.data(), .channels = channels, .to = coefficients.data(), .pitch = pitch});
  }

  void multiply() {
    for (Index c = 0; c < channels; ++c) {
      std::array<std::vector<double>, 3> columns;
      for (Index x = 0; x < 3; ++x) columns[x] = taps_at_points<Outputs>({tap(0, x, c), tap(1, x, c), tap(2, x, c)});
      for (Index y = 0; y < inputs; ++y) {
        const auto row = taps_at_points<Outputs>({columns[0][y], columns[1][y], columns[2][y]});
        for (Index x = 0; x < inputs; ++x) {
          float& product = coefficients[(inputs * y + x) * pitch + c];
          product = static_cast<float>(static_cast<double>(product) * row[x]);
        }
      }
    }
  }

  [[nodiscard]] double tap(Index y, Index x, Index c) const {
    return static_cast<double>(taps[(3 * y + x) * channels + c]);
  }

  /// What direct convolution makes of it.
  [[nodiscard]] float expected(Index y, Index x, Index c, bool with_addend, bool relu) const {
    auto sum = static_cast<double>(bias[c]);
    for (Index i = 0; i < 9; ++i)
      sum += tap(i / 3, i % 3, c) * static_cast<double>(pixels[((y + i / 3) * inputs + x + i % 3) * channels + c]);
    if (with_addend) sum += static_cast<double>(addend[(Outputs * y + x) * channels + c]);
    return static_cast<float>(relu ? std::max(sum, 0.0) : sum);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("transforms and products make a convolution, and touch nothing beside their tile", Size, Outputs4,
                   Outputs6) {
  constexpr Index outputs = Size::value;
  for (const auto* set : available_kernels<float>())
    for (const Index vectors : {1U, 3U})
      for (const unsigned options : {0U, 1U, 2U, 3U}) {
        const bool with_addend = (options & 1U) != 0, relu = (options & 2U) != 0;
        CAPTURE(std::string(set->name));
        CAPTURE(vectors);
        CAPTURE(options);
        Tile<outputs> tile{.channels = vectors * set->lanes};
        tile.transform(*set);
        for (Index i = 0; i < tile.products; ++i)
          for (Index c = tile.channels; c < tile.pitch; ++c) CHECK(tile.coefficients[i * tile.pitch + c] == 7.0F);
        tile.multiply();

        // outputs are written over what is added to them; the last row and column reach beyond the image
        std::vector<float> found = tile.addend, expected = tile.addend;
        std::vector<float*> to;
        std::vector<const float*> addends;
        for (Index i = 0; i < tile.outputs; ++i) {
          const bool inside = i / outputs + 1 < outputs && i % outputs + 1 < outputs;
          to.push_back(inside ? found.data() + i * tile.channels : nullptr);
          addends.push_back(to.back());
          for (Index c = 0; inside && c < tile.channels; ++c)
            expected[i * tile.channels + c] = tile.expected(i / outputs, i % outputs, c, with_addend, relu);
        }
        set->winograd<outputs>().output({.from = tile.coefficients.data(),
                                         .pitch = tile.pitch,
                                         .channels = tile.channels,
                                         .bias = tile.bias.data(),
                                         .pixels = to.data(),
                                         .addend = with_addend ? addends.data() : nullptr,
                                         .relu = relu});
        CHECK(test::difference(found, expected) < (outputs == 4 ? 3e-6 : 2e-5));
      }
}
