/// How a unit is built: header-only or compiled, and with which flags.
#pragma once

#include <maskrcnn/core/platform.hpp>

// A header `x.hpp` that has a body to be compiled once for all declares it, and includes `x.inl` at its end, which
// defines it, unless MASKRCNN_COMPILED is defined: then a library has the definitions, whose units CMake makes of the
// `.inl` files. MASKRCNN_FUNCTION stands in front of such definitions.
//
// Header-only they are called, too, not copied to where they are called from: a unit that has all of the library would
// take twice as long to compile otherwise.
#ifdef MASKRCNN_COMPILED
#define MASKRCNN_FUNCTION
#else
#define MASKRCNN_FUNCTION [[gnu::noinline]] inline
#endif

// The library lives in an inline namespace of `maskrcnn` that is named after what the compiler may use. Units of one
// program may be compiled with different flags; without it the linker would take one unit's functions for the other's,
// and a processor without AVX-512 could be handed code that has it. Units that pass the library's types to each other
// need the same flags, or the compiled library, which has one namespace whatever theirs are.
#if defined(MASKRCNN_COMPILED)
#define MASKRCNN_FLAGS compiled
#else

#if defined(__AVX512F__)
#if defined(__AVX512BF16__) || defined(__AVX512VNNI__) || defined(__AVX512FP16__)
#define MASKRCNN_FLAGS_ISA avx512_and_more
#else
#define MASKRCNN_FLAGS_ISA avx512
#endif
#elif defined(__AVX2__) && defined(__FMA__)
#define MASKRCNN_FLAGS_ISA avx2_fma
#elif defined(__AVX2__)
#define MASKRCNN_FLAGS_ISA avx2
#elif defined(__AVX__)
#define MASKRCNN_FLAGS_ISA avx
#elif defined(__SSE4_2__)
#define MASKRCNN_FLAGS_ISA sse4_2
#elif defined(__SSE3__)
#define MASKRCNN_FLAGS_ISA sse3
#elif defined(__ARM_FEATURE_SVE)
#define MASKRCNN_FLAGS_ISA sve
#else
#define MASKRCNN_FLAGS_ISA baseline
#endif

#if defined(_OPENMP)
#define MASKRCNN_FLAGS_LOOPS _openmp
#else
#define MASKRCNN_FLAGS_LOOPS _threads
#endif

#if defined(__FAST_MATH__)
#define MASKRCNN_FLAGS_MATH _fast_math
#else
#define MASKRCNN_FLAGS_MATH
#endif

#define MASKRCNN_JOIN_NAMES(isa, loops, math) isa##loops##math
#define MASKRCNN_JOIN(isa, loops, math) MASKRCNN_JOIN_NAMES(isa, loops, math)
#define MASKRCNN_FLAGS MASKRCNN_JOIN(MASKRCNN_FLAGS_ISA, MASKRCNN_FLAGS_LOOPS, MASKRCNN_FLAGS_MATH)

#endif
