/// The locale of a host that writes commas: the library's numbers must not change with it.
#pragma once

#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <locale>
#include <string>

#include "support.hpp"

namespace test {

/// Makes "1.500,25" of numbers, in C's functions and in C++'s, for the whole program, as long as it lives. The C
/// library has such a locale only where somebody installed one, so this brings its own: the file that `localedef` would
/// make.
class CommaLocale {
 public:
  /// @param decimal_point "," or, as in Persian, a character of two bytes
  explicit CommaLocale(const std::string& decimal_point = ",")
      : name_(decimal_point == "," ? "maskrcnn_comma" : "maskrcnn_two_bytes"),  // the C library keeps what it has read
        before_(std::locale::global(std::locale(std::locale::classic(), new Commas))),
        c_before_(std::setlocale(LC_ALL, nullptr)) {
    std::filesystem::create_directories(folder_ / name_);
    std::ofstream(folder_ / name_ / "LC_NUMERIC", std::ios::binary) << lc_numeric(decimal_point);
    ::setenv("LOCPATH", folder_.c_str(), 1);
    const char* const set = std::setlocale(LC_NUMERIC, name_);
    ::unsetenv("LOCPATH");
    REQUIRE_MESSAGE(set != nullptr, "expected the C library to read a locale of its own format");
    REQUIRE(std::string(std::localeconv()->decimal_point) == decimal_point);
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;
  ~CommaLocale() {
    std::locale::global(before_);
    (void)std::setlocale(LC_ALL, c_before_.c_str());
    std::filesystem::remove_all(folder_);
  }

 private:
  struct Commas : std::numpunct<char> {
    [[nodiscard]] char do_thousands_sep() const override { return '.'; }
    [[nodiscard]] char do_decimal_point() const override { return ','; }
    [[nodiscard]] std::string do_grouping() const override { return "\3"; }
  };

  /// glibc's file of the category: a mark, the number of values, where each begins, the values.
  static std::string lc_numeric(const std::string& decimal_point) {
    const std::string values[] = {decimal_point + '\0',
                                  std::string(".\0", 2),
                                  std::string("\3\3\0", 3),
                                  wide(decimal_point == "," ? ',' : 0x066B),
                                  wide('.'),
                                  std::string("UTF-8\0", 6)};
    std::string file = wide(0x20031114) + wide(std::size(values)), body;
    const std::size_t begin = file.size() + 4 * std::size(values);
    for (const std::string& value : values) {
      if (value.size() == 4) body.resize((body.size() + 3) / 4 * 4);
      file += wide(static_cast<std::uint32_t>(begin + body.size()));
      body += value;
    }
    return file + body;
  }
  static std::string wide(std::uint32_t number) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
    return bytes;
  }

  const char* name_;
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / std::string("maskrcnn-locale-").append(std::to_string(::getpid()));
  std::locale before_;
  std::string c_before_;
};

}  // namespace test
