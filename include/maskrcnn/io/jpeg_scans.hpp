/// Everything by which a JPEG file could lead stb's decoder astray, checked before stb sees it: to write or read beyond
/// its memory, to arithmetic without a defined result, or to an image of parts that the file does not have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/jpeg_checks.hpp>
#include <maskrcnn/io/jpeg_entropy.hpp>
#include <maskrcnn/io/jpeg_headers.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace jpeg_scans {

using jpeg_entropy::BitReader;

/// More than the magnitudes of a block's coefficients, times their steps, add up to in any image of 8 bits: 64
/// numbers whose squares add up to those of 64 samples of 128 have a sum of 8 * 1024, and rounding to steps at most
/// doubles it. Up to there, no inverse transform of 32-bit integers overflows.
inline constexpr std::int64_t max_block_sum = 20'000;

/// Reads a file from its first segment to its last scan.
class Check {
 public:
  explicit Check(Bytes file) : file_(file), headers_(file.size()) {}

  /// @param most_pixels more are left to others to refuse, and not looked at
  /// @throws Fault at the first thing that is wrong
  void run(std::size_t most_pixels) {
    for (std::size_t at = 2;;) {
      const auto segment = jpeg_checks::next_segment(file_, at);
      if (!segment.fault.empty()) throw Fault{segment.fault};
      if (segment.marker == 0xD9) break;
      const bool first = headers_.components().empty();
      headers_.read(segment.marker, segment.content);
      if (first && !headers_.components().empty()) {  // it was the frame
        if (headers_.pixels() > most_pixels) return;
        headers_.reserve();
      }
      at = segment.marker == 0xDA ? scan(segment.content, segment.end) : segment.end;
    }
    if (headers_.components().empty())
      throw Fault{"it has no frame that stb reads: baseline or progressive, 8 bits, Huffman codes"};
    headers_.check_colours();
    for (const Component& component : headers_.components()) {
      if (!component.scanned) throw Fault{"a component of the image is missing"};
      check_sums(component);
    }
  }

 private:
  /// Reads the data of a scan.
  /// @return where they end
  [[nodiscard]] std::size_t scan(Bytes content, std::size_t at) {
    const Scan scan = headers_.scan(content);
    BitReader reader(file_, at);
    const bool interleaved = scan.components.size() > 1;
    const std::size_t units_x = interleaved ? headers_.units_x() : scan.components[0]->columns;
    const std::size_t units = units_x * (interleaved ? headers_.units_y() : scan.components[0]->rows);
    const std::size_t restart_interval = headers_.restart_interval();
    for (std::size_t unit = 0; unit < units; ++unit) {
      const bool restart = restart_interval != 0 && unit != 0 && unit % restart_interval == 0;
      if (restart) reader.restart(static_cast<unsigned>(unit / restart_interval - 1) % 8);
      if (unit == 0 || restart) {
        end_of_band_run_ = 0;
        for (Component* component : scan.components) component->last_dc = 0;
      }
      const std::size_t x = unit % units_x, y = unit / units_x;
      for (std::size_t i = 0; i < scan.components.size(); ++i) {
        Component& component = *scan.components[i];
        const std::size_t wide = interleaved ? component.horizontal : 1, high = interleaved ? component.vertical : 1;
        for (std::size_t block = 0; block < wide * high; ++block)
          read_block(reader, scan, i, (y * high + block / wide) * component.pitch + x * wide + block % wide);
      }
    }
    return reader.position();
  }

  void read_block(BitReader& reader, const Scan& scan, std::size_t i, std::size_t block) {
    Component& component = *scan.components[i];
    if (!headers_.progressive()) return read_sequential(reader, component, *scan.dc[i], *scan.ac[i]);
    std::int16_t* const numbers = component.coefficients.data() + block * block_size;
    if (scan.first == 0 && scan.high == 0)
      add(numbers[0], next_dc(reader, component, *scan.dc[i]) * (1 << scan.low));
    else if (scan.first == 0)
      add(numbers[0], static_cast<std::int32_t>(reader.bits(1)) << scan.low);
    else if (scan.high == 0)
      read_band(reader, scan, *scan.ac[i], numbers);
    else
      refine_band(reader, scan, *scan.ac[i], numbers);
  }

  static void add(std::int16_t& number, std::int32_t more) {
    const std::int32_t sum = number + more;
    if (sum < -32768 || sum > 32767) throw Fault{too_large};
    number = static_cast<std::int16_t>(sum);
  }

  [[nodiscard]] static std::int32_t next_dc(BitReader& reader, Component& component, const HuffmanTable& table) {
    const unsigned size = reader.symbol(table);
    if (size > 15) throw Fault{"its data have a number of more than 15 bits"};
    component.last_dc += reader.number(size);
    if (std::abs(component.last_dc) > 32767) throw Fault{too_large};
    return component.last_dc;
  }

