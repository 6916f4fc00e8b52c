// Winograd's transforms on vector registers; see winograd_tile.hpp. Included by rooms.

/// Sum of coefficients[j] * d[first + 2 j] for j <= Degree; the last coefficient is 1.
template <int Degree, std::size_t Count>
MASKRCNN_INLINE Vector winograd_sum(const std::array<double, Count>& coefficients, const Vector* d) {
  Vector sum = d[2 * Degree];
  MASKRCNN_UNROLL
  for (int j = Degree - 1; j >= 0; --j)
    sum = multiply_add(Vector::all(static_cast<float>(coefficients[static_cast<Index>(j)])), d[2 * j], sum);
  return sum;
}

/// t[1 + 2 k], t[2 + 2 k] for pair k of points.
template <Index Outputs, Index K>
MASKRCNN_INLINE void winograd_in_pair(const Vector* d, Vector* t) {
  constexpr int degree = static_cast<int>(Outputs) / 2 - 1;
  constexpr auto polynomial = winograd_polynomial<Outputs, K>;
  constexpr auto point = static_cast<float>(winograd_points<Outputs>[K]);
  const Vector even = winograd_sum<degree>(polynomial, d + 2);
  const Vector odd = multiply(Vector::all(point), winograd_sum<degree>(polynomial, d + 1));
  t[1 + 2 * K] = add(even, odd);
  t[2 + 2 * K] = subtract(even, odd);
}

/// t = B^T d for the values of one row or column: the products' input side.
template <Index Outputs>
MASKRCNN_INLINE void winograd_in(const Vector (&d)[winograd_inputs<Outputs>], Vector (&t)[winograd_inputs<Outputs>]) {
  constexpr auto polynomial = winograd_polynomial<Outputs>;
  t[0] = winograd_sum<static_cast<int>(Outputs) / 2>(polynomial, d);
  t[Outputs + 1] = winograd_sum<static_cast<int>(Outputs) / 2>(polynomial, d + 1);
  winograd_in_pair<Outputs, 0>(d, t);
  winograd_in_pair<Outputs, 1>(d, t);
  if constexpr (Outputs == 6) winograd_in_pair<Outputs, 2>(d, t);
}

/// y = A^T m for the values of one row or column: the products' output side.
template <Index Outputs>
MASKRCNN_INLINE void winograd_out(const Vector (&m)[winograd_inputs<Outputs>], Vector (&y)[Outputs]) {
  constexpr Index pairs = Outputs / 2;
  Vector side[2][pairs];  // sums serve even powers, differences odd ones
  MASKRCNN_UNROLL
  for (Index k = 0; k < pairs; ++k) {
    side[0][k] = add(m[1 + 2 * k], m[2 + 2 * k]);
    side[1][k] = subtract(m[1 + 2 * k], m[2 + 2 * k]);
  }
  MASKRCNN_UNROLL
  for (Index j = 0; j < Outputs; ++j) {
    const auto power = [j](Index k) { return Vector::all(static_cast<float>(winograd_power<Outputs>(k, j))); };
    const bool alone = j == 0 || j + 1 == Outputs;  // a value that belongs to this output only
    Vector sum = alone ? m[j == 0 ? 0 : Outputs + 1] : multiply(power(0), side[j % 2][0]);
    MASKRCNN_UNROLL
    for (Index k = alone ? 0 : 1; k < pairs; ++k) sum = multiply_add(power(k), side[j % 2][k], sum);
    y[j] = sum;
  }
}

/// Column x of a tile's pixels, channels from c on, and row y of what becomes of all columns.
template <Index Outputs>
struct WinogradIn {
  static constexpr Index inputs = winograd_inputs<Outputs>;
  Vector half[inputs][inputs];  // columns done

  MASKRCNN_INLINE void column(const WinogradInput<float>& tile, Index c, Index x) {
    Vector d[inputs], t[inputs];
    MASKRCNN_UNROLL
    for (Index y = 0; y < inputs; ++y) {
      d[y] = Vector::load(tile.pixels[inputs * y + x] + c);
      __builtin_prefetch(tile.pixels[inputs * y + x] + c + 2 * Vector::lanes);  // too many streams for hardware
    }
    winograd_in<Outputs>(d, t);
    MASKRCNN_UNROLL
    for (Index y = 0; y < inputs; ++y) half[y][x] = t[y];
  }

