/// The kernels for `double`, by Eigen: for whoever computes in it. Apart from dispatch.hpp, as float does without
/// Eigen.
#pragma once

#include <maskrcnn/kernels/dispatch.hpp>

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/kernels/eigen.inl>
#endif
