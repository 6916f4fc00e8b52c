// Every kernel that this processor has, against the definition in plain loops.

#include <maskrcnn/kernels/dispatch.hpp>

#include <cstdlib>
#include <map>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::kernels::available_kernels;
using maskrcnn::kernels::GemmBlock;
using maskrcnn::kernels::GemmKernel;

namespace {

/// What a product is computed of and summed in.
template <class T, class O>
struct Product {
  using Scalar = T;
  using Operand = O;
};
using Floats = Product<float, float>;
using Doubles = Product<double, double>;
using Bfloats = Product<float, maskrcnn::BFloat16>;

/// The kernels of all instruction sets for a product, by name.
template <class P>
[[nodiscard]] auto kernels_for() {
  using T = typename P::Scalar;
  std::vector<std::pair<std::string, GemmKernel<T, typename P::Operand>>> kernels;
  for (const auto* set : available_kernels<T>())
    if (&maskrcnn::kernels::permitted(*set) == set)
      kernels.emplace_back(set->name, set->template product<typename P::Operand>());
  return kernels;
}

/// What `test::random_numbers` gives, kept for the next time: these tests want many millions.
template <class Number>
[[nodiscard]] std::vector<Number> random_numbers(Index count, unsigned seed) {
  static std::map<unsigned, std::vector<Number>> known;
  std::vector<Number>& numbers = known[seed];
  if (numbers.size() < count) numbers = test::random_numbers<Number>(count, seed);
  return {numbers.data(), numbers.data() + count};
}

/// Segments are whole steps of the product.
template <class P>
[[nodiscard]] Index whole_steps(Index segment) {
  constexpr Index step = maskrcnn::kernels::step_depth<typename P::Operand>;
  return (segment + step - 1) / step * step;
}

struct Sizes {
  Index rows, columns, segments, segment;
  bool bias, addend, relu;
};

/// Inputs and outputs of one call, with room around them that must stay as it is.
template <class P>
class Problem {
  using T = typename P::Scalar;
  using Operand = typename P::Operand;

 public:
  Problem(const GemmKernel<T, Operand>& kernel, const Sizes& sizes)
      : sizes_(sizes),
        a_(random_numbers<Operand>(sizes.segments * pitch * (sizes.segment + offset), 1)),
        b_(random_numbers<Operand>(sizes.segments * sizes.segment * kernel.columns, 2)),
        c_(random_numbers<T>(pitch * row, 3)),
        bias_(random_numbers<T>(kernel.columns, 4)),
        addend_(random_numbers<T>(pitch * row, 5)) {
    for (Index i = 0; i < sizes.segments * pitch; ++i) inputs_.push_back(a_.data() + i * (sizes.segment + offset));
    for (Index r = 0; r < sizes.rows; ++r) {
      outputs_.push_back(c_.data() + r * row);
      addends_.push_back(addend_.data() + r * row);
    }
  }

  [[nodiscard]] GemmBlock<T, Operand> block() {
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
            .relu = sizes_.relu,
            .prefetch_b = {b_.data(), b_.size() * sizeof(Operand) / maskrcnn::tensor_alignment}};
  }

  [[nodiscard]] std::vector<Operand>& a() { return a_; }
  [[nodiscard]] const std::vector<T>& c() const { return c_; }
  [[nodiscard]] T at(Index r, Index n) const { return c_[r * row + 3 + n]; }

 private:
  static constexpr Index pitch = 100, offset = 6;
  static constexpr Index row = maskrcnn::kernels::max_panel_columns + 9;

  Sizes sizes_;
  std::vector<Operand> a_, b_;
  std::vector<T> c_, bias_, addend_;
  std::vector<const Operand*> inputs_;
  std::vector<T*> outputs_;
  std::vector<const T*> addends_;
};

template <class P, class Kernel>
[[nodiscard]] double distance_to_reference(const Kernel& kernel, const Sizes& sizes) {
  Problem<P> problem(kernel, sizes), reference(kernel, sizes);
  kernel.run(problem.block());
  gemm_block_reference(reference.block(), kernel.columns);
  return test::difference(problem.c(), reference.c());
}

}  // namespace

