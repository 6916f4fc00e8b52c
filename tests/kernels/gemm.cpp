// Every kernel that this processor has, against the definition in plain loops.

#include <maskrcnn/kernels/dispatch.hpp>

#include <cstdlib>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::kernels::available_gemm_kernels;
using maskrcnn::kernels::GemmKernel;
using maskrcnn::kernels::GemmTile;

namespace {

struct Sizes {
  Index rows, columns, segments, segment;
  bool bias, addend, relu;
};

/// Inputs and outputs of one call, with room around them that must stay as it is.
template <class T>
class Problem {
 public:
  Problem(const GemmKernel<T>& kernel, const Sizes& sizes)
      : sizes_(sizes),
        a_(test::random_numbers<T>(sizes.segments * pitch * (sizes.segment + offset), 1)),
        b_(test::random_numbers<T>(sizes.segments * sizes.segment * kernel.columns, 2)),
        c_(test::random_numbers<T>(pitch * row, 3)),
        bias_(test::random_numbers<T>(kernel.columns, 4)),
        addend_(test::random_numbers<T>(pitch * row, 5)) {
    for (Index i = 0; i < sizes.segments * pitch; ++i) inputs_.push_back(a_.data() + i * (sizes.segment + offset));
    for (Index r = 0; r < sizes.rows; ++r) {
      outputs_.push_back(c_.data() + r * row);
      addends_.push_back(addend_.data() + r * row);
    }
  }

  [[nodiscard]] GemmTile<T> tile() {
    return {.a = inputs_.data(),
            .a_pitch = pitch,
            .a_offset = offset,
            .segments = sizes_.segments,
            .segment = sizes_.segment,
            .rows = sizes_.rows,
            .b = b_.data(),
            .columns = sizes_.columns,
            .c = outputs_.data(),
            .c_offset = 3,
            .bias = sizes_.bias ? bias_.data() : nullptr,
            .addend = sizes_.addend ? addends_.data() : nullptr,
            .relu = sizes_.relu};
  }

  [[nodiscard]] std::vector<T>& a() { return a_; }
  [[nodiscard]] const std::vector<T>& c() const { return c_; }
  [[nodiscard]] T at(Index r, Index n) const { return c_[r * row + 3 + n]; }

 private:
  static constexpr Index pitch = maskrcnn::kernels::max_tile_rows + 3, offset = 5;
  static constexpr Index row = maskrcnn::kernels::max_panel_columns + 9;

  Sizes sizes_;
  std::vector<T> a_, b_, c_, bias_, addend_;
  std::vector<const T*> inputs_;
  std::vector<T*> outputs_;
  std::vector<const T*> addends_;
};

template <class T>
[[nodiscard]] double distance_to_reference(const GemmKernel<T>& kernel, const Sizes& sizes) {
  Problem<T> problem(kernel, sizes), reference(kernel, sizes);
  kernel.run(problem.tile());
  gemm_tile_reference(reference.tile(), kernel.columns);
  return test::difference(problem.c(), reference.c());
}

}  // namespace

TEST_CASE_TEMPLATE("kernels compute what the reference does, for all rows and columns", T, float, double) {
  for (const auto* kernel : available_gemm_kernels<T>()) {
    CAPTURE(kernel->name);
    REQUIRE(kernel->rows <= maskrcnn::kernels::max_tile_rows);
    REQUIRE(kernel->columns <= maskrcnn::kernels::max_panel_columns);
    double worst = 0;
    for (Index rows = 1; rows <= kernel->rows; ++rows)
      for (Index columns = 1; columns <= kernel->columns; ++columns)
        for (const bool whole : {false, true})
          worst = std::max(worst, distance_to_reference<T>(*kernel, {.rows = rows,
                                                                     .columns = columns,
                                                                     .segments = 2,
                                                                     .segment = 7,
                                                                     .bias = whole,
                                                                     .addend = !whole,
                                                                     .relu = whole}));
    CHECK(worst < test::tolerance<T> / 10);
  }
}

TEST_CASE_TEMPLATE("kernels compute what the reference does, for all that a call can ask", T, float, double) {
  for (const auto* kernel : available_gemm_kernels<T>())
    for (const Index segments : {1U, 3U, 9U})
      for (const Index segment : {1U, 2U, 16U, 127U, 128U, 129U, 300U})
        for (const unsigned options : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
          CAPTURE(kernel->name);
          CAPTURE(segments);
          CAPTURE(segment);
          CAPTURE(options);
          CHECK(distance_to_reference<T>(*kernel, {.rows = kernel->rows - segment % 2,
                                                   .columns = kernel->columns - segment % 3,
                                                   .segments = segments,
                                                   .segment = segment,
                                                   .bias = (options & 1U) != 0,
                                                   .addend = (options & 2U) != 0,
                                                   .relu = (options & 4U) != 0}) < test::tolerance<T>);
        }
}

TEST_CASE_TEMPLATE("a row's result does not depend on the tile it is in", T, float, double) {
  for (const auto* kernel : available_gemm_kernels<T>()) {
    CAPTURE(kernel->name);
    for (const Index segment : {7U, 64U, 150U}) {
      Sizes sizes{.rows = kernel->rows,
                  .columns = kernel->columns,
                  .segments = 3,
                  .segment = segment,
                  .bias = true,
                  .addend = false,
                  .relu = false};
      Problem<T> whole(*kernel, sizes);
      kernel->run(whole.tile());
      for (Index rows = 1; rows < kernel->rows; ++rows) {
        sizes.rows = rows;
        Problem<T> part(*kernel, sizes);
        kernel->run(part.tile());
        bool same = true;
        for (Index r = 0; r < rows; ++r)
          for (Index n = 0; n < sizes.columns; ++n) same = same && part.at(r, n) == whole.at(r, n);
        CAPTURE(rows);
        CAPTURE(segment);
        CHECK(same);
      }
    }
  }
}

TEST_CASE_TEMPLATE("what is not a number stays so, with ReLU and without", T, float, double) {
  for (const auto* kernel : available_gemm_kernels<T>())
    for (const bool relu : {false, true})
      for (const Index columns : {kernel->columns, kernel->columns - 1, Index{1}}) {
        CAPTURE(kernel->name);
        CAPTURE(relu);
        Problem<T> problem(
            *kernel,
            {.rows = 3, .columns = columns, .segments = 1, .segment = 4, .bias = true, .addend = false, .relu = relu});
        problem.a()[(4 + 5) + 5] = std::numeric_limits<T>::quiet_NaN();  // row 1, first element
        kernel->run(problem.tile());
        for (Index n = 0; n < columns; ++n) {
          CHECK_FALSE(std::isnan(problem.at(0, n)));
          CHECK(std::isnan(problem.at(1, n)));
          CHECK_FALSE(std::isnan(problem.at(2, n)));
        }
      }
}
