// All kernels of one instruction set, and the table of them. Included inside the namespace and the target region of
// that set, which has `name`, `Vector` with its arithmetic, `tile_rows` and `tile_vectors`.

#include <maskrcnn/kernels/depthwise_simd.inl>
#include <maskrcnn/kernels/gemm_simd.inl>
#include <maskrcnn/kernels/roi_bin_simd.inl>
#include <maskrcnn/kernels/winograd_simd.inl>

inline constexpr KernelSet<float> kernel_set{.name = name,
                                             .gemm = gemm<FloatStep>,
                                             .gemm_bf16 = gemm_portable<float, BFloat16>,
                                             .round_to_bf16 = &round_to_bf16_portable<float>,
                                             .pool_roi_bin = &pool_roi_bin,
                                             .depthwise = &depthwise,
                                             .lanes = Vector::lanes,
                                             .winograd_4x4 = winograd<4>,
                                             .winograd_6x6 = winograd<6>};