  void read_sequential(BitReader& reader, Component& component, const HuffmanTable& dc, const HuffmanTable& ac) const {
    const auto& steps = headers_.steps_of(component);
    std::int64_t sum = std::int64_t{std::abs(next_dc(reader, component, dc))} * steps[0];
    for (std::size_t k = 1; k < block_size; ++k) {
      const unsigned symbol = reader.symbol(ac), size = symbol & 15U;
      k += symbol >> 4;
      if (size == 0) {
        if (symbol != 0xF0) break;
        continue;
      }
      if (k >= block_size) throw Fault{outside};
      sum += std::int64_t{std::abs(reader.number(size))} * steps[k];
    }
    if (sum > max_block_sum) throw Fault{too_large};
  }

  /// A scan that begins coefficients (T.81, G.1.2.2).
  void read_band(BitReader& reader, const Scan& scan, const HuffmanTable& table, std::int16_t* numbers) {
    if (end_of_band_run_ > 0) {
      --end_of_band_run_;
      return;
    }
    for (std::size_t k = scan.first; k <= scan.last; ++k) {
      const unsigned symbol = reader.symbol(table), run = symbol >> 4, size = symbol & 15U;
      if (size == 0 && run < 15) {
        end_of_band_run_ = (1U << run) - 1 + reader.bits(run);
        return;
      }
      k += run;
      if (size == 0) continue;
      if (k > scan.last) throw Fault{outside};
      add(numbers[k], reader.number(size) * (1 << scan.low));
    }
  }

  /// A scan that brings one bit more of coefficients (T.81, G.1.2.3): one for each that is not zero yet, and new ones.
  void refine_band(BitReader& reader, const Scan& scan, const HuffmanTable& table, std::int16_t* numbers) {
    const std::int32_t bit = 1 << scan.low;
    const auto refine = [&](std::int16_t& number) {
      if (reader.bits(1) != 0 && (number & bit) == 0) add(number, number > 0 ? bit : -bit);
    };
    std::size_t k = scan.first;
    if (end_of_band_run_ == 0) {
      while (k <= scan.last) {
        const unsigned symbol = reader.symbol(table), size = symbol & 15U;
        unsigned zeros = symbol >> 4;
        std::int32_t fresh = 0;
        if (size == 0 && zeros < 15) {
          end_of_band_run_ = (1U << zeros) + reader.bits(zeros);
          break;
        }
        if (size > 1) throw Fault{"its data refine a coefficient by more than a bit"};
        if (size == 1) fresh = reader.bits(1) != 0 ? bit : -bit;
        for (; k <= scan.last; ++k) {
          if (numbers[k] != 0) {
            refine(numbers[k]);
          } else if (zeros-- == 0) {
            add(numbers[k++], fresh);
            fresh = 0;
            break;
          } else {
            continue;
          }
        }
        if (fresh != 0) throw Fault{outside};
      }
    }
    if (end_of_band_run_ > 0) {
      for (; k <= scan.last; ++k)
        if (numbers[k] != 0) refine(numbers[k]);
      --end_of_band_run_;
    }
  }

  /// The same bound as in `read_sequential`, when all scans are read.
  void check_sums(const Component& component) const {
    if (!headers_.progressive()) return;
    const auto& steps = headers_.steps_of(component);
    if (steps.empty()) throw Fault{"a quantisation table is not there"};
    for (std::size_t at = 0; at < component.coefficients.size(); at += block_size) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < block_size; ++k)
        sum += std::int64_t{std::abs(std::int32_t{component.coefficients[at + k]})} * steps[k];
      if (sum > max_block_sum) throw Fault{too_large};
    }
  }

  static constexpr const char* too_large = "its data have numbers that no image of 8 bits has";
  static constexpr const char* outside = "its data have a coefficient outside of its block";

  Bytes file_;
  Headers headers_;
  std::uint32_t end_of_band_run_ = 0;  ///< progressive: blocks to come of which the scan says no more
};

}  // namespace jpeg_scans

/// Why stb must not be shown a JPEG file. Nothing that stb decodes is taken on trust: tables, the order of
/// scans, each code of the data. It costs about as much time as decoding, which is the price of decoding without
/// libjpeg-turbo.
/// @param most_pixels of a larger image, only the headers are looked at
[[nodiscard]] inline ImageFault jpeg_fault_for_stb(Bytes file, std::size_t most_pixels) {
  try {
    jpeg_scans::Check(file).run(most_pixels);
    return {};
  } catch (const jpeg_entropy::Fault& fault) {
    return {fault.reason, fault.of_kind};
  }
}

}  // namespace maskrcnn::io