TEST_CASE_TEMPLATE("kernels compute what the reference does, for all rows and every third column", P, Floats, Doubles,
                   Bfloats) {
  for (const auto& named : kernels_for<P>()) {
    CAPTURE(named.first);
    REQUIRE(named.second.columns <= maskrcnn::kernels::max_panel_columns);
    double worst = 0;
    for (Index rows = 1; rows <= named.second.rows + 1; ++rows)
      for (Index columns = 1; columns <= named.second.columns; columns += 3)
        for (const bool whole : {false, true})
          worst = std::max(worst, distance_to_reference<P>(named.second, {.rows = rows,
                                                                          .columns = columns,
                                                                          .segments = 2,
                                                                          .segment = whole_steps<P>(7),
                                                                          .bias = whole,
                                                                          .addend = !whole,
                                                                          .relu = whole}));
    CHECK(worst < test::tolerance<typename P::Scalar> / 10);
  }
}

TEST_CASE_TEMPLATE("kernels compute what the reference does, for all that a call can ask", P, Floats, Doubles,
                   Bfloats) {
  for (const auto& named : kernels_for<P>())
    for (const Index segments : {1U, 3U, 9U})
      for (const Index segment : {1U, 2U, 16U, 127U, 128U, 129U, 300U})
        for (const unsigned options : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
          CAPTURE(named.first);
          CAPTURE(segments);
          CAPTURE(segment);
          CAPTURE(options);
          CHECK(distance_to_reference<P>(named.second, {.rows = named.second.rows + 2 - segment % 4,
                                                        .columns = named.second.columns - segment % 3,
                                                        .segments = segments,
                                                        .segment = whole_steps<P>(segment),
                                                        .bias = (options & 1U) != 0,
                                                        .addend = (options & 2U) != 0,
                                                        .relu = (options & 4U) != 0}) <
                test::tolerance<typename P::Scalar>);
        }
}

TEST_CASE_TEMPLATE("kernels take few rows of any number of segments", P, Floats, Doubles, Bfloats) {
  for (const auto& named : kernels_for<P>())
    for (const Index segments : {63U, 64U, 65U, 130U})
      for (Index rows = 1; rows < named.second.rows && rows < 8; ++rows)
        for (const bool whole : {false, true}) {
          CAPTURE(named.first);
          CAPTURE(segments);
          CAPTURE(rows);
          CHECK(distance_to_reference<P>(named.second, {.rows = rows,
                                                        .columns = named.second.columns - (whole ? 0 : 1),
                                                        .segments = segments,
                                                        .segment = whole_steps<P>(2),
                                                        .bias = whole,
                                                        .addend = !whole,
                                                        .relu = true}) < test::tolerance<typename P::Scalar>);
        }
}

TEST_CASE_TEMPLATE("a row's result does not depend on the tile it is in", P, Floats, Doubles, Bfloats) {
  for (const auto& named : kernels_for<P>()) {
    CAPTURE(named.first);
    for (const Index segment : {7U, 64U, 150U}) {
      Sizes sizes{.rows = 2 * named.second.rows + 1,
                  .columns = named.second.columns,
                  .segments = 3,
                  .segment = whole_steps<P>(segment),
                  .bias = segment != 64,  // else sums go on from the outputs
                  .addend = false,
                  .relu = false};
      Problem<P> whole(named.second, sizes);
      named.second.run(whole.block());
      for (Index rows = 1; rows <= 2 * named.second.rows; ++rows) {
        sizes.rows = rows;
        Problem<P> part(named.second, sizes);
        named.second.run(part.block());
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

TEST_CASE_TEMPLATE("what is not a number stays so, with ReLU and without", P, Floats, Doubles, Bfloats) {
  for (const auto& named : kernels_for<P>())
    for (const bool relu : {false, true})
      for (const Index columns : {named.second.columns, named.second.columns - 1, Index{1}}) {
        CAPTURE(named.first);
        CAPTURE(relu);
        Problem<P> problem(
            named.second,
            {.rows = 3, .columns = columns, .segments = 1, .segment = 4, .bias = true, .addend = false, .relu = relu});
        problem.a()[(4 + 6) + 6] =
            typename P::Operand(std::numeric_limits<float>::quiet_NaN());  // row 1, first element
        named.second.run(problem.block());
        for (Index n = 0; n < columns; ++n) {
          CHECK_FALSE(std::isnan(problem.at(0, n)));
          CHECK(std::isnan(problem.at(1, n)));
          CHECK_FALSE(std::isnan(problem.at(2, n)));
        }
      }
}
