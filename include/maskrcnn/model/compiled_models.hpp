/// Models of given types that the compiled library has: units that use them do not compile them once more.
#pragma once

#include <maskrcnn/mask_rcnn.hpp>

#ifdef MASKRCNN_COMPILED
namespace maskrcnn::inline MASKRCNN_FLAGS {

// NOLINTBEGIN(bugprone-macro-parentheses): types
#define MASKRCNN_MODEL(backbone, convention)                                                    \
  extern template class GeneralizedRCNN<backbone, convention, BoxBranch<backbone, convention>>; \
  extern template class GeneralizedRCNN<backbone, convention, BoxBranch<backbone, convention>,  \
                                        MaskBranch<backbone, convention>>;
// NOLINTEND(bugprone-macro-parentheses)
#include <maskrcnn/model/models.inc>
#undef MASKRCNN_MODEL

}  // namespace maskrcnn
#endif
