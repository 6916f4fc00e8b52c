// Bodies of box_predictor.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/box_predictor.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <optional>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace box_predictor {

/// The layer that takes pooled features: checkpoints flatten [C, k, k]; here features are [k, k, C].
/// @param taps k * k
template <Scalar T>
[[nodiscard]] LinearWeights<T> read_flattening(const Parameters& at, Index channels, Index taps) {
  const Index depth = channels * taps;
  LinearWeights<T> linear = read_linear<T>(at, Parameters::any, depth);
  std::vector<T> channels_last(linear.weight.size());
  parallel_for(linear.out, [&](Index row) {
    for (Index c = 0; c < channels; ++c)
      for (Index tap = 0; tap < taps; ++tap)
        channels_last[row * depth + tap * channels + c] = linear.weight[row * depth + c * taps + tap];
  });
  linear.weight = std::move(channels_last);
  return linear;
}

/// The k of a layer that takes [C, k, k]; nothing, if its columns are of no such features.
[[nodiscard]] inline std::optional<Index> bins_of(const Parameters& at, Index channels) {
  constexpr Index most = 64;
  if (!at.contains("weight")) return std::nullopt;
  const Index columns = at.stored("weight", {Parameters::any, Parameters::any}).shape[1];
  for (Index bins = 1; bins <= most; ++bins)
    if (bins * bins * channels == columns) return bins;
  return std::nullopt;
}

/// [N, k, k, C] -> [N, C]: the mean of the bins.
template <Scalar T>
[[nodiscard]] Tensor<T, 2> average(const Tensor<T, 4>& pooled) {
  const Index bins = pooled.size(1) * pooled.size(2), channels = pooled.size(3);
  Tensor<T, 2> means = pooled.like(Shape<2>{pooled.size(0), channels});
  parallel_for(pooled.size(0), [&](Index roi) {
    T* const to = &means(roi, 0);
    std::fill_n(to, channels, T{0});
    const T* from = pooled.data() + roi * bins * channels;
    for (Index bin = 0; bin < bins; ++bin, from += channels)
      for (Index c = 0; c < channels; ++c) to[c] += from[c];
    for (Index c = 0; c < channels; ++c) to[c] /= static_cast<T>(bins);
  });
  return means;
}

}  // namespace box_predictor

template <Scalar T>
BoxPredictor<T>::BoxPredictor(const Parameters& at, const BoxPredictorOptions& options) : bins_(options.bins) {
  const Index in = options.averaged ? options.tower.channels : read_layers(at / "box_head", options);
  const Parameters score = at / "box_predictor" / "cls_score";
  LinearWeights<T> both = read_linear<T>(score, Parameters::any, in);
  classes_ = both.out;
  add_deltas(at / "box_predictor" / "bbox_pred", in, options.background, both);
  both.out = 5 * classes_;
  both.name += " + bbox_pred";
  predictors_ = Linear<T>(both, Activation::none, options.tower.compute.kernels<T>());
}

/// Convolutions and fully connected layers; returns the features that the last one makes.
template <Scalar T>
Index BoxPredictor<T>::read_layers(const Parameters& head, const BoxPredictorOptions& options) {
  tower_ = ConvTower<T>(head, options.tower);
  // A sequence counts layers without weights too: one that flattens, then a ReLU behind each fully connected layer.
  // detectron2 gives fully connected layers names of their own there, too.
  const std::size_t first = tower_.depth() + 1;
  const bool sequence = (head / first).contains("weight") || (first > 1 && !(head / "fc6").contains("weight"));
  const auto add = [&](const LinearWeights<T>& linear) {
    layers_.emplace_back(linear, Activation::relu, options.tower.compute);
  };
  const auto named = [](std::size_t number) { return "fc" + std::to_string(number); };
  const Parameters flattening = sequence ? head / first : head / named(6);
  if (!options.bins_told) bins_ = box_predictor::bins_of(flattening, tower_.channels()).value_or(options.bins);
  add(box_predictor::read_flattening<T>(flattening, tower_.channels(), bins_ * bins_));
  const auto add_next = [&](const Parameters& layer) {
    add(read_linear<T>(layer, Parameters::any, layers_.back().out_features()));
  };
  for (std::size_t i = 7; !sequence && ((i == 7 && first == 1) || (head / named(i)).contains("weight")); ++i)
    add_next(head / named(i));
  for (std::size_t i = first + 2; sequence && (head / i).contains("weight"); i += 2) add_next(head / i);
  return layers_.back().out_features();
}

/// Appends the rows of the box deltas, four for each class: files leave out those of a background that is the last
/// class, and those of all classes but one where boxes are the same for all.
template <Scalar T>
void BoxPredictor<T>::add_deltas(const Parameters& box, Index in, BackgroundClass background,
                                 LinearWeights<T>& rows) const {
  const Index found = box.stored("weight", {Parameters::any, in}).shape[0];
  const bool shared = found == 4, without_last = background == BackgroundClass::last && found == 4 * (classes_ - 1);
  const Index stored = shared || without_last ? found : 4 * classes_;
  const auto deltas = box.values<T>("weight", {stored, in}), delta_bias = box.values<T>("bias", {stored});
  for (Index copies = shared ? classes_ : 1; copies > 0; --copies) {
    rows.weight.insert(rows.weight.end(), deltas.begin(), deltas.end());
    rows.bias.insert(rows.bias.end(), delta_bias.begin(), delta_bias.end());
  }
  rows.weight.resize(5 * classes_ * in, T{0});
  rows.bias.resize(5 * classes_, T{0});
}

template <Scalar T>
Tensor<T, 2> BoxPredictor<T>::operator()(const Tensor<T, 4>& pooled) const {
  if (layers_.empty()) return predictors_(box_predictor::average(pooled));
  Tensor<T, 4> memory;
  Tensor<T, 2> x = layers_.front()(tower_(pooled, memory));
  for (std::size_t i = 1; i < layers_.size(); ++i) x = layers_[i](x);
  return predictors_(x);
}

#ifdef MASKRCNN_COMPILED
template class BoxPredictor<float>;
template class BoxPredictor<double>;
#endif

}  // namespace maskrcnn
