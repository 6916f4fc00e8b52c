/// What the innermost loops need of the compiler: regions of a file that are compiled for an instruction set which the
/// rest of the program does without, and loops and functions that must dissolve.
#pragma once

#define MASKRCNN_PRAGMA(text) _Pragma(#text)

/// A function that is part of the loop it is called in: passing a register through memory would cost more than it does.
#define MASKRCNN_INLINE [[gnu::always_inline]] inline

/// Before a loop over constant bounds that has to become straight code, lest what it indexes stay in memory.
#define MASKRCNN_UNROLL MASKRCNN_PRAGMA(GCC unroll 16)
/// Before one that has to stay a loop: its turns are long already.
#define MASKRCNN_KEEP_LOOP MASKRCNN_PRAGMA(GCC unroll 1)

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define MASKRCNN_X86 1

// What a region must keep to: no OpenMP pragma inside (Clang drops the target in outlined code), no vector type
// outside, and no template from outside that should be fast: it would stay baseline code.

/// Begins a region outside of all namespaces. `features` is one string literal, such as "avx2,fma".
#if defined(__clang__)
#define MASKRCNN_TARGET_REGION(features) \
  MASKRCNN_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define MASKRCNN_END_TARGET_REGION MASKRCNN_PRAGMA(clang attribute pop)
#else
#define MASKRCNN_TARGET_REGION(features) MASKRCNN_PRAGMA(GCC push_options) MASKRCNN_PRAGMA(GCC target(features))
#define MASKRCNN_END_TARGET_REGION MASKRCNN_PRAGMA(GCC pop_options)
#endif

#endif  // x86
