// Depthwise convolution on vector registers; see depthwise.hpp. Included inside target regions.

/// A register of channels of `Pixels` outputs: each weight is loaded once for all of them.
/// @param p, c the first output and channel
template <Index Pixels>
MASKRCNN_INLINE void depthwise_group(const DepthwiseRun<float>& run, Index p, Index c) {
  Vector sums[Pixels];
  for (Index i = 0; i < Pixels; ++i) sums[i] = Vector::load(run.bias + c);
  for (Index y = 0; y < run.rows; ++y) {
    const float* input = run.input + p * run.stride + y * run.row + c;
    const float* weight = run.weights + y * run.weight_row + c;
    for (Index x = 0; x < run.columns; ++x, input += run.channels, weight += run.channels) {
      const Vector w = Vector::load(weight);
      for (Index i = 0; i < Pixels; ++i) sums[i] = fused_multiply_add(Vector::load(input + i * run.stride), w, sums[i]);
    }
  }
  for (Index i = 0; i < Pixels; ++i) {
    if (run.activation == Activation::relu) sums[i] = relu(sums[i]);
    if (run.activation == Activation::hard_swish) {
      // min(a, 6) as -max(-a, -6)
      const Vector zero = Vector::all(0), above = maximum(add(sums[i], Vector::all(3)), zero);
      const Vector between = subtract(zero, maximum(subtract(zero, above), Vector::all(-6)));
      sums[i] = multiply(sums[i], divide(between, Vector::all(6)));
    }
    sums[i].store(run.to + (p + i) * run.channels + c);
  }
}

/// The last register overlaps the one before where channels do not fill it.
inline void depthwise(const DepthwiseRun<float>& run) {
  if (run.channels < Vector::lanes) return depthwise_channels(run, 0);
  constexpr Index group = 8;
  const Index last = run.channels - Vector::lanes;
  Index p = 0;
  for (; p + group <= run.pixels; p += group)
    for (Index c = 0; c < run.channels; c += Vector::lanes) depthwise_group<group>(run, p, c < last ? c : last);
  for (; p < run.pixels; ++p)
    for (Index c = 0; c < run.channels; c += Vector::lanes) depthwise_group<1>(run, p, c < last ? c : last);
}
