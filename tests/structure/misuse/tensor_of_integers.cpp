// expect: Scalar
#include <maskrcnn/core/tensor.hpp>

maskrcnn::Tensor<float, 2> tensor;
#ifdef MISUSE
maskrcnn::Tensor<int, 2> integers;
#endif
