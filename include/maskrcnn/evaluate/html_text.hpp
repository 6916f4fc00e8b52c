/// The letters of a page: escaped text, scores and counts, bytes of images as base64.
#pragma once

#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/number_text.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Text that may stand anywhere in HTML; what is not UTF-8 or a control character becomes U+FFFD.
[[nodiscard]] inline std::string html_text(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80                   ? 1
                               : byte >= 0xF0 && byte < 0xF5 ? 4
                               : byte >= 0xE0                ? 3
                               : byte >= 0xC2                ? 2
                                                             : 0;
    bool fine =
        length > 0 && byte < 0xF5 && i + length <= text.size() && byte != 0x7F && (byte >= 0x20 || byte == '\n');
    for (std::size_t k = 1; fine && k < length; ++k) fine = (static_cast<unsigned char>(text[i + k]) & 0xC0U) == 0x80U;
    if (fine && length > 2) {  // no longer than it need be, no half of a UTF-16 pair, none beyond the last code point
      const auto next = static_cast<unsigned char>(text[i + 1]);
      fine = (byte != 0xE0 || next >= 0xA0) && (byte != 0xED || next < 0xA0) && (byte != 0xF0 || next >= 0x90) &&
             (byte != 0xF4 || next < 0x90);
    }
    if (!fine) {
      safe += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    switch (text[i]) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe.append(text.substr(i, length));
    }
    i += length;
  }
  return safe;
}

/// "0.512", or a dash for -1, which stands for "nothing to find".
[[nodiscard]] inline std::string html_score(double score) {
  return score < 0 ? R"(<span class="none">–</span>)" : decimals(score, 3);
}

/// "28,986".
[[nodiscard]] inline std::string html_count(std::size_t count) {
  const std::string digits = std::to_string(count);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped.push_back(',');
    grouped.push_back(digits[i]);
  }
  return grouped;
}

/// Bytes as text (RFC 4648, section 4).
[[nodiscard]] inline std::string base64(std::string_view bytes) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(i + k > bytes.size() ? '=' : letters[group >> (18 - 6 * k) & 0x3FU]);
  }
  return text;
}

}  // namespace maskrcnn::evaluate
