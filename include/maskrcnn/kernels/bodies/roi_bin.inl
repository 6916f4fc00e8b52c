// One bin of RoIAlign on vector registers; see roi_bin.hpp. Included by rooms.

/// value(s, c) for a register of channels from `c` on.
MASKRCNN_INLINE Vector roi_value(const RoiBin<float>& bin, Index s, Index c) {
  const float* const w = bin.weights + 4 * s;
  const float* const* const f = bin.cells + 4 * s;
  Vector value = multiply(Vector::broadcast(w), Vector::load(f[0] + c));
  value = multiply_add(Vector::broadcast(w + 1), Vector::load(f[1] + c), value);
  value = multiply_add(Vector::broadcast(w + 2), Vector::load(f[2] + c), value);
  return multiply_add(Vector::broadcast(w + 3), Vector::load(f[3] + c), value);
}

inline void pool_roi_bin(const RoiBin<float>& bin) {
  const Index whole = bin.channels / Vector::lanes * Vector::lanes;
  for (Index c = 0; c < whole; c += Vector::lanes) {
    Vector result = Vector::all(bin.maximum ? bin.start : 0.0F);
    for (Index s = 0; s < bin.samples; ++s) {
      const Vector value = roi_value(bin, s, c);
      result = bin.maximum ? largest(result, value) : add(result, value);
    }
    if (!bin.maximum && bin.divisor != 1.0F) result = divide(result, Vector::all(bin.divisor));
    result.store(bin.to + c);
  }
  for (Index c = whole; c < bin.channels; ++c) {
    float result = bin.maximum ? bin.start : 0.0F;
    for (Index s = 0; s < bin.samples; ++s) {
      float value = 0;
      for (Index i = 4 * s; i < 4 * s + 4; ++i) value += bin.weights[i] * bin.cells[i][c];
      result = bin.maximum ? kernels::maximum(result, value) : result + value;
    }
    bin.to[c] = bin.maximum ? result : result / bin.divisor;
  }
}
