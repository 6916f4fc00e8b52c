/// The room of Intel's AMX, on Linux: the bfloat16 product on tiles of 16 x 16 sums, for which a process has to ask.
#pragma once

#include <maskrcnn/kernels/isa/avx512bf16.hpp>

#if defined(MASKRCNN_X86) && defined(__x86_64__) && defined(__linux__)
#define MASKRCNN_AMX 1

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::amx {

/// Whether the processor has tiles of bfloat16 numbers and the system keeps them from one process to the next. Asks
/// nobody for anything: see `permission`.
[[nodiscard]] inline bool available() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned saved_by_system = 1U << 27U, bf16_and_tiles = 1U << 22U | 1U << 24U;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & saved_by_system) == 0) return false;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & bf16_and_tiles) != bf16_and_tiles) return false;
  constexpr unsigned tile_state = 1U << 17U | 1U << 18U;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return (eax & tile_state) == tile_state;
}

/// Whether the system lets this process use tiles. It has to be asked, and then keeps room for them, 8 kB, in each
/// thread's state; so it is asked once, and not before somebody multiplies bfloat16 numbers.
[[nodiscard]] inline bool permission() {
  static const bool granted = [] {
    constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  }();
  return granted;
}

}  // namespace maskrcnn::kernels::amx

MASKRCNN_TARGET_REGION("amx-tile,amx-bf16,avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::amx {

// A tile has 16 rows of 64 bytes: of A 16 rows of 32 numbers, of B 16 pairs of rows of 16 columns, of C 16 rows of 16
// sums. Two tiles of A and two of B make four of C, which is all eight registers. A packed panel is B as it must be.
inline constexpr Index tile = 16, tile_depth = 32, panel = max_panel_columns;

/// What `_tile_loadconfig` reads: all eight tiles whole.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, first_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{tile, tile, tile, tile, tile, tile, tile, tile};
};
inline constexpr TileConfig whole_tiles;

/// Compilers do not know what memory a tile is loaded from: what was written there must be there.
inline void finish_writing() { __asm__ volatile("" ::: "memory"); }

/// The distance in bytes from each of sixteen rows to the next, or 0 if it varies.
inline std::intptr_t common_stride(const void* const* rows) {
  const __m512i low = _mm512_loadu_si512(rows), high = _mm512_loadu_si512(rows + 8);
  const std::intptr_t first = reinterpret_cast<std::intptr_t>(rows[0]),
                      stride = reinterpret_cast<std::intptr_t>(rows[1]) - first;
  const __m512i steps = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i even = _mm512_add_epi64(_mm512_set1_epi64(first), _mm512_mullo_epi64(steps, _mm512_set1_epi64(stride)));
  const bool same = _mm512_cmpneq_epi64_mask(even, low) == 0 &&
                    _mm512_cmpneq_epi64_mask(_mm512_add_epi64(even, _mm512_set1_epi64(8 * stride)), high) == 0;
  return same ? stride : 0;
}

/// One tile of operands in memory, `stride` bytes from row to row.
struct TileRows {
  const BFloat16* from;
  std::intptr_t stride;
};

/// Sixteen rows of one segment of A: read where they lie if they are equally far apart, else through a copy. Rows
/// beyond the block's are its last one once more.
class RowsOfA {
 public:
  RowsOfA(const GemmBlock<float, BFloat16>& block, Index segment, Index row, BFloat16* copy)
      : rows_(block.a + segment * block.a_pitch + row), offset_(block.a_offset), copy_(copy) {
    if (row + tile > block.rows) {
      for (Index r = 0; r < tile; ++r) last_rows_[r] = rows_[std::min(r, block.rows - 1 - row)];
      rows_ = last_rows_.data();
    }
    stride_ = common_stride(reinterpret_cast<const void* const*>(rows_));
  }

  /// Numbers [at, at + count), then zeros to fill the tile.
  [[nodiscard]] TileRows piece(Index at, Index count) const {
    if (stride_ != 0 && count == tile_depth) return {rows_[0] + offset_ + at, stride_};
    return copied(at, count);
  }

 private:
  [[nodiscard]] TileRows copied(Index at, Index count) const {
    const __mmask32 valid = 0xFFFFFFFFU >> (tile_depth - count);
    for (Index r = 0; r < tile; ++r)
      _mm512_store_si512(copy_ + r * tile_depth, _mm512_maskz_loadu_epi16(valid, rows_[r] + offset_ + at));
    finish_writing();
    return {copy_, tile_depth * sizeof(BFloat16)};
  }

