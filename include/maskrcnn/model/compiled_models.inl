// The models of models.inc, compiled: the other side of compiled_models.hpp.
#pragma once

#include <maskrcnn/mask_rcnn.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

// NOLINTBEGIN(bugprone-macro-parentheses): types
#define MASKRCNN_MODEL(backbone, convention)                                             \
  template class GeneralizedRCNN<backbone, convention, BoxBranch<backbone, convention>>; \
  template class GeneralizedRCNN<backbone, convention, BoxBranch<backbone, convention>,  \
                                 MaskBranch<backbone, convention>>;
// NOLINTEND(bugprone-macro-parentheses)
#include <maskrcnn/model/models.inc>
#undef MASKRCNN_MODEL

}  // namespace maskrcnn
