/// The stb decoders and the PNG encoder, in a namespace and with settings of their own, so that they can live in
/// several translation units and beside a program's own copy of stb.
#pragma once

// everything that stb includes, so that nothing of it ends up inside the namespace
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <new>
#include <unordered_set>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::stb {

/// What a decoder on this thread was refused.
enum class Refused { nothing, too_much, memory };

/// The largest block of memory that a decoder may ask for on this thread: a compressed file can claim far more data
/// than its image has room for. stb says "outofmem" of that, too: `refused` tells it from a lack of memory.
inline thread_local std::size_t memory_limit = 0;
inline thread_local Refused refused = Refused::nothing;

/// From here on, blocks of so many bytes are given.
inline void set_memory_limit(std::size_t bytes) {
  memory_limit = bytes;
  refused = Refused::nothing;
}

// Zeros: what a file leaves unsaid must not be what the memory held before.
inline void* allocate(std::size_t size) {
  void* const memory = size > memory_limit ? nullptr : std::calloc(size, 1);
  if (memory == nullptr) refused = size > memory_limit ? Refused::too_much : Refused::memory;
  return memory;
}
inline void* reallocate(void* memory, std::size_t old_size, std::size_t size) {
  void* const grown = size > memory_limit ? nullptr : std::realloc(memory, size);
  if (grown == nullptr) refused = size > memory_limit ? Refused::too_much : Refused::memory;
  if (grown != nullptr && size > old_size) std::memset(static_cast<char*>(grown) + old_size, 0, size - old_size);
  return grown;
}
/// The memory of the encoder while it runs on this thread. It writes on where it has got none: so that is an exception,
/// which passes through it, and what it holds is freed here.
class EncoderMemory {
 public:
  EncoderMemory() : outer_(current_) { current_ = this; }
  EncoderMemory(const EncoderMemory&) = delete;
  EncoderMemory& operator=(const EncoderMemory&) = delete;
  ~EncoderMemory() {
    current_ = outer_;
    for (void* const memory : held_) std::free(memory);
  }

  [[nodiscard]] static void* allocate(void* memory, std::size_t size) {
    auto& held = current_->held_;
    if (memory == nullptr) held.insert(nullptr);  // a place for it, since nothing may fail once it is there
    auto place = held.extract(memory);
    void* const grown = std::realloc(memory, size);
    if (grown != nullptr) place.value() = grown;
    held.insert(std::move(place));
    if (grown == nullptr) throw std::bad_alloc();
    return grown;
  }
  static void release(void* memory) {
    current_->held_.erase(memory);
    std::free(memory);
  }

 private:
  static inline thread_local EncoderMemory* current_ = nullptr;

  EncoderMemory* outer_;
  std::unordered_set<void*> held_{};
};
/// An assertion about a hostile file must not end the process.
inline void require(bool holds) {
  if (!holds) fail("image: the decoder found a contradiction in the file");
}
/// Nor one about an image that is written.
inline void require_encoded(bool holds) {
  if (!holds) fail("image: the encoder found a contradiction in its own data");
}

}  // namespace maskrcnn::io::stb

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wuseless-cast"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmisleading-indentation"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"

