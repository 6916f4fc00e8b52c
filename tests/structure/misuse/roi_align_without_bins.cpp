// expect: maskrcnn: RoiAlign needs at least one bin
#include <maskrcnn/stages/roi_align.hpp>

#ifdef MISUSE
template struct maskrcnn::RoiAlign<maskrcnn::RoiSpec{.output = 0}>;
#else
template struct maskrcnn::RoiAlign<maskrcnn::RoiSpec{.output = 1}>;
#endif
