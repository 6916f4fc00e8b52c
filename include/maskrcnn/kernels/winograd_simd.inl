// The transforms of Winograd's F(4x4, 3x3) on vector registers; see winograd_tile.hpp. Included inside target regions.

#define MASKRCNN_UNROLL _Pragma("GCC unroll 16")

/// t = B^T d for six values: the products' input side.
MASKRCNN_INLINE void winograd_in(const Vector (&d)[6], Vector (&t)[6]) {
  const Vector a = Vector::all(winograd_a<float>), b = Vector::all(winograd_b<float>);
  const Vector half = Vector::all(-0.5F), two = Vector::all(-2.0F), sum = Vector::all(-2.5F);
  t[0] = fused_multiply_add(sum, d[2], add(d[0], d[4]));
  t[5] = fused_multiply_add(sum, d[3], add(d[1], d[5]));
  const Vector even_a = fused_multiply_add(two, d[2], d[4]), odd_a = multiply(a, fused_multiply_add(two, d[1], d[3]));
  t[1] = add(even_a, odd_a);
  t[2] = subtract(even_a, odd_a);
  const Vector even_b = fused_multiply_add(half, d[2], d[4]), odd_b = multiply(b, fused_multiply_add(half, d[1], d[3]));
  t[3] = add(even_b, odd_b);
  t[4] = subtract(even_b, odd_b);
}

/// y = A^T m for six values: the products' output side.
MASKRCNN_INLINE void winograd_out(const Vector (&m)[6], Vector (&y)[4]) {
  const Vector a = Vector::all(winograd_a<float>), b = Vector::all(winograd_b<float>);
  const Vector half = Vector::all(0.5F), two = Vector::all(2.0F);
  const Vector sum_a = add(m[1], m[2]), difference_a = multiply(a, subtract(m[1], m[2]));
  const Vector sum_b = add(m[3], m[4]), difference_b = multiply(b, subtract(m[3], m[4]));
  y[0] = add(m[0], add(sum_a, sum_b));
  y[1] = add(difference_a, difference_b);
  y[2] = fused_multiply_add(half, sum_a, multiply(two, sum_b));
  y[3] = add(m[5], fused_multiply_add(half, difference_a, multiply(two, difference_b)));
}

inline void winograd_input(const WinogradInput<float>& tile) {
  for (Index c = 0; c < tile.channels; c += Vector::lanes) {
    Vector half[6][6];  // columns done
    MASKRCNN_UNROLL
    for (int x = 0; x < 6; ++x) {
      Vector d[6], t[6];
      MASKRCNN_UNROLL
      for (int y = 0; y < 6; ++y) {
        d[y] = Vector::load(tile.pixels[6 * y + x] + c);
        __builtin_prefetch(tile.pixels[6 * y + x] + c + 2 * Vector::lanes);  // 36 streams are too many for hardware
      }
      winograd_in(d, t);
      MASKRCNN_UNROLL
      for (int y = 0; y < 6; ++y) half[y][x] = t[y];
    }
    MASKRCNN_UNROLL
    for (int y = 0; y < 6; ++y) {
      Vector t[6];
      winograd_in(half[y], t);
      MASKRCNN_UNROLL
      for (int x = 0; x < 6; ++x) t[x].store(tile.to + static_cast<Index>(6 * y + x) * tile.pitch + c);
    }
  }
}

inline void winograd_output(const WinogradOutput<float>& tile) {
  for (Index c = 0; c < tile.channels; c += Vector::lanes) {
    Vector half[4][6];
    MASKRCNN_UNROLL
    for (int x = 0; x < 6; ++x) {
      Vector m[6], y[4];
      MASKRCNN_UNROLL
      for (int i = 0; i < 6; ++i) m[i] = Vector::load(tile.from + static_cast<Index>(6 * i + x) * tile.pitch + c);
      winograd_out(m, y);
      MASKRCNN_UNROLL
      for (int i = 0; i < 4; ++i) half[i][x] = y[i];
    }
    const Vector bias = Vector::load(tile.bias + c);
    MASKRCNN_UNROLL
    for (int y = 0; y < 4; ++y) {
      Vector row[4];
      winograd_out(half[y], row);
      MASKRCNN_UNROLL
      for (int x = 0; x < 4; ++x) {
        float* const to = tile.pixels[4 * y + x];
        if (to == nullptr) continue;
        Vector value = add(row[x], bias);
        if (tile.addend != nullptr) value = add(value, Vector::load(tile.addend[4 * y + x] + c));
        if (tile.relu) value = relu(value);
        value.store(to + c);
      }
    }
  }
}

inline constexpr WinogradKernel<float> winograd{.input = &winograd_input, .output = &winograd_output};

#undef MASKRCNN_UNROLL
