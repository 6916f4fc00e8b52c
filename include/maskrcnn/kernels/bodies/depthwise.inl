// Depthwise convolution on vector registers; see depthwise.hpp. Included by rooms.

/// See `activated`. The smaller of a and 6 is -max(-a, -6); the product keeps what is not a number.
MASKRCNN_INLINE Vector hard_swish(Vector x) {
  const Vector zero = Vector::all(0), above = larger(add(x, Vector::all(3)), zero);
  const Vector between = subtract(zero, larger(subtract(zero, above), Vector::all(-6)));
  return multiply(x, divide(between, Vector::all(6)));
}

/// A register of channels of `Pixels` outputs: each weight is loaded once for all of them.
/// @param p, c the first output and channel
template <Index Pixels>
MASKRCNN_INLINE void depthwise_group(const DepthwiseRun<float>& run, Index p, Index c) {
  Vector sums[Pixels];
  MASKRCNN_UNROLL
  for (Index i = 0; i < Pixels; ++i) sums[i] = Vector::load(run.bias + c);
  for (Index y = 0; y < run.rows; ++y) {
    const float* input = run.input + p * run.stride + y * run.row + c;
    const float* weight = run.weights + y * run.weight_row + c;
    for (Index x = 0; x < run.columns; ++x, input += run.channels, weight += run.channels) {
      const Vector w = Vector::load(weight);
      MASKRCNN_UNROLL
      for (Index i = 0; i < Pixels; ++i) sums[i] = multiply_add(Vector::load(input + i * run.stride), w, sums[i]);
    }
  }
  if (run.activation == Activation::relu) {
    MASKRCNN_UNROLL
    for (Index i = 0; i < Pixels; ++i) sums[i] = relu(sums[i]);
  }
  if (run.activation == Activation::hard_swish) {
    MASKRCNN_UNROLL
    for (Index i = 0; i < Pixels; ++i) sums[i] = hard_swish(sums[i]);
  }
  MASKRCNN_UNROLL
  for (Index i = 0; i < Pixels; ++i) sums[i].store(run.to + (p + i) * run.channels + c);
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
