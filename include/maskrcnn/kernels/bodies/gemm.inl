// The inner product on vector registers; see `GemmBlock` for what it computes. Included by rooms.
//
// Register budget: tile_rows * tile_vectors accumulators + tile_vectors of B + 1 broadcast of A; no target may have
// fewer registers than that. Plain loops over constant bounds become straight code because they are unrolled by pragma:
// without it GCC at -O2 keeps the accumulators in memory, five times slower. Each tile is a function of its own, never
// inlined: beside another copy GCC at -O3 keeps accumulators in memory too. Inside it everything is inlined by force,
// because Clang otherwise passes registers through memory.

/// One step of the product: a number times a register of them.
struct FloatStep {
  using Operand = float;
  static constexpr int parts = 1;
  template <int Part>
  MASKRCNN_INLINE static Vector load(const float* b) {
    return Vector::load(b);
  }
  template <int Part>
  MASKRCNN_INLINE static Vector broadcast(const float* a) {
    return Vector::broadcast(a);
  }
  MASKRCNN_INLINE static Vector add_product(Vector x, Vector column, Vector sum) {
    return multiply_add(x, column, sum);
  }
};

/// Steps of the product that are looked after together: one cache line of each row of A. B is asked for a group ahead.
inline constexpr Index group_steps = 16;

/// Memory to come, fetched a little at a time: the same share for each group of steps.
class Fetch {
 public:
  MASKRCNN_INLINE Fetch(const Prefetch& prefetch, Index group, Index groups)
      : lines_((prefetch.lines + groups - 1) / groups),
        at_(static_cast<const char*>(prefetch.from) + group * lines_ * tensor_alignment) {}

  MASKRCNN_INLINE void share() {
    for (Index l = 0; l < lines_; ++l, at_ += tensor_alignment) __builtin_prefetch(at_, 0, 2);
  }

 private:
  Index lines_;
  const char* at_;
};

template <class Step>
using BlockOf = GemmBlock<float, typename Step::Operand>;

/// One step, or part `Part` of it: the sums of `Rows` rows and `Vectors` registers of columns.
template <class Step, int Part>
struct Products {
  using Operand = typename Step::Operand;

  template <int Rows, int Vectors>
  MASKRCNN_INLINE static void add_to(Vector (&sum)[Rows][Vectors], const Operand* const (&a)[Rows], Index i,
                                     const Operand* b) {
    constexpr Index width = Vector::lanes * step_depth<Operand>;
    decltype(Step::template load<Part>(b)) column[Vectors];
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) column[v] = Step::template load<Part>(b + width * static_cast<Index>(v));
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const auto x = Step::template broadcast<Part>(a[r] + i);
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Step::add_product(x, column[v], sum[r][v]);
    }
  }
};

/// Rows [row, row + Rows) of a block, all of whose columns are valid.
template <class Step, int Rows, int Vectors>
[[gnu::noinline]] inline void run_tile(const BlockOf<Step>& block, Index row) {
  using Operand = typename Step::Operand;
  constexpr Index rows = static_cast<Index>(Rows), lanes = Vector::lanes, width = lanes * static_cast<Index>(Vectors);
  constexpr Index depth = step_depth<Operand>, group = group_steps * depth;
  constexpr Index panel = lanes * static_cast<Index>(tile_vectors) * depth;
  constexpr Index line = tensor_alignment / sizeof(Operand);
  Vector sum[Rows][Vectors];
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const float* const start =
        block.bias != nullptr ? block.bias : block.c[row + static_cast<Index>(r)] + block.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector::load(start + lanes * static_cast<Index>(v));
  }
  // what the sums go to, and are added to, is on its way while they are computed
  for (Index r = row; r < row + rows; ++r)
    for (Index n = block.c_offset; n < block.c_offset + width; n += tensor_alignment / sizeof(float)) {
      __builtin_prefetch(block.c[r] + n, 1);
      if (block.addend != nullptr) __builtin_prefetch(block.addend[r] + n);
    }

  const Index tiles = (block.rows + rows - 1) / rows;
  const Index groups = block.segments * ((block.segment + group - 1) / group);
  Fetch prefetch_b(block.prefetch_b, row / rows * groups, tiles * groups);
  Fetch prefetch_a(block.prefetch_a, row / rows * groups, tiles * groups);

  const bool more = row + 2 * rows <= block.rows;
  const auto* const after =
      more || block.prefetch_b.from == nullptr ? block.b : static_cast<const Operand*>(block.prefetch_b.from);
  const Operand* b = block.b;
  for (Index s = 0; s < block.segments; ++s) {
    const Operand* a[Rows];
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) a[r] = block.a[s * block.a_pitch + row + static_cast<Index>(r)] + block.a_offset;
    // the rows of the next tile, a cache line of each at a time
    const Operand* const* const next = block.a + s * block.a_pitch + (more ? row + rows : row);
    for (Index i = 0; i < block.segment;) {
      MASKRCNN_UNROLL
      for (int r = 0; r < Rows; ++r) __builtin_prefetch(next[r] + block.a_offset + i);
      prefetch_b.share();
      prefetch_a.share();
      const bool ends = s + 1 == block.segments && i + group >= block.segment;
      const Operand* ahead = ends ? after : b + group_steps * panel;
      const Index begin = i, end = i + group < block.segment ? i + group : block.segment;
      const Operand* const b_begin = b;
      for (; i < end; i += depth, b += panel, ahead += panel) {
        MASKRCNN_UNROLL
        for (Index n = 0; n < width * depth; n += line) __builtin_prefetch(ahead + n);
        Products<Step, 0>::add_to(sum, a, i, b);
      }
      if constexpr (Step::parts > 1) {  // in a loop of its own: both together would not fit into the registers
        b = b_begin;
        for (i = begin; i < end; i += depth, b += panel) Products<Step, 1>::add_to(sum, a, i, b);
      }
    }
  }

  if (block.addend != nullptr) {
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const float* const addend = block.addend[row + static_cast<Index>(r)] + block.c_offset;
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v)
        sum[r][v] = add(sum[r][v], Vector::load(addend + lanes * static_cast<Index>(v)));
    }
  }
  if (block.relu) {
    MASKRCNN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      MASKRCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[r][v] = relu(sum[r][v]);
    }
  }
  MASKRCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    float* const c = block.c[row + static_cast<Index>(r)] + block.c_offset;
    MASKRCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[r][v].store(c + lanes * static_cast<Index>(v));
  }
}

