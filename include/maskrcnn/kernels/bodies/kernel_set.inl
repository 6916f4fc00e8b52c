// All kernels of one instruction set, and the table of them. Included by its room: inside the room's namespace and
// target region, after what it has to say:
//
//   name          as MASKRCNN_ISA spells it
//   tile_rows,
//   tile_vectors  of the product: so many sums and a few more have room in the registers
//   Vector        a register of floats: `lanes`, `load`, `broadcast` (one float of memory to all lanes), `all` (a
//                 constant), `store`
//   add, subtract, multiply, divide, multiply_add (a * b + c), lane by lane
//   relu(a)       0 where a is negative. What is not a number stays so, also where -ffast-math says that there is no
//                 such thing: by the bits, or in assembly
//   where_nan(a, otherwise)  a where it is not a number, by the same means
//   larger(a, b)  anything where either is not a number
//   Pairs         a register of pairs of bfloat16 numbers: `load`, `broadcast`, and `first` and `second` of each pair
//                 as a Vector; for gemm_widened.inl only

#include <maskrcnn/kernels/bodies/arithmetic.inl>
#include <maskrcnn/kernels/bodies/depthwise.inl>
#include <maskrcnn/kernels/bodies/gemm.inl>
#include <maskrcnn/kernels/bodies/roi_bin.inl>
#include <maskrcnn/kernels/bodies/winograd.inl>

constexpr KernelSet<float> kernels_of_room(const GemmKernel<float, BFloat16>& gemm_bf16) {
  return {.name = name,
          .gemm = gemm<FloatStep>,
          .gemm_bf16 = gemm_bf16,
          .round_to_bf16 = &round_to_bf16_reference<float>,
          .pool_roi_bin = &pool_roi_bin,
          .depthwise = &depthwise,
          .lanes = Vector::lanes,
          .winograd_4x4 = winograd<4>,
          .winograd_6x6 = winograd<6>};
}
