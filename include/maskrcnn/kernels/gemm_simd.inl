// The inner product on vector registers: one body, included once inside each instruction set's target region, where
// `Vector` (a register of floats), `tile_rows` and `tile_vectors` are defined. See `GemmTile` for what it computes.
//
// Register budget: tile_rows * tile_vectors accumulators + tile_vectors of B + 1 broadcast of A; no target may have
// fewer registers than that. Plain loops over constant bounds become straight code because they are unrolled by pragma:
// without it GCC at -O2 keeps the accumulators in memory, five times slower; inlining is forced because
// Clang otherwise passes them through memory.

#define MASKRCNN_UNROLL _Pragma("GCC unroll 16")

/// A tile all of whose columns are valid.
template <int Rows, int Vectors>
MASKRCNN_INLINE void run_whole(const GemmTile<float>& tile) {
  constexpr Index lanes = Vector::lanes;
  constexpr Index panel = lanes * static_cast<Index>(tile_vectors);
  Vector sum[Rows][Vectors];
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const float* const start = tile.bias != nullptr ? tile.bias : tile.c[r] + tile.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::load(start + lanes * static_cast<Index>(v));
  }

  const float* b = tile.b;
  for (Index s = 0; s < tile.segments; ++s) {
    const float* a[Rows];
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) a[r] = tile.a[s * tile.a_pitch + static_cast<Index>(r)] + tile.a_offset;
    for (Index i = 0; i < tile.segment; ++i) {
      Vector column[Vectors];
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) column[v] = Vector::load(b + lanes * static_cast<Index>(v));
      MASKRCNN_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Vector x = Vector::broadcast(a[r] + i);
        MASKRCNN_UNROLL
        for (int v = 0; v < Vectors; ++v) sum[r][v] = multiply_add(x, column[v], sum[r][v]);
      }
      b += panel;
    }
  }

  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    float* const c = tile.c[r] + tile.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      const Index n = lanes * static_cast<Index>(v);
      Vector value = sum[r][v];
      if (tile.addend != nullptr) value = add(value, Vector::load(tile.addend[r] + tile.c_offset + n));
      if (tile.relu) value = relu(value);
      value.store(c + n);
    }
  }
}

/// A tile whose last columns are not valid: computed as a whole one beside the outputs, so that nothing is touched
/// beyond a row. Apart from the hot loop, and never inlined: its copies make GCC at -O3 keep accumulators in memory.
template <int Rows, int Vectors>
[[gnu::noinline]] inline void run_ragged(const GemmTile<float>& tile) {
  constexpr Index width = Vector::lanes * static_cast<Index>(Vectors);
  float bias[width] = {}, outputs[Rows][width] = {}, addends[Rows][width] = {};
  float* c[Rows];
  const float* addend[Rows];
  for (int r = 0; r < Rows; ++r) {
    c[r] = outputs[r];
    addend[r] = addends[r];
    for (Index n = 0; n < tile.columns; ++n) {
      if (tile.bias == nullptr) outputs[r][n] = tile.c[r][tile.c_offset + n];
      if (tile.addend != nullptr) addends[r][n] = tile.addend[r][tile.c_offset + n];
    }
  }
  if (tile.bias != nullptr)
    for (Index n = 0; n < tile.columns; ++n) bias[n] = tile.bias[n];

  GemmTile<float> whole = tile;
  whole.columns = width;
  whole.c = c;
  whole.c_offset = 0;
  if (tile.bias != nullptr) whole.bias = bias;
  if (tile.addend != nullptr) whole.addend = addend;
  run_whole<Rows, Vectors>(whole);
  for (int r = 0; r < Rows; ++r)
    for (Index n = 0; n < tile.columns; ++n) tile.c[r][tile.c_offset + n] = outputs[r][n];
}

template <int Rows, int Vectors>
MASKRCNN_INLINE void run_tile(const GemmTile<float>& tile) {
  if (tile.columns == Vector::lanes * static_cast<Index>(Vectors))
    run_whole<Rows, Vectors>(tile);
  else
    run_ragged<Rows, Vectors>(tile);
}

/// Picks the instance for the tile's rows and for as many vectors as its valid columns need.
template <int Rows>
MASKRCNN_INLINE void run_rows(const GemmTile<float>& tile) {
  if constexpr (Rows > 1) {
    if (tile.rows < static_cast<Index>(Rows)) return run_rows<Rows - 1>(tile);
  }
  if constexpr (tile_vectors > 2) {
    if (tile.columns <= 1 * Vector::lanes) return run_tile<Rows, 1>(tile);
    if (tile.columns <= 2 * Vector::lanes) return run_tile<Rows, 2>(tile);
  }
  run_tile<Rows, tile_vectors>(tile);
}

inline void gemm_tile(const GemmTile<float>& tile) { run_rows<tile_rows>(tile); }

inline constexpr GemmKernel<float> gemm{.name = isa_name,
                                        .rows = static_cast<Index>(tile_rows),
                                        .columns = Vector::lanes * static_cast<Index>(tile_vectors),
                                        .run = &gemm_tile};

#undef MASKRCNN_UNROLL