// what a program may have said about its own copy is put aside and brought back below
#pragma push_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma push_macro("STB_IMAGE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_STATIC")
#pragma push_macro("STBIDEF")
#pragma push_macro("STBI_MALLOC")
#pragma push_macro("STBI_REALLOC")
#pragma push_macro("STBI_REALLOC_SIZED")
#pragma push_macro("STBI_FREE")
#pragma push_macro("STBI_ASSERT")
#pragma push_macro("STBI_MAX_DIMENSIONS")
#pragma push_macro("STBI_NO_STDIO")
#pragma push_macro("STBI_NO_LINEAR")
#pragma push_macro("STBI_NO_HDR")
#pragma push_macro("STBI_ONLY_JPEG")
#pragma push_macro("STBI_ONLY_PNG")
#pragma push_macro("STBI_ONLY_BMP")
#pragma push_macro("STBI_NO_JPEG")
#pragma push_macro("STBI_NO_PNG")
#pragma push_macro("STBI_NO_BMP")
#pragma push_macro("STBI_NO_PSD")
#pragma push_macro("STBI_NO_TGA")
#pragma push_macro("STBI_NO_GIF")
#pragma push_macro("STBI_NO_PIC")
#pragma push_macro("STBI_NO_PNM")
#pragma push_macro("STBI_NO_ZLIB")
#pragma push_macro("STBI_NO_FAILURE_STRINGS")
#pragma push_macro("STBI_FAILURE_USERMSG")
#pragma push_macro("STBI_THREAD_LOCAL")
#pragma push_macro("stbi__err")
#pragma push_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma push_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_WRITE_STATIC")
#pragma push_macro("STBIWDEF")
#pragma push_macro("STBI_WRITE_NO_STDIO")
#pragma push_macro("STBIW_MALLOC")
#pragma push_macro("STBIW_REALLOC")
#pragma push_macro("STBIW_REALLOC_SIZED")
#pragma push_macro("STBIW_FREE")
#pragma push_macro("STBIW_ASSERT")
#pragma push_macro("STBIW_ZLIB_COMPRESS")
#pragma push_macro("STBIW_CRC32")
#undef STBI_INCLUDE_STB_IMAGE_H
#undef STB_IMAGE_IMPLEMENTATION
#undef STB_IMAGE_STATIC
#undef STBIDEF
#undef STBI_MALLOC
#undef STBI_REALLOC
#undef STBI_REALLOC_SIZED
#undef STBI_FREE
#undef STBI_ASSERT
#undef STBI_MAX_DIMENSIONS
#undef STBI_NO_STDIO
#undef STBI_NO_LINEAR
#undef STBI_NO_HDR
#undef STBI_ONLY_JPEG
#undef STBI_ONLY_PNG
#undef STBI_ONLY_BMP
#undef STBI_NO_JPEG
#undef STBI_NO_PNG
#undef STBI_NO_BMP
#undef STBI_NO_PSD
#undef STBI_NO_TGA
#undef STBI_NO_GIF
#undef STBI_NO_PIC
#undef STBI_NO_PNM
#undef STBI_NO_ZLIB
#undef STBI_NO_FAILURE_STRINGS
#undef STBI_FAILURE_USERMSG
#undef STBI_THREAD_LOCAL
#undef stbi__err
#undef INCLUDE_STB_IMAGE_WRITE_H
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_STATIC
#undef STBIWDEF
#undef STBI_WRITE_NO_STDIO
#undef STBIW_MALLOC
#undef STBIW_REALLOC
#undef STBIW_REALLOC_SIZED
#undef STBIW_FREE
#undef STBIW_ASSERT
#undef STBIW_ZLIB_COMPRESS
#undef STBIW_CRC32

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_MALLOC(size) ::maskrcnn::io::stb::allocate(size)
#define STBI_REALLOC_SIZED(memory, old_size, size) ::maskrcnn::io::stb::reallocate(memory, old_size, size)
#define STBI_FREE(memory) ::std::free(memory)
#define STBI_ASSERT(condition) ::maskrcnn::io::stb::require(condition)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC(size) ::maskrcnn::io::stb::EncoderMemory::allocate(nullptr, size)
#define STBIW_REALLOC(memory, size) ::maskrcnn::io::stb::EncoderMemory::allocate(memory, size)
#define STBIW_FREE(memory) ::maskrcnn::io::stb::EncoderMemory::release(memory)
#define STBIW_ASSERT(condition) ::maskrcnn::io::stb::require_encoded(condition)

namespace maskrcnn::inline MASKRCNN_FLAGS::io::stb {
#if __has_include(<stb/stb_image.h>)
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#elif __has_include(<stb_image.h>)
#include <stb_image.h>
#include <stb_image_write.h>
#else
#error "maskrcnn/io needs stb_image.h and stb_image_write.h: install libstb-dev, or add the folder that has them"
#endif
}  // namespace maskrcnn::io::stb

#pragma pop_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma pop_macro("STB_IMAGE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_STATIC")
#pragma pop_macro("STBIDEF")
#pragma pop_macro("STBI_MALLOC")
#pragma pop_macro("STBI_REALLOC")
#pragma pop_macro("STBI_REALLOC_SIZED")
#pragma pop_macro("STBI_FREE")
#pragma pop_macro("STBI_ASSERT")
#pragma pop_macro("STBI_MAX_DIMENSIONS")
#pragma pop_macro("STBI_NO_STDIO")
#pragma pop_macro("STBI_NO_LINEAR")
#pragma pop_macro("STBI_NO_HDR")
#pragma pop_macro("STBI_ONLY_JPEG")
#pragma pop_macro("STBI_ONLY_PNG")
#pragma pop_macro("STBI_ONLY_BMP")
#pragma pop_macro("STBI_NO_JPEG")
#pragma pop_macro("STBI_NO_PNG")
#pragma pop_macro("STBI_NO_BMP")
#pragma pop_macro("STBI_NO_PSD")
#pragma pop_macro("STBI_NO_TGA")
#pragma pop_macro("STBI_NO_GIF")
#pragma pop_macro("STBI_NO_PIC")
#pragma pop_macro("STBI_NO_PNM")
#pragma pop_macro("STBI_NO_ZLIB")
#pragma pop_macro("STBI_NO_FAILURE_STRINGS")
#pragma pop_macro("STBI_FAILURE_USERMSG")
#pragma pop_macro("STBI_THREAD_LOCAL")
#pragma pop_macro("stbi__err")
#pragma pop_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma pop_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_WRITE_STATIC")
#pragma pop_macro("STBIWDEF")
#pragma pop_macro("STBI_WRITE_NO_STDIO")
#pragma pop_macro("STBIW_MALLOC")
#pragma pop_macro("STBIW_REALLOC")
#pragma pop_macro("STBIW_REALLOC_SIZED")
#pragma pop_macro("STBIW_FREE")
#pragma pop_macro("STBIW_ASSERT")
#pragma pop_macro("STBIW_ZLIB_COMPRESS")
#pragma pop_macro("STBIW_CRC32")

#pragma GCC diagnostic pop
