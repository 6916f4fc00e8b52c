/// Header-only, or compiled: what stands in front of functions whose bodies may be compiled once for all.
///
/// A header `x.hpp` that has such a body declares it, and includes `x.inl` at its end, which defines it, unless
/// MASKRCNN_COMPILED is defined: then a library has the definitions, whose units CMake makes of the `.inl` files.
#pragma once

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_FUNCTION
#else
#define MASKRCNN_FUNCTION inline
#endif
