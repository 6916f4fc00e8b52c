/// Regions of a file that are compiled for an instruction set which the rest of the program does without.
#pragma once

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define MASKRCNN_X86 1

// What a region must keep to: no OpenMP pragma inside (Clang drops the target in outlined code), no vector type
// outside, and no template from outside that should be fast: it would stay baseline code.

#define MASKRCNN_PRAGMA(text) _Pragma(#text)

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
