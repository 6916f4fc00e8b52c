/// One convolution of oneDNN, ready to be timed beside this library's.
#pragma once

#include <dnnl.hpp>
#include <maskrcnn/core/memory_pool.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <span>
#include <unordered_map>
#include <vector>

namespace onednn {

/// A memory object in memory as this library allocates it: large pages help oneDNN as well.
class Buffer {
 public:
  Buffer(const dnnl::memory::desc& description, const dnnl::engine& engine)
      : storage_(description.get_size(), nullptr), memory_(description, engine, storage_.data()) {}
  [[nodiscard]] dnnl::memory& memory() { return memory_; }

 private:
  maskrcnn::PooledMemory storage_;
  dnnl::memory memory_;
};

/// How oneDNN is to compute it.
struct Algorithm {
  dnnl::algorithm kind = dnnl::algorithm::convolution_direct;
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;  ///< of input, weights and output; the bias is f32
};

/// Bias and ReLU are fused; layouts are those that oneDNN likes best, brought about before and after, not in `run`.
class Convolution {
 public:
  /// @param input [N, H, W, in], channels last
  Convolution(const maskrcnn::Shape<4>& input_shape, std::span<const float> input,
              const maskrcnn::ConvWeights<float>& weights, const maskrcnn::ConvGeometry& geometry,
              const Algorithm& algorithm)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using Dims = dnnl::memory::dims;
    using Tag = dnnl::memory::format_tag;
    constexpr auto f32 = dnnl::memory::data_type::f32;
    const auto dim = [](maskrcnn::Index size) { return static_cast<dnnl::memory::dim>(size); };
    const auto out_size = [&](maskrcnn::Index in, maskrcnn::Index kernel) {
      return dim((in + 2 * geometry.padding - kernel) / geometry.stride + 1);
    };
    const Dims in{dim(input_shape[0]), dim(input_shape[3]), dim(input_shape[1]), dim(input_shape[2])};
    const Dims kernel{dim(weights.out), dim(weights.in), dim(weights.height), dim(weights.width)};
    const Dims out{in[0], kernel[0], out_size(input_shape[1], weights.height), out_size(input_shape[2], weights.width)};
    const Dims strides(2, dim(geometry.stride)), padding(2, dim(geometry.padding));

    const dnnl::convolution_forward::desc description(dnnl::prop_kind::forward_inference, algorithm.kind,
                                                      {in, algorithm.type, Tag::any},
                                                      {kernel, algorithm.type, Tag::any}, {{kernel[0]}, f32, Tag::a},
                                                      {out, algorithm.type, Tag::any}, strides, padding, padding);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (geometry.activation == maskrcnn::Activation::relu) {
      dnnl::post_ops after;
      after.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
      attributes.set_post_ops(after);
    }
    const dnnl::convolution_forward::primitive_desc chosen(description, attributes, engine_, true);
    if (!chosen) return;

    output_plain_ = {out, f32, Tag::nhwc};
    primitive_ = dnnl::convolution_forward(chosen);
    add(DNNL_ARG_SRC, chosen.src_desc(), {in, f32, Tag::nhwc}, input.data());
    add(DNNL_ARG_WEIGHTS, chosen.weights_desc(), {kernel, f32, Tag::oihw}, weights.kernel.data());
    add(DNNL_ARG_BIAS, chosen.bias_desc(), {{kernel[0]}, f32, Tag::a}, weights.bias.data());
    add(DNNL_ARG_DST, chosen.dst_desc(), {}, nullptr);
    add(DNNL_ARG_SCRATCHPAD, chosen.scratchpad_desc(), {}, nullptr);
    for (auto& [argument, buffer] : buffers_) arguments_.emplace(argument, buffer.memory());
  }

  /// Whether oneDNN computes this layer by this algorithm at all.
  [[nodiscard]] bool exists() const { return static_cast<bool>(primitive_); }

  void run() {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

  /// [N, H', W', out], channels last.
  [[nodiscard]] std::vector<float> output() {
    std::vector<float> values(output_plain_.get_size() / sizeof(float));
    dnnl::memory plain(output_plain_, engine_, values.data());
    dnnl::reorder(arguments_.at(DNNL_ARG_DST), plain).execute(stream_, arguments_.at(DNNL_ARG_DST), plain);
    stream_.wait();
    return values;
  }

 private:
  void add(int argument, const dnnl::memory::desc& wanted, const dnnl::memory::desc& given, const float* values) {
    Buffer& buffer = buffers_.try_emplace(argument, wanted, engine_).first->second;
    if (values == nullptr) return;
    dnnl::memory plain(given, engine_, const_cast<float*>(values));  // read only, which the interface cannot say
    dnnl::reorder(plain, buffer.memory()).execute(stream_, plain, buffer.memory());
    stream_.wait();
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  dnnl::memory::desc output_plain_;
  std::unordered_map<int, Buffer> buffers_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

}  // namespace onednn
