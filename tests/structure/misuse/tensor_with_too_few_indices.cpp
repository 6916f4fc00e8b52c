// expect: no match|no matching
#include <maskrcnn/core/tensor.hpp>

float first(const maskrcnn::TensorView<float, 3>& tensor) {
#ifdef MISUSE
  return tensor(0, 0);
#else
  return tensor(0, 0, 0);
#endif
}
