#include "every_header.hpp"

const void* kernel_of_second_unit();
maskrcnn::Box clipped_by_second_unit();

const void* kernel_of_second_unit() { return &maskrcnn::kernels::best_kernels<float>(); }
maskrcnn::Box clipped_by_second_unit() { return maskrcnn::clip(maskrcnn::Box{-1, -1, 9, 9}, {5, 5}); }
