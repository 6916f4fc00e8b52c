// The step of the bfloat16 product where no instruction multiplies such numbers: a register of pairs becomes two of
// floats, exactly, one after the other. Included by rooms that have `Pairs`.

struct WidenedPairStep {
  using Operand = BFloat16;
  static constexpr int parts = 2;
  template <int Part>
  MASKRCNN_INLINE static Vector load(const BFloat16* b) {
    return part<Part>(Pairs::load(b));
  }
  template <int Part>
  MASKRCNN_INLINE static Vector broadcast(const BFloat16* a) {
    return part<Part>(Pairs::broadcast(a));
  }
  MASKRCNN_INLINE static Vector add_product(Vector x, Vector column, Vector sum) {
    return multiply_add(x, column, sum);
  }

 private:
  template <int Part>
  MASKRCNN_INLINE static Vector part(Pairs pairs) {
    if constexpr (Part == 0)
      return pairs.first();
    else
      return pairs.second();
  }
};
