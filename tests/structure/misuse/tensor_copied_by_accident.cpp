// expect: deleted
#include <maskrcnn/core/tensor.hpp>

maskrcnn::Tensor<float, 2> copy(const maskrcnn::Tensor<float, 2>& tensor) {
#ifdef MISUSE
  return tensor;
#else
  return tensor.clone();
#endif
}
