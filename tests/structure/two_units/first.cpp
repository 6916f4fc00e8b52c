#include "every_header.hpp"

const void* kernel_of_second_unit();
maskrcnn::Box clipped_by_second_unit();

int main() {
  const bool same_kernel = kernel_of_second_unit() == &maskrcnn::kernels::best_kernels<float>();
  const bool same_box = clipped_by_second_unit() == maskrcnn::clip(maskrcnn::Box{-1, -1, 9, 9}, {5, 5});
  return same_kernel && same_box ? 0 : 1;
}