  const BFloat16* const* rows_;
  Index offset_;
  BFloat16* copy_;
  std::intptr_t stride_;
  std::array<const BFloat16*, tile> last_rows_;
};

/// Rows [at, at + count) of both tiles of B that begin at `b`, then zeros to fill them.
inline TileRows rows_of_b(const BFloat16* b, Index count, BFloat16* copy) {
  if (count == tile_depth) return {b, 2 * panel * sizeof(BFloat16)};
  for (Index pair = 0; pair < tile; ++pair)
    for (Index half = 0; half < 2; ++half) {
      const __mmask16 valid = 2 * pair < count ? 0xFFFF : 0;
      _mm512_store_si512(copy + (2 * pair + half) * tile_depth,
                         _mm512_maskz_loadu_epi32(valid, b + pair * 2 * panel + half * tile_depth));
    }
  finish_writing();
  return {copy, 2 * tile_depth * sizeof(BFloat16)};
}

/// Floats of tiles, `stride` bytes from row to row; a stride of 0 is one row for all.
struct Sums {
  float* at;
  std::intptr_t stride;

  [[nodiscard]] float* row(Index r) const {
    return at + static_cast<std::intptr_t>(r) * stride / static_cast<std::intptr_t>(sizeof(float));
  }
};

/// The products of rows [row, row + 16 * Rows) and columns [column, column + 16 * Columns), added to `from`.
template <int Rows, int Columns>
inline void multiply(const GemmBlock<float, BFloat16>& block, Index row, Index column, avx512::Fetch& prefetch_b,
                     avx512::Fetch& prefetch_a, const Sums& from, const Sums& to) {
  alignas(64) BFloat16 copies[2][tile * tile_depth], copy_of_b[2 * tile * tile_depth];
  _tile_loadd(0, from.at, from.stride);
  if constexpr (Columns > 1) _tile_loadd(1, from.at + tile, from.stride);
  if constexpr (Rows > 1) _tile_loadd(2, from.row(tile), from.stride);
  if constexpr (Rows > 1 && Columns > 1) _tile_loadd(3, from.row(tile) + tile, from.stride);
  const BFloat16* b = block.b + 2 * column;
  for (Index s = 0; s < block.segments; ++s) {
    const RowsOfA upper(block, s, row, copies[0]), lower(block, s, Rows > 1 ? row + tile : row, copies[1]);
    for (Index i = 0; i < block.segment; i += tile_depth) {
      const Index count = std::min(tile_depth, block.segment - i);
      prefetch_b.share();
      prefetch_a.share();
      const TileRows columns = rows_of_b(b, count, copy_of_b), a = upper.piece(i, count);
      _tile_loadd(6, columns.from, columns.stride);
      _tile_loadd(4, a.from, a.stride);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (Columns > 1) {
        _tile_loadd(7, columns.from + tile_depth, columns.stride);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (Rows > 1) {
        const TileRows more = lower.piece(i, count);
        _tile_loadd(5, more.from, more.stride);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (Columns > 1) _tile_dpbf16ps(3, 5, 7);
      }
      b += count * panel;
    }
  }
  _tile_stored(0, to.at, to.stride);
  if constexpr (Columns > 1) _tile_stored(1, to.at + tile, to.stride);
  if constexpr (Rows > 1) _tile_stored(2, to.row(tile), to.stride);
  if constexpr (Rows > 1 && Columns > 1) _tile_stored(3, to.row(tile) + tile, to.stride);
}

/// Up to two columns of tiles of a block.
template <int Columns>
class TileColumns {
 public:
  TileColumns(const GemmBlock<float, BFloat16>& block, Index column, avx512::Fetch& prefetch_b,
              avx512::Fetch& prefetch_a)
      : block_(block),
        column_(column),
        columns_(std::min(Columns * tile, block.columns - column)),
        prefetch_b_(prefetch_b),
        prefetch_a_(prefetch_a) {
    for (Index n = 0; n < Columns * tile; n += tile)
      _mm512_store_ps(bias_ + n, block.bias == nullptr ? _mm512_setzero_ps()
                                                       : _mm512_maskz_loadu_ps(valid(n), block.bias + column + n));
    finish_writing();
  }

  void run() {
    Index row = 0;
    for (; row + tile < block_.rows; row += 2 * tile) run_rows<2>(row);
    if (row < block_.rows) run_rows<1>(row);
  }

 private:
  [[nodiscard]] __mmask16 valid(Index n) const {
    return static_cast<__mmask16>(n >= columns_ ? 0 : 0xFFFFU >> (tile - std::min(tile, columns_ - n)));
  }

  /// Rows [row, row + 16 * Rows), or as many as there are.
  template <int Rows>
  void run_rows(Index row) {
    const Index rows = std::min(Rows * tile, block_.rows - row), first = block_.c_offset + column_;
    float* const* const c = block_.c + row;
    for (Index r = 0; r < rows; ++r)
      for (Index n = first; n < first + columns_; n += tile) {
        __builtin_prefetch(c[r] + n, 1);
        if (block_.addend != nullptr) __builtin_prefetch(block_.addend[row + r] + n);
      }
    // whole tiles of C, equally far apart, are where tiles can be loaded from and stored
    std::intptr_t stride = 0;
    if (rows == Rows * tile && columns_ == Columns * tile) {
      stride = common_stride(reinterpret_cast<const void* const*>(c));
      if (Rows > 1 &&
          (common_stride(reinterpret_cast<const void* const*>(c + tile)) != stride ||
           reinterpret_cast<std::intptr_t>(c[tile]) - reinterpret_cast<std::intptr_t>(c[tile - 1]) != stride))
        stride = 0;
    }
    const Sums in_place{c[0] + first, stride}, beside{sums_, 2 * tile * sizeof(float)}, start{bias_, 0};
    if (block_.bias == nullptr && stride == 0) fetch(row, rows);
    const bool ends = block_.addend != nullptr || block_.relu || stride == 0;
    multiply<Rows, Columns>(block_, row, column_, prefetch_b_, prefetch_a_,
                            block_.bias != nullptr ? start
                            : stride != 0          ? in_place
                                                   : beside,
                            ends ? beside : in_place);
    if (ends) finish(row, rows);
  }

  /// Outputs that sums go on from.
  void fetch(Index row, Index rows) {
    for (Index n = 0; n < Columns * tile; n += tile)
      for (Index r = 0; r < 2 * tile; ++r) {
        const float* const c = block_.c[row + std::min(r, rows - 1)] + block_.c_offset + column_ + n;
        _mm512_store_ps(sums_ + r * 2 * tile + n, _mm512_maskz_loadu_ps(valid(n), c));
      }
    finish_writing();
  }

  /// What is left to be done with sums that stand beside their outputs.
  void finish(Index row, Index rows) {
    for (Index n = 0; n < columns_; n += tile) {
      const Index at = block_.c_offset + column_ + n;
      const __mmask16 mask = valid(n);
      for (Index r = 0; r < rows; ++r) {
        float* const c = block_.c[row + r] + at;
        avx512::Vector value = avx512::Vector::load(sums_ + r * 2 * tile + n);
        if (block_.addend != nullptr)
          value.value = _mm512_add_ps(value.value, _mm512_maskz_loadu_ps(mask, block_.addend[row + r] + at));
        if (block_.relu) value = avx512::relu(value);
        _mm512_mask_storeu_ps(c, mask, value.value);
      }
    }
  }

  const GemmBlock<float, BFloat16>& block_;
  Index column_, columns_;
  avx512::Fetch &prefetch_b_, &prefetch_a_;
  alignas(64) float bias_[2 * tile], sums_[2 * tile * 2 * tile];
};

inline void gemm_block(const GemmBlock<float, BFloat16>& block) {
  const Index row_pairs = (block.rows + 2 * tile - 1) / (2 * tile);
  const Index column_pairs = (block.columns + 2 * tile - 1) / (2 * tile);
  const Index steps = row_pairs * column_pairs * block.segments * ((block.segment + tile_depth - 1) / tile_depth);
  avx512::Fetch prefetch_b(block.prefetch_b, 0, steps), prefetch_a(block.prefetch_a, 0, steps);
  _tile_loadconfig(&whole_tiles);
  // columns of B stay in the first-level cache while all rows pass
  for (Index column = 0; column < block.columns; column += 2 * tile) {
    if (block.columns - column > tile)
      TileColumns<2>(block, column, prefetch_b, prefetch_a).run();
    else
      TileColumns<1>(block, column, prefetch_b, prefetch_a).run();
  }
  _tile_release();
}

inline constexpr KernelSet<float> kernel_set = [] {
  KernelSet<float> set = avx512bf16::kernel_set;
  set.name = "amx";
  set.bf16_beats_winograd = true;
  set.gemm_bf16 = {.rows = 2 * tile, .columns = panel, .depth = 4096, .run = &gemm_block};
  set.permission = &permission;
  set.otherwise = &avx512bf16::kernel_set;
  return set;
}();

}  // namespace maskrcnn::kernels::amx

MASKRCNN_END_TARGET_REGION
#endif  // AMX
