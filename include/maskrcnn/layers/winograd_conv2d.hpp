/// Winograd convolution: 3 x 3, stride 1, with a quarter of the multiplications (Lavin and Gray, 2016).
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/conv_algorithm.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <maskrcnn/layers/winograd_tiles.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// F(4x4, 3x3): a tile of 4 x 4 outputs comes from 6 x 6 inputs by 36 products, where direct convolution takes 144; or
/// F(6x6, 3x3): 64 products for 324. Each of the coefficients is one matrix product over tiles. Tiles are taken in
/// blocks whose coefficients stay in the second-level cache, while the weights stream past (Gelashvili, Shavit and
/// Zlateski, "L3 fusion", 2019).
template <Scalar T, Index Outputs>
class WinogradConv2d final : public ConvAlgorithm<T> {
  static constexpr Index products = kernels::winograd_products<Outputs>, outputs = Outputs;
  static constexpr Index inputs = kernels::winograd_inputs<Outputs>;
  using Tiles = WinogradTiles<outputs>;

 public:
  /// Whether the algorithm serves: the geometry is right, the kernels have the transforms, channels fill whole vectors.
  [[nodiscard]] static bool fits(const ConvWeights<T>& weights, const ConvGeometry& geometry,
                                 const kernels::KernelSet<T>& kernels) {
    return kernels.template winograd<Outputs>().input != nullptr && weights.height == 3 && weights.width == 3 &&
           geometry.stride == 1 && geometry.padding == 1 && geometry.dilation == 1 && weights.groups == 1 &&
           weights.in % kernels.lanes == 0 && weights.out % kernels.lanes == 0;
  }

  WinogradConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const kernels::KernelSet<T>& kernels)
      : kernels_(&kernels),
        in_(weights.in),
        out_(weights.out),
        relu_(geometry.activation == Activation::relu),
        bias_(weights.out, T{0}),
        outside_(weights.in, T{0}) {
    std::copy(weights.bias.begin(), weights.bias.end(), bias_.begin());
    // straight into the packed order: an intermediate copy of all coefficients would be four times the weights
    const Index width = kernels.gemm.columns, panels = (out_ + width - 1) / width;
    weights_ = Tensor<T, 4>({panels, products, in_, width});
    constexpr Index group = 16;  // input channels that are next to each other in memory
    const Index groups = (in_ + group - 1) / group;
    parallel_for(panels * groups, [&](Index task) {
      const Index panel = task / groups, begin = task % groups * group;
      for (Index j = 0; j < width; ++j) {
        const Index n = panel * width + j;
        for (Index k = begin; k < std::min(begin + group, in_); ++k) {
          const auto coefficients =
              n < out_ ? transform_weights(weights.kernel.data() + 9 * (n * in_ + k)) : std::array<double, products>{};
          for (Index i = 0; i < products; ++i) weights_(panel, i, k, j) = static_cast<T>(coefficients[i]);
        }
      }
    });
  }

  [[nodiscard]] Index in_channels() const override { return in_; }
  [[nodiscard]] Index out_channels() const override { return out_; }
  [[nodiscard]] const char* algorithm() const override { return Outputs == 4 ? "Winograd 4x4" : "Winograd 6x6"; }

  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                        Tensor<T, 4>* reuse) const override {
    if (input.size(3) != in_)
      fail("conv2d: expected an input of ", in_, " channels, found shape ", shape_text(input.shape()));
    const Shape<4> shape{input.size(0), input.size(1), input.size(2), out_};
    const Addend<T> addend(added, shape);
    Tensor<T, 4> output = reuse != nullptr && reuse->shape() == shape ? std::move(*reuse) : input.like(shape);
    const Tiles tiles(shape);
    if (tiles.count() * products * in_ * sizeof(T) > spread_limit)
      by_blocks(input, tiles, addend, output);
    else
      by_panels(input, tiles, addend, output);
    return output;
  }

 private:
  static constexpr Index spread_limit = Index{12} << 20U;  ///< bytes of all tiles' coefficients
  static constexpr Index block_bytes = Index{864} << 10U;  ///< of a block's coefficients
  static constexpr Index max_block = 96;                   ///< tiles
  static constexpr Index line = tensor_alignment / sizeof(T);
  using OutputPixels = std::array<Index, outputs * outputs>;

  /// A large map: blocks of tiles, one a task. Each block's coefficients stay in the second-level cache while all
  /// weights stream past; meanwhile memory fetches the pixels that this block writes and the next one reads.
  void by_blocks(const Tensor<T, 4>& input, const Tiles& tiles, const Addend<T>& addend, Tensor<T, 4>& output) const {
    const Index panels = weights_.size(0), block = block_size(), threads = static_cast<Index>(thread_count());
    parallel_for((tiles.count() + block - 1) / block, [&](Index task) {
      const Index first = task * block, count = std::min(block, tiles.count() - first);
      Tensor<T, 3> coefficients = input.like(Shape<3>{block, products, in_});
      Tensor<T, 3> sums = input.like(Shape<3>{block, products, weights_.size(3)});
      std::vector<OutputPixels> pixels(count);
      for (Index t = 0; t < count; ++t) {
        pixels[t] = tiles.template pixels<outputs>(first + t, 0);
        transform_input(input, tiles, first + t, &coefficients(t, 0, 0));
      }
      // interior pixels only: those above and to the left are nearer already
      std::vector<OutputPixels> next;
      for (Index t = first + threads * block; t < std::min(first + (threads + 1) * block, tiles.count()); ++t)
        next.push_back(tiles.template pixels<outputs>(t, ~Index{0}));
      const TilePrefetch prefetch(*this, input.data(), next, output.data(), pixels);
      for (Index panel = 0; panel < panels; ++panel) {
        multiply(&coefficients(0, 0, 0), count, panel, sums, prefetch);
        for (Index t = 0; t < count; ++t) transform_output(&sums(t, 0, 0), pixels[t], panel, addend, output);
      }
    });
  }

  /// A small map: too few blocks to share, and too many weights to read for each. So all tiles are transformed first,
  /// then tasks share out the columns of the weights.
  void by_panels(const Tensor<T, 4>& input, const Tiles& tiles, const Addend<T>& addend, Tensor<T, 4>& output) const {
    const Index blocks = (tiles.count() + max_block - 1) / max_block;
    Tensor<T, 3> coefficients = input.like(Shape<3>{tiles.count(), products, in_});
    parallel_for(tiles.count(), [&](Index t) { transform_input(input, tiles, t, &coefficients(t, 0, 0)); });
    parallel_for(weights_.size(0) * blocks, [&](Index task) {
      const Index panel = task / blocks, first = task % blocks * max_block;
      const Index count = std::min(max_block, tiles.count() - first);
      Tensor<T, 3> sums = input.like(Shape<3>{count, products, weights_.size(3)});
      multiply(&coefficients(first, 0, 0), count, panel, sums, [](Index, Index) {});
      for (Index t = 0; t < count; ++t)
        transform_output(&sums(t, 0, 0), tiles.template pixels<outputs>(first + t, 0), panel, addend, output);
    });
  }

  /// What memory does while a block is multiplied: it fetches, evenly spread over the products, the pixels that the
  /// panel will be written to and a share of those that this thread's next block will read.
  class TilePrefetch {
   public:
    /// @param reads  pixels of the next block
    /// @param writes pixels of this one
    TilePrefetch(const WinogradConv2d& conv, const T* input, const std::vector<OutputPixels>& reads, const T* output,
                 const std::vector<OutputPixels>& writes)
        : conv_(conv), input_(input), output_(output), reads_(reads), writes_(writes) {}

    /// Product `step` of panel `panel`.
    void operator()(Index panel, Index step) const {
      const Index width = conv_.weights_.size(3), panels = conv_.weights_.size(0), channel = panel * width;
      fetch<1>(output_, conv_.out_, channel, std::min(channel + width, conv_.out_), writes_, step);
      const auto share = [&](Index part) { return conv_.in_ / line * part / panels * line; };
      fetch<0>(input_, conv_.in_, share(panel), share(panel + 1), reads_, step);
    }

   private:
    /// Channels [begin, end) of one part in `products` of the pixels.
    template <int Write>
    static void fetch(const T* image, Index channels, Index begin, Index end, const std::vector<OutputPixels>& pixels,
                      Index step) {
      const Index count = pixels.size() * outputs * outputs;
      for (Index i = count * step / products; i < count * (step + 1) / products; ++i) {
        const Index pixel = pixels[i / (outputs * outputs)][i % (outputs * outputs)];
        if (pixel == Tiles::outside) continue;
        for (Index c = begin; c < end; c += line) __builtin_prefetch(image + pixel * channels + c, Write, 2);
      }
    }

    const WinogradConv2d& conv_;
    const T *input_, *output_;
    const std::vector<OutputPixels>&reads_, &writes_;
  };

  /// Tiles whose coefficients stay in the second-level cache, but enough of them to be worth the weights that stream
  /// past; a multiple of the kernel's rows.
  [[nodiscard]] Index block_size() const {
    const Index rows = kernels_->gemm.rows;
    return std::clamp<Index>(block_bytes / (products * in_ * sizeof(T)) / rows * rows, 6 * rows, max_block);
  }

  /// G g G^T of one 3 x 3 kernel, in double.
  static std::array<double, products> transform_weights(const T* g) {
    // one axis: the kernel's polynomial at a point, over the product of that point's distances from the others
    const auto along = [](double g0, double g1, double g2) {
      std::array<double, inputs> values{};
      values[0] = g0 / kernels::winograd_polynomial<Outputs>[0];
      for (std::size_t k = 0; k < outputs / 2; ++k) {
        const double p = kernels::winograd_points<Outputs>[k];
        double distances = 2 * p * p;
        for (std::size_t other = 0; other < outputs / 2; ++other)
          if (const double q = kernels::winograd_points<Outputs>[other]; other != k) distances *= p * p - q * q;
        values[1 + 2 * k] = (g0 + p * g1 + p * p * g2) / distances;
        values[2 + 2 * k] = (g0 - p * g1 + p * p * g2) / distances;
      }
      values[inputs - 1] = g2;
      return values;
    };
    std::array<std::array<double, inputs>, 3> columns;
    for (std::size_t x = 0; x < 3; ++x)
      columns[x] = along(static_cast<double>(g[x]), static_cast<double>(g[3 + x]), static_cast<double>(g[6 + x]));
    std::array<double, products> coefficients{};
    for (std::size_t y = 0; y < inputs; ++y) {
      const auto row = along(columns[0][y], columns[1][y], columns[2][y]);
      std::copy(row.begin(), row.end(), coefficients.begin() + static_cast<std::ptrdiff_t>(inputs * y));
    }
    return coefficients;
  }

  /// Coefficients of one tile, [products, in].
  void transform_input(const Tensor<T, 4>& input, const Tiles& tiles, Index tile, T* coefficients) const {
    const auto numbers = tiles.template pixels<inputs>(tile, 1);
    std::array<const T*, products> pixels;
    for (Index i = 0; i < products; ++i)
      pixels[i] = numbers[i] == Tiles::outside ? outside_.data() : input.data() + numbers[i] * in_;
    kernels_->template winograd<Outputs>().input(
        {.pixels = pixels.data(), .channels = in_, .to = coefficients, .pitch = in_});
  }

  /// One panel of output channels for a block of tiles: [count, products, in] -> [count, products, columns of a panel].
  /// @param meanwhile called as `meanwhile(panel, product)` before each product
  template <class Meanwhile>
  void multiply(const T* coefficients, Index count, Index panel, Tensor<T, 3>& sums, const Meanwhile& meanwhile) const {
    static constexpr std::array<T, kernels::max_panel_columns> zeros{};
    const Index width = weights_.size(3);
    std::array<const T*, max_block> a;
    std::array<T*, max_block> c;
    for (Index t = 0; t < count; ++t) {
      a[t] = coefficients + t * products * in_;
      c[t] = &sums(t, 0, 0);
    }
    for (Index i = 0; i < products; ++i) {
      meanwhile(panel, i);
      const T* const b = &weights_(panel, i, 0, 0);
      const bool last = panel + 1 == weights_.size(0) && i + 1 == products;
      kernels_->gemm.run({.a = a.data(),
                          .a_pitch = count,
                          .a_offset = i * in_,
                          .segments = 1,
                          .segment = in_,
                          .rows = count,
                          .b = b,
                          .columns = std::min(width, out_ - panel * width),
                          .c = c.data(),
                          .c_offset = i * width,
                          .bias = zeros.data(),
                          .addend = nullptr,
                          .relu = false,
                          .prefetch_b = {last ? weights_.data() : b + in_ * width, in_ * width / line}});
    }
  }

  /// One tile's outputs in the channels of one panel.
  void transform_output(const T* sums, const OutputPixels& numbers, Index panel, const Addend<T>& addend,
                        Tensor<T, 4>& output) const {
    const Index width = weights_.size(3), channel = panel * width;
    std::array<T*, outputs * outputs> pixels;
    std::array<const T*, outputs * outputs> addends;
    for (Index i = 0; i < pixels.size(); ++i) {
      const bool inside = numbers[i] != Tiles::outside;
      pixels[i] = inside ? output.data() + numbers[i] * out_ + channel : nullptr;
      addends[i] = inside && addend ? addend(numbers[i]) + channel : nullptr;
    }
    kernels_->template winograd<Outputs>().output({.from = sums,
                                                   .pitch = width,
                                                   .channels = std::min(width, out_ - channel),
                                                   .bias = bias_.data() + channel,
                                                   .pixels = pixels.data(),
                                                   .addend = addend ? addends.data() : nullptr,
                                                   .relu = relu_});
  }

  const kernels::KernelSet<T>* kernels_;
  Index in_, out_;
  bool relu_;
  std::vector<T> bias_, outside_;  ///< outside_: a pixel beyond the border
  Tensor<T, 4> weights_;           ///< [panels, products, in, columns of a panel]
};

}  // namespace maskrcnn
