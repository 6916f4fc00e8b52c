// The inner product on vector registers: one body, included once inside each instruction set's target region, where
// `Vector` (a register of floats), `tile_rows` and `tile_vectors` are defined. See `GemmTile` for what it computes.
//
// Register budget: tile_rows * tile_vectors accumulators + tile_vectors of B + 1 broadcast of A; no target may have
// fewer registers than that. Plain loops over constant bounds become straight code because they are unrolled by pragma:
// without it GCC at -O2 keeps the accumulators in memory, five times slower; inlining is forced because
// Clang otherwise passes them through memory.

#define MASKRCNN_UNROLL _Pragma("GCC unroll 16")

template <int Rows, int Vectors>
MASKRCNN_INLINE void store_tile(const GemmTile<float>& tile, Vector (&sum)[Rows][Vectors]) {
  constexpr Index lanes = Vector::lanes;
  constexpr Index width = lanes * static_cast<Index>(Vectors);
  const bool whole = tile.columns == width;
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    float* const c = tile.c[r] + tile.c_offset;
    const float* const addend = tile.addend != nullptr ? tile.addend[r] + tile.c_offset : nullptr;
    if (whole) {
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        Vector value = sum[r][v];
        if (addend != nullptr) value = add(value, Vector::load(addend + lanes * static_cast<Index>(v)));
        if (tile.relu) value = relu(value);
        value.store(c + lanes * static_cast<Index>(v));
      }
    } else {  // the last panel: through a buffer, so that nothing is touched beyond the row
      alignas(64) float row[width];
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[r][v].store(row + lanes * static_cast<Index>(v));
      for (Index n = 0; n < tile.columns; ++n) {
        const float value = addend != nullptr ? row[n] + addend[n] : row[n];
        c[n] = tile.relu && value < 0.0F ? 0.0F : value;
      }
    }
  }
}

template <int Rows, int Vectors>
MASKRCNN_INLINE void start_tile(const GemmTile<float>& tile, Vector (&sum)[Rows][Vectors]) {
  constexpr Index lanes = Vector::lanes;
  constexpr Index width = lanes * static_cast<Index>(Vectors);
  const bool whole = tile.columns == width;
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const float* const start = tile.bias != nullptr ? tile.bias : tile.c[r] + tile.c_offset;
    if (whole) {
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::load(start + lanes * static_cast<Index>(v));
    } else {
      alignas(64) float row[width];
      for (Index n = 0; n < width; ++n) row[n] = n < tile.columns ? start[n] : 0.0F;
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::load(row + lanes * static_cast<Index>(v));
    }
  }
}

template <int Rows, int Vectors>
MASKRCNN_INLINE void run_tile(const GemmTile<float>& tile) {
  constexpr Index lanes = Vector::lanes;
  constexpr Index panel = lanes * static_cast<Index>(tile_vectors);
  Vector sum[Rows][Vectors];
  start_tile<Rows, Vectors>(tile, sum);

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
  store_tile<Rows, Vectors>(tile, sum);
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
