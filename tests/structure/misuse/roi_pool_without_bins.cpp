// expect: maskrcnn: RoiPool needs at least one bin
#include <maskrcnn/stages/roi_pool.hpp>

#ifdef MISUSE
template struct maskrcnn::RoiPool<0>;
#else
template struct maskrcnn::RoiPool<7>;
#endif
