// The inner product on vector registers: one body, included once inside each instruction set's target region, where
// `Vector` (a register of floats), `tile_rows` and `tile_vectors` are defined. See `GemmBlock` for what it computes.
//
// Register budget: tile_rows * tile_vectors accumulators + tile_vectors of B + 1 broadcast of A; no target may have
// fewer registers than that. Plain loops over constant bounds become straight code because they are unrolled by pragma:
// without it GCC at -O2 keeps the accumulators in memory, five times slower. Each tile is a function of its own, never
// inlined: beside another copy GCC at -O3 keeps accumulators in memory too. Inside it everything is inlined by force,
// because Clang otherwise passes registers through memory.

#define MASKRCNN_UNROLL _Pragma("GCC unroll 16")

/// One step of the product: a number times a register of them.
struct FloatStep {
  using Operand = float;
  using Column = Vector;
  MASKRCNN_INLINE static Vector load(const float* b) { return Vector::load(b); }
  MASKRCNN_INLINE static Vector broadcast(const float* a) { return Vector::broadcast(a); }
  MASKRCNN_INLINE static Vector multiply_add(Vector x, Vector column, Vector sum) {
    return fused_multiply_add(x, column, sum);
  }
};

/// Steps of the product that are looked after together: one cache line of each row of A. B is asked for a group ahead.
inline constexpr Index group_steps = 16;

/// Memory to come, fetched a little at a time: the same share for each group of steps.
class Fetch {
 public:
  MASKRCNN_INLINE Fetch(const Soon& soon, Index group, Index groups)
      : lines_((soon.lines + groups - 1) / groups),
        at_(static_cast<const char*>(soon.from) + group * lines_ * tensor_alignment) {}

  MASKRCNN_INLINE void share() {
    for (Index l = 0; l < lines_; ++l, at_ += tensor_alignment) __builtin_prefetch(at_, 0, 2);
  }

 private:
  Index lines_;
  const char* at_;
};

/// Rows [row, row + Rows) of a block all of whose columns are valid.
template <class Step, int Rows, int Vectors>
[[gnu::noinline]] inline void run_whole(const GemmBlock<float, typename Step::Operand>& block, Index row) {
  constexpr Index lanes = Vector::lanes, depth = step_depth<typename Step::Operand>;
  constexpr Index group = group_steps * depth;
  constexpr Index panel = lanes * static_cast<Index>(tile_vectors) * depth;
  Vector sum[Rows][Vectors];
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const float* const start =
        block.bias != nullptr ? block.bias : block.c[row + static_cast<Index>(r)] + block.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::load(start + lanes * static_cast<Index>(v));
  }
  // what the sums go to, and are added to, is on its way while they are computed
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const Index at = row + static_cast<Index>(r);
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      __builtin_prefetch(block.c[at] + block.c_offset + lanes * static_cast<Index>(v), 1);
      if (block.addend != nullptr)
        __builtin_prefetch(block.addend[at] + block.c_offset + lanes * static_cast<Index>(v));
    }
  }

  const Index tiles = (block.rows + static_cast<Index>(Rows) - 1) / static_cast<Index>(Rows);
  const Index groups = block.segments * ((block.segment + group - 1) / group);
  Fetch soon_b(block.soon_b, row / static_cast<Index>(Rows) * groups, tiles * groups);
  Fetch soon_a(block.soon_a, row / static_cast<Index>(Rows) * groups, tiles * groups);

  const bool more = row + 2 * static_cast<Index>(Rows) <= block.rows;
  const auto* const after =
      more || block.soon_b.from == nullptr ? block.b : static_cast<const typename Step::Operand*>(block.soon_b.from);
  const typename Step::Operand* b = block.b;
  for (Index s = 0; s < block.segments; ++s) {
    const typename Step::Operand* a[Rows];
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) a[r] = block.a[s * block.a_pitch + row + static_cast<Index>(r)] + block.a_offset;
    // the rows of the next tile, a cache line of each at a time
    const typename Step::Operand* const* const next =
        block.a + s * block.a_pitch + (more ? row + static_cast<Index>(Rows) : row);
    Index i = 0;
    while (i < block.segment) {
      MASKRCNN_UNROLL
      for (int r = 0; r < Rows; ++r) __builtin_prefetch(next[r] + block.a_offset + i);
      soon_b.share();
      soon_a.share();
      const bool ends = s + 1 == block.segments && i + group >= block.segment;
      const typename Step::Operand* ahead = ends ? after : b + group_steps * panel;
      for (const Index end = std::min(i + group, block.segment); i < end; i += depth) {
        typename Step::Column column[Vectors];
        MASKRCNN_UNROLL
        for (int v = 0; v < Vectors; ++v) {
          column[v] = Step::load(b + lanes * depth * static_cast<Index>(v));
          __builtin_prefetch(ahead + lanes * depth * static_cast<Index>(v));
        }
        ahead += panel;
        MASKRCNN_UNROLL
        for (int r = 0; r < Rows; ++r) {
          const auto x = Step::broadcast(a[r] + i);
          MASKRCNN_UNROLL
          for (int v = 0; v < Vectors; ++v) sum[r][v] = Step::multiply_add(x, column[v], sum[r][v]);
        }
        b += panel;
      }
    }
  }

  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    float* const c = block.c[row + static_cast<Index>(r)] + block.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      const Index n = lanes * static_cast<Index>(v);
      Vector value = sum[r][v];
      if (block.addend != nullptr)
        value = add(value, Vector::load(block.addend[row + static_cast<Index>(r)] + block.c_offset + n));
      if (block.relu) value = relu(value);
      value.store(c + n);
    }
  }
}

