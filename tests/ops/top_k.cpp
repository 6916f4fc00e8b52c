#include <maskrcnn/ops/top_k.hpp>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE("the k largest are the first k of all, ties by position, NaN last") {
  auto values = test::random_numbers<float>(500, 9);
  for (float& value : values) value = std::round(value * 8) / 8;  // many ties
  values[17] = values[300] = std::numeric_limits<float>::quiet_NaN();
  values[40] = std::numeric_limits<float>::infinity();
  const auto all = maskrcnn::sorted_descending<float>(values);
  CHECK(all.front() == 40);
  CHECK(all[498] == 17);
  CHECK(all[499] == 300);
  for (std::size_t i = 1; i < 498; ++i) {
    const bool ordered =
        values[all[i - 1]] > values[all[i]] || (values[all[i - 1]] == values[all[i]] && all[i - 1] < all[i]);
    if (!ordered) CHECK(ordered);
  }
  for (const Index k : {0U, 1U, 7U, 499U, 500U, 501U}) {
    const auto some = maskrcnn::top_k<float>(values, k);
    CHECK(some == std::vector<Index>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min<Index>(k, 500))));
  }
}
