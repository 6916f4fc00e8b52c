// expect: maskrcnn: a TensorView has at least one dimension; use a plain reference for a scalar
#include <maskrcnn/core/tensor.hpp>

maskrcnn::TensorView<float, 1> view;
#ifdef MISUSE
maskrcnn::TensorView<float, 0> none;
#endif
