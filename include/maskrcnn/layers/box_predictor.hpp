/// Step 5a: the box head's network, from pooled features to class logits and box deltas (Girshick, "Fast R-CNN").
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/layers/conv_tower.hpp>
#include <maskrcnn/layers/linear.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a box predictor is built for.
struct BoxPredictorOptions {
  ConvTowerOptions tower{};  ///< of the pooled features
  Index bins = 7;            ///< of the pooled features, per axis
  bool bins_told = true;     ///< false: another number, if the first fully connected layer has columns for it
  bool averaged = false;  ///< whether classes and boxes come from the mean of the bins, by no layers of the head's own
  BackgroundClass background = BackgroundClass::first;
};

/// 3 x 3 convolutions with ReLU, if there are any, then fully connected layers with ReLU, then class logits and box
/// deltas of every class by two more, computed as one, in T. torchvision's `TwoMLPHead` (`fc6`, `fc7`) or
/// `FastRCNNConvFCHead` (convolutions `0`, `1`, ..., fully connected layers behind them, numbered on or again `fc6`,
/// `fc7`), and `FastRCNNPredictor`. The weights say which and how many. Without either (detectron2's C4 models): the
/// mean of the bins.
template <Scalar T>
class BoxPredictor {
 public:
  /// @param at the place of `box_head` and `box_predictor`
  /// @throws Error if a tensor is missing or does not fit
  BoxPredictor(const Parameters& at, const BoxPredictorOptions& options);

  /// Number of classes K, background included.
  [[nodiscard]] Index classes() const { return classes_; }
  /// Bins of the pooled features that it takes, per axis.
  [[nodiscard]] Index bins() const { return bins_; }

  /// [N, k, k, C] -> [N, 5 K]: K class logits, then (dx, dy, dw, dh) for each class.
  [[nodiscard]] Tensor<T, 2> operator()(const Tensor<T, 4>& pooled) const;

 private:
  Index read_layers(const Parameters& head, const BoxPredictorOptions& options);
  void add_deltas(const Parameters& box, Index in, BackgroundClass background, LinearWeights<T>& rows) const;

  Index classes_ = 0, bins_ = 0;
  ConvTower<T> tower_;
  std::vector<Linear<T>> layers_;
  Linear<T> predictors_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/box_predictor.inl>
#endif
