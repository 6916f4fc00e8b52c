#include <maskrcnn/core/labels.hpp>

#include "support.hpp"

using maskrcnn::BackgroundClass;
using maskrcnn::Labels;

TEST_CASE("objects have the labels that the background leaves") {
  // COCO's box heads: torchvision's 91 scores, detectron2's 81
  const Labels first{91, BackgroundClass::first}, last{81, BackgroundClass::last};
  CHECK(first.begin() == 1);
  CHECK(first.end() == 91);
  CHECK(first.objects() == 90);
  CHECK(first.names() == 91);
  CHECK(first.background_label() == 0);
  CHECK(first.position(1) == 0);
  CHECK_FALSE(first.contains(0));
  CHECK(first.contains(90));
  CHECK_FALSE(first.contains(91));
  CHECK(last.begin() == 0);
  CHECK(last.end() == 80);
  CHECK(last.objects() == 80);
  CHECK(last.names() == 80);
  CHECK(last.background_label() == 80);
  CHECK(last.position(79) == 79);
  CHECK(last.contains(0));
  CHECK_FALSE(last.contains(80));
}

TEST_CASE("without classes there are no objects") {
  for (const auto background : {BackgroundClass::first, BackgroundClass::last}) {
    CHECK(Labels{0, background}.objects() == 0);
    CHECK(Labels{1, background}.objects() == 0);
  }
}
