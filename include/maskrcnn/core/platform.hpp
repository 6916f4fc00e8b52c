/// What the library takes for granted of a processor and its compiler; elsewhere it does not compile, and says why.
#pragma once

#include <bit>
#include <climits>
#include <cstddef>
#include <limits>

// Numbers of weight files and pixels of 16-bit images are little-endian and are read as they lie there.
static_assert(
    std::endian::native == std::endian::little,
    "maskrcnn: expected a little-endian processor; weights/stored_tensor.hpp, weights/byte_reader.hpp and the "
    "image decoders would have to turn bytes around");
// Products of sizes that were checked one by one (pixels, channels, bins) are made in std::size_t.
static_assert(sizeof(std::size_t) == 8,
              "maskrcnn: expected 64-bit sizes; products of sizes of images and tensors may overflow shorter ones");
static_assert(CHAR_BIT == 8 && sizeof(int) == 4, "maskrcnn: expected bytes of 8 bits and int of 32");
// half.hpp, number.hpp and the kernels look at the bits of floats.
// (`is_iec559` is false under -ffast-math.)
static_assert(std::numeric_limits<float>::digits == 24 && std::numeric_limits<float>::max_exponent == 128 &&
                  std::numeric_limits<double>::digits == 53 && std::numeric_limits<double>::max_exponent == 1024,
              "maskrcnn: expected floats of IEEE 754");
