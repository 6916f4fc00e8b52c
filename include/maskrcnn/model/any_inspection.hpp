/// An image as a model of any kind sees it.
#pragma once

#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/inspection.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

class AnyInspection : public Inspection<float> {
 public:
  /// What the model finds, as if it had been called.
  [[nodiscard]] virtual AnyDetections results() const = 0;
};

}  // namespace maskrcnn
