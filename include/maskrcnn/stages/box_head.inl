// Bodies of box_head.hpp.
#pragma once

#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/stages/box_head.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
void softmax_classes(Tensor<T, 2>& predictions) {
  const Index classes = predictions.size(1) / 5;
  parallel_for(predictions.size(0), [&](Index i) { softmax(std::span(&predictions(i, 0), classes)); });
}

template <Scalar T>
Candidates<T> select_detections(const Tensor<T, 2>& predictions, const std::vector<BasicBox<T>>& proposals, Size image,
                                const DetectionRule& rule) {
  const ProfileSpan span(predictions.profile(), "step", "select detections");
  const Index classes = predictions.size(1) / 5;
  const Labels labels{classes, rule.background};
  Candidates<T> all;
  for (Index i = 0; i < proposals.size(); ++i) {
    const T* const scores = &predictions(i, 0);
    for (Index label = labels.begin(); label < labels.end(); ++label) {
      if (!exceeds(scores[label], static_cast<T>(rule.score_threshold))) continue;
      const BasicBox<T> box = refined_box(proposals[i], scores + classes + 4 * label, image, rule.boxes);
      const T smallest = static_cast<T>(rule.min_size);
      if (!reaches(box.width(), smallest) || !reaches(box.height(), smallest)) continue;
      all.boxes.push_back(box);
      all.labels.push_back(static_cast<int>(label));
      all.scores.push_back(scores[label]);
    }
  }
  Candidates<T> best;
  for (const Index i : nms_per_class<T>(all.boxes, all.scores, all.labels, rule.nms)) {
    best.boxes.push_back(all.boxes[i]);
    best.labels.push_back(all.labels[i]);
    best.scores.push_back(all.scores[i]);
  }
  return best;
}

#ifdef MASKRCNN_COMPILED
template void softmax_classes<float>(Tensor<float, 2>&);
template void softmax_classes<double>(Tensor<double, 2>&);
template Candidates<float> select_detections<float>(const Tensor<float, 2>&, const std::vector<BasicBox<float>>&, Size,
                                                    const DetectionRule&);
template Candidates<double> select_detections<double>(const Tensor<double, 2>&, const std::vector<BasicBox<double>>&,
                                                      Size, const DetectionRule&);
#endif

}  // namespace maskrcnn
