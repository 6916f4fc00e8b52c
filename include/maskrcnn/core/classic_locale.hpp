/// Numbers in files have points, whatever locale a program has set: a guard for code of others that asks the locale.
#pragma once

#include <clocale>
#include <maskrcnn/core/compiled.hpp>
#ifdef __APPLE__
#include <xlocale.h>
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// While it lives, this thread reads and writes numbers as the C standard's "C" locale has them: `strtod` and
/// `localeconv` look at no other. Other threads, and C++ streams, keep what the program has set.
class ClassicLocale {
 public:
  ClassicLocale()
      : classic_(::newlocale(LC_ALL_MASK, "C", nullptr)),
        before_(classic_ != nullptr ? ::uselocale(classic_) : nullptr) {}
  ClassicLocale(const ClassicLocale&) = delete;
  ClassicLocale& operator=(const ClassicLocale&) = delete;
  ~ClassicLocale() {
    if (classic_ == nullptr) return;
    (void)::uselocale(before_);
    ::freelocale(classic_);
  }

 private:
  locale_t classic_, before_;
};

}  // namespace maskrcnn
