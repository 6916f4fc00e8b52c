// expect: could not convert|no viable conversion
#include <maskrcnn/core/tensor.hpp>

maskrcnn::TensorView<const float, 2> read_only(const maskrcnn::Tensor<float, 2>& tensor) { return tensor.view(); }
#ifdef MISUSE
maskrcnn::TensorView<float, 2> writable(const maskrcnn::Tensor<float, 2>& tensor) { return tensor.view(); }
#endif
