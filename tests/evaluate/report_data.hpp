/// A small data set with all that a report tells apart, and what a model found in it.
#pragma once

#include <maskrcnn/evaluate/dataset.hpp>
#include <string>

#include "evaluate/made_data.hpp"

namespace test {

/// A name that is none of HTML's business.
inline constexpr const char* odd_name = "<b>&\"'";

/// Four images of 100 x 100, the third without objects; of three categories the last without objects, and with a crowd.
[[nodiscard]] inline maskrcnn::evaluate::Dataset report_data() {
  auto data = dataset(4, {truth(1, 0, 10, 10, 20, 20), truth(2, 0, 60, 60, 20, 20), truth(3, 0, 0, 50, 40, 50, true),
                          truth(4, 1, 10, 10, 20, 20), truth(5, 3, 10, 10, 20, 16)});
  data.categories = {{.id = 1, .name = "cell"}, {.id = 2, .name = odd_name}, {.id = 3, .name = "never"}};
  data.truths.back().category = 1;
  return data;
}

/// Two cells as they are, one that is none, one in the crowd; and three quarters of the fourth image's object.
[[nodiscard]] inline maskrcnn::evaluate::Findings report_findings() {
  maskrcnn::evaluate::Findings findings{.objects = {found(0.9, 0, 10, 10, 20, 20), found(0.8, 1, 60, 60, 10, 10),
                                                    found(0.7, 0, 5, 60, 20, 20), found(0.6, 1, 10, 10, 20, 20),
                                                    found(0.3, 3, 10, 10, 20, 12)}};
  findings.objects.back().category = 1;
  return findings;
}

}  // namespace test