/// Tiles of some number of columns: as many rows of them as there are registers, and a single one.
template <class Step>
struct Tiles {
  using Run = void (*)(const BlockOf<Step>&, Index row);
  Index columns;
  Run rows, row;
};

template <class Step, int Vectors>
inline constexpr Tiles<Step> tiles{.columns = Vector::lanes * static_cast<Index>(Vectors),
                                   .rows = &run_tile<Step, tile_rows, Vectors>,
                                   .row = &run_tile<Step, 1, Vectors>};

/// Segments of a block, at most, whose rows are padded to a tile.
inline constexpr Index padded_segments = 64;

/// A tile of `rows` rows from `first` on, of which only the block's rows from `kept` on and its valid columns are
/// wanted: computed beside the outputs, so that nothing else is touched. Beyond the block's last row it takes that one
/// once more.
template <class Step>
[[gnu::noinline]] inline void run_beside(const BlockOf<Step>& block, typename Tiles<Step>::Run tile, Index width,
                                         Index first, Index rows, Index kept) {
  constexpr Index most_rows = static_cast<Index>(tile_rows), most = Vector::lanes * static_cast<Index>(tile_vectors);
  const Index end = first + rows < block.rows ? first + rows : block.rows;
  const typename Step::Operand* a[padded_segments * most_rows];
  float bias[most], outputs[most_rows * most], addends[most_rows * most];
  float* c[most_rows];
  const float* addend[most_rows];
  const auto copy = [&](const float* from, float* to) {
    for (Index n = 0; n < width; ++n) to[n] = n < block.columns ? from[n] : 0.0F;
  };
  for (Index r = 0; r < rows; ++r) {
    const Index row = first + r < end ? first + r : end - 1;
    c[r] = outputs + r * width;
    addend[r] = addends + r * width;
    if (block.bias == nullptr) copy(block.c[row] + block.c_offset, c[r]);
    if (block.addend != nullptr) copy(block.addend[row] + block.c_offset, addends + r * width);
    for (Index s = 0; s < block.segments && first + rows > end; ++s) a[s * rows + r] = block.a[s * block.a_pitch + row];
  }
  if (block.bias != nullptr) copy(block.bias, bias);

  BlockOf<Step> whole = block;
  whole.a = first + rows > end ? a : block.a + first;
  whole.a_pitch = first + rows > end ? rows : block.a_pitch;
  whole.rows = block.rows - first;  // one tile is computed, but the rows of the next one are fetched
  whole.c = c;
  whole.c_offset = 0;
  if (block.bias != nullptr) whole.bias = bias;
  if (block.addend != nullptr) whole.addend = addend;
  tile(whole, 0);
  for (Index r = kept; r < end; ++r)
    for (Index n = 0; n < block.columns; ++n) block.c[r][block.c_offset + n] = c[r - first][n];
}

/// All of a block, with as many vectors as the valid columns need. The last rows, where they do not fill a tile, are
/// either taken one by one or as a tile that overlaps the one before; where there is none before, as one with rows that
/// nobody wants.
template <class Step>
inline void gemm_block(const BlockOf<Step>& block) {
  const Tiles<Step>* narrowest = &tiles<Step, tile_vectors>;
  if constexpr (tile_vectors > 2)
    if (block.columns <= 2 * Vector::lanes) narrowest = &tiles<Step, 2>;
  if (block.columns <= 1 * Vector::lanes) narrowest = &tiles<Step, 1>;
  const auto& [width, rows, row] = *narrowest;
  const auto run = [&, width = width](typename Tiles<Step>::Run tile, Index first, Index count, Index kept) {
    if (block.columns == width && first == kept && first + count <= block.rows)
      tile(block, first);
    else
      run_beside<Step>(block, tile, width, first, count, kept);
  };
  constexpr Index count = static_cast<Index>(tile_rows);
  Index at = 0;
  for (; at + count <= block.rows; at += count) run(rows, at, count, at);
  if (2 * (block.rows - at) >= count && (at > 0 || block.segments <= padded_segments))
    return run(rows, at > 0 ? block.rows - count : 0, count, at);
  for (; at < block.rows; ++at) run(row, at, 1, at);
}

template <class Step>
inline constexpr GemmKernel<float, typename Step::Operand> gemm{
    .rows = static_cast<Index>(tile_rows),
    .columns = Vector::lanes* static_cast<Index>(tile_vectors),
    .depth = 512,
    .run = &gemm_block<Step>};