  MASKRCNN_INLINE void row(const WinogradInput<float>& tile, Index c, Index y) const {
    Vector t[inputs];
    winograd_in<Outputs>(half[y], t);
    MASKRCNN_UNROLL
    for (Index x = 0; x < inputs; ++x) t[x].store(tile.to + (inputs * y + x) * tile.pitch + c);
  }
};

// As straight code small tiles stay in the registers, most of them, where there are 32; large ones are in memory
// anyway, and as loops they take a fraction of the code.

template <Index Outputs>
inline void winograd_input(const WinogradInput<float>& tile) {
  for (Index c = 0; c < tile.channels; c += Vector::lanes) {
    WinogradIn<Outputs> in;
    if constexpr (Outputs == 4 && tile_vectors > 2) {  // the room has 32 registers
      MASKRCNN_UNROLL
      for (Index x = 0; x < winograd_inputs<Outputs>; ++x) in.column(tile, c, x);
      MASKRCNN_UNROLL
      for (Index y = 0; y < winograd_inputs<Outputs>; ++y) in.row(tile, c, y);
    } else {
      MASKRCNN_KEEP_LOOP
      for (Index x = 0; x < winograd_inputs<Outputs>; ++x) in.column(tile, c, x);
      MASKRCNN_KEEP_LOOP
      for (Index y = 0; y < winograd_inputs<Outputs>; ++y) in.row(tile, c, y);
    }
  }
}

/// Column x of a tile's coefficients, channels from c on, and row y of what becomes of all columns.
template <Index Outputs>
struct WinogradOut {
  static constexpr Index inputs = winograd_inputs<Outputs>;
  Vector half[Outputs][inputs];  // columns done

  MASKRCNN_INLINE void column(const WinogradOutput<float>& tile, Index c, Index x) {
    Vector m[inputs], y[Outputs];
    MASKRCNN_UNROLL
    for (Index i = 0; i < inputs; ++i) m[i] = Vector::load(tile.from + (inputs * i + x) * tile.pitch + c);
    winograd_out<Outputs>(m, y);
    MASKRCNN_UNROLL
    for (Index i = 0; i < Outputs; ++i) half[i][x] = y[i];
  }

  MASKRCNN_INLINE void row(const WinogradOutput<float>& tile, Index c, Vector bias, Index y) const {
    Vector values[Outputs];
    winograd_out<Outputs>(half[y], values);
    MASKRCNN_UNROLL
    for (Index x = 0; x < Outputs; ++x) {
      float* const to = tile.pixels[Outputs * y + x];
      if (to == nullptr) continue;
      Vector value = add(values[x], bias);
      if (tile.addend != nullptr) value = add(value, Vector::load(tile.addend[Outputs * y + x] + c));
      if (tile.relu) value = relu(value);
      value.store(to + c);
    }
  }
};

template <Index Outputs>
inline void winograd_output(const WinogradOutput<float>& tile) {
  for (Index c = 0; c < tile.channels; c += Vector::lanes) {
    const Vector bias = Vector::load(tile.bias + c);
    WinogradOut<Outputs> out;
    if constexpr (Outputs == 4) {
      MASKRCNN_UNROLL
      for (Index x = 0; x < winograd_inputs<Outputs>; ++x) out.column(tile, c, x);
      MASKRCNN_UNROLL
      for (Index y = 0; y < Outputs; ++y) out.row(tile, c, bias, y);
    } else {
      MASKRCNN_KEEP_LOOP
      for (Index x = 0; x < winograd_inputs<Outputs>; ++x) out.column(tile, c, x);
      MASKRCNN_KEEP_LOOP
      for (Index y = 0; y < Outputs; ++y) out.row(tile, c, bias, y);
    }
  }
}

template <Index Outputs>
inline constexpr WinogradKernel<float> winograd{.input = &winograd_input<Outputs>, .output = &winograd_output<Outputs>};
