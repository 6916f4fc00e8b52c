/// A run of output pixels of a depthwise convolution: the innermost loops, their call and a plain body.
#pragma once

#include <maskrcnn/kernels/activation.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// `pixels` outputs in a row, whose windows meet the image in the same `rows` x `columns` taps:
///
///   to[p][c] = activation(bias[c] + sum over y, x of input[p][y][x][c] * weights[y][x][c])
template <Scalar T>
struct DepthwiseRun {
  const T* input;    ///< what the first tap reads for the first output, first channel
  Index stride;      ///< elements from what one output reads to what the next one does
  Index row;         ///< elements from one row of the input to the next; columns are `channels` apart
  const T* weights;  ///< of the first tap
  Index weight_row;  ///< elements from one row of taps to the next; columns are `channels` apart
  Index rows, columns;
  const T* bias;  ///< [channels]
  Index channels;
  Index pixels;
  T* to;  ///< [pixels][channels]; does not overlap the input
  Activation activation;
};

/// Channels from `begin` on, one by one.
template <Scalar T>
void depthwise_channels(const DepthwiseRun<T>& run, Index begin) {
  for (Index p = 0; p < run.pixels; ++p)
    for (Index c = begin; c < run.channels; ++c) {
      T sum = run.bias[c];
      for (Index y = 0; y < run.rows; ++y)
        for (Index x = 0; x < run.columns; ++x)
          sum += run.input[p * run.stride + y * run.row + x * run.channels + c] *
                 run.weights[y * run.weight_row + x * run.channels + c];
      run.to[p * run.channels + c] = activated(sum, run.activation);
    }
}

/// The definition, in plain loops.
template <Scalar T>
void depthwise_reference(const DepthwiseRun<T>& run) {
  depthwise_channels(run, 0);
}

}  // namespace maskrcnn::kernels