/// The same where the last columns are not valid: computed as a whole tile beside the outputs, so that nothing is
/// touched beyond a row.
template <class Step, int Rows, int Vectors>
[[gnu::noinline]] inline void run_ragged(const GemmBlock<float, typename Step::Operand>& block, Index row) {
  constexpr Index width = Vector::lanes * static_cast<Index>(Vectors);
  float bias[width] = {}, outputs[Rows][width] = {}, addends[Rows][width] = {};
  float* c[Rows];
  const float* addend[Rows];
  for (Index r = 0; r < Rows; ++r) {
    c[r] = outputs[r];
    addend[r] = addends[r];
    for (Index n = 0; n < block.columns; ++n) {
      if (block.bias == nullptr) outputs[r][n] = block.c[row + r][block.c_offset + n];
      if (block.addend != nullptr) addends[r][n] = block.addend[row + r][block.c_offset + n];
    }
  }
  if (block.bias != nullptr)
    for (Index n = 0; n < block.columns; ++n) bias[n] = block.bias[n];

  GemmBlock<float, typename Step::Operand> whole = block;
  whole.a = block.a + row;
  whole.rows = block.rows - row;  // one tile is computed, but the rows of the next one are fetched
  whole.columns = width;
  whole.c = c;
  whole.c_offset = 0;
  if (block.bias != nullptr) whole.bias = bias;
  if (block.addend != nullptr) whole.addend = addend;
  run_whole<Step, Rows, Vectors>(whole, 0);
  for (Index r = 0; r < Rows; ++r)
    for (Index n = 0; n < block.columns; ++n) block.c[row + r][block.c_offset + n] = outputs[r][n];
}

/// All rows of a block, as many at a time as there are registers, then the rest.
template <class Step, int Rows, int Vectors>
MASKRCNN_INLINE void run_rows(const GemmBlock<float, typename Step::Operand>& block, Index row) {
  const bool whole = block.columns == Vector::lanes * static_cast<Index>(Vectors);
  for (; row + static_cast<Index>(Rows) <= block.rows; row += static_cast<Index>(Rows)) {
    if (whole)
      run_whole<Step, Rows, Vectors>(block, row);
    else
      run_ragged<Step, Rows, Vectors>(block, row);
  }
  if constexpr (Rows > 1) run_rows<Step, Rows - 1, Vectors>(block, row);
}

/// Picks the instance with as many vectors as the valid columns need.
template <class Step>
inline void gemm_block(const GemmBlock<float, typename Step::Operand>& block) {
  if constexpr (tile_vectors > 2) {
    if (block.columns <= 1 * Vector::lanes) return run_rows<Step, tile_rows, 1>(block, 0);
    if (block.columns <= 2 * Vector::lanes) return run_rows<Step, tile_rows, 2>(block, 0);
  }
  run_rows<Step, tile_rows, tile_vectors>(block, 0);
}

template <class Step>
inline constexpr GemmKernel<float, typename Step::Operand> gemm{
    .rows = static_cast<Index>(tile_rows),
    .columns = Vector::lanes* static_cast<Index>(tile_vectors),
    .depth = 512,
    .run = &gemm_block<Step>};

#undef MASKRCNN_UNROLL
